//! Clocks of twelve hours that don't say their half of the day, `12:58` and then `1:02`, into those of 24.
//!
//! Only a page that passes one o'clock tells of them: read as it stands, twelve hours without an update lie there. Before
//! that its clocks are taken as they stand, and behind it each is the next one that its figures can mean.

use std::ops::Range;

use jiff::civil::Time;

use super::{Anchor, Order, PageFacts, SLIP, offset_at};
use crate::model::time::Moment;
use crate::model::update::Update;
use crate::parse::clock;

/// A page with more updates is a machine's, which says the half of each clock or of none.
const AMID_UPDATES_MAX: usize = 500;
/// Half a day, and a whole one, min.
const HALF_MINUTES: i64 = 12 * 60;
const DAY_MINUTES: i64 = 2 * HALF_MINUTES;
/// How far a clock may go against the order, and how far two updates are apart at most between which one o'clock is passed, min.
const SLIP_MINUTES: i64 = SLIP.as_mins();
/// The last hour whose clock tells that one o'clock was passed since a later one.
const PASSED_HOUR_MAX: i64 = 3;
/// What such a clock shows, as minutes since midnight.
const CLOCK_MINUTES: Range<i64> = 60..13 * 60;

/// A clock that doesn't say its half.
struct Bare {
    /// Its update's place.
    at: usize,
    /// Minutes since midnight as it stands: 12:58 is one past noon.
    minute: i64,
    /// Where it is known to stand, minutes since midnight.
    known: Option<i64>,
    /// Whether it stands below another heading than the one before.
    is_headed: bool,
}

/// The updates with clocks of 24 hours, if theirs have twelve and don't say which; else `None`. And whether none of them, nor of
/// those before, says its half.
pub(super) fn told(updates: &[Update], facts: &PageFacts, anchors: &[Anchor]) -> (Option<Vec<Update>>, bool) {
    let were_bare = facts.state.map(|state| state.are_bare);
    match bare(updates, facts, anchors).filter(|_| were_bare != Some(false)) {
        Some(clocks) if clocks.is_empty() => (None, were_bare == Some(true)),
        Some(clocks) => (with_halves(updates, clocks, facts), true),
        None => (amid_told(updates, facts), false),
    }
}

/// The updates of a whole page, some of whose clocks say their half and none of which has 24 hours, `7.55pm` and then `7.57`: the
/// others are of the half in which they stand near their neighbour.
fn amid_told(updates: &[Update], facts: &PageFacts) -> Option<Vec<Update>> {
    if facts.grows || facts.state.is_some() || updates.len() > AMID_UPDATES_MAX {
        return None;
    }
    // The minute of each, and whether it says its half.
    let mut clocks: Vec<(usize, i64, bool)> = Vec::new();
    for (at, update) in updates.iter().enumerate() {
        let Moment::Clock { time, .. } = &update.moment else { continue };
        let time_text = update.words.time_text()?;
        let is_told = clock::leading(time_text)?.twelve;
        let minute = minutes(*time);
        if !(is_told || is_bare(time_text) && CLOCK_MINUTES.contains(&minute)) {
            return None;
        }
        clocks.push((at, minute, is_told));
    }
    let first = clocks.iter().position(|&(_, _, is_told)| is_told)?;
    if clocks.iter().all(|&(_, _, is_told)| is_told) {
        return None;
    }
    let mut told = updates.to_vec();
    for along in [
        (first..clocks.len()).collect::<Vec<_>>(),
        (0..=first).rev().collect(),
    ] {
        let mut near = clocks[first].1;
        for (at, minute, is_told) in along.into_iter().map(|clock| clocks[clock]) {
            near = if is_told { minute } else { half_near(minute, near) };
            if let Moment::Clock { time, .. } = &mut told[at].moment {
                *time = Time::new((near / 60) as i8, (near % 60) as i8, 0, 0).ok()?;
            }
        }
    }
    Some(told)
}

/// A minute of the day as it stands, or half a day from there where that is near another one.
fn half_near(minute: i64, near: i64) -> i64 {
    let other = (minute + HALF_MINUTES) % DAY_MINUTES;
    let away = (other - near).rem_euclid(DAY_MINUTES);
    match away.min(DAY_MINUTES - away) <= SLIP_MINUTES {
        true => other,
        false => minute,
    }
}

