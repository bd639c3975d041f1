//! An event: one update as one line of NDJSON, schema version 1.0 (`tests/event.schema.json`).

use jiff::Timestamp;
use serde::Serialize;

use crate::model::identity::Id;
use crate::model::json;
use crate::model::time::DateBasis;
use crate::model::update::Embed;

/// How every event begins: with the version of the schema. A member is never renamed or retyped within 1.x.
const SCHEMA_MEMBER: &[u8] = b"{\"schema_version\":\"1.0\"";

/// The longest event, bytes with its `\n`, unless configured. journald splits lines at 48 KiB.
pub const EVENT_BYTES_MAX: usize = 48_000;

/// What happened to the update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventType {
    /// It was not known before.
    Created,
    /// It was known, and its text has changed or was finished.
    Revised,
}

/// Everything an event says. `None` members are left out, but for those the schema always has.
#[derive(Debug, Clone)]
pub struct Event<'a> {
    /// Position in the journal; `None` for `parse`, which has none.
    pub seq: Option<u64>,
    /// `<journal id>:<seq>`.
    pub cursor: Option<String>,
    /// Identity.
    pub id: Id,
    /// From 1.
    pub revision: u32,
    /// What happened.
    pub r#type: EventType,
    /// When it was published.
    pub timestamp: Option<Timestamp>,
    /// The time as written.
    pub time_text: Option<&'a str>,
    /// Where the day came from.
    pub date_basis: Option<DateBasis>,
    /// Headline.
    pub headline: Option<&'a str>,
    /// Body.
    pub body: &'a str,
    /// Byline.
    pub byline: Option<&'a str>,
    /// What it has in common with the other events of its file.
    pub shared: &'a Shared<'a>,
    /// Where it stands in the file.
    pub place: Place,
    /// Items of a key moments list.
    pub key_points: &'a [String],
    /// Quoted posts.
    pub embeds: &'a [Embed],
    /// URLs in the text.
    pub links: &'a [String],
    truncated: bool,
    body_bytes: Option<usize>,
}

/// What all events of one reading of a file say alike, encoded once: a page has hundreds of them.
#[derive(Debug, Clone)]
pub struct Shared<'a> {
    /// The blog's name.
    pub blog: Option<&'a str>,
    /// From `blog` to the file in `origin`, as it stands in a line.
    members: Vec<u8>,
    /// As in [`Text`](crate::model::text::Text).
    is_plain: bool,
}

/// Where an update stands in its file.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// Byte offset of the update in the file.
    pub offset: u64,
    /// Its length, bytes of the file.
    pub length: u64,
    /// Its first line, from 1.
    pub line: u64,
}

impl<'a> Shared<'a> {
    /// `backfill`: whether the first start on a state directory found it; `None` for `parse`. `observed`: when it was
    /// read. `root`: the drop directory as configured. `path`: the file below it. `is_plain`: that of its text.
    pub fn new(
        blog: Option<&'a str>,
        backfill: Option<bool>,
        observed: Timestamp,
        root: &str,
        path: &str,
        is_plain: bool,
    ) -> Shared<'a> {
        let mut members = Vec::new();
        string(&mut members, b",\"blog\":", blog);
        match backfill {
            None => {}
            Some(true) => members.extend_from_slice(b",\"backfill\":true"),
            Some(false) => members.extend_from_slice(b",\"backfill\":false"),
        }
        members.extend_from_slice(b",\"observed_timestamp\":\"");
        members.extend_from_slice(format!("{observed:.3}").as_bytes());
        string(&mut members, b"\",\"origin\":{\"root\":", Some(root));
        string(&mut members, b",\"path\":", Some(path));
        json::escape_more_controls(&mut members, 0);
        Shared { blog, members, is_plain }
    }
}

