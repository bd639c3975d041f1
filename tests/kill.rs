//! kill -9 at any moment, over a drop directory that changes: nothing lost, nothing twice, no line torn.
//!
//! `LIVEBLOGD_KILL_CYCLES` sets how often, `LIVEBLOGD_TEST_SEED` the seed, which is printed.

mod support;

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::{Duration, SystemTime};

use support::{Place, event, text};

const CYCLES: u64 = 40;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|value| value.parse().ok())
}

/// xorshift.
fn next(random: &mut u64) -> u64 {
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    *random
}

#[test]
fn killed_at_any_moment_it_loses_nothing_and_says_nothing_twice() {
    let clock = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(1, |since| since.subsec_nanos().into());
    let seed = number("LIVEBLOGD_TEST_SEED").unwrap_or(clock);
    let cycles = number("LIVEBLOGD_KILL_CYCLES").unwrap_or(CYCLES);
    println!("LIVEBLOGD_TEST_SEED={seed}");
    let mut random = seed | 1;
    let place = Place::new();
    let out_path = place.dir.path().join("out.ndjson");
    let mut written = Vec::new();
    let mut page = Vec::new();
    for cycle in 0..cycles {
        let out = std::fs::File::options().create(true).append(true).open(&out_path).expect("opened");
        let mut run = place.command("run").stdout(out).stderr(Stdio::null()).spawn().expect("it starts");
        let life_ms = 5 + next(&mut random) % 195;
        let begun = std::time::Instant::now();
        let mut at = 0;
        while begun.elapsed() < Duration::from_millis(life_ms) {
            let headline = format!("Cycle {cycle} update {at}");
            let update = format!("{:02}:{:02}\n{headline}\nIts text.\n", cycle % 24, at % 60);
            written.push(headline);
            if next(&mut random).is_multiple_of(2) {
                place.append(&format!("2024-01-{:02}-log.txt", 1 + cycle / 24), &update);
            } else {
                // A snapshot with its newest update on top, replaced.
                page.insert(0, update);
                place.put("2024-02-01-page.txt", page.concat());
            }
            at += 1;
            std::thread::sleep(Duration::from_millis(next(&mut random) % 25));
        }
        run.kill().expect("killed");
        run.wait().expect("reaped");
    }
    let out = std::fs::File::options().append(true).open(&out_path).expect("opened");
    let last =
        place.command("run").arg("--once").stdout(out).stderr(Stdio::null()).status().expect("it runs");
    assert!(last.success());

    let journal = place.replay();
    let mut said: BTreeMap<&str, usize> = BTreeMap::new();
    for event in journal.iter().filter(|event| event["type"] == "update.created") {
        *said.entry(text(event, "headline")).or_default() += 1;
    }
    let lost: Vec<_> = written.iter().filter(|headline| !said.contains_key(headline.as_str())).collect();
    let twice: Vec<_> = said.iter().filter(|&(_, &times)| times > 1).collect();
    let bogus: Vec<_> =
        said.keys().filter(|headline| !written.iter().any(|written| written == *headline)).collect();
    // What the one who reads stdout has: lines torn by a kill are those that don't parse.
    let out = std::fs::read_to_string(&out_path).expect("UTF-8");
    let (mut torn, mut repeated, mut expected) = (0, 0, 1);
    for line in out.lines() {
        if serde_json::from_str::<serde_json::Value>(line).is_err() {
            torn += 1;
            continue;
        }
        let event = event(line);
        let seq = event["seq"].as_u64().expect("a seq");
        assert!(seq <= expected, "stdout skipped from {expected} to {seq}");
        assert_eq!(event, journal[seq as usize - 1], "the same seq is the same event");
        repeated += usize::from(seq < expected);
        expected = expected.max(seq + 1);
    }
    println!(
        "kills {cycles}, events {}, lost {}, twice {}, bogus {}; stdout: repeated {repeated}, torn {torn}",
        journal.len(),
        lost.len(),
        twice.len(),
        bogus.len()
    );
    assert!(
        lost.is_empty() && twice.is_empty() && bogus.is_empty(),
        "lost {lost:?}, twice {twice:?}, bogus {bogus:?}"
    );
    assert_eq!(expected - 1, journal.len() as u64, "stdout has everything in the end");
    assert!(torn as u64 <= cycles);
}
