//! The definition on examples, and against the program made from it, in the kernel.
//!
//! - this file: what is admitted and what is not
//! - `kernel`: a socket with the program attached
//! - `packets`: well-formed packets

mod kernel;
mod packets;

use proptest::prelude::*;

use super::definition::rules;
use super::limits::Limits;
use super::port::Filter;
use super::program::compile;
use super::rule::admits;
use kernel::Kernel;
use packets::{Packet, handshake};

const LIMITS: Limits = Limits {
    payload: 1456,
    filter: false,
    max_flow_window: 262_144,
    max_dropped: 25_600,
    min_segment_size: 316,
};

const WITH_FILTER: Limits = Limits { payload: 1316, filter: true, ..LIMITS };

/// Asserts that the definition and the kernel agree on packets, and returns which ones are admitted.
fn agreed(limits: Limits, packets: &[Packet]) -> Vec<bool> {
    let rules = rules(&limits);
    let admitted: Vec<_> = packets.iter().map(|packet| admits(&rules, packet.bytes())).collect();
    let kept = Kernel::with(limits).keeps(packets);
    for ((packet, admitted), kept) in packets.iter().zip(&admitted).zip(kept) {
        assert_eq!(kept, *admitted, "{packet:?}");
    }
    admitted
}

#[track_caller]
fn assert_admitted(limits: Limits, packets: &[Packet]) {
    for (packet, admitted) in packets.iter().zip(agreed(limits, packets)) {
        assert!(admitted, "dropped: {packet:?}");
    }
}

#[track_caller]
fn assert_dropped(limits: Limits, packets: &[Packet]) {
    for (packet, admitted) in packets.iter().zip(agreed(limits, packets)) {
        assert!(!admitted, "admitted: {packet:?}");
    }
}

#[test]
fn well_formed_packets_are_admitted() {
    assert_admitted(LIMITS, &packets::well_formed());
}

#[test]
fn a_filter_and_its_packets_are_admitted_where_there_may_be_one() {
    let offer = handshake(-1, 5).extension(1, &[0; 12]).extension(7, b"fec,cols:10\0");
    let parity = |len| Packet::data(0, len);
    assert_dropped(LIMITS, std::slice::from_ref(&offer));
    assert_admitted(WITH_FILTER, &[offer, parity(4), parity(1320), Packet::data(1, 1316)]);
    // libsrt would read before, or write behind, the end of its buffers.
    assert_dropped(WITH_FILTER, &[parity(3), parity(1321), Packet::data(1, 1317)]);
}

#[test]
fn lengths_are_those_of_the_type() {
    let control = |number, content: &[u8]| Packet::control(number, 0).content(content);
    let dropped: Vec<_> = (0..16)
        .map(|len| Packet::control(1, 0).cut(len))
        .chain([Packet::data(1, 0), Packet::data(1, 1457)])
        .chain([control(0, &[0; 47]), control(1, &[0; 17])])
        .chain([0, 3, 5, 8, 12, 15, 18, 36].map(|len| control(2, &vec![0; len])))
        .chain([0, 3, 5, 6, 7].map(|len| control(3, &vec![0; len])))
        .chain([0, 4, 7, 9, 12].map(|len| control(7, &vec![0; len])))
        // Types that there are not.
        .chain([9, 100, 0x7ffe].map(|number| control(number, &[0; 4])))
        .collect();
    assert_dropped(LIMITS, &dropped);
}

#[test]
fn fields_are_in_their_ranges() {
    let acknowledgement = |words: &[u32]| Packet::control(2, 0).words(words);
    assert_dropped(
        LIMITS,
        &[
            // Negative numbers.
            acknowledgement(&[1 << 31]),
            acknowledgement(&[1, 1 << 31, 1, 1]),
            acknowledgement(&[1, 1, 1 << 31, 1]),
            acknowledgement(&[1, 1, 1, 1 << 31]),
            // A range without an end.
            Packet::control(3, 0).words(&[1 << 31]),
            Packet::control(3, 0).words(&[1, 5 | (1 << 31)]),
            // Negative, backwards, endless.
            Packet::control(7, 0).words(&[1 << 31, 1]),
            Packet::control(7, 0).words(&[1, 1 << 31]),
            Packet::control(7, 0).words(&[2, 1]),
            Packet::control(7, 0).words(&[1, 1 << 30]),
            Packet::control(7, 0).words(&[1, 25_602]),
            Packet::control(7, 0).words(&[0x7fff_fff0, 0x7fff_ffff]),
            // Both keys at once.
            Packet::data(1, 100).with_word(4, 0x1800_0001),
            // Nobody's.
            Packet::data(1, 100).with_word(12, 0),
            Packet::control(1, 0).with_word(12, 0),
        ],
    );
    // Numbers wrap around.
    assert_admitted(LIMITS, &[Packet::control(7, 0).words(&[0x7fff_ffff, 1])]);
}

