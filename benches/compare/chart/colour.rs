//! Whose is which colour, the same in all charts.

use plotters::style::RGBColor;

use crate::peer::Peer;
use crate::peer::Setting::{self, Balanced, Economy, Efficient, Lowest};

pub(super) fn of(peer: Peer) -> RGBColor {
    match peer {
        Peer::RawC => RGBColor(96, 96, 96),
        Peer::BestC => RGBColor(160, 160, 160),
        Peer::Ours(setting) => blue(setting),
        Peer::OursShared(setting) => green(setting),
        Peer::OursOneThread(_) => RGBColor(92, 184, 178),
        Peer::SrtTokio => RGBColor(224, 123, 36),
        Peer::SrtLiveTransmit => RGBColor(176, 94, 140),
        Peer::Udp => RGBColor(214, 204, 150),
    }
}

fn blue(setting: Setting) -> RGBColor {
    match setting {
        Lowest => RGBColor(138, 184, 230),
        Balanced => RGBColor(40, 108, 196),
        Efficient => RGBColor(28, 78, 150),
        Economy => RGBColor(16, 46, 98),
    }
}

fn green(setting: Setting) -> RGBColor {
    match setting {
        Lowest => RGBColor(134, 208, 176),
        Balanced => RGBColor(30, 150, 104),
        Efficient => RGBColor(20, 112, 76),
        Economy => RGBColor(10, 70, 48),
    }
}
