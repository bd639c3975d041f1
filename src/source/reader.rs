//! Opens files without trusting them, and reads a part of one as text. Keeps no file open.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, StatxFlags, statx};
use xxhash_rust::xxh3::Xxh3;

use crate::model::checkpoint::Fingerprint;
use crate::model::file::{Position, Stat};
use crate::model::text::Text;
use crate::source::fingerprint;
use crate::source::line_buffer::{Encoding, LineBuffer};

/// How much is read at once, bytes.
const BLOCK_BYTES: usize = 256 << 10;

/// How much of a file must be free of NULs for it to be text, bytes.
const TEXT_PROBE_BYTES: usize = 4 << 10;

/// What lies at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// A regular file.
    File(Stat),
    /// A directory.
    Directory(Stat),
    /// A symbolic link.
    Link,
    /// A FIFO, a socket or a device: never opened.
    Special,
}

/// Looks at a path without opening or following it.
pub fn look(path: &Path) -> io::Result<Found> {
    let found = statx(CWD, path, AtFlags::SYMLINK_NOFOLLOW, StatxFlags::BASIC_STATS | StatxFlags::BTIME)?;
    Ok(match FileType::from_raw_mode(u32::from(found.stx_mode)) {
        FileType::RegularFile => Found::File(stat_of(&found)),
        FileType::Directory => Found::Directory(stat_of(&found)),
        FileType::Symlink => Found::Link,
        _ => Found::Special,
    })
}

fn stat_of(found: &rustix::fs::Statx) -> Stat {
    let ns = |time: rustix::fs::StatxTimestamp| {
        time.tv_sec.saturating_mul(1_000_000_000).saturating_add(i64::from(time.tv_nsec))
    };
    let has_birth = StatxFlags::from_bits_retain(found.stx_mask).contains(StatxFlags::BTIME);
    Stat {
        device: (u64::from(found.stx_dev_major) << 32) | u64::from(found.stx_dev_minor),
        inode: found.stx_ino,
        birth_ns: has_birth.then(|| ns(found.stx_btime)),
        size_bytes: found.stx_size,
        mtime_ns: ns(found.stx_mtime),
        ctime_ns: ns(found.stx_ctime),
    }
}

/// A regular file, open for reading.
#[derive(Debug)]
pub struct Opened {
    file: File,
    /// As it was when it was opened.
    pub stat: Stat,
}

/// What a part of a file is.
#[derive(Debug)]
pub struct Read {
    /// The text.
    pub text: Text,
    /// How far it goes, bytes.
    pub read_offset: u64,
    /// What the bytes before that look like.
    pub fingerprint: Fingerprint,
    /// A hash of all of the file, if all of it was read.
    pub content_hash: Option<u128>,
    /// Whether the file's last line has no end.
    pub open_line: bool,
    /// Whether the reading ended at the file's end, and not at the limit.
    pub at_end: bool,
}

