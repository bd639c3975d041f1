//! What stands around a line of an update, and what that makes of it.

use crate::parse::update::Line;
use crate::parse::{boilerplate, caption, headlines, inline};

/// So often a page may repeat a line right below it, or have captions; more is searched no further.
const REPEATS_MAX: usize = 16;

/// Whether a line (not an empty one) is text, wherever it stands: no caption, no mark, no signature.
pub(super) fn is_text(lines: &[Line<'_>], at: usize) -> bool {
    let text = lines[at].text;
    let is_credited_below =
        || below(lines, at).is_some_and(|next| next.len() > text.len() && next.starts_with(text));
    !(boilerplate::is_boilerplate(text)
        || caption::is_caption(text)
        || inline::is_mark(text)
        || caption::opens_caption(above(lines, at))
        || is_above_its_brackets(lines, at)
        || is_cut_clock(text)
        || inline::signature(text).is_some()
        || is_credited_below())
}

/// Whether text stands below a line, and another one than its own. `last`: the last text there is. A picture's captions above
/// the text are left out, unless they are all there is.
pub(super) fn text_follows(lines: &[Line<'_>], at: usize, last: Option<usize>) -> bool {
    let own = lines[at].text;
    let is_other = |at: usize| lines[at].text != own;
    last.filter(|&last| at < last).is_some_and(|last| {
        is_other(last) || (at + 1..last).take(REPEATS_MAX).any(|at| is_other(at) && is_text(lines, at))
    })
}

/// Whether a stamp's beginning is all of a line, where the page was cut: `11:4`.
fn is_cut_clock(text: &str) -> bool {
    text.len() <= 4 && text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.'))
}

/// Whether the lines of a block go on to a blank one with text below it.
pub(super) fn blank_follows(lines: &[Line<'_>], at: usize) -> bool {
    const BLOCK_LINES_MAX: usize = 3;
    let block = lines[at..].iter().take(BLOCK_LINES_MAX + 1).take_while(|line| !line.text.is_empty()).count();
    block <= BLOCK_LINES_MAX && lines[at + block..].iter().any(|line| !line.text.is_empty())
}

/// Whether a line stands below once more, with its credit.
pub(super) fn is_above_its_credit(lines: &[Line<'_>], at: usize) -> bool {
    let own = lines[at].text;
    let is_longer = |next: &&str| next.len() > own.len() && next.starts_with(own);
    let next = below(lines, at).filter(is_longer);
    next.is_some_and(|next| caption::is_credited(next) || caption::is_caption(next))
}

/// Whether whose picture it is stands in brackets below a line. Most lines are sentences, and nothing has to be looked for.
pub(super) fn is_above_its_brackets(lines: &[Line<'_>], at: usize) -> bool {
    let own = lines[at].text;
    !own.ends_with('.') && headlines::is_of_a_picture(own, below(lines, at))
}

/// Whether what stands below a line makes it a caption: its credit, or the same line once more, where it is no sentence; but
/// a page may write every line twice.
pub(super) fn is_caption_of_below(lines: &[Line<'_>], at: usize) -> bool {
    let own = lines[at].text;
    let mut below = lines[at + 1..].iter().map(|line| line.text).filter(|text| !text.is_empty());
    let Some(next) = below.next() else { return false };
    if !next.starts_with(own) {
        let is_picture = caption::is_label(next) && lines[at + 1].text == next && !own.ends_with('.');
        // What is said in several sentences is text, whose picture may stand below it.
        let is_credited = caption::is_own_credit(next) && !headlines::is_paragraph(own);
        return is_credited || caption::is_owner(own, next) || is_picture;
    }
    next.len() == own.len() && !own.ends_with('.') && headlines::is_open_ended(own) && {
        let first = below.by_ref().take(REPEATS_MAX).find(|text| *text != own);
        first.is_some() && first != below.next()
    }
}

/// The text below a line, blank ones left out.
pub(super) fn below<'a>(lines: &[Line<'a>], at: usize) -> Option<&'a str> {
    lines[at + 1..].iter().map(|line| line.text).find(|text| !text.is_empty())
}

/// Whether something that says more than a page's furniture stands below a line.
pub(super) fn text_below(lines: &[Line<'_>], at: usize) -> bool {
    has_text(&lines[at + 1..])
}

pub(super) fn has_text(lines: &[Line<'_>]) -> bool {
    lines.iter().any(|line| !boilerplate::is_boilerplate(line.text))
}

/// The text above a line, blank ones left out.
pub(super) fn above<'a>(lines: &[Line<'a>], at: usize) -> &'a str {
    lines[..at].iter().rev().map(|line| line.text).find(|text| !text.is_empty()).unwrap_or("")
}
