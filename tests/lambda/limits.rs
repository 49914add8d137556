//! What an answer can carry: what is said to fit does fit, and what does not is elsewhere.

use edgehop_tests::function_url::event;
use edgehop_tests::lambda::{Environment, URL_BASE};
use edgehop_tests::stocked::Stocked;

/// Largest buffered response, in bytes, as Lambda's error message has it.
const BUFFERED_BYTES: usize = 6_291_556;

/// The largest body that the function takes on in buffered mode, in bytes.
const LARGEST_BODY: usize = 4_706_379;

const BUFFERED: [(&str, &str); 1] = [("EDGEHOP_INVOKE_MODE", "BUFFERED")];

/// Bytes that base64 and gzip make nothing of.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    };
    (0..length).map(|_| next()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_buffered_artifact_of_the_largest_size_fits() {
    let cloud = Stocked::new().await;
    let fits = cloud.publish("fits", &noise(LARGEST_BODY)).await;
    let larger = cloud.publish("larger", &noise(LARGEST_BODY + 1)).await;
    let work = move || {
        let mut function = Environment::start(&cloud, &BUFFERED);
        let post = function.invoke(&event("GET", &format!("/blobs/{}", fits.sha256), &[]));
        assert!(post.body.len() <= BUFFERED_BYTES, "{}", post.body.len());
        assert!(post.body.len() > BUFFERED_BYTES - 20_000, "{} leaves room to spare", post.body.len());
        let target = format!("/blobs/{}", larger.sha256);
        let url = Some(format!("{URL_BASE}{target}"));
        for method in ["GET", "HEAD"] {
            let answer = function.request(method, &target, &[]);
            assert_eq!((answer.status, answer.header("location"), answer.complete), (307, url.clone(), true));
            assert_eq!(answer.header("cache-control").unwrap(), "max-age=100");
        }
        for (range, expected) in [("bytes=1-", 206), ("bytes=0-", 307), ("bytes=-7", 206)] {
            let answer = function.request("GET", &target, &[("Range", range)]);
            assert_eq!((answer.status, answer.complete), (expected, true), "{range}");
        }
    };
    tokio::task::spawn_blocking(work).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_package_of_the_limit_fits_and_one_byte_more_is_a_list() {
    let cloud = Stocked::new().await;
    // Nothing larger goes in: a package is its artifact, 5 bytes for each 65,535 of it, and two blocks of a tar.
    cloud.publish("app", &noise(4_702_000)).await;
    let work = move || {
        let target = "/package?app=prod";
        let length = |function: &mut Environment| {
            let head = function.request("HEAD", target, &[]);
            assert_eq!(head.header("content-type").unwrap(), "application/gzip", "{head:?}");
            head.header("content-length").unwrap().parse::<usize>().unwrap()
        };
        let size = length(&mut Environment::start(&cloud, &BUFFERED));
        assert!((LARGEST_BODY - 5_000..=LARGEST_BODY).contains(&size), "{size}");
        let limited = |limit: usize| {
            Environment::start(&cloud, &[BUFFERED[0], ("EDGEHOP_MAX_PACKAGE_BYTES", &limit.to_string())])
        };
        let mut exact = limited(size);
        let post = exact.invoke(&event("GET", target, &[]));
        assert!(post.body.len() <= BUFFERED_BYTES, "{}", post.body.len());
        let answer = edgehop_tests::function_url::response("GET", &post);
        assert_eq!((answer.status, answer.body.len(), answer.complete), (200, size, true));
        let list = limited(size - 1).request("GET", target, &[]);
        assert_eq!((list.status, list.header("content-type").as_deref()), (200, Some("application/json")));
        let why = format!("package-too-large; size={size}; limit={}", size - 1);
        assert_eq!(list.header("edgehop-fallback").unwrap(), why);
        assert!(list.json()["app"]["url"].as_str().unwrap().starts_with(&format!("{URL_BASE}/blobs/")));
    };
    tokio::task::spawn_blocking(work).await.unwrap();
}

/// The room that is left for status and headers is enough for the longest there are.
#[tokio::test(flavor = "multi_thread")]
async fn the_longest_head_fits_into_its_room() {
    let cloud = Stocked::new().await;
    cloud.publish("app", &noise(1000)).await;
    let work = move || {
        let mut function = Environment::start(&cloud, &BUFFERED);
        // What is not published stays if the device says what runs of it.
        let names = || (0..120).map(|number| format!("c{number:010}"));
        let asked = names().map(|name| format!("&{name}=x")).collect::<String>();
        let query =
            format!("app=prod{asked}&installed={}", names().map(|name| name + "@1").collect::<Vec<_>>().join(","));
        assert!((3000..=4096).contains(&query.len()), "{}", query.len());
        let answer = function.invoke(&event("GET", &format!("/package?{query}"), &[]));
        let response = edgehop_tests::function_url::response("GET", &answer);
        assert_eq!(response.status, 200, "{response:?}");
        let head = answer.body.len() - response.body.len().div_ceil(3) * 4;
        assert!((1000..16 * 1024).contains(&head), "{head}");
    };
    tokio::task::spawn_blocking(work).await.unwrap();
}
