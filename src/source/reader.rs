//! Turns a name into an open regular file, and a stretch of that file into a text.
//!
//! It decides nothing about when; it never opens what could hang or lies outside of the root.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Mode, OFlags, ResolveFlags, Statx, StatxFlags};
use xxhash_rust::xxh3::Xxh3Default;

use crate::model::checkpoint::Fingerprint;
use crate::model::file::{FileName, Position, Stat};
use crate::model::text::Text;
use crate::source::fingerprint::{self, head_range, window_range};
use crate::source::line_buffer::{BLOCK_BYTES, Encoding, LineBuffer, encoding_of};

/// How far a NUL is looked for to tell text from what isn't, bytes.
pub const SNIFF_BYTES: usize = 4096;

/// A page that is appended to a page is known by so much of its head, bytes: less may be chance, more proves no
/// more.
const REPEAT_BYTES_MIN: u64 = 64;
const REPEAT_BYTES_MAX: u64 = 1024;

/// How much room for blocks is kept while nothing is read, bytes.
const RESTING_BLOCK_BYTES: usize = 16 << 10;

/// A regular file, open for reading.
pub struct OpenFile {
    file: File,
    /// What the descriptor said when it was opened.
    pub stat: Stat,
}

/// A reading ends behind so many lines: each may be an update, which takes 2 KB however short it is. Thirty MB of prose have as
/// many.
pub const LINES_MAX: usize = 1 << 18;

/// Where to read, and how much.
#[derive(Debug, Clone, Copy)]
pub struct Stretch {
    /// The start of a line.
    pub from: Position,
    /// Whether a last line without its `\n` is taken in.
    pub with_last: bool,
    /// Stop at a line end once there is so much text, bytes, or behind [`LINES_MAX`] lines.
    pub bytes_max: usize,
    /// How many bytes were read before, and what they looked like: only what goes on from them is text.
    pub behind: Option<(u64, Fingerprint)>,
}

/// What was read.
pub struct Chunk {
    /// The lines.
    pub text: Text,
    /// Whether the end of the file was met.
    pub at_end: bool,
    /// Whether a last line without `\n` was met; it's in the text only if asked for.
    pub unterminated: bool,
    /// What the bytes up to `text.end_offset` look like.
    pub fingerprint: Fingerprint,
    /// Hash of the bytes read.
    pub hash: u128,
    /// Read on: whether what comes behind what was read before is how the file begins.
    pub repeats_its_head: bool,
}

/// Where bytes of a file are put to be looked at.
#[derive(Debug, Default)]
pub struct Room {
    head: Vec<u8>,
    block: Vec<u8>,
    window: Vec<u8>,
}

/// A file, or what kept it from being read.
pub enum Content<T> {
    /// It's text.
    Text(T),
    /// It isn't.
    NotText,
    /// What was read before isn't there any more.
    Rewritten,
}

