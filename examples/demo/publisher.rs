//! Sends a source to the server.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Error, Result};
use srt_tokio::{SrtStream, StreamId};
use support::ts::Continuity;

use crate::link::Link;
use crate::record::Record;
use crate::source::Source;

#[derive(Debug)]
pub(crate) struct Publisher {
    link: Arc<Link>,
    record: Arc<Record>,
}

#[derive(Debug)]
pub(crate) struct Published {
    pub(crate) bytes: u64,
    pub(crate) elapsed: Duration,
    pub(crate) latency: Duration,
    /// Those that the source has itself.
    pub(crate) continuity_errors: u64,
    /// Why it ended, unless it was to.
    pub(crate) failure: Option<Error>,
}

impl Publisher {
    pub(crate) async fn connect(server: SocketAddr, record: Arc<Record>) -> io::Result<Self> {
        let stream =
            SrtStream::builder().stream_id(StreamId::new("publish/live")?).connect(server).await?;
        Ok(Self { link: Arc::new(Link::new(stream)), record })
    }

    pub(crate) fn link(&self) -> Arc<Link> {
        self.link.clone()
    }

    /// Publishes until `stop` completes.
    pub(crate) async fn run(self, source: Source, stop: impl Future<Output = ()>) -> Published {
        let mut published = Published {
            bytes: 0,
            elapsed: Duration::ZERO,
            latency: self.link.stream.latency(),
            continuity_errors: 0,
            failure: None,
        };
        let start = Instant::now();
        let end = self.publish(source, stop, &mut published).await;
        published.elapsed = start.elapsed();
        self.link.stats();
        let closed = self.link.stream.close().await;
        published.failure =
            end.and_then(|()| closed.context("the end of what was published")).err();
        published
    }

    async fn publish(
        &self,
        mut source: Source,
        stop: impl Future<Output = ()>,
        published: &mut Published,
    ) -> Result<()> {
        let mut continuity = Continuity::default();
        let mut stop = pin!(stop);
        loop {
            let message = tokio::select! {
                biased;
                () = &mut stop => return Ok(()),
                message = source.next() => message?,
            };
            continuity.check(&message);
            published.continuity_errors = continuity.errors();
            published.bytes += message.len() as u64;
            self.record.push(message.clone());
            let sent = self.link.stream.send(&message).await;
            sent.context("the publisher cannot send")?;
        }
    }
}
