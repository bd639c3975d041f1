//! What the gate asks of the index: is this update known, and which pages have a date-less name.
//!
//! ```text
//! seen   place: seconds, 39 bits | id, its first 25    id 12 | hash of the text 8 | seq 8 | revision 4, negative: open
//! pages  place: page, 32 bits | name, its first 32     rest of the name 4 | time in ms 8 | basis 1
//! ```

use std::collections::HashSet;

use jiff::Timestamp;
use rusqlite::{Connection, params};

use crate::journal::JournalError;
use crate::journal::blocks::{Blocks, place_bytes};
use crate::journal::index::{Index, Seen};
use crate::journal::loose::Loose;
use crate::model::identity::Id;
use crate::model::time::DateBasis;

pub(super) const SEEN: &str = "seen";
/// Place and id.
pub(super) const SEEN_KEY_BYTES: usize = 20;
pub(super) type SeenBlocks = Blocks<40>;

pub(super) const PAGES: &str = "pages";
/// Place, the rest of the name, and the time.
pub(super) const PAGES_KEY_BYTES: usize = 20;
pub(super) type PageBlocks = Blocks<21>;

/// Where an update stands among the known ones: by time, so that what comes live is near to what came last; those of
/// one second, and those without a time, by id.
fn seen_key(timestamp: Option<Timestamp>, id: Id) -> [u8; SEEN_KEY_BYTES] {
    const SECONDS_MIN: i64 = -(1 << 38);
    let seconds = timestamp.map_or(SECONDS_MIN, |timestamp| timestamp.as_second().max(SECONDS_MIN + 1));
    let [a, b, c, d, ..] = id.0;
    let of_id = u32::from_be_bytes([a, b, c, d]) >> 7;
    let mut key = [0; SEEN_KEY_BYTES];
    key[..8].copy_from_slice(&place_bytes(seconds << 25 | i64::from(of_id)));
    key[8..].copy_from_slice(&id.0);
    key
}

fn seen_record(key: [u8; SEEN_KEY_BYTES], seen: Seen) -> [u8; 40] {
    let revision = i32::try_from(seen.revision).unwrap_or(i32::MAX);
    let mut record = [0; 40];
    record[..20].copy_from_slice(&key);
    record[20..28].copy_from_slice(&seen.text.to_le_bytes());
    record[28..36].copy_from_slice(&seen.seq.to_le_bytes());
    record[36..].copy_from_slice(&(if seen.open { -revision } else { revision }).to_le_bytes());
    record
}

fn number<const N: usize>(record: &[u8], at: usize) -> [u8; N] {
    *record[at..].first_chunk().expect("the record is as long as its fields")
}

fn seen_of(record: &[u8; 40]) -> Seen {
    let revision = i32::from_le_bytes(number(record, 36));
    Seen {
        text: u64::from_le_bytes(number(record, 20)),
        seq: u64::from_le_bytes(number(record, 28)),
        revision: revision.unsigned_abs(),
        open: revision < 0,
    }
}

/// The places of a page: of its names from `first` to `last`.
fn page_places(page: u64, first: u64, last: u64) -> (i64, i64) {
    let page = i64::from(u32::try_from(page).expect("one new page a second makes so many in 136 years"));
    let place = |name: u64| (page - (1 << 31)) << 32 | (name >> 32) as i64;
    (place(first), place(last))
}

fn page_record(page: u64, name: u64, timestamp: Timestamp, basis: DateBasis) -> [u8; 21] {
    let mut record = [0; 21];
    record[..8].copy_from_slice(&place_bytes(page_places(page, name, name).0));
    record[8..12].copy_from_slice(&(name as u32).to_be_bytes());
    record[12..20].copy_from_slice(&place_bytes(timestamp.as_millisecond()));
    record[20] = basis_code(basis);
    record
}

fn published_ms(record: &[u8; 21]) -> i64 {
    i64::from_be_bytes(number(record, 12)) ^ i64::MIN
}

