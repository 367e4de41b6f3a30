//! The demo, what it publishes and what it checks with.

#[path = "../examples/demo/record.rs"]
mod record;

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;
use support::programs::Program;
use support::ts::{self, Continuity, Generator, MESSAGE, PACKET, PCR_RATE};
use tempfile::TempDir;

use record::{Checker, Record};

#[tokio::test]
async fn demo_delivers_everything() {
    let args = "--json --seconds 3 --viewers 2 --source generator";
    let mut demo = Program::example("demo", args.split(' '));
    let report = last_line(&demo.succeeded().await.stdout);

    assert_eq!(report["ok"], true, "{report}");
    assert_eq!(report["source"], "generator");
    assert_eq!(report["streams"], 3);
    for nothing in [
        "packets_lost",
        "packets_repeated",
        "bytes_corrupt",
        "continuity_errors",
        "dropped_by_server",
    ] {
        assert_eq!(report[nothing], 0, "{nothing}");
    }
    let published = count(&report, "messages_published");
    assert!(published > 0);
    assert_eq!(count(&report, "packets_sent"), published * 3);
    assert_eq!(count(&report, "packets_received"), published * 3);
    assert_bit_rate(&report, 5.0);
    assert!(report["cpu_percent"].as_f64() > Some(0.0));
    assert!(count(&report, "reactor_waits") > 0);
}

#[tokio::test]
async fn demo_plays_a_file_by_its_clock_and_over_again() {
    let (_dir, path) = generated_file(2_000_000, 1_000);
    let args = ["--json", "--seconds", "3", "--viewers", "1", "--input"];
    let mut demo = Program::example("demo", args.into_iter().chain([path.as_str()]));
    let report = last_line(&demo.succeeded().await.stdout);

    assert_eq!(report["ok"], true, "{report}");
    assert_eq!(report["source"], "file");
    // The file lasts 0.75 s.
    assert_bit_rate(&report, 2.0);
}

#[cfg(unix)]
#[tokio::test]
async fn interrupted_demo_ends_with_a_verdict() {
    let args = "--json --seconds 600 --viewers 1 --source generator";
    let mut demo = Program::example("demo", args.split(' '));
    demo.says("published").await;
    demo.signal("INT").await;
    let report = last_line(&demo.succeeded().await.stdout);

    assert_eq!(report["ok"], true, "{report}");
    assert_eq!(report["interrupted"], true);
    assert!(count(&report, "packets_received") > 0);
}

#[tokio::test]
async fn demo_refuses_what_it_cannot_do() {
    let dir = TempDir::new().unwrap();
    let file = |name: &str, contents: &[u8]| {
        let path = dir.path().join(name);
        fs::write(&path, contents).unwrap();
        path.into_os_string().into_string().unwrap()
    };
    let no_ts = file("no.ts", &[b'x'; 10_000]);
    // Tables only.
    let clockless: Vec<_> = Generator::new(1_000_000).take(2).collect();
    let no_clock = file("clockless.ts", &clockless.repeat(50).concat());
    let missing = dir.path().join("missing.ts").into_os_string();
    for (args, why) in [
        (["--viewers", "0"], "1..=400"),
        (["--seconds", "0"], "1..=86400"),
        (["--mbps", "0"], "0.5 to 200"),
        (["--mbps", "-5"], "0.5 to 200"),
        (["--mbps", "1e9"], "0.5 to 200"),
        (["--mbps", "NaN"], "0.5 to 200"),
        (["--input", missing.to_str().unwrap()], "missing.ts: No such"),
        (["--input", no_ts.as_str()], "not an MPEG transport stream"),
        (["--input", no_clock.as_str()], "no clock references"),
    ] {
        let ended = Program::example("demo", args).ended().await;
        assert!(!ended.status.success(), "{args:?}");
        assert!(ended.stderr.contains(why), "{args:?}: {}", ended.stderr);
        assert_eq!(ended.stdout, b"", "{args:?}");
    }
}

#[test]
fn checker_counts_what_is_well() {
    let messages = messages();
    assert_eq!(compare(&messages, &messages), [100, 0, 0, 0]);
}

