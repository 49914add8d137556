//! What was published stays published, whatever becomes of the list.

use crate::desk::Desk;

const SAID: &str = "published, but the CDN will not know the new words until `edgehop known-words --push`";

#[test]
fn what_cannot_be_told_is_said_and_mended_later() {
    let desk = Desk::new();
    desk.publish("app", "1.0", "--channel prod");
    let file = desk.artifact("new-1.0");
    for (call, status, code, part) in [
        ("DescribeKeyValueStore", 403, "AccessDeniedException", "allow it in their policy"),
        ("ListKeys", 500, "InternalServerException", "ListKeys of kvs:arn:aws:cloudfront::"),
        ("UpdateKeys", 402, "ServiceQuotaExceededException", "ServiceQuotaExceededException"),
        ("DescribeKeyValueStore", 404, "ResourceNotFoundException", "take the stack's output KnownWordsArn"),
    ] {
        desk.edge.refuse(call, usize::MAX, status, code);
        let said = desk
            .run(&format!("publish new 1.{status} {file} --channel prod --allow-downgrade --attribute new{status}"));
        assert!(said.code == Some(1) && said.out.contains("published"), "{said:?}");
        assert!(said.err.lines().count() == 1 && said.err.contains(SAID) && said.err.contains(part), "{said:?}");
        assert!(!desk.edge.entries()["words"].contains(&format!(" attrnew{status} ")), "{said:?}");
        desk.edge.refuse("", 0, 200, "");
        let shown = desk.run("known-words");
        assert!(shown.code == Some(3) && shown.out.contains("+ attrnew") && shown.out.contains("--push"), "{shown:?}");
        desk.done("known-words --push");
        desk.check();
        assert!(desk.done("known-words").contains("knows the catalog's"));
    }
    assert!(desk.done("releases new").contains("1.404"));
}

/// A verb that fails may have written before, such as the first components of an import.
#[test]
fn a_verb_that_fails_tells_what_is_there() {
    let desk = Desk::new();
    desk.publish("app", "1.0", "--channel prod");
    desk.edge.put("words", " nothing ");
    let line = "channel set app prod 9.9";
    let failed = desk.run(line);
    assert!(failed.code == Some(1) && failed.err.contains("9.9") && !failed.err.contains("CDN"), "{failed:?}");
    desk.check();
    // And says so where it cannot; what failed first decides how it ends.
    desk.edge.put("words", " nothing ");
    desk.edge.refuse("UpdateKeys", usize::MAX, 402, "ServiceQuotaExceededException");
    let untold = desk.run(line);
    assert!(untold.code == Some(1) && untold.err.lines().count() == 1 && untold.err.contains("9.9"), "{untold:?}");
    assert!(untold.err.contains("known-words --push") && untold.err.contains("ServiceQuotaExceeded"), "{untold:?}");
}

#[test]
fn a_store_that_somebody_else_writes_to_is_tried_again() {
    let desk = Desk::new();
    desk.edge.race(3);
    desk.publish("app", "1.0", "--channel prod");
    desk.check();
    let updates = desk.edge.calls().into_iter().filter(|call| call == "UpdateKeys").count();
    assert_eq!(updates, 4);
}

#[test]
fn a_place_that_is_none_is_refused_before_anything_is_published() {
    let desk = Desk::new();
    let file = desk.artifact("app-1.0");
    let said = desk.run(&format!("publish app 1.0 {file} --known-words kvs:nothing"));
    assert!(said.code == Some(2) && said.err.contains("the output KnownWordsArn of the stack"), "{said:?}");
    assert!(!desk.data().exists());
    desk.publish("app", "1.0", "--channel prod");
    let output = desk.command("known-words").env_remove("EDGEHOP_KNOWN_WORDS").output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert!(err.contains("give --known-words kvs:ARN"), "{err}");
}
