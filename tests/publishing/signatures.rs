//! Signatures that come with a document: each is verified against the bytes that are stored.

use std::fs;

use publishing::Document;
use resolver::catalog::{Artifact, Minisig, ObjectKey, Release, Signature, Statement};
use resolver::words::PublicKey;
use store::Artifacts as _;

use crate::content::Content;
use crate::edgehop::{DONE, FAILED, REFUSED};
use crate::imports::{document, import, part, refused};
use crate::place::{Place, published};
use crate::signer::Signer;
use crate::{now, wait};

const CONTENT: Content = Content { seed: 5, size: 50_000 };

#[test]
fn a_signed_release_of_bytes_that_are_there() {
    let (place, signer, artifact) = shelf();
    let minisig = signer.sign(&place.file(CONTENT), "app", "2");
    let done = import(&place, &with(&place, &artifact, signer.public(), &minisig), &["--apply"]);
    assert_eq!(done.code, Some(DONE), "{done:?}");
    wait(place.assert_whole("with its signature beside it"));
    let release = wait(place.component("app")).release(&"2".parse().unwrap()).unwrap().clone();
    assert_eq!(release.signature.as_ref().unwrap().minisig, minisig);
    let verified = place.edgehop().json(&["releases", "app"]);
    assert_eq!(verified["app"][1]["signature"]["key"], signer.public().to_string());
}

#[test]
fn a_signature_that_does_not_hold_is_refused() {
    let (place, signer, artifact) = shelf();
    let file = place.file(CONTENT);
    let good = signer.sign(&file, "app", "2");
    let stranger = Signer::new(place.path(), "stranger");
    let tampered = |from: &str, to: &str| -> Minisig {
        let text = good.as_str().replace(from, to);
        assert_ne!(text, good.as_str());
        text.parse().unwrap()
    };
    let swapped = {
        // The right comment and file under another signature of the same key.
        let other = signer.sign(&place.file(Content::new(6, 100)), "app", "2");
        let mut lines: Vec<&str> = good.as_str().lines().collect();
        lines[1] = other.as_str().lines().nth(1).unwrap();
        lines.join("\n").parse().unwrap()
    };
    let (statement, key) = (good.statement().unwrap(), signer.public());
    let expires = format!("expires:{}", statement.expires.unwrap());
    let cases: [(&str, Minisig, PublicKey, &str); 8] = [
        ("comment", tampered(&expires, "expires:never"), key, "does not hold"),
        ("minimum", tampered("minimum:any", "minimum:1"), key, "does not hold"),
        ("swapped", swapped, key, "does not hold"),
        ("stranger", stranger.sign(&file, "app", "2"), stranger.public(), "is unknown: no release of app trusts it"),
        ("key", good.clone(), stranger.public(), "the signature is by key"),
        ("component", signer.sign(&file, "other", "2"), key, "is for component other, not app"),
        ("version", signer.sign(&file, "app", "2.0"), key, "is for version 2.0, not 2"),
        ("file", signer.sign(&place.file(Content::new(6, 100)), "app", "2"), key, "is for a file of 100 bytes"),
    ];
    for (what, minisig, key, said) in cases {
        let mut document = with(&place, &artifact, key, &minisig);
        if what == "stranger" {
            let trusted = [signer.public()].into();
            part(&mut document, "app").releases.iter_mut().for_each(|release| release.trusts = Clone::clone(&trusted));
        }
        refused(&place, &document, FAILED, &["the signature of app 2", said]);
        let beside = wait(place.stores.artifacts.signature(&artifact.sha256)).unwrap();
        assert_eq!(beside, None, "{what}: nothing is served that was refused");
    }
}

/// The record is right, the statement is right, and the bytes have changed on the disk.
#[test]
fn the_stored_bytes_are_what_is_verified() {
    let (place, signer, artifact) = shelf();
    let minisig = signer.sign(&place.file(CONTENT), "app", "2");
    let path = place.stores.artifacts.path(&ObjectKey::Blob(artifact.sha256));
    let mut bytes = fs::read(&path).unwrap();
    bytes[777] ^= 1;
    fs::write(&path, &bytes).unwrap();
    refused(
        &place,
        &with(&place, &artifact, signer.public(), &minisig),
        FAILED,
        &["app 2", "are not as its record says"],
    );
    bytes[777] ^= 1;
    fs::write(&path, &bytes).unwrap();
    assert_eq!(import(&place, &with(&place, &artifact, signer.public(), &minisig), &["--apply"]).code, Some(DONE));
}

#[test]
fn a_signature_that_expired_is_refused() {
    let (place, signer, artifact) = shelf();
    let said = |statement: Statement| Statement { expires: Some(now()), ..statement };
    let minisig = signer.sign_as(&place.file(CONTENT), "app", "2", said);
    refused(&place, &with(&place, &artifact, signer.public(), &minisig), FAILED, &["the signature expired at"]);
}

#[test]
fn a_range_below_the_signed_minimum_is_refused() {
    let (place, signer, artifact) = shelf();
    let file = place.file(CONTENT);
    let minisig = signer.sign_above(&file, "app", "2", Some("1.5"));
    // As it should be: publishing refuses it.
    let mut publication = place.publication("app", "2", CONTENT);
    publication.terms.signature = Some(minisig.clone());
    publication.terms.trusts = Some([signer.public()].into());
    publication.terms.from = Some(">=1".parse().unwrap());
    wait(published(&place.stores, publication.clone())).unwrap_err();

    let imported = import(&place, &with(&place, &artifact, signer.public(), &minisig), &[]);
    publication.terms.from = None;
    wait(published(&place.stores, publication.clone())).unwrap();
    publication.terms.signature = None;
    publication.terms.from = Some(">=1".parse().unwrap());
    let widened = wait(published(&place.stores, publication));
    assert_eq!((imported.code, widened.is_ok()), (Some(REFUSED), false), "{imported:?}");
}

/// A component with a release; a key; bytes that are in the store under another component.
fn shelf() -> (Place, Signer, Artifact) {
    let place = Place::quick();
    wait(place.publish("app", "1", Content::new(1, 9_000)));
    let artifact = wait(place.publish("shelf", "1", CONTENT)).release.artifact;
    let signer = Signer::new(place.path(), "k");
    (place, signer, artifact)
}

/// The catalog with one more release, which is signed and trusts its key.
fn with(place: &Place, artifact: &Artifact, key: PublicKey, minisig: &Minisig) -> Document {
    let mut document = wait(document(place, "app"));
    let mut release = Release::new("2".parse().unwrap(), artifact.clone(), now());
    release.signature = Some(Signature { key, minisig: minisig.clone() });
    release.trusts = [key].into();
    part(&mut document, "app").releases.push(release);
    document
}
