use std::collections::HashMap;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::types::ServerSideEncryption;
use resolver::answer::BLOB_SECONDS;
use resolver::words::Md5;
use store::StoreError;

use super::cold::archived;
use super::sizes::Sizes;
use crate::failure;
use crate::limits::{CONNECT, TRANSFER, TRANSFER_ATTEMPTS};

/// Metadata key of the MD5 that an object was put with: `x-amz-meta-md5`.
const MD5: &str = "md5";

/// Media type of artifacts and fragments, the one that the service sends, too.
pub(crate) const BINARY: &str = "application/octet-stream";

/// A bucket, or a prefix of one, with the clients for it.
#[derive(Debug, Clone)]
pub(crate) struct Bucket {
    /// Client for calls that are answered at once.
    pub(crate) client: Client,
    /// Client for calls that take as long as transferring an object.
    pub(crate) patient: Client,
    pub(crate) name: String,
    /// Prefix of every object's name.
    pub(crate) prefix: String,
    pub(crate) sizes: Sizes,
}

/// Metadata of an existing object.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) size: u64,
    /// MD5 that the object was put with; `None` if other software put it.
    pub(crate) md5: Option<Md5>,
    /// S3's entity tag.
    pub(crate) etag: Option<String>,
    /// S3's entity tag if it is the MD5 of the bytes: for objects put in one call, and not encrypted with keys of KMS or of
    /// the caller (S3 API reference, Object: ETag).
    pub(crate) etag_md5: Option<Md5>,
    /// Whether the object is in an archive and must be restored before it can be read.
    pub(crate) is_cold: bool,
}

impl Bucket {
    pub(crate) fn new(client: Client, name: String, prefix: String) -> Bucket {
        let own = client.config();
        let connect = own.timeout_config().and_then(TimeoutConfig::connect_timeout).unwrap_or(CONNECT);
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(connect)
            .read_timeout(TRANSFER)
            .disable_operation_attempt_timeout()
            .disable_operation_timeout()
            .build();
        let retries = own.retry_config().cloned().unwrap_or_else(RetryConfig::standard);
        let attempts = retries.max_attempts().max(TRANSFER_ATTEMPTS);
        let retries = retries.with_max_attempts(attempts);
        let patient = own.to_builder().timeout_config(timeouts).retry_config(retries).build();
        Bucket { client, patient: Client::from_conf(patient), name, prefix, sizes: Sizes::default() }
    }

    /// Reads an object's metadata with one HEAD.
    pub(crate) async fn head(&self, name: &str) -> Result<Option<Found>, StoreError> {
        let head = self.client.head_object().bucket(&self.name).key(name).send().await;
        let head = match head {
            Ok(head) => head,
            Err(SdkError::ServiceError(refused)) if refused.err().is_not_found() => return Ok(None),
            Err(error) => return Err(failure::artifacts(format!("HEAD of {name} in {}", self.name), &error)),
        };
        let md5 = head.metadata().and_then(|metadata| metadata.get(MD5)).and_then(|md5| md5.parse().ok());
        let size = head.content_length().unwrap_or_default().try_into().unwrap_or_default();
        let other_keys = !matches!(head.server_side_encryption(), None | Some(ServerSideEncryption::Aes256));
        let own_tag = head.e_tag().filter(|_| !other_keys && head.sse_customer_algorithm().is_none());
        let etag_md5 = own_tag.and_then(|etag| etag.trim_matches('"').parse().ok());
        let is_cold = archived(&head).is_some();
        Ok(Some(Found { size, md5, etag: head.e_tag, etag_md5, is_cold }))
    }

    /// Deletes an object. Deleting a missing object is no error.
    pub(crate) async fn delete(&self, name: &str) -> Result<(), StoreError> {
        let done = self.client.delete_object().bucket(&self.name).key(name).send().await;
        done.map(|_| ()).map_err(|error| failure::artifacts(format!("DELETE of {name} in {}", self.name), &error))
    }
}

/// Returns the `Cache-Control` of objects named by their digest, which never change.
pub(crate) fn forever() -> String {
    format!("public, max-age={BLOB_SECONDS}, immutable")
}

/// Returns the metadata to put with an object.
pub(crate) fn metadata(md5: Option<&Md5>) -> Option<HashMap<String, String>> {
    md5.map(|md5| HashMap::from([(MD5.to_owned(), md5.to_string())]))
}
