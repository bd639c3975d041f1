//! What stands below a page's last update: links to other stories, comments, whose copyright it is.

use super::{Headlines, Reading};
use crate::parse::roles::{Role, note};
use crate::parse::stamp::shape;
use crate::parse::{boilerplate, scan};

/// What opens a page's foot, alone on its line, lower case: all below it is the foot's.
const OPENINGS: &[&str] = &[
    "additional links",
    "comments",
    "das könnte sie auch interessieren",
    "explore more on these topics",
    "find out more about our newsletters",
    "join the conversation",
    "latest stories",
    "les plus lus",
    "lo más leído",
    "lo más visto",
    "mehr zum thema",
    "meistgelesen",
    "more on this story",
    "more stories",
    "most popular",
    "most read",
    "most viewed",
    "noticias relacionadas",
    "read next",
    "recommended",
    "recommended for you",
    "recommended stories",
    "related articles",
    "related content",
    "related stories",
    "sur le même sujet",
    "top stories",
    "trending now",
    "view comments",
    "you may also like",
    "you might also like",
];
/// And what such a line begins with.
const BEGINNINGS: &[&str] = &["©", "Copyright ©", "Copyright 20", "All rights reserved"];

/// A longer line opens none, bytes.
const OPENING_BYTES_MAX: usize = 120;

/// Whether a line opens a page's foot.
fn opens_foot(line: &str) -> bool {
    if line.len() > OPENING_BYTES_MAX {
        return false;
    }
    let name = line.trim_start_matches('#').trim().trim_end_matches([':', '.']).to_lowercase();
    // `Comments (412)`
    let counted = name.strip_suffix(')').and_then(|name| name.split_once(" ("));
    let name = match counted {
        Some((name, count)) if count.bytes().all(|byte| byte.is_ascii_digit() || byte == b',') => name,
        _ => &name,
    };
    OPENINGS.contains(&name) || BEGINNINGS.iter().any(|beginning| line.starts_with(beginning))
}

impl Reading<'_, '_> {
    /// Leaves out a stamp's beginning where the text ends within it, right below a headline: `04:4`, `Mar 6, 2024 1`.
    pub(super) fn drop_cut_stamp(&mut self) {
        let (Some(open), Some(at)) = (&self.open, self.lines.iter().rposition(|line| !line.text.is_empty()))
        else {
            return;
        };
        let (stamp, last) = (open.found.time_text, self.lines[at]);
        let above = self.lines[..at].iter().filter(|line| !boilerplate::is_boilerplate(line.text));
        let is_cut = self.layout.headlines == Headlines::After
            && last.text.len() < stamp.len()
            && scan::has_digit(last.text)
            && shape(stamp).starts_with(&shape(last.text))
            && above.count() == 1;
        if is_cut {
            self.lines.truncate(at);
            note(&mut self.roles, last.number, Role::Boilerplate, Some("a time line that is cut"));
        }
    }

    /// Leaves out what stands below the last update's text.
    pub(super) fn drop_foot(&mut self) {
        let Some(first) = self.lines.iter().position(|line| !boilerplate::is_boilerplate(line.text)) else {
            return;
        };
        // A headline may be called so, and what stands beside the time is text.
        let from = first + usize::from(self.open.as_ref().is_some_and(|open| open.found.after.is_empty()));
        let is_opened = |at: &usize| !self.lines[*at].is_prose && opens_foot(self.lines[*at].text);
        let Some(foot) = (from..self.lines.len()).find(is_opened) else { return };
        for line in self.lines.drain(foot..).filter(|line| !line.text.is_empty()) {
            note(&mut self.roles, line.number, Role::Boilerplate, Some("the page's foot"));
        }
    }
}
