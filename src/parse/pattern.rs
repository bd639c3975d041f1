//! Time lines of a blog's own, as a newsroom writes them down: `{h}:{mm} Uhr, {text}` into what a line holds.
//!
//! A pattern is the line, with a name in braces for each part that changes. It has no alternatives and no
//! repetitions: a blog that writes its times in two ways has two patterns.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Time;

use crate::model::time::{Moment, PartialDate, Zone};
use crate::parse::stamp::{Found, Place};
use crate::parse::{clock, date, zone};

/// A pattern longer than this is no line's, bytes.
const PATTERN_BYTES_MAX: usize = 200;
/// An author's name, bytes: longer is text.
const NAME_BYTES_MAX: usize = 60;

/// A part of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// As it stands; a blank in it is any run of blanks.
    Literal(String),
    Hour,
    Minute,
    Second,
    Half,
    Zone,
    Day,
    Month,
    MonthName,
    Year,
    Name,
    Text,
}

const PARTS: &[(&str, Part)] = &[
    ("h", Part::Hour),
    ("mm", Part::Minute),
    ("ss", Part::Second),
    ("am", Part::Half),
    ("zone", Part::Zone),
    ("d", Part::Day),
    ("m", Part::Month),
    ("month", Part::MonthName),
    ("yyyy", Part::Year),
    ("name", Part::Name),
    ("text", Part::Text),
];

/// How a blog writes a time line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    written: String,
    /// At least an hour. A name or a text stands at the end or before a literal.
    parts: Vec<Part>,
    place: Place,
}

/// What is wrong with a pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// A brace that isn't one of a pair.
    #[error("the brace at byte {0} has no other half")]
    Brace(usize),
    /// A part that there isn't.
    #[error(
        "there is no {{{0}}}: parts are {{h}} {{mm}} {{ss}} {{am}} {{zone}} {{d}} {{m}} {{month}} {{yyyy}} {{name}} {{text}}"
    )]
    Unknown(String),
    /// A part that stands there twice.
    #[error("{{{0}}} stands there twice")]
    Twice(&'static str),
    /// No hour.
    #[error("there is no {{h}} in it")]
    NoHour,
    /// A day without its month, or the other way round.
    #[error("a date needs {{d}} and one of {{m}} and {{month}}")]
    HalfDate,
    /// Nothing ends a text or a name.
    #[error("something must stand between {{{0}}} and {{{1}}}")]
    Open(&'static str, &'static str),
    /// It fits any line that begins with a number.
    #[error("{{h}} alone is any number: write {{mm}} or {{am}} too, or a word beside it")]
    Loose,
    /// Too long.
    #[error("it is over {PATTERN_BYTES_MAX} bytes")]
    Long,
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

impl Part {
    fn name(&self) -> &'static str {
        PARTS.iter().find(|(_, part)| part == self).map_or("", |(name, _)| name)
    }

    fn is_open(&self) -> bool {
        matches!(self, Part::Name | Part::Text)
    }

    fn is_literal(&self) -> bool {
        matches!(self, Part::Literal(_))
    }
}

impl FromStr for Pattern {
    type Err = String;

    fn from_str(written: &str) -> Result<Pattern, String> {
        Pattern::new(written).map_err(|error| format!("{written:?} is no time line: {error}"))
    }
}

impl Pattern {
    /// A pattern as it's written.
    pub fn new(written: &str) -> Result<Pattern, PatternError> {
        if written.len() > PATTERN_BYTES_MAX {
            return Err(PatternError::Long);
        }
        let parts = parts(written.trim())?;
        for (nth, part) in parts.iter().enumerate() {
            if !part.is_literal() && parts[..nth].contains(part) {
                return Err(PatternError::Twice(part.name()));
            }
        }
        let has = |part: Part| parts.contains(&part);
        if !has(Part::Hour) {
            return Err(PatternError::NoHour);
        }
        let month = usize::from(has(Part::Month)) + usize::from(has(Part::MonthName));
        if month != usize::from(has(Part::Day)) || has(Part::Year) && month == 0 {
            return Err(PatternError::HalfDate);
        }
        if let Some(pair) = parts.windows(2).find(|pair| pair[0].is_open() && !pair[1].is_literal()) {
            return Err(PatternError::Open(pair[0].name(), pair[1].name()));
        }
        let worded = |part: &Part| matches!(part, Part::Literal(text) if text.trim() != "");
        if !has(Part::Minute) && !has(Part::Half) && !parts.iter().any(worded) {
            return Err(PatternError::Loose);
        }
        let hour = parts.iter().position(|part| *part == Part::Hour);
        let place = match parts.iter().position(|part| *part == Part::Text) {
            None => Place::Alone,
            text if text < hour => Place::Closes,
            _ => Place::Opens,
        };
        Ok(Pattern { written: written.to_string(), parts, place })
    }

