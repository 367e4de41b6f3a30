//! Files, pipes and standard output to write to.

use std::io;
use std::path::Path;

use tokio::fs::File;
use tokio::io::{AsyncWriteExt, BufWriter};

/// How many bytes are collected at most while more come.
const BUFFER: usize = 64 * 1024;

#[derive(Debug)]
pub(crate) struct Output(BufWriter<File>);

impl Output {
    /// Opens a file or a named pipe. A file keeps what it has until [`empty`](Self::empty).
    pub(crate) async fn open(path: &Path) -> io::Result<Self> {
        let mut options = File::options();
        options.write(true).create(true).truncate(false);
        Ok(Self::new(options.open(path).await?))
    }

    /// Standard output, without the buffer of the standard library, which holds back what has no
    /// end of line.
    pub(crate) fn standard() -> io::Result<Self> {
        Ok(Self::new(File::from_std(standard()?)))
    }

    fn new(file: File) -> Self {
        Self(BufWriter::with_capacity(BUFFER, file))
    }

    pub(crate) async fn empty(&self) -> io::Result<()> {
        let file = self.0.get_ref();
        if file.metadata().await?.is_file() {
            file.set_len(0).await?;
        }
        Ok(())
    }

    pub(crate) async fn write(&mut self, data: &[u8]) -> io::Result<()> {
        self.0.write_all(data).await
    }

    /// Waits until the system has everything that was written.
    pub(crate) async fn flush(&mut self) -> io::Result<()> {
        self.0.flush().await
    }

    /// Another handle of what is written to.
    #[cfg(unix)]
    pub(crate) async fn handle(&self) -> io::Result<std::fs::File> {
        Ok(self.0.get_ref().try_clone().await?.into_std().await)
    }
}

#[cfg(unix)]
fn standard() -> io::Result<std::fs::File> {
    use std::os::fd::AsFd;
    Ok(io::stdout().as_fd().try_clone_to_owned()?.into())
}

#[cfg(windows)]
fn standard() -> io::Result<std::fs::File> {
    use std::os::windows::io::AsHandle;
    Ok(io::stdout().as_handle().try_clone_to_owned()?.into())
}
