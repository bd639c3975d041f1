//! What stands in a page besides its updates' text: captions and their credits, names, buttons. In our own words.

use super::traps::assert_said;
use super::whole;

#[test]
fn captions_between_headline_and_body_are_left_out() {
    for caption in [
        "Smoke over the harbour on Thursday - AFP",
        "Smoke over the harbour - Getty Images Europe",
        "Smoke over the harbour - HANDOUT",
        "Smoke over the harbour - Twitter/@avery",
        "Smoke over the harbour - ANN BEE",
        "Smoke over the harbour (PA)",
        "Smoke over the harbour (Ann Bee/PA Wire)",
        "Smoke over the harbour (AFP via Getty Images)",
        "Smoke over the harbour Credit: Ann Bee/Bloomberg",
        "Smoke over the harbour | Credit: PA",
        "Smoke over the harbour / Getty Images",
        "Copyright: PA Media",
        "Image Source : PTI Smoke over the harbour",
        "Ann Bee/AP",
        "- AP/Ann Bee",
        "Media caption,\n\nSmoke over the harbour",
        "Image caption: Smoke over the harbour",
        "Harbour Office\nCopyright: Harbour Office",
        "Also read: Why the harbour burns",
        "MORE: Why the harbour burns",
        "+12",
        "The quay on Thursday.\nAnn Bee | Getty Images",
        "Smoke over the harbour on Thursday - Eddie Carr",
        "Smoke over the harbour - i-Pictures",
        "Smoke over the harbour - Ann Bee / No 9 Quay Road",
        "Smoke over the harbour\n\nSmoke over the harbour - Eddie Carr",
        "The harbour on Thursday, from the pier.\nAnn Bee/Pool via AP",
        "Crews at the quay.\nCrews at the quay. (Ann Bee/AP)",
        "PHOTO: The harbour on Thursday.\nThe harbour on Thursday.",
        "Image copyright Ann Bee\nImage caption Smoke over the harbour",
        "watch now\nVIDEO2:4102:41\nWhy the harbour burns\nThe Evening Show",
        "Image: Smoke over the harbour\nAnn Bee / NBC News",
        "Smoke over the harbour\nSmoke over the harbour",
        "Image caption,\n\nSmoke over the harbour",
        "VIDEO3:0203:02\nWhy the harbour burns\nThe Evening Show",
        "Image source, Getty Images",
        "Smoke over the harbourImage source, PA Media",
        "Smoke over the harbour Media source, Ann Bee",
        "Smoke over the harbour [Getty]",
        "The harbour on Thursday.(Harbour Photo)",
        "Smoke over the harbour（Ann Bee攝）",
        "The harbour on Thursday.\nBildrechte: AVN/Ann Bee",
        "The harbour on Thursday. Bildrechte: AVN/Ann Bee",
        "The harbour on Thursday. Foto: EFE",
        "The harbour burns on Thursday. Ann Bee/Getty Images",
        "The harbour burns on Thursday. Ann Bee/Pool/The Avery Times",
        "The harbour burns on Thursday. Getty Images",
        "Smoke over the harbour [Ann Bee/Al Jazeera]",
        "Smoke over the harbour (Copyright 2024 The Avery Press. All rights reserved)",
        "Smoke over the harbour (BBC)",
        "Smoke over the harbour – Ann Bee/AFP",
        "Smoke over the harbour Photograph: Ann Bee/PA",
        "Smoke over the harbour\nCredit: AFP",
        "Reuters",
        "Facebook Twitter Pinterest",
        "View image in fullscreen\nSmoke over the harbour. Photograph: Ann Bee/PA",
        "Video Duration 01 minutes 24 seconds",
        "Facebook\nTwitter\nWhatsapp",
    ] {
        assert_said(
            &format!(
                "02:20 PM\n\nHarbour burns\n\n{caption}\n\nThe harbour burns.\n\n02:10 PM\n\nFerry late\n\nIt is.\n"
            ),
            &[
                "02:20 PM | Harbour burns | The harbour burns.",
                "02:10 PM | Ferry late | It is.",
            ],
        );
    }
    // Prose has brackets and sources, who say something; also in its last words.
    assert_said(
        "02:30 PM\n\nVote begins\n\n(The council has five members.)\n\nBy Friday the bridge should be open\n\nIt is late.\n\n\
         02:20 PM\n\nBill is dead\n\nBy Ann Bee's count it is so\n\nIt is.\n\n02:15 PM\n\nBoats count\n\n1/5\n\nIt begins.\n",
        &[
            "02:30 PM | Vote begins | (The council has five members.) / By Friday the bridge should be open / It is late.",
            "02:20 PM | Bill is dead | By Ann Bee's count it is so / It is.",
            "02:15 PM | Boats count | 1/5 / It begins.",
        ],
    );
    assert_said(
        "02:20 PM\n\nBill is dead\n\nA government source, who asked not to be named, says so.\n\nIt is.\n\n\
         02:10 PM\n\nFerry late, says a source, Quay Line\n\nIt is late, says our source, and will be later\n\nIt is.\n",
        &[
            "02:20 PM | Bill is dead | A government source, who asked not to be named, says so. / It is.",
            "02:10 PM | Ferry late, says a source, Quay Line | It is late, says our source, and will be later / It is.",
        ],
    );
    // A score isn't a credit, and a text with a link below it no caption.
    assert_said(
        "02:20 PM\n\nThe count\n\nAvery 264 - Lorne 214\n\nIt goes on.\n\n02:10 PM\n\nCrane down\n\nIt fell.\n\nAnn Bee/AP\n\nMORE: All cranes\n",
        &[
            "02:20 PM | The count | Avery 264 - Lorne 214 / It goes on.",
            "02:10 PM | Crane down | It fell. / Ann Bee/AP",
        ],
    );
    // Where they are all there is, they are the update; and what looks like a credit within a sentence is none.
    assert_said(
        "In pictures: After the wave\n23:55 , Ann Bee\nBoats on the quay (AP)\nA train off its rails (AFP via Getty Images)\n\
         Pier shut\n23:40 , Ann Bee\nThe pier - AP saw it - is shut.\n",
        &[
            "23:55 | In pictures: After the wave | Boats on the quay (AP) / A train off its rails (AFP via Getty Images)",
            "23:40 | Pier shut | The pier - AP saw it - is shut.",
        ],
    );
    // A word with a full stop is text, and a button has none.
    assert_said(
        "10.45pm\n\nBreaking.\n\n10.30pm\n\nBreaking\n\nIt is late.\n",
        &["10.45pm |  | Breaking.", "10.30pm |  | It is late."],
    );
    // Also on a page without headlines, where its credit is on the second.
    assert_said(
        "4.40pm GMT\n\nCrews climb the crane.\nCrews climb the crane. Photograph: Ann Bee/AFP\n\nIt was put up last year.\n\n\
         4.30pm GMT\n\nThe board has met.\n\nIt meets again.\n",
        &[
            "4.40pm GMT |  | It was put up last year.",
            "4.30pm GMT |  | The board has met. / It meets again.",
        ],
    );
    // Two pictures, each with its caption twice; a post whose picture has a credit.
    assert_said(
        "09:12 AM\n\nIn pictures\n\nThe empty quay\nThe empty quay - Ann Bee/AVN\nThe mile at noon\nThe mile at noon - Cyd Lee/PA\n\n\
         08:55 AM\n\nSeen at the pier\n\nCrews on a roof. (Photo: ANI)\n\n— ANI (@ANI) January 26, 2021\n\n08:40 AM\n\nRain\n\nIt rains.\n",
        &[
            "09:12 AM | In pictures | The empty quay / The empty quay - Ann Bee/AVN / The mile at noon / The mile at noon - Cyd Lee/PA",
            "08:55 AM | Seen at the pier | Crews on a roof. (Photo: ANI) / — ANI (@ANI) January 26, 2021",
            "08:40 AM | Rain | It rains.",
        ],
    );
    // A sentence that has a dash has no credit.
    assert_said(
        "02:20 PM\n\nHarbour burns\n\nOne ship only - The Lady Maud is hers.\n\nMore follows.\n\n02:10 PM\n\nFerry\n\nIt is late.\n",
        &[
            "02:20 PM | Harbour burns | One ship only - The Lady Maud is hers. / More follows.",
            "02:10 PM | Ferry | It is late.",
        ],
    );
    // A page that doubles its lines has no captions for it.
    assert_said(
        "02:20 PM\nHarbour burns\nIt burns.\nIt burns.\nCrews are there.\nCrews are there.\n",
        &["02:20 PM | Harbour burns | It burns. / Crews are there."],
    );
    assert_said(
        "5.49pm BST\n\n17:49\n\nEvening summary\n\nEvening summary\n\nThe pier is shut.\n\nThe pier is shut.\n\n\
         5.31pm BST\n\nFrom Ann Bee\n\nFrom Ann Bee\n",
        &[
            "5.49pm BST | Evening summary | The pier is shut.",
            "5.31pm BST | From Ann Bee | ",
        ],
    );
}

