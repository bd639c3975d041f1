//! Stamps in the shapes that they were seen in, and what stands beside them on their lines. In our own words.

use super::traps::assert_said;
use super::{assert_cuts, whole};
use crate::parse::dialect::Headlines;

#[test]
fn a_matchs_minutes_have_dots_and_a_list_has_numbers() {
    assert_said(
        "90+4. It's over! They go second.\n90+2. Bee heads over.\n81.It's all Avery now.\n74.GOAL! Lorne lead.\n",
        &[
            "90+4 |  | It's over! They go second.",
            "90+2 |  | Bee heads over.",
            "81 |  | It's all Avery now.",
            "74 |  | GOAL! Lorne lead.",
        ],
    );
    assert_said(
        "90 min +5: The whistle goes.\n90 min +4: It's cleared!\n88 min: Bee volleys wide.\n",
        &[
            "90 min +5 |  | The whistle goes.",
            "90 min +4 |  | It's cleared!",
            "88 min |  | Bee volleys wide.",
        ],
    );
    assert_said(
        "Lap 54/54: Bee wins!\nLap 53/54: One more to go.\n",
        &["Lap 54/54 |  | Bee wins!", "Lap 53/54 |  | One more to go."],
    );
    // A page of dots may have some with a mark, and the added minutes two.
    assert_said(
        "90+8.Chance for Holt!\n\n90’+4’ Second half ends.\n\n82.It’s a card.\n\n70.GOAL!\n",
        &[
            "90+8 |  | Chance for Holt!",
            "90’+4’ |  | Second half ends.",
            "82 |  | It’s a card.",
            "70 |  | GOAL!",
        ],
    );
    for text in [
        "1. Avery\n2. Lorne\n3. Port Bee\n",
        "10. Avery\n9. Lorne\n8. Port Bee\n7. Harbour\n",
    ] {
        assert_said(text, &[]);
    }
}

#[test]
fn frames_part_headline_and_body() {
    let said = [
        "22:14 | Hafen: Kran steht still | Er wird morgen geprüft.",
        "21:47 | Fähre wartet | Sie wartet auf die Flut. Um 9 Uhr kommt sie.",
    ];
    let (one, two) = (
        "+++ 22:14 Hafen: Kran steht still +++ Er wird morgen geprüft.",
        "+++ 21:47 Fähre wartet +++ Sie wartet auf die Flut. Um 9 Uhr kommt sie.",
    );
    assert_said(&format!("{one}\n{two}\n"), &said);
    assert_said(&format!(" date 2022-06 Hafen-Ticker: {one} {two}\n"), &said);
    assert_said(&format!("{one} {two}\n"), &said);
    assert_said(
        "+++ 06:56 Kran steht still +++\n+++ 06:31 Fähre wartet +++\n",
        &["06:56 | Kran steht still | ", "06:31 | Fähre wartet | "],
    );
}

#[test]
fn a_headline_glued_to_its_stamp_is_glued_to_its_body() {
    assert_said(
        "20m ago (08:53 GMT)Two held at the harbourHarbour police have two men.\n\nThey were on the pier.\n\n\
         40m ago (08:33 GMT)What happened on day 5As the storm goes on, McBee counts.\n\nMore soon.\n",
        &[
            "20m ago (08:53 GMT) | Two held at the harbour | Harbour police have two men. / They were on the pier.",
            "40m ago (08:33 GMT) | What happened on day 5 | As the storm goes on, McBee counts. / More soon.",
        ],
    );
    let lines = [
        "15:36Greater Avery walks out of talksIts leaders say they were given no figures.",
        "15:21Second wave 'not as steep as in March'The harbour master says that it is not.",
        "15:02Care for the old pier is plannedIt will be seen to.",
    ];
    let said = [
        "15:36 | Greater Avery walks out of talks | Its leaders say they were given no figures.",
        "15:21 | Second wave 'not as steep as in March' | The harbour master says that it is not.",
        "15:02 | Care for the old pier is planned | It will be seen to.",
    ];
    assert_said(&format!("Live from the harbour'{}\n", lines.concat()), &said);
    assert_said(&format!("Live from the harbour'{}\n", lines.join("\n\n")), &said);
    assert_said(
        "15:36 Avery walks out. It is late. 15:21 The pier is shut. Good. 15:02 It rains.\n",
        &[
            "15:36 |  | Avery walks out. It is late.",
            "15:21 |  | The pier is shut. Good.",
            "15:02 |  | It rains.",
        ],
    );
    // No headline is so long, whatever its update ends in; and a word may have one letter.
    let long =
        "the mayor says that the door is open to all of them, that there will be a table, and biscuits. "
            .repeat(2);
    assert_said(
        &format!(
            "15:51Today {long}She wants 'a harbour'15:36Greater Avery has come out. It is late.14:47A ferry waits. It rains.\n"
        ),
        &[
            &format!("15:51 |  | Today {long}She wants 'a harbour'"),
            "15:36 |  | Greater Avery has come out. It is late.",
            "14:47 |  | A ferry waits. It rains.",
        ],
    );
}

