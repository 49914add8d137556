//! `kill -9` at any moment of `edgehop adopt`.

use std::process::Stdio;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::place::Place;

/// How often an adoption is killed.
const ROUNDS: u32 = 20;

#[test]
fn an_adoption_is_killed_at_any_moment_and_the_next_one_ends_it() {
    let whole = Place::filled();
    let begun = Instant::now();
    whole.adopted();
    let takes = begun.elapsed();
    let seed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().subsec_nanos();
    eprintln!("seed {seed}");
    let (mut nothing, mut some, mut all) = (0, 0, 0);
    for round in 0..ROUNDS {
        let place = Place::filled();
        let before = place.cloud.content();
        let told = place.told().0;
        // One share of the time in each stretch of it; before anything can have happened, and far longer than it takes.
        let random = seed.wrapping_mul(2_654_435_761).rotate_left(round) % 1000;
        let share = (f64::from(round) + f64::from(random) / 1000.0) / f64::from(ROUNDS - 2);
        let moment = match round {
            0 => 0.0,
            _ if round == ROUNDS - 1 => 20.0,
            _ => share,
        };
        let mut command = place.command(&format!("{} --yes", place.adopt()));
        let mut adopting = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(takes.mul_f64(moment));
        adopting.kill().unwrap();
        adopting.wait().unwrap();

        let left = place.cloud.content();
        place.check_kept(&before);
        let (seen, is_own) = place.told();
        assert_eq!(seen, told, "devices see what they saw, whole, at {moment}");
        match (left.items.len() - before.items.len(), is_own) {
            (0, _) => nothing += 1,
            (_, false) => some += 1,
            (_, true) => all += 1,
        }
        if !is_own && left.items.len() > before.items.len() {
            let refused = place.run("channel set scoreboard prod 2.0.0");
            refused.check_failure(&["was begun and is not at its end", "run `edgehop adopt` again"]);
        }
        place.adopted();
        place.check_kept(&before);
        assert_eq!(place.told(), (told, true), "{moment}");
        let again = place.done(&format!("{} --yes", place.adopt()));
        assert!(again.contains("nothing to adopt"), "{again}");
    }
    eprintln!("{ROUNDS} kills, an adoption takes {takes:?}: nothing {nothing}, some {some}, all {all}");
    assert!(nothing > 0 && some > 0 && all > 0, "before, between and after the writes: {nothing}, {some}, {all}");
}

/// While an adoption is not at its end the sample's own word holds, also where it changes.
#[test]
fn what_the_script_changes_in_between_is_adopted_as_it_is_by_then() {
    let place = Place::filled();
    let (table, bucket) = place.names();
    edgehop_tests::cloud::wait(async {
        let source = aws::Adoption::new(&edgehop_tests::cloud::patient_clients().await, &table, &bucket);
        source.begin().await.unwrap();
    });
    // A run that is stopped after all its writes, but one.
    place.adopted();
    edgehop_tests::cloud::wait(async {
        let clients = edgehop_tests::cloud::patient_clients().await;
        let item = [("app", "#components"), ("env", "#adoption"), ("state", "under way")];
        let item =
            item.map(|(name, value)| (name.to_owned(), aws_sdk_dynamodb::types::AttributeValue::S(value.to_owned())));
        edgehop_tests::sample_table::put_item(&clients, &place.cloud.table, item.into()).await;
        let key = [("app", "modemFW"), ("env", "prod")];
        let key =
            key.map(|(name, value)| (name.to_owned(), aws_sdk_dynamodb::types::AttributeValue::S(value.to_owned())));
        let delete = clients.dynamodb.delete_item().table_name(&place.cloud.table);
        delete.set_key(Some(key.into())).send().await.unwrap();
    });
    place.add_noise("scoreboard", "prod", "1.5.0", 200);
    let (told, is_own) = place.told();
    assert!(!is_own);
    place.adopted();
    let (after, is_own) = place.told();
    assert!(is_own);
    let modem = "modemfw".parse().unwrap();
    let expected: Vec<_> = told.keys().chain([&modem]).collect();
    assert!(after.keys().all(|key| expected.contains(&key)) && after.len() == expected.len(), "{after:?}");
    for (key, (name, releases, channels)) in told {
        let (name_now, releases_now, channels_now) = &after[&key];
        assert_eq!((name_now, channels_now), (&name, &channels), "{key}");
        assert!(releases.iter().all(|release| releases_now.contains(release)), "{key}: {releases_now:?}");
    }
    let (_, releases, channels) = &after[&modem];
    assert!(releases.len() == 1 && channels.is_empty(), "its release stays, and no channel points at it");
}
