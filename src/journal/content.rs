//! A segment's bytes, read at any offset: as they lie, or out of a packed segment, the same bytes either way.
//!
//! A packed segment (`.ndjson.gz`) is a row of gzip members, each of up to 256 KiB of the segment, so that `zcat`
//! and `zgrep` read it. An extra field in each header (RFC 1952, 2.3.1.1) says how long the member and its content
//! are, so that a reader finds its place by the headers alone:
//!
//! ```text
//! 0  1f 8b 08 04 00 00 00 00 00 ff  gzip, deflate, extra field; no time, no system
//! 10 u16  12: length of the extra field
//! 12 "LB" u16  8: length of its only part
//! 16 u32  length of the member, bytes, with this header
//! 20 u32  length of its content, bytes
//! 24 deflate data, crc32, length
//! ```

use std::fs::File;
use std::io::{self, Read, Write};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;

use flate2::Compression;
use flate2::GzBuilder;
use flate2::read::GzDecoder;

use crate::journal::JournalError;
use crate::journal::segment::{self, Record, hash_of, records};
use crate::journal::state;

/// How much of a segment a member holds, bytes: a reader keeps one unpacked.
const MEMBER_BYTES: usize = 256 << 10;

/// The length of a member's header, bytes.
const HEADER_BYTES: usize = 24;

/// How long a packed member may be, bytes: text that can't be packed grows by less than this allows.
const PACKED_BYTES_MAX: u32 = 2 * MEMBER_BYTES as u32;

/// The bytes of a segment. Damage of any kind is met by who reads there, not by who opens it.
#[derive(Debug)]
pub enum Content {
    /// As they were written.
    Plain(File),
    /// Packed.
    Packed(Packed),
}

impl Content {
    /// Opens a segment, packed or not; `None` if it is there in neither form. Where both are there, the plain one may
    /// be unpacked just now, or as far as the disk had room: then it is shorter than its checksums say.
    pub fn open(state: &Path, first_seq: u64) -> Result<Option<Content>, JournalError> {
        let plain = Content::open_plain(state, first_seq)?;
        if let Some(plain) = &plain
            && segment::packed_path(state, first_seq).exists()
        {
            let summed = records(state, first_seq)?.last().map_or(0, |last| last.end);
            let path = segment::path(state, first_seq);
            if plain.length_bytes().map_err(JournalError::io("look at segment", &path))? < summed {
                return Content::open_packed(state, first_seq);
            }
        }
        match plain {
            Some(plain) => Ok(Some(plain)),
            None => Content::open_packed(state, first_seq),
        }
    }

    fn open_plain(state: &Path, first_seq: u64) -> Result<Option<Content>, JournalError> {
        let path = segment::path(state, first_seq);
        opened(&path, File::open(&path).map(Content::Plain))
    }

    fn open_packed(state: &Path, first_seq: u64) -> Result<Option<Content>, JournalError> {
        let path = segment::packed_path(state, first_seq);
        opened(&path, File::open(&path).and_then(Packed::open).map(Content::Packed))
    }

    /// How much there is, bytes of events.
    pub fn length_bytes(&self) -> io::Result<u64> {
        match self {
            Content::Plain(file) => file.metadata().map(|metadata| metadata.len()),
            Content::Packed(packed) => Ok(packed.length_bytes()),
        }
    }

    /// Fills `bytes` from `at` on.
    pub fn read_exact_at(&mut self, bytes: &mut [u8], at: u64) -> io::Result<()> {
        match self {
            Content::Plain(file) => file.read_exact_at(bytes, at),
            Content::Packed(packed) => packed.read_exact_at(bytes, at),
        }
    }

    /// Where the part ends that is whole or damaged as one with the byte at `at`.
    pub(super) fn part_end(&self, at: u64) -> u64 {
        match self {
            Content::Plain(_) => u64::MAX,
            Content::Packed(packed) => packed.member(at).map_or(u64::MAX, |member| member.end()),
        }
    }

    /// The first part behind the one of the byte at `at` that can be unpacked, and where it starts.
    pub(super) fn whole_part_behind(&mut self, at: u64) -> Option<(u64, &[u8])> {
        let Content::Packed(packed) = self else { return None };
        let behind = packed.members.partition_point(|member| member.start <= at);
        let whole = (behind..packed.members.len()).find(|&member| packed.unpack(member).is_ok())?;
        Some((packed.members[whole].start, packed.unpack(whole).ok()?))
    }

    /// All of it from `at` on, bytes, as far as there is something now.
    pub fn into_read(self, at: u64) -> io::Result<impl Read> {
        let end = self.length_bytes()?.max(at);
        Ok(Stream { content: self, at, end })
    }
}

