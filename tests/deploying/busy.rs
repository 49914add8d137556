//! Objects that S3 does not delete when it is asked first.

use crate::busy_s3::{BusyS3, Refusal};
use crate::cloudformation::{CloudFormation, EDGEHOP, Script};
use crate::desk::Desk;

const BUCKET: &str = "busy-bucket";
const SHARED: &str = "edgehop-code-123456789012-us-east-1";
const UPLOAD: &str = "ota/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.zip";

/// A stack of one bucket with three objects, and an upload; its S3, and the desk.
fn desk(refusals: &[Refusal]) -> (CloudFormation, BusyS3, Desk) {
    let objects = [(BUCKET, "blobs/1"), (BUCKET, "blobs/2"), (BUCKET, "blobs/3"), (SHARED, UPLOAD)];
    let s3 = BusyS3::start(&objects, refusals);
    let cloudformation = CloudFormation::start(Script {
        states: ["CREATE_COMPLETE"].into(),
        description: EDGEHOP,
        resources: vec![["Bucket", "AWS::S3::Bucket", BUCKET]],
        after: ["DELETE_COMPLETE"].into(),
        ..Script::default()
    });
    let desk = Desk::new("us-east-1").with("AWS_ENDPOINT_URL_CLOUDFORMATION", cloudformation.url());
    let desk = desk.with("AWS_ENDPOINT_URL_S3", s3.url());
    (cloudformation, s3, desk)
}

#[test]
fn what_s3_is_too_busy_to_delete_is_deleted_later() {
    let (cloudformation, s3, desk) =
        desk(&[("blobs/1", 2, "SlowDown"), ("blobs/3", 1, "SlowDown"), (UPLOAD, 1, "InternalError")]);
    let gone = desk.done("destroy ota --yes");
    assert_eq!(s3.keys(), [""; 0], "{gone:?}");
    assert!(cloudformation.actions().contains(&"DeleteStack".to_owned()), "{gone:?}");
}

#[test]
fn what_may_not_be_deleted_ends_it_even_beside_what_comes_later() {
    let (cloudformation, s3, desk) = desk(&[("blobs/1", 9, "SlowDown"), ("blobs/2", 9, "AccessDenied")]);
    let parts = ["cannot empty the bucket busy-bucket", "allow them s3:DeleteObjectVersion (blobs/2: said so)"];
    desk.refused("destroy ota --yes", 1, &parts);
    assert_eq!(s3.keys(), ["blobs/1", "blobs/2", UPLOAD]);
    assert!(!cloudformation.actions().contains(&"DeleteStack".to_owned()));
}
