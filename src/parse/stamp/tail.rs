//! Stamps that don't open their line, or say how long ago: `published at 17:23`, `Name 10/22/2013 5:00:03 PM`,
//! `13h ago / 1:42 PM EST`.

use std::sync::LazyLock;

use memchr::memmem::{Finder, rfind};

use super::{Found, NAME_BYTES_MAX, Place, clocked, dated, glued_to_year, is_author};
use crate::model::time::{Moment, Zone};
use crate::parse::scan::has_digit;
use crate::parse::{caption, clock, date};

/// Made once: making one takes longer than searching a line.
static PUBLISHED: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(PUBLISHED_AT));
static AGO: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(" ago"));
static CLOSED: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(") "));

const PUBLISHED_AT: &str = "published at ";
/// It takes no more with the time behind it, zone spelt out, date and label, bytes.
const PUBLISHED_BYTES_MAX: usize = 128;
/// A date and a clock take no more, bytes.
const DATE_BYTES_MAX: usize = 32;
/// A name, a date and a clock take no more, bytes.
const SIGNED_BYTES_MAX: usize = NAME_BYTES_MAX + 32;
/// Behind a name, an age ends here at the latest, bytes.
const AGO_BYTES_MAX: usize = 2 * NAME_BYTES_MAX;
/// What stands before a time in brackets, with that, ends here at the latest, bytes.
const TITLE_BYTES_MAX: usize = 100;
/// No place has a shorter name, bytes.
const PLACE_BYTES_MIN: usize = 3;
/// What follows the title of a report is no longer, bytes.
const REPORTED_BYTES_MAX: usize = 24;
/// An agency's dateline, with what stands above it on its line, ends here at the latest, bytes.
const DATELINE_BYTES_MAX: usize = 160;
/// What says before an amount of time that it is an age.
const AGE_LEADS: &[&str] = &[
    "hace ", "Hace ", "il y a ", "Il y a ", "há ", "Há ", "pred ", "Pred ", "vor ", "Vor ",
];
/// A longer text is none, bytes.
const AGE_BYTES_MAX: usize = 40;
/// How an agency says that its clocks have no zone.
const LOCAL_TIMES: &str = "(all times local)";

/// `7m ago`, `13h ago / 1:42 PM EST`, `20m ago (08:53 GMT)Headline`, `20 mins ago23:00 Byline`.
pub(super) fn relative<'a>(text: &'a str, zones: &[(String, Zone)]) -> Option<Found<'a>> {
    let end = ago(text)?;
    let rest = &text[end..];
    let lead = rest.len() - rest.trim_start_matches([' ', '/', '(', '|', '·', '\u{a0}']).len();
    if let Some(mut found) = clocked_in(text, end + lead, rest.trim_start().starts_with('('), zones) {
        found.date_first = false;
        found.label = false;
        if found.place == Place::Opens && rest[lead..].len() == rest.len() && !found.mark {
            // Glued to `ago`: what follows is the byline.
            found.byline = Some(found.after);
            found.after = "";
            found.place = Place::Alone;
        }
        return Some(found);
    }
    let trimmed = rest.trim();
    let is_dated = date::whole(trimmed).is_some();
    if !trimmed.is_empty() && !is_dated {
        // `11m agoWed 15 Oct 2025 at 11:32pmHeadline`
        return dated(trimmed, zones).filter(|found| found.date().is_some());
    }
    Some(Found {
        place: Place::Relative,
        time_text: &text[..end],
        moment: Moment::Relative,
        ..Found::default()
    })
}

fn clocked_in<'a>(text: &'a str, at: usize, bracket: bool, zones: &[(String, Zone)]) -> Option<Found<'a>> {
    if !bracket {
        let mut found = clocked(text, at, zones)?;
        found.time_text = &text[..at + found.time_text.len()];
        return Some(found);
    }
    let close = at + text[at..].find(')')?;
    let mut found = clocked(&text[..close], at, zones)?;
    if found.place != Place::Alone {
        return None;
    }
    found.time_text = &text[..=close];
    let after = text[close + 1..].trim();
    if !after.is_empty() {
        found.place = Place::Opens;
        found.glued = text[close + 1..].len() == after.len();
        found.mark = !found.glued;
        found.after = after;
    }
    Some(found)
}

