//! The journal: every event that was ever said, in order, and what is known because of it.
//!
//! The state directory, drawn:
//!
//! ```text
//! STATE/lock                                held by the daemon; its process id inside
//! STATE/journal.json                        {"version":1,"id":"k3v9x2qa","scope":"global"}
//! STATE/ceiling                             "<boot id> <seq>\n": no seq past it was handed out in that boot
//! STATE/cursor-stdout                       "<journal id>:<seq> <check>\n": how far this sink has read
//! STATE/stdout-off                          there while stdout was let go of: its cursor wasn't lost
//! STATE/stdout-open                         "<boot id> <device> <inode>\n" of the pipe whose last line may be torn
//! STATE/journal/00000000000000000001.ndjson a segment, named by its first seq: events, one a line
//! STATE/journal/00000000000000000001.sums   its checksums: a 32-byte record a batch (`segment`)
//! STATE/journal/….ndjson.gz                 a segment that was packed (`content`)
//! STATE/journal/….retired.gz                what is left of a retired one: what is known because of it (`said`)
//! STATE/forgotten                           a line of JSON for each `forget`: which paths and ids, up to which seq
//! STATE/confirmed                           a line of JSON for each page that `confirm` lets through
//! STATE/moving                              a line of JSON for each file that is being archived or removed now
//! STATE/polled                              a line of JSON for each drop directory without events (`polled`)
//! STATE/damaged                             a line of JSON for each segment that a reader couldn't read (`met`)
//! STATE/trouble                             why the journal can't be written now; blank if it can
//! STATE/index.sqlite                        known updates and checkpoints: derived, made again if lost
//! ```
//!
//! Only the gate writes, a batch at a time: the lines, then their checksum, which commits them and wakes the readers.
//! What is known because of them is in memory then, and in the index some time later, when there is nothing more
//! urgent or much of it. Whatever lies behind the last checksum was never said to anyone and is cut at the next open; a
//! torn tail is normal. An index that lacks what the checksums have takes it in from the segments at the next open. A
//! sink reads the segments' bytes and never the index.

pub mod batch;
mod blocks;
mod changes;
pub mod confirmed;
pub mod content;
pub mod forget;
pub mod gate;
pub mod health;
pub mod held;
pub mod index;
mod known;
mod loose;
pub mod met;
pub mod polled;
pub mod reader;
mod rebuild;
pub mod recovery;
pub mod retention;
mod said;
pub mod segment;
pub mod state;
pub mod sync;
pub mod verify;
mod writer;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

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
    #[error("cannot use the index {}: {source}{}\nhint: it is derived: the next start checks it, and makes it again if it is damaged", path.display(), code(source))]
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
    /// The state directory was removed, moved or mounted over while a daemon had it.
    #[error("the state directory {} is another one than this daemon began with\nhint: put that one back, or start the daemon again: then it goes on with the one that is there", path.display())]
    Replaced {
        /// The state directory.
        path: PathBuf,
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
    /// There is as much as there may be, or as little room as there must be.
    #[error("cannot append to journal {}: {what}\nhint: {hint}", path.display())]
    NoRoom {
        /// The folder of the segments.
        path: PathBuf,
        /// Which limit is reached.
        what: String,
        /// What to do.
        hint: &'static str,
    },
    /// What a reader would read next was retired, taken away, or is damaged.
    #[error("{} can't be read any more\nhint: go on with the next event that is left", path.display())]
    Retired {
        /// The segment.
        path: PathBuf,
        /// Behind which seq the reader stands now, where it has gone on already.
        stands_after: Option<u64>,
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

/// Whether a disk was full, or the share that this user has of it.
pub fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

impl JournalError {
    /// An `io::Error` with what was tried on which file.
    pub fn io(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> JournalError {
        let path = path.to_path_buf();
        move |source| JournalError::Io { what, path, source }
    }

    /// Whether the disk was full. SQLite tells of some of its files only that they can't be written.
    pub fn is_out_of_room(&self) -> bool {
        use rusqlite::ErrorCode;
        match self {
            JournalError::Io { source, .. } => is_full(source),
            JournalError::Index { source, .. } => {
                matches!(source.sqlite_error_code(), Some(ErrorCode::DiskFull | ErrorCode::SystemIoFailure))
            }
            _ => false,
        }
    }

    /// Whether bytes aren't as they were written, or aren't there: the disk has said nothing of it.
    pub(in crate::journal) fn is_damage(&self) -> bool {
        matches!(self, JournalError::Io { source, .. } if content::is_damage(source))
    }

    /// Whether trying the same again later may work: a full disk, a lost permission.
    pub fn is_retryable(&self) -> bool {
        use rusqlite::ErrorCode;
        match self {
            JournalError::Io { .. } | JournalError::NoRoom { .. } | JournalError::Replaced { .. } => true,
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
            JournalError::Held { .. }
            | JournalError::Scope { .. }
            | JournalError::Retired { .. }
            | JournalError::Damaged { .. } => false,
        }
    }
}

fn hint(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "\nhint: free some space; nothing is lost, reading resumes from the same place"
        }
        io::ErrorKind::PermissionDenied => "\nhint: give the daemon's user the right to read and write there",
        io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => {
            "\nhint: a file stands where a directory should be: remove it, or give another --state DIR"
        }
        io::ErrorKind::UnexpectedEof => {
            "\nhint: it has less than was committed: liveblogd status --verify names what is missing"
        }
        io::ErrorKind::ReadOnlyFilesystem => "\nhint: mount it writable; nothing is lost",
        _ => "",
    }
}

/// SQLite's own number of an error, by which it can be looked up.
fn code(error: &rusqlite::Error) -> String {
    match error {
        rusqlite::Error::SqliteFailure(error, _) => format!(" (SQLite code {})", error.extended_code),
        _ => String::new(),
    }
}

fn holder(pid: Option<u32>) -> String {
    pid.map_or_else(|| "another process".to_string(), |pid| format!("process {pid}"))
}

/// The oldest segment, by its first seq: the same for every clone, so that what is retired shows at once.
#[derive(Debug, Clone, Default)]
pub struct Oldest(Arc<AtomicU64>);

impl Oldest {
    /// The segment that begins with `first_seq`.
    pub fn new(first_seq: u64) -> Oldest {
        Oldest(Arc::new(AtomicU64::new(first_seq)))
    }

    /// Its first seq.
    pub fn first_seq(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    /// Another one is the oldest now.
    pub(in crate::journal) fn set(&self, first_seq: u64) {
        self.0.store(first_seq, Ordering::Release);
    }
}

impl std::fmt::Display for Oldest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.first_seq().fmt(f)
    }
}

/// The end of the journal, as a reader may see it.
#[derive(Debug, Clone, Default)]
pub struct Head {
    /// The journal's id.
    pub journal: Arc<str>,
    /// The last event's seq; 0 in an empty journal.
    pub seq: u64,
    /// The segment it is in, by its first seq.
    pub segment: u64,
    /// How many bytes of that segment are committed.
    pub length_bytes: u64,
    /// The oldest segment.
    pub oldest: Oldest,
}

#[cfg(test)]
mod tests;
