use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

/// Size of the pieces in which files are read, in bytes: large enough that the copy costs much more than the system call,
/// small enough for a thousand connections.
pub(crate) const CHUNK: usize = 128 * 1024;

/// Most spare buffers: 4 MiB. More buffers may be in use, one or two for each connection.
const SPARE: usize = 32;

/// Pool of buffers. New buffers would have to be zeroed, and would make an allocator hold many times the memory in use.
#[derive(Debug, Clone, Default)]
pub(crate) struct Buffers(Arc<Mutex<Vec<Box<[u8]>>>>);

/// A buffer whose first `filled` bytes are in use; it returns to the pool when the last reference is dropped.
pub(crate) struct Buffer {
    bytes: Option<Box<[u8]>>,
    filled: usize,
    home: Buffers,
}

impl Buffers {
    /// Takes a buffer of [`CHUNK`] bytes with arbitrary content.
    pub(crate) fn take(&self) -> Buffer {
        let spare = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let bytes = spare.unwrap_or_else(|| vec![0; CHUNK].into_boxed_slice());
        Buffer { bytes: Some(bytes), filled: 0, home: self.clone() }
    }
}

impl Buffer {
    /// Returns the space to read into.
    pub(crate) fn space(&mut self) -> &mut [u8] {
        self.bytes.as_deref_mut().unwrap_or_default()
    }

    /// Returns the first `filled` bytes without copying them.
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
