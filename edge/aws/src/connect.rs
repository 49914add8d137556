use aws_config::meta::region::ProvideRegion as _;
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileFileRegionProvider};
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::SharedCredentialsProvider;
use aws_sdk_dynamodb::config::retry::{RetryPartition, TokenBucket};
use aws_sdk_s3::config::{RequestChecksumCalculation, ResponseChecksumValidation};
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;

use crate::limits::{ATTEMPT_TOKENS_PER_SECOND, FOR_DEVICES, FOR_OPERATORS, Limits};

/// Settings of the connection to AWS. Absent settings come from the sources of the AWS command line: environment,
/// profile, instance.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Region, such as `eu-central-1`.
    pub region: Option<String>,
    /// Profile of AWS' configuration files. Its credentials precede those in the environment, as in AWS' own tools.
    pub profile: Option<String>,
    /// URL of a service used in place of DynamoDB; by default the value of `AWS_ENDPOINT_URL_DYNAMODB`, if set.
    pub dynamodb_endpoint: Option<String>,
    /// URL of a service used in place of S3; by default the value of `AWS_ENDPOINT_URL_S3`, if set. Buckets are then named
    /// in the path, because such services rarely have a host name for each.
    pub s3_endpoint: Option<String>,
    /// Credentials in place of those that the environment, a profile, the container or the instance has.
    pub credentials: Option<SharedCredentialsProvider>,
    /// Timeouts and retries.
    pub patience: Patience,
}

/// Profile of timeouts and retries, by the caller that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Patience {
    /// A device waits, behind a CDN that times out after 30 s: a call must end within seconds.
    #[default]
    Device,
    /// An operator waits, perhaps on another continent, whose command an outage of seconds must not end.
    Operator,
}

/// Clients of both services. They share settings and credentials; clones are cheap and share everything.
#[derive(Debug, Clone)]
pub struct Clients {
    /// Client for [`DynamoCatalog`](crate::DynamoCatalog).
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// Client for [`S3Artifacts`](crate::S3Artifacts).
    pub s3: aws_sdk_s3::Client,
}

/// Loads the settings that all clients are made from, without any call to DynamoDB or S3.
pub async fn settings(options: &Options) -> SdkConfig {
    let http = aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let limits = options.patience.limits();
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(limits.connect)
        .read_timeout(limits.read)
        .operation_attempt_timeout(limits.attempt)
        .operation_timeout(limits.operation)
        .build();
    let retries = RetryConfig::standard()
        .with_max_attempts(limits.attempts)
        .with_initial_backoff(limits.first_backoff)
        .with_max_backoff(limits.max_backoff);
    // Pinned, so that an update of the SDK does not change timeouts unnoticed.
    let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .http_client(http.clone())
        .timeout_config(timeouts)
        .retry_config(retries);
    if let Some(region) = &options.region {
        loader = loader.region(Region::new(region.clone()));
    }
    if let Some(profile) = &options.profile {
        loader = loader.profile_name(profile);
        if options.credentials.is_none() {
            // A profile's role is assumed in this region.
            let region = match &options.region {
                Some(region) => Some(Region::new(region.clone())),
                None => ProfileFileRegionProvider::builder().profile_name(profile).build().region().await,
            };
            let asking = ProviderConfig::without_region().with_http_client(http).with_region(region);
            let provider = ProfileFileCredentialsProvider::builder().configure(&asking).profile_name(profile).build();
            loader = loader.credentials_provider(provider);
        }
    }
    if let Some(credentials) = &options.credentials {
        loader = loader.credentials_provider(credentials.clone());
    }
    loader.load().await
}

/// Creates both clients, without any call to DynamoDB or S3. Create them once and keep them.
pub async fn connect(options: Options) -> Clients {
    let shared = settings(&options).await;
    let partition = |service| partition(service, options.patience.limits());
    let mut dynamodb = aws_sdk_dynamodb::config::Builder::from(&shared).retry_partition(partition("dynamodb"));
    if let Some(endpoint) = options.dynamodb_endpoint {
        dynamodb = dynamodb.endpoint_url(endpoint);
    }
    // Readers verify the SHA-256, and uploads send their MD5, so a CRC would only cost time.
    let mut s3 = aws_sdk_s3::config::Builder::from(&shared)
        .retry_partition(partition("s3"))
        .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
        .response_checksum_validation(ResponseChecksumValidation::WhenRequired);
    if let Some(endpoint) = &options.s3_endpoint {
        s3 = s3.endpoint_url(endpoint);
    }
    // The SDK reads these variables itself.
    let said = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"].iter().any(|name| std::env::var_os(name).is_some());
    if options.s3_endpoint.is_some() || said {
        s3 = s3.force_path_style(true);
    }
    Clients {
        dynamodb: aws_sdk_dynamodb::Client::from_conf(dynamodb.build()),
        s3: aws_sdk_s3::Client::from_conf(s3.build()),
    }
}

impl Patience {
    fn limits(self) -> Limits {
        match self {
            Patience::Device => FOR_DEVICES,
            Patience::Operator => FOR_OPERATORS,
        }
    }
}

/// Returns a retry budget for one client, so that an outage of one service does not exhaust the other's.
fn partition(service: &'static str, limits: Limits) -> RetryPartition {
    let tokens = TokenBucket::builder().capacity(limits.tokens).refill_rate(ATTEMPT_TOKENS_PER_SECOND);
    RetryPartition::custom(service).token_bucket(tokens.build()).build()
}
