//! What stands before a stamp on its line, and isn't it: a list mark, a number, a frame.

use super::odd::is_torn;
use crate::parse::scan::trimmed;

/// What frames a headline with its time: `+++ 22:14 Headline +++`.
pub(crate) const FRAME: &str = "+++";

/// The line without indent, list mark and frames.
pub fn unmarked(line: &str) -> (&str, bool) {
    let text = trimmed(line);
    let opening = text.as_bytes().first();
    if opening.is_some_and(u8::is_ascii_alphabetic) {
        return (text, false);
    }
    if !opening.is_some_and(u8::is_ascii_digit) {
        for mark in ["• ", "* ", "· ", "- ", "•"] {
            if let Some(rest) = text.strip_prefix(mark) {
                return (rest.trim_start(), true);
            }
        }
        // `-14:55h – Text`, `.14:55`
        if let [mark @ (b'-' | b'.'), b'0'..=b'9', ..] = text.as_bytes() {
            return (&text[1..], *mark == b'-');
        }
        if opening == Some(&0xf0) {
            // `🔴 21:48`
            return (
                text.trim_start_matches(|c: char| c > '\u{1f000}' || c == '\u{fe0f}').trim_start(),
                false,
            );
        }
        for frame in [FRAME, "【", "[", "**", "#### ", "### ", "## "] {
            if let Some(rest) = text.strip_prefix(frame) {
                return (rest.trim_start(), false);
            }
        }
        return (text, false);
    }
    let digits = text.bytes().take(3).take_while(u8::is_ascii_digit).count();
    if digits > 0 && text[digits..].starts_with(". ") && !is_torn(text) {
        return (text[digits + 2..].trim_start(), true);
    }
    (text, false)
}
