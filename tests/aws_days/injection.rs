//! Questions that try to be more than questions. Nothing comes back that was not asked for, and DynamoDB never sees
//! anything but one expression, with a word that was checked as its value.

use std::collections::BTreeSet;

use edgehop_tests::fault_proxy::Call;
use resolver::words::{AttributeName, ComponentKey};
use serde_json::{Value, json};

use crate::day::{Answer, Day};

/// The answers of the AWS sample, among them those to the attacks on its PartiQL.
const RECORDED: &str = include_str!("../golden/sample-answers.json");

/// Texts that mean something to PartiQL, SQL, DynamoDB's expressions, the table's own keys, paths, or a careless parser.
const ATTACKS: [&str; 44] = [
    "'",
    "''",
    "\"",
    "' OR '1'='1",
    "' OR 1=1 --",
    "x' OR app>'a' OR app='",
    "armv8' OR app>'a ",
    "gamer = true or app > 'a' or deviceAttr.gamer",
    "'; DELETE FROM ota; --",
    "\" OR \"\"=\"",
    "prod' UNION SELECT * FROM ota",
    "#components",
    "#component",
    "attr#gamer",
    "release#1.0.0",
    "release#1.0.0#2",
    "os_armv8#component",
    ":app",
    "#app",
    "#is",
    "#app = :app OR #app > :app",
    "{\"S\":\"os_armv8\"}",
    "[\"os_armv8\"]",
    "os_armv8\0",
    "os_armv8\r\nx-amz-target: DynamoDB_20120810.Scan",
    "os_armv8\u{7f}",
    "os_armv8/../modemfw",
    "../blobs",
    "*",
    "%",
    "os_armv8,modemfw",
    "ｏｓ＿ａｒｍｖ８",
    "mo\u{301}demfw",
    "\u{212a}ey",
    // These are words, and nothing but words.
    "components",
    "component",
    "release",
    "select",
    "scan",
    "null",
    "__proto__",
    "constructor",
    "--",
    "_",
];

/// Where a text may stand, and which components the rest of the question asks for.
const PLACES: [(&str, &[&str]); 19] = [
    ("cpuArch=@", &[]),
    ("cpuArch=armv8@", &[]),
    ("cpuArch=armv8&os=@", &["os_armv8"]),
    ("@=prod", &[]),
    ("cpuArch=armv8&@=prod", &["os_armv8"]),
    ("cpuArch=armv8&modemfw@=prod", &["os_armv8"]),
    ("scoreboard=@", &["scoreboard"]),
    ("scoreboard=prod@", &["scoreboard"]),
    ("cpuArch=armv8&attr@=prod", &["os_armv8"]),
    ("cpuArch=armv8&attrGamer=@", &["os_armv8", "scoreboard", "videoStreamer"]),
    ("cpuArch=armv8&attrCellular@=prod", &["os_armv8"]),
    ("cpuArch=armv8&hw.@=3", &["os_armv8"]),
    ("cpuArch=armv8&hw.rev=@", &["os_armv8"]),
    ("cpuArch=armv8&installed=@@1", &["os_armv8"]),
    ("cpuArch=armv8&installed=os@@", &["os_armv8"]),
    ("cpuArch=armv8&have=@", &["os_armv8"]),
    ("cpuArch=armv8&device=@", &["os_armv8"]),
    ("cpuArch=armv8&cohort=@", &["os_armv8"]),
    ("cpuArch=armv8&payloadType=@", &["os_armv8"]),
];

