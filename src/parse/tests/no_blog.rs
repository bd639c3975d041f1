//! Pages with rows of times that are no live blogs, and those that nearly look so. In our own words.

use super::traps::assert_said;
use super::whole;

#[test]
fn what_was_said_on_a_record_is_no_live_blog() {
    for text in [
        "The evening's news\n00:00:00 The pier is shut.\n00:00:06 Boats wait off the\n00:00:09 crane, and the ferry too.\n00:01:02 Rain.\n",
        "Transcript\n00:00Theme\n00:00Good evening at the pier.\n00:13The crane is down.\n00:17Boats wait.\n01:05It rains.\n",
        "Transcript\n[0:00] Good evening.\n[0:13] The crane is down.\n[0:27] Boats wait.\n[1:01] It rains.\n",
    ] {
        assert_said(text, &[]);
    }
    // A blog has blanks behind its clocks, or goes on by more, or begins when the day had begun.
    assert_eq!(whole("0:00 Rain.\n0:05 Pier shut.\n0:10 Boats wait.\n1:05 It rains.\n").updates.len(), 4);
    assert_eq!(whole("00:00 Rain.\n00:13 Pier shut.\n00:17 Boats wait.\n01:05 It rains.\n").updates.len(), 4);
    assert_eq!(
        whole("00:04:10 Rain.\n00:04:31 Pier shut.\n00:05:02 Boats.\n00:06:00 It rains.\n").updates.len(),
        4
    );
}

#[test]
fn a_meetings_programme_is_no_live_blog() {
    assert_said(
        "The harbour forum\n08:00 : Registration\n09:00 – 10:00 : Opening Ceremony\n11:00 : Break\n12:00 : \
         Sessions\n13:00 : Lunch\n",
        &[],
    );
}

#[test]
fn readers_comments_are_no_live_blog() {
    assert_said(
        "Is the pier shut?\n\n3 comments so far\n\n  • Gull\n\n    Jun 28, 2019 at 12:09 AM\n\n    Comment #1\n\n    It is.\n\n  • \
         Crane\n\n    Jun 28, 2019 at 12:17 AM\n\n    Comment #2\n\n    It was not.\n",
        &[],
    );
}

#[test]
fn what_is_on_and_for_how_long_is_no_live_blog() {
    let axis: String = (0..24).map(|hour| format!("{hour:02}:00\n")).collect();
    let list = "HABERLER\n07:00\n4 dk\nHABERLER\n09:00\n5 dk\nLIMAN\n11:00\n45 dk\nVINÇ\n12:30\n9 dk\n";
    assert_said(&format!("{axis}{list}"), &[]);
    assert_said(list, &[]);
    // What falls is a blog that says how long it takes to read.
    let falling = "12:30\n4 min\nPier shut.\n11:00\n5 min\nFerry late.\n09:00\n5 min\nRain.\n07:00\n9 min\nThe lock opens.\n";
    assert_eq!(whole(falling).updates.len(), 4);
}

#[test]
fn where_something_is_on_is_no_live_blog() {
    assert_said(
        "What to see tonight\n\n7.30pm, BBC One The pier has a hundred years, and all of its keepers come.\n8pm, Channel 4\nA crane and \
         those who like it.\n9pm, Channel 5\nBoats at the lock.\n",
        &[],
    );
}

#[test]
fn a_list_of_articles_is_no_live_blog() {
    let list = "Pier shut for the third time\nIt had been open for a week.\nNov 7, 14:53\nCrane down\nIt fell at noon.\nSep 26, 17:16\n\
                Ferry late again\nIt was late in May.\nSep 12, 17:24\nPreview: the race to the lock\nBoats, crews, rain.\nAug 9, 20:15\n";
    assert_said(list, &[]);
    // A blog has a title above its stamps, or stays with its day.
    assert_eq!(whole(&format!("Harbour live\n\n{list}")).updates.len(), 4);
    let of_a_day = list.replace("Sep 26", "Nov 7").replace("Sep 12", "Nov 7").replace("Aug 9", "Nov 7");
    assert_eq!(whole(&of_a_day).updates.len(), 4);
}

#[test]
fn what_is_on_again_at_the_next_time_is_a_programme() {
    let row = |titles: [&str; 5]| {
        let times = ["6:20 AM", "6:45 AM", "7:15 AM", "7:45 AM", "8:10 AM"];
        let lines =
            times.iter().zip(titles).map(|(time, title)| format!("{time}\n{title}\nSix people cook.\n\n"));
        super::whole(&lines.collect::<String>()).updates.len()
    };
    assert_eq!(
        row([
            "Harbour Cooks",
            "Harbour Cooks",
            "Port Sol",
            "Port Sol",
            "The Crane"
        ]),
        0
    );
    assert_eq!(
        row([
            "Harbour Cooks",
            "Pier shut",
            "Port Sol",
            "Ferry late",
            "The Crane"
        ]),
        5
    );
}

#[test]
fn hours_until_which_something_is_open_are_no_time_lines() {
    for text in [
        "The funicular\n7:15 a 22:00 horas.\nDomingos\n7:45 a 21:00 horas.\nLunes\n8:15 a 20:00 horas.\nMartes\n",
        "The pier\n7:15 bis 22:00 Uhr\nMontag\n7:45 bis 21:00 Uhr\nDienstag\n8:15 bis 20:00 Uhr\nMittwoch\n",
        "| 24. April 2024 | 09:00 – 17:30 Uhr | 09:00 – 19:30 Uhr |\n| 25. April 2024 | 07:00 – 17:30 Uhr | 09:00 – 19:30 Uhr |\n",
        "On air\n5:30 a.m.: ESPN2 — Rowing: Avery at Port Sol\n8:55 a.m.: ESPN — Regatta\nnoon: CBS — The crane\n",
    ] {
        assert_eq!(super::whole(text).updates, [], "{text}");
    }
}
