//! Turns a text into its updates, in page order, by one layout for the whole document.
//!
//! It doesn't find days (dating does) and doesn't know what was said before (the gate does).

use std::ops::Range;

use jiff::civil::Time;

use crate::model::file::Position;
use crate::model::text::Text;
use crate::model::time::{Moment, PartialDate, Zone};
use crate::model::update::Update;
pub use crate::parse::dialect::{Headlines, Layout};
use crate::parse::line_ends::LineEnds;
pub use crate::parse::overrides::Overrides;
use crate::parse::roles::{Role, Roles, note};
use crate::parse::scan::DigitRuns;
use crate::parse::stamp::{self, Found, Place};
use crate::parse::update::{Line, Written, compose, same_update};
use crate::parse::{boilerplate, date, decide, flat, page_zone, zone};

mod find;
mod foot;
mod header;
mod index;
mod planned;
mod stamps;
mod told;

pub(crate) use header::crawled;
use planned::Planned;

/// Lines of a page's head that a header date is looked for in.
const HEADER_LINES_MAX: u64 = 40;
/// What an update takes of a page, about: room is made for so many.
const UPDATE_BYTES: usize = 600;
/// How far a mark is looked for ahead, bytes: what was looked at is read next, and still in the processor's cache then.
const MARKED_BYTES: usize = 16 << 10;
/// A longer line is no date heading, bytes.
const DATE_BYTES_MAX: usize = 64;
/// A longer line is no headline, bytes.
pub const HEADLINE_BYTES_MAX: usize = 1_000;

/// A document, read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Document {
    /// How it was read. `None`: no time lines, nothing is said.
    pub layout: Option<Layout>,
    /// In page order, empty ones (neither headline nor body) too.
    pub updates: Vec<Update>,
    /// A date near the top, above the first update.
    pub header: Option<PartialDate>,
    /// Whether that is when the page was last changed, to the minute: its newest update isn't of a later day then.
    pub changed_last: Changed,
    /// Where the last update starts: reading on from here with `layout` gives the same as reading it
    /// all at once. The text's start if there are no updates, or just one with its stamp below it.
    pub resume: Position,
}

/// What a page's header says of when it was last changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Changed {
    /// Nothing, or not to the minute.
    #[default]
    Unsaid,
    /// It says when.
    Said,
    /// It has a time, and doesn't say of what.
    Maybe(Time),
}

/// Reads a text. `kept` is the layout of the file so far; without one it's decided here.
pub fn read(text: &Text, kept: Option<&Layout>, overrides: &Overrides) -> Document {
    read_with(text, kept, overrides, None)
}

/// An update being read: its stamp, and the lines below it.
struct Open<'a> {
    found: Found<'a>,
    headline: Option<&'a str>,
    start: usize,
    line: u64,
    heading: Option<PartialDate>,
}

