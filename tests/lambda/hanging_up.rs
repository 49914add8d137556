//! A runtime API that closes its connections between requests: whoever asked for it, no later request pays.

use std::time::{Duration, Instant};

use edgehop_tests::function_url::event;
use edgehop_tests::lambda::Environment;
use edgehop_tests::runtime_api::Mishap;
use edgehop_tests::stocked::Stocked;
use serde_json::Value;

/// How long a function has to notice.
const PATIENCE: Duration = Duration::from_secs(60);

fn messages(function: &Environment) -> Vec<String> {
    function.log().iter().map(|line| line["message"].as_str().unwrap_or_default().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_for_the_next_request_that_nobody_answers_is_asked_again() {
    let cloud = Stocked::with_samples(4096).await;
    let work = move || {
        let mut function = Environment::start(&cloud, &[]);
        for round in 1..=5 {
            function.api.let_happen(Mishap::Unanswered("/invocation/next"));
            function.api.let_happen(Mishap::Unanswered("/invocation/next"));
            assert_eq!(function.request("GET", "/", &[]).status, 200, "{round}");
            wait_until(&function, |function| function.api.to_happen() == 0);
            // Once it has answered this, what is left without an answer from here on is another question.
            assert_eq!(function.request("GET", "/", &[]).status, 200, "{round}");
        }
        let again =
            messages(&function).iter().filter(|message| *message == "asking again for the next invocation").count();
        assert_eq!(again, 10);
    };
    tokio::task::spawn_blocking(work).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_is_cut_off_is_taken_again() {
    let cloud = Stocked::with_samples(4096).await;
    let work = move || {
        let mut function = Environment::start(&cloud, &[]);
        for _ in 0..2 {
            function.api.let_happen(Mishap::CutEvent);
            assert_eq!(function.request("GET", "/", &[]).status, 200);
        }
        assert_eq!((function.api.to_happen(), function.metrics().len()), (0, 2));
    };
    tokio::task::spawn_blocking(work).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_runtime_api_that_is_gone_ends_the_process() {
    let cloud = Stocked::with_samples(4096).await;
    let work = move || {
        let mut function = Environment::start(&cloud, &[]);
        for _ in 0..3 {
            function.api.let_happen(Mishap::Unanswered("/invocation/next"));
        }
        // It may have asked before the connections were to be closed, and then answers once more.
        function.api.hand_out(&event("GET", "/", &[]).to_string());
        assert!(!function.ended().success());
        let last: Value = function.log().pop().unwrap();
        let message = last["message"].as_str().unwrap().to_owned();
        assert!(message.starts_with("no next invocation: "), "{message}");
    };
    tokio::task::spawn_blocking(work).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_cannot_be_handed_over_costs_only_whoever_asked() {
    let cloud = Stocked::with_samples(4096).await;
    let work = move || {
        let mut function = Environment::start(&cloud, &[]);
        assert_eq!(function.request("GET", "/", &[]).status, 200);
        function.api.let_happen(Mishap::Unanswered("/response"));
        let lost = function.api.hand_out(&event("GET", "/", &[]).to_string());
        wait_until(&function, |function| function.api.to_happen() == 0);
        assert_eq!(function.request("GET", "/", &[]).status, 200);
        let log = function.log();
        let line = log.iter().find(|line| line["message"] == "cannot send an answer to the runtime API");
        let line = line.unwrap_or_else(|| panic!("{log:?}"));
        assert!(line.to_string().contains(&lost), "{line}");
    };
    tokio::task::spawn_blocking(work).await.unwrap();
}

fn wait_until(function: &Environment, reached: impl Fn(&Environment) -> bool) {
    let begun = Instant::now();
    while !reached(function) {
        assert!(begun.elapsed() < PATIENCE, "{:?}", function.log());
        std::thread::sleep(Duration::from_millis(5));
    }
}
