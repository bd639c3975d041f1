//! Which known page a text is, and which of its updates are known of it. Nothing is written here.

use std::collections::{BTreeMap, HashSet};

use jiff::Timestamp;

use crate::journal::JournalError;
use crate::journal::batch::Batch;
use crate::model::time::DateBasis;
use crate::parse::dating::{Anchor, Order};
use crate::parse::page::{self, Sighting};
use crate::stage::PageRead;
use crate::stage::page::Loose;

/// So many updates that are all known tell which page they are of, however fresh it seems.
const ALL_KNOWN_MIN: usize = 3;

/// Which known page this is, if it is one, and when its updates were published, as far as they are known.
pub(super) fn recognise(
    batch: &mut Batch<'_>,
    read: &PageRead,
    before: Option<u64>,
    loose: &Loose,
    order: Order,
) -> Result<(Option<u64>, Vec<Anchor>), JournalError> {
    let known = recognised(batch, read, before, loose)?;
    let goes_on = read.page.grows || read.rest.is_some();
    if known.is_none()
        && !goes_on
        && has_known_end(batch, loose)?
        && let Some((page, anchors)) = all_known(batch, read, loose)?
    {
        return Ok((Some(page), anchors));
    }
    let anchors = anchors(batch, read, known, loose, order)?;
    Ok((known, anchors))
}

/// Which known page this is, by what most of it says.
fn recognised(
    batch: &mut Batch<'_>,
    read: &PageRead,
    before: Option<u64>,
    loose: &Loose,
) -> Result<Option<u64>, JournalError> {
    // What is appended to a file is of the file's page.
    let goes_on = read.page.grows || read.rest.is_some();
    if goes_on && before.is_some() {
        return Ok(before);
    }
    if let Some(hash) = read.content_hash
        && let Some(page) = batch.page_of_bytes(hash)?
        && is_of_its_day(batch, read, page, loose)?
    {
        return Ok(Some(page));
    }
    // A day that is given from outside holds for every new file; only the same file can have moved on from it, also
    // where the index was lost that knew so.
    if read.page.firm().is_some() {
        if before.is_some() || !has_known_end(batch, loose)? {
            return Ok(before);
        }
        let sightings = sightings(batch, loose, None)?;
        let Some(page) = is_again(batch, &sightings)? else { return Ok(None) };
        return Ok(is_of_its_day(batch, read, page, loose)?.then_some(page));
    }
    // Most often it is what the file was before: then no other page need be asked for.
    if let Some(before) = before {
        let sightings = sightings(batch, loose, Some(before))?;
        let shared = sightings.iter().filter(|seen| !seen.is_empty()).count();
        if shared * 2 > loose.count() && is_again(batch, &sightings)?.is_some() {
            return Ok(Some(before));
        }
        // All of it is still there, with more: a page of yesterday that began alike may share more by now.
        if shared > 0 && batch.page_known_since(before, Timestamp::MIN)? == shared as u64 {
            return Ok(Some(before));
        }
    }
    let sightings = sightings(batch, loose, None)?;
    is_again(batch, &sightings)
}

/// The page that all updates of this text are known of, and when each was published: it is what that page once was, put back
/// from a backup, a fetch of it that broke off, or a part of it, `page 2` of a blog whose updates go on to it. Most are known
/// word by word; the others, edited since or cut at the end, by name, of the page that knows most of them. A day that opens
/// with what another one said is fresh by its mtime, and short, or tells some of it in other words.
fn all_known(
    batch: &mut Batch<'_>,
    read: &PageRead,
    loose: &Loose,
) -> Result<Option<(u64, Vec<Anchor>)>, JournalError> {
    let page = &read.page;
    let none = vec![None; loose.count()];
    let mut anchors = none.clone();
    let mut counts: BTreeMap<u64, usize> = BTreeMap::new();
    let mut others = Vec::new();
    for at in (0..loose.count()).filter(|&at| !page.document.updates[at].is_empty()) {
        let Some(key) = loose.key(at) else { return Ok(None) };
        for known in batch.pages_with(key)? {
            let times = batch.page_updates(known, key)?;
            anchors[at] = of_its_text(batch, read, loose, at, &times)?;
            if anchors[at].is_some() {
                *counts.entry(known).or_default() += 1;
                break;
            }
        }
        if anchors[at].is_none() {
            others.push((at, key));
        }
        if others.len() * 2 > loose.count() {
            return Ok(None);
        }
    }
    let said = counts.values().sum::<usize>();
    let Some((most, _)) = counts.into_iter().max_by_key(|&(page, count)| (count, page)) else {
        return Ok(None);
    };
    for &(at, key) in &others {
        anchors[at] = batch.page_updates(most, key)?.pop();
        if anchors[at].is_none() {
            return Ok(None);
        }
    }
    let is_short = said < ALL_KNOWN_MIN;
    let may_be_new = match page.firm() {
        // A day that is given may say what another day said, but nothing that is still to come.
        Some(_) => page.is_written(&page.date(loose, &none, None)),
        None => (is_short || !others.is_empty()) && page.is_fresh(&page.date(loose, &none, None)),
    };
    let is_mostly_said = others.is_empty() || !is_short && said > others.len();
    Ok(Some((most, anchors)).filter(|_| is_mostly_said && !may_be_new))
}

