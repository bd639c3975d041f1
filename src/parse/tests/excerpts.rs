//! What little of a page is enough to read it right: whose times are the page's own, and where its headlines stand. In our
//! own words.

use super::traps::assert_said;
use crate::parse::dialect::Headlines;

#[test]
fn a_schedule_outvotes_no_stamp() {
    let items = |mark: &str| {
        ["9.30am", "11am", "2.30pm"]
            .map(|time| format!("{mark}{time}: The harbour board meets.\n\n"))
            .concat()
    };
    for mark in ["", "  • ", "-\n\n"] {
        let text = format!(
            "09:14 AM\n\nThe day ahead\n\nThis is how it runs:\n\n{}09:02 AM\n\nFerry late\n\nIt is late.\n",
            items(mark)
        );
        let document = super::whole(&text);
        let times: Vec<_> = document.updates.iter().map(|update| update.time_text.as_deref()).collect();
        assert_eq!(times, [Some("09:14 AM"), Some("09:02 AM")], "{text}");
        assert_eq!(document.updates[0].headline.as_deref(), Some("The day ahead"));
        super::assert_cuts(&text);
    }
    // Below the only stamp there is.
    assert_said(
        "Snow shuts both piers.\n\n04:12 PM\n\nFerries: what is cancelled\n\nThese will not sail:\n\n18:05 North pier\n\n\
         18:40 South pier\n\n19:10 Avery\n",
        &[
            "04:12 PM | Ferries: what is cancelled | These will not sail: / 18:05 North pier / 18:40 South pier / 19:10 Avery",
        ],
    );
    // What falls as the page does, or is long, is the page's.
    assert_said(
        "04:12 PM\n\n16:05: The pier is shut.\n\n15:40: The ferry is late.\n\n15:10: It snows.\n",
        &[
            "16:05 |  | The pier is shut.",
            "15:40 |  | The ferry is late.",
            "15:10 |  | It snows.",
        ],
    );
}

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
fn an_agenda_has_a_name_or_a_colon() {
    assert_said(
        "8.40am: Morning all. The mayor is back from the islands, and the board meets today. Here's the diary for the day.\n\n\
         10am: The mayor speaks at the pier.\n\n2.30pm: The board meets.\n\nThere will be a summary at noon.\n\n\
         8.59am: The mayor was on the radio.\n\n9.21am: Rain.\n",
        &[
            "8.40am |  | Morning all. The mayor is back from the islands, and the board meets today. Here's the diary for the day. / \
             10am: The mayor speaks at the pier. / 2.30pm: The board meets. / There will be a summary at noon.",
            "8.59am |  | The mayor was on the radio.",
            "9.21am |  | Rain.",
        ],
    );
    assert_said(
        "8.40am: Good morning from the harbour.\n\nHere's the agenda for the day.\n\n9am: The board meets.\n\n\
         10am: The mayor speaks.\n\nMore in a moment.\n\n8.52am: It rains.\n\n9.14am: It rains harder.\n",
        &[
            "8.40am |  | Good morning from the harbour. / Here's the agenda for the day. / 9am: The board meets. / 10am: The mayor speaks. / More in a moment.",
            "8.52am |  | It rains.",
            "9.14am |  | It rains harder.",
        ],
    );
    // The day's first item may be over.
    assert_said(
        "11.02am: She is asked about the pier.\n\n10.40am: We are back. Here are today's witnesses:\n\n10am: The harbour master\n\
         2pm: The mayor\n\n10.15am: It has begun.\n",
        &[
            "11.02am |  | She is asked about the pier.",
            "10.40am |  | We are back. Here are today's witnesses: / 10am: The harbour master / 2pm: The mayor",
            "10.15am |  | It has begun.",
        ],
    );
}

#[test]
fn a_page_that_lost_its_stamps_has_none_in_its_lists() {
    for text in [
        "Polls have closed.\n\nHere's the schedule for tonight:\n\n6:30pm: The north counts\n\n8:00pm: The south counts\n\n\
         Who is ahead?\n\nNobody knows.\n",
        "Sirens again\n\nHere is what is known so far:\n\n  • 22:10 – Sirens in the north\n  • 22:14 – Smoke over the pier\n\n\
         Minister: we wait\n\nHe spoke at noon.\n",
        "The vote in numbers\n2023: 484 billion\n2024: 514 billion\nPolice close roads\n",
    ] {
        assert_said(text, &[]);
    }
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
}

