//! Stamps as houses, machines and chats of many countries write them, and where their authors stand. In our own words.

use super::traps::assert_said;

/// A page of two updates, `above` and `below` being the lines of their stamps.
fn assert_two(above: &str, below: &str, times: [&str; 2]) {
    let text = format!(
        "{above}\nThe crane is down\nIt took two days.\n\n{below}\nThe pier is shut\nNobody may go there.\n"
    );
    let said = [
        format!("{} | The crane is down | It took two days.", times[0]),
        format!("{} | The pier is shut | Nobody may go there.", times[1]),
    ];
    assert_said(&text, &said.each_ref().map(String::as_str));
}

#[test]
fn stamps_alone_on_their_lines() {
    for (above, below) in [
        ("18:05:01", "17:40:22"),
        ("vandaag, 15:40", "gisteren, 23:58"),
        ("Today, 3:40 PM", "Yesterday, 11:58 PM"),
        ("Heute, 14:05 Uhr", "Gestern, 22:31 Uhr"),
        ("19:02, мск", "18:20, мск"),
        ("午後9時35分", "午後8時12分"),
        ("下午3:20", "上午9:05"),
        ("오후 9시 35분", "오후 8시 12분"),
        ("18:45 (بتوقيت غرينتش)", "17:20 (بتوقيت غرينتش)"),
        ("2024-07-10T15:48:02.117Z", "2024-07-10T15:31:45.902Z"),
        ("21 Min Ago", "2 Hours Ago"),
        ("2:05 p. m.", "11:40 a. m."),
        ("14:05 hs", "09:05 hs"),
        ("Godz. 14:05", "Godz. 11:40"),
        ("8:31 PM IDT", "7:15 PM IDT"),
    ] {
        assert_two(above, below, [above, below]);
    }
    // A player's length above a page whose stamps have seconds.
    assert_said(
        "Please use Chrome browser for a more accessible video player\n2:41\n18:05:01\nThe crane is down\nIt took two \
         days.\n17:40:22\nThe pier is shut\nNobody may go there.\n17:10:48\nIt begins\nA crane leans.\n",
        &[
            "18:05:01 | The crane is down | It took two days.",
            "17:40:22 | The pier is shut | Nobody may go there.",
            "17:10:48 | It begins | A crane leans.",
        ],
    );
}

#[test]
fn the_time_of_the_line_above_in_another_notation_is_no_second_stamp() {
    assert_said(
        "The crane is downpublished at 17:52 British Summer Time 9 October\n17:52 BST 9 October\nIt took two days.\n\
         Share\nclose panel\nShare page\nCopy link\nAbout sharing\n\
         The pier is shutpublished at 17:21 British Summer Time 9 October\n17:21 BST 9 October\nNobody may go there.\n",
        &[
            "published at 17:52 British Summer Time 9 October | The crane is down | It took two days.",
            "published at 17:21 British Summer Time 9 October | The pier is shut | Nobody may go there.",
        ],
    );
    // A word is a headline.
    assert_said(
        "12:00 AM ET\nMidnight\nA new year begins at the pier.\n11:40 PM ET\nOne hour\nThe crane is lit.\n",
        &[
            "12:00 AM ET | Midnight | A new year begins at the pier.",
            "11:40 PM ET | One hour | The crane is lit.",
        ],
    );
}

#[test]
fn stamps_with_their_text_beside_them() {
    assert_said(
        "Ore 13:20 - La gru è a terra\nÈ durata due giorni.\n\nOre 12:45 - Il molo è chiuso\nNessuno passa.\n",
        &[
            "13:20 | La gru è a terra | È durata due giorni.",
            "12:45 | Il molo è chiuso | Nessuno passa.",
        ],
    );
    assert_said(
        "UPDATE (11:18 p.m.): All warnings have expired.\n\nUPDATE (10:40 p.m.): Some 8,000 are without power.\n",
        &[
            "11:18 p.m. |  | All warnings have expired.",
            "10:40 p.m. |  | Some 8,000 are without power.",
        ],
    );
}

