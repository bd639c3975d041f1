//! Pages with rows of times that are no live blogs: subtitles, comments, what is on when and where, lists of articles.
//!
//! It looks at a whole page; which of a blog's times are no stamps is told in `hits`.

use crate::model::time::Moment;
use crate::parse::hits::Hit;
use crate::parse::stamp::Place;
use crate::parse::update::minute_of_day;
use crate::parse::{boilerplate, scan};

/// So many times are a row.
const ROW_MIN: usize = 4;
/// And so many of a meeting's usual parts are a programme.
const SESSIONS_MIN: usize = 2;
/// Nobody on a record is silent for longer, seconds.
const SILENCE_S_MAX: i32 = 120;
/// Nor for longer, where a time may be one of the day as well, seconds.
const PAUSE_S_MAX: i32 = 40;
/// How long a programme is takes no more, bytes.
const DURATION_BYTES_MAX: usize = 12;

/// Whether a page is no live blog, by all the times in it.
pub(crate) fn is_none(hits: &[Hit<'_>], lines: &[&str]) -> bool {
    are_subtitles(hits)
        || are_on_channels(hits)
        || are_comments(hits, lines)
        || are_programmes(hits, lines)
        || are_on_again(hits, lines)
        || are_sessions(hits)
        || are_articles(hits, lines)
}

/// Whether the times say how long something had been on when it was said, `00:00:06 Good evening`, `00:13Good evening`,
/// `[0:13] Good evening`: they start
/// with nought, and go on by seconds.
fn are_subtitles(hits: &[Hit<'_>]) -> bool {
    // No clock of 24 hours without a nought begins a row at midnight.
    let is_length = hits.first().is_some_and(|hit| hit.found.time_text == "0:00");
    let silence_s_max = if is_length { PAUSE_S_MAX } else { SILENCE_S_MAX };
    // The minutes and seconds of a clock without an hour were read as hours and minutes.
    let second = |hit: &Hit<'_>| match &hit.found.moment {
        Moment::Clock { time, date: None, .. } if hit.found.seconds => {
            Some(minute_of_day((time.hour(), time.minute())) * 60 + i32::from(time.second()))
        }
        Moment::Clock { time, date: None, .. }
            if (hit.found.glued || is_length) && hit.found.time_text.contains(':') =>
        {
            Some(minute_of_day((time.hour(), time.minute())))
        }
        Moment::Clock { .. } | Moment::Match(_) | Moment::Relative | Moment::None => None,
    };
    let opens = || hits.iter().filter(|hit| hit.found.place == Place::Opens);
    let seconds: Vec<i32> = opens().filter_map(second).collect();
    seconds.len() >= ROW_MIN
        && seconds.len() == opens().count()
        && seconds.len() * 2 > hits.len()
        && seconds[0] == 0
        && seconds.windows(2).all(|pair| (0..=silence_s_max).contains(&(pair[1] - pair[0])))
}

/// Whether most times say where something is on: `8pm, Channel 4`, `noon: CBS — The regatta`.
fn are_on_channels(hits: &[Hit<'_>]) -> bool {
    const CHANNELS: &[&str] = &[
        "ABC",
        "BBC Four",
        "BBC One",
        "BBC Three",
        "BBC Two",
        "BTN",
        "CBS",
        "CBSSN",
        "Channel 4",
        "Channel 5",
        "ESPN",
        "ESPN2",
        "ESPNU",
        "FOX",
        "FS1",
        "FS2",
        "Film4",
        "GOLF",
        "ITV",
        "ITV1",
        "ITV2",
        "MLBN",
        "More4",
        "NBC",
        "NBCSN",
        "NFLN",
        "NHLN",
        "RTL",
        "Sky Arts",
        "Sky Atlantic",
        "TBS",
        "TNT",
        "USA",
    ];
    let is_one = |hit: &&Hit<'_>| {
        // `5:30 a.m.: ESPN2 — The regatta`
        let channel = hit.found.after.split_once([',', '—']).map(|(channel, _)| channel.trim_end());
        [hit.found.byline, channel].into_iter().flatten().any(|name| CHANNELS.contains(&name))
    };
    hits.iter().filter(is_one).count() * 2 > hits.len()
}

/// Whether readers wrote below most of the times, and their comments are counted: `Comment #12`.
fn are_comments(hits: &[Hit<'_>], lines: &[&str]) -> bool {
    let is_one = |hit: &&Hit<'_>| {
        let below = lines[hit.line + 1..].iter().find(|line| !line.is_empty());
        below.is_some_and(|line| line.strip_prefix("Comment #").is_some_and(scan::has_digit))
    };
    hits.len() >= 2 && hits.iter().filter(is_one).count() * 2 > hits.len()
}

/// The times of day, in page order.
fn clocks(hits: &[Hit<'_>]) -> Vec<(i8, i8)> {
    hits.iter().filter_map(|hit| hit.found.moment_time()).collect()
}

/// Whether the times are a meeting's: they rise, and some of what stands beside them is on at every meeting.
fn are_sessions(hits: &[Hit<'_>]) -> bool {
    const SESSIONS: &[&str] = &[
        "Break",
        "Closing",
        "Coffee",
        "Dinner",
        "Keynote",
        "Lunch",
        "Networking",
        "Opening",
        "Registration",
        "Tea",
        "Welcome",
    ];
    let is_one = |hit: &&Hit<'_>| {
        let text = hit.found.after;
        SESSIONS.iter().any(|session| text.starts_with(session)) && !text.ends_with('.')
    };
    let clocks = clocks(hits);
    hits.len() >= ROW_MIN && clocks.is_sorted() && hits.iter().filter(is_one).count() >= SESSIONS_MIN
}

/// Whether the times are when something is on: they rise by whole five minutes, and what stands right below two of them at
/// least is on again at the next one.
fn are_on_again(hits: &[Hit<'_>], lines: &[&str]) -> bool {
    const AGAIN_MIN: usize = 2;
    let clocks = clocks(hits);
    let titles: Vec<_> = hits.iter().filter_map(|hit| lines.get(hit.line + 1)).collect();
    let again = titles.windows(2).filter(|pair| pair[0] == pair[1] && !boilerplate::is_boilerplate(pair[0]));
    clocks.len() == hits.len()
        && hits.len() > ROW_MIN
        && hits.iter().all(|hit| hit.found.place == Place::Alone)
        && clocks.is_sorted_by(|earlier, later| earlier < later)
        && clocks.iter().all(|(_, minute)| minute % 5 == 0)
        && again.count() >= AGAIN_MIN
}

/// Whether the times are when something is on, and below most stands how long that is, `4 min`, or the next one: they rise.
fn are_programmes(hits: &[Hit<'_>], lines: &[&str]) -> bool {
    let is_below = |hit: &Hit<'_>, is: fn(&str) -> bool| lines.get(hit.line + 1).is_some_and(|line| is(line));
    let is_axis = |at: usize| hits.get(at + 1).is_some_and(|next| next.line == hits[at].line + 1);
    let (mut timed, mut on_axis) = (0, 0);
    for (at, hit) in hits.iter().enumerate().filter(|(_, hit)| hit.found.place == Place::Alone) {
        timed += usize::from(is_below(hit, is_duration));
        on_axis += usize::from(is_axis(at));
    }
    let clocks = clocks(hits);
    let falls = clocks.windows(2).filter(|pair| pair[0] > pair[1]).count();
    timed >= ROW_MIN && (timed + on_axis) * 4 >= hits.len() * 3 && falls * ROW_MIN < hits.len()
}

/// Whether a line is how many minutes something takes: `4 dk`, `15 min`.
fn is_duration(line: &str) -> bool {
    const MINUTES: &[&str] = &[
        "dk", "dk.", "min", "min.", "mins", "minutes", "Min.", "мин", "мин.",
    ];
    line.len() <= DURATION_BYTES_MAX
        && line.split_once(' ').is_some_and(|(count, unit)| {
            MINUTES.contains(&unit) && count.bytes().all(|byte| byte.is_ascii_digit())
        })
}

/// Whether a page is a list of articles, each with its date below: as much stands above the first date as between any two, a
/// title and what it leads to, and hardly two are of the same day.
fn are_articles(hits: &[Hit<'_>], lines: &[&str]) -> bool {
    let day =
        |hit: &Hit<'_>| hit.found.date().filter(|_| hit.found.place == Place::Alone && hit.found.date_first);
    let changes = || hits.windows(2).filter(|pair| day(&pair[0]) != day(&pair[1])).count();
    let is_article = |at: usize| {
        let from = at.checked_sub(1).map_or(0, |above| hits[above].line + 1);
        let texts = lines[from..hits[at].line].iter().filter(|line| !boilerplate::is_boilerplate(line));
        texts.count() == 2
    };
    hits.len() >= ROW_MIN
        && hits.iter().all(|hit| day(hit).is_some())
        && changes() * 4 >= (hits.len() - 1) * 3
        && (0..hits.len()).all(is_article)
}
