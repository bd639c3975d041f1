//! Words and names that stand before or behind a clock.

use super::traps::assert_said;
use super::whole;

#[test]
fn update_leads_to_a_clock_behind_which_text_or_nothing_stands() {
    assert_said(
        "The crane\n\nUpdate: 7:30 pm - The crane has fallen on the pier.\n\nUpdate 6:49 pm - It leans, they said: \
         nobody may go there.\n\nUpdate, 5:51 p.m. — It stands.\n",
        &[
            "7:30 pm |  | The crane has fallen on the pier.",
            "6:49 pm |  | It leans, they said: nobody may go there.",
            "5:51 p.m. |  | It stands.",
        ],
    );
    assert_said(
        "The crane\n\nUPDATE 9:01 PM\nThe crane leans.\nNobody knows why.\nUPDATE 10:18 PM\nThe crane has fallen.\n",
        &[
            "9:01 PM |  | The crane leans. / Nobody knows why.",
            "10:18 PM |  | The crane has fallen.",
        ],
    );
}

#[test]
fn who_posted_stands_before_the_second_or_a_glued_date() {
    assert_said(
        "The harbour desk is live\n\nAna C. Bell 11:39:53 am\n\nThat is it.\n\nJo Carr 11:39:06 am\n\nThe crane moves.\n",
        &[
            "11:39:53 am |  | That is it.",
            "11:39:06 am |  | The crane moves.",
        ],
    );
    assert_said(
        "The harbour desk is live\n\nAna Bell March 1, 201712:05 pm\n\nThe crane moves.\n\nJo Carr March 1, 201711:58 \
         am\n\nStill nothing moves.\n",
        &[
            "March 1, 201712:05 pm |  | The crane moves.",
            "March 1, 201711:58 am |  | Still nothing moves.",
        ],
    );
    // A reader's comments have a blank there, and no second.
    assert_said(
        "The crane moved.\n\nAna Bell 11:39 am\n\nNo, it didn’t.\n\nJo Carr 11:31 am\n\nIt did.\n",
        &[],
    );
}

#[test]
fn update_has_a_number_brackets_or_just_a_blank() {
    for (above, below) in [
        ("UPDATE [7:37pm]: It fell.", "UPDATE [6:12pm]: It leans."),
        ("Update | 7:37 p.m. It fell.", "Update | 6:12 p.m. It leans."),
        ("[Update 7:37 p.m.] It fell.", "[Update 6:12 p.m.] It leans."),
        ("[Updated at 7:37 p.m. ET] It fell.", "[Posted at 6:12 p.m. ET] It leans."),
        ("[Updated at 7:37 p.m. ET]\n\nIt fell.", "[Updated at 6:12 p.m. ET]\n\nIt leans."),
        ("Updated at 7:37 p.m. ET\n\nIt fell.", "Updated at 6:12 p.m. ET\n\nIt leans."),
        ("UPDATE 2 (7:37 PM): It fell.", "UPDATE 1 (6:12 PM): It leans."),
        ("UPDATE #2, 7:37 PM: It fell.", "UPDATE #1, 6:12 PM: It leans."),
        ("UPDATE 7:37 PM It fell.", "UPDATE 6:12 PM It leans."),
        ("ADDED 7:37 PM: It fell.", "ADDED 6:12 PM: It leans."),
        ("Update 19.37 It fell.", "Update 18.12 It leans."),
        ("[7:37pm]: It fell.", "[6:12pm]: It leans."),
        ("(7:37pm): It fell.", "(6:12pm): It leans."),
        ("7:37pm -- It fell.", "6:12pm -- It leans."),
        ("7.37pm. It fell.", "6.12pm. It leans."),
        ("19h37. It fell.", "18h12. It leans."),
    ] {
        let document = whole(&format!("The crane\n\n{above}\n\n{below}\n"));
        let said: Vec<_> =
            document.updates.iter().map(|update| (update.words.body(), update.words.byline())).collect();
        assert_eq!(said, [("It fell.", None), ("It leans.", None)], "{above}");
    }
    assert_said("The crane\n\nUpdated: 21 May 2020, 11:48\n\nThe crane is down.\n", &[]);
    assert_said("The crane\n\nUpdated at 3:10 p.m. ET\n\nIt fell.\n", &[]);
    assert_said("The crane\n\nStand: 6. März 2024, 11.48 Uhr\n\nThe crane is down.\n", &[]);
    // Nor is when an update was changed one of the page's.
    assert_said(
        "The crane\n\nPosted at 7:37\n\nIt fell.\n\nUpdated at 7:52\n\nPosted at 6:12\n\nIt leans.\n",
        &["Posted at 7:37 |  | It fell.", "Posted at 6:12 |  | It leans."],
    );
    // When the page was posted stands above them.
    assert_said(
        "The crane\n\nPosted at 8:03 PM, Mar 6, 2024\n\n[Updated at 7:37 p.m. ET]\n\nIt fell.\n\n[Updated at 6:12 p.m. \
         ET]\n\nIt leans.\n",
        &["7:37 p.m. ET |  | It fell.", "6:12 p.m. ET |  | It leans."],
    );
}

