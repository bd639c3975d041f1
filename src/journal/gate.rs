//! The gate: the writing side of the journal. What it is offered goes through a [`Batch`] at a time.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::watch;
use tracing::{debug, warn};

use crate::journal::batch::Batch;
use crate::journal::changes::FaultChange;
use crate::journal::index::{Committed, Index, UNWRITTEN_BYTES_MAX};
use crate::journal::said::Retired;
use crate::journal::state::{Ceiling, Lock, Trouble};
use crate::journal::writer::Segment;
use crate::journal::{Head, JournalError, segment};
use crate::model::checkpoint::Checkpoint;
use crate::model::event::EVENT_BYTES_MAX;
use crate::model::file::FileName;
use crate::model::identity::Id;
use crate::model::time::DateBasis;

/// How many seqs are reserved at once: a flush for each hundred thousand events costs nothing, and a power
/// loss skips no more than this.
pub const RESERVE_SEQS: u64 = 100_000;

/// How long the index may lag behind the journal while there is more to do, ms: `status` looks there.
const FLUSH_MS: u64 = 500;

/// How large a batch's buffer is kept while there is nothing to do, bytes.
const RESTING_BUFFER_BYTES: usize = 64 << 10;

/// Up to here, bytes, the index's log is left as it is, however little room there is.
const SMALL_LOG_BYTES: u64 = 96 << 10;

/// How many times its length must be free on the disk for it to grow on.
const LOG_SHARE: u64 = 8;

/// How the journal is kept.
#[derive(Debug, Clone)]
pub struct Options {
    /// `global` or `blog`; only compared with the stored one.
    pub scope: String,
    /// When a new segment is begun, bytes.
    pub segment_bytes: u64,
    /// The same, by its age; `None`: never.
    pub segment_age: Option<Duration>,
    /// How much the segments may take, bytes; `None`: as much as there is.
    pub size_bytes_max: Option<u64>,
    /// How much must be left on the disk, bytes.
    pub free_bytes_min: u64,
    /// Whether each commit is flushed before anyone sees it.
    pub durable: bool,
    /// The longest event, bytes with its `\n`.
    pub event_bytes_max: usize,
    /// Whether a known update with another text is said again.
    pub revisions: bool,
}

/// Nothing is limited, and commits are flushed behind; segments as the configuration has them by default.
impl Default for Options {
    fn default() -> Options {
        Options {
            scope: "global".into(),
            segment_bytes: 256 << 20,
            segment_age: None,
            size_bytes_max: None,
            free_bytes_min: 0,
            durable: false,
            event_bytes_max: EVENT_BYTES_MAX,
            revisions: false,
        }
    }
}

/// The writing side of the journal. Holds the state directory's lock.
#[derive(Debug)]
pub struct Journal {
    pub(super) state: PathBuf,
    pub(super) lock: Lock,
    pub(super) index: Index,
    pub(super) options: Options,
    pub(super) journal: Arc<str>,
    pub(super) boot: String,
    /// What is true: the end of what was said, whether it is written in the index yet or not.
    pub(super) committed: Committed,
    /// As much of it as is written in the index.
    pub(super) indexed: Committed,
    /// When the index was last written.
    pub(super) flushed: Instant,
    pub(super) segment: Option<Segment>,
    /// No seq past it has been handed out. Durable.
    pub(super) ceiling: u64,
    pub(super) head: watch::Sender<Head>,
    /// The same, told to the syncer a moment later: it isn't to run before those who read.
    pub(super) to_sync: watch::Sender<Head>,
    pub(super) trouble: Trouble,
    /// What the segments behind the one that is written took when they were last looked at, bytes.
    pub(super) closed_bytes: u64,
    /// What was retired, as far as it was asked for.
    pub(super) retired: Retired,
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
    /// Whether it is open now, as the last of a file: then a text that goes on finishes it, wherever it stands then.
    pub open: bool,
    /// Whether its text ends within a line whose writer may not be done: then that line may be another one's.
    pub torn: bool,
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

/// What came of an update that was offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    /// What it is.
    pub verdict: Verdict,
    /// The other blog that it is known from with another text; empty for files that are in none.
    pub merged_with: Option<String>,
}

impl From<Verdict> for Offered {
    fn from(verdict: Verdict) -> Offered {
        Offered { verdict, merged_with: None }
    }
}

impl Journal {
    /// What the readers may see, and when it changes.
    pub fn watch(&self) -> watch::Receiver<Head> {
        self.head.subscribe()
    }

    /// The head as far as the syncer is told of it.
    pub fn watch_to_sync(&self) -> watch::Receiver<Head> {
        self.to_sync.subscribe()
    }

    /// Tells the syncer what was said.
    pub fn call_syncer(&self) {
        let head = self.head.borrow().clone();
        self.to_sync.send_if_modified(|told| {
            let more = (told.segment, told.length_bytes) != (head.segment, head.length_bytes);
            *told = head;
            more
        });
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
    pub fn begin(&mut self) -> Batch<'_> {
        Batch::new(self)
    }

    /// Whether so much waits to be written into the index, or for so long, that it's worth a transaction although there
    /// is more to do.
    pub fn is_flush_due(&self) -> bool {
        let lags = self.flushed.elapsed() >= Duration::from_millis(FLUSH_MS);
        self.index.unwritten_bytes() >= UNWRITTEN_BYTES_MAX || lags && self.has_unwritten()
    }

