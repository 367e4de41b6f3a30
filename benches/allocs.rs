//! How often Rust code allocates for a message, in both ends, runtime and reactor together.

use std::io;

use bytes::Bytes;
use srt_tokio::TransmissionMode;
use support::allocations::{Counting, allocations};
use support::pair::{pair, pair_in};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const MESSAGE: [u8; 1316] = [0x47; 1316];
/// Messages sent before they are received.
const BATCH: usize = 50;
const BATCHES: usize = 100;

#[tokio::main]
async fn main() -> io::Result<()> {
    println!("allocations per 1,000 messages");
    let (mut whole, mut small) = ([0; 1456], [0; MESSAGE.len()]);

    let (caller, accepted) = pair().await;
    let mut send = async || caller.send(&MESSAGE).await;
    row("send, recv", &mut send, async || accepted.recv(&mut whole).await).await?;
    let copied = async || accepted.recv(&mut small).await;
    row("send, recv into a buffer that needs a copy", &mut send, copied).await?;
    let mut messages: Vec<Bytes> = Vec::with_capacity(BATCH);
    let many = async || {
        messages.clear();
        accepted.recv_many(&mut messages, BATCH).await?;
        Ok(messages.iter().map(Bytes::len).sum())
    };
    row("send, recv_many", &mut send, many).await?;
    let mut kept = Vec::new();
    let many = async || {
        let count = accepted.recv_many(&mut kept, BATCH).await?;
        Ok(kept[kept.len() - count..].iter().map(Bytes::len).sum())
    };
    row("send, recv_many, and nothing is dropped", &mut send, many).await?;

    let (mut caller, mut accepted) = pair_in(TransmissionMode::FileStream).await;
    let write = async || caller.write_all(&MESSAGE).await.map(|()| MESSAGE.len());
    row("write, read", write, async || accepted.read(&mut whole).await).await
}

/// Both functions return the number of bytes that they have sent or received.
async fn row(
    name: &str,
    mut send: impl AsyncFnMut() -> io::Result<usize>,
    mut receive: impl AsyncFnMut() -> io::Result<usize>,
) -> io::Result<()> {
    let mut before = 0;
    // The first round brings every buffer to its size.
    for round in 0..2 * BATCHES {
        if round == BATCHES {
            before = allocations();
        }
        let mut left = 0;
        for _ in 0..BATCH {
            left += send().await?;
        }
        while left > 0 {
            left -= receive().await?;
        }
    }
    let count = (allocations() - before) as f64;
    println!("{:>8.1}  {name}", count * 1_000.0 / (BATCH * BATCHES) as f64);
    Ok(())
}
