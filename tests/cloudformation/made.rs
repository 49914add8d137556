//! A stack is made of the template once, by moto: of what it knows, each resource is as the template says. It skips
//! CloudFront's types, alarms, permissions of function URLs and the like, so that nothing here is a proof of those.

use std::process::Command;

use edgehop_tests::packages;
use edgehop_tests::stand_ins::MOTO;
use serde_json::{Value, json};

use crate::template::path;

const MAKER: &str = include_str!("made.py");

/// What is there when a stack with these parameters was made.
fn made(parameters: &Value) -> Value {
    let python = packages::python("moto", &[MOTO]);
    let mut command = Command::new(python);
    command.args(["-c", MAKER]).arg(path()).arg(parameters.to_string());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn moto_makes_what_it_knows_as_the_template_says() {
    let made = made(&json!({ "RestoreTier": "standard", "ArchiveAfterDays": "90", "Architecture": "x86_64" }));
    assert_eq!(made["status"], "CREATE_COMPLETE");
    let keys = json!([{ "AttributeName": "app", "KeyType": "HASH" }, { "AttributeName": "env", "KeyType": "RANGE" }]);
    assert_eq!(
        (&made["table"]["KeySchema"], &made["table"]["BillingModeSummary"]["BillingMode"]),
        (&keys, &"PAY_PER_REQUEST".into())
    );
    assert_eq!(made["encryption"], "AES256");
    let function = &made["function"];
    assert_eq!(
        (&function["Runtime"], &function["Architectures"], &function["MemorySize"], &function["Timeout"]),
        (&"provided.al2023".into(), &json!(["x86_64"]), &256.into(), &300.into())
    );
    let variables = &function["Environment"]["Variables"];
    let outputs = &made["outputs"];
    let named = |prefix: &str, output: &str| json!(format!("{prefix}{}", outputs[output].as_str().unwrap()));
    assert_eq!(variables["EDGEHOP_CATALOG"], named("dynamodb:", "TableName"));
    assert_eq!(variables["EDGEHOP_ARTIFACTS"], named("s3:", "BucketName"));
    assert_eq!(
        (&variables["EDGEHOP_RESTORE_TIER"], &variables["EDGEHOP_RESTORE_DAYS"]),
        (&"standard".into(), &7.into())
    );
    assert!(variables.get("EDGEHOP_URL_BASE").is_none());
    let policies: Vec<_> = made["role"].as_object().unwrap().keys().collect();
    assert_eq!(policies, ["artifacts", "catalog", "log", "restores"]);
    // Its role is what the rights say, with names in place of references.
    let bucket = outputs["BucketName"].as_str().unwrap();
    let restores = &made["role"]["restores"]["Statement"];
    assert_eq!(
        restores[0]["Resource"],
        json!(["blobs", "fragments"].map(|folder| format!("arn:aws:s3:::{bucket}/{folder}/*")))
    );
    assert_eq!(
        (&restores[1]["Action"], &restores[1]["Resource"]),
        (&"s3:PutObject".into(), &format!("arn:aws:s3:::{bucket}/restores/*").into())
    );
    let group = &made["groups"][0];
    assert_eq!((&group["logGroupName"], &group["retentionInDays"]), (&outputs["LogGroupName"], &30.into()));
}
