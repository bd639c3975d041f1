//! A page into offers to the journal: which page it is, which days its updates are of, which of them are said. The gate's
//! thread calls it; nothing is written here.

use std::collections::HashMap;

use tracing::{debug, warn};

use crate::journal::JournalError;
use crate::journal::batch::Batch;
use crate::journal::gate::{Entry, Verdict};
use crate::model::checkpoint::{Checkpoint, FileState};
use crate::parse::dating::{self, Anchor, Dated, DatingState, Order};
use crate::stage::PageRead;
use crate::stage::gate::Counts;
use crate::stage::hold_back::{HoldBack, remember};
use crate::stage::merged::Merged;
use crate::stage::page::{Loose, event_of};
use crate::stage::recognise::{recognise, said_so};

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
    let order = state.map_or(Order::NewestFirst, |state: DatingState| state.order);
    let (mut known_page, mut anchors) = recognise(batch, read, before_page, &loose, order)?;
    if known_page.is_some() && is_another_days(batch, read, &loose, &anchors)? {
        known_page = None;
        anchors.fill(None);
    }
    if known_page.is_none()
        && !read.goes_on
        && let Some((newest, _)) = state.and_then(|state| state.newest)
        && let Some(times) = page.gone_on(&loose, newest)
    {
        anchors = times;
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
    // How many new updates stood before each that is known.
    let (mut passed, mut new) = (HashMap::new(), 0);
    for at in along {
        let Some((timestamp, _)) = anchors[at] else {
            new += 1;
            continue;
        };
        // `18:00 That is all` may come each day, too: on a log nothing is pinned.
        let is_daily =
            dated.order == Order::OldestFirst && passed.get(&timestamp).is_some_and(|&then| then < new);
        if is_daily {
            without[at] = None;
            continue;
        }
        if newest.is_none_or(|newest| newest.duration_since(timestamp) <= dating::SLIP) {
            newest = newest.max(Some(timestamp));
            passed.entry(timestamp).or_insert(new);
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