    /// The stamp on `line`, if the line is as the pattern says.
    pub fn find<'a>(&self, line: &'a str, zones: &[(String, Zone)]) -> Option<Found<'a>> {
        let line = line.trim();
        let mut found = Found { place: self.place, custom: true, mark: true, ..Found::default() };
        let (mut hour, mut minute, mut second, mut half) = (0, 0, 0, None);
        let (mut day, mut month, mut year) = (None, 0, None);
        let mut its_zone = None;
        // The time as written: from its first part to its last.
        let (mut from, mut to) = (None, 0);
        let mut at = 0;
        for (nth, part) in self.parts.iter().enumerate() {
            let rest = &line[at..];
            let length = match part {
                Part::Literal(text) => literal(rest, text)?,
                Part::Name | Part::Text => {
                    let length = self.open(nth, rest)?;
                    let text = rest[..length].trim();
                    match part {
                        Part::Name => found.byline = Some(text).filter(|name| name.len() <= NAME_BYTES_MAX),
                        _ if self.place == Place::Closes => found.before = text,
                        _ => found.after = text,
                    }
                    if *part == Part::Name && found.byline.is_none() {
                        return None;
                    }
                    length
                }
                Part::Hour => digits(rest, 1, &mut hour)?,
                Part::Minute => digits(rest, 2, &mut minute)?,
                Part::Second => digits(rest, 2, &mut second)?,
                Part::Half => {
                    let (afternoon, length) = clock::meridiem(rest)?;
                    half = Some(afternoon);
                    length
                }
                Part::Zone => {
                    let (zone, length) = zone::leading(rest, zones)?;
                    its_zone = Some(zone);
                    length
                }
                Part::Day => digits(rest, 1, day.insert(0))?,
                Part::Month => digits(rest, 1, &mut month)?,
                Part::MonthName => {
                    let (number, length) = date::month(rest)?;
                    month = number;
                    length
                }
                Part::Year => {
                    let written = rest.get(..4).filter(|text| text.bytes().all(|b| b.is_ascii_digit()))?;
                    year = Some(written.parse().ok()?);
                    4
                }
            };
            if !part.is_literal() && !part.is_open() {
                from.get_or_insert(at);
                to = at + length;
            }
            at += length;
        }
        if !line[at..].trim().is_empty() {
            return None;
        }
        let hour = match half {
            Some(afternoon) if hour <= 12 => hour % 12 + if afternoon { 12 } else { 0 },
            _ => hour,
        };
        let date = match day {
            Some(day) if (1..=31).contains(&day) && (1..=12).contains(&month) => {
                Some(PartialDate { year, month, day })
            }
            Some(_) => return None,
            None => None,
        };
        found.moment = Moment::Clock { time: Time::new(hour, minute, second, 0).ok()?, zone: its_zone, date };
        found.time_text = &line[from?..to];
        Some(found)
    }

    /// How much of `rest` a name or a text takes up: to what follows it. Before a clock, to its last place.
    fn open(&self, nth: usize, rest: &str) -> Option<usize> {
        let Some(Part::Literal(next)) = self.parts.get(nth + 1) else {
            return (!rest.trim().is_empty()).then_some(rest.len());
        };
        let places = rest.char_indices().skip(1).map(|(at, _)| at);
        let mut fitting = places.filter(|&at| literal(&rest[at..], next).is_some());
        match self.parts[nth] {
            Part::Text if self.place == Place::Closes => fitting.last(),
            _ => fitting.next(),
        }
    }
}

