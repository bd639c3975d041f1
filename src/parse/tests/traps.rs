//! Lines that look like time lines and aren't, and the other way round: one test a trap, in our own words.

use crate::parse::document::Overrides;
use crate::parse::tests::{assert_cuts, whole};

/// What is said of a text: `time | headline | body`, a `/` between paragraphs. Cut anywhere, it's the same.
#[track_caller]
pub(super) fn assert_said(text: &str, expected: &[&str]) {
    let document = whole(text);
    let line = |update: &crate::model::update::Update| {
        let time = update.words.time_text().unwrap_or("");
        format!(
            "{time} | {} | {}",
            update.words.headline().unwrap_or(""),
            update.words.body().replace('\n', " / ")
        )
    };
    let said: Vec<String> = document.updates.iter().filter(|update| !update.is_empty()).map(line).collect();
    let layout = document.layout.as_ref().map(ToString::to_string);
    assert_eq!(said, expected, "as {layout:?}");
    assert_cuts(text);
}

#[test]
fn a_time_inside_a_sentence_is_no_stamp() {
    assert_said(
        "Harbour live\n10.40am\n\nThe bridge opens at 3:15pm (13:15 UK time), says the office.\n\nIt shut around 10.30pm.\n\n\
         See the post at 1.31pm.\n\n10.20am\n\nEl barco sale a las 16.15 horas.\n",
        &[
            "10.40am |  | The bridge opens at 3:15pm (13:15 UK time), says the office. / It shut around 10.30pm. / See the post at 1.31pm.",
            "10.20am |  | El barco sale a las 16.15 horas.",
        ],
    );
}

#[test]
fn an_agenda_is_no_row_of_updates() {
    // Newest first: what rises below a colon is to come.
    assert_said(
        "8.55am: The ferry sails.\n\n8.40am: Good morning. The day in short:\n\n10am: The mayor opens the bridge.\n\n\
         11.30am: Speeches.\n\n11.30am: The band plays.\n\n8.20am: The gates are shut.\n\n8.05am: It rains.\n",
        &[
            "8.55am |  | The ferry sails.",
            "8.40am |  | Good morning. The day in short: / 10am: The mayor opens the bridge. / 11.30am: Speeches. / 11.30am: The band plays.",
            "8.20am |  | The gates are shut.",
            "8.05am |  | It rains.",
        ],
    );
    // Oldest first it takes a word for an agenda, since updates rise too.
    assert_said(
        "8.05am: It rains.\n8.20am: The gates are shut. The agenda:\n10am: The mayor opens the bridge\n2pm: Fireworks\n\
         8.40am: The ferry sails, the captain says:\n8.55am: It is back.\n",
        &[
            "8.05am |  | It rains.",
            "8.20am |  | The gates are shut. The agenda: / 10am: The mayor opens the bridge / 2pm: Fireworks",
            "8.40am |  | The ferry sails, the captain says:",
            "8.55am |  | It is back.",
        ],
    );
}

#[test]
fn a_pages_own_stamp_is_no_update() {
    for stamp in [
        "Jun 4, 2024, 8:09 AM IST",
        "UPDATED ON JAN 26, 2021 09:54 AM IST",
        "29 June 2011 5:27 PM",
        "2023-09-19 15:47:52",
        "Last Updated at 08:46",
        "Posted on Mar 14 2019 - 2:35am by agame",
        "Updated April 10, 2013 13:53:59",
        "Sat. Jun 22nd, 2024",
    ] {
        assert_said(
            &format!(
                "Harbour live\n\n{stamp}\n\nWhat we know of the storm.\n\n8:09 AM IST\n\nBridge opens\n\nIt opened.\n\n\
                 8:03 AM IST\n\nFerry late\n\nIt is late.\n"
            ),
            &[
                "8:09 AM IST | Bridge opens | It opened.",
                "8:03 AM IST | Ferry late | It is late.",
            ],
        );
    }
}

