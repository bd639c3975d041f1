//! A page into offers to the journal: which page it is, which days its updates are of, which of them are said. The gate's
//! thread calls it; nothing is written here.

use std::collections::HashSet;

use jiff::Timestamp;
use tracing::{debug, warn};

use crate::journal::JournalError;
use crate::journal::batch::Batch;
use crate::journal::gate::{Entry, Verdict};
use crate::model::checkpoint::{Checkpoint, FileState};
use crate::model::time::DateBasis;
use crate::parse::dating::{self, Anchor, Dated, DatingState, Order};
use crate::parse::page::{Sighting, recognise};
use crate::stage::PageRead;
use crate::stage::gate::Counts;
use crate::stage::hold_back::{HoldBack, remember};
use crate::stage::merged::Merged;
use crate::stage::page::{Loose, event_of};

/// Dates a page's updates by what is known of them, and offers them to the journal, oldest first.
pub(super) fn say(
    batch: &mut Batch<'_>,
    read: &PageRead,
    counts: &mut Counts,
    merged: &mut Merged,
    hold_back: &mut HoldBack,
) -> Result<(), JournalError> {
    let before = batch.checkpoint_of(&read.file)?;
    let state =
        before.as_ref().and_then(|before| before.dating.as_deref()).and_then(|state| state.parse().ok());
    let page = &read.page;
    let updates = &page.document.updates;
    let loose = page.loose();
    counts.mended += read.mended_lines;
    counts.empty += read.cut_off;
    if page.document.layout.is_none() {
        counts.untimed += 1;
        // A log that was just emptied (copytruncate) has lost nothing: it has no text yet.
        let empty = read.checkpoint.as_ref().is_some_and(|now| now.read_offset == 0);
        if !empty && before.as_ref().is_some_and(|before| before.updates > 0) {
            warn!(path = %read.file.path.display(), "this page had updates and has no time lines now: nothing is said of it");
        } else {
            debug!(path = %read.file.path.display(), "no time lines");
        }
    }
    let before_page = before.as_ref().map(|before| before.page).filter(|&page| page != 0);
    let mut known_page = recognised(batch, read, before_page, &loose)?;
    let order = state.map_or(Order::NewestFirst, |state: DatingState| state.order);
    let mut anchors = anchors(batch, read, known_page, &loose, order)?;
    if known_page.is_some() && is_another_days(batch, read, &loose, &anchors)? {
        known_page = None;
        anchors.fill(None);
    }
    let (anchors, dated) = said_anew(batch, read, &loose, anchors, state.filter(|_| read.goes_on))?;
    if let Some(rest) = &read.rest {
        if dated.order != Order::NewestFirst || !is_as_before(read, before.as_ref(), state.as_ref(), &anchors)
        {
            return say(batch, &read.whole(rest), counts, merged, hold_back);
        }
        counts.known += rest.updates as u64;
    }
    let identity = |at: usize| {
        let timestamp = dated.times[at].map(|(timestamp, _)| timestamp);
        (timestamp, page.id(&updates[at], loose.folded(at), timestamp))
    };
    if let Some(held) = hold_back.judge(batch, read, before.as_ref(), identity)? {
        let before = before.unwrap_or_default();
        if before.held.is_none() {
            counts.held_back += held.new;
        }
        let Some(checkpoint) = read.checkpoint.clone() else { return Ok(()) };
        let (state, held) = (FileState::HeldBack, Some(held));
        let kept = Checkpoint { state, held, page: before.page, dating: before.dating, ..checkpoint };
        batch.checkpoint(&read.file, kept);
        return Ok(());
    }
    remember(batch, read)?;
    let page_id = match known_page {
        Some(page_id) => page_id,
        None if updates.is_empty() => 0,
        None => batch.new_page(),
    };
    let shared = page.shared(&read.file, Some(read.backfill), read.observed);
    // Of a page whose newest update stands on top, the last was finished long ago.
    let last = updates.len().checked_sub(1).filter(|last| dated.sequence.last() == Some(last));
    let open = last.filter(|_| read.open);
    for (at, update) in page.along(&dated.sequence).filter(|&(at, _)| at < read.said) {
        if update.is_empty() {
            counts.empty += 1;
            continue;
        }
        let time = dated.times[at];
        let (timestamp, id) = identity(at);
        let mut event = event_of(update, id, time, &shared);
        let entry = Entry {
            timestamp,
            basis: time.map(|(_, basis)| basis),
            id,
            loose: loose.key(at),
            text_hash: update.text_hash(),
            page: page_id,
            unfinished: read.continued && at == 0,
            open: Some(at) == open,
            torn: read.torn && at + 1 == updates.len(),
        };
        let offered = batch.offer(&mut event, entry)?;
        if let Some(other) = offered.merged_with {
            counts.merged += 1;
            merged.note(shared.blog.unwrap_or(""), &other, event.headline);
        }
        match offered.verdict {
            Verdict::New(_) => counts.new += 1,
            Verdict::Revised(_) => counts.revised += 1,
            Verdict::Known => counts.known += 1,
            Verdict::Changed => counts.changed += 1,
        }
    }
    if let Some(hash) = read.content_hash.filter(|_| page_id != 0) {
        batch.remember_page(page_id, hash);
    }
    let Some(mut checkpoint) = read.checkpoint.clone() else { return Ok(()) };
    checkpoint.page = page_id;
    let dating = match state.filter(|_| read.rest.is_some()) {
        // Below it nothing has changed.
        Some(before) => DatingState { newest: dated.state.newest.max(before.newest), ..before },
        None => dated.state,
    };
    checkpoint.dating = Some(dating.to_string());
    debug!(path = %read.file.path.display(), updates = read.said, page = page_id, "page read");
    batch.checkpoint(&read.file, checkpoint);
    Ok(())
}

