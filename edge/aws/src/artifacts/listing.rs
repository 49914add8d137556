use std::time::{Duration, SystemTime};

use aws_sdk_s3::primitives::DateTime;
use store::{StoreError, Stored};

use super::bucket::Bucket;
use super::names::{KINDS, Placement};
use crate::failure;

impl Bucket {
    /// Lists the visible or the hidden objects: one call for each kind, and one more for each further 1,000 (S3 API
    /// reference, ListObjectsV2).
    pub(crate) async fn listing(&self, at: Placement) -> Result<Vec<Stored>, StoreError> {
        let mut stored = Vec::new();
        for (folder, key) in KINDS {
            let folder = at.folder(&self.prefix, folder);
            let mut pages = self.patient.list_objects_v2().bucket(&self.name).prefix(&folder).into_paginator().send();
            while let Some(page) = pages.next().await {
                let page =
                    page.map_err(|error| failure::artifacts(format!("the list of {folder} in {}", self.name), &error))?;
                for object in page.contents() {
                    // A signature's name is that of its object with an extension, so it is skipped here.
                    let name = object.key().and_then(|name| name.strip_prefix(&*folder));
                    let Some(sha256) = name.and_then(|name| name.parse().ok()) else { continue };
                    let size = object.size().unwrap_or_default().try_into().unwrap_or_default();
                    let age = age(object.last_modified());
                    stored.push(Stored { key: key(sha256), size, age, aside: at == Placement::Hidden });
                }
            }
        }
        Ok(stored)
    }
}

/// Returns the time since a modification; zero if this machine's clock is behind.
pub(crate) fn age(modified: Option<&DateTime>) -> Duration {
    let modified = modified.and_then(|moment| SystemTime::try_from(*moment).ok());
    modified.and_then(|moment| moment.elapsed().ok()).unwrap_or_default()
}
