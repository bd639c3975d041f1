//! Days that stand in a page: headings above the updates, dates and words beside their clocks. In our own words.

use super::traps::assert_said;
use super::whole;
use jiff::civil::time;

use crate::model::time::Moment;
use crate::parse::document::Changed;

#[test]
fn a_day_heading_may_have_marks_around_it_and_its_weekday_a_dot() {
    // It went into the body of the update above, and the day came from the mtime.
    for heading in [
        "6 de marzo de 2024",
        "Miércoles, 6 de marzo de 2024",
        "Mi., 6. März",
        "mer. 6 mars 2024",
        "--- Wednesday 6 March ---",
        "## Wednesday 6 March",
        "— 6 March —",
        "**6 March 2024**",
        "środa, 6 marca",
        "Středa 6. března",
        "Çarşamba, 6 Mart 2024",
        "Среда, 6 марта",
        "3月6日(水)",
        "2024年3月6日",
        "3월 6일 (수)",
    ] {
        let text = format!(
            "20:40\nThe bridge opens\nIt is open.\n\n{heading}\n\n19:10\nThe crane stops\nIt stands still.\n"
        );
        assert_said(
            &text,
            &[
                "20:40 | The bridge opens | It is open.",
                "19:10 | The crane stops | It stands still.",
            ],
        );
        let day = whole(&text).updates[1].heading.map(|date| (date.month, date.day));
        assert_eq!(day, Some((3, 6)), "{heading}");
    }
    // An item of a list is none, nor is the date of a quoted post.
    for line in [
        "- 6 March",
        "* 6 March",
        "• 6 March",
        "— March 6, 2024",
        "--- The 6 March ---",
    ] {
        let text = format!("20:40\nThe bridge opens\nIt is open.\n{line}\n19:10\nThe crane stops\nIt is.\n");
        assert!(whole(&text).updates.iter().all(|update| update.heading.is_none()), "{line}");
    }
}

/// A page of three updates under these time lines, the first two of one minute.
fn page(stamps: [String; 3]) -> (String, [String; 3]) {
    let [one, two, three] = &stamps;
    let text = format!(
        "Harbour live\n\n{one}\nThe bridge opens\nIt is open.\n\n{two}\nThe ferry waits\nThe tide is late.\n\n{three}\n\
         The crane stops\nIt stands still.\n"
    );
    let said = [
        format!("{one} | The bridge opens | It is open."),
        format!("{two} | The ferry waits | The tide is late."),
        format!("{three} | The crane stops | It stands still."),
    ];
    (text, said)
}

#[track_caller]
fn assert_time_lines(stamps: [String; 3]) {
    let (text, said) = page(stamps);
    assert_said(&text, &said.each_ref().map(String::as_str));
}

/// The month and day that a page's first time line says.
fn day(text: &str) -> Option<(i8, i8)> {
    let document = whole(text);
    match &document.updates.first()?.moment {
        Moment::Clock { date: Some(date), .. } => Some((date.month, date.day)),
        _ => None,
    }
}

#[test]
fn a_date_that_a_joint_leads_to_is_the_stamps_own() {
    // It was the headline, and two updates of one minute had one id.
    for date in [
        " | 06.03.2024",
        " on 6 March 2024",
        " - 6 March 2024",
        " – 06/03/2024",
        " — Wednesday, 6 March",
        " · 6 March",
        " (6 March)",
        " (06.03.2024)",
        " / 2024-03-06",
        " del 6 de marzo",
        " - 6 de marzo de 2024",
        " Uhr am 6. März",
    ] {
        let stamps = ["20:40", "20:40", "19:10"].map(|clock| format!("{clock}{date}"));
        assert_eq!(day(&page(stamps.clone()).0), Some((3, 6)), "{date}");
        assert_time_lines(stamps);
    }
    assert_time_lines(["8:40", "8:40", "7:10"].map(|clock| format!("{clock} PM · Mar 6, 2024")));
}

#[test]
fn a_text_that_begins_with_a_date_is_an_inline_updates() {
    assert_said(
        "14:15 6 March will be a holiday.\n14:02 - 6 March is the day of the harbour.\n13:40 (6 March) It rained.\n",
        &[
            "14:15 |  | 6 March will be a holiday.",
            "14:02 |  | 6 March is the day of the harbour.",
            "13:40 |  | (6 March) It rained.",
        ],
    );
    // A range is no date.
    assert_said("Films\n20:40 - 21.10.\n19:10 - 20.10.\n", &[]);
}

