//! A newsroom that is made up from a seed: how it writes its page, what happens to that in its days, and the files
//! that scrapers make of it. It knows nothing of the daemon.
//!
//! What isn't drawn, since nobody could know it from the files (DESIGN §4.4):
//! - a quiet stretch of more than [`QUIET_BARE_MINUTES_MAX`] where clocks stand alone: from half a day on, a clock is as
//!   near to the day before as to the one after it, and the order and what is pinned can't be told. Where headings or
//!   stamps name each day, the stretch may be long;
//! - an mtime of another day where that alone tells the day or the order: it's late only where each day is named;
//! - what is pinned before it was ever shown in its place, or on a page whose mtime is late: nothing tells its day;
//! - the second pass of the hour that a clock change repeats, where the zone isn't written and the order doesn't tell.

use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use super::family::{FAMILIES, Family, Heads};
use super::random::Random;
use super::words::Words;

/// The longest quiet stretch, minutes, where only clocks tell the days.
const QUIET_BARE_MINUTES_MAX: usize = 660;
/// The same where headings or stamps do.
const QUIET_DATED_MINUTES_MAX: usize = 2_400;

/// Days around which something ends or changes, and quiet ones.
const STARTS: &[&str] = &[
    "2024-03-05",
    "2024-02-28",
    "2023-02-28",
    "2023-12-31",
    "2024-12-30",
    "2024-03-30",
    "2024-10-26",
    "2024-03-09",
    "2024-11-02",
    "2024-04-06",
    "2024-10-05",
    "2024-07-01",
];

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

/// One update, as it was written.
#[derive(Debug, Clone)]
pub(super) struct Update {
    pub at: Timestamp,
    /// Which no other update has; it stands in the headline and in the first paragraph.
    pub token: String,
    pub headline: Option<String>,
    pub lead: String,
    pub paragraphs: Vec<String>,
    /// What chooses its names.
    pub seed: u64,
    /// It was shown in its place.
    is_shown: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    Replace,
    Rewrite,
    Append,
    /// The text stays.
    Touch,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    Kill,
    LostIndex,
}

/// A file as it stands at some time.
#[derive(Debug, Clone)]
pub(super) struct Version {
    pub name: String,
    pub mtime: Timestamp,
    pub text: String,
    pub how: How,
    /// What goes with it.
    pub removes: Option<String>,
    /// What happens to the daemon before it.
    pub trouble: Option<Trouble>,
    /// The watcher tells of it.
    pub hinted: bool,
    /// How many of the updates have been shown by now.
    pub shown: Vec<usize>,
}

/// The life of a live blog.
pub(super) struct Newsroom {
    pub traits: Traits,
    pub zone: TimeZone,
    /// All there ever were, whether shown or not.
    pub updates: Vec<Update>,
    pub random: Random,
    words: Words,
    /// What stands on the page now, oldest first.
    page: Vec<usize>,
    pinned: Option<usize>,
    pub now: Timestamp,
    /// The name that it has now.
    name: String,
    pub title: String,
    versions: Vec<Version>,
}

impl Traits {
    /// Whether one time line shows that it is one: others are taken for text until there are two.
    fn may_be_alone(&self) -> bool {
        let line = self.family.line;
        !["{body}", "{head}", "ago"].iter().any(|part| line.contains(part)) && !self.family.is_dated()
    }
}

impl Newsroom {
    /// Draws one, with its life.
    pub fn draw(seed: u64) -> Newsroom {
        let mut random = Random::new(seed);
        let traits = traits(&mut random);
        let zone = TimeZone::get(traits.zone).expect("a zone");
        let day: jiff::civil::Date = random.pick(STARTS).parse().expect("a day");
        let minute = SignedDuration::from_mins(random.below(1_440) as i64);
        let now = day.to_zoned(zone.clone()).expect("a day").timestamp() + minute;
        let mut words = Words::default();
        let title = words.headline(&mut random);
        let mut newsroom = Newsroom {
            traits,
            zone,
            updates: Vec::new(),
            random,
            words,
            page: Vec::new(),
            pinned: None,
            now,
            name: String::new(),
            title,
            versions: Vec::new(),
        };
        newsroom.live();
        newsroom
    }

    /// The files that came of it, one after the other.
    pub fn versions(&self) -> &[Version] {
        &self.versions
    }

    fn live(&mut self) {
        let first = match self.traits.may_be_alone() {
            true => *self.random.pick(&[1, 1, 3, 5, 12]),
            false => *self.random.pick(&[2, 3, 5, 12]),
        };
        (0..first).for_each(|_| self.publish());
        self.name = self.named("live");
        self.fetch();
        for _ in 0..5 + self.random.below(10) {
            let count = *self.random.pick(&[0, 1, 1, 1, 2, 3]);
            (0..count).for_each(|_| self.publish());
            self.change();
            self.fetch();
        }
    }

