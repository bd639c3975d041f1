//! Dates behind a clock, also where a joint leads to them: `20:40, 6 March`, `20:40 | 6 March`, `20:40 (6 March)`.
//!
//! A page's own stamp and a quoted post's have joints too: the page has to have most of its stamps so.

use super::gap;
use crate::model::time::PartialDate;
use crate::parse::{clock, date};

/// The date that is all there is behind a clock, where it ends, and whether a joint leads to it.
pub(super) fn date_behind(rest: &str, month_first: bool) -> Option<(PartialDate, usize, bool)> {
    const JOINTS: &[&str] = &[
        "| ", "- ", "– ", "— ", "· ", "• ", "/ ", "(", "on ", "am ", "del ",
    ];
    let from = gap(rest);
    let text = &rest[from..];
    let joint = match *text.as_bytes().first()? {
        b'|' | b'-' | b'/' | b'(' | b'o' | b'a' | b'd' | 0xc2 | 0xe2 => {
            JOINTS.iter().find(|joint| text.starts_with(**joint)).map_or(0, |joint| joint.len())
        }
        _ => 0,
    };
    let text = &text[joint..];
    if from + joint == 0 || joint > 0 && is_clock(text) {
        return None;
    }
    let (date, length) = date::leading(text, month_first)?;
    let end = from + joint + length;
    match (rest[from..].starts_with('('), rest[end..].trim()) {
        (false, "") => Some((date, end, joint > 0)),
        (true, ")") => Some((date, end + ")".len(), true)),
        _ => None,
    }
}

/// Whether a range ends there, `20:40 - 21.10.`: a year looks like a clock, too.
fn is_clock(text: &str) -> bool {
    clock::leading(text).is_some_and(|clock| !clock.four_digits)
}
