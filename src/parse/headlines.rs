//! Decides where a page's headlines stand, if it has them: each update has a vote.

use crate::parse::dialect::Headlines;
use crate::parse::hits::{Hit, is_by_machine};
use crate::parse::stamp::{self, FRAME, Found, Place, is_author, is_category, is_name};
use crate::parse::{boilerplate, caption, date, inline, update};

/// The longest headline seen has 161 characters.
pub(crate) const HEADLINE_CHARS: usize = 175;

/// A longer sentence is no headline, where others are, bytes.
const SENTENCE_BYTES_MAX: usize = 48;
/// Nor one that may be a headline by what stands below it, bytes.
const SHORT_SENTENCE_BYTES_MAX: usize = 64;
/// A headline of two sentences is shorter, bytes.
const PARAGRAPH_BYTES_MIN: usize = 100;

/// Where the headlines of a page stand whose stamps stand so.
pub(crate) fn headlines_of(place: Place, hits: &[Hit<'_>], lines: &[&str]) -> Headlines {
    match place {
        Place::Closes if hits.iter().filter(|hit| hit.found.below).count() * 2 > hits.len() => {
            above(hits, lines)
        }
        // `published at 17:23` on a line of its own, below its headline.
        Place::Closes if hits.iter().all(|hit| hit.found.mark && hit.found.before.is_empty()) => {
            if before(hits, lines) {
                Headlines::Before
            } else {
                Headlines::Same
            }
        }
        // The whole item stands before its date.
        Place::Closes if hits.iter().all(|hit| hit.found.joined) => Headlines::None,
        Place::Closes => Headlines::Same,
        Place::Match => Headlines::None,
        Place::Opens => opened(hits, lines),
        Place::Alone | Place::Relative => alone(hits, lines),
    }
}

/// What stands below a stamp, up to the next one.
pub(crate) fn block<'a, 'b>(
    hits: &[Hit<'_>],
    at: usize,
    lines: &'b [&'a str],
) -> impl Iterator<Item = &'a str> + use<'a, 'b> {
    let end = hits.get(at + 1).map_or(lines.len(), |next| next.line);
    let lines = &lines[hits[at].line + 1..end];
    // The clock's day may stand right below it.
    let first = lines.iter().position(|line| !line.is_empty());
    let own = first.filter(|&first| hits[at].found.stands_alone() && date::whole(lines[first]).is_some());
    lines[own.map_or(0, |own| own + 1)..]
        .iter()
        .copied()
        .filter(|line| !boilerplate::is_boilerplate(line) && !caption::is_caption(line))
}

/// Whether a line doesn't end as a sentence does: in a full stop.
pub(crate) fn is_open_ended(line: &str) -> bool {
    let bare = line.trim_end_matches(['”', '"', '’', '\'', ')']);
    !bare.ends_with(['.', '。']) || bare.ends_with("..") || bare.ends_with(". .")
}

/// The same, where the last word may be short for another: `Pier shut until 8 p.m.`
pub(crate) fn ends_as_title(line: &str) -> bool {
    const SHORTENED: &[&str] = &[" a.m.", " p.m.", " Jr.", " Sr.", " Inc.", " Co.", " Corp."];
    is_open_ended(line) || SHORTENED.iter().any(|word| line.ends_with(word))
}

/// Whether a line is longer than headlines are.
pub(crate) fn is_long(line: &str) -> bool {
    line.len() > HEADLINE_CHARS && line.chars().count() > HEADLINE_CHARS
}

/// Whether a line is short and open-ended, as headlines are.
pub(crate) fn is_title(line: &str) -> bool {
    ends_as_title(line) && line.len() <= HEADLINE_CHARS * 4 && line.chars().count() <= HEADLINE_CHARS
}

