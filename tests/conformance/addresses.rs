//! URLs of the artifact store's own outlast every cached answer that carries one.

use edgehop_tests::sample::{GAMER, manifest, members};
use resolver::answer::{Deployment, STALE_IF_ERROR_SECONDS};
use resolver::words::Timestamp;
use service::Service;

use crate::asking::{Stock, ask_at};
use crate::frozen::Frozen;

const LIST: &str = "/package?cpuArch=armv8&attrGamer=prod&payloadType=metadataOnly";
/// A multiple of the 1000 seconds for which the double gives the same URL.
const START: u64 = 1_800_000_000;

#[tokio::test]
async fn an_answer_ends_before_its_urls_do() {
    let stock = Stock::new(20_000).await;
    let artifacts = Frozen::new(stock.artifacts.clone());
    let service =
        Service::new(stock.catalog.clone(), artifacts.clone(), Deployment::new("https://ota.test".parse().unwrap()));
    let at = async |target: &str, seconds: u64| ask_at(&service, "GET", target, &[], Timestamp(START + seconds)).await;
    let ours = at(LIST, 0).await;
    artifacts.gives_addresses(3600);
    // Asked in another spelling, so that what is remembered does not answer.
    let list = format!("{LIST}&x=1");
    let theirs = at(&list, 5).await;
    let urls = |body: &[u8]| {
        let all: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(body).unwrap();
        all.values().map(|entry| entry["url"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert!(urls(&ours.body).iter().all(|url| url.starts_with("https://ota.test/blobs/")));
    assert!(urls(&theirs.body).iter().all(|url| url.starts_with("https://store.test/blobs/")));
    assert_eq!(urls(&theirs.body).len(), 3);
    // Near moments: the same bytes. A later one: other URLs, another tag.
    let (near, far) = (at(&list, 900).await, at(&list, 1001).await);
    assert!(near.body == theirs.body && near.header("etag") == theirs.header("etag"));
    assert!(far.body != theirs.body && far.header("etag") != theirs.header("etag"));
    // Whatever a cache may do with an answer, its URLs last five minutes longer.
    artifacts.gives_addresses(2000);
    for seconds in [0, 999, 1000, 1500, 1999] {
        let answer = at(&list, seconds).await;
        let control = answer.header("cache-control").to_owned();
        let number = |name: &str| {
            let rest = control.split_once(name).unwrap().1.trim_start_matches('=');
            rest.split(',').next().unwrap().parse::<u64>().unwrap()
        };
        assert_eq!(number("stale-if-error"), STALE_IF_ERROR_SECONDS);
        let until =
            urls(&answer.body).iter().map(|url| url.split_once("until=").unwrap().1.parse::<u64>().unwrap()).min();
        let gone = START + seconds + number("max-age") + number("stale-if-error");
        assert!(gone + 300 <= until.unwrap(), "{seconds}: {control}");
    }
}

#[tokio::test]
async fn a_package_carries_them_too() {
    let stock = Stock::new(20_000).await;
    let artifacts = Frozen::new(stock.artifacts.clone());
    artifacts.gives_addresses(7200);
    let service = Service::new(stock.catalog.clone(), artifacts, Deployment::new("https://ota.test".parse().unwrap()));
    let answer = ask_at(&service, "GET", GAMER, &[], Timestamp(START)).await;
    let entries = manifest(&members(&answer.body));
    assert_eq!(entries.len(), 4);
    assert!(entries.values().all(|entry| entry["url"].as_str().unwrap().starts_with("https://store.test/blobs/")));
}
