//! The words between the source and the stage above it: hints in, steps out, what the parser said back.
//!
//! Values only.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use globset::GlobSet;

use crate::model::checkpoint::{Checkpoint, FileState, Fingerprint};
use crate::model::file::{FileName, Position, Stat};
use crate::model::globs::globs;
use crate::model::text::Text;

/// What names are left out unless configured otherwise: what editors, `rsync` and browsers leave half-written.
pub const EXCLUDE_DEFAULT: [&str; 5] = [".*", "*~", "*.tmp", "*.part", "*.swp"];

/// What the source is to read, and when.
#[derive(Debug, Clone)]
pub struct SourceOptions {
    /// The drop directories.
    pub roots: Vec<PathBuf>,
    /// Globs of what is read; empty for all. Each is held against the whole path and against the name alone.
    pub include: GlobSet,
    /// Globs of what isn't.
    pub exclude: GlobSet,
    /// How long a stat stays unchanged in a file that is quiet.
    pub settle: Duration,
    /// Shortest time between two scans.
    pub scan_interval: Duration,
    /// Files that were older than this when first seen aren't read until they change.
    pub ignore_older: Option<Duration>,
    /// Whether to end once all is read and quiet, or was waited for long enough.
    pub once: bool,
    /// Files never to be read, as (device, inode): stdout's.
    pub forbidden: Vec<(u64, u64)>,
    /// The state directory: where it lies in a drop directory, it is left alone. It is there by then.
    pub state: Option<PathBuf>,
    /// Readings over this are cut into pieces, bytes.
    pub reading_bytes_max: usize,
    /// Which files are done, and what becomes of them then; `None`: they stay.
    pub done: Option<DonePolicy>,
}

/// What becomes of files that are done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DonePolicy {
    /// How long they lie there unchanged first.
    pub after: Duration,
    /// What then.
    pub done: Done,
}

/// What becomes of a file that is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Done {
    /// It is moved below this directory.
    Archive(Arc<Path>),
    /// It is removed.
    Remove,
}

impl SourceOptions {
    /// The defaults, for these drop directories.
    pub fn new(roots: Vec<PathBuf>) -> SourceOptions {
        SourceOptions {
            roots,
            include: GlobSet::empty(),
            exclude: globs(EXCLUDE_DEFAULT).expect("the default globs are well formed"),
            settle: Duration::from_secs(1),
            scan_interval: Duration::from_secs(5),
            ignore_older: None,
            once: false,
            forbidden: Vec::new(),
            state: None,
            reading_bytes_max: 64 << 20,
            done: None,
        }
    }
}

/// What the watcher says. Only a hint: what it misses is found by the next scan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hint {
    /// A writer has closed it.
    Closed(PathBuf),
    /// It was moved here, whole.
    Moved(PathBuf),
    /// It was made, written to or removed.
    Changed(PathBuf),
    /// A directory has appeared.
    Directory(PathBuf),
    /// Anything may have changed.
    Rescan,
    /// The watcher can't watch; the scans go on.
    Failed {
        /// What, and why.
        what: String,
        /// What can be done about it.
        hint: &'static str,
    },
}

/// What is to be done next.
#[derive(Debug)]
pub enum Step {
    /// Parse this, then call [`crate::source::files::Source::parsed`].
    Reading(Box<Reading>),
    /// It's gone: its checkpoint can be dropped.
    Gone(FileName),
    /// Nothing to parse, but worth keeping.
    State(FileName, Box<Checkpoint>),
    /// These are done, as far as is known here: what isn't moved away ([`crate::source::files::Source::moved_away`])
    /// is named again later.
    Finished(Vec<(FileName, Checkpoint)>, Done),
    /// All that the first scan found lying there was handed out. Said once.
    FirstScanRead,
    /// Nothing to do until then, or until a hint comes.
    Idle(Instant),
    /// With `once`: all is read and quiet, or was waited for long enough.
    Done,
    /// Something can't be read. Said once for each path until it heals.
    Fault(Fault),
    /// What was wrong with a path is over.
    Healed(PathBuf),
}

