//! Stream ids: free ones, and those in the syntax of access control.

use std::sync::{Arc, Mutex};

use proptest::collection::vec;
use proptest::prelude::*;
use srt_tokio::{
    AccessControl, AccessControlError, AccessMode, AccessValue, ConnectionRequest, ContentType,
    Decision, Error, SrtListener, SrtStream, StreamId, libsrt_version,
};
use support::pair::within;

#[test]
fn the_examples_of_the_guidelines_are_read() {
    let access = AccessControl::parse("#!::u=admin,r=bluesbrothers1_hi").unwrap();
    assert_eq!(access.user(), Some("admin"));
    assert_eq!(access.resource(), Some("bluesbrothers1_hi"));
    assert_eq!(access.content_type(), ContentType::Stream);
    assert_eq!(access.mode(), AccessMode::Request);
    assert_eq!((access.host(), access.session()), (None, None));

    let access =
        AccessControl::parse("#!::u=johnny,t=file,m=publish,r=results.csv,h=a.example,s=7")
            .unwrap();
    assert_eq!(access.user(), Some("johnny"));
    assert_eq!(access.resource(), Some("results.csv"));
    assert_eq!(access.content_type(), ContentType::File);
    assert_eq!(access.mode(), AccessMode::Publish);
    assert_eq!(access.host(), Some("a.example"));
    assert_eq!(access.session(), Some("7"));
}

#[test]
fn braces_nest_in_a_block_only() {
    let text = "u=john,sig={simple,ext={spliced,a=b},expires=never},m=publish";
    let access = AccessControl::parse(&format!("#!:{{{text}}}")).unwrap();
    let nested = "simple,ext={spliced,a=b},expires=never";
    assert_eq!(access.get("sig"), Some(&AccessValue::Nested(nested.to_owned())));
    assert_eq!(access.mode(), AccessMode::Publish);
    assert_eq!(access.to_string(), format!("#!:{{{text}}}"));

    // This one is no list of keys with values, but has one in it.
    let without_value = AccessControlError::MissingValue { key: "simple".to_owned() };
    assert_eq!(access.get("sig").unwrap().pairs(), Err(without_value));
    let access = AccessControl::parse("#!:{acme={ext={spliced,a=b},expires=never}}").unwrap();
    let pairs = access.get("acme").unwrap().pairs().unwrap();
    assert_eq!(pairs[0], ("ext", AccessValue::Nested("spliced,a=b".to_owned())));
    assert_eq!(pairs[1], ("expires", AccessValue::Text("never".to_owned())));

    let access = AccessControl::parse("#!::u={john},acme=}").unwrap();
    assert_eq!(access.user(), Some("{john}"));
    assert_eq!(access.get("acme").unwrap().as_text(), Some("}"));
    assert_eq!(access.to_string(), "#!::u={john},acme=}");
}

#[test]
fn a_block_without_nesting_is_written_flat() {
    let access = AccessControl::parse("#!:{u=john,r=cam1}").unwrap();
    assert_eq!(access.to_string(), "#!::u=john,r=cam1");
    for nothing in ["#!::", "#!:{}"] {
        let access = AccessControl::parse(nothing).unwrap();
        assert_eq!((access.iter().count(), access.to_string()), (0, "#!::".to_owned()));
        assert_eq!(access, AccessControl::default());
    }
}

#[test]
fn values_may_be_empty_and_have_equals_signs() {
    let access = AccessControl::parse("#!::u=,s=aGVsbG8==").unwrap();
    assert_eq!(access.user(), Some(""));
    assert_eq!(access.session(), Some("aGVsbG8=="));
    let access = AccessControl::parse("#!::t=acme_telemetry").unwrap();
    assert_eq!(access.content_type(), ContentType::Other("acme_telemetry".to_owned()));
}

