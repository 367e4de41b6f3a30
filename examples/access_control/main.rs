//! A server that lets in who is in a file of passphrases, which can be edited while it runs.
//!
//! ```text
//! $ cat passphrases
//! studio correct horse
//! stadium battery staple
//! $ access_control passphrases --max-per-ip 4
//! listening on 0.0.0.0:9000
//! $ ffmpeg ... -f mpegts 'srt://127.0.0.1:9000?streamid=studio/cam1&passphrase=correct horse'
//! ```

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Parser;
use srt_tokio::{
    AccessPolicy, ConnectionRequest, Credentials, Decision, IpNetwork, ListenerEvent,
    ListenerEvents, Passphrase, RejectReason, SrtListener, SrtStream,
};
use tokio::fs;
use tokio::time::interval;

/// How often the file is read.
const RELOAD_INTERVAL: Duration = Duration::from_secs(1);

/// Receives from callers with a stream id of USER/STREAM and the user's passphrase.
#[derive(Debug, Parser)]
struct Args {
    /// A file with a user and a passphrase on each line
    passphrases: PathBuf,
    /// The address to listen on
    #[arg(long, value_name = "ADDRESS", default_value = "0.0.0.0:9000")]
    listen: SocketAddr,
    /// Let in callers from this network, such as 192.0.2.0/24, and those of other --allow only
    #[arg(long, value_name = "NETWORK")]
    allow: Vec<IpNetwork>,
    /// Keep out callers from this network
    #[arg(long, value_name = "NETWORK")]
    deny: Vec<IpNetwork>,
    /// The most connections from one address
    #[arg(long, value_name = "COUNT", default_value = "8")]
    max_per_ip: usize,
}

#[tokio::main]
async fn main() -> Result<()> {
    let args = Args::parse();
    let credentials = Credentials::new();
    credentials.replace(load(&args.passphrases).await?);

    let mut policy = AccessPolicy::new();
    policy.max_connections_per_ip(args.max_per_ip);
    for network in args.allow {
        policy.allow(network);
    }
    for network in args.deny {
        policy.deny(network);
    }
    let known = credentials.clone();
    let listener = SrtListener::builder()
        .access_policy(&policy)
        .on_request(move |request| decide(&known, request))
        .bind(args.listen)
        .await?;
    eprintln!("listening on {}", listener.local_addr()?);

    tokio::spawn(report(listener.events()));
    tokio::spawn(async move { reload(&args.passphrases, &credentials).await });
    loop {
        let (stream, peer) = listener.accept().await?;
        tokio::spawn(async move {
            match receive(&stream).await {
                Ok(total) => eprintln!("{peer}: {} is over, {total} bytes", stream.stream_id()),
                Err(error) => eprintln!("{peer}: {error}"),
            }
        });
    }
}

/// Called by libsrt in the middle of the handshake: only looks at what is in memory.
fn decide(credentials: &Credentials, request: &ConnectionRequest) -> Decision {
    match request.stream_id().as_str().and_then(|id| id.split_once('/')) {
        Some((user, stream)) if !stream.is_empty() => credentials.decide(user),
        _ => Decision::Reject(RejectReason::BAD_REQUEST),
    }
}

async fn receive(stream: &SrtStream) -> io::Result<usize> {
    let mut buffer = [0; 1456];
    let mut total = 0;
    loop {
        match stream.recv(&mut buffer).await? {
            0 => return Ok(total),
            received => total += received,
        }
    }
}

async fn report(mut events: ListenerEvents) {
    while let Some(event) = events.recv().await {
        match event {
            ListenerEvent::Accepted(request) => {
                eprintln!("{}: {} begins", request.peer_addr(), request.stream_id());
            }
            ListenerEvent::Rejected { request, reason } => {
                eprintln!("{}: {} rejected, {reason}", request.peer_addr(), request.stream_id());
            }
            ListenerEvent::Failed(request) => {
                let (peer, id) = (request.peer_addr(), request.stream_id());
                eprintln!("{peer}: {id} did not get through; wrong passphrase?");
            }
            _ => {}
        }
    }
}

/// Keeps the credentials as they are in the file.
async fn reload(path: &Path, credentials: &Credentials) {
    let mut ticks = interval(RELOAD_INTERVAL);
    loop {
        ticks.tick().await;
        match load(path).await {
            Ok(fresh) => credentials.replace(fresh),
            // It may be in the middle of being written.
            Err(error) => eprintln!("going on with the old passphrases: {error:#}"),
        }
    }
}

async fn load(path: &Path) -> Result<HashMap<String, Passphrase>> {
    let text = fs::read_to_string(path)
        .await
        .with_context(|| format!("cannot read {}", path.display()))?;
    text.lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(index, line)| {
            // Not the line itself: it has a secret.
            let at = || format!("line {} of {}", index + 1, path.display());
            let (user, secret) =
                line.trim().split_once(' ').context("no passphrase").with_context(at)?;
            Ok((user.to_owned(), Passphrase::new(secret.trim()).with_context(at)?))
        })
        .collect()
}
