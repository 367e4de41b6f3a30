// libsrt 1.5.1, bindgen 0.73.2; written by update-bindings.sh

use core::ffi::{c_char, c_int, c_uint, c_void};

use crate::{SYSSOCKET, sockaddr, sockaddr_storage};

pub const LOG_EMERG: i32 = 0;
pub const LOG_ALERT: i32 = 1;
pub const LOG_CRIT: i32 = 2;
pub const LOG_ERR: i32 = 3;
pub const LOG_WARNING: i32 = 4;
pub const LOG_NOTICE: i32 = 5;
pub const LOG_INFO: i32 = 6;
pub const LOG_DEBUG: i32 = 7;
pub const LOG_DEBUG_TRACE: i32 = 8;
pub const SRT_LOG_LEVEL_MIN: i32 = 2;
pub const SRT_LOG_LEVEL_MAX: i32 = 7;
pub const SRT_LOGF_DISABLE_TIME: i32 = 1;
pub const SRT_LOGF_DISABLE_THREADNAME: i32 = 2;
pub const SRT_LOGF_DISABLE_SEVERITY: i32 = 4;
pub const SRT_LOGF_DISABLE_EOL: i32 = 8;
pub const SRT_VERSION_FEAT_HSv5: i32 = 66304;
pub const SRT_REJC_INTERNAL: i32 = 0;
pub const SRT_REJC_PREDEFINED: i32 = 1000;
pub const SRT_REJC_USERDEFINED: i32 = 2000;
pub const SRT_LOGFA_GENERAL: i32 = 0;
pub const SRT_LOGFA_SOCKMGMT: i32 = 1;
pub const SRT_LOGFA_CONN: i32 = 2;
pub const SRT_LOGFA_XTIMER: i32 = 3;
pub const SRT_LOGFA_TSBPD: i32 = 4;
pub const SRT_LOGFA_RSRC: i32 = 5;
pub const SRT_LOGFA_CONGEST: i32 = 7;
pub const SRT_LOGFA_PFILTER: i32 = 8;
pub const SRT_LOGFA_API_CTRL: i32 = 11;
pub const SRT_LOGFA_QUE_CTRL: i32 = 13;
pub const SRT_LOGFA_EPOLL_UPD: i32 = 16;
pub const SRT_LOGFA_API_RECV: i32 = 21;
pub const SRT_LOGFA_BUF_RECV: i32 = 22;
pub const SRT_LOGFA_QUE_RECV: i32 = 23;
pub const SRT_LOGFA_CHN_RECV: i32 = 24;
pub const SRT_LOGFA_GRP_RECV: i32 = 25;
pub const SRT_LOGFA_API_SEND: i32 = 31;
pub const SRT_LOGFA_BUF_SEND: i32 = 32;
pub const SRT_LOGFA_QUE_SEND: i32 = 33;
pub const SRT_LOGFA_CHN_SEND: i32 = 34;
pub const SRT_LOGFA_GRP_SEND: i32 = 35;
pub const SRT_LOGFA_INTERNAL: i32 = 41;
pub const SRT_LOGFA_QUE_MGMT: i32 = 43;
pub const SRT_LOGFA_CHN_MGMT: i32 = 44;
pub const SRT_LOGFA_GRP_MGMT: i32 = 45;
pub const SRT_LOGFA_EPOLL_API: i32 = 46;
pub const SRT_LOGFA_HAICRYPT: i32 = 6;
pub const SRT_LOGFA_APPLOG: i32 = 10;
pub const SRT_LOGFA_LASTNONE: i32 = 63;
pub const SRT_DEFAULT_SENDFILE_BLOCK: i32 = 364000;
pub const SRT_DEFAULT_RECVFILE_BLOCK: i32 = 7280000;
pub const SRT_SYNC_CLOCK_STDCXX_STEADY: i32 = 0;
pub const SRT_SYNC_CLOCK_GETTIME_MONOTONIC: i32 = 1;
pub const SRT_SYNC_CLOCK_WINQPC: i32 = 2;
pub const SRT_SYNC_CLOCK_MACH_ABSTIME: i32 = 3;
pub const SRT_SYNC_CLOCK_POSIX_GETTIMEOFDAY: i32 = 4;
pub const SRT_SYNC_CLOCK_AMD64_RDTSC: i32 = 5;
pub const SRT_SYNC_CLOCK_IA32_RDTSC: i32 = 6;
pub const SRT_SYNC_CLOCK_IA64_ITC: i32 = 7;
pub const SRT_REJX_FALLBACK: i32 = 1000;
pub const SRT_REJX_KEY_NOTSUP: i32 = 1001;
pub const SRT_REJX_FILEPATH: i32 = 1002;
pub const SRT_REJX_HOSTNOTFOUND: i32 = 1003;
pub const SRT_REJX_BAD_REQUEST: i32 = 1400;
pub const SRT_REJX_UNAUTHORIZED: i32 = 1401;
pub const SRT_REJX_OVERLOAD: i32 = 1402;
pub const SRT_REJX_FORBIDDEN: i32 = 1403;
pub const SRT_REJX_NOTFOUND: i32 = 1404;
pub const SRT_REJX_BAD_MODE: i32 = 1405;
pub const SRT_REJX_UNACCEPTABLE: i32 = 1406;
pub const SRT_REJX_CONFLICT: i32 = 1409;
pub const SRT_REJX_NOTSUP_MEDIA: i32 = 1415;
pub const SRT_REJX_LOCKED: i32 = 1423;
pub const SRT_REJX_FAILED_DEPEND: i32 = 1424;
pub const SRT_REJX_ISE: i32 = 1500;
pub const SRT_REJX_UNIMPLEMENTED: i32 = 1501;
pub const SRT_REJX_GW: i32 = 1502;
pub const SRT_REJX_DOWN: i32 = 1503;
pub const SRT_REJX_VERSION: i32 = 1505;
pub const SRT_REJX_NOROOM: i32 = 1507;
pub type SRT_LOG_HANDLER_FN = Option<
    unsafe extern "C" fn(
        opaque: *mut c_void,
        level: c_int,
        file: *const c_char,
        line: c_int,
        area: *const c_char,
        message: *const c_char,
    ),
