//! Presigned URLs, which permit their holder to read an object for a limited time.

use std::str::FromStr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_sdk_s3::config::{ConfigBag, RuntimeComponents, SharedIdentityCache};
use aws_sdk_s3::presigning::PresigningConfig;
use aws_smithy_runtime_api::client::identity::{IdentityFuture, ResolveCachedIdentity, SharedIdentityResolver};
use resolver::answer::{ADDRESS_MARGIN_SECONDS, MAX_AGE_SECONDS};
use resolver::words::Timestamp;
use store::{Address, StoreError};

use super::bucket::Bucket;
use crate::failure;

/// Longest lifetime of a presigned URL (S3 user guide, "Download and upload objects with presigned URLs": 7 days).
pub const MAX_ADDRESS_LIFETIME: Duration = Duration::from_secs(7 * 24 * 3600);

/// Shortest lifetime that an operator may choose. A URL must outlive the cached answers that contain it.
pub const MIN_ADDRESS_LIFETIME: Duration = Duration::from_secs(3600);

const _: () = assert!(
    MIN_ADDRESS_LIFETIME.as_secs() * (ADDRESS_STEPS - 1) / ADDRESS_STEPS > ADDRESS_MARGIN_SECONDS + MAX_AGE_SECONDS
);

/// Number of steps in a URL's lifetime: URLs signed within one step are equal.
pub const ADDRESS_STEPS: u64 = 4;

/// Lifetime of presigned URLs as an option's value: `6h`, `90min`, `2days`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddressLifetime(Duration);

impl AddressLifetime {
    /// Returns the lifetime as a duration.
    pub fn duration(self) -> Duration {
        self.0
    }
}

/// Error for text that is not a lifetime.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it takes a time from 1h to 7days, such as 6h or 90min")]
pub struct InvalidLifetime;

impl FromStr for AddressLifetime {
    type Err = InvalidLifetime;

    fn from_str(text: &str) -> Result<Self, InvalidLifetime> {
        let lifetime = humantime::parse_duration(text).map_err(|_| InvalidLifetime)?;
        let possible = (MIN_ADDRESS_LIFETIME..=MAX_ADDRESS_LIFETIME).contains(&lifetime);
        possible.then_some(AddressLifetime(lifetime)).ok_or(InvalidLifetime)
    }
}

/// Lifetime of a URL in seconds, a multiple of [`ADDRESS_STEPS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lifetime(u64);

impl Lifetime {
    /// Returns the nearest lifetime that S3 allows.
    pub(crate) fn nearest(wanted: Duration) -> Lifetime {
        let step = wanted.min(MAX_ADDRESS_LIFETIME).as_secs() / ADDRESS_STEPS;
        Lifetime(step.max(1) * ADDRESS_STEPS)
    }

    /// Returns the signing time: the start of the current step.
    fn signed_at(self, now: Timestamp) -> Timestamp {
        let step = self.0 / ADDRESS_STEPS;
        Timestamp(now.0 / step * step)
    }
}

impl Bucket {
    /// Signs a URL of an object. Makes no call to S3, but may refresh expired credentials.
    pub(crate) async fn presign(&self, name: &str, lifetime: Lifetime, now: Timestamp) -> Result<Address, StoreError> {
        let signed_at = lifetime.signed_at(now);
        let failed = |error: &dyn std::error::Error| {
            StoreError::artifacts(format!("signing a URL of {name} in {}: {}", self.name, failure::causes(error)))
        };
        let config = PresigningConfig::builder()
            .start_time(UNIX_EPOCH + Duration::from_secs(signed_at.0))
            .expires_in(Duration::from_secs(lifetime.0))
            .build()
            .map_err(|error| failed(&error))?;
        let get = self.client.get_object().bucket(&self.name).key(name).customize();
        let expiry = CredentialExpiry::default();
        let get = match self.client.config().identity_cache() {
            Some(cache) => get.config_override(
                aws_sdk_s3::config::Builder::new()
                    .identity_cache(ExpiryRecorder { cache, expiry: Arc::clone(&expiry) }),
            ),
            None => get,
        };
        let url = get.presigned(config).await.map_err(|error| failed(&error))?.uri().to_owned();
        let end = Timestamp(signed_at.0 + lifetime.0);
        let credentials_end = expiry.lock().ok().and_then(|expiry| *expiry).and_then(moment);
        Ok(Address { url, until: credentials_end.map_or(end, |credentials_end| credentials_end.min(end)) })
    }
}

/// Expiry of the credentials that signed a URL.
type CredentialExpiry = Arc<Mutex<Option<SystemTime>>>;

/// Identity resolver that records when the client's credentials expire, which presigning does not report.
#[derive(Debug)]
struct ExpiryRecorder {
    cache: SharedIdentityCache,
    expiry: CredentialExpiry,
}

impl ResolveCachedIdentity for ExpiryRecorder {
    fn resolve_cached_identity<'a>(
        &'a self,
        resolver: SharedIdentityResolver,
        components: &'a RuntimeComponents,
        config: &'a ConfigBag,
    ) -> IdentityFuture<'a> {
        IdentityFuture::new(async move {
            let identity = self.cache.resolve_cached_identity(resolver, components, config).await?;
            if let Ok(mut expiry) = self.expiry.lock() {
                *expiry = identity.expiration();
            }
            Ok(identity)
        })
    }
}

fn moment(time: SystemTime) -> Option<Timestamp> {
    Some(Timestamp(time.duration_since(UNIX_EPOCH).ok()?.as_secs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_lifetime_that_s3_takes() {
        for (wanted, seconds) in [(0, 4), (3600, 3600), (3601, 3600), (3603, 3600), (30 * 24 * 3600, 604_800)] {
            assert_eq!(Lifetime::nearest(Duration::from_secs(wanted)), Lifetime(seconds), "{wanted}");
        }
    }

    #[test]
    fn operators_say_it_in_words() {
        assert_eq!("90min".parse(), Ok(AddressLifetime(Duration::from_secs(5400))));
        assert_eq!("7days".parse(), Ok(AddressLifetime(MAX_ADDRESS_LIFETIME)));
        for bad in ["", "59min", "8days", "6", "-1h", "soon"] {
            assert_eq!(bad.parse::<AddressLifetime>(), Err(InvalidLifetime), "{bad}");
        }
    }

    #[test]
    fn moments_near_each_other_are_signed_alike() {
        let hour = Lifetime::nearest(Duration::from_secs(3600));
        for (now, signed_at) in [(0, 0), (899, 0), (900, 900), (1799, 900), (7200, 7200)] {
            assert_eq!(hour.signed_at(Timestamp(now)), Timestamp(signed_at), "{now}");
        }
    }
}
