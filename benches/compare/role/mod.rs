//! The programs that are measured. Each runs in a process of its own, `compare role ROLE peer=PEER
//! KEY=VALUE...`, takes orders from its standard input and reports to its standard output.
//!
//! - `plan`: what it is told at the start
//! - `control`: what it is told later
//! - `report`: what it tells
//! - `stamp`: what a message says of itself
//! - `tally`: what a receiver notes of messages
//! - `ours`: the roles over this library
//! - `c`: the roles in C, over libsrt and over UDP
//!
//! | role | does |
//! |---|---|
//! | `receive` | listens, accepts `streams=` connections, receives what comes |
//! | `send` | calls `to=` for each of `streams=`; at `go` sends `mbps=` for `seconds=`, or `bytes=` as fast as it goes |
//! | `relay` | calls `to=` for each of `streams=` from one port, listens, accepts one connection, and sends to all what comes |

mod c;
mod control;
mod ours;
mod plan;
mod report;
pub(crate) mod stamp;
mod tally;

use anyhow::{Context, Result, bail};

use self::control::Control;
use self::plan::{Peer, Plan, Role};

/// Plays the role that the arguments describe, to the end.
pub(crate) fn run(args: impl Iterator<Item = String>) -> Result<()> {
    let plan = Plan::parse(args)?;
    let control = Control::start(plan.limit).context("listening to orders")?;
    match (plan.peer, plan.role) {
        (Peer::Ours, _) => ours::run(&plan, control),
        (Peer::RawC | Peer::BestC, Role::Receive) => c::receive(&plan, &control),
        (Peer::RawC | Peer::BestC, Role::Send) => c::send(&plan, control),
        (Peer::RawC | Peer::BestC, Role::Relay) => c::relay(&plan, &control),
        (Peer::Udp, Role::Receive) => c::udp_receive(&plan, &control),
        (Peer::Udp, Role::Send) => c::udp_send(&plan, control),
        (Peer::Udp, Role::Relay) => bail!("UDP has no relay"),
        (Peer::SrtTokio, _) => bail!("srt-tokio 0.4.4 is a program of its own, benches/peer"),
    }
}
