//! What S3 says of an object in an archive.

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::types::{ArchiveStatus, StorageClass};
use resolver::catalog::Archive;

/// Error codes of what is in an archive and cannot be read: GET says the first, a copy the second (S3 API reference,
/// "List of error codes").
const ARCHIVED: [&str; 2] = ["InvalidObjectState", "ObjectNotInActiveTierError"];

/// What is said of an object in an archive.
#[derive(Debug, Clone, Copy)]
pub(super) struct Archived {
    pub(super) archive: Archive,
    /// A copy that can be read is on its way.
    pub(super) restoring: bool,
    /// S3 moves such an object back for good: its restore takes no days.
    pub(super) tiering: bool,
}

/// The object cannot be read or copied before it is restored.
pub(crate) fn is_cold<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> bool {
    error.as_service_error().and_then(E::code).is_some_and(|code| ARCHIVED.contains(&code))
}

/// What HEAD says of it; `None` if it can be read. Of a restored copy it still names the archive (S3 API reference,
/// HeadObject).
pub(super) fn archived(head: &HeadObjectOutput) -> Option<Archived> {
    let (archive, tiering) = match (head.storage_class(), head.archive_status()) {
        (Some(StorageClass::Glacier), _) => (Archive::Flexible, false),
        (Some(StorageClass::DeepArchive), _) => (Archive::Deep, false),
        (_, Some(ArchiveStatus::ArchiveAccess)) => (Archive::Flexible, true),
        (_, Some(ArchiveStatus::DeepArchiveAccess)) => (Archive::Deep, true),
        _ => return None,
    };
    let ongoing =
        |state: &str| head.restore().is_some_and(|said| said.contains(&format!("ongoing-request=\"{state}\"")));
    (!ongoing("false")).then(|| Archived { archive, restoring: ongoing("true"), tiering })
}
