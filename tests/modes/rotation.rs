//! Logs that are rotated, by every means that their writers have.

use std::fs::{self, File};
use std::io::Write;
use std::time::Duration;

use crate::random::{Random, seed};
use crate::support::{Place, headlines, text, until};
use crate::{has_exactly, is_exact, log, update};

#[test]
fn m04_copytruncate_loses_and_repeats_nothing_that_was_there_to_be_read() {
    let (seed, _) = seed("m04");
    let mut random = Random::new(seed);
    let place = Place::new();
    let daemon = place.run();
    let path = place.path("2024-03-06.log");
    let mut count = 0;
    for rotation in 0..100 {
        let more = 1 + random.below(8);
        for number in count..count + more {
            place.append("2024-03-06.log", update(number));
        }
        count += more;
        // What was on disk long enough to be read is the daemon's; the last update is open until it is quiet.
        has_exactly(&place, count);
        let inside = random.chance(50);
        let copy = if inside {
            place.path(&format!("2024-03-06.log.{rotation}"))
        } else {
            place.dir.path().join("copy")
        };
        fs::copy(&path, copy).expect("copied");
        std::thread::sleep(Duration::from_millis(random.between(0, 50)));
        File::options().write(true).open(&path).expect("a log").set_len(0).expect("truncated");
    }
    place.append("2024-03-06.log", update(count));
    has_exactly(&place, count + 1);
    daemon.stop();
    is_exact(&place, count + 1);
}

#[test]
fn m04_an_emptied_log_is_nothing_to_warn_of_and_lost_time_lines_are() {
    // The soak found it: each night's copytruncate left a warning.
    let place = Place::new();
    let daemon = place.run();
    place.append("2024-03-06.log", log(0..3));
    has_exactly(&place, 3);
    File::options()
        .write(true)
        .open(place.path("2024-03-06.log"))
        .expect("a log")
        .set_len(0)
        .expect("truncated");
    let status =
        || String::from_utf8(place.command("status").output().expect("it runs").stdout).expect("UTF-8");
    until("it is seen to be empty", || status().contains("1 no time lines"));
    fs::write(place.path("2024-03-07.txt"), log(3..6)).expect("written");
    has_exactly(&place, 6);
    fs::write(place.path("2024-03-07.txt"), "What stood here is gone.\n").expect("written");
    let warning = daemon.logged("had updates and has no time lines now");
    assert!(warning.contains("2024-03-07"), "{warning}");
    // One update is as much a loss as many.
    fs::write(place.path("2024-03-08.txt"), log(6..7)).expect("written");
    has_exactly(&place, 7);
    fs::write(place.path("2024-03-08.txt"), "What stood here is gone, too.\n").expect("written");
    let warning = daemon.logged("had updates and has no time lines now");
    assert!(warning.contains("2024-03-08"), "{warning}");
    daemon.stop();
}

#[test]
fn m04_a_log_that_is_copied_within_a_character_is_finished() {
    // The soak found it: what was made of half a character isn't in the whole text.
    const LAST: &str = "Crews say that 日本 sends pumps.";
    let half = LAST.find('本').expect("it is there") + 2;
    let place = Place::new();
    let daemon = place.run();
    place.append("2024-03-06.log", update(0));
    daemon.says(1);
    place.append("2024-03-06.log", update(1));
    place.append("2024-03-06.log", &LAST.as_bytes()[..half]);
    fs::copy(place.path("2024-03-06.log"), place.path("2024-03-06.log.1")).expect("copied");
    let torn = daemon.says_at_least(1).remove(0);
    place.append("2024-03-06.log", &LAST.as_bytes()[half..]);
    place.append("2024-03-06.log", format!("\n{}", update(2)));
    let whole = daemon.says_at_least(1).remove(0);
    assert_eq!((&whole["id"], &whole["revision"]), (&torn["id"], &2.into()), "{whole}");
    assert!(text(&whole, "body").ends_with(LAST), "{whole}");
    assert_eq!(headlines(&daemon.says(1)), ["Update number 2"]);
    daemon.stop();
}

#[test]
fn m06_a_log_that_is_renamed_in_the_middle_of_a_line_says_no_half_of_it() {
    // It was taken for a page that was moved into place whole: half a headline was said, and then the whole one.
    let place = Place::new();
    let daemon = place.run();
    let mut writer =
        File::options().append(true).create(true).open(place.path("2024-03-06.log")).expect("a log");
    writer.write_all(update(0).as_bytes()).expect("written");
    daemon.says(1);
    writer.write_all(b"09:00 AM GMT\nHead").expect("written");
    std::thread::sleep(Duration::from_millis(100));
    fs::rename(place.path("2024-03-06.log"), place.path("2024-03-06.log.1")).expect("renamed");
    std::thread::sleep(Duration::from_millis(200));
    writer.write_all(b"line two\nBody two.\n").expect("written");
    assert_eq!(headlines(&daemon.says(1)), ["Headline two"]);
    daemon.stop();
}

#[test]
fn m06_rotation_by_rename_repeats_nothing_though_the_old_names_are_read_too() {
    let place = Place::new();
    let daemon = place.run();
    let path = |generation: usize| match generation {
        0 => place.path("2024-03-06.log"),
        older => place.path(&format!("2024-03-06.log.{older}")),
    };
    let mut count = 0;
    for _ in 0..60 {
        let mut writer = File::options().append(true).create(true).open(path(0)).expect("a log");
        writer.write_all(log(count..count + 3).as_bytes()).expect("written");
        count += 3;
        until("the log is read", || place.replay().len() >= count - 1);
        for generation in (0..5).rev().filter(|&generation| path(generation).exists()) {
            fs::rename(path(generation), path(generation + 1)).expect("renamed");
        }
        // The writer hasn't noticed yet.
        writer.write_all(log(count..count + 2).as_bytes()).expect("written");
        count += 2;
        until("the renamed one is read", || place.replay().len() >= count - 1);
    }
    has_exactly(&place, count);
    daemon.stop();
    is_exact(&place, count);
}

#[test]
fn m07_a_thousand_rotations_and_it_still_follows() {
    let place = Place::new();
    let daemon = place.run();
    let path = place.path("2024-03-06.log");
    rewrite_log(&path, 0);
    has_exactly(&place, 1);
    for rotation in 0..1_000 {
        // For a moment there is no file at all.
        fs::rename(&path, place.dir.path().join("old")).expect("renamed");
        if rotation % 10 == 0 {
            std::thread::yield_now();
        }
        rewrite_log(&path, 0);
    }
    let begun = std::time::Instant::now();
    place.append("2024-03-06.log", log(1..3));
    until("the first of two", || place.replay().len() >= 2);
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    has_exactly(&place, 3);
    daemon.stop();
}

fn rewrite_log(path: &std::path::Path, number: usize) {
    fs::write(path, update(number)).expect("written");
}
