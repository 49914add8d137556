//! `init` sees to it that the CDN knows what is published, then and later.

use aws::DynamoCatalog;
use edgehop_tests::cloud::wait;
use edgehop_tests::key_value_store::{ARN, KeyValueStore};
use edgehop_tests::stacks::create;
use edgehop_tests::stand_ins::everything;

use crate::cloudformation::{CloudFormation, EDGEHOP, Script};
use crate::data::make;
use crate::desk::{Desk, clients};

#[test]
fn what_init_publishes_and_whoever_comes_after_it_is_known_to_the_cdn() {
    let edge = KeyValueStore::start();
    let [(variable, url), _] = edge.environment();
    let desk = Desk::new("us-east-1").with(&variable, &url);
    create(everything().trim_start_matches("http://").parse().unwrap(), "knowing", "", ARN);
    let words = || edge.entries().get("words").cloned().unwrap_or_default();

    let filled = desk.json("init knowing");
    assert!(words().contains(" attrgamer ") && words().contains(" scoreboard "), "{}", words());
    let again = words();
    desk.done("init knowing");
    assert_eq!(words(), again);

    // Somebody else, who was told nothing but the table and the bucket.
    let [table, bucket] = ["table", "bucket"].map(|key| filled[key].as_str().unwrap());
    let stores = format!("--catalog dynamodb:{table} --artifacts s3:{bucket}");
    desk.write("new.bin", "something new");
    desk.done(&format!("publish novelty 1.0 new.bin --channel prod {stores}"));
    assert!(words().contains(" novelty "), "{}", words());

    // What cannot be told now is said, and what was published stays.
    edge.refuse("UpdateKeys", usize::MAX, 403, "AccessDeniedException");
    desk.done(&format!("channel set novelty beta 1.0 {stores}"));
    let said = desk.run(&format!("channel set novelty beta 1.0 --attribute odd {stores}"));
    assert!(said.code == Some(1) && said.err.contains("edgehop known-words --push"), "{said:?}");
    edge.refuse("", 0, 200, "");
    desk.done(&format!("known-words --push {stores}"));
    assert!(words().contains(" attrodd "), "{}", words());
    desk.done("destroy knowing --yes");
}

#[test]
fn a_stack_that_goes_to_another_table_is_told_nothing_by_the_old_one() {
    let edge = KeyValueStore::start();
    make("moving-old", "app", false, "moving-old-bucket");
    make("moving-new", "app", false, "moving-new-bucket");
    let noted = |table: &'static str| {
        wait(async {
            let catalog = DynamoCatalog::new(clients("us-east-1").await.dynamodb, table);
            catalog.vocabulary_stores().await.unwrap()
        })
    };
    let outputs = |table: &str| {
        let bucket = ("BucketName", format!("{table}-bucket"));
        vec![("TableName", table.to_owned()), bucket, ("KnownWordsArn", ARN.to_owned())]
    };
    let script = |after: &[&'static str]| Script {
        states: ["CREATE_COMPLETE"].into(),
        description: EDGEHOP,
        parameters: vec![
            ("ExistingTable", "moving-old".to_owned()),
            ("ExistingBucket", "moving-old-bucket".to_owned()),
        ],
        outputs: outputs("moving-old"),
        outputs_after: Some(outputs("moving-new")),
        after: after.iter().copied().collect(),
        ..Script::default()
    };
    let desk = |cloudformation: &CloudFormation| {
        let [(variable, url), _] = edge.environment();
        Desk::new("us-east-1").with("AWS_ENDPOINT_URL_CLOUDFORMATION", cloudformation.url()).with(&variable, &url)
    };
    let line = "init ota --create --code arm64.zip --parameter ExistingTable=moving-new";
    edge.put("words", " the old catalog's ");

    // What is refused leaves the stack with the old table, which has its note again.
    let refusals =
        vec![("UpdateStack", 1, 403, "AccessDenied", "not authorized to perform: cloudformation:UpdateStack")];
    let refused = CloudFormation::start(Script { refusals, ..script(&[]) });
    assert_eq!(desk(&refused).run(line).code, Some(1));
    let place = format!("kvs:{ARN}");
    assert_eq!(noted("moving-old"), [&*place]);

    edge.put("words", " the old catalog's ");
    desk(&CloudFormation::start(script(&["UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"]))).done(line);
    assert!(noted("moving-old").is_empty() && noted("moving-new") == [&*place]);
    assert!(edge.entries().is_empty(), "without a list the CDN keeps every word: {:?}", edge.entries());
}
