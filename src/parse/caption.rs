//! Lines that belong to a picture: its caption, its credit, a player.

use memchr::memmem;
use memchr::{memchr, memchr2, memrchr, memrchr_iter};

use crate::parse::clock;
use crate::parse::scan::seams;

/// A caption's credit is not longer than this, bytes.
const CREDIT_BYTES_MAX: usize = 60;
/// A caption itself.
const CAPTION_BYTES_MAX: usize = 400;
/// How many words it has at most.
const CREDIT_WORDS_MAX: usize = 8;
/// A report of an agency that ends in its name is not shorter.
const REPORT_BYTES_MIN: usize = 100;
/// A credit that stands for itself.
const OWN_CREDIT_BYTES_MAX: usize = 80;

/// None of these names is longer, bytes.
const AGENCY_BYTES_MAX: usize = 20;

/// Who pictures are from, as credits name them.
const AGENCIES: &[&str] = &[
    "AFP",
    "ANI",
    "AP",
    "Alamy",
    "Anadolu",
    "Avalon",
    "Bloomberg",
    "DPA",
    "EPA",
    "ES",
    "Getty",
    "HANDOUT",
    "Handout",
    "IANS",
    "NBC News",
    "PA",
    "PTI",
    "Parliament TV",
    "REUTERS",
    "Reuters",
    "Rex",
    "SWNS",
    "Shutterstock",
    "TASS",
    "Twitter",
    "Xinhua",
    "dpa",
    "for The Telegraph",
];
/// What a line that is a caption or its credit opens with.
const CREDIT_OPENINGS: &[&str] = &[
    "Bildrechte: ",
    "CREDIT: ",
    "Credit: ",
    "Foto: ",
    "Image caption, ",
    "Image caption: ",
    "Image source: ",
    "Image Source : ",
    "Image: ",
    "Media caption, ",
    "Media caption: ",
    "PHOTO: ",
    "Photo: ",
    "Photograph: ",
    "Pic: ",
    "Picture: ",
    "Pictured: ",
    "VIDEO: ",
    "Video: ",
    "Video caption: ",
];
/// Which of them name no caption, but whose it is.
const CREDIT_LABELS: &[&str] = &["Bildrechte: ", "CREDIT: ", "Credit: ", "Photograph: "];
/// What a credit in a caption's last words opens with.
const CREDITS_BEHIND: &[&str] = &[" Photograph: ", " Composite: ", " Credit: ", " CREDIT: "];
/// Who pictures are from that isn't an agency: where a credit says nothing else.
const OWNERS: &[&str] = &[
    "Al Jazeera",
    "BBC",
    "CNN",
    "Evening Standard",
    "Getty Images",
    "House of Commons",
    "Pool",
    "Screengrab",
    "Senate TV",
    "Sky News",
    "The Independent",
    "screengrab",
];

/// What a credit in brackets ends in, unless it names an agency: `(Harbour Photo)`, `（Ann Bee攝）`.
const CREDIT_ENDINGS: &[&str] = &[" Photo", "攝", "摄", "提供"];

