//! The viewer-request function stands in two places: its file, and the template, which has it without lines of comment.

use edgehop_tests::viewer::deployed;

use crate::template::{path, stack};

/// Set, it makes the copy what the file is.
const UPDATE: &str = "EDGEHOP_UPDATE";

/// Largest function, in bytes (CloudFront developer guide, "Quotas": 10 KB).
const MAX_FUNCTION_BYTES: usize = 10_240;

/// The line that the copy stands behind.
const BEFORE: &str = "      FunctionCode: |\n";

/// How far the copy is to the right.
const INDENT: &str = "        ";

/// The template with this function in it.
fn with(template: &str, function: &str) -> String {
    let (before, from) = template.split_once(BEFORE).expect("the template has a function");
    let inside = |line: &str| line.trim_end().is_empty() || line.starts_with(INDENT);
    let mut after = from.split_inclusive('\n').skip_while(|line| inside(line)).collect::<String>();
    if !after.starts_with('\n') {
        after.insert(0, '\n');
    }
    let indented = |line: &str| if line.is_empty() { "\n".to_owned() } else { format!("{INDENT}{line}\n") };
    [before, BEFORE, &function.lines().map(indented).collect::<String>(), &after].concat()
}

#[test]
fn the_template_has_the_function_that_is_tested() {
    let function = deployed();
    let text = std::fs::read_to_string(path()).unwrap();
    if std::env::var_os(UPDATE).is_some() {
        std::fs::write(path(), with(&text, function)).unwrap();
        return;
    }
    let stack = stack(&[]);
    assert!(
        stack.properties("ViewerRequest")["FunctionCode"].as_str() == Some(function),
        "the function in the template is not that of edge/viewer-request/viewer-request.js; this makes it so: \
         {UPDATE}=1 cargo test -p edgehop-tests --test cloudformation -- viewer"
    );
    assert_eq!(with(&text, function), text, "what makes it so changes nothing else");
}

#[test]
fn cloudfront_takes_the_function() {
    let function = deployed();
    assert!(function.len() < MAX_FUNCTION_BYTES, "{} bytes", function.len());
    // CloudFormation would take this for a parameter where text is substituted.
    assert!(!function.contains("${") && function.is_ascii() && function.ends_with('\n'));
}
