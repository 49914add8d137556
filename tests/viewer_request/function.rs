//! The function as a file.

use std::fs;

use edgehop_tests::viewer::function;

/// CloudFront's quota for a function's code, in bytes.
const QUOTA: usize = 10_240;

#[test]
fn it_is_as_large_as_it_may_be() {
    let text = fs::read_to_string(function()).unwrap();
    assert!(text.len() < QUOTA, "{} bytes", text.len());
    assert!(text.is_ascii(), "its bytes are its letters");
}

/// In a template it stands inside `Fn::Sub`, or may one day.
#[test]
fn it_holds_nothing_that_a_template_would_replace() {
    assert!(!fs::read_to_string(function()).unwrap().contains("${"));
}

/// What newer engines have and CloudFront's runtime 2.0 has not (developer guide, "JavaScript runtime 2.0 features"): a
/// list to be remembered by, not a parser.
#[test]
fn it_uses_nothing_that_the_runtime_lacks() {
    let text = fs::read_to_string(function()).unwrap();
    let code: String = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    for newer in [
        "for (const",
        "...",
        "?.",
        "??",
        "class ",
        "new Map",
        "new Set",
        "async (",
        "async event",
        "Promise",
        "eval(",
        "yield",
    ] {
        assert!(!code.contains(newer), "{newer:?} is not there");
    }
}
