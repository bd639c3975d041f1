//! Stamps that count seconds since 1970, or thousandths of them.

use jiff::Timestamp;
use jiff::tz::Offset;

use super::{Found, Place, is_name};
use crate::model::time::{Moment, PartialDate, Zone};

/// So many digits they have, and with thousandths.
pub(crate) const EPOCH_DIGITS: usize = 10;
const THOUSANDTHS_DIGITS: usize = 13;
/// Seconds since 1970 that a live blog may be of: 2005 to 2034. Other numbers of ten digits are phones.
const EPOCH_S: std::ops::Range<i64> = 1_104_537_600..2_051_222_400;

/// `1647866199`, `1647866199 text`, `1647866199000`.
pub(crate) fn epoch(text: &str) -> Option<Found<'_>> {
    let digits = text.bytes().take(THOUSANDTHS_DIGITS + 1).take_while(u8::is_ascii_digit).count();
    let after = &text[digits..];
    let is_glued = after.starts_with(char::is_uppercase);
    let is_one = match digits {
        EPOCH_DIGITS => after.is_empty() || after.starts_with(' ') || is_glued,
        THOUSANDTHS_DIGITS => after.is_empty(),
        _ => false,
    };
    if !is_one {
        return None;
    }
    let byline = after.trim().strip_prefix(',').map(str::trim).filter(|name| is_name(name));
    let after = if byline.is_some() { "" } else { after.trim() };
    let text = &text[..digits];
    let second: i64 = text[..EPOCH_DIGITS].parse().ok().filter(|second| EPOCH_S.contains(second))?;
    let utc = Offset::UTC.to_datetime(Timestamp::from_second(second).ok()?);
    let moment = Moment::Clock {
        time: utc.time(),
        zone: Some(Zone::Offset(0)),
        date: Some(PartialDate::full(utc.date())),
    };
    let place = if after.is_empty() {
        Place::Alone
    } else {
        Place::Opens
    };
    Some(Found {
        place,
        time_text: text,
        after,
        byline,
        comma: byline.is_some(),
        moment,
        epoch: true,
        glued: is_glued,
        seconds: true,
        date_first: true,
        ..Found::default()
    })
}
