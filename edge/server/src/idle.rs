use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::{Instant, Sleep, sleep};

use crate::send_queue::SendQueue;

/// Number of checks of an idle connection within its timeout.
const LOOKS: u32 = 9;

/// A connection that fails after a timeout without progress in either direction. A slow device keeps its download as long
/// as it acknowledges anything, even bytes in the kernel's buffer; a device that is gone does not keep its connection.
pub(crate) struct Idle<S> {
    stream: S,
    /// Interval of checks. The clock is read only then, because at every read it would cost more than the read.
    period: Duration,
    alarm: Pin<Box<Sleep>>,
    /// Whether a byte was read or written since the last check.
    moved: bool,
    /// Number of consecutive checks without progress.
    silent: u32,
    queue: Option<SendQueue>,
    look: Option<JoinHandle<Option<u64>>>,
    /// Length of the send queue at the last check.
    left: Option<u64>,
}

impl<S> Idle<S> {
    pub(crate) fn new(stream: S, limit: Duration, queue: Option<SendQueue>) -> Self {
        let period = limit / LOOKS;
        let alarm = Box::pin(sleep(period));
        Idle { stream, period, alarm, moved: false, silent: 0, queue, look: None, left: None }
    }

    /// Records progress, or fails after a timeout without any.
    fn watch<T>(&mut self, poll: Poll<io::Result<T>>, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        if poll.is_ready() {
            self.moved = true;
            return poll;
        }
        loop {
            if let Some(look) = &mut self.look {
                let Poll::Ready(left) = Pin::new(look).poll(context) else { return poll };
                self.look = None;
                let left = left.ok().flatten();
                // The first check cannot know whether the queue was longer before.
                let is_shorter = left.is_some_and(|left| self.left.is_none_or(|before| left < before));
                (self.left, self.silent) = (left, if is_shorter { 0 } else { self.silent + 1 });
                if self.silent >= LOOKS {
                    return Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "no byte moved for too long")));
                }
                self.alarm.as_mut().reset(Instant::now() + self.period);
            }
            if self.alarm.as_mut().poll(context).is_pending() {
                return poll;
            }
            if std::mem::take(&mut self.moved) {
                (self.left, self.silent) = (None, 0);
                self.alarm.as_mut().reset(Instant::now() + self.period);
            } else {
                let queue = self.queue;
                self.look = Some(spawn_blocking(move || queue?.length()));
            }
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Idle<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let poll = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.watch(poll, context)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Idle<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.watch(poll, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.watch(poll, context)
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
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_slow_one_stays_and_a_silent_one_goes() {
        let (near, mut far) = tokio::io::duplex(64);
        let mut near = Idle::new(near, Duration::from_secs(60), None);
        let slow = tokio::spawn(async move {
            for _ in 0..5 {
                tokio::time::sleep(Duration::from_secs(50)).await;
                far.write_all(b"x").await.unwrap();
            }
            tokio::time::sleep(Duration::from_secs(1000)).await;
            drop(far);
        });
        for _ in 0..5 {
            assert_eq!(near.read_u8().await.unwrap(), b'x');
        }
        assert_eq!(near.read_u8().await.unwrap_err().kind(), io::ErrorKind::TimedOut);
        slow.abort();
    }
}
