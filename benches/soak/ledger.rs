//! The manifest: what was written, and what each witness has seen of it. The text of an update is made from its
//! number, so that it needn't be kept.

use std::collections::HashMap;
use std::sync::Mutex;

use serde_json::Value;

use crate::random::Random;

/// Words that bodies are made of.
const WORDS: &[&str] = &[
    "harbour",
    "ferry",
    "council",
    "“no vessel”",
    "it’s",
    "bridge",
    "café",
    "£40m",
    "crews",
    "tide",
    "mayor",
    "says",
    "Zürich",
    "lifeboat",
    "—",
    "the",
    "of",
    "closed",
    "reopens",
    "school",
    "power",
    "naïve",
    "storm",
    "日本",
];

/// What one witness has seen of an update.
#[derive(Clone, Copy, Default)]
struct Seen {
    created: bool,
    whole: bool,
}

/// What one witness has counted.
#[derive(Clone, Copy, Default)]
pub struct Counts {
    pub events: u64,
    pub revised: u64,
    /// An update created under a second seq.
    pub twice: u64,
    /// An event of no update that was written, or with another text, or another time.
    pub bogus: u64,
    /// A line that is no JSON.
    pub torn: u64,
    /// A seq that isn't the next one.
    pub gaps: u64,
    /// How often it came back with its cursor.
    pub resumed: u64,
}

#[derive(Default)]
struct Pages {
    /// The minute of each update, from the first day on.
    minutes: Vec<u32>,
    seen: Vec<Vec<Seen>>,
    counts: Vec<Counts>,
    /// How many have been seen whole by each.
    whole: Vec<usize>,
    /// What was said last of those that weren't said whole: by witness and number.
    cut: HashMap<(usize, usize), String>,
}

/// What was written, and seen.
pub struct Ledger {
    seed: u64,
    pages: Mutex<Pages>,
}

impl Ledger {
    pub fn new(seed: u64) -> Ledger {
        Ledger { seed, pages: Mutex::default() }
    }

