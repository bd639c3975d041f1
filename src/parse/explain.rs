//! A text into its lines, each with what it was taken for and why, for people who wonder.
//!
//! It reads with the same code as everyone else, and only tells of it.

use std::collections::BTreeMap;

use crate::model::text::Text;
use crate::parse::dialect::{Headlines, Layout};
use crate::parse::document::{Document, read_with};
use crate::parse::hits::is_dotted_minute;
use crate::parse::overrides::Overrides;
use crate::parse::roles::Role;
use crate::parse::stamp::Place;
use crate::parse::{boilerplate, headlines};

/// A line and what it was taken for.
#[derive(Debug, Clone, PartialEq)]
pub struct ExplainedLine {
    /// From 1.
    pub line: u64,
    /// The line.
    pub text: String,
    /// Its role.
    pub role: Role,
    /// Why, where it was close.
    pub reason: Option<&'static str>,
}

/// A text, explained.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Explained {
    /// Every line of it.
    pub lines: Vec<ExplainedLine>,
    /// How it was read. `None`: it has no time lines.
    pub layout: Option<Layout>,
    /// How many updates there are.
    pub updates: usize,
    /// How many of them have neither headline nor body: nothing is said of them.
    pub empty: usize,
}

/// Each line of a text with its role.
pub fn explain(text: &Text, overrides: &Overrides) -> Explained {
    let mut roles = Vec::new();
    let document = read_with(text, None, overrides, Some(&mut roles));
    let first = text.start.line.max(1);
    let mut lines: Vec<ExplainedLine> = (first..)
        .zip(text.utf8.lines())
        .map(|(line, text)| ExplainedLine { line, text: text.to_string(), role: Role::Intro, reason: None })
        .collect();
    let mut noted = vec![0u32; lines.len()];
    for (line, role, reason) in roles {
        let at = (line - first) as usize;
        let (Some(explained), Some(count)) = (lines.get_mut(at), noted.get_mut(at)) else {
            continue;
        };
        // Of an update that begins in the middle of a line, the line is still the stamp's.
        let stamps = *count > 0 && explained.role == Role::Stamp;
        *count += 1;
        if stamps {
            explained.reason = Some("several updates stand in it");
            continue;
        }
        (explained.role, explained.reason) = (role, reason);
    }
    let last = noted.iter().rposition(|&count| count > 0).unwrap_or(0);
    let mut stands_first = false;
    for (at, line) in lines.iter_mut().enumerate() {
        if noted[at] == 0 {
            unnoted(line, at > last, &document, overrides);
        }
        let first_of_update = std::mem::take(&mut stands_first);
        match line.role {
            Role::Stamp => stands_first = true,
            Role::Blank | Role::Boilerplate => stands_first = first_of_update,
            _ => {}
        }
        line.reason = line.reason.or_else(|| close_call(line, first_of_update, &document, overrides));
    }
    let empty = document.updates.iter().filter(|update| update.is_empty()).count();
    Explained { lines, layout: document.layout, updates: document.updates.len(), empty }
}

/// A line that no update has.
fn unnoted(line: &mut ExplainedLine, is_below: bool, document: &Document, overrides: &Overrides) {
    let text = line.text.trim();
    if text.is_empty() {
        line.role = Role::Blank;
    } else if boilerplate::is_boilerplate(text) {
        line.role = Role::Boilerplate;
    } else if overrides.find(text).is_some_and(|found| !is_dotted_minute(&found)) {
        line.role = Role::NoUpdate;
        line.reason = Some(match document.layout {
            Some(_) => "it has a time, but not as this page's time lines have it",
            None => "it has a time, but the page has too few like it, or they are no live blog's",
        });
    } else if document.layout.as_ref().is_some_and(|layout| layout.below) && is_below {
        line.role = Role::NoUpdate;
        line.reason = Some("no stamp stands below it yet");
    }
}

/// Why a line is what it is, where it looks like something else.
fn close_call(
    line: &ExplainedLine,
    first_of_update: bool,
    document: &Document,
    overrides: &Overrides,
) -> Option<&'static str> {
    let layout = document.layout.as_ref()?;
    let text = line.text.trim();
    match line.role {
        Role::Headline if !headlines::is_open_ended(text) => {
            Some("it ends as a sentence does, but the updates of this page have headlines")
        }
        Role::Body
            if first_of_update && layout.headlines == Headlines::None && headlines::is_headline(text) =>
        {
            Some("it looks like a headline, but the updates of this page have none")
        }
        Role::Body | Role::Item if overrides.find(text).is_some_and(|found| found.place != Place::Match) => {
            Some("it has a time, but isn't one of this page's time lines")
        }
        _ => None,
    }
}

impl Explained {
    /// What it comes to, in a few lines: how the text was read, and what was left out.
    pub fn summary(&self) -> Vec<String> {
        let mut summary = Vec::new();
        match &self.layout {
            None => summary.push("no time lines in this text: nothing is said of it".to_string()),
            Some(layout) => {
                let empty = match self.empty {
                    0 => String::new(),
                    empty => format!(", {empty} of them without headline and body: not said"),
                };
                summary.push(format!("{}; {} updates{empty}", words(layout), self.updates));
            }
        }
        for (role, name) in [
            (Role::Boilerplate, "boilerplate"),
            (Role::Caption, "captions or said twice"),
        ] {
            let mut texts: BTreeMap<&str, usize> = BTreeMap::new();
            for line in self.lines.iter().filter(|line| line.role == role) {
                *texts.entry(line.text.trim()).or_default() += 1;
            }
            let texts: Vec<String> = texts
                .iter()
                .map(|(text, count)| match count {
                    1 => format!("{text:?}"),
                    count => format!("{text:?} ({count} times)"),
                })
                .collect();
            if !texts.is_empty() {
                summary.push(format!("left out as {name}: {}", texts.join(", ")));
            }
        }
        summary
    }
}

