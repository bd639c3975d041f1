//! Clocks in odd dress: torn at their mark, `9: 12`, or with one that numbers have, `23,00 – Text`.
//!
//! Prices, scores and verses are written so, too: the page has to have a row of them, or others between which they fit.

use super::{Found, behind};
use crate::model::time::Zone;
use crate::parse::clock;

/// A clock with its half or unit ends here at the latest, bytes.
const CLOCK_BYTES_MAX: usize = 24;

/// `9: 12 Text`, `4. 25pm Text`, `21 34 horas. Text`, `23,00 – Text`, `24:00 UTC: Text`.
pub(super) fn odd<'a>(text: &'a str, zones: &[(String, Zone)]) -> Option<Found<'a>> {
    let digits = text.bytes().take(4).take_while(u8::is_ascii_digit).count();
    let behind_digits = text.as_bytes().get(digits..)?;
    let (mark, taken, is_certain) = match (digits, behind_digits) {
        (2, b":00" | [b':', b'0', b'0', b' ' | b':', ..]) if text.starts_with("24") => {
            return midnight(text, zones);
        }
        (1 | 2, [b':', b' ', b'0'..=b'5', b'0'..=b'9', ..]) => (":", 2, true),
        (1 | 2, [b'.', b' ', b'0'..=b'5', b'0'..=b'9', ..]) => (".", 2, false),
        (1 | 2, [b' ' | b',', b'0'..=b'5', b'0'..=b'9', ..]) => (":", 1, false),
        _ => return None,
    };
    let head = &text[..text.floor_char_boundary(CLOCK_BYTES_MAX)];
    let mended = format!("{}{mark}{}", &head[..digits], &head[digits + taken..]);
    let mut clock = clock::leading(&mended)?;
    let is_comma = behind_digits.starts_with(b",");
    if !(is_comma || is_certain || clock.twelve || clock.has_unit) {
        return None;
    }
    clock.length = clock.length + taken - mark.len();
    let found = behind(text, 0, clock, zones).filter(|found| !found.glued && (found.mark || !is_comma))?;
    Some(Found { odd: true, ..found })
}

/// `24:00`: the end of a day, read as the start of the next.
fn midnight<'a>(text: &'a str, zones: &[(String, Zone)]) -> Option<Found<'a>> {
    let clock = clock::leading("00:00")?;
    Some(Found { odd: true, ..behind(text, 0, clock, zones)? })
}

/// Whether a clock opens a text that looks like a list's number at first, `6. 00 pm`.
pub(super) fn is_torn(text: &str) -> bool {
    let digits = text.bytes().take(2).take_while(u8::is_ascii_digit).count();
    let [b'.', b' ', b'0'..=b'5', b'0'..=b'9', rest @ ..] = &text.as_bytes()[digits..] else {
        return false;
    };
    let rest = rest.strip_prefix(b" ").unwrap_or(rest);
    matches!(
        rest,
        [b'a' | b'A' | b'p' | b'P', b'm' | b'M', ..] | [b'a' | b'A' | b'p' | b'P', b'.', b'm' | b'M', ..]
    )
}
