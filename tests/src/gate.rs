//! A gate before an S3 that does in steps what S3 does at once.
//!
//! S3 shows an object with all that is said of it, or not at all. `s3s-fs` writes its bytes, then its metadata, copies
//! piece by piece, and answers 500 to whoever looks meanwhile. Behind the gate whoever changes a bucket is alone in it.

use std::collections::HashMap;
use std::io::Result;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::RwLock;

use crate::message::{Request, Response, exchange, send};

#[derive(Debug)]
struct Gate {
    server: SocketAddr,
    buckets: Mutex<HashMap<String, Arc<RwLock<()>>>>,
}

/// Starts a gate before a server, whose URL this is: `http://<address>:<port>`. Returns the URL to ask in its place. It
/// ends with the process.
pub fn before(url: &str) -> String {
    let server = url.trim_start_matches("http://").parse().unwrap();
    let gate = Arc::new(Gate { server, buckets: Mutex::default() });
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = TcpListener::from_std(listener).unwrap();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                stream.set_nodelay(true).unwrap();
                // A client that goes away is no matter.
                tokio::spawn(serve(stream, Arc::clone(&gate)));
            }
        });
    });
    url
}

async fn serve(mut stream: TcpStream, gate: Arc<Gate>) -> Result<()> {
    let mut rest = Vec::new();
    while let Some(request) = Request::read(&mut stream, &mut rest).await? {
        let response = gate.pass(&request).await?;
        send(&mut stream, &request, &response).await?;
        // A fault proxy asks each question on a connection of its own, and waits for its end.
        if request.header("connection").is_some_and(|option| option.eq_ignore_ascii_case("close")) {
            break;
        }
    }
    Ok(())
}

impl Gate {
    /// Nobody waits in here for a client: a request is there whole before it goes in, and its response comes out whole.
    async fn pass(&self, request: &Request) -> Result<Response> {
        let bucket = request.target.trim_start_matches('/').split(['/', '?']).next().unwrap_or_default();
        let lock = Arc::clone(self.buckets.lock().unwrap().entry(bucket.to_owned()).or_default());
        if ["GET", "HEAD"].contains(&&*request.method) {
            let _shared = lock.read().await;
            exchange(self.server, request).await
        } else {
            let _alone = lock.write().await;
            exchange(self.server, request).await
        }
    }
}
