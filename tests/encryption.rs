//! Encryption: who can read what, and what is known about it.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use KeyMaterialState::{BadSecret, NoSecret, Secured, Unsecured};
use srt_tokio::{
    CipherMode, Encryption, Error, KeyLength, KeyMaterialState, Passphrase, RejectReason,
    SrtListener, SrtOptions, SrtStream, libsrt_version,
};
use support::pair::{listen, pair_with, within};
use tokio::net::UdpSocket;
use tokio::task::JoinHandle;

const SECRET: Option<&str> = Some("s!t@r#i$c^t");
const OTHER: Option<&str> = Some("s!t@r#i$c^tu");
const NONE: Option<&str> = None;

/// What comes of an attempt to connect.
#[derive(Clone, Copy, Debug)]
enum Outcome {
    /// The states of both directions, send and receive, of the caller and of the accepted stream.
    Connected([KeyMaterialState; 2], [KeyMaterialState; 2]),
    /// By the listener, which accepts nothing.
    Rejected(RejectReason),
    /// By the caller. The listener may accept a stream, which soon ends.
    BrokenOff(RejectReason),
}

fn options(enforced: bool, passphrase: Option<&str>) -> SrtOptions {
    let mut options = SrtOptions::new();
    options.enforced_encryption(enforced).latency(Duration::from_millis(20));
    if let Some(passphrase) = passphrase {
        options.passphrase(Passphrase::new(passphrase).unwrap());
    }
    options
}

async fn connect(listener: &SrtListener, options: &SrtOptions) -> io::Result<SrtStream> {
    let address = listener.local_addr()?;
    within(SrtStream::builder().options(options).connect(address)).await
}

fn states(encryption: Encryption) -> [KeyMaterialState; 2] {
    [encryption.send, encryption.receive]
}

/// TestEnforcedEncryption.CASE_A_1 to CASE_D_5, each of them NonBlocking.
#[tokio::test]
async fn passphrases_match_or_the_connection_is_what_both_sides_put_up_with() {
    use Outcome::{BrokenOff, Connected, Rejected};

    let secured = Connected([Secured; 2], [Secured; 2]);
    let unsecured = Connected([Unsecured; 2], [Unsecured; 2]);
    let bad = RejectReason::BadSecret;
    let one_sided = RejectReason::Unsecure;
    // Whether the caller and the listener enforce it, and their passphrases.
    let table = [
        ("A.1", true, true, SECRET, SECRET, secured),
        ("A.2", true, true, SECRET, OTHER, Rejected(bad)),
        ("A.3", true, true, SECRET, NONE, Rejected(one_sided)),
        ("A.4", true, true, NONE, OTHER, Rejected(one_sided)),
        ("A.5", true, true, NONE, NONE, unsecured),
        ("B.1", true, false, SECRET, SECRET, secured),
        ("B.2", true, false, SECRET, OTHER, BrokenOff(bad)),
        ("B.3", true, false, SECRET, NONE, BrokenOff(one_sided)),
        ("B.4", true, false, NONE, OTHER, BrokenOff(one_sided)),
        ("B.5", true, false, NONE, NONE, unsecured),
        ("C.1", false, true, SECRET, SECRET, secured),
        ("C.2", false, true, SECRET, OTHER, Rejected(bad)),
        ("C.3", false, true, SECRET, NONE, Rejected(one_sided)),
        ("C.4", false, true, NONE, OTHER, Rejected(one_sided)),
        ("C.5", false, true, NONE, NONE, unsecured),
        ("D.1", false, false, SECRET, SECRET, secured),
        ("D.2", false, false, SECRET, OTHER, Connected([BadSecret; 2], [BadSecret; 2])),
        (
            "D.3",
            false,
            false,
            SECRET,
            NONE,
            Connected([NoSecret, Unsecured], [Unsecured, NoSecret]),
        ),
        ("D.4", false, false, NONE, OTHER, Connected([Unsecured, NoSecret], [NoSecret, Unsecured])),
        ("D.5", false, false, NONE, NONE, unsecured),
    ];
    for (case, here, there, passphrase, theirs, outcome) in table {
        println!("{case}");
        let listener = listen(&options(there, theirs)).await;
        let connected = connect(&listener, &options(here, passphrase)).await;
        match (outcome, connected) {
            (Connected(called, accepted), Ok(caller)) => {
                let (stream, _) = within(listener.accept()).await.unwrap();
                assert_eq!(states(caller.encryption().unwrap()), called, "{case}");
                assert_eq!(states(stream.encryption().unwrap()), accepted, "{case}");
                for (from, to) in [(&caller, &stream), (&stream, &caller)] {
                    check_transfer(case, from, to).await;
                }
            }
            (Rejected(reason) | BrokenOff(reason), Err(error)) => {
                let expected = Some(&Error::Rejected(reason));
                assert_eq!(Error::from_io(&error), expected, "{case}");
                let may_accept = matches!(outcome, BrokenOff(_));
                check_goes_on(case, &listener, &options(there, theirs), may_accept).await;
            }
            (outcome, connected) => panic!("{case}: {connected:?} instead of {outcome:?}"),
        }
    }
}

