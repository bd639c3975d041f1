//! Bytes in, and what must be true whatever they are. A target that finds it isn't so panics.
//!
//! Not only "it doesn't panic": texts stay within their bounds, pieces give what the whole gives, what is printed
//! is read back as the same, instants lie where the page's clock can be.

use std::path::Path;

use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use liveblogd::config::Config;
use liveblogd::journal::gate::Options;
use liveblogd::journal::{Head, Oldest, recovery, segment};
use liveblogd::model::event::{EVENT_BYTES_MAX, Shared};
use liveblogd::model::file::Position;
use liveblogd::model::identity::Id;
use liveblogd::model::text::Text;
use liveblogd::model::time::{DateBasis, Moment, PartialDate, Zone};
use liveblogd::model::update::Update;
use liveblogd::model::words::Parts;
use liveblogd::parse::dating::{self, DatingState, PageFacts};
use liveblogd::parse::document::{self, Document, Layout, Overrides};
use liveblogd::parse::{explain, stamp};
use liveblogd::sink::protocol;
use liveblogd::source::line_buffer::{LineBuffer, encoding_of};
use liveblogd::stage::page::event_of;

/// Longer inputs show nothing more, and take longer.
const BYTES_MAX: usize = 64 << 10;

/// A file's bytes, as they may lie in a drop directory.
pub fn document(data: &[u8]) {
    let data = &data[..data.len().min(BYTES_MAX)];
    let text = text_of(data, usize::MAX);
    let pieces = text_of(data, 1 + data.len() / 3);
    assert_eq!(text, pieces, "the text doesn't depend on how its bytes come");
    let overrides = Overrides::default();
    let document = document::read(&text, None, &overrides);
    assert_within(&document, &text);
    let explained = explain::explain(&text, &overrides);
    assert_eq!(explained.updates, document.updates.len(), "who explains reads the same");
    assert_eq!(explained.lines.len(), text.utf8.lines().count());
    let Some(layout) = &document.layout else {
        assert!(document.updates.is_empty(), "no time lines, no updates");
        return;
    };
    assert_eq!(layout.to_string().parse::<Layout>().as_ref(), Ok(layout), "a kept layout is read back");
    for update in document.updates.iter().filter(|update| !update.is_empty()) {
        assert_encoded(update);
    }
    // Neither a mark nor another line end is anything that a page says.
    if !data.starts_with(b"\xef\xbb\xbf") && encoding_of(data).1 == 0 {
        let marked = [b"\xef\xbb\xbf", data].concat();
        assert_eq!(said(&read_bytes(&marked)), said(&document), "with a byte order mark");
        if !data.contains(&b'\r') {
            let ended = data.split(|&byte| byte == b'\n').collect::<Vec<_>>().join(&b"\r\n"[..]);
            assert_eq!(said(&read_bytes(&ended)), said(&document), "with CRLF");
        }
    }
    // A file that grew line by line has the updates of the file that is read at once. The layout is the one that
    // it began with.
    let started = Layout { heading: None, ..layout.clone() };
    let whole = document::read(&text, Some(&started), &overrides);
    let at = data.first().map_or(0, |&byte| usize::from(byte));
    let cut = text.utf8.split_inclusive('\n').take(at).map(str::len).sum::<usize>();
    let head = Text {
        utf8: text.utf8[..cut].to_string().into(),
        end_offset: text.offset(cut),
        shifts: text.shifts.iter().copied().filter(|&(at, _)| at < cut).collect(),
        ..text.clone()
    };
    let first = document::read(&head, Some(&started), &overrides);
    let rest = document::read(&text.since(first.resume), first.layout.as_ref(), &overrides);
    // Inside a line that was mended an offset is only near.
    let place = |position: Position| (position.line, position.offset);
    let before = |update: &&Update| place(update.start) < place(first.resume);
    let mut updates: Vec<Update> = first.updates.iter().take_while(before).cloned().collect();
    updates.extend(rest.updates);
    assert_eq!(updates, whole.updates, "cut at {cut} as {started}");
}

