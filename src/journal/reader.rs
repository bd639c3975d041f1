//! A reader of the journal at its own cursor: whole committed lines as they lie, never encoded again.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use crate::journal::content::Content;
use crate::journal::met::Met;
use crate::journal::segment::{self, Record};
use crate::journal::{Head, JournalError};

/// How often a place is looked for while segments are retired.
const SEEKS_MAX: usize = 100;
/// How much is read at once where a line is looked for, bytes: longer than any.
const SCAN_BYTES: usize = 64 << 10;

/// Reads segments. Holds one file open, the one it is in.
#[derive(Debug)]
pub struct Reader {
    state: PathBuf,
    /// The event behind which it was last put.
    after: u64,
    /// The segment it is in; `None` as long as that isn't there: in a young journal, or while the directory is away.
    segment: Option<u64>,
    /// Where it is in it, bytes.
    offset: u64,
    /// Its bytes; `None` until they are needed.
    open: Option<Content>,
    /// Who else is told of damage.
    met: Option<Met>,
}

impl Reader {
    /// A reader that stands nowhere yet: [`Reader::seek`] first.
    pub fn new(state: &Path) -> Reader {
        Reader { state: state.into(), after: 0, segment: None, offset: 0, open: None, met: None }
    }

    /// A reader of the daemon's, whose user isn't at hand: what damage it meets is noted.
    pub fn noting(state: &Path, met: Met) -> Reader {
        Reader { met: Some(met), ..Reader::new(state) }
    }

    /// Lets go of the file, so that a segment that is retired meanwhile really goes. Its place is kept.
    pub fn release(&mut self) {
        self.open = None;
    }

    /// Goes to the event after `after`. Says behind which seq it stands: that one, or a later one where the event
    /// is older than all that is left, or its segment is missing.
    pub fn seek(&mut self, after: u64, head: &Head) -> Result<u64, JournalError> {
        // A segment may be retired between its being listed and opened; then the list is another one.
        for _ in 1..SEEKS_MAX {
            match self.seek_once(after, head) {
                Err(JournalError::Retired { .. }) => {}
                sought => return sought,
            }
        }
        self.seek_once(after, head)
    }

    /// Goes on behind what [`Reader::read`] could not read. Says behind which seq it stands then. `after`: the last event
    /// that was read.
    pub fn go_on(&mut self, met: JournalError, after: u64, head: &Head) -> Result<u64, JournalError> {
        match met {
            JournalError::Retired { stands_after: Some(stands_after), .. } => Ok(stands_after),
            JournalError::Retired { stands_after: None, .. } => self.seek(after, head),
            failed => Err(failed),
        }
    }

    fn seek_once(&mut self, after: u64, head: &Head) -> Result<u64, JournalError> {
        self.after = after;
        // A segment behind the head was begun by a batch that isn't committed, and may go again.
        let segments: Vec<u64> =
            segment::list(&self.state)?.into_iter().filter(|&first| first <= head.segment).collect();
        let oldest = segments.first().copied().unwrap_or(0);
        if oldest == 0 || after + 1 >= head.segment && segments.last() != Some(&head.segment) {
            (self.segment, self.offset, self.open) = (None, 0, None);
            return Ok(after);
        }
        let at = segments.partition_point(|&first| first <= after + 1);
        if at == 0 {
            self.enter(oldest);
            return Ok(oldest - 1);
        }
        let first_seq = segments[at - 1];
        self.enter(first_seq);
        let skipped = self.skip(first_seq, after + 1 - first_seq, head);
        let end = self.end(first_seq, head)?;
        if !self.is_readable(skipped)? || !self.can_go_on(first_seq, end)? {
            return self.pass_damage(first_seq, end, head);
        }
        if let Some(&next) = segments.get(at)
            && self.offset >= end
            && let Some(missed) = self.missed(first_seq, end, next)?
        {
            self.note_missed(missed);
            self.enter(next);
            return Ok(next - 1);
        }
        Ok(after)
    }

    fn enter(&mut self, first_seq: u64) {
        (self.segment, self.offset, self.open) = (Some(first_seq), 0, None);
    }

    /// The bytes of the segment it is in.
    fn content(&mut self, first_seq: u64) -> Result<&mut Content, JournalError> {
        let content = match self.open.take() {
            Some(content) => content,
            None => Content::open(&self.state, first_seq)?.ok_or_else(|| self.gone(first_seq, None))?,
        };
        Ok(self.open.insert(content))
    }

