//! Pages and logs of more than one day, as they are written: what is new each time, and of which day.

use super::*;

/// What was said of a page that stood there like this, one after the other: `mtime` and lines.
fn expect_in_turn(history: &History, path: &str, steps: &[(&str, &[&str], &[&str])]) {
    let mut expected = Vec::new();
    for (mtime, lines, said) in steps {
        put(history, path, &page(lines), mtime);
        expected.extend_from_slice(said);
        expect(history, &expected);
    }
}

#[test]
fn the_second_update_of_a_page_is_of_the_day_of_the_first_however_late_it_comes() {
    for (path, header) in [
        ("live.txt", ""),
        ("2024-05-05-live.txt", ""),
        ("live.txt", "Published: 5 May 2024\n"),
        ("live.txt", "May 5, 2024\n"),
    ] {
        let history = History::new();
        let _daemon = history.start();
        let lines = ["07:50 PM Half time", "07:45 PM Kick-off", "07:00 AM Match day"];
        let said = [
            "2024-05-05T07:00 Match day",
            "2024-05-05T19:45 Kick-off",
            "2024-05-05T19:50 Half time",
        ];
        for (mtime, count) in [("07:00", 1), ("19:45", 2), ("19:50", 3)] {
            let text = format!("{header}{}", page(&lines[3 - count..]));
            put(&history, path, &text, &format!("2024-05-05T{mtime}:00Z"));
            expect(&history, &said[..count]);
        }
    }
}

#[test]
fn the_same_words_at_the_same_minute_of_the_next_day_are_new_in_a_log() {
    let history = History::new();
    let _daemon = history.start();
    let log = history.path("log.txt");
    let append = |text: &str, mtime: &str| {
        let mut file = File::options().create(true).append(true).open(&log).unwrap();
        file.write_all(text.as_bytes()).unwrap();
        touch(&log, mtime);
    };
    append("07:00\nGood morning\nRain.\n\n12:00\nHarbour closes\nNo boats.\n\n", "2024-03-05T12:01:00Z");
    let first = ["2024-03-05T07:00 Good morning", "2024-03-05T12:00 Harbour closes"];
    expect(&history, &first);
    append("22:00\nNight falls\nGood night.\n\n", "2024-03-05T22:01:00Z");
    append(
        "07:00\nGood morning\nSun today.\n\n09:00\nHarbour opens\nBoats go out.\n\n",
        "2024-03-06T09:01:00Z",
    );
    let night = [
        "2024-03-05T22:00 Night falls",
        "2024-03-06T07:00 Good morning",
        "2024-03-06T09:00 Harbour opens",
    ];
    expect(&history, &[&first[..], &night].concat());
    // A copy of the page below it, with a word changed, is none.
    append(
        "07:00\nGood morning\nSun today!\n\n09:00\nHarbour opens\nBoats go out.\n\n",
        "2024-03-06T09:31:00Z",
    );
    expect(&history, &[&first[..], &night].concat());
}

#[test]
fn the_same_words_at_the_same_minute_of_the_next_day_are_new_on_top_of_a_page() {
    let history = History::new();
    let _daemon = history.start();
    let update = |clock: &str, headline: &str, body: &str| format!("{clock} GMT\n{headline}\n{body}\n\n");
    let old = [
        update("10:00 PM", "Night falls", "Good night."),
        update("12:00 PM", "Harbour closes", "No boats."),
        update("07:00 AM", "Good morning", "Rain."),
    ]
    .concat();
    put(&history, "a.txt", &old, "2024-03-05T22:01:00Z");
    let first = [
        "2024-03-05T07:00 Good morning",
        "2024-03-05T12:00 Harbour closes",
        "2024-03-05T22:00 Night falls",
    ];
    expect(&history, &first);
    let morning = format!("{}{old}", update("07:00 AM", "Good morning", "Sun today."));
    put(&history, "a.txt", &morning, "2024-03-06T07:01:00Z");
    expect(&history, &[&first[..], &["2024-03-06T07:00 Good morning"]].concat());
    put(
        &history,
        "a.txt",
        &format!("{}{morning}", update("09:00 AM", "Harbour opens", "Boats.")),
        "2024-03-06T09:01:00Z",
    );
    let all = ["2024-03-06T07:00 Good morning", "2024-03-06T09:00 Harbour opens"];
    expect(&history, &[&first[..], &all].concat());
}

