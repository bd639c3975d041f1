//! Lines that say nothing: buttons, labels, what a page's machine writes, in the words that real pages have.

use crate::parse::clock;
use crate::parse::openings::{Openings, starts_with};

/// Boilerplate lines are short, but for those that are told by their opening, bytes.
pub const BOILERPLATE_BYTES_MAX: usize = 64;

/// Lines that say nothing, lower case, without a final dot.
const BOILERPLATE: &[&str] = &[
    ">",
    "* * *",
    "advertisement",
    "advertisment",
    "breaking",
    "breaking news",
    "breakingbreaking news",
    "comment ()",
    "copy link",
    "copy linkcopied",
    "diese audioversion wurde künstlich generiert. mehr infos",
    "empfohlener redaktioneller inhalt",
    "end of twitter post",
    "end of x post",
    "follow the latest updates below",
    "last updated",
    "link copied",
    "link copied!",
    "oops!",
    "partage",
    "partager",
    "please try again later",
    "pointer",
    "posted at",
    "posted at:",
    "• posted at:",
    "timestamp:",
    "more updates",
    "• timestamp:",
    "commercial break",
    "scroll to continue reading",
    "please wait",
    "no media source currently available",
    "post",
    "published",
    "published:",
    "quote message",
    "share",
    "skip twitter post",
    "skip x post",
    "something went wrong",
    "share this",
    "share this —",
    "updated",
    "updated:",
    "close panel",
    "share page",
    "share link",
    "share with facebook",
    "share with twitter",
    "share with x",
    "share with email",
    "auch interessant",
    "continue reading",
    "read full story",
    "read the full story",
    "share close panel",
    "about sharing",
    "haberin devamı",
    "leggi anche",
    "lees ook",
    "leia mais",
    "leia também",
    "lesen sie auch",
    "lesen sie mehr",
    "lesen sie mehr …",
    "load more",
    "show more",
    "• share",
    "• oops!",
    "image caption,",
    "media caption,",
    "image caption",
    "image source",
    "getty images",
    "allow twitter content?",
    "allow x content?",
    "sort by: latest first",
    "key post",
    "• key post",
    "key event",
    "• key event",
    "facebook",
    "google plus",
    "facebook twitter pinterest",
    "twitter",
    "whatsapp",
    "email",
    "linkedin",
    "pinterest",
    "enltrenlarge",
    "zoom in iconarrows pointing outwards",
    "stock chart iconstock chart icon",
    "play",
    "this browser does not support the video element",
    "hide caption",
    "karte anzeigen",
    "video ad feedback",
    "read more here",
    "Поделиться",
    "video content",
    "watch now",
    "refresh for latest updates",
    "read more",
    "read more:",
    "...read more",
    "this twitter post cannot be displayed in your browser",
    "the bbc is not responsible for the content of external sites",
    "article share tools",
    "bookmark",
    "copy this link",
    "loading twitter content",
    "loading x content",
    "play video",
    "please use chrome browser for a more accessible video player",
    "read more about these links",
    "related topics",
    "return to menu",
    "share or comment on this article:",
    "share this post",
    "share this article",
    "back to top",
    "load more updates",
    "read full article",
    "story continues",
    "story continues below",
    "read more about sharing",
    "this content is not available",
    "this content is not currently available",
    "this video can not be played",
    "video caption,",
    "today",
    "yesterday",
    "view gallery",
    "view image in fullscreen",
    "view more on twitter",
    "view more share options",
];
const BOILERPLATE_OPENINGS: &[&str] = &[
    "click here to share",
    "share or comment on this article",
    "copyright: ",
    "read more: ",
    "related: ",
    "lire aussi",
    "image copyright ",
    "image source, ",
    "image caption ",
    "media caption ",
    "skip twitter post by ",
    "end of twitter post by ",
    "this twitter post cannot be displayed",
    "this article contains content provided by twitter",
    "skip x post by ",
    "end of x post by ",
    "this x post cannot be displayed",
    "this article contains content provided by x.",
    "ich bin damit einverstanden, dass mir der externe inhalt",
    "ich bin damit einverstanden, dass mir externe inhalte",
    "follow the latest updates",
    "also read:",
    "also read |",
    "also watch:",
    "more: ",
    "must read: ",
    "read also:",
    "read: ",
    "related story: ",
    "see also: ",
    "to play this video you need",
    "video duration ",
    "you will receive email alerts from this author",
    "you will no longer receive email alerts from this author",
];

