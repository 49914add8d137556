//! Text that would move, hide or reorder what stands beside it comes to no terminal, picture or manifest as it is.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use edgehop_tests::server::binary;
use edgehop_tests::tools;

use crate::desk::{Desk, Said};
use crate::device::ask;

/// A reason as a record of an older edgehop may have it, and as it is shown.
const REASON: &str = "to\u{202e}gnp\u{2066}\u{2028}\u{200f}x";
const SHOWN: &str = "to\\u{202e}gnp\\u{2066}\\u{2028}\\u{200f}x";

/// Clears a terminal, turns text around, and begins a line.
const NAME: &str = "x\u{1b}[2J\u{202e}y\nedgehop: forged";

fn is_hostile(c: char) -> bool {
    let bidi = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{feff}' | '\u{200b}');
    bidi || c.is_control() && c != '\n' && c != '\t'
}

fn check_fit(said: &Said) {
    assert!(!said.out.contains(is_hostile) && !said.err.contains(is_hostile), "{said:?}");
}

/// A desk whose catalog has the reason wherever a record may have one.
fn desk() -> Desk {
    let desk = Desk::new();
    for version in ["1.0", "2.0", "2.5", "3.0"] {
        desk.publish("app", version, "");
    }
    desk.done("publish app 2.0 app-2.0.bin --barrier REASON --notes REASON");
    desk.done("publish app 2.5 app-2.5.bin --dead-end REASON");
    desk.done("publish app 3.0 app-3.0.bin --channel prod");
    desk.done("yank app 1.0 --reason REASON");
    desk.write("catalog.toml", desk.done("export").replace("REASON", REASON));
    desk.done("import catalog.toml --apply");
    desk
}

#[test]
fn reasons_and_notes_are_shown_as_they_are_fit() {
    let desk = desk();
    for line in [
        "releases",
        "check",
        "export",
        "channel show",
        "graph app",
        "graph app --format dot",
        "graph app --format mermaid",
        "graph app --format svg",
        "explain app=prod&installed=app@0.9",
        "explain app=prod&installed=app@2.5",
        "yank app 1.0 --reason other",
        "import catalog.toml",
    ] {
        for line in [line.to_owned(), format!("{line} --json")] {
            let said = desk.run(&line);
            assert_eq!(said.code, Some(0), "{said:?}");
            check_fit(&said);
        }
    }
    let said = desk.done("releases");
    assert_eq!(said.matches(SHOWN).count(), 3, "{said}");
    desk.done("graph app --output app.svg");
    let svg = desk.read("app.svg");
    assert!(svg.contains(SHOWN) && !svg.contains(is_hostile), "{svg}");
    let mut python = tools::command("python3");
    desk.at_home(&mut python);
    let parsed = python.args(["-c", "import xml.dom.minidom as x; x.parse('app.svg')"]).output().unwrap();
    assert!(parsed.status.success(), "{parsed:?}");

    // The records are as they were: programs get them back from JSON, and importing what was exported changes nothing.
    assert_eq!(desk.json("releases")["app"][1]["barrier"], REASON);
    let document = desk.done("export");
    assert!(document.contains("\\U0000202E"), "{document}");
    desk.write("again.toml", document);
    assert_eq!(desk.done("import again.toml"), "nothing to change\n");
}

#[test]
fn file_names_arguments_and_documents_are_shown_as_they_are_fit() {
    let desk = Desk::new();
    desk.publish("app", "1.0", "--channel prod");
    desk.write("bad.toml", format!("[app]\nchannel = {{ prod = \"{REASON}\" }} {REASON}\n"));
    desk.write("keys.toml", "[app]\n\"a\\nedgehop: forged\\u202e\" = 1\n");
    desk.write(NAME, "no document");
    let lines = [
        format!("publish app 2.0 '{NAME}-none'"),
        format!("import '{NAME}'"),
        format!("import '{NAME}-none'"),
        "import bad.toml".to_owned(),
        "import keys.toml".to_owned(),
        format!("check --data '{NAME}-none'"),
        format!("export --output '{NAME}-out'"),
        format!("export --output 'no/{NAME}'"),
        format!("graph app --output '{NAME}-out.svg'"),
        format!("frobnicate-{NAME}"),
        format!("check '--{NAME}'"),
        format!("verify app-1.0.bin --public-key '{NAME}-none'"),
        format!("key generate --no-password --secret '{NAME}.key' --public '{NAME}.pub'"),
        format!(
            "sign app-1.0.bin --component app --version 1.0 --minimum any --key '{NAME}.key' --output '{NAME}.sig'"
        ),
        format!("verify '{NAME}' --public-key '{NAME}.pub' --signature '{NAME}.sig'"),
        format!("publish app@{NAME} 2.0 app-1.0.bin"),
        format!("channel set app prod '{NAME}'"),
    ];
    for line in lines.iter().flat_map(|line| [line.clone(), format!("{line} --json")]) {
        let said = desk.run(&line);
        check_fit(&said);
        // Nothing from outside begins a line, but where clap repeats an argument.
        let forged = said.err.lines().chain(said.out.lines()).any(|line| line.starts_with("edgehop: forged"));
        assert!(!forged || said.code == Some(2), "{said:?}");
    }
    // Programs are told the path that was written.
    let made = desk.json(&format!("key generate --no-password --secret '{NAME}2.key' --public '{NAME}2.pub'"));
    assert_eq!(made["made"]["secret"], format!("{NAME}2.key"));
}

#[test]
fn a_server_says_logs_and_answers_what_is_fit() {
    let desk = Desk::new();
    desk.write("file", "");
    let below = format!("file/{NAME}");
    for arguments in [
        &["--data", NAME][..],
        &["--data", NAME, "--log-format", "json", "--sample"],
        &["--data", NAME],
        &["--data", &below],
        &["--data", &below, "--log-format", "json"],
        &[NAME],
        &["--url-base", NAME],
    ] {
        let said = server(&desk, arguments);
        let all = said.out.clone() + &said.err;
        assert!(all.contains("u202e") || all.contains("u{202e}"), "{said:?}");
        check_fit(&said);
        // clap repeats its argument.
        assert!(said.code == Some(2) || !all.lines().any(|line| line.starts_with("edgehop: forged")), "{said:?}");
    }

    // Devices are told why, and their programs read the reason as it was recorded.
    let desk = self::desk();
    let server = desk.serve();
    for target in ["app@0.9&payloadType=metadataOnly", "app@2.5&payloadType=metadataOnly", "app@2.5"] {
        let answer = ask(&server, &format!("/package?app=prod&installed={target}"), &[]);
        let text = String::from_utf8(answer.body).unwrap();
        assert!(!text.contains(is_hostile), "{text}");
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        let reason = json["app"]["reason"].as_str().or(json["error"].as_str()).unwrap();
        assert!(reason.contains(REASON), "{text}");
    }
}

/// Runs a server until it is ready and returns its output and log.
fn server(desk: &Desk, arguments: &[&str]) -> Said {
    let mut command = Command::new(binary());
    desk.at_home(&mut command);
    command.args(["--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0", "--sample-size", "1"]);
    command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut process = command.spawn().unwrap();
    let mut said = BufReader::new(process.stdout.take().unwrap());
    let mut out = String::new();
    // An empty line ends what it says, and so does the end of a process that refused.
    while said.read_line(&mut out).unwrap() > 0 && !out.ends_with("\n\n\n") && out.matches("\n\n").count() < 2 {}
    let _ = process.kill();
    let mut said = Said::of("edgehop-server", process.wait_with_output().unwrap());
    said.out = out;
    said
}
