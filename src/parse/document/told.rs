//! Times and dates of which a text only tells: an agenda's, a list's, a quoted post's.
//!
//! What stands above the line decides, and nothing below it: a text that is cut there is read the same.

use memchr::memmem;

use super::Reading;
use crate::model::words::range_of;
use crate::parse::hits::Hit;
use crate::parse::stamp::{Found, Place};
use crate::parse::update::{Line, minute_of_day};
use crate::parse::{agenda, boilerplate, decide, hits, inline, scan};

/// How far ahead a list's times are: what is further is of the evening before, min.
const AHEAD_MINUTES_MAX: i32 = 16 * 60;
/// How far behind are those of what happened before, min.
const BEHIND_MINUTES_MIN: i32 = 2 * 60;
/// An agenda's first item may just be over when that is written, min.
const JUST_OVER_MINUTES_MAX: i32 = 30;

/// How many lines below a page's first stamp tell whether an agenda stands there.
const AGENDA_LINES_MAX: usize = 100;

/// The next update is no further.
const HALF_DAY_MINUTES: i32 = 12 * 60;

/// A line of an agenda.
pub(super) struct Planned<'a> {
    pub(super) line: &'a str,
    pub(super) time: (i8, i8),
    /// Whether a blank line stands above it; `None` above the first one.
    pub(super) is_spaced: Option<bool>,
    /// Whether it is of the next day, so that its times may be earlier than the update's.
    pub(super) is_tomorrows: bool,
}

impl<'a> Reading<'a, '_> {
    /// Whether the line may be the date of a quoted post: a handle without one stands a few lines above it, in the same
    /// update.
    pub(super) fn is_of_a_post(&self) -> bool {
        // With what is blank between them.
        let lines = self.lines.iter().rev().take(4 * hits::POST_LINES_MAX);
        self.open.is_some()
            && lines
                .filter(|line| !line.text.is_empty())
                .take(hits::POST_LINES_MAX)
                .any(|line| line.text.ends_with(')') && line.text.contains("(@"))
    }

    /// Whether it stands alone on its line where the page's stamps have text beside them.
    pub(super) fn may_be_bare(&self, found: &Found<'_>) -> bool {
        found.place == Place::Alone
            && self.layout.place == Place::Opens
            && !self.layout.flat
            && !self.layout.takes(found)
    }

    /// Whether such a one is a time line all the same: written as the last one was, and where the page goes. Who reads on
    /// from one has it first, with nothing above it but its headline.
    pub(super) fn is_bare(&self, found: &Found<'_>) -> bool {
        let Some(open) = &self.open else {
            return !self.text.starts_file() && self.updates.is_empty();
        };
        let own = &open.found;
        let step = own.moment_time().zip(found.moment_time());
        let step = step.map(|(own, time)| minute_of_day(time) - minute_of_day(own));
        (own.bullet, own.date_first) == (found.bullet, found.date_first)
            && decide::shape(own.time_text) == decide::shape(found.time_text)
            && step.is_some_and(|step| match self.layout.falling {
                true => (-HALF_DAY_MINUTES..=0).contains(&step),
                false => (0..=HALF_DAY_MINUTES).contains(&step),
            })
    }

    /// Whether a stamp stands right below another one and is to it what is asked.
    pub(super) fn is_right_below(
        &self,
        found: &Found<'_>,
        is_of: fn(&Found<'_>, &Found<'_>) -> bool,
    ) -> bool {
        self.open.as_ref().is_some_and(|open| is_of(&open.found, found))
            && self.lines.iter().all(|line| line.text.is_empty())
    }

    /// Whether it opens an item of a list in its update, `- 9.15am: The minister asks`, on a page whose stamps are none's.
    pub(super) fn is_item(&self, found: &Found<'_>) -> bool {
        if !found.bullet || self.layout.bullet {
            return false;
        }
        let Some(open) = self.open.as_ref().filter(|open| !open.found.bullet) else {
            return false;
        };
        let announces = |line: &str| line.ends_with(':') || inline::opens_agenda(line);
        match self.lines.iter().rfind(|line| !line.text.is_empty()) {
            Some(above) => announces(above.text) || self.refused == Some(above.start),
            None => announces(open.found.after),
        }
    }

    /// Whether it says how old something is that a list above it links to: `• Headline`, `4 years ago`.
    pub(super) fn is_listed(&self, found: &Found<'_>) -> bool {
        let listed = |line: &Line<'_>| inline::item(line.text).is_some();
        self.layout.listed_ages
            && found.place == Place::Relative
            && self.lines.iter().rfind(|line| !boilerplate::is_boilerplate(line.text)).is_some_and(listed)
    }

    /// Whether it is a time in another notation than the page's that parts or lists what its update tells of: still to
    /// come when that was written, hours before it, or below another one of these.
    pub(super) fn is_told_of(&self, found: &Found<'_>) -> bool {
        if !self.layout.by_machine || found.by_machine || found.has_zone() {
            return false;
        }
        let Some(open) = &self.open else { return false };
        let times = open.found.moment_time().zip(found.moment_time());
        self.told_of == Some(open.start)
            || times.is_some_and(|(own, time)| {
                let ahead = minute_of_day(time) - minute_of_day(own);
                (1..AHEAD_MINUTES_MAX).contains(&ahead) || ahead <= -BEHIND_MINUTES_MIN
            })
    }

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

    /// The text above, blank lines left out.
    fn text_above(&self) -> Option<&'a str> {
        self.lines.iter().rev().map(|line| line.text).find(|text| !text.is_empty())
    }

    /// Whether a blank line stands above.
    pub(super) fn is_spaced(&self) -> bool {
        self.lines.last().is_some_and(|line| line.text.is_empty())
    }
}
