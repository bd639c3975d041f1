//! Strings, numbers and instants into JSON, appended to a line: the same bytes that `serde_json` and `jiff` write,
//! several times as fast. An event is mostly its body, so that escaping it is most of the work of encoding it.

use jiff::Timestamp;
use jiff::tz::Offset;

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

/// Appends two hexadecimal digits a byte.
pub fn push_hex(line: &mut Vec<u8>, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let from = line.len();
    line.resize(from + 2 * bytes.len(), 0);
    for (digits, byte) in line[from..].chunks_exact_mut(2).zip(bytes) {
        digits.copy_from_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    }
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
    let at = Offset::UTC.to_datetime(timestamp);
    if timestamp.subsec_nanosecond() != 0 || at.year() < 0 {
        return None;
    }
    let pair = |number: i16| PAIRS[number as usize];
    let mut text = *b"0000-00-00T00:00:00Z";
    text[..2].copy_from_slice(&pair(at.year() / 100));
    text[2..4].copy_from_slice(&pair(at.year() % 100));
    let parts = [at.month(), at.day(), at.hour(), at.minute(), at.second()];
    for (digits, part) in text[5..].chunks_exact_mut(3).zip(parts) {
        digits[..2].copy_from_slice(&pair(part.into()));
    }
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