fn opened(path: &Path, content: io::Result<Content>) -> Result<Option<Content>, JournalError> {
    match content {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(JournalError::io("open segment", path)(error)),
    }
}

struct Stream {
    content: Content,
    at: u64,
    end: u64,
}

impl Read for Stream {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let length = bytes.len().min((self.end - self.at) as usize);
        let bytes = &mut bytes[..length];
        // A member at a time: where one is damaged, those before it aren't.
        let read = match &mut self.content {
            Content::Plain(file) => file.read_exact_at(bytes, self.at).map(|()| length)?,
            Content::Packed(packed) => packed.read_at(bytes, self.at)?,
        };
        self.at += read as u64;
        Ok(read)
    }
}

/// How much of a segment's end its checksums are asked for after a power loss, bytes: far more than is written
/// between two flushes. A wrong batch before it is damage of another kind: named by `verify`, and kept.
const TAIL_BYTES: u64 = 64 << 20;

/// How much of a segment its checksums prove: the last record before the first wrong one of its tail.
pub fn proven(state: &Path, first_seq: u64) -> Result<Record, JournalError> {
    let mut good = Record::default();
    let Some(mut content) = Content::open(state, first_seq)? else { return Ok(good) };
    let records = records(state, first_seq)?;
    let tail = records.last().map_or(0, |last| last.end.saturating_sub(TAIL_BYTES));
    for record in records {
        match hash_of(good.end, record.end, |block, at| content.read_exact_at(block, at)) {
            Ok(hash) if hash == record.hash || record.end <= tail => good = record,
            Ok(_) => break,
            Err(error) if is_damage(&error) => break,
            Err(error) => {
                return Err(JournalError::io("read segment", &segment::path(state, first_seq))(error));
            }
        }
    }
    Ok(good)
}

/// The places of the batches that aren't as these checksums say, from a segment's beginning.
pub(super) fn changed<'r>(
    content: &mut Content,
    records: impl IntoIterator<Item = &'r Record>,
) -> impl Iterator<Item = Range<u64>> {
    let mut start = 0;
    records.into_iter().filter_map(move |record| {
        let from = std::mem::replace(&mut start, record.end);
        let hash = hash_of(from, record.end, |block, at| content.read_exact_at(block, at));
        (!hash.is_ok_and(|hash| hash == record.hash)).then_some(from..record.end)
    })
}

/// Whether all of its bytes are those of these checksums.
fn is_whole(content: Option<Content>, records: &[Record]) -> bool {
    let whole = content.map(|mut content| changed(&mut content, records).next().is_none());
    !records.is_empty() && whole == Some(true)
}

/// Whether bytes aren't there, or can't be unpacked: the disk has said nothing of it.
pub(super) fn is_damage(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof
    )
}

/// A packed segment, and the member that was read last.
#[derive(Debug)]
pub struct Packed {
    file: File,
    members: Vec<Member>,
    unpacked: Option<(usize, Vec<u8>)>,
}

/// A member: where its content starts in the segment, and where it lies.
#[derive(Debug, Clone, Copy)]
struct Member {
    start: u64,
    length: u32,
    packed_at: u64,
    packed_length: u32,
}

impl Member {
    fn end(&self) -> u64 {
        self.start + u64::from(self.length)
    }
}

impl Packed {
    fn open(file: File) -> io::Result<Packed> {
        let end = file.metadata()?.len();
        let (mut members, mut start, mut packed_at) = (Vec::new(), 0, 0);
        while packed_at < end {
            let mut header = [0; HEADER_BYTES];
            match file.read_exact_at(&mut header, packed_at) {
                Err(error) if !is_damage(&error) => return Err(error),
                Ok(()) | Err(_) => {}
            }
            let (packed_length, length) = (number(&header[16..20]), number(&header[20..24]));
            let ours = header[..16] == PREFIX
                && (HEADER_BYTES as u32..=PACKED_BYTES_MAX).contains(&packed_length)
                && length as usize <= MEMBER_BYTES;
            if !ours {
                // How much was in it nobody knows: a byte that can't be unpacked stands for all of it.
                members.push(Member { start, length: 1, packed_at, packed_length: 0 });
                break;
            }
            members.push(Member { start, length, packed_at, packed_length });
            start += u64::from(length);
            packed_at += u64::from(packed_length);
        }
        Ok(Packed { file, members, unpacked: None })
    }

    /// The member that has the byte at `at`.
    fn member(&self, at: u64) -> Option<&Member> {
        self.members[..self.members.partition_point(|member| member.start <= at)].last()
    }

    fn length_bytes(&self) -> u64 {
        self.members.last().map_or(0, Member::end)
    }