#[test]
fn what_a_handshake_asks_for_is_within_the_limits() {
    for kind in [-1, 0, -2] {
        let asking = |offset: usize, value: u32| handshake(kind, 4).with_word(16 + offset, value);
        let dropped: Vec<_> = [0, 32, 56, 92, 315, 65_537, u32::MAX]
            .map(|segment| asking(12, segment))
            .into_iter()
            .chain([0, 1, 262_145, 60_000_000, u32::MAX].map(|window| asking(16, window)))
            .chain([0x7fff_ffff, u32::MAX].map(|sequence| asking(8, sequence)))
            .collect();
        assert_dropped(LIMITS, &dropped);
        let admitted: Vec<_> = [316, 1500, 65_536]
            .map(|segment| asking(12, segment))
            .into_iter()
            .chain([2, 262_144].map(|window| asking(16, window)))
            .collect();
        assert_admitted(LIMITS, &admitted);
    }
    let tight = Limits { max_flow_window: 100, min_segment_size: 1000, ..LIMITS };
    assert_dropped(tight, &[handshake(-1, 4)]);
}

#[test]
fn handshakes_have_types_that_there_are() {
    let dropped: Vec<_> = [2, 3, 999, -3, -1000, i32::MIN].map(|kind| handshake(kind, 4)).into();
    assert_dropped(LIMITS, &dropped);
    // Rejections are for callers, who take nothing else from them.
    let rejection = |kind| handshake(kind, 5).with_word(28, 0).with_word(12, 77);
    assert_admitted(LIMITS, &[rejection(1000), rejection(1017), rejection(i32::MAX)]);
    assert_dropped(LIMITS, &[rejection(1002).with_word(12, 0)]);
}

#[test]
fn extensions_fill_the_rest_of_a_handshake() {
    let conclusion = || handshake(-1, 5).extension(1, &[0; 12]);
    let block = |kind: u32, words: u32| (kind << 16) | words;
    let dropped: Vec<_> = [
        // Longer and shorter than the datagram.
        conclusion().words(&[block(5, 2), 0]),
        conclusion().words(&[block(5, 0xffff), 0]),
        conclusion().words(&[block(99, 1)]),
        conclusion().content(&[0; 1]),
        conclusion().content(&[0; 3]),
        // Sizes that the type does not have.
        handshake(-1, 5).extension(1, &[0; 8]),
        handshake(-1, 5).extension(2, &[0; 16]),
        conclusion().extension(5, &[]),
        conclusion().extension(5, &[b'a'; 516]),
        conclusion().extension(6, &[]),
        conclusion().extension(6, &[b'a'; 20]),
        conclusion().extension(8, &[0; 4]),
        conclusion().extension(8, &[0; 12]),
        conclusion().extension(3, &[0; 4]),
        conclusion().extension(4, &[0; 8]),
    ]
    .into_iter()
    // Too many.
    .chain([(0..8).fold(handshake(-1, 5), |packet, _| packet.extension(99, &[]))])
    .collect();
    assert_dropped(LIMITS, &dropped);
    assert_admitted(
        LIMITS,
        &[
            (0..7).fold(handshake(-1, 5), |packet, _| packet.extension(99, &[])),
            // Versions before have none.
            handshake(-1, 4).content(&[0xff; 20]),
        ],
    );
}

