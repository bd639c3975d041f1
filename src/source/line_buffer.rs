//! Turns blocks of a file's bytes into lines of valid UTF-8 with the way back to their offsets.
//!
//! It opens no file and knows no time. Wherever the blocks are cut, the text comes out the same.

use encoding_rs::{UTF_16BE, UTF_16LE, WINDOWS_1252};
use memchr::{memchr, memchr3, memrchr};

use crate::model::file::Position;
use crate::model::json;
use crate::model::text::Text;

/// Longest line that is kept, bytes of the file. The rest of a longer one is dropped and counted:
/// a paragraph of a live blog has some hundred bytes, and memory must stay bounded.
pub const LINE_BYTES_MAX: usize = 1 << 20;
/// Bytes worked on at once. Below [`LINE_BYTES_MAX`], so that no line inside one block can be too long; and few enough
/// that a block is still in the processor's cache when it is looked at again.
pub const BLOCK_BYTES: usize = 64 * 1024;
/// Bytes copied at once. More than 2,112 many C libraries copy with `rep movsb` (glibc's `rep_movsb_threshold`), which takes
/// AMD's Zen 3 ten times as long where source and target lie unluckily: with pages of 170 KB that was an eighth of `parse`.
const COPIED_BYTES: usize = 2 * 1024;

/// How a file's bytes are to be read; told by its mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, or what is not: then line by line windows-1252 or replacements.
    Utf8,
    /// UTF-16, little end first.
    Utf16Le,
    /// UTF-16, big end first.
    Utf16Be,
}

/// The encoding that a file's first bytes tell, and the length of the mark.
pub fn encoding_of(head: &[u8]) -> (Encoding, u64) {
    if head.starts_with(&[0xef, 0xbb, 0xbf]) {
        return (Encoding::Utf8, 3);
    }
    if head.starts_with(&[0xff, 0xfe]) {
        return (Encoding::Utf16Le, 2);
    }
    if head.starts_with(&[0xfe, 0xff]) {
        return (Encoding::Utf16Be, 2);
    }
    (Encoding::Utf8, 0)
}

/// Takes blocks, gives a [`Text`].
pub struct LineBuffer {
    encoding: Encoding,
    /// The finished lines.
    utf8: String,
    /// What goes with them: they come into it at the end. `text.end_offset` is where the unfinished one starts.
    text: Text,
    /// Bytes of the unfinished line, at most [`LINE_BYTES_MAX`].
    line: Vec<u8>,
    /// Bytes of the unfinished line that were dropped.
    dropped_bytes: u64,
    /// First byte of a UTF-16 unit whose second is in the next block.
    half: Option<u8>,
}

impl LineBuffer {
    /// A buffer for bytes that start at `start`, which is the start of a line.
    pub fn new(encoding: Encoding, start: Position, capacity_bytes: usize) -> LineBuffer {
        LineBuffer {
            encoding,
            utf8: String::with_capacity(capacity_bytes),
            text: Text { start, end_offset: start.offset, is_plain: true, ..Text::default() },
            line: Vec::new(),
            dropped_bytes: 0,
            half: None,
        }
    }

    /// How much text there is, bytes.
    pub fn len_bytes(&self) -> usize {
        self.utf8.len()
    }

    /// Takes the next bytes of the file.
    pub fn push(&mut self, bytes: &[u8]) {
        for block in bytes.chunks(BLOCK_BYTES) {
            match self.encoding {
                Encoding::Utf8 => self.push_utf8(block),
                Encoding::Utf16Le | Encoding::Utf16Be => self.push_utf16(block),
            }
        }
    }

    /// The text, and whether a last line without `\n` was met. It's in the text only if `with_last`.
    pub fn finish(mut self, with_last: bool) -> (Text, bool) {
        let unterminated = !self.line.is_empty() || self.half.is_some() || self.dropped_bytes > 0;
        if unterminated && with_last {
            if let Some(half) = self.half.take() {
                self.keep(&[half]);
            }
            self.end_line(0);
        }
        (Text { utf8: self.utf8.into(), ..self.text }, unterminated)
    }

