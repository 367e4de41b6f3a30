//! The listener's decision, its policy, its credentials and its events.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::Duration;

use futures::FutureExt;
use futures::future::join_all;
use srt_tokio::{
    AccessPolicy, ConnectionOptions, ConnectionRequest, Credentials, Decision, Error, IpNetwork,
    KeyLength, ListenerEvent, ListenerEvents, Passphrase, RejectReason, SrtEndpoint, SrtListener,
    SrtListenerBuilder, SrtOptions, SrtSocket, SrtStream, SrtStreamBuilder, StreamId,
    TransmissionMode,
};
use support::pair::{PATIENCE, pair, within};
use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

const LOOPBACK: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

async fn bind(builder: &SrtListenerBuilder) -> (SrtListener, SocketAddr) {
    let listener = within(builder.bind(LOOPBACK)).await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

fn passphrase(text: &str) -> Passphrase {
    Passphrase::new(text).unwrap()
}

/// A caller that asks for something.
fn asking(stream_id: &str) -> SrtStreamBuilder {
    let mut builder = SrtStream::builder();
    builder.stream_id(StreamId::new(stream_id).unwrap());
    builder
}

/// Both ends of a connection that comes about.
async fn connected(listener: &SrtListener, caller: &SrtStreamBuilder) -> (SrtStream, SrtStream) {
    let connect = caller.connect(listener.local_addr().unwrap());
    let (caller, accepted) = within(async { tokio::join!(connect, listener.accept()) }).await;
    (caller.unwrap(), accepted.unwrap().0)
}

/// The reason for which a caller is rejected.
async fn rejected(caller: &SrtStreamBuilder, address: SocketAddr) -> RejectReason {
    reason(within(caller.connect(address)).await)
}

fn reason(connected: io::Result<SrtStream>) -> RejectReason {
    let error = connected.expect_err("the caller is connected");
    assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused, "{error:?}");
    match Error::from_io(&error) {
        Some(Error::Rejected(reason)) => *reason,
        _ => panic!("{error:?}"),
    }
}

/// Sees to it that messages get from one end to the other.
async fn assert_carries(from: &SrtStream, to: &SrtStream) {
    within(from.send(b"hello")).await.unwrap();
    let mut buffer = [0; 1456];
    let received = within(to.recv(&mut buffer)).await.unwrap();
    assert_eq!(&buffer[..received], b"hello");
}

// libsrt's test_listen_callback.cpp, SecureSuccess, FauxPass, FauxUser and FauxSyntax, which are all of
// Core.ListenCallback in 1.5.1, with a panic in place of an exception.
#[tokio::test]
async fn users_have_passphrases_of_their_own() {
    let users = [("admin", "thelocalmanager"), ("user", "verylongpassword")];
    let mut builder = SrtListener::builder();
    builder.on_request(move |request| {
        assert_eq!(request.handshake_version(), 5);
        let text = request.stream_id().as_str().unwrap();
        let Some(name) = text.strip_prefix("#!::u=") else {
            return Decision::Reject(RejectReason::UNAUTHORIZED);
        };
        let (_, secret) = users.iter().find(|(user, _)| *user == name).expect("a known user");
        Decision::accept_with(
            ConnectionOptions::new()
                .passphrase(passphrase(secret))
                .receive_latency(Duration::from_millis(200)),
        )
    });
    let (listener, address) = bind(&builder).await;

    for (user, secret) in users {
        let mut caller = asking(&format!("#!::u={user}"));
        caller.passphrase(passphrase(secret));
        let (caller, accepted) = connected(&listener, &caller).await;
        assert_eq!(accepted.latency(), Duration::from_millis(200));
        assert_carries(&caller, &accepted).await;
    }
    let mut caller = asking("#!::u=admin");
    assert_eq!(rejected(&caller, address).await, RejectReason::Unsecure);
    caller.passphrase(passphrase("thelokalmanager"));
    assert_eq!(rejected(&caller, address).await, RejectReason::BadSecret);
    caller.stream_id(StreamId::new("#!::u=haivision").unwrap());
    assert_eq!(rejected(&caller, address).await, RejectReason::INTERNAL_SERVER_ERROR);
    caller.stream_id(StreamId::new("#!::s=unlimited").unwrap());
    assert_eq!(rejected(&caller, address).await, RejectReason::UNAUTHORIZED);
    assert!(listener.accept().now_or_never().is_none());
}

