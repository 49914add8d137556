use std::fmt;
use std::net::SocketAddr;
use std::ops::Deref;
use std::str::FromStr;

/// Base of a deployment's URLs: scheme, host and perhaps a path, without a final `/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UrlBase(String);

/// Error for text that is not a URL's base.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "it takes http:// or https:// and a host, such as https://ota.example.com, with a path if need be, without ? and #"
)]
pub struct InvalidUrlBase;

impl UrlBase {
    /// Returns the base of a server without a proxy in front.
    pub fn http(address: SocketAddr) -> UrlBase {
        UrlBase(format!("http://{address}"))
    }
}

impl FromStr for UrlBase {
    type Err = InvalidUrlBase;

    fn from_str(text: &str) -> Result<Self, InvalidUrlBase> {
        let uri: http::Uri = text.parse().map_err(|_| InvalidUrlBase)?;
        let web = matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some_and(|host| !host.is_empty());
        if !web || uri.query().is_some() || text.contains('#') {
            return Err(InvalidUrlBase);
        }
        Ok(UrlBase(text.trim_end_matches('/').to_owned()))
    }
}

impl Deref for UrlBase {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UrlBase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scheme_and_a_host_with_a_path_if_need_be() {
        for (spelled, meant) in [
            ("https://ota.example.com", "https://ota.example.com"),
            ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
            ("https://example.com/ota//", "https://example.com/ota"),
        ] {
            assert_eq!(&*spelled.parse::<UrlBase>().unwrap(), meant);
        }
        for bad in
            ["", "ota.example.com", "ftp://ota", "https://", "https:///x", "https://ota?x", "https://ota/#x", "/x"]
        {
            assert_eq!(bad.parse::<UrlBase>(), Err(InvalidUrlBase), "{bad}");
        }
        assert_eq!(&*UrlBase::http(([127, 0, 0, 1], 80).into()), "http://127.0.0.1:80");
    }
}
