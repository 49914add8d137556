//! Host that a device requested, as reported by the CDN.
//!
//! A function behind a CDN sees its own host in every request, and a template cannot configure the CDN's host, because the
//! CDN is created after the function, from the function's URL. The CDN's viewer-request function therefore sends the host
//! in a header, replacing any value from the device.

use http::HeaderMap;
use resolver::words::UrlBase;

/// Header that contains the host.
pub(crate) const HOST: &str = "edgehop-host";

/// Longest host name, in bytes (RFC 1035 section 2.3.4: 255 with its length bytes).
const MAX_HOST_BYTES: usize = 253;

/// Error of a request without a valid host header.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoHost {
    /// The header is missing.
    #[error("{HOST} is missing: let the CDN's viewer-request function set it, or set EDGEHOP_URL_BASE")]
    Missing,
    /// The header is not a host name.
    #[error("{HOST} is not a host: it takes letters, digits, . and -, at most {MAX_HOST_BYTES} of them")]
    Invalid,
}

/// Returns the base of URLs for a request: `https://` and the host, in lower case. A port is refused, because a CDN has
/// only one, and every cache would keep it for all devices.
pub(crate) fn url_base(headers: &HeaderMap) -> Result<UrlBase, NoHost> {
    let host = headers.get(HOST).ok_or(NoHost::Missing)?;
    let host = host.to_str().map_err(|_| NoHost::Invalid)?;
    let host = match host.split_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        Some(_) => return Err(NoHost::Invalid),
        None => host,
    };
    let host = host.strip_suffix('.').unwrap_or(host);
    if !is_host(host) {
        return Err(NoHost::Invalid);
    }
    format!("https://{}", host.to_ascii_lowercase()).parse().map_err(|_| NoHost::Invalid)
}

/// Returns true for labels of letters, digits and inner hyphens (RFC 1123 section 2.1). Two fields of one name are joined
/// by a comma, which no host contains.
fn is_host(text: &str) -> bool {
    let inner = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    let label =
        |label: &str| !label.is_empty() && label.bytes().all(inner) && !label.starts_with('-') && !label.ends_with('-');
    text.len() <= MAX_HOST_BYTES && text.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(host: &str) -> Result<String, NoHost> {
        let headers = HeaderMap::from_iter([(http::HeaderName::from_static(HOST), host.parse().unwrap())]);
        url_base(&headers).map(|base| base.to_string())
    }

    #[test]
    fn a_host_and_nothing_else_becomes_a_url() {
        assert_eq!(url_base(&HeaderMap::new()), Err(NoHost::Missing));
        for (host, base) in [
            ("d111111abcdef8.cloudfront.net", "https://d111111abcdef8.cloudfront.net"),
            ("OTA.Example.com", "https://ota.example.com"),
            ("192.0.2.1", "https://192.0.2.1"),
            ("ota.test:443", "https://ota.test"),
            ("ota.test:8443", "https://ota.test"),
            ("ota.test.", "https://ota.test"),
        ] {
            assert_eq!(said(host).as_deref(), Ok(base));
        }
        let long = "a".repeat(254);
        for bad in [
            "",
            " ",
            "ota.test:80,evil.test",
            "ota.test:80:80",
            ":443",
            "ota.test/evil",
            "ota.test?x",
            "ota.test#x",
            "user@ota.test",
            "ota.test, evil.test",
            "ota..test",
            "ota.test..",
            "-ota.test",
            "https://ota.test",
            "[::1]",
            "ota%2etest",
            "\u{fc}.test",
            &long,
        ] {
            assert_eq!(said(bad), Err(NoHost::Invalid), "{bad}");
        }
    }
}
