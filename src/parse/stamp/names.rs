//! What may stand beside a clock besides its text: a category, an author.

use super::{Found, NAME_BYTES_MAX, Place, clocked, odd};
use crate::model::time::{Moment, Zone};
use crate::parse::{caption, zone};

/// A category on a stamp's line, bytes and words: longer is a headline.
pub(super) const LABEL_BYTES_MAX: usize = 40;
const LABEL_WORDS_MAX: usize = 4;
/// And in capitals, words.
const CAPITALS_WORDS_MAX: usize = 6;

/// Agencies whose names aren't known have no longer ones, bytes.
const AGENCY_BYTES_MAX: usize = 4;

/// What leads to a clock, also where no mark stands behind that.
const LEADS: &[&str] = &["ore", "ora", "klo", "kl."];
/// And only where one does: a sentence may begin so.
const LEADS_OF_SENTENCES: &[&str] = &[
    "kello", "klokken", "klockan", "godz.", "pukul", "saat", "um", "a las",
];

/// Whether a word leads to a clock, `Ore`.
pub(super) fn is_lead(word: &str) -> bool {
    LEADS.iter().any(|lead| word.eq_ignore_ascii_case(lead))
}

/// Whether a text may be the category of an update: `Chat`, `EN IMAGES`.
pub(super) fn is_label(text: &str) -> bool {
    let words_max = match text.contains(char::is_lowercase) {
        true => LABEL_WORDS_MAX,
        false => CAPITALS_WORDS_MAX,
    };
    text.len() <= LABEL_BYTES_MAX
        && text.starts_with(char::is_uppercase)
        && text
            .ends_with(|c: char| c.is_alphabetic() || words_max == CAPITALS_WORDS_MAX && c.is_ascii_digit())
        && text.split(' ').count() <= words_max
        && text.chars().all(|c| {
            // `LE POINT À 14 HEURES`
            let is_number = c.is_ascii_digit() && words_max == CAPITALS_WORDS_MAX;
            c.is_alphabetic() || is_number || matches!(c, ' ' | '-' | '’' | '\'' | '/' | '•')
        })
}

/// Whether a text is a category of French blogs, however it is written: `Contexte`, `L’ESSENTIEL`. No headline says so little.
pub(crate) fn is_category(text: &str) -> bool {
    const CATEGORIES: &[&str] = &[
        "a la une",
        "a lire",
        "a lire aussi",
        "a retenir",
        "alerte",
        "analyse",
        "chat",
        "citation",
        "contexte",
        "dans la presse",
        "decryptage",
        "edito",
        "editorial",
        "en images",
        "en video",
        "entretien",
        "images",
        "infographie",
        "interview",
        "l'essentiel",
        "le point",
        "lire aussi",
        "pour approfondir",
        "pour comprendre",
        "pour rappel",
        "question",
        "questions",
        "rappel",
        "reaction",
        "reactions",
        "recit",
        "reportage",
        "sur le terrain",
        "tchat",
        "temoignage",
        "tribune",
        "urgent",
        "verbatim",
        "vos questions",
        "vos reactions",
        "vos temoignages",
    ];
    let bare = |c: char| match c {
        'à' => 'a',
        'é' => 'e',
        '’' => '\'',
        c => c,
    };
    let text: String = text.chars().flat_map(char::to_lowercase).map(bare).collect();
    // `Le fait du jour`, `La question du jour`.
    CATEGORIES.contains(&text.as_str()) || text.ends_with(" du jour")
}

/// Whether a text may be an author: a few words, each with a capital; initials are words.
pub(crate) fn is_name(text: &str) -> bool {
    let is_word =
        |word: &str| word.starts_with(char::is_uppercase) && word.chars().skip(1).any(char::is_lowercase);
    let is_initial = |word: &str| matches!(word.as_bytes(), [b'A'..=b'Z'] | [b'A'..=b'Z', b'.']);
    let (mut words, mut initials) = (0, 0);
    for word in text.split(' ') {
        match (is_word(word), is_initial(word)) {
            (true, _) => words += 1,
            (false, true) => initials += 1,
            (false, false) => return false,
        }
    }
    words >= 2 && words + initials <= LABEL_WORDS_MAX && text.ends_with(char::is_alphabetic)
}

