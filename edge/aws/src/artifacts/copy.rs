use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart, MetadataDirective};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use store::StoreError;

use super::bucket::{BINARY, Bucket, Found, forever, metadata};
use super::cold::is_cold;
use super::names::source;
use super::sizes::Sizes;
use crate::failure;

/// Number of parts that are copied concurrently. S3 copies them itself.
const COPIES: usize = 8;

impl Bucket {
    /// Copies an object with its metadata. Copying it onto itself renews its age as a put would. Returns `false` if the
    /// object is missing or was replaced since `found` was read; [`StoreError::Cold`] if it must be restored first.
    pub(crate) async fn copy(&self, from: &str, to: &str, found: &Found) -> Result<bool, StoreError> {
        if found.size > self.sizes.copy_at_once {
            return self.copy_parts(from, to, found).await;
        }
        let mut copy = self.patient.copy_object().bucket(&self.name).key(to).copy_source(source(&self.name, from));
        if from == to || found.md5.is_some() {
            // S3 copies an object onto itself only if its metadata are replaced, and foreign objects have no metadata.
            copy = copy
                .metadata_directive(MetadataDirective::Replace)
                .set_metadata(metadata(found.md5.as_ref()))
                .content_type(BINARY)
                .cache_control(forever());
        }
        let copied = copy.set_copy_source_if_match(found.etag.clone()).send().await;
        match copied {
            Ok(_) => Ok(true),
            Err(error) if is_gone(&error) => Ok(false),
            Err(error) if is_cold(&error) => Err(StoreError::Cold(from.to_owned())),
            Err(error) => Err(failure::artifacts(format!("copying {from} to {to} in {}", self.name), &error)),
        }
    }

    async fn copy_parts(&self, from: &str, to: &str, found: &Found) -> Result<bool, StoreError> {
        let upload = self.start(to, found.md5.as_ref()).await?;
        let parts = stream::iter(Sizes::parts(found.size, self.sizes.copy_at_once)).map(async |part| {
            let copied = self
                .patient
                .upload_part_copy()
                .bucket(&self.name)
                .key(to)
                .upload_id(&upload)
                .part_number(part.number)
                .copy_source(source(&self.name, from))
                .copy_source_range(format!("bytes={}-{}", part.start, part.start + part.length - 1))
                .set_copy_source_if_match(found.etag.clone())
                .send()
                .await?;
            let etag = copied.copy_part_result.and_then(|result| result.e_tag);
            Ok(CompletedPart::builder().part_number(part.number).set_e_tag(etag).build())
        });
        let done: Result<Vec<CompletedPart>, _> = parts.buffered(COPIES).try_collect().await;
        match done {
            Ok(parts) => {
                let parts = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
                self.complete(to, &upload, parts).await.map(|()| true)
            }
            // An unfinished copy is never resumed.
            Err(error) => {
                let gone = is_gone(&error);
                let failed = match is_cold(&error) {
                    true => StoreError::Cold(from.to_owned()),
                    false => failure::artifacts(format!("copying {from} to {to} in {}", self.name), &error),
                };
                self.abort(to, &upload).await;
                if gone { Ok(false) } else { Err(failed) }
            }
        }
    }
}

/// Returns true if a copy failed because its source is missing or was replaced.
fn is_gone<E>(error: &SdkError<E, aws_sdk_s3::config::http::HttpResponse>) -> bool {
    let status = error.raw_response().map(|response| response.status().as_u16());
    matches!(status, Some(404 | 412))
}
