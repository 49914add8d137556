use std::error::Error;

use aws::SdkConfig;
use aws_sdk_cloudfrontkeyvaluestore::Client;
use aws_sdk_cloudfrontkeyvaluestore::config::http::HttpResponse;
use aws_sdk_cloudfrontkeyvaluestore::config::interceptors::BeforeTransmitInterceptorContextMut;
use aws_sdk_cloudfrontkeyvaluestore::config::retry::RetryConfig;
use aws_sdk_cloudfrontkeyvaluestore::config::timeout::TimeoutConfig;
use aws_sdk_cloudfrontkeyvaluestore::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_cloudfrontkeyvaluestore::error::{BoxError, ProvideErrorMetadata, SdkError};
use aws_sdk_cloudfrontkeyvaluestore::types::{DeleteKeyRequestListItem, PutKeyRequestListItem};

use super::steps::{Change, Entries, is_ours};
use super::{KnownWordsError, KnownWordsPlace};

/// What names another service in place of CloudFront's (SDK reference guide, "Service-specific endpoints").
const ENDPOINT: &str = "AWS_ENDPOINT_URL_CLOUDFRONT_KEYVALUESTORE";

/// What a moved version is answered with (API reference, UpdateKeys: ConflictException, 409; a condition of HTTP's own is
/// 412).
const MOVED: [u16; 2] = [409, 412];

/// How long one attempt may take, and all of them. An operator waits.
const ATTEMPT: std::time::Duration = std::time::Duration::from_secs(20);
const OPERATION: std::time::Duration = std::time::Duration::from_secs(60);

/// The key-value store that the CDN's function reads.
#[derive(Debug, Clone)]
pub struct Edge {
    client: Client,
    place: KnownWordsPlace,
}

/// A list as it was at one version of the store.
#[derive(Debug)]
pub(super) struct Listed {
    pub(super) entries: Entries,
    pub(super) etag: String,
}

/// Asks a service in place of CloudFront's under the host that it has: the SDK puts the account's number before it.
#[derive(Debug)]
struct Instead {
    host: String,
}

impl Intercept for Instead {
    fn name(&self) -> &'static str {
        "a service in place of CloudFront's"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let uri = context.request().uri().replacen(&self.host, "://", 1);
        context.request_mut().set_uri(uri)?;
        Ok(())
    }
}

impl Edge {
    /// A key-value store of whoever these settings are of. With `instead`, or the variable
    /// `AWS_ENDPOINT_URL_CLOUDFRONT_KEYVALUESTORE`, that URL is asked as it is. AWS is not asked yet.
    pub fn new(settings: &SdkConfig, place: KnownWordsPlace, instead: Option<&str>) -> Edge {
        let timeouts = TimeoutConfig::builder()
            .read_timeout(ATTEMPT)
            .operation_attempt_timeout(ATTEMPT)
            .operation_timeout(OPERATION)
            .build();
        let mut config = aws_sdk_cloudfrontkeyvaluestore::config::Builder::from(settings)
            .timeout_config(timeouts)
            .retry_config(RetryConfig::standard().with_max_attempts(5));
        let instead = instead.map(str::to_owned).or_else(|| std::env::var(ENDPOINT).ok());
        if let Some(url) = instead.filter(|url| !url.is_empty()) {
            let account = place.arn().split(':').nth(4).unwrap_or_default();
            config = config.endpoint_url(url).interceptor(Instead { host: format!("://{account}.") });
        }
        Edge { client: Client::from_conf(config.build()), place }
    }

    /// Where it is.
    pub fn place(&self) -> &KnownWordsPlace {
        &self.place
    }

    /// The list, and the version that it was read at or a later one: 1 call, and 1 for each started 50 entries.
    pub(super) async fn list(&self) -> Result<Listed, KnownWordsError> {
        let described = self.client.describe_key_value_store().kvs_arn(self.place.arn()).send().await;
        let described = described.map_err(|error| self.failed("DescribeKeyValueStore", &error))?;
        let pages = self.client.list_keys().kvs_arn(self.place.arn()).into_paginator().items().send();
        let mut pages = pages;
        let mut entries = Entries::new();
        while let Some(item) = pages.next().await {
            let item = item.map_err(|error| self.failed("ListKeys", &error))?;
            if is_ours(item.key()) {
                entries.insert(item.key().to_owned(), item.value().to_owned());
            }
        }
        Ok(Listed { entries, etag: described.e_tag().to_owned() })
    }

    /// Makes these changes at once, if the store is still at this version; the version after that. `None` if it moved.
    pub(super) async fn update(&self, etag: &str, changes: Vec<Change>) -> Result<Option<String>, KnownWordsError> {
        let mut update = self.client.update_keys().kvs_arn(self.place.arn()).if_match(etag);
        let invalid = |error| KnownWordsError::Edge { what: self.what("UpdateKeys"), said: format!("{error}") };
        for (key, value) in changes {
            update = match value {
                Some(value) => {
                    update.puts(PutKeyRequestListItem::builder().key(key).value(value).build().map_err(invalid)?)
                }
                None => update.deletes(DeleteKeyRequestListItem::builder().key(key).build().map_err(invalid)?),
            };
        }
        match update.send().await {
            Ok(updated) => Ok(Some(updated.e_tag().to_owned())),
            Err(error) if error.raw_response().is_some_and(|raw| MOVED.contains(&raw.status().as_u16())) => Ok(None),
            Err(error) => Err(self.failed("UpdateKeys", &error)),
        }
    }

    fn what(&self, call: &str) -> String {
        format!("{call} of {}", self.place)
    }

    fn failed<E>(&self, call: &str, error: &SdkError<E, HttpResponse>) -> KnownWordsError
    where
        E: Error + ProvideErrorMetadata + 'static,
    {
        let code = error.as_service_error().and_then(ProvideErrorMetadata::code);
        let said = match code {
            // The advice about this code is about tables.
            Some("ResourceNotFoundException") => {
                format!(
                    "there is no such key-value store: take the stack's output KnownWordsArn; if that stack is gone, \
                     `edgehop known-words --forget {}` ends this",
                    self.place
                )
            }
            _ => aws::describe(error),
        };
        KnownWordsError::Edge { what: self.what(call), said }
    }
}
