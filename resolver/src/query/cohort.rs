use std::fmt;

use percent_encoding::{AsciiSet, CONTROLS, percent_encode};
use sha2::Digest as _;

/// The percentages at which a rollout widens, unless the deployment says otherwise.
pub const DEFAULT_LADDER: [u8; 4] = [1, 10, 25, 100];

/// The bytes of a device's name that are escaped before it is hashed, beside those that are not ASCII.
const ESCAPED: AsciiSet = CONTROLS.add(b'%');

/// The steps, in percent of the fleet, at which staged rollouts widen: rising, the last one 100.
///
/// A cohort is the index of the first step that includes a device, so a rollout multiplies the number of different
/// questions by the ladder's length at most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ladder(Vec<u8>);

/// The class of devices that a staged rollout reaches together: an index into the [`Ladder`]. Never an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cohort(pub u8);

/// Not a ladder.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a ladder: it takes 1 to 16 rising percentages, the last one 100, such as 1,10,25,100")]
pub struct InvalidLadder(Vec<u8>);

impl Ladder {
    /// Most steps: each multiplies the cache keys of a component that is being rolled out.
    const MAX_STEPS: usize = 16;

    /// A ladder of these percentages.
    pub fn new(steps: Vec<u8>) -> Result<Self, InvalidLadder> {
        let rising = steps.windows(2).all(|pair| pair[0] < pair[1]);
        if rising && steps.first() > Some(&0) && steps.last() == Some(&100) && steps.len() <= Self::MAX_STEPS {
            Ok(Ladder(steps))
        } else {
            Err(InvalidLadder(steps))
        }
    }

    /// The cohort of a device: the first step above the percentile it hashes to.
    ///
    /// Any bytes are a name. They are spelled in lower-case ASCII, with escapes for what is not printable, because the
    /// CDN's function hashes text.
    /// SHA-256, because the CDN's function has it too and it will not change; its first four bytes are taken as a
    /// big-endian number modulo 100, whose bias (2⁻³²·100) is far below what a rollout could notice.
    pub(super) fn cohort_of(&self, device: &[u8]) -> Cohort {
        let spelled = percent_encode(device, &ESCAPED).to_string().to_ascii_lowercase();
        let digest = sha2::Sha256::digest(spelled.as_bytes());
        let percentile = (u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]) % 100) as u8;
        self.clamp(self.0.iter().take_while(|step| **step <= percentile).count())
    }

    /// The cohort a device chose. A number past the last step is the last: a ladder that got shorter strands nobody.
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
