//! What a question costs: calls to DynamoDB and S3, and how many of them wait for each other.

use std::time::Duration;

use edgehop_tests::sample::GAMER;
use futures_util::future::join_all;

use crate::day::{Answer, Day};
use crate::place::{MINISIG, SIZE};

/// How long no further call must come for a round to be over. A decision takes less than a millisecond.
const QUIET: Duration = Duration::from_millis(600);

/// What a question cost.
#[derive(Debug, PartialEq, Eq)]
struct Cost {
    status: u16,
    /// Rounds of calls to the catalog, and what they asked, in the order of their names.
    rounds: usize,
    catalog: Vec<String>,
    /// What was asked of the bucket, in order, without its name.
    bucket: Vec<String>,
}

async fn cost(day: &Day, method: &str, target: &str, headers: &[(&str, &str)]) -> (Cost, Answer) {
    let answer = day.ask(method, target, headers).await;
    let (dynamodb, s3) = (day.dynamodb.calls(), day.s3.calls());
    for call in &dynamodb {
        assert_eq!(call.operation(), "Query", "no Scan, no PartiQL, nothing but a Query of one partition");
    }
    let short = |name: &str| name.replace(&format!("/{}/", day.place.name), "").replace("Query ", "");
    let mut catalog: Vec<_> = dynamodb.iter().map(|call| short(&call.name)).collect();
    catalog.sort();
    let bucket = s3.iter().map(|call| short(&call.name)).collect();
    (Cost { status: answer.status, rounds: day.dynamodb.rounds(), catalog, bucket }, answer)
}

async fn held() -> Day {
    let day = Day::begin().await;
    day.dynamodb.hold(QUIET);
    day
}

const META: &str = "payloadType=metadataOnly";

