//! Words that are none of their kind, as arguments: the message names the argument, the word, and what it takes.

use crate::desk::Desk;

fn desk() -> Desk {
    let desk = Desk::new();
    desk.publish("mod", "1.0", "--channel prod");
    desk.artifact("new.bin");
    desk
}

fn quoted(word: &str) -> String {
    format!("'{word}'")
}

#[test]
fn a_component_is_no_query_key() {
    let desk = desk();
    let reserved = ["os", "OS", "cpuArch", "installed", "have", "device", "cohort", "ring", "delta", "payloadType"];
    let others =
        ["attrX", "attrgamer", "hw.rev", "", "a b", "a/b", "_a", "ä", "a\n", &"x".repeat(49)].map(str::to_owned);
    for word in reserved.into_iter().chain(others.iter().map(String::as_str)) {
        let parts =
            ["'<COMPONENT>'", "is not a component name", "1 to 48 letters, digits, _ and -", "nor starts with attr"];
        desk.refused(&format!("publish {} 1.0 new.bin", quoted(word)), 2, &parts);
    }
    for verb in ["yank os 1.0 --reason x", "channel set os prod 1.0", "channel show os", "releases os", "check os"] {
        desk.refused(verb, 2, &["COMPONENT", "\"os\" is not a component name"]);
    }
    desk.refused("sign new.bin --component os --version 1 --comment-only", 2, &["--component", "\"os\" is not"]);
    desk.refused("export os", 2, &["[COMPONENTS]", "\"os\" is not a component name"]);
}

#[test]
fn a_version_is_a_version() {
    let desk = desk();
    for word in ["", "1 2", ".1", "@", "1/2", "1\n2", "1\u{1b}[31m", "1_ä", "1,2", &"1".repeat(49)] {
        let parts = ["'<VERSION>'", "is not a version", "1 to 48 letters, digits and . _ - + ~ :"];
        desk.refused(&format!("publish mod {} new.bin", quoted(word)), 2, &parts);
        desk.refused(&format!("yank mod {} --reason x", quoted(word)), 2, &parts);
        let floor = ["'--floor <VERSION>'", "is not a version"];
        desk.refused(&format!("publish mod 2.0 new.bin --floor {}", quoted(word)), 2, &floor);
    }
    desk.refused("channel set mod prod '1 0'", 2, &["'[VERSION]'", "\"1 0\" is not a version"]);
    desk.refused("yank mod 1.0 --reason x --superseded-by ''", 2, &["--superseded-by", "is not a version"]);
}

#[test]
fn a_range_is_a_range() {
    let desk = desk();
    let takes = "takes bounds such as >=5.6.30 or >=5.6, <7 or =5.6.30";
    for (range, part) in [
        ("", takes),
        ("5.6", takes),
        ("=>5", takes),
        ("^1.2", "\"^1.2\" is not a version"),
        (">=1,>=2", takes),
        (">=1 <2", "\"1 <2\" is not a version"),
        (">=", takes),
        (">=1\n2", "is not a version"),
        (">3, <2", "no version lies in the range >3, <2"),
        (&format!(">={}", "1".repeat(49)), "is not a version"),
    ] {
        let parts = ["'--from <RANGE>'", part];
        desk.refused(&format!("publish mod 2.0 new.bin --from {}", quoted(range)), 2, &parts);
    }
}

#[test]
fn a_requirement_is_a_requirement() {
    let desk = desk();
    let values: Vec<String> = (0..65).map(|value| value.to_string()).collect();
    let takes = "such as hw.rev>=3; = and != take up to 64 values, such as hw.board=a|b";
    for (rule, part) in [
        ("", takes),
        ("hw.rev", takes),
        ("hw.rev=>3", takes),
        ("hw.rev~3", takes),
        (&format!("hw.rev={}", values.join("|")), takes),
        ("rev=3", "\"rev\" is not a fact: it takes 1 to 64 letters, digits and . _ -, with a dot inside"),
        ("hw.rev=", takes),
        ("hw.rev=a b", "\"a b\" is not a fact's value: it takes 1 to 64"),
        ("hw.rev>=1|2", "\"1|2\" is not a fact's value"),
        (&format!("hw.rev={}", "x".repeat(65)), "is not a fact's value"),
    ] {
        let parts = ["'--requires <RULE>'", part];
        desk.refused(&format!("publish mod 2.0 new.bin --requires {}", quoted(rule)), 2, &parts);
    }
}