    fn push_utf8(&mut self, block: &[u8]) {
        let mut rest = block;
        if !self.line.is_empty() || self.dropped_bytes > 0 {
            let Some(at) = memchr(b'\n', rest) else {
                return self.keep(rest);
            };
            self.keep(&rest[..at]);
            self.end_line(1);
            rest = &rest[at + 1..];
        }
        let whole = memrchr(b'\n', rest).map_or(0, |at| at + 1);
        let (lines, last) = rest.split_at(whole);
        match simdutf8::basic::from_utf8(lines) {
            Ok(lines) if !self.has_nul(lines) => {
                if !lines.is_empty() {
                    self.mark();
                    self.push_lines(lines);
                    self.text.end_offset += lines.len() as u64;
                }
            }
            Ok(_) | Err(_) => {
                for line in lines.split_inclusive(|&byte| byte == b'\n') {
                    self.keep(&line[..line.len() - 1]);
                    self.end_line(1);
                }
            }
        }
        self.keep(last);
    }

    fn push_lines(&mut self, lines: &str) {
        let mut rest = lines;
        while !rest.is_empty() {
            let (piece, behind) = rest.split_at(rest.floor_char_boundary(COPIED_BYTES));
            self.utf8.push_str(piece);
            rest = behind;
        }
    }

    /// Whether lines have a NUL; notes whether they have other controls. Nearly all have none, in one search.
    fn has_nul(&mut self, lines: &str) -> bool {
        let lines = lines.as_bytes();
        if memchr3(0, json::DEL, json::C1_LEAD, lines).is_none() {
            return false;
        }
        self.text.is_plain &= !json::has_more_controls(lines);
        memchr(0, lines).is_some()
    }

    fn push_utf16(&mut self, block: &[u8]) {
        let mut rest = block;
        if let (Some(half), Some(&second)) = (self.half, rest.first()) {
            self.half = None;
            self.push_unit([half, second]);
            rest = &rest[1..];
        }
        let (units, odd) = rest.as_chunks::<2>();
        for &unit in units {
            self.push_unit(unit);
        }
        if let Some(&odd) = odd.first() {
            self.half = Some(odd);
        }
    }

    fn push_unit(&mut self, unit: [u8; 2]) {
        let newline = match self.encoding {
            Encoding::Utf16Le => [b'\n', 0],
            Encoding::Utf16Be | Encoding::Utf8 => [0, b'\n'],
        };
        if unit == newline {
            self.end_line(2);
        } else {
            self.keep(&unit);
        }
    }

    /// Adds to the unfinished line, up to its limit.
    fn keep(&mut self, bytes: &[u8]) {
        let room = (LINE_BYTES_MAX - self.line.len()).min(bytes.len());
        self.line.extend_from_slice(&bytes[..room]);
        self.dropped_bytes += (bytes.len() - room) as u64;
    }

    /// The unfinished line is finished, by an end of `end_bytes` (0 at the end of the file).
    fn end_line(&mut self, end_bytes: u64) {
        self.mark();
        let mut line = std::mem::take(&mut self.line);
        let length_bytes = line.len() as u64 + self.dropped_bytes + end_bytes;
        if self.dropped_bytes > 0 {
            self.dropped_bytes = 0;
            self.text.mended.cut_lines += 1;
            self.cut_at_character(&mut line);
        }
        let decoded_from = self.utf8.len();
        match self.encoding {
            Encoding::Utf8 => self.decode_utf8(&line),
            Encoding::Utf16Le | Encoding::Utf16Be => self.decode_utf16(&line),
        }
        let decoded = &self.utf8.as_bytes()[decoded_from..];
        self.text.is_plain &= !json::has_more_controls(decoded);
        if memchr(0, decoded).is_some() {
            let mended = self.utf8[decoded_from..].replace('\0', "\u{fffd}");
            self.text.mended.nuls +=
                memchr::memchr_iter(0, &self.utf8.as_bytes()[decoded_from..]).count() as u64;
            self.utf8.truncate(decoded_from);
            self.utf8.push_str(&mended);
        }
        if end_bytes > 0 {
            self.utf8.push('\n');
        }
        self.text.end_offset += length_bytes;
        line.clear();
        self.line = line;
    }

