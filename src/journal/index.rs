//! The index: which updates are known, how far files were read, how long the segments are. Derived.
//!
//! ```text
//! committed  one row: next seq, segment, its length, next page, whether the backfill is done
//! seen       a known update: time first, so that live traffic touches few pages of the tree
//! older      folded texts that were said of revised updates, so that none comes twice
//! pages      which date-less names a page has, and the times they were given
//! loose      date-less name → pages: how a page without a day of its own is recognised
//! page       the bytes a page was last seen with
//! file       checkpoints
//! sketch     what was read of a file (`held`)
//! counts     what became of updates, for `status` (`health`)
//! fault      the last faults, for `status` (`health`)
//! ```

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};

use crate::journal::{JournalError, health, held};
use crate::model::checkpoint::Checkpoint;
use crate::model::file::FileName;
use crate::model::identity::Id;
use crate::model::time::DateBasis;

/// The form of the tables. Another one is made again from the journal.
const SCHEMA_VERSION: i32 = 2;

/// How much of the index SQLite keeps in memory, KiB: live traffic touches far less.
const CACHE_KIB: i32 = 8 << 10;

/// How long a writer waits for a `status` or `replay` that is looking, ms.
const BUSY_MS: u64 = 5_000;

/// How often and how far apart opening is tried: a `status` that looks while the index is being made can make it
/// fail for a moment.
const OPEN_TRIES: u32 = 5;
const OPEN_PAUSE: std::time::Duration = std::time::Duration::from_millis(50);

const SCHEMA: &str = "
CREATE TABLE committed (one INTEGER PRIMARY KEY, next_seq INTEGER NOT NULL, segment INTEGER NOT NULL,
    length INTEGER NOT NULL, next_page INTEGER NOT NULL, backfilled INTEGER NOT NULL);
CREATE TABLE seen (ts INTEGER NOT NULL, id BLOB NOT NULL, text INTEGER NOT NULL, rev INTEGER NOT NULL,
    seq INTEGER NOT NULL, PRIMARY KEY (ts, id)) WITHOUT ROWID;
CREATE TABLE older (id BLOB NOT NULL, folded INTEGER NOT NULL, PRIMARY KEY (id, folded)) WITHOUT ROWID;
CREATE TABLE pages (page INTEGER NOT NULL, loose INTEGER NOT NULL, ts INTEGER NOT NULL, basis INTEGER NOT NULL,
    PRIMARY KEY (page, loose, ts)) WITHOUT ROWID;
CREATE TABLE loose (loose INTEGER NOT NULL, page INTEGER NOT NULL, PRIMARY KEY (loose, page)) WITHOUT ROWID;
CREATE TABLE page (page INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
CREATE INDEX page_bytes ON page (bytes);
CREATE TABLE file (name BLOB PRIMARY KEY, checkpoint TEXT NOT NULL) WITHOUT ROWID;
";

/// The SQLite side of the journal.
#[derive(Debug)]
pub struct Index {
    connection: Connection,
    path: PathBuf,
}

/// The one row of `committed`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Committed {
    /// The next event's seq.
    pub next_seq: u64,
    /// The last segment, by its first seq; 0 before there is one.
    pub segment: u64,
    /// Its committed length, bytes.
    pub length_bytes: u64,
    /// The next page's number.
    pub next_page: u64,
    /// Whether what the first start found has been read.
    pub backfilled: bool,
}

impl Default for Committed {
    fn default() -> Committed {
        Committed { next_seq: 1, segment: 0, length_bytes: 0, next_page: 1, backfilled: false }
    }
}

/// A known update, as far as the gate asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// A hash of its text as it was last seen.
    pub text: u64,
    /// Its last revision.
    pub revision: u32,
    /// Where that was said.
    pub seq: u64,
    /// Whether it was the last of a file then, so that its writer may have been in the middle of it. Kept as the sign
    /// of `rev`.
    pub open: bool,
}

