//! Stamps whose clock something joins to its day, or leads to: `20:40 | 6 March`, `Wed 20:40`, `Posted at 20:40`,
//! `(20:40)`.
//!
//! A page's own stamp, a quoted post's and a programme's are written so too: the page has to have most of them so.

use super::{Found, Place, clocked, closing, dated, gap};
use crate::model::time::{PartialDate, Zone};
use crate::parse::scan::trimmed;
use crate::parse::{clock, date};

/// A word before a clock is shorter, with its blank: most lines leave here.
const LEAD_BYTES_MAX: usize = 20;
/// A state with its day, clock and zone is no longer, bytes.
const STATE_BYTES_MAX: usize = 64;
/// A clock with its zone ends its frame here at the latest, bytes.
const FRAMED_BYTES_MAX: usize = 40;

/// Which day it is, seen from the page's. It isn't looked at, as a weekday isn't.
const TODAY: &[&str] = &[
    "today",
    "heute",
    "vandaag",
    "hoy",
    "oggi",
    "hoje",
    "aujourd'hui",
    "aujourd’hui",
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

/// What leads from the day to its clock.
const AT: &[&str] = &[" à", " at", " om", " um", " kl", " a las", " alle", " às", " o"];

/// What leads to a clock, without its marks and what leads from the day to it: `Hier` of `Hier à `.
fn word_of(lead: &str) -> &str {
    let word = lead.trim_end_matches([' ', '\u{a0}', ',', '.']);
    if !word.contains(' ') {
        return word;
    }
    AT.iter().find_map(|at| word.strip_suffix(at)).unwrap_or(word).trim_end_matches([' ', ','])
}

/// Whether what leads to a clock says that a day has gone by.
pub(crate) fn is_yesterday(lead: &str) -> bool {
    is_among(word_of(lead), YESTERDAY)
}

fn is_among(word: &str, words: &[&str]) -> bool {
    words
        .iter()
        .any(|known| known.len() == word.len() && known.chars().eq(word.chars().flat_map(char::to_lowercase)))
}

/// The date that is all there is behind a clock, where it ends, and whether a joint leads to it.
pub(super) fn date_behind(
    rest: &str,
    month_first: bool,
    is_behind_bracket: bool,
) -> Option<(PartialDate, usize, bool)> {
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
    // `23:48 (IST)04 Jun 2024`: what was glued to a bracket is told from it.
    if from + joint == 0 && !is_behind_bracket || joint > 0 && is_clock(text) {
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

/// The date between a clock's comma and the mark before its text, `3:05 p.m., Jan. 26 — Text`, and where it ends.
pub(super) fn date_between(rest: &str) -> Option<(PartialDate, usize)> {
    let text = rest.strip_prefix(", ")?;
    let (date, length) = date::leading(text, false)?;
    let after = &text[length..];
    let is_marked = [" — ", " – ", " - ", ": ", "  "].iter().any(|mark| after.starts_with(mark));
    is_marked.then_some((date, rest.len() - after.len()))
}

/// Where the weekday behind a clock ends, `8:30 p.m. Wednesday: Text`, if a mark follows. It isn't looked at.
pub(super) fn weekday_behind(rest: &str) -> Option<usize> {
    let text = rest.strip_prefix(' ').or_else(|| rest.strip_prefix(", "))?;
    let letters = text.bytes().take(LEAD_BYTES_MAX).take_while(u8::is_ascii_alphabetic).count();
    let after = &text[letters..];
    let is_marked = [":", " —", " –", " -"].iter().any(|mark| after.starts_with(mark));
    (letters > 2 && is_marked && date::is_weekday(&text[..letters])).then_some(rest.len() - after.len())
}

/// Whether a range ends there, `20:40 - 21.10.`: a year looks like a clock, too.
fn is_clock(text: &str) -> bool {
    clock::leading(text).is_some_and(|clock| !clock.four_digits)
}

/// `Wed 20:40`, `Mittwoch, 20:40 Uhr`, `Posted at 20:40`, `Kl. 20.40`, alone on the line; behind a weekday with a text, too:
/// `Wednesday, 3:50 pm: text`. Which weekday it is isn't looked at: the day is found as if it weren't there. `at`: where its
/// first digit stands.
pub(super) fn led<'a>(text: &'a str, at: usize, zones: &[(String, Zone)]) -> Option<Found<'a>> {
    if at >= LEAD_BYTES_MAX {
        return None;
    }
    let is_lead = match &text[..at] {
        "Posted at " | "Posted " | "Published at " | "Publié à " | "Update at " | "Kl. " | "kl. "
        | "Ore " | "ore " | "Godz. " | "godz. " | "Klo " | "klo " | "Às " | "À " | "à " | "A las "
        | "a las " | "Um " | "um " => true,
        lead => {
            let word = word_of(lead);
            date::is_weekday(word) || is_among(word, TODAY) || is_yesterday(lead)
        }
    };
    if !is_lead {
        return None;
    }
    // `Posted at 14:2014:20`
    let half = at + (text.len() - at) / 2;
    let text = if text.get(half..).is_some_and(|again| text.get(at..half) == Some(again)) {
        &text[..half]
    } else {
        text
    };
    let is_day = || date::is_weekday(word_of(&text[..at]));
    let opens = |found: &Found<'_>| found.place == Place::Opens && found.mark && is_day();
    let found = clocked(text, at, zones).filter(|found| found.stands_alone() || opens(found))?;
    Some(Found { time_text: &text[..at + found.time_text.len()], joined: true, ..found })
}

/// `(20:40)`, alone on the line or before its text.
pub(super) fn bracketed<'a>(text: &'a str, zones: &[(String, Zone)]) -> Option<Found<'a>> {
    let (inner, after) = text.strip_prefix('(')?.split_once(')')?;
    let found = clocked(inner, 0, zones).or_else(|| dated(inner, zones)).filter(Found::stands_alone)?;
    match after[closing(after)..].strip_prefix([' ', ':']) {
        Some(after) => Some(Found { place: Place::Opens, mark: true, after: after.trim(), ..found }),
        None => after.is_empty().then_some(Found { joined: true, ..found }),
    }
}

