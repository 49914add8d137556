use std::collections::BTreeSet;

use aws_sdk_dynamodb::Client;
use resolver::catalog::{Component, ObjectKey};
use resolver::words::Md5;
use store::{Artifacts as _, StoreError};

use super::directory::{Directory, Object};
use super::item::{SampleItem, bucket, is_samples, label};
use super::reading::Inspected;
use super::reading::{Reading, check_size};
use super::scan::scan;
use crate::artifacts::{Bucket, Found, Placement};
use crate::catalog::{AdoptionState, adoption_state, begin, finish};
use crate::{BucketName, Clients, DynamoCatalog, S3Artifacts, TableName};

/// Adoption of a table and a bucket that the AWS sample's init script filled: edgehop's items and objects are added beside
/// the sample's, which are never changed.
///
/// Between [`begin`](Self::begin) and [`finish`](Self::finish), processes that open the table and the bucket serve the
/// sample's items, and cannot write. Devices therefore never see a part of a catalog: they see the sample's, then
/// edgehop's.
#[derive(Debug, Clone)]
pub struct Adoption {
    client: Client,
    table: TableName,
    bucket: Bucket,
    /// Edgehop's catalog in the table.
    pub catalog: DynamoCatalog,
    /// Edgehop's artifacts in the bucket.
    pub artifacts: S3Artifacts,
}

/// The sample's items in a table.
#[derive(Debug, Default)]
pub struct SampleItems {
    /// Readable items, in the order of their keys.
    pub items: Vec<SampleItem>,
    /// Items that cannot be read, or not completely, with the reasons.
    pub left_out: BTreeSet<String>,
    /// Other buckets that items name.
    pub elsewhere: BTreeSet<String>,
}

/// Metadata of an object that has not been read yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectMetadata {
    /// Length in bytes.
    pub size: u64,
    /// S3's entity tag, which changes with the bytes.
    pub etag: Option<String>,
}

/// Result of assembling the items of one component.
#[derive(Debug, Default)]
pub struct Assembled {
    /// The component; `None` if none of its items is usable.
    pub component: Option<Component>,
    /// Names of the objects with the bytes of its releases, and their content.
    pub objects: Vec<(String, Inspected)>,
    /// Items that are left out, with the reasons.
    pub left_out: BTreeSet<String>,
}

impl Adoption {
    /// Creates an adoption, without any call to AWS. Objects are at the bucket's root, where the sample's are; a prefix is
    /// ignored.
    pub fn new(clients: &Clients, table: &TableName, bucket: &BucketName) -> Adoption {
        Adoption {
            client: clients.dynamodb.clone(),
            table: table.clone(),
            bucket: Bucket::new(clients.s3.clone(), bucket.bucket().to_owned(), String::new()),
            catalog: DynamoCatalog::new(clients.dynamodb.clone(), table.as_str()),
            artifacts: S3Artifacts::new(clients.s3.clone(), bucket.bucket(), ""),
        }
    }

    /// Reads the table's adoption state: one Query of one item.
    pub async fn state(&self) -> Result<AdoptionState, StoreError> {
        adoption_state(&self.client, self.table.as_str()).await
    }

    /// Records the start of the adoption, if none was ever started: one conditional write.
    pub async fn begin(&self) -> Result<(), StoreError> {
        begin(&self.client, self.table.as_str()).await
    }

    /// Records the end of the adoption, if one is in progress: one conditional write. Edgehop's items are served then.
    pub async fn finish(&self) -> Result<(), StoreError> {
        finish(&self.client, self.table.as_str()).await
    }

    /// Reads the whole table: one Scan, one more for each further MB.
    pub async fn items(&self) -> Result<SampleItems, StoreError> {
        let mut found = SampleItems::default();
        for item in scan(&self.client, self.table.as_str()).await?.iter().filter(|item| is_samples(item)) {
            let mut wrong = Vec::new();
            match SampleItem::read(item, &self.bucket.name, |why| wrong.push(why)) {
                Ok(read) => found.items.push(read),
                Err(why) => wrong.push(why),
            }
            found.left_out.extend(wrong.into_iter().map(|why| format!("{}: {why}", label(item))));
            found.elsewhere.extend(bucket(item).filter(|name| *name != self.bucket.name));
        }
        found.items.sort_by(|a, b| a.label.cmp(&b.label));
        Ok(found)
    }

    /// Reads the metadata of an item's object: one HEAD. [`StoreError::Missing`] if it is missing, [`StoreError::Cold`] if
    /// it is in an archive, [`StoreError::Damaged`] if its size is not valid for an artifact, or if S3's entity tag is an
    /// MD5 and differs from the item's. If the entity tag is not an MD5, only reading the object can tell.
    pub async fn look(&self, item: &SampleItem) -> Result<ObjectMetadata, StoreError> {
        let object = &item.object;
        let found = self.bucket.head(object).await?.ok_or_else(|| StoreError::Missing(object.clone()))?;
        check_size(object, found.size)?;
        match found.etag_md5 {
            Some(md5) if md5 != item.md5 => Err(wrong_md5(item, &md5)),
            _ if found.is_cold => Err(StoreError::Cold(object.clone())),
            _ => Ok(ObjectMetadata { size: found.size, etag: found.etag }),
        }
    }

    /// Opens an object to read it once.
    pub async fn read(&self, object: &str) -> Result<Reading, StoreError> {
        Reading::open(&self.bucket, object).await
    }

    /// Copies an object that was read to an artifact named by its digest, within S3, unless that exists already: one HEAD,
    /// one copy; one copy for each part above 5 GB. [`StoreError::Damaged`] if the object was replaced meanwhile.
    pub async fn copy(&self, object: &str, inspected: &Inspected) -> Result<(), StoreError> {
        let blob = ObjectKey::Blob(inspected.artifact.sha256);
        let there = self.artifacts.stat(&blob).await;
        if let Ok(Some(there)) = there
            && (there.size, there.md5) == (inspected.artifact.size, inspected.artifact.md5)
        {
            return Ok(());
        }
        let (size, md5, etag) = (inspected.artifact.size, Some(inspected.artifact.md5), inspected.etag.clone());
        let found = Found { size, md5, etag, etag_md5: None, is_cold: false };
        match self.bucket.copy(object, &Placement::Visible.name("", &blob), &found).await? {
            true => Ok(()),
            false => Err(StoreError::damaged(object, "it was replaced while it was read: try again")),
        }
    }

    /// Assembles a component from its items, as the view of the sample's table does. Of two contradicting items, the one
    /// that sorts first is kept.
    pub fn assemble(items: Vec<(SampleItem, Inspected)>) -> Assembled {
        let directory = Directory::new(items, BTreeSet::new(), None);
        let objects = directory.objects.into_values();
        let objects =
            objects.map(|Object { name, artifact, etag, modified }| (name, Inspected { artifact, etag, modified }));
        Assembled {
            component: directory.components.into_values().next(),
            objects: objects.collect(),
            left_out: directory.left_out,
        }
    }
}

/// Creates the error of an object whose MD5 differs from its item's.
pub(crate) fn wrong_md5(item: &SampleItem, found: &Md5) -> StoreError {
    StoreError::damaged(format!("its object {}", item.object), format!("it has the MD5 {found}, not {}", item.md5))
}
