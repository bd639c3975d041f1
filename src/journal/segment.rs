//! A segment and its checksums as files: names, the records of a `.sums`, and what they prove.
//!
//! A `.sums` file is a row of 32-byte records, one a batch, little endian:
//!
//! ```text
//! 0  u64  end of the batch in the segment, bytes
//! 8  u64  seq of its last event
//! 16 u64  xxh3-64 of the batch's bytes (from the end of the record before)
//! 24 u64  xxh3-64 of the 24 bytes before
//! ```

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use crate::journal::JournalError;

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
    directory(state).join(format!("{first_seq:020}.sums"))
}

/// The first seqs of all segments, ascending. A missing directory has none.
pub fn list(state: &Path) -> Result<Vec<u64>, JournalError> {
    let directory = directory(state);
    let entries = match std::fs::read_dir(&directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(JournalError::io("list", &directory)(error)),
    };
    let mut seqs = Vec::new();
    for entry in entries {
        let name = entry.map_err(JournalError::io("list", &directory))?.file_name();
        if let Some(seq) = name.to_str().and_then(|name| name.strip_suffix(".ndjson")) {
            seqs.extend(seq.parse::<u64>().ok().filter(|_| seq.len() == 20));
        }
    }
    seqs.sort_unstable();
    Ok(seqs)
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

/// How much of a segment's end its checksums are asked for after a power loss, bytes: far more than is written
/// between two flushes. A wrong batch before it is damage of another kind: named by [`verify`], and kept.
const TAIL_BYTES: u64 = 64 << 20;

/// How much of a segment its checksums prove: the last record before the first wrong one of its tail.
pub fn proven(state: &Path, first_seq: u64) -> Result<Record, JournalError> {
    let path = path(state, first_seq);
    let file = File::open(&path).map_err(JournalError::io("open segment", &path))?;
    let records = records(state, first_seq)?;
    let tail = records.last().map_or(0, |last| last.end.saturating_sub(TAIL_BYTES));
    let mut good = Record::default();
    for record in records {
        match hash_of(&file, good.end, record.end) {
            Ok(hash) if hash == record.hash || record.end <= tail => good = record,
            Ok(_) => break,
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => break,
            Err(error) => return Err(JournalError::io("read segment", &path)(error)),
        }
    }
    Ok(good)
}

/// The hash of some bytes of a segment.
pub(super) fn hash_of(file: &File, from: u64, to: u64) -> io::Result<u64> {
    let mut hash = Xxh3::new();
    let mut block = vec![0; BLOCK_BYTES];
    let mut at = from;
    while at < to {
        let length = BLOCK_BYTES.min((to - at) as usize);
        file.read_exact_at(&mut block[..length], at)?;
        hash.update(&block[..length]);
        at += length as u64;
    }
    Ok(hash.digest())
}

/// A batch whose bytes aren't what was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The segment.
    pub path: PathBuf,
    /// Where the batch starts, bytes.
    pub offset: u64,
    /// Where it ends.
    pub end: u64,
    /// Whether there are no checksums to hold it against.
    pub unproven: bool,
}

/// Holds every segment against its checksums, up to `head_length` in the last one.
pub fn verify(state: &Path, head: (u64, u64)) -> Result<Vec<Damage>, JournalError> {
    let mut damages = Vec::new();
    for first_seq in list(state)?.into_iter().filter(|&first_seq| first_seq <= head.0) {
        let path = path(state, first_seq);
        let file = File::open(&path).map_err(JournalError::io("open segment", &path))?;
        let size_bytes = file.metadata().map_err(JournalError::io("look at segment", &path))?.len();
        let committed = if first_seq == head.0 { head.1 } else { size_bytes };
        let mut start = 0;
        for record in records(state, first_seq)?.into_iter().take_while(|record| record.end <= committed) {
            if !hash_of(&file, start, record.end).is_ok_and(|hash| hash == record.hash) {
                damages.push(Damage { path: path.clone(), offset: start, end: record.end, unproven: false });
            }
            start = record.end;
        }
        // The last batch's checksum comes a moment after it, and a kill in between is mended by the next start.
        if start < committed && first_seq != head.0 {
            damages.push(Damage { path, offset: start, end: committed, unproven: true });
        }
    }
    Ok(damages)
}