/// Sees to it that what cannot be decrypted is never delivered, nor says that there is something to
/// receive (libsrt's issue 2503), and that everything else arrives.
async fn check_transfer(case: &str, from: &SrtStream, to: &SrtStream) {
    let readable = match from.encryption().unwrap().send {
        // No key, or the right one.
        Unsecured | Secured => true,
        _ => false,
    };
    let mut buffer = [0; 1456];
    // So that nothing of before counts as worth a try.
    assert_eq!(to.try_recv(&mut buffer).unwrap_err().kind(), io::ErrorKind::WouldBlock);
    within(from.send(b"who can read this?")).await.unwrap();
    if readable {
        let received = within(to.recv(&mut buffer)).await.unwrap();
        assert_eq!(&buffer[..received], b"who can read this?", "{case}");
        return;
    }
    let undecrypted = async {
        loop {
            let stats = to.stats().unwrap();
            if stats.packets_undecrypted > 0 && stats.receive_buffer_packets == 0 {
                break;
            }
            tokio::task::yield_now().await;
        }
    };
    // libsrt 1.5.1 says that there is something to receive. That a receive finds nothing is enough then.
    let received = async {
        if libsrt_version() >= (1, 5, 2) {
            to.readable().await.map(|()| 0)
        } else {
            to.recv(&mut buffer).await
        }
    };
    tokio::select! {
        received = received => panic!("{case}: {received:?}"),
        () = within(undecrypted) => {}
    }
    assert_eq!(to.try_recv(&mut buffer).unwrap_err().kind(), io::ErrorKind::WouldBlock, "{case}");
}

/// Sees to it that the listener accepts others, and nothing usable before them.
async fn check_goes_on(case: &str, listener: &SrtListener, like: &SrtOptions, may_accept: bool) {
    let caller = connect(listener, like).await.unwrap();
    loop {
        let (stream, peer) = within(listener.accept()).await.unwrap();
        if peer == caller.local_addr().unwrap() {
            break;
        }
        assert!(may_accept, "{case}: accepted what was rejected");
        assert_eq!(within(stream.recv(&mut [0; 1456])).await.unwrap(), 0, "{case}");
    }
}

/// TestEnforcedEncryption.PasswordLength
#[test]
fn a_passphrase_has_10_to_80_bytes() {
    assert!(Passphrase::new("too_short").is_err());
    assert!(Passphrase::new("proper_len").is_ok());
    assert!(Passphrase::new("proper_length").is_ok());
    assert!(Passphrase::new([b'!'; 80]).is_ok());
    assert!(Passphrase::new([b'!'; 81]).is_err());
    // No passphrase is none, and not an empty one.
    assert!(Passphrase::new("").is_err());
}

/// libsrt takes what the type takes: the shortest, the longest, and any bytes.
#[tokio::test]
async fn every_passphrase_connects() {
    for passphrase in [vec![b' '; 10], vec![b'~'; 80], (0..80).collect(), "ä".repeat(40).into()] {
        let mut options = SrtOptions::new();
        options.passphrase(Passphrase::new(passphrase).unwrap());
        let (caller, accepted) = pair_with(&options).await;
        assert!(caller.encryption().unwrap().is_secured());
        assert!(accepted.encryption().unwrap().is_secured());
    }
}

#[tokio::test]
async fn the_key_has_the_length_that_one_side_wants() {
    let lengths = [KeyLength::Aes128, KeyLength::Aes192, KeyLength::Aes256];
    for length in lengths {
        let mut with_length = options(true, SECRET);
        with_length.key_length(length);
        let without = options(true, SECRET);
        for (there, here) in [(&with_length, &without), (&without, &with_length)] {
            let listener = listen(there).await;
            let caller = connect(&listener, here).await.unwrap();
            let (accepted, _) = within(listener.accept()).await.unwrap();
            for stream in [&caller, &accepted] {
                let encryption = within(stream.encryption_settled()).await.unwrap();
                assert!(encryption.is_secured());
                assert_eq!(encryption.key_length, Some(length));
                assert_eq!(encryption.cipher_mode, Some(CipherMode::AesCtr));
            }
            check_transfer("caller", &caller, &accepted).await;
            check_transfer("listener", &accepted, &caller).await;
        }
    }
}

