//! A page that was said and is read otherwise later: held back, shown, confirmed, and then said once. With the
//! real binary; another `zone` stands for whatever makes another reading (an upgrade does the same).

mod support;

use serde_json::Value;
use support::{Daemon, Place, events, text, until};

const KYIV: &str = "zone = \"Europe/Kyiv\"\n";

/// A blog, newest first, with days but without zones: what is known of the page can't tell its times.
fn page(updates: std::ops::Range<usize>) -> String {
    let update = |n: usize| {
        format!(
            "Jun 12, 2024 {:02}:{:02}\nPump number {n} has started at the old lock\nThe keeper read gauge {n} twice before he called it in.\n\n",
            13 + n / 60,
            n % 60
        )
    };
    updates.rev().map(update).collect()
}

fn zone(place: &Place, more: &str) {
    std::fs::write(&place.config, format!("[drop]\nsettle = \"150ms\"\n{more}")).expect("a configuration");
}

fn status(place: &Place) -> (bool, Value) {
    let output = place.command("status").arg("--json").output().expect("it runs");
    (output.status.success(), serde_json::from_slice(&output.stdout).expect("JSON"))
}

fn held(place: &Place) -> u64 {
    status(place).1["files"]["held_back"].as_u64().expect("a count")
}

/// `run --once` with its log.
fn once(place: &Place, args: &[&str]) -> (Vec<Value>, String) {
    let output = place.command("run").arg("--once").args(args).output().expect("it runs");
    assert!(output.status.success());
    (events(&output.stdout), String::from_utf8(output.stderr).expect("text"))
}

fn confirm(place: &Place, glob: &str) -> std::process::Output {
    place.command("confirm").arg(glob).output().expect("it runs")
}

const PAGE: &str = "2024-06-12-lock.txt";

/// A place whose page was said, is read in another zone now, and has news on top.
fn held_place() -> Place {
    let place = Place::new();
    place.put(PAGE, page(0..10));
    assert_eq!(place.once().len(), 10);
    zone(&place, KYIV);
    place.put(PAGE, page(0..12));
    place
}

#[test]
fn a_page_that_is_read_otherwise_is_held_back_and_said_once_when_confirmed() {
    let place = held_place();
    let daemon = Daemon::of(place.command("run"));
    let warning = daemon.logged("held back");
    assert!(
        warning.contains(PAGE) && warning.contains("new=12") && warning.contains("updates=12"),
        "{warning}"
    );
    assert!(warning.contains("liveblogd confirm"), "{warning}");
    until("it is counted", || held(&place) == 1);
    let (healthy, shown) = status(&place);
    assert!(!healthy, "someone must look at it");
    assert_eq!(shown["held_back"][0]["path"], PAGE);
    assert_eq!(shown["held_back"][0]["new"], 12);
    assert_eq!(shown["updates"]["held_back"], 12);
    daemon.is_silent();

    // What comes meanwhile waits with it, and is no reason to warn again.
    place.put(PAGE, page(0..13));
    until("it is read", || status(&place).1["held_back"][0]["updates"] == 13);
    daemon.is_silent();

    let confirmed = confirm(&place, "*-lock.txt");
    assert!(confirmed.status.success());
    assert!(String::from_utf8_lossy(&confirmed.stdout).contains("13 updates are said"));
    let said = daemon.says(13);
    assert_eq!(text(&said[0], "timestamp"), "2024-06-12T10:00:00Z", "in Kyiv's time");
    until("all is well again", || held(&place) == 0 && status(&place).0);
    place.put(PAGE, page(0..14));
    assert_eq!(daemon.says(1)[0]["headline"], "Pump number 13 has started at the old lock");
    daemon.stop();
    assert_eq!(place.replay().len(), 10 + 13 + 1);

    // Confirmed is this reading, not any that comes later.
    zone(&place, "");
    place.put(PAGE, page(0..15));
    zone(&place, "zone = \"Asia/Tokyo\"\n");
    let (said, log) = once(&place, &[]);
    assert!(said.is_empty() && log.contains("held back"), "{log}");
}

#[test]
fn confirmed_while_the_daemon_is_down_it_is_said_by_the_next_start() {
    let place = held_place();
    let (said, log) = once(&place, &[]);
    assert!(said.is_empty() && log.contains("held back"), "{log}");
    let none = confirm(&place, "other.txt");
    assert_eq!(none.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&none.stderr).contains("no page is held back that fits other.txt"));
    let (said, log) = once(&place, &[]);
    assert!(said.is_empty() && log.contains("held back"), "a start warns anew: {log}");
    assert!(confirm(&place, "**").status.success());
    assert_eq!(once(&place, &[]).0.len(), 12);
    assert_eq!(once(&place, &[]).0.len(), 0);
}

