//! Turns one line into the time line it may be: its time, and what else stands on the line.
//!
//! It doesn't decide whether the line is one in this document; that is the layout's part.

use crate::model::time::{Moment, Zone};
use crate::parse::clock::Clock;
use crate::parse::scan::{DigitRuns, has_digit};
use crate::parse::{clock, date, zone};

mod alike;
mod elsewhere;
mod epoch;
mod found;
mod joined;
mod marks;
mod minutes;
mod names;
mod odd;
mod tail;

pub(crate) use alike::{alike, shape};
use elsewhere::{elsewhere, zone_of};
pub use found::{Found, Place};
use found::{is_nought, is_of_a_game};
pub(crate) use names::{is_author, is_category, is_name};

pub(crate) use epoch::{EPOCH_DIGITS, epoch};
pub(crate) use joined::{behind_state, is_yesterday};
use joined::{
    bracketed, date_behind, date_between, led, of_chat, of_ordinal_day, of_post, of_update, weekday_behind,
};
pub(crate) use marks::{FRAME, has_bullet, unmarked};
use marks::{closing, without_close};
use minutes::{dotted_minute, lap, match_clock, whole_hour};
use names::{LABEL_BYTES_MAX, is_label, named};
use odd::odd;
pub(crate) use tail::is_age;
use tail::{behind_item, behind_title, may_be_tail, relative, reported, signed, tail};

/// A line longer than this is looked at only where a stamp opens it: a stamp at the end of a paragraph is prose.
const TAIL_LINE_BYTES_MAX: usize = 400;
/// A name before or after a clock, bytes: longer is a sentence.
const NAME_BYTES_MAX: usize = 60;
/// What ends a byline of the broadcaster's own.
const STAFF: &str = ", BBC News";
/// How many digits a year has that a clock is glued to.
const YEAR_DIGITS: usize = 4;

/// The stamp on `line` (without its line end).
pub fn find<'a>(line: &'a str, zones: &[(String, Zone)]) -> Option<Found<'a>> {
    find_knowing(line, has_digit(line), zones)
}

/// The same, where it is known whether the line has a digit.
pub(crate) fn find_knowing<'a>(
    line: &'a str,
    has_digit: bool,
    zones: &[(String, Zone)],
) -> Option<Found<'a>> {
    let (text, bullet) = unmarked(line);
    let first = *text.as_bytes().first()?;
    if !has_digit && !may_be_noon(text, first) {
        return None;
    }
    if bullet && let Some(found) = of_ordinal_day(line, zones) {
        return Some(found);
    }
    let mut found = if opens_clock(text) {
        clocked(text, 0, zones).or_else(|| odd(text, zones))
    } else if first.is_ascii_digit() {
        relative(text, zones)
            .or_else(|| dated(text, zones))
            .or_else(|| match_clock(text))
            .or_else(|| clocked(text, 0, zones))
            .or_else(|| epoch(text))
            .or_else(|| whole_hour(text))
            .or_else(|| odd(text, zones))
    } else if first.is_ascii_alphabetic() || matches!(first, 0xc3..=0xdf) {
        dated(text, zones)
            .or_else(|| clocked(text, 0, zones))
            .or_else(|| {
                let digit = DigitRuns::of(text).next(0)?;
                led(text, digit, zones)
                    .or_else(|| of_update(text, zones))
                    .or_else(|| of_post(text, zones))
                    .or_else(|| named(text, digit, zones))
                    .or_else(|| of_chat(text, zones))
            })
            .or_else(|| lap(text))
            .or_else(|| relative(text, zones))
    } else if first == b'(' {
        bracketed(text, zones)
    } else if matches!(first, 0xe4 | 0xe5 | 0xec) {
        clocked(text, 0, zones)
    } else {
        None
    };
    if bullet && found.is_none() {
        found = behind_item(text, zones);
    }
    if found.is_some() {
        // It's told already.
    } else if text.len() <= TAIL_LINE_BYTES_MAX {
        found = tail(text, zones);
    } else {
        // A report's first update may be a long line with its dateline.
        found = signed(text, zones).or_else(|| reported(text, zones)).or_else(|| behind_title(text, zones));
    }
    let Some(mut found) = found else { return dotted_minute(line) };
    found.bullet = bullet;
    // `1. 1630:` is numbered. A year alone on its line, `2012:`, isn't.
    found.bare_digits |= found.four_digits && found.place == Place::Alone && !bullet;
    (!is_nought(&found)).then_some(found)
}

