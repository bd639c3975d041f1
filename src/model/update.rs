//! One update of a live blog as the parser found it: what it says, and when, as far as its text tells.

use crate::model::file::Position;
use crate::model::identity::text_hash;
use crate::model::time::{Moment, PartialDate};
use crate::model::words::Words;

/// One update, before its day is known.
///
/// An update with neither headline nor body is kept here (its picture was lost on extraction, or its
/// text is still to come) and never said.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Update {
    /// What it says: time as written, headline, byline, body.
    pub words: Words,
    /// What its time means, as far as the text tells.
    pub moment: Moment,
    /// The date heading that stands above it, if any. The stamp's own date is in `moment`.
    pub heading: Option<PartialDate>,
    /// Items of a `Key moments`-like list. They stand in `body` too.
    pub key_points: Box<[String]>,
    /// Quoted posts.
    pub embeds: Box<[Embed]>,
    /// URLs in the text.
    pub links: Box<[String]>,
    /// Where it starts in the file.
    pub start: Position,
    /// How many bytes of the file it takes up.
    pub length_bytes: u64,
}

impl Update {
    /// The headline, or without one the first line of the body: what the id is made of.
    /// Empty for an update that says nothing.
    pub fn opening(&self) -> &str {
        match self.words.headline() {
            Some(headline) => headline,
            None => self.words.body().lines().next().unwrap_or(""),
        }
    }

    /// A hash of what it says as it stands: [`text_hash`].
    pub fn text_hash(&self) -> u64 {
        text_hash(self.words.headline(), self.words.body())
    }

    /// Whether its stamp says its day.
    pub fn has_own_date(&self) -> bool {
        matches!(self.moment, Moment::Clock { date: Some(_), .. })
    }

    /// Whether it says nothing (yet).
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }
}

/// A quoted post.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Embed {
    /// Always `post`, so far.
    pub kind: &'static str,
    /// The author's name.
    pub author: String,
    /// The handle, with its `@`.
    pub handle: String,
    /// The date as written.
    pub date_text: String,
    /// What was posted.
    pub text: String,
}
