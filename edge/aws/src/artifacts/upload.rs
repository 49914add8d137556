use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::Arc;

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use base64ct::{Base64, Encoding as _};
use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use md5::Digest as _;
use resolver::words::{Digest, Md5};
use store::StoreError;

use super::bucket::{BINARY, Bucket, forever, metadata};
use super::sizes::{Part, Sizes};
use crate::failure;

/// Number of parts that are sent concurrently. Each is held in memory meanwhile.
const UPLOADS: usize = 4;

/// Parts sent by an interrupted put: their MD5 in quotes, by number.
type Sent = BTreeMap<i32, String>;

impl Bucket {
    /// Uploads a file. S3 verifies the MD5, and stores the file completely or not at all.
    pub(crate) async fn upload(&self, name: &str, file: &Path, size: u64, md5: &Md5) -> Result<(), StoreError> {
        if size >= self.sizes.multipart_from {
            return self.upload_parts(name, file, size, md5).await;
        }
        let body = ByteStream::from_path(file).await.map_err(StoreError::artifacts)?;
        let put = self
            .patient
            .put_object()
            .bucket(&self.name)
            .key(name)
            .body(body)
            .content_length(size.cast_signed())
            .content_md5(Base64::encode_string(&md5.0))
            .content_type(BINARY)
            .cache_control(forever())
            .set_metadata(metadata(Some(md5)))
            .send()
            .await;
        put.map(|_| ()).map_err(|error| failure::artifacts(format!("putting {name} into {}", self.name), &error))
    }

    /// Uploads a file in parts, resuming an interrupted upload. If this one is interrupted, its parts remain for the next
    /// attempt, or until a lifecycle rule of the bucket aborts the upload.
    async fn upload_parts(&self, name: &str, file: &Path, size: u64, md5: &Md5) -> Result<(), StoreError> {
        let file = Arc::new(File::open(file).map_err(StoreError::artifacts)?);
        let (upload, sent) = match self.unfinished(name).await {
            Some(unfinished) => unfinished,
            None => (self.start(name, Some(md5)).await?, Sent::new()),
        };
        let parts = stream::iter(Sizes::parts(size, self.sizes.part)).map(|part| {
            let file = Arc::clone(&file);
            let (upload, sent) = (&upload, &sent);
            async move { self.upload_part(name, upload, &file, part, sent.get(&part.number)).await }
        });
        let parts: Result<Vec<CompletedPart>, StoreError> = parts.buffered(UPLOADS).try_collect().await;
        let done = match parts {
            Ok(parts) => {
                let parts = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
                self.complete(name, &upload, parts).await
            }
            Err(error) => Err(error),
        };
        match done {
            // Another process that puts the same file may have resumed and finished this upload. An object that was there
            // before usually has this size, too, but no MD5, which is why it is replaced.
            Err(error) => match self.head(name).await {
                Ok(Some(found)) if found.size == size && found.md5.as_ref() == Some(md5) => Ok(()),
                _ => Err(error),
            },
            Ok(()) => Ok(()),
        }
    }

    async fn upload_part(
        &self,
        name: &str,
        upload: &str,
        file: &Arc<File>,
        part: Part,
        sent: Option<&String>,
    ) -> Result<CompletedPart, StoreError> {
        let (bytes, md5) = read(Arc::clone(file), part).await?;
        let completed = CompletedPart::builder().part_number(part.number);
        let quoted = format!("\"{md5}\"");
        if sent == Some(&quoted) {
            return Ok(completed.e_tag(quoted).build());
        }
        let sent = self
            .patient
            .upload_part()
            .bucket(&self.name)
            .key(name)
            .upload_id(upload)
            .part_number(part.number)
            .content_md5(Base64::encode_string(&md5.0))
            .body(ByteStream::from(bytes))
            .send()
            .await;
        let sent = sent.map_err(|error| {
            failure::artifacts(format!("putting part {} of {name} into {}", part.number, self.name), &error)
        })?;
        Ok(completed.set_e_tag(sent.e_tag).build())
    }

    /// Finds the latest unfinished multipart upload of this object and the parts that it has. If that fails, all parts are
    /// sent.
    async fn unfinished(&self, name: &str) -> Option<(String, Sent)> {
        let uploads = self.patient.list_multipart_uploads().bucket(&self.name).prefix(name).send().await.ok()?;
        let of_this = uploads.uploads().iter().filter(|upload| upload.key() == Some(name));
        let last = of_this.max_by_key(|upload| upload.initiated().map_or(i128::MIN, |moment| moment.as_nanos()))?;
        let upload = last.upload_id()?.to_owned();
        let mut pages =
            self.patient.list_parts().bucket(&self.name).key(name).upload_id(&upload).into_paginator().send();
        let mut sent = Sent::new();
        while let Some(page) = pages.next().await {
            let page = page.ok()?;
            sent.extend(page.parts().iter().filter_map(|part| Some((part.part_number()?, part.e_tag()?.to_owned()))));
        }
        Some((upload, sent))
    }

    /// Starts a multipart upload.
    pub(crate) async fn start(&self, name: &str, md5: Option<&Md5>) -> Result<String, StoreError> {
        let started = self
            .patient
            .create_multipart_upload()
            .bucket(&self.name)
            .key(name)
            .content_type(BINARY)
            .cache_control(forever())
            .set_metadata(metadata(md5))
            .send()
            .await;
        let started = started.map_err(|error| self.failed(name, &error))?;
        started.upload_id.ok_or_else(|| StoreError::artifacts(format!("S3 gives no upload for {name}")))
    }

    /// Completes a multipart upload, which makes the object visible.
    pub(crate) async fn complete(
        &self,
        name: &str,
        upload: &str,
        parts: CompletedMultipartUpload,
    ) -> Result<(), StoreError> {
        let complete = self.patient.complete_multipart_upload().bucket(&self.name).key(name);
        let done = complete.upload_id(upload).multipart_upload(parts).send().await;
        done.map(|_| ()).map_err(|error| self.failed(name, &error))
    }

    /// Aborts a multipart upload. If that fails, the lifecycle rule aborts it.
    pub(crate) async fn abort(&self, name: &str, upload: &str) {
        let _ = self.patient.abort_multipart_upload().bucket(&self.name).key(name).upload_id(upload).send().await;
    }

    fn failed<E>(&self, name: &str, error: &SdkError<E, HttpResponse>) -> StoreError
    where
        E: std::error::Error + ProvideErrorMetadata + 'static,
    {
        failure::artifacts(format!("putting {name} into {} in parts", self.name), error)
    }
}

/// Reads a part of a file, with its MD5.
async fn read(file: Arc<File>, part: Part) -> Result<(Bytes, Md5), StoreError> {
    let read = tokio::task::spawn_blocking(move || {
        let mut bytes = vec![0; usize::try_from(part.length).map_err(std::io::Error::other)?];
        file.read_exact_at(&mut bytes, part.start)?;
        let md5 = Digest(md5::Md5::digest(&bytes).into());
        Ok::<_, std::io::Error>((Bytes::from(bytes), md5))
    });
    read.await.map_err(StoreError::artifacts)?.map_err(StoreError::artifacts)
}
