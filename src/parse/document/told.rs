//! Times and dates of which a text only tells: a list's, a quoted post's, those of what went before.
//!
//! What stands above the line decides, and nothing below it: a text that is cut there is read the same.

use memchr::{memchr, memmem};

use super::Reading;
use crate::parse::stamp::{Found, Place, shape};
use crate::parse::update::{Line, minute_of_day};
use crate::parse::{boilerplate, hits, inline};

/// How far ahead a list's times are: what is further is of the evening before, min.
const AHEAD_MINUTES_MAX: i32 = 16 * 60;
/// How far behind are those of what happened before, min.
pub(super) const BEHIND_MINUTES_MIN: i32 = 2 * 60;
/// The next update is no further.
pub(super) const HALF_DAY_MINUTES: i32 = 12 * 60;

impl<'a> Reading<'a, '_> {
    /// Whether the line may be the date of a quoted post: a handle without one stands a few lines above it, in the same
    /// update.
    pub(super) fn is_of_a_post(&self) -> bool {
        // With what is blank between them.
        let lines = self.lines.iter().rev().take(4 * hits::POST_LINES_MAX);
        let lines = lines.map(|line| line.text).filter(|line| !line.is_empty()).take(hits::POST_LINES_MAX);
        self.open.is_some()
            && lines.map(|line| (is_of_a_post(line), is_dated_post(line))).find(|&(is_one, _)| is_one)
                == Some((true, false))
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
            && shape(own.time_text) == shape(found.time_text)
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

    /// The same where a button may stand between them.
    pub(super) fn is_below(&self, found: &Found<'_>, is_of: fn(&Found<'_>, &Found<'_>) -> bool) -> bool {
        self.open.as_ref().is_some_and(|open| is_of(&open.found, found))
            && self.lines.iter().all(|line| boilerplate::is_boilerplate(line.text))
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
        if found.by_machine || found.has_zone() {
            return false;
        }
        let Some(open) = &self.open else { return false };
        let times = open.found.moment_time().zip(found.moment_time());
        if !self.layout.by_machine {
            // An agenda's clocks alone on their lines, below a stamp with a zone: what is below that on such a page is older.
            let is_ahead =
                |(own, time)| (1..HALF_DAY_MINUTES).contains(&(minute_of_day(time) - minute_of_day(own)));
            return self.layout.falling
                && found.place == Place::Alone
                && open.found.has_zone()
                && times.is_some_and(is_ahead);
        }
        self.told_of == Some(open.start)
            || times.is_some_and(|(own, time)| {
                let ahead = minute_of_day(time) - minute_of_day(own);
                (1..AHEAD_MINUTES_MAX).contains(&ahead) || ahead <= -BEHIND_MINUTES_MIN
            })
    }

    /// The text above, blank lines left out.
    pub(super) fn text_above(&self) -> Option<&'a str> {
        self.lines.iter().rev().map(|line| line.text).find(|text| !text.is_empty())
    }

    /// Whether a blank line stands above.
    pub(super) fn is_spaced(&self) -> bool {
        self.lines.last().is_some_and(|line| line.text.is_empty())
    }
}

/// Whether a line is a quoted post's, or says whose it is: `Ann Bee (@annbee)`, `Ann Bee (@annbee) The pier is shut`, `@annbee`.
fn is_of_a_post(line: &str) -> bool {
    let bytes = line.as_bytes();
    memchr(b'@', bytes).is_some()
        && (memmem::find(bytes, b"(@").is_some() || bytes[0] == b'@' || line.starts_with(".@"))
        || memchr(b'/', bytes).is_some() && memmem::find(bytes, b"pic.twitter.com/").is_some()
}

/// Whether it says when it was posted: the date below it is none of its.
fn is_dated_post(line: &str) -> bool {
    inline::signature(line).is_some_and(|(_, embed)| !embed.date_text.is_empty())
}
