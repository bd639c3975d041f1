//! What little of a page is enough to read it right: whose times are the page's own, and where its headlines stand. In our
//! own words.

use super::traps::assert_said;

#[test]
fn times_in_another_notation_are_text_where_a_machine_writes_the_stamps() {
    assert_said(
        "12:31 AM\n\nQueue at the pier\n\nIt is long.\n\n12:04 AM\n\nThe day ahead\n\nThe pier opens in steps.\n\n6.30am\n\n\
         The gates open.\n\n8am\n\nThe first ferry sails.\n\n11:52 PM\n\nMayor thanks crews\n\nShe was moved.\n",
        &[
            "12:31 AM | Queue at the pier | It is long.",
            "12:04 AM | The day ahead | The pier opens in steps. / 6.30am / The gates open. / 8am / The first ferry sails.",
            "11:52 PM | Mayor thanks crews | She was moved.",
        ],
    );
    // One that isn't still to come, that stands on top, or that has a zone, is the page's.
    assert_said(
        "20:00\n\nPier opens\n\nIt opened.\n\n06:40 PM\n\nFerry late\n\nIt is late.\n\n18:10\n\nRain\n\nIt rains.\n\n\
         06:05 PM\n\nWind\n\nIt blows.\n\n19:00 GMT\n\nTide\n\nIt is high.\n\n05:31 PM\n\nRoad\n\nIt is dry.\n\n\
         04:05 PM\n\nBoats\n\nThey are in.\n",
        &[
            "20:00 | Pier opens | It opened.",
            "06:40 PM | Ferry late | It is late.",
            "18:10 | Rain | It rains.",
            "06:05 PM | Wind | It blows.",
            "19:00 GMT | Tide | It is high.",
            "05:31 PM | Road | It is dry.",
            "04:05 PM | Boats | They are in.",
        ],
    );
    assert_said(
        "09:15 AM\n\nRegatta: order of sail\n\nNorth course\n\n1.30pm\n\nAvery against Lorne\n\n19:45\n\nThe final\n",
        &[
            "09:15 AM | Regatta: order of sail | North course / 1.30pm / Avery against Lorne / 19:45 / The final",
        ],
    );
}

#[test]
fn a_machines_time_above_a_row_of_others_leaves_them_the_pages() {
    assert_said(
        "03:30 PM\n\nHarbour live\n\nWe have the latest.\n\n20:50\n\nBridge open\n\nIt is open.\n\n20:33\n\nFerry late\n\n\
         It is late.\n\n19:55\n\nRain\n\nIt rains.\n\n00:10\n\nWind\n\nIt blows.\n",
        &[
            "03:30 PM | Harbour live | We have the latest.",
            "20:50 | Bridge open | It is open.",
            "20:33 | Ferry late | It is late.",
            "19:55 | Rain | It rains.",
            "00:10 | Wind | It blows.",
        ],
    );
}

#[test]
fn a_full_stop_takes_no_headline_from_a_machines_page() {
    assert_said(
        "02:40 PM\n\nThe jury is back.\n\nIt was out for nine hours.\n\n02:12 PM\n\nTomorrow's front page:\n\nThe pier.\n",
        &[
            "02:40 PM | The jury is back. | It was out for nine hours.",
            "02:12 PM | Tomorrow's front page: | The pier.",
        ],
    );
    // Nor where an author follows it.
    assert_said(
        "September 24, 2020 at 11:30 PM EDT\n\nSix months in, we are tired. Here are ten things that help.\n\nBy Ann Bee\n\n\
         Readers wrote in.\n\nSeptember 24, 2020 at 10:45 PM EDT\n\nBars may open\n\nBy Ann Bee\n\nThey may.\n",
        &[
            "September 24, 2020 at 11:30 PM EDT | Six months in, we are tired. Here are ten things that help. | Readers wrote in.",
            "September 24, 2020 at 10:45 PM EDT | Bars may open | They may.",
        ],
    );
}

#[test]
fn what_leads_to_the_next_line_is_no_headline_behind_a_stamp() {
    assert_said(
        "5.22pm: The mayor is on her feet:\n\nIt is a good day.\n\n5.05pm: She sat down at five. It took an hour.\n\n4.44pm: A reader:\n\nWell said.\n",
        &[
            "5.22pm |  | The mayor is on her feet: / It is a good day.",
            "5.05pm |  | She sat down at five. It took an hour.",
            "4.44pm |  | A reader: / Well said.",
        ],
    );
}

