//! Receives a stream and comes back whenever it ends, until there is no point in trying. Says what it
//! is doing, and with `--log` what libsrt thinks of it.
//!
//! ```sh
//! cargo run --example watch -- 127.0.0.1:9000 --stream-id live/cam1 --log note
//! ```

use anyhow::Context;
use clap::Parser;
use srt_tokio::log::{self, LogLevel};
use srt_tokio::{Reconnect, ReconnectState, SrtStream, StreamId};

#[derive(Parser)]
struct Arguments {
    /// Host and port of the listener.
    address: String,
    #[arg(long, default_value = "")]
    stream_id: String,
    /// Show libsrt's log lines of this level and above: error, warning, note or debug.
    #[arg(long)]
    log: Option<LogLevel>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    if let Some(level) = arguments.log {
        tracing_subscriber::fmt().with_max_level(tracing::Level::DEBUG).init();
        log::forward(level)?;
    }

    let mut builder = SrtStream::builder();
    builder.stream_id(StreamId::new(arguments.stream_id)?);
    let mut reconnect = Reconnect::new(&builder, arguments.address);
    while let Some(state) = reconnect.next_state().await {
        match state {
            ReconnectState::Connecting { attempt } => println!("connecting, attempt {attempt}"),
            ReconnectState::Waiting { delay, error: Some(error) } => {
                println!("{error}; trying again in {delay:.1?}");
            }
            ReconnectState::Waiting { delay, .. } => println!("trying again in {delay:.1?}"),
            ReconnectState::Connected(stream) => {
                println!("connected to {}", stream.peer_addr()?);
                println!("received {} bytes", watch(&stream).await?);
            }
            ReconnectState::GivenUp { error } => return Err(error).context("giving up"),
            _ => {}
        }
    }
    Ok(())
}

async fn watch(stream: &SrtStream) -> std::io::Result<u64> {
    let mut buffer = [0; 1456];
    let mut total = 0;
    loop {
        match stream.recv(&mut buffer).await? {
            0 => return Ok(total),
            received => total += received as u64,
        }
    }
}