/// Whether a line may be who wrote what follows: names, each with capitals, and agencies.
pub(crate) fn is_author(line: &str) -> bool {
    const DESKS: &[&str] = &[
        "Agencias",
        "Agencies",
        "Agenturen",
        "Redacción",
        "Redaktion",
        "Redazione",
    ];
    let is_one = |name: &str| is_name(name) || caption::is_agency(name) || DESKS.contains(&name);
    line.len() <= NAME_BYTES_MAX && line.split(" and ").flat_map(|names| names.split(", ")).all(is_one)
}

/// `PIER NEWS 06:10:`, `WATCH OUT! 06:06: Harbour Radio`: what an update is about stands in capitals before its clock, and behind
/// that nothing, or who says so.
fn titled<'a>(text: &str, title: &'a str, found: &Found<'a>) -> Option<Found<'a>> {
    let is_plain = !(found.twelve || found.label || found.joined || found.glued || found.has_zone());
    let colon = text.len() - found.after.len();
    let is_titled = is_plain
        && matches!(found.place, Place::Alone | Place::Opens)
        && (found.mark || text.ends_with(':'))
        && text[..colon].trim_end().ends_with(':')
        && found.time_text.contains(':')
        && title.len() <= LABEL_BYTES_MAX
        && title.split(' ').count() <= CAPITALS_WORDS_MAX
        && title.chars().any(char::is_uppercase)
        && !title.contains(char::is_lowercase)
        && !caption::is_agency(title);
    // `HPA 06:06: The crane fell` is an agency's.
    let is_source = (found.after.is_empty() || title.len() > AGENCY_BYTES_MAX)
        && found.after.len() <= LABEL_BYTES_MAX
        && found.after.split(' ').count() <= LABEL_WORDS_MAX
        && found.after.chars().next_back().is_none_or(char::is_alphanumeric);
    (is_titled && is_source).then(|| Found {
        place: Place::Opens,
        mark: true,
        before: title,
        after: "",
        byline: (!found.after.is_empty()).then_some(found.after),
        ..found.clone()
    })
}

/// `AFP 10.40pm: Headline`, `Ann Bee 9.15pm: Headline`, `Live Update @ 8:15 AM: Headline`, `Author 14:55`, `Author 14:55 Chat`.
/// `at`: where its first digit stands.
pub(super) fn named<'a>(text: &'a str, at: usize, zones: &[(String, Zone)]) -> Option<Found<'a>> {
    let name = &text[..at];
    if at >= NAME_BYTES_MAX || !name.ends_with([' ', '\u{a0}']) {
        return None;
    }
    let name = name.trim();
    // `Ore 20,57 – Text`
    let mut found =
        clocked(text, at, zones).or_else(|| is_lead(name).then(|| odd(&text[at..], zones)).flatten())?;
    let is_marked = found.place == Place::Opens && found.mark;
    if let Moment::Clock { zone: zone @ None, .. } = &mut found.moment
        && is_marked
        && let Some((named, length)) = zone::leading(name, zones)
        && length == name.len()
    {
        // `MEZ 23:00 - Text`
        *zone = Some(named);
        return Some(found);
    }
    let words = name.split_whitespace().count();
    let agency = words <= 2 && name.chars().all(|c| c.is_uppercase() || c == '/' || c == ' ');
    let is_led = is_lead(name);
    let label = name.ends_with('@')
        || is_led
        || LEADS_OF_SENTENCES.iter().any(|word| name.eq_ignore_ascii_case(word));
    // `Budget 2014: the bill`
    if found.four_digits && !label {
        return None;
    }
    // `ORE 22.35 TEXT`
    let opens = |c: char| c.is_uppercase() || matches!(c, '"' | '“' | '«' | '„' | '‘');
    if is_led && found.place == Place::Opens && !found.glued && found.after.starts_with(opens) {
        // `Ore 22.35. Text`: no date has a word before it.
        return Some(Found { mark: true, odd: false, ..found });
    }
    if let Some(found) = titled(text, name, &found) {
        return Some(found);
    }
    if is_marked && (agency || label || name.split('/').all(is_author)) {
        found.byline = (!label).then_some(name);
        return Some(found);
    }
    if (found.stands_alone() || found.label) && is_author(name) {
        found.place = Place::Alone;
        found.byline = Some(name);
        found.after = "";
        found.label = true;
        return Some(found);
    }
    None
}
