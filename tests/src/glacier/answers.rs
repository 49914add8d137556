//! What S3 answers.

use std::time::SystemTime;

use aws_sdk_s3::primitives::{DateTime, DateTimeFormat};
use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode};
use http_body_util::Full;

use super::{Answer, Asked, Copied, Object, State};

impl State {
    pub(super) fn head(&self, name: &str) -> Answer {
        match self.objects.get(name) {
            Some(object) => object.answer(StatusCode::OK, object.bytes.clone()),
            None => empty(StatusCode::NOT_FOUND),
        }
    }

    pub(super) fn get(&self, name: &str, headers: &HeaderMap) -> Answer {
        let Some(object) = self.objects.get(name) else { return error(StatusCode::NOT_FOUND, "NoSuchKey") };
        if object.is_cold() {
            return error(StatusCode::FORBIDDEN, "InvalidObjectState");
        }
        let size = object.bytes.len();
        let range = headers.get("range").map(|range| range.to_str().unwrap().strip_prefix("bytes=").unwrap());
        let Some((from, last)) = range.map(|range| range.split_once('-').unwrap()) else {
            return object.answer(StatusCode::OK, object.bytes.clone());
        };
        let from: usize = from.parse().unwrap();
        let end = last.parse::<usize>().unwrap().saturating_add(1).min(size);
        if from >= size {
            return error(StatusCode::RANGE_NOT_SATISFIABLE, "InvalidRange");
        }
        let mut part = object.answer(StatusCode::PARTIAL_CONTENT, object.bytes.slice(from..end));
        let said = format!("bytes {from}-{}/{size}", end - 1).parse().unwrap();
        part.headers_mut().insert("content-range", said);
        part
    }

    pub(super) fn put(&mut self, name: &str, headers: &HeaderMap, bytes: Bytes) -> Answer {
        let there = self.objects.get(name);
        let wrong = |etag: &http::HeaderValue| there.is_none_or(|object| object.etag.as_bytes() != etag.as_bytes());
        if headers.contains_key("if-none-match") && there.is_some() || headers.get("if-match").is_some_and(wrong) {
            return error(StatusCode::PRECONDITION_FAILED, "PreconditionFailed");
        }
        self.version += 1;
        let etag = format!("\"{:032x}\"", self.version);
        let said = |name: &str| name.starts_with("x-amz-meta-") || ["content-type", "cache-control"].contains(&name);
        let said = headers.iter().filter(|(name, _)| said(name.as_str()));
        let object = Object {
            bytes,
            said: said.map(|(name, value)| (name.clone(), value.clone())).collect(),
            class: "STANDARD",
            tiering: None,
            copy: Copied::No,
            etag: etag.clone(),
            modified: SystemTime::now(),
        };
        self.objects.insert(name.to_owned(), object);
        Response::builder().header("etag", etag).body(Full::default()).unwrap()
    }

    pub(super) fn copy(&mut self, from: &str, to: &str, headers: &HeaderMap) -> Answer {
        let Some(object) = self.objects.get(from.trim_start_matches('/')).cloned() else {
            return error(StatusCode::NOT_FOUND, "NoSuchKey");
        };
        if object.is_cold() {
            return error(StatusCode::FORBIDDEN, "ObjectNotInActiveTierError");
        }
        let replaced = headers.get("x-amz-metadata-directive").is_some_and(|directive| directive == "REPLACE");
        self.put(to, if replaced { headers } else { &object.said }, object.bytes.clone());
        let etag = self.objects[to].etag.replace('"', "&quot;");
        let body = format!("<CopyObjectResult><ETag>{etag}</ETag></CopyObjectResult>");
        Response::new(Full::from(body))
    }

    pub(super) fn restore(&mut self, name: &str, body: &str) -> Answer {
        if let Some((status, code)) = self.refusals.pop_front() {
            return error(status, code);
        }
        let Some(object) = self.objects.get_mut(name) else { return error(StatusCode::NOT_FOUND, "NoSuchKey") };
        let element = |name: &str| {
            let (_, rest) = body.split_once(&format!("<{name}>"))?;
            Some(rest.split_once('<').unwrap().0.to_owned())
        };
        let (tier, days) = (element("Tier").unwrap_or_else(|| "Standard".to_owned()), element("Days"));
        let deep = object.class == "DEEP_ARCHIVE" || object.tiering == Some("DEEP_ARCHIVE_ACCESS");
        if !object.is_archived() {
            return error(StatusCode::FORBIDDEN, "InvalidObjectState");
        }
        if days.is_some() == object.tiering.is_some() {
            return error(StatusCode::BAD_REQUEST, "MalformedXML");
        }
        if deep && tier == "Expedited" {
            return error(StatusCode::BAD_REQUEST, "InvalidArgument");
        }
        let status = match object.copy {
            Copied::Ongoing => return error(StatusCode::CONFLICT, "RestoreAlreadyInProgress"),
            Copied::Until(_) => StatusCode::OK,
            Copied::No => {
                object.copy = Copied::Ongoing;
                StatusCode::ACCEPTED
            }
        };
        self.asked.push(Asked { name: name.to_owned(), tier, days: days.map(|days| days.parse().unwrap()) });
        empty(status)
    }
}

impl Object {
    fn is_archived(&self) -> bool {
        ["GLACIER", "DEEP_ARCHIVE"].contains(&self.class) || self.tiering.is_some()
    }

    fn is_cold(&self) -> bool {
        self.is_archived() && !matches!(self.copy, Copied::Until(_))
    }

    fn answer(&self, status: StatusCode, bytes: Bytes) -> Answer {
        let mut answer = Response::builder()
            .status(status)
            .header("etag", &self.etag)
            .header("last-modified", http_date(self.modified))
            .header("content-length", bytes.len());
        if self.class != "STANDARD" {
            answer = answer.header("x-amz-storage-class", self.class);
        }
        if let Some(tier) = self.tiering {
            answer = answer.header("x-amz-archive-status", tier);
        }
        answer = match self.copy {
            Copied::No => answer,
            Copied::Ongoing => answer.header("x-amz-restore", "ongoing-request=\"true\""),
            Copied::Until(end) => {
                answer.header("x-amz-restore", format!("ongoing-request=\"false\", expiry-date=\"{}\"", http_date(end)))
            }
        };
        answer.headers_mut().unwrap().extend(self.said.clone());
        answer.body(Full::from(bytes)).unwrap()
    }
}

fn http_date(time: SystemTime) -> String {
    DateTime::from(time).fmt(DateTimeFormat::HttpDate).unwrap()
}

pub(super) fn empty(status: StatusCode) -> Answer {
    Response::builder().status(status).body(Full::default()).unwrap()
}

pub(super) fn error(status: StatusCode, code: &str) -> Answer {
    let body = format!("<Error><Code>{code}</Code><Message>as documented</Message></Error>");
    Response::builder().status(status).body(Full::from(body)).unwrap()
}
