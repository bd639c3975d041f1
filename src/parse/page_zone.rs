//! Which zone a page's stamps are of that name none: that of those which do, or the one that a note near its top says.
//!
//! What the configuration says of the blog, and of all others, isn't asked here.

use memchr::memmem;

use crate::model::time::{Moment, Zone};
use crate::parse::hits::Hit;
use crate::parse::{scan, zone};

/// A page's head in which it says of which zone its times are, bytes.
const HEAD_BYTES: usize = 4 << 10;
/// How far behind the words the zone's name stands at most, bytes.
const NOTE_BYTES_MAX: usize = 40;

/// The name of the zone of all stamps that name one, if they name the same and others name none: at least half of them, or
/// the first one, which speaks for those below it.
pub(crate) fn of_stamps(hits: &[Hit<'_>], zones: &[(String, Zone)]) -> Option<String> {
    let is_bare = |hit: &Hit<'_>| matches!(hit.found.moment, Moment::Clock { zone: None, .. });
    let bare = hits.iter().filter(|hit| is_bare(hit)).count();
    if bare == 0 || bare * 2 > hits.len() && hits.first().is_none_or(is_bare) {
        return None;
    }
    let mut named = hits.iter().filter_map(|hit| match &hit.found.moment {
        Moment::Clock { zone: Some(zone), .. } => Some((hit.found.time_text, zone)),
        _ => None,
    });
    let (time_text, zone) = named.next()?;
    if named.any(|(_, other)| other != zone) {
        return None;
    }
    let starts = time_text.match_indices([' ', '(']).map(|(at, _)| &time_text[at + 1..]);
    let name = starts.filter_map(|rest| name_in(rest, zones)).next()?;
    Some(name.to_string())
}

/// The name of the zone that a note in a page's head says its times are of: `(all times BST)`, `All times stated are UK`.
pub(crate) fn of_note(text: &str, zones: &[(String, Zone)]) -> Option<String> {
    const WORDS: &[&[u8]] = &[b"All times ", b"all times ", b"ALL TIMES "];
    let head = &text.as_bytes()[..text.len().min(HEAD_BYTES)];
    let notes = WORDS.iter().flat_map(|words| {
        let found = memmem::find_iter(head, words).map(|at| (at, at + words.len()));
        found.filter(|&(at, _)| !head[..at].last().is_some_and(u8::is_ascii_alphanumeric))
    });
    notes.map(|(_, end)| &text[end..]).find_map(|rest| noted(rest, zones)).map(str::to_string)
}

/// The zone that a note goes on with: by its name, or by a place that is none beside a clock.
fn noted<'a>(rest: &'a str, zones: &[(String, Zone)]) -> Option<&'a str> {
    const FILLERS: &[&str] = &[
        "are ", "in ", "is ", "stated ", "given ", "shown ", "listed ", "US ", "the ",
    ];
    const PLACES: &[(&str, &str)] = &[
        ("UK", "UK time"),
        ("London", "UK time"),
        ("Atlantic", "Atlantic"),
        ("atlantic", "Atlantic"),
        ("central", "Central"),
        ("eastern", "Eastern"),
        ("mountain", "Mountain"),
        ("pacific", "Pacific"),
    ];
    let line = scan::lines(rest).next()?;
    let mut rest = &line[..line.floor_char_boundary(NOTE_BYTES_MAX)];
    while let Some(behind) = FILLERS.iter().find_map(|filler| rest.strip_prefix(filler)) {
        rest = behind;
    }
    name_in(rest, zones).or_else(|| {
        let word = rest.split(|c: char| !c.is_alphanumeric()).next()?;
        PLACES.iter().find(|(place, _)| *place == word).map(|&(_, name)| name)
    })
}

/// The zone's name that opens a text. One with a comma can't be kept with a layout.
fn name_in<'a>(text: &'a str, zones: &[(String, Zone)]) -> Option<&'a str> {
    zone::leading(text, zones)
        .map(|(_, length)| &text[..length])
        .map(|name| name.trim_matches(['(', ')']))
        .filter(|name| !name.contains(','))
}

#[cfg(test)]
mod tests {
    use super::of_note;
    use crate::model::text::Text;
    use crate::model::time::{Moment, Zone};
    use crate::parse::document::{self, Layout};
    use crate::parse::overrides::Overrides;

    #[test]
    fn a_page_says_in_many_ways_of_which_zone_its_times_are() {
        for (note, name) in [
            ("(all times BST)", Some("BST")),
            ("LIVE TEXT (ALL TIMES GMT)", Some("GMT")),
            ("All times are GMT+3.", Some("GMT+3")),
            ("All times in US Pacific Time (PDT)", Some("Pacific Time")),
            ("The harbour, hour by hour. All times Pacific.", Some("Pacific")),
            ("All times stated are UK: noon is noon.", Some("UK time")),
            ("All times are London time", Some("UK time")),
            ("All times eastern:", Some("Eastern")),
            ("(all times Atlantic Standard Time)", Some("Atlantic")),
            ("(all times local):", None),
            ("All times seem to be GMT", None),
            ("Small times GMT", None),
            ("In the times GMT", None),
        ] {
            assert_eq!(of_note(&format!("Harbour live\n{note}\n"), &[]).as_deref(), name, "{note}");
        }
    }

    /// The zone of each update, minutes east.
    fn zones(text: &str, kept: Option<&Layout>, overrides: &Overrides) -> Vec<Option<i32>> {
        let zone = |moment: &Moment| match moment {
            Moment::Clock { zone: Some(Zone::Offset(seconds)), .. } => Some(seconds / 60),
            _ => None,
        };
        let document = document::read(&Text::whole(text), kept, overrides);
        document.updates.iter().map(|update| zone(&update.moment)).collect()
    }

    #[test]
    fn a_stamp_that_names_no_zone_has_that_of_those_which_do() {
        // It was an hour late.
        let text = "1. The crane stops published at 09:07 British Summer Time 6 July 2024\n\nIt stands still.\n\n\
                    2. The bridge opens published at 09:00\n\nIt is open.\n\n3. The ferry waits published at 08:40\n\nIt is late.\n";
        assert_eq!(zones(text, None, &Overrides::default()), [Some(60); 3]);
        // As what is appended to the page has it.
        let layout =
            document::read(&Text::whole(text), None, &Overrides::default()).layout.expect("a layout");
        let kept: Layout = layout.to_string().parse().expect("a layout");
        let below = "4. The pier is shut published at 08:31\n\nNobody may go there.\n";
        assert_eq!(zones(below, Some(&kept), &Overrides::default()), [Some(60)]);
        // Of two zones none is the page's.
        let two = text.replace("published at 08:40", "published at 08:40 Greenwich Mean Time 6 July 2024");
        assert_eq!(zones(&two, None, &Overrides::default())[1], None);
    }

    #[test]
    fn a_note_holds_unless_the_blog_has_a_zone() {
        let text = "Harbour live\n\nAll times BST\n\n9.07am: The crane stops.\n\n9.31am: The bridge opens.\n";
        assert_eq!(zones(text, None, &Overrides::default()), [Some(60); 2]);
        let own = Overrides { has_zone: true, ..Overrides::default() };
        assert_eq!(zones(text, None, &own), [None; 2]);
    }
}
