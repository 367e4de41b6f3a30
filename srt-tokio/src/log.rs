//! libsrt's log lines as [`tracing`] events.
//!
//! libsrt says why it refuses a connection, drops packets or gives up a link. It is silent until
//! [`forward`] asks for its lines, and again after [`stop`]; only [fatal](LogLevel::Fatal) ones go to
//! the standard error stream then.
//!
//! ```
//! use srt_tokio::log::{self, LogLevel};
//!
//! # fn main() -> std::io::Result<()> {
//! log::forward(LogLevel::Note)?;
//! // ...
//! log::stop();
//! # Ok(())
//! # }
//! ```
//!
//! A subscriber has a level of its own: [`LogLevel::Note`] needs it to let `INFO` pass, as
//! `tracing_subscriber::fmt().init()` does, and [`LogLevel::Debug`] needs `DEBUG`. At `Note` there are
//! some six lines for each accepted connection.
//!
//! The events have the target `libsrt`, and these fields:
//!
//! | | |
//! |---|---|
//! | `message` | the line, without the time, thread and severity that libsrt puts before it |
//! | `area` | the [area](LogArea) that it belongs to, by libsrt's name, such as `conn` |
//! | `socket` | libsrt's id of the socket, if the line begins with one; it is the `socket` of this library's own events |
//! | `function`, `file`, `line` | where in libsrt it comes from |
//!
//! Three lines are less than the errors that libsrt says they are, and events of the level `TRACE`:
//! that of an accept which finds nothing, as every accept loop comes to it, and two about a connection
//! that has ended and been collected by libsrt before it was dropped here.
//!
//! # Implementation
//!
//! libsrt logs on the threads that receive and send, so no subscriber runs there. The lines go through
//! a queue of 1024 to a thread named `srt-log`, which the first [`forward`] starts. If the subscriber
//! cannot keep up, lines are dropped and [counted](lines_dropped); libsrt never waits. A line is cut
//! off after 1 KiB.
//!
//! The events reach the global default subscriber, not one that is set for a thread or a scope. A
//! subscriber may itself use this library; what libsrt logs during its calls is not forwarded, as it
//! would go round for ever.
//!
//! Passphrases are not in the lines. libsrt leaves them out unless it was built with
//! `ENABLE_HEAVY_LOGGING`; lines in which it shows the values of options then lose those.

use std::fmt;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::str::FromStr;
use std::sync::mpsc::{Receiver, TryRecvError};
use std::sync::{Mutex, PoisonError};
use std::thread;

use tracing::{Level, event, warn};

use crate::error::Error;
use crate::sys::log::{self as raw, Line};

/// Lines that libsrt takes for errors: of an accept that found nothing, and about a socket that is no
/// more when the epoll is to forget it.
const HARMLESS: [&str; 3] = [
    "no pending connection available at the moment",
    "not found as either socket or group. Removing only from epoll system",
    "which is NOT SUBSCRIBED to",
];

/// Starts to forward lines of this level and the more severe ones, from all areas. If they are
/// forwarded already, the level and the areas change.
///
/// libsrt composes each line that it forwards, whether the subscriber wants it or not. That is nothing
/// up to [`LogLevel::Note`], and at [`LogLevel::Debug`] it is several lines a packet.
///
/// # Errors
///
/// Fails if the thread cannot be started or libsrt cannot be used.
#[doc(alias = "srt_setloglevel")]
#[doc(alias = "srt_setloghandler")]
#[doc(alias = "srt_setlogflags")]
pub fn forward(level: LogLevel) -> io::Result<()> {
    forward_areas(level, LogArea::ALL.iter().copied())
}

/// As [`forward`], from the given areas only.
///
/// ```
/// use srt_tokio::log::{self, LogArea, LogLevel};
///
/// # fn main() -> std::io::Result<()> {
/// log::forward_areas(LogLevel::Note, [LogArea::Connection, LogArea::ApiControl])?;
/// # log::stop();
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// As [`forward`].
#[doc(alias = "srt_addlogfa")]
#[doc(alias = "srt_dellogfa")]
#[doc(alias = "srt_resetlogfa")]
pub fn forward_areas(level: LogLevel, areas: impl IntoIterator<Item = LogArea>) -> io::Result<()> {
    let areas: Vec<LogArea> = areas.into_iter().collect();
    start()?;
    Ok(raw::forward(level, &areas)?)
}

/// Stops forwarding. Lines that are in the queue are still delivered.
pub fn stop() {
    raw::stop();
}

