//! Decides how a document is read, from all the stamps in it: once per document, never per line.
//!
//! It doesn't read updates; `document` does, with what is decided here.

use crate::model::text::Text;
use crate::model::words::range_of;
use crate::parse::bylines::{self, Bylines};
use crate::parse::dialect::{Headlines, Layout, is_of_mixed};
use crate::parse::document::crawled;
use crate::parse::headlines::{self, headlines_of};
use crate::parse::hits::{self, Hit, is_by_machine};
use crate::parse::kinds::{are_bare_digits, are_mixed, are_odd_too, are_unmarked_too, categories, labels};
use crate::parse::overrides::Overrides;
use crate::parse::scan::DigitRuns;
use crate::parse::stamp::{FRAME, Found, Place, is_author, is_yesterday, shape};
use crate::parse::update::minute_of_day;
use crate::parse::{agenda, boilerplate, flat, inline, kinds, no_blog, page_zone, scan, stamp};

/// How much of a document is looked at, at most, and where it stops if so many stamps were seen: a live blog shows its
/// shape long before. Looking costs twice as much as reading.
const SAMPLE_BYTES: std::ops::Range<usize> = 32 * 1024..128 * 1024;
const SAMPLE_STAMPS: usize = 32;

/// So many lines the sample of a usual page has: room is made for them.
const LINES_USUAL: usize = 512;

/// How many lines the authors of a page take, with `By`.
const AUTHORS_MAX: usize = 8;

