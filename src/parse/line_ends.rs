//! Where the lines of a text end, found many at a time. A search for one end after the other begins anew with each line,
//! and guesses wrongly where each ends: that took twice as long, and was a tenth of all parsing.

use wide::u8x16;

use crate::parse::blocks::{BLOCK_BYTES, mask};

/// How many ends are found ahead: as many as a block may have, and some dozens of usual lines.
const ENDS: usize = 2 * BLOCK_BYTES;

/// The indexes of the `\n` of a text, ascending.
pub(crate) struct LineEnds<'a> {
    bytes: &'a [u8],
    /// How much of it has been looked at.
    seen: usize,
    ends: [usize; ENDS],
    /// Which of them are still to be given.
    next: usize,
    found: usize,
}

impl<'a> LineEnds<'a> {
    pub(crate) fn of(text: &'a str) -> LineEnds<'a> {
        LineEnds { bytes: text.as_bytes(), seen: 0, ends: [0; ENDS], next: 0, found: 0 }
    }

    fn look_ahead(&mut self) {
        (self.next, self.found) = (0, 0);
        while self.found <= ENDS - BLOCK_BYTES
            && let Some(rest) = self.bytes.get(self.seen..).filter(|rest| !rest.is_empty())
        {
            self.keep(mask(rest, |bytes| bytes.simd_eq(u8x16::splat(b'\n'))));
            self.seen += BLOCK_BYTES;
        }
    }

    /// Notes the ends of the next block, a bit each. Two are written without asking whether they are there: few blocks have
    /// more, and how many they have can't be foretold.
    fn keep(&mut self, mut ends: u64) {
        for _ in 0..2 {
            self.ends[self.found % ENDS] = self.seen + ends.trailing_zeros() as usize;
            self.found += usize::from(ends != 0);
            ends &= ends.wrapping_sub(1);
        }
        while ends != 0 {
            self.ends[self.found % ENDS] = self.seen + ends.trailing_zeros() as usize;
            self.found += 1;
            ends &= ends - 1;
        }
    }
}

impl Iterator for LineEnds<'_> {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        if self.next == self.found {
            self.look_ahead();
            if self.found == 0 {
                return None;
            }
        }
        let end = self.ends[self.next % ENDS];
        self.next += 1;
        Some(end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_found_wherever_they_stand() {
        let text = "line\n".repeat(3 * ENDS);
        for text in [
            "",
            "\n",
            "a",
            "a\nb",
            &"\n".repeat(3 * ENDS),
            &text,
            &"a".repeat(BLOCK_BYTES),
        ] {
            let expected: Vec<usize> = memchr::memchr_iter(b'\n', text.as_bytes()).collect();
            assert_eq!(LineEnds::of(text).collect::<Vec<_>>(), expected, "{text:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn ends_are_those_of_a_search(text in "(\n|a|\u{10a}|\n{60,70}|[a-z]{1,90}){0,80}") {
            let expected: Vec<usize> = memchr::memchr_iter(b'\n', text.as_bytes()).collect();
            proptest::prop_assert_eq!(LineEnds::of(&text).collect::<Vec<_>>(), expected);
        }
    }
}
