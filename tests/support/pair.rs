//! Two ends of a connection on loopback, and how to wait for them.

use std::env;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Once};
use std::time::Duration;

use srt_tokio::{Moderation, SrtListener, SrtOptions, SrtStream, TransmissionMode, set_moderation};

use crate::proxy::Proxy;

/// How long anything in a test may take before it counts as hanging.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// The moderation setting that a run of the tests is for; the default one if it is not set.
const SETTING: &str = "SRT_TEST_MODERATION";

/// Awaits `future`, and fails the test if it hangs.
pub async fn within<F: Future>(future: F) -> F::Output {
    moderate();
    match tokio::time::timeout(PATIENCE, future).await {
        Ok(output) => output,
        Err(_) => panic!("nothing happened within {PATIENCE:?}"),
    }
}

/// A connected caller and the stream that the listener has accepted, with default options.
pub async fn pair() -> (SrtStream, SrtStream) {
    pair_with(&SrtOptions::new()).await
}

/// A connected caller and the stream that the listener has accepted, in the given mode.
pub async fn pair_in(mode: TransmissionMode) -> (SrtStream, SrtStream) {
    pair_with(SrtOptions::new().transmission_mode(mode)).await
}

/// A connected caller and the stream that the listener has accepted, both with these options.
pub async fn pair_with(options: &SrtOptions) -> (SrtStream, SrtStream) {
    let listener = listen(options).await;
    let address = listener.local_addr().unwrap();
    let caller =
        async { SrtStream::builder().options(options).connect(address).await.expect("connect") };
    let accepted = async { listener.accept().await.expect("accept").0 };
    within(async { tokio::join!(caller, accepted) }).await
}

/// As [`pair_with`], through a relay.
pub async fn pair_through_proxy(options: &SrtOptions) -> (Proxy, SrtStream, SrtStream) {
    let listener = listen(options).await;
    let proxy = Proxy::to(listener.local_addr().unwrap()).await;
    let mut builder = SrtStream::builder();
    builder.options(options);
    let connect = builder.connect(proxy.address());
    let (caller, accepted) = within(async { tokio::join!(connect, listener.accept()) }).await;
    (proxy, caller.expect("connect"), accepted.expect("accept").0)
}

/// A listener on a free port of loopback.
pub async fn listen(options: &SrtOptions) -> SrtListener {
    moderate();
    SrtListener::builder().options(options).bind("127.0.0.1:0").await.expect("bind")
}

/// Puts the setting in force that this run of the tests is for.
fn moderate() {
    static SET: Once = Once::new();

    SET.call_once(|| match env::var(SETTING).as_deref() {
        Err(_) => {}
        Ok("lowest") => set_moderation(Moderation::LowestLatency),
        Ok("balanced") => set_moderation(Moderation::Balanced),
        Ok("efficient") => set_moderation(Moderation::Efficient),
        Ok("economy") => set_moderation(Moderation::Economy),
        Ok(other) => panic!("{SETTING}={other} is not a setting"),
    });
}

/// Counts how often `future` is polled.
pub async fn counted<F: Future>(polls: Arc<AtomicU64>, future: F) -> F::Output {
    let mut future = pin!(future);
    std::future::poll_fn(|cx| {
        polls.fetch_add(1, Relaxed);
        future.as_mut().poll(cx)
    })
    .await
}
