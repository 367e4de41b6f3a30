//! Where data goes to.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Result;
use srt_tokio::SrtStream;
use tokio::fs::File;
use tokio::io::{AsyncWriteExt, BufWriter, Stdout};
use tokio::net::UdpSocket;

use crate::endpoint::{Endpoint, PAYLOAD};
use crate::report::Report;
use crate::srt;

pub(crate) enum Target {
    Srt(Arc<SrtStream>),
    Udp(UdpSocket, SocketAddr),
    File(BufWriter<File>),
    Standard(Stdout),
}

impl Target {
    pub(crate) async fn open(endpoint: &Endpoint, report: &Report) -> Result<Self> {
        Ok(match endpoint {
            Endpoint::Srt(uri) => Self::Srt(srt::open(uri, "target", report).await?.into()),
            Endpoint::Udp(address) => {
                let address = address.resolve().await?;
                let any: SocketAddr = match address {
                    SocketAddr::V4(_) => "0.0.0.0:0".parse()?,
                    SocketAddr::V6(_) => "[::]:0".parse()?,
                };
                // Not connected: then it is no error if nobody is there to receive.
                Self::Udp(UdpSocket::bind(any).await?, address)
            }
            Endpoint::File(path) => {
                let mut options = File::options();
                options.write(true).create(true).truncate(false);
                Self::File(BufWriter::new(options.open(path).await?))
            }
            // Somebody may be watching: no buffer that holds back.
            Endpoint::Standard => Self::Standard(tokio::io::stdout()),
        })
    }

    /// To be called once there is a source, because only then a file may lose what it had.
    pub(crate) async fn start(&mut self) -> io::Result<()> {
        if let Self::File(writer) = self {
            let file = writer.get_ref();
            if file.metadata().await?.is_file() {
                file.set_len(0).await?;
            }
        }
        Ok(())
    }

    pub(crate) fn stream(&self) -> Option<Arc<SrtStream>> {
        match self {
            Self::Srt(stream) => Some(stream.clone()),
            _ => None,
        }
    }

    /// Sends a message or datagram as it is if it is small enough, or else in pieces.
    pub(crate) async fn send(&mut self, data: &[u8]) -> io::Result<()> {
        match self {
            Self::Srt(stream) => {
                for message in pieces(data, stream.max_send_size()) {
                    let mut rest = message;
                    while !rest.is_empty() {
                        rest = &rest[stream.send(rest).await?..];
                    }
                }
                Ok(())
            }
            Self::Udp(socket, address) => {
                for datagram in pieces(data, MAX_DATAGRAM) {
                    socket.send_to(datagram, *address).await?;
                }
                Ok(())
            }
            Self::File(writer) => writer.write_all(data).await,
            Self::Standard(stdout) => stdout.write_all(data).await,
        }
    }

    /// Delivers what is on its way, then closes.
    pub(crate) async fn close(&mut self) -> io::Result<()> {
        match self {
            Self::Srt(stream) => stream.close().await,
            Self::Udp(..) => Ok(()),
            Self::File(writer) => writer.shutdown().await,
            Self::Standard(stdout) => stdout.shutdown().await,
        }
    }
}

/// What fits into an Ethernet frame.
const MAX_DATAGRAM: usize = 1472;

fn pieces(data: &[u8], max: usize) -> impl Iterator<Item = &[u8]> {
    data.chunks(if data.len() <= max { max } else { PAYLOAD })
}
