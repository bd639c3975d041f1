//! It doesn't matter how a text comes: appended in pieces cut anywhere, it gives the same events as read at once.
//!
//! The seed of the random texts and cuts is printed; `LIVEBLOGD_TEST_SEED` sets it.

mod random;
mod support;

use std::collections::BTreeMap;
use std::time::Duration;

use random::{Random, seed};
use serde_json::Value;
use support::{Place, binary, events, text};

/// How many files are written at once.
const FILES: usize = 48;

const WORDS: &[&str] = &[
    "harbour",
    "“closed”",
    "ferry",
    "café",
    "wind",
    "won’t",
    "bridge",
    "tide",
    "crew",
    "🌊",
    "at 9.30am",
    "road",
    "–",
];

/// A log in one of the shapes that real blogs have, with a number in each text so that no two are alike.
fn log(random: &mut Random, file: usize) -> String {
    let end = random.pick(&["\n", "\n", "\r\n"]);
    let zone = random.pick(&["", " GMT", " BST"]);
    let headlines = random.below(4) > 0;
    let mut minute = random.below(1_440);
    let mut log = String::new();
    if random.below(2) == 0 {
        log += &format!("What happened at the harbour, told as it comes.{end}");
    }
    for at in 0..3 + random.below(8) {
        minute += 1 + random.below(170);
        let (hour, minute) = (minute / 60 % 24, minute % 60);
        let half = if hour < 12 { "AM" } else { "PM" };
        log += &format!("{:02}:{minute:02} {half}{zone}{end}", if hour % 12 == 0 { 12 } else { hour % 12 });
        let words = |random: &mut Random, count: usize| {
            (0..count).map(|_| *random.pick(WORDS)).collect::<Vec<&str>>().join(" ")
        };
        if headlines {
            log += &format!("Headline {file} {at} {}{end}", words(random, 4));
        }
        for paragraph in 0..1 + random.below(3) {
            log += &format!("Paragraph {file} {at} {paragraph} {}.{end}", words(random, 9));
        }
        if random.below(4) == 0 {
            log += &format!("-{end}An item of {file} {at}{end}-{end}Another {}{end}", words(random, 3));
        }
    }
    log
}

/// The last revision of each update: what a consumer has in the end.
fn in_the_end(events: &[Value]) -> BTreeMap<String, (Value, Value, Value)> {
    let mut latest = BTreeMap::new();
    for event in events {
        let what = (event["timestamp"].clone(), event["headline"].clone(), event["body"].clone());
        latest.insert(text(event, "id").to_string(), what);
    }
    latest
}

#[test]
fn m22_appends_cut_anywhere_give_the_same_events() {
    let mut random = Random::new(seed("cuts").0);
    let place = Place::new();
    let daemon = place.run();
    let mut files: Vec<(String, Vec<u8>, usize)> = Vec::new();
    for file in 0..FILES {
        files.push((
            format!("2024-02-{:02}-log{file}.txt", 1 + file % 29),
            log(&mut random, file).into_bytes(),
            0,
        ));
    }
    // All of them grow at once, each in pieces of its own.
    while files.iter().any(|(_, bytes, written)| *written < bytes.len()) {
        for (name, bytes, written) in &mut files {
            let most = random.pick(&["1", "3", "9", "40", "40", "150"]).parse().unwrap_or(1);
            let piece = (1 + random.below(most)).min(bytes.len() - *written);
            if piece > 0 {
                place.append(name, &bytes[*written..*written + piece]);
                *written += piece;
            }
        }
        // Now and then longer than the daemon settles.
        let pause_ms = if random.below(12) == 0 {
            220
        } else {
            random.below(50)
        };
        std::thread::sleep(Duration::from_millis(pause_ms as u64));
    }
    let mut wanted = BTreeMap::new();
    for (name, _, _) in &files {
        let parsed = binary().arg("parse").arg(place.path(name)).output().expect("it runs");
        wanted.extend(in_the_end(&events(&parsed.stdout)));
    }
    let deadline = std::time::Instant::now() + support::PATIENCE;
    loop {
        let said = in_the_end(&place.replay());
        if said == wanted {
            break;
        }
        if std::time::Instant::now() > deadline {
            let missing: Vec<_> = wanted.iter().filter(|&(id, what)| said.get(id) != Some(what)).collect();
            let bogus: Vec<_> = said.iter().filter(|(id, _)| !wanted.contains_key(*id)).collect();
            panic!("missing or other: {missing:#?}\nbogus: {bogus:#?}");
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let said = place.replay();
    let mut created: Vec<&str> = said
        .iter()
        .filter(|event| event["type"] == "update.created")
        .map(|event| text(event, "id"))
        .collect();
    let count = created.len();
    created.sort_unstable();
    created.dedup();
    assert_eq!((created.len(), count), (wanted.len(), wanted.len()), "each once");
    daemon.stop();
    assert!(place.once().is_empty(), "a restart says nothing");
    // And the same files read anew, by a daemon that knows nothing.
    let anew = Place::new();
    for (name, bytes, _) in &files {
        anew.put(name, bytes);
    }
    assert_eq!(in_the_end(&anew.once()), wanted);
}
