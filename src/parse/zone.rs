//! Turns a zone as stamps write it (`GMT`, `(IST)`, `Greenwich Mean Time`) into an offset or rules.
//!
//! It doesn't know which offset rules give on a day: that needs the day, which dating finds.

use jiff::tz::TimeZone;

use crate::model::time::Zone;
use crate::parse::clock;

/// Text is glued only to names as long as this: shorter ones open words, `PTs`, bytes.
const GLUED_NAME_BYTES_MIN: usize = 3;

/// Names with one meaning: minutes east of UTC, as `docs/zones.md` has them. `IST` was India in every page seen.
const OFFSETS: &[(&str, i32)] = &[
    ("GMT", 0),
    ("UTC", 0),
    ("WAT", 60),
    ("CAT", 120),
    ("EAT", 180),
    ("IDT", 180),
    ("TRT", 180),
    ("TSİ", 180),
    ("GST", 240),
    ("ICT", 420),
    ("WIB", 420),
    ("WITA", 480),
    ("WIT", 540),
    ("PHT", 480),
    ("AST", -240),
    ("ADT", -180),
    ("ART", -180),
    ("BRT", -180),
    ("NST", -210),
    ("NDT", -150),
    ("BST", 60),
    ("IST", 330),
    ("EST", -300),
    ("EDT", -240),
    ("CST", -360),
    ("CDT", -300),
    ("MST", -420),
    ("MDT", -360),
    ("PST", -480),
    ("PDT", -420),
    ("AKST", -540),
    ("AKDT", -480),
    ("HST", -600),
    ("WET", 0),
    ("WEST", 60),
    ("CET", 60),
    ("CEST", 120),
    ("MEZ", 60),
    ("MESZ", 120),
    ("EET", 120),
    ("EEST", 180),
    ("MSK", 180),
    ("мск", 180),
    ("МСК", 180),
    ("SAST", 120),
    ("PKT", 300),
    ("SGT", 480),
    ("HKT", 480),
    ("JST", 540),
    ("KST", 540),
    ("AWST", 480),
    ("ACST", 570),
    ("ACDT", 630),
    ("AEST", 600),
    ("AEDT", 660),
    ("NZST", 720),
    ("NZDT", 780),
    ("Greenwich Mean Time", 0),
    ("British Summer Time", 60),
    ("Indian Standard Time", 330),
    ("Central European Summer Time", 120),
    ("Central European Time", 60),
    ("Eastern Standard Time", -300),
    ("Eastern Daylight Time", -240),
    ("Moscow time", 180),
    ("по Москве", 180),
    ("بتوقيت غرينتش", 0),
    ("بتوقيت مكة المكرمة", 180),
];

/// Names whose offset depends on the day.
const RULES: &[(&str, &str)] = &[
    ("ET", "America/New_York"),
    ("CT", "America/Chicago"),
    ("MT", "America/Denver"),
    ("PT", "America/Los_Angeles"),
    ("AET", "Australia/Sydney"),
    ("Eastern Time", "America/New_York"),
    ("Eastern", "America/New_York"),
    ("Central Time", "America/Chicago"),
    ("Central", "America/Chicago"),
    ("Mountain Time", "America/Denver"),
    ("Mountain", "America/Denver"),
    ("Pacific Time", "America/Los_Angeles"),
    ("Pacific", "America/Los_Angeles"),
    ("Atlantic Time", "America/Halifax"),
    ("Atlantic", "America/Halifax"),
    ("UK time", "Europe/London"),
];

/// Those of them that a sentence may open with.
const PLACES: &[&str] = &["Atlantic", "Central", "Mountain", "Pacific"];

/// The zone that opens `text`, and how many bytes of it that takes: brackets around it count, blanks
/// before it don't. `more` is looked at first.
pub fn leading(text: &str, more: &[(String, Zone)]) -> Option<(Zone, usize)> {
    let (bracket, inner) = match text.strip_prefix('(') {
        Some(inner) => (1, inner),
        None => (0, text),
    };
    let (zone, mut length) = named(inner, more)?;
    if bracket == 1 {
        if !inner[length..].starts_with(')') {
            return None;
        }
        length += 2;
    }
    Some((zone, length))
}

/// An offset that stands by itself behind a clock: ` +01:00`, `Z`. `-05:00` may be the end of a range, but not behind
/// `seconds`.
pub(super) fn shift(text: &str, seconds: bool) -> Option<(Zone, usize)> {
    let blank = usize::from(text.starts_with(' '));
    match text.as_bytes().get(blank)? {
        b'+' => {}
        b'-' if seconds => {}
        b'Z' if blank == 0 && !text[1..].starts_with(char::is_alphanumeric) => {
            return Some((Zone::Offset(0), 1));
        }
        _ => return None,
    }
    let (shift, length) = numeric(&text[blank..])?;
    (length == "+01:00".len()).then_some((Zone::Offset(shift), blank + length))
}

