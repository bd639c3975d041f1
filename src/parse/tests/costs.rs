//! What a page may cost: reading goes on in step with its length, whatever it repeats.

use std::time::{Duration, Instant};

use super::whole;

const TIMES: usize = 200_000;
/// Each takes less than half a second here. Where all lines around each line were looked at, they took from twenty seconds to
/// many minutes.
const AT_MOST: Duration = Duration::from_secs(10);

#[test]
fn a_page_that_repeats_itself_is_read_in_step_with_its_length() {
    for (above, repeated) in [
        // Dates, each of which asks whether it is a post's.
        ("02:20 PM\nHarbour burns\n", "6 March\n"),
        // The same minute in another notation, with nothing but dates between.
        ("5.49pm BST\n", "6 March\n17:49\n"),
        // Marks and headlines, each of which may be a caption of what is below.
        ("02:20 PM\nHarbour burns\n", "-\n"),
        ("02:20 PM\nHarbour burns\n", "Harbour burns\n"),
        // Captions, which are left out where text follows.
        ("02:20 PM\nHarbour burns\n", "Photo: Ann Bee\n"),
        ("02:20 PM\nHarbour burns\nVIDEO5:1805:18\n", "VIDEO5:1805:18\n"),
    ] {
        let text = format!("{above}{}It burns.\n", repeated.repeat(TIMES));
        let start = Instant::now();
        let updates = whole(&text).updates.len();
        assert!(start.elapsed() < AT_MOST, "{repeated:?}: {updates} updates in {:?}", start.elapsed());
        assert!(updates > 0, "{repeated:?}");
    }
}

#[test]
fn a_line_that_repeats_itself_is_read_in_step_with_its_length() {
    for repeated in ["a'", "a’", "’A"] {
        let text = format!("20.20Vox {}\n\n20.10Otro\n", repeated.repeat(2 * TIMES));
        let start = Instant::now();
        let updates = whole(&text).updates.len();
        assert!(start.elapsed() < AT_MOST, "{repeated:?}: {updates} updates in {:?}", start.elapsed());
    }
}
