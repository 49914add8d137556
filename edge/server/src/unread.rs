//! Zero-copy transfer of files below hyper, by the system's `sendfile`.
//!
//! hyper writes only memory. In place of a file it is given a stand-in of equal length, memory that is never written to.
//! The file bypasses hyper on its way to the connection, which recognizes the stand-in by its address and sends the file
//! instead.
//!
//! ```text
//!                          head, bytes, stand-in
//!   Outgoing (a body) ────────────── hyper ──────────────► Sending (a connection) ──► socket
//!        └──────────────────── Files (a queue) ──────────────────┘
//! ```
//!
//! A stand-in is written only when its file is the first in the queue, or else the connection fails, so that no device ever
//! gets its bytes. hyper drops a body after its last frame; the answer's record stays open until the file has been sent.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use http_body::{Body, Frame, SizeHint};
use service::Transfer;
use store::{Piece, Reading, StoreError, Unread};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::metrics::AnswerRecord;

/// Most bytes of a file that one system call sends, so that a device with a fast connection does not delay others.
const MAX_SENT: usize = 2 * 1024 * 1024;

/// Memory of stand-ins. It is never written to, so it occupies no pages.
static STAND_IN: [u8; MAX_SENT] = [0; MAX_SENT];

/// Queue of one connection's files for which hyper has stand-ins.
#[derive(Clone, Default)]
pub(crate) struct Files(Arc<Mutex<Waiting>>);

/// Files that hyper has not written yet.
#[derive(Default)]
struct Waiting {
    files: VecDeque<Box<dyn Unread>>,
    /// Transfer of the answer that the last file belongs to, after hyper has all of it.
    transfer: Option<Transfer<AnswerRecord>>,
    /// Number of bytes left when the connection ended.
    cut: Option<u64>,
}

/// A response's body for hyper.
pub(crate) struct Outgoing {
    transfer: Option<Transfer<AnswerRecord>>,
    files: Files,
}

/// Bytes, or a stand-in for a file of this length.
pub(crate) enum Data {
    Bytes(Bytes),
    StandIn(usize),
}

/// A connection that sends files in place of their stand-ins.
pub(crate) struct Sending {
    stream: TcpStream,
    files: Files,
    reading: Option<Reading>,
    read: Bytes,
    /// Number of the first file's next bytes that were in the page cache at the last check, since which nothing waited.
    cached: usize,
}

