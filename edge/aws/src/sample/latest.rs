use std::sync::Arc;

use store::StoreError;
use tokio::sync::watch;

use super::directory::Directory;

/// What a table was when it was last read.
#[derive(Debug, Clone)]
pub(crate) enum Seen {
    /// The sample's.
    Sample(Arc<Directory>),
    /// Adopted since: it is edgehop's own, and stays so.
    Adopted,
}

/// What the view of the sample's table is answered from.
pub(crate) type Latest = watch::Receiver<Seen>;

/// What every write is refused with.
pub(crate) fn read_only<T>(what: impl ToString, is_adopting: bool) -> Result<T, StoreError> {
    let problem = match is_adopting {
        true => {
            "an adoption of what the AWS sample's init script put there was begun and is not at its end: run \
                 `edgehop adopt` again"
        }
        false => {
            "the AWS sample's init script filled the table: take it over with `edgehop adopt`, or publish into \
                  another one"
        }
    };
    Err(StoreError::ReadOnly { what: what.to_string(), problem: problem.to_owned() })
}
