//! What a listener is configured with.

use std::io;
use std::net::SocketAddr;

use tokio::net::{ToSocketAddrs, lookup_host};

use super::{SrtListener, no_address, shards};
use crate::cpu_set::CpuSet;
use crate::error::Error;
use crate::options::SrtOptions;
use crate::socket::SrtSocket;

/// Configures a listener; from [`SrtListener::builder`].
#[derive(Clone, Debug)]
pub struct SrtListenerBuilder {
    options: SrtOptions,
    backlog: u32,
    shards: usize,
    pins: Vec<CpuSet>,
}

impl SrtListenerBuilder {
    pub(super) fn new() -> Self {
        Self { options: SrtOptions::new(), backlog: 128, shards: 1, pins: Vec::new() }
    }

    crate::options::option_setters!();

    /// How many connections may wait to be accepted, on each shard; 128 by default. More are
    /// rejected with [`RejectReason::Backlog`](crate::RejectReason::Backlog).
    pub fn backlog(&mut self, backlog: u32) -> &mut Self {
        self.backlog = backlog;
        self
    }

    /// Listens with this many UDP sockets on the one port; 1 by default.
    ///
    /// libsrt handles all packets of a UDP socket in two threads, one for each direction, and one
    /// thread is the most that the connections of a listener get for receiving. Each shard brings
    /// its own two. The kernel chooses the shard of a connection by the addresses and ports of both
    /// ends, and it stays there. A few connections may well all meet on one shard, and all calls from
    /// one port of an [`SrtEndpoint`](crate::SrtEndpoint) do.
    ///
    /// The port then belongs to the listener alone: nothing else of this library can be bound to
    /// it, not even to call from, and it is free again when the last connection that it has accepted
    /// is closed.
    ///
    /// Linux only. Elsewhere [`bind`](Self::bind) fails with [`Error::Unsupported`] unless it is 1.
    #[doc(alias = "SO_REUSEPORT")]
    #[doc(alias = "srt_bind_acquire")]
    pub fn shards(&mut self, shards: usize) -> &mut Self {
        self.shards = shards;
        self
    }

    /// Keeps libsrt's threads of each shard, those of its accepted connections included, on certain
    /// CPUs: of the first shard on the first set, and so on, starting over when the sets run out. By
    /// default they run where the thread may that binds.
    ///
    /// Neither the reactor nor tokio's threads are concerned: the shards are bound on a thread of its
    /// own, which then ends.
    ///
    /// Linux only. Elsewhere [`bind`](Self::bind) fails with [`Error::Unsupported`] unless it is
    /// empty.
    ///
    /// ```no_run
    /// use srt_tokio::{CpuSet, SrtListener};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let listener = SrtListener::builder()
    ///     .shards(2)
    ///     .pin_shards([CpuSet::numa_node(0)?, CpuSet::numa_node(1)?])
    ///     .bind("0.0.0.0:9000")
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "affinity")]
    #[doc(alias = "sched_setaffinity")]
    pub fn pin_shards(&mut self, cpus: impl IntoIterator<Item = CpuSet>) -> &mut Self {
        self.pins = cpus.into_iter().collect();
        self
    }

    /// Replaces all options.
    pub fn options(&mut self, options: SrtOptions) -> &mut Self {
        self.options = options;
        self
    }

    /// Starts to listen; see [`SrtListener::bind`].
    ///
    /// # Errors
    ///
    /// As [`SrtListener::bind`], and
    ///
    /// - [`Error::InvalidOption`] if libsrt refuses an option, if there shall be no shard, or if a
    ///   set of CPUs is empty.
    /// - [`Error::Unsupported`] if the platform has no [`shards`](Self::shards).
    /// - What the system says to [`pin_shards`](Self::pin_shards), `InvalidInput` if none of the CPUs
    ///   can be used.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves nothing bound, though shards that shall be pinned may still be for a
    /// moment.
    pub async fn bind(&self, address: impl ToSocketAddrs) -> io::Result<SrtListener> {
        let mut last = None;
        for address in lookup_host(address).await? {
            match self.bind_to(address).await {
                Ok(listener) => return Ok(listener),
                Err(error) => last = Some(error),
            }
        }
        Err(last.unwrap_or_else(no_address))
    }

    async fn bind_to(&self, address: SocketAddr) -> io::Result<SrtListener> {
        let invalid = |option, reason| Err(Error::InvalidOption { option, reason }.into());
        if self.shards == 0 {
            return invalid("shards", "a listener has at least one");
        }
        if self.pins.iter().any(CpuSet::is_empty) {
            return invalid("pin_shards", "a set has no CPU");
        }
        if self.shards == 1 && self.pins.is_empty() {
            let socket = SrtSocket::new(&self.options)?;
            socket.bind(address)?;
            return socket.listen(self.backlog);
        }
        let shards = shards::bind(&self.options, address, self.shards, &self.pins).await?;
        SrtListener::listening(shards, self.backlog)
    }
}
