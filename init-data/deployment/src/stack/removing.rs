use aws_sdk_dynamodb::error::ProvideErrorMetadata as _;
use aws_sdk_dynamodb::types::TableDescription;
use store::Catalog as _;
use tokio::time::sleep;

use super::account::{Account, Identity};
use super::code_bucket::CodeBucket;
use super::error::StackError;
use super::event::Events;
use super::found::Stack;
use super::name::StackName;
use super::objects::{self, ATTEMPTS, Amount, PAUSE};
use super::parameters::{CODE_BUCKET, EXISTING_BUCKET, EXISTING_TABLE};
use super::progress::{Tell, Told};
use super::read_grant;
use super::stores::{BUCKET, TABLE};
use super::uploads::Uploads;
use super::waiting::settled;

/// A stack, and all that goes with it.
#[derive(Debug, Clone)]
pub struct Removal {
    /// The stack.
    pub stack: Stack,
    /// Its own tables that are there, and how many components are in each, if that can be seen.
    pub tables: Vec<(String, Option<usize>)>,
    /// Its own buckets that are there, and what is in each.
    pub buckets: Vec<(String, Amount)>,
    /// What was uploaded for it.
    pub uploads: Option<Uploads>,
    /// Why nobody may see what was uploaded for it, so that it stays.
    pub unseen: Option<String>,
    /// A table and buckets that it uses and did not make: they stay.
    pub kept: Vec<String>,
    owner: Identity,
}

impl Removal {
    /// Looks what there is to delete. Nothing is deleted yet.
    pub async fn of(account: &Account, name: &StackName) -> Result<Removal, StackError> {
        let stack = Stack::get(account, name).await?.own(account)?;
        if stack.is_protected {
            return Err(StackError::Wish(format!(
                "the stack {name} is protected from deletion: end that with `aws cloudformation \
                 update-termination-protection --no-enable-termination-protection --stack-name {name}`"
            )));
        }
        if stack.state.is_busy() && !stack.state.is_leaving() {
            return Err(stack.unfit());
        }
        let owner = account.identity().await?;
        // Nothing that devices are answered from, so it is in nobody's way.
        let (uploads, unseen) = match Uploads::of(account, name, &owner).await {
            Ok(uploads) => (Some(uploads).filter(|uploads| !uploads.is_empty()), None),
            Err(error @ StackError::Forbidden { .. }) => (None, Some(error.to_string())),
            Err(error) => return Err(error),
        };
        let (tables, buckets, kept) = (Vec::new(), Vec::new(), Vec::new());
        let mut removal = Removal { stack, tables, buckets, uploads, unseen, kept, owner };
        for resource in removal.stack.resources(account).await? {
            let (true, Some(physical)) = (resource.is_there(), resource.physical) else { continue };
            match resource.kind.as_str() {
                TABLE => {
                    let Some(table) = described(account, &physical).await? else { continue };
                    if table.deletion_protection_enabled().unwrap_or(false) {
                        // Known now, before the bucket is gone that the stack still answers from.
                        return Err(StackError::Wish(format!(
                            "the table {physical} is protected from deletion: end that with `aws dynamodb update-table \
                             --no-deletion-protection-enabled --table-name {physical}`"
                        )));
                    }
                    let components = components(account, &physical).await;
                    removal.tables.push((physical, components));
                }
                BUCKET => {
                    let amount = objects::count(account, &physical).await?;
                    removal.buckets.extend(amount.map(|amount| (physical, amount)));
                }
                _ => {}
            }
        }
        let shared = CodeBucket::default_name(&removal.owner, &account.region);
        let existing = [EXISTING_TABLE, EXISTING_BUCKET, CODE_BUCKET].map(|name| removal.stack.existing(name));
        let existing = existing.into_iter().flatten().filter(|name| *name != shared);
        removal.kept = existing.map(str::to_owned).collect();
        removal.kept.dedup();
        Ok(removal)
    }

