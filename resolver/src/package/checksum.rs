use crate::catalog::ObjectKey;

/// The CRC-32 of a whole, from those of its pieces; some may become known only while their bytes are read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Checksum {
    pieces: Vec<Piece>,
    length: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Piece {
    crc32: Result<u32, ObjectKey>,
    length: u64,
}

impl Checksum {
    /// The whole's CRC-32. `learned` gives that of an artifact whose record has none; if it has none either, the
    /// error is that artifact.
    pub fn crc32(&self, learned: impl Fn(&ObjectKey) -> Option<u32>) -> Result<u32, ObjectKey> {
        let mut whole = crc32fast::Hasher::new();
        for piece in &self.pieces {
            let crc32 = piece.crc32.or_else(|object| learned(&object).ok_or(object))?;
            whole.combine(&crc32fast::Hasher::new_with_initial_len(crc32, piece.length));
        }
        Ok(whole.finalize())
    }

    /// Length of the whole, in bytes.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Adds bytes at hand.
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.piece(Ok(crc32fast::hash(bytes)), bytes.len() as u64);
    }

    /// Adds an object of `length` bytes.
    pub(super) fn object(&mut self, object: ObjectKey, length: u64, crc32: Option<u32>) {
        self.piece(crc32.ok_or(object), length);
    }

    fn piece(&mut self, crc32: Result<u32, ObjectKey>, length: u64) {
        self.length += length;
        self.pieces.push(Piece { crc32, length });
    }
}
