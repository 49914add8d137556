//! Bad queries: the sender of any query is told what is wrong with it, or is answered as if it were not there: no failure of
//! ours, no component that was not asked for, no header that we did not write.

use edgehop_tests::client::{Response, get, request};
use edgehop_tests::sample::GAMER;
use edgehop_tests::server::Server;

use crate::help::{Shared, list};

static SERVER: Shared = Shared::new(&["--sample-size", "4096"]);

/// Keys with a meaning here, whose value must be one that can be meant.
const KEYS: [&str; 8] = ["cpuArch", "os", "attrGamer", "scoreboard", "have", "cohort", "ring", "payloadType"];

/// Keys that mean nothing here, or that any value or none will do for.
const TOLERANT: [&str; 7] = ["attrNobody", "nobody", "no[body]", "hw.rev", "installed", "device", "delta"];

/// What breaks out of a string somewhere: in PartiQL (the AWS sample pastes it), SQL, NoSQL, C, HTTP, a template, JSON.
const FRAGMENTS: [&str; 18] = [
    "'",
    "''",
    "' OR app>'a",
    "armv8' OR '1'='1",
    "armv8' OR app > 'a' --",
    "x; DROP TABLE",
    "attrgamer = true or app > 'a' or deviceAttr.gamer",
    "{}",
    "{\"$ne\":null}",
    "$ne",
    "\0",
    "armv8\0.txt",
    "\r\n",
    "armv8\r\nX-Injected: yes",
    "\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
    "${jndi:ldap://x}",
    "\"},\"os_armv7\":{\"",
    "ärmv8\u{202e}",
];

/// Every header field that we ever send.
const OURS: [&str; 17] = [
    "accept-ranges",
    "allow",
    "cache-control",
    "connection",
    "content-disposition",
    "content-length",
    "content-location",
    "content-range",
    "content-type",
    "date",
    "edgehop-fallback",
    "etag",
    "repr-digest",
    "retry-after",
    "transfer-encoding",
    "vary",
    "x-content-type-options",
];

/// Visible bytes that the HTTP library takes in no target, like all that are not visible ASCII: it answers a bare 400
/// before there is a request to look at.
const NO_TARGET: &[u8] = b"\"<>";

/// Percent-encodes every byte that is no letter or digit.
fn encode(bytes: &[u8]) -> String {
    let one = |byte: &u8| if byte.is_ascii_alphanumeric() { char::from(*byte).into() } else { format!("%{byte:02X}") };
    bytes.iter().map(one).collect()
}

/// That every header is one of ours.
pub fn check_headers(answer: &Response) {
    for (name, _) in &answer.headers {
        assert!(OURS.contains(&name.as_str()), "{answer:?}");
    }
}

/// As an error shows it: one `?` for each stretch of what is not printable ASCII.
fn printed(input: &str) -> String {
    let mut shown = input.replace(|c: char| c != ' ' && !c.is_ascii_graphic(), "\u{0}");
    while shown.contains("\u{0}\u{0}") {
        shown = shown.replace("\u{0}\u{0}", "\u{0}");
    }
    shown.replace('\u{0}', "?")
}

/// That it is an error as JSON that names the input.
pub fn check_error(answer: &Response, status: u16, input: &str) {
    assert_eq!((answer.status, answer.complete), (status, true), "{input:?}: {answer:?}");
    assert_eq!(answer.header("content-type").unwrap(), "application/json");
    assert_eq!(answer.json().as_object().unwrap().len(), 1, "{answer:?}");
    let named = answer.error().to_lowercase().contains(&printed(input).to_lowercase());
    assert!(named, "{input:?} is not named: {answer:?}");
    check_headers(answer);
}

/// That a word beside a question changes nothing of its answer but its name.
fn check_plain(server: &Server, word: &str) {
    let answer = get(server.address(), &format!("/package?cpuArch=armv8&{word}"), &[]);
    let plain = get(server.address(), "/package?cpuArch=armv8", &[]);
    assert!((answer.status, &answer.body) == (200, &plain.body), "{word}: {answer:?}");
    check_headers(&answer);
}

