use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use base64ct::{Base64, Encoding as _};
use md5::Digest as _;
use resolver::answer::MAX_AGE_SECONDS;
use store::StoreError;

use super::bucket::Bucket;
use crate::failure;

/// Media type of signatures, the one that the service sends, too.
const TEXT: &str = "text/plain; charset=utf-8";

/// Longest text that is read into memory, in bytes: many times the size of a signature.
const MAX_TEXT_BYTES: i64 = 1 << 20;

/// HTTP statuses of a write whose condition does not hold, or that conflicts with another write.
const REFUSED: [u16; 2] = [409, 412];

/// Condition under which a text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WriteIf<'a> {
    Always,
    Absent,
    /// The existing object has this entity tag.
    Etag(&'a str),
}

impl Bucket {
    /// Reads a short text and its entity tag with one GET.
    pub(crate) async fn read_text(&self, name: &str) -> Result<Option<(String, Option<String>)>, StoreError> {
        let got = match self.client.get_object().bucket(&self.name).key(name).send().await {
            Ok(got) => got,
            Err(SdkError::ServiceError(refused)) if refused.err().is_no_such_key() => return Ok(None),
            Err(error) => return Err(failure::artifacts(format!("GET of {name} in {}", self.name), &error)),
        };
        if got.content_length().is_none_or(|length| length > MAX_TEXT_BYTES) {
            return Err(StoreError::damaged(name, format!("it takes {MAX_TEXT_BYTES} bytes of text at most")));
        }
        let bytes = got.body.collect().await.map_err(|error| StoreError::artifacts(failure::causes(&error)))?;
        let text = String::from_utf8(bytes.into_bytes().into()).map_err(|error| StoreError::damaged(name, error))?;
        Ok(Some((text, got.e_tag)))
    }

    /// Writes a short text. Returns `false` if the condition does not hold.
    pub(crate) async fn write_text(&self, name: &str, text: &str, condition: WriteIf<'_>) -> Result<bool, StoreError> {
        let put = self
            .client
            .put_object()
            .bucket(&self.name)
            .key(name)
            .body(text.as_bytes().to_vec().into())
            .set_if_none_match((condition == WriteIf::Absent).then(|| "*".to_owned()))
            .set_if_match(if let WriteIf::Etag(etag) = condition { Some(etag.to_owned()) } else { None })
            .content_md5(Base64::encode_string(&md5::Md5::digest(text)))
            .content_type(TEXT)
            // Another signature of the same bytes may replace it.
            .cache_control(format!("max-age={MAX_AGE_SECONDS}"))
            .send()
            .await;
        match put {
            Err(error) if !is_refused(&error) => {
                Err(failure::artifacts(format!("putting {name} into {}", self.name), &error))
            }
            put => Ok(put.is_ok()),
        }
    }

    /// Deletes a text if it has this entity tag.
    pub(crate) async fn delete_text(&self, name: &str, etag: Option<String>) -> Result<(), StoreError> {
        match self.client.delete_object().bucket(&self.name).key(name).set_if_match(etag).send().await {
            Err(error) if !is_refused(&error) => {
                Err(failure::artifacts(format!("DELETE of {name} in {}", self.name), &error))
            }
            _ => Ok(()),
        }
    }
}

/// Returns true if a write's condition does not hold.
fn is_refused<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> bool {
    error.raw_response().is_some_and(|response| REFUSED.contains(&response.status().as_u16()))
}