#[test]
fn checker_finds_a_flipped_bit() {
    let published = messages();
    let mut received = published.clone();
    let mut damaged = received[50].to_vec();
    damaged[700] ^= 0x10;
    received[50] = damaged.into();
    assert_eq!(compare(&published, &received), [100, 0, 0, 1]);
}

#[test]
fn checker_finds_missing_bytes() {
    let published = messages();
    let mut received = published.clone();
    received[50].truncate(MESSAGE - 10);
    assert_eq!(compare(&published, &received), [100, 0, 0, 10]);
}

#[test]
fn checker_finds_lost_messages() {
    let published = messages();
    let mut received = published.clone();
    received.drain(50..53);
    received.remove(10);
    assert_eq!(compare(&published, &received), [96, 4, 0, 0]);
}

#[test]
fn checker_finds_lost_messages_among_equal_ones() {
    let messages = |text: &str| -> Vec<_> {
        let words = text.split(' ');
        words.map(|word| Bytes::from(word.to_owned())).collect()
    };
    let published = messages("a null null null b null c");
    assert_eq!(compare(&published, &messages("a null null b c")), [5, 2, 0, 0]);
}

#[test]
fn checker_finds_a_repeated_message() {
    let published = messages();
    let mut received = published.clone();
    received.insert(50, published[49].clone());
    assert_eq!(compare(&published, &received), [100, 0, 1, 0]);
}

#[test]
fn checker_finds_what_was_never_published() {
    let published = messages();
    let mut received = published.clone();
    received.push(Bytes::from_static(b"more"));
    assert_eq!(compare(&published, &received), [100, 0, 0, 4]);
}

#[test]
fn checker_counts_what_the_record_has_forgotten_as_lost() {
    let numbers = 0..100_000_u32;
    let published: Vec<_> =
        numbers.map(|number| Bytes::copy_from_slice(&number.to_be_bytes())).collect();
    assert_eq!(compare(&published, &published[99_999..]), [1, 99_999, 0, 0]);
}

#[test]
fn generated_packets_continue() {
    let mut continuity = Continuity::default();
    for packet in Generator::new(3_000_000).take(20_000) {
        continuity.check(&packet);
    }
    assert_eq!((continuity.packets(), continuity.errors()), (20_000, 0));
}

#[test]
fn generated_messages_are_the_packets() {
    let packets = Generator::new(3_000_000).take(700).flatten();
    let mut generator = Generator::new(3_000_000);
    let messages = (0..100).flat_map(|_| generator.message());
    assert!(packets.eq(messages));
}

#[test]
fn generated_clock_tells_the_bit_rate() {
    for bit_rate in [Generator::MIN_BIT_RATE, 1_234_567, 200_000_000] {
        let mut last = None;
        let mut generator = Generator::new(bit_rate);
        let count = 5 * bit_rate / (PACKET as u64 * 8);
        for _ in 0..count {
            let due = generator.due();
            let packet = generator.next().unwrap();
            let Some(pcr) = ts::pcr(&packet) else {
                continue;
            };
            let clock = Duration::from_secs_f64(pcr as f64 / PCR_RATE as f64);
            assert!(clock.abs_diff(due) < Duration::from_micros(1), "{bit_rate}");
            let last = last.replace(clock);
            if let Some(last) = last {
                let between = clock.saturating_sub(last);
                assert!(!between.is_zero(), "{bit_rate}");
                assert!(between <= Duration::from_millis(100), "{bit_rate}");
            }
        }
        assert!(last > Some(Duration::from_millis(4_900)), "{bit_rate}");
    }
}