/// The layout of a document; `None` if it has no time lines.
pub fn decide(text: &Text, overrides: &Overrides) -> Option<Layout> {
    let mut lines = Vec::with_capacity(LINES_USUAL);
    let mut hits: Vec<Hit<'_>> = Vec::with_capacity(SAMPLE_STAMPS * 2);
    // The times of line stamps and of those inside lines, in page order.
    let mut clocks: Vec<(i8, i8)> = Vec::new();
    let (mut seen, mut inside, mut stamps) = (0, 0, 0);
    let mut runs = DigitRuns::of(&text.utf8);
    for line in scan::lines(&text.utf8) {
        let least = match stamps {
            SAMPLE_STAMPS.. => SAMPLE_BYTES.start,
            2.. => SAMPLE_BYTES.end,
            _ => usize::MAX,
        };
        if seen > least {
            break;
        }
        seen += line.len() + 1;
        let mut line = scan::trimmed(line);
        if lines.is_empty()
            && let Some((_, length)) = crawled(line)
        {
            line = line[length..].trim_start();
        }
        let own = range_of(&text.utf8, line).expect("a line stands in its text");
        let has_digit = runs.next(own.start).is_some_and(|at| at < own.end);
        let mut behind = 0;
        if let Some(found) = overrides.find_knowing(line, has_digit, hits.last().map(|hit| &hit.found)) {
            // A list's numbers are no stamps, and there may be many.
            stamps += usize::from(!hits::is_dotted_minute(&found));
            clocks.extend(found.moment_time());
            // What a word leads to is no second one.
            let time = range_of(line, found.time_text).filter(|_| found.place == Place::Opens && found.mark);
            behind = time.map_or(0, |time| time.end);
            hits.push(Hit { line: lines.len(), found });
        }
        if has_digit {
            let times = flat::times(&line[behind..], &mut runs, own.start + behind, &overrides.zones);
            inside += times.len();
            clocks.extend(times);
        }
        lines.push(line);
    }
    if hits.iter().any(|hit| hit.found.custom) {
        return Some(own(hits, &lines, overrides));
    }
    let odd = hits.iter().any(|hit| hit.found.odd) && are_odd_too(&hits);
    hits.retain(|hit| odd || !hit.found.odd);
    if overrides.shape.is_none() && no_blog::is_none(&hits, &lines) {
        return None;
    }
    let whole_day = hits::is_whole_day(&hits);
    if whole_day {
        hits.iter_mut().for_each(|hit| hit.found.part_from_premier(lines[hit.line]));
    }
    hits.drain(..agenda::count(&hits, &lines));
    let is_signed = |hit: &Hit<'_>| is_signed_page(&hit.found, lines[..hit.line].iter().rev().copied());
    // What is written as those below it are is an update's, unless only they have headlines.
    let is_alike = |hit: &Hit<'_>| shape(hit.found.time_text) == shape(hits[0].found.time_text);
    let is_titled = |at: usize| headlines::block(&hits, at, &lines).next().is_none_or(headlines::is_headline);
    let signed_page = hits.first().is_some_and(is_signed)
        && (!hits[1..].iter().any(is_alike) || !is_titled(0) && (1..hits.len()).all(is_titled));
    if signed_page {
        hits.remove(0);
    }
    hits.retain(|hit| {
        let above = || lines[..hit.line].iter().rev().copied();
        !hits::is_length(&hit.found, above()) && !hits::is_of_a_post(&hit.found, above())
    });
    let whole_hours = hits::has_hours(&hits);
    hits.retain(|hit| whole_hours || !hit.found.whole_hour);
    hits::drop_again(&mut hits, &lines);
    hits::join_commas(&mut hits, &lines);
    hits::drop_changes(&mut hits, &lines);
    let listed_ages = hits::drop_listed_ages(&mut hits, &lines);
    hits::drop_lists(&mut hits);
    if !are_bare_digits(&hits) {
        hits.retain(|hit| !hit.found.bare_digits);
    }
    let byline_glued = bylines::are_glued(&hits);
    if byline_glued {
        let glued = hits.iter_mut().filter(|hit| bylines::is_glued(&hit.found));
        glued.for_each(|hit| hit.found.part_from_author());
    }
    let all_glued = || {
        let bare = hits.iter().filter(|hit| hit.found.place == Place::Opens && !hit.found.date_first);
        bare.clone().count() >= 2 && bare.clone().all(|hit| hit.found.glued)
    };
    // One line that quotes another ticker is no reason to read a page otherwise than its stamps stand.
    let alone = hits.iter().filter(|hit| hit.found.place == Place::Alone).count();
    if overrides.place().is_none() && inside > 0 && inside >= alone {
        let unframed = hits.iter().filter(|hit| !lines[hit.line].starts_with(FRAME)).count();
        let framed = inside >= unframed && lines.iter().any(|line| flat::has_framed(line));
        let fits_in = || {
            clocks.len() >= 4
                && hits.iter().all(|hit| hit.found.place == Place::Opens)
                && (clocks.is_sorted() || clocks.is_sorted_by(|above, below| above >= below))
        };
        if framed || inside >= 2 && inside > hits.len() || all_glued() || fits_in() {
            let titled = |hit: &&Hit<'_>| {
                hit.found.place == Place::Opens && (hit.found.glued || headlines::is_title(hit.found.after))
            };
            let titled = framed
                || hits.iter().filter(titled).count() * 2 > hits.len()
                || lines.iter().any(|line| flat::has_glued(line));
            let headlines = if titled { Headlines::Same } else { Headlines::None };
            let four_digits = hits.iter().any(|hit| hit.found.four_digits);
            return Some(Layout {
                place: Place::Opens,
                flat: true,
                headlines,
                whole_day,
                four_digits,
                ..Layout::default()
            });
        }
    }
    if overrides.place().is_none() {
        hits::drop_schedules(&mut hits, &lines);
        if hits.len() < 2
            && let Some(layout) = flat::run_together(&lines)
        {
            return Some(layout);
        }
    }
    let place = match overrides.place() {
        Some(place) => place,
        None => place_of(&hits, &lines)?,
    };
    let labels = place == Place::Alone && labels(&hits);
    let mixed = overrides.place().is_none() && !labels && are_mixed(&hits, place);
    if place == Place::Alone {
        // `3m ago` above the time is no headline.
        lines.iter_mut().filter(|line| stamp::is_age(line)).for_each(|line| *line = "");
    }
    hits.retain(|hit| {
        hit.found.place == place
            || labels && hit.found.label
            || mixed && is_of_mixed(&hit.found)
            || place == Place::Opens && hit.found.four_digits
    });
    let most =
        |test: fn(&Found<'_>) -> bool| hits.iter().filter(|hit| test(&hit.found)).count() * 2 > hits.len();
    let is_led = || hits.iter().any(|hit| lines[hit.line].starts_with(|c: char| c.is_ascii_alphabetic()));
    let mut layout = Layout {
        place,
        date_first: most(|found| found.date_first),
        seconds: most(|found| found.seconds),
        authors: place == Place::Alone && authors(&hits, &lines),
        whole_hours,
        odd,
        four_digits: hits.iter().any(|hit| hit.found.four_digits),
        bare_digits: hits.iter().any(|hit| hit.found.bare_digits),
        mark: matches!(place, Place::Opens | Place::Match)
            && most(|found| found.mark)
            && !are_unmarked_too(&hits),
        long_stamps: place == Place::Alone
            && most(|found| found.twelve && (found.date().is_some() || found.is_aged())),
        signed_page,
        colons: place == Place::Alone
            && hits::have_colons(&hits)
            && !kinds::fit_in(&hits, |found| found.is_dotted()),
        whole_day,
        listed_ages,
        byline_glued,
        mixed,
        labels,
        month_first: hits.iter().any(|hit| hit.found.is_month_first()),
        led: match place {
            Place::Opens => is_led(),
            Place::Alone => {
                let is_change = |hit: &Hit<'_>| hits::is_change(&hit.found, lines[hit.line]);
                mixed && is_led() || most(|found| found.joined) && hits.iter().any(is_change)
            }
            Place::Closes | Place::Relative | Place::Match => false,
        },
        joined: most(|found| found.joined),
        below: place == Place::Closes && most(|found| found.below)
            || place == Place::Alone
                && (hits::close_items(&hits, &lines) || hits::close_reports(&hits, &lines)),
        falling: falling(&hits)
            && match place {
                Place::Opens => true,
                Place::Alone => most(|found| found.has_zone() && !found.by_machine),
                Place::Closes | Place::Relative | Place::Match => false,
            },
        ..Layout::default()
    };
    hits.retain(|hit| layout.takes(&hit.found));
    layout.zone = page_zone::of_stamps(&hits, &overrides.zones);
    layout.bullet = hits.iter().filter(|hit| hit.found.bullet).count() * 2 > hits.len();
    hits.retain(|hit| layout.takes(&hit.found));
    if hits.is_empty() {
        return None;
    }
    if overrides.shape.is_none() && (is_transcript(&hits, &lines) || layout.joined && is_programme(&hits)) {
        return None;
    }
    // What isn't the page's own has no vote. Each of these leaves some.
    layout.by_machine = place == Place::Alone && is_by_machine(&hits) && !rising(&hits);
    if layout.by_machine {
        hits.retain(|hit| hit.found.by_machine);
    }
    layout.dated_page = place == Place::Alone && is_dated_page(&hits);
    if layout.dated_page {
        hits.remove(0);
    }
    let bylines = bylines::of(&hits, &lines);
    layout.byline_above = bylines == Some(Bylines::Above);
    layout.byline_below = bylines == Some(Bylines::Below);
    if layout.byline_above {
        // They are no headlines, nor is a mark above them.
        let is_none = |line: &&mut &str| bylines::is_byline(line) || inline::is_mark(line);
        lines.iter_mut().filter(is_none).for_each(|line| *line = "");
    }
    // What ScribbleLive's authors posted was never seen with headlines, however short.
    layout.touching = place == Place::Alone && !layout.below && headlines::are_touching(&hits, &lines);
    let is_below = place == Place::Alone && layout.below;
    let is_posted = layout.seconds && layout.authors || is_below;
    layout.headlines = overrides.headlines(place, || match is_posted {
        true => Headlines::None,
        false if layout.touching => Headlines::After,
        false => headlines_of(place, &hits, &lines),
    });
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
    if hits
        .iter()
        .any(|hit| hit.found.four_digits && (hit.found.place == Place::Opens || hit.found.bare_digits))
        && hits.iter().all(|hit| hit.found.four_digits)
    {
        // `2. 1404:` alone has its text below.
        return (hits.len() >= 2).then_some(Place::Opens);
    }
    let (mut opens, closes) = (count(Place::Opens), count(Place::Closes));
    let (ago, matches) = (count(Place::Relative), count(Place::Match));
    let mut alone = count(Place::Alone);
    if let [only] = hits.iter().filter(|hit| is_of(hit, Place::Alone)).collect::<Vec<_>>()[..]
        && (only.found.date().is_some()
            && !is_full(&only.found)
            && !(only.found.comma && only.found.byline.is_some_and(is_author))
            || only.found.joined)
        && (opens.max(closes).max(ago).max(matches) >= 2
            || lines[..only.line].iter().any(|line| !line.is_empty()) && !is_first_update(only, lines))
    {
        // One dated or joined stamp below a page's title, or above times of another shape, is the page's.
        alone = 0;
    }
    if alone > 0 && labels(hits) {
        // They fit in among those that stand alone, and are counted with them.
        alone += hits.iter().filter(|hit| hit.found.label).count();
        opens -= hits.iter().filter(|hit| hit.found.label && hit.found.place == Place::Opens).count();
    }
    // `published at …`, `by … edited by …`: nobody else writes so.
    let published =
        hits.iter().any(|hit| hit.found.place == Place::Closes && (hit.found.mark || hit.found.below));
    let best = alone.max(if opens >= 2 { opens } else { 0 }).max(closes);
    let bare = |hit: &Hit<'_>| hit.found.place == Place::Opens && !hit.found.label;
    if (alone > 0 || categories(hits)) && closes == 0 && !hits.iter().any(bare) && labels(hits) {
        return Some(Place::Alone);
    }
    // `20m ago`, and in brackets on the next line when that was.
    let joined = hits.iter().filter(|hit| hit.found.place == Place::Alone && hit.found.joined).count();
    if ago >= 2 && (ago > best || ago == best && ago == joined) && ago >= matches {
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

/// Whether a stamp is as CNN's are, and no page's own: `11:27 a.m. ET, February 21, 2022`.
fn is_full(found: &Found<'_>) -> bool {
    let is_dated = found.date().is_some_and(|date| date.year.is_some()) && !found.date_first;
    is_dated && found.twelve && found.has_zone() && found.time_text.contains(".m. ")
}

/// Whether a page's only stamp is that of its first update: the page is live, an intro that ends as text does stands between
/// its title and the stamp, and below that a headline with text. A page's own stamp stands below its title or its authors.
fn is_first_update(only: &Hit<'_>, lines: &[&str]) -> bool {
    let mut above = lines[..only.line].iter().rev().filter(|line| !line.is_empty());
    let mut below = lines[only.line + 1..].iter().filter(|line| !boilerplate::is_boilerplate(line));
    above.clone().count() > 1
        && above.clone().any(|line| inline::leads_to_updates(line))
        && above.next().is_some_and(|intro| !headlines::is_open_ended(intro) || intro.ends_with(':'))
        && below.next().is_some_and(|line| headlines::is_headline(line))
        && below.next().is_some_and(|line| !headlines::is_open_ended(line))
}

/// Whether a page that a machine writes has its oldest update on top: few have.
fn rising(hits: &[Hit<'_>]) -> bool {
    let by_machine = hits.iter().filter(|hit| hit.found.by_machine);
    let clocks: Vec<_> = by_machine.filter_map(|hit| hit.found.moment_time()).collect();
    clocks.len() >= 2 && clocks.is_sorted()
}

/// Whether the line above most stamps is a name, on a page that says how old its updates are, or their second as ScribbleLive
/// does, `3/6/2013 5:02:55 PM`.
fn authors(hits: &[Hit<'_>], lines: &[&str]) -> bool {
    let is_authored = |hit: &&Hit<'_>| {
        let is_posted = || hit.found.seconds && hit.found.date_first && hit.found.twelve;
        let above = lines[..hit.line].iter().rfind(|line| !boilerplate::is_boilerplate(line));
        (hit.found.is_aged() || is_posted()) && above.is_some_and(|line| is_author(line))
    };
    hits.iter().filter(is_authored).count() * 2 > hits.len()
}

/// Whether the first stamp is the page's own: it has a year, and those below it have a day and none, or are all
/// written alike and otherwise than it is (`Sept. 25, 2020 at 12:04 a.m. EDT` above `September 24, 2020 at 11:30 PM EDT`).
fn is_dated_page(hits: &[Hit<'_>]) -> bool {
    let [first, others @ ..] = hits else { return false };
    let of_day = |hit: &Hit<'_>| hit.found.date().is_some_and(|date| date.year.is_none());
    let shape = |hit: &Hit<'_>| shape(hit.found.time_text);
    let alike = || {
        let usual = shape(&others[0]);
        others.len() >= 2
            && others.iter().all(|hit| hit.found.date().is_some())
            && others[1..].iter().all(|hit| shape(hit) == usual)
            && shape(first) != usual
    };
    // `Posted at 6:03 PM, Jun 28, 2024` above `[Updated at 3:50 p.m. ET]`
    let is_led = || first.found.joined && others.iter().all(|hit| hit.found.date().is_none());
    !others.is_empty()
        && first.found.date().is_some_and(|date| date.year.is_some())
        && (others.iter().all(of_day) || alike() || is_led())
}

/// Whether a stamp above all updates is the page's own: it stands alone, has a year, and who wrote the page stands above it.
/// `above`: the lines above it, from below.
pub(crate) fn is_signed_page<'a>(found: &Found<'_>, above: impl Iterator<Item = &'a str>) -> bool {
    if found.place != Place::Alone || found.date().is_none_or(|date| date.year.is_none()) {
        return false;
    }
    let mut above = above.filter(|line| !line.is_empty()).peekable();
    let is_by = |line: &str| line.starts_with("By ") && inline::byline(line).is_some();
    above.peek().is_some_and(|line| is_by(line)) || {
        // `By` alone, and a name on each line.
        let bare = |line: &str| is_author(line.trim_end_matches(',').trim_end_matches(" and"));
        above.by_ref().take(AUTHORS_MAX).find(|line| !bare(line)) == Some("By")
    }
}

/// Whether most times fall along the page; where an agenda has as many that rise, whether its last is below its first. A
/// list's items have no vote where most are none.
fn falling(hits: &[Hit<'_>]) -> bool {
    let are_items = hits.iter().filter(|hit| hit.found.bullet).count() * 2 > hits.len();
    let own = hits.iter().filter(|hit| are_items || !hit.found.bullet);
    let clocks: Vec<_> = own.filter_map(|hit| hit.found.moment_time()).collect();
    let rising = clocks.windows(2).filter(|pair| pair[0] < pair[1]).count();
    let falling = clocks.windows(2).filter(|pair| pair[0] > pair[1]).count();
    falling > rising || falling == rising && clocks.last() < clocks.first()
}

/// Whether a page's times are what is on when, `Saturday 15:00`, `Kl. 20.40`: a word leads to each, none has a date,
/// and they don't fall, or do so from one day to another. What was said on another day stands below midnight.
fn is_programme(hits: &[Hit<'_>]) -> bool {
    fn lead<'a>(hit: &Hit<'a>) -> &'a str {
        let digit = hit.found.time_text.find(|c: char| c.is_ascii_digit());
        digit.map_or("", |digit| &hit.found.time_text[..digit])
    }
    let is_led = |hit: &Hit<'_>| hit.found.date().is_none() && !lead(hit).is_empty();
    let is_next_day = |pair: &[Hit<'_>]| {
        lead(&pair[0]) != lead(&pair[1]) && pair[0].found.moment_time() >= pair[1].found.moment_time()
    };
    let is_past = |hit: &Hit<'_>| is_yesterday(lead(hit));
    hits.iter().all(is_led)
        && !hits.iter().any(is_past)
        && (!falling(hits) || hits.windows(2).any(is_next_day))
}

/// Whether a page is what was said on television: `9:00 am`, `9:01 am`, … alone on their lines, each a minute
/// after the one before, and no headlines.
fn is_transcript(hits: &[Hit<'_>], lines: &[&str]) -> bool {
    let plain = |hit: &Hit<'_>| {
        let text = hit.found.time_text;
        hit.found.place == Place::Alone && (text.ends_with(" am") || text.ends_with(" pm"))
    };
    let clocks: Vec<_> = hits.iter().filter_map(|hit| hit.found.moment_time()).collect();
    hits.len() >= 3
        && hits.iter().all(plain)
        && clocks
            .windows(2)
            .all(|pair| (minute_of_day(pair[1]) - minute_of_day(pair[0])).rem_euclid(24 * 60) == 1)
        && headlines::alone(hits, lines) == Headlines::None
}
