//! A stamp that is written as the last one was, as most of a page's are: only its clock is read.

use jiff::civil::Time;

use super::{Found, Place};
use crate::model::time::Moment;
use crate::parse::clock;

/// The stamp on `line`, if hour and minute are all in which it differs from `last`: the half of the day is the same, too.
/// It is what [`find`](super::find) gives.
pub(crate) fn alike<'a>(line: &'a str, last: &Found<'_>) -> Option<Found<'a>> {
    let Moment::Clock { zone, date: None, .. } = &last.moment else { return None };
    if line.len() != last.time_text.len() || !is_clock_alone(last) {
        return None;
    }
    let (hour, minute, behind) = opening_clock(line).filter(|_| line != "0:00")?;
    let (_, _, last_behind) = opening_clock(last.time_text)?;
    if behind != last_behind {
        return None;
    }
    let hour = match last.twelve {
        true => clock::of_day(hour, clock::meridiem(behind)?.0),
        false => hour,
    };
    let time = Time::new(hour, minute, 0, 0).ok()?;
    Some(Found {
        time_text: line,
        moment: Moment::Clock { time, zone: zone.clone(), date: None },
        twelve: last.twelve,
        by_machine: last.by_machine,
        ..Found::default()
    })
}

/// Hour, minute and what stands behind them, if a text opens so: `2:05`, `14:05`.
fn opening_clock(text: &str) -> Option<(i8, i8, &str)> {
    let digit = |byte: u8| byte.is_ascii_digit().then(|| (byte - b'0') as i8);
    let (hour, rest) = match *text.as_bytes() {
        [one, b':', ref rest @ ..] => (digit(one)?, rest),
        [ten, one, b':', ref rest @ ..] => (digit(ten)? * 10 + digit(one)?, rest),
        _ => return None,
    };
    let [ten, one, ..] = *rest else { return None };
    let minute = digit(ten)? * 10 + digit(one)?;
    Some((hour, minute, &text[text.len() - rest.len() + 2..]))
}

/// Whether nothing more is known of a stamp than hour, minute and zone.
fn is_clock_alone(found: &Found<'_>) -> bool {
    let Found { bullet, date_first, comma, mark, glued, four_digits, label, joined, seconds, .. } = *found;
    found.place == Place::Alone
        && found.before.is_empty()
        && found.after.is_empty()
        && found.byline.is_none()
        && !(bullet || date_first || comma || mark || glued || four_digits || label || joined || seconds)
        && !(found.below || found.epoch || found.custom)
}

/// How a stamp is written: its digits and letters stand for all others.
pub(crate) fn shape(stamp: &str) -> String {
    let class = |c: char| match c {
        c if c.is_numeric() => '0',
        c if c.is_alphabetic() => 'a',
        c => c,
    };
    let mut shape: Vec<char> = stamp.chars().map(class).collect();
    shape.dedup();
    shape.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::alike;
    use crate::parse::stamp::find;

    #[test]
    fn most_stamps_of_a_page_are_alike() {
        for (last, line) in [
            ("02:20 PM GMT", "12:59 PM GMT"),
            ("14:20", "14:05"),
            ("9:05 a.m. ET", "8:59 a.m. ET"),
            ("17:59 PM (IST)", "05:00 PM (IST)"),
            ("23:00 h", "00:59 h"),
        ] {
            let last = find(last, &[]).expect("a stamp");
            assert_eq!(alike(line, &last), find(line, &[]), "{line}");
            assert!(alike(line, &last).is_some(), "{line}");
        }
        for (last, line) in [
            ("02:20 PM GMT", "02:21 PM BST"),
            ("02:20 PM GMT", "2:21 PM GMT"),
            ("02:20 PM GMT", "11:59 AM GMT"),
            ("10:20:31", "10:19:31"),
            ("12:00 noon", "11:00 noon"),
            ("10:20 +01:00", "10:21 +02:00"),
            ("10:20 Ferry", "10:21 Ferry"),
            ("10:20", "25:00"),
        ] {
            assert_eq!(alike(line, &find(last, &[]).expect("a stamp")), None, "{line}");
        }
    }

    proptest! {
        #[test]
        fn it_is_the_stamp_that_is_found_without(
            last in "[0-2]?[0-9]:[0-5][0-9](:[0-9]{2})?( ?[AaPp]\\.?[Mm]\\.?| noon| h)?( ?(GMT|ET|\\(IST\\)|Z|[+-]01:00))?[:\\]]?",
            digits in proptest::collection::vec(0u8..10, 12),
        ) {
            let mut digits = digits.into_iter();
            let line: String = last.chars().map(|c| match c {
                '0'..='9' => char::from(b'0' + digits.next().unwrap_or(0)),
                c => c,
            }).collect();
            if let Some(last) = find(&last, &[])
                && let Some(found) = alike(&line, &last)
            {
                prop_assert_eq!(Some(found), find(&line, &[]));
            }
        }

        #[test]
        fn whatever_the_lines_are(last in "[0-9]{1,2}:[0-9:.APMapm hGTZ+()]{2,9}", line in "[0-9]{1,2}:[0-9:.APMapm hGTZ+()]{2,9}") {
            if let Some(last) = find(&last, &[])
                && let Some(found) = alike(&line, &last)
            {
                prop_assert_eq!(Some(found), find(&line, &[]));
            }
        }
    }
}
