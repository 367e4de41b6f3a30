//! One UDP port for many connections.
//!
//! - this file: the endpoint itself
//! - `builder`: what it is configured with
//! - `load`: which port of a pool gets the next call
//! - `port`: what keeps a port open

mod builder;
mod load;
mod port;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::ToSocketAddrs;

use self::load::Load;
use crate::listener::SrtListener;
use crate::options::SrtOptions;
use crate::socket::{SrtSocket, reachable, try_each};
use crate::stream::SrtStream;

pub use self::builder::SrtEndpointBuilder;
pub(crate) use self::port::Port;

/// A UDP port for many calls, and a listener if need be; or a pool of such ports.
///
/// Each call that is made with [`SrtStream::connect`] has a UDP port of its own, and libsrt two
/// threads for it. The calls of an endpoint share its ports and their threads. A process with dozens
/// of calls takes about half of the CPU time that way. It also spares the other connections of the
/// process the pause that libsrt makes while it closes many ports at the same moment.
///
/// The price is that the calls share one receive buffer of the system and one thread for each
/// direction, which with very many or fast ones becomes the limit:
/// [`ports`](SrtEndpointBuilder::ports) spreads them over several.
///
/// A clone is another handle to the same endpoint. Connections and listeners live on without it: a
/// port stays open until the last handle to the endpoint and all that uses the port are gone.
///
/// What is made with the port holds for all calls: the [`Moderation`](crate::Moderation) in force at
/// that time, as far as it concerns libsrt's threads, and the options that
/// [`connect_with`](Self::connect_with) names.
///
/// # Peers
///
/// Calls to one address from one port differ in their socket ids only. libsrt goes by these, as do
/// the programs that are built on it, such as FFmpeg, and srtgo and gosrt. Listeners of the Rust
/// library srt-tokio up to 0.4.4 go by the address, and refuse the second call. An endpoint therefore
/// never has two live calls from one port to one address while another port of its pool has none to
/// it. With a single port there is no choice; such listeners need a port for each call, as
/// [`SrtStream::connect`] gives it.
///
/// # Rendezvous
///
/// An endpoint's port can be that of a rendezvous too: give its address to
/// [`SrtStream::rendezvous`]. If both peers' ports have a listener it fails, because libsrt gives
/// the listener every handshake that begins a connection.
///
/// # Examples
///
/// ```
/// use srt_tokio::SrtEndpoint;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let server = SrtEndpoint::bind("127.0.0.1:0").await?;
/// let listener = server.listen(16)?;
///
/// let endpoint = SrtEndpoint::bind("127.0.0.1:0").await?;
/// let first = endpoint.connect(listener.local_addr()?).await?;
/// let second = endpoint.connect(listener.local_addr()?).await?;
/// assert_eq!(first.local_addr()?, endpoint.local_addr()?);
/// assert_eq!(second.local_addr()?, endpoint.local_addr()?);
/// # Ok(())
/// # }
/// ```
///
/// Each call, and the listener, can have options of its own:
///
/// ```
/// use std::time::Duration;
/// use srt_tokio::{SrtEndpoint, SrtOptions, StreamId};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let endpoint = SrtEndpoint::bind("127.0.0.1:0").await?;
/// let mut options = SrtOptions::new();
/// options.latency(Duration::from_millis(250));
/// let listener = endpoint.listen_with(&options, 16)?;
///
/// let caller = SrtEndpoint::bind("127.0.0.1:0").await?;
/// options.stream_id(StreamId::new("live/cam1")?);
/// let stream = caller.connect_with(&options, listener.local_addr()?).await?;
/// assert_eq!(stream.latency(), Duration::from_millis(250));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct SrtEndpoint {
    inner: Arc<Inner>,
}

struct Inner {
    /// At least one.
    ports: Vec<Port>,
    load: Arc<Load>,
    options: SrtOptions,
}

impl SrtEndpoint {
    /// Binds a UDP port, with libsrt's default options. A name that stands for several addresses is
    /// tried address by address until one can be bound. Port 0 stands for a free one.
    ///
    /// An endpoint at an IPv4 address can call IPv4 addresses only. One at `::` can call both, unless
    /// [`ipv6_only`](SrtEndpointBuilder::ipv6_only) is set; IPv4 addresses then show up as
    /// [mapped](std::net::Ipv4Addr::to_ipv6_mapped) ones.
    ///
    /// If another socket of this library is bound to the same address already, the endpoint shares
    /// its port. The [`max_segment_size`](SrtEndpointBuilder::max_segment_size) must not be greater
    /// than that socket's then, which nobody checks: larger packets that arrive are thrown away.
    ///
    /// # Errors
    ///
    /// See [`SrtSocket::bind`].
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves nothing bound.
    #[doc(alias = "srt_bind")]
    pub async fn bind(address: impl ToSocketAddrs) -> io::Result<Self> {
        Self::builder().bind(address).await
    }

    /// An endpoint with options of its own.
    ///
    /// ```
    /// use std::time::Duration;
    /// use srt_tokio::SrtEndpoint;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let endpoint = SrtEndpoint::builder()
    ///     .latency(Duration::from_millis(250))
    ///     .ports(4)
    ///     .bind("0.0.0.0:0")
    ///     .await?;
    /// assert_eq!(endpoint.local_addrs().count(), 4);
    /// # Ok(())
    /// # }
    /// ```
    pub fn builder() -> SrtEndpointBuilder {
        SrtEndpointBuilder::new()
    }

