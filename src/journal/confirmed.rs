//! `STATE/confirmed`: which pages that are held back are to be said all the same. `confirm` writes it, also while
//! the daemon runs; the daemon only reads it.
//!
//! ```text
//! {"path":"storm/page.txt","file":"2f7372762f70616765730073746f726d2f706167652e747874","held":"2024-06-12T14:20:31.5Z"}
//! ```
//!
//! `file` is [`FileName::key`] in hexadecimal, since names are bytes, and `path` the same for people. A line is of
//! one holding back, named by its instant: it is never taken back, and has no meaning for the next one.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::journal::{JournalError, state};
use crate::model::checkpoint::Held;
use crate::model::file::FileName;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Line {
    path: String,
    #[serde(with = "crate::model::file::hex")]
    file: FileName,
    held: Timestamp,
}

impl Line {
    fn new(file: &FileName, held: &Held) -> Line {
        Line { path: file.path.to_string_lossy().into_owned(), file: file.clone(), held: held.since }
    }
}

fn path_in(state: &Path) -> PathBuf {
    state.join("confirmed")
}

/// What was confirmed. A line that can't be read confirms nothing.
fn lines(state: &Path) -> Result<Vec<Line>, JournalError> {
    let path = path_in(state);
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(JournalError::io("read", &path)(error)),
    }
}

/// Whether this holding back of this file was confirmed.
pub fn is_confirmed(state: &Path, file: &FileName, held: &Held) -> Result<bool, JournalError> {
    Ok(lines(state)?.contains(&Line::new(file, held)))
}

/// Confirms files of those that are held back now. What was confirmed of others before has had its effect, and is
/// left out.
pub fn confirm(
    state: &Path,
    files: &[(FileName, Held)],
    held_back: &[(FileName, Held)],
) -> Result<(), JournalError> {
    let now: Vec<Line> = held_back.iter().map(|(file, held)| Line::new(file, held)).collect();
    let mut all = lines(state)?;
    all.retain(|line| now.contains(line));
    for (file, held) in files {
        let line = Line::new(file, held);
        if !all.contains(&line) {
            all.push(line);
        }
    }
    let text = |line: &Line| serde_json::to_string(line).expect("strings and an instant are JSON") + "\n";
    let text: String = all.iter().map(text).collect();
    let path = path_in(state);
    let (mut file, new) = state::create_new(&path)?;
    file.write_all(text.as_bytes()).map_err(JournalError::io("write", &new))?;
    state::put_in_place(&file, &new, &path)
}

/// Sees when something was confirmed.
#[derive(Debug)]
pub struct Watch {
    state: PathBuf,
    /// When the file was last written, as far as seen.
    seen: Option<SystemTime>,
}

impl Watch {
    /// What is confirmed now is what the start finds.
    pub fn new(state: &Path) -> Watch {
        Watch { state: state.into(), seen: Watch::written(state) }
    }

    fn written(state: &Path) -> Option<SystemTime> {
        std::fs::metadata(path_in(state)).and_then(|metadata| metadata.modified()).ok()
    }

    /// The files that are confirmed, if that has changed.
    pub fn changed(&mut self) -> Result<Vec<FileName>, JournalError> {
        let written = Watch::written(&self.state);
        if written == self.seen {
            return Ok(Vec::new());
        }
        self.seen = written;
        Ok(lines(&self.state)?.into_iter().map(|line| line.file).collect())
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    use super::*;

    #[test]
    fn a_name_that_is_no_text_is_confirmed_too_and_only_this_once() {
        let dir = tempfile::tempdir().expect("a directory");
        let mut watch = Watch::new(dir.path());
        let file = FileName::new("/srv/pages", OsStr::from_bytes(b"caf\xe9.txt"));
        let held = Held { since: Timestamp::UNIX_EPOCH, new: 3, updates: 4 };
        assert!(!is_confirmed(dir.path(), &file, &held).expect("read"));
        confirm(dir.path(), &[(file.clone(), held)], &[(file.clone(), held)]).expect("written");
        assert!(is_confirmed(dir.path(), &file, &held).expect("read"));
        let next = Held { since: Timestamp::MAX, ..held };
        assert!(!is_confirmed(dir.path(), &file, &next).expect("read"));
        assert_eq!(watch.changed().expect("read"), std::slice::from_ref(&file));
        assert_eq!(watch.changed().expect("read"), []);
        confirm(dir.path(), &[], &[(file.clone(), next)]).expect("written");
        assert!(!is_confirmed(dir.path(), &file, &held).expect("read"), "what is over is left out");
    }
}
