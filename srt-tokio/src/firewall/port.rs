//! UDP ports behind the firewall.
//!
//! - this file: what to do where there can be no firewall
//! - `linux`: ports with the program attached
//! - `without`: ports of systems that have no such programs

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod without;

use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

use tracing::warn;

use super::TARGET;
use super::limits::Limits;
use super::policy::Firewall;
use crate::error::Error;

#[cfg(all(test, target_os = "linux", not(srt_loom)))]
pub(super) use self::linux::Filter;
#[cfg(target_os = "linux")]
pub(crate) use self::linux::{ClosedPorts, PortGuard, bind, bind_acquire, dropped, report_drops};
#[cfg(all(not(target_os = "linux"), unix))]
pub(crate) use self::without::bind_acquire;
#[cfg(not(target_os = "linux"))]
pub(crate) use self::without::{ClosedPorts, PortGuard, bind, dropped, report_drops};

/// What the options of a socket say about its UDP port.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "the firewall is Linux's"))]
pub(crate) struct PortPolicy {
    pub(crate) firewall: Firewall,
    pub(crate) limits: Limits,
    pub(crate) ipv6_only: Option<bool>,
}

impl PortPolicy {
    /// What to do with a port that cannot be put behind the firewall. There is one warning for each reason.
    pub(crate) fn without_firewall(
        &self,
        address: Option<SocketAddr>,
        needs: &'static str,
    ) -> Result<(), Error> {
        static WARNED: Mutex<Vec<&'static str>> = Mutex::new(Vec::new());

        match self.firewall {
            Firewall::Off => Ok(()),
            Firewall::On => {
                let mut warned = WARNED.lock().unwrap_or_else(PoisonError::into_inner);
                let is_new = !warned.contains(&needs);
                if is_new {
                    warned.push(needs);
                }
                // Subscribers run foreign code.
                drop(warned);
                if is_new {
                    let local = address.map(tracing::field::display);
                    warn!(target: TARGET, local, needs, "a UDP port of SRT is not behind the firewall");
                }
                Ok(())
            }
            Firewall::Required => Err(Error::Unsupported { feature: "a firewall", needs }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_without_a_firewall_is_an_error_only_where_one_is_required() {
        let limits = Limits {
            payload: 1456,
            filter: false,
            max_flow_window: 32,
            max_dropped: 32,
            min_segment_size: 316,
        };
        let without = |firewall| {
            let policy = PortPolicy { firewall, limits, ipv6_only: None };
            policy.without_firewall(None, "a kernel that has it")
        };
        assert_eq!(without(Firewall::Off), Ok(()));
        assert_eq!(without(Firewall::On), Ok(()));
        let needs = "a kernel that has it";
        let error = Error::Unsupported { feature: "a firewall", needs };
        assert_eq!(without(Firewall::Required), Err(error));
    }
}
