//! What stands around a stamp and is none of it: indents, list marks, frames, emphasis.

use super::odd::is_torn;
use crate::parse::scan::trimmed;

/// What frames a headline with its time: `+++ 22:14 Headline +++`.
pub(crate) const FRAME: &str = "+++";
/// So many marks stand before a stamp at most: `- **[10:05]**` has three.
const MARKS_MAX: usize = 4;

/// The line without indent, list mark and frames, and whether it has a list mark.
#[inline]
pub(crate) fn unmarked(line: &str) -> (&str, bool) {
    let text = trimmed(line);
    // Nearly every line leaves here.
    match text.as_bytes().first() {
        Some(opening) if opening.is_ascii_alphabetic() => (text, false),
        _ => without_marks(text),
    }
}

/// The same, of a line without its indent.
fn without_marks(mut text: &str) -> (&str, bool) {
    match *text.as_bytes() {
        [b'0'..=b'9', ..] => {
            let digits = text.bytes().take(3).take_while(u8::is_ascii_digit).count();
            return match text[digits..].strip_prefix(". ") {
                Some(rest) if !is_torn(text) => (rest.trim_start(), true),
                _ => (text, false),
            };
        }
        // `-14:55h – Text`, `.14:55`
        [mark @ (b'-' | b'.'), b'0'..=b'9', ..] => return (&text[1..], mark == b'-'),
        _ => {}
    }
    let mut bullet = false;
    for _ in 0..MARKS_MAX {
        let Some((rest, is_bullet)) = without_mark(text) else { break };
        bullet |= is_bullet;
        text = rest.trim_start();
    }
    (text, bullet)
}

/// Whether a list's mark opens a line, of those that begin with the same byte as an opening quote, which is far commoner: one
/// of `•›` or of `■▪▶►`, `◆●`.
pub(crate) fn has_bullet(line: &str) -> bool {
    matches!(line.as_bytes(), [0xe2, 0x80, 0xa2 | 0xba, ..] | [0xe2, 0x96 | 0x97, ..])
}

/// A text without the mark that opens it, and whether that is a list's.
fn without_mark(text: &str) -> Option<(&str, bool)> {
    let (marks, is_bullet): (&[&str], bool) = match *text.as_bytes() {
        [b'*' | b'-', b' ', ..] | [0xc2, ..] => (&["* ", "- ", "· "], true),
        [0xe2, ..] if has_bullet(text) => (&["•", "● ", "▶ ", "► ", "■ ", "◆ ", "▪ ", "› "], true),
        [b'*', b'*', ..] | [b'#', ..] => (&["**", "#### ", "### ", "## "], false),
        // `*14:05*: Text`, `__14:05__ Text`
        [b'*' | b'_', b'0'..=b'9', ..] | [b'_', b'_', b'0'..=b'9', ..] => (&["*", "__", "_"], false),
        [b'[' | b'+' | b'>', ..] | [0xe3, ..] => (&["[", FRAME, "> ", "【"], false),
        // `🔴 21:48`
        [0xf0, ..] => {
            let rest = text.trim_start_matches(|c: char| c > '\u{1f000}' || c == '\u{fe0f}');
            return (rest.len() < text.len()).then_some((rest, false));
        }
        _ => return None,
    };
    marks.iter().find_map(|mark| Some((text.strip_prefix(mark)?, is_bullet)))
}

/// How much of what stands behind a stamp closes what emphasis opened before it: `**14:05** Text`, `*14:05*: Text`.
pub(super) fn closing(rest: &str) -> usize {
    match *rest.as_bytes() {
        [b'*', b'*', ..] | [b'_', b'_', ..] => 2,
        [b'*' | b'_'] | [b'*' | b'_', b' ' | b':', ..] => 1,
        _ => 0,
    }
}

/// A text without the mark that closes what opened before its stamp: `**[14:05] **Text`, and no `[14:05] **The** text`.
pub(super) fn without_close(text: &str) -> &str {
    match text.strip_prefix("**") {
        Some(rest) if text.matches("**").count() % 2 == 1 => rest.trim_start(),
        _ => text,
    }
}
