//! Which datagrams are well-formed SRT packets.
//!
//! The lengths and fields are those of the protocol as libsrt 1.0 to 1.6 and independent implementations
//! speak it. A datagram that libsrt would ignore anyway is dropped as well.
//!
//! What the rules cannot see: whether a packet belongs to a connection, and what state that is in; whether
//! key material was made with the passphrase; what the text of extensions says; more than
//! [`MAX_BLOCKS`] extensions; all but the last record of a loss report; whether the second sequence number
//! of a loss is ahead of the first one.

use std::ops::RangeInclusive;

use super::limits::Limits;
use super::rule::Rule::{Blocks, Drop, If, Mark, Marked, Match, Require};
use super::rule::Test::{AtLeast, AtMost, Is, IsNot, Lacks};
use super::rule::Value::{Byte, Distance, Half, Len, LenLess, Word, WordsLess};
use super::rule::{At, Rule, SEQUENCE_MASK, Value};

/// SRT's header.
const HEADER: u32 = 16;

/// The handshake's own fields, behind the header.
const HANDSHAKE: u32 = 48;

/// libsrt sends six extensions at most: HSREQ, KMREQ, SID, CONGESTION, FILTER and GROUP.
const MAX_BLOCKS: u32 = 7;

/// The first bit of a word: control packets, and numbers that are negative to libsrt.
const TOP: u32 = 1 << 31;

/// The handshake version from which on there are extensions.
const VERSION_5: u32 = 5;

/// Handshake types are signed. These are -1 and -2.
const CONCLUSION: u32 = u32::MAX;
const AGREEMENT: u32 = u32::MAX - 1;
const WAVE_A_HAND: u32 = 0;
const INDUCTION: u32 = 1;
/// The first handshake type that is a rejection.
const REJECTION: u32 = 1000;

/// The greatest segment that fits into a UDP datagram.
const MAX_SEGMENT_SIZE: u32 = 65_536;

/// The rules that a datagram must pass to reach libsrt.
pub(super) fn rules(limits: &Limits) -> Vec<Rule> {
    vec![
        Require(Len, AtLeast(HEADER)),
        Match(Word(At::Start(0), TOP), vec![(vec![0..=0], data(limits))], control(limits)),
    ]
}

fn data(limits: &Limits) -> Vec<Rule> {
    const MESSAGE_NUMBER: u32 = 0x03ff_ffff;
    const KEYS: u32 = 0x1800_0000;
    /// What a filter's packets have in front of the payload that they protect.
    const FILTER_HEADER: u32 = 4;

    let max = HEADER + limits.payload;
    let mut rules = vec![
        Require(Len, AtLeast(HEADER + 1)),
        Require(DESTINATION, IsNot(0)),
        // Encrypted with the even or the odd key, not with both.
        Require(Word(At::Start(4), KEYS), IsNot(KEYS)),
    ];
    // Number 0 is that of the filter's own packets. Without a filter it is nothing special: libsrt begins with
    // 1, but others with 0.
    let number = Word(At::Start(4), MESSAGE_NUMBER);
    if limits.filter {
        let of_filter = vec![
            Require(Len, AtLeast(HEADER + FILTER_HEADER)),
            Require(Len, AtMost(max + FILTER_HEADER)),
        ];
        rules.push(If(number, Is(0), of_filter, vec![Require(Len, AtMost(max))]));
    } else {
        rules.push(Require(Len, AtMost(max)));
    }
    rules
}

