//! `edgehop explain` and the server, asked the same on the same data, say the same.

use edgehop_tests::server::Server;
use serde_json::Value;

use crate::desk::Desk;
use crate::device::{ask, entry};

/// Queries that are answered with a decision, or with 404 for want of one.
const QUERIES: [&str; 32] = [
    "cpuArch=armv8",
    "cpuArch=armv8&attrGamer=prod&attrCellular=prod",
    "CPUARCH=ARMV8&os=beta&attrgamer=Beta",
    "cpuArch=z80",
    "cpuArch=armv8&scoreboard=beta",
    "cpuArch=armv8&attrNobody=prod&nobody=prod",
    "nobody=prod",
    "ipModule=prod",
    "ipModule=prod&installed=ipModule@5.6.14",
    "ipModule=prod&installed=ipModule@5.6.14&payloadType=metadataOnly",
    "ipModule=prod&installed=ipModule@v5.6.30",
    "ipModule=prod&installed=ipModule@6.15.8",
    "ipModule=prod&installed=ipModule@7",
    "ipModule=beta&installed=ipModule@5.6.14",
    "ipModule=prod&cpuArch=armv8&installed=ipModule@5.6.20,os@1.1.0",
    "ipModule=prod&ipModule=beta&installed=ipModule@5.6.30,ipModule@5.6.14",
    "radio=prod&installed=radio@1.0",
    "radio=prod&installed=radio@1.0&hw.rev=2",
    "radio=prod&installed=radio@1.0&hw.rev=3",
    "radio=prod&installed=radio@2.0&hw.rev=3&hw.board=x",
    "radio=prod&installed=radio@2.5&hw.rev=3",
    "radio=beta&installed=radio@3.0&hw.rev=3",
    "radio=beta&installed=radio@2.0&hw.rev=3",
    "radio=old",
    "signed=prod&installed=signed@1.0",
    "signed=prod&installed=signed@1.5",
    "signed=prod&installed=signed@2.0",
    "signed=gone&installed=signed@1.0",
    "signed=prod&ipModule=prod&radio=prod",
    "signed=prod&ipModule=prod&installed=signed@2.0,ipModule@6.15.008",
    "signed=prod&device=4711&ring=early&delta=zstd&installed=signed@1.0",
    "cpuArch=armv7&attrGamer=prod&attrCamera=beta",
];

/// The sample data, a component with facts, a dead end and a floor, and one with keys.
fn desk() -> Desk {
    let desk = Desk::with_sample();
    desk.publish("radio", "1.0", "--channel old");
    desk.publish("radio", "2.0", "--requires 'hw.rev>=3' --floor 2.0 --channel beta --allow-downgrade");
    desk.publish("radio", "2.5", "--dead-end 'no way back'");
    desk.publish("radio", "3.0", "--requires 'hw.rev>=3' --from '>=2.0' --floor 3.0 --channel prod");
    for name in ["a", "b"] {
        desk.key(name);
    }
    let file = desk.signed("signed", "1.0", "a");
    desk.done(&format!("publish signed 1.0 {file} --trusts a.pub --channel gone"));
    let file = desk.signed("signed", "1.5", "a");
    desk.done(&format!("publish signed 1.5 {file} --trusts a.pub --trusts b.pub"));
    let file = desk.signed("signed", "2.0", "b");
    desk.done(&format!("publish signed 2.0 {file} --channel prod"));
    desk.done("yank signed 1.0 --reason 'drains the battery' --force 'it does'");
    desk
}

/// That both answer alike: the status, the canonical query, and what becomes of each component.
fn check(desk: &Desk, server: &Server, query: &str, tags: Option<&str>) -> u16 {
    let header = tags.map(|tags| format!("If-None-Match: {tags}"));
    let answer = ask(server, &format!("/package?{query}"), &header.as_deref().into_iter().collect::<Vec<_>>());
    let option = tags.map(|tags| format!("--if-none-match '{tags}'")).unwrap_or_default();
    let said = desk.json(&format!("explain '{query}' {option} --url-base {}", server.url("")));
    assert_eq!(said["status"], answer.status, "{query} {tags:?}: {said:#}\n{answer:?}");
    if let Some(location) = answer.header("content-location") {
        assert_eq!(location, format!("/package?{}", said["canonical_query"].as_str().unwrap()), "{query}");
    }
    let components = said["components"].as_array().unwrap();
    // Where nothing is published, the answer names it in one line, which has what each component's last step says.
    if let Some(error) =
        Some(answer.status).filter(|status| *status == 404).and_then(|_| answer.json().get("error").cloned())
    {
        for component in components {
            assert_eq!(component["status_code"], 404, "{said:#}");
            let last = component["steps"].as_array().unwrap().last().unwrap().as_str().unwrap();
            let reason = last.strip_prefix("404: deliver nothing: ").unwrap();
            assert!(error.as_str().unwrap().contains(reason), "{error} {said:#}");
        }
        return answer.status;
    }
    assert!(!components.is_empty(), "{said:#}");
    // A 304 has no body: what it is about is the same question's list.
    let answer = match answer.status {
        304 => ask(server, &format!("/package?{}", said["canonical_query"].as_str().unwrap()), &[]),
        _ => answer,
    };
    for component in components {
        let entry = entry(&answer, component["component"].as_str().unwrap());
        assert_eq!(component["status_code"], entry["status_code"], "{query}: {entry}");
        assert_eq!(component["target"], entry["targetVersion"], "{query}: {entry}");
        let delivers = if entry["status_code"] == 200 { &entry["latestVersion"] } else { &Value::Null };
        assert_eq!(&component["delivers"], delivers, "{query}: {entry}");
        let path = component["path"].as_array().unwrap();
        if !delivers.is_null() && entry.get("hopsRemaining").is_some() && !path.is_empty() {
            assert_eq!((path.first(), path.last()), (Some(delivers), Some(&entry["targetVersion"])), "{query}");
            assert_eq!(path.len() as u64, entry["hopsRemaining"].as_u64().unwrap() + 1, "{query}");
        }
        let last = component["steps"].as_array().unwrap().last().unwrap().as_str().unwrap();
        assert!(last.ends_with(entry["reason"].as_str().unwrap()), "{query}: {last:?} {entry}");
    }
    answer.status
}

