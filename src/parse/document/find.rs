//! Which lines are the document's stamps.

use super::Reading;
use super::planned::Planned;
use crate::parse::stamp::{self, Found, Place};
use crate::parse::update::Line;
use crate::parse::{bylines, decide, hits};

/// A longer line is no stamp that stands alone, unless its date comes first, bytes.
const STAMP_BYTES_MAX: usize = 200;

impl<'a> Reading<'a, '_> {
    /// The stamp that a line is, where it stands.
    pub(super) fn stamp_of(&mut self, line: Line<'a>, above: bool) -> Option<Found<'a>> {
        let found = self.stamp_in(line.text)?;
        if self.may_be_bare(&found) && !self.is_bare(&found) {
            self.refused = Some(line.start);
            return None;
        }
        if above && let Some(date) = found.date() {
            let is_dated_page = self.dated_page && date.year.is_some();
            let lines = self.lines.iter().rev().map(|line| line.text);
            let is_signed = self.layout.signed_page && decide::is_signed_page(&found, lines);
            if is_dated_page || is_signed {
                self.header = self.header.or(Some(date));
                self.dated_page &= !is_dated_page;
                self.refused = Some(line.start);
                return None;
            }
        }
        let time = self.agenda_time(&found);
        if let Some(time) = time {
            let is_tomorrows = self.is_tomorrows();
            let is_spaced = self.agenda.take().map(|_| self.is_spaced());
            self.agenda = Some(Planned { line: line.text, time, is_spaced, is_tomorrows });
        }
        let is_told_of = self.is_told_of(&found);
        if is_told_of {
            self.told_of = self.open.as_ref().map(|open| open.start);
        }
        let texts = || self.lines.iter().rev().map(|line| line.text);
        let is_listed = self.is_item(&found)
            || self.is_listed(&found)
            || hits::is_length(&found, texts())
            || hits::is_of_a_post(&found, texts());
        if time.is_some() || is_told_of || is_listed {
            self.refused = Some(line.start);
            return None;
        }
        Some(found)
    }

    /// Whether a line (not an empty one) is worth a look: most are told by their first byte.
    pub(super) fn may_be_stamp(&self, line: &str) -> bool {
        let opening = line.as_bytes()[0];
        self.any_opens
            || opening.is_ascii_digit()
            || self.capitals_open && opening.is_ascii_alphabetic()
            || matches!(opening, b'+' | b'[' | b'(' | b'-' | b'.' | b'*' | b'_' | b'>' | b'#')
            || matches!(opening, b'N' | b'M' | b'n' | b'm' | b'J' | b'j')
            || matches!(opening, 0xc2 | 0xf0 | 0xe3..=0xe5 | 0xec)
            || stamp::has_bullet(line)
    }

    /// The document's stamp in a line, wherever that line stands.
    pub(super) fn stamp_in(&self, line: &'a str) -> Option<Found<'a>> {
        let last = self.open.as_ref().map(|open| &open.found);
        if let Some(found) = last.and_then(|last| stamp::alike(line, last)) {
            // What it was taken for, this is taken for.
            return Some(found);
        }
        let mut found = match self.layout.place {
            _ if self.layout.custom => self.overrides.find_own(line),
            Place::Alone
                if !self.layout.date_first
                    && line.len() > STAMP_BYTES_MAX
                    && !self.layout.mixed
                    && (self.open.is_some() || !self.layout.labels) =>
            {
                None
            }
            Place::Alone if !stamp::may_be_alone(line) => None,
            _ => stamp::find(line, &self.overrides.zones),
        };
        if self.layout.byline_glued
            && let Some(found) = &mut found
            && bylines::is_glued(found)
        {
            found.part_from_author();
        }
        if self.layout.whole_day
            && let Some(found) = &mut found
        {
            found.part_from_premier(line);
        }
        if self.layout.month_first
            && let Some(found) = &mut found
        {
            found.read_month_first();
        }
        found.filter(|found| {
            (self.layout.takes(found) || self.may_be_bare(found) || self.is_below(found, hits::is_again))
                && (self.layout.led || !hits::is_change(found, line))
                && !self.is_right_below(found, hits::is_its_headline)
                && !self.is_below(found, hits::says_less)
        })
    }
}