#[test]
fn a_matchs_minutes_have_no_headlines() {
    assert_said(
        "6.33pm BST\n\nThat’s it! Avery win\n\nGull Head are all out.\n\n6.25pm BST\n\n48th over: Gull Head 229-9\n\n\
         6.21pm BST\n\nWICKET! Lee c Dee b Bee 1\n\nA thin edge.\n\n6.17pm BST\n\n47th over: Gull Head 217-8 (Lee 1, Dee 2)\n",
        &[
            "6.33pm BST |  | That’s it! Avery win / Gull Head are all out.",
            "6.25pm BST |  | 48th over: Gull Head 229-9",
            "6.21pm BST |  | WICKET! Lee c Dee b Bee 1 / A thin edge.",
            "6.17pm BST |  | 47th over: Gull Head 217-8 (Lee 1, Dee 2)",
        ],
    );
}

#[test]
fn categories_and_authors_may_be_all_the_stamps_there_are() {
    assert_said(
        "11:02 Alerte\n\nIl pleut.\n\n10:50 POUR APPROFONDIR\n\nLa plage est vide.\n\nAnne Lee, Cyd Dee 10:41\n\nBonjour,\n\n\
         10:26 CONTEXTE\n\nLe maire est parti.\n",
        &[
            "11:02 |  | Il pleut.",
            "10:50 |  | La plage est vide.",
            "10:41 |  | Bonjour,",
            "10:26 |  | Le maire est parti.",
        ],
    );
}

#[test]
fn a_category_may_have_a_number_or_be_said_again() {
    assert_said(
        "14:10 Urgent\n\nUne explosion au port.\n\n14:00 LE POINT À 14 HEURES\n\nLa plage est vide.\n\n12:40 TWITTER\n\n\
         Anne Lee 12:33 Tchat\n\nBonjour,\n",
        &[
            "14:10 |  | Une explosion au port.",
            "14:00 |  | La plage est vide.",
            "12:33 |  | Bonjour,",
        ],
    );
    assert_said(
        "10:58 Tchat\n\nIl pleut ?\n\nOui.\n\n10:22 Tchat\n\nBonjour,\n\nBonsoir.\n",
        &["10:58 |  | Il pleut ? / Oui.", "10:22 |  | Bonjour, / Bonsoir."],
    );
}

#[test]
fn a_category_that_is_known_is_no_headline_whatever_its_case() {
    for (one, two, three) in [
        ("Contexte", "Le fait du jour", "À la une"),
        ("L’essentiel", "Vos questions", "Réaction"),
        ("Edito", "Dans la presse", "Le port en bref"),
    ] {
        assert_said(
            &format!(
                "18:02 {one}\nLa mer monte\nElle est haute ce soir.\n17:55 {two}\nLa plage est vide.\n17:49 {three}\nIl pleut.\n"
            ),
            &[
                "18:02 |  | La mer monte / Elle est haute ce soir.",
                "17:55 |  | La plage est vide.",
                "17:49 |  | Il pleut.",
            ],
        );
    }
    assert_said(
        "18:02 Marée haute\nElle est haute ce soir.\n17:55 Plage vide\nElle est vide.\n17:49 Pluie\nIl pleut.\n",
        &[
            "18:02 | Marée haute | Elle est haute ce soir.",
            "17:55 | Plage vide | Elle est vide.",
            "17:49 | Pluie | Il pleut.",
        ],
    );
}

#[test]
fn categories_in_capitals_are_no_headlines() {
    assert_said(
        "10:50 POUR APPROFONDIR\n\nLa plage est vide.\n\n10:42 CONTEXTE\n\nLe maire est parti.\n",
        &["10:50 |  | La plage est vide.", "10:42 |  | Le maire est parti."],
    );
}

