//! Makes up a blog of one family, and what a right reader finds in it.

use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};
use jiff::{Span, Timestamp};

use crate::body;
use crate::family::{Family, Heads, When};
use crate::fill::Fill;
use crate::preamble::{heading_line, preamble};
use crate::random::Random;
use crate::words::Words;

/// What is to be found of one update.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answer {
    pub time_text: String,
    pub timestamp: Option<Timestamp>,
    pub headline: Option<String>,
    pub body: String,
    pub byline: Option<String>,
    pub key_points: Vec<String>,
    pub handles: Vec<String>,
    pub links: Vec<String>,
    /// The line that it starts on, from 1.
    pub line: u64,
}

/// A page, and what is to be found in it.
#[derive(Debug, Clone)]
pub struct Blog {
    pub row: &'static str,
    pub text: String,
    pub answers: Vec<Answer>,
    /// `--date`, where that tells the day.
    pub date: Option<Date>,
    pub path: String,
    pub mtime: Timestamp,
}

/// What tells the day of a page whose stamps have none.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Day {
    Option,
    Path,
    Header,
    Headings,
    Mtime,
}

/// How much air is between lines.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Spacing {
    Tight,
    /// Blank lines between updates only.
    Blocks,
    Airy,
    Wide,
}

/// The page while it is written.
pub struct Page {
    lines: Vec<String>,
    pub spacing: Spacing,
    pub indent: &'static str,
}

impl Page {
    pub fn line(&mut self, text: impl AsRef<str>) {
        self.lines.push(text.as_ref().trim_end().to_string());
        let blanks = match self.spacing {
            Spacing::Tight | Spacing::Blocks => 0,
            Spacing::Airy => 1,
            Spacing::Wide => 2,
        };
        self.lines.extend(std::iter::repeat_n(String::new(), blanks));
    }

    /// A line with no blank line below it, whatever the spacing.
    pub fn close_line(&mut self, text: impl AsRef<str>) {
        self.lines.push(text.as_ref().trim_end().to_string());
    }

    pub fn inside(&mut self, text: impl AsRef<str>) {
        let text = format!("{}{}", self.indent, text.as_ref());
        self.line(text);
    }

    pub fn gap(&mut self) {
        if self.spacing != Spacing::Tight && self.lines.last().is_some_and(|line| !line.is_empty()) {
            self.lines.push(String::new());
        }
    }

    fn next_line(&self) -> u64 {
        self.lines.len() as u64 + 1
    }
}

/// A blog of one of `mix` for each update; the first is what most of them are.
pub fn blog(random: &mut Random, mix: &[&Family]) -> Blog {
    let main = mix[0];
    let heads = *random.pick(main.heads);
    let zone = zone_of(random, main.line);
    let log = main.log && random.chance(25);
    let alone = !main.line.contains("{body}") && !main.line.contains("{head}");
    let single = alone && mix.len() == 1 && !main.is_dated() && !main.line.contains("ago");
    let count = match random.below(10) {
        0 if single => 1,
        0..=6 => 2 + random.below(5),
        _ => 3 + random.below(12),
    };
    let when = moments(random, main, count, zone.is_et());
    let dated = main.is_dated();
    let day = *random.pick(&[Day::Option, Day::Path, Day::Header, Day::Mtime, Day::Headings]);
    // Only a page that writes its days lets a reader know which of them each update is of.
    let day = if dated && day == Day::Headings {
        Day::Option
    } else {
        day
    };
    let headless = heads == Heads::None && alone;
    let mut words = Words::default();
    let mut page = Page {
        lines: Vec::new(),
        spacing: spacing(random, heads),
        indent: if main.line.starts_with("  ") && random.chance(70) {
            "    "
        } else {
            ""
        },
    };
    let oldest = when[0].date;
    let newest = zone.instant(when[count - 1]).expect("in range");
    preamble(random, &mut page, &mut words, main, oldest, day == Day::Header, day == Day::Headings);
    let at: Vec<usize> = if log {
        (0..count).collect()
    } else {
        (0..count).rev().collect()
    };
    let mut answers = Vec::new();
    let mut clocks_left = if alone && main.row != "category" {
        count / 2
    } else {
        0
    };
    let mut odd_left = count / 5;
    let mut heading = None;
    let no_list = main.row == "relative";
    for (nth, &moment) in at.iter().enumerate() {
        let when = when[moment];
        let family = if mix.len() > 1 && nth > 0 && random.chance(25) {
            mix[1]
        } else {
            main
        };
        if day == Day::Headings && heading != Some(when.date) {
            page.gap();
            page.line(heading_line(random, when.date));
        }
        let first_of_day = heading != Some(when.date);
        heading = Some(when.date);
        let mut answer = Answer { line: page.next_line(), ..Answer::default() };
        // A few end as a sentence does, or don't where the others do: the blog's way counts, not the line's. Where nearly all
        // updates have lost their text, nobody could tell which is the odd one.
        let odd = odd_left > 0 && answers.len() > 2 && nth + 1 < count && random.chance(20);
        odd_left -= usize::from(odd);
        let headline = (heads != Heads::None).then(|| words.headline(random));
        let headline = headline.map(|text| {
            if odd && heads == Heads::After {
                text + "."
            } else {
                text
            }
        });
        let lead = words.paragraph(random);
        if heads == Heads::Before {
            page.inside(headline.as_deref().unwrap_or(""));
        }
        let fill =
            Fill { when, nth, first_of_day, headline: headline.as_deref(), lead: &lead, zone: zone.text() };
        let filled = fill.line(random, family.line);
        answer.time_text = filled.time_text;
        answer.byline = filled.byline;
        let below = main.line.starts_with("{below}");
        if !below {
            filled.lines.iter().for_each(|line| page.line(line));
        }
        if !matches!(main.row, "relative" | "match") {
            answer.timestamp = zone.instant(when);
        }
        answer.headline = headline;
        if heads == Heads::After {
            page.inside(answer.headline.as_deref().unwrap_or(""));
        }
        let on_line = main.line.contains("{body}");
        if on_line {
            answer.body.push_str(&lead);
        }
        // A picture that was lost: nothing is left of the update but its time. Where the next one has the same minute
        // in another notation, nobody could tell.
        let notations = main.line.contains("{first:") || main.line.contains("{again}");
        let may_be_lost = headless && !notations && mix.len() == 1;
        let lost = may_be_lost && nth > 0 && nth + 1 < count && random.chance(5);
        if !lost {
            let odd = odd && heads == Heads::None;
            let style = body::Style { on_line, headless, odd, no_list, clocks_left: &mut clocks_left };
            body::body(random, &mut page, &mut words, &mut answer, style);
        }
        if below {
            filled.lines.iter().for_each(|line| page.line(line));
        }
        if !answer.body.is_empty() || answer.headline.is_some() {
            answers.push(answer);
        }
        page.gap();
    }
    let end = *random.pick(&["\n", "\n", "\n", "\r\n"]);
    let slug = if day == Day::Path {
        format!("{oldest}/page.txt")
    } else {
        "page.txt".to_string()
    };
    Blog {
        row: main.row,
        text: page.lines.iter().map(|line| format!("{line}{end}")).collect(),
        answers,
        date: (day == Day::Option).then_some(oldest),
        path: slug,
        mtime: newest + Span::new().minutes(random.below(600) as i64),
    }
}

