//! The segment that is written to: a batch's lines first, then its checksum, which commits it.
//!
//! The order carries meaning. Lines without a checksum were never said to anyone; what has one stays. An index
//! that knows less than the checksums do is brought up to them.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime};

use tracing::warn;
use xxhash_rust::xxh3::xxh3_64;

use crate::journal::JournalError;
use crate::journal::content::Content;
use crate::journal::segment::{self, RECORD_BYTES, Record};
use crate::journal::state::{self, inode, open_kept, sync_directory};
use crate::model::log_pace::LogPace;

/// A segment and its checksums, open for writing.
#[derive(Debug)]
pub(super) struct Segment {
    file: File,
    /// When it was made, or opened where the file system doesn't say.
    began: SystemTime,
    path: PathBuf,
    sums: File,
    sums_path: PathBuf,
    /// Which files the two are: others may stand in their place later.
    inodes: [(u64, u64); 2],
    /// How often it was put back.
    put_back: LogPace,
    /// How much of the sums is right, bytes.
    sums_bytes: u64,
}

impl Segment {
    /// Opens the segment that begins with `first_seq`, and makes it if it isn't there. Nothing may be written
    /// before [`Segment::settle`] has said where.
    pub(super) fn open(state: &Path, first_seq: u64) -> Result<Segment, JournalError> {
        let (path, sums_path) = (segment::path(state, first_seq), segment::sums_path(state, first_seq));
        let (file, sums) = (open_kept("open segment", &path)?, open_kept("open segment", &sums_path)?);
        sync_directory(&path)?;
        let began = file.metadata().and_then(|metadata| metadata.created());
        let began = began.unwrap_or_else(|_| SystemTime::now());
        let inodes = [
            inode(file.metadata(), &path)?,
            inode(sums.metadata(), &sums_path)?,
        ];
        let put_back = LogPace::default();
        Ok(Segment { file, began, path, sums, sums_path, inodes, put_back, sums_bytes: 0 })
    }

    /// Whether both files are still those that are found by their names.
    pub(super) fn is_in_place(&self) -> bool {
        let there = [&self.path, &self.sums_path].map(|path| inode(std::fs::metadata(path), path).ok());
        there == self.inodes.map(Some)
    }

    /// Puts it back where somebody removed it, or laid another file in its place: what was said would go with the open
    /// file, and come again after the next start.
    pub(super) fn put_back(
        &mut self,
        state: &Path,
        first_seq: u64,
        length_bytes: u64,
        last_seq: u64,
    ) -> Result<(), JournalError> {
        let (mut file, new) = state::create_new(&self.path)?;
        let copied = self.file.try_clone().and_then(|lines| Content::Plain(lines).into_read(0));
        let copied = copied.and_then(|lines| io::copy(&mut lines.take(length_bytes), &mut file));
        copied.map_err(JournalError::io("put the segment back as", &new))?;
        state::put_in_place(&file, &new, &self.path)?;
        let mut there = Segment::open(state, first_seq)?;
        there.settle(state, first_seq, length_bytes, last_seq)?;
        there.put_back = std::mem::take(&mut self.put_back);
        *self = there;
        if let Some(count) = self.put_back.note(Instant::now()) {
            warn!(
                segment = %self.path.display(),
                count,
                "a segment was removed or replaced while it is written: it was put back, and nothing is lost; stop the daemon before its files are changed"
            );
        }
        Ok(())
    }

    #[cfg(test)]
    pub(super) fn swap_sums(&mut self, sums: File) -> File {
        std::mem::replace(&mut self.sums, sums)
    }

    /// When it was begun.
    pub(super) fn began(&self) -> SystemTime {
        self.began
    }