/// Whether a page that is known by its clocks and headlines is another day's all the same: none of these has the text that was
/// known, and by its mtime the page is just as old as its newest clock says, which by what is known it isn't.
fn is_another_days(
    batch: &mut Batch<'_>,
    read: &PageRead,
    loose: &Loose,
    anchors: &[Anchor],
) -> Result<bool, JournalError> {
    let page = &read.page;
    if page.grows || read.rest.is_some() || page.firm().is_some() {
        return Ok(false);
    }
    let mut differ = 0;
    for (at, anchor) in anchors.iter().enumerate() {
        let Some((timestamp, _)) = anchor else { continue };
        if said_so(batch, read, loose, at, *timestamp)? != Some(false) {
            return Ok(false);
        }
        differ += 1;
    }
    let is_fresh = |anchors: &[Anchor]| page.is_fresh(&page.date(loose, anchors, None));
    Ok(differ > 0 && !is_fresh(anchors) && is_fresh(&vec![None; anchors.len()]))
}

/// A page's updates in time. `08:00 Good morning` may come each day, and is known from yesterday: an anchor that is older than
/// what its update comes behind is yesterday's if the text is another one, and the page fits its mtime without it.
/// What is pinned or copied says again what it said.
fn said_anew(
    batch: &mut Batch<'_>,
    read: &PageRead,
    loose: &Loose,
    anchors: Vec<Anchor>,
    state: Option<DatingState>,
) -> Result<(Vec<Anchor>, Dated), JournalError> {
    let page = &read.page;
    let dated = page.date(loose, &anchors, state);
    let along: Box<dyn Iterator<Item = usize>> = match dated.order {
        Order::NewestFirst => Box::new((0..anchors.len()).rev()),
        Order::OldestFirst => Box::new(0..anchors.len()),
    };
    let mut newest = state.and_then(|state| state.newest).map(|(timestamp, _)| timestamp);
    let mut without = anchors.clone();
    for at in along {
        let Some((timestamp, _)) = anchors[at] else { continue };
        if newest.is_none_or(|newest| newest.duration_since(timestamp) <= dating::SLIP) {
            newest = newest.max(Some(timestamp));
            continue;
        }
        if said_so(batch, read, loose, at, timestamp)?.unwrap_or(true) {
            return Ok((anchors, dated));
        }
        without[at] = None;
    }
    if without == anchors {
        return Ok((anchors, dated));
    }
    let anew = page.date(loose, &without, state);
    let fits = match dated.order {
        Order::NewestFirst => page.is_fresh(&anew) && !page.is_fresh(&dated),
        Order::OldestFirst => page.is_written(&anew),
    };
    Ok(if fits { (without, anew) } else { (anchors, dated) })
}

/// Whether what is known of a page's file is enough to say what is new above a stretch that wasn't parsed: it's the
/// page that it was, whose newest updates stand on top, and known are the days of those below what is new. (That the
/// stretch is there proves which page it is, also where so much has gone from its end that its updates alone wouldn't.)
fn is_as_before(
    read: &PageRead,
    before: Option<&Checkpoint>,
    state: Option<&DatingState>,
    anchors: &[Anchor],
) -> bool {
    let is_page = before.is_some_and(|before| before.page != 0 && before.held.is_none());
    let mut context = read.page.document.updates.iter().zip(anchors).skip(read.said);
    is_page
        && state.is_some_and(|state| state.order == Order::NewestFirst)
        && context.all(|(update, anchor)| update.has_own_date() || anchor.is_some())
}

/// Which known page this is, if it is one.
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
    match is_again(batch, &sightings)? {
        Some(page) => Ok(Some(page)),
        None => grown_since(batch, read, loose, &sightings),
    }
}

/// The page of which this is what it once was, put back from a backup or an archive: by then that had a few updates, all of
/// them known of it word by word. A day that opens as another did is fresh by its mtime, or of one update.
fn grown_since(
    batch: &mut Batch<'_>,
    read: &PageRead,
    loose: &Loose,
    sightings: &[Vec<Sighting>],
) -> Result<Option<u64>, JournalError> {
    let updates = &read.page.document.updates;
    let said: Vec<usize> = (0..loose.count()).filter(|&at| !updates[at].is_empty()).collect();
    let [first, _, ..] = said[..] else { return Ok(None) };
    'pages: for page in sightings[first].iter().map(|seen| seen.page) {
        for &at in &said {
            let Some(key) = loose.key(at) else { return Ok(None) };
            let times = batch.page_updates(page, key)?;
            if of_its_text(batch, read, loose, at, &times)?.is_none() {
                continue 'pages;
            }
        }
        let anew = read.page.date(loose, &vec![None; loose.count()], None);
        return Ok((!read.page.is_fresh(&anew)).then_some(page));
    }
    Ok(None)
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
    let page = recognise(sightings, |page, since| {
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
fn said_so(
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