    fn decode_utf8(&mut self, line: &[u8]) {
        if let Ok(line) = simdutf8::basic::from_utf8(line) {
            return self.utf8.push_str(line);
        }
        // One valid sequence of several bytes is unlikely by chance: then the line is damaged UTF-8.
        let is_utf8 = line.utf8_chunks().any(|chunk| !chunk.valid().is_ascii());
        if !is_utf8 && !line.iter().any(|byte| matches!(byte, 0x81 | 0x8d | 0x8f | 0x90 | 0x9d)) {
            self.text.mended.windows_1252_lines += 1;
            let (decoded, _) = WINDOWS_1252.decode_without_bom_handling(line);
            return self.utf8.push_str(&decoded);
        }
        self.text.mended.replaced_lines += 1;
        self.utf8.push_str(&String::from_utf8_lossy(line));
    }

    fn decode_utf16(&mut self, line: &[u8]) {
        let encoding = match self.encoding {
            Encoding::Utf16Le => UTF_16LE,
            Encoding::Utf16Be | Encoding::Utf8 => UTF_16BE,
        };
        let (decoded, replaced) = encoding.decode_without_bom_handling(line);
        self.text.mended.replaced_lines += u64::from(replaced);
        self.utf8.push_str(&decoded);
    }

    /// Takes half a character off the end of a line that was cut.
    fn cut_at_character(&self, line: &mut Vec<u8>) {
        match self.encoding {
            Encoding::Utf8 => {
                let lead = (1..=3).find(|&back| line.len() >= back && line[line.len() - back] >= 0xc0);
                let Some(back) = lead else { return };
                let needs = match line[line.len() - back] {
                    0xf0.. => 4,
                    0xe0.. => 3,
                    _ => 2,
                };
                if back < needs {
                    line.truncate(line.len() - back);
                }
            }
            Encoding::Utf16Le | Encoding::Utf16Be => {
                let high = match (self.encoding, line.last_chunk::<2>()) {
                    (Encoding::Utf16Le, Some(unit)) => unit[1],
                    (Encoding::Utf16Be | Encoding::Utf8, Some(unit)) => unit[0],
                    (_, None) => return,
                };
                if (0xd8..0xdc).contains(&high) {
                    line.truncate(line.len() - 2);
                }
            }
        }
    }

    /// Notes where the line that now starts stands in the file, if that isn't where it would be.
    fn mark(&mut self) {
        let at = self.utf8.len();
        let (from, offset) = self.text.shifts.last().copied().unwrap_or((0, self.text.start.offset));
        if offset + (at - from) as u64 != self.text.end_offset {
            self.text.shifts.push((at, self.text.end_offset));
        }
    }
}

