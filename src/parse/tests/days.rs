//! Days that stand in a page: headings above the updates, dates and words beside their clocks. In our own words.

use super::traps::assert_said;
use super::whole;

#[test]
fn a_day_heading_may_have_marks_around_it_and_its_weekday_a_dot() {
    // It went into the body of the update above, and the day came from the mtime.
    for heading in [
        "6 de marzo de 2024",
        "Miércoles, 6 de marzo de 2024",
        "Mi., 6. März",
        "mer. 6 mars 2024",
        "--- Wednesday 6 March ---",
        "## Wednesday 6 March",
        "— 6 March —",
        "**6 March 2024**",
    ] {
        let text = format!(
            "20:40\nThe bridge opens\nIt is open.\n\n{heading}\n\n19:10\nThe crane stops\nIt stands still.\n"
        );
        assert_said(
            &text,
            &[
                "20:40 | The bridge opens | It is open.",
                "19:10 | The crane stops | It stands still.",
            ],
        );
        let day = whole(&text).updates[1].heading.map(|date| (date.month, date.day));
        assert_eq!(day, Some((3, 6)), "{heading}");
    }
    // An item of a list is none, nor is the date of a quoted post.
    for line in [
        "- 6 March",
        "* 6 March",
        "• 6 March",
        "— March 6, 2024",
        "--- The 6 March ---",
    ] {
        let text = format!("20:40\nThe bridge opens\nIt is open.\n{line}\n19:10\nThe crane stops\nIt is.\n");
        assert!(whole(&text).updates.iter().all(|update| update.heading.is_none()), "{line}");
    }
}
