//! Writes what stands below a stamp: paragraphs, lists, quoted posts, links, and lines that say nothing.

use crate::blog::{Answer, Page, Spacing};
use crate::random::Random;
use crate::words::{Words, name};

/// How a family's bodies are.
pub struct Style<'a> {
    /// The first paragraph stands on the stamp's line already.
    pub on_line: bool,
    /// The first line below the stamp is text, not a headline.
    pub headless: bool,
    /// The first line isn't a whole sentence.
    pub odd: bool,
    /// A list at its end would be a list of links.
    pub no_list: bool,
    /// How many paragraphs may still begin with a clock.
    pub clocks_left: &'a mut usize,
}

const NOTHING: &[&str] = &[
    "Link copied",
    "Share",
    "advertisement",
    "Copy link",
    "Read more: The storm of last year, day by day",
    "Updated",
    "Related: Where the ferries go",
    "• Share",
    ">",
    "Follow the latest updates below.",
    "Image caption,",
    "Getty Images",
    "___",
    "pointer",
    "12 Posts",
    "Comment ()",
];

/// What begins as captions, bylines and dates do, and is prose.
const OPENINGS: &[&str] = &[
    "A council source, who asked not to be named, says so. ",
    "By Friday all will be known. ",
    "From the pier we hear this. ",
    "Wednesday was worse. ",
    "Photo or not, it is so. ",
];

/// Writes a body on the page, and into the answer what is to be found of it.
pub fn body(random: &mut Random, page: &mut Page, words: &mut Words, answer: &mut Answer, style: Style<'_>) {
    if random.chance(10) {
        page.inside(random.pick(&["Link copied", "Copy linkCopied", "Share"]));
    }
    if answer.headline.is_some() && answer.byline.is_none() && !style.on_line && random.chance(15) {
        let name = name(random);
        page.inside(format!("{} {name}", random.pick(&["By", "From CNN's"])));
        answer.byline = Some(name);
    }
    if !style.on_line && !style.headless && random.chance(12) {
        let what = words.headline(random);
        let caption = match random.below(3) {
            0 => format!("{what} - NAME/AGENCY"),
            1 => format!("{} Photograph: {}", words.paragraph(random), name(random)),
            _ => format!("{what} (Reuters)"),
        };
        for _ in 0..1 + random.below(2) {
            page.inside(&caption);
        }
    }
    // A stamp with its text on its line, or a headline without a body, may be all of an update.
    let paragraphs = match (style.on_line, random.below(6)) {
        (true, 0..=3) => 0,
        (_, 0..=2) => 1,
        (_, 3 | 4) => 2,
        _ => 3 + random.below(2),
    };
    let opens = answer.body.is_empty();
    for at in 0..paragraphs {
        if at > 0 && random.chance(8) {
            page.inside(random.pick(NOTHING));
        }
        match random.below(16) {
            0 if !(opens && at == 0) && *style.clocks_left > 0 => {
                *style.clocks_left -= 1;
                let text = words.paragraph(random);
                let opening = random.pick(&["90 min +4:", "10.30am:", "8.15 is when", "62’", "80 min"]);
                say(page, answer, &format!("{opening} {text}"));
            }
            1 if at > 0 => {
                let text = words.paragraph(random);
                say(page, answer, &format!("{text} See https://harbour.example/{}.", answer.body.len()));
                answer.links.push(format!(
                    "https://harbour.example/{}",
                    answer.body.rsplit_once('/').map_or("", |(_, number)| number.trim_end_matches('.'))
                ));
            }
            2 if at > 0 => {
                let text = words.odd_paragraph(random);
                say(page, answer, &text);
            }
            3 => {
                let text = words.paragraph(random);
                say(page, answer, &text);
                page.inside(&text);
            }
            _ if style.odd && opens && at == 0 => {
                let text = words.headline(random);
                say(page, answer, &text);
            }
            _ => {
                let text = words.paragraph(random);
                let opening = if random.chance(15) {
                    random.pick(OPENINGS)
                } else {
                    ""
                };
                say(page, answer, &format!("{opening}{text}"));
            }
        }
    }
    if answer.body.is_empty() {
        return;
    }
    if random.chance(12) {
        let handle = format!("@harbour{}", answer.body.len());
        let day = random.pick(&["March 6, 2024", "October 31, 2020"]);
        let text = words.paragraph(random);
        say(page, answer, &text);
        say(page, answer, &format!("— Harbour Office ({handle}) {day}"));
        answer.handles.push(handle);
    }
    if !style.no_list && random.chance(18) {
        list(random, page, words, answer);
        if random.chance(40) {
            let text = words.paragraph(random);
            say(page, answer, &text);
        }
    }
    if random.chance(8) {
        page.inside(random.pick(NOTHING));
    }
}

fn say(page: &mut Page, answer: &mut Answer, text: &str) {
    page.inside(text);
    if !answer.body.is_empty() {
        answer.body.push('\n');
    }
    answer.body.push_str(text);
}

fn list(random: &mut Random, page: &mut Page, words: &mut Words, answer: &mut Answer) {
    let key = random.chance(50);
    let opening = match key {
        true => "Key moments from today:".to_string(),
        false => words.paragraph(random),
    };
    say(page, answer, &opening);
    let mark = *random.pick(&["- ", "• ", "  • ", "* ", "-"]);
    for _ in 0..1 + random.below(4) {
        let item = words.item(random);
        match mark {
            "-" => {
                page.close_line(format!("{}-", page.indent));
                if page.spacing == Spacing::Wide {
                    page.close_line("");
                }
                page.inside(&item);
            }
            mark => page.inside(format!("{mark}{item}")),
        }
        answer.body.push_str("\n- ");
        answer.body.push_str(&item);
        if key {
            answer.key_points.push(item);
        }
    }
}
