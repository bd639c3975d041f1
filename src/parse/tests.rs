//! What holds of the whole wing: cut anywhere, same events; never a panic; each family of formats.

use proptest::prelude::*;

use crate::model::file::Position;
use crate::model::text::Text;
use crate::model::update::Update;
use crate::model::words::range_of;
use crate::parse::document::{Document, Layout, Overrides, read};
use crate::parse::explain;

mod agendas;
mod around;
mod beside;
mod beside_words;
mod buttons;
mod costs;
mod days;
mod excerpts;
mod furniture;
mod looks;
mod no_blog;
mod notations;
mod odd_clocks;
mod services;
mod shapes;
mod traps;

/// A blog in the commonest shape, in our own words.
const ALONE: &str = "The harbour reopens today.\nFollow the latest updates below\n02:20 PM GMT\nThat is all\n\
Thank you for reading. See https://harbour.example/log.\nKey moments from today:\n-\nThe bridge is open.\n-\nThe ferry is late.\n\
01:10 PM GMT\nBridge opens\nThe bridge opened at 1.05pm local time.\nAnother line.\nBoats may pass. pic.twitter.com/abc\n\
— Port Office (@port) March 6, 2024\n11:00 AM GMT\nFerry is late\nIt waits for the tide.\n";

fn whole(text: &str) -> Document {
    read(&Text::whole(text), None, &Overrides::default())
}

/// Reads up to `cut`, then on from there as a growing file is read.
fn in_two(text: &str, cut: usize, layout: &Layout) -> Vec<Update> {
    let first = read(&Text::whole(&text[..cut]), Some(layout), &Overrides::default());
    let resume = first.resume;
    let rest = Text {
        utf8: text[resume.offset as usize..].to_string().into(),
        start: resume,
        end_offset: text.len() as u64,
        ..Text::default()
    };
    let second = read(&rest, first.layout.as_ref(), &Overrides::default());
    let mut updates = first.updates;
    updates.pop();
    updates.extend(second.updates);
    updates
}

fn assert_cuts(text: &str) {
    let Some(layout) = whole(text).layout else { return };
    assert_cuts_as(text, &layout);
}

fn assert_cuts_as(text: &str, layout: &Layout) {
    let at_once = read(&Text::whole(text), Some(layout), &Overrides::default()).updates;
    for (cut, _) in text.match_indices('\n') {
        assert_eq!(in_two(text, cut + 1, layout), at_once, "cut at {cut} of {text:?} as {layout}");
    }
}

#[test]
fn the_commonest_shape() {
    let document = whole(ALONE);
    assert_eq!(document.layout.map(|layout| layout.to_string()).as_deref(), Some("alone,after,by-machine"));
    let [last, bridge, ferry] = &document.updates[..] else {
        panic!("{:#?}", document.updates)
    };
    assert_eq!(last.words.headline(), Some("That is all"));
    assert_eq!(*last.key_points, ["The bridge is open.", "The ferry is late."]);
    assert_eq!(*last.links, ["https://harbour.example/log"]);
    assert!(
        last.words.body().ends_with("Key moments from today:\n- The bridge is open.\n- The ferry is late.")
    );
    assert_eq!(bridge.embeds[0].text, "Another line.\nBoats may pass. pic.twitter.com/abc");
    assert_eq!(ferry.words.body(), "It waits for the tide.");
    let stamp = ALONE.find("02:20").expect("a stamp") as u64;
    assert_eq!(last.start, Position { offset: stamp, line: 3 });
    assert_eq!(last.start.offset + last.length_bytes, bridge.start.offset);
    assert_eq!(ferry.start.offset + ferry.length_bytes, ALONE.len() as u64);
    assert_eq!(document.resume, ferry.start);
}