/// Whether this can stand in a time line as a zone's name, so that it is found there.
pub fn may_be_named(name: &str) -> bool {
    name.starts_with(|c: char| c.is_alphabetic() || matches!(c, '+' | '-'))
        && name.trim() == name
        && !name.contains(char::is_control)
}

fn named(text: &str, more: &[(String, Zone)]) -> Option<(Zone, usize)> {
    let first = text.chars().next()?;
    if !first.is_alphabetic() && !matches!(first, '+' | '-') {
        return None;
    }
    // The first byte tells nearly all names apart, and costs no call.
    let opening = text.as_bytes()[0];
    let whole = |name: &str| {
        name.as_bytes().first() == Some(&opening)
            && text.as_bytes().get(..name.len()) == Some(name.as_bytes())
            && (is_end(&text[name.len()..])
                || name.len() >= GLUED_NAME_BYTES_MIN && is_glued(&text[name.len()..])
                || is_glued_word(&text[name.len()..]))
    };
    if let Some((name, zone)) =
        more.iter().filter(|(name, _)| !name.is_empty() && whole(name)).max_by_key(|(name, _)| name.len())
    {
        return Some((zone.clone(), name.len()));
    }
    // `9 p.m. Central`, and no `9 p.m. Central banks meet`.
    let is_word = |name: &str| {
        PLACES.contains(&name) && text[name.len()..].starts_with(" ") && !text[name.len()..].starts_with(" -")
    };
    if let Some((name, rules)) = opened_by(opening, RULES, &RULES_OPENED)
        .filter(|(name, _)| whole(name) && !is_word(name))
        .max_by_key(|(name, _)| name.len())
    {
        let zone = TimeZone::get(rules).ok()?;
        return Some((Zone::Rules(zone), name.len()));
    }
    let (name, minutes) = opened_by(opening, OFFSETS, &OFFSETS_OPENED)
        .filter(|(name, _)| whole(name))
        .max_by_key(|(name, _)| name.len())?;
    if let ("GMT" | "UTC", Some((shift, length))) = (*name, numeric(&text[name.len()..])) {
        return Some((Zone::Offset(shift), name.len() + length));
    }
    Some((Zone::Offset(minutes * 60), name.len()))
}

/// Whether a zone's name ends before this: the same time in another notation may be glued to it, `8.01pm EDT20:01`.
fn is_end(rest: &str) -> bool {
    match rest.chars().next() {
        Some(next) if next.is_ascii_digit() => {
            let ends = |at: usize| rest[at..].is_empty() || rest[at..].starts_with(' ');
            clock::leading(rest).is_some_and(|clock| clock.has_minutes && ends(clock.length))
        }
        next => next.is_none_or(|next| !next.is_alphanumeric()),
    }
}

/// Whether text is glued to a zone's name: `7.22pm BSTThe pier`, `BSTA ferry`, `BST19:22The pier`, `BST90+2 min: The pier`.
fn is_glued(rest: &str) -> bool {
    match *rest.as_bytes() {
        [b'A' | b'I', b' ', ..] | [b'A'..=b'Z', b'a'..=b'z', ..] => true,
        [b'0'..=b'9', ..] => {
            let again = clock::leading(rest).filter(|clock| clock.has_minutes);
            again.is_some_and(|clock| rest[clock.length..].starts_with(char::is_uppercase)) || is_minute(rest)
        }
        _ => false,
    }
}

/// Whether a word with a capital is glued to a name however short: `ETThe pier`, and no `ETFs`.
fn is_glued_word(rest: &str) -> bool {
    matches!(*rest.as_bytes(), [b'A'..=b'Z', b'a'..=b'z', b'a'..=b'z', ..])
}

/// Whether a match's minute opens a text: `90 min`, `90+2 min`, `45'`.
fn is_minute(text: &str) -> bool {
    let minute = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let behind = minute
        .strip_prefix('+')
        .map_or(minute, |more| more.trim_start_matches(|c: char| c.is_ascii_digit()));
    behind.starts_with(" min") || behind.starts_with(['\'', '’'])
}

/// For each first byte, the names of a table that it opens, a bit each.
static OFFSETS_OPENED: [u128; 256] = opened(OFFSETS);
static RULES_OPENED: [u128; 256] = opened(RULES);

