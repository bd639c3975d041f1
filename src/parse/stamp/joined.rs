//! Stamps whose clock something joins to its day, or leads to: `20:40 | 6 March`, `Wed 20:40`, `Posted at 20:40`,
//! `(20:40)`.
//!
//! A page's own stamp, a quoted post's and a programme's are written so too: the page has to have most of them so.

use super::{Found, Place, clocked, dated, gap};
use crate::model::time::{PartialDate, Zone};
use crate::parse::scan::trimmed;
use crate::parse::{clock, date};

/// A word before a clock is shorter, with its blank: most lines leave here.
const LEAD_BYTES_MAX: usize = 20;

/// Which day it is, seen from the page's. It isn't looked at, as a weekday isn't.
const TODAY: &[&str] = &[
    "today",
    "heute",
    "vandaag",
    "hoy",
    "oggi",
    "hoje",
    "idag",
    "i dag",
    "dziś",
    "сегодня",
    "bugün",
];
const YESTERDAY: &[&str] = &[
    "yesterday",
    "gestern",
    "gisteren",
    "ayer",
    "ieri",
    "ontem",
    "hier",
    "igår",
    "i går",
    "wczoraj",
    "вчера",
    "dün",
];

/// Whether a word says so that a day has gone by.
pub(crate) fn is_yesterday(word: &str) -> bool {
    is_among(word, YESTERDAY)
}

fn is_among(word: &str, words: &[&str]) -> bool {
    words
        .iter()
        .any(|known| known.len() == word.len() && known.chars().eq(word.chars().flat_map(char::to_lowercase)))
}

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

/// `Wed 20:40`, `Mittwoch, 20:40 Uhr`, `Posted at 20:40`, `Kl. 20.40`, alone on the line. Which weekday it is isn't
/// looked at: the day is found as if it weren't there. `at`: where its first digit stands.
pub(super) fn led<'a>(text: &'a str, at: usize, zones: &[(String, Zone)]) -> Option<Found<'a>> {
    if at >= LEAD_BYTES_MAX {
        return None;
    }
    let is_lead = match &text[..at] {
        "Posted at " | "Published at " | "Publié à " | "Kl. " | "kl. " | "Ore " | "ore " | "Godz. "
        | "godz. " | "Klo " | "klo " | "Às " => true,
        lead => {
            let word = lead.trim_end_matches([' ', '\u{a0}', ',', '.']);
            date::is_weekday(word) || is_among(word, TODAY) || is_yesterday(word)
        }
    };
    if !is_lead {
        return None;
    }
    let found = clocked(text, at, zones).filter(|found| found.place == Place::Alone && !found.comma)?;
    Some(Found { time_text: &text[..at + found.time_text.len()], joined: true, ..found })
}

/// `(20:40)`, alone on the line.
pub(super) fn bracketed<'a>(text: &'a str, zones: &[(String, Zone)]) -> Option<Found<'a>> {
    let inner = text.strip_prefix('(')?.strip_suffix(')')?;
    let found = clocked(inner, 0, zones).filter(|found| found.place == Place::Alone && !found.comma)?;
    Some(Found { joined: true, ..found })
}

/// `6. März, 20:40 Uhr`: a day, and no line's number.
pub(super) fn of_ordinal_day<'a>(line: &'a str, zones: &[(String, Zone)]) -> Option<Found<'a>> {
    let text = trimmed(line);
    text.starts_with(|c: char| c.is_ascii_digit()).then(|| dated(text, zones))?
}

/// `UPDATE (11:18 p.m.): text`. `at`: where its first digit stands.
pub(super) fn of_update<'a>(text: &'a str, at: usize, zones: &[(String, Zone)]) -> Option<Found<'a>> {
    const WORDS: &[&str] = &["UPDATE", "UPDATED", "Update", "Updated", "LATEST", "Latest"];
    if at >= LEAD_BYTES_MAX || !WORDS.contains(&text[..at].strip_suffix('(')?.trim_end()) {
        return None;
    }
    let close = at + text[at..].find(')')?;
    let after = text[close..].strip_prefix(')')?.trim_start().strip_prefix([':', '-', '–', '—'])?.trim();
    let found =
        clocked(&text[..close], at, zones).filter(|found| found.place == Place::Alone && !found.comma)?;
    Some(Found { place: Place::Opens, mark: true, after, ..found })
}

/// `Ann Bee, [12.06.2024 05:14]`, as chats are copied.
pub(super) fn of_chat<'a>(text: &'a str, zones: &[(String, Zone)]) -> Option<Found<'a>> {
    let (name, stamp) = text.strip_suffix(']')?.rsplit_once(", [")?;
    let found = dated(stamp, zones).filter(|found| found.place == Place::Alone && !found.comma)?;
    Some(Found { byline: Some(name), ..found })
}
