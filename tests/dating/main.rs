//! Pages whose day is inferred from an mtime: the same page again is silent, whatever its name and mtime; the
//! next day's blog is new, though it begins with the same words (DESIGN §4.4).

#![allow(clippy::unwrap_used, missing_docs)]

mod again;
mod living;
#[path = "../support/mod.rs"]
mod support;

use std::fs::{self, File};
use std::io::Write;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use serde_json::Value;

use support::history::History;

/// Puts a page in place as a scraper does, as it stood at `mtime`.
fn put(history: &History, path: &str, text: &str, mtime: &str) {
    let new = history.path(".new.tmp");
    fs::write(&new, text).unwrap();
    touch(&new, mtime);
    fs::rename(&new, history.path(path)).unwrap();
}

fn touch(path: &std::path::Path, mtime: &str) {
    let seconds = mtime.parse::<Timestamp>().unwrap().as_second() as u64;
    let mtime = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    File::options().write(true).open(path).unwrap().set_modified(mtime).unwrap();
}

/// A page of `clock headline` lines, each with a line of text.
fn page(lines: &[&str]) -> String {
    let update = |line: &&str| {
        let (clock, headline) = (&line[..8], &line[9..]);
        format!("{clock} GMT\n{headline}\nThis is what there is to say of “{headline}”.\n")
    };
    lines.iter().map(update).collect()
}

/// What was said, as `timestamp headline`.
fn names(said: &[Value]) -> Vec<String> {
    let name = |event: &Value| {
        let timestamp = event["timestamp"].as_str().unwrap().trim_end_matches(":00Z").to_string();
        format!("{timestamp} {}", event["headline"].as_str().unwrap())
    };
    said.iter().filter(|event| !is_probe(event)).map(name).collect()
}

/// Asserts that `expected` was said and no more. A page that is written behind the others, and not closed,
/// is quiet later than all of them: once it was said, they were read.
#[track_caller]
fn expect(history: &History, expected: &[&str]) {
    wait_for_probe(history);
    assert_eq!(names(&history.said()), expected);
}

fn wait_for_probe(history: &History) {
    let probes = history.said().iter().filter(|event| is_probe(event)).count();
    let mut probe = File::create(history.path(&format!("2020-01-01-{probes}.probe"))).unwrap();
    write!(probe, "10:00 AM GMT\nProbe {probes}\nIt was read.\n").unwrap();
    history.wait_for(|| "the probe", |said| said.iter().filter(|event| is_probe(event)).count() > probes);
}

fn is_probe(event: &Value) -> bool {
    event["origin"]["path"].as_str().unwrap().ends_with(".probe")
}

const STORM: [&str; 4] = [
    "04:05 PM Trawler towed in",
    "01:48 PM Coast road closed",
    "11:02 AM Two moorings break",
    "08:15 AM Harbour closed",
];

const STORM_SAID: [&str; 4] = [
    "2024-06-12T08:15 Harbour closed",
    "2024-06-12T11:02 Two moorings break",
    "2024-06-12T13:48 Coast road closed",
    "2024-06-12T16:05 Trawler towed in",
];

#[test]
fn the_same_page_touched_days_later_is_silent() {
    let history = History::new();
    let daemon = history.start();
    put(&history, "storm.txt", &page(&STORM), "2024-06-12T16:10:00Z");
    expect(&history, &STORM_SAID);
    touch(&history.path("storm.txt"), "2024-06-15T09:00:00Z");
    expect(&history, &STORM_SAID);
    put(&history, "storm.txt", &page(&STORM), "2024-06-17T03:00:00Z");
    expect(&history, &STORM_SAID);
    daemon.stop();
    touch(&history.path("storm.txt"), "2024-06-19T09:00:00Z");
    history.once();
    assert_eq!(names(&history.said()), &STORM_SAID);
}

#[test]
fn the_same_page_under_another_name_is_silent_but_for_what_is_new() {
    let history = History::new();
    let daemon = history.start();
    put(&history, "storm.txt", &page(&STORM), "2024-06-12T16:10:00Z");
    expect(&history, &STORM_SAID);
    put(&history, "storm-copy.txt", &page(&STORM), "2024-06-14T10:00:00Z");
    expect(&history, &STORM_SAID);
    // The wind goes on for two days: what is new on top is of the day after, though the file is from later.
    let grown = [
        &["09:30 AM Ferries sail again", "11:40 PM Wind falls"],
        &STORM[..],
    ]
    .concat();
    put(&history, "archive-storm.txt", &page(&grown), "2024-06-14T10:00:00Z");
    let said = [
        &STORM_SAID[..],
        &[
            "2024-06-12T23:40 Wind falls",
            "2024-06-13T09:30 Ferries sail again",
        ],
    ]
    .concat();
    expect(&history, &said);
    // Its oldest updates have fallen off its end.
    put(&history, "short-storm.txt", &page(&grown[..4]), "2024-06-18T10:00:00Z");
    expect(&history, &said);
    daemon.stop();
}

