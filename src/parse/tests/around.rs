//! What stands around a clock and is no text: marks, words, days, ages. In our own words.

use super::{assert_cuts, whole};
use crate::model::time::Moment;

/// Each says the same two updates, two and three hours before midnight.
#[test]
fn what_stands_around_a_clock_is_no_text() {
    for (two, three) in [
        ("Posted 9:48 pm\n", "Posted 8:48 pm\n"),
        ("Posted at 21:4821:48\n", "Posted at 20:4820:48\n"),
        ("Posted at 21:48\n21:48\n", "Posted at 20:48\n20:48\n"),
        ("9:48 p.m. local time\n", "8:48 p.m. local time\n"),
        ("Wed, Mar 6, 2024 · 9:48:05 PM +00:00 · Ann Bee\n", "Wed, Mar 6, 2024 · 8:48:01 PM +00:00\n"),
        (
            "Wed, Mar 6, 2024 · 9:48:05 PM +00:00\n·\nAnn Bee\n",
            "Wed, Mar 6, 2024 · 8:48:01 PM +00:00\n·\nAnn Bee\n",
        ),
        (
            "UPDATED Wednesday, March 6, 2024 --- 9:48 p.m.\n",
            "UPDATED Wednesday, March 6, 2024 --- 8:48 p.m.\n",
        ),
        ("9:48 p.m. (all times local)\n", "8:48 p.m.\n"),
        ("A las 21:48\n", "A las 20:48\n"),
        ("Aujourd'hui à 21:48\n", "Hier à 20:48\n"),
        ("Vandaag om 21:48\n", "Vandaag om 20:48\n"),
        ("I dag kl. 21:48\n", "I dag kl. 20:48\n"),
        ("21:48 (2 hours ago)\n", "20:48 (3 hours ago)\n"),
        ("9:48 pm2h ago\n", "8:48 pm3h ago\n"),
        ("2h ago · 9:48 PM\n", "3h ago · 8:48 PM\n"),
        ("21:48 (IST), Mar, 06\n", "20:48 (IST), Mar, 06\n"),
        ("12m agoWed 6 Mar 2024 at 9:48pm\n", "2h agoWed 6 Mar 2024 at 8:48pm\n"),
        ("21:48 by Ann Bee\n", "20:48 By Cyd Lee\n"),
        ("## 09:48 PM GMT\n### ", "## 08:48 PM GMT\n### "),
        ("March 6, 2024 / 09:48 PM IST\n", "March 6, 2024 / 08:48 PM IST\n"),
        ("Wed, Mar 6 20249:48 PM EST\n", "Wed, Mar 6 20248:48 PM EST\n"),
        ("March 6, 2024, 9:48 p.m. ETMarch 6, 2024\n", "March 6, 2024, 8:48 p.m. ETMarch 6, 2024\n"),
        ("21:48 (IST)06 Mar 2024\n", "20:48 (IST)06 Mar 2024\n"),
        ("03/06/2024 09:48 PM EST\n", "03/06/2024 08:48 PM EST\n"),
    ] {
        let text = format!("{two}Ferry late\n\nIt is late.\n\n{three}Pier shut\n\nIt is.\n");
        let document = whole(&text);
        let said: Vec<_> = document.updates.iter().map(|update| update.words.parts()).collect();
        let words: Vec<_> = said.iter().map(|said| (said.headline, said.body)).collect();
        assert_eq!(words, [(Some("Ferry late"), "It is late."), (Some("Pier shut"), "It is.")], "{text}");
        let clocks: Vec<_> = document
            .updates
            .iter()
            .map(|update| match &update.moment {
                Moment::Clock { time, date, .. } => {
                    (time.hour(), time.minute(), date.map(|date| (date.month, date.day)))
                }
                other => panic!("{other:?}"),
            })
            .collect();
        let day = (text.contains("2024") || text.contains("Mar, 06")).then_some((3, 6));
        assert_eq!(clocks, [(21, 48, day), (20, 48, day)], "{text}");
        assert_cuts(&text);
    }
}