/// Whether a line is a stamp that stands so, wherever the line stands.
pub(crate) fn is_one(line: &str, place: Place) -> bool {
    find(line, &[]).is_some_and(|found| found.place == place)
}

/// Whether digits and a colon open a text, as they open most time lines: then it's no age, date or minute of a match.
fn opens_clock(text: &str) -> bool {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    digits > 0 && text.as_bytes().get(digits) == Some(&b':')
}

/// Whether a line may be a stamp that stands alone: it has a digit, or opens as `Noon` does.
pub(crate) fn may_be_alone(line: &str) -> bool {
    has_digit(line) || matches!(unmarked(line).0.as_bytes().first(), Some(b'N' | b'n' | b'M' | b'm'))
}

/// Whether a line without digits may have a clock: `Noon: text`, or a tail that says so. Nearly no line has, and
/// nearly every line comes by here.
fn may_be_noon(text: &str, first: u8) -> bool {
    matches!(first, b'N' | b'n' | b'M' | b'm') || text.len() <= TAIL_LINE_BYTES_MAX && may_be_tail(text)
}

/// A clock at `at`, with its zone and date, and what follows.
fn clocked<'a>(text: &'a str, at: usize, zones: &[(String, Zone)]) -> Option<Found<'a>> {
    behind(text, at, clock::leading(&text[at..])?, zones)
}

/// A clock that was read at `at`, with what stands behind it.
fn behind<'a>(text: &'a str, at: usize, clock: Clock, zones: &[(String, Zone)]) -> Option<Found<'a>> {
    let mut end = at + clock.length;
    let mut named_zone = None;
    let blank = blanks(&text[end..]);
    if let Some((zone, length)) = zone::leading(&text[end + blank..], zones) {
        named_zone = Some(zone);
        end += blank + length;
    } else if let Some(rest) = text[end..].strip_prefix(", ")
        && let Some((zone, length)) = zone::leading(rest, zones)
        && length == rest.len()
    {
        // `19:02, мск`
        named_zone = Some(zone);
        end = text.len();
    } else if let Some(rest) = text[end..].strip_prefix(" local time") {
        end = text.len() - rest.len();
    } else if let Some((zone, length)) = zone::shift(&text[end..], clock.seconds) {
        named_zone = Some(zone);
        end += length;
    }
    let (mut its_date, mut joined) = (None, false);
    if let Some((date, length, by_joint)) =
        date_behind(&text[end..], clock.seconds, text[..end].ends_with(')'))
    {
        (its_date, joined) = (Some(date), by_joint);
        end += length;
    } else if let Some((date, length)) = date_between(&text[end..]) {
        its_date = Some(date);
        end += length;
    }
    if let Some(rest) = text[end..].strip_prefix(" update")
        && !rest.starts_with(char::is_alphanumeric)
    {
        end = text.len() - rest.len();
    }
    let mut found = Found {
        time_text: &text[at..end],
        moment: Moment::Clock { time: clock.time, zone: named_zone, date: its_date },
        seconds: clock.seconds,
        four_digits: clock.four_digits,
        twelve: clock.twelve,
        joined,
        by_machine: is_by_machine(&text[at..at + clock.length]),
        ..Found::default()
    };
    let (length, there) = elsewhere(&text[end..], zones);
    if let (Moment::Clock { time, zone: zone @ None, .. }, Some(there)) = (&mut found.moment, there) {
        *zone = zone_of(*time, there);
    }
    let mut end = end + length;
    if let Some(length) = weekday_behind(&text[end..]).filter(|_| clock.twelve) {
        end += length;
        found.joined = true;
    }
    let end = end + closing(&text[end..]);
    if let Some(after) = text[end..].trim_start().strip_prefix(FRAME) {
        // `+++ 14:05 +++ Text`, `+++14:05 Uhr+++`, `6. März, 14.05 Uhr +++ Text`
        let place = if after.trim().is_empty() {
            Place::Alone
        } else {
            Place::Opens
        };
        return Some(Found { place, mark: place == Place::Opens, after: after.trim(), ..found });
    }
    // `ORE 22.35. TEXT`
    let rest = text[end..].strip_prefix('.').filter(|rest| at > 0 && rest.starts_with(' '));
    rest_of(rest.unwrap_or(&text[end..]), &mut found)?;
    if clock.four_digits && !text[end..].starts_with(':') {
        // `1458 Text`, `1447 - text`, `2240 IST text`: only where the page has a row of them.
        found.bare_digits = found.mark
            || found.has_zone()
            || found.after.starts_with(|c: char| c.is_uppercase() || is_opening_quote(c));
        found.bare_digits |= found.place == Place::Alone && (clock.has_unit || found.has_zone());
        return (!found.glued && found.bare_digits).then_some(found);
    }
    Some(found)
}

