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
use crate::source::fingerprint::{fingerprint, head_range, window_range};
use crate::source::line_buffer::{BLOCK_BYTES, Encoding, LineBuffer, encoding_of};

/// How far a NUL is looked for to tell text from what isn't, bytes.
const SNIFF_BYTES: usize = 4096;

/// A page that is appended to a page is known by so much of its head, bytes: less may be chance, more proves no
/// more.
const REPEAT_BYTES_MIN: u64 = 64;
const REPEAT_BYTES_MAX: u64 = 1024;

/// A regular file, open for reading.
pub struct OpenFile {
    file: File,
    /// What the descriptor said when it was opened.
    pub stat: Stat,
}

/// Where to read, and how much.
#[derive(Debug, Clone, Copy)]
pub struct Stretch {
    /// The start of a line.
    pub from: Position,
    /// Whether a last line without its `\n` is taken in.
    pub with_last: bool,
    /// Stop at a line end once there is so much text, bytes.
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

    /// Whether what stands at `offset` is how the file begins: a page that was appended to a page.
    pub fn repeats_its_head(&self, offset: u64) -> io::Result<bool> {
        let length = (self.stat.size_bytes.saturating_sub(offset)).min(offset).min(REPEAT_BYTES_MAX);
        if length < REPEAT_BYTES_MIN {
            return Ok(false);
        }
        let mut bytes = vec![0; 2 * length as usize];
        let (head, there) = bytes.split_at_mut(length as usize);
        Ok(read_full(&self.file, head, 0)? == read_full(&self.file, there, offset)? && head == there)
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

    /// Reads lines from the start of one on.
    pub fn read(&self, stretch: Stretch) -> io::Result<Content<Chunk>> {
        // What is appended to a log is a few lines: clearing a whole block for them took a seventh of a reading.
        let size_bytes = usize::try_from(self.stat.size_bytes).unwrap_or(usize::MAX);
        let sniff_bytes = SNIFF_BYTES.min(size_bytes);
        let left =
            usize::try_from(self.stat.size_bytes.saturating_sub(stretch.from.offset)).unwrap_or(usize::MAX);
        let mut block = vec![0; BLOCK_BYTES.min(left).max(sniff_bytes).max(1)];
        let sniffed = read_full(&self.file, &mut block[..sniff_bytes], 0)?;
        let Some((encoding, mark_bytes)) = sniff(&block[..sniffed]) else {
            return Ok(Content::NotText);
        };
        let mut from = stretch.from;
        from.offset = from.offset.max(mark_bytes);
        let expected = self.stat.size_bytes.saturating_sub(from.offset);
        let capacity = (expected as usize).min(stretch.bytes_max) + 1;
        let mut lines = LineBuffer::new(encoding, from, capacity);
        let mut hash = Xxh3Default::new();
        let mut offset = from.offset;
        let at_end = loop {
            // Never past the size that the stat tells: what comes later is the next reading's.
            let left = usize::try_from(self.stat.size_bytes.saturating_sub(offset)).unwrap_or(usize::MAX);
            let wanted = stretch.bytes_max.saturating_sub(lines.len_bytes());
            let room = wanted.clamp(1, block.len()).min(left);
            let n = read_full(&self.file, &mut block[..room], offset)?;
            hash.update(&block[..n]);
            lines.push(&block[..n]);
            offset += n as u64;
            if n < room || n == left {
                break true;
            }
            // Half a line in a full buffer is left for the next piece, unless it's all there is.
            if lines.len_bytes() > 0 && lines.len_bytes() + BLOCK_BYTES / 2 >= stretch.bytes_max {
                break false;
            }
        };
        let (text, unterminated) = lines.finish(stretch.with_last && at_end);
        // Looked at last: what was read and what was looked at must be one file.
        let (consumed, before) = stretch.behind.unwrap_or((text.end_offset, Fingerprint::default()));
        let (fingerprint, still) = self.fingerprints(text.end_offset, consumed)?;
        if stretch.behind.is_some() && still != before {
            return Ok(Content::Rewritten);
        }
        Ok(Content::Text(Chunk {
            text,
            at_end,
            unterminated: unterminated && at_end,
            fingerprint,
            hash: hash.digest128(),
        }))
    }

    /// What the first bytes of the file look like, up to each of two offsets. Both at once, since most of what is
    /// read for the one serves the other too.
    fn fingerprints(&self, one: u64, other: u64) -> io::Result<(Fingerprint, Fingerprint)> {
        let head = self.bytes(head_range(one.max(other)))?;
        let (first, last) = (window_range(one.min(other)), window_range(one.max(other)));
        let whole = if last.start <= first.end {
            first.start..last.end
        } else {
            first.clone()
        };
        let windows = self.bytes(whole.clone())?;
        let far = if whole.end < last.end {
            self.bytes(last.clone())?
        } else {
            Vec::new()
        };
        let fingerprint = |consumed: u64| {
            let window = window_range(consumed);
            let (bytes, start) = if window.end > whole.end {
                (&far, last.start)
            } else {
                (&windows, whole.start)
            };
            fingerprint(part(&head, 0, head_range(consumed)), part(bytes, start, window))
        };
        Ok((fingerprint(one), fingerprint(other)))
    }

    fn bytes(&self, range: Range<u64>) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; (range.end - range.start) as usize];
        let n = read_full(&self.file, &mut bytes, range.start)?;
        bytes.truncate(n);
        Ok(bytes)
    }
}

/// The bytes of `range`, of those that were read from `start` on: fewer where the file has become shorter.
fn part(bytes: &[u8], start: u64, range: Range<u64>) -> &[u8] {
    let at = |offset: u64| ((offset - start) as usize).min(bytes.len());
    &bytes[at(range.start)..at(range.end)]
}

/// The encoding that a file's head tells, and the length of its mark; `None` if it isn't text.
fn sniff(head: &[u8]) -> Option<(Encoding, u64)> {
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
mod tests {
    use super::*;

    #[test]
    fn all_of_a_file_at_once_is_what_its_pieces_are() {
        let dir = tempfile::tempdir().expect("a directory");
        let name = FileName::new(dir.path(), Path::new("page.txt"));
        let utf16: Vec<u8> = "\u{feff}aé\nb".encode_utf16().flat_map(u16::to_le_bytes).collect();
        for bytes in [
            b"".to_vec(),
            b"a\nb".to_vec(),
            b"\xef\xbb\xbfa\n\xe9\n".to_vec(),
            utf16,
            "é line\n".repeat(BLOCK_BYTES / 4).into_bytes(),
            "x".repeat(BLOCK_BYTES * 2).into_bytes(),
        ] {
            std::fs::write(name.full(), &bytes).expect("written");
            let file = open(&name).expect("a file");
            let bytes_max = bytes.len() + BLOCK_BYTES;
            let stretch = Stretch { from: Position::START, with_last: true, bytes_max, behind: None };
            let Ok(Content::Text(chunk)) = file.read(stretch) else { panic!("it is text") };
            let Ok(Content::Text(text)) = file.read_whole(&mut vec![7; 9]) else {
                panic!("it is text")
            };
            assert_eq!(text, chunk.text);
        }
        std::fs::write(name.full(), b"a\0b\n").expect("written");
        let read = open(&name).and_then(|file| file.read_whole(&mut Vec::new()));
        assert!(matches!(read, Ok(Content::NotText)));
    }
}