#[tokio::test]
async fn without_a_passphrase_there_is_no_key() {
    let (caller, _accepted) = pair_with(&SrtOptions::new()).await;
    let encryption = within(caller.encryption_settled()).await.unwrap();
    assert!(!encryption.is_secured());
    assert_eq!(states(encryption), [Unsecured; 2]);
    assert_eq!((encryption.key_length, encryption.cipher_mode), (None, None));
}

#[tokio::test]
async fn keys_are_refreshed_under_way() {
    let mut options = options(true, SECRET);
    // Nothing shall get lost on a slow machine.
    options.too_late_drop(false).key_refresh_rate(64).key_pre_announce(16);
    let listener = listen(&options).await;
    let tap = Tap::to(listener.local_addr().unwrap()).await;
    let connect = SrtStream::builder().options(&options).connect(tap.address).await;
    let caller = connect.unwrap();
    let (accepted, _) = within(listener.accept()).await.unwrap();
    // Even and odd keys take turns, every 64 packets, or later if the peer is slow to take a new one.
    let turns = || {
        let mut keys: Vec<u8> = tap.packets().iter().filter_map(|packet| key_of(packet)).collect();
        keys.dedup();
        keys
    };
    let mut buffer = [0; 1456];
    for round in 0..=u8::MAX {
        if turns().len() >= 4 {
            break;
        }
        for number in 0..8 {
            within(caller.send(&[round, number])).await.unwrap();
        }
        for number in 0..8 {
            let received = within(accepted.recv(&mut buffer)).await.unwrap();
            assert_eq!(&buffer[..received], &[round, number]);
        }
    }
    assert_eq!(accepted.stats().unwrap().packets_undecrypted, 0);
    assert!(accepted.encryption().unwrap().is_secured());
    let keys = turns();
    assert!(keys.len() >= 4, "{keys:?}");
    assert!(keys.iter().all(|key| [1, 2].contains(key)), "{keys:?}");
}

/// The outcome of libsrt's TestCRYSPRmethods and TestCRYSPRcrypto.
#[tokio::test]
async fn what_is_encrypted_cannot_be_read_on_the_way() {
    let text = b"for your eyes only, and not in clear text";
    for (passphrase, readable) in [(NONE, true), (SECRET, false)] {
        let options = options(true, passphrase);
        let listener = listen(&options).await;
        let tap = Tap::to(listener.local_addr().unwrap()).await;
        let caller =
            within(SrtStream::builder().options(&options).connect(tap.address)).await.unwrap();
        let (accepted, _) = within(listener.accept()).await.unwrap();
        within(caller.send(text)).await.unwrap();
        let mut buffer = [0; 1456];
        assert_eq!(within(accepted.recv(&mut buffer)).await.unwrap(), text.len());
        let packets = tap.packets();
        let data: Vec<_> =
            packets.iter().filter_map(|packet| Some((key_of(packet)?, packet))).collect();
        assert!(!data.is_empty());
        for (key, packet) in data {
            assert_eq!(key == 0, readable);
            assert_eq!(packet.windows(text.len()).any(|window| window == text), readable);
        }
    }
}

/// The negotiation table of SRTO_CRYPTOMODE.
#[cfg(srt_aead)]
#[tokio::test]
async fn cipher_modes_are_negotiated_or_rejected() {
    use CipherMode::{AesCtr, AesGcm, Auto};

    let table = [
        (Auto, Auto, Some(AesCtr)),
        (Auto, AesCtr, Some(AesCtr)),
        (Auto, AesGcm, None),
        (AesCtr, Auto, Some(AesCtr)),
        (AesCtr, AesCtr, Some(AesCtr)),
        (AesCtr, AesGcm, None),
        (AesGcm, Auto, Some(AesGcm)),
        (AesGcm, AesCtr, None),
        (AesGcm, AesGcm, Some(AesGcm)),
    ];
    for (here, there, negotiated) in table {
        let with_mode = |mode| {
            let mut options = options(true, SECRET);
            options.cipher_mode(mode);
            options
        };
        let listener = listen(&with_mode(there)).await;
        let connected = connect(&listener, &with_mode(here)).await;
        let Some(negotiated) = negotiated else {
            let error = connected.unwrap_err();
            let expected = Some(&Error::Rejected(RejectReason::Crypto));
            assert_eq!(Error::from_io(&error), expected, "{here:?} {there:?}");
            continue;
        };
        let caller = connected.unwrap();
        let (accepted, _) = within(listener.accept()).await.unwrap();
        for stream in [&caller, &accepted] {
            let encryption = stream.encryption().unwrap();
            assert!(encryption.is_secured());
            assert_eq!(encryption.cipher_mode, Some(negotiated), "{here:?} {there:?}");
        }
        check_transfer("caller", &caller, &accepted).await;
        check_transfer("listener", &accepted, &caller).await;
    }
}

