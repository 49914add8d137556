//! The list: does a device hear what the catalog says, and where to fetch it?

use http::Uri;
use resolver::manifest::{Addresses, manifest};
use serde_json::Value;

use super::client::Answered;
use super::examination::Examination;
use super::finding::Check;
use super::question::Question;

/// The list of a question, as the endpoint answers it and as the catalog has it.
pub(super) async fn lists(exam: &mut Examination, question: &Question) -> Option<()> {
    exam.checked("list");
    let query = format!("{}&payloadType=metadataOnly", question.query());
    let target = format!("/package?{query}");
    let asked = format!("GET {target}");
    let answered = exam.get(&target, &[]).await?;
    if !exam.is(200, Check::List, &asked, &answered) {
        return None;
    }
    let Ok(said) = serde_json::from_slice::<Value>(&answered.body) else {
        let means = "something else than edgehop answers here, or a proxy changes bodies";
        let mend = "let answers through as they are";
        exam.problem(Check::List, asked, "JSON", answered.in_short(), means, mend);
        return None;
    };
    let decision = question.decision(&query)?;
    let expected = serde_json::from_slice(&manifest(&decision, &exam.endpoint, &Addresses::new())).ok()?;
    if without_urls(said.clone()) != without_urls(expected) {
        differs(exam, asked, &answered);
        return None;
    }
    let entries: Vec<Value> = said.as_object()?.values().cloned().collect();
    for entry in &entries {
        url(exam, &asked, entry).await?;
    }
    Some(())
}

fn differs(exam: &mut Examination, asked: String, answered: &Answered) {
    let age = answered.age();
    let means = if age > 0 {
        format!("the endpoint serves another catalog, or something was published within the last {age} s")
    } else {
        "the endpoint serves another catalog than the one that was looked at".to_owned()
    };
    let mend = "give the stores that this endpoint serves (--catalog, --artifacts, --data); if somebody published just \
                now, ask again in 3 minutes";
    exam.problem(Check::List, asked, "what `edgehop explain` says", answered.in_short(), means, mend);
}

/// A list without what depends on where it was asked.
fn without_urls(mut list: Value) -> Value {
    if let Some(entries) = list.as_object_mut() {
        entries.values_mut().filter_map(Value::as_object_mut).for_each(|entry| drop(entry.remove("url")));
    }
    list
}

/// One entry's URL: absolute, and on this endpoint or the stack's own, or presigned by the store and good.
async fn url(exam: &mut Examination, asked: &str, entry: &Value) -> Option<()> {
    let url = entry["url"].as_str().unwrap_or_default();
    let sha256 = entry["sha256"].as_str().unwrap_or_default();
    let expected = format!("{}/blobs/{sha256}", exam.endpoint);
    if is_same(url, &expected) {
        return Some(());
    }
    if exam.home.as_ref().is_some_and(|home| is_same(url, &format!("{home}/blobs/{sha256}"))) {
        if !exam.has(Check::UrlBase) {
            let means = "devices are sent to the stack's own endpoint, which is another than the one that was asked";
            let mend = "none is needed if that name leads to the distribution: ask there too (edgehop doctor <stack>)";
            exam.problem(Check::UrlBase, asked, expected, format!("url {url:?}"), means, mend);
            exam.only_a_note();
        }
        return Some(());
    }
    if url.contains("X-Amz-Signature=") {
        return presigned(exam, url).await;
    }
    let (means, mend) = if url.contains(".lambda-url.") {
        (
            "devices are sent to the function's own URL, which answers only the CDN, and from which large artifacts lead \
             back to itself",
            "set the function's URL base to the endpoint (EDGEHOP_URL_BASE, or the stack's DomainName)",
        )
    } else if is_loopback(url) && !is_loopback(&exam.endpoint) {
        (
            "devices are sent to 127.0.0.1, which is each device itself: the server gives its own loopback address away",
            "start the server with --url-base (EDGEHOP_URL_BASE) set to the endpoint",
        )
    } else if url.starts_with("s3://") {
        ("devices cannot fetch s3:// URLs", "look who answers: edgehop gives no such URL away")
    } else {
        (
            "devices are sent to another place than this endpoint, past its cache or into nothing",
            "start the server with --url-base (EDGEHOP_URL_BASE) set to the endpoint; on AWS, a DomainName sets it",
        )
    };
    exam.problem(Check::UrlBase, asked, expected, format!("url {url:?}"), means, mend);
    None
}

/// Two URLs are one, however their host is spelled and whether or not a scheme's own port is named.
pub(super) fn is_same(one: &str, other: &str) -> bool {
    let parts = |url: &str| {
        let uri: Uri = url.parse().ok()?;
        let scheme = uri.scheme_str()?.to_ascii_lowercase();
        let port = uri.port_u16().unwrap_or(if scheme == "https" { 443 } else { 80 });
        let host = uri.host()?.to_ascii_lowercase();
        Some((scheme, host, port, uri.path_and_query()?.as_str().to_owned()))
    };
    parts(one).is_some_and(|one| parts(other) == Some(one))
}

/// A URL's host is the machine itself, whichever it is.
fn is_loopback(url: &str) -> bool {
    let uri: Option<Uri> = url.parse().ok();
    uri.as_ref().and_then(Uri::host).is_some_and(|host| {
        let host = host.trim_matches(['[', ']']);
        host.eq_ignore_ascii_case("localhost") || host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
    })
}

async fn presigned(exam: &mut Examination, url: &str) -> Option<()> {
    let shown = url.split('?').next().unwrap_or_default().to_owned();
    let fetched = exam.elsewhere(url, &[(http::header::RANGE, "bytes=0-0")]).await;
    let found = match fetched {
        Ok(answered) if answered.status == 206 => return Some(()),
        Ok(answered) => answered.in_short(),
        Err(trouble) => trouble.to_string(),
    };
    let means = "the presigned URLs in manifests cannot be fetched: they are signed with credentials that may not read, or \
                 that ended";
    let mend = "let the origin's role read blobs/*, or leave EDGEHOP_PRESIGN out: URLs are on /blobs/ then";
    exam.problem(Check::UrlBase, format!("GET {shown}"), "206", found, means, mend);
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_told_from_other_hosts() {
        for own in ["http://127.0.0.1:8080/x", "http://127.1.2.3", "http://[::1]:80/x", "http://LOCALHOST/x"] {
            assert!(is_loopback(own), "{own}");
        }
        for other in ["http://128.0.0.1/x", "https://ota.test/127.0.0.1", "https://127.0.0.1.ota.test", "/x", ""] {
            assert!(!is_loopback(other), "{other}");
        }
    }

    #[test]
    fn urls_are_the_same_however_they_are_spelled() {
        for same in ["https://ota.test/x", "https://OTA.test:443/x", "HTTPS://ota.TEST/x"] {
            assert!(is_same("https://ota.test/x", same), "{same}");
        }
        for other in ["http://ota.test/x", "https://ota.test:8443/x", "https://ota.test/X", "https://ota/x", "/x", ""] {
            assert!(!is_same("https://ota.test/x", other), "{other}");
        }
        assert!(!is_same("", "") && !is_same("/x", "/x"));
    }
}
