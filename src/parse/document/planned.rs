//! The lines of an agenda, `10am: The minister speaks`: above the first update, and within one.
//!
//! Above the first one what stands below tells, in [`agenda`]. Within one only what stands above does: a text that is cut there
//! is read the same.

use memchr::memmem;

use super::Reading;
use super::told::{BEHIND_MINUTES_MIN, HALF_DAY_MINUTES};
use crate::model::words::range_of;
use crate::parse::hits::Hit;
use crate::parse::stamp::{Found, Place};
use crate::parse::update::minute_of_day;
use crate::parse::{agenda, inline, scan};

/// How many lines below a page's first stamp tell whether an agenda stands there.
const AGENDA_LINES_MAX: usize = 100;
/// An agenda's first item may just be over when that is written, min.
const JUST_OVER_MINUTES_MAX: i32 = 30;

/// A line of an agenda.
pub(super) struct Planned<'a> {
    pub(super) line: &'a str,
    pub(super) time: (i8, i8),
    /// Whether a blank line stands above it; `None` above the first one.
    pub(super) is_spaced: Option<bool>,
    /// Whether it is of the next day, so that its times may be earlier than the update's.
    pub(super) is_tomorrows: bool,
}

impl Reading<'_, '_> {
    /// The time of a line of an agenda (`10am: The minister speaks`): below a line that announces one or below
    /// another of its lines, and later than the update that it stands in. What falls back is the next update.
    pub(super) fn agenda_time(&mut self, found: &Found<'_>) -> Option<(i8, i8)> {
        if found.place != Place::Opens || self.layout.flat {
            return None;
        }
        let Some(open) = &self.open else { return self.page_agenda_time(found) };
        let (time, own) = (found.moment_time()?, open.found.moment_time()?);
        let above = self.text_above();
        let above = above.unwrap_or(open.found.after);
        let is_announced = inline::opens_agenda(above);
        let step = minute_of_day(time) - minute_of_day(own);
        let is_later = (1..HALF_DAY_MINUTES).contains(&step);
        // The day's first item may be over.
        let is_over = time.1 == 0 && above.ends_with(':')
            || self.layout.falling && (-JUST_OVER_MINUTES_MAX..0).contains(&step);
        // What is hardly earlier is the next update.
        let is_tomorrows = step <= -BEHIND_MINUTES_MIN && self.is_tomorrows();
        // Neither is what is written otherwise than the page's own: `9.20pm: How it went:`, then `19:01 - It begins`.
        let is_otherwise = self.layout.falling && found.twelve != open.found.twelve;
        if !(is_later || is_announced && is_over || is_tomorrows || is_otherwise) {
            return None;
        }
        let announced = above.ends_with(':') && (self.layout.falling || is_tomorrows)
            || is_announced
            || self.layout.falling && is_later && inline::may_open_agenda(above);
        (announced || self.goes_on(above, time)).then_some(time)
    }

    /// Whether the line above announces what is planned for the next day, or is such an agenda's last line.
    pub(super) fn is_tomorrows(&self) -> bool {
        let above = self.text_above();
        above.is_some_and(|above| {
            above.ends_with(':') && memmem::find(above.as_bytes(), b"omorrow").is_some()
                || self.agenda.as_ref().is_some_and(|last| last.line == above && last.is_tomorrows)
        })
    }

    /// The same above the first update.
    fn page_agenda_time(&mut self, found: &Found<'_>) -> Option<(i8, i8)> {
        if !self.updates.is_empty() || !self.text.starts_file() {
            return None;
        }
        let time = found.moment_time()?;
        let start = range_of(&self.text.utf8, found.time_text)?.start;
        let end = self.page_agenda_end.unwrap_or_else(|| self.end_of_agenda(start));
        self.page_agenda_end = Some(end);
        if end > 0 {
            return (start < end).then_some(time);
        }
        let above = self.text_above()?;
        (inline::opens_page_agenda(above) || self.goes_on(above, time)).then_some(time)
    }

    /// Where the agenda ends whose first stamp stands at `start`; 0 if it's none.
    fn end_of_agenda(&self, start: usize) -> usize {
        let (mut lines, mut hits): (Vec<&str>, Vec<Hit<'_>>) = (Vec::new(), Vec::new());
        lines.extend(self.lines.iter().map(|line| line.text));
        let line_start = self.text.utf8[..start].rfind('\n').map_or(0, |end| end + 1);
        for line in scan::lines(&self.text.utf8[line_start..]).take(AGENDA_LINES_MAX) {
            let line = scan::trimmed(line);
            if let Some(found) = self.overrides.find_knowing(line, scan::has_digit(line), None) {
                hits.push(Hit { line: lines.len(), found });
            }
            lines.push(line);
            if hits.len() > agenda::STAMPS {
                break;
            }
        }
        let next = match agenda::count(&hits, &lines) {
            0 => None,
            count => hits.get(count).and_then(|next| range_of(&self.text.utf8, lines[next.line])),
        };
        next.map_or(0, |next| next.start)
    }

    /// Whether the agenda whose last line stands above goes on with this time: a blank line ends one that has none.
    fn goes_on(&self, above: &str, time: (i8, i8)) -> bool {
        self.agenda.as_ref().is_some_and(|last| {
            last.line == above
                && last.time <= time
                && last.is_spaced.is_none_or(|is_spaced| is_spaced || !self.is_spaced())
        })
    }
}