#[test]
fn a_reason_is_one_line_of_text() {
    let desk = desk();
    for reason in ["", " ", "two\nlines", "\u{1b}[31mred", "nul\u{7}", "\u{85}", &"x".repeat(241)] {
        for (line, option) in [
            ("publish mod 2.0 new.bin --barrier", "--barrier"),
            ("publish mod 2.0 new.bin --dead-end", "--dead-end"),
            ("publish mod 2.0 new.bin --force", "--force"),
            ("channel set mod prod 1.0 --force", "--force"),
            ("yank mod 1.0 --reason", "--reason"),
        ] {
            let parts = [&format!("'{option} <REASON>'"), "is not a reason", "1 to 240 bytes of text in one line"];
            desk.refused(&format!("{line} {}", quoted(reason)), 2, &parts);
        }
    }
    let notes = ["'--notes <TEXT>'", "is not a note", "1 to 4096 bytes of text"];
    for text in ["", "\u{1b}[31mred", "nul\u{7}"] {
        desk.refused(&format!("publish mod 2.0 new.bin --notes {}", quoted(text)), 2, &notes);
    }
    desk.done(&format!("publish mod 2.0 new.bin --notes '{}'", "two\nlines ".repeat(409)));
    let long = desk.run(&format!("publish mod 2.0 new.bin --notes '{}'", "two\nlines ".repeat(410)));
    assert!(long.code == Some(2) && long.err.contains(notes[2]), "{long:?}");
}

#[test]
fn channels_and_attributes_are_words() {
    let desk = desk();
    for word in ["", "a b", "a/b", "pröd", "prod\n", &"x".repeat(65)] {
        let word = quoted(word);
        let channel = ["is not a channel", "1 to 64 lower-case letters, digits and . _ -"];
        desk.refused(
            &format!("publish mod 2.0 new.bin --channel {word}"),
            2,
            &["'--channel <NAME>'", channel[0], channel[1]],
        );
        for (verb, argument) in [
            ("channel set mod", "'<CHANNEL>'"),
            ("channel show mod", "'[CHANNEL]'"),
            ("channel remove mod", "'<CHANNEL>'"),
            ("graph mod --channel", "'--channel <NAME>'"),
        ] {
            desk.refused(&format!("{verb} {word}"), 2, &[argument, channel[0], channel[1]]);
        }
        let attribute = ["'--attribute <NAME>'", "attribute: it takes 1 to 64"];
        desk.refused(&format!("channel set mod prod 1.0 --attribute {word}"), 2, &attribute);
    }
}

