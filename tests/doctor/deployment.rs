//! A deployment on this machine, and the doctor's visit.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use edgehop_tests::proxies::Varnish;
use edgehop_tests::server::{self, Server, command_line};
use edgehop_tests::viewer::ViewerRequest;
use serde_json::Value;

use crate::front::{Break, Front, WHOLE};

/// How a deployment is made; what is not said is healthy.
pub struct Plan {
    /// What Varnish is told beside its origin.
    pub vcl: &'static str,
    /// The viewer-request function stands before the cache.
    pub function: bool,
    /// What stands before everything.
    pub front: Break,
    /// What the server's URLs start with, if it is not the endpoint.
    pub url_base: Option<&'static str>,
    /// Further options of the server.
    pub options: &'static [&'static str],
    /// What the server finds in its environment.
    pub environment: Vec<(String, String)>,
}

/// Proxy, function, Varnish, server: the endpoint is the first of them.
pub struct Deployment {
    front: Front,
    _function: Option<ViewerRequest>,
    _varnish: Varnish,
    pub server: Server,
}

/// What the doctor said.
#[derive(Debug)]
pub struct Visit {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

pub const HEALTHY: Plan =
    Plan { vcl: "", function: true, front: WHOLE, url_base: None, options: &[], environment: Vec::new() };

impl Plan {
    pub fn build(self) -> Deployment {
        let front = Front::new(self.front);
        let base = self.url_base.map_or(format!("http://{}", front.address()), str::to_owned);
        let mut options = vec!["--sample-size", "65536", "--url-base", &base];
        options.extend(self.options);
        let server = Server::start_with(server::folder(), &options, &self.environment);
        let varnish = Varnish::with_vcl(server.address(), self.vcl);
        let function = self.function.then(|| ViewerRequest::before(varnish.address()));
        front.before(function.as_ref().map_or(varnish.address(), ViewerRequest::address));
        Deployment { front, _function: function, _varnish: varnish, server }
    }
}

impl Deployment {
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.front.address())
    }

    /// The doctor's findings about it.
    pub fn visit(&self) -> Visit {
        visit(&self.endpoint(), &self.server.data(), &["--json"])
    }
}

/// What the doctor says of an endpoint and the stores in a data folder.
pub fn visit(endpoint: &str, data: &Path, options: &[&str]) -> Visit {
    let mut command = edgehop();
    command.args(["doctor", "--endpoint", endpoint, "--data"]).arg(data).args(options);
    Visit::of(&mut command)
}

/// `edgehop`, with nothing of what the developer's shell says about it.
pub fn edgehop() -> Command {
    let mut command = Command::new(command_line());
    std::env::vars().filter(|(name, _)| name.starts_with("EDGEHOP_") || name.starts_with("AWS_")).for_each(
        |(name, _)| {
            command.env_remove(name);
        },
    );
    command
}

impl Visit {
    pub fn of(command: &mut Command) -> Visit {
        let output = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Visit { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// That nothing was found, and nothing left out.
    pub fn is_well(&self) {
        let said = self.json();
        assert_eq!((self.code, self.err.as_str()), (Some(0), ""), "{said:#}");
        assert_eq!((&said["findings"], &said["skipped"]), (&serde_json::json!([]), &serde_json::json!([])), "{said:#}");
    }

    /// That exactly this is noted, with these parts, and no problem found.
    pub fn notes(&self, check: &str, parts: &[&str]) {
        let said = self.json();
        assert_eq!((self.code, self.err.as_str()), (Some(0), ""), "{said:#}");
        let findings = said["findings"].as_array().unwrap();
        let checks: Vec<&str> = findings.iter().map(|finding| finding["check"].as_str().unwrap()).collect();
        assert_eq!(checks, [check], "{said:#}");
        let text = findings[0].to_string();
        parts.iter().for_each(|part| assert!(text.contains(part), "{part:?} is not in {said:#}"));
    }

    /// That exactly this is the problem, whatever else may be noted, and that all that was said of it has these parts.
    pub fn names(&self, check: &str, parts: &[&str]) {
        let said = self.json();
        let findings = said["findings"].as_array().unwrap();
        let problems: Vec<&Value> = findings.iter().filter(|finding| finding["severity"] == "problem").collect();
        let checks: Vec<&str> = problems.iter().map(|finding| finding["check"].as_str().unwrap()).collect();
        assert_eq!(checks, [check], "{said:#}");
        assert_eq!((self.code, self.err.as_str()), (Some(3), ""), "{said:#}");
        let text = problems[0].to_string();
        parts.iter().for_each(|part| assert!(text.contains(part), "{part:?} is not in {said:#}"));
        for (key, value) in problems[0].as_object().unwrap() {
            let value = value.as_str().unwrap();
            assert!(!value.is_empty() && !value.contains('\n') && value.len() < 500, "{key}: {said:#}");
        }
    }
}

/// An address at which nobody listens: a free port that was given back may be somebody's by the time it is asked.
pub fn nobody() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 1))
}
