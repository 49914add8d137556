//! From the sample's own table to a deployment's: what is said, what changes, and what devices see of it.

use edgehop_tests::client::{Response, get};
use edgehop_tests::sample::{GAMER, members};
use edgehop_tests::server::Server;
use resolver::catalog::{Artifact, ObjectKey};
use store::{Artifacts as _, Either};

use edgehop_tests::cloud::wait;

use crate::place::{Place, SIZE};

/// Every kind of question that the sample data answers, in the words of both.
const QUESTIONS: [&str; 12] = [
    GAMER,
    "/package?cpuArch=armv8",
    "/package?cpuArch=armv7&os=beta",
    "/package?cpuArch=armv9",
    "/package?cpuArch=armv8&attrCamera=beta&payloadType=metadataOnly",
    "/package?videoStreamer=prod",
    "/package?videostreamer=BETA&payloadType=metadataOnly",
    "/package?attrCellular=prod&payloadType=metadataOnly",
    "/package?scoreboard=prod&installed=scoreboard@2.0.0",
    "/package?scoreboard=beta&installed=scoreboard@1.0.0",
    "/package?texts=prod&payloadType=metadataOnly",
    "/package?nothing=prod",
];

/// Status, entity tag, and the bytes.
fn answers(server: &Server) -> Vec<(&'static str, u16, Option<String>, Vec<u8>)> {
    let answer = |target| {
        let Response { status, body, headers, .. } = get(server.address(), target, &[]);
        let etag = headers.into_iter().find(|(name, _)| name == "etag").map(|(_, value)| value);
        (target, status, etag, body)
    };
    QUESTIONS.into_iter().map(answer).collect()
}

#[test]
fn devices_get_the_same_answers_and_nothing_of_the_samples_changes() {
    let place = Place::filled();
    // One that compresses: its package becomes smaller, and its bytes are other ones.
    let text = b"a line that is repeated\n".repeat(2000);
    place.add("texts", "prod", "1", &text);
    let before = place.cloud.content();
    let server = place.serve();
    let (answers_before, texts_before) = (answers(&server), get(server.address(), "/package?texts=prod", &[]));
    drop(server);
    let (told_before, is_own) = place.told();
    assert!(!is_own);

    // Nothing happens without a yes.
    let plan = place.done(&place.adopt());
    for part in [
        "videoStreamer\n  + release 0.0.1: 20000 bytes\n",
        "  + channel prod: points at 0.0.1, wanted by camera, gamer\n",
        &format!("to adopt: 6 components, 10 releases, 10 channels; {} bytes to read", 9 * SIZE + text.len()),
        "nothing was changed: --yes does it",
    ] {
        assert!(plan.contains(part), "{part:?} is not in {plan}");
    }
    assert!(!plan.contains("edgehop init"), "{plan}");
    assert_eq!(place.cloud.content(), before);

    let said = place.done(&format!("{} --yes --region us-east-1", place.adopt()));
    let (table, bucket) = (&place.cloud.table, &place.cloud.bucket);
    for part in [
        "adopted: 6 components, 10 releases, 10 channels",
        &format!(
            "edgehop init NEWSTACK --create --code ZIP --parameter ExistingTable={table} --parameter \
             ExistingBucket={bucket} --region us-east-1\n"
        ),
    ] {
        assert!(said.contains(part), "{part:?} is not in {said}");
    }
    place.check_kept(&before);
    assert_eq!(place.told(), (told_before, true));
    let server = place.serve();
    for (before, after) in answers_before.into_iter().zip(answers(&server)) {
        assert!(before == after, "{}: {} {:?}, then {} {:?}", before.0, before.1, before.2, after.1, after.2);
    }
    let texts = get(server.address(), "/package?texts=prod", &[]);
    assert_eq!(members(&texts.body), members(&texts_before.body));
    assert!(texts.body.len() < texts_before.body.len() / 10, "it has a fragment now");
    drop(server);

    // What the bucket has in addition: an artifact an object, and one fragment, for noise is not worth one.
    let adopted = place.cloud.content();
    let count = |folder| adopted.objects.keys().filter(|name| name.starts_with(folder)).count();
    assert_eq!((count("blobs/"), count("fragments/"), adopted.objects.len()), (10, 1, 21));

    // Once more, there is nothing to do.
    let again = place.done(&format!("{} --yes", place.adopt()));
    assert!(again.starts_with("nothing to adopt: all that can be is published already"), "{again}");
    assert_eq!(place.cloud.content(), adopted);
}

/// An artifact of the sample's is as if edgehop had put it there: the CDN serves it as it is.
#[test]
fn artifacts_say_what_the_cdn_needs() {
    let place = Place::filled();
    place.adopted();
    wait(async {
        let clients = edgehop_tests::cloud::patient_clients().await;
        let (catalog, artifacts) = place.open().await;
        let Either::Left(artifacts) = artifacts else { panic!("it is edgehop's") };
        let component = store::Catalog::component(&catalog, &"modemfw".parse().unwrap()).await.unwrap().unwrap();
        let Artifact { sha256, md5, size, .. } = component.releases()[0].artifact;
        let blob = ObjectKey::Blob(sha256);
        let stat = artifacts.stat(&blob).await.unwrap().unwrap();
        assert_eq!((stat.size, stat.md5), (size, md5));
        let head = clients.s3.head_object().bucket(&place.cloud.bucket).key(blob.to_string()).send().await.unwrap();
        assert_eq!(head.content_type(), Some("application/octet-stream"));
        assert_eq!(head.cache_control(), Some("public, max-age=31536000, immutable"));
    });
}