#[test]
fn who_wrote_it_is_no_body() {
    for byline in [
        "From CNN staff",
        "CNN Staff",
        "Analysis by CNN's Ann Bee",
        "Analysis from CNN's Ann Bee",
        "CNN's Ann Bee and Cyd Dee",
        "Opinion by Ann Bee",
        "Story by Ann Bee, CNN",
        "Edited By: Ann Bee",
        "Ann Bee\nHarbour Correspondent",
        "Ann Bee\nFormer keeper on BBC Radio 5 Live",
        "Ann Bee\nReporting from Port Avery",
        "Ann BeeHarbour correspondent",
        "BBC Radio 4",
        "Breaking\nReality Check",
        "Ann Bee: Reporter focusing on harbours and what sails from them",
        "Ann Bee: Port Avery bureau chief",
        "Analysis\n\nAnn Bee\n\nBBC harbour reporter",
        "At the scene\nAnn BeeHarbour correspondent",
        "Ann Bee: Foreign correspondent covering the sea",
    ] {
        assert_said(
            &format!(
                "02:20 PM\n\nPier shut\n\n{byline}\n\nIt is shut.\n\n02:10 PM\n\nFerry late\n\nIt is.\n"
            ),
            &[
                "02:20 PM | Pier shut | It is shut.",
                "02:10 PM | Ferry late | It is.",
            ],
        );
    }
}

