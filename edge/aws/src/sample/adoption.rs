use std::collections::BTreeSet;

use aws_sdk_dynamodb::Client;
use resolver::catalog::{Component, ObjectKey};
use resolver::words::Md5;
use store::{Artifacts as _, StoreError};

use super::directory::{Directory, Object};
use super::item::{SampleItem, bucket, is_samples, label};
use super::learn::Learned;
use super::reading::{Reading, check_size};
use super::scan::scan;
use crate::artifacts::{Bucket, Found, Where};
use crate::catalog::{Standing, begin, finish, standing};
use crate::{BucketName, Clients, DynamoCatalog, S3Artifacts, TableName};

/// A table and a bucket that the sample's init script filled, where edgehop's own items and objects come to stand beside
/// the sample's. Nothing of the sample's is ever written to.
///
/// Between [`begin`](Self::begin) and [`finish`](Self::finish) whoever opens the two is answered from the sample's items,
/// however much was published meanwhile, and can write nothing. So devices never see half a catalog: they see the
/// sample's, then edgehop's.
#[derive(Debug, Clone)]
pub struct Adoption {
    client: Client,
    table: TableName,
    bucket: Bucket,
    /// Edgehop's own catalog in the table.
    pub catalog: DynamoCatalog,
    /// Edgehop's own artifacts in the bucket.
    pub artifacts: S3Artifacts,
}

/// What the table has of the sample's.
#[derive(Debug, Default)]
pub struct SampleItems {
    /// What can be read, in the order of the items' keys.
    pub items: Vec<SampleItem>,
    /// What cannot be, or not all of it, and why.
    pub left_out: BTreeSet<String>,
    /// The other buckets that items name.
    pub elsewhere: BTreeSet<String>,
}

/// What is seen of an object that nobody has read yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glance {
    /// Length in bytes.
    pub size: u64,
    /// S3's entity tag: as long as it is the same, so are the bytes.
    pub etag: Option<String>,
}

/// What items of one component come to.
#[derive(Debug, Default)]
pub struct Assembled {
    /// The component; `None` if none of its items is good.
    pub component: Option<Component>,
    /// Where the bytes of its releases are: the objects, and what they are.
    pub objects: Vec<(String, Learned)>,
    /// What is left out, and why.
    pub left_out: BTreeSet<String>,
}

impl Adoption {
    /// Nothing is asked of AWS yet. Objects lie at the bucket's root, as the sample's do: a prefix is passed over.
    pub fn new(clients: &Clients, table: &TableName, bucket: &BucketName) -> Adoption {
        Adoption {
            client: clients.dynamodb.clone(),
            table: table.clone(),
            bucket: Bucket::new(clients.s3.clone(), bucket.bucket().to_owned(), String::new()),
            catalog: DynamoCatalog::new(clients.dynamodb.clone(), table.as_str()),
            artifacts: S3Artifacts::new(clients.s3.clone(), bucket.bucket(), ""),
        }
    }

    /// Whose items count: one Query of one item.
    pub async fn standing(&self) -> Result<Standing, StoreError> {
        standing(&self.client, self.table.as_str()).await
    }

    /// Notes that an adoption is under way, if none ever was: one conditional write.
    pub async fn begin(&self) -> Result<(), StoreError> {
        begin(&self.client, self.table.as_str()).await
    }

    /// Notes that it is at its end, if one is under way: one conditional write. From now on edgehop's own items count.
    pub async fn finish(&self) -> Result<(), StoreError> {
        finish(&self.client, self.table.as_str()).await
    }

    /// Reads the table as a whole: one Scan, one more for each further MB.
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

    /// Looks at an item's object: one HEAD. [`StoreError::Missing`] if it is not there, [`StoreError::Cold`] if it is in an
    /// archive, [`StoreError::Damaged`] if it is no artifact's size, or if S3's entity tag is an MD5 and another one than the
    /// item says. Where it is none, only reading tells.
    pub async fn look(&self, item: &SampleItem) -> Result<Glance, StoreError> {
        let object = &item.object;
        let found = self.bucket.head(object).await?.ok_or_else(|| StoreError::Missing(object.clone()))?;
        check_size(object, found.size)?;
        match found.etag_md5 {
            Some(md5) if md5 != item.md5 => Err(wrong_md5(item, &md5)),
            _ if found.is_cold => Err(StoreError::Cold(object.clone())),
            _ => Ok(Glance { size: found.size, etag: found.etag }),
        }
    }

    /// Opens an object, to be read once.
    pub async fn read(&self, object: &str) -> Result<Reading, StoreError> {
        Reading::open(&self.bucket, object).await
    }

    /// Makes an object that was read an artifact under its digest, by a copy within S3, unless that is there already:
    /// one HEAD, one copy; one copy a part for more than 5 GB. [`StoreError::Damaged`] if it is another object by now.
    pub async fn copy(&self, object: &str, learned: &Learned) -> Result<(), StoreError> {
        let blob = ObjectKey::Blob(learned.artifact.sha256);
        let there = self.artifacts.stat(&blob).await;
        if let Ok(Some(there)) = there
            && (there.size, there.md5) == (learned.artifact.size, learned.artifact.md5)
        {
            return Ok(());
        }
        let (size, md5, etag) = (learned.artifact.size, Some(learned.artifact.md5), learned.etag.clone());
        let found = Found { size, md5, etag, etag_md5: None, is_cold: false };
        match self.bucket.copy(object, &Where::Shown.name("", &blob), &found).await? {
            true => Ok(()),
            false => Err(StoreError::damaged(object, "it was replaced while it was read: try again")),
        }
    }

    /// Puts items of one component together, as the view of the sample's table does. Of two items that cannot both be
    /// true the one that sorts first stays.
    pub fn assemble(items: Vec<(SampleItem, Learned)>) -> Assembled {
        let directory = Directory::new(items, BTreeSet::new(), None);
        let objects = directory.objects.into_values();
        let objects =
            objects.map(|Object { name, artifact, etag, modified }| (name, Learned { artifact, etag, modified }));
        Assembled {
            component: directory.components.into_values().next(),
            objects: objects.collect(),
            left_out: directory.left_out,
        }
    }
}

/// An object's bytes are not those that its item says.
pub(crate) fn wrong_md5(item: &SampleItem, found: &Md5) -> StoreError {
    StoreError::damaged(format!("its object {}", item.object), format!("it has the MD5 {found}, not {}", item.md5))
}
