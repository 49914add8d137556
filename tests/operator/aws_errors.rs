//! What an operator is told when a table, a bucket or the way to them is not as it must be: one line, and what to do.

use std::process::Stdio;
use std::time::{Duration, Instant};

use edgehop_tests::cloud::Cloud;
use edgehop_tests::fault_proxy::{Fault, FaultProxy, Memory};
use edgehop_tests::server::{self, binary};
use edgehop_tests::stand_ins::endpoints;

use crate::desk::{Desk, Said};

/// How long it may take until an operator is told that nobody can be asked: all waits, and some time for the attempts.
const PATIENT: Duration = Duration::from_secs(27 + 30);

/// The same for a server, whose devices wait.
const SOON: Duration = Duration::from_secs(30);

/// A trouble that passes while an operator waits.
const TROUBLE: Duration = Duration::from_secs(5);

/// What `edgehop` and `edgehop-server` say, with one variable otherwise than on this desk.
fn both(desk: &Desk, variable: (&str, Option<&str>), parts: &[&str]) {
    let line = "releases";
    let folder = server::folder();
    let server = ["--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0", "--data", "nowhere"];
    let mut commands = [desk.command(line), std::process::Command::new(binary())];
    desk.at_home(&mut commands[1]);
    commands[1].args(server).current_dir(folder.path()).stdout(Stdio::null());
    let names = [("edgehop: ", PATIENT), ("edgehop-server: ", SOON)];
    for (command, (name, soon)) in commands.iter_mut().zip(names) {
        match variable {
            (name, Some(value)) => command.env(name, value),
            (name, None) => command.env_remove(name),
        };
        let begun = Instant::now();
        let said = Said::of(&format!("{name}{variable:?}"), command.output().unwrap());
        assert!(begun.elapsed() < soon, "{:?}", begun.elapsed());
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

/// DynamoDB and S3 reset every connection for seconds, from the moment on at which the first byte is put there.
#[test]
fn a_trouble_of_seconds_ends_no_verb() {
    let cloud = Cloud::new();
    let (desk, endpoints) = (Desk::on(&cloud), endpoints());
    let [dynamodb, s3] = [&endpoints.dynamodb, &endpoints.s3].map(|url| FaultProxy::before(url, &Memory::none()));
    for (version, put) in [("1.0", "PUT /"), ("2.0", "TransactWriteItems")] {
        desk.artifact("app.bin");
        let mut publish = desk.command(&format!("publish app {version} app.bin --channel prod"));
        publish.env("AWS_ENDPOINT_URL_DYNAMODB", dynamodb.url()).env("AWS_ENDPOINT_URL_S3", s3.url());
        for proxy in [&dynamodb, &s3] {
            proxy.calls();
            proxy.each(put, Fault::Reset);
        }
        let publish = publish.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let is_there = |proxy: &FaultProxy| proxy.calls().iter().any(|call| call.name.contains(put));
        let waiting = Instant::now();
        while !is_there(&dynamodb) && !is_there(&s3) {
            assert!(waiting.elapsed() < PATIENT, "nothing was put");
            std::thread::sleep(Duration::from_millis(10));
        }
        for proxy in [&dynamodb, &s3] {
            proxy.all(Fault::Reset);
        }
        std::thread::sleep(TROUBLE);
        let refused = [&dynamodb, &s3].map(|proxy| proxy.calls().len());
        for proxy in [&dynamodb, &s3] {
            proxy.mend();
        }
        let said = Said::of(put, publish.wait_with_output().unwrap());
        assert!(said.code == Some(0) && said.err.is_empty(), "{said:?}");
        let refused: usize = refused.iter().sum();
        assert!((1..20).contains(&refused), "it is patient, and does not storm: {refused}");
    }
    desk.done("check");
}
