//! A table and a bucket of a test's own with something in them, over what stands in for AWS.

use std::sync::{Arc, LazyLock};

use aws::{Clients, DynamoCatalog, S3Artifacts};
use md5::Digest as _;
use open::Stores;
use resolver::catalog::{Artifact, Channel, ObjectKey, Release};
use resolver::words::{ComponentName, Digest, Md5, Sha256, Timestamp};
use store::Artifacts as _;
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::cloud::{self, Cloud};
use crate::server::folder;
use crate::stand_ins::endpoints;
use crate::writes::Writes as _;

/// One at a time in a process. The stand-ins answer one request after the other, and the programs over them are as impatient
/// as devices: they must not wait for another test's requests.
static ALONE: LazyLock<Arc<Mutex<()>>> = LazyLock::new(Arc::default);

/// A table and a bucket, and clients of both.
#[derive(Debug)]
pub struct Stocked {
    /// Where everything is.
    pub cloud: Cloud,
    /// Patient ones.
    pub clients: Clients,
    _alone: OwnedMutexGuard<()>,
}

impl Stocked {
    /// An empty table and an empty bucket, when no other is left.
    pub async fn new() -> Stocked {
        let alone = Arc::clone(&ALONE).lock_owned().await;
        let cloud = tokio::task::spawn_blocking(Cloud::new).await.unwrap();
        Stocked { cloud, clients: cloud::patient_clients().await, _alone: alone }
    }

    /// With the sample data that `edgehop-server` makes, artifacts of this size.
    pub async fn with_samples(size: u64) -> Stocked {
        let stocked = Stocked::new().await;
        let work = folder();
        let stores =
            Stores { catalog: stocked.catalog(), artifacts: stocked.artifacts(), work: work.path().to_owned() };
        publishing::samples(&stores, size, Timestamp(1_800_000_000)).await.unwrap();
        stocked
    }

    /// Publishes these bytes as the only release of a component, on its channel `prod`, as an artifact that was adopted:
    /// it goes into packages in stored blocks.
    pub async fn publish(&self, component: &str, bytes: &[u8]) -> Artifact {
        let work = folder();
        let file = work.path().join("artifact");
        std::fs::write(&file, bytes).unwrap();
        let artifact = Artifact {
            sha256: Sha256::of(bytes),
            md5: Digest(md5::Md5::digest(bytes).into()),
            size: bytes.len() as u64,
            crc32: Some(crc32fast::hash(bytes)),
            fragment: None,
        };
        self.artifacts().put(&ObjectKey::Blob(artifact.sha256), &file, &artifact.md5).await.unwrap();
        let (name, version): (ComponentName, _) = (component.parse().unwrap(), "1.0".parse().unwrap());
        let release = Release::new(version, artifact.clone(), Timestamp(0));
        self.catalog().add_release(&name, &release).await.unwrap();
        let channel = Channel::new(release.version);
        self.catalog().set_channel(&name.key(), &"prod".parse().unwrap(), &channel, None).await.unwrap();
        artifact
    }

    /// Puts other bytes in an object's place, behind the store's back.
    pub async fn overwrite(&self, key: &ObjectKey, bytes: &[u8], md5: &Md5) {
        let put = self.clients.s3.put_object().bucket(&self.cloud.bucket).key(key.to_string());
        put.body(bytes.to_vec().into()).metadata("md5", md5.to_string()).send().await.unwrap();
    }

    /// The catalog in the table.
    pub fn catalog(&self) -> DynamoCatalog {
        DynamoCatalog::new(self.clients.dynamodb.clone(), &self.cloud.table)
            .with_transaction_items(endpoints().transaction_items)
    }

    /// The artifacts in the bucket.
    pub fn artifacts(&self) -> S3Artifacts {
        S3Artifacts::new(self.clients.s3.clone(), &self.cloud.bucket, "")
    }

    /// What tells a program of edgehop's to use them.
    pub fn environment(&self) -> Vec<(String, String)> {
        self.cloud.environment()
    }
}
