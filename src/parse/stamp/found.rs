//! What was found on a line that may be a time line.

use super::names::is_lead;
use super::rest_of;
use crate::model::time::{Moment, PartialDate};
use crate::model::words::range_of;
use crate::parse::{clock, date};

/// Where a stamp stands on its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Place {
    /// It is the line, but for a date, zone, byline.
    #[default]
    Alone,
    /// Text follows on the line.
    Opens,
    /// It ends the line: headline or author before it.
    Closes,
    /// A match clock opens the line.
    Match,
    /// `7m ago`, and no clock.
    Relative,
}

/// A stamp on a line.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Found<'a> {
    /// Where it stands.
    pub place: Place,
    /// As written.
    pub time_text: &'a str,
    /// What it means.
    pub moment: Moment,
    /// What stands before it: a headline glued to it.
    pub before: &'a str,
    /// What follows it.
    pub after: &'a str,
    /// Who wrote it, if the line says.
    pub byline: Option<&'a str>,
    /// A list mark opens the line.
    pub bullet: bool,
    /// A date stands before the clock.
    pub date_first: bool,
    /// The clock has seconds.
    pub seconds: bool,
    /// The byline stands behind a comma: then the headline is the line before.
    pub comma: bool,
    /// `: ` or the like stands between clock and text, not just a blank.
    pub mark: bool,
    /// The text follows the clock without a blank: its headline may be glued to its body likewise.
    pub glued: bool,
    /// Four digits.
    pub four_digits: bool,
    /// And no colon behind them, or nothing at all: a time line only where a page has a row of them.
    pub bare_digits: bool,
    /// The clock says AM or PM.
    pub twelve: bool,
    /// The clock is as machines write it: `05:56 PM`.
    pub by_machine: bool,
    /// A short label follows the clock, or a name stands before it: a time line only where the page has them.
    pub label: bool,
    /// A joint or a word joins the clock to its day, or leads to it: a time line only where most of the page's are so.
    pub joined: bool,
    /// The update stands above its stamp, not below.
    pub below: bool,
    /// Seconds since 1970, no clock: a page needs two of them.
    pub epoch: bool,
    /// Its clock is torn, or has a mark that numbers have, `9: 12`, `23,00`: a time line only where it fits in.
    pub odd: bool,
    /// An hour without minutes, `9h`: a time line only where the page has `9h45`.
    pub whole_hour: bool,
    /// The blog's own pattern fits the line.
    pub custom: bool,
}

impl<'a> Found<'a> {
    /// Whether it is the line, and no comma behind it leads to an author.
    pub(crate) fn stands_alone(&self) -> bool {
        self.place == Place::Alone && !self.comma
    }

    /// The day that stands beside the clock.
    pub(crate) fn date(&self) -> Option<PartialDate> {
        match &self.moment {
            Moment::Clock { date, .. } => *date,
            Moment::Match(_) | Moment::Relative | Moment::None => None,
        }
    }

    /// Takes a date that stands before its clock, which begins at `at` of `text`.
    pub(super) fn date_before(&mut self, text: &'a str, its_date: PartialDate, at: usize) {
        if let Moment::Clock { date, .. } = &mut self.moment {
            *date = Some(its_date);
        }
        self.date_first = true;
        self.time_text = &text[..at + self.time_text.len()];
    }

    /// Whether its date can only have its month first, `6/13/2024`.
    pub(crate) fn is_month_first(&self) -> bool {
        let number = |text: &str| text.parse::<u8>().ok();
        let is_american = || {
            const ZONES: &[&str] = &[
                "ET", "EST", "EDT", "CT", "CST", "CDT", "MT", "MST", "MDT", "PT", "PST", "PDT",
            ];
            self.twelve && ZONES.iter().any(|zone| self.time_text.ends_with(zone))
        };
        self.date_first
            && self.time_text.split_once('/').is_some_and(|(first, rest)| {
                let second = rest.split_once('/').and_then(|(second, _)| number(second));
                number(first) <= Some(12) && (second > Some(12) || second.is_some() && is_american())
            })
    }

    /// Reads its date so where it could be read either way.
    pub(crate) fn read_month_first(&mut self) {
        if let Moment::Clock { date: Some(date), .. } = &mut self.moment
            && self.date_first
            && let Some((read, _)) = date::leading(self.time_text, true)
        {
            *date = read;
        }
    }

    /// Takes a `PM` behind its clock for its text's first word, `11:09 PM to speak`. `line`: the one it was found on.
    pub(crate) fn part_from_premier(&mut self, line: &'a str) {
        let time = self.time_text.strip_suffix("PM").map(str::trim_end);
        let clock = time.and_then(|time| clock::leading(time).filter(|clock| clock.length == time.len()));
        let own = range_of(line, self.time_text);
        let (Some(time_text), Some(clock), Some(own), Place::Opens) = (time, clock, own, self.place) else {
            return;
        };
        let mut parted = Found {
            time_text,
            moment: Moment::Clock { time: clock.time, zone: None, date: None },
            bullet: self.bullet,
            ..Found::default()
        };
        if rest_of(&line[own.start + time_text.len()..], &mut parted).is_some() {
            *self = parted;
        }
    }

    /// Whether it says how old its update is.
    pub(crate) fn is_aged(&self) -> bool {
        // A search for a word begins with more work than so short a text is.
        self.time_text.as_bytes().windows(4).any(|word| word == b" ago")
    }

    /// Whether it is written with a dot and nothing else, `16.15`, as prices are.
    pub(crate) fn is_dotted(&self) -> bool {
        self.time_text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
    }

    /// Whether a word of its language's leads to its clock, `Ore 18:33`.
    pub(crate) fn is_led(&self) -> bool {
        let digit = self.time_text.find(|c: char| c.is_ascii_digit());
        digit.is_some_and(|digit| digit > 0 && is_lead(self.time_text[..digit].trim_end()))
    }

    /// Whether it names its zone.
    pub(crate) fn has_zone(&self) -> bool {
        matches!(self.moment, Moment::Clock { zone: Some(_), .. })
    }

    /// Whether the line is a sentence about the time, `17.30 was the deadline`.
    pub(crate) fn is_subject(&self) -> bool {
        const VERBS: &[&str] = &[
            "had", "has", "is", "isn", "marked", "marks", "must", "saw", "was", "wasn", "will", "would",
        ];
        let verb = self.after.split(|c: char| !c.is_ascii_lowercase()).next();
        verb.is_some_and(|verb| VERBS.contains(&verb))
    }

    /// The time of day, to compare two notations.
    pub(crate) fn moment_time(&self) -> Option<(i8, i8)> {
        match &self.moment {
            Moment::Clock { time, .. } => Some((time.hour(), time.minute())),
            Moment::Match(_) | Moment::Relative | Moment::None => None,
        }
    }
}

/// Whether a line is a player's: `0:00`, `0:00 0:57`, `00:00 | 00:00`. No clock of twelve hours has that, and none of 24
/// without a nought nearly ever.
pub(super) fn is_nought(found: &Found<'_>) -> bool {
    let is_nothing = found.time_text == "0:00";
    let is_pair = || found.place == Place::Opens && found.after == found.time_text;
    is_nothing && (found.place == Place::Alone || found.after.starts_with(|c: char| c.is_ascii_digit()))
        || is_pair()
}

/// Whether what stands behind a clock is how long a game still goes on: `9:48pm 0:49 3rd`.
pub(super) fn is_of_a_game(found: &Found<'_>, is_twelve: bool, after: &str) -> bool {
    found.twelve && !is_twelve && after.starts_with(' ') && !found.has_zone()
}
