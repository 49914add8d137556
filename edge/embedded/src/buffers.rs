use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

/// Files are read in pieces of this size, in bytes: large enough that a system call costs nothing beside the copy,
/// small enough for a thousand connections.
pub(crate) const CHUNK: usize = 128 * 1024;

/// Most buffers kept for later: 4 MiB. More are in use at times, one or two a connection.
const SPARE: usize = 32;

/// Buffers that are used again. Fresh ones would have to be zeroed, and would leave an allocator holding many times
/// what is in use.
#[derive(Debug, Clone, Default)]
pub(crate) struct Buffers(Arc<Mutex<Vec<Box<[u8]>>>>);

/// A buffer whose first `filled` bytes are someone's piece; it goes back when nobody refers to them any more.
pub(crate) struct Buffer {
    bytes: Option<Box<[u8]>>,
    filled: usize,
    home: Buffers,
}

impl Buffers {
    /// A buffer of [`CHUNK`] bytes of whatever was there before.
    pub(crate) fn take(&self) -> Buffer {
        let spare = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let bytes = spare.unwrap_or_else(|| vec![0; CHUNK].into_boxed_slice());
        Buffer { bytes: Some(bytes), filled: 0, home: self.clone() }
    }
}

impl Buffer {
    /// Where to read to.
    pub(crate) fn space(&mut self) -> &mut [u8] {
        self.bytes.as_deref_mut().unwrap_or_default()
    }

    /// The first `filled` bytes, without a copy.
    pub(crate) fn into_bytes(mut self, filled: usize) -> Bytes {
        self.filled = filled;
        Bytes::from_owner(self)
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        self.bytes.as_deref().unwrap_or_default().get(..self.filled).unwrap_or_default()
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let mut spare = self.home.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bytes) = self.bytes.take().filter(|_| spare.len() < SPARE) {
            spare.push(bytes);
        }
    }
}
