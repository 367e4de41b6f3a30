//! Typed socket options.
//!
//! - this file: what is made of the table
//! - `table`: the table, one entry an option
//! - `entry`: what errors tell of an entry
//! - `phase`: when an option can be set
//! - `themes.md`: examples, for the documentation of `SrtOptions`
//! - `unset`: the options that the table does not have, and why
//! - `presets`: options for common purposes
//! - `write`, `read`: how a value becomes what libsrt wants, and back
//! - `firewall`: options that are this library's own
//! - `group`: how they come to a group of connections
//! - `port`: those that sockets on one UDP port have in common
//! - `values`, `bandwidth`, `device`, `encryption`, `packet_filter`, `version`: the types of the values

mod bandwidth;
mod device;
mod encryption;
mod entry;
mod firewall;
mod group;
mod packet_filter;
mod phase;
mod port;
mod presets;
mod read;
mod table;
#[cfg(test)]
mod tests;
mod unset;
mod values;
mod version;
mod write;

use std::fmt;
use std::time::Duration;

use self::entry::Entry;
use self::firewall::FirewallOptions;
use self::table::for_each_option;
use crate::error::Error;
use crate::sys::{RawSocket, option};

pub use self::bandwidth::{Bandwidth, MaxBandwidth};
pub use self::device::DeviceName;
pub use self::encryption::{CipherMode, Encryption, KeyMaterialState};
pub use self::packet_filter::{Fec, FecArq, FecLayout, PacketFilter};
pub use self::phase::OptionPhase;
pub(crate) use self::read::encryption;
pub use self::values::{KeyLength, Passphrase, RetransmitAlgorithm, StreamId, TransmissionMode};
pub use self::version::Version;

/// The type that is kept: that of the setter, if there is no other.
macro_rules! kept {
    ($type:ty) => {
        $type
    };
    ($type:ty, $kept:ty) => {
        $kept
    };
}

/// Documents an entry's columns.
macro_rules! columns {
    ($c:literal, $phase:ident, $unit:literal, $default:literal, $range:literal) => {
        concat!(
            "\n| in C | set | unit | default | must be |\n|---|---|---|---|---|\n| `",
            $c,
            "` | ",
            crate::options::when!($phase),
            " | ",
            $unit,
            " | ",
            $default,
            " | ",
            $range,
            " |\n"
        )
    };
}

macro_rules! when {
    (pre_bind) => {
        "before binding"
    };
    (pre) => {
        "before connecting"
    };
    (post) => {
        "at any time"
    };
}

macro_rules! phase {
    (pre_bind) => {
        OptionPhase::PreBind
    };
    (pre) => {
        OptionPhase::Pre
    };
    (post) => {
        OptionPhase::Post
    };
}

macro_rules! needs {
    () => {
        None
    };
    ($needs:literal) => {
        Some($needs)
    };
}