#[test]
fn what_stands_above_a_headline_by_itself_is_none() {
    for line in [
        "Getty Images\n\nCopyright: Getty Images",
        "BreakingBreaking News",
        "-",
    ] {
        assert_said(
            &format!("14:20\n\n{line}\n\nPier shut\n\nIt is shut.\n\n14:10\n\nFerry late\n\nIt is.\n"),
            &["14:20 | Pier shut | It is shut.", "14:10 | Ferry late | It is."],
        );
    }
    // Nor is a mark alone the text of the update above it.
    assert_said(
        "-\nMay 13, 2023 11:58 AM (IST) Posted by Ann Bee\n\n-\nMay 13, 2023 11:40 AM (IST) Posted by Cyd Dee\n\n\
         Crews at the quay\n\nBoats come in. (ANI)\n\n-\nMay 13, 2023 8:00 AM (IST) Posted by Cyd Dee\n\nRain\n\nIt rains.\n",
        &[
            "May 13, 2023 11:40 AM (IST) | Crews at the quay | Boats come in. (ANI)",
            "May 13, 2023 8:00 AM (IST) | Rain | It rains.",
        ],
    );
}

#[test]
fn agencies_write_as_people_do() {
    assert_said(
        "Pier shut\n\nAnn Bee and Reuters\n\n12h ago / 11:58 AM EST\n\nFerry late\n\nNBC News\n\n12h ago / 11:20 AM EST\n\nRoad dry\n\n\
         It is dry.\n\nShare this —\n\nCyd Lee\n\n13h ago / 10:58 AM EST\n\nRain\n\nIt rains.\n",
        &[
            "12h ago / 11:58 AM EST | Ferry late | ",
            "12h ago / 11:20 AM EST | Road dry | It is dry.",
            "13h ago / 10:58 AM EST | Rain | It rains.",
        ],
    );
    assert_said(
        "Ann Bee\n\n2d ago / 10:58 PM UTC\n\nPier shut\n\nCyd K. Lee\n\n2d ago / 10:47 PM UTC\n\nFerry late\n\nIt is late.\n\n\
         Dee Fox V\n\n2d ago / 10:31 PM UTC\n\nRain\n\nIt rains.\n",
        &[
            "2d ago / 10:58 PM UTC | Pier shut | ",
            "2d ago / 10:47 PM UTC | Ferry late | It is late.",
            "2d ago / 10:31 PM UTC | Rain | It rains.",
        ],
    );
    // Below the update where the stamp counts seconds.
    assert_said(
        "1647866199\n\nWatch: the pier goes under\n\nAnn Bee21 March 2022 12:36\n\n1647863340\n\nFerry late\n\nIt is late.\n",
        &[
            "1647866199 | Watch: the pier goes under | ",
            "1647863340 | Ferry late | It is late.",
        ],
    );
}

#[test]
fn when_it_was_edited_is_no_body() {
    assert_said(
        "4.50pm BST\n\nUpdated at 4.52pm BST\n\n4.41pm BST\n\nIt rains.\n\nUpdated\n at 5.55pm EDT\n\n4.30pm BST\n\nIt pours.\n",
        &["4.41pm BST |  | It rains.", "4.30pm BST |  | It pours."],
    );
}

