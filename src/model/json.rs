//! Strings, numbers and instants into JSON, appended to a line: the same bytes that `serde_json` and `jiff` write,
//! several times as fast. An event is mostly its body, so that escaping it is most of the work of encoding it.

use std::cell::Cell;

use jiff::Timestamp;
use jiff::tz::Offset;

use crate::model::time::DAY_S;

/// Longer strings are escaped byte by byte: the quick way makes room for six times their length at once. A usual event
/// is shorter than this, and a longer body is cut to it.
const QUICK_BYTES_MAX: usize = 64 << 10;

/// Appends a string, with its quotes. Bytes are copied and looked at in one pass, 32 at a time where the processor can:
/// what the compiler makes of safe code took twice as long.
pub fn push_string(line: &mut Vec<u8>, text: &str) {
    if text.len() > QUICK_BYTES_MAX {
        return serde_json::to_writer(line, text).expect("a Vec takes every write");
    }
    json_escape_simd::escape_into(text, line);
}

/// Whether a text has characters that JSON lets stand, and a terminal obeys as it obeys an escape: DEL, and U+0080 to
/// U+009F, with the CSI of one character among them. Hardly any text has one.
pub fn has_more_controls(text: &[u8]) -> bool {
    // Two searches for a byte each take less than one for both.
    memchr::memchr(DEL, text).is_some()
        || memchr::memchr_iter(C1_LEAD, text).any(|at| matches!(text.get(at + 1), Some(0x80..=0x9f)))
}

/// What the characters that [`has_more_controls`] looks for begin with.
pub const DEL: u8 = 0x7f;
/// Likewise; so do a hundred others.
pub const C1_LEAD: u8 = 0xc2;

/// Escapes them, from an index of the line on. They stand in strings only.
pub fn escape_more_controls(line: &mut Vec<u8>, from: usize) {
    if !has_more_controls(&line[from..]) {
        return;
    }
    let text = String::from_utf8(line.split_off(from)).expect("JSON is text");
    for character in text.chars() {
        match character {
            '\u{7f}'..='\u{9f}' => {
                line.extend_from_slice(b"\\u00");
                push_hex(line, &[character as u8]);
            }
            other => line.extend_from_slice(other.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}

/// The digits of every byte.
const HEX: [[u8; 2]; 256] = {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut hex = [[0; 2]; 256];
    let mut byte = 0;
    while byte < hex.len() {
        hex[byte] = [DIGITS[byte >> 4], DIGITS[byte & 15]];
        byte += 1;
    }
    hex
};

/// Appends two hexadecimal digits a byte.
pub fn push_hex<const BYTES: usize>(line: &mut Vec<u8>, bytes: &[u8; BYTES]) {
    line.extend_from_slice(bytes.map(|byte| HEX[usize::from(byte)]).as_flattened());
}

/// Appends a number.
pub fn push_number(line: &mut Vec<u8>, number: u64) {
    line.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// The numbers below a hundred, of two digits each.
const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[b'0'; 2]; 100];
    let mut number = 0;
    while number < 100 {
        pairs[number] = [b'0' + (number / 10) as u8, b'0' + (number % 10) as u8];
        number += 1;
    }
    pairs
};

/// Appends an instant as RFC 3339 with `Z`, as precise as it is; without quotes.
pub fn push_timestamp(line: &mut Vec<u8>, timestamp: Timestamp) {
    match whole_second(timestamp) {
        Some(text) => line.extend_from_slice(&text),
        None => line.extend_from_slice(timestamp.to_string().as_bytes()),
    }
}

/// The same of an instant without a fraction of a second, as nearly all are, since the year 0.
pub fn whole_second(timestamp: Timestamp) -> Option<[u8; 20]> {
    thread_local! {
        /// The second that was written last: an id and an event have the same one, a page's updates are mostly of one day,
        /// and a calendar takes its time.
        static LAST: Cell<(i64, [u8; 20])> = const { Cell::new((i64::MIN, [0; 20])) };
    }
    if timestamp.subsec_nanosecond() != 0 {
        return None;
    }
    let second = timestamp.as_second();
    let (last, mut text) = LAST.get();
    if second == last {
        return Some(text);
    }
    if second.div_euclid(DAY_S) != last.div_euclid(DAY_S) {
        text = midnight(timestamp)?;
    }
    let clock = second.rem_euclid(DAY_S) as u32;
    text[11..13].copy_from_slice(&PAIRS[(clock / 3_600) as usize]);
    text[14..16].copy_from_slice(&PAIRS[(clock / 60 % 60) as usize]);
    text[17..19].copy_from_slice(&PAIRS[(clock % 60) as usize]);
    LAST.set((second, text));
    Some(text)
}

/// The first second of an instant's day, since the year 0.
fn midnight(timestamp: Timestamp) -> Option<[u8; 20]> {
    let day = Offset::UTC.to_datetime(timestamp).date();
    let century = usize::try_from(day.year() / 100).ok().filter(|_| day.year() >= 0)?;
    let mut text = *b"0000-00-00T00:00:00Z";
    text[..2].copy_from_slice(&PAIRS[century]);
    text[2..4].copy_from_slice(&PAIRS[(day.year() % 100) as usize]);
    text[5..7].copy_from_slice(&PAIRS[day.month() as usize]);
    text[8..10].copy_from_slice(&PAIRS[day.day() as usize]);
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pushed(push: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut line = Vec::new();
        push(&mut line);
        String::from_utf8(line).expect("text in, text out")
    }

    proptest::proptest! {
        #[test]
        fn strings_are_those_of_serde_json(text in "(\\PC|[ -~]|[\\x00-\\x22\\\\]|[a-z ]{30}){0,12}") {
            let expected = serde_json::to_string(&text).expect("a string");
            proptest::prop_assert_eq!(pushed(|line| push_string(line, &text)), expected);
        }

        #[test]
        fn instants_are_those_of_jiff(
            second in -80_000_000_000i64..250_000_000_000,
            nanosecond in proptest::prop_oneof![proptest::prelude::Just(0), 0i32..1_000_000_000],
        ) {
            let timestamp = Timestamp::new(second, nanosecond).expect("in range");
            proptest::prop_assert_eq!(pushed(|line| push_timestamp(line, timestamp)), timestamp.to_string());
        }

        #[test]
        fn numbers_are_those_of_everyone(number: u64, shift in 0u32..64) {
            let number = number >> shift;
            proptest::prop_assert_eq!(pushed(|line| push_number(line, number)), number.to_string());
        }
    }

    #[test]
    fn no_control_is_left_that_a_terminal_would_obey() {
        let text: String = (0..0x101).filter_map(char::from_u32).collect();
        let line = pushed(|line| {
            push_string(line, &text);
            escape_more_controls(line, 0);
        });
        assert!(!line.chars().any(char::is_control), "{line}");
        assert_eq!(serde_json::from_str::<String>(&line).expect("a string"), text);
        let usual = "\"£40m, café\u{a0}\"";
        let mut line = usual.as_bytes().to_vec();
        escape_more_controls(&mut line, 0);
        assert_eq!(line, usual.as_bytes());
    }

    #[test]
    fn every_byte_that_must_be_escaped_is() {
        let text: String = (0..0x80).map(char::from).collect();
        let expected = serde_json::to_string(&text).expect("a string");
        assert_eq!(pushed(|line| push_string(line, &text)), expected);
    }
}
