//! The stores on AWS, over what stands in for it.

use aws::{Clients, DynamoCatalog, S3Artifacts, Sizes};
use edgehop_tests::cloud::{Cloud, patient_clients};
use edgehop_tests::stand_ins::endpoints;

use crate::suite::Place;

/// Large objects go in parts, as large as the least that S3 takes.
pub(crate) const SIZES: Sizes = Sizes { multipart_from: 6 << 20, part: 5 << 20, copy_at_once: 5 << 20 };

/// A table and a bucket of one test's own, and where they are.
pub(crate) struct Aws {
    pub(crate) clients: Clients,
    pub(crate) table: String,
    pub(crate) bucket: String,
}

/// A catalog that puts no more into a transaction than the stand-in takes.
pub(crate) fn catalog(client: aws_sdk_dynamodb::Client, table: &str) -> DynamoCatalog {
    DynamoCatalog::new(client, table).with_transaction_items(endpoints().transaction_items)
}

impl Place for Aws {
    type Catalog = DynamoCatalog;
    type Artifacts = S3Artifacts;

    async fn new() -> Self {
        let Cloud { table, bucket } = tokio::task::spawn_blocking(Cloud::new).await.unwrap();
        Aws { clients: patient_clients().await, table, bucket }
    }

    async fn catalog(&self) -> DynamoCatalog {
        catalog(patient_clients().await.dynamodb, &self.table)
    }

    async fn artifacts(&self) -> S3Artifacts {
        S3Artifacts::new(patient_clients().await.s3, &self.bucket, "ota/").with_sizes(SIZES)
    }
}
