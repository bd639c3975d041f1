//! The work that is done at the journal: what is new is appended and known, what is known is left, and what was
//! appended goes to all who read along. On tmpfs, so that no disk is measured.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::mpsc::channel;

use jiff::Timestamp;
use liveblogd::journal::gate::{Entry, Journal, Options, Verdict};
use liveblogd::journal::met::Met;
use liveblogd::journal::{Head, recovery};
use liveblogd::model::event::{Event, Place, Shared};
use liveblogd::model::identity::{self, Id};
use liveblogd::model::listen::{Address, Listen};
use liveblogd::model::time::DateBasis;
use liveblogd::sink::listen::bind;
use liveblogd::sink::socket::Server;
use tempfile::TempDir;
use tokio::sync::watch;

use crate::corpus::UPDATE_BYTES;
use crate::{TURNS, Work};

/// Where tmpfs is.
const MEMORY: &str = "/dev/shm";

/// Events of a batch: those of a few pages.
const BATCH: usize = 1_000;

const CLIENTS: usize = 100;

/// Events that each client gets in a turn.
const NEWS: usize = 100;

fn open() -> (TempDir, Journal) {
    let state = tempfile::Builder::new().prefix("micro-").tempdir_in(MEMORY).expect("a directory in memory");
    let options = Options { segment_bytes: 64 << 20, ..Options::default() };
    let (journal, _) = recovery::open(state.path(), options, "boot").expect("a journal can be made");
    (state, journal)
}

/// Offers updates of these numbers in one batch. Says how many were new.
fn offer(journal: &mut Journal, numbers: std::ops::Range<usize>, body: &str) -> usize {
    let mut batch = journal.begin();
    let mut new = 0;
    let shared = Shared::new(None, Some(false), Timestamp::UNIX_EPOCH, "drop", "2024-03-01-storm.txt", true);
    for number in numbers {
        // Two a minute, as in the corpus.
        let timestamp = Timestamp::from_second(1_700_000_000 + 30 * number as i64).expect("a time");
        let headline = format!("Ferry {number} leaves port as the wind falls");
        let id = Id::new("", timestamp.to_string().as_bytes(), headline.as_bytes());
        let mut event = Event::new(id, &shared, Place { offset: 0, length: 930, line: 1 });
        event.timestamp = Some(timestamp);
        event.time_text = Some("12:00 PM GMT");
        event.date_basis = Some(DateBasis::Path);
        event.headline = Some(&headline);
        event.body = body;
        let entry = Entry {
            timestamp: Some(timestamp),
            basis: Some(DateBasis::Path),
            id,
            loose: Some(identity::loose_key("", "12:00 PM GMT", headline.as_bytes())),
            text_hash: number as u64,
            page: (number / 250) as u64,
            unfinished: false,
            open: false,
            torn: false,
        };
        let offered = batch.offer(&mut event, entry).expect("it can be offered");
        new += usize::from(matches!(offered.verdict, Verdict::New(_)));
    }
    batch.commit().expect("a batch can be committed");
    new
}

fn body() -> String {
    "The pumps run day and night, and two more are on their way. ".repeat(UPDATE_BYTES / 60)
}

/// A batch of new updates: numbered, encoded, appended, known.
pub fn new() -> Work {
    let ((state, mut journal), body, mut next) = (open(), body(), 0);
    let turn = move || {
        assert!(state.path().is_dir());
        assert_eq!(offer(&mut journal, next..next + BATCH, &body), BATCH, "all are new");
        next += BATCH;
    };
    Work { name: "gate-new", unit: "update", units: BATCH, turn: Box::new(turn) }
}

/// The same batch again.
pub fn known() -> Work {
    let ((state, mut journal), body) = (open(), body());
    // So much more is known than is asked for.
    offer(&mut journal, 0..TURNS * BATCH, &body);
    let turn = move || {
        assert!(state.path().is_dir());
        assert_eq!(offer(&mut journal, 0..BATCH, &body), 0, "none is new");
    };
    Work { name: "gate-known", unit: "update", units: BATCH, turn: Box::new(turn) }
}

/// What was appended goes to every client: the server's side and the clients' reading.
pub fn fan_out() -> Work {
    let ((state, mut journal), body) = (open(), body());
    let first = journal.watch().borrow().clone();
    // All that will be said is there before; the turns only let it be seen.
    let heads: Vec<Head> = (0..=TURNS)
        .map(|turn| {
            assert_eq!(offer(&mut journal, turn * NEWS..(turn + 1) * NEWS, &body), NEWS);
            journal.watch().borrow().clone()
        })
        .collect();
    let (head, seen) = watch::channel(first);
    let socket = state.path().join("events.sock");
    serve(state.path(), &socket, seen);
    let mut clients: Vec<UnixStream> = (0..CLIENTS).map(|_| connect(&socket)).collect();
    let (mut next, mut before) = (heads.into_iter(), 0);
    let mut block = vec![0; 256 << 10];
    let turn = move || {
        let seen = next.next().expect("there is one for each turn");
        let bytes = seen.length_bytes - before;
        before = seen.length_bytes;
        head.send_replace(seen);
        for client in &mut clients {
            let mut left = bytes as usize;
            while left > 0 {
                let most = left.min(block.len());
                let came = client.read(&mut block[..most]).expect("a client can read");
                assert!(came > 0, "the server is there");
                left -= came;
            }
        }
        // The journal stays locked as long as it's read.
        assert!(journal.state().is_dir() && state.path().is_dir());
    };
    Work { name: "fan-out", unit: "delivery", units: NEWS * CLIENTS, turn: Box::new(turn) }
}

/// Serves the journal from a thread of its own, until the process ends.
fn serve(state: &Path, socket: &Path, head: watch::Receiver<Head>) {
    let listen = Listen {
        address: Address::Unix(socket.into()),
        mode: 0o600,
        group: None,
        allow_uids: Vec::new(),
        allow_remote: false,
    };
    let met = Met::begin(state);
    let bound = bind(&listen).expect("the socket can be bound");
    // Nothing is sent on it: it stays open as long as the thread runs.
    let (stop, stopped) = async_channel::bounded(1);
    let server = Server::new(state, head, met, bound, stopped);
    let (started, ready) = channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime can be made").block_on(async {
            server.start().expect("it can serve");
            started.send(()).expect("somebody waits");
            std::future::pending::<()>().await;
        });
        drop(stop);
    });
    ready.recv().expect("it serves");
}

fn connect(socket: &Path) -> UnixStream {
    let mut client = UnixStream::connect(socket).expect("it serves");
    client.write_all(b"AFTER 0\n").expect("it reads");
    let mut answer = Vec::new();
    let mut byte = [0];
    while answer.last() != Some(&b'\n') {
        client.read_exact(&mut byte).expect("it answers");
        answer.push(byte[0]);
    }
    assert!(answer.starts_with(b"{\"liveblogd\":\"ok\""), "it says ok");
    client
}
