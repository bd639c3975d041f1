//! Finds stamps in the middle of a line, for pages whose updates were run together into one.
//!
//! On any page only stamps that say AM or PM and a zone or a colon, `22:10 Uhr |`, `+++ 22:10`, that stand between two sentences,
//! or that are glued to the text on both sides (`Kingdom'15:36Greater`): anything less is prose. Where a page has no other
//! time lines, a row of an agency's clocks (`10:05 a.m.`) between sentences may be its stamps, too, or of seconds since 1970.

use memchr::memmem;

use crate::model::time::Zone;
use crate::parse::dialect::Layout;
use crate::parse::scan::DigitRuns;
use crate::parse::stamp::{self, EPOCH_DIGITS, FRAME, Place};
use crate::parse::update::minute_of_day;
use crate::parse::{clock, zone};

/// What stands between an agency's updates.
const RULE: &str = "___";
/// A page's stamps are no further apart, seconds: seven days.
const EPOCHS_S_MAX: i64 = 7 * 24 * 60 * 60;
/// So many stamps in order are a row, and no more need to be looked at.
const ROW: std::ops::Range<usize> = 3..32;

/// Where the next update starts inside `line`, on a page that is read so.
pub(crate) fn next(
    layout: &Layout,
    line: &str,
    runs: &mut DigitRuns<'_>,
    start: usize,
    zones: &[(String, Zone)],
) -> Option<usize> {
    if layout.reports {
        next_report(line, runs, start)
    } else if layout.epochs {
        next_run(line, runs, start, is_epoch)
    } else {
        next_stamp(line, runs, start, zones)
    }
}

/// How the page is read if its only time lines stand inside its lines, where no line's look tells of them.
pub(crate) fn run_together(lines: &[&str]) -> Option<Layout> {
    let (reports, epochs) = (are_reports(lines), are_epochs(lines));
    (reports || epochs).then(|| Layout {
        place: Place::Opens,
        flat: true,
        reports,
        epochs,
        date_first: epochs,
        seconds: epochs,
        ..Layout::default()
    })
}

/// An update without the rule that parts it from the next one.
pub(crate) fn without_rule(update: &str) -> &str {
    let bare = update.trim_end_matches(' ');
    bare.strip_suffix(RULE).unwrap_or(bare)
}

/// Where the next update of a report starts inside `line`: agencies have no `12 p.m.`, and write `Noon`.
fn next_report(line: &str, runs: &mut DigitRuns<'_>, start: usize) -> Option<usize> {
    let next = next_run(line, runs, start, is_report);
    let before = &line.as_bytes()[..next.unwrap_or(line.len())];
    let mut noons = memmem::find_iter(before, "Noon ").filter(|&at| at > 0);
    noons.find(|&at| is_report(line, at)).or(next)
}

/// Where the next run of digits stands inside `line` that `opens` an update.
fn next_run(
    line: &str,
    runs: &mut DigitRuns<'_>,
    start: usize,
    opens: fn(&str, usize) -> bool,
) -> Option<usize> {
    let mut from = 1;
    loop {
        let at = runs.next(start + from).map(|at| at - start).filter(|&at| at < line.len())?;
        if opens(line, at) {
            return Some(at);
        }
        from = at + 1;
    }
}

/// All that open updates in some lines: what stands before each on its line, and the rest of that.
fn row<'a>(lines: &[&'a str], opens: fn(&str, usize) -> bool) -> Vec<(&'a str, &'a str)> {
    let of_line = |line: &&'a str| {
        let (line, mut runs) = (*line, DigitRuns::of(line));
        let mut from = 0;
        let first = opens(line, 0).then_some(("", line));
        first.into_iter().chain(std::iter::from_fn(move || {
            from += next_run(&line[from..], &mut runs, from, opens)?;
            Some(line.split_at(from))
        }))
    };
    lines.iter().flat_map(of_line).take(ROW.end).collect()
}

/// Whether the updates of an agency's report were run together: some of its clocks, the newest first. An agenda's go the
/// other way, and what is on when has no rule.
fn are_reports(lines: &[&str]) -> bool {
    let clocks = row(lines, is_report);
    let is_marked = clocks.iter().any(|(before, _)| is_ruled(before.trim_end()));
    let clocks = clocks.into_iter().filter_map(|(_, text)| clock::leading(text));
    let minutes: Vec<i32> =
        clocks.map(|clock| minute_of_day((clock.time.hour(), clock.time.minute()))).collect();
    // A step of more than half a day is midnight's.
    let falls = |pair: &[i32]| pair[1] <= pair[0] || pair[1] - pair[0] > 12 * 60;
    is_marked && minutes.len() >= 2 && minutes.windows(2).all(falls)
}

