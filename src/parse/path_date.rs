//! A path into the date that stands in it, if one does, and the clock behind that. Pure.

use std::path::Path;

use jiff::civil::{Date, Time};

use crate::parse::date::month;

/// Years that a number may mean. Others are counts, ports and hashes.
const YEARS: std::ops::RangeInclusive<i16> = 1990..=2100;
/// What may stand between a date and its clock.
const CLOCK_LEADS: &[char] = &['T', 't', '-', '_', '/', ' '];

/// What a path says of the time of its page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PathDate {
    /// The day of the page.
    pub day: Date,
    /// When it was fetched: what names a page so gives it the time at which it does.
    pub clock: Option<Time>,
}

/// The last date in a path below the drop directory: `2024-03-06`, `20240306`, `2024/03/06`, `6-march-2024`; and a clock
/// right behind it: `2024-03-06T1620`, `20240306_162005`, `2024/03/06/16-20`. Bytes that aren't UTF-8 separate words.
pub fn path_date(path: &Path) -> Option<PathDate> {
    let path = path.to_string_lossy();
    let words = words(&path);
    let (day, end) = (0..words.len()).rev().find_map(|at| date_at(&words[at..]))?;
    Some(PathDate { day, clock: clock(&path[end..]) })
}

/// A run of digits or of letters. So `20240306T1015` are three and no letter glues a date to anything.
#[derive(Debug, Clone, Copy)]
struct Word<'p> {
    text: &'p str,
    /// Where it stands in the path.
    start: usize,
    /// Whether it follows the word before it with nothing in between.
    is_glued: bool,
}

impl Word<'_> {
    fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

fn words(path: &str) -> Vec<Word<'_>> {
    let kind = |c: char| (c.is_ascii_digit(), c.is_alphanumeric());
    let mut words = Vec::new();
    let (mut start, mut before) = (0, None);
    for (at, c) in path.char_indices().chain([(path.len(), '/')]) {
        let now = kind(c);
        if before.is_some_and(|before| before == now) {
            continue;
        }
        if let Some((_, true)) = before {
            let is_glued = path[..start].chars().next_back().is_some_and(char::is_alphanumeric);
            words.push(Word { text: &path[start..at], start, is_glued });
        }
        (start, before) = (at, Some(now));
    }
    words
}

