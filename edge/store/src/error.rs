use std::error::Error;

/// Why a store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The store cannot be reached, or failed in a way that may pass.
    #[error("the {store} is not available")]
    Unavailable {
        /// Which store: `catalog` or `artifact store`.
        store: &'static str,
        /// What it said.
        source: Box<dyn Error + Send + Sync>,
    },
    /// A record or an object is not what it must be.
    #[error("{what} is damaged: {problem}")]
    Damaged {
        /// Which record or object.
        what: String,
        /// What is wrong with it.
        problem: String,
    },
    /// An object that a record names is not there.
    #[error("{0} is missing from the artifact store")]
    Missing(String),
    /// An object is in cold storage: it must be restored before it can be read.
    #[error("{0} is in cold storage")]
    Cold(String),
    /// A release never changes, and this version is one with other bytes.
    #[error("{release} is published already with other bytes: publish these under another version")]
    Taken {
        /// Component and version.
        release: String,
    },
    /// A channel may only point at a release that is there.
    #[error("{channel} cannot point at {target}, which is not published: publish it first")]
    Dangling {
        /// Channel and component.
        channel: String,
        /// The version.
        target: String,
    },
    /// Nothing can be put into this store.
    #[error("{what} can only be read: {problem}")]
    ReadOnly {
        /// Which store.
        what: String,
        /// Why, and what to do.
        problem: String,
    },
    /// More than this store takes at once.
    #[error("{what} is too large for this store: {problem}")]
    TooLarge {
        /// Which record or edit.
        what: String,
        /// How large it is, and what the store takes.
        problem: String,
    },
    /// A conditional write met another record than it expected: somebody else was faster.
    #[error("{what} has changed since it was read: read it again, then decide again")]
    Moved {
        /// Which record.
        what: String,
    },
}

impl StoreError {
    /// The catalog failed in a way that may pass.
    pub fn catalog(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        StoreError::Unavailable { store: "catalog", source: source.into() }
    }

    /// The artifact store failed in a way that may pass.
    pub fn artifacts(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        StoreError::Unavailable { store: "artifact store", source: source.into() }
    }

    /// `what` is not what it must be.
    pub fn damaged(what: impl ToString, problem: impl ToString) -> Self {
        StoreError::Damaged { what: what.to_string(), problem: problem.to_string() }
    }
}
