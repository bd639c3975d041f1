//! What the gate notes in the index for `status`: counts that only grow, and the last faults. Nothing else reads it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::{Connection, params};

use crate::journal::JournalError;
use crate::journal::changes::FaultChange;
use crate::journal::index::Index;
use crate::model::checkpoint::FileState;

/// How many faults are kept: as many as a person reads. Those that last go before those that are over.
pub const FAULTS_KEPT_MAX: u32 = 32;

/// The tables, part of the index's schema.
pub(super) const SCHEMA: &str = "
CREATE TABLE counts (name TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE fault (path TEXT NOT NULL, what TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
    count INTEGER NOT NULL, lasts INTEGER NOT NULL, PRIMARY KEY (path, what));
";

/// The count of paths that can't be read now. Set, not added to.
pub const UNREADABLE: &str = "unreadable";

/// The count of drop directories that aren't watched whole now. Set, not added to.
pub const POLLED: &str = "polled_directories";

/// The count of files that are done and can't be archived or removed now. Set, not added to.
pub const STUCK: &str = "stuck";

/// The count of files that were archived.
pub const ARCHIVED: &str = "archived";

/// The count of files that were removed by the daemon.
pub const REMOVED: &str = "removed";

/// A fault as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptFault {
    /// Where.
    pub path: String,
    /// What is wrong.
    pub what: String,
    /// When it was first met.
    pub first: Timestamp,
    /// When it was last met.
    pub last: Timestamp,
    /// How often.
    pub count: u64,
    /// Whether it was still so when last looked.
    pub lasts: bool,
}

impl FaultChange {
    /// Writes it.
    pub(super) fn write(&self, connection: &Connection) -> rusqlite::Result<()> {
        match self {
            FaultChange::Met { path, what, at, lasts } => {
                let sql = "INSERT INTO fault VALUES (?1, ?2, ?3, ?3, 1, ?4)
                    ON CONFLICT DO UPDATE SET last = ?3, count = count + 1, lasts = ?4";
                connection.prepare_cached(sql)?.execute(params![path, what, at.as_millisecond(), lasts])?;
                let sql = "DELETE FROM fault WHERE rowid NOT IN
                    (SELECT rowid FROM fault ORDER BY lasts DESC, last DESC, rowid DESC LIMIT ?)";
                connection.prepare_cached(sql)?.execute([FAULTS_KEPT_MAX])?;
            }
            FaultChange::Over(path) => {
                let sql = "UPDATE fault SET lasts = 0 WHERE lasts AND path = coalesce(?, path)";
                connection.prepare_cached(sql)?.execute([path])?;
            }
        }
        Ok(())
    }
}

impl Index {
    /// All counts.
    pub fn counts(&self) -> Result<BTreeMap<String, u64>, JournalError> {
        self.with(|connection| {
            let mut statement = connection.prepare("SELECT name, count FROM counts")?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)? as u64)))?;
            rows.collect()
        })
    }

    /// The last faults, those that last first, then the newest.
    pub fn faults(&self) -> Result<Vec<KeptFault>, JournalError> {
        self.with(|connection| {
            let sql = "SELECT path, what, first, last, count, lasts FROM fault
                ORDER BY lasts DESC, last DESC, rowid DESC";
            let mut statement = connection.prepare(sql)?;
            let time = |ms: i64| Timestamp::from_millisecond(ms).unwrap_or_default();
            let rows = statement.query_map([], |row| {
                Ok(KeptFault {
                    path: row.get(0)?,
                    what: row.get(1)?,
                    first: time(row.get(2)?),
                    last: time(row.get(3)?),
                    count: row.get::<_, i64>(4)? as u64,
                    lasts: row.get(5)?,
                })
            })?;
            rows.collect()
        })
    }

    /// How many files are in this state.
    pub fn files_in(&self, state: FileState) -> Result<u64, JournalError> {
        let name = serde_json::to_string(&state).expect("a name is JSON");
        self.with(|connection| {
            let sql = "SELECT count(*) FROM file WHERE checkpoint ->> '$.state' = ?";
            let row = |row: &rusqlite::Row<'_>| row.get::<_, i64>(0).map(|count| count as u64);
            connection.query_row(sql, params![name.trim_matches('"')], row)
        })
    }
}
