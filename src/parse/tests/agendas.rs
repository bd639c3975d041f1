//! Times of what is to come, or of what was: lists in an update's body, above all updates, or on pages without time lines.
//! In our own words.

use super::traps::assert_said;

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
        let times: Vec<_> = document.updates.iter().map(|update| update.words.time_text()).collect();
        assert_eq!(times, [Some("09:14 AM"), Some("09:02 AM")], "{text}");
        assert_eq!(document.updates[0].words.headline(), Some("The day ahead"));
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
    // Without its name, where the page falls and its times don't.
    assert_said(
        "9.40am: It rains.\n\n8.55am: It's Wednesday. Here is what is coming up today.\n\n\
         Noon: The mayor speaks.\n\n2.30pm: The board meets.\n\nMore in a moment.\n\n8.20am: The pier is shut.\n",
        &[
            "9.40am |  | It rains.",
            "8.55am |  | It's Wednesday. Here is what is coming up today. / Noon: The mayor speaks. / 2.30pm: The board meets. / More in a moment.",
            "8.20am |  | The pier is shut.",
        ],
    );
    assert_said(
        "8.20am: The pier is shut.\n\n8.55am: It's Wednesday. Here is what we know today.\n\nNoon: The mayor speaks.\n",
        &[
            "8.20am |  | The pier is shut.",
            "8.55am |  | It's Wednesday. Here is what we know today.",
            "Noon |  | The mayor speaks.",
        ],
    );
    // Nor is what is written otherwise, and rises.
    assert_said(
        "9.40pm: It rains.\n\n9.20pm: This is how the evening went:\n\n19:01 - Boats out\n\n19:17 - Boats back\n\nThat is all.\n\n\
         8.20pm: The pier is shut.\n",
        &[
            "9.40pm |  | It rains.",
            "9.20pm |  | This is how the evening went: / 19:01 - Boats out / 19:17 - Boats back / That is all.",
            "8.20pm |  | The pier is shut.",
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
        "Polls have closed. Here is when we expect the counts:\n\n7:15 p.m.: The early votes.\n\n8 p.m.: The north.\n\nNobody knows.\n",
        "Film of the pier\n\nPlease use Chrome browser for a more accessible video player\n\n2:18\n\nThe pier goes\n\nIt is gone.\n",
        "The vote in numbers\n2023: 484 billion\n2024: 514 billion\nPolice close roads\n",
    ] {
        assert_said(text, &[]);
    }
}

