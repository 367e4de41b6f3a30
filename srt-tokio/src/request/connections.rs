//! How many connections a listener has.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The connections of a listener, from their requests on.
#[derive(Debug, Default)]
pub(super) struct Connections(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    total: usize,
    /// Never 0.
    by_ip: HashMap<IpAddr, usize>,
}

/// A connection that counts until this is dropped.
#[derive(Debug)]
pub(super) struct Place {
    connections: Arc<Connections>,
    ip: IpAddr,
}

impl Connections {
    /// Counts one more, unless there are as many as there may be.
    pub(super) fn place(
        self: &Arc<Self>,
        ip: IpAddr,
        max: usize,
        max_per_ip: usize,
    ) -> Option<Place> {
        let ip = ip.to_canonical();
        let mut counts = self.counts();
        let of_ip = counts.by_ip.get(&ip).copied().unwrap_or(0);
        if counts.total >= max || of_ip >= max_per_ip {
            return None;
        }
        counts.total += 1;
        counts.by_ip.insert(ip, of_ip + 1);
        drop(counts);
        Some(Place { connections: self.clone(), ip })
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.connections.counts();
        counts.total -= 1;
        if let Some(of_ip) = counts.by_ip.get_mut(&self.ip) {
            *of_ip -= 1;
            if *of_ip == 0 {
                counts.by_ip.remove(&self.ip);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_given_until_a_limit_is_reached_and_again_when_one_is_free() {
        let connections = Arc::new(Connections::default());
        let place = |last| connections.place(IpAddr::from([127, 0, 0, last]), 3, 2);
        let first = place(1).unwrap();
        let _second = place(1).unwrap();
        assert!(place(1).is_none());
        let mapped = "::ffff:127.0.0.1".parse().unwrap();
        assert!(connections.place(mapped, 3, 2).is_none());
        let other = place(2).unwrap();
        assert!(place(3).is_none());
        drop(first);
        let _again = place(1).unwrap();
        assert!(place(3).is_none());
        drop(other);
        assert!(place(1).is_none());
        assert!(place(3).is_some());
        assert_eq!(connections.counts().by_ip.len(), 1);
    }
}
