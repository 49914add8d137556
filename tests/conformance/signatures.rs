//! What every artifact store does with the text that vouches for an artifact.

use std::sync::Arc;

use resolver::catalog::ObjectKey;
use resolver::words::Sha256;
use store::Artifacts;

use crate::suite::Place;
use crate::words::{Object, noise, signature};

macro_rules! suite {
    ($place:ty) => {
        $crate::suite::tests! { signatures, $place:
            there_is_none_at_first
            a_signature_is_read_back_as_it_was
            the_last_signature_counts
            a_signature_is_no_object
            many_who_put_signatures_at_once_leave_one_whole
        }
    };
}
pub(crate) use suite;

pub(crate) async fn there_is_none_at_first(place: &impl Place) {
    let artifacts = place.artifacts().await;
    let object = Object::new(noise(1000, 1));
    let artifact = object.blob().sha256();
    assert_eq!(artifacts.signature(&artifact).await.unwrap(), None);
    artifacts.put(&object.blob(), &object.file, &object.md5()).await.unwrap();
    assert_eq!(artifacts.signature(&artifact).await.unwrap(), None, "of an artifact that nobody signed");
    artifacts.put_signature(&artifact, "text").await.unwrap();
    assert_eq!(artifacts.signature(&Sha256::of(b"another")).await.unwrap(), None);
}

/// Byte for byte: the text is handed to whoever verifies it.
pub(crate) async fn a_signature_is_read_back_as_it_was(place: &impl Place) {
    let artifacts = place.artifacts().await;
    let minisig = signature().minisig;
    let texts = [minisig.as_str(), "", "no line end", "\r\nline ends\r\n\n", "\u{feff}漢字\0\t", &"long ".repeat(9999)];
    for (index, text) in texts.into_iter().enumerate() {
        // The artifact need not be there: bytes first or signature first, a publisher may stop in between.
        let artifact = Sha256::of(&[index as u8]);
        artifacts.put_signature(&artifact, text).await.unwrap();
        for handle in [&artifacts, &place.artifacts().await] {
            assert_eq!(handle.signature(&artifact).await.unwrap().as_deref(), Some(text));
        }
    }
}

pub(crate) async fn the_last_signature_counts(place: &impl Place) {
    let (artifacts, again) = (place.artifacts().await, place.artifacts().await);
    let object = Object::new(noise(1000, 1));
    let artifact = object.blob().sha256();
    artifacts.put(&object.blob(), &object.file, &object.md5()).await.unwrap();
    for text in ["a first one, long", "short", "another one, by another key", "another one, by another key"] {
        artifacts.put_signature(&artifact, text).await.unwrap();
        assert_eq!(again.signature(&artifact).await.unwrap().as_deref(), Some(text));
    }
    // Putting the bytes again does not take it away.
    again.put(&object.blob(), &object.file, &object.md5()).await.unwrap();
    assert_eq!(artifacts.signature(&artifact).await.unwrap().as_deref(), Some("another one, by another key"));
}

pub(crate) async fn a_signature_is_no_object(place: &impl Place) {
    let artifacts = place.artifacts().await;
    let artifact = Sha256::of(b"signed");
    artifacts.put_signature(&artifact, "text").await.unwrap();
    for key in [ObjectKey::Blob(artifact), ObjectKey::Fragment(artifact)] {
        assert_eq!(artifacts.stat(&key).await.unwrap(), None);
        assert!(artifacts.read(&key, 0..1).await.is_err());
    }
    assert!(artifacts.list().await.unwrap().is_empty());
}

pub(crate) async fn many_who_put_signatures_at_once_leave_one_whole<P: Place>(place: &P) {
    let handles = [Arc::new(place.artifacts().await), Arc::new(place.artifacts().await)];
    let artifact = Sha256::of(b"signed");
    let texts: Vec<_> = (1..=8).map(|writer| writer.to_string().repeat(writer * 10_000)).collect();
    let writers: Vec<_> = (0..8)
        .map(|writer: usize| {
            let (artifacts, text) = (Arc::clone(&handles[writer % 2]), texts[writer].clone());
            tokio::spawn(async move { artifacts.put_signature(&artifact, &text).await })
        })
        .collect();
    // Whoever looks meanwhile sees one of them, or none yet.
    while !writers.iter().all(|writer| writer.is_finished()) {
        let seen = handles[0].signature(&artifact).await.unwrap();
        assert!(seen.is_none_or(|seen| texts.contains(&seen)));
        tokio::task::yield_now().await;
    }
    for writer in writers {
        writer.await.unwrap().unwrap();
    }
    assert!(texts.contains(&handles[1].signature(&artifact).await.unwrap().unwrap()));
}
