//! A stamp that is written as the last one was, as most of a page's are: only its clock is read.

use super::{Found, Place, opens_clock};
use crate::model::time::Moment;
use crate::parse::clock;

/// The stamp on `line`, if that is a clock of the same characters as `last`, but for digits, AM and PM, and neither line
/// has anything else. The same as [`find`](super::find) gives, at a third of its cost.
pub(crate) fn alike<'a>(line: &'a str, last: &Found<'_>) -> Option<Found<'a>> {
    let Moment::Clock { zone, date: None, .. } = &last.moment else { return None };
    let is_alike = line.len() == last.time_text.len()
        && line.bytes().zip(last.time_text.bytes()).all(|(own, other)| {
            own == other
                || own.is_ascii_digit() && other.is_ascii_digit()
                || matches!((own, other), (b'A', b'P') | (b'P', b'A') | (b'a', b'p') | (b'p', b'a'))
        });
    if !is_alike || !opens_clock(line) || !is_clock_alone(last) {
        return None;
    }
    let clock = clock::leading(line)?;
    let has_same = clock.twelve == last.twelve && clock.seconds == last.seconds;
    // A zone may have digits, too.
    let has_zone = line[clock.length..] == last.time_text[clock.length..];
    (has_same && has_zone).then(|| Found {
        time_text: line,
        moment: Moment::Clock { time: clock.time, zone: zone.clone(), date: None },
        seconds: last.seconds,
        twelve: last.twelve,
        by_machine: last.by_machine,
        ..Found::default()
    })
}

/// Whether nothing more is known of a stamp than its clock and zone.
fn is_clock_alone(found: &Found<'_>) -> bool {
    let Found { bullet, date_first, comma, mark, glued, four_digits, label, joined, .. } = *found;
    found.place == Place::Alone
        && found.before.is_empty()
        && found.after.is_empty()
        && found.byline.is_none()
        && !(bullet || date_first || comma || mark || glued || four_digits || label || joined)
        && !(found.below || found.epoch || found.custom)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::alike;
    use crate::parse::stamp::find;

    #[test]
    fn most_stamps_of_a_page_are_alike() {
        for (last, line) in [
            ("02:20 PM GMT", "11:59 AM GMT"),
            ("14:20", "14:05"),
            ("9:05 p.m. ET", "8:59 a.m. ET"),
            ("10:20:31", "10:19:59"),
            ("17:59 PM (IST)", "05:00 AM (IST)"),
        ] {
            let last = find(last, &[]).expect("a stamp");
            assert_eq!(alike(line, &last), find(line, &[]), "{line}");
            assert!(alike(line, &last).is_some(), "{line}");
        }
        for (last, line) in [
            ("02:20 PM GMT", "02:21 PM BST"),
            ("02:20 PM GMT", "2:21 PM GMT"),
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
            swaps in any::<bool>(),
        ) {
            let mut digits = digits.into_iter();
            let line: String = last.chars().map(|c| match c {
                '0'..='9' => char::from(b'0' + digits.next().unwrap_or(0)),
                'A' if swaps => 'P',
                'a' if swaps => 'p',
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