#[test]
fn what_is_wrong_is_named() {
    use AccessControlError::*;

    let key = |key: &str| key.to_owned();
    for (text, expected) in [
        ("", OtherSyntax),
        ("live/cam1", OtherSyntax),
        ("#!", OtherSyntax),
        ("#!:", OtherSyntax),
        ("#!;:u=a", OtherSyntax),
        ("#!:u=a", OtherSyntax),
        ("#!:{u=a", UnbalancedBraces),
        ("#!:{u=a}x", UnbalancedBraces),
        ("#!:{u=a,x={}", UnbalancedBraces),
        ("#!:{u=a,x=}}", UnbalancedBraces),
        ("#!:{x={a}{b}}", UnbalancedBraces),
        ("#!:{x={a}b}", InvalidValue { key: key("x"), character: '{' }),
        ("#!::u", MissingValue { key: key("u") }),
        ("#!::u=a,r", MissingValue { key: key("r") }),
        ("#!::u=a,", InvalidKey { key: key("") }),
        ("#!::,u=a", InvalidKey { key: key("") }),
        ("#!::=a", InvalidKey { key: key("") }),
        ("#!::a{=b", InvalidKey { key: key("a{") }),
        ("#!::u=a\0", InvalidValue { key: key("u"), character: '\0' }),
        ("#!::u=a,r=b,u=c", DuplicateKey { key: key("u") }),
        ("#!:{r={a}}", NestedStandardKey { key: key("r") }),
        ("#!::m=play", UnknownMode { mode: "play".to_owned() }),
    ] {
        assert_eq!(AccessControl::parse(text), Err(expected), "{text:?}");
    }
    let long = format!("#!::u={}", "a".repeat(507));
    assert_eq!(AccessControl::parse(&long), Err(TooLong { len: 513 }));
    assert_eq!(StreamId::new(b"#!::u=\xff").unwrap().access_control(), Err(NotUtf8));
    assert_eq!(StreamId::new(b"\xff#!::u=a").unwrap().access_control(), Err(OtherSyntax));
}

#[test]
fn what_cannot_be_written_is_refused() {
    use AccessControlError::*;

    let long = "a".repeat(507);
    let invalid = |key: &str, character| InvalidValue { key: key.to_owned(), character };
    for (builder, expected) in [
        (AccessControl::builder().user("a,b"), invalid("u", ',')),
        (AccessControl::builder().resource("a{b"), invalid("r", '{')),
        (AccessControl::builder().host("a\0"), invalid("h", '\0')),
        (AccessControl::builder().nested("acme", "a\0"), invalid("acme", '\0')),
        (AccessControl::builder().nested("acme", "{"), UnbalancedBraces),
        (AccessControl::builder().nested("acme", "}{"), UnbalancedBraces),
        (AccessControl::builder().nested("u", "a"), NestedStandardKey { key: "u".to_owned() }),
        (AccessControl::builder().text("a=b", ""), InvalidKey { key: "a=b".to_owned() }),
        (AccessControl::builder().text("m", "play"), UnknownMode { mode: "play".to_owned() }),
        (AccessControl::builder().user("a").text("u", "b"), DuplicateKey { key: "u".to_owned() }),
        (AccessControl::builder().session(&long), TooLong { len: 513 }),
    ] {
        assert_eq!(builder.build(), Err(expected));
    }
    let longest = AccessControl::builder().session(&long[1..]).build().unwrap();
    assert_eq!(longest.to_stream_id().as_bytes().len(), StreamId::MAX_LEN);
}

#[test]
fn every_key_has_a_setter_and_keeps_its_place() {
    let access = AccessControl::builder()
        .mode(AccessMode::Bidirectional)
        .content_type(ContentType::Auth)
        .session("7")
        .text("acme_region", "eu")
        .host("media.example.com")
        .resource("live/cam1?a=b")
        .user("admin")
        .build()
        .unwrap();
    let text = "#!::m=bidirectional,t=auth,s=7,acme_region=eu,h=media.example.com,\
                r=live/cam1?a=b,u=admin";
    assert_eq!(access.to_string(), text);
    assert_eq!(text.parse(), Ok(access));
}

#[test]
fn a_free_stream_id_has_up_to_512_bytes_of_any_value() {
    let longest = vec![0xff; 512];
    assert_eq!(StreamId::new(longest.clone()).unwrap().as_bytes(), longest);
    assert!(StreamId::new(vec![b'a'; 513]).is_err());
    assert_eq!(StreamId::new("\0a\0b").unwrap().as_bytes(), b"\0a\0b");
    // It could not be told from what fills the last four bytes.
    assert!(StreamId::new("a\0").is_err());
    assert!(StreamId::new("\0").is_err());
}

#[test]
fn access_control_has_no_zeros() {
    let stream_id = StreamId::new("#!::u=admin\0,m=publish").unwrap();
    let invalid = AccessControlError::InvalidValue { key: "u".to_owned(), character: '\0' };
    assert_eq!(stream_id.access_control(), Err(invalid));
}

