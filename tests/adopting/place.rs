//! A table and a bucket that the sample's init script filled, and the command line beside them.

use std::collections::BTreeMap;
use std::fmt;
use std::process::{Command, Output, Stdio};

use aws::{AwsArtifacts, AwsCatalog, BucketName, TableName};
use edgehop_tests::cloud::{Cloud, Content, patient_clients, wait};
use edgehop_tests::fault_proxy::{FaultProxy, Memory};
use edgehop_tests::sample_table::{self, noise, put_item, put_object};
use edgehop_tests::server::{Server, command_line, folder};
use edgehop_tests::stand_ins::endpoints;
use resolver::catalog::{Channel, Component, Release};
use resolver::words::{ChannelName, ComponentKey};
use serde_json::Value;
use store::Catalog;

/// Size of an object in bytes, where nothing depends on it.
pub(crate) const SIZE: usize = 20_000;

/// Where the sample's items are, and soon edgehop's.
pub(crate) struct Place {
    pub(crate) cloud: Cloud,
    /// What programs find in their environment beside the stores.
    pub(crate) environment: Vec<(String, String)>,
}

/// How a run of `edgehop` ended, and what it said.
pub(crate) struct Said {
    line: String,
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// What a catalog says to devices: no revisions, and nothing of how bytes are stored.
pub(crate) type Told = BTreeMap<ComponentKey, (String, Vec<Release>, BTreeMap<ChannelName, Channel>)>;

impl Place {
    /// An empty table and an empty bucket.
    pub(crate) fn empty() -> Place {
        let cloud = Cloud::new();
        let environment = cloud.environment();
        Place { cloud, environment }
    }

    /// The sample's nine items and their objects.
    pub(crate) fn filled() -> Place {
        let place = Place::empty();
        let Cloud { table, bucket } = &place.cloud;
        wait(async { sample_table::fill(&patient_clients().await, table, bucket, SIZE).await });
        place
    }

    /// The same behind a proxy before each of the stand-ins, which programs ask through: DynamoDB's and S3's.
    pub(crate) fn behind() -> (Place, FaultProxy, FaultProxy) {
        let mut place = Place::filled();
        let dynamodb = FaultProxy::before(&endpoints().dynamodb, &Memory::none());
        let s3 = FaultProxy::before(&endpoints().s3, &Memory::none());
        let urls = [("AWS_ENDPOINT_URL_DYNAMODB", dynamodb.url()), ("AWS_ENDPOINT_URL_S3", s3.url())];
        place.environment.extend(urls.map(|(name, url)| (name.to_owned(), url)));
        (place, dynamodb, s3)
    }

    /// Adds an item of the sample's, and its object, with these bytes.
    pub(crate) fn add(&self, app: &str, env: &str, version: &str, bytes: &[u8]) {
        let object = format!("{app}_{version}");
        let item = sample_table::item(&self.cloud.bucket, app, env, version, &object, bytes);
        wait(async {
            let clients = patient_clients().await;
            put_object(&clients, &self.cloud.bucket, &object, bytes.to_vec()).await;
            put_item(&clients, &self.cloud.table, item).await;
        });
    }

    /// The same with bytes that are like no other's.
    pub(crate) fn add_noise(&self, app: &str, env: &str, version: &str, seed: u64) {
        self.add(app, env, version, &noise(SIZE, seed));
    }

    /// `edgehop` with these arguments, with nothing inherited from whoever runs the tests.
    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = Command::new(command_line());
        let own = |name: &str| name.starts_with("EDGEHOP_") || name.starts_with("AWS_");
        for (name, _) in std::env::vars_os().filter(|(name, _)| own(&name.to_string_lossy())) {
            command.env_remove(name);
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.args(line.split(' ')).stdin(Stdio::null()).env("RUST_BACKTRACE", "0");
        command
    }

    /// Runs `edgehop`.
    pub(crate) fn run(&self, line: &str) -> Said {
        Said::of(line, self.command(line).output().unwrap())
    }

    /// Runs what must be done; returns what it said.
    pub(crate) fn done(&self, line: &str) -> String {
        let said = self.run(line);
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{said:?}");
        said.out
    }

    /// The same, as JSON.
    pub(crate) fn json(&self, line: &str) -> Value {
        let text = self.done(&format!("{line} --json"));
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{line}: {error}: {text}"))
    }

    /// The verb, on this table and this bucket.
    pub(crate) fn adopt(&self) -> String {
        format!("adopt --table {} --bucket {}", self.cloud.table, self.cloud.bucket)
    }

    /// Adopts everything.
    pub(crate) fn adopted(&self) -> Value {
        self.json(&format!("{} --yes", self.adopt()))
    }

    /// A server over the table and the bucket.
    pub(crate) fn serve(&self) -> Server {
        Server::start_with(folder(), &["--url-base", "https://ota.test"], &self.environment)
    }

    pub(crate) fn names(&self) -> (TableName, BucketName) {
        let Cloud { table, bucket } = &self.cloud;
        (format!("dynamodb:{table}").parse().unwrap(), format!("s3:{bucket}").parse().unwrap())
    }

    /// The stores, as every program of edgehop's opens them.
    pub(crate) async fn open(&self) -> (AwsCatalog, AwsArtifacts) {
        let (table, bucket) = self.names();
        aws::open(&patient_clients().await, &table, &bucket, None).await.unwrap()
    }

    /// What devices are told by whoever opens the stores now, and whether that is edgehop's own catalog.
    pub(crate) fn told(&self) -> (Told, bool) {
        wait(async {
            let (catalog, _) = self.open().await;
            (told(&catalog).await, matches!(catalog, store::Either::Left(_)))
        })
    }

    /// That all of the sample's that was in the table and the bucket is there as it was.
    pub(crate) fn check_kept(&self, before: &Content) {
        let after = self.cloud.content();
        for (key, item) in before.items.iter().filter(|(key, _)| !key.contains('#')) {
            assert_eq!(after.items.get(key), Some(item));
        }
        for (name, object) in before.objects.iter().filter(|(name, _)| !name.contains('/')) {
            assert_eq!(after.objects.get(name), Some(object), "{name}");
        }
    }
}

/// What a catalog says to devices.
pub(crate) async fn told(catalog: &impl Catalog) -> Told {
    let mut told = Told::new();
    for key in catalog.components().await.unwrap() {
        let component: Component = catalog.component(&key).await.unwrap().unwrap();
        let releases = component.releases().iter().map(|release| {
            let mut release = Release::clone(release);
            release.artifact.fragment = None;
            release
        });
        let releases = releases.collect();
        told.insert(key, (component.name.to_string(), releases, component.channels));
    }
    told
}

impl Said {
    pub(crate) fn of(line: &str, output: Output) -> Said {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Said { line: line.to_owned(), code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// That it failed with one line that has all these parts.
    pub(crate) fn check_failure(&self, parts: &[&str]) {
        let is_one_line = self.err.starts_with("edgehop: ") && self.err.lines().count() == 1;
        assert!(self.code == Some(1) && self.out.is_empty() && is_one_line, "{self:?}");
        parts.iter().for_each(|part| assert!(self.err.contains(part), "{part:?} is not in {self:?}"));
    }
}

impl fmt::Debug for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Said { line, code, out, err } = self;
        write!(f, "{line:?} exited with {code:?}\n--- said\n{out}\n--- complained\n{err}")
    }
}
