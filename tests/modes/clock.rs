//! Clocks that jump while it runs, and between its lives.

use std::fs;
use std::path::Path;

use crate::support::{Daemon, Place, faketime, not_tested, until};
use crate::{has_exactly, is_exact, page, update};

/// Where the clock is put, one after the other: an hour on and back, a year on and back, before anything was, and where
/// 32 bits end.
const CLOCKS: [&str; 7] = [
    "+0",
    "+3600",
    "-3600",
    "+31536000",
    "-31536000",
    "@1970-01-01 00:00:10",
    "@2038-01-19 03:13:59",
];

/// A daemon whose clock stands in a file: the one that people read, and not the monotonic one, which never jumps.
fn with_clock(place: &Place, library: &Path, clock: &Path) -> Daemon {
    let mut run = place.command("run");
    run.env("LD_PRELOAD", library).env("FAKETIME_TIMESTAMP_FILE", clock).env("FAKETIME_NO_CACHE", "1");
    run.env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
        .env("DONT_FAKE_MONOTONIC", "1")
        .env("NO_FAKE_STAT", "1");
    Daemon::of(run)
}

#[test]
fn m32_a_clock_that_jumps_changes_no_day_holds_nothing_up_and_loses_nothing() {
    let Some(library) = faketime() else {
        return not_tested("m32: libfaketime isn't installed");
    };
    let place = Place::new();
    let clock = place.dir.path().join("clock");
    fs::write(&clock, CLOCKS[0]).expect("written");
    let mut daemon = with_clock(&place, &library, &clock);
    let mut count = 0;
    let mut observed = Vec::new();
    for round in 0..3 {
        for at in CLOCKS {
            fs::write(&clock, at).expect("written");
            // One that is complete at once, and one that has to be quiet first: no timer goes by the clock that jumps.
            place.append("2024-03-06.log", update(count));
            place.append("2024-03-06.log", update(count + 1));
            place.put("2024-03-05-page.txt", page(0..count + 2).replace("Update", "Other"));
            count += 2;
            has_exactly_with_others(&place, count);
            let last = place.replay().pop().expect("an event");
            observed.push(last["observed_timestamp"].as_str().expect("a time").to_string());
        }
        if round == 1 {
            daemon.stop();
            daemon = with_clock(&place, &library, &clock);
        }
    }
    daemon.stop();
    for event in place.replay() {
        let day = if event["headline"].as_str().is_some_and(|headline| headline.starts_with("Other")) {
            "2024-03-05T"
        } else {
            "2024-03-06T"
        };
        assert!(event["timestamp"].as_str().is_some_and(|time| time.starts_with(day)), "{event}");
        assert_eq!(event["date_basis"], "path");
    }
    // That the clock was moved at all.
    for year in ["1970", "2038"] {
        assert!(observed.iter().any(|time| time.starts_with(year)), "{year}: {observed:?}");
    }
}

fn has_exactly_with_others(place: &Place, count: usize) {
    until(&format!("{count} events of each"), || place.replay().len() >= 2 * count);
    let events = place.replay();
    let headlines = ["Update", "Other"]
        .into_iter()
        .flat_map(|of| (0..count).map(move |number| format!("{of} number {number}")));
    crate::is_exact_of(&events, headlines);
}

#[test]
fn m32_a_page_that_only_its_mtime_dates_keeps_its_days_whatever_the_clock_says() {
    let Some(library) = faketime() else {
        return not_tested("m32: libfaketime isn't installed");
    };
    let place = Place::new();
    let clock = place.dir.path().join("clock");
    fs::write(&clock, CLOCKS[0]).expect("written");
    place.put("page.txt", page(0..4));
    let daemon = with_clock(&place, &library, &clock);
    has_exactly(&place, 4);
    let said = place.replay();
    for at in CLOCKS {
        fs::write(&clock, at).expect("written");
        // Touched, it is read anew.
        place.put("page.txt", page(0..4));
        place.put("2024-03-06.txt", update(4));
        until("the page beside it is read", || place.replay().len() >= 5);
    }
    daemon.stop();
    is_exact(&place, 5);
    assert_eq!(place.replay()[..4], said);
}