/// Where `48 min ago`, `1 hr 10 min ago`, `8m ago8 minutes ago` or `now` before a bracket ends, if the text opens with it.
fn ago(text: &str) -> Option<usize> {
    for now in ["now", "Now", "just now", "Just now"] {
        let Some(rest) = text.strip_prefix(now) else { continue };
        let is_alone = rest.is_empty() && now.len() > "now".len();
        let is_timed = now == "now" && rest.starts_with(' ') && clock::leading(rest.trim_start()).is_some();
        if is_alone || is_timed || rest.trim_start().starts_with(['(', '/', '|', '·']) {
            return Some(now.len());
        }
    }
    let end = one_ago(text)?;
    Some(end + one_ago(&text[end..]).unwrap_or(0))
}

/// Whether a text is how long ago something was, `2h ago`, `(2 hours ago)`.
pub(crate) fn is_age(text: &str) -> bool {
    // Nearly every line leaves here: an age begins with its number, or with a word that says that it is one.
    let may_be_one = match *text.as_bytes() {
        [b'0'..=b'9', b':' | b'.', ..] | [b'0'..=b'9', b'0'..=b'9', b':' | b'.', ..] => false,
        [b'0'..=b'9' | b'(', ..] => true,
        [b'f' | b'h' | b'H' | b'i' | b'I' | b'v' | b'V' | b'p' | b'P', ..] => has_digit(text),
        _ => false,
    };
    if text.len() > AGE_BYTES_MAX || !may_be_one {
        return false;
    }
    let bare = text.strip_prefix('(').and_then(|text| text.strip_suffix(')')).unwrap_or(text);
    let is_said = bare.ends_with(" ago") || AGE_LEADS.iter().any(|lead| bare.starts_with(lead));
    is_said && one_ago(bare) == Some(bare.len()) || is_age_elsewhere(bare)
}

/// Whether a text is an age in a language that says so behind it and has no stamps like that: `6 minuti fa`, `6 dk önce`.
fn is_age_elsewhere(text: &str) -> bool {
    const WORDS: &[&str] = &[
        "fa",
        "geleden",
        "siden",
        "sedan",
        "temu",
        "önce",
        "назад",
        "тому",
        "sitten",
    ];
    const PARTS_MAX: usize = 4;
    let Some((amount, word)) = text.rsplit_once(' ') else { return false };
    let amount = amount.strip_prefix("för ").or_else(|| amount.strip_prefix("for ")).unwrap_or(amount);
    WORDS.contains(&word)
        && amount.starts_with(|c: char| c.is_ascii_digit())
        && amount.split(' ').count() < PARTS_MAX
}

fn one_ago(whole: &str) -> Option<usize> {
    if whole.starts_with('l')
        && let Some(bound) = whole.strip_prefix("less than ")
    {
        return Some(whole.len() - bound.len() + one_ago(bound)?);
    }
    let text = AGE_LEADS.iter().find_map(|lead| whole.strip_prefix(lead)).unwrap_or(whole);
    let mut rest = amount(text)?;
    if let Some(more) = amount(rest.trim_start_matches([' ', ','])) {
        rest = more;
    }
    if text.len() != whole.len() {
        // `Hace 3 horas` says so before it, and is the line.
        return matches!(rest.trim(), "" | ".").then_some(whole.len());
    }
    let (_, after) =
        rest.split_at_checked(" ago".len()).filter(|(ago, _)| ago.eq_ignore_ascii_case(" ago"))?;
    if after.starts_with(char::is_alphabetic) && date::leading(after, false).is_none() {
        return None;
    }
    Some(text.len() - after.len())
}

