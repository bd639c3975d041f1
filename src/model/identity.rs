//! What makes two updates the same one: scope, time and folded opening, hashed to an id.
//!
//! The rules are contract (every consumer's stored ids hang on them): never change one without a new
//! schema version.

use memchr::memchr2;
use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

/// How many bytes are folded together.
const BLOCK_BYTES: usize = 64;

/// How much of an opening counts, characters.
pub const OPENING_CHARS_MAX: usize = 200;

/// The first 96 bits of a SHA-256: 24 hex characters in the event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(pub [u8; 12]);

impl Id {
    /// The id of an update: `scope` is empty if global, else the blog; `time` is the timestamp as in
    /// the event, a match clock as written, or empty; `folded` is the opening after [`fold`].
    pub fn new(scope: &str, time: &[u8], folded: &[u8]) -> Id {
        let hash = named([scope.as_bytes(), time, folded], |name| Sha256::digest(name));
        let mut id = [0; 12];
        id.copy_from_slice(&hash[..12]);
        Id(id)
    }

    /// The id of 24 hex characters; `None` if it isn't one.
    pub fn from_hex(hex: &str) -> Option<Id> {
        if hex.len() != 24 || !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        let mut id = [0; 12];
        for (at, byte) in id.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&hex[at * 2..at * 2 + 2], 16).ok()?;
        }
        Some(Id(id))
    }
}

