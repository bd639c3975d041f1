//! Random numbers and words for the tests, and the seed that brings a run back.

#![allow(dead_code, unreachable_pub, missing_docs, clippy::unwrap_used)]

/// Random numbers from a seed: splitmix64.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d)
    }

    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// `0 ≤ … < end`.
    pub fn below(&mut self, end: usize) -> usize {
        (self.draw() % end.max(1) as u64) as usize
    }

    /// `from ≤ … < to`.
    pub fn between(&mut self, from: u64, to: u64) -> u64 {
        from + self.draw() % (to - from)
    }

    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

/// Words that headlines and bodies are made of.
pub const WORDS: &[&str] = &[
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
];

/// A few of them.
pub fn words(random: &mut Random, least: usize, most: usize) -> String {
    let count = least + random.below(most - least + 1);
    let words: Vec<&str> = (0..count).map(|_| *random.pick(WORDS)).collect();
    words.join(" ")
}

/// The seed of this run: `LIVEBLOGD_TEST_SEED`, else another each time. Printed, so that a failure comes again.
pub fn seed(test: &str) -> (u64, bool) {
    let given = std::env::var("LIVEBLOGD_TEST_SEED").ok().map(|seed| seed.parse().unwrap());
    let seed = given.unwrap_or_else(|| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        now.as_micros() as u64 % 1_000_000_000
    });
    println!("{test}: LIVEBLOGD_TEST_SEED={seed}");
    (seed, given.is_some())
}