/// Opens `name` without following links out of its root, without waiting, and only if it's a regular file.
pub fn open(name: &FileName) -> io::Result<OpenFile> {
    let root =
        rustix::fs::open(&*name.root, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    let open_below = |path: &Path| {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
        let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
        match rustix::fs::openat2(&root, path, flags, Mode::empty(), resolve) {
            // A filter of system calls, or an old kernel: the last component still isn't followed.
            Err(rustix::io::Errno::NOSYS | rustix::io::Errno::PERM) => {
                rustix::fs::openat(&root, path, flags, Mode::empty())
            }
            result => result,
        }
    };
    let descriptor = match open_below(&name.path) {
        Err(rustix::io::Errno::LOOP) => {
            let real_root = name.root.canonicalize()?;
            let real = name.full().canonicalize()?;
            let below = real.strip_prefix(&real_root);
            let below = below.map_err(|_| io::Error::other("the link leads out of the drop directory"))?;
            open_below(below)?
        }
        result => result?,
    };
    let file = File::from(descriptor);
    let (stat, regular) = stat_open(&file)?;
    if !regular {
        return Err(io::Error::other("not a regular file"));
    }
    Ok(OpenFile { file, stat })
}

/// What `path` is, without following a link at its end, and whether it's a regular file.
pub fn stat_at(path: &Path) -> io::Result<(Stat, rustix::fs::FileType)> {
    stat_in(CWD, path.as_os_str())
}

/// The same of a name in an open directory.
pub fn stat_in(directory: impl AsFd, name: &OsStr) -> io::Result<(Stat, rustix::fs::FileType)> {
    let flags = AtFlags::SYMLINK_NOFOLLOW;
    let statx = rustix::fs::statx(directory, name, flags, StatxFlags::BASIC_STATS | StatxFlags::BTIME)?;
    Ok((stat_of(&statx), file_type(&statx)))
}

/// The same, with the link followed.
pub fn stat_target(path: &Path) -> io::Result<(Stat, rustix::fs::FileType)> {
    let statx = rustix::fs::statx(CWD, path, AtFlags::empty(), StatxFlags::BASIC_STATS | StatxFlags::BTIME)?;
    Ok((stat_of(&statx), file_type(&statx)))
}

impl OpenFile {
    /// What the descriptor says now.
    pub fn stat_now(&self) -> io::Result<Stat> {
        stat_open(&self.file).map(|(stat, _)| stat)
    }

    /// Reads all of it, for whoever remembers nothing of a file: neither its hash nor its fingerprint is taken, which
    /// `run` spends a look at each byte on. `block` is room for reading, used again from file to file.
    pub fn read_whole(&self, block: &mut Vec<u8>) -> io::Result<Content<Text>> {
        // Never past the size that the stat tells, as in `run`.
        let size_bytes = usize::try_from(self.stat.size_bytes).unwrap_or(usize::MAX - 1);
        block.resize(BLOCK_BYTES, 0);
        let first = BLOCK_BYTES.min(size_bytes);
        let mut n = read_full(&self.file, &mut block[..first], 0)?;
        let Some((encoding, mark_bytes)) = sniff(&block[..n.min(SNIFF_BYTES)]) else {
            return Ok(Content::NotText);
        };
        let start = Position { offset: mark_bytes, ..Position::START };
        let mut lines = LineBuffer::new(encoding, start, size_bytes + 1);
        lines.push(&block[mark_bytes as usize..n]);
        let mut offset = n;
        while n == BLOCK_BYTES && offset < size_bytes {
            let room = BLOCK_BYTES.min(size_bytes - offset);
            n = read_full(&self.file, &mut block[..room], offset as u64)?;
            lines.push(&block[..n]);
            offset += n;
        }
        Ok(Content::Text(lines.finish(true).0))
    }

    /// Reads lines from the start of one on. `room` is used again from reading to reading.
    pub fn read(&self, stretch: Stretch, room: &mut Room) -> io::Result<Content<Chunk>> {
        let Room { head, block, window } = room;
        let size_bytes = self.stat.size_bytes;
        // Where bytes were consumed before, all of the head counts.
        let head_bytes = match stretch.behind {
            Some(_) => head_range(size_bytes).end,
            None => size_bytes.min(SNIFF_BYTES as u64),
        };
        let head = self.bytes(0..head_bytes, head)?;
        let Some((encoding, mark_bytes)) = sniff(&head[..head.len().min(SNIFF_BYTES)]) else {
            return Ok(Content::NotText);
        };
        let mut from = stretch.from;
        from.offset = from.offset.max(mark_bytes);
        let left = |offset: u64| usize::try_from(size_bytes.saturating_sub(offset)).unwrap_or(usize::MAX);
        let block = room_for(BLOCK_BYTES.min(left(from.offset)).max(1), block);
        let mut lines =
            LineBuffer::new(encoding, from, left(from.offset).min(stretch.bytes_max).saturating_add(1));
        let mut hash = Xxh3Default::new();
        let mut offset = from.offset;
        let mut line_ends = 0;
        let (at_end, last) = loop {
            // Never past the size that the stat tells: what comes later is the next reading's.
            let left = left(offset);
            let wanted = stretch.bytes_max.saturating_sub(lines.len_bytes());
            let most = wanted.clamp(1, block.len()).min(left);
            let n = read_full(&self.file, &mut block[..most], offset)?;
            hash.update(&block[..n]);
            lines.push(&block[..n]);
            let last = offset..offset + n as u64;
            offset = last.end;
            if n < most || n == left {
                break (true, last);
            }
            // Half a line in a full buffer is left for the next piece, unless it's all there is.
            line_ends += memchr::memchr_iter(b'\n', &block[..n]).count();
            let is_full = lines.len_bytes() + BLOCK_BYTES / 2 >= stretch.bytes_max || line_ends >= LINES_MAX;
            if lines.len_bytes() > 0 && is_full {
                break (false, last);
            }
        };
        let last = Bytes { start: last.start, bytes: &block[..(last.end - last.start) as usize] };
        let (text, unterminated) = lines.finish(stretch.with_last && at_end);
        let (fingerprint, repeats_its_head) = match stretch.behind {
            None => (self.fingerprint(text.end_offset, &last, window)?, false),
            Some((consumed, before)) => {
                // Looked at last: what was read and what was looked at must be one file.
                let (still, now) = self.fingerprints(consumed, text.end_offset, head, &last, window)?;
                if still != before {
                    return Ok(Content::Rewritten);
                }
                (now, self.repeats_its_head(consumed, head, &last)?)
            }
        };
        Ok(Content::Text(Chunk {
            text,
            at_end,
            unterminated: unterminated && at_end,
            fingerprint,
            hash: hash.digest128(),
            repeats_its_head,
        }))
    }

    /// What the first bytes of the file look like, up to an offset.
    fn fingerprint(&self, consumed: u64, last: &Bytes<'_>, room: &mut Vec<u8>) -> io::Result<Fingerprint> {
        Ok(Fingerprint {
            head: self.hash_of(head_range(consumed), last, room)?,
            window: self.hash_of(window_range(consumed), last, room)?,
        })
    }

    /// The hash of a range, which is read unless it is among what was read last.
    fn hash_of(&self, range: Range<u64>, last: &Bytes<'_>, room: &mut Vec<u8>) -> io::Result<u64> {
        match last.part(&range) {
            Some(bytes) => Ok(fingerprint::hash(bytes)),
            None => self.bytes(range, room).map(fingerprint::hash),
        }
    }

    /// The same up to each of two offsets. Most of what is looked at for the one serves the other too.
    fn fingerprints(
        &self,
        one: u64,
        other: u64,
        head: &[u8],
        last: &Bytes<'_>,
        room: &mut Vec<u8>,
    ) -> io::Result<(Fingerprint, Fingerprint)> {
        let heads = [one, other].map(|consumed| head_range(consumed).end as usize);
        let head_of = |bytes: usize| fingerprint::hash(&head[..bytes.min(head.len())]);
        let one_head = head_of(heads[0]);
        let other_head = if heads[0] == heads[1] {
            one_head
        } else {
            head_of(heads[1])
        };
        let (near, far) = (window_range(one.min(other)), window_range(one.max(other)));
        let both = near.start..far.end;
        let (near, far) = if far.start <= near.end {
            let bytes = Bytes { start: both.start, bytes: self.bytes(both, room)? };
            let hash_of = |range: Range<u64>| fingerprint::hash(bytes.most_of(&range));
            (hash_of(near), hash_of(far))
        } else {
            (fingerprint::hash(self.bytes(near, room)?), self.hash_of(far, last, room)?)
        };
        let (one_window, other_window) = if one <= other { (near, far) } else { (far, near) };
        Ok((
            Fingerprint { head: one_head, window: one_window },
            Fingerprint { head: other_head, window: other_window },
        ))
    }

    /// Whether what stands at `offset` is how the file begins: a page that was appended to a page.
    fn repeats_its_head(&self, offset: u64, head: &[u8], last: &Bytes<'_>) -> io::Result<bool> {
        let length = (self.stat.size_bytes.saturating_sub(offset)).min(offset).min(REPEAT_BYTES_MAX);
        if length < REPEAT_BYTES_MIN {
            return Ok(false);
        }
        let Some(head) = head.get(..length as usize) else { return Ok(false) };
        let range = offset..offset + length;
        match last.part(&range) {
            Some(there) => Ok(there == head),
            None => self.bytes(range, &mut Vec::new()).map(|there| there == head),
        }
    }

    /// The bytes of a range, fewer where the file ends before.
    fn bytes<'r>(&self, range: Range<u64>, room: &'r mut Vec<u8>) -> io::Result<&'r [u8]> {
        let bytes = room_for((range.end - range.start) as usize, room);
        let n = read_full(&self.file, bytes, range.start)?;
        Ok(&bytes[..n])
    }
}

