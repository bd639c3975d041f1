//! A list of a page's updates above them: times and headlines, each of which stands below once more with its text.

use std::collections::HashSet;

use jiff::civil::Time;

use super::Reading;
use crate::model::time::Moment;
use crate::model::update::Update;
use crate::parse::roles::Role;

impl Reading<'_, '_> {
    /// Takes out the entries of such a list. `kept`: how many the file has; told once, from the whole, since a part of the
    /// page hasn't what stands below its list.
    pub(super) fn drop_list(&mut self, kept: Option<usize>) {
        self.layout.listed = kept.unwrap_or_else(|| entries(&self.updates));
        let listed = self.layout.listed.min(self.updates.len());
        if let (Some(roles), Some(first)) = (&mut self.roles, self.updates.first()) {
            let end = self.updates.get(listed).map_or(u64::MAX, |update| update.start.line);
            let of_list = roles.iter_mut().filter(|(line, ..)| (first.start.line..end).contains(line));
            of_list.for_each(|noted| (noted.1, noted.2) = (Role::NoUpdate, Some("in a list of the updates")));
        }
        self.updates.drain(..listed);
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
    match update.moment {
        Moment::Clock { time, .. } => Some((time, update.words.headline()?)),
        Moment::Match(_) | Moment::Relative | Moment::None => None,
    }
}
