//! Clocks that were torn, or stand as few do.

use super::traps::assert_said;

#[test]
fn a_clock_in_odd_dress_is_one_where_it_fits_in() {
    for (odd, clock) in [
        ("9: 12 The crane leans.", "9: 12"),
        ("9: 12: The crane leans.", "9: 12"),
        ("9 12 horas. The crane leans.", "9 12 horas"),
        ("9,12 – The crane leans.", "9,12"),
        ("9.12. The crane leans.", "9.12"),
        (".9:12 The crane leans.", "9:12"),
        ("9. 12am The crane leans.", "9. 12am"),
        ("912 a.m. The crane leans.", "912 a.m."),
    ] {
        assert_said(
            &format!("9:35 The pier is shut.\n\n{odd}\n\n9:05 The ferry waits.\n"),
            &[
                "9:35 |  | The pier is shut.",
                &format!("{clock} |  | The crane leans."),
                "9:05 |  | The ferry waits.",
            ],
        );
        // Out of its time it is something else.
        let text = format!("8:35 The pier is shut.\n\n{odd}\n\n8:05 The ferry waits.\n");
        let updates = super::whole(&text).updates.len();
        let is_plain = odd.starts_with('.') || odd.starts_with("912 a.m.");
        assert_eq!(updates, if is_plain { 3 } else { 2 }, "{odd}");
    }
    for odd in ["1. 12 pm", "112 p.m.", "1. 12 pm:"] {
        assert_said(
            &format!(
                "1.35 pm\n\nThe pier is shut.\n\n{odd}\n\nThe crane leans.\n\n12.55 pm\n\nThe ferry waits.\n"
            ),
            &[
                "1.35 pm |  | The pier is shut.",
                &format!("{} |  | The crane leans.", odd.trim_end_matches(':')),
                "12.55 pm |  | The ferry waits.",
            ],
        );
    }
}

#[test]
fn where_most_clocks_have_a_mark_one_in_odd_dress_changes_nothing() {
    assert_said(
        "9:35: The pier is shut.\n\n9:30: The crane leans.\n\n9: 12: The ferry waits.\n\n9:05 The tide is high.\n",
        &[
            "9:35 |  | The pier is shut.",
            "9:30 |  | The crane leans.",
            "9: 12 |  | The ferry waits.",
            "9:05 |  | The tide is high.",
        ],
    );
}

#[test]
fn a_row_of_clocks_in_odd_dress_is_a_page() {
    assert_said(
        "23,00 – The pier is shut.\n\n19,41 – The crane leans.\n\n17,05 – The ferry waits.\n",
        &[
            "23,00 |  | The pier is shut.",
            "19,41 |  | The crane leans.",
            "17,05 |  | The ferry waits.",
        ],
    );
    // Prices, days, and races are none.
    assert_said("12,50 – Crab soup\n\n4,20 – Bread\n\n9,90 – Harbour platter\n", &[]);
    assert_said("12.10. The pier opens.\n\n13.10. The ferry sails.\n\n14.10. It is over.\n", &[]);
    assert_said("2. 11 Harbour Lad\n2. 17 Top Crane 6.30\n3. 11. Pier Girl 2.00\n", &[]);
    assert_said("Radio\n10. 00 Ann Bee. The news\n7. 00 Jo Carr. The talk\n2. 00 Night songs\n", &[]);
}

#[test]
fn the_end_of_a_day_is_a_clock() {
    assert_said(
        "24:00 UTC: The pier is shut.\n\n23:41 UTC: The crane leans.\n\n23:05 UTC: The ferry waits.\n",
        &[
            "24:00 UTC |  | The pier is shut.",
            "23:41 UTC |  | The crane leans.",
            "23:05 UTC |  | The ferry waits.",
        ],
    );
}

#[test]
fn a_word_leads_to_a_clock_with_dots() {
    assert_said(
        "Ore 23.46. THE PIER IS SHUT.\n\nOre 23.45. The crane leans.\n",
        &["23.46 |  | THE PIER IS SHUT.", "23.45 |  | The crane leans."],
    );
}

#[test]
fn clocks_with_a_dot_or_no_mark_are_time_lines_where_they_fit_in_among_colons() {
    assert_said(
        "12:33\n\nThe pier is shut, they say.\n\n1239:\n\nThe crane leans, they say.\n\n12.47\n\nThe ferry waits, they say.\n\n\
         12:58\n\nThe tide is high, they say.\n\n13:02\n\nIt is over, they say.\n",
        &[
            "12:33 |  | The pier is shut, they say.",
            "1239 |  | The crane leans, they say.",
            "12.47 |  | The ferry waits, they say.",
            "12:58 |  | The tide is high, they say.",
            "13:02 |  | It is over, they say.",
        ],
    );
    // A year is none, and fits in only by chance.
    assert_said(
        "20:10\n\nThe pier is shut, they say.\n\n2012:\n\nIt was shut then, too.\n\n20:33\n\nIt is over, they say.\n",
        &[
            "20:10 |  | The pier is shut, they say. / 2012: / It was shut then, too.",
            "20:33 |  | It is over, they say.",
        ],
    );
}

#[test]
fn a_clock_of_twelve_hours_is_glued_to_the_sentence_above_it() {
    assert_said(
        "10.40pm: The pier is shut.\n\n10.10pm: They watch the crane closely.9.55pm: The ferry waits.\n\n9.40pm: It is late.\n",
        &[
            "10.40pm |  | The pier is shut.",
            "10.10pm |  | They watch the crane closely.",
            "9.55pm |  | The ferry waits.",
            "9.40pm |  | It is late.",
        ],
    );
}

#[test]
fn hours_in_the_zones_of_a_country_stand_in_sentences() {
    assert_said(
        "The harbours\n\nShut at 1pm EST (New Pier), 6pm BST and 10.30pm IST (Harbourtown).\n\n11 PM sees the piers close in Harbourtown.\n\nSome cranes stop at 11 PM and 12 midnight Eastern \
         Standard Time, others at 12 and 1 AM Eastern Standard Time.\n",
        &[],
    );
}

#[test]
fn a_date_ends_each_item_of_a_list() {
    assert_said(
        "The harbour tonight\n\n• The pier is shut, they say. Mar 6 2024, 2:40am\n• “The crane leans.” Mar 6 2024, 2:35am\n",
        &[
            "Mar 6 2024, 2:40am |  | The pier is shut, they say.",
            "Mar 6 2024, 2:35am |  | “The crane leans.”",
        ],
    );
    // One is the page's, and what goes on is a sentence.
    assert_said("• The pier is shut, they say. Mar 6 2024, 2:40am\n\nIt is.\n", &[]);
    assert_said("• It was shut on Mar 6 2024, 2:40am\n• And opened on Mar 6 2024, 7:15am\n", &[]);
}

#[test]
fn a_row_of_a_table_has_empty_columns() {
    assert_said(
        "Version 7 | Version 8 |\n---|---|\n2.43am BST | |\n02:43 | |\nThe pier is shut, they say. | |\n2.42am BST | |\n02:42 | |\n\
         The crane leans, they say. | |\nIt may fall. | |\n",
        &[
            "2.43am BST |  | The pier is shut, they say.",
            "2.42am BST |  | The crane leans, they say. / It may fall.",
        ],
    );
}
