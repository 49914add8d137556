//! The sample's own table and bucket, served by the function as the local server serves them.

use edgehop_tests::lambda::Environment;
use edgehop_tests::sample::{GAMER, members};
use edgehop_tests::sample_table::fill;
use edgehop_tests::stocked::Stocked;

#[tokio::test(flavor = "multi_thread")]
async fn the_samples_own_table_is_served_as_it_is() {
    let cloud = Stocked::new().await;
    fill(&cloud.clients, &cloud.cloud.table, &cloud.cloud.bucket, 20_000).await;
    let work = move || {
        let before = cloud.cloud.content();
        let mut function = Environment::start(&cloud, &[]);
        let package = function.request("GET", GAMER, &[]);
        assert_eq!(package.status, 200);
        let names: Vec<String> = members(&package.body).into_iter().map(|(name, _)| name).collect();
        let artifacts = ["modemFW_1.0", "os_armv8_1.1.0", "scoreboard_1.0.0", "videoStreamer_0.0.1"];
        assert_eq!(names, [&["package_details.json"], &artifacts[..]].concat());
        // What the sample's own function never found: its keys are spelled as somebody spelled them.
        let named = function.request("GET", "/package?videostreamer=BETA&payloadType=metadataOnly", &[]);
        assert_eq!(named.json()["videoStreamer"]["latestVersion"], "0.1.2");
        let url = named.json()["videoStreamer"]["url"].as_str().unwrap().to_owned();
        let blob = function.request("GET", &url[url.find("/blobs/").unwrap()..], &[]);
        assert_eq!((blob.status, blob.body.len()), (200, 20_000));
        drop(function);
        assert_eq!(cloud.cloud.content(), before);
    };
    tokio::task::spawn_blocking(work).await.unwrap();
}
