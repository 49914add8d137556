//! The sample's usage: `init <stack> --create`, then `init <stack>`; each of them twice; and `destroy`.

use edgehop_tests::cloud::wait;
use serde_json::json;

use crate::data::are_there;
use crate::desk::{Desk, clients};

const REGION: &str = "us-east-1";

/// The names of what is in a bucket, in their order.
pub fn names(bucket: &str) -> Vec<String> {
    wait(async {
        let listed = clients(REGION).await.s3.list_objects_v2().bucket(bucket).send().await.unwrap();
        listed.contents().iter().map(|object| object.key().unwrap().to_owned()).collect()
    })
}

#[test]
fn a_deployment_is_made_and_filled_and_taken_down() {
    let desk = Desk::new(REGION);
    let made = desk.json("init flow --create --code arm64.zip");
    assert_eq!((&made["change"], &made["region"]), (&json!("created"), &json!(REGION)), "{made}");
    assert_eq!((&made["endpoint"], &made["curl"]), (&json!(null), &json!([])), "moto has no CloudFront: {made}");
    let again = desk.json("init flow --create --code arm64.zip");
    assert_eq!(again["change"], "unchanged", "{again}");
    let without_code = desk.done("init flow --create");
    assert!(without_code.out.contains("nothing to change"), "{without_code:?}");
    assert!(without_code.out.contains("the stack's outputs do not say it"), "{without_code:?}");
    let code = "edgehop-code-123456789012-us-east-1";
    let uploaded = names(code);
    assert!(uploaded.iter().filter(|name| name.starts_with("flow/")).count() == 2, "{uploaded:?}");
    let filled = desk.json("init flow");
    assert_eq!((&filled["samples"], &filled["table"]), (&json!(12), &made["table"]), "{filled}");
    let bucket = filled["bucket"].as_str().unwrap();
    let before = names(bucket);
    assert!(before.len() >= 12, "{before:?}");
    assert_eq!(desk.json("init flow")["samples"], 12);
    assert_eq!(names(bucket), before);

    // What a device is answered.
    let stores = format!("--catalog dynamodb:{} --artifacts s3:{bucket}", filled["table"].as_str().unwrap());
    let explained = desk.json(&format!("explain ipModule=prod&installed=ipModule@5.6.14 {stores}"));
    assert_eq!(explained["components"][0]["delivers"], "5.6.30", "{explained}");
    assert_eq!(desk.json(&format!("check {stores}")).as_object().unwrap().len(), 6);

    desk.refused("destroy flow", 3, &["nothing was deleted", "give --yes"]);
    assert_eq!(names(bucket), before, "nothing was deleted");
    let gone = desk.done("destroy flow --yes");
    let objects = format!("the bucket {bucket} with {} objects", before.len());
    for part in ["to be deleted: the stack flow in us-east-1", &objects, "with 6 components", "DELETE_COMPLETE"] {
        assert!(gone.err.contains(part), "{part:?}: {gone:?}");
    }
    assert!(gone.out.contains("deleted: the stack flow"), "{gone:?}");
    assert!(!is_there(&filled), "the table and the bucket are retained by the stack, and deleted all the same");
    assert!(names(code).iter().all(|name| !name.starts_with("flow/")), "the shared bucket stays, without its code");
    desk.refused("destroy flow --yes", 1, &["there is no stack flow in us-east-1"]);
}

/// The table or the bucket of a deployment is there.
pub fn is_there(deployment: &serde_json::Value) -> bool {
    let [table, bucket, region] = ["table", "bucket", "region"].map(|key| deployment[key].as_str().unwrap());
    are_there(region, table, bucket) != (false, false)
}

#[test]
fn the_code_bucket_is_private() {
    let (region, desk) = ("eu-north-1", Desk::new("eu-north-1"));
    desk.done("init private --create --code arm64.zip");
    let bucket = "edgehop-code-123456789012-eu-north-1";
    let seen = || {
        wait(async {
            let s3 = clients(region).await.s3;
            let block = s3.get_public_access_block().bucket(bucket).send().await.unwrap();
            let policy = s3.get_bucket_policy().bucket(bucket).send().await.unwrap().policy.unwrap();
            let encryption = s3.get_bucket_encryption().bucket(bucket).send().await.unwrap();
            let rules = encryption.server_side_encryption_configuration.unwrap();
            (format!("{:?}", block.public_access_block_configuration()), policy, format!("{rules:?}"))
        })
    };
    let (block, policy, encryption) = seen();
    assert_eq!(block.matches("Some(true)").count(), 4, "{block}");
    assert!(policy.contains("aws:SecureTransport") && policy.contains("Deny"), "{policy}");
    assert!(encryption.contains("Aes256"), "{encryption}");
    // Somebody was killed before it was private: the next one goes on.
    wait(async { clients(region).await.s3.delete_bucket_policy().bucket(bucket).send().await.unwrap() });
    desk.done("init private --create");
    assert_eq!(seen(), (block, policy, encryption));
    desk.done("destroy private --yes");
}
