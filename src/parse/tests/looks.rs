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

#[test]
fn a_posts_second_may_stand_below_its_item() {
    assert_said(
        "Harbour day\n\nAll of it, here.\n\n  • The mayor comes to the pier\n  • Crane to be paid by June, with a toll of\n    \
         3/6/2013 12:46:56 PM\n  • She says the crane stays.\n    3/6/2013 12:47:17 PM\n  • The first ferry is in\n\n    \
         3/6/2013 12:47:51 PM\n  • Some wave at it.\n\n    And some don't.\n    3/6/2013 12:48:33 PM\n  • You get the\n",
        &[
            "3/6/2013 12:46:56 PM |  | Crane to be paid by June, with a toll of",
            "3/6/2013 12:47:17 PM |  | She says the crane stays.",
            "3/6/2013 12:47:51 PM |  | The first ferry is in",
            "3/6/2013 12:48:33 PM |  | Some wave at it. / And some don't.",
        ],
    );
    // Items below a page's intro are those of the stamps above them.
    assert_said(
        "Harbour day\n\n3/6/2013 12:46:56 PM\n  • The crane stays.\n3/6/2013 12:47:17 PM\n  • The ferry is in.\n",
        &[
            "3/6/2013 12:46:56 PM |  | - The crane stays.",
            "3/6/2013 12:47:17 PM |  | - The ferry is in.",
        ],
    );
}

#[test]
fn a_stop_in_a_headline_parts_what_it_is_about() {
    assert_said(
        "23h23 - Port Avery. Pier to be shut\n\nThe council said so. It was late.\n23h03 - \"The crane\". What is known\n\nNot much.\n\n\
         22h50 - Lorne. Boats wait, says the harbour master\n\nThey wait.\n",
        &[
            "23h23 | Port Avery. Pier to be shut | The council said so. It was late.",
            "23h03 | \"The crane\". What is known | Not much.",
            "22h50 | Lorne. Boats wait, says the harbour master | They wait.",
        ],
    );
    // Where others end as sentences do, it is one.
    assert_said(
        "23h23 - Port Avery. Pier to be shut\n\nSo they say.\n23h03 - The crane is down.\n\nIt fell.\n\n22h50 - Lorne. Boats wait.\n\nThey wait.\n",
        &[
            "23h23 |  | Port Avery. Pier to be shut / So they say.",
            "23h03 |  | The crane is down. / It fell.",
            "22h50 |  | Lorne. Boats wait. / They wait.",
        ],
    );
}

#[test]
fn two_headlines_above_their_stamps_stand_between_sentences() {
    assert_said(
        "Harbour closed\n\nThe night at the pier, as it went.\n\nHarbour live\n\nWhat happens on Monday?\n\n22:22 Uhr\n\nThe pier opens.\n\n\
         The crane does not.\n\nWhere the boats went\n\n22:15 Uhr\n\nMost went to Lorne.\n",
        &[
            "22:22 Uhr | What happens on Monday? | The pier opens. / The crane does not.",
            "22:15 Uhr | Where the boats went | Most went to Lorne.",
        ],
    );
    // Without what sets it off, the last line of an update is its own.
    assert_said(
        "Harbour closed\n\nHarbour live\n\n22:22 Uhr\n\nThe pier opens.\n\nThe crane does not.\nWhere the boats went\n\n22:15 Uhr\n\n\
         Most went to Lorne.\n",
        &[
            "22:22 Uhr |  | The pier opens. / The crane does not. / Where the boats went",
            "22:15 Uhr |  | Most went to Lorne.",
        ],
    );
}

#[test]
fn a_line_behind_a_stamp_that_goes_on_below_is_no_headline() {
    assert_said(
        "8.15pm: The harbour office has told of the state of the\npier.\nAnn\nBee, who is its head, said: “It is\nshut.”\n7.00pm: A crane of the \
         port has come down on it,\nwhich nobody saw.\n4.45pm: The ferry is late, say those who wait\nfor it.\n4.35pm: A boat of the Lorne yard is \
         ahead of\nAvery, and of all others.\n",
        &[
            "8.15pm |  | The harbour office has told of the state of the / pier. / Ann / Bee, who is its head, said: “It is / shut.”",
            "7.00pm |  | A crane of the port has come down on it, / which nobody saw.",
            "4.45pm |  | The ferry is late, say those who wait / for it.",
            "4.35pm |  | A boat of the Lorne yard is ahead of / Avery, and of all others.",
        ],
    );
}

#[test]
fn a_blank_line_below_its_stamp_says_that_an_update_has_no_headline() {
    let text = "00:31\nPier to be shut for the night\n\nThe council said so.\n\n22:11\n\nThose who wait for the ferry sing.\n\nThey sing well.\n\n\
                21:25\n\nThe crane was brought down by a storm of the harbour's own.\n\n20:02\nFerry late\n\nIt is late.\n";
    assert_said(
        text,
        &[
            "00:31 | Pier to be shut for the night | The council said so.",
            "22:11 |  | Those who wait for the ferry sing. / They sing well.",
            "21:25 |  | The crane was brought down by a storm of the harbour's own.",
            "20:02 | Ferry late | It is late.",
        ],
    );
    // With a sentence right below a stamp, blank lines say nothing.
    assert_said(
        &text.replace(
            "Ferry late",
            "The ferry is late, says who waits for it, and she has waited for two hours.",
        ),
        &[
            "00:31 |  | Pier to be shut for the night / The council said so.",
            "22:11 |  | Those who wait for the ferry sing. / They sing well.",
            "21:25 |  | The crane was brought down by a storm of the harbour's own.",
            "20:02 |  | The ferry is late, says who waits for it, and she has waited for two hours. / It is late.",
        ],
    );
}
