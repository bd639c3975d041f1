//! Said events back into an index: what is known because of them. What only the index knew (how far files
//! were read, which days a page was given) is lost with it, and costs a second reading.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::journal::JournalError;
use crate::journal::forget::Forgotten;
use crate::journal::gate::Options;
use crate::journal::index::{Committed, Index, Seen};
use crate::journal::said::{Said, each_event, each_event_after, each_retired, event_at};
use crate::journal::segment;
use crate::model::file::FileName;
use crate::model::identity::Id;
use crate::model::sketch::Sketch;
use crate::model::time::DateBasis;

/// Makes the index again from the segments, and from what is left of retired ones. Says how many lines were no
/// event.
pub(super) fn rebuild(state: &Path, options: &Options) -> Result<(Index, Committed, u64), JournalError> {
    Index::remove(state)?;
    let (mut index, _) = Index::open(state, options.durable)?;
    let mut committed = Committed::default();
    let mut damaged_lines = 0;
    let mut pages = Pages::new(state, &options.scope)?;
    let segments = segment::list(state)?;
    for first_seq in segment::list_retired(state)? {
        // A kill came before the segment went: it tells more.
        if segments.contains(&first_seq) {
            continue;
        }
        damaged_lines += each_retired(state, first_seq, |event| {
            committed.next_seq = committed.next_seq.max(event.seq + 1);
            committed.backfilled = true;
            know(&mut index, event, &mut pages, &mut committed.next_page)
        })?;
    }
    for first_seq in segments {
        let mut length_bytes = 0;
        committed.next_seq = committed.next_seq.max(first_seq);
        damaged_lines += each_event(state, first_seq, |event, end| {
            if event.seq < committed.next_seq {
                // What a failed write left behind the end, and nothing has overwritten since.
                return Ok(());
            }
            length_bytes = end;
            committed.next_seq = event.seq + 1;
            // Whoever has a journal is past its first start.
            committed.backfilled = true;
            know(&mut index, event, &mut pages, &mut committed.next_page)
        })?;
        // Damaged lines at the end had seqs, too, and none of them may come again. What is packed was whole.
        let size_bytes =
            std::fs::metadata(segment::path(state, first_seq)).map_or(u64::MAX, |metadata| metadata.len());
        for record in segment::records(state, first_seq)?.iter().filter(|record| record.end <= size_bytes) {
            length_bytes = length_bytes.max(record.end);
            committed.next_seq = committed.next_seq.max(record.last_seq + 1);
        }
        committed = Committed { segment: first_seq, length_bytes, ..committed };
    }
    pages.open_last(&mut index)?;
    pages.keep_sketches(&mut index);
    index.flush(Some(&committed))?;
    Ok((index, committed, damaged_lines))
}

/// Brings the index up to `committed`: it lacks what was said between the last two writings of it, since it comes
/// after the events. Says how many events that were.
pub(super) fn catch_up(
    state: &Path,
    scope: &str,
    index: &mut Index,
    committed: &mut Committed,
) -> Result<u64, JournalError> {
    let indexed = index.committed()?.unwrap_or_default();
    let mut pages = Pages::new(state, scope)?;
    let (mut new, mut revised) = (0, 0);
    for first_seq in segment::list(state)? {
        let from = if first_seq == indexed.segment {
            indexed.length_bytes
        } else {
            0
        };
        if first_seq < indexed.segment || first_seq > committed.segment {
            continue;
        }
        each_event_after(state, first_seq, from, |event, end| {
            if first_seq == committed.segment && end > committed.length_bytes {
                return Ok(());
            }
            *(if event.revision > 1 {
                &mut revised
            } else {
                &mut new
            }) += 1;
            know(index, event, &mut pages, &mut committed.next_page)
        })?;
    }
    pages.open_last(index)?;
    *index.changes.added.entry("new").or_default() += new;
    *index.changes.added.entry("revised").or_default() += revised;
    index.flush(Some(committed))?;
    Ok(new + revised)
}