impl Seen {
    fn signed_revision(&self) -> i64 {
        let revision = i64::from(self.revision);
        if self.open { -revision } else { revision }
    }
}

pub(super) fn key(timestamp: Option<Timestamp>) -> i64 {
    timestamp.map_or(i64::MIN, Timestamp::as_millisecond)
}

fn basis_code(basis: DateBasis) -> i64 {
    match basis {
        DateBasis::Stamp => 0,
        DateBasis::Heading => 1,
        DateBasis::Option => 2,
        DateBasis::Path => 3,
        DateBasis::Header => 4,
        DateBasis::Mtime => 5,
    }
}

fn basis_of(code: i64) -> DateBasis {
    match code {
        0 => DateBasis::Stamp,
        1 => DateBasis::Heading,
        2 => DateBasis::Option,
        3 => DateBasis::Path,
        4 => DateBasis::Header,
        _ => DateBasis::Mtime,
    }
}

impl Index {
    /// Where it lies.
    pub fn path(state: &Path) -> PathBuf {
        state.join("index.sqlite")
    }

    /// Opens it for the gate, and makes it if it isn't there. `durable`: each commit survives a power loss.
    /// An error other than a retryable one means: make it again.
    pub fn open(state: &Path, durable: bool) -> Result<(Index, bool), JournalError> {
        let mut tries = 1;
        loop {
            match Index::open_once(state, durable) {
                Err(error) if error.is_retryable() && tries < OPEN_TRIES => {
                    tries += 1;
                    std::thread::sleep(OPEN_PAUSE);
                }
                opened => return opened,
            }
        }
    }

    fn open_once(state: &Path, durable: bool) -> Result<(Index, bool), JournalError> {
        let path = Index::path(state);
        let connection =
            Connection::open(&path).map_err(|source| JournalError::Index { path: path.clone(), source })?;
        let index = Index { connection, path };
        let made = index.with(|connection| {
            connection.busy_timeout(std::time::Duration::from_millis(BUSY_MS))?;
            connection.set_prepared_statement_cache_capacity(32);
            connection.pragma_update(None, "journal_mode", "WAL")?;
            connection.pragma_update(None, "synchronous", if durable { "FULL" } else { "NORMAL" })?;
            connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
            connection.pragma_update(None, "temp_store", "MEMORY")?;
            let version: i32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
            let tables: i64 =
                connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
            if tables > 0 && version != SCHEMA_VERSION {
                return Err(rusqlite::Error::InvalidQuery);
            }
            if tables == 0 {
                connection.execute_batch(&format!(
                    "BEGIN;{SCHEMA}{}{}PRAGMA user_version={SCHEMA_VERSION};COMMIT;",
                    health::SCHEMA,
                    held::SCHEMA
                ))?;
                return Ok(true);
            }
            // Younger than the other tables, and none of them is worth making again for it.
            connection.execute_batch(held::SCHEMA)?;
            // Cheap, and finds most of what bit flips do to a tree's upper pages; deeper damage shows at use.
            connection.query_row("SELECT count(*) FROM (SELECT ts FROM seen LIMIT 1)", [], |_| Ok(()))?;
            Ok(false)
        })?;
        Ok((index, made))
    }

