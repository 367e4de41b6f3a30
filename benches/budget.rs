//! The hot paths, one at a time, for callgrind to count their instructions: see `cargo xtask budget`.
//!
//! `budget` lists the scenarios, `budget NAME` runs one and prints how many operations it consisted
//! of. It is a program and no `[[bench]]`, which would want all development dependencies built.

use std::env;
use std::hint::black_box;
use std::pin::{Pin, pin};
use std::task::{Context, Waker};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result};
use srt_tokio::__bench::{Batch, Dispatcher, Readiness};
use srt_tokio::{Moderation, SrtOptions, SrtStream, set_moderation};
use support::pair::pair_with;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::runtime::{self, Runtime};

type Scenario = fn() -> Result<usize>;

/// The names are those of `budget.toml`.
const SCENARIOS: [(&str, Scenario); 13] = [
    ("dispatch_1", || dispatch(1)),
    ("dispatch_64", || dispatch(64)),
    ("dispatch_1024", || dispatch(1024)),
    ("dispatch_moderated_64", dispatch_moderated),
    ("wake_64", || wake(64)),
    ("register_deregister", register),
    ("recv_not_ready", recv_not_ready),
    ("recv_pending", recv_pending),
    ("recv_ready", || recv_ready(WHOLE)),
    ("recv_ready_copied", || recv_ready(MESSAGE.len())),
    ("recv_many_50", recv_many),
    ("read_in_parts", read_in_parts),
    ("send_ready", send_ready),
];

const OPERATIONS: usize = 100;

/// libsrt's ids count down from a random number.
const FIRST_ID: i32 = 817_365_904;

const MESSAGE: [u8; 1316] = [0x47; 1316];
/// Room for any live message.
const WHOLE: usize = 1456;
const LATENCY: Duration = Duration::from_millis(20);

fn main() -> Result<()> {
    let Some(wanted) = env::args().nth(1) else {
        SCENARIOS.iter().for_each(|(name, _)| println!("{name}"));
        return Ok(());
    };
    let scenario = SCENARIOS.iter().find(|(name, _)| *name == wanted);
    set_moderation(Moderation::LowestLatency);
    let (_, run) = scenario.with_context(|| format!("no scenario `{wanted}`"))?;
    println!("{}", run()?);
    Ok(())
}

/// The only function that is counted, with all that it calls. `cargo xtask budget` has its name.
#[inline(never)]
fn measured(operations: usize, mut operation: impl FnMut()) -> usize {
    for _ in 0..operations {
        operation();
    }
    operations
}

/// Events that nobody waits for.
fn dispatch(events: usize) -> Result<usize> {
    let (mut dispatcher, _sources) = dispatcher(events);
    let mut batch = batch(events);
    Ok(measured(OPERATIONS, || dispatcher.dispatch(black_box(&mut batch))))
}

/// The same where the reactor also notes who has received something.
fn dispatch_moderated() -> Result<usize> {
    set_moderation(Moderation::Balanced);
    dispatch(64)
}

/// Tasks that begin to wait, and the events that wake them.
fn wake(events: usize) -> Result<usize> {
    let (mut dispatcher, sources) = dispatcher(events);
    let mut batch = batch(events);
    let mut cx = Context::from_waker(Waker::noop());
    Ok(measured(OPERATIONS, || {
        for source in &sources {
            source.clear(source.snapshot());
            assert!(source.poll_readable(&mut cx).is_pending());
        }
        dispatcher.dispatch(black_box(&mut batch));
    }))
}

/// A socket that comes and goes among a thousand others.
fn register() -> Result<usize> {
    let (mut dispatcher, _sources) = dispatcher(1000);
    let registrar = dispatcher.registrar();
    let (id, mut nothing) = (FIRST_ID - 1000, batch(0));
    Ok(measured(OPERATIONS, || {
        registrar.register(black_box(id));
        registrar.deregister(id);
        dispatcher.dispatch(&mut nothing);
    }))
}

