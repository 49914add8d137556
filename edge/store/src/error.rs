use std::error::Error;

/// Error of a store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The store cannot be reached, or failed temporarily.
    #[error("the {store} is not available")]
    Unavailable {
        /// The store's kind: `catalog` or `artifact store`.
        store: &'static str,
        /// Cause of the failure.
        source: Box<dyn Error + Send + Sync>,
    },
    /// A record or an object has invalid content.
    #[error("{what} is damaged: {problem}")]
    Damaged {
        /// The record or object.
        what: String,
        /// The fault of its content.
        problem: String,
    },
    /// An object is missing, though a record names it.
    #[error("{0} is missing from the artifact store")]
    Missing(String),
    /// An object is in cold storage and must be restored before it can be read.
    #[error("{0} is in cold storage")]
    Cold(String),
    /// A version is already published with other bytes, which never change.
    #[error("{release} is published already with other bytes: publish these under another version")]
    Taken {
        /// Component and version.
        release: String,
    },
    /// A channel points at a release that does not exist.
    #[error("{channel} cannot point at {target}, which is not published: publish it first")]
    Dangling {
        /// Channel and component.
        channel: String,
        /// The version.
        target: String,
    },
    /// The store is read-only.
    #[error("{what} can only be read: {problem}")]
    ReadOnly {
        /// The store.
        what: String,
        /// The reason, and what to do.
        problem: String,
    },
    /// A record or an edit exceeds a limit of this store.
    #[error("{what} is too large for this store: {problem}")]
    TooLarge {
        /// The record or edit.
        what: String,
        /// Its size and the limit.
        problem: String,
    },
    /// A record changed after it was read, so that a conditional write failed.
    #[error("{what} has changed since it was read: read it again, then decide again")]
    Moved {
        /// The record.
        what: String,
    },
}

impl StoreError {
    /// Creates the error of a catalog that failed temporarily.
    pub fn catalog(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        StoreError::Unavailable { store: "catalog", source: source.into() }
    }

    /// Creates the error of an artifact store that failed temporarily.
    pub fn artifacts(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        StoreError::Unavailable { store: "artifact store", source: source.into() }
    }

    /// Creates the error for a record or an object with invalid content.
    pub fn damaged(what: impl ToString, problem: impl ToString) -> Self {
        StoreError::Damaged { what: what.to_string(), problem: problem.to_string() }
    }
}