/// Whether a line is the caption of a picture.
pub fn is_caption(line: &str) -> bool {
    if line.len() > CAPTION_BYTES_MAX {
        return false;
    }
    // A search for words begins with more work than one for a byte, which most lines lack.
    let has_colon = memchr(b':', line.as_bytes()).is_some();
    let ends_in_credit = || {
        let sentences = memmem::find_iter(line.as_bytes(), ". ").map(|at| &line[at + 2..]);
        let mut ends = sentences.filter(|end| end.len() <= OWN_CREDIT_BYTES_MAX);
        ends.any(|end| labelled(end).is_some())
    };
    if labelled(line).is_some() || has_colon && ends_in_credit() {
        return true;
    }
    // `Getty ImagesCopyright: Getty Images`
    if has_colon && line.split_once("Copyright: ").is_some_and(|(owner, again)| owner == again) {
        return true;
    }
    let inside = line.strip_prefix('(').and_then(|line| line.strip_suffix(')'));
    if inside.is_some_and(is_owner_or_clock) {
        return true;
    }
    let named =
        line.strip_prefix('[').and_then(|line| line.strip_suffix(']')).or(line.strip_suffix(" Photo"));
    if named.is_some_and(|named| named.len() <= CREDIT_BYTES_MAX / 2 && has_agency(named)) {
        return true;
    }
    // A sentence has no credit: that is most lines of every page.
    if line.ends_with('.') || line.ends_with(['?', '!', ':', '”', '"', '’', '\'', ',']) {
        return false;
    }
    if is_sourced(line) || is_length(line) {
        return true;
    }
    // A credit stands at the end: only that is searched.
    let end = &line[line.ceil_char_boundary(line.len().saturating_sub(CREDIT_BYTES_MAX))..];
    if let Some(inside) = in_brackets(end) {
        if is_report(line, inside) {
            return false;
        }
        let is_credit = CREDIT_ENDINGS.iter().any(|ending| inside.ends_with(ending));
        let is_owned = || OWNERS.contains(&inside) || is_parted(inside) || inside.starts_with("Copyright ");
        return is_credit || inside.starts_with("Image: ") || has_agency(inside) || is_owned();
    }
    // A search for words begins with more work than one for bytes, which most lines lack.
    let has = |byte: u8| memchr(byte, end.as_bytes()).is_some();
    if has(b':') && CREDITS_BEHIND.iter().any(|credit| end.contains(credit)) {
        return true;
    }
    if has(0xe2) && end.rsplit_once(" – ").is_some_and(|(_, credit)| is_agency(credit) || is_parted(credit))
    {
        return true;
    }
    let parted = || end.rsplit_once(" - ").or_else(|| end.rsplit_once(" | "));
    if (has(b'-') || has(b'|'))
        && let Some((_, credit)) = parted()
    {
        let of_agency = |(_, agency): (&str, &str)| is_of_names(agency) && credit.len() < 50;
        return credit.rsplit_once('/').is_some_and(of_agency) || is_credit(credit);
    }
    is_agency(line) || is_own_credit(line) || behind_stop(end).is_some_and(is_credit_behind)
}

/// Whether a line that ends in an agency's name in brackets is a report of that agency, and no picture: `The pier is shut. (dpa)`.
/// Short captions may end so, too.
fn is_report(line: &str, inside: &str) -> bool {
    let Some(text) = line.get(..line.len().saturating_sub(inside.len() + 2)) else {
        return false;
    };
    let text = text.trim_end();
    let is_told =
        || ["with ", "mit "].iter().any(|with| inside.starts_with(with)) || inside.ends_with(" inputs");
    let are_agencies = || inside.split(", ").all(is_agency);
    text.ends_with(['.', '!', '?', '”', '"', '“'])
        && (text.len() >= REPORT_BYTES_MIN && are_agencies() || has_agency(inside) && is_told())
}

/// What stands behind the last full stop with a blank.
fn behind_stop(text: &str) -> Option<&str> {
    let stops = memrchr_iter(b'.', text.as_bytes());
    stops.map(|at| &text[at + 1..]).find_map(|behind| behind.strip_prefix(' '))
}

/// Whether what stands behind a caption's sentence is whose picture it is: `Jo Lu/Pool/Getty Images`, `Jo Lu AP`,
/// `Getty Images`, `CNN`.
fn is_credit_behind(credit: &str) -> bool {
    let of_agency = |(name, agency): (&str, &str)| is_agency(agency) && is_of_names(name);
    OWNERS.contains(&credit)
        || is_agency(credit)
        || is_parted(credit)
        || credit.rsplit_once(' ').is_some_and(of_agency)
}

/// Whether a credit is names with slashes between them, `Jo Lu/Al Jazeera`, `Jo Lu/The Avery Times/Redux`.
fn is_parted(credit: &str) -> bool {
    memchr(b'/', credit.as_bytes()).is_some() && is_of_names(credit)
}

/// What stands in the brackets that a line ends in: `(Reuters)`, `[Getty]`, `（…攝）`.
fn in_brackets(line: &str) -> Option<&str> {
    const BRACKETS: &[(char, char)] = &[('(', ')'), ('[', ']'), ('（', '）')];
    BRACKETS.iter().find_map(|&(opens, closes)| Some(line.strip_suffix(closes)?.rsplit_once(opens)?.1))
}