/// How many lines were dropped since the start of the process, because the subscriber did not keep up.
///
/// When it has caught up, it is also told so in an event of the level `WARN` with the number in the
/// field `dropped`.
///
/// ```
/// let before = srt_tokio::log::lines_dropped();
/// // ...
/// let dropped = srt_tokio::log::lines_dropped() - before;
/// ```
pub fn lines_dropped() -> u64 {
    raw::dropped()
}

/// How severe a line is to libsrt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum LogLevel {
    /// libsrt cannot go on. An event of the level `ERROR`.
    #[doc(alias = "LOG_CRIT")]
    Fatal,
    /// An operation fails, or a peer is refused. An event of the level `ERROR`.
    #[doc(alias = "LOG_ERR")]
    Error,
    /// Something is wrong that libsrt can cope with, such as packets dropped because they are too
    /// late. An event of the level `WARN`.
    #[doc(alias = "LOG_WARNING")]
    Warning,
    /// Something that happens seldom, such as a connection being established. An event of the level
    /// `INFO`.
    #[doc(alias = "LOG_NOTICE")]
    Note,
    /// Details, several a packet. An event of the level `DEBUG`.
    #[doc(alias = "LOG_DEBUG")]
    Debug,
}

impl LogLevel {
    /// All of them, the most severe first.
    pub const ALL: &[Self] = &[Self::Fatal, Self::Error, Self::Warning, Self::Note, Self::Debug];

    /// The name, as libsrt's programs have it.
    ///
    /// ```
    /// use srt_tokio::log::LogLevel;
    ///
    /// assert_eq!(LogLevel::Warning.as_str(), "warning");
    /// assert_eq!("note".parse(), Ok(LogLevel::Note));
    /// ```
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fatal => "fatal",
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
            Self::Debug => "debug",
        }
    }
}

impl fmt::Display for LogLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Understands the [name](LogLevel::as_str).
impl FromStr for LogLevel {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        let named = Self::ALL.iter().find(|level| level.as_str() == name);
        let reason = "must be fatal, error, warning, note or debug";
        named.copied().ok_or(Error::InvalidOption { option: "log level", reason })
    }
}

macro_rules! areas {
    ($($(#[$doc:meta])* $area:ident, $name:literal, $code:literal;)*) => {
        /// The part of libsrt that a line comes from; libsrt calls it a functional area.
        ///
        /// Two of libsrt's are left out. Lines of `SRT_LOGFA_HAICRYPT` exist in builds with
        /// `ENABLE_HAICRYPT_LOGGING` only, and may show keys. `SRT_LOGFA_APPLOG` is for libsrt's own
        /// programs; the library logs nothing there.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum LogArea {
            $($(#[$doc])* $area,)*
        }

        impl LogArea {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$area),*];

            /// The name, as libsrt's programs have it.
            ///
            /// ```
            /// use srt_tokio::log::LogArea;
            ///
            /// assert_eq!(LogArea::ApiControl.as_str(), "api-ctrl");
            /// assert_eq!("conn".parse(), Ok(LogArea::Connection));
            /// ```
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$area => $name,)*
                }
            }

            /// The area with this abbreviation, as it stands before each line.
            fn from_code(code: &str) -> Option<Self> {
                match code {
                    $($code => Some(Self::$area),)*
                    _ => None,
                }
            }
        }
    };
}

