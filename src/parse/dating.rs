//! Clocks into instants: which day each update of a page is of. Pure; it asks neither a clock nor the index.
//!
//! Clocks are read in the page's order: this file finds that order, the days that the text itself states, and
//! at the end the instants. Which day the others are of is `place`'s to find; `state` is what goes on behind.

use std::ops::RangeInclusive;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use crate::model::time::{DAY_S, DateBasis, Moment, PartialDate, Zone};
use crate::model::update::Update;

mod halves;
mod place;
mod state;

pub use state::{DatingState, Order, UnknownState};

/// A clock may go this far against the page's order without being another day's.
pub const SLIP: SignedDuration = SignedDuration::from_hours(3);
const SLIP_S: i64 = SLIP.as_secs();

/// A page's newest update isn't later than its mtime by more than this: clocks differ.
pub const MTIME_SLACK: SignedDuration = SignedDuration::from_mins(15);
const MTIME_SLACK_S: i64 = MTIME_SLACK.as_secs();

/// No zone is further east of UTC: a page's clocks may be of another zone than they are taken to be.
pub const EAST_MAX: SignedDuration = SignedDuration::from_hours(14);
const EAST_S_MAX: i64 = EAST_MAX.as_secs();

/// A page whose newest update is no older than this was written just when its mtime says.
pub const FRESH: SignedDuration = SignedDuration::from_hours(1);
/// How old that is, seconds.
const FRESH_AGE_S: RangeInclusive<i64> = -MTIME_SLACK_S..=FRESH.as_secs();

/// So many days behind the day that a page is given its mtime is believed.
const GIVEN_DAYS_MAX: i64 = 2;

/// What it costs an order, seconds, that only the other one makes the page fresh.
const STALE_COST_S: i64 = 8 * 3_600;

/// What a slip against an order costs at least, seconds: many small ones are none.
const SLIP_COST_MIN_S: i64 = 3_600;

/// What it costs an order, seconds, to pass midnight below one heading: that of the next day is missing.
const UNHEADED_MIDNIGHT_COST_S: i64 = 6 * 3_600;

/// A date without a year isn't later than the mtime by more than this, days: it was rather last year. Some
/// slack, since mtimes are set by hand too.
const DATE_AHEAD_DAYS: i64 = 7;

/// What is known of a page beyond its text.
#[derive(Debug, Clone)]
pub struct PageFacts {
    /// The day of the page's oldest update, from the option, the path or the header. Else the mtime decides.
    pub given: Option<(Date, DateBasis)>,
    /// When the file was last changed.
    pub mtime: Timestamp,
    /// The zone of stamps that name none.
    pub zone: Zone,
    /// Whether the text was appended to what came before, and so goes on from its newest update.
    pub grows: bool,
    /// How the days before this text were found.
    pub state: Option<DatingState>,
}

/// What is known of an update from the same page: it takes no part in jumps.
pub type Anchor = Option<(Timestamp, DateBasis)>;

/// A page's updates in time.
#[derive(Debug, Clone, PartialEq)]
pub struct Dated {
    /// The time of each, in page order.
    pub times: Vec<Option<(Timestamp, DateBasis)>>,
    /// The page's order.
    pub order: Order,
    /// In which order they are said: oldest first; at equal times as they were written; those without a time
    /// keep their place.
    pub sequence: Vec<usize>,
    /// For what comes behind the last but one.
    pub state: DatingState,
}

/// One update with a clock.
#[derive(Debug)]
struct Timed<'u> {
    /// Its place among the updates.
    at: usize,
    update: &'u Update,
    zone: &'u Zone,
    /// Its clock as written, seconds of the day.
    second: i64,
    /// Its clock in the page's zone, seconds of the day; over or under a day where the zones differ.
    clock: i64,
    /// Whether the heading above it is also that of the update before it: then the heading gives the day of
    /// the first below it, and midnight may have passed since.
    under_same: bool,
    /// Where its own date, its heading or its anchor puts it: local seconds since 1970 in the page's zone.
    stated: Option<(i64, DateBasis)>,
    /// Where it stands, once that's known. From the start where it's certain.
    place: Option<(i64, DateBasis)>,
    /// Where it is known to stand from the same page.
    known: Option<(i64, DateBasis)>,
    anchor: Option<Timestamp>,
}