fn recv_not_ready() -> Result<usize> {
    let ends = Ends::new()?;
    let mut buffer = [0; WHOLE];
    ends.accepted.try_recv(&mut buffer).expect_err("nothing was sent");
    Ok(measured(OPERATIONS, || {
        assert!(black_box(ends.accepted.try_recv(&mut buffer)).is_err());
    }))
}

/// A receive that begins to wait and is given up.
fn recv_pending() -> Result<usize> {
    let ends = Ends::new()?;
    let mut buffer = [0; WHOLE];
    let mut cx = Context::from_waker(Waker::noop());
    ends.accepted.try_recv(&mut buffer).expect_err("nothing was sent");
    Ok(measured(OPERATIONS, || {
        assert!(pin!(ends.accepted.recv(&mut buffer)).poll(&mut cx).is_pending());
    }))
}

fn recv_ready(buffer: usize) -> Result<usize> {
    let ends = Ends::new()?;
    let mut buffer = vec![0; buffer];
    let mut cx = Context::from_waker(Waker::noop());
    ends.send(OPERATIONS)?;
    Ok(measured(OPERATIONS, || {
        assert!(pin!(ends.accepted.recv(&mut buffer)).poll(&mut cx).is_ready());
    }))
}

fn recv_many() -> Result<usize> {
    const AT_ONCE: usize = 50;
    let ends = Ends::new()?;
    let mut messages = Vec::with_capacity(AT_ONCE);
    ends.send(AT_ONCE * OPERATIONS / 10)?;
    Ok(measured(OPERATIONS / 10, || {
        let received = ends.accepted.try_recv_many(&mut messages, AT_ONCE);
        assert_eq!(received.expect("messages"), AT_ONCE);
        messages.clear();
    }))
}

/// Messages, each read as seven packets.
fn read_in_parts() -> Result<usize> {
    let mut ends = Ends::new()?;
    let mut buffer = [0; MESSAGE.len() / 7];
    let mut cx = Context::from_waker(Waker::noop());
    ends.send(OPERATIONS)?;
    Ok(measured(OPERATIONS, || {
        for _ in 0..7 {
            let mut buffer = ReadBuf::new(&mut buffer);
            assert!(Pin::new(&mut ends.accepted).poll_read(&mut cx, &mut buffer).is_ready());
            assert_eq!(buffer.remaining(), 0);
        }
    }))
}

fn send_ready() -> Result<usize> {
    let ends = Ends::new()?;
    let mut cx = Context::from_waker(Waker::noop());
    Ok(measured(OPERATIONS, || {
        assert!(pin!(ends.caller.send(black_box(&MESSAGE))).poll(&mut cx).is_ready());
    }))
}

/// A connection in live mode.
struct Ends {
    runtime: Runtime,
    caller: SrtStream,
    accepted: SrtStream,
}

impl Ends {
    fn new() -> Result<Self> {
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let (caller, accepted) = runtime.block_on(pair_with(SrtOptions::new().latency(LATENCY)));
        Ok(Self { runtime, caller, accepted })
    }

    /// Sends messages, and returns when they can be received.
    fn send(&self, messages: usize) -> Result<()> {
        for _ in 0..messages {
            self.caller.try_send(&MESSAGE)?;
        }
        self.runtime.block_on(self.caller.acknowledged())?;
        // They have come; what is left to wait for is the time to play them.
        thread::sleep(10 * LATENCY);
        Ok(())
    }
}

/// A dispatcher with sources that count as readable.
fn dispatcher(sources: usize) -> (Dispatcher, Vec<Readiness>) {
    let mut dispatcher = Dispatcher::new();
    let registrar = dispatcher.registrar();
    let sources = ids(sources).map(|id| registrar.register(id)).collect();
    dispatcher.dispatch(&mut batch(0));
    (dispatcher, sources)
}

fn batch(events: usize) -> Batch {
    Batch::readable(ids(events))
}

fn ids(count: usize) -> impl Iterator<Item = i32> {
    (0..count as i32).map(|n| FIRST_ID - n)
}