#[test]
fn the_next_days_page_that_goes_on_as_the_days_before_did_is_no_part_of_it() {
    let history = History::new();
    let _daemon = history.start();
    let day = [
        "04:30 PM The market closes",
        "12:00 PM The market at noon",
        "09:00 AM The market opens",
    ];
    let of = |day: &str| {
        [
            format!("{day}T09:00 The market opens"),
            format!("{day}T12:00 The market at noon"),
            format!("{day}T16:30 The market closes"),
        ]
    };
    put(&history, "a.txt", &page(&day), "2024-03-05T17:00:00Z");
    let mut expected = of("2024-03-05").to_vec();
    let said = |expected: &[String]| {
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        expect(&history, &expected);
    };
    said(&expected);
    for (count, mtime) in [
        (1, "2024-03-06T09:01:00Z"),
        (2, "2024-03-06T12:01:00Z"),
        (3, "2024-03-06T16:31:00Z"),
    ] {
        // The last words are other ones: the same bytes would be the same page.
        let text = page(&day[3 - count..]).replace("to say of", "to say today of");
        put(&history, "a.txt", &text, mtime);
        expected.push(of("2024-03-06")[count - 1].clone());
        said(&expected);
    }
}

#[test]
fn days_that_say_the_same_below_names_with_their_days_are_each_said_in_whatever_order_they_come() {
    let day = ["04:30 PM The market closes", "09:00 AM The market opens"];
    let of = |day: u8| {
        let updates = ["09:00 The market opens", "16:30 The market closes"];
        updates.map(|update| format!("2024-03-{day:02}T{update}"))
    };
    for is_alike in [true, false] {
        let history = History::new();
        let _daemon = history.start();
        let mut expected: Vec<String> = Vec::new();
        for day_of_month in [6, 7, 5, 4] {
            let mut text = page(&day);
            if !is_alike {
                text = text.replace("to say of", &format!("to say on the {day_of_month}th of"));
            }
            put(&history, &format!("2024-03-{day_of_month:02}.txt"), &text, "2024-04-01T12:00:00Z");
            expected.extend(of(day_of_month));
            expect(&history, &expected.iter().map(String::as_str).collect::<Vec<_>>());
        }
        // Each again, under another name with its day.
        for day_of_month in 4..8 {
            fs::create_dir_all(history.path("old")).unwrap();
            let name = format!("2024-03-{day_of_month:02}.txt");
            fs::copy(history.path(&name), history.path(&format!("old/{name}"))).unwrap();
            expect(&history, &expected.iter().map(String::as_str).collect::<Vec<_>>());
        }
    }
}

#[test]
fn what_was_rotated_or_fetched_at_midnight_has_the_days_before_below_the_next_ones_name() {
    let history = History::new();
    let _daemon = history.start();
    let log = page(&["10:10 PM The wind rises", "11:50 PM The pier is closed"]);
    put(&history, "live.log", &log, "2024-03-05T23:59:00Z");
    let mut expected = vec![
        "2024-03-05T22:10 The wind rises",
        "2024-03-05T23:50 The pier is closed",
    ];
    expect(&history, &expected);
    fs::rename(history.path("live.log"), history.path("live.log-20240306")).unwrap();
    expect(&history, &expected);
    let scraped = [
        "12:40 AM A mast falls",
        "11:40 PM A cable breaks",
        "10:50 PM A crane stops",
    ];
    for (path, from, mtime, said) in [
        ("2024-03-05/2300.txt", 2, "2024-03-05T23:00:00Z", "2024-03-05T22:50 A crane stops"),
        ("2024-03-06/0000.txt", 1, "2024-03-06T00:00:00Z", "2024-03-05T23:40 A cable breaks"),
        ("2024-03-06/0100.txt", 0, "2024-03-06T01:00:00Z", "2024-03-06T00:40 A mast falls"),
    ] {
        fs::create_dir_all(history.path(path).parent().unwrap()).unwrap();
        put(&history, path, &page(&scraped[from..]), mtime);
        expected.push(said);
        expect(&history, &expected);
    }
}

