//! How the words of a table begin, as a set that is asked before the table: prose leaves here.

/// How many openings of three letters there are.
const OPENINGS: usize = 26 * 26 * 26;

/// The first three letters of some words, a bit each, whatever their case.
pub(crate) struct Openings([u64; OPENINGS.div_ceil(64)]);

impl Openings {
    /// The openings of these words. A word that doesn't begin with three ASCII letters has none.
    pub(crate) const fn of(words: &[&str]) -> Openings {
        let mut openings = Openings([0; OPENINGS.div_ceil(64)]);
        let mut at = 0;
        while at < words.len() {
            openings = openings.and(words[at]);
            at += 1;
        }
        openings
    }

    /// The same, and that of one more word.
    pub(crate) const fn and(mut self, word: &str) -> Openings {
        if let Some(number) = number_of(word.as_bytes()) {
            self.0[number / 64] |= 1 << (number % 64);
        }
        self
    }

    /// Whether a text begins as one of the words does; `None` if it doesn't begin with three ASCII letters.
    pub(crate) fn has(&self, text: &str) -> Option<bool> {
        let number = number_of(text.as_bytes())?;
        Some(self.0[number / 64] & (1 << (number % 64)) != 0)
    }
}

/// Whether a line starts with an opening, whatever its case.
pub(crate) fn starts_with(line: &str, opening: &str) -> bool {
    let head = line.as_bytes().get(..opening.len());
    head.is_some_and(|head| head.eq_ignore_ascii_case(opening.as_bytes()))
}

const fn number_of(text: &[u8]) -> Option<usize> {
    let [first, second, third, ..] = *text else { return None };
    if !(first.is_ascii_alphabetic() && second.is_ascii_alphabetic() && third.is_ascii_alphabetic()) {
        return None;
    }
    Some((place(first) * 26 + place(second)) * 26 + place(third))
}

const fn place(letter: u8) -> usize {
    (letter.to_ascii_lowercase() - b'a') as usize
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