/// A path that can't be read, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot read {}: {what}", path.display())]
pub struct Fault {
    /// The path.
    pub path: PathBuf,
    /// What is wrong with it.
    pub what: String,
    /// What can be done about it.
    pub hint: &'static str,
}

/// A stretch of a file to be parsed.
#[derive(Debug, Clone)]
pub struct Reading {
    /// Which file.
    pub file: FileName,
    /// What the kernel said of it when it was read.
    pub stat: Stat,
    /// What the bytes up to `read_offset` look like.
    pub fingerprint: Fingerprint,
    /// Bytes consumed.
    pub read_offset: u64,
    /// The lines.
    pub text: Text,
    /// Which part of the file they are.
    pub part: Part,
    /// What is said of them.
    pub take: Take,
    /// The last line in `text` has no `\n`, and in a whole reading its writer may not be done: it was neither
    /// moved into place nor is it read `once`. What the line opens may be held back.
    pub unterminated: bool,
    /// The file was moved into place, and so is complete.
    pub moved: bool,
    /// There is more behind it at once: another piece follows.
    pub more: bool,
    /// Where `text` ends.
    pub end: Position,
    /// How the parser read the part before (appended, and later pieces).
    pub layout: Option<String>,
    /// Appended: the update that `text` starts with was said already, so another text is a revision.
    pub said_open: bool,
    /// It was found by the first scan.
    pub lying_there: bool,
    /// Hash of the whole file, where it was read in one piece.
    pub content_hash: Option<u128>,
    /// The file was read before, and is read whole again.
    pub replaced: bool,
    /// The old content of a file that was replaced or removed since: the checkpoint isn't to be moved.
    pub lost: bool,
}

/// Which part of a file a reading is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The whole file, or a piece of it.
    Whole {
        /// It starts at the start.
        first_piece: bool,
        /// It ends at the end.
        last_piece: bool,
    },
    /// From the open update to the end.
    Appended,
}

/// Which updates of a reading are said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Take {
    /// All.
    All,
    /// The complete ones: the last may still grow and is left for later.
    Complete,
}

/// What the parser made of a reading.
#[derive(Debug, Clone, Default)]
pub struct Parsed {
    /// Start of the last update: reading on begins here.
    pub resume: Position,
    /// How it was read.
    pub layout: Option<String>,
    /// Updates found in the reading.
    pub updates: u64,
    /// Whether an update at the end was left for later.
    pub held_back: bool,
    /// What has become of the file. [`FileState::Followed`] is set by the source where something was held back.
    pub state: FileState,
}

impl Reading {
    /// All but the lines: what is needed of them to make a checkpoint.
    pub(crate) fn without_text(&self) -> Reading {
        let text = Text { start: self.text.start, end_offset: self.text.end_offset, ..Text::default() };
        Reading { file: self.file.clone(), text, layout: self.layout.clone(), ..*self }
    }

    /// Whether one update fills the whole piece, where the parser would read on from `resume`: then it is said as
    /// far as it goes and the reading goes on behind the piece, or it never ended.
    pub fn is_filled(&self, resume: Position) -> bool {
        self.more && resume.offset <= self.text.start.offset
    }

    /// What to keep of the file once this reading is committed; `None` for a [`Reading::lost`] one.
    pub fn checkpoint(&self, parsed: &Parsed) -> Option<Checkpoint> {
        if self.lost {
            return None;
        }
        let mut resume = parsed.resume;
        if resume.offset < self.text.start.offset || self.text.end_offset < resume.offset {
            resume = self.text.start;
        }
        if self.is_filled(resume) {
            resume = self.end;
        }
        Some(Checkpoint {
            stat: self.stat,
            read_offset: self.read_offset,
            resume,
            fingerprint: self.fingerprint,
            said_open: parsed.updates > 0
                && (!parsed.held_back || self.said_open && resume == self.text.start),
            state: if parsed.held_back || self.more {
                FileState::Followed
            } else {
                parsed.state
            },
            layout: parsed.layout.clone(),
            updates: parsed.updates,
            // Which page it is and how its days were found, the gate knows.
            ..Checkpoint::default()
        })
    }
}
