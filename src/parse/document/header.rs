//! What a page's top says of its day: a crawler's date, `Published` or `Updated` and a date.

use jiff::civil::Time;

use super::{Changed, Reading};
use crate::model::time::PartialDate;
use crate::model::words::range_of;
use crate::parse::update::Line;
use crate::parse::{clock, date, zone};

/// A longer line says more than when a page was written, bytes.
const DATELINE_BYTES_MAX: usize = 120;

impl<'a> Reading<'a, '_> {
    /// Takes what a line at a page's top says of its day.
    pub(super) fn read_header(&mut self, line: &mut Line<'a>) {
        if line.start == 0
            && let Some((date, length)) = crawled(line.text)
        {
            self.header = date;
            line.text = line.text[length..].trim_start();
            line.start = range_of(&self.text.utf8, line.text).map_or(0, |range| range.start);
        } else if let Some(Dateline { date, is_updated, changed }) = dateline(line.text).or_else(|| {
            // What is written as the page's time lines are is one.
            let bare = bare_dateline(line.text).filter(|_| !self.layout.date_first)?;
            self.stamp_in(line.text).is_none().then_some(bare)
        }) {
            // When it was published says more of its oldest update than when it was last changed.
            if self.header.is_none() || self.header_moves && !is_updated {
                self.header = Some(date);
                self.header_moves = is_updated;
                self.changed_last = changed;
            }
        }
    }
}

/// A crawler's ` date 2024-03-06`, or ` date 2024-03`, at the very top: the date, if it has a day, and the bytes to skip.
pub(crate) fn crawled(line: &str) -> Option<(Option<PartialDate>, usize)> {
    const DAY: usize = "date 2024-03-06".len();
    const MONTH: usize = "date 2024-03".len();
    let rest = line.strip_prefix("date ")?;
    if let Some((date, _)) = date::leading(rest, false).filter(|(_, length)| "date ".len() + length == DAY) {
        return Some((Some(date), DAY));
    }
    let is_month = rest.bytes().enumerate().take(8).all(|(at, byte)| match at {
        4 => byte == b'-',
        7 => byte == b' ',
        _ => byte.is_ascii_digit(),
    });
    (is_month && line.len() > MONTH).then_some((None, MONTH))
}

/// `Published`/`Updated` and a date.
struct Dateline {
    date: PartialDate,
    /// Whether it's the latter.
    is_updated: bool,
    /// What it says of when the page was last changed.
    changed: Changed,
}

fn dateline(line: &str) -> Option<Dateline> {
    const OPENINGS: &[(&str, bool)] = &[
        ("Published", false),
        ("First published", false),
        ("Posted", false),
        ("Updated", true),
        ("Last updated", true),
        ("Publié", false),
        ("Mis à jour", true),
        ("Veröffentlicht", false),
        ("Aktualisiert", true),
        ("Stand", true),
        ("Publicado", false),
        ("Actualizado", true),
        ("Atualizado", true),
        ("Pubblicato", false),
        ("Aggiornato", true),
        ("Gepubliceerd", false),
        ("Bijgewerkt", true),
        ("Publicerad", false),
        ("Publisert", false),
        ("Offentliggjort", false),
        ("Uppdaterad", true),
        ("Oppdatert", true),
        ("Opdateret", true),
        ("Opublikowano", false),
        ("Aktualizacja", true),
        ("Опубликовано", false),
        ("Обновлено", true),
    ];
    if line.len() > DATELINE_BYTES_MAX {
        return None;
    }
    let opened = |(opening, is_updated): &(&str, bool)| {
        let (head, rest) = line.split_at_checked(opening.len())?;
        head.eq_ignore_ascii_case(opening).then_some((rest, *is_updated))
    };
    let (rest, is_updated) = OPENINGS.iter().find_map(opened)?;
    let rest = led(rest.trim_start_matches([':', ' ', '|']));
    if let Some((date, length)) = date::leading(rest, false) {
        let clock = rest[length..].trim_start_matches(|c: char| !c.is_ascii_digit());
        let is_timed = is_updated && clock::leading(clock).is_some();
        return Some(Dateline { date, is_updated, changed: said_if(is_timed) });
    }
    // `Published: 09:00, 6 March 2024`, `Updated 9:14 AM EDT, Wed March 6, 2024`
    let (date, _) = behind_clock(rest)?;
    Some(Dateline { date, is_updated, changed: said_if(is_updated) })
}

fn said_if(is_said: bool) -> Changed {
    if is_said { Changed::Said } else { Changed::Unsaid }
}

/// A date with its year and a clock, or the other way round, and no word that says what of: `Wed 6 Mar 2024 22.10 GMT`.
fn bare_dateline(line: &str) -> Option<Dateline> {
    if line.len() > DATELINE_BYTES_MAX {
        return None;
    }
    let (date, clock, rest) = match date::leading(line, false) {
        Some((date, length)) => {
            let text = led(line[length..].trim_start_matches([',', ' ', '\u{a0}', '-', '–', '|', '·']));
            let clock = clock::leading(text)?;
            (date, clock, behind(text, clock.length))
        }
        None => {
            let (date, rest) = behind_clock(line)?;
            (date, clock::leading(line)?, rest)
        }
    };
    let is_end = rest.is_empty() || rest.starts_with(['·', '|']) || rest.starts_with(", modifié");
    // Midnight is what machines write where they know the day alone.
    let changed = match clock.time == Time::midnight() {
        true => Changed::Unsaid,
        false => Changed::Maybe(clock.time),
    };
    (date.year.is_some() && is_end).then_some(Dateline { date, is_updated: true, changed })
}

/// The date behind a clock and its zone, and what follows.
fn behind_clock(text: &str) -> Option<(PartialDate, &str)> {
    let rest = behind(text, clock::leading(text)?.length);
    let rest = led(rest.trim_start_matches([',', ' ']));
    let (date, length) = date::leading(rest, false)?;
    Some((date, rest[length..].trim_start()))
}

/// What follows a clock and the zone that may stand behind it.
fn behind(text: &str, clock_bytes: usize) -> &str {
    let rest = text[clock_bytes..].trim_start();
    zone::leading(rest, &[]).map_or(rest, |(_, length)| rest[length..].trim_start())
}

/// A text without the word that leads to its date or clock.
fn led(text: &str) -> &str {
    const LEADS: &[&str] = &[
        "on", "at", "le", "à", "am", "um", "el", "a las", "em", "il", "op", "den",
    ];
    let rest = LEADS.iter().find_map(|lead| {
        let (head, rest) = text.split_at_checked(lead.len())?;
        rest.strip_prefix([' ', ':']).filter(|_| head.eq_ignore_ascii_case(lead))
    });
    rest.map_or(text, str::trim_start)
}
