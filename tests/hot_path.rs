//! What a message costs in a steady stream. The figures are of the whole process, so there is one
//! test in this binary.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Barrier};
use std::time::Duration;

use futures::StreamExt;
use srt_tokio::{Moderation, SendOptions, SrtStream, reactor_metrics, set_moderation};
use support::allocations::{Counting, allocations};
use support::pair::{counted, pair, within};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// 1316 bytes every 1,053 us are 10 Mbit/s.
const INTERVAL: Duration = Duration::from_micros(1_053);
/// Until every buffer has its size.
const WARM_UP: u64 = 300;
const MESSAGES: u64 = 2_000;
const WORKERS: usize = 2;

#[derive(Debug)]
struct Cost {
    polls: u64,
    allocations: u64,
    would_block: u64,
}

/// How messages are received.
#[derive(Clone, Copy, Debug, PartialEq)]
enum How {
    /// Into a buffer of that size.
    Into(usize),
    Batches,
    /// With what goes with them.
    Messages,
    Stream,
}

#[test]
fn a_message_costs_no_allocation_hardly_an_exception_and_one_poll_at_most() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(within(every_worker_yields()));
    for moderation in [Moderation::default(), Moderation::LowestLatency] {
        set_moderation(moderation);
        let cost = runtime.block_on(within(measure(How::Into(1456))));
        println!("{moderation:?}: {cost:?} for {MESSAGES} messages");
        assert_eq!(cost.allocations, 0, "{moderation:?}");
        assert!(cost.would_block * 20 < MESSAGES, "{moderation:?}: {cost:?}");
        assert!(cost.polls * 10 <= MESSAGES * 11, "{moderation:?}: {cost:?}");
    }
    // A buffer that needs the copy.
    let cost = runtime.block_on(within(measure(How::Into(1316))));
    assert_eq!(cost.allocations, 0);
    // Slices of memory that the library allocates.
    for how in [How::Batches, How::Messages, How::Stream] {
        let cost = runtime.block_on(within(measure(how)));
        println!("{how:?}: {cost:?} for {MESSAGES} messages");
        assert!(cost.allocations * 32 <= MESSAGES, "{how:?}: {cost:?}");
        assert!(cost.would_block * 20 < MESSAGES, "{how:?}: {cost:?}");
    }
}

/// tokio allocates a list in each worker when a task there first yields, or has used up its budget, as
/// it may at any time on a busy machine.
async fn every_worker_yields() {
    let barrier = Arc::new(Barrier::new(WORKERS));
    let tasks: Vec<_> = (0..WORKERS)
        .map(|_| {
            let barrier = barrier.clone();
            tokio::spawn(async move {
                barrier.wait();
                tokio::task::yield_now().await;
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
}

async fn measure(how: How) -> Cost {
    let (caller, accepted) = pair().await;
    let sender = tokio::spawn(async move {
        let mut interval = tokio::time::interval(INTERVAL);
        let message = [0x47; 1316];
        for _ in 0..WARM_UP + MESSAGES {
            interval.tick().await;
            if how == How::Messages {
                caller.send_msg(&message, &SendOptions::new()).await.unwrap();
            } else {
                caller.send(&message).await.unwrap();
            }
        }
        caller
    });
    let polls = Arc::new(AtomicU64::new(0));
    let receiver = tokio::spawn(counted(polls.clone(), receive(accepted, how, polls.clone())));
    let cost = receiver.await.unwrap();
    sender.await.unwrap();
    cost
}

async fn receive(stream: SrtStream, how: How, polls: Arc<AtomicU64>) -> Cost {
    let count = || (polls.load(Relaxed), allocations(), reactor_metrics().would_block);
    let mut buffer = vec![0; if let How::Into(size) = how { size } else { 0 }];
    let mut batch = Vec::with_capacity(64);
    let mut messages = stream.messages();
    let mut start = count();
    let mut received = 0;
    while received < WARM_UP + MESSAGES {
        if received < WARM_UP {
            start = count();
        }
        match how {
            How::Into(_) => {
                assert_eq!(stream.recv(&mut buffer).await.unwrap(), 1316);
                received += 1;
            }
            How::Batches => {
                received += stream.recv_many(&mut batch, 64).await.unwrap() as u64;
                assert!(batch.drain(..).all(|message| message.len() == 1316));
            }
            How::Messages => {
                assert_eq!(stream.recv_msg().await.unwrap().unwrap().data.len(), 1316);
                received += 1;
            }
            How::Stream => {
                assert_eq!(messages.next().await.unwrap().unwrap().len(), 1316);
                received += 1;
            }
        }
    }
    let end = count();
    Cost { polls: end.0 - start.0, allocations: end.1 - start.1, would_block: end.2 - start.2 }
}
