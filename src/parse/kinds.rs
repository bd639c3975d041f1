//! Whether stamps of another kind than most are a page's own, too: with a category or a name beside them, or text behind
//! them where others stand alone.

use std::cmp::Ordering;

use crate::parse::dialect::is_of_mixed;
use crate::parse::hits::Hit;
use crate::parse::stamp::{Found, Place, is_category, shape};
use crate::parse::update::minute_of_day;

/// Fewer stamps than these are no page of two kinds.
const MIXED_MIN: usize = 3;
/// What follows one of the other kind is no further from it, min.
const MIXED_STEP_MAX_MIN: i32 = 120;
/// Nor are fewer of these a row.
const BARE_DIGITS_MIN: usize = 3;
/// One in odd dress is no further from one of its neighbours, min.
const ODD_STEP_MAX_MIN: i32 = 180;
/// A number above is no month's.
const MONTHS: i8 = 12;
/// What four digits mean far oftener than a time of the evening.
const YEARS: std::ops::RangeInclusive<u16> = 1900..=2059;

/// Whether clocks with a category or an author beside them (`15:05 Chat`) are time lines of this page: where they
/// fit into the order of those that stand alone. An agenda's don't.
pub(super) fn labels(hits: &[Hit<'_>]) -> bool {
    if !hits.iter().any(|hit| hit.found.label) {
        return false;
    }
    let of = hits.iter().filter(|hit| hit.found.place == Place::Alone || hit.found.label);
    let of = of.filter(|hit| !hit.found.date_first);
    are_in_order(of.filter_map(|hit| hit.found.moment_time()))
}

/// Whether the page's time lines have categories or authors though no clock stands alone: most in capitals, as in
/// `15:05 CONTEXTE`, or known, or before an age, as in `Name 13h ago / 1:42 PM EST`.
pub(super) fn categories(hits: &[Hit<'_>]) -> bool {
    let labels = hits.iter().filter(|hit| hit.found.label);
    let in_capitals =
        |found: &Found<'_>| !found.after.is_empty() && !found.after.contains(char::is_lowercase);
    let is_authored = |found: &Found<'_>| found.after.is_empty() && found.byline.is_some();
    // A headline isn't said twice.
    let is_repeated = |found: &Found<'_>| {
        !found.after.is_empty() && labels.clone().filter(|label| label.found.after == found.after).count() > 1
    };
    let is_one = |hit: &&Hit<'_>| {
        let found = &hit.found;
        in_capitals(found)
            || is_category(found.after)
            || found.is_aged()
            || is_authored(found)
            || is_repeated(found)
    };
    // A name before a clock may be anybody's, but not with its second, or glued to a date.
    let is_anybodys = |found: &Found<'_>| {
        let is_exact = found.date_first || found.seconds && found.twelve;
        is_authored(found) && !found.is_aged() && !is_exact
    };
    labels.clone().count() >= 2
        && !labels.clone().all(|hit| is_anybodys(&hit.found))
        && labels.clone().filter(is_one).count() * 2 >= labels.clone().count()
}

/// Whether some stamps of a page stand alone and others open their line, all in one notation, and their times only fall
/// or only rise, by little where one kind follows the other. An agenda's don't fit in.
pub(super) fn are_mixed(hits: &[Hit<'_>], place: Place) -> bool {
    if !matches!(place, Place::Alone | Place::Opens) {
        return false;
    }
    let of: Vec<_> = hits.iter().filter(|hit| is_of_mixed(&hit.found)).collect();
    let is_other = |hit: &Hit<'_>| hit.found.place != place;
    let others = of.iter().filter(|hit| is_other(hit)).count();
    // What is planned is planned for the hour or the half.
    let may_be_planned =
        |hit: &Hit<'_>| is_other(hit) && hit.found.moment_time().is_some_and(|(_, minute)| minute % 30 == 0);
    // `4 p.m.` is written as `4:30 p.m.` is.
    let notation = |hit: &Hit<'_>| {
        // A word may lead to it.
        let clock = hit.found.time_text.trim_start_matches(|c: char| !c.is_ascii_digit());
        shape(clock).replacen("0:0", "0", 1)
    };
    let own = hits.iter().filter(|hit| hit.found.place == place).count();
    let step = |pair: &[&Hit<'_>]| {
        let times = pair[0].found.moment_time().zip(pair[1].found.moment_time());
        times.map_or(0, |(above, below)| minute_of_day(above) - minute_of_day(below)).rem_euclid(24 * 60)
    };
    let is_near = |pair: &[&Hit<'_>]| {
        let step = step(pair);
        pair[0].found.place == pair[1].found.place || step.min(24 * 60 - step) <= MIXED_STEP_MAX_MIN
    };
    others > 0
        && of.len() >= MIXED_MIN
        && of.len() - others == own
        && (place == Place::Opens || !of[1..].iter().any(|hit| may_be_planned(hit)))
        && of.windows(2).all(|pair| notation(pair[0]) == notation(pair[1]) && is_near(pair))
        && are_in_order(of.iter().filter_map(|hit| hit.found.moment_time()))
}

