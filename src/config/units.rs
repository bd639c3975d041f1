//! Durations, sizes and zones as a configuration writes them: text into checked values and back.

use std::time::Duration;

use jiff::tz::{Offset, TimeZone};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::model::time::Zone;
use crate::parse::overrides::{Shape, Wish};
use crate::parse::pattern::Pattern;

/// When the journal is flushed to the disk.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Sync {
    /// At this pace, beside the work.
    Interval(Span),
    /// Before an event is shown to anyone.
    Always,
}

/// A duration written as `"50ms"`, `"1s"`, `"5m"`, `"12h"`, `"30d"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span(pub Duration);

/// A size written as `"48kB"`, `"256MiB"`, `"1000"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size(pub u64);

/// The name of a zone that exists: `UTC`, `Europe/London`, `+02:00`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZoneName(String);

impl ZoneName {
    /// Checks the name.
    pub fn new(name: &str) -> Result<ZoneName, String> {
        zone_of(name).map(|_| ZoneName(name.into())).ok_or_else(|| {
            format!(
                "unknown zone {name:?} (a zone is UTC, a name like Europe/London, or an offset like +02:00)"
            )
        })
    }

    /// UTC.
    pub fn utc() -> ZoneName {
        ZoneName("UTC".into())
    }

    /// The zone.
    pub fn zone(&self) -> Zone {
        zone_of(&self.0).unwrap_or(Zone::Offset(0))
    }
}

fn zone_of(name: &str) -> Option<Zone> {
    if name.eq_ignore_ascii_case("utc") || name.eq_ignore_ascii_case("gmt") || name == "Z" {
        return Some(Zone::Offset(0));
    }
    if let Some(rest) = name.strip_prefix(['+', '-']) {
        let (hours, minutes) = rest.split_once(':').unwrap_or((rest, "0"));
        let (hours, minutes) = (hours.parse::<i32>().ok()?, minutes.parse::<i32>().ok()?);
        // Nobody's clock is further from Greenwich.
        if !(0..=14).contains(&hours) || !(0..60).contains(&minutes) {
            return None;
        }
        let seconds = hours * 3600 + minutes * 60;
        let seconds = if name.starts_with('-') { -seconds } else { seconds };
        return Offset::from_seconds(seconds).ok().map(|offset| Zone::Offset(offset.seconds()));
    }
    TimeZone::get(name).ok().map(Zone::Rules)
}

/// Splits `"250ms"` into 250 and `ms`.
fn number_and_unit(text: &str) -> Option<(u64, &str)> {
    let at = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    Some((text[..at].parse().ok()?, text[at..].trim()))
}

impl std::str::FromStr for Span {
    type Err = String;
    fn from_str(text: &str) -> Result<Span, String> {
        let wrong =
            || format!("{text:?} is no duration (write \"50ms\", \"1s\", \"5m\", \"12h\" or \"30d\")");
        let (number, unit) = number_and_unit(text).ok_or_else(wrong)?;
        let unit_ms = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" | "min" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return Err(wrong()),
        };
        number.checked_mul(unit_ms).map(|ms| Span(Duration::from_millis(ms))).ok_or_else(wrong)
    }
}

impl std::fmt::Display for Span {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ms = self.0.as_millis();
        for (unit_ms, unit) in [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s")] {
            if ms >= unit_ms && ms.is_multiple_of(unit_ms) {
                return write!(f, "{}{unit}", ms / unit_ms);
            }
        }
        write!(f, "{ms}ms")
    }
}

impl std::str::FromStr for Size {
    type Err = String;
    fn from_str(text: &str) -> Result<Size, String> {
        let wrong = || format!("{text:?} is no size (write \"48kB\", \"64MiB\" or \"10GB\")");
        let (number, unit) = number_and_unit(text).ok_or_else(wrong)?;
        let unit_bytes = match unit {
            "" | "B" => 1,
            "kB" | "KB" => 1_000,
            "MB" => 1_000_000,
            "GB" => 1_000_000_000,
            "TB" => 1_000_000_000_000,
            "KiB" => 1 << 10,
            "MiB" => 1 << 20,
            "GiB" => 1 << 30,
            "TiB" => 1 << 40,
            _ => return Err(wrong()),
        };
        number.checked_mul(unit_bytes).map(Size).ok_or_else(wrong)
    }
}

impl std::fmt::Display for Size {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let units: [(u64, &str); 6] = [
            (1 << 30, "GiB"),
            (1 << 20, "MiB"),
            (1_000_000_000, "GB"),
            (1_000_000, "MB"),
            (1 << 10, "KiB"),
            (1_000, "kB"),
        ];
        for (unit_bytes, unit) in units {
            if self.0 >= unit_bytes && self.0.is_multiple_of(unit_bytes) {
                return write!(f, "{}{unit}", self.0 / unit_bytes);
            }
        }
        write!(f, "{}B", self.0)
    }
}

impl std::str::FromStr for ZoneName {
    type Err = String;
    fn from_str(name: &str) -> Result<ZoneName, String> {
        ZoneName::new(name)
    }
}

impl std::fmt::Display for ZoneName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for Sync {
    type Err = String;
    fn from_str(text: &str) -> Result<Sync, String> {
        match text {
            "always" => Ok(Sync::Always),
            text => text.parse().map(Sync::Interval).map_err(|error| format!("{error}, or \"always\"")),
        }
    }
}

impl std::fmt::Display for Sync {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Sync::Interval(span) => span.fmt(f),
            Sync::Always => f.write_str("always"),
        }
    }
}

/// TOML strings that are read with `FromStr` and written with `Display`.
macro_rules! as_string {
    ($($name:ty),*) => {$(
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    )*};
}
as_string!(Span, Size, ZoneName, Sync, Pattern, Shape, Wish);