areas! {
    /// What belongs to no other.
    #[doc(alias = "SRT_LOGFA_GENERAL")]
    General, "general", "gg";
    /// Sockets: made, closed, collected.
    #[doc(alias = "SRT_LOGFA_SOCKMGMT")]
    SocketManagement, "sockmgmt", "sm";
    /// Connecting, accepting and handshakes, rejections among them.
    #[doc(alias = "SRT_LOGFA_CONN")]
    Connection, "conn", "cn";
    /// The timers of connections.
    #[doc(alias = "SRT_LOGFA_XTIMER")]
    Timer, "xtimer", "xt";
    /// The delivery of packets in time.
    #[doc(alias = "SRT_LOGFA_TSBPD")]
    Tsbpd, "tsbpd", "ts";
    /// Memory and other resources.
    #[doc(alias = "SRT_LOGFA_RSRC")]
    Resources, "rsrc", "rs";
    /// Congestion control.
    #[doc(alias = "SRT_LOGFA_CONGEST")]
    Congestion, "congest", "cc";
    /// Packet filters, which is forward error correction.
    #[doc(alias = "SRT_LOGFA_PFILTER")]
    PacketFilter, "pfilter", "pf";
    /// API calls that make, configure and close sockets.
    #[doc(alias = "SRT_LOGFA_API_CTRL")]
    ApiControl, "api-ctrl", "ac";
    /// Control packets in the queues of ports.
    #[doc(alias = "SRT_LOGFA_QUE_CTRL")]
    QueueControl, "que-ctrl", "qc";
    /// Events of sockets.
    #[doc(alias = "SRT_LOGFA_EPOLL_UPD")]
    EpollUpdate, "epoll-upd", "ei";
    /// API calls that receive.
    #[doc(alias = "SRT_LOGFA_API_RECV")]
    ApiReceive, "api-recv", "ar";
    /// Receive buffers.
    #[doc(alias = "SRT_LOGFA_BUF_RECV")]
    BufferReceive, "buf-recv", "br";
    /// The queues that receive from ports.
    #[doc(alias = "SRT_LOGFA_QUE_RECV")]
    QueueReceive, "que-recv", "qr";
    /// Packets received from the network.
    #[doc(alias = "SRT_LOGFA_CHN_RECV")]
    ChannelReceive, "chn-recv", "kr";
    /// Receiving over a group.
    #[doc(alias = "SRT_LOGFA_GRP_RECV")]
    GroupReceive, "grp-recv", "gr";
    /// API calls that send.
    #[doc(alias = "SRT_LOGFA_API_SEND")]
    ApiSend, "api-send", "as";
    /// Send buffers.
    #[doc(alias = "SRT_LOGFA_BUF_SEND")]
    BufferSend, "buf-send", "bs";
    /// The queues that send from ports.
    #[doc(alias = "SRT_LOGFA_QUE_SEND")]
    QueueSend, "que-send", "qs";
    /// Packets sent to the network.
    #[doc(alias = "SRT_LOGFA_CHN_SEND")]
    ChannelSend, "chn-send", "ks";
    /// Sending over a group.
    #[doc(alias = "SRT_LOGFA_GRP_SEND")]
    GroupSend, "grp-send", "gs";
    /// What is about libsrt itself.
    #[doc(alias = "SRT_LOGFA_INTERNAL")]
    Internal, "internal", "in";
    /// The queues of ports: made and given up.
    #[doc(alias = "SRT_LOGFA_QUE_MGMT")]
    QueueManagement, "que-mgmt", "qm";
    /// UDP sockets: opened and configured.
    #[doc(alias = "SRT_LOGFA_CHN_MGMT")]
    ChannelManagement, "chn-mgmt", "km";
    /// Groups: their members and configuration.
    #[doc(alias = "SRT_LOGFA_GRP_MGMT")]
    GroupManagement, "grp-mgmt", "gm";
    /// API calls that wait for events.
    #[doc(alias = "SRT_LOGFA_EPOLL_API")]
    EpollApi, "epoll-api", "ea";
}

impl fmt::Display for LogArea {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Understands the [name](LogArea::as_str).
impl FromStr for LogArea {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        let named = Self::ALL.iter().find(|area| area.as_str() == name);
        let (option, reason) = ("log area", "libsrt has none of this name");
        named.copied().ok_or(Error::InvalidOption { option, reason })
    }
}

/// Starts the thread, once in the life of the process.
fn start() -> io::Result<()> {
    static STARTED: Mutex<bool> = Mutex::new(false);

    let mut started = STARTED.lock().unwrap_or_else(PoisonError::into_inner);
    if !*started {
        let (queue, lines) = raw::queue();
        thread::Builder::new().name("srt-log".into()).spawn(move || deliver(&lines))?;
        raw::fill(queue);
        *started = true;
    }
    Ok(())
}

fn deliver(lines: &Receiver<Line>) {
    raw::ignore_this_thread();
    let mut told = 0;
    loop {
        let line = match lines.try_recv() {
            Err(TryRecvError::Empty) => {
                tell_dropped(&mut told);
                lines.recv().ok()
            }
            line => line.ok(),
        };
        let Some(line) = line else { return };
        guarded(|| emit(&line));
    }
}

fn tell_dropped(told: &mut u64) {
    let dropped = lines_dropped();
    if dropped > *told {
        let dropped = dropped - *told;
        guarded(|| warn!(target: "libsrt", dropped, "log lines dropped"));
        *told += dropped;
    }
}

/// A subscriber that panics loses an event, but not all that follow.
fn guarded(emit: impl FnOnce()) {
    let _ = catch_unwind(AssertUnwindSafe(emit));
}

