//! The mover: files that are done into the archive, or away. It does so only to what the index has as read, said and
//! flushed to the disk.
//!
//! What it is about to do stands in `STATE/moving` first, so that a kill in the middle of it leaves nothing unread:
//!
//! ```text
//! {"file":"2f7372762f70616765730073746f726d2e747874","to":"2f7372762f6f6c640073746f726d2e747874","stat":[…],"removed":false}
//! ```

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use tracing::{debug, info, warn};

use crate::journal::batch::Batch;
use crate::journal::health::{ARCHIVED, REMOVED};
use crate::journal::index::Index;
use crate::journal::{JournalError, state, sync};
use crate::model::checkpoint::Checkpoint;
use crate::model::file::FileName;
use crate::model::log_pace::LogPace;
use crate::source::moving::{Move, Moved};
use crate::source::reading::Done;

/// Archives or removes files that are done.
#[derive(Debug)]
pub struct Mover {
    state: PathBuf,
    /// What stands in `STATE/moving`: it may have happened half.
    open: Vec<Move>,
    /// The first path that can't be moved now.
    stuck: Option<PathBuf>,
    stuck_pace: LogPace,
    pace: LogPace,
    /// How many were moved and not logged yet.
    unlogged: usize,
}

/// What became of files that were done.
#[derive(Debug, Default)]
pub struct Left {
    /// Those that are away.
    pub away: Vec<FileName>,
    /// Whether they were removed.
    pub removed: bool,
    /// How many others can't be moved.
    pub stuck: u64,
    /// What is wrong with one of these, for `status`.
    pub fault: Option<(PathBuf, String)>,
    /// What was wrong with this path is over.
    pub healed: Option<PathBuf>,
}

impl Left {
    /// Whether there is nothing to tell.
    pub fn is_nothing(&self) -> bool {
        self.away.is_empty() && self.stuck == 0 && self.healed.is_none()
    }

    /// Notes it with what else is committed.
    pub(super) fn note(&self, batch: &mut Batch<'_>) {
        for file in &self.away {
            batch.forget_file(file);
        }
        batch.count(if self.removed { REMOVED } else { ARCHIVED }, self.away.len() as u64);
        batch.set_stuck(self.stuck);
        if let Some(path) = &self.healed {
            batch.end_fault(path);
        }
        if let Some((path, what)) = &self.fault {
            batch.note_fault(path, what, true);
        }
    }
}