#[test]
fn a_year_in_a_headline_is_no_clock() {
    assert_said(
        "Harbour Budget 2014: Will the crane be paid?\n\nHarbour Budget 2014: It won’t\n\n1:50 pm: Four say no.\n\n1:45 \
         pm: Three do.\n",
        &["1:50 pm |  | Four say no.", "1:45 pm |  | Three do."],
    );
}

#[test]
fn the_first_stamp_is_glued_to_the_crawlers_month() {
    assert_said(
        " date 2024-03 14:20 The crane leans.\n\n14:05 It stands.\n",
        &["14:20 |  | The crane leans.", "14:05 |  | It stands."],
    );
}

#[test]
fn an_hour_alone_where_others_have_minutes_and_uhr() {
    assert_said(
        "Der Kran\n\n19 Uhr: Er ist gefallen.\n\n18.50 Uhr: Er wankt.\n\n18.31 Uhr: Er steht.\n",
        &[
            "19 Uhr |  | Er ist gefallen.",
            "18.50 Uhr |  | Er wankt.",
            "18.31 Uhr |  | Er steht.",
        ],
    );
}

#[test]
fn some_stamps_stand_alone_and_others_open_their_line() {
    assert_said(
        "The crane\n\n4:30 p.m. ET: The mayor speaks.\n\n4:20 p.m. ET\n\nThe crane has fallen.\n\n4:05 p.m. ET\n\nIt \
         leans.\n",
        &[
            "4:30 p.m. ET |  | The mayor speaks.",
            "4:20 p.m. ET |  | The crane has fallen.",
            "4:05 p.m. ET |  | It leans.",
        ],
    );
    assert_said(
        "Der Kran\n\n12.50 Uhr:\n\nEr ist gefallen.\n\n12.47 Uhr: Er wankt.\n\n12.31 Uhr: Er steht.\n",
        &[
            "12.50 Uhr |  | Er ist gefallen.",
            "12.47 Uhr |  | Er wankt.",
            "12.31 Uhr |  | Er steht.",
        ],
    );
    // What is planned doesn't fit in.
    assert_said(
        "The crane\n\n14:20\n\nThe mayor is to speak later.\n\n18:00: Mayor at the pier\n\n14:05\n\nIt leans.\n",
        &[
            "14:20 |  | The mayor is to speak later. / 18:00: Mayor at the pier",
            "14:05 |  | It leans.",
        ],
    );
}

#[test]
fn four_digits_in_a_row_are_clocks_without_a_colon() {
    assert_said(
        "The crane\n\n1458 Crane down: it fell.\n\n1447 - It leans.\n\n1432 “It stands,” they say.\n\n2012 people came.\n",
        &[
            "1458 |  | Crane down: it fell.",
            "1447 |  | It leans.",
            "1432 |  | “It stands,” they say. / 2012 people came.",
        ],
    );
    // Two are no row, nor are years one.
    assert_said("The crane\n\n1458 Crane down.\n\n1447 It leans.\n", &[]);
    assert_said("The crane\n\n2012 It came.\n\n2009 It was ordered.\n\n2004 The pier was built.\n", &[]);
}

#[test]
fn a_day_stands_between_the_clock_and_its_text() {
    assert_said(
        "The crane\n\n3:05 p.m., Mar. 6 — It fell.\n\n2:41 p.m., Mar. 6 — It leans.\n",
        &[
            "3:05 p.m., Mar. 6 |  | It fell.",
            "2:41 p.m., Mar. 6 |  | It leans.",
        ],
    );
    assert_said(
        "The crane\n\n8:30 p.m. Wednesday: Crane down\n\nIt fell.\n\n8:10 p.m. Wednesday: Crane leans\n\nIt leans.\n",
        &[
            "8:30 p.m. | Crane down | It fell.",
            "8:10 p.m. | Crane leans | It leans.",
        ],
    );
}

