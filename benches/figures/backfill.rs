//! What it costs to read a corpus for the first time: `run --once` with its state on disk and stdout to a file, in
//! CPU seconds per GiB of input and in MB/s.
//!
//! The yardsticks, in turns with it: `cp` of the corpus, `wc -l`, and an awk program that joins each update's
//! lines, drops what it has seen (time, day and headline, in memory) and prints the rest as JSON, and rsyslog and
//! syslog-ng, which drop nothing. What all of them say is counted and must be what the corpus holds.
//!
//! A file counts as complete once it was quiet for a second, so that every run begins with one in which nothing is
//! read. A run over a single update takes that second and little else: the pace is given with it and behind it.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Command;

use memchr::memmem;

use crate::Size;
use crate::corpus::{Corpus, Spec};
use crate::peers::{Installed, PEERS, Peer};
use crate::place::{Place, Took, awk, installed, run};
use crate::table::{Figure, Goal, median};

/// Updates that weren't seen as JSON, the way one writes it in a quarter of an hour.
const DEDUPE: &str = r#"
function say(    key) {
    if (time == "") return
    key = day time headline
    if (key in seen) return
    seen[key] = 1
    gsub(/["\\]/, "\\\\&", headline)
    gsub(/["\\]/, "\\\\&", body)
    print "{\"day\":\"" day "\",\"time\":\"" time "\",\"headline\":\"" headline "\",\"body\":\"" body "\"}"
}
FNR == 1 { say(); time = ""; day = substr(FILENAME, match(FILENAME, /[0-9-]+-storm/), 10) }
/^[0-9][0-9]:[0-9][0-9] [AP]M GMT$/ { say(); time = $0; headline = ""; body = ""; next }
headline == "" { headline = $0; next }
{ body = body (body == "" ? "" : "\\n") $0 }
END { say() }
"#;

pub fn measure(size: Size) -> Vec<Figure> {
    let dir = tempfile::Builder::new().prefix("figures-").tempdir().expect("a temporary directory");
    let corpus = Corpus::write(&dir.path().join("drop"), &Spec::of(size.pick(32, 256) << 20, 100));
    let (awk, cp, wc) = (awk(), installed("cp"), installed("wc"));
    let peers = PEERS.map(Peer::installed);
    let [mut ours, mut by_cp, mut by_wc, mut by_awk] = [const { Vec::new() }; 4];
    let mut by_peers = PEERS.map(|_| Vec::new());
    let one = Corpus::write(&dir.path().join("one"), &Spec::of(1, 1));
    let mut quiet = Vec::new();
    for _ in 0..3 {
        quiet.push(backfill(&one).seconds);
        // What the last one wrote isn't this one's to wait for.
        rustix::fs::sync();
        ours.push(backfill(&corpus));
        if cp {
            rustix::fs::sync();
            by_cp.push(copy(&corpus));
        }
        if wc {
            by_wc.push(count(&corpus));
        }
        if let Some(awk) = awk {
            rustix::fs::sync();
            by_awk.push(dedupe(awk, &corpus, &dir.path().join("deduped.json")));
        }
        for (took, peer) in by_peers.iter_mut().zip(&peers) {
            rustix::fs::sync();
            took.extend(peer.as_ref().map(|peer: &Installed| peer.backfill(&corpus)));
        }
    }
    println!("{:.0} MiB, {} updates, {} of them distinct", corpus.mib(), corpus.updates, corpus.distinct);
    let cpu = |took: &[Took]| -> Vec<f64> { took.iter().map(|took| took.cpu / corpus.gib()).collect() };
    let pace = |took: &[Took]| -> Vec<f64> {
        took.iter().map(|took| corpus.bytes as f64 / 1e6 / took.seconds).collect()
    };
    println!("each run: {:.2?} CPU s/GiB, {:.0?} MB/s", cpu(&ours), pace(&ours));
    let dedupe = format!("{} with dedupe", awk.unwrap_or("awk"));
    let mut beside = vec![(dedupe.as_str(), &by_awk), ("cp", &by_cp), ("wc -l", &by_wc)];
    beside.extend(PEERS.iter().map(|peer| peer.name()).zip(&by_peers));
    let theirs = |of: &dyn Fn(&[Took]) -> Vec<f64>| -> Vec<(&str, Option<f64>)> {
        let median_of = |took: &Vec<Took>| (!took.is_empty()).then(|| median(&of(took)));
        beside.iter().map(|(name, took)| (*name, median_of(took))).collect()
    };
    let figure = Figure::new("backfill, CPU", median(&cpu(&ours)), "s/GiB").goal(Goal::AtMost(3.5));
    let mut figures = figure.beside_each(theirs(&cpu));
    let figure = Figure::new("backfill, pace with the quiet second", median(&pace(&ours)), "MB/s");
    figures.extend(figure.beside_each(theirs(&pace)));
    let quiet = median(&quiet);
    println!("a run over one update: {quiet:.2} s");
    let behind: Vec<f64> =
        ours.iter().map(|took| corpus.bytes as f64 / 1e6 / (took.seconds - quiet)).collect();
    figures.push(Figure::new("backfill, pace behind it", median(&behind), "MB/s").goal(Goal::AtLeast(250.0)));
    figures
}

fn backfill(corpus: &Corpus) -> Took {
    let place = Place::over(Some(&corpus.dir));
    let out = place.dir.path().join("out.ndjson");
    let took = place.once(&out);
    let mut ids = HashSet::new();
    let mut lines = 0;
    for line in BufReader::new(File::open(out).expect("it said something")).split(b'\n') {
        let line = line.expect("what it said can be read");
        let at = memmem::find(&line, b"\"id\":\"").expect("an event has an id") + 6;
        ids.insert(line[at..at + 24].to_vec());
        lines += 1;
    }
    assert_eq!(lines, corpus.distinct, "each update is said once");
    assert_eq!(ids.len(), corpus.distinct, "each has its own id");
    took
}

fn copy(corpus: &Corpus) -> Took {
    let to = tempfile::Builder::new().prefix("figures-").tempdir().expect("a temporary directory");
    run(Command::new("cp").args(&corpus.files).arg(to.path()))
}

fn count(corpus: &Corpus) -> Took {
    run(Command::new("wc").arg("-l").args(&corpus.files).stdout(std::process::Stdio::null()))
}

fn dedupe(awk: &str, corpus: &Corpus, out: &Path) -> Took {
    let said = File::create(out).expect("its output can be made");
    // gawk counts in bytes only if it's told to; mawk knows nothing else.
    let bytes: &[&str] = if awk == "gawk" { &["-b"] } else { &[] };
    let took = run(Command::new(awk).args(bytes).arg(DEDUPE).args(&corpus.files).stdout(said));
    let lines = BufReader::new(File::open(out).expect("it said something")).split(b'\n').count();
    assert_eq!(lines, corpus.distinct, "{awk} says each update once, too");
    took
}
