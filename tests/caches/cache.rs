//! The caches, and what they say about themselves.

use std::net::SocketAddr;

use edgehop_tests::client::{Response, get};
use edgehop_tests::proxies::{Nginx, Varnish};
use edgehop_tests::server::Server;
use edgehop_tests::viewer::ViewerRequest;

/// A cache before an origin.
pub(crate) enum Cache {
    Varnish(Varnish),
    Nginx(Nginx),
    /// Behind the CDN's function.
    Behind(ViewerRequest, Box<Cache>),
}

impl Cache {
    pub(crate) fn address(&self) -> SocketAddr {
        match self {
            Cache::Varnish(varnish) => varnish.address(),
            Cache::Nginx(nginx) => nginx.address(),
            Cache::Behind(edge, _) => edge.address(),
        }
    }

    /// The cache had it. Varnish then names two requests: this one, and the one that filled the cache.
    pub(crate) fn is_hit(&self, response: &Response) -> bool {
        match self {
            Cache::Varnish(_) => response.header("x-varnish").is_some_and(|numbers| numbers.contains(' ')),
            Cache::Nginx(_) => response.header("x-cache").is_some_and(|status| status == "HIT"),
            Cache::Behind(_, cache) => cache.is_hit(response),
        }
    }
}

/// Both caches as they come.
pub(crate) fn both(origin: SocketAddr) -> [Cache; 2] {
    [Cache::Varnish(Varnish::before(origin)), Cache::Nginx(Nginx::caching(origin))]
}

/// Both caches as they come, each behind the CDN's function.
pub(crate) fn both_behind_the_function(origin: SocketAddr) -> [(&'static str, Cache); 2] {
    let behind = |cache: Cache| Cache::Behind(ViewerRequest::before(cache.address()), Box::new(cache));
    let [varnish, nginx] = both(origin).map(behind);
    [("function, varnish", varnish), ("function, nginx", nginx)]
}

/// How many requests the origin has answered; only those with this status, if one is given.
pub(crate) fn answered(server: &Server, status: Option<u16>) -> u64 {
    let text = String::from_utf8(get(server.metrics(), "/metrics", &[]).body).unwrap();
    let label = status.map_or(String::new(), |status| format!("status=\"{status}\""));
    let lines = text.lines().filter(|line| line.starts_with("edgehop_answers_total{") && line.contains(&label));
    lines.map(|line| line.rsplit_once(' ').unwrap().1.parse::<u64>().unwrap()).sum()
}
