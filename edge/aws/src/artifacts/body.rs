use std::ops::Range;

use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::primitives;
use futures_util::stream;
use resolver::catalog::{MAX_ARTIFACT_BYTES, ObjectKey};
use store::{ByteStream, Identity, Opened, StoreError};

use super::bucket::Bucket;
use super::cold::is_cold;
use crate::failure;

/// HTTP status of a range that starts after the end.
const UNSATISFIABLE: u16 = 416;

impl Bucket {
    /// Reads a range of an object with one GET.
    pub(crate) async fn open(&self, name: &str, key: &ObjectKey, range: Range<u64>) -> Result<Opened, StoreError> {
        // No object is larger, and S3 accepts no larger number.
        let last = range.end.min(MAX_ARTIFACT_BYTES).max(range.start + 1) - 1;
        let get = self.client.get_object().bucket(&self.name).key(name);
        let got = match get.range(format!("bytes={}-{last}", range.start)).send().await {
            Ok(got) => got,
            Err(SdkError::ServiceError(refused)) if refused.err().is_no_such_key() => {
                return Err(StoreError::Missing(key.to_string()));
            }
            Err(error) if is_cold(&error) => return Err(StoreError::Cold(key.to_string())),
            Err(error) if error.raw_response().is_some_and(|raw| raw.status().as_u16() == UNSATISFIABLE) => {
                return Ok(Opened { bytes: Box::pin(stream::empty()), unread: None, identity: None });
            }
            Err(error) => return Err(failure::artifacts(format!("GET of {name} in {}", self.name), &error)),
        };
        let starts = format!("bytes {}-", range.start);
        if !got.content_range().is_some_and(|range| range.starts_with(&starts)) {
            let answered = got.content_range().unwrap_or("no Content-Range");
            return Err(StoreError::artifacts(format!(
                "S3 answered {answered} to a request for {starts}{last} of {name}"
            )));
        }
        let identity = identity(&got);
        Ok(Opened { bytes: pieces(got.body), unread: None, identity })
    }
}

/// Returns an object's entity tag, which changes with its bytes, and its version, which changes with every put, even of
/// equal bytes.
fn identity(got: &GetObjectOutput) -> Option<Identity> {
    let etag = got.e_tag()?;
    Some(Identity(format!("{etag} {}", got.version_id().unwrap_or_default())))
}

/// Streams the body as it arrives. The SDK ends stalled transfers.
fn pieces(body: primitives::ByteStream) -> ByteStream {
    let read = async |mut body: primitives::ByteStream| {
        let piece = body.try_next().await.map_err(|error| StoreError::artifacts(failure::causes(&error)))?;
        Ok(piece.map(|piece| (piece, body)))
    };
    Box::pin(stream::try_unfold(body, read))
}