#[test]
fn a_headline_above_its_line_needs_no_blank_one() {
    assert_said(
        "Hafen-News\nFähren fahren wieder\n23.15 Uhr: Die erste legt ab. Die zweite wartet.\nKran steht still\n\
         22.51 Uhr: Er wird geprüft.\nFoto: Ann Bee/ REUTERS\nPier bleibt zu\n22.10 Uhr: Bis morgen.\n",
        &[
            "23.15 Uhr | Fähren fahren wieder | Die erste legt ab. Die zweite wartet.",
            "22.51 Uhr | Kran steht still | Er wird geprüft. / Foto: Ann Bee/ REUTERS",
            "22.10 Uhr | Pier bleibt zu | Bis morgen.",
        ],
    );
    assert_said(
        "Pier shut\n8 May 2024 23:41 BST\nIt is shut.\nFerry late\n8 May 2024 22:10 BST\nIt is late.\n'It came at noon'\n\
         8 May 2024 20:55 BST\nA driver tells how.\n",
        &[
            "8 May 2024 23:41 BST | Pier shut | It is shut.",
            "8 May 2024 22:10 BST | Ferry late | It is late.",
            "8 May 2024 20:55 BST | 'It came at noon' | A driver tells how.",
        ],
    );
    // The evening before has its day in the stamp.
    assert_said(
        "Pier shut\n\n08:14 , Ann Bee\n\nIt is shut.\n\nFerry late\n\n07:58 , Cyd Dee\n\nIt is late.\n\nRain\n\n\
         Sunday 18 September 2022 20:30 , Ann Bee\n\nIt rains.\n",
        &[
            "08:14 | Pier shut | It is shut.",
            "07:58 | Ferry late | It is late.",
            "Sunday 18 September 2022 20:30 | Rain | It rains.",
        ],
    );
}

#[test]
fn an_update_may_be_nothing_but_its_stamp_where_others_have_text_beside_it() {
    assert_said(
        "15:58 It is over.\n\n15:50 It ends.\n\n15:44\n\n15:39 \"Box, box.\"\n\n15:30\nThe rain is back.\n\n15:45\n\n15:21 Spin!\n",
        &[
            "15:58 |  | It is over.",
            "15:50 |  | It ends.",
            "15:39 |  | \"Box, box.\"",
            "15:30 |  | The rain is back. / 15:45",
            "15:21 |  | Spin!",
        ],
    );
    assert_said(
        "3m ago 07.36 They ride on.\n\n6m ago 07.33\n\n11m ago 07.28 All are back.\n\n19m ago 07.20\n\n28m ago 07.11 A crash.\n",
        &[
            "3m ago 07.36 |  | They ride on.",
            "11m ago 07.28 |  | All are back.",
            "28m ago 07.11 |  | A crash.",
        ],
    );
}

#[test]
fn a_stamp_below_the_pages_author_is_the_pages() {
    for author in ["By Ann Bee, Harbour Editor", "By\nCyd Lee,\nDee Fox and\nAnn Bee"] {
        let head = format!(
            "Storm live\n\n{author}\n12:01, 31 JAN 2023\nUPDATED 14:22, 31 JAN 2023\n\nThe worst is over.\n"
        );
        assert_said(&head, &[]);
        let text =
            format!("{head}\n14:20\n\nPier shut\n\nIt is shut.\n\n13:58\n\nFerry late\n\nIt is late.\n");
        assert_said(
            &text,
            &[
                "14:20 | Pier shut | It is shut.",
                "13:58 | Ferry late | It is late.",
            ],
        );
    }
    // It is nobody's headline: who reads on from there would take it for a stamp.
    super::assert_cuts("By Ann Lee\n17:18 1.4.2022\n\n12:21 , Ann Lee\n\n2.20pm: The bridge opens.\n");
    // Where the headline is on its line, it's an update's.
    assert_said(
        "Live Reporting\n\nBy Ann Bee and Cyd Lee\n\n  1. Pier shutpublished at 12:09 Greenwich Mean Time 31 January 2023\n\n    \
         It is shut.\n\n  2. Ferry latepublished at 12:03 Greenwich Mean Time 31 January 2023\n\n    It is late.\n",
        &[
            "published at 12:09 Greenwich Mean Time 31 January 2023 | Pier shut | It is shut.",
            "published at 12:03 Greenwich Mean Time 31 January 2023 | Ferry late | It is late.",
        ],
    );
    assert_said(
        "Storm live\n20:04, Tue, Jan 31, 2023 | UPDATED: 22:51, Tue, Jan 31, 2023\n\nThe worst is over.\n",
        &[],
    );
}

