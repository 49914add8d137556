//! What a deployer gives and gets: parameters, outputs, what is refused, and limits of CloudFormation's.

use std::process::Command;

use serde_json::{Value, json};

use crate::template::{list, object, path, python, stack, stack_in, template};

/// Largest template that is sent with the request, in bytes; a larger one must be uploaded first (CloudFormation user
/// guide, "Understand CloudFormation quotas").
const MAX_TEMPLATE_BYTES: usize = 51_200;

/// Every parameter, with its default.
const PARAMETERS: [(&str, Option<&str>); 19] = [
    ("CodeBucket", None),
    ("CodeKey", None),
    ("Architecture", Some("arm64")),
    ("MemorySize", Some("256")),
    ("InvokeMode", Some("RESPONSE_STREAM")),
    ("LogLevel", Some("info")),
    ("LogRetentionDays", Some("30")),
    ("AlarmEmail", Some("")),
    ("ExistingTable", Some("")),
    ("ExistingBucket", Some("")),
    ("KeyArn", Some("")),
    ("ArchiveAfterDays", Some("0")),
    ("RestoreTier", Some("none")),
    ("RestoreDays", Some("7")),
    ("DomainName", Some("")),
    ("CertificateArn", Some("")),
    ("HostedZoneId", Some("")),
    ("PriceClass", Some("PriceClass_All")),
    ("RateLimit", Some("0")),
];

/// Every output.
const OUTPUTS: [&str; 10] = [
    "Endpoint",
    "DistributionId",
    "TableName",
    "BucketName",
    "FunctionName",
    "FunctionUrl",
    "KnownWordsArn",
    "LogGroupName",
    "AlarmTopicArn",
    "DashboardName",
];

/// What a parameter's pattern takes and what it does not.
const SPELLINGS: [(&str, &[&str], &[&str]); 11] = [
    ("CodeBucket", &["code", "my.code-1"], &["", "Code", "c", "s3://code", "code/x"]),
    ("CodeKey", &["edgehop.zip", "a/b c.zip"], &[""]),
    ("AlarmEmail", &["", "ops@example.com"], &["ops", "ops@example", "a b@example.com"]),
    ("ExistingTable", &["", "ota.catalog_1"], &["ab", "ota/x", "arn:aws:dynamodb:us-east-1:123456789012:table/ota"]),
    ("ExistingBucket", &["", "ota-artifacts"], &["s3://ota", "OTA", "ota/prefix"]),
    ("KeyArn", &["", "arn:aws:kms:eu-central-1:123456789012:key/0a1b-2c"], &["alias/ota", "0a1b-2c"]),
    ("DomainName", &["", "ota.example.com"], &["OTA.example.com", "https://ota.example.com", "ota", "*.example.com"]),
    (
        "CertificateArn",
        &["", "arn:aws:acm:us-east-1:123456789012:certificate/0a1b-2c"],
        &["arn:aws:acm:eu-central-1:123456789012:certificate/0a1b-2c", "0a1b-2c"],
    ),
    ("HostedZoneId", &["", "Z0123456789ABC"], &["/hostedzone/Z0123456789ABC", "example.com"]),
    ("RateLimit", &["0", "10", "999999999"], &["", "1", "9", "-1", "1e3", "010"]),
    ("CodeBucket", &["a.b"], &["a_b"]),
];

/// Prints which of `[pattern, text]` match, as CloudFormation matches: as a whole.
const MATCHER: &str = "import json, re, sys
print(json.dumps([bool(re.fullmatch(pattern, text)) for pattern, text in json.loads(sys.argv[1])]))";