/// `05:56 PM`, `5:56 PM`: with a colon, a blank and capitals.
fn is_by_machine(clock: &str) -> bool {
    let rest = clock.trim_start_matches(|c: char| c.is_ascii_digit());
    matches!(rest.as_bytes(), [b':', _, _, b' ', b'A' | b'P', b'M'])
}

/// Sorts what follows a clock into byline or text.
fn rest_of<'a>(rest: &'a str, found: &mut Found<'a>) -> Option<()> {
    // `17:58 h. Text`, `17:58 h.- Text`, `17:58 hs.: Text`.
    let is_unit = |rest: &&str| found.time_text.ends_with(['h', 'd', 'д']) || rest.starts_with(':');
    let rest = rest.strip_prefix('.').filter(is_unit).unwrap_or(rest);
    let trimmed = rest.trim();
    // What is cut in the middle of its `PM` has no text yet.
    if matches!(trimmed, "" | ":" | "A" | "P" | "a" | "p" | "]" | "·") {
        found.joined |= trimmed == "]";
        found.place = Place::Alone;
        return Some(());
    }
    if is_age(trimmed) {
        found.place = Place::Alone;
        return Some(());
    }
    if let Some(name) = trimmed.strip_prefix(',') {
        let name = name.trim();
        if name.is_empty() {
            // Its author was on a line of its own, or wasn't named.
            found.comma = true;
            found.place = Place::Alone;
            return Some(());
        }
        let is_name = name.len() <= NAME_BYTES_MAX
            && name.starts_with(char::is_uppercase)
            && !name.ends_with('.')
            && !name.contains(": ")
            && date::leading(name, false).is_none();
        if !is_name {
            // `4:03 p.m., Red flag: who is out.`
            let label = name.split_once(": ").map_or("", |(label, _)| label);
            let is_title =
                || label.split(' ').all(|word| word.len() <= 3 || !word.starts_with(char::is_lowercase));
            let is_labelled = found.twelve
                && (1..=NAME_BYTES_MAX).contains(&label.len())
                && (label.len() <= LABEL_BYTES_MAX || is_title())
                && label.starts_with(char::is_uppercase);
            // `22.20 Uhr, Hafen Der Kran …`
            let is_long = name.len() > NAME_BYTES_MAX && name.starts_with(char::is_uppercase);
            let is_text = is_labelled || is_long && found.time_text.ends_with("Uhr");
            (found.place, found.mark, found.after) = (Place::Opens, true, name);
            return is_text.then_some(());
        }
        found.byline = Some(name);
        found.comma = true;
        found.place = Place::Alone;
        return Some(());
    }
    let by = ["Posted by ", "by ", "By ", "· "].iter().find_map(|by| trimmed.strip_prefix(by));
    if let Some(name) = by.map(str::trim).filter(|name| trimmed.starts_with('P') || is_author(name)) {
        found.byline = Some(name);
        found.place = Place::Alone;
        return Some(());
    }
    found.place = Place::Opens;
    if let Some(text) = rest.strip_prefix(". ") {
        // `14:25. Text`, `7.25pm. Text`, `14h25. Texte`; with dots it may be a date.
        found.odd = !(found.time_text.contains([':', 'h', 'u']) || found.twelve || found.has_zone());
        if found.four_digits {
            return None;
        }
        found.mark = true;
        found.after = text.trim();
        let opens = |c: char| c.is_uppercase() || is_opening_quote(c);
        return found.after.starts_with(opens).then_some(());
    }
    // `19.10.- Texto`
    let trimmed = trimmed.strip_prefix('.').filter(|rest| rest.starts_with("- ")).unwrap_or(trimmed);
    let marks = [':', '–', '—', '|', '】', ']', '-', ';'];
    if let Some(text) = trimmed.strip_prefix(marks) {
        let text = text.strip_prefix([':', '-']).unwrap_or(text);
        let spaced = text.starts_with([' ', '\u{a0}']) || rest.starts_with(' ');
        let is_dash = trimmed.starts_with(['–', '—']) && text.starts_with(char::is_alphabetic);
        let glued_mark = is_dash || trimmed.starts_with([':', '】', '|', ']']);
        // `11:04 p.m.-The pier`
        let is_hyphen = found.twelve && text.starts_with(char::is_uppercase);
        if !spaced && !glued_mark && !is_hyphen {
            return None;
        }
        found.mark = true;
        // `**14:05:** Text`, `[14:05]: Text`, `14:05 -- Text`.
        let text = without_close(text.trim());
        let dash = text.strip_prefix("– ").or_else(|| text.strip_prefix("- "));
        // `18:45 | – It fell, she says.`
        found.after = dash.filter(|_| !trimmed.starts_with('|')).unwrap_or(text);
        // `10:15am - 11:00am, Avery` is a range; `23:59 - Midnight, nearly` isn't.
        let may_end = found.twelve || found.after.starts_with(|c: char| c.is_ascii_digit());
        let is_range = !glued_mark && may_end && clock::leading(found.after).is_some();
        if found.after.ends_with(STAFF) && found.after.len() <= 2 * NAME_BYTES_MAX {
            // `0600: Ann Bee Harbour reporter, BBC News`
            found.byline = Some(std::mem::take(&mut found.after));
        }
        return (!is_range).then_some(());
    }
    // `9:43 AM PT (Ann Bee): Text`
    if let Some((name, text)) = trimmed.strip_prefix('(').and_then(|name| name.split_once("): "))
        && is_author(name)
    {
        (found.byline, found.mark, found.after) = (Some(name), true, text.trim());
        return Some(());
    }
    let until =
        ["to ", "bis ", "a ", "à ", "tot ", "til "].iter().find_map(|word| trimmed.strip_prefix(word));
    if until.is_some_and(|end| clock::leading(end).is_some()) {
        return None;
    }
    let first = trimmed.chars().next()?;
    if first.is_ascii_digit()
        && let Some(second) = clock::leading(trimmed)
        && !is_of_a_game(found, second.twelve, &trimmed[second.length..])
    {
        // The same time in another notation, `6.41pm BST 18:41`.
        let is_same = matches!(&found.moment, Moment::Clock { time, .. } if *time == second.time);
        let text = &trimmed[second.length..];
        let is_glued = text.starts_with(char::is_uppercase);
        let is_text =
            || text.starts_with(' ') && !text[1..].starts_with(|c: char| c.is_lowercase() || c == ' ');
        if is_same && rest == trimmed && (is_glued || is_text()) {
            // `7.22pm BST19:22The pier`, `5.02pm GMT17:02 The pier`.
            (found.after, found.glued) = (text.trim_start(), is_glued);
            return Some(());
        }
        found.place = Place::Alone;
        let zone = trimmed[second.length..].trim_start();
        let is_end =
            zone.is_empty() || zone::leading(zone, &[]).is_some_and(|(_, length)| length == zone.len());
        return (is_same && is_end).then_some(());
    }
    let glued = !rest.starts_with([' ', '\u{a0}', '\t']);
    if glued
        && !(first.is_uppercase()
            || found.seconds && found.twelve
            || found.has_zone() && first.is_ascii_digit()
            || matches!(first, '«' | '"' | '“' | '¿' | '¡' | '‘' | '\'' | '£' | '€' | '$'))
    {
        return None;
    }
    found.glued = glued;
    if !glued
        && !trimmed.starts_with(".@")
        && first.is_ascii_punctuation()
        && !matches!(first, '"' | '\'' | '(' | '@' | '#' | '[' | '$' | '<' | '*')
    {
        return None;
    }
    found.after = trimmed;
    found.label = !glued && is_label(trimmed);
    Some(())
}

