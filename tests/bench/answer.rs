use std::hint::black_box;
use std::time::Instant;

use edgehop_tests::sample::GAMER;
use edgehop_tests::server::folder;
use http::Request;
use open::Stores;
use resolver::answer::Deployment;
use resolver::words::Timestamp;
use service::Service;

use super::{median, report};

/// Answers in one repetition, and repetitions of which the middle one counts.
const ANSWERS: usize = 2000;
const ROUNDS: usize = 51;

/// What a list costs from request to response, without a connection, once the catalog is in memory: of a question
/// never asked before, and of one asked again.
pub(crate) fn list() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let folder = folder();
    let stores = Stores::embedded(folder.path()).unwrap();
    runtime.block_on(publishing::samples(&stores, 4096, Timestamp(0))).unwrap();
    let deployment = Deployment::new("http://ota.test".parse().unwrap());
    let service = Service::new(stores.catalog, stores.artifacts, deployment);
    // Every device has a name of its own, so that no spelling comes twice.
    let ask = |device: usize| {
        let target = format!("{GAMER}&payloadType=metadataOnly&device=sn-{device}");
        Request::get(target).header("host", "ota.test").body(()).unwrap()
    };
    for (what, new) in [("a list, a new question, µs", true), ("a list, asked again, µs", false)] {
        let rounds = (0..ROUNDS)
            .map(|round| {
                let device = |index| if new { round * ANSWERS + index } else { 0 };
                let requests: Vec<_> = (0..ANSWERS).map(|index| ask(device(index))).collect();
                let started = Instant::now();
                for request in &requests {
                    black_box(runtime.block_on(service.answer(black_box(request), Timestamp(0))));
                }
                started.elapsed().as_secs_f64() * 1e6 / ANSWERS as f64
            })
            .collect();
        let micros = median(rounds);
        report(what, format!("{micros:.2}"), "20 µs".into(), micros / 20.0, "≤ 1", micros <= 20.0);
    }
}
