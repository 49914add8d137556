//! An S3 that lists and deletes, and is too busy for some of the objects as often as the test says. It says so as S3 does:
//! within an answer of status 200 (S3 API reference, DeleteObjects).

use std::io::{BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use crate::request;

/// One that is running. It ends with the process.
pub struct BusyS3 {
    url: String,
    held: Arc<Mutex<Held>>,
}

/// What is in it.
struct Held {
    buckets: Vec<&'static str>,
    /// Bucket and key.
    objects: Vec<(&'static str, &'static str)>,
    refusals: Vec<Refusal>,
}

/// A key is not deleted: so often, with this code.
pub type Refusal = (&'static str, usize, &'static str);

impl BusyS3 {
    pub fn start(objects: &[(&'static str, &'static str)], refusals: &[Refusal]) -> BusyS3 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let buckets = objects.iter().map(|(bucket, _)| *bucket).collect();
        let held = Held { buckets, objects: objects.to_vec(), refusals: refusals.to_vec() };
        let held = Arc::new(Mutex::new(held));
        let shared = Arc::clone(&held);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let held = Arc::clone(&shared);
                std::thread::spawn(move || serve(&stream.unwrap(), &held));
            }
        });
        BusyS3 { url, held }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// The keys that are still there.
    pub fn keys(&self) -> Vec<&'static str> {
        self.held.lock().unwrap().objects.iter().map(|(_, key)| *key).collect()
    }
}

fn serve(stream: &TcpStream, held: &Mutex<Held>) -> Option<()> {
    let (mut reader, mut out) = (BufReader::new(stream), stream);
    while let Some((first, body)) = request::read(&mut reader) {
        let (status, answer) = held.lock().unwrap().answer(&first, &String::from_utf8(body).unwrap());
        write!(out, "HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n{answer}", answer.len()).ok()?;
    }
    None
}

impl Held {
    /// To a request with this first line and this body.
    fn answer(&mut self, first: &str, body: &str) -> (u16, String) {
        let (method, target) = first.split_once(' ').unwrap();
        let (path, query) = target.split(' ').next().unwrap().split_once('?').unwrap_or((target, ""));
        let bucket = path.split(' ').next().unwrap().trim_matches('/').to_owned();
        if !self.buckets.iter().any(|there| *there == bucket) {
            return (404, "<Error><Code>NoSuchBucket</Code><Message>none</Message></Error>".to_owned());
        }
        match method {
            "GET" if query.contains("versions") => (200, self.listed(&bucket, query)),
            "POST" if query.contains("delete") => (200, self.deleted(&bucket, body)),
            "DELETE" if self.objects.iter().all(|(of, _)| *of != bucket) => {
                self.buckets.retain(|there| *there != bucket);
                (204, String::new())
            }
            _ => panic!("{first} was not expected"),
        }
    }

    fn listed(&self, bucket: &str, query: &str) -> String {
        let prefix = query.split('&').find_map(|part| part.strip_prefix("prefix=")).unwrap_or_default();
        let prefix = prefix.replace("%2F", "/");
        let listed = self.objects.iter().filter(|(of, key)| *of == bucket && key.starts_with(&prefix));
        let one = |(_, key): &(&str, &str)| {
            format!("<Version><Key>{key}</Key><VersionId>null</VersionId><Size>1</Size></Version>")
        };
        format!("<ListVersionsResult>{}</ListVersionsResult>", listed.map(one).collect::<String>())
    }

    fn deleted(&mut self, bucket: &str, body: &str) -> String {
        let mut errors = String::new();
        for key in body.split("<Key>").skip(1).map(|rest| rest.split("</Key>").next().unwrap()) {
            match self.refusals.iter_mut().find(|(of, left, _)| *of == key && *left > 0) {
                Some((_, left, code)) => {
                    *left -= 1;
                    errors.push_str(&format!(
                        "<Error><Key>{key}</Key><VersionId>null</VersionId><Code>{code}</Code><Message>said so</Message></Error>"
                    ));
                }
                None => self.objects.retain(|object| *object != (bucket, key)),
            }
        }
        format!("<DeleteResult>{errors}</DeleteResult>")
    }
}