fn control(limits: &Limits) -> Vec<Rule> {
    const TYPES: u32 = 0x7fff_0000;
    const HANDSHAKE: u32 = 0;
    const KEEP_ALIVE: u32 = 1 << 16;
    const ACKNOWLEDGEMENT: u32 = 2 << 16;
    const LOSS_REPORT: u32 = 3 << 16;
    const CONGESTION_WARNING: u32 = 4 << 16;
    const SHUTDOWN: u32 = 5 << 16;
    const ACKNOWLEDGEMENT_OF_ACKNOWLEDGEMENT: u32 = 6 << 16;
    const DROP_REQUEST: u32 = 7 << 16;
    const PEER_ERROR: u32 = 8 << 16;
    const EXTENDED: u32 = 0x7fff << 16;

    const WITHOUT_CONTENT: [u32; 5] =
        [KEEP_ALIVE, CONGESTION_WARNING, SHUTDOWN, ACKNOWLEDGEMENT_OF_ACKNOWLEDGEMENT, PEER_ERROR];

    let number = Word(At::Start(0), TYPES);
    let of_connection = vec![
        Require(DESTINATION, IsNot(0)),
        Match(
            number,
            vec![
                // libsrt pads them with four bytes, others with none or more.
                (WITHOUT_CONTENT.map(only).into(), vec![Require(Len, AtMost(HEADER + 16))]),
                (vec![only(ACKNOWLEDGEMENT)], acknowledgement()),
                (vec![only(LOSS_REPORT)], loss_report()),
                (vec![only(DROP_REQUEST)], drop_request(limits)),
                (vec![only(EXTENDED)], extended()),
            ],
            vec![Drop],
        ),
    ];
    // Only handshakes may be addressed to the port instead of a connection.
    vec![If(number, Is(HANDSHAKE), handshake(limits), of_connection)]
}

const DESTINATION: Value = Word(At::Start(12), u32::MAX);

fn acknowledgement() -> Vec<Rule> {
    const LITE: u32 = HEADER + 4;
    const SMALL: u32 = HEADER + 16;
    const LONGEST: u32 = HEADER + 32;
    let number = |offset| Require(Word(At::Start(HEADER + offset), u32::MAX), Lacks(TOP));
    vec![
        // The sequence number up to which everything has come.
        number(0),
        If(
            Len,
            Is(LITE),
            vec![],
            vec![
                Require(Len, AtLeast(SMALL)),
                Require(Len, AtMost(LONGEST)),
                Require(Len, Lacks(3)),
                // Round-trip time, its variance, and the room in the receive buffer.
                number(4),
                number(8),
                number(12),
            ],
        ),
    ]
}

fn loss_report() -> Vec<Rule> {
    vec![
        Require(Len, AtLeast(HEADER + 4)),
        Require(Len, Lacks(3)),
        // The last word must not begin a range, whose end would be behind the datagram.
        Require(Word(At::End(4), u32::MAX), Lacks(TOP)),
    ]
}

fn drop_request(limits: &Limits) -> Vec<Rule> {
    let (first, last) = (At::Start(HEADER), At::Start(HEADER + 4));
    vec![
        Require(Len, Is(HEADER + 8)),
        Require(Word(first, u32::MAX), Lacks(TOP)),
        // libsrt counts up to and beyond the last one, and without end from the greatest number.
        Require(Word(last, u32::MAX), AtMost(SEQUENCE_MASK - 1)),
        // It looks for each of them in the list of losses.
        Require(Distance(first, last), AtMost(limits.max_dropped)),
    ]
}

const HSREQ: u32 = 1;
const HSRSP: u32 = 2;
const KMREQ: u32 = 3;
const KMRSP: u32 = 4;
const SID: u32 = 5;
const CONGESTION: u32 = 6;
const FILTER: u32 = 7;
const GROUP: u32 = 8;

/// Extended control packets: the handshake of HSv4 peers, and new keys.
fn extended() -> Vec<Rule> {
    // No failures to take a key. Peers of handshake version 5 report those in the handshake, so that later
    // ones can only be forged. One of version 4 with another passphrase is not heard.
    let beyond_keys = |at, shift| LenLess(at, 2 + shift);
    let key = key_material(|offset| At::Start(HEADER + offset), beyond_keys, HEADER, 4);
    vec![Match(
        Half(At::Start(2)),
        vec![
            (vec![HSREQ..=HSRSP], vec![Require(Len, Is(HEADER + 12))]),
            (vec![KMREQ..=KMRSP], key),
        ],
        vec![Drop],
    )]
}