impl Mover {
    /// One that brings to an end what the last one was killed in.
    pub fn open(state: &Path) -> Result<Mover, JournalError> {
        let path = moving(state);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(JournalError::io("read", &path)(error)),
        };
        // It is put in place whole: a line that is none was not written by us.
        let open = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let mut mover = Mover {
            state: state.into(),
            open,
            stuck: None,
            stuck_pace: LogPace::default(),
            pace: LogPace::default(),
            unlogged: 0,
        };
        // What can't be ended now is tried again before anything else is moved.
        if let Err(error) = mover.recover() {
            warn!(
                error = one_line(&error),
                "a file that was being moved when the last run ended stays as it is"
            );
        }
        Ok(mover)
    }

    /// Moves what may be moved of these.
    pub fn take(&mut self, files: Vec<(FileName, Checkpoint)>, done: &Done, now: Instant) -> Left {
        let mut left = Left { removed: *done == Done::Remove, ..Left::default() };
        let mut trouble = None;
        if let Err(error) = self.recover().and_then(|()| self.move_all(&files, done, &mut left, &mut trouble))
        {
            left.stuck = files.len() as u64;
            trouble = Some((self.state.clone(), one_line(&error)));
        }
        self.tell(&mut left, trouble, now);
        left
    }

    fn move_all(
        &mut self,
        files: &[(FileName, Checkpoint)],
        done: &Done,
        left: &mut Left,
        trouble: &mut Option<(PathBuf, String)>,
    ) -> Result<(), JournalError> {
        if files.is_empty() {
            return Ok(());
        }
        let index = Index::open_readonly(&self.state)?;
        let mut taken = HashSet::new();
        let mut moves = Vec::new();
        let mut fail = |left: &mut Left, file: &FileName, error: &io::Error| {
            left.stuck += 1;
            trouble.get_or_insert_with(|| (file.full(), explain(error, done)));
        };
        for (file, read) in files {
            // The gate may hold it back, or may not have come to it yet.
            let journaled = index.checkpoint(file)?;
            if !journaled.is_some_and(|journaled| journaled.is_done() && journaled.same_reading(read)) {
                continue;
            }
            match Move::plan(file, read.stat, done, &mut taken) {
                Ok(planned) => moves.push(planned),
                Err(error) => fail(left, file, &error),
            }
        }
        if moves.is_empty() {
            return Ok(());
        }
        sync::flush(&self.state)?;
        self.announce(&moves)?;
        for planned in moves {
            match planned.make() {
                Ok(Moved::Away) => {
                    debug!(path = %planned.file.path.display(), to = %planned.to.full().display(), "moved away");
                    left.away.push(planned.file);
                }
                Ok(Moved::Untouched) => {}
                Ok(Moved::PutBack(back)) => note_put_back(&planned, &back),
                Err(error) => {
                    fail(left, &planned.file, &error);
                    self.open.push(planned);
                }
            }
        }
        self.recover()
    }

    /// Writes down what is about to be done.
    fn announce(&self, moves: &[Move]) -> Result<(), JournalError> {
        let line =
            |planned: &Move| serde_json::to_string(planned).expect("names and numbers are JSON") + "\n";
        state::replace(&moving(&self.state), &moves.iter().map(line).collect::<String>())
    }

    /// Brings to an end what may have happened half.
    fn recover(&mut self) -> Result<(), JournalError> {
        let path = moving(&self.state);
        while let Some(planned) = self.open.last() {
            let ended = planned.recover().map_err(JournalError::io("put in order", &planned.to.full()))?;
            if let Moved::PutBack(back) = ended {
                note_put_back(planned, &back);
            }
            self.open.pop();
        }
        state::remove("remove", &path)
    }

    /// Logs what came of it, at a person's pace.
    fn tell(&mut self, left: &mut Left, trouble: Option<(PathBuf, String)>, now: Instant) {
        self.unlogged += left.away.len();
        if !left.away.is_empty() && self.pace.note(now).is_some() {
            let what = if left.removed {
                "files that were done were removed"
            } else {
                "files that were done were archived"
            };
            info!(files = self.unlogged, "{what}");
            self.unlogged = 0;
        }
        let path = trouble.as_ref().map(|(path, _)| path.clone());
        if self.stuck != path {
            left.healed = std::mem::replace(&mut self.stuck, path);
        }
        match &trouble {
            None => {
                if self.stuck_pace.end() {
                    info!("files that are done can be moved again");
                }
            }
            Some((path, what)) => {
                if self.stuck_pace.note(now).is_some() {
                    let files = left.stuck;
                    warn!(path = %path.display(), what, files, "files that are done stay where they are, and nothing is lost: it is tried again");
                }
            }
        }
        left.fault = trouble;
    }
}

fn moving(state: &Path) -> PathBuf {
    state.join("moving")
}

fn note_put_back(planned: &Move, back: &FileName) {
    info!(path = %planned.file.path.display(), back = %back.path.display(), "it changed while it was moved away: put back, and read again");
}

/// What can be done about it, in a line.
fn explain(error: &io::Error, done: &Done) -> String {
    let what = match done {
        Done::Archive(_) => "cannot archive it",
        Done::Remove => "cannot remove it",
    };
    let hint = match error.kind() {
        io::ErrorKind::PermissionDenied => {
            "; give the daemon's user the right to write to its directory and to drop.archive"
        }
        io::ErrorKind::CrossesDevices => {
            "; drop.archive must lie on the same file system and, as a service, below the same ReadWritePaths="
        }
        io::ErrorKind::ReadOnlyFilesystem => {
            "; as a service, ReadWritePaths= must name a directory that holds both"
        }
        io::ErrorKind::NotADirectory => {
            "; a file lies where a directory is needed on the way there: move that file away"
        }
        _ => "",
    };
    format!("{what}: {error}{hint}")
}

fn one_line(error: &JournalError) -> String {
    error.to_string().replace('\n', "; ")
}
