//! What the sample's script does while its table is adopted: reading takes hours, and a script does not wait.

use std::process::Stdio;
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::types::AttributeValue::S;
use edgehop_tests::cloud::{Cloud, patient_clients, wait};
use edgehop_tests::fault_proxy::{Fault, FaultProxy};
use edgehop_tests::sample_table::{item, noise, put_item, put_object};
use resolver::words::Sha256;
use serde_json::Value;

use crate::place::{Place, SIZE};

/// How long a test waits for what comes soon.
const PATIENCE: Duration = Duration::from_secs(60);

impl Place {
    /// Adopts everything; `meanwhile` happens when the plan is made, and the note that it is carried out is written. That
    /// is answered so late.
    fn adopted_but(&self, dynamodb: &FaultProxy, late: Duration, meanwhile: impl FnOnce()) -> Value {
        dynamodb.first(1, "PutItem", Fault::Late(late));
        let mut command = self.command(&format!("{} --yes --json", self.adopt()));
        let adopting = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let begun = Instant::now();
        while !dynamodb.calls().iter().any(|call| call.operation() == "PutItem") {
            assert!(begun.elapsed() < PATIENCE, "nothing is written");
            std::thread::sleep(Duration::from_millis(20));
        }
        meanwhile();
        let output = adopting.wait_with_output().unwrap();
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

#[test]
fn what_the_script_changes_after_the_plan_is_adopted_as_it_is_by_then() {
    let (place, dynamodb, _s3) = Place::behind();
    let Cloud { table, bucket } = &place.cloud;
    // All is at hand before: the answer is late by no more than the command line waits for it.
    let clients = wait(patient_clients());
    let new = [("modemFW", "1.1", 200), ("late", "1", 201)].map(|(app, version, seed)| {
        let (object, bytes) = (format!("{app}_{version}"), noise(SIZE, seed));
        (item(bucket, app, "prod", version, &object, &bytes), object, bytes)
    });
    let key = [("app", "videoStreamer"), ("env", "beta")];
    let key = key.map(|(name, value)| (name.to_owned(), S(value.to_owned())));
    let done = place.adopted_but(&dynamodb, Duration::from_secs(4), || {
        wait(async {
            for (item, object, bytes) in new {
                put_object(&clients, bucket, &object, bytes).await;
                put_item(&clients, table, item).await;
            }
            clients.dynamodb.delete_item().table_name(table).set_key(Some(key.into())).send().await.unwrap();
        });
    });
    assert_eq!((&done["complete"], &done["left_out"]), (&true.into(), &serde_json::json!([])), "{done}");
    let (told, is_own) = place.told();
    assert!(is_own);
    assert_eq!(told[&"modemfw".parse().unwrap()].2[&"prod".parse().unwrap()].target.as_str(), "1.1");
    assert_eq!(told[&"late".parse().unwrap()].1.len(), 1);
    assert_eq!(told[&"videostreamer".parse().unwrap()].2.len(), 1, "beta is gone");
    let again = place.done(&format!("{} --yes", place.adopt()));
    assert!(again.starts_with("nothing to adopt"), "{again}");
}

/// The script puts an object first, under the name that it had, and its item next.
#[test]
fn an_item_is_looked_at_again_that_is_caught_between_two_writes() {
    let (place, dynamodb, _s3) = Place::behind();
    let bytes = noise(SIZE, 300);
    let clients = wait(patient_clients());
    wait(put_object(&clients, &place.cloud.bucket, "modemFW_1.0", bytes.clone()));
    // A client of this one's own, whose connections no other runtime has made.
    let clients = wait(patient_clients());
    let next = item(&place.cloud.bucket, "modemFW", "prod", "1.0", "modemFW_1.0", &bytes);
    let done = place.adopted_but(&dynamodb, Duration::ZERO, || {
        // By now everything was read, and edgehop waits before it looks again; nothing but the item is to be done here.
        std::thread::sleep(Duration::from_secs(1));
        wait(put_item(&clients, &place.cloud.table, next));
    });
    assert_eq!(done["left_out"], serde_json::json!([]), "{done}");
    let (told, is_own) = place.told();
    let (_, releases, channels) = &told[&"modemfw".parse().unwrap()];
    assert_eq!((is_own, releases[0].artifact.sha256, channels.len()), (true, Sha256::of(&bytes), 1));
}

/// DynamoDB writes 100 items at once, and a component may have more channels.
#[test]
fn a_component_has_more_channels_than_one_write() {
    let place = Place::filled();
    for number in 0..120 {
        place.add("sites", &format!("site{number}"), "1.0", &noise(SIZE, 400));
    }
    let told = place.told().0;
    let done = place.adopted();
    assert_eq!(
        (&done["releases"], &done["channels"], &done["left_out"]),
        (&10.into(), &129.into(), &serde_json::json!([]))
    );
    assert_eq!(place.told(), (told, true));
}

/// What cannot be written must not be taken from the devices that have it.
#[test]
fn a_component_that_cannot_be_written_ends_the_adoption_and_devices_keep_the_samples() {
    let place = Place::filled();
    // Somebody's own item where the channel's is to be.
    let taken =
        [("app", "modemfw"), ("env", "channel#prod")].map(|(name, value)| (name.to_owned(), S(value.to_owned())));
    wait(async { put_item(&patient_clients().await, &place.cloud.table, taken.into()).await });
    let told = place.told().0;
    let said = place.run(&format!("{} --yes", place.adopt()));
    said.check_failure(&["cannot adopt", "component modemFW: item modemfw channel#prod", "delete it"]);
    assert_eq!(place.told(), (told, false));
}