/// Whether a text ends in what leads to an agency's clock.
fn is_ruled(before: &str) -> bool {
    before.ends_with(RULE) || before.ends_with("):")
}

/// Whether a page's updates were run together with seconds since 1970 between them: at least three, of a few days and in order.
fn are_epochs(lines: &[&str]) -> bool {
    let epochs = row(lines, is_epoch);
    let seconds: Vec<i64> =
        epochs.iter().filter_map(|(_, text)| text.get(..EPOCH_DIGITS)?.parse().ok()).collect();
    let is_row = seconds.is_sorted() || seconds.is_sorted_by(|above, below| above >= below);
    let (first, last) = (seconds.first(), seconds.last());
    seconds.len() >= ROW.start
        && is_row
        && first.zip(last).is_some_and(|(first, last)| (first - last).abs() <= EPOCHS_S_MAX)
}

/// Whether seconds since 1970 stand at `at`, above an update's text. In an address or a sentence they don't.
fn is_epoch(line: &str, at: usize) -> bool {
    let opens = |text: &str| !text.is_empty() && !text.starts_with(char::is_lowercase);
    !line[..at].ends_with(['/', '=', '-', '_', '#'])
        && stamp::epoch(&line[at..]).is_some_and(|found| opens(found.after))
}

/// Whether a clock as agencies write it stands between two updates of a report: `… is shut. 10:05 a.m. The ferry …`,
/// `… is shut. ___ 10:05 a.m. The ferry …`, `(all times local): 10:05 a.m. The ferry …`.
fn is_report(line: &str, at: usize) -> bool {
    let (before, text) = line.split_at(at);
    let opens = |c: char| c.is_uppercase() || matches!(c, '"' | '“' | '‘' | '\'');
    let ends = |before: &str| before.ends_with(['.', '!', '?', '”', '"']) || is_ruled(before);
    before.strip_suffix(' ').is_some_and(|before| ends(before.trim_end()))
        && clock::leading(text).filter(|clock| clock.twelve).is_some_and(|clock| {
            let (clock, rest) = text.split_at(clock.length);
            (clock.ends_with(".m.") || clock == "Noon")
                && rest.strip_prefix(' ').is_some_and(|rest| rest.starts_with(opens))
        })
}

/// Where the next update starts inside `line`, behind its first byte. `runs`: those of the text that the line stands in, at
/// `start`.
pub(crate) fn next_stamp(
    line: &str,
    runs: &mut DigitRuns<'_>,
    start: usize,
    zones: &[(String, Zone)],
) -> Option<usize> {
    let bytes = line.as_bytes();
    let opens = |at: usize| match bytes[at - 1] {
        b' ' if line[..at - 1].ends_with(FRAME) => clock::leading(&line[at..]).is_some(),
        b' ' => {
            !bytes[at - 2].is_ascii_digit()
                && clock::leading(&line[at..]).is_some_and(|clock| {
                    let rest = &line[at + clock.length..];
                    clock.twelve
                        && !is_led_to(&line[..at - 1])
                        && is_stamp(rest, clock.has_minutes, || ends_sentence(&line[..at - 1]), zones)
                        || clock.has_unit && rest.starts_with(" | ") && !line[..at - 1].ends_with(['–', '-'])
                        || is_sentences(&line[..at - 1], &line[at..], clock.length)
                })
        }
        b'.' => {
            !bytes[at - 2].is_ascii_digit()
                && (is_glued(&line[..at], &line[at..])
                    || clock::leading(&line[at..]).is_some_and(|clock| {
                        clock.twelve && clock.has_minutes && line[at + clock.length..].starts_with(": ")
                            || is_sentences(&line[..at], &line[at..], clock.length)
                    }))
        }
        b'0'..=b'9' | b':' | b',' | b'-' | b'/' | b'(' => false,
        _ => is_glued(&line[..at], &line[at..]),
    };
    let mut from = 2;
    while let Some(at) = runs.next(start + from).map(|at| at - start).filter(|&at| at < bytes.len()) {
        if opens(at) {
            // A frame is the time line's; the line's own opens it.
            match line[..at].trim_end().strip_suffix(FRAME) {
                Some("") => {}
                Some(before) => return Some(before.len()),
                None => return Some(at),
            }
        }
        from = at + 1;
    }
    None
}

fn first_stamp(line: &str) -> Option<usize> {
    next_stamp(line, &mut DigitRuns::of(line), 0, &[])
}

/// Whether the first stamp inside a line is glued to its text.
pub(crate) fn has_glued(line: &str) -> bool {
    first_stamp(line).is_some_and(|at| is_glued(&line[..at], &line[at..]))
}

/// Whether a framed stamp stands inside a line.
pub(crate) fn has_framed(line: &str) -> bool {
    first_stamp(line).is_some_and(|at| line[at..].starts_with(FRAME))
}

