//! Clocks in, days out: one table for each rule.

use jiff::civil::{date, time};

use super::*;
use crate::model::time::PartialDate;
use crate::model::words::Parts;

pub(super) fn clock(hour: i8, minute: i8) -> Update {
    let time_text = format!("{hour:02}:{minute:02}");
    Update {
        words: Parts { time_text: Some(&time_text), body: "text", ..Parts::default() }.into(),
        moment: Moment::Clock { time: time(hour, minute, 0, 0), zone: None, date: None },
        ..Update::default()
    }
}

fn clocks(clocks: &[(i8, i8)]) -> Vec<Update> {
    clocks.iter().map(|&(hour, minute)| clock(hour, minute)).collect()
}

pub(super) fn facts(given: Option<Date>) -> PageFacts {
    PageFacts {
        given: given.map(|date| (date, DateBasis::Path)),
        mtime: "2024-03-06T15:00:00Z".parse().expect("a time"),
        zone: Zone::Offset(0),
        grows: false,
        state: None,
    }
}

fn march(day: i8) -> Option<Date> {
    Some(date(2024, 3, day))
}

/// `6 14:20` for 14:20 on the 6th.
pub(super) fn shown(dated: &Dated) -> Vec<String> {
    let show = |time: &Option<(Timestamp, DateBasis)>| match time {
        Some((timestamp, _)) => timestamp.strftime("%-d %H:%M").to_string(),
        None => "-".into(),
    };
    dated.times.iter().map(show).collect()
}

fn run(updates: &[Update], facts: &PageFacts) -> Dated {
    date_without_anchors(updates, facts)
}

fn date_without_anchors(updates: &[Update], facts: &PageFacts) -> Dated {
    super::date(updates, facts, &vec![None; updates.len()])
}

#[test]
fn a_given_day_is_that_of_the_oldest_update() {
    let newest_first = clocks(&[(0, 40), (0, 5), (23, 50), (22, 10)]);
    assert_eq!(shown(&run(&newest_first, &facts(march(6)))), ["7 00:40", "7 00:05", "6 23:50", "6 22:10"]);
    let oldest_first = clocks(&[(22, 10), (23, 50), (0, 5), (0, 40)]);
    assert_eq!(shown(&run(&oldest_first, &facts(march(6)))), ["6 22:10", "6 23:50", "7 00:05", "7 00:40"]);
}

#[test]
fn the_mtimes_day_is_that_of_the_newest_update() {
    let updates = clocks(&[(14, 20), (8, 0), (23, 50)]);
    assert_eq!(shown(&run(&updates, &facts(None))), ["6 14:20", "6 08:00", "5 23:50"]);
    // Later than the mtime by more than 15 minutes: it was yesterday.
    assert_eq!(shown(&run(&clocks(&[(15, 15)]), &facts(None))), ["6 15:15"]);
    assert_eq!(shown(&run(&clocks(&[(15, 16)]), &facts(None))), ["5 15:16"]);
}

#[test]
fn a_small_step_against_the_order_is_a_slip() {
    let updates = clocks(&[(14, 20), (14, 25), (13, 49), (12, 0)]);
    let dated = run(&updates, &facts(march(6)));
    assert_eq!(dated.order, Order::NewestFirst);
    assert_eq!(shown(&dated), ["6 14:20", "6 14:25", "6 13:49", "6 12:00"]);
    assert_eq!(dated.sequence, [3, 2, 0, 1], "said in order of time all the same");
}

#[test]
fn two_updates_tell_their_order_by_the_time_between_them() {
    assert_eq!(run(&clocks(&[(23, 50), (0, 10)]), &facts(march(6))).order, Order::OldestFirst);
    assert_eq!(run(&clocks(&[(14, 20), (8, 0)]), &facts(march(6))).order, Order::NewestFirst);
}

#[test]
fn a_pinned_update_on_top_stays_on_its_day() {
    let pinned = clocks(&[(8, 0), (14, 20), (14, 0), (13, 30), (13, 0)]);
    assert_eq!(shown(&run(&pinned, &facts(None)))[..2], ["6 08:00", "6 14:20"]);
    let next_day = clocks(&[(0, 10), (23, 50), (23, 40), (23, 30)]);
    assert_eq!(shown(&run(&next_day, &facts(None))), ["6 00:10", "5 23:50", "5 23:40", "5 23:30"]);
}