/// That all this has left the server as it was.
pub fn check_unharmed(server: &Server) {
    let names: Vec<_> = list(server.address(), GAMER).into_keys().collect();
    assert_eq!(names, ["modemFW", "os_armv8", "scoreboard", "videoStreamer"]);
    // The last line may be in the middle of being written.
    let log = server.log();
    for line in log.split_inclusive('\n').filter(|line| line.ends_with('\n')) {
        assert!(serde_json::from_str::<serde_json::Value>(line).is_ok(), "a log line of somebody else's: {line}");
    }
}

#[test]
fn fragments_of_other_languages_are_no_values() {
    let server = SERVER.server();
    for key in KEYS {
        for fragment in FRAGMENTS {
            let target = format!("/package?{key}={}&cpuArch=armv8", encode(fragment.as_bytes()));
            check_error(&get(server.address(), &target, &[]), 400, key);
        }
    }
    for key in TOLERANT {
        for fragment in FRAGMENTS {
            check_plain(&server, &format!("{}={}", encode(key.as_bytes()), encode(fragment.as_bytes())));
        }
    }
    check_unharmed(&server);
}

#[test]
fn fragments_of_other_languages_are_no_keys() {
    let server = SERVER.server();
    for fragment in FRAGMENTS {
        for before in ["", "attr", "hw.", "os"] {
            let key = encode(format!("{before}{fragment}").as_bytes());
            check_plain(&server, &format!("{key}=prod"));
            for target in ["/package?KEY=prod&attrGamer=prod", "/package?KEY"] {
                check_error(&get(server.address(), &target.replace("KEY", &key), &[]), 400, "cpuArch");
            }
        }
    }
    check_plain(&server, "=prod");
    check_unharmed(&server);
}

/// A word that cannot matter, or that is not there, spoils no answer.
#[test]
fn words_that_cannot_matter_change_no_answer() {
    let server = SERVER.server();
    for word in [
        "attrGamer=",
        "attrGamer",
        "ring=",
        "os=",
        "have=",
        "cohort=",
        "payloadType=",
        "foo",
        "token=aGVsbG8%3D",
        "utm[source]=x",
        "hw.board=fsl,imx8mm-evk",
        "installed=cam@",
        "installed=cam@n/a,os@",
        "delta=bsdiff",
        "device=%7Beb6a97bc-ed0e-4d86%7D",
        &format!("device={}", "%FF".repeat(200)),
        &format!("{}=1", "k".repeat(65)),
        &format!("have={}", (100..200).map(|n| format!("{n:032x}")).collect::<Vec<_>>().join(",")),
        &format!("installed={}", (100..200).map(|n| format!("c{n}@1")).collect::<Vec<_>>().join(",")),
    ] {
        check_plain(&server, word);
    }
    let digests: Vec<String> = (100..240).map(|n| format!("\"{n:016x}{n:016x}\"")).collect();
    assert_eq!(get(server.address(), "/package?cpuArch=armv8", &[("If-None-Match", &digests.join(","))]).status, 200);
    // Beside an entry that cannot be read, the others say what runs.
    let runs = "/package?cpuArch=armv8&installed=os@1.1.0,cam@&payloadType=metadataOnly";
    assert_eq!(get(server.address(), runs, &[]).json()["os_armv8"]["status_code"], 304);
    check_unharmed(&server);
}

/// Where nothing is there, it is said what; beside something else, in an entry of its own.
#[test]
fn what_is_missing_is_named() {
    let server = SERVER.server();
    for (query, reason) in [
        ("cpuArch=riscv", "nothing is published as os_riscv (cpuArch=riscv)"),
        ("scorebord=prod", "nothing is published as scorebord"),
        ("scoreboard=nightly", "scoreboard has no channel nightly"),
        ("cpuArch=armv8&os=nightly", "os_armv8 has no channel nightly"),
        ("cpuArch=mips&attrGamer=nightly", "nothing that wants gamer is on nightly"),
        ("scorebord=prod&installed=scorebord@1", "nothing is published as scorebord"),
    ] {
        let answer = get(server.address(), &format!("/package?{query}"), &[]);
        check_error(&answer, 404, reason);
        assert!(answer.error().starts_with("No deployment package found"), "{answer:?}");
    }
    for (query, component, reason) in [
        ("scoreboard=nightly", "scoreboard", "scoreboard has no channel nightly"),
        ("scorebord=prod&installed=scorebord@1.0", "scorebord", "nothing is published as scorebord"),
    ] {
        let target = format!("/package?cpuArch=armv8&{query}&payloadType=metadataOnly");
        let answer = get(server.address(), &target, &[]);
        let entries = answer.json();
        assert_eq!((answer.status, &entries["os_armv8"]["status_code"]), (200, &200.into()), "{answer:?}");
        assert_eq!(entries[component]["status_code"], 404, "{answer:?}");
        assert_eq!(entries[component]["reason"], reason, "{answer:?}");
    }
    check_unharmed(&server);
}