/// Whether a clock stands between the end of one text and the beginning of the next.
fn is_glued(before: &str, text: &str) -> bool {
    let Some(clock) = clock::leading(text).filter(|clock| clock.has_minutes) else {
        return false;
    };
    // `15:36PM says`: no such hour has a half of the day.
    let is_premier = matches!(text.as_bytes(), [b'1', b'3'..=b'9', ..] | [b'2', b'0'..=b'3', ..])
        && text[..clock.length].ends_with("PM");
    let length = clock.length - if is_premier { "PM".len() } else { 0 };
    let mut after = text[length..].chars();
    let first = after.next();
    let quotes = first.is_some_and(|c| matches!(c, '\'' | '"' | '“' | '‘'));
    let first = if quotes { after.next() } else { first };
    let second = after.next();
    let is_meridiem = matches!((first, second), (Some('A' | 'P'), Some('M'))) && !is_premier;
    let is_word = matches!((first, second), (Some('A' | 'I'), Some(' ')));
    let opens = first.is_some_and(char::is_uppercase) && (second.is_some_and(char::is_alphabetic) || is_word)
        || first.is_some_and(|c| matches!(c, '£' | '€' | '$')) && second.is_some_and(|c| c.is_ascii_digit());
    opens
        && !is_meridiem
        && before.ends_with(|c: char| {
            c.is_lowercase() || matches!(c, '"' | '\'' | '”' | '’' | '!' | '?' | ')' | '.')
        })
}

/// Whether a clock of two digits each stands between the end of one sentence and the beginning of the next: `15:36 Text`,
/// `15:36: Text`, `1536: Text`, `15:36 h Text`, `15:36 Uhr Text`.
fn is_sentences(before: &str, text: &str, clock_bytes: usize) -> bool {
    let opens = |c: char| c.is_uppercase() || matches!(c, '"' | '“' | '‘' | '\'');
    let (clock, rest) = text.split_at(clock_bytes);
    let is_marked = rest.starts_with(": ") || rest.starts_with(" : ");
    let is_clock = match clock.as_bytes() {
        [b'0'..=b'2', _, b':' | b'.' | b'h', _, _] => is_marked || rest.starts_with(' '),
        [b'0'..=b'2', b'0'..=b'9', _, _] => is_marked,
        [b'0'..=b'2', _, b':' | b'.', _, _, b' ', b'h'] => rest.starts_with(' '),
        [b'0'..=b'2', _, b':' | b'.', _, _, b' ', b'U', b'h', b'r'] => is_marked || rest.starts_with(' '),
        _ => false,
    };
    is_clock
        && before.ends_with(['.', '!', '?', '”', '"', '’'])
        && rest.trim_start_matches([' ', ':']).starts_with(opens)
}

/// The times of all of them. `runs` and `start`: as in [`next_stamp`].
pub(crate) fn times(
    line: &str,
    runs: &mut DigitRuns<'_>,
    start: usize,
    zones: &[(String, Zone)],
) -> Vec<(i8, i8)> {
    let (mut from, mut times) = (0, Vec::new());
    while let Some(at) = next_stamp(&line[from..], runs, start + from, zones) {
        from += at;
        let stamp = line[from..].trim_start_matches(FRAME).trim_start();
        times.extend(clock::leading(stamp).map(|clock| (clock.time.hour(), clock.time.minute())));
    }
    times
}

/// Whether a clock with AM or PM is a stamp, by what stands behind it. `11 PM Eastern` may stand in a sentence.
fn is_stamp(
    rest: &str,
    has_minutes: bool,
    after_sentence: impl Fn() -> bool,
    zones: &[(String, Zone)],
) -> bool {
    if rest.starts_with(": ") {
        return after_sentence();
    }
    let Some(rest) = rest.strip_prefix(' ') else {
        return false;
    };
    let goes_on = |length: usize| {
        rest[length..].trim_start().starts_with(|c: char| !c.is_lowercase() && !matches!(c, '(' | ')'))
    };
    zone::leading(rest, zones).is_some_and(|(_, length)| goes_on(length)) && (has_minutes || after_sentence())
}

/// Whether a text ends in a word that leads to a time: `as of 4:00 PM ET`.
fn is_led_to(text: &str) -> bool {
    const WORDS: &[&str] = &[
        "about", "after", "around", "at", "before", "by", "from", "of", "since", "than", "to", "until",
    ];
    let last = &text[text.rfind(' ').map_or(0, |blank| blank + 1)..];
    WORDS.iter().any(|word| word.eq_ignore_ascii_case(last))
}

fn ends_sentence(text: &str) -> bool {
    text.ends_with(['.', '!', '?', '”', '"', '’']) || text.chars().last().is_some_and(|c| c.is_ascii_digit())
}