#[test]
fn a_page_of_few_words_to_a_line_is_no_schedule() {
    assert_said(
        "9:40 Welcome.\n9:52\nThe first picture, and it is red.\n10:00 The show begins.\n10:04\n10:07 She has to deliver.\n\
         10:15 That is all.\n",
        &[
            "9:40 |  | Welcome.",
            "9:52 |  | The first picture, and it is red.",
            "10:00 |  | The show begins.",
            "10:07 |  | She has to deliver.",
            "10:15 |  | That is all.",
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
    // Links to one are none.
    assert_said(
        "Today's highlights | Medals | Full schedule\n\n10.30am: She is on her feet.\n\n10am: We are in the hall.\n",
        &[
            "10.30am |  | She is on her feet.",
            "10am |  | We are in the hall.",
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
    // Deep in a page, a few of them that are no sentences were a chronology.
    let text = "It rains.\n\n".repeat(6)
        + "8:55 pm: boats seen off the pier\n9:02 pm: first call\n\nThe harbour master waits.\n";
    assert_said(&text, &[]);
    // And so were those below a line that led to them.
    for list in [
        "Sirens were heard in the following places:\n\n• 06:41 Avery\n• 09:14 Gull Head\n• 13:02 Mill Street\n",
        "These were the moments of the eclipse:\n\n11:04 Avery\n11:06 Gull Head\n11:11 The pier\n11:17 Lorne\n",
        "Among the entries:\n\n8:05 p.m. The mayor arrives by a side door.\n\n8:40 p.m. The builder sits down.\n",
        "How the night unfolded\n\n6.52am The ferry leaves\n7.04am A bang\n7.06am It stops\n7.40am First boat there\n",
    ] {
        let foot = "\nThree of them were false.\n\nMost read\n\nA boat is found\n2h ago\n\nTuesday 5 March 2024 08:20, UK\n";
        let text = "It rains.\n\n".repeat(6) + list + foot;
        assert_said(&text, &[]);
    }
    // Several of them, with a title or none, are as little of what a page says otherwise.
    let text = "It rains.\n\n".repeat(6)
        + "Police publish what happened\n\n21:40 A siren\n22:15 Water\n00:30 The hall opens\n\nIt rains on.\n\nTrains\n\n\
           18:30 Lorne\n19:05 Avery, last train\n\nTickets may be used tomorrow.\n\nIt rains.\n\nStill.\n";
    assert_said(&text, &[]);
    let text = "It rains.\n\n".repeat(6)
        + "Follow the games here:\n\n10:04 Avery begins.\n10:17 Avery leads.\n\nMore of it on Monday.\n";
    assert_said(
        &text,
        &[
            "10:04 |  | Avery begins.",
            "10:17 |  | Avery leads. / More of it on Monday.",
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
fn tomorrows_agenda_may_be_earlier_than_its_update() {
    assert_said(
        "4:10 pm: Pier to stay shut\n\nFor two more weeks.\n\n3:32 pm: What to watch\n\nHere's tomorrow's calendar:\n\n\
         8:30 am: The board meets\n\n1:00 pm: Boats are counted\n\n2:05 pm: Ferry late\n\nIt is late.\n\n1:45 pm: Rain\n\nIt rains.\n",
        &[
            "4:10 pm | Pier to stay shut | For two more weeks.",
            "3:32 pm | What to watch | Here's tomorrow's calendar: / 8:30 am: The board meets / 1:00 pm: Boats are counted",
            "2:05 pm | Ferry late | It is late.",
            "1:45 pm | Rain | It rains.",
        ],
    );
}

#[test]
fn what_was_said_today_is_no_agenda() {
    for told in [
        "Here is what the judge said today:",
        "Read more on the pier in our report from earlier today:",
        "The harbour opened again. Watch today:",
        "Here is what happened this afternoon:",
    ] {
        assert_said(
            &format!(
                "10:00 am: We are live.\n{told}\n10:05 am: The jury sits.\n10:12 am: The pier is shown.\n"
            ),
            &[
                &format!("10:00 am |  | We are live. / {told}"),
                "10:05 am |  | The jury sits.",
                "10:12 am |  | The pier is shown.",
            ],
        );
    }
}

#[test]
fn items_of_what_stands_below_at_the_same_times_are_a_list_of_it() {
    let list = "• 3:57 p.m.: Ban goes on\n\n• 1 p.m.: Pier to open\n\n";
    let updates = "9 p.m.: The crane stands.\n\n3:57 p.m.: The mayor says so.\n\n1 p.m.: The pier opens.\n";
    assert_said(
        &format!("The crane\n\n{list}All of today's news. Read on.\n\n{updates}"),
        &[
            "9 p.m. |  | The crane stands.",
            "3:57 p.m. |  | The mayor says so.",
            "1 p.m. |  | The pier opens.",
        ],
    );
    // One of them stands nowhere else.
    assert_said(
        &format!(
            "The crane\n\n{list}9 p.m.: The crane stands.\n\n1 p.m.: The pier opens.\n\n8 a.m.: Rain.\n"
        ),
        &[
            "3:57 p.m. |  | Ban goes on",
            "1 p.m. |  | Pier to open",
            "9 p.m. |  | The crane stands.",
            "1 p.m. |  | The pier opens.",
            "8 a.m. |  | Rain.",
        ],
    );
}

#[test]
fn an_agendas_first_item_may_be_over_and_a_list_has_no_vote_on_how_the_page_goes() {
    let told = "9.32am: Good morning. It's the last sitting. Here's the full agenda for the day.";
    let items = [
        "9.30am: Port figures are published.",
        "12pm: The board asks.",
        "3.30pm: A statement.",
    ];
    for mark in ["", "• "] {
        let items = items.map(|item| format!("{mark}{item}\n\n")).concat();
        let text = format!(
            "2.12pm: Here are the figures.\n\n12.34pm: It's over. The mayor just about won it.\n\n{told}\n\n{items}8.50am: Rain.\n"
        );
        let document = super::whole(&text);
        let times: Vec<_> = document.updates.iter().filter_map(|update| update.words.time_text()).collect();
        assert_eq!(times, ["2.12pm", "12.34pm", "9.32am", "8.50am"], "{text}");
    }
    assert_said(
        "4.10pm: The speech is over.\n\n2.25pm: I'm back. Here is what's coming up this afternoon.\n\n2.30pm: Questions.\n\n\
         3.30pm: A speech on piers.\n\n4.15pm: The inquiry goes on.\n\n1.15pm: Summary\n\nIt rains.\n\n8.55am: Good morning. \
         Here's the agenda.\n\n• 9.30am: Figures.\n• 10am: Evidence.\n• 2.30pm: Questions.\n\nAs usual.\n",
        &[
            "4.10pm |  | The speech is over.",
            "2.25pm |  | I'm back. Here is what's coming up this afternoon. / 2.30pm: Questions. / \
             3.30pm: A speech on piers. / 4.15pm: The inquiry goes on.",
            "1.15pm |  | Summary / It rains.",
            "8.55am |  | Good morning. Here's the agenda. / - 9.30am: Figures. / - 10am: Evidence. / - 2.30pm: Questions. / As usual.",
        ],
    );
}

#[test]
fn an_agenda_above_the_first_update_is_told_by_what_stands_below_it() {
    // A page that is cut within it may say what is planned.
    let assert_whole = |text: &str, said: &[&str]| {
        let updates = super::whole(text).updates;
        let words = updates.iter().map(|update| &update.words);
        let own: Vec<_> = words
            .map(|words| format!("{} | {}", words.time_text().unwrap_or_default(), words.body()))
            .collect();
        assert_eq!(own, said, "{text}");
    };
    let agenda =
        "10am: The minister on the pier\n\n11am: The harbour board\n\n12.30pm: The ferry's captain\n\n";
    let own =
        "9.15am: The hall fills slowly. Nobody sits yet.\n\n9.40am: The lights go down. A door is shut.\n\n";
    let said = [
        "9.15am | The hall fills slowly. Nobody sits yet.",
        "9.40am | The lights go down. A door is shut.",
    ];
    for above in [
        "Today's sessions:",
        "Coming up in the hall:",
        "We are in Avery all day.",
    ] {
        assert_whole(&format!("Conference live\n\n{above}\n\n{agenda}{own}"), &said);
    }
    // With marks, and more of its lines than of the page's own.
    let marked = agenda.replace("\n\n", "\n  • ");
    assert_whole(
        &format!(
            "Conference live\n\nToday's sessions:\n\n  • {}\n\n{own}",
            marked.trim_end_matches("\n  • ")
        ),
        &said,
    );
    // Newest first, and below what is planned.
    assert_whole(
        &format!(
            "Conference live\n\nToday's sessions:\n\n{agenda}2.15pm: It is over. They go.\n\n1.05pm: Lunch is late. They wait.\n"
        ),
        &[
            "2.15pm | It is over. They go.",
            "1.05pm | Lunch is late. They wait.",
        ],
    );
    // Updates of a page may be out of order, or of one minute.
    assert_whole(
        "Here is what happened today:\n\n10am: The gates open\n\n10.05am: A band plays\n\n10.04am: It rains. They play on.\n\n\
         10.20am: The mayor is late. She comes at last.\n",
        &[
            "10am | The gates open",
            "10.05am | A band plays",
            "10.04am | It rains. They play on.",
            "10.20am | The mayor is late. She comes at last.",
        ],
    );
    assert_whole(
        "Regatta live\n\n14:05 Avery leads\n\n14:05 Bree follows\n\n14:05 Cray is third\n\n14:04 They are off. It rains.\n",
        &[
            "14:05 | Avery leads",
            "14:05 | Bree follows",
            "14:05 | Cray is third",
            "14:04 | They are off. It rains.",
        ],
    );
    // What rises to the end is how it went.
    assert_whole(
        "Regatta live\n\nToday's races:\n\n10am: Avery leads\n\n11am: Bree is second\n\n12.30pm: Avery wins\n",
        &[
            "10am | Avery leads",
            "11am | Bree is second",
            "12.30pm | Avery wins",
        ],
    );
}

#[test]
fn a_sentence_about_a_timetable_opens_none() {
    for word in ["timetable", "agenda", "schedule"] {
        assert_said(
            &format!(
                "11:38 am: The crews answer the board\nThey said that the {word} of the talks had slipped.\n\n\
                 11:24 am: Winds are expected\nThey reach the coast at noon.\n\n10:46 am: The pier is shut\nNobody goes there.\n"
            ),
            &[
                &format!(
                    "11:38 am | The crews answer the board | They said that the {word} of the talks had slipped."
                ),
                "11:24 am | Winds are expected | They reach the coast at noon.",
                "10:46 am | The pier is shut | Nobody goes there.",
            ],
        );
    }
}

#[test]
fn an_agendas_clocks_may_stand_alone_below_a_stamp_with_a_zone() {
    assert_said(
        "10.40am BST\n\nIt is windy.\n\n10.15am BST\n\nIt pours.\n\n10.02am BST\n\nIt rains.\n\n9.12am BST\n\nGood morning. Here is the agenda for the day.\n\n9.30am\n\nThe mayor speaks.\n\n\
         12pm\n\nThe council meets.\n\n8.55am BST\n\nThe ferry is late.\n\n8.40am\n\nThe pier is shut.\n",
        &[
            "10.40am BST |  | It is windy.",
            "10.15am BST |  | It pours.",
            "10.02am BST |  | It rains.",
            "9.12am BST |  | Good morning. Here is the agenda for the day. / 9.30am / The mayor speaks. / 12pm / The council meets.",
            "8.55am BST |  | The ferry is late.",
            "8.40am |  | The pier is shut.",
        ],
    );
}

#[test]
fn a_lead_that_breaks_off_is_no_update_beside_its_own() {
    assert_said(
        "AVERY (AP) — The Latest on the storm (all times local): 11:15 p.m. The harbour office has widened the storm…\n\nAVERY \
         (AP) — The Latest on the storm (all times local):\n\n11:15 p.m.\n\nThe harbour office has widened the storm watch to \
         the pier.\n\n9:40 p.m.\n\nThe ferry is late.\n",
        &[
            "11:15 p.m. |  | The harbour office has widened the storm watch to the pier.",
            "9:40 p.m. |  | The ferry is late.",
        ],
    );
}
