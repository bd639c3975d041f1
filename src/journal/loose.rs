//! Which pages have an update of a date-less name. Names are hashes, so that new ones fall anywhere among the old; a
//! tree of them would have another of its pages written for each, and more the more are known. Here the youngest are
//! in memory, and beside that in the order they came; when they are many they become a sorted run, merged with the
//! runs that are no longer than it, so that there are few: two to the power of its level times `RECENT_MAX` names.
//!
//! ```text
//! loose_recent  n INTEGER PRIMARY KEY, block BLOB      the youngest, as they came
//! loose         first INTEGER PRIMARY KEY, block BLOB  the runs: the level in the upper bits, then of the first name
//! record        name, 8 bytes | page, 4: big-endian, so that they sort
//! ```

use std::collections::{BTreeSet, HashSet};

use rusqlite::{Connection, OptionalExtension, params};

use crate::journal::blocks::{BLOCK_BYTES_MAX, damaged, decode, encode};

/// How many names are in memory before they become a run: 2 MB.
const RECENT_MAX: usize = 1 << 16;

/// The levels of runs: enough for four thousand million names.
const LEVELS: usize = 16;

/// Where the level stands in a row's number.
const LEVEL_SHIFT: u32 = 59;

/// How many pages of one name are kept, the newest. A headline that stood at the same minute of more pages than this
/// tells none of them from the others.
const PAGES_OF_NAME_MAX: usize = 1_024;

const RECORD_BYTES: usize = 12;
type Record = [u8; RECORD_BYTES];

pub(super) const SCHEMA: &str = "
CREATE TABLE loose_recent (n INTEGER PRIMARY KEY, block BLOB NOT NULL);
CREATE TABLE loose (first INTEGER PRIMARY KEY, block BLOB NOT NULL);
";

/// The names.
#[derive(Debug, Default)]
pub(super) struct Loose {
    /// Those that were asked for once: most never are, and needn't be sorted one by one.
    recent: BTreeSet<Record>,
    /// The others, as they came.
    unsorted: Vec<Record>,
    /// Those of both that aren't written.
    unwritten: Vec<Record>,
    /// The row that they'll be.
    next_row: i64,
    /// Which levels have a run.
    runs: [bool; LEVELS],
    /// What `recent` and `runs` will be once what was written is committed.
    merged: Option<[bool; LEVELS]>,
}

fn record(name: u64, page: u64) -> Record {
    let page = u32::try_from(page).expect("one new page a second makes so many in 136 years");
    let mut record = [0; RECORD_BYTES];
    record[..8].copy_from_slice(&name.to_be_bytes());
    record[8..].copy_from_slice(&page.to_be_bytes());
    record
}

fn name_of(record: &Record) -> u64 {
    u64::from_be_bytes(*record.first_chunk().expect("it begins with a name"))
}

fn page_of(record: &Record) -> u64 {
    u32::from_be_bytes([record[8], record[9], record[10], record[11]]).into()
}

/// The row of a run at which a block that begins with this name lies.
fn row_of(level: usize, name: u64) -> i64 {
    ((level as i64) << LEVEL_SHIFT) | (name >> (64 - LEVEL_SHIFT)) as i64
}

