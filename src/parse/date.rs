//! Turns a date as pages write it (`March 6, 2024`, `16 Jul`, `14.12.2017`, `Donnerstag, 16. Juli`)
//! into a partial date.
//!
//! It doesn't find the year where none is stated.

use crate::model::time::PartialDate;
use crate::parse::openings::Openings;
use crate::parse::scan::trimmed;

mod names;
mod weekdays;

use names::MONTHS;
use weekdays::{DAYS, LEADS};

/// How months and days begin: that tells nearly every line of prose from a date.
static NAMES: Openings = {
    let mut names = Openings::of(DAYS);
    let mut at = 0;
    while at < LEADS.len() {
        names = names.and(LEADS[at]);
        at += 1;
    }
    at = 0;
    while at < MONTHS.len() {
        names = names.and(MONTHS[at].0);
        at += 1;
    }
    names
};

/// Whether a date may open a text, by its first three bytes.
fn may_open(text: &str) -> bool {
    let [first, second, third, ..] = *text.as_bytes() else { return true };
    if !first.is_ascii_alphabetic() {
        return first.is_ascii_digit() || !first.is_ascii();
    }
    // A name in another alphabet's letters, or one that is shorter: `Le 19/03`, `Mi., 6. März`.
    let is_short = |pair: [u8; 2]| {
        matches!(
            &pair.map(|b| b.to_ascii_lowercase()),
            b"le" | b"mo" | b"di" | b"mi" | b"do" | b"fr" | b"sa" | b"so"
        )
    };
    let other = || !second.is_ascii() || !third.is_ascii() || is_short([first, second]);
    NAMES.has(text).unwrap_or_else(other)
}

/// The date that opens `text`, and its bytes. `month_first` reads `10/22/2013` as the US does.
pub fn leading(text: &str, month_first: bool) -> Option<(PartialDate, usize)> {
    if !may_open(text) {
        return None;
    }
    let mut at = 0;
    let names_days = if text.starts_with(|c: char| c.is_ascii_digit()) {
        0
    } else {
        2
    };
    for _ in 0..names_days {
        let (word, length) = word(&text[at..]);
        if length == 0 || !is_weekday(word) && !LEADS.iter().any(|lead| same(lead, word)) {
            break;
        }
        at += length;
        at += skip(&text[at..], &['.', ',', '-', ' ', '\u{a0}']);
    }
    // `Freitag (25. Februar)`
    let bracket = usize::from(at > 0 && text[at..].starts_with('('));
    let (date, length) = bare(&text[at + bracket..], month_first)?;
    let mut end = at + bracket + length;
    if bracket > 0 {
        end += text[end..].starts_with(')').then_some(bracket)?;
    }
    if text[end..].starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let end = end + weekday_behind(&text[end..]).filter(|_| date.year.is_some()).unwrap_or(0);
    (date.month >= 1 && date.month <= 12 && date.day >= 1 && date.day <= 31).then_some((date, end))
}

/// How much of what follows a date is its weekday, `7 Mart 2024 Perşembe`, and no text.
fn weekday_behind(text: &str) -> Option<usize> {
    let blank = text.len() - text.strip_prefix(' ')?.len();
    let (word, length) = word(&text[blank..]);
    let rest = text[blank + length..].trim_start_matches([' ', ',', '-', '|']);
    let is_end = rest.is_empty() || rest.starts_with(|c: char| c.is_ascii_digit());
    (length > 0 && is_end && is_weekday(word)).then_some(blank + length)
}

/// Whether a date may be a post's, `March 6, 2024`: those have a year and no weekday.
pub(super) fn is_of_a_post(text: &str) -> bool {
    let has_year = words(text).any(|word| word.len() == 4 && word.bytes().all(|byte| byte.is_ascii_digit()));
    has_year && !has_weekday(text)
}

