//! The lines of a page that may be time lines, and which of them are something else's: a player's, a list's, a
//! schedule's.

use crate::model::time::Moment;
use crate::parse::stamp::{self, Found, Place};
use crate::parse::update::minute_of_day;
use crate::parse::{boilerplate, caption, headlines, inline, scan};

/// What a year has beside it in a list is shorter, bytes.
const YEAR_VALUE_BYTES_MAX: usize = 40;
/// A longer list of times is no schedule: it's a log.
const SCHEDULE_LINES_MAX: usize = 24;
/// So few times, and so far down their page, are told of.
const TOLD_LINES_MAX: usize = 3;
const TOLD_ABOVE_LINES_MIN: usize = 6;
/// So many times with an `h` show how a page writes them.
const HOURS_MIN: usize = 2;
/// So many clocks with seconds, in order and most of a page's, are its own.
const PLAYERS_MIN: usize = 3;
/// Lists in a page without time lines have one in so many of its lines at most; a log has more.
const LISTED_SHARE_MIN: usize = 3;

/// What opens a line that says when a page was changed.
const CHANGED: &str = "updated";

/// A quoted post has no more between its handle and its date.
pub(crate) const POST_LINES_MAX: usize = 4;

/// A line with a stamp on it.
pub(crate) struct Hit<'a> {
    /// Its index.
    pub(crate) line: usize,
    /// The stamp.
    pub(crate) found: Found<'a>,
}

