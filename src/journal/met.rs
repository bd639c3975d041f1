//! `STATE/damaged`: what the daemon's readers met of the journal that is damaged or missing, for the log and for `status`,
//! which may be asked when no reader is there. It says nothing of what nobody has read: that is `verify`'s. Each start
//! begins it anew.
//!
//! ```text
//! {"path":"/state/journal/00000000000000000001.ndjson","first":"2024-03-06T14:20:00Z","last":"2024-03-06T14:21:00Z","count":3}
//! ```

use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tracing::warn;

use crate::journal::JournalError;
use crate::journal::state::open_kept;
use crate::model::log_pace::LogPace;

/// How many files are noted: as many as a person reads.
const FILES_MAX: usize = 32;

/// A file of the journal that couldn't be read whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Damaged {
    /// Which one, for people.
    pub path: String,
    /// When that was first met.
    pub first: Timestamp,
    /// When it was last met, and logged.
    pub last: Timestamp,
    /// How often it was met until then.
    pub count: u64,
}

/// What the readers met, the same for every clone.
#[derive(Debug, Clone)]
pub struct Met(Arc<Mutex<Files>>);

#[derive(Debug)]
struct Files {
    /// Open since the start: another directory may stand in the place of its own later. `None` where it couldn't be made.
    file: Option<File>,
    path: PathBuf,
    of: BTreeMap<PathBuf, (LogPace, Damaged)>,
}

impl Met {
    /// Begins anew: nothing was met yet. Where there is no room for the file, the log alone tells.
    pub fn begin(state: &Path) -> Met {
        let path = path_in(state);
        let file = open_kept("open", &path)
            .and_then(|file| file.set_len(0).map(|()| file).map_err(JournalError::io("write", &path)));
        let file = file.inspect_err(unshown).ok();
        Met(Arc::new(Mutex::new(Files { file, path, of: BTreeMap::new() })))
    }

    /// A reader, or the start, met that this file can't be read, whole or in part.
    pub fn note(&self, path: &Path) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).note(path);
    }
}

impl Files {
    fn note(&mut self, path: &Path) {
        if self.of.len() >= FILES_MAX && !self.of.contains_key(path) {
            return;
        }
        let now = Timestamp::now();
        let (pace, damaged) = self.of.entry(path.into()).or_insert_with(|| {
            let path = path.to_string_lossy().into_owned();
            (LogPace::default(), Damaged { path, first: now, last: now, count: 0 })
        });
        let Some(count) = pace.note(Instant::now()) else { return };
        (damaged.last, damaged.count) = (now, count);
        let hint = "liveblogd status --verify names the place";
        warn!(path = %path.display(), count, hint, "events of the journal can't be read: whoever reads there is told of a gap");
        let line =
            |(_, damaged): &(_, Damaged)| serde_json::to_string(damaged).expect("strings are JSON") + "\n";
        let text: String = self.of.values().map(line).collect();
        let Some(file) = &self.file else { return };
        let written = file.write_all_at(text.as_bytes(), 0).and_then(|()| file.set_len(text.len() as u64));
        let _told = written.map_err(JournalError::io("write", &self.path)).inspect_err(unshown);
    }
}

fn unshown(error: &JournalError) {
    warn!(%error, "status can't show which files of the journal can't be read");
}

/// What was met since the last start; what can't be read is nothing.
pub fn load(state: &Path) -> Vec<Damaged> {
    let text = std::fs::read_to_string(path_in(state)).unwrap_or_default();
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

fn path_in(state: &Path) -> PathBuf {
    state.join("damaged")
}