fn with_halves(updates: &[Update], mut clocks: Vec<Bare>, facts: &PageFacts) -> Option<Vec<Update>> {
    // What was appended goes on from what stood there.
    let newest = facts.state.filter(|state| state.order == Order::OldestFirst).and_then(|state| state.newest);
    let newest = newest.map(|(newest, _)| minutes(offset_at(&facts.zone, newest).to_datetime(newest).time()));
    let step = |from: i64, to: i64| (to - from).rem_euclid(HALF_MINUTES);
    let pairs = || clocks.windows(2).filter(|pair| !pair[1].is_headed);
    let rises =
        pairs().filter(|pair| (1..=SLIP_MINUTES).contains(&step(pair[0].minute, pair[1].minute))).count();
    let falls =
        pairs().filter(|pair| (1..=SLIP_MINUTES).contains(&step(pair[1].minute, pair[0].minute))).count();
    if falls > rises && newest.is_none() {
        clocks.reverse();
        // What a heading stands above is what is older than it.
        for at in (1..clocks.len()).rev() {
            clocks[at].is_headed = clocks[at - 1].is_headed;
        }
    }
    let passes_one = |older: i64, newer: &Bare| {
        !newer.is_headed
            && newer.minute < older
            && newer.minute / 60 <= PASSED_HOUR_MAX
            && step(older, newer.minute) <= SLIP_MINUTES
    };
    let first = newest.zip(clocks.first()).map(|(newest, first)| passes_one(newest, first));
    let later = clocks.windows(2).any(|pair| passes_one(pair[0].minute, &pair[1]));
    let is_shifted = |clock: &Bare| clock.known.is_some_and(|known| known != clock.minute);
    let goes_on_shifted = newest.is_some_and(|newest| !CLOCK_MINUTES.contains(&newest));
    if !(first == Some(true) || later || goes_on_shifted || clocks.iter().any(is_shifted)) {
        return None;
    }
    let mut told = updates.to_vec();
    let mut before = newest;
    for clock in &clocks {
        let next = |before: i64| {
            let step = (clock.minute - before).rem_euclid(HALF_MINUTES);
            before
                + if step > HALF_MINUTES - SLIP_MINUTES {
                    step - HALF_MINUTES
                } else {
                    step
                }
        };
        let before = before.insert(match (clock.known, before.filter(|_| !clock.is_headed)) {
            (Some(known), _) => known,
            (None, Some(before)) => next(before),
            (None, None) => clock.minute,
        });
        let minute = before.rem_euclid(DAY_MINUTES);
        if let Moment::Clock { time, .. } = &mut told[clock.at].moment {
            *time = Time::new((minute / 60) as i8, (minute % 60) as i8, 0, 0).ok()?;
        }
    }
    Some(told)
}

/// The clocks of a text, if none of them says its half, is of 24 hours or has a date.
fn bare(updates: &[Update], facts: &PageFacts, anchors: &[Anchor]) -> Option<Vec<Bare>> {
    let mut heading = None;
    let mut clocks: Vec<Bare> = Vec::new();
    for (at, update) in updates.iter().enumerate() {
        let Moment::Clock { time, zone, date } = &update.moment else { continue };
        if date.is_some()
            || !update.words.time_text().is_some_and(is_bare)
            || !CLOCK_MINUTES.contains(&minutes(*time))
        {
            return None;
        }
        let zone = zone.as_ref().unwrap_or(&facts.zone);
        let known = anchors.get(at).copied().flatten().map(|(timestamp, _)| {
            let local = offset_at(zone, timestamp).to_datetime(timestamp).time();
            minutes(local)
        });
        let minute = minutes(*time);
        // Something else is known by these words where the figures differ.
        let known = known.filter(|known| (known - minute).rem_euclid(HALF_MINUTES) == 0);
        let is_headed = !clocks.is_empty() && update.heading != heading;
        heading = update.heading;
        clocks.push(Bare { at, minute, known, is_headed });
    }
    Some(clocks)
}

fn minutes(time: Time) -> i64 {
    i64::from(time.hour()) * 60 + i64::from(time.minute())
}

