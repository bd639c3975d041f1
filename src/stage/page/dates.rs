//! The times of a page's updates: what is pinned on it, said again on it, or at odds with its mtime, before dating is asked.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use jiff::civil::{Date, Time};
use jiff::{SignedDuration, Timestamp};

use super::{Loose, Page};
use crate::model::time::{DateBasis, Moment};
use crate::model::update::Update;
use crate::parse::dating::{self, Anchor, Dated, DatingState, Order, PageFacts};
use crate::parse::document::Changed;

/// So many days at most something has been pinned on top.
const PINNED_DAYS_MAX: usize = 8;

impl Page {
    /// Gives each update its time. `anchors`: what is known of them from the same page; `state`: how the days
    /// before this text were found.
    pub fn date(&self, loose: &Loose, anchors: &[Anchor], state: Option<DatingState>) -> Dated {
        let are_known = anchors.iter().all(Option::is_some);
        let is_before = |given: Date| {
            let days = anchors.iter().flatten().map(|&(timestamp, _)| self.day_of(timestamp));
            days.into_iter().any(|day| day < given) && self.is_given_late(loose)
        };
        let is_whole = !self.grows && state.is_none();
        let holds = |&(given, basis): &(Date, DateBasis)| match basis {
            DateBasis::Option => true,
            DateBasis::Path => {
                !(are_known || is_before(given) || is_whole && self.is_of_the_day_before(given))
            }
            _ => !are_known,
        };
        let facts =
            PageFacts { given: self.given().filter(holds), grows: self.grows, state, ..self.by_mtime() };
        let facts = match self.document.changed_last {
            Changed::Said | Changed::Maybe(_) if is_whole => self.changed_last(facts, anchors),
            _ => facts,
        };
        let updates = &self.document.updates;
        if is_whole && let Some(anchors) = self.known_pin(&facts, anchors) {
            return dating::date(updates, &facts, &anchors);
        }
        if let Some(at) = self.pinned(loose).filter(|_| is_whole)
            && dating::date(updates, &facts, anchors).order == Order::NewestFirst
        {
            let below = dating::date(&updates[1..], &facts, &anchors[1..]).times;
            let anchors: Vec<Anchor> = [below[at - 1]].into_iter().chain(below.iter().copied()).collect();
            return dating::date(updates, &facts, &anchors);
        }
        let repeats = repeats(loose, updates);
        let Some(first) = repeats.iter().position(Option::is_some) else {
            let dated = dating::date(updates, &facts, anchors);
            return match self.new_pin(&dated, anchors).filter(|_| is_whole) {
                Some(anchors) => dating::date(updates, &facts, &anchors),
                None => dated,
            };
        };
        // A page that was appended to a page: what it says again has the days of what it said before.
        let before = dating::date(&updates[..first], &facts, &anchors[..first]);
        let known =
            |at: usize| before.times.get(repeats[at].unwrap_or(at)).copied().flatten().or(anchors[at]);
        let anchors: Vec<Anchor> = (0..updates.len()).map(known).collect();
        dating::date(updates, &facts, &anchors)
    }

    /// Where a known update stands on top, above new ones, and what stands below it is newer: the times of all. It is pinned
    /// there, and dates nothing.
    fn known_pin(&self, facts: &PageFacts, anchors: &[Anchor]) -> Option<Vec<Anchor>> {
        let [Some(pin), None, below @ ..] = anchors else { return None };
        if below.iter().all(Option::is_none) {
            return None;
        }
        let below = dating::date(&self.document.updates[1..], facts, &anchors[1..]);
        let newest = newest_of(&below)?;
        (below.order == Order::NewestFirst && newest > pin.0 && self.is_written(&below))
            .then(|| [Some(*pin)].into_iter().chain(below.times).collect())
    }

