//! Turns the lines below one stamp into an update: headline, byline, body and what the body holds.
//!
//! It doesn't know where the update stands in its file.

use std::cell::LazyCell;
use std::ops::Range;
use std::sync::Arc;

use crate::model::file::Position;
use crate::model::update::Update;
use crate::model::words::Parts;
use crate::parse::dialect::{Headlines, Layout};
use crate::parse::document::HEADLINE_BYTES_MAX;
use crate::parse::prose::is_prose;
use crate::parse::roles::{Role, Roles, note};
use crate::parse::stamp::{FRAME, Found, Place, is_author, is_name};
use crate::parse::{boilerplate, bylines, caption, headlines, inline, scan};

mod around;
mod author;
mod body;

use around::{
    above, below, blank_follows, has_text, is_above_its_brackets, is_above_its_credit, is_caption_of_below,
    is_text, text_below, text_follows,
};
use author::{byline_above, is_kind_of_text, signed_name};
use body::Body;

/// A glued line shorter than this is a headline with an odd capital.
const GLUED_BYTES_MIN: usize = 100;
/// What a capital follows within a name: `McConnell`, `WhatsApp`.
const NAME_HEADS: &[&str] = &[" Mac", " Mc", " Tik", " Whats", " You", " e", " i"];
/// Where a glued headline may end at the earliest.
const GLUED_HEADLINE_BYTES_MIN: usize = 16;

/// A line below a stamp, trimmed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line<'a> {
    pub(crate) text: &'a str,
    pub(crate) start: usize,
    pub(crate) number: u64,
    /// [`is_prose`](crate::parse::prose::is_prose): then most questions are answered.
    pub(crate) is_prose: bool,
}

impl<'a> Line<'a> {
    /// A line as it is written.
    #[inline]
    pub(crate) fn of(written: &'a str, start: usize, number: u64) -> Line<'a> {
        let text = scan::trimmed(written);
        Line { text, start, number, is_prose: is_prose(text) }
    }
}

/// An update as it stands in its text.
pub(crate) struct Written<'a, 'l> {
    pub(crate) text: &'a Arc<String>,
    /// Where it stands, stamp and all.
    pub(crate) own: Range<usize>,
    /// Whether it has an `@` or a `/` anywhere.
    pub(crate) is_marked: bool,
    /// The lines below the stamp, or above it.
    pub(crate) lines: &'l [Line<'a>],
}

