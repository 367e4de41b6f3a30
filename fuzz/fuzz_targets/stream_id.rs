//! What can be read as access control can be written so that it is read as the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use srt_tokio::{AccessControl, StreamId};

fuzz_target!(|bytes: &[u8]| {
    let parsed = match std::str::from_utf8(bytes) {
        Ok(text) => AccessControl::parse(text).ok(),
        Err(_) => None,
    };
    if let Some(access) = &parsed {
        assert_eq!(access.to_stream_id().access_control().as_ref(), Ok(access));
        for (_, value) in access.iter() {
            let _ = value.pairs();
        }
    }
    if let Ok(stream_id) = StreamId::new(bytes) {
        assert_eq!(stream_id.access_control().ok(), parsed);
    }
});
