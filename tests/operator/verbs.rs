//! Every verb explains itself: `--help`, the shell's completion and the manual page know the same options.

use std::collections::BTreeSet;
use std::fs;

use edgehop_tests::tools;

use crate::desk::{Desk, Said};

/// Every verb with its own options. Whoever adds one adds it here.
const VERBS: [(&str, &str); 27] = [
    (
        "publish",
        "--channel --attribute --allow-downgrade --requires --from --barrier --dead-end --floor --trusts --signature \
         --unsigned --notes --force",
    ),
    ("channel", ""),
    ("channel set", "--attribute --no-attributes --allow-downgrade --force"),
    ("channel show", ""),
    ("channel remove", ""),
    ("yank", "--reason --superseded-by --force"),
    ("releases", ""),
    ("check", ""),
    ("explain", "--if-none-match --url-base"),
    ("graph", "--format --channel --fact --output"),
    ("export", "--output"),
    ("import", "--apply --force"),
    ("gc", "--older-than --withdrawn --dry-run"),
    ("warm", "--channel --tier --days --yes"),
    ("adopt", "--table --bucket --yes --profile --region --endpoint-url"),
    ("known-words", "--push --forget"),
    ("key", ""),
    ("key generate", "--secret --public --no-password --password-file"),
    ("key show", "--password-file"),
    ("sign", "--component --version --minimum --requires --expires --key --password-file --output --comment-only"),
    ("verify", "--public-key --signature --component --version"),
    ("sample", "--sample-size --remove"),
    ("init", "--create --profile --region --endpoint-url --code --parameter --code-bucket --sample-size"),
    ("destroy", "--profile --region --endpoint-url --yes"),
    ("doctor", "--profile --region --endpoint-url --endpoint"),
    ("completions", ""),
    ("man", ""),
];

/// What every verb takes.
const COMMON: &str = "--data --catalog --artifacts --known-words --json --help";

fn options(own: &str) -> BTreeSet<&str> {
    own.split_whitespace().chain(COMMON.split(' ')).collect()
}

/// The long options that a text's lines start with, or start with after a short one.
fn options_in(help: &str) -> BTreeSet<&str> {
    let lines = help.lines().map(str::trim_start).filter(|line| line.starts_with('-'));
    lines.filter_map(|line| line.split([' ', ',', '=']).find(|word| word.starts_with("--"))).collect()
}

/// The verbs that a help text lists.
fn verbs_in(help: &str) -> Vec<&str> {
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    lines.filter_map(|line| line.split_whitespace().next()).filter(|verb| *verb != "help").collect()
}

#[test]
fn every_verb_explains_all_of_its_options() {
    let desk = Desk::new();
    for (verb, own) in VERBS {
        let help = desk.done(&format!("{verb} --help"));
        assert_eq!(options_in(&help), options(own), "{verb}");
        assert!(help.contains(&format!("Usage: edgehop {verb} ")), "{help}");
        assert!(help.starts_with(|c: char| c.is_uppercase()), "it says what it does: {help}");
        // No option without an explanation, on its own line or on the next.
        let lines: Vec<&str> = help.lines().map(str::trim_start).collect();
        for pair in lines.windows(2).filter(|pair| pair[0].starts_with("--")) {
            let beside = pair[0].split_once("  ").is_some_and(|(_, words)| !words.trim().is_empty());
            assert!(beside || pair[1].starts_with(|c: char| c.is_uppercase()), "{verb}: {pair:?}");
        }
        assert_eq!(desk.done(&format!("help {verb}")), help, "{verb}");
        // The same, or shorter where there are values to explain.
        let short = desk.done(&format!("{verb} -h"));
        assert_eq!((options_in(&short), short.lines().next()), (options(own), help.lines().next()), "{verb}");
        assert!(short == help || help.contains("Possible values:"), "{verb}: {short}");
    }
    assert_eq!(desk.state().len(), 0, "nobody asked for a data folder");
}