/// Crypto.GCM, seen from outside: a packet is 16 bytes longer, and one that was tampered with is not
/// delivered.
#[cfg(srt_aead)]
#[tokio::test]
async fn aes_gcm_notices_what_was_changed_on_the_way() {
    let mut options = options(true, SECRET);
    options.cipher_mode(CipherMode::AesGcm).payload_size(1440);
    let listener = listen(&options).await;
    let tap = Tap::to(listener.local_addr().unwrap()).await;
    let caller = within(SrtStream::builder().options(&options).connect(tap.address)).await.unwrap();
    let (accepted, _) = within(listener.accept()).await.unwrap();
    let mut buffer = [0; 1456];
    within(caller.send(&[7; 1440])).await.unwrap();
    assert_eq!(within(accepted.recv(&mut buffer)).await.unwrap(), 1440);
    assert!(tap.packets().iter().any(|packet| packet.len() == 16 + 1440 + 16));

    tap.tamper();
    within(caller.send(&[8; 1440])).await.unwrap();
    let undecrypted = async {
        while accepted.stats().unwrap().packets_undecrypted == 0 {
            tokio::task::yield_now().await;
        }
    };
    within(undecrypted).await;
    assert_eq!(accepted.try_recv(&mut buffer).unwrap_err().kind(), io::ErrorKind::WouldBlock);

    let larger = SrtOptions::new().cipher_mode(CipherMode::AesGcm).payload_size(1441).clone();
    let error = connect(&listener, &larger).await.unwrap_err();
    let name = match Error::from_io(&error) {
        Some(Error::InvalidOption { option, .. }) => *option,
        _ => panic!("{error:?}"),
    };
    assert_eq!(name, "SRTO_PAYLOADSIZE");
}

/// Which key a data packet is encrypted with: 1 the even one, 2 the odd one, 0 none. `None` for
/// control packets.
fn key_of(packet: &[u8]) -> Option<u8> {
    (packet[0] & 0x80 == 0).then(|| packet[4] >> 3 & 3)
}

/// A UDP relay between one client and a server, which keeps what the client sends.
struct Tap {
    address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Seen {
    packets: Vec<Vec<u8>>,
    tamper: bool,
}

impl Tap {
    async fn to(server: SocketAddr) -> Self {
        let front = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let back = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        back.connect(server).await.unwrap();
        let address = front.local_addr().unwrap();
        let seen = Arc::<Mutex<Seen>>::default();
        let task = tokio::spawn(relay(front, back, seen.clone()));
        Self { address, seen, task }
    }

    fn packets(&self) -> Vec<Vec<u8>> {
        self.seen.lock().unwrap().packets.clone()
    }

    /// From now on one bit of each data packet is changed.
    #[cfg(srt_aead)]
    fn tamper(&self) {
        self.seen.lock().unwrap().tamper = true;
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn relay(front: UdpSocket, back: UdpSocket, seen: Arc<Mutex<Seen>>) {
    let mut client = None;
    let (mut there, mut back_again) = ([0; 2048], [0; 2048]);
    loop {
        tokio::select! {
            Ok((len, from)) = front.recv_from(&mut there) => {
                client = Some(from);
                let packet = &mut there[..len];
                {
                    let mut seen = seen.lock().unwrap();
                    seen.packets.push(packet.to_vec());
                    if seen.tamper && key_of(packet).is_some() {
                        packet[len - 1] ^= 1;
                    }
                }
                let _ = back.send(packet).await;
            }
            Ok(len) = back.recv(&mut back_again) => {
                if let Some(client) = client {
                    let _ = front.send_to(&back_again[..len], client).await;
                }
            }
        }
    }
}
