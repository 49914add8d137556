//! Opening the stores in a table and a bucket: edgehop's own, or the AWS sample's, which are read-only.

use std::time::Duration;

use store::{Either, StoreError};

use crate::catalog::{AdoptionState, adoption_state};
use crate::sample::{REFRESH, Sample};
use crate::{
    AddressLifetime, BucketName, Clients, DynamoCatalog, S3Artifacts, SampleArtifacts, SampleCatalog, TableName,
    failure,
};

/// A catalog on AWS.
pub type AwsCatalog = Either<DynamoCatalog, SampleCatalog>;

/// An artifact store on AWS.
pub type AwsArtifacts = Either<S3Artifacts, SampleArtifacts>;

/// Opens the stores in a table and a bucket: the AWS sample's if its init script filled the table and no adoption of it
/// was finished, else edgehop's own.
///
/// Makes one Query if edgehop published into the table. Otherwise, or during an adoption, reads the whole table and all
/// objects of the sample's items, because their SHA-256, size and CRC-32 are not in the table.
///
/// With a lifetime, edgehop's own artifact store creates presigned URLs.
pub async fn open(
    clients: &Clients,
    table: &TableName,
    bucket: &BucketName,
    presign: Option<AddressLifetime>,
) -> Result<(AwsCatalog, AwsArtifacts), StoreError> {
    let (catalog, artifacts) = open_refreshing(clients, table, bucket, REFRESH).await?;
    let artifacts = match (artifacts, presign) {
        (Either::Left(own), Some(lifetime)) => Either::Left(own.with_addresses(lifetime.duration())),
        (Either::Right(sample), Some(lifetime)) => Either::Right(sample.with_addresses(lifetime.duration())),
        (artifacts, _) => artifacts,
    };
    Ok((catalog, artifacts))
}

/// Opens the stores without presigned URLs, reading the sample's table at this interval in place of once a minute.
pub async fn open_refreshing(
    clients: &Clients,
    table: &TableName,
    bucket: &BucketName,
    every: Duration,
) -> Result<(AwsCatalog, AwsArtifacts), StoreError> {
    let own = (own_catalog(clients, table), open_bucket(clients, bucket));
    let adoption_state = adoption_state(&clients.dynamodb, table.as_str()).await?;
    if adoption_state != AdoptionState::Own
        && let Some(sample) = Sample::find(clients, table, bucket).await?
    {
        let (catalog, artifacts) = sample.serve(every, own, adoption_state == AdoptionState::Adopting);
        return Ok((Either::Right(catalog), Either::Right(artifacts)));
    }
    Ok((Either::Left(own.0), Either::Left(own.1)))
}

/// Opens the catalog in a table whose artifacts are not in S3. [`StoreError::ReadOnly`] if it is the sample's: its
/// objects are in a bucket.
pub async fn open_table(clients: &Clients, table: &TableName) -> Result<DynamoCatalog, StoreError> {
    if adoption_state(&clients.dynamodb, table.as_str()).await? != AdoptionState::Own
        && Sample::is_in(clients, table).await?
    {
        let problem =
            "the AWS sample's init script filled it, and its objects are in a bucket: give --artifacts s3:BUCKET";
        return Err(StoreError::ReadOnly { what: table.to_string(), problem: problem.to_owned() });
    }
    Ok(own_catalog(clients, table))
}

/// Opens the artifact store in a bucket whose catalog is elsewhere, without any call to S3.
pub fn open_bucket(clients: &Clients, bucket: &BucketName) -> S3Artifacts {
    S3Artifacts::new(clients.s3.clone(), bucket.bucket(), bucket.prefix())
}

/// Checks that a bucket exists and can be listed, so that an operator gets its error at once: one list of one object.
pub async fn look_at_bucket(clients: &Clients, bucket: &BucketName) -> Result<(), StoreError> {
    let list = clients.s3.list_objects_v2().bucket(bucket.bucket()).prefix(bucket.prefix()).max_keys(1);
    let listed = list.send().await;
    listed.map(|_| ()).map_err(|error| failure::artifacts(format!("the list of {}", bucket.bucket()), &error))
}

fn own_catalog(clients: &Clients, table: &TableName) -> DynamoCatalog {
    DynamoCatalog::new(clients.dynamodb.clone(), table.as_str())
}
