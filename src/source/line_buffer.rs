//! Blocks of bytes into whole lines of UTF-8, with the way back to each line's place in the file. Pure.
//!
//! A line is decoded by itself, so that it doesn't matter where the blocks were cut: as UTF-8; if it isn't,
//! as windows-1252 where that explains all its bytes; else with replacement characters.

use crate::model::file::Position;
use crate::model::text::{Mended, Text};

/// The longest line that is kept, bytes; what is longer is cut and counted. The longest paragraph seen in
/// real blogs has 24 KB.
pub const LINE_BYTES_MAX: usize = 1 << 20;

/// How a file's bytes are to be read, by its byte order mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, or what each line turns out to be.
    Utf8,
    /// UTF-16, little endian.
    Utf16Le,
    /// UTF-16, big endian.
    Utf16Be,
}

impl Encoding {
    /// What a file's first bytes say, and how many of them are the mark.
    pub fn of(head: &[u8]) -> (Encoding, u64) {
        match head {
            [0xef, 0xbb, 0xbf, ..] => (Encoding::Utf8, 3),
            [0xff, 0xfe, ..] => (Encoding::Utf16Le, 2),
            [0xfe, 0xff, ..] => (Encoding::Utf16Be, 2),
            _ => (Encoding::Utf8, 0),
        }
    }
}

/// Collects lines.
#[derive(Debug)]
pub struct LineBuffer {
    encoding: Encoding,
    start: Position,
    text: String,
    shifts: Vec<(usize, u64)>,
    mended: Mended,
    /// The bytes of the line that isn't whole yet, at most `LINE_BYTES_MAX` of them.
    line: Vec<u8>,
    /// The file offset where that line starts.
    line_offset: u64,
    /// The file offset behind the last byte that came in.
    offset: u64,
    /// Whether `text` and the file have run apart since the last shift.
    apart: bool,
}

impl LineBuffer {
    /// Begins at `start`, which must be the start of a line (or just behind the byte order mark).
    pub fn new(encoding: Encoding, start: Position) -> LineBuffer {
        LineBuffer {
            encoding,
            start,
            text: String::new(),
            shifts: Vec::new(),
            mended: Mended::default(),
            line: Vec::new(),
            line_offset: start.offset,
            offset: start.offset,
            apart: false,
        }
    }

    /// Takes the next bytes of the file.
    pub fn push(&mut self, block: &[u8]) {
        let mut rest = block;
        if self.encoding == Encoding::Utf8 && self.line.is_empty() && !self.apart {
            rest = self.push_plain(block);
        }
        while !rest.is_empty() {
            let (line, left, whole) = match self.newline_end(rest) {
                Some(end) => (&rest[..end], &rest[end..], true),
                None => (rest, &rest[rest.len()..], false),
            };
            let room = LINE_BYTES_MAX.saturating_sub(self.line.len());
            self.line.extend_from_slice(&line[..line.len().min(room)]);
            self.offset += line.len() as u64;
            rest = left;
            if whole {
                self.end_line(true);
            }
        }
    }

