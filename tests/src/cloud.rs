//! A table and a bucket of a test's own, over what stands in for AWS.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use aws::{Clients, DynamoCatalog, Options, S3Artifacts, connect};
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use aws_sdk_dynamodb::types::{AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType};
use init_data::Stores;
use md5::Digest as _;
use resolver::catalog::{Artifact, Channel, ObjectKey, Release};
use resolver::words::{ComponentName, Digest, Md5, Sha256, Timestamp};
use store::Artifacts as _;

use crate::server::folder;
use crate::stand_ins::{KEY, endpoints};
use crate::writes::Writes as _;

/// A stand-in answers one after another, on a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(120);

/// The region that the stand-ins are in.
pub const REGION: &str = "us-east-1";

/// A table and a bucket of one test's own, and where they are.
#[derive(Debug, Clone)]
pub struct Cloud {
    /// Clients of both.
    pub clients: Clients,
    /// The table's name, and the bucket's.
    pub name: String,
}

impl Cloud {
    /// An empty table and an empty bucket.
    pub async fn new() -> Cloud {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("cloud-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        tokio::task::spawn_blocking(endpoints).await.unwrap();
        let clients = clients().await;
        create_table(&clients.dynamodb, &name).await;
        clients.s3.create_bucket().bucket(&name).send().await.unwrap();
        Cloud { clients, name }
    }

    /// With the sample data that `edgehop-server` makes, artifacts of this size.
    pub async fn with_samples(size: u64) -> Cloud {
        let cloud = Cloud::new().await;
        let work = folder();
        let stores = Stores { catalog: cloud.catalog(), artifacts: cloud.artifacts(), work: work.path().to_owned() };
        init_data::samples(&stores, size, Timestamp(1_800_000_000)).await.unwrap();
        cloud
    }

    /// Publishes these bytes as the only release of a component, on its channel `prod`, as an artifact that was adopted:
    /// it goes into packages in stored blocks.
    pub async fn publish(&self, component: &str, bytes: &[u8]) -> Artifact {
        let work = folder();
        let file = work.path().join("artifact");
        std::fs::write(&file, bytes).unwrap();
        let artifact = Artifact {
            sha256: Sha256::of(bytes),
            md5: Digest(md5::Md5::digest(bytes).into()),
            size: bytes.len() as u64,
            crc32: Some(crc32fast::hash(bytes)),
            fragment: None,
        };
        self.artifacts().put(&ObjectKey::Blob(artifact.sha256), &file, &artifact.md5).await.unwrap();
        let (name, version): (ComponentName, _) = (component.parse().unwrap(), "1.0".parse().unwrap());
        let release = Release::new(version, artifact.clone(), Timestamp(0));
        self.catalog().add_release(&name, &release).await.unwrap();
        let channel = Channel::new(release.version);
        self.catalog().set_channel(&name.key(), &"prod".parse().unwrap(), &channel, None).await.unwrap();
        artifact
    }

    /// Puts other bytes in an object's place, behind the store's back.
    pub async fn overwrite(&self, key: &ObjectKey, bytes: &[u8], md5: &Md5) {
        let put = self.clients.s3.put_object().bucket(&self.name).key(key.to_string());
        put.body(bytes.to_vec().into()).metadata("md5", md5.to_string()).send().await.unwrap();
    }

    /// The catalog in the table.
    pub fn catalog(&self) -> DynamoCatalog {
        DynamoCatalog::new(self.clients.dynamodb.clone(), &self.name)
            .with_transaction_items(endpoints().transaction_items)
    }

    /// The artifacts in the bucket.
    pub fn artifacts(&self) -> S3Artifacts {
        S3Artifacts::new(self.clients.s3.clone(), &self.name, "")
    }

    /// What a program finds the stand-ins by.
    pub fn environment(&self) -> Vec<(String, String)> {
        let endpoints = endpoints();
        [
            ("AWS_ENDPOINT_URL_DYNAMODB", endpoints.dynamodb.as_str()),
            ("AWS_ENDPOINT_URL_S3", &endpoints.s3),
            ("AWS_ACCESS_KEY_ID", KEY.0),
            ("AWS_SECRET_ACCESS_KEY", KEY.1),
            ("AWS_REGION", REGION),
            ("EDGEHOP_CATALOG", &format!("dynamodb:{}", self.name)),
            ("EDGEHOP_ARTIFACTS", &format!("s3:{}", self.name)),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
    }
}

/// Clients of the stand-ins, as patient as a busy machine takes.
async fn clients() -> Clients {
    let endpoints = endpoints();
    let credentials = Credentials::new(KEY.0, KEY.1, None, None, "the tests");
    let Clients { dynamodb, s3 } = connect(Options {
        region: Some(REGION.to_owned()),
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