/// Everything that a device may ask without getting bytes of an artifact: status, rounds and reads, cold.
fn questions() -> Vec<(&'static str, String, u16, usize, Vec<&'static str>)> {
    let all = vec!["attr#cellular", "attr#gamer", "modemfw", "os_armv8", "scoreboard", "videostreamer"];
    vec![
        ("GET", format!("/package?cpuArch=armv8&{META}"), 200, 1, vec!["os_armv8"]),
        ("GET", format!("/package?scoreboard=prod&{META}"), 200, 1, vec!["scoreboard"]),
        ("GET", format!("/package?SCOREBOARD=prod&{META}"), 200, 1, vec!["scoreboard"]),
        (
            "GET",
            format!("/package?scoreboard=prod&ipModule=prod&modemFW=prod&{META}"),
            200,
            1,
            vec!["ipmodule", "modemfw", "scoreboard"],
        ),
        (
            "GET",
            format!("/package?cpuArch=armv8&attrCellular=prod&{META}"),
            200,
            2,
            vec!["attr#cellular", "modemfw", "os_armv8"],
        ),
        ("GET", format!("{GAMER}&{META}"), 200, 2, all.clone()),
        // What is named and listed is read once.
        ("GET", format!("{GAMER}&modemFW=prod&scoreboard=prod&{META}"), 200, 2, all.clone()),
        ("GET", format!("{GAMER}&hw.rev=3&installed=scoreboard@0.9,nothing@1&ring=early&{META}"), 200, 2, all.clone()),
        ("HEAD", GAMER.to_owned(), 200, 2, all),
        ("GET", format!("/package?nothing=prod&{META}"), 404, 1, vec!["nothing"]),
        ("GET", "/package?cpuArch=mips".to_owned(), 404, 1, vec!["os_mips"]),
        ("GET", format!("/package?cpuArch=armv8&attrNothing=prod&{META}"), 200, 1, vec!["attr#nothing", "os_armv8"]),
        ("GET", format!("/package?cpuArch=armv8&os=nothing&{META}"), 404, 1, vec!["os_armv8"]),
        ("GET", "/package".to_owned(), 400, 0, vec![]),
        ("GET", "/package?cpuArch=armv8&ring=x".to_owned(), 400, 0, vec![]),
        ("GET", "/package?cpuArch=armv8'".to_owned(), 400, 0, vec![]),
        ("POST", "/package?cpuArch=armv8".to_owned(), 405, 0, vec![]),
        ("GET", "/".to_owned(), 200, 0, vec![]),
        ("GET", "/blobs/short".to_owned(), 404, 0, vec![]),
        ("GET", "/locks/collection".to_owned(), 404, 0, vec![]),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_takes_two_rounds_at_most_and_none_when_it_was_asked_before() {
    join_all(questions().into_iter().map(async |(method, target, status, rounds, catalog)| {
        let day = held().await;
        let (cold, first) = cost(&day, method, &target, &[]).await;
        let catalog = catalog.into_iter().map(str::to_owned).collect();
        assert_eq!(cold, Cost { status, rounds, catalog, bucket: vec![] }, "{method} {target}");
        let (warm, again) = cost(&day, method, &target, &[]).await;
        assert_eq!(warm, Cost { status, rounds: 0, catalog: vec![], bucket: vec![] }, "{method} {target}");
        assert_eq!(again, first, "{method} {target}");
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_question_about_the_same_records_takes_none() {
    let day = held().await;
    cost(&day, "HEAD", GAMER, &[]).await;
    for target in ["/package?cpuArch=armv8&os=beta", "/package?modemFW=prod", "/package?cpuArch=armv8&attrGamer=beta"] {
        let (cost, _) = cost(&day, "HEAD", target, &[]).await;
        assert_eq!(cost, Cost { status: 200, rounds: 0, catalog: vec![], bucket: vec![] }, "{target}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_has_it_all_costs_no_call_to_the_bucket() {
    let day = held().await;
    let (_, answer) = cost(&day, "HEAD", GAMER, &[]).await;
    let nothing = Cost { status: 304, rounds: 0, catalog: vec![], bucket: vec![] };
    assert_eq!(cost(&day, "GET", GAMER, &[("if-none-match", answer.header("etag"))]).await.0, nothing);
    let mut digests = Vec::new();
    for component in ["modemfw", "os_armv8", "scoreboard", "videostreamer"] {
        digests.push(day.place.artifact(component).await.md5.to_string());
    }
    assert_eq!(cost(&day, "GET", GAMER, &[("if-none-match", &digests.join(", "))]).await.0, nothing);
    // Without a condition it is a list that says so.
    let (list, _) = cost(&day, "GET", &format!("{GAMER}&have={}", digests.join(",")), &[]).await;
    assert_eq!(list, Cost { status: 200, ..nothing });
}

/// What a package costs beside its catalog reads is its bytes: each object once, in the order of the package.
#[tokio::test(flavor = "multi_thread")]
async fn a_package_is_read_once() {
    let day = held().await;
    let mut objects = Vec::new();
    for component in ["modemfw", "os_armv8", "scoreboard", "videostreamer"] {
        objects.push(day.place.object(component).await);
    }
    let expected: Vec<_> = objects.iter().map(|(name, _)| format!("GET {name}")).collect();
    for rounds in [2, 0, 0] {
        let (cost, answer) = cost(&day, "GET", GAMER, &[]).await;
        assert!(answer.is_whole());
        assert_eq!((cost.rounds, &cost.bucket), (rounds, &expected));
    }
    day.ask("GET", GAMER, &[]).await;
    let ranges: Vec<_> = day.s3.calls().into_iter().filter_map(|call| call.range).collect();
    let whole: Vec<_> = objects.iter().map(|(_, size)| format!("bytes=0-{}", size - 1)).collect();
    assert_eq!(ranges, whole);
    // A range reads those objects alone that it touches, and of them what it takes.
    let (cost, answer) = cost(&day, "GET", GAMER, &[("range", "bytes=-5000")]).await;
    assert_eq!((answer.status, cost.bucket), (206, expected[3..].to_vec()));
    // The tar's end lies behind the last object.
    let (end, _) = self::cost(&day, "GET", GAMER, &[("range", "bytes=-8")]).await;
    assert_eq!((end.status, end.bucket.len()), (206, 0));
    let (bad, _) = self::cost(&day, "GET", GAMER, &[("range", "bytes=999999999-")]).await;
    assert_eq!((bad.status, bad.bucket.len()), (416, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_artifact_by_itself_is_a_look_and_a_read() {
    let day = held().await;
    let blob = day.blob("modemfw").await;
    let (name, missing) = (&blob[1..], "0".repeat(64));
    let (head, get) = (format!("HEAD {name}"), format!("GET {name}"));
    for (method, target, headers, status, bucket) in [
        ("GET", blob.clone(), [("x", "y")], 200, vec![head.clone(), get.clone()]),
        ("GET", blob.clone(), [("range", "bytes=10-19")], 206, vec![head.clone(), get.clone()]),
        ("GET", blob.clone(), [("range", "bytes=300000-")], 416, vec![head.clone()]),
        ("HEAD", blob.clone(), [("x", "y")], 200, vec![head.clone()]),
        ("GET", format!("/blobs/{missing}"), [("x", "y")], 404, vec![format!("HEAD blobs/{missing}")]),
        ("GET", format!("{blob}.minisig"), [("x", "y")], 200, vec![format!("{get}.minisig")]),
        ("GET", format!("/blobs/{missing}.minisig"), [("x", "y")], 404, vec![format!("GET blobs/{missing}.minisig")]),
    ] {
        let (cost, answer) = cost(&day, method, &target, &headers).await;
        assert_eq!(cost, Cost { status, rounds: 0, catalog: vec![], bucket }, "{method} {target}");
        match (method, status) {
            ("GET", 200) if target == blob => assert_eq!(answer.body.len() as u64, SIZE),
            ("GET", 200) => assert_eq!(answer.body, MINISIG.as_bytes()),
            _ => {}
        }
    }
}

/// Whether the store answers now is a question that memory cannot answer.
#[tokio::test(flavor = "multi_thread")]
async fn a_health_check_asks_the_catalog_each_time() {
    let day = held().await;
    for _ in 0..2 {
        let (cost, _) = cost(&day, "GET", "/healthz", &[]).await;
        assert_eq!(cost, Cost { status: 200, rounds: 1, catalog: vec!["healthz".to_owned()], bucket: vec![] });
    }
}
