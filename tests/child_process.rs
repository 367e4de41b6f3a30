//! Programs that are started while there are connections.

#![cfg(unix)]

use std::net::UdpSocket;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use srt_tokio::{SrtOptions, SrtStream};
use support::pair::{listen, within};

#[tokio::test]
async fn a_child_disturbs_no_connection_and_inherits_no_port() {
    let listener = listen(&SrtOptions::new()).await;
    let address = listener.local_addr().unwrap();
    let connect = SrtStream::connect(address);
    let (caller, accepted) = within(async { tokio::join!(connect, listener.accept()) }).await;
    let (caller, (accepted, _)) = (caller.unwrap(), accepted.unwrap());
    let calling = caller.local_addr().unwrap();

    echo(&caller, &accepted).await;
    let status = Command::new("true").status().unwrap();
    assert!(status.success());
    echo(&caller, &accepted).await;

    // It lives until its input is closed.
    let child = Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::null()).spawn();
    let mut child = Killed(child.unwrap());
    echo(&caller, &accepted).await;

    drop((listener, caller, accepted));
    for address in [address, calling] {
        // libsrt gives up a port a moment after its last socket.
        within(async {
            while UdpSocket::bind(address).is_err() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        })
        .await;
    }
    assert!(child.0.try_wait().unwrap().is_none(), "the child is gone");
}

async fn echo(caller: &SrtStream, accepted: &SrtStream) {
    for (from, to) in [(caller, accepted), (accepted, caller)] {
        within(from.send(b"hello")).await.unwrap();
        assert_eq!(within(to.recv(&mut [0; 1456])).await.unwrap(), 5);
    }
}

/// A child that does not outlive the test.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