/// Devices say channels and attributes in any case, and so may operators.
#[test]
fn channels_and_attributes_are_lower_case() {
    let desk = desk();
    assert_eq!(desk.json("channel set MOD Prod 1.0")["unchanged"], true);
    desk.done("publish mod 2.0 new.bin --channel BETA --attribute Gamer");
    let beta = |desk: &Desk| desk.json("channel show mod Beta")["mod"]["beta"].clone();
    assert_eq!(beta(&desk), serde_json::json!({ "target": "2.0", "attributes": ["gamer"] }));
    desk.done("channel set mod beta --attribute CAMERA");
    assert_eq!(beta(&desk)["attributes"], serde_json::json!(["camera"]));
    assert_eq!(desk.json("graph mod --channel Beta")["channels"][0]["channel"], "beta");
    desk.done("channel remove mod bEtA");
    let names: Vec<String> = desk.json("channel show")["mod"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(names, ["prod"]);
}

#[test]
fn a_fact_is_a_fact_and_its_value() {
    let desk = desk();
    for (fact, part) in [
        ("", "it takes a fact and its value, such as hw.rev=3"),
        ("hw.rev", "it takes a fact and its value, such as hw.rev=3"),
        ("rev=3", "\"rev\" is not a fact"),
        ("hw.rev=", "\"\" is not a fact's value"),
        ("hw.rev=a b", "\"a b\" is not a fact's value"),
    ] {
        desk.refused(&format!("graph mod --fact {}", quoted(fact)), 2, &["'--fact <FACT=VALUE>'", part]);
    }
    let twice = ["hw.rev is given as 3 and as 4", "a device has one value of a fact"];
    desk.refused("graph mod --fact hw.rev=3 --fact HW.REV=4", 1, &twice);
}

#[test]
fn options_that_go_together_are_named() {
    let desk = desk();
    for (line, parts) in [
        ("publish mod 2.0 new.bin --attribute gamer", ["required", "--channel <NAME>"]),
        ("publish mod 2.0 new.bin --signature x --unsigned", ["'--signature <FILE>'", "'--unsigned'"]),
        ("publish mod 2.0 new.bin --channel prod --allow-downgrade maybe", ["--allow-downgrade", "true, false"]),
        ("publish mod 2.0", ["required", "<FILE>"]),
        ("channel set mod prod 1.0 --attribute a --no-attributes", ["--no-attributes", "'--attribute <NAME>'"]),
        ("yank mod 1.0", ["required", "--reason <REASON>"]),
        ("sign new.bin --component mod --version 2.0", ["required", "--key <FILE>"]),
        ("sign new.bin --component mod --version 2.0 --key k --comment-only", ["'--key <FILE>'", "'--comment-only'"]),
        ("sign new.bin --component mod --version 2.0 --key k --expires tomorrow", ["--expires", "365d or 12h"]),
        ("verify new.bin --public-key x --component mod", ["required", "--version <VERSION>"]),
        ("key generate --no-password --password-file x", ["'--no-password'", "'--password-file <FILE>'"]),
        ("gc --older-than soon", ["'--older-than <TIME>'", "'soon'"]),
        ("warm --tier slow", ["'--tier <TIER>'", "it takes expedited, standard or bulk"]),
        ("warm --days 0", ["'--days <DAYS>'", "1..=365"]),
        ("sample --sample-size 0", ["'--sample-size <SAMPLE_SIZE>'", "'0'"]),
        ("completions tcsh", ["'<SHELL>'", "bash"]),
        ("graph mod --format png", ["'--format <FORMAT>'", "text, dot, mermaid, svg"]),
        ("check --catalog file:x", ["'--catalog <STORE>'", "it takes sqlite:FILE or dynamodb:TABLE"]),
        ("check --catalog sqlite:", ["'--catalog <STORE>'", "it takes sqlite:FILE"]),
        ("check --catalog dynamodb:a/b", ["'--catalog <STORE>'", "it takes dynamodb:TABLE"]),
        ("check --artifacts file:x", ["'--artifacts <STORE>'", "it takes folder:FOLDER or s3:BUCKET"]),
        ("check --artifacts s3://x", ["'--artifacts <STORE>'", "it takes s3:BUCKET or s3:BUCKET/PREFIX"]),
        ("check mod fw", ["unexpected argument", "'fw'"]),
        ("frobnicate", ["unrecognized subcommand", "'frobnicate'"]),
        ("check --frobnicate", ["unexpected argument", "'--frobnicate'"]),
    ] {
        // As JSON too, which is one object with the message, wherever the option stands.
        let said = desk.refused(line, 2, &parts);
        let json = desk.run(&format!("--json {line}"));
        let found: serde_json::Value = serde_json::from_str(&json.err).unwrap();
        let first = said.lines().next().unwrap().trim_start_matches("error: ");
        assert!(json.code == Some(2) && found["error"].as_str().unwrap().starts_with(first), "{json:?}");
    }
    let json = desk.run("--json");
    let found: serde_json::Value = serde_json::from_str(&json.err).unwrap();
    assert_eq!((json.code, json.out.as_str()), (Some(2), ""), "{json:?}");
    assert!(found["error"].as_str().unwrap().contains("requires a subcommand"), "{json:?}");
    // Whoever asks for help gets it, as text.
    assert_eq!(desk.done("check --json --help"), desk.done("check --help"));
}