#[tokio::test]
async fn a_caller_is_told_the_reason() {
    use RejectReason as R;

    let as_decided = [
        R::FALLBACK,
        R::KEY_NOT_SUPPORTED,
        R::FILE_PATH,
        R::HOST_NOT_FOUND,
        R::BAD_REQUEST,
        R::UNAUTHORIZED,
        R::OVERLOAD,
        R::FORBIDDEN,
        R::NOT_FOUND,
        R::BAD_MODE,
        R::UNACCEPTABLE,
        R::CONFLICT,
        R::MEDIA_NOT_SUPPORTED,
        R::LOCKED,
        R::FAILED_DEPENDENCY,
        R::INTERNAL_SERVER_ERROR,
        R::UNIMPLEMENTED,
        R::GATEWAY,
        R::DOWN,
        R::VERSION,
        R::NO_ROOM,
        R::Predefined(1999),
        R::User(2000),
        R::User(2_147_482_647),
    ];
    let cannot_be_sent = [
        R::Unknown,
        R::BadSecret,
        R::Timeout,
        R::Predefined(999),
        R::Predefined(2000),
        R::User(1999),
        R::User(2_147_482_648),
        R::User(u32::MAX),
        R::Other(-1),
    ];
    let reasons: Vec<_> = as_decided.into_iter().chain(cannot_be_sent).collect();
    let mut builder = SrtListener::builder();
    builder.on_request({
        let reasons = reasons.clone();
        move |request| {
            let index: usize = request.stream_id().as_str().unwrap().parse().unwrap();
            reasons[index].into()
        }
    });
    let (listener, address) = bind(&builder).await;
    let mut events = listener.events();
    for (index, decided) in reasons.into_iter().enumerate() {
        let told = if index < as_decided.len() { decided } else { RejectReason::FALLBACK };
        let id = index.to_string();
        assert_eq!(rejected(&asking(&id), address).await, told);
        let (event, request) = next(&mut events, &id).await;
        assert_eq!(event, ListenerEvent::Requested(request.clone()));
        let (event, _) = next(&mut events, &id).await;
        assert_eq!(event, ListenerEvent::Rejected { request, reason: told });
    }
    assert!(listener.accept().now_or_never().is_none());
    assert_eq!(RejectReason::NOT_FOUND.to_string(), "not found (code 1404)");
}

// libsrt's test_socket_options.cpp, StreamIDOdd, StreamIDEven, StreamIDAlmostFull and StreamIDFull,
// as the callback sees them.
#[tokio::test]
async fn a_request_says_who_asks_for_what() {
    let (sender, requests) = std::sync::mpsc::channel();
    let mut builder = SrtListener::builder();
    builder.on_request(move |request| {
        sender.send(request.clone()).unwrap();
        Decision::Accept
    });
    let (listener, _) = bind(&builder).await;
    for len in [0, 1, 2, 3, 4, 5, 255, 509, 510, 511, 512] {
        let id = StreamId::new(vec![b'x'; len]).unwrap();
        let mut caller = SrtStream::builder();
        caller.stream_id(id.clone());
        let (caller, accepted) = connected(&listener, &caller).await;
        let request = requests.try_recv().unwrap();
        assert_eq!(request.stream_id(), &id);
        assert_eq!(accepted.stream_id(), &id);
        assert_eq!(request.peer_addr(), caller.local_addr().unwrap());
        assert_eq!(request.handshake_version(), 5);
    }
    assert!(requests.try_recv().is_err());
}