/// Whether a line ends in whose picture it is, `Image source, Getty Images`, also where caption and label were glued together,
/// `The pierImage source, …`. Prose has sources, too: `A government source, who asked not to be named, …`.
fn is_sourced(line: &str) -> bool {
    let Some(comma) = memrchr(b',', line.as_bytes()) else { return false };
    let owner = line[comma + 1..].trim_start();
    line[..comma].strip_suffix(" source").is_some_and(|before| {
        let (_, label) = before.rsplit_once(' ').unwrap_or(("", before));
        owner.len() <= CREDIT_BYTES_MAX && (seams(label).next().is_some() || is_of_names(owner))
    })
}

/// Whether a line is a credit and nothing else, `Jose Lu/AP`, `Jose Lu | AP`: then the line above it is the caption.
pub fn is_own_credit(line: &str) -> bool {
    let line = line.strip_prefix("- ").unwrap_or(line);
    if line.len() > OWN_CREDIT_BYTES_MAX {
        return false;
    }
    if let Some(words) = labelled(line) {
        return CREDIT_LABELS.iter().any(|label| line.starts_with(label)) || has_agency(words);
    }
    if memchr2(b'/', b'|', line.as_bytes()).is_none() {
        return false;
    }
    if let Some((name, agency)) = line.split_once(" | ") {
        return is_of_names(name) && has_agency(agency);
    }
    let agency = line.rsplit_once(" / ").or_else(|| line.rsplit_once('/').filter(|_| is_of_names(line)));
    agency.is_some_and(|(name, agency)| has_agency(agency) || is_agency(name))
}

/// Whether a line ends in somebody's name, ` - Eddie Carr`, as captions do and sentences don't. A headline may, too.
pub fn is_credited(line: &str) -> bool {
    // Nearly all lines leave here, without a look into the tables of Unicode.
    if line.as_bytes().last().is_some_and(u8::is_ascii_punctuation) || line.ends_with(['”', '’']) {
        return false;
    }
    let end = &line[line.ceil_char_boundary(line.len().saturating_sub(CREDIT_BYTES_MAX))..];
    line.len() <= CAPTION_BYTES_MAX
        && end
            .rsplit_once(" - ")
            .is_some_and(|(_, credit)| credit.split(' ').count() <= CREDIT_WORDS_MAX && is_of_names(credit))
        && !is_score(line)
}

/// Whether both sides of a line end in a number, `Avery 24 - Lorne 17`, or it opens with a time.
fn is_score(line: &str) -> bool {
    let is_number = |side: &str| side.ends_with(|c: char| c.is_ascii_digit());
    line.starts_with(|c: char| c.is_ascii_digit())
        || line.split_once(" - ").is_some_and(|(one, other)| is_number(one) && is_number(other))
}

/// What a caption says behind the word that marks it, `PHOTO: The pier.`
pub fn words_of(line: &str) -> &str {
    labelled(line).unwrap_or(line)
}

/// The same of a line that has such a word.
fn labelled(line: &str) -> Option<&str> {
    // Most lines begin with other letters.
    matches!(line.as_bytes().first(), Some(b'B' | b'C' | b'F' | b'I' | b'M' | b'P' | b'V'))
        .then(|| CREDIT_OPENINGS.iter().find_map(|opening| line.strip_prefix(opening)))
        .flatten()
}

/// Whether what stands in brackets on a line of its own is whose picture it is, `Ann Bee/PA`, `AFP via Getty Images`, `Photo: AP`,
/// or a clock.
fn is_owner_or_clock(inside: &str) -> bool {
    let owner = inside.split_once(": ").map_or(inside, |(_, owner)| owner);
    inside.len() <= CREDIT_BYTES_MAX
        && (is_of_names(owner) || has_agency(owner) || clock::leading(inside).is_some())
}

/// Whether a credit names an agency, or is a name in capitals.
fn is_credit(credit: &str) -> bool {
    let in_capitals = || {
        credit.len() <= 30
            && credit.split(' ').count() == 2
            && credit.chars().all(|c| c.is_uppercase() || matches!(c, ' ' | '-' | '\''))
    };
    has_agency(credit) || in_capitals()
}

