//! The newsroom's page as a text.

use jiff::Timestamp;
use jiff::civil::Date;

use super::family::{Heads, When};
use super::fill::Fill;
use super::life::Newsroom;
use super::random::Random;
use super::traits::Day;

/// How a line reads that dates what is below it.
const HEADINGS: &[&str] = &[
    "%A %-d %B",
    "%A, %B %-d, %Y",
    "%d.%m.%Y",
    "%A, %b. %-d",
    "%Y-%m-%d",
    "%A, %-d. %B %Y",
];

impl Newsroom {
    /// The page with these updates, from the top, as it is fetched then.
    pub fn text(&self, standing: &[usize], fetched: Timestamp) -> String {
        let traits = &self.traits;
        let day_of = |at: Timestamp| self.zone.to_datetime(at).date();
        let mut lines = vec![self.title.clone()];
        let first = self.updates.first().map_or(fetched, |first| first.at);
        match traits.day {
            Day::Published => lines.push(day_of(first).strftime("Published: %-d %B %Y").to_string()),
            Day::Updated => lines.push(day_of(fetched).strftime("Last updated %-d %B %Y").to_string()),
            Day::Stamp | Day::Heading | Day::Path | Day::Mtime => {}
        }
        lines.push("We follow what the town says about the storm, and what becomes of its harbour.".into());
        lines.push(String::new());
        let mut last: Option<Date> = None;
        for (nth, &at) in standing.iter().enumerate() {
            let day = day_of(self.updates[at].at);
            if traits.day == Day::Heading && last != Some(day) {
                lines.push(day.strftime(HEADINGS[traits.heading]).to_string());
            }
            self.write_update(at, nth, standing.len(), last != Some(day), &mut lines);
            last = Some(day);
            if traits.blank_lines {
                lines.push(String::new());
            }
        }
        lines.join("\n") + "\n"
    }

    fn write_update(&self, at: usize, nth: usize, count: usize, first_of_day: bool, lines: &mut Vec<String>) {
        let (traits, update) = (&self.traits, &self.updates[at]);
        let local = update.at.to_zoned(self.zone.clone());
        let (older, newer) = if traits.log {
            (nth, count - 1 - nth)
        } else {
            (count - 1 - nth, nth)
        };
        let when = When { date: local.date(), time: local.time(), older, newer };
        let headline = update.headline.as_deref();
        let zone = match traits.family.line.contains(" ET,") {
            true => "ET".to_string(),
            false => local.strftime("%Z").to_string(),
        };
        let fill = Fill { when, nth, first_of_day, headline, lead: &update.lead, zone: &zone };
        let stamp = fill.line(&mut Random::new(update.seed), traits.family.line).lines;
        let mut body = update.paragraphs.clone();
        if !traits.family.line.contains("{body}") {
            body.insert(0, update.lead.clone());
        }
        let headline = || headline.map(str::to_string);
        let is_below = traits.family.line.starts_with("{below}");
        lines.extend(headline().filter(|_| traits.heads == Heads::Before));
        if !is_below {
            lines.extend(stamp.clone());
        }
        lines.extend(headline().filter(|_| traits.heads == Heads::After));
        lines.extend(body);
        if is_below {
            lines.extend(stamp);
        }
    }
}