/// What follows `48 min`, if the text opens with it.
fn amount(text: &str) -> Option<&str> {
    const UNITS: &[&str] = &[
        "s", "sec", "secs", "second", "seconds", "m", "min", "mins", "minute", "minutes", "h", "hr", "hrs",
        "hour", "hours", "d", "day", "days", "w", "week", "weeks", "month", "months", "y", "year", "years",
        "segundo", "segundos", "minuto", "minutos", "hora", "horas", "seconde", "secondes", "heure",
        "heures", "jour", "jours", "dia", "dias", "sekunden", "minuten", "stunde", "stunden", "tag", "tagen",
    ];
    let digits = text.bytes().take(6).take_while(u8::is_ascii_digit).count();
    if digits == 0 || digits > 5 {
        return None;
    }
    let rest = text[digits..].trim_start();
    let letters = rest.bytes().take(8).take_while(u8::is_ascii_alphabetic).count();
    let unit = &rest[..letters];
    // `21 Min Ago`: a letter alone in capitals is something else.
    let is_unit = UNITS.iter().any(|known| {
        if letters == 1 {
            *known == unit
        } else {
            known.eq_ignore_ascii_case(unit)
        }
    });
    is_unit.then_some(&rest[letters..])
}

/// Whether a text may have a stamp in one of the shapes that [`tail`] reads, if its clock has no digits.
pub(super) fn may_be_tail(text: &str) -> bool {
    let head = &text.as_bytes()[..text.len().min(NAME_BYTES_MAX)];
    memchr::memchr(b')', head).is_some() || published_at(text).is_some()
}

/// Where the last `published at` stands, if nothing but a time can follow it. From the end the search is many times slower,
/// and there is nearly none.
fn published_at(text: &str) -> Option<usize> {
    let from = text.len().saturating_sub(PUBLISHED_BYTES_MAX);
    let end = &text.as_bytes()[from..];
    PUBLISHED.find(end)?;
    rfind(end, PUBLISHED_AT.as_bytes()).map(|at| from + at)
}

/// Stamps in a fixed shape at the end of the line.
pub(super) fn tail<'a>(text: &'a str, zones: &[(String, Zone)]) -> Option<Found<'a>> {
    if let Some(at) = published_at(text) {
        let clock_at = at + PUBLISHED_AT.len();
        // A label may be glued to its end.
        let text = text.strip_suffix("Breaking").unwrap_or(text).trim_end();
        let mut found = clocked(text, clock_at, zones)?;
        if found.place != Place::Alone {
            return None;
        }
        found.time_text = &text[at..];
        found.before = text[..at].trim();
        if found.before == "Post" {
            found.before = "";
        }
        found.place = Place::Closes;
        found.mark = true;
        return Some(found);
    }
    let has_slash = memchr::memchr(b'/', text.as_bytes()).is_some();
    match AGO.find(&text.as_bytes()[..text.len().min(AGO_BYTES_MAX)]) {
        Some(at) => aged(text, at, zones).or_else(|| signed(text, zones).filter(|_| has_slash)),
        None if has_slash => signed(text, zones),
        None => reported(text, zones)
            .or_else(|| signed_below(text, zones))
            .or_else(|| signed_above(text, zones))
            .or_else(|| behind_title(text, zones)),
    }
}

/// `Ana Bell21 March 2022 11:30`, below its update.
fn signed_below<'a>(text: &'a str, zones: &[(String, Zone)]) -> Option<Found<'a>> {
    let [.., b':', ten, one] = *text.as_bytes() else { return None };
    if !(ten.is_ascii_digit() && one.is_ascii_digit()) {
        return None;
    }
    let (name, stamp) = text.split_at(text.find(|c: char| c.is_ascii_digit())?);
    if !is_author(name) {
        return None;
    }
    let found = dated(stamp, zones).filter(Found::stands_alone)?;
    Some(Found { place: Place::Closes, byline: Some(name), below: true, ..found })
}

/// `Ann Bee March 6, 20249:15 pm`, above its update: the clock is glued to the year. With a blank between them it may be
/// a reader's comment.
fn signed_above<'a>(text: &'a str, zones: &[(String, Zone)]) -> Option<Found<'a>> {
    if !text.ends_with(['m', 'M']) || text.len() > SIGNED_BYTES_MAX {
        return None;
    }
    let digit = text.find(|c: char| c.is_ascii_digit())?;
    text[..digit].match_indices(' ').find_map(|(at, _)| {
        let found = glued_to_year(&text[at + 1..], zones).filter(|_| is_author(&text[..at]))?;
        Some(Found { byline: Some(&text[..at]), label: true, ..found })
    })
}