#[test]
fn some_stamps_have_a_mark_and_others_a_blank() {
    assert_said(
        "The crane\n\n15:05 - It fell.\n\n14:41 - It leans.\n\n13:38 CBC says that it stands.\n\n13:20 - All is well.\n",
        &[
            "15:05 |  | It fell.",
            "14:41 |  | It leans.",
            "13:38 |  | CBC says that it stands.",
            "13:20 |  | All is well.",
        ],
    );
}

#[test]
fn a_players_noughts_and_a_lists_numbers_are_no_times() {
    assert_said("Next up:\n0:00\n0:00\nThe crane\n\nIt fell.\n", &[]);
    assert_said("Radio on demand\n\n00:00 | 00:00\n\nThe crane\n\nIt fell.\n", &[]);
    assert_said(
        "Five reasons to come\n\n1. The pier is long.\n\n3. The crane is high.\n\n4. The fish is good.\n\n5. Nobody knows \
         it.\n",
        &[],
    );
}

#[test]
fn units_brackets_and_datelines_beside_a_clock() {
    for (above, below, time) in [
        ("23h48min - It fell.", "23h26min - It leans.", "23h48min"),
        ("21:49 horas. It fell.", "21:15 horas. It leans.", "21:49 horas"),
        ("[2349]It fell.", "[2338]It leans.\n\n[2331]It stands.", "2349"),
        ("【2349】It fell.", "【2338】It leans.\n\n【2331】It stands.", "2349"),
        ("9:48pm 0:49 3rd It fell.", "9:43pm 3:50 3rd It leans.", "9:48pm"),
        ("HARBOURTOWN, March 6 — 5am — It fell.", "4.15am — It leans.", "5am"),
        ("HARBOURTOWN, March 6 — [05.10am] It fell.", "[04.15am] It leans.", "05.10am"),
        ("Pier Desk/Ana Bell 4.45 pm: It fell.", "4.31 pm: It leans.", "4.45 pm"),
        (
            "25 марта 2024 г. 16:48\n\nIt fell.",
            "25 марта 2024 г. 16:38\n\nIt leans.",
            "25 марта 2024 г. 16:48",
        ),
        (
            "UPDATE: 3/26/24 11:16 PM ET\n\nIt fell.",
            "UPDATE: 3/26/24 9:03 PM ET\n\nIt leans.",
            "3/26/24 11:16 PM ET",
        ),
        ("+++ 19 Uhr: Crane down +++\n\nIt fell.", "+++ 18.12 Uhr: Crane leans +++\n\nIt leans.", "19 Uhr"),
        ("Mié. 10.01.2024-09:07\n\nIt fell.", "Mié. 10.01.2024-08:03\n\nIt leans.", "Mié. 10.01.2024-09:07"),
        ("78min: It fell.", "74min: It leans.", "78min"),
        ("[90'+8] It fell.", "[86'] It leans.", "90'+8"),
    ] {
        let document = whole(&format!("The crane\n\n{above}\n\n{below}\n"));
        let said: Vec<_> = document
            .updates
            .iter()
            .take(2)
            .map(|update| update.words.body().rsplit(' ').take(2).collect::<Vec<_>>())
            .collect();
        assert_eq!(said, [["fell.", "It"], ["leans.", "It"]], "{above}");
        assert_eq!(document.updates[0].words.time_text(), Some(time));
    }
}

#[test]
fn a_title_or_a_name_stands_before_a_clock_in_brackets() {
    assert_said(
        "The crane\n\nCrane down\n\nAna Bell [7:12 p.m. ET]: It fell.\n\nCrane leans\n\nJo Carr [6:40 p.m. ET]: It \
         leans.\n",
        &[
            "7:12 p.m. ET | Crane down | It fell.",
            "6:40 p.m. ET | Crane leans | It leans.",
        ],
    );
    assert_said(
        "The crane\n\nStop! (7:12 p.m.): It fell.\n\nOh (6:40 p.m.): It leans.\n",
        &["7:12 p.m. | Stop! | It fell.", "6:40 p.m. | Oh | It leans."],
    );
    assert_said(
        "The crane\n\nCrane down\n\nBell [7:12 p.m. ET]: It fell.\n\nCrane leans\n\nCarr [6:40 p.m. ET]: It leans.\n",
        &[
            "7:12 p.m. ET | Crane down | It fell.",
            "6:40 p.m. ET | Crane leans | It leans.",
        ],
    );
}