/// Key material: a header, 16 bytes of salt, and one or two wrapped keys of 16, 24 or 32 bytes.
///
/// `at` is where the material is. `beyond_keys` is the length less the number of words in the given byte,
/// shifted by so many bits; it counts `unit`s a word, and `before` of them in front of the material.
fn key_material(
    at: impl Fn(u32) -> At,
    beyond_keys: impl Fn(At, u32) -> Value,
    before: u32,
    unit: u32,
) -> Vec<Rule> {
    /// Header, salt and the checksum of the wrapping.
    const FIXED_WORDS: u32 = 4 + 4 + 2;
    const SALT_WORDS: u32 = 4;
    /// Version 1, packet type 2.
    const VERSION_AND_TYPE: u32 = 0x12;
    const SIGN: u32 = 0x2029;
    /// Which keys there are.
    const EVEN: u32 = 1;
    const ODD: u32 = 2;
    const BOTH: u32 = 3;

    let fixed = before + unit * FIXED_WORDS;
    let with_keys = |shift| vec![Require(beyond_keys(at(15), shift), Is(fixed))];
    vec![
        Require(Byte(at(0)), Is(VERSION_AND_TYPE)),
        Require(Half(at(1)), Is(SIGN)),
        Require(Byte(at(14)), Is(SALT_WORDS)),
        Match(Byte(at(15)), vec![(vec![only(4), only(6), only(8)], vec![])], vec![Drop]),
        Match(
            Byte(at(3)),
            vec![(vec![EVEN..=ODD], with_keys(0)), (vec![only(BOTH)], with_keys(1))],
            vec![Drop],
        ),
    ]
}

fn handshake(limits: &Limits) -> Vec<Rule> {
    let handshake_type = Word(At::Start(HEADER + 20), u32::MAX);
    let version = Word(At::Start(HEADER), u32::MAX);
    vec![
        Require(Len, AtLeast(HEADER + HANDSHAKE)),
        Match(
            handshake_type,
            vec![
                // Nothing that it asks for is used yet.
                (vec![only(INDUCTION)], vec![]),
                (vec![only(WAVE_A_HAND), AGREEMENT..=CONCLUSION], asked_for(limits)),
            ],
            // Nobody reads what a rejection says, but listeners would take it for a request.
            vec![
                Require(handshake_type, AtLeast(REJECTION)),
                Require(handshake_type, Lacks(TOP)),
                Require(DESTINATION, IsNot(0)),
            ],
        ),
        // Versions are signed.
        If(
            version,
            AtLeast(VERSION_5),
            vec![If(version, Lacks(TOP), extensions(limits), vec![])],
            vec![],
        ),
    ]
}

/// What a handshake asks for.
fn asked_for(limits: &Limits) -> Vec<Rule> {
    let word = |offset| Word(At::Start(HEADER + offset), u32::MAX);
    /// libsrt's least flow window.
    const MIN_FLOW_WINDOW: u32 = 2;
    vec![
        // The first sequence number.
        Require(word(8), AtMost(SEQUENCE_MASK - 1)),
        Require(word(12), AtLeast(limits.min_segment_size)),
        Require(word(12), AtMost(MAX_SEGMENT_SIZE)),
        Require(word(16), AtLeast(MIN_FLOW_WINDOW)),
        Require(word(16), AtMost(limits.max_flow_window)),
    ]
}

fn extensions(limits: &Limits) -> Vec<Rule> {
    /// A type, and how many words it may have.
    fn sized(kind: u32, words: RangeInclusive<u32>) -> RangeInclusive<u32> {
        (kind << 16 | words.start())..=(kind << 16 | words.end())
    }

    const ANY_SIZE: RangeInclusive<u32> = 0..=0xffff;

    let mut sizes = vec![
        sized(HSREQ, 3..=3),
        sized(HSRSP, 3..=3),
        sized(SID, 1..=128),
        sized(CONGESTION, 1..=4),
        sized(GROUP, 2..=2),
        // libsrt skips types that it does not know.
        sized(0, ANY_SIZE),
        (GROUP + 1) << 16..=u32::MAX,
    ];
    if limits.filter {
        sizes.push(sized(FILTER, 1..=16));
    }
    let key = (KMREQ << 16)..=(KMRSP << 16 | ANY_SIZE.end());
    let header = Word(At::Block(0), u32::MAX);
    let each = vec![Match(header, vec![(sizes, vec![]), (vec![key], vec![Mark])], vec![Drop])];
    // A response may be a single word, the reason why there is no key.
    let key = key_material(|offset| At::Block(4 + offset), WordsLess, 0, 1);
    let key = vec![If(header, Is(KMRSP << 16 | 1), vec![], key)];
    vec![Blocks { start: HEADER + HANDSHAKE, max: MAX_BLOCKS, each }, Marked(key)]
}

/// The range of a single number.
fn only(number: u32) -> RangeInclusive<u32> {
    number..=number
}
