//! What a page tells of its days besides its clocks: its headings, when its file was written, what is known of it.

use jiff::civil::date;

use super::tests::{clock, facts, shown};
use super::*;
use crate::model::time::PartialDate;
use crate::model::words::Words;

fn clocks(clocks: &[(i8, i8)]) -> Vec<Update> {
    clocks.iter().map(|&(hour, minute)| clock(hour, minute)).collect()
}

/// The times of a page whose file was written then.
fn written(updates: &[Update], mtime: &str) -> Vec<String> {
    with(updates, &PageFacts { mtime: mtime.parse().expect("a time"), ..facts(None) }, &[])
}

/// `known`: what is known of some updates, by their place.
fn with(updates: &[Update], facts: &PageFacts, known: &[(usize, &str)]) -> Vec<String> {
    let mut anchors = vec![None; updates.len()];
    for &(at, timestamp) in known {
        anchors[at] = Some((timestamp.parse().expect("a time"), DateBasis::Mtime));
    }
    shown(&super::date(updates, facts, &anchors))
}

fn below(day: i8, updates: Vec<Update>) -> Vec<Update> {
    let heading = Some(PartialDate { year: None, month: 3, day });
    updates.into_iter().map(|update| Update { heading, ..update }).collect()
}

#[test]
fn a_page_after_a_quiet_night_has_the_order_in_which_it_is_fresh() {
    let night = clocks(&[(4, 10), (4, 10), (4, 9), (4, 6), (4, 3), (13, 13), (12, 43)]);
    let days = [
        "6 04:10", "6 04:10", "6 04:09", "6 04:06", "6 04:03", "5 13:13", "5 12:43",
    ];
    assert_eq!(written(&night, "2024-03-06T04:11:00Z"), days);
    let two_nights = clocks(&[(0, 5), (23, 44), (10, 4), (10, 3)]);
    assert_eq!(written(&two_nights, "2024-03-06T00:06:00Z"), ["6 00:05", "5 23:44", "5 10:04", "5 10:03"]);
    let log = clocks(&[(7, 0), (22, 0)]);
    assert_eq!(written(&log, "2024-03-06T22:01:00Z"), ["6 07:00", "6 22:00"]);
    // Written long after: the clocks alone tell.
    assert_eq!(written(&log, "2024-03-08T15:00:00Z"), ["8 07:00", "7 22:00"]);
}

#[test]
fn the_first_update_of_a_morning_is_not_pinned() {
    let morning = clocks(&[(9, 2), (18, 55), (18, 50), (18, 45)]);
    assert_eq!(written(&morning, "2024-03-06T09:04:00Z")[..2], ["6 09:02", "5 18:55"]);
    assert_eq!(written(&morning, "2024-03-06T19:04:00Z")[..2], ["6 09:02", "6 18:55"], "pinned");
    // A path of another time: the mtime is that of a copy.
    let copied =
        PageFacts { mtime: "2024-09-01T09:04:00Z".parse().expect("a time"), ..facts(Some(date(2024, 3, 5))) };
    assert_eq!(with(&morning, &copied, &[])[..2], ["5 09:02", "5 18:55"]);
}

#[test]
fn what_was_pinned_before_midnight_is_of_the_day_before() {
    let page = clocks(&[(21, 26), (8, 28), (8, 23), (2, 27), (21, 34)]);
    let days = ["5 21:26", "6 08:28", "6 08:23", "6 02:27", "5 21:34"];
    assert_eq!(written(&page, "2024-03-06T08:30:00Z"), days);
    assert_eq!(written(&page, "2024-03-05T21:30:00Z")[..2], ["5 21:26", "5 08:28"], "it is the newest");
}

#[test]
fn what_stands_below_a_heading_is_of_its_day_whatever_is_nearer() {
    let mut page = below(6, clocks(&[(12, 0), (11, 0), (10, 0), (9, 0), (8, 0)]));
    page.extend(below(5, clocks(&[(7, 0), (6, 0)])));
    let days = [
        "6 12:00", "6 11:00", "6 10:00", "6 09:00", "6 08:00", "5 07:00", "5 06:00",
    ];
    assert_eq!(written(&page, "2024-03-06T12:01:00Z"), days);
    let midnight = [
        below(6, clocks(&[(0, 40), (23, 50), (22, 10)])),
        below(5, clocks(&[(21, 0)])),
    ]
    .concat();
    assert_eq!(written(&midnight, "2024-03-06T00:41:00Z"), ["6 00:40", "5 23:50", "5 22:10", "5 21:00"]);
}

#[test]
fn below_one_heading_no_midnight_is_passed_without_need() {
    let two = below(5, clocks(&[(19, 45), (7, 0)]));
    for mtime in ["2024-03-05T19:46:00Z", "2024-03-09T01:00:00Z"] {
        assert_eq!(written(&two, mtime), ["5 19:45", "5 07:00"], "{mtime}");
    }
    let pinned = below(5, clocks(&[(1, 1), (23, 47), (23, 34), (9, 10), (0, 50)]));
    let days = ["5 01:01", "5 23:47", "5 23:34", "5 09:10", "5 00:50"];
    assert_eq!(written(&pinned, "2024-03-05T23:48:00Z"), days);
}

