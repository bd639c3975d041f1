//! From a text to updates with their times: what `run`, `run --once` and `parse` all do. No I/O.

mod dates;

use std::sync::Arc;

use globset::GlobSet;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::config::{BlogConfig, Config, Scope};
use crate::exit::Failure;
use crate::model::event::{Event, Place, Shared};
use crate::model::file::FileName;
use crate::model::globs::{globs, matches};
use crate::model::identity::{Id, loose_key, push_folded};
use crate::model::json;
use crate::model::text::Text;
use crate::model::time::{DateBasis, Moment, Zone};
use crate::model::update::Update;
use crate::parse::dating;
use crate::parse::document::{self, Document, Layout, Overrides};
use crate::parse::path_date::path_date;

/// How many updates ahead their headlines are asked for where all are named, and where they are said their words.
const NAMED_AHEAD: usize = 4;
const SAID_AHEAD: usize = 2;
/// So much of a body: most are shorter, bytes.
const BODY_AHEAD_BYTES: usize = 2 << 10;

/// What the configuration knows of pages.
#[derive(Debug)]
pub struct Settings {
    date: Option<Date>,
    zone: Zone,
    scope: Scope,
    blogs: Vec<(GlobSet, BlogConfig, Arc<Overrides>)>,
    /// Of pages that no table is of.
    none: Arc<Overrides>,
}

/// What is known of one file before its text is read.
#[derive(Debug, Clone)]
pub struct Facts {
    /// `blog` of its events.
    pub blog: Option<String>,
    /// The day that the option or the path gives.
    given: Option<(Date, DateBasis)>,
    /// When it was fetched by the date and the clock in its path, if that gives the day.
    fetched: Option<Timestamp>,
    zone: Zone,
    scope: Scope,
    /// What its `[[blog]]` table says of the layout.
    pub overrides: Arc<Overrides>,
}

/// A text whose updates are known, but not their days.
#[derive(Debug)]
pub struct Page {
    /// What was known of the file.
    pub facts: Facts,
    /// What the parser made of the text.
    pub document: Document,
    /// The file's modification time.
    pub mtime: Timestamp,
    /// Whether the text was appended to what came before.
    pub grows: bool,
    /// That of its text.
    is_plain: bool,
}

/// The date-less names of a page's updates: their clocks and their folded openings.
#[derive(Debug, Default)]
pub struct Loose {
    /// All folded openings, one behind the other.
    folded: Vec<u8>,
    /// Of each update where its own ends there, and its [`loose_key`].
    names: Vec<(usize, Option<u64>)>,
}

impl Loose {
    /// How many updates there are.
    pub fn count(&self) -> usize {
        self.names.len()
    }

    /// The folded opening of an update.
    pub fn folded(&self, at: usize) -> &[u8] {
        let from = at.checked_sub(1).map_or(0, |before| self.names[before].0);
        &self.folded[from..self.names[at].0]
    }

    /// The [`loose_key`] of an update; `None` without a clock.
    pub fn key(&self, at: usize) -> Option<u64> {
        self.names[at].1
    }

    /// The same of all updates, in page order.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = Option<u64>> {
        self.names.iter().map(|&(_, key)| key)
    }
}