/// TestSocketOptions.StreamIDAlmostFull. What libsrt would cut off is refused; what is asked in the
/// handshake is cut off by every libsrt.
#[tokio::test]
async fn zeros_arrive_or_are_unsupported() {
    let requested = Arc::new(Mutex::new(StreamId::default()));
    let mut builder = SrtListener::builder();
    builder.on_request({
        let requested = requested.clone();
        move |request: &ConnectionRequest| {
            requested.lock().unwrap().clone_from(request.stream_id());
            Decision::Accept
        }
    });
    let listener = builder.bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let longest: Vec<u8> = (0..512_u16).map(|byte| (byte % 256) as u8).collect();
    for bytes in [b"a\0b".to_vec(), b"\0\0\0\0a".to_vec(), longest] {
        let stream_id = StreamId::new(bytes).unwrap();
        let mut caller = SrtStream::builder();
        caller.stream_id(stream_id.clone());
        if libsrt_version() < (1, 5, 4) {
            let error = within(caller.connect(address)).await.unwrap_err();
            let Some(Error::Unsupported { feature, needs }) = Error::from_io(&error) else {
                panic!("{error}");
            };
            assert_eq!(*feature, "stream_id");
            assert!(needs.contains("1.5.4"), "{needs}");
            continue;
        }
        let (caller, (accepted, _)) =
            within(async { tokio::try_join!(caller.connect(address), listener.accept()) })
                .await
                .unwrap();
        assert_eq!(caller.stream_id(), &stream_id);
        assert_eq!(accepted.stream_id(), &stream_id);
        let before_zero = stream_id.as_bytes().split(|byte| *byte == 0).next().unwrap();
        assert_eq!(requested.lock().unwrap().as_bytes(), before_zero);
    }
}

#[tokio::test]
async fn the_listener_reads_what_the_caller_has_built() {
    let resource = "r".repeat(StreamId::MAX_LEN - "#!::u=admin,r=".len());
    let sent = AccessControl::builder().user("admin").resource(resource).build().unwrap();

    let listener = SrtListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut caller = SrtStream::builder();
    caller.stream_id(sent.to_stream_id());
    let (_caller, accepted) =
        within(async { tokio::try_join!(caller.connect(address), listener.accept()) })
            .await
            .unwrap();
    assert_eq!(accepted.0.stream_id().access_control(), Ok(sent));
}

proptest! {
    #[test]
    fn what_is_built_is_read_again(
        user in option_of(text()),
        mode in option_of(prop_oneof![
            Just(AccessMode::Request),
            Just(AccessMode::Publish),
            Just(AccessMode::Bidirectional),
        ]),
        own in vec(("[a-z]{2,9}_[^=,{}\0]{0,5}", value()), 0..5),
    ) {
        let mut builder = AccessControl::builder();
        if let Some(user) = &user {
            builder.user(user);
        }
        if let Some(mode) = mode {
            builder.mode(mode);
        }
        for (key, value) in own {
            match value {
                AccessValue::Nested(content) => builder.nested(key, content),
                value => builder.text(key, value.as_text().unwrap()),
            };
        }
        let built = match builder.build() {
            Err(AccessControlError::DuplicateKey { .. } | AccessControlError::TooLong { .. }) => {
                return Err(TestCaseError::reject("two keys of the same name, or too many"));
            }
            built => built.unwrap(),
        };
        prop_assert_eq!(built.user(), user.as_deref());
        prop_assert_eq!(built.mode(), mode.unwrap_or_default());
        prop_assert_eq!(built.to_stream_id().access_control(), Ok(built));
    }

    #[test]
    fn whatever_bytes_come_are_read_or_refused(mut bytes in vec(any::<u8>(), 0..600)) {
        check(&bytes);
        bytes.splice(..0, *b"#!::");
        check(&bytes);
    }

    #[test]
    fn whatever_resembles_the_syntax_is_read_or_refused(
        text in "#!(:|:\\{)([a-z]{0,2}|[=,{}]|[umt]=(request|\\{?)|,|\0|é){0,30}\\}?",
    ) {
        check(text.as_bytes());
    }
}

/// Looks that what can be read can be written so that it is read as the same.
fn check(bytes: &[u8]) {
    // A peer's stream id may have zeros in it; one of our own may not.
    let text = String::from_utf8_lossy(bytes);
    let parsed = AccessControl::parse(&text);
    if let Ok(access) = &parsed {
        assert_eq!(AccessControl::try_from(&access.to_stream_id()).as_ref(), Ok(access));
        for (_, value) in access.iter() {
            let _ = value.pairs();
        }
    }
    if let Ok(stream_id) = StreamId::new(bytes) {
        let from_id = stream_id.access_control();
        match stream_id.as_str() {
            Some(_) => assert_eq!(from_id, parsed),
            None => assert!(from_id.is_err()),
        }
    }
}

fn text() -> impl Strategy<Value = String> {
    "[^,{}\0]{0,30}"
}

fn value() -> impl Strategy<Value = AccessValue> {
    let nested = "[^{}\0]{0,10}".prop_recursive(3, 20, 3, |inner| {
        vec(inner, 0..3)
            .prop_map(|parts| parts.iter().map(|part| format!("x{{{part}}},")).collect())
    });
    prop_oneof![text().prop_map(AccessValue::Text), nested.prop_map(AccessValue::Nested)]
}

fn option_of<T: std::fmt::Debug>(
    strategy: impl Strategy<Value = T>,
) -> impl Strategy<Value = Option<T>> {
    proptest::option::of(strategy)
}
