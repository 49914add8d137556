use std::io::Write as _;
use std::path::PathBuf;

use futures_util::TryStreamExt as _;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use resolver::catalog::{Component, Edit, ObjectKey, Release};
use resolver::words::Timestamp;
use store::{Artifacts, Catalog, StoreError};

use crate::guard::{Refused, guard};
use crate::publish::{Pointer, Publication, PublishError, Terms, publish};
use open::Stores;

/// Size of a sample artifact in bytes, unless the operator says otherwise. The AWS sample's are ten times that.
pub const DEFAULT_SAMPLE_SIZE: u64 = 1 << 20;

/// Noise and text alternate in stretches of this size, in bytes.
const STRETCH: usize = 16 * 1024;

/// One release of the sample data, and the channel that points at it.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// The component.
    pub component: &'static str,
    /// The version.
    pub version: &'static str,
    /// The channel, if one points here.
    pub channel: Option<&'static str>,
    /// The attributes that want the component on that channel.
    pub attributes: &'static [&'static str],
    /// Why older devices must pass through it, if they must.
    pub barrier: Option<&'static str>,
}

/// Why the sample data could not be put into the stores. Trying again goes on where it stopped.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    /// A release could not be published.
    #[error("cannot publish the sample release {release}")]
    Publish {
        /// Component and version.
        release: String,
        /// Why.
        source: PublishError,
    },
    /// A store could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Releases of the operator's own need what would go.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// A sample artifact could not be written.
    #[error("cannot write a sample artifact into {0}")]
    Write(String, #[source] std::io::Error),
}

/// The AWS sample's nine items, and a module that must pass through its second release to its third.
const SAMPLES: [Sample; 12] = [
    sample("os_armv8", "2.0.0", Some("beta"), &[]),
    sample("os_armv8", "1.1.0", Some("prod"), &[]),
    sample("os_armv7", "2.0.0", Some("beta"), &[]),
    sample("os_armv7", "1.0.0", Some("prod"), &[]),
    sample("scoreboard", "2.0.0", Some("beta"), &["gamer"]),
    sample("scoreboard", "1.0.0", Some("prod"), &["gamer"]),
    sample("videoStreamer", "0.1.2", Some("beta"), &["camera"]),
    sample("videoStreamer", "0.0.1", Some("prod"), &["camera", "gamer"]),
    sample("modemFW", "1.0", Some("prod"), &["cellular"]),
    sample("ipModule", "5.6.14", None, &[]),
    Sample { barrier: Some("moves TURN to MQTT"), ..sample("ipModule", "5.6.30", None, &[]) },
    sample("ipModule", "6.15.008", Some("prod"), &[]),
];

const fn sample(
    component: &'static str,
    version: &'static str,
    channel: Option<&'static str>,
    attributes: &'static [&'static str],
) -> Sample {
    Sample { component, version, channel, attributes, barrier: None }
}

/// Publishes the sample data: artifacts of `size` bytes, the same on every machine. What is there already stays.
pub async fn samples<C: Catalog, A: Artifacts>(
    stores: &Stores<C, A>,
    size: u64,
    now: Timestamp,
) -> Result<Vec<(Sample, Release)>, SampleError> {
    let work = &stores.work;
    let mut published = Vec::new();
    for sample in SAMPLES {
        let io = |error| SampleError::Write(work.display().to_string(), error);
        let mut file = tempfile::NamedTempFile::new_in(work).map_err(io)?;
        write(&sample, size, file.as_file_mut()).map_err(io)?;
        let mut publication = sample.publication(file.path().to_owned());
        let there = stores.component(&publication.component).await?.channels;
        // There is such a channel: whatever it says is somebody's decision.
        publication.channel = publication.channel.filter(|pointer| !there.contains_key(&pointer.name));
        let release = format!("{} {}", publication.component, publication.version);
        let done = publish(stores, publication, now, |_| ()).await;
        published.push((sample, done.map_err(|source| SampleError::Publish { release, source })?.release));
    }
    Ok(published)
}

