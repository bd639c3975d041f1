//! How a document is read: where its stamps stand, and whether its updates have headlines.
//!
//! It keeps what was decided and writes it as a short text; `decide` decides.

use std::fmt;
use std::str::FromStr;

use crate::model::time::PartialDate;
use crate::parse::stamp::{Found, Place};

/// Where the headline of an update stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Headlines {
    /// There are none.
    #[default]
    None,
    /// On the line after the stamp.
    After,
    /// On the line before the stamp.
    Before,
    /// On the stamp's own line.
    Same,
}

/// How a document is read, decided once per document, kept while the file grows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Layout {
    /// Where the stamps stand.
    pub place: Place,
    /// Where the headlines stand.
    pub headlines: Headlines,
    /// Only a line with a list mark is a time line.
    pub bullet: bool,
    /// Only a stamp with a date before its clock is one.
    pub date_first: bool,
    /// The stamps are as machines write them, `05:56 PM`, newest first: one in another notation may be an item of a
    /// list.
    pub by_machine: bool,
    /// Only a stamp with seconds is one.
    pub seconds: bool,
    /// A mark (`:`) between clock and text is asked for.
    pub mark: bool,
    /// Four digits may be a clock.
    pub four_digits: bool,
    /// Also without a colon.
    pub bare_digits: bool,
    /// An hour without minutes may be one.
    pub whole_hours: bool,
    /// A clock in odd dress may be one, `9: 12`.
    pub odd: bool,
    /// Several updates may stand on one line.
    pub flat: bool,
    /// Those are an agency's, and its clocks stand between their sentences, `10:05 a.m.`.
    pub reports: bool,
    /// Or seconds since 1970 part them.
    pub epochs: bool,
    /// The line above a stamp is its author.
    pub authors: bool,
    /// The author is glued to the stamp.
    pub byline_glued: bool,
    /// The author stands below the stamp, above the headline.
    pub byline_above: bool,
    /// The author stands below the headline.
    pub byline_below: bool,
    /// The first stamp of the page has a year and the others have none: it is the page's own.
    pub dated_page: bool,
    /// The stamps say AM or PM beside a date or an age: a bare `3:12` is how long a film is.
    pub long_stamps: bool,
    /// The first stamp is the page's own, below who wrote that.
    pub signed_page: bool,
    /// Lists link to what is so and so old, and say it below each item.
    pub listed_ages: bool,
    /// Some stamps stand alone and others open their line, all in one notation and order.
    pub mixed: bool,
    /// A category may follow the clock, or an author stand before it.
    pub labels: bool,
    /// The month stands first in the stamps' dates, `6/12/2024`.
    pub month_first: bool,
    /// A word leads to some stamps that open their line, or `Updated` to such as stand alone.
    pub led: bool,
    /// The stamps' clocks are joined to their days, or led to.
    pub joined: bool,
    /// The stamp stands below its update.
    pub below: bool,
    /// The headline stands right below its stamp: below a blank line, an update has none.
    pub touching: bool,
    /// Times fall along the page, so that what rises in a list is an agenda.
    pub falling: bool,
    /// Clocks have no half of the day: a `PM` behind one is the prime minister.
    pub whole_day: bool,
    /// Clocks that stand alone have colons: a number with a dot is a price.
    pub colons: bool,
    /// Only the blog's own patterns are time lines.
    pub custom: bool,
    /// How many entries a list of the updates has above them: they aren't updates.
    pub listed: usize,
    /// The name of the zone of stamps that name none, if the page tells it.
    pub zone: Option<String>,
    /// The date heading in effect where reading starts.
    pub heading: Option<PartialDate>,
}

const PLACES: &[(&str, Place)] = &[
    ("alone", Place::Alone),
    ("opens", Place::Opens),
    ("closes", Place::Closes),
    ("match", Place::Match),
    ("relative", Place::Relative),
];
const HEADLINES: &[(&str, Headlines)] = &[
    ("none", Headlines::None),
    ("after", Headlines::After),
    ("before", Headlines::Before),
    ("same", Headlines::Same),
];

/// A text that is no layout.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a layout: {0:?}")]
pub struct UnknownLayout(pub String);

