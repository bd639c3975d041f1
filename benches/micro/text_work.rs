//! The work that is done on text: from a file's bytes to an event's line. No disk.

use std::hint::black_box;

use jiff::Timestamp;
use liveblogd::model::event::{EVENT_BYTES_MAX, Shared};
use liveblogd::model::file::Position;
use liveblogd::model::identity::{self, Id};
use liveblogd::model::text::Text;
use liveblogd::model::time::{DateBasis, Zone};
use liveblogd::model::update::Update;
use liveblogd::parse::dating::{self, PageFacts};
use liveblogd::parse::document::{self, Overrides};
use liveblogd::parse::stamp;
use liveblogd::source::line_buffer::{Encoding, LineBuffer};
use liveblogd::stage::page::event_of;

use crate::Work;
use crate::corpus::{Spec, UPDATE_BYTES};

/// A page of usual size.
const PAGE_UPDATES: usize = 250;

/// A page of the corpus.
pub fn page() -> String {
    Spec::of(PAGE_UPDATES * UPDATE_BYTES, 1).page(0)
}

fn updates(page: &str) -> Vec<Update> {
    let updates = document::read(&Text::whole(page), None, &Overrides::default()).updates;
    assert_eq!(updates.len(), PAGE_UPDATES, "every update is found");
    updates
}

/// Bytes into lines of valid UTF-8.
pub fn lines() -> Work {
    let page = page();
    let lines = page.lines().count();
    let turn = move || {
        let mut buffer = LineBuffer::new(Encoding::Utf8, Position::START, page.len());
        buffer.push(black_box(page.as_bytes()));
        assert_eq!(black_box(buffer.finish(true)).0.utf8.len(), page.len());
    };
    Work { name: "lines", unit: "line", units: lines, turn: Box::new(turn) }
}

/// Whether a line has a stamp: each line of a page, of which one in seven has.
pub fn stamps() -> Work {
    let page = page();
    let lines = page.lines().count();
    let turn = move || {
        let found = page.lines().filter(|line| stamp::find(black_box(line), &[]).is_some()).count();
        assert!(found >= PAGE_UPDATES, "every stamp is found");
    };
    Work { name: "stamps", unit: "line", units: lines, turn: Box::new(turn) }
}

/// A text into its updates.
pub fn document() -> Work {
    let text = Text::whole(page());
    let turn = move || {
        let document = document::read(black_box(&text), None, &Overrides::default());
        assert_eq!(document.updates.len(), PAGE_UPDATES);
    };
    Work { name: "document", unit: "update", units: PAGE_UPDATES, turn: Box::new(turn) }
}

/// Clocks into instants.
pub fn dating() -> Work {
    let updates = updates(&page());
    let facts = PageFacts {
        given: Some((jiff::civil::date(2024, 3, 1), DateBasis::Path)),
        mtime: "2024-03-01T12:00:00Z".parse().expect("it is a time"),
        zone: Zone::Offset(0),
        grows: false,
        state: None,
    };
    let anchors = vec![None; updates.len()];
    let turn = move || {
        let dated = dating::date(black_box(&updates), &facts, &anchors);
        assert!(dated.times.iter().all(Option::is_some));
    };
    Work { name: "dating", unit: "update", units: PAGE_UPDATES, turn: Box::new(turn) }
}

/// Openings into what an id is made of.
pub fn fold() -> Work {
    let updates = updates(&page());
    let turn = move || {
        for update in &updates {
            black_box(identity::fold(black_box(update.opening())));
        }
    };
    Work { name: "fold", unit: "opening", units: PAGE_UPDATES, turn: Box::new(turn) }
}

/// Folded openings into ids.
pub fn id() -> Work {
    let folded: Vec<String> =
        updates(&page()).iter().map(|update| identity::fold(update.opening())).collect();
    let turn = move || {
        for opening in &folded {
            black_box(Id::new("", b"2024-03-01T12:00:00Z", black_box(opening.as_bytes())));
        }
    };
    Work { name: "id", unit: "id", units: PAGE_UPDATES, turn: Box::new(turn) }
}

/// Whole texts into what tells whether they have changed.
pub fn text_hash() -> Work {
    let updates = updates(&page());
    let turn = move || {
        for update in &updates {
            black_box(identity::text_hash(update.words.headline(), black_box(update.words.body())));
        }
    };
    Work { name: "text-hash", unit: "update", units: PAGE_UPDATES, turn: Box::new(turn) }
}

/// Updates into lines of JSON.
pub fn encode() -> Work {
    let updates = updates(&page());
    let mut line = Vec::new();
    let turn = move || {
        line.clear();
        let (id, time) = (Id([7; 12]), Some((Timestamp::UNIX_EPOCH, DateBasis::Path)));
        let shared =
            Shared::new(None, Some(false), Timestamp::UNIX_EPOCH, "drop", "2024-03-01-storm.txt", true);
        for update in &updates {
            event_of(black_box(update), id, time, &shared).encode(EVENT_BYTES_MAX, &mut line);
        }
        assert!(line.len() > PAGE_UPDATES * UPDATE_BYTES);
    };
    Work { name: "encode", unit: "event", units: PAGE_UPDATES, turn: Box::new(turn) }
}