    /// Skips `events` events of a segment: by its sums as far as they go, then line by line. A line without an end isn't
    /// passed.
    fn skip(&mut self, first_seq: u64, events: u64, head: &Head) -> Result<(), JournalError> {
        let end = self.end(first_seq, head)?;
        let records = segment::records(&self.state, first_seq)?;
        let wanted = first_seq + events - 1;
        let at = records.partition_point(|record| record.last_seq <= wanted && record.end <= end);
        let before = if at == 0 {
            Record { last_seq: first_seq - 1, ..Record::default() }
        } else {
            records[at - 1]
        };
        let (mut offset, mut left) = (before.end, wanted - before.last_seq);
        let path = segment::path(&self.state, first_seq);
        self.offset = offset;
        let mut line = offset;
        let content = self.content(first_seq)?;
        let mut block = vec![0; SCAN_BYTES];
        while left > 0 && offset < end {
            let room = SCAN_BYTES.min((end - offset) as usize);
            let read = content.read_exact_at(&mut block[..room], offset);
            read.map_err(JournalError::io("read segment", &path))?;
            for newline in memchr::memchr_iter(b'\n', &block[..room]).take(left as usize) {
                left -= 1;
                line = offset + newline as u64 + 1;
            }
            offset += room as u64;
        }
        self.offset = line;
        Ok(())
    }

    /// Whether this is of a packed part that can't be unpacked, or of a line whose end is damaged: what is behind it can be
    /// read. Where fewer bytes lie than are committed there is nothing behind.
    fn is_passable(&self, error: &JournalError) -> bool {
        match error {
            JournalError::Io { source, .. } if source.kind() == io::ErrorKind::InvalidData => true,
            error => error.is_damage() && matches!(self.open, Some(Content::Packed(_))),
        }
    }

    /// Whether what was done met nothing that has to be passed.
    fn is_readable<T>(&self, done: Result<T, JournalError>) -> Result<bool, JournalError> {
        match done {
            Err(error) if self.is_passable(&error) => Ok(false),
            done => done.map(|_| true),
        }
    }

    /// Whether the line that comes next can be read.
    fn can_go_on(&mut self, first_seq: u64, end: u64) -> Result<bool, JournalError> {
        if self.offset >= end {
            return Ok(true);
        }
        let offset = self.offset;
        let peeked = self.read_lines(first_seq, end, &mut Vec::new(), 1);
        self.offset = offset;
        self.is_readable(peeked)
    }

    /// Goes to the first event wanted behind what can't be read. Says behind which seq it stands then.
    fn pass_damage(&mut self, mut first_seq: u64, mut end: u64, head: &Head) -> Result<u64, JournalError> {
        let after = self.after;
        loop {
            self.note(&self.path_read(first_seq));
            let mut offset = self.offset;
            let content = self.content(first_seq)?;
            while let Some((start, part)) = content.whole_part_behind(offset) {
                offset = start;
                for newline in memchr::memchr_iter(b'\n', part) {
                    if let Some(seq) = seq_of(&part[newline + 1..]).filter(|&seq| seq > after) {
                        self.offset = start + newline as u64 + 1;
                        return Ok(seq - 1);
                    }
                }
            }
            self.offset = end;
            let next = segment::list(&self.state)?.into_iter().find(|&next| first_seq < next);
            let Some(next) = next.filter(|&next| next <= head.segment) else { return Ok(head.seq) };
            self.enter(next);
            (first_seq, end) = (next, self.end(next, head)?);
            // It may begin with damage, too.
            if self.can_go_on(first_seq, end)? {
                return Ok(next - 1);
            }
        }
    }

    /// How far this segment, the one it is in, may be read.
    fn end(&mut self, first_seq: u64, head: &Head) -> Result<u64, JournalError> {
        if first_seq == head.segment {
            // One that somebody took away ends where that was: the gate has put another one in its place.
            let ends = self.open.as_ref().and_then(|content| content.length_bytes().ok());
            if ends.is_some_and(|ends| ends < head.length_bytes) {
                self.release();
            }
            return Ok(head.length_bytes);
        }
        if first_seq > head.segment {
            return Ok(0);
        }
        let path = segment::path(&self.state, first_seq);
        self.content(first_seq)?.length_bytes().map_err(JournalError::io("look at segment", &path))
    }

    /// The segment that isn't there between the end of this one and the next: one that was retired or that somebody took
    /// away, or this one if it was cut.
    fn missed(&self, first_seq: u64, end: u64, next: u64) -> Result<Option<u64>, JournalError> {
        if segment::is_cut(&self.state, first_seq, end)? {
            return Ok(Some(first_seq));
        }
        let retired = segment::list_retired(&self.state)?;
        let retired = retired.into_iter().find(|&retired| first_seq < retired && retired < next);
        Ok(retired.or(segment::missing_behind(&self.state, first_seq, next)?))
    }