#[test]
fn a_page_is_read_as_its_sample_is_written() {
    let alone = |number: usize| {
        format!("{:02}:{:02} GMT\nUpdate {number}\nWhat happened.\n", number / 60 % 24, number % 60)
    };
    let inline = |number: usize| format!("{:02}:{:02}: Something else.\n", number / 60 % 24, number % 60);
    let read_as = |pad_bytes: usize, shown: usize| {
        let pad = |number: usize| format!("{}{}\n", alone(number), "x".repeat(pad_bytes));
        let sample: String = (0..shown).map(pad).collect();
        let behind: String = (0..2_000).map(inline).collect();
        whole(&(sample + &behind)).layout.expect("it has time lines").to_string()
    };
    // Stamps enough in 32 KiB, or 128 KiB with fewer: what is behind has no vote, however much it is.
    assert_eq!(read_as(1_000, 40), "alone,after");
    assert_eq!(read_as(6_000, 25), "alone,after");
    assert_eq!(read_as(1_000, 20), "opens,none,mark", "the sample has both");
}

#[test]
fn a_file_that_begins_with_a_bare_stamp_gets_headlines() {
    let layout = whole("02:20 PM GMT\n").layout;
    assert_eq!(layout.map(|layout| layout.to_string()).as_deref(), Some("alone,after,by-machine"));
}

#[test]
fn a_body_that_stands_in_the_text_is_not_copied() {
    let text = Text::whole(
        "14:20 GMT\nBridge opens\nIt opened.\n- One lane.\n\n14:10 GMT\nFerry late\nIt is late.\n\nVery.\n\
         14:00 GMT\nPort quiet\n(Ann Bee/PA)\nIt is.\n• Still.\n",
    );
    let updates = read(&text, None, &Overrides::default()).updates;
    let said: Vec<(&str, bool)> = updates
        .iter()
        .map(|update| (update.words.body(), range_of(&text.utf8, update.words.body()).is_some()))
        .collect();
    assert_eq!(
        said,
        [
            ("It opened.\n- One lane.", true),
            ("It is late.\nVery.", false),
            ("It is.\n- Still.", false)
        ]
    );
    let headlines: Vec<_> = updates.iter().filter_map(|update| update.words.headline()).collect();
    assert_eq!(headlines, ["Bridge opens", "Ferry late", "Port quiet"]);
    assert!(range_of(&text.utf8, headlines[0]).is_some());
}

#[test]
fn carriage_returns_change_nothing() {
    let said = |document: Document| -> Vec<(Option<String>, String)> {
        document
            .updates
            .into_iter()
            .map(|update| (update.words.headline().map(str::to_string), update.words.body().to_string()))
            .collect()
    };
    assert_eq!(said(whole(&ALONE.replace('\n', "\r\n"))), said(whole(ALONE)));
}

#[test]
fn a_page_without_time_lines_says_nothing() {
    let document = whole(
        "Harbour live\n\nThe bridge opened at 1.05pm local time.\nUpdated\nThe ferry is late (see 2.10pm).\n",
    );
    assert_eq!((document.layout, document.updates.len()), (None, 0));
    assert_eq!(document.resume, Position::START);
}

#[test]
fn headings_date_the_updates_below() {
    let document = whole(
        "Harbour log\n\nToday\nFriday, October 6, 2023\n09:10\nOne\nText of it.\nThursday, October 5, 2023\n23:50\nTwo\nText of two.\n",
    );
    let days: Vec<_> = document.updates.iter().map(|update| update.heading.map(|date| date.day)).collect();
    assert_eq!(days, [Some(6), Some(5)]);
    assert_eq!(document.updates[0].words.body(), "Text of it.");
    assert_eq!(document.layout.and_then(|layout| layout.heading).map(|date| date.day), Some(5));
}

#[test]
fn what_a_reading_in_pieces_could_take_for_something_else() {
    let table = [
        // A date amid the first update, its stamp below: no heading.
        (
            "closes,after,date-first,seconds,below",
            "Blog of the night.\nPumps run\n6 March 2024\nThey run on.\nby Ann 10/22/2013 4:58:00 PM\n\
             More\nThen more.\nby Ann 10/22/2013 4:59:00 PM\n",
        ),
        // The last line of an agenda, a stamp below it: no headline.
        (
            "opens,before,mark",
            "The gate is open\n\n8.31am: Nobody is on the quay yet.\nExpect today:\n\n10am: The council meets\n\n\
             7.58am: Rain.\n",
        ),
        // A line of a list of links, likewise.
        ("relative,before", "Pumps run\n7m ago\nText of it.\n• Other news\n\n9m ago\n6m ago\nMore text.\n"),
    ];
    for (layout, text) in table {
        let layout = layout.parse().expect("a layout");
        assert!(read(&Text::whole(text), Some(&layout), &Overrides::default()).updates.len() > 1, "{text:?}");
        assert_cuts_as(text, &layout);
    }
}

