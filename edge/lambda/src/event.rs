use std::collections::BTreeMap;

use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};
use serde::Deserialize;

/// Payload format version of function URLs.
const VERSION: &str = "2.0";

/// A request event of a function URL (Lambda developer guide, "Invoking Lambda function URLs"), limited to the fields that
/// the service reads. Header fields of one name are joined by commas; cookies and the body are ignored.
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

/// Error of an event that is not a valid request.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InvalidEvent {
    /// The event is not one of a function URL.
    #[error("this function takes events of a function URL, payload format 2.0: {0}")]
    Foreign(String),
    /// The request is not valid HTTP. The device gets this text with a 400.
    #[error("{0}")]
    Request(String),
}

impl Event {
    /// Parses an event.
    pub(crate) fn parse(json: &[u8]) -> Result<Event, InvalidEvent> {
        let event: Event = serde_json::from_slice(json).map_err(|error| InvalidEvent::Foreign(error.to_string()))?;
        if event.version != VERSION {
            return Err(InvalidEvent::Foreign(format!("its version is {:?}", event.version)));
        }
        Ok(event)
    }

    /// Converts the event to a request whose path and query have the device's exact spelling.
    pub(crate) fn into_request(self) -> Result<Request<()>, InvalidEvent> {
        let invalid = |what: &str| InvalidEvent::Request(format!("{what}: it is not valid in HTTP"));
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
