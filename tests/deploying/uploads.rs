//! What `init` uploads, and what of it `destroy` deletes: nothing that is anybody else's.

use aws_sdk_s3::primitives::ByteStream;
use edgehop_tests::cloud::wait;

use crate::cloudformation::{CloudFormation, EDGEHOP, Script};
use crate::desk::{Desk, clients};
use crate::flow::names;
use crate::refusing::Refusing;

const REGION: &str = "us-east-1";
const SHARED: &str = "edgehop-code-123456789012-us-east-1";

fn put(bucket: &str, key: &str) {
    wait(async {
        let s3 = clients(REGION).await.s3;
        let _ = s3.create_bucket().bucket(bucket).send().await;
        s3.put_object().bucket(bucket).key(key).body(ByteStream::from_static(b"theirs")).send().await.unwrap();
    });
}

#[test]
fn what_is_not_edgehops_stays_whatever_it_is_called() {
    let builds = "somebodys-builds";
    put(builds, "uploaded/firmware-2024.bin");
    let desk = Desk::new(REGION);
    desk.done(&format!("init uploaded --create --code arm64.zip --code-bucket {builds}"));
    let before = names(builds);
    let gone = desk.done("destroy uploaded --yes");
    assert_eq!(names(builds), before);
    assert!(gone.err.contains(&format!("stays: {builds}, which the stack did not make")), "{gone:?}");

    desk.done("init uploaded --create --code arm64.zip");
    put(SHARED, "uploaded/notes.txt");
    let gone = desk.done("destroy uploaded --yes");
    assert_eq!(names(SHARED).iter().filter(|name| name.starts_with("uploaded/")).count(), 1, "{:?}", names(SHARED));
    assert!(gone.err.contains(&format!("2 uploads of code and templates for it in the bucket {SHARED}")), "{gone:?}");
}

#[test]
fn who_may_not_see_the_uploads_is_not_kept_from_deleting_the_stack() {
    let s3 = Refusing::start("403 Forbidden", "<Error><Code>AccessDenied</Code><Message>no</Message></Error>");
    let cloudformation = CloudFormation::start(Script {
        states: ["CREATE_COMPLETE"].into(),
        description: EDGEHOP,
        parameters: vec![("CodeBucket", SHARED.to_owned()), ("CodeKey", "ota/1.zip".to_owned())],
        after: ["DELETE_COMPLETE"].into(),
        ..Script::default()
    });
    let desk = Desk::new(REGION).with("AWS_ENDPOINT_URL_CLOUDFORMATION", cloudformation.url());
    let gone = desk.with("AWS_ENDPOINT_URL_S3", s3.url()).done("destroy ota --yes");
    assert!(gone.err.contains("stays: what was uploaded for it; cannot list the bucket"), "{gone:?}");
    assert!(gone.err.contains("allow them s3:ListBucketVersions"), "{gone:?}");
    assert!(cloudformation.actions().contains(&"DeleteStack".to_owned()));
}

#[test]
fn a_code_bucket_that_is_gone_is_done_without() {
    let cloudformation = CloudFormation::start(Script {
        states: ["CREATE_COMPLETE"].into(),
        description: EDGEHOP,
        parameters: vec![("CodeBucket", "gone-builds".to_owned()), ("CodeKey", "ota/1.zip".to_owned())],
        after: ["UPDATE_COMPLETE"].into(),
        outputs: vec![("TableName", "some-table".to_owned()), ("BucketName", "some-bucket".to_owned())],
        ..Script::default()
    });
    let desk = Desk::new(REGION).with("AWS_ENDPOINT_URL_CLOUDFORMATION", cloudformation.url());
    let said = desk.done("init ota --create --code arm64.zip");
    assert!(said.err.contains("there is no bucket gone-builds any more"), "{said:?}");
    assert_eq!(cloudformation.given("UpdateStack")[0], ("CodeBucket".to_owned(), Some(SHARED.to_owned())));
}

#[test]
fn a_code_bucket_in_another_region_is_said_to_be_there() {
    let cloudformation = CloudFormation::start(Script::default());
    for status in ["301 Moved", "400 Bad Request\r\nx-amz-bucket-region: eu-west-1"] {
        let s3 = Refusing::start(status, "");
        let desk = Desk::new(REGION).with("AWS_ENDPOINT_URL_CLOUDFORMATION", cloudformation.url());
        let desk = desk.with("AWS_ENDPOINT_URL_S3", s3.url());
        let parts = ["the bucket builds is in another region than the stack: give one in us-east-1"];
        desk.refused("init ota --create --code arm64.zip --code-bucket builds", 1, &parts);
    }
}
