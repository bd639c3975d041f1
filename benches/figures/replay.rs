//! How fast the journal goes to a client of the unix socket that says `DUMP 0`, read with 256 KiB at once.
//!
//! The yardstick is `cat` of the same segments with a unix stream socket for its stdout, read by the same loop.
//! The two take turns. What came is held against the journal: every byte of it, and in one run more every `seq`.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::Size;
use crate::corpus::{Corpus, Spec};
use crate::place::{Daemon, Place, Running, installed, room, seq_of};
use crate::table::{Figure, Goal, median};

/// How much is read at once, bytes.
const BLOCK_BYTES: usize = 256 << 10;

pub fn measure(size: Size) -> Vec<Figure> {
    let runs = size.pick(3, 5);
    let corpus_bytes = size.pick(64, 800) << 20;
    room(4 * corpus_bytes as u64);
    let place = Place::new();
    let corpus = Corpus::write(&place.drop, &Spec::of(corpus_bytes, 100));
    place.once(&place.dir.path().join("out.ndjson"));
    std::fs::remove_file(place.dir.path().join("out.ndjson")).expect("what it said isn't needed");
    // The daemon has nothing to read while it's measured.
    place.empty_drop();
    let (segments, bytes) = place.journal();
    println!("a journal of {} events, {} MiB, {} segments", corpus.distinct, bytes >> 20, segments.len());
    let daemon = Daemon::start(&mut place.serving());
    check_events(&place, corpus.distinct);
    let cat = installed("cat");
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        ours.push(mib_per_second(bytes, |block| dump(&place, block)));
        if cat {
            theirs.push(mib_per_second(bytes, |block| concatenate(&segments, block)));
        }
    }
    println!("each run, MiB/s: liveblogd {ours:.0?}, cat {theirs:.0?}");
    daemon.process.stop();
    let theirs = cat.then(|| median(&theirs));
    let what = format!("replay of {:.2} GiB to a unix socket", bytes as f64 / f64::from(1 << 30));
    let figure = Figure::new(what, median(&ours), "MiB/s");
    vec![figure.beside_if("cat to the same", theirs).goal(Goal::RatioAtLeast(0.8))]
}

fn mib_per_second(bytes: u64, read: impl FnOnce(&mut [u8]) -> u64) -> f64 {
    let mut block = vec![0; BLOCK_BYTES];
    let start = Instant::now();
    let came = read(&mut block);
    let seconds = start.elapsed().as_secs_f64();
    assert_eq!(came, bytes, "the whole journal came");
    bytes as f64 / f64::from(1 << 20) / seconds
}

/// All that comes until the other side closes.
fn drain(stream: &mut UnixStream, block: &mut [u8]) -> u64 {
    let mut bytes = 0;
    loop {
        match stream.read(block).expect("the journal can be read") {
            0 => return bytes,
            count => bytes += count as u64,
        }
    }
}

fn dump(place: &Place, block: &mut [u8]) -> u64 {
    drain(&mut ask(place), block)
}

/// Says `DUMP 0` and takes the answer, byte by byte, so that the journal behind it is left.
fn ask(place: &Place) -> UnixStream {
    let mut stream = UnixStream::connect(&place.socket).expect("it serves");
    stream.write_all(b"DUMP 0\n").expect("it reads");
    let mut said = Vec::new();
    let mut byte = [0];
    while said.last() != Some(&b'\n') {
        stream.read_exact(&mut byte).expect("it answers");
        said.push(byte[0]);
    }
    let said = String::from_utf8(said).expect("its answer is UTF-8");
    assert!(said.contains("\"ok\""), "it says {said}");
    stream
}

fn concatenate(segments: &[PathBuf], block: &mut [u8]) -> u64 {
    let (mut reader, writer) = UnixStream::pair().expect("a pair of sockets");
    let mut cat =
        Running::start(Command::new("cat").args(segments).stdin(Stdio::null()).stdout(OwnedFd::from(writer)));
    let bytes = drain(&mut reader, block);
    assert!(cat.0.wait().expect("it can be waited for").success(), "cat failed");
    bytes
}

/// Every event comes, in order.
fn check_events(place: &Place, count: usize) {
    let stream = ask(place);
    let mut expected = 1;
    for line in BufReader::with_capacity(BLOCK_BYTES, stream).split(b'\n') {
        let line = line.expect("the journal can be read");
        assert_eq!(seq_of(&line), Some(expected), "seq has no gap");
        expected += 1;
    }
    assert_eq!(expected - 1, count as u64, "every update is there");
}
