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

/// The blog shows three updates a page: what was on its first one goes on to the second, and that to the third.
#[test]
fn a_part_of_a_blog_that_says_nothing_new_is_silent_whatever_its_name_and_day() {
    let said = [
        "2024-03-06T12:00 Harbour closed",
        "2024-03-06T14:00 Two moorings break",
        "2024-03-06T16:00 Coast road closed",
        "2024-03-06T18:00 Trawler towed in",
        "2024-03-06T20:00 The wind falls",
        "2024-03-07T00:30 Stars",
        "2024-03-07T00:40 Good night",
    ];
    let lines = [
        "12:40 AM Good night",
        "12:30 AM Stars",
        "08:00 PM The wind falls",
        "06:00 PM Trawler towed in",
        "04:00 PM Coast road closed",
        "02:00 PM Two moorings break",
        "12:00 PM Harbour closed",
    ];
    for name in ["live-DAY-PART.txt", "live-PART.txt"] {
        let history = History::new();
        let _daemon = history.start();
        let put_part = |day: &str, part: &str, lines: &[&str], mtime: &str| {
            put(&history, &name.replace("DAY", day).replace("PART", part), &page(lines), mtime);
        };
        put_part("20240306T2005", "1", &lines[2..5], "2024-03-06T20:05:00Z");
        put_part("20240306T2005", "2", &lines[5..], "2024-03-06T20:05:00Z");
        history.wait_for(|| "the first pages", |said| names(said).len() == 5);
        put_part("20240307T0045", "1", &lines[..3], "2024-03-07T00:45:00Z");
        put_part("20240307T0045", "2", &lines[3..6], "2024-03-07T00:45:00Z");
        history.wait_for(|| "the next ones", |said| names(said).len() >= 7);
        // A fetch that broke off, in the other order.
        let half = [lines[6], lines[5]];
        put(&history, "half-20240307T0050.txt", &page(&half), "2024-03-07T00:50:00Z");
        wait_for_probe(&history);
        let mut names = names(&history.said());
        names.sort_unstable();
        assert_eq!(names, said, "{name}");
    }
}

#[test]
fn what_was_fetched_just_after_midnight_is_of_no_evening_to_come() {
    let history = History::new();
    let _daemon = history.start();
    let evening = ["11:50 PM Good night", "11:00 PM Stars", "10:00 PM The wind falls"];
    put(&history, "page-20240307T0010.txt", &page(&evening), "2024-03-07T00:10:00Z");
    expect(
        &history,
        &[
            "2024-03-06T22:00 The wind falls",
            "2024-03-06T23:00 Stars",
            "2024-03-06T23:50 Good night",
        ],
    );
}

#[test]
fn a_page_that_goes_on_has_gone_on_from_the_day_in_its_header() {
    let history = History::new();
    let _daemon = history.start();
    let of = |lines: &[&str]| dated_page("Published 6 March 2024", lines);
    let day = [
        "06:00 PM Coast road closed",
        "03:00 PM Two moorings break",
        "12:00 PM Harbour closed",
    ];
    put(&history, "live.txt", &of(&day), "2024-03-06T18:04:00Z");
    let mut said = vec![
        "2024-03-06T12:00 Harbour closed",
        "2024-03-06T15:00 Two moorings break",
        "2024-03-06T18:00 Coast road closed",
    ];
    expect(&history, &said);
    let morning = [
        "09:00 AM The pier is shut",
        "08:00 AM Divers go in",
        "07:00 AM Good morning",
    ];
    put(&history, "live.txt", &of(&morning), "2024-03-07T09:05:00Z");
    said.extend([
        "2024-03-07T07:00 Good morning",
        "2024-03-07T08:00 Divers go in",
        "2024-03-07T09:00 The pier is shut",
    ]);
    expect(&history, &said);
}

#[test]
fn what_ends_each_day_of_a_log_is_each_days_own() {
    let history = History::new();
    let _daemon = history.start();
    let first = [
        "08:30 AM Harbour closed",
        "01:10 PM Two moorings break",
        "06:00 PM That is all for today",
    ];
    put(&history, "log.txt", &page(&first), "2024-03-06T18:04:00Z");
    let mut said = vec![
        "2024-03-06T08:30 Harbour closed",
        "2024-03-06T13:10 Two moorings break",
        "2024-03-06T18:00 That is all for today",
    ];
    expect(&history, &said);
    let second = [
        "08:20 AM Divers go in",
        "01:30 PM The pier is shut",
        "06:00 PM That is all for today",
    ];
    put(&history, "log.txt", &page(&[first, second].concat()), "2024-03-07T18:04:00Z");
    said.extend([
        "2024-03-07T08:20 Divers go in",
        "2024-03-07T13:30 The pier is shut",
        "2024-03-07T18:00 That is all for today",
    ]);
    expect(&history, &said);
    // The same log again, all of it known.
    put(&history, "copy.txt", &page(&[first, second].concat()), "2024-03-09T07:04:00Z");
    expect(&history, &said);
}

