//! The syncer: makes what was committed safe against a power loss, at its own pace, so that nobody waits for it.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::sync::watch;
use tracing::warn;

use crate::journal::{Head, JournalError, segment};

/// Flushes the journal some time after each commit. Ends when the gate does.
#[derive(Debug)]
pub struct Syncer {
    state: PathBuf,
    head: watch::Receiver<Head>,
    interval: Duration,
}

impl Syncer {
    /// Flushes what `head` announces, at most once an `interval`.
    pub fn new(state: &Path, head: watch::Receiver<Head>, interval: Duration) -> Syncer {
        Syncer { state: state.into(), head, interval }
    }

    /// Works until the gate is gone; that one flushes the rest by itself.
    pub fn run(mut self) -> std::io::Result<()> {
        let timer = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
        let mut synced = 0;
        while timer.block_on(self.head.changed()).is_ok() {
            // More may come while it waits: one flush serves them all.
            std::thread::sleep(self.interval);
            let head = self.head.borrow_and_update().clone();
            // A failed flush is final for what it covered: the sums tell after a power loss what is right.
            if let Err(error) = sync(&self.state, synced, &head) {
                warn!(%error, "what was said may be said again after a power loss");
            }
            synced = head.segment;
        }
        Ok(())
    }
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
    let mut wal = crate::journal::index::Index::path(state).into_os_string();
    wal.push("-wal");
    sync_file(Path::new(&wal))
}

fn sync_file(path: &Path) -> Result<(), JournalError> {
    match File::open(path) {
        Ok(file) => file.sync_data().map_err(JournalError::io("flush", path)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(JournalError::io("open", path)(error)),
    }
}