#[test]
fn text_follows_a_clocks_comma() {
    let document = whole("The crane\n\n4:03 PM PT (Ana Bell): It fell.\n\n3:52 PM PT: It leans.\n");
    let said: Vec<_> = document.updates.iter().map(|update| update.words.byline()).collect();
    assert_eq!(said, [Some("Ana Bell"), None]);
    assert_said(
        "The crane\n\n4:03 p.m., Red flag: it fell.\n\n3:52 p.m., Wardens Stop All Boats Below the Crane at the Old Pier: it leans.\n\n3:18 p.m., Ana Bell\n",
        &[
            "4:03 p.m. |  | Red flag: it fell.",
            "3:52 p.m. |  | Wardens Stop All Boats Below the Crane at the Old Pier: it leans.",
        ],
    );
}

#[test]
fn one_dated_stamp_with_its_author_is_an_update() {
    assert_said(
        "The crane live\n\nGood morning\n\nFriday 15 March 2024 06:49 , Ana Bell\n\nIt stands.\n",
        &["Friday 15 March 2024 06:49 | Good morning | It stands."],
    );
}

#[test]
fn a_zone_is_named_by_its_place() {
    assert_said(
        "The crane\n\n12:13 AM Central: It fell.\n\n11:40 PM Pacific: Central banks wait.\n",
        &[
            "12:13 AM Central |  | It fell.",
            "11:40 PM Pacific |  | Central banks wait.",
        ],
    );
    assert_said(
        "The crane\n\n12:13 AM Central banks wait.\n\n12:02 AM Pacific ports wait.\n",
        &[
            "12:13 AM |  | Central banks wait.",
            "12:02 AM |  | Pacific ports wait.",
        ],
    );
}

#[test]
fn frames_hours_and_words_of_many_countries() {
    for (above, below, time) in [
        ("+++22.25 Uhr+++ It fell.", "+++22.01Uhr+++ It leans.", "22.25 Uhr"),
        ("+++ 19:10 Uhr +++\n\nIt fell.", "+++ 18:55 Uhr +++\n\nIt leans.", "19:10 Uhr"),
        ("9:27p – It fell.", "9:12p – It leans.", "9:27p"),
        ("927pm - It fell.", "1012pm - It leans.", "927pm"),
        ("9:27 p.m.-It fell.", "9:12 p.m.- It leans.", "9:27 p.m."),
        ("9:27–it fell, they say. It fell.", "9:12–it leans. It leans.", "9:27"),
        ("1830 hrs\n\nIt fell.", "1815 hrs\n\nIt leans.\n\n1700 hrs\n\nIt stands.", "1830 hrs"),
        ("-14:55h – It fell.", "-14:31h – It leans.", "14:55h"),
        ("ORE 22.35 THE CRANE\n\nIt fell.", "ORE 20.36 THE CRANE\n\nIt leans.", "22.35"),
        (
            "22.23 Uhr, Harbour The crane was seen to lean, and then, at last, to fall. It fell.",
            "22.20 Uhr, Harbour The crane was seen to move, and then, at last, to lean. It leans.",
            "22.23 Uhr",
        ),
        ("ORE 22.35. IT FELL. It fell.", "ORE 20.36. IT LEANS. It leans.", "22.35"),
        ("0.43 uur. It fell.", "0.20 uur. It leans.", "0.43 uur"),
        ("21.50 hs.: It fell.", "21.31 hrs.: It leans.", "21.50 hs"),
        ("21.50 óra: It fell.", "21.31 óra: It leans.", "21.50 óra"),
        ("21.50 hod.: It fell.", "21.31 hod. It leans.", "21.50 hod"),
        ("21.50 WITA: It fell.", "21.31 WITA: It leans.", "21.50 WITA"),
        ("22:54 hs | It fell.", "21:36 hs | It leans.", "22:54 hs"),
        ("23u31 - It fell.", "23u27 - It leans.", "23u31"),
        (
            "woensdag 6 maart 2024 om 22:21\n\nIt fell.",
            "woensdag 6 maart 2024 om 22:02\n\nIt leans.",
            "woensdag 6 maart 2024 om 22:21",
        ),
        (
            "(Wednesday 6th March 2024 10:56:33 UTC)\n\nIt fell.",
            "(Wednesday 6th March 2024 10:12:01 UTC)\n\nIt leans.",
            "Wednesday 6th March 2024 10:56:33 UTC",
        ),
        ("Pukul 17.45 WIB: It fell.", "Pukul 17.12 WIB: It leans.", "17.45 WIB"),
        (
            "Rabu (6/3) Pukul 17.45 WIB: It fell.",
            "Rabu (6/3) Pukul 17.12 WIB: It leans.",
            "Rabu (6/3) Pukul 17.45 WIB",
        ),
        (
            "Update vom 6. März, 21.50 Uhr: It fell.",
            "Erstmeldung vom 6. März, 21.05 Uhr: It leans.",
            "6. März, 21.50 Uhr",
        ),
        (
            "Update, Mittwoch (6. März), 9.20 Uhr: It fell.",
            "Stand 6. März, 9.05 Uhr: It leans.",
            "Mittwoch (6. März), 9.20 Uhr",
        ),
        ("6. März, 16.21 Uhr +++ It fell.", "6. März, 15.02 Uhr +++ It leans.", "6. März, 16.21 Uhr"),
        ("LONDON (AFP) - 13:34 GMT - It fell.", "13:31 GMT - It leans.", "13:34 GMT"),
        (
            "SANTA ROSA, Calif. — 7:58 a.m. update: It fell.",
            "7:31 a.m. update: It leans.",
            "7:58 a.m. update",
        ),
        ("UPDATE: 10:26 P.M.:\n\nIt fell.", "UPDATE: 9:26 P.M.\n\nIt leans.", "10:26 P.M."),
    ] {
        let document = whole(&format!("The crane\n\n{above}\n\n{below}\n"));
        let ends = |at: usize, end: &str| document.updates[at].words.body().ends_with(end);
        assert!(
            document.updates.len() >= 2 && ends(0, "It fell.") && ends(1, "It leans."),
            "{above}: {document:?}"
        );
        assert!(document.updates.iter().all(|update| update.words.byline().is_none()));
        assert_eq!(document.updates[0].words.time_text(), Some(time));
    }
    // A dash behind a bar is the text's.
    assert_said(
        "The crane\n\n22:54 | – It fell, she says.\n\n21:36 | It leans.\n",
        &["22:54 |  | – It fell, she says.", "21:36 |  | It leans."],
    );
    // A page that says so of itself has no updates, and says it last below.
    assert_said(
        "The crane\n\nUpdated at 3:10 p.m. ET\n\nIt fell.\n\nUpdated at 6:30 p.m. ET\n\nIt leans.\n",
        &[],
    );
}

