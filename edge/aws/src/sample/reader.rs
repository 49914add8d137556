use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};
use store::StoreError;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use super::directory::Directory;
use super::item::{SampleItem, is_samples, label};
use super::latest::{Moment, Refreshing, Seen};
use super::learn::{Learned, learn};
use super::scan::scan;
use crate::artifacts::Bucket;
use crate::catalog::{Item, Standing, standing};
use crate::{BucketName, Clients, TableName, failure};

/// How many objects are looked at or read at once.
const AT_ONCE: usize = 4;

/// Reads the table, and from the bucket what it has not read before.
pub(crate) struct Reader {
    client: aws_sdk_dynamodb::Client,
    pub(crate) table: TableName,
    pub(crate) bucket: Bucket,
    /// What objects were when they were last read, by their names.
    known: BTreeMap<String, Learned>,
    /// What was served after that, by the items' labels.
    served: BTreeMap<String, (SampleItem, Learned)>,
}

impl Reader {
    pub(crate) fn new(clients: &Clients, table: &TableName, bucket: &BucketName) -> Reader {
        // An item names its object in full.
        let bucket = Bucket::new(clients.s3.clone(), bucket.bucket().to_owned(), String::new());
        let (known, served) = Default::default();
        Reader { client: clients.dynamodb.clone(), table: table.clone(), bucket, known, served }
    }

    /// What these items say. An error if the bucket cannot be asked: else everything would be missing. What is refused of
    /// one object alone is no error: it would be refused at every further start.
    pub(crate) async fn first(&mut self, items: &[Item]) -> Result<Directory, StoreError> {
        let (read, failed) = self.read(items, None).await;
        if let Some(error) = failed {
            return Err(error);
        }
        warn(&self.table, &read.left_out, &BTreeSet::new());
        Ok(read)
    }

    /// Reads again and again, until nobody wants to know any more, or the table is adopted.
    pub(crate) async fn keep_reading(mut self, refreshing: Refreshing, every: Duration) {
        let mut ticks = interval_at(Instant::now() + every, every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let Seen::Sample(before) = refreshing.seen() else { return };
            let again = async {
                tokio::select! {
                    _ = ticks.tick() => {}
                    () = refreshing.overdue() => ticks.reset(),
                }
                let begun = Moment::now();
                let read = self.again(&before).await;
                // On Lambda a process may have been stopped for hours meanwhile.
                if refreshing.is_overdue_since(begun) { self.again(&before).await } else { read }
            };
            tokio::select! {
                () = refreshing.unwanted() => return,
                read = again => refreshing.looked(read),
            }
        }
    }

    /// What the table says by now; `None` if it does not answer.
    async fn again(&mut self, before: &Directory) -> Option<Seen> {
        let asked = async {
            match standing(&self.client, self.table.as_str()).await? {
                Standing::Own => Ok(None),
                _ => scan(&self.client, self.table.as_str()).await.map(Some),
            }
        };
        match asked.await {
            Ok(None) => {
                tracing::info!(table = %self.table, "the table was adopted: serving edgehop's own items from now on");
                Some(Seen::Adopted)
            }
            Ok(Some(items)) => {
                let (read, _) = self.read(&items, Some(before)).await;
                warn(&self.table, &read.left_out, &before.left_out);
                Some(Seen::Sample(Arc::new(read)))
            }
            Err(error) => {
                let cause = failure::causes(&error);
                tracing::warn!(table = %self.table, cause, "cannot read the table again: serving what it said");
                None
            }
        }
    }

    /// What these items say, and the first failure of a bucket that could not be asked.
    async fn read(&mut self, items: &[Item], before: Option<&Directory>) -> (Directory, Option<StoreError>) {
        let (mut left_out, mut failed) = (BTreeSet::new(), None);
        let mut wanted = Vec::new();
        for item in items.iter().filter(|item| is_samples(item)) {
            let mut wrong = Vec::new();
            match SampleItem::read(item, &self.bucket.name, |why| wrong.push(why)) {
                Ok(item) => wanted.push(item),
                Err(why) => wrong.push(why),
            }
            left_out.extend(wrong.into_iter().map(|why| format!("{}: {why}", label(item))));
        }
        // Two items may have one object.
        let names: BTreeSet<&String> = wanted.iter().map(|item| &item.object).collect();
        let looks: Vec<_> = names.into_iter().map(|name| self.look(name.clone())).collect();
        let looked: BTreeMap<String, Result<Learned, StoreError>> =
            stream::iter(looks).buffered(AT_ONCE).collect().await;

        let mut found: Vec<(SampleItem, Learned)> = Vec::new();
        for item in wanted {
            match looked.get(&item.object) {
                Some(Ok(learned)) if learned.artifact.md5 == item.md5 => found.push((item, learned.clone())),
                Some(Ok(learned)) => {
                    let why =
                        format!("its object {} has the MD5 {}, not {}", item.object, learned.artifact.md5, item.md5);
                    left_out.insert(format!("{}: {why}", item.label));
                }
                Some(Err(error)) => {
                    let mut why = failure::causes(error);
                    // Else a channel would be gone for a minute because of a moment's trouble.
                    if may_pass(error)
                        && let Some(before) = self.served.get(&item.label)
                    {
                        why.push_str("; what it said before is served meanwhile");
                        found.push(before.clone());
                    }
                    left_out.insert(format!("{}: {why}", item.label));
                }
                None => {}
            }
        }
        // Where no object can be read, it is the bucket that is refused.
        let reads_some = looked.values().any(Result::is_ok);
        self.known.clear();
        for (name, looked) in looked {
            match looked {
                Ok(learned) => drop(self.known.insert(name, learned)),
                Err(error @ StoreError::Unavailable { .. })
                    if failed.is_none() && (may_pass(&error) || !reads_some) =>
                {
                    failed = Some(error);
                }
                Err(_) => {}
            }
        }
        self.served = found.iter().map(|served| (served.0.label.clone(), served.clone())).collect();
        (Directory::new(found, left_out, before), failed)
    }

    /// What an object is: as it was, if S3 says that it is still the same one or says nothing.
    async fn look(&self, name: String) -> (String, Result<Learned, StoreError>) {
        let looked = match self.known.get(&name) {
            None => learn(&self.bucket, &name).await,
            Some(known) => match self.bucket.head(&name).await {
                Ok(Some(found)) if found.etag == known.etag => Ok(known.clone()),
                Ok(Some(_)) => learn(&self.bucket, &name).await,
                Ok(None) => Err(StoreError::Missing(name.clone())),
                Err(_) => Ok(known.clone()),
            },
        };
        (name, looked)
    }
}

/// The next look may find what this one did not.
fn may_pass(error: &StoreError) -> bool {
    matches!(error, StoreError::Unavailable { .. }) && !failure::is_refusal(error)
}

/// Says what is left out, once for as long as it stays so.
fn warn(table: &TableName, left_out: &BTreeSet<String>, before: &BTreeSet<String>) {
    for what in left_out.difference(before) {
        tracing::warn!(%table, "not served: {what}");
    }
}
