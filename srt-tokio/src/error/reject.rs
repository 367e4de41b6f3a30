//! Names for the reject codes of SRT's access-control guidelines.

use super::RejectReason;

macro_rules! predefined {
    ($($(#[$meta:meta])* $name:ident = $code:literal, $text:literal;)*) => {
        /// The codes of the access-control guidelines, for a listener to
        /// [reject](crate::Decision::Reject) with and for a caller to tell apart.
        ///
        /// ```no_run
        /// use srt_tokio::{Error, RejectReason, SrtStream};
        ///
        /// # #[tokio::main]
        /// # async fn main() -> std::io::Result<()> {
        /// match SrtStream::connect("127.0.0.1:9000").await {
        ///     Ok(stream) => drop(stream),
        ///     Err(error) => match Error::from_io(&error) {
        ///         Some(Error::Rejected(RejectReason::NOT_FOUND)) => eprintln!("no such stream"),
        ///         Some(Error::Rejected(RejectReason::OVERLOAD)) => eprintln!("try again later"),
        ///         _ => return Err(error),
        ///     },
        /// }
        /// # Ok(())
        /// # }
        /// ```
        impl RejectReason {
            $($(#[$meta])* pub const $name: Self = Self::Predefined($code);)*
        }

        /// What a predefined code stands for.
        pub(super) fn name(code: u16) -> Option<&'static str> {
            Some(match code {
                $($code => $text,)*
                _ => return None,
            })
        }
    };
}

predefined! {
    /// 1000: for no reason in particular.
    #[doc(alias = "SRT_REJX_FALLBACK")]
    FALLBACK = 1000, "refused";
    /// 1001: a key in the stream id is not supported.
    #[doc(alias = "SRT_REJX_KEY_NOTSUP")]
    KEY_NOT_SUPPORTED = 1001, "key in the stream id not supported";
    /// 1002: the path of the file that is asked for is malformed, or there is no such file.
    #[doc(alias = "SRT_REJX_FILEPATH")]
    FILE_PATH = 1002, "no such file";
    /// 1003: the host that the stream id names is not known.
    #[doc(alias = "SRT_REJX_HOSTNOTFOUND")]
    HOST_NOT_FOUND = 1003, "host not found";
    /// 1400: the stream id is malformed.
    #[doc(alias = "SRT_REJX_BAD_REQUEST")]
    BAD_REQUEST = 1400, "bad request";
    /// 1401: the user is not known, or not who he says he is.
    #[doc(alias = "SRT_REJX_UNAUTHORIZED")]
    UNAUTHORIZED = 1401, "unauthorized";
    /// 1402: the server has too much to do, or the peer has used up what it may.
    #[doc(alias = "SRT_REJX_OVERLOAD")]
    OVERLOAD = 1402, "overloaded";
    /// 1403: the peer may not have what it asks for.
    #[doc(alias = "SRT_REJX_FORBIDDEN")]
    FORBIDDEN = 1403, "forbidden";
    /// 1404: there is no such thing at this time.
    #[doc(alias = "SRT_REJX_NOTFOUND")]
    NOT_FOUND = 1404, "not found";
    /// 1405: what is asked for cannot be had in this mode, for example published.
    #[doc(alias = "SRT_REJX_BAD_MODE")]
    BAD_MODE = 1405, "mode not supported";
    /// 1406: what is asked for cannot be had with these parameters, or in this format.
    #[doc(alias = "SRT_REJX_UNACCEPTABLE")]
    UNACCEPTABLE = 1406, "unacceptable";
    /// 1409: somebody else is publishing it, or it can only be read at this time.
    #[doc(alias = "SRT_REJX_CONFLICT")]
    CONFLICT = 1409, "conflict";
    /// 1415: the type of media is not supported.
    #[doc(alias = "SRT_REJX_NOTSUP_MEDIA")]
    MEDIA_NOT_SUPPORTED = 1415, "media type not supported";
    /// 1423: nobody can have it at this time.
    #[doc(alias = "SRT_REJX_LOCKED")]
    LOCKED = 1423, "locked";
    /// 1424: it depends on another session that has ended.
    #[doc(alias = "SRT_REJX_FAILED_DEPEND")]
    FAILED_DEPENDENCY = 1424, "failed dependency";
    /// 1500: the listener has failed.
    #[doc(alias = "SRT_REJX_ISE")]
    INTERNAL_SERVER_ERROR = 1500, "internal server error";
    /// 1501: the listener understands the request, but does not support it.
    #[doc(alias = "SRT_REJX_UNIMPLEMENTED")]
    UNIMPLEMENTED = 1501, "not implemented";
    /// 1502: the listener is a gateway, and was itself rejected.
    #[doc(alias = "SRT_REJX_GW")]
    GATEWAY = 1502, "rejected behind the gateway";
    /// 1503: the service is down.
    #[doc(alias = "SRT_REJX_DOWN")]
    DOWN = 1503, "service down";
    /// 1505: the version of SRT, older or newer, is not supported.
    #[doc(alias = "SRT_REJX_VERSION")]
    VERSION = 1505, "version not supported";
    /// 1507: there is no room to store what is sent.
    #[doc(alias = "SRT_REJX_NOROOM")]
    NO_ROOM = 1507, "no room to store";
}
