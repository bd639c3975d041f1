//! Turns a time of day as stamps write it (`02:20 PM`, `7.22pm`, `23h32`, `5 a.m.`) into a time.
//!
//! It doesn't judge whether it stands where a stamp stands. Impossible clocks are no clocks.

use jiff::civil::Time;

/// A clock found at the start of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    /// The time of day.
    pub time: Time,
    /// Bytes it takes up, with `PM`, `Uhr`, `h`.
    pub length: usize,
    /// Whether it says AM or PM.
    pub twelve: bool,
    /// Whether it has minutes.
    pub has_minutes: bool,
    /// Whether it says `Uhr`, `h` or `hrs`.
    pub has_unit: bool,
    /// Whether it has seconds.
    pub seconds: bool,
    /// Four digits without a separator: a clock only where a `:` follows.
    pub four_digits: bool,
}

/// The clock that opens `text`.
pub fn leading(text: &str) -> Option<Clock> {
    let bytes = text.as_bytes();
    match bytes.first()? {
        b'0'..=b'9' => {}
        b'N' | b'n' | b'M' | b'm' => return word(text),
        // The first bytes of `午`, `上`, `下` and `오`.
        0xe4 | 0xe5 | 0xec => return east_asian(text),
        _ => return None,
    }
    let digits = bytes.iter().take(5).take_while(|b| b.is_ascii_digit()).count();
    let number = |from: usize, to: usize| {
        bytes[from..to].iter().fold(0i8, |n, digit| n.wrapping_mul(10).wrapping_add((digit - b'0') as i8))
    };
    let two_digits_at = |at: usize| {
        bytes.get(at).is_some_and(u8::is_ascii_digit)
            && bytes.get(at + 1).is_some_and(u8::is_ascii_digit)
            && !bytes.get(at + 2).is_some_and(u8::is_ascii_digit)
    };
    let mut hour;
    let (mut minute, mut second) = (0, 0);
    let mut end = digits;
    let (mut has_minutes, mut unit) = (digits >= 3, 0);
    let mut seconds = false;
    match digits {
        1 | 2 => {
            hour = number(0, digits);
            let separator = bytes.get(end).copied();
            let gap = match separator {
                Some(b':' | b'.' | b'h' | b'H' | b'u') => 1,
                Some(0xe6 | 0xe7 | 0xec) => return east_asian(text),
                // `16 h 15`, as French has it in Canada.
                Some(b' ') if bytes[end..].starts_with(b" h ") => 3,
                _ => 0,
            };
            if gap > 0 && two_digits_at(end + gap) {
                minute = number(end + gap, end + gap + 2);
                has_minutes = true;
                end += gap + 2;
                // `23h48min`
                if separator == Some(b'h') && bytes[end..].starts_with(b"min") {
                    end += "min".len();
                }
                if separator == Some(b':') && bytes.get(end) == Some(&b':') && two_digits_at(end + 1) {
                    second = number(end + 1, end + 3);
                    seconds = true;
                    end += 3;
                    end += fraction(&text[end..]);
                }
            }
        }
        // `910pm`
        3 | 4 => {
            hour = number(0, digits - 2);
            minute = number(digits - 2, digits);
        }
        _ => return None,
    }
    let meridiem = meridiem_glued(&text[end..], seconds)
        .or_else(|| twelve(&text[..end], &text[end..]))
        .or_else(|| half(&text[end..]).filter(|_| has_minutes && digits < 3));
    let four_digits = digits == 4 && meridiem.is_none();
    if let Some((afternoon, length)) = meridiem {
        end += length;
        hour = of_day(hour, afternoon);
    } else if !has_minutes || digits == 3 {
        return None;
    } else {
        unit = suffix(&text[end..]);
        end += unit;
    }
    // `14.12.2017`, `1:31.059`, `4:1`, `7.5%`: no clocks.
    let next = bytes.get(end).copied();
    let after = bytes.get(end + 1).copied();
    let goes_on = match next {
        Some(b'.' | b':' | b',') => after.is_some_and(|b| b.is_ascii_digit()),
        Some(b'/' | b'%') => true,
        Some(b'-') => after.is_some_and(|b| b.is_ascii_digit()) && !two_digits_at(end + 1),
        Some(digit) => digit.is_ascii_digit(),
        None => false,
    };
    if goes_on && !(meridiem.is_some() && next.is_some_and(|b| b.is_ascii_digit())) {
        return None;
    }
    let time = Time::new(hour, minute, second, 0).ok()?;
    let (twelve, has_unit) = (meridiem.is_some(), unit > 0);
    Some(Clock { time, length: end, twelve, has_minutes, has_unit, seconds, four_digits })
}

