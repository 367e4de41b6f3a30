//! Runs other programs, and says so.

use std::{
    ffi::OsStr,
    fmt,
    io::{self, Read, Write},
    path::Path,
    process::{Command, ExitStatus, Stdio},
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
        let output = output.with_context(|| self.cannot_run())?;
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
    fn echo_can_be_pasted() {
        let cmd = Cmd::new("cargo").args(["test", "it's", ""]).env("RUSTFLAGS", "--cfg srt_loom");
        assert_eq!(cmd.to_string(), r"RUSTFLAGS='--cfg srt_loom' cargo test 'it'\''s' ''");
    }
}