#[test]
fn an_author_may_stand_before_an_age() {
    for author in [
        "Ann Bee ",
        "Ann Bee / ",
        "Ann Bee and Cyd Dee",
        "Ann Bee and Cyd Dee ",
    ] {
        assert_said(
            &format!(
                "{author}13h ago / 1:42 PM EST\n\nPier shut\n\nIt is.\n\n{author}14h ago / 12:51 PM EST\n\nFerry late\n\nIt is.\n"
            ),
            &[
                "13h ago / 1:42 PM EST | Pier shut | It is.",
                "14h ago / 12:51 PM EST | Ferry late | It is.",
            ],
        );
    }
    assert_said("The mayor said 13h ago / 1:42 PM EST.\n\nThe mayor was here about 5 hours ago\n", &[]);
}

#[test]
fn an_agencys_first_time_may_have_text_around_it() {
    let said = [
        "12:30 p.m. |  | The pier is shut.",
        "11:55 a.m. |  | The ferry is late.",
    ];
    for first in [
        "HARBOURTOWN (AP) - 12:30 p.m. The pier is shut.",
        "HARBOURTOWN (AP) - The Latest on the storm (all times local): 12:30 p.m.\nThe pier is shut.",
    ] {
        assert_said(&format!("{first}\n11:55 a.m.\nThe ferry is late.\n"), &said);
    }
}

#[test]
fn a_stamp_below_its_update_needs_no_second() {
    assert_said(
        "Harbour live: The pier votes\n\nSnags!\n\nBest part of the day.\n\nby Ann Bee edited by Cyd Dee 5/21/2022 1:38:14 AM\n",
        &["5/21/2022 1:38:14 AM | Snags! | Best part of the day."],
    );
    // A headline alone has no vote.
    assert_said(
        "Good night\n\nThat is all.\n\nby Ann Bee 5/21/2022 2:04:39 PM\n\nMayor takes the stage\n\nby Ann Bee 5/21/2022 1:58:00 PM\n\n\
         She is humbled\n\nShe said so.\n\nby Ann Bee 5/21/2022 1:50:00 PM\n",
        &[
            "5/21/2022 2:04:39 PM | Good night | That is all.",
            "5/21/2022 1:58:00 PM | Mayor takes the stage | ",
            "5/21/2022 1:50:00 PM | She is humbled | She said so.",
        ],
    );
}

#[test]
fn numbered_stamps_of_four_digits_may_have_their_text_below() {
    assert_said(
        "  1. 1630: \nGood afternoon.\n\n  2. 1641: \nThe mayor leaves.\n",
        &["1630 |  | Good afternoon.", "1641 |  | The mayor leaves."],
    );
}

#[test]
fn seconds_since_1970_may_have_text_beside_them() {
    assert_said(
        "1647866199 Shells hit the pier.\nIt burns.\n1647864420 The ferry is late.\n",
        &[
            "1647866199 |  | Shells hit the pier. / It burns.",
            "1647864420 |  | The ferry is late.",
        ],
    );
    assert_said(
        "1647866199Shells hit the pier\nIt burns.\nAnn Bee21 March 2022 12:36\n1647864420Ferry late\nIt is late.\n",
        &[
            "1647866199 | Shells hit the pier | It burns.",
            "1647864420 | Ferry late | It is late.",
        ],
    );
}