macro_rules! define_options {
    ($(
        $(#[$meta:meta])*
        $name:ident($type:ty $(, $kept:ty)?) {
            option: $option:ident, $c:literal, $write:ident;
            $phase:ident, $unit:literal, $default:literal, $range:literal;
            $(get: $get:ident -> $read_type:ty, $read:ident;)?
            $(unconnected: $own_get:ident -> $own_type:ty, $own_read:ident;)?
            $(set: $set:ident;)?
            $(needs: $needs:literal;)?
        }
    )*) => {
        /// Socket options, to be applied when a socket is made.
        ///
        /// What is not set keeps libsrt's default. The builders of
        /// [`SrtStream`](crate::SrtStream::builder), [`SrtListener`](crate::SrtListener::builder)
        /// and [`SrtEndpoint`](crate::SrtEndpoint::builder) have the same setters. Options that can be
        /// set at any time have setters on [`SrtStream`](crate::SrtStream) and
        /// [`SrtListener`](crate::SrtListener) too, and those that can be read have getters on both
        /// and on [`SrtSocket`](crate::SrtSocket).
        ///
        /// The order in which options are set does not matter: they are applied in the one that libsrt
        /// needs. What is accepted has the options of its listener, all but the
        /// [stream id](Self::stream_id).
        ///
        /// ```
        /// use std::time::Duration;
        /// use srt_tokio::{Passphrase, SrtOptions};
        ///
        /// # fn main() -> Result<(), srt_tokio::Error> {
        /// let mut options = SrtOptions::new();
        /// options
        ///     .latency(Duration::from_millis(200))
        ///     .passphrase(Passphrase::new("correct horse")?);
        /// # Ok(())
        /// # }
        /// ```
        ///
        /// # Errors
        ///
        /// Setters keep what they are given. Whoever makes a socket of the options then fails with
        ///
        /// - [`Error::InvalidOption`] if libsrt refuses a value,
        /// - [`Error::Unsupported`] if it lacks an option,
        /// - [`Error::WrongPhase`] if it is too late for an option.
        ///
        #[doc = include_str!("themes.md")]
        #[doc = unset::docs!()]
        #[derive(Clone, Default, PartialEq, Eq)]
        pub struct SrtOptions {
            $(pub(crate) $name: Option<kept!($type $(, $kept)?)>,)*
            pub(crate) firewall: FirewallOptions,
        }

        impl SrtOptions {
            /// Libsrt's defaults.
            pub fn new() -> Self {
                Self::default()
            }

            $(
                $(#[$meta])*
                #[doc = columns!($c, $phase, $unit, $default, $range)]
                #[doc(alias = $c)]
                pub fn $name(&mut self, value: $type) -> &mut Self {
                    self.$name = Some(value.into());
                    self
                }
            )*

            firewall::firewall_setters!(self => self);

            /// Sets the options on a socket, those that are not set excepted.
            pub(crate) fn apply(&self, socket: &RawSocket) -> Result<(), Error> {
                $(if let Some(value) = &self.$name {
                    write::$write(socket, option::$option, value)
                        .map_err(|error| entries::$name.explain(error, socket))?;
                })*
                self.settle_cipher_mode(socket);
                self.settle_min_peer_version(socket)?;
                socket.set_linger_off()
            }

            /// What is set, in the table's order.
            fn entries(&self) -> impl Iterator<Item = &'static Entry> {
                [$(self.$name.is_some().then_some(&entries::$name),)*].into_iter().flatten()
            }

            /// Takes over what is set in `other`.
            pub(crate) fn merge(&mut self, other: &Self) {
                $(if other.$name.is_some() {
                    self.$name.clone_from(&other.$name);
                })*
                self.firewall.merge(&other.firewall);
            }

            /// The setter of an option that is not the same in `other`, if there is one.
            pub(crate) fn difference(&self, other: &Self) -> Option<&'static str> {
                $(if self.$name != other.$name {
                    return Some(stringify!($name));
                })*
                self.firewall.difference(&other.firewall)
            }
        }

        /// Shows what is set.
        impl fmt::Debug for SrtOptions {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut options = f.debug_struct("SrtOptions");
                $(if let Some(value) = &self.$name {
                    options.field(stringify!($name), value);
                })*
                self.firewall.show(&mut options);
                options.finish_non_exhaustive()
            }
        }

        #[expect(non_upper_case_globals, reason = "named as the setters are")]
        mod entries {
            use super::entry::Entry;
            use super::phase::OptionPhase;
            use crate::sys::option;

            $(
                pub(super) const $name: Entry = Entry {
                    option: option::$option,
                    setter: stringify!($name),
                    phase: phase!($phase),
                    reason: concat!("must be ", $range),
                    needs: needs!($($needs)?),
                };
            )*
        }

        pub(crate) mod getters {
            use super::{entries, read};
            use crate::error::Error;
            use crate::sys::{RawSocket, option};

            $($(
                pub(crate) fn $get(socket: &RawSocket) -> Result<$read_type, Error> {
                    read::$read(socket, option::$option)
                        .map_err(|error| entries::$name.explain(error, socket))
                }
            )?)*

            $($(
                pub(crate) fn $own_get(socket: &RawSocket) -> Result<$own_type, Error> {
                    read::$own_read(socket, option::$option)
                        .map_err(|error| entries::$name.explain(error, socket))
                }
            )?)*
        }

        /// What the table says, in its order.
        const TABLE: &[Entry] = &[$(entries::$name,)*];

        /// Gives a builder, which has its options in the field `options`, the setters of
        /// [`SrtOptions`].
        macro_rules! option_setters {
            () => {
                $(
                    $(#[$meta])*
                    #[doc = crate::options::columns!($c, $phase, $unit, $default, $range)]
                    #[doc(alias = $c)]
                    pub fn $name(&mut self, value: $type) -> &mut Self {
                        self.options.$name(value);
                        self
                    }
                )*
                crate::options::firewall_setters!(self => self.options);
            };
        }
        pub(crate) use option_setters;

        /// Gives a type the getters of all options that can be read. It must have a method
        /// `read_option`, which takes a function of a socket.
        macro_rules! option_getters {
            () => {
                $($(
                    #[doc = concat!(
                        "The value of [`", stringify!($name), "`](crate::SrtOptions::",
                        stringify!($name), ") in force."
                    )]
                    ///
                    /// # Errors
                    ///
                    /// Fails once the socket is gone, or if libsrt lacks the option.
                    #[doc(alias = $c)]
                    pub fn $get(&self) -> std::io::Result<$read_type> {
                        self.read_option(crate::options::getters::$get)
                    }
                )?)*
            };
        }
        pub(crate) use option_getters;

        /// As `option_getters`, of the options that a stream tells in a way of its own.
        macro_rules! unconnected_getters {
            () => {
                $($(
                    #[doc = concat!(
                        "The value of [`", stringify!($name), "`](crate::SrtOptions::",
                        stringify!($name), ") in force."
                    )]
                    ///
                    /// # Errors
                    ///
                    /// Fails once the socket is gone, or if libsrt lacks the option.
                    #[doc(alias = $c)]
                    pub fn $own_get(&self) -> std::io::Result<$own_type> {
                        self.read_option(crate::options::getters::$own_get)
                    }
                )?)*
            };
        }
        pub(crate) use unconnected_getters;

        /// Gives a type the setters of the options that can be set at any time. It must have a method
        /// `write_option`, which takes a function of a socket.
        macro_rules! live_setters {
            ($doc:literal) => {
                $($(
                    #[doc = concat!(
                        "Sets [`", stringify!($name), "`](crate::SrtOptions::", stringify!($name),
                        ")", $doc
                    )]
                    ///
                    /// # Errors
                    ///
                    /// As [`SrtOptions`](crate::SrtOptions#errors) has them, and
                    /// [`Error::ConnectionLost`](crate::Error::ConnectionLost) or
                    /// [`Error::Closed`](crate::Error::Closed) if there is nothing left to set it on.
                    #[doc(alias = $c)]
                    pub fn $set(&self, value: $type) -> std::io::Result<()> {
                        let mut options = crate::SrtOptions::new();
                        options.$name(value);
                        self.write_option(|socket| options.apply(socket))
                    }
                )?)*
            };
        }
        pub(crate) use live_setters;
    };
}

for_each_option!(define_options);
pub(crate) use firewall::firewall_setters;
pub(crate) use {columns, when};

impl SrtOptions {
    pub(crate) fn linger_time(&self) -> Option<Duration> {
        self.linger
    }

    pub(crate) fn has_passphrase(&self) -> bool {
        self.passphrase.is_some()
    }

    pub(crate) fn without_passphrase(&self) -> Self {
        Self { passphrase: None, ..self.clone() }
    }

    pub(crate) fn is_ipv6_only(&self) -> bool {
        self.ipv6_only.unwrap_or(false)
    }
}

/// The name of the setter that sets an option, by its name in C.
pub(crate) fn setter_of(option: &str) -> Option<&'static str> {
    TABLE.iter().find(|entry| entry.option.name == option).map(|entry| entry.setter)
}
