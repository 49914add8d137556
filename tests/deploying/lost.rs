//! An answer that is lost on its way: whoever misses it asks once more, and what was asked is done once.

use edgehop_tests::cloud::{Cloud, environment};
use edgehop_tests::fault_proxy::{Fault, FaultProxy, Memory};
use edgehop_tests::stand_ins::endpoints;

use crate::desk::Desk;

/// DynamoDB knows a transaction by its token, and so does what stands in for it.
#[test]
fn a_write_whose_answer_is_lost_is_not_taken_for_somebody_elses() {
    let cloud = Cloud::new();
    let dynamodb = FaultProxy::before(&endpoints().dynamodb, &Memory::none());
    let mut desk = Desk::new("us-east-1");
    for (name, value) in environment() {
        desk = desk.with(&name, &value);
    }
    let desk = desk.with("AWS_ENDPOINT_URL_DYNAMODB", &dynamodb.url());
    dynamodb.first(1, "TransactWriteItems", Fault::Cut(0));
    desk.done(&format!("sample --catalog dynamodb:{} --artifacts s3:{}", cloud.table, cloud.bucket));
    let calls = dynamodb.calls();
    let mut writes = calls.iter().filter(|call| call.operation() == "TransactWriteItems");
    let (first, second) = (writes.next().unwrap(), writes.next().unwrap());
    assert_eq!(first.body, second.body, "the same once more, with its token");
}