/// Each family once: text, then (time, headline, beginning of the body) of every update that says something.
#[test]
fn families() {
    type Said = (&'static str, Option<&'static str>, &'static str);
    let table: &[(&str, &[Said])] = &[
        (
            "8.40am: The bridge opens.\n\n8.20am: The ferry is late.\n",
            &[("8.40am", None, "The bridge"), ("8.20am", None, "The ferry")],
        ),
        (
            "14.45 The bridge opens.\n\n14.40 The ferry is late.\n",
            &[("14.45", None, "The bridge"), ("14.40", None, "The ferry")],
        ),
        (
            "1839: The bridge opens.\n1811: The ferry is late.\n",
            &[("1839", None, "The bridge"), ("1811", None, "The ferry")],
        ),
        (
            "23h32 : The bridge opens.\n\n23h10 : The ferry is late.\n",
            &[("23h32", None, "The bridge"), ("23h10", None, "The ferry")],
        ),
        (
            "4:42 pm: Bridge opens\n\nIt opened.\n\n4:12 pm: Ferry late\n\nIt is late.\n",
            &[
                ("4:42 pm", Some("Bridge opens"), "It opened."),
                ("4:12 pm", Some("Ferry late"), "It is late."),
            ],
        ),
        (
            "AFP 10.40pm: Bridge opens\nIt opened.\nAFP 10.10pm: Ferry late\nIt is late.\n",
            &[
                ("10.40pm", Some("Bridge opens"), "It opened."),
                ("10.10pm", Some("Ferry late"), "It is late."),
            ],
        ),
        (
            "Bridge opens\n\n12:21 , Ann Lee\n\nIt opened.\n\nFerry late\n\n11:05 , Ann Lee\n\nIt is late.\n",
            &[
                ("12:21", Some("Bridge opens"), "It opened."),
                ("11:05", Some("Ferry late"), "It is late."),
            ],
        ),
        (
            "7.22pm BST\n\nIt opened.\n\n7.20pm BST\n\n90 min: It is late.\n",
            &[
                ("7.22pm BST", None, "It opened."),
                ("7.20pm BST", None, "90 min: It"),
            ],
        ),
        (
            "17:18 1.4.2022\n\nBridge opens\n\nIt opened.\n\n16:08\n\nFerry late\n\nIt is late.\n",
            &[
                ("17:18 1.4.2022", Some("Bridge opens"), "It opened."),
                ("16:08", Some("Ferry late"), "It is late."),
            ],
        ),
        (
            "  1. Bridge openspublished at 17:23 Greenwich Mean Time 13 February 2020\n\n    It opened.\n  2. Postpublished at 17:20 Greenwich Mean Time 13 February 2020\n\n    It is late.\n",
            &[
                (
                    "published at 17:23 Greenwich Mean Time 13 February 2020",
                    Some("Bridge opens"),
                    "It opened.",
                ),
                ("published at 17:20 Greenwich Mean Time 13 February 2020", None, "It is late."),
            ],
        ),
        (
            "  • Ann Lee 10/22/2013 5:00:03 PM\n    It opened.\n  • Bo Day 10/22/2013 5:01:03 PM\n    It is late.\n",
            &[
                ("10/22/2013 5:00:03 PM", None, "It opened."),
                ("10/22/2013 5:01:03 PM", None, "It is late."),
            ],
        ),
        (
            "22:10 Uhr | Bridge opens\nIt opened.\n22:05 Uhr | Ferry late\nIt is late.\n",
            &[
                ("22:10 Uhr", Some("Bridge opens"), "It opened."),
                ("22:05 Uhr", Some("Ferry late"), "It is late."),
            ],
        ),
        (
            "+++ 06:56 Bridge opens +++\nIt opened.\n+++ 06:40 Ferry late +++\nIt is late.\n",
            &[
                ("06:56", Some("Bridge opens"), "It opened."),
                ("06:40", Some("Ferry late"), "It is late."),
            ],
        ),
        (
            "10pm\n\nIt opened.\n\n9.45pm\n\n9.40pm\n\nIt is late.\n",
            &[("10pm", None, "It opened."), ("9.40pm", None, "It is late.")],
        ),
        (
            "5 a.m.\n\nIt opened.\n\n4:20 a.m.\n\nIt is late.\n",
            &[("5 a.m.", None, "It opened."), ("4:20 a.m.", None, "It is late.")],
        ),
        (
            "Harbour\n\nMar 25, 2022 09:16 (IST)\n\nBridge opens\n\nIt opened.\n\nMar 25, 2022 09:10 (IST)\n\nFerry late\n\nIt is late.\n",
            &[
                ("Mar 25, 2022 09:16 (IST)", Some("Bridge opens"), "It opened."),
                ("Mar 25, 2022 09:10 (IST)", Some("Ferry late"), "It is late."),
            ],
        ),
        (
            "13h ago / 1:42 PM EST\n\nBridge opens\n\nIt opened.\n\n14h ago / 12:42 PM EST\n\nFerry late\n\nIt is late.\n",
            &[
                ("13h ago / 1:42 PM EST", Some("Bridge opens"), "It opened."),
                ("14h ago / 12:42 PM EST", Some("Ferry late"), "It is late."),
            ],
        ),
        (
            "48 min ago\n\nBridge opens\n\nIt opened.\n\n1 hour ago\n\nFerry late\n\nIt is late.\n",
            &[
                ("48 min ago", Some("Bridge opens"), "It opened."),
                ("1 hour ago", Some("Ferry late"), "It is late."),
            ],
        ),
        (
            "26 January 2021, 16:14 PM\n\nIt opened.\n\n26 January 2021, 16:10 PM\n\nIt is late.\n",
            &[
                ("26 January 2021, 16:14 PM", None, "It opened."),
                ("26 January 2021, 16:10 PM", None, "It is late."),
            ],
        ),
        (
            "Bridge opens\n22.30 Uhr: It opened.\n\nFerry late\n22.10 Uhr: It is late.\n",
            &[
                ("22.30 Uhr", Some("Bridge opens"), "It opened."),
                ("22.10 Uhr", Some("Ferry late"), "It is late."),
            ],
        ),
        (
            "12:08 p.m. ET, April 15, 2022\n\nBridge opens\n\nFrom CNN's Ann Lee\n\nIt opened.\n\n11:08 a.m. ET, April 15, 2022\n\nFerry late\n\nIt is late.\n",
            &[
                ("12:08 p.m. ET, April 15, 2022", Some("Bridge opens"), "It opened."),
                ("11:08 a.m. ET, April 15, 2022", Some("Ferry late"), "It is late."),
            ],
        ),
        (
            "14.6 overs (0 Run) It opened.\n14.5 overs (1 Run) It is late.\n",
            &[
                ("14.6 overs", None, "It opened."),
                ("14.5 overs", None, "It is late."),
            ],
        ),
        (
            "16 Jul 15:48 It opened.\n16 Jul 15:36 It is late.\n",
            &[
                ("16 Jul 15:48", None, "It opened."),
                ("16 Jul 15:36", None, "It is late."),
            ],
        ),
    ];
    for (text, expected) in table {
        let document = whole(text);
        let layout = document.layout.as_ref().map(Layout::to_string);
        let said: Vec<_> = document.updates.iter().filter(|update| !update.is_empty()).collect();
        let same = said.len() == expected.len()
            && said.iter().zip(*expected).all(|(update, (time, headline, body))| {
                update.words.time_text() == Some(*time)
                    && update.words.headline() == *headline
                    && update.words.body().starts_with(body)
            });
        assert!(same, "{text}\nas {layout:?}\n{said:#?}");
        assert_cuts(text);
    }
}

#[test]
fn a_byte_order_mark_takes_no_date_from_a_page() {
    // Found by a fuzz target: the page's head was only looked at where the text began at byte 0.
    let text =
        "date 2024-03-06 Harbour\n\n14:20\nBridge opens\n\nIt opened.\n14:10\nFerry late\n\nIt is late.\n";
    let marked = Text { start: Position { offset: 3, line: 1 }, ..Text::whole(text) };
    let (plain, marked) = (whole(text), read(&marked, None, &Overrides::default()));
    assert!(plain.header.is_some());
    assert_eq!(marked.header, plain.header);
}

#[test]
fn where_a_line_was_mended_its_updates_lie_in_the_file_and_are_read_again_from_its_start() {
    // Found by a fuzz target: several updates on one line of windows-1252, which is longer as UTF-8 than in its file.
    let line = "Quai fermé, café ouvert, été à venir. 10:05 AM GMT Boats leave. 10:01 AM GMT Boats wait.\n";
    let bytes = line.chars().count() as u64;
    let text = Text { end_offset: bytes, ..Text::whole(line) };
    let document = read(&text, None, &Overrides::default());
    let [_, last] = &document.updates[..] else { panic!("{:#?}", document.updates) };
    assert!(last.start.offset + last.length_bytes <= bytes);
    assert_eq!(document.resume, Position::START, "the byte isn't known, the line is");
    let written = read(&Text::whole(line), None, &Overrides::default());
    assert_eq!(written.resume, written.updates[1].start);
}

/// Lines that a live blog is made of, and some that only look like it.
fn lines() -> impl Strategy<Value = String> {
    let line = prop::sample::select(vec![
        "",
        "02:20 PM GMT",
        "02:20 PM",
        "14:20",
        "2.20pm: The bridge opens.",
        "2.10pm: Ferry late",
        "Bridge opens",
        "It opened at 1.05pm.",
        "-",
        "- item",
        "• item",
        "Key moments:",
        "Today",
        "14.12.2017",
        "THURSDAY, AUG. 29",
        "Jun 4, 2024, 8:09 AM IST",
        "Jun 4, 2024, 8:03 AM IST",
        "12:21 , Ann Lee",
        "7m ago",
        "90' Goal",
        "14.6 overs (1 Run) Out",
        "— Ann (@ann) March 6, 2024",
        "Photograph: Ann",
        "By Ann Lee",
        "Ann Lee 10/22/2013 5:00:03 PM",
        "Published",
        "Bridgepublished at 17:23 Greenwich Mean Time 13 February 2020",
        "17:18 1.4.2022",
        "19:22",
        "Noon",
        " date 2024-03-06 x",
    ]);
    prop::collection::vec(line, 0..24)
        .prop_map(|lines| lines.iter().map(|line| format!("{line}\n")).collect())
}

proptest! {
    #[test]
    fn cut_anywhere_same_updates(text in lines()) {
        assert_cuts(&text);
    }

    #[test]
    fn anything_is_read(text in "(\\PC|[0-9:. apmAPM/(@—•-]|\n|\r){0,200}") {
        let text = Text::whole(text);
        let document = read(&text, None, &Overrides::default());
        let mut end = 0;
        for update in &document.updates {
            prop_assert!(update.start.offset >= end);
            end = update.start.offset + update.length_bytes;
            prop_assert!(end <= text.end_offset);
        }
        explain::explain(&text, &Overrides::default());
        for place in ["alone", "opens", "closes", "match", "relative"] {
            for headlines in ["none", "after", "before", "same"] {
                let layout = format!("{place},{headlines}").parse::<Layout>().expect("a layout");
                read(&text, Some(&layout), &Overrides::default());
            }
        }
    }

    #[test]
    fn unknown_layouts_are_refused(text in "\\PC{0,40}") {
        let _ = text.parse::<Layout>();
        let _ = format!("alone,none,{text}").parse::<Layout>();
    }
}
