//! Groups of connections (bonding), over real links that can be cut.
//!
//! Where libsrt has none, what is checked is that it is said.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use srt_tokio::{
    Error, GroupMember, GroupType, MemberState, SrtGroup, SrtGroupBuilder, SrtListener, SrtOptions,
    SrtStream,
};
use support::pair::within;
use support::proxy::Proxy;

/// Whether this libsrt has groups. If not, checks that it is said.
async fn has_groups() -> bool {
    let refused = match SrtGroup::broadcast().connect().await {
        Ok(_) => panic!("a group of nobody"),
        Err(error) => Error::from_io(&error).cloned(),
    };
    let unsupported = matches!(refused, Some(Error::Unsupported { .. }));
    let nobody = matches!(refused, Some(Error::InvalidOption { option: "member", .. }));
    assert!(unsupported || nobody, "{refused:?}");
    if cfg!(srt_bonding) {
        assert!(nobody, "this libsrt has bonding");
    }
    nobody
}

async fn listen() -> SrtListener {
    listen_with(&SrtOptions::new()).await
}

async fn listen_with(options: &SrtOptions) -> SrtListener {
    let listener = SrtListener::builder()
        .options(options.clone())
        .group_connect(true)
        .bind("127.0.0.1:0")
        .await
        .expect("bind");
    listener
}

async fn connect(group: &SrtGroupBuilder, listener: &SrtListener) -> (SrtStream, SrtStream) {
    let caller = async { group.connect().await.expect("connect") };
    let accepted = async { listener.accept().await.expect("accept").0 };
    within(async { tokio::join!(caller, accepted) }).await
}

#[tokio::test]
async fn smoke() {
    if !has_groups().await {
        return;
    }
    for mut group in [SrtGroup::broadcast(), SrtGroup::backup()] {
        let listener = listen().await;
        let address = listener.local_addr().unwrap();
        group.member(address).member(address);
        let (caller, accepted) = connect(&group, &listener).await;
        println!("{:?}", caller.group().unwrap().members());
        println!("{:?}", accepted.group().unwrap().members());
        for n in 0..10_u8 {
            within(caller.send(&[n; 100])).await.unwrap();
        }
        let mut buffer = [0; 1500];
        for n in 0..10_u8 {
            let len = within(accepted.recv(&mut buffer)).await.unwrap();
            assert_eq!(&buffer[..len], &[n; 100]);
        }
        println!("{:?}", caller.group().unwrap().members());
        println!("{:?}", accepted.group().unwrap().members());
        within(caller.close()).await.unwrap();
        assert_eq!(within(accepted.recv(&mut buffer)).await.unwrap(), 0);
    }
}
