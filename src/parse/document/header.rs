//! What a page's top says of its day: a crawler's date, `Published` or `Updated` and a date.

use jiff::civil::Time;

use super::{Changed, Reading};
use crate::model::time::PartialDate;
use crate::model::words::range_of;
use crate::parse::stamp::{self, Found};
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
        } else if let Some(Dateline { date, is_updated, changed }) = dateline(line.text)
            .or_else(|| bare_dateline(line.text).filter(|_| self.is_unlike_stamps(line.text)))
            .or_else(|| listed_date(line.text))
            .or_else(|| signed_date(line.text).filter(|_| self.is_unlike_stamps(line.text)))
        {
            // When it was published says more of its oldest update than when it was last changed.
            if self.header.is_none() || self.header_moves && !is_updated {
                self.header = Some(date);
                self.header_moves = is_updated;
                self.changed_last = changed;
            }
        }
    }

    /// Takes a line above the first stamp that is nothing but a date. The nearest one is the page's: the others are those of
    /// what else is on it. One with its weekday and without a year heads a day as those further down do.
    pub(super) fn headed_above(&mut self, date: PartialDate, line: &str) {
        if self.header.is_none() || self.header_alone && date.year.is_some() {
            (self.header, self.header_alone) = (Some(date), true);
        }
        self.heads_day = date.year.is_none() && date::has_weekday(line);
    }

    /// Whether a line at a page's top isn't written as its time lines are.
    fn is_unlike_stamps(&self, line: &'a str) -> bool {
        let is_other = |found: Found<'_>| self.may_be_bare(&found) && !self.is_bare(&found);
        !self.layout.date_first && self.stamp_in(line).is_none_or(is_other)
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
        // A post's front matter.
        ("date:", false),
        ("publishdate:", false),
        ("Published", false),
        ("First published", false),
        ("Posted", false),
        ("Updated", true),
        ("Last updated", true),
        ("Last update", true),
        ("Page last updated", true),
        ("Publié", false),
        ("Mis à jour", true),
        ("Veröffentlicht", false),
        ("Aktualisiert", true),
        ("Stand", true),
        ("Publicado", false),
        ("Actualizado", true),
        ("Criado", false),
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
        ("發布時間", false),
        ("发布时间", false),
        ("更新時間", true),
        ("更新时间", true),
    ];
    if line.len() > DATELINE_BYTES_MAX {
        return None;
    }
    let opened = |(opening, is_updated): &(&str, bool)| {
        let (head, rest) = line.split_at_checked(opening.len())?;
        head.eq_ignore_ascii_case(opening).then_some((rest, *is_updated))
    };
    let (rest, is_updated) = OPENINGS.iter().find_map(opened)?;
    let rest = led(rest.trim_start_matches([':', '：', ' ', '|', '"', '\'']));
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

/// What a clock beside a date says where no word says what of. Midnight is what machines write where they know the day alone.
fn maybe_at(time: Time) -> Changed {
    match time == Time::midnight() {
        true => Changed::Unsaid,
        false => Changed::Maybe(time),
    }
}

/// A date with its year and a clock, or the other way round, and no word that says what of: `Wed 6 Mar 2024 22.10 GMT`.
fn bare_dateline(line: &str) -> Option<Dateline> {
    if line.len() > DATELINE_BYTES_MAX {
        return None;
    }
    let mut says_updated = false;
    let (date, clock, rest) = match date::leading(line, false) {
        Some((date, length)) => {
            let text = line[length..].trim_start_matches([',', ' ', '\u{a0}', '-', '–', '|', '·']);
            // `6 March 2024 Last updated at 20:16`
            let updated = ["Last updated ", "Updated "].iter().find_map(|word| text.strip_prefix(word));
            says_updated = updated.is_some();
            let text = led(updated.unwrap_or(text));
            let clock = clock::leading(text)?;
            (date, clock, behind(text, clock.length))
        }
        None => {
            let (date, rest) = behind_clock(line)?;
            (date, clock::leading(line)?, rest)
        }
    };
    let is_end = matches!(rest, "" | "horas" | "hrs.")
        || rest.starts_with(['·', '|'])
        || rest.starts_with(", modifié");
    let changed = match clock.time {
        _ if says_updated => Changed::Said,
        time => maybe_at(time),
    };
    (date.year.is_some() && is_end).then_some(Dateline { date, is_updated: true, changed })
}