/// Whether a date has its weekday.
pub(super) fn has_weekday(text: &str) -> bool {
    words(text).any(is_weekday)
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// Whether a word is a weekday, in full or cut short.
pub(super) fn is_weekday(word: &str) -> bool {
    may_open(word) && DAYS.iter().any(|day| same(day, word))
}

/// The date that a line is, if it is nothing else but for marks around it: `--- 6 March ---`, `## 6 March`.
pub fn whole(line: &str) -> Option<PartialDate> {
    let line = trimmed(line);
    let line = match line.as_bytes().first()? {
        b'-' | b'#' | b'=' | b'*' | b'+' | b'_' | b'~' | 0xe2 => unframed(line),
        _ => line,
    };
    if line.len() > 64 {
        return None;
    }
    // `Thursday, March 11 (Bangkok time)`, `Wednesday 8 September 2010 (Day Five)`
    let line = match line.strip_suffix(')').and_then(|line| line.split_once(" (")) {
        Some((date, _)) if line.starts_with(|c: char| c.is_ascii_uppercase()) => date,
        _ => line,
    };
    let (date, end) = leading(line, false)?;
    // `1/5` counts the posts of a thread; `01/05` is a day.
    let is_count = date.year.is_none() && line.len() < 5 && line.contains('/');
    (!is_count && line[end..].trim_matches(['.', ',', ':', ' ']).is_empty()).then_some(date)
}

/// A line without the marks around it. One mark that opens a line and doesn't close it is a list's, but for a heading's
/// `#`.
fn unframed(line: &str) -> &str {
    let Some(mark) = line.chars().next().filter(|c| c.is_ascii() || matches!(c, '–' | '—')) else {
        return line;
    };
    let inner = line.trim_start_matches(mark);
    let is_one = line.len() - inner.len() == mark.len_utf8();
    match is_one && mark != '#' && !inner.ends_with(mark) {
        true => line,
        false => inner.trim_end_matches(mark).trim(),
    }
}

fn bare(text: &str, month_first: bool) -> Option<(PartialDate, usize)> {
    let (number, digits) = digits(text);
    if matches!(text.as_bytes().get(digits), Some(0xe5 | 0xe6 | 0xeb | 0xec)) {
        return east_asian(text);
    }
    if digits == 4 {
        return iso(text).or_else(|| year_first(text, number));
    }
    if digits == 0 {
        let (month, mut at) = month(text)?;
        // `Jul, 09`
        at += usize::from(matches!(text.as_bytes()[at..], [b',', b' ', b'0'..=b'3', b'0'..=b'9', ..]));
        at += skip(&text[at..], &['.', ' ', '\u{a0}']);
        let (day, length) = digits_upto(&text[at..], 2)?;
        at += length;
        at += ordinal(&text[at..]);
        let (year, length) = year(&text[at..]);
        let date = PartialDate { year, month, day: day as i8 };
        return Some((date, at + length));
    }
    if digits > 2 {
        return None;
    }
    let mut at = digits;
    if let Some(separator @ ('/' | '.' | '-')) = text[at..].chars().next()
        && let Some((second, length)) = digits_upto(&text[at + 1..], 2)
    {
        let mut end = at + 1 + length;
        let mut year = None;
        if text[end..].starts_with(separator) {
            let (value, length) = self::digits(&text[end + 1..]);
            match length {
                4 => year = Some(value as i16),
                2 => year = Some(2000 + value as i16),
                0 if separator == '.' => {}
                _ => return None,
            }
            end += 1 + length;
        } else if separator != '/' {
            return None;
        }
        let (first, second) = (number as i8, second as i8);
        let swap = if first > 12 {
            false
        } else {
            second > 12 || (month_first && separator == '/')
        };
        let (day, month) = if swap { (second, first) } else { (first, second) };
        return Some((PartialDate { year, month, day }, end));
    }
    let ordinal = ordinal(&text[at..]);
    at += ordinal;
    // `6th, March 2024`
    at += usize::from(ordinal > 0 && text[at..].starts_with(','));
    at += skip(&text[at..], &['.', ' ', '\u{a0}', '-']);
    if let Some(rest) = text[at..].strip_prefix("of ").or_else(|| text[at..].strip_prefix("de ")) {
        at = text.len() - rest.len();
    }
    let (month, length) = month(&text[at..])?;
    at += length;
    at += usize::from(text[at..].starts_with('.'));
    let (year, length) = year(&text[at..]);
    at += length;
    // `7. ožujka 2024.`
    at += usize::from(year.is_some() && text[digits..].starts_with('.') && text[at..].starts_with('.'));
    Some((PartialDate { year, month, day: number as i8 }, at))
}

/// `2024年12月31日(火)`, `12月31日`, `12월 31일`.
fn east_asian(text: &str) -> Option<(PartialDate, usize)> {
    let part = |text: &str, marks: [char; 2]| {
        let (value, length) = digits(text);
        let rest = text[length..].strip_prefix(marks).filter(|_| length > 0)?;
        Some((value, text.len() - rest.trim_start_matches(' ').len()))
    };
    let (mut year, mut at) = (None, 0);
    if let Some((value, length)) = part(text, ['年', '년']) {
        (year, at) = (Some(i16::try_from(value).ok()?), length);
    }
    let (month, length) = part(&text[at..], ['月', '월'])?;
    at += length;
    let (day, length) = part(&text[at..], ['日', '일'])?;
    at += length;
    // The day of the week.
    let day_of_week = text[at..].strip_prefix(['(', '（']).and_then(|rest| rest.split_once([')', '）']));
    if let Some((name, rest)) = day_of_week
        && name.chars().count() == 1
    {
        at = text.len() - rest.len();
    }
    Some((PartialDate { year, month: i8::try_from(month).ok()?, day: i8::try_from(day).ok()? }, at))
}

fn iso(text: &str) -> Option<(PartialDate, usize)> {
    let bytes = text.as_bytes();
    let mark = *bytes.get(4)?;
    if !matches!(mark, b'-' | b'/' | b'.') || bytes.get(7) != Some(&mark) {
        return None;
    }
    let year = text.get(..4)?.parse().ok()?;
    let month = text.get(5..7)?.parse().ok()?;
    let day = text.get(8..10)?.parse().ok()?;
    Some((PartialDate { year: Some(year), month, day }, 10))
}

/// `2024. március 6.`, `2024 March 6`
fn year_first(text: &str, year: i32) -> Option<(PartialDate, usize)> {
    let rest = &text["2024".len()..];
    let rest = rest.strip_prefix(". ").or_else(|| rest.strip_prefix(' '))?;
    let (month, length) = month(rest).filter(|_| (1900..2200).contains(&year))?;
    let rest = rest[length..].strip_prefix(' ')?;
    let (day, digits) = digits_upto(rest, 2)?;
    let end = text.len() - rest.len() + digits;
    let end = end + usize::from(text[end..].starts_with('.'));
    Some((PartialDate { year: i16::try_from(year).ok(), month, day: day as i8 }, end))
}

fn year(text: &str) -> (Option<i16>, usize) {
    let mut blank = skip(text, &[',', ' ', '\u{a0}', '-']);
    if blank > 0
        && let Some(rest) = text[blank..].strip_prefix("de ").or_else(|| text[blank..].strip_prefix("del "))
    {
        blank = text.len() - rest.len();
    }
    let (value, length) = digits(&text[blank..]);
    let ends = !text[blank + length..].starts_with([':', 'h']);
    if blank > 0 && length == 4 && ends && (1900..2200).contains(&value) {
        return (Some(value as i16), blank + length);
    }
    (None, 0)
}

pub(super) fn month(text: &str) -> Option<(i8, usize)> {
    let (word, length) = word(text);
    if length == 0 {
        return None;
    }
    let (_, month) = MONTHS.iter().find(|(name, _)| same(name, word))?;
    Some((*month, length))
}

fn same(name: &str, word: &str) -> bool {
    name.len() == word.len()
        && (name.eq_ignore_ascii_case(word) || (!word.is_ascii() && name == word.to_lowercase()))
}

fn word(text: &str) -> (&str, usize) {
    let length: usize = text.chars().take(12).take_while(|c| c.is_alphabetic()).map(char::len_utf8).sum();
    (&text[..length], length)
}

fn skip(text: &str, which: &[char]) -> usize {
    text.chars().take(4).take_while(|c| which.contains(c)).map(char::len_utf8).sum()
}

fn ordinal(text: &str) -> usize {
    for suffix in ["st", "nd", "rd", "th"] {
        if let Some(rest) = text.strip_prefix(suffix)
            && !rest.starts_with(char::is_alphabetic)
        {
            return suffix.len();
        }
    }
    0
}

/// The number that opens the text (at most four digits of it) and how many digits there are.
fn digits(text: &str) -> (i32, usize) {
    let count = text.bytes().take(6).take_while(u8::is_ascii_digit).count();
    (text[..count].parse().unwrap_or(0), count)
}

fn digits_upto(text: &str, most: usize) -> Option<(i32, usize)> {
    let (value, count) = digits(text);
    (1 <= count && count <= most).then_some((value, count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_may_open_a_date() {
        for name in MONTHS.iter().map(|(name, _)| *name).chain(DAYS.iter().copied()) {
            assert!(may_open(&format!("{name} 6")), "{name}");
            assert!(may_open(&format!("{} 6", name.to_uppercase())), "{name}");
        }
        for other in ["The ferry", "A 6", "“March", "(6 March", "In March", "Le", ""] {
            assert!(!may_open(other) || leading(other, false).is_none(), "{other}");
        }
        assert!(!may_open("The ferry"));
    }

    #[test]
    fn dates_in_all_their_shapes() {
        for (text, expected) in [
            ("March 6, 2024", Some((Some(2024), 3, 6))),
            ("JAN 26, 2021", Some((Some(2021), 1, 26))),
            ("January 26,2021", Some((Some(2021), 1, 26))),
            ("January 26th 2021", Some((Some(2021), 1, 26))),
            ("13 February 2020", Some((Some(2020), 2, 13))),
            ("21st May 2020", Some((Some(2020), 5, 21))),
            ("6th, March 2024", Some((Some(2024), 3, 6))),
            ("6, March 2024", None),
            ("14.12.2017", Some((Some(2017), 12, 14))),
            ("Today 23.01.2018", Some((Some(2018), 1, 23))),
            ("THURSDAY, AUG. 29", Some((None, 8, 29))),
            ("Friday, October 6, 2023", Some((Some(2023), 10, 6))),
            ("Donnerstag, 16. Juli", Some((None, 7, 16))),
            ("16 Jul", Some((None, 7, 16))),
            ("2024-03-06", Some((Some(2024), 3, 6))),
            ("Wednesday, 3 March, 2021", Some((Some(2021), 3, 3))),
            ("Le 19/03", Some((None, 3, 19))),
            ("6 de marzo de 2024", Some((Some(2024), 3, 6))),
            ("Martes, 5 de marzo de 2024", Some((Some(2024), 3, 5))),
            ("5 de marzo del 2024", Some((Some(2024), 3, 5))),
            ("5 de marzo de la ciudad", None),
            ("Mi., 6. März", Some((None, 3, 6))),
            ("Mo 4. März 2024", Some((Some(2024), 3, 4))),
            ("mer. 6 mars", Some((None, 3, 6))),
            ("mié., 6 de marzo", Some((None, 3, 6))),
            ("mercoledì 6 marzo 2024", Some((Some(2024), 3, 6))),
            ("Quarta-feira, 6 de março de 2024", Some((Some(2024), 3, 6))),
            ("woensdag 6 maart 2024", Some((Some(2024), 3, 6))),
            ("onsdag den 6 marts 2024", Some((Some(2024), 3, 6))),
            ("Onsdag 6. desember", Some((None, 12, 6))),
            ("Rabu, 6 Maret 2024", Some((Some(2024), 3, 6))),
            ("Miercuri, 6 martie 2024", Some((Some(2024), 3, 6))),
            ("2024. március 6.", Some((Some(2024), 3, 6))),
            ("2024. március 6., szerda", None),
            ("6. maaliskuuta 2024", Some((Some(2024), 3, 6))),
            ("6 березня 2024", Some((Some(2024), 3, 6))),
            ("Τετάρτη 6 Μαρτίου 2024", Some((Some(2024), 3, 6))),
            ("2024 március", None),
            ("Mar, 06", Some((None, 3, 6))),
            ("Mar, 6", None),
            ("7 Mart 2024 Perşembe", Some((Some(2024), 3, 7))),
            ("7. ožujka 2024.", Some((Some(2024), 3, 7))),
            ("Ngày 7/3/2024", Some((Some(2024), 3, 7))),
            ("--- Wednesday 6 March ---", Some((None, 3, 6))),
            ("## Wednesday 6 March", Some((None, 3, 6))),
            ("# 6 March 2024", Some((Some(2024), 3, 6))),
            ("*6 March*", Some((None, 3, 6))),
            ("— 6 March —", Some((None, 3, 6))),
            ("=== March 6 ===", Some((None, 3, 6))),
            ("- 6 March", None),
            ("* 6 March", None),
            ("• 6 March", None),
            ("--- The 6 March ---", None),
            ("---", None),
            ("-", None),
            ("So we went", None),
            ("7.30", None),
            ("Marching on", None),
            ("3 people", None),
            ("", None),
        ] {
            let found = whole(text).map(|date| (date.year, date.month, date.day));
            assert_eq!(found, expected, "{text}");
        }
        let (us, _) = leading("10/11/2013 5:00", true).expect("a date");
        assert_eq!((us.month, us.day), (10, 11));
    }
}