/// What German papers write above a post that is shown when its reader agrees. A blank is among its first letters, so that it is
/// looked for by itself.
const CONSENT: &[&str] = &[
    "An dieser Stelle finden Sie Inhalte ",
    "An dieser Stelle finden Sie einen von unser",
    "An dieser Stelle finden Sie externe",
];

static BOILERPLATE_OPENED: Openings = Openings::of(BOILERPLATE_OPENINGS);

/// For each first byte, the lengths that boilerplate has, a bit each: a headline seldom has one of them.
static BOILERPLATE_LENGTHS: [u64; 256] = {
    let mut lengths = [0; 256];
    let mut at = 0;
    while at < BOILERPLATE.len() {
        let text = BOILERPLATE[at].as_bytes();
        assert!(text.len() < 64, "a bit for each length");
        lengths[text[0].to_ascii_lowercase() as usize] |= 1 << text.len();
        lengths[text[0].to_ascii_uppercase() as usize] |= 1 << text.len();
        at += 1;
    }
    lengths
};

/// Whether a line (trimmed) says nothing.
#[inline]
pub fn is_boilerplate(line: &str) -> bool {
    let Some(&first) = line.as_bytes().first() else { return true };
    line.len() <= BOILERPLATE_BYTES_MAX && is_short_one(line, first)
        || is_opened(line)
        || is_rule(line, first)
}

/// Whether it's one of those that are told by their opening. All of them begin with letters.
#[inline]
pub fn is_opened(line: &str) -> bool {
    match BOILERPLATE_OPENED.has(line) {
        Some(has) => has && BOILERPLATE_OPENINGS.iter().any(|opening| starts_with(line, opening)),
        None => line.starts_with("An dieser ") && CONSENT.iter().any(|opening| line.starts_with(opening)),
    }
}

/// Whether it's one of those that are no longer than [`BOILERPLATE_BYTES_MAX`], by its first byte.
fn is_short_one(line: &str, first: u8) -> bool {
    // `Breaking.` is a sentence, and may be all that an update says.
    let bare = line.strip_suffix('.').filter(|bare| bare.contains(' ')).unwrap_or(line);
    let lengths = BOILERPLATE_LENGTHS[usize::from(first)];
    let length = 1u64.checked_shl(bare.len() as u32).unwrap_or(0);
    lengths & length != 0 && BOILERPLATE.iter().any(|text| text.eq_ignore_ascii_case(bare))
        || line.ends_with("min read") && line.len() < 24
        // A list's number.
        || first.is_ascii_digit() && matches!(line.as_bytes(), [_, b'.'] | [_, b'0'..=b'9', b'.'])
        || line.ends_with(" Posts") && line.len() < 12
        || line.ends_with(" profile image")
        || matches!(first, b'U' | b'a') && is_updated(line)
        // How many pictures more there are.
        || first == b'+' && matches!(&line.as_bytes()[1..], [b'0'..=b'9'] | [b'0'..=b'9', b'0'..=b'9'])
}

/// Whether a line is a rule between updates: `--`, `_____`, `–––`.
fn is_rule(line: &str, first: u8) -> bool {
    match first {
        b'-' | b'_' | b'*' | b'=' => line.len() >= 2 && line.bytes().all(|byte| byte == first),
        0xe2 => line.len() > '—'.len_utf8() && line.chars().all(|c| matches!(c, '–' | '—')),
        _ => false,
    }
}

/// `Updated at 4.52pm BST`, or the second line of it.
fn is_updated(line: &str) -> bool {
    let clock = line.strip_prefix("Updated at ").or_else(|| line.strip_prefix("at "));
    clock.is_some_and(|clock| {
        clock::leading(clock).is_some_and(|found| {
            let zone = clock[found.length..].trim();
            zone.len() <= 5 && zone.bytes().all(|byte| byte.is_ascii_uppercase())
        })
    })
}