#[test]
fn the_same_time_in_two_notations_is_one_update() {
    assert_said(
        "7.22pm BST\n\n19:22\n\nIt opened.\n\n7.20pm BST\n\n19:20\n\nIt is late.\n",
        &["7.22pm BST |  | It opened.", "7.20pm BST |  | It is late."],
    );
}

#[test]
fn an_age_below_a_clock_is_no_headline_in_any_language() {
    for age in [
        "6 minutes ago",
        "vor 6 Min.",
        "pred 6 min.",
        "il y a 6 minutes",
        "hace 6 minutos",
        "6 minuti fa",
        "6 dk önce",
        "6 minuten geleden",
        "6 minutter siden",
        "för 6 minuter sedan",
        "6 минут назад",
        "6 minut temu",
    ] {
        assert_said(
            &format!(
                "The crane\n\n17:00\n{age}\nCrane down\nIt fell.\n\n16:40\n{age}\nCrane leans\nIt leans.\n"
            ),
            &["17:00 | Crane down | It fell.", "16:40 | Crane leans | It leans."],
        );
    }
}

#[test]
fn relative_times_of_a_list_of_links_are_no_updates() {
    assert_said(
        "Harbour live\n\n• Key updates\n\n  • Bridge opens\n\n    4 years ago\n\n  • Ferry late\n\n    4 years ago\n\n\
         Bridge opens\n\n4 years ago\n\nIt opened.\n\nFerry late\n\n4 years ago\n\nIt is late.\n",
        &[
            "4 years ago | Bridge opens | It opened.",
            "4 years ago | Ferry late | It is late.",
        ],
    );
}

#[test]
fn numbers_with_dots_and_colons_are_no_stamps() {
    let lines = [
        "5:00 am 9:00 am",
        "VIDEO5:1805:18",
        "18:49:46",
        "1:31.059",
        "4:1",
        "7-6(3)",
        "352/5",
        "2-0-13-1",
        "£10.33",
        "7,730.32",
        "4.53pc",
        "300.000",
        "10.75",
    ];
    for line in lines {
        assert_said(
            &format!("14:20\n\nIt opened.\n\n{line}\n\nThe end of it.\n\n14:10\n\nIt is late.\n"),
            &[
                &format!("14:20 |  | It opened. / {line} / The end of it."),
                "14:10 |  | It is late.",
            ],
        );
    }
    assert_eq!(whole(&lines.join("\n\n")).updates.iter().filter(|update| !update.is_empty()).count(), 0);
}

#[test]
fn the_clock_of_a_match_at_the_start_of_a_body_stays_there() {
    assert_said(
        "7.22pm BST\n\n90 min +4: It is over.\n\n7.20pm BST\n\n62’ A corner.\n\n7.19pm BST\n\n90+12. A late one.\n",
        &[
            "7.22pm BST |  | 90 min +4: It is over.",
            "7.20pm BST |  | 62’ A corner.",
            "7.19pm BST |  | 90+12. A late one.",
        ],
    );
}

#[test]
fn headlines_may_be_labels_questions_or_capitals() {
    assert_said(
        "14:20\n\nBRIDGE\n\nIt opened.\n\nWhat next\n\nNobody knows.\n\n14:10\n\nWhy so late?\n\nIt is late.\n\n14:00\n\nIt is late.\n\nThe ferry, that is.\n\n\
         13:50\n\nGood morning\n\nHere we are.\n",
        &[
            "14:20 | BRIDGE | It opened. / What next / Nobody knows.",
            "14:10 | Why so late? | It is late.",
            "14:00 | It is late. | The ferry, that is.",
            "13:50 | Good morning | Here we are.",
        ],
    );
}