    /// Where a new update on top would be of an hour to come, and no other one is: the times of all, its own some days earlier.
    /// It is pinned there.
    fn new_pin(&self, dated: &Dated, anchors: &[Anchor]) -> Option<Vec<Anchor>> {
        let is_late = |timestamp: Timestamp| timestamp.duration_since(self.mtime) > dating::MTIME_SLACK;
        let [Some((top, basis)), others @ ..] = &dated.times[..] else { return None };
        let update = &self.document.updates[0];
        let is_new = anchors[0].is_none() && !update.has_own_date() && update.heading.is_none();
        let known = others.iter().flatten().map(|&(timestamp, _)| timestamp);
        if !is_late(*top)
            || !is_new
            || dated.order != Order::NewestFirst
            || !known.clone().all(|at| !is_late(at))
        {
            return None;
        }
        let day = SignedDuration::from_hours(24);
        let earlier = std::iter::successors(Some(*top), |top| top.checked_sub(day).ok());
        let pin = earlier.take(PINNED_DAYS_MAX).find(|&top| !is_late(top)).filter(|_| known.count() > 0)?;
        Some([Some((pin, *basis))].into_iter().chain(others.iter().copied()).collect())
    }

    /// The same facts, the day moved back by which its header puts its newest update behind it, where that only says when
    /// the page was last changed.
    fn changed_last(&self, facts: PageFacts, anchors: &[Anchor]) -> PageFacts {
        let Some((day, DateBasis::Header)) = facts.given else { return facts };
        let times = dating::date(&self.document.updates, &facts, anchors).times;
        let local = |(update, time): (&Update, &Anchor)| match (&update.moment, time) {
            (Moment::Clock { zone: Some(zone), .. }, Some((timestamp, _))) => {
                Some(dating::local_date(*timestamp, zone))
            }
            (_, Some((timestamp, _))) => Some(self.day_of(*timestamp)),
            (_, None) => None,
        };
        let newest = self.document.updates.iter().zip(&times).filter_map(local).max();
        let is_when = match self.document.changed_last {
            Changed::Unsaid => false,
            Changed::Said => true,
            // A page is written just behind its newest update, and published before its oldest.
            Changed::Maybe(clock) => self.newest_clock(&times).is_some_and(|newest| {
                (SignedDuration::ZERO..=dating::FRESH).contains(&clock.duration_since(newest))
            }),
        };
        let newest = newest.filter(|_| is_when);
        let moved =
            newest.filter(|&newest| newest > day).and_then(|newest| day.checked_sub(newest - day).ok());
        PageFacts { given: moved.map(|moved| (moved, DateBasis::Header)).or(facts.given), ..facts }
    }

    /// The clock of its newest update, as written.
    fn newest_clock(&self, times: &[Anchor]) -> Option<Time> {
        let timed = self
            .document
            .updates
            .iter()
            .zip(times)
            .filter_map(|(update, time)| Some((time.as_ref()?.0, update)));
        match timed.max_by_key(|(timestamp, _)| *timestamp)?.1.moment {
            Moment::Clock { time, .. } => Some(time),
            Moment::Match(_) | Moment::Relative | Moment::None => None,
        }
    }

    /// Whether the day in its path puts its newest update behind the file's mtime, or behind the clock in its path, which a
    /// copy keeps, in whatever zone they may be.
    pub fn is_given_late(&self, loose: &Loose) -> bool {
        if !matches!(self.facts.given, Some((_, DateBasis::Path))) {
            return false;
        }
        let written = self.facts.fetched.map_or(self.mtime, |fetched| fetched.min(self.mtime));
        let dated = self.date(loose, &vec![None; loose.count()], None);
        newest_of(&dated).is_some_and(|newest| newest.duration_since(written) > dating::EAST_MAX)
    }

    /// What is known of a whole page's days if nothing but its mtime tells of them.
    fn by_mtime(&self) -> PageFacts {
        PageFacts { given: None, mtime: self.mtime, zone: self.facts.zone.clone(), grows: false, state: None }
    }