/// Gives each update its time. `anchors` has one entry an update.
pub fn date(updates: &[Update], facts: &PageFacts, anchors: &[Anchor]) -> Dated {
    let (told, are_bare) = halves::told(updates, facts, anchors);
    let updates = told.as_deref().unwrap_or(updates);
    let is_headed_as_one = is_headed_as_one(updates, facts);
    let mut timed = timed(updates, facts, anchors, is_headed_as_one);
    let order = order(&timed, facts);
    let certain: Vec<bool> = timed.iter().map(|timed| timed.place.is_some()).collect();
    place::place(&mut timed, order, facts);
    let mut times = vec![None; updates.len()];
    instants(&timed, order, facts, &mut times);
    if is_headed_as_one {
        // It may say another day after midnight: the updates have to be known again without it, as below a header.
        for (_, basis) in times.iter_mut().flatten().filter(|(_, basis)| *basis == DateBasis::Heading) {
            *basis = DateBasis::Header;
        }
    }
    let state = DatingState { are_bare, ..state_after(&timed, &certain, &times, order, facts) };
    let sequence = sequence(&times, order);
    Dated { times, order, sequence, state }
}

/// Whether one date line stands above all of a whole page: it's the page's own day, as in a header.
fn is_headed_as_one(updates: &[Update], facts: &PageFacts) -> bool {
    let first = updates.first().and_then(|update| update.heading);
    let is_whole = !facts.grows && facts.state.is_none();
    is_whole && first.is_some() && updates.iter().all(|update| update.heading == first)
}

/// The day of a date that a page states, whose year may be left out: then one that isn't later than the file.
pub fn resolve(date: PartialDate, mtime_day: Date) -> Option<Date> {
    let ahead = jiff::Span::new().days(DATE_AHEAD_DAYS);
    date.resolve_until(mtime_day.checked_add(ahead).unwrap_or(mtime_day))
}

