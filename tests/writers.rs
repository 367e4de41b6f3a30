//! How often a task that fills a file-mode stream is woken, and that it is woken at all.

use std::future::poll_fn;
use std::io::ErrorKind;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use srt_tokio::{Error, SrtOptions, SrtStream, TransmissionMode};
use support::pair::{pair_with, within};
use tokio::io::{AsyncReadExt, AsyncWrite};
use tokio::sync::Notify;
use tokio::task::unconstrained;

/// What a packet carries at the usual size of a segment.
const PACKET: usize = 1456;
/// The room that a writer is woken for where send buffers are as large as by default.
const WINDOW: usize = 180 * PACKET;
/// How long a writer that gets less room is held back.
const HELD: Duration = Duration::from_millis(5);

#[derive(Debug, Default)]
struct Wakes {
    all: u32,
    /// Those that came soon, and for little.
    early: u32,
}

fn options(mode: TransmissionMode) -> SrtOptions {
    let mut options = SrtOptions::new();
    options.transmission_mode(mode);
    options
}

/// Writes `amount` bytes, `chunk` at a time, while the peer reads them.
async fn transfer(
    (caller, mut accepted): (SrtStream, SrtStream),
    amount: usize,
    chunk: usize,
) -> Wakes {
    let reader = tokio::spawn(async move {
        let mut buffer = vec![0; 64 * 1024];
        let mut left = amount;
        while left > 0 {
            let read = accepted.read(&mut buffer).await.unwrap();
            assert!(read > 0, "ended {left} bytes early");
            left -= read;
        }
    });
    let writer = tokio::spawn(async move {
        let mut caller = caller;
        // Or the task would be polled because it has to yield, too.
        let wakes = unconstrained(fill(&mut caller, amount, chunk)).await;
        (caller, wakes)
    });
    let (caller, wakes) = writer.await.unwrap();
    reader.await.unwrap();
    drop(caller);
    wakes
}

async fn fill(stream: &mut SrtStream, amount: usize, chunk: usize) -> Wakes {
    let data = vec![0x47; chunk];
    let mut left = amount;
    let mut wakes = Wakes::default();
    let mut full_since = None;
    poll_fn(|cx| {
        let waited = full_since.map(|since: Instant| since.elapsed());
        let before = left;
        let mut last = Instant::now();
        while left > 0 {
            let start = Instant::now();
            let part = left.min(chunk);
            match Pin::new(&mut *stream).poll_write(cx, &data[..part]) {
                Poll::Ready(written) => left -= written.unwrap(),
                Poll::Pending => break,
            }
            // The buffer was filled by this write at the earliest.
            last = start;
        }
        full_since = Some(last);
        if let Some(waited) = waited {
            wakes.all += 1;
            wakes.early += u32::from(waited < HELD && left > 0 && before - left < WINDOW);
        }
        if left > 0 { Poll::Pending } else { Poll::Ready(()) }
    })
    .await;
    wakes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_writer_is_woken_once_a_window() {
    for (mode, chunk) in
        [(TransmissionMode::FileStream, 45 * PACKET), (TransmissionMode::FileMessage, PACKET)]
    {
        let ends = pair_with(&options(mode)).await;
        let wakes = within(transfer(ends, 64 << 20, chunk)).await;
        println!("{mode:?}: {wakes:?}");
        // What is acknowledged while a writer is about to wait may wake it right away.
        assert!(wakes.early * 10 <= wakes.all + 20, "{mode:?}: {wakes:?}");
    }
}

#[tokio::test]
async fn send_buffers_of_any_size_are_refilled() {
    for mode in [TransmissionMode::FileStream, TransmissionMode::FileMessage] {
        for packets in [1, 2, 33, 100, 2_200] {
            let mut options = options(mode);
            // As libsrt counts a packet in a buffer.
            options.send_buffer_size(packets * 1472);
            let ends = pair_with(&options).await;
            within(transfer(ends, 3 * packets * PACKET + 10 * PACKET, PACKET)).await;
        }
    }
}

#[tokio::test]
async fn a_writer_that_waits_for_room_hears_of_the_end() {
    for own in [true, false] {
        let (caller, accepted) = pair_with(&options(TransmissionMode::FileStream)).await;
        let caller = Arc::new(caller);
        let blocked = Arc::new(Notify::new());
        let writer = tokio::spawn({
            let (caller, blocked) = (caller.clone(), blocked.clone());
            async move {
                let data = vec![0; 64 * 1024];
                loop {
                    match caller.try_send(&data) {
                        Err(error) if error.kind() == ErrorKind::WouldBlock => {
                            blocked.notify_one();
                            if let Err(error) = caller.send(&data).await {
                                return error;
                            }
                        }
                        Err(error) => return error,
                        Ok(_) => {}
                    }
                }
            }
        });
        // The peer does not read.
        within(blocked.notified()).await;
        if own {
            caller.close_within(Duration::ZERO).await.unwrap_err();
        } else {
            accepted.close_within(Duration::ZERO).await.unwrap();
        }
        let error = within(writer).await.unwrap();
        let expected = if own { Error::Closed } else { Error::ConnectionLost };
        assert_eq!(error.downcast::<Error>().unwrap(), expected);
    }
}
