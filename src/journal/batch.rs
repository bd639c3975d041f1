//! A batch in the making: what is new among the updates that it is offered, and all that is kept because of them.
//! Nothing of it happens before the commit.

use std::collections::HashMap;
use std::path::Path;
use std::time::SystemTime;

use jiff::Timestamp;
use tracing::warn;

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
const PAGES_ASKED_MAX: u32 = 32;

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
    /// How far files will have been read; `None` where they are gone. Written once the events are said.
    checkpoints: HashMap<FileName, Option<Checkpoint>>,
    /// What is added to the counts.
    counts: Vec<(&'static str, u64)>,
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
            checkpoints: HashMap::new(),
            counts: Vec::new(),
            journal,
        }
    }

    /// What is known of the update of this date-less name on `page`.
    pub fn page_update(&self, page: u64, loose: u64) -> Result<Option<(Timestamp, DateBasis)>, JournalError> {
        self.journal.index.page_update(page, loose)
    }

    /// The pages that have an update of this date-less name.
    pub fn pages_with(&self, loose: u64) -> Result<Vec<u64>, JournalError> {
        self.journal.index.pages_with(loose, PAGES_ASKED_MAX)
    }

    /// How many updates of a page aren't older than `since`.
    pub fn page_known_since(&self, page: u64, since: Timestamp) -> Result<u64, JournalError> {
        self.journal.index.page_known_since(page, since)
    }

    /// The page that was last seen with exactly these bytes.
    pub fn page_of_bytes(&self, hash: u128) -> Result<Option<u64>, JournalError> {
        self.journal.index.page_of_bytes(hash)
    }

    /// A number for a page that wasn't known.
    pub fn new_page(&mut self) -> u64 {
        let page = self.next.next_page;
        self.next.next_page += 1;
        page
    }

    /// Keeps the bytes that a page was last seen with.
    pub fn remember_page(&self, page: u64, hash: u128) -> Result<(), JournalError> {
        self.journal.index.set_page_bytes(page, hash)
    }

    /// Keeps how far a file was read.
    pub fn checkpoint(&mut self, file: &FileName, checkpoint: Checkpoint) {
        self.checkpoints.insert(file.clone(), Some(checkpoint));
    }

    /// How far a file was read before.
    pub fn checkpoint_of(&self, file: &FileName) -> Result<Option<Checkpoint>, JournalError> {
        match self.checkpoints.get(file) {
            Some(checkpoint) => Ok(checkpoint.clone()),
            None => self.journal.index.checkpoint(file),
        }
    }

    /// Drops the checkpoint of a file that is gone.
    pub fn forget_file(&mut self, file: &FileName) -> Result<(), JournalError> {
        self.checkpoints.insert(file.clone(), None);
        self.journal.index.remove_sketch(file)
    }

    /// Whether an update was said.
    pub fn knows(&self, timestamp: Option<Timestamp>, id: Id) -> Result<bool, JournalError> {
        Ok(self.journal.index.seen(timestamp, id)?.is_some())
    }

    /// What was read of a file.
    pub fn sketch_of(&self, file: &FileName) -> Result<Option<Sketch>, JournalError> {
        self.journal.index.sketch(file)
    }

    /// Keeps what was read of a file.
    pub fn set_sketch(&self, file: &FileName, sketch: &Sketch) -> Result<(), JournalError> {
        self.journal.index.set_sketch(file, sketch)
    }

    /// Adds to one of the counts that `status` shows.
    pub fn count(&mut self, name: &'static str, count: u64) {
        if count > 0 {
            self.counts.push((name, count));
        }
    }

    /// Sets how many paths can't be read.
    pub fn set_unreadable(&self, count: u64) -> Result<(), JournalError> {
        self.journal.index.set_count(health::UNREADABLE, count)
    }

    /// Sets how many drop directories aren't watched whole.
    pub fn set_polled(&self, count: u64) -> Result<(), JournalError> {
        self.journal.index.set_count(health::POLLED, count)
    }

    /// Notes a fault for `status`. `lasts`: until it is said to be over.
    pub fn note_fault(&self, path: &Path, what: &str, lasts: bool) -> Result<(), JournalError> {
        self.journal.index.add_fault(&path.to_string_lossy(), what, Timestamp::now(), lasts)
    }

    /// What was wrong with this path is over.
    pub fn end_fault(&self, path: &Path) -> Result<(), JournalError> {
        self.journal.index.end_faults(Some(&path.to_string_lossy()))
    }

    /// From now on nothing is backfill.
    pub fn set_backfilled(&mut self) {
        self.next.backfilled = true;
    }

    /// Says an update if it is new, or finished, or (with revisions on) changed.
    pub fn offer(&mut self, event: &mut Event<'_>, entry: Entry) -> Result<Offered, JournalError> {
        let seq = self.next.next_seq;
        let fresh = Seen { text: entry.text_hash, revision: 1, seq, open: entry.open };
        let is_new = self.journal.index.insert_seen(entry.timestamp, entry.id, fresh)?;
        // Updates that carry their own day need no memory of it.
        if let (Some(loose), Some(timestamp), Some(basis)) = (entry.loose, entry.timestamp, entry.basis)
            && basis > DateBasis::Heading
        {
            self.journal.index.insert_page_update(entry.page, loose, timestamp, basis)?;
        }
        if is_new {
            self.encode(event, 1, EventType::Created);
            return Ok(Verdict::New(seq).into());
        }
        let seen = self.journal.index.seen(entry.timestamp, entry.id)?.unwrap_or(fresh);
        if seen.text == entry.text_hash {
            if seen.open && !entry.open {
                // Others have come behind it: that is all of it.
                self.journal.index.update_seen(entry.timestamp, entry.id, Seen { open: false, ..seen })?;
            }
            return Ok(Verdict::Known.into());
        }
        let before = self.said_at(seen.seq)?;
        let other = before.as_ref().filter(|before| before.blog.as_deref() != event.blog);
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
        let seq = self.next.next_seq;
        let known_as = Seen { text: entry.text_hash, ..seen };
        // A log that was moved or copied while its last update was written goes on under another name.
        let goes_on = seen.open
            && !entry.torn
            && before.is_some_and(|before| before.goes_on_as(event.headline, event.body));
        if !entry.unfinished && !goes_on && !self.journal.options.revisions {
            self.journal.index.update_seen(entry.timestamp, entry.id, known_as)?;
            return Ok(Verdict::Changed);
        }
        let new = said::folded(event.headline, event.body);
        if let Some(old) = before.map(|before| before.folded) {
            if old == new {
                self.journal.index.update_seen(entry.timestamp, entry.id, known_as)?;
                return Ok(Verdict::Known);
            }
            self.journal.index.insert_older(entry.id, old)?;
        }
        if !self.journal.index.insert_older(entry.id, new)? {
            self.journal.index.update_seen(entry.timestamp, entry.id, known_as)?;
            return Ok(Verdict::Changed);
        }
        let revised =
            Seen { text: entry.text_hash, revision: seen.revision.saturating_add(1), seq, open: entry.open };
        self.journal.index.update_seen(entry.timestamp, entry.id, revised)?;
        self.encode(event, revised.revision, EventType::Revised);
        Ok(Verdict::Revised(seq))
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

    /// Commits the batch: its events first, at which the readers are woken, then the index. On an error nothing of it
    /// has happened, unless the events were said already: then the index takes them from the segment before the next
    /// batch, and the batch may be offered once more.
    pub fn commit(mut self) -> Result<Head, JournalError> {
        let said = !self.buffer.is_empty();
        if said {
            self.append()?;
            self.journal.committed = self.next;
            self.journal.index_is_behind = true;
            let head = self.journal.head();
            self.journal.head.send_replace(head);
        }
        let index = &self.journal.index;
        for (file, checkpoint) in &self.checkpoints {
            match checkpoint {
                Some(checkpoint) => index.set_checkpoint(file, checkpoint)?,
                None => index.remove_checkpoint(file)?,
            }
        }
        for (name, count) in &self.counts {
            index.add_count(name, *count)?;
        }
        if said || self.next != self.journal.committed {
            index.set_committed(&self.next)?;
        }
        index.commit()?;
        self.journal.committed = self.next;
        self.journal.index_is_behind = false;
        Ok(self.journal.head())
    }

    /// Writes the events behind the committed length, and commits them by their checksum.
    fn append(&mut self) -> Result<(), JournalError> {
        let journal = &mut *self.journal;
        let last_seq = self.next.next_seq - 1;
        journal.reserve(last_seq)?;
        journal.check_room(self.buffer.len() as u64)?;
        let full = self.next.length_bytes >= journal.options.segment_bytes;
        let old = self.next.length_bytes > 0
            && journal.segment.as_ref().zip(journal.options.segment_age).is_some_and(|(segment, age)| {
                SystemTime::now().duration_since(segment.began()).is_ok_and(|since| since >= age)
            });
        if self.next.segment == 0 || full || old {
            if let Some(segment) = &journal.segment {
                segment.cut(journal.committed.length_bytes)?;
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
        journal.index.rollback();
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
    }
}