    /// Deletes it: the data first, and the stack last, so that whoever is stopped halfway finds the stack again and goes on.
    /// A stack that somebody deletes already leaves its data behind, so they are deleted all the same.
    pub async fn run(self, account: &Account, tell: Tell<'_>) -> Result<(), StackError> {
        let stack = &self.stack;
        if let (Some(bucket), Some(distribution)) = (stack.existing(EXISTING_BUCKET), &stack.outputs.distribution)
            && read_grant::take_back(account, &self.owner, bucket, distribution).await?
        {
            tell(Told::Step(&format!("the distribution may not read the bucket {bucket} any more")));
        }
        for (bucket, amount) in &self.buckets {
            tell(Told::Step(&format!("deleting the bucket {bucket} and {} objects in it", amount.objects)));
            delete_bucket(account, bucket).await?;
        }
        for (table, _) in &self.tables {
            tell(Told::Step(&format!("deleting the table {table}")));
            delete_table(account, table).await?;
        }
        if let (Some(_), Some(place)) = (stack.existing(EXISTING_TABLE), stack.known_words_place()) {
            stack.catalog(account).await?.remove_vocabulary_store(&place.to_string()).await?;
        }
        if let Some(uploads) = &self.uploads {
            tell(Told::Step(&format!(
                "deleting {} uploads of the stack in {}",
                uploads.amount.objects, uploads.bucket
            )));
            match uploads.delete(account).await {
                // Whoever tries again comes no further. What may pass is worth another run: once the stack is gone, nobody
                // knows any more whose they are.
                Err(error) if error.lasts() => tell(Told::Step(&format!("they stay: {error}"))),
                deleted => deleted?,
            }
        }
        delete_stack(account, stack, tell).await
    }
}

/// A table as it is; `None` if there is no such table.
async fn described(account: &Account, table: &str) -> Result<Option<TableDescription>, StackError> {
    match account.clients.dynamodb.describe_table().table_name(table).send().await {
        Ok(described) => Ok(described.table),
        Err(error) if error.code() == Some("ResourceNotFoundException") => Ok(None),
        Err(error) => {
            let what = format!("cannot look at the table {table}");
            Err(account.failed(what, "dynamodb:DescribeTable", &error))
        }
    }
}

/// How many components a table has. `None` where that cannot be seen: the table is being made or deleted, its key is
/// disabled, or these credentials may not read it, and none of that keeps anybody from deleting it.
async fn components(account: &Account, table: &str) -> Option<usize> {
    let catalog = aws::DynamoCatalog::new(account.clients.dynamodb.clone(), table);
    catalog.components().await.ok().map(|components| components.len())
}

async fn delete_bucket(account: &Account, bucket: &str) -> Result<(), StackError> {
    for _ in 0..ATTEMPTS {
        objects::delete_all(account, bucket).await?;
        if objects::delete_bucket(account, bucket).await? {
            return Ok(());
        }
        sleep(PAUSE).await;
    }
    Err(StackError::Data(format!(
        "the bucket {bucket} does not get empty: somebody puts objects there meanwhile; end that, then try again"
    )))
}

async fn delete_table(account: &Account, table: &str) -> Result<(), StackError> {
    let mut left = ATTEMPTS;
    loop {
        left -= 1;
        match account.clients.dynamodb.delete_table().table_name(table).send().await {
            Ok(_) => return Ok(()),
            Err(error) if error.code() == Some("ResourceNotFoundException") => return Ok(()),
            // It is being made, or changed, or deleted.
            Err(error) if error.code() == Some("ResourceInUseException") && left > 0 => {
                if described(account, table).await?.is_none() {
                    return Ok(());
                }
                sleep(PAUSE).await;
            }
            Err(error) => {
                let what = format!("cannot delete the table {table}");
                return Err(account.failed(what, "dynamodb:DeleteTable", &error));
            }
        }
    }
}

async fn delete_stack(account: &Account, stack: &Stack, tell: Tell<'_>) -> Result<(), StackError> {
    let events = if stack.state.is_leaving() {
        tell(Told::Step(&format!("the stack {} is being deleted already", stack.name)));
        Events::default()
    } else {
        tell(Told::Step(&format!("deleting the stack {}", stack.name)));
        let events = Events::from_now(account, stack).await?;
        let deleted = account.cloudformation.delete_stack().stack_name(&stack.id).send().await;
        deleted.map_err(|error| {
            account.failed(format!("cannot delete the stack {}", stack.name), "cloudformation:DeleteStack", &error)
        })?;
        events
    };
    match settled(account, stack, events, tell).await? {
        None => Ok(()),
        Some(left) => Err(left.unfit()),
    }
}