#[test]
fn the_first_help_lists_the_verbs_and_the_exit_codes() {
    let desk = Desk::new();
    let help = desk.done("--help");
    let top: Vec<&str> = VERBS.iter().map(|(verb, _)| *verb).filter(|verb| !verb.contains(' ')).collect();
    assert_eq!(verbs_in(&help), top);
    for above in ["channel", "key"] {
        let below = VERBS.iter().filter_map(|(verb, _)| verb.strip_prefix(above)?.strip_prefix(' '));
        assert_eq!(verbs_in(&desk.done(&format!("{above} --help"))), below.collect::<Vec<_>>());
    }
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    for code in ["0 done", "1 failed", "2 the command line is wrong", "3 refused", "4 somebody else changed"] {
        assert!(help.contains(code), "{code}");
    }
    assert!(desk.done("--version").starts_with("edgehop "));
    // Without a verb it says the same, and that this was wrong.
    let said = desk.run("");
    assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{said:?}");
    assert_eq!(verbs_in(&said.err), top);
}

#[test]
fn shells_complete_verbs_and_options() {
    let desk = Desk::new();
    let bash = desk.done("completions bash");
    desk.write("complete.bash", &bash);
    let run = |script: &str| {
        let mut command = tools::command("bash");
        desk.at_home(&mut command);
        Said::of(script, command.args(["--norc", "-c", script]).output().unwrap())
    };
    let checked = run("bash -n complete.bash");
    assert_eq!((checked.code, checked.err.as_str()), (Some(0), ""), "{checked:?}");

    let lines = VERBS.map(|(verb, _)| {
        let previous = verb.split(' ').next_back().unwrap();
        format!("complete 'edgehop {verb} --' {previous}\n")
    });
    // What a shell does when Tab is pressed behind these words.
    let complete = "complete() { :; }; . ./complete.bash\n\
        complete() { COMP_WORDS=($1); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); COMPREPLY=(); \
        _edgehop edgehop \"${COMP_WORDS[$COMP_CWORD]}\" \"$2\"; echo \"${COMPREPLY[@]}\"; }\n";
    let said = run(&format!("{complete}complete 'edgehop ya' edgehop\n{}", lines.concat()));
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{said:?}");
    let mut completed = said.out.lines();
    assert_eq!(completed.next(), Some("yank"));
    for (verb, own) in VERBS {
        assert_eq!(completed.next().unwrap().split(' ').collect::<BTreeSet<_>>(), options(own), "{verb}");
    }

    for (shell, start) in [("zsh", "#compdef edgehop"), ("fish", "complete -c edgehop"), ("elvish", "edgehop")] {
        let script = desk.done(&format!("completions {shell}"));
        let known = VERBS.iter().all(|(verb, _)| script.contains(verb.split(' ').next_back().unwrap()));
        assert!(script.contains(start) && known, "{shell}");
    }
}

#[test]
fn every_verb_has_a_manual_page() {
    let desk = Desk::new();
    assert_eq!(desk.done("man pages/of/edgehop"), "");
    assert_eq!(desk.done("man"), desk.read("pages/of/edgehop/edgehop.1"));
    let folder = desk.path("pages/of/edgehop");
    let found: BTreeSet<_> =
        fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    let name = |verb: &str| format!("edgehop-{}.1", verb.replace(' ', "-"));
    let expected = VERBS.iter().map(|(verb, _)| name(verb)).chain(["edgehop.1".to_owned()]);
    assert_eq!(found, expected.collect());

    for (verb, own) in VERBS.into_iter().chain([("", "--version")]) {
        let file = if verb.is_empty() { "edgehop.1".to_owned() } else { name(verb) };
        let page = desk.read(&format!("pages/of/edgehop/{file}"));
        check_roff(&file, &page);
        let plain = page.replace("\\-", "-").replace("\\fB", "").replace("\\fR", "").replace("\\fI", "");
        assert_eq!(options_in(&plain), options(own), "{file}");
        assert!(plain.contains(".SH NAME\n") && plain.contains(".SH SYNOPSIS\n"), "{file}");
        // Where it says to read on, there is a page.
        for line in plain.lines().filter_map(|line| line.strip_suffix("(1)")) {
            assert!(found.contains(&format!("{line}.1")), "{file}: {line}(1)");
        }
    }
}

/// That a page begins with its title, and all its requests are the man macros' or troff's own.
fn check_roff(file: &str, page: &str) {
    let requests: Vec<&str> =
        page.lines().filter(|line| line.starts_with(['.', '\''])).map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(&requests[..4], [".ie", ".el", ".TH", ".SH"], "{file}");
    let known = [".ie", ".el", ".TH", ".SH", ".TP", ".RS", ".RE", ".IP", ".br", ".nf", ".fi", ".PP"];
    assert!(requests.iter().all(|request| known.contains(request)), "{file}: {requests:?}");
}