#[test]
fn stamps_that_follow_a_sentence_fit_in_among_those_of_the_lines() {
    assert_said(
        "21.10 El puerto cierra. No hay barcos.\n\n20.35 El alcalde habla: \"Lo peor puede llegar\". Ha salido del pleno. 19.50 Unas \
         cien personas esperan. 19.22 La nube llega a la isla.\n\n18.57 Se abre otra boca, a las 16.15 horas.\n",
        &[
            "21.10 |  | El puerto cierra. No hay barcos.",
            "20.35 |  | El alcalde habla: \"Lo peor puede llegar\". Ha salido del pleno.",
            "19.50 |  | Unas cien personas esperan.",
            "19.22 |  | La nube llega a la isla.",
            "18.57 |  | Se abre otra boca, a las 16.15 horas.",
        ],
    );
    // Also without a blank.
    assert_said(
        "19:57 El puerto abre.\n19:44 Hay cien barcos en el puerto.19:30 En la isla llueve. 19:02 Habla el alcalde.\n18:30 Nada nuevo.\n",
        &[
            "19:57 |  | El puerto abre.",
            "19:44 |  | Hay cien barcos en el puerto.",
            "19:30 |  | En la isla llueve.",
            "19:02 |  | Habla el alcalde.",
            "18:30 |  | Nada nuevo.",
        ],
    );
}

#[test]
fn a_quote_that_opens_parts_no_headline_from_its_text() {
    assert_said(
        "  2. 1705: Here's the captain: \"It was not our best day but we are happy. The boat ran well in the wind. That is all.\"\n\n\
         3. 1658: WICKET\n     The keeper is out.\n\n  4. 1650: Off they go\n     All nine of them.\n",
        &[
            "1705 |  | Here's the captain: \"It was not our best day but we are happy. The boat ran well in the wind. That is all.\"",
            "1658 |  | WICKET / The keeper is out.",
            "1650 |  | Off they go / All nine of them.",
        ],
    );
    assert_said(
        "12:30 pm: Here is what the mayor said this afternoon at the pier: \"We will not open it again before the summer.\"\n\n\
         12:12 pm: Ferry late\n\nIt is late.\n\n11:50 am: Rain\n\nIt rains.\n",
        &[
            "12:30 pm | Here is what the mayor said this afternoon at the pier: \"We will not open it again before the summer.\" | ",
            "12:12 pm | Ferry late | It is late.",
            "11:50 am | Rain | It rains.",
        ],
    );
}

#[test]
fn numbered_stamps_alone_and_with_text_are_of_one_page() {
    assert_said(
        "  2. 1404:\n\n    The first games matter most.\n\n  3. 1407: AVERY WINS THE TOSS\n\n    Brave, or daft?\n\n  4. 1411: One to nil\n",
        &[
            "1404 |  | The first games matter most.",
            "1407 |  | AVERY WINS THE TOSS / Brave, or daft?",
            "1411 |  | One to nil",
        ],
    );
}