    /// One update more, some time later.
    fn publish(&mut self) {
        let few = *self.random.pick(&[0, 1, 2, 3, 5, 8, 13, 21]);
        let quiet = self.random.below(self.traits.quiet_minutes_max + 1);
        let minutes = if self.random.chance(70) { few } else { quiet } as i64;
        self.now += SignedDuration::from_mins(minutes);
        if self.traits.family.hours_only {
            let minute = i64::from(self.zone.to_datetime(self.now).minute());
            self.now += SignedDuration::from_mins((60 - minute) % 60);
        }
        let before = self.page.last().map(|&at| self.updates[at].at);
        while !self.is_told(before) {
            self.now += SignedDuration::from_mins(30);
        }
        let at = self.write(self.now);
        self.page.push(at);
    }

    /// Whether the clock of now tells the instant: in the hour that is repeated, whether the later one is meant.
    fn is_told(&self, before: Option<Timestamp>) -> bool {
        let local = self.zone.to_datetime(self.now);
        let AmbiguousOffset::Fold { before: first, after: second } =
            self.zone.to_ambiguous_timestamp(local).offset()
        else {
            return true;
        };
        let [first, second] = [first, second].map(|offset| offset.to_timestamp(local).expect("in range"));
        let is_second = before.is_some_and(|before| first < before && second >= before);
        self.traits.family.line.contains("{Z}") || self.now == if is_second { second } else { first }
    }

    /// Writes an update, and puts it nowhere.
    fn write(&mut self, at: Timestamp) -> usize {
        let random = &mut self.random;
        let second = if self.traits.family.line.contains("{ss}") {
            random.below(60) as i64
        } else {
            0
        };
        let token = token(random, self.updates.len());
        let headline = (self.traits.heads != Heads::None)
            .then(|| format!("{token}: {}", self.words.headline(random).to_lowercase()));
        let lead = format!("{token} says: {}", self.words.paragraph(random));
        let more = *random.pick(&[0, 0, 1, 1, 2, 3]);
        let paragraphs = (0..more).map(|_| self.words.paragraph(random)).collect();
        let at = at + SignedDuration::from_secs(second);
        self.updates.push(Update {
            at,
            token,
            headline,
            lead,
            paragraphs,
            seed: random.draw(),
            is_shown: false,
        });
        self.updates.len() - 1
    }

    /// What happens to updates that stand there.
    fn change(&mut self) {
        let traits = self.traits.clone();
        let count = self.page.len();
        if count < 4 {
            return;
        }
        if self.random.chance(traits.late) {
            let [from, to] = [count - 3, count - 2].map(|at| self.updates[self.page[at]].at);
            let minutes = to.duration_since(from).as_mins();
            if minutes >= 2 {
                let minute = 1 + self.random.below(minutes as usize - 1) as i64;
                let at = self.write(from + SignedDuration::from_mins(minute));
                self.page.insert(count - 2, at);
            }
        }
        if self.random.chance(traits.removed) {
            let at = self.random.below(self.page.len());
            self.page.remove(at);
        }
        if self.random.chance(traits.edited) {
            let at = *self.random.pick(&self.page);
            let text = self.words.paragraph(&mut self.random);
            self.updates[at].paragraphs.push(format!("Correction: {text}"));
        }
        if self.random.chance(traits.retitled) {
            let place = self.random.below(self.page.len());
            let at = self.updates[self.page[place]].at;
            self.page[place] = self.write(at);
        }
        let last = &self.page[self.page.len() - 3..];
        if traits.pinned != Pinned::Never && self.random.chance(25) {
            let shown: Vec<usize> = last.iter().copied().filter(|&at| self.updates[at].is_shown).collect();
            self.pinned = if self.pinned.is_some() || shown.is_empty() {
                None
            } else {
                Some(*self.random.pick(&shown))
            };
        }
    }

    /// The page's updates as they stand on it, from the top.
    fn standing(&self, shown_max: Option<usize>) -> Vec<usize> {
        let from = self.page.len() - shown_max.map_or(self.page.len(), |most| most.min(self.page.len()));
        let mut standing = self.page[from..].to_vec();
        if !self.traits.log {
            standing.reverse();
        }
        // What has been removed isn't pinned any more.
        if let Some(pinned) = self.pinned.filter(|pinned| self.page.contains(pinned)) {
            standing.retain(|at| self.traits.pinned == Pinned::Repeated || *at != pinned);
            standing.insert(0, pinned);
        }
        standing
    }

