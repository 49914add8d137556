use std::fs::File;
use std::future::Future;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::Stream;
use store::StoreError;

use crate::buffers::{Buffer, Buffers, CHUNK};
use crate::readers::Readers;

/// A range of a file, piece by piece.
///
/// What the page cache has is read at once; only what must come from the disk goes to a thread that may block. The
/// detour costs more than the read itself where the file is hot, and artifacts of a current release are.
pub(crate) struct Chunks {
    file: Arc<File>,
    left: Range<u64>,
    buffers: Buffers,
    readers: Readers,
    blocked: Option<Blocked>,
}

/// A piece that comes from the disk.
type Blocked = Pin<Box<dyn Future<Output = Result<Bytes, StoreError>> + Send>>;

impl Chunks {
    pub(crate) fn new(file: File, range: Range<u64>, buffers: Buffers, readers: Readers) -> Self {
        Chunks { file: Arc::new(file), left: range, buffers, readers, blocked: None }
    }

    /// Starts to read the next piece, or reads it if that can be done at once.
    fn start(&mut self) -> Option<Result<Bytes, StoreError>> {
        let length = (self.left.end - self.left.start).min(CHUNK as u64) as usize;
        let (file, at, buffer) = (Arc::clone(&self.file), self.left.start, self.buffers.take());
        match read_cached(&file, at, length, buffer) {
            Ok(read) => Some(read.map_err(StoreError::artifacts)),
            Err(buffer) => {
                let readers = self.readers.clone();
                let read = move || read_blocking(&file, at, length, buffer).map_err(StoreError::artifacts);
                self.blocked = Some(Box::pin(async move { readers.run(read).await }));
                None
            }
        }
    }

    /// A piece that was read. An empty one is the end of the file, which may come too early.
    fn piece(&mut self, read: Result<Bytes, StoreError>) -> Option<Result<Bytes, StoreError>> {
        match read {
            Ok(bytes) if !bytes.is_empty() => {
                self.left.start += bytes.len() as u64;
                Some(Ok(bytes))
            }
            ended => {
                self.left.start = self.left.end;
                ended.err().map(Err)
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
            if let Some(read) = this.start() {
                return Poll::Ready(this.piece(read));
            }
        }
        let Some(blocked) = &mut this.blocked else { return Poll::Ready(None) };
        let read = ready!(blocked.as_mut().poll(context));
        this.blocked = None;
        Poll::Ready(this.piece(read))
    }
}

/// Other systems cannot say what is in the page cache.
#[cfg(not(target_os = "linux"))]
fn read_cached(_: &File, _: u64, _: usize, buffer: Buffer) -> Result<io::Result<Bytes>, Buffer> {
    Err(buffer)
}

/// Reads what is in the page cache. Gives the buffer back if the disk would have to be waited for, or if the system
/// cannot tell.
#[cfg(target_os = "linux")]
fn read_cached(file: &File, at: u64, length: usize, mut buffer: Buffer) -> Result<io::Result<Bytes>, Buffer> {
    use rustix::io::{Errno, ReadWriteFlags, preadv2};
    let slice = &mut [io::IoSliceMut::new(&mut buffer.space()[..length])];
    match preadv2(file, slice, at, ReadWriteFlags::NOWAIT) {
        Ok(read) => Ok(Ok(buffer.into_bytes(read))),
        Err(Errno::AGAIN | Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL) => Err(buffer),
        Err(error) => Ok(Err(error.into())),
    }
}

fn read_blocking(file: &File, at: u64, length: usize, mut buffer: Buffer) -> io::Result<Bytes> {
    let read = file.read_at(&mut buffer.space()[..length], at)?;
    Ok(buffer.into_bytes(read))
}