#[test]
fn an_author_may_have_the_line_before_the_stamp() {
    assert_said(
        "Live from the pier\n\nAnn Bee\n15h ago / 11:31 AM EST\n\nHow it will go\n\nCyd Dee and Ann Bee\n\
         15h ago / 11:20 AM EST\n\nPier shut\n\nIt is.\n\nAnn Bee\n16h ago / 10:58 AM EST\n\nAnn Bee\n\
         16h ago / 10:31 AM EST\n\nFerry late\n\nIt is.\n",
        &[
            "15h ago / 11:31 AM EST | How it will go | ",
            "15h ago / 11:20 AM EST | Pier shut | It is.",
            "16h ago / 10:31 AM EST | Ferry late | It is.",
        ],
    );
}

#[test]
fn an_author_may_have_the_line_before_a_stamp_with_seconds() {
    let page = "Live from the pier\n\nAnn Bee\n3/6/2013 5:02:55 PM\nThe ferry is in\n\nCyd Dee\n3/6/2013 5:04:10 PM\n\
                The mayor steps off\n\nAnn Bee\n3/6/2013 5:04:41 PM\nCyd Dee\n3/6/2013 5:06:30 PM\nShe waves\n";
    assert_said(
        page,
        &[
            "3/6/2013 5:02:55 PM |  | The ferry is in",
            "3/6/2013 5:04:10 PM |  | The mayor steps off",
            "3/6/2013 5:06:30 PM |  | She waves",
        ],
    );
    let updates = super::whole(page).updates;
    let bylines: Vec<_> = updates.iter().map(|update| update.words.byline()).collect();
    assert_eq!(bylines, [Some("Ann Bee"), Some("Cyd Dee"), Some("Ann Bee"), Some("Cyd Dee")]);
}

#[test]
fn the_date_of_a_quoted_post_dates_nothing_else() {
    let document = super::whole(
        "5.41pm GMT\n\nFrom the office:\n\nAnn Bee (@annbee)\n\nThe pier opens tonight.\n\nMarch 20, 2015\n\n5.30pm GMT\n\nIt rains.\n",
    );
    assert!(document.updates.iter().all(|update| update.heading.is_none()), "{:?}", document.updates);
    assert!(document.updates[0].words.body().ends_with("March 20, 2015"));
}

#[test]
fn a_correspondent_is_no_body_without_a_headline_either() {
    assert_said(
        "  1. Postpublished at 12:09 British Summer Time 23 September 2022\n\n    Ann Bee\n    Economics editor\n\n    That is all.\n\n\
         2. 'Casino'published at 11:48 British Summer Time 23 September 2022\n\n    Cyd Dee\n\n    BBC Politics\n\n    Media caption,\n\n    It was short.\n",
        &[
            "published at 12:09 British Summer Time 23 September 2022 |  | That is all.",
            "published at 11:48 British Summer Time 23 September 2022 | 'Casino' | It was short.",
        ],
    );
}

#[test]
fn when_a_page_was_published_says_more_than_when_it_was_updated() {
    for dates in [
        "Updated 6 March 2024\nPublished 5 March 2024",
        "Published 5 March 2024\nUpdated 6 March 2024",
    ] {
        let header = whole(&format!("Election\n\n{dates}\n\n14:20 GMT\nOne\nText.\n")).header;
        assert_eq!(header.map(|header| header.day), Some(5), "{dates}");
    }
}

#[test]
fn what_describes_a_picture_stands_above_whose_it_is() {
    assert_said(
        "17:21\n\nShares end lower\n\nA screen in the city\nImage copyright Getty Images\n\nThey fell all day.\n\n17:02\n\n\
         Oil is up\n\nPosted at\n\nIt rose again.\n\nYesterday\n\n16:40\n\nBank waits\n\nIt does so.\n",
        &[
            "17:21 | Shares end lower | They fell all day.",
            "17:02 | Oil is up | It rose again.",
            "16:40 | Bank waits | It does so.",
        ],
    );
}

