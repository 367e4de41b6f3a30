//! Every code of the headers has a name.

use super::*;

/// The layout test of srt-sys sees to it that these have every name of the headers.
const BINDINGS: [&str; 2] = [
    include_str!("../../../../srt-sys/src/bindings.rs"),
    include_str!("../../../../srt-sys/src/ext.rs"),
];

/// The constants of a type, or those whose names begin so.
fn constants(of: &str) -> Vec<(&'static str, i32)> {
    let lines = BINDINGS.iter().flat_map(|text| text.lines());
    let constants = lines.filter_map(|line| {
        let (name, rest) = line.strip_prefix("pub const ")?.split_once(": ")?;
        let (of_type, value) = rest.strip_suffix(';')?.split_once(" = ")?;
        let wanted = of_type == of || name.starts_with(of);
        Some((name, value.parse().ok()?)).filter(|_| wanted)
    });
    constants.collect()
}

#[test]
fn every_error_of_the_headers_has_a_name() {
    let mut seen = 0;
    for (name, number) in constants("SRT_ERRNO") {
        // No errors of libsrt's: one it does not know itself, and none at all.
        if ["SRT_EUNKNOWN", "SRT_SUCCESS"].contains(&name) {
            continue;
        }
        seen += 1;
        let code = error_code(number);
        assert!(!matches!(code, ErrorCode::Unknown(_)), "{name}");
        assert!(!code.to_string().is_empty(), "{name}");
    }
    assert_eq!(seen, 40);
    assert_eq!(error_code(4711), ErrorCode::Unknown(4711));
}

#[test]
fn every_reject_reason_of_the_headers_has_a_name() {
    let reasons = constants("SRT_REJECT_REASON").into_iter().chain(constants("SRT_REJX_"));
    let mut seen = 0;
    for (name, number) in reasons {
        let is_predefined = name.starts_with("SRT_REJX_");
        // The end of the list.
        if name.ends_with("_SIZE") {
            continue;
        }
        seen += 1;
        match reject_reason(number) {
            RejectReason::Predefined(code) => {
                assert_eq!((is_predefined, i32::from(code)), (true, number), "{name}");
            }
            RejectReason::User(_) | RejectReason::Other(_) => panic!("{name}"),
            reason => assert!(!is_predefined && !reason.to_string().is_empty(), "{name}"),
        }
    }
    assert_eq!(seen, 18 + 21);
    assert_eq!(reject_reason(2000), RejectReason::User(2000));
    assert_eq!(reject_reason(999), RejectReason::Other(999));
    assert_eq!(reject_reason(-1), RejectReason::Other(-1));
}
