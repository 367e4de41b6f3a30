//! What the table says about an option, for errors to tell.

use super::phase::OptionPhase;
use crate::error::{Error, ErrorCode};
use crate::sys::RawSocket;
use crate::sys::option::Opt;

#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) option: Opt,
    pub(super) setter: &'static str,
    pub(super) phase: OptionPhase,
    /// Why libsrt refuses a value.
    pub(super) reason: &'static str,
    /// Which libsrt has the option, if not every one does.
    pub(super) needs: Option<&'static str>,
}

impl Entry {
    /// Turns what `socket` has refused this option with into an error that names it.
    #[cold]
    pub(super) fn explain(&self, error: Error, socket: &RawSocket) -> Error {
        let Error::Library { code, .. } = error else {
            return error;
        };
        let option = self.option.name;
        match code {
            ErrorCode::AlreadyBound | ErrorCode::AlreadyConnected => {
                Error::WrongPhase { option, phase: self.phase }
            }
            ErrorCode::InvalidParameter => match self.needs {
                // A libsrt that lacks it does not tell its value either.
                Some(needs) if socket.get_bytes(self.option).is_err() => {
                    Error::Unsupported { feature: self.setter, needs }
                }
                _ => Error::InvalidOption { option, reason: self.reason },
            },
            ErrorCode::InvalidOperation => match self.needs {
                Some(needs) => Error::Unsupported { feature: self.setter, needs },
                None => error,
            },
            _ => error,
        }
    }
}