/// Takes a comma alone on the line below a clock that stands alone for that clock's: its author is on the next one.
pub(crate) fn join_commas(hits: &mut [Hit<'_>], lines: &[&str]) {
    for hit in hits.iter_mut().filter(|hit| hit.found.stands_alone()) {
        let below = lines[hit.line + 1..].iter().find(|line| !line.is_empty());
        hit.found.comma = below == Some(&",");
    }
}

/// Takes out the ages of what lists link to; says whether there were any.
pub(crate) fn drop_listed_ages(hits: &mut Vec<Hit<'_>>, lines: &[&str]) -> bool {
    let before = hits.len();
    hits.retain(|hit| hit.found.place != Place::Relative || !is_listed(lines, hit.line));
    hits.len() < before
}

/// Takes out what only looks like stamps, on this page.
pub(crate) fn drop_lists(hits: &mut Vec<Hit<'_>>) {
    // A player's `18:49:46`, unless the page has several of them and no other times.
    let players: Vec<_> =
        hits.iter().filter(|hit| is_player(&hit.found)).map(|hit| &hit.found.moment).collect();
    let is_row = players.len() >= PLAYERS_MIN && players.len() * 2 > hits.len() && is_in_order(&players);
    if players.len() < 2 || players.len() < hits.len() && !is_row {
        hits.retain(|hit| !is_player(&hit.found));
    }
    if hits.iter().filter(|hit| hit.found.epoch).count() < 2 {
        hits.retain(|hit| !hit.found.epoch);
    }
    // One is the page's.
    let is_posted = |hit: &Hit<'_>| hit.found.place == Place::Closes && hit.found.joined;
    if hits.iter().filter(|hit| is_posted(hit)).count() == 1 {
        hits.retain(|hit| !is_posted(hit));
    }
    if !is_match(hits) {
        hits.retain(|hit| !is_dotted_minute(&hit.found));
    }
    if are_years(hits) {
        hits.retain(|hit| !hit.found.four_digits);
    }
}

/// Whether a stamp says when its page was changed, or an update of it.
pub(crate) fn is_change(found: &Found<'_>, line: &str) -> bool {
    let opening = line.get(..CHANGED.len());
    found.joined && opening.is_some_and(|opening| opening.eq_ignore_ascii_case(CHANGED))
}

/// Takes out when a page was changed, `Updated at 3:50 p.m.`: only a row that falls is its updates'.
pub(crate) fn drop_changes(hits: &mut Vec<Hit<'_>>, lines: &[&str]) {
    let is_change = |hit: &Hit<'_>| is_change(&hit.found, lines[hit.line]);
    let minutes: Vec<i32> = hits.iter().filter(|hit| is_change(hit)).filter_map(minutes).collect();
    let falls = minutes.windows(2).filter(|pair| pair[0] > pair[1]).count();
    let is_row = falls * 2 >= minutes.len();
    hits.retain(|hit| is_row || !is_change(hit));
}

/// Takes out what says the time of the stamp that ends the line above it in another notation: `17:52 BST` below
/// `published at 17:52 British Summer Time`, and what is the headline of the stamp above it.
pub(crate) fn drop_again(hits: &mut Vec<Hit<'_>>, lines: &[&str]) {
    let is_again = |at: usize| {
        let (above, below) = (&hits[at - 1], &hits[at]);
        let may_repeat = above.found.place == Place::Closes || above.found.joined;
        let is_again = may_repeat && self::is_again(&above.found, &below.found);
        (is_again || is_its_headline(&above.found, &below.found))
            && lines[above.line + 1..below.line].iter().all(|line| line.is_empty())
    };
    let again: Vec<bool> = (0..hits.len()).map(|at| at > 0 && is_again(at)).collect();
    let mut again = again.into_iter();
    hits.retain(|_| !again.next().unwrap_or(false));
}

/// Whether a page writes its times as `9h45`, `9.45 Uhr`.
pub(crate) fn has_hours(hits: &[Hit<'_>]) -> bool {
    let is_one = |hit: &&Hit<'_>| {
        let rest = hit.found.time_text.trim_start_matches(|c: char| c.is_ascii_digit());
        (rest.starts_with('h') || rest.ends_with("hr") || rest.ends_with("uur")) && !hit.found.whole_hour
    };
    let least = if hits.iter().any(|hit| hit.found.time_text.ends_with(" Uhr")) {
        1
    } else {
        HOURS_MIN
    };
    hits.iter().filter(is_one).count() >= least
}

/// Whether a stamp says the minute of the one above in another notation.
pub(crate) fn is_again(above: &Found<'_>, found: &Found<'_>) -> bool {
    above.time_text != found.time_text && scan::has_digit(found.time_text) && is_same_minute(above, found)
}

/// Whether it says so in a word, `Midnight`: that is the update's headline.
pub(crate) fn is_its_headline(above: &Found<'_>, found: &Found<'_>) -> bool {
    !scan::has_digit(found.time_text) && is_same_minute(above, found)
}

fn is_same_minute(above: &Found<'_>, found: &Found<'_>) -> bool {
    found.place == Place::Alone && found.moment_time().is_some() && above.moment_time() == found.moment_time()
}

/// Whether clocks rise or fall, with their seconds.
fn is_in_order(moments: &[&Moment]) -> bool {
    let clock = |moment: &&Moment| match moment {
        Moment::Clock { time, .. } => Some(*time),
        Moment::Match(_) | Moment::Relative | Moment::None => None,
    };
    let clocks: Vec<_> = moments.iter().filter_map(clock).collect();
    clocks.is_sorted() || clocks.is_sorted_by(|above, below| above >= below)
}

/// Whether a clock right below a stamp is none of the page's: it says less than the page's do, and another minute. It is how long
/// a film is, `1:31`, or the update's headline.
pub(crate) fn says_less(above: &Found<'_>, found: &Found<'_>) -> bool {
    let is_shorter = above.has_zone() && !found.has_zone();
    let is_length = above.twelve && !found.twelve && caption::is_length(found.time_text);
    found.place == Place::Alone
        && found.date().is_none()
        && (is_shorter || is_length)
        && !is_same_minute(above, found)
}

/// Whether a clock is how long a film is: it stands below its player's line. `above`: the lines above it, from below.
pub(crate) fn is_length<'a>(found: &Found<'_>, mut above: impl Iterator<Item = &'a str>) -> bool {
    found.place == Place::Alone
        && !found.twelve
        && above.find(|line| !line.is_empty()).is_some_and(|line| line.ends_with("video player"))
}

/// Whether a clock with its date is a quoted post's, `8:40 PM · Mar 6, 2024`: a handle stands a few lines above it.
pub(crate) fn is_of_a_post<'a>(found: &Found<'_>, above: impl Iterator<Item = &'a str>) -> bool {
    let is_handle = |line: &str| {
        let last = &line[line.rfind(' ').map_or(0, |blank| blank + 1)..];
        last.starts_with('@') || last.starts_with("(@") && last.ends_with(')')
    };
    found.joined
        && found.twelve
        && found.time_text.contains('·')
        && above.filter(|line| !line.is_empty()).take(POST_LINES_MAX).any(is_handle)
}