#[test]
fn a_date_behind_a_joint_is_the_pages_or_a_posts_where_time_lines_have_none() {
    assert_said(
        "Harbour live\n20:40 - 6 March 2024\nAll that happens.\n\n20:31\nThe bridge opens\nIt is open.\n\n\
         20:12\nThe ferry waits\nThe tide is late.\nPort Office\n@port\nBoats may pass.\n8:05 PM · Mar 6, 2024\n\n\
         19:10\nThe crane stops\nIt stands still.\n",
        &[
            "20:31 | The bridge opens | It is open.",
            "20:12 | The ferry waits | The tide is late. / Port Office / @port / Boats may pass. / 8:05 PM · Mar 6, 2024",
            "19:10 | The crane stops | It stands still.",
        ],
    );
    // And where the posts are more than the updates.
    let post = "Port Office\n@port\nBoats may pass.\n8:05 PM · Mar 6, 2024\n";
    assert_said(
        &format!("20:31: The bridge is open.\n{post}{post}20:12: The ferry waits.\n{post}"),
        &[
            &format!("20:31 |  | The bridge is open. / {0} / {0}", post.trim().replace('\n', " / ")),
            &format!("20:12 |  | The ferry waits. / {}", post.trim().replace('\n', " / ")),
        ],
    );
}

#[test]
fn a_word_a_bracket_or_an_offset_beside_a_clock() {
    // They were no time lines at all.
    for (before, after) in [
        ("Wednesday ", ""),
        ("Wed ", ""),
        ("Mi. ", ""),
        ("Mittwoch, ", " Uhr"),
        ("Posted at ", ""),
        ("Publié à ", ""),
        ("Kl. ", ""),
        ("6. März, ", " Uhr"),
        ("6 de marzo de 2024, ", ""),
        ("6 de marzo a las ", ""),
        ("2024-03-06T", ":00Z"),
        ("2024-03-06T", ":00-05:00"),
        ("2024-03-06T", "Z"),
        ("", " +01:00"),
    ] {
        assert_time_lines(["20:40", "20:40", "19:10"].map(|clock| format!("{before}{clock}{after}")));
    }
    assert_time_lines(["8:40pm", "8:40pm", "7:10pm"].map(|clock| format!("Wednesday {clock}")));
    assert_time_lines(["20h40", "20h40", "19h10"].map(|clock| format!("Mercredi {clock}")));
    assert_time_lines(["20.40", "20.40", "19.10"].map(|clock| format!("Kl. {clock}")));
    // A bracket is no part of the time.
    for (open, close) in [('[', ']'), ('(', ')')] {
        let clocks = ["20:40", "20:40", "19:10"].map(str::to_string);
        let (_, said) = page(clocks.clone());
        let (text, _) = page(clocks.map(|clock| format!("{open}{clock}{close}")));
        assert_said(&text, &said.each_ref().map(String::as_str));
    }
}