impl FromStr for Place {
    type Err = UnknownLayout;
    fn from_str(text: &str) -> Result<Place, UnknownLayout> {
        let found = PLACES.iter().find(|(name, _)| *name == text);
        found.map(|(_, place)| *place).ok_or_else(|| UnknownLayout(text.to_string()))
    }
}

impl FromStr for Headlines {
    type Err = UnknownLayout;
    fn from_str(text: &str) -> Result<Headlines, UnknownLayout> {
        let found = HEADLINES.iter().find(|(name, _)| *name == text);
        found.map(|(_, place)| *place).ok_or_else(|| UnknownLayout(text.to_string()))
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = PLACES.iter().find(|(_, place)| *place == self.place).map_or("", |(name, _)| name);
        let headlines = HEADLINES.iter().find(|(_, h)| *h == self.headlines).map_or("", |(name, _)| name);
        write!(f, "{place},{headlines}")?;
        for (set, name) in [
            (self.bullet, "bullet"),
            (self.date_first, "date-first"),
            (self.by_machine, "by-machine"),
            (self.seconds, "seconds"),
            (self.mark, "mark"),
            (self.four_digits, "four-digits"),
            (self.bare_digits, "bare-digits"),
            (self.whole_hours, "whole-hours"),
            (self.odd, "odd"),
            (self.flat, "flat"),
            (self.reports, "reports"),
            (self.epochs, "epochs"),
            (self.authors, "authors"),
            (self.byline_glued, "byline-glued"),
            (self.byline_above, "byline-above"),
            (self.byline_below, "byline-below"),
            (self.dated_page, "dated-page"),
            (self.signed_page, "signed-page"),
            (self.long_stamps, "long-stamps"),
            (self.listed_ages, "listed-ages"),
            (self.mixed, "mixed"),
            (self.labels, "labels"),
            (self.month_first, "month-first"),
            (self.led, "led"),
            (self.joined, "joined"),
            (self.below, "below"),
            (self.touching, "touching"),
            (self.falling, "falling"),
            (self.whole_day, "whole-day"),
            (self.colons, "colons"),
            (self.custom, "custom"),
        ] {
            if set {
                write!(f, ",{name}")?;
            }
        }
        if self.listed > 0 {
            write!(f, ",listed={}", self.listed)?;
        }
        if let Some(zone) = &self.zone {
            write!(f, ",zone={zone}")?;
        }
        if let Some(date) = self.heading {
            match date.year {
                Some(year) => write!(f, ",heading={year:04}-{:02}-{:02}", date.month, date.day)?,
                None => write!(f, ",heading=--{:02}-{:02}", date.month, date.day)?,
            }
        }
        Ok(())
    }
}

impl FromStr for Layout {
    type Err = UnknownLayout;
    fn from_str(text: &str) -> Result<Layout, UnknownLayout> {
        let unknown = || UnknownLayout(text.to_string());
        let mut parts = text.split(',');
        let mut layout = Layout {
            place: parts.next().unwrap_or("").parse()?,
            headlines: parts.next().unwrap_or("").parse()?,
            ..Layout::default()
        };
        for part in parts {
            match part {
                "bullet" => layout.bullet = true,
                "date-first" => layout.date_first = true,
                "by-machine" => layout.by_machine = true,
                "seconds" => layout.seconds = true,
                "mark" => layout.mark = true,
                "bare-digits" => layout.bare_digits = true,
                "whole-hours" => layout.whole_hours = true,
                "four-digits" => layout.four_digits = true,
                "odd" => layout.odd = true,
                "flat" => layout.flat = true,
                "reports" => layout.reports = true,
                "epochs" => layout.epochs = true,
                "authors" => layout.authors = true,
                "byline-glued" => layout.byline_glued = true,
                "byline-above" => layout.byline_above = true,
                "byline-below" => layout.byline_below = true,
                "dated-page" => layout.dated_page = true,
                "signed-page" => layout.signed_page = true,
                "long-stamps" => layout.long_stamps = true,
                "listed-ages" => layout.listed_ages = true,
                "mixed" => layout.mixed = true,
                "labels" => layout.labels = true,
                "month-first" => layout.month_first = true,
                "led" => layout.led = true,
                "joined" => layout.joined = true,
                "below" => layout.below = true,
                "touching" => layout.touching = true,
                "falling" => layout.falling = true,
                "whole-day" => layout.whole_day = true,
                "colons" => layout.colons = true,
                "custom" => layout.custom = true,
                part if part.starts_with("listed=") => {
                    layout.listed = part["listed=".len()..].parse().map_err(|_| unknown())?;
                }
                part if part.starts_with("zone=") => layout.zone = Some(part["zone=".len()..].to_string()),
                _ => {
                    let date = part.strip_prefix("heading=").ok_or_else(unknown)?;
                    layout.heading = Some(heading(date).ok_or_else(unknown)?);
                }
            }
        }
        Ok(layout)
    }
}