/// Whether a stamp is such a clock: `1:02`, `12.58 ET`; not `01:02`, and no half.
fn is_bare(time_text: &str) -> bool {
    let hour = time_text.bytes().take_while(u8::is_ascii_digit).count();
    let Some(rest) = time_text[hour..].strip_prefix([':', '.']) else { return false };
    let minute = rest.bytes().take_while(u8::is_ascii_digit).count();
    let zone = rest[minute..].trim_start();
    matches!(hour, 1..=2)
        && !time_text.starts_with('0')
        && minute == 2
        && !matches!(zone, "AM" | "PM" | "A" | "P")
        && zone.bytes().all(|byte| byte.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::super::tests::{facts, shown};
    use super::super::{DateBasis, Dated, DatingState, date};
    use super::*;
    use crate::model::words::Parts;

    fn page(time_texts: &[&str]) -> Vec<Update> {
        let update = |time_text: &&str| {
            let (hour, rest) = time_text.split_once([':', '.']).expect("a clock");
            let (hour, minute) = (hour.parse().expect("hours"), rest[..2].parse().expect("minutes"));
            Update {
                words: Parts { time_text: Some(time_text), body: "text", ..Parts::default() }.into(),
                moment: Moment::Clock { time: Time::constant(hour, minute, 0, 0), zone: None, date: None },
                ..Update::default()
            }
        };
        time_texts.iter().map(update).collect()
    }

    fn on_the_6th() -> PageFacts {
        facts(Some(jiff::civil::date(2024, 3, 6)))
    }

    fn dated(updates: &[Update]) -> Dated {
        date(updates, &on_the_6th(), &vec![None; updates.len()])
    }

    #[test]
    fn a_page_that_passes_one_oclock_is_of_twelve_hours_in_both_orders() {
        for (written, read) in [
            (
                &["9:50", "11:58", "12:10", "1:02", "2:15"][..],
                &["09:50", "11:58", "12:10", "13:02", "14:15"][..],
            ),
            (&["12.58 ET", "1.02 ET"], &["12:58", "13:02"]),
            (&["12:58", "1:10", "1:05", "2:00"], &["12:58", "13:10", "13:05", "14:00"]),
            (
                &["11:30", "1:00", "3:50", "6:40", "9:10", "11:50"],
                &["11:30", "13:00", "15:50", "18:40", "21:10", "23:50"],
            ),
        ] {
            let expected: Vec<String> = read.iter().map(|clock| format!("6 {clock}")).collect();
            let mut updates = page(written);
            assert_eq!(shown(&dated(&updates)), expected, "{written:?}");
            updates.reverse();
            assert_eq!(
                shown(&dated(&updates)),
                expected.into_iter().rev().collect::<Vec<_>>(),
                "{written:?}, newest first"
            );
        }
        assert_eq!(
            shown(&dated(&page(&["12:30", "1:10", "4:00", "6:50", "9:40", "11:20", "12:05", "1:30"]))),
            [
                "6 12:30", "6 13:10", "6 16:00", "6 18:50", "6 21:40", "6 23:20", "7 00:05", "7 01:30"
            ]
        );
    }

    /// They were of the morning, twelve hours before the update above them.
    #[test]
    fn beside_a_clock_that_says_its_half_others_are_near_it() {
        let mut updates = page(&["7.50", "7.55", "7.57", "10.30"]);
        let Moment::Clock { time, .. } = &mut updates[1].moment else { panic!("a clock") };
        *time = Time::constant(19, 55, 0, 0);
        updates[1].words = Parts { time_text: Some("7.55pm"), body: "text", ..Parts::default() }.into();
        let read = ["6 19:50", "6 19:55", "6 19:57", "6 22:30"];
        assert_eq!(shown(&dated(&updates)), read);
    }

    #[test]
    fn other_clocks_stand_as_they_are() {
        for written in [
            &["12:58", "01:02"][..],
            &["12:58", "13:40", "1:02"],
            &["12:58", "0:40", "1:02"],
            &["9:10", "9:40", "11:20"],
            &["12:58", "4:20", "5:00"],
            &["7.55pm", "7.57", "20.10"],
            &["07:55 PM", "07:57"],
            &["12:58h", "1:02h"],
        ] {
            let updates = page(written);
            assert_eq!(told(&updates, &on_the_6th(), &vec![None; updates.len()]).0, None, "{written:?}");
        }
    }

    #[test]
    fn what_is_known_to_be_of_the_afternoon_tells_of_what_is_new() {
        let at = |time: &str| {
            let timestamp: Timestamp = format!("2024-03-06T{time}:00Z").parse().expect("a time");
            Some((timestamp, DateBasis::Path))
        };
        // What was appended to a log since.
        let grown = page(&["1:02", "1:20"]);
        let facts = PageFacts { grows: true, ..on_the_6th() };
        assert_eq!(shown(&date(&grown, &facts, &[at("13:02"), None])), ["6 13:02", "6 13:20"]);
        let state = dated(&page(&["11:40", "12:58", "1:02"])).state;
        for (newest, read) in [("12:58", "13:02"), ("13:02", "13:20"), ("13:02", "13:02")] {
            let facts =
                PageFacts { state: Some(DatingState { newest: at(newest), ..state }), ..facts.clone() };
            let appended = page(&[&read.replace("13:", "1:")]);
            assert_eq!(shown(&date(&appended, &facts, &[None])), [format!("6 {read}")], "behind {newest}");
        }
        let of_24_hours = dated(&page(&["12:58", "13:40"])).state;
        let facts = PageFacts { state: Some(DatingState { newest: at("22:50"), ..of_24_hours }), ..facts };
        assert_eq!(shown(&date(&page(&["1:20"]), &facts, &[None])), ["7 01:20"]);
        // The page's last updates, the one before one o'clock gone.
        let window = page(&["1:40", "1:20", "1:02"]);
        assert_eq!(
            shown(&date(&window, &on_the_6th(), &[None, at("13:20"), at("13:02")])),
            ["6 13:40", "6 13:20", "6 13:02"]
        );
    }

    #[test]
    fn another_days_heading_begins_anew() {
        let mut updates = page(&["11:40", "12:50", "1:10", "9:15", "12:40", "1:05"]);
        for (at, update) in updates.iter_mut().enumerate() {
            let day = if at < 3 { 6 } else { 7 };
            update.heading = Some(crate::model::time::PartialDate::full(jiff::civil::date(2024, 3, day)));
        }
        let rising = ["6 11:40", "6 12:50", "6 13:10", "7 09:15", "7 12:40", "7 13:05"];
        assert_eq!(shown(&dated(&updates)), rising);
        updates.reverse();
        let days: Vec<String> = rising.iter().rev().map(|time| time.to_string()).collect();
        assert_eq!(shown(&dated(&updates)), days);
    }
}