#[test]
fn much_news_on_top_of_it_lets_nothing_through() {
    let place = held_place();
    assert_eq!(once(&place, &[]).0.len(), 0);
    // Most of the page is new now, and what was said of it before would still be said again.
    place.put(PAGE, page(0..40));
    assert_eq!(once(&place, &[]).0.len(), 0);
    assert_eq!(held(&place), 1);
    // Read as before, only the news are new.
    zone(&place, "");
    place.put(PAGE, page(0..41));
    assert_eq!(once(&place, &[]).0.len(), 31);
    assert_eq!(held(&place), 0);
}

#[test]
fn it_is_let_go_without_a_word_when_it_is_read_as_before_again() {
    let place = held_place();
    assert!(once(&place, &[]).0.is_empty());
    zone(&place, "");
    let (said, log) = once(&place, &[]);
    assert_eq!(said.len(), 2, "the news: {log}");
    assert!(!log.contains("WARN"), "{log}");
    assert_eq!(held(&place), 0);
}

#[test]
fn with_the_setting_or_the_flag_nothing_is_held_back() {
    let place = held_place();
    zone(&place, &format!("{KYIV}hold_back = false\n"));
    let (said, log) = once(&place, &[]);
    assert_eq!(said.len(), 12, "{log}");
    let place = held_place();
    assert_eq!(once(&place, &["--no-hold-back"]).0.len(), 12);
}

#[test]
fn what_was_read_is_known_also_after_the_index_was_lost() {
    // An upgrade may bring another form of the index, and then all files are read again by the new parser.
    let place = held_place();
    std::fs::remove_file(place.state.join("index.sqlite")).expect("removed");
    let (said, log) = once(&place, &[]);
    assert!(said.is_empty() && log.contains("held back"), "{log}");
}

#[test]
fn forgotten_on_purpose_it_is_said_again() {
    let place = held_place();
    let forgot = place.command("forget").arg(PAGE).output().expect("it runs");
    assert!(forgot.status.success());
    assert_eq!(once(&place, &[]).0.len(), 12);
}

#[test]
fn what_is_appended_to_a_file_that_is_held_back_waits_with_it() {
    let grown = |updates: std::ops::Range<usize>| updates.map(|n| page(n..n + 1)).collect::<String>();
    let place = Place::new();
    place.put(PAGE, grown(0..10));
    assert_eq!(place.once().len(), 10);
    zone(&place, KYIV);
    // Rewritten, so that it's read as a whole.
    place.put(PAGE, grown(0..11));
    let daemon = Daemon::of(place.command("run"));
    daemon.logged("held back");
    place.append(PAGE, grown(11..13));
    daemon.is_silent();
    assert!(confirm(&place, PAGE).status.success());
    daemon.says(13);
    daemon.stop();
    assert_eq!(place.replay().len(), 23);
}

#[test]
fn another_page_at_the_same_path_and_much_news_on_an_old_page_are_no_other_reading() {
    let place = Place::new();
    place.put("2024-06-12-latest.txt", page(0..10));
    assert_eq!(place.once().len(), 10);
    // The daemon was down for long.
    place.put("2024-06-12-latest.txt", page(0..60));
    let (said, log) = once(&place, &[]);
    assert_eq!(said.len(), 50, "{log}");
    // Only the end of what was read is left, below much that is new.
    place.put("2024-06-12-latest.txt", page(55..100));
    assert_eq!(once(&place, &[]).0.len(), 40);
    // Another day's page begins with the words of yesterday's.
    zone(&place, KYIV);
    let morning = page(55..58);
    place.put("2024-06-12-latest.txt", format!("{}{morning}", page(100..101).replace("gauge", "the gauge")));
    assert_eq!(once(&place, &[]).0.len(), 4, "the page of before is gone");
}

#[test]
fn a_page_that_had_no_updates_before_is_said() {
    // It was never said: an upgrade that learns to read it has news.
    let place = Place::new();
    place.put("2024-06-12-a.txt", page(0..5).replace("Jun 12, 2024 ", "Gauge "));
    assert_eq!(place.once().len(), 0);
    place.put("2024-06-12-a.txt", page(0..5));
    assert_eq!(once(&place, &[]).0.len(), 5);
}

#[test]
fn a_young_page_that_shows_its_authors_by_and_by_is_not_held_back() {
    let place = Place::new();
    let authors = ["Ana Bell", "Jo Carr", "Bo Day", "Ana Bell", "Jo Carr", "Ana Bell"];
    let update = |n: usize| {
        format!(
            "{:02}:05\n{}\nPump number {n} has started\nThe keeper read gauge {n} twice before he called it in.\n\n",
            13 + n,
            authors[n]
        )
    };
    let mut said = Vec::new();
    for count in 1..=authors.len() {
        place.put(PAGE, (0..count).rev().map(update).collect::<String>());
        said.extend(place.once());
    }
    assert_eq!(held(&place), 0);
    let is_said = |n: usize| {
        let headline = format!("Pump number {n} has started");
        said.iter().filter(|event| event["headline"] == *headline).count() == 1
    };
    assert!((0..authors.len()).all(is_said), "{said:?}");
}