/// Whether a word is the name of an agency.
pub fn is_agency(name: &str) -> bool {
    name.len() <= AGENCY_BYTES_MAX && AGENCIES.contains(&name)
}

/// Whether one of the agencies is among some words.
fn has_agency(words: &str) -> bool {
    AGENCIES.iter().any(|agency| {
        memmem::find_iter(words.as_bytes(), agency.as_bytes()).any(|at| {
            let of_word = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
            let bytes = words.as_bytes();
            !of_word(at.checked_sub(1).and_then(|before| bytes.get(before)))
                && !of_word(bytes.get(at + agency.len()))
        })
    })
}

/// Whether every word has a capital: `Jose Lu/AP`, `Jose Lu/Pool via AP`, `Jose Lu / No 10`.
fn is_of_names(line: &str) -> bool {
    const SMALL: &[&str] = &["&", "/", "for", "of", "the", "via"];
    let is_name = |word: &str| {
        word.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit() || c == '@')
            || word.starts_with("i-")
            || SMALL.contains(&word)
    };
    line.starts_with(|c: char| c.is_alphabetic() || c == '@')
        && line.split(' ').all(is_name)
        && !SMALL.contains(&line)
}

/// Whether a line is how long a film is: `1:31`, `01:31`.
pub fn is_length(line: &str) -> bool {
    matches!(
        line.as_bytes(),
        [b'0'..=b'9', b':', b'0'..=b'5', b'0'..=b'9']
            | [b'0'..=b'5', b'0'..=b'9', b':', b'0'..=b'5', b'0'..=b'9']
    )
}

/// Whether a line is a player's lengths, `VIDEO3:0203:02`: its caption stands below it.
pub fn is_player(line: &str) -> bool {
    line.strip_prefix("VIDEO").is_some_and(|lengths| {
        lengths.starts_with(|c: char| c.is_ascii_digit())
            && lengths.bytes().all(|byte| byte.is_ascii_digit() || byte == b':')
    })
}

/// Whether a picture's caption is the next line.
pub fn opens_caption(line: &str) -> bool {
    const OPENINGS: &[&str] = &[
        "image caption",
        "image caption,",
        "media caption,",
        "video caption,",
    ];
    OPENINGS.iter().any(|opening| opening.eq_ignore_ascii_case(line))
}

/// Whether a line says whose the picture is that the line above it describes: `Image copyright Reuters`.
pub fn is_label(line: &str) -> bool {
    line.starts_with("Image copyright ") || line.starts_with("Image source, ")
}

/// Whether a line is whose picture it is, and the next one says so: `Reuters`, `Copyright: Reuters`.
pub fn is_owner(line: &str, next: &str) -> bool {
    next.strip_prefix("Copyright: ") == Some(line)
}

/// Whether a line is a picture's wherever it stands: its last words say so, `The pier. Photograph: Jo Lu/AP`, `(Getty Images)`.
#[inline]
pub fn is_told_by_its_end(line: &str) -> bool {
    // Nearly all lines end as sentences do.
    let Some(b'a'..=b'z' | b'A'..=b'Z' | b')') = line.as_bytes().last() else { return false };
    if line.len() > CAPTION_BYTES_MAX {
        return false;
    }
    let end = &line[line.ceil_char_boundary(line.len().saturating_sub(CREDIT_BYTES_MAX))..];
    if end.ends_with(')') {
        return end.ends_with("(Getty Images)") || end.ends_with("/Getty Images)");
    }
    const LABELS: &[&str] = &["Photograph:", "Pic:", "Picture:"];
    let Some(colon) = memrchr(b':', end.as_bytes()) else { return false };
    let named = LABELS.iter().find(|label| end[..colon + 1].ends_with(*label));
    named.is_some_and(|label| {
        let before = &end[..colon + 1 - label.len()];
        before.ends_with(['.', '!', '?', '…', ' '])
            && before.trim_end().ends_with(['.', '!', '?', '…'])
            && end[colon + 1..]
                .strip_prefix(' ')
                .is_some_and(|credit| is_of_names(credit) || has_agency(credit))
    })
}
