//! What an update says, as stretches of the text it stands in.
//!
//! An update is mostly its body, and most bodies stand in the file just as they are said: taking them out of the
//! text would cost a copy and an allocation for each. The words keep their whole text; it lives as long as its page.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::model::prefetch::{prefetch, prefetch_all};

/// The words of an update, all of one text.
///
/// A page has thousands of them, and each is looked at several times: they are as small as they can be, and share their
/// text once.
#[derive(Clone)]
pub struct Words {
    text: Arc<String>,
    time_text: Span,
    headline: Span,
    byline: Span,
    body: Span,
}

/// What the words of an update are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Parts<'a> {
    /// The time as written: `02:20 PM GMT`.
    pub time_text: Option<&'a str>,
    /// The headline, where the blog has them.
    pub headline: Option<&'a str>,
    /// Who wrote it, if it says.
    pub byline: Option<&'a str>,
    /// Paragraphs joined by `\n`; a list item starts with `- `.
    pub body: &'a str,
}

/// A stretch of whole characters, or [`Span::NONE`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    from: u32,
    /// [`END`]: the text's end.
    to: u32,
}

/// A body may be longer than a number of 32 bits tells.
const END: u32 = u32::MAX;

impl Span {
    const NONE: Span = Span { from: END, to: END };

    /// Where a part stands in a text, if it does. Nothing stands anywhere.
    fn of(text: &str, part: Option<&str>) -> Option<Span> {
        let Some(part) = part else { return Some(Span::NONE) };
        if part.is_empty() {
            return Some(Span { from: 0, to: 0 });
        }
        let range = range_of(text, part)?;
        let to = u32::try_from(range.end).ok().filter(|&to| to < END)?;
        Some(Span { from: range.start as u32, to })
    }

    fn in_text(self, text: &str) -> Option<&str> {
        match (self.from, self.to) {
            (END, _) => None,
            (from, END) => Some(&text[from as usize..]),
            (from, to) => Some(&text[from as usize..to as usize]),
        }
    }
}

impl Words {
    /// Words that stand in `text`, if all of them do; else a copy of them.
    pub fn of(text: &Arc<String>, parts: Parts<'_>) -> Words {
        Words::standing(text, parts).unwrap_or_else(|| Words::from(parts))
    }

    /// Words whose body is a text of its own: the others are put behind it, which copies what is short.
    pub fn with_body(mut body: String, others: Parts<'_>) -> Words {
        let others = [others.time_text, others.headline, others.byline];
        let length = body.len() + others.iter().flatten().map(|part| part.len()).sum::<usize>();
        if length >= END as usize {
            let [time_text, headline, byline] = others;
            return Words::from(Parts { time_text, headline, byline, body: &body });
        }
        let own = Span { from: 0, to: body.len() as u32 };
        let [time_text, headline, byline] = others.map(|part| push(&mut body, part));
        Words { time_text, headline, byline, body: own, text: Arc::new(body) }
    }

    fn standing(text: &Arc<String>, parts: Parts<'_>) -> Option<Words> {
        Some(Words {
            time_text: Span::of(text, parts.time_text)?,
            headline: Span::of(text, parts.headline)?,
            byline: Span::of(text, parts.byline)?,
            body: Span::of(text, Some(parts.body))?,
            text: Arc::clone(text),
        })
    }

    /// The time as written: `02:20 PM GMT`.
    pub fn time_text(&self) -> Option<&str> {
        self.time_text.in_text(&self.text)
    }

    /// The headline, where the blog has them.
    pub fn headline(&self) -> Option<&str> {
        self.headline.in_text(&self.text)
    }

    /// Who wrote it, if it says.
    pub fn byline(&self) -> Option<&str> {
        self.byline.in_text(&self.text)
    }

    /// Paragraphs joined by `\n`; a list item starts with `- `.
    pub fn body(&self) -> &str {
        self.body.in_text(&self.text).unwrap_or_default()
    }

    /// Whether they have neither headline nor body.
    pub fn is_empty(&self) -> bool {
        self.headline == Span::NONE && self.body.from == self.body.to
    }

    /// Asks for the headline ahead, which stands beside the time.
    pub fn prefetch_headline(&self) {
        prefetch(self.text.as_bytes(), self.headline.from as usize);
    }