impl Room {
    /// Gives back what only a large reading needs.
    pub fn rest(&mut self) {
        if self.block.len() > RESTING_BLOCK_BYTES {
            self.block = Vec::new();
        }
    }
}

/// Bytes of a file, from `start` on.
struct Bytes<'a> {
    start: u64,
    bytes: &'a [u8],
}

impl<'a> Bytes<'a> {
    /// Those of `range`, if all of them are here.
    fn part(&self, range: &Range<u64>) -> Option<&'a [u8]> {
        let at = |offset: u64| offset.checked_sub(self.start).map(|at| at as usize);
        self.bytes.get(at(range.start)?..at(range.end)?)
    }

    /// Those of `range` that are here: fewer where the file has become shorter.
    fn most_of(&self, range: &Range<u64>) -> &'a [u8] {
        let at = |offset: u64| ((offset - self.start) as usize).min(self.bytes.len());
        &self.bytes[at(range.start)..at(range.end)]
    }
}

/// So many bytes of `room`, which grows to hold them and is cleared only there: clearing a whole block for the few
/// lines that are appended to a log took a seventh of a reading.
fn room_for(bytes: usize, room: &mut Vec<u8>) -> &mut [u8] {
    if room.len() < bytes {
        room.resize(bytes, 0);
    }
    &mut room[..bytes]
}