#[test]
fn shapes_seen_beside_the_usual_ones() {
    // What follows seconds and PM may be a digit.
    assert_said(
        "Ann Bee 9/12/2012 4:55:17 PMThe stage.\nCyd Lee 9/12/2012 5:00:02 PM10 o'clock. Lights down.\n",
        &[
            "9/12/2012 4:55:17 PM |  | The stage.",
            "9/12/2012 5:00:02 PM |  | 10 o'clock. Lights down.",
        ],
    );
    assert_said(
        "now (09:10 GMT)Crew calls for helpIt has had no answer.\n8m ago8 minutes ago(09:02 GMT)Mayor of Avery to speakShe will speak in July.\n\
         20m ago (08:53 GMT)Pier and quay under waterA film shows the pier.\n",
        &[
            "now (09:10 GMT) | Crew calls for help | It has had no answer.",
            "8m ago8 minutes ago(09:02 GMT) | Mayor of Avery to speak | She will speak in July.",
            "20m ago (08:53 GMT) | Pier and quay under water | A film shows the pier.",
        ],
    );
    assert_said(
        "90′+4 Corner for Avery.\n\n90′ Four minutes more.\n\n88′ A save.\n",
        &[
            "90′+4 |  | Corner for Avery.",
            "90′ |  | Four minutes more.",
            "88′ |  | A save.",
        ],
    );
    // The same time in another notation, or in other zones; a mark of two.
    assert_said(
        "6.41pm BST 18:41\n\nIt rains.\n\n6.30pm BST 18:30\n\nIt pours.\n",
        &["6.41pm BST |  | It rains.", "6.30pm BST |  | It pours."],
    );
    assert_said(
        "11:50 a.m.\n\nThe mayor speaks.\n\n___\n\n11:35 a.m. (1035 GMT; 5:35 a.m. EST)\n\nThe pier is shut.\n",
        &[
            "11:50 a.m. |  | The mayor speaks.",
            "11:35 a.m. |  | The pier is shut.",
        ],
    );
    assert_said(
        "17:58 h.- Los barcos, en el puerto.\n17:30 h. Llueve.\n",
        &["17:58 h |  | Los barcos, en el puerto.", "17:30 h |  | Llueve."],
    );
    assert_said(
        "5.30pm (7.30pm Avery): All of it:\n2.41pm BST/9.41am ET: The mayor speaks.\n1.15pm: It rains.\n",
        &[
            "5.30pm |  | All of it:",
            "2.41pm BST |  | The mayor speaks.",
            "1.15pm |  | It rains.",
        ],
    );
    assert_said(
        "13:05 PM: The count goes on.\n12:00 Noon: The count begins.\n11:48 AM: It rains.\n",
        &[
            "13:05 PM |  | The count goes on.",
            "12:00 Noon |  | The count begins.",
            "11:48 AM |  | It rains.",
        ],
    );
    // A full stop may be all that parts clock and text.
    assert_said(
        "14:25. Se suspende hasta las 16.15 horas.\n\n14:02. \"No lo recuerdo\", ha dicho.\n",
        &[
            "14:25 |  | Se suspende hasta las 16.15 horas.",
            "14:02 |  | \"No lo recuerdo\", ha dicho.",
        ],
    );
    // What stands in a page of marks without one and with a zone, or in a sentence, is text.
    for told in [
        "4:00 PM ET Tuesday: Avery -569",
        "4:00 p.m. was the deadline.",
        "As of 4:00 PM ET: Avery -569",
    ] {
        assert_said(
            &format!(
                "4:03 pm: Avery drops\n\n{told}\n\nIt drops.\n\n3:15 pm: Final hour\n\nIt is late.\n\n2:50 pm: Rain\n\nIt rains.\n"
            ),
            &[
                &format!("4:03 pm | Avery drops | {told} / It drops."),
                "3:15 pm | Final hour | It is late.",
                "2:50 pm | Rain | It rains.",
            ],
        );
    }
    // What is glued to a clock in the middle of a line may be in capitals, or a sum.
    assert_said(
        "17:41Mayor speaks at the pierShe said so.16:49BREAKING: Pier shutIt is shut.16:31UK boats leave the pierThey left.15:20£5m for the pierIt was given.\n",
        &[
            "17:41 | Mayor speaks at the pier | She said so.",
            "16:49 | BREAKING: Pier shut | It is shut.",
            "16:31 | UK boats leave the pier | They left.",
            "15:20 | £5m for the pier | It was given.",
        ],
    );
    // A number on its own line.
    assert_said(
        "  1. Pier shutpublished at 22:10 Greenwich Mean Time 13 February 2020\n\n    It is shut.\n\n  2. Analysis\n\n\
             How long?published at 21:58 Greenwich Mean Time 13 February 2020\n\n    Nobody knows.\n\n\
         3. Rainpublished at 21:40 Greenwich Mean Time 13 February 2020\n\n    It rains.\n",
        &[
            "published at 22:10 Greenwich Mean Time 13 February 2020 | Pier shut | It is shut. / 2. Analysis",
            "published at 21:58 Greenwich Mean Time 13 February 2020 | How long? | Nobody knows.",
            "published at 21:40 Greenwich Mean Time 13 February 2020 | Rain | It rains.",
        ],
    );
    // A zone that is cut is no category.
    let growing = "03:03 AM BST\nPier shut\nIt is shut.\n03:58 AM B";
    let layout = super::whole(growing).layout.map(|layout| layout.headlines);
    assert_eq!(layout, Some(Headlines::After));
    // Categories: a page that has them has no headlines.
    assert_said(
        "11:02\n\nBonjour ! Voici le port :\n\nIl est fermé.\n\n10:47 LE POINT SUR LA SITUATION\n\nLe port ?\n\nFermé.\n\n\
         10:31 TCHAT / VOS QUESTIONS\n\nOuvre-t-il ?\n\nNon.\n",
        &[
            "11:02 |  | Bonjour ! Voici le port : / Il est fermé.",
            "10:47 |  | Le port ? / Fermé.",
            "10:31 |  | Ouvre-t-il ? / Non.",
        ],
    );
}