fn emit(line: &Line) {
    let text = String::from_utf8_lossy(&line.text);
    let (area, socket, message) = parse(&text);
    let message = Clean(message);
    let function = String::from_utf8_lossy(&line.function);
    let file = String::from_utf8_lossy(&line.file);
    // Where libsrt was built is of no interest.
    let file = file.rsplit(['/', '\\']).next().unwrap_or_default();
    macro_rules! emit {
        ($level:ident) => {
            event!(
                target: "libsrt",
                Level::$level,
                area,
                socket,
                function = &*function,
                file,
                line = line.line,
                "{message}"
            )
        };
    }
    match line.level {
        LogLevel::Error if HARMLESS.iter().any(|part| message.0.contains(part)) => emit!(TRACE),
        LogLevel::Fatal | LogLevel::Error => emit!(ERROR),
        LogLevel::Warning => emit!(WARN),
        LogLevel::Note => emit!(INFO),
        LogLevel::Debug => emit!(DEBUG),
    }
}

/// Takes a line such as `*E:SRT.cn: @123: the text` apart: area, socket and message.
fn parse(line: &str) -> (Option<&str>, Option<i32>, &str) {
    let line = line.trim_end();
    let (area, rest) = match line.split_once(": ") {
        Some((prefix, rest)) => match prefix.rsplit_once(":SRT.") {
            Some((_, code)) => {
                (Some(LogArea::from_code(code).map_or(code, |area| area.as_str())), rest)
            }
            None => (None, line),
        },
        None => (None, line),
    };
    let (socket, message) = match split_socket(rest) {
        Some((socket, message)) => (Some(socket), message),
        None => (None, rest),
    };
    (area, socket, without_value(message))
}

/// Splits `@123: the text`. Where it is `@123 does so and so`, the id is part of the sentence.
fn split_socket(text: &str) -> Option<(i32, &str)> {
    let digits = text.strip_prefix('@')?;
    let end = digits.find(|next: char| !next.is_ascii_digit()).unwrap_or(digits.len());
    let socket = digits[..end].parse().ok()?;
    // Some versions put no space there.
    Some((socket, digits[end..].strip_prefix(':').map_or(text, str::trim_start)))
}

/// Cuts the value off a line about an option being set: it may be the passphrase.
fn without_value(message: &str) -> &str {
    match message.find("OPTION: #") {
        Some(option) => {
            message[option..].find("value:").map_or(message, |value| &message[..option + value])
        }
        None => message,
    }
}

/// Shows a message without its control characters. Some lines quote what the peer has sent, and that
/// shall not play tricks on a terminal.
struct Clean<'a>(&'a str);

impl fmt::Display for Clean<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        while let Some(at) = rest.find(char::is_control) {
            let mut after = rest[at..].chars();
            f.write_str(&rest[..at])?;
            after
                .next()
                .into_iter()
                .try_for_each(|control| write!(f, "{}", control.escape_default()))?;
            rest = after.as_str();
        }
        f.write_str(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_taken_apart() {
        let table = [
            ("*E:SRT.cn: @123: refused", (Some("conn"), Some(123), "refused")),
            ("!W:SRT.br: dropped 3", (Some("buf-recv"), None, "dropped 3")),
            (
                " D:SRT.sm: generateSocketID: : @5",
                (Some("sockmgmt"), None, "generateSocketID: : @5"),
            ),
            (".N:SRT.cn: @6:established", (Some("conn"), Some(6), "established")),
            (".N:SRT.cn: @7 is new", (Some("conn"), Some(7), "@7 is new")),
            // As it is by default, if a line was under way when forwarding began.
            ("12:34:56.123456/SRT:RcvQ:w1*E:SRT.cn: @1: x: y\n", (Some("conn"), Some(1), "x: y")),
            // An area of a later version.
            ("*E:SRT.zz: text", (Some("zz"), None, "text")),
            ("no area: text", (None, None, "no area: text")),
            ("*E:SRT.cn: @: text", (Some("conn"), None, "@: text")),
            ("*E:SRT.cn: @99999999999: text", (Some("conn"), None, "@99999999999: text")),
            ("@8", (None, Some(8), "@8")),
            ("", (None, None, "")),
        ];
        for (line, parts) in table {
            assert_eq!(parse(line), parts, "{line:?}");
        }
    }

    #[test]
    fn the_values_of_options_are_not_shown() {
        let (.., message) = parse(" D:SRT.ac: @1: OPTION: #26 value:63 6F 72 72 65 63 74");
        assert_eq!(message, "OPTION: #26 ");
        let (.., message) = parse(" D:SRT.gm: GROUP $1 OPTION: #26 value:63 6F");
        assert_eq!(message, "GROUP $1 OPTION: #26 ");
        let (.., message) = parse("*E:SRT.ac: @1: OPTION: #99 UNKNOWN");
        assert_eq!(message, "OPTION: #99 UNKNOWN");
    }

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(Clean("a\x1b[31mb\r\nü\0").to_string(), "a\\u{1b}[31mb\\r\\nü\\u{0}");
        assert_eq!(Clean("plain").to_string(), "plain");
    }
}
