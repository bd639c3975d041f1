//! The gate: decides new or known, numbers what is new, and commits it with the checkpoints, a batch at a time.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::watch;
use tracing::warn;

use crate::journal::index::{Committed, Index, Seen};
use crate::journal::segment::Record;
use crate::journal::state::{Ceiling, Lock, Trouble};
use crate::journal::writer::{self, Segment};
use crate::journal::{Head, JournalError, health, rebuild};
use crate::model::checkpoint::Checkpoint;
use crate::model::event::{Event, EventType};
use crate::model::file::FileName;
use crate::model::identity::Id;
use crate::model::time::DateBasis;

/// How many seqs are reserved at once: a flush for each hundred thousand events costs nothing, and a power
/// loss skips no more than this.
pub const RESERVE_SEQS: u64 = 100_000;

/// How many earlier pages are asked for one date-less name. A headline that stands on more pages than this
/// says little about which one is meant.
const PAGES_ASKED_MAX: u32 = 32;

/// How the journal is kept.
#[derive(Debug, Clone)]
pub struct Options {
    /// `global` or `blog`; only compared with the stored one.
    pub scope: String,
    /// When a new segment is begun, bytes.
    pub segment_bytes: u64,
    /// Whether each commit is flushed before anyone sees it.
    pub durable: bool,
    /// The longest event, bytes with its `\n`.
    pub event_bytes_max: usize,
    /// Whether a known update with another text is said again.
    pub revisions: bool,
}

/// The writing side of the journal. Holds the state directory's lock.
#[derive(Debug)]
pub struct Journal {
    pub(super) state: PathBuf,
    pub(super) _lock: Lock,
    pub(super) index: Index,
    pub(super) options: Options,
    pub(super) journal: Arc<str>,
    pub(super) boot: String,
    /// What the index says, and so what is true.
    pub(super) committed: Committed,
    pub(super) segment: Option<Segment>,
    /// No seq past it has been handed out. Durable.
    pub(super) ceiling: u64,
    pub(super) head: watch::Sender<Head>,
    pub(super) trouble: Trouble,
    /// Kept between batches, so that it needn't be allocated again.
    pub(super) buffer: Vec<u8>,
}

/// What the gate is told of an update besides its event.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// Its time.
    pub timestamp: Option<Timestamp>,
    /// Where its day came from.
    pub basis: Option<DateBasis>,
    /// Its identity.
    pub id: Id,
    /// Its date-less name, if it has a clock.
    pub loose: Option<u64>,
    /// A hash of its text.
    pub text_hash: u64,
    /// The page it stands on.
    pub page: u64,
    /// Whether it was still open when it was said: then another text finishes it.
    pub unfinished: bool,
}

/// What the gate made of an update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It was not known: said under this seq.
    New(u64),
    /// It was known and has been finished or changed: said again under this seq.
    Revised(u64),
    /// It was known as it is.
    Known,
    /// It was known with another text, and is not said again.
    Changed,
}

impl Journal {
    /// What the readers may see, and when it changes.
    pub fn watch(&self) -> watch::Receiver<Head> {
        self.head.subscribe()
    }

    /// The state directory.
    pub fn state(&self) -> &Path {
        &self.state
    }

    /// Whether what the very first start found has been read.
    pub fn backfilled(&self) -> bool {
        self.committed.backfilled
    }

    /// How far each file was read.
    pub fn checkpoints(&self) -> Result<Vec<(FileName, Checkpoint)>, JournalError> {
        self.index.checkpoints()
    }

    /// Begins a batch. Nothing of it happens unless it is committed.
    pub fn begin(&mut self) -> Result<Batch<'_>, JournalError> {
        self.index.begin()?;
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.clear();
        Ok(Batch { next: self.committed, buffer, starts: Vec::new(), written: false, journal: self })
    }

    /// Makes what was said safe against a power loss, and says that this boot ended in order.
    pub fn close(&mut self) -> Result<(), JournalError> {
        if let Some(segment) = &self.segment {
            segment.sync()?;
            segment.sync_sums()?;
        }
        crate::journal::sync::sync_index(&self.state)?;
        Ceiling { boot: "-".into(), seq: self.committed.next_seq - 1 }.store(&self.state)
    }

    /// Marks the index as damaged, so that the next start makes it again. An index too large to be checked at
    /// each start shows its damage only where it is used.
    pub fn suspect_index(&self) -> Result<(), JournalError> {
        let path = Index::suspect_path(&self.state);
        std::fs::write(&path, "").map_err(JournalError::io("write", &path))
    }

    /// Says where `status` finds it why the journal can't be written; with an empty text, that it can again.
    pub fn set_trouble(&self, what: &str) -> Result<(), JournalError> {
        self.trouble.set(what)
    }

    /// Reserves seqs up to beyond `seq`, durably.
    pub(super) fn reserve(&mut self, seq: u64) -> Result<(), JournalError> {
        if seq > self.ceiling {
            let ceiling = seq + RESERVE_SEQS;
            Ceiling { boot: self.boot.clone(), seq: ceiling }.store(&self.state)?;
            self.ceiling = ceiling;
        }
        Ok(())
    }

    fn head(&self) -> Head {
        Head {
            journal: self.journal.clone(),
            seq: self.committed.next_seq - 1,
            segment: self.committed.segment,
            length_bytes: self.committed.length_bytes,
            oldest: self.head.borrow().oldest,
        }
    }
}

