//! Where the published transport stream comes from.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use bytes::Bytes;
use support::ts::Generator;
use tokio::time::{Instant, sleep_until};

use crate::ffmpeg::Ffmpeg;
use crate::playback::Playback;

/// An endless transport stream at its own pace.
#[derive(Debug)]
pub(crate) enum Source {
    Ffmpeg(Ffmpeg),
    Generator(Generator, Clock),
    File(Box<Playback>, Clock),
}

/// Started by its first use.
#[derive(Debug, Default)]
pub(crate) struct Clock(Option<Instant>);

impl Source {
    /// FFmpeg's test picture, or where FFmpeg does not run, what the generator makes.
    pub(crate) async fn any(bit_rate: u64) -> Self {
        Self::ffmpeg(bit_rate).await.unwrap_or_else(|error| {
            eprintln!("{error:#}; a generated picture takes its place");
            Self::generator(bit_rate)
        })
    }

    pub(crate) async fn ffmpeg(bit_rate: u64) -> Result<Self> {
        Ok(Self::Ffmpeg(Ffmpeg::start(bit_rate).await?))
    }

    pub(crate) fn generator(bit_rate: u64) -> Self {
        Self::Generator(Generator::new(bit_rate), Clock::default())
    }

    pub(crate) async fn file(path: &Path) -> Result<Self> {
        let file = Playback::open(path).await;
        let file = file.with_context(|| path.display().to_string())?;
        Ok(Self::File(Box::new(file), Clock::default()))
    }

    /// The next message, when it is due.
    pub(crate) async fn next(&mut self) -> Result<Bytes> {
        match self {
            // Comes when it is due.
            Self::Ffmpeg(ffmpeg) => ffmpeg.next().await,
            Self::Generator(generator, clock) => {
                clock.wait(generator.due()).await;
                Ok(generator.message())
            }
            Self::File(file, clock) => {
                let (due, message) = file.next().await?;
                clock.wait(due).await;
                Ok(message)
            }
        }
    }

    /// In one word.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Ffmpeg(_) => "ffmpeg",
            Self::Generator(..) => "generator",
            Self::File(..) => "file",
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ffmpeg(_) => "FFmpeg's test picture",
            Self::Generator(..) => "a generated picture",
            Self::File(..) => "a file",
        })
    }
}

impl Clock {
    async fn wait(&mut self, due: Duration) {
        let start = *self.0.get_or_insert_with(Instant::now);
        sleep_until(start + due).await;
    }
}
