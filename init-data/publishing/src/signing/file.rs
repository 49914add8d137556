use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use resolver::words::{Digest, Sha256};
use sha2::Digest as _;

/// A file is read in pieces of this size, in bytes.
const PIECE: usize = 1 << 16;

/// What a statement says about a file's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measured {
    /// Their digest.
    pub sha256: Sha256,
    /// How many there are.
    pub size: u64,
}

/// Reads a file once, for what a statement says about it.
pub fn measure(path: &Path) -> io::Result<Measured> {
    let mut file = Measuring::open(path)?;
    file.each_piece(|_| ())?;
    Ok(file.finish())
}

/// Reads a text of at most `limit` bytes.
pub fn read_text(path: &Path, limit: usize) -> io::Result<String> {
    let mut bytes = Vec::new();
    File::open(path)?.take(limit as u64 + 1).read_to_end(&mut bytes)?;
    let odd = |what| io::Error::new(io::ErrorKind::InvalidData, what);
    if bytes.len() > limit {
        return Err(odd(format!("it is longer than {limit} bytes, which is too long for what it should be")));
    }
    String::from_utf8(bytes).map_err(|_| odd("it is no text".to_owned()))
}

/// A file that is measured while somebody reads it.
pub(super) struct Measuring {
    file: File,
    sha256: sha2::Sha256,
    size: u64,
}

impl Measuring {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        Ok(Measuring { file: File::open(path)?, sha256: sha2::Sha256::new(), size: 0 })
    }

    pub(super) fn each_piece(&mut self, mut take: impl FnMut(&[u8])) -> io::Result<()> {
        let mut buffer = vec![0; PIECE];
        loop {
            match self.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(read) => take(&buffer[..read]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    pub(super) fn finish(self) -> Measured {
        Measured { sha256: Digest(self.sha256.finalize().into()), size: self.size }
    }
}

impl Read for Measuring {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.sha256.update(&buffer[..read]);
        self.size += read as u64;
        Ok(read)
    }
}
