//! `STATE/polled`: which drop directories lie on a file system without events, for `status`, which doesn't know what the
//! daemon follows. The daemon writes it when it starts and when that changes.
//!
//! ```text
//! {"root":"/mnt/pages","kind":"nfs"}
//! ```

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::journal::{JournalError, state};

/// A drop directory whose changes are found by the scan alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Polled {
    /// The directory, for people.
    pub root: String,
    /// Its file system.
    pub kind: String,
}

/// Writes down which there are.
pub fn store(state: &Path, polled: &[Polled]) -> Result<(), JournalError> {
    let line = |polled: &Polled| serde_json::to_string(polled).expect("strings are JSON") + "\n";
    state::replace(&path_in(state), &polled.iter().map(line).collect::<String>())
}

/// Which there are; what can't be read is none.
pub fn load(state: &Path) -> Vec<Polled> {
    let text = std::fs::read_to_string(path_in(state)).unwrap_or_default();
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

fn path_in(state: &Path) -> PathBuf {
    state.join("polled")
}
