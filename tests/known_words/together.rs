//! Two operators at once, and one who is killed.

use std::time::Duration;

use crate::desk::Desk;

#[test]
fn two_operators_lose_no_word_of_each_other() {
    let desk = Desk::new();
    desk.publish("first", "1", "--channel prod");
    for round in 0..8 {
        let files = [0, 1, 2].map(|who| desk.artifact(&format!("file-{round}-{who}")));
        let line = |who: usize| {
            format!("publish part{round}x{who} 1 {} --channel prod --attribute a{round}x{who}", files[who])
        };
        let all = [0, 1, 2].map(|who| desk.start(&line(who)));
        for mut one in all {
            assert!(one.wait().unwrap().success());
        }
        desk.check();
    }
}

/// One takes the last use of a word away, and is held up on the way to the list. Another uses the word again meanwhile,
/// and finds it on the list, so there is nothing to write.
#[test]
fn a_word_that_comes_back_while_it_is_taken_away_is_known() {
    let desk = Desk::new();
    desk.publish("first", "1", "--channel prod --attribute gamer");
    desk.publish("second", "1", "--channel prod");
    let held = desk.edge.hold(0);
    let mut one = desk.start("channel set first prod 1 --no-attributes");
    held.came();
    desk.edge.history();
    desk.done("channel set second prod 1 --attribute gamer");
    assert_eq!(desk.edge.history().len(), 0, "there is nothing to write");
    held.goes();
    assert!(one.wait().unwrap().success());
    desk.check();
    assert!(desk.edge.entries()["words"].contains(" attrgamer "));
}

#[test]
fn whoever_is_killed_leaves_a_list_that_the_next_one_mends() {
    let desk = Desk::new();
    desk.publish("first", "1", "--channel prod");
    for round in 0..12 {
        let file = desk.artifact(&format!("file-{round}"));
        let mut one = desk.start(&format!("publish part{round} 1 {file} --channel prod --attribute a{round}"));
        std::thread::sleep(Duration::from_millis(8 * round));
        one.kill().unwrap();
        one.wait().unwrap();
        // What is written is one list or the other, never half of one.
        let first = desk.edge.entries()["words"].clone();
        assert!(first.contains(" first "), "{first}");
        desk.done("known-words --push");
        desk.check();
    }
}
