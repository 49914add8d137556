//! What others' rules say of the template: cfn-lint nothing at all, checkov what is explained here.

use std::collections::BTreeSet;
use std::process::Command;

use edgehop_tests::packages;
use serde_json::Value;

use crate::template::{path, python, template};

/// Runs the linter as its own script does, which remembers where it was first put.
const LINT: &str = "import sys; from cfnlint.runner import main; sys.exit(main())";

const CHECKOV: &str = "checkov==3.3.30";

/// What checkov would have otherwise, and why it is as it is.
const EXPLAINED: [(&str, &str, &str); 10] = [
    ("CKV_AWS_119", "Table", "DynamoDB's own key, which costs nothing, unless KeyArn names another"),
    (
        "CKV_AWS_18",
        "Bucket",
        "its readers are CloudFront and the resolver; who writes is seen in CloudTrail's data events",
    ),
    (
        "CKV_AWS_86",
        "Distribution",
        "devices are anonymous: a log would keep addresses, and queries as they spelled them",
    ),
    (
        "CKV_AWS_174",
        "Distribution",
        "TLSv1.2_2021 with DomainName; CloudFront sets the protocol of its own certificate",
    ),
    ("CKV_AWS_115", "Function", "a limit would refuse devices; the CDN's cache and RateLimit are what limits"),
    ("CKV_AWS_116", "Function", "nothing calls it asynchronously, so nothing would be in a queue of dead letters"),
    (
        "CKV_AWS_117",
        "Function",
        "table and bucket are reached through AWS's endpoints, by its role; a VPC would add a gateway",
    ),
    (
        "CKV_AWS_173",
        "Function",
        "its variables are names, no secret is among them; Lambda encrypts them with its own key",
    ),
    ("CKV_AWS_158", "LogGroup", "it says nothing of who asked; CloudWatch encrypts it with its own key"),
    ("CKV_AWS_26", "AlarmTopic", "alarms may not publish to a topic with SNS' own key, and say nothing secret"),
];

#[test]
fn cfn_lint_finds_nothing_and_ignores_nothing() {
    // Its findings of every level, for regions far apart: what a type lacks in one is an error there.
    let mut command = Command::new(python());
    command.args(["-c", LINT, "--include-checks", "I", "--regions", "us-east-1", "eu-central-1", "ap-southeast-2"]);
    let output = command.arg("--template").arg(path()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.trim().is_empty(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let text = std::fs::read_to_string(path()).unwrap();
    for ignore in ["cfn-lint", "checkov:skip", "ignore_checks"] {
        assert!(!text.contains(ignore), "the template turns a rule off: {ignore}");
    }
    assert!(template()["Metadata"].get("cfn-lint").is_none());
}

#[test]
fn checkov_finds_what_is_explained_and_no_more() {
    let mut command = Command::new(packages::python("checkov", &[CHECKOV]));
    // It would ask its maker's site for texts, and a registry whether there is a newer one.
    command.args([
        "-m",
        "checkov.main",
        "--framework",
        "cloudformation",
        "--output",
        "json",
        "--compact",
        "--skip-download",
        "--file",
    ]);
    command.env("BC_SKIP_MAPPING", "TRUE").env("CKV_SKIP_PACKAGE_UPDATE_CHECK", "TRUE");
    let output = command.arg(path()).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    assert_eq!(report["summary"]["parsing_errors"], 0, "{}", report["summary"]);
    assert!(report["summary"]["passed"].as_u64().unwrap() > 20 && report["summary"]["skipped"] == 0);
    let failed = report["results"]["failed_checks"].as_array().unwrap().iter();
    let found: BTreeSet<(String, String)> = failed
        .map(|check| {
            let [id, resource] = ["check_id", "resource"].map(|name| check[name].as_str().unwrap());
            (id.to_owned(), resource.rsplit('.').next().unwrap().to_owned())
        })
        .collect();
    let explained: BTreeSet<_> = EXPLAINED.iter().map(|(id, name, _)| ((*id).to_owned(), (*name).to_owned())).collect();
    let unexplained: Vec<_> = found.difference(&explained).collect();
    assert!(unexplained.is_empty(), "checkov finds, and nobody says why it is so: {unexplained:?}");
    let idle: Vec<_> = explained.difference(&found).collect();
    assert!(idle.is_empty(), "explained, but not found: {idle:?}");
    assert!(EXPLAINED.iter().all(|(_, _, why)| !why.is_empty()));
}
