use std::fs::File;
use std::future::Future as _;
use std::io::{self, IoSliceMut};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::Stream;
use rustix::io::{Errno, ReadWriteFlags, preadv2};
use store::StoreError;
use tokio::task::JoinHandle;

/// Files are read in pieces of this size, in bytes: large enough that a system call costs nothing beside the copy,
/// small enough for a thousand connections.
const CHUNK: usize = 128 * 1024;

/// A range of a file, piece by piece.
///
/// What the page cache has is read at once; only what must come from the disk goes to a thread that may block. The
/// detour costs more than the read itself where the file is hot, and artifacts of a current release are.
pub(crate) struct Chunks {
    file: Arc<File>,
    left: Range<u64>,
    blocked: Option<JoinHandle<io::Result<Vec<u8>>>>,
}

impl Chunks {
    pub(crate) fn new(file: File, range: Range<u64>) -> Self {
        Chunks { file: Arc::new(file), left: range, blocked: None }
    }

    /// A piece that was read. An empty one is the end of the file, which may come too early.
    fn piece(&mut self, read: io::Result<Vec<u8>>) -> Option<Result<Bytes, StoreError>> {
        match read {
            Ok(bytes) if bytes.is_empty() => {
                self.left.start = self.left.end;
                None
            }
            Ok(bytes) => {
                self.left.start += bytes.len() as u64;
                Some(Ok(bytes.into()))
            }
            Err(error) => {
                self.left.start = self.left.end;
                Some(Err(StoreError::artifacts(error)))
            }
        }
    }
}

impl Stream for Chunks {
    type Item = Result<Bytes, StoreError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if this.blocked.is_none() {
            if this.left.is_empty() {
                return Poll::Ready(None);
            }
            let length = (this.left.end - this.left.start).min(CHUNK as u64) as usize;
            let (file, at) = (Arc::clone(&this.file), this.left.start);
            if let Some(read) = read_cached(&file, at, length) {
                return Poll::Ready(this.piece(read));
            }
            this.blocked = Some(tokio::task::spawn_blocking(move || read_blocking(&file, at, length)));
        }
        let Some(blocked) = &mut this.blocked else { return Poll::Ready(None) };
        let read = ready!(Pin::new(blocked).poll(context));
        this.blocked = None;
        Poll::Ready(this.piece(read.unwrap_or_else(|panicked| Err(io::Error::other(panicked)))))
    }
}

/// Reads what is in the page cache; `None` if the disk would have to be waited for, or the system cannot tell.
fn read_cached(file: &File, at: u64, length: usize) -> Option<io::Result<Vec<u8>>> {
    let mut buffer = vec![0; length];
    match preadv2(file, &mut [IoSliceMut::new(&mut buffer)], at, ReadWriteFlags::NOWAIT) {
        Ok(read) => {
            buffer.truncate(read);
            Some(Ok(buffer))
        }
        Err(Errno::AGAIN | Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL) => None,
        Err(error) => Some(Err(error.into())),
    }
}

fn read_blocking(file: &File, at: u64, length: usize) -> io::Result<Vec<u8>> {
    let mut buffer = vec![0; length];
    let read = file.read_at(&mut buffer, at)?;
    buffer.truncate(read);
    Ok(buffer)
}