#[test]
fn a_stamp_with_a_year_above_those_without_is_the_pages() {
    assert_said(
        "By Avery News\nMay 31, 2022, 4:11 AM\n\nThe inquiry goes on.\n\nMay 30, 12:55 PM\nPier to be reviewed\nIt will be.\n\n\
         May 30, 11:20 AM\nFerry late\nIt is.\n",
        &[
            "May 30, 12:55 PM | Pier to be reviewed | It will be.",
            "May 30, 11:20 AM | Ferry late | It is.",
        ],
    );
}

#[test]
fn a_machines_clock_above_dated_stamps_is_none_of_them() {
    assert_said(
        "09:15 AM\nx\n\nMarch 5, 2024 10:00\nPier shut\nIt is.\n\nMarch 5, 2024 09:00\nFerry late\nIt is.\n",
        &[
            "March 5, 2024 10:00 | Pier shut | It is.",
            "March 5, 2024 09:00 | Ferry late | It is.",
        ],
    );
    assert_said(
        "May 5, 2024 08:00 AM\nPier shut\nIt is.\n\nMay 5, 09:00 AM\nFerry late\nIt is.\n",
        &["May 5, 09:00 AM | Ferry late | It is."],
    );
}

#[test]
fn authors_before_clocks_count_with_those_that_stand_alone() {
    assert_said(
        "13:57\n\nIt rains.\n\nCyd Lee 13:01\n\nIt pours.\n\n8.15 is when the ferry sails.\n\nAnn Bee 10:19\n\nIt is dry.\n\n\
         10.30am: The pier opens.\n",
        &[
            "13:57 |  | It rains.",
            "13:01 |  | It pours. / 8.15 is when the ferry sails.",
            "10:19 |  | It is dry. / 10.30am: The pier opens.",
        ],
    );
}

#[test]
fn clocks_that_part_an_updates_text_are_text() {
    assert_said(
        "05:20 PM\n\nHow the day went\n\n9am\n\nThe doors opened.\n\n10.45am\n\nThe first boat landed.\n\n4.30pm\n\n\
         The doors closed.\n\n05:02 PM\n\nFerry late\n\nIt is late.\n\n04:40 PM\n\nRain\n\nIt rains.\n",
        &[
            "05:20 PM | How the day went | 9am / The doors opened. / 10.45am / The first boat landed. / 4.30pm / The doors closed.",
            "05:02 PM | Ferry late | It is late.",
            "04:40 PM | Rain | It rains.",
        ],
    );
}

#[test]
fn seconds_since_1970_part_updates_that_were_run_together() {
    for (gap, intro) in [(" ", "The storm, live "), ("", "The storm, live"), (" ", "")] {
        assert_said(
            &format!(
                "{intro}1647866199{gap}Waves hit the pier. It is shut.{gap}1647865201{gap}The ferry has 1500000000 lights. See \
                 a.example/?t=1647864000 now.{gap}1647863887{gap}It rains.\n"
            ),
            &[
                "1647866199 |  | Waves hit the pier. It is shut.",
                "1647865201 |  | The ferry has 1500000000 lights. See a.example/?t=1647864000 now.",
                "1647863887 |  | It rains.",
            ],
        );
    }
    for calls in [
        "Call 1800123456 Bee or 1647866199 Cee or 1700000000 Dee.\n",
        "It was 1647866199 Bee. Then 1647865201 Cee.\n",
    ] {
        assert_said(calls, &[]);
    }
}

#[test]
fn thousandths_of_seconds_since_1970_stand_alone() {
    assert_said(
        "1647866199000\nPier shut\nIt is.\n1647865201250\nFerry late\nIt is late.\n",
        &[
            "1647866199000 | Pier shut | It is.",
            "1647865201250 | Ferry late | It is late.",
        ],
    );
}

