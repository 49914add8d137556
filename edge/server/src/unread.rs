//! Files are sent without being read: below hyper, by the system's `sendfile`, which copies nothing.
//!
//! hyper writes memory only. So of a file it is given a stand-in of the same length, memory that nobody ever writes to, and
//! the file goes around it to the connection, which knows the stand-in by its address and sends the file in its place.
//!
//! ```text
//!                          head, bytes, stand-in
//!   Outgoing (a body) ────────────── hyper ──────────────► Sending (a connection) ──► socket
//!        └──────────────────── Files (a queue) ──────────────────┘
//! ```
//!
//! A stand-in is written when its file is the first in the queue, or the connection fails: no device ever gets its bytes.

use std::collections::VecDeque;
use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use http_body::{Body, Frame, SizeHint};
use service::Transfer;
use store::{Piece, StoreError, Unread};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::account::Account;

/// Most bytes of a file that a system call sends: a device with a fast line must let others have their turn.
const MAX_SENT: usize = 1024 * 1024;

/// Memory that stands for files. It is never written to, so it takes none.
static STAND_IN: [u8; MAX_SENT] = [0; MAX_SENT];

/// The files of one connection that hyper has stand-ins of, in order.
#[derive(Clone, Default)]
pub(crate) struct Files(Arc<Mutex<VecDeque<Box<dyn Unread>>>>);

/// A response's body for hyper.
pub(crate) struct Outgoing {
    transfer: Transfer<Account>,
    files: Files,
}

/// Bytes, or so many that stand for a file.
pub(crate) enum Data {
    Bytes(Bytes),
    StandIn(usize),
}

/// A connection that sends files in place of what stands for them.
pub(crate) struct Sending {
    stream: TcpStream,
    files: Files,
    reading: Option<Reading>,
    read: Bytes,
}

type Reading = Pin<Box<dyn Future<Output = Result<Bytes, StoreError>> + Send>>;

impl Files {
    fn queue(&self) -> MutexGuard<'_, VecDeque<Box<dyn Unread>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Outgoing {
    pub(crate) fn new(transfer: Transfer<Account>, files: Files) -> Self {
        Outgoing { transfer, files }
    }
}

impl Body for Outgoing {
    type Data = Data;
    type Error = StoreError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Data>, StoreError>>> {
        let piece = ready!(self.transfer.poll_piece(context)).transpose()?;
        Poll::Ready(piece.map(|piece| {
            Ok(Frame::data(match piece {
                Piece::Bytes(bytes) => Data::Bytes(bytes),
                Piece::Unread(file) => {
                    let length = file.remaining();
                    self.files.queue().push_back(file);
                    Data::StandIn(length)
                }
            }))
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.transfer.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.transfer.size_hint()
    }
}

impl Buf for Data {
    fn remaining(&self) -> usize {
        match self {
            Data::Bytes(bytes) => bytes.len(),
            Data::StandIn(length) => *length,
        }
    }

    fn chunk(&self) -> &[u8] {
        match self {
            Data::Bytes(bytes) => bytes,
            Data::StandIn(length) => &STAND_IN[..MAX_SENT.min(*length)],
        }
    }

    fn advance(&mut self, count: usize) {
        match self {
            Data::Bytes(bytes) => bytes.advance(count),
            Data::StandIn(length) => *length -= count,
        }
    }
}

impl Sending {
    pub(crate) fn new(stream: TcpStream, files: Files) -> Self {
        Sending { stream, files, reading: None, read: Bytes::new() }
    }

    /// Sends at most so many bytes of the first file.
    fn poll_send(&mut self, most: usize, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut queue = self.files.queue();
        let Some(file) = queue.front_mut() else {
            return Poll::Ready(Err(io::Error::other("there is no file for what stands for one")));
        };
        let sent = loop {
            if !self.read.is_empty() {
                let read = &self.read[..self.read.len().min(most)];
                let sent = ready!(Pin::new(&mut self.stream).poll_write(context, read))?;
                self.read.advance(sent);
                break sent;
            }
            if let Some(reading) = &mut self.reading {
                self.read = ready!(reading.as_mut().poll(context)).map_err(io::Error::other)?;
                self.reading = None;
                continue;
            }
            ready!(self.stream.poll_write_ready(context))?;
            match send(&self.stream, file.as_ref(), most) {
                Ok(Some(sent)) => break sent,
                Ok(None) => self.reading = Some(file.read()),
                // Not writable after all: the next look waits until it is.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        };
        file.advance(sent);
        if file.remaining() == 0 {
            queue.pop_front();
        }
        Poll::Ready(Ok(sent))
    }
}

/// Sends at most so many bytes of a file. `None` if they must be read in place of that: a disk would have to be waited for,
/// or the file's system does not do this.
#[cfg(target_os = "linux")]
fn send(stream: &TcpStream, file: &dyn Unread, most: usize) -> io::Result<Option<usize>> {
    use rustix::io::Errno;
    let most = most.min(file.remaining());
    if !file.is_cached(most) {
        return Ok(None);
    }
    let sent = stream.try_io(tokio::io::Interest::WRITABLE, || {
        Ok(rustix::fs::sendfile(stream, file.file(), Some(&mut file.offset()), most)?)
    });
    match sent {
        // The end of a file that is shorter than it was: reading says so.
        Ok(0) => Ok(None),
        Ok(sent) => Ok(Some(sent)),
        Err(error) => match Errno::from_io_error(&error) {
            Some(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => Ok(None),
            _ => Err(error),
        },
    }
}

/// Other systems have none like it.
#[cfg(not(target_os = "linux"))]
fn send(_: &TcpStream, _: &dyn Unread, _: usize) -> io::Result<Option<usize>> {
    Ok(None)
}

fn is_stand_in(slice: &[u8]) -> bool {
    STAND_IN.as_ptr_range().contains(&slice.as_ptr())
}

impl AsyncRead for Sending {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Sending {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if is_stand_in(bytes) {
            return self.poll_send(bytes.len(), context);
        }
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match slices.iter().position(|slice| is_stand_in(slice)) {
            Some(0) => self.poll_send(slices[0].len(), context),
            file => {
                let slices = &slices[..file.unwrap_or(slices.len())];
                Pin::new(&mut self.stream).poll_write_vectored(context, slices)
            }
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
