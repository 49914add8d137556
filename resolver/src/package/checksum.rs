use crate::catalog::ObjectKey;

/// CRC-32 of a sequence of pieces, some of whose checksums may become known only while their bytes are read.
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
    /// Returns the CRC-32 of the sequence. `computed` returns the CRC-32 of an artifact whose record has none; the error
    /// is an artifact for which it has none either.
    pub fn crc32(&self, computed: impl Fn(&ObjectKey) -> Option<u32>) -> Result<u32, ObjectKey> {
        let mut whole = crc32fast::Hasher::new();
        for piece in &self.pieces {
            let crc32 = piece.crc32.or_else(|object| computed(&object).ok_or(object))?;
            whole.combine(&crc32fast::Hasher::new_with_initial_len(crc32, piece.length));
        }
        Ok(whole.finalize())
    }

    /// Returns the length of the sequence, in bytes.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Adds bytes in memory.
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