/// A date, then a clock.
fn dated<'a>(text: &'a str, zones: &[(String, Zone)]) -> Option<Found<'a>> {
    // Scribble writes the US date; with seconds it is always that.
    let Some((mut its_date, length)) = date::leading(text, false) else {
        return glued_to_year(text, zones);
    };
    // `25 марта 2022 г. 16:48`
    let year = text[length..].strip_prefix(" г.").map_or(length, |rest| text.len() - rest.len());
    let mut at = year + gap(&text[year..]);
    for word in [
        "at ", "à ", "a las ", "alle ", "om ", "um ", "в ", "o ", "kl. ", "Pukul ", "pukul ", "--- ", "- ",
        "-", "| ", "/ ", "· ", "T",
    ] {
        if text[at..].starts_with(word) {
            at += word.len();
        }
    }
    if at == length {
        return None;
    }
    // `March 6, 2024, 9:15 p.m. ETMarch 6, 2024`
    let once = text.strip_suffix(&text[..length]).filter(|once| at < once.len()).unwrap_or(text);
    let Some(mut found) = clocked(once, at, zones) else { return glued_to_year(text, zones) };
    if found.seconds && found.twelve {
        its_date = date::leading(text, true).map_or(its_date, |(date, _)| date);
    }
    found.date_before(text, its_date, at);
    Some(found)
}

