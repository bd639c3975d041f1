//! The index: which updates are known, how far files were read, how long the segments are. Derived.
//!
//! ```text
//! committed  one row: next seq, segment, its length, next page, whether the backfill is done
//! seen       known updates, in blocks, by time: live traffic touches few of them (`known`)
//! older      folded texts that were said of revised updates, so that none comes twice
//! pages      which date-less names a page has, and the times they were given, in blocks (`known`)
//! loose      date-less name → pages: how a page without a day of its own is recognised (`loose`)
//! page       the bytes a page was last seen with
//! file       checkpoints
//! sketch     what was read of a file (`held`)
//! counts     what became of updates, for `status` (`health`)
//! fault      the last faults, for `status` (`health`)
//! ```
//!
//! What changes is kept in memory, where it holds at once, and is written some time later, in one transaction. A kill
//! before that costs nothing: what was said is taken from the segments at the next open, and files whose checkpoints
//! were lost are read again.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags, OptionalExtension, params};

use crate::journal::changes::Changes;
use crate::journal::known::{PAGES, PAGES_KEY_BYTES, PageBlocks, SEEN, SEEN_KEY_BYTES, SeenBlocks};
use crate::journal::loose::{self, Loose};
use crate::journal::{JournalError, health, held, state};
use crate::model::checkpoint::Checkpoint;
use crate::model::file::FileName;

/// The form of the tables. Another one is made again from the journal.
const SCHEMA_VERSION: i32 = 3;

/// How much of the index SQLite keeps in memory, KiB: its blocks are held by us.
const CACHE_KIB: i32 = 256;

/// How long a writer waits for a `status` or `replay` that is looking, ms.
const BUSY_MS: u64 = 5_000;

/// How often and how far apart opening is tried: a `status` that looks while the index is being made can make it
/// fail for a moment.
const OPEN_TRIES: u32 = 5;
const OPEN_PAUSE: std::time::Duration = std::time::Duration::from_millis(50);

const SCHEMA: &str = "
CREATE TABLE committed (one INTEGER PRIMARY KEY, next_seq INTEGER NOT NULL, segment INTEGER NOT NULL,
    length INTEGER NOT NULL, next_page INTEGER NOT NULL, backfilled INTEGER NOT NULL);