#[test]
fn an_hour_has_no_minutes_where_the_page_writes_others_likewise() {
    assert_said(
        "10h02 : La grue est à terre.\n\n9h45 : Elle penche.\n\n9h : Bonjour à tous.\n",
        &[
            "10h02 |  | La grue est à terre.",
            "9h45 |  | Elle penche.",
            "9h |  | Bonjour à tous.",
        ],
    );
    // An age.
    assert_said(
        "10:02 La grue est à terre.\n\n9:45 Elle penche.\n12h : Bonjour.\n",
        &[
            "10:02 |  | La grue est à terre.",
            "9:45 |  | Elle penche. / 12h : Bonjour.",
        ],
    );
}

#[test]
fn what_was_copied_from_chats() {
    assert_said(
        "Pier Desk, [12.06.2024 05:14]\nThe crane leans.\n\nPier Desk, [12.06.2024 05:31]\nThe crane is down.\n",
        &[
            "12.06.2024 05:14 |  | The crane leans.",
            "12.06.2024 05:31 |  | The crane is down.",
        ],
    );
}

#[test]
fn author_and_stamp_stand_below_their_update() {
    assert_said(
        "Storm Ingrid live\n\nThe crane is down\n\nIt took two days.\n\nAna Bell5 March 2024 21:30\n\nThe pier is \
         shut\n\nNobody may go there.\n\nJo Carr5 March 2024 20:52\n",
        &[
            "5 March 2024 21:30 | The crane is down | It took two days.",
            "5 March 2024 20:52 | The pier is shut | Nobody may go there.",
        ],
    );
}

#[test]
fn the_names_that_come_again_and_again_are_the_authors() {
    // Above the headline,
    assert_said(
        "11:51\nAna Bell\nThe crane is down\nIt took two days.\n11:24\nKEY EVENT\nDriver is safe\nHe was in his \
         cab.\n11:02\nAna Bell\nThe pier is shut\nNobody may go there.\n",
        &[
            "11:51 | The crane is down | It took two days.",
            "11:24 | Driver is safe | He was in his cab.",
            "11:02 | The pier is shut | Nobody may go there.",
        ],
    );
    // where there is none,
    assert_said(
        "Oct. 8, 2024, 8:15 p.m. ET\nAna Bell\nReporting from the pier\nThe first cars went through at 8:09 p.m., led by \
         police.\nOct. 8, 2024, 7:31 p.m. ET\nJo Carr\nThe governor said that he would come.\nOct. 8, 2024, 6:02 p.m. \
         ET\nAna Bell\nThe crane leans, and nobody may go there now.\n",
        &[
            "Oct. 8, 2024, 8:15 p.m. ET |  | The first cars went through at 8:09 p.m., led by police.",
            "Oct. 8, 2024, 7:31 p.m. ET |  | The governor said that he would come.",
            "Oct. 8, 2024, 6:02 p.m. ET |  | The crane leans, and nobody may go there now.",
        ],
    );
    // and below it.
    assert_said(
        "10:42 PM\nThe crane is down\nAna Bell\nIt took two days.\n9:51 PM\nDriver is safe\nAna Bell and Jo Carr\nHe was \
         in his cab.\n8:30 PM\nThe pier is shut\nNBC News\nNobody may go there.\n",
        &[
            "10:42 PM | The crane is down | It took two days.",
            "9:51 PM | Driver is safe | He was in his cab.",
            "8:30 PM | The pier is shut | Nobody may go there.",
        ],
    );
    // Headlines in capitals, and one that comes each day, are none.
    assert_said(
        "11:51 AM\nWind Falls\nIt took two days.\n11:24 AM\nTraffic Update\nThe pier road is open.\n11:02 AM\nTraffic \
         Update\nThe pier road is shut.\n",
        &[
            "11:51 AM | Wind Falls | It took two days.",
            "11:24 AM | Traffic Update | The pier road is open.",
            "11:02 AM | Traffic Update | The pier road is shut.",
        ],
    );
}

#[test]
fn a_portrait_and_a_credit_are_no_text() {
    assert_said(
        "3:42pm\nThe crane is down\nAna Bell profile image\nBy Ana Bell\nIt took two days.\n3:15pm\nThe pier is \
         shut\nWaves lash it on Sunday. | Photo Credit: R. Bee\nNobody may go there.\n",
        &[
            "3:42pm | The crane is down | It took two days.",
            "3:15pm | The pier is shut | Nobody may go there.",
        ],
    );
}

