//! What the figures were measured on, and with.

use std::fs;
use std::process::Command;
use std::thread::available_parallelism;

use serde::{Deserialize, Serialize};

use crate::peer::Peer;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Machine {
    cpu: String,
    cores: usize,
    memory_mib: u64,
    kernel: String,
    /// Processes that wanted to run in the minute before, other than the comparison.
    pub(crate) load: f64,
}

/// `None` is what was not there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Versions {
    ours: String,
    commit: Option<String>,
    libsrt: String,
    rustc: Option<String>,
    srt_tokio: Option<String>,
    srt_live_transmit: Option<String>,
}

impl Machine {
    pub(crate) fn look() -> Self {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        Self {
            cpu: entry(&read("/proc/cpuinfo"), "model name").unwrap_or_else(unknown),
            cores: available_parallelism().map_or(0, usize::from),
            memory_mib: entry(&read("/proc/meminfo"), "MemTotal")
                .and_then(|it| it.split(' ').next()?.parse::<u64>().ok())
                .map_or(0, |kib| kib / 1024),
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            load: read("/proc/loadavg")
                .split(' ')
                .next()
                .and_then(|it| it.parse().ok())
                .unwrap_or(0.0),
        }
    }

    /// Without the load, which is another every time.
    pub(crate) fn sentence(&self) -> String {
        let Self { cpu, cores, memory_mib, kernel, .. } = self;
        let memory = *memory_mib as f64 / 1024.0;
        // The version without what the distribution adds.
        let kernel = kernel.split('-').next().unwrap_or_default();
        format!("{cpu}, {cores} cores, {memory:.0} GiB of memory, Linux {kernel}")
    }

    /// Whether other programs took more than a tenth of it before.
    pub(crate) fn is_busy(&self) -> bool {
        self.load > 0.1 * self.cores as f64
    }
}

impl Versions {
    /// Whether the peer took part, as far as that depends on what was there.
    pub(crate) fn include(&self, peer: Peer) -> bool {
        match peer {
            Peer::SrtTokio => self.srt_tokio.is_some(),
            Peer::SrtLiveTransmit => self.srt_live_transmit.is_some(),
            _ => true,
        }
    }

    /// `srt_tokio` and `srt_live_transmit` say which of the others take part.
    pub(crate) fn look(srt_tokio: bool, srt_live_transmit: bool) -> Self {
        Self {
            ours: first_line(in_workspace("cargo").args(["pkgid", "--package", "srt-tokio"]))
                .and_then(|it| Some(it.rsplit_once(['#', '@'])?.1.to_owned()))
                .unwrap_or_else(unknown),
            commit: first_line(in_workspace("git").args(["describe", "--always", "--dirty"])),
            libsrt: srt_tokio::libsrt_version().to_string(),
            rustc: first_line(Command::new("rustc").arg("--version")),
            srt_tokio: srt_tokio.then(|| "0.4.4".to_owned()),
            srt_live_transmit: srt_live_transmit.then(|| {
                first_line(Command::new(Peer::SrtLiveTransmit.to_string()).arg("-version"))
                    .and_then(|it| it.split(' ').next_back().map(str::to_owned))
                    .unwrap_or_else(unknown)
            }),
        }
    }

    pub(crate) fn sentence(&self) -> String {
        let Self { ours, commit, libsrt, rustc, srt_tokio, srt_live_transmit } = self;
        let mut parts = vec![format!("this library {ours}")];
        if let Some(commit) = commit {
            parts[0].push_str(&format!(" at {commit}"));
        }
        parts.push(format!("libsrt {libsrt}"));
        parts.extend(rustc.clone());
        parts.extend(srt_tokio.as_ref().map(|it| format!("srt-tokio {it} from the registry")));
        parts.extend(srt_live_transmit.as_ref().map(|it| format!("srt-live-transmit {it}")));
        parts.join(", ")
    }
}

/// The value of the first line `NAME : VALUE`.
fn entry(text: &str, name: &str) -> Option<String> {
    let (_, value) = text.lines().find(|line| line.starts_with(name))?.split_once(':')?;
    Some(value.trim().to_owned())
}

fn in_workspace(program: &str) -> Command {
    let mut command = Command::new(program);
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    command
}

fn first_line(command: &mut Command) -> Option<String> {
    let output = command.output().ok()?;
    let text = if output.stdout.is_empty() { output.stderr } else { output.stdout };
    let text = String::from_utf8_lossy(&text);
    let line = text.lines().next().filter(|_| output.status.success())?;
    Some(line.trim().to_owned())
}

fn unknown() -> String {
    "unknown".to_owned()
}
