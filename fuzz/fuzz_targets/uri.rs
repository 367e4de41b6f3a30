//! What can be read as a URI can be written so that it is read as the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use srt_tokio::{SrtUri, UriDialect};

const DIALECTS: [UriDialect; 2] = [UriDialect::LiveTransmit, UriDialect::FFmpeg];

fuzz_target!(|text: &str| {
    check(text);
    // Most of what there is to get wrong is in the keys.
    check(&format!("srt://127.0.0.1:9000?{text}"));
});

fn check(text: &str) {
    for dialect in DIALECTS {
        match SrtUri::parse(dialect, text) {
            Ok(uri) => {
                let built = uri.to_string_in(dialect).expect("what was read can be written");
                assert_eq!(SrtUri::parse(dialect, &built).as_ref(), Ok(&uri), "{built}");
                for other in DIALECTS {
                    // It may have no words for it.
                    let _ = uri.to_string_in(other);
                }
            }
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
}
