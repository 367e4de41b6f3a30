//! What the moderation setting changes, and what it must not. It is one for the whole process, so
//! there is one test in this binary.
#![cfg(target_os = "linux")]

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use srt_tokio::{Moderation, SrtListener, SrtStream, set_moderation};
use support::pair::within;

const NAMES: [Moderation; 5] = [
    Moderation::Economy,
    Moderation::LowestLatency,
    Moderation::AtMost(Duration::from_millis(8)),
    Moderation::Balanced,
    Moderation::Efficient,
];

/// One thread, so that whatever the library does to the calling one stays visible.
#[tokio::test(flavor = "current_thread")]
async fn the_threads_of_a_port_get_timer_slack_and_those_of_the_user_keep_theirs() {
    // Puts the setting in force that this run of the tests is for, and not in the middle.
    within(async {}).await;
    let own = slack("self").unwrap();
    assert!(own > Duration::ZERO);
    let mut listeners = Vec::new();
    for moderation in NAMES {
        set_moderation(moderation);
        let expected = match moderation {
            Moderation::LowestLatency => own,
            moderation => moderation.timer_slack(),
        };
        assert!(expected >= moderation.delay() && expected <= Duration::from_millis(20));

        let before = threads();
        let listener = SrtListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        expect_slack(&before, expected, &format!("{moderation:?}, listener"));

        // Another port; and the accepted side starts a thread that delivers.
        let before = threads();
        let connect = SrtStream::connect(address);
        let (caller, accepted) = within(async { tokio::join!(connect, listener.accept()) }).await;
        let (caller, accepted) = (caller.unwrap(), accepted.unwrap().0);
        within(caller.send(b"now")).await.unwrap();
        assert_eq!(within(accepted.recv(&mut [0; 1456])).await.unwrap(), 3);
        expect_slack(&before, expected, &format!("{moderation:?}, caller and delivery"));

        assert_eq!(slack("self"), Some(own), "{moderation:?}");
        listeners.push((listener, caller, accepted));
    }
}

fn expect_slack(before: &BTreeSet<String>, expected: Duration, what: &str) {
    let new: Vec<_> = threads().difference(before).cloned().collect();
    assert!(new.len() >= 2, "{what}: {new:?}");
    for thread in new {
        match slack(&thread) {
            Some(slack) => assert_eq!(slack, expected, "{what}: {}", name(&thread)),
            None => println!("not permitted to look at {}", name(&thread)),
        }
    }
}

/// The threads that libsrt has made for ports and connections.
fn threads() -> BTreeSet<String> {
    fs::read_dir("/proc/self/task")
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|id| {
            ["SRT:RcvQ", "SRT:SndQ", "SRT:TsbPd"].iter().any(|of| name(id).starts_with(of))
        })
        .collect()
}

fn name(thread: &str) -> String {
    fs::read_to_string(format!("/proc/self/task/{thread}/comm")).unwrap_or_default()
}

/// The timer slack of a thread. `None` if it is another one's, and looking is not permitted.
fn slack(thread: &str) -> Option<Duration> {
    let id = match thread {
        "self" => fs::read_link("/proc/thread-self").unwrap().file_name().unwrap().to_owned(),
        thread => thread.into(),
    };
    // Every thread has this file, but only at the top level, where none but the main one is listed.
    match fs::read_to_string(Path::new("/proc").join(id).join("timerslack_ns")) {
        Ok(nanos) => Some(Duration::from_nanos(nanos.trim().parse().unwrap())),
        Err(error) if error.kind() == ErrorKind::PermissionDenied && thread != "self" => None,
        Err(error) => panic!("{error}"),
    }
}