struct Reading<'a, 'r> {
    text: &'a Text,
    layout: Layout,
    /// Whether a stamp may open with anything, and whether with a capital. If neither, prose is an update's text.
    any_opens: bool,
    capitals_open: bool,
    /// The day that the page's top gives, and whether a better one may follow.
    header: Option<PartialDate>,
    header_moves: bool,
    /// Whether a line gave it that is nothing but a date, and whether that heads a day though an intro stands below it.
    header_alone: bool,
    heads_day: bool,
    /// What that says of when it was last changed.
    changed_last: Changed,
    /// The zone of stamps that name none, if the page tells it.
    zone: Option<Zone>,
    /// Whether the first stamp with a date is the page's.
    dated_page: bool,
    /// The heading in effect.
    heading: Option<PartialDate>,
    open: Option<Open<'a>>,
    lines: Vec<Line<'a>>,
    /// How many of them stand above the last date heading: no headline of what is below it.
    headed: usize,
    /// That heading's line, and the heading in effect above it, where its update may tell of that day.
    dated: Option<(Line<'a>, Option<PartialDate>)>,
    /// An agenda's last line.
    agenda: Option<Planned<'a>>,
    /// Where the agenda ends that stands above the first update, once that has been looked for.
    page_agenda_end: Option<usize>,
    /// Where the update starts in whose text such a time was.
    told_of: Option<usize>,
    /// Where no `@` or `/` stands.
    unmarked: Range<usize>,
    /// Where the last line starts that would be a stamp if it stood elsewhere.
    refused: Option<usize>,
    /// Where the line of the last stamp starts.
    line_start: usize,
    /// The heading in effect above the last stamp that stood below its update.
    heading_above: Option<PartialDate>,
    updates: Vec<Update>,
    /// The heading in effect before the last update.
    kept_heading: Option<PartialDate>,
    overrides: &'r Overrides,
    roles: Roles<'r>,
}

/// [`read`], and the roles of the lines noted.
pub(crate) fn read_with(
    text: &Text,
    kept: Option<&Layout>,
    overrides: &Overrides,
    roles: Roles<'_>,
) -> Document {
    // A file's own patterns may have gone from the configuration since.
    let layout = match kept.filter(|layout| !layout.custom || !overrides.stamps.is_empty()) {
        Some(layout) => Some(layout.clone()),
        None => decide::decide(text, overrides),
    };
    let Some(mut layout) = layout else {
        return Document { resume: text.start, ..Document::default() };
    };
    if kept.is_none() && !overrides.has_zone && layout.zone.is_none() && text.starts_file() {
        layout.zone = page_zone::of_note(&text.utf8, &overrides.zones);
    }
    let mut reading = Reading {
        text,
        heading: layout.heading,
        kept_heading: layout.heading,
        heading_above: layout.heading,
        dated_page: layout.dated_page,
        zone: layout
            .zone
            .as_deref()
            .and_then(|name| zone::leading(name, &overrides.zones))
            .map(|(zone, _)| zone),
        any_opens: layout.custom
            || matches!(layout.place, Place::Closes | Place::Relative | Place::Match)
            || layout.date_first
            || layout.bullet
            || layout.labels
            || layout.reports
            || layout.led
            || layout.joined,
        capitals_open: layout.mark || layout.headlines == Headlines::Before,
        layout,
        open: None,
        lines: Vec::new(),
        headed: 0,
        dated: None,
        agenda: None,
        page_agenda_end: None,
        told_of: None,
        unmarked: 0..0,
        refused: None,
        line_start: 0,
        updates: Vec::with_capacity(text.utf8.len() / UPDATE_BYTES),
        header: None,
        header_moves: false,
        header_alone: false,
        heads_day: false,
        changed_last: Changed::Unsaid,
        overrides,
        roles,
    };
    let whole: &str = &text.utf8;
    let mut number = text.start.line.max(1);
    let header_end = number + HEADER_LINES_MAX;
    let (mut line_ends, mut runs) = (LineEnds::of(whole), DigitRuns::of(whole));
    let mut start = 0;
    while start < whole.len() {
        let end = line_ends.next().unwrap_or(whole.len());
        let mut from = start;
        if reading.layout.flat {
            while let Some(length) =
                flat::next(&reading.layout, &whole[from..end], &mut runs, from, &overrides.zones)
            {
                let line = Line::of(flat::without_rule(&whole[from..from + length]), from, number);
                from += length;
                reading.line(line, start, from, number < header_end);
            }
        }
        let line = Line::of(&whole[from..end], from, number);
        match line.is_prose && reading.takes_prose() {
            true => reading.lines.push(line),
            false => reading.line(line, start, (end + 1).min(whole.len()), number < header_end),
        }
        (start, number) = (end + 1, number + 1);
    }
    reading.drop_foot();
    reading.drop_cut_stamp();
    reading.close(whole.len());
    if text.starts_file() {
        reading.drop_list(kept.map(|kept| kept.listed));
    }
    let mut resume = match &reading.updates[..] {
        [] => text.start,
        // What stands above a stamp below its update is read otherwise at the page's top: read on from there.
        [_] if reading.layout.below && text.starts_file() => text.start,
        [.., last] => last.start,
    };
    if reading.layout.flat && !text.is_as_written() {
        // Where in its line the update starts isn't known to the byte: the line is read again.
        let from = reading.line_start;
        resume.offset = text.offset(from);
    }
    let mut layout = reading.layout;
    layout.heading = reading.kept_heading;
    let changed_last = reading.changed_last;
    // Times that are all told of are no time lines.
    let is_timed = kept.is_some() || !reading.updates.is_empty();
    Document {
        layout: is_timed.then_some(layout),
        updates: reading.updates,
        header: reading.header,
        changed_last,
        resume,
    }
}

impl<'a> Reading<'a, '_> {
    /// Whether prose can be nothing but the text of an update here.
    fn takes_prose(&self) -> bool {
        self.open.is_some() && !self.any_opens && !self.capitals_open
    }

