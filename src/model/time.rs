//! What a text tells of when an update was published, and where the rest came from.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

/// A day, seconds.
pub const DAY_S: i64 = 86_400;

/// When an update was published, as far as its own stamp tells.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Moment {
    /// A time of day, perhaps with a zone and a date of its own.
    Clock {
        /// The time of day, as precise as the text.
        time: Time,
        /// The zone that the stamp names.
        zone: Option<Zone>,
        /// The date that the stamp carries.
        date: Option<PartialDate>,
    },
    /// The minute of a match (`45+2`), as written, without its `'` or `min`.
    Match(String),
    /// `7m ago`: changes from page to page, so it isn't a time.
    Relative,
    /// No time at all.
    #[default]
    None,
}

/// A zone that a stamp or the configuration names.
#[derive(Debug, Clone, PartialEq)]
pub enum Zone {
    /// A fixed offset from UTC, seconds east: `GMT`, `BST`, `+02:00`.
    Offset(i32),
    /// Rules: `ET`, `Europe/Kyiv`.
    Rules(TimeZone),
}

/// A date as a text states it: a heading like `THURSDAY, AUG. 29` has no year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartialDate {
    /// The year, if stated.
    pub year: Option<i16>,
    /// The month, 1 to 12.
    pub month: i8,
    /// The day of the month, 1 to 31.
    pub day: i8,
}

impl PartialDate {
    /// A date with all its parts.
    pub fn full(date: Date) -> PartialDate {
        PartialDate { year: Some(date.year()), month: date.month(), day: date.day() }
    }

    /// The date itself; where the year isn't stated, the one that puts it nearest to `near`.
    /// `None` where no such day exists.
    pub fn resolve(&self, near: Date) -> Option<Date> {
        if let Some(year) = self.year {
            return Date::new(year, self.month, self.day).ok();
        }
        // 29 February may be up to four years off (eight around a century without a leap year).
        (-8i16..=8)
            .filter_map(|years| Date::new(near.year() + years, self.month, self.day).ok())
            .min_by_key(|date| (*date - near).get_days().abs())
    }

    /// The date itself; where the year isn't stated, the last one that isn't after `latest`.
    /// `None` where no such day exists.
    pub fn resolve_until(&self, latest: Date) -> Option<Date> {
        if let Some(year) = self.year {
            return Date::new(year, self.month, self.day).ok();
        }
        (0i16..=8)
            .filter_map(|years| Date::new(latest.year() - years, self.month, self.day).ok())
            .find(|&date| date <= latest)
    }
}

/// Where an update's day came from, most trusted first (`date_basis` in the event).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DateBasis {
    /// The stamp itself.
    Stamp,
    /// A date heading above the update.
    Heading,
    /// `--date` or the `[[blog]]` table's `date`.
    Option,
    /// A date in the file's path.
    Path,
    /// A line near the top that is only a date, or `Published`/`Updated` and a date.
    Header,
    /// The file's modification time.
    Mtime,
}

impl DateBasis {
    /// As it stands in an event, and with what is kept of a page: what serde writes, without asking it.
    pub fn as_str(self) -> &'static str {
        match self {
            DateBasis::Stamp => "stamp",
            DateBasis::Heading => "heading",
            DateBasis::Option => "option",
            DateBasis::Path => "path",
            DateBasis::Header => "header",
            DateBasis::Mtime => "mtime",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_basis_has_the_name_that_serde_gives_it() {
        use DateBasis::*;
        for basis in [Stamp, Heading, Option, Path, Header, Mtime] {
            assert_eq!(serde_json::to_value(basis).expect("JSON"), basis.as_str());
        }
    }

    #[test]
    fn a_date_without_a_year_takes_the_nearest() {
        let heading = PartialDate { year: None, month: 12, day: 31 };
        assert_eq!(heading.resolve(date(2024, 1, 2)), Some(date(2023, 12, 31)));
        assert_eq!(heading.resolve(date(2024, 11, 2)), Some(date(2024, 12, 31)));
        assert_eq!(heading.resolve_until(date(2024, 11, 2)), Some(date(2023, 12, 31)));
        let leap = PartialDate { year: None, month: 2, day: 29 };
        assert_eq!(leap.resolve(date(2023, 2, 27)), Some(date(2024, 2, 29)));
    }
}
