//! What stands inside an update: list items, quoted posts, links, bylines.
//!
//! It looks at one line, or at the lines of one body; where an update starts is not its part.

use memchr::{memchr, memchr_iter, memmem};

use crate::model::update::Embed;
use crate::parse::caption::is_agency;
use crate::parse::openings::{Openings, starts_with};
use crate::parse::stamp::is_author;

/// Links kept of one update: more is a list of links, and it stands in the body.
pub const LINKS_MAX: usize = 64;
/// Quoted posts kept of one update.
pub const EMBEDS_MAX: usize = 64;
/// Items kept of one list of key points.
pub const KEY_POINTS_MAX: usize = 64;
/// A signature of a post is short.
const SIGNATURE_BYTES_MAX: usize = 200;
/// The length that posts had for years: paragraphs before a signature belong to it up to here.
const POST_CHARS_MAX: usize = 280;
/// A line that announces a list by its name, or by a colon, bytes.
const NAMED_BYTES_MAX: usize = 80;
const ANNOUNCED_BYTES_MAX: usize = 400;

/// Whether a line says what a person is, as it stands below a name: `Health Correspondent`, `BBC Politics`, `Former
/// keeper on BBC Radio 5 Live`.
pub fn is_occupation(line: &str) -> bool {
    const OPENINGS: &[&str] = &["BBC ", "Ex-", "Former ", "Reporting from "];
    const WORDS: &[&str] = &[
        "orrespondent",
        "ditor",
        "eporter",
        "olumnist",
        "resenter",
        " analyst",
        " bureau chief",
        " on BBC ",
    ];
    line.len() <= 60
        && !line.ends_with('.')
        && (OPENINGS.iter().any(|opening| line.starts_with(opening))
            || WORDS.iter().any(|word| line.contains(word)))
}

/// Whether a line says where an update comes from, as it stands below a headline: `BBC Radio 4`, `Reality Check`.
fn is_source(line: &str) -> bool {
    const SOURCE_WORDS_MAX: usize = 4;
    let is_named = |word: &str| word.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit());
    line == "Reality Check"
        || line.starts_with("BBC ")
            && line.split(' ').count() <= SOURCE_WORDS_MAX
            && line.split(' ').all(|word| is_named(word) || word == "live")
}

/// Whether a line is a byline below a headline: `By Name`, `From CNN's Name`, `BBC Radio 4`.
pub fn byline(line: &str) -> Option<&str> {
    let line = line.strip_suffix(" Follow").unwrap_or(line);
    if line.len() > 80 || line.ends_with(['.', ':', '?', '!', '”', '"']) {
        return None;
    }
    if line.eq_ignore_ascii_case("CNN staff") || is_source(line) {
        return Some(line);
    }
    let at_cnn = |name: &str| is_author(name.strip_suffix(", CNN").unwrap_or(name));
    if line.strip_prefix("CNN's ").or_else(|| line.strip_prefix("CNN’s ")).is_some_and(at_cnn) {
        return Some(line);
    }
    let Some(name) = line.strip_prefix("From ").or_else(|| written_by(line)) else {
        return unsaid(line);
    };
    let of_cnn = name.strip_prefix("CNN's ").or_else(|| name.strip_prefix("CNN’s "));
    let name = match of_cnn {
        Some(name) => name,
        // `From London` is a sentence's beginning.
        None if line.starts_with("From our ") => return correspondent(name),
        None if line.starts_with("From ") => {
            let are_names = || name.contains(" and ") && is_author(name);
            let is_known =
                name.starts_with("CNN ") || name.ends_with(", CNN") || is_agency(name) || are_names();
            Some(name).filter(|_| is_known)?
        }
        None => name,
    };
    name.starts_with(char::is_uppercase).then_some(name)
}

/// The name in `our harbour correspondent Ann Bee in Avery`.
fn correspondent(text: &str) -> Option<&str> {
    let (_, name) = text.split_once(" correspondent ").or_else(|| text.split_once(" editor "))?;
    let name =
        [" in ", " at ", " on "].iter().find_map(|at| name.split_once(at)).map_or(name, |(name, _)| name);
    Some(name).filter(|name| is_author(name))
}