#[test]
fn one_stamp_with_its_zone_and_day_behind_it_is_an_update() {
    assert_said(
        "The crane\n\nBy Ana Bell, Harbour News\n\n23 Posts\n\n11:27 a.m. ET, February 21, 2024\n\nCrane down\n\nIt fell.\n",
        &["11:27 a.m. ET, February 21, 2024 | Crane down | It fell."],
    );
}

#[test]
fn a_word_leads_to_clocks_with_text_behind_and_to_those_that_stand_alone() {
    assert_said(
        "Il porto in diretta\n\nOre 18:33\nIl molo è chiuso.\n\nOre 17:48 - La gru pende.\n\nOre 16:28 - Il traghetto \
         aspetta.\n\nOre 16:01\nTutto è fermo.\n",
        &[
            "Ore 18:33 |  | Il molo è chiuso.",
            "17:48 |  | La gru pende.",
            "16:28 |  | Il traghetto aspetta.",
            "Ore 16:01 |  | Tutto è fermo.",
        ],
    );
}

#[test]
fn what_it_is_about_stands_in_capitals_before_a_clock() {
    let text = "0600: Ann Bee Harbour reporter, BBC News\n\nGood morning from the pier.\n\nHARBOUR 06:03:\n\nThe crane \
                leans, says the office.\n\nWATCH OUT! 06:06: Radio Pier\n\nIt has fallen, says Jo Carr.\n\nNEW FERRY LINE \
                06:10:\n\nIt opens in May, says the office.\n";
    assert_said(
        text,
        &[
            "0600 |  | Good morning from the pier.",
            "06:03 | HARBOUR | The crane leans, says the office.",
            "06:06 | WATCH OUT! | It has fallen, says Jo Carr.",
            "06:10 | NEW FERRY LINE | It opens in May, says the office.",
        ],
    );
    assert_said(
        "HPA 06:03: The crane leans.\n\nHPA 06:06: The crane fell\n",
        &["06:03 |  | The crane leans.", "06:06 |  | The crane fell"],
    );
    let updates = super::whole(text).updates;
    let bylines: Vec<_> = updates.iter().map(|update| update.words.byline()).collect();
    assert_eq!(
        bylines,
        [
            Some("Ann Bee Harbour reporter, BBC News"),
            None,
            Some("Radio Pier"),
            None
        ]
    );
}
