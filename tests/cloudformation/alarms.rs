//! Who is told of what. A metric of our own that an alarm or the dashboard names is one that the function writes.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::template::{list, stack, stack_in};

/// What the function counts.
const METRICS: &str = include_str!("../../edge/lambda/src/metrics.rs");

/// Names and dimensions that CloudWatch and the function share: the directives of a line.
fn is_counted(name: &str) -> bool {
    METRICS.contains(&format!("\"{name}\""))
}

#[test]
fn errors_throttles_the_share_of_5xx_and_the_backlog_of_restores_go_to_the_topic() {
    let names = |region, given: &[(&str, &str)]| {
        let stack = stack_in(region, given);
        stack.of_type("AWS::CloudWatch::Alarm").into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let usual = ["ErrorsAlarm", "FailuresAlarm", "ThrottlesAlarm"];
    assert_eq!(names("eu-central-1", &[]), usual);
    assert_eq!(names("us-east-1", &[]), [&["EdgeFailuresAlarm"], &usual[..]].concat());
    let restoring = names("eu-central-1", &[("RestoreTier", "bulk")]);
    assert_eq!(restoring, ["ErrorsAlarm", "FailuresAlarm", "RestoreBacklogAlarm", "ThrottlesAlarm"]);
    let stack = stack(&[("RestoreTier", "bulk")]);
    for name in stack.of_type("AWS::CloudWatch::Alarm") {
        let alarm = stack.properties(name);
        for actions in ["AlarmActions", "OKActions"] {
            assert_eq!(alarm[actions], serde_json::json!(["<AlarmTopic>"]), "{name}");
        }
        // At night nobody asks, and there are no figures.
        assert_eq!(alarm["TreatMissingData"], "notBreaching", "{name}");
        assert!(alarm["AlarmDescription"].as_str().is_some_and(|text| text.ends_with('.')), "{name}");
        assert!(alarm.get("AlarmName").is_none(), "{name}");
    }
    let share = stack.properties("FailuresAlarm");
    let metrics: Vec<_> =
        list(&share["Metrics"]).into_iter().map(|metric| &metric["MetricStat"]["Metric"]["MetricName"]).collect();
    assert_eq!(metrics, [&Value::Null, &"Url5xxCount".into(), &"UrlRequestCount".into()]);
}

#[test]
fn a_backlog_is_waiting_for_longer_than_a_restore_takes() {
    for (tier, hours) in [("expedited", 2), ("standard", 7), ("bulk", 14)] {
        let stack = stack(&[("RestoreTier", tier)]);
        let alarm = stack.properties("RestoreBacklogAlarm");
        assert_eq!((&alarm["Namespace"], &alarm["MetricName"]), (&"edgehop".into(), &"Waiting".into()));
        assert_eq!(alarm["Dimensions"][0]["Name"], "function");
        assert_eq!(alarm["Period"].as_u64().unwrap() * alarm["EvaluationPeriods"].as_u64().unwrap(), hours * 3600);
    }
}

#[test]
fn somebody_subscribes_only_if_named() {
    assert!(stack(&[]).of_type("AWS::SNS::Subscription").is_empty());
    let stack = stack(&[("AlarmEmail", "ops@example.com")]);
    let subscription = stack.properties("AlarmSubscription");
    assert_eq!((&subscription["Protocol"], &subscription["Endpoint"]), (&"email".into(), &"ops@example.com".into()));
}

#[test]
fn the_dashboard_shows_metrics_that_there_are() {
    let stack = stack_in("eu-central-1", &[]);
    let body: Value = serde_json::from_str(stack.properties("Dashboard")["DashboardBody"].as_str().unwrap()).unwrap();
    let mut shown = BTreeSet::new();
    for widget in body["widgets"].as_array().unwrap() {
        let properties = &widget["properties"];
        for metric in properties["metrics"].as_array().unwrap() {
            let Some(namespace) = metric[0].as_str() else {
                assert!(
                    metric[0]["expression"]
                        .as_str()
                        .unwrap()
                        .contains("{edgehop,function,status} MetricName=\"Answers\"")
                );
                continue;
            };
            let name = metric[1].as_str().unwrap();
            let own = metric.as_array().unwrap().last().and_then(|last| last["region"].as_str());
            let region = own.unwrap_or(properties["region"].as_str().unwrap());
            // CloudFront's metrics are in one region, the function's are where it is.
            assert_eq!(region, if namespace == "AWS/CloudFront" { "us-east-1" } else { "eu-central-1" }, "{metric}");
            assert!(namespace != "edgehop" || is_counted(name), "the function does not count {name}");
            if namespace == "AWS/CloudFront" && name.starts_with("Function") {
                assert_eq!(metric[3], stack.properties("ViewerRequest")["Name"], "{metric}");
            }
            shown.insert(format!("{namespace} {name}"));
        }
    }
    for needed in [
        "AWS/CloudFront Requests",
        "AWS/CloudFront FunctionComputeUtilization",
        "AWS/Lambda UrlRequestCount",
        "AWS/Lambda Errors",
        "edgehop Waiting",
    ] {
        assert!(shown.contains(needed), "{shown:?}");
    }
    assert!(is_counted("Answers"));
}
