//! What parsing alone costs: CPU time of `liveblogd parse FILES` to `/dev/null`, without a journal.
//!
//! The yardstick is `cp` of the same files to tmpfs: the CPU time of copying the bytes once. The two take turns.
//! What `parse` says is counted in one run more. The corpus is the goal's, of pages of 2.6 MB; and as much in pages of 160 KB.

use std::io::Read;
use std::process::{Command, Stdio};

use memchr::memchr_iter;

use crate::Size;
use crate::corpus::{Corpus, Spec};
use crate::place::{MEMORY, Running, installed, liveblogd, run};
use crate::table::{Figure, Goal, median};

/// How often `cp` runs in a turn: one run is too short to be timed in hundredths of a second.
const COPIES: usize = 4;

pub fn measure(size: Size) -> Vec<Figure> {
    let mut figures = of_pages(size, 100, "parse");
    // Most pages are smaller by far, and a file costs both of them something.
    figures.extend(of_pages(size, size.pick(400, 1_600), "parse, many pages"));
    figures
}

fn of_pages(size: Size, pages: usize, name: &str) -> Vec<Figure> {
    let dir = tempfile::Builder::new().prefix("figures-").tempdir().expect("a temporary directory");
    let corpus = Corpus::write(&dir.path().join("drop"), &Spec::of(size.pick(64, 256) << 20, pages));
    assert_eq!(count(&corpus), corpus.updates, "parse says every update");
    let cp = installed("cp");
    let (mut ours, mut seconds, mut theirs) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..size.pick(3, 5) {
        let took = run(liveblogd("parse").args(&corpus.files).stdout(Stdio::null()));
        ours.push(took.cpu / corpus.gib());
        seconds.push(took.seconds);
        if cp {
            theirs.push(copy(&corpus));
        }
    }
    println!("{name}, each run, CPU s/GiB: liveblogd {ours:.2?}, cp {theirs:.2?}");
    vec![
        Figure::new(format!("{name}, CPU"), median(&ours), "s/GiB")
            .beside_if("cp to tmpfs", cp.then(|| median(&theirs)))
            .goal(Goal::RatioAtMost(2.0)),
        Figure::new(format!("{name}, pace"), corpus.bytes as f64 / 1e6 / median(&seconds), "MB/s"),
    ]
}

/// CPU seconds per GiB of copying the corpus to memory.
fn copy(corpus: &Corpus) -> f64 {
    let runs = (0..COPIES).map(|_| {
        let to =
            tempfile::Builder::new().prefix("figures-").tempdir_in(MEMORY).expect("a directory in memory");
        run(Command::new("cp").args(&corpus.files).arg(to.path())).cpu
    });
    runs.sum::<f64>() / COPIES as f64 / corpus.gib()
}

fn count(corpus: &Corpus) -> usize {
    let mut parser = Running::start(liveblogd("parse").args(&corpus.files).stdout(Stdio::piped()));
    let mut said = parser.0.stdout.take().expect("it is piped");
    let mut block = vec![0; 256 << 10];
    let mut lines = 0;
    loop {
        match said.read(&mut block).expect("what it says can be read") {
            0 => return lines,
            count => lines += memchr_iter(b'\n', &block[..count]).count(),
        }
    }
}