#[test]
fn a_date_of_its_own_beats_everything() {
    let mut updates = clocks(&[(18, 8), (17, 18), (16, 0)]);
    let Moment::Clock { date: own, .. } = &mut updates[1].moment else { panic!("a clock") };
    *own = Some(PartialDate { year: Some(2022), month: 4, day: 1 });
    let dated = run(&updates, &facts(march(6)));
    let days: Vec<String> = dated
        .times
        .iter()
        .flatten()
        .map(|(time, basis)| format!("{} {basis:?}", time.strftime("%F")))
        .collect();
    assert_eq!(
        days,
        ["2022-04-01 Stamp", "2022-04-01 Stamp", "2022-04-01 Stamp"],
        "its neighbours go with it"
    );
}

#[test]
fn a_heading_dates_what_stands_below_it() {
    let mut updates = clocks(&[(9, 0), (23, 0), (22, 0)]);
    updates[0].heading = Some(PartialDate { year: None, month: 3, day: 6 });
    for update in &mut updates[1..] {
        update.heading = Some(PartialDate { year: None, month: 3, day: 5 });
    }
    let dated = run(&updates, &facts(None));
    assert_eq!(shown(&dated), ["6 09:00", "5 23:00", "5 22:00"]);
    assert!(dated.times.iter().flatten().all(|&(_, basis)| basis == DateBasis::Heading));
}

#[test]
fn appended_text_goes_on_from_the_newest() {
    let before = DatingState {
        order: Order::OldestFirst,
        newest: Some(("2024-03-06T23:50:00Z".parse().expect("a time"), DateBasis::Path)),
        oldest: None,
        heading: None,
        are_bare: false,
    };
    let grows = PageFacts { grows: true, state: Some(before), ..facts(march(6)) };
    assert_eq!(shown(&run(&clocks(&[(23, 55), (0, 5), (9, 0)]), &grows)), ["6 23:55", "7 00:05", "7 09:00"]);
}

#[test]
fn known_updates_anchor_new_ones() {
    // The page is dropped again four days later with two new updates on top.
    let updates = clocks(&[(0, 30), (23, 0), (14, 20), (14, 15)]);
    let known = |text: &str| Some((text.parse().expect("a time"), DateBasis::Mtime));
    let anchors = [
        None,
        None,
        known("2024-03-02T14:20:00Z"),
        known("2024-03-02T14:15:00Z"),
    ];
    let dated = super::date(&updates, &facts(None), &anchors);
    assert_eq!(shown(&dated), ["3 00:30", "2 23:00", "2 14:20", "2 14:15"]);
}

#[test]
fn in_a_fold_the_earlier_unless_the_order_says_otherwise() {
    let london = Zone::Rules(TimeZone::get("Europe/London").expect("a zone"));
    let facts = PageFacts { zone: london, ..facts(Some(date(2024, 10, 27))) };
    let dated = run(&clocks(&[(0, 30), (1, 50), (1, 10), (2, 0)]), &facts);
    let utc: Vec<String> =
        dated.times.iter().flatten().map(|(time, _)| time.strftime("%d %H:%M").to_string()).collect();
    assert_eq!(utc, ["26 23:30", "27 00:50", "27 01:10", "27 02:00"]);
}

#[test]
fn what_has_no_time_keeps_its_place() {
    let mut updates = clocks(&[(10, 0), (9, 0), (8, 0)]);
    updates[1].moment = Moment::Relative;
    let dated = run(&updates, &facts(march(6)));
    assert_eq!(dated.sequence, [2, 1, 0]);
    assert_eq!(dated.times[1], None);
}

#[test]
fn leap_days_and_year_ends_are_days_like_others() {
    let updates = clocks(&[(23, 50), (0, 10), (23, 0), (1, 0)]);
    let leap = run(&updates, &facts(Some(date(2024, 2, 28))));
    assert_eq!(shown(&leap), ["28 23:50", "29 00:10", "29 23:00", "1 01:00"]);
    let year = run(&clocks(&[(23, 50), (0, 10)]), &facts(Some(date(2023, 12, 31))));
    assert_eq!(shown(&year), ["31 23:50", "1 00:10"]);
}

#[test]
fn a_state_is_read_as_it_was_written() {
    let newest = Some(("2024-03-06T23:50:00Z".parse().expect("a time"), DateBasis::Header));
    for state in [
        DatingState {
            order: Order::NewestFirst,
            newest,
            oldest: newest.map(|(time, _)| time),
            heading: Some(PartialDate { year: Some(2024), month: 3, day: 6 }),
            are_bare: false,
        },
        DatingState {
            order: Order::OldestFirst,
            newest: None,
            oldest: None,
            heading: Some(PartialDate { year: None, month: 12, day: 31 }),
            are_bare: true,
        },
        DatingState { order: Order::OldestFirst, newest: None, oldest: None, heading: None, are_bare: false },
    ] {
        assert_eq!(state.to_string().parse(), Ok(state));
    }
    assert!("sideways".parse::<DatingState>().is_err());
    assert!("newest-first 2024 mtime".parse::<DatingState>().is_err());
}