/// Who signs without a `By`: `Al Jazeera Staff`, `The New Arab Staff & Agencies`, `Ann Bee, Harbour Editor`, `Ann Bee, reporting
/// from Avery`.
fn unsaid(line: &str) -> Option<&str> {
    if line.starts_with("By ") {
        return None;
    }
    let newsroom = line.strip_suffix(" & Agencies").unwrap_or(line).strip_suffix(" Staff");
    if newsroom.is_some_and(is_author) || is_role_alone(line) {
        return Some(line);
    }
    if let Some(at) = memchr_iter(b' ', line.as_bytes()).nth(1)
        && let (name, role) = (&line[..at], &line[at + 1..])
        && role.starts_with(char::is_uppercase)
        && is_author(name)
        && is_occupation(role)
    {
        // `Ann Bee Economics editor`
        return Some(name);
    }
    let comma = memchr(b',', line.as_bytes())?;
    let (name, place) = (&line[..comma], line[comma + 1..].strip_prefix(' ')?);
    let is_place = || is_occupation(place) || place.starts_with("reporting from ");
    Some(name).filter(|name| is_author(name) && is_place())
}

/// Whether somebody signs by what he is alone: `Business reporter`.
fn is_role_alone(line: &str) -> bool {
    const WORDS_MAX: usize = 3;
    [" reporter", " correspondent", " editor"].iter().any(|role| line.ends_with(role))
        && line.starts_with(char::is_uppercase)
        && line.split(' ').count() <= WORDS_MAX
}

/// What follows `By`, `Analysis by`, `Edited By:`.
fn written_by(line: &str) -> Option<&str> {
    const WORDS: &[&str] = &[
        "Analysis",
        "Edited",
        "Input",
        "Opinion",
        "Posted",
        "Reported",
        "Reporting",
        "Story",
        "Written",
    ];
    if let Some(name) = line.strip_prefix("By ") {
        if name.starts_with("CNN's ") || name.starts_with("CNN’s ") {
            return Some(name);
        }
        return Some(name).filter(|name| is_somebody(name) || name.eq_ignore_ascii_case("CNN staff"));
    }
    let (word, rest) = line.split_once(' ')?;
    let name = ["by", "By", "from"].iter().find_map(|by| rest.strip_prefix(by))?;
    let name = name.strip_prefix(':').unwrap_or(name).strip_prefix(' ')?;
    WORDS.contains(&word).then_some(name)
}

/// Whether what follows `By` is who wrote it: `Ann Bee`, `Ann de Bee and Bo Cee`, `Ann Bee, Harbour Editor`. No `Friday the
/// bridge should be open`, and nobody's count.
fn is_somebody(text: &str) -> bool {
    const PARTICLES: &[&str] = &[
        "al", "bin", "da", "de", "del", "der", "di", "du", "la", "le", "of", "van", "von",
    ];
    const BEHIND: &[&str] = &["&", "-", "|", "and", "at", "for", "in", "with"];
    let is_name = |word: &&str| {
        (word.starts_with(char::is_uppercase) || PARTICLES.contains(word))
            && !word.ends_with("'s")
            && !word.ends_with("’s")
    };
    let (names, behind) = text.split_once(", ").map_or((text, None), |(names, behind)| (names, Some(behind)));
    let words = names.split(' ').take_while(is_name).count();
    let mut rest = names.split(' ').skip(words);
    let next = rest.next();
    // `Ann Bee et Bo Cee`, in whatever language.
    let is_joint = |next: &str| {
        next.chars().all(char::is_lowercase)
            && rest.clone().count() >= 2
            && rest.clone().all(|word| is_name(&word))
    };
    words > 0
        && next.is_none_or(|next| words > 1 && (BEHIND.contains(&next) || is_joint(next)))
        && (words > 1 || behind.is_none())
}

/// The text of a list item: `- text`, `• text`. `Some("")` for a mark alone, whose text is the next line.
pub fn item(line: &str) -> Option<&str> {
    let rest = match line.as_bytes().first()? {
        b'-' | b'*' => &line[1..],
        0xe2 => line.strip_prefix('•')?,
        0xc2 => line.strip_prefix('·')?,
        _ => return None,
    };
    (rest.is_empty() || rest.starts_with([' ', '\t', '\u{a0}'])).then(|| rest.trim())
}

/// Whether a line is a list's mark alone: it opens what follows, an item or on some pages the next update.
pub fn is_mark(line: &str) -> bool {
    matches!(line, "-" | "*" | "•" | "·")
}

/// Whether a line opens a list of key points.
pub fn opens_key_points(line: &str) -> bool {
    const WORDS: &[&str] = &[
        "key moments",
        "key points",
        "key updates",
        "key developments",
        "key events",
        "key takeaways",
        "what we know",
        "what is known",
        "here is what",
        "here's what",
        "here’s what",
        "here are the key",
        "the key points",
        "main points",
        "at a glance",
        "here's a recap",
        "summary",
    ];
    static OPENINGS: Openings = Openings::of(WORDS);
    line.len() <= 120
        && OPENINGS.has(line) != Some(false)
        && WORDS.iter().any(|opening| starts_with(line, opening))
}