/// `6. März, 20:40 Uhr`: a day, and no line's number.
pub(super) fn of_ordinal_day<'a>(line: &'a str, zones: &[(String, Zone)]) -> Option<Found<'a>> {
    let text = trimmed(line);
    text.starts_with(|c: char| c.is_ascii_digit()).then(|| dated(text, zones))?
}

/// `UPDATE (11:18 p.m.): text`, `UPDATE, 11:18 p.m.: text`, `Update 11:18 p.m. EDT March 6: text`, `Update 6:49 pm - text`,
/// `UPDATE 5 [11:50 a.m.] — text`, `Update | 5:36 p.m. Text`, `UPDATE 9:01 PM`, `[Updated at 3:50 p.m. ET]`, `Posted at 9:10] text`,
/// `Update vom 6. März, 21.50 Uhr: text`.
pub(super) fn of_update<'a>(text: &'a str, zones: &[(String, Zone)]) -> Option<Found<'a>> {
    const WORDS: &[&str] = &[
        "update",
        "updated",
        "latest",
        "added",
        "correction",
        "posted",
        "erstmeldung",
        "ursprungsmeldung",
        "stand",
    ];
    let bytes = text.as_bytes();
    let opening = bytes.first()?.to_ascii_lowercase();
    let is_opened = |word: &&&str| {
        word.as_bytes()[0] == opening
            && bytes.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word.as_bytes()))
            && !bytes.get(word.len()).is_some_and(u8::is_ascii_alphabetic)
    };
    let word = *WORDS.iter().find(is_opened)?;
    let lead = |text: &'a str| text.trim_start_matches([',', ':', '|', '-', '–', '—', ' ', '\u{a0}']);
    let behind = lead(&text[word.len()..]);
    let told = ["at ", "AT "].iter().find_map(|at| behind.strip_prefix(at));
    let behind = told.or_else(|| behind.strip_prefix("vom ")).unwrap_or(behind);
    let is_framed = memchr::memchr(b']', &behind.as_bytes()[..behind.len().min(FRAMED_BYTES_MAX)]).is_some();
    if word == "posted" && !is_framed {
        return None;
    }
    // What was `updated` is the page, but for `[Updated at 3:50 p.m. ET]` and a row of `Updated at`.
    let is_page = word.ends_with('d') && !(told.is_some() || behind.ends_with(']'));
    let numbered = || {
        let number = behind.strip_prefix('#').unwrap_or(behind);
        let rest = number.trim_start_matches(|c: char| c.is_ascii_digit());
        (rest.len() < number.len()).then(|| led_by_update(lead(rest), is_page, zones))?
    };
    led_by_update(behind, is_page, zones).or_else(numbered)
}