    /// Moves whole lines of plain UTF-8 over at once; says what is left.
    fn push_plain<'b>(&mut self, block: &'b [u8]) -> &'b [u8] {
        let Some(last) = memchr::memrchr(b'\n', block) else { return block };
        let lines = &block[..=last];
        if memchr::memchr(0, lines).is_some() || lines.len() > LINE_BYTES_MAX {
            return block;
        }
        let Ok(lines) = simdutf8::basic::from_utf8(lines) else { return block };
        self.text.push_str(lines);
        self.offset += lines.len() as u64;
        self.line_offset = self.offset;
        &block[lines.len()..]
    }

    /// Where the line that goes on in `bytes` ends, its newline included.
    fn newline_end(&self, bytes: &[u8]) -> Option<usize> {
        if self.encoding == Encoding::Utf8 {
            return memchr::memchr(b'\n', bytes).map(|at| at + 1);
        }
        // A code unit may be split between two blocks: pairs are counted from the line's start in the file.
        let odd = (self.offset - self.line_offset) as usize % 2;
        let newline = if self.encoding == Encoding::Utf16Le {
            [b'\n', 0]
        } else {
            [0, b'\n']
        };
        if odd == 1 {
            let first = self.line.last().copied().filter(|_| self.line.len() < LINE_BYTES_MAX);
            if first == Some(newline[0]) && bytes.first() == Some(&newline[1]) {
                return Some(1);
            }
        }
        let pairs = bytes.get(odd..)?.chunks_exact(2);
        pairs.clone().position(|pair| pair == newline).map(|at| odd + at * 2 + 2)
    }

    /// Decodes the line that was collected. `whole`: its newline came.
    fn end_line(&mut self, whole: bool) {
        let length_bytes = self.offset - self.line_offset;
        let cut = length_bytes > self.line.len() as u64;
        if cut {
            self.mended.cut_lines += 1;
        }
        let text_start = self.text.len();
        if self.apart {
            self.shifts.push((text_start, self.line_offset));
            self.apart = false;
        }
        let bytes = std::mem::take(&mut self.line);
        match self.encoding {
            Encoding::Utf8 => self.decode(&bytes),
            Encoding::Utf16Le => self.decode_utf16(&bytes, u16::from_le_bytes),
            Encoding::Utf16Be => self.decode_utf16(&bytes, u16::from_be_bytes),
        }
        if cut && whole && !self.text[text_start..].ends_with('\n') {
            self.text.push('\n');
        }
        self.apart = (self.text.len() - text_start) as u64 != length_bytes;
        self.line = bytes;
        self.line.clear();
        self.line_offset = self.offset;
    }

    fn decode(&mut self, bytes: &[u8]) {
        let start = self.text.len();
        match std::str::from_utf8(bytes) {
            Ok(line) => self.text.push_str(line),
            Err(_) if is_windows_1252(bytes) => {
                self.mended.windows_1252_lines += 1;
                let (line, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes);
                self.text.push_str(&line);
            }
            Err(_) => {
                self.mended.replaced_lines += 1;
                self.text.push_str(&String::from_utf8_lossy(bytes));
            }
        }
        self.replace_nuls(start);
    }

    fn decode_utf16(&mut self, bytes: &[u8], unit: fn([u8; 2]) -> u16) {
        let start = self.text.len();
        let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
        let mut replaced = bytes.len() % 2 == 1;
        for c in char::decode_utf16(units) {
            replaced |= c.is_err();
            self.text.push(c.unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        self.mended.replaced_lines += u64::from(replaced);
        self.replace_nuls(start);
    }

    fn replace_nuls(&mut self, start: usize) {
        let nuls = memchr::memchr_iter(0, &self.text.as_bytes()[start..]).count();
        if nuls > 0 {
            self.mended.nuls += nuls as u64;
            let line = self.text[start..].replace('\0', "\u{fffd}");
            self.text.truncate(start);
            self.text.push_str(&line);
        }
    }

    /// How much text there is so far, bytes.
    pub fn text_bytes(&self) -> usize {
        self.text.len()
    }

    /// Whether a line without its end is waiting.
    pub fn has_open_line(&self) -> bool {
        self.offset > self.line_offset
    }

    /// The text so far. `with_open_line`: with the last line, though it has no end; a character of it
    /// that isn't whole stays out.
    pub fn finish(mut self, with_open_line: bool) -> Text {
        if with_open_line && self.has_open_line() {
            if self.encoding == Encoding::Utf8 && self.line.len() < LINE_BYTES_MAX {
                let cut = incomplete_end(&self.line);
                self.line.truncate(self.line.len() - cut);
                self.offset -= cut as u64;
            }
            self.end_line(false);
        }
        Text {
            utf8: self.text,
            start: self.start,
            end_offset: self.line_offset,
            shifts: self.shifts,
            mended: self.mended,
        }
    }
}

/// How many bytes at the end are the beginning of a UTF-8 character.
fn incomplete_end(bytes: &[u8]) -> usize {
    for back in 1..=bytes.len().min(3) {
        let byte = bytes[bytes.len() - back];
        let length = match byte {
            0xc2..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xf4 => 4,
            0x80..=0xbf => continue,
            _ => return 0,
        };
        return if length > back { back } else { 0 };
    }
    0
}

/// Whether windows-1252 explains a line that is no UTF-8: it defines all its bytes, and no two of them look
/// like a UTF-8 character, which would make the line a damaged one instead.
fn is_windows_1252(bytes: &[u8]) -> bool {
    if bytes.iter().any(|b| matches!(b, 0x81 | 0x8d | 0x8f | 0x90 | 0x9d)) {
        return false;
    }
    bytes.utf8_chunks().all(|chunk| chunk.valid().is_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(encoding: Encoding, blocks: &[&[u8]]) -> Text {
        let mut buffer = LineBuffer::new(encoding, Position::START);
        blocks.iter().for_each(|block| buffer.push(block));
        buffer.finish(true)
    }

    #[test]
    fn each_line_is_decoded_by_itself() {
        let text = read(Encoding::Utf8, &[b"caf\xc3\xa9\ncaf\xe9 \x96 x\nbad \xc3\xa9\xff\nend"]);
        assert_eq!(text.utf8, "café\ncafé – x\nbad é\u{fffd}\nend");
        assert_eq!((text.mended.windows_1252_lines, text.mended.replaced_lines), (1, 1));
        let at = text.utf8.find("end").expect("the last line");
        assert_eq!(text.offset(at), 23);
    }

    #[test]
    fn utf_16_keeps_the_files_offsets() {
        let bytes: Vec<u8> = "aé\nb\u{1F600}\nc".encode_utf16().flat_map(u16::to_le_bytes).collect();
        for cut in 0..bytes.len() {
            let text = read(Encoding::Utf16Le, &[&bytes[..cut], &bytes[cut..]]);
            assert_eq!(text.utf8, "aé\nb\u{1F600}\nc", "cut at {cut}");
            assert_eq!(text.offset(text.utf8.find('c').expect("c")), 14);
        }
    }

    #[test]
    fn a_line_over_the_limit_is_cut_and_the_next_one_is_found() {
        let long = vec![b'x'; LINE_BYTES_MAX];
        let text = read(Encoding::Utf8, &[b"a\n", &long, &long, b"y\nz\n"]);
        assert_eq!(text.mended.cut_lines, 1);
        assert!(text.utf8.ends_with("x\nz\n"));
        assert_eq!(text.utf8.len(), 2 + LINE_BYTES_MAX + 1 + 2);
        assert_eq!(text.offset(text.utf8.len() - 2), 2 + 2 * LINE_BYTES_MAX as u64 + 2);
    }

    #[test]
    fn nuls_are_replaced_and_counted() {
        let text = read(Encoding::Utf8, &[b"a\0b\n", b"c\n"]);
        assert_eq!(text.utf8, "a\u{fffd}b\nc\n");
        assert_eq!(text.mended.nuls, 1);
        assert_eq!(text.offset(text.utf8.len() - 2), 4);
    }

    proptest! {
        #[test]
        fn it_does_not_matter_where_the_blocks_are_cut(
            lines in prop::collection::vec(prop_oneof![
                "[a-zé’]{0,8}".prop_map(String::into_bytes),
                prop::collection::vec(any::<u8>().prop_filter("one line", |b| *b != b'\n'), 0..8),
            ], 0..8),
            cuts in prop::collection::vec(0usize..80, 0..6),
        ) {
            let bytes = lines.join(&b'\n');
            let whole = read(Encoding::Utf8, &[&bytes]);
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let blocks: Vec<&[u8]> = cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
            let pieces = read(Encoding::Utf8, &blocks);
            prop_assert_eq!(&pieces.utf8, &whole.utf8);
            // Every line starts in the file where the file has it.
            let mut true_offset = 0;
            let mut at = 0;
            for line in &lines {
                prop_assert_eq!(whole.offset(at).min(whole.end_offset), (true_offset as u64).min(whole.end_offset));
                prop_assert_eq!(pieces.offset(at), whole.offset(at));
                true_offset += line.len() + 1;
                at = whole.utf8[at..].find('\n').map_or(whole.utf8.len(), |newline| at + newline + 1);
            }
        }
    }
}
