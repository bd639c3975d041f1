//! What a page's top says of its day: a crawler's date, `Published` or `Updated` and a date.

use super::Reading;
use crate::model::time::PartialDate;
use crate::model::words::range_of;
use crate::parse::update::Line;
use crate::parse::{clock, date};

impl<'a> Reading<'a, '_> {
    /// Takes what a line at a page's top says of its day.
    pub(super) fn read_header(&mut self, line: &mut Line<'a>) {
        if line.start == 0
            && let Some((date, length)) = crawled(line.text)
        {
            self.header = Some(date);
            line.text = line.text[length..].trim_start();
            line.start = range_of(&self.text.utf8, line.text).map_or(0, |range| range.start);
        } else if let Some(Dateline { date, is_updated, is_timed }) = dateline(line.text) {
            // When it was published says more of its oldest update than when it was last changed.
            if self.header.is_none() || self.header_moves && !is_updated {
                self.header = Some(date);
                self.header_moves = is_updated;
                self.changed_last = is_updated && is_timed;
            }
        }
    }
}

/// A crawler's ` date 2024-03-06` at the very top: the date, and the bytes to skip.
fn crawled(line: &str) -> Option<(PartialDate, usize)> {
    let rest = line.strip_prefix("date ")?;
    let (date, length) = date::leading(rest, false)?;
    (length == 10).then_some((date, "date ".len() + length))
}

/// `Published`/`Updated` and a date.
struct Dateline {
    date: PartialDate,
    /// Whether it's the latter.
    is_updated: bool,
    /// Whether it has a time, too.
    is_timed: bool,
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
    const LEADS: &[&str] = &["on ", "le ", "am ", "el ", "em ", "il ", "op ", "den "];
    if line.len() > 120 {
        return None;
    }
    let opened = |(opening, is_updated): &(&str, bool)| {
        let (head, rest) = line.split_at_checked(opening.len())?;
        head.eq_ignore_ascii_case(opening).then_some((rest, *is_updated))
    };
    let (rest, is_updated) = OPENINGS.iter().find_map(opened)?;
    let rest = rest.trim_start_matches([':', ' ', '|']);
    let rest = LEADS.iter().find_map(|lead| rest.strip_prefix(lead)).unwrap_or(rest);
    if let Some((date, length)) = date::leading(rest, false) {
        let clock = rest[length..].trim_start_matches(|c: char| !c.is_ascii_digit());
        return Some(Dateline { date, is_updated, is_timed: clock::leading(clock).is_some() });
    }
    // `Published: 09:00, 6 March 2024`
    let clock = clock::leading(rest)?;
    let (date, _) = date::leading(rest[clock.length..].trim_start_matches([',', ' ']), false)?;
    Some(Dateline { date, is_updated, is_timed: true })
}
