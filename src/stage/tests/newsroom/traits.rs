//! How a newsroom works: how it writes its page, what happens to that, how it comes into the drop directory.
//!
//! What isn't drawn, since nobody could know it from the files (DESIGN §4.4):
//! - a quiet stretch of more than [`QUIET_BARE_MINUTES_MAX`] where clocks stand alone: from half a day on, a clock is as
//!   near to the day before as to the one after it, and the order and what is pinned can't be told. Where headings or
//!   stamps name each day, the stretch may be long;
//! - an mtime of another day where that alone tells the day or the order: it's late only where each day is named;
//! - what is pinned before it was ever shown in its place, or on a page whose mtime is late: nothing tells its day;
//! - the second pass of the hour that a clock change repeats, where the zone isn't written and the order doesn't tell, as
//!   on a page that shows only what came after.
//!
//! Nor what the program is known not to tell:
//! - a file that is touched where the index is lost: that these bytes were read before, and of which days they were,
//!   only the index knew;
//! - a quiet stretch as long in a log below headings that is read late: below one of them only the clocks tell the order;
//! - what is pinned for more than half a day below the heading of its own day: another day is nearer;
//! - what is pinned where only the first of each day is dated: its date is taken for that of the clocks below it.

use super::family::{FAMILIES, Family, Heads};
use super::random::Random;

/// The longest quiet stretch, minutes, where only clocks tell the days.
const QUIET_BARE_MINUTES_MAX: usize = 660;
/// The same where headings or stamps do.
const QUIET_DATED_MINUTES_MAX: usize = 2_400;

/// Zones that are configured where stamps name none.
const ZONES: &[&str] = &[
    "UTC",
    "UTC",
    "Europe/London",
    "America/New_York",
    "Asia/Kolkata",
    "Australia/Adelaide",
    "America/St_Johns",
];
/// Zones whose abbreviations are known.
const NAMED_ZONES: &[&str] = &[
    "Europe/London",
    "America/New_York",
    "Asia/Kolkata",
    "Australia/Adelaide",
    "Europe/Berlin",
];

/// What tells the days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Day {
    Stamp,
    Heading,
    Path,
    /// `Published`, and the day of the first update.
    Published,
    /// `Updated`, and the day on which the page was fetched.
    Updated,
    Mtime,
}

/// How the page comes into the drop directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Delivery {
    Replaced,
    Rewritten,
    Appended,
    /// Each time under another name.
    Numbered,
    /// Into two directories.
    Twice,
    /// Under another name from some time on, and the old file goes.
    Moved,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pinned {
    Never,
    /// It leaves its place.
    Moved,
    /// It stands in its place too.
    Repeated,
}

/// How a newsroom works.
#[derive(Debug, Clone)]
pub(super) struct Traits {
    pub family: Family,
    pub heads: Heads,
    pub zone: &'static str,
    /// What is configured for stamps that name no zone.
    pub configured_zone: &'static str,
    pub day: Day,
    pub log: bool,
    pub delivery: Delivery,
    pub shown_max: Option<usize>,
    pub quiet_minutes_max: usize,
    pub pinned: Pinned,
    /// Of a hundred versions, so many have one that is put in late, goes, is corrected, gets another headline.
    pub late: usize,
    pub removed: usize,
    pub edited: usize,
    pub retitled: usize,
    /// The file is touched now and then.
    pub touched: bool,
    /// So many days behind the truth is each mtime.
    pub mtime_late_days: i64,
    /// Another page of the blog shows its latest updates, so many.
    pub beside: Option<usize>,
    /// The daemon is killed now and then, and its index lost.
    pub troubled: bool,
    pub blank_lines: bool,
    /// The style of its headings.
    pub heading: usize,
}

impl Traits {
    /// Whether one time line shows that it is one: others are taken for text until there are two.
    pub fn may_be_alone(&self) -> bool {
        let line = self.family.line;
        !["{body}", "{head}", "ago"].iter().any(|part| line.contains(part)) && !self.family.is_dated()
    }
}

