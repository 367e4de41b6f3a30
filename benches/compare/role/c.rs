//! The roles in C, over libsrt and over UDP. The loops are in benches/c; what is said before and
//! after is here.

use std::ffi::c_int;
use std::marker::PhantomData;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::{Result, bail, ensure};

use super::control::Control;
use super::plan::{Peer, Plan};
use super::report::{self, Sent};
use super::tally::{Tally, Total};

pub(crate) fn receive(plan: &Plan, control: &Control) -> Result<()> {
    let library = Library::start()?;
    let setup = Setup::of(plan);
    let sockets = library.accept(&setup, plan.streams, control)?;
    let mut tallies = Tally::of_streams(plan.streams, plan.delay);
    library.receive(&setup, &sockets, &mut tallies, control.stop())?;
    report::received(&Total::of(&tallies), None);
    library.close(&sockets);
    Ok(())
}

pub(crate) fn send(plan: &Plan, mut control: Control) -> Result<()> {
    let library = Library::start()?;
    let setup = Setup::of(plan);
    let sockets = library.call(&setup, plan.remote()?, plan.streams)?;
    let rejected = plan.streams - sockets.len();
    report::called(sockets.len(), rejected);
    let mut sent = Sent::default();
    if control.blocking_go() {
        let stop = control.stop();
        if plan.is_flood() {
            library.flood(&setup, &sockets, plan.bytes, stop, &mut sent)?;
        } else {
            library.send(&sockets, &Load::of(plan), stop, &mut sent)?;
        }
        report::done(&sent);
        control.blocking_stopped();
    }
    report::sent(&sent, rejected);
    library.close(&sockets);
    Ok(())
}

pub(crate) fn relay(plan: &Plan, control: &Control) -> Result<()> {
    let library = Library::start()?;
    let setup = Setup { shared_port: true, ..Setup::of(plan) };
    let outputs = library.call(&setup, plan.remote()?, plan.streams)?;
    ensure!(outputs.len() == plan.streams, "only {} calls were accepted", outputs.len());
    let input = library.accept(&setup, 1, control)?;
    let mut tallies = Tally::of_streams(1, plan.delay);
    let mut sent = Sent::default();
    if let [input] = *input {
        library.relay(&setup, input, &outputs, &mut tallies[0], control.stop(), &mut sent)?;
    }
    report::received(&Total::of(&tallies), Some(&sent));
    library.close(&outputs);
    library.close(&input);
    Ok(())
}

pub(crate) fn udp_receive(plan: &Plan, control: &Control) -> Result<()> {
    let (socket, port) = udp_listen()?;
    report::listening((Ipv4Addr::LOCALHOST, port).into());
    // Nobody connects.
    report::accepted(plan.streams, Duration::ZERO);
    let mut tallies = Tally::of_streams(plan.streams, plan.delay);
    udp_receive_into(socket, &mut tallies, control.stop())?;
    report::received(&Total::of(&tallies), None);
    udp_close(socket);
    Ok(())
}

pub(crate) fn udp_send(plan: &Plan, mut control: Control) -> Result<()> {
    let socket = udp_call(plan.remote()?)?;
    report::called(plan.streams, 0);
    ensure!(!plan.is_flood(), "UDP has no pace of its own: mbps= is missing");
    let mut sent = Sent::default();
    if control.blocking_go() {
        udp_send_all(socket, plan.streams, &Load::of(plan), control.stop(), &mut sent)?;
        report::done(&sent);
        control.blocking_stopped();
    }
    report::sent(&sent, 0);
    udp_close(socket);
    Ok(())
}

/// How sockets are made and served; `struct setup`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
struct Setup {
    latency_ms: u32,
    window: u32,
    max_mbps: u32,
    slack_us: u32,
    in_flight: u32,
    rest_us: u32,
    file: bool,
    shared_port: bool,
    drain: bool,
}

impl Setup {
    fn of(plan: &Plan) -> Self {
        let best = plan.peer == Peer::BestC;
        let if_best = |time: Duration| if best { time.as_micros() as u32 } else { 0 };
        Self {
            latency_ms: plan.latency.as_millis() as u32,
            window: plan.window.unwrap_or(0),
            max_mbps: plan.max_mbps.unwrap_or(0),
            slack_us: if_best(plan.slack),
            in_flight: plan.in_flight as u32,
            rest_us: if_best(plan.moderation),
            file: plan.file,
            shared_port: plan.shared_port,
            drain: best,
        }
    }
}

/// Messages at a rate; `struct load`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
struct Load {
    messages_per_tick: f64,
    messages: u64,
}

impl Load {
    fn of(plan: &Plan) -> Self {
        Self { messages_per_tick: plan.messages_per_tick(), messages: plan.messages() }
    }
}

