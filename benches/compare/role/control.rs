//! What a role is told later: to go, and to stop.

use std::io::{self, BufRead};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use tokio::sync::watch;

/// The orders from standard input, listened to by a thread.
#[derive(Clone, Debug)]
pub(crate) struct Control {
    order: watch::Receiver<Order>,
    stop: Arc<AtomicBool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Order {
    None,
    Go,
    Stop,
}

impl Control {
    /// Whatever happens, the process does not outlive `limit`.
    pub(crate) fn start(limit: Duration) -> io::Result<Self> {
        let seconds = u32::try_from(limit.as_secs()).unwrap_or(u32::MAX);
        // SAFETY: takes no pointers; the signal ends the process.
        unsafe { libc::alarm(seconds) };
        let (sender, order) = watch::channel(Order::None);
        let stop = Arc::new(AtomicBool::new(false));
        let told_to_stop = stop.clone();
        thread::Builder::new().name("control".into()).spawn(move || {
            for line in io::stdin().lock().lines() {
                match line.as_deref() {
                    Ok("go") => sender.send_replace(Order::Go),
                    _ => break,
                };
            }
            told_to_stop.store(true, Ordering::Relaxed);
            sender.send_replace(Order::Stop);
        })?;
        Ok(Self { order, stop })
    }

    /// Set when the role is to stop.
    pub(crate) fn stop(&self) -> &AtomicBool {
        &self.stop
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Waits for the order to go. False if it was to stop.
    pub(crate) async fn go(&mut self) -> bool {
        self.wait_for(Order::Go).await == Order::Go
    }

    /// Waits for the order to stop.
    pub(crate) async fn stopped(&mut self) {
        self.wait_for(Order::Stop).await;
    }

    /// Without a runtime.
    pub(crate) fn blocking_go(&mut self) -> bool {
        futures::executor::block_on(self.go())
    }

    /// Without a runtime.
    pub(crate) fn blocking_stopped(&mut self) {
        futures::executor::block_on(self.stopped());
    }

    async fn wait_for(&mut self, least: Order) -> Order {
        let order = self.order.wait_for(|order| *order >= least).await;
        order.map_or(Order::Stop, |order| *order)
    }
}
