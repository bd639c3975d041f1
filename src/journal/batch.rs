//! A batch in the making: what is new among the updates that it is offered, and all that is kept because of them.
//! Nothing of it happens before the commit.

use std::collections::HashMap;
use std::path::Path;
use std::time::SystemTime;

use jiff::Timestamp;
use tracing::warn;

use crate::journal::changes::{Changes, FaultChange};
use crate::journal::gate::{Entry, Journal, Offered, Verdict};
use crate::journal::index::{Committed, Seen};
use crate::journal::said::{self, Before};
use crate::journal::writer::{self, Segment};
use crate::journal::{Head, JournalError, health};
use crate::model::checkpoint::Checkpoint;
use crate::model::event::{Event, EventType};
use crate::model::file::FileName;
use crate::model::identity::Id;
use crate::model::sketch::Sketch;
use crate::model::time::DateBasis;

/// How many earlier pages are asked for one date-less name. A headline that stands on more pages than this
/// says little about which one is meant.
const PAGES_ASKED_MAX: usize = 32;

/// A batch in the making.
#[derive(Debug)]
pub struct Batch<'j> {
    pub(super) journal: &'j mut Journal,
    /// What `committed` will be.
    next: Committed,
    /// The events, encoded.
    buffer: Vec<u8>,
    /// Where each event starts in `buffer`.
    starts: Vec<usize>,
    /// Whether the segment may have lines of it.
    written: bool,
    /// What will be known of updates once the events are said, as they were offered.
    seen: Vec<(Option<Timestamp>, Id, Seen)>,
    /// Where in `seen` an update is.
    seen_at: HashMap<Id, usize>,
    /// Names that pages were given, and when: not in the index yet.
    named: Vec<(u64, u64, Timestamp, DateBasis)>,
    /// What else will be known then.
    changes: Changes,
}

