//! A catalog of thousands of components: several updates, and what they cost.

use std::time::Instant;

use edgehop_tests::cloud;
use open::Stores;
use resolver::catalog::{Artifact, Channel, Edit, Release, Revision};
use resolver::words::{Digest, Sha256, Timestamp};
use store::Catalog as _;

use crate::desk::Desk;

/// More than 50 pages, so that a list of another number of them is not there at once.
const COMPONENTS: usize = 3000;

#[test]
fn thousands_of_components_are_known_after_one_push() {
    let desk = Desk::new();
    desk.publish("first", "1", "--channel prod");
    cloud::wait(async {
        let stores = Stores::embedded(&desk.data()).unwrap();
        for number in 0..COMPONENTS {
            let sha256 = Sha256::of(&number.to_le_bytes());
            let md5 = Digest(sha256.0[..16].try_into().unwrap());
            let artifact = Artifact { sha256, md5, size: 8, crc32: None, fragment: None };
            let mut edit = Edit::default();
            edit.releases.push(Release::new("1".parse().unwrap(), artifact, Timestamp(1_800_000_000)));
            edit.channels.insert("prod".parse().unwrap(), Some(Channel::new("1".parse().unwrap())));
            let name = format!("component-{number}").parse().unwrap();
            stores.catalog.commit(&name, Revision(0), &edit).await.unwrap();
        }
    });
    desk.edge.history();
    desk.edge.calls();
    let begun = Instant::now();
    // Between its updates somebody else publishes.
    let held = desk.edge.hold(1);
    let mut one = desk.start("known-words --push");
    held.came();
    assert!(!desk.edge.entries()["words"].starts_with('*'), "the first update is not all of them");
    desk.publish("other", "1", "--channel prod");
    held.goes();
    assert!(one.wait().unwrap().success());
    desk.check();
    let calls = desk.edge.calls();
    eprintln!("{COMPONENTS} components pushed in {:?}, {} calls of the key-value store", begun.elapsed(), calls.len());
    // At every moment between, the word that was known is.
    let history = desk.edge.history();
    assert!(history.len() > 1, "{} updates", history.len());
    for entries in &history {
        let knows = match entries["words"].strip_prefix('*') {
            None => entries["words"].contains(" first "),
            Some(count) => {
                let count: usize = count.parse().unwrap();
                let page = "first".bytes().fold(0, |number, byte| (number * 31 + usize::from(byte)) % count);
                entries.get(&format!("words/{count}/{page}")).is_none_or(|page| page.contains(" first "))
            }
        };
        assert!(knows, "{entries:?}");
    }
    let begun = Instant::now();
    desk.publish("last", "1", "--channel prod");
    desk.check();
    eprintln!("one more publish among them in {:?}, {:?}", begun.elapsed(), desk.edge.calls().len());
}
