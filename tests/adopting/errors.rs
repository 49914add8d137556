//! What stops an adoption is said in one line, and changes nothing for devices.

use edgehop_tests::fault_proxy::Fault;

use crate::place::{Place, SIZE};

#[test]
fn what_is_not_there() {
    let place = Place::filled();
    let (table, bucket) = (&place.cloud.table, &place.cloud.bucket);
    let said = place.run(&format!("adopt --table nowhere --bucket {bucket} --yes"));
    said.check_failure(&["cannot adopt dynamodb:nowhere", "there is no such table in this region"]);
    let said = place.run(&format!("adopt --table {table} --bucket nowhere --yes"));
    said.check_failure(&["cannot adopt dynamodb:", "s3:nowhere", "there is no such bucket"]);
    let empty = Place::empty();
    let before = empty.cloud.content();
    let said = empty.run(&format!("{} --yes", empty.adopt()));
    said.check_failure(&["there is no item of the AWS sample's in the table"]);
    assert_eq!(empty.cloud.content(), before);
    // Once it was adopted, everything would be looked for in that folder.
    let mut folder = Place::filled();
    for (name, value) in &mut folder.environment {
        if name == "EDGEHOP_ARTIFACTS" {
            value.push_str("/fleet");
        }
    }
    let said = folder.run("releases");
    said.check_failure(&["the AWS sample's init script filled it", "without a prefix"]);
    folder.adopted();
    folder.done("releases");
    for (line, part) in [
        ("adopt", "<STACK>"),
        ("adopt --table some-table", "<STACK>"),
        ("adopt --table a --bucket some-bucket", "3 to 255 of"),
        ("adopt --table some-table --bucket some/where", "a bucket's name alone"),
    ] {
        let said = place.run(line);
        assert!(said.code == Some(2) && said.err.contains(part), "{said:?}");
    }
}

#[test]
fn what_one_may_not_do() {
    let (place, dynamodb, s3) = Place::behind();
    let (before, told) = (place.cloud.content(), place.told().0);
    let denied = "<Error><Code>AccessDenied</Code><Message>as told</Message></Error>".to_owned();
    let denied = Fault::Answer { status: "403 Forbidden", body: denied };
    for (call, begins) in [("Scan", false), ("Query", false), ("PutItem", false), ("TransactWriteItems", true)] {
        dynamodb.each(call, Fault::dynamodb("AccessDeniedException"));
        let said = place.run(&format!("{} --yes", place.adopt()));
        said.check_failure(&["cannot adopt", "AccessDeniedException", "allow it in their policy"]);
        dynamodb.mend();
        assert_eq!(place.cloud.content().items.len() > before.items.len(), begins, "{call}");
        assert_eq!(place.told(), (told.clone(), false), "{call}");
    }
    for call in ["HEAD", "GET", "COPY"] {
        let fault = match call {
            "HEAD" => Fault::Answer { status: "403 Forbidden", body: String::new() },
            _ => denied.clone(),
        };
        let part = match call {
            // A copy is a PUT of the artifact.
            "COPY" => format!("PUT /{}/blobs/", place.cloud.bucket),
            _ => format!("{call} /{}", place.cloud.bucket),
        };
        s3.each(&part, fault);
        let said = place.run(&format!("{} --yes", place.adopt()));
        said.check_failure(&["cannot adopt", "may not do this: allow it in their policy"]);
        s3.mend();
        assert_eq!(place.told(), (told.clone(), false), "{call}");
    }
    place.adopted();
    place.check_kept(&before);
    assert_eq!(place.told(), (told, true));
}

/// A transfer that breaks off is gone on with where it stopped.
#[test]
fn a_transfer_that_breaks_off_is_gone_on_with() {
    let (place, _dynamodb, s3) = Place::behind();
    place.add_noise("large", "prod", "1", 700);
    let told = place.told().0;
    s3.first(3, &format!("GET /{}/modemFW_1.0", place.cloud.bucket), Fault::Cut(SIZE / 4));
    place.adopted();
    assert_eq!(place.told(), (told, true));
    let calls = s3.calls();
    let gets = calls.iter().filter(|call| call.name.starts_with("GET") && call.name.contains("modemFW_1.0")).count();
    assert!(gets >= 4, "{gets}");
}
