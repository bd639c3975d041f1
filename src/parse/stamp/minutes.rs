//! Stamps that say how long a match has gone on: `90+2'`, `14.6 overs`, `65.Text`, `Lap 34/54:`.

use jiff::civil::Time;

use super::{Found, Place};
use crate::model::time::Moment;
use crate::parse::date;

/// A match with extra time and penalties is shorter.
const MINUTE_MAX: u16 = 130;

/// `14.6 overs (0 Run) text`, `90+2' text`, `90′+2 text`, `90 min: text`, `90 min +5: text`, `50th over: text`.
pub(super) fn match_clock(text: &str) -> Option<Found<'_>> {
    let (end, extra) = minutes(text)?;
    let rest = &text[end..];
    // A clock leaves here.
    if !matches!(rest.as_bytes().first(), Some(b' ' | b't' | b's' | b'n' | b'r' | b'm' | b'\'' | 0xe2)) {
        return None;
    }
    const UNITS: &[&str] = &[
        " overs", " over", "th over", "st over", "nd over", "rd over", " min", " mins", "min", "'", "’", "′",
    ];
    let unit = UNITS.iter().filter(|unit| rest.starts_with(**unit)).max_by_key(|unit| unit.len())?;
    let mut clock = text[..end].to_string();
    let mut end = end + unit.len();
    let behind = &text[end..];
    if !extra
        && let Some(added) = behind.trim_start_matches(' ').strip_prefix('+')
        && let digits @ 1..=2 = added.bytes().take(3).take_while(u8::is_ascii_digit).count()
    {
        clock = format!("{clock}+{}", &added[..digits]);
        end = text.len() - added.len() + digits;
        end += UNITS.iter().find(|unit| text[end..].starts_with(**unit)).map_or(0, |unit| unit.len());
    }
    let mut after = &text[end..];
    let is_minute = matches!(*unit, "'" | "’" | "′");
    if after.starts_with(char::is_alphanumeric) && !(is_minute && after.starts_with(char::is_uppercase)) {
        return None;
    }
    let time_text = &text[..end];
    if unit.contains("over")
        && let Some(open) = after.trim_start().strip_prefix('(')
        && let Some(close) = open.find(')')
    {
        after = &open[close + 1..];
    }
    let after = after.trim_start_matches([':', '-', '–', '—', ' ', '.', '!', ']']).trim();
    Some(Found { place: Place::Match, time_text, moment: Moment::Match(clock), after, ..Found::default() })
}

/// Where `90`, `90+2`, `14.6` ends, and whether it has more than digits.
fn minutes(text: &str) -> Option<(usize, bool)> {
    let bytes = text.as_bytes();
    let digits_at = |at: usize| bytes[at..].iter().take(4).take_while(|b| b.is_ascii_digit()).count();
    let end @ 1..=3 = digits_at(0) else { return None };
    if matches!(bytes.get(end), Some(b'+' | b'.')) && matches!(digits_at(end + 1), 1..=2) {
        return Some((end + 1 + digits_at(end + 1), true));
    }
    Some((end, false))
}

/// `90+4. Text`, `65.Text`: a minute with a dot. A list's number looks the same; the page tells them apart.
pub(super) fn dotted_minute(text: &str) -> Option<Found<'_>> {
    let text = text.trim_start();
    let (end, extra) = minutes(text)?;
    let after = text[end..].strip_prefix('.')?;
    let minute: u16 = text[..end].split('+').next()?.parse().ok()?;
    let opens = |c: char| c.is_uppercase() || matches!(c, '"' | '“' | '‘' | '\'' | '¡' | '¿');
    let is_text = after.starts_with(opens) || after.starts_with(' ') && !after.trim().is_empty();
    // `10. 00 Ann Bee`: a clock that was torn.
    let is_torn = !extra && matches!(after.as_bytes(), [b' ', b'0'..=b'5', b'0'..=b'9', b' ' | b'.', ..]);
    // `6. März, 14.05 Uhr …` is a day.
    let is_day = || !extra && date::leading(text, false).is_some();
    if minute > MINUTE_MAX || is_torn || extra && !text[..end].contains('+') || !is_text || is_day() {
        return None;
    }
    Some(Found {
        place: Place::Match,
        time_text: &text[..end],
        moment: Moment::Match(text[..end].to_string()),
        after: after.trim(),
        mark: true,
        ..Found::default()
    })
}

/// `9h : text`, `12h` alone, `19 Uhr: Text`: only where the page has `9h45` as well, since so an age may be written.
pub(super) fn whole_hour(text: &str) -> Option<Found<'_>> {
    let digits @ 1..=2 = text.bytes().take(3).take_while(u8::is_ascii_digit).count() else {
        return None;
    };
    let units = ["h", " Uhr", " uur"];
    let rest = units.iter().find_map(|unit| text[digits..].strip_prefix(unit))?;
    let time = Time::new(text[..digits].parse().ok()?, 0, 0, 0).ok()?;
    let after = rest.trim();
    let (place, after) = match after.strip_prefix([':', '-', '–', '—']) {
        _ if after.is_empty() => (Place::Alone, ""),
        Some(after) => (Place::Opens, after.trim()),
        None => return None,
    };
    Some(Found {
        place,
        time_text: &text[..text.len() - rest.len()],
        moment: Moment::Clock { time, zone: None, date: None },
        after,
        mark: place == Place::Opens,
        whole_hour: true,
        ..Found::default()
    })
}

/// `Lap 34/54: text`, `LAP 34: text`, `Lap 34 of 54: text`.
pub(super) fn lap(text: &str) -> Option<Found<'_>> {
    let rest = text.strip_prefix("Lap ").or_else(|| text.strip_prefix("LAP "))?;
    let (number, after) = rest.split_once(':')?;
    let (lap, laps) = number.split_once('/').or_else(|| number.split_once(" of ")).unwrap_or((number, "1"));
    let is_number = |text: &str| (1..=3).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if !is_number(lap) || !is_number(laps) {
        return None;
    }
    Some(Found {
        place: Place::Match,
        time_text: &text[.."Lap ".len() + number.len()],
        moment: Moment::Match(number.to_string()),
        after: after.trim(),
        ..Found::default()
    })
}