/// Returns true if the catalog has sample data: made-up bytes in place of firmware.
pub async fn has_samples<C: Catalog, A: Artifacts>(stores: &Stores<C, A>) -> Result<bool, StoreError> {
    for sample in SAMPLES {
        let component = stores.component(&sample.publication(PathBuf::new()).component).await?;
        if sample.made(&component, &stores.artifacts).await?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Removes the sample data from the catalog, with the channels that point at it. Releases with other bytes stay, even those
/// named as a sample is. The removed bytes are garbage from then on.
pub async fn remove_samples<C: Catalog, A: Artifacts>(
    stores: &Stores<C, A>,
    now: Timestamp,
) -> Result<Vec<(Sample, Release)>, SampleError> {
    let mut removed = Vec::new();
    for of_one in SAMPLES.chunk_by(|one, next| one.component == next.component) {
        let Some(first) = of_one.first() else { continue };
        let before = stores.component(&first.publication(PathBuf::new()).component).await?;
        let mut edit = Edit::default();
        for sample in of_one {
            if let Some(release) = sample.made(&before, &stores.artifacts).await? {
                edit.forgotten.insert(release.version.clone());
                removed.push((*sample, release));
            }
        }
        let pointing = before.channels.iter().filter(|(_, channel)| edit.forgotten.contains(&channel.target));
        edit.channels = pointing.map(|(name, _)| (name.clone(), None)).collect();
        guard(&before, &mut edit, None, now)?;
        if !edit.is_empty() {
            stores.catalog.commit(&before.name, before.revision, &edit).await?;
        }
    }
    Ok(removed)
}

impl Sample {
    /// Returns the release of this name if its bytes are the sample's: of every size, they begin alike.
    async fn made(&self, component: &Component, artifacts: &impl Artifacts) -> Result<Option<Release>, StoreError> {
        let Some(release) = self.version.parse().ok().and_then(|version| component.release(&version)) else {
            return Ok(None);
        };
        let beginning = release.artifact.size.min(STRETCH as u64);
        let opened = match artifacts.read(&ObjectKey::Blob(release.artifact.sha256), 0..beginning).await {
            Err(StoreError::Missing(_) | StoreError::Cold(_)) => return Ok(None),
            opened => opened?,
        };
        let there = opened.bytes.try_fold(Vec::new(), |mut bytes, piece| async move {
            bytes.extend_from_slice(&piece);
            Ok(bytes)
        });
        let mut expected = Vec::new();
        write(self, beginning, &mut expected).map_err(StoreError::artifacts)?;
        Ok((beginning > 0 && there.await? == expected).then(|| Release::clone(release)))
    }

    #[expect(clippy::expect_used, reason = "the table's words are words of their kind, which a test checks")]
    fn publication(&self, file: PathBuf) -> Publication {
        let attributes = self.attributes.iter().map(|word| word.parse().expect("an attribute")).collect();
        let channel = self.channel.map(|name| Pointer {
            name: name.parse().expect("a channel"),
            attributes: Some(attributes),
            allow_downgrade: None,
        });
        Publication {
            component: self.component.parse().expect("a name"),
            version: self.version.parse().expect("a version"),
            file,
            terms: Terms { barrier: self.barrier.map(|why| why.parse().expect("a reason")), ..Terms::default() },
            channel,
            force: None,
        }
    }
}

/// Noise and text in turn, so that half of it compresses. A modem's firmware is encrypted: nothing of it does.
fn write(sample: &Sample, size: u64, out: impl std::io::Write) -> std::io::Result<()> {
    use sha2::Digest as _;
    let name = format!("{} {}", sample.component, sample.version);
    let mut noise = ChaCha8Rng::from_seed(sha2::Sha256::digest(&name).into());
    let text: Vec<u8> = format!("{name}\n").into_bytes().into_iter().cycle().take(STRETCH).collect();
    let mut random = vec![0; STRETCH];
    let mut out = std::io::BufWriter::new(out);
    let (mut left, mut is_noise) = (size, true);
    while left > 0 {
        let piece = (left.min(STRETCH as u64)) as usize;
        if is_noise || sample.component == "modemFW" {
            noise.fill_bytes(&mut random);
            out.write_all(&random[..piece])?;
        } else {
            out.write_all(&text[..piece])?;
        }
        is_noise = !is_noise;
        left -= piece as u64;
    }
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_holds_names_only() {
        for sample in SAMPLES {
            sample.publication(PathBuf::new());
        }
    }
}
