//! `forget`: makes the updates of some files unknown, so that the files are read and said again.
//!
//! The index is derived, so forgetting must outlive it: `STATE/forgotten` keeps which paths were forgotten up to
//! which seq, and an index that is made again leaves those events out. The journal itself stays as it is.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use globset::GlobSet;
use jiff::Timestamp;
use rusqlite::params;
use serde::{Deserialize, Serialize};

use crate::journal::gate::Journal;
use crate::journal::index::Index;
use crate::journal::said::{Said, each_event, each_retired};
use crate::journal::{JournalError, segment, state};
use crate::model::checkpoint::Checkpoint;
use crate::model::file::FileName;
use crate::model::globs::{globs, matches};
use crate::model::identity::Id;

/// One `forget`, a line of `STATE/forgotten`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Line {
    /// Events after it aren't meant.
    upto: u64,
    /// Which paths.
    globs: Vec<String>,
    /// Which updates besides, by their ids: those of files that had another name when they were said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    ids: Vec<String>,
}

fn path_in(state: &Path) -> PathBuf {
    state.join("forgotten")
}

fn lines(state: &Path) -> Result<Vec<Line>, JournalError> {
    let path = path_in(state);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(JournalError::io("read", &path)(error)),
    };
    let read = |line| {
        serde_json::from_str(line).map_err(|error| JournalError::Damaged {
            path: path.clone(),
            what: error.to_string(),
            hint: "without it, what was forgotten may be known again after the index is lost: remove the bad line",
        })
    };
    text.lines().map(read).collect()
}

/// What `STATE/forgotten` says, for an index that is made again.
#[derive(Debug, Default)]
pub(super) struct Forgotten {
    lines: Vec<(u64, GlobSet, HashSet<Id>)>,
}

impl Forgotten {
    /// Reads it. What is no glob to this version fits nothing.
    pub(super) fn load(state: &Path) -> Result<Forgotten, JournalError> {
        let set = |line: Line| {
            let set = globs(line.globs.iter().map(String::as_str)).unwrap_or_else(|_| GlobSet::empty());
            (line.upto, set, line.ids.iter().filter_map(|id| Id::from_hex(id)).collect())
        };
        Ok(Forgotten { lines: lines(state)?.into_iter().map(set).collect() })
    }

    /// Whether this event was forgotten. Must be asked in order: an update is forgotten with all its revisions,
    /// whichever file they came from.
    pub(super) fn has(&mut self, id: Id, seq: u64, path: &Path) -> bool {
        let mut forgotten = false;
        for (_, set, ids) in self.lines.iter_mut().filter(|(upto, _, _)| seq <= *upto) {
            if matches(set, path) {
                ids.insert(id);
            }
            forgotten |= ids.contains(&id);
        }
        forgotten
    }
}

/// An update: time, identity, date-less name.
type Update = (Option<Timestamp>, Id, Option<u64>);

/// What there is to forget.
#[derive(Debug, Default)]
pub struct Found {
    /// The files' updates.
    updates: HashSet<Update>,
    /// The files that were read, with how far.
    files: Vec<(FileName, Checkpoint)>,
    globs: Vec<String>,
    /// Those of the updates that were said under another name.
    renamed: HashSet<Id>,
}

impl Found {
    /// How many updates.
    pub fn updates(&self) -> usize {
        self.updates.len()
    }

    /// The files that will be read again.
    pub fn files(&self) -> impl Iterator<Item = &FileName> {
        self.files.iter().map(|(file, _)| file)
    }
}