impl Files {
    fn queue(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Outgoing {
    pub(crate) fn new(transfer: Transfer<AnswerRecord>, files: Files) -> Self {
        Outgoing { transfer: Some(transfer), files }
    }
}

impl Body for Outgoing {
    type Data = Data;
    type Error = StoreError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Data>, StoreError>>> {
        let Some(transfer) = &mut self.transfer else { return Poll::Ready(None) };
        let piece = ready!(transfer.poll_piece(context)).transpose()?;
        Poll::Ready(piece.map(|piece| {
            Ok(Frame::data(match piece {
                Piece::Bytes(bytes) => Data::Bytes(bytes),
                Piece::Unread(file) => {
                    let length = file.remaining();
                    self.files.queue().files.push_back(file);
                    Data::StandIn(length)
                }
            }))
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.transfer.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.transfer.as_ref().map_or(SizeHint::with_exact(0), Body::size_hint)
    }
}

impl Drop for Outgoing {
    fn drop(&mut self) {
        let mut queue = self.files.queue();
        if let (Some(transfer), Some(cut)) = (&mut self.transfer, queue.cut) {
            transfer.cut(cut);
        } else if !queue.files.is_empty() {
            queue.transfer = self.transfer.take();
        }
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        let queue = &mut *self.files.queue();
        let left = queue.files.drain(..).map(|file| file.remaining() as u64).sum();
        if left > 0 {
            queue.cut = Some(left);
            if let Some(transfer) = &mut queue.transfer {
                transfer.cut(left);
            }
        }
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
        Sending { stream, files, reading: None, read: Bytes::new(), cached: 0 }
    }

    /// Sends up to `most` bytes of the first file.
    fn poll_send(&mut self, most: usize, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut queue = self.files.queue();
        let Some(file) = queue.files.front_mut() else {
            return Poll::Ready(Err(io::Error::other("a stand-in has no file")));
        };
        let sent = loop {
            if !self.read.is_empty() {
                let read = &self.read[..self.read.len().min(most)];
                let sent = ready!(Pin::new(&mut self.stream).poll_write(context, read))?;
                self.read.advance(sent);
                break sent;
            }
            if let Some(reading) = &mut self.reading {
                self.read = ready!(reading.as_mut().poll(context)).map_err(|error| {
                    tracing::error!(%error, "a transfer was cut off");
                    io::Error::other(error)
                })?;
                self.reading = None;
                continue;
            }
            let Poll::Ready(writable) = self.stream.poll_write_ready(context) else {
                self.cached = 0;
                return Poll::Pending;
            };
            writable?;
            let most = most.min(file.remaining());
            if self.cached < most && !file.is_cached(most) {
                self.reading = Some(file.read());
                continue;
            }
            self.cached = self.cached.max(most);
            match send(&self.stream, file.as_ref(), most) {
                Ok(Some(sent)) => break sent,
                Ok(None) => self.reading = Some(file.read()),
                // The socket is not writable after all, so the next poll waits until it is.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        };
        file.advance(sent);
        self.cached = self.cached.saturating_sub(sent);
        if file.remaining() == 0 {
            queue.files.pop_front();
            if queue.files.is_empty() {
                queue.transfer = None;
            }
        }
        Poll::Ready(Ok(sent))
    }
}

/// Sends up to `most` bytes of a file. `None` if they must be read instead, because the file system does not support it.
#[cfg(target_os = "linux")]
fn send(stream: &TcpStream, file: &dyn Unread, most: usize) -> io::Result<Option<usize>> {
    use rustix::io::Errno;
    let sent = stream.try_io(tokio::io::Interest::WRITABLE, || {
        Ok(rustix::fs::sendfile(stream, file.file(), Some(&mut file.offset()), most)?)
    });
    match sent {
        // The file has become shorter, which reading reports.
        Ok(0) => Ok(None),
        Ok(sent) => Ok(Some(sent)),
        Err(error) => match Errno::from_io_error(&error) {
            Some(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => Ok(None),
            _ => Err(error),
        },
    }
}

/// Returns `None`, because other systems have no equal call.
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

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::future::poll_fn;
    use std::io::Write as _;
    use std::os::unix::fs::FileExt as _;

    use tokio::io::AsyncReadExt as _;
    use tokio::net::TcpListener;

    use super::*;

    const HEAD: &[u8] = b"head";
    const TAIL: &[u8] = b"tail";

    /// A file from its fourth byte on, which is in the page cache or said not to be.
    struct Range {
        file: File,
        at: u64,
        end: u64,
        cached: bool,
    }

    impl Unread for Range {
        fn file(&self) -> &File {
            &self.file
        }

        fn offset(&self) -> u64 {
            self.at
        }

        fn remaining(&self) -> usize {
            (self.end - self.at) as usize
        }

        fn is_cached(&self, _: usize) -> bool {
            self.cached
        }

        fn read(&self) -> Reading {
            let mut bytes = vec![0; self.remaining().min(1000)];
            let read = self.file.read_at(&mut bytes, self.at).unwrap();
            bytes.truncate(read);
            Box::pin(async move {
                match bytes.is_empty() {
                    true => Err(StoreError::artifacts(io::Error::from(io::ErrorKind::UnexpectedEof))),
                    false => Ok(bytes.into()),
                }
            })
        }

        fn advance(&mut self, bytes: usize) {
            self.at += bytes as u64;
        }
    }

    /// Two files between head and tail as hyper writes them; returns what came out at the other end, and how it ended.
    async fn sent(content: &[u8], length: u64, cached: bool) -> (Vec<u8>, io::Result<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut device = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let files = Files::default();
        let mut sending = Sending::new(listener.accept().await.unwrap().0, files.clone());
        let mut rest = VecDeque::from([Data::Bytes(Bytes::from_static(HEAD))]);
        for _ in 0..2 {
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(content).unwrap();
            files.queue().files.push_back(Box::new(Range { file, at: 3, end: 3 + length, cached }));
            rest.push_back(Data::StandIn(length as usize));
        }
        rest.push_back(Data::Bytes(Bytes::from_static(TAIL)));
        let received = tokio::spawn(async move {
            let mut received = Vec::new();
            let _ = device.read_to_end(&mut received).await;
            received
        });
        let write = async {
            while let Some(front) = rest.front_mut() {
                let sent = match front.remaining() {
                    0 => {
                        rest.pop_front();
                        continue;
                    }
                    _ => {
                        let slices: Vec<_> = rest.iter().map(|data| IoSlice::new(data.chunk())).collect();
                        poll_fn(|context| Pin::new(&mut sending).poll_write_vectored(context, &slices)).await?
                    }
                };
                let mut sent = sent;
                for data in &mut rest {
                    let part = sent.min(data.remaining());
                    data.advance(part);
                    sent -= part;
                }
            }
            Ok(())
        };
        let ended = write.await;
        drop(sending);
        (received.await.unwrap(), ended)
    }

    #[tokio::test]
    async fn files_are_sent_in_place_of_what_stands_for_them() {
        let content: Vec<u8> = (0..3 * MAX_SENT / 2).map(|at| (at % 251) as u8).collect();
        let file = &content[3..];
        let expected = [HEAD, file, file, TAIL].concat();
        for cached in [true, false] {
            let (received, ended) = sent(&content, file.len() as u64, cached).await;
            ended.unwrap();
            assert!(received == expected, "{} bytes in place of {}", received.len(), expected.len());
        }
    }

    #[tokio::test]
    async fn a_file_that_became_shorter_ends_the_connection() {
        for cached in [true, false] {
            let (received, ended) = sent(b"0123456789", 100, cached).await;
            assert!(ended.is_err());
            assert_eq!(received, b"head3456789");
        }
    }

    #[tokio::test]
    async fn no_device_gets_what_stands_for_a_file() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut device = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let mut sending = Sending::new(listener.accept().await.unwrap().0, Files::default());
        for vectored in [true, false] {
            let ended = poll_fn(|context| match vectored {
                true => Pin::new(&mut sending).poll_write_vectored(context, &[IoSlice::new(&STAND_IN[5..9])]),
                false => Pin::new(&mut sending).poll_write(context, &STAND_IN[5..9]),
            });
            assert!(ended.await.is_err());
        }
        drop(sending);
        assert_eq!(device.read_to_end(&mut Vec::new()).await.unwrap(), 0);
    }
}
