//! The stores on AWS: a catalog in one DynamoDB table, artifacts in one S3 bucket.
//!
//! ```text
//! table                                   app (hash)      env (range)
//!   a component                           modemfw         #component        name, revision, what belongs to it
//!   one of its channels                   modemfw         channel#prod      record
//!   one of its releases                   modemfw         release#1.0       record, sha256
//!   who wants an attribute                attr#cellular   modemfw
//!   every component                       #components     modemfw
//!   the sample's items are (being) adopted  #components   #adoption         state
//!   where CDNs look words up              #known-words    kvs:arn:…
//! bucket
//!   blobs/<sha256>                        an artifact, as the CDN serves it; x-amz-meta-md5 is its entity tag
//!   blobs/<sha256>.minisig                what vouches for it
//!   fragments/<sha256>                    an artifact compressed for packages
//!   restores/blobs/<sha256>               who asked for a restore from cold storage, when and how
//!   aside/…                               what a collector of garbage hid before it deletes it
//! ```
//!
//! The table has the sample's own keys, so it can be the sample's own table: items that edgehop did not write are never
//! shown and never overwritten. No item of edgehop's has the keys of one of the sample's (`scoreboard`, `prod`), because
//! `#` is in no component, channel or attribute; and none has an attribute that the sample's queries ask for. A read is one
//! Query of one partition or one point read; there is no scan, no PartiQL, and nothing a device says is ever part of an
//! expression.
//!
//! # What the bucket takes
//!
//! Versioning off or on, server-side encryption with S3's own keys (with KMS keys an interrupted upload starts again,
//! because a part's entity tag is then not its MD5), and two lifecycle rules: abort multipart uploads that nobody
//! finished after some days ([`S3Artifacts`] leaves them, because the next attempt goes on from there), and expire
//! old versions where there are versions. Whoever reads needs `s3:ListBucket` beside `s3:GetObject`, else S3 says
//! *forbidden* where it means *not there*.
//!
//! A lifecycle rule may move `blobs/` and `fragments/` to any storage class. From Glacier Flexible Retrieval, Glacier Deep
//! Archive and the archive tiers of Intelligent-Tiering an object must be restored before it is delivered; whoever
//! answers devices then needs `s3:RestoreObject` on those two folders, and `s3:PutObject` on `restores/*`, where it
//! claims a restore so that nobody else asks for it, but on nothing else. Signatures and claims must stay readable: a
//! rule that names a minimum size of 128 KB (S3's default since 2024) leaves them where they are. What an archive holds
//! cannot be copied, so [`S3Artifacts`] leaves it as old as it is when it is put again, and garbage stays there until
//! it is restored or a lifecycle rule expires it. `restores/` may expire after some days.
//!
//! # How it is built
//!
//! What a function's cold start costs is the size of its binary and what it does before its first answer. So:
//!
//! - The SDK comes without its default features: its legacy HTTP stack (hyper 0.14, a second rustls), `sigv4a` (an
//!   elliptic curve, for buckets in several regions at once) and its default TLS stack are left out.
//! - TLS is rustls with `ring`. A minimal binary with both stores takes 8.4 MB with it and 9.1 MB with `aws-lc-rs`
//!   (`opt-level = "z"`, thin LTO, stripped; x86-64), and `ring` builds with any C compiler, for any target. What
//!   `aws-lc-rs` has in addition is FIPS 140 and post-quantum key exchange.
//! - Trusted roots are the system's: Lambda's images have them, reading them takes 3 ms, and an operator's network may
//!   have its own. They need no release of edgehop when one is replaced.
//! - Connections go straight to AWS: `HTTPS_PROXY` is not read.
//! - Credentials of `aws-config`: environment, profile (with roles to assume), web identity, container and instance.
//!   Those are what Lambda, ECS, EKS, EC2 and CI have. The feature `operator` adds `aws sso login` and
//!   `credential_process`, and with them two more service clients that a function never needs.

mod advice;
mod artifacts;
mod catalog;
mod connect;
mod failure;
mod limits;
mod location;
mod open;
mod sample;

pub use artifacts::{
    ADDRESS_STEPS, AddressLifetime, InvalidLifetime, MAX_ADDRESS_LIFETIME, MIN_ADDRESS_LIFETIME, S3Artifacts, Sizes,
};
pub use aws_config::SdkConfig;
pub use catalog::{DynamoCatalog, Standing};
pub use connect::{Clients, Options, Patience, connect, settings};
pub use failure::said;
pub use limits::{
    ATTEMPT, ATTEMPTS, CONNECT, MAX_ITEM_BYTES, MAX_TRANSACTION_BYTES, MAX_TRANSACTION_ITEMS, OPERATION, READ,
};
pub use location::{BucketName, InvalidLocation, TableName};
pub use open::{AwsArtifacts, AwsCatalog, look_at_bucket, open, open_bucket, open_refreshing, open_table};
pub use sample::{
    Adoption, Assembled, Glance, Learned, REFRESH, Reading, SampleArtifacts, SampleCatalog, SampleItem, SampleItems,
};