/// Peers older than SRT 1.3, of which nothing is left to test with.
#[tokio::test]
async fn an_old_handshake_has_no_stream_id() {
    const INDUCTION: u32 = 1;
    const CONCLUSION: u32 = -1_i32 as u32;
    const SHUTDOWN: u8 = 5;
    /// Where the request type and the cookie are in a handshake packet.
    const TYPE: usize = 16 + 20;
    const COOKIE: usize = 16 + 28;

    let (sender, requests) = std::sync::mpsc::channel();
    let mut builder = SrtListener::builder();
    builder.on_request(move |request| {
        sender.send(request.clone()).unwrap();
        Decision::Reject(RejectReason::VERSION)
    });
    let (_listener, address) = bind(&builder).await;
    let caller = UdpSocket::bind(LOOPBACK).await.unwrap();
    caller.connect(address).await.unwrap();

    let handshake = |kind: u32, cookie: &[u8]| {
        // A control packet of type 0, to nobody yet.
        let mut packet = [0x80_00_00_00_u32, 0, 0, 0].map(u32::to_be_bytes).concat();
        // Version, datagrams, first sequence number, segment size, flow window, type, socket id.
        let fields = [4, 2, 1000, 1500, 8192, kind, 4711];
        packet.extend(fields.map(u32::to_be_bytes).concat());
        packet.extend(cookie);
        packet.extend([127, 0, 0, 1]);
        packet.extend([0; 12]);
        packet
    };
    let mut answer = [0; 1500];
    caller.send(&handshake(INDUCTION, &[0; 4])).await.unwrap();
    within(caller.recv(&mut answer)).await.unwrap();
    assert_eq!(answer[TYPE..TYPE + 4], INDUCTION.to_be_bytes());
    let cookie = answer[COOKIE..COOKIE + 4].to_vec();
    caller.send(&handshake(CONCLUSION, &cookie)).await.unwrap();
    // It is not told why, because it would not understand.
    within(caller.recv(&mut answer)).await.unwrap();
    assert_eq!(answer[..2], [0x80, SHUTDOWN]);

    let request = requests.try_recv().unwrap();
    assert_eq!(request.handshake_version(), 4);
    assert!(request.stream_id().is_empty());
    assert_eq!(request.peer_addr(), caller.local_addr().unwrap());
}

#[tokio::test]
async fn a_connection_can_have_options_of_its_own() {
    let mut builder = SrtListener::builder();
    builder.passphrase(passphrase("of the listener")).on_request(|request| {
        let mut options = ConnectionOptions::new();
        match request.stream_id().as_str().unwrap() {
            "file" => options.transmission_mode(TransmissionMode::FileStream),
            "large" => options
                .payload_size(1456)
                .flow_window(1000)
                .send_buffer_size(200_000)
                .receive_buffer_size(300_000),
            "latency" => options.latency(Duration::from_millis(321)),
            "peer latency" => options.peer_latency(Duration::from_millis(654)),
            "patient" => options.peer_idle_timeout(Duration::from_secs(60)),
            "key" => options.passphrase(passphrase("of this one")).key_length(KeyLength::Aes256),
            "plain" => return Decision::Accept,
            _ => unreachable!(),
        };
        Decision::accept_with(&options)
    });
    let (listener, address) = bind(&builder).await;
    let asking = |stream_id| {
        let mut caller = asking(stream_id);
        caller.passphrase(passphrase("of the listener"));
        caller
    };

    let (_caller, accepted) = connected(&listener, &asking("plain")).await;
    assert_eq!(accepted.latency(), Duration::from_millis(120));
    assert_eq!(accepted.max_send_size(), 1316);

    let (_caller, accepted) = connected(&listener, &asking("large")).await;
    assert_eq!(accepted.max_send_size(), 1456);

    let (caller, accepted) = connected(&listener, &asking("latency")).await;
    assert_eq!(accepted.latency(), Duration::from_millis(321));
    assert_eq!(caller.latency(), Duration::from_millis(321));

    let (caller, accepted) = connected(&listener, &asking("peer latency")).await;
    assert_eq!(accepted.latency(), Duration::from_millis(120));
    assert_eq!(caller.latency(), Duration::from_millis(654));

    let (caller, accepted) = connected(&listener, &asking("patient")).await;
    assert_carries(&caller, &accepted).await;

    let mut file = asking("file");
    file.transmission_mode(TransmissionMode::FileStream);
    let (caller, accepted) = connected(&listener, &file).await;
    within(caller.send(&[7; 5000])).await.unwrap();
    let mut received = 0;
    while received < 5000 {
        received += within(accepted.recv(&mut [0; 9000])).await.unwrap();
    }

    assert_eq!(rejected(&asking("key"), address).await, RejectReason::BadSecret);
    let mut key = asking("key");
    key.passphrase(passphrase("of this one"));
    let (caller, accepted) = connected(&listener, &key).await;
    assert_carries(&caller, &accepted).await;
    assert_carries(&accepted, &caller).await;
}

#[tokio::test]
async fn options_that_cannot_be_set_are_the_listeners_fault() {
    let mut builder = SrtListener::builder();
    builder.on_request(|_| Decision::accept_with(ConnectionOptions::new().flow_window(1)));
    let (listener, address) = bind(&builder).await;
    let told = rejected(&SrtStream::builder(), address).await;
    assert_eq!(told, RejectReason::INTERNAL_SERVER_ERROR);
    assert!(listener.accept().now_or_never().is_none());
}

