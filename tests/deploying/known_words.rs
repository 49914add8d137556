//! `init` sees to it that the CDN knows what is published, then and later.

use edgehop_tests::key_value_store::{ARN, KeyValueStore};
use edgehop_tests::stacks::create;
use edgehop_tests::stand_ins::everything;

use crate::desk::Desk;

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
