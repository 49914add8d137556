use aws_sdk_s3::error::SdkError;
use base64ct::{Base64, Encoding as _};
use md5::Digest as _;
use resolver::answer::MAX_AGE_SECONDS;
use resolver::catalog::MAX_MINISIG_BYTES;
use store::StoreError;

use super::bucket::Bucket;
use crate::failure;

/// The media type of signatures, as the service says it too.
const TEXT: &str = "text/plain; charset=utf-8";

impl Bucket {
    /// Reads a short text: one GET.
    pub(crate) async fn read_text(&self, name: &str) -> Result<Option<String>, StoreError> {
        let got = match self.client.get_object().bucket(&self.name).key(name).send().await {
            Ok(got) => got,
            Err(SdkError::ServiceError(refused)) if refused.err().is_no_such_key() => return Ok(None),
            Err(error) => return Err(failure::artifacts(format!("GET of {name} in {}", self.name), &error)),
        };
        if got.content_length().is_none_or(|length| length > MAX_MINISIG_BYTES as i64) {
            return Err(StoreError::damaged(name, format!("it takes {MAX_MINISIG_BYTES} bytes of text at most")));
        }
        let bytes = got.body.collect().await.map_err(|error| StoreError::artifacts(failure::causes(&error)))?;
        let text = String::from_utf8(bytes.into_bytes().into());
        text.map(Some).map_err(|error| StoreError::damaged(name, error))
    }

    /// Puts a short text there, in place of any other.
    pub(crate) async fn write_text(&self, name: &str, text: &str) -> Result<(), StoreError> {
        let put = self
            .client
            .put_object()
            .bucket(&self.name)
            .key(name)
            .body(text.as_bytes().to_vec().into())
            .content_md5(Base64::encode_string(&md5::Md5::digest(text)))
            .content_type(TEXT)
            // It may be replaced by another signature of the same bytes.
            .cache_control(format!("max-age={MAX_AGE_SECONDS}"))
            .send()
            .await;
        put.map(|_| ()).map_err(|error| failure::artifacts(format!("putting {name} into {}", self.name), &error))
    }
}
