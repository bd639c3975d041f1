//! Finds the agenda that stands above a page's first update, `10am: The minister speaks`: its lines look like time lines.
//!
//! What stands below it decides: its times rise, and then the page's own begin elsewhere.

use std::cmp::Ordering;

use crate::parse::hits::Hit;
use crate::parse::stamp::Place;
use crate::parse::update::minute_of_day;
use crate::parse::{boilerplate, headlines, inline};

/// How many stamps tell whether an agenda is above the page's own, with these: a longer one is none.
pub(crate) const STAMPS: usize = 24;
/// Without a line that announces it, an agenda has so many at least.
const UNANNOUNCED_LINES_MIN: usize = 3;
/// Its times are so far apart, min.
const SPREAD_MINUTES_MIN: i32 = 30;
/// What is so much earlier than the line above may be of the next day, just after midnight, min.
const AFTER_MIDNIGHT_MINUTES: i32 = 6 * 60;

/// What may be a line of it.
struct Entry {
    minute: i32,
    bullet: bool,
    /// Whether a blank line stands above it.
    is_spaced: bool,
    /// Whether it says what is planned: text on its line, which is no sentence, and none below it.
    is_item: bool,
}

impl Entry {
    fn of(hit: &Hit<'_>, end: usize, lines: &[&str]) -> Option<Entry> {
        let has_text = lines[hit.line + 1..end].iter().any(|line| !boilerplate::is_boilerplate(line));
        let is_sentence = !headlines::is_open_ended(hit.found.after);
        Some(Entry {
            minute: minute_of_day(hit.found.moment_time()?),
            bullet: hit.found.bullet,
            is_spaced: hit.line.checked_sub(1).is_some_and(|above| lines[above].is_empty()),
            is_item: hit.found.place == Place::Opens && !is_sentence && !has_text,
        })
    }
}

/// How many of a page's first stamps are its agenda's. More than [`STAMPS`] needn't be given.
pub(crate) fn count(hits: &[Hit<'_>], lines: &[&str]) -> usize {
    let Some(first) = hits.first() else { return 0 };
    let above = lines[..first.line].iter().rfind(|line| !line.is_empty()).copied().unwrap_or("");
    let ends = hits[1..].iter().map(|next| next.line).chain([lines.len()]);
    let entries: Vec<Entry> =
        hits.iter().zip(ends).take(STAMPS).map_while(|(hit, end)| Entry::of(hit, end, lines)).collect();
    let is_alike = |pair: &[Entry]| {
        pair[1].is_item
            && pair[1].minute >= pair[0].minute
            && pair[1].bullet == entries[0].bullet
            && pair[1].is_spaced == entries[1].is_spaced
    };
    let count = 1 + entries.windows(2).take_while(|pair| is_alike(pair)).count();
    let Some(next) = entries.get(count) else { return 0 };
    let [first, .., last] = &entries[..count] else { return 0 };
    let is_announced = inline::opens_page_agenda(above)
        || above.ends_with(':') && !inline::leads_to_updates(above) && !inline::is_chronology(above);
    let is_otherwise = !next.is_item || next.bullet != first.bullet;
    let is_after_midnight = next.minute + 24 * 60 - last.minute < AFTER_MIDNIGHT_MINUTES;
    // A blog's own updates are now and then a few minutes out of order, and of one minute.
    let is_spread = last.minute - first.minute >= SPREAD_MINUTES_MIN;
    let falls_below = next.minute < first.minute && !is_after_midnight;
    let falls_back = last.minute - next.minute >= SPREAD_MINUTES_MIN && !is_after_midnight;
    let steps = || entries[count..].windows(2).map(|pair| pair[1].minute.cmp(&pair[0].minute));
    let falls = steps().filter(|step| step.is_lt()).count();
    let is_falling =
        steps().next().is_some_and(Ordering::is_lt) && falls > steps().filter(|step| step.is_gt()).count();
    let is_one = match is_announced {
        true => falls_below || is_otherwise && (falls_back || is_falling),
        false => count >= UNANNOUNCED_LINES_MIN && is_otherwise && (falls_below || is_falling),
    } && is_spread;
    match first.is_item && is_one {
        true => count,
        false => 0,
    }
}
