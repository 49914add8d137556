//! What a recorded answer and ours differ in, in the words of `differences`.

use std::collections::BTreeMap;

use edgehop_tests::client::Response;
use edgehop_tests::sample::{manifest, members};
use serde_json::Value;

use crate::recorded::{Member, Recorded};

/// A difference: what it is called, and what was seen.
pub(crate) struct Found {
    pub(crate) what: &'static str,
    pub(crate) detail: String,
}

/// Everything in which they differ. Keys of our own in a manifest are no difference.
pub(crate) fn compare(recorded: &Recorded, answer: &Response) -> Vec<Found> {
    let mut found = Vec::new();
    let mut note = |what, differs: bool, detail: String| {
        if differs {
            found.push(Found { what, detail });
        }
    };
    let (was, is) = (recorded.status, answer.status);
    note("status", was != is, format!("{was}, now {is}"));
    note("broken transfer", !answer.complete, format!("{} bytes", answer.body.len()));
    if was != is {
        return found;
    }
    if recorded.headers.get("content-type").is_some_and(|media| media.starts_with("text/html")) {
        note("framework page", true, String::new());
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        note("text", recorded.text.as_ref().is_some_and(|was| *was != text), text);
        return found;
    }

    let lifetime = answer.header("cache-control").unwrap_or_default();
    let kept = lifetime.split(',').next() == recorded.headers.get("cache-control").map(String::as_str);
    note(if is < 400 { "lifetime" } else { "error lifetime" }, !kept, lifetime);
    for (name, what) in [
        ("content-type", "media type"),
        ("content-encoding", "content-encoding"),
        ("content-disposition", "content-disposition"),
    ] {
        let (was, is) = (recorded.headers.get(name).cloned(), answer.header(name));
        note(what, was != is, format!("{was:?}, now {is:?}"));
    }
    if let Some(was) = &recorded.json {
        match was.get("error").and_then(Value::as_str) {
            // Ours says what is accepted, after the sample's words.
            Some(error) => note("error text", !answer.error().starts_with(error), answer.error()),
            None => {
                let is: BTreeMap<String, Value> = serde_json::from_slice(&answer.body).unwrap();
                compare_manifest(&serde_json::from_value(was.clone()).unwrap(), &is, &mut note);
            }
        }
    }
    if let (Some(was), Some(details)) = (&recorded.tar, &recorded.package_details) {
        let is = members(&answer.body);
        note("manifest's place", is.first().is_some_and(|(name, _)| name == "package_details.json"), String::new());
        let delivered: Vec<Member> =
            is[1..].iter().map(|(name, bytes)| Member { name: name.clone(), size: bytes.len() }).collect();
        note(
            if delivered.len() < was.len() { "trimmed" } else { "members" },
            delivered != *was,
            format!("{delivered:?}"),
        );
        compare_manifest(details, &manifest(&is), &mut note);
    }
    found
}

fn compare_manifest(
    was: &BTreeMap<String, Value>,
    is: &BTreeMap<String, Value>,
    note: &mut impl FnMut(&'static str, bool, String),
) {
    note("components", !was.keys().eq(is.keys()), format!("{:?}, now {:?}", was.keys(), is.keys()));
    for (component, was) in was {
        let is = &is[component];
        for (key, what) in [("latestVersion", "version"), ("url", "url")] {
            note(what, was[key] != is[key], format!("{component}: {}, now {}", was[key], is[key]));
        }
        let (was, is) = (&was["status_code"], &is["status_code"]);
        let what = if (was.as_u64(), is.as_u64()) == (Some(200), Some(304)) { "trimmed" } else { "status_code" };
        note(what, was != is, format!("{component}: {was}, now {is}"));
    }
}
