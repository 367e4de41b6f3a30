//! How options come to a group of connections.
//!
//! libsrt keeps what is set on a group until there are members, and only then finds out what it thinks
//! of it, once for each. So a socket that is nobody's has the options first, and the group gets what
//! libsrt has made of them there.

use super::SrtOptions;
use super::values::TransmissionMode;
use crate::error::{Error, ErrorCode};
use crate::sys::option::{self, Opt};
use crate::sys::{MemberConfig, RawSocket};

/// What a peer needs to be told by a group that it is one: libsrt 1.5.0.
const MIN_PEER_VERSION: i32 = 0x01_05_00;

impl SrtOptions {
    /// Sets the options on a group without members.
    pub(crate) fn apply_to_group(&self, group: &RawSocket) -> Result<(), Error> {
        if self.transmission_mode.is_some_and(|mode| mode != TransmissionMode::Live) {
            return Err(refused(option::TRANSTYPE, "groups are for live mode only"));
        }
        let model = self.model()?;
        if self.min_peer_version.is_none() {
            group.set_i32(option::MINVERSION, MIN_PEER_VERSION)?;
        }
        for entry in self.entries() {
            match entry.option {
                // As it is, libsrt's default, and this library's own.
                option::TRANSTYPE | option::GROUPCONNECT | option::LINGER => {}
                // Nobody is told.
                option::PASSPHRASE => {
                    if let Some(passphrase) = &self.passphrase {
                        group.set_bytes(entry.option, passphrase.as_bytes())?;
                    }
                }
                option::STREAMID if self.stream_id.as_ref().is_some_and(|id| id.is_empty()) => {}
                // Set to both of its parts.
                option::LATENCY => {
                    group.copy_option(option::RCVLATENCY, &model)?;
                    group.copy_option(option::PEERLATENCY, &model)?;
                }
                option => group
                    .copy_option(option, &model)
                    .map_err(|error| only_for_sockets(entry.setter, error))?,
            }
        }
        group.set_linger_off()
    }

    /// These options for one member of a group that has the options of `group`.
    pub(crate) fn of_member(&self, group: &Self) -> Result<MemberConfig, Error> {
        let mut config = MemberConfig::new()?;
        if self.entries().next().is_none() {
            return Ok(config);
        }
        // They may depend on what they are to be added to.
        let mut merged = group.clone();
        merged.merge(self);
        let model = merged.model()?;
        for entry in self.entries() {
            let refused = || refused(entry.option, "must be the same for all members of a group");
            match entry.option {
                option::TRANSTYPE | option::PASSPHRASE | option::LINGER => return Err(refused()),
                option if config.add(option, &model)? => {}
                _ => return Err(refused()),
            }
        }
        Ok(config)
    }

    /// A socket that has the options.
    fn model(&self) -> Result<RawSocket, Error> {
        let model = RawSocket::new()?;
        self.apply(&model)?;
        Ok(model)
    }
}

/// Why a group has refused a value that a socket has taken. libsrt 1.5.5 looks at each option of a
/// group as if the others had their defaults.
fn only_for_sockets(feature: &'static str, error: Error) -> Error {
    match error {
        Error::Library { code: ErrorCode::InvalidParameter, .. } => {
            let needs = "a value that goes with the defaults of the other options, or libsrt 1.5.1";
            Error::Unsupported { feature, needs }
        }
        error => error,
    }
}

fn refused(option: Opt, reason: &'static str) -> Error {
    Error::InvalidOption { option: option.name, reason }
}
