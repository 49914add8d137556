//! A function whose environment is wrong says which variable, and what it takes, and does not start.

use edgehop_tests::lambda::{Environment, bootstrap};
use edgehop_tests::runtime_api::Post;

const GOOD: [(&str, &str); 4] = [
    ("EDGEHOP_CATALOG", "dynamodb:ota"),
    ("EDGEHOP_ARTIFACTS", "s3:ota"),
    ("EDGEHOP_URL_BASE", "https://ota.test"),
    ("EDGEHOP_INVOKE_MODE", "RESPONSE_STREAM"),
];

/// What the function says when this variable is so, and nothing else is wrong.
fn refused(name: &str, value: Option<&str>) -> String {
    let good = GOOD.iter().filter(|(good, _)| *good != name).copied();
    let variables: Vec<_> =
        good.chain(value.map(|value| (name, value))).map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let mut function = Environment::bare(bootstrap(), &variables);
    let post = function.api.post();
    assert_eq!(post.path, "/init/error");
    assert_eq!(Post::field(&post.headers, "lambda-runtime-function-error-type").as_deref(), Some("Edgehop.Settings"));
    let told: serde_json::Value = serde_json::from_slice(&post.body).unwrap();
    assert!(!function.ended().success());
    let log = function.log();
    assert_eq!(log.len(), 1, "{log:?}");
    assert_eq!(log[0]["message"], told["errorMessage"]);
    told["errorMessage"].as_str().unwrap().to_owned()
}

#[test]
fn every_error_names_the_variable_and_what_it_takes() {
    for (name, bad, takes) in [
        ("EDGEHOP_CATALOG", "ota", "dynamodb:TABLE"),
        ("EDGEHOP_CATALOG", "", "dynamodb:TABLE"),
        ("EDGEHOP_ARTIFACTS", "s3:O", "s3:BUCKET or s3:BUCKET/PREFIX"),
        ("EDGEHOP_URL_BASE", "ota.test", "http:// or https:// and a host"),
        ("EDGEHOP_URL_BASE", "https://ota.test?x", "without ? and #"),
        ("EDGEHOP_INVOKE_MODE", "buffered", "RESPONSE_STREAM or BUFFERED"),
        ("EDGEHOP_MAX_PACKAGE_BYTES", "1MB", "a number of bytes from 1 to"),
        ("EDGEHOP_MAX_PACKAGE_BYTES", "0", "a number of bytes from 1 to"),
        ("EDGEHOP_MAX_PACKAGE_BYTES", "200000001", "a number of bytes from 1 to"),
        ("EDGEHOP_SAMPLE", "no", "look (whether the AWS sample's init script filled the table) or never"),
        ("EDGEHOP_LOG", "loud=very", "error, warn, info, debug"),
    ] {
        let said = refused(name, Some(bad));
        assert!(said.starts_with(&format!("{name} is {bad:?}: ")) && said.contains(takes), "{said}");
    }
    for (name, takes) in [
        ("EDGEHOP_CATALOG", "dynamodb:TABLE"),
        ("EDGEHOP_ARTIFACTS", "s3:BUCKET"),
        ("EDGEHOP_INVOKE_MODE", "RESPONSE_STREAM or BUFFERED"),
    ] {
        let said = refused(name, None);
        assert!(said.starts_with(&format!("{name} is not set: ")) && said.contains(takes), "{said}");
    }
}

#[test]
fn elsewhere_than_on_lambda_it_says_what_runs_there() {
    let output = std::process::Command::new(bootstrap()).env_clear().output().unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("AWS_LAMBDA_RUNTIME_API is not set") && said.contains("edgehop-server"), "{said}");
}
