//! A sorted set of records of one width, kept in blocks that are rows of a SQLite table: what a page of updates asks
//! of a few blocks would be a statement each if every record were a row.
//!
//! ```text
//! row    first INTEGER PRIMARY KEY, block BLOB
//! block  where the next one begins, 8 bytes | xxh3-64 of that, of first and of the records, 8 | the records, ascending
//! ```
//!
//! A record begins with its place, a number in 8 bytes, big-endian with the sign flipped, so that bytes and numbers
//! have one order; its key is as many of its first bytes as tell it from others. A block has the places from its
//! `first` up to where the next one begins: the first block begins with the smallest number there is. Records of one
//! place are never in two blocks. Changed blocks are held until they are written, all in one transaction.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, params};
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// How long a block gets before it's split, bytes: with its row it fills a page of SQLite's.
pub(super) const BLOCK_BYTES_MAX: usize = 4_000;

/// What comes before the records, bytes.
const HEAD_BYTES: usize = 16;

/// How much is held that needn't be written, bytes: the updates of two days of a dozen blogs.
const HELD_BYTES_MAX: usize = 4 << 20;

/// The same while nothing is to do, bytes: what live traffic asks for again and again.
const RESTING_BYTES_MAX: usize = 64 << 10;

/// The sorted set, as far as it's held, and how the rest is found.
#[derive(Debug)]
pub(super) struct Blocks<const N: usize> {
    /// Where the rows are.
    table: &'static str,
    /// How many of a record's bytes are its key.
    key_bytes: usize,
    /// By `first`. What is changed is always held.
    held: BTreeMap<i64, Block>,
    held_bytes: usize,
    changed_bytes: usize,
}

#[derive(Debug)]
pub(super) struct Block {
    /// Where the next one begins; `i64::MAX`: there is none.
    next: i64,
    pub(super) records: Vec<u8>,
    changed: bool,
}

impl Block {
    fn has(&self, place: i64) -> bool {
        place < self.next || self.next == i64::MAX
    }
}

/// A number as the first bytes of a record.
pub(super) fn place_bytes(place: i64) -> [u8; 8] {
    (place ^ i64::MIN).to_be_bytes()
}

/// The number that a record, or a key, begins with.
fn place_of(record: &[u8]) -> i64 {
    let bytes = record.first_chunk().expect("a record begins with its place");
    i64::from_be_bytes(*bytes) ^ i64::MIN
}

pub(super) fn damaged(table: &str) -> rusqlite::Error {
    let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
    rusqlite::Error::SqliteFailure(code, Some(format!("a block of {table} is damaged")))
}

fn check_of(first: i64, next: i64, records: &[u8]) -> u64 {
    xxh3_64_with_seed(records, (first as u64).rotate_left(32) ^ next as u64)
}

impl<const N: usize> Blocks<N> {
    /// The set in `table`, told apart by the first `key_bytes` of each record.
    pub(super) fn new(table: &'static str, key_bytes: usize) -> Blocks<N> {
        Blocks { table, key_bytes, held: BTreeMap::new(), held_bytes: 0, changed_bytes: 0 }
    }

    /// What makes its table.
    pub(super) fn schema(table: &str) -> String {
        format!("CREATE TABLE {table} (first INTEGER PRIMARY KEY, block BLOB NOT NULL);")
    }

    /// The record with this key.
    pub(super) fn get(&mut self, at: &Connection, key: &[u8]) -> rusqlite::Result<Option<[u8; N]>> {
        let block = self.block(at, place_of(key))?;
        let (records, _) = block.records.as_chunks::<N>();
        Ok(search(records, key).ok().map(|found| records[found]))
    }

    /// Adds a record, or changes the one with its key.
    pub(super) fn put(&mut self, at: &Connection, record: &[u8; N]) -> rusqlite::Result<()> {
        self.add(at, record, true).map(drop)
    }

    /// Adds a record if there is none with its key. Says whether there was none.
    pub(super) fn insert(&mut self, at: &Connection, record: &[u8; N]) -> rusqlite::Result<bool> {
        self.add(at, record, false)
    }

    fn add(&mut self, at: &Connection, record: &[u8; N], replaces: bool) -> rusqlite::Result<bool> {
        let (key_bytes, place) = (self.key_bytes, place_of(record));
        let block = self.block(at, place)?;
        let (records, _) = block.records.as_chunks_mut::<N>();
        match search(records, &record[..key_bytes]) {
            Ok(found) => {
                if replaces && records[found] != *record {
                    records[found] = *record;
                    self.change(place, 0);
                }
                Ok(false)
            }
            Err(found) => {
                let from = found * N;
                block.records.splice(from..from, *record);
                self.change(place, N);
                self.split(place);
                Ok(true)
            }
        }
    }

