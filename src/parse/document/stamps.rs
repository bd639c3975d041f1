//! What a stamp does to a reading: it opens an update, ends one, or says once more when the open one is.

use super::{HEADLINE_BYTES_MAX, Open, Reading};
use crate::model::time::{Moment, PartialDate};
use crate::model::words::range_of;
use crate::parse::dialect::Headlines;
use crate::parse::roles::{Role, note};
use crate::parse::stamp::{self, Found, Place, is_author};
use crate::parse::update::Line;
use crate::parse::{boilerplate, caption, headlines, hits, inline, scan};

/// A table's line, `CDU: 41,5 percent`, or who reported it, `anr/dpa/Reuters`, is not longer, bytes.
const TABLE_BYTES_MAX: usize = 60;

impl<'a> Reading<'a, '_> {
    /// A stamp below its update: the lines since the one before are that update.
    pub(super) fn closing_stamp(&mut self, found: Found<'a>, line: Line<'a>, end: usize) {
        let heading = self.heading;
        let first = self.updates.is_empty() && self.text.starts_file();
        let mut from = self.lines.iter().position(|line| !line.text.is_empty()).unwrap_or(self.lines.len());
        if self.headed > 0 {
            from = from.min(self.headed - 1);
        }
        if first && self.layout.headlines == Headlines::After {
            // Above the first one stands the page's intro too: its last headline with text below it is the update's.
            let is_text =
                |line: &Line<'_>| !boilerplate::is_boilerplate(line.text) && !caption::is_caption(line.text);
            let last = self.lines.iter().rposition(is_text).unwrap_or(0);
            let title = (0..last).rev().find(|&at| {
                headlines::is_headline(self.lines[at].text)
                    && self.lines[..at]
                        .iter()
                        .rfind(|line| !line.text.is_empty())
                        .is_none_or(|line| line.text != "-")
            });
            from = title.unwrap_or(from);
        }
        if self.layout.place == Place::Alone
            && let Some((at, item)) = self.last_item()
        {
            // The items above it have lost their stamps.
            self.lines[at].text = item;
            from = at;
        }
        let (from_start, from_line) =
            self.lines.get(from).map_or((line.start, line.number), |line| (line.start, line.number));
        self.lines.drain(..from);
        note(&mut self.roles, line.number, Role::Stamp, Some("it stands below its update"));
        self.open = Some(Open { found, headline: None, start: from_start, line: from_line, heading });
        self.close(end);
        self.kept_heading = self.heading_above;
        self.heading_above = heading;
    }

    /// The last line that opens an item, and its text.
    fn last_item(&self) -> Option<(usize, &'a str)> {
        let item = |(at, line): (usize, &Line<'a>)| match hits::is_state(line.text) {
            true => Some((at, line.text)),
            false => inline::item(line.text).map(|item| (at, item)),
        };
        self.lines.iter().enumerate().rev().find_map(item)
    }

    pub(super) fn stamp(&mut self, mut found: Found<'a>, line: Line<'a>) {
        if self.is_below(&found, hits::is_again) {
            // They are one update's.
            self.lines.clear();
            self.headed = 0;
            note(&mut self.roles, line.number, Role::Stamp, Some("the same time in another notation"));
            return;
        }
        self.drop_told_date();
        if self.layout.headlines == Headlines::Before && found.stands_alone() {
            found.comma = self.next_text(line.start + line.text.len()) == Some(",");
        }
        let mut headline = None;
        let number = line.number;
        let mut from = (line.start, number);
        if self.layout.headlines == Headlines::Before
            && let Some((at, name)) = self.byline_above()
        {
            let line = self.lines[at];
            found.byline = found.byline.or(Some(name));
            from = (line.start, line.number);
            note(&mut self.roles, line.number, Role::Byline, Some("between headline and stamp"));
            self.lines.truncate(at);
        }
        if self.layout.headlines == Headlines::Before
            && let Some(last) = self.lines.iter().rposition(|line| !boilerplate::is_boilerplate(line.text))
            && last >= self.headed
            // Who reads on from there takes it for a stamp.
            && self.refused != Some(self.lines[last].start)
            && !stamp::is_one(self.lines[last].text, Place::Alone)
            && (last == 0 || self.sets_off(self.lines[last - 1].text) || found.comma)
            && self.lines[last].text.len() <= HEADLINE_BYTES_MAX
            && !headlines::is_text_alone(self.lines[last].text)
            && (headlines::ends_as_title(self.lines[last].text) || found.comma)
        {
            let line = self.lines[last];
            headline = Some(line.text);
            from = (line.start, line.number);
            note(&mut self.roles, line.number, Role::Headline, Some("the line before the stamp"));
            self.lines.truncate(last);
        }
        if self.layout.authors
            && found.byline.is_none()
            && let Some(last) = self.lines.iter().rposition(|line| !boilerplate::is_boilerplate(line.text))
            && is_author(self.lines[last].text)
        {
            let line = self.lines[last];
            found.byline = Some(line.text);
            from = (line.start, line.number);
            note(&mut self.roles, line.number, Role::Byline, Some("the line before the stamp"));
            self.lines.truncate(last);
        }
        self.close(from.0);
        note(&mut self.roles, number, Role::Stamp, None);
        self.kept_heading = self.heading;
        self.open = Some(Open { found, headline, start: from.0, line: from.1, heading: self.heading });
    }

    /// Takes a date right below a clock that stands alone for that clock's: `15:43`, `18.7.2024`. What stands above the next
    /// stamp heads what is below. `end`: where its line ends.
    pub(super) fn takes_date(&mut self, date: PartialDate, end: usize) -> bool {
        let is_bare = |open: &Open<'_>| open.found.stands_alone() && open.found.date().is_none();
        if self.layout.headlines == Headlines::Before
            || self.layout.below
            || !self.open.as_ref().is_some_and(is_bare)
            || !is_untold(&self.lines)
        {
            return false;
        }
        let is_its = self.next_text(end).is_some_and(|next| self.stamp_in(next).is_none());
        match self.open.as_mut().map(|open| &mut open.found.moment) {
            Some(Moment::Clock { date: its_date, .. }) if is_its => {
                *its_date = Some(date);
                true
            }
            _ => false,
        }
    }

    /// Whether a line is the comma of the stamp right above it, whose author is on the next one.
    pub(super) fn is_comma(&self, line: Line<'_>) -> bool {
        line.text == ","
            && self.open.as_ref().is_some_and(|open| open.found.comma && open.found.byline.is_none())
            && is_untold(&self.lines)
    }

    /// The next line that isn't blank, from a place in the text on.
    fn next_text(&self, from: usize) -> Option<&'a str> {
        let whole: &'a str = &self.text.utf8;
        scan::lines(&whole[from..]).map(scan::trimmed).find(|line| !line.is_empty())
    }

    /// A date in an update's text is no heading of what is below: text stands between them.
    fn drop_told_date(&mut self) {
        let Some((line, before)) = self.dated.take() else { return };
        let Some(at) = self.lines.iter().rposition(|other| other.number == line.number) else {
            return;
        };
        let is_text = |line: &Line<'_>| !boilerplate::is_boilerplate(line.text);
        if self.layout.headlines == Headlines::Before || !self.lines[at..].iter().any(is_text) {
            return;
        }
        self.lines[at] = line;
        (self.heading, self.headed) = (before, 0);
        note(
            &mut self.roles,
            line.number,
            Role::Body,
            Some("a date that the text tells of: more text is below it"),
        );
    }

    /// The line right above a stamp, if it says who wrote its update, and the name.
    fn byline_above(&self) -> Option<(usize, &'a str)> {
        let last = self.lines.iter().rposition(|line| !boilerplate::is_boilerplate(line.text))?;
        inline::byline(self.lines[last].text).map(|name| (last, name))
    }

    /// Whether a line is when its update was, to the minute, below how old that is: `3m ago`, `(14:20 GMT)`. The stamp is both
    /// of them then.
    pub(super) fn is_time_of_age(&mut self, line: Line<'a>) -> bool {
        if self.layout.place != Place::Relative || !line.text.starts_with('(') {
            return false;
        }
        let Some(open) = self.open.as_mut().filter(|open| open.found.moment == Moment::Relative) else {
            return false;
        };
        let whole: &'a str = &self.text.utf8;
        let (Some(age), Some(found)) =
            (range_of(whole, open.found.time_text), stamp::find(line.text, &self.overrides.zones))
        else {
            return false;
        };
        if !is_untold(&self.lines) || found.place != Place::Alone {
            return false;
        }
        open.found.time_text = &whole[age.start..line.start + line.text.len()];
        open.found.moment = found.moment;
        self.lines.clear();
        note(&mut self.roles, line.number, Role::Stamp, None);
        true
    }

    /// Whether a line above a headline parts it from what stands there: a blank one, a sentence's end, a caption, a short one,
    /// and on the page's first all there is.
    fn sets_off(&self, over: &str) -> bool {
        boilerplate::is_boilerplate(over)
            || over.len() <= TABLE_BYTES_MAX
            || self.open.is_none()
            || !headlines::is_open_ended(over)
            || caption::is_caption(over)
            || headlines::signature(over).is_some()
    }
}

/// Whether nothing but blank lines stands below a stamp so far.
fn is_untold(lines: &[Line<'_>]) -> bool {
    lines.iter().all(|line| line.text.is_empty())
}
