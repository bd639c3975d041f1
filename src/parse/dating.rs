//! Clocks into instants: which day each update of a page is of. Pure; it asks neither a clock nor the index.
//!
//! Along a page's order a clock that jumps against it by more than three hours is another day. Updates whose
//! day is certain (their own date, a heading, a known update) are fixed; the others step from the nearest of
//! those, or hang together by their steps and are hung up on the day that the page is known to be of: the day
//! of its oldest update if the option, the path or the header gives it, of its newest if the mtime does.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};

use crate::model::time::{DateBasis, Moment, Zone};
use crate::model::update::Update;

mod state;

pub use state::{DatingState, Order, UnknownState};

const DAY_S: i64 = 86_400;

/// A clock may go this far against the page's order without being another day's, seconds.
const SLIP_S: i64 = 3 * 3_600;

/// A clock that goes on by more than this has slipped back over midnight instead, seconds.
const SLIP_OVER_MIDNIGHT_S: i64 = 23 * 3_600;

/// A page's newest update isn't later than its mtime by more than this, seconds: clocks differ.
pub const MTIME_SLACK_S: i64 = 15 * 60;

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
    /// Its clock in the page's zone, seconds of the day; over or under a day where the zones differ.
    clock: i64,
    /// Local seconds since 1970 in the page's zone, once they're known.
    place: Option<(i64, DateBasis)>,
    anchor: Option<Timestamp>,
}

/// Gives each update its time. `anchors` has one entry an update.
pub fn date(updates: &[Update], facts: &PageFacts, anchors: &[Anchor]) -> Dated {
    let near = facts.given.map_or_else(|| local_date(facts.mtime, &facts.zone), |(date, _)| date);
    let mut timed = timed(updates, facts, anchors, near);
    let order = order(&timed, facts);
    place(&mut timed, order, facts);
    let mut times = vec![None; updates.len()];
    instants(&timed, order, facts, &mut times);
    let before_last = &times[..times.len().saturating_sub(1)];
    let newest = before_last.iter().flatten().copied().max_by_key(|&(timestamp, _)| timestamp);
    let carried = facts.state.and_then(|state| state.newest);
    let newest = [carried, newest].into_iter().flatten().max_by_key(|&(timestamp, _)| timestamp);
    let oldest = before_last.iter().flatten().map(|&(timestamp, _)| timestamp).min();
    let oldest = [facts.state.and_then(|state| state.oldest), oldest].into_iter().flatten().min();
    let sequence = sequence(&times, order);
    Dated { times, order, sequence, state: DatingState { order, newest, oldest } }
}

