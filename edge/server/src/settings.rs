use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser, ValueEnum};
use open::{ArtifactsPlace, CatalogPlace, DEFAULT_DATA, HalfGiven, Places};
use resolver::answer::Deployment;
use resolver::catalog::Tier;
use resolver::decide::{DEFAULT_RESTORE_DAYS, MAX_RESTORE_DAYS, Restores};
use resolver::words::{UrlBase, is_fit_to_show};
use tracing_subscriber::EnvFilter;

/// Answers devices that ask what to install next
#[derive(Debug, Parser)]
#[command(name = "edgehop-server", version)]
pub(crate) struct Settings {
    /// Address and port for devices; port 0 takes a free one
    #[arg(long, env = "EDGEHOP_LISTEN", default_value = "127.0.0.1:8080")]
    pub(crate) listen: String,

    /// Address and port for Prometheus; keep it out of devices' reach
    #[arg(long, env = "EDGEHOP_METRICS_LISTEN", default_value = "127.0.0.1:8081")]
    pub(crate) metrics_listen: String,

    /// Folder of catalog and artifacts, created if it does not exist
    #[arg(long, env = "EDGEHOP_DATA", default_value = DEFAULT_DATA)]
    pub(crate) data: PathBuf,

    /// Catalog outside the data folder: sqlite:FILE, or dynamodb:TABLE in a build with the feature `aws`. Name both stores
    /// or neither
    #[arg(long, env = "EDGEHOP_CATALOG", value_name = "STORE")]
    pub(crate) catalog: Option<CatalogPlace>,

    /// Artifacts outside the data folder: folder:FOLDER, or s3:BUCKET[/PREFIX] in a build with the feature `aws`. Name both
    /// stores or neither
    #[arg(long, env = "EDGEHOP_ARTIFACTS", value_name = "STORE")]
    pub(crate) artifacts: Option<ArtifactsPlace>,

    /// Fill the data folder with sample data if its catalog is empty. By default only a new default folder is filled; stores
    /// outside the data folder never are
    #[arg(long, env = "EDGEHOP_SAMPLE_DATA", value_parser = clap::builder::BoolishValueParser::new())]
    pub(crate) sample: bool,

    /// Start with an empty catalog even if the default folder is new
    #[arg(long, env = "EDGEHOP_NO_SAMPLE", value_parser = clap::builder::BoolishValueParser::new())]
    pub(crate) no_sample: bool,

    /// Size of each new sample artifact in bytes
    #[arg(long, env = "EDGEHOP_SAMPLE_SIZE", default_value_t = publishing::DEFAULT_SAMPLE_SIZE,
          value_parser = clap::value_parser!(u64).range(1..=resolver::catalog::MAX_ARTIFACT_BYTES))]
    pub(crate) sample_size: u64,

    /// Largest package in bytes; in place of a larger one its manifest is sent. No limit by default
    #[arg(long, env = "EDGEHOP_MAX_PACKAGE_BYTES")]
    pub(crate) max_package_bytes: Option<u64>,

    /// Base of the URLs in manifests, such as https://ota.example.com. By default the address listened on, or
    /// http://127.0.0.1 if that is every address
    #[arg(long, env = "EDGEHOP_URL_BASE", value_parser = str::parse::<UrlBase>)]
    pub(crate) url_base: Option<UrlBase>,

    /// Restore artifacts that devices need from S3's archives at this speed: expedited, standard or bulk. By default archives
    /// are not looked at
    #[arg(long, env = "EDGEHOP_RESTORE_TIER", value_name = "TIER")]
    pub(crate) restore_tier: Option<Tier>,

    /// Days for which a restored copy is kept
    #[arg(long, env = "EDGEHOP_RESTORE_DAYS", default_value_t = DEFAULT_RESTORE_DAYS, value_name = "DAYS",
          value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_RESTORE_DAYS)))]
    pub(crate) restore_days: u32,

    /// Use presigned URLs of the bucket in manifests, valid for this long: 1h to 7days. By default URLs are on /blobs/
    #[cfg(feature = "aws")]
    #[arg(long, env = "EDGEHOP_PRESIGN", value_name = "TIME")]
    pub(crate) presign: Option<aws::AddressLifetime>,

    /// Most concurrent connections; further ones wait. Each takes two open files, for which the process's limit is raised
    #[arg(long, env = "EDGEHOP_MAX_CONNECTIONS", default_value = "1024")]
    pub(crate) max_connections: NonZeroUsize,

    /// Most concurrent connections from one address, or one IPv6 /64 network; further ones are answered 503
    #[arg(long, env = "EDGEHOP_MAX_CONNECTIONS_PER_ADDRESS", default_value = "256")]
    pub(crate) max_connections_per_address: NonZeroUsize,

    /// Addresses of proxies in front of the server, separated by commas, which may have any number of connections
    #[arg(long, env = "EDGEHOP_PROXY", value_delimiter = ',', value_name = "ADDRESS")]
    pub(crate) proxy: Vec<IpAddr>,

    /// Approximate memory for cached records and answers, in bytes; each download takes some 300 KB more
    #[arg(long, env = "EDGEHOP_CACHE_BYTES", default_value_t = service::DEFAULT_CACHE_BYTES,
          value_parser = clap::value_parser!(u64).range(service::MIN_CACHE_BYTES..=1 << 40))]
    pub(crate) cache_bytes: u64,

    /// Log lines to show: error, warn, info, debug, or a filter such as `info,hyper=debug`
    #[arg(long, env = "EDGEHOP_LOG", default_value = "info", value_parser = log_filter)]
    pub(crate) log: String,

    /// Format of log lines
    #[arg(long, env = "EDGEHOP_LOG_FORMAT", value_enum, default_value = "text")]
    pub(crate) log_format: LogFormat,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum LogFormat {
    Text,
    Json,
}

