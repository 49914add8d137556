//! A table and a bucket with the sample data, which all tests of the process read and none changes.

use aws::{Clients, DynamoCatalog, Options, S3Artifacts, connect};
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use edgehop_tests::stand_ins::{KEY, endpoints};
use edgehop_tests::stocked::Stocked;
use resolver::catalog::{Artifact, ObjectKey};
use store::{Artifacts as _, Catalog as _};
use tokio::sync::OnceCell;

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
        let stocked = Stocked::with_samples(SIZE).await;
        let modem = artifact(&stocked.catalog(), "modemfw").await;
        stocked.artifacts().put_signature(&modem.sha256, MINISIG).await.unwrap();
        Place { name: stocked.cloud.table }
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
        ..Options::default()
    })
    .await
}