    /// Asks for headline and body ahead, up to so many bytes.
    pub fn prefetch(&self, body_bytes_max: usize) {
        self.prefetch_headline();
        let (from, to) = (self.body.from as usize, (self.body.to as usize).min(self.text.len()));
        let to = to.min(from.saturating_add(body_bytes_max));
        prefetch_all(self.text.as_bytes().get(from..to).unwrap_or_default());
    }

    /// All of them.
    pub fn parts(&self) -> Parts<'_> {
        Parts {
            time_text: self.time_text(),
            headline: self.headline(),
            byline: self.byline(),
            body: self.body(),
        }
    }
}

/// Where `part`, which was sliced out of `whole`, stands in it. `None` if it wasn't.
pub fn range_of(whole: &str, part: &str) -> Option<Range<usize>> {
    let from = part.as_ptr().addr().checked_sub(whole.as_ptr().addr())?;
    let range = from..from + part.len();
    (range.end <= whole.len()).then_some(range)
}

/// Appends a part; where it stands then.
fn push(text: &mut String, part: Option<&str>) -> Span {
    let Some(part) = part else { return Span::NONE };
    let from = end(text);
    text.push_str(part);
    Span { from, to: end(text) }
}

fn end(text: &str) -> u32 {
    u32::try_from(text.len()).expect("a body that may be longer is the last")
}

impl From<Parts<'_>> for Words {
    /// A text of their own for words that stand in none together.
    fn from(parts: Parts<'_>) -> Words {
        let lines = [parts.time_text, parts.headline, parts.byline].into_iter().flatten();
        let mut text = String::with_capacity(lines.map(str::len).sum::<usize>() + parts.body.len());
        let (time_text, headline) = (push(&mut text, parts.time_text), push(&mut text, parts.headline));
        let byline = push(&mut text, parts.byline);
        let body = match parts.body.is_empty() {
            true => Span { from: 0, to: 0 },
            false => Span { from: end(&text), to: END },
        };
        text.push_str(parts.body);
        Words { time_text, headline, byline, body, text: Arc::new(text) }
    }
}

impl Default for Words {
    fn default() -> Words {
        Words::from(Parts::default())
    }
}

impl PartialEq for Words {
    fn eq(&self, other: &Words) -> bool {
        self.parts() == other.parts()
    }
}

impl fmt::Debug for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.parts(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_a_text_is_not_copied() {
        let text = Arc::new("14:15 GMT\nBrücke öffnet\n".to_string());
        let headline = &text[10..25];
        let words = Words::of(&text, Parts { headline: Some(headline), ..Parts::default() });
        assert_eq!(words.headline(), Some("Brücke öffnet"));
        assert_eq!(words.headline().map(str::as_ptr), Some(headline.as_ptr()));
        assert_eq!(range_of(&text, headline), Some(10..25));
        assert_eq!((words.time_text(), words.byline(), words.body()), (None, None, ""));
        assert!(!words.is_empty());
    }

    #[test]
    fn other_words_are() {
        let text = Arc::new("14:15 Bridge".to_string());
        let body = "One.\nTwo.".to_string();
        assert_eq!(range_of(&text, &body), None);
        let parts =
            Parts { time_text: Some(&text[..5]), headline: Some(&text[6..]), byline: Some(""), body: &body };
        let words = Words::of(&text, parts);
        assert_eq!(words.parts(), parts);
        assert_eq!(words, Words::from(parts));
        assert!(!words.is_empty());
        let words = Words::with_body(body.clone(), Parts { body: "", ..parts });
        assert_eq!(words.parts(), parts);
    }

    #[test]
    fn words_without_headline_and_body_are_empty() {
        let text = Arc::new("14:15 Bridge".to_string());
        let time = Parts { time_text: Some(&text[..5]), ..Parts::default() };
        let own = time.time_text.map(str::to_string);
        for parts in [
            time,
            Parts { time_text: own.as_deref(), ..time },
            Parts::default(),
        ] {
            assert!(Words::of(&text, parts).is_empty(), "{parts:?}");
            assert!(!Words::of(&text, Parts { headline: Some(""), ..parts }).is_empty());
            assert!(!Words::of(&text, Parts { body: "One.", ..parts }).is_empty());
        }
    }
}
