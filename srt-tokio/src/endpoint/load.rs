//! Which port of a pool gets the next call.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The live calls of each port.
#[derive(Debug)]
pub(super) struct Load(Mutex<Vec<Calls>>);

#[derive(Clone, Debug, Default)]
struct Calls {
    total: usize,
    /// How many of them go to an address; never 0.
    to: HashMap<SocketAddr, usize>,
}

/// A call that counts as live until this is dropped.
#[derive(Debug)]
pub(super) struct Call {
    load: Arc<Load>,
    port: usize,
    remote: SocketAddr,
}

impl Load {
    pub(super) fn new(ports: usize) -> Arc<Self> {
        Arc::new(Self(Mutex::new(vec![Calls::default(); ports])))
    }

    /// Chooses a port for a call.
    pub(super) fn place(self: &Arc<Self>, remote: SocketAddr) -> Call {
        let mut ports = self.ports();
        let load = |calls: &Calls| (calls.to.get(&remote).copied().unwrap_or(0), calls.total);
        let (port, _) =
            (0..).zip(&*ports).min_by_key(|(_, calls)| load(calls)).expect("a pool has ports");
        ports[port].total += 1;
        *ports[port].to.entry(remote).or_default() += 1;
        drop(ports);
        Call { load: self.clone(), port, remote }
    }

    fn ports(&self) -> MutexGuard<'_, Vec<Calls>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Call {
    /// The index of the port in the pool.
    pub(super) fn port(&self) -> usize {
        self.port
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        let mut ports = self.load.ports();
        let calls = &mut ports[self.port];
        calls.total -= 1;
        if let Some(count) = calls.to.get_mut(&self.remote) {
            *count -= 1;
            if *count == 0 {
                calls.to.remove(&self.remote);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_goes_where_fewest_go_to_the_same_address_then_where_fewest_are() {
        let load = Load::new(2);
        let place = |port| load.place(SocketAddr::from(([127, 0, 0, 1], port)));
        let ports = |calls: &[Call]| calls.iter().map(Call::port).collect::<Vec<_>>();
        let mut same = vec![place(1), place(1), place(1)];
        assert_eq!(ports(&same), [0, 1, 0]);
        let other = place(2);
        assert_eq!(other.port(), 1);
        same.retain(|call| call.port() == 1);
        let crowd = [place(3), place(4), place(5)];
        assert_eq!(ports(&crowd), [0, 0, 0]);
        // The busier port, but without a call to the same address.
        same.push(place(1));
        assert_eq!(ports(&same), [1, 0]);
        // Gone calls are forgotten.
        drop((same, other, crowd));
        assert!(load.ports().iter().all(|calls| calls.total == 0 && calls.to.is_empty()));
    }
}
