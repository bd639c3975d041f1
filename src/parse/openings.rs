//! How the words of a table begin, as a set that is asked before the table: prose leaves here.

/// How many letters there are, and the five low bits of a letter number it, whatever its case.
const LETTERS: usize = 32;

/// The first three letters of some words, whatever their case: for each first and second one which come third, a bit each.
pub(crate) struct Openings([[u32; LETTERS]; LETTERS]);

impl Openings {
    /// The openings of these words. A word that doesn't begin with three ASCII letters has none.
    pub(crate) const fn of(words: &[&str]) -> Openings {
        let mut openings = Openings([[0; LETTERS]; LETTERS]);
        let mut at = 0;
        while at < words.len() {
            openings = openings.and(words[at]);
            at += 1;
        }
        openings
    }

    /// The same, and that of one more word.
    pub(crate) const fn and(mut self, word: &str) -> Openings {
        if let Some([first, second, third]) = letters_of(word.as_bytes()) {
            self.0[first][second] |= 1 << third;
        }
        self
    }

    /// Whether a text begins as one of the words does; `None` if it doesn't begin with three ASCII letters.
    #[inline]
    pub(crate) fn has(&self, text: &str) -> Option<bool> {
        let [first, second, third] = letters_of(text.as_bytes())?;
        Some(self.0[first][second] >> third & 1 == 1)
    }
}

/// Whether a line starts with an opening, whatever its case.
pub(crate) fn starts_with(line: &str, opening: &str) -> bool {
    let head = line.as_bytes().get(..opening.len());
    head.is_some_and(|head| head.eq_ignore_ascii_case(opening.as_bytes()))
}

/// The numbers of the three letters that a text begins with.
#[inline]
const fn letters_of(text: &[u8]) -> Option<[usize; 3]> {
    let [first, second, third, ..] = *text else { return None };
    if !(first.is_ascii_alphabetic() & second.is_ascii_alphabetic() & third.is_ascii_alphabetic()) {
        return None;
    }
    Some([number_of(first), number_of(second), number_of(third)])
}

#[inline]
const fn number_of(letter: u8) -> usize {
    letter as usize % LETTERS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_begins_as_a_word_does_is_told_whatever_its_case() {
        const OPENINGS: Openings = Openings::of(&["ferry", "Zürich", "zoo", "le"]);
        for (text, expected) in [
            ("FERRY", Some(true)),
            ("fern", Some(true)),
            ("zoology", Some(true)),
            ("zone", Some(false)),
            ("Zürich", None),
            ("le 6", None),
            ("", None),
        ] {
            assert_eq!(OPENINGS.has(text), expected, "{text}");
        }
    }
}