#[test]
fn an_update_without_a_headline_among_those_that_have_one() {
    let long = "The ferry to the outer island has been held at the pier since this morning. Nobody can say when it will be let go.";
    assert_said(
        &format!(
            "15:20\n\nPump breaks\n\nIt is old.\n\n15:02\n\n{long}\n\nThe board meets at four.\n\n14:40\n\nPier shut\n\nIt is.\n\n\
             14:10\n\nCrane down\n\nIt took two days.\n"
        ),
        &[
            "15:20 | Pump breaks | It is old.",
            &format!("15:02 |  | {long} / The board meets at four."),
            "14:40 | Pier shut | It is.",
            "14:10 | Crane down | It took two days.",
        ],
    );
}

#[test]
fn a_headline_before_its_stamp_may_end_in_a_short_word() {
    assert_said(
        "Pier shut until 8 p.m.\n\n6:25 p.m.: It is shut, and nobody knows why.\n\nCrews wait\n\n5:10 p.m.: They wait at the \
         quay.\n\nBoats come in\n\n4:40 p.m.: Two have come so far.\n\nCrane down\n\n4:05 p.m.: It took two days.\n",
        &[
            "6:25 p.m. | Pier shut until 8 p.m. | It is shut, and nobody knows why.",
            "5:10 p.m. | Crews wait | They wait at the quay.",
            "4:40 p.m. | Boats come in | Two have come so far.",
            "4:05 p.m. | Crane down | It took two days.",
        ],
    );
}

#[test]
fn a_body_that_begins_with_an_acronym_comes_apart_from_its_headline() {
    assert_said(
        "20m ago (08:53 GMT)Envoys arrive at the outer portUN envoys have arrived, says the office of the harbour master.\n\n\
         1h ago (08:08 GMT)WHO waits for the ships on the coastWHO teams wait in the towns along the northern coast.\n",
        &[
            "20m ago (08:53 GMT) | Envoys arrive at the outer port | UN envoys have arrived, says the office of the harbour master.",
            "1h ago (08:08 GMT) | WHO waits for the ships on the coast | WHO teams wait in the towns along the northern coast.",
        ],
    );
}

#[test]
fn clocks_of_24_hours_part_updates_that_were_run_together() {
    for mark in ["08.47:", "08:47:", "0847:", "08:47 h", "08h47 :"] {
        let at = |hour: &str| mark.replace("08", hour);
        let text = format!(
            "{} The pier is shut. {} Crews are there. {} A boat is in.\n{} It rains.\n{} It rains more.\n",
            at("08"),
            at("09"),
            at("10"),
            at("11"),
            at("12")
        );
        let times: Vec<_> =
            whole(&text).updates.iter().map(|update| update.words.body().to_string()).collect();
        let bodies = [
            "The pier is shut.",
            "Crews are there.",
            "A boat is in.",
            "It rains.",
            "It rains more.",
        ];
        assert_eq!(times, bodies, "{text}");
        assert_cuts(&text);
    }
}