/// The hour of the day that one with AM or PM is. `17:59 PM` is seen, and means 17:59.
pub(super) fn of_day(hour: i8, is_afternoon: bool) -> i8 {
    match hour {
        0..=12 => hour % 12 + if is_afternoon { 12 } else { 0 },
        _ => hour,
    }
}

/// Whether the text goes on with AM or PM: (is PM, bytes).
pub(super) fn meridiem(text: &str) -> Option<(bool, usize)> {
    meridiem_glued(text, false)
}

/// The same; behind seconds the text may be glued to it, `5:00:03 PMand off they go`.
fn meridiem_glued(text: &str, seconds: bool) -> Option<(bool, usize)> {
    let blank = match text.chars().next()? {
        ' ' => 1,
        '\u{a0}' => 2,
        '\u{202f}' => 3,
        _ => 0,
    };
    let bytes = &text.as_bytes()[blank..];
    let afternoon = match bytes.first()? {
        b'a' | b'A' => false,
        b'p' | b'P' => true,
        _ => return None,
    };
    let mut dot = usize::from(bytes.get(1) == Some(&b'.'));
    // `2:05 p. m.`, as Spanish has it.
    dot += usize::from(dot == 1 && bytes.get(2) == Some(&b' ') && bytes.get(4) == Some(&b'.'));
    if !matches!(bytes.get(1 + dot)?, b'm' | b'M') {
        return None;
    }
    let mut length = 2 + dot;
    if dot > 0 && bytes.get(length) == Some(&b'.') {
        length += 1;
    }
    if !seconds && bytes.get(length).is_some_and(|b| b.is_ascii_lowercase()) {
        return None;
    }
    Some((afternoon, blank + length))
}

/// `12:49a – Text`: (is PM, bytes).
fn half(text: &str) -> Option<(bool, usize)> {
    let is_marked = |rest: &str| [":", " -", " –", " —"].iter().any(|mark| rest.starts_with(mark));
    let rest = text.strip_prefix(['a', 'p']).filter(|rest| is_marked(rest))?;
    Some((text.starts_with('p'), text.len() - rest.len()))
}

/// `12 noon`, `12:00 Noon`, `12 midnight`: (is PM, bytes behind the number).
fn twelve(number: &str, text: &str) -> Option<(bool, usize)> {
    let (word, afternoon) = [(" noon", true), (" midnight", false)].into_iter().find(|(word, _)| {
        text.as_bytes().get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word.as_bytes()))
    })?;
    let ends = !text[word.len()..].starts_with(char::is_alphanumeric);
    (matches!(number, "12" | "12:00" | "12.00") && ends).then_some((afternoon, word.len()))
}

/// ` h`, `h`, ` Uhr`, ` uur`, ` hrs`, ` óra` after the digits: its bytes.
fn suffix(text: &str) -> usize {
    for suffix in [
        " Uhr", " uhr", "Uhr", " uur", " hrs", "hrs", " óra", " hod", " год", " h", "h",
    ] {
        if let Some(rest) = text.strip_prefix(suffix)
            && !rest.starts_with(char::is_alphanumeric)
        {
            return suffix.len();
        }
    }
    // `09:05 hs`, as Argentina has it, `09:05 horas.`: a text in lower case may begin so.
    match [" horas", " hs", "hs"].iter().find_map(|unit| text.strip_prefix(unit)) {
        Some(rest) if ends_unit(rest) => text.len() - rest.len(),
        _ => 0,
    }
}

/// Whether nothing but a mark follows a unit.
fn ends_unit(rest: &str) -> bool {
    rest.is_empty()
        || rest.starts_with([':', '.', ','])
        || [" |", " -", " –", " —"].iter().any(|mark| rest.starts_with(mark))
}

/// `.117` before a `Z` or an offset, as machines write it: its bytes.
fn fraction(text: &str) -> usize {
    let Some(rest) = text.strip_prefix('.') else { return 0 };
    let digits = rest.bytes().take(9).take_while(u8::is_ascii_digit).count();
    match digits > 0 && rest[digits..].starts_with(['Z', '+', '-']) {
        true => 1 + digits,
        false => 0,
    }
}

