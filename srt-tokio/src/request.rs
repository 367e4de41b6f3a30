//! The listener's decision on who gets in.
//!
//! - this file: what is asked, and what can be answered
//! - `options`: what can be set for one connection
//! - `policy`: which addresses may connect, and how often
//! - `network`: ranges of IP addresses
//! - `credentials`: passphrases, kept where a decision finds them
//! - `events`: what a listener has been asked and what came of it
//! - `admission`: all of these together, as libsrt asks them
//! - `connections`: how many there are

mod admission;
mod connections;
mod credentials;
mod events;
mod network;
mod options;
mod policy;

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use crate::error::RejectReason;
use crate::group::GroupType;
use crate::options::StreamId;
use crate::sys::Call;

pub(crate) use self::admission::Admission;
pub use self::credentials::Credentials;
pub use self::events::{ListenerEvent, ListenerEvents};
pub use self::network::IpNetwork;
pub use self::options::ConnectionOptions;
pub use self::policy::AccessPolicy;

/// Somebody who asks a listener for a connection.
///
/// What is known in the middle of the handshake; the peer's version of SRT is not yet.
#[doc(alias = "srt_listen_callback_fn")]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ConnectionRequest {
    peer: SocketAddr,
    stream_id: StreamId,
    handshake_version: u32,
    group_type: Option<GroupType>,
}

impl ConnectionRequest {
    fn new(call: &Call<'_>) -> Self {
        Self {
            peer: call.peer,
            stream_id: StreamId::received(call.stream_id.to_vec()),
            handshake_version: call.handshake_version,
            group_type: call.socket.group_type(),
        }
    }

    /// The peer's address, as [`SrtStream::peer_addr`](crate::SrtStream::peer_addr) will give it. To a
    /// listener that takes both families, an IPv4 address shows up as a
    /// [mapped](std::net::Ipv4Addr::to_ipv6_mapped) one.
    pub fn peer_addr(&self) -> SocketAddr {
        self.peer
    }

    /// What the peer asks for. Empty if it does not say, and always for those of
    /// [handshake version](Self::handshake_version) 4.
    ///
    /// libsrt shows what is before the first zero only, so a decision rests on that alone, while the
    /// [stream](crate::SrtStream::stream_id) may have more of it.
    #[doc(alias = "SRTO_STREAMID")]
    pub fn stream_id(&self) -> &StreamId {
        &self.stream_id
    }

    /// The version of the handshake: 5, or 4 for peers older than SRT 1.3. Those can neither send a
    /// stream id nor make out the reason they are rejected for.
    ///
    /// ```
    /// use srt_tokio::{ConnectionRequest, Decision, RejectReason};
    ///
    /// fn decide(request: &ConnectionRequest) -> Decision {
    ///     match request.handshake_version() {
    ///         5.. => Decision::Accept,
    ///         _ => Decision::Reject(RejectReason::BAD_REQUEST),
    ///     }
    /// }
    /// ```
    pub fn handshake_version(&self) -> u32 {
        self.handshake_version
    }

    /// What kind of [group](crate::SrtGroup) this would be a member of, if of any. Each member is a
    /// request of its own.
    ///
    /// ```no_run
    /// use srt_tokio::{Decision, GroupType, RejectReason, SrtListener};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let listener = SrtListener::builder()
    ///     .group_connect(true)
    ///     .on_request(|request| match request.group_type() {
    ///         Some(GroupType::Broadcast) => Decision::Reject(RejectReason::FORBIDDEN),
    ///         _ => Decision::Accept,
    ///     })
    ///     .bind("0.0.0.0:9000")
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "SRTO_GROUPTYPE")]
    pub fn group_type(&self) -> Option<GroupType> {
        self.group_type
    }
}

/// What becomes of a [`ConnectionRequest`]; for [`on_request`](crate::SrtListenerBuilder::on_request).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[must_use = "a decision does nothing unless it is returned"]
pub enum Decision {
    /// The connection is taken, with the options of the listener.
    Accept,
    /// The connection is taken, with options of its own.
    AcceptWith(ConnectionOptions),
    /// The connection is refused.
    ///
    /// Only [`Predefined`](RejectReason::Predefined) reasons, which have names such as
    /// [`RejectReason::FORBIDDEN`], and those of the [`User`](RejectReason::User) can be sent, with
    /// codes of 1000 to 1999 and 2000 to 2147482647. Any other becomes [`RejectReason::FALLBACK`].
    #[doc(alias = "srt_setrejectreason")]
    Reject(RejectReason),
}

impl Decision {
    /// Takes the connection with options of its own.
    ///
    /// ```
    /// use std::time::Duration;
    /// use srt_tokio::{ConnectionOptions, Decision, Passphrase};
    ///
    /// # fn main() -> Result<(), srt_tokio::Error> {
    /// let decision = Decision::accept_with(
    ///     ConnectionOptions::new()
    ///         .passphrase(Passphrase::new("correct horse")?)
    ///         .latency(Duration::from_millis(400)),
    /// );
    /// # drop(decision);
    /// # Ok(())
    /// # }
    /// ```
    pub fn accept_with(options: &ConnectionOptions) -> Self {
        Self::AcceptWith(options.clone())
    }
}

impl From<RejectReason> for Decision {
    fn from(reason: RejectReason) -> Self {
        Self::Reject(reason)
    }
}

/// Somebody else's function that decides.
#[derive(Clone)]
pub(crate) struct OnRequest(Arc<Decide>);

type Decide = dyn Fn(&ConnectionRequest) -> Decision + Send + Sync;

impl OnRequest {
    pub(crate) fn new(
        decide: impl Fn(&ConnectionRequest) -> Decision + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(decide))
    }
}

impl fmt::Debug for OnRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OnRequest(..)")
    }
}
