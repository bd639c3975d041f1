//! The syncer: makes what was committed safe against a power loss, at its own pace, so that nobody waits for it.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tracing::{debug, warn};

use crate::journal::index::Index;
use crate::journal::{Head, JournalError, segment};

/// Flushes the journal some time after each commit. Ends when the gate does.
#[derive(Debug)]
pub struct Syncer {
    state: PathBuf,
    head: watch::Receiver<Head>,
    interval: Duration,
    /// The index, once its log was long.
    index: Option<Index>,
    /// When that was last done.
    shortened: Option<Instant>,
}

/// From which length on the index's log is brought into the index, bytes: a few milliseconds of work, and a
/// sixteenth of what SQLite itself would let it grow to.
const LOG_BYTES: u64 = 256 << 10;

/// How often that is done at most, s: it costs two more flushes.
const SHORTEN_S: u64 = 5;

impl Syncer {
    /// Flushes what `head` announces, at most once an `interval`.
    pub fn new(state: &Path, head: watch::Receiver<Head>, interval: Duration) -> Syncer {
        Syncer { state: state.into(), head, interval, index: None, shortened: None }
    }

    /// Works until the gate is gone; that one flushes the rest by itself.
    pub fn run(mut self) -> std::io::Result<()> {
        let timer = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
        let mut synced = 0;
        while timer.block_on(self.head.changed()).is_ok() {
            // More may come while it waits: one flush serves them all. It ends with the gate, however long it is.
            let gate_ended = async { while self.head.changed().await.is_ok() {} };
            let _in_time = timer.block_on(async { tokio::time::timeout(self.interval, gate_ended).await });
            let head = self.head.borrow_and_update().clone();
            // A failed flush is final for what it covered: the sums tell after a power loss what is right.
            if let Err(error) = sync(&self.state, synced, &head) {
                warn!(%error, "what was said may be said again after a power loss");
            }
            synced = head.segment;
            if let Err(error) = self.shorten_log() {
                debug!(%error, "the index's log stays as long as it is");
            }
        }
        Ok(())
    }

    /// Keeps the index's log short, so that the gate needn't: it has the same pages over and over, and on a small disk
    /// it would leave no room for the index that it belongs into.
    fn shorten_log(&mut self) -> Result<(), JournalError> {
        let log = Index::log_path(&self.state);
        let is_short = std::fs::metadata(&log).map_or(0, |log| log.len()) < LOG_BYTES;
        if is_short || self.shortened.is_some_and(|at| at.elapsed() < Duration::from_secs(SHORTEN_S)) {
            return Ok(());
        }
        self.shortened = Some(Instant::now());
        if self.index.is_none() {
            self.index = Some(Index::open_beside(&self.state)?);
        }
        self.index.as_ref().map_or(Ok(()), Index::shorten_log)
    }
}

/// Flushes what is committed by now: the segments before the last were flushed when that one was begun.
pub fn flush(state: &Path) -> Result<(), JournalError> {
    if let Some(&last) = segment::list(state)?.last() {
        sync_file(&segment::path(state, last))?;
        sync_file(&segment::sums_path(state, last))?;
    }
    Ok(())
}

fn sync(state: &Path, synced: u64, head: &Head) -> Result<(), JournalError> {
    for first_seq in segment::list(state)? {
        if first_seq >= synced && first_seq <= head.segment {
            sync_file(&segment::path(state, first_seq))?;
            sync_file(&segment::sums_path(state, first_seq))?;
        }
    }
    sync_index(state)
}

/// Flushes the index's log. Not the database file itself: SQLite's locks on it would be lost with our close.
pub fn sync_index(state: &Path) -> Result<(), JournalError> {
    sync_file(&Index::log_path(state))
}

fn sync_file(path: &Path) -> Result<(), JournalError> {
    match File::open(path) {
        Ok(file) => file.sync_data().map_err(JournalError::io("flush", path)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(JournalError::io("open", path)(error)),
    }
}