#[tokio::test]
async fn a_panic_rejects_and_the_listener_goes_on() {
    struct PanicsAgain;

    impl Drop for PanicsAgain {
        fn drop(&mut self) {
            panic!("and again");
        }
    }

    let mut builder = SrtListener::builder();
    builder.on_request(|request| match request.stream_id().as_str() {
        Some("text") => panic!("on purpose"),
        Some("anything") => std::panic::panic_any(PanicsAgain),
        _ => Decision::Accept,
    });
    let (listener, address) = bind(&builder).await;
    for _ in 0..3 {
        for kind in ["text", "anything"] {
            let told = rejected(&asking(kind), address).await;
            assert_eq!(told, RejectReason::INTERNAL_SERVER_ERROR);
        }
        let (caller, accepted) = connected(&listener, &SrtStream::builder()).await;
        assert_carries(&caller, &accepted).await;
    }
}

#[tokio::test]
async fn a_slow_decision_is_warned_about() {
    let log = log();
    let mut builder = SrtListener::builder();
    builder.on_request(|request| {
        if request.stream_id().as_str() == Some("slow") {
            thread::sleep(Duration::from_millis(30));
        }
        Decision::Accept
    });
    let (listener, _) = bind(&builder).await;
    let (caller, _accepted) = connected(&listener, &asking("slow")).await;
    let peer = format!("peer={}", caller.local_addr().unwrap());
    let said = log.lock().unwrap().clone();
    let warning = said.lines().find(|line| line.contains(&peer)).expect("there is a warning");
    assert!(warning.contains("slow decision"), "{warning}");
    assert!(warning.contains("WARN"), "{warning}");
}

#[tokio::test]
async fn a_listener_can_be_closed_by_its_own_decision() {
    let itself = Arc::new(OnceLock::<SrtListener>::new());
    let mut builder = SrtListener::builder();
    builder.on_request({
        let itself = Arc::downgrade(&itself);
        move |_| {
            itself.upgrade().unwrap().get().unwrap().close();
            Decision::Reject(RejectReason::DOWN)
        }
    });
    let (listener, address) = bind(&builder).await;
    itself.set(listener).unwrap();
    let told = rejected(&SrtStream::builder(), address).await;
    assert_eq!(told, RejectReason::DOWN);
    let error = within(itself.get().unwrap().accept()).await.unwrap_err();
    assert_eq!(Error::from_io(&error), Some(&Error::Closed));
    assert_leaves_its_port(address).await;
}

/// Only the listener's port waits for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_decision_that_has_closed_its_listener_holds_up_no_stream() {
    let (here, there) = pair().await;
    let (close, mut closed) = mpsc::unbounded_channel();
    let (deliver, delivered) = std::sync::mpsc::channel();
    let (outcome, mut seen) = mpsc::unbounded_channel();
    let delivered = Mutex::new(delivered);
    let itself = Arc::new(OnceLock::<SrtListener>::new());
    let mut builder = SrtListener::builder();
    builder.on_request({
        let itself = Arc::downgrade(&itself);
        move |_| {
            itself.upgrade().unwrap().get().unwrap().close();
            close.send(()).unwrap();
            let _ = outcome.send(delivered.lock().unwrap().recv_timeout(PATIENCE / 2));
            Decision::Reject(RejectReason::DOWN)
        }
    });
    let (listener, address) = bind(&builder).await;
    itself.set(listener).unwrap();
    let caller = tokio::spawn(async move { SrtStream::connect(address).await.map(drop) });
    within(closed.recv()).await.unwrap();
    here.send(b"meanwhile").await.unwrap();
    let received = within(there.recv(&mut [0; 1456])).await.unwrap();
    assert_eq!(received, b"meanwhile".len());
    deliver.send(()).unwrap();
    assert_eq!(within(seen.recv()).await, Some(Ok(())));
    assert!(within(caller).await.unwrap().is_err());
    assert_leaves_its_port(address).await;
}

/// Its last owner is the decision, which it owns.
#[tokio::test]
async fn a_listener_can_be_dropped_by_its_own_decision() {
    let itself = Arc::new(Mutex::new(None::<SrtListener>));
    let data = Arc::new("still there".to_owned());
    let freed = Arc::downgrade(&data);
    let mut builder = SrtListener::builder();
    builder.on_request({
        let itself = itself.clone();
        move |_| {
            drop(itself.lock().unwrap().take());
            assert_eq!(*data, "still there");
            Decision::Reject(RejectReason::DOWN)
        }
    });
    let (listener, address) = bind(&builder).await;
    drop(builder);
    *itself.lock().unwrap() = Some(listener);
    assert_eq!(rejected(&SrtStream::builder(), address).await, RejectReason::DOWN);
    assert!(freed.upgrade().is_none(), "the decision lives on");
    assert_leaves_its_port(address).await;
}