#[test]
fn a_page_with_its_day_in_its_path_is_known_under_a_name_without_one() {
    let history = History::new();
    let daemon = history.start();
    put(&history, "2024-06-12-storm.txt", &page(&STORM), "2024-06-20T10:00:00Z");
    expect(&history, &STORM_SAID);
    put(&history, "storm.txt", &page(&STORM), "2024-06-20T10:00:00Z");
    expect(&history, &STORM_SAID);
    daemon.stop();
}

/// A page below a line that says when it was last changed, or the bare day of that.
fn dated_page(day: &str, lines: &[&str]) -> String {
    format!("The storm, hour by hour\n\n{day}\n\n{}", page(lines))
}

#[test]
fn a_page_whose_own_date_moves_on_at_midnight_keeps_its_days() {
    for of in ["Updated ", ""] {
        let history = History::new();
        let _daemon = history.start();
        put(&history, "storm.txt", &dated_page(&format!("{of}12 June 2024"), &STORM), "2024-06-12T16:10:00Z");
        expect(&history, &STORM_SAID);
        let night = [&["12:20 AM Wind falls"], &STORM[..]].concat();
        put(&history, "storm.txt", &dated_page(&format!("{of}13 June 2024"), &night), "2024-06-13T00:25:00Z");
        let morning = [&["09:30 AM Ferries sail again"], &night[..]].concat();
        put(
            &history,
            "storm.txt",
            &dated_page(&format!("{of}13 June 2024"), &morning),
            "2024-06-13T09:35:00Z",
        );
        let news = [
            "2024-06-13T00:20 Wind falls",
            "2024-06-13T09:30 Ferries sail again",
        ];
        expect(&history, &[&STORM_SAID[..], &news].concat());
        // Who sees it for the first time then reads the same days.
        put(
            &history,
            "copy.txt",
            &dated_page(&format!("{of}13 June 2024"), &morning),
            "2024-06-13T09:40:00Z",
        );
        expect(&history, &[&STORM_SAID[..], &news].concat());
    }
}

#[test]
fn a_page_that_says_only_when_it_was_last_changed_to_the_minute_says_so_of_its_newest_update() {
    let history = History::new();
    let daemon = history.start();
    let lines = [
        "12:20 AM Wind falls",
        "11:10 PM Trawler towed in",
        "09:30 PM Coast road closed",
    ];
    put(
        &history,
        "storm.txt",
        &dated_page("Last updated: 13 June 2024 00:25", &lines),
        "2024-06-20T10:00:00Z",
    );
    let said = [
        "2024-06-12T21:30 Coast road closed",
        "2024-06-12T23:10 Trawler towed in",
        "2024-06-13T00:20 Wind falls",
    ];
    expect(&history, &said);
    daemon.stop();
}

#[test]
fn an_update_that_is_pinned_on_top_since_before_midnight_is_the_one_below() {
    let night = [
        "11:42 PM Bank rescued",
        "01:14 AM Ministers arrive",
        "11:42 PM Bank rescued",
        "10:20 PM Vote called",
        "09:20 PM Doors close",
    ];
    let said = [
        "2024-06-12T21:20 Doors close",
        "2024-06-12T22:20 Vote called",
        "2024-06-12T23:42 Bank rescued",
        "2024-06-13T01:14 Ministers arrive",
    ];
    for path in ["bank.txt", "2024-06-12.txt"] {
        let history = History::new();
        let daemon = history.start();
        put(&history, path, &page(&night), "2024-06-13T01:20:00Z");
        expect(&history, &said);
        // A log begins so, too, and its second evening is another one.
        let log = [
            "11:42 PM All is well",
            "01:14 AM Still so",
            "09:30 AM Good morning",
            "05:20 PM And now",
            "11:42 PM All is well",
        ];
        put(&history, "log-2024-07-01.txt", &page(&log), "2024-07-02T23:50:00Z");
        let evenings = [
            "2024-07-01T23:42 All is well",
            "2024-07-02T01:14 Still so",
            "2024-07-02T09:30 Good morning",
            "2024-07-02T17:20 And now",
            "2024-07-02T23:42 All is well",
        ];
        expect(&history, &[&said[..], &evenings].concat());
        daemon.stop();
    }
}