#[test]
fn a_clock_that_a_word_leads_to_may_be_the_pages_or_a_programmes() {
    // The page's own.
    assert_said("Harbour reopens\nPublié à 20h40\nThe bridge is open.\nMore soon.\n", &[]);
    // What is on when.
    assert_said(
        "Matches\nSaturday 15:00\nAvery v Lorne\nIn the port.\nSunday 16:30\nBee v Holt\nOn the pier.\n",
        &[],
    );
    assert_said(
        "Matches\nSaturday 17:30\nAvery v Lorne\nIn the port.\nSunday 15:00\nBee v Holt\nOn the pier.\n",
        &[],
    );
    assert_said("Open\nMon 09:00\nThe pier\nAll of it.\nTue 09:00\nThe port\nAll of it.\n", &[]);
    assert_said("I aften\nKl. 19.10\nBroen\nEn film.\nKl. 20.40\nHavnen\nEn film til.\n", &[]);
    // Behind midnight it is the day before.
    assert_said(
        "Thu 00:40\nThe bridge opens.\n\nThu 00:20\nThe ferry waits.\n\nWed 23:10\nThe crane stops.\n\nWed 22:05\nIt rains.\n",
        &[
            "Thu 00:40 |  | The bridge opens.",
            "Thu 00:20 |  | The ferry waits.",
            "Wed 23:10 |  | The crane stops.",
            "Wed 22:05 |  | It rains.",
        ],
    );
    // Likewise with text beside them.
    assert_said(
        "Thursday, 12:40 am: The bridge opens.\n\nThursday, 12:20 am: The ferry waits.\n\nWednesday, 11:10 pm: It rains.\n\nWednesday, \
         10:05 pm: It is dry.\n",
        &[
            "Thursday, 12:40 am |  | The bridge opens.",
            "Thursday, 12:20 am |  | The ferry waits.",
            "Wednesday, 11:10 pm |  | It rains.",
            "Wednesday, 10:05 pm |  | It is dry.",
        ],
    );
    assert_said(
        "Open\n\nMon 09:00: The pier, all of it.\n\nTue 09:00: The port.\n\nWed 10:00: The dam.\n",
        &[],
    );
    assert_said("Fußball\n\nSamstag, 15.30 Uhr: Avery - Lorne\n\nSonntag, 17.30 Uhr: Bee - Holt\n", &[]);
    // And where clocks stand alone, it is what they tell of.
    assert_said(
        "20:31\nThe bridge opens\nIt is open.\nSaturday 15:00\nAvery v Lorne\n(19:31)\n20:12\nThe ferry waits\nThe tide is late.\n",
        &[
            "20:31 | The bridge opens | It is open. / Saturday 15:00 / Avery v Lorne / (19:31)",
            "20:12 | The ferry waits | The tide is late.",
        ],
    );
    // Below an age it says when that was.
    assert_said(
        "20m ago\n(08:53 GMT)\nThe bridge is open.\n\n40m ago\n(08:33 GMT)\nThe ferry waits.\n",
        &[
            "20m ago\n(08:53 GMT) |  | The bridge is open.",
            "40m ago\n(08:33 GMT) |  | The ferry waits.",
        ],
    );
    // A list has numbers, and a range an end.
    assert_said("1. March on the port\n2. April showers\n", &[]);
    assert_said("10:15-11:00\nAvery\n11:15 -12:00\nLorne\n", &[]);
}

#[test]
fn what_a_page_says_of_its_day_is_read_in_many_languages() {
    use Changed::{Maybe, Said, Unsaid};
    for (line, changed_last) in [
        ("PUBLISHED MAR. 6, 2024", Unsaid),
        ("Published: 09:00, 6 March 2024", Unsaid),
        ("Publié le 6 mars 2024 à 9h", Unsaid),
        ("Veröffentlicht am 6. März 2024", Unsaid),
        ("Gepubliceerd op 6 maart 2024", Unsaid),
        ("Opublikowano: 06.03.2024", Unsaid),
        ("Updated 6 March 2024", Unsaid),
        ("Last Updated: Wednesday 6 March 2024 09:40", Said),
        ("Обновлено 6 марта 2024, 19:05", Said),
        ("Published on:06 Mar 2024, 08:12 AM", Unsaid),
        ("Last updated at 11:52 PM on 6th March 2024", Said),
        ("Updated 9:14 AM EDT, Wed March 6, 2024", Said),
        ("Stand: 06.03.2024 23:31 Uhr", Said),
        ("Page last updated at 10:58 GMT, Wednesday, 6 March 2024", Said),
        ("6 March 2024 Last updated at 20:16", Said),
        ("LAST UPDATE | Mar 6th 2024, 11:00 PM", Said),
        ("Criado em 06/03/24 08h42", Unsaid),
        ("更新時間:2024-03-06 00:30", Said),
        ("by Ann Bee | March 6, 2024", Unsaid),
        ("By on Wednesday, March 6, 2024", Unsaid),
        ("Live blog : Wednesday 6 March 2024", Unsaid),
        ("The latest updates for 6th March 2024.", Unsaid),
        ("• 06/03/2024", Unsaid),
        ("Week 3, Wednesday, March 6, 2024", Unsaid),
        ("Posted by ann bee on March 6, 2024 in In the News, Harbour | No Comments", Unsaid),
        ("Posted in Harbour News by admin. Published March 6th, 2024", Unsaid),
        ("Harbour Online staff, Wednesday 6 March 2024", Unsaid),
        ("Selasa, 06 Maret 2024", Unsaid),
        ("March 6, 2024 • By", Unsaid),
        ("date: \"2024-03-06\"", Unsaid),
        ("publishDate: 2024-03-06T20:00:00Z", Unsaid),
        ("Last modified: 6 Mar 2024 04:56", Maybe(time(4, 56, 0, 0))),
        ("Harbour HP Staff March 6, 2024 15:03:03 IST", Maybe(time(15, 3, 3, 0))),
        ("6 March, 2024 05:35 / Updated 2 years ago", Maybe(time(5, 35, 0, 0))),
        ("on March 06, 2024 at 11:59 PM, updated March 07, 2024 at 1:00 AM", Maybe(time(23, 59, 0, 0))),
        ("March 6, 2024 11:26pm EST LIVE BLOG: It's race day", Maybe(time(23, 26, 0, 0))),
        ("6 mars 2024 08:29; Act: 07.03.2024 13:36 Print", Maybe(time(8, 29, 0, 0))),
        // Nothing says of what.
        ("Wednesday 6 March 2024 22.10 GMT", Maybe(time(22, 10, 0, 0))),
        ("Wed, 6 March 2024 at 5:44 pm GMT·47-min read", Maybe(time(17, 44, 0, 0))),
        ("Mar 06, 2024, 19:45:11 IST", Maybe(time(19, 45, 11, 0))),
        ("06/03/2024 18:41", Maybe(time(18, 41, 0, 0))),
        ("Miércoles 6 de marzo de 2024 a las 23:17 horas", Maybe(time(23, 17, 0, 0))),
        ("Le 6 mars 2024 à 06h12, modifié le 7 mars 2024", Maybe(time(6, 12, 0, 0))),
    ] {
        let document = whole(&format!("Harbour live\n{line}\n\n20:40\nThe bridge opens\nIt is open.\n"));
        let day = document.header.map(|date| (date.year, date.month, date.day));
        assert_eq!((day, document.changed_last), (Some((Some(2024), 3, 6)), changed_last), "{line}");
        // Where text stands beside the clocks of the page's stamps, too.
        let beside =
            whole(&format!("Harbour live\n{line}\n\n20:40 | The bridge opens\n\n20:31 | The ferry waits\n"));
        let day = beside.header.map(|date| (date.year, date.month, date.day));
        assert_eq!((day, beside.updates.len()), (Some((Some(2024), 3, 6)), 2), "{line}");
    }
}

