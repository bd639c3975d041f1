//! Decides how a document is read, from all the stamps in it: once per document, never per line.
//!
//! It doesn't read updates; `document` does, with what is decided here.

use crate::model::text::Text;
use crate::model::time::Moment;
use crate::parse::dialect::{Headlines, Layout};
use crate::parse::overrides::Overrides;
use crate::parse::stamp::{Found, Place};
use crate::parse::{date, flat, inline, scan};

/// How much of a document is looked at, at most, and where it stops if so many stamps were seen: a live blog shows its
/// shape long before. Looking costs twice as much as reading.
const SAMPLE_BYTES: std::ops::Range<usize> = 32 * 1024..128 * 1024;
const SAMPLE_STAMPS: usize = 32;
/// The longest headline seen has 161 characters.
const HEADLINE_CHARS: usize = 175;

struct Hit<'a> {
    line: usize,
    found: Found<'a>,
}

/// The layout of a document; `None` if it has no time lines.
pub fn decide(text: &Text, overrides: &Overrides) -> Option<Layout> {
    let mut lines = Vec::new();
    let mut hits: Vec<Hit<'_>> = Vec::new();
    let (mut seen, mut inside) = (0, 0);
    for line in scan::lines(&text.utf8) {
        let least = match hits.len() {
            SAMPLE_STAMPS.. => SAMPLE_BYTES.start,
            2.. => SAMPLE_BYTES.end,
            _ => usize::MAX,
        };
        if seen > least {
            break;
        }
        seen += line.len() + 1;
        let has_digit = scan::has_digit(line);
        if let Some(found) = overrides.find_knowing(line, has_digit) {
            hits.push(Hit { line: lines.len(), found });
        }
        let line = scan::trimmed(line);
        if has_digit {
            inside += flat::count(line, &overrides.zones);
        }
        lines.push(line);
    }
    if hits.iter().any(|hit| hit.found.custom) {
        return Some(own(hits, &lines, overrides));
    }
    hits.retain(|hit| {
        let above = || lines[..hit.line].iter().rfind(|line| !inline::is_boilerplate(line));
        !(hit.found.place == Place::Relative && above().is_some_and(|line| inline::item(line).is_some()))
    });
    // A player's `18:49:46`, unless the page has several of them and no other times.
    let players = hits.iter().filter(|hit| is_player(&hit.found)).count();
    if players < 2 || players < hits.len() {
        hits.retain(|hit| !is_player(&hit.found));
    }
    if hits.iter().filter(|hit| hit.found.epoch).count() < 2 {
        hits.retain(|hit| !hit.found.epoch);
    }
    if overrides.place().is_none() && inside >= 2 && inside > hits.len() {
        let titled = |hit: &Hit<'_>| hit.found.place == Place::Opens && is_title(hit.found.after);
        return Some(Layout {
            place: Place::Opens,
            flat: true,
            headlines: if hits.iter().any(titled) {
                Headlines::Same
            } else {
                Headlines::None
            },
            ..Layout::default()
        });
    }
    let place = match overrides.place() {
        Some(place) => place,
        None => place_of(&hits, &lines)?,
    };
    let labels = place == Place::Alone && labels(&hits);
    hits.retain(|hit| hit.found.place == place || labels && hit.found.label);
    let most =
        |test: fn(&Found<'_>) -> bool| hits.iter().filter(|hit| test(&hit.found)).count() * 2 > hits.len();
    let mut layout = Layout {
        place,
        date_first: most(|found| found.date_first),
        seconds: most(|found| found.seconds),
        mark: place == Place::Opens && most(|found| found.mark),
        labels,
        below: place == Place::Closes && most(|found| found.below),
        falling: place == Place::Opens && falling(&hits),
        ..Layout::default()
    };
    hits.retain(|hit| layout.takes(&hit.found));
    layout.bullet = hits.iter().filter(|hit| hit.found.bullet).count() * 2 > hits.len();
    hits.retain(|hit| layout.takes(&hit.found));
    if hits.is_empty() {
        return None;
    }
    if overrides.shape.is_none() && is_transcript(&hits, &lines) {
        return None;
    }
    layout.headlines = overrides.headlines(place, || headlines_of(place, &hits, &lines));
    Some(layout)
}

/// The layout of a page that has lines as the blog's own patterns say: only these are time lines.
fn own(mut hits: Vec<Hit<'_>>, lines: &[&str], overrides: &Overrides) -> Layout {
    hits.retain(|hit| hit.found.custom);
    let count = |place: Place| hits.iter().filter(|hit| hit.found.place == place).count();
    let place = [Place::Alone, Place::Opens, Place::Closes].into_iter().max_by_key(|place| count(*place));
    let place = place.unwrap_or_default();
    let headlines = overrides.headlines(place, || headlines_of(place, &hits, lines));
    Layout { place, headlines, custom: true, ..Layout::default() }
}

/// The place with the most hits; one hit alone on its line will do, others need two. `7m ago` counts only where
/// it's what the page has most of, and a match's minutes where there's nothing else.
fn place_of(hits: &[Hit<'_>], lines: &[&str]) -> Option<Place> {
    let is_of = |hit: &&Hit<'_>, place: Place| {
        hit.found.place == place && !(hit.found.label && place == Place::Alone)
    };
    let count = |place: Place| hits.iter().filter(|hit| is_of(hit, place)).count();
    let (opens, closes) = (count(Place::Opens), count(Place::Closes));
    let (ago, matches) = (count(Place::Relative), count(Place::Match));
    let mut alone = count(Place::Alone);
    if let [only] = hits.iter().filter(|hit| is_of(hit, Place::Alone)).collect::<Vec<_>>()[..]
        && only.found.date_first
        && (opens.max(closes).max(ago).max(matches) >= 2
            || lines[..only.line].iter().any(|line| !line.is_empty()))
    {
        // One dated stamp below a page's title, or above times of another shape, is the page's.
        alone = 0;
    }
    let published = hits.iter().any(|hit| hit.found.place == Place::Closes && hit.found.mark);
    let best = alone.max(if opens >= 2 { opens } else { 0 }).max(closes);
    let bare = |hit: &Hit<'_>| hit.found.place == Place::Opens && !hit.found.label;
    if alone > 0 && closes == 0 && !hits.iter().any(bare) && labels(hits) {
        return Some(Place::Alone);
    }
    if ago >= 2 && ago > best && ago >= matches {
        return Some(Place::Relative);
    }
    if best > 0 {
        if alone == best {
            return Some(Place::Alone);
        }
        if opens == best {
            return Some(Place::Opens);
        }
        if closes >= 2 || published {
            return Some(Place::Closes);
        }
    }
    (matches >= 2).then_some(Place::Match)
}

/// Whether nearly all times fall along the page.
fn falling(hits: &[Hit<'_>]) -> bool {
    let clocks: Vec<_> = hits.iter().filter_map(|hit| hit.found.moment_time()).collect();
    let rising = clocks.windows(2).filter(|pair| pair[0] < pair[1]).count();
    let falling = clocks.windows(2).filter(|pair| pair[0] > pair[1]).count();
    falling > rising
}

/// Whether a page is what was said on television: `9:00 am`, `9:01 am`, … alone on their lines, each a minute
/// after the one before, and no headlines.
fn is_transcript(hits: &[Hit<'_>], lines: &[&str]) -> bool {
    let plain = |hit: &Hit<'_>| {
        let text = hit.found.time_text;
        hit.found.place == Place::Alone && (text.ends_with(" am") || text.ends_with(" pm"))
    };
    let clocks: Vec<_> = hits.iter().filter_map(|hit| hit.found.moment_time()).collect();
    let minute = |(hour, minute): (i8, i8)| i32::from(hour) * 60 + i32::from(minute);
    hits.len() >= 3
        && hits.iter().all(plain)
        && clocks.windows(2).all(|pair| (minute(pair[1]) - minute(pair[0])).rem_euclid(24 * 60) == 1)
        && alone(hits, lines) == Headlines::None
}

/// A clock with seconds and no date.
fn is_player(found: &Found<'_>) -> bool {
    found.seconds && matches!(found.moment, Moment::Clock { date: None, .. })
}

/// Whether clocks with a category or an author beside them (`15:05 Chat`) are time lines of this page: where they
/// fit into the order of those that stand alone. An agenda's don't.
fn labels(hits: &[Hit<'_>]) -> bool {
    if !hits.iter().any(|hit| hit.found.label) {
        return false;
    }
    let of = hits.iter().filter(|hit| hit.found.place == Place::Alone || hit.found.label);
    let of = of.filter(|hit| !hit.found.date_first);
    let clocks: Vec<(i8, i8)> = of.filter_map(|hit| hit.found.moment_time()).collect();
    let minutes = |(hour, minute): (i8, i8)| i32::from(hour) * 60 + i32::from(minute);
    // A step of more than half a day is midnight's.
    let steps = clocks.windows(2).map(|pair| minutes(pair[1]) - minutes(pair[0]));
    let steps: Vec<i32> = steps.filter(|step| step.abs() <= 12 * 60).collect();
    steps.iter().all(|&step| step <= 0) || steps.iter().all(|&step| step >= 0)
}

fn headlines_of(place: Place, hits: &[Hit<'_>], lines: &[&str]) -> Headlines {
    match place {
        Place::Closes if hits.iter().filter(|hit| hit.found.below).count() * 2 > hits.len() => {
            above(hits, lines)
        }
        Place::Closes => Headlines::Same,
        Place::Match => Headlines::None,
        Place::Opens => opened(hits, lines),
        Place::Alone | Place::Relative => alone(hits, lines),
    }
}

fn block<'a, 'b>(
    hits: &[Hit<'_>],
    at: usize,
    lines: &'b [&'a str],
) -> impl Iterator<Item = &'a str> + use<'a, 'b> {
    let end = hits.get(at + 1).map_or(lines.len(), |next| next.line);
    lines[hits[at].line + 1..end]
        .iter()
        .copied()
        .filter(|line| !inline::is_boilerplate(line) && !inline::is_caption(line))
}

/// Whether a line doesn't end as a sentence does: in a full stop.
pub(crate) fn is_open_ended(line: &str) -> bool {
    let bare = line.trim_end_matches(['”', '"', '’', '\'', ')']);
    !bare.ends_with('.') || bare.ends_with("..") || bare.ends_with(". .")
}

/// Whether a line is short and open-ended, as headlines are.
fn is_title(line: &str) -> bool {
    is_open_ended(line) && line.len() <= HEADLINE_CHARS * 4 && line.chars().count() <= HEADLINE_CHARS
}

/// Where the stamp stands below its update: whether most begin with a headline. What is above the first stamp has
/// the page's intro in it.
fn above(hits: &[Hit<'_>], lines: &[&str]) -> Headlines {
    let blocks = hits.windows(2).map(|pair| &lines[pair[0].line + 1..pair[1].line]);
    let text = |line: &&&str| !inline::is_boilerplate(line) && !inline::is_caption(line);
    let (mut titles, mut others) = (0, 0);
    for block in blocks {
        let mut block = block.iter().filter(text);
        match (block.next(), block.next()) {
            (Some(first), Some(_)) if is_title(first) && !introduces(first) => titles += 1,
            (Some(_), _) => others += 1,
            (None, _) => {}
        }
    }
    match titles > others {
        true => Headlines::After,
        false => Headlines::None,
    }
}

/// Whether a line leads to the next one: a salutation, `She said:`.
fn introduces(line: &str) -> bool {
    line.ends_with([',', ':', ';'])
}

fn alone(hits: &[Hit<'_>], lines: &[&str]) -> Headlines {
    if hits.iter().filter(|hit| hit.found.comma).count() * 2 > hits.len() {
        return Headlines::Before;
    }
    let (mut titles, mut others, mut bare) = (0, 0, 0);
    for at in 0..hits.len() {
        let mut block = block(hits, at, lines);
        let Some(first) = block.next() else { continue };
        let more = block.next();
        let long = first.len() > HEADLINE_CHARS && first.chars().count() > HEADLINE_CHARS;
        if at > 0 && at + 1 == hits.len() && titles + others == 1 && !(long && more.is_some()) {
            // The last of two may be cut in its first line: it has no vote, unless no headline is that long.
            continue;
        }
        match (is_title(first) && !introduces(first), more) {
            (true, Some(_)) => titles += 1,
            (true, None) => bare += 1,
            (false, _) => others += 1,
        }
    }
    // A title without a body is a headline whose picture was lost, or a caption: it has no vote.
    if titles * 5 >= (titles + others) * 3 && titles > 0 || titles + others == 0 && bare > 0 {
        return Headlines::After;
    }
    if before(hits, lines) {
        return Headlines::Before;
    }
    // A file that begins with a bare stamp has yet to show them; the commonest blogs have headlines.
    if titles + others == 0 {
        Headlines::After
    } else {
        Headlines::None
    }
}

/// Whether a line may be a headline, by what it says itself.
pub(crate) fn is_headline(line: &str) -> bool {
    is_title(line) && !introduces(line) && !is_of_a_body(line) && !inline::is_boilerplate(line)
}

/// Whether a line is no headline, however short: an item, a caption, a byline, a quoted post's signature, a date.
fn is_of_a_body(line: &str) -> bool {
    inline::item(line).is_some()
        || inline::byline(line).is_some()
        || inline::is_caption(line)
        || inline::signature(line).is_some()
        || date::whole(line).is_some()
}

/// Whether the line before nearly every stamp is a headline: short, open-ended, after a blank line, not repeated.
fn before(hits: &[Hit<'_>], lines: &[&str]) -> bool {
    let mut titles: Vec<&str> = Vec::new();
    for (at, hit) in hits.iter().enumerate() {
        let from = if at == 0 { 0 } else { hits[at - 1].line + 1 };
        let above = &lines[from..hit.line];
        let Some(last) = above.iter().rposition(|line| !inline::is_boilerplate(line)) else {
            continue;
        };
        let title = above[last];
        let over = last.checked_sub(1).map_or("", |over| above[over]);
        let set_off = over.is_empty() || date::whole(over).is_some();
        let marked = above[..last].iter().rfind(|line| !line.is_empty()).is_some_and(|line| *line == "-");
        if set_off && is_title(title) && !is_of_a_body(title) && !marked && !titles.contains(&title) {
            titles.push(title);
        }
    }
    // Two lines may be so by chance; a page with a stamp alone on its line seldom has headlines above.
    let least = if hits[0].found.place == Place::Alone { 3 } else { 2 };
    hits.len() >= least && titles.len() * 5 >= hits.len() * 4
}

fn opened(hits: &[Hit<'_>], lines: &[&str]) -> Headlines {
    let (mut titles, mut others) = (0, 0);
    for (at, hit) in hits.iter().enumerate() {
        let followed = block(hits, at, lines).next().is_some();
        if is_title(hit.found.after) && followed
            || !hit.found.mark && crate::parse::update::glued(hit.found.after).is_some()
        {
            titles += 1;
        } else if at + 1 < hits.len() || followed {
            others += 1;
        }
    }
    if titles > others {
        return Headlines::Same;
    }
    if before(hits, lines) {
        Headlines::Before
    } else {
        Headlines::None
    }
}