    /// Connects to a listener, with the options of the endpoint. A name that stands for several
    /// addresses is tried address by address.
    ///
    /// # Errors
    ///
    /// As [`SrtStream::connect`], and [`Error::AddressFamily`](crate::Error::AddressFamily) if the endpoint cannot reach any of
    /// the addresses.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the attempt.
    #[doc(alias = "srt_connect")]
    pub async fn connect(&self, remote: impl ToSocketAddrs) -> io::Result<SrtStream> {
        self.connect_with(&self.inner.options, remote).await
    }

    /// As [`connect`](Self::connect), with other options than those of the endpoint.
    ///
    /// Some options are those of the UDP port, and the same for everything that uses it:
    /// [`ipv6_only`](SrtOptions::ipv6_only), [`ip_ttl`](SrtOptions::ip_ttl),
    /// [`ip_tos`](SrtOptions::ip_tos), [`bind_to_device`](SrtOptions::bind_to_device),
    /// [`udp_send_buffer_size`](SrtOptions::udp_send_buffer_size),
    /// [`udp_receive_buffer_size`](SrtOptions::udp_receive_buffer_size) and
    /// [`max_segment_size`](SrtOptions::max_segment_size), which may also be less than the endpoint's.
    /// Where they are not set here, those of the endpoint hold.
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect), and [`Error::InvalidOption`](crate::Error::InvalidOption) if libsrt refuses an option, if
    /// one of the port is not what it is for the endpoint, or if
    /// [`reuse_address`](SrtOptions::reuse_address) is false.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the attempt.
    ///
    /// # Examples
    ///
    /// ```
    /// use srt_tokio::{SrtEndpoint, SrtOptions, StreamId};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # let listener = srt_tokio::SrtListener::bind("127.0.0.1:0").await?;
    /// # let address = listener.local_addr()?;
    /// let endpoint = SrtEndpoint::bind("127.0.0.1:0").await?;
    /// let mut options = SrtOptions::new();
    /// for name in ["live/cam1", "live/cam2"] {
    ///     options.stream_id(StreamId::new(name)?);
    ///     let stream = endpoint.connect_with(&options, address).await?;
    ///     assert_eq!(stream.stream_id().to_string(), name);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "srt_connect")]
    pub async fn connect_with(
        &self,
        options: &SrtOptions,
        remote: impl ToSocketAddrs,
    ) -> io::Result<SrtStream> {
        let options = options.on_port(&self.inner.options)?;
        try_each(remote, |remote| self.call(&options, remote)).await
    }

    /// Listens on the port of the endpoint, the first one if it has several, with the options of the
    /// endpoint. `backlog` connections at most wait to be accepted; further ones are rejected with
    /// [`RejectReason::Backlog`](crate::RejectReason::Backlog).
    ///
    /// For a listener that decides who gets in, see
    /// [`SrtListenerBuilder::listen_at`](crate::SrtListenerBuilder::listen_at).
    ///
    /// # Errors
    ///
    /// Fails if the backlog is 0, or if there is another listener on the port.
    #[doc(alias = "srt_listen")]
    pub fn listen(&self, backlog: u32) -> io::Result<SrtListener> {
        self.listen_with(&self.inner.options, backlog)
    }

    /// As [`listen`](Self::listen), with other options than those of the endpoint.
    ///
    /// # Errors
    ///
    /// As [`listen`](Self::listen), and [`Error::InvalidOption`](crate::Error::InvalidOption) as from
    /// [`connect_with`](Self::connect_with).
    pub fn listen_with(&self, options: &SrtOptions, backlog: u32) -> io::Result<SrtListener> {
        self.socket_with(options)?.listen(backlog)
    }

    /// The address that the endpoint is bound to, with its first port.
    ///
    /// # Errors
    ///
    /// None; it is a `Result` because it is one everywhere in `tokio::net`.
    #[doc(alias = "srt_getsockname")]
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.inner.ports[0].address())
    }

    /// The addresses that the endpoint is bound to, one for each port.
    pub fn local_addrs(&self) -> impl Iterator<Item = SocketAddr> + '_ {
        self.inner.ports.iter().map(Port::address)
    }

    /// A socket on the first port, with other options than those of the endpoint.
    pub(crate) fn socket_with(&self, options: &SrtOptions) -> io::Result<SrtSocket> {
        let options = options.on_port(&self.inner.options)?;
        let socket = SrtSocket::new(&options)?;
        socket.bind(self.inner.ports[0].address())?;
        Ok(socket)
    }

    async fn call(&self, options: &SrtOptions, remote: SocketAddr) -> io::Result<SrtStream> {
        let local = self.inner.ports[0].address();
        let remote = reachable(local, self.inner.options.is_ipv6_only(), remote)?;
        let call = self.inner.load.place(remote);
        let socket = SrtSocket::new(options)?;
        socket.bind(self.inner.ports[call.port()].address())?;
        socket.keep(Arc::new(call));
        socket.connect(remote).await
    }
}

impl fmt::Debug for SrtEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ports: Vec<_> = self.local_addrs().collect();
        f.debug_struct("SrtEndpoint")
            .field("ports", &ports)
            .field("options", &self.inner.options)
            .finish()
    }
}
