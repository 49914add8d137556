//! Nothing is found where nothing is wrong.

use crate::deployment::{HEALTHY, visit};

/// How many requests a healthy deployment is asked at most: an operator may visit it every minute.
const MOST_REQUESTS: u64 = 45;

/// How long a visit to a healthy deployment may take, in seconds: errors are waited for, for 11, and the machine may be
/// busy with other tests.
const MOST_SECONDS: f64 = 100.0;

#[test]
fn a_healthy_deployment_is_well() {
    let deployment = HEALTHY.build();
    let visited = deployment.visit();
    let said = visited.json();
    visited.is_well();
    let checked: Vec<&str> = said["checked"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    let all = "stores endpoint list artifacts package lifetimes cache conditions errors";
    assert_eq!(checked.join(" "), all);
    let (requests, seconds) = (said["requests"].as_u64().unwrap(), said["seconds"].as_f64().unwrap());
    eprintln!("a healthy deployment: {requests} requests, {seconds:.1} s");
    assert!(requests <= MOST_REQUESTS && seconds <= MOST_SECONDS, "{requests} requests, {seconds} s");

    // As text it is one line; and a second visit finds what the first left in the cache, and is well too.
    let again = visit(&deployment.endpoint(), &deployment.server.data(), &[]);
    assert_eq!((again.code, again.out.lines().count()), (Some(0), 1), "{again:?}");
    assert!(again.out.contains("is well; checked: stores, endpoint, list"), "{again:?}");
}
