//! What URLs start with where no variable says it: the host that the CDN's function puts into a header.

use edgehop_tests::lambda::{Environment, URL_BASE, bootstrap};
use edgehop_tests::sample_table::fill;
use edgehop_tests::stocked::Stocked;

const LIST: &str = "/package?cpuArch=armv8&payloadType=metadataOnly";

/// A function that is not told where its CDN is.
fn start(cloud: &Stocked, variables: &[(&str, &str)]) -> Environment {
    let mut all = cloud.environment();
    let more = [("EDGEHOP_INVOKE_MODE", "RESPONSE_STREAM")].into_iter().chain(variables.iter().copied());
    all.extend(more.map(|(name, value)| (name.to_owned(), value.to_owned())));
    Environment::bare(bootstrap(), &all)
}

fn url(function: &mut Environment, headers: &[(&str, &str)]) -> String {
    let list = function.request("GET", LIST, headers);
    assert_eq!(list.status, 200, "{list:?}");
    list.json()["os_armv8"]["url"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn urls_start_with_the_host_that_the_cdn_says() {
    let cloud = Stocked::with_samples(4096).await;
    let work = move || {
        let mut function = start(&cloud, &[]);
        for (host, base) in [
            ("d111111abcdef8.cloudfront.net", "https://d111111abcdef8.cloudfront.net/blobs/"),
            ("D111111abcdef8.CloudFront.net:443", "https://d111111abcdef8.cloudfront.net/blobs/"),
            ("ota.example.com", "https://ota.example.com/blobs/"),
        ] {
            let told = url(&mut function, &[("edgehop-host", host)]);
            assert!(told.starts_with(base), "{told}");
        }
        // What is in memory for one host is not said to another.
        let told = url(&mut function, &[("edgehop-host", "d111111abcdef8.cloudfront.net")]);
        assert!(told.starts_with("https://d111111abcdef8.cloudfront.net/"), "{told}");

        // A variable is the operator's word: the header adds nothing.
        let mut function = start(&cloud, &[("EDGEHOP_URL_BASE", URL_BASE)]);
        for headers in [&[][..], &[("edgehop-host", "evil.test")], &[("edgehop-host", "no host at all")]] {
            assert!(url(&mut function, headers).starts_with(&format!("{URL_BASE}/blobs/")));
        }
    };
    tokio::task::spawn_blocking(work).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_host_the_error_says_who_should_set_it() {
    let cloud = Stocked::with_samples(4096).await;
    let work = move || {
        let mut function = start(&cloud, &[]);
        let one_of_each = "set EDGEHOP_URL_BASE";
        let bad = "it takes letters, digits, . and -";
        for (headers, said) in [
            (&[][..], one_of_each),
            (&[("edgehop-host", "")], bad),
            (&[("edgehop-host", "ota.test/evil")], bad),
            (&[("edgehop-host", "user@evil.test")], bad),
            (&[("edgehop-host", "ota.test"), ("edgehop-host", "evil.test")], bad),
            (&[("edgehop-host", "x\"y")], bad),
        ] {
            for target in [LIST, "/healthz", "/blobs/x"] {
                let answer = function.request("GET", target, headers);
                assert_eq!(answer.status, 500, "{answer:?}");
                assert!(answer.error().starts_with("edgehop-host ") && answer.error().contains(said), "{answer:?}");
                assert_eq!(answer.header("cache-control").unwrap(), "max-age=5");
            }
        }
        let log = function.log();
        assert!(
            log.iter().any(|line| line["error"].as_str().is_some_and(|error| error.contains(one_of_each))),
            "{log:?}"
        );
        // The process is none the worse for it.
        assert!(url(&mut function, &[("edgehop-host", "ota.test")]).starts_with("https://ota.test/"));
    };
    tokio::task::spawn_blocking(work).await.unwrap();
}

/// A stack's own table: nobody scans it, and nobody may.
#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_is_never_the_samples_is_not_read_as_it() {
    let cloud = Stocked::new().await;
    fill(&cloud.clients, &cloud.cloud.table, &cloud.cloud.bucket, 1000).await;
    let work = move || {
        let mut function = start(&cloud, &[("EDGEHOP_URL_BASE", URL_BASE), ("EDGEHOP_SAMPLE", "never")]);
        assert_eq!(function.request("GET", LIST, &[]).status, 404);
        assert_eq!(function.request("GET", "/healthz", &[]).status, 200);
        let mut function = start(&cloud, &[("EDGEHOP_URL_BASE", URL_BASE), ("EDGEHOP_SAMPLE", "look")]);
        assert_eq!(function.request("GET", LIST, &[]).status, 200);
    };
    tokio::task::spawn_blocking(work).await.unwrap();
}
