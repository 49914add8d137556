//! After every verb that writes, the list is what the catalog comes to.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::desk::Desk;

#[test]
fn every_verb_that_writes_keeps_the_list_current() {
    let desk = Desk::new();
    desk.edge.put("other", "somebody else's");
    let file = desk.artifact("app-1.0");
    for line in [
        &*format!("publish app 1.0 {file} --channel prod --attribute gamer --requires hw.rev>=3"),
        "sample --sample-size 2000",
        "channel set app beta 1.0 --attribute cellular",
        "channel remove app beta",
        "yank app 1.0 --reason broken --force known",
    ] {
        desk.edge.history();
        desk.done(line);
        desk.check();
    }
    let exported = desk.artifact("catalog.toml");
    desk.done(&format!("export --output {exported}"));
    desk.done("channel set scoreboard qa 2.0.0 --attribute tester");
    desk.check();
    desk.done(&format!("import {exported} --apply"));
    desk.check();
    assert!(desk.edge.entries()["words"].contains(" attrgamer ") && desk.edge.entries().contains_key("other"));
    assert!(!desk.edge.entries()["words"].contains(" attrtester "));

    // Who only looks asks nobody.
    desk.edge.calls();
    for line in ["channel show", "releases", "check scoreboard", "export", "gc"] {
        desk.done(line);
    }
    assert_eq!(desk.edge.calls(), [""; 0]);
    // And where nothing differs nothing is written.
    desk.done("channel set scoreboard prod 1.0.0");
    assert!(!desk.edge.calls().contains(&"UpdateKeys".to_owned()));
}

#[test]
fn any_series_of_writes_ends_with_the_right_list() {
    let seed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().subsec_nanos();
    eprintln!("seed {seed}");
    let mut state = u64::from(seed) | 1;
    let mut draw = |count: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 20) % count
    };
    let desk = Desk::new();
    desk.publish("part0", "1", "--channel prod");
    for round in 0..30 {
        let (part, line) = (draw(6), ["prod", "beta", "qa"][draw(3) as usize]);
        let attribute = ["gamer", "camera", "cellular"][draw(3) as usize];
        let file = desk.artifact(&format!("file-{round}"));
        let line = match draw(4) {
            0 => format!("channel remove part{part} {line} --force known"),
            1 => format!("channel set part{part} {line} --no-attributes --force known"),
            _ => format!(
                "publish part{part} {} {file} --channel {line} --attribute {attribute} --requires hw.f{}=1 --force known",
                round + 2,
                draw(3)
            ),
        };
        // What is not there cannot be removed: that is an answer, too.
        let said = desk.run(&line);
        if said.code == Some(0) {
            desk.check();
        }
    }
}
