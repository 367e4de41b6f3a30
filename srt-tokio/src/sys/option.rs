//! Socket options: libsrt's numbers with their names, and values in C's types.

use std::ffi::c_int;

use srt_sys as ffi;

use super::socket::RawSocket;
use crate::error::Error;

/// An option of libsrt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Opt {
    pub(super) number: ffi::SRT_SOCKOPT,
    pub(crate) name: &'static str,
}

macro_rules! options {
    ($($name:ident = $number:ident;)*) => {
        $(pub(crate) const $name: Opt =
            Opt { number: ffi::$number, name: stringify!($number) };)*
    };
}

options! {
    BINDTODEVICE = SRTO_BINDTODEVICE;
    CONGESTION = SRTO_CONGESTION;
    CONNTIMEO = SRTO_CONNTIMEO;
    DRIFTTRACER = SRTO_DRIFTTRACER;
    ENFORCEDENCRYPTION = SRTO_ENFORCEDENCRYPTION;
    EVENT = SRTO_EVENT;
    FC = SRTO_FC;
    GROUPCONNECT = SRTO_GROUPCONNECT;
    GROUPMINSTABLETIMEO = SRTO_GROUPMINSTABLETIMEO;
    GROUPTYPE = SRTO_GROUPTYPE;
    INPUTBW = SRTO_INPUTBW;
    IPTOS = SRTO_IPTOS;
    IPTTL = SRTO_IPTTL;
    IPV6ONLY = SRTO_IPV6ONLY;
    ISN = SRTO_ISN;
    KMPREANNOUNCE = SRTO_KMPREANNOUNCE;
    KMREFRESHRATE = SRTO_KMREFRESHRATE;
    LATENCY = SRTO_LATENCY;
    LINGER = SRTO_LINGER;
    LOSSMAXTTL = SRTO_LOSSMAXTTL;
    MAXBW = SRTO_MAXBW;
    MESSAGEAPI = SRTO_MESSAGEAPI;
    MININPUTBW = SRTO_MININPUTBW;
    MINVERSION = SRTO_MINVERSION;
    MSS = SRTO_MSS;
    NAKREPORT = SRTO_NAKREPORT;
    OHEADBW = SRTO_OHEADBW;
    PACKETFILTER = SRTO_PACKETFILTER;
    PASSPHRASE = SRTO_PASSPHRASE;
    PAYLOADSIZE = SRTO_PAYLOADSIZE;
    PBKEYLEN = SRTO_PBKEYLEN;
    PEERIDLETIMEO = SRTO_PEERIDLETIMEO;
    PEERLATENCY = SRTO_PEERLATENCY;
    PEERVERSION = SRTO_PEERVERSION;
    RCVBUF = SRTO_RCVBUF;
    RCVDATA = SRTO_RCVDATA;
    RCVKMSTATE = SRTO_RCVKMSTATE;
    RCVLATENCY = SRTO_RCVLATENCY;
    RCVSYN = SRTO_RCVSYN;
    RENDEZVOUS = SRTO_RENDEZVOUS;
    RETRANSMITALGO = SRTO_RETRANSMITALGO;
    REUSEADDR = SRTO_REUSEADDR;
    SENDER = SRTO_SENDER;
    SNDBUF = SRTO_SNDBUF;
    SNDDROPDELAY = SRTO_SNDDROPDELAY;
    SNDKMSTATE = SRTO_SNDKMSTATE;
    SNDSYN = SRTO_SNDSYN;
    STREAMID = SRTO_STREAMID;
    TLPKTDROP = SRTO_TLPKTDROP;
    TRANSTYPE = SRTO_TRANSTYPE;
    TSBPDMODE = SRTO_TSBPDMODE;
    UDP_RCVBUF = SRTO_UDP_RCVBUF;
    UDP_SNDBUF = SRTO_UDP_SNDBUF;
}

// Of later versions, named by their values so that older headers will do. An older libsrt refuses them.
pub(crate) const CRYPTOMODE: Opt = Opt { number: 62, name: "SRTO_CRYPTOMODE" };
pub(crate) const MAXREXMITBW: Opt = Opt { number: 63, name: "SRTO_MAXREXMITBW" };

/// No string option is longer than 512 bytes; some are written with a zero at the end.
const MAX_LEN: usize = 520;

/// The values of `SRTO_TRANSTYPE`.
pub(crate) const TRANSTYPE_LIVE: i32 = ffi::SRTT_LIVE as i32;
pub(crate) const TRANSTYPE_FILE: i32 = ffi::SRTT_FILE as i32;

/// The type of the two fields of C's `struct linger`.
#[cfg(windows)]
type LingerField = u16;
#[cfg(not(windows))]
type LingerField = c_int;

/// A value that libsrt reads or writes as a whole, for which it has to be aligned.
#[repr(C, align(8))]
struct Aligned<const SIZE: usize>([u8; SIZE]);

/// Room for the value of any option.
pub(super) struct Value(Aligned<MAX_LEN>);

impl Default for Value {
    fn default() -> Self {
        Self(Aligned([0; MAX_LEN]))
    }
}

impl Value {
    /// The value as libsrt has it.
    pub(super) fn read(&mut self, socket: &RawSocket, option: Opt) -> Result<&[u8], Error> {
        let len = socket.get(option, &mut self.0.0)?;
        Ok(&self.0.0[..len])
    }
}

impl RawSocket {
    pub(crate) fn set_bool(&self, option: Opt, value: bool) -> Result<(), Error> {
        self.set(option, &[value.into()])
    }

    pub(crate) fn set_bytes(&self, option: Opt, value: &[u8]) -> Result<(), Error> {
        self.set(option, value)
    }

    pub(crate) fn set_i32(&self, option: Opt, value: i32) -> Result<(), Error> {
        self.set(option, &Aligned(value.to_ne_bytes()).0)
    }

    pub(crate) fn set_i64(&self, option: Opt, value: i64) -> Result<(), Error> {
        self.set(option, &Aligned(value.to_ne_bytes()).0)
    }

    /// Makes sure that a close is one: the reactor lingers where that is wanted.
    pub(crate) fn set_linger_off(&self) -> Result<(), Error> {
        self.set(LINGER, &Aligned([0; 2 * size_of::<LingerField>()]).0)
    }

    /// Sets an option to what it is on another socket, on which it must be one that can be read.
    pub(crate) fn copy_option(&self, option: Opt, from: &Self) -> Result<(), Error> {
        self.set(option, Value::default().read(from, option)?)
    }

    pub(crate) fn get_bool(&self, option: Opt) -> Result<bool, Error> {
        let mut value = [0];
        self.get(option, &mut value)?;
        Ok(value[0] != 0)
    }

    #[inline]
    pub(crate) fn get_i32(&self, option: Opt) -> Result<i32, Error> {
        let mut value = Aligned([0; 4]);
        self.get(option, &mut value.0)?;
        Ok(i32::from_ne_bytes(value.0))
    }

    pub(crate) fn get_i64(&self, option: Opt) -> Result<i64, Error> {
        let mut value = Aligned([0; 8]);
        self.get(option, &mut value.0)?;
        Ok(i64::from_ne_bytes(value.0))
    }

    pub(crate) fn get_bytes(&self, option: Opt) -> Result<Vec<u8>, Error> {
        let mut value = vec![0; MAX_LEN];
        let len = self.get(option, &mut value)?;
        value.truncate(len);
        Ok(value)
    }
}
