//! The stores on AWS, over what stands in for it.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use aws::{Clients, DynamoCatalog, Options, S3Artifacts, Sizes, connect};
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use aws_sdk_dynamodb::types::{AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType};
use edgehop_tests::stand_ins::{KEY, endpoints};

use crate::suite::Place;

/// A stand-in answers one after another, on a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(120);

/// Large objects go in parts, as large as the least that S3 takes.
pub(crate) const SIZES: Sizes = Sizes { multipart_from: 6 << 20, part: 5 << 20, copy_at_once: 5 << 20 };

/// A table and a bucket of one test's own, and where they are.
pub(crate) struct Aws {
    pub(crate) clients: Clients,
    pub(crate) table: String,
    pub(crate) bucket: String,
}

/// Clients of the stand-ins.
pub(crate) async fn clients() -> Clients {
    let endpoints = endpoints();
    let credentials = Credentials::new(KEY.0, KEY.1, None, None, "the tests");
    let Clients { dynamodb, s3 } = connect(Options {
        region: Some("us-east-1".to_owned()),
        dynamodb_endpoint: Some(endpoints.dynamodb.clone()),
        s3_endpoint: Some(endpoints.s3.clone()),
        credentials: Some(SharedCredentialsProvider::new(credentials)),
    })
    .await;
    let timeouts = TimeoutConfig::builder()
        .read_timeout(PATIENCE)
        .operation_attempt_timeout(PATIENCE)
        .operation_timeout(PATIENCE)
        .build();
    let dynamodb = dynamodb.config().to_builder().timeout_config(timeouts.clone()).build();
    let s3 = s3.config().to_builder().timeout_config(timeouts).build();
    Clients { dynamodb: aws_sdk_dynamodb::Client::from_conf(dynamodb), s3: aws_sdk_s3::Client::from_conf(s3) }
}

/// A catalog that puts no more into a transaction than the stand-in takes.
pub(crate) fn catalog(client: aws_sdk_dynamodb::Client, table: &str) -> DynamoCatalog {
    DynamoCatalog::new(client, table).with_transaction_items(endpoints().transaction_items)
}

impl Place for Aws {
    type Catalog = DynamoCatalog;
    type Artifacts = S3Artifacts;

    async fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("test-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let clients = tokio::task::spawn_blocking(endpoints).await.map(|_| clients()).unwrap().await;
        create_table(&clients.dynamodb, &name).await;
        clients.s3.create_bucket().bucket(&name).send().await.unwrap();
        Aws { clients, table: name.clone(), bucket: name }
    }

    async fn catalog(&self) -> DynamoCatalog {
        catalog(clients().await.dynamodb, &self.table)
    }

    async fn artifacts(&self) -> S3Artifacts {
        S3Artifacts::new(clients().await.s3, &self.bucket, "ota/").with_sizes(SIZES)
    }
}

/// The sample's table.
async fn create_table(client: &aws_sdk_dynamodb::Client, name: &str) {
    let mut create = client.create_table().table_name(name).billing_mode(BillingMode::PayPerRequest);
    for (attribute, kind) in [("app", KeyType::Hash), ("env", KeyType::Range)] {
        let string = AttributeDefinition::builder().attribute_name(attribute);
        let key = KeySchemaElement::builder().attribute_name(attribute).key_type(kind);
        create = create
            .attribute_definitions(string.attribute_type(ScalarAttributeType::S).build().unwrap())
            .key_schema(key.build().unwrap());
    }
    create.send().await.unwrap();
}