#[test]
fn a_time_with_its_day_in_prose_or_without_a_year_is_no_header() {
    for line in [
        "6 March 2024, 10:00, the mayor said, was when it began",
        "Wednesday 6 March 22.10 GMT",
        "9:14 AM - 6 Mar 2024",
        "22.10",
        "The pier was closed for the last time on 6 March 2024.",
        "The next ferry: 6 March 2024",
        "Bee told the harbour March 6, 2024",
        "— Ann Bee (@annbee) March 6, 2024",
        "The crane falls, March 6, 2024. (Ann Bee / Wire)",
        "Ann Bee/Wire, March 6, 2024",
        "March 6, 2024 was a day of rain",
    ] {
        let document = whole(&format!("Harbour live\n{line}\n\n20:40\nThe bridge opens\nIt is open.\n"));
        assert_eq!(document.header, None, "{line}");
    }
}

#[test]
fn of_dates_that_can_be_read_either_way_one_tells_for_all() {
    let text = "6/13/2024 12:20 AM\nThe crane is down\nIt took two days.\n6/12/2024 11:50 PM\nThe pier is shut\nNobody \
                may go there.\n";
    let days = |text: &str| -> Vec<_> {
        let day = |moment: &Moment| match moment {
            Moment::Clock { date: Some(date), .. } => (date.month, date.day),
            other => panic!("{other:?}"),
        };
        whole(text).updates.iter().map(|update| day(&update.moment)).collect()
    };
    assert_eq!(days(text), [(6, 13), (6, 12)]);
    assert_eq!(days(&text.replace("6/13", "13/6")), [(6, 13), (12, 6)]);
}

#[test]
fn a_date_in_an_updates_text_is_no_heading_of_what_is_below() {
    for post in [
        "Ann Bee (@annbee) The pier is shut pic.example/1\n\nJanuary 12, 2019\n\nHe has seen worse.",
        "Ann Bee\n\n@annbee\n\nThe pier is shut.\n\nJanuary 12, 2019",
        "The pier by night pic.twitter.com/Ab1\n\nJanuary 12, 2019",
        "The pier was built on this day:\n\nJanuary 12, 2019\n\nHe was there.",
    ] {
        let document = super::whole(&format!(
            "4.12pm EST\n16:12\n\nIt rains.\n\n{post}\n\n3.47pm EST\n15:47\n\nThe ferry is late.\n\n3.20pm EST\n15:20\n\nIt is windy.\n"
        ));
        assert!(document.updates.iter().all(|update| update.heading.is_none()), "{post}");
        assert_eq!(document.updates.len(), 3, "{post}");
    }
}

