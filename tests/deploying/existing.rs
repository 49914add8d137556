//! A stack that uses a bucket which it did not make: its distribution may read artifacts there, and nothing else changes.

use edgehop_tests::cloud::wait;
use serde_json::{Value, json};

use crate::cloudformation::{CloudFormation, EDGEHOP, Script};
use crate::desk::{Desk, clients};

const BUCKET: &str = "somebodys-own-bucket";

fn policy() -> Value {
    wait(async {
        let found = clients("us-east-1").await.s3.get_bucket_policy().bucket(BUCKET).send().await.unwrap();
        serde_json::from_str(found.policy().unwrap()).unwrap()
    })
}

#[test]
fn the_distribution_may_read_and_no_other_statement_is_lost() {
    let theirs = json!({
        "Sid": "Theirs", "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::123456789012:root" },
        "Action": "s3:GetObject", "Resource": format!("arn:aws:s3:::{BUCKET}/*"),
    });
    wait(async {
        let s3 = clients("us-east-1").await.s3;
        s3.create_bucket().bucket(BUCKET).send().await.unwrap();
        let policy = json!({ "Version": "2012-10-17", "Statement": [theirs] }).to_string();
        s3.put_bucket_policy().bucket(BUCKET).policy(policy).send().await.unwrap();
    });
    let cloudformation = CloudFormation::start(Script {
        states: ["UPDATE_COMPLETE"].into(),
        description: EDGEHOP,
        outputs: vec![
            ("DistributionId", "E1EXAMPLE".to_owned()),
            ("TableName", "somebodys-table".to_owned()),
            ("BucketName", BUCKET.to_owned()),
        ],
        parameters: vec![("ExistingTable", "somebodys-table".to_owned()), ("ExistingBucket", BUCKET.to_owned())],
        refusals: vec![("UpdateStack", 2, 400, "ValidationError", "No updates are to be performed.")],
        after: ["DELETE_COMPLETE"].into(),
        ..Script::default()
    });
    let desk = Desk::new("us-east-1").with("AWS_ENDPOINT_URL_CLOUDFORMATION", cloudformation.url());
    let made = desk.done("init ota --create --code arm64.zip");
    assert!(!made.out.contains("sample data"), "the table may have a catalog: {made:?}");
    let given = policy();
    assert_eq!(given["Statement"][0], theirs, "{given}");
    let ours = &given["Statement"][1];
    assert_eq!((&ours["Sid"], &ours["Action"]), (&json!("EdgehopCloudFrontReads"), &json!("s3:GetObject")), "{given}");
    assert_eq!(ours["Resource"], format!("arn:aws:s3:::{BUCKET}/blobs/*"));
    let reader = "arn:aws:cloudfront::123456789012:distribution/E1EXAMPLE";
    assert_eq!(ours["Condition"]["StringEquals"]["AWS:SourceArn"], json!([reader]));
    desk.done("init ota --create --code arm64.zip");
    assert_eq!(policy(), given);

    let gone = desk.done("destroy ota --yes");
    assert!(gone.err.contains(&format!("stays: {BUCKET}, which the stack did not make")), "{gone:?}");
    assert_eq!(policy()["Statement"], json!([theirs]));
}
