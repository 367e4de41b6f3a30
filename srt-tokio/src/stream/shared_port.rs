//! UDP ports for calls that need none of their own.

use std::collections::HashSet;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::endpoint::Port;
use crate::options::SrtOptions;
use crate::socket::any_address;

/// How many calls a port gets in its life. It bounds the list of whom it has called, and how many
/// calls have one receive buffer and one sending thread in common.
const MAX_CALLS: usize = 64;

/// A port that lives as long as one of its calls.
#[derive(Debug)]
struct Shared {
    port: Weak<Port>,
    /// What it was bound to, with port 0.
    local: SocketAddr,
    options: SrtOptions,
    /// The payload size of calls on it that may have a packet filter. Larger packets of others get lost.
    filtered_payload: Option<usize>,
    /// Whom it has called. Never again the same address: a peer that goes by it may not have heard
    /// of the end of the call before.
    called: HashSet<SocketAddr>,
}

/// A port for a call to `remote` from `local`, any address if there is none, for the call to keep.
pub(super) fn port_for(
    remote: SocketAddr,
    local: Option<SocketAddr>,
    options: &SrtOptions,
) -> io::Result<Arc<Port>> {
    static SHARED: Mutex<Vec<Shared>> = Mutex::new(Vec::new());
    let lock = || SHARED.lock().unwrap_or_else(PoisonError::into_inner);

    let local = local.unwrap_or_else(|| any_address(remote));
    let (options, filtered_payload) = (options.of_port(), options.filtered_payload());
    let mut shared = lock();
    shared.retain(|shared| shared.port.strong_count() > 0);
    for shared in &mut *shared {
        let suits = shared.local == local
            && shared.options.is_same_port(&options)
            && shared.filtered_payload == filtered_payload
            && shared.called.len() < MAX_CALLS
            && !shared.called.contains(&remote);
        if let Some(port) = suits.then(|| shared.port.upgrade()).flatten() {
            shared.called.insert(remote);
            return Ok(port);
        }
    }
    // Not under the lock: libsrt may take its time.
    drop(shared);
    let port = Arc::new(Port::bind(&options, local)?);
    let called = HashSet::from([remote]);
    lock().push(Shared { port: Arc::downgrade(&port), local, options, filtered_payload, called });
    Ok(port)
}