    /// When its updates were published, if the day in its header is that of a page which has gone on since: so dated all of them
    /// are from before `newest`, the newest update that its file had, and by its mtime the newest one has just been written.
    pub fn gone_on(&self, loose: &Loose, newest: Timestamp) -> Option<Vec<Anchor>> {
        let none = vec![None; loose.count()];
        let is_header = matches!(self.given(), Some((_, DateBasis::Header)));
        if !is_header || newest_of(&self.date(loose, &none, None))? >= newest {
            return None;
        }
        let dated = dating::date(&self.document.updates, &self.by_mtime(), &none);
        (self.is_fresh(&dated) && newest_of(&dated)? > newest).then_some(dated.times)
    }

    /// Whether the day in its path, on which or before which the file was written, would have all of it be still to come: that
    /// is the day on which it was fetched, some time after midnight.
    fn is_of_the_day_before(&self, given: Date) -> bool {
        let facts = PageFacts { given: Some((given, DateBasis::Path)), ..self.by_mtime() };
        let updates = &self.document.updates;
        let written = self.day_of(self.mtime);
        let is_fetched = given == written || Some(given) == written.tomorrow().ok();
        is_fetched && {
            let dated = dating::date(updates, &facts, &vec![None; updates.len()]);
            self.age(&dated).is_some_and(|age| age < -dating::EAST_MAX)
        }
    }

    /// How old its newest update was when the file was written, so dated.
    fn age(&self, dated: &Dated) -> Option<SignedDuration> {
        Some(self.mtime.duration_since(newest_of(dated)?))
    }

    /// Whether none of its updates, so dated, is behind the file's mtime.
    pub fn is_written(&self, dated: &Dated) -> bool {
        self.age(dated).is_some_and(|age| age >= -dating::MTIME_SLACK)
    }

    /// Whether its newest update, so dated, was written just before the file was.
    pub fn is_fresh(&self, dated: &Dated) -> bool {
        self.is_written(dated) && self.age(dated).is_some_and(|age| age <= dating::FRESH)
    }

    /// The update that a page repeats on top, pinned there since before midnight: its clock alone would make it one of the
    /// evening to come. On a log it may be another evening's.
    fn pinned(&self, loose: &Loose) -> Option<usize> {
        let clock = |at: usize| match self.document.updates.get(at)?.moment {
            Moment::Clock { time, date: None, .. } => Some(time),
            _ => None,
        };
        if clock(0)?.duration_since(clock(1)?) <= SignedDuration::from_hours(12) {
            return None;
        }
        let key = loose.key(0)?;
        (2..loose.count()).find(|&at| loose.key(at) == Some(key))
    }
}

/// The newest of the times that updates were given.
fn newest_of(dated: &Dated) -> Option<Timestamp> {
    dated.times.iter().flatten().map(|&(timestamp, _)| timestamp).max()
}

/// Which update says again what an earlier one of the same text said: the same clock and words, and at least
/// one neighbour likewise, since `08:00 Good morning` alone may come each day.
fn repeats(loose: &Loose, updates: &[Update]) -> Vec<Option<usize>> {
    let mut first = HashMap::with_capacity_and_hasher(loose.count(), BuildHasherDefault::<Hashed>::default());
    let mut alike = HashMap::new();
    let key = |at: Option<usize>| at.filter(|&at| at < loose.count()).and_then(|at| loose.key(at));
    let mut repeats = vec![None; loose.count()];
    for (at, repeat) in repeats.iter_mut().enumerate() {
        let Some(own) = loose.key(at) else { continue };
        let &mut earlier = first.entry(own).or_insert(at);
        if earlier == at {
            continue;
        }
        // Few pages come here.
        alike.entry((own, updates[earlier].text_hash())).or_insert(earlier);
        let &mut earlier = alike.entry((own, updates[at].text_hash())).or_insert(at);
        if earlier == at {
            continue;
        }
        let above = key(at.checked_sub(1));
        let below = key(Some(at + 1));
        let same_above = above.is_some() && above == key(earlier.checked_sub(1));
        let same_below = below.is_some() && below == key(Some(earlier + 1));
        *repeat = Some(earlier).filter(|_| same_above || same_below);
    }
    repeats
}

/// The hash of what is a hash already.
#[derive(Default)]
struct Hashed(u64);

impl Hasher for Hashed {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
