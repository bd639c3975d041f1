//! What stands on a page again: pinned on top of it, or on each day's page under the same clock and headline.

use super::*;

#[test]
fn what_is_pinned_on_top_over_night_dates_nothing_below_it() {
    let history = History::new();
    let _daemon = history.start();
    let known = [
        "09:04 PM A crane leans",
        "07:20 PM Coast road closed",
        "05:01 PM Ferry waits",
    ];
    let pin = "10:47 PM What we know";
    put(&history, "live.txt", &page(&[&[pin], &known[..]].concat()), "2024-10-11T22:50:00Z");
    let mut expected = vec![
        "2024-10-11T17:01 Ferry waits",
        "2024-10-11T19:20 Coast road closed",
        "2024-10-11T21:04 A crane leans",
        "2024-10-11T22:47 What we know",
    ];
    expect(&history, &expected);
    let morning = [
        "12:26 PM The crane is down",
        "11:29 AM Divers go in",
        "10:53 AM The pier is shut",
        "09:37 AM Wind falls",
        "08:17 AM Good morning",
    ];
    put(&history, "live.txt", &page(&[&[pin], &morning[..], &known].concat()), "2024-10-12T12:28:00Z");
    expected.extend([
        "2024-10-12T08:17 Good morning",
        "2024-10-12T09:37 Wind falls",
        "2024-10-12T10:53 The pier is shut",
        "2024-10-12T11:29 Divers go in",
        "2024-10-12T12:26 The crane is down",
    ]);
    expect(&history, &expected);
}

#[test]
fn what_is_new_and_pinned_on_top_is_of_no_hour_to_come() {
    let history = History::new();
    let _daemon = history.start();
    let known = [
        "05:28 PM The deal is done",
        "04:05 PM Talks go on",
        "03:10 PM The bridge is shut",
    ];
    put(&history, "live.txt", &page(&known), "2024-02-25T17:31:00Z");
    let mut expected = vec![
        "2024-02-25T15:10 The bridge is shut",
        "2024-02-25T16:05 Talks go on",
        "2024-02-25T17:28 The deal is done",
    ];
    expect(&history, &expected);
    let news = ["06:36 PM Missing boat", "07:40 AM The inquiry opens"];
    put(&history, "live.txt", &page(&[&news[..], &known].concat()), "2024-02-26T07:43:00Z");
    expected.extend([
        "2024-02-25T18:36 Missing boat",
        "2024-02-26T07:40 The inquiry opens",
    ]);
    expect(&history, &expected);
}

#[test]
fn the_next_day_is_new_though_all_that_was_seen_of_the_day_before_comes_again_in_other_words() {
    let other = |text: String| text.replace("to say of", "to say today of");
    // All of it,
    let day = [
        "04:30 PM The market closes",
        "12:00 PM The market at noon",
        "09:00 AM The market opens",
    ];
    // or the greeting, which was all that was fetched.
    for seen in [3, 1] {
        let history = History::new();
        let _daemon = history.start();
        let of = |date: &str, clock: &str, headline: &str| format!("2024-03-{date}T{clock} {headline}");
        let all = |date: &str| {
            vec![
                of(date, "09:00", "The market opens"),
                of(date, "12:00", "The market at noon"),
                of(date, "16:30", "The market closes"),
            ]
        };
        let mtime = if seen == 1 {
            "2024-03-06T09:04:00Z"
        } else {
            "2024-03-06T16:34:00Z"
        };
        put(&history, "live.txt", &page(&day[3 - seen..]), mtime);
        let mut expected = all("06")[..seen].to_vec();
        let said = |expected: &[String]| {
            expect(&history, &expected.iter().map(String::as_str).collect::<Vec<_>>());
        };
        said(&expected);
        put(&history, "live.txt", &other(page(&day)), "2024-03-07T16:34:00Z");
        expected.extend(all("07"));
        said(&expected);
        // The same words are the same page, whenever they are fetched.
        put(&history, "copy.txt", &other(page(&day)), "2024-03-08T16:34:00Z");
        said(&expected);
    }
}

#[test]
fn what_a_page_once_was_is_that_page_when_it_is_put_back() {
    let evening = ["11:12 PM Good night", "10:40 PM Stars", "09:07 PM The wind falls"];
    let of_evening = [
        "2024-06-12T21:07 The wind falls",
        "2024-06-12T22:40 Stars",
        "2024-06-12T23:12 Good night",
    ];
    let (old, new) = (page(&STORM[2..]), page(&[&evening[..], &STORM].concat()));
    let of_others = [
        "2024-06-16T08:15 Harbour closed",
        "2024-06-16T11:02 Two moorings break",
    ];
    // Two of seven. In other words, or just written, they are another day's.
    for (again, mtime, said_then) in [
        (old.clone(), "2024-06-16T20:00:00Z", &[][..]),
        (old.replace("to say of", "to say today of"), "2024-06-16T20:00:00Z", &of_others),
        (old.clone(), "2024-06-16T11:03:00Z", &of_others),
    ] {
        let history = History::new();
        let _daemon = history.start();
        put(&history, "storm.txt", &old, "2024-06-12T11:06:00Z");
        expect(&history, &STORM_SAID[..2]);
        put(&history, "storm.txt", &new, "2024-06-12T23:15:00Z");
        let said = [&STORM_SAID[..], &of_evening].concat();
        expect(&history, &said);
        put(&history, "backup-storm.txt", &again, mtime);
        expect(&history, &[&said[..], said_then].concat());
        put(&history, "storm.txt", &again, mtime);
        expect(&history, &[&said[..], said_then].concat());
    }
}