/// Whether an age is a list's: `• Headline`, `4 years ago`, `• Headline`, … Below a list that has none it is an
/// update's.
fn is_listed(lines: &[&str], at: usize) -> bool {
    let is_text = |line: &&&str| !boilerplate::is_boilerplate(line);
    let is_item = |line: Option<&&str>| line.is_some_and(|line| inline::item(line).is_some());
    let mut above = lines[..at].iter().rev().filter(is_text);
    is_item(above.next())
        && (is_item(lines[at + 1..].iter().find(is_text)) || above.next().is_some_and(|line| is_age(line)))
}

/// Whether a line says how old something is, and nothing else.
fn is_age(line: &str) -> bool {
    stamp::is_one(line, Place::Relative)
}

/// Takes out the lines of schedules.
pub(crate) fn drop_schedules(hits: &mut Vec<Hit<'_>>, lines: &[&str]) {
    if are_lists(hits, lines) {
        return hits.retain(|hit| !is_clock(hit));
    }
    let listed = schedules(hits, lines);
    let mut at = 0..;
    hits.retain(|_| at.next().is_none_or(|at| !listed.contains(&at)));
}

/// Whether the page's times are written by a machine, `05:56 PM`, with the nought that people leave out.
pub(crate) fn is_by_machine(hits: &[Hit<'_>]) -> bool {
    let by_machine = hits.iter().filter(|hit| hit.found.by_machine && !hit.found.date_first);
    let has_nought = |hit: &&Hit<'_>| {
        hit.found.by_machine && !hit.found.date_first && hit.found.time_text.starts_with('0')
    };
    let others = hits.iter().filter(|hit| !hit.found.by_machine);
    let others: Vec<_> = others.filter_map(|hit| hit.found.moment_time()).collect();
    // Between ten and one there are no noughts: but what rises in a page that falls is a list.
    let listed = || others.len() >= 2 && others.is_sorted() && by_machine.clone().count() >= 2;
    // A row that falls, of three times as many, is the page's: then the first is when it was changed.
    let is_row = || {
        let rises = others.windows(2).filter(|pair| pair[0] < pair[1]).count();
        others.len() >= 3 && others.len() >= 3 * by_machine.clone().count() && rises * 4 < others.len()
    };
    hits.first().as_ref().is_some_and(has_nought) && !is_row()
        || by_machine.clone().count() * 2 > hits.len()
            && (by_machine.clone().any(|hit| has_nought(&hit)) || listed())
}