/// Whether a page's first or last update was seen anywhere: nearly no new page has one, and the others needn't be asked.
fn has_known_end(batch: &mut Batch<'_>, loose: &Loose) -> Result<bool, JournalError> {
    let mut keys = loose.keys();
    for key in [keys.next(), keys.next_back()].into_iter().flatten().flatten() {
        if !batch.pages_with(key)?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a page that is known may be of the day that is given to this text from outside: nothing known of it is from
/// before that day, since the first bytes of one day's blog may be those of the next one's, and if its own day was given,
/// too, it's the same (a directory of days that say much the same each day is read in any order). Unless the given day would
/// put this text behind its file's mtime: what was rotated at midnight, or fetched then, has yesterday's text below today's
/// name.
fn is_of_its_day(
    batch: &mut Batch<'_>,
    read: &PageRead,
    page: u64,
    loose: &Loose,
) -> Result<bool, JournalError> {
    let Some(day) = read.page.firm() else { return Ok(true) };
    let sightings = sightings(batch, loose, Some(page))?;
    let seen = || sightings.iter().flatten();
    let is_given = |seen: &Sighting| matches!(seen.basis, DateBasis::Option | DateBasis::Path);
    let is_of_day = seen().all(|seen| read.page.day_of(seen.timestamp) >= day)
        && (!seen().any(is_given) || begins_by(batch, page, read.page.end_of(day))?);
    Ok(is_of_day || read.page.is_given_late(loose))
}

/// Whether something that is known of a page is from before `end`.
fn begins_by(batch: &mut Batch<'_>, page: u64, end: Option<Timestamp>) -> Result<bool, JournalError> {
    let Some(end) = end else { return Ok(true) };
    Ok(batch.page_known_since(page, end)? < batch.page_known_since(page, Timestamp::MIN)?)
}

/// On which pages each update was seen before; with `only` on that one.
fn sightings(
    batch: &mut Batch<'_>,
    loose: &Loose,
    only: Option<u64>,
) -> Result<Vec<Vec<Sighting>>, JournalError> {
    let mut sightings = Vec::with_capacity(loose.count());
    let mut asked = HashSet::with_capacity(loose.count());
    for key in loose.keys() {
        let mut seen = Vec::new();
        // An update that stands twice on the page is one that it shares.
        if let Some(key) = key.filter(|&key| asked.insert(key)) {
            let pages = only.map_or_else(|| batch.pages_with(key), |page| Ok(vec![page]))?;
            for page in pages {
                let update = batch.page_updates(page, key)?.pop();
                seen.extend(update.map(|(timestamp, basis)| Sighting { page, timestamp, basis }));
            }
        }
        sightings.push(seen);
    }
    Ok(sightings)
}

/// Which of the pages it is again, if any.
fn is_again(batch: &mut Batch<'_>, sightings: &[Vec<Sighting>]) -> Result<Option<u64>, JournalError> {
    let mut fault = None;
    let page = page::recognise(sightings, |page, since| {
        batch.page_known_since(page, since).unwrap_or_else(|error| {
            fault = Some(error);
            u64::MAX
        })
    });
    fault.map_or(Ok(page), Err)
}

/// What is known of the updates from `known`, that page, whose order this was. Asked in the order of their names, as they lie
/// in the index.
fn anchors(
    batch: &mut Batch<'_>,
    read: &PageRead,
    known: Option<u64>,
    loose: &Loose,
    order: Order,
) -> Result<Vec<Anchor>, JournalError> {
    let mut anchors = vec![None; loose.count()];
    let Some(known) = known else { return Ok(anchors) };
    let keyed = loose.keys().enumerate().filter_map(|(at, key)| Some((key?, at)));
    let mut asked: Vec<(u64, usize)> = keyed.collect();
    asked.sort_unstable();
    for alike in asked.chunk_by(|(one, _), (other, _)| one == other) {
        let times = batch.page_updates(known, alike[0].0)?;
        if alike.len() == 1 {
            anchors[alike[0].1] = match times.len() {
                0 | 1 => times.first().copied(),
                _ => of_its_text(batch, read, loose, alike[0].1, &times)?.or(times.last().copied()),
            };
            continue;
        }
        // Those whose text is known have its time; what is left has what is left, where it is as many.
        let mut others = Vec::new();
        for &(_, at) in alike {
            match of_its_text(batch, read, loose, at, &times)? {
                Some(time) => anchors[at] = Some(time),
                None => others.push(at),
            }
        }
        let taken: Vec<Anchor> = alike.iter().map(|&(_, at)| anchors[at]).collect();
        let mut left: Vec<_> = times.into_iter().filter(|time| !taken.contains(&Some(*time))).collect();
        if order == Order::NewestFirst {
            left.reverse();
        }
        // What is new stands at the newer end.
        let new = others.len().saturating_sub(left.len());
        let old = match order {
            Order::NewestFirst => &others[new..],
            Order::OldestFirst => &others[..others.len() - new],
        };
        for (&at, time) in old.iter().zip(left) {
            anchors[at] = Some(time);
        }
    }
    Ok(anchors)
}

/// Which of the times of its name an update has by its text.
fn of_its_text(
    batch: &mut Batch<'_>,
    read: &PageRead,
    loose: &Loose,
    at: usize,
    times: &[(Timestamp, DateBasis)],
) -> Result<Anchor, JournalError> {
    for &(timestamp, basis) in times {
        if said_so(batch, read, loose, at, timestamp)? == Some(true) {
            return Ok(Some((timestamp, basis)));
        }
    }
    Ok(None)
}

/// Whether an update was said in these words, if it was said as of then.
pub(super) fn said_so(
    batch: &mut Batch<'_>,
    read: &PageRead,
    loose: &Loose,
    at: usize,
    timestamp: Timestamp,
) -> Result<Option<bool>, JournalError> {
    let update = &read.page.document.updates[at];
    let id = read.page.id(update, loose.folded(at), Some(timestamp));
    Ok(batch.text_of(timestamp, id)?.map(|known| known == update.text_hash()))
}
