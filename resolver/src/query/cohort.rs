use std::fmt;

use percent_encoding::{AsciiSet, CONTROLS, percent_encode};
use sha2::Digest as _;

/// Default percentages at which a rollout widens.
pub const DEFAULT_LADDER: [u8; 4] = [1, 10, 25, 100];

/// ASCII bytes of a device's name that are escaped before it is hashed; bytes that are not ASCII always are.
const ESCAPED: AsciiSet = CONTROLS.add(b'%');

/// Steps, in percent of the fleet, at which staged rollouts widen: ascending, the last one 100.
///
/// A cohort is the index of the first step that includes a device, so a rollout multiplies the number of different
/// queries by at most the ladder's length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ladder(Vec<u8>);

/// Class of devices that a staged rollout reaches together: an index into the [`Ladder`], which identifies no device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cohort(pub u8);

/// Error for percentages that are not a ladder.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a ladder: it takes 1 to 16 rising percentages, the last one 100, such as 1,10,25,100")]
pub struct InvalidLadder(Vec<u8>);

impl Ladder {
    /// Most steps of a ladder, because each adds cache keys for a component that is being rolled out.
    const MAX_STEPS: usize = 16;

    /// Creates a ladder of these percentages.
    pub fn new(steps: Vec<u8>) -> Result<Self, InvalidLadder> {
        let rising = steps.windows(2).all(|pair| pair[0] < pair[1]);
        if rising && steps.first() > Some(&0) && steps.last() == Some(&100) && steps.len() <= Self::MAX_STEPS {
            Ok(Ladder(steps))
        } else {
            Err(InvalidLadder(steps))
        }
    }

    /// Returns the cohort of a device: the first step above the percentile that its name hashes to.
    ///
    /// Any bytes are a valid name. They are converted to lower-case ASCII, with escapes for other bytes, because the CDN's
    /// function hashes text.
    /// The hash is SHA-256, which the CDN's function has too and which will not change. Its first four bytes, as a
    /// big-endian number, are taken modulo 100; the bias (2⁻³²·100) is far below what a rollout could notice.
    pub(super) fn cohort_of(&self, device: &[u8]) -> Cohort {
        let spelled = percent_encode(device, &ESCAPED).to_string().to_ascii_lowercase();
        let digest = sha2::Sha256::digest(spelled.as_bytes());
        let percentile = (u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]) % 100) as u8;
        self.clamp(self.0.iter().take_while(|step| **step <= percentile).count())
    }

    /// Returns the cohort that a device names. An index past the last step means the last, so that no device is left out
    /// after the ladder becomes shorter.
    pub(super) fn clamp(&self, index: usize) -> Cohort {
        Cohort(index.min(self.0.len() - 1) as u8)
    }
}

impl Default for Ladder {
    fn default() -> Self {
        Ladder(DEFAULT_LADDER.to_vec())
    }
}

impl fmt::Display for Cohort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fleet_splits_as_the_ladder_says() {
        let ladder = Ladder::default();
        let mut count = [0u32; 4];
        for device in 0..20_000 {
            count[usize::from(ladder.cohort_of(format!("sn-{device:05}").as_bytes()).0)] += 1;
        }
        let percent = count.map(|n| f64::from(n) / 200.0);
        for (is, should) in percent.into_iter().zip([1.0, 9.0, 15.0, 75.0]) {
            assert!((is - should).abs() < 1.0, "{percent:?}");
        }
    }

    #[test]
    fn a_ladder_rises_to_a_hundred() {
        for bad in [vec![], vec![50], vec![0, 100], vec![10, 10, 100], vec![100, 1]] {
            assert!(Ladder::new(bad.clone()).is_err(), "{bad:?}");
        }
        assert!(Ladder::new(vec![5, 100]).is_ok());
    }
}