fn under(heading: PartialDate, updates: &mut [Update]) {
    for update in updates {
        update.heading = Some(heading);
    }
}

#[test]
fn below_one_heading_midnight_may_pass() {
    // A log with the date on top stayed on that day for ever.
    let mut log = clocks(&[(22, 10), (23, 50), (0, 5), (9, 0), (0, 20)]);
    under(PartialDate::full(date(2024, 3, 6)), &mut log);
    assert_eq!(shown(&run(&log, &facts(None))), ["6 22:10", "6 23:50", "7 00:05", "7 09:00", "7 00:20"]);
    let mut page = clocks(&[(0, 40), (0, 5), (23, 50), (22, 10)]);
    under(PartialDate::full(date(2024, 3, 6)), &mut page);
    assert_eq!(shown(&run(&page, &facts(None))), ["7 00:40", "7 00:05", "6 23:50", "6 22:10"]);
}

#[test]
fn a_heading_is_believed_where_a_clock_is_a_few_hours_off() {
    let mut page = clocks(&[(9, 0), (14, 20), (8, 0), (22, 0), (21, 0)]);
    under(PartialDate::full(date(2024, 3, 6)), &mut page[..3]);
    under(PartialDate::full(date(2024, 3, 5)), &mut page[3..]);
    assert_eq!(shown(&run(&page, &facts(None))), ["6 09:00", "6 14:20", "6 08:00", "5 22:00", "5 21:00"]);
}

#[test]
fn a_year_left_out_is_no_future() {
    let mut page = clocks(&[(13, 50), (13, 10)]);
    let august = PartialDate { year: None, month: 8, day: 29 };
    under(august, &mut page);
    // The file is of March: August was last year's, though the next one is nearer.
    let dated = run(&page, &facts(None));
    assert_eq!(
        dated.times[0].map(|(time, _)| time.strftime("%F").to_string()).as_deref(),
        Some("2023-08-29")
    );
    // With a day that is given, it's the one nearest to it.
    let dated = run(&page, &facts(Some(date(2024, 8, 28))));
    assert_eq!(
        dated.times[0].map(|(time, _)| time.strftime("%F").to_string()).as_deref(),
        Some("2024-08-29")
    );
}

#[test]
fn a_new_update_on_top_of_known_ones_is_the_next_days_unless_the_file_is_older() {
    let updates = clocks(&[(8, 0), (14, 20), (14, 0)]);
    let known = |text: &str| Some((text.parse().expect("a time"), DateBasis::Mtime));
    let anchors = [None, known("2024-03-06T14:20:00Z"), known("2024-03-06T14:00:00Z")];
    let top = |mtime: &str| {
        let facts = PageFacts { mtime: mtime.parse().expect("a time"), ..facts(None) };
        shown(&super::date(&updates, &facts, &anchors)).swap_remove(0)
    };
    assert_eq!(top("2024-03-07T08:01:00Z"), "7 08:00");
    assert_eq!(top("2024-03-06T14:25:00Z"), "6 08:00", "it is pinned there");
    assert_eq!(top("2024-03-01T00:00:00Z"), "7 08:00", "an mtime before what is known says nothing");
}

#[test]
fn between_two_known_ones_the_day_that_keeps_the_order() {
    let known = |text: &str| Some((text.parse().expect("a time"), DateBasis::Mtime));
    let (first, last) = (known("2024-03-06T08:00:00Z"), known("2024-03-07T09:00:00Z"));
    let log = clocks(&[(8, 0), (10, 0), (9, 0)]);
    assert_eq!(
        shown(&super::date(&log, &facts(None), &[first, None, last])),
        ["6 08:00", "6 10:00", "7 09:00"]
    );
    let page = clocks(&[(9, 0), (10, 0), (8, 0)]);
    assert_eq!(
        shown(&super::date(&page, &facts(None), &[last, None, first])),
        ["7 09:00", "6 10:00", "6 08:00"]
    );
}

#[test]
fn what_is_known_from_before_the_given_day_is_no_anchor() {
    let known = |text: &str| Some((text.parse().expect("a time"), DateBasis::Path));
    let dated = super::date(&clocks(&[(8, 0)]), &facts(march(6)), &[known("2024-03-05T08:00:00Z")]);
    assert_eq!(shown(&dated), ["6 08:00"]);
}

