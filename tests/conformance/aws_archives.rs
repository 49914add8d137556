//! Cold storage over moto, which knows storage classes and restores at once. It copies parts
//! of what is archived too, which S3 does not, so the objects are small.

use aws_sdk_s3::types::StorageClass;
use edgehop_tests::stand_ins::endpoints;
use resolver::catalog::{Archive, Availability, Tier};
use store::{Artifacts as _, StoreError};

use crate::artifacts::{put, read};
use crate::aws::Aws;
use crate::suite::Place as _;

impl Aws {
    /// Moves an object to another storage class, as a lifecycle rule does. Copying is how it is done by hand.
    async fn moved(&self, name: &str, class: StorageClass) {
        let copy = self.clients.s3.copy_object().bucket(&self.bucket).key(name).storage_class(class);
        copy.copy_source(format!("{}/{name}", self.bucket)).send().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archived_object_is_cold_until_it_is_restored() {
    let place = Aws::new().await;
    let artifacts = place.artifacts().await;
    if !endpoints().archives {
        let key = put(&artifacts, 1000, 1).await.blob();
        assert_eq!(artifacts.availability(&key).await.unwrap(), Availability::Ready, "it says no storage class");
        return;
    }
    for (class, archive, size) in
        [(StorageClass::Glacier, Archive::Flexible, 1000), (StorageClass::DeepArchive, Archive::Deep, 2000)]
    {
        let object = put(&artifacts, size, 1).await;
        let key = object.blob();
        assert_eq!(artifacts.availability(&key).await.unwrap(), Availability::Ready);
        place.moved(&format!("ota/{key}"), class.clone()).await;
        assert_eq!(artifacts.availability(&key).await.unwrap(), Availability::Cold(archive));
        assert!(matches!(artifacts.read(&key, 0..10).await, Err(StoreError::Cold(_))));
        artifacts.put(&key, &object.file, &object.md5()).await.unwrap();
        assert_eq!(artifacts.availability(&key).await.unwrap(), Availability::Cold(archive), "it is left there");
        assert_eq!(artifacts.list().await.unwrap().iter().filter(|stored| stored.key == key).count(), 1);
        assert!(matches!(artifacts.set_aside(&key).await, Err(StoreError::Cold(_))));

        let restored = artifacts.restore(&key, Tier::Bulk, 1).await.unwrap();
        assert!(matches!(restored, Availability::Restoring(restore) if restore.tier == Tier::Bulk));
        assert_eq!(artifacts.availability(&key).await.unwrap(), Availability::Ready);
        assert!(read(&artifacts, &key, 0..size as u64).await == object.bytes);
    }
    let other = put(&artifacts, 1000, 2).await.blob();
    place.moved(&format!("ota/{other}"), StorageClass::GlacierIr).await;
    assert_eq!(artifacts.restore(&other, Tier::Bulk, 1).await.unwrap(), Availability::Ready);
}
