//! Stamps that count seconds since 1970.

use jiff::Timestamp;
use jiff::tz::Offset;

use super::{Found, Place, is_name};
use crate::model::time::{Moment, PartialDate, Zone};

/// So many digits they have.
const EPOCH_DIGITS: usize = 10;
/// Seconds since 1970 that a live blog may be of: 2005 to 2034. Other numbers of ten digits are phones.
const EPOCH_S: std::ops::Range<i64> = 1_104_537_600..2_051_222_400;

/// `1647866199`, `1647866199 text`.
pub(super) fn epoch(text: &str) -> Option<Found<'_>> {
    let digits = text.bytes().take(EPOCH_DIGITS + 1).take_while(u8::is_ascii_digit).count();
    let after = &text[digits..];
    let is_glued = after.starts_with(char::is_uppercase);
    if digits != EPOCH_DIGITS || !(after.is_empty() || after.starts_with(' ') || is_glued) {
        return None;
    }
    let byline = after.trim().strip_prefix(',').map(str::trim).filter(|name| is_name(name));
    let after = if byline.is_some() { "" } else { after.trim() };
    let text = &text[..digits];
    let second: i64 = text.parse().ok().filter(|second| EPOCH_S.contains(second))?;
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