/// `Name5 hours ago`, `Name 13h ago / 1:42 PM EST`. With a blank and no clock it may be a sentence.
fn aged<'a>(text: &'a str, ago: usize, zones: &[(String, Zone)]) -> Option<Found<'a>> {
    let head = text[..ago].trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let head = head.trim_end_matches(' ');
    let before = head.trim_end_matches(|c: char| c.is_ascii_digit());
    if before.is_empty() || before.len() == head.len() || before.len() > NAME_BYTES_MAX {
        return None;
    }
    let name = before.trim_end_matches([' ', '/', '|']);
    let found = relative(&text[before.len()..], zones)?;
    let is_author = match found.place {
        Place::Relative => name.len() == before.len(),
        Place::Alone => {
            name.starts_with(char::is_uppercase) && !name.ends_with(|c: char| c.is_ascii_punctuation())
        }
        Place::Opens | Place::Closes | Place::Match => false,
    };
    let label = found.place == Place::Alone;
    is_author.then_some(Found { byline: Some(name), label, ..found })
}

/// The name in `by Name edited by Name`, and whether it's said so: then the stamp stands below its update.
fn author(name: &str) -> (&str, bool) {
    let by = name.get(..3).is_some_and(|head| head.eq_ignore_ascii_case("by "));
    if !by {
        return (name, false);
    }
    let name = name[3..].trim();
    (name.split_once(" edited by ").map_or(name, |(name, _)| name), true)
}

/// `HARBOURTOWN (AP) - 12:30 p.m.`: an agency's report whose first time stands on its first line. Text may follow it, or
/// stand before it: `HARBOURTOWN (AP) - The Latest on the storm (all times local): 12:30 p.m.`
pub(super) fn reported<'a>(text: &'a str, zones: &[(String, Zone)]) -> Option<Found<'a>> {
    let close = CLOSED.find(&text.as_bytes()[..text.len().min(DATELINE_BYTES_MAX)]);
    let report = close.and_then(|close| text[close + 2..].strip_prefix(['-', '–', '—']));
    let Some(report) = report else {
        return reported_behind(text, zones).or_else(|| datelined(text, zones));
    };
    // `(all times Eastern): 12:30 p.m.`
    let behind = report.split_once(LOCAL_TIMES).or_else(|| report.split_once("): "));
    let clock = match behind {
        Some((_, clock)) => clock.trim_start_matches([':', '.', ' ']),
        None => report.trim_start(),
    };
    let mut found = clocked(text, text.len() - clock.len(), zones)?;
    match found.place {
        Place::Alone if !found.comma => {}
        // `LONDON (AFP) - 13:34 GMT - Text`
        Place::Opens if found.mark && found.has_zone() => return Some(found),
        Place::Opens if found.twelve && !found.mark => {
            found.place = Place::Alone;
            found.before = std::mem::take(&mut found.after);
        }
        _ => return None,
    }
    Some(Found { label: true, ..found })
}

/// `Bell [7:12 p.m. ET]: Text`, `Crane down (5:13 p.m.): Text`.
pub(super) fn behind_title<'a>(text: &'a str, zones: &[(String, Zone)]) -> Option<Found<'a>> {
    let head = &text.as_bytes()[..text.len().min(TITLE_BYTES_MAX)];
    let open = memchr::memchr2(b'[', b'(', head).filter(|&at| at > 0 && head[at - 1] == b' ')?;
    let (time, after) = text[open + 1..].split_once([']', ')'])?;
    let after = after.strip_prefix(": ")?;
    let is_one = |found: &Found<'_>| found.stands_alone() && (found.twelve || time.ends_with("Uhr"));
    let found = clocked(time, 0, zones).filter(is_one)?;
    let name = text[..open].trim();
    let is_family_name = || text[open..].starts_with('[') && is_surname(name);
    let byline = (is_author(name) || is_family_name()).then_some(name);
    let is_label = matches!(name, "Eilmeldung" | "Topmeldung" | "Update");
    let before = if byline.is_some() || is_label { "" } else { name };
    Some(Found {
        place: Place::Opens,
        mark: true,
        joined: !is_label,
        byline,
        before,
        after: after.trim(),
        ..found
    })
}

/// Whether a text is one word as names are written, `Bell`, and no `Update`.
fn is_surname(name: &str) -> bool {
    let mut letters = name.chars();
    letters.next().is_some_and(char::is_uppercase) && letters.all(char::is_lowercase) && name != "Update"
}

