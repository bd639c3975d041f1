//! A page that was read before and is read otherwise now: it is held back until someone confirms it.
//!
//! An upgrade that reads a family of pages otherwise, or a changed `zone`, `date` or layout, makes new updates of
//! what was said long ago. That is told by the page itself, not by a version: most of the lines that were read of
//! this file before still stand in it, most of its updates are new all the same, and most lines of these were read
//! before. So a file that grows, a path that is used again for another page, and a page with much news on top of
//! old updates are never held back. A file under another name has no past, and isn't either.

use std::collections::HashSet;
use std::path::PathBuf;

use jiff::Timestamp;
use tracing::{debug, info, warn};

use crate::journal::JournalError;
use crate::journal::batch::Batch;
use crate::journal::confirmed::is_confirmed;
use crate::model::checkpoint::{Checkpoint, Held};
use crate::model::file::FileName;
use crate::model::globs::quoted;
use crate::model::identity::Id;
use crate::model::sketch::Sketch;
use crate::model::update::Update;
use crate::parse::document::Layout;
use crate::stage::PageRead;

/// How many updates are asked for, spread over the page, before all are: a page of which most is known, as it is
/// nearly always, costs no more than half of this many look-ups.
const ASKED_MAX: usize = 64;

/// How many updates must be new, and how many lines of them known: fewer may be edited headlines.
const NEW_MIN: usize = 3;

/// A page with no more updates may show how it is written only now.
const YOUNG_UPDATES_MAX: u64 = 8;

/// How many paths are remembered as warned of; beyond it they may be warned of again.
const WARNED_MAX: usize = 10_000;

/// Judges each page by what was read of its file before.
#[derive(Debug)]
pub struct HoldBack {
    on: bool,
    state: PathBuf,
    /// Files that were warned of since they were held back.
    warned: HashSet<FileName>,
}

impl HoldBack {
    /// `on`: as configured. `state`: where confirmations lie.
    pub fn new(on: bool, state: PathBuf) -> HoldBack {
        HoldBack { on, state, warned: HashSet::new() }
    }

    /// Whether, and since when, nothing is said of this page. `id` gives an update its time and identity.
    pub fn judge(
        &mut self,
        batch: &mut Batch<'_>,
        read: &PageRead,
        before: Option<&Checkpoint>,
        id: impl Fn(usize) -> (Option<Timestamp>, Id),
    ) -> Result<Option<Held>, JournalError> {
        if !self.on {
            return Ok(None);
        }
        let held = before.and_then(|before| before.held);
        if !read.from_start {
            // What is added to it waits with it: once confirmed, it's read from its start.
            return Ok(held);
        }
        if held.is_none() && has_shown_authors(before, read) {
            return Ok(None);
        }
        let Some(new) = reread(batch, read, held.is_some(), id)? else {
            if held.is_some() {
                info!(path = %read.file.path.display(), "this page is no longer held back: it is known, or another page now");
                self.warned.remove(&read.file);
            }
            return Ok(None);
        };
        let since = held.map_or_else(Timestamp::now, |held| held.since);
        let held = Held { since, new: new as u64, updates: told(read).count() as u64 };
        let confirmed = is_confirmed(&self.state, &read.file, &held).unwrap_or_else(|error| {
            warn!(%error, "what was confirmed can't be read: what is held back stays so");
            false
        });
        if confirmed {
            info!(path = %read.file.path.display(), updates = held.new, "this page was held back and is confirmed: it is said");
            self.warned.remove(&read.file);
            return Ok(None);
        }
        self.warn(read, &held);
        Ok(Some(held))
    }

    /// Once for each file, and again only after it was let go.
    fn warn(&mut self, read: &PageRead, held: &Held) {
        let path = read.file.path.display();
        if self.warned.len() >= WARNED_MAX {
            self.warned.clear();
        }
        if !self.warned.insert(read.file.clone()) {
            debug!(%path, new = held.new, updates = held.updates, "still held back");
            return;
        }
        warn!(
            %path,
            new = held.new,
            updates = held.updates,
            hint = format!("liveblogd confirm {} lets it through; drop.hold_back = false holds nothing back", quoted(&read.file.path)),
            "held back: the text of this page is known, and most of its updates would be said again as new ones, since it is read otherwise than before"
        );
    }
}

/// Whether a page that had few updates shows by now that the line below its stamps is their author, and no headline: a page
/// that is followed from its first update on isn't to stop there for that.
fn has_shown_authors(before: Option<&Checkpoint>, read: &PageRead) -> bool {
    let is_young = |before: &&Checkpoint| before.updates <= YOUNG_UPDATES_MAX;
    let layout = before.filter(is_young).and_then(|before| before.layout.as_deref()?.parse::<Layout>().ok());
    let now = read.page.document.layout.as_ref();
    layout.zip(now).is_some_and(|(before, now)| now.byline_above && !before.byline_above)
}

/// The updates of a reading that would be said or are known.
fn told(read: &PageRead) -> impl Iterator<Item = (usize, &Update)> {
    read.page.document.updates[..read.said].iter().enumerate().filter(|(_, update)| !update.is_empty())
}

/// How many updates are new, if most are although their text was read before. A page that is held back is, as long as
/// most of what was read before stands in new ones: much news on top of it doesn't let it go.
fn reread(
    batch: &mut Batch<'_>,
    read: &PageRead,
    is_held: bool,
    id: impl Fn(usize) -> (Option<Timestamp>, Id),
) -> Result<Option<usize>, JournalError> {
    let told: Vec<_> = told(read).collect();
    if told.len() < NEW_MIN && !is_held {
        return Ok(None);
    }
    let Some(before) = batch.sketch_of(&read.file)? else { return Ok(None) };
    let mut is_known = |at: usize| {
        let (timestamp, id) = id(at);
        batch.knows(timestamp, id)
    };
    let asked: Vec<_> = told.iter().step_by(told.len().div_ceil(ASKED_MAX)).collect();
    let mut known = 0;
    for (at, _) in &asked {
        known += usize::from(is_known(*at)?);
        if known * 2 >= asked.len() {
            return Ok(None);
        }
    }
    let (mut page, mut fresh, mut new) = (Sketch::default(), Sketch::default(), 0);
    for (at, update) in &told {
        page.add(update.words.headline(), update.words.body());
        if !is_known(*at)? {
            new += 1;
            fresh.add(update.words.headline(), update.words.body());
        }
    }
    if is_held {
        let (again, of_before) = before.found_in(&fresh);
        return Ok((again * 2 > of_before).then_some(new));
    }
    let (still, of_before) = before.found_in(&page);
    let (old, of_fresh) = fresh.found_in(&before);
    let is_reread = new >= NEW_MIN
        && new * 2 > told.len()
        && still * 2 > of_before
        && old * 2 > of_fresh
        && of_fresh >= NEW_MIN;
    Ok(is_reread.then_some(new))
}

/// Keeps what was read of a file, for the next reading of it.
pub fn remember(batch: &mut Batch<'_>, read: &PageRead) -> Result<(), JournalError> {
    if read.checkpoint.is_none() {
        return Ok(());
    }
    let before = match read.from_start {
        true => None,
        false => batch.sketch_of(&read.file)?,
    };
    let mut sketch = before.clone().unwrap_or_default();
    for (_, update) in told(read) {
        sketch.add(update.words.headline(), update.words.body());
    }
    // Of a long file few lines are in the sample, so that most of what is appended costs no writing.
    if sketch == Sketch::default() || before.as_ref() == Some(&sketch) {
        return Ok(());
    }
    batch.set_sketch(&read.file, sketch);
    Ok(())
}
