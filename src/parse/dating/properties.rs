//! A log that is cut anywhere and gone on with has the days of the log that is read at once.

use jiff::ToSpan;
use jiff::civil::{DateTime, date};
use proptest::prelude::*;

use super::tests::{clock, facts};
use super::*;

/// How the text of a log states its days.
#[derive(Debug, Clone, Copy)]
enum States {
    /// It doesn't: the option or the path does.
    Nothing,
    /// Each update.
    EachStamp,
    /// The first update of each day.
    FirstStamp,
    /// A line above the first update of each day.
    EachHeading,
    /// A line on top of it all.
    OneHeading,
}

fn states() -> impl Strategy<Value = States> {
    prop_oneof![
        Just(States::Nothing),
        Just(States::EachStamp),
        Just(States::FirstStamp),
        Just(States::EachHeading),
        Just(States::OneHeading),
    ]
}

/// Days around which something ends.
fn starts() -> impl Strategy<Value = Date> {
    prop_oneof![
        Just(date(2023, 12, 30)),
        Just(date(2024, 2, 27)),
        Just(date(2023, 2, 27)),
        Just(date(2024, 4, 29)),
        Just(date(2024, 10, 26)),
    ]
}

fn log(start: DateTime, steps: &[i64], states: States, with_year: bool) -> (Vec<Update>, Vec<DateTime>) {
    let mut truth = vec![start];
    let mut newest = start;
    for &minutes in steps {
        // A slip is told from the newest so far, and the next isn't told from a slip.
        truth.push(newest + minutes.minutes());
        newest = newest.max(truth[truth.len() - 1]);
    }
    let mut newest_day = None;
    let mut heading = None;
    let mut updates = Vec::new();
    for at in &truth {
        let mut update = clock(at.hour(), at.minute());
        let stated =
            PartialDate { year: Some(at.year()).filter(|_| with_year), month: at.month(), day: at.day() };
        let is_new_day = newest_day.is_none_or(|newest| newest < at.date());
        newest_day = newest_day.max(Some(at.date()));
        let Moment::Clock { date: own, .. } = &mut update.moment else { unreachable!() };
        match states {
            States::Nothing => {}
            States::EachStamp => *own = Some(stated),
            States::FirstStamp => *own = Some(stated).filter(|_| is_new_day),
            States::EachHeading if is_new_day => heading = Some(stated),
            States::OneHeading => heading = heading.or(Some(stated)),
            States::EachHeading => {}
        }
        update.heading = heading;
        updates.push(update);
    }
    (updates, truth)
}

fn run(updates: &[Update], facts: &PageFacts) -> Dated {
    super::date(updates, facts, &vec![None; updates.len()])
}

proptest! {
    #[test]
    fn a_log_cut_anywhere_has_the_days_of_the_whole(
        day in starts(),
        minute in 180i64..1_440,
        // Slips of less than an hour, gaps of up to eight.
        steps in proptest::collection::vec(-59i64..480, 1..24),
        cuts in proptest::collection::vec(1usize..24, 0..4),
        states in states(),
        with_year: bool,
    ) {
        let (updates, truth) = log(day.at(0, 0, 0, 0) + minute.minutes(), &steps, states, with_year);
        let mut facts = facts(Some(day));
        let written_at = |truth: &[DateTime]| {
            let newest = *truth.iter().max().expect("there is one");
            (newest + 1.minutes()).to_zoned(TimeZone::UTC).expect("a time").timestamp()
        };
        facts.mtime = written_at(&truth);
        let at_once = run(&updates, &PageFacts { grows: true, ..facts.clone() });
        let days: Vec<_> = at_once.times.iter().flatten().map(|&(time, _)| time.to_zoned(TimeZone::UTC).datetime()).collect();
        prop_assert_eq!(&days, &truth);

        let mut cuts: Vec<usize> = cuts.into_iter().filter(|&cut| cut < updates.len()).collect();
        cuts.sort_unstable();
        cuts.dedup();
        cuts.push(updates.len());
        let (mut from, mut state) = (0, None::<DatingState>);
        let mut pieces = Vec::new();
        for cut in cuts {
            // The last of a piece may still grow: it is read again. Each piece was written when its newest was: two
            // updates on either side of midnight in the wrong order are told from a day between them by that alone.
            facts.mtime = written_at(&truth[..cut]);
            let grows = PageFacts { grows: true, state, ..facts.clone() };
            let dated = run(&updates[from..cut], &grows);
            pieces.truncate(from);
            pieces.extend(dated.times);
            from = cut - 1;
            state = Some(dated.state.to_string().parse().expect("it is as it was written"));
        }
        prop_assert_eq!(pieces, at_once.times);
    }

    /// The whole of a log isn't known to be one.
    #[test]
    fn a_log_that_is_read_whole_has_the_days_of_the_grown_one(
        day in starts(),
        minute in 180i64..1_440,
        steps in proptest::collection::vec(1i64..300, 3..24),
        states in states(),
    ) {
        let (updates, truth) = log(day.at(0, 0, 0, 0) + minute.minutes(), &steps, states, true);
        let dated = run(&updates, &facts(Some(day)));
        let days: Vec<_> = dated.times.iter().flatten().map(|&(time, _)| time.to_zoned(TimeZone::UTC).datetime()).collect();
        prop_assert_eq!(days, truth);
        prop_assert_eq!(dated.sequence, (0..updates.len()).collect::<Vec<_>>());
    }

    #[test]
    fn the_same_upside_down_is_a_page(
        day in starts(),
        minute in 180i64..1_440,
        steps in proptest::collection::vec(1i64..300, 3..24),
        states in states(),
    ) {
        let (mut updates, mut truth) = log(day.at(0, 0, 0, 0) + minute.minutes(), &steps, states, true);
        updates.reverse();
        truth.reverse();
        let dated = run(&updates, &facts(Some(day)));
        let days: Vec<_> = dated.times.iter().flatten().map(|&(time, _)| time.to_zoned(TimeZone::UTC).datetime()).collect();
        prop_assert_eq!(days, truth);
        prop_assert_eq!(dated.sequence, (0..updates.len()).rev().collect::<Vec<_>>());
    }
}

#[test]
fn the_ends_of_time_are_survived() {
    for mtime in [Timestamp::MIN, Timestamp::MAX] {
        for day in [None, Some(Date::MIN), Some(Date::MAX)] {
            for zone in [
                Zone::Offset(0),
                Zone::Offset(93_599),
                Zone::Offset(-93_599),
                Zone::Offset(i32::MAX),
            ] {
                for grows in [false, true] {
                    let mut updates: Vec<Update> = [23, 1, 22, 2, 9].map(|hour| clock(hour, 0)).into();
                    updates[3].heading = Some(PartialDate { year: None, month: 2, day: 29 });
                    let time = Some((mtime, DateBasis::Mtime));
                    let state = Some(DatingState {
                        order: Order::OldestFirst,
                        newest: time,
                        oldest: Some(mtime),
                        heading: None,
                        are_bare: false,
                    });
                    for state in [None, state] {
                        let facts = PageFacts { mtime, zone: zone.clone(), grows, state, ..facts(day) };
                        let dated = super::date(&updates, &facts, &[None, time, None, None, None]);
                        assert_eq!(dated.sequence.len(), updates.len());
                    }
                }
            }
        }
    }
}