/// `• The pier is shut. Mar 6 2024, 2:40am`: a list's item, and behind its last sentence the full date.
pub(super) fn behind_item<'a>(text: &'a str, zones: &[(String, Zone)]) -> Option<Found<'a>> {
    if !text.ends_with(['m', 'M']) {
        return None;
    }
    let from = text.floor_char_boundary(text.len().saturating_sub(DATE_BYTES_MAX));
    text[from..].match_indices(' ').find_map(|(at, _)| {
        let (before, stamp) = text.split_at(from + at);
        if !before.ends_with(['.', '!', '?', '”', '"']) {
            return None;
        }
        let found = dated(&stamp[1..], zones).filter(|found| found.stands_alone() && found.twelve)?;
        found.date()?.year?;
        Some(Found { place: Place::Closes, before, joined: true, ..found })
    })
}

/// `HARBOURTOWN, March 6 — 5am — Text`, `HARBOURTOWN, March 6 — [5am] Text`, `HARBOURTOWN — 5am: Text`.
fn datelined<'a>(text: &'a str, zones: &[(String, Zone)]) -> Option<Found<'a>> {
    let capitals = text.bytes().take_while(|&byte| byte.is_ascii_uppercase() || byte == b' ').count();
    if capitals < PLACE_BYTES_MIN {
        return None;
    }
    let head = &text[..text.floor_char_boundary(DATELINE_BYTES_MAX / 2)];
    let at = [" — ", " – ", " - "].iter().filter_map(|mark| Some(head.find(mark)? + mark.len())).min()?;
    let end = text[capitals..].strip_prefix(", ").map_or(capitals, |rest| {
        text.len() - rest.len() + date::leading(rest, false).map_or(0, |(_, length)| length)
    });
    // What isn't its date is a state: `SANTA ROSA, Calif. — 7:58 a.m. update: Text`.
    let state = text.get(end..at)?;
    if state.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let report = &text[at..];
    let report = report.strip_prefix('[').unwrap_or(report);
    let found = clocked(text, text.len() - report.len(), zones)?;
    match found.place {
        Place::Opens if found.mark => Some(found),
        Place::Alone if !found.comma => Some(Found { label: true, ..found }),
        _ => None,
    }
}

/// `The Latest on the storm (all times local): HARBOURTOWN (AP) - 12:30 p.m.`: the report stands behind its title.
fn reported_behind<'a>(text: &'a str, zones: &[(String, Zone)]) -> Option<Found<'a>> {
    if !text.ends_with(['.', 'm', 'M']) {
        return None;
    }
    let from = text.len().saturating_sub(REPORTED_BYTES_MAX);
    let close = from + rfind(&text.as_bytes()[from..], b") ")?;
    let agency = text[..close].rsplit_once('(').is_some_and(|(_, agency)| caption::is_agency(agency));
    let report = text[close + 2..].strip_prefix(['-', '–', '—']).filter(|_| agency)?.trim_start();
    let found = clocked(text, text.len() - report.len(), zones)?;
    found.stands_alone().then_some(Found { label: true, ..found })
}

/// `Name 10/22/2013 5:00:03 PM`, also with the text glued to it, however long that is.
pub(super) fn signed<'a>(text: &'a str, zones: &[(String, Zone)]) -> Option<Found<'a>> {
    let head = &text.as_bytes()[..text.len().min(NAME_BYTES_MAX * 2 + 2)];
    // A name may have one, too: `Ann Bee/AVN 10/22/2013 …`.
    let of_date = |&at: &usize| at > 0 && head[at - 1].is_ascii_digit();
    let slash = memchr::memchr_iter(b'/', head).find(of_date)?;
    let from = slash - head[..slash].iter().rev().take_while(|b| b.is_ascii_digit()).count();
    if from == 0 || from > NAME_BYTES_MAX * 2 {
        return None;
    }
    let mut found = dated(&text[from..], zones).filter(|found| found.seconds)?;
    if let Moment::Clock { zone: zone @ None, .. } = &mut found.moment {
        // Pages of this kind give UTC, and don't say so.
        *zone = Some(Zone::Offset(0));
    }
    let (byline, below) = author(text[..from].trim());
    Some(Found { place: Place::Closes, byline: Some(byline), below, ..found })
}
