//! A stretch of a file as UTF-8 lines, with the way back from each line to its bytes in the file.

use std::sync::Arc;

use crate::model::file::Position;

/// The longest byte order mark, that of UTF-8.
const MARK_BYTES_MAX: u64 = 3;

/// Lines of a file as valid UTF-8. Made by the source wing, read by the parse wing.
///
/// A line ends with `\n` (a `\r` before it is still there: the parser trims it). Only the last
/// may lack its `\n`. Neither a byte order mark nor a NUL is in `utf8`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text {
    /// The lines. Shared, since the updates are pieces of it.
    pub utf8: Arc<String>,
    /// Where the first line starts in the file.
    pub start: Position,
    /// File offset just behind the last line.
    pub end_offset: u64,
    /// Where `utf8` and the file run apart: (index in `utf8`, file offset), ascending, each at the
    /// start of a line. From one entry to the next both advance alike. Empty for plain UTF-8.
    pub shifts: Vec<(usize, u64)>,
    /// What had to be mended.
    pub mended: Mended,
    /// Whether it is known to have no character that [`json::has_more_controls`] looks for, so that none of its events
    /// has.
    ///
    /// [`json::has_more_controls`]: crate::model::json::has_more_controls
    pub is_plain: bool,
}

/// How much of a text was not as it should be. Each is counted; none stops the reading.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mended {
    /// Lines that were read as windows-1252, since they weren't UTF-8.
    pub windows_1252_lines: u64,
    /// Lines with bytes that no encoding explains, replaced by U+FFFD.
    pub replaced_lines: u64,
    /// NULs replaced by U+FFFD.
    pub nuls: u64,
    /// Lines cut at `LINE_BYTES_MAX`.
    pub cut_lines: u64,
}

impl Mended {
    /// All of it.
    pub fn total(&self) -> u64 {
        self.windows_1252_lines + self.replaced_lines + self.nuls + self.cut_lines
    }
}

impl Text {
    /// A text that is the whole of a small UTF-8 file. For tests and `parse`.
    pub fn whole(utf8: impl Into<String>) -> Text {
        let utf8 = Arc::new(utf8.into());
        Text { end_offset: utf8.len() as u64, utf8, start: Position::START, ..Text::default() }
    }

    /// The file offset of the byte at `index` of `utf8` (at its end: [`Text::end_offset`]). Exact at the start of
    /// each line; inside a line that had to be mended it is only near, and never past the line's end.
    pub fn offset(&self, index: usize) -> u64 {
        if index >= self.utf8.len() {
            return self.end_offset;
        }
        let later = self.shifts.partition_point(|&(at, _)| at <= index);
        let (at, offset) = match later {
            0 => (0, self.start.offset),
            n => self.shifts[n - 1],
        };
        let end = self.shifts.get(later).map_or(self.end_offset, |&(_, offset)| offset);
        (offset + (index - at) as u64).min(end)
    }

    /// Whether text and file have the same bytes, so that every offset in it is exact.
    pub fn is_as_written(&self) -> bool {
        let length_bytes = self.end_offset - self.start.offset;
        self.shifts.is_empty() && length_bytes == self.utf8.len() as u64 && self.mended.total() == 0
    }

    /// Whether it starts where its file does, but for a byte order mark.
    pub fn starts_file(&self) -> bool {
        self.start.offset <= MARK_BYTES_MAX && self.start.line <= 1
    }

    /// The part of it that begins at `start`, which is the start of one of its lines.
    pub fn since(&self, start: Position) -> Text {
        let shift = self.shifts.iter().rev().find(|&&(_, offset)| offset <= start.offset);
        let (at, offset) = shift.copied().unwrap_or((0, self.start.offset));
        let index = (at as u64 + start.offset.saturating_sub(offset)).min(self.utf8.len() as u64) as usize;
        let later = self.shifts.iter().filter(|&&(at, _)| at > index);
        Text {
            utf8: self.utf8.get(index..).unwrap_or("").to_string().into(),
            start,
            end_offset: self.end_offset,
            shifts: later.map(|&(at, offset)| (at - index, offset)).collect(),
            mended: Mended::default(),
            is_plain: self.is_plain,
        }
    }

    /// Whether the last line has its `\n` (an empty text has).
    pub fn ends_whole(&self) -> bool {
        self.utf8.is_empty() || self.utf8.ends_with('\n')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_follow_the_shifts() {
        let text = Text {
            utf8: "ab\nöd\nef".to_string().into(),
            start: Position { offset: 100, line: 7 },
            end_offset: 107,
            shifts: vec![(6 + 1, 105)],
            ..Text::default()
        };
        assert_eq!(text.offset(0), 100);
        assert_eq!(text.offset(3), 103);
        assert_eq!(text.offset(7), 105);
        assert_eq!(text.offset(8), 106);
        assert_eq!(text.offset(9), 107, "the end is the file's, not the text's");
    }
}
