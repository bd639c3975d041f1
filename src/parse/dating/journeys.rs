//! Pages without a day of their own, through their lives: scraped again and again, touched, copied, dropped
//! under another name, and replaced by the next day's blog (DESIGN §4.4). A list of rows plays the journal.

use std::collections::HashMap;

use jiff::civil::{DateTime, date};
use jiff::{SignedDuration, ToSpan};
use proptest::prelude::*;

use super::tests::{clock, facts};
use super::*;
use crate::model::words::Parts;
use crate::parse::page::{Sighting, recognise};

/// What the journal knows: a page, the clock and opening of an update, and when it was.
#[derive(Debug, Default)]
struct Journal {
    rows: Vec<(u64, (String, String), Timestamp)>,
    /// The text that each page was last seen with.
    texts: HashMap<u64, Vec<Update>>,
    pages: u64,
}

impl Journal {
    /// What a reading of a newest-first page says, oldest first.
    fn read(&mut self, text: &[Update], mtime: Timestamp) -> Vec<(Timestamp, String)> {
        let key = |update: &Update| {
            (update.words.time_text().unwrap_or_default().to_string(), update.opening().to_string())
        };
        let seen = |update: &Update| {
            let rows = self.rows.iter().filter(|row| row.1 == key(update));
            rows.map(|row| Sighting { page: row.0, timestamp: row.2, basis: DateBasis::Mtime }).collect()
        };
        let sightings: Vec<Vec<Sighting>> = text.iter().map(seen).collect();
        let same_text = self.texts.iter().find(|(_, known)| *known == text).map(|(page, _)| *page);
        let since =
            |page, since| self.rows.iter().filter(|row| row.0 == page && row.2 >= since).count() as u64;
        let page = same_text.or_else(|| recognise(&sightings, since));
        let anchor = |seen: &Vec<Sighting>| {
            let known = seen.iter().find(|sighting| Some(sighting.page) == page)?;
            Some((known.timestamp, known.basis))
        };
        let anchors: Vec<Anchor> = sightings.iter().map(anchor).collect();
        let dated = super::date(text, &PageFacts { mtime, ..facts(None) }, &anchors);
        let page = page.unwrap_or_else(|| {
            self.pages += 1;
            self.pages
        });
        let mut said = Vec::new();
        for at in dated.sequence {
            let (timestamp, _) = dated.times[at].expect("each has a clock");
            let (time_text, opening) = key(&text[at]);
            if !self.rows.iter().any(|row| row.1.1 == opening && row.2 == timestamp) {
                said.push((timestamp, opening.clone()));
            }
            let row = (page, (time_text, opening), timestamp);
            if !self.rows.contains(&row) {
                self.rows.push(row);
            }
        }
        self.texts.insert(page, text.to_vec());
        said
    }
}

fn at(local: DateTime) -> Timestamp {
    local.to_zoned(TimeZone::UTC).expect("a time").timestamp()
}

fn update(local: DateTime, opening: &str) -> Update {
    let clock = clock(local.hour(), local.minute());
    let words = Parts { headline: Some(opening), ..clock.words.parts() }.into();
    Update { words, ..clock }
}

/// A blog of the given gaps: when each update was, and its headline.
fn blog(start: DateTime, name: &str, gaps: &[i64]) -> Vec<(DateTime, String)> {
    let mut local = start;
    let mut updates = vec![(start, "Good morning".to_string())];
    for (number, &minutes) in gaps.iter().enumerate() {
        local += minutes.minutes();
        updates.push((local, format!("{name} {number}")));
    }
    updates
}

/// The page of a blog after `count` updates, which shows at most `shown_max` of them.
fn page(blog: &[(DateTime, String)], count: usize, shown_max: usize) -> Vec<Update> {
    blog[..count].iter().rev().take(shown_max).map(|(local, opening)| update(*local, opening)).collect()
}

/// Reads a blog after each of its updates (or after each `every`); all must be said at its time.
fn live(
    journal: &mut Journal,
    blog: &[(DateTime, String)],
    shown_max: usize,
    every: usize,
) -> Result<(), TestCaseError> {
    let mut said_count = 0;
    for count in (1..=blog.len()).filter(|count| count % every == 0 || *count == 1 || *count == blog.len()) {
        let mtime = at(blog[count - 1].0) + SignedDuration::from_secs(20);
        let said = journal.read(&page(blog, count, shown_max), mtime);
        let expected: Vec<_> =
            blog[said_count..count].iter().map(|(local, opening)| (at(*local), opening.clone())).collect();
        prop_assert_eq!(said, expected, "after {} updates", count);
        said_count = count;
    }
    Ok(())
}

proptest! {
    #[test]
    fn a_page_keeps_its_days_and_the_next_days_blog_is_new(
        minute in 0i64..1_440,
        second in 1i64..720,
        // Where two are known the order is, and a night may be long.
        gaps in proptest::collection::vec(1i64..1_200, 0..20),
        shown_max in 3usize..12,
        days_later in 1i64..9,
        later_minutes in 0i64..1_440,
        next in proptest::collection::vec(1i64..600, 0..8),
        on_top in proptest::collection::vec(1i64..600, 1..3),
    ) {
        let mut journal = Journal::default();
        let start = date(2024, 2, 27).at(0, 0, 0, 0) + minute.minutes();
        let gaps = [vec![second], gaps].concat();
        let first = blog(start, "First", &gaps);
        live(&mut journal, &first, shown_max, 1)?;
        // Touched, copied, dropped again under another name.
        let text = page(&first, first.len(), shown_max);
        let later = at(first[first.len() - 1].0 + days_later.days() + later_minutes.minutes());
        prop_assert_eq!(journal.read(&text, later), []);
        // With something new on top.
        let grown = blog(first[first.len() - 1].0, "Top", &on_top);
        let mut text = page(&grown[1..], grown.len() - 1, 3);
        text.extend(page(&first, first.len(), shown_max));
        let said = journal.read(&text, later + SignedDuration::from_hours(48));
        let expected: Vec<_> = grown[1..].iter().map(|(local, opening)| (at(*local), opening.clone())).collect();
        prop_assert_eq!(said, expected);
        // A later day's blog at the same path, which begins at the same clock with the same words.
        let days = (grown[grown.len() - 1].0.date() - start.date()).get_days() + 1;
        live(&mut journal, &blog(start + days.days(), "Next", &next), shown_max, 1)?;
    }

    #[test]
    fn a_page_that_is_not_read_at_each_update_keeps_its_days(
        minute in 0i64..1_440,
        gaps in proptest::collection::vec(1i64..300, 1..20),
        every in 1usize..3,
    ) {
        let mut journal = Journal::default();
        let start = date(2024, 12, 30).at(0, 0, 0, 0) + minute.minutes();
        live(&mut journal, &blog(start, "First", &gaps), 8, every)?;
    }
}

/// What is left open: a page of which one update alone is known, and the next day's with the same clock and
/// words, are the same by what they say. Its second update is then dated beside the first.
#[test]
fn a_page_of_one_known_update_is_the_same_page() {
    let mut journal = Journal::default();
    let morning = date(2024, 3, 5).at(8, 0, 0, 0);
    live(&mut journal, &blog(morning, "First", &[]), 8, 1).expect("it is said");
    let next = blog(morning + 1.day(), "Next", &[20]);
    assert_eq!(journal.read(&page(&next, 1, 8), at(next[0].0)), []);
    let said = journal.read(&page(&next, 2, 8), at(next[1].0));
    assert_eq!(said, [(at(morning + 20.minutes()), "Next 0".to_string())]);
}