/// What to go on from, behind the last but one: the last may still grow, and is read again.
fn state_after(
    timed: &[Timed<'_>],
    certain: &[bool],
    times: &[Option<(Timestamp, DateBasis)>],
    order: Order,
    facts: &PageFacts,
) -> DatingState {
    let last = times.len().saturating_sub(1);
    let before_last = || timed.iter().zip(certain).filter(|(timed, _)| timed.at < last);
    let mut newest = facts.state.and_then(|state| state.newest);
    for (timed, &certain) in before_last() {
        let Some(time) = times[timed.at] else { continue };
        // In a log, what states its own day is where the days are counted from anew.
        let restarts = certain && timed.anchor.is_none() && order == Order::OldestFirst;
        if restarts || newest.is_none_or(|(newest, _)| newest <= time.0) {
            newest = Some(time);
        }
    }
    let oldest = before_last().filter_map(|(timed, _)| times[timed.at]).map(|(timestamp, _)| timestamp).min();
    let oldest = [facts.state.and_then(|state| state.oldest), oldest].into_iter().flatten().min();
    let heading = match before_last().next_back() {
        Some((timed, _)) => timed.update.heading,
        None => facts.state.and_then(|state| state.heading),
    };
    DatingState { order, newest, oldest, heading, are_bare: false }
}

/// The day of an instant in a zone.
pub fn local_date(instant: Timestamp, zone: &Zone) -> Date {
    offset_at(zone, instant).to_datetime(instant).date()
}

/// When a day ends in a zone; `None` where time ends before.
pub fn end_of_day(day: Date, zone: &Zone) -> Option<Timestamp> {
    Some(day.to_zoned(time_zone(zone)).ok()?.end_of_day().ok()?.timestamp())
}

/// When a zone's clocks show a time: the first time in a fold, the offset before it in a gap. `None` beyond the end of time.
pub fn instant_of(clock: DateTime, zone: &Zone) -> Option<Timestamp> {
    Some(clock.to_zoned(time_zone(zone)).ok()?.timestamp())
}

fn time_zone(zone: &Zone) -> TimeZone {
    match zone {
        Zone::Offset(seconds) => Offset::from_seconds(*seconds).unwrap_or(Offset::UTC).to_time_zone(),
        Zone::Rules(rules) => rules.clone(),
    }
}

fn offset_at(zone: &Zone, instant: Timestamp) -> Offset {
    match zone {
        Zone::Offset(seconds) => Offset::from_seconds(*seconds).unwrap_or(Offset::UTC),
        Zone::Rules(rules) => rules.to_offset(instant),
    }
}

fn days_of(date: Date) -> i64 {
    i64::from((date - Date::constant(1970, 1, 1)).get_days())
}

fn date_of(days: i64) -> Option<Date> {
    Date::constant(1970, 1, 1).checked_add(jiff::Span::new().try_days(days).ok()?).ok()
}

/// The updates that have a clock, with what fixes some of them.
fn timed<'u>(
    updates: &'u [Update],
    facts: &'u PageFacts,
    anchors: &[Anchor],
    is_headed_as_one: bool,
) -> Vec<Timed<'u>> {
    let mtime_day = local_date(facts.mtime, &facts.zone);
    let newest = facts.state.filter(|_| facts.grows).and_then(|state| state.newest);
    // Dates without a year are looked for near here, where something better than the mtime is known.
    let near = newest.map(|(timestamp, _)| local_date(timestamp, &facts.zone));
    let near = near.or(facts.given.map(|(date, _)| date));
    let resolve = |date: PartialDate| match near {
        Some(near) => date.resolve(near),
        None => resolve(date, mtime_day),
    };
    let midnight = near.unwrap_or(mtime_day).to_zoned(TimeZone::UTC);
    let about = midnight.map_or(facts.mtime, |midnight| midnight.timestamp());
    let firm = facts.given.filter(|&(_, basis)| basis < DateBasis::Header).map(|(given, _)| given);
    let mut timed: Vec<Timed<'u>> = Vec::with_capacity(updates.len());
    let mut page_offset_s = None;
    let mut heading_before = facts.state.and_then(|state| state.heading);
    for (at, update) in updates.iter().enumerate() {
        let Moment::Clock { time, zone, date } = &update.moment else { continue };
        let is_foot = at > 0 && at + 1 == updates.len() && date.is_some() && update.is_empty();
        if is_foot && !updates[..at].iter().any(Update::has_own_date) {
            // When the page was made.
            continue;
        }
        let zone = zone.as_ref().unwrap_or(&facts.zone);
        let offset_s = i64::from(offset_at(zone, about).seconds());
        let shift_s = *page_offset_s.get_or_insert(offset_s) - offset_s;
        let second =
            i64::from(time.hour()) * 3_600 + i64::from(time.minute()) * 60 + i64::from(time.second());
        let clock = second + shift_s;
        let on = |date: Date| days_of(date) * DAY_S + clock;
        let own = date.and_then(resolve);
        let heading = update.heading.and_then(resolve);
        let under_same = update.heading.is_some() && update.heading == heading_before;
        heading_before = update.heading;
        // Days that are given from outside or by a heading are not those of what is older. But the one day that a page
        // states for all of it may be: one that says when it was last changed says another day after midnight.
        let below = heading.filter(|_| !is_headed_as_one);
        let given = [below, firm].into_iter().flatten().max();
        let fits = |day: Date| {
            own.is_none()
                && given.is_none_or(|given| day >= given)
                && below.is_none_or(|heading| days_of(day) <= days_of(heading) + 1)
        };
        let known = anchors.get(at).copied().flatten();
        let known = known.map(|(timestamp, basis)| (timestamp, local_date(timestamp, zone), basis));
        let anchor = known.filter(|&(_, day, _)| fits(day));
        let anchored = anchor.map(|(_, day, basis)| (on(day), basis));
        let dated = own.map(|date| (on(date), DateBasis::Stamp));
        let headed = heading.map(|date| (on(date), DateBasis::Heading));
        let place = dated.or(headed.filter(|_| !under_same)).or(anchored);
        let is_headed = place.is_some_and(|(_, basis)| basis == DateBasis::Heading) && !under_same;
        let anchor = anchor.filter(|_| !is_headed).map(|(timestamp, ..)| timestamp);
        let stated = dated.or(headed).or(anchored);
        timed.push(Timed {
            at,
            update,
            zone,
            second,
            clock,
            under_same,
            stated,
            place,
            known: anchored,
            anchor,
        });
    }
    timed
}

