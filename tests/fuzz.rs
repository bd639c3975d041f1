//! The fuzz targets of `fuzz/`, called with their corpora and with what a few thousand small changes make of these:
//! what they assert holds on a stable toolchain and in every test run. Every input that ever failed lies in
//! `fuzz/corpus`, by a name that says what it was.
//!
//! The seed is printed; `LIVEBLOGD_TEST_SEED` sets it, `LIVEBLOGD_FUZZ_RUNS` how many changed inputs a target gets.

mod random;
#[path = "../fuzz/src/targets.rs"]
mod targets;

use std::path::Path;

use random::{Random, seed};

/// How many changed inputs a target gets, unless it's said.
const RUNS: usize = 3_000;

/// What one input may be spliced with, besides the others of the corpus.
const WORDS: &[&str] = &[
    "\n",
    "\r\n",
    "02:20 PM GMT\n",
    "14.45 ",
    "7m ago",
    "• ",
    "- ",
    "\u{a0}",
    "İ",
    "published at ",
    " 10/22/2013 5:00:03 PM",
    "\u{feff}",
    "\0",
    "9999999999",
    "March 6, 2024",
    "— A (@a) ",
    "{",
    "\"",
    "=",
    "[",
    "AFTER ",
    ":0",
];

/// A corpus as it lies there, and inputs made of it.
fn run(name: &str, runs: usize, target: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
    let mut corpus = Vec::new();
    for entry in std::fs::read_dir(&folder).expect("a corpus") {
        let path = entry.expect("an input").path();
        println!("{}", path.display());
        let input = std::fs::read(&path).expect("an input");
        target(&input);
        corpus.push(input);
    }
    assert!(!corpus.is_empty(), "no corpus in {}", folder.display());
    let mut random = Random::new(seed(name).0);
    let runs = std::env::var("LIVEBLOGD_FUZZ_RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(runs);
    for _ in 0..runs {
        let mut input = corpus[random.below(corpus.len())].clone();
        for _ in 0..1 + random.below(4) {
            change(&mut input, &corpus, &mut random);
        }
        let failed = std::panic::catch_unwind(|| target(&input)).is_err();
        assert!(!failed, "{name} failed for {:?}", String::from_utf8_lossy(&input));
    }
}

fn change(input: &mut Vec<u8>, corpus: &[Vec<u8>], random: &mut Random) {
    let at = random.below(input.len() + 1);
    let end = (at + random.below(40)).min(input.len());
    match random.below(6) {
        0 => drop(input.drain(at..end)),
        1 => {
            let again = input[at..end].to_vec();
            input.splice(at..at, again);
        }
        2 => {
            let other = &corpus[random.below(corpus.len())];
            let from = random.below(other.len() + 1);
            let part = other[from..(from + random.below(200)).min(other.len())].to_vec();
            input.splice(at..at, part);
        }
        3 if at < input.len() => input[at] = random.below(256) as u8,
        4 => input.truncate(at),
        _ => drop(input.splice(at..at, random.pick(WORDS).bytes())),
    }
}

#[test]
fn any_document_is_read_within_its_bounds_and_the_same_in_pieces() {
    run("document", RUNS, targets::document);
}

#[test]
fn any_line_has_a_stamp_that_stands_on_it_or_none() {
    run("stamp", RUNS, targets::stamp);
}

#[test]
fn any_clocks_get_instants_of_the_same_clock_in_order() {
    run("dating", RUNS, targets::dating);
}

#[test]
fn any_configuration_is_refused_with_its_name_or_printed_back() {
    run("configuration", RUNS, targets::configuration);
}

#[test]
fn any_command_is_answered_within_the_journal() {
    run("command", RUNS, targets::command);
}

#[test]
fn any_segment_is_opened_or_refused_and_seq_never_goes_back() {
    // Each makes a state directory.
    run("recovery", RUNS / 100, targets::recovery);
}
