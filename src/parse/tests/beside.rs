//! What stands around headlines and below pages: authors, credits, leads, sentences, feet. In our own words.

use super::traps::assert_said;
use super::whole;
use crate::model::update::Update;

#[test]
fn who_wrote_an_update_is_no_headline() {
    let named = |text: &str| -> Vec<String> {
        let line = |update: &Update| {
            let parts = update.words.parts();
            format!("{} | {} | {}", parts.headline.unwrap_or(""), parts.byline.unwrap_or(""), parts.body)
        };
        super::whole(text).updates.iter().map(line).collect()
    };
    // A page without headlines,
    let said = named(
        "March 6, 2024, 6:12 p.m. ET\n\nBy Ann Bee\n\nThe ferry is late.\n\nMarch 6, 2024, 5:44 p.m. ET\n\nCyd Lee\n\n\
         Reporting from Avery\n\nThe pier is shut.\n\nMarch 6, 2024, 5:05 p.m. ET\n\nBy Ann Bee\n\nIt rains.\n",
    );
    assert_eq!(
        said,
        [
            " | Ann Bee | The ferry is late.",
            " | Cyd Lee | The pier is shut.",
            " | Ann Bee | It rains."
        ]
    );
    // and where the authors sign below,
    let said = named(
        "The harbour live\n\n4:48 p.m. ET\n\nThe ferry is late.\n\n― Ann Bee\n\n2:59 p.m. ET\n\nThe pier is shut.\n\n—Cyd \
         Lee\n\n2:26 p.m. ET\n\nIt rains.\n\n-- Dee Fox\n\n1:10 p.m. ET\n\nThe mayor waits.\n\n“It rains.”\n\n— Ann Bee\n",
    );
    assert_eq!(
        said,
        [
            " | Ann Bee | The ferry is late.",
            " | Cyd Lee | The pier is shut.",
            " | Dee Fox | It rains.",
            " |  | The mayor waits.\n“It rains.”\n— Ann Bee"
        ]
    );
    // where each headline has its author below it,
    let said = named(
        "6h ago / 11:52 PM EDT\n\nFerry late\n\nAnn Bee\n\nIt is late.\n\n6h ago / 11:20 PM EDT\n\nPier shut\n\nCyd \
         Lee\n\nIt is.\n\n7h ago / 10:46 PM EDT\n\nRain\n\nDee Fox\n\nIt rains.\n",
    );
    assert_eq!(
        said,
        [
            "Ferry late | Ann Bee | It is late.",
            "Pier shut | Cyd Lee | It is.",
            "Rain | Dee Fox | It rains."
        ]
    );
    // or between it and the time.
    for clock in ["6 March 2024, ", "Today, "] {
        let text = format!(
            "Live: the harbour\n\nFerry late\n\nBy Ann Bee Follow\nYou will receive email alerts from this author.\n\n\
             {clock}9:15 pm\n\nIt is late.\n\nPier shut\n\nBy Cyd Lee\n\n{clock}7:48 pm\n\nIt is.\n\nRain\n\nBy Ann \
             Bee\n\n{clock}6:10 pm\n\nIt rains.\n"
        );
        let authored = [
            "Ferry late | Ann Bee | It is late.",
            "Pier shut | Cyd Lee | It is.",
            "Rain | Ann Bee | It rains.",
        ];
        assert_eq!(named(&text), authored, "{text}");
    }
}

#[test]
fn a_headline_may_stand_above_published_at() {
    for again in ["", "17:23 BST\n"] {
        assert_said(
            &format!(
                "Ferry late\npublished at 17:23 British Summer Time\n{again}\nIt is late.\n\nShare close panel\n\nPier \
                 shut\npublished at 17:05 British Summer Time\n\nIt is.\n"
            ),
            &[
                "published at 17:23 British Summer Time | Ferry late | It is late.",
                "published at 17:05 British Summer Time | Pier shut | It is.",
            ],
        );
    }
}