const fn opened<T>(table: &[(&str, T)]) -> [u128; 256] {
    assert!(table.len() <= 128, "a bit for each name");
    let mut opened = [0; 256];
    let mut at = 0;
    while at < table.len() {
        opened[table[at].0.as_bytes()[0] as usize] |= 1 << at;
        at += 1;
    }
    opened
}

/// What a table has under the names that begin with this byte, in its order.
fn opened_by<T>(
    first: u8,
    table: &'static [(&'static str, T)],
    opened: &[u128; 256],
) -> impl Iterator<Item = &'static (&'static str, T)> + use<T> {
    let mut bits = opened[usize::from(first)];
    std::iter::from_fn(move || {
        let at = bits.trailing_zeros() as usize;
        bits &= bits.wrapping_sub(1);
        table.get(at)
    })
}

/// `+2`, `+02:00`, `-0330`: seconds east, and the bytes it takes.
fn numeric(text: &str) -> Option<(i32, usize)> {
    let bytes = text.as_bytes();
    let sign = match bytes.first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let digits = |from: usize| bytes[from..].iter().take_while(|b| b.is_ascii_digit()).count();
    let hour_digits = digits(1).min(2);
    let hours: i32 = text.get(1..1 + hour_digits)?.parse().ok()?;
    let mut end = 1 + hour_digits;
    let colon = usize::from(bytes.get(end) == Some(&b':'));
    let mut minutes = 0;
    if digits(end + colon) == 2 && hour_digits == 2 {
        minutes = text.get(end + colon..end + colon + 2)?.parse().ok()?;
        end += colon + 2;
    }
    if hours > 14 || minutes > 59 || bytes.get(end).is_some_and(u8::is_ascii_digit) {
        return None;
    }
    Some((sign * (hours * 3600 + minutes * 60), end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_in_all_their_shapes() {
        let offset = |text: &str| match leading(text, &[]) {
            Some((Zone::Offset(seconds), length)) => Some((seconds, length)),
            Some((Zone::Rules(_), length)) => Some((-1, length)),
            None => None,
        };
        for (text, expected) in [
            ("GMT", Some((0, 3))),
            ("(IST) rest", Some((19800, 5))),
            ("(IST rest", None),
            ("Greenwich Mean Time 13 February", Some((0, 19))),
            ("мск", Some((10800, 6))),
            ("ET, April 15", Some((-1, 2))),
            ("UTC+02:00", Some((7200, 9))),
            ("GMT-3:", Some((-10800, 5))),
            ("Central banks meet", None),
            ("Pacific islands", None),
            ("ESTATE", None),
            ("ETThe pier", Some((-1, 2))),
            ("ETFs fall", None),
            ("", None),
        ] {
            assert_eq!(offset(text), expected, "{text}");
        }
        let own = [("IST".to_string(), Zone::Offset(7200))];
        assert_eq!(leading("IST", &own), Some((Zone::Offset(7200), 3)));
    }

    /// The rows of the tables in the docs.
    fn documented() -> Vec<Vec<&'static str>> {
        let rows = include_str!("../../docs/zones.md")
            .lines()
            .filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
        rows.map(|row| row.split(" | ").collect()).filter(|row: &Vec<&str>| row[0] != "names").collect()
    }

    #[test]
    fn the_docs_name_every_zone_and_the_tz_database_agrees() {
        let (mut offsets, mut rules) = (Vec::new(), Vec::new());
        for row in documented() {
            match row[..] {
                [names, offset, place] => {
                    let (seconds, _) = numeric(offset).expect("an offset");
                    offsets.extend(names.split(", ").map(|name| (name, seconds / 60)));
                    let (place, month) = place.split_once(", ").expect("a place and a month");
                    let month = if month == "July" { 7 } else { 1 };
                    let noon = jiff::civil::date(2025, month, 15).at(12, 0, 0, 0);
                    let zone = TimeZone::get(place).expect("a zone");
                    let there = zone.to_zoned(noon).expect("a time").offset().seconds();
                    assert_eq!(there, seconds, "{names}");
                }
                [names, place] => rules.extend(names.split(", ").map(|name| (name, place))),
                _ => panic!("{row:?}"),
            }
        }
        let sorted = |mut table: Vec<(&'static str, i32)>| {
            table.sort_unstable();
            table
        };
        assert_eq!(sorted(offsets), sorted(OFFSETS.to_vec()));
        rules.sort_unstable();
        let mut own = RULES.to_vec();
        own.sort_unstable();
        assert_eq!(rules, own);
    }
}