/// Where the stamp stands below its update: whether most begin with a headline. What is above the first stamp has
/// the page's intro in it.
fn above(hits: &[Hit<'_>], lines: &[&str]) -> Headlines {
    let blocks = hits.windows(2).map(|pair| &lines[pair[0].line + 1..pair[1].line]);
    let text = |line: &&&str| !boilerplate::is_boilerplate(line) && !caption::is_caption(line);
    let (mut titles, mut others) = (0, 0);
    for block in blocks {
        let mut block = block.iter().filter(text);
        match (block.next(), block.next()) {
            (Some(first), Some(_)) if is_title(first) && !introduces(first) => titles += 1,
            // A headline alone, as in `alone`.
            (Some(first), None) if is_title(first) => {}
            (Some(_), _) => others += 1,
            (None, _) => {}
        }
    }
    // One update alone has nobody to ask: pages of this kind have headlines.
    match titles > others || titles + others == 0 {
        true => Headlines::After,
        false => Headlines::None,
    }
}

/// Whether a line leads to the next one: a salutation, `She said:`.
fn introduces(line: &str) -> bool {
    line.ends_with([',', ':', ';'])
}

/// Where they stand if the stamps stand alone on their lines.
pub(crate) fn alone(hits: &[Hit<'_>], lines: &[&str]) -> Headlines {
    if hits.iter().filter(|hit| hit.found.comma).count() * 2 > hits.len() {
        return Headlines::Before;
    }
    if has_categories(hits, lines) {
        return Headlines::None;
    }
    let (mut titles, mut others, mut bare, mut sentences) = (0, 0, 0, 0);
    // A machine's pages were never seen without headlines: a short sentence is one as well.
    let by_machine = is_by_machine(hits);
    if !by_machine && are_wrapped(hits, lines) {
        return Headlines::None;
    }
    for at in 0..hits.len() {
        let mut block = block(hits, at, lines).peekable();
        let Some(mut first) = block.next() else { continue };
        if is_author_above(first, block.peek().copied()) {
            // With what the author is, `Reporting from Avery`.
            block.next_if(|next| inline::is_occupation(next));
            let Some(text) = block.next() else { continue };
            first = text;
        }
        let more = block.next();
        // The block is without what is a caption.
        let mut below = lines[hits[at].line + 1..].iter().skip_while(|line| **line != first).skip(1);
        if is_of_a_picture(first, below.find(|line| !line.is_empty()).copied()) {
            continue;
        }
        if is_of_a_post(first, more) {
            others += 1;
            continue;
        }
        if more.is_some_and(|more| inline::byline(more).is_some()) && !introduces(first) {
            titles += 1;
            continue;
        }
        if at > 0 && at + 1 == hits.len() && titles + others == 1 && !(is_long(first) && more.is_some()) {
            // The last of two may be cut in its first line: it has no vote, unless no headline is that long.
            continue;
        }
        if !by_machine && more.is_none() && is_minute(first) {
            others += 1;
            continue;
        }
        let is_heading = match by_machine {
            true => is_open_ended(first) && !introduces(first) || first.len() <= SENTENCE_BYTES_MAX,
            false => is_title(first) && !introduces(first),
        };
        match (is_heading, more) {
            (true, Some(_)) => titles += 1,
            (true, None) => bare += 1,
            (false, Some(_)) if is_short_sentence(first) => sentences += 1,
            (false, _) => others += 1,
        }
    }
    // A short sentence above a longer text may be a headline where others are.
    match titles >= sentences {
        true => titles += sentences / 2,
        false => others += sentences,
    }
    // A title without a body is a headline whose picture was lost, or a caption: it has no vote.
    if titles > 0 && (by_machine || titles * 5 >= (titles + others) * 3) || titles + others == 0 && bare > 0 {
        return Headlines::After;
    }
    if before(hits, lines) {
        return Headlines::Before;
    }
    // A file that begins with a bare stamp has yet to show them; the commonest blogs have headlines.
    if titles + others == 0 {
        Headlines::After
    } else {
        Headlines::None
    }
}

/// Whether each update says by a blank line below its stamp that it has no headline: what stands right below the others is one,
/// with a blank line below that, and what stands below the blank ones is none.
pub(crate) fn are_touching(hits: &[Hit<'_>], lines: &[&str]) -> bool {
    let (mut touching, mut spaced) = (0, 0);
    for (at, hit) in hits.iter().enumerate() {
        let end = hits.get(at + 1).map_or(lines.len(), |next| next.line);
        let mut below = lines[hit.line + 1..end].iter().copied();
        let Some(first) = below.next() else { continue };
        if first.is_empty() {
            let Some(text) = below.find(|line| !boilerplate::is_boilerplate(line)) else { continue };
            match is_title(text) {
                false => spaced += 1,
                // The last one may be cut.
                true if at + 1 == hits.len() => {}
                true => return false,
            }
            continue;
        }
        if hit.found.comma
            || is_name(first)
            || !is_headline(first)
            || below.next() != Some("")
            || below.all(|line| line.is_empty())
        {
            return false;
        }
        touching += 1;
    }
    touching > 0 && spaced > 0
}

/// Whether what stands below most stamps goes on in its next line with a small letter: the page's lines were broken where they
/// were full, and the first is no headline.
fn are_wrapped(hits: &[Hit<'_>], lines: &[&str]) -> bool {
    let is_wrapped = |&at: &usize| {
        let end = hits.get(at + 1).map_or(lines.len(), |next| next.line);
        let block = &lines[hits[at].line + 1..end];
        let first = block.iter().position(|line| !boilerplate::is_boilerplate(line));
        let next = first.and_then(|first| block.get(first + 1));
        next.is_some_and(|next| next.starts_with(char::is_lowercase))
    };
    (0..hits.len()).filter(is_wrapped).count() * 2 > hits.len()
}

/// Whether a line right below a stamp says who wrote the update: `By Ann Bee`, or a name above what its bearer is.
pub(crate) fn is_author_above(line: &str, next: Option<&str>) -> bool {
    const OPENINGS: &[&str] = &["By ", "From our ", "From CNN's ", "From CNN’s ", "Posted by "];
    let may_open = matches!(line.as_bytes(), [b'B' | b'F' | b'P', ..]);
    may_open && OPENINGS.iter().any(|opening| line.starts_with(opening)) && inline::byline(line).is_some()
        || next.is_some_and(inline::is_occupation) && is_name(line)
}

/// Whether a line is a quoted post, or who wrote it: pages whose updates open with them have no headlines.
pub(crate) fn is_of_a_post(line: &str, next: Option<&str>) -> bool {
    const LINKS: &[&str] = &["pic.twitter.com/", "https://t.co/"];
    let last = line.rsplit_once(' ').map_or("", |(_, last)| last);
    LINKS.iter().any(|link| last.starts_with(link))
        || inline::is_post_author(line)
        || next.and_then(inline::signature).is_some_and(|(before, _)| before.is_empty())
}

/// Whether whose picture it is stands in brackets below a line that is no sentence: `The pier`, `(Jo Lu/PA)`.
pub(crate) fn is_of_a_picture(line: &str, next: Option<&str>) -> bool {
    next.is_some_and(|next| next.starts_with(['(', '[']) && is_open_ended(line) && caption::is_caption(next))
}

/// Whether a line is one sentence, no longer than headlines are.
fn is_short_sentence(line: &str) -> bool {
    line.len() <= SHORT_SENTENCE_BYTES_MAX && line.ends_with('.') && sentences(line) == 1
}

/// How many sentences a line is. What a number with a dot is, `1. Dezember`, goes on.
fn sentences(line: &str) -> usize {
    let ends =
        |bytes: &[u8]| matches!(bytes, [b'a'..=b'z', b'.', b' '] | [b'0'..=b'9', b'0'..=b'9', b'.', b' ']);
    let is_end = |bytes: &&[u8]| ends(&bytes[1..]) && !matches!(bytes, [b' ' | b'.' | b':', b'0'..=b'9', ..]);
    1 + line.as_bytes().windows(4).filter(is_end).count()
}

/// Whether a line is more than one sentence, and longer than what is a headline all the same, `It's over. The pier is shut.`
pub(crate) fn is_paragraph(line: &str) -> bool {
    line.len() >= PARAGRAPH_BYTES_MIN && line.ends_with('.') && sentences(line) > 1
}

/// Whether a line that is all an update says is text, on a page with headlines: more than one sentence, what led to a picture
/// that was lost, or what happened in a match's minute.
pub(crate) fn is_text_alone(line: &str) -> bool {
    line.ends_with(':') || line.ends_with('.') && (sentences(line) > 1 || is_minute(line))
}

/// Whether a line opens with a match's minute, `49th over: …`: without anything below, that is text.
fn is_minute(line: &str) -> bool {
    stamp::is_one(line, Place::Match)
}

/// Whether the page's time lines have categories behind their clocks, `15:05 Chat`: such pages were never seen with
/// headlines. One alone, neither in capitals nor known, may be a headline itself, and on the last line a zone that is
/// cut, `GM`.
fn has_categories(hits: &[Hit<'_>], lines: &[&str]) -> bool {
    let whole = hits.iter().filter(|hit| hit.line + 1 < lines.len()).map(|hit| &hit.found);
    let labels = whole.filter(|found| found.label && !found.after.is_empty());
    let is_known = |found: &Found<'_>| !found.after.contains(char::is_lowercase) || is_category(found.after);
    labels.clone().count() >= 2 || labels.clone().any(is_known)
}

/// Whether a line may be a headline, by what it says itself.
pub(crate) fn is_headline(line: &str) -> bool {
    is_title(line) && !introduces(line) && !is_of_a_body(line) && !boilerplate::is_boilerplate(line)
}

/// Whether a line is no headline, however short: an item, a caption, a byline, a quoted post's signature, a date.
fn is_of_a_body(line: &str) -> bool {
    inline::item(line).is_some()
        || inline::byline(line).is_some()
        || caption::is_caption(line)
        || inline::signature(line).is_some()
        || date::whole(line).is_some()
}

/// The name of who wrote an update and signs below it: `— Ann Bee`, `-- Ann Bee`.
#[inline]
pub(crate) fn signature(line: &str) -> Option<&str> {
    match line.as_bytes().first() {
        Some(0xe2 | b'-') => signed(line),
        _ => None,
    }
}

fn signed(line: &str) -> Option<&str> {
    let name = line.strip_prefix(['—', '―', '–']).or_else(|| line.strip_prefix("--"))?.trim();
    is_author(name).then_some(name)
}

/// Whether the line before nearly every stamp is a headline: short, open-ended, after a blank line, not repeated.
fn before(hits: &[Hit<'_>], lines: &[&str]) -> bool {
    let mut titles: Vec<&str> = Vec::new();
    let (mut set_off_count, mut between_count) = (0, 0);
    for (at, hit) in hits.iter().enumerate() {
        let from = if at == 0 { 0 } else { hits[at - 1].line + 1 };
        let mut above = &lines[from..hit.line];
        if at > 0 && is_between(&hits[at - 1], above) {
            between_count += 1;
            continue;
        }
        let last_of = |above: &[&str]| above.iter().rposition(|line| !boilerplate::is_boilerplate(line));
        let Some(mut last) = last_of(above) else { continue };
        if inline::byline(above[last]).is_some()
            && let Some(over) = last_of(&above[..last])
        {
            // Who wrote it stands between headline and stamp.
            (above, last) = (&above[..last], over);
        }
        let title = above[last];
        let over = last.checked_sub(1).map_or("", |over| above[over]);
        let set_off = boilerplate::is_boilerplate(over)
            || date::whole(over).is_some()
            || at == 0
            || !is_open_ended(over)
            || caption::is_caption(over)
            || signature(over).is_some();
        let marked = above[..last].iter().rfind(|line| !line.is_empty()).is_some_and(|line| *line == "-");
        if is_title(title)
            && !is_of_a_body(title)
            && !marked
            && !titles.contains(&title)
            && signature(title).is_none()
            && !stamp::is_one(title, Place::Alone)
        {
            titles.push(title);
            set_off_count += usize::from(set_off);
        }
    }
    // Two lines may be so by chance; a page with a stamp alone on its line seldom has headlines above.
    let Some(first) = hits.first() else { return false };
    let least = if first.found.place == Place::Alone && !are_set_off(hits, lines) {
        3
    } else {
        2
    };
    let asked = hits.len() - between_count;
    hits.len() >= least
        && titles.len() > between_count
        && titles.len() * 5 >= asked * 4
        && set_off_count * 5 >= asked * 3
}

/// Whether nothing but a headline can stand above a page's stamps though it has no more than two: blank lines around each, text
/// above it, which are sentences above the second, and sentences below the stamps.
fn are_set_off(hits: &[Hit<'_>], lines: &[&str]) -> bool {
    let is_set_off = |at: usize| {
        let from = if at == 0 { 0 } else { hits[at - 1].line + 1 };
        let mut above =
            lines[from..hits[at].line].iter().rev().copied().skip_while(|line| line.is_empty()).skip(1);
        let is_blank = above.next() == Some("");
        let over = above.find(|line| !line.is_empty());
        is_blank && over.is_some_and(|over| at == 0 || !is_open_ended(over))
    };
    // The last one may be cut.
    let is_text = |line: &str| !is_title(line) || line.len() >= PARAGRAPH_BYTES_MIN;
    let is_told = |at: usize| block(hits, at, lines).next().is_some_and(is_text);
    (0..hits.len()).all(|at| is_set_off(at) && is_told(at))
}

/// Whether one line is all that stands between two stamps, and touches both: it may be the text of the upper one or the
/// headline of the lower one, and has no vote.
fn is_between(above: &Hit<'_>, lines: &[&str]) -> bool {
    let is_alone =
        matches!(above.found.place, Place::Alone | Place::Relative) && above.found.after.is_empty();
    is_alone && lines.len() == 1 && !boilerplate::is_boilerplate(lines[0])
}

/// Whether the text behind a stamp may be a headline: it leads to nothing, and is one sentence.
fn is_heading(text: &str) -> bool {
    is_title(text) && !introduces(text) && sentences(text) == 1
}

fn opened(hits: &[Hit<'_>], lines: &[&str]) -> Headlines {
    // What was typed in haste, `1658: WICKET!`, never had any.
    if hits.iter().filter(|hit| hit.found.four_digits && !hit.found.has_zone()).count() * 2 > hits.len() {
        return Headlines::None;
    }
    let (mut titles, mut others) = (0, 0);
    // Where none ends as a sentence does, a stop in one parts what it is about from what is said: `Harbour. Pier to be shut`
    let is_parted = |hit: &Hit<'_>| {
        is_title(hit.found.after) && !introduces(hit.found.after) && sentences(hit.found.after) <= 2
    };
    let are_parted = hits.iter().all(is_parted);
    for (at, hit) in hits.iter().enumerate() {
        let followed = block(hits, at, lines).next().is_some();
        // A line that was broken where it was full goes on with a small letter.
        let goes_on = lines.get(hit.line + 1).is_some_and(|next| next.starts_with(char::is_lowercase));
        let framed = hit.found.after.contains(FRAME);
        if framed
            || (are_parted || is_heading(hit.found.after)) && followed && !goes_on
            || !hit.found.mark && update::glued(&hit.found).is_some()
        {
            titles += 1;
        } else if at + 1 < hits.len() || followed {
            others += 1;
        }
    }
    if titles > others {
        return Headlines::Same;
    }
    if before(hits, lines) {
        Headlines::Before
    } else {
        Headlines::None
    }
}