    /// Removes the record with this key.
    pub(super) fn remove(&mut self, at: &Connection, key: &[u8]) -> rusqlite::Result<()> {
        let place = place_of(key);
        let block = self.block(at, place)?;
        let (records, _) = block.records.as_chunks::<N>();
        if let Ok(found) = search(records, key) {
            block.records.drain(found * N..(found + 1) * N);
            self.change(place, 0);
        }
        Ok(())
    }

    /// Calls `each` with every record from `first` to `last`, both places included.
    pub(super) fn each_in(
        &mut self,
        at: &Connection,
        (first, last): (i64, i64),
        mut each: impl FnMut(&[u8; N]),
    ) -> rusqlite::Result<()> {
        let mut place = first;
        loop {
            let block = self.block(at, place)?;
            let (records, _) = block.records.as_chunks::<N>();
            let from = records.partition_point(|record| place_of(record) < first);
            records[from..].iter().take_while(|record| place_of(*record) <= last).for_each(&mut each);
            if block.next > last || block.next == i64::MAX {
                return Ok(());
            }
            place = block.next;
        }
    }

    /// Keeps of all records those that `wanted` says. Reads every block: for recovery and `forget`.
    pub(super) fn retain(
        &mut self,
        at: &Connection,
        wanted: impl Fn(&[u8; N]) -> bool,
    ) -> rusqlite::Result<()> {
        let mut place = i64::MIN;
        loop {
            let block = self.block(at, place)?;
            let (records, _) = block.records.as_chunks::<N>();
            let next = block.next;
            if !records.iter().all(&wanted) {
                let kept = records.iter().filter(|record| wanted(record));
                block.records = kept.flatten().copied().collect();
                self.change(place, 0);
                if self.changed_bytes > HELD_BYTES_MAX {
                    self.write(at)?;
                    self.written();
                }
            }
            if next == i64::MAX {
                return Ok(());
            }
            place = next;
        }
    }

    /// How much is to be written, bytes.
    pub(super) fn changed_bytes(&self) -> usize {
        self.changed_bytes
    }

    /// Writes what has changed. It stays to be written until [`Blocks::written`] is called, once that is committed.
    pub(super) fn write(&self, at: &Connection) -> rusqlite::Result<()> {
        let sql = format!("INSERT OR REPLACE INTO {} VALUES (?, ?)", self.table);
        let mut statement = at.prepare_cached(&sql)?;
        for (&first, block) in self.held.iter().filter(|(_, block)| block.changed) {
            statement.execute(params![first, encode(first, block.next, &block.records)])?;
        }
        Ok(())
    }

    /// What was written is committed.
    pub(super) fn written(&mut self) {
        self.held.values_mut().for_each(|block| block.changed = false);
        self.changed_bytes = 0;
        self.trim(HELD_BYTES_MAX);
    }

    /// Lets go of memory, since there is nothing to do.
    pub(super) fn rest(&mut self) {
        self.trim(RESTING_BYTES_MAX);
    }

    /// Lets go of what needn't be written, if that is more than so much.
    fn trim(&mut self, bytes_max: usize) {
        if self.held_bytes.saturating_sub(self.changed_bytes) > bytes_max {
            self.held.retain(|_, block| block.changed);
            self.held_bytes = self.held.values().map(|block| block.records.len()).sum();
            self.changed_bytes = self.held_bytes;
        }
    }

    /// Whether every block is what was written, and where the one before it says. Reads all.
    pub(super) fn is_sound(table: &str, at: &Connection) -> rusqlite::Result<bool> {
        let mut statement = at.prepare(&format!("SELECT first, block FROM {table} ORDER BY first"))?;
        let mut rows = statement.query([])?;
        let mut begins = i64::MIN;
        while let Some(row) = rows.next()? {
            let (first, block) = (row.get(0)?, row.get_ref(1)?.as_blob()?);
            let Some(block) = decode::<N>(first, block).filter(|_| first == begins) else {
                return Ok(false);
            };
            begins = block.next;
        }
        Ok(begins == i64::MAX || begins == i64::MIN)
    }

    /// The block that has this place.
    fn block(&mut self, at: &Connection, place: i64) -> rusqlite::Result<&mut Block> {
        let held = self.held.range(..=place).next_back();
        let first = match held {
            Some((&first, block)) if block.has(place) => first,
            Some(_) | None => self.load(at, place)?,
        };
        Ok(self.held.get_mut(&first).expect("it was just found or loaded"))
    }

