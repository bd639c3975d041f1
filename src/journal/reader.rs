//! A reader of the journal at its own cursor: whole committed lines as they lie, never encoded again.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::journal::segment::{self, Record};
use crate::journal::{Head, JournalError};

/// How much is read at once while lines are counted, bytes.
const SCAN_BYTES: usize = 64 << 10;

/// Reads segments. Holds one file open, the one it is in.
#[derive(Debug)]
pub struct Reader {
    state: PathBuf,
    open: Option<(u64, File)>,
    offset: u64,
}

impl Reader {
    /// A reader that stands nowhere yet: [`Reader::seek`] first.
    pub fn new(state: &Path) -> Reader {
        Reader { state: state.into(), open: None, offset: 0 }
    }

    /// Goes to the event after `after`. Says where it stands: `Some(after)`, or `None` where that event
    /// is older than all that is left; then it stands before the oldest one.
    pub fn seek(&mut self, after: u64, head: &Head) -> Result<Option<u64>, JournalError> {
        // A segment behind the head was begun by a batch that isn't committed, and may go again.
        let segments: Vec<u64> =
            segment::list(&self.state)?.into_iter().filter(|&first| first <= head.segment).collect();
        self.open = None;
        self.offset = 0;
        let Some(&oldest) = segments.first() else {
            return Ok(Some(after));
        };
        let at = segments.partition_point(|&first| first <= after + 1);
        if at == 0 {
            self.enter(oldest)?;
            return Ok(None);
        }
        let first_seq = segments[at - 1];
        self.enter(first_seq)?;
        let skip = after + 1 - first_seq;
        self.skip(first_seq, skip, head)?;
        Ok(Some(after))
    }

    fn enter(&mut self, first_seq: u64) -> Result<(), JournalError> {
        let path = segment::path(&self.state, first_seq);
        let file = File::open(&path).map_err(JournalError::io("open segment", &path))?;
        self.open = Some((first_seq, file));
        self.offset = 0;
        Ok(())
    }

    /// Skips `events` events of a segment: by its sums as far as they go, then line by line.
    fn skip(&mut self, first_seq: u64, events: u64, head: &Head) -> Result<(), JournalError> {
        let end = self.end(head)?;
        let records = segment::records(&self.state, first_seq)?;
        let wanted = first_seq + events - 1;
        let at = records.partition_point(|record| record.last_seq <= wanted && record.end <= end);
        let before = if at == 0 {
            Record { last_seq: first_seq - 1, ..Record::default() }
        } else {
            records[at - 1]
        };
        self.offset = before.end;
        let mut left = wanted - before.last_seq;
        let Some((_, file)) = &self.open else {
            return Ok(());
        };
        let mut block = vec![0; SCAN_BYTES];
        while left > 0 && self.offset < end {
            let room = SCAN_BYTES.min((end - self.offset) as usize);
            let path = || segment::path(&self.state, first_seq);
            let read = file
                .read_at(&mut block[..room], self.offset)
                .map_err(|e| JournalError::io("read segment", &path())(e))?;
            if read == 0 {
                break;
            }
            let mut used = read;
            for newline in memchr::memchr_iter(b'\n', &block[..read]) {
                left -= 1;
                if left == 0 {
                    used = newline + 1;
                    break;
                }
            }
            self.offset += used as u64;
        }
        Ok(())
    }

    /// How far the open segment may be read.
    fn end(&self, head: &Head) -> Result<u64, JournalError> {
        let Some((first_seq, file)) = &self.open else {
            return Ok(0);
        };
        if *first_seq == head.segment {
            return Ok(head.length_bytes);
        }
        if *first_seq > head.segment {
            return Ok(0);
        }
        let metadata = file
            .metadata()
            .map_err(JournalError::io("look at segment", &segment::path(&self.state, *first_seq)));
        Ok(metadata?.len())
    }

    /// Appends whole lines to `lines`, about `bytes_max` bytes of them, at least one if there is one.
    /// Says how many bytes came; 0 at the head.
    pub fn read(
        &mut self,
        head: &Head,
        lines: &mut Vec<u8>,
        bytes_max: usize,
    ) -> Result<usize, JournalError> {
        loop {
            let Some((first_seq, file)) = &self.open else {
                let Some(&oldest) = segment::list(&self.state)?.first() else {
                    return Ok(0);
                };
                if oldest > head.segment {
                    return Ok(0);
                }
                self.enter(oldest)?;
                continue;
            };
            let (first_seq, end) = (*first_seq, self.end(head)?);
            if self.offset >= end {
                let next = if first_seq < head.segment {
                    segment::list(&self.state)?.into_iter().find(|&next| next > first_seq)
                } else {
                    None
                };
                let Some(next) = next.filter(|&next| next <= head.segment) else {
                    return Ok(0);
                };
                self.enter(next)?;
                continue;
            }
            let path = segment::path(&self.state, first_seq);
            let start = lines.len();
            let mut room = bytes_max.min((end - self.offset) as usize);
            loop {
                lines.resize(start + room, 0);
                let read = file.read_exact_at(&mut lines[start..], self.offset);
                read.map_err(JournalError::io("read segment", &path))?;
                if let Some(newline) = memchr::memrchr(b'\n', &lines[start..]) {
                    lines.truncate(start + newline + 1);
                    self.offset += newline as u64 + 1;
                    return Ok(newline + 1);
                }
                // One line is longer than what was asked for.
                let rest = (end - self.offset) as usize;
                if room == rest {
                    return Err(JournalError::Damaged {
                        path,
                        what: format!("its committed part doesn't end with a line (at byte {})", self.offset),
                        hint: "liveblogd status --verify shows how much of it is right",
                    });
                }
                room = (room * 2).max(4_096).min(rest);
            }
        }
    }
}

/// The seq of the last event of some whole lines.
pub fn last_seq(lines: &[u8]) -> Option<u64> {
    let body = lines.strip_suffix(b"\n")?;
    let start = memchr::memrchr(b'\n', body).map_or(0, |at| at + 1);
    seq_of(&body[start..])
}

/// The seq of an event line of ours: it stands second, so that nobody has to parse the line for it.
pub fn seq_of(line: &[u8]) -> Option<u64> {
    let rest = line.strip_prefix(br#"{"schema_version":"1.0","seq":"#)?;
    let end = rest.iter().position(|b| !b.is_ascii_digit())?;
    std::str::from_utf8(&rest[..end]).ok()?.parse().ok()
}
