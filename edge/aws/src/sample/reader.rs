use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};
use store::StoreError;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use super::directory::Directory;
use super::item::{SampleItem, is_samples, label};
use super::latest::{Moment, Refreshing, TableState};
use super::reading::{Inspected, inspect};
use super::scan::scan;
use crate::artifacts::Bucket;
use crate::catalog::{AdoptionState, Item, adoption_state};
use crate::{BucketName, Clients, TableName, failure};

/// Number of objects that are inspected concurrently.
const AT_ONCE: usize = 4;

/// Reader of the table, and of objects in the bucket that it has not read before.
pub(crate) struct Reader {
    client: aws_sdk_dynamodb::Client,
    pub(crate) table: TableName,
    pub(crate) bucket: Bucket,
    /// Content of objects when they were last read, by name.
    known: BTreeMap<String, Inspected>,
    /// Items that were served after that, by label.
    served: BTreeMap<String, (SampleItem, Inspected)>,
}

impl Reader {
    pub(crate) fn new(clients: &Clients, table: &TableName, bucket: &BucketName) -> Reader {
        // Items have their objects' full names.
        let bucket = Bucket::new(clients.s3.clone(), bucket.bucket().to_owned(), String::new());
        let (known, served) = Default::default();
        Reader { client: clients.dynamodb.clone(), table: table.clone(), bucket, known, served }
    }

    /// Reads the objects of these items. Fails if the bucket is unreachable, because everything would be missing. Denied
    /// access to a single object is no error, because it would be denied at every further start.
    pub(crate) async fn first(&mut self, items: &[Item]) -> Result<Directory, StoreError> {
        let (read, failed) = self.read(items, None).await;
        if let Some(error) = failed {
            return Err(error);
        }
        warn(&self.table, &read.left_out, &BTreeSet::new());
        Ok(read)
    }

    /// Reads the table at an interval, until all receivers are dropped or the table is adopted.
    pub(crate) async fn keep_reading(mut self, refreshing: Refreshing, every: Duration) {
        let mut ticks = interval_at(Instant::now() + every, every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let TableState::Sample(before) = refreshing.seen() else { return };
            let again = async {
                tokio::select! {
                    _ = ticks.tick() => {}
                    () = refreshing.overdue() => ticks.reset(),
                }
                let begun = Moment::now();
                let read = self.again(&before).await;
                // On Lambda the process may have been frozen for hours meanwhile.
                if refreshing.is_overdue_since(begun) { self.again(&before).await } else { read }
            };
            tokio::select! {
                () = refreshing.abandoned() => return,
                read = again => refreshing.looked(read),
            }
        }
    }

    /// Reads the table again; `None` if that fails.
    async fn again(&mut self, before: &Directory) -> Option<TableState> {
        let asked = async {
            match adoption_state(&self.client, self.table.as_str()).await? {
                AdoptionState::Own => Ok(None),
                _ => scan(&self.client, self.table.as_str()).await.map(Some),
            }
        };
        match asked.await {
            Ok(None) => {
                tracing::info!(table = %self.table, "the table was adopted: serving edgehop's items from now on");
                Some(TableState::Adopted)
            }
            Ok(Some(items)) => {
                let (read, _) = self.read(&items, Some(before)).await;
                warn(&self.table, &read.left_out, &before.left_out);
                Some(TableState::Sample(Arc::new(read)))
            }
            Err(error) => {
                let cause = failure::causes(&error);
                tracing::warn!(table = %self.table, cause, "cannot read the table again: serving what it said");
                None
            }
        }
    }

    /// Reads the objects of these items; also returns the first error of an unreachable bucket.
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
        // Two items may share an object.
        let names: BTreeSet<&String> = wanted.iter().map(|item| &item.object).collect();
        let looks: Vec<_> = names.into_iter().map(|name| self.look(name.clone())).collect();
        let looked: BTreeMap<String, Result<Inspected, StoreError>> =
            stream::iter(looks).buffered(AT_ONCE).collect().await;

        let mut found: Vec<(SampleItem, Inspected)> = Vec::new();
        for item in wanted {
            match looked.get(&item.object) {
                Some(Ok(inspected)) if inspected.artifact.md5 == item.md5 => found.push((item, inspected.clone())),
                Some(Ok(inspected)) => {
                    let why =
                        format!("its object {} has the MD5 {}, not {}", item.object, inspected.artifact.md5, item.md5);
                    left_out.insert(format!("{}: {why}", item.label));
                }
                Some(Err(error)) => {
                    let mut why = failure::causes(error);
                    // Otherwise a channel would be missing for a minute after a temporary failure.
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
        // If no object can be read, access to the whole bucket is denied.
        let reads_some = looked.values().any(Result::is_ok);
        self.known.clear();
        for (name, looked) in looked {
            match looked {
                Ok(inspected) => drop(self.known.insert(name, inspected)),
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

    /// Inspects an object, unless S3 reports that it is unchanged, or reports nothing.
    async fn look(&self, name: String) -> (String, Result<Inspected, StoreError>) {
        let looked = match self.known.get(&name) {
            None => inspect(&self.bucket, &name).await,
            Some(known) => match self.bucket.head(&name).await {
                Ok(Some(found)) if found.etag == known.etag => Ok(known.clone()),
                Ok(Some(_)) => inspect(&self.bucket, &name).await,
                Ok(None) => Err(StoreError::Missing(name.clone())),
                Err(_) => Ok(known.clone()),
            },
        };
        (name, looked)
    }
}

/// Returns true for an error that may be temporary.
fn may_pass(error: &StoreError) -> bool {
    matches!(error, StoreError::Unavailable { .. }) && !failure::is_refusal(error)
}

/// Logs items that are left out, once while they stay so.
fn warn(table: &TableName, left_out: &BTreeSet<String>, before: &BTreeSet<String>) {
    for what in left_out.difference(before) {
        tracing::warn!(%table, "not served: {what}");
    }
}
