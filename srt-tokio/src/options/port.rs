//! Options of the UDP port, which all sockets on it have in common.
//!
//! libsrt makes a port with those of the first socket, and refuses others that differ with an error
//! that does not say in what, or in one case does not refuse them but loses their packets.

use super::SrtOptions;
use crate::error::Error;
use crate::sys::option::{self, Opt};

pub(super) const DEFAULT_MAX_SEGMENT_SIZE: usize = 1500;
const DEFAULT_UDP_SEND_BUFFER_SIZE: usize = 65_536;
const DEFAULT_UDP_RECEIVE_BUFFER_SIZE: usize = 8192 * DEFAULT_MAX_SEGMENT_SIZE;

impl SrtOptions {
    /// These options for a socket on a port that was made with the options `port`. What they do not
    /// set of the port's options is taken from there.
    pub(crate) fn on_port(&self, port: &Self) -> Result<Self, Error> {
        let mut options = self.clone();
        agree(option::IPV6ONLY, &mut options.ipv6_only, &port.ipv6_only, Some(&false))?;
        agree(option::REUSEADDR, &mut options.reuse_address, &port.reuse_address, Some(&true))?;
        agree(option::IPTTL, &mut options.ip_ttl, &port.ip_ttl, None)?;
        agree(option::IPTOS, &mut options.ip_tos, &port.ip_tos, None)?;
        agree(option::BINDTODEVICE, &mut options.bind_to_device, &port.bind_to_device, None)?;
        agree(
            option::UDP_SNDBUF,
            &mut options.udp_send_buffer_size,
            &port.udp_send_buffer_size,
            Some(&DEFAULT_UDP_SEND_BUFFER_SIZE),
        )?;
        agree(
            option::UDP_RCVBUF,
            &mut options.udp_receive_buffer_size,
            &port.udp_receive_buffer_size,
            Some(&DEFAULT_UDP_RECEIVE_BUFFER_SIZE),
        )?;
        // Its limits are each socket's own: the port admits what one of them admits.
        if options.firewall.firewall.is_some_and(|it| it != port.firewall_of_port()) {
            let reason = "not that of the UDP port, which other calls share";
            return Err(Error::InvalidOption { option: "firewall", reason });
        }
        options.firewall.firewall = port.firewall.firewall;
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

    /// Whether sockets with these options can share a port.
    pub(crate) fn check_shared(&self) -> Result<(), Error> {
        if self.reuse_address == Some(false) {
            let reason = "must not be false for a UDP port that calls share";
            return Err(Error::InvalidOption { option: option::REUSEADDR.name, reason });
        }
        Ok(())
    }

    /// The options of the port alone.
    pub(crate) fn of_port(&self) -> Self {
        Self {
            bind_to_device: self.bind_to_device.clone(),
            ip_tos: self.ip_tos,
            ip_ttl: self.ip_ttl,
            ipv6_only: self.ipv6_only,
            max_segment_size: self.max_segment_size,
            reuse_address: self.reuse_address,
            udp_receive_buffer_size: self.udp_receive_buffer_size,
            udp_send_buffer_size: self.udp_send_buffer_size,
            firewall: self.firewall.clone(),
            ..Self::default()
        }
    }

    /// Whether a port made with the one can as well be made with the other.
    pub(crate) fn is_same_port(&self, other: &Self) -> bool {
        self.bind_to_device == other.bind_to_device
            && self.ip_tos == other.ip_tos
            && self.ip_ttl == other.ip_ttl
            && self.ipv6_only == other.ipv6_only
            && self.max_segment_size == other.max_segment_size
            && self.udp_receive_buffer_size == other.udp_receive_buffer_size
            && self.udp_send_buffer_size == other.udp_send_buffer_size
            && self.firewall == other.firewall
    }
}

/// Takes over the port's value, unless there is another one.
fn agree<T: Clone + PartialEq>(
    option: Opt,
    value: &mut Option<T>,
    port: &Option<T>,
    default: Option<&T>,
) -> Result<(), Error> {
    if value.is_some() && value.as_ref() != port.as_ref().or(default) {
        let reason = "not that of the UDP port, which other calls share";
        return Err(Error::InvalidOption { option: option.name, reason });
    }
    value.clone_from(port);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::DeviceName;

    fn refused<T>(result: Result<T, Error>) -> Option<&'static str> {
        match result {
            Ok(_) => None,
            Err(Error::InvalidOption { option, .. }) => Some(option),
            Err(error) => panic!("{error}"),
        }
    }