    /// Takes the next line. `written_start`: where the line of the file starts that it is of; `end`: where it ends,
    /// behind its `\n`; `may_be_header`: whether it is near enough to the top.
    fn line(&mut self, mut line: Line<'a>, written_start: usize, end: usize, may_be_header: bool) {
        // What is read on behind other updates has nothing above them.
        let above = self.open.is_none() && self.updates.is_empty() && self.text.starts_file();
        if above && may_be_header {
            self.read_header(&mut line);
        }
        if line.text.is_empty() {
            self.lines.push(Line { text: "", is_prose: false, ..line });
            return;
        }
        if self.is_time_of_age(line) || self.is_comma(line) {
            return;
        }
        if self.layout.place == Place::Alone && stamp::is_age(line.text) {
            self.lines.push(Line { text: "", is_prose: false, ..line });
            note(&mut self.roles, line.number, Role::Boilerplate, Some("how old what is below is"));
            return;
        }
        if self.may_be_stamp(line.text)
            && let Some(found) = self.stamp_of(line, above)
        {
            self.line_start = written_start;
            match self.layout.below {
                true => self.closing_stamp(found, line, end),
                false => self.stamp(found, line),
            }
            return;
        }
        if line.text.len() <= DATE_BYTES_MAX
            && let Some(date) = date::whole(self.unlisted(line.text))
        {
            if self.takes_date(date, end) {
                note(&mut self.roles, line.number, Role::Stamp, Some("the day of the clock above"));
                return;
            }
            let may_be_posts = date::is_of_a_post(line.text);
            if !may_be_posts || !self.is_of_a_post() {
                if above {
                    self.headed_above(date, line.text);
                }
                self.dated = (self.open.is_some() && may_be_posts).then_some((line, self.heading));
                self.heading = Some(date);
                // It sets off what stands below it, as a blank line does.
                self.lines.push(Line { text: "", is_prose: false, ..line });
                self.headed = self.lines.len();
                note(&mut self.roles, line.number, Role::Heading, None);
                return;
            }
        }
        if above
            && !self.heads_day
            && !boilerplate::is_boilerplate(line.text)
            && self.layout.headlines != Headlines::Before
        {
            // It is the page's, not a heading, with an intro below.
            self.heading = self.layout.heading;
        }
        self.lines.push(line);
    }

    /// A line without its list mark, where the stamps have one.
    fn unlisted(&self, line: &'a str) -> &'a str {
        if self.layout.bullet {
            stamp::unmarked(line).0
        } else {
            line
        }
    }

    /// Whether an update has an `@` or a `/`. One search of many updates costs less than one of each, and that less than
    /// one of each line.
    fn is_marked(&mut self, own: Range<usize>) -> bool {
        if own.start < self.unmarked.start || own.end > self.unmarked.end {
            let bytes = self.text.utf8.as_bytes();
            let end = own.end.max(own.start + MARKED_BYTES).min(bytes.len());
            let mark = memchr::memchr2(b'@', b'/', &bytes[own.start..end]);
            self.unmarked = own.start..mark.map_or(end, |length| own.start + length);
        }
        self.unmarked.end < own.end
    }

    fn close(&mut self, end: usize) {
        (self.headed, self.dated) = (0, None);
        self.agenda = None;
        let Some(open) = self.open.take() else {
            self.lines.clear();
            return;
        };
        let is_marked = self.is_marked(open.start..end);
        let written = Written { text: &self.text.utf8, own: open.start..end, is_marked, lines: &self.lines };
        let mut update = compose(&self.layout, &open.found, open.headline, written, &mut self.roles);
        self.lines.clear();
        let offset = self.text.offset(open.start);
        update.heading = open.heading;
        if let (Moment::Clock { zone: zone @ None, .. }, Some(of_page)) = (&mut update.moment, &self.zone) {
            *zone = Some(of_page.clone());
        }
        update.start = Position { offset, line: open.line };
        update.length_bytes = self.text.offset(end).saturating_sub(offset);
        // Only where the headline stands on the stamp's line: elsewhere it may still be to come, and a
        // text cut there would be read otherwise.
        if self.layout.headlines == Headlines::Same
            && let Some(before) = self.updates.last()
            && same_update(before, &update)
        {
            // A page's title repeats its newest update.
            self.updates.pop();
        }
        self.updates.push(update);
    }
}
