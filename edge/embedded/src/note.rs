use std::path::{Path, PathBuf};

use resolver::catalog::ObjectKey;
use store::{Stat, StoreError};

use crate::files::{failed, read_text};

/// Size and MD5 of an object when it was put, in a file beside it that `md5sum --check` reads.
///
/// ```text
/// # 1048576 bytes
/// 5cdbc1fb81393d9287808ca0a38f3374  cf734646651bee7b…
/// ```
pub(crate) struct Note(pub(crate) Stat);

impl Note {
    /// Returns the path of the note of the object at `path`.
    pub(crate) fn path(path: &Path) -> PathBuf {
        path.with_added_extension("md5")
    }

    /// Returns the note's text; `name` is the object's file name.
    pub(crate) fn text(&self, name: &str) -> String {
        format!("# {} bytes\n{}  {name}\n", self.0.size, self.0.md5)
    }

    /// Reads the note of the object at `path`.
    pub(crate) fn read(path: &Path, key: &ObjectKey) -> Result<Note, StoreError> {
        let beside = Note::path(path);
        let text = read_text(&beside).map_err(|error| failed(&beside, error))?;
        parse(&text).ok_or_else(|| StoreError::damaged(format!("{key}.md5"), "it takes a size and an MD5"))
    }
}

fn parse(text: &str) -> Option<Note> {
    let (first, second) = text.split_once('\n')?;
    let size = first.strip_prefix("# ")?.strip_suffix(" bytes")?.parse().ok()?;
    let md5 = second.split_whitespace().next()?.parse().ok()?;
    Some(Note(Stat { size, md5 }))
}
