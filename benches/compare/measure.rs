//! What a process has used, as the kernel accounts for it: the same for every peer, with nothing of
//! theirs involved.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};

/// What a process has used so far, and what it holds now.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sample {
    /// User and system time of all threads, also of those that have ended.
    pub(crate) cpu: Duration,
    /// Times that a thread went to sleep, so times that one was woken. Of the threads there are.
    pub(crate) voluntary_switches: u64,
    pub(crate) involuntary_switches: u64,
    pub(crate) threads: u64,
    pub(crate) rss_kib: u64,
    /// The most that it held at any time.
    pub(crate) peak_kib: u64,
}

impl Sample {
    /// Looks at the time first: what a measurement begins with. See [`end`](Self::end).
    pub(crate) fn begin(pid: u32) -> Result<Self> {
        let mut sample = Self::status(pid)?;
        // Last, so that looking at hundreds of threads is not part of what is measured.
        sample.cpu = cpu_time(pid)?;
        Ok(sample)
    }

    /// What a measurement ends with.
    pub(crate) fn end(pid: u32) -> Result<Self> {
        let cpu = cpu_time(pid)?;
        Ok(Self { cpu, ..Self::status(pid)? })
    }

    fn status(pid: u32) -> Result<Self> {
        let process = read(&format!("/proc/{pid}/status"))?;
        let mut sample = Self {
            threads: field(&process, "Threads")?,
            rss_kib: field(&process, "VmRSS")?,
            peak_kib: field(&process, "VmHWM")?,
            ..Self::default()
        };
        let tasks = format!("/proc/{pid}/task");
        for task in fs::read_dir(&tasks).with_context(|| format!("cannot read {tasks}"))? {
            // A thread may end between being listed and being looked at.
            let Ok(status) = fs::read_to_string(task?.path().join("status")) else { continue };
            sample.voluntary_switches += field(&status, "voluntary_ctxt_switches")?;
            sample.involuntary_switches += field(&status, "nonvoluntary_ctxt_switches")?;
        }
        Ok(sample)
    }
}

/// The current CPU clock of another process, in nanoseconds where `/proc/PID/stat` counts in ticks of
/// 10 ms.
#[cfg(target_os = "linux")]
pub(crate) fn cpu_time(pid: u32) -> Result<Duration> {
    use nix::time::{clock_getcpuclockid, clock_gettime};
    use nix::unistd::Pid;

    let clock = clock_getcpuclockid(Pid::from_raw(pid.try_into()?))
        .with_context(|| format!("process {pid} has no CPU clock"))?;
    let time = clock_gettime(clock).with_context(|| format!("cannot read the clock of {pid}"))?;
    Ok(time.into())
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn cpu_time(_pid: u32) -> Result<Duration> {
    anyhow::bail!("processes are measured through /proc and their CPU clocks, which takes Linux")
}

fn read(path: &str) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {path}"))
}

fn field(status: &str, name: &str) -> Result<u64> {
    let value = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let number = value.and_then(|it| it.split_whitespace().next()?.parse().ok());
    number.with_context(|| format!("no {name} in the status of a process"))
}
