//! The addresses that a name stands for.

use std::io;
use std::net::SocketAddr;

use tokio::net::{ToSocketAddrs, lookup_host};

use crate::error::Error;

/// Tries the addresses that a name stands for, one after the other, until one succeeds.
///
/// Otherwise fails as the last one did, but with what says most: that the peer has rejected the
/// connection is not forgotten for a failure of another address, and that an address
/// [cannot be reached](reachable) counts only if none can.
pub(crate) async fn try_each<T, F>(
    addresses: impl ToSocketAddrs,
    attempt: impl Fn(SocketAddr) -> F,
) -> io::Result<T>
where
    F: Future<Output = io::Result<T>>,
{
    let mut failed = None;
    for address in lookup_host(addresses).await? {
        match attempt(address).await {
            Ok(done) => return Ok(done),
            Err(error) if failed.as_ref().is_some_and(|last| weight(last) > weight(&error)) => {}
            Err(error) => failed = Some(error),
        }
    }
    let no_address = || {
        Error::InvalidOption { option: "address", reason: "the name stands for no address" }.into()
    };
    Err(failed.unwrap_or_else(no_address))
}

/// The remote address as a socket that is bound to `local` can call it.
pub(crate) fn reachable(
    local: SocketAddr,
    ipv6_only: bool,
    remote: SocketAddr,
) -> Result<SocketAddr, Error> {
    match (local, remote) {
        (SocketAddr::V4(_), SocketAddr::V4(_)) | (SocketAddr::V6(_), SocketAddr::V6(_)) => {
            Ok(remote)
        }
        (SocketAddr::V6(any), SocketAddr::V4(remote))
            if any.ip().is_unspecified() && !ipv6_only =>
        {
            Ok((remote.ip().to_ipv6_mapped(), remote.port()).into())
        }
        _ => Err(Error::AddressFamily { local, remote }),
    }
}

/// How much an error says about an attempt.
fn weight(error: &io::Error) -> u8 {
    match Error::from_io(error) {
        Some(Error::Rejected(_)) => 2,
        Some(Error::AddressFamily { .. }) => 0,
        _ => 1,
    }
}

#[cfg(all(test, not(srt_loom)))]
mod tests {
    use std::cell::RefCell;
    use std::future::ready;
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;
    use crate::error::RejectReason;

    const FAMILY: Error = Error::AddressFamily { local: address(0), remote: address(1) };
    const TIMED_OUT: Error = Error::ConnectTimedOut;
    const BAD_SECRET: Error = Error::Rejected(RejectReason::BadSecret);
    const BACKLOG: Error = Error::Rejected(RejectReason::Backlog);

    const fn address(port: u16) -> SocketAddr {
        SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)
    }

    /// What comes of addresses that end like this.
    async fn tried(results: &[Result<(), Error>]) -> io::Result<usize> {
        let addresses: Vec<_> = (0..results.len() as u16).map(address).collect();
        let attempt = |address: SocketAddr| {
            let index = usize::from(address.port());
            ready(results[index].clone().map(|()| index).map_err(io::Error::from))
        };
        try_each(&addresses[..], attempt).await
    }

    #[tokio::test]
    async fn the_first_address_that_succeeds_is_taken() {
        let results = [Err(FAMILY), Err(BAD_SECRET), Ok(()), Err(TIMED_OUT)];
        assert_eq!(tried(&results).await.unwrap(), 2);
    }

    #[tokio::test]
    async fn what_says_most_is_the_error() {
        for (results, expected) in [
            (&[TIMED_OUT, FAMILY][..], TIMED_OUT),
            (&[FAMILY, TIMED_OUT], TIMED_OUT),
            (&[FAMILY, FAMILY], FAMILY),
            (&[BAD_SECRET, TIMED_OUT, FAMILY], BAD_SECRET),
            (&[TIMED_OUT, BAD_SECRET], BAD_SECRET),
            (&[BAD_SECRET, TIMED_OUT, BACKLOG], BACKLOG),
            (&[TIMED_OUT, Error::ConnectionLost], Error::ConnectionLost),
        ] {
            let results: Vec<_> = results.iter().cloned().map(Err).collect();
            let error = tried(&results).await.unwrap_err();
            assert_eq!(Error::from_io(&error), Some(&expected), "{results:?}");
        }
    }

    #[tokio::test]
    async fn addresses_are_tried_in_their_order_and_none_is_an_error() {
        let tried = RefCell::new(Vec::new());
        let attempt = |address: SocketAddr| {
            tried.borrow_mut().push(address.port());
            ready(Err::<(), _>(TIMED_OUT.into()))
        };
        let addresses = [address(7), address(3), address(5)];
        try_each(&addresses[..], attempt).await.unwrap_err();
        assert_eq!(*tried.borrow(), [7, 3, 5]);
        let error = try_each(&addresses[..0], attempt).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    }

    #[test]
    fn a_wildcard_address_of_ipv6_reaches_both_families() {
        let parse = |text: &str| text.parse::<SocketAddr>().unwrap();
        let (four, six) = (parse("192.0.2.1:9000"), parse("[2001:db8::1]:9000"));
        for (local, ipv6_only, remote, expected) in [
            ("0.0.0.0:0", false, four, Some(four)),
            ("192.0.2.5:0", false, six, None),
            ("[::]:0", false, six, Some(six)),
            ("[::]:0", false, four, Some(parse("[::ffff:192.0.2.1]:9000"))),
            ("[::]:0", true, four, None),
            ("[::1]:0", false, four, None),
        ] {
            let local = parse(local);
            let reached = reachable(local, ipv6_only, remote);
            let unreachable = Error::AddressFamily { local, remote };
            assert_eq!(reached, expected.ok_or(unreachable), "{local} to {remote}");
        }
    }
}