impl std::fmt::Display for Id {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for byte in self.0 {
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

/// An opening with what doesn't matter taken out: NFKC, lower case, plain quotes and hyphens, single
/// blanks, trimmed, cut to [`OPENING_CHARS_MAX`].
pub fn fold(opening: &str) -> String {
    let mut folded = Vec::new();
    push_folded(&mut folded, opening);
    String::from_utf8(folded).expect("text in, text out")
}

/// The same, appended to others: a page has one for each of its updates.
pub fn push_folded(folded: &mut Vec<u8>, opening: &str) {
    fold_upto(opening, OPENING_CHARS_MAX, folded);
}

/// The same without the cut: for the comparison of whole texts.
pub fn fold_all(text: &str) -> String {
    let mut folded = Vec::new();
    fold_upto(text, usize::MAX, &mut folded);
    String::from_utf8(folded).expect("text in, text out")
}

fn fold_upto(text: &str, chars_max: usize, folded: &mut Vec<u8>) {
    let from = folded.len();
    if !fold_even(text, chars_max, folded) {
        folded.truncate(from);
        folded.extend_from_slice(fold_uneven(text, chars_max).as_bytes());
    }
}

fn fold_uneven(text: &str, chars_max: usize) -> String {
    let mut folded = String::with_capacity(text.len().min(chars_max.saturating_mul(2)) + 4);
    if fold_plain(text, chars_max, &mut folded) {
        return folded;
    }
    // Lower-casing looks a few characters ahead (final sigma), so the cut comes after it.
    let spare = chars_max.saturating_add(64);
    let mut squeezed = String::new();
    let mut blank = false;
    let mut chars = 0;
    for c in text.nfkc() {
        if c.is_whitespace() {
            blank = !squeezed.is_empty();
            continue;
        }
        if std::mem::take(&mut blank) {
            squeezed.push(' ');
            chars += 1;
        }
        squeezed.push(c);
        chars += 1;
        if chars >= spare {
            break;
        }
    }
    folded.clear();
    folded.extend(squeezed.to_lowercase().chars().map(plain).take(chars_max));
    folded
}

/// Folds what is ASCII and typographic marks in single blanks, as nearly all headlines are: a block at a time, without
/// a branch for each byte. False as soon as something else comes; what was appended is then worthless.
fn fold_even(text: &str, chars_max: usize, folded: &mut Vec<u8>) -> bool {
    let bytes = text.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else { return true };
    if *first == b' ' || *last <= b' ' {
        return false;
    }
    let from = folded.len();
    let (mut is_uneven, mut is_ascii) = (false, true);
    let mut push = |block: [u8; BLOCK_BYTES], next: [u8; BLOCK_BYTES], length: usize| {
        let pairs = || block.iter().zip(&next);
        is_uneven |= pairs().fold(false, |is, (&a, &b)| is | (a < b' ') | ((a == b' ') & (b == b' ')));
        is_ascii &= block.iter().fold(true, |is, byte| is & byte.is_ascii());
        folded.extend_from_slice(&block.map(|byte| byte.to_ascii_lowercase())[..length]);
    };
    // Each byte with the one behind it, and the last one by itself.
    let (blocks, rest) = bytes[..bytes.len() - 1].as_chunks();
    let (nexts, next_rest) = bytes[1..].as_chunks();
    for (&block, &next) in blocks.iter().zip(nexts) {
        push(block, next, BLOCK_BYTES);
    }
    let (mut block, mut next) = ([*last; BLOCK_BYTES], [*last; BLOCK_BYTES]);
    block[..rest.len()].copy_from_slice(rest);
    next[..rest.len()].copy_from_slice(next_rest);
    push(block, next, rest.len() + 1);
    if is_uneven || !is_ascii && text.len() > chars_max {
        return false;
    }
    if !is_ascii {
        return fold_marks(folded, from);
    }
    folded.truncate(from.saturating_add(chars_max));
    true
}

/// Makes the typographic marks plain, from an index on. False if there is another character that isn't ASCII.
fn fold_marks(folded: &mut Vec<u8>, from: usize) -> bool {
    let (mut read, mut write) = (from, from);
    while let Some(run) = memchr2(0xe2, 0xc2, &folded[read..]) {
        let Some((plain, length)) = leading_mark(&folded[read + run..]) else { return false };
        folded.copy_within(read..read + run, write);
        folded[write + run] = plain;
        (read, write) = (read + run + length, write + run + 1);
    }
    folded.copy_within(read.., write);
    folded.truncate(folded.len() - (read - write));
    folded[from..].is_ascii()
}

/// The plain form of the typographic mark that opens some text, and how many bytes the mark takes.
fn leading_mark(text: &[u8]) -> Option<(u8, usize)> {
    let length = if text[0] < 0xe0 { 2 } else { 3 };
    let c = str::from_utf8(text.get(..length)?).ok()?.chars().next()?;
    Some((mark(c)? as u8, length))
}

/// The plain form of a typographic mark that NFKC leaves as it is.
fn mark(c: char) -> Option<char> {
    match c {
        '‘' | '’' | '‚' | '‛' | '“' | '”' | '„' | '‟' | '«' | '»' | '‐' | '‒' | '–' | '—' | '―' => {
            Some(plain(c))
        }
        _ => None,
    }
}

/// Folds text of ASCII and common typographic marks, which is nearly all of it, in one pass.
/// False as soon as something else comes; `folded` is then worthless.
fn fold_plain(text: &str, chars_max: usize, folded: &mut String) -> bool {
    let mut blank = false;
    let mut chars = 0;
    // Beyond the cut one more character is looked at, since a combining mark may change the one before.
    for c in text.chars() {
        if c.is_ascii_whitespace() || c == '\u{b}' {
            blank = !folded.is_empty();
            continue;
        }
        let c = match c {
            '\u{1c}'..='\u{1f}' => c,
            c if c.is_ascii() => c.to_ascii_lowercase(),
            c => match mark(c) {
                Some(plain) => plain,
                None => return false,
            },
        };
        if chars >= chars_max {
            return true;
        }
        if std::mem::take(&mut blank) {
            folded.push(' ');
            chars += 1;
            if chars >= chars_max {
                return true;
            }
        }
        folded.push(c);
        chars += 1;
    }
    true
}

fn plain(c: char) -> char {
    match c {
        '‘' | '’' | '‚' | '‛' | '′' => '\'',
        '“' | '”' | '„' | '‟' | '″' | '«' | '»' => '"',
        '‐' | '‑' | '‒' | '–' | '—' | '―' => '-',
        c => c,
    }
}

/// An update's date-less name: a hash over scope, time as written and folded opening. A page whose day is only
/// inferred is recognised by these; all three stand in the event, so that the index can be made again.
pub fn loose_key(scope: &str, time_text: &str, folded: &[u8]) -> u64 {
    named([scope.as_bytes(), without_age(time_text).as_bytes(), folded], xxh3_64)
}

/// A clock as written, without the age before it, which is another one each time: `7m ago (11:12 GMT)`, `now (11:12 GMT)`.
fn without_age(time_text: &str) -> &str {
    // Few have one, and a search for a word costs more than one for a letter, that without a branch for each byte.
    let has_g = time_text.bytes().fold(false, |has, byte| has | (byte == b'g'));
    let ago = has_g.then(|| time_text.rsplit_once(" ago")).flatten();
    let behind = ago.map(|(_, behind)| behind).or_else(|| {
        ["now ", "Now ", "just now ", "Just now "].iter().find_map(|now| time_text.strip_prefix(now))
    });
    let has_clock = |text: &&str| text.contains(|c: char| c.is_ascii_digit());
    behind.filter(has_clock).map_or(time_text, str::trim_start)
}

/// What `hash` makes of three strings, each with a mark behind it. They are put together first: for so little, a hash
/// that is fed in parts costs several times as much, and so does memory of its own.
fn named<T>(parts: [&[u8]; 3], hash: impl FnOnce(&[u8]) -> T) -> T {
    const USUAL_BYTES_MAX: usize = 256;
    let length: usize = parts.iter().map(|part| part.len() + 1).sum();
    let (mut usual, mut long) = ([0; USUAL_BYTES_MAX], Vec::new());
    let name = match usual.get_mut(..length) {
        Some(name) => name,
        None => {
            long.resize(length, 0);
            &mut long[..]
        }
    };
    let mut at = 0;
    for part in parts {
        // Most have no scope, and to copy nothing is a call, too.
        if !part.is_empty() {
            name[at..at + part.len()].copy_from_slice(part);
        }
        at += part.len() + 1;
        name[at - 1] = 0x1f;
    }
    hash(name)
}

/// A 64-bit hash of what an update says as it stands; differs wherever the text does.
pub fn text_hash(headline: Option<&str>, body: &str) -> u64 {
    let mut hash = Xxh3::new();
    hash.update(headline.unwrap_or("").as_bytes());
    hash.update(&[0x1f, u8::from(headline.is_some())]);
    hash.update(body.as_bytes());
    hash.digest()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_takes_out_what_does_not_matter() {
        assert_eq!(fold("  Don’t “Panic” —\u{a0}ﬁnal  ΣΟΦΟΣ "), "don't \"panic\" - final σοφος");
        assert_eq!(fold("A\tB\r\nC"), "a b c");
        assert_eq!(fold("5″ nail"), "5'' nail", "NFKC makes it two primes first");
        assert_eq!(fold(""), "");
        assert_eq!(fold(" \u{3000} "), "");
    }

    #[test]
    fn an_age_beside_the_clock_is_no_part_of_the_date_less_name() {
        let key = |time_text: &str| loose_key("", time_text, b"the bridge is open");
        for [one, other] in [
            ["7m ago (11:12 GMT)", "1 hr 10 min ago (11:12 GMT)"],
            ["now (11:12 GMT)", "7m ago (11:12 GMT)"],
            ["13h ago / 1:42 PM EST", "2d ago / 1:42 PM EST"],
            ["8m ago8 minutes ago23:00", "9m ago9 minutes ago23:00"],
        ] {
            assert_eq!(key(one), key(other));
        }
        assert_ne!(key("7m ago (11:12 GMT)"), key("7m ago (11:13 GMT)"));
        assert_ne!(key("11:12 GMT"), key("11:13 GMT"));
    }

    #[test]
    fn the_cut_is_at_two_hundred_characters() {
        assert_eq!(fold(&"é".repeat(300)).chars().count(), 200);
        assert_eq!(fold(&"e".repeat(300)).len(), 200);
        assert_eq!(fold(&format!("{} b", "e".repeat(199))), format!("{} ", "e".repeat(199)));
        assert_eq!(fold(&format!("{} é", "e".repeat(199))), format!("{} ", "e".repeat(199)));
        // The 200th character is one with the combining mark behind it.
        let composed = fold(&format!("{}e\u{301}", "e".repeat(199)));
        assert_eq!(composed, format!("{}é", "e".repeat(199)));
    }

    proptest::proptest! {
        #[test]
        fn the_fast_paths_fold_like_the_slow_one(
            text in "([a-zA-Z ’“”–\\-\t\u{301}é\u{1e}\u{85}]{0,40}|[A-z ]{0,40}|[A-z ’“–]{0,9}|([A-z]{9,40}[ ’«é]?){1,5})",
            chars_max in proptest::sample::select(vec![20, OPENING_CHARS_MAX]),
        ) {
            let mut plain_folded = String::new();
            let plain_folded = fold_plain(&text, chars_max, &mut plain_folded).then_some(plain_folded);
            let mut even_folded = b"before".to_vec();
            let is_even = fold_even(&text, chars_max, &mut even_folded);
            let even_folded = is_even.then(|| String::from_utf8(even_folded.split_off("before".len())))
                .transpose().expect("text in, text out");
            for fast in [plain_folded, even_folded].into_iter().flatten() {
                let slow: String = text.nfkc().collect::<String>().to_lowercase()
                    .split_whitespace().collect::<Vec<_>>().join(" ")
                    .chars().map(plain).take(chars_max).collect();
                proptest::prop_assert_eq!(fast, slow);
            }
        }
    }

    #[test]
    fn ids_never_change() {
        // Four of them, computed outside this program with sha256sum.
        assert_eq!(
            Id::new(
                "",
                b"2024-03-06T14:15:00Z",
                fold("No apology needed for leaking British military secrets, says German ambassador")
                    .as_bytes()
            )
            .to_string(),
            "37ec810adb951efbfbe3be70"
        );
        let match_clock = Id::new("cup/final", b"45+2", fold("GOAL!  “What a strike” – 2‑1").as_bytes());
        assert_eq!(match_clock.to_string(), "3510437ef71eb7af18acbf0b");
        let long = Id::new(&"w/".repeat(400), b"07:45", fold(&"ё".repeat(200)).as_bytes());
        assert_eq!(long.to_string(), "08f196184bddb444c6fe2e6f");
        let no_time = Id::new("", b"", fold("Cafe\u{301} it’s open\u{a0}7m ago").as_bytes());
        assert_eq!(no_time.to_string(), "ff26c186a99db8af5251685f");
    }

    #[test]
    fn hex_there_and_back() {
        let id = Id::new("", b"", b"x");
        assert_eq!(Id::from_hex(&id.to_string()), Some(id));
        assert_eq!(Id::from_hex("37ec810adb951efbfbe3be7"), None);
        assert_eq!(Id::from_hex("zzec810adb951efbfbe3be70"), None);
    }
}
