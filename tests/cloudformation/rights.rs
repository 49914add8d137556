//! Who may do what. Each right is in a list here; one more in the template fails.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::template::{Stack, list, stack};

/// What may be said of a stack's parameters, as far as it changes rights.
const OWN: &[(&str, &str)] = &[];
const RESTORING: &[(&str, &str)] = &[("RestoreTier", "bulk"), ("ArchiveAfterDays", "90")];
const KEY: (&str, &str) = ("KeyArn", "arn:aws:kms:us-east-1:123456789012:key/0a1b");
const EXISTING: &[(&str, &str)] = &[("ExistingTable", "samples"), ("ExistingBucket", "samples-bucket")];

/// What a stack's resolver may always do.
const READS: &[&str] = &[
    "dynamodb:Query <Table.Arn>",
    "logs:CreateLogStream <LogGroup.Arn>",
    "logs:PutLogEvents <LogGroup.Arn>",
    "s3:GetObject <Bucket.Arn>/blobs/*",
    "s3:GetObject <Bucket.Arn>/fragments/*",
    "s3:GetObject <Bucket.Arn>/restores/*",
    "s3:ListBucket <Bucket.Arn>",
];

/// Every `action resource` that a document allows.
fn allowed(document: &Value) -> BTreeSet<String> {
    let mut allowed = BTreeSet::new();
    for statement in list(&document["Statement"]) {
        assert!(statement.get("NotAction").is_none() && statement.get("NotResource").is_none(), "{statement}");
        if statement["Effect"] == "Allow" {
            for action in list(&statement["Action"]) {
                for resource in list(&statement["Resource"]) {
                    allowed.insert(format!("{} {}", action.as_str().unwrap(), resource.as_str().unwrap()));
                }
            }
        }
    }
    allowed
}

fn resolver(stack: &Stack) -> BTreeSet<String> {
    let role = stack.properties("ResolverRole");
    assert!(role.get("ManagedPolicyArns").is_none() && role.get("RoleName").is_none());
    let own = list(&role["Policies"]).into_iter();
    let more = stack.of_type("AWS::IAM::Policy").into_iter().map(|name| {
        let policy = stack.properties(name);
        assert_eq!(policy["Roles"], serde_json::json!(["<ResolverRole>"]), "{name}");
        policy
    });
    own.chain(more).flat_map(|policy| allowed(&policy["PolicyDocument"])).collect()
}

fn same(found: &BTreeSet<String>, expected: &[&[&str]]) {
    let expected: BTreeSet<String> = expected.concat().into_iter().map(str::to_owned).collect();
    assert_eq!(found, &expected);
}

#[test]
fn the_resolver_reads_and_restores_and_never_writes_an_artifact() {
    same(&resolver(&stack(OWN)), &[READS]);
    let restores = &[
        "s3:PutObject <Bucket.Arn>/restores/*",
        "s3:RestoreObject <Bucket.Arn>/blobs/*",
        "s3:RestoreObject <Bucket.Arn>/fragments/*",
    ];
    same(&resolver(&stack(RESTORING)), &[READS, restores]);
    let [decrypts, encrypts] = ["Decrypt", "GenerateDataKey"].map(|action| format!("kms:{action} {}", KEY.1));
    same(&resolver(&stack(&[KEY])), &[READS, &[&decrypts]]);
    same(&resolver(&stack(&[RESTORING, &[KEY]].concat())), &[READS, restores, &[&decrypts, &encrypts]]);
}

