//! What stands below a page's last update: links to other stories, comments, whose copyright it is.

use super::Reading;
use crate::parse::boilerplate;
use crate::parse::roles::{Role, note};

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
