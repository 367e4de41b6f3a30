//! What a listener is configured with.

use std::io;
use std::net::SocketAddr;

use tokio::net::ToSocketAddrs;

use super::{SrtListener, shards};
use crate::cpu_set::CpuSet;
use crate::endpoint::SrtEndpoint;
use crate::error::Error;
use crate::options::SrtOptions;
use crate::request::{AccessPolicy, Admission, ConnectionRequest, Decision, OnRequest};
use crate::socket::{SrtSocket, try_each};

/// Configures a listener; from [`SrtListener::builder`].
///
/// Setters take and return `&mut Self`: chain them up to [`bind`](Self::bind), or keep the builder in a
/// variable of its own before setting anything.
#[derive(Clone, Debug)]
pub struct SrtListenerBuilder {
    options: SrtOptions,
    backlog: u32,
    shards: usize,
    pins: Vec<CpuSet>,
    on_request: Option<OnRequest>,
    policy: AccessPolicy,
}

impl SrtListenerBuilder {
    pub(super) fn new() -> Self {
        Self {
            options: SrtOptions::new(),
            backlog: 128,
            shards: 1,
            pins: Vec::new(),
            on_request: None,
            policy: AccessPolicy::new(),
        }
    }

    /// How many connections may wait to be accepted, on each shard; 128 by default. More are
    /// rejected with [`RejectReason::Backlog`](crate::RejectReason::Backlog).
    pub fn backlog(&mut self, backlog: u32) -> &mut Self {
        self.backlog = backlog;
        self
    }

    /// Has `decide` say who gets a connection, and with which options. By default everybody does, with
    /// those of the listener.
    ///
    /// ```no_run
    /// use std::collections::HashMap;
    /// use srt_tokio::{Decision, Passphrase, RejectReason, SrtListener};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let passphrases = HashMap::from([
    ///     ("studio", Passphrase::new("correct horse")?),
    ///     ("stadium", Passphrase::new("battery staple")?),
    /// ]);
    /// let listener = SrtListener::builder()
    ///     .on_request(move |request| {
    ///         let Some((user, stream)) =
    ///             request.stream_id().as_str().and_then(|id| id.split_once('/'))
    ///         else {
    ///             return Decision::Reject(RejectReason::BAD_REQUEST);
    ///         };
    ///         match passphrases.get(user) {
    ///             None => Decision::Reject(RejectReason::UNAUTHORIZED),
    ///             Some(_) if stream == "archive" => Decision::Reject(RejectReason::User(2001)),
    ///             Some(own) => Decision::AcceptWith(own.clone().into()),
    ///         }
    ///     })
    ///     .bind("0.0.0.0:9000")
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # In memory only
    ///
    /// `decide` is called in the middle of the handshake, on the thread of libsrt that receives all
    /// packets of the port. Until it returns nothing is received, on any connection of the listener,
    /// and [`close`](SrtListener::close) and the end of the process wait. So it must not do what may
    /// take time: no I/O, no lock that somebody holds for long, no `block_on`. Nor must it set options
    /// of its own listener, or call [`exit`](std::process::exit): both may wait for it, and it for
    /// them. It may close or drop the listener. It has no tokio context. If it takes 10 ms or more there
    /// is a warning, as a `tracing` event, at most once a second.
    ///
    /// What takes longer has to happen before or afterwards:
    ///
    /// - Before: keep what is needed in memory and up to date, as [`Credentials`] do.
    /// - Afterwards: accept the connection, find out at leisure, and drop the stream if it is not to be.
    ///   Its peer learns no reason then, and the passphrase cannot depend on what is found out.
    ///
    /// If it panics, the connection is rejected with [`RejectReason::INTERNAL_SERVER_ERROR`], and the
    /// listener goes on. It is called by several threads at once if there are several
    /// [`shards`](Self::shards), which it serves all. It is dropped some time after the listener.
    ///
    /// # When it is called
    ///
    /// For each request that the [`access_policy`](Self::access_policy) admits, while the
    /// [`backlog`](Self::backlog) has room. libsrt may still refuse the connection afterwards, for
    /// example if the peer has another passphrase.
    ///
    /// A peer repeats its request, four times a second, until it is answered. If the answer comes late,
    /// or gets lost, one that was rejected is decided on again, and so is one whose connection has been
    /// closed by then.
    ///
    /// [`Credentials`]: crate::Credentials
    /// [`RejectReason::INTERNAL_SERVER_ERROR`]: crate::RejectReason::INTERNAL_SERVER_ERROR
    #[doc(alias = "srt_listen_callback")]
    pub fn on_request(
        &mut self,
        decide: impl Fn(&ConnectionRequest) -> Decision + Send + Sync + 'static,
    ) -> &mut Self {
        self.on_request = Some(OnRequest::new(decide));
        self
    }

