use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::Stream;
use store::{Reading, StoreError, Unread};

use crate::buffers::{Buffer, Buffers, CHUNK};
use crate::readers::Readers;

/// Stream of a file's range in pieces.
///
/// Bytes in the page cache are read at once; only reads from the disk go to a thread that may block. For a file in the
/// page cache, as artifacts of a current release are, the detour would cost more than the read.
pub(crate) struct Chunks {
    left: FileRange,
    /// Pending read from the disk.
    blocked: Option<Reading>,
}

/// A range of an open file with the threads that read it.
#[derive(Clone)]
pub(crate) struct FileRange {
    pub(crate) file: Arc<File>,
    pub(crate) range: Range<u64>,
    pub(crate) buffers: Buffers,
    pub(crate) readers: Readers,
}

impl Chunks {
    pub(crate) fn new(range: FileRange) -> Self {
        Chunks { left: range, blocked: None }
    }

    /// Polls the pending read from the disk.
    fn poll_blocked(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, StoreError>>> {
        let Some(blocked) = &mut self.blocked else { return Poll::Ready(None) };
        let read = ready!(blocked.as_mut().poll(context));
        self.blocked = None;
        Poll::Ready(self.piece(read))
    }

    /// Returns a piece that was read; `None` for an empty one, the end of the file, which may come too early.
    fn piece(&mut self, read: Result<Bytes, StoreError>) -> Option<Result<Bytes, StoreError>> {
        match read {
            Ok(bytes) if !bytes.is_empty() => {
                self.left.range.start += bytes.len() as u64;
                Some(Ok(bytes))
            }
            ended => {
                self.left.range.start = self.left.range.end;
                ended.err().map(Err)
            }
        }
    }
}

impl Stream for Chunks {
    type Item = Result<Bytes, StoreError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.blocked.is_none() {
            if self.left.range.is_empty() {
                return Poll::Ready(None);
            }
            match self.left.read_cached() {
                Ok(read) => return Poll::Ready(self.piece(read.map_err(StoreError::artifacts))),
                Err(buffer) => self.blocked = Some(self.left.read_blocking(buffer)),
            }
        }
        self.poll_blocked(context)
    }
}

impl FileRange {
    fn next(&self) -> usize {
        (self.range.end - self.range.start).min(CHUNK as u64) as usize
    }

    /// Reads the next piece if it is in the page cache, else returns a buffer for [`FileRange::read_blocking`].
    fn read_cached(&self) -> Result<io::Result<Bytes>, Buffer> {
        read_cached(&self.file, self.range.start, self.next(), self.buffers.take())
    }

    /// Reads the next piece on a thread that may block.
    fn read_blocking(&self, buffer: Buffer) -> Reading {
        let FileRange { file, range, readers, .. } = self.clone();
        let length = self.next();
        let read = move || read_blocking(&file, range.start, length, buffer).map_err(StoreError::artifacts);
        Box::pin(async move { readers.run(read).await })
    }
}

impl Unread for FileRange {
    fn file(&self) -> &File {
        &self.file
    }

    fn offset(&self) -> u64 {
        self.range.start
    }

    fn remaining(&self) -> usize {
        (self.range.end - self.range.start) as usize
    }

    /// Checks the first and the last byte. If a page between them is not cached, sending it waits for the disk.
    fn is_cached(&self, bytes: usize) -> bool {
        let end = self.range.end.min(self.range.start + bytes as u64);
        [self.range.start].into_iter().chain(end.checked_sub(1)).all(|at| is_cached(&self.file, at))
    }

    fn read(&self) -> Reading {
        let reading = self.read_blocking(self.buffers.take());
        Box::pin(async move {
            let shorter = || StoreError::artifacts(io::Error::from(io::ErrorKind::UnexpectedEof));
            Some(reading.await?).filter(|bytes| !bytes.is_empty()).ok_or_else(shorter)
        })
    }

    fn advance(&mut self, bytes: usize) {
        self.range.start = self.range.end.min(self.range.start + bytes as u64);
    }
}

/// Assumes that nothing is cached, because other systems cannot tell.
#[cfg(not(target_os = "linux"))]
fn is_cached(_: &File, _: u64) -> bool {
    false
}

/// Returns true if a byte of a file is in the page cache.
#[cfg(target_os = "linux")]
fn is_cached(file: &File, at: u64) -> bool {
    use rustix::io::{ReadWriteFlags, preadv2};
    preadv2(file, &mut [io::IoSliceMut::new(&mut [0])], at, ReadWriteFlags::NOWAIT) == Ok(1)
}

/// Assumes that nothing is cached, because other systems cannot tell.
#[cfg(not(target_os = "linux"))]
fn read_cached(_: &File, _: u64, _: usize, buffer: Buffer) -> Result<io::Result<Bytes>, Buffer> {
    Err(buffer)
}

/// Reads bytes from the page cache, or returns the buffer if the read would wait for the disk, or the system cannot
/// tell.
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