/// A batch in the making.
#[derive(Debug)]
pub struct Batch<'j> {
    journal: &'j mut Journal,
    /// What `committed` will be.
    next: Committed,
    /// The events, encoded.
    buffer: Vec<u8>,
    /// Where each event starts in `buffer`.
    starts: Vec<usize>,
    /// Whether the segment may have lines of it.
    written: bool,
}

impl Batch<'_> {
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
    pub fn checkpoint(&self, file: &FileName, checkpoint: &Checkpoint) -> Result<(), JournalError> {
        self.journal.index.set_checkpoint(file, checkpoint)
    }

    /// How far a file was read before.
    pub fn checkpoint_of(&self, file: &FileName) -> Result<Option<Checkpoint>, JournalError> {
        self.journal.index.checkpoint(file)
    }

    /// Drops the checkpoint of a file that is gone.
    pub fn forget_file(&self, file: &FileName) -> Result<(), JournalError> {
        self.journal.index.remove_checkpoint(file)
    }

    /// Adds to one of the counts that `status` shows.
    pub fn count(&self, name: &str, count: u64) -> Result<(), JournalError> {
        if count == 0 {
            Ok(())
        } else {
            self.journal.index.add_count(name, count)
        }
    }

    /// Sets how many paths can't be read.
    pub fn set_unreadable(&self, count: u64) -> Result<(), JournalError> {
        self.journal.index.set_count(health::UNREADABLE, count)
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
    pub fn offer(&mut self, event: &mut Event<'_>, entry: Entry) -> Result<Verdict, JournalError> {
        let seq = self.next.next_seq;
        let fresh = Seen { text: entry.text_hash, revision: 1, seq };
        let is_new = self.journal.index.insert_seen(entry.timestamp, entry.id, fresh)?;
        // Updates that carry their own day need no memory of it.
        if let (Some(loose), Some(timestamp), Some(basis)) = (entry.loose, entry.timestamp, entry.basis)
            && basis > DateBasis::Heading
        {
            self.journal.index.insert_page_update(entry.page, loose, timestamp, basis)?;
        }
        if is_new {
            self.encode(event, 1, EventType::Created);
            return Ok(Verdict::New(seq));
        }
        let seen = self.journal.index.seen(entry.timestamp, entry.id)?.unwrap_or(fresh);
        if seen.text == entry.text_hash {
            return Ok(Verdict::Known);
        }
        let known_as = Seen { text: entry.text_hash, ..seen };
        if !entry.unfinished && !self.journal.options.revisions {
            self.journal.index.update_seen(entry.timestamp, entry.id, known_as)?;
            return Ok(Verdict::Changed);
        }
        let new = rebuild::folded(event.headline, event.body);
        if let Some(old) = self.folded_of(seen.seq)? {
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
        let revised = Seen { text: entry.text_hash, revision: seen.revision.saturating_add(1), seq };
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

    /// The folded text of an event that was said, from this batch or the journal; `None` if it was retired.
    fn folded_of(&self, seq: u64) -> Result<Option<u64>, JournalError> {
        let first = self.journal.committed.next_seq;
        if seq < first {
            return rebuild::folded_at(&self.journal.state, seq);
        }
        let start = self.starts.get((seq - first) as usize);
        Ok(start.and_then(|&start| rebuild::folded_line(&self.buffer[start..], seq)))
    }

    /// Commits the batch and wakes the readers. On an error nothing of it has happened.
    pub fn commit(mut self) -> Result<Head, JournalError> {
        let sum = if self.buffer.is_empty() {
            None
        } else {
            Some(self.append()?)
        };
        if self.next != self.journal.committed {
            self.journal.index.set_committed(&self.next)?;
        }
        self.journal.index.commit()?;
        let said = self.next.next_seq != self.journal.committed.next_seq;
        self.journal.committed = self.next;
        if let (Some(sum), Some(segment)) = (sum, &mut self.journal.segment) {
            // It is committed all the same: the sum comes with the next batch, or at the next start.
            let summed = segment.sum(sum).and_then(|()| match self.journal.options.durable {
                true => segment.sync_sums(),
                false => Ok(()),
            });
            if let Err(error) = summed {
                warn!(%error, "the checksum of what was said comes later");
            }
        }
        let head = self.journal.head();
        if said {
            self.journal.head.send_replace(head.clone());
        }
        Ok(head)
    }

    /// Writes the events behind the committed length. Says what their checksum will be.
    fn append(&mut self) -> Result<Record, JournalError> {
        let journal = &mut *self.journal;
        let last_seq = self.next.next_seq - 1;
        journal.reserve(last_seq)?;
        let full = self.next.length_bytes >= journal.options.segment_bytes;
        if self.next.segment == 0 || full {
            if let Some(segment) = &journal.segment {
                segment.cut(journal.committed.length_bytes)?;
                segment.sync()?;
                segment.sync_sums()?;
            }
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
        Ok(writer::record(&self.buffer, self.next.length_bytes, last_seq))
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
            && let Err(error) = segment.cut(journal.committed.length_bytes)
        {
            warn!(%error, "what was written in vain is overwritten later");
        }
    }
}
