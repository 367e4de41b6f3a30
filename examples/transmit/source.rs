//! Where data comes from.

use std::io;
use std::sync::Arc;

use anyhow::Result;
use srt_tokio::SrtStream;
use tokio::fs::File;
use tokio::net::UdpSocket;

use crate::endpoint::Endpoint;
use crate::pace::{Pace, Paced};
use crate::report::Report;
use crate::srt::{Connection, End};

pub(crate) enum Source {
    Srt(Connection),
    Udp(UdpSocket),
    Bytes(Paced),
}

impl Source {
    /// `live` says whether what comes from a file must be held back until its time.
    pub(crate) async fn open(
        endpoint: &Endpoint,
        live: bool,
        mbps: Option<f64>,
        report: &Report,
    ) -> Result<Self> {
        let pace = mbps.map_or(Pace::None, Pace::rate);
        Ok(match endpoint {
            Endpoint::Srt(uri) => Self::Srt(Connection::open(uri, End::Source, report).await?),
            Endpoint::Udp(uri) => {
                let socket = uri.source().await?;
                report.listening("source", socket.local_addr()?);
                Self::Udp(socket)
            }
            Endpoint::File(path) => {
                let file = File::open(path).await?;
                let seekable = file.metadata().await?.is_file();
                let pace = match pace {
                    // A pipe has the pace of whoever fills it.
                    Pace::None if live && seekable => Pace::clock(),
                    pace => pace,
                };
                Self::Bytes(Paced::new(file, pace))
            }
            Endpoint::Standard => Self::Bytes(Paced::new(tokio::io::stdin(), pace)),
        })
    }

    pub(crate) fn stream(&self) -> Option<Arc<SrtStream>> {
        match self {
            Self::Srt(connection) => Some(connection.stream().clone()),
            _ => None,
        }
    }

    /// The greatest that there can be to receive at once, in bytes.
    pub(crate) fn max_receive_size(&self) -> usize {
        /// No datagram is larger.
        const MAX_DATAGRAM: usize = 64 * 1024;
        match self {
            Self::Srt(connection) => connection.stream().max_receive_size().max(MAX_DATAGRAM),
            Self::Udp(_) | Self::Bytes(_) => MAX_DATAGRAM,
        }
    }

    /// Receives a message, a datagram or a chunk. 0 is the end. Nothing is lost if the future is
    /// dropped.
    pub(crate) async fn recv(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Srt(connection) => connection.recv(buffer).await,
            Self::Udp(socket) => loop {
                // An empty datagram is not the end.
                let received = socket.recv(buffer).await?;
                if received > 0 {
                    return Ok(received);
                }
            },
            Self::Bytes(reader) => reader.read(buffer).await,
        }
    }
}
