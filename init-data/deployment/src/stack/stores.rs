//! The table and the bucket of a stack.

use store::Either;

use super::account::Account;
use super::error::StackError;
use super::found::Stack;
use super::parameters::{EXISTING_BUCKET, EXISTING_TABLE};
use crate::known_words::KnownWordsPlace;
use open::Stores;
use open::{AnyArtifacts, AnyCatalog};

/// What a table is among a stack's resources.
pub(super) const TABLE: &str = "AWS::DynamoDB::Table";
/// What a bucket is there.
pub(super) const BUCKET: &str = "AWS::S3::Bucket";

impl Stack {
    /// The name of its table: what its outputs say, else the table it was told to use, else one that it is made of.
    pub async fn table(&self, account: &Account) -> Result<String, StackError> {
        self.named("table", self.outputs.table.as_ref(), EXISTING_TABLE, TABLE, account).await
    }

    /// The name of its bucket, found alike.
    pub async fn bucket(&self, account: &Account) -> Result<String, StackError> {
        self.named("bucket", self.outputs.bucket.as_ref(), EXISTING_BUCKET, BUCKET, account).await
    }

    /// The table or bucket that it was told to use, by the parameter's name: one that it did not make.
    pub(super) fn existing(&self, parameter: &str) -> Option<&str> {
        self.parameters.get(parameter).map(String::as_str).filter(|name| !name.is_empty())
    }

    /// It made its table itself. Another one may have a catalog already.
    pub fn has_own_table(&self) -> bool {
        self.existing(EXISTING_TABLE).is_none()
    }

    /// Its own catalog: that of its table. The table is not looked at yet.
    pub async fn catalog(&self, account: &Account) -> Result<aws::DynamoCatalog, StackError> {
        Ok(aws::DynamoCatalog::new(account.clients.dynamodb.clone(), self.table(account).await?))
    }

    /// Where its CDN looks words up, if its outputs say so.
    pub fn known_words_place(&self) -> Option<KnownWordsPlace> {
        format!("kvs:{}", self.outputs.known_words.as_ref()?).parse().ok()
    }

    /// Notes in its table where its CDN looks words up: whoever publishes there finds it.
    pub async fn note_known_words(&self, account: &Account) -> Result<(), StackError> {
        match self.known_words_place() {
            Some(place) => Ok(self.catalog(account).await?.add_vocabulary_store(&place.to_string()).await?),
            // What stands in for CloudFront may have no key-value store, and then nobody has to know.
            None => Ok(()),
        }
    }

    /// Its stores, opened as an operator's verbs use them.
    pub async fn stores(&self, account: &Account) -> Result<Stores<AnyCatalog, AnyArtifacts>, StackError> {
        let (table, bucket) = (self.table(account).await?, self.bucket(account).await?);
        let invalid = |error: aws::InvalidLocation| StackError::Data(format!("the stack {}: {error}", self.name));
        let table = format!("dynamodb:{table}").parse().map_err(invalid)?;
        let bucket = format!("s3:{bucket}").parse().map_err(invalid)?;
        aws::look_at_bucket(&account.clients, &bucket).await?;
        let (catalog, artifacts) = aws::open(&account.clients, &table, &bucket, None).await?;
        let (catalog, artifacts) = (Either::Right(catalog), Either::Right(artifacts));
        Ok(Stores { catalog, artifacts, work: std::env::temp_dir() })
    }

    async fn named(
        &self,
        what: &str,
        output: Option<&String>,
        parameter: &str,
        kind: &str,
        account: &Account,
    ) -> Result<String, StackError> {
        if let Some(name) = output.map(String::as_str).or_else(|| self.existing(parameter)) {
            return Ok(name.to_owned());
        }
        let resources = self.resources(account).await?;
        let found = resources.into_iter().find(|resource| resource.kind == kind && resource.is_there());
        found.and_then(|resource| resource.physical).ok_or_else(|| {
            StackError::Data(format!("the stack {} has no {what}: look at what it was made from", self.name))
        })
    }
}
