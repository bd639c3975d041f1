//! The lines of a text into a sample of their hashes: how much two texts have in common, in half a kilobyte each.
//!
//! It knows nothing of order, and nothing of short lines: a live blog says `Goal!` more than once.

use xxhash_rust::xxh3::xxh3_64;

/// How many hashes a sketch keeps. A share that is estimated from half of them is wrong by more than a fifth once
/// in a thousand times; and with 4 bytes each, a hundred thousand files take 50 MB at the very most.
const HASHES_MAX: usize = 128;

/// Lines shorter than this aren't looked at, bytes: they come again by chance.
const LINE_BYTES_MIN: usize = 20;

/// A sample of a text's lines: all of a short text's, of a longer one those whose hash ends in `level` zero bits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sketch {
    level: u32,
    /// Sorted, each once, never more than [`HASHES_MAX`].
    hashes: Vec<u32>,
}

impl Sketch {
    /// Takes in the lines of an update.
    pub fn add(&mut self, headline: Option<&str>, body: &str) {
        let mut rest = body;
        let lines = std::iter::from_fn(|| {
            let end = memchr::memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len());
            let line = &rest[..end];
            let more = !rest.is_empty();
            rest = rest.get(end + 1..).unwrap_or("");
            more.then_some(line)
        });
        for line in headline.into_iter().chain(lines) {
            // An item is the same line whether or not it was taken for one.
            let mut line = line.trim();
            while let Some(item) = line.strip_prefix("- ") {
                line = item;
            }
            if line.len() >= LINE_BYTES_MIN {
                self.insert(xxh3_64(line.as_bytes()) as u32);
            }
        }
    }

    fn insert(&mut self, hash: u32) {
        if hash.trailing_zeros() < self.level {
            return;
        }
        let Err(at) = self.hashes.binary_search(&hash) else { return };
        self.hashes.insert(at, hash);
        while self.hashes.len() > HASHES_MAX {
            self.level += 1;
            self.hashes.retain(|hash| hash.trailing_zeros() >= self.level);
        }
    }

    /// Of its lines, how many stand in `other`, and how many were looked for.
    pub fn found_in(&self, other: &Sketch) -> (usize, usize) {
        let level = self.level.max(other.level);
        let asked = self.hashes.iter().filter(|hash| hash.trailing_zeros() >= level);
        let (mut found, mut all) = (0, 0);
        for hash in asked {
            all += 1;
            found += usize::from(other.hashes.binary_search(hash).is_ok());
        }
        (found, all)
    }

    /// As it is kept: the level, then the hashes, little-endian.
    pub fn to_bytes(&self) -> Vec<u8> {
        std::iter::once(self.level as u8)
            .chain(self.hashes.iter().flat_map(|hash| hash.to_le_bytes()))
            .collect()
    }

    /// What [`Sketch::to_bytes`] made; `None` if it isn't that.
    pub fn from_bytes(bytes: &[u8]) -> Option<Sketch> {
        let (&level, hashes) = bytes.split_first()?;
        let (hashes, rest) = hashes.as_chunks::<4>();
        let mut hashes: Vec<u32> = hashes.iter().map(|hash| u32::from_le_bytes(*hash)).collect();
        hashes.sort_unstable();
        (rest.is_empty() && u32::from(level) <= u32::BITS && hashes.len() <= HASHES_MAX)
            .then(|| Sketch { level: level.into(), hashes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sketch(lines: impl IntoIterator<Item = usize>) -> Sketch {
        let mut sketch = Sketch::default();
        for line in lines {
            sketch.add(None, &format!("the harbour master writes line {line}"));
        }
        sketch
    }

    #[test]
    fn of_a_short_text_every_long_line_is_known() {
        assert_eq!(sketch(0..50).found_in(&sketch(25..75)), (25, 50));
        let mut short = Sketch::default();
        short.add(Some("Goal!"), "Yes!\nNo.");
        assert_eq!(short, Sketch::default());
    }

    #[test]
    fn of_a_long_text_the_share_is_about_right_and_the_sketch_stays_small() {
        let (one, other) = (sketch(0..10_000), sketch(4_000..20_000));
        assert!(one.hashes.len() <= HASHES_MAX && other.hashes.len() <= HASHES_MAX);
        let (found, asked) = one.found_in(&other);
        assert!(asked >= 10 && found * 10 > asked * 3 && found * 10 < asked * 9, "{found} of {asked}");
        assert_eq!(one.found_in(&one).0, one.hashes.len());
        assert_eq!(sketch(0..10_000).found_in(&sketch(10_000..20_000)).0, 0);
    }

    #[test]
    fn a_kept_sketch_is_the_same_again() {
        for lines in [0, 1, 100, 5_000] {
            let sketch = sketch(0..lines);
            assert_eq!(Sketch::from_bytes(&sketch.to_bytes()), Some(sketch));
        }
        assert_eq!(Sketch::from_bytes(b""), None);
        assert_eq!(Sketch::from_bytes(&[0, 1, 2]), None);
    }
}
