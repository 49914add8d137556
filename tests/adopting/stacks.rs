//! The stack that the sample's init script filled: its only table and bucket, or those that are chosen.

use edgehop_tests::cloud::{patient_clients_at, wait};
use edgehop_tests::key_value_store::{ARN, KeyValueStore};
use edgehop_tests::sample_table;
use edgehop_tests::stand_ins::{MOTO, endpoints};
use serde_json::{Value, json};

use crate::place::{Place, SIZE};

/// moto, which is all services in one.
fn url() -> &'static str {
    &endpoints().s3
}

/// Clients of that one.
async fn clients() -> aws::Clients {
    patient_clients_at(url(), "us-east-1").await
}

/// A template with this table and these buckets.
fn template(table: Option<&str>, buckets: &[&str]) -> String {
    let keys = [("app", "HASH"), ("env", "RANGE")];
    let mut resources: serde_json::Map<String, Value> = serde_json::Map::new();
    if let Some(table) = table {
        let attributes = keys.map(|(name, _)| json!({"AttributeName": name, "AttributeType": "S"}));
        let schema = keys.map(|(name, kind)| json!({"AttributeName": name, "KeyType": kind}));
        let properties = json!({"TableName": table, "BillingMode": "PAY_PER_REQUEST",
                                "AttributeDefinitions": attributes, "KeySchema": schema});
        resources.insert("Table".into(), json!({"Type": "AWS::DynamoDB::Table", "Properties": properties}));
    }
    for (number, bucket) in buckets.iter().enumerate() {
        let bucket = json!({"Type": "AWS::S3::Bucket", "Properties": {"BucketName": bucket}});
        resources.insert(format!("Bucket{number}"), bucket);
    }
    json!({"Resources": resources}).to_string()
}

/// Makes a stack with the client that comes with moto.
async fn create(name: &str, template: &str) {
    let folder = edgehop_tests::server::folder();
    let script = "import sys, boto3\n\
                  c = boto3.client('cloudformation', endpoint_url=sys.argv[1], region_name='us-east-1',\n    \
                  aws_access_key_id='AKIDEXAMPLE', aws_secret_access_key='not-a-secret')\n\
                  c.create_stack(StackName=sys.argv[2], TemplateBody=sys.argv[3])\n";
    let python = edgehop_tests::packages::python("moto", &[MOTO]);
    let (url, name, template) = (url().to_owned(), name.to_owned(), template.to_owned());
    let done = tokio::task::spawn_blocking(move || {
        let mut command = std::process::Command::new(python);
        command.args(["-c", script, &url, &name, &template]).current_dir(folder.path()).status().unwrap()
    });
    assert!(done.await.unwrap().success());
}

#[test]
fn a_stack_is_looked_up_and_what_is_ambiguous_is_named() {
    // Nothing of this place is used but its command line.
    let place = Place::empty();
    let id = &place.cloud.table;
    let [table, bucket, other] = ["table", "bucket", "other"].map(|what| format!("{id}-{what}"));
    let [one, two, none] = ["one", "two", "none"].map(|what| format!("{id}-{what}"));
    wait(async {
        create(&one, &template(Some(&table), &[&bucket])).await;
        create(&two, &template(None, &[&other, &format!("{other}-2")])).await;
        create(&none, &template(None, &[&format!("{other}-3")])).await;
        sample_table::fill(&clients().await, &table, &bucket, SIZE).await;
    });
    let at = format!("--endpoint-url {}", url());
    place.run(&format!("adopt nobody-has-this {at}")).check_failure(&["nobody-has-this", "there is no stack"]);
    let said = place.run(&format!("adopt {two} --table {table} {at}"));
    said.check_failure(&["has several buckets: choose with --bucket among ", &other, &format!("{other}-2")]);
    let said = place.run(&format!("adopt {none} {at}"));
    said.check_failure(&["has no table: name the one that the sample's init script filled with --table"]);
    let plan = place.json(&format!("adopt {one} {at}"));
    assert_eq!((&plan["table"], &plan["bucket"], &plan["releases"]), (&json!(table), &json!(bucket), &json!(9)));
    // The stack's own choice gives way to the operator's.
    let said = place.run(&format!("adopt {one} --bucket {other} {at}"));
    said.check_failure(&["cannot adopt", &format!("they name objects in the bucket {bucket}: give --bucket {bucket}")]);
    let said = place.run(&format!("adopt {one} --bucket {other} --yes {at}"));
    said.check_failure(&["no item of the AWS sample's can be adopted as it is, so devices stay with them"]);
    let done = place.json(&format!("adopt {one} --yes {at}"));
    assert_eq!((&done["done"], &done["releases"]), (&json!(true), &json!(9)), "{done}");
}

/// Whoever publishes there next must find where the stack's CDN looks words up.
#[test]
fn the_stacks_own_list_of_known_words_is_noted_and_current() {
    let mut place = Place::empty();
    let [stack, table, bucket] = ["words", "table", "bucket"].map(|what| format!("{}-{what}", place.cloud.table));
    let mut template: Value = serde_json::from_str(&template(Some(&table), &[&bucket])).unwrap();
    template["Outputs"] = json!({"KnownWordsArn": {"Value": ARN}});
    wait(async {
        create(&stack, &template.to_string()).await;
        sample_table::fill(&clients().await, &table, &bucket, SIZE).await;
    });
    let edge = KeyValueStore::start();
    let services = ["CLOUDFORMATION", "DYNAMODB", "S3"];
    place.environment.extend(services.map(|service| (format!("AWS_ENDPOINT_URL_{service}"), url().to_owned())));
    place.environment.extend(edge.environment().into_iter().take(1));
    place.done(&format!("adopt {stack} --yes"));
    assert!(edge.entries()["words"].contains(" scoreboard "), "{:?}", edge.entries());
    wait(async {
        let table = aws::DynamoCatalog::new(clients().await.dynamodb, &table);
        assert_eq!(table.vocabulary_stores().await.unwrap(), [format!("kvs:{ARN}")]);
    });
}