/// Every byte in hexadecimal, whatever it is.
fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// That a call is a Query of one partition, with nothing in it that a device could have said but a checked word.
fn check(call: &Call) {
    let body: Value = serde_json::from_str(&call.body).unwrap();
    let value = body["ExpressionAttributeValues"][":app"]["S"].as_str().unwrap();
    let expected = json!({
        "TableName": body["TableName"],
        "ConsistentRead": true,
        "KeyConditionExpression": "#app = :app",
        "ExpressionAttributeNames": { "#app": "app" },
        "ExpressionAttributeValues": { ":app": { "S": value } },
    });
    assert!(body["TableName"].as_str().unwrap().starts_with("cloud-") && body == expected, "{body}");
    assert_eq!(call.name, format!("Query {value}"));
    let is_word = match value.strip_prefix("attr#") {
        Some(attribute) => attribute.parse::<AttributeName>().is_ok(),
        None => value.parse::<ComponentKey>().is_ok(),
    };
    assert!(is_word && value.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-# ".contains(&b)), "{value:?}");
}

/// That nothing else came back than what may, and what is refused is refused for what it is.
fn check_answer(answer: &Answer, may: &[&str], about: &str) {
    assert!(matches!(answer.status, 200 | 304 | 400 | 404 | 409 | 412 | 414 | 428 | 431), "{about}: {answer:?}");
    assert!(!answer.is_cut && answer.header("content-type") != "application/gzip", "{about}");
    if answer.body.is_empty() {
        return;
    }
    let json: Value = serde_json::from_slice(&answer.body).unwrap();
    let keys: BTreeSet<&str> = json.as_object().unwrap().keys().map(String::as_str).collect();
    let error = BTreeSet::from(["error"]);
    assert!(keys == error || keys.iter().all(|key| may.contains(key)), "{about}: {json}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_recorded_attacks_on_partiql_get_nothing() {
    let recorded: Value = serde_json::from_str(RECORDED).unwrap();
    let attacks = recorded["cases"].as_array().unwrap().iter();
    let attacks: Vec<_> = attacks.filter(|case| case["name"].as_str().unwrap().starts_with("inj-")).collect();
    assert_eq!(attacks.len(), 4, "attacks are recorded");
    let day = Day::begin().await;
    for attack in attacks {
        let target = attack["request"]["target"].as_str().unwrap();
        let answer = day.get(target).await;
        // One is no key that anything is called by: it is passed over.
        let (status, may, calls): (_, &[&str], _) = match attack["name"].as_str() {
            Some("inj-attr-meta") => (200, &["os_armv8"], 1),
            _ => (400, &[], 0),
        };
        check_answer(&answer, may, target);
        assert_eq!((answer.status, day.dynamodb.calls().len()), (status, calls), "{target}");
    }
    assert_eq!(day.s3.calls(), vec![]);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_text_in_any_place_is_more_than_a_text() {
    let day = Day::begin().await;
    let long = ["a".repeat(65), "a".repeat(300), "'".repeat(1000), "a,".repeat(100)];
    let attacks: Vec<&str> = ATTACKS.iter().copied().chain(long.iter().map(String::as_str)).collect();
    let (mut asked, mut seen) = (0, 0);
    for attack in &attacks {
        for (place, may) in PLACES {
            let (before, after) = place.split_once('@').unwrap();
            let target = format!("/package?{before}{}{after}&payloadType=metadataOnly", encoded(attack));
            check_answer(&day.get(&target).await, may, &format!("{attack:?} {target}"));
            asked += 1;
        }
        let tags = [("if-none-match", *attack)];
        if http::HeaderValue::from_str(attack).is_ok() {
            let answer = day.ask("GET", "/package?cpuArch=armv8&payloadType=metadataOnly", &tags).await;
            check_answer(&answer, &["os_armv8"], attack);
        }
        let calls = day.dynamodb.calls();
        calls.iter().for_each(check);
        seen += calls.len();
    }
    assert_eq!(asked, attacks.len() * PLACES.len());
    // Most are no words at all, and never get there.
    assert!(seen > 20 && seen < asked / 4, "{seen} calls of {asked} questions");
    assert_eq!(day.s3.calls(), []);
}

/// Objects have no names but digests, so no path leads anywhere else in the bucket.
#[tokio::test(flavor = "multi_thread")]
async fn no_path_leads_out_of_the_folder_of_artifacts() {
    let day = Day::begin().await;
    let blob = day.blob("modemfw").await;
    for path in [
        "/blobs/",
        "/blobs/..",
        "/blobs/../locks/collection",
        "/blobs/..%2flocks%2fcollection",
        "/blobs/%2e%2e/aside/blobs/0",
        "/fragments/0",
        "/aside/blobs/0",
        "/locks/collection",
        &format!("{blob}/"),
        &format!("{blob}%00"),
        &format!("{blob}.minisig%00"),
        &format!("{blob}.minisig.minisig"),
        &format!("{blob}'"),
        &format!("/blobs/{}", blob.replace("/blobs/", "").to_uppercase() + "'"),
    ] {
        let answer = day.get(path).await;
        assert_eq!(answer.status, 404, "{path}");
    }
    assert_eq!((day.s3.calls(), day.dynamodb.calls()), (vec![], vec![]));
}
