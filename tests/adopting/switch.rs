//! A process that serves the sample's table while it is adopted: the sample's catalog, then edgehop's, never half of one.

use std::time::{Duration, Instant};

use aws::open_refreshing;
use edgehop_tests::cloud::patient_clients;
use resolver::catalog::{Channel, Edit, ObjectKey};
use store::{Artifacts as _, Catalog as _, Either};

use crate::place::{Place, told};

/// How often the table is read again.
const OFTEN: Duration = Duration::from_millis(50);

/// How long an adoption may take before the test gives up on it.
const PATIENCE: Duration = Duration::from_secs(300);

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_runs_goes_over_to_edgehops_own_items_by_itself() {
    let place = tokio::task::spawn_blocking(Place::filled).await.unwrap();
    let (table, bucket) = place.names();
    let clients = patient_clients().await;
    let (catalog, artifacts) = open_refreshing(&clients, &table, &bucket, OFTEN).await.unwrap();
    let before = told(&catalog).await;
    let watching = async {
        let begun = Instant::now();
        loop {
            // Component by component, as devices ask.
            assert_eq!(told(&catalog).await, before);
            let blob = ObjectKey::Blob(before[&"modemfw".parse().unwrap()].1[0].artifact.sha256);
            assert!(artifacts.stat(&blob).await.unwrap().is_some());
            let (now, _) = open_refreshing(&clients, &table, &bucket, OFTEN).await.unwrap();
            if matches!(now, Either::Left(_)) {
                break;
            }
            assert!(begun.elapsed() < PATIENCE, "it is not adopted");
        }
    };
    let mut command = place.command(&format!("{} --yes", place.adopt()));
    let adopting = tokio::task::spawn_blocking(move || command.output().unwrap());
    let (output, ()) = tokio::join!(adopting, watching);
    assert!(output.unwrap().status.success());

    let (own, _) = place.open().await;
    let (key, line) = ("scoreboard".parse().unwrap(), "prod".parse().unwrap());
    let scoreboard = own.component(&key).await.unwrap().unwrap();
    let channel = Channel::new("2.0.0".parse().unwrap());
    let edit = Edit { channels: [(line, Some(channel.clone()))].into(), ..Edit::default() };
    own.commit(&scoreboard.name, scoreboard.revision, &edit).await.unwrap();
    let begun = Instant::now();
    while catalog.component(&key).await.unwrap().unwrap().channels[&"prod".parse().unwrap()] != channel {
        assert!(begun.elapsed() < PATIENCE, "what is published after the adoption is not seen");
        tokio::time::sleep(OFTEN).await;
    }
    assert_eq!(artifacts.list().await.unwrap().len(), 9);
}

/// Lambda stops a process between two requests: nothing of it runs, this thread least of all.
#[tokio::test]
async fn a_process_that_was_stopped_meanwhile_answers_from_what_holds_now() {
    let place = tokio::task::spawn_blocking(Place::filled).await.unwrap();
    let (table, bucket) = place.names();
    let (catalog, artifacts) = open_refreshing(&patient_clients().await, &table, &bucket, OFTEN).await.unwrap();
    let key = "scoreboard".parse().unwrap();
    let target =
        async || catalog.component(&key).await.unwrap().unwrap().channels[&"prod".parse().unwrap()].target.clone();
    assert_eq!(target().await.as_str(), "1.0.0");
    let adopt = format!("{} --yes", place.adopt());
    for line in [&adopt, "channel set scoreboard prod 2.0.0"] {
        assert!(place.command(line).output().unwrap().status.success());
    }
    std::thread::sleep(4 * OFTEN);
    assert_eq!(target().await.as_str(), "2.0.0");
    assert_eq!(artifacts.list().await.unwrap().len(), 9);
}
