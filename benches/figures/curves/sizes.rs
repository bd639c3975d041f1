//! What it matters how large a file is: logs of 1 KB to 1 GB that are moved into place, one of them, or as many as
//! make 16 MB together.

use std::process::Stdio;

use super::{Sample, Span, caption, series, write};
use crate::Size;
use crate::corpus::{Corpus, Order, Spec, UPDATE_BYTES};
use crate::place::{Daemon, Place, room};
use crate::plot::{Panel, Plot, Scale};
use crate::table::Figure;

/// What is read at least, bytes.
const ALL_BYTES: usize = 16_000_000;

const PACE: usize = 0;
const CPU_PACE: usize = 1;
const EVENTS: usize = 2;
const MIB: usize = 3;

pub fn measure(size: Size) -> Vec<Figure> {
    let powers = size.pick(3..=7, 3..=9);
    let largest = 10_u64.pow(*powers.end());
    room(4 * largest);
    let samples: Vec<Sample<4>> = powers.map(|power| sample(10_usize.pow(power))).collect();
    let plot = Plot {
        title: "How large a file is".into(),
        x: "size of each file",
        scale: Scale::Bytes,
        panels: vec![
            Panel {
                y: "MB per second",
                series: vec![
                    series("of CPU time", &samples, CPU_PACE),
                    series("by the clock", &samples, PACE),
                ],
            },
            Panel { y: "events per second", series: vec![series("by the clock", &samples, EVENTS)] },
            Panel { y: "peak memory, MiB", series: vec![series("while reading", &samples, MIB)] },
        ],
        caption: caption("curve-sizes"),
    };
    write(&plot, "sizes", size);
    let (first, last) = (&samples[0], &samples[samples.len() - 1]);
    let what = |what: &str| format!("files of {:.0} bytes, {what}", last.at);
    let beside =
        |figure: Figure, which: usize| figure.beside(format!("of {:.0}", first.at), first.values[which]);
    vec![
        beside(Figure::new(what("MB per CPU second"), last.values[CPU_PACE], "MB/s"), CPU_PACE),
        beside(Figure::new(what("peak memory"), last.values[MIB], "MiB"), MIB),
    ]
}

fn sample(bytes: usize) -> Sample<4> {
    let files = (ALL_BYTES / bytes).max(1);
    let place = Place::in_memory();
    let spec = Spec {
        order: Order::Appended,
        duplicates: false,
        updates_per_file: (bytes / UPDATE_BYTES).max(1),
        blogs: 1_000,
        ..Spec::of(ALL_BYTES, files)
    };
    let corpus = Corpus::write(&place.aside("incoming"), &spec);
    rustix::fs::sync();
    let mut daemon = Daemon::start(place.command().stdout(Stdio::piped()));
    let reader = daemon.reads(corpus.distinct);
    let span = Span::begin(&daemon);
    corpus.move_to(&place.drop);
    daemon.out = Some(reader.join().expect("each update is said"));
    let cost = span.end();
    daemon.silent();
    daemon.process.stop();
    let mb = corpus.bytes as f64 / 1e6;
    let (pace, cpu_pace, mib) = (mb / cost.seconds, mb / cost.cpu, cost.memory.peak);
    println!("{files} files of {bytes} bytes: {pace:.0} MB/s, {cpu_pace:.0} MB per CPU s, peak {mib:.1} MiB");
    let events = corpus.distinct as f64 / cost.seconds;
    Sample { at: corpus.bytes as f64 / files as f64, values: [pace, cpu_pace, events, mib] }
}
