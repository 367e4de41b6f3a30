//! Options of the UDP port, which all sockets on it have in common.
//!
//! libsrt makes a port with those of the first socket, and refuses others that differ with an error
//! that does not say in what, or in one case does not refuse them but loses their packets.

use super::SrtOptions;
use crate::error::Error;
use crate::sys::option::{self, Opt};

/// libsrt's default.
const DEFAULT_MAX_SEGMENT_SIZE: usize = 1500;

impl SrtOptions {
    /// These options for a socket on a port that was made with the options `port`. What they do not
    /// set of the port's options is taken from there.
    pub(crate) fn on_port(&self, port: &Self) -> Result<Self, Error> {
        let mut options = self.clone();
        agree(option::IPV6ONLY, &mut options.ipv6_only, port.ipv6_only, false)?;
        // The port's buffers are of this size. libsrt throws away what does not fit.
        let port_size = port.max_segment_size.unwrap_or(DEFAULT_MAX_SEGMENT_SIZE);
        match options.max_segment_size {
            None => options.max_segment_size = port.max_segment_size,
            Some(size) if size <= port_size => {}
            Some(_) => {
                let reason = "greater than that of the UDP port, which other calls share";
                return Err(Error::InvalidOption { option: option::MSS.name, reason });
            }
        }
        Ok(options)
    }

    /// The options of the port alone.
    pub(crate) fn of_port(&self) -> Self {
        let (ipv6_only, max_segment_size) = (self.ipv6_only, self.max_segment_size);
        Self { ipv6_only, max_segment_size, ..Self::default() }
    }

    /// Whether a port made with the one can as well be made with the other.
    pub(crate) fn is_same_port(&self, other: &Self) -> bool {
        self.ipv6_only == other.ipv6_only && self.max_segment_size == other.max_segment_size
    }
}

/// Takes over the port's value, unless there is another one.
fn agree<T: PartialEq>(
    option: Opt,
    value: &mut Option<T>,
    port: Option<T>,
    default: T,
) -> Result<(), Error> {
    if value.is_some() && value.as_ref() != Some(port.as_ref().unwrap_or(&default)) {
        let reason = "not that of the UDP port, which other calls share";
        return Err(Error::InvalidOption { option: option.name, reason });
    }
    *value = port;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_of_the_port_are_inherited_or_agree() {
        let name = |result: Result<SrtOptions, Error>| match result {
            Ok(_) => None,
            Err(Error::InvalidOption { option, .. }) => Some(option),
            Err(error) => panic!("{error}"),
        };
        let mut port = SrtOptions::new();
        let mut call = SrtOptions::new();
        assert_eq!(name(call.on_port(&port)), None);
        // The default may be said out loud, and on the port, where it matters, it stays unset.
        call.ipv6_only(false).max_segment_size(1500);
        assert_eq!(call.on_port(&port).unwrap().ipv6_only, None);
        call.max_segment_size(1501);
        assert_eq!(name(call.on_port(&port)), Some("SRTO_MSS"));
        call.max_segment_size(1000).ipv6_only(true);
        assert_eq!(name(call.on_port(&port)), Some("SRTO_IPV6ONLY"));
        port.ipv6_only(true).max_segment_size(999);
        assert_eq!(name(call.on_port(&port)), Some("SRTO_MSS"));
        call.max_segment_size(998);
        let agreed = call.on_port(&port).unwrap();
        assert_eq!((agreed.ipv6_only, agreed.max_segment_size), (Some(true), Some(998)));
        let inherited = SrtOptions::new().on_port(&port).unwrap();
        assert_eq!((inherited.ipv6_only, inherited.max_segment_size), (Some(true), Some(999)));
    }
}