#[test]
fn below_a_days_heading_nothing_is_said_twice_however_slow_the_blog_is() {
    let history = History::new();
    let _daemon = history.start();
    let lines = [
        "12:30 PM A fifth",
        "10:30 AM A fourth",
        "09:30 AM A third",
        "09:00 AM A second",
        "08:00 AM A first",
    ];
    let mut expected = vec!["2024-03-05T08:00 A first", "2024-03-05T09:00 A second"];
    for (from, mtime, said) in [
        (3, "2024-03-05T12:00:00Z", None),
        (2, "2024-03-06T09:31:00Z", Some("2024-03-06T09:30 A third")),
        (1, "2024-03-06T10:31:00Z", Some("2024-03-06T10:30 A fourth")),
        (0, "2024-03-06T12:31:00Z", Some("2024-03-06T12:30 A fifth")),
    ] {
        let today = if from < 3 {
            format!("Wednesday 6 March\n{}", page(&lines[from..3]))
        } else {
            String::new()
        };
        put(&history, "a.txt", &format!("{today}Tuesday 5 March\n{}", page(&lines[3..])), mtime);
        expected.extend(said);
        expect(&history, &expected);
    }
}

#[test]
fn what_is_pinned_on_top_dates_nothing_below_it() {
    let history = History::new();
    let _daemon = history.start();
    let pin = "12:39 PM What we know";
    expect_in_turn(
        &history,
        "a.txt",
        &[
            (
                "2024-07-01T22:57:00Z",
                &[pin, "10:56 PM A second", "10:52 PM A first"],
                &[
                    "2024-07-01T12:39 What we know",
                    "2024-07-01T22:52 A first",
                    "2024-07-01T22:56 A second",
                ],
            ),
            (
                "2024-07-02T05:53:00Z",
                &[pin, "05:52 AM A third", "10:56 PM A second", "10:52 PM A first"],
                &["2024-07-02T05:52 A third"],
            ),
            (
                "2024-07-02T11:03:00Z",
                &[
                    pin,
                    "11:02 AM A fourth",
                    "05:52 AM A third",
                    "10:56 PM A second",
                    "10:52 PM A first",
                ],
                &["2024-07-02T11:02 A fourth"],
            ),
        ],
    );
}

#[test]
fn the_first_reading_after_a_night_has_the_right_days_and_so_has_what_follows() {
    let history = History::new();
    let _daemon = history.start();
    let lines = [
        "04:20 AM A sixth",
        "04:10 AM A fifth",
        "04:09 AM A fourth",
        "04:03 AM A third",
        "01:13 PM A second",
        "12:43 PM A first",
    ];
    expect_in_turn(
        &history,
        "a.txt",
        &[
            (
                "2024-03-06T04:11:00Z",
                &lines[1..],
                &[
                    "2024-03-05T12:43 A first",
                    "2024-03-05T13:13 A second",
                    "2024-03-06T04:03 A third",
                    "2024-03-06T04:09 A fourth",
                    "2024-03-06T04:10 A fifth",
                ],
            ),
            ("2024-03-06T04:21:00Z", &lines, &["2024-03-06T04:20 A sixth"]),
        ],
    );
}

/// An update: `clock headline` and a text.
fn update(line: &str, text: &str) -> String {
    format!("{} GMT\n{}\n{text}\n\n", &line[..8], &line[9..])
}

#[test]
fn what_recurs_each_day_on_one_page_is_each_days_own() {
    let history = History::new();
    let _daemon = history.start();
    let of = |day: &str| {
        [
            update("10:00 PM Good night", &format!("The night of {day}.")),
            update("12:00 PM The ferry", &format!("All that sails on {day}, and when.")),
            update("07:00 AM Good morning", &format!("The morning of {day}.")),
        ]
    };
    let [tuesday, wednesday, thursday] = ["Tuesday", "Wednesday", "Thursday"].map(of);
    let all: Vec<&String> = thursday.iter().chain(&wednesday).chain(&tuesday).collect();
    let mut expected = Vec::new();
    for count in 1..=all.len() {
        let (day, hour) = (5 + (count - 1) / 3, ["07", "12", "22"][(count - 1) % 3]);
        let text: String = all[all.len() - count..].iter().map(|update| update.as_str()).collect();
        put(&history, "a.txt", &text, &format!("2024-03-{day:02}T{hour}:02:00Z"));
        let headline = ["Good morning", "The ferry", "Good night"][(count - 1) % 3];
        expected.push(format!("2024-03-{day:02}T{hour}:00 {headline}"));
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        expect(&history, &expected);
    }
}

