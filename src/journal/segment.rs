//! Segments and their checksums as files: names, the records of a `.sums`, and what they prove.
//!
//! A `.sums` file is a row of 32-byte records, one a batch, little endian:
//!
//! ```text
//! 0  u64  end of the batch in the segment, bytes
//! 8  u64  seq of its last event
//! 16 u64  xxh3-64 of the batch's bytes (from the end of the record before)
//! 24 u64  xxh3-64 of the 24 bytes before
//! ```
//!
//! A last record that adds no bytes says that the seqs up to its own were skipped: the next segment begins behind them.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use crate::journal::{JournalError, state};

/// The length of a record, bytes.
pub const RECORD_BYTES: u64 = 32;

/// How much of a segment is read at once for checking, bytes.
const BLOCK_BYTES: usize = 256 << 10;

/// Where the segments lie.
pub fn directory(state: &Path) -> PathBuf {
    state.join("journal")
}

/// The segment that begins with `first_seq`.
pub fn path(state: &Path, first_seq: u64) -> PathBuf {
    directory(state).join(format!("{first_seq:020}.ndjson"))
}

/// The checksums of that segment.
pub fn sums_path(state: &Path, first_seq: u64) -> PathBuf {
    directory(state).join(format!("{first_seq:020}{SUMS}"))
}

/// That segment when it is packed ([`crate::journal::content`]).
pub fn packed_path(state: &Path, first_seq: u64) -> PathBuf {
    directory(state).join(format!("{first_seq:020}{PACKED}"))
}

/// What is left of that segment when it is retired (`crate::journal::said`).
pub fn retired_path(state: &Path, first_seq: u64) -> PathBuf {
    directory(state).join(format!("{first_seq:020}{RETIRED}"))
}

const PLAIN: &str = ".ndjson";
const PACKED: &str = ".ndjson.gz";
const RETIRED: &str = ".retired.gz";
const SUMS: &str = ".sums";

/// The first seqs of all segments, ascending. A missing directory has none.
pub fn list(state: &Path) -> Result<Vec<u64>, JournalError> {
    list_of(state, &[PLAIN, PACKED])
}

/// The first seqs of all segments that are retired, ascending. A kill may leave one that is still there, too.
pub fn list_retired(state: &Path) -> Result<Vec<u64>, JournalError> {
    list_of(state, &[RETIRED])
}

/// The first seqs of all segments that have checksums, ascending.
pub(super) fn list_sums(state: &Path) -> Result<Vec<u64>, JournalError> {
    list_of(state, &[SUMS])
}

fn list_of(state: &Path, endings: &[&str]) -> Result<Vec<u64>, JournalError> {
    let mut seqs: Vec<u64> = names(state)?
        .iter()
        .filter_map(|name| {
            let (seq, ending) = name.split_at_checked(20)?;
            seq.parse().ok().filter(|_| endings.contains(&ending))
        })
        .collect();
    seqs.sort_unstable();
    seqs.dedup();
    Ok(seqs)
}

