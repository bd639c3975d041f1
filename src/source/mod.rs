//! The source: which bytes of which files are new. Reading again is always safe, so in doubt it reads again.
//!
//! A file event is a hint; the scan is what finds everything. What is handed out is text, with the place
//! where it stands; what an update is, the parser knows.

pub mod files;
pub mod fingerprint;
pub mod line_buffer;
pub mod reader;
pub mod scan;
pub mod tail;
pub mod watcher;

use std::path::PathBuf;
use std::time::Instant;

use crate::model::checkpoint::{Checkpoint, FileState, Fingerprint};
use crate::model::file::{FileName, Position, Stat};
use crate::model::text::Text;

/// What the watcher says. It may be wrong, late or missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hint {
    /// A file that was open for writing was closed.
    Closed(PathBuf),
    /// A file or directory was moved here.
    Moved(PathBuf),
    /// Something is new, changed or gone here.
    Changed(PathBuf),
    /// Events were lost, or can't be had: look everywhere.
    Rescan,
}

/// What the source does next.
#[derive(Debug)]
pub enum Step {
    /// Text to parse; [`files::Source::parsed`] must follow.
    Reading(Box<Reading>),
    /// A file that has no text for the parser: its checkpoint is to be kept.
    State(FileName, Checkpoint),
    /// A file that is no longer there.
    Gone(FileName),
    /// All that the first scan found lying there has been handed out. Said once.
    FirstScanRead,
    /// A drop directory was made or mounted again: it is to be watched anew.
    RootIsNew(PathBuf),
    /// Something is wrong with a path. Said once for each.
    Fault(Fault),
    /// Nothing to do before this instant, unless a hint comes.
    Idle(Instant),
    /// `--once`: everything has been read.
    Done,
}

/// What is wrong with a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The path.
    pub path: PathBuf,
    /// What is wrong.
    pub what: String,
    /// What it means, or what to do.
    pub hint: &'static str,
}

/// Which part of a file a reading is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// From its start.
    Whole,
    /// From the start of the update that was last when it was read before.
    Appended,
}

/// Which of its updates are complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Take {
    /// All of them.
    All,
    /// All but the last, which may still grow.
    Complete,
}

/// Text of a file, and what is remembered of it.
#[derive(Debug)]
pub struct Reading {
    /// The file.
    pub file: FileName,
    /// The file as it was while it was read.
    pub stat: Stat,
    /// What the bytes up to `read_offset` look like.
    pub fingerprint: Fingerprint,
    /// How far it was read, bytes.
    pub read_offset: u64,
    /// The text.
    pub text: Text,
    /// Which part of the file it is.
    pub part: Part,
    /// Whether it goes on with a whole reading that was too long for one.
    pub piece: bool,
    /// Which updates are complete.
    pub take: Take,
    /// Whether the last line has no end yet in a file whose writer has just closed it.
    pub unterminated: bool,
    /// `Appended`: whether the first update was said before.
    pub said_open: bool,
    /// `Appended`: how the parser read what came before.
    pub layout: Option<String>,
    /// A hash of the whole file, if all of it was read.
    pub content_hash: Option<u128>,
    /// Whether the first scan found the file lying there.
    pub lying_there: bool,
}

/// What the parser made of a reading.
#[derive(Debug, Clone)]
pub struct Parsed {
    /// Where the last update starts.
    pub resume: Position,
    /// How the file is read.
    pub layout: Option<String>,
    /// Whether the last update was left for later.
    pub held_back: bool,
    /// What has become of the file.
    pub state: FileState,
}
