//! Strings, numbers and instants into JSON, appended to a line: the same bytes that `serde_json` and `jiff` write,
//! several times as fast. An event is mostly its body, so that escaping it is most of the work of encoding it.

use jiff::Timestamp;
use jiff::tz::Offset;

/// How many bytes are looked at together.
const BLOCK_BYTES: usize = 32;

/// Appends a string, with its quotes.
pub fn push_string(line: &mut Vec<u8>, text: &str) {
    line.reserve(text.len() + 2);
    line.push(b'"');
    let mut rest = text.as_bytes();
    loop {
        let (plain, escaped) = rest.split_at(plain_length(rest));
        line.extend_from_slice(plain);
        let Some((&byte, after)) = escaped.split_first() else { break };
        push_escaped(line, byte);
        rest = after;
    }
    line.push(b'"');
}

/// How many bytes there are before the first that must be escaped.
fn plain_length(bytes: &[u8]) -> usize {
    let (blocks, _) = bytes.as_chunks::<BLOCK_BYTES>();
    // Without a branch for each byte, the compiler makes vector instructions of a block.
    let plain =
        |block: &&[u8; BLOCK_BYTES]| !block.iter().fold(false, |must, &byte| must | must_escape(byte));
    let from = blocks.iter().take_while(plain).count() * BLOCK_BYTES;
    let (words, rest) = bytes[from..].as_chunks::<8>();
    for (at, word) in words.iter().enumerate() {
        let escaped = to_escape(u64::from_le_bytes(*word));
        if escaped != 0 {
            return from + at * 8 + escaped.trailing_zeros() as usize / 8;
        }
    }
    let last = rest.iter().position(|&byte| must_escape(byte)).unwrap_or(rest.len());
    bytes.len() - rest.len() + last
}

fn must_escape(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

/// The highest bit of each of the eight bytes that must be escaped. Above the lowest of them a bit may be wrong,
/// since the subtractions borrow.
fn to_escape(word: u64) -> u64 {
    let all = |byte: u8| u64::from_le_bytes([byte; 8]);
    let is_zero = |word: u64| word.wrapping_sub(all(1)) & !word;
    let is_control = word.wrapping_sub(all(0x20)) & !word;
    (is_control | is_zero(word ^ all(b'"')) | is_zero(word ^ all(b'\\'))) & all(0x80)
}

fn push_escaped(line: &mut Vec<u8>, byte: u8) {
    let short = match byte {
        b'"' | b'\\' => byte,
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        0x08 => b'b',
        0x0c => b'f',
        _ => {
            line.extend_from_slice(b"\\u00");
            return push_hex(line, &[byte]);
        }
    };
    line.extend_from_slice(&[b'\\', short]);
}

/// Appends two hexadecimal digits a byte.
pub fn push_hex(line: &mut Vec<u8>, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for byte in bytes {
        line.extend_from_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    }
}

/// Appends a number.
pub fn push_number(line: &mut Vec<u8>, mut number: u64) {
    let mut digits = [0; 20];
    let mut from = digits.len();
    loop {
        from -= 1;
        digits[from] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            return line.extend_from_slice(&digits[from..]);
        }
    }
}

/// Appends an instant as RFC 3339 with `Z`, as precise as it is; without quotes.
pub fn push_timestamp(line: &mut Vec<u8>, timestamp: Timestamp) {
    if timestamp.subsec_nanosecond() != 0 || !push_seconds(line, timestamp) {
        return line.extend_from_slice(timestamp.to_string().as_bytes());
    }
    line.push(b'Z');
}

/// An instant as RFC 3339 with `Z`, as precise as it is.
pub fn rfc3339(timestamp: Timestamp) -> String {
    let mut text = Vec::with_capacity("2024-03-06T14:15:00Z".len());
    push_timestamp(&mut text, timestamp);
    String::from_utf8(text).expect("digits and marks are ASCII")
}

/// Appends an instant as RFC 3339 with `Z`, to the millisecond; without quotes.
pub fn push_timestamp_ms(line: &mut Vec<u8>, timestamp: Timestamp) {
    if timestamp.subsec_nanosecond() < 0 || !push_seconds(line, timestamp) {
        return line.extend_from_slice(format!("{timestamp:.3}").as_bytes());
    }
    let ms = timestamp.subsec_millisecond() as u32;
    line.push(b'.');
    push_digits(line, ms, 100);
    line.push(b'Z');
}

/// Appends date and time without fraction and zone. False, and nothing appended, before the year 0.
fn push_seconds(line: &mut Vec<u8>, timestamp: Timestamp) -> bool {
    let at = Offset::UTC.to_datetime(timestamp);
    let Ok(year) = u32::try_from(at.year()) else { return false };
    push_digits(line, year, 1_000);
    for (mark, part) in [
        (b'-', at.month()),
        (b'-', at.day()),
        (b'T', at.hour()),
        (b':', at.minute()),
        (b':', at.second()),
    ] {
        line.push(mark);
        push_digits(line, part as u32, 10);
    }
    true
}

/// Appends a number with leading zeros, from the digit that stands for `unit` on.
fn push_digits(line: &mut Vec<u8>, number: u32, mut unit: u32) {
    while unit > 0 {
        line.push(b'0' + (number / unit % 10) as u8);
        unit /= 10;
    }
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
            let ms = pushed(|line| push_timestamp_ms(line, timestamp));
            proptest::prop_assert_eq!(ms, format!("{timestamp:.3}"));
        }

        #[test]
        fn numbers_are_those_of_everyone(number: u64, shift in 0u32..64) {
            let number = number >> shift;
            proptest::prop_assert_eq!(pushed(|line| push_number(line, number)), number.to_string());
        }
    }

    #[test]
    fn every_byte_that_must_be_escaped_is() {
        let text: String = (0..0x80).map(char::from).collect();
        let expected = serde_json::to_string(&text).expect("a string");
        assert_eq!(pushed(|line| push_string(line, &text)), expected);
    }
}