fn spacing(random: &mut Random, heads: Heads) -> Spacing {
    match (heads, random.below(4)) {
        // Only a blank line sets a headline above a stamp off from the text before it.
        (Heads::Before, 0 | 1) | (_, 1) => Spacing::Blocks,
        (_, 0) => Spacing::Tight,
        (_, 2) => Spacing::Airy,
        _ => Spacing::Wide,
    }
}

/// Which offset a blog's clocks have.
pub enum Zone {
    Fixed { text: &'static str, minutes: i32 },
    Eastern,
}

impl Zone {
    fn is_et(&self) -> bool {
        matches!(self, Zone::Eastern)
    }

    fn text(&self) -> &'static str {
        match self {
            Zone::Fixed { text, .. } => text,
            Zone::Eastern => "ET",
        }
    }

    fn instant(&self, when: When) -> Option<Timestamp> {
        let local = DateTime::from_parts(when.date, when.time);
        match self {
            Zone::Fixed { minutes, .. } => Offset::from_seconds(minutes * 60).ok()?.to_timestamp(local).ok(),
            Zone::Eastern => {
                let zone = TimeZone::get("America/New_York").ok()?;
                zone.to_ambiguous_timestamp(local).compatible().ok()
            }
        }
    }
}

fn zone_of(random: &mut Random, line: &str) -> Zone {
    const KNOWN: &[(&str, i32)] = &[
        ("GMT", 0),
        ("BST", 60),
        ("IST", 330),
        ("EDT", -240),
        ("CET", 60),
        ("UTC", 0),
        ("AEST", 600),
    ];
    if line.contains("{Z}") {
        let &(text, minutes) = random.pick(KNOWN);
        return Zone::Fixed { text, minutes };
    }
    if line.contains(" ET,") {
        return Zone::Eastern;
    }
    let stated = [
        ("мск", 180),
        ("IST", 330),
        ("British Summer Time", 60),
        ("EST", -300),
        ("EDT", -240),
    ];
    let minutes = stated.iter().find(|(text, _)| line.contains(text)).map_or(0, |(_, minutes)| *minutes);
    Zone::Fixed { text: "", minutes }
}

/// The moments of a blog, oldest first.
fn moments(random: &mut Random, family: &Family, count: usize, quiet_months: bool) -> Vec<When> {
    let months: &[i8] = if quiet_months {
        &[1, 5, 7, 9]
    } else {
        &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
    };
    let date = Date::new(2011 + random.below(13) as i16, *random.pick(months), 1 + random.below(28) as i8)
        .expect("every month has 28 days");
    let second = if family.line.contains("{ss}") {
        random.below(60)
    } else {
        0
    };
    let mut minute = random.below(1_440);
    let pace = *random.pick(&[3, 20, 60, 180]);
    let mut now = date.at(0, 0, second as i8, 0);
    let mut at = 0;
    let mut moments = Vec::new();
    for older in 0..count {
        if older > 0 {
            minute += if family.hours_only { 60 } else { random.below(pace) };
        }
        if family.hours_only {
            minute = minute / 60 * 60;
        }
        now = now.checked_add(Span::new().minutes((minute - at) as i64)).expect("in range");
        at = minute;
        moments.push(When { date: now.date(), time: now.time(), older, newer: count - 1 - older });
    }
    moments
}
