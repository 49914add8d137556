//! Ten thousand devices ask for a cold artifact at once, and eight processes answer: S3 is asked for one restore.

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws::{Clients, Options, S3Artifacts, connect};
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use edgehop_tests::glacier::{Asked, Glacier};
use edgehop_tests::lambda::Environment;
use edgehop_tests::sample::{GAMER, manifest, members};
use edgehop_tests::server::folder;
use edgehop_tests::stocked::Stocked;
use open::Stores;
use resolver::words::Timestamp;
use store::Catalog as _;

const PROCESSES: usize = 8;
const DEVICES: usize = 10_000;
const HOUR: u64 = 3600;

/// The sample data, its catalog in the table and its artifacts in a bucket with archives. Returns the name of the object
/// that goes into packages for an armv8 device's OS.
async fn stocked(cloud: &Stocked, glacier: &Glacier) -> String {
    let credentials = SharedCredentialsProvider::new(Credentials::new("key", "secret", None, None, "the tests"));
    let Clients { s3, .. } = connect(Options {
        region: Some("us-east-1".to_owned()),
        s3_endpoint: Some(glacier.url.clone()),
        credentials: Some(credentials),
        ..Options::default()
    })
    .await;
    let (work, artifacts) = (folder(), S3Artifacts::new(s3, &cloud.cloud.bucket, ""));
    let stores = Stores { catalog: cloud.catalog(), artifacts, work: work.path().to_owned() };
    publishing::samples(&stores, 4096, Timestamp(1_800_000_000)).await.unwrap();
    let os = stores.catalog.component(&"os_armv8".parse().unwrap()).await.unwrap().unwrap();
    let release = os.release(&os.channels[&"prod".parse().unwrap()].target).unwrap();
    format!("{}/{}", cloud.cloud.bucket, release.artifact.packaged())
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_devices_and_eight_processes_make_one_restore() {
    let (cloud, glacier) = (Stocked::new().await, Glacier::start());
    let cold = stocked(&cloud, &glacier).await;
    glacier.moved(&cold, "GLACIER");
    let work = move || {
        let variables = [("EDGEHOP_RESTORE_TIER", "standard"), ("AWS_ENDPOINT_URL_S3", glacier.url.as_str())];
        let mut processes: Vec<_> = (0..PROCESSES).map(|_| Environment::start(&cloud, &variables)).collect();
        let (start, asked) = (Barrier::new(PROCESSES), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for process in &mut processes {
                scope.spawn(|| {
                    start.wait();
                    while asked.fetch_add(1, Ordering::Relaxed) < DEVICES {
                        let answer = process.request("GET", "/package?cpuArch=armv8", &[]);
                        assert_eq!(answer.status, 503);
                        let waits = answer.json()["os_armv8"]["retryAfter"].as_u64().unwrap();
                        assert!((4 * HOUR..6 * HOUR).contains(&waits), "{waits}");
                        let after: u64 = answer.header("retry-after").unwrap().parse().unwrap();
                        assert!((waits..waits + 60).contains(&after), "{after}");
                    }
                });
            }
        });
        let restore = Asked { name: cold.clone(), tier: "Standard".to_owned(), days: Some(7) };
        assert_eq!(glacier.asked(), [restore]);
        assert_eq!(glacier.calls("RESTORE"), 1, "none was refused either");
        // Nobody looks once a request: each process did before it asked, and again after a minute.
        assert!(glacier.calls("HEAD") < 20 * PROCESSES, "{}", glacier.calls("HEAD"));
        // Each answer that told a device to wait was counted.
        let waiting = |process: &Environment| process.metrics().iter().all(|line| line["Waiting"] == 1);
        assert!(processes.iter().all(waiting));

        // Who wants more than that gets the rest.
        let rest = processes[0].request("GET", GAMER, &[]);
        assert_eq!((rest.status, rest.header("content-type").as_deref()), (200, Some("application/gzip")));
        let members = members(&rest.body);
        assert_eq!((members.len(), &manifest(&members)["os_armv8"]["status_code"]), (4, &503.into()));

        // A process that looks after the restore delivers.
        glacier.restored(&cold);
        let mut late = Environment::start(&cloud, &variables);
        assert_eq!(late.request("GET", "/package?cpuArch=armv8", &[]).status, 200);
        assert_eq!(late.metrics()[0]["Waiting"], 0);
        assert_eq!(glacier.asked(), []);
    };
    tokio::task::spawn_blocking(work).await.unwrap();
}