/// A date with its year that is an item of the page's top: `• 06/03/2024`.
fn listed_date(line: &str) -> Option<Dateline> {
    let (text, is_listed) = stamp::unmarked(line);
    let date = date::whole(text).filter(|date| is_listed && date.year.is_some())?;
    Some(Dateline { date, is_updated: true, changed: Changed::Unsaid })
}

/// A date with its year beside who wrote the page, what it is, or that it was published: `by Ann Bee | March 6, 2024`,
/// `Live blog: Wednesday 6 March 2024`, `Ann Bee March 6, 2024 15:03 IST`, `on March 6, 2024 at 11:59 PM, updated …`.
fn signed_date(line: &str) -> Option<Dateline> {
    let is_year = |digits: &[u8]| matches!(digits, [b'1', b'9', ..] | [b'2', b'0', ..]);
    let line = line.strip_suffix('.').unwrap_or(line);
    if line.len() > DATELINE_BYTES_MAX || line.contains('@') || !line.as_bytes().windows(4).any(is_year) {
        return None;
    }
    let behind_blank = line.match_indices([' ', '\u{a0}']).map(|(at, blank)| at + blank.len());
    let (at, date, length) = std::iter::once(0).chain(behind_blank).find_map(|at| {
        let (date, length) = date::leading(&line[at..], false)?;
        date.year.map(|_| (at, date, length))
    })?;
    let changed = told_behind(&line[at + length..])?;
    let head = line[..at].trim_end_matches(|c: char| c.is_whitespace() || ",:-–—·•/".contains(c));
    // A line that is nothing but a date is looked at elsewhere.
    if at == 0 && length == line.len() {
        return None;
    }
    let is_head = head.is_empty() || head.ends_with('|') || is_of_page(head) || is_signature(head);
    is_head.then_some(Dateline { date, is_updated: true, changed })
}

/// What a line says, behind a date, of when the page was changed; `None` if it goes on as a sentence does.
fn told_behind(rest: &str) -> Option<Changed> {
    let rest = rest.trim_start();
    let is_sign = |rest: &str| rest.is_empty() || rest.starts_with(['•', '|', '·', '/', ';']);
    let goes_on = |word: &str| rest.starts_with(word);
    if is_sign(rest) || goes_on("by ") || goes_on("By ") || goes_on("in ") {
        return Some(Changed::Unsaid);
    }
    let timed = led(rest.trim_start_matches([',', ' ', '\u{a0}', '-', '–']));
    let clock = clock::leading(timed)?;
    let rest = behind(timed, clock.length);
    let is_end = is_sign(rest) || rest.starts_with(char::is_uppercase) || rest.starts_with(", updated");
    is_end.then(|| maybe_at(clock.time))
}

/// Whether words before a date are no sentence's: two or three names, `Posted by Ann Bee on`, `Last modified`.
fn is_signature(head: &str) -> bool {
    const PUBLISHED: &[&str] = &["posted", "published", "updated", "modified"];
    const SMALL: &[&str] = &["and", "by", "of", "on", "staff"];
    const NAMES_MAX: usize = 3;
    let words = || head.split(' ');
    let is_published = |word: &str| PUBLISHED.iter().any(|other| word.eq_ignore_ascii_case(other));
    let is_name =
        |word: &str| word.starts_with(char::is_uppercase) && !word.ends_with('.') && !word.contains('/');
    let is_number = |word: &str| word.trim_end_matches(',').parse::<u8>().is_ok();
    let are_names = || words().all(|word| is_name(word) || is_number(word) || SMALL.contains(&word));
    words().take(2).any(is_published)
        || are_names() && words().filter(|word| is_name(word)).count() <= NAMES_MAX
}

/// Whether words say that they are of the page: who wrote it, or that it is a live blog.
fn is_of_page(words: &str) -> bool {
    let words = words.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.enumerate().any(|(at, word)| {
        let is = |other: &str| word.eq_ignore_ascii_case(other);
        at == 0 && is("by") || ["live", "blog", "liveblog", "updates"].into_iter().any(is)
    })
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
