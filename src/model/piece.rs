//! Words that stand in a text, without a copy of them.
//!
//! An update is mostly its body, and most bodies stand in the file just as they are said: taking them out of the
//! text would cost a copy and an allocation for each. A piece keeps its whole text; it lives as long as its page.

use std::fmt;
use std::ops::{Deref, Range};
use std::sync::Arc;

/// A stretch of a text, or words of its own. Reads as a `str`.
///
/// A page has thousands of them, and each is looked at several times: it is as small as it can be.
#[derive(Clone)]
pub struct Piece {
    text: Arc<String>,
    /// Of whole characters.
    from: u32,
    /// [`ALL`]: the text's end.
    to: u32,
}

/// Longer texts than can be told are copied.
const ALL: u32 = u32::MAX;

impl Piece {
    /// A part of `text`, which stands in it as it is; else a copy.
    pub fn of(text: &Arc<String>, part: &str) -> Piece {
        let place = range_of(text, part).and_then(|range| {
            Some((u32::try_from(range.start).ok()?, u32::try_from(range.end).ok().filter(|&to| to < ALL)?))
        });
        match place {
            Some((from, to)) => Piece { text: Arc::clone(text), from, to },
            None => Piece::from(part),
        }
    }

    /// No words, of this text.
    pub fn none_of(text: &Arc<String>) -> Piece {
        Piece { text: Arc::clone(text), from: 0, to: 0 }
    }
}

/// Where `part`, which was sliced out of `whole`, stands in it. `None` if it wasn't.
pub fn range_of(whole: &str, part: &str) -> Option<Range<usize>> {
    let from = part.as_ptr().addr().checked_sub(whole.as_ptr().addr())?;
    let range = from..from + part.len();
    (range.end <= whole.len()).then_some(range)
}

impl Deref for Piece {
    type Target = str;

    fn deref(&self) -> &str {
        match self.to {
            ALL => &self.text,
            to => &self.text[self.from as usize..to as usize],
        }
    }
}

impl Default for Piece {
    fn default() -> Piece {
        Piece::from(String::new())
    }
}

impl From<String> for Piece {
    fn from(words: String) -> Piece {
        Piece { text: Arc::new(words), from: 0, to: ALL }
    }
}

impl From<&str> for Piece {
    fn from(words: &str) -> Piece {
        Piece::from(words.to_string())
    }
}

impl PartialEq for Piece {
    fn eq(&self, other: &Piece) -> bool {
        **self == **other
    }
}

impl Eq for Piece {}

impl PartialEq<&str> for Piece {
    fn eq(&self, other: &&str) -> bool {
        **self == **other
    }
}

impl fmt::Debug for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl fmt::Display for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_text_is_not_copied() {
        let text = Arc::new("14:15 GMT\nBrücke öffnet\n".to_string());
        let part = &text[10..25];
        let piece = Piece::of(&text, part);
        assert_eq!(piece, "Brücke öffnet");
        assert_eq!(piece.as_ptr(), part.as_ptr());
        assert_eq!(range_of(&text, part), Some(10..25));
    }

    #[test]
    fn other_words_are() {
        let text = Arc::new("a text".to_string());
        let other = "another, longer one".to_string();
        assert_eq!(range_of(&text, &other), None);
        assert_eq!(Piece::of(&text, &other), "another, longer one");
    }
}
