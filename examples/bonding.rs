//! Sends or receives over several links at once, and says what becomes of them.
//!
//! ```sh
//! cargo run --example bonding --features vendored -- receive 0.0.0.0:9000
//! cargo run --example bonding --features vendored -- backup 198.51.100.1:9000@192.0.2.7:0 203.0.113.1:9000
//! ```
//!
//! Each link is given by the peer's address and, after an `@`, the local one. The first is the one to
//! prefer. What is sent is read from standard input, what is received goes to standard output.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use clap::{Parser, ValueEnum};
use srt_tokio::{GroupMember, SrtGroup, SrtListener, SrtStream};
use tokio::io::{AsyncReadExt, AsyncWriteExt, stdin, stdout};

#[derive(Parser)]
struct Arguments {
    what: What,
    /// Where to listen, or the links to connect.
    #[arg(required = true)]
    addresses: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum What {
    /// Listen on the address, and receive from one group.
    Receive,
    /// Send everything over all links.
    Broadcast,
    /// Send over one link, and hold the others ready.
    Backup,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    match arguments.what {
        What::Receive => receive(&arguments.addresses[0]).await,
        What::Broadcast => send(SrtGroup::broadcast, &arguments.addresses).await,
        What::Backup => send(SrtGroup::backup, &arguments.addresses).await,
    }
}

async fn receive(address: &str) -> anyhow::Result<()> {
    let listener = SrtListener::builder().group_connect(true).bind(address).await?;
    let (stream, _) = listener.accept().await?;
    let stream = watched(stream);
    let mut buffer = [0; 1456];
    loop {
        let received = stream.recv(&mut buffer).await?;
        if received == 0 {
            return Ok(());
        }
        stdout().write_all(&buffer[..received]).await?;
    }
}

async fn send(
    group: impl FnOnce() -> srt_tokio::SrtGroupBuilder,
    links: &[String],
) -> anyhow::Result<()> {
    let mut group = group();
    for (weight, link) in (0..).zip(links.iter().rev()) {
        group.member(member(link)?.weight(weight));
    }
    let stream = watched(group.connect().await?);
    let mut buffer = [0; 1316];
    loop {
        let read = stdin().read(&mut buffer).await?;
        if read == 0 {
            return Ok(stream.close().await?);
        }
        stream.send(&buffer[..read]).await?;
    }
}

fn member(link: &str) -> anyhow::Result<GroupMember> {
    let parse = |address: &str| {
        address.parse::<SocketAddr>().with_context(|| format!("{address} is no address"))
    };
    match link.split_once('@') {
        Some((peer, local)) => Ok(GroupMember::new(parse(peer)?).local_addr(parse(local)?)),
        None => Ok(GroupMember::new(parse(link)?)),
    }
}

/// Has what happens to the links shown for as long as the stream exists.
fn watched(stream: SrtStream) -> Arc<SrtStream> {
    let stream = Arc::new(stream);
    let watched = stream.clone();
    tokio::spawn(async move {
        let Some(group) = watched.group() else { return };
        let mut changes = group.changes();
        for member in group.members() {
            eprintln!("link to {:?} is {}", member.peer_addr, member.state);
        }
        while let Some(change) = changes.recv().await {
            let member = change.member;
            eprint!("link to {:?} is {}", member.peer_addr, member.state);
            match change.error {
                Some(error) => eprintln!(": {error}"),
                None => eprintln!(),
            }
        }
    });
    stream
}
