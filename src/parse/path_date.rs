//! A path into the date that stands in it, if one does. Pure.

use std::path::Path;

use jiff::civil::Date;

use crate::parse::date::month;

/// The last date in a path below the drop directory: `2024-03-06`, `20240306`, `2024/03/06`, `6-march-2024`.
pub fn path_date(path: &Path) -> Option<Date> {
    let path = path.to_string_lossy();
    let words: Vec<&str> =
        path.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    (0..words.len()).rev().find_map(|at| date_at(&words[at..]))
}

/// The date that these words begin with.
fn date_at(words: &[&str]) -> Option<Date> {
    let number = |at: usize, digits: std::ops::RangeInclusive<usize>| {
        let word = words.get(at)?;
        let is_number = digits.contains(&word.len()) && word.bytes().all(|b| b.is_ascii_digit());
        if is_number { word.parse::<i16>().ok() } else { None }
    };
    let named = |at: usize| {
        words.get(at).and_then(|word| {
            // All of the word: a slug's `mayor` is no May.
            let (month, length) = month(word)?;
            Some(month).filter(|_| length == word.len() && length >= 3)
        })
    };
    let date = |year: i16, month: i16, day: i16| {
        let in_use = (1990..=2100).contains(&year);
        Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok().filter(|_| in_use)
    };
    if let Some(year) = number(0, 4..=4) {
        let month = named(1).map(i16::from).or_else(|| number(1, 1..=2));
        if let Some(found) = month.zip(number(2, 1..=2)).and_then(|(month, day)| date(year, month, day)) {
            return Some(found);
        }
    }
    if let Some((month, year)) = named(1).zip(number(2, 4..=4)) {
        return date(year, i16::from(month), number(0, 1..=2)?);
    }
    if let Some((month, year)) = named(0).zip(number(2, 4..=4)) {
        return date(year, i16::from(month), number(1, 1..=2)?);
    }
    let word = words.first()?;
    // Eight digits, alone, before a `T`, or with the time of day glued to them.
    let digits = word.bytes().take_while(u8::is_ascii_digit).count();
    let followed = word[digits..].is_empty() || word[digits..].starts_with(['T', 't']);
    if !followed || !matches!(digits, 8 | 12 | 14) {
        return None;
    }
    date(word[..4].parse().ok()?, word[4..6].parse().ok()?, word[6..8].parse().ok()?)
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
        ] {
            assert_eq!(path_date(Path::new(path)), march, "{path}");
        }
        for path in [
            "page.txt",
            "1234567890.txt",
            "2024-13-06.txt",
            "2024-03.txt",
            "20241399",
            "9999-01-01",
            "a/6/b",
        ] {
            assert_eq!(path_date(Path::new(path)), None, "{path}");
        }
    }
}