/// Draws them.
pub(super) fn traits(random: &mut Random) -> Traits {
    // Others have no clock.
    let family = loop {
        let family = *random.pick(FAMILIES);
        if !matches!(family.row, "match" | "relative") {
            break family;
        }
    };
    let heads = *random.pick(family.heads);
    let (zone, configured_zone) = zones(random, &family);
    // Where only the first of a day is dated, the others' clocks are bare.
    let is_dated = family.is_dated() && !family.line.contains("{first:");
    let day = match is_dated {
        true => Day::Stamp,
        false => *random.pick(&[
            Day::Heading,
            Day::Path,
            Day::Published,
            Day::Updated,
            Day::Mtime,
            Day::Mtime,
        ]),
    };
    let day = if family.is_dated() { Day::Stamp } else { day };
    let are_days_named = is_dated || day == Day::Heading;
    let log = family.log && random.chance(25);
    let appended = log && day != Day::Updated && random.chance(50);
    let delivery = match appended {
        true => Delivery::Appended,
        false => *random.pick(&[
            Delivery::Replaced,
            Delivery::Replaced,
            Delivery::Rewritten,
            Delivery::Numbered,
            Delivery::Twice,
            Delivery::Moved,
        ]),
    };
    let mut sometimes = |percent: usize, rate: usize| {
        if appended {
            0
        } else {
            rate * usize::from(random.chance(percent))
        }
    };
    // Between full hours none is.
    let late = sometimes(25, 10) * usize::from(!family.hours_only);
    let removed = sometimes(33, 5);
    let (edited, retitled) = (sometimes(33, 20), sometimes(25, 5));
    let quiet_max = if are_days_named && !(log && day == Day::Heading) {
        QUIET_DATED_MINUTES_MAX
    } else {
        QUIET_BARE_MINUTES_MAX
    };
    let mtime_late_days = if are_days_named && random.chance(25) {
        1 + random.below(40) as i64
    } else {
        0
    };
    let may_pin = !log && mtime_late_days == 0 && (is_dated || !family.is_dated()) && random.chance(15);
    Traits {
        family,
        heads,
        zone,
        configured_zone,
        day,
        log,
        delivery,
        shown_max: Some(*random.pick(&[8, 20])).filter(|_| !log && random.chance(50)),
        quiet_minutes_max: *random.pick(&[20, 60, 180, 480, quiet_max]),
        pinned: if may_pin {
            *random.pick(&[Pinned::Moved, Pinned::Repeated])
        } else {
            Pinned::Never
        },
        late,
        removed,
        edited,
        retitled,
        touched: random.chance(20),
        mtime_late_days,
        beside: Some(*random.pick(&[3, 6])).filter(|_| random.chance(20)),
        troubled: random.chance(25),
        blank_lines: heads == Heads::Before || random.chance(50),
        heading: random.below(6),
    }
}

/// The zone of a newsroom's clocks, and the configured one.
fn zones(random: &mut Random, family: &Family) -> (&'static str, &'static str) {
    let stated = [
        (" ET,", "America/New_York"),
        ("IST", "Asia/Kolkata"),
        ("мск", "Europe/Moscow"),
        ("British Summer Time", "Etc/GMT-1"),
        ("Greenwich", "UTC"),
        ("GMT", "UTC"),
        ("UTC", "UTC"),
        ("EST", "Etc/GMT+5"),
        ("EDT", "Etc/GMT+4"),
        // These have no zone, or don't say that it is UTC.
        ("{epoch}", "UTC"),
        ("{ss} {AM}»", "UTC"),
    ];
    let stated = stated.iter().find(|(text, _)| family.line.contains(text)).map(|&(_, zone)| zone);
    let stated = stated.or_else(|| family.line.contains("{Z}").then(|| *random.pick(NAMED_ZONES)));
    let configured = *random.pick(ZONES);
    match stated {
        Some(zone) => (zone, if random.chance(50) { zone } else { configured }),
        None => (configured, configured),
    }
}
