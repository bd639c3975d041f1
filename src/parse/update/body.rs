//! An update's body as it is put together, line by line, with what it holds: key points, quoted posts, links.

use std::ops::Range;
use std::sync::Arc;

use crate::model::update::Embed;
use crate::model::words::{Parts, Words, range_of};
use crate::parse::roles::{Role, Roles, note};
use crate::parse::update::{Line, Written};
use crate::parse::{caption, inline};

/// A body while it is put together.
pub(super) struct Body<'a> {
    text: &'a Arc<String>,
    /// How much text the update takes up, bytes: its body is not longer.
    written_bytes: usize,
    /// Where the body stands in the text, as long as it stands there as it is said: paragraph by paragraph, with
    /// nothing between them.
    standing: Range<usize>,
    /// The body, where it doesn't.
    own: String,
    /// Whether the update has an `@` or a `/`: without, it has neither a quoted post's signature nor a link.
    is_marked: bool,
    /// A mark stood alone: the next line is its item.
    item_follows: bool,
    /// The last line that was no item: it tells whether the items below it are key points.
    above: &'a str,
    pub(super) key_points: Vec<String>,
    pub(super) embeds: Vec<Embed>,
}

impl<'a> Body<'a> {
    pub(super) fn new(written: &Written<'a, '_>) -> Body<'a> {
        Body {
            text: written.text,
            written_bytes: written.own.len(),
            standing: 0..0,
            own: String::new(),
            is_marked: written.is_marked,
            item_follows: false,
            above: "",
            key_points: Vec::new(),
            embeds: Vec::new(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.standing.is_empty() && self.own.is_empty()
    }

    /// The body so far.
    pub(super) fn said(&self) -> &str {
        match self.own.is_empty() {
            true => &self.text[self.standing.clone()],
            false => &self.own,
        }
    }

    #[inline]
    pub(super) fn paragraph(&mut self, words: &str) {
        self.push("", words);
    }

    #[inline]
    fn push(&mut self, mark: &str, words: &str) {
        match self.goes_on(mark, words) {
            Some(range) => self.standing = range,
            None => self.push_own(mark, words),
        }
    }

    fn push_own(&mut self, mark: &str, words: &str) {
        if self.own.is_empty() {
            self.own.reserve(self.written_bytes);
            self.own.push_str(&self.text[self.standing.clone()]);
        }
        if !self.own.is_empty() {
            self.own.push('\n');
        }
        self.own.push_str(mark);
        self.own.push_str(words);
    }

    /// Where the body stands together with these words, if it stands in the text and they right below it.
    #[inline]
    fn goes_on(&self, mark: &str, words: &str) -> Option<Range<usize>> {
        if !self.own.is_empty() {
            return None;
        }
        let words = range_of(self.text, words)?;
        let start = words.start.checked_sub(mark.len())?;
        let bytes = self.text.as_bytes();
        // An empty mark isn't compared: the C library's comparison with an empty constant reads, masked, from an
        // address that isn't there, and that took a tenth of all parsing.
        if !mark.is_empty() && &bytes[start..words.start] != mark.as_bytes() {
            return None;
        }
        if self.standing.is_empty() {
            return Some(start..words.end);
        }
        let is_below = start == self.standing.end + 1 && bytes[self.standing.end] == b'\n';
        is_below.then_some(self.standing.start..words.end)
    }

    pub(super) fn line(&mut self, text: &'a str) -> Role {
        let item = if std::mem::take(&mut self.item_follows) {
            Some(text)
        } else {
            inline::item(text)
        };
        if let Some(item) = item {
            let item = inline::item(item).filter(|inner| !inner.is_empty()).unwrap_or(item);
            if item.is_empty() || item == "-" {
                self.item_follows = true;
                return Role::Item;
            }
            self.push("- ", item);
            if self.key_points.len() < inline::KEY_POINTS_MAX && inline::opens_key_points(self.above) {
                self.key_points.push(item.to_string());
            }
            return Role::Item;
        }
        self.above = text;
        if self.is_marked
            && let Some((before, mut embed)) = inline::signature(text)
            && self.embeds.len() < inline::EMBEDS_MAX
        {
            embed.text = if before.is_empty() {
                inline::post_text(self.said())
            } else {
                before
            }
            .to_string();
            self.embeds.push(embed);
        }
        self.paragraph(text);
        Role::Body
    }

    /// Takes the prose that the lines begin with, if only text can follow here; how many lines that was. A line that
    /// says what the one before it said isn't taken.
    pub(super) fn prose(
        &mut self,
        lines: &[Line<'a>],
        previous: &mut &'a str,
        roles: &mut Roles<'_>,
    ) -> usize {
        if self.is_empty() || self.item_follows || self.is_marked {
            return 0;
        }
        let mut taken = 0;
        for line in lines {
            if !line.is_prose || line.text == *previous || caption::is_told_by_its_end(line.text) {
                break;
            }
            self.paragraph(line.text);
            (*previous, self.above) = (line.text, line.text);
            note(roles, line.number, Role::Body, None);
            taken += 1;
        }
        taken
    }

    /// What its update says, with it.
    pub(super) fn words(&mut self, others: Parts<'_>) -> Words {
        match self.own.is_empty() {
            true => Words::of(self.text, Parts { body: self.said(), ..others }),
            false => Words::with_body(std::mem::take(&mut self.own), others),
        }
    }

    pub(super) fn links(&self) -> Box<[String]> {
        match self.is_marked {
            true => inline::links(self.said()).into(),
            false => Box::default(),
        }
    }
}