    /// Takes back what lies behind the committed length, and gives the sums the record they lack where they were
    /// damaged or lost. Says how many bytes were taken back.
    pub(super) fn settle(
        &mut self,
        state: &Path,
        first_seq: u64,
        length_bytes: u64,
        last_seq: u64,
    ) -> Result<u64, JournalError> {
        let size_bytes = self.file.metadata().map_err(JournalError::io("look at segment", &self.path))?.len();
        self.cut(length_bytes)?;
        let mut right = segment::records(state, first_seq)?;
        right.retain(|record| record.end <= length_bytes && record.last_seq <= last_seq);
        self.sums_bytes = right.len() as u64 * RECORD_BYTES;
        self.cut_sums()?;
        let summed = right.last().map_or(0, |record| record.end);
        if summed < length_bytes {
            let hash = segment::hash_of(summed, length_bytes, |block, at| self.file.read_exact_at(block, at))
                .map_err(JournalError::io("read segment", &self.path))?;
            self.commit(Record { end: length_bytes, last_seq, hash }, false)?;
        }
        Ok(size_bytes.saturating_sub(length_bytes))
    }

    /// Takes back the lines behind the committed length, and what a failed commit left in the sums.
    pub(super) fn take_back(&self, length_bytes: u64) -> Result<(), JournalError> {
        self.cut_sums()?;
        self.cut(length_bytes)
    }

    /// Whether somebody cut it within its committed length: what is written behind that would stand behind a hole.
    pub(super) fn was_cut(&self, length_bytes: u64) -> Result<bool, JournalError> {
        let size_bytes = self.file.metadata().map_err(JournalError::io("look at segment", &self.path))?.len();
        Ok(size_bytes < length_bytes)
    }

    /// Says that it was, and that it is left as it is.
    pub(super) fn warn_cut(&self) {
        warn!(
            segment = %self.path.display(),
            "a segment was cut while it is written: its last events are gone for who hasn't read them, and what comes is written to another one; stop the daemon before its files are changed"
        );
    }

    /// Takes back the lines behind the committed length.
    pub(super) fn cut(&self, length_bytes: u64) -> Result<(), JournalError> {
        self.file.set_len(length_bytes).map_err(JournalError::io("cut segment", &self.path))
    }

    fn cut_sums(&self) -> Result<(), JournalError> {
        self.sums.set_len(self.sums_bytes).map_err(JournalError::io("cut the sums of", &self.sums_path))
    }

    /// Writes a batch's lines at `offset`.
    pub(super) fn write(&self, lines: &[u8], offset: u64) -> Result<(), JournalError> {
        self.file.write_all_at(lines, offset).map_err(JournalError::io("append to journal", &self.path))
    }

    /// Commits a batch by its checksum; with `durable` safe against a power loss. After an error it isn't committed.
    pub(super) fn commit(&mut self, record: Record, durable: bool) -> Result<(), JournalError> {
        let written = self.sums.write_all_at(&record.encode(), self.sums_bytes);
        written.map_err(JournalError::io("append to the sums of", &self.sums_path))?;
        if durable {
            self.sync_sums()?;
        }
        self.sums_bytes += RECORD_BYTES;
        Ok(())
    }

    /// Makes the lines safe against a power loss.
    pub(super) fn sync(&self) -> Result<(), JournalError> {
        self.file.sync_data().map_err(JournalError::io("flush segment", &self.path))
    }

    /// Makes the checksums safe against a power loss.
    pub(super) fn sync_sums(&self) -> Result<(), JournalError> {
        self.sums.sync_data().map_err(JournalError::io("flush the sums of", &self.sums_path))
    }
}

/// The checksum of a batch.
pub(super) fn record(lines: &[u8], end: u64, last_seq: u64) -> Record {
    Record { end, last_seq, hash: xxh3_64(lines) }
}

/// Removes a segment that nothing was committed to. Says how many bytes it had.
pub(super) fn remove(state: &Path, first_seq: u64) -> Result<u64, JournalError> {
    let path = segment::path(state, first_seq);
    let removed_bytes = std::fs::metadata(&path).map_or(0, |metadata| metadata.len());
    state::remove("remove segment", &path)?;
    state::remove("remove segment", &segment::sums_path(state, first_seq))?;
    Ok(removed_bytes)
}
