//! Who wrote an update, as a line between its headline and its text says, or one below it.
//!
//! It doesn't know the names that come again and again on a page; [`bylines`](crate::parse::bylines) does.

use memchr::memchr;

use crate::parse::stamp::{self, Place, is_name};
use crate::parse::update::Line;
use crate::parse::update::around::below;
use crate::parse::{inline, scan};

/// A name above what a person is, bytes.
const AUTHOR_BYTES_MAX: usize = 40;
/// And with what that person writes about.
const ROLE_BYTES_MAX: usize = 200;
/// What a person is takes so many words.
const OCCUPATION_WORDS_MAX: usize = 4;

/// The author that a line between headline and text names, by itself or by the line below it.
pub(super) fn byline_above<'a>(lines: &[Line<'a>], at: usize, has_headline: bool) -> Option<&'a str> {
    let text = lines[at].text;
    let is_opened = || ["By ", "From our ", "From CNN"].iter().any(|opening| text.starts_with(opening));
    let is_said = has_headline || is_opened() && below(lines, at).is_some();
    if is_said && let Some(name) = inline::byline(text) {
        return Some(name);
    }
    let is_one = text.len() <= AUTHOR_BYTES_MAX
        && is_name(text)
        && below(lines, at).is_some_and(inline::is_occupation);
    is_one
        .then_some(text)
        .or_else(|| name_with_occupation(text))
        .or_else(|| name_before_role(text).filter(|_| has_headline))
}

/// The name in front of what its bearer is, `Ana Bell: Reporter focusing on harbours`. `Storm Ada: our reporter waits` has none.
fn name_before_role(text: &str) -> Option<&str> {
    const FIELDS: &[&str] = &[" based in ", " covering ", " focusing on "];
    if text.len() > ROLE_BYTES_MAX || text.ends_with('.') {
        return None;
    }
    let colon = memchr(b':', text.as_bytes())?;
    let (name, role) = (&text[..colon], text[colon + 1..].strip_prefix(' ')?);
    let field = FIELDS.iter().find_map(|field| role.find(field));
    let occupation = &role[..field.unwrap_or(role.len())];
    let is_role = role.starts_with(char::is_uppercase)
        && occupation.split(' ').count() <= OCCUPATION_WORDS_MAX
        && inline::is_occupation(occupation);
    (is_name(name) && is_role).then_some(name)
}

/// Whether a line says of what kind a text is, and the one below it who wrote that: `Analysis`.
pub(super) fn is_kind_of_text(lines: &[Line<'_>], at: usize) -> bool {
    let is_kind = matches!(lines[at].text, "Analysis" | "At the scene");
    let next = || (at + 1..lines.len()).find(|&at| !lines[at].text.is_empty());
    is_kind && next().is_some_and(|next| byline_above(lines, next, true).is_some())
}

/// The name that what its bearer is was glued to: `Ana BellPolitical correspondent`.
fn name_with_occupation(text: &str) -> Option<&str> {
    if text.len() > 2 * AUTHOR_BYTES_MAX || !inline::is_occupation(text) {
        return None;
    }
    scan::seams(text).find_map(|at| {
        let (name, occupation) = text.split_at(at);
        (is_name(name) && inline::is_occupation(occupation)).then_some(name)
    })
}

/// The name in `Ana Bell21 March 2022 11:30`, which stands below the updates of pages whose stamps count seconds.
pub(super) fn signed_name(text: &str) -> Option<&str> {
    let (name, stamp) = text.split_at(text.find(|c: char| c.is_ascii_digit())?);
    let is_dated =
        stamp::find(stamp, &[]).is_some_and(|found| found.place == Place::Alone && found.date_first);
    Some(name.trim_end()).filter(|name| is_dated && is_name(name))
}
