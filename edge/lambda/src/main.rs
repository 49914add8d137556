//! `bootstrap`: the service on AWS Lambda (`provided.al2023`), behind a function URL.
//!
//! # Reasons against `lambda_http`
//!
//! This program uses `lambda_runtime_api_client` without the crates that are built on it, which change answers to devices
//! (versions 1.3.2 of `lambda_http`, 1.5.0 of `lambda_runtime`):
//!
//! - `lambda_http` normalizes paths as a browser does: `/blobs/../healthz` becomes `/healthz`. It panics on paths and
//!   queries that it cannot parse, and any caller of the function can choose those.
//! - A body that fails half-way looks complete: `lambda_runtime` writes the text of the error trailers *into the body*
//!   rather than after it, and ends the response normally. In buffered mode `lambda_http` panics.
//! - Neither allows disabling Nagle's algorithm, which delays the end of an answer.
//!
//! The runtime API consists of three calls, which are in [`runtime_api`].
//!
//! # Build
//!
//! `cargo build --profile lambda --package edgehop-lambda`. One request is answered at a time, so one thread is enough. With
//! `opt-level = "z"`, fat LTO and no unwinding it is 6.2 MB, zipped 3.0 MB; on two shared x86-64 cores, over moto without
//! TLS, the first answer comes 6 ms after the start if it needs no store, and 27 ms after it with a manifest of four
//! components; at most 9 MiB are resident while 150 MB stream. `cargo bench --package edgehop-tests -- lambda` measures it.
//!
//! # Streamed answers and their length
//!
//! Lambda streams in chunks and renames `Content-Length` to `x-amzn-remapped-content-length`, so devices do not see it;
//! they recognize a truncated body by the missing last chunk. In buffered mode the header is kept.

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

/// Environment variable with the address of the runtime API, which Lambda sets.
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
            // The log has the error, too; this call shows it with the failed invocation.
            let _ = api.fail_init("Edgehop.Settings", &error.to_string()).await;
            return Err(error.into());
        }
    };
    let lines = tracing_subscriber::fmt::layer().json().flatten_event(true).with_target(false).with_span_list(false);
    tracing_subscriber::registry().with(settings.log.clone()).with(lines.with_writer(|| JsonLog)).init();

    let mode = settings.mode;
    let stores = Stores::new(aws::connect(Options::default()).await, settings);
    // The stores are opened in Lambda's init phase, before any request. If that fails, the first request tries again.
    if let Err(error) = stores.open().await {
        tracing::warn!(%error, "cannot open the stores yet");
    }
    let function = std::env::var("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_else(|_| "edgehop".to_owned()).into();
    Handler { api, stores, mode, function }.run().await
}
