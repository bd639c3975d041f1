//! What it costs to read a page again, against its size: a snapshot of 1 KB to 100 MB is replaced by one with two
//! new updates on top and the two oldest gone; from its move into place until both are said. The smallest page shows
//! one update and not two.

use std::process::Stdio;
use std::time::{Duration, Instant};

use super::{Sample, Span, caption, series, steps, write};
use crate::Size;
use crate::corpus::{Order, Spec, UPDATE_BYTES};
use crate::place::{Daemon, Place};
use crate::plot::{Panel, Plot, Scale};
use crate::snapshot::{Blog, NEW};
use crate::table::{Figure, median};

/// What is read again at each size, bytes, within the bounds of the rounds.
const ALL_BYTES: usize = 30_000_000;

const ROUNDS_MIN: usize = 3;

/// No page loses more than its first hours, whose day is the one in its name.
const ROUNDS_MAX: usize = 100;

/// What passes between a page and the next: it's replaced, not flooded.
const PAUSE: Duration = Duration::from_millis(20);

const CPU_MS: usize = 0;
const LATENCY_MS: usize = 1;
const CPU_PACE: usize = 2;
const MIB: usize = 3;

pub fn measure(size: Size) -> Vec<Figure> {
    let largest = size.pick(3_000_000, 100_000_000);
    let samples: Vec<Sample<4>> = steps(1_000, largest).into_iter().map(sample).collect();
    let plot = Plot {
        title: "Reading a replaced page again: two new updates on top".into(),
        x: "size of the page",
        scale: Scale::Bytes,
        panels: vec![
            Panel {
                y: "for each replacement, ms",
                series: vec![
                    series("CPU time", &samples, CPU_MS),
                    series("until both are said", &samples, LATENCY_MS),
                ],
            },
            Panel { y: "read again, MB per CPU second", series: vec![series("page", &samples, CPU_PACE)] },
            Panel { y: "peak memory, MiB", series: vec![series("daemon", &samples, MIB)] },
        ],
        caption: caption("curve-snapshots"),
    };
    write(&plot, "snapshots", size);
    let last = &samples[samples.len() - 1];
    let what = |what: &str| format!("a page of {:.0} bytes replaced, {what}", last.at);
    vec![
        Figure::new(what("CPU"), last.values[CPU_MS], "ms"),
        Figure::new(what("until it is said"), last.values[LATENCY_MS], "ms"),
        Figure::new(what("peak memory"), last.values[MIB], "MiB"),
    ]
}

fn sample(bytes: usize) -> Sample<4> {
    let rounds = (ALL_BYTES / bytes).clamp(ROUNDS_MIN, ROUNDS_MAX);
    let window = (bytes / UPDATE_BYTES).max(1);
    let all = window + NEW * rounds;
    let spec = Spec { order: Order::NewestFirst, duplicates: false, ..Spec::of(all * UPDATE_BYTES, 1) };
    let place = Place::in_memory();
    let blog = Blog::new(&spec, 0, window, rounds);
    let mut daemon = Daemon::start(place.command().stdout(Stdio::piped()));
    blog.put(&place.drop, 0);
    daemon.says(window);
    let (mut latency_ms, span) = (Vec::new(), Span::begin(&daemon));
    for round in 1..=rounds {
        std::thread::sleep(PAUSE);
        blog.write(&place.drop, round);
        let start = Instant::now();
        blog.show(&place.drop);
        daemon.says(NEW.min(window));
        latency_ms.push(start.elapsed().as_secs_f64() * 1e3);
    }
    let cost = span.end();
    daemon.silent();
    daemon.process.stop();
    let (cpu_ms, latency_ms) = (cost.cpu * 1e3 / rounds as f64, median(&latency_ms));
    let at = blog.page(0).len() as f64;
    let (pace, mib) = (at / 1e3 / cpu_ms, cost.memory.peak);
    println!(
        "a page of {at} bytes, {rounds} times: {cpu_ms:.2} ms CPU, said after {latency_ms:.2} ms, \
         {pace:.0} MB per CPU s, peak {mib:.1} MiB"
    );
    Sample { at, values: [cpu_ms, latency_ms, pace, mib] }
}
