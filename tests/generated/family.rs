//! The families of time lines, one row each as they were seen, ranked: a pattern, where the headline stands,
//! and in which order the updates come.
//!
//! In a pattern, what stands between `«` and `»` is the time as written; `{…}` are the parts of a moment, a
//! name (`{name}`), the headline (`{head}`) or the first paragraph (`{body}`); `{n}` counts.

use jiff::civil::{Date, Time};

/// Where an update's headline stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heads {
    /// Nowhere.
    None,
    /// On the next line.
    After,
    /// On the line before.
    Before,
    /// On the stamp's line.
    Same,
}

/// One way of writing time lines.
#[derive(Debug, Clone, Copy)]
pub struct Family {
    /// Its row in the table of formats.
    pub row: &'static str,
    /// The pattern of its time line.
    pub line: &'static str,
    /// Where the headline may stand: a blog has one of these.
    pub heads: &'static [Heads],
    /// Whether it's also written oldest first.
    pub log: bool,
    /// Minutes and hours that it can write: all, or full hours (`3 pm`) only.
    pub hours_only: bool,
}

impl Family {
    /// Whether its time lines have dates.
    pub fn is_dated(&self) -> bool {
        ["{D}", "{DD}", "{epoch}"].iter().any(|part| self.line.contains(part))
    }
}

const NONE: &[Heads] = &[Heads::None];
const AFTER: &[Heads] = &[Heads::After];
const BEFORE: &[Heads] = &[Heads::Before];
const SAME: &[Heads] = &[Heads::Same];
const EITHER: &[Heads] = &[Heads::After, Heads::None];

const fn family(row: &'static str, line: &'static str, heads: &'static [Heads]) -> Family {
    Family { row, line, heads, log: true, hours_only: false }
}

const fn snapshot(row: &'static str, line: &'static str, heads: &'static [Heads]) -> Family {
    Family { row, line, heads, log: false, hours_only: false }
}

const fn hourly(row: &'static str, line: &'static str, heads: &'static [Heads]) -> Family {
    Family { row, line, heads, log: true, hours_only: true }
}

