//! `edgehop-server`: the service on a TCP port, with the embedded stores or, with the feature `aws`, those on AWS.

mod bounded;
mod connection;
mod data;
mod descriptors;
mod idle;
mod limits;
mod log;
mod metrics;
mod peers;
mod ready;
mod send_queue;
mod settings;
mod unread;
mod workers;

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use resolver::words::line_fit_to_show;
use service::Service;
use settings::Settings;
use tokio::net::TcpListener;

fn main() -> ExitCode {
    let settings = Settings::get();
    log::start(&settings);
    match until_done(run(settings)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            terminal::complain(&format!("edgehop-server: {}\n", line_fit_to_show(&format!("{error:#}"))));
            ExitCode::FAILURE
        }
    }
}

/// Runs the future without waiting for pending reads afterwards, because reads of a hung file system never end.
fn until_done(run: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot start threads")?;
    let done = runtime.block_on(run);
    runtime.shutdown_background();
    done
}

async fn run(settings: Settings) -> anyhow::Result<()> {
    let listener = bind(&settings.listen, "--listen").await?;
    let metrics_listener = bind(&settings.metrics_listen, "--metrics-listen").await?;
    let (address, metrics_address) = (listener.local_addr()?, metrics_listener.local_addr()?);
    let (stores, contents) = data::open(&settings).await?;
    if settings.has_loopback_urls(address) {
        tracing::warn!("{}", ready::loopback_warning(address));
    }
    let service = Service::new(stores.catalog, stores.artifacts, settings.deployment(address))
        .with_cache_bytes(settings.cache_bytes);
    let service = Arc::new(service);
    let metrics = Arc::new(metrics::Metrics::default());

    tokio::spawn(metrics::serve(metrics_listener, Arc::clone(&metrics), Arc::clone(&service)));
    ready::announce(address, metrics_address, &settings, &contents);
    let most = descriptors::connection_limit(settings.max_connections.get());
    let peers = peers::Peers::new(settings.max_connections_per_address.get(), &settings.proxy);
    let workers = workers::Workers::start().context("cannot start threads")?;
    connection::serve(listener, service, metrics, most, peers, workers).await;
    Ok(())
}

async fn bind(address: &str, option: &str) -> anyhow::Result<TcpListener> {
    let takes = "it takes an address and a free port, such as 127.0.0.1:8080";
    TcpListener::bind(address).await.with_context(|| format!("cannot listen on {option} {address}: {takes}"))
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;
    use std::time::Duration;

    use super::*;

    /// As the read of a hung file system does, which no test can mount without privileges.
    #[test]
    fn a_read_that_never_ends_does_not_keep_the_process() {
        let (_never, hung) = mpsc::channel::<()>();
        let (begun, begins) = mpsc::channel();
        let (ended, end) = mpsc::channel();
        thread::spawn(move || {
            let done = until_done(async move {
                tokio::task::spawn_blocking(move || {
                    begun.send(()).unwrap();
                    hung.recv()
                });
                begins.recv().unwrap();
                Ok(())
            });
            ended.send(done.is_ok()).unwrap();
        });
        assert_eq!(end.recv_timeout(Duration::from_secs(60)), Ok(true), "it waits for the read");
    }
}