#[test]
fn parameters_and_outputs_are_those_of_the_contract() {
    let parameters = object(&template()["Parameters"]);
    assert_eq!(parameters.len(), PARAMETERS.len());
    for (name, default) in PARAMETERS {
        let parameter = &parameters[name];
        let found =
            parameter.get("Default").map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        assert_eq!(found.as_deref(), default, "{name}");
        assert!(!parameter["Description"].as_str().unwrap().is_empty(), "{name}");
        assert_eq!(
            parameter.get("AllowedPattern").is_some(),
            parameter.get("ConstraintDescription").is_some(),
            "{name}"
        );
        // What is not free text has limits.
        let limits = ["AllowedPattern", "AllowedValues", "MinValue"];
        assert!(limits.iter().any(|limit| parameter.get(*limit).is_some()), "{name}");
    }
    let groups = list(&template()["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]);
    let grouped: Vec<_> = groups.iter().flat_map(|group| list(&group["Parameters"])).collect();
    assert_eq!(grouped, PARAMETERS.map(|(name, _)| json!(name)).iter().collect::<Vec<_>>());
    let outputs: Vec<_> = object(&template()["Outputs"]).keys().map(String::as_str).collect();
    assert!(outputs.len() == OUTPUTS.len() && OUTPUTS.iter().all(|name| outputs.contains(name)), "{outputs:?}");
    let endpoint = &stack(&[]).outputs["Endpoint"];
    assert!(endpoint.as_str().unwrap().starts_with("https://") && !endpoint.as_str().unwrap().ends_with('/'));
}

#[test]
fn patterns_take_what_is_meant() {
    let (mut asked, mut expected) = (Vec::new(), Vec::new());
    for (name, good, bad) in SPELLINGS {
        let pattern = &template()["Parameters"][name]["AllowedPattern"];
        asked.extend(good.iter().chain(bad).map(|text| json!([pattern, text])));
        expected.extend(good.iter().map(|_| true).chain(bad.iter().map(|_| false)));
    }
    let output = Command::new(python()).args(["-c", MATCHER, &json!(asked).to_string()]).output().unwrap();
    let matched: Vec<bool> = serde_json::from_slice(&output.stdout).unwrap();
    for ((asked, matched), expected) in asked.iter().zip(matched).zip(expected) {
        assert_eq!(matched, expected, "{asked}");
    }
}

#[test]
fn parameters_that_do_not_go_together_are_refused() {
    let certificate = ("CertificateArn", "arn:aws:acm:us-east-1:123456789012:certificate/0a1b");
    let (domain, zone) = (("DomainName", "ota.example.com"), ("HostedZoneId", "Z1"));
    let good: [&[(&str, &str)]; 6] = [
        &[],
        &[domain, certificate],
        &[domain, certificate, zone],
        &[("ExistingBucket", "artifacts")],
        &[("ExistingTable", "samples"), ("ExistingBucket", "artifacts")],
        &[("ArchiveAfterDays", "30"), ("RestoreTier", "bulk")],
    ];
    for given in good {
        assert!(stack_in("eu-central-1", given).refused.is_empty(), "{given:?}");
    }
    let bad: [(&[(&str, &str)], &str); 6] = [
        (&[domain], "DomainName needs CertificateArn"),
        (&[certificate], "CertificateArn needs DomainName"),
        (&[zone], "HostedZoneId needs DomainName"),
        (&[("ExistingTable", "samples")], "ExistingTable needs ExistingBucket"),
        (&[("ArchiveAfterDays", "30")], "ArchiveAfterDays needs RestoreTier"),
        (&[("RateLimit", "100")], "RateLimit needs a stack in us-east-1"),
    ];
    for (given, expected) in bad {
        let refused = stack_in("eu-central-1", given).refused;
        assert!(refused.len() == 1 && refused[0].starts_with(expected), "{given:?}: {refused:?}");
    }
    assert!(stack_in("us-east-1", &[("RateLimit", "100")]).refused.is_empty());
}

#[test]
fn names_are_left_to_cloudformation_so_that_two_stacks_do_not_meet() {
    let stack = stack(&[]);
    for name in stack.resources.keys() {
        let properties = object(stack.properties(name));
        for (property, value) in properties {
            // Of these others are called so, or they are shown, or inside a role.
            let other = ["DisplayName", "FunctionName", "MetricName", "PolicyName"].contains(&property.as_str());
            let is_name = property.ends_with("Name") && !other;
            assert!(!is_name || value.as_str().unwrap().ends_with("-0a1b2c3d"), "{name}.{property} is {value}");
        }
    }
    // CloudFront's own: one namespace for all regions. A stack's id is 36 characters long.
    let room = 36 - "0a1b2c3d".len();
    for (kind, config, most) in [
        ("AWS::CloudFront::KeyValueStore", "", 64),
        ("AWS::CloudFront::Function", "", 64),
        ("AWS::CloudFront::OriginAccessControl", "OriginAccessControlConfig", 64),
        ("AWS::CloudFront::CachePolicy", "CachePolicyConfig", 128),
        ("AWS::CloudFront::OriginRequestPolicy", "OriginRequestPolicyConfig", 128),
        ("AWS::CloudFront::ResponseHeadersPolicy", "ResponseHeadersPolicyConfig", 128),
    ] {
        let names = stack.of_type(kind);
        assert!(!names.is_empty());
        for name in names {
            let properties = stack.properties(name);
            let called = properties.get(config).unwrap_or(properties)["Name"].as_str().unwrap();
            assert!(called.ends_with("-0a1b2c3d") && called.len() + room <= most, "{called}");
        }
    }
}

#[test]
fn the_function_is_told_what_the_parameters_say() {
    let plain = stack(&[]);
    let function = plain.properties("Function");
    assert_eq!((&function["Runtime"], &function["Architectures"]), (&"provided.al2023".into(), &json!(["arm64"])));
    assert_eq!(function["Code"], json!({ "S3Bucket": "code", "S3Key": "edgehop.zip" }));
    assert_eq!(function["LoggingConfig"]["LogGroup"], "<LogGroup>");
    let variables = json!({
        "EDGEHOP_CATALOG": "dynamodb:<Table>",
        "EDGEHOP_ARTIFACTS": "s3:<Bucket>",
        "EDGEHOP_INVOKE_MODE": "RESPONSE_STREAM",
        "EDGEHOP_LOG": "info",
        "EDGEHOP_SAMPLE": "never",
    });
    assert_eq!(function["Environment"]["Variables"], variables);
    let given =
        [("Architecture", "x86_64"), ("InvokeMode", "BUFFERED"), ("LogLevel", "debug"), ("LogRetentionDays", "7")];
    let other = stack(&given);
    let function = other.properties("Function");
    assert_eq!(function["Architectures"], json!(["x86_64"]));
    // The function must know how its URL calls it.
    let modes =
        (&function["Environment"]["Variables"]["EDGEHOP_INVOKE_MODE"], &other.properties("FunctionUrl")["InvokeMode"]);
    assert_eq!(modes, (&Value::from("BUFFERED"), &Value::from("BUFFERED")));
    assert_eq!(function["Environment"]["Variables"]["EDGEHOP_LOG"], "debug");
    assert_eq!(other.properties("LogGroup")["RetentionInDays"], "7");
}

#[test]
fn the_template_can_be_sent_with_the_request() {
    let bytes = std::fs::metadata(path()).unwrap().len() as usize;
    assert!(
        bytes <= MAX_TEMPLATE_BYTES,
        "{bytes} bytes are more than {MAX_TEMPLATE_BYTES}: it would have to be uploaded first"
    );
}