>;
pub type SRTSOCKET = i32;
pub const SRTGROUP_MASK: i32 = 1073741824;
pub type UDPSOCKET = SYSSOCKET;
pub const SRTS_INIT: SRT_SOCKSTATUS = 1;
pub const SRTS_OPENED: SRT_SOCKSTATUS = 2;
pub const SRTS_LISTENING: SRT_SOCKSTATUS = 3;
pub const SRTS_CONNECTING: SRT_SOCKSTATUS = 4;
pub const SRTS_CONNECTED: SRT_SOCKSTATUS = 5;
pub const SRTS_BROKEN: SRT_SOCKSTATUS = 6;
pub const SRTS_CLOSING: SRT_SOCKSTATUS = 7;
pub const SRTS_CLOSED: SRT_SOCKSTATUS = 8;
pub const SRTS_NONEXIST: SRT_SOCKSTATUS = 9;
pub type SRT_SOCKSTATUS = c_uint;
pub const SRTO_MSS: SRT_SOCKOPT = 0;
pub const SRTO_SNDSYN: SRT_SOCKOPT = 1;
pub const SRTO_RCVSYN: SRT_SOCKOPT = 2;
pub const SRTO_ISN: SRT_SOCKOPT = 3;
pub const SRTO_FC: SRT_SOCKOPT = 4;
pub const SRTO_SNDBUF: SRT_SOCKOPT = 5;
pub const SRTO_RCVBUF: SRT_SOCKOPT = 6;
pub const SRTO_LINGER: SRT_SOCKOPT = 7;
pub const SRTO_UDP_SNDBUF: SRT_SOCKOPT = 8;
pub const SRTO_UDP_RCVBUF: SRT_SOCKOPT = 9;
pub const SRTO_RENDEZVOUS: SRT_SOCKOPT = 12;
pub const SRTO_SNDTIMEO: SRT_SOCKOPT = 13;
pub const SRTO_RCVTIMEO: SRT_SOCKOPT = 14;
pub const SRTO_REUSEADDR: SRT_SOCKOPT = 15;
pub const SRTO_MAXBW: SRT_SOCKOPT = 16;
pub const SRTO_STATE: SRT_SOCKOPT = 17;
pub const SRTO_EVENT: SRT_SOCKOPT = 18;
pub const SRTO_SNDDATA: SRT_SOCKOPT = 19;
pub const SRTO_RCVDATA: SRT_SOCKOPT = 20;
pub const SRTO_SENDER: SRT_SOCKOPT = 21;
pub const SRTO_TSBPDMODE: SRT_SOCKOPT = 22;
pub const SRTO_LATENCY: SRT_SOCKOPT = 23;
pub const SRTO_INPUTBW: SRT_SOCKOPT = 24;
pub const SRTO_OHEADBW: SRT_SOCKOPT = 25;
pub const SRTO_PASSPHRASE: SRT_SOCKOPT = 26;
pub const SRTO_PBKEYLEN: SRT_SOCKOPT = 27;
pub const SRTO_KMSTATE: SRT_SOCKOPT = 28;
pub const SRTO_IPTTL: SRT_SOCKOPT = 29;
pub const SRTO_IPTOS: SRT_SOCKOPT = 30;
pub const SRTO_TLPKTDROP: SRT_SOCKOPT = 31;
pub const SRTO_SNDDROPDELAY: SRT_SOCKOPT = 32;
pub const SRTO_NAKREPORT: SRT_SOCKOPT = 33;
pub const SRTO_VERSION: SRT_SOCKOPT = 34;
pub const SRTO_PEERVERSION: SRT_SOCKOPT = 35;
pub const SRTO_CONNTIMEO: SRT_SOCKOPT = 36;
pub const SRTO_DRIFTTRACER: SRT_SOCKOPT = 37;
pub const SRTO_MININPUTBW: SRT_SOCKOPT = 38;
pub const SRTO_SNDKMSTATE: SRT_SOCKOPT = 40;
pub const SRTO_RCVKMSTATE: SRT_SOCKOPT = 41;
pub const SRTO_LOSSMAXTTL: SRT_SOCKOPT = 42;
pub const SRTO_RCVLATENCY: SRT_SOCKOPT = 43;
pub const SRTO_PEERLATENCY: SRT_SOCKOPT = 44;
pub const SRTO_MINVERSION: SRT_SOCKOPT = 45;
pub const SRTO_STREAMID: SRT_SOCKOPT = 46;
pub const SRTO_CONGESTION: SRT_SOCKOPT = 47;
pub const SRTO_MESSAGEAPI: SRT_SOCKOPT = 48;
pub const SRTO_PAYLOADSIZE: SRT_SOCKOPT = 49;
pub const SRTO_TRANSTYPE: SRT_SOCKOPT = 50;
pub const SRTO_KMREFRESHRATE: SRT_SOCKOPT = 51;
pub const SRTO_KMPREANNOUNCE: SRT_SOCKOPT = 52;
pub const SRTO_ENFORCEDENCRYPTION: SRT_SOCKOPT = 53;
pub const SRTO_IPV6ONLY: SRT_SOCKOPT = 54;
pub const SRTO_PEERIDLETIMEO: SRT_SOCKOPT = 55;
pub const SRTO_BINDTODEVICE: SRT_SOCKOPT = 56;
pub const SRTO_GROUPCONNECT: SRT_SOCKOPT = 57;
pub const SRTO_GROUPMINSTABLETIMEO: SRT_SOCKOPT = 58;
pub const SRTO_GROUPTYPE: SRT_SOCKOPT = 59;
pub const SRTO_PACKETFILTER: SRT_SOCKOPT = 60;
pub const SRTO_RETRANSMITALGO: SRT_SOCKOPT = 61;
pub type SRT_SOCKOPT = c_uint;
pub const SRTO_DEPRECATED_END: SRT_SOCKOPT_DEPRECATED = 0;
pub type SRT_SOCKOPT_DEPRECATED = c_uint;
pub const SRTT_LIVE: SRT_TRANSTYPE = 0;
pub const SRTT_FILE: SRT_TRANSTYPE = 1;
pub const SRTT_INVALID: SRT_TRANSTYPE = 2;
pub type SRT_TRANSTYPE = c_uint;
pub const SRT_LIVE_DEF_PLSIZE: c_int = 1316;
pub const SRT_LIVE_MAX_PLSIZE: c_int = 1456;
pub const SRT_LIVE_DEF_LATENCY_MS: c_int = 120;
#[repr(C)]
#[derive(Debug, Copy, Clone, Default)]
pub struct CBytePerfMon {
    pub msTimeStamp: i64,
    pub pktSentTotal: i64,
    pub pktRecvTotal: i64,
    pub pktSndLossTotal: c_int,
    pub pktRcvLossTotal: c_int,
    pub pktRetransTotal: c_int,
    pub pktSentACKTotal: c_int,
    pub pktRecvACKTotal: c_int,
    pub pktSentNAKTotal: c_int,
    pub pktRecvNAKTotal: c_int,
    pub usSndDurationTotal: i64,
    pub pktSndDropTotal: c_int,
    pub pktRcvDropTotal: c_int,
    pub pktRcvUndecryptTotal: c_int,
    pub byteSentTotal: u64,
    pub byteRecvTotal: u64,
    pub byteRcvLossTotal: u64,
    pub byteRetransTotal: u64,
    pub byteSndDropTotal: u64,
    pub byteRcvDropTotal: u64,
    pub byteRcvUndecryptTotal: u64,
    pub pktSent: i64,
    pub pktRecv: i64,
    pub pktSndLoss: c_int,
    pub pktRcvLoss: c_int,
    pub pktRetrans: c_int,
    pub pktRcvRetrans: c_int,
    pub pktSentACK: c_int,
    pub pktRecvACK: c_int,
    pub pktSentNAK: c_int,
    pub pktRecvNAK: c_int,
    pub mbpsSendRate: f64,
    pub mbpsRecvRate: f64,
    pub usSndDuration: i64,
    pub pktReorderDistance: c_int,
    pub pktRcvAvgBelatedTime: f64,
    pub pktRcvBelated: i64,
    pub pktSndDrop: c_int,
    pub pktRcvDrop: c_int,
    pub pktRcvUndecrypt: c_int,
    pub byteSent: u64,
    pub byteRecv: u64,
    pub byteRcvLoss: u64,
    pub byteRetrans: u64,
    pub byteSndDrop: u64,
    pub byteRcvDrop: u64,
    pub byteRcvUndecrypt: u64,
    pub usPktSndPeriod: f64,
    pub pktFlowWindow: c_int,
    pub pktCongestionWindow: c_int,
    pub pktFlightSize: c_int,
    pub msRTT: f64,
    pub mbpsBandwidth: f64,
    pub byteAvailSndBuf: c_int,
    pub byteAvailRcvBuf: c_int,
    pub mbpsMaxBW: f64,
    pub byteMSS: c_int,
    pub pktSndBuf: c_int,
    pub byteSndBuf: c_int,
    pub msSndBuf: c_int,
    pub msSndTsbPdDelay: c_int,
    pub pktRcvBuf: c_int,
    pub byteRcvBuf: c_int,
    pub msRcvBuf: c_int,
    pub msRcvTsbPdDelay: c_int,
    pub pktSndFilterExtraTotal: c_int,
    pub pktRcvFilterExtraTotal: c_int,
    pub pktRcvFilterSupplyTotal: c_int,
    pub pktRcvFilterLossTotal: c_int,
    pub pktSndFilterExtra: c_int,
    pub pktRcvFilterExtra: c_int,
    pub pktRcvFilterSupply: c_int,
    pub pktRcvFilterLoss: c_int,
    pub pktReorderTolerance: c_int,
    pub pktSentUniqueTotal: i64,
    pub pktRecvUniqueTotal: i64,
    pub byteSentUniqueTotal: u64,
    pub byteRecvUniqueTotal: u64,
    pub pktSentUnique: i64,
    pub pktRecvUnique: i64,
    pub byteSentUnique: u64,
    pub byteRecvUnique: u64,
}
pub const MJ_UNKNOWN: CodeMajor = -1;
pub const MJ_SUCCESS: CodeMajor = 0;
pub const MJ_SETUP: CodeMajor = 1;
pub const MJ_CONNECTION: CodeMajor = 2;
pub const MJ_SYSTEMRES: CodeMajor = 3;
pub const MJ_FILESYSTEM: CodeMajor = 4;
pub const MJ_NOTSUP: CodeMajor = 5;
pub const MJ_AGAIN: CodeMajor = 6;
pub const MJ_PEERERROR: CodeMajor = 7;
pub type CodeMajor = c_int;
pub const MN_NONE: CodeMinor = 0;
pub const MN_TIMEOUT: CodeMinor = 1;
pub const MN_REJECTED: CodeMinor = 2;
pub const MN_NORES: CodeMinor = 3;
pub const MN_SECURITY: CodeMinor = 4;
pub const MN_CLOSED: CodeMinor = 5;
pub const MN_CONNLOST: CodeMinor = 1;
pub const MN_NOCONN: CodeMinor = 2;
pub const MN_THREAD: CodeMinor = 1;
pub const MN_MEMORY: CodeMinor = 2;
pub const MN_OBJECT: CodeMinor = 3;
pub const MN_SEEKGFAIL: CodeMinor = 1;
pub const MN_READFAIL: CodeMinor = 2;
pub const MN_SEEKPFAIL: CodeMinor = 3;
pub const MN_WRITEFAIL: CodeMinor = 4;
pub const MN_ISBOUND: CodeMinor = 1;
pub const MN_ISCONNECTED: CodeMinor = 2;
pub const MN_INVAL: CodeMinor = 3;
pub const MN_SIDINVAL: CodeMinor = 4;
pub const MN_ISUNBOUND: CodeMinor = 5;
pub const MN_NOLISTEN: CodeMinor = 6;
pub const MN_ISRENDEZVOUS: CodeMinor = 7;
pub const MN_ISRENDUNBOUND: CodeMinor = 8;
pub const MN_INVALMSGAPI: CodeMinor = 9;
pub const MN_INVALBUFFERAPI: CodeMinor = 10;
pub const MN_BUSY: CodeMinor = 11;
pub const MN_XSIZE: CodeMinor = 12;
pub const MN_EIDINVAL: CodeMinor = 13;
pub const MN_EEMPTY: CodeMinor = 14;
pub const MN_BUSYPORT: CodeMinor = 15;
pub const MN_WRAVAIL: CodeMinor = 1;
pub const MN_RDAVAIL: CodeMinor = 2;
pub const MN_XMTIMEOUT: CodeMinor = 3;
pub const MN_CONGESTION: CodeMinor = 4;
pub type CodeMinor = c_uint;
pub const SRT_EUNKNOWN: SRT_ERRNO = -1;
pub const SRT_SUCCESS: SRT_ERRNO = 0;
pub const SRT_ECONNSETUP: SRT_ERRNO = 1000;
pub const SRT_ENOSERVER: SRT_ERRNO = 1001;
pub const SRT_ECONNREJ: SRT_ERRNO = 1002;
pub const SRT_ESOCKFAIL: SRT_ERRNO = 1003;
pub const SRT_ESECFAIL: SRT_ERRNO = 1004;
pub const SRT_ESCLOSED: SRT_ERRNO = 1005;
pub const SRT_ECONNFAIL: SRT_ERRNO = 2000;
pub const SRT_ECONNLOST: SRT_ERRNO = 2001;
pub const SRT_ENOCONN: SRT_ERRNO = 2002;
pub const SRT_ERESOURCE: SRT_ERRNO = 3000;
pub const SRT_ETHREAD: SRT_ERRNO = 3001;
pub const SRT_ENOBUF: SRT_ERRNO = 3002;
pub const SRT_ESYSOBJ: SRT_ERRNO = 3003;
pub const SRT_EFILE: SRT_ERRNO = 4000;
pub const SRT_EINVRDOFF: SRT_ERRNO = 4001;
pub const SRT_ERDPERM: SRT_ERRNO = 4002;
pub const SRT_EINVWROFF: SRT_ERRNO = 4003;
pub const SRT_EWRPERM: SRT_ERRNO = 4004;
pub const SRT_EINVOP: SRT_ERRNO = 5000;
pub const SRT_EBOUNDSOCK: SRT_ERRNO = 5001;
pub const SRT_ECONNSOCK: SRT_ERRNO = 5002;
pub const SRT_EINVPARAM: SRT_ERRNO = 5003;
pub const SRT_EINVSOCK: SRT_ERRNO = 5004;
pub const SRT_EUNBOUNDSOCK: SRT_ERRNO = 5005;
pub const SRT_ENOLISTEN: SRT_ERRNO = 5006;
pub const SRT_ERDVNOSERV: SRT_ERRNO = 5007;
pub const SRT_ERDVUNBOUND: SRT_ERRNO = 5008;
pub const SRT_EINVALMSGAPI: SRT_ERRNO = 5009;
pub const SRT_EINVALBUFFERAPI: SRT_ERRNO = 5010;
pub const SRT_EDUPLISTEN: SRT_ERRNO = 5011;
pub const SRT_ELARGEMSG: SRT_ERRNO = 5012;
pub const SRT_EINVPOLLID: SRT_ERRNO = 5013;
pub const SRT_EPOLLEMPTY: SRT_ERRNO = 5014;
pub const SRT_EBINDCONFLICT: SRT_ERRNO = 5015;
pub const SRT_EASYNCFAIL: SRT_ERRNO = 6000;
pub const SRT_EASYNCSND: SRT_ERRNO = 6001;
pub const SRT_EASYNCRCV: SRT_ERRNO = 6002;
pub const SRT_ETIMEOUT: SRT_ERRNO = 6003;
pub const SRT_ECONGEST: SRT_ERRNO = 6004;
pub const SRT_EPEERERR: SRT_ERRNO = 7000;
pub type SRT_ERRNO = c_int;
pub const SRT_REJ_UNKNOWN: SRT_REJECT_REASON = 0;
pub const SRT_REJ_SYSTEM: SRT_REJECT_REASON = 1;
pub const SRT_REJ_PEER: SRT_REJECT_REASON = 2;
pub const SRT_REJ_RESOURCE: SRT_REJECT_REASON = 3;
pub const SRT_REJ_ROGUE: SRT_REJECT_REASON = 4;
pub const SRT_REJ_BACKLOG: SRT_REJECT_REASON = 5;
pub const SRT_REJ_IPE: SRT_REJECT_REASON = 6;
pub const SRT_REJ_CLOSE: SRT_REJECT_REASON = 7;
pub const SRT_REJ_VERSION: SRT_REJECT_REASON = 8;
pub const SRT_REJ_RDVCOOKIE: SRT_REJECT_REASON = 9;
pub const SRT_REJ_BADSECRET: SRT_REJECT_REASON = 10;
pub const SRT_REJ_UNSECURE: SRT_REJECT_REASON = 11;
pub const SRT_REJ_MESSAGEAPI: SRT_REJECT_REASON = 12;
pub const SRT_REJ_CONGESTION: SRT_REJECT_REASON = 13;
pub const SRT_REJ_FILTER: SRT_REJECT_REASON = 14;
pub const SRT_REJ_GROUP: SRT_REJECT_REASON = 15;
pub const SRT_REJ_TIMEOUT: SRT_REJECT_REASON = 16;
pub type SRT_REJECT_REASON = c_uint;
pub const SRT_KM_S_UNSECURED: SRT_KM_STATE = 0;
pub const SRT_KM_S_SECURING: SRT_KM_STATE = 1;
pub const SRT_KM_S_SECURED: SRT_KM_STATE = 2;
pub const SRT_KM_S_NOSECRET: SRT_KM_STATE = 3;
pub const SRT_KM_S_BADSECRET: SRT_KM_STATE = 4;
pub type SRT_KM_STATE = c_uint;
pub const SRT_EPOLL_OPT_NONE: SRT_EPOLL_OPT = 0;
pub const SRT_EPOLL_IN: SRT_EPOLL_OPT = 1;
pub const SRT_EPOLL_OUT: SRT_EPOLL_OPT = 4;
pub const SRT_EPOLL_ERR: SRT_EPOLL_OPT = 8;
pub const SRT_EPOLL_CONNECT: SRT_EPOLL_OPT = 4;
pub const SRT_EPOLL_ACCEPT: SRT_EPOLL_OPT = 1;
pub const SRT_EPOLL_UPDATE: SRT_EPOLL_OPT = 16;
pub const SRT_EPOLL_ET: SRT_EPOLL_OPT = 2147483648;
pub type SRT_EPOLL_OPT = c_uint;
pub type SRT_EPOLL_T = i32;
pub const SRT_EPOLL_ENABLE_EMPTY: SRT_EPOLL_FLAGS = 1;
pub const SRT_EPOLL_ENABLE_OUTPUTCHECK: SRT_EPOLL_FLAGS = 2;
pub type SRT_EPOLL_FLAGS = c_uint;
pub type SRT_TRACEBSTATS = CBytePerfMon;
pub const SRT_INVALID_SOCK: SRTSOCKET = -1;
pub const SRT_ERROR: c_int = -1;
pub type srt_listen_callback_fn = Option<
    unsafe extern "C" fn(
        opaq: *mut c_void,
        ns: SRTSOCKET,
        hsversion: c_int,
        peeraddr: *const sockaddr,
        streamid: *const c_char,
    ) -> c_int,
