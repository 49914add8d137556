//! A table and a bucket of one test's own, on what stands in for AWS, for programs that find AWS through their environment.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use aws::{Clients, Options, connect};
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use aws_sdk_dynamodb::types::AttributeValue::{self, M};
use aws_sdk_dynamodb::types::{AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType};

use crate::stand_ins::{KEY, endpoints};

/// Where everything is.
const REGION: &str = "us-east-1";

/// How long a patient client waits.
const PATIENCE: Duration = Duration::from_secs(120);

/// A table with the sample's keys, and a bucket.
#[derive(Debug)]
pub struct Cloud {
    pub table: String,
    pub bucket: String,
}

/// All that is in a table and a bucket, in an order of its own: what must be as it was.
#[derive(Debug, PartialEq, Eq)]
pub struct Content {
    /// Every item, as text, by its keys.
    pub items: BTreeMap<String, String>,
    /// Every object's entity tag, size and time, by its name.
    pub objects: BTreeMap<String, String>,
}

impl Cloud {
    /// Both empty.
    pub fn new() -> Cloud {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("cloud-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        wait(async {
            let clients = patient_clients().await;
            create_table(&clients.dynamodb, &name).await;
            clients.s3.create_bucket().bucket(&name).send().await.unwrap();
        });
        Cloud { table: name.clone(), bucket: name }
    }

    /// What tells a program of edgehop's to use them.
    pub fn environment(&self) -> Vec<(String, String)> {
        let mut environment = environment();
        environment.push(("EDGEHOP_CATALOG".to_owned(), format!("dynamodb:{}", self.table)));
        environment.push(("EDGEHOP_ARTIFACTS".to_owned(), format!("s3:{}", self.bucket)));
        environment
    }

    /// What is in them.
    pub fn content(&self) -> Content {
        wait(async {
            let clients = patient_clients().await;
            let mut scan = clients.dynamodb.scan().table_name(&self.table).into_paginator().items().send();
            let mut items = BTreeMap::new();
            while let Some(item) = scan.next().await {
                let item = item.unwrap();
                items.insert(format!("{:?} {:?}", item["app"], item["env"]), text(&M(item)));
            }
            let mut pages = clients.s3.list_objects_v2().bucket(&self.bucket).into_paginator().send();
            let mut objects = BTreeMap::new();
            while let Some(page) = pages.next().await {
                for object in page.unwrap().contents() {
                    let state = format!("{:?} {:?} {:?}", object.e_tag(), object.size(), object.last_modified());
                    objects.insert(object.key().unwrap().to_owned(), state);
                }
            }
            Content { items, objects }
        })
    }
}

/// A value, with the fields of maps in their order.
fn text(value: &AttributeValue) -> String {
    match value {
        M(map) => format!("{:?}", map.iter().map(|(name, value)| (name, text(value))).collect::<BTreeMap<_, _>>()),
        other => format!("{other:?}"),
    }
}

/// What tells AWS' own tools, and programs like them, where the stand-ins are and who asks.
pub fn environment() -> Vec<(String, String)> {
    let endpoints = endpoints();
    let services = [("AWS_ENDPOINT_URL_DYNAMODB", &endpoints.dynamodb), ("AWS_ENDPOINT_URL_S3", &endpoints.s3)];
    let services = services.map(|(name, url)| (name.to_owned(), url.clone()));
    services.into_iter().chain(offline_environment()).collect()
}

/// The same for what asks other services than those: who asks, and nothing of whoever runs the tests.
pub fn offline_environment() -> Vec<(String, String)> {
    let own = [
        ("AWS_REGION", REGION),
        ("AWS_ACCESS_KEY_ID", KEY.0),
        ("AWS_SECRET_ACCESS_KEY", KEY.1),
        ("AWS_CONFIG_FILE", "/dev/null"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ];
    own.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

/// Clients of the stand-ins that wait for them: they answer one after another, on a machine that is busy with other tests.
pub async fn patient_clients() -> Clients {
    let endpoints = endpoints();
    patient(&endpoints.dynamodb, &endpoints.s3, REGION).await
}

/// The same for one service that stands in for both, in a region.
pub async fn patient_clients_at(url: &str, region: &str) -> Clients {
    patient(url, url, region).await
}

/// What a client gave up is still done when its turn comes: edgehop's own few seconds would be a test's second write, and
/// its refusal.
async fn patient(dynamodb: &str, s3: &str, region: &str) -> Clients {
    let credentials = Credentials::new(KEY.0, KEY.1, None, None, "the tests");
    let options = Options {
        region: Some(region.to_owned()),
        dynamodb_endpoint: Some(dynamodb.to_owned()),
        s3_endpoint: Some(s3.to_owned()),
        credentials: Some(SharedCredentialsProvider::new(credentials)),
        ..Options::default()
    };
    let Clients { dynamodb, s3 } = connect(options).await;
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(PATIENCE)
        .read_timeout(PATIENCE)
        .operation_attempt_timeout(PATIENCE)
        .operation_timeout(PATIENCE)
        .build();
    let dynamodb = dynamodb.config().to_builder().timeout_config(timeouts.clone()).build();
    let s3 = s3.config().to_builder().timeout_config(timeouts).build();
    Clients { dynamodb: aws_sdk_dynamodb::Client::from_conf(dynamodb), s3: aws_sdk_s3::Client::from_conf(s3) }
}

/// Makes a table with the sample's keys.
pub async fn create_table(client: &aws_sdk_dynamodb::Client, name: &str) {
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

/// Runs what is asked of AWS, where nothing else runs asynchronously.
pub fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

impl Default for Cloud {
    fn default() -> Self {
        Cloud::new()
    }
}
