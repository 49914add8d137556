//! What an operator is told whose command line, credentials, region or network is wrong: one line, and what to do.

use std::time::{Duration, Instant};

use crate::desk::Desk;

const REGION: &str = "us-east-1";
const CREATE: &str = "init ota --create --code arm64.zip";

/// How long it may take until somebody is told that nobody answers.
const SOON: Duration = Duration::from_secs(60);

#[test]
fn a_stack_that_is_not_there() {
    let desk = Desk::new(REGION);
    let parts = [
        "there is no stack nowhere in us-east-1",
        "give another region with --region",
        "edgehop init nowhere --create",
    ];
    desk.refused("init nowhere", 1, &parts);
    desk.refused("destroy nowhere --yes", 1, &parts);
    desk.refused("init nowhere --region eu-west-3", 1, &["there is no stack nowhere in eu-west-3", "--region"]);
    let new = ["there is no stack nowhere in us-east-1 yet", "a new one needs --code", "cargo lambda build"];
    desk.refused("init nowhere --create", 1, &new);
}

#[test]
fn nobody_says_who_asks_or_where() {
    let desk = Desk::new(REGION).with("AWS_ACCESS_KEY_ID", "");
    for line in [CREATE, "init ota", "destroy ota --yes"] {
        desk.refused(line, 1, &["no credentials: ", "give --profile, or set AWS_PROFILE", "aws sso login"]);
    }
    let desk = Desk::new(REGION).with("AWS_REGION", "");
    desk.refused("init ota", 1, &["no region was found: give --region, or set AWS_REGION"]);
    let desk = Desk::new(REGION);
    desk.refused("init ota --profile nobody", 1, &["no credentials: ", "nobody"]);
}

#[test]
fn nobody_answers() {
    // Nobody gets this port unasked, as a free one that was given back may be.
    let url = "http://127.0.0.1:1";
    let begun = Instant::now();
    let said = Desk::new(REGION).run(&format!("init ota --endpoint-url {url}"));
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    for part in [url, "nothing answers there: look at the network"] {
        assert!(said.code == Some(1) && said.err.lines().count() == 1 && said.err.contains(part), "{said:?}");
    }
}

#[test]
fn words_that_mean_nothing() {
    let desk = Desk::new(REGION);
    for name in ["1ota", "o_ta", "ota.x", &"o".repeat(129)] {
        desk.refused(&format!("init {name}"), 2, &["a stack's name has 1 to 128 of A-Z", "starts with a letter"]);
    }
    let unknown =
        ["--parameter Memory: there is no such parameter; there are Architecture, MemorySize, ", "PriceClass"];
    desk.refused(&format!("{CREATE} --parameter Memory=1"), 1, &unknown);
    desk.refused(&format!("{CREATE} --parameter CodeKey=x"), 1, &["edgehop sets it itself; give the zip with --code"]);
    desk.refused(&format!("{CREATE} --parameter LogLevel"), 2, &["it takes Key=Value, such as LogLevel=debug"]);
    let twice = "--parameter LogLevel=info --parameter LogLevel=debug";
    desk.refused(&format!("{CREATE} {twice}"), 1, &["LogLevel is given twice, with two values"]);
    desk.refused("init ota --code arm64.zip", 2, &["--create"]);
    let bucket = ["there is no bucket nobody-made-it: make it, or leave --code-bucket out"];
    desk.refused(&format!("{CREATE} --code-bucket nobody-made-it"), 1, &bucket);
}
