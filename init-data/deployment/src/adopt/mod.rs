//! Taking over a table and a bucket that the AWS sample's init script filled.
//!
//! ```text
//! table   os_armv8   prod              as it is: the sample's function and its devices go on
//!         os_armv8   channel#prod      new, with #component and release#1.1.0: edgehop's
//! bucket  os_armv8_1.1.0               as it is
//!         blobs/<sha256>               new: a copy within S3
//!         fragments/<sha256>           new, where compressing saves something
//! ```
//!
//! Each object is read once: its digests and its fragment are made while it passes by, and nothing of it is kept here.
//! Its bytes become an artifact by a copy within S3, so they cross the network once and not twice.
//!
//! Bytes come first, then a component's releases and channels. Until all of them are there, whoever opens the table goes
//! on with the sample's items ([`aws::Adoption`]): so who is killed has changed nothing for any device, and the next run
//! goes on with the component that the last one did not finish.
//!
//! Reading takes hours where there is much, and the sample's script may run meanwhile. So the table is read again at the
//! end, and edgehop's items do not count before they say what the sample's say.
//!
//! After that edgehop's own word holds. A further run adopts what the sample's script has added since, but where a
//! channel points is then somebody's decision here: it stays, and the difference is said.

mod carry_out;
mod digest;
mod merge;
mod plan;
mod report;

pub use carry_out::adopt;
pub use plan::{AdoptChange, AdoptPlan, plan_adoption};

use resolver::words::ComponentName;
use store::StoreError;

/// Why an adoption came to no end. Another run goes on where it stopped.
#[derive(Debug, thiserror::Error)]
pub enum AdoptError {
    /// A store failed, or somebody else was faster all the time.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is nothing to take over.
    #[error("there is no item of the AWS sample's in the table: nothing is to be adopted, publish into it as it is")]
    Nothing,
    /// There is something, and nothing of it can be taken over.
    #[error("no item of the AWS sample's can be adopted as it is, so devices stay with them: {0}")]
    NoneGood(String),
    /// A component that devices are answered with cannot be written.
    #[error("component {0}: {1}")]
    Component(ComponentName, String),
    /// The sample's items changed all the time.
    #[error("the sample's items change while they are adopted, at last {0}: let its script rest meanwhile")]
    Restless(String),
    /// A fragment could not be written.
    #[error("cannot write temporary files into {0}")]
    Write(String, #[source] std::io::Error),
}

/// What is wrong with an item or its object alone: the others can be adopted all the same.
fn is_its_own(error: &StoreError) -> bool {
    !matches!(error, StoreError::Unavailable { .. } | StoreError::ReadOnly { .. } | StoreError::Moved { .. })
}