fn read_bytes(data: &[u8]) -> Document {
    document::read(&text_of(data, usize::MAX), None, &Overrides::default())
}

/// What a document says, without where it stands.
fn said(document: &Document) -> (Vec<Update>, Option<PartialDate>, Option<Layout>) {
    let bare = |update: &Update| Update { start: Position::START, length_bytes: 0, ..update.clone() };
    (document.updates.iter().map(bare).collect(), document.header, document.layout.clone())
}

fn text_of(data: &[u8], piece_bytes: usize) -> Text {
    let (encoding, mark_bytes) = encoding_of(data);
    let start = Position { offset: mark_bytes, ..Position::START };
    let mut buffer = LineBuffer::new(encoding, start, 0);
    for piece in data[mark_bytes as usize..].chunks(piece_bytes.max(1)) {
        buffer.push(piece);
    }
    buffer.finish(true).0
}

fn assert_within(document: &Document, text: &Text) {
    let lines = text.utf8.lines().count() as u64;
    let (mut end, mut line) = (text.start.offset, text.start.line);
    for update in &document.updates {
        assert!(end <= update.start.offset, "updates don't overlap");
        assert!(line <= update.start.line && update.start.line <= lines, "lines go up");
        end = update.start.offset + update.length_bytes;
        line = update.start.line;
        assert!(end <= text.end_offset, "an update lies in its text");
    }
    assert!(text.start.offset <= document.resume.offset && document.resume.offset <= text.end_offset);
}

/// The line that is said of an update is JSON, says what the update says, and isn't too long.
fn assert_encoded(update: &Update) {
    let shared = Shared::new(None, None, Timestamp::UNIX_EPOCH, "drop", "page.txt", false);
    let mut line = Vec::new();
    event_of(update, Id([0; 12]), None, &shared).encode(EVENT_BYTES_MAX, &mut line);
    assert!(line.len() <= EVENT_BYTES_MAX && line.ends_with(b"}\n"));
    assert_eq!(line.iter().filter(|&&byte| byte == b'\n').count(), 1, "one event, one line");
    let read: serde_json::Value = serde_json::from_slice(&line).expect("an event is JSON");
    let body = read["body"].as_str().expect("a body");
    match read["truncated"].as_bool() {
        Some(true) => assert!(update.words.body().starts_with(body)),
        Some(false) | None => {
            assert_eq!(body, update.words.body());
            assert_eq!(read["headline"].as_str(), update.words.headline());
        }
    }
}

/// One line of a page.
pub fn stamp(data: &[u8]) {
    let line = String::from_utf8_lossy(&data[..data.len().min(4 << 10)]);
    for line in line.lines() {
        let found = stamp::find(line, &[]);
        assert_eq!(found, stamp::find(&format!(" {line}\t"), &[]), "blanks around it say nothing");
        let Some(found) = found else { continue };
        for part in [
            found.time_text,
            found.before,
            found.after,
            found.byline.unwrap_or(""),
        ] {
            assert!(line.contains(part), "{part:?} stands on the line {line:?}");
        }
        assert!(!found.time_text.is_empty(), "a time is written somehow: {line:?}");
        match &found.moment {
            Moment::Clock { zone, date, .. } => {
                let shift = match zone {
                    Some(Zone::Offset(seconds)) => *seconds,
                    Some(Zone::Rules(_)) | None => 0,
                };
                assert!(shift.abs() <= 15 * 3_600, "no zone is that far: {line:?}");
                let ranges =
                    |date: PartialDate| (1..=12).contains(&date.month) && (1..=31).contains(&date.day);
                assert!(date.is_none_or(ranges), "{line:?}");
            }
            Moment::Match(minute) => assert!(minute.starts_with(|c: char| c.is_ascii_digit()), "{line:?}"),
            Moment::Relative => {}
            Moment::None => panic!("a stamp without a time: {line:?}"),
        }
    }
}

