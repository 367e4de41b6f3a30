//! The end of a target, which has to be noticed while there is nothing to send.

use std::sync::Arc;

use anyhow::{Error, Result, anyhow};
use srt_tokio::SrtStream;

use crate::output::Output;

#[derive(Debug)]
pub(crate) enum Hangup {
    Srt(Arc<SrtStream>),
    /// Only asked whether anybody reads from the pipe: writing would need it not to block.
    #[cfg(unix)]
    Pipe(tokio::net::unix::pipe::Sender),
    /// It has no end, or none that can be noticed.
    Never,
}

impl Hangup {
    /// That of a file or a pipe. Regular files have none.
    #[cfg(unix)]
    pub(crate) async fn of_output(output: &Output) -> Result<Self> {
        use tokio::net::unix::pipe::Sender;
        // Readiness is not reported for regular files.
        let pipe = Sender::from_file_unchecked(output.handle().await?);
        Ok(pipe.map_or(Self::Never, Self::Pipe))
    }

    #[cfg(not(unix))]
    pub(crate) async fn of_output(_: &Output) -> Result<Self> {
        Ok(Self::Never)
    }

    /// Waits until the target is gone.
    pub(crate) async fn noticed(&self) -> Error {
        match self {
            Self::Srt(stream) => ended(stream).await,
            #[cfg(unix)]
            Self::Pipe(pipe) => match pipe.ready(tokio::io::Interest::ERROR).await {
                Ok(_) => anyhow!("nobody reads from it any more"),
                Err(error) => error.into(),
            },
            Self::Never => std::future::pending().await,
        }
    }
}

/// The end of a connection comes where data would. Targets send none; if one does, nobody wants it.
async fn ended(stream: &SrtStream) -> Error {
    let mut unwanted = vec![0; stream.max_receive_size()];
    let ended = loop {
        match stream.recv(&mut unwanted).await {
            Ok(1..) => {}
            ended => break ended,
        }
    };
    match (stream.close_reason(), ended) {
        (Some(reason), _) => anyhow!("{reason}"),
        (None, Err(error)) => error.into(),
        (None, Ok(_)) => anyhow!("the connection has ended"),
    }
}