/// The pages of a journal as far as its events tell: one for each file, and for each stretch of days on which something
/// was said of it. What the gate knew of them better is lost with the index.
#[derive(Debug)]
pub(super) struct Pages {
    state: PathBuf,
    forgotten: Forgotten,
    scope: String,
    /// The page that each file was last, and the day of what was said last of it.
    of_file: HashMap<(String, String), (u64, i64)>,
    /// What was said of each file.
    sketches: HashMap<(String, String), Sketch>,
    /// What was said last of each file: its writer may be in the middle of it.
    last: HashMap<(String, String), (Option<Timestamp>, Id, Seen)>,
}

impl Pages {
    pub(super) fn new(state: &Path, scope: &str) -> Result<Pages, JournalError> {
        let forgotten = Forgotten::load(state)?;
        Ok(Pages {
            state: state.into(),
            forgotten,
            scope: scope.into(),
            of_file: HashMap::new(),
            sketches: HashMap::new(),
            last: HashMap::new(),
        })
    }

    /// Lets what was said last of each file be finished: whether it was open then, only the lost index knew.
    pub(super) fn open_last(&self, index: &mut Index) -> Result<(), JournalError> {
        for &(timestamp, id, seen) in self.last.values() {
            if index.seen(timestamp, id)? == Some(seen) {
                index.set_seen(timestamp, id, Seen { open: true, ..seen })?;
            }
        }
        Ok(())
    }

    /// Keeps what was said of each file, so that another reading of it shows also after the index was lost.
    fn keep_sketches(self, index: &mut Index) {
        let named = self.sketches.into_iter();
        let named = named.map(|((root, path), sketch)| (FileName::new(root, path), Some(sketch)));
        index.changes.sketches.extend(named);
    }

    /// The event's page and its date-less name there.
    fn place_of(&mut self, event: &Said, next_page: &mut u64) -> Option<(u64, u64)> {
        let day = event.timestamp?.as_second().div_euclid(86_400);
        let loose = event.loose(&self.scope)?;
        let file = (event.origin.root.clone(), event.origin.path.clone());
        let page = match self.of_file.get(&file) {
            Some(&(page, last)) if (day - last).abs() <= 1 => page,
            _ => {
                *next_page += 1;
                *next_page - 1
            }
        };
        self.of_file.insert(file, (page, day));
        Some((page, loose))
    }
}

/// Makes a said event known to the index.
pub(super) fn know(
    index: &mut Index,
    event: &Said,
    pages: &mut Pages,
    next_page: &mut u64,
) -> Result<(), JournalError> {
    let Some(id) = Id::from_hex(&event.id) else {
        return Ok(());
    };
    if pages.forgotten.has(id, event.seq, Path::new(&event.origin.path)) {
        index.forget(event.timestamp, id)?;
        return Ok(());
    }
    if let (Some(basis), Some(timestamp)) = (event.date_basis, event.timestamp)
        && basis > DateBasis::Heading
        && let Some((page, loose)) = pages.place_of(event, next_page)
    {
        index.insert_page_update(page, loose, timestamp, basis)?;
        // What was appended to a file is of the file's page.
        let file = FileName::new(Path::new(&event.origin.root), Path::new(&event.origin.path));
        if let Some(page) =
            index.checkpoint(&file)?.map(|checkpoint| checkpoint.page).filter(|&page| page != 0)
        {
            index.insert_page_update(page, loose, timestamp, basis)?;
        }
    }
    if let Some((headline, body)) = event.texts() {
        let file = (event.origin.root.clone(), event.origin.path.clone());
        pages.sketches.entry(file).or_default().add(headline, body);
    }
    let seen = Seen { text: event.text(), revision: event.revision, seq: event.seq, open: false };
    for &folded in event.older() {
        index.insert_older(id, folded)?;
    }
    match index.seen(event.timestamp, id)? {
        None => {}
        // A kill came while the index was brought up to the journal.
        Some(before) if before.seq == event.seq => return Ok(()),
        Some(before) => {
            // A revision: neither text may come again.
            if let Some(before) = event_at(&pages.state, before.seq)? {
                index.insert_older(id, before.folded())?;
            }
            index.insert_older(id, event.folded())?;
        }
    }
    index.set_seen(event.timestamp, id, seen)?;
    let file = (event.origin.root.clone(), event.origin.path.clone());
    pages.last.insert(file, (event.timestamp, id, seen));
    index.flush_if_large()
}