/// The update of a stamp and its lines; without its place.
pub(crate) fn compose(
    layout: &Layout,
    found: &Found<'_>,
    before: Option<&str>,
    written: Written<'_, '_>,
    roles: &mut Roles<'_>,
) -> Update {
    let lines = written.lines;
    // `PIER NEWS 06:10:`
    let has_title = found.place == Place::Opens && found.after.is_empty() && !found.before.is_empty();
    let mut headline = before.or(has_title.then_some(found.before));
    let mut byline = found.byline.filter(|name| !name.is_empty());
    let mut body = Body::new(&written);
    match layout.headlines {
        Headlines::Same if found.place == Place::Closes => {
            headline = (!found.before.is_empty()).then_some(found.before);
            if !found.after.is_empty() {
                body.paragraph(found.after);
            }
        }
        Headlines::Same if !found.after.is_empty() => {
            let text;
            (headline, text) = opening(found, layout.flat);
            if !text.is_empty() {
                body.paragraph(text);
            }
        }
        Headlines::Same => {}
        Headlines::None | Headlines::After | Headlines::Before => {
            match found.before {
                _ if has_title => {}
                "" => {}
                // `Crane down (5:13 p.m.): Text`
                title if headline.is_none() && found.place == Place::Opens => headline = Some(title),
                text => body.paragraph(text),
            }
            let is_category = found.label && layout.labels;
            let is_titled = layout.mixed && layout.headlines == Headlines::After;
            if is_titled && headlines::is_headline(found.after) && has_text(lines) {
                headline = Some(found.after);
            } else if !found.after.is_empty() && !is_category {
                body.paragraph(found.after);
            }
        }
    }
    let has_bylines = layout.byline_above || layout.byline_below;
    let is_spaced = || lines.first().is_some_and(|line| line.text.is_empty());
    let has_none = layout.mixed && !found.after.is_empty() || layout.touching && is_spaced();
    let mut wants_headline = layout.headlines == Headlines::After && !has_none;
    let mut caption = Caption::None;
    let mut previous = "";
    let last_text = LazyCell::new(|| (0..lines.len()).rev().find(|&at| is_text(lines, at)));
    let mut next = 0;
    loop {
        if !wants_headline && !found.epoch {
            next += body.prose(&lines[next..], &mut previous, roles);
        }
        let Some(line) = lines.get(next) else { break };
        let at = next;
        next += 1;
        let text = line.text;
        if text.is_empty() {
            if caption == Caption::ToBlank {
                caption = Caption::None;
            }
            continue;
        }
        if !line.is_prose && boilerplate::is_boilerplate(text) {
            note(roles, line.number, Role::Boilerplate, None);
            if caption::opens_caption(text) {
                caption = Caption::Line;
            }
            continue;
        }
        let sentence = text.ends_with('.') && headlines::is_long(text);
        if text == "·"
            && body.is_empty()
            && byline.is_none()
            && let Some(author) = (next..lines.len()).find(|&at| !lines[at].text.is_empty())
            && is_author(lines[author].text)
        {
            byline = Some(lines[author].text);
            next = author + 1;
            note(roles, lines[author].number, Role::Byline, Some("below the stamp's dot"));
            continue;
        }
        if wants_headline && inline::is_mark(text) {
            note(roles, line.number, Role::Item, Some("a mark alone"));
            continue;
        }
        if wants_headline && caption::is_length(text) {
            note(roles, line.number, Role::Caption, Some("how long a film is"));
            continue;
        }
        let is_signature = || written.is_marked && inline::signature(text).is_some();
        let is_at_byline = || match headline {
            None => layout.byline_above && body.is_empty(),
            Some(headline) => layout.byline_below && body.is_empty() && previous == headline,
        };
        if has_bylines
            && is_at_byline()
            && byline.is_none()
            && bylines::is_byline(text)
            && below(lines, at).is_some()
        {
            byline = Some(text);
            note(roles, line.number, Role::Byline, Some("one of the page's authors"));
            continue;
        }
        if wants_headline && byline.is_none() && headlines::is_author_above(text, below(lines, at)) {
            byline = inline::byline(text).or(Some(text));
            note(roles, line.number, Role::Byline, Some("above the headline"));
            continue;
        }
        if wants_headline
            && byline.is_some_and(|byline| byline == above(lines, at))
            && inline::is_occupation(text)
        {
            note(roles, line.number, Role::Byline, Some("what the author is"));
            continue;
        }
        if wants_headline
            && text.len() <= HEADLINE_BYTES_MAX
            && (!(sentence || headlines::is_paragraph(text))
                || below(lines, at).is_some_and(|next| inline::byline(next).is_some()))
            && (!headlines::is_text_alone(text) || text_below(lines, at))
            && !is_signature()
            && !(written.is_marked && headlines::is_of_a_post(text, below(lines, at)))
            && !below(lines, at).is_some_and(|next| caption::is_owner(text, next))
        {
            wants_headline = false;
            headline = Some(without_marks(text));
            previous = text;
            note(roles, line.number, Role::Headline, None);
            continue;
        }
        wants_headline = false;
        if found.epoch
            && byline.is_none()
            && (body.is_empty() || below(lines, at).is_none())
            && let Some(name) = signed_name(text)
        {
            byline = Some(name);
            note(roles, line.number, Role::Byline, None);
            continue;
        }
        if body.is_empty() && byline.is_none() && found.comma && is_author(text) && below(lines, at).is_some()
        {
            byline = Some(text);
            note(roles, line.number, Role::Byline, Some("below the stamp's comma"));
            continue;
        }
        if body.is_empty() {
            if is_kind_of_text(lines, at) {
                note(roles, line.number, Role::Byline, Some("what its author wrote"));
                continue;
            }
            if let Some(name) = byline_above(lines, at, headline.is_some())
                && byline.is_none_or(|known| known == name)
            {
                byline = Some(name);
                note(roles, line.number, Role::Byline, None);
                continue;
            }
            if byline.is_some() && inline::is_occupation(text) && is_name(above(lines, at)) {
                note(roles, line.number, Role::Byline, Some("what the author is"));
                continue;
            }
            if caption::is_player(text) && blank_follows(lines, at) {
                caption = Caption::ToBlank;
            }
            let is_caption = caption != Caption::None
                || caption::is_caption(text)
                || is_above_its_credit(lines, at)
                || is_above_its_brackets(lines, at)
                || headline.is_some() && (caption::is_credited(text) || is_caption_of_below(lines, at));
            if is_caption && text_follows(lines, at, *last_text) {
                note(roles, line.number, Role::Caption, Some("a caption above the text"));
                previous = caption::words_of(text);
                if caption == Caption::Line {
                    caption = Caption::None;
                }
                continue;
            }
        }
        if text == previous {
            note(roles, line.number, Role::Caption, Some("the line before, again"));
            continue;
        }
        if !body.is_empty()
            && byline.is_none()
            && let Some(name) = headlines::signature(text)
            && !(previous.starts_with(['“', '"', '«']) && previous.ends_with(['”', '"', '»']))
            && below(lines, at).is_none()
        {
            byline = Some(name);
            note(roles, line.number, Role::Byline, Some("below the text"));
            continue;
        }
        if !body.is_empty() && caption::is_told_by_its_end(text) {
            note(roles, line.number, Role::Caption, Some("a caption below the text"));
            previous = text;
            continue;
        }
        previous = text;
        note(roles, line.number, body.line(text), None);
    }
    let links = body.links();
    let words = body.words(Parts { time_text: Some(found.time_text), headline, byline, body: "" });
    Update {
        words,
        moment: found.moment.clone(),
        heading: None,
        key_points: body.key_points.into(),
        embeds: body.embeds.into(),
        links,
        start: Position::START,
        length_bytes: 0,
    }
}

