use std::collections::HashMap;
use std::io::Result;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::sync::OnceCell;

use crate::message::{Request, Response, exchange};

/// What a server answered to reads. Stand-ins answer one call after another, and slowly: a crowd of proxies before data
/// that nobody changes asks each question once. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    kept: Arc<Mutex<HashMap<Key, Arc<OnceCell<Response>>>>>,
    is_off: bool,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Key {
    server: SocketAddr,
    method: String,
    target: String,
    range: Option<String>,
    body: Vec<u8>,
}

impl Memory {
    /// One that keeps nothing: for data that change while they are asked for.
    pub fn none() -> Memory {
        Memory { is_off: true, ..Memory::default() }
    }

    pub(super) async fn exchange(&self, server: SocketAddr, request: &Request) -> Result<Response> {
        if self.is_off {
            return exchange(server, request).await;
        }
        let range = request.header("range").map(str::to_owned);
        let (method, target, body) = (request.method.clone(), request.target.clone(), request.body.clone());
        let key = Key { server, method, target, range, body };
        let answer = Arc::clone(self.kept.lock().unwrap().entry(key).or_default());
        let asked = async || match exchange(server, request).await {
            Ok(answer) if !answer.status.starts_with('5') => Ok(answer),
            // A stand-in's own trouble is nothing to remember.
            passing => Err(passing),
        };
        answer.get_or_try_init(asked).await.cloned().or_else(|passing| passing)
    }
}
