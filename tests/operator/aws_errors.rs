//! What an operator is told when a table, a bucket or the way to them is not as it must be: one line, and what to do.

use std::process::Stdio;
use std::time::{Duration, Instant};

use edgehop_tests::cloud::Cloud;
use edgehop_tests::server::{self, binary};

use crate::desk::{Desk, Said};

/// How long it may take until somebody is told that nobody can be asked.
const SOON: Duration = Duration::from_secs(30);

/// What `edgehop` and `edgehop-server` say, with one variable otherwise than on this desk.
fn both(desk: &Desk, variable: (&str, Option<&str>), parts: &[&str]) {
    let line = "releases";
    let folder = server::folder();
    let server = ["--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0", "--data", "nowhere"];
    let mut commands = [desk.command(line), std::process::Command::new(binary())];
    desk.at_home(&mut commands[1]);
    commands[1].args(server).current_dir(folder.path()).stdout(Stdio::null());
    for (command, name) in commands.iter_mut().zip(["edgehop: ", "edgehop-server: "]) {
        match variable {
            (name, Some(value)) => command.env(name, value),
            (name, None) => command.env_remove(name),
        };
        let begun = Instant::now();
        let said = Said::of(&format!("{name}{variable:?}"), command.output().unwrap());
        assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
        assert!(said.code == Some(1) && said.err.starts_with(name) && said.err.lines().count() == 1, "{said:?}");
        parts.iter().for_each(|part| assert!(said.err.contains(part), "{part:?} is not in {said:?}"));
    }
    assert!(!folder.path().join("nowhere").exists(), "no data folder is made");
}

#[test]
fn a_table_or_a_bucket_that_is_not_there() {
    let cloud = Cloud::new();
    let desk = Desk::on(&cloud);
    let table = ["cannot open dynamodb:nobody-made-it", "there is no such table in this region: make it", "AWS_REGION"];
    both(&desk, ("EDGEHOP_CATALOG", Some("dynamodb:nobody-made-it")), &table);
    both(
        &desk,
        ("AWS_REGION", Some("eu-west-3")),
        &["there is no such table in this region", "look at its name and at"],
    );
    let bucket = ["cannot open s3:nobody-made-it", "there is no such bucket: make it, or look at its name"];
    both(&desk, ("EDGEHOP_ARTIFACTS", Some("s3:nobody-made-it")), &bucket);
}

#[test]
fn nobody_says_who_asks_or_where() {
    let desk = Desk::on(&Cloud::new());
    let credentials = ["no credentials were found: set AWS_PROFILE, or AWS_ACCESS_KEY_ID", "aws sso login"];
    both(&desk, ("AWS_ACCESS_KEY_ID", None), &credentials);
    both(&desk, ("AWS_REGION", None), &["no region was found: set AWS_REGION"]);
}

#[test]
fn nobody_answers() {
    let desk = Desk::on(&Cloud::new());
    // A port that the system gives to nobody, so that nobody takes it meanwhile.
    let url = "http://127.0.0.1:1";
    for (variable, place) in [("AWS_ENDPOINT_URL_DYNAMODB", "dynamodb:"), ("AWS_ENDPOINT_URL_S3", "s3:")] {
        let place = format!("cannot open {place}");
        both(&desk, (variable, Some(url)), &[&place, "nothing answers there: look at the network and at AWS_REGION"]);
    }
}