#[test]
fn a_pages_foot_is_no_text() {
    let page = "20:40\nThe bridge opens\nIt is open.\n\n19:31\nThe ferry waits\nThe tide is late.\n";
    for foot in [
        "Most read",
        "Comments (412)",
        "## Related stories",
        "Lo más visto",
        "© 2024 The Avery Bugle",
        "Copyright 2024 Avery Press. All rights reserved.",
    ] {
        let text = format!("{page}\n{foot}\n\nA boat is found\nThe mayor swims\n");
        let updates = [
            "20:40 | The bridge opens | It is open.",
            "19:31 | The ferry waits | The tide is late.",
        ];
        assert_said(&text, &updates);
        // It is one only where no update follows.
        let document = super::whole(&text.repeat(2));
        assert!(document.updates[1].words.body().contains("A boat is found"), "{foot}");
    }
    assert_said(
        "20:40\nComments\nThey are shut.\n\n19:31\nComments\nThey are open.\n",
        &[
            "20:40 | Comments | They are shut.",
            "19:31 | Comments | They are open.",
        ],
    );
}

#[test]
fn a_sentence_may_be_a_headline_where_others_are() {
    assert_said(
        "Mar 6, 2024 16:54 (IST)\nThe board ends with a song\nMar 6, 2024 16:40 (IST)\nFerry late\nIt is late.\n\
         Mar 6, 2024 16:22 (IST)\nThe mayor opens the pier for the second time.\nShe is the first in 37 years.\n",
        &[
            "Mar 6, 2024 16:54 (IST) | The board ends with a song | ",
            "Mar 6, 2024 16:40 (IST) | Ferry late | It is late.",
            "Mar 6, 2024 16:22 (IST) | The mayor opens the pier for the second time. | She is the first in 37 years.",
        ],
    );
    // What is all of an update, and more than one sentence or a match's minute, is none.
    assert_said(
        "5.52pm GMT\nThat's all from us. We go on elsewhere.\n\n5.10pm GMT\nFerry late\nIt is late.\n\n4.31pm GMT\n\
         13th over: Avery 39-0 (Bee 18) A maiden.\n\n4.02pm GMT\nPier shut\nIt is.\n\n3.40pm GMT\nRain\nIt rains.\n",
        &[
            "5.52pm GMT |  | That's all from us. We go on elsewhere.",
            "5.10pm GMT | Ferry late | It is late.",
            "4.31pm GMT |  | 13th over: Avery 39-0 (Bee 18) A maiden.",
            "4.02pm GMT | Pier shut | It is.",
            "3.40pm GMT | Rain | It rains.",
        ],
    );
    // A day's number ends no sentence.
    assert_said(
        "22:10 Uhr | Die Fähre wartet\nSie ist spät.\n21:45 Uhr | Der Kai\n20:02 Uhr | Die Mole schließt ab 1. Dezember\nSo ist es.\n",
        &[
            "22:10 Uhr | Die Fähre wartet | Sie ist spät.",
            "21:45 Uhr | Der Kai | ",
            "20:02 Uhr | Die Mole schließt ab 1. Dezember | So ist es.",
        ],
    );
}

#[test]
fn a_line_that_goes_on_below_is_no_headline() {
    assert_said(
        "HARBOURTOWN (AP) — The Latest on the storm (all times local):\n\n11:30 p.m.\n\nThe harbour office says that the old pier will be\n\
         shut for the night.\n\n___\n\n10:45 p.m.\n\nPort Avery has no power. Crews are there, but the wind\nkeeps them from work.\n\n\
         ___\n\n10 p.m.\n\nThe ferry is late.\n",
        &[
            "11:30 p.m. |  | The harbour office says that the old pier will be / shut for the night.",
            "10:45 p.m. |  | Port Avery has no power. Crews are there, but the wind / keeps them from work.",
            "10 p.m. |  | The ferry is late.",
        ],
    );
}