    /// Loads the block that has this place. Says where it begins.
    fn load(&mut self, at: &Connection, place: i64) -> rusqlite::Result<i64> {
        self.trim(HELD_BYTES_MAX);
        let sql =
            format!("SELECT first, block FROM {} WHERE first <= ? ORDER BY first DESC LIMIT 1", self.table);
        let row = |row: &rusqlite::Row<'_>| {
            let first = row.get(0)?;
            Ok((first, decode::<N>(first, row.get_ref(1)?.as_blob()?)))
        };
        let found = at.prepare_cached(&sql)?.query_row([place], row).optional()?;
        let (first, block) = match found {
            Some((first, Some(block))) if block.has(place) => (first, block),
            Some(_) => return Err(damaged(self.table)),
            None if self.held.is_empty() && self.is_empty(at)? => {
                (i64::MIN, Block { next: i64::MAX, records: Vec::new(), changed: false })
            }
            None => return Err(damaged(self.table)),
        };
        self.held_bytes += block.records.len();
        self.held.insert(first, block);
        Ok(first)
    }

    fn is_empty(&self, at: &Connection) -> rusqlite::Result<bool> {
        at.query_row(&format!("SELECT NOT EXISTS (SELECT 1 FROM {})", self.table), [], |row| row.get(0))
    }

    /// The block that has this place has changed, and got so much longer.
    fn change(&mut self, place: i64, more_bytes: usize) {
        let (_, block) = self.held.range_mut(..=place).next_back().expect("what is changed is held");
        self.held_bytes += more_bytes;
        self.changed_bytes += if block.changed {
            more_bytes
        } else {
            block.records.len()
        };
        block.changed = true;
    }

    /// Splits the block that has this place if it got too long: at its end if that is where it grew, since more will
    /// come there, else in the middle.
    fn split(&mut self, place: i64) {
        let (&first, block) = self.held.range_mut(..=place).next_back().expect("what is changed is held");
        if block.records.len() + HEAD_BYTES <= BLOCK_BYTES_MAX {
            return;
        }
        let (records, _) = block.records.as_chunks::<N>();
        let last = records.len() - 1;
        let wanted = if place_of(&records[last]) == place {
            last
        } else {
            records.len() / 2
        };
        // Not between two of one place.
        let begins = |&at: &usize| place_of(&records[at - 1]) < place_of(&records[at]);
        let Some(at) = (1..=wanted).rev().find(begins).or_else(|| (wanted.max(1)..=last).find(begins)) else {
            return;
        };
        let begin = place_of(&records[at]);
        let upper = Block { next: block.next, records: block.records.split_off(at * N), changed: true };
        block.next = begin;
        debug_assert!(first < begin, "the lower half keeps a record");
        self.held.insert(begin, upper);
    }
}

/// Where the record with this key is, or would be. Places are compared as numbers: a call for each comparison of bytes
/// took as long as all else of it.
fn search<const N: usize>(records: &[[u8; N]], key: &[u8]) -> Result<usize, usize> {
    let (place, rest) = (place_of(key), &key[8..]);
    let by_key = |record: &[u8; N]| place_of(record).cmp(&place).then_with(|| record[8..key.len()].cmp(rest));
    match records.last() {
        // Most come in order, and behind the others.
        Some(last) if by_key(last).is_lt() => Err(records.len()),
        Some(_) | None => records.binary_search_by(by_key),
    }
}

/// A block as it lies in its row.
pub(super) fn encode(first: i64, next: i64, records: &[u8]) -> Vec<u8> {
    let mut block = Vec::with_capacity(HEAD_BYTES + records.len());
    block.extend_from_slice(&next.to_le_bytes());
    block.extend_from_slice(&check_of(first, next, records).to_le_bytes());
    block.extend_from_slice(records);
    block
}

/// A block from its row; `None` if it isn't what was written.
pub(super) fn decode<const N: usize>(first: i64, block: &[u8]) -> Option<Block> {
    let (next, rest) = block.split_first_chunk()?;
    let (check, records) = rest.split_first_chunk()?;
    let next = i64::from_le_bytes(*next);
    let whole =
        u64::from_le_bytes(*check) == check_of(first, next, records) && records.len().is_multiple_of(N);
    whole.then(|| Block { next, records: records.to_vec(), changed: false })
}

#[cfg(test)]
mod tests;
