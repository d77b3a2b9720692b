//! A connection whose reader must keep taking what it asked for.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep},
};

/// What a reader must take within the time, unless less is waiting, in bytes.
const LEAST: usize = 32 * 1024;

/// Breaks a connection off whose other end takes less than 32 KiB, or all that waits for it, in a given time.
///
/// Counting from the first refused write instead of from each one, so that a byte now and then keeps nothing open.
pub(crate) struct Stall<S> {
    inner: S,
    limit: Duration,
    timer: Pin<Box<Sleep>>,
    /// Bytes taken since the reader first made us wait; `None` while it does not.
    taken: Option<usize>,
}

impl<S> Stall<S> {
    /// Holds the reader at the other end of `inner` to its time.
    pub(crate) fn new(inner: S, limit: Duration) -> Self {
        Self {
            inner,
            limit,
            timer: Box::pin(sleep(limit)),
            taken: None,
        }
    }

    fn judge(
        &mut self,
        context: &mut Context<'_>,
        outcome: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        match outcome {
            Poll::Ready(Ok(bytes)) => {
                let taken = self.taken.map(|taken| taken.saturating_add(bytes));
                self.taken = taken.filter(|taken| *taken < LEAST);
            }
            Poll::Ready(Err(_)) => {}
            Poll::Pending => {
                if self.taken.is_none() {
                    self.taken = Some(0);
                    self.timer.as_mut().reset(Instant::now() + self.limit);
                }
                if self.timer.as_mut().poll(context).is_ready() {
                    return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
                }
            }
        }
        outcome
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Stall<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(context, into)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Stall<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.inner).poll_write(context, bytes);
        self.judge(context, outcome)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.inner).poll_write_vectored(context, parts);
        self.judge(context, outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Asked for once everything was handed over: nobody waits for the reader any more.
        self.taken = None;
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    // Long enough for a busy machine to do in it what takes it a moment.
    const LIMIT: Duration = Duration::from_millis(300);

    #[tokio::test]
    async fn a_reader_that_takes_nothing_is_left() {
        let (near, _far) = duplex(1024);
        let began = Instant::now();
        let broken = Stall::new(near, LIMIT).write_all(&[0; 4096]).await;
        assert_eq!(broken.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert!(began.elapsed() >= LIMIT);
    }

    #[tokio::test]
    async fn a_reader_that_takes_a_byte_now_and_then_is_left() {
        let (near, mut far) = duplex(1024);
        let mut writer = Stall::new(near, LIMIT);
        let drip = async {
            let mut now_and_then = tokio::time::interval(LIMIT / 30);
            loop {
                now_and_then.tick().await;
                let _ = far.read_u8().await;
            }
        };
        let answer = vec![0; LEAST];
        let broken = tokio::select! {
            broken = writer.write_all(&answer) => broken,
            () = drip => Ok(()),
        };
        assert_eq!(broken.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn a_slow_reader_that_goes_on_gets_everything() {
        const EACH: usize = 100 * LEAST;
        let (near, mut far) = duplex(LEAST);
        let reader = tokio::spawn(async move {
            let mut slowly = tokio::time::interval(LIMIT / 50);
            let (mut all, mut part) = (0, vec![0; LEAST]);
            while let Ok(bytes @ 1..) = far.read(&mut part).await {
                all += bytes;
                slowly.tick().await;
            }
            all
        });
        let mut writer = Stall::new(near, LIMIT);
        let began = Instant::now();
        writer.write_all(&vec![0; EACH]).await.unwrap();
        assert!(began.elapsed() > LIMIT, "longer than one stall in all");
        writer.flush().await.unwrap();
        // Silence between two answers is no stall.
        sleep(LIMIT * 2).await;
        writer.write_all(&vec![0; EACH]).await.unwrap();
        drop(writer);
        assert_eq!(reader.await.unwrap(), 2 * EACH);
    }
}