/// Three bytes an update: clock, and now and then a date or a heading. Before them what is known of the page.
pub fn dating(data: &[u8]) {
    let Some((&[zone, given, flags, mtime], data)) = data.split_first_chunk::<4>() else {
        return;
    };
    let zone = match zone % 4 {
        0 => Zone::Offset(0),
        1 => Zone::Offset(i32::from(zone) * 180 - 23_040),
        2 => Zone::Rules(TimeZone::get("Europe/London").expect("a zone")),
        _ => Zone::Rules(TimeZone::get("America/New_York").expect("a zone")),
    };
    // Around a clock change and the end of a year.
    let noon = "2024-03-31T12:00:00Z".parse::<Timestamp>().expect("an instant");
    let mtime = noon + SignedDuration::from_hours(i64::from(mtime) * 36 - 4_608);
    let day = jiff::civil::date(2024, 1, 1).saturating_add(jiff::Span::new().days(i64::from(given)));
    let facts = PageFacts {
        given: (flags & 1 != 0).then_some((day, DateBasis::Path)),
        mtime,
        zone: zone.clone(),
        grows: flags & 2 != 0,
        state: None,
    };
    let updates: Vec<Update> = data.as_chunks::<3>().0.iter().take(200).map(update_of).collect();
    let anchors = vec![None; updates.len()];
    let dated = dating::date(&updates, &facts, &anchors);
    assert_eq!(dated.times.len(), updates.len());
    let mut sequence = dated.sequence.clone();
    let said: Vec<Timestamp> =
        sequence.iter().filter_map(|&at| dated.times[at]).map(|(timestamp, _)| timestamp).collect();
    assert!(said.is_sorted(), "oldest first");
    sequence.sort_unstable();
    assert!(sequence.into_iter().eq(0..updates.len()), "each is said once");
    for (update, time) in updates.iter().zip(&dated.times) {
        let Moment::Clock { time: clock, zone: own, .. } = &update.moment else { continue };
        let Some((timestamp, _)) = time else { continue };
        assert!((timestamp.as_second() - mtime.as_second()).abs() < 40 * 366 * 86_400, "not that far");
        let local = match own.as_ref().unwrap_or(&zone) {
            Zone::Offset(seconds) => {
                Offset::from_seconds(*seconds).expect("an offset").to_datetime(*timestamp)
            }
            Zone::Rules(rules) => rules.to_datetime(*timestamp),
        };
        // In the hour that a clock change leaves out there is no such time: it's an hour off.
        let off_s = (local.time() - *clock).total(jiff::Unit::Second).expect("seconds").abs();
        assert!(off_s == 0.0 || off_s == 3_600.0 || off_s == 82_800.0, "{local} for {clock}");
    }
    let state = dated.state.to_string();
    let read: DatingState = state.parse().expect("a kept state is read back");
    assert_eq!(read.to_string(), state);
    let goes_on = PageFacts { grows: true, state: Some(read), ..facts };
    assert_eq!(dating::date(&updates, &goes_on, &anchors).times.len(), updates.len());
}

fn update_of(&[hour, minute, more]: &[u8; 3]) -> Update {
    let date = PartialDate {
        year: (more & 8 != 0).then_some(2023 + i16::from(more >> 6)),
        month: (hour % 12 + 1) as i8,
        day: (more % 31 + 1) as i8,
    };
    let moment = match more & 7 {
        0 => Moment::None,
        1 => Moment::Relative,
        kind => Moment::Clock {
            time: jiff::civil::time((hour % 24) as i8, (minute % 60) as i8, 0, 0),
            zone: (kind == 2).then_some(Zone::Offset(3_600)),
            date: (kind == 3).then_some(date),
        },
    };
    let heading = (more & 7 == 4).then_some(date);
    let headline = format!("{hour} {minute}");
    let words = Parts { headline: Some(&headline), ..Parts::default() }.into();
    Update { words, moment, heading, ..Update::default() }
}