impl Settings {
    /// What `config` and `--date` say of pages.
    pub fn new(config: &Config, date: Option<Date>) -> Result<Settings, Failure> {
        let mut blogs = Vec::new();
        for blog in &config.blog {
            let glob = globs([blog.r#match.as_str()])
                .map_err(|error| Failure::config(format!("blog.match: {error}")))?;
            blogs.push((glob, blog.clone(), Arc::new(blog.overrides())));
        }
        let (zone, scope) = (config.drop.zone.zone(), config.dedupe.scope);
        Ok(Settings { date, zone, scope, blogs, none: Arc::default() })
    }

    /// What is known of `file`.
    pub fn facts(&self, file: &FileName) -> Facts {
        let table = self.blogs.iter().find(|(glob, _, _)| matches(glob, &file.path));
        let blog = table.map(|(_, blog, _)| blog);
        let option = self.date.or(blog.and_then(|blog| blog.date));
        let path = path_date(&file.path).filter(|_| option.is_none());
        let zone =
            blog.and_then(|blog| blog.zone.as_ref()).map_or_else(|| self.zone.clone(), |zone| zone.zone());
        Facts {
            blog: blog.and_then(|blog| blog.name.clone()).or_else(|| file.directory()),
            given: match path {
                Some(path) => Some((path.day, DateBasis::Path)),
                None => option.map(|date| (date, DateBasis::Option)),
            },
            fetched: path.and_then(|path| dating::instant_of(path.day.to_datetime(path.clock?), &zone)),
            zone,
            scope: self.scope,
            overrides: Arc::clone(table.map_or(&self.none, |(_, _, overrides)| overrides)),
        }
    }
}

impl Facts {
    /// The first of the three strings that make an id.
    fn scope(&self) -> &str {
        match self.scope {
            Scope::Global => "",
            Scope::Blog => self.blog.as_deref().unwrap_or(""),
        }
    }
}

impl Page {
    /// Parses a text. `grows`: it goes on from where `layout` comes from.
    pub fn read(facts: Facts, text: &Text, layout: Option<&Layout>, mtime: Timestamp, grows: bool) -> Page {
        let document = document::read(text, layout, &facts.overrides);
        Page { facts, document, mtime, grows, is_plain: text.is_plain }
    }

    /// The date-less names of its updates.
    pub fn loose(&self) -> Loose {
        let mut loose = Loose { names: Vec::with_capacity(self.document.updates.len()), ..Loose::default() };
        let updates = &self.document.updates;
        for (at, update) in updates.iter().enumerate() {
            if let Some(ahead) = updates.get(at + NAMED_AHEAD) {
                ahead.words.prefetch_headline();
            }
            let from = loose.folded.len();
            push_folded(&mut loose.folded, update.opening());
            let time_text = update.words.time_text().filter(|_| !update.is_empty());
            let time_text = time_text.filter(|_| matches!(update.moment, Moment::Clock { .. }));
            let folded = &loose.folded[from..];
            let key = time_text.map(|time_text| loose_key(self.facts.scope(), time_text, folded));
            loose.names.push((loose.folded.len(), key));
        }
        loose
    }

    /// Its updates in an order of saying, the words of each asked for while those before it are said.
    pub fn along(&self, sequence: &[usize]) -> impl Iterator<Item = (usize, &Update)> {
        let updates = &self.document.updates;
        sequence.iter().enumerate().map(move |(turn, &at)| {
            if let Some(&ahead) = sequence.get(turn + SAID_AHEAD) {
                updates[ahead].words.prefetch(BODY_AHEAD_BYTES);
            }
            (at, &updates[at])
        })
    }

    /// The day that the option or the path gives to its oldest update: whatever the page says, and whenever it's read.
    pub fn firm(&self) -> Option<Date> {
        self.facts.given.map(|(date, _)| date)
    }

    /// The day that the option, the path or the page's header gives to its oldest update.
    pub fn given(&self) -> Option<(Date, DateBasis)> {
        let header = || {
            let near = self.mtime.to_zoned(jiff::tz::TimeZone::UTC).date();
            let date = self.document.header.and_then(|header| dating::resolve(header, near))?;
            Some((date, DateBasis::Header))
        };
        self.facts.given.or_else(header)
    }

    /// The day of an instant in the zone of stamps that name none.
    pub fn day_of(&self, timestamp: Timestamp) -> Date {
        dating::local_date(timestamp, &self.facts.zone)
    }

    /// When a day ends there; `None` where time ends before.
    pub fn end_of(&self, day: Date) -> Option<Timestamp> {
        dating::end_of_day(day, &self.facts.zone)
    }

    /// The id of an update that was published at `timestamp`.
    pub fn id(&self, update: &Update, folded: &[u8], timestamp: Option<Timestamp>) -> Id {
        let id = |time: &[u8]| Id::new(self.facts.scope(), time, folded);
        match (timestamp, &update.moment) {
            (Some(timestamp), _) => match json::whole_second(timestamp) {
                Some(time) => id(&time),
                None => id(timestamp.to_string().as_bytes()),
            },
            (None, Moment::Match(clock)) => id(clock.as_bytes()),
            (None, Moment::Clock { .. } | Moment::Relative | Moment::None) => id(b""),
        }
    }

    /// What the events of this page have in common. `backfill`: as in [`Shared::new`].
    pub fn shared(&self, file: &FileName, backfill: Option<bool>, observed: Timestamp) -> Shared<'_> {
        let (root, path) = (file.root.to_string_lossy(), file.path.to_string_lossy());
        Shared::new(self.facts.blog.as_deref(), backfill, observed, &root, &path, self.is_plain)
    }
}

/// The event of an update, as far as the page tells.
pub fn event_of<'a>(
    update: &'a Update,
    id: Id,
    time: Option<(Timestamp, DateBasis)>,
    shared: &'a Shared<'a>,
) -> Event<'a> {
    let place = Place { offset: update.start.offset, length: update.length_bytes, line: update.start.line };
    let mut event = Event::new(id, shared, place);
    event.timestamp = time.map(|(timestamp, _)| timestamp);
    event.date_basis = time.map(|(_, basis)| basis);
    event.time_text = update.words.time_text();
    event.headline = update.words.headline();
    event.body = update.words.body();
    event.byline = update.words.byline();
    event.key_points = &update.key_points;
    event.embeds = &update.embeds;
    event.links = &update.links;
    event
}
