//! What it matters how much is known: one state directory that grows from 10^4 to 10^7 updates. At each step the
//! daemon is started, and reads new pages of the usual size. What was dropped before is gone, so that only what is
//! known counts. The steps are filled up with short updates: it's their number that matters.

use std::process::Stdio;
use std::time::Instant;

use jiff::ToSpan;

use super::{Sample, Span, caption, series, steps, write};
use crate::Size;
use crate::corpus::{Corpus, Spec};
use crate::place::{Daemon, Place, room};
use crate::plot::{Panel, Plot, Scale};
use crate::proc::Memory;
use crate::table::{Figure, Goal, median};

const ROUNDS: usize = 3;

/// Short ones.
const KNOWN_BYTES: usize = 200;

/// How much of the disk a short update takes at most, as page, event and key, bytes.
const KNOWN_DISK_BYTES: u64 = 1_100;

/// Updates of a page that fills up.
const PER_FILE: usize = 1_000;

/// How many pages of a day there are: a step is filled up by whole days.
const PER_DAY: usize = 10;

/// What is read at each step, bytes.
const NEWS_BYTES: usize = 4 << 20;

const START: usize = 0;
const START_MIB: usize = 1;
const PEAK_MIB: usize = 2;
const PACE: usize = 3;
const CPU_PACE: usize = 4;

pub fn measure(size: Size) -> Vec<Figure> {
    let most = size.pick(100_000, 10_000_000);
    room(most as u64 * KNOWN_DISK_BYTES);
    let place = Place::in_memory();
    let mut grown = Grown { known: 0, days: 0, rounds: 0, place };
    let samples: Vec<Sample<5>> = steps(10_000, most).into_iter().map(|step| grown.sample(step)).collect();
    let plot = Plot {
        title: "What is known already".into(),
        x: "known updates",
        scale: Scale::Count,
        panels: vec![
            Panel {
                y: "new events per second",
                series: vec![
                    series("of CPU time", &samples, CPU_PACE),
                    series("by the clock", &samples, PACE),
                ],
            },
            Panel {
                y: "memory, MiB",
                series: vec![
                    series("peak while reading", &samples, PEAK_MIB),
                    series("at start", &samples, START_MIB),
                ],
            },
            Panel { y: "start until it follows, s", series: vec![series("start", &samples, START)] },
        ],
        caption: caption("curve-known"),
    };
    write(&plot, "known", size);
    let (first, last) = (&samples[0], &samples[samples.len() - 1]);
    let what = |what: &str| format!("{:.0} known, {what}", last.at);
    let name = format!("with {:.0}", first.at);
    let beside = |figure: Figure, which: usize| figure.beside(name.as_str(), first.values[which]);
    vec![
        beside(Figure::new(what("events per CPU second"), last.values[CPU_PACE], "events/s"), CPU_PACE)
            .goal(Goal::RatioAtLeast(0.8)),
        beside(Figure::new(what("peak memory"), last.values[PEAK_MIB], "MiB"), PEAK_MIB)
            .goal(Goal::RatioAtMost(1.5)),
        beside(Figure::new(what("start"), last.values[START], "s"), START).goal(Goal::AtMost(0.5)),
    ]
}

/// A state directory that grows.
struct Grown {
    known: usize,
    /// How many days it was filled up with.
    days: usize,
    rounds: usize,
    place: Place,
}

impl Grown {
    /// Fills it up to about so many, and measures there.
    fn sample(&mut self, step: usize) -> Sample<5> {
        self.fill(step);
        let mut of_rounds = [const { Vec::new() }; 5];
        let at = self.known as f64;
        for _ in 0..ROUNDS {
            for (all, value) in of_rounds.iter_mut().zip(self.round()) {
                all.push(value);
            }
        }
        let [start, start_mib, peak_mib, pace, cpu_pace] = of_rounds.each_ref().map(|values| median(values));
        println!(
            "{at} known: start {start:.3} s, {start_mib:.1} MiB; {pace:.0} events/s, {cpu_pace:.0} per CPU s, peak {peak_mib:.1} MiB"
        );
        Sample { at, values: [start, start_mib, peak_mib, pace, cpu_pace] }
    }

    fn fill(&mut self, step: usize) {
        let days = step.saturating_sub(self.known) / (PER_FILE * PER_DAY);
        if days == 0 {
            return;
        }
        let spec = Spec {
            files: days * PER_DAY,
            updates_per_file: PER_FILE,
            update_bytes: KNOWN_BYTES,
            blogs: PER_DAY,
            first_day: jiff::civil::date(2024, 3, 1) + (self.days as i64).days(),
            duplicates: false,
            ..Spec::of(1, 1)
        };
        let corpus = Corpus::write(&self.place.drop, &spec);
        let out = self.place.dir.path().join("out.ndjson");
        let took = self.place.once(&out);
        std::fs::remove_file(out).expect("what it said isn't needed");
        self.place.empty_drop();
        println!("{} more in {:.1} s, {:.1} s CPU", corpus.distinct, took.seconds, took.cpu);
        self.days += days;
        self.known += corpus.distinct;
    }

    fn round(&mut self) -> [f64; 5] {
        // After all that it was filled up with, as news is.
        let day = jiff::civil::date(2100, 1, 1) + (self.rounds as i64 * 10).days();
        let news = self.place.aside("news");
        let corpus = Corpus::write(&news, &Spec { first_day: day, ..Spec::of(NEWS_BYTES, 20) });
        rustix::fs::sync();
        let start = Instant::now();
        let mut daemon = Daemon::start(self.place.command().stdout(Stdio::piped()));
        let start_s = start.elapsed().as_secs_f64();
        let start_mib = Memory::of(daemon.pid()).peak;
        let span = Span::begin(&daemon);
        corpus.move_to(&self.place.drop);
        daemon.says(corpus.distinct);
        let cost = span.end();
        daemon.silent();
        daemon.process.stop();
        self.place.empty_drop();
        self.rounds += 1;
        self.known += corpus.distinct;
        let events = corpus.distinct as f64;
        [
            start_s,
            start_mib,
            cost.memory.peak,
            events / cost.seconds,
            events / cost.cpu,
        ]
    }
}