#[test]
fn an_age_below_a_list_is_an_updates_and_below_each_item_the_lists() {
    let list = "What we know\n\n  • The pier is shut.\n  • The ferry is late.\n\n";
    let updates =
        "48 min ago\n\nCrews reach the pier\n\nThey are there.\n\n2 hr ago\n\nFerry late\n\nIt is late.\n";
    assert_said(
        &format!("{list}{updates}"),
        &[
            "48 min ago | Crews reach the pier | They are there.",
            "2 hr ago | Ferry late | It is late.",
        ],
    );
    for now in ["now", "just now", "Just now"] {
        assert_said(
            &format!(
                "{now} / 2:42 PM EST\n\nFerry late\n\nIt is late.\n\n1h ago / 1:42 PM EST\n\nPier shut\n\nIt is.\n"
            ),
            &[
                &format!("{now} / 2:42 PM EST | Ferry late | It is late."),
                "1h ago / 1:42 PM EST | Pier shut | It is.",
            ],
        );
    }
    let linked = "  • The pier is shut.\n\n    3 years ago\n\n  • The ferry is late.\n\n    4 years ago\n\nSo much of it.\n\n";
    assert_said(
        &format!("{linked}{updates}"),
        &[
            "48 min ago | Crews reach the pier | They are there.",
            "2 hr ago | Ferry late | It is late.",
        ],
    );
}

#[test]
fn a_stamp_that_is_written_otherwise_than_all_below_it_is_the_pages() {
    assert_said(
        "By Ann Bee\n\nSept. 25, 2020 at 12:04 a.m. EDT\n\nMore than seven boats have been lost.\n\n\
         September 24, 2020 at 11:30 PM EDT\n\nPier shut\n\nIt is shut.\n\nSeptember 24, 2020 at 10:12 PM EDT\n\nFerry late\n\n\
         It is late.\n\nSeptember 24, 2020 at 9:40 PM EDT\n\nRain\n\nIt rains.\n",
        &[
            "September 24, 2020 at 11:30 PM EDT | Pier shut | It is shut.",
            "September 24, 2020 at 10:12 PM EDT | Ferry late | It is late.",
            "September 24, 2020 at 9:40 PM EDT | Rain | It rains.",
        ],
    );
}

#[test]
fn what_says_updated_above_a_headline_sets_it_off() {
    assert_said(
        "Five things\n31 December 2023 00:00 GMT\nHere they are.\n\nPier shut\n30 December 2023 22:15 GMT\nIt is shut.\n\n\
         Updated\nFerry late\n30 December 2023 21:02 GMT\nIt is late.\n",
        &[
            "31 December 2023 00:00 GMT | Five things | Here they are.",
            "30 December 2023 22:15 GMT | Pier shut | It is shut.",
            "30 December 2023 21:02 GMT | Ferry late | It is late.",
        ],
    );
}

#[test]
fn a_live_page_with_one_dated_stamp_has_its_first_update() {
    let update = "\n\nMar 25, 2024 16:58 (IST)\n\nFerry late\n\nThe harbour master says it will not sail.\n";
    for head in [
        "Storm LIVE Updates: harbour closed\n\nThe wind has been rising since dawn.",
        "Storm over Avery\n\nHere are the live updates:",
    ] {
        assert_said(
            &format!("{head}{update}"),
            &["Mar 25, 2024 16:58 (IST) | Ferry late | The harbour master says it will not sail."],
        );
    }
    // An article's own stamp stands below its title or its authors.
    for head in [
        "Storm LIVE Updates: harbour closed",
        "Storm live\n\nThe wind has been rising since dawn.\n\nBy Ann Bee",
        "Storm over Avery\n\nThe wind has been rising since dawn.",
    ] {
        assert_said(&format!("{head}{update}"), &[]);
    }
}

#[test]
fn a_stamp_below_the_authors_is_the_pages_where_only_those_below_have_headlines() {
    let updates = "March 6, 2024 at 11:30 PM EST\n\nFerry late\n\nBy Cyd Lee\n\nIt is.\n\n\
                   March 6, 2024 at 10:45 PM EST\n\nPier shut\n\nIt is.\n";
    let said = [
        "March 6, 2024 at 11:30 PM EST | Ferry late | It is.",
        "March 6, 2024 at 10:45 PM EST | Pier shut | It is.",
    ];
    let head = "Live updates: storm\n\nBy Ann Bee and Bo Cee\n\n";
    assert_said(
        &format!("{head}March 6, 2024 at 11:55 PM EST\n\nThe wind has been rising since dawn.\n\n{updates}"),
        &said,
    );
    assert_said(&format!("{head}{updates}"), &said);
}