#[test]
fn numbered_stamps_of_four_digits_may_have_their_text_below() {
    assert_said(
        "  1. 1630: \nGood afternoon.\n\n  2. 1641: \nThe mayor leaves.\n",
        &["1630 |  | Good afternoon.", "1641 |  | The mayor leaves."],
    );
}

#[test]
fn a_page_of_few_words_to_a_line_is_no_schedule() {
    assert_said(
        "9:40 Welcome.\n9:52\nThe first picture, and it is red.\n10:00 The show begins.\n10:04\n10:07 She has to deliver.\n\
         10:15 That is all.\n",
        &[
            "9:40 |  | Welcome. / 9:52 / The first picture, and it is red.",
            "10:00 |  | The show begins. / 10:04",
            "10:07 |  | She has to deliver.",
            "10:15 |  | That is all.",
        ],
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
fn seconds_since_1970_may_have_text_beside_them() {
    assert_said(
        "1647866199 Shells hit the pier.\nIt burns.\n1647864420 The ferry is late.\n",
        &[
            "1647866199 |  | Shells hit the pier. / It burns.",
            "1647864420 |  | The ferry is late.",
        ],
    );
}

#[test]
fn an_agenda_above_the_first_update_is_the_pages() {
    assert_said(
        "Monday's agenda\n\n10am: Ann Bee speaks\n11am: Debate on the pier\n4pm: Drinks\n\n10am: We are in the hall. It is full.\n\n\
         10.30am: She is on her feet.\n",
        &[
            "10am |  | We are in the hall. It is full.",
            "10.30am |  | She is on her feet.",
        ],
    );
    assert_said(
        "Follow today's agenda live:\n\n10.30am: She is on her feet.\n\n10am: We are in the hall.\n",
        &[
            "10.30am |  | She is on her feet.",
            "10am |  | We are in the hall.",
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
fn times_of_what_is_planned_make_no_blog() {
    for list in [
        "10:15am - 11:00am, Avery market\n12:30pm - 1:45pm, Gull Head\n6:05pm - 6:40pm, Mill Street\n",
        "10:15am to 11:00am: Avery market\n12:30pm to 1:45pm: Gull Head\n",
        "6 p.m. Eastern: Avery\n7 p.m. Eastern: Gull Head\n7:30 p.m. Eastern: Mill Street, the pier\n",
        "10:00 Avery v Gull Head\n13:00 Mill Street v Pier\n16:00 Harbour v Town\n",
    ] {
        let text = format!(
            "The games are on.\n\nThese are the times of the day:\n\n{list}\nMore of it on Monday.\n"
        );
        assert_said(&text, &[]);
    }
    assert_said(
        "Here are the highlights of the day:\n\n8:22 pm: Pier to stay shut.\n\n7:45 pm: Ferry late.\n\n6:08 pm: Rain.\n",
        &[
            "8:22 pm |  | Pier to stay shut.",
            "7:45 pm |  | Ferry late.",
            "6:08 pm |  | Rain.",
        ],
    );
    // What happens doesn't begin on the quarter of an hour, and text stands between what goes on for long.
    assert_said(
        "The games, as they go:\n\n10:00 Avery begins\n10:17 Avery leads\n10:45 It is over\n\nMore of it on Monday.\n",
        &[
            "10:00 |  | Avery begins",
            "10:17 |  | Avery leads",
            "10:45 |  | It is over / More of it on Monday.",
        ],
    );
    // A blank line ends an agenda that has none.
    assert_said(
        "The agenda\n\n1.00pm: The board meets\n4.00pm: The mayor speaks\n\n7.00pm: Pier to stay shut\n\nFor two more weeks.\n\n\
         4.25pm: Ferry late\n\nIt is late.\n\n4.05pm: Rain\n\nIt rains.\n",
        &[
            "7.00pm | Pier to stay shut | For two more weeks.",
            "4.25pm | Ferry late | It is late.",
            "4.05pm | Rain | It rains.",
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