/// Whoever closes the listener meanwhile waits.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_decision_under_way_keeps_what_it_needs() {
    let (begun, has_begun) = std::sync::mpsc::channel();
    let (go_on, may_go_on) = std::sync::mpsc::channel();
    let may_go_on = Mutex::new(may_go_on);
    let data = Arc::new(());
    let freed = Arc::downgrade(&data);
    let mut builder = SrtListener::builder();
    builder.on_request(move |_| {
        begun.send(()).unwrap();
        may_go_on.lock().unwrap().recv().unwrap();
        assert_eq!(Arc::strong_count(&data), 1);
        Decision::Reject(RejectReason::FORBIDDEN)
    });
    let (listener, address) = bind(&builder).await;
    drop(builder);
    let call = tokio::spawn(async move { SrtStream::connect(address).await });
    within(tokio::task::spawn_blocking(move || has_begun.recv())).await.unwrap().unwrap();
    let (closes, is_closing) = tokio::sync::oneshot::channel();
    let closing = tokio::task::spawn_blocking(move || {
        closes.send(()).unwrap();
        drop(listener);
    });
    within(is_closing).await.unwrap();
    assert!(freed.upgrade().is_some());
    go_on.send(()).unwrap();
    within(closing).await.unwrap();
    assert!(freed.upgrade().is_none(), "the decision lives on");
    assert_eq!(reason(within(call).await.unwrap()), RejectReason::FORBIDDEN);
}

