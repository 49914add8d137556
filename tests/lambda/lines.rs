//! What the function writes: metrics that CloudWatch reads, a log that names the request, and no device in either.

use std::collections::BTreeSet;

use edgehop_tests::lambda::Environment;
use edgehop_tests::stocked::Stocked;
use serde_json::Value;

/// Names of devices; the second one would be the cohort's hash key, and the third is percent-encoded. Digits alone would be in
/// some time of the log sooner or later.
const DEVICES: [&str; 3] = ["SN-Otter-Heron", "aa:bb:cc:dd:ee:ff", "m%C3%BCller"];

/// That a line is what CloudWatch takes metrics from (user guide, "Specification: Embedded metric format").
fn check(line: &Value) {
    assert!(line["_aws"]["Timestamp"].as_u64().unwrap() > 1_700_000_000_000, "milliseconds: {line}");
    let directives = line["_aws"]["CloudWatchMetrics"].as_array().unwrap();
    assert!(!directives.is_empty());
    let mut names = BTreeSet::new();
    for directive in directives {
        assert!(!directive["Namespace"].as_str().unwrap().is_empty());
        for dimensions in directive["Dimensions"].as_array().unwrap() {
            let dimensions = dimensions.as_array().unwrap();
            assert!((1..=30).contains(&dimensions.len()));
            for name in dimensions {
                assert!(
                    !line[name.as_str().unwrap()].as_str().unwrap().is_empty(),
                    "a dimension's value is text: {line}"
                );
            }
        }
        for metric in directive["Metrics"].as_array().unwrap() {
            let name = metric["Name"].as_str().unwrap();
            assert!(names.insert(name), "{name} twice");
            assert!(line[name].is_u64(), "{name}: {line}");
            assert!(["Count", "Bytes", "Microseconds"].contains(&metric["Unit"].as_str().unwrap()), "{metric}");
        }
    }
    let expected =
        ["Answers", "Bytes", "CacheHits", "CacheMisses", "ColdStart", "Cut", "DecisionTime", "StoreTime", "Waiting"];
    assert!(names.iter().copied().eq(expected), "{names:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_are_one_line_an_answer_and_name_nobody() {
    let cloud = Stocked::with_samples(4096).await;
    let work = move || {
        let mut function = Environment::start(&cloud, &[("EDGEHOP_LOG", "debug")]);
        let (mut statuses, mut bytes) = (Vec::new(), 0);
        for device in DEVICES {
            for target in ["/package?cpuArch=armv8", "/package?cpuArch=armv8&payloadType=zip", "/nowhere?x=y"] {
                let answer = function.request("GET", &format!("{target}&device={device}"), &[("X-Device", device)]);
                bytes += answer.body.len() as u64;
                statuses.push(answer.status.to_string());
            }
        }
        let (metrics, log) = (function.metrics(), function.log());
        metrics.iter().for_each(check);
        let said: Vec<_> = metrics.iter().map(|line| line["status"].as_str().unwrap().to_owned()).collect();
        assert_eq!(said, statuses);
        assert_eq!(metrics.iter().map(|line| line["Bytes"].as_u64().unwrap()).sum::<u64>(), bytes);
        let cold: Vec<_> = metrics.iter().map(|line| line["ColdStart"].as_u64().unwrap()).collect();
        assert_eq!((cold[0], cold.iter().sum::<u64>()), (1, 1));
        let [first, again] = [0, 3].map(|index| &metrics[index]);
        assert_eq!((&first["CacheHits"], &first["CacheMisses"]), (&0.into(), &1.into()), "{first}");
        assert_eq!((&again["CacheHits"], &again["CacheMisses"]), (&1.into(), &0.into()), "{again}");
        assert!(first["StoreTime"].as_u64() > Some(0) && first["DecisionTime"].as_u64() > Some(0));
        for (index, line) in metrics.iter().enumerate() {
            assert_eq!(line["requestId"], format!("00000000-0000-4000-8000-{:012}", index + 1));
        }
        for line in metrics.iter().chain(&log) {
            let text = line.to_string().to_lowercase();
            for device in DEVICES.iter().chain(&["otter", "aa%3abb", "müller", "203.0.113.9"]) {
                assert!(!text.contains(&device.to_lowercase()), "{device}: {text}");
            }
        }
    };
    tokio::task::spawn_blocking(work).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_of_the_log_names_the_request() {
    let cloud = Stocked::new().await;
    let work = move || {
        // There is no such table: what is asked of it fails.
        let mut function = Environment::start(&cloud, &[("EDGEHOP_CATALOG", "dynamodb:nowhere")]);
        let answer = function.request("GET", "/package?cpuArch=armv8&device=SN-4711", &[]);
        assert_eq!(answer.status, 503);
        let log = function.log();
        let line = log.iter().find(|line| line["level"] == "ERROR").unwrap_or_else(|| panic!("no error: {log:?}"));
        assert_eq!(line["span"]["requestId"], "00000000-0000-4000-8000-000000000001", "{line}");
        assert!(line["cause"].as_str().unwrap().contains("nowhere"), "{line}");
        assert!(!line.to_string().to_lowercase().contains("sn-4711"), "{line}");
    };
    tokio::task::spawn_blocking(work).await.unwrap();
}