/// The rest of `text` from the line that starts at `from` on; empty if that isn't in it.
pub fn text_from(text: &Text, from: Position) -> Text {
    let segment = text.shifts.partition_point(|&(_, offset)| offset <= from.offset);
    let (at, offset) = match segment {
        0 => (0, text.start.offset),
        n => text.shifts[n - 1],
    };
    let index = at + from.offset.saturating_sub(offset) as usize;
    let utf8 = text.utf8.get(index..).unwrap_or_default();
    Text {
        utf8: utf8.to_owned().into(),
        start: from,
        end_offset: text.end_offset,
        shifts: text.shifts[segment..].iter().map(|&(at, offset)| (at - index, offset)).collect(),
        mended: Default::default(),
        is_plain: text.is_plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decode(encoding: Encoding, bytes: &[u8], cuts: usize) -> (Text, bool) {
        let mut buffer = LineBuffer::new(encoding, Position::START, 0);
        for block in bytes.chunks(cuts.max(1)) {
            buffer.push(block);
        }
        buffer.finish(true)
    }

    #[test]
    fn a_line_that_is_no_utf8_is_windows_1252_if_that_explains_it() {
        let (text, _) = decode(Encoding::Utf8, b"caf\xe9\nd\xc3\xa9j\xe0\nok\n\x81\n", 99);
        assert_eq!(*text.utf8, "café\ndéj\u{fffd}\nok\n\u{fffd}\n");
        assert_eq!((text.mended.windows_1252_lines, text.mended.replaced_lines), (1, 2));
        assert_eq!(text.offset(text.utf8.find("ok").unwrap()), 11);
    }

    #[test]
    fn utf_16_keeps_its_offsets() {
        let bytes: Vec<u8> = "aé\nb\u{1f600}\nc".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let (text, unterminated) = decode(Encoding::Utf16Le, &bytes, 3);
        assert_eq!(*text.utf8, "aé\nb\u{1f600}\nc");
        assert!(unterminated);
        assert_eq!(text.offset(text.utf8.find('b').unwrap()), 6);
        assert_eq!(text.offset(text.utf8.find('c').unwrap()), 14);
    }

    #[test]
    fn a_line_too_long_is_cut_at_a_character_and_the_next_keeps_its_offset() {
        let long = format!("x{}\nnext\n", "é".repeat(LINE_BYTES_MAX));
        let (text, _) = decode(Encoding::Utf8, long.as_bytes(), 70_001);
        assert_eq!(text.mended.cut_lines, 1);
        assert_eq!(text.mended.replaced_lines, 0);
        let next = text.utf8.find("next").unwrap();
        assert_eq!(next, LINE_BYTES_MAX - 1 + 1);
        assert_eq!(text.offset(next), long.find("next").unwrap() as u64);
    }

    #[test]
    fn a_text_with_what_a_terminal_obeys_is_not_plain() {
        for text in ["14:20\n£5 – café\u{a0}é\u{fffd}\n", "", "one line"] {
            assert!(decode(Encoding::Utf8, text.as_bytes(), 99).0.is_plain, "{text:?}");
        }
        for text in [
            "a\u{7f}b\n",
            "£ \u{80}",
            "\u{9b}31m\n",
            "é\u{85}\nnext\n",
            "\0\u{9f}\n",
        ] {
            for cuts in [1, 2, 99] {
                assert!(!decode(Encoding::Utf8, text.as_bytes(), cuts).0.is_plain, "{text:?}");
                let utf_16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
                assert!(!decode(Encoding::Utf16Le, &utf_16, cuts).0.is_plain, "{text:?}");
            }
        }
        // What is no UTF-8 is read line by line.
        assert!(decode(Encoding::Utf8, b"caf\xe9\n\x80\n", 99).0.is_plain);
        assert!(!decode(Encoding::Utf8, b"caf\xe9\n\x7f\n", 99).0.is_plain);
    }

    #[test]
    fn an_unfinished_line_is_left_out_unless_asked_for() {
        let mut buffer = LineBuffer::new(Encoding::Utf8, Position::START, 0);
        buffer.push("done\nhalf an \u{e9}".as_bytes().split_last().unwrap().1);
        let (text, unterminated) = buffer.finish(false);
        assert_eq!((text.utf8.as_str(), text.end_offset, unterminated), ("done\n", 5, true));
    }

    #[test]
    fn the_rest_from_a_line_keeps_its_offsets() {
        let (text, _) = decode(Encoding::Utf8, b"\xe9a\nb\n\xe9c\nd\n", 99);
        let rest = text_from(&text, Position { offset: 3, line: 2 });
        assert_eq!(*rest.utf8, "b\néc\nd\n");
        assert_eq!(rest.offset(rest.utf8.find('d').unwrap()), 8);
    }

    proptest! {
        #[test]
        fn cut_anywhere_the_text_is_the_same(
            lines in prop::collection::vec(prop_oneof![
                "[a-zé€😀\r]{0,9}".prop_map(String::into_bytes),
                prop::collection::vec(any::<u8>(), 0..8),
            ], 0..12),
            cuts in 1usize..9,
            encoding in prop_oneof![Just(Encoding::Utf8), Just(Encoding::Utf16Le), Just(Encoding::Utf16Be)],
        ) {
            let bytes = lines.join(&b'\n');
            let whole = decode(encoding, &bytes, usize::MAX);
            prop_assert_eq!(&decode(encoding, &bytes, cuts), &whole);
            prop_assert_eq!(whole.0.end_offset, bytes.len() as u64);
            if encoding == Encoding::Utf8 {
                let starts = |bytes: &[u8]| -> Vec<usize> {
                    std::iter::once(0).chain(memchr::memchr_iter(b'\n', bytes).map(|at| at + 1)).collect()
                };
                for (at, offset) in starts(whole.0.utf8.as_bytes()).into_iter().zip(starts(&bytes)) {
                    prop_assert_eq!(whole.0.offset(at), offset as u64);
                }
            }
        }
    }
}
