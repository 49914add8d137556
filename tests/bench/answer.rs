use std::hint::black_box;
use std::time::Instant;

use edgehop_tests::sample::GAMER;
use edgehop_tests::server::folder;
use http::Request;
use resolver::answer::Deployment;
use resolver::query::Ladder;
use resolver::words::Timestamp;
use service::Service;

use super::{median, report};

/// Answers in one repetition, and repetitions of which the middle one counts.
const ANSWERS: usize = 2000;
const ROUNDS: usize = 51;

/// What a list costs from request to response, without a connection, once the catalog is in memory.
pub(crate) fn list() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let folder = folder();
    let (catalog, artifacts) = embedded::open(folder.path()).unwrap();
    let work = artifacts.work();
    runtime.block_on(init_data::samples(&catalog, &artifacts, &work, 4096, Timestamp(0))).unwrap();
    let deployment =
        Deployment { url_base: "http://ota.test".into(), max_package_bytes: u64::MAX, ladder: Ladder::default() };
    let service = Service::new(catalog, artifacts, deployment);
    let request = Request::get(format!("{GAMER}&payloadType=metadataOnly")).body(()).unwrap();
    let rounds = (0..ROUNDS)
        .map(|_| {
            let started = Instant::now();
            for _ in 0..ANSWERS {
                black_box(runtime.block_on(service.answer(black_box(&request), Timestamp(0))));
            }
            started.elapsed().as_secs_f64() * 1e6 / ANSWERS as f64
        })
        .collect();
    let micros = median(rounds);
    report(
        "a list, request to response, µs",
        format!("{micros:.2}"),
        "20 µs".into(),
        micros / 20.0,
        "≤ 1",
        micros <= 20.0,
    );
}
