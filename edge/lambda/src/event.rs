use std::collections::BTreeMap;

use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};
use serde::Deserialize;

/// The payload format version of function URLs.
const VERSION: &str = "2.0";

/// A request as a function URL hands it on (Lambda developer guide, "Invoking Lambda function URLs"): what the service
/// looks at, and nothing else. Fields of one name come joined by commas; cookies and the body are left out.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Event {
    version: String,
    raw_path: String,
    raw_query_string: Option<String>,
    headers: Option<BTreeMap<String, String>>,
    request_context: RequestContext,
}

#[derive(Debug, Deserialize)]
struct RequestContext {
    http: Http,
}

#[derive(Debug, Deserialize)]
struct Http {
    method: String,
}

/// Why an event is no request.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InvalidEvent {
    /// Something else called the function.
    #[error("this function takes events of a function URL, payload format 2.0: {0}")]
    Foreign(String),
    /// The function URL let something through that is no HTTP. The device gets this as the text of a 400.
    #[error("{0}")]
    Request(String),
}

impl Event {
    /// Reads an event.
    pub(crate) fn parse(json: &[u8]) -> Result<Event, InvalidEvent> {
        let event: Event = serde_json::from_slice(json).map_err(|error| InvalidEvent::Foreign(error.to_string()))?;
        if event.version != VERSION {
            return Err(InvalidEvent::Foreign(format!("its version is {:?}", event.version)));
        }
        Ok(event)
    }

    /// The request: path and query as the device spelled them, byte for byte.
    pub(crate) fn into_request(self) -> Result<Request<()>, InvalidEvent> {
        let invalid = |what: &str| InvalidEvent::Request(format!("{what}: it is not as HTTP has it"));
        let mut target = self.raw_path;
        if let Some(query) = self.raw_query_string.filter(|query| !query.is_empty()) {
            target.push('?');
            target.push_str(&query);
        }
        let target = PathAndQuery::try_from(target).map_err(|_| invalid("path or query"))?;
        let mut headers = HeaderMap::new();
        for (name, text) in self.headers.into_iter().flatten() {
            let (Ok(field), Ok(value)) = (HeaderName::try_from(&name), HeaderValue::try_from(text)) else {
                return Err(invalid(&format!("header {name:?}")));
            };
            headers.append(field, value);
        }
        let mut request = Request::new(());
        *request.method_mut() =
            Method::from_bytes(self.request_context.http.method.as_bytes()).map_err(|_| invalid("method"))?;
        *request.uri_mut() = Uri::from(target);
        *request.headers_mut() = headers;
        Ok(request)
    }
}
