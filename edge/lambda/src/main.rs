//! `bootstrap`: the service on AWS Lambda (`provided.al2023`), behind a function URL.
//!
//! # Why no `lambda_http`
//!
//! Below it all is `lambda_runtime_api_client`, which this program uses by itself. What stands on it changes what devices
//! get (versions 1.3.2 of `lambda_http`, 1.5.0 of `lambda_runtime`):
//!
//! - `lambda_http` parses a path as a browser would: of `/blobs/../healthz` it makes `/healthz`. What it cannot parse it
//!   panics on, and whoever may call the function writes paths and queries.
//! - A body that fails in the middle becomes a whole answer: `lambda_runtime` writes the text of the error trailers
//!   *into the body*, not behind it, and ends the response as if all were well. In buffered mode `lambda_http` panics.
//! - Neither lets Nagle's algorithm be switched off, which holds the end of an answer back.
//!
//! The runtime API is three calls, in [`runtime_api`].
//!
//! # How it is built
//!
//! `cargo build --profile lambda --package edgehop-lambda`. One request is answered at a time, so one thread is enough. With
//! `opt-level = "z"`, fat LTO and no unwinding it is 6.2 MB, zipped 3.0 MB; on two shared x86-64 cores, over moto without
//! TLS, the first answer comes 6 ms after the start where no store is asked and 27 ms after it with a list of four
//! components; at most 9 MiB are resident while 150 MB stream. `cargo bench --package edgehop-tests -- lambda` measures it.
//!
//! # Streamed answers and their length
//!
//! Lambda streams in chunks and calls `Content-Length` `x-amzn-remapped-content-length`, so a device cannot see it there;
//! that a body is cut off shows in the missing last chunk. In buffered mode the header comes through.

mod buffered;
mod event;
mod handler;
mod head;
mod host;
mod limits;
mod metrics;
mod mode;
mod runtime_api;
mod settings;
mod stores;
mod streamed;

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Context as _;
use aws::Options;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use handler::Handler;
use runtime_api::RuntimeApi;
use service::JsonLog;
use settings::Settings;
use stores::Stores;

/// Where the runtime API is; Lambda sets it.
const RUNTIME_API: &str = "AWS_LAMBDA_RUNTIME_API";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let line = serde_json::json!({ "level": "ERROR", "message": format!("{error:#}") });
            let _ = writeln!(JsonLog, "{line}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> anyhow::Result<()> {
    let address = std::env::var(RUNTIME_API)
        .with_context(|| format!("{RUNTIME_API} is not set: this program runs on Lambda, edgehop-server elsewhere"))?;
    let api = RuntimeApi::at(&address)?;
    let settings = match Settings::read(|name| std::env::var(name).ok()) {
        Ok(settings) => settings,
        Err(error) => {
            // The line in the log says it too; here it is for whoever looks at the failed invocation.
            let _ = api.fail_init("Edgehop.Settings", &error.to_string()).await;
            return Err(error.into());
        }
    };
    let lines = tracing_subscriber::fmt::layer().json().flatten_event(true).with_target(false).with_span_list(false);
    tracing_subscriber::registry().with(settings.log.clone()).with(lines.with_writer(|| JsonLog)).init();

    let mode = settings.mode;
    let stores = Stores::new(aws::connect(Options::default()).await, settings);
    // In init, where nobody waits. If AWS is in trouble now, the first request tries again.
    if let Err(error) = stores.open().await {
        tracing::warn!(%error, "the stores cannot be opened yet");
    }
    let function = std::env::var("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_else(|_| "edgehop".to_owned()).into();
    Handler { api, stores, mode, function }.run().await
}