/// Whether few of the clocks with a text beside them have a half of the day, and most have nothing but a blank between them
/// and it: then `PM` behind one is of the text.
pub(crate) fn is_whole_day(hits: &[Hit<'_>]) -> bool {
    let opens = || hits.iter().filter(|hit| hit.found.place == Place::Opens);
    let with_half = opens().filter(|hit| hit.found.twelve).count();
    let marked = opens().filter(|hit| hit.found.mark && !hit.found.twelve).count();
    with_half > 0 && opens().count() >= 3 * with_half && marked * 2 < opens().count()
}

/// Whether some clocks have dots and no more, `18.20`, on a page where most have colons.
pub(crate) fn have_colons(hits: &[Hit<'_>]) -> bool {
    let colons = hits.iter().filter(|hit| hit.found.time_text.contains(':')).count();
    hits.iter().any(|hit| hit.found.is_dotted()) && colons * 2 > hits.len()
}

/// `65.Text`, which may be a list's number as well.
pub(crate) fn is_dotted_minute(found: &Found<'_>) -> bool {
    found.place == Place::Match && found.mark
}

/// Whether minutes with a dot are a match's: they rise or fall, and most not by one, as a list's numbers do.
fn is_match(hits: &[Hit<'_>]) -> bool {
    let minute = |hit: &Hit<'_>| {
        let (minute, more) = hit.found.time_text.split_once('+').unwrap_or((hit.found.time_text, "0"));
        Some((minute.parse::<i32>().ok()?, more.parse::<i32>().ok()?))
    };
    let dotted = hits.iter().filter(|hit| is_dotted_minute(&hit.found));
    let minutes: Vec<(i32, i32)> = dotted.filter_map(minute).collect();
    let (rises, falls) = (minutes.is_sorted(), minutes.is_sorted_by(|a, b| a >= b));
    let counting = minutes.windows(2).filter(|pair| (pair[0].0 - pair[1].0).abs() == 1).count();
    minutes.len() >= 3 && (rises || falls) && counting * 2 < minutes.len()
}

/// Whether four digits count years, `2023: NIS 484 billion`: one after the other, all of our time, and nothing that is a
/// sentence. Numbered lines are a blog's.
fn are_years(hits: &[Hit<'_>]) -> bool {
    let of_four = || hits.iter().map(|hit| &hit.found).filter(|found| found.four_digits);
    let is_value = |found: &Found<'_>| {
        !found.bullet && found.after.len() <= YEAR_VALUE_BYTES_MAX && !found.after.ends_with('.')
    };
    let years: Vec<i32> = of_four().filter_map(|found| found.time_text.parse().ok()).collect();
    !years.is_empty()
        && of_four().all(is_value)
        && years.iter().all(|year| (1900..2036).contains(year))
        && years.windows(2).all(|pair| pair[1] - pair[0] == 1)
}

/// Whether a hit is a clock without a day. Links below a page say how old they are, recipes how long they take, and the page
/// itself of which day it is.
fn is_clock(hit: &Hit<'_>) -> bool {
    matches!(hit.found.moment, Moment::Clock { date: None, .. })
}

/// Whether the times of a page are those of lists in it, and its time lines were lost: nearly each stands right above or
/// below another one, which is later, and is no sentence; and they are a small part of its lines, far from its top.
fn are_lists(hits: &[Hit<'_>], lines: &[&str]) -> bool {
    let clocks: Vec<&Hit<'_>> = hits.iter().filter(|hit| is_clock(hit)).collect();
    let Some(first) = clocks.first() else { return false };
    let joins = |pair: &[&Hit<'_>]| lines[pair[0].line + 1..pair[1].line].iter().all(|line| line.is_empty());
    let rises = |pair: &[&Hit<'_>]| {
        let step =
            minutes(pair[0]).zip(minutes(pair[1])).map(|(above, below)| (below - above).rem_euclid(24 * 60));
        step.is_some_and(|step| step < 12 * 60)
    };
    let joined: Vec<bool> = clocks.windows(2).map(joins).collect();
    let listed = |&at: &usize| at > 0 && joined[at - 1] || joined.get(at) == Some(&true);
    let above = lines[..first.line].iter().rfind(|line| !line.is_empty()).copied().unwrap_or("");
    let most = |count: usize| count * 4 >= clocks.len() * 3;
    clocks.iter().all(|hit| hit.found.place == Place::Opens)
        && most(clocks.iter().filter(|hit| headlines::is_open_ended(hit.found.after)).count())
        && clocks.windows(2).zip(&joined).all(|(pair, joined)| !joined || rises(pair))
        && most((0..clocks.len()).filter(listed).count())
        && clocks.len() * LISTED_SHARE_MIN <= texts(lines)
        && is_late(first, lines)
        && !inline::leads_to_updates(above)
}

/// Minutes since midnight.
fn minutes(hit: &Hit<'_>) -> Option<i32> {
    hit.found.moment_time().map(minute_of_day)
}

/// How many of some lines say something.
fn texts(lines: &[&str]) -> usize {
    lines.iter().filter(|line| !boilerplate::is_boilerplate(line)).count()
}

/// Whether a hit stands deep in its page.
fn is_late(hit: &Hit<'_>, lines: &[&str]) -> bool {
    texts(&lines[..hit.line]) >= TOLD_ABOVE_LINES_MIN
}

/// Which of the hits are lines of a schedule in an update's body, by their index: two or more that rise, one right
/// below the other, below a stamp that stands alone on its line, or below a line that announces them on a page that
/// has lost its time lines.
fn schedules(hits: &[Hit<'_>], lines: &[&str]) -> Vec<usize> {
    // What is planned begins on the quarter of an hour and is no sentence; what happens is neither.
    let is_on_the_quarter = |hit: &Hit<'_>| minutes(hit).is_some_and(|minute| minute % 15 == 0);
    let is_planned = |hit: &Hit<'_>| is_on_the_quarter(hit) && headlines::is_open_ended(hit.found.after);
    let is_gap = |line: &&str| line.is_empty() || inline::is_mark(line);
    let goes_on = |at: usize| {
        let (above, below) = (&hits[at - 1], &hits[at]);
        below.found.place == Place::Opens
            && above.found.place == Place::Opens
            && minutes(above) <= minutes(below)
            && lines[above.line + 1..below.line].iter().all(is_gap)
    };
    let alone = hits.iter().filter(|hit| hit.found.place == Place::Alone).filter_map(minutes);
    let is_falling = alone.clone().count() >= 2 && alone.is_sorted_by(|a, b| a > b);
    // A chronology, a programme: a few times right below each other, and no sentences; or below a line that leads to them.
    let is_told = |from: usize, to: usize, above: &str| {
        let is_short = to - from <= TOLD_LINES_MAX;
        let leads = above.ends_with(':') || inline::is_chronology(above);
        let is_announced = leads && !inline::leads_to_updates(above);
        is_late(&hits[from], lines)
            && (is_announced
                || is_short && hits[from..to].iter().all(|hit| headlines::is_open_ended(hit.found.after)))
    };
    let clocks = hits.iter().filter(|hit| is_clock(hit)).count();
    let mut listed = Vec::new();
    let mut from = 0;
    while from < hits.len() {
        let to = (from + 1..hits.len()).find(|&at| !goes_on(at)).unwrap_or(hits.len());
        let is_run = hits[from].found.place == Place::Opens
            && to - from <= SCHEDULE_LINES_MAX
            && minutes(&hits[from]) < minutes(&hits[to - 1]);
        let in_update = || {
            hits[..from].last().is_some_and(|own| {
                own.found.place == Place::Alone
                    && !own.found.date_first
                    && (own.found.by_machine || is_falling)
            })
        };
        let announced = || {
            let above = lines[..hits[from].line].iter().rfind(|line| !is_gap(line)).copied().unwrap_or("");
            to - from == clocks
                && (inline::opens_agenda(above)
                    || inline::opens_key_points(above)
                    || above.ends_with(':') && hits.iter().all(is_on_the_quarter)
                    || !above.is_empty() && to - from >= 3 && hits.iter().all(is_planned)
                    || is_told(from, to, above))
                && texts(&lines[hits[to - 1].line + 1..]) > 0
        };
        if is_run && (in_update() || announced()) {
            listed.extend(from..to);
        }
        from = to;
    }
    listed
}

/// A clock with seconds and no date.
fn is_player(found: &Found<'_>) -> bool {
    found.seconds && matches!(found.moment, Moment::Clock { date: None, .. })
}

/// Whether the stamps of a page stand below its updates, each a list's item: `• The ferry is late`, `3/6/2013 5:02:55 PM`, and the
/// next item right below that.
pub(crate) fn close_items(hits: &[Hit<'_>], lines: &[&str]) -> bool {
    let is_posted = |hit: &Hit<'_>| hit.found.seconds && hit.found.date_first && hit.found.twelve;
    let is_item = |line: Option<&&str>| line.is_some_and(|line| inline::item(line).is_some());
    let goes_on = |hit: &Hit<'_>| hit.line + 1 == lines.len() || is_item(lines.get(hit.line + 1));
    hits.len() >= 2
        && hits.iter().all(|hit| is_posted(hit) && goes_on(hit))
        && is_item(hits[0].line.checked_sub(1).and_then(|above| lines.get(above)))
}

/// Whether the stamps of a page stand below what a service says of its state: `Resolved - It works again.`, `Mar 6, 16:51 EST`.
pub(crate) fn close_reports(hits: &[Hit<'_>], lines: &[&str]) -> bool {
    let mut from = 0;
    hits.len() >= 2
        && hits.iter().all(|hit| {
            let above = &lines[from..hit.line];
            from = hit.line + 1;
            hit.found.date().is_some() && above.iter().any(|line| is_state(line))
        })
}

/// Whether a line opens what a service says of its state, `Monitoring - A fix is in place.`
pub(crate) fn is_state(line: &str) -> bool {
    stamp::behind_state(line).is_some_and(|rest| rest.starts_with(" -"))
}