#[test]
fn names_below_stamps_and_above_headlines_are_authors_though_none_comes_twice() {
    let text = "6h ago / 3:51 PM EDT\n\nAnn Bee\n\n'It was late'\n\nThe ferry waited.\n\n6h ago / 3:20 PM EDT\n\nCyd Lee and Dee \
                Fox\n\nPier shut\n\nIt is.\n\n7h ago / 2:42 PM EDT\n\nEve Gil\n\nRain at the lock\n\nIt rains.\n";
    let document = whole(text);
    let said: Vec<_> = document.updates.iter().map(|update| update.words.parts()).collect();
    let said: Vec<_> = said.iter().map(|said| (said.byline, said.headline, said.body)).collect();
    assert_eq!(
        said,
        [
            (Some("Ann Bee"), Some("'It was late'"), "The ferry waited."),
            (Some("Cyd Lee and Dee Fox"), Some("Pier shut"), "It is."),
            (Some("Eve Gil"), Some("Rain at the lock"), "It rains."),
        ]
    );
}

#[test]
fn a_stamp_below_the_pages_author_that_is_as_all_others_are_is_an_updates() {
    assert_said(
        "The harbour LIVE\n\nBy Ann Bee\n\nMar 6, 2024 09:16 (IST)\n\nFerry late\nIt is late.\n\nMar 6, 2024 08:40 (IST)\n\nPier \
         shut\nIt is.\n",
        &[
            "Mar 6, 2024 09:16 (IST) | Ferry late | It is late.",
            "Mar 6, 2024 08:40 (IST) | Pier shut | It is.",
        ],
    );
}

#[test]
fn on_a_page_with_headlines_a_lead_a_cut_stamp_and_a_credit_are_none() {
    assert_said(
        "05:41 PM BST\nFerry ‘within days’\nTwenty of them will sail on Friday.\n04:38 PM BST\n\
         The ministry has said that 24 of its ferries have sunk.\nA spokesman knew of no other.\n04:02 PM BST\nPier shut\n04:0\n",
        &[
            "05:41 PM BST | Ferry ‘within days’ | Twenty of them will sail on Friday.",
            "04:38 PM BST | The ministry has said that 24 of its ferries have sunk. | A spokesman knew of no other.",
            "04:02 PM BST | Pier shut | ",
        ],
    );
    assert_said(
        "6.58pm BST\n18:58\nHere’s the video of the moment:\n\n6.40pm BST\n18:40\nFerry late\nA boat in the fog\n(PA Media)\n\
         It is late.\n\n6.20pm BST\n18:20\nPier shut\nAnn Bee / ABCCopyright: Ann Bee / ABC\nIt is.\n",
        &[
            "6.58pm BST |  | Here’s the video of the moment:",
            "6.40pm BST | Ferry late | It is late.",
            "6.20pm BST | Pier shut | It is.",
        ],
    );
}

#[test]
fn how_long_a_film_is_is_no_stamp_of_a_page_whose_stamps_say_more() {
    assert_said(
        "7.22pm BST\n\nIt rains.\n\n7.10pm BST\n\nPlay Video\n\n1:31\n\nThe pier is shut.\n\n6.50pm BST\n\nThe ferry is late.\n",
        &[
            "7.22pm BST |  | It rains.",
            "7.10pm BST |  | The pier is shut.",
            "6.50pm BST |  | The ferry is late.",
        ],
    );
    // Nor is a headline of another minute.
    assert_said(
        "11:52 PM BST\n\nFerry late\n\nIt is.\n\n11:31 PM BST\n\n11.30pm\n\nThe pier is shut.\n\n11:19 PM BST\n\n1:31\n\nStorm near\n\nIt is.\n",
        &[
            "11:52 PM BST | Ferry late | It is.",
            "11:31 PM BST | 11.30pm | The pier is shut.",
            "11:19 PM BST | Storm near | It is.",
        ],
    );
    // The same minute in another notation may have a button above it.
    assert_said(
        "5.26pm EDT\nShare\n17:26\nIt rains.\n5.10pm EDT\nShare\n17:10\nThe pier is shut.\n",
        &["5.26pm EDT |  | It rains.", "5.10pm EDT |  | The pier is shut."],
    );
}