    fn pages(&self) -> std::sync::MutexGuard<'_, Pages> {
        self.pages.lock().expect("nobody panics while holding it")
    }

    /// Another witness, by its number.
    pub fn witness(&self) -> usize {
        let mut pages = self.pages();
        pages.seen.push(Vec::new());
        pages.counts.push(Counts::default());
        pages.whole.push(0);
        pages.seen.len() - 1
    }

    /// Writes down another update at this minute; says its number. It is to be written after that.
    pub fn write(&self, minute: u32) -> usize {
        let mut pages = self.pages();
        pages.minutes.push(minute);
        pages.minutes.len() - 1
    }

    pub fn written(&self) -> usize {
        self.pages().minutes.len()
    }

    pub fn headline(&self, number: usize) -> String {
        format!("Update {number} of run {}", self.seed)
    }

    /// One to four paragraphs, now and then long ones.
    pub fn body(&self, number: usize) -> String {
        let mut random = Random::new(self.seed ^ (number as u64) << 20);
        let long = if random.chance(2) { 200 } else { 12 };
        let paragraphs: Vec<String> = (0..1 + random.below(4))
            .map(|paragraph| {
                let words: Vec<&str> = (0..3 + random.below(long)).map(|_| *random.pick(WORDS)).collect();
                // Each its own: of two that are the same, one behind the other, the parser keeps one.
                format!("About {number}, {paragraph}: {}.", words.join(" "))
            })
            .collect();
        paragraphs.join("\n")
    }

    /// Takes down what a witness was told.
    pub fn see(&self, witness: usize, event: &Value) -> Option<usize> {
        let number = event["headline"].as_str().and_then(|headline| self.number_of(headline));
        let whole = number.is_some_and(|number| event["body"] == *self.body(number));
        let mut pages = self.pages();
        let counts = &mut pages.counts[witness];
        counts.events += 1;
        if event["seq"] != counts.events {
            counts.gaps += 1;
        }
        let revised = event["type"] == "update.revised";
        counts.revised += u64::from(revised);
        let minute = number.and_then(|number| pages.minutes.get(number).copied());
        let Some((number, minute)) = number.zip(minute) else {
            pages.bogus(witness, event);
            return None;
        };
        if event["timestamp"] != timestamp(minute) {
            pages.bogus(witness, event);
        }
        let known = pages.minutes.len();
        let seen = &mut pages.seen[witness];
        seen.resize(seen.len().max(known), Seen::default());
        let before = seen[number];
        seen[number] = Seen { created: true, whole };
        pages.counts[witness].twice += u64::from(before.created && !revised);
        if whole {
            pages.cut.remove(&(witness, number));
        } else {
            pages.cut.insert((witness, number), event.to_string());
        }
        pages.whole[witness] += usize::from(whole);
        pages.whole[witness] -= usize::from(before.whole);
        Some(number)
    }

    pub fn torn(&self, witness: usize) {
        self.pages().counts[witness].torn += 1;
    }

    pub fn gap(&self, witness: usize) {
        self.pages().counts[witness].gaps += 1;
    }

    pub fn resumed(&self, witness: usize) {
        self.pages().counts[witness].resumed += 1;
    }

    pub fn counts(&self, witness: usize) -> Counts {
        self.pages().counts[witness]
    }

    /// How many updates the slowest witness hasn't seen whole.
    pub fn behind(&self) -> usize {
        let pages = self.pages();
        pages.minutes.len() - pages.whole.iter().min().copied().unwrap_or(0)
    }

    /// Whether all of these have been seen whole by everyone.
    pub fn all_saw(&self, numbers: &[usize]) -> bool {
        let pages = self.pages();
        let whole = |seen: &Vec<Seen>, number: usize| seen.get(number).is_some_and(|seen| seen.whole);
        pages.seen.iter().all(|seen| numbers.iter().all(|&number| whole(seen, number)))
    }

    /// The updates that a witness hasn't seen at all, and those of which it has seen a part.
    pub fn lost(&self, witness: usize) -> (Vec<usize>, Vec<usize>) {
        let pages = self.pages();
        let seen = |number: usize| pages.seen[witness].get(number).copied().unwrap_or_default();
        let numbers = 0..pages.minutes.len();
        (
            numbers.clone().filter(|&number| !seen(number).created).collect(),
            numbers.filter(|&number| seen(number).created && !seen(number).whole).collect(),
        )
    }

    /// What was said of an update that wasn't said whole, and what should have been.
    pub fn cut(&self, witness: usize, number: usize) -> String {
        let said = self.pages().cut.get(&(witness, number)).cloned().unwrap_or_default();
        format!("{said}; it goes on as {:?}", self.body(number))
    }

    fn number_of(&self, headline: &str) -> Option<usize> {
        let (number, seed) = headline.strip_prefix("Update ")?.split_once(" of run ")?;
        (seed == self.seed.to_string()).then(|| number.parse().ok())?
    }
}

impl Pages {
    fn bogus(&mut self, witness: usize, event: &Value) {
        self.counts[witness].bogus += 1;
        if self.counts[witness].bogus < 4 {
            eprintln!("soak: nobody wrote this: {event}");
        }
    }
}

/// The day of a minute, `2024-03-06`: 28 days a month, so that it needs no calendar.
pub fn day(minute: u32) -> String {
    let day = minute / 1_440;
    format!("{}-{:02}-{:02}", 2_000 + day / 336, day / 28 % 12 + 1, day % 28 + 1)
}

/// The time line of a minute.
pub fn stamp(minute: u32) -> String {
    format!("{:02}:{:02} GMT\n", minute / 60 % 24, minute % 60)
}

fn timestamp(minute: u32) -> String {
    format!("{}T{:02}:{:02}:00Z", day(minute), minute / 60 % 24, minute % 60)
}
