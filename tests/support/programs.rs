//! Other people's programs as peers, and our own examples.

use std::env;
use std::ffi::OsStr;
use std::fmt;
use std::net::UdpSocket;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// How long anything may take. Nothing comes near, except on a machine with a lot to do.
pub const DEADLINE: Duration = Duration::from_secs(30);

/// Waits for a future that is sure to complete.
///
/// # Panics
///
/// If it has not within the [`DEADLINE`].
pub async fn within_deadline<T>(what: impl fmt::Display, future: impl Future<Output = T>) -> T {
    match timeout(DEADLINE, future).await {
        Ok(value) => value,
        Err(_) => panic!("{what}: not within {DEADLINE:?}"),
    }
}

/// How many pictures a second [`test_picture`] has.
pub const PICTURE_RATE: usize = 25;

/// Has ffmpeg make a moving picture with a tone and write it to `target`, a file or an URL, as
/// MPEG-TS. `input` are options for how to read what it is made from.
pub fn test_picture(input: &[&str], seconds: usize, target: &str) -> Program {
    let size = format!("testsrc=size=160x120:rate={PICTURE_RATE}");
    let seconds = seconds.to_string();
    let sources = ["-f", "lavfi", "-i", &size, "-f", "lavfi", "-i", "sine"];
    let video = ["-t", &seconds, "-c:v", "mpeg2video", "-b:v", "200k"];
    let audio = ["-c:a", "mp2", "-b:a", "64k", "-f", "mpegts", target];
    let args = [&["-v", "error"], input, &sources, &video, &audio].concat();
    Program::start("ffmpeg", args)
}

/// A UDP port on loopback for a program that has to be told which to use.
pub fn free_port() -> u16 {
    let address = UdpSocket::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
    address.expect("there is a free port").port()
}

/// A running program. It is killed when this is dropped, and if a test fails, what it had to say is
/// shown.
#[derive(Debug)]
pub struct Program {
    /// With its arguments.
    name: String,
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: Output,
    stderr: Output,
}

/// What a program has written so far, and the task that reads it.
#[derive(Debug)]
struct Output {
    written: Arc<Mutex<Vec<u8>>>,
    /// Changes when there is more, and goes away at the end.
    more: watch::Receiver<()>,
    reader: JoinHandle<()>,
}

/// How a program has ended.
#[derive(Clone, Debug)]
pub struct Ended {
    /// Its exit code.
    pub status: ExitStatus,
    /// What it wrote to standard output.
    pub stdout: Vec<u8>,
    /// What it wrote to standard error.
    pub stderr: String,
}

impl Program {
    /// Starts a program that is on the path.
    ///
    /// # Panics
    ///
    /// If it is not.
    pub fn start(program: &str, args: impl IntoIterator<Item: AsRef<OsStr>>) -> Self {
        let mut command = Command::new(program);
        command.args(args);
        Self::spawn(program, command, "`cargo xtask setup --tools` installs it")
    }

    /// Starts an example of this workspace.
    ///
    /// # Panics
    ///
    /// If it has not been built.
    pub fn example(example: &str, args: impl IntoIterator<Item: AsRef<OsStr>>) -> Self {
        let mut command = Command::new(example_path(example));
        command.args(args);
        let hint = format!("`cargo test` or `cargo build --example {example}` builds it");
        Self::spawn(example, command, &hint)
    }

    fn spawn(name: &str, mut command: Command, hint: &str) -> Self {
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let mut child =
            command.spawn().unwrap_or_else(|error| panic!("cannot start {name} ({error}): {hint}"));
        let stdout = child.stdout.take().expect("it is piped");
        let stderr = child.stderr.take().expect("it is piped");
        let mut name = name.to_owned();
        for arg in command.as_std().get_args() {
            name.push(' ');
            name.push_str(&arg.to_string_lossy());
        }
        Self {
            name,
            stdin: child.stdin.take(),
            child,
            stdout: Output::of(stdout),
            stderr: Output::of(stderr),
        }
    }

    /// Feeds its standard input.
    ///
    /// # Panics
    ///
    /// If it does not take it.
    pub async fn write(&mut self, data: &[u8]) {
        let stdin = self.stdin.as_mut().expect("not closed before");
        within_deadline(format!("writing to {}", self.name), stdin.write_all(data))
            .await
            .unwrap_or_else(|error| panic!("writing to {}: {error}", self.name));
    }

    /// Waits until it has written a line with `text` to standard error, and returns that line.
    ///
    /// # Panics
    ///
    /// If it ends before, or does not within the [`DEADLINE`].
    pub async fn says(&mut self, text: &str) -> String {
        let what = format!("waiting for {text:?} from {}", self.name);
        let said = within_deadline(&what, async {
            loop {
                let said = self.stderr.text();
                let mut lines = said.split_inclusive('\n');
                if let Some(line) = lines.find(|line| line.contains(text) && line.ends_with('\n')) {
                    return Some(line.trim_end().to_owned());
                }
                // What it wrote last may not have been looked at yet.
                if self.stderr.more.changed().await.is_err() && self.stderr.text() == said {
                    return None;
                }
            }
        });
        said.await.unwrap_or_else(|| panic!("{what}: it has ended"))
    }

