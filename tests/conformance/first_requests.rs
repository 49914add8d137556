//! How often the catalog is asked: once for each record, however many devices come at once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use edgehop_tests::sample::GAMER;
use service::FAILED;

use crate::asking::{Stock, get, service};
use crate::faults::{Trouble, Watched};

/// How long a read takes: long enough for all that comes at once to come.
const READ: Duration = Duration::from_millis(100);

/// How long a read takes that is to be given up: half of it is longer than a busy machine stands still.
const SLOW: Duration = Duration::from_secs(1);

/// The records that a gamer's question needs.
const NEEDED: [&str; 6] = ["attr cellular", "attr gamer", "modemfw", "os_armv8", "scoreboard", "videostreamer"];

fn once(keys: &[&str]) -> BTreeMap<String, usize> {
    keys.iter().map(|key| ((*key).to_owned(), 1)).collect()
}

#[tokio::test]
async fn a_question_takes_two_rounds_of_reads_at_first_and_none_later() {
    let stock = Stock::new(4096).await;
    let catalog = Watched::new(stock.catalog);
    catalog.takes(READ);
    let service = service(catalog.clone(), stock.artifacts);
    assert_eq!(get(&service, GAMER).await.status, 200);
    assert_eq!(catalog.read_since(), (once(&NEEDED), 2));
    for target in [GAMER, "/package?cpuarch=ARMV8&attrcellular=prod&ATTRgamer=prod&payloadType=metadataOnly"] {
        assert_eq!(get(&service, target).await.status, 200);
        assert_eq!(catalog.read_since(), (BTreeMap::new(), 0), "{target}");
    }
    // Named outright, in one round; of what is known by now, nothing is asked again.
    assert_eq!(
        get(&service, &format!("{GAMER}&ipModule=prod&installed=ipModule@5.6.30&made=up&attrMade=up")).await.status,
        200
    );
    assert_eq!(catalog.read_since(), (once(&["attr made", "ipmodule", "made"]), 1));
    // That something is not there is known too.
    assert_eq!(get(&service, "/package?made=prod&attrMade=prod").await.status, 404);
    assert_eq!(catalog.read_since(), (BTreeMap::new(), 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_first_requests_one_asks() {
    let stock = Stock::new(4096).await;
    let expected = get(&service(stock.catalog.clone(), stock.artifacts.clone()), GAMER).await.body;
    let catalog = Watched::new(stock.catalog);
    catalog.takes(READ);
    let service = service(catalog.clone(), stock.artifacts);
    let asking: Vec<_> = (0..300)
        .map(|_| {
            let service = Arc::clone(&service);
            tokio::spawn(async move { get(&service, GAMER).await })
        })
        .collect();
    for answer in asking {
        let answer = answer.await.unwrap();
        assert!(answer.status == 200 && answer.is_whole() && answer.body == expected);
    }
    assert_eq!(catalog.read_since().0, once(&NEEDED));
}

/// Those who wait for another one's read must not, when it fails, try one after the other: a store that takes seconds
/// to fail would keep the last of a thousand devices waiting for hours.
#[tokio::test(flavor = "multi_thread")]
async fn many_first_requests_do_not_queue_before_a_failing_store() {
    let stock = Stock::new(4096).await;
    let catalog = Watched::new(stock.catalog);
    catalog.takes(READ);
    catalog.is_in(Some(Trouble::Unavailable));
    let service = service(catalog.clone(), stock.artifacts);
    let begin = Instant::now();
    let asking: Vec<_> = (0..40)
        .map(|_| {
            let service = Arc::clone(&service);
            tokio::spawn(async move { get(&service, "/package?cpuArch=armv8").await.status })
        })
        .collect();
    for status in asking {
        assert_eq!(status.await.unwrap(), 503);
    }
    // One asks, and another once the failure is no longer remembered.
    let (took, reads) = (begin.elapsed(), catalog.read_since().0);
    let most = 1 + (took.as_secs_f64() / FAILED.as_secs_f64()) as usize;
    assert!(
        (1..=most).contains(&reads["os_armv8"]),
        "40 requests took {took:?} where a read takes {READ:?}; {reads:?}"
    );
}

#[tokio::test]
async fn a_device_that_gives_up_keeps_nobody_waiting() {
    let stock = Stock::new(4096).await;
    let catalog = Watched::new(stock.catalog);
    catalog.takes(SLOW);
    let service = service(catalog.clone(), stock.artifacts);
    // Given up in the first round, and in the second.
    for patience in [SLOW / 2, SLOW + SLOW / 2] {
        assert!(tokio::time::timeout(patience, get(&service, GAMER)).await.is_err());
        let waiting = tokio::time::timeout(30 * SLOW, get(&service, "/package?cpuArch=armv8")).await;
        assert_eq!(waiting.expect("an answer").status, 200);
    }
    let answer = tokio::time::timeout(30 * SLOW, get(&service, GAMER)).await.expect("an answer");
    assert!(answer.status == 200 && answer.is_whole());
}