/// A layout in words.
fn words(layout: &Layout) -> String {
    let place = match layout.place {
        Place::Alone if layout.below => "times stand alone below their updates",
        Place::Alone => "times stand alone on their lines",
        Place::Opens => "times open lines of text",
        Place::Closes if layout.below => "times end a line below their updates",
        Place::Closes => "times end their lines",
        Place::Match => "the clock of a match opens lines",
        Place::Relative => "times are relative (`7m ago`)",
    };
    let headlines = match layout.headlines {
        Headlines::None => "updates have no headlines",
        Headlines::After if layout.below => "the headline is the first line",
        Headlines::After => "the headline is the line below",
        Headlines::Before => "the headline is the line above",
        Headlines::Same => "the headline stands on the same line",
    };
    let own = if layout.custom {
        " (as the configuration says)"
    } else {
        ""
    };
    format!("{place}{own}, {headlines}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> (Vec<String>, Vec<String>) {
        let explained = explain(&Text::whole(text), &Overrides::default());
        assert_eq!(explained.lines.len(), text.lines().count());
        let line = |line: &ExplainedLine| match line.reason {
            Some(reason) => format!("{} {} ({reason})", line.line, line.role),
            None => format!("{} {}", line.line, line.role),
        };
        let lines = explained.lines.iter().filter(|line| line.role != Role::Blank).map(line).collect();
        (lines, explained.summary())
    }

    #[test]
    fn every_line_has_a_role_and_close_calls_a_reason() {
        let (lines, summary) = told(
            "Harbour live\nJun 4, 2024, 8:09 AM IST\nFollow the latest updates below\n14:20\nBridge opens.\nBy Ann Lee\n\
             Bridge at dawn (Reuters)\nIt opened.\nShare\n- Cars may pass\n10.30am: No lorries.\n14:10\nFerry late\nIt is late.\n\
             14:05\nRain\nIt rains.\nShare\n14:01\n",
        );
        let expected = [
            "1 intro",
            "2 not an update (it has a time, but not as this page's time lines have it)",
            "3 boilerplate",
            "4 stamp",
            "5 headline (it ends as a sentence does, but the updates of this page have headlines)",
            "6 byline",
            "7 caption (a caption above the text)",
            "8 body",
            "9 boilerplate",
            "10 item",
            "11 body (it has a time, but isn't one of this page's time lines)",
            "12 stamp",
            "13 headline",
            "14 body",
            "15 stamp",
            "16 headline",
            "17 body",
            "18 boilerplate",
            "19 stamp",
        ];
        assert_eq!(lines, expected);
        let expected = [
            "times stand alone on their lines, the headline is the line below; 4 updates, 1 of them without headline and body: not said",
            "left out as boilerplate: \"Follow the latest updates below\", \"Share\" (2 times)",
            "left out as captions or said twice: \"Bridge at dawn (Reuters)\"",
        ];
        assert_eq!(summary, expected);
    }

    #[test]
    fn a_page_without_time_lines_says_so() {
        let (lines, summary) = told("Harbour live\n\n10.30am: It opened.\n\nIt is open.\n");
        let reason = "it has a time, but the page has too few like it, or they are no live blog's";
        assert_eq!(lines, ["1 intro", &format!("3 not an update ({reason})"), "5 intro"]);
        assert_eq!(summary, ["no time lines in this text: nothing is said of it"]);
        assert_eq!(told("").1.len(), 1);
    }

    #[test]
    fn what_looks_like_a_headline_is_explained_where_there_are_none() {
        let text = "14:20\nIt opened.\nAll is well.\n14:10\nIt is late.\nMore soon.\n14:05\nA word from the mayor\nIt rains.\n";
        let (lines, _) = told(text);
        assert_eq!(lines[7], "8 body (it looks like a headline, but the updates of this page have none)");
        let (lines, _) =
            told("Rain. 6.39pm GMT The bridge opened. 6.37pm GMT The ferry sails. 6.29pm GMT It rains.\n");
        assert_eq!(lines, ["1 stamp (several updates stand in it)"]);
    }

    #[test]
    fn what_is_below_the_last_stamp_of_such_a_page_is_no_update_yet() {
        let stamp = |minute: u8| format!("by Ann Lee 5/21/2022 9:{minute:02}:14 AM\n");
        let text = format!("Bridge opens\nIt opened.\n{}Ferry late\nIt is.\n{}Rain\n", stamp(38), stamp(30));
        let (lines, summary) = told(&text);
        assert_eq!(lines[2], "3 stamp (it stands below its update)");
        assert_eq!(lines[6], "7 not an update (no stamp stands below it yet)");
        assert!(
            summary[0].starts_with("times end a line below their updates, the headline is the first line; 2")
        );
    }
}