/// The page's order: the one in which less time passes along the page. A slip against an order speaks ten times
/// as loud as time that passes along it. Where the two are close, the one in which the page was fresh when it was written.
fn order(timed: &[Timed<'_>], facts: &PageFacts) -> Order {
    // A page that is written slowly, from its newest update down, is read while it grows.
    if facts.grows
        && !facts.state.is_some_and(|state| state.is_seen_falling() || goes_on_falling(timed, &state))
    {
        return Order::OldestFirst;
    }
    if let Some(state) = facts.state.filter(|_| !facts.grows) {
        return state.order;
    }
    if grows_at_top(timed) {
        return Order::NewestFirst;
    }
    let cost = |forward_s: i64| {
        let against_s = (DAY_S - forward_s) % DAY_S;
        match against_s {
            0 => 0,
            1..=SLIP_S => (against_s * 10).max(SLIP_COST_MIN_S),
            _ => forward_s,
        }
    };
    let (mut rising, mut falling) = (0, 0);
    if let [first, others @ .., last] = timed {
        // What stands on top may be pinned there.
        let is_fresh_on_top =
            is_fresh(first, facts) || others.first().is_some_and(|second| is_fresh(second, facts));
        match (is_fresh_on_top, is_fresh(last, facts)) {
            (true, false) => rising += STALE_COST_S,
            (false, true) => falling += STALE_COST_S,
            _ => {}
        }
    }
    for pair in timed.windows(2) {
        // Below one heading the clocks tell, since midnight may have passed there.
        let by_clock = pair[1].under_same && pair[1].anchor.is_none();
        if let (Some((a, _)), Some((b, _))) = (pair[0].stated, pair[1].stated)
            && !by_clock
        {
            // In a fold the clocks of what is known don't tell which was first.
            let anchors = pair[0].anchor.zip(pair[1].anchor);
            let (a, b) = anchors.map_or((a, b), |(a, b)| (a.as_second(), b.as_second()));
            rising += if b < a { DAY_S } else { 0 };
            falling += if b > a { DAY_S } else { 0 };
        } else {
            let step_s = pair[1].clock - pair[0].clock;
            rising += cost(step_s.rem_euclid(DAY_S));
            falling += cost((-step_s).rem_euclid(DAY_S));
            if by_clock {
                // A slip may pass midnight, too: 00:02, then 23:56.
                let same_day = -SLIP_S..DAY_S - SLIP_S;
                rising += i64::from(!same_day.contains(&step_s)) * UNHEADED_MIDNIGHT_COST_S;
                falling += i64::from(!same_day.contains(&-step_s)) * UNHEADED_MIDNIGHT_COST_S;
            }
        }
    }
    if rising < falling {
        Order::OldestFirst
    } else {
        Order::NewestFirst
    }
}

/// Whether a text falls all along from the newest update before it, which alone told no order.
fn goes_on_falling(timed: &[Timed<'_>], state: &DatingState) -> bool {
    let (Some(first), Some((newest, _))) = (timed.first(), state.newest) else {
        return false;
    };
    let now = offset_at(first.zone, newest).to_datetime(newest).time();
    let own = now.duration_since(Time::midnight()).as_secs() + first.clock - first.second;
    let clocks: Vec<i64> = [own].into_iter().chain(timed.iter().map(|timed| timed.clock)).collect();
    let falls = |pair: &[i64]| (pair[0] - pair[1]).rem_euclid(DAY_S) <= DAY_S / 2;
    state.order == Order::NewestFirst
        && clocks.len() > 2
        && clocks[0] != clocks[clocks.len() - 1]
        && clocks.windows(2).all(falls)
}

/// Whether all that is new stands above all that is known, which tells no order by itself: then the next update will, too.
fn grows_at_top(timed: &[Timed<'_>]) -> bool {
    let known = || timed.iter().filter_map(|timed| timed.known).map(|(place, _)| place);
    let first_known = timed.iter().position(|timed| timed.known.is_some());
    first_known.is_some_and(|first| first > 0 && timed[first..].iter().all(|timed| timed.known.is_some()))
        && known().min() == known().max()
}

/// Whether an update, as the newest of its page, was written just before the file was. An mtime of another day than the
/// page is given says nothing.
fn is_fresh(timed: &Timed<'_>, facts: &PageFacts) -> bool {
    let now = offset_at(timed.zone, facts.mtime).to_datetime(facts.mtime);
    let second = i64::from(now.hour()) * 3_600 + i64::from(now.minute()) * 60 + i64::from(now.second());
    let age_s = (second + MTIME_SLACK_S - timed.second).rem_euclid(DAY_S) - MTIME_SLACK_S;
    let of_day = |given: Date| (0..=GIVEN_DAYS_MAX).contains(&(days_of(now.date()) - days_of(given)));
    FRESH_AGE_S.contains(&age_s) && facts.given.is_none_or(|(given, _)| of_day(given))
}

/// The instants of all places, along the order, so that the second 01:30 of a clock change can be told.
fn instants(
    timed: &[Timed<'_>],
    order: Order,
    facts: &PageFacts,
    times: &mut [Option<(Timestamp, DateBasis)>],
) {
    let goes_on = facts.grows && order == Order::OldestFirst;
    let mut before =
        facts.state.filter(|_| goes_on).and_then(|state| state.newest).map(|(timestamp, _)| timestamp);
    let along: Box<dyn Iterator<Item = &Timed<'_>>> = match order {
        Order::OldestFirst => Box::new(timed.iter()),
        Order::NewestFirst => Box::new(timed.iter().rev()),
    };
    for timed in along {
        let Some((place, basis)) = timed.place else { continue };
        let Some(timestamp) = timed.anchor.or_else(|| instant(timed, place, before)) else {
            continue;
        };
        before = Some(timestamp);
        times[timed.at] = Some((timestamp, basis));
    }
}

/// The instant of a place. In a fold the earlier one, unless that is before `before` and the later isn't.
fn instant(timed: &Timed<'_>, place: i64, before: Option<Timestamp>) -> Option<Timestamp> {
    let Moment::Clock { time, .. } = &timed.update.moment else { return None };
    let own_place = place - (timed.clock - timed.second);
    match timed.zone {
        // No calendar is needed: that took five times as long.
        Zone::Offset(seconds) => Timestamp::from_second(own_place - i64::from(*seconds)).ok(),
        Zone::Rules(rules) => {
            let local = DateTime::from_parts(date_of(own_place.div_euclid(DAY_S))?, *time);
            let ambiguous = rules.to_ambiguous_timestamp(local);
            if let AmbiguousOffset::Fold { before: first, after: second } = ambiguous.offset() {
                let (first, second) = (first.to_timestamp(local).ok()?, second.to_timestamp(local).ok()?);
                let is_second = before.is_some_and(|before| first < before && second >= before);
                return Some(if is_second { second } else { first });
            }
            ambiguous.compatible().ok()
        }
    }
}

/// The order of saying.
fn sequence(times: &[Option<(Timestamp, DateBasis)>], order: Order) -> Vec<usize> {
    let mut written: Vec<usize> = (0..times.len()).collect();
    if order == Order::NewestFirst {
        written.reverse();
    }
    let mut timed: Vec<usize> = written.iter().copied().filter(|&at| times[at].is_some()).collect();
    timed.sort_by_key(|&at| times[at].map(|(timestamp, _)| timestamp));
    let mut timed = timed.into_iter();
    for at in &mut written {
        if times[*at].is_some() {
            *at = timed.next().expect("there are as many as there were");
        }
    }
    written
}

#[cfg(test)]
mod evidence;
#[cfg(test)]
mod journeys;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
