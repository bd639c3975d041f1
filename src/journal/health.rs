//! What the gate notes in the index for `status`: counts that only grow, and the last faults. Nothing else reads it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::params;

use crate::journal::JournalError;
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

impl Index {
    /// Adds to a count.
    pub fn add_count(&self, name: &str, count: u64) -> Result<(), JournalError> {
        let sql = "INSERT INTO counts VALUES (?1, ?2) ON CONFLICT DO UPDATE SET count = count + ?2";
        self.run(sql, params![name, count as i64]).map(drop)
    }

    /// Sets a count.
    pub fn set_count(&self, name: &str, count: u64) -> Result<(), JournalError> {
        self.run("INSERT OR REPLACE INTO counts VALUES (?, ?)", params![name, count as i64]).map(drop)
    }

    /// All counts.
    pub fn counts(&self) -> Result<BTreeMap<String, u64>, JournalError> {
        self.with(|connection| {
            let mut statement = connection.prepare("SELECT name, count FROM counts")?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)? as u64)))?;
            rows.collect()
        })
    }

    /// Notes a fault. `lasts`: until [`Index::end_faults`] says that it is over.
    pub fn add_fault(&self, path: &str, what: &str, at: Timestamp, lasts: bool) -> Result<(), JournalError> {
        let sql = "INSERT INTO fault VALUES (?1, ?2, ?3, ?3, 1, ?4)
            ON CONFLICT DO UPDATE SET last = ?3, count = count + 1, lasts = ?4";
        self.run(sql, params![path, what, at.as_millisecond(), lasts])?;
        let sql = "DELETE FROM fault WHERE rowid NOT IN
            (SELECT rowid FROM fault ORDER BY lasts DESC, last DESC, rowid DESC LIMIT ?)";
        self.run(sql, params![FAULTS_KEPT_MAX]).map(drop)
    }

    /// What was wrong with a path is over; with `None`: with every path.
    pub fn end_faults(&self, path: Option<&str>) -> Result<(), JournalError> {
        self.run("UPDATE fault SET lasts = 0 WHERE lasts AND path = coalesce(?, path)", params![path])
            .map(drop)
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