#[test]
fn a_table_that_was_there_is_also_scanned_for_it_may_be_the_samples() {
    let table = "arn:aws:dynamodb:us-east-1:123456789012:table/samples";
    let [query, scan] = ["Query", "Scan"].map(|action| format!("dynamodb:{action} {table}"));
    let reads = [
        &query,
        &scan,
        READS[1],
        READS[2],
        "s3:GetObject arn:aws:s3:::samples-bucket/*",
        "s3:ListBucket arn:aws:s3:::samples-bucket",
    ];
    same(&resolver(&stack(EXISTING)), &[&reads]);
    let restores = &[
        "s3:PutObject arn:aws:s3:::samples-bucket/restores/*",
        "s3:RestoreObject arn:aws:s3:::samples-bucket/blobs/*",
        "s3:RestoreObject arn:aws:s3:::samples-bucket/fragments/*",
    ];
    same(&resolver(&stack(&[EXISTING, &RESTORING[..1]].concat())), &[&reads, restores]);
    let variables = |given| stack(given).properties("Function")["Environment"]["Variables"]["EDGEHOP_SAMPLE"].clone();
    assert_eq!((variables(OWN), variables(EXISTING)), ("never".into(), "look".into()));
}

#[test]
fn no_role_has_a_wildcard_action_or_every_resource() {
    for given in [OWN, RESTORING, EXISTING, &[KEY], &[("RateLimit", "100")]] {
        let stack = stack(given);
        assert_eq!(stack.of_type("AWS::IAM::Role"), ["ResolverRole"]);
        for kind in ["AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy", "AWS::IAM::User", "AWS::IAM::Group"] {
            assert!(stack.of_type(kind).is_empty());
        }
        for right in resolver(&stack) {
            let (action, resource) = right.split_once(' ').unwrap();
            assert!(!action.contains('*') && !resource.starts_with('*'), "{right}");
        }
        let trust = &stack.properties("ResolverRole")["AssumeRolePolicyDocument"]["Statement"];
        assert_eq!(trust[0]["Principal"]["Service"], "lambda.amazonaws.com");
        assert_eq!(list(trust).len(), 1);
    }
}

#[test]
fn only_this_distribution_calls_the_function_and_only_through_its_url() {
    let stack = stack(OWN);
    let distribution = "arn:aws:cloudfront::123456789012:distribution/<Distribution>";
    let mut actions = Vec::new();
    for name in stack.of_type("AWS::Lambda::Permission") {
        let permission = stack.properties(name);
        assert_eq!(
            (&permission["Principal"], &permission["SourceArn"]),
            (&"cloudfront.amazonaws.com".into(), &distribution.into())
        );
        let through_url = permission["FunctionUrlAuthType"] == "AWS_IAM" || permission["InvokedViaFunctionUrl"] == true;
        assert!(through_url, "{permission}");
        actions.push(permission["Action"].as_str().unwrap());
    }
    actions.sort_unstable();
    assert_eq!(actions, ["lambda:InvokeFunction", "lambda:InvokeFunctionUrl"]);
}

#[test]
fn the_bucket_lets_cloudfront_read_artifacts_and_nobody_without_tls() {
    let stack = stack(OWN);
    let document = &stack.properties("BucketPolicy")["PolicyDocument"];
    same(&allowed(document), &[&["s3:GetObject <Bucket.Arn>/blobs/*"]]);
    let [deny, allow] = &list(&document["Statement"])[..] else { panic!("{document}") };
    assert_eq!(allow["Principal"]["Service"], "cloudfront.amazonaws.com");
    let source = &allow["Condition"]["StringEquals"]["AWS:SourceArn"];
    assert_eq!(source, "arn:aws:cloudfront::123456789012:distribution/<Distribution>");
    assert_eq!((&deny["Effect"], &deny["Principal"], &deny["Action"]), (&"Deny".into(), &"*".into(), &"s3:*".into()));
    assert_eq!(deny["Resource"], serde_json::json!(["<Bucket.Arn>", "<Bucket.Arn>/*"]));
    assert_eq!(deny["Condition"]["Bool"]["aws:SecureTransport"], "false");
}

#[test]
fn alarms_of_this_account_may_publish_and_nobody_else() {
    let stack = stack(OWN);
    let document = &stack.properties("AlarmTopicPolicy")["PolicyDocument"];
    same(&allowed(document), &[&["sns:Publish <AlarmTopic>"]]);
    let statement = list(&document["Statement"])[0];
    assert_eq!(statement["Principal"]["Service"], "cloudwatch.amazonaws.com");
    assert_eq!(statement["Condition"]["StringEquals"]["aws:SourceAccount"], "123456789012");
}
