//! Where headlines stand on pages that nearly look like others. In our own words.

use super::traps::assert_said;

#[test]
fn a_line_that_touches_the_stamps_above_and_below_it_is_the_upper_ones() {
    assert_said(
        "Harbour live\n\nThe day at the pier is over\n\n13:31\nThat was our coverage\n13:30\nThe crane comes down\n13:21\n\
         The ferry waits. It backs off.\n13:19\nTen minutes to go at the pier\n13:14\nThe crane was on its way up\n",
        &[
            "13:31 |  | That was our coverage",
            "13:30 |  | The crane comes down",
            "13:21 |  | The ferry waits. It backs off.",
            "13:19 |  | Ten minutes to go at the pier",
            "13:14 |  | The crane was on its way up",
        ],
    );
    // Where others have text below their stamps, it is a headline whose text was lost.
    assert_said(
        "Pier shut\n13:31\nIt is shut.\n\nFerry late\n13:30\nIt is late.\n\nCrane down\n13:21\nRain at the lock\n13:19\nIt rains.\n",
        &[
            "13:31 | Pier shut | It is shut.",
            "13:30 | Ferry late | It is late.",
            "13:21 | Crane down | ",
            "13:19 | Rain at the lock | It rains.",
        ],
    );
}