#[test]
fn a_list_of_the_updates_above_them_is_none() {
    let updates = "22.10 GMT\n\nClosing summary\n\nThat is all.\n\n21.02 GMT\n\nA vote is tabled\n\nIt is for Thursday.\n\n\
                   07.04 GMT\n\nGood morning\n\nThis is the day.\n";
    let said = [
        "22.10 GMT | Closing summary | That is all.",
        "21.02 GMT | A vote is tabled | It is for Thursday.",
        "07.04 GMT | Good morning | This is the day.",
    ];
    let list = "22.10 GMT\nClosing summary\n07.04 GMT\nGood morning\n";
    assert_said(&format!("The vote\n\nKey events\n{list}\n{updates}"), &said);
    assert_said(
        &format!("The vote\n\nKey events\n{list}\nShow key events only\nLive feed\n\n{updates}"),
        &said,
    );
    // Pictures that were lost leave headlines only.
    assert_said(
        "22.10 GMT\nClosing summary\n\n21.02 GMT\nA vote is tabled\n\n20.02 GMT\nGood morning\nThis is the day.\n",
        &[
            "22.10 GMT | Closing summary | ",
            "21.02 GMT | A vote is tabled | ",
            "20.02 GMT | Good morning | This is the day.",
        ],
    );
}

#[test]
fn times_in_a_list_of_an_update_are_none_of_the_pages() {
    assert_said(
        "1pm: Lunch. The timeline so far:\n- 9.15am: The minister asks.\n- 11.40am: Advice is sent.\n- 2.05pm: He asks \
         again.\n\n12.20pm: It was toast.\n\n12 noon: There is a fire alarm.\n",
        &[
            "1pm |  | Lunch. The timeline so far: / - 9.15am: The minister asks. / - 11.40am: Advice is sent. / - 2.05pm: He asks again.",
            "12.20pm |  | It was toast.",
            "12 noon |  | There is a fire alarm.",
        ],
    );
}

#[test]
fn authors_and_labels_are_glued_to_stamps() {
    assert_said(
        "16:00Ana Bell\nThat is all\nThanks for joining us.\n\n15:30Jo Carr\nPolice thank fans\nThere were eleven \
         arrests.\n\n14:50Ana Bell\nHe would like to lie down\nThere is a queue.\n\n14:21KEY EVENT\nA goal\nHume \
         from the spot.\n",
        &[
            "16:00 | That is all | Thanks for joining us.",
            "15:30 | Police thank fans | There were eleven arrests.",
            "14:50 | He would like to lie down | There is a queue.",
            "14:21 | A goal | Hume from the spot.",
        ],
    );
}

#[test]
fn markdown_is_no_text() {
    assert_said(
        "**14:05** The crane is down.\n\n**13:40** The crane leans.\n",
        &["14:05 |  | The crane is down.", "13:40 |  | The crane leans."],
    );
    assert_two("## 14:05", "## 13:40", ["14:05", "13:40"]);
    assert_two("### **14:05**", "### **13:40**", ["14:05", "13:40"]);
}

#[test]
fn ages_are_said_in_some_languages() {
    for (two, three) in [
        ("Hace 2 horas", "Hace 3 horas"),
        ("Il y a 2 heures", "Il y a 3 heures"),
        ("Há 2 horas", "Há 3 horas"),
        ("vor 2 Stunden", "vor 3 Stunden"),
    ] {
        assert_said(
            &format!("{two}\nFerry late\nIt is late.\n\n{three}\nPier shut\nIt is.\n"),
            &[
                &format!("{two} | Ferry late | It is late."),
                &format!("{three} | Pier shut | It is."),
            ],
        );
    }
    assert_said("Vor 2 Stunden lief die Fähre aus.\nHace 2 horas del ferry.\n", &[]);
}