    #[test]
    fn options_of_the_port_are_inherited_or_agree() {
        let mut port = SrtOptions::new();
        let mut call = SrtOptions::new();
        assert_eq!(refused(call.on_port(&port)), None);
        // The default may be said out loud, and on the port, where it matters, it stays unset.
        call.ipv6_only(false).max_segment_size(1500);
        assert_eq!(call.on_port(&port).unwrap().ipv6_only, None);
        call.max_segment_size(1501);
        assert_eq!(refused(call.on_port(&port)), Some("SRTO_MSS"));
        call.max_segment_size(1400).ipv6_only(true);
        assert_eq!(refused(call.on_port(&port)), Some("SRTO_IPV6ONLY"));
        port.ipv6_only(true).max_segment_size(1399);
        assert_eq!(refused(call.on_port(&port)), Some("SRTO_MSS"));
        call.max_segment_size(1398);
        let agreed = call.on_port(&port).unwrap();
        assert_eq!((agreed.ipv6_only, agreed.max_segment_size), (Some(true), Some(1398)));
        let inherited = SrtOptions::new().on_port(&port).unwrap();
        assert_eq!((inherited.ipv6_only, inherited.max_segment_size), (Some(true), Some(1399)));
    }

    #[test]
    fn every_option_of_the_port_must_agree() {
        type Set = fn(&mut SrtOptions) -> &mut SrtOptions;
        // How it is set, and how libsrt's default is said, if there is one.
        let table: [(&str, Set, Option<Set>); 7] = [
            ("SRTO_BINDTODEVICE", |o| o.bind_to_device(DeviceName::new("lo").unwrap()), None),
            ("SRTO_IPTOS", |o| o.ip_tos(0xb8), None),
            ("SRTO_IPTTL", |o| o.ip_ttl(9), None),
            ("SRTO_IPV6ONLY", |o| o.ipv6_only(true), Some(|o| o.ipv6_only(false))),
            ("SRTO_MSS", |o| o.max_segment_size(9000), Some(|o| o.max_segment_size(1500))),
            (
                "SRTO_UDP_RCVBUF",
                |o| o.udp_receive_buffer_size(100_000),
                Some(|o| o.udp_receive_buffer_size(12_288_000)),
            ),
            (
                "SRTO_UDP_SNDBUF",
                |o| o.udp_send_buffer_size(100_000),
                Some(|o| o.udp_send_buffer_size(65_536)),
            ),
        ];
        let unset = SrtOptions::new();
        for (name, set, set_default) in table {
            let mut given = SrtOptions::new();
            set(&mut given);
            assert_eq!(refused(given.on_port(&unset)), Some(name));
            assert_eq!(refused(given.on_port(&given)), None, "{name}");
            assert!(given.is_same_port(&unset.on_port(&given).unwrap()), "{name}");
            assert!(given.is_same_port(&given.of_port()), "{name}");
            assert!(!given.is_same_port(&unset), "{name}");
            if let Some(set_default) = set_default {
                let mut default = SrtOptions::new();
                set_default(&mut default);
                assert_eq!(refused(default.on_port(&unset)), None, "{name}");
                // A smaller segment than the port's will do.
                let disagrees = (name != "SRTO_MSS").then_some(name);
                assert_eq!(refused(default.on_port(&given)), disagrees);
            }
        }
        let mut alone = SrtOptions::new();
        alone.reuse_address(false);
        assert_eq!(refused(alone.check_shared()), Some("SRTO_REUSEADDR"));
        assert_eq!(refused(alone.on_port(&unset)), Some("SRTO_REUSEADDR"));
    }
}