#[test]
fn a_page_with_its_day_in_its_path_is_known_after_its_first_day_has_gone_from_it() {
    let history = History::new();
    let daemon = history.start();
    put(&history, "2024-06-12.txt", &page(&STORM), "2024-06-12T16:10:00Z");
    expect(&history, &STORM_SAID);
    let night = ["09:30 AM Ferries sail again", "12:20 AM Wind falls"];
    put(&history, "2024-06-12.txt", &page(&[&night, &STORM[..1]].concat()), "2024-06-13T09:35:00Z");
    let news = [
        "2024-06-13T00:20 Wind falls",
        "2024-06-13T09:30 Ferries sail again",
    ];
    expect(&history, &[&STORM_SAID[..], &news].concat());
    put(&history, "2024-06-12.txt", &page(&night), "2024-06-13T09:40:00Z");
    expect(&history, &[&STORM_SAID[..], &news].concat());
    fs::create_dir(history.path("old")).unwrap();
    fs::rename(history.path("2024-06-12.txt"), history.path("old/2024-06-12.txt")).unwrap();
    expect(&history, &[&STORM_SAID[..], &news].concat());
    daemon.stop();
    fs::remove_file(history.place.state.join("index.sqlite")).unwrap();
    put(&history, "old/2024-06-12.txt", &page(&night), "2024-06-14T09:35:00Z");
    history.once();
    assert_eq!(names(&history.said()), [&STORM_SAID[..], &news].concat());
}

#[test]
fn a_page_that_shows_its_last_four_updates_for_three_days_keeps_its_days() {
    let history = History::new();
    let daemon = history.start();
    let mut shown: Vec<String> = Vec::new();
    let mut expected: Vec<String> = Vec::new();
    for day in 5..8 {
        for hour in (1..24).step_by(5) {
            let half = if hour < 12 { "AM" } else { "PM" };
            let headline = format!("Count {day} {hour}");
            shown.insert(0, format!("{:02}:20 {half} {headline}", (hour + 11) % 12 + 1));
            shown.truncate(4);
            let lines: Vec<&str> = shown.iter().map(String::as_str).collect();
            put(&history, "count.txt", &page(&lines), &format!("2024-03-{day:02}T{hour:02}:20:40Z"));
            expected.push(format!("2024-03-{day:02}T{hour:02}:20 {headline}"));
            expect(&history, &expected.iter().map(String::as_str).collect::<Vec<_>>());
        }
    }
    daemon.stop();
}

#[test]
fn the_next_days_blog_at_the_same_path_is_new_while_the_daemon_was_down() {
    let history = History::new();
    let first = [
        "11:00 AM Vote called",
        "09:15 AM Trains run",
        "08:40 AM Trains are late",
        "08:00 AM Good morning",
    ];
    put(&history, "news.txt", &page(&first), "2024-03-05T11:05:00Z");
    history.once();
    put(&history, "news.txt", &page(&["08:00 AM Good morning"]), "2024-03-06T08:00:20Z");
    history.once();
    put(
        &history,
        "news.txt",
        &page(&["08:10 AM Count begins", "08:00 AM Good morning"]),
        "2024-03-06T08:10:20Z",
    );
    history.once();
    let said = [
        "2024-03-05T08:00 Good morning",
        "2024-03-05T08:40 Trains are late",
        "2024-03-05T09:15 Trains run",
        "2024-03-05T11:00 Vote called",
        "2024-03-06T08:00 Good morning",
        "2024-03-06T08:10 Count begins",
    ];
    assert_eq!(names(&history.said()), said);
}

#[test]
fn the_next_days_blog_at_the_same_path_is_new_from_its_first_minute_on() {
    for opening in ["08:00 AM Good morning", "07:55 AM Wednesday’s news"] {
        let history = History::new();
        let daemon = history.start();
        let first = [
            "08:00 AM Good morning",
            "08:40 AM Trains are late",
            "09:15 AM Trains run",
            "11:00 AM Vote called",
        ];
        let mut expected = Vec::new();
        for shown in 1..=first.len() {
            let newest_first: Vec<&str> = first[..shown].iter().rev().copied().collect();
            put(&history, "news.txt", &page(&newest_first), "2024-03-05T11:05:00Z");
            let (clock, headline) = first[shown - 1].split_once(" AM ").unwrap();
            expected.push(format!("2024-03-05T{clock} {headline}"));
            expect(&history, &expected.iter().map(String::as_str).collect::<Vec<_>>());
        }
        let second = [
            opening,
            "08:10 AM Count begins",
            "08:55 AM Count halted",
            "10:20 AM Count ends",
        ];
        for shown in 1..=second.len() {
            let newest_first: Vec<&str> = second[..shown].iter().rev().copied().collect();
            let (clock, headline) = second[shown - 1].split_once(" AM ").unwrap();
            put(&history, "news.txt", &page(&newest_first), &format!("2024-03-06T{clock}:30Z"));
            expected.push(format!("2024-03-06T{clock} {headline}"));
            expect(&history, &expected.iter().map(String::as_str).collect::<Vec<_>>());
        }
        daemon.stop();
    }
}