#[test]
fn what_recurs_beside_what_recurs_is_no_page_that_was_appended_to_itself() {
    for [wednesday, tuesday] in [["", ""], ["Wednesday 6 March\n", "Tuesday 5 March\n"]] {
        let history = History::new();
        let _daemon = history.start();
        let text = [
            wednesday,
            &update("12:00 PM The bridge opens", "It is open."),
            &update("08:00 AM The papers", "Of Wednesday."),
            &update("07:00 AM Good morning", "It is Wednesday."),
            tuesday,
            &update("10:00 PM The night", "It is dark."),
            &update("08:00 AM The papers", "Of Tuesday."),
            &update("07:00 AM Good morning", "It is Tuesday."),
        ]
        .concat();
        put(&history, "a.txt", &text, "2024-03-06T12:02:00Z");
        let said = [
            "2024-03-05T07:00 Good morning",
            "2024-03-05T08:00 The papers",
            "2024-03-05T22:00 The night",
            "2024-03-06T07:00 Good morning",
            "2024-03-06T08:00 The papers",
            "2024-03-06T12:00 The bridge opens",
        ];
        expect(&history, &said);
    }
}

#[test]
fn a_log_in_which_something_recurs_is_silent_when_its_index_is_lost() {
    let history = History::new();
    let first = history.start();
    let days = ["5", "6"].map(|day| {
        [
            update("07:00 AM Good morning", &format!("It is the {day}th.")),
            update("12:00 PM A boat", &format!("It is boat {day}.")),
            update("10:00 PM The night", &format!("It is night {day}.")),
        ]
        .concat()
    });
    put(&history, "a.txt", &days[0], "2024-03-05T22:02:00Z");
    let said = |day: u8| {
        ["07:00 Good morning", "12:00 A boat", "22:00 The night"].map(|name| format!("2024-03-0{day}T{name}"))
    };
    let expect_all = |days: &[u8]| {
        let all: Vec<String> = days.iter().flat_map(|&day| said(day)).collect();
        expect(&history, &all.iter().map(String::as_str).collect::<Vec<_>>());
    };
    expect_all(&[5]);
    let mut log = File::options().append(true).open(history.path("a.txt")).unwrap();
    log.write_all(days[1].as_bytes()).unwrap();
    touch(&history.path("a.txt"), "2024-03-06T22:02:00Z");
    expect_all(&[5, 6]);
    first.stop();
    for name in ["index.sqlite", "index.sqlite-wal", "index.sqlite-shm"] {
        let _is_not_there = fs::remove_file(history.place.state.join(name));
    }
    let _second = history.start();
    expect_all(&[5, 6]);
}

#[test]
fn a_page_of_two_days_with_a_pinned_one_is_silent_when_its_index_is_lost() {
    let history = History::new();
    let first = history.start();
    let pin = "02:36 AM What we know";
    let lines = [
        "11:39 AM A sixth",
        "11:36 AM A fifth",
        "11:33 AM A fourth",
        "01:22 AM A third",
        "11:05 PM A second",
        "01:16 PM A first",
    ];
    let before = [&lines[4..], &[pin]].concat();
    let said = [
        "2024-03-05T02:36 What we know",
        "2024-03-05T13:16 A first",
        "2024-03-05T23:05 A second",
        "2024-03-06T01:22 A third",
        "2024-03-06T11:33 A fourth",
        "2024-03-06T11:36 A fifth",
        "2024-03-06T11:39 A sixth",
    ];
    let pinned = [&[pin], &lines[..]].concat();
    let steps: [(&str, &[&str], &[&str]); 2] = [
        ("2024-03-05T23:06:00Z", &before, &said[..3]),
        ("2024-03-06T11:40:00Z", &pinned, &said[3..]),
    ];
    expect_in_turn(&history, "a.txt", &steps);
    first.stop();
    for name in ["index.sqlite", "index.sqlite-wal", "index.sqlite-shm"] {
        let _is_not_there = fs::remove_file(history.place.state.join(name));
    }
    let _second = history.start();
    // What comes now is said behind what is read again.
    put(&history, "b.txt", &page(&["11:41 AM Elsewhere"]), "2024-03-06T11:42:00Z");
    expect(&history, &[&said[..], &["2024-03-06T11:41 Elsewhere"]].concat());
}
