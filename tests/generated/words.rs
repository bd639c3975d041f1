//! Words of a made-up town and its storm: sentences, headlines, names. No two alike in one blog.

use std::collections::HashSet;

use super::random::Random;

const WHO: &[&str] = &[
    "The harbour office",
    "A fisherman",
    "The mayor",
    "The ferry’s captain",
    "Our reporter",
    "The council",
    "A lorry driver",
    "The weather service",
    "The lighthouse keeper",
    "An old sailor",
    "The school",
    "Ann Lee",
    "The coast guard",
    "Mr Day",
    "The baker on the quay",
    "A crew of 12",
    "The opposition",
    "Town hall",
];
const DOES: &[&str] = &[
    "closes",
    "opens",
    "watches",
    "asks for",
    "warns of",
    "finds",
    "waits for",
    "repairs",
    "mourns",
    "counts",
    "takes down",
    "brings back",
    "pays for",
    "denies",
    "welcomes",
    "sees",
    "photographs",
    "plans",
];
const WHAT: &[&str] = &[
    "the bridge",
    "a second ferry",
    "the north pier",
    "40 boats",
    "£1.5 million of damage",
    "the tide",
    "a lost dog",
    "the 8.15 train",
    "the old mill",
    "winds of 7,730 kinds",
    "the road to the north",
    "bread",
    "three tugs",
    "a wall of sand",
    "the vote",
    "the market",
    "the last bus",
    "a hole in the sea wall",
];
const TAIL: &[&str] = &[
    "after the storm",
    "before noon",
    "for the third time",
    "in the rain",
    "at around 10.30pm",
    "as the wind drops",
    "since Monday",
    "at 3:15pm (13:15 UK time)",
    "near the station",
    "says the office",
    "by 4 votes to 3",
    "while the sea rises",
    "on March 6",
    "in under 40 minutes",
    "without a word",
    "as if nothing had happened",
];
const FIRST: &[&str] = &[
    "Ann", "Bo", "Carla", "Dimitri", "Eve", "Farid", "Greta", "Håkon", "Íde", "Jo",
];
const LAST: &[&str] = &[
    "Lee",
    "Day",
    "Okoro",
    "Lindqvist",
    "O’Neil",
    "Marsh-Field",
    "Pont",
    "Quist",
    "Rao",
];

/// Says nothing twice: an update that says the same at the same time is the same.
#[derive(Default)]
pub struct Words {
    said: HashSet<String>,
}

impl Words {
    fn once(&mut self, random: &mut Random, make: impl Fn(&mut Random) -> String) -> String {
        loop {
            let text = make(random);
            if self.said.insert(text.clone()) {
                return text;
            }
        }
    }

    /// A sentence with its full stop, sometimes two or three.
    pub fn paragraph(&mut self, random: &mut Random) -> String {
        self.once(random, |random| {
            let sentences = 1 + random.below(3);
            (0..sentences).map(|_| sentence(random)).collect::<Vec<_>>().join(" ")
        })
    }

    /// A paragraph in quotes, or with a question: as bodies open too, if seldom.
    pub fn odd_paragraph(&mut self, random: &mut Random) -> String {
        self.once(random, |random| {
            let sentence = sentence(random);
            match random.below(3) {
                0 => format!("“{sentence}”"),
                1 => format!("“{sentence}” {sentence}"),
                _ => format!("{sentence} (see our post at {}.{}6am).", 1 + random.below(11), random.below(6)),
            }
        })
    }

    /// No full stop at its end.
    pub fn headline(&mut self, random: &mut Random) -> String {
        self.once(random, |random| {
            let (who, does, what) = (random.pick(WHO), random.pick(DOES), random.pick(WHAT));
            let tail = random.pick(TAIL);
            match random.below(14) {
                0 => format!("{who} {does} {what}: what we know"),
                1 => format!("‘{who} {does} {what}’"),
                2 => format!("Why {} {does} {what}?", who.to_lowercase()),
                3 => format!("{who} {does} {what}!").to_uppercase(),
                4 => format!("{who} {does} {what}..."),
                5 => format!("Storm Ada: {} {does} {what} {tail}", who.to_lowercase()),
                6 => format!("{who} {does} {what}, {tail} – {}", name(random)),
                _ => format!("{who} {does} {what} {tail}"),
            }
        })
    }

    /// What a list item says.
    pub fn item(&mut self, random: &mut Random) -> String {
        self.once(random, |random| {
            let stop = if random.chance(70) { "." } else { "" };
            format!("{} {} {}{stop}", random.pick(WHO), random.pick(DOES), random.pick(WHAT))
        })
    }
}

fn sentence(random: &mut Random) -> String {
    let (who, does, what) = (random.pick(WHO), random.pick(DOES), random.pick(WHAT));
    format!("{who} {does} {what} {}.", random.pick(TAIL))
}

/// A person’s.
pub fn name(random: &mut Random) -> String {
    format!("{} {}", random.pick(FIRST), random.pick(LAST))
}