impl Opened {
    /// Opens `path` if it is a regular file: no link is followed, nothing that could block is waited for.
    pub fn open(path: &Path) -> io::Result<Opened> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
        let file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
        let stat = Opened::stat_now(&file)?;
        Ok(Opened { file, stat })
    }

    fn stat_now(file: &File) -> io::Result<Stat> {
        let found = statx(file, "", AtFlags::EMPTY_PATH, StatxFlags::BASIC_STATS | StatxFlags::BTIME)?;
        match FileType::from_raw_mode(u32::from(found.stx_mode)) {
            FileType::RegularFile => Ok(stat_of(&found)),
            _ => Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file")),
        }
    }

    /// Whether nothing changed since it was opened.
    pub fn is_unchanged(&self) -> io::Result<bool> {
        Ok(Opened::stat_now(&self.file)? == self.stat)
    }

    /// Whether it only grew since it was opened.
    pub fn only_grew(&self) -> io::Result<bool> {
        let now = Opened::stat_now(&self.file)?;
        Ok(now == self.stat || now.size_bytes > self.stat.size_bytes)
    }

    /// Whether it is text: no NUL in its first 4 KiB, or a UTF-16 mark.
    pub fn is_text(&self) -> io::Result<bool> {
        let mut head = [0; TEXT_PROBE_BYTES];
        let head = self.head(&mut head)?;
        Ok(memchr::memchr(0, head).is_none() || Encoding::of(head).0 != Encoding::Utf8)
    }

    fn head<'b>(&self, bytes: &'b mut [u8]) -> io::Result<&'b [u8]> {
        let wanted = bytes.len().min(self.stat.size_bytes as usize);
        let mut filled = 0;
        while filled < wanted {
            match self.file.read_at(&mut bytes[filled..wanted], filled as u64)? {
                0 => break,
                read => filled += read,
            }
        }
        Ok(&bytes[..filled])
    }

    /// Whether the bytes before `read_offset` are still those of `fingerprint`.
    pub fn still_has(&self, fingerprint: Fingerprint, read_offset: u64) -> io::Result<bool> {
        if self.stat.size_bytes < read_offset {
            return Ok(false);
        }
        Ok(fingerprint::of(&self.file, read_offset)? == fingerprint)
    }

    /// Reads lines from `from` to the end, or about `text_bytes_max` of text. `with_open_line`: also the
    /// last line, though it has no end.
    pub fn read(&self, from: Position, with_open_line: bool, text_bytes_max: u64) -> io::Result<Read> {
        let mut head = [0; 4];
        let (encoding, mark_bytes) = Encoding::of(self.head(&mut head)?);
        let mut start = from;
        let mut hash = (from.offset == 0).then(Xxh3::new);
        if from.offset == 0 && mark_bytes > 0 {
            start.offset = mark_bytes;
            if let Some(hash) = &mut hash {
                hash.update(&head[..mark_bytes as usize]);
            }
        }
        let mut lines = LineBuffer::new(encoding, start);
        let mut block =
            vec![0; BLOCK_BYTES.min((self.stat.size_bytes.saturating_sub(start.offset)) as usize + 1)];
        let mut offset = start.offset;
        let mut at_end = true;
        while offset < self.stat.size_bytes {
            if lines.text_bytes() as u64 >= text_bytes_max {
                at_end = false;
                break;
            }
            let room = block.len().min((self.stat.size_bytes - offset) as usize);
            let read = self.file.read_at(&mut block[..room], offset)?;
            if read == 0 {
                break;
            }
            lines.push(&block[..read]);
            if let Some(hash) = &mut hash {
                hash.update(&block[..read]);
            }
            offset += read as u64;
        }
        let open_line = at_end && lines.has_open_line();
        let text = lines.finish(with_open_line && at_end);
        let read_offset = text.end_offset;
        let fingerprint = fingerprint::of(&self.file, read_offset)?;
        let content_hash = hash.filter(|_| at_end).map(|hash| hash.digest128());
        Ok(Read { text, read_offset, fingerprint, content_hash, open_line, at_end })
    }
}

/// Reads a whole file for `parse`.
pub fn read_file(path: &Path) -> io::Result<(Stat, Text)> {
    // Whoever names a file by hand may name a link.
    let opened = Opened::open(&std::fs::canonicalize(path)?)?;
    let read = opened.read(Position::START, true, u64::MAX)?;
    Ok((opened.stat, read.text))
}

/// Reads a whole stream for `parse`.
pub fn read_stream(mut stream: impl io::Read) -> io::Result<Text> {
    let mut block = vec![0; BLOCK_BYTES];
    let mut head = Vec::new();
    let mut lines: Option<LineBuffer> = None;
    loop {
        let read = stream.read(&mut block)?;
        match &mut lines {
            Some(lines) if read == 0 => {
                return Ok(
                    std::mem::replace(lines, LineBuffer::new(Encoding::Utf8, Position::START)).finish(true)
                );
            }
            Some(lines) => lines.push(&block[..read]),
            None => {
                // The mark may come in pieces.
                head.extend_from_slice(&block[..read]);
                if head.len() >= 3 || read == 0 {
                    let (encoding, mark_bytes) = Encoding::of(&head);
                    let start = Position { offset: mark_bytes, ..Position::START };
                    let mut begun = LineBuffer::new(encoding, start);
                    begun.push(&head[mark_bytes as usize..]);
                    lines = Some(begun);
                }
            }
        }
    }
}
