//! Which lines of a page's updates are who wrote them, where no `By` says so: a few names that come again and again, right
//! below the stamp or right below the headline.

use std::collections::{HashMap, HashSet};

use crate::parse::hits::Hit;
use crate::parse::stamp::{Found, Place, is_author};
use crate::parse::{boilerplate, headlines, inline};

/// Where the authors of a page stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bylines {
    /// Right below the stamp: above the headline, if there is one.
    Above,
    /// Right below the headline.
    Below,
}

/// So many stamps with a name glued to each at least a page has.
const GLUED_MIN: usize = 3;

/// So many names below headlines tell of themselves, where nearly every update has one.
const ALL_MIN: usize = 3;

/// Words of labels and headlines, that make no name.
const LABELS: &[&str] = &[
    "Afternoon",
    "Alert",
    "Analysis",
    "Breaking",
    "Closed",
    "Evening",
    "Event",
    "Good",
    "Latest",
    "Live",
    "Market",
    "Minister",
    "Morning",
    "News",
    "Night",
    "Opinion",
    "Photos",
    "President",
    "Recap",
    "Report",
    "Summary",
    "Traffic",
    "Update",
    "Updates",
    "Video",
    "Watch",
    "Weather",
];

/// Whether a line may be who wrote an update of such a page. `By Ann Bee` says so itself, on any page.
pub(crate) fn is_byline(line: &str) -> bool {
    // Most lines aren't names, and that is soon seen.
    is_author(line) && !line.split(' ').any(|word| LABELS.contains(&word)) && inline::byline(line).is_none()
        || is_desk(line)
}

/// `NBC News`.
fn is_desk(line: &str) -> bool {
    let desk = line.strip_suffix(" News").or_else(|| line.strip_suffix(" Staff"));
    desk.is_some_and(|desk| {
        (2..=5).contains(&desk.len()) && desk.bytes().all(|byte| byte.is_ascii_uppercase())
    })
}

/// Whether who wrote an update, or a label, is glued to its stamp: `16:00Ann Bee`, `14:21KEY EVENT`.
pub(crate) fn is_glued(found: &Found<'_>) -> bool {
    found.place == Place::Opens
        && found.glued
        && !found.mark
        && (is_byline(found.after) || boilerplate::is_boilerplate(found.after))
}

/// Whether all that is glued to a page's stamps is so, and of few.
pub(crate) fn are_glued(hits: &[Hit<'_>]) -> bool {
    let glued: Vec<_> =
        hits.iter().filter(|hit| hit.found.place == Place::Opens && hit.found.glued).collect();
    let others: HashSet<&str> = glued.iter().map(|hit| hit.found.after).collect();
    glued.len() >= GLUED_MIN && others.len() < glued.len() && glued.iter().all(|hit| is_glued(&hit.found))
}

impl Found<'_> {
    /// Takes what is glued to it for who wrote the update.
    pub(crate) fn part_from_author(&mut self) {
        self.byline = Some(std::mem::take(&mut self.after)).filter(|name| !boilerplate::is_boilerplate(name));
        (self.place, self.glued, self.label) = (Place::Alone, false, false);
    }
}

/// Where they stand, if a third of the updates have one in the same place, and most of these are of authors that have more
/// than one; or if nearly each has one.
pub(crate) fn of(hits: &[Hit<'_>], lines: &[&str]) -> Option<Bylines> {
    [Bylines::Above, Bylines::Below].into_iter().find(|&place| {
        let mut titled = 0;
        let named = |at: usize| {
            let block = headlines::block(hits, at, lines).filter(|line| !inline::is_mark(line));
            let mut block = block.skip(usize::from(place == Bylines::Below));
            let line = block.next().filter(|line| is_byline(line))?;
            let below = block.next()?;
            titled += usize::from(headlines::is_headline(below) && !is_byline(below));
            Some(line)
        };
        let named: Vec<&str> = (0..hits.len()).filter_map(named).collect();
        let mut counts = HashMap::new();
        for name in named.iter().flat_map(|line| line.split(" and ")) {
            *counts.entry(name).or_insert(0) += 1;
        }
        let of_regulars =
            named.iter().filter(|line| line.split(" and ").any(|name| counts.get(name) > Some(&1))).count();
        let has_nearly_each = named.len() >= ALL_MIN && named.len() * 5 >= hits.len() * 4;
        // Right below a stamp a few words with capitals may be headlines: these come once, and have text below them.
        let stand_so = place == Bylines::Below || of_regulars >= 2 || titled * 5 >= named.len() * 4;
        let are_all = has_nearly_each && stand_so;
        are_all || of_regulars >= 2 && of_regulars * 2 >= named.len() && named.len() * 3 >= hits.len()
    })
}