/// What a list of what is to come is called.
const AGENDAS: &[&str] = &["agenda", "running order", "schedule", "timetable"];

/// What else leads to one.
const TO_COME: &[&str] = &[
    "diary",
    "programme",
    "program",
    "coming up",
    "to expect",
    "expected",
    "planned",
    "today",
    "this afternoon",
    "tomorrow",
    "key times",
];

/// What a line has that tells of what was, `Here is what the judge said today:`.
const PAST: &[&str] = &[
    " did ", "earlier", " had ", "happened", " said ", " told ", " was ", " were ", " wrote ",
];

/// Whether words say what is to come, lower case.
fn says_to_come(words: &str) -> bool {
    TO_COME.iter().any(|word| words.contains(word))
        && !PAST.iter().any(|word| words.contains(word))
        && !words.starts_with("watch ")
        && !words.starts_with("read ")
}

/// Whether a line's last sentence says what is to come, `Here is what is coming up today.` It may say what was, too.
pub fn may_open_agenda(line: &str) -> bool {
    let last = line.rsplit_once(". ").map_or(line, |(_, last)| last);
    starts_with(last, "here") && last.len() <= NAMED_BYTES_MAX && says_to_come(&last.to_lowercase())
}

/// Whether a line opens a list of what is to come. What names such a list needs no colon.
pub fn opens_agenda(line: &str) -> bool {
    let line = line.trim_end();
    let last = line.rsplit_once(". ").map_or(line, |(_, last)| last);
    if starts_with(last, "here") && last.len() <= NAMED_BYTES_MAX {
        let last = last.to_lowercase();
        if last.contains("diary") || AGENDAS.iter().any(|name| last.contains(name)) {
            return true;
        }
    }
    let has_colon = line.ends_with(':');
    (has_colon && line.len() <= ANNOUNCED_BYTES_MAX || is_short_title(line)) && {
        let line = line.to_lowercase();
        let last = line.rsplit_once(". ").map_or(&*line, |(_, last)| last);
        AGENDAS.iter().any(|name| line.contains(name)) || has_colon && says_to_come(last)
    }
}

/// Whether a line may be a list's title, `The day's agenda`, and no sentence that tells of one.
fn is_short_title(line: &str) -> bool {
    const WORDS_MAX: usize = 5;
    line.len() <= NAMED_BYTES_MAX && !line.ends_with('.') && line.split(' ').count() <= WORDS_MAX
}

/// Whether a line above the first stamp opens a list of what is to come: by its name only, since a page may open with
/// `Today's events live:` as well, or with links, `Today's highlights | Medal table`.
pub fn opens_page_agenda(line: &str) -> bool {
    const HIGHLIGHTS: &[&str] = &["today's highlights", "today’s highlights"];
    line.len() <= NAMED_BYTES_MAX && !line.contains('|') && !leads_to_updates(line) && {
        let lower = line.to_lowercase();
        let is_title = line.ends_with(':') || is_short_title(line);
        HIGHLIGHTS.iter().any(|name| lower.contains(name))
            || is_title && AGENDAS.iter().any(|name| lower.contains(name))
    }
}

/// Whether a line is the title of what happened, hour by hour: `How the day unfolded`.
pub fn is_chronology(line: &str) -> bool {
    const WORDS: &[&str] = &[
        "chronology",
        "hour by hour",
        "how it happened",
        "timeline",
        "unfolded",
    ];
    line.len() <= NAMED_BYTES_MAX && {
        let line = line.to_lowercase();
        WORDS.iter().any(|word| line.contains(word))
    }
}

/// Whether a line leads to the page's own updates, `Follow the latest here:`.
pub fn leads_to_updates(line: &str) -> bool {
    const WORDS: &[&str] = &["follow", "latest", "live", "update", "updates"];
    let mut words = line.split(|c: char| !c.is_alphanumeric());
    words.any(|word| WORDS.iter().any(|own| own.eq_ignore_ascii_case(word)))
}