#[test]
fn odd_clocks_are_clocks() {
    assert_said(
        "17:59 PM: It opened.\n\n5.30pm: It was late.\n\nNoon: It rained.\n\n9am update: It was dry.\n",
        &[
            "17:59 PM |  | It opened.",
            "5.30pm |  | It was late.",
            "Noon |  | It rained.",
            "9am update |  | It was dry.",
        ],
    );
    assert_said(
        "16:58\n\nOPEN\n\nIt opened.\n\n3:19 p.m\n\nLATE\n\nIt is late.\n",
        &["16:58 | OPEN | It opened.", "3:19 p.m | LATE | It is late."],
    );
    assert_said(
        "1839: It opened.\n1811: In 2023 it was late.\n2023 was wet.\n",
        &[
            "1839 |  | It opened.",
            "1811 |  | In 2023 it was late. / 2023 was wet.",
        ],
    );
}

#[test]
fn a_sentence_that_begins_with_a_time_is_no_time_line() {
    assert_said(
        "17.45 It opened.\n\n17.30 The prices:\n\nBoats 12\n\n17.30 was also when the board met.\n\n16.44 iBoat is late.\n\n\
         15.20 It rains.\n",
        &[
            "17.45 |  | It opened.",
            "17.30 |  | The prices: / Boats 12 / 17.30 was also when the board met.",
            "16.44 |  | iBoat is late.",
            "15.20 |  | It rains.",
        ],
    );
    // But a text may begin as it likes.
    assert_said(
        "17.45 van Bee scores.\n\n17.30 hs It is late.\n\n17.12 $1.24 for a pound.\n",
        &[
            "17.45 |  | van Bee scores.",
            "17.30 |  | hs It is late.",
            "17.12 |  | $1.24 for a pound.",
        ],
    );
    assert_said(
        "00:14 - It opened.\n23:59 - Midnight, nearly.\n",
        &["00:14 |  | It opened.", "23:59 |  | Midnight, nearly."],
    );
}

#[test]
fn an_author_or_an_agency_on_the_stamps_line_is_no_headline() {
    let document = whole("AFP 10.40pm: Bridge opens\nIt opened.\nAFP 10.10pm: Ferry late\nIt is late.\n");
    assert_eq!(document.updates[0].words.byline(), Some("AFP"));
    let document =
        whole("Ann Lee 9.15pm: Bridge opens\nIt opened.\nBo Day 8.05pm: Ferry late\nIt is late.\n");
    let words = &document.updates[1].words;
    assert_eq!((words.byline(), words.headline()), (Some("Bo Day"), Some("Ferry late")));
    let document = whole(
        "14:20\n\nIt opened.\n\nAnn Lee 14:10\n\nIt is late.\n\n14:05 Chat\n\nIs it?\n\nBo Day 14:01 Chat\n\nIt is.\n",
    );
    let said: Vec<_> =
        document.updates.iter().map(|update| (update.words.byline(), update.words.body())).collect();
    assert_eq!(
        said,
        [
            (None, "It opened."),
            (Some("Ann Lee"), "It is late."),
            (None, "Is it?"),
            (Some("Bo Day"), "It is.")
        ]
    );
    // Where such clocks don't fit between their neighbours, they are a timetable's.
    let timetable =
        "14:20\n\nIt opened.\n\n10:30 Coffee\n\n18:00 Dinner\n\n14:05\n\nIs it?\n\n14:01\n\nIt is.\n";
    assert_eq!(whole(timetable).updates.len(), 3);
}

#[test]
fn a_headline_glued_to_its_body_comes_off() {
    let text = "17:38 Ferries are sailing againThe harbour office said that all of them would sail by the evening, if the wind drops.\n";
    assert_said(
        &format!(
            "{text}17:25 Bridge opens for cyclists only 3After the storm it had been shut for two days, and cars have to wait for longer.\n"
        ),
        &[
            "17:38 | Ferries are sailing again | The harbour office said that all of them would sail by the evening, if the wind drops.",
            "17:25 | Bridge opens for cyclists only 3 | After the storm it had been shut for two days, and cars have to wait for longer.",
        ],
    );
    assert_said(
        "20m ago (08:53 GMT)What did the NUS say on day 259?UN crews say that they will sail.\n\
         31m ago (08:42 GMT)Fines for the iPhone makersThe council asks for more.\n",
        &[
            "20m ago (08:53 GMT) | What did the NUS say on day 259? | UN crews say that they will sail.",
            "31m ago (08:42 GMT) | Fines for the iPhone makers | The council asks for more.",
        ],
    );
}

