//! The clock behind the date in a path into the instant at which its page was fetched. Which date that is, `path_date` says.

use std::path::Path;

use jiff::Timestamp;
use jiff::civil::Time;

use super::time_zone;
use crate::model::time::Zone;
use crate::parse::path_date::path_date;

/// What may stand between a date and its clock.
const LEADS: &[char] = &['T', 't', '-', '_', '/', ' '];

/// So many times digits begin or end in the part of a path that is looked at: a date and a clock have twelve.
const EDGES_MAX: usize = 48;

/// When a page was fetched by its name: `2024-03-06T1620-blog.txt`, `20240306_162005.txt`, `2024/03/06/16-20.txt`.
pub fn fetched(path: &Path, zone: &Zone) -> Option<Timestamp> {
    let path = path.to_string_lossy();
    let is_digit = |at: usize| path.as_bytes().get(at).is_some_and(u8::is_ascii_digit);
    let is_edge = |&at: &usize| is_digit(at) != at.checked_sub(1).is_some_and(is_digit);
    let mut edges: Vec<usize> = (0..=path.len()).rev().filter(is_edge).take(EDGES_MAX).collect();
    edges.reverse();
    let dated = |from: usize, to: usize| path_date(Path::new(&path[from..to]));
    // The date is the last one, and its clock right behind it.
    let start = edges.iter().rev().copied().find(|&start| dated(start, path.len()).is_some())?;
    let (day, end) = edges.iter().find_map(|&end| {
        let day = (end > start).then(|| dated(start, end))??;
        Some((day, end))
    })?;
    let time = clock(path[end..].strip_prefix(LEADS)?)?;
    Some(day.to_datetime(time).to_zoned(time_zone(zone)).ok()?.timestamp())
}

/// `1620`, `162005`, `16-20`. Midnight is what machines write where they know the day alone.
fn clock(text: &str) -> Option<Time> {
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

    #[test]
    fn a_clock_stands_right_behind_the_last_date() {
        let fetched = |path: &str| Some(fetched(Path::new(path), &Zone::Offset(3_600))?.to_string());
        for path in [
            "2024-03-06T1620-blog.txt",
            "20240306_162005.txt",
            "blogs/2024/03/06/16-20.txt",
            "2024-03-06/1620.txt",
            "2024-03-05T0900/blog-6-march-2024-16h20.txt",
        ] {
            assert_eq!(fetched(path).as_deref(), Some("2024-03-06T15:20:00Z"), "{path}");
        }
        for path in [
            "2024-03-06.txt",
            "2024-03-06-blog-1620.txt",
            "2024-03-06T0000.txt",
            "2024-03-06-2.txt",
            "2024-03-06-9999.txt",
            "2024-03-06/2024-03-06-é.txt",
            "1620.txt",
        ] {
            assert_eq!(fetched(path), None, "{path}");
        }
    }
}
