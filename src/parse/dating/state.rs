//! What dating carries from one text of a file to the next, as values and as the short text of a checkpoint.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;

use crate::model::time::{DateBasis, PartialDate};

/// How a checkpoint says so of a file's clocks.
const BARE: &str = "twelve-hours";

/// What dating needs to go on behind a document's `resume`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DatingState {
    /// The page's order.
    pub order: Order,
    /// The newest update before there, and where its day came from.
    pub newest: Option<(Timestamp, DateBasis)>,
    /// The oldest one: where the next piece of a newest-first page goes on.
    pub oldest: Option<Timestamp>,
    /// The heading above the last update before there: it no longer gives the day of what follows.
    pub heading: Option<PartialDate>,
    /// Whether each clock so far is one of twelve hours that doesn't say its half, as it is written.
    pub are_bare: bool,
}

impl DatingState {
    /// Whether updates of several times told that the page's newest stands on top: one alone tells no order.
    pub fn is_seen_falling(&self) -> bool {
        self.order == Order::NewestFirst
            && self.newest.zip(self.oldest).is_some_and(|((newest, _), oldest)| oldest < newest)
    }
}

/// Which end of a page is the newest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// A snapshot: the newest update on top.
    NewestFirst,
    /// A log.
    OldestFirst,
}

/// A text that is no dating state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a dating state: {0:?}")]
pub struct UnknownState(pub String);

impl fmt::Display for DatingState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.order {
            Order::NewestFirst => "newest-first",
            Order::OldestFirst => "oldest-first",
        })?;
        if self.are_bare {
            write!(f, " {BARE}")?;
        }
        if let Some(PartialDate { year, month, day }) = self.heading {
            let year = year.map_or("-".into(), |year| format!("{year:04}"));
            write!(f, " heading={year}/{month:02}/{day:02}")?;
        }
        let Some((timestamp, basis)) = self.newest else { return Ok(()) };
        write!(f, " {timestamp} {}", basis.as_str())?;
        let Some(oldest) = self.oldest else { return Ok(()) };
        write!(f, " {oldest}")
    }
}

impl FromStr for DatingState {
    type Err = UnknownState;

    fn from_str(text: &str) -> Result<DatingState, UnknownState> {
        let unknown = || UnknownState(text.into());
        let mut words = text.split(' ').peekable();
        let order = match words.next() {
            Some("newest-first") => Order::NewestFirst,
            Some("oldest-first") => Order::OldestFirst,
            Some(_) | None => return Err(unknown()),
        };
        let are_bare = words.next_if(|&word| word == BARE).is_some();
        let heading = match words.peek().and_then(|word| word.strip_prefix("heading=")) {
            Some(date) => Some(heading(date).ok_or_else(unknown)?),
            None => None,
        };
        if heading.is_some() {
            words.next();
        }
        let Some(timestamp) = words.next() else {
            return Ok(DatingState { order, newest: None, oldest: None, heading, are_bare });
        };
        let timestamp = timestamp.parse().map_err(|_| unknown())?;
        let basis = match words.next() {
            Some("stamp") => DateBasis::Stamp,
            Some("heading") => DateBasis::Heading,
            Some("option") => DateBasis::Option,
            Some("path") => DateBasis::Path,
            Some("header") => DateBasis::Header,
            Some("mtime") => DateBasis::Mtime,
            Some(_) | None => return Err(unknown()),
        };
        let oldest = words.next().map(str::parse).transpose().map_err(|_| unknown())?;
        Ok(DatingState { order, newest: Some((timestamp, basis)), oldest, heading, are_bare })
    }
}

/// `2024/03/06`, or `-/03/06` without a year.
fn heading(text: &str) -> Option<PartialDate> {
    let mut parts = text.split('/');
    let year = match parts.next()? {
        "-" => None,
        year => Some(year.parse().ok()?),
    };
    let month = parts.next()?.parse().ok().filter(|month| (1..=12).contains(month))?;
    let day = parts.next()?.parse().ok().filter(|day| (1..=31).contains(day))?;
    parts.next().is_none().then_some(PartialDate { year, month, day })
}