fn heading(text: &str) -> Option<PartialDate> {
    let (rest, day) = text.rsplit_once('-')?;
    let (year, month) = rest.rsplit_once('-')?;
    let year = match year {
        "-" => None,
        year => Some(year.parse().ok()?),
    };
    let (month, day) = (month.parse().ok()?, day.parse().ok()?);
    ((1..=12).contains(&month) && (1..=31).contains(&day)).then_some(PartialDate { year, month, day })
}

impl Layout {
    /// Whether this stamp is one of this document's.
    pub fn takes(&self, found: &Found<'_>) -> bool {
        if self.custom || found.custom {
            return self.custom && found.custom;
        }
        let labelled = found.label && self.place == Place::Alone;
        let numbered = found.four_digits && self.place == Place::Opens && found.place == Place::Alone;
        // The first one may stand at its dateline's end.
        let dateline = self.reports && found.label && found.place == Place::Alone;
        let other = self.mixed && is_of_mixed(found);
        (found.place == self.place || labelled || numbered || dateline || other)
            && (!labelled || self.labels)
            && (!self.bullet || found.bullet || found.place == Place::Closes)
            && (self.date_first == found.date_first || found.comma)
            && !(self.long_stamps && is_bare(found))
            && !(self.colons && is_bare(found) && found.is_dotted())
            && (found.mark || !found.is_subject())
            && (!self.seconds || found.seconds)
            && (self.seconds || !found.seconds)
            && (self.joined || !found.joined || other)
            && (!found.four_digits || self.four_digits)
            && (!found.bare_digits || self.bare_digits)
            && (!found.odd || self.odd)
            && (!found.whole_hour || self.whole_hours)
            && (self.place != Place::Match || self.mark || !found.mark)
            && (!self.mark
                || found.mark
                || is_unmarked(found)
                || found.bare_digits
                || numbered
                || other
                || self.place == Place::Match)
    }
}

/// Whether a stamp may be one of a page where some stand alone and others open their line: it opens it with a mark, or has
/// nothing but its clock and the word that leads to it.
pub(crate) fn is_of_mixed(found: &Found<'_>) -> bool {
    let is_joined = found.joined && !found.is_led();
    let is_plain =
        !(found.glued || found.label || is_joined || found.comma || found.four_digits || found.epoch);
    let is_place = match found.place {
        Place::Alone => true,
        // A list's item has a mark of its own.
        Place::Opens => found.mark && !found.after.is_empty() && !found.bullet,
        Place::Closes | Place::Match | Place::Relative => false,
    };
    is_plain && is_place && found.moment_time().is_some()
}

/// Whether a stamp without a mark may be one where others have it: `2.30pm The pier`, no `4:00 PM ET Tuesday: …` and no
/// sentence.
fn is_unmarked(found: &Found<'_>) -> bool {
    found.twelve && !found.has_zone() && !found.after.starts_with(char::is_lowercase)
}

/// Whether a stamp is a clock of 24 hours and nothing else.
fn is_bare(found: &Found<'_>) -> bool {
    !found.twelve && !found.comma && !found.has_zone() && found.date().is_none() && !found.is_aged()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layout_as_text_and_back() {
        let layout = Layout {
            headlines: Headlines::After,
            bullet: true,
            listed: 6,
            zone: Some("UK time".to_string()),
            heading: Some(PartialDate { year: None, month: 3, day: 6 }),
            ..Layout::default()
        };
        assert_eq!(layout.to_string(), "alone,after,bullet,listed=6,zone=UK time,heading=--03-06");
        assert_eq!(layout.to_string().parse(), Ok(layout));
        for unknown in [
            "",
            "alone",
            "alone,after,x",
            "alone,after,heading=2024-13-01",
            "alone,after,heading=é",
        ] {
            assert!(unknown.parse::<Layout>().is_err(), "{unknown}");
        }
    }
}
