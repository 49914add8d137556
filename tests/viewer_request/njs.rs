//! The function in njs, the engine on which CloudFront's runtime is modelled: it has less than Node, and other regular
//! expressions.

use std::collections::BTreeMap;
use std::fs;

use edgehop_tests::server::folder;
use edgehop_tests::tools;
use edgehop_tests::vectors::File;
use edgehop_tests::viewer::{Entries, Given, deployed};
use fastrand::Rng;
use resolver::query::CacheVocabulary;

use crate::draw::{self, Question};
use crate::fuzz::{few_words, many_words};
use crate::judge::{differs, event};
use crate::vectors::question;

/// Random questions beside the vectors, for each list of known words.
const QUESTIONS: usize = 400;

/// Questions a process: this engine is made for one request, and gets slower with each.
const BATCH: usize = 50;

#[test]
fn in_njs_the_function_gives_every_vector_the_form_it_says() {
    let file = File::read();
    let mut of_words: BTreeMap<Option<Entries>, (Option<CacheVocabulary>, Vec<Question>)> = BTreeMap::new();
    for case in &file.cases {
        let known = case.known.as_ref().map(|known| known.words());
        let entries = known.as_ref().map(CacheVocabulary::entries);
        of_words.entry(entries).or_insert((known, Vec::new())).1.push(question(case));
    }
    of_words.into_values().for_each(|(known, questions)| check(&questions, known.as_ref()));
}

#[test]
fn in_njs_the_function_agrees_with_the_origin_on_random_questions() {
    let mut rng = Rng::with_seed(7);
    for known in [None, Some(few_words()), Some(many_words())] {
        let questions: Vec<Question> = (0..QUESTIONS).map(|_| draw::question(&mut rng)).collect();
        check(&questions, known.as_ref());
    }
}

fn check(questions: &[Question], known: Option<&CacheVocabulary>) {
    let given: Vec<Given> = questions.chunks(BATCH).flat_map(|batch| asked(batch, known)).collect();
    let wrong: Vec<String> =
        given.iter().zip(questions).filter_map(|(given, question)| differs(question, known, given)).collect();
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), questions.len(), wrong[0]);
}

fn asked(questions: &[Question], known: Option<&CacheVocabulary>) -> Vec<Given> {
    let events: Vec<_> = questions.iter().map(event).collect();
    let store = match known.map(CacheVocabulary::entries) {
        Some(entries) => format!(
            "({{ get: async function(key) {{ const entries = {}; if (entries[key] === undefined) throw key; return entries[key]; }} }})",
            serde_json::to_string(&entries).unwrap()
        ),
        None => "fails()".to_owned(),
    };
    let text = deployed();
    let import = "import cf from 'cloudfront';";
    assert!(text.contains(import));
    let folder = folder();
    let (file, results) = (folder.path().join("function.js"), folder.path().join("results"));
    let script = [
        text.replace(import, &format!("const cf = {{ kvs: () => {store} }};")),
        format!("const events = {}, results = {results:?};", serde_json::to_string(&events).unwrap()),
        include_str!("njs.js").to_owned(),
    ];
    fs::write(&file, script.join("\n")).unwrap();
    let output = tools::command("njs").arg(&file).output().unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    let lines = fs::read_to_string(&results).unwrap_or_else(|error| panic!("{error}; njs said {said}"));
    let given: Vec<Given> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}\n{said}")))
        .collect();
    assert_eq!(given.len(), questions.len(), "njs said {said}");
    given
}