/// All of them.
pub const FAMILIES: &[Family] = &[
    family("inline12", "«{h}.{mm}{am}»: {body}", NONE),
    family("inline12", "«{hh}:{mm} {am}»: {body}", NONE),
    family("inline12", "«{h}:{mm}{am}» - {body}", NONE),
    family("inline12", "«{h}:{mm}{am}» – {body}", NONE),
    family("inline12", "«{h}:{mm} {AM}»: {body}", NONE),
    family("inline12", "«{h}.{mm}{am}» {body}", NONE),
    family("inline12", "«{h~.}{am}»: {body}", NONE),
    hourly("inline12", "«{h} {am}»: {body}", NONE),
    family("inline24", "«{HH}.{mm}» {body}", NONE),
    family("inline24", "«{HH}.{mm}»: {body}", NONE),
    family("inline24", "«{HH}:{mm}» - {body}", NONE),
    family("inline24", "«{HH}:{mm}» {body}", NONE),
    family("inline24", "«{HH}{mm}»: {body}", NONE),
    family("inline24", "  {n}. «{HH}{mm}»: {body}", NONE),
    family("inline24", "«{HH}h{mm}» : {body}", NONE),
    family("inline24", "«{HH}.{mm} мск» {body}", NONE),
    family("inline24", "«{HH}:{mm} {AM}»: {body}", NONE),
    family("bare12", "«{hh}:{mm} {AM}»", AFTER),
    family("inline12 headline", "«{h}:{mm} {am}»: {head}", SAME),
    family("inline12 headline", "«{h}.{mm}{am}»: {head}", SAME),
    family("inline12 headline", "«{h~.}{am} update»: {head}", SAME),
    family("inline12 headline", "{AGENCY} «{h}.{mm}{am}»: {head}", SAME),
    family("inline12 headline", "Live Update @ «{h}:{mm} {AM}»: {head}", SAME),
    family("inline12 headline", "«{h~:} {a.m.}» {head}", SAME),
    family("bare24", "«{HH}:{mm}»", EITHER),
    family("bare24", "  • «{HH}:{mm}»", EITHER),
    family("bare24", "  • «{HH}:{mm} (IST)»", EITHER),
    family("bare24", "    «{HH}:{mm}»", EITHER),
    family("comma byline", "«{HH}:{mm}» , {name}", BEFORE),
    family("dotted zone", "«{h}.{mm}{am} {Z}»", EITHER),
    snapshot("dotted zone, twice", "«{h}.{mm}{am} {Z}»{again}", EITHER),
    family("padded zone", "«{hh}:{mm} {AM} {Z}»", AFTER),
    family("time date", "«{HH}:{mm} {D}.{M}.{YYYY}»", EITHER),
    snapshot("time date, then bare", "«{HH}:{mm}{first: {D}.{M}.{YYYY}}»", EITHER),
    family(
        "published at",
        "  {n}. {head}«published at {HH}:{mm} Greenwich Mean Time {D} {MONTH} {YYYY}»",
        SAME,
    ),
    family(
        "published at",
        "  {n}. {head}«published at {HH}:{mm} British Summer Time {D} {MONTH} {YYYY}»",
        SAME,
    ),
    family("author seconds", "  • {name} «{M}/{D}/{YYYY} {h}:{mm}:{ss} {AM}»", NONE),
    family("author seconds", "{name} «{M}/{D}/{YYYY} {h}:{mm}:{ss} {AM}»", NONE),
    family("author seconds", "{name} «{M}/{D}/{YYYY} {h}:{mm}:{ss} {AM}»{body}", NONE),
    family("inline24 headline", "«{HH}:{mm} Uhr» | {head}", SAME),
    family("inline24 headline", "+++ «{HH}:{mm}» {head} +++", SAME),
    family("inline24 headline", "«{HH}:{mm}» {head}", SAME),
    family("inline24 headline", "【«{HH}:{mm}»】{head}", SAME),
    family("short12", "«{h~.}{am}»", NONE),
    family("dots12", "«{h~:} {a.m.}»", EITHER),
    family("dots12", "«{h~:} {a.m.} update»:", EITHER),
    family("date time zone", "«{MON} {DD}, {YYYY} {HH}:{mm} (IST)»", AFTER),
    family("date time zone", "«{MON} {DD}, {YYYY} {HH}:{mm} IST»", AFTER),
    family("date time zone", "«{MON} {DD},{YYYY} {HH}:{mm} IST»", AFTER),
    snapshot("relative", "«{ago} ago»", EITHER),
    snapshot("relative", "{name}«{ago} ago»{D}{th} {MONTH} {YYYY}", AFTER),
    snapshot("relative absolute", "«{short}h ago / {h}:{mm} {AM} EST»", AFTER),
    snapshot("relative absolute", "«{short}d ago / {h}:{mm} {AM} UTC»", AFTER),
    family("unpadded12", "«{h}:{mm} {AM}»", EITHER),
    family("unpadded12", "«{h}:{mm} {AM} IST»", EITHER),
    family("24 hours with PM", "«{D} {MONTH} {YYYY}, {HH}:{mm} {AM}»", NONE),
    family("24 hours with PM", "«{D} {MONTH} {YYYY}, {h}:{mm} {AM}»", NONE),
    family("dotted24", "«{HH}.{mm}»", EITHER),
    family("dotted24", "«{HH}.{mm} h»", NONE),
    family("headline above, inline", "«{HH}.{mm} Uhr»: {body}", BEFORE),
    family("headline above, inline", "«{h~:} {a.m.}»: {body}", BEFORE),
    family("glued", "«{HH}.{mm}»{body}", NONE),
    family("one each", "«{h}:{mm} {a.m.} ET, {MONTH} {D}, {YYYY}»", AFTER),
    family("one each", "«{MONTH} {D}, {YYYY} at {h}:{mm} {AM} EDT»", AFTER),
    family("one each", "«{MONTH} {D}, {h}:{mm} {AM}»", AFTER),
    family("one each", "«{MONTH} {D}, {YYYY} {h}:{mm} {AM} (IST)» Posted by {name}", AFTER),
    family("one each", "«{MONCAPS} {DD}, {YYYY} {hh}:{mm} {AM} IST»", AFTER),
    family("one each", "«{DD} {MONTH} {YYYY} {HH}:{mm} GMT»", EITHER),
    family("one each", "«{HH}:{mm} IST, {MONTH} {D}{th} {YYYY}»", AFTER),
    family("one each", "«Le {DD}/{MM} à {HH}:{mm}»", EITHER),
    family("one each", "«{D} {MON} {HH}:{mm}» {body}", NONE),
    family("one each", "«{MONTH} {D}, {YYYY} {h}:{mm}:{ss} {AM} EDT»", EITHER),
    family("one each", "«{h}:{mm}{am}»", EITHER),
    snapshot("one each", "«{short}m ago ({HH}:{mm} GMT)»{head}", SAME),
    snapshot("one each", "«{short}m ago {HH}.{mm}» {body}", NONE),
    snapshot("one each", "«{short} mins ago{HH}:{mm}» {name}", AFTER),
    family("date joined", "«{HH}:{mm} | {DD}.{MM}.{YYYY}»", EITHER),
    family("date joined", "«{h}:{mm} {AM} · {MON} {D}, {YYYY}»", AFTER),
    family("date joined", "«{HH}:{mm} ({D} {MONTH})»", EITHER),
    family("date time, machine's", "«{YYYY}-{MM}-{DD}T{HH}:{mm}:{ss}»", EITHER),
    family("epoch", "«{epoch}»", EITHER),
    family("stamp below", "{below}by {name} edited by Bo Day «{M}/{D}/{YYYY} {h}:{mm}:{ss} {AM}»", AFTER),
    family("match", "«{over} overs» (1 Run) {body}", NONE),
    family("match", "«{over} overs» {body}", NONE),
    family("match", "«{minute}'» {body}", NONE),
    family("match", "«{minute} min»: {body}", NONE),
];