    /// Opens it for looking only, as another process than the gate's may.
    pub fn open_readonly(state: &Path) -> Result<Index, JournalError> {
        let index = Index::open_there(state, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        index.with(|connection| connection.busy_timeout(std::time::Duration::from_millis(BUSY_MS)))?;
        Ok(index)
    }

    /// Opens it for nothing but [`Index::shorten_log`], beside the gate.
    pub fn open_beside(state: &Path) -> Result<Index, JournalError> {
        Index::open_there(state, OpenFlags::SQLITE_OPEN_READ_WRITE)
    }

    /// Opens one that is there, as it is.
    fn open_there(state: &Path, access: OpenFlags) -> Result<Index, JournalError> {
        let path = Index::path(state);
        let connection = Connection::open_with_flags(&path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)
            .map_err(|source| JournalError::Index { path: path.clone(), source })?;
        Ok(Index { connection, path })
    }

    /// Brings what its log has into the index itself, as far as nobody is in the way. Flushes both.
    pub fn shorten_log(&self) -> Result<(), JournalError> {
        self.with(|connection| connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())))
    }

    /// Its log.
    pub fn log_path(state: &Path) -> PathBuf {
        let mut path = Index::path(state).into_os_string();
        path.push("-wal");
        path.into()
    }

    /// Lies there if damage was met in the index while it was used: then the next start makes it again.
    pub fn suspect_path(state: &Path) -> PathBuf {
        state.join("index.sqlite-suspect")
    }

    /// Removes it with its side files. The mark of damage goes last, so that a kill can't lose it.
    pub fn remove(state: &Path) -> Result<(), JournalError> {
        for suffix in ["", "-wal", "-shm", "-journal", "-suspect"] {
            let mut path = Index::path(state).into_os_string();
            path.push(suffix);
            crate::journal::state::remove("remove", Path::new(&path))?;
        }
        Ok(())
    }

    pub(super) fn with<T>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, JournalError> {
        work(&self.connection).map_err(|source| JournalError::Index { path: self.path.clone(), source })
    }

    pub(super) fn run(&self, sql: &str, values: impl rusqlite::Params) -> Result<usize, JournalError> {
        self.with(|connection| connection.prepare_cached(sql)?.execute(values))
    }

    /// Begins a transaction.
    pub fn begin(&self) -> Result<(), JournalError> {
        self.run("BEGIN IMMEDIATE", []).map(drop)
    }

    /// Ends the transaction: all of it is there from now on.
    pub fn commit(&self) -> Result<(), JournalError> {
        self.run("COMMIT", []).map(drop)
    }

    /// Ends the transaction, if there is one: nothing of it happened.
    pub fn rollback(&self) {
        if !self.connection.is_autocommit() {
            // It fails only where SQLite has rolled back by itself.
            let _already_gone = self.run("ROLLBACK", []);
        }
    }

    /// Gives the room of its log back to the disk, as far as nobody reads it: on a full disk that may be all there is.
    pub fn shrink(&self) -> Result<(), JournalError> {
        let row = |_: &rusqlite::Row<'_>| Ok(());
        self.with(|connection| connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], row))
    }

    /// Whether every page and row of it is sound. The quick check doesn't see a key out of order, behind which
    /// updates that are known aren't found.
    pub fn is_sound(&self) -> bool {
        let answer = self.with(|connection| {
            connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get::<_, String>(0))
        });
        answer.is_ok_and(|answer| answer == "ok")
    }

    /// The one row of `committed`; `None` in a new index.
    pub fn committed(&self) -> Result<Option<Committed>, JournalError> {
        self.with(|connection| {
            let sql = "SELECT next_seq, segment, length, next_page, backfilled FROM committed";
            let row = |row: &rusqlite::Row<'_>| {
                let number = |at| row.get::<_, i64>(at).map(|number| number as u64);
                Ok(Committed {
                    next_seq: number(0)?,
                    segment: number(1)?,
                    length_bytes: number(2)?,
                    next_page: number(3)?,
                    backfilled: number(4)? != 0,
                })
            };
            connection.prepare_cached(sql)?.query_row([], row).optional()
        })
    }

    /// Writes the one row of `committed`.
    pub fn set_committed(&self, committed: &Committed) -> Result<(), JournalError> {
        self.run(
            "INSERT OR REPLACE INTO committed VALUES (1, ?, ?, ?, ?, ?)",
            params![
                committed.next_seq as i64,
                committed.segment as i64,
                committed.length_bytes as i64,
                committed.next_page as i64,
                committed.backfilled
            ],
        )
        .map(drop)
    }

    /// Makes an update known. False if it already is; then nothing is changed.
    pub fn insert_seen(
        &self,
        timestamp: Option<Timestamp>,
        id: Id,
        seen: Seen,
    ) -> Result<bool, JournalError> {
        let values = params![
            key(timestamp),
            id.0,
            seen.text as i64,
            seen.signed_revision(),
            seen.seq as i64
        ];
        self.run("INSERT OR IGNORE INTO seen VALUES (?, ?, ?, ?, ?)", values).map(|rows| rows == 1)
    }

    /// What is known of an update.
    pub fn seen(&self, timestamp: Option<Timestamp>, id: Id) -> Result<Option<Seen>, JournalError> {
        self.with(|connection| {
            let row = |row: &rusqlite::Row<'_>| {
                let signed_revision = row.get::<_, i64>(1)?;
                Ok(Seen {
                    text: row.get::<_, i64>(0)? as u64,
                    revision: u32::try_from(signed_revision.unsigned_abs()).unwrap_or(u32::MAX),
                    seq: row.get::<_, i64>(2)? as u64,
                    open: signed_revision < 0,
                })
            };
            let sql = "SELECT text, rev, seq FROM seen WHERE ts = ? AND id = ?";
            connection.prepare_cached(sql)?.query_row(params![key(timestamp), id.0], row).optional()
        })
    }

    /// Changes what is known of an update.
    pub fn update_seen(&self, timestamp: Option<Timestamp>, id: Id, seen: Seen) -> Result<(), JournalError> {
        let values = params![
            seen.text as i64,
            seen.signed_revision(),
            seen.seq as i64,
            key(timestamp),
            id.0
        ];
        self.run("UPDATE seen SET text = ?, rev = ?, seq = ? WHERE ts = ? AND id = ?", values).map(drop)
    }

    /// Makes the updates said after `seq` unknown. Reads every row: for recovery.
    pub fn forget_after(&self, seq: u64) -> Result<usize, JournalError> {
        self.run("DELETE FROM seen WHERE seq > ?", params![seq as i64])
    }

    /// Makes an update unknown.
    pub fn forget(&self, timestamp: Option<Timestamp>, id: Id) -> Result<bool, JournalError> {
        self.run("DELETE FROM seen WHERE ts = ? AND id = ?", params![key(timestamp), id.0])
            .map(|rows| rows > 0)
    }

    /// Keeps a folded text as said of `id`. False if it already was.
    pub fn insert_older(&self, id: Id, folded: u64) -> Result<bool, JournalError> {
        self.run("INSERT OR IGNORE INTO older VALUES (?, ?)", params![id.0, folded as i64])
            .map(|rows| rows == 1)
    }

    /// The folded texts that were said of `id`, if it was revised.
    pub fn older(&self, id: Id) -> Result<Vec<u64>, JournalError> {
        self.with(|connection| {
            let mut statement = connection.prepare_cached("SELECT folded FROM older WHERE id = ?")?;
            let rows = statement.query_map([id.0], |row| row.get::<_, i64>(0).map(|folded| folded as u64))?;
            rows.collect()
        })
    }

    /// Gives a page an update by its date-less name.
    pub fn insert_page_update(
        &self,
        page: u64,
        loose: u64,
        timestamp: Timestamp,
        basis: DateBasis,
    ) -> Result<(), JournalError> {
        let values = params![page as i64, loose as i64, key(Some(timestamp)), basis_code(basis)];
        self.run("INSERT OR IGNORE INTO pages VALUES (?, ?, ?, ?)", values)?;
        self.run("INSERT OR IGNORE INTO loose VALUES (?, ?)", params![loose as i64, page as i64])?;
        Ok(())
    }

    /// When the update of this date-less name on `page` was published, the latest if there are several.
    pub fn page_update(&self, page: u64, loose: u64) -> Result<Option<(Timestamp, DateBasis)>, JournalError> {
        self.with(|connection| {
            let sql = "SELECT ts, basis FROM pages WHERE page = ? AND loose = ? ORDER BY ts DESC LIMIT 1";
            let row = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?));
            let found = connection
                .prepare_cached(sql)?
                .query_row(params![page as i64, loose as i64], row)
                .optional()?;
            Ok(found.and_then(|(ms, basis)| Some((Timestamp::from_millisecond(ms).ok()?, basis_of(basis)))))
        })
    }

    /// The pages that have an update of this date-less name, newest first, at most `most`.
    pub fn pages_with(&self, loose: u64, most: u32) -> Result<Vec<u64>, JournalError> {
        self.with(|connection| {
            let sql = "SELECT page FROM loose WHERE loose = ? ORDER BY page DESC LIMIT ?";
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement
                .query_map(params![loose as i64, most], |row| row.get::<_, i64>(0).map(|page| page as u64))?;
            rows.collect()
        })
    }

    /// How many updates of a page aren't older than `since`.
    pub fn page_known_since(&self, page: u64, since: Timestamp) -> Result<u64, JournalError> {
        self.with(|connection| {
            let sql = "SELECT count(*) FROM pages WHERE page = ? AND ts >= ?";
            let row = |row: &rusqlite::Row<'_>| row.get::<_, i64>(0).map(|count| count as u64);
            connection.prepare_cached(sql)?.query_row(params![page as i64, key(Some(since))], row)
        })
    }

    /// The page that was last seen with these bytes.
    pub fn page_of_bytes(&self, hash: u128) -> Result<Option<u64>, JournalError> {
        self.with(|connection| {
            let sql = "SELECT max(page) FROM page WHERE bytes = ?";
            let row = |row: &rusqlite::Row<'_>| row.get::<_, Option<i64>>(0);
            Ok(connection
                .prepare_cached(sql)?
                .query_row(params![hash.to_le_bytes()], row)?
                .map(|page| page as u64))
        })
    }

    /// Keeps the bytes that a page was last seen with.
    pub fn set_page_bytes(&self, page: u64, hash: u128) -> Result<(), JournalError> {
        self.run("INSERT OR REPLACE INTO page VALUES (?, ?)", params![page as i64, hash.to_le_bytes()])
            .map(drop)
    }

    /// Keeps how far a file was read.
    pub fn set_checkpoint(&self, file: &FileName, checkpoint: &Checkpoint) -> Result<(), JournalError> {
        let json = serde_json::to_string(checkpoint).expect("a checkpoint has only JSON's own types");
        self.run("INSERT OR REPLACE INTO file VALUES (?, ?)", params![file.key(), json]).map(drop)
    }

    /// How far a file was read; `None` if that isn't known.
    pub fn checkpoint(&self, file: &FileName) -> Result<Option<Checkpoint>, JournalError> {
        self.with(|connection| {
            let sql = "SELECT checkpoint FROM file WHERE name = ?";
            let row = |row: &rusqlite::Row<'_>| row.get::<_, String>(0);
            let json = connection.prepare_cached(sql)?.query_row(params![file.key()], row).optional()?;
            Ok(json.and_then(|json| serde_json::from_str(&json).ok()))
        })
    }

    /// Drops a file's checkpoint.
    pub fn remove_checkpoint(&self, file: &FileName) -> Result<(), JournalError> {
        self.run("DELETE FROM file WHERE name = ?", params![file.key()]).map(drop)
    }

    /// Drops every checkpoint: all files are read again.
    pub fn remove_checkpoints(&self) -> Result<(), JournalError> {
        self.run("DELETE FROM file", []).map(drop)
    }

    /// Every checkpoint that can be read; the others only cost a second reading.
    pub fn checkpoints(&self) -> Result<Vec<(FileName, Checkpoint)>, JournalError> {
        self.with(|connection| {
            let mut statement = connection.prepare("SELECT name, checkpoint FROM file")?;
            let mut rows = statement.query([])?;
            let mut checkpoints = Vec::new();
            while let Some(row) = rows.next()? {
                let name = FileName::from_key(&row.get::<_, Vec<u8>>(0)?);
                let checkpoint = serde_json::from_str(&row.get::<_, String>(1)?).ok();
                checkpoints.extend(name.zip(checkpoint));
            }
            Ok(checkpoints)
        })
    }
}