/// The date that these words begin with, and where it ends in the path.
fn date_at(words: &[Word<'_>]) -> Option<(Date, usize)> {
    let number = |at: usize, digits: usize| {
        let word = words.get(at)?;
        let is_number = word.text.len() <= digits && word.text.bytes().all(|b| b.is_ascii_digit());
        if is_number {
            word.text.parse::<i16>().ok()
        } else {
            None
        }
    };
    // All of the word: a slug's `mayor` is no May.
    let named = |at: usize| {
        let (month, length) = month(words.get(at)?.text)?;
        Some(i16::from(month)).filter(|_| length == words[at].text.len() && length >= 3)
    };
    let ordinal = |at: usize| {
        let is_ordinal = |word: &Word<'_>| word.is_glued && matches!(word.text, "st" | "nd" | "rd" | "th");
        usize::from(words.get(at).is_some_and(is_ordinal))
    };
    let year = |at: usize| number(at, 4).filter(|year| YEARS.contains(year));
    let date = |year: i16, month: i16, day: i16| {
        Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
    };
    let ends_at = |last: usize| words[last].end();
    if let Some(year) = year(0) {
        let month = named(1).or_else(|| number(1, 2));
        if let Some(found) = month.zip(number(2, 2)).and_then(|(month, day)| date(year, month, day)) {
            return Some((found, ends_at(2)));
        }
    }
    if let Some(day) = number(0, 2) {
        let at = 1 + ordinal(1);
        let found = named(at).zip(year(at + 1)).and_then(|(month, year)| date(year, month, day));
        return found.map(|found| (found, ends_at(at + 1)));
    }
    if let Some((month, day)) = named(0).zip(number(1, 2)) {
        let at = 2 + ordinal(2);
        return year(at).and_then(|year| date(year, month, day)).map(|found| (found, ends_at(at)));
    }
    // Eight digits, or with the time of day behind them to the minute or the second.
    let Word { text: digits, start, .. } = *words.first()?;
    if !digits.starts_with(|c: char| c.is_ascii_digit()) || !matches!(digits.len(), 8 | 12 | 14) {
        return None;
    }
    let year = digits[..4].parse().ok().filter(|year| YEARS.contains(year))?;
    let found = date(year, digits[4..6].parse().ok()?, digits[6..8].parse().ok()?);
    found.map(|found| (found, start + 8))
}

/// The clock that stands right behind a date: `T1620`, `162005`, `_16-20`. Midnight is what machines write where they know
/// the day alone.
fn clock(behind: &str) -> Option<Time> {
    let text = behind.strip_prefix(CLOCK_LEADS).unwrap_or(behind);
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let (hour, rest) = text.split_at_checked(2)?;
    let minute = match digits(text) {
        4 | 6 => rest,
        2 => rest.strip_prefix(['-', '_', '.', ':', 'h']).filter(|rest| digits(rest) == 2)?,
        _ => return None,
    };
    let time = Time::new(hour.parse().ok()?, minute.get(..2)?.parse().ok()?, 0, 0).ok()?;
    Some(time).filter(|&time| time != Time::midnight())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn the_last_date_in_the_path_counts() {
        let march = Some(date(2024, 3, 6));
        for path in [
            "2024-03-06-storm.txt",
            "20240306.txt",
            "x/2024/03/06/page.txt",
            "6-march-2024.txt",
            "storm-06-mar-2024.txt",
            "march-6-2024/page",
            "2024_03_06.txt",
            "2024/mar/06/page.txt",
            "2023-01-01/2024-03-06.txt",
            "storm_20240306T101500.txt",
            "20240306123000.txt",
            "page.2024-3-6.txt",
            "storm-2024-03-06T10:15:00Z.txt",
            "live20240306.txt",
            "live2024-03-06.txt",
            "6th-march-2024.txt",
            "march-6th-2024.txt",
            "6march2024",
            "x/06Mar2024/page-1.txt",
            "6-märz-2024",
            "2024-03-06-page-12.txt",
            "2024-03-06/2024-13-45/page",
        ] {
            assert_eq!(path_date(Path::new(path)).map(|found| found.day), march, "{path}");
        }
        for path in [
            "page.txt",
            "1234567890.txt",
            "2024-13-06.txt",
            "2024-03.txt",
            "20241399",
            "9999-01-01",
            "a/6/b",
            "2024-03-065",
            "12024-03-06",
            "120240306",
            "202403061",
            "2024-02-30",
            "6-mayor-2024",
            "march-2024",
            "6-march-24",
            "0xdeadbeef20241",
        ] {
            assert_eq!(path_date(Path::new(path)), None, "{path}");
        }
    }

    #[test]
    fn bytes_that_are_no_utf8_are_skipped() {
        use std::os::unix::ffi::OsStrExt;
        let path = std::ffi::OsStr::from_bytes(b"\xff\xfe2024-03-06\xff.txt");
        assert_eq!(path_date(Path::new(path)).map(|found| found.day), Some(date(2024, 3, 6)));
    }

    #[test]
    fn a_clock_stands_right_behind_the_last_date() {
        for path in [
            "2024-03-06T1620-blog.txt",
            "20240306_162005.txt",
            "20240306162005.txt",
            "blogs/2024/03/06/16-20.txt",
            "2024-03-06/1620.txt",
            "2024-03-05T0900/blog-6-march-2024-16h20.txt",
            "march-6th-2024-16.20.txt",
        ] {
            let found = PathDate { day: date(2024, 3, 6), clock: Some(Time::constant(16, 20, 0, 0)) };
            assert_eq!(path_date(Path::new(path)), Some(found), "{path}");
        }
        for path in [
            "2024-03-06.txt",
            "2024-03-06-blog-1620.txt",
            "2024-03-06T0000.txt",
            "2024-03-06-2.txt",
            "2024-03-06-9999.txt",
            "2024-03-06/2024-03-06-é.txt",
            "2024-03-05T0900/2024-03-06.txt",
        ] {
            let found = PathDate { day: date(2024, 3, 6), clock: None };
            assert_eq!(path_date(Path::new(path)), Some(found), "{path}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_path_is_survived(path in "([0-9]{1,5}|[-_/.T]|th|mar|march|é|\\PC){0,12}") {
            path_date(Path::new(&path));
        }
    }
}
