//! The real `bootstrap`, in an execution environment of the tests' own.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, OnceLock};

use serde_json::Value;

use crate::client::Response;
use crate::function_url::{event, response};
use crate::runtime_api::{Post, RuntimeApi};
use crate::server::{build, folder};
use crate::stocked::Stocked;

/// What the URLs in its answers start with.
pub const URL_BASE: &str = "https://ota.test";

/// A running function: processes that each answer one request at a time.
#[derive(Debug)]
pub struct Lambda {
    environments: Vec<Mutex<Environment>>,
}

/// An execution environment: a process, and the runtime API that it asks.
#[derive(Debug)]
pub struct Environment {
    /// Its runtime API.
    pub api: RuntimeApi,
    process: Child,
    folder: tempfile::TempDir,
}

impl Lambda {
    /// As many processes over these stores, with these variables beside.
    pub fn start(cloud: &Stocked, variables: &[(&str, &str)], processes: usize) -> Lambda {
        let environments = (0..processes).map(|_| Mutex::new(Environment::start(cloud, variables)));
        Lambda { environments: environments.collect() }
    }

    /// A request through the function URL, answered by whichever process is free.
    pub fn request(&self, method: &str, target: &str, headers: &[(&str, &str)]) -> Response {
        let free = self.environments.iter().find_map(|environment| environment.try_lock().ok());
        let mut environment = free.unwrap_or_else(|| self.environments[0].lock().unwrap());
        environment.request(method, target, headers)
    }

    /// `GET target` with these header fields.
    pub fn get(&self, target: &str, headers: &[(&str, &str)]) -> Response {
        self.request("GET", target, headers)
    }

    /// The first process, by itself.
    pub fn environment(&self) -> std::sync::MutexGuard<'_, Environment> {
        self.environments[0].lock().unwrap()
    }
}

impl Environment {
    /// Starts a process over these stores, with these variables beside.
    pub fn start(cloud: &Stocked, variables: &[(&str, &str)]) -> Environment {
        let mut all = cloud.environment();
        all.push(("EDGEHOP_URL_BASE".to_owned(), URL_BASE.to_owned()));
        all.push(("EDGEHOP_INVOKE_MODE".to_owned(), "RESPONSE_STREAM".to_owned()));
        all.extend(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        Environment::bare(bootstrap(), &all)
    }

    /// Starts this program with these variables and no others.
    pub fn bare(program: &Path, variables: &[(String, String)]) -> Environment {
        let (api, folder) = (RuntimeApi::start(), folder());
        let mut command = Command::new(program);
        command.env_clear().env("AWS_LAMBDA_RUNTIME_API", api.address()).env("AWS_LAMBDA_FUNCTION_NAME", "ota");
        command.envs(variables.iter().cloned());
        let log = |name| File::create(folder.path().join(name)).unwrap();
        let process = command.stdin(Stdio::null()).stdout(log("stdout")).stderr(log("stderr")).spawn().unwrap();
        Environment { api, process, folder }
    }

    /// A request through the function URL.
    pub fn request(&mut self, method: &str, target: &str, headers: &[(&str, &str)]) -> Response {
        let post = self.invoke(&event(method, target, headers));
        response(method, &post)
    }

    /// What the function makes of an event.
    pub fn invoke(&mut self, event: &Value) -> Post {
        self.api.invoke(&event.to_string())
    }

    /// The lines of metrics so far, each as JSON.
    pub fn metrics(&self) -> Vec<Value> {
        self.lines("stdout")
    }

    /// The lines of the log so far, each as JSON.
    pub fn log(&self) -> Vec<Value> {
        self.lines("stderr")
    }

    /// The process's number.
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Waits until the process has ended by itself.
    pub fn ended(&mut self) -> ExitStatus {
        self.process.wait().unwrap()
    }

    fn lines(&self, name: &str) -> Vec<Value> {
        let text = std::fs::read_to_string(self.folder.path().join(name)).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"))).collect()
    }
}

impl Drop for Environment {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The function's program, built as this test was.
pub fn bootstrap() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| build("edgehop-lambda", "bootstrap", ""))
}
