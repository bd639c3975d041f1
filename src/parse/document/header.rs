//! What a page's top says of its day: a crawler's date, `Published` or `Updated` and a date.

use super::Reading;
use crate::model::time::PartialDate;
use crate::model::words::range_of;
use crate::parse::date;
use crate::parse::update::Line;

impl<'a> Reading<'a, '_> {
    /// Takes what a line at a page's top says of its day.
    pub(super) fn read_header(&mut self, line: &mut Line<'a>) {
        if line.start == 0
            && let Some((date, length)) = crawled(line.text)
        {
            self.header = Some(date);
            line.text = line.text[length..].trim_start();
            line.start = range_of(&self.text.utf8, line.text).map_or(0, |range| range.start);
        } else if let Some((date, is_updated)) = dateline(line.text) {
            // When it was published says more of its oldest update than when it was last changed.
            if self.header.is_none() || self.header_moves && !is_updated {
                self.header = Some(date);
                self.header_moves = is_updated;
            }
        }
    }
}

/// A crawler's ` date 2024-03-06` at the very top: the date, and the bytes to skip.
fn crawled(line: &str) -> Option<(PartialDate, usize)> {
    let rest = line.strip_prefix("date ")?;
    let (date, length) = date::leading(rest, false)?;
    (length == 10).then_some((date, "date ".len() + length))
}

/// `Published`/`Updated` and a date, and whether it's the latter.
fn dateline(line: &str) -> Option<(PartialDate, bool)> {
    const OPENINGS: &[(&str, bool)] = &[
        ("Published", false),
        ("Updated", true),
        ("Last updated", true),
        ("Last Updated", true),
        ("UPDATED", true),
        ("First published", false),
        ("Posted", false),
    ];
    if line.len() > 120 {
        return None;
    }
    let opened = |(opening, is_updated): &(&str, bool)| Some((line.strip_prefix(opening)?, *is_updated));
    let (rest, is_updated) = OPENINGS.iter().find_map(opened)?;
    let rest = rest.trim_start_matches([':', ' ', '|']);
    let rest = rest.strip_prefix("on ").unwrap_or(rest);
    Some((date::leading(rest, false)?.0, is_updated))
}