    /// Goes to the segment behind this one, which ends at `end`; false if there is none. It goes there also where something
    /// is missed in between, and says so.
    fn go_to_next(&mut self, first_seq: u64, end: u64, head: &Head) -> Result<bool, JournalError> {
        let next = segment::list(&self.state)?.into_iter().find(|&next| next > first_seq);
        let Some(next) = next.filter(|&next| next <= head.segment) else {
            return Ok(false);
        };
        let missed = self.missed(first_seq, end, next)?;
        self.enter(next);
        let Some(missed) = missed else { return Ok(true) };
        self.note_missed(missed);
        Err(self.gone(missed, Some(next - 1)))
    }

    fn gone(&self, first_seq: u64, stands_after: Option<u64>) -> JournalError {
        JournalError::Retired { path: segment::path(&self.state, first_seq), stands_after }
    }

    /// Where a segment isn't there: whether it was retired, or is missed.
    fn note_missed(&self, first_seq: u64) {
        if !segment::retired_path(&self.state, first_seq).exists() {
            self.note(&segment::path(&self.state, first_seq));
        }
    }

    fn note(&self, path: &Path) {
        if let Some(met) = &self.met {
            met.note(path);
        }
    }

    /// The file of the segment it is in.
    fn path_read(&self, first_seq: u64) -> PathBuf {
        match self.open {
            Some(Content::Packed(_)) => segment::packed_path(&self.state, first_seq),
            Some(Content::Plain(_)) | None => segment::path(&self.state, first_seq),
        }
    }

    /// Where nothing more comes: whether that is since it stands at the head, or what is before it isn't there.
    pub fn reached(&self, head: &Head) -> Result<(), JournalError> {
        match head.length_bytes == 0 || self.segment == Some(head.segment) {
            true => Ok(()),
            false => Err(self.gone(head.segment, None)),
        }
    }

    /// Appends whole lines to `lines`, about `bytes_max` bytes of them, at least one if there is one.
    /// Says how many bytes came; 0 at the head. After an error [`Reader::go_on`] says where it goes on.
    pub fn read(
        &mut self,
        head: &Head,
        lines: &mut Vec<u8>,
        bytes_max: usize,
    ) -> Result<usize, JournalError> {
        loop {
            let Some(first_seq) = self.segment else {
                let after = self.after;
                let stands_after = self.seek(after, head)?;
                if stands_after != after {
                    return Err(self.gone(after + 1, Some(stands_after)));
                }
                if self.segment.is_none() {
                    return Ok(0);
                }
                continue;
            };
            let end = self.end(first_seq, head)?;
            if self.offset >= end {
                if first_seq >= head.segment || !self.go_to_next(first_seq, end, head)? {
                    return Ok(0);
                }
                continue;
            }
            return match self.read_lines(first_seq, end, lines, bytes_max) {
                Err(error) if self.is_passable(&error) => {
                    let path = self.path_read(first_seq);
                    let stands_after = Some(self.pass_damage(first_seq, end, head)?);
                    Err(JournalError::Retired { path, stands_after })
                }
                read => read,
            };
        }
    }

    /// The same from the segment it is in, up to `end`.
    fn read_lines(
        &mut self,
        first_seq: u64,
        end: u64,
        lines: &mut Vec<u8>,
        bytes_max: usize,
    ) -> Result<usize, JournalError> {
        let (path, offset) = (segment::path(&self.state, first_seq), self.offset);
        let content = self.content(first_seq)?;
        let start = lines.len();
        // What is packed is damaged in parts: those before it are read first.
        let part = content.part_end(offset).min(end);
        let mut room = bytes_max.min((part - offset) as usize);
        loop {
            lines.resize(start + room, 0);
            if let Err(error) = content.read_exact_at(&mut lines[start..], offset) {
                lines.truncate(start);
                return Err(JournalError::io("read segment", &path)(error));
            }
            if let Some(newline) = memchr::memrchr(b'\n', &lines[start..]) {
                lines.truncate(start + newline + 1);
                self.offset += newline as u64 + 1;
                return Ok(newline + 1);
            }
            // One line is longer than what was asked for.
            let rest = (end - offset) as usize;
            if room == rest {
                lines.truncate(start);
                let no_end = io::Error::new(io::ErrorKind::InvalidData, "its last line has no end");
                return Err(JournalError::io("read segment", &path)(no_end));
            }
            room = (room * 2).max(4_096).min(rest);
        }
    }
}