/// A configuration file.
pub fn configuration(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match Config::read(text, "liveblogd.toml") {
        Ok(config) => {
            let printed = toml::to_string(&config).expect("a configuration can be printed");
            let again = Config::read(&printed, "printed").expect("what is printed is accepted");
            assert_eq!(config, again, "and means the same");
        }
        Err(failure) => {
            let said = failure.to_string();
            assert!(said.contains("liveblogd.toml"), "it is said where: {said}");
            assert_eq!(failure.exit as u8, 78);
        }
    }
}

/// What a client of a socket sends, lines of it.
pub fn command(data: &[u8]) {
    let head = Head {
        journal: "k3v9x2qa".into(),
        seq: 16,
        segment: 1,
        length_bytes: 4_096,
        oldest: Oldest::new(5),
    };
    for line in data.split(|&byte| byte == b'\n') {
        let Ok(Some(command)) = protocol::parse(line) else { continue };
        match command {
            protocol::Command::After(place) | protocol::Command::Dump(place) => {
                let start = protocol::start(&place, &head);
                assert!((4..=16).contains(&start.after), "within what there is: {start:?}");
                let reply = protocol::started(&start, &head);
                let reply: serde_json::Value = serde_json::from_slice(&reply).expect("a reply is JSON");
                let kind = if start.gap.is_some() { "gap" } else { "ok" };
                assert_eq!(reply["liveblogd"], kind);
                assert_eq!(reply["after"], start.after);
            }
            protocol::Command::Ping => {}
            protocol::Command::Heartbeat(every) => assert!((1..=3_600).contains(&every.as_secs())),
        }
    }
}

/// A state directory whose segment holds these bytes, and whose index was lost. The first byte says whether there
/// are sums, the second where they claim that it ends.
pub fn recovery(data: &[u8]) {
    let Some((&[kind, end], data)) = data.split_first_chunk::<2>() else { return };
    let dir = tempfile::tempdir().expect("a directory");
    let state = dir.path();
    std::fs::create_dir(segment::directory(state)).expect("a directory");
    let identity = r#"{"version":1,"id":"k3v9x2qa","scope":"global"}"#;
    std::fs::write(state.join("journal.json"), identity).expect("written");
    std::fs::write(segment::path(state, 1), data).expect("written");
    if kind & 1 != 0 {
        let sums = segment::sums_path(state, 1);
        let cut = data.len().min(usize::from(end) * 4);
        std::fs::write(sums, &data[data.len() - cut..]).expect("written");
    }
    let boots = ["boot-a", if kind & 2 != 0 { "boot-b" } else { "boot-a" }];
    let mut head = 0;
    for boot in boots {
        // Whatever lies there: it opens, or says why not, and never takes a number back.
        let Ok((journal, _)) = recovery::open(state, options(), boot) else { return };
        let now = journal.watch().borrow().clone();
        assert!(head <= now.seq, "seq never goes back: {head}, {}", now.seq);
        head = now.seq;
        let length = std::fs::metadata(segment::path(state, now.segment.max(1))).map_or(0, |file| file.len());
        assert!(now.length_bytes <= length, "no more is committed than there is");
        assert_readable(state, &now);
    }
}

/// Every committed byte can be read.
fn assert_readable(state: &Path, head: &Head) {
    let mut reader = liveblogd::journal::reader::Reader::new(state);
    let mut lines = Vec::new();
    let before = head.oldest.first_seq().saturating_sub(1);
    if reader.seek(before, head).is_ok_and(|stands| stands == before) {
        while reader.read(head, &mut lines, EVENT_BYTES_MAX).is_ok_and(|read| read > 0) {
            lines.clear();
        }
    }
}

fn options() -> Options {
    Options { segment_bytes: 1 << 20, ..Options::default() }
}
