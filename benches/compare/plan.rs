//! Which peers run which workloads, and in what order.
//!
//! Also part of `xtask`, as `peer` and `workload` are, which refuses wrong names before it builds anything.

use super::peer::Peer::{
    self, BestC, Ours, OursOneThread, OursShared, RawC, SrtLiveTransmit, SrtTokio, Udp,
};
use super::peer::Setting::{self, Balanced, Economy, Lowest};
use super::workload::Kind::{self, Accept, Idle, PeakFile, PeakLive, Receive, Relay, Send};
use super::workload::Workload;

/// One workload with all its peers, which take turns: the first is what the others are compared with.
#[derive(Clone, Debug)]
pub(crate) struct Round {
    pub(crate) workload: Workload,
    pub(crate) peers: Vec<Peer>,
}

impl Round {
    /// How many runs it is.
    pub(crate) fn len(&self) -> u32 {
        self.peers.len() as u32
    }
}

/// The four loads of the comparison: streams, and kbit/s of each.
const LOADS: [(u32, u32); 4] = [(1, 10_000), (1, 100_000), (50, 2_000), (200, 500)];

/// Everything but scaling.
pub(crate) fn full() -> Vec<Round> {
    let mut rounds = Vec::new();
    for (streams, kbps) in LOADS {
        let ours = [OursOneThread(Lowest)].into_iter().chain(Setting::ALL.map(Ours)).collect();
        rounds.push(round(Receive, streams, kbps, among_others(ours, streams)));
    }
    for (streams, kbps) in LOADS {
        let ours = if streams == 1 {
            Setting::ALL.map(Ours).to_vec()
        } else {
            [Ours(Balanced)].into_iter().chain(Setting::ALL.map(OursShared)).collect()
        };
        rounds.push(round(Send, streams, kbps, among_others(ours, streams)));
    }
    rounds.push(round(Relay, 100, 2_000, vec![RawC, Ours(Balanced)]));
    rounds.push(round(PeakLive, 1, 0, vec![RawC, Ours(Balanced)]));
    rounds.push(round(PeakFile, 1, 0, vec![RawC, Ours(Balanced)]));
    rounds.push(round(Idle, 1_000, 0, vec![RawC, Ours(Balanced)]));
    rounds.push(round(Accept, 1_000, 0, vec![RawC, Ours(Balanced)]));
    rounds
}

/// What fits into a minute.
pub(crate) fn quick() -> Vec<Round> {
    let receive = || vec![RawC, Ours(Balanced), Ours(Economy), SrtTokio];
    vec![
        round(Receive, 1, 10_000, receive()),
        round(Receive, 50, 2_000, receive()),
        round(Send, 50, 2_000, vec![RawC, OursShared(Balanced), OursShared(Economy), SrtTokio]),
    ]
}

/// The least that shows whether the comparison works at all.
pub(crate) fn smoke() -> Vec<Round> {
    vec![round(Receive, 1, 10_000, vec![RawC, Ours(Balanced)])]
}

/// Figures over the number of streams, and over the bitrate of one.
pub(crate) fn scaling() -> Vec<Round> {
    let mut rounds = Vec::new();
    for streams in [1, 10, 50, 100, 200, 500, 1_000] {
        let kbps = STREAMS_AXIS_KBPS;
        rounds.push(round(Receive, streams, kbps, vec![RawC, Ours(Balanced), Ours(Economy)]));
        rounds.push(round(
            Send,
            streams,
            kbps,
            vec![BestC, OursShared(Balanced), OursShared(Economy)],
        ));
    }
    for kbps in [500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000] {
        rounds.push(round(Receive, 1, kbps, vec![RawC, Ours(Balanced), Ours(Economy)]));
        rounds.push(round(Send, 1, kbps, vec![RawC, Ours(Balanced), Ours(Economy)]));
    }
    rounds
}

/// So little a stream that two cores carry a thousand of them, both ends.
pub(crate) const STREAMS_AXIS_KBPS: u32 = 100;

/// Keeps the peers whose name, after that of the workload, contains one of `texts`, and what they are
/// compared with.
pub(crate) fn only(rounds: Vec<Round>, texts: &[String]) -> Vec<Round> {
    if texts.is_empty() {
        return rounds;
    }
    let wanted =
        |workload: &Workload, peer: &Peer| texts.iter().any(|text| is_called(workload, peer, text));
    let narrow = |Round { workload, peers }: Round| {
        let reference = peers[0];
        if !peers.iter().any(|peer| wanted(&workload, peer)) {
            return None;
        }
        let peers =
            peers.into_iter().filter(|it| *it == reference || wanted(&workload, it)).collect();
        Some(Round { workload, peers })
    };
    rounds.into_iter().filter_map(narrow).collect()
}

/// Whether `only` finds something of that name.
pub(crate) fn has(rounds: &[Round], text: &str) -> bool {
    let of_round =
        |round: &Round| round.peers.iter().any(|it| is_called(&round.workload, it, text));
    rounds.iter().any(of_round)
}

/// The names that `only` goes by, as lines.
pub(crate) fn names(rounds: &[Round]) -> String {
    let (mut workloads, mut peers): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    for Round { workload, peers: of_round } in rounds {
        workloads.push(workload.to_string());
        peers.extend(of_round.iter().map(Peer::to_string));
    }
    let mut known = Vec::new();
    peers.retain(|peer| {
        let is_new = !known.contains(peer);
        known.push(peer.clone());
        is_new
    });
    format!("workloads:\n{}\npeers:\n{}", wrapped(&workloads), wrapped(&peers))
}

fn is_called(workload: &Workload, peer: &Peer, text: &str) -> bool {
    format!("{workload} {peer}").contains(text)
}

fn wrapped(words: &[String]) -> String {
    const WIDTH: usize = 96;
    let mut lines = vec![String::new()];
    for (index, word) in words.iter().enumerate() {
        let comma = if index + 1 < words.len() { "," } else { "" };
        if lines.last().is_some_and(|line| line.len() + word.len() > WIDTH) {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            let indent = if line.is_empty() { "  " } else { " " };
            line.push_str(&format!("{indent}{word}{comma}"));
        }
    }
    lines.join("\n")
}

fn among_others(ours: Vec<Peer>, streams: u32) -> Vec<Peer> {
    let mut peers = vec![RawC, BestC];
    peers.extend(ours);
    peers.push(SrtTokio);
    if streams == 1 {
        peers.push(SrtLiveTransmit);
    }
    peers.push(Udp);
    peers
}

fn round(kind: Kind, streams: u32, kbps: u32, peers: Vec<Peer>) -> Round {
    Round { workload: Workload::new(kind, streams, kbps), peers }
}