/// Whether times only fall or only rise; a step of more than half a day is midnight's.
fn are_in_order(times: impl Iterator<Item = (i8, i8)>) -> bool {
    let times: Vec<_> = times.collect();
    let steps = times.windows(2).map(|pair| minute_of_day(pair[1]) - minute_of_day(pair[0]));
    let steps: Vec<i32> = steps.filter(|step| step.abs() <= 12 * 60).collect();
    steps.iter().all(|&step| step <= 0) || steps.iter().all(|&step| step >= 0)
}

/// Whether clocks of four digits that no colon tells from a number are a page's: a row of them that only falls or only
/// rises, and not through the years of our time; or they fit in among its others, and none is a year.
pub(super) fn are_bare_digits(hits: &[Hit<'_>]) -> bool {
    let of = || hits.iter().filter(|hit| hit.found.four_digits);
    let bare = of().filter(|hit| hit.found.bare_digits).count();
    let is_year = |hit: &Hit<'_>| hit.found.time_text.parse().is_ok_and(|year: u16| YEARS.contains(&year));
    let are_row = || {
        of().count() >= BARE_DIGITS_MIN
            && !of().all(is_year)
            && are_in_order(of().filter_map(|hit| hit.found.moment_time()))
    };
    bare > 0 && (are_row() || !of().any(is_year) && fit_in(hits, |found| found.four_digits))
}

/// Whether clocks in odd dress, `9: 12`, `23,00 – Text`, are a page's: they fit in among its others, or are a row of them that
/// only falls or only rises, and no dates.
pub(super) fn are_odd_too(hits: &[Hit<'_>]) -> bool {
    let odd = || hits.iter().filter(|hit| hit.found.odd);
    let times = || odd().filter_map(|hit| hit.found.moment_time());
    let are_row = || {
        odd().count() >= BARE_DIGITS_MIN
            && odd().count() * 2 > hits.len()
            && times().any(|(_, minute)| minute > MONTHS)
            && are_in_order(times())
    };
    fit_in(hits, |found| found.odd) || are_row()
}

/// Whether each stamp of a kind stands in time between those above and below it that stand on their lines as it does, and near
/// one of them; and there are no more of the kind than of others.
pub(super) fn fit_in(hits: &[Hit<'_>], is_of_kind: impl Fn(&Found<'_>) -> bool) -> bool {
    const DAY_MIN: i32 = 24 * 60;
    let (mut kind, mut others) = (0, 0);
    for place in [Place::Alone, Place::Opens] {
        let of = hits.iter().filter(|hit| hit.found.place == place);
        let of = of.filter_map(|hit| Some((is_of_kind(&hit.found), minute_of_day(hit.found.moment_time()?))));
        let of: Vec<(bool, i32)> = of.collect();
        let step = |above: i32, below: i32| (below - above).rem_euclid(DAY_MIN);
        let own: Vec<i32> = of.iter().filter(|of| !of.0).map(|of| of.1).collect();
        let rises = own.windows(2).filter(|pair| (1..DAY_MIN / 2).contains(&step(pair[0], pair[1]))).count();
        let falls = own.windows(2).filter(|pair| step(pair[0], pair[1]) > DAY_MIN / 2).count();
        // How long it takes from one to another, the way that the page goes.
        let step = |above: usize, below: usize| {
            let (above, below) = (of[above].1, of[below].1);
            match rises.cmp(&falls) {
                Ordering::Greater => step(above, below),
                Ordering::Less => step(below, above),
                Ordering::Equal => step(above, below).min(step(below, above)),
            }
        };
        for at in 0..of.len() {
            if !of[at].0 {
                others += 1;
                continue;
            }
            kind += 1;
            let above = at.checked_sub(1).map(|above| step(above, at));
            let below = (at + 1 < of.len()).then(|| step(at, at + 1));
            let is_between = above.zip(below).is_none_or(|(above, below)| above + below < DAY_MIN);
            let is_near = above.into_iter().chain(below).any(|step| step <= ODD_STEP_MAX_MIN);
            if !(is_between && is_near) {
                return false;
            }
        }
    }
    kind <= others
}

/// Whether stamps without a mark, `13:38 The pier`, are a page's where most have one, `15:05 - The crane`: all are in one
/// notation and order.
pub(super) fn are_unmarked_too(hits: &[Hit<'_>]) -> bool {
    let of: Vec<_> = hits.iter().filter(|hit| hit.found.place == Place::Opens).collect();
    let usual: Vec<_> = of.iter().filter(|hit| !(hit.found.whole_hour || hit.found.odd)).collect();
    let is_plain = |found: &Found<'_>| !(found.glued || found.label || found.bullet || found.twelve);
    let unmarked = of.iter().filter(|hit| !hit.found.mark);
    let opens = |found: &Found<'_>| !found.is_subject() && !found.after.starts_with(char::is_lowercase);
    of.len() >= MIXED_MIN
        && unmarked.clone().count() > 0
        && of.iter().all(|hit| is_plain(&hit.found))
        && unmarked.clone().all(|hit| opens(&hit.found))
        && usual.windows(2).all(|pair| shape(pair[0].found.time_text) == shape(pair[1].found.time_text))
        && are_in_order(of.iter().filter_map(|hit| hit.found.moment_time()))
}