/// It was a log whose second update had slipped back over midnight, and a day early.
#[test]
fn below_one_heading_two_around_midnight_stand_newest_first() {
    let two = below(5, clocks(&[(0, 2), (23, 56)]));
    assert_eq!(written(&two, "2024-03-06T00:10:00Z"), ["6 00:02", "5 23:56"]);
    assert_eq!(written(&two, "2024-03-05T00:10:00Z"), ["5 00:02", "4 23:56"]);
    let log = below(5, clocks(&[(23, 56), (0, 2)]));
    assert_eq!(written(&log, "2024-03-06T00:10:00Z"), ["5 23:56", "6 00:02"]);
}

#[test]
fn a_new_update_above_the_only_known_one_is_later() {
    let two = clocks(&[(19, 45), (7, 0)]);
    for mtime in ["2024-03-06T19:46:00Z", "2024-03-09T01:00:00Z"] {
        let facts = PageFacts { mtime: mtime.parse().expect("a time"), ..facts(None) };
        assert_eq!(with(&two, &facts, &[(1, "2024-03-06T07:00:00Z")]), ["6 19:45", "6 07:00"], "{mtime}");
    }
}

#[test]
fn what_is_new_below_a_pinned_one_is_dated_from_what_is_known_below() {
    let page = clocks(&[(12, 39), (5, 52), (5, 49), (22, 56), (22, 52)]);
    let known = [
        (0, "2024-03-05T12:39:00Z"),
        (3, "2024-03-05T22:56:00Z"),
        (4, "2024-03-05T22:52:00Z"),
    ];
    for mtime in ["2024-03-06T05:53:00Z", "2024-03-09T15:00:00Z"] {
        let facts = PageFacts { mtime: mtime.parse().expect("a time"), ..facts(None) };
        let days = ["5 12:39", "6 05:52", "6 05:49", "5 22:56", "5 22:52"];
        assert_eq!(with(&page, &facts, &known), days, "{mtime}");
    }
}

#[test]
fn a_log_that_goes_on_for_a_whole_day_has_not_slipped_back_over_midnight() {
    let log = clocks(&[(0, 5), (0, 10), (23, 40)]);
    let on =
        |mtime: &str| PageFacts { mtime: mtime.parse().expect("a time"), ..facts(Some(date(2024, 3, 6))) };
    assert_eq!(with(&log, &on("2024-03-06T23:41:00Z"), &[]), ["6 00:05", "6 00:10", "6 23:40"]);
    let appended = |mtime: &str| PageFacts {
        grows: true,
        state: Some(DatingState {
            order: Order::OldestFirst,
            newest: Some(("2024-03-06T00:10:00Z".parse().expect("a time"), DateBasis::Path)),
            oldest: None,
            heading: None,
            are_bare: false,
        }),
        ..on(mtime)
    };
    let last = clocks(&[(23, 40)]);
    // Also where it's read later: its path is of the 6th.
    for mtime in ["2024-03-06T23:41:00Z", "2024-03-08T10:00:00Z"] {
        assert_eq!(with(&last, &appended(mtime), &[]), ["6 23:40"], "{mtime}");
    }
    let undated = |mtime: &str| PageFacts { given: None, ..appended(mtime) };
    assert_eq!(with(&last, &undated("2024-03-06T00:12:00Z"), &[]), ["5 23:40"], "it has slipped");
}

#[test]
fn a_header_that_says_when_the_page_was_changed_moves_on_at_midnight() {
    let page = clocks(&[(23, 57), (23, 44), (23, 10)]);
    let header = |mtime: &str| PageFacts {
        given: Some((date(2024, 3, 6), DateBasis::Header)),
        mtime: mtime.parse().expect("a time"),
        ..facts(None)
    };
    assert_eq!(with(&page, &header("2024-03-06T00:01:00Z"), &[]), ["5 23:57", "5 23:44", "5 23:10"]);
    for mtime in [
        "2024-03-06T23:58:00Z",
        "2024-03-01T00:01:00Z",
        "2024-09-01T12:00:00Z",
    ] {
        assert_eq!(with(&page, &header(mtime), &[])[0], "6 23:57", "{mtime}");
    }
}

#[test]
fn a_date_at_the_foot_is_the_pages() {
    let mut page = clocks(&[(14, 20), (11, 30), (9, 12), (14, 23)]);
    let Moment::Clock { date: own, .. } = &mut page[3].moment else { panic!("a clock") };
    *own = Some(PartialDate { year: Some(2024), month: 3, day: 6 });
    page[3].words = Words::default();
    assert_eq!(written(&page, "2024-03-06T14:24:00Z"), ["6 14:20", "6 11:30", "6 09:12", "-"]);
    page[3].words = page[2].words.clone();
    assert_eq!(written(&page, "2024-03-06T14:24:00Z")[3], "6 14:23", "an update's own");
}

/// The page was taken for a log, since a known 01:10 stands above a known 01:40.
#[test]
fn in_a_fold_known_updates_tell_the_order_by_their_instants() {
    let london = Zone::Rules(TimeZone::get("Europe/London").expect("a zone"));
    let mtime = "2024-10-27T01:50:20Z".parse().expect("a time");
    let facts = PageFacts { zone: london, mtime, ..facts(None) };
    let known = |text: &str| Some((text.parse().expect("a time"), DateBasis::Mtime));
    let anchors = [None, known("2024-10-27T01:10:00Z"), known("2024-10-27T00:40:00Z")];
    let dated = super::date(&clocks(&[(1, 50), (1, 10), (1, 40)]), &facts, &anchors);
    let top = dated.times[0].map(|(time, _)| time.to_string());
    assert_eq!((dated.order, top.as_deref()), (Order::NewestFirst, Some("2024-10-27T01:50:00Z")));
}