/// `午後9時35分`, `下午3点05分`, `21時35分`, `오후 9시 35분`, `下午3:20`.
fn east_asian(text: &str) -> Option<Clock> {
    const HALVES: &[(&str, bool)] = &[
        ("午前", false),
        ("上午", false),
        ("오전", false),
        ("午後", true),
        ("下午", true),
        ("오후", true),
    ];
    let half = HALVES.iter().find(|(half, _)| text.starts_with(half));
    let rest = half.map_or(text, |(half, _)| text[half.len()..].trim_start_matches(' '));
    let (hour, rest) = number(rest)?;
    let (is_colon, rest) = match rest.strip_prefix(':').filter(|_| half.is_some()) {
        Some(rest) => (true, rest),
        None => (false, rest.strip_prefix(['時', '时', '点', '點', '시'])?.trim_start_matches(' ')),
    };
    let (has_minutes, minute, rest) = match number(rest) {
        Some((minute, rest)) if is_colon => (true, minute, rest),
        Some((minute, rest)) => (true, minute, rest.strip_prefix(['分', '분'])?),
        // `午前10時`; without the half of the day it may be a span.
        None if half.is_some() && !is_colon => (false, 0, rest),
        None => return None,
    };
    let hour = half.map_or(hour, |&(_, is_afternoon)| of_day(hour, is_afternoon));
    Some(Clock {
        time: Time::new(hour, minute, 0, 0).ok()?,
        length: text.len() - rest.len(),
        twelve: half.is_some(),
        has_minutes,
        has_unit: !is_colon,
        seconds: false,
        four_digits: false,
    })
}

/// The one or two digits that a text opens with, and what follows.
fn number(text: &str) -> Option<(i8, &str)> {
    let digits = text.bytes().take(3).take_while(u8::is_ascii_digit).count();
    let number = text[..digits].parse().ok().filter(|_| digits <= 2)?;
    Some((number, &text[digits..]))
}

fn word(text: &str) -> Option<Clock> {
    let (name, hour) = [("noon", 12), ("midnight", 0), ("midday", 12)].into_iter().find(|(name, _)| {
        text.as_bytes().get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name.as_bytes()))
    })?;
    if text[name.len()..].starts_with(char::is_alphanumeric) {
        return None;
    }
    Some(Clock {
        time: Time::new(hour, 0, 0, 0).ok()?,
        length: name.len(),
        twelve: true,
        has_minutes: false,
        has_unit: false,
        seconds: false,
        four_digits: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_in_all_their_shapes() {
        for (text, expected) in [
            ("02:20 PM GMT", Some(("14:20:00", 8))),
            ("7.22pm", Some(("19:22:00", 6))),
            ("5 a.m.: text", Some(("05:00:00", 6))),
            ("3:19 p.m", Some(("15:19:00", 8))),
            ("23h32 : text", Some(("23:32:00", 5))),
            ("23.00 h", Some(("23:00:00", 7))),
            ("16 h 15", Some(("16:15:00", 7))),
            ("9 h 05", Some(("09:05:00", 6))),
            ("16 h 5", None),
            ("14.20 uur", Some(("14:20:00", 9))),
            ("22:10 Uhr", Some(("22:10:00", 9))),
            ("2:05 p. m. en punto", Some(("14:05:00", 10))),
            ("2:05 p. Moreno", Some(("02:05:00", 4))),
            ("09:05 hs", Some(("09:05:00", 8))),
            ("09:05 horas. El", Some(("09:05:00", 11))),
            ("22:54 hs | El", Some(("22:54:00", 8))),
            ("23u31 - Het", Some(("23:31:00", 5))),
            ("23h48min - O", Some(("23:48:00", 8))),
            ("17:59 PM", Some(("17:59:00", 8))),
            ("910pm - It", Some(("21:10:00", 5))),
            ("910 - It", None),
            ("1010pm - It", Some(("22:10:00", 6))),
            ("12:49a – It", Some(("00:49:00", 6))),
            ("11:59p: It", Some(("23:59:00", 6))),
            ("11:59 a – It", Some(("11:59:00", 5))),
            ("11:59p It", Some(("11:59:00", 5))),
            ("12:05 AM", Some(("00:05:00", 8))),
            ("5:00:03 PM", Some(("17:00:03", 10))),
            ("1839: text", Some(("18:39:00", 4))),
            ("15:48:02.117Z", Some(("15:48:02", 12))),
            ("15:48:02.117", None),
            ("午後9時35分", Some(("21:35:00", 15))),
            ("午前0時05分", Some(("00:05:00", 15))),
            ("21時35分ごろ", Some(("21:35:00", 10))),
            ("下午3:20", Some(("15:20:00", 10))),
            ("오후 9시 35분", Some(("21:35:00", 17))),
            ("午前10時", Some(("10:00:00", 11))),
            ("午後の天気", None),
            ("9時間", None),
            ("Noon: text", Some(("12:00:00", 4))),
            ("12 noon: text", Some(("12:00:00", 7))),
            ("12 Midnight", Some(("00:00:00", 11))),
            ("11 noon", None),
            ("Nooner", None),
            ("24:00", None),
            ("12:60", None),
            ("14.6 overs", None),
            ("14.12.2017", None),
            ("1:31.059", None),
            ("352/5", None),
            ("10", None),
            ("", None),
        ] {
            let found = leading(text).map(|clock| (clock.time.to_string(), clock.length));
            assert_eq!(found, expected.map(|(time, length)| (time.to_string(), length)), "{text}");
        }
    }
}