    /// A name of the day of the oldest update on the page, where the path tells it.
    fn named(&self, stem: &str) -> String {
        let oldest = self.page.first().map_or(self.now, |&at| self.updates[at].at);
        let day = self.zone.to_datetime(oldest).date();
        match self.traits.day {
            Day::Path => format!("east/{day}-{stem}.txt"),
            Day::Stamp | Day::Heading | Day::Published | Day::Updated | Day::Mtime => {
                format!("east/{stem}.txt")
            }
        }
    }

    /// The page is fetched a little later, and comes into the drop directory.
    fn fetch(&mut self) {
        let fetched = self.now + SignedDuration::from_secs(self.random.below(240) as i64 + 30);
        let standing = self.standing(self.traits.shown_max);
        let text = self.text(&standing, fetched);
        let number = self.versions.len();
        let mut removes = None;
        let how = match self.traits.delivery {
            Delivery::Rewritten => How::Rewrite,
            Delivery::Appended => How::Append,
            Delivery::Replaced | Delivery::Numbered | Delivery::Twice | Delivery::Moved => How::Replace,
        };
        if self.traits.delivery == Delivery::Moved && number > 1 && self.random.chance(15) {
            let name = self.named(&format!("more-{number}"));
            removes = Some(std::mem::replace(&mut self.name, name));
        }
        let name = match self.traits.delivery {
            Delivery::Numbered => self.name.replace(".txt", &format!("-n{number:03}.txt")),
            _ => self.name.clone(),
        };
        self.put(name.clone(), fetched, &text, how, removes, &standing);
        if self.traits.delivery == Delivery::Twice {
            self.put(name.replace("east/", "west/"), fetched, &text, how, None, &standing);
        }
        if let Some(latest) = self.traits.beside.filter(|_| number > 2) {
            let standing = self.standing(Some(latest));
            let text = self.text(&standing, fetched);
            // Its name is of the blog's first day, or the second page's own.
            self.put(self.named("latest"), fetched, &text, How::Replace, None, &standing);
        }
        if self.traits.touched && self.random.chance(30) {
            let later = *self.random.pick(&[1, 24, 72, 960]);
            let mtime = fetched + SignedDuration::from_hours(later);
            self.put(name, mtime, &text, How::Touch, None, &standing);
        }
        self.now = self.now.max(fetched.round(jiff::Unit::Minute).expect("in range"));
    }

    fn put(
        &mut self,
        name: String,
        fetched: Timestamp,
        text: &str,
        how: How,
        removes: Option<String>,
        standing: &[usize],
    ) {
        let trouble = match self.random.below(8) {
            0 if self.traits.troubled => Some(Trouble::LostIndex),
            1 | 2 if self.traits.troubled => Some(Trouble::Kill),
            _ => None,
        };
        let mut shown = self.versions.last().map_or_else(Vec::new, |version| version.shown.clone());
        shown.extend(standing.iter().filter(|&&at| !self.updates[at].is_shown));
        standing.iter().for_each(|&at| self.updates[at].is_shown = true);
        let mtime = fetched + SignedDuration::from_hours(24 * self.traits.mtime_late_days);
        let hinted = self.random.chance(70);
        self.versions.push(Version { name, mtime, text: text.into(), how, removes, trouble, hinted, shown });
    }
}

/// A word that nothing else is called.
fn token(random: &mut Random, number: usize) -> String {
    let syllable = |random: &mut Random| {
        format!(
            "{}{}",
            random.pick(&["b", "d", "f", "g", "k", "l", "m", "n", "r", "t", "v"]),
            random.pick(&["a", "e", "i", "o", "u"])
        )
    };
    let word: String = (0..3).map(|_| syllable(random)).collect();
    // The number, in letters.
    let number: String = number.to_string().bytes().map(|digit| char::from(digit - b'0' + b'a')).collect();
    format!("Q{word}x{number}x")
}

fn traits(random: &mut Random) -> Traits {
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
        if !appended && random.chance(percent) {
            rate
        } else {
            0
        }
    };
    let (late, removed) = (sometimes(25, 10), sometimes(33, 5));
    let (edited, retitled) = (sometimes(33, 20), sometimes(25, 5));
    let quiet_max = if are_days_named {
        QUIET_DATED_MINUTES_MAX
    } else {
        QUIET_BARE_MINUTES_MAX
    };
    let mtime_late_days = if are_days_named && random.chance(25) {
        1 + random.below(40) as i64
    } else {
        0
    };
    let may_pin = !log && mtime_late_days == 0 && random.chance(15);
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