/// A reader whose bytes go from the file to a socket without passing through this process.
impl Reader {
    /// How many bytes of whole lines lie next in one plain file: at least `bytes_min`, at most `bytes_max`; `None`
    /// if there are fewer, or they have to be unpacked first.
    pub fn stretch(
        &mut self,
        head: &Head,
        bytes_min: u64,
        bytes_max: u64,
    ) -> Result<Option<u64>, JournalError> {
        let Some(first_seq) = self.segment else { return Ok(None) };
        let left = self.end(first_seq, head)?.saturating_sub(self.offset);
        if left < bytes_min || !matches!(self.open, Some(Content::Plain(_))) {
            return Ok(None);
        }
        // Also the last line may have lost its end.
        let (at, tail) = self.before(self.offset + left.min(bytes_max))?;
        let newline = memchr::memrchr(b'\n', &tail).map(|newline| at + newline as u64 + 1);
        Ok(newline.filter(|&end| end > self.offset).map(|end| end - self.offset))
    }

    /// The open file, if it is a plain one, and where the reader is in it.
    pub fn place(&self) -> Option<(&File, u64)> {
        match &self.open {
            Some(Content::Plain(file)) => Some((file, self.offset)),
            Some(Content::Packed(_)) | None => None,
        }
    }

    /// What it is to be where fewer bytes lie than are committed.
    pub fn cut_short(&self) -> JournalError {
        JournalError::Damaged {
            path: segment::path(&self.state, self.segment.unwrap_or(0)),
            what: format!("it ends at byte {}, within its committed part", self.offset),
            hint: "liveblogd status --verify shows how much of it is right",
        }
    }

    /// Passes over bytes that were sent.
    pub fn pass(&mut self, bytes: u64) {
        self.offset += bytes;
    }

    /// The event that ends where the reader is, if it can be told.
    pub fn seq_before(&mut self) -> Result<Option<u64>, JournalError> {
        let (_, tail) = self.before(self.offset)?;
        Ok(last_seq(&tail))
    }

    /// What is left of a line that was sent in part, and passes over it. `stretch_bytes`: so much is left of the
    /// [`Reader::stretch`] that is sent, and the line ends in it.
    pub fn rest_of_line(&mut self, stretch_bytes: u64) -> Result<Vec<u8>, JournalError> {
        let (_, tail) = self.before(self.offset)?;
        let Some(first_seq) = self.segment.filter(|_| !tail.is_empty() && !tail.ends_with(b"\n")) else {
            return Ok(Vec::new());
        };
        let (path, offset) = (segment::path(&self.state, first_seq), self.offset);
        let mut rest = vec![0; stretch_bytes as usize];
        let read = self.content(first_seq)?.read_exact_at(&mut rest, offset);
        read.map_err(JournalError::io("read segment", &path))?;
        rest.truncate(memchr::memchr(b'\n', &rest).map_or(rest.len(), |newline| newline + 1));
        // It's kept for as long as the client doesn't read.
        rest.shrink_to_fit();
        self.offset += rest.len() as u64;
        Ok(rest)
    }

    /// Up to [`SCAN_BYTES`] before `offset`, and where they begin.
    fn before(&mut self, offset: u64) -> Result<(u64, Vec<u8>), JournalError> {
        let Some(first_seq) = self.segment else { return Ok((0, Vec::new())) };
        let at = offset.saturating_sub(SCAN_BYTES as u64);
        let mut tail = vec![0; (offset - at) as usize];
        let path = segment::path(&self.state, first_seq);
        let read = self.content(first_seq)?.read_exact_at(&mut tail, at);
        read.map_err(JournalError::io("read segment", &path))?;
        Ok((at, tail))
    }
}

/// The seq of the last event of some whole lines: of the last line that says one, where damage hides some.
pub fn last_seq(lines: &[u8]) -> Option<u64> {
    lines.strip_suffix(b"\n")?.rsplit(|&b| b == b'\n').find_map(seq_of)
}

/// The seq of an event line of ours: it stands second, so that nobody has to parse the line for it.
pub fn seq_of(line: &[u8]) -> Option<u64> {
    let rest = line.strip_prefix(br#"{"schema_version":"1.0","seq":"#)?;
    let end = rest.iter().position(|b| !b.is_ascii_digit())?;
    std::str::from_utf8(&rest[..end]).ok()?.parse().ok()
}
