//! Edits that would strand devices, or that are about what is not there.

use crate::desk::{Desk, NEVER};

/// `mod` 1.0, 2.0 (a barrier) and 3.0, with `prod` at 3.0.
fn desk() -> Desk {
    let desk = Desk::new();
    desk.publish("mod", "1.0", "");
    desk.publish("mod", "2.0", "--barrier 'moves the partition table'");
    desk.publish("mod", "3.0", "--channel prod");
    desk.artifact("new.bin");
    desk
}

#[test]
fn a_range_that_leads_in_a_circle_is_refused() {
    let desk = desk();
    for (version, from, also) in
        [("2.5", ">=3.0", "a circle"), ("4.0", ">=4.0", "a circle"), ("1.5", "=2.0", "a circle")]
    {
        let parts = [version, from, "nothing older than itself lies there", also];
        desk.refused(&format!("publish mod {version} new.bin --from '{from}'"), 3, &parts);
    }
    // To a release that is there, too.
    desk.refused("publish mod 2.0 mod-2.0.bin --from '>=3.0'", 3, &["2.0 is installed over >=3.0", "a circle"]);
}

#[test]
fn a_floor_above_its_own_release_is_refused() {
    let desk = desk();
    let parts = ["2.5 cannot have the floor 3.0, which is above itself", "lower it"];
    desk.refused("publish mod 2.5 new.bin --floor 3.0", 3, &parts);
    desk.done("publish mod 2.5 new.bin --floor 2.5.0");
}

#[test]
fn a_channel_that_strands_is_refused() {
    let desk = desk();
    let gap = ["mod stays as it is", "3.0 is stranded on prod", "over >=3.5, not over 3.0", "--force '<reason>'"];
    desk.refused("publish mod 4.0 new.bin --from '>=3.5' --channel prod", 3, &gap);
    let dead = ["prod points at 4.0, which no device is given", "dead end", "no radio driver"];
    desk.refused("publish mod 4.0 new.bin --dead-end 'no radio driver' --channel prod", 3, &dead);
    // Neither is there: bytes of a refused release are in nobody's way.
    desk.done("publish mod 4.0 new.bin --channel prod");
}

#[test]
fn channels_point_at_what_is_published() {
    let desk = desk();
    desk.publish("bare", "1.0", "");
    let missing = ["channel prod of mod cannot point at 9.9", "which is not published", "publish it first"];
    desk.refused("channel set mod prod 9.9", 1, &missing);
    desk.refused("channel set mod prod 9.9 --force 'it must be'", 1, &missing);
    desk.refused("channel set mod prod 3.00", 1, &["cannot point at 3.00"]);
    desk.refused("channel set nobody prod 1.0", 1, &["channel prod of nobody cannot point at 1.0", "publish it first"]);
    desk.refused("channel set mod beta", 1, &["mod has no channel beta", "give the version"]);
    for verb in ["show", "remove"] {
        desk.refused(&format!("channel {verb} mod beta"), 1, &["mod has no channel beta", "it has prod"]);
        desk.refused(&format!("channel {verb} bare beta"), 1, &["bare has no channel beta: it has none"]);
    }
    for verb in [
        "channel show nobody",
        "channel remove nobody prod",
        "yank nobody 1.0 --reason x",
        "releases nobody",
        "check nobody",
        "graph nobody",
        "export nobody",
        "export mod nobody",
    ] {
        desk.refused(verb, 1, &["nobody is not published: there is bare, mod"]);
    }
}

#[test]
fn what_is_withdrawn_must_be_there_and_spare() {
    let desk = desk();
    for line in ["yank mod 9.9 --reason x", "yank mod 3.00 --reason x"] {
        desk.refused(line, 1, &["is not published", "`edgehop releases "]);
    }
    let target = ["prod points at 3.0, which no device is given", "withdrawn: drains the battery"];
    desk.refused("yank mod 3.0 --reason 'drains the battery'", 3, &target);
    let barrier = ["1.0 is stranded on prod", "2.0 must be installed before", "2.0 was withdrawn"];
    desk.refused("yank mod 2.0 --reason 'drains the battery'", 3, &barrier);
    for by in ["9.9", "1.0", "2.0", "3.0"] {
        let parts = [&format!("2.0 is superseded by {by}"), "not a later barrier"];
        desk.refused(&format!("yank mod 2.0 --reason x --superseded-by {by}"), 3, &parts);
    }
    // With a later barrier it may go.
    desk.publish("mod", "2.1", "--barrier 'moves the partition table, and keeps the radio'");
    desk.done("yank mod 2.0 --reason x --superseded-by 2.1");
    desk.done("check");
}

/// Sixteen classes of each of three facts are as many as are proven; one more of any is refused.
#[test]
fn too_many_combinations_of_facts_are_refused() {
    let desk = desk();
    let rules = |fact: char, most: usize| (1..=most).map(move |rev| format!("--requires 'hw.{fact}>={rev}' "));
    let all = |least: usize| -> String { ['a', 'b', 'c'].into_iter().flat_map(|fact| rules(fact, least)).collect() };
    desk.publish("board", "1.0", &all(15));
    desk.artifact("board.bin");
    let parts =
        ["4352 combinations of facts apart", "4096 at most can be proven", "require fewer different values", NEVER];
    desk.refused("publish board 2.0 board.bin --requires 'hw.c>=16'", 3, &parts);
    desk.refused(
        &format!("publish board 2.0 board.bin --channel prod {}", rules('b', 16).collect::<String>()),
        3,
        &parts,
    );
    desk.done("publish board 2.0 board.bin --requires 'hw.c>=15' --channel prod");
    assert_eq!(desk.json("check board")["board"]["problems"].as_array().unwrap().len(), 0);
}

/// A path that was forced does not stand in the way of what has nothing to do with it.
#[test]
fn only_what_an_edit_makes_worse_counts() {
    let desk = Desk::new();
    desk.publish("mod", "1.0", "");
    desk.publish("mod", "2.0", "--from '=1.5' --channel prod --force 'nobody runs 1.0'");
    desk.publish("mod", "3.0", "--requires 'hw.rev=3'");
}