/// The encoding that a file's head tells, and the length of its mark; `None` if it isn't text.
pub fn sniff(head: &[u8]) -> Option<(Encoding, u64)> {
    let (encoding, mark_bytes) = encoding_of(head);
    let is_text = encoding != Encoding::Utf8 || memchr::memchr(0, head).is_none();
    is_text.then_some((encoding, mark_bytes))
}

/// Fills `bytes` from `offset` on; less only at the end of the file.
fn read_full(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut filled = 0;
    while filled < bytes.len() {
        match file.read_at(&mut bytes[filled..], offset + filled as u64) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

fn stat_open(file: &File) -> io::Result<(Stat, bool)> {
    let statx =
        rustix::fs::statx(file, "", AtFlags::EMPTY_PATH, StatxFlags::BASIC_STATS | StatxFlags::BTIME)?;
    Ok((stat_of(&statx), file_type(&statx).is_file()))
}

fn file_type(statx: &Statx) -> rustix::fs::FileType {
    rustix::fs::FileType::from_raw_mode(statx.stx_mode.into())
}

fn stat_of(statx: &Statx) -> Stat {
    let ns = |seconds: i64, ns: u32| seconds.saturating_mul(1_000_000_000).saturating_add(ns.into());
    let born = StatxFlags::from_bits_retain(statx.stx_mask).contains(StatxFlags::BTIME);
    Stat {
        device: rustix::fs::makedev(statx.stx_dev_major, statx.stx_dev_minor),
        inode: statx.stx_ino,
        birth_ns: born.then(|| ns(statx.stx_btime.tv_sec, statx.stx_btime.tv_nsec)),
        size_bytes: statx.stx_size,
        mtime_ns: ns(statx.stx_mtime.tv_sec, statx.stx_mtime.tv_nsec),
        ctime_ns: ns(statx.stx_ctime.tv_sec, statx.stx_ctime.tv_nsec),
    }
}

#[cfg(test)]
mod tests;