#[test]
fn the_same_question_gets_the_same_answer() {
    let desk = desk();
    let server = desk.serve();
    let mut statuses: Vec<u16> = QUERIES.iter().map(|query| check(&desk, &server, query, None)).collect();
    statuses.sort_unstable();
    statuses.dedup();
    assert_eq!(statuses, [200, 404, 409, 412, 428], "every status is among them");
}

#[test]
fn conditions_count() {
    let desk = desk();
    let server = desk.serve();
    let md5 = |component: &str, index: usize| {
        desk.json("releases")[component][index]["artifact"]["md5"].as_str().unwrap().to_owned()
    };
    let (os, first, last) = (md5("os_armv8", 0), md5("ipModule", 0), md5("ipModule", 2));
    for (query, tags) in [
        ("cpuArch=armv8", os.clone()),
        ("cpuArch=armv8&attrGamer=prod", format!("\"{}\"", os.to_uppercase())),
        ("ipModule=prod", first),
        ("ipModule=prod", format!("W/\"{last}\", \"x\"")),
        ("ipModule=prod", "W/\"current\"".to_owned()),
        ("ipModule=prod&installed=ipModule@6.15.008", "W/\"current\"".to_owned()),
        ("ipModule=prod&installed=ipModule@5.6.14", last),
    ] {
        check(&desk, &server, query, Some(&tags));
    }
}

#[test]
fn the_tag_of_a_package_counts() {
    let desk = desk();
    let server = desk.serve();
    for query in ["cpuArch=armv8", "ipModule=prod&installed=ipModule@5.6.14", "signed=prod&installed=signed@1.0"] {
        let tag = ask(&server, &format!("/package?{query}"), &[]).header("etag").unwrap();
        assert_eq!(ask(&server, &format!("/package?{query}"), &[&format!("If-None-Match: {tag}")]).status, 304);
        check(&desk, &server, query, Some(&tag));
        let line = format!("explain '{query}' --if-none-match '{tag}' --url-base");
        assert_eq!(desk.json(&format!("{line} {}", server.url("")))["status"], 304);
        assert_eq!(desk.json(&format!("{line} https://ota.example"))["status"], 200, "it has other URLs in it");
    }
}

#[test]
fn what_is_refused_to_a_device_is_refused_to_its_operator() {
    let desk = desk();
    let server = desk.serve();
    let long = format!("cpuArch={}", "x".repeat(65));
    for query in
        ["", "cpuArch=", "cpuArch=a b", "installed=x", "cpuArch=armv8&payloadType=full", "cpuArch=armv8&have=x", &long]
    {
        let answer = ask(&server, &format!("/package?{}", query.replace(' ', "%20")), &[]);
        let said = desk.run(&format!("explain '{query}'"));
        said.check_refusal(1, &["a device would be answered 400: ", &answer.error()]);
        assert_eq!(answer.status, 400, "{query}");
    }
}

#[test]
fn it_is_told_in_words() {
    let desk = desk();
    let text = desk.done("explain 'https://ota.example/package?ipModule=prod&installed=ipModule@5.6.14'");
    for line in [
        "canonical  installed=ipmodule@5.6.14&ipmodule=prod",
        "status     200",
        "    5.6.14 runs now: installed= says so",
        "    not in one step: 5.6.30 must be installed before 6.15.008: moves TURN to MQTT",
        "    the shortest safe path: 5.6.30, then 6.15.008",
    ] {
        assert!(text.lines().any(|said| said == line), "{line:?} is not in {text}");
    }
}
