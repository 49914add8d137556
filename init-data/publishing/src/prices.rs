//! What a restore from cold storage costs.
//!
//! List prices of us-east-1 without taxes, in millionths of a dollar: what was reported of the Amazon S3 pricing page
//! (https://aws.amazon.com/s3/pricing, "Storage" and "Requests & data retrievals") in the month below. They change, and other
//! regions, contracts and the free tier differ: an estimate, to be compared with that page before a release.

use resolver::catalog::{Archive, Tier};
use serde::{Serialize, Serializer};

/// The month that they are known for.
pub const PRICES_OF: &str = "2026-06";

/// The region that they are of.
pub const PRICES_IN: &str = "us-east-1";

/// S3 Standard, a GB and month, the first 50 TB: where a restored copy lies while it is there.
const STANDARD_GB_MONTH: Micros = Micros(23_000);

/// A GB as S3 bills it, in bytes.
const GB: u64 = 1 << 30;

/// A month, in days.
const MONTH: u64 = 30;

/// Requests that a price is for.
const REQUESTS: u64 = 1000;

/// Millionths of a dollar. As JSON, a number of dollars.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Micros(pub u64);

/// What is paid for a restore.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Costs {
    /// For the bytes that are retrieved.
    pub retrieval_usd: Micros,
    /// For the requests.
    pub requests_usd: Micros,
    /// For the copies while they are there, beside the archive that stays.
    pub copies_usd: Micros,
}

/// What an archive charges for a tier: a GB, and 1,000 requests.
fn prices(archive: Archive, tier: Tier) -> (Micros, Micros) {
    match (archive, archive.tier(tier)) {
        (_, Tier::Expedited) => (Micros(30_000), Micros(10_000_000)),
        (Archive::Flexible, Tier::Standard) => (Micros(10_000), Micros(50_000)),
        (Archive::Flexible, Tier::Bulk) => (Micros(0), Micros(0)),
        (Archive::Deep, Tier::Standard) => (Micros(20_000), Micros(100_000)),
        (Archive::Deep, Tier::Bulk) => (Micros(2_500), Micros(25_000)),
    }
}

impl Costs {
    /// The costs of restoring so many objects of so many bytes in all from an archive, for so many days. Each sum is
    /// rounded up. An object of Intelligent-Tiering costs no more than that, and mostly less: it has no copy.
    pub fn of(archive: Archive, tier: Tier, days: u32, objects: u64, bytes: u64) -> Costs {
        let (gb, requests) = prices(archive, tier);
        let (objects, bytes) = (u128::from(objects), u128::from(bytes));
        Costs {
            retrieval_usd: gb.times(bytes, GB),
            requests_usd: requests.times(objects, REQUESTS),
            copies_usd: STANDARD_GB_MONTH.times(bytes * u128::from(days), GB * MONTH),
        }
    }

    /// Both together.
    pub fn and(self, other: Costs) -> Costs {
        Costs {
            retrieval_usd: self.retrieval_usd.and(other.retrieval_usd),
            requests_usd: self.requests_usd.and(other.requests_usd),
            copies_usd: self.copies_usd.and(other.copies_usd),
        }
    }

    /// All of it.
    pub fn total(self) -> Micros {
        self.retrieval_usd.and(self.requests_usd).and(self.copies_usd)
    }
}

impl Micros {
    fn and(self, other: Micros) -> Micros {
        Micros(self.0.saturating_add(other.0))
    }

    /// This price for `amount`, where it is said for `unit` of it.
    fn times(self, amount: u128, unit: u64) -> Micros {
        let sum = u128::from(self.0).saturating_mul(amount).div_ceil(u128::from(unit));
        Micros(u64::try_from(sum).unwrap_or(u64::MAX))
    }
}

impl std::fmt::Display for Micros {
    /// In dollars and cents; less than a cent to the millionth.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        const DOLLAR: u64 = 1_000_000;
        const CENT: u64 = 10_000;
        match self.0 {
            0 => f.write_str("$0"),
            less if less < CENT => write!(f, "${}.{:06}", less / DOLLAR, less % DOLLAR),
            more => {
                let cents = more.div_ceil(CENT);
                write!(f, "${}.{:02}", cents / 100, cents % 100)
            }
        }
    }
}

impl Serialize for Micros {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[expect(clippy::cast_precision_loss, reason = "2^53 millionths are nine thousand million dollars")]
        serializer.serialize_f64(self.0 as f64 / 1e6)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TB: u64 = 1024 * GB;

    /// Those of Flexible Retrieval are worked examples of AWS's own (knowledge center, "manage data retrieval costs").
    #[test]
    fn sums_as_on_the_bill() {
        let dollars = |dollars: f64| Micros((dollars * 1e6) as u64);
        for (archive, tier, objects, bytes, retrieval, requests) in [
            (Archive::Flexible, Tier::Bulk, 15_000_000, 100 * TB, 0.0, 0.0),
            (Archive::Flexible, Tier::Standard, 15_000_000, 100 * TB, 1024.0, 750.0),
            (Archive::Flexible, Tier::Expedited, 15_000_000, 100 * TB, 3072.0, 150_000.0),
            (Archive::Deep, Tier::Standard, 15_000_000, 100 * TB, 2048.0, 1500.0),
            (Archive::Deep, Tier::Bulk, 15_000_000, 100 * TB, 256.0, 375.0),
            (Archive::Deep, Tier::Expedited, 1000, GB, 0.02, 0.1),
        ] {
            let costs = Costs::of(archive, tier, 30, objects, bytes);
            let copies = Micros(23_000 * (bytes / GB));
            let expected =
                Costs { retrieval_usd: dollars(retrieval), requests_usd: dollars(requests), copies_usd: copies };
            assert_eq!(costs, expected, "{archive} {tier}");
        }
        let twice = Costs::of(Archive::Deep, Tier::Bulk, 15, 1, 2 * GB);
        assert_eq!((twice.total(), twice.and(twice).total()), (Micros(5000 + 25 + 23_000), Micros(2 * 28_025)));
        assert_eq!(Costs::of(Archive::Deep, Tier::Bulk, 1, 0, 0), Costs::default());
        assert_eq!(Costs::of(Archive::Flexible, Tier::Standard, 1, 1, 1).total(), Micros(1 + 50 + 1), "rounded up");
        assert!(Costs::of(Archive::Deep, Tier::Standard, u32::MAX, u64::MAX, u64::MAX).total() > Micros(0));
    }

    #[test]
    fn reads_as_money() {
        for (micros, text) in [
            (0, "$0"),
            (1, "$0.000001"),
            (9_999, "$0.009999"),
            (10_000, "$0.01"),
            (10_001, "$0.02"),
            (1_774_000_000, "$1774.00"),
        ] {
            assert_eq!(Micros(micros).to_string(), text);
        }
        assert_eq!(serde_json::to_string(&Micros(1_234_567)).unwrap(), "1.234567");
    }
}
