//! The failure modes that systems like ours have had, by their number (`docs/proof.md` lists all of them): each a
//! real one of a log shipper, tried on the real binary over real files. What other tests try already isn't here;
//! their names begin with the number as well, so that `m07` finds the seventh wherever it is.
//!
//! Every test ends with the same question: is each update of the manifest in the journal once, and nothing else?

#[path = "../random/mod.rs"]
mod random;
#[path = "../support/mod.rs"]
mod support;

mod clock;
mod kinds;
mod limits;
mod rewriting;
mod rotation;
mod watching;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use support::{PATIENCE, Place, headlines, until_within};

/// Update `number` of a blog that has its day in its name.
pub fn update(number: usize) -> String {
    let (hour, minute) = (number / 60 % 24, number % 60);
    format!("{hour:02}:{minute:02} GMT\nUpdate number {number}\nWhat happened at {number}, in a sentence.\n")
}

/// Updates in the order of a log.
pub fn log(numbers: impl Iterator<Item = usize>) -> String {
    numbers.map(update).collect()
}

/// Updates in the order of a page, the newest on top.
pub fn page(numbers: impl DoubleEndedIterator<Item = usize>) -> String {
    numbers.rev().map(update).collect()
}

/// Writes over a file as editors and naive scrapers do.
pub fn rewrite(path: &Path, text: &str) {
    fs::write(path, text).expect("written");
}

/// Waits until the journal has so many events, then holds that it has the updates `0..count`, each once.
pub fn has_exactly(place: &Place, count: usize) {
    // Ten thousand files take a while where others use the machine, too.
    let patience = PATIENCE + Duration::from_millis(10 * count as u64);
    until_within(patience, &format!("{count} events"), || place.head() >= count);
    is_exact(place, count);
}

/// Holds that the journal has the updates `0..count`, each once.
pub fn is_exact(place: &Place, count: usize) {
    is_exact_of(&place.replay(), (0..count).map(|n| format!("Update number {n}")));
}

/// Holds that these events are one for each of the headlines.
pub fn is_exact_of(events: &[Value], wanted: impl Iterator<Item = String>) {
    let mut counts: BTreeMap<String, i64> = BTreeMap::new();
    for headline in wanted {
        *counts.entry(headline).or_default() -= 1;
    }
    for headline in headlines(events) {
        *counts.entry(headline.to_string()).or_default() += 1;
    }
    counts.retain(|_, count| *count != 0);
    assert!(counts.is_empty(), "lost (negative), twice or bogus: {counts:?}");
}