#[test]
fn what_leads_to_a_clock_with_text_is_no_text() {
    for (two, three) in [
        ("UPDATE, 9:48 p.m.: ", "UPDATE, 8:48 p.m.: "),
        ("Update: 9:48 p.m.: ", "Updated 8:48 p.m.: "),
        ("UPDATE AT 9:48 p.m.: ", "UPDATE AT 8:48 p.m.: "),
        ("Update 9:48 p.m. EDT March 6: ", "Update 8:48 p.m. EDT March 6: "),
        ("ore 21:48: ", "ore 20:48: "),
        ("(21:48) ", "(20:48) "),
        ("+++ 21:48 +++ ", "+++ 20:48 +++ "),
        ("🔴 21:48 ", "🔴 20:48 "),
        ("**9:48 p.m.:** ", "**8:48 p.m.:** "),
        ("- **21:48** ", "* **20:48**: "),
        ("**[21:48]** ", "**[20:48] **"),
        ("**(21:48)** ", "(20:48) "),
        ("*21:48*: ", "_20:48_ "),
        ("__21:48__ ", "> 20:48 "),
        ("**2024 March 6 21:48 UTC** - ", "**2024-03-06 20:48 UTC** -"),
        ("**2024-03-06 21:48 UTC** - ", "**March 6, 2024 20:48 UTC** - "),
        ("● 21:48 | ", "▶ 20:48 | "),
        ("21h48 ; ", "20h48 ; "),
        ("9.48pm GMT21:48 ", "8.48pm GMT20:48 "),
        ("Topmeldung (21.48 Uhr): ", "Update (20.48 Uhr): "),
        ("Ore 21,48 – ", "Ore 20,48 – "),
    ] {
        let text = format!("{two}The ferry is late.\n\n{three}<b>The pier</b> is shut.\n");
        let document = whole(&text);
        let said: Vec<_> = document.updates.iter().map(|update| update.words.parts()).collect();
        let words: Vec<_> = said.iter().map(|said| (said.headline, said.byline, said.body)).collect();
        assert_eq!(
            words,
            [
                (None, None, "The ferry is late."),
                (None, None, "<b>The pier</b> is shut.")
            ],
            "{text}"
        );
    }
}

#[test]
fn a_mark_above_an_author_makes_no_item_of_the_text() {
    let text = "Tuesday, Nov 3, 2024 · 11:40:01 PM +00:00\n\n·\nAnn Bee\n\nThe ferry is late, they say. It waits for the \
                tide.\n\nTuesday, Nov 3, 2024 · 11:31:36 PM +00:00\n\n·\nCyd Lee\n\nThe pier is shut, they say. It rains on it.\n";
    let updates = whole(text).updates;
    let said: Vec<_> = updates.iter().map(|update| (update.words.byline(), update.words.body())).collect();
    assert_eq!(
        said,
        [
            (Some("Ann Bee"), "The ferry is late, they say. It waits for the tide."),
            (Some("Cyd Lee"), "The pier is shut, they say. It rains on it."),
        ]
    );
}

#[test]
fn a_quote_opens_what_a_word_and_a_clock_lead_to() {
    let updates = whole(
        "Ore 21.48. \"Il molo resta chiuso\", dice.\n\nOre 21.40. Piove sul porto.\n\nOre 20.48. «Basta».\n",
    )
    .updates;
    assert_eq!(updates.len(), 3);
}

#[test]
fn the_author_right_below_an_age_is_none_of_the_text() {
    let updates = whole("19 min ago\n\nFrom CNN's Ann Bee\n\nThe ferry is late, they say.\n\nless than 37 min ago\n\nThe pier is shut, they say.\n").updates;
    let said: Vec<_> = updates.iter().map(|update| (update.words.byline(), update.words.body())).collect();
    assert_eq!(
        said,
        [
            (Some("Ann Bee"), "The ferry is late, they say."),
            (None, "The pier is shut, they say.")
        ]
    );
}
