//! Which day each clock of a page is of.
//!
//! Along a page's order a clock that jumps against it by more than three hours is another day. Updates whose
//! day is certain (their own date, a new heading, a known update) are fixed; the others step from the nearest
//! of those, or hang together by their steps and are hung up on the day that the page is known to be of: the
//! day of its oldest update if the option, the path or the header gives it, of its newest if the mtime does.
//! It doesn't find the order, and makes no instants but to hold them against the mtime.

use super::{
    DAY_S, EAST_S_MAX, FRESH_AGE_S, MTIME_SLACK_S, Order, PageFacts, SLIP_S, Timed, days_of, instant,
    is_fresh, local_date, offset_at,
};
use crate::model::time::DateBasis;

/// A clock that goes on by more than this has slipped back over midnight instead, seconds.
const SLIP_OVER_MIDNIGHT_S: i64 = 23 * 3_600;

/// Below one heading a clock may go this far against the order, seconds: a heading is believed until the clock
/// is nearer on another day.
const SLIP_BELOW_HEADING_S: i64 = 12 * 3_600;

/// Finds the place of each update that isn't fixed.
pub(super) fn place(timed: &mut [Timed<'_>], order: Order, facts: &PageFacts) {
    let rises = order == Order::OldestFirst;
    let carried = carried(timed, rises, facts);
    let mut given = facts.given.map(|(date, basis)| (days_of(date), basis));
    let is_known = timed.iter().any(|timed| timed.known.is_some());
    if (!rises || is_known) && facts.state.is_none() && has_one_heading(timed) {
        // It stands above them all, so it's the page's: the day of its oldest update. What is known is surer.
        if let Some(day) = timed[0].stated.map(|(place, _)| own_day(&timed[0], place)) {
            given = Some((day, DateBasis::Heading));
            timed[0].place = timed[0].known;
        }
    }
    let Some(first) = timed.first() else { return };
    let bounds = Bounds {
        floor: given.filter(|&(_, basis)| basis != DateBasis::Header).map(|(day, _)| day * DAY_S),
        now: facts.mtime.as_second() + i64::from(offset_at(first.zone, facts.mtime).seconds()),
    };
    let fixed: Vec<Option<(i64, DateBasis)>> = timed.iter().map(|timed| timed.place).collect();
    if fixed.iter().all(Option::is_none) && carried.is_none() {
        return hang_up(timed, rises, facts, given);
    }
    let above = from_above(timed, &fixed, carried, rises, facts.grows, &bounds);
    let below = from_below(timed, &fixed, carried.is_some(), rises, &bounds);
    for (timed, (above, below)) in timed.iter_mut().zip(above.into_iter().zip(below)) {
        if timed.place.is_none() {
            let step = match (above, below) {
                (Some(above), Some(_)) if !rises && timed.under_same && above.is_same_day() => Some(above),
                (Some(above), Some(below)) => Some(better(above, below, rises, &bounds)),
                (above, below) => above.or(below),
            };
            timed.place = step.map(|step| (step.place, step.basis));
        }
    }
    if !rises && !facts.grows && fixed.first() == Some(&None) {
        keep_before_mtime(timed, facts, false);
    }
}

/// Where the text before this one ended.
fn carried(timed: &[Timed<'_>], rises: bool, facts: &PageFacts) -> Option<(i64, DateBasis)> {
    let (first, state) = (timed.first()?, facts.state?);
    let (newest, basis) = state.newest?;
    let last = if rises { newest } else { state.oldest? };
    // The offset of that day, which needn't be the one of the day on which this is read.
    let offset_s = i64::from(offset_at(first.zone, last).seconds());
    Some((last.as_second() + offset_s + first.clock - first.second, basis))
}

/// Whether all updates stand below one heading that says when, and none says it itself.
fn has_one_heading(timed: &[Timed<'_>]) -> bool {
    let is_headed = |timed: &Timed<'_>| timed.stated.is_some_and(|(_, basis)| basis == DateBasis::Heading);
    timed.first().is_some_and(|first| !first.under_same)
        && timed.iter().all(is_headed)
        && timed.iter().skip(1).all(|timed| timed.under_same)
}

/// What the nearest fixed one above gives to each.
fn from_above(
    timed: &[Timed<'_>],
    fixed: &[Option<(i64, DateBasis)>],
    carried: Option<(i64, DateBasis)>,
    rises: bool,
    grows: bool,
    bounds: &Bounds,
) -> Vec<Option<Step>> {
    let mut last = carried.map(|(place, basis)| Chain { extreme: place, fixed: place, basis });
    let end = timed.last().map(|timed| timed.at);
    let step = |(timed, fixed): (&Timed<'_>, &Option<(i64, DateBasis)>)| match (fixed, &mut last) {
        (&Some((place, basis)), before) => {
            // What was known of a growing file changes nothing of how it goes on.
            let carried = before.as_ref().filter(|_| grows && timed.anchor.is_some());
            let extreme = carried.map_or(place, |chain| match rises {
                true => chain.extreme.max(place),
                false => chain.extreme.min(place),
            });
            last = Some(Chain { extreme, fixed: place, basis });
            None
        }
        (None, Some(chain)) => {
            Some(chain.add(timed.clock, rises, slip_s(timed), bounds.is_long_day(Some(timed.at) == end)))
        }
        (None, None) => None,
    };
    timed.iter().zip(fixed).map(step).collect()
}

/// What the nearest fixed one below gives to each. A log's days come from above wherever they can, since it's
/// read while it grows too, when nothing is below: of what stands below only known updates count.
fn from_below(
    timed: &[Timed<'_>],
    fixed: &[Option<(i64, DateBasis)>],
    is_carried: bool,
    rises: bool,
    bounds: &Bounds,
) -> Vec<Option<Step>> {
    let first_fixed = fixed.iter().position(Option::is_some).filter(|_| !is_carried);
    let mut steps = vec![None; timed.len()];
    let mut last: Option<Chain> = None;
    for at in (0..timed.len()).rev() {
        match (fixed[at], &mut last) {
            (Some((place, basis)), _) => {
                let counts = !rises || timed[at].anchor.is_some() || first_fixed == Some(at);
                // What is known and older than what is below it is pinned or copied there: it dates nothing above it.
                let before = last.as_ref().filter(|_| !rises && timed[at].anchor.is_some());
                let extreme = before.map_or(place, |before| before.extreme.max(place));
                last = Some(Chain { extreme, fixed: place, basis }).filter(|_| counts);
            }
            (None, Some(chain)) => {
                let slip_s = timed.get(at + 1).map_or(SLIP_S, slip_s);
                steps[at] = Some(chain.add(timed[at].clock, !rises, slip_s, bounds.is_long_day(at == 0)));
            }
            (None, None) => {}
        }
    }
    steps
}

fn slip_s(timed: &Timed<'_>) -> i64 {
    if timed.under_same {
        SLIP_BELOW_HEADING_S
    } else {
        SLIP_S
    }
}

/// Of two, the one that isn't before the page's day, or is fresh; the one that keeps the order between both certain ones;
/// else the nearer; else the older one's, whose day is settled.
fn better(above: Step, below: Step, rises: bool, bounds: &Bounds) -> Step {
    let (low, high) = if rises {
        (above.fixed, below.fixed)
    } else {
        (below.fixed, above.fixed)
    };
    let is_likelier = |one: Step, other: Step| {
        bounds.allow(one.place) && !bounds.allow(other.place)
            || bounds.is_fresh(one.place) && !bounds.is_fresh(other.place)
    };
    if is_likelier(above, below) != is_likelier(below, above) {
        return if is_likelier(above, below) { above } else { below };
    }
    if !rises && high < low {
        // What is certain above is older than what is below: it is pinned there.
        return below;
    }
    let rank = |step: Step| ((low - step.place).max(0) + (step.place - high).max(0), step.away_s());
    let (above_rank, below_rank) = (rank(above), rank(below));
    if above_rank < below_rank || above_rank == below_rank && rises {
        above
    } else {
        below
    }
}

/// A new update on top of known ones is the next day's, where its clock says so; but not if the file is from
/// before: then it's pinned there. `is_headed`: below the one heading that is of all of them, whose day it would leave.
fn keep_before_mtime(timed: &mut [Timed<'_>], facts: &PageFacts, is_headed: bool) {
    let [top, second, ..] = timed else { return };
    let (Some((place, basis)), Some((neighbour, _))) = (top.place, second.place) else {
        return;
    };
    let pinned = place - DAY_S;
    let late_s = |timed: &Timed<'_>, place: i64| {
        instant(timed, place, None).map_or(0, |timestamp| timestamp.as_second() - facts.mtime.as_second())
    };
    let top_late_s = late_s(top, place);
    if (neighbour - pinned > SLIP_S || top_late_s > EAST_S_MAX)
        && (is_headed || neighbour - pinned < place - neighbour)
        && top_late_s > MTIME_SLACK_S
        && late_s(second, neighbour) <= MTIME_SLACK_S
    {
        top.place = Some((pinned, basis));
    }
}

/// What is known of a page's places as a whole: local seconds since 1970.
struct Bounds {
    /// Where the day begins that the page is known to be of from the option, the path or a heading above it all.
    floor: Option<i64>,
    /// The file's mtime.
    now: i64,
}

impl Bounds {
    fn allow(&self, place: i64) -> bool {
        self.floor.is_none_or(|floor| place >= floor)
    }

    /// Whether a place is just before the mtime.
    fn is_fresh(&self, place: i64) -> bool {
        FRESH_AGE_S.contains(&(self.now - place))
    }

    /// Whether a log went on for so long that its clock seems to have slipped back over midnight. `is_last`: nothing was
    /// written behind it.
    fn is_long_day(&self, is_last: bool) -> impl Fn(i64, i64) -> bool {
        move |same_day, slipped| {
            is_last && self.is_fresh(same_day) || self.allow(same_day) && !self.allow(slipped)
        }
    }
}

/// Where a clock stands that follows `extreme`, the newest so far of rising or the oldest so far of falling times.
fn step(extreme: i64, clock: i64, rises: bool, slip_s: i64, is_long_day: impl Fn(i64, i64) -> bool) -> i64 {
    let same_day = extreme.div_euclid(DAY_S) * DAY_S + clock;
    let along_s = if rises {
        same_day - extreme
    } else {
        extreme - same_day
    };
    let another_day = if rises { DAY_S } else { -DAY_S };
    if along_s < -slip_s {
        same_day + another_day
    } else if along_s > SLIP_OVER_MIDNIGHT_S && !(rises && is_long_day(same_day, same_day - another_day)) {
        same_day - another_day
    } else {
        same_day
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
    /// Where the certain one stands.
    fixed: i64,
}

impl Step {
    fn is_same_day(self) -> bool {
        self.place.div_euclid(DAY_S) == self.fixed.div_euclid(DAY_S)
    }

    fn away_s(self) -> i64 {
        (self.place - self.fixed).abs()
    }
}

impl Chain {
    fn add(&mut self, clock: i64, rises: bool, slip_s: i64, is_long_day: impl Fn(i64, i64) -> bool) -> Step {
        let place = step(self.extreme, clock, rises, slip_s, is_long_day);
        self.extreme = if rises {
            self.extreme.max(place)
        } else {
            self.extreme.min(place)
        };
        Step { place, basis: self.basis, fixed: self.fixed }
    }
}

/// Nothing is fixed: the updates hang together by their steps, and on the day that the page is known to be of.
fn hang_up(timed: &mut [Timed<'_>], rises: bool, facts: &PageFacts, given: Option<(i64, DateBasis)>) {
    let pinned = pinned(timed, facts).filter(|_| !rises);
    let hung = |is_long_day: bool| {
        let places = hang_together(timed, rises, pinned, is_long_day);
        let newest = (0..places.len()).max_by_key(|&at| places[at]).unwrap_or(0);
        let (days, basis) = days_from(timed, &places, newest, facts, given);
        let timestamp = instant(&timed[newest], places[newest] + days * DAY_S, None);
        let is_fresh = timestamp
            .is_some_and(|newest| FRESH_AGE_S.contains(&(facts.mtime.as_second() - newest.as_second())));
        (places, days, basis, is_fresh)
    };
    let (mut places, mut days, basis, is_fresh) = hung(false);
    if rises
        && !is_fresh
        && let (long_day, days_then, _, true) = hung(true)
    {
        (places, days) = (long_day, days_then);
    }
    for (timed, place) in timed.iter_mut().zip(places) {
        timed.place = Some((place + days * DAY_S, basis));
    }
    if !rises && basis == DateBasis::Heading {
        keep_before_mtime(timed, facts, true);
    }
}

/// So many days further on stand updates that hang together, and where that comes from.
fn days_from(
    timed: &[Timed<'_>],
    places: &[i64],
    newest: usize,
    facts: &PageFacts,
    given: Option<(i64, DateBasis)>,
) -> (i64, DateBasis) {
    let day_of = |at: usize| places[at].div_euclid(DAY_S);
    match given {
        Some((given, basis)) => {
            let oldest = (0..places.len()).min_by_key(|&at| places[at]).unwrap_or(0);
            // The given day is the oldest update's own, also where the page's zone is another.
            let days = given - own_day(&timed[oldest], places[oldest]);
            let back = match basis {
                DateBasis::Option => 0,
                _ => days_late(&timed[newest], places[newest] + days * DAY_S, facts),
            };
            // It's a later day's of this page, or the mtime is worth nothing. A header may tell when the page was changed.
            let least = i64::from(basis == DateBasis::Header);
            let is_on_page = back <= (day_of(newest) - day_of(oldest)).max(least);
            (days - if is_on_page { back } else { 0 }, basis)
        }
        None => {
            let limit = facts.mtime.as_second() + MTIME_SLACK_S;
            let mtime_day = days_of(local_date(facts.mtime, timed[newest].zone)) + 1;
            let is_not_later = |day: &i64| {
                let place = places[newest] + (day - day_of(newest)) * DAY_S;
                instant(&timed[newest], place, None).is_some_and(|timestamp| timestamp.as_second() <= limit)
            };
            let day = (0..3).map(|back| mtime_day - back).find(is_not_later).unwrap_or(mtime_day - 2);
            (day - day_of(newest), DateBasis::Mtime)
        }
    }
}

/// Where the updates stand by their steps alone. `pinned`: where the first one does. `is_long_day`: none slips back over midnight.
fn hang_together(timed: &[Timed<'_>], rises: bool, pinned: Option<i64>, is_long_day: bool) -> Vec<i64> {
    // What is pinned on top stands by itself: the chain begins below it.
    let Some((begin, rest)) = timed[usize::from(pinned.is_some())..].split_first() else {
        return Vec::new();
    };
    let mut chain = Chain { extreme: begin.clock, fixed: begin.clock, basis: DateBasis::Mtime };
    let steps =
        rest.iter().map(|timed| chain.add(timed.clock, rises, slip_s(timed), |_, _| is_long_day).place);
    pinned.into_iter().chain([begin.clock]).chain(steps).collect()
}

/// How many days too late a place is for the file's mtime, whatever zone its page may be of. A page that was fetched after
/// midnight lies in the new day's directory, or says when it was last changed: its oldest updates are of the day before.
fn days_late(timed: &Timed<'_>, place: i64, facts: &PageFacts) -> i64 {
    let Some(timestamp) = instant(timed, place, None) else { return 0 };
    let late_s = timestamp.as_second() - facts.mtime.as_second() - EAST_S_MAX;
    (late_s + DAY_S - 1).div_euclid(DAY_S).max(0)
}

/// The day of a place in the zone of the update itself.
fn own_day(timed: &Timed<'_>, place: i64) -> i64 {
    (place - (timed.clock - timed.second)).div_euclid(DAY_S)
}

/// Where the update at the top of a newest-first page is pinned though it is older, if it is. It alone breaks the order, and
/// is nearer to the one below on the same day than on the next; if only it can have been written just before the file was,
/// it's the next day's all the same: the first one after a night. Or only the one below can: then it's pinned, since that day
/// or the one before.
fn pinned(timed: &[Timed<'_>], facts: &PageFacts) -> Option<i64> {
    let [top, second, third, ..] = timed else { return None };
    if third.clock - second.clock > SLIP_S {
        return None;
    }
    let above_s = second.clock - top.clock;
    let is_nearer = |away_s: i64| away_s > SLIP_S && away_s < DAY_S - away_s;
    match (is_fresh(top, facts), is_fresh(second, facts)) {
        (false, true) if above_s > SLIP_S => Some(top.clock),
        (false, true) if above_s < -SLIP_S => Some(top.clock - DAY_S),
        (true, false) => None,
        _ => is_nearer(above_s).then_some(top.clock),
    }
}