#[test]
fn key_material_has_the_length_that_it_says() {
    let message = |key: &[u8]| Packet::control(0x7fff, 3).content(key);
    let offer = |key: &[u8]| handshake(-1, 5).extension(3, key);
    let mut dropped = Vec::new();
    for (words, keys) in [(4, 1), (6, 1), (8, 1), (4, 2), (6, 2), (8, 2)] {
        let key = packets::key_material(words, keys);
        assert_admitted(LIMITS, &[message(&key), offer(&key)]);
        let longer = [&key[..], &[0; 4]].concat();
        let shorter = &key[..key.len() - 4];
        dropped.extend([message(&longer), message(shorter), offer(&longer), offer(shorter)]);
        // Version and type, signature, which keys, salt, and a length that fits none.
        for (offset, value) in
            [(0, 0x13), (1, 0), (2, 0), (3, 0), (3, 4), (14, 5), (14, 0), (15, 0)]
        {
            let mut key = key.clone();
            key[offset] = value;
            dropped.extend([message(&key), offer(&key)]);
        }
    }
    let huge = vec![0x12; 1400];
    dropped.extend([message(&huge), offer(&huge), message(&[0; 4]), message(&[])]);
    // One too many.
    let key = packets::key_material(4, 1);
    dropped.push(offer(&key).extension(4, &key));
    // The report of a failure, which anybody can forge, on a connection that stands.
    dropped.push(Packet::control(0x7fff, 4).words(&[4]));
    assert_dropped(LIMITS, &dropped);
    // In the response to a handshake it says why there is no key.
    assert_admitted(LIMITS, &[handshake(-1, 5).extension(2, &[0; 12]).extension(4, &[0; 4])]);
}

#[test]
fn the_program_fits_into_what_a_kernel_gives_any_socket() {
    // `net.core.optmem_max` was 20,480 bytes before Linux 6.8. An instruction takes 8 bytes, or up to 16
    // once the kernel has translated it.
    let instructions = compile(&rules(&WITH_FILTER)).len();
    assert!(instructions < 20_480 / 16, "{instructions} instructions");
}

#[test]
fn a_filter_replaces_the_one_before() {
    let kernel = Kernel::with(LIMITS);
    let packet = [Packet::data(1, 1456)];
    assert_eq!(kernel.keeps(&packet), [true]);
    Filter::new(WITH_FILTER).attach(kernel.socket()).unwrap();
    assert_eq!(kernel.keeps(&packet), [false]);
}

/// What to do to a packet: set a byte, set a word, cut it off, lengthen it.
#[derive(Clone, Debug)]
enum Mutation {
    Byte(usize, u8),
    Word(usize, u32),
    Cut(usize),
    Extend(usize, u8),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let word = prop_oneof![
        any::<u32>(),
        Just(0),
        Just(u32::MAX),
        Just(1 << 31),
        0..300_000_u32,
        (0..10_u32, 0..140_u32).prop_map(|(kind, words)| (kind << 16) | words),
    ];
    prop_oneof![
        (0..1500_usize, any::<u8>()).prop_map(|(at, value)| Mutation::Byte(at, value)),
        (0..200_usize, any::<u8>()).prop_map(|(at, value)| Mutation::Byte(at, value)),
        (0..60_usize, word).prop_map(|(at, value)| Mutation::Word(4 * at, value)),
        (0..1500_usize).prop_map(Mutation::Cut),
        (0..200_usize).prop_map(Mutation::Cut),
        (0..100_usize, any::<u8>()).prop_map(|(len, value)| Mutation::Extend(len, value)),
    ]
}

fn datagram() -> impl Strategy<Value = Packet> {
    let mutated = (0..packets::well_formed().len(), prop::collection::vec(mutation(), 0..4));
    let mutated = mutated.prop_map(|(index, mutations)| {
        let packet = packets::well_formed().swap_remove(index);
        mutations.iter().fold(packet, |packet, mutation| match *mutation {
            Mutation::Byte(at, value) => packet.with_byte(at, value),
            Mutation::Word(at, value) => packet.with_word(at, value),
            Mutation::Cut(len) => packet.cut(len),
            Mutation::Extend(len, value) => packet.content(&vec![value; len]),
        })
    });
    prop_oneof![
        8 => mutated,
        1 => prop::collection::vec(any::<u8>(), 0..2000).prop_map(Packet::of),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_kernel_and_the_definition_agree_on_any_datagram(
        datagrams in prop::collection::vec(datagram(), 256),
        filter: bool,
        max_flow_window in 32..300_000_u32,
        min_segment_size in 76..2000_u32,
    ) {
        let payload = if filter { 1316 } else { 1456 };
        let limits = Limits { payload, filter, max_flow_window, max_dropped: 25_600, min_segment_size };
        agreed(limits, &datagrams);
    }
}