#[test]
fn an_author_above_the_headline_is_named_without_the_by() {
    let from = "From our harbour correspondent Ann Bee in Avery";
    for by in [
        "By Ann Bee",
        "Posted by Ann Bee",
        "Ann Bee\nHarbour Reporter",
        from,
    ] {
        let text = format!("15:20\n{by}\nPier shut\nIt is shut.\n\n14:10\n{by}\nFerry waits\nIt waits.\n");
        let updates = super::whole(&text).updates;
        let said: Vec<_> =
            updates.iter().map(|update| (update.words.headline(), update.words.byline())).collect();
        assert_eq!(
            said,
            [
                (Some("Pier shut"), Some("Ann Bee")),
                (Some("Ferry waits"), Some("Ann Bee"))
            ],
            "{text}"
        );
    }
}

#[test]
fn a_report_that_ends_in_its_agency_is_no_caption() {
    let report = "The harbour master has said that the pier stays shut until the wind falls, and that the ferries lie in port.";
    for agency in [
        "(dpa)",
        "(AFP)",
        "(Reuters, AFP)",
        "(mit dpa)",
        "(with PTI inputs)",
    ] {
        assert_said(
            &format!(
                "18:10 Uhr | Ferry late\n{report} {agency}\nIt is.\n17:42 Uhr | Pier shut\n{report} {agency}\n"
            ),
            &[
                &format!("18:10 Uhr | Ferry late | {report} {agency} / It is."),
                &format!("17:42 Uhr | Pier shut | {report} {agency}"),
            ],
        );
    }
}

#[test]
fn whose_a_picture_is_stands_in_brackets_below_what_it_shows() {
    let picture = "Ann Bee at the pier\n(Jo Lu/PA)";
    assert_said(
        &format!(
            "9.45pm\n\n{picture}\n\nThe pier is shut.\n\n9.30pm\n\n{picture}\n\n{picture}\n\n9.15pm\n\nIt rains.\n"
        ),
        &[
            "9.45pm |  | The pier is shut.",
            "9.30pm |  | Ann Bee at the pier / (Jo Lu/PA) / Ann Bee at the pier / (Jo Lu/PA)",
            "9.15pm |  | It rains.",
        ],
    );
}

#[test]
fn a_newsroom_and_a_reporter_sign_without_a_by() {
    for (line, byline) in [
        ("By CNN's Ann Bee", "Ann Bee"),
        ("From Ann Bee, CNN", "Ann Bee, CNN"),
        ("From Reuters", "Reuters"),
        ("The New Avery Staff & Agencies", "The New Avery Staff & Agencies"),
        ("Ann Bee, Harbour Editor", "Ann Bee"),
        ("Ann Bee Economics editor", "Ann Bee"),
        ("Business reporter", "Business reporter"),
        ("From Ann Bee and Bo Cee", "Ann Bee and Bo Cee"),
        ("Ann Bee, reporting from Avery", "Ann Bee"),
        ("By Ann Bee, Harbour Editor", "Ann Bee, Harbour Editor"),
    ] {
        let page = format!("02:20 PM\n\nFerry late\n\n{line}\n\nIt is.\n\n02:10 PM\n\nPier shut\n\nIt is.\n");
        let document = whole(&page);
        assert_eq!(document.updates[0].words.byline(), Some(byline), "{line}");
        assert_eq!(document.updates[0].words.body(), "It is.", "{line}");
    }
}

#[test]
fn quoted_posts_are_no_headlines_and_have_no_vote_for_them() {
    let signed = "— Ann Bee (@annbee) March 12, 2024";
    assert_said(
        &format!(
            "9.45pm\n\nProud of the harbour tonight\n\n{signed}\n\n9.30pm\n\nThe pier by night pic.twitter.com/Ab1\n\n\
             {signed}\n\n9.15pm\n\nThe pier is shut.\n\n9pm\n\nThis is what a storm looks like\n\n{signed}\n"
        ),
        &[
            &format!("9.45pm |  | Proud of the harbour tonight / {signed}"),
            &format!("9.30pm |  | The pier by night pic.twitter.com/Ab1 / {signed}"),
            "9.15pm |  | The pier is shut.",
            &format!("9pm |  | This is what a storm looks like / {signed}"),
        ],
    );
    let post = "Ann Bee (@annbee)\nThe pier is shut tonight";
    assert_said(
        &format!(
            "7.22pm BST\n{post}\n7.20pm BST\n{post}\n7.18pm BST\n{post}\n7.16pm BST\nIt rains on the pier.\nAnd so on.\n"
        ),
        &[
            "7.22pm BST |  | Ann Bee (@annbee) / The pier is shut tonight",
            "7.20pm BST |  | Ann Bee (@annbee) / The pier is shut tonight",
            "7.18pm BST |  | Ann Bee (@annbee) / The pier is shut tonight",
            "7.16pm BST |  | It rains on the pier. / And so on.",
        ],
    );
}