/// A headline without the marks of Markdown around it: `### Ferry late`, `**Ferry late**`.
fn without_marks(headline: &str) -> &str {
    // Nearly none has any.
    if !headline.starts_with(['#', '*']) {
        return headline;
    }
    let bold = |text: &'_ str| text.strip_prefix("**").and_then(|text| text.strip_suffix("**")).map(str::len);
    let title =
        match headline.starts_with("## ") || headline.starts_with("### ") || headline.starts_with("#### ") {
            true => headline.trim_start_matches('#').trim_start(),
            false => headline,
        };
    match bold(title) {
        Some(length) if length > 0 => &title[2..2 + length],
        _ => title,
    }
}

/// What of the lines below is a picture's, whatever it says.
#[derive(PartialEq)]
enum Caption {
    None,
    /// The next line.
    Line,
    /// All up to a blank one.
    ToBlank,
}

/// Whether two neighbours are one update whose line a page repeats as its title.
pub(crate) fn same_update(above: &Update, below: &Update) -> bool {
    let (above, below) = (&above.words, &below.words);
    above.headline().is_some()
        && above.time_text() == below.time_text()
        && above.headline() == below.headline()
}

/// Minutes since midnight, to see which of two times is later.
pub(crate) fn minute_of_day((hour, minute): (i8, i8)) -> i32 {
    i32::from(hour) * 60 + i32::from(minute)
}

/// Headline and text of a stamp's own line, on a page where headlines stand there.
fn opening<'a>(found: &Found<'a>, flat: bool) -> (Option<&'a str>, &'a str) {
    let after = found.after;
    if let Some((headline, text)) = after.split_once(FRAME) {
        return (Some(headline.trim()), text.trim());
    }
    if let Some(at) = glued(found) {
        return (Some(&after[..at]), &after[at..]);
    }
    match flat && !headlines::is_title(after) || after.len() > HEADLINE_BYTES_MAX {
        true => (None, after),
        false => (Some(after), ""),
    }
}

/// Whether a body begins at `at` with an acronym, `the outer portUN envoys`: two small letters stand before it, which no name
/// has there, and a blank behind it.
fn opens_with_acronym(text: &str, at: usize) -> bool {
    let (before, rest) = text.split_at(at);
    let capitals = rest.bytes().take_while(u8::is_ascii_uppercase).count();
    capitals >= 2 && rest[capitals..].starts_with(' ') && before.chars().rev().take(2).all(char::is_lowercase)
}

/// Where a headline and a body that were glued together (`oc 31Two years`) come apart.
pub(crate) fn glued(found: &Found<'_>) -> Option<usize> {
    let text = found.after;
    if text.len() < GLUED_BYTES_MIN && !found.glued {
        return None;
    }
    let mut before = ' ';
    let mut quoted = text.starts_with(['\'', '‘']);
    for (at, c) in text.char_indices().take(headlines::HEADLINE_CHARS) {
        // A quote that closes stands behind a letter.
        let quote =
            matches!(before, '\'' | '’') && found.glued && !text[..at - before.len_utf8()].ends_with(' ');
        let closes = before.is_lowercase()
            || before.is_ascii_digit()
            || matches!(before, '”' | '!' | '?')
            || before == '"' && !text[..at - 1].ends_with(' ')
            || quote && quoted;
        let seam = matches!(c, '“' | '‘')
            && (matches!(before, '’' | '”' | '\'' | '"') || found.glued && before.is_lowercase());
        let next_is_lower = text[at + c.len_utf8()..].starts_with(|c: char| c.is_lowercase() || c == ' ');
        let asks = matches!(before, '?' | '!');
        let opens = || next_is_lower || opens_with_acronym(text, at);
        if at >= GLUED_HEADLINE_BYTES_MIN
            && (seam || closes && c.is_uppercase() && (asks || opens()))
            && !NAME_HEADS.iter().any(|head| text[..at].ends_with(head))
        {
            return Some(at);
        }
        quoted |= before == ' ' && matches!(c, '\'' | '‘');
        before = c;
    }
    None
}