#[test]
fn a_line_of_another_ticker_leaves_a_page_as_its_stamps_stand() {
    assert_said(
        "02:20 PM\n\nHarbour burns\n\nA ticker has more: +++ 12:30 Kran steht still +++\n\n02:10 PM\n\nFerry late\n\nIt is late.\n",
        &[
            "02:20 PM | Harbour burns | A ticker has more: +++ 12:30 Kran steht still +++",
            "02:10 PM | Ferry late | It is late.",
        ],
    );
    assert_said(
        "Harbour burns\n\n22.30 Uhr: Es brennt.\n\nMehr: +++ 12:30 Kran steht still +++ 12:10 Es regnet +++\n\n\
         Ferry late\n\n22.10 Uhr: Sie wartet.\n\nBridge open\n\n21.40 Uhr: Sie ist offen.\n",
        &[
            "22.30 Uhr | Harbour burns | Es brennt. / Mehr: +++ 12:30 Kran steht still +++ 12:10 Es regnet +++",
            "22.10 Uhr | Ferry late | Sie wartet.",
            "21.40 Uhr | Bridge open | Sie ist offen.",
        ],
    );
}

#[test]
fn updates_run_together_into_one_line_come_apart() {
    assert_said(
        "Harbour storm: what we know 6.39pm GMT The bridge opened at noon. 6.37pm GMT The ferry sails. 6.29pm GMT It rains.\n",
        &[
            "6.39pm GMT |  | The bridge opened at noon.",
            "6.37pm GMT |  | The ferry sails.",
            "6.29pm GMT |  | It rains.",
        ],
    );
    assert_said(
        "22:10 Uhr | Die Bruecke ist offen. 22:05 Uhr | Die Faehre wartet. 21:50 Uhr | Es regnet.\n",
        &[
            "22:10 Uhr |  | Die Bruecke ist offen.",
            "22:05 Uhr |  | Die Faehre wartet.",
            "21:50 Uhr |  | Es regnet.",
        ],
    );
    assert_said(
        "Der Hafen live. 22:10 Uhr Die Bruecke ist offen. 22:05 Uhr Die Faehre wartet. 21:50 Uhr Es regnet am Pier.\n",
        &[
            "22:10 Uhr |  | Die Bruecke ist offen.",
            "22:05 Uhr |  | Die Faehre wartet.",
            "21:50 Uhr |  | Es regnet am Pier.",
        ],
    );
    // One that a report tells of starts no update.
    assert_said(
        "22:10 Uhr: Die Feier endet. 22.30 Uhr Beginn des Feuerwerks.\n\n22:05 Uhr: Die Faehre wartet.\n",
        &[
            "22:10 Uhr |  | Die Feier endet. 22.30 Uhr Beginn des Feuerwerks.",
            "22:05 Uhr |  | Die Faehre wartet.",
        ],
    );
    assert_said(
        "The mayor says 'we open'15:36Greater part of the bridge is dry.15:20Ferry waits, as at 10:30 before.'We sail'15:05Rain stops\n",
        &[
            "15:36 |  | Greater part of the bridge is dry.",
            "15:20 | Ferry waits, as at 10:30 before.'We sail' | ",
            "15:05 | Rain stops | ",
        ],
    );
}

#[test]
fn a_broadcasts_transcript_is_no_live_blog() {
    let minute = |clock: &str| {
        format!("{clock} am\n>> good morning, and welcome to the harbour. the bridge is open.\n")
    };
    assert_eq!(whole(&["9:00", "9:01", "9:02", "9:03"].map(minute).concat()).layout, None);
    // With headlines, or at other paces, it is one.
    assert_eq!(whole(&["9:00", "9:03", "9:04", "9:09"].map(minute).concat()).updates.len(), 4);
    let titled = |clock: &str| format!("{clock} am\nBridge opens\nIt opened.\n");
    assert_eq!(whole(&["9:00", "9:01", "9:02", "9:03"].map(titled).concat()).updates.len(), 4);
}

