//! The stores on AWS: a catalog in one DynamoDB table, artifacts in one S3 bucket.
//!
//! ```text
//! table                                   app (hash)      env (range)
//!   a component                           modemfw         #component        name, revision, what belongs to it
//!   one of its channels                   modemfw         channel#prod      record
//!   one of its releases                   modemfw         release#1.0       record, sha256
//!   components an attribute selects       attr#cellular   modemfw
//!   all components                        #components     modemfw
//!   state of the sample's adoption        #components     #adoption         state
//!   stores of the cache vocabulary        #known-words    kvs:arn:…
//! bucket
//!   blobs/<sha256>                        an artifact, as the CDN serves it; x-amz-meta-md5 is its entity tag
//!   blobs/<sha256>.minisig                its signature
//!   fragments/<sha256>                    an artifact compressed for packages
//!   restores/blobs/<sha256>               claim of a restore from cold storage
//!   aside/…                               objects hidden by garbage collection before it deletes them
//! ```
//!
//! The table has the keys of the AWS sample's table, so it can be that table: items that edgehop did not write are never
//! shown and never overwritten. No item of edgehop has the keys of one of the sample's (`scoreboard`, `prod`), because
//! no component, channel or attribute contains `#`; and none has an attribute that the sample's queries ask for. A read
//! is one Query of one partition or one point read; there is no scan and no PartiQL, and a device's input is never part
//! of an expression.
//!
//! # Requirements of the bucket
//!
//! Versioning off or on, server-side encryption with S3's own keys (with KMS keys an interrupted upload starts again,
//! because a part's entity tag is then not its MD5), and two lifecycle rules: one that aborts multipart uploads some days
//! after they began ([`S3Artifacts`] leaves interrupted ones, because the next attempt resumes them), and one that
//! expires old versions if there are versions. Readers need `s3:ListBucket` as well as `s3:GetObject`, because S3
//! otherwise answers 403 in place of 404.
//!
//! A lifecycle rule may move `blobs/` and `fragments/` to any storage class. An object in Glacier Flexible Retrieval,
//! Glacier Deep Archive or an archive tier of Intelligent-Tiering must be restored before it is delivered. The resolver
//! then needs `s3:RestoreObject` on those two folders, and `s3:PutObject` on `restores/*` alone, where it claims a
//! restore so that only one process requests it. Signatures and claims must stay readable, which a rule with a minimum
//! size of 128 KB (S3's default since 2024) ensures. Objects in an archive cannot be copied, so putting one again does
//! not renew its age, and garbage stays there until it is restored or a lifecycle rule expires it. `restores/` may expire
//! after some days.
//!
//! # Build choices
//!
//! A function's cold start depends on the size of its binary and on the work before its first answer. Therefore:
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
pub use catalog::{AdoptionState, DynamoCatalog};
pub use connect::{Clients, Options, Patience, connect, settings};
pub use failure::describe;
pub use limits::{
    ATTEMPT, ATTEMPTS, CONNECT, MAX_ITEM_BYTES, MAX_TRANSACTION_BYTES, MAX_TRANSACTION_ITEMS, OPERATION, READ,
};
pub use location::{BucketName, InvalidLocation, TableName};
pub use open::{AwsArtifacts, AwsCatalog, look_at_bucket, open, open_bucket, open_refreshing, open_table};
pub use sample::{
    Adoption, Assembled, Inspected, ObjectMetadata, REFRESH, Reading, SampleArtifacts, SampleCatalog, SampleItem,
    SampleItems,
};