CREATE TABLE older (id BLOB NOT NULL, folded INTEGER NOT NULL, PRIMARY KEY (id, folded)) WITHOUT ROWID;
CREATE TABLE page (page INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
CREATE INDEX page_bytes ON page (bytes);
CREATE TABLE file (name BLOB PRIMARY KEY, checkpoint TEXT NOT NULL) WITHOUT ROWID;
";

/// How much waits to be written at most, bytes, before it is: some ten thousand updates, or a few thousand files.
pub(super) const UNWRITTEN_BYTES_MAX: usize = 4 << 20;

/// The SQLite side of the journal.
#[derive(Debug)]
pub struct Index {
    pub(super) connection: Connection,
    pub(super) path: PathBuf,
    pub(super) seen: SeenBlocks,
    pub(super) pages: PageBlocks,
    pub(super) loose: Loose,
    /// Rows that aren't written yet.
    pub(super) changes: Changes,
    /// The rows of files that were written last: whoever asks for one before it reads on needs no statement.
    pub(super) kept: Changes,
}

/// Of how many files the rows are kept, each for its own.
const KEPT_FILES_MAX: usize = 128;

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

impl Committed {
    fn write(&self, connection: &Connection) -> rusqlite::Result<()> {
        let values = params![
            self.next_seq as i64,
            self.segment as i64,
            self.length_bytes as i64,
            self.next_page as i64,
            self.backfilled
        ];
        let sql = "INSERT OR REPLACE INTO committed VALUES (1, ?, ?, ?, ?, ?)";
        connection.prepare_cached(sql)?.execute(values).map(drop)
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
        // SQLite would make it for all to read, and its log has the rights that it has. What is wrong, the next line says.
        let _made = state::open_kept("make", &path);
        let connection =
            Connection::open(&path).map_err(|source| JournalError::Index { path: path.clone(), source })?;
        let mut index = Index::new(connection, path);
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
                    "BEGIN;{SCHEMA}{}{}{}{}{}PRAGMA user_version={SCHEMA_VERSION};COMMIT;",
                    SeenBlocks::schema(SEEN),
                    PageBlocks::schema(PAGES),
                    loose::SCHEMA,
                    health::SCHEMA,
                    held::SCHEMA
                ))?;
                return Ok(true);
            }
            // Younger than the other tables, and none of them is worth making again for it.
            connection.execute_batch(held::SCHEMA)?;
            // Cheap, and finds most of what bit flips do to a tree's upper pages; deeper damage shows at use.
            connection.query_row("SELECT count(*) FROM (SELECT first FROM seen LIMIT 1)", [], |_| Ok(()))?;
            Ok(false)
        })?;
        index.loose = index.with(Loose::load)?;
        Ok((index, made))
    }

    fn new(connection: Connection, path: PathBuf) -> Index {
        Index {
            connection,
            path,
            seen: SeenBlocks::new(SEEN, SEEN_KEY_BYTES),
            pages: PageBlocks::new(PAGES, PAGES_KEY_BYTES),
            loose: Loose::default(),
            changes: Changes::default(),
            kept: Changes::default(),
        }
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
        Ok(Index::new(connection, path))
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

    /// Writes what isn't written yet, all of it or nothing: what becomes of it is known by `committed`, unless the
    /// index is still being made. What can't be written now is kept.
    pub(super) fn flush(&mut self, committed: Option<&Committed>) -> Result<(), JournalError> {
        self.run("BEGIN IMMEDIATE", [])?;
        if let Err(error) = self.write(committed) {
            if !self.connection.is_autocommit() {
                // It fails only where SQLite has rolled back by itself.
                let _already_gone = self.run("ROLLBACK", []);
            }
            return Err(error);
        }
        self.seen.written();
        self.pages.written();
        self.loose.written();
        let changes = std::mem::take(&mut self.changes);
        if self.kept.checkpoints.len().max(self.kept.sketches.len()) > KEPT_FILES_MAX {
            self.kept = Changes::default();
        }
        if changes.checkpoints.len().max(changes.sketches.len()) <= KEPT_FILES_MAX {
            self.kept.checkpoints.extend(changes.checkpoints);
            self.kept.sketches.extend(changes.sketches);
        } else {
            self.kept = Changes::default();
        }
        Ok(())
    }

    fn write(&mut self, committed: Option<&Committed>) -> Result<(), JournalError> {
        let Index { connection, path, seen, pages, loose, changes, kept: _ } = self;
        let written = (|| {
            seen.write(connection)?;
            pages.write(connection)?;
            loose.write(connection)?;
            changes.write(connection)?;
            if let Some(committed) = committed {
                committed.write(connection)?;
            }
            connection.prepare_cached("COMMIT")?.execute([])
        })();
        written.map(drop).map_err(|source| JournalError::Index { path: path.clone(), source })
    }

    /// Lets go of memory that only much to do needs.
    pub(super) fn rest(&mut self) {
        self.seen.rest();
        self.pages.rest();
        self.loose.rest();
    }

    /// About how much isn't written yet, bytes.
    pub(super) fn unwritten_bytes(&self) -> usize {
        self.seen.changed_bytes()
            + self.pages.changed_bytes()
            + self.loose.changed_bytes()
            + self.changes.bytes()
    }

    /// Whether anything isn't written yet.
    pub(super) fn has_unwritten(&self) -> bool {
        self.unwritten_bytes() > 0 || !self.changes.is_empty()
    }

    /// Writes what isn't written while it's made, or brought up to the journal, as soon as that is worth a transaction.
    pub(super) fn flush_if_large(&mut self) -> Result<(), JournalError> {
        if self.unwritten_bytes() < UNWRITTEN_BYTES_MAX {
            return Ok(());
        }
        self.flush(None)
    }

    /// Gives the room of its log back to the disk, as far as nobody reads it: on a full disk that may be all there is.
    pub fn shrink(&self) -> Result<(), JournalError> {
        let row = |_: &rusqlite::Row<'_>| Ok(());
        self.with(|connection| connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], row))
    }

    /// Whether every page and row of it is sound. The quick check doesn't see a key out of order, behind which
    /// updates that are known aren't found.
    pub fn is_sound(&self) -> bool {
        let sound = self.with(|connection| {
            let tree = "PRAGMA integrity_check(1)";
            Ok(connection.query_row(tree, [], |row| row.get::<_, String>(0))? == "ok"
                && SeenBlocks::is_sound(SEEN, connection)?
                && PageBlocks::is_sound(PAGES, connection)?
                && Loose::is_sound(connection)?)
        });
        sound.unwrap_or(false)
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

    /// How far a file was read; `None` if that isn't known.
    pub fn checkpoint(&self, file: &FileName) -> Result<Option<Checkpoint>, JournalError> {
        let kept = || self.kept.checkpoints.get(file);
        if let Some(checkpoint) = self.changes.checkpoints.get(file).or_else(kept) {
            return Ok(checkpoint.clone());
        }
        self.with(|connection| {
            let sql = "SELECT checkpoint FROM file WHERE name = ?";
            let row = |row: &rusqlite::Row<'_>| row.get::<_, String>(0);
            let json = connection.prepare_cached(sql)?.query_row(params![file.key()], row).optional()?;
            Ok(json.and_then(|json| serde_json::from_str(&json).ok()))
        })
    }

    /// Drops what is known of files: all are read again, as if for the first time. With its sketch a page whose updates
    /// were lost would be taken for one that is read otherwise, and held back.
    pub fn forget_files(&mut self) -> Result<(), JournalError> {
        self.changes.checkpoints.clear();
        self.changes.sketches.clear();
        self.kept.checkpoints.clear();
        self.kept.sketches.clear();
        self.run("DELETE FROM file", [])?;
        self.run("DELETE FROM sketch", []).map(drop)
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