/// `Wed, Mar 6 20249:48 PM EST`: the clock is glued to the year.
fn glued_to_year<'a>(text: &'a str, zones: &[(String, Zone)]) -> Option<Found<'a>> {
    let colon = memchr::memchr(b':', &text.as_bytes()[..text.len().min(NAME_BYTES_MAX)])?;
    let digits = text[..colon].bytes().rev().take_while(u8::is_ascii_digit).count();
    let at = colon - digits.checked_sub(YEAR_DIGITS).filter(|hour| (1..=2).contains(hour))?;
    let (its_date, _) =
        date::leading(&text[..at], false).filter(|&(date, length)| length == at && date.year.is_some())?;
    let mut found = clocked(text, at, zones).filter(|found| found.place == Place::Alone)?;
    found.date_before(text, its_date, at);
    Some(found)
}

fn is_opening_quote(c: char) -> bool {
    matches!(c, '"' | '“' | '«' | '‘')
}

fn blanks(text: &str) -> usize {
    text.len() - text.trim_start_matches([' ', '\u{a0}', '\u{202f}']).len()
}

fn gap(text: &str) -> usize {
    text.len() - text.trim_start_matches([' ', ',', '\u{a0}', '\u{202f}']).len()
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn what_stands_alone_may(
            line in "([•*-] |\\+\\+\\+ |\\[|【)?(Noon|midnight|noon update|[0-9]{1,2}|now|Ann Bee|just|an hour)?([:.][0-9]{2})?( ?[ap]m| ago| GMT|:|, Ann Bee)?",
        ) {
            let is_alone = find(&line, &[]).is_some_and(|found| found.place == Place::Alone);
            proptest::prop_assert!(!is_alone || may_be_alone(&line), "{}", line);
        }
    }
}
