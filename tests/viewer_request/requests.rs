//! Paths, methods and headers.

use std::collections::BTreeMap;

use edgehop_tests::viewer::{Entries, Event, Given, filter, function};

const DIGEST: &str = "d41d8cd98f00b204e9800998ecf8427e";
const SHA256: &str = "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855";

fn given(words: Option<&Entries>, event: Event) -> Given {
    let mut given = None;
    filter(function(), words, [event].into_iter(), |one| given = Some(one));
    given.unwrap()
}

fn event(method: &str, uri: &str, query: Option<&str>, headers: &[(&str, &str)]) -> Event {
    let headers = [&[("Host", "d111.cloudfront.net")], headers].concat();
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Event { method: method.into(), uri: uri.into(), query: query.map(Into::into), headers }
}

fn passed(event: Event) -> (String, String, BTreeMap<String, String>) {
    match given(None, event) {
        Given::Passed { uri, querystring, headers, .. } => {
            (uri, querystring, headers.into_iter().map(|(name, field)| (name, field.value)).collect())
        }
        answered => panic!("{answered:?}"),
    }
}

fn answered(event: Event) -> (u16, BTreeMap<String, String>) {
    match given(None, event) {
        Given::Answered { status_code, headers, .. } => {
            (status_code, headers.into_iter().map(|(name, field)| (name, field.value)).collect())
        }
        passed => panic!("{passed:?}"),
    }
}

#[test]
fn only_known_paths_go_on() {
    let question = Some("CPUARCH=a&x+y=1");
    for path in ["/package", "/swupdate"] {
        assert_eq!(passed(event("GET", path, question, &[])).1, "cpuarch=a", "{path}");
    }
    let lower = SHA256.to_lowercase();
    for (path, goes_on) in [
        (format!("/blobs/{SHA256}"), format!("/blobs/{lower}")),
        (format!("/blobs/{lower}.minisig"), format!("/blobs/{lower}.minisig")),
        ("/healthz".into(), "/healthz".into()),
    ] {
        let (uri, query, _) = passed(event("HEAD", &path, question, &[("If-None-Match", DIGEST)]));
        assert_eq!((uri, query.as_str()), (goes_on, ""), "{path}");
    }
    let sha255 = &SHA256[1..];
    for path in [
        "/",
        "",
        "/Package",
        "/package/",
        "//package",
        "/package/..",
        "/blobs/",
        "/blobs",
        "/healthz/",
        "/packages",
        "/index.html",
        "/x/package",
        "/blobs/../healthz",
        "/package%00",
        "/package\n",
        &format!("/blobs/{sha255}"),
        &format!("/blobs/{SHA256}0"),
        &format!("/blobs/{SHA256}.minisig.minisig"),
        &format!("/blobs/{SHA256}/"),
        &format!("/Blobs/{SHA256}"),
        &format!("/blobs/{SHA256}.MINISIG"),
        &format!("/blobs/g{sha255}"),
    ] {
        assert_eq!(answered(event("GET", path, question, &[])).0, 404, "{path}");
    }
}

#[test]
fn only_questions_go_on() {
    for method in ["POST", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "get", "GETS"] {
        let (status, headers) = answered(event(method, "/package", Some("cpuArch=a"), &[]));
        assert_eq!((status, headers["allow"].as_str()), (405, "GET, HEAD, OPTIONS"), "{method}");
    }
    // No cache keeps an answer to it, so it goes no further.
    for path in ["/package", "/", "/report"] {
        let (status, headers) = answered(event("OPTIONS", path, None, &[]));
        assert_eq!((status, headers["allow"].as_str()), (200, "GET, HEAD, OPTIONS"), "{path}");
    }
    assert_eq!(passed(event("HEAD", "/package", Some("cpuArch=a"), &[])).1, "cpuarch=a");
    for query in [None, Some(""), Some("&&")] {
        assert_eq!(answered(event("GET", "/package", query, &[])).0, 400, "{query:?}");
    }
}

