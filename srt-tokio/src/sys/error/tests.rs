//! Every code of the headers has a name.

use std::collections::HashSet;

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
    let mut texts = HashSet::new();
    for (name, number) in constants("SRT_ERRNO") {
        // No errors of libsrt's: one it does not know itself, and none at all.
        if ["SRT_EUNKNOWN", "SRT_SUCCESS"].contains(&name) {
            continue;
        }
        let code = error_code(number);
        assert!(!matches!(code, ErrorCode::Other(_)), "{name}");
        assert_eq!(code.code(), number, "{name}");
        assert!(texts.insert(code.to_string()), "{name}: {code}");
    }
    assert_eq!(texts.len(), 40);
    assert_eq!(error_code(4711), ErrorCode::Other(4711));
    assert_eq!(error_code(4711).code(), 4711);
    assert_eq!(error_code(4711).to_string(), "unknown error 4711");
}

#[test]
fn every_reject_reason_of_the_headers_has_a_name() {
    let reasons = constants("SRT_REJECT_REASON").into_iter().chain(constants("SRT_REJX_"));
    let mut texts = HashSet::new();
    for (name, number) in reasons {
        let is_predefined = name.starts_with("SRT_REJX_");
        // The end of the list.
        if name.ends_with("_SIZE") {
            continue;
        }
        let reason = reject_reason(number);
        let text = reason.to_string();
        assert_eq!(reason.code(), number, "{name}");
        match reason {
            RejectReason::Predefined(code) => {
                assert_eq!((is_predefined, i32::from(code)), (true, number), "{name}");
                let words = text.strip_suffix(&format!(" (code {code})"));
                assert!(words.is_some_and(|words| !words.is_empty()), "{name}: {text}");
            }
            RejectReason::User(_) | RejectReason::Other(_) => panic!("{name}"),
            _ => assert!(!is_predefined, "{name}"),
        }
        assert!(texts.insert(text), "{name}: {reason}");
    }
    assert_eq!(texts.len(), 18 + 21);
    for (number, reason, text) in [
        (1999, RejectReason::Predefined(1999), "code 1999"),
        (2000, RejectReason::User(2000), "user-defined code 2000"),
        (999, RejectReason::Other(999), "unknown reason 999"),
        (-1, RejectReason::Other(-1), "unknown reason -1"),
    ] {
        assert_eq!(reject_reason(number), reason);
        assert_eq!(reason.code(), number);
        assert_eq!(reason.to_string(), text);
    }
}