/// A signature `— Name (@handle) March 6, 2024`, and the text that stands before it on the line.
pub fn signature(line: &str) -> Option<(&str, Embed)> {
    memchr(b'@', line.as_bytes())?;
    let handle_at = memmem::rfind(line.as_bytes(), b"(@")?;
    let head = &line[..handle_at];
    let (dash, width) = match (head.rfind('—'), head.rfind('–')) {
        (Some(at), _) | (None, Some(at)) => (at, '—'.len_utf8()),
        (None, None) if head.starts_with("- ") => (0, 1),
        (None, None) => return None,
    };
    let (handle, date) = line[handle_at + 1..].split_once(')')?;
    let author = head[dash + width..].trim();
    let date = date.trim();
    if line.len() - dash > SIGNATURE_BYTES_MAX || author.is_empty() || date.len() > 40 {
        return None;
    }
    let embed = Embed {
        kind: "post",
        author: author.to_string(),
        handle: handle.to_string(),
        date_text: date.to_string(),
        text: String::new(),
    };
    Some((head[..dash].trim(), embed))
}

/// Whether a line is who wrote the post below it: `Ann Bee (@annbee)`.
pub fn is_post_author(line: &str) -> bool {
    line.ends_with(')') && memmem::find(line.as_bytes(), b" (@").is_some()
}

/// The paragraphs of `body` that the signature after them signs: the last, and those before it that
/// fit into one post. The update's first paragraph is left out, unless it's the only one.
pub fn post_text(body: &str) -> &str {
    let mut from = body.len();
    let mut chars = 0;
    let mut end = body.len();
    loop {
        let start = body[..end].rfind('\n').map_or(0, |at| at + 1);
        let paragraph = &body[start..end];
        chars += paragraph.chars().take(POST_CHARS_MAX + 1).count();
        let first = from == body.len();
        let introduces =
            paragraph.ends_with(':') || paragraph.starts_with("- ") || signature(paragraph).is_some();
        if !first && (chars > POST_CHARS_MAX || introduces || start == 0) {
            break;
        }
        from = start;
        if start == 0 {
            break;
        }
        end = start - 1;
    }
    &body[from..]
}

/// The URLs in a body, in order, each once.
pub fn links(body: &str) -> Vec<String> {
    let mut links = Vec::new();
    let mut rest = body;
    // From slash to slash: to go through all words of a body took longer than everything else that is done with it.
    while let Some(slash) = memchr(b'/', rest.as_bytes()) {
        let from = rest[..slash].trim_end_matches(|c: char| !c.is_whitespace()).len();
        let to = rest[slash..].find(char::is_whitespace).map_or(rest.len(), |length| slash + length);
        let word = &rest[from..to];
        rest = &rest[to..];
        let Some(at) =
            ["https://", "http://", "pic.twitter.com/", "t.co/"].iter().find_map(|scheme| word.find(scheme))
        else {
            continue;
        };
        if word[at..].starts_with("t.co/") && at > 0 && word.as_bytes()[at - 1].is_ascii_alphanumeric() {
            continue;
        }
        let link =
            word[at..].trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '"', '\'', '”', '’', '>']);
        if link.len() > 8 && links.len() < LINKS_MAX && !links.iter().any(|known| known == link) {
            links.push(link.to_string());
        }
    }
    links
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_signs_the_paragraphs_of_one_post() {
        let (before, embed) = signature("— Ana B (@anab) March 6, 2024").expect("a signature");
        assert_eq!((before, embed.author.as_str(), embed.handle.as_str()), ("", "Ana B", "@anab"));
        assert_eq!(embed.date_text, "March 6, 2024");
        assert_eq!(post_text("Lead of it.\nOne.\nTwo."), "One.\nTwo.");
        assert_eq!(post_text("Lead.\nShe said:\nTwo."), "Two.");
        assert_eq!(post_text("Two."), "Two.");
        assert_eq!(signature("mail (@) me"), None);
    }

    #[test]
    fn links_are_found_once() {
        assert_eq!(
            links("see https://a.example/x, or (https://a.example/x) pic.twitter.com/abc and/or"),
            ["https://a.example/x", "pic.twitter.com/abc"]
        );
    }

    proptest::proptest! {
        #[test]
        fn links_are_those_of_the_words_one_by_one(
            body in "([a-z/:.]{1,3}|https://|pic.twitter.com/|t.co/|é|[ \\n\u{a0}]){0,40}"
        ) {
            let word_by_word: Vec<String> = body.split_whitespace().flat_map(links).collect();
            let mut each_once: Vec<String> = Vec::new();
            for link in word_by_word {
                if !each_once.contains(&link) && each_once.len() < LINKS_MAX {
                    each_once.push(link);
                }
            }
            proptest::prop_assert_eq!(links(&body), each_once);
        }
    }

    #[test]
    fn items_need_a_blank() {
        assert_eq!(item("- one"), Some("one"));
        assert_eq!(item("-"), Some(""));
        assert_eq!(item("• two"), Some("two"));
        assert_eq!(item("-5 degrees"), None);
    }
}