#[test]
fn text_may_be_glued_to_a_zone() {
    assert_said(
        "7.22pm BSTThe pier is shut.\n7.10pm BST19:10A ferry is late, and nobody knows why.\n6.50pm BST90+2 min: It rains.\n6.31pm BSTI was there.\n",
        &[
            "7.22pm BST |  | The pier is shut.",
            "7.10pm BST |  | A ferry is late, and nobody knows why.",
            "6.50pm BST |  | 90+2 min: It rains.",
            "6.31pm BST |  | I was there.",
        ],
    );
    assert_said(
        "04:02 PM GMTFerry late\nIt is.\n03:40 PM GMTPier shut\nIt is.\n",
        &[
            "04:02 PM GMT | Ferry late | It is.",
            "03:40 PM GMT | Pier shut | It is.",
        ],
    );
}

#[test]
fn a_headline_above_its_stamp_may_stand_below_a_table_or_a_credit() {
    for last in [
        "CDU: 41,5 percent\nSPD: 25,7 percent",
        "anr/dpa/Reuters",
        "The pier by night, seen from the old lighthouse at the end of the quay. Jo Lu AP",
    ] {
        assert_said(
            &format!(
                "Ferry late\n8:40 a.m.: It will not sail.\n{last}\nPier shut\n7:12 a.m.: It is shut until noon.\n\
                 Rain near\n6:30 a.m.: It comes from the west.\nStorm ahead\n6:10 a.m.: It is a day away.\n"
            ),
            &[
                &format!("8:40 a.m. | Ferry late | It will not sail. / {}", last.replace('\n', " / ")),
                "7:12 a.m. | Pier shut | It is shut until noon.",
                "6:30 a.m. | Rain near | It comes from the west.",
                "6:10 a.m. | Storm ahead | It is a day away.",
            ],
        );
    }
}

#[test]
fn an_agencys_first_update_may_stand_on_its_dateline_however_long_it_is() {
    let long = "The harbour office says that the old pier is shut for the night. ".repeat(7);
    let long = long.trim_end();
    for dateline in [
        "HARBOURTOWN, Ornea (AP) — The Latest on the storm (all times local): ",
        "The Latest: The pier is shut as a storm moves in from the sea HARBOURTOWN (AP) - The Latest (all times Eastern): ",
    ] {
        assert_said(
            &format!(
                "{dateline}10:30 a.m. {long}\n\n10:05 a.m.\n\nThe ferry is late.\n\n9:40 a.m.\n\nIt rains.\n"
            ),
            &[
                &format!("10:30 a.m. |  | {long}"),
                "10:05 a.m. |  | The ferry is late.",
                "9:40 a.m. |  | It rains.",
            ],
        );
    }
}

#[test]
fn an_agencys_updates_may_be_run_together_with_a_rule_between_or_without() {
    for rule in ["", "___ "] {
        assert_said(
            &format!(
                "Posted: Feb 15, 2018 10:41 AM EST\n\nHARBOURTOWN, Ornea (AP) - The Latest on the storm (all times local): 12:10 a.m. The pier \
                 is shut. It opens at 5 p.m. Thursday. {rule}11:50 p.m. Port Avery has no power. \"We wait.\" {rule}8 p.m. The ferry is late. \
                 {rule}7:15 p.m. It rains.\n"
            ),
            &[
                "12:10 a.m. |  | The pier is shut. It opens at 5 p.m. Thursday.",
                "11:50 p.m. |  | Port Avery has no power. \"We wait.\"",
                "8 p.m. |  | The ferry is late.",
                "7:15 p.m. |  | It rains.",
            ],
        );
    }
    assert_said(
        "HARBOURTOWN (AP) - 4:20 p.m.\n\nThe pier is shut. ___ 3:55 p.m. The ferry is late. ___ Noon The mayor \
         speaks. Noon is early. ___ 11:30 a.m. It rains.\n",
        &[
            "4:20 p.m. |  | The pier is shut.",
            "3:55 p.m. |  | The ferry is late.",
            "Noon |  | The mayor speaks. Noon is early.",
            "11:30 a.m. |  | It rains.",
        ],
    );
    // What is to come goes the other way, and what is on when has no rule.
    for plan in [
        "The plan (it may change): 9 a.m. Boats sail. 10:30 a.m. The mayor speaks. 11 a.m. Lunch on the pier.\n",
        "On the air: nothing new. 9 p.m. Tuesday is fine. 8 p.m. Wednesday is not. 7 p.m. Friday may be.\n",
    ] {
        assert_said(plan, &[]);
    }
}

