use std::path::Path;

use aws::{Adoption, Inspected};
use bytes::Bytes;
use staging::{Digested, Digesting};
use store::StoreError;
use tokio::sync::mpsc;

use super::AdoptError;

/// Pieces of an object that wait for their digests, at most. S3's are some 10 KB.
const PIECES: usize = 64;

/// Reads an object once. Compressing takes a thread of its own, so that others can be read meanwhile.
pub(super) async fn digest(
    source: &Adoption,
    object: &str,
    work: &Path,
    progress: &impl Fn(u64),
) -> Result<(Inspected, Digested), AdoptError> {
    let mut reading = source.read(object).await?;
    let (sender, mut receiver) = mpsc::channel::<Bytes>(PIECES);
    let folder = work.to_owned();
    let digesting = tokio::task::spawn_blocking(move || {
        let mut digesting = Digesting::new(&folder)?;
        while let Some(piece) = receiver.blocking_recv() {
            digesting.take(&piece)?;
        }
        digesting.finish()
    });
    while let Some(piece) = reading.next().await? {
        progress(piece.len() as u64);
        // The other end says what is wrong.
        if sender.send(piece).await.is_err() {
            break;
        }
    }
    drop(sender);
    let digested = digesting.await.map_err(StoreError::artifacts)?;
    let digested = digested.map_err(|error| AdoptError::Write(work.display().to_string(), error))?;
    let inspected =
        Inspected { artifact: digested.artifact.clone(), etag: reading.etag.clone(), modified: reading.modified };
    Ok((inspected, digested))
}