impl Settings {
    /// Reads the command line and the environment, or ends the process if they are invalid.
    pub(crate) fn get() -> Settings {
        let settings = Settings::try_parse().unwrap_or_else(|error| usage(&error));
        if let Err(error) = settings.places() {
            usage(&Settings::command().error(ErrorKind::MissingRequiredArgument, error));
        }
        if settings.sample && (settings.no_sample || !settings.has_data_folder()) {
            let problem = "--sample (EDGEHOP_SAMPLE_DATA) fills the data folder: give it without --no-sample, --catalog and \
                           --artifacts; `edgehop sample` publishes the sample data into any stores";
            usage(&Settings::command().error(ErrorKind::ArgumentConflict, problem));
        }
        settings
    }

    /// Returns the places of the stores: both as named, or both in the data folder.
    pub(crate) fn places(&self) -> Result<Places, HalfGiven> {
        Places::new(&self.data, self.catalog.clone(), self.artifacts.clone())
    }

    /// Returns true if the data folder is the default one and does not exist yet, so that it is created with sample data. A
    /// named folder that does not exist may be a typing error, or a volume that is not mounted.
    pub(crate) fn is_first_start(&self) -> bool {
        self.has_data_folder() && self.data == Path::new(DEFAULT_DATA) && !self.data.exists()
    }

    /// Returns true if both stores are in the data folder.
    pub(crate) fn has_data_folder(&self) -> bool {
        self.catalog.is_none() && self.artifacts.is_none()
    }

    /// Returns true if the server listens for other machines, but its manifests have URLs with a loopback address.
    pub(crate) fn has_loopback_urls(&self, address: SocketAddr) -> bool {
        self.url_base.is_none() && address.ip().is_unspecified()
    }

    /// Returns the resolver's settings for a server on this address.
    pub(crate) fn deployment(&self, address: SocketAddr) -> Deployment {
        Deployment {
            max_package_bytes: self.max_package_bytes.unwrap_or(u64::MAX),
            restores: self.restore_tier.map(|tier| Restores { tier, days: self.restore_days }),
            ..Deployment::new(self.url_base.clone().unwrap_or_else(|| own_base(address)))
        }
    }
}

/// Ends the process if the command line is invalid or asks for help.
fn usage(error: &clap::Error) -> ! {
    let message = error.to_string();
    if message.chars().all(is_fit_to_show) {
        error.exit();
    }
    terminal::complain(&message);
    std::process::exit(error.exit_code())
}

/// Returns the base of URLs of a server without a proxy in front.
pub(crate) fn own_base(mut address: SocketAddr) -> UrlBase {
    if address.ip().is_unspecified() {
        address.set_ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    UrlBase::http(address)
}

fn log_filter(text: &str) -> Result<String, String> {
    let takes = "it takes error, warn, info, debug, or a filter such as info,hyper=debug";
    EnvFilter::builder().parse(text).map(|_| text.to_owned()).map_err(|error| format!("{error}: {takes}"))
}
