//! The table and the bucket: private, kept, and as edge/aws takes them.

use serde_json::{Value, json};

use crate::template::{Stack, list, object, stack};

fn lifecycle<'a>(stack: &'a Stack, id: &str) -> Option<&'a Value> {
    let rules = list(&stack.properties("Bucket")["LifecycleConfiguration"]["Rules"]);
    rules.into_iter().find(|rule| rule["Id"] == id)
}

#[test]
fn what_holds_data_outlives_the_stack_unless_its_first_creation_fails() {
    let stack = stack(&[]);
    for name in ["Table", "Bucket"] {
        let resource = &stack.resources[name];
        assert_eq!(
            (&resource["DeletionPolicy"], &resource["UpdateReplacePolicy"]),
            (&"RetainExceptOnCreate".into(), &"Retain".into()),
            "{name}"
        );
    }
    assert!(stack.properties("Table").get("TableName").is_none());
    assert!(stack.properties("Bucket").get("BucketName").is_none());
}

#[test]
fn the_table_has_the_samples_keys_and_can_be_put_back() {
    let stack = stack(&[]);
    let table = stack.properties("Table");
    let keys = json!([{ "AttributeName": "app", "KeyType": "HASH" }, { "AttributeName": "env", "KeyType": "RANGE" }]);
    assert_eq!(table["KeySchema"], keys);
    assert_eq!(table["BillingMode"], "PAY_PER_REQUEST");
    assert_eq!(table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"], true);
    assert!(object(table).keys().all(|name| !name.contains("Indexes") && name != "StreamSpecification"));
}

#[test]
fn the_bucket_is_private_and_keeps_versions() {
    let stack = stack(&[]);
    let bucket = stack.properties("Bucket");
    let block = object(&bucket["PublicAccessBlockConfiguration"]);
    assert_eq!((block.len(), block.values().all(|value| value == true)), (4, true), "{block:?}");
    assert_eq!(bucket["OwnershipControls"]["Rules"], json!([{ "ObjectOwnership": "BucketOwnerEnforced" }]));
    assert_eq!(bucket["VersioningConfiguration"]["Status"], "Enabled");
    assert!(bucket.get("WebsiteConfiguration").is_none() && bucket.get("CorsConfiguration").is_none());
}

#[test]
fn what_is_left_over_goes_away_and_nothing_else_does() {
    let stack = stack(&[]);
    assert_eq!(
        lifecycle(&stack, "unfinished-uploads").unwrap()["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"],
        7
    );
    assert_eq!(lifecycle(&stack, "old-versions").unwrap()["NoncurrentVersionExpiration"]["NoncurrentDays"], 30);
    let claims = lifecycle(&stack, "claims").unwrap();
    assert_eq!((&claims["Prefix"], &claims["ExpirationInDays"]), (&"restores/".into(), &30.into()));
    let rules = list(&stack.properties("Bucket")["LifecycleConfiguration"]["Rules"]);
    let expiring: Vec<_> = rules.iter().filter(|rule| rule.get("ExpirationInDays").is_some()).collect();
    assert_eq!((rules.len(), expiring.len()), (3, 1), "nothing else expires, nothing moves");
}

#[test]
fn artifacts_go_to_the_archive_only_where_it_is_said_and_signatures_never() {
    let stack = stack(&[("ArchiveAfterDays", "90"), ("RestoreTier", "standard")]);
    for (id, folder) in [("archive-artifacts", "blobs/"), ("archive-fragments", "fragments/")] {
        let rule = lifecycle(&stack, id).unwrap();
        assert_eq!(rule["Prefix"], folder);
        assert_eq!(rule["Transitions"], json!([{ "StorageClass": "GLACIER", "TransitionInDays": "90" }]));
    }
    let least = &stack.properties("Bucket")["LifecycleConfiguration"]["TransitionDefaultMinimumObjectSize"];
    assert_eq!(least, "all_storage_classes_128K");
    let variables = &stack.properties("Function")["Environment"]["Variables"];
    assert_eq!(
        (&variables["EDGEHOP_RESTORE_TIER"], &variables["EDGEHOP_RESTORE_DAYS"]),
        (&"standard".into(), &"7".into())
    );
}

#[test]
fn both_are_encrypted_with_their_services_keys_or_the_given_one() {
    let encryption = |stack: &Stack| {
        let rules = &stack.properties("Bucket")["BucketEncryption"]["ServerSideEncryptionConfiguration"];
        rules[0]["ServerSideEncryptionByDefault"].clone()
    };
    let plain = stack(&[]);
    assert_eq!(encryption(&plain), json!({ "SSEAlgorithm": "AES256" }));
    assert_eq!(plain.properties("Table")["SSESpecification"], json!({ "SSEEnabled": false }));
    let key = "arn:aws:kms:us-east-1:123456789012:key/0a1b";
    let own = stack(&[("KeyArn", key)]);
    assert_eq!(encryption(&own), json!({ "SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key }));
    let table = json!({ "SSEEnabled": true, "SSEType": "KMS", "KMSMasterKeyId": key });
    assert_eq!(own.properties("Table")["SSESpecification"], table);
}

#[test]
fn those_that_were_there_are_used_and_not_touched() {
    let stack = stack(&[("ExistingTable", "samples"), ("ExistingBucket", "samples-bucket")]);
    for kind in ["AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::S3::BucketPolicy"] {
        assert!(stack.of_type(kind).is_empty(), "{kind}");
    }
    let variables = &stack.properties("Function")["Environment"]["Variables"];
    assert_eq!(
        (&variables["EDGEHOP_CATALOG"], &variables["EDGEHOP_ARTIFACTS"]),
        (&"dynamodb:samples".into(), &"s3:samples-bucket".into())
    );
    let origins = &stack.properties("Distribution")["DistributionConfig"]["Origins"];
    assert_eq!(origins[1]["DomainName"], "samples-bucket.s3.us-east-1.amazonaws.com");
    assert_eq!(
        (&stack.outputs["TableName"], &stack.outputs["BucketName"]),
        (&"samples".into(), &"samples-bucket".into())
    );
}
