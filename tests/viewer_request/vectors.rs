//! The shared vectors, through the function.

use std::collections::BTreeMap;

use edgehop_tests::vectors::{Case, File};
use edgehop_tests::viewer::{Given, filter, function};
use resolver::query::{CacheVocabulary, DEFAULT_LADDER};

use crate::draw::Question;
use crate::judge::{differs, event};

#[test]
fn the_function_gives_every_vector_the_form_it_says() {
    let file = File::read();
    assert_eq!(file.ladder, DEFAULT_LADDER, "the function has no other");
    let mut of_words: BTreeMap<_, Vec<&Case>> = BTreeMap::new();
    for case in &file.cases {
        of_words.entry(case.known.as_ref().map(|known| known.words().entries())).or_default().push(case);
    }
    let (mut wrong, mut asked) = (Vec::new(), 0);
    for (entries, cases) in &of_words {
        let mut next = cases.iter();
        let events = cases.iter().map(|case| event(&question(case))).collect::<Vec<_>>();
        filter(function(), entries.as_ref(), events.into_iter(), |given| {
            let case = next.next().unwrap();
            asked += 1;
            let known: Option<CacheVocabulary> = case.known.as_ref().map(|known| known.words());
            let says = case.should().map(|(canonical, _)| canonical).map_err(|(status, _)| status);
            let is = match &given {
                Given::Passed { querystring, .. } => Ok(querystring.clone()),
                Given::Answered { status_code, .. } => Err(*status_code),
            };
            if is != says {
                wrong.push(format!("{}:\n       is {is:?}\n   should {says:?}", case.name));
            }
            wrong.extend(differs(&question(case), known.as_ref(), &given));
        });
    }
    assert!(wrong.is_empty() && asked == file.cases.len(), "{} of {asked} differ:\n{}", wrong.len(), wrong.join("\n"));
}

pub(crate) fn question(case: &Case) -> Question {
    let header = case.if_none_match.as_ref().map(|text| text.text());
    Question { query: case.query.text(), fields: header.into_iter().collect() }
}
