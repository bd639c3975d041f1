//! Lines between an update's paragraphs that say nothing of it. In our own words.

use super::traps::assert_said;

#[test]
fn the_boxes_around_posts_are_no_text() {
    for lines in [
        "This X post cannot be displayed in your browser. Please try another one.View original content on X\nSkip X post\n\nAllow X content?\n\n\
         This article contains content provided by X. We ask before anything is loaded.\n\nEnd of X post",
        "Skip X post by Ann Bee\nEnd of X post by Ann Bee",
        "-------",
        "________________",
        "--------------------------------------------------------------------------------",
        "Diese Audioversion wurde künstlich generiert. Mehr Infos",
        "Empfohlener redaktioneller Inhalt\n\nAn dieser Stelle finden Sie einen von unserer Redaktion gewählten Inhalt.\n\nIch bin damit \
         einverstanden, dass mir externe Inhalte angezeigt werden.",
    ] {
        assert_said(
            &format!(
                "14:20\n\nPier shut\n\nIt is.\n\n{lines}\n\nStill.\n\n{lines}\n\n14:10\n\nFerry late\n\n{lines}\n\nIt is.\n"
            ),
            &[
                "14:20 | Pier shut | It is. / Still.",
                "14:10 | Ferry late | It is.",
            ],
        );
    }
}

#[test]
fn a_caption_below_the_text_is_told_by_its_last_words() {
    for caption in [
        "The pier on Thursday. Pic: Getty",
        "What a crane! Picture: Ann Bee",
        "It's got a hook. Photograph: Ann de Bee/Reuters",
        "The crane of the harbour on Thursday night, with those who came to see it. Photograph: Ann Bee/AP",
        "The pier on Thursday (Getty Images)",
        "The pier on Thursday (Ann Bee/Getty Images)",
    ] {
        assert_said(
            &format!(
                "7.22pm BST\nThe pier is shut.\n\n{caption}\n\n{caption}\n\n7.20pm BST\nThe ferry is late.\nStill.\n"
            ),
            &[
                "7.22pm BST |  | The pier is shut.",
                "7.20pm BST |  | The ferry is late. / Still.",
            ],
        );
    }
    // What is said of a picture is text.
    for text in [
        "She shows us a Picture: the pier",
        "We ask for a picture: Ann Bee has it",
        "See his Photograph: It Is Of Avery.",
    ] {
        assert_said(
            &format!("7.22pm BST\nThe pier is shut.\n{text}\n\n7.20pm BST\nThe ferry is late.\nStill.\n"),
            &[
                &format!("7.22pm BST |  | The pier is shut. / {text}"),
                "7.20pm BST |  | The ferry is late. / Still.",
            ],
        );
    }
}

#[test]
fn our_correspondent_signs_below_a_stamp() {
    let by = "From our harbour correspondent Ann Bee in Avery";
    assert_said(
        &format!(
            "14:20\n\n{by}\n\nThe pier is shut.\n\nStill.\n\n14:10\n\nThe ferry is late.\n\nIt waits.\n"
        ),
        &[
            "14:20 |  | The pier is shut. / Still.",
            "14:10 |  | The ferry is late. / It waits.",
        ],
    );
}