/// An update that stood twice on the page was counted twice as shared with yesterday's, which made it that page.
#[test]
fn the_next_days_blog_is_new_though_it_says_its_first_words_twice() {
    let history = History::new();
    let first = [
        "09:15 AM Trains run",
        "08:40 AM Trains are late",
        "08:00 AM Good morning",
    ];
    put(&history, "news.txt", &page(&first), "2024-03-05T11:05:00Z");
    history.once();
    let second = ["08:00 AM Good morning", "08:00 AM Good morning"];
    put(&history, "news.txt", &page(&second), "2024-03-06T08:00:20Z");
    history.once();
    let said = [
        "2024-03-05T08:00 Good morning",
        "2024-03-05T08:40 Trains are late",
        "2024-03-05T09:15 Trains run",
        "2024-03-06T08:00 Good morning",
    ];
    assert_eq!(names(&history.said()), said);
}

#[test]
fn a_log_with_its_date_on_top_goes_on_over_midnight() {
    let history = History::new();
    let log = format!("6 March 2024\n\n{}", page(&["11:50 PM Polls close", "12:10 AM First count"]));
    put(&history, "log.txt", &log, "2024-03-09T10:00:00Z");
    history.once();
    let said = ["2024-03-06T23:50 Polls close", "2024-03-07T00:10 First count"];
    assert_eq!(names(&history.said()), said);
}

#[test]
fn midnight_is_passed_in_both_orders() {
    let rising = [
        "10:50 PM Polls close",
        "11:40 PM First count",
        "12:20 AM Second count",
        "01:05 AM It is over",
    ];
    let falling: Vec<&str> = rising.iter().rev().copied().collect();
    let said = [
        "2024-07-04T22:50 Polls close",
        "2024-07-04T23:40 First count",
        "2024-07-05T00:20 Second count",
        "2024-07-05T01:05 It is over",
    ];
    let history = History::new();
    let daemon = history.start();
    put(&history, "2024-07-04-log.txt", &page(&rising), "2024-07-09T10:00:00Z");
    expect(&history, &said);
    put(&history, "2024-07-04-page.txt", &page(&falling), "2024-07-09T10:00:00Z");
    expect(&history, &said);
    daemon.stop();
}

#[test]
fn a_log_that_is_appended_to_goes_on_over_midnight() {
    let history = History::new();
    let daemon = history.start();
    let lines = [
        "10:50 PM Polls close",
        "11:40 PM First count",
        "12:20 AM Second count",
        "01:05 AM It is over",
    ];
    fs::write(history.path("2024-07-04-log.txt"), "").unwrap();
    for line in lines {
        let mut log = File::options().append(true).open(history.path("2024-07-04-log.txt")).unwrap();
        log.write_all(page(&[line]).as_bytes()).unwrap();
        drop(log);
        let headline = &line[9..];
        history.wait_for(|| headline, |said| said.iter().any(|event| event["headline"] == headline));
    }
    let said = [
        "2024-07-04T22:50 Polls close",
        "2024-07-04T23:40 First count",
        "2024-07-05T00:20 Second count",
        "2024-07-05T01:05 It is over",
    ];
    expect(&history, &said);
    daemon.stop();
}

#[test]
fn a_lost_index_makes_nothing_new() {
    let history = History::new();
    put(&history, "storm.txt", &page(&STORM), "2024-06-12T16:10:00Z");
    history.once();
    assert_eq!(names(&history.said()), &STORM_SAID);
    for name in ["index.sqlite", "index.sqlite-wal", "index.sqlite-shm"] {
        let _is_not_there = fs::remove_file(history.place.state.join(name));
    }
    touch(&history.path("storm.txt"), "2024-06-15T09:00:00Z");
    history.once();
    assert_eq!(names(&history.said()), &STORM_SAID);
    put(
        &history,
        "storm-copy.txt",
        &page(&[&["09:30 AM Ferries sail again"], &STORM[..]].concat()),
        "2024-06-15T10:00:00Z",
    );
    history.once();
    assert_eq!(names(&history.said()), [&STORM_SAID[..], &["2024-06-13T09:30 Ferries sail again"]].concat());
}