/// A [`Tally`] as C sees it; `struct tally`.
#[derive(Debug)]
#[repr(C)]
struct RawTally<'a> {
    late_us: *mut u32,
    seen: *mut u64,
    capacity: u32,
    samples: u32,
    delay_ns: u64,
    received: u64,
    bytes: u64,
    first_ns: u64,
    last_ns: u64,
    buffers: PhantomData<&'a mut Tally>,
}

/// Has `note` note into the tallies.
fn with_raw<T>(tallies: &mut [Tally], note: impl FnOnce(*mut RawTally<'_>) -> T) -> T {
    let raw = |tally: &mut Tally| RawTally {
        late_us: tally.late_us.as_mut_ptr(),
        seen: tally.seen.as_mut_ptr(),
        // The bits are for as many.
        capacity: tally.late_us.len() as u32,
        samples: tally.samples,
        delay_ns: tally.delay_ns,
        received: tally.received,
        bytes: tally.bytes,
        first_ns: tally.first_ns,
        last_ns: tally.last_ns,
        buffers: PhantomData,
    };
    let mut raws: Vec<_> = tallies.iter_mut().map(raw).collect();
    let noted = note(raws.as_mut_ptr());
    let counts: Vec<_> = raws
        .iter()
        .map(|raw| (raw.samples, raw.received, raw.bytes, raw.first_ns, raw.last_ns))
        .collect();
    drop(raws);
    for (tally, (samples, received, bytes, first_ns, last_ns)) in tallies.iter_mut().zip(counts) {
        (tally.samples, tally.received, tally.bytes) = (samples, received, bytes);
        (tally.first_ns, tally.last_ns) = (first_ns, last_ns);
    }
    noted
}

/// libsrt, started.
#[derive(Debug)]
struct Library(());

impl Library {
    fn start() -> Result<Self> {
        // SAFETY: takes nothing, and is called once.
        check(unsafe { bench_startup() })?;
        Ok(Self(()))
    }

    /// Listens and accepts `count` connections, or fewer if told to stop, and reports.
    fn accept(&self, setup: &Setup, count: usize, control: &Control) -> Result<Vec<c_int>> {
        let mut port = 0;
        // SAFETY: both pointers are to locals that outlive the call.
        let listener = check(unsafe { bench_listen(setup, count as c_int, &mut port) })?;
        report::listening((Ipv4Addr::LOCALHOST, port).into());
        let mut sockets = vec![0; count];
        let mut took_us = 0;
        let (room, stop) = (sockets.as_mut_ptr(), control.stop());
        // SAFETY: there is room for `count` sockets; the other pointers are to what outlives the call.
        let accepted =
            check(unsafe { bench_accept(listener, room, count as c_int, stop, &mut took_us) })?;
        sockets.truncate(accepted as usize);
        if sockets.len() == count {
            report::accepted(count, Duration::from_micros(took_us));
        }
        Ok(sockets)
    }

    /// Returns those calls that were accepted.
    fn call(&self, setup: &Setup, to: SocketAddr, count: usize) -> Result<Vec<c_int>> {
        let to = in_c(to)?;
        let mut sockets = vec![0; count];
        // SAFETY: there is room for `count` sockets; the other pointers are to what outlives the call.
        let connected =
            check(unsafe { bench_call(setup, &to, sockets.as_mut_ptr(), count as c_int) })?;
        sockets.truncate(connected as usize);
        Ok(sockets)
    }

    fn receive(
        &self,
        setup: &Setup,
        sockets: &[c_int],
        tallies: &mut [Tally],
        stop: &AtomicBool,
    ) -> Result<()> {
        assert!(sockets.len() <= tallies.len());
        let count = sockets.len() as c_int;
        check(with_raw(tallies, |tallies| {
            // SAFETY: there are `count` sockets and as many tallies, and all outlive the call.
            unsafe { bench_receive(setup, sockets.as_ptr(), count, tallies, stop) }
        }))?;
        Ok(())
    }

    fn send(
        &self,
        sockets: &[c_int],
        load: &Load,
        stop: &AtomicBool,
        sent: &mut Sent,
    ) -> Result<()> {
        ensure!(!sockets.is_empty(), "nobody to send to");
        let count = sockets.len() as c_int;
        // SAFETY: there are `count` sockets, more than none, and all pointers outlive the call.
        check(unsafe { bench_send(sockets.as_ptr(), count, load, stop, sent) })?;
        Ok(())
    }

    fn flood(
        &self,
        setup: &Setup,
        sockets: &[c_int],
        bytes: u64,
        stop: &AtomicBool,
        sent: &mut Sent,
    ) -> Result<()> {
        ensure!(!sockets.is_empty(), "nobody to send to");
        let count = sockets.len() as c_int;
        // SAFETY: there are `count` sockets, more than none, and all pointers outlive the call.
        check(unsafe { bench_flood(setup, sockets.as_ptr(), count, bytes, stop, sent) })?;
        Ok(())
    }

    fn relay(
        &self,
        setup: &Setup,
        input: c_int,
        outputs: &[c_int],
        tally: &mut Tally,
        stop: &AtomicBool,
        sent: &mut Sent,
    ) -> Result<()> {
        let (to, count) = (outputs.as_ptr(), outputs.len() as c_int);
        check(with_raw(std::slice::from_mut(tally), |tally| {
            // SAFETY: there are `count` outputs and one tally, and all pointers outlive the call.
            unsafe { bench_relay(setup, input, to, count, tally, stop, sent) }
        }))?;
        Ok(())
    }

    fn close(&self, sockets: &[c_int]) {
        // SAFETY: the pointer is to as many sockets as said.
        unsafe { bench_close(sockets.as_ptr(), sockets.len() as c_int) };
    }
}

impl Drop for Library {
    fn drop(&mut self) {
        // SAFETY: no other thread of this program is in libsrt.
        unsafe { bench_cleanup() };
    }
}

fn udp_listen() -> Result<(c_int, u16)> {
    let mut port = 0;
    // SAFETY: the pointer is to a local.
    let socket = check(unsafe { bench_udp_listen(&mut port) })?;
    Ok((socket, port))
}

fn udp_call(to: SocketAddr) -> Result<c_int> {
    let to = in_c(to)?;
    // SAFETY: the pointer is to a local.
    check(unsafe { bench_udp_call(&to) })
}

fn udp_receive_into(socket: c_int, tallies: &mut [Tally], stop: &AtomicBool) -> Result<()> {
    let count = tallies.len() as c_int;
    check(with_raw(tallies, |tallies| {
        // SAFETY: there are `count` tallies, and all pointers outlive the call.
        unsafe { bench_udp_receive(socket, tallies, count, stop) }
    }))?;
    Ok(())
}

fn udp_send_all(
    socket: c_int,
    streams: usize,
    load: &Load,
    stop: &AtomicBool,
    sent: &mut Sent,
) -> Result<()> {
    // SAFETY: all pointers outlive the call.
    check(unsafe { bench_udp_send(socket, streams as c_int, load, stop, sent) })?;
    Ok(())
}

fn udp_close(socket: c_int) {
    // SAFETY: the socket is not used any more.
    unsafe { bench_udp_close(socket) };
}

fn check(result: c_int) -> Result<c_int> {
    ensure!(result != -1, "C has failed, and has said why");
    Ok(result)
}

fn in_c(address: SocketAddr) -> Result<libc::sockaddr_in> {
    let SocketAddr::V4(address) = address else { bail!("{address} is not IPv4") };
    Ok(libc::sockaddr_in {
        sin_family: libc::AF_INET as libc::sa_family_t,
        sin_port: address.port().to_be(),
        sin_addr: libc::in_addr { s_addr: u32::from(*address.ip()).to_be() },
        sin_zero: [0; 8],
    })
}

// Mirrors benches/c/bench.h.
#[link(name = "bench_peers", kind = "static")]
unsafe extern "C" {
    fn bench_startup() -> c_int;
    fn bench_cleanup();
    fn bench_listen(setup: *const Setup, backlog: c_int, port: *mut u16) -> c_int;
    fn bench_accept(
        listener: c_int,
        sockets: *mut c_int,
        count: c_int,
        stop: *const AtomicBool,
        took_us: *mut u64,
    ) -> c_int;
    fn bench_call(
        setup: *const Setup,
        to: *const libc::sockaddr_in,
        sockets: *mut c_int,
        count: c_int,
    ) -> c_int;
    fn bench_close(sockets: *const c_int, count: c_int);
    fn bench_receive(
        setup: *const Setup,
        sockets: *const c_int,
        count: c_int,
        tallies: *mut RawTally<'_>,
        stop: *const AtomicBool,
    ) -> c_int;
    fn bench_send(
        sockets: *const c_int,
        count: c_int,
        load: *const Load,
        stop: *const AtomicBool,
        sent: *mut Sent,
    ) -> c_int;
    fn bench_flood(
        setup: *const Setup,
        sockets: *const c_int,
        count: c_int,
        bytes: u64,
        stop: *const AtomicBool,
        sent: *mut Sent,
    ) -> c_int;
    fn bench_relay(
        setup: *const Setup,
        input: c_int,
        outputs: *const c_int,
        count: c_int,
        tally: *mut RawTally<'_>,
        stop: *const AtomicBool,
        sent: *mut Sent,
    ) -> c_int;
    fn bench_udp_listen(port: *mut u16) -> c_int;
    fn bench_udp_call(to: *const libc::sockaddr_in) -> c_int;
    fn bench_udp_close(socket: c_int);
    fn bench_udp_receive(
        socket: c_int,
        tallies: *mut RawTally<'_>,
        count: c_int,
        stop: *const AtomicBool,
    ) -> c_int;
    fn bench_udp_send(
        socket: c_int,
        count: c_int,
        load: *const Load,
        stop: *const AtomicBool,
        sent: *mut Sent,
    ) -> c_int;
}