>;
pub type srt_connect_callback_fn = Option<
    unsafe extern "C" fn(
        opaq: *mut c_void,
        ns: SRTSOCKET,
        errorcode: c_int,
        peeraddr: *const sockaddr,
        token: c_int,
    ),
>;
pub type SRT_SOCKGROUPDATA = SRT_SocketGroupData_;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct SRT_MsgCtrl_ {
    pub flags: c_int,
    pub msgttl: c_int,
    pub inorder: c_int,
    pub boundary: c_int,
    pub srctime: i64,
    pub pktseq: i32,
    pub msgno: i32,
    pub grpdata: *mut SRT_SOCKGROUPDATA,
    pub grpdata_size: usize,
}
pub type SRT_MSGCTRL = SRT_MsgCtrl_;
pub const SRT_SEQNO_NONE: i32 = -1;
pub const SRT_MSGNO_NONE: i32 = -1;
pub const SRT_MSGNO_CONTROL: i32 = 0;
pub const SRT_MSGTTL_INF: c_int = -1;
#[repr(C)]
#[derive(Debug, Copy, Clone, Default, PartialEq, Eq)]
pub struct SRT_EPOLL_EVENT_STR {
    pub fd: SRTSOCKET,
    pub events: c_int,
}
pub type SRT_EPOLL_EVENT = SRT_EPOLL_EVENT_STR;
pub const SRT_GTYPE_UNDEFINED: SRT_GROUP_TYPE = 0;
pub const SRT_GTYPE_BROADCAST: SRT_GROUP_TYPE = 1;
pub const SRT_GTYPE_BACKUP: SRT_GROUP_TYPE = 2;
pub const SRT_GTYPE_E_END: SRT_GROUP_TYPE = 3;
pub type SRT_GROUP_TYPE = c_uint;
pub const SRT_GFLAG_SYNCONMSG: u32 = 1;
pub const SRT_GST_PENDING: SRT_MemberStatus = 0;
pub const SRT_GST_IDLE: SRT_MemberStatus = 1;
pub const SRT_GST_RUNNING: SRT_MemberStatus = 2;
pub const SRT_GST_BROKEN: SRT_MemberStatus = 3;
pub type SRT_MemberStatus = c_uint;
pub type SRT_MEMBERSTATUS = SRT_MemberStatus;
#[repr(C)]
#[derive(Clone, Copy)]
pub struct SRT_SocketGroupData_ {
    pub id: SRTSOCKET,
    pub peeraddr: sockaddr_storage,
    pub sockstate: SRT_SOCKSTATUS,
    pub weight: u16,
    pub memberstate: SRT_MEMBERSTATUS,
    pub result: c_int,
    pub token: c_int,
}
#[repr(C)]
#[derive(Debug)]
pub struct SRT_SocketOptionObject {
    _unused: [u8; 0],
}
pub type SRT_SOCKOPT_CONFIG = SRT_SocketOptionObject;
#[repr(C)]
#[derive(Clone, Copy)]
pub struct SRT_GroupMemberConfig_ {
    pub id: SRTSOCKET,
    pub srcaddr: sockaddr_storage,
    pub peeraddr: sockaddr_storage,
    pub weight: u16,
    pub config: *mut SRT_SOCKOPT_CONFIG,
    pub errorcode: c_int,
    pub token: c_int,
}
pub type SRT_SOCKGROUPCONFIG = SRT_GroupMemberConfig_;
unsafe extern "C" {
    pub fn srt_startup() -> c_int;
    pub fn srt_cleanup() -> c_int;
    pub fn srt_socket(arg1: c_int, arg2: c_int, arg3: c_int) -> SRTSOCKET;
    pub fn srt_create_socket() -> SRTSOCKET;
    pub fn srt_bind(u: SRTSOCKET, name: *const sockaddr, namelen: c_int) -> c_int;
    pub fn srt_bind_acquire(u: SRTSOCKET, sys_udp_sock: UDPSOCKET) -> c_int;
    pub fn srt_listen(u: SRTSOCKET, backlog: c_int) -> c_int;
    pub fn srt_accept(u: SRTSOCKET, addr: *mut sockaddr, addrlen: *mut c_int) -> SRTSOCKET;
    pub fn srt_accept_bond(listeners: *const SRTSOCKET, lsize: c_int, msTimeOut: i64) -> SRTSOCKET;
    pub fn srt_listen_callback(
        lsn: SRTSOCKET,
        hook_fn: srt_listen_callback_fn,
        hook_opaque: *mut c_void,
    ) -> c_int;
    pub fn srt_connect_callback(
        clr: SRTSOCKET,
        hook_fn: srt_connect_callback_fn,
        hook_opaque: *mut c_void,
    ) -> c_int;
    pub fn srt_connect(u: SRTSOCKET, name: *const sockaddr, namelen: c_int) -> c_int;
    pub fn srt_connect_debug(
        u: SRTSOCKET,
        name: *const sockaddr,
        namelen: c_int,
        forced_isn: c_int,
    ) -> c_int;
    pub fn srt_connect_bind(
        u: SRTSOCKET,
        source: *const sockaddr,
        target: *const sockaddr,
        len: c_int,
    ) -> c_int;
    pub fn srt_rendezvous(
        u: SRTSOCKET,
        local_name: *const sockaddr,
        local_namelen: c_int,
        remote_name: *const sockaddr,
        remote_namelen: c_int,
    ) -> c_int;
    pub fn srt_close(u: SRTSOCKET) -> c_int;
    pub fn srt_getpeername(u: SRTSOCKET, name: *mut sockaddr, namelen: *mut c_int) -> c_int;
    pub fn srt_getsockname(u: SRTSOCKET, name: *mut sockaddr, namelen: *mut c_int) -> c_int;
    pub fn srt_getsockopt(
        u: SRTSOCKET,
        level: c_int,
        optname: SRT_SOCKOPT,
        optval: *mut c_void,
        optlen: *mut c_int,
    ) -> c_int;
    pub fn srt_setsockopt(
        u: SRTSOCKET,
        level: c_int,
        optname: SRT_SOCKOPT,
        optval: *const c_void,
        optlen: c_int,
    ) -> c_int;
    pub fn srt_getsockflag(
        u: SRTSOCKET,
        opt: SRT_SOCKOPT,
        optval: *mut c_void,
        optlen: *mut c_int,
    ) -> c_int;
    pub fn srt_setsockflag(
        u: SRTSOCKET,
        opt: SRT_SOCKOPT,
        optval: *const c_void,
        optlen: c_int,
    ) -> c_int;
    pub fn srt_msgctrl_init(mctrl: *mut SRT_MSGCTRL);
    pub static srt_msgctrl_default: SRT_MSGCTRL;
    pub fn srt_send(u: SRTSOCKET, buf: *const c_char, len: c_int) -> c_int;
    pub fn srt_sendmsg(
        u: SRTSOCKET,
        buf: *const c_char,
        len: c_int,
        ttl: c_int,
        inorder: c_int,
    ) -> c_int;
    pub fn srt_sendmsg2(
        u: SRTSOCKET,
        buf: *const c_char,
        len: c_int,
        mctrl: *mut SRT_MSGCTRL,
    ) -> c_int;
    pub fn srt_recv(u: SRTSOCKET, buf: *mut c_char, len: c_int) -> c_int;
    pub fn srt_recvmsg(u: SRTSOCKET, buf: *mut c_char, len: c_int) -> c_int;
    pub fn srt_recvmsg2(
        u: SRTSOCKET,
        buf: *mut c_char,
        len: c_int,
        mctrl: *mut SRT_MSGCTRL,
    ) -> c_int;
    pub fn srt_sendfile(
        u: SRTSOCKET,
        path: *const c_char,
        offset: *mut i64,
        size: i64,
        block: c_int,
    ) -> i64;
    pub fn srt_recvfile(
        u: SRTSOCKET,
        path: *const c_char,
        offset: *mut i64,
        size: i64,
        block: c_int,
    ) -> i64;
    pub fn srt_getlasterror_str() -> *const c_char;
    pub fn srt_getlasterror(errno_loc: *mut c_int) -> c_int;
    pub fn srt_strerror(code: c_int, errnoval: c_int) -> *const c_char;
    pub fn srt_clearlasterror();
    pub fn srt_bstats(u: SRTSOCKET, perf: *mut SRT_TRACEBSTATS, clear: c_int) -> c_int;
    pub fn srt_bistats(
        u: SRTSOCKET,
        perf: *mut SRT_TRACEBSTATS,
        clear: c_int,
        instantaneous: c_int,
    ) -> c_int;
    pub fn srt_getsockstate(u: SRTSOCKET) -> SRT_SOCKSTATUS;
    pub fn srt_epoll_create() -> c_int;
    pub fn srt_epoll_clear_usocks(eid: c_int) -> c_int;
    pub fn srt_epoll_add_usock(eid: c_int, u: SRTSOCKET, events: *const c_int) -> c_int;
    pub fn srt_epoll_add_ssock(eid: c_int, s: SYSSOCKET, events: *const c_int) -> c_int;
    pub fn srt_epoll_remove_usock(eid: c_int, u: SRTSOCKET) -> c_int;
    pub fn srt_epoll_remove_ssock(eid: c_int, s: SYSSOCKET) -> c_int;
    pub fn srt_epoll_update_usock(eid: c_int, u: SRTSOCKET, events: *const c_int) -> c_int;
    pub fn srt_epoll_update_ssock(eid: c_int, s: SYSSOCKET, events: *const c_int) -> c_int;
    pub fn srt_epoll_wait(
        eid: c_int,
        readfds: *mut SRTSOCKET,
        rnum: *mut c_int,
        writefds: *mut SRTSOCKET,
        wnum: *mut c_int,
        msTimeOut: i64,
        lrfds: *mut SYSSOCKET,
        lrnum: *mut c_int,
        lwfds: *mut SYSSOCKET,
        lwnum: *mut c_int,
    ) -> c_int;
    pub fn srt_epoll_uwait(
        eid: c_int,
        fdsSet: *mut SRT_EPOLL_EVENT,
        fdsSize: c_int,
        msTimeOut: i64,
    ) -> c_int;
    pub fn srt_epoll_set(eid: c_int, flags: i32) -> i32;
    pub fn srt_epoll_release(eid: c_int) -> c_int;
    pub fn srt_setloglevel(ll: c_int);
    pub fn srt_addlogfa(fa: c_int);
    pub fn srt_dellogfa(fa: c_int);
    pub fn srt_resetlogfa(fara: *const c_int, fara_size: usize);
    pub fn srt_setloghandler(opaque: *mut c_void, handler: SRT_LOG_HANDLER_FN);
    pub fn srt_setlogflags(flags: c_int);
    pub fn srt_getsndbuffer(sock: SRTSOCKET, blocks: *mut usize, bytes: *mut usize) -> c_int;
    pub fn srt_getrejectreason(sock: SRTSOCKET) -> c_int;
    pub fn srt_setrejectreason(sock: SRTSOCKET, value: c_int) -> c_int;
    pub fn srt_rejectreason_str(id: c_int) -> *const c_char;
    pub fn srt_getversion() -> u32;
    pub fn srt_time_now() -> i64;
    pub fn srt_connection_time(sock: SRTSOCKET) -> i64;
    pub fn srt_clock_type() -> c_int;
    pub fn srt_create_group(arg1: SRT_GROUP_TYPE) -> SRTSOCKET;
    pub fn srt_groupof(socket: SRTSOCKET) -> SRTSOCKET;
    pub fn srt_group_data(
        socketgroup: SRTSOCKET,
        output: *mut SRT_SOCKGROUPDATA,
        inoutlen: *mut usize,
    ) -> c_int;
    pub fn srt_create_config() -> *mut SRT_SOCKOPT_CONFIG;
    pub fn srt_delete_config(config: *mut SRT_SOCKOPT_CONFIG);
    pub fn srt_config_add(
        config: *mut SRT_SOCKOPT_CONFIG,
        option: SRT_SOCKOPT,
        contents: *const c_void,
        len: c_int,
    ) -> c_int;
    pub fn srt_prepare_endpoint(
        src: *const sockaddr,
        adr: *const sockaddr,
        namelen: c_int,
    ) -> SRT_SOCKGROUPCONFIG;
    pub fn srt_connect_group(
        group: SRTSOCKET,
        name: *mut SRT_SOCKGROUPCONFIG,
        arraysize: c_int,
    ) -> c_int;
}