#[tokio::test]
async fn ffprobe_plays_what_is_generated() {
    for bit_rate in [Generator::MIN_BIT_RATE, 5_000_000] {
        // 4 s, which are 100 pictures.
        let packets = 4 * bit_rate / (PACKET as u64 * 8);
        let (_dir, path) = generated_file(bit_rate, packets as usize);
        let args = "-v warning -count_frames -of json \
                    -show_entries stream=codec_name,nb_read_frames:format=duration -i";
        let mut ffprobe = Program::start("ffprobe", args.split_whitespace().chain([&*path]));
        let ended = ffprobe.succeeded().await;
        assert_eq!(ended.stderr, "");
        let found: Value = serde_json::from_slice(&ended.stdout).unwrap();
        let video = &found["streams"][0];
        assert_eq!(found["streams"].as_array().map(Vec::len), Some(1));
        assert_eq!(video["codec_name"], "mpeg1video");
        assert_eq!(video["nb_read_frames"], "100");
        let duration: f64 = found["format"]["duration"].as_str().unwrap().parse().unwrap();
        assert!((duration - 4.0).abs() < 0.1, "{duration}");
    }
}

#[test]
fn continuity_finds_lost_and_repeated_packets() {
    let packets: Vec<_> = Generator::new(3_000_000).take(1_000).collect();
    let is_media = |at: &usize| ts::pid(&packets[*at]) != 0x1fff;
    for at in (100..200).filter(is_media) {
        let mut lost = packets.clone();
        lost.remove(at);
        assert_eq!(errors(&lost), 1, "without packet {at}");

        let mut repeated = packets.clone();
        repeated.insert(at, packets[at]);
        assert_eq!(errors(&repeated), 1, "packet {at} twice");
    }
}

#[test]
fn continuity_finds_what_is_no_packet() {
    let mut packets: Vec<_> = Generator::new(3_000_000).take(3).collect();
    packets[2][0] = b'x';
    assert_eq!(errors(&packets), 1);

    let mut continuity = Continuity::default();
    continuity.check(&packets[0][..100]);
    assert_eq!(continuity.errors(), 1);
}

#[test]
fn continuity_allows_what_the_standard_does() {
    let packet = |control: u8, field: [u8; 2]| {
        let mut packet = [0xff; PACKET];
        packet[..6].copy_from_slice(&[0x47, 1, 0, control, field[0], field[1]]);
        packet
    };
    let no_payload = packet(0x25, [183, 0]);
    let leap = packet(0x39, [1, 0x80]);
    assert_eq!(errors(&[packet(0x15, [0; 2]), no_payload, packet(0x16, [0; 2])]), 0);
    assert_eq!(errors(&[packet(0x15, [0; 2]), leap, packet(0x1a, [0; 2])]), 0);
}

/// The last line of the output as JSON.
fn last_line(output: &[u8]) -> Value {
    let output = String::from_utf8_lossy(output);
    serde_json::from_str(output.lines().last().unwrap()).unwrap()
}

/// A machine with a lot to do may have begun or ended late.
fn assert_bit_rate(report: &Value, mbps: f64) {
    assert!(report["seconds"].as_f64() >= Some(3.0), "{report}");
    let measured = report["mbps"].as_f64().unwrap();
    assert!(measured > mbps * 0.7 && measured < mbps * 1.1, "{report}");
}

fn count(report: &Value, name: &str) -> u64 {
    report[name].as_u64().unwrap()
}

fn generated_file(bit_rate: u64, packets: usize) -> (TempDir, String) {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("generated.ts");
    let contents: Vec<u8> = Generator::new(bit_rate).take(packets).flatten().collect();
    fs::write(&path, contents).unwrap();
    (dir, path.into_os_string().into_string().unwrap())
}

/// 100 messages of which no two are the same.
fn messages() -> Vec<Bytes> {
    let mut generator = Generator::new(5_000_000);
    (0..100).map(|_| generator.message()).collect()
}

/// The messages received, lost and repeated, and the bytes corrupt.
fn compare(published: &[Bytes], received: &[Bytes]) -> [u64; 4] {
    let record = Arc::new(Record::default());
    for message in published {
        record.push(message.clone());
    }
    assert_eq!(record.len(), published.len() as u64);
    let mut checker = Checker::new(record);
    for message in received {
        checker.check(message);
    }
    let tally = checker.tally();
    [tally.received, tally.lost, tally.repeated, tally.bytes_corrupt]
}

fn errors(packets: &[[u8; PACKET]]) -> u64 {
    let mut continuity = Continuity::default();
    for packet in packets {
        continuity.check(packet);
    }
    continuity.errors()
}