fn basis_code(basis: DateBasis) -> u8 {
    match basis {
        DateBasis::Stamp => 0,
        DateBasis::Heading => 1,
        DateBasis::Option => 2,
        DateBasis::Path => 3,
        DateBasis::Header => 4,
        DateBasis::Mtime => 5,
    }
}

fn basis_of(code: u8) -> DateBasis {
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
    /// What is known of an update.
    pub(super) fn seen(
        &mut self,
        timestamp: Option<Timestamp>,
        id: Id,
    ) -> Result<Option<Seen>, JournalError> {
        let record = self.in_blocks(|index, at| index.seen.get(at, &seen_key(timestamp, id)))?;
        Ok(record.as_ref().map(seen_of))
    }

    /// Makes an update known, or changes what is known of it.
    pub(super) fn set_seen(
        &mut self,
        timestamp: Option<Timestamp>,
        id: Id,
        seen: Seen,
    ) -> Result<(), JournalError> {
        self.in_blocks(|index, at| index.seen.put(at, &seen_record(seen_key(timestamp, id), seen)))
            .map(drop)
    }

    /// Makes the updates said after `seq` unknown. Reads every block: for recovery.
    pub(super) fn forget_after(&mut self, seq: u64) -> Result<(), JournalError> {
        self.in_blocks(|index, at| {
            in_transaction(at, || index.seen.retain(at, |record| seen_of(record).seq <= seq))
        })
    }

    /// Calls `each` with where every known update was said last. Reads every block: for `verify`.
    pub(super) fn each_seq(&mut self, mut each: impl FnMut(u64)) -> Result<(), JournalError> {
        self.in_blocks(|index, at| {
            let all = (i64::MIN, i64::MAX);
            in_transaction(at, || index.seen.each_in(at, all, |record| each(seen_of(record).seq)))
        })
    }

    /// Makes an update unknown.
    pub(super) fn forget(&mut self, timestamp: Option<Timestamp>, id: Id) -> Result<(), JournalError> {
        self.in_blocks(|index, at| index.seen.remove(at, &seen_key(timestamp, id)))
    }

    /// Keeps a folded text as said of `id`. False if it already was.
    pub(super) fn insert_older(&mut self, id: Id, folded: u64) -> Result<bool, JournalError> {
        Ok(!self.has_older(id, folded)? && self.changes.older.insert((id, folded)))
    }

    /// Whether a folded text was said of `id`.
    pub(super) fn has_older(&self, id: Id, folded: u64) -> Result<bool, JournalError> {
        if self.changes.older.contains(&(id, folded)) {
            return Ok(true);
        }
        self.with(|connection| {
            let sql = "SELECT EXISTS (SELECT 1 FROM older WHERE id = ? AND folded = ?)";
            connection.prepare_cached(sql)?.query_row(params![id.0, folded as i64], |row| row.get(0))
        })
    }

    /// The folded texts that were said of `id`, if it was revised, as far as they are written.
    pub(super) fn older(&self, id: Id) -> Result<Vec<u64>, JournalError> {
        self.with(|connection| {
            let mut statement = connection.prepare_cached("SELECT folded FROM older WHERE id = ?")?;
            let rows = statement.query_map([id.0], |row| row.get::<_, i64>(0).map(|folded| folded as u64))?;
            rows.collect()
        })
    }

    /// Gives a page an update by its date-less name.
    pub(super) fn insert_page_update(
        &mut self,
        page: u64,
        name: u64,
        timestamp: Timestamp,
        basis: DateBasis,
    ) -> Result<(), JournalError> {
        let record = page_record(page, name, timestamp, basis);
        if self.in_blocks(|index, at| index.pages.insert(at, &record))? {
            self.loose.insert(name, page);
        }
        Ok(())
    }

    /// When the updates of this date-less name on `page` were published, ascending: most have one.
    pub(super) fn page_updates(
        &mut self,
        page: u64,
        name: u64,
    ) -> Result<Vec<(Timestamp, DateBasis)>, JournalError> {
        let rest = (name as u32).to_be_bytes();
        let mut found = Vec::new();
        self.in_blocks(|index, at| {
            found.clear();
            index.pages.each_in(at, page_places(page, name, name), |record| {
                if record[8..12] == rest {
                    found.push((published_ms(record), basis_of(record[20])));
                }
            })
        })?;
        let time = |(ms, basis)| Some((Timestamp::from_millisecond(ms).ok()?, basis));
        Ok(found.into_iter().filter_map(time).collect())
    }

    /// The pages that have an update of this date-less name, newest first, at most `most`.
    pub(super) fn pages_with(&mut self, name: u64, most: usize) -> Result<Vec<u64>, JournalError> {
        self.in_blocks(|index, at| index.loose.pages_with(at, name, most))
    }

    /// How many updates of a page aren't older than `since`.
    pub(super) fn page_known_since(&mut self, page: u64, since: Timestamp) -> Result<u64, JournalError> {
        let since_ms = since.as_millisecond();
        let mut count = 0;
        self.in_blocks(|index, at| {
            index.pages.each_in(at, page_places(page, 0, u64::MAX), |record| {
                count += u64::from(published_ms(record) >= since_ms);
            })
        })?;
        Ok(count)
    }

    /// Of the pages that have an update of this date-less name, those that gave it this time.
    pub(super) fn pages_with_at(
        &mut self,
        name: u64,
        timestamp: Timestamp,
    ) -> Result<Vec<u64>, JournalError> {
        let mut pages = Vec::new();
        for page in self.pages_with(name, usize::MAX)? {
            let record = page_record(page, name, timestamp, DateBasis::Stamp);
            if self.in_blocks(|index, at| index.pages.get(at, &record[..PAGES_KEY_BYTES]))?.is_some() {
                pages.push(page);
            }
        }
        Ok(pages)
    }

    /// Makes pages unknown. Reads much: for `forget`.
    pub(super) fn forget_pages(&mut self, pages: &HashSet<u64>) -> Result<(), JournalError> {
        for &page in pages {
            let mut keys = Vec::new();
            self.in_blocks(|index, at| {
                index.pages.each_in(at, page_places(page, 0, u64::MAX), |record| keys.push(*record))?;
                keys.iter().try_for_each(|record| index.pages.remove(at, &record[..PAGES_KEY_BYTES]))
            })?;
            self.changes.page_bytes.insert(page, None);
        }
        self.in_blocks(|index, at| in_transaction(at, || index.loose.remove_pages(at, pages)))
    }

    /// The page that was last seen with these bytes, the newest if there are several.
    pub(super) fn page_of_bytes(&self, hash: u128) -> Result<Option<u64>, JournalError> {
        let unwritten = &self.changes.page_bytes;
        let recent = unwritten.iter().filter(|(_, bytes)| **bytes == Some(hash)).map(|(page, _)| *page).max();
        let written = self.with(|connection| {
            let sql = "SELECT page FROM page WHERE bytes = ? ORDER BY page DESC";
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query([hash.to_le_bytes()])?;
            while let Some(row) = rows.next()? {
                let page = row.get::<_, i64>(0)? as u64;
                // Others were seen of it since.
                if !unwritten.contains_key(&page) {
                    return Ok(Some(page));
                }
            }
            Ok(None)
        })?;
        Ok(recent.max(written))
    }

    fn in_blocks<T>(
        &mut self,
        work: impl FnOnce(&mut Tables<'_>, &Connection) -> rusqlite::Result<T>,
    ) -> Result<T, JournalError> {
        let Index { connection, seen, pages, loose, path, changes: _, kept: _ } = self;
        work(&mut Tables { seen, pages, loose }, connection)
            .map_err(|source| JournalError::Index { path: path.clone(), source })
    }
}

/// All of it or nothing.
fn in_transaction(at: &Connection, work: impl FnOnce() -> rusqlite::Result<()>) -> rusqlite::Result<()> {
    let transaction = at.unchecked_transaction()?;
    work()?;
    transaction.commit()
}

/// What of the index needs its connection.
struct Tables<'i> {
    seen: &'i mut SeenBlocks,
    pages: &'i mut PageBlocks,
    loose: &'i mut Loose,
}