/// Two ways of writing time lines that were seen in one page: the first mostly, the second now and then.
pub const MIXTURES: &[[Family; 2]] = &[
    [
        family("bare24 with 12", "«{HH}:{mm}»", AFTER),
        family("", "«{h}:{mm} {p.m}»", AFTER),
    ],
    [
        family("inline12 with noon", "«{h~.}{am}»: {body}", NONE),
        family("", "«{noon}»: {body}", NONE),
    ],
    [
        family("inline12, colon or none", "«{h}.{mm}{am}» {body}", NONE),
        family("", "«{h}.{mm}{am}»: {body}", NONE),
    ],
    [
        family("inline24 with 12", "«{HH}h{mm}» : {body}", NONE),
        family("", "«{h}:{mm} {p.m}» : {body}", NONE),
    ],
    [
        family("headlines, some updated", "«{h~.}{am}»: {head}", SAME),
        family("", "«{h~.}{am} update»: {head}", SAME),
    ],
    [
        family("zone now and then", "«{hh}:{mm} {AM}»", AFTER),
        family("", "«{hh}:{mm} {AM} GMT»", AFTER),
    ],
    [
        family("dated now and then", "«{HH}:{mm}»", EITHER),
        family("", "«{HH}:{mm} {D}.{M}.{YYYY}»", EITHER),
    ],
    [
        family("category", "«{HH}:{mm}»", NONE),
        family("", "«{HH}:{mm}» {CATEGORY}", NONE),
    ],
    [
        family("author before", "«{HH}:{mm}»", EITHER),
        family("", "{name} «{HH}:{mm}»", EITHER),
    ],
];

/// A moment of a blog, as clocks of its place show it.
#[derive(Debug, Clone, Copy)]
pub struct When {
    /// The day.
    pub date: Date,
    /// The time of day.
    pub time: Time,
    /// How many updates are older.
    pub older: usize,
    /// How many are newer.
    pub newer: usize,
}

const MONTHS: &[&str] = &[
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// The part of a pattern called `name`, of a moment.
pub fn part(name: &str, when: &When) -> Option<String> {
    let (hour, minute) = (when.time.hour(), when.time.minute());
    let twelve = (hour + 11) % 12 + 1;
    let month = MONTHS[when.date.month() as usize - 1];
    let day = when.date.day();
    let half = |am: &str, pm: &str| if hour < 12 { am } else { pm }.to_string();
    let short = |mark: &str| match minute {
        0 => twelve.to_string(),
        _ => format!("{twelve}{mark}{minute:02}"),
    };
    Some(match name {
        "h" => twelve.to_string(),
        "hh" => format!("{twelve:02}"),
        "HH" => format!("{hour:02}"),
        "mm" => format!("{minute:02}"),
        "ss" => format!("{:02}", when.time.second()),
        "am" => half("am", "pm"),
        "AM" => half("AM", "PM"),
        "a.m." => half("a.m.", "p.m."),
        "below" => String::new(),
        "epoch" => {
            let since = when.date.to_datetime(when.time).to_zoned(jiff::tz::TimeZone::UTC).expect("in range");
            since.timestamp().as_second().to_string()
        }
        "p.m" => half("a.m", "p.m"),
        "noon" if hour == 12 && minute == 0 => "Noon".to_string(),
        "noon" => format!("{}{}", short("."), half("am", "pm")),
        "CATEGORY" => ["Chat", "LE POINT", "En images"][when.older % 3].to_string(),
        "h~." => short("."),
        "h~:" => short(":"),
        "D" => day.to_string(),
        "DD" => format!("{day:02}"),
        "M" => when.date.month().to_string(),
        "MM" => format!("{:02}", when.date.month()),
        "MONTH" => month.to_string(),
        "MON" => month[..3].to_string(),
        "MONCAPS" => month[..3].to_uppercase(),
        "YYYY" => when.date.year().to_string(),
        "th" => match (day % 10, day / 10) {
            (_, 1) => "th",
            (1, _) => "st",
            (2, _) => "nd",
            (3, _) => "rd",
            _ => "th",
        }
        .to_string(),
        "ago" => {
            let units = ["min", "hour", "day", "month", "year"];
            let unit = units[when.newer / 9 % units.len()];
            match when.newer % 9 + 1 {
                1 => format!("1 {unit}"),
                count => format!("{count} {unit}{}", if unit == "min" { "" } else { "s" }),
            }
        }
        "short" => (when.newer * 2 + 1).to_string(),
        "over" => format!("{}.{}", when.older / 6, when.older % 6 + 1),
        "minute" => (when.older * 2 + 1).to_string(),
        _ => return None,
    })
}