async fn assert_leaves_its_port(address: SocketAddr) {
    let deadline = Instant::now() + PATIENCE;
    while SrtListener::bind(address).await.is_err() {
        assert!(Instant::now() < deadline, "it listens still");
        sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listener_goes_away_while_requests_pour_in() {
    const CALLERS: usize = 300;
    const ROUNDS: usize = 5;

    for _ in 0..ROUNDS {
        let asked = Arc::new(AtomicUsize::new(0));
        let mut builder = SrtListener::builder();
        builder.backlog(CALLERS as u32).on_request({
            let asked = asked.clone();
            move |request| {
                let number = asked.fetch_add(1, Ordering::Relaxed);
                assert!(request.peer_addr().ip().is_loopback());
                match number % 3 {
                    0 => Decision::Reject(RejectReason::FORBIDDEN),
                    1 => Decision::accept_with(
                        ConnectionOptions::new().latency(Duration::from_millis(50)),
                    ),
                    _ => Decision::Accept,
                }
            }
        });
        let (listener, address) = bind(&builder).await;
        let mut events = listener.events();
        let owned = Arc::downgrade(&asked);
        drop(builder);

        let mut options = SrtOptions::new();
        options.connect_timeout(Duration::from_millis(1500));
        let endpoint = SrtEndpoint::builder().options(&options).bind(LOOPBACK).await.unwrap();
        let callers: Vec<_> = (0..CALLERS)
            .map(|_| {
                let endpoint = endpoint.clone();
                tokio::spawn(async move { endpoint.connect(address).await })
            })
            .collect();
        // In the middle of it.
        let deadline = Instant::now() + PATIENCE;
        while asked.load(Ordering::Relaxed) < CALLERS / 10 {
            assert!(Instant::now() < deadline, "nobody calls");
            tokio::task::yield_now().await;
        }
        drop(asked);
        drop(listener);
        assert!(owned.upgrade().is_none(), "the decision lives on");

        for connected in within(join_all(callers)).await {
            match connected.unwrap() {
                Ok(stream) => drop(stream),
                Err(error) => match Error::from_io(&error) {
                    Some(Error::Rejected(RejectReason::FORBIDDEN | RejectReason::Close))
                    | Some(Error::ConnectTimedOut) => {}
                    _ => panic!("{error:?}"),
                },
            }
        }
        while within(events.recv()).await.is_some() {}
    }
}

#[tokio::test]
async fn only_allowed_addresses_get_in() {
    let network = |text: &str| text.parse::<IpNetwork>().unwrap();
    let asked = Arc::new(AtomicUsize::new(0));
    let mut builder = SrtListener::builder();
    builder
        .access_policy(AccessPolicy::new().allow(network("127.0.0.0/8")).deny(Ipv6Addr::LOCALHOST))
        .on_request({
            let asked = asked.clone();
            move |_| {
                asked.fetch_add(1, Ordering::Relaxed);
                Decision::Accept
            }
        });
    // One that sees IPv4 addresses mapped to IPv6.
    let listener = within(builder.bind((Ipv6Addr::UNSPECIFIED, 0))).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (four, six) = ((Ipv4Addr::LOCALHOST, port).into(), (Ipv6Addr::LOCALHOST, port).into());
    let caller = SrtStream::builder();
    let connect = async |address: SocketAddr| {
        let connect = caller.connect(address);
        let (caller, accepted) = within(async { tokio::join!(connect, listener.accept()) }).await;
        (caller.unwrap(), accepted.unwrap())
    };

    connect(four).await;
    assert_eq!(rejected(&caller, six).await, RejectReason::FORBIDDEN);
    listener.set_access_policy(AccessPolicy::new().deny(network("127.0.0.0/31")));
    assert_eq!(rejected(&caller, four).await, RejectReason::FORBIDDEN);
    connect(six).await;
    listener.set_access_policy(&AccessPolicy::new());
    connect(four).await;
    // Who is refused by the policy is not asked about.
    assert_eq!(asked.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn connections_count_from_the_request_until_they_are_dropped() {
    let mut builder = SrtListener::builder();
    builder.access_policy(AccessPolicy::new().max_connections(2));
    let (listener, address) = bind(&builder).await;
    let caller = SrtStream::builder();
    let connect = || async { within(caller.connect(address)).await };

    // One waits to be accepted, the other is.
    let first = connect().await.unwrap();
    let (accepted, _) = within(listener.accept()).await.unwrap();
    let _second = connect().await.unwrap();
    assert_eq!(reason(connect().await), RejectReason::OVERLOAD);
    let (_waited, _) = within(listener.accept()).await.unwrap();
    assert_eq!(reason(connect().await), RejectReason::OVERLOAD);
    // The peer's leaving is not enough: who has the stream has the connection.
    drop(first);
    assert_eq!(within(accepted.recv(&mut [0; 1456])).await.unwrap(), 0);
    assert_eq!(reason(connect().await), RejectReason::OVERLOAD);
    drop(accepted);
    let _third = connect().await.unwrap();
    assert_eq!(reason(connect().await), RejectReason::OVERLOAD);

    listener.set_access_policy(AccessPolicy::new().max_connections(3));
    let _fourth = connect().await.unwrap();
    assert_eq!(reason(connect().await), RejectReason::OVERLOAD);
}

/// Who is rejected or does not get through takes nobody's place, even while nobody accepts.
#[tokio::test]
async fn what_fails_does_not_count() {
    let mut builder = SrtListener::builder();
    builder
        .passphrase(passphrase("correct horse"))
        .access_policy(AccessPolicy::new().max_connections(1))
        .on_request(|request| match request.stream_id().as_str() {
            Some("no") => Decision::Reject(RejectReason::NOT_FOUND),
            Some("panic") => panic!("on purpose"),
            _ => Decision::Accept,
        });
    let (listener, address) = bind(&builder).await;
    for _ in 0..5 {
        assert_eq!(rejected(&asking("no"), address).await, RejectReason::NOT_FOUND);
        let told = rejected(&asking("panic"), address).await;
        assert_eq!(told, RejectReason::INTERNAL_SERVER_ERROR);
        // Let in by the decision, and refused by libsrt.
        assert_eq!(rejected(&asking("open"), address).await, RejectReason::Unsecure);
    }
    let mut caller = SrtStream::builder();
    caller.passphrase(passphrase("correct horse"));
    let (_caller, _accepted) = connected(&listener, &caller).await;
    assert_eq!(rejected(&caller, address).await, RejectReason::OVERLOAD);
}

/// A peer that goes before it is accepted is forgotten once libsrt has given it up.
#[tokio::test]
async fn what_breaks_while_it_waits_does_not_count_for_ever() {
    let mut builder = SrtListener::builder();
    builder.access_policy(AccessPolicy::new().max_connections(1));
    let (_listener, address) = bind(&builder).await;
    let caller = SrtStream::builder();
    drop(within(caller.connect(address)).await.unwrap());
    let deadline = Instant::now() + PATIENCE;
    loop {
        match within(caller.connect(address)).await {
            Ok(_) => break,
            Err(error) => assert_eq!(reason(Err(error)), RejectReason::OVERLOAD),
        }
        assert!(Instant::now() < deadline, "it counts still");
        sleep(Duration::from_millis(100)).await;
    }
}

/// All of 127.0.0.0/8 is this machine's on Linux only.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn each_address_has_its_own_limit() {
    let mut builder = SrtListener::builder();
    builder.access_policy(AccessPolicy::new().max_connections_per_ip(2));
    let (listener, address) = bind(&builder).await;
    let from = |last: u8| {
        let mut caller = SrtStream::builder();
        caller.local_addr(([127, 0, 0, last], 0).into());
        caller
    };
    let mut streams = Vec::new();
    for last in [1, 2, 3] {
        for _ in 0..2 {
            streams.push(connected(&listener, &from(last)).await);
        }
        assert_eq!(rejected(&from(last), address).await, RejectReason::OVERLOAD);
    }
    // One of the second address.
    streams.remove(2);
    assert_eq!(rejected(&from(1), address).await, RejectReason::OVERLOAD);
    streams.push(connected(&listener, &from(2)).await);
    assert_eq!(rejected(&from(2), address).await, RejectReason::OVERLOAD);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_holds_for_calls_at_the_same_moment() {
    const MAX: usize = 20;

    let mut builder = SrtListener::builder();
    builder.access_policy(AccessPolicy::new().max_connections(MAX));
    let (_listener, address) = bind(&builder).await;
    let endpoint = SrtEndpoint::bind(LOOPBACK).await.unwrap();
    let callers = within(join_all((0..3 * MAX).map(|_| endpoint.connect(address)))).await;
    let (in_time, late): (Vec<_>, Vec<_>) = callers.into_iter().partition(Result::is_ok);
    assert_eq!(in_time.len(), MAX);
    assert!(late.into_iter().all(|late| reason(late) == RejectReason::OVERLOAD));
}

#[tokio::test]
async fn credentials_are_replaced_while_the_listener_runs() {
    let credentials = Credentials::new();
    let mut builder = SrtListener::builder();
    builder.on_request({
        let credentials = credentials.clone();
        move |request| credentials.decide(request.stream_id().as_bytes())
    });
    let (listener, address) = bind(&builder).await;
    let caller = |secret| {
        let mut caller = asking("cam1");
        caller.passphrase(passphrase(secret));
        caller
    };
    assert_eq!(rejected(&caller("correct horse"), address).await, RejectReason::UNAUTHORIZED);
    credentials.replace([("cam1", passphrase("correct horse"))]);
    let (one, other) = connected(&listener, &caller("correct horse")).await;
    credentials.insert("cam1", passphrase("battery staple"));
    assert_eq!(rejected(&caller("correct horse"), address).await, RejectReason::BadSecret);
    let (_again, _) = connected(&listener, &caller("battery staple")).await;
    credentials.remove("cam1");
    assert_eq!(rejected(&caller("battery staple"), address).await, RejectReason::UNAUTHORIZED);
    // Who is in stays in.
    assert_carries(&one, &other).await;
}

/// The next event of those who ask for `stream_id`. Others have repeated a request that was rejected.
async fn next(events: &mut ListenerEvents, stream_id: &str) -> (ListenerEvent, ConnectionRequest) {
    loop {
        let event = within(events.recv()).await.expect("the listener is open");
        let request = match &event {
            ListenerEvent::Requested(request)
            | ListenerEvent::Accepted(request)
            | ListenerEvent::Rejected { request, .. }
            | ListenerEvent::Failed(request) => request.clone(),
            other => panic!("{other:?}"),
        };
        if request.stream_id().as_str() == Some(stream_id) {
            return (event, request);
        }
    }
}

#[tokio::test]
async fn events_tell_in_order_what_became_of_requests() {
    let mut builder = SrtListener::builder();
    builder.passphrase(passphrase("correct horse")).on_request(|request| {
        match request.stream_id().as_str() {
            Some("no") => Decision::Reject(RejectReason::User(2001)),
            _ => Decision::Accept,
        }
    });
    let (listener, address) = bind(&builder).await;
    let mut events = listener.events();
    let serve = async {
        let mut streams = Vec::new();
        loop {
            match listener.accept().await {
                Ok((stream, _)) => streams.push(stream),
                Err(error) => break error,
            }
        }
    };
    let call = async {
        for (secret, stream_id) in [
            ("correct horse", "yes"),
            ("correct horse", "no"),
            ("battery staple", "wrong"),
            ("correct horse", "again"),
        ] {
            let mut caller = asking(stream_id);
            caller.passphrase(passphrase(secret));
            let connected = within(caller.connect(address)).await;
            let (event, request) = next(&mut events, stream_id).await;
            assert_eq!(event, ListenerEvent::Requested(request.clone()));
            if let Ok(stream) = &connected {
                assert_eq!(request.peer_addr(), stream.local_addr().unwrap());
            }
            let outcome = match stream_id {
                "no" => ListenerEvent::Rejected { request, reason: RejectReason::User(2001) },
                "wrong" => ListenerEvent::Failed(request),
                _ => ListenerEvent::Accepted(request),
            };
            let (event, _) = next(&mut events, stream_id).await;
            assert_eq!(event, outcome);
            assert_eq!(connected.is_ok(), matches!(outcome, ListenerEvent::Accepted(_)));
        }
        listener.close();
        while within(events.recv()).await.is_some() {}
    };
    let (error, ()) = within(async { tokio::join!(serve, call) }).await;
    assert_eq!(Error::from_io(&error), Some(&Error::Closed));
    assert_eq!(within(listener.events().recv()).await, None);
}

#[tokio::test]
async fn events_end_with_the_listener() {
    let (listener, address) = bind(&SrtListener::builder()).await;
    let mut events = listener.events();
    let mut late = tokio_test::task::spawn(async { events.recv().await });
    tokio_test::assert_pending!(late.poll());
    let _caller = within(SrtStream::connect(address)).await.unwrap();
    assert!(late.is_woken());
    assert!(matches!(within(late).await, Some(ListenerEvent::Requested(_))));
    drop(listener);
    assert_eq!(within(events.recv()).await, None);
}

#[tokio::test]
async fn listeners_on_other_ports_decide_as_well() {
    let mut builder = SrtListener::builder();
    builder.on_request(|request| match request.stream_id().is_empty() {
        true => Decision::Reject(RejectReason::BAD_REQUEST),
        false => Decision::Accept,
    });
    let endpoint = SrtEndpoint::bind(LOOPBACK).await.unwrap();
    let socket = SrtSocket::new(&SrtOptions::new()).unwrap();
    socket.bind(LOOPBACK).unwrap();
    for listener in [builder.listen_at(&endpoint).unwrap(), builder.listen(socket).unwrap()] {
        let address = listener.local_addr().unwrap();
        assert_eq!(rejected(&SrtStream::builder(), address).await, RejectReason::BAD_REQUEST);
        connected(&listener, &asking("something")).await;
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn one_decision_serves_all_shards() {
    const CALLERS: usize = 64;

    let threads = Arc::new(Mutex::new(std::collections::HashSet::new()));
    let peers = Arc::new(Mutex::new(std::collections::BTreeSet::new()));
    let mut builder = SrtListener::builder();
    builder.shards(4).access_policy(AccessPolicy::new().max_connections(CALLERS)).on_request({
        let (threads, peers) = (threads.clone(), peers.clone());
        move |request| {
            threads.lock().unwrap().insert(thread::current().id());
            assert!(peers.lock().unwrap().insert(request.peer_addr()));
            Decision::Accept
        }
    });
    let (listener, address) = bind(&builder).await;
    let mut streams = Vec::new();
    for _ in 0..CALLERS {
        streams.push(connected(&listener, &SrtStream::builder()).await);
    }
    for (caller, accepted) in &streams {
        let peer = caller.local_addr().unwrap();
        assert!(peers.lock().unwrap().remove(&peer));
        assert_eq!(accepted.peer_addr().unwrap(), peer);
    }
    assert_eq!(threads.lock().unwrap().len(), 4);
    // Wherever it goes.
    for _ in 0..8 {
        assert_eq!(rejected(&SrtStream::builder(), address).await, RejectReason::OVERLOAD);
    }
    streams.pop();
    connected(&listener, &SrtStream::builder()).await;
}

/// What is logged from now on at level "warn" and above.
fn log() -> Arc<Mutex<String>> {
    static LOG: OnceLock<Arc<Mutex<String>>> = OnceLock::new();

    #[derive(Clone)]
    struct Writer(Arc<Mutex<String>>);

    impl io::Write for Writer {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().push_str(&String::from_utf8_lossy(bytes));
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    let log = LOG.get_or_init(|| {
        let log = Arc::<Mutex<String>>::default();
        let writer = Writer(log.clone());
        tracing_subscriber::fmt()
            .with_ansi(false)
            .with_max_level(tracing_subscriber::filter::LevelFilter::WARN)
            .with_writer(move || writer.clone())
            .init();
        log
    });
    log.clone()
}