#[test]
fn seconds_since_1970_are_stamps_where_there_are_two() {
    assert_said(
        "Harbour\n\n1647866199\n\nBridge opens\n\nIt opened.\n\n1647865199\n\nFerry late\n\nIt is late.\n",
        &[
            "1647866199 | Bridge opens | It opened.",
            "1647865199 | Ferry late | It is late.",
        ],
    );
    assert_eq!(whole("Call us\n\n1647866199\n\nBridge opens\n\nIt opened.\n").layout, None);
    assert_eq!(whole("Call us\n\n0301234567\n\nor\n\n0301234568\n\nIt opened.\n").layout, None);
}

#[test]
fn a_stamp_below_its_update_ends_it() {
    assert_said(
        "Harbour live\n\nAll about the storm.\n\nBridge opens\n\nIt opened.\n\nCars may pass.\n\nby Ann Lee edited by Bo Day 5/21/2022 9:38:14 AM\n\n\
         Ferry late\n\nIt is late.\n\nby Ann Lee edited by Bo Day 5/21/2022 9:30:02 AM\n\nRain\n\nIt rains.\n\nby Bo Day 5/21/2022 9:12:00 AM\n\nWhat is still\n",
        &[
            "5/21/2022 9:38:14 AM | Bridge opens | It opened. / Cars may pass.",
            "5/21/2022 9:30:02 AM | Ferry late | It is late.",
            "5/21/2022 9:12:00 AM | Rain | It rains.",
        ],
    );
}

#[test]
fn an_agencys_first_time_may_stand_behind_its_dateline() {
    assert_said(
        "The Latest: storm\n\nHARBOURTOWN (AP) - 12:30 p.m.\n\nThe bridge opened.\n\n11:50 a.m.\n\nThe ferry is late.\n",
        &[
            "12:30 p.m. |  | The bridge opened.",
            "11:50 a.m. |  | The ferry is late.",
        ],
    );
}

#[test]
fn a_stamp_cut_in_its_middle_says_nothing() {
    assert_said(
        "  • Ann Lee 10/22/2013 5:00:03 PM\n    It opened.\n  • Bo Day 10/22/2013 5:01:03 PM\n    It is late.\n  • Bo Day 10/22/2013 5:01:09 P",
        &[
            "10/22/2013 5:00:03 PM |  | It opened.",
            "10/22/2013 5:01:03 PM |  | It is late.",
        ],
    );
}

#[test]
fn a_line_above_the_stamp_is_a_headline_only_where_it_looks_like_one() {
    // A list, a credit, a share button: none of these is the next update's headline.
    assert_said(
        "14.20: It opened.\n\nKey moments:\n\n- The bridge is open\n\n14.10: It is late.\n\nShare\n\n14.00: It rains.\n\nHarbour at dawn - ANN LEE/AGENCY\n\n13.50: Dry.\n",
        &[
            "14.20 |  | It opened. / Key moments: / - The bridge is open",
            "14.10 |  | It is late.",
            "14.00 |  | It rains. / Harbour at dawn - ANN LEE/AGENCY",
            "13.50 |  | Dry.",
        ],
    );
    // A button between headline and stamp hides neither; nor do three dots.
    assert_said(
        "Bridge opens...\nShare\n22.30 Uhr: It opened.\n\nFerry late\n22.10 Uhr: It is late.\n",
        &[
            "22.30 Uhr | Bridge opens... | It opened.",
            "22.10 Uhr | Ferry late | It is late.",
        ],
    );
}

#[test]
fn an_empty_update_lends_its_time_to_nobody() {
    assert_said(
        "10pm\n\nIt opened.\n\n9.45pm\n\n9.40pm\n\nIt is late.\n",
        &["10pm |  | It opened.", "9.40pm |  | It is late."],
    );
}

#[test]
fn nothing_is_overridden_by_default() {
    assert_eq!(Overrides::default().contradiction(), None);
}