#[test]
fn a_log_goes_on_though_the_clocks_were_changed_since() {
    // It was written in winter and is read on in summer, when the offset is another.
    let london = Zone::Rules(TimeZone::get("Europe/London").expect("a zone"));
    let newest = Some(("2024-03-06T23:30:00Z".parse().expect("a time"), DateBasis::Path));
    let state =
        Some(DatingState { order: Order::OldestFirst, newest, oldest: None, heading: None, are_bare: false });
    let mtime = "2024-07-01T12:00:00Z".parse().expect("a time");
    let facts = PageFacts { mtime, zone: london, grows: true, state, ..facts(march(6)) };
    assert_eq!(
        shown(&run(&clocks(&[(23, 28), (23, 50), (0, 5)]), &facts)),
        ["6 23:28", "6 23:50", "7 00:05"]
    );
}

#[test]
fn stamps_of_two_zones_are_compared_as_instants() {
    let mut updates = clocks(&[(1, 10), (19, 50), (0, 30)]);
    // Eastern time in between: 19:50 EST is 00:50 GMT.
    let Moment::Clock { zone, .. } = &mut updates[1].moment else { panic!("a clock") };
    *zone = Some(Zone::Offset(-5 * 3_600));
    assert_eq!(shown(&run(&updates, &facts(march(6)))), ["6 01:10", "6 00:50", "6 00:30"]);
    assert_eq!(run(&updates, &facts(march(6))).order, Order::NewestFirst);
}

#[test]
fn the_mtime_is_held_against_instants_not_clocks() {
    // Auckland's evening of the 6th is over while the mtime, in UTC, still is of the 6th.
    let auckland = Zone::Rules(TimeZone::get("Pacific/Auckland").expect("a zone"));
    let facts = PageFacts { zone: auckland, ..facts(None) };
    assert_eq!(shown(&run(&clocks(&[(3, 55), (3, 0)]), &facts)), ["6 14:55", "6 14:00"]);
    assert_eq!(shown(&run(&clocks(&[(4, 30), (3, 0)]), &facts)), ["5 15:30", "5 14:00"]);
}

#[test]
fn seconds_are_kept_and_a_gap_is_passed() {
    let london = Zone::Rules(TimeZone::get("Europe/London").expect("a zone"));
    let facts = PageFacts { zone: london, ..facts(Some(date(2024, 3, 31))) };
    let mut updates = clocks(&[(0, 50), (1, 30), (2, 10)]);
    let Moment::Clock { time: at, .. } = &mut updates[1].moment else { panic!("a clock") };
    *at = time(1, 30, 7, 0);
    let dated = run(&updates, &facts);
    let utc: Vec<String> = dated.times.iter().flatten().map(|(time, _)| time.to_string()).collect();
    assert_eq!(
        utc,
        [
            "2024-03-31T00:50:00Z",
            "2024-03-31T01:30:07Z",
            "2024-03-31T01:10:00Z"
        ]
    );
}

proptest::proptest! {
    #[test]
    fn a_log_cut_anywhere_has_the_same_days(
        steps in proptest::collection::vec(1i64..1_200, 1..20),
        first in 0i64..1_440,
        cut in 0usize..20,
    ) {
        let mut minute = first;
        let mut updates = vec![clock((first / 60) as i8, (first % 60) as i8)];
        for step in steps {
            minute += step;
            updates.push(clock((minute / 60 % 24) as i8, (minute % 60) as i8));
        }
        let whole = PageFacts { grows: true, ..facts(Some(date(2023, 12, 30))) };
        let at_once = run(&updates, &whole);
        let cut = 1 + cut % updates.len();
        let first = run(&updates[..cut], &whole);
        // It goes on with the update that was last.
        let rest = run(&updates[cut - 1..], &PageFacts { state: Some(first.state), ..whole });
        let mut pieces = first.times;
        pieces.truncate(cut - 1);
        pieces.extend(rest.times);
        proptest::prop_assert_eq!(pieces, at_once.times);
    }

    #[test]
    fn any_clocks_are_dated_without_a_panic(
        raw in proptest::collection::vec((0i8..24, 0i8..60, proptest::option::of((-9999i16..9999, 1i8..13, 1i8..32))), 0..12),
        mtime in -377_705_023_201i64..253_402_207_200,
        grows: bool,
    ) {
        let mut updates = Vec::new();
        for (hour, minute, own) in raw {
            let mut update = clock(hour, minute);
            update.heading = own.map(|(year, month, day)| PartialDate { year: Some(year), month, day });
            updates.push(update);
        }
        let facts = PageFacts { mtime: Timestamp::from_second(mtime).expect("in range"), grows, ..facts(None) };
        let dated = run(&updates, &facts);
        let mut sequence = dated.sequence.clone();
        sequence.sort_unstable();
        proptest::prop_assert_eq!(sequence, (0..updates.len()).collect::<Vec<_>>());
    }
}