impl<'a> Event<'a> {
    /// A first revision that says nothing yet.
    pub fn new(id: Id, shared: &'a Shared<'a>, place: Place) -> Event<'a> {
        Event {
            seq: None,
            cursor: None,
            id,
            revision: 1,
            r#type: EventType::Created,
            timestamp: None,
            time_text: None,
            date_basis: None,
            headline: None,
            body: "",
            byline: None,
            shared,
            place,
            key_points: &[],
            embeds: &[],
            links: &[],
            truncated: false,
            body_bytes: None,
        }
    }

    /// Appends the event as one line, `\n` included, of at most `event_bytes_max` bytes.
    ///
    /// What doesn't fit is cut, the body at a character first; `truncated` and `body_bytes` say so.
    /// If it's too long even without a body, the lists go, then the headline and the byline are cut.
    pub fn encode(&self, event_bytes_max: usize, line: &mut Vec<u8>) {
        let start = line.len();
        self.write(line);
        if line.len() - start <= event_bytes_max {
            return;
        }
        let mut cut = self.clone();
        cut.truncated = true;
        cut.body_bytes = Some(self.body.len());
        cut.body = "";
        let mut length_of = |event: &Event<'_>| {
            line.truncate(start);
            event.write(line);
            line.len() - start
        };
        let mut bare = length_of(&cut);
        if bare > event_bytes_max {
            cut.key_points = &[];
            cut.embeds = &[];
            cut.links = &[];
            bare = length_of(&cut);
        }
        if bare > event_bytes_max {
            // What is left is bounded by the parser and by the kernel's path limit, but for these.
            cut.headline = cut.headline.map(|text| cut_at(text, event_bytes_max / 8));
            cut.byline = cut.byline.map(|text| cut_at(text, event_bytes_max / 32));
            cut.time_text = cut.time_text.map(|text| cut_at(text, event_bytes_max / 32));
            bare = length_of(&cut);
        }
        cut.body = cut_at(self.body, event_bytes_max.saturating_sub(bare));
        length_of(&cut);
    }

    fn write(&self, line: &mut Vec<u8>) {
        let start = line.len();
        line.reserve(self.body.len() + self.shared.members.len() + MEMBERS_BYTES);
        line.extend_from_slice(SCHEMA_MEMBER);
        if let Some(seq) = self.seq {
            number(line, b",\"seq\":", seq);
        }
        if let Some(cursor) = &self.cursor {
            string(line, b",\"cursor\":", Some(cursor));
        }
        line.extend_from_slice(b",\"id\":\"");
        json::push_hex(line, &self.id.0);
        number(line, b"\",\"revision\":", self.revision.into());
        line.extend_from_slice(match self.r#type {
            EventType::Created => b",\"type\":\"update.created\"",
            EventType::Revised => b",\"type\":\"update.revised\"",
        });
        line.extend_from_slice(b",\"timestamp\":");
        match self.timestamp {
            None => line.extend_from_slice(b"null"),
            Some(timestamp) => {
                line.push(b'"');
                json::push_timestamp(line, timestamp);
                line.push(b'"');
            }
        }
        if self.time_text.is_some() {
            string(line, b",\"time_text\":", self.time_text);
        }
        if let Some(basis) = self.date_basis {
            line.extend_from_slice(b",\"date_basis\":\"");
            line.extend_from_slice(basis.as_str().as_bytes());
            line.push(b'"');
        }
        string(line, b",\"headline\":", self.headline);
        string(line, b",\"body\":", Some(self.body));
        if self.byline.is_some() {
            string(line, b",\"byline\":", self.byline);
        }
        line.extend_from_slice(&self.shared.members);
        number(line, b",\"offset\":", self.place.offset);
        number(line, b",\"length\":", self.place.length);
        number(line, b",\"line\":", self.place.line);
        line.push(b'}');
        if !self.key_points.is_empty() {
            serialized(line, b",\"key_points\":", self.key_points);
        }
        if !self.embeds.is_empty() {
            serialized(line, b",\"embeds\":", self.embeds);
        }
        if !self.links.is_empty() {
            serialized(line, b",\"links\":", self.links);
        }
        if self.truncated {
            line.extend_from_slice(b",\"truncated\":true");
        }
        if let Some(body_bytes) = self.body_bytes {
            number(line, b",\"body_bytes\":", body_bytes as u64);
        }
        if !self.shared.is_plain {
            json::escape_more_controls(line, start);
        }
        line.extend_from_slice(b"}\n");
    }
}

/// About how long an event is without its body and what it shares, bytes: room that is made at once.
const MEMBERS_BYTES: usize = 500;

fn string(line: &mut Vec<u8>, name: &[u8], text: Option<&str>) {
    line.extend_from_slice(name);
    match text {
        Some(text) => json::push_string(line, text),
        None => line.extend_from_slice(b"null"),
    }
}

fn number(line: &mut Vec<u8>, name: &[u8], number: u64) {
    line.extend_from_slice(name);
    json::push_number(line, number);
}

/// What few events have, or has its own words.
fn serialized(line: &mut Vec<u8>, name: &[u8], value: &(impl Serialize + ?Sized)) {
    line.extend_from_slice(name);
    serde_json::to_writer(line, value).expect("a Vec takes every write, and no map key is not a string");
}

