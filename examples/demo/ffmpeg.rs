//! FFmpeg as an encoder of live video.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use bytes::{Bytes, BytesMut};
use support::ts::MESSAGE;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, ChildStderr, ChildStdout, Command};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// How long it may take to start, or say nothing.
const PATIENCE: Duration = Duration::from_secs(10);

const BLOCK: usize = 64 * 1024;

#[derive(Debug)]
pub(crate) struct Ffmpeg {
    output: ChildStdout,
    buffer: BytesMut,
    /// The last line that it has written to its standard error.
    complaint: JoinHandle<Option<String>>,
    child: Child,
}

impl Ffmpeg {
    /// Starts to encode a test picture and a tone, and waits until FFmpeg has begun to write.
    pub(crate) async fn start(bit_rate: u64) -> Result<Self> {
        let mut command = Command::new("ffmpeg");
        command
            .args(arguments(bit_rate))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        // The terminal sends Ctrl-C to a whole group; the encoder must outlive it, so that the stream
        // ends where the publisher ends it.
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command.spawn().context("ffmpeg does not run")?;
        let output = child.stdout.take().expect("it was piped");
        let complaints = child.stderr.take().expect("it was piped");
        let mut ffmpeg = Self {
            output,
            buffer: BytesMut::new(),
            complaint: tokio::spawn(last_line(complaints)),
            child,
        };
        ffmpeg.fill().await?;
        Ok(ffmpeg)
    }

    pub(crate) async fn next(&mut self) -> Result<Bytes> {
        self.fill().await?;
        Ok(self.buffer.split_to(MESSAGE).freeze())
    }

    /// Makes sure that the buffer holds a message.
    async fn fill(&mut self) -> Result<()> {
        while self.buffer.len() < MESSAGE {
            self.buffer.reserve(BLOCK);
            let read = timeout(PATIENCE, self.output.read_buf(&mut self.buffer))
                .await
                .context("ffmpeg has stopped writing")?;
            if read? == 0 {
                let status = self.child.wait().await?;
                let complaint = (&mut self.complaint).await?;
                bail!("ffmpeg has ended: {}", complaint.unwrap_or_else(|| status.to_string()));
            }
        }
        Ok(())
    }
}

/// Ends when FFmpeg does. What nobody reads would stall it once the pipe is full.
async fn last_line(stderr: ChildStderr) -> Option<String> {
    let mut lines = BufReader::new(stderr).lines();
    let mut last = None;
    while let Ok(Some(line)) = lines.next_line().await {
        last = Some(line);
    }
    last
}

/// The picture is encoded in real time at up to 8 Mbit/s, and padded to a constant bit rate. Every
/// FFmpeg has these two encoders, and they leave the processor to SRT.
fn arguments(bit_rate: u64) -> Vec<String> {
    let size = if bit_rate < 2_000_000 { "320x180" } else { "640x360" };
    let video = (bit_rate * 6 / 10).min(8_000_000);
    let words = format!(
        "-hide_banner -loglevel error -nostdin \
         -re -f lavfi -i testsrc2=size={size}:rate=25 \
         -re -f lavfi -i sine=frequency=440:sample_rate=48000 \
         -c:v mpeg2video -g 25 -b:v {video} -maxrate {video} -bufsize {video} \
         -c:a mp2 -b:a 64k -f mpegts -muxrate {bit_rate} pipe:1"
    );
    words.split_whitespace().map(str::to_owned).collect()
}