#[test]
fn a_device_cannot_choose_the_host_of_its_urls() {
    let lies = [("Edgehop-Host", "evil.test"), ("edgehop-host", "evil.test"), ("X-Other", "kept")];
    for (path, query) in [("/package", Some("cpuArch=a")), ("/healthz", None), ("/report", Some("x"))] {
        let (_, _, headers) = passed(event("GET", path, query, &lies));
        assert_eq!((headers["edgehop-host"].as_str(), headers["x-other"].as_str()), ("d111.cloudfront.net", "kept"));
    }
}

#[test]
fn a_report_says_no_device() {
    for (said, left) in [
        ("component=modem&outcome=installed", "component=modem&outcome=installed"),
        ("component=modem&Device=SN-1&outcome=failed&a=%20b+c", "component=modem&outcome=failed&a=%20b+c"),
        ("d%65vice=SN-1", ""),
        ("device", ""),
        ("device=1&device=2&devices=3", "devices=3"),
        ("%zz=1&device=SN-1", "%zz=1"),
    ] {
        assert_eq!(passed(event("GET", "/report", Some(said), &[])).1, left, "{said}");
    }
    assert_eq!(passed(event("GET", "/report", None, &[])).1, "");
}

#[test]
fn a_condition_stays_one() {
    let tag = "If-None-Match";
    for (fields, left, query) in [
        (vec![], None, "cpuarch=a"),
        (vec![(tag, DIGEST)], Some("W/\"current\""), "cpuarch=a&have=d41d8cd98f00b204e9800998ecf8427e"),
        (vec![(tag, "\"p-7\"")], Some("\"p-7\""), "cpuarch=a"),
        (vec![(tag, "W/\"m-7\""), (tag, DIGEST)], Some("W/\"m-7\""), "cpuarch=a&have=d41d8cd98f00b204e9800998ecf8427e"),
        (vec![(tag, "*")], None, "cpuarch=a"),
        (vec![(tag, "junk, \"open")], None, "cpuarch=a"),
        (vec![(tag, "\"a\""), (tag, "\"b,c\"")], Some("\"a\", \"b,c\""), "cpuarch=a"),
    ] {
        let (_, is, headers) = passed(event("GET", "/package", Some("cpuArch=a"), &fields));
        assert_eq!((is.as_str(), headers.get("if-none-match").map(String::as_str)), (query, left), "{fields:?}");
    }
    let (_, _, headers) = passed(event("GET", &format!("/blobs/{SHA256}"), None, &[(tag, DIGEST)]));
    assert_eq!(headers["if-none-match"], DIGEST, "an artifact's tag is its digest");
}

#[test]
fn without_a_list_that_can_be_read_every_word_is_known() {
    let asks = || event("GET", "/package", Some("cpuArch=a&nosuch=prod&ring=hold"), &[]);
    let entries = |all: &[(&str, &str)]| -> Entries {
        all.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    for (words, left) in [
        (None, "cpuarch=a&nosuch=prod&ring=hold"),
        (Some(entries(&[])), "cpuarch=a&nosuch=prod&ring=hold"),
        (Some(entries(&[("words", " ")])), "cpuarch=a"),
        (Some(entries(&[("words", " ring ")])), "cpuarch=a&ring=hold"),
        (Some(entries(&[("words", "*3")])), "cpuarch=a&nosuch=prod&ring=hold"),
        (Some(entries(&[("words", "*3"), ("words/3/0", " "), ("words/3/1", " ")])), "cpuarch=a&nosuch=prod&ring=hold"),
        (Some(entries(&[("words", "*1"), ("words/1/0", " nosuch ")])), "cpuarch=a&nosuch=prod"),
        (Some(entries(&[("words", "")])), "cpuarch=a&nosuch=prod&ring=hold"),
        (Some(entries(&[("words", "*x"), ("words/1/0", " ")])), "cpuarch=a&nosuch=prod&ring=hold"),
    ] {
        let is = match given(words.as_ref(), asks()) {
            Given::Passed { querystring, .. } => querystring,
            answered => panic!("{answered:?}"),
        };
        assert_eq!(is, left, "{words:?}");
    }
}
