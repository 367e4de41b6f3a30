//! Receives from the server and checks what comes.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use srt_tokio::{SrtStream, StreamId};
use support::ts::Continuity;
use tokio::time::timeout;

use crate::link::Link;
use crate::record::{Checker, Record, Tally};

/// Silence for so long is an error, so that the demo ends in any case.
const PATIENCE: Duration = Duration::from_secs(15);

#[derive(Debug)]
pub(crate) struct Viewer {
    link: Arc<Link>,
    checker: Checker,
    continuity: Continuity,
    progress: Arc<Progress>,
}

/// How far a viewer is, for others to look at.
#[derive(Debug, Default)]
pub(crate) struct Progress(Mutex<Seen>);

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) tally: Tally,
    pub(crate) continuity_errors: u64,
}

impl Viewer {
    pub(crate) async fn connect(server: SocketAddr, record: Arc<Record>) -> io::Result<Self> {
        let stream =
            SrtStream::builder().stream_id(StreamId::new("view/live")?).connect(server).await?;
        Ok(Self {
            link: Arc::new(Link::new(stream)),
            checker: Checker::new(record),
            continuity: Continuity::default(),
            progress: Arc::default(),
        })
    }

    pub(crate) fn link(&self) -> Arc<Link> {
        self.link.clone()
    }

    pub(crate) fn progress(&self) -> Arc<Progress> {
        self.progress.clone()
    }

    /// Receives until the server ends the stream.
    pub(crate) async fn run(mut self) -> Result<()> {
        let mut buffer = [0; 1456];
        loop {
            let received = timeout(PATIENCE, self.link.stream.recv(&mut buffer))
                .await
                .context("nothing came for too long")??;
            if received == 0 {
                return Ok(());
            }
            let message = &buffer[..received];
            self.checker.check(message);
            self.continuity.check(message);
            self.progress.set(Seen {
                tally: self.checker.tally(),
                continuity_errors: self.continuity.errors(),
            });
        }
    }
}

impl Progress {
    pub(crate) fn get(&self) -> Seen {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, seen: Seen) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = seen;
    }
}
