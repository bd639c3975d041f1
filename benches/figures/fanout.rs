//! How fast events come to 100 live clients of the unix socket while a corpus is dropped: from the first page's
//! move into place until 99 of them have every event. In turns with all 100 reading, and with one that is
//! connected and never reads; it must cost the others nothing, and the daemon no memory. When the others are
//! done it reads, and must find every `seq`.
//!
//! One thread of the bench reads all clients, so both cases pay the same for it.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Instant;

use memchr::memchr_iter;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::Size;
use crate::corpus::{Corpus, Spec};
use crate::place::{Daemon, PATIENCE, Place, seq_of};
use crate::proc::{Memory, cpu_of};
use crate::table::{Figure, Goal, median};

const CLIENTS: usize = 100;

/// How much is read of a client at once, bytes.
const BLOCK_BYTES: usize = 256 << 10;

/// What a run gave.
pub struct Outcome {
    /// Events a second and client.
    pub rate: f64,
    /// CPU seconds of the daemon.
    pub cpu: f64,
    pub memory: Memory,
}

/// What the first client does, which isn't waited for.
#[derive(Clone, Copy, PartialEq)]
pub enum Apart {
    /// It reads like the others.
    Reads,
    /// It's connected and never reads.
    Stopped,
    /// It's like all others: there is none apart.
    Nobody,
}

pub fn measure(size: Size) -> Vec<Figure> {
    let template = tempfile::Builder::new().prefix("figures-").tempdir().expect("a temporary directory");
    let corpus = Corpus::write(&template.path().join("corpus"), &Spec::of(size.pick(8, 32) << 20, 20));
    let (mut all, mut but_one) = (Vec::new(), Vec::new());
    for _ in 0..size.pick(1, 3) {
        all.push(run(&corpus, CLIENTS, Apart::Reads));
        but_one.push(run(&corpus, CLIENTS, Apart::Stopped));
    }
    let rates = |outcomes: &[Outcome]| outcomes.iter().map(|outcome| outcome.rate).collect::<Vec<_>>();
    let peak = |outcomes: &[Outcome]| outcomes.iter().map(|outcome| outcome.memory.peak).fold(0.0, f64::max);
    let (with, without) = (rates(&but_one), rates(&all));
    println!("{} events; each run, events/s: one stopped {with:.0?}, none {without:.0?}", corpus.distinct);
    let held = |outcomes: &[Outcome]| outcomes.iter().map(|outcome| outcome.memory.now).collect::<Vec<_>>();
    println!("memory after each run, MiB: one stopped {:.1?}, none {:.1?}", held(&but_one), held(&all));
    vec![
        Figure::new("fanout, 100 clients, one of them stopped", median(&with), "events/s")
            .beside("none stopped", median(&without))
            .goal(Goal::RatioAtLeast(0.9)),
        Figure::new("fanout, peak memory, one stopped", peak(&but_one), "MiB")
            .beside("none stopped", peak(&all)),
    ]
}

/// Drops the corpus while so many clients read.
pub fn run(corpus: &Corpus, clients: usize, apart: Apart) -> Outcome {
    let place = Place::new();
    let pages = copy(corpus, place.dir.path());
    let daemon = Daemon::start(&mut place.serving());
    let mut clients: Vec<Client> = (0..clients).map(|_| Client::connect(&place)).collect();
    let first = (apart != Apart::Nobody).then(|| clients.remove(0));
    let extra = first.as_ref().filter(|_| apart == Apart::Reads);
    let (start, before) = (Instant::now(), cpu_of(daemon.pid()));
    for (page, name) in &pages {
        std::fs::rename(page, place.drop.join(name)).expect("a page can be moved");
    }
    read_all(&mut clients, extra, corpus.distinct);
    let rate = corpus.distinct as f64 / start.elapsed().as_secs_f64();
    let (cpu, memory) = (cpu_of(daemon.pid()) - before, Memory::of(daemon.pid()));
    if let Some(stopped) = first.filter(|_| apart == Apart::Stopped) {
        stopped.check(corpus.distinct);
    }
    Outcome { rate, cpu, memory }
}

/// Copies the pages beside the drop directory: where each lies, and its name.
fn copy(corpus: &Corpus, dir: &Path) -> Vec<(std::path::PathBuf, std::ffi::OsString)> {
    let incoming = dir.join("incoming");
    std::fs::create_dir(&incoming).expect("a directory");
    let copied = corpus.files.iter().map(|file| {
        let name = file.file_name().expect("a file has a name").to_os_string();
        std::fs::copy(file, incoming.join(&name)).expect("a page can be copied");
        (incoming.join(&name), name)
    });
    copied.collect()
}

/// A live client.
struct Client {
    stream: UnixStream,
    events: usize,
}

impl Client {
    fn connect(place: &Place) -> Client {
        let mut stream = UnixStream::connect(&place.socket).expect("it serves");
        stream.write_all(b"AFTER now\n").expect("it reads");
        let mut answer = [0; 512];
        let count = stream.read(&mut answer).expect("it answers");
        assert!(answer[..count].starts_with(b"{\"liveblogd\":\"ok\""), "it says ok");
        Client { stream, events: 0 }
    }

    fn read(&mut self, block: &mut [u8]) {
        let count = self.stream.read(block).expect("events can be read");
        assert!(count > 0, "it ended");
        self.events += memchr_iter(b'\n', &block[..count]).count();
    }

    /// Reads what it left lying: all of it.
    fn check(self, events: usize) {
        let lines = BufReader::with_capacity(BLOCK_BYTES, self.stream).split(b'\n').take(events);
        let mut expected = 1;
        for line in lines {
            let line = line.expect("events can be read");
            assert_eq!(seq_of(&line), Some(expected), "seq has no gap for the one that stopped");
            expected += 1;
        }
        assert_eq!(expected - 1, events as u64, "the one that stopped has every event");
    }
}

/// Reads all of them until each has so many events, and the extra one as long as that takes.
fn read_all(clients: &mut [Client], extra: Option<&Client>, events: usize) {
    let mut block = vec![0; BLOCK_BYTES];
    let deadline = Instant::now() + PATIENCE;
    while clients.iter().any(|client| client.events < events) {
        assert!(Instant::now() < deadline, "events don't come");
        let streams = clients.iter().chain(extra).map(|client| &client.stream);
        let mut polled: Vec<PollFd> = streams.map(|stream| PollFd::new(stream, PollFlags::IN)).collect();
        poll(&mut polled, Some(&Timespec { tv_sec: 1, tv_nsec: 0 })).expect("sockets can be polled");
        let ready: Vec<bool> = polled.iter().map(|client| !client.revents().is_empty()).collect();
        drop(polled);
        for (client, _) in clients.iter_mut().zip(&ready).filter(|(_, ready)| **ready) {
            client.read(&mut block);
        }
        if let Some(extra) = extra.filter(|_| ready.last() == Some(&true)) {
            let count = (&extra.stream).read(&mut block).expect("events can be read");
            assert!(count > 0, "it ended");
        }
    }
    assert!(clients.iter().all(|client| client.events == events), "no event comes twice");
}