#[test]
fn a_listed_day_heads_listed_stamps() {
    let document = super::whole(
        "The strike\n- jeudi 7 mars\n- 08h44 CET\n- The pier is shut.\n- mercredi 6 mars\n- 20h14 CET\n- It rains.\n- 19h51 \
         CET\n- The ferry is late.\n",
    );
    let days: Vec<_> = document.updates.iter().map(|update| update.heading.map(|date| date.day)).collect();
    assert_eq!(days, [Some(7), Some(6), Some(6)]);
    // The stamps have none: it is an item.
    let document =
        super::whole("9:30\nThe pier is shut on:\n- 7 March 2024\n- 8 March 2024\n8:10\nIt rains.\n");
    assert!(document.updates.iter().all(|update| update.heading.is_none()));
}

#[test]
fn a_clocks_day_may_stand_right_below_it() {
    let said = |text: &str| -> Vec<_> {
        let updates = super::whole(text).updates;
        let line = |update: &crate::model::update::Update| {
            let day = match &update.moment {
                Moment::Clock { date, .. } => date.map(|date| date.day),
                other => panic!("{other:?}"),
            };
            (day, update.words.headline().map(str::to_owned), update.words.body().to_owned())
        };
        updates.iter().map(line).collect()
    };
    for day in ["6.3.2024", "6. März 2024", "March 6", "Wednesday, March 6, 2024"] {
        for blank in ["\n", "\n\n"] {
            let text = format!("15:43\n{day}\n\nThe ferry is late.\n\n15:31\n{day}\n\nThe pier is shut.\n");
            assert_eq!(
                said(&text.replace('\n', blank)),
                [
                    (Some(6), None, "The ferry is late.".into()),
                    (Some(6), None, "The pier is shut.".into())
                ],
                "{text}"
            );
            let text =
                format!("15:43\n{day}\nFerry late\nIt is late.\n\n15:31\n{day}\nPier shut\nIt is shut.\n");
            assert_eq!(
                said(&text.replace('\n', blank)),
                [
                    (Some(6), Some("Ferry late".into()), "It is late.".into()),
                    (Some(6), Some("Pier shut".into()), "It is shut.".into())
                ],
                "{text}"
            );
        }
    }
    // A picture was lost; the day is that of the update below.
    assert_eq!(said("15:43\n\nMarch 6\n\n23:31\nThe pier is shut.\n\n23:20\nIt rains.\n")[0].0, None);
}

#[test]
fn a_day_may_have_an_intro() {
    let document = super::whole(
        "9:30\n\nThe pier is shut.\n\nTuesday, March 5, 2024\n\nIt rained all day.\n\n10:00\n\nThe ferry is late.\n",
    );
    let days: Vec<_> = document.updates.iter().map(|update| update.heading.map(|date| date.day)).collect();
    assert_eq!(days, [None, Some(5)]);
}

#[test]
fn a_day_that_has_its_weekday_and_no_year_is_headed_above_the_first_stamp_too() {
    // It was the page's header, and the option took its place.
    let day = |line: &str| {
        let document = super::whole(&format!(
            "Harbour live\n\nAll day long.\n\n{line}\n\nThe count in the harbour is over: the pier stays.\n\n\
             20:40: The bridge opens.\n\n20:31: The ferry waits.\n"
        ));
        document.updates[0].heading.map(|date| date.day)
    };
    assert_eq!(day("WOENSDAG 6 MAART"), Some(6));
    // The page's own.
    for line in ["6 March", "Wednesday 6 March 2024"] {
        assert_eq!(day(line), None, "{line}");
    }
}

#[test]
fn of_dates_above_the_first_stamp_the_nearest_is_the_pages() {
    // The first was another report's.
    let text = "Harbour, page 7\n\nMarch 9, 2024\n\nThe crane, seen from below\n\nIt is large.\n\nPublished on March 9, 2024 \
                21:00\n\nMarch 6, 2024\n\nThe bridge, as it happened\n\nIt opened twice.\n\n9.32pm BST\n\nIt is open.\n\n\
                8.06pm BST\n\nIt is shut.\n";
    assert_eq!(whole(text).header.map(|date| date.day), Some(6));
}
