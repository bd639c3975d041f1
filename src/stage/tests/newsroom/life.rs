//! A newsroom that is made up from a seed: how it writes its page, what happens to that in its days, and the files
//! that scrapers make of it. It knows nothing of the daemon.

use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use super::family::Heads;
use super::random::Random;
use super::traits::{Day, Delivery, Pinned, Traits, traits};
use super::words::Words;

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

/// How long something is pinned below the heading of its day.
const PINNED_BELOW_HEADING_MAX: SignedDuration = SignedDuration::from_hours(12);

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
    /// Which of the updates have been shown by now.
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
        // The day in a name or a header is that of the oldest update that the page shows.
        let first = first.min(self.traits.shown_max.unwrap_or(first));
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
        let traits = &self.traits;
        let shows_all = traits.shown_max.is_none() && traits.beside.is_none() && traits.removed == 0;
        match is_second {
            _ if traits.family.line.contains("{Z}") => true,
            true => self.now == second && shows_all,
            false => self.now == first,
        }
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
        let newest = self.page.last().map_or(self.now, |&at| self.updates[at].at);
        let is_late = |at: usize| newest.duration_since(self.updates[at].at) > PINNED_BELOW_HEADING_MAX;
        let may_stay =
            |at: usize| self.page.contains(&at) && (self.traits.day != Day::Heading || !is_late(at));
        if let Some(pinned) = self.pinned.filter(|&pinned| may_stay(pinned)) {
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
            0 if self.traits.troubled && !self.traits.touched => Some(Trouble::LostIndex),
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
