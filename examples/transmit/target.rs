//! Where data goes to.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Result;
use srt_tokio::SrtStream;
use tokio::net::UdpSocket;

use crate::endpoint::Endpoint;
use crate::hangup::Hangup;
use crate::output::Output;
use crate::payload::pieces;
use crate::report::Report;
use crate::srt::{Connection, End};

/// What fits into an Ethernet frame.
const MAX_DATAGRAM: usize = 1472;

pub(crate) enum Target {
    Srt(Connection),
    Udp(UdpSocket, SocketAddr),
    File(Output),
    Standard(Output),
}

impl Target {
    pub(crate) async fn open(endpoint: &Endpoint, report: &Report) -> Result<Self> {
        Ok(match endpoint {
            Endpoint::Srt(uri) => Self::Srt(Connection::open(uri, End::Target, report).await?),
            Endpoint::Udp(uri) => {
                let (socket, address) = uri.target().await?;
                Self::Udp(socket, address)
            }
            Endpoint::File(path) => Self::File(Output::open(path).await?),
            Endpoint::Standard => Self::Standard(Output::standard()?),
        })
    }

    /// To be called once there is a source, because only then a file may lose what it had.
    pub(crate) async fn start(&mut self) -> io::Result<()> {
        match self {
            Self::File(output) => output.empty().await,
            _ => Ok(()),
        }
    }

    /// What notices that the target is gone.
    pub(crate) async fn hangup(&self) -> Result<Hangup> {
        match self {
            Self::Srt(connection) => Ok(Hangup::Srt(connection.stream().clone())),
            Self::Udp(..) => Ok(Hangup::Never),
            Self::File(output) | Self::Standard(output) => Hangup::of_output(output).await,
        }
    }

    pub(crate) fn stream(&self) -> Option<Arc<SrtStream>> {
        match self {
            Self::Srt(connection) => Some(connection.stream().clone()),
            _ => None,
        }
    }

    /// Sends a message or datagram as it is if it is small enough, or else in pieces. What goes to a
    /// file or a pipe may be held back until [`flush`](Self::flush).
    pub(crate) async fn send(&mut self, data: &[u8]) -> io::Result<()> {
        match self {
            Self::Srt(connection) => connection.send(data).await,
            Self::Udp(socket, address) => {
                for datagram in pieces(data, MAX_DATAGRAM) {
                    socket.send_to(datagram, *address).await?;
                }
                Ok(())
            }
            Self::File(output) | Self::Standard(output) => output.write(data).await,
        }
    }

    /// Holds nothing back.
    pub(crate) async fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Srt(_) | Self::Udp(..) => Ok(()),
            Self::File(output) | Self::Standard(output) => output.flush().await,
        }
    }

    /// Delivers what is on its way, then closes.
    pub(crate) async fn close(&mut self) -> io::Result<()> {
        match self {
            Self::Srt(connection) => connection.stream().close().await,
            target => target.flush().await,
        }
    }
}
