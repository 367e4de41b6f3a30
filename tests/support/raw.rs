//! SRT packets, made by hand, and ends of a handshake that send what they are told to.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::time::timeout;

/// The types of handshakes.
const INDUCTION: i32 = 1;
const CONCLUSION: i32 = -1;

/// The handshake extension and extended control packet that asks for a connection.
pub const HSREQ: u16 = 1;
/// The answer to [`HSREQ`].
pub const HSRSP: u16 = 2;
/// The extension and packet with a key.
pub const KMREQ: u16 = 3;
/// The answer to [`KMREQ`].
pub const KMRSP: u16 = 4;
/// The extension with the stream id.
pub const SID: u16 = 5;
/// The extension with a packet filter.
pub const FILTER: u16 = 7;
/// The extension of a group's members.
pub const GROUP: u16 = 8;

/// The control packet that acknowledges.
pub const ACK: u16 = 2;
/// The control packet that asks for a repetition.
pub const LOSS_REPORT: u16 = 3;
/// The control packet that names packets which the sender has dropped.
pub const DROP_REQUEST: u16 = 7;
/// The type of extended control packets.
pub const EXTENDED: u16 = 0x7fff;

const HEADER: usize = 16;

/// For how long an answer that is expected is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// A handshake, with libsrt's usual values.
#[derive(Clone, Debug)]
pub struct Handshake {
    /// 4, or 5 with extensions.
    pub version: u32,
    /// Which extensions there are.
    pub flags: u32,
    /// The first sequence number.
    pub sequence: u32,
    /// In bytes, with the headers of IPv4 and UDP.
    pub segment_size: u32,
    /// In packets.
    pub flow_window: u32,
    /// The type.
    pub kind: i32,
    /// The id of the sender's socket.
    pub socket: u32,
    /// The listener's, or 0.
    pub cookie: u32,
    /// Types and contents.
    pub extensions: Vec<(u16, Vec<u8>)>,
}

impl Handshake {
    /// The first request of a caller.
    pub fn induction() -> Self {
        Self {
            version: 4,
            flags: 2,
            sequence: 0x1234_5678,
            segment_size: 1500,
            flow_window: 8192,
            kind: INDUCTION,
            socket: 0x2bad_cafe,
            cookie: 0,
            extensions: Vec::new(),
        }
    }

    /// The second one: version 1.5.1, the usual flags, 120 ms of latency.
    pub fn conclusion(cookie: u32) -> Self {
        let mut it = Self { version: 5, flags: 1, kind: CONCLUSION, cookie, ..Self::induction() };
        it.extensions.push((HSREQ, words(&[0x01_05_01, 0xbf, (120 << 16) | 120])));
        it
    }

    /// Adds an extension, whose length must be a multiple of four, and says so in the flags.
    pub fn with(mut self, extension: u16, content: &[u8]) -> Self {
        self.flags |= match extension {
            HSREQ | HSRSP => 1,
            KMREQ | KMRSP => 2,
            _ => 4,
        };
        self.extensions.push((extension, content.to_vec()));
        self
    }

    /// The datagram, for a socket or, with 0, for a listener.
    pub fn datagram(&self, destination: u32) -> Vec<u8> {
        let mut content = words(&[
            self.version,
            self.flags,
            self.sequence,
            self.segment_size,
            self.flow_window,
            self.kind as u32,
            self.socket,
            self.cookie,
            0x0100_007f,
            0,
            0,
            0,
        ]);
        for (kind, extension) in &self.extensions {
            content.extend(words(&[(u32::from(*kind) << 16) | (extension.len() as u32 / 4)]));
            content.extend(extension);
        }
        control(0, 0, destination, &content)
    }

    fn parse(datagram: &[u8]) -> Option<Self> {
        let word = |at: usize| word(datagram, HEADER + at);
        let is_handshake = datagram.get(..2)? == [0x80, 0];
        is_handshake.then_some(())?;
        Some(Self {
            version: word(0)?,
            flags: word(4)?,
            sequence: word(8)?,
            segment_size: word(12)?,
            flow_window: word(16)?,
            kind: word(20)? as i32,
            socket: word(24)?,
            cookie: word(28)?,
            extensions: Vec::new(),
        })
    }
}