#[test]
fn a_given_day_may_be_a_later_one_of_the_page() {
    // Fetched after midnight, into the new day's directory: the mtime shows it.
    let facts = |mtime: &str| PageFacts { mtime: mtime.parse().expect("a time"), ..facts(march(6)) };
    let newest_first = clocks(&[(0, 10), (23, 40), (20, 10)]);
    let fetched = run(&newest_first, &facts("2024-03-06T00:20:00Z"));
    assert_eq!(shown(&fetched), ["6 00:10", "5 23:40", "5 20:10"]);
    assert!(fetched.times.iter().flatten().all(|(_, basis)| *basis == DateBasis::Path));
    // Its clocks may be of another zone than they are taken to be.
    assert_eq!(shown(&run(&newest_first, &facts("2024-03-06T11:00:00Z"))), ["7 00:10", "6 23:40", "6 20:10"]);
    // A day that isn't on the page shows that the mtime is worth nothing.
    assert_eq!(
        shown(&run(&clocks(&[(14, 20), (8, 0)]), &facts("2024-03-05T00:20:00Z"))),
        ["6 14:20", "6 08:00"]
    );
    assert_eq!(shown(&run(&newest_first, &facts("1980-01-01T00:00:00Z"))), ["7 00:10", "6 23:40", "6 20:10"]);
    let option =
        PageFacts { given: march(6).map(|date| (date, DateBasis::Option)), ..facts("2024-03-06T00:20:00Z") };
    assert_eq!(shown(&run(&newest_first, &option)), ["7 00:10", "6 23:40", "6 20:10"]);
}

#[test]
fn a_page_that_is_written_slowly_from_its_newest_update_down_keeps_its_order() {
    let first = run(&clocks(&[(14, 20), (12, 0), (10, 30)]), &facts(march(6)));
    let grows = PageFacts { grows: true, state: Some(first.state), ..facts(march(6)) };
    let dated = run(&clocks(&[(10, 30), (9, 0), (8, 15)]), &grows);
    assert_eq!(
        (dated.order, shown(&dated)),
        (Order::NewestFirst, ["6 10:30", "6 09:00", "6 08:15"].map(String::from).to_vec())
    );
    let grows = PageFacts { state: Some(dated.state), ..grows };
    assert_eq!(shown(&run(&clocks(&[(8, 15), (7, 50)]), &grows)), ["6 08:15", "6 07:50"]);
    // Two of them were read first: then the text itself tells, wherever it passes midnight.
    let first = run(&clocks(&[(14, 20), (13, 49)]), &facts(march(6)));
    let grows = PageFacts { grows: true, state: Some(first.state), ..facts(march(6)) };
    let dated = run(&clocks(&[(13, 49), (8, 40)]), &grows);
    assert_eq!(shown(&dated), ["6 13:49", "6 08:40"]);
    let grows = PageFacts { state: Some(dated.state), ..grows };
    assert_eq!(
        shown(&run(&clocks(&[(8, 40), (0, 10), (23, 30)]), &grows)),
        ["6 08:40", "6 00:10", "5 23:30"]
    );
    // One update tells no order: a log.
    let first = run(&clocks(&[(8, 0)]), &facts(march(6)));
    let grows = PageFacts { grows: true, state: Some(first.state), ..facts(march(6)) };
    assert_eq!(run(&clocks(&[(8, 0), (22, 0)]), &grows).order, Order::OldestFirst);
}

#[test]
fn what_is_pinned_on_a_known_page_is_from_before_midnight_where_it_would_be_days_late() {
    let known = |text: &str| Some((text.parse().expect("a time"), DateBasis::Mtime));
    let updates = clocks(&[(23, 58), (1, 24), (0, 30)]);
    let anchors = [None, known("2024-03-06T01:24:00Z"), known("2024-03-06T00:30:00Z")];
    let page = PageFacts { mtime: "2024-03-06T01:30:00Z".parse().expect("a time"), ..facts(None) };
    assert_eq!(shown(&super::date(&updates, &page, &anchors)), ["5 23:58", "6 01:24", "6 00:30"]);
    // In the evening it is what is new.
    let page = PageFacts { mtime: "2024-03-06T23:59:00Z".parse().expect("a time"), ..facts(None) };
    assert_eq!(shown(&super::date(&updates, &page, &anchors)), ["6 23:58", "6 01:24", "6 00:30"]);
}