    /// Whether something is known that isn't written into the index.
    pub fn has_unwritten(&self) -> bool {
        self.index.has_unwritten() || self.indexed != self.committed
    }

    /// Notes for `status` why the journal couldn't be written for a while.
    pub fn note_fault(&mut self, what: &str) {
        let path = self.state.to_string_lossy().into_owned();
        let met = FaultChange::Met { path, what: what.into(), at: Timestamp::now(), lasts: false };
        self.index.changes.faults.push(met);
    }

    /// Writes into the index what is known since the last time. After an error it is kept, and written by the next call.
    pub fn flush(&mut self) -> Result<(), JournalError> {
        if self.has_unwritten() {
            self.lock.check(&self.state)?;
            self.make_room_for_log();
            self.index.flush(Some(&self.committed))?;
            self.indexed = self.committed;
        }
        self.flushed = Instant::now();
        Ok(())
    }

    /// Lets go of memory that only much to do needs: for whoever has nothing to do.
    pub fn rest(&mut self) {
        if self.buffer.capacity() > RESTING_BUFFER_BYTES {
            self.buffer = Vec::new();
        }
        self.index.rest();
    }

    /// Brings the index's log into the index before it takes what little room there is: a log that fills the disk can't
    /// be brought into an index that has to grow for it, and would stay for ever.
    fn make_room_for_log(&self) {
        let log_bytes = std::fs::metadata(Index::log_path(&self.state)).map_or(0, |log| log.len());
        if log_bytes < SMALL_LOG_BYTES {
            return;
        }
        let disk = rustix::fs::statvfs(&self.state);
        let is_little =
            disk.is_ok_and(|disk| disk.f_bavail.saturating_mul(disk.f_frsize) < log_bytes * LOG_SHARE);
        if is_little && let Err(error) = self.free_room() {
            debug!(%error, "the index's log keeps its room");
        }
    }

    /// Makes what was said safe against a power loss, and says that this boot ended in order.
    pub fn close(&mut self) -> Result<(), JournalError> {
        self.lock.check(&self.state)?;
        self.keep_segment()?;
        if let Err(error) = self.flush() {
            warn!(%error, "the index is left as it was: the next start brings it up to the journal");
        }
        if let Some(segment) = &self.segment {
            segment.sync()?;
            segment.sync_sums()?;
        }
        crate::journal::sync::sync_index(&self.state)?;
        match (Ceiling { boot: "-".into(), seq: self.committed.next_seq - 1 }).store(&self.state) {
            Err(error) if error.is_out_of_room() => {
                let hint = "nothing is lost; after a restart of the machine, seq goes on further ahead";
                warn!(%error, hint, "the disk is full: it can't be noted that all ended in order");
                Ok(())
            }
            stored => stored,
        }
    }

    /// Frees what room the journal can do without, when the disk is full.
    pub fn free_room(&self) -> Result<(), JournalError> {
        self.index.shrink()
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

    /// Keeps the segment that is written where it was made.
    pub(super) fn keep_segment(&mut self) -> Result<(), JournalError> {
        let Committed { segment: first_seq, length_bytes, next_seq, .. } = self.committed;
        match self.segment.as_mut().filter(|segment| !segment.is_in_place()) {
            Some(segment) => segment.put_back(&self.state, first_seq, length_bytes, next_seq - 1),
            None => Ok(()),
        }
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

    /// Whether `more` bytes may be appended. What was retired since is only looked for at the limit, and the
    /// segment that is written counts for a full one at most: one that a large batch has made larger can only be
    /// retired once another is begun.
    pub(super) fn check_room(&mut self, more: u64) -> Result<(), JournalError> {
        let path = || segment::directory(&self.state);
        if let Some(size_bytes_max) = self.options.size_bytes_max {
            let open = self.committed.length_bytes.min(self.options.segment_bytes);
            if self.closed_bytes.saturating_add(open) >= size_bytes_max {
                let closed =
                    segment::list(&self.state)?.into_iter().filter(|&at| at != self.committed.segment);
                self.closed_bytes = closed.map(|at| segment::disk_bytes(&self.state, at)).sum();
            }
            if self.closed_bytes.saturating_add(open) >= size_bytes_max {
                return Err(JournalError::NoRoom {
                    path: path(),
                    what: format!("it has reached journal.size_max, {size_bytes_max} bytes"),
                    hint: "nothing is lost, reading resumes when there is room: let the sinks read on, keep less (journal.retain_size, journal.retain_age), or raise journal.size_max",
                });
            }
        }
        if self.options.free_bytes_min > 0 {
            let disk = rustix::fs::statvfs(&self.state).map_err(std::io::Error::from);
            let disk = disk.map_err(JournalError::io("look at the disk of", &self.state))?;
            let free_bytes = disk.f_bavail.saturating_mul(disk.f_frsize);
            if free_bytes < self.options.free_bytes_min.saturating_add(more) {
                return Err(JournalError::NoRoom {
                    path: path(),
                    what: format!(
                        "{free_bytes} bytes are free, {more} are to be written, and journal.min_free is {}",
                        self.options.free_bytes_min
                    ),
                    hint: "free some space; nothing is lost, reading resumes from the same place",
                });
            }
        }
        Ok(())
    }

    pub(super) fn head(&self) -> Head {
        Head {
            journal: self.journal.clone(),
            seq: self.committed.next_seq - 1,
            segment: self.committed.segment,
            length_bytes: self.committed.length_bytes,
            oldest: self.head.borrow().oldest.clone(),
        }
    }
}
