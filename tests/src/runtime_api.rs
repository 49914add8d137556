//! The Lambda runtime API of one execution environment, as the developer guide has it: it hands out events one by one,
//! and keeps what comes back as it came, trailers included. cargo-lambda's does not show trailers.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How long a test waits for an answer.
const PATIENCE: Duration = Duration::from_secs(120);

/// A runtime API on a free port. It ends with the process.
#[derive(Debug)]
pub struct RuntimeApi {
    address: SocketAddr,
    events: Sender<Event>,
    posts: Receiver<Post>,
    mishaps: Mishaps,
    asked: usize,
}

/// A request's id and its event.
type Event = (String, String);

/// What is to happen, each once.
type Mishaps = Arc<Mutex<Vec<Mishap>>>;

/// A connection that ends too early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mishap {
    /// Instead of the next answer to a path that ends so.
    Unanswered(&'static str),
    /// In the middle of the next event, which is handed out again.
    CutEvent,
}

/// What a function sent.
#[derive(Debug, Clone)]
pub struct Post {
    /// Behind `/2018-06-01/runtime`.
    pub path: String,
    /// Header fields, names lower-cased.
    pub headers: Vec<(String, String)>,
    /// The body, without chunks' frames.
    pub body: Vec<u8>,
    /// Trailer fields, names lower-cased.
    pub trailers: Vec<(String, String)>,
    /// The body came to its end as HTTP has it.
    pub complete: bool,
    /// When the first byte of the body was there.
    pub first_byte: Instant,
}

impl RuntimeApi {
    /// Starts it.
    pub fn start() -> RuntimeApi {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let ((events, waiting), (answered, posts)) = (channel(), channel());
        let mishaps = Mishaps::default();
        let (waiting, again) = (Mutex::new(waiting), events.clone());
        let desk = Arc::new(Desk { waiting, again, mishaps: Arc::clone(&mishaps), answered });
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let desk = Arc::clone(&desk);
                std::thread::spawn(move || desk.serve(&stream.unwrap()));
            }
        });
        RuntimeApi { address, events, posts, mishaps, asked: 0 }
    }

    /// `host:port`, for `AWS_LAMBDA_RUNTIME_API`.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// Hands this event to the function, and waits for what it makes of it.
    pub fn invoke(&mut self, event: &str) -> Post {
        let id = self.hand_out(event);
        let post = self.post();
        assert!(post.path.starts_with(&format!("/invocation/{id}/")), "{post:?}");
        post
    }

    /// Hands this event to the function, under the name that it returns.
    pub fn hand_out(&mut self, event: &str) -> String {
        self.asked += 1;
        let id = format!("00000000-0000-4000-8000-{:012}", self.asked);
        self.events.send((id.clone(), event.to_owned())).unwrap();
        id
    }

    /// Lets this happen, once.
    pub fn let_happen(&self, mishap: Mishap) {
        self.mishaps.lock().unwrap().push(mishap);
    }

    /// How much is still to happen.
    pub fn to_happen(&self) -> usize {
        self.mishaps.lock().unwrap().len()
    }

    /// What the function sends next by itself.
    pub fn post(&self) -> Post {
        self.posts.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("the function did not answer"))
    }
}

impl Post {
    /// A header's or trailer's value.
    pub fn field(fields: &[(String, String)], name: &str) -> Option<String> {
        fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.clone())
    }
}

/// What all connections share.
struct Desk {
    waiting: Mutex<Receiver<Event>>,
    /// Where an event goes that did not come whole.
    again: Sender<Event>,
    mishaps: Mishaps,
    answered: Sender<Post>,
}

impl Desk {
    fn happens(&self, whether: impl Fn(&Mishap) -> bool) -> bool {
        let mut mishaps = self.mishaps.lock().unwrap();
        mishaps.iter().position(whether).map(|which| mishaps.remove(which)).is_some()
    }

    /// Answers requests on one connection until it is closed.
    fn serve(&self, stream: &TcpStream) -> Option<()> {
        stream.set_nodelay(true).ok()?;
        let (mut reader, mut out) = (BufReader::with_capacity(1 << 18, stream), stream);
        loop {
            let first = line(&mut reader)?;
            let path = first.split(' ').nth(1)?.strip_prefix("/2018-06-01/runtime")?.to_owned();
            let headers = fields(&mut reader)?;
            if self.happens(|mishap| matches!(mishap, Mishap::Unanswered(end) if path.ends_with(end))) {
                return None;
            }
            if path == "/invocation/next" {
                // A process that was killed while it waited has left its place to the next.
                let (id, event) = self.waiting.lock().unwrap().recv().ok()?;
                let length = event.len();
                let head = format!(
                    "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: {id}\r\nContent-Length: {length}\r\n\r\n"
                );
                if self.happens(|mishap| *mishap == Mishap::CutEvent) {
                    out.write_all((head + &event[..length / 2]).as_bytes()).ok()?;
                    self.again.send((id, event)).ok()?;
                    return None;
                }
                out.write_all((head + &event).as_bytes()).ok()?;
                continue;
            }
            reader.fill_buf().ok()?;
            let mut post =
                Post { path, headers, body: vec![], trailers: vec![], complete: false, first_byte: Instant::now() };
            let done = body(&mut reader, &mut post);
            post.complete = done.is_some();
            self.answered.send(post).ok()?;
            done?;
            out.write_all(b"HTTP/1.1 202 Accepted\r\nContent-Length: 16\r\n\r\n{\"status\":\"OK\"}\n").ok()?;
        }
    }
}

fn body(reader: &mut BufReader<&TcpStream>, post: &mut Post) -> Option<()> {
    if let Some(length) = Post::field(&post.headers, "content-length") {
        post.body.resize(length.parse().ok()?, 0);
        return reader.read_exact(&mut post.body).ok();
    }
    loop {
        let size = u64::from_str_radix(&line(reader)?, 16).ok()?;
        if size == 0 {
            post.trailers = fields(reader)?;
            return Some(());
        }
        let before = post.body.len() as u64;
        reader.by_ref().take(size).read_to_end(&mut post.body).ok()?;
        (post.body.len() as u64 == before + size).then_some(())?;
        line(reader)?;
    }
}

/// Fields up to an empty line.
fn fields(reader: &mut BufReader<&TcpStream>) -> Option<Vec<(String, String)>> {
    let mut fields = Vec::new();
    loop {
        let line = line(reader)?;
        if line.is_empty() {
            return Some(fields);
        }
        let (name, value) = line.split_once(':')?;
        fields.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
}

fn line(reader: &mut BufReader<&TcpStream>) -> Option<String> {
    let mut line = String::new();
    (reader.read_line(&mut line).ok()? > 0).then(|| line.trim_end().to_owned())
}
