//! What the index keeps so that a page that is read otherwise than before shows: what was read of each file, and
//! which files are held back because of it.

use rusqlite::{OptionalExtension, params};

use crate::journal::JournalError;
use crate::journal::index::Index;
use crate::model::checkpoint::{Checkpoint, Held};
use crate::model::file::FileName;
use crate::model::sketch::Sketch;

/// The table. It may be missing in an index of an older release.
pub(super) const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS sketch (name BLOB PRIMARY KEY, sketch BLOB NOT NULL);
";

impl Index {
    /// What was read of a file; `None` if that isn't known.
    pub(super) fn sketch(&self, file: &FileName) -> Result<Option<Sketch>, JournalError> {
        let kept = || self.kept.sketches.get(file);
        if let Some(sketch) = self.changes.sketches.get(file).or_else(kept) {
            return Ok(sketch.clone());
        }
        self.with(|connection| {
            let sql = "SELECT sketch FROM sketch WHERE name = ?";
            let row = |row: &rusqlite::Row<'_>| row.get::<_, Vec<u8>>(0);
            let kept = connection.prepare_cached(sql)?.query_row(params![file.key()], row).optional()?;
            Ok(kept.and_then(|kept| Sketch::from_bytes(&kept)))
        })
    }

    /// The files of which it is known what was read.
    pub(super) fn sketched(&self) -> Result<Vec<FileName>, JournalError> {
        self.with(|connection| {
            let mut statement = connection.prepare("SELECT name FROM sketch")?;
            let names = statement.query_map([], |row| row.get::<_, Vec<u8>>(0))?;
            let names: Vec<Vec<u8>> = names.collect::<rusqlite::Result<_>>()?;
            Ok(names.iter().filter_map(|name| FileName::from_key(name)).collect())
        })
    }

    /// The files that are held back, by name.
    pub fn held_back(&self) -> Result<Vec<(FileName, Held)>, JournalError> {
        self.with(|connection| {
            let sql = "SELECT name, checkpoint FROM file WHERE checkpoint ->> '$.state' = 'held_back'
                ORDER BY name";
            let mut statement = connection.prepare(sql)?;
            let rows =
                statement.query_map([], |row| Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, String>(1)?)))?;
            let mut held_back = Vec::new();
            for row in rows {
                let (name, checkpoint) = row?;
                let held = serde_json::from_str(&checkpoint).ok().and_then(|read: Checkpoint| read.held);
                held_back.extend(FileName::from_key(&name).zip(held));
            }
            Ok(held_back)
        })
    }
}
