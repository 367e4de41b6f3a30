//! Runs other programs, and says so.

use std::{
    ffi::OsStr,
    fmt,
    io::{self, Read, Write},
    path::Path,
    process::{Child, Command, ExitStatus, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use crate::util;

/// A command line, run from the workspace's root unless told otherwise.
#[derive(Debug)]
pub(crate) struct Cmd(Command);

impl Cmd {
    pub(crate) fn new(program: impl AsRef<OsStr>) -> Self {
        let mut command = Command::new(program);
        command.current_dir(util::root());
        Self(command)
    }

    pub(crate) fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.0.arg(arg);
        self
    }

    pub(crate) fn args(mut self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.0.args(args);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.0.env(name, value);
        self
    }

    pub(crate) fn dir(mut self, dir: &Path) -> Self {
        self.0.current_dir(dir);
        self
    }

    /// Runs it with this process's own standard streams.
    pub(crate) fn run(mut self) -> Result<()> {
        self.echo();
        let status = self.0.status();
        self.check(status)
    }

    /// Runs it, and hands back its standard output.
    pub(crate) fn stdout(mut self) -> Result<String> {
        self.echo();
        let output = self.0.stderr(Stdio::inherit()).output();
        let output = output.with_context(|| self.cannot_run())?;
        self.check(Ok(output.status))?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Puts it in the place of this process, so that a Ctrl-C and the exit status are its own.
    #[cfg(unix)]
    pub(crate) fn replace(mut self) -> Result<()> {
        self.echo();
        let error = std::os::unix::process::CommandExt::exec(&mut self.0);
        Err(error).with_context(|| self.cannot_run())
    }

    /// Runs it, where a process cannot be replaced.
    #[cfg(not(unix))]
    pub(crate) fn replace(self) -> Result<()> {
        self.run()
    }

    /// Like `run`, and hands back what it wrote to standard output.
    pub(crate) fn tee(mut self) -> Result<String> {
        self.echo();
        let mut child = self.0.stdout(Stdio::piped()).spawn().with_context(|| self.cannot_run())?;
        let mut pipe = child.stdout.take().expect("stdout was piped");
        // Chunks, not lines: the name of a test that hangs must be seen before its line is complete.
        let (mut copy, mut chunk) = (Vec::new(), [0; 8192]);
        let mut out = io::stdout().lock();
        loop {
            let n = pipe.read(&mut chunk)?;
            if n == 0 {
                break;
            }
            out.write_all(&chunk[..n])?;
            out.flush()?;
            copy.extend_from_slice(&chunk[..n]);
        }
        let status = child.wait();
        self.check(status)?;
        Ok(String::from_utf8_lossy(&copy).into_owned())
    }

    /// Runs it unseen and hands back its standard output.
    pub(crate) fn read(mut self) -> Result<String> {
        let output = self.0.stdin(Stdio::null()).output();
        self.text(output.with_context(|| self.cannot_run())?)
    }

    /// Like `read`, but ends it, and what it has started, if it takes longer than `limit`. For little output.
    pub(crate) fn read_within(mut self, limit: Duration) -> Result<String> {
        self.0.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut self.0, 0);
        let mut child = self.0.spawn().with_context(|| self.cannot_run())?;
        let deadline = Instant::now() + limit;
        while child.try_wait()?.is_none() {
            if Instant::now() >= deadline {
                end(&mut child);
                bail!("`{self}` took longer than {limit:?}");
            }
            thread::sleep(Duration::from_millis(20));
        }
        let output = child.wait_with_output();
        self.text(output.with_context(|| self.cannot_run())?)
    }

    /// The standard output of what succeeded.
    fn text(&self, output: Output) -> Result<String> {
        if !output.status.success() {
            let stderr = String::from_utf8_lossy(&output.stderr);
            bail!("`{self}` failed: {}\n{}", output.status, stderr.trim_end());
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    fn echo(&self) {
        // What was printed before belongs above the command, also when standard output is a pipe.
        let _ = io::stdout().flush();
        eprintln!("$ {self}");
    }

    fn check(&self, status: io::Result<ExitStatus>) -> Result<()> {
        let status = status.with_context(|| self.cannot_run())?;
        if !status.success() {
            bail!("`{self}` failed: {status}");
        }
        Ok(())
    }

    fn cannot_run(&self) -> String {
        format!("cannot run `{}`", self.0.get_program().to_string_lossy())
    }
}

/// Ends a process that leads a group of its own, with the group.
fn end(child: &mut Child) {
    #[cfg(unix)]
    let _ = Command::new("kill").args(["-KILL", "--", &format!("-{}", child.id())]).status();
    // These fail if it has ended meanwhile.
    let _ = child.kill();
    let _ = child.wait();
}

impl fmt::Display for Cmd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in self.0.get_envs() {
            let value = value.unwrap_or_default().to_string_lossy();
            write!(f, "{}={} ", name.to_string_lossy(), quoted(&value))?;
        }
        f.write_str(&quoted(&self.0.get_program().to_string_lossy()))?;
        for arg in self.0.get_args() {
            write!(f, " {}", quoted(&arg.to_string_lossy()))?;
        }
        Ok(())
    }
}

/// As a shell would need it, so that an echoed line can be pasted.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=+:,./@%~^".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quick_enough_is_read() {
        let limit = Duration::from_secs(60);
        let version = Cmd::new("cargo").arg("--version").read_within(limit).unwrap();
        assert!(version.starts_with("cargo "), "{version}");
        assert!(Cmd::new("cargo").arg("--no-such-option").read_within(limit).is_err());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_takes_too_long_is_ended_with_all_that_it_has_started() {
        use std::os::fd::AsRawFd;

        // It ends when nobody has its standard input open any more.
        let mut cat = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        let pipe = cat.stdin.take().unwrap();
        // Both the shell and its child keep it open.
        let script = format!("exec 9>/proc/$PPID/fd/{}; sleep 1000 & wait", pipe.as_raw_fd());
        let slow = Cmd::new("sh").args(["-c", &script]);
        let error = slow.read_within(Duration::from_secs(1)).unwrap_err().to_string();
        assert!(error.contains("took longer than 1s"), "{error}");
        drop(pipe);
        assert!(cat.wait().unwrap().success());
    }

    #[test]
    fn echo_can_be_pasted() {
        let cmd = Cmd::new("cargo").args(["test", "it's", ""]).env("RUSTFLAGS", "--cfg srt_loom");
        assert_eq!(cmd.to_string(), r"RUSTFLAGS='--cfg srt_loom' cargo test 'it'\''s' ''");
    }
}