/// The beginning of `text` that takes at most `room_bytes` as a JSON string, cut at a character.
fn cut_at(text: &str, room_bytes: usize) -> &str {
    let mut used = 0;
    for (at, c) in text.char_indices() {
        used += match c {
            '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
            c if c.is_control() => 6,
            c => c.len_utf8(),
        };
        if used > room_bytes {
            return &text[..at];
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place = Place { offset: 0, length: 1, line: 1 };

    fn shared() -> Shared<'static> {
        Shared::new(None, None, Timestamp::UNIX_EPOCH, "drop", "a.txt", false)
    }

    fn event<'a>(shared: &'a Shared<'a>, body: &'a str) -> Event<'a> {
        let mut event = Event::new(Id([7; 12]), shared, PLACE);
        event.body = body;
        event
    }

    #[test]
    fn a_long_body_is_cut_at_a_character() {
        let body = "é\"\n".repeat(400);
        for event_bytes_max in 420..440 {
            let mut line = Vec::new();
            event(&shared(), &body).encode(event_bytes_max, &mut line);
            assert!(line.len() <= event_bytes_max && line.len() + 4 > event_bytes_max, "{}", line.len());
            let read: serde_json::Value = serde_json::from_slice(&line).expect("a cut line is JSON");
            assert_eq!(read["truncated"], true);
            assert_eq!(read["body_bytes"], 1600);
            assert!(body.starts_with(read["body"].as_str().expect("a body")));
        }
    }

    #[test]
    fn a_line_has_each_member_as_serde_writes_it() {
        fn json(value: impl Serialize) -> Option<String> {
            Some(serde_json::to_string(&value).expect("JSON"))
        }
        let texts = ["a \"quoted\" line\nwith é and \u{1}".to_string(), String::new()];
        let embeds = [Embed {
            kind: "post",
            author: "A".into(),
            handle: "@a".into(),
            date_text: "March 6".into(),
            text: "\\".into(),
        }];
        // Every member there and not there, each by a bit.
        for bits in 0..1u32 << 12 {
            let has = |bit: u32| bits & (1 << bit) != 0;
            let blog = has(6).then_some("storm");
            let backfill = has(7).then_some(has(8));
            let shared = Shared::new(blog, backfill, Timestamp::UNIX_EPOCH, "d\"rop", "a\\.txt", has(9));
            let mut event = event(&shared, &texts[usize::from(has(0))]);
            event.seq = has(1).then_some(u64::MAX);
            event.cursor = has(1).then(|| "abcdefgh:7".into());
            event.timestamp = has(2).then_some(Timestamp::MAX);
            event.date_basis = has(2).then_some(DateBasis::Mtime);
            event.time_text = has(3).then_some("02:20\u{a0}PM");
            event.headline = has(4).then_some("Bridge\topens");
            event.byline = has(5).then_some("Ann \"B\" Bee");
            event.r#type = if has(8) {
                EventType::Revised
            } else {
                EventType::Created
            };
            event.key_points = if has(9) { &texts } else { &[] };
            event.links = if has(9) { &texts } else { &[] };
            event.embeds = if has(10) { &embeds } else { &[] };
            event.truncated = has(11);
            event.body_bytes = has(11).then_some(1_600);
            let mut line = Vec::new();
            event.write(&mut line);
            let r#type = if has(8) {
                "update.revised"
            } else {
                "update.created"
            };
            let origin =
                "{\"root\":\"d\\\"rop\",\"path\":\"a\\\\.txt\",\"offset\":0,\"length\":1,\"line\":1}";
            let members = [
                ("schema_version", json("1.0")),
                ("seq", event.seq.and_then(json)),
                ("cursor", event.cursor.and_then(json)),
                ("id", json("07".repeat(12))),
                ("revision", json(1)),
                ("type", json(r#type)),
                ("timestamp", json(event.timestamp)),
                ("time_text", event.time_text.and_then(json)),
                ("date_basis", event.date_basis.and_then(|basis| json(basis.as_str()))),
                ("headline", json(event.headline)),
                ("body", json(event.body)),
                ("byline", event.byline.and_then(json)),
                ("blog", json(blog)),
                ("backfill", backfill.and_then(json)),
                ("observed_timestamp", json("1970-01-01T00:00:00.000Z")),
                ("origin", Some(origin.to_string())),
                ("key_points", has(9).then_some(&texts).and_then(json)),
                ("embeds", has(10).then_some(&embeds).and_then(json)),
                ("links", has(9).then_some(&texts).and_then(json)),
                ("truncated", has(11).then_some(true).and_then(json)),
                ("body_bytes", event.body_bytes.and_then(json)),
            ];
            let member = |(name, value): (&str, Option<String>)| Some(format!("\"{name}\":{}", value?));
            let members: Vec<String> = members.into_iter().filter_map(member).collect();
            assert_eq!(String::from_utf8(line).expect("UTF-8"), format!("{{{}}}\n", members.join(",")));
        }
    }

    #[test]
    fn a_long_headline_is_cut_too() {
        let headline = "\u{1}".repeat(100_000);
        let links = vec!["x".repeat(60_000)];
        let shared = shared();
        let mut event = event(&shared, "body");
        event.headline = Some(&headline);
        event.links = &links;
        let mut line = Vec::new();
        event.encode(EVENT_BYTES_MAX, &mut line);
        assert!(line.len() <= EVENT_BYTES_MAX, "{}", line.len());
        let read: serde_json::Value = serde_json::from_slice(&line).expect("a cut line is JSON");
        assert_eq!(read["truncated"], true);
        assert_eq!(read["body"], "body");
    }

    #[test]
    fn times_are_utc_with_z() {
        let mut line = Vec::new();
        let shared = shared();
        let mut event = event(&shared, "");
        event.timestamp = Some(Timestamp::UNIX_EPOCH);
        event.encode(EVENT_BYTES_MAX, &mut line);
        let read: serde_json::Value = serde_json::from_slice(&line).expect("JSON");
        assert_eq!(read["timestamp"], "1970-01-01T00:00:00Z");
        assert_eq!(read["observed_timestamp"], "1970-01-01T00:00:00.000Z");
    }
}
