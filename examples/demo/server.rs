//! A server that hands what a publisher sends to all viewers who ask for it.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Result, bail};
use bytes::{Bytes, BytesMut};
use srt_tokio::{SrtListener, SrtStream};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::link::Link;

/// How many messages a viewer may be behind before the fan-out drops some: as many again as SRT's
/// own send buffer holds, at 5 Mbit/s 17 s. A viewer that is so late is no viewer of live media. All
/// viewers of a channel share the messages, so the memory is the same for one and for a hundred.
const BACKLOG: usize = 8192;

/// The largest message that SRT carries in live mode.
const MAX_MESSAGE: usize = 1456;

/// What has connected is accepted at once; this is only so that the demo ends in any case.
const ACCEPT_TIMEOUT: Duration = Duration::from_secs(5);

/// How much is allocated at a time for received messages: some fifty are slices of one allocation.
const BLOCK: usize = 64 * 1024;

/// Callers with the stream id `publish/NAME` publish, those with `view/NAME` view.
#[derive(Debug)]
pub(crate) struct Server {
    listener: SrtListener,
    channels: Mutex<HashMap<String, Channel>>,
    links: watch::Sender<Vec<Arc<Link>>>,
    received: AtomicU64,
    dropped: AtomicU64,
}

/// What is published under one name. It comes into being with its publisher or its first viewer, and
/// ends with the publisher.
#[derive(Debug)]
struct Channel {
    messages: broadcast::Sender<Bytes>,
    live: bool,
}

impl Server {
    pub(crate) async fn bind(address: &str) -> io::Result<Self> {
        Ok(Self {
            listener: SrtListener::bind(address).await?,
            channels: Mutex::default(),
            links: watch::Sender::default(),
            received: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
        })
    }

    pub(crate) fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// The connections in the order in which they came, also those that have ended.
    pub(crate) fn links(&self) -> Vec<Arc<Link>> {
        self.links.borrow().clone()
    }

    /// Waits until so many connections have come.
    pub(crate) async fn wait_for_links(&self, count: usize) -> Result<()> {
        let mut links = self.links.subscribe();
        let enough = links.wait_for(|links| links.len() >= count);
        let Ok(links) = timeout(ACCEPT_TIMEOUT, enough).await else {
            bail!("{} of {count} connections were accepted", self.links().len());
        };
        links?;
        Ok(())
    }

    /// How many messages have come from publishers.
    pub(crate) fn received(&self) -> u64 {
        self.received.load(Relaxed)
    }

    /// How many messages were not sent to a viewer because it was too far behind.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.load(Relaxed)
    }

    /// Accepts connections until the listener fails.
    pub(crate) async fn run(self: Arc<Self>) -> io::Result<()> {
        loop {
            let (stream, peer) = self.listener.accept().await?;
            let server = self.clone();
            tokio::spawn(async move {
                if let Err(error) = server.serve(stream).await {
                    eprintln!("server: {peer}: {error}");
                }
            });
        }
    }

    async fn serve(&self, stream: SrtStream) -> io::Result<()> {
        let id = stream.stream_id().as_str().unwrap_or_default().to_owned();
        match id.split_once('/') {
            Some(("publish", name)) => self.receive(stream, name).await,
            Some(("view", name)) => self.send(stream, name).await,
            _ => Err(io::Error::other(format!("asks for {id:?}"))),
        }
    }

    async fn receive(&self, stream: SrtStream, name: &str) -> io::Result<()> {
        let messages = {
            let mut channels = self.channels();
            let channel = channels.entry(name.to_owned()).or_default();
            if channel.live {
                return Err(io::Error::other(format!("{name} has a publisher")));
            }
            channel.live = true;
            channel.messages.clone()
        };
        let link = Arc::new(Link::new(stream));
        self.links.send_modify(|all| all.push(link.clone()));
        let end = self.fan_out(&link.stream, &messages).await;
        // The viewers get what is still in the channel, then its end.
        self.channels().remove(name);
        end
    }

    async fn fan_out(
        &self,
        stream: &SrtStream,
        messages: &broadcast::Sender<Bytes>,
    ) -> io::Result<()> {
        let mut block = BytesMut::new();
        loop {
            if block.capacity() < MAX_MESSAGE {
                block.reserve(BLOCK);
            }
            if stream.recv_buf(&mut block).await? == 0 {
                return Ok(());
            }
            self.received.fetch_add(1, Relaxed);
            // Fails if nobody is viewing, which is no failure.
            let _ = messages.send(block.split().freeze());
        }
    }

    /// Each viewer has a task and a place in the channel of its own, so that none waits for another.
    async fn send(&self, stream: SrtStream, name: &str) -> io::Result<()> {
        let mut messages = {
            let mut channels = self.channels();
            let channel = channels.entry(name.to_owned()).or_default();
            channel.messages.subscribe()
        };
        let link = Arc::new(Link::new(stream));
        self.links.send_modify(|all| all.push(link.clone()));
        loop {
            match messages.recv().await {
                Ok(message) => {
                    link.stream.send(&message).await?;
                }
                Err(RecvError::Lagged(count)) => {
                    self.dropped.fetch_add(count, Relaxed);
                }
                Err(RecvError::Closed) => break,
            }
        }
        link.stats();
        link.stream.close().await
    }

    fn channels(&self) -> MutexGuard<'_, HashMap<String, Channel>> {
        self.channels.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Channel {
    fn default() -> Self {
        Self { messages: broadcast::Sender::new(BACKLOG), live: false }
    }
}
