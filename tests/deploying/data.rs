//! The table and the bucket of a stack whose CloudFormation is scripted: there, deleted, or in the way.

use aws_sdk_dynamodb::types::{AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType};
use edgehop_tests::cloud::wait;
use edgehop_tests::key_value_store::ARN;

use crate::cloudformation::{CloudFormation, EDGEHOP, Script};
use crate::desk::{Desk, clients};

const REGION: &str = "us-east-1";
const DYNAMODB: &str = "AWS::DynamoDB::Table";
const S3: &str = "AWS::S3::Bucket";

/// A stack in these states, of a table and a bucket.
fn script(states: &[&'static str], table: &'static str, bucket: &'static str) -> Script {
    let resources = vec![["Table", DYNAMODB, table], ["Bucket", S3, bucket]];
    Script { states: states.iter().copied().collect(), description: EDGEHOP, resources, ..Script::default() }
}

fn desk(cloudformation: &CloudFormation) -> Desk {
    Desk::new(REGION).with("AWS_ENDPOINT_URL_CLOUDFORMATION", cloudformation.url())
}

pub fn make(table: &str, hash_key: &str, is_protected: bool, bucket: &str) {
    let key = |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap();
    let text = |name: &str| {
        AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S).build().unwrap()
    };
    wait(async {
        let clients = clients(REGION).await;
        let made = clients.dynamodb.create_table().table_name(table).billing_mode(BillingMode::PayPerRequest);
        let made = made.key_schema(key(hash_key, KeyType::Hash)).key_schema(key("env", KeyType::Range));
        let made = made.attribute_definitions(text(hash_key)).attribute_definitions(text("env"));
        made.deletion_protection_enabled(is_protected).send().await.unwrap();
        clients.s3.create_bucket().bucket(bucket).send().await.unwrap();
    });
}

/// Whether the table and the bucket are there. Only the answer that one is not there says so: no other error does.
pub fn are_there(region: &str, table: &str, bucket: &str) -> (bool, bool) {
    wait(async {
        let clients = clients(region).await;
        let table = match clients.dynamodb.describe_table().table_name(table).send().await {
            Err(error) if error.as_service_error().is_some_and(|error| error.is_resource_not_found_exception()) => {
                false
            }
            described => described.map(|_| true).unwrap(),
        };
        let bucket = match clients.s3.head_bucket().bucket(bucket).send().await {
            Err(error) if error.as_service_error().is_some_and(|error| error.is_not_found()) => false,
            seen => seen.map(|_| true).unwrap(),
        };
        (table, bucket)
    })
}

#[test]
fn a_stack_that_is_being_deleted_leaves_its_data_to_be_deleted() {
    make("leaving-table", "app", false, "leaving-bucket");
    let states = ["DELETE_IN_PROGRESS", "DELETE_IN_PROGRESS", "DELETE_COMPLETE"];
    let cloudformation = CloudFormation::start(script(&states, "leaving-table", "leaving-bucket"));
    let gone = desk(&cloudformation).done("destroy ota --yes");
    assert!(gone.out.contains("deleted: the table leaving-table with 0 components"), "{gone:?}");
    assert_eq!(are_there(REGION, "leaving-table", "leaving-bucket"), (false, false));
    let actions = cloudformation.actions();
    assert!(!actions.contains(&"DeleteStack".to_owned()), "{actions:?}");
}

#[test]
fn a_table_that_is_protected_does_not_cost_the_bucket_first() {
    make("protected-table", "app", true, "unprotected-bucket");
    let cloudformation = CloudFormation::start(script(&["CREATE_COMPLETE"], "protected-table", "unprotected-bucket"));
    let how = "aws dynamodb update-table --no-deletion-protection-enabled --table-name protected-table";
    desk(&cloudformation).refused("destroy ota --yes", 1, &["the table protected-table is protected", how]);
    assert_eq!(are_there(REGION, "protected-table", "unprotected-bucket"), (true, true));
}

#[test]
fn a_table_that_cannot_be_read_is_not_said_to_be_empty() {
    make("odd-table", "pk", false, "odd-bucket");
    let after = ["DELETE_COMPLETE"].into();
    let cloudformation =
        CloudFormation::start(Script { after, ..script(&["CREATE_COMPLETE"], "odd-table", "odd-bucket") });
    let gone = desk(&cloudformation).done("destroy ota --yes");
    assert!(gone.err.contains("the table odd-table with an unknown number of components"), "{gone:?}");
}

#[test]
fn a_table_that_the_stack_did_not_make_may_be_gone() {
    let cloudformation = CloudFormation::start(Script {
        states: ["CREATE_COMPLETE"].into(),
        description: EDGEHOP,
        parameters: vec![("ExistingTable", "gone-table".to_owned())],
        outputs: vec![("TableName", "gone-table".to_owned()), ("KnownWordsArn", ARN.to_owned())],
        after: ["DELETE_COMPLETE"].into(),
        ..Script::default()
    });
    desk(&cloudformation).done("destroy ota --yes");
}
