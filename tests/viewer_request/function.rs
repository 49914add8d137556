//! The function as a file.

use edgehop_tests::viewer::deployed;

/// What newer engines have and CloudFront's runtime 2.0 has not (developer guide, "JavaScript runtime 2.0 features"): a
/// list to be remembered by, not a parser.
#[test]
fn it_uses_nothing_that_the_runtime_lacks() {
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
        assert!(!deployed().contains(newer), "{newer:?} is not there");
    }
}