    /// Which addresses may connect, and how often. By default all may, as often as they like.
    ///
    /// [`SrtListener::set_access_policy`] changes it while the listener runs.
    pub fn access_policy(&mut self, policy: &AccessPolicy) -> &mut Self {
        self.policy = policy.clone();
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

    /// Sets the options that are set in `options`, and leaves the others.
    pub fn options(&mut self, options: &SrtOptions) -> &mut Self {
        self.options.merge(options);
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
        try_each(address, |address| self.bind_to(address)).await
    }

    /// Starts to listen on the port of a UDP socket that exists already; see
    /// [`SrtSocket::bind_udp`].
    ///
    /// Unix only.
    ///
    /// # Errors
    ///
    /// As [`SrtSocket::bind_udp`] and [`SrtSocket::listen`], and [`Error::InvalidOption`] if libsrt
    /// refuses an option, or if there shall be several or pinned [`shards`](Self::shards).
    #[doc(alias = "srt_bind_acquire")]
    #[cfg(unix)]
    #[cfg_attr(docsrs, doc(cfg(unix)))]
    pub fn bind_udp(&self, udp: std::net::UdpSocket) -> io::Result<SrtListener> {
        self.one_shard()?;
        let socket = SrtSocket::new(&self.options)?;
        socket.bind_udp(udp)?;
        self.start(socket)
    }

    /// Starts to listen with a socket that is bound already. What is set in the builder's options is
    /// set on top of the socket's own.
    ///
    /// # Errors
    ///
    /// As [`SrtSocket::set_options`] and [`SrtSocket::listen`]; so [`Error::WrongPhase`] if the builder
    /// has an option that is too late for a bound socket. [`Error::InvalidOption`] if there shall be
    /// several or pinned [`shards`](Self::shards).
    #[doc(alias = "srt_listen")]
    pub fn listen(&self, mut socket: SrtSocket) -> io::Result<SrtListener> {
        self.one_shard()?;
        socket.set_options(&self.options)?;
        self.start(socket)
    }

    /// Starts to listen on the port of an endpoint, the first one if it has several, with the options
    /// of the builder; see [`SrtEndpoint::listen_with`].
    ///
    /// ```
    /// use srt_tokio::{Decision, RejectReason, SrtEndpoint, SrtListener};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let endpoint = SrtEndpoint::bind("127.0.0.1:0").await?;
    /// let listener = SrtListener::builder()
    ///     .on_request(|request| match request.stream_id().is_empty() {
    ///         true => Decision::Reject(RejectReason::BAD_REQUEST),
    ///         false => Decision::Accept,
    ///     })
    ///     .listen_at(&endpoint)?;
    /// assert_eq!(listener.local_addr()?, endpoint.local_addr()?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`SrtEndpoint::listen_with`], and [`Error::InvalidOption`] if there shall be several or
    /// pinned [`shards`](Self::shards).
    pub fn listen_at(&self, endpoint: &SrtEndpoint) -> io::Result<SrtListener> {
        self.one_shard()?;
        self.start(endpoint.socket_with(&self.options)?)
    }

    fn start(&self, socket: SrtSocket) -> io::Result<SrtListener> {
        SrtListener::listening(vec![socket], self.backlog, self.admission())
    }

    /// Several shards have UDP sockets of their own.
    fn one_shard(&self) -> io::Result<()> {
        if self.shards == 1 && self.pins.is_empty() {
            return Ok(());
        }
        let reason = "not on a port that there is already";
        Err(Error::InvalidOption { option: "shards", reason }.into())
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
            return self.start(socket);
        }
        let shards = shards::bind(&self.options, address, self.shards, &self.pins).await?;
        SrtListener::listening(shards, self.backlog, self.admission())
    }

    fn admission(&self) -> Admission {
        Admission::new(self.on_request.clone(), self.policy.clone())
    }

    crate::options::option_setters!();
}