    fn read_exact_at(&mut self, bytes: &mut [u8], at: u64) -> io::Result<()> {
        let mut done = 0;
        while done < bytes.len() {
            match self.read_at(&mut bytes[done..], at + done as u64)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                read => done += read,
            }
        }
        Ok(())
    }

    /// Fills `bytes` from `at` on as far as one member goes. Says how many bytes that were; 0 behind the last.
    fn read_at(&mut self, bytes: &mut [u8], at: u64) -> io::Result<usize> {
        let member = self.members.partition_point(|member| member.start <= at).checked_sub(1);
        let Some(member) = member else { return Ok(0) };
        let start = self.members[member].start;
        let content = self.unpack(member)?.get((at - start) as usize..).unwrap_or_default();
        let length = content.len().min(bytes.len());
        bytes[..length].copy_from_slice(&content[..length]);
        Ok(length)
    }

    fn unpack(&mut self, at: usize) -> io::Result<&[u8]> {
        let kept = self.unpacked.take();
        let (_, content) = match kept {
            Some(kept) if kept.0 == at => self.unpacked.insert(kept),
            kept => {
                let member = self.members[at];
                let mut packed = vec![0; member.packed_length as usize];
                self.file.read_exact_at(&mut packed, member.packed_at)?;
                let mut content = kept.map_or_else(Vec::new, |(_, content)| content);
                content.clear();
                // What claims to be longer than its header says is damaged, and not read to its end.
                let unpacked =
                    GzDecoder::new(&packed[..]).take(u64::from(member.length) + 1).read_to_end(&mut content);
                if unpacked.is_err() || content.len() != member.length as usize {
                    let what = format!("a packed part of it is damaged at byte {}", member.packed_at);
                    return Err(io::Error::new(io::ErrorKind::InvalidData, what));
                }
                self.unpacked.insert((at, content))
            }
        };
        Ok(content)
    }
}

/// The first bytes of every member.
const PREFIX: [u8; 16] = *b"\x1f\x8b\x08\x04\0\0\0\0\0\xff\x0c\0LB\x08\0";

fn number(bytes: &[u8]) -> u32 {
    u32::from_le_bytes(bytes.try_into().expect("four bytes"))
}

/// Packs a segment that is written no more: the packed one is whole and safe before the plain one goes. Where there is a
/// packed one, somebody has unpacked it, or a kill came before the plain one had gone: the one that is whole stays.
pub(super) fn pack(state: &Path, first_seq: u64) -> Result<(), JournalError> {
    let (path, packed_path) = (segment::path(state, first_seq), segment::packed_path(state, first_seq));
    if packed_path.exists() {
        let records = records(state, first_seq)?;
        if is_whole(Content::open_packed(state, first_seq)?, &records) {
            return state::remove("remove segment", &path);
        }
        if !is_whole(Content::open_plain(state, first_seq)?, &records) {
            return Ok(());
        }
    }
    let file = File::open(&path).map_err(JournalError::io("open segment", &path))?;
    let metadata = file.metadata().map_err(JournalError::io("look at segment", &path))?;
    let mut plain = Stream { content: Content::Plain(file), at: 0, end: metadata.len() };
    let (packed, new) = state::create_new(&packed_path)?;
    write_members(&mut plain, &packed).map_err(JournalError::io("pack segment into", &new))?;
    // Its age is that of its events.
    let aged = metadata.modified().and_then(|at| packed.set_modified(at));
    aged.map_err(JournalError::io("date", &new))?;
    state::put_in_place(&packed, &new, &packed_path)?;
    state::remove("remove segment", &path)
}

fn write_members(plain: &mut impl Read, mut packed: &File) -> io::Result<()> {
    let mut content = vec![0; MEMBER_BYTES];
    loop {
        let mut length = 0;
        while length < MEMBER_BYTES {
            match plain.read(&mut content[length..])? {
                0 => break,
                read => length += read,
            }
        }
        if length == 0 {
            return Ok(());
        }
        let mut gzip = GzBuilder::new()
            .operating_system(255)
            .extra(*b"LB\x08\0\0\0\0\0\0\0\0\0")
            .write(Vec::with_capacity(MEMBER_BYTES), Compression::default());
        gzip.write_all(&content[..length])?;
        let mut member = gzip.finish()?;
        // Some levels are noted in the header; a reader of ours knows one form only.
        member[..16].copy_from_slice(&PREFIX);
        let packed_length = member.len() as u32;
        member[16..20].copy_from_slice(&packed_length.to_le_bytes());
        member[20..24].copy_from_slice(&(length as u32).to_le_bytes());
        packed.write_all(&member)?;
    }
}