impl Loose {
    /// What a table has.
    pub(super) fn load(at: &Connection) -> rusqlite::Result<Loose> {
        let mut loose = Loose::default();
        let mut statement = at.prepare("SELECT n, block FROM loose_recent ORDER BY n")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let n = row.get(0)?;
            let records = decode::<RECORD_BYTES>(n, row.get_ref(1)?.as_blob()?);
            let records = records.ok_or_else(|| damaged("loose_recent"))?.records;
            loose.unsorted.extend(records.as_chunks::<RECORD_BYTES>().0);
            loose.next_row = n + 1;
        }
        for (level, has) in loose.runs.iter_mut().enumerate() {
            *has = Run::new(level).next_row(at)?.is_some();
        }
        Ok(loose)
    }

    /// Gives a page a name.
    pub(super) fn insert(&mut self, name: u64, page: u64) {
        let record = record(name, page);
        self.unsorted.push(record);
        self.unwritten.push(record);
    }

    /// The pages that have this name, newest first, at most `most`.
    pub(super) fn pages_with(
        &mut self,
        at: &Connection,
        name: u64,
        most: usize,
    ) -> rusqlite::Result<Vec<u64>> {
        self.recent.extend(self.unsorted.drain(..));
        let (first, last) = (record(name, 0), record(name, u32::MAX.into()));
        let mut pages: Vec<u64> = self.recent.range(first..=last).map(page_of).collect();
        for level in (0..LEVELS).filter(|&level| self.runs[level]) {
            let sql =
                "SELECT first, block FROM loose WHERE first BETWEEN ? AND ? ORDER BY first DESC LIMIT 1";
            let row =
                |row: &rusqlite::Row<'_>| Ok(decode::<RECORD_BYTES>(row.get(0)?, row.get_ref(1)?.as_blob()?));
            let rows = params![row_of(level, 0), row_of(level, name)];
            let Some(block) = at.prepare_cached(sql)?.query_row(rows, row).optional()? else {
                continue;
            };
            let block = block.ok_or_else(|| damaged("loose"))?;
            let (records, _) = block.records.as_chunks::<RECORD_BYTES>();
            let from = records.partition_point(|record| name_of(record) < name);
            pages.extend(records[from..].iter().take_while(|record| name_of(record) == name).map(page_of));
        }
        pages.sort_unstable_by(|one, other| other.cmp(one));
        pages.dedup();
        pages.truncate(most);
        Ok(pages)
    }

    /// How much is to be written, bytes.
    pub(super) fn changed_bytes(&self) -> usize {
        self.unwritten.len() * RECORD_BYTES
    }

    /// Writes what is new. It stays to be written until [`Loose::written`] is called, once that is committed.
    pub(super) fn write(&mut self, at: &Connection) -> rusqlite::Result<()> {
        self.merged = None;
        if self.recent.len() + self.unsorted.len() >= RECENT_MAX {
            self.merged = Some(self.merge(at)?);
        } else if !self.unwritten.is_empty() {
            let block = encode(self.next_row, 0, self.unwritten.as_flattened());
            at.prepare_cached("INSERT INTO loose_recent VALUES (?, ?)")?
                .execute(params![self.next_row, block])?;
        }
        Ok(())
    }

    /// What was written is committed.
    pub(super) fn written(&mut self) {
        if let Some(runs) = self.merged.take() {
            *self = Loose { runs, ..Loose::default() };
        } else if !self.unwritten.is_empty() {
            self.next_row += 1;
        }
        self.unwritten.clear();
    }

    /// Lets go of memory that only much to do needs.
    pub(super) fn rest(&mut self) {
        self.unsorted.shrink_to_fit();
        self.unwritten.shrink_to_fit();
    }

    /// Makes one run of what is in memory and of the runs below the first level that has none. Says which have one then.
    fn merge(&self, at: &Connection) -> rusqlite::Result<[bool; LEVELS]> {
        let target = self.runs.iter().position(|has| !has).expect("no disk holds so many names");
        let mut sources: Vec<Run> = (0..target).map(Run::new).collect();
        let mut recent: Vec<Record> = self.recent.iter().chain(&self.unsorted).copied().collect();
        recent.sort_unstable();
        let mut recent = recent.into_iter().peekable();
        let mut run = Writer { at, level: target, name: None, block: Vec::new() };
        loop {
            let mut least: Option<(Record, Option<usize>)> = recent.peek().map(|record| (*record, None));
            for (at_source, source) in sources.iter_mut().enumerate() {
                if let Some(record) = source.peek(at)?
                    && least.is_none_or(|(least, _)| record < least)
                {
                    least = Some((record, Some(at_source)));
                }
            }
            let Some((record, source)) = least else { break };
            match source {
                Some(source) => sources[source].advance(),
                None => drop(recent.next()),
            }
            run.push(record)?;
        }
        run.end()?;
        let mut runs = self.runs;
        for (level, has) in runs.iter_mut().enumerate().take(target) {
            let rows = params![row_of(level, 0), row_of(level, u64::MAX)];
            at.execute("DELETE FROM loose WHERE first BETWEEN ? AND ?", rows)?;
            *has = false;
        }
        runs[target] = true;
        at.execute("DELETE FROM loose_recent", [])?;
        Ok(runs)
    }

    /// Takes its names from some pages. Reads all: for `forget`.
    pub(super) fn remove_pages(&mut self, at: &Connection, pages: &HashSet<u64>) -> rusqlite::Result<()> {
        let stays = |record: &Record| !pages.contains(&page_of(record));
        self.recent.retain(stays);
        self.unsorted.retain(stays);
        at.execute("DELETE FROM loose_recent", [])?;
        self.unwritten = self.recent.iter().chain(&self.unsorted).copied().collect();
        for level in (0..LEVELS).filter(|&level| self.runs[level]) {
            let mut run = Run::new(level);
            while let Some(row) = run.next_row(at)? {
                run.load(at, row)?;
                let kept: Vec<u8> =
                    run.records().iter().filter(|record| stays(record)).flatten().copied().collect();
                if kept.len() < run.block.len() {
                    let block = encode(row, 0, &kept);
                    at.prepare_cached("UPDATE loose SET block = ?2 WHERE first = ?1")?
                        .execute(params![row, block])?;
                }
            }
        }
        Ok(())
    }

    /// Whether every block is what was written. Reads all.
    pub(super) fn is_sound(at: &Connection) -> rusqlite::Result<bool> {
        let sql = "SELECT first, block FROM loose UNION ALL SELECT n, block FROM loose_recent";
        let mut statement = at.prepare(sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            if decode::<RECORD_BYTES>(row.get(0)?, row.get_ref(1)?.as_blob()?).is_none() {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// A run that is read from its start, a block at a time.
struct Run {
    level: usize,
    /// Where to look for the next block.
    from: i64,
    block: Vec<u8>,
    /// The record that comes next.
    next: usize,
    ended: bool,
}

impl Run {
    fn new(level: usize) -> Run {
        Run { level, from: row_of(level, 0), block: Vec::new(), next: 0, ended: false }
    }

    fn records(&self) -> &[Record] {
        self.block.as_chunks().0
    }

    fn next_row(&self, at: &Connection) -> rusqlite::Result<Option<i64>> {
        let sql = "SELECT min(first) FROM loose WHERE first BETWEEN ? AND ?";
        at.prepare_cached(sql)?.query_row([self.from, row_of(self.level, u64::MAX)], |row| row.get(0))
    }

    fn load(&mut self, at: &Connection, row: i64) -> rusqlite::Result<()> {
        let sql = "SELECT block FROM loose WHERE first = ?";
        let block = at
            .prepare_cached(sql)?
            .query_row([row], |found| Ok(decode::<RECORD_BYTES>(row, found.get_ref(0)?.as_blob()?)))?;
        self.block = block.ok_or_else(|| damaged("loose"))?.records;
        (self.from, self.next) = (row + 1, 0);
        Ok(())
    }

    fn peek(&mut self, at: &Connection) -> rusqlite::Result<Option<Record>> {
        while !self.ended && self.next == self.records().len() {
            match self.next_row(at)? {
                Some(row) => self.load(at, row)?,
                None => self.ended = true,
            }
        }
        Ok(self.records().get(self.next).copied())
    }

    fn advance(&mut self) {
        self.next += 1;
    }
}

/// A run that is written, in order.
struct Writer<'c> {
    at: &'c Connection,
    level: usize,
    /// The name that came last, and where its records begin.
    name: Option<(u64, usize)>,
    block: Vec<Record>,
}

impl Writer<'_> {
    fn push(&mut self, record: Record) -> rusqlite::Result<()> {
        let name = name_of(&record);
        match self.name {
            Some((last, begin)) if last == name => {
                if self.block.last() == Some(&record) {
                    return Ok(());
                }
                if self.block.len() - begin >= PAGES_OF_NAME_MAX {
                    self.block.remove(begin);
                }
            }
            last => {
                let is_another_row =
                    last.is_some_and(|(last, _)| row_of(self.level, last) != row_of(self.level, name));
                if is_another_row && (self.block.len() + 1) * RECORD_BYTES + 16 > BLOCK_BYTES_MAX {
                    self.end()?;
                }
                self.name = Some((name, self.block.len()));
            }
        }
        self.block.push(record);
        Ok(())
    }

    fn end(&mut self) -> rusqlite::Result<()> {
        if let Some(first) = self.block.first() {
            let row = row_of(self.level, name_of(first));
            let block = encode(row, 0, self.block.as_flattened());
            self.at
                .prepare_cached("INSERT OR REPLACE INTO loose VALUES (?, ?)")?
                .execute(params![row, block])?;
        }
        self.block.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn connection() -> Connection {
        let at = Connection::open_in_memory().expect("a database");
        at.execute_batch(SCHEMA).expect("tables");
        at
    }

    /// Whatever became a run, and after a restart: a name has the pages it was given.
    #[test]
    fn a_name_has_the_pages_that_it_was_given() {
        let at = connection();
        let mut loose = Loose::load(&at).expect("loaded");
        let mut model: BTreeMap<u64, BTreeSet<u64>> = BTreeMap::new();
        let name = |n: u64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        // Seven times as many as fit into memory: runs on three levels. Every tenth stands on two pages.
        for n in 0..7 * RECENT_MAX as u64 {
            let page = n / 100;
            for name in [name(n), name(n / 10 * 10)] {
                loose.insert(name, page);
                model.entry(name).or_default().insert(page);
            }
            if n % 1_000 == 0 {
                at.execute_batch("BEGIN").expect("begun");
                loose.write(&at).expect("written");
                if n % 3_000 == 0 {
                    at.execute_batch("ROLLBACK").expect("all of it is still to be written");
                    continue;
                }
                at.execute_batch("COMMIT").expect("committed");
                loose.written();
            }
            if n % 50_000 == 1 {
                loose.write(&at).expect("written");
                loose.written();
                loose = Loose::load(&at).expect("loaded");
            }
        }
        assert!(loose.runs.iter().filter(|has| **has).count() >= 2, "{:?}", loose.runs);
        assert!(loose.recent.len() + loose.unsorted.len() < 2 * RECENT_MAX);
        assert!(Loose::is_sound(&at).expect("looked at"));
        for (name, pages) in model.iter().step_by(97) {
            let wanted: Vec<u64> = pages.iter().rev().copied().take(32).collect();
            assert_eq!(loose.pages_with(&at, *name, 32).expect("found"), wanted);
        }
        let gone: HashSet<u64> = (0..2_000).collect();
        loose.remove_pages(&at, &gone).expect("removed");
        loose.write(&at).expect("written");
        loose.written();
        let mut loose = Loose::load(&at).expect("loaded");
        for (name, pages) in model.iter().step_by(89) {
            let wanted: Vec<u64> = pages.iter().rev().copied().filter(|page| *page >= 2_000).collect();
            assert_eq!(loose.pages_with(&at, *name, 32).expect("found"), wanted);
        }
    }

    #[test]
    fn of_a_name_on_very_many_pages_the_newest_are_kept() {
        let at = connection();
        let mut loose = Loose::load(&at).expect("loaded");
        for page in 0..RECENT_MAX as u64 + 1 {
            loose.insert(7, page);
        }
        loose.write(&at).expect("written");
        loose.written();
        assert_eq!(loose.unsorted.len(), 0, "they became a run");
        let pages = loose.pages_with(&at, 7, usize::MAX).expect("found");
        assert_eq!(pages.len(), PAGES_OF_NAME_MAX);
        assert_eq!(pages[0], RECENT_MAX as u64);
        assert!(loose.pages_with(&at, 8, 1).expect("none").is_empty());
    }
}
