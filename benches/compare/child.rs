//! A program under measurement, and what it says: lines of JSON on its standard output, commands on
//! its standard input.

use std::net::SocketAddr;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail, ensure};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use crate::report::Lateness;

/// For what takes a moment: starting, connecting a thousand calls, and ending.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// How long a killed process may take to be gone.
const DEATH_MS: u32 = 2_000;

/// What is kept of a program's complaints.
const STDERR_BYTES: usize = 2_000;

/// A process that is killed and waited for when this is dropped.
#[derive(Debug)]
pub(crate) struct Process {
    name: String,
    pid: u32,
    child: tokio::process::Child,
    stderr: Arc<Mutex<Vec<u8>>>,
}

/// A process that speaks the protocol of the roles.
#[derive(Debug)]
pub(crate) struct Role {
    process: Process,
    stdin: ChildStdin,
    stdout: Lines<BufReader<ChildStdout>>,
}

/// Ready to be called, at this address, or all its calls are connected.
#[derive(Debug, Deserialize)]
pub(crate) struct Ready {
    pub(crate) addr: Option<SocketAddr>,
    #[serde(default)]
    pub(crate) connected: u64,
    #[serde(default)]
    pub(crate) rejected: u64,
}

/// All that were expected are accepted.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Connected {
    pub(crate) connected: u64,
    /// From the first to the last.
    pub(crate) micros: u64,
}

/// All is sent.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Done {
    pub(crate) sent: u64,
    pub(crate) bytes: u64,
    /// What was due but could not be sent.
    #[serde(default)]
    pub(crate) failed: u64,
}

/// What has arrived.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Delivery {
    pub(crate) received: u64,
    pub(crate) bytes: u64,
    pub(crate) lateness_us: Option<Lateness>,
    /// From the first to the last.
    pub(crate) micros: u64,
}

impl Process {
    /// Starts it with all its standard streams in pipes. What it writes to standard error is kept for
    /// the report of a failure.
    pub(crate) fn spawn(
        name: String,
        mut command: Command,
    ) -> Result<(Self, ChildStdin, ChildStdout)> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // A Ctrl-C is for the orchestrator alone, which ends its children itself.
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command.spawn().with_context(|| format!("cannot start {name}"))?;
        let pid = child.id().context("a process that runs has an id")?;
        let stdin = child.stdin.take().context("stdin is piped")?;
        let stdout = child.stdout.take().context("stdout is piped")?;
        let stderr = Arc::<Mutex<Vec<u8>>>::default();
        tokio::spawn(keep(child.stderr.take().context("stderr is piped")?, stderr.clone()));
        Ok((Self { name, pid, child, stderr }, stdin, stdout))
    }

    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    /// Waits until it has ended.
    pub(crate) async fn wait(&mut self) -> Result<ExitStatus> {
        let wait = timeout(PATIENCE, self.child.wait()).await;
        Ok(wait.with_context(|| format!("{} does not end", self.name))??)
    }

    /// What went wrong, with what it said itself about that.
    pub(crate) fn error(&self, what: &str) -> anyhow::Error {
        let stderr = self.stderr.lock().unwrap_or_else(PoisonError::into_inner);
        let said = String::from_utf8_lossy(&stderr);
        match said.trim() {
            "" => anyhow!("{} {what}", self.name),
            said => anyhow!("{} {what}: {said}", self.name),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(Some(_))) || self.child.start_kill().is_err() {
            return;
        }
        // Nothing else is going on when a run is given up, so there is nobody whom this blocks.
        for _ in 0..DEATH_MS {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            sleep(Duration::from_millis(1));
        }
    }
}

impl Role {
    pub(crate) fn spawn(name: String, command: Command) -> Result<Self> {
        let (process, stdin, stdout) = Process::spawn(name, command)?;
        Ok(Self { process, stdin, stdout: BufReader::new(stdout).lines() })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.pid()
    }

    pub(crate) async fn ready(&mut self) -> Result<Ready> {
        self.hear("ready", PATIENCE).await
    }

    pub(crate) async fn connected(&mut self) -> Result<Connected> {
        self.hear("connected", PATIENCE).await
    }

    pub(crate) async fn go(&mut self) -> Result<()> {
        self.say("go").await
    }

    pub(crate) async fn done(&mut self, limit: Duration) -> Result<Done> {
        self.hear("done", limit).await
    }

    /// Ends it, and hears what has arrived there.
    pub(crate) async fn stop(mut self) -> Result<Delivery> {
        #[derive(Deserialize)]
        struct Outcome {
            result: Delivery,
        }

        self.say("stop").await?;
        let outcome: Outcome = self.hear("result", PATIENCE).await?;
        let status = self.process.wait().await?;
        ensure!(status.success(), self.process.error(&format!("has failed: {status}")));
        Ok(outcome.result)
    }

    async fn say(&mut self, word: &str) -> Result<()> {
        let line = format!("{word}\n");
        let written = timeout(PATIENCE, self.stdin.write_all(line.as_bytes())).await;
        match written {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(self.process.error(&format!("does not take `{word}`"))),
        }
    }

    /// The next line that has `key`; what comes before it is not waited for by anybody.
    async fn hear<T: DeserializeOwned>(&mut self, key: &str, limit: Duration) -> Result<T> {
        let hear = async {
            while let Some(line) = self.stdout.next_line().await? {
                let Ok(value) = serde_json::from_str::<Value>(&line) else {
                    bail!("{} says what is not JSON: {line}", self.process.name);
                };
                if value.get(key).is_some() {
                    return Ok(Some(serde_json::from_value(value)?));
                }
            }
            Ok(None)
        };
        match timeout(limit, hear).await {
            Ok(Ok(Some(heard))) => Ok(heard),
            Ok(Ok(None)) => {
                // It has closed its standard output; what it says about that comes before its end.
                let status = self.process.wait().await?;
                Err(self.process.error(&format!("ended before `{key}`: {status}")))
            }
            Ok(Err(error)) => Err(error),
            Err(_) => Err(self.process.error(&format!("did not say `{key}` within {limit:?}"))),
        }
    }
}

async fn keep(mut stderr: ChildStderr, kept: Arc<Mutex<Vec<u8>>>) {
    let mut chunk = [0; 512];
    while let Ok(read @ 1..) = stderr.read(&mut chunk).await {
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend_from_slice(&chunk[..read]);
        let surplus = kept.len().saturating_sub(STDERR_BYTES);
        kept.drain(..surplus);
    }
}
