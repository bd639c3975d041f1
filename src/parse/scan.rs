//! What every line of every page is asked, as fast as it can be told: where it ends, what it is without the blanks
//! around it, and whether it has digits. Most lines of a live blog have none, and a time line always has some.

use wide::u8x16;

use crate::parse::blocks::{BLOCK_BYTES, mask};
use crate::parse::line_ends::LineEnds;

/// How a line ends in a table whose other columns are empty, as archives compare two versions of a page.
const EMPTY_COLUMNS: &str = " | |";

/// The lines of a text, as [`str::lines`] gives them.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = &str> {
    let ends = LineEnds::of(text);
    let last = (!text.is_empty() && !text.ends_with('\n')).then_some(text.len());
    ends.chain(last).scan(0, |from, end| {
        let line = &text[std::mem::replace(from, end + 1)..end];
        let is_ended = end < text.len();
        Some(line.strip_suffix('\r').filter(|_| is_ended).unwrap_or(line))
    })
}

/// Whether a character is seen by nobody: what is put together from exported pieces, or copied from a browser, has
/// marks of byte order, of direction and of where a word may be parted.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{feff}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2060}' | '\u{ad}')
}

/// A line without the blanks around it, as [`str::trim`] gives it, and without what is invisible there; nor
/// a table's empty columns.
#[inline(always)]
pub(crate) fn trimmed(line: &str) -> &str {
    // Nearly no line has any, and most begin and end in ASCII or in a quote.
    let bytes = line.as_bytes();
    let opens_bare =
        bytes.first().is_some_and(u8::is_ascii_graphic) || bytes.first_chunk().is_some_and(is_quote);
    let is_end = |byte: &u8| byte.is_ascii_graphic() && *byte != b'|';
    match opens_bare && (bytes.last().is_some_and(is_end) || bytes.last_chunk().is_some_and(is_quote)) {
        true => line,
        false => without_columns(without_blanks(line)),
    }
}

/// Whether three bytes are a typographic quote.
#[inline]
pub(crate) fn is_quote(bytes: &[u8; 3]) -> bool {
    matches!(bytes, [0xe2, 0x80, 0x98..=0x9d])
}

fn without_blanks(line: &str) -> &str {
    let is_bare = |end: Option<char>| end.is_some_and(|end| !end.is_whitespace() && !is_invisible(end));
    match is_bare(line.chars().next()) && is_bare(line.chars().next_back()) {
        true => line,
        false => line.trim_matches(|c: char| c.is_whitespace() || is_invisible(c)),
    }
}

/// A row of a table without its empty columns.
fn without_columns(row: &str) -> &str {
    row.strip_suffix(EMPTY_COLUMNS).map_or(row, without_blanks)
}

/// Where words were glued together: the indexes of the capitals behind a small letter.
pub(crate) fn seams(text: &str) -> impl Iterator<Item = usize> {
    let pairs = text.chars().zip(text.char_indices().skip(1));
    pairs
        .filter(|(before, (_, after))| before.is_lowercase() && after.is_uppercase())
        .map(|(_, (at, _))| at)
}

/// Whether a text has an ASCII digit.
pub(crate) fn has_digit(text: &str) -> bool {
    DigitRuns::of(text).next(0).is_some()
}

/// Where runs of ASCII digits begin in a text, asked for from its beginning on: each block is looked at once.
pub(crate) struct DigitRuns<'a> {
    bytes: &'a [u8],
    /// Where the block starts that was looked at.
    block: usize,
    /// Which of its bytes begin one, a bit each.
    begins: u64,
}

impl<'a> DigitRuns<'a> {
    pub(crate) fn of(text: &'a str) -> DigitRuns<'a> {
        let mut runs = DigitRuns { bytes: text.as_bytes(), block: 0, begins: 0 };
        runs.look(0);
        runs
    }

    /// The first run that begins at or behind `from`. What lies before the block of one that was given isn't found again.
    pub(crate) fn next(&mut self, from: usize) -> Option<usize> {
        loop {
            let passed = from.saturating_sub(self.block);
            let begins = if passed < BLOCK_BYTES {
                self.begins >> passed << passed
            } else {
                0
            };
            if begins != 0 {
                return Some(self.block + begins.trailing_zeros() as usize);
            }
            let next = (self.block + BLOCK_BYTES).max(from - from % BLOCK_BYTES);
            if next >= self.bytes.len() {
                return None;
            }
            self.look(next);
        }
    }

    fn look(&mut self, block: usize) {
        let is_digit = |bytes: u8x16| {
            let above_zero = bytes - u8x16::splat(b'0');
            above_zero.min(u8x16::splat(9)).simd_eq(above_zero)
        };
        let digits = mask(&self.bytes[block..], is_digit);
        let goes_on = block > 0 && self.bytes[block - 1].is_ascii_digit();
        self.begins = digits & !(digits << 1 | u64::from(goes_on));
        self.block = block;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn lines_are_those_of_the_standard_library(text in "[a\r\n \u{a0}é]{0,12}") {
            proptest::prop_assert_eq!(lines(&text).collect::<Vec<_>>(), text.lines().collect::<Vec<_>>());
            proptest::prop_assert_eq!(trimmed(&text), text.trim());
            let marked = format!("\u{feff}{text} \u{200e}");
            proptest::prop_assert_eq!(trimmed(&marked), text.trim());
        }

        #[test]
        fn runs_of_digits_begin_where_a_search_byte_by_byte_finds_them(
            text in "([a-z/:é ]{0,70}[0-9]{0,3}|[0-9]{60,70}){0,4}", steps in proptest::collection::vec(0usize..90, 0..6)
        ) {
            let bytes = text.as_bytes();
            let begins = |at: &usize| bytes[*at].is_ascii_digit() && (*at == 0 || !bytes[at - 1].is_ascii_digit());
            let (mut runs, mut from) = (DigitRuns::of(&text), 0);
            for step in steps {
                from += step;
                proptest::prop_assert_eq!(runs.next(from), (from..bytes.len()).find(begins));
            }
            proptest::prop_assert_eq!(has_digit(&text), text.contains(|c: char| c.is_ascii_digit()));
        }
    }
}