/// A control packet.
pub fn control(kind: u16, subtype: u16, destination: u32, content: &[u8]) -> Vec<u8> {
    let first = (1 << 31) | (u32::from(kind) << 16) | u32::from(subtype);
    [words(&[first, 0, 1000, destination]), content.to_vec()].concat()
}

/// Key material with so many wrapped keys of so many bytes, which nobody can unwrap.
pub fn key_material(keys: usize, bytes: usize) -> Vec<u8> {
    let which = if keys == 2 { 3 } else { 1 };
    let header = [0x12, 0x20, 0x29, which, 0, 0, 0, 0, 2, 0, 2, 0, 0, 0, 4, (bytes / 4) as u8];
    [&header[..], &vec![0xa5; 16 + keys * bytes + 8]].concat()
}

/// A text as extensions have it: words of four bytes, each of which is turned around.
pub fn text(text: &str) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes.chunks_exact_mut(4).for_each(<[u8]>::reverse);
    bytes
}

/// Numbers in network order.
pub fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}

fn word(datagram: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(datagram.get(at..at + 4)?.try_into().ok()?))
}

/// A caller that stops before its conclusion.
#[derive(Debug)]
pub struct RawCaller {
    socket: UdpSocket,
    /// What the listener wants to see in the conclusion.
    pub cookie: u32,
}

impl RawCaller {
    /// Gets a listener's cookie.
    pub async fn induce(listener: SocketAddr) -> io::Result<Self> {
        let socket = UdpSocket::bind("127.0.0.1:0").await?;
        socket.connect(listener).await?;
        let mut caller = Self { socket, cookie: 0 };
        caller.cookie = caller.ask(&Handshake::induction()).await?.cookie;
        Ok(caller)
    }

    /// Sends a handshake and waits for the answer.
    pub async fn ask(&self, handshake: &Handshake) -> io::Result<Handshake> {
        self.send(&handshake.datagram(0)).await?;
        let answer = self.receive(|packet| Handshake::parse(packet).is_some()).await?;
        Ok(Handshake::parse(&answer).expect("it was one"))
    }

    /// Waits for a packet of some kind.
    pub async fn receive(&self, is_it: impl Fn(&[u8]) -> bool) -> io::Result<Vec<u8>> {
        let mut buffer = [0; 2048];
        let next = async {
            loop {
                let len = self.socket.recv(&mut buffer).await?;
                if is_it(&buffer[..len]) {
                    return Ok(buffer[..len].to_vec());
                }
            }
        };
        timeout(PATIENCE, next).await?
    }

    /// Sends a handshake, and says whether it is answered before another caller's later one.
    ///
    /// A port of libsrt's takes one datagram after the other, and answers before it takes the next.
    pub async fn is_answered(&self, handshake: &Handshake) -> io::Result<bool> {
        self.send(&handshake.datagram(0)).await?;
        Self::induce(self.socket.peer_addr()?).await?;
        Ok(self.socket.try_recv(&mut [0; 2048]).is_ok())
    }

    /// Sends a datagram to the listener.
    pub async fn send(&self, datagram: &[u8]) -> io::Result<()> {
        self.socket.send(datagram).await.map(drop)
    }
}

/// A server that answers the conclusion of each caller with what it is told to.
#[derive(Debug)]
pub struct RawServer {
    address: SocketAddr,
    task: tokio::task::JoinHandle<()>,
}

impl RawServer {
    /// `answer` makes the answer to a conclusion of the default one.
    pub async fn answering(answer: impl Fn(Handshake) -> Handshake + Send + 'static) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.expect("bind");
        let address = socket.local_addr().expect("bound");
        let task = tokio::spawn(async move {
            let mut buffer = [0; 2048];
            while let Ok((len, from)) = socket.recv_from(&mut buffer).await {
                let Some(request) = Handshake::parse(&buffer[..len]) else { continue };
                let caller = request.socket;
                let response = if request.kind == INDUCTION {
                    // The magic number of servers that know version 5.
                    Handshake { version: 5, flags: 0x4a17, cookie: 0xc00c1e, ..request }
                } else {
                    let mut response = Handshake::conclusion(0xc00c1e);
                    response.extensions[0].0 = HSRSP;
                    response.sequence = request.sequence;
                    answer(response)
                };
                let _ = socket.send_to(&response.datagram(caller), from).await;
            }
        });
        Self { address, task }
    }

    /// Where callers have to connect to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for RawServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}