/// There such text is no error: no entity tag is like it, so it matches nothing.
#[test]
fn fragments_in_headers_change_no_answer() {
    let server = SERVER.server();
    let plain = get(server.address(), GAMER, &[]);
    // A line break or a NUL ends the header in the client already.
    let fragments = FRAGMENTS.iter().filter(|text| !text.contains(['\0', '\r']));
    for (fragment, name) in fragments.flat_map(|text| ["If-None-Match", "If-Range", "Range", "Host"].map(|n| (text, n)))
    {
        let answer = get(server.address(), GAMER, &[(name, fragment)]);
        if name == "Host" {
            assert!(answer.status == 200 || answer.status == 400, "{answer:?}");
            continue;
        }
        assert_eq!(answer.status, 200, "{name}: {fragment}");
        assert!(answer.body == plain.body, "{name}: {fragment}");
        check_headers(&answer);
    }
    check_unharmed(&server);
}

#[test]
fn every_byte_is_a_value_or_an_error() {
    let server = SERVER.server();
    // What cannot stand for itself in a query: a line's end, the end of a parameter or of the query, an escape.
    let structure = b"\r\n&#%";
    for byte in 0..=255u8 {
        let word = byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
        let spelled = [(encode(&[byte]).into_bytes(), false), (vec![byte], true)];
        for (spelled, raw) in spelled.into_iter().filter(|(_, raw)| !(*raw && structure.contains(&byte))) {
            let target = [b"/package?cpuArch=z80", &spelled[..]].concat();
            let answer = request(server.address(), "GET", &target, &[]);
            let bare = raw && (!byte.is_ascii_graphic() || NO_TARGET.contains(&byte));
            match () {
                () if bare => assert_eq!((answer.status, answer.body.len()), (400, 0), "{byte:#04x}"),
                () if word => check_error(&answer, 404, "No deployment package found"),
                () => check_error(&answer, 400, "cpuArch"),
            }
            check_headers(&answer);
        }
    }
    check_unharmed(&server);
}

#[test]
fn text_that_is_not_utf_8_is_refused_by_name() {
    let server = SERVER.server();
    for bytes in [&b"\xff"[..], b"\xc3", b"\xed\xa0\x80", b"\xf8\x88\x80\x80\x80", b"armv8\xfe"] {
        for key in KEYS {
            let target = format!("/package?{key}={}&cpuArch=armv8", encode(bytes));
            check_error(&get(server.address(), &target, &[]), 400, key);
        }
        TOLERANT.iter().for_each(|key| check_plain(&server, &format!("{}={}", encode(key.as_bytes()), encode(bytes))));
        check_plain(&server, &format!("{}=prod", encode(bytes)));
        let raw = [b"/package?cpuArch=", bytes].concat();
        assert_eq!(request(server.address(), "GET", &raw, &[]).status, 400);
    }
    // Well-formed text beyond ASCII may come as it is.
    check_error(&request(server.address(), "GET", "/package?cpuArch=ärmv8".as_bytes(), &[]), 400, "cpuArch");
    check_unharmed(&server);
}

#[test]
fn broken_percent_encoding_is_refused_by_name() {
    let server = SERVER.server();
    for broken in ["%", "%4", "%zz", "%%34", "%u0041", "prod%", "prod%2", "%+1", "%-1"] {
        for key in KEYS {
            check_error(&get(server.address(), &format!("/package?{key}={broken}&cpuArch=armv8"), &[]), 400, key);
        }
        TOLERANT.iter().for_each(|key| check_plain(&server, &format!("{}={broken}", encode(key.as_bytes()))));
        check_plain(&server, &format!("attr{broken}=prod"));
    }
    // Decoded once, not twice.
    check_error(&get(server.address(), "/package?cpuArch=%2561rmv8", &[]), 400, "cpuArch");
    check_unharmed(&server);
}