fn parts(written: &str) -> Result<Vec<Part>, PatternError> {
    let mut parts = Vec::new();
    let mut at = 0;
    while at < written.len() {
        let rest = &written[at..];
        let Some(name) = rest.strip_prefix('{') else {
            let end = rest.find(['{', '}']).unwrap_or(rest.len());
            if end == 0 {
                return Err(PatternError::Brace(at));
            }
            parts.push(Part::Literal(rest[..end].to_string()));
            at += end;
            continue;
        };
        let name = &name[..name.find('}').ok_or(PatternError::Brace(at))?];
        let part = PARTS.iter().find(|(known, _)| *known == name);
        let (_, part) = part.ok_or_else(|| PatternError::Unknown(name.to_string()))?;
        parts.push(part.clone());
        at += name.len() + 2;
    }
    Ok(parts)
}

/// How much of `rest` a literal takes up.
fn literal(rest: &str, text: &str) -> Option<usize> {
    let mut at = 0;
    let mut text = text.chars().peekable();
    while let Some(c) = text.next() {
        if c.is_whitespace() {
            while text.peek().is_some_and(|c| c.is_whitespace()) {
                text.next();
            }
            let blank = rest[at..].len() - rest[at..].trim_start().len();
            if blank == 0 && !(rest[at..].is_empty() && text.peek().is_none()) {
                return None;
            }
            at += blank;
        } else if rest[at..].starts_with(c) {
            at += c.len_utf8();
        } else {
            return None;
        }
    }
    Some(at)
}

/// A number of one or two digits, at least `least`.
fn digits(rest: &str, least: usize, value: &mut i8) -> Option<usize> {
    let count = rest.bytes().take(2).take_while(u8::is_ascii_digit).count();
    if count < least {
        return None;
    }
    *value = rest[..count].parse().ok()?;
    Some(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find<'a>(pattern: &str, line: &'a str) -> Option<Found<'a>> {
        Pattern::new(pattern).expect("a pattern").find(line, &[])
    }

    #[test]
    fn a_line_as_the_pattern_says() {
        let found = find("{h}:{mm} Uhr, {text}", "  7:05  Uhr, Die Brücke öffnet").expect("it fits");
        assert_eq!((found.place, found.time_text, found.after), (Place::Opens, "7:05", "Die Brücke öffnet"));
        let found =
            find("{text} ({h}.{mm}{am} {zone})", "Bridge (north) opens (2.20pm GMT)").expect("it fits");
        assert_eq!((found.place, found.time_text), (Place::Closes, "2.20pm GMT"));
        assert_eq!(found.before, "Bridge (north) opens");
        assert_eq!(found.moment_time(), Some((14, 20)));
        let found = find("Kl. {h}.{mm} / {d}. {month} {yyyy} / {name}", "Kl. 9.05 / 6. March 2024 / Ann Lee");
        let found = found.expect("it fits");
        assert_eq!((found.place, found.byline), (Place::Alone, Some("Ann Lee")));
        assert_eq!(found.time_text, "9.05 / 6. March 2024");
        let date = Some(PartialDate { year: Some(2024), month: 3, day: 6 });
        assert!(matches!(found.moment, Moment::Clock { date: its_date, .. } if its_date == date));
        for line in [
            "",
            "7:05",
            "7:05 Uhr",
            "25:05 Uhr, x",
            "7:5 Uhr, x",
            "at 7:05 Uhr, x",
            "7:05 uhr, x",
            "7:05 Uhr,x",
        ] {
            assert_eq!(find("{h}:{mm} Uhr, {text}", line), None, "{line}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (pattern, error) in [
            ("{h}:{mm", "the brace at byte 4 has no other half"),
            ("{h}:{mm} }", "the brace at byte 9 has no other half"),
            ("{hour}:{mm}", "there is no {hour}: parts are {h}"),
            ("{h}:{mm} {h}", "{h} stands there twice"),
            ("{text}", "there is no {h} in it"),
            ("{h}:{mm} {d}", "a date needs {d} and one of {m} and {month}"),
            ("{h}:{mm} {yyyy}", "a date needs {d} and one of {m} and {month}"),
            ("{text}{h}:{mm}", "something must stand between {text} and {h}"),
            ("{h} {text}", "{h} alone is any number"),
        ] {
            let said = Pattern::new(pattern).expect_err("no pattern").to_string();
            assert!(said.starts_with(error), "{pattern}: {said}");
        }
        assert_eq!(Pattern::new(&"x".repeat(300)), Err(PatternError::Long));
    }
}