    /// Waits until it has written so many bytes to standard output, and returns what it has.
    ///
    /// # Panics
    ///
    /// If it ends before, or does not within the [`DEADLINE`].
    pub async fn writes(&mut self, bytes: usize) -> Vec<u8> {
        let what = format!("waiting for {bytes} bytes from {}", self.name);
        let written = within_deadline(&what, async {
            loop {
                let written = lock(&self.stdout.written).clone();
                if written.len() >= bytes {
                    return Some(written);
                }
                // What it wrote last may not have been looked at yet.
                let grown = self.stdout.more.changed().await.is_ok();
                if !grown && lock(&self.stdout.written).len() == written.len() {
                    return None;
                }
            }
        });
        written.await.unwrap_or_else(|| panic!("{what}: it has ended"))
    }

    /// Closes this side of the pipe that is its standard output.
    pub async fn stop_reading(&mut self) {
        self.stdout.reader.abort();
        // Aborting a task only asks it to end.
        let _ = (&mut self.stdout.reader).await;
    }

    /// Sends it a signal, as `INT` for what Ctrl-C sends.
    ///
    /// # Panics
    ///
    /// If it has ended.
    #[cfg(unix)]
    pub async fn signal(&self, signal: &str) {
        let id = self.child.id().expect("it has not been waited for");
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("kill -{signal} {id}")]);
        let status = within_deadline("kill", shell.status()).await;
        assert!(status.is_ok_and(|status| status.success()), "kill -{signal}");
    }

    /// Ends its standard input and waits until it ends.
    ///
    /// # Panics
    ///
    /// If it does not within the [`DEADLINE`].
    pub async fn ended(&mut self) -> Ended {
        self.stdin = None;
        self.ends().await
    }

    /// As [`ended`](Self::ended), and it ends well.
    ///
    /// # Panics
    ///
    /// If it fails, or does not end within the [`DEADLINE`].
    pub async fn succeeded(&mut self) -> Ended {
        self.stdin = None;
        self.succeeds().await
    }

    /// Waits until it ends well, with its standard input open.
    ///
    /// # Panics
    ///
    /// If it fails, or does not end within the [`DEADLINE`].
    pub async fn succeeds(&mut self) -> Ended {
        let ended = self.ends().await;
        assert!(ended.status.success(), "{}: {}", self.name, ended.status);
        ended
    }

    /// Waits until it ends, with its standard input open.
    ///
    /// # Panics
    ///
    /// If it does not within the [`DEADLINE`].
    pub async fn ends(&mut self) -> Ended {
        within_deadline(format!("waiting for the end of {}", self.name), async {
            let status = self.child.wait().await.expect("a child can be waited for");
            Ended {
                status,
                stdout: self.stdout.all().await,
                stderr: String::from_utf8_lossy(&self.stderr.all().await).into_owned(),
            }
        })
        .await
    }
}

/// A failing test shows what its programs said.
impl Drop for Program {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("--- {}", self.name);
            eprint!("{}", self.stderr.text());
            eprintln!("---");
        }
    }
}

impl Output {
    fn of(mut pipe: impl AsyncRead + Send + Unpin + 'static) -> Self {
        let written = Arc::new(Mutex::new(Vec::new()));
        let (grown, more) = watch::channel(());
        let reader = tokio::spawn({
            let written = written.clone();
            async move {
                let mut buffer = vec![0; 64 * 1024];
                // A pipe that cannot be read has ended, too.
                while let Ok(read @ 1..) = pipe.read(&mut buffer).await {
                    lock(&written).extend_from_slice(&buffer[..read]);
                    grown.send_replace(());
                }
            }
        });
        Self { written, more, reader }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&lock(&self.written)).into_owned()
    }

    /// Everything, once the program has ended.
    async fn all(&mut self) -> Vec<u8> {
        if !self.reader.is_finished() {
            // It only fails if it panics, which is shown already.
            let _ = (&mut self.reader).await;
        }
        lock(&self.written).clone()
    }
}

fn lock(written: &Mutex<Vec<u8>>) -> std::sync::MutexGuard<'_, Vec<u8>> {
    written.lock().unwrap_or_else(PoisonError::into_inner)
}

/// `cargo test` puts examples next to the directory of the tests.
fn example_path(example: &str) -> PathBuf {
    let test = env::current_exe().expect("a test has a path");
    let profile = test.ancestors().nth(2).expect("target/<profile>/deps");
    let name = format!("{example}{}", env::consts::EXE_SUFFIX);
    profile.join("examples").join(name)
}