impl<'j> Batch<'j> {
    /// A batch that goes on from what is committed.
    pub(super) fn new(journal: &'j mut Journal) -> Batch<'j> {
        let mut buffer = std::mem::take(&mut journal.buffer);
        buffer.clear();
        Batch {
            next: journal.committed,
            buffer,
            starts: Vec::new(),
            written: false,
            seen: Vec::new(),
            seen_at: HashMap::new(),
            named: Vec::new(),
            changes: Changes::default(),
            journal,
        }
    }

    /// What is known of the updates of this date-less name on `page`, ascending: `08:00 Good morning` may come each day.
    pub fn page_updates(
        &mut self,
        page: u64,
        loose: u64,
    ) -> Result<Vec<(Timestamp, DateBasis)>, JournalError> {
        self.give_names()?;
        self.journal.index.page_updates(page, loose)
    }

    /// The pages that have an update of this date-less name.
    pub fn pages_with(&mut self, loose: u64) -> Result<Vec<u64>, JournalError> {
        self.give_names()?;
        self.journal.index.pages_with(loose, PAGES_ASKED_MAX)
    }

    /// How many updates of a page aren't older than `since`.
    pub fn page_known_since(&mut self, page: u64, since: Timestamp) -> Result<u64, JournalError> {
        self.give_names()?;
        self.journal.index.page_known_since(page, since)
    }

    /// Gives pages their names, in the order in which they lie in the index: in that of a long page each would be in
    /// another block, and more of them than are held. They may stay although the batch fails: the same are given again
    /// then.
    fn give_names(&mut self) -> Result<(), JournalError> {
        self.named.sort_unstable_by_key(|&(page, name, ..)| (page, name));
        for (page, name, timestamp, basis) in self.named.drain(..) {
            self.journal.index.insert_page_update(page, name, timestamp, basis)?;
        }
        Ok(())
    }

    /// The page that was last seen with exactly these bytes.
    pub fn page_of_bytes(&self, hash: u128) -> Result<Option<u64>, JournalError> {
        let own = &self.changes.page_bytes;
        let recent = own.iter().filter(|(_, bytes)| **bytes == Some(hash)).map(|(page, _)| *page).max();
        // Other bytes were seen of it since.
        let before = self.journal.index.page_of_bytes(hash)?.filter(|page| !own.contains_key(page));
        Ok(recent.max(before))
    }

    /// A number for a page that wasn't known.
    pub fn new_page(&mut self) -> u64 {
        let page = self.next.next_page;
        self.next.next_page += 1;
        page
    }

    /// Keeps the bytes that a page was last seen with.
    pub fn remember_page(&mut self, page: u64, hash: u128) {
        self.changes.page_bytes.insert(page, Some(hash));
    }

    /// Keeps how far a file was read.
    pub fn checkpoint(&mut self, file: &FileName, checkpoint: Checkpoint) {
        self.changes.checkpoints.insert(file.clone(), Some(checkpoint));
    }

    /// How far a file was read before.
    pub fn checkpoint_of(&self, file: &FileName) -> Result<Option<Checkpoint>, JournalError> {
        match self.changes.checkpoints.get(file) {
            Some(checkpoint) => Ok(checkpoint.clone()),
            None => self.journal.index.checkpoint(file),
        }
    }

    /// Drops what is kept of a file that is gone.
    pub fn forget_file(&mut self, file: &FileName) {
        self.changes.checkpoints.insert(file.clone(), None);
        self.changes.sketches.insert(file.clone(), None);
    }

    /// Whether an update was said.
    pub fn knows(&mut self, timestamp: Option<Timestamp>, id: Id) -> Result<bool, JournalError> {
        Ok(self.seen(timestamp, id)?.is_some())
    }

    /// A hash of the text that an update was last seen with, if it was said.
    pub fn text_of(&mut self, timestamp: Timestamp, id: Id) -> Result<Option<u64>, JournalError> {
        Ok(self.seen(Some(timestamp), id)?.map(|seen| seen.text))
    }

    fn seen(&mut self, timestamp: Option<Timestamp>, id: Id) -> Result<Option<Seen>, JournalError> {
        match self.seen_at.get(&id) {
            Some(&at) => Ok(Some(self.seen[at].2)),
            None => self.journal.index.seen(timestamp, id),
        }
    }

    fn insert_older(&mut self, id: Id, folded: u64) -> Result<bool, JournalError> {
        Ok(!self.journal.index.has_older(id, folded)? && self.changes.older.insert((id, folded)))
    }

    /// What was read of a file.
    pub fn sketch_of(&self, file: &FileName) -> Result<Option<Sketch>, JournalError> {
        match self.changes.sketches.get(file) {
            Some(sketch) => Ok(sketch.clone()),
            None => self.journal.index.sketch(file),
        }
    }

    /// Keeps what was read of a file.
    pub fn set_sketch(&mut self, file: &FileName, sketch: Sketch) {
        self.changes.sketches.insert(file.clone(), Some(sketch));
    }

    /// Adds to one of the counts that `status` shows.
    pub fn count(&mut self, name: &'static str, count: u64) {
        if count > 0 {
            *self.changes.added.entry(name).or_default() += count;
        }
    }

    /// Sets how many paths can't be read.
    pub fn set_unreadable(&mut self, count: u64) {
        self.changes.set.insert(health::UNREADABLE, count);
    }

    /// Sets how many drop directories aren't watched whole.
    pub fn set_polled(&mut self, count: u64) {
        self.changes.set.insert(health::POLLED, count);
    }

    /// Sets how many files that are done can't be moved away.
    pub fn set_stuck(&mut self, count: u64) {
        self.changes.set.insert(health::STUCK, count);
    }

    /// Notes a fault for `status`. `lasts`: until it is said to be over.
    pub fn note_fault(&mut self, path: &Path, what: &str, lasts: bool) {
        let path = path.to_string_lossy().into_owned();
        self.changes.faults.push(FaultChange::Met { path, what: what.into(), at: Timestamp::now(), lasts });
    }

    /// What was wrong with this path is over.
    pub fn end_fault(&mut self, path: &Path) {
        self.changes.faults.push(FaultChange::Over(Some(path.to_string_lossy().into_owned())));
    }

    /// From now on nothing is backfill.
    pub fn set_backfilled(&mut self) {
        self.next.backfilled = true;
    }

    /// Says an update if it is new, or finished, or (with revisions on) changed.
    pub fn offer(&mut self, event: &mut Event<'_>, entry: Entry) -> Result<Offered, JournalError> {
        let seq = self.next.next_seq;
        let fresh = Seen { text: entry.text_hash, revision: 1, seq, open: entry.open };
        let seen = self.seen(entry.timestamp, entry.id)?;
        // Updates that carry their own day need no memory of it.
        if let (Some(loose), Some(timestamp), Some(basis)) = (entry.loose, entry.timestamp, entry.basis)
            && basis > DateBasis::Heading
        {
            self.named.push((entry.page, loose, timestamp, basis));
        }
        let Some(seen) = seen else {
            self.know(&entry, fresh);
            self.encode(event, 1, EventType::Created);
            return Ok(Verdict::New(seq).into());
        };
        if seen.text == entry.text_hash {
            if seen.open && !entry.open {
                // Others have come behind it: that is all of it.
                self.know(&entry, Seen { open: false, ..seen });
            }
            return Ok(Verdict::Known.into());
        }
        let before = self.said_at(seen.seq)?;
        let other = before.as_ref().filter(|before| before.blog.as_deref() != event.shared.blog);
        let merged_with = other.map(|other| other.blog.as_deref().unwrap_or_default().to_string());
        let verdict = self.offer_changed(event, &entry, seen, before.as_ref())?;
        Ok(Offered { verdict, merged_with: merged_with.filter(|_| verdict != Verdict::Known) })
    }

    /// What becomes of a known update whose text differs. `before`: as it was last said, if that is still there.
    fn offer_changed(
        &mut self,
        event: &mut Event<'_>,
        entry: &Entry,
        seen: Seen,
        before: Option<&Before>,
    ) -> Result<Verdict, JournalError> {
        if entry.torn && !entry.unfinished {
            // Nothing is made of half a line, nor is it remembered: with its other half, it may be what finishes the
            // update.
            return Ok(Verdict::Known);
        }
        let seq = self.next.next_seq;
        let known_as = Seen { text: entry.text_hash, ..seen };
        // A log that was moved or copied while its last update was written goes on under another name.
        let goes_on = seen.open && before.is_some_and(|before| before.goes_on_as(event.headline, event.body));
        if !entry.unfinished && !goes_on && !self.journal.options.revisions {
            self.know(entry, known_as);
            return Ok(Verdict::Changed);
        }
        let new = said::folded(event.headline, event.body);
        if let Some(old) = before.map(|before| before.folded) {
            if old == new {
                self.know(entry, known_as);
                return Ok(Verdict::Known);
            }
            self.insert_older(entry.id, old)?;
        }
        if !self.insert_older(entry.id, new)? {
            self.know(entry, known_as);
            return Ok(Verdict::Changed);
        }
        let revised =
            Seen { text: entry.text_hash, revision: seen.revision.saturating_add(1), seq, open: entry.open };
        self.know(entry, revised);
        self.encode(event, revised.revision, EventType::Revised);
        Ok(Verdict::Revised(seq))
    }

    fn know(&mut self, entry: &Entry, seen: Seen) {
        self.seen_at.insert(entry.id, self.seen.len());
        self.seen.push((entry.timestamp, entry.id, seen));
    }

    fn encode(&mut self, event: &mut Event<'_>, revision: u32, r#type: EventType) {
        let seq = self.next.next_seq;
        event.seq = Some(seq);
        event.cursor = Some(format!("{}:{seq}", self.journal.journal));
        event.revision = revision;
        event.r#type = r#type;
        self.starts.push(self.buffer.len());
        event.encode(self.journal.options.event_bytes_max, &mut self.buffer);
        self.next.next_seq += 1;
    }

    /// An event that was said, from this batch, the journal, or what is left of a retired segment.
    fn said_at(&mut self, seq: u64) -> Result<Option<Before>, JournalError> {
        let first = self.journal.committed.next_seq;
        if seq >= first {
            let start = self.starts.get((seq - first) as usize);
            let event = start.and_then(|&start| said::event_in(&self.buffer[start..], seq));
            return Ok(event.as_ref().map(Before::from));
        }
        match said::event_at(&self.journal.state, seq)? {
            Some(event) => Ok(Some(Before::from(&event))),
            None => self.journal.retired.event_at(&self.journal.state, seq),
        }
    }

    /// Commits the batch and writes the index. After an error of the latter the batch is committed all the same.
    pub fn commit(mut self) -> Result<Head, JournalError> {
        self.say_all()?;
        self.journal.flush()?;
        Ok(self.journal.head())
    }

    /// Commits the batch: its events are said, and the readers woken. What is known because of them holds from now on,
    /// and is written by the next [`Journal::flush`]. On an error nothing of it has happened.
    pub fn say(mut self) -> Result<(), JournalError> {
        self.say_all()
    }

    fn say_all(&mut self) -> Result<(), JournalError> {
        let said = !self.buffer.is_empty();
        if said {
            self.append()?;
        }
        self.journal.committed = self.next;
        if said {
            let head = self.journal.head();
            self.journal.head.send_replace(head);
        }
        self.give_names()?;
        let index = &mut self.journal.index;
        for (timestamp, id, seen) in self.seen.drain(..) {
            index.set_seen(timestamp, id, seen)?;
        }
        index.changes.take_in(std::mem::take(&mut self.changes));
        Ok(())
    }

    /// Writes the events behind the committed length, and commits them by their checksum.
    fn append(&mut self) -> Result<(), JournalError> {
        let journal = &mut *self.journal;
        let last_seq = self.next.next_seq - 1;
        journal.lock.check(&journal.state)?;
        journal.keep_segment()?;
        journal.reserve(last_seq)?;
        journal.check_room(self.buffer.len() as u64)?;
        let full = self.next.length_bytes >= journal.options.segment_bytes;
        let old = self.next.length_bytes > 0
            && journal.segment.as_ref().zip(journal.options.segment_age).is_some_and(|(segment, age)| {
                SystemTime::now().duration_since(segment.began()).is_ok_and(|since| since >= age)
            });
        let length_bytes = journal.committed.length_bytes;
        let was_cut = match &journal.segment {
            Some(segment) => segment.was_cut(length_bytes)?,
            None => false,
        };
        if self.next.segment == 0 || full || old || was_cut {
            // A segment that is written no more may be retired, and what only it tells must be known before.
            journal.flush()?;
            if let Some(segment) = &journal.segment {
                match was_cut {
                    true => segment.warn_cut(),
                    false => segment.cut(length_bytes)?,
                }
                segment.sync()?;
                segment.sync_sums()?;
            }
            journal.closed_bytes = journal.closed_bytes.saturating_add(self.next.length_bytes);
            self.next.segment = journal.committed.next_seq;
            self.next.length_bytes = 0;
            journal.segment = None;
        }
        let segment = match &mut journal.segment {
            Some(segment) => segment,
            none => {
                let mut segment = Segment::open(&journal.state, self.next.segment)?;
                let committed_last = journal.committed.next_seq - 1;
                segment.settle(&journal.state, self.next.segment, self.next.length_bytes, committed_last)?;
                none.insert(segment)
            }
        };
        self.written = true;
        segment.write(&self.buffer, self.next.length_bytes)?;
        if journal.options.durable {
            segment.sync()?;
        }
        self.next.length_bytes += self.buffer.len() as u64;
        segment
            .commit(writer::record(&self.buffer, self.next.length_bytes, last_seq), journal.options.durable)
    }
}

impl Drop for Batch<'_> {
    fn drop(&mut self) {
        let journal = &mut *self.journal;
        journal.buffer = std::mem::take(&mut self.buffer);
        if self.next.segment != journal.committed.segment {
            // A segment that was begun for this batch alone is begun again by the next one. What can't be
            // removed is removed at the next start; no reader looks at it before something is committed to it.
            journal.segment = None;
            if let Err(error) = writer::remove(&journal.state, self.next.segment) {
                warn!(%error, "a segment that was begun in vain is left");
            }
        } else if self.written
            && self.next != journal.committed
            && let Some(segment) = &journal.segment
            && let Err(error) = segment.take_back(journal.committed.length_bytes)
        {
            warn!(%error, "what was written in vain is overwritten later");
        }
        // What was given to its pages is kept, so that their numbers are no other pages' either.
        journal.committed.next_page = self.next.next_page;
    }
}