fn local_date(instant: Timestamp, zone: &Zone) -> Date {
    offset_at(zone, instant).to_datetime(instant).date()
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
fn timed<'u>(updates: &'u [Update], facts: &'u PageFacts, anchors: &[Anchor], near: Date) -> Vec<Timed<'u>> {
    let about = near.to_zoned(TimeZone::UTC).map_or(facts.mtime, |midnight| midnight.timestamp());
    let mut timed: Vec<Timed<'u>> = Vec::new();
    let mut page_offset_s = None;
    for (at, update) in updates.iter().enumerate() {
        let Moment::Clock { time, zone, date } = &update.moment else { continue };
        let zone = zone.as_ref().unwrap_or(&facts.zone);
        let offset_s = i64::from(offset_at(zone, about).seconds());
        let shift_s = *page_offset_s.get_or_insert(offset_s) - offset_s;
        let second =
            i64::from(time.hour()) * 3_600 + i64::from(time.minute()) * 60 + i64::from(time.second());
        let own = date.map(|date| (date, DateBasis::Stamp));
        let own = own.or(update.heading.map(|date| (date, DateBasis::Heading)));
        let own = own.and_then(|(date, basis)| Some((date.resolve(near)?, basis)));
        let anchor = anchors.get(at).copied().flatten().filter(|&(timestamp, _)| {
            // A day that is given is the oldest update's: nothing on the page is older.
            facts.given.is_none_or(|(given, _)| local_date(timestamp, zone) >= given)
        });
        let place = match (own, anchor) {
            (Some((date, basis)), _) => Some((days_of(date) * DAY_S + second + shift_s, basis)),
            (None, Some((timestamp, basis))) => {
                let date = local_date(timestamp, zone);
                Some((days_of(date) * DAY_S + second + shift_s, basis))
            }
            (None, None) => None,
        };
        let anchor = anchor.filter(|_| own.is_none()).map(|(timestamp, _)| timestamp);
        timed.push(Timed { at, update, zone, clock: second + shift_s, place, anchor });
    }
    timed
}

/// The page's order: the one in which less time passes along the page. A slip against an order speaks ten times
/// as loud as time that passes along it.
fn order(timed: &[Timed<'_>], facts: &PageFacts) -> Order {
    if facts.grows {
        return Order::OldestFirst;
    }
    if let Some(state) = &facts.state {
        return state.order;
    }
    let cost = |forward_s: i64| {
        let against_s = (DAY_S - forward_s) % DAY_S;
        if against_s <= SLIP_S {
            against_s * 10
        } else {
            forward_s
        }
    };
    let (mut rising, mut falling) = (0, 0);
    for pair in timed.windows(2) {
        if let (Some((a, _)), Some((b, _))) = (pair[0].place, pair[1].place) {
            rising += if b < a { DAY_S } else { 0 };
            falling += if b > a { DAY_S } else { 0 };
        } else {
            let step_s = pair[1].clock - pair[0].clock;
            rising += cost(step_s.rem_euclid(DAY_S));
            falling += cost((-step_s).rem_euclid(DAY_S));
        }
    }
    if rising < falling {
        Order::OldestFirst
    } else {
        Order::NewestFirst
    }
}

/// Where a clock stands that follows `extreme`, the newest so far of rising or the oldest so far of falling times.
fn step(extreme: i64, clock: i64, rises: bool) -> i64 {
    let same_day = extreme.div_euclid(DAY_S) * DAY_S + clock;
    let along_s = if rises {
        same_day - extreme
    } else {
        extreme - same_day
    };
    let another_day = if rises { DAY_S } else { -DAY_S };
    if along_s < -SLIP_S {
        same_day + another_day
    } else if along_s > SLIP_OVER_MIDNIGHT_S {
        same_day - another_day
    } else {
        same_day
    }
}

/// Finds the place of each update that isn't fixed.
fn place(timed: &mut [Timed<'_>], order: Order, facts: &PageFacts) {
    let rises = order == Order::OldestFirst;
    let page_offset_s = timed.first().map_or(0, |first| {
        let clock_s = match &first.update.moment {
            Moment::Clock { time, .. } => {
                i64::from(time.hour()) * 3_600 + i64::from(time.minute()) * 60 + i64::from(time.second())
            }
            Moment::Match(_) | Moment::Relative | Moment::None => 0,
        };
        i64::from(offset_at(first.zone, facts.mtime).seconds()) + first.clock - clock_s
    });
    let carried = facts.state.and_then(|state| {
        let (newest, basis) = state.newest?;
        let last = if rises { newest } else { state.oldest? };
        Some((last.as_second() + page_offset_s, basis))
    });
    let fixed: Vec<Option<(i64, DateBasis)>> = timed.iter().map(|timed| timed.place).collect();
    if fixed.iter().all(Option::is_none) && carried.is_none() {
        return hang_up(timed, rises, facts);
    }
    // From each side: the place that the nearest fixed one on that side gives, and how far off in time that is.
    let count = timed.len();
    let mut from_above = vec![None; count];
    let mut last = carried.map(|(place, basis)| Chain { extreme: place, fixed: place, basis });
    for at in 0..count {
        match (fixed[at], &mut last) {
            (Some((place, basis)), _) => last = Some(Chain { extreme: place, fixed: place, basis }),
            (None, Some(chain)) => from_above[at] = Some(chain.add(timed[at].clock, rises)),
            (None, None) => {}
        }
    }
    let mut last: Option<Chain> = None;
    for at in (0..count).rev() {
        match (fixed[at], &mut last) {
            (Some((place, basis)), _) => last = Some(Chain { extreme: place, fixed: place, basis }),
            (None, Some(chain)) => {
                let below = chain.add(timed[at].clock, !rises);
                let nearer = match from_above[at] {
                    // As near from both sides: the older one's, whose day is settled.
                    Some(above) if above.away_s < below.away_s || above.away_s == below.away_s && rises => {
                        above
                    }
                    Some(_) | None => below,
                };
                timed[at].place = Some((nearer.place, nearer.basis));
            }
            (None, None) => timed[at].place = from_above[at].map(|above: Step| (above.place, above.basis)),
        }
    }
}

/// Updates that step from one whose day is certain.
#[derive(Debug)]
struct Chain {
    /// The furthest place so far.
    extreme: i64,
    /// Where the certain one stands.
    fixed: i64,
    basis: DateBasis,
}

/// Where a chain puts an update.
#[derive(Debug, Clone, Copy)]
struct Step {
    place: i64,
    basis: DateBasis,
    /// How far from the certain one, seconds.
    away_s: i64,
}

impl Chain {
    fn add(&mut self, clock: i64, rises: bool) -> Step {
        let place = step(self.extreme, clock, rises);
        self.extreme = if rises {
            self.extreme.max(place)
        } else {
            self.extreme.min(place)
        };
        Step { place, basis: self.basis, away_s: (place - self.fixed).abs() }
    }
}

/// Nothing is fixed: the updates hang together by their steps, and on the day that the page is known to be of.
fn hang_up(timed: &mut [Timed<'_>], rises: bool, facts: &PageFacts) {
    let Some(first) = timed.first() else { return };
    let mut places = vec![first.clock];
    let pinned = !rises && is_pinned(timed);
    let mut extreme = first.clock;
    for (at, timed) in timed.iter().enumerate().skip(1) {
        if at == 1 && pinned {
            extreme = timed.clock;
            places.push(timed.clock);
            continue;
        }
        let place = step(extreme, timed.clock, rises);
        places.push(place);
        extreme = if rises {
            extreme.max(place)
        } else {
            extreme.min(place)
        };
    }
    let day_of = |at: usize| places[at].div_euclid(DAY_S);
    let (days, basis) = match facts.given {
        Some((given, basis)) => {
            let oldest = (0..places.len()).min_by_key(|&at| places[at]).unwrap_or(0);
            // The given day is the oldest update's own, also where the page's zone is another.
            let own_day =
                (places[oldest] - (timed[oldest].clock - own_second(&timed[oldest]))).div_euclid(DAY_S);
            (days_of(given) - own_day, basis)
        }
        None => {
            let newest = (0..places.len()).max_by_key(|&at| places[at]).unwrap_or(0);
            let limit = facts.mtime.as_second() + MTIME_SLACK_S;
            let mtime_day = days_of(local_date(facts.mtime, timed[newest].zone)) + 1;
            let is_not_later = |day: &i64| {
                let place = places[newest] + (day - day_of(newest)) * DAY_S;
                instant(&timed[newest], place, None).is_some_and(|timestamp| timestamp.as_second() <= limit)
            };
            let day = (0..3).map(|back| mtime_day - back).find(is_not_later).unwrap_or(mtime_day - 2);
            (day - day_of(newest), DateBasis::Mtime)
        }
    };
    for (timed, place) in timed.iter_mut().zip(places) {
        timed.place = Some((place + days * DAY_S, basis));
    }
}

/// Whether the update at the top of a newest-first page stands there though it is older: it alone breaks the
/// order, and is nearer to the one below on the same day than on the next.
fn is_pinned(timed: &[Timed<'_>]) -> bool {
    let [top, second, third, ..] = timed else { return false };
    let above_s = second.clock - top.clock;
    above_s > SLIP_S && above_s < DAY_S - above_s && third.clock - second.clock <= SLIP_S
}

fn own_second(timed: &Timed<'_>) -> i64 {
    match &timed.update.moment {
        Moment::Clock { time, .. } => {
            i64::from(time.hour()) * 3_600 + i64::from(time.minute()) * 60 + i64::from(time.second())
        }
        Moment::Match(_) | Moment::Relative | Moment::None => 0,
    }
}

/// The instants of all places, along the order, so that the second 01:30 of a clock change can be told.
fn instants(
    timed: &[Timed<'_>],
    order: Order,
    facts: &PageFacts,
    times: &mut [Option<(Timestamp, DateBasis)>],
) {
    let mut before =
        facts.state.filter(|_| facts.grows).and_then(|state| state.newest).map(|(timestamp, _)| timestamp);
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
    let own_place = place - (timed.clock - own_second(timed));
    let local = DateTime::from_parts(date_of(own_place.div_euclid(DAY_S))?, *time);
    match timed.zone {
        Zone::Offset(seconds) => Offset::from_seconds(*seconds).ok()?.to_timestamp(local).ok(),
        Zone::Rules(rules) => {
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
mod tests;
