//! What is known of a text's updates into which earlier page it is. Pure.

use jiff::Timestamp;

use crate::model::time::DateBasis;

/// So many updates at least a page shares with one that it may be again below what is pinned on top.
const PINNED_ABOVE_MIN: usize = 3;

/// A known update with the same time as written and the same opening.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sighting {
    /// The page it was seen on.
    pub page: u64,
    /// When it was published.
    pub timestamp: Timestamp,
    /// Where its day came from.
    pub basis: DateBasis,
}

/// The earlier page that a text is again: of that page's known updates that aren't older than the oldest one
/// shared with it, more than half are still there. `known_since` counts those of a page since an instant. Where the one on
/// top is the oldest shared, it may be pinned there, above a page that shows its latest: then it isn't counted.
/// Of several such pages, the one that shares most; then the newest.
pub fn recognise(
    sightings: &[Vec<Sighting>],
    mut known_since: impl FnMut(u64, Timestamp) -> u64,
) -> Option<u64> {
    let mut pages: Vec<u64> = sightings.iter().flatten().map(|sighting| sighting.page).collect();
    pages.sort_unstable();
    pages.dedup();
    let mut best = None;
    for page in pages {
        let mut shared: Vec<Timestamp> = Vec::new();
        for seen in sightings {
            shared.extend(
                seen.iter().find(|sighting| sighting.page == page).map(|sighting| sighting.timestamp),
            );
        }
        let is_on_top = sightings.first().is_some_and(|top| top.iter().any(|seen| seen.page == page));
        let mut is_again = |shared: &[Timestamp]| {
            let oldest = shared.iter().min();
            oldest.is_some_and(|&oldest| shared.len() as u64 * 2 > known_since(page, oldest))
        };
        let is_pinned = |shared: &[Timestamp]| {
            is_on_top && shared.len() >= PINNED_ABOVE_MIN && shared.iter().min() == shared.first()
        };
        let is_it = is_again(&shared) || is_pinned(&shared) && is_again(&shared[1..]);
        if is_it && best.is_none_or(|(most, _)| shared.len() >= most) {
            best = Some((shared.len(), page));
        }
    }
    best.map(|(_, page)| page)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_second(hour * 3600).expect("in range")
    }

    fn on(page: u64, hour: i64) -> Sighting {
        Sighting { page, timestamp: at(hour), basis: DateBasis::Mtime }
    }

    #[test]
    fn a_page_with_new_updates_on_top_is_that_page() {
        // Two new ones, then three of the page's four: the oldest has fallen off its end.
        let sightings = [vec![], vec![], vec![on(1, 12)], vec![on(1, 11)], vec![on(1, 10)]];
        assert_eq!(recognise(&sightings, |_, since| if since == at(10) { 3 } else { 99 }), Some(1));
    }

    #[test]
    fn the_next_days_blog_with_the_same_first_words_is_another_page() {
        // "08:00 Good morning" opens both; yesterday's went on to have nine more.
        assert_eq!(recognise(&[vec![], vec![on(1, 8)]], |_, _| 10), None);
    }

    #[test]
    fn what_is_pinned_above_a_page_that_shows_its_latest_is_not_counted() {
        let sightings = [
            vec![on(1, 2)],
            vec![],
            vec![on(1, 32)],
            vec![on(1, 31)],
            vec![on(1, 30)],
        ];
        let known = |_, since| if since == at(30) { 3 } else { 20 };
        assert_eq!(recognise(&sightings, known), Some(1));
        assert_eq!(recognise(&sightings[..3], known), None, "one below it is too little");
        assert_eq!(recognise(&sightings[1..], known), Some(1));
    }

    #[test]
    fn of_two_pages_the_one_that_shares_most_is_meant() {
        let sightings = [vec![on(1, 12), on(2, 12)], vec![on(2, 11)]];
        assert_eq!(recognise(&sightings, |page, _| if page == 1 { 1 } else { 2 }), Some(2));
    }
}