/// The page was held back from midnight on: a bare date above all of it was taken for what its updates are below for good.
#[test]
fn below_a_date_that_moves_on_at_midnight_what_is_known_keeps_its_days() {
    let lines = [
        "09:30 PM Coast road closed",
        "10:10 PM Two moorings break",
        "10:50 PM Trawler towed in",
        "11:45 PM The wind falls",
        "12:10 AM Stars",
    ];
    let said = [
        "2024-03-06T21:30 Coast road closed",
        "2024-03-06T22:10 Two moorings break",
        "2024-03-06T22:50 Trawler towed in",
        "2024-03-06T23:45 The wind falls",
        "2024-03-07T00:10 Stars",
    ];
    for is_newest_first in [true, false] {
        let history = History::new();
        let _daemon = history.start();
        for (day, count, mtime) in [
            ("Wednesday 6 March 2024", 3, "2024-03-06T22:55:00Z"),
            ("Thursday 7 March 2024", 4, "2024-03-07T00:03:00Z"),
            ("Thursday 7 March 2024", 5, "2024-03-07T00:15:00Z"),
        ] {
            let mut shown = lines[..count].to_vec();
            if is_newest_first {
                shown.reverse();
            }
            put(&history, "live.txt", &format!("The storm\n{day}\n{}", page(&shown)), mtime);
            expect(&history, &said[..count]);
        }
    }
}

/// An older page of a blog, one update of which was edited since, was said again as of the day on which it came back.
#[test]
fn an_older_or_a_broken_page_is_that_page_though_not_each_word_is_as_it_is_known() {
    let lines = [
        "07:10 PM Good night",
        "06:10 PM The wind falls",
        "05:10 PM Stars",
        "04:10 PM The pier is shut",
        "03:10 PM Divers go in",
        "02:10 PM Trawler towed in",
        "01:10 PM Coast road closed",
        "12:10 PM Two moorings break",
        "11:10 AM Harbour closed",
    ];
    let of = |day: &str, newest: usize| -> Vec<String> {
        let names = (newest..lines.len()).rev();
        names.map(|at| format!("{day}T{}:10 {}", 19 - at, &lines[at][9..])).collect()
    };
    let old = page(&lines[5..]);
    let edited = old.replace("say of “Coast", "say, and more, of “Coast");
    let new = format!("{}{edited}", page(&lines[..5]));
    let broken = &edited[..edited.len() - 12];
    let other = old.replace("say of “T", "say today of “T").replace("say of “H", "say today of “H");
    // Of a page that was just written, or says most of it in other words, each day's is its own.
    for (again, mtime, said_then) in [
        (old.as_str(), "2024-06-13T20:00:00Z", vec![]),
        (broken, "2024-06-13T20:00:00Z", vec![]),
        (&old, "2024-06-13T14:11:00Z", of("2024-06-13", 5)),
        (&other, "2024-06-13T20:00:00Z", of("2024-06-13", 5)),
    ] {
        let history = History::new();
        let _daemon = history.start();
        put(&history, "storm.txt", &old, "2024-06-12T14:11:00Z");
        history.wait_for(|| "the first four", |said| names(said).len() == 4);
        put(&history, "storm.txt", &new, "2024-06-12T19:11:00Z");
        history.wait_for(|| "all nine", |said| names(said).len() == 9);
        put(&history, "storm.txt", again, mtime);
        let said = [of("2024-06-12", 5), of("2024-06-12", 0)[4..].to_vec(), said_then].concat();
        expect(&history, &said.iter().map(String::as_str).collect::<Vec<_>>());
    }
}

/// Copies of all fetches, whose mtimes tell nothing: at the first name after midnight all was said again a day later.
#[test]
fn what_was_fetched_after_midnight_by_its_name_has_the_days_before_too_however_late_it_is_copied() {
    let history = History::new();
    let _daemon = history.start();
    let lines = [
        "12:25 AM Stars",
        "12:05 AM The wind falls",
        "11:40 PM Trawler towed in",
        "09:10 PM Two moorings break",
        "04:10 PM Coast road closed",
    ];
    let said = [
        "2024-03-06T16:10 Coast road closed",
        "2024-03-06T21:10 Two moorings break",
        "2024-03-06T23:40 Trawler towed in",
        "2024-03-07T00:05 The wind falls",
        "2024-03-07T00:25 Stars",
    ];
    for (name, count) in [
        ("2024-03-06T2120-blog.txt", 2),
        ("2024-03-06T2350-blog.txt", 3),
        ("2024-03-07T0003-blog.txt", 3),
        ("2024-03-07T0010-blog.txt", 4),
        ("2024-03-07T0030-blog.txt", 5),
    ] {
        put(&history, name, &page(&lines[lines.len() - count..]), "2024-03-25T12:00:00Z");
        expect(&history, &said[..count]);
    }
}