fn names(state: &Path) -> Result<Vec<String>, JournalError> {
    let directory = directory(state);
    let entries = match std::fs::read_dir(&directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(JournalError::io("list", &directory)(error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(JournalError::io("list", &directory))?;
        // A link that leads nowhere is no file: whoever reads would wait for it to be gone.
        if entry.file_type().is_ok_and(|kind| kind.is_symlink()) && !entry.path().exists() {
            continue;
        }
        names.extend(entry.file_name().into_string().ok());
    }
    Ok(names)
}

/// Removes what a kill left unfinished: files that were never put in their place.
pub(super) fn clear_unfinished(state: &Path) -> Result<(), JournalError> {
    for name in names(state)?.iter().filter(|name| name.ends_with(".new")) {
        state::remove("remove", &directory(state).join(name))?;
    }
    Ok(())
}

/// How much of the disk a segment takes, bytes: packed or not, with its checksums.
pub fn disk_bytes(state: &Path, first_seq: u64) -> u64 {
    let files = [
        path(state, first_seq),
        packed_path(state, first_seq),
        sums_path(state, first_seq),
    ];
    files.iter().filter_map(|path| std::fs::metadata(path).ok()).map(|file| file.len()).sum()
}

/// One batch of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Record {
    /// Where it ends in the segment, bytes.
    pub end: u64,
    /// The seq of its last event.
    pub last_seq: u64,
    /// The hash of its bytes.
    pub hash: u64,
}

impl Record {
    /// The record as it lies on disk.
    pub fn encode(&self) -> [u8; RECORD_BYTES as usize] {
        let mut bytes = [0; RECORD_BYTES as usize];
        bytes[..8].copy_from_slice(&self.end.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.last_seq.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.hash.to_le_bytes());
        let check = xxh3_64(&bytes[..24]);
        bytes[24..].copy_from_slice(&check.to_le_bytes());
        bytes
    }

    /// `None` if the bytes are no record.
    pub fn decode(bytes: &[u8]) -> Option<Record> {
        let word = |at: usize| bytes.get(at..at + 8)?.try_into().ok().map(u64::from_le_bytes);
        if xxh3_64(bytes.get(..24)?) != word(24)? {
            return None;
        }
        Some(Record { end: word(0)?, last_seq: word(8)?, hash: word(16)? })
    }
}

/// Every record of a `.sums`, up to the first that isn't one. A missing file has none.
pub fn records(state: &Path, first_seq: u64) -> Result<Vec<Record>, JournalError> {
    let path = sums_path(state, first_seq);
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(JournalError::io("read", &path)(error)),
    };
    let mut before = Record::default();
    let mut records = Vec::new();
    for bytes in bytes.chunks(RECORD_BYTES as usize) {
        match Record::decode(bytes) {
            Some(record) if record.end > before.end && record.last_seq > before.last_seq => {
                before = record;
                records.push(record);
            }
            Some(_) | None => break,
        }
    }
    Ok(records)
}

/// The first event that is missing between a segment and the next one, retired or taken away. Where `seq` was skipped, a
/// checksum says so, and none is.
pub(super) fn missing_behind(state: &Path, first_seq: u64, next: u64) -> Result<Option<u64>, JournalError> {
    let wanted = last_record(state, first_seq)?.map(|last| last.last_seq + 1);
    Ok(wanted.filter(|&wanted| wanted < next))
}

/// Whether a segment that is written no more has fewer bytes than its checksums are of: somebody has cut it.
pub(super) fn is_cut(state: &Path, first_seq: u64, length_bytes: u64) -> Result<bool, JournalError> {
    Ok(last_record(state, first_seq)?.map_or(length_bytes == 0, |last| length_bytes < last.end))
}

/// The last record of a `.sums`, without reading the others; `None` if there is none, or it isn't one.
pub fn last_record(state: &Path, first_seq: u64) -> Result<Option<Record>, JournalError> {
    let path = sums_path(state, first_seq);
    let mut bytes = [0; RECORD_BYTES as usize];
    let read = File::open(&path).and_then(|file| {
        let whole = file.metadata()?.len() / RECORD_BYTES;
        let Some(last) = whole.checked_sub(1) else { return Ok(None) };
        file.read_exact_at(&mut bytes, last * RECORD_BYTES).map(|()| Some(()))
    });
    match read {
        Ok(read) => Ok(read.and_then(|()| Record::decode(&bytes))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(JournalError::io("read", &path)(error)),
    }
}

/// The hash of some bytes of a segment, as `read_exact_at` gives them.
pub(super) fn hash_of(
    from: u64,
    to: u64,
    mut read_exact_at: impl FnMut(&mut [u8], u64) -> io::Result<()>,
) -> io::Result<u64> {
    let mut hash = Xxh3::new();
    let mut block = vec![0; BLOCK_BYTES];
    let mut at = from;
    while at < to {
        let length = BLOCK_BYTES.min((to - at) as usize);
        read_exact_at(&mut block[..length], at)?;
        hash.update(&block[..length]);
        at += length as u64;
    }
    Ok(hash.digest())
}