/// Finds the updates that were said of the files that `wanted` fits, and the files themselves. A file that was renamed
/// has its updates under its first name: either name finds both, by the page that they are of.
pub fn find(journal: &mut Journal, wanted: &[String]) -> Result<Found, JournalError> {
    let set = globs(wanted.iter().map(String::as_str)).unwrap_or_else(|_| GlobSet::empty());
    let mut found = Found { globs: wanted.to_vec(), ..Found::default() };
    let (state, scope) = (journal.state.clone(), journal.options.scope.clone());
    let files = journal.checkpoints()?;
    let present: HashSet<&Path> = files.iter().map(|(file, _)| &*file.path).collect();
    found.files = files.iter().filter(|(file, _)| matches(&set, &file.path)).cloned().collect();
    let pages: HashSet<u64> = pages_of(&found.files).collect();
    let mut note = |event: &Said| {
        let path = Path::new(&event.origin.path);
        let (name, fits) = (event.loose(&scope), matches(&set, path));
        let is_renamed = !fits
            && !pages.is_empty()
            && !present.contains(path)
            && match name.zip(event.timestamp) {
                Some((name, timestamp)) => {
                    journal.index.pages_with_at(name, timestamp)?.iter().any(|page| pages.contains(page))
                }
                None => false,
            };
        if (fits || is_renamed)
            && let Some(id) = Id::from_hex(&event.id)
            && journal.index.seen(event.timestamp, id)?.is_some()
        {
            found.updates.insert((event.timestamp, id, name));
            if is_renamed {
                found.renamed.insert(id);
            }
        }
        Ok(())
    };
    for first_seq in segment::list_retired(&state)? {
        each_retired(&state, first_seq, &mut note)?;
    }
    for first_seq in segment::list(&state)? {
        each_event(&state, first_seq, |event, _| note(event))?;
    }
    if found.files.is_empty() {
        let pages = pages_with(&mut journal.index, &found.updates)?;
        found.files = files.into_iter().filter(|(_, read)| pages.contains(&read.page)).collect();
    }
    Ok(found)
}

/// The pages that files are.
fn pages_of(files: &[(FileName, Checkpoint)]) -> impl Iterator<Item = u64> {
    files.iter().map(|(_, read)| read.page).filter(|&page| page != 0)
}

/// The pages that updates are on.
fn pages_with(index: &mut Index, updates: &HashSet<Update>) -> Result<HashSet<u64>, JournalError> {
    let mut pages = HashSet::new();
    for (timestamp, _, name) in updates {
        if let (Some(name), Some(timestamp)) = (name, timestamp) {
            pages.extend(index.pages_with_at(*name, *timestamp)?);
        }
    }
    pages.remove(&0);
    Ok(pages)
}

/// Makes what was found unknown, durably.
pub fn forget(journal: &mut Journal, found: &Found) -> Result<(), JournalError> {
    // First what outlives the index: a kill in between is mended by the same command once more.
    let mut all = lines(journal.state())?;
    let ids = found.renamed.iter().map(Id::to_string).collect();
    all.push(Line { upto: journal.committed.next_seq - 1, globs: found.globs.clone(), ids });
    let text = |line: &Line| serde_json::to_string(line).expect("numbers and strings are JSON") + "\n";
    state::replace(&path_in(journal.state()), &all.iter().map(text).collect::<String>())?;
    forget_in(&mut journal.index, found)?;
    journal.flush()?;
    journal.close()
}

fn forget_in(index: &mut Index, found: &Found) -> Result<(), JournalError> {
    // What is said again on purpose isn't to be held back.
    let set = globs(found.globs.iter().map(String::as_str)).unwrap_or_else(|_| GlobSet::empty());
    let files: HashSet<&FileName> = found.files().collect();
    let is_meant = |file: &FileName| matches(&set, &file.path) || files.contains(file);
    let sketched: Vec<FileName> = index.sketched()?.into_iter().filter(is_meant).collect();
    index.changes.sketches.extend(sketched.into_iter().map(|file| (file, None)));
    // A page that is still recognised would get the days that it had, which may be why it is to be forgotten.
    let mut pages = pages_with(index, &found.updates)?;
    pages.extend(pages_of(&found.files));
    for (file, _) in &found.files {
        index.changes.checkpoints.insert(file.clone(), None);
    }
    for (timestamp, id, _) in &found.updates {
        index.forget(*timestamp, *id)?;
        index.run("DELETE FROM older WHERE id = ?", params![id.0])?;
        index.flush_if_large()?;
    }
    index.forget_pages(&pages)
}
