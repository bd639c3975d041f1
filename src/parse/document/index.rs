//! A list of a page's updates above them: times and headlines, each of which stands below once more with its text; or
//! items that say in short what stands below at the same times; or a lead that breaks off.

use std::collections::HashSet;

use jiff::civil::Time;

use super::Reading;
use crate::model::time::Moment;
use crate::model::update::Update;
use crate::parse::roles::Role;
use crate::parse::stamp;

/// So many items are a list.
const ITEMS_MIN: usize = 2;
/// A lead that breaks off is longer, bytes.
const LEAD_BYTES_MIN: usize = 20;
/// How many items may be one: more aren't looked at.
const ITEMS_MAX: usize = 24;

impl Reading<'_, '_> {
    /// Takes out the entries of such a list. `kept`: how many the file has; told once, from the whole, since a part of the
    /// page hasn't what stands below its list.
    pub(super) fn drop_list(&mut self, kept: Option<usize>) {
        self.layout.listed = kept.unwrap_or_else(|| match entries(&self.updates) {
            0 => match &self.updates[..] {
                [first, second, ..] if is_lead_of(first, second) => 1,
                _ => self.items(),
            },
            entries => entries,
        });
        let listed = self.layout.listed.min(self.updates.len());
        if let (Some(roles), Some(first)) = (&mut self.roles, self.updates.first()) {
            let end = self.updates.get(listed).map_or(u64::MAX, |update| update.start.line);
            let of_list = roles.iter_mut().filter(|(line, ..)| (first.start.line..end).contains(line));
            of_list.for_each(|noted| (noted.1, noted.2) = (Role::NoUpdate, Some("in a list of the updates")));
        }
        self.updates.drain(..listed);
    }

    /// How many updates at the page's top are items, `• 3:57 p.m.: Ban goes on`, whose times stand below once more, where
    /// there are no items: `3:57 p.m.: The mayor …`.
    fn items(&self) -> usize {
        if self.layout.bullet {
            return 0;
        }
        let mut lines = self.text.utf8.lines();
        let mut line = self.text.start.line.max(1);
        let mut is_item = |update: &Update| {
            // Several may stand on one line.
            let text = update.start.line.checked_sub(line).and_then(|skipped| lines.nth(skipped as usize));
            line = update.start.line + 1;
            update.words.headline().is_none() && text.is_some_and(|text| stamp::unmarked(text).1)
        };
        let items = self.updates.iter().take(ITEMS_MAX).take_while(|update| is_item(update)).count();
        if items < ITEMS_MIN {
            return 0;
        }
        let told: HashSet<_> = self.updates[items..].iter().filter_map(time).collect();
        let is_told = |update: &Update| time(update).is_some_and(|time| told.contains(&time));
        if self.updates[..items].iter().all(is_told) {
            items
        } else {
            0
        }
    }
}

/// How many updates at a page's top are such a list's entries. Behind the last one what leads to the updates may stand.
fn entries(updates: &[Update]) -> usize {
    let is_bare = |update: &Update| update.words.headline().is_some() && update.words.body().is_empty();
    let bare = updates.iter().take_while(|update| is_bare(update)).count();
    if bare == 0 || bare == updates.len() {
        return 0;
    }
    let told: HashSet<_> = updates[bare..].iter().filter(|update| !is_bare(update)).filter_map(key).collect();
    let listed =
        updates[..bare].iter().take_while(|update| key(update).is_some_and(|key| told.contains(&key)));
    let listed = listed.count();
    let last = key(&updates[bare]).filter(|_| listed == bare);
    let is_again = last.is_some() && updates[bare + 1..].iter().any(|update| key(update) == last);
    listed + usize::from(is_again)
}

/// What an entry and its update have in common.
fn key(update: &Update) -> Option<(Time, &str)> {
    Some((time(update)?, update.words.headline()?))
}

fn time(update: &Update) -> Option<Time> {
    match update.moment {
        Moment::Clock { time, .. } => Some(time),
        Moment::Match(_) | Moment::Relative | Moment::None => None,
    }
}

/// Whether the first one is what a page's lead says of the second, and breaks off: `11:15 p.m. The storm has widened…`.
fn is_lead_of(above: &Update, below: &Update) -> bool {
    let (above, below) = (&above.words, &below.words);
    let first = above.body().lines().next().unwrap_or("");
    let start = first.strip_suffix('…').or_else(|| first.strip_suffix("..."));
    let is_said = |start: &str| start.len() >= LEAD_BYTES_MIN && below.body().starts_with(start);
    above.headline().is_none()
        && above.time_text() == below.time_text()
        && start.is_some_and(|start| is_said(start.trim_end()))
}
