//! The journal: every event that was ever said, in order, and what is known because of it.
//!
//! The state directory, drawn:
//!
//! ```text
//! STATE/lock                                held by the daemon; its process id inside
//! STATE/journal.json                        {"version":1,"id":"k3v9x2qa","scope":"global"}
//! STATE/ceiling                             "<boot id> <seq>\n": no seq past it was handed out in that boot
//! STATE/cursor-stdout                       "<journal id>:<seq> <check>\n": how far this sink has read
//! STATE/journal/00000000000000000001.ndjson a segment, named by its first seq: events, one a line
//! STATE/journal/00000000000000000001.sums   its checksums: a 32-byte record a batch (`segment`)
//! STATE/forgotten                           a line of JSON for each `forget`: which paths, up to which seq
//! STATE/trouble                             why the journal can't be written now; blank if it can
//! STATE/index.sqlite                        known updates and checkpoints: derived, made again if lost
//! ```
//!
//! Only the gate writes, a batch at a time: the segment, then one SQLite transaction that says how long the
//! segment now is, then the sums. Whatever lies behind that length was never said to anyone and is cut at
//! the next open; a torn tail is normal. A sink reads the segments' bytes and never the index.

pub mod forget;
pub mod gate;
pub mod health;
pub mod index;
pub mod reader;
mod rebuild;
pub mod recovery;
pub mod segment;
pub mod state;
pub mod sync;
mod writer;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What can go wrong with the journal.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// A file could not be made, read or written.
    #[error("cannot {what} {}: {source}{}", path.display(), hint(source))]
    Io {
        /// What was tried.
        what: &'static str,
        /// On which file.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// SQLite could not work on the index.
    #[error("cannot use the index {}: {source}\nhint: it is derived: the next start checks it, and makes it again if it is damaged", path.display())]
    Index {
        /// The index.
        path: PathBuf,
        /// Why it failed.
        source: rusqlite::Error,
    },
    /// Another process has the state directory.
    #[error("the state directory {} is held by {}\nhint: stop that one first, or give this one its own --state DIR", path.display(), holder(*pid))]
    Held {
        /// The state directory.
        path: PathBuf,
        /// Who holds it, if it says.
        pid: Option<u32>,
    },
    /// The journal was made with another scope.
    #[error("the journal in {} was made with dedupe.scope = {stored:?}, not {wanted:?}\nhint: the scope is part of every id: set it back, or begin a new journal with another --state DIR", path.display())]
    Scope {
        /// The state directory.
        path: PathBuf,
        /// What it was made with.
        stored: String,
        /// What is wanted now.
        wanted: String,
    },
    /// A file of the state directory says something it can't.
    #[error("{} is damaged: {what}\nhint: {hint}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What it says.
        what: String,
        /// What to do.
        hint: &'static str,
    },
}

impl JournalError {
    /// An `io::Error` with what was tried on which file.
    pub fn io(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> JournalError {
        let path = path.to_path_buf();
        move |source| JournalError::Io { what, path, source }
    }

    /// Whether trying the same again later may work: a full disk, a lost permission.
    pub fn is_retryable(&self) -> bool {
        use rusqlite::ErrorCode;
        match self {
            JournalError::Io { .. } => true,
            JournalError::Index { source, .. } => matches!(
                source.sqlite_error_code(),
                Some(
                    ErrorCode::DiskFull
                        | ErrorCode::SystemIoFailure
                        | ErrorCode::ReadOnly
                        | ErrorCode::DatabaseBusy
                        | ErrorCode::DatabaseLocked
                        | ErrorCode::CannotOpen
                        | ErrorCode::PermissionDenied
                )
            ),
            JournalError::Held { .. } | JournalError::Scope { .. } | JournalError::Damaged { .. } => false,
        }
    }
}

fn hint(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "\nhint: free some space; nothing is lost, reading resumes from the same place"
        }
        io::ErrorKind::PermissionDenied => "\nhint: give the daemon's user the right to read and write there",
        io::ErrorKind::ReadOnlyFilesystem => "\nhint: mount it writable; nothing is lost",
        _ => "",
    }
}

fn holder(pid: Option<u32>) -> String {
    pid.map_or_else(|| "another process".to_string(), |pid| format!("process {pid}"))
}

/// The end of the journal, as a reader may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The journal's id.
    pub journal: Arc<str>,
    /// The last event's seq; 0 in an empty journal.
    pub seq: u64,
    /// The segment it is in, by its first seq.
    pub segment: u64,
    /// How many bytes of that segment are committed.
    pub length_bytes: u64,
    /// The oldest segment, by its first seq.
    pub oldest: u64,
}

#[cfg(test)]
mod tests;
