//! What time it is elsewhere, behind a clock: how much of the line says so, and which zone that tells the clock to be of.

use jiff::civil::Time;

use crate::model::time::Zone;
use crate::parse::{clock, date, zone};

/// What time it is elsewhere, bytes: longer is a sentence.
const ELSEWHERE_BYTES_MAX: usize = 30;
/// What stands before a `]`, with a weekday, ends here at the latest, bytes.
const BRACKET_BYTES_MAX: usize = 48;
/// What zones differ by, seconds.
const ZONE_STEP_S: i32 = 15 * 60;
/// No clock is taken to be of a zone further west, seconds east of UTC. Those that are a day further east show the same time.
const WEST_S_MIN: i32 = -10 * 3_600;
const DAY_S: i32 = 24 * 3_600;

/// How much of what follows a clock says what time that is elsewhere: `/9.41am ET`, ` (1035 GMT; 5:35 a.m. EST)`,
/// ` (7.30pm Damascus)` before a colon, `, 10:15 p.m. in Tokyo` before `]`; and the first of these times, if its zone is
/// known.
pub(super) fn elsewhere(rest: &str, zones: &[(String, Zone)]) -> (usize, Option<(Time, Zone)>) {
    let zoned = |time: &str| {
        let clock = clock::leading(time)?;
        let behind = time[clock.length..].trim_start();
        let (zone, length) = zone::leading(behind, zones)?;
        Some((clock.time, zone, time.len() - behind.len() + length))
    };
    let text = rest.trim_start();
    if let Some(time) = text.strip_prefix('/') {
        let time = time.trim_start();
        return zoned(time).map_or((0, None), |(there, zone, length)| {
            (rest.len() - time.len() + length, Some((there, zone)))
        });
    }
    let Some((times, after)) = text.strip_prefix('(').and_then(|text| text.split_once(')')) else {
        let length = before_bracket(rest).unwrap_or(0);
        return (length, None);
    };
    let is_place = || times.len() <= ELSEWHERE_BYTES_MAX && clock::leading(times).is_some();
    let each = || times.split([';', ',']).map(|time| zoned(time.trim()));
    // `5:05 a.m. (all times local)`
    if after.is_empty() && matches!(times, "all times local" | "local time") {
        return (rest.len(), None);
    }
    let is_one =
        after.trim().is_empty() && each().all(|time| time.is_some()) || after.starts_with(':') && is_place();
    match is_one {
        true => (rest.len() - after.len(), each().next().flatten().map(|(there, zone, _)| (there, zone))),
        false => (0, None),
    }
}

/// How much stands before a `]` that ends the stamp, if that is a time in a place: `, 10:15 p.m. in Tokyo`,
/// ` Wednesday, 10:15 p.m. Tokyo time`.
fn before_bracket(rest: &str) -> Option<usize> {
    let end = memchr::memchr(b']', &rest.as_bytes()[..rest.len().min(BRACKET_BYTES_MAX)])?;
    let (weekday, there) = rest[..end].split_once(',')?;
    let weekday = weekday.trim();
    let there = there.trim_start();
    let place = there[clock::leading(there)?.length..].trim();
    let place = place.strip_prefix("in ").or_else(|| place.strip_suffix(" time"))?;
    let is_told = weekday.is_empty() || date::is_weekday(weekday);
    (is_told && place.starts_with(char::is_uppercase)).then_some(end)
}

/// The zone of a clock that shows `time` when it is that time there.
pub(super) fn zone_of(time: Time, (there, zone): (Time, Zone)) -> Option<Zone> {
    let Zone::Offset(offset_s) = zone else { return None };
    let second =
        |time: Time| (i32::from(time.hour()) * 60 + i32::from(time.minute())) * 60 + i32::from(time.second());
    let east_s = second(time) - second(there) + offset_s - WEST_S_MIN;
    let east_s = east_s.rem_euclid(DAY_S) + WEST_S_MIN;
    (east_s % ZONE_STEP_S == 0).then_some(Zone::Offset(east_s))
}

#[cfg(test)]
mod tests {
    use crate::model::time::{Moment, Zone};
    use crate::parse::stamp::find;

    #[test]
    fn what_time_it_is_in_a_place_ends_a_stamp_in_brackets() {
        let after =
            |line: &str| find(line, &[]).map(|found| (found.time_text.to_owned(), found.after.to_owned()));
        for stamp in [
            "[9:15 a.m. ET, 10:15 p.m. in Porto Sol]",
            "[9:15 a.m. ET Wednesday, 10:15 p.m.  in Porto Sol]",
            "[9:15 a.m. ET, 10:15 p.m. Avery time]",
        ] {
            let line = format!("{stamp} The pier is shut");
            assert_eq!(after(&line), Some(("9:15 a.m. ET".into(), "The pier is shut".into())), "{line}");
        }
        // A list of what is open, not a place.
        assert_eq!(after("[9:15 a.m. ET, 10:15 p.m. and at noon] The pier is shut"), None);
    }

    #[test]
    fn the_same_moment_in_a_known_zone_tells_the_zone_of_a_clock() {
        let zone = |line: &str| match find(line, &[]).map(|found| found.moment) {
            Some(Moment::Clock { zone: Some(Zone::Offset(seconds)), .. }) => Some(seconds / 60),
            _ => None,
        };
        for (line, minutes) in [
            ("20.30 (18.30 GMT): The pier is shut", Some(120)),
            ("0:30 (22.30 GMT): The pier is shut", Some(120)),
            ("11:35 a.m. (1035 GMT; 5:35 a.m. EST)", Some(60)),
            ("12:20 (01:20 UTC)", Some(660)),
            ("18:30 (14:00 BST)", Some(330)),
            ("2.41pm GMT/9.41am EST", Some(0)),
            // Another moment, a place, rules that depend on the day.
            ("20.30 (18.29 GMT): The pier is shut", None),
            ("20.30 (7.30pm Damascus): The pier is shut", None),
            ("2.41pm/9.41am ET", None),
        ] {
            assert_eq!(zone(line), minutes, "{line}");
        }
    }
}
