//! A table and a bucket with the sample data, which all tests of the process read and none changes.

use aws::{Clients, DynamoCatalog, Options, S3Artifacts, connect};
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use aws_sdk_dynamodb::types::{AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType};
use edgehop_tests::stand_ins::{KEY, endpoints};
use init_data::Stores;
use resolver::catalog::{Artifact, ObjectKey};
use store::{Artifacts as _, Catalog as _};
use tokio::sync::OnceCell;

use crate::day::NOW;

/// The size of an artifact, in bytes: several pieces of a stream, and a moment's work for the stand-in.
pub(crate) const SIZE: u64 = 300_000;

/// What a signature's text is: nobody checks it here.
pub(crate) const MINISIG: &str = "untrusted comment: of the tests\n";

/// Where the sample data is.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// The table's name, and the bucket's.
    pub(crate) name: String,
}

impl Place {
    /// The one of this process, filled at the first call.
    pub(crate) async fn filled() -> &'static Place {
        static PLACE: OnceCell<Place> = OnceCell::const_new();
        PLACE.get_or_init(Place::fill).await
    }

    async fn fill() -> Place {
        let place = Place { name: format!("days-{}", std::process::id()) };
        let endpoints = tokio::task::spawn_blocking(endpoints).await.unwrap();
        let clients = clients(&endpoints.dynamodb, &endpoints.s3).await;
        // The stand-in answers one after another, and may be busy.
        let patient = TimeoutConfig::builder().disable_read_timeout().disable_operation_timeout();
        let patient = patient.disable_operation_attempt_timeout().build();
        let dynamodb = clients.dynamodb.config().to_builder().timeout_config(patient.clone()).build();
        let s3 = clients.s3.config().to_builder().timeout_config(patient).build();
        let clients =
            Clients { dynamodb: aws_sdk_dynamodb::Client::from_conf(dynamodb), s3: aws_sdk_s3::Client::from_conf(s3) };
        create_table(&clients.dynamodb, &place.name).await;
        clients.s3.create_bucket().bucket(&place.name).send().await.unwrap();
        let work = edgehop_tests::server::folder();
        let (catalog, artifacts) = place.stores(&clients);
        let catalog = catalog.with_transaction_items(endpoints.transaction_items);
        let stores = Stores { catalog, artifacts, work: work.path().to_owned() };
        init_data::samples(&stores, SIZE, NOW).await.unwrap();
        let modem = artifact(&stores.catalog, "modemfw").await;
        stores.artifacts.put_signature(&modem.sha256, MINISIG).await.unwrap();
        place
    }

    pub(crate) fn stores(&self, clients: &Clients) -> (DynamoCatalog, S3Artifacts) {
        (DynamoCatalog::new(clients.dynamodb.clone(), &self.name), S3Artifacts::new(clients.s3.clone(), &self.name, ""))
    }

    /// What the record of a component's `prod` release says of its bytes.
    pub(crate) async fn artifact(&self, component: &str) -> Artifact {
        let endpoints = endpoints();
        let (catalog, _) = self.stores(&clients(&endpoints.dynamodb, &endpoints.s3).await);
        artifact(&catalog, component).await
    }

    /// The name of the object that goes into packages for a component's `prod` release, and its size.
    pub(crate) async fn object(&self, component: &str) -> (String, usize) {
        let Artifact { sha256, size, fragment, .. } = self.artifact(component).await;
        match fragment {
            Some(fragment) => (ObjectKey::Fragment(fragment.sha256).to_string(), fragment.size as usize),
            None => (ObjectKey::Blob(sha256).to_string(), size as usize),
        }
    }
}

async fn artifact(catalog: &DynamoCatalog, component: &str) -> Artifact {
    let found = catalog.component(&component.parse().unwrap()).await.unwrap().unwrap();
    found.release(&found.channels[&"prod".parse().unwrap()].target).unwrap().artifact.clone()
}

/// Clients of these URLs, set up as a deployment's.
pub(crate) async fn clients(dynamodb: &str, s3: &str) -> Clients {
    let credentials = Credentials::new(KEY.0, KEY.1, None, None, "the tests");
    connect(Options {
        region: Some("us-east-1".to_owned()),
        dynamodb_endpoint: Some(dynamodb.to_owned()),
        s3_endpoint: Some(s3.to_owned()),
        credentials: Some(SharedCredentialsProvider::new(credentials)),
    })
    .await
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
