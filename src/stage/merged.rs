//! Updates that two blogs tell in different words: said once, and the pair of blogs warned of once.

use std::collections::HashSet;

use tracing::warn;

/// How many pairs of blogs are remembered: those beyond it are counted, and no more warned of.
const PAIRS_MAX: usize = 1_024;

/// The pairs of blogs that were warned of in this run.
#[derive(Debug, Default)]
pub struct Merged {
    pairs: HashSet<(String, String)>,
}

impl Merged {
    /// Notes that `headline` came from `blog`, and is known from `other` with another text. A file in no blog has
    /// an empty one.
    pub fn note(&mut self, blog: &str, other: &str, headline: Option<&str>) {
        let (one, two) = if blog <= other {
            (blog, other)
        } else {
            (other, blog)
        };
        if self.pairs.len() >= PAIRS_MAX || !self.pairs.insert((one.into(), two.into())) {
            return;
        }
        warn!(
            blog,
            known_from = other,
            headline = headline.unwrap_or(""),
            "blogs share updates with different texts: each is said once, as it came first; a new journal with dedupe.scope = \"blog\" keeps blogs apart"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_is_warned_of_once_whichever_comes_first() {
        let mut merged = Merged::default();
        merged.note("a", "b", None);
        merged.note("b", "a", None);
        assert_eq!(merged.pairs.len(), 1);
        for pair in 0..2 * PAIRS_MAX {
            merged.note("a", &format!("c{pair}"), None);
        }
        assert_eq!(merged.pairs.len(), PAIRS_MAX);
    }
}
