use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use resolver::catalog::{Channel, Release};
use resolver::words::{ChannelName, ComponentName, Timestamp, Version};
use store::{Artifacts, Catalog, PublishError, StoreError};

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
    /// A channel could not be set.
    #[error("cannot set a channel of the sample component {component}")]
    Channel {
        /// The component.
        component: String,
        /// Why.
        source: StoreError,
    },
    /// A sample artifact could not be written.
    #[error("cannot write a sample artifact into {0}")]
    Write(String, #[source] std::io::Error),
}

/// The AWS sample's nine items, and a module whose first two releases no channel points at any more.
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
    sample("ipModule", "5.6.30", None, &[]),
    sample("ipModule", "6.15.008", Some("prod"), &[]),
];

const fn sample(
    component: &'static str,
    version: &'static str,
    channel: Option<&'static str>,
    attributes: &'static [&'static str],
) -> Sample {
    Sample { component, version, channel, attributes }
}

/// Publishes the sample data: artifacts of `size` bytes, the same on every machine. What is there already stays.
///
/// Temporary files go to `work`.
pub async fn samples(
    catalog: &impl Catalog,
    artifacts: &impl Artifacts,
    work: &Path,
    size: u64,
    now: Timestamp,
) -> Result<Vec<(Sample, Release)>, SampleError> {
    let mut published = Vec::new();
    for sample in SAMPLES {
        let io = |error| SampleError::Write(work.display().to_string(), error);
        let mut file = tempfile::NamedTempFile::new_in(work).map_err(io)?;
        write(&sample, size, file.as_file_mut()).map_err(io)?;
        let (component, version) = sample.release();
        let release = store::publish(catalog, artifacts, &component, &version, file.path(), work, now)
            .await
            .map_err(|source| SampleError::Publish { release: format!("{component} {version}"), source })?;
        if let Some((name, channel)) = sample.channel() {
            match catalog.set_channel(&component.key(), &name, &channel, None).await {
                // There is such a channel: whatever it says is somebody's decision.
                Ok(()) | Err(StoreError::Moved { .. }) => {}
                Err(source) => return Err(SampleError::Channel { component: component.to_string(), source }),
            }
        }
        published.push((sample, release));
    }
    Ok(published)
}

#[expect(clippy::expect_used, reason = "the table's words are names, which the tests check")]
impl Sample {
    fn release(&self) -> (ComponentName, Version) {
        (self.component.parse().expect("a name"), self.version.parse().expect("a version"))
    }

    fn channel(&self) -> Option<(ChannelName, Channel)> {
        let name = self.channel?.parse().expect("a channel");
        let attributes: BTreeSet<_> = self.attributes.iter().map(|word| word.parse().expect("an attribute")).collect();
        Some((name, Channel { target: self.release().1, attributes }))
    }
}

/// Noise and text in turn, so that half of it compresses. A modem's firmware is encrypted: nothing of it does.
fn write(sample: &Sample, size: u64, out: &mut std::fs::File) -> std::io::Result<()> {
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
            sample.release();
            sample.channel();
        }
    }
}
