//! Taking a stream apart.

use super::SrtStream;
use crate::split::{self, OwnedReadHalf, OwnedWriteHalf, ReadHalf, WriteHalf};

/// # Halves
impl SrtStream {
    /// Splits the stream into halves that borrow it.
    ///
    /// ```no_run
    /// # #[tokio::main]
    /// # async fn main() -> std::io::Result<()> {
    /// # let mut stream = srt_tokio::SrtStream::connect("127.0.0.1:9000").await?;
    /// let (mut reader, mut writer) = stream.split();
    /// let (mut stdin, mut stdout) = (tokio::io::stdin(), tokio::io::stdout());
    /// tokio::try_join!(
    ///     tokio::io::copy(&mut reader, &mut stdout),
    ///     tokio::io::copy(&mut stdin, &mut writer),
    /// )?;
    /// stream.close().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn split(&mut self) -> (ReadHalf<'_>, WriteHalf<'_>) {
        split::borrowed(self)
    }

    /// Splits the stream into halves that can go to different tasks.
    ///
    /// ```no_run
    /// # #[tokio::main]
    /// # async fn main() -> std::io::Result<()> {
    /// # let stream = srt_tokio::SrtStream::connect("127.0.0.1:9000").await?;
    /// let (reader, writer) = stream.into_split();
    /// let answer = tokio::spawn(async move {
    ///     let mut buffer = [0; 1456];
    ///     let received = reader.recv(&mut buffer).await;
    ///     (reader, received)
    /// });
    /// writer.send(b"question").await?;
    ///
    /// let (reader, received) = answer.await?;
    /// println!("{} bytes", received?);
    /// // The two are of one stream.
    /// let stream = reader.reunite(writer).unwrap();
    /// stream.close().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn into_split(self) -> (OwnedReadHalf, OwnedWriteHalf) {
        split::owned(self)
    }
}