#[test]
fn a_prime_minister_is_no_half_of_the_day() {
    assert_said(
        "16.40 The minister leaves.\n14.05 Prices rise.\n11.09 PM to speak at five.\n09.46 Crews call for more.\n",
        &[
            "16.40 |  | The minister leaves.",
            "14.05 |  | Prices rise.",
            "11.09 |  | PM to speak at five.",
            "09.46 |  | Crews call for more.",
        ],
    );
    // Where the page has them, it is one.
    assert_said(
        "4.40 PM The minister leaves.\n2.05 PM Prices rise.\n11.09 AM Crews call for more.\n",
        &[
            "4.40 PM |  | The minister leaves.",
            "2.05 PM |  | Prices rise.",
            "11.09 AM |  | Crews call for more.",
        ],
    );
}

#[test]
fn a_second_clock_or_an_age_beside_the_time_is_no_headline() {
    assert_two("8.01pm EDT20:01", "7.50pm EDT19:50", ["8.01pm EDT", "7.50pm EDT"]);
    assert_two("3m ago\n07.36 EDT", "18m ago\n07.21 EDT", ["07.36 EDT", "07.21 EDT"]);
    assert_two(
        "March 28, 2023 8:59 PM (IST)\nPosted by Ann Bee",
        "March 28, 2023 8:40 PM (IST)\nPosted by Ann Bee",
        ["March 28, 2023 8:59 PM (IST)", "March 28, 2023 8:40 PM (IST)"],
    );
}

#[test]
fn an_agency_s_first_time_stands_behind_the_title_of_its_report() {
    assert_said(
        "The Latest on the fires near the coast (all times local): AVERY, Ornea (AP) - 12:30 p.m.\n\nCrews are there. They \
         work.\n\n___\n\n10:50 a.m.\n\nA fire is out. It was a big one.\n",
        &[
            "12:30 p.m. |  | Crews are there. They work.",
            "10:50 a.m. |  | A fire is out. It was a big one.",
        ],
    );
}

#[test]
fn laps_of_a_race() {
    for (above, below) in [
        ("Lap 44", "Lap 42"),
        ("LAP 44", "LAP 42"),
        ("Lap 44 of 57", "Lap 42 of 57"),
    ] {
        assert_said(
            &format!("{above}: Bee leads.\n\n{below}: Cee stops.\n"),
            &[
                &format!("{above} |  | Bee leads."),
                &format!("{below} |  | Cee stops."),
            ],
        );
    }
}

#[test]
fn a_dot_and_a_dash_part_a_clock_from_its_text() {
    assert_said(
        "19.10.- The pier is shut.\n\n18.55.- Crews are on their way.\n\n18.30.- «Nobody is hurt.»\n",
        &[
            "19.10 |  | The pier is shut.",
            "18.55 |  | Crews are on their way.",
            "18.30 |  | «Nobody is hurt.»",
        ],
    );
}

#[test]
fn a_number_with_a_dot_is_no_clock_where_clocks_have_colons() {
    assert_said(
        "16:40\n\nShares fall\n\nThey fall.\n\n14:05\n\nOil is up\n\nPrices at the close:\n\nBrent\n\n18.20\n\nGold\n\n20.05\n\n\
         11:09\n\nBank waits\n\nIt does.\n",
        &[
            "16:40 | Shares fall | They fall.",
            "14:05 | Oil is up | Prices at the close: / Brent / 18.20 / Gold / 20.05",
            "11:09 | Bank waits | It does.",
        ],
    );
}

#[test]
fn a_zone_may_stand_before_its_clock() {
    // It was who wrote the update, and the clock was taken in the page's zone.
    for (zone, seconds) in [("TSİ", 10_800), ("MEZ", 3_600), ("GMT", 0)] {
        let text = format!("{zone} 22:40 - The pier is shut.\n\n{zone} 22:10 - The crane stands still.\n");
        let update = &super::whole(&text).updates[0];
        assert_eq!(update.words.byline(), None, "{zone}");
        assert_eq!(update.words.time_text(), Some("22:40"));
        let crate::model::time::Moment::Clock { zone: Some(found), .. } = &update.moment else {
            panic!("{zone}")
        };
        assert_eq!(*found, crate::model::time::Zone::Offset(seconds), "{zone}");
    }
}