#[test]
fn a_paragraph_above_a_credit_is_text() {
    let text = "The harbour master says that the pier stays shut. The ferries lie in port, and nobody knows for how long they will.";
    assert_said(
        &format!(
            "02:20 PM\n\nHarbour burns\n\n{text}\n\nAnn Bee/AP\n\nIt burns on.\n\n02:10 PM\n\nFerry late\n\nIt is.\n"
        ),
        &[
            &format!("02:20 PM | Harbour burns | {text} / Ann Bee/AP / It burns on."),
            "02:10 PM | Ferry late | It is.",
        ],
    );
}

#[test]
fn an_author_may_stand_below_the_comma_of_his_stamp() {
    assert_said(
        "Ferry late\n\n13:05 ,\nAnn Bee\n\nIt will not sail.\n\nPier shut\n\n12:48 ,\nBo Cee\n\nIt is shut.\n\nRain near\n\n12:20 ,\n\nIt comes from the west.\n",
        &[
            "13:05 | Ferry late | It will not sail.",
            "12:48 | Pier shut | It is shut.",
            "12:20 | Rain near | It comes from the west.",
        ],
    );
}

#[test]
fn a_headline_above_its_author_may_be_two_sentences() {
    assert_said(
        "4:20 p.m. ET, March 6, 2024\n\nCrane down\n\nFrom CNN's Ann Bee\n\nIt fell.\n\nshare link\n\n2:44 p.m. ET, March 6, \
         2024\n\nWe asked people in the harbour and beyond what they think of the pier. Here is what they said to us.\n\nFrom \
         CNN's Cyd Lee\n\nThey like it.\n\nshare with Facebook\n\nshare link\n",
        &[
            "4:20 p.m. ET, March 6, 2024 | Crane down | It fell.",
            "2:44 p.m. ET, March 6, 2024 | We asked people in the harbour and beyond what they think of the pier. Here is \
             what they said to us. | They like it.",
        ],
    );
}

#[test]
fn clock_comma_and_author_may_have_a_line_each() {
    for blank in ["\n", "\n\n"] {
        let text = "The mass live\nThe crane turns\n10:14\n,\nAnn Bee\nIt turns today. It is long.\nPier shut\n10:02\n,\nCyd \
                    Lee\nNobody may go there. It rains.\nCrowds gather\n09:40\n,\nAnn Bee\nThey wait. It rains.\n";
        let updates = whole(&text.replace('\n', blank)).updates;
        let said: Vec<_> = updates
            .iter()
            .map(|update| update.words.parts())
            .map(|parts| format!("{:?} {:?} {}", parts.headline, parts.byline, parts.body))
            .collect();
        assert_eq!(
            said,
            [
                "Some(\"The crane turns\") Some(\"Ann Bee\") It turns today. It is long.",
                "Some(\"Pier shut\") Some(\"Cyd Lee\") Nobody may go there. It rains.",
                "Some(\"Crowds gather\") Some(\"Ann Bee\") They wait. It rains."
            ]
        );
    }
}