/// What `UPDATE` leads to: a clock, in brackets or not, and its text.
fn led_by_update<'a>(text: &'a str, is_page: bool, zones: &[(String, Zone)]) -> Option<Found<'a>> {
    let whole = |time: &'a str| {
        let found = clocked(time, 0, zones).or_else(|| dated(time, zones))?;
        found.stands_alone().then_some(found)
    };
    let opens = |found, after: &'a str| Found {
        place: Place::Opens,
        mark: true,
        joined: false,
        after: after.trim(),
        ..found
    };
    if let Some(bracketed) = text.strip_prefix(['(', '[']) {
        let (time, after) = bracketed.split_once([')', ']'])?;
        let after = after.trim_start();
        return Some(opens(whole(time)?, after.strip_prefix([':', '-', '–', '—']).unwrap_or(after)));
    }
    if let Some((time, after)) = text.split_once(": ")
        && let Some(found) = whole(time)
    {
        return Some(opens(found, after));
    }
    if let Some(found) = text.strip_suffix(':').and_then(whole) {
        return Some(Found { joined: true, ..found });
    }
    if let Some(found) = whole(text) {
        // `UPDATED 14:22`, `UPDATED 14:22, 31 JAN 2023`; with the weekday in a row.
        let is_row = found.date_first && date::has_weekday(found.time_text);
        return (!is_page || is_row).then_some(Found { joined: true, ..found });
    }
    let found = clocked(text, 0, zones)?;
    let is_text =
        found.mark || found.after.starts_with(|c: char| c.is_uppercase() || c.is_ascii_punctuation());
    (found.place == Place::Opens && is_text && !found.glued).then_some(Found { mark: true, ..found })
}

/// `Posted Mar 6, 2024 - 12:34 PST`, `Posted 2 years ago. Mar 6, 2024 - 12:34 PST`, below what a service says of its state;
/// `identified Mar 6, 2024, 12:34 PM UTC` above it.
pub(super) fn of_post<'a>(text: &'a str, zones: &[(String, Zone)]) -> Option<Found<'a>> {
    let whole = |stamp: &'a str| {
        let found = dated(stamp, zones).filter(|found| found.stands_alone() && found.has_zone())?;
        found.date()?.year.map(|_| Found { joined: true, ..found })
    };
    if let Some(behind) = text.strip_prefix("Posted ") {
        let stamp = behind.split_once(" ago. ").map_or(behind, |(_, stamp)| stamp);
        return Some(Found { place: Place::Closes, below: true, ..whole(stamp)? });
    }
    // It ends in its zone.
    if text.len() > STATE_BYTES_MAX || !text.as_bytes().last().is_some_and(u8::is_ascii_uppercase) {
        return None;
    }
    whole(behind_state(text)?.strip_prefix(' ')?)
}

/// What follows the word that opens a text, if that is a service's state: ` - A fix is in place.` of `Monitoring - A fix …`.
pub(crate) fn behind_state(text: &str) -> Option<&str> {
    const STATES: &[&str] = &[
        "completed",
        "identified",
        "in progress",
        "investigating",
        "monitoring",
        "postmortem",
        "resolved",
        "scheduled",
        "update",
        "verifying",
    ];
    let opening = text.as_bytes().first()?.to_ascii_lowercase();
    let of_opening = STATES.iter().filter(|state| state.as_bytes()[0] == opening);
    of_opening.into_iter().find_map(|state| text.get(1..)?.strip_prefix(&state[1..]))
}

/// `Ann Bee, [12.06.2024 05:14]`, as chats are copied.
pub(super) fn of_chat<'a>(text: &'a str, zones: &[(String, Zone)]) -> Option<Found<'a>> {
    let (name, stamp) = text.strip_suffix(']')?.rsplit_once(", [")?;
    let found = dated(stamp, zones).filter(Found::stands_alone)?;
    Some(Found { byline: Some(name), ..found })
}
