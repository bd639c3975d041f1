//! What it matters how many files there are: 10^2 to 10^5 of one update each. The first reading of all of them by a
//! daemon that starts, its memory then, and a restart that knows them all.

use std::process::Stdio;
use std::time::Instant;

use super::{Sample, caption, series, steps, write};
use crate::Size;
use crate::corpus::{Corpus, Spec, UPDATE_BYTES};
use crate::place::{Daemon, Place, room};
use crate::plot::{Panel, Plot, Scale};
use crate::proc::{Memory, cpu_of};
use crate::table::{Figure, Goal};

/// How much of the disk the journal and the index of a small file take, bytes.
const FILE_DISK_BYTES: u64 = 8 << 10;

const PACE: usize = 0;
const CPU_PACE: usize = 1;
const PEAK_MIB: usize = 2;
const RESTART_MIB: usize = 3;
const RESTART_S: usize = 4;
const RESTART_CPU_S: usize = 5;

pub fn measure(size: Size) -> Vec<Figure> {
    let most = size.pick(3_000, 100_000);
    room(most as u64 * FILE_DISK_BYTES);
    let samples: Vec<Sample<6>> = steps(100, most).into_iter().map(sample).collect();
    let plot = Plot {
        title: "How many files there are".into(),
        x: "files, one update each",
        scale: Scale::Count,
        panels: vec![
            Panel {
                y: "first reading, files per second",
                series: vec![
                    series("of CPU time", &samples, CPU_PACE),
                    series("by the clock", &samples, PACE),
                ],
            },
            Panel {
                y: "peak memory, MiB",
                series: vec![
                    series("first reading", &samples, PEAK_MIB),
                    series("restart", &samples, RESTART_MIB),
                ],
            },
            Panel {
                y: "restart until a new page is said, s",
                series: vec![
                    series("CPU time", &samples, RESTART_CPU_S),
                    series("by the clock", &samples, RESTART_S),
                ],
            },
        ],
        caption: caption("curve-files"),
    };
    write(&plot, "files", size);
    let (first, last) = (&samples[0], &samples[samples.len() - 1]);
    let what = |what: &str| format!("{:.0} files, {what}", last.at);
    let beside =
        |figure: Figure, which: usize| figure.beside(format!("with {:.0}", first.at), first.values[which]);
    vec![
        beside(Figure::new(what("files per CPU second"), last.values[CPU_PACE], "files/s"), CPU_PACE),
        beside(Figure::new(what("restart, peak memory"), last.values[RESTART_MIB], "MiB"), RESTART_MIB)
            .goal(Goal::AtMost(150.0)),
        beside(Figure::new(what("restart until a new page is said"), last.values[RESTART_S], "s"), RESTART_S)
            .goal(Goal::AtMost(2.0)),
    ]
}

fn sample(files: usize) -> Sample<6> {
    let place = Place::in_memory();
    let one_update = Spec::of(files * UPDATE_BYTES, files);
    let spec = Spec { blogs: 1_000, nested: true, duplicates: false, ..one_update };
    let corpus = Corpus::write(&place.drop, &spec);
    let start = Instant::now();
    let mut daemon = Daemon::start(place.command().stdout(Stdio::piped()));
    daemon.says(corpus.distinct);
    let seconds = start.elapsed().as_secs_f64();
    let (cpu, peak_mib) = (cpu_of(daemon.pid()), Memory::of(daemon.pid()).peak);
    daemon.silent();
    daemon.process.stop();
    let [restart_s, restart_cpu_s, restart_mib] = restart(&place, &one_update);
    let (pace, cpu_pace) = (files as f64 / seconds, files as f64 / cpu);
    println!(
        "{files} files: {pace:.0} files/s, {cpu_pace:.0} per CPU s, peak {peak_mib:.1} MiB; \
         restart {restart_s:.3} s, {restart_cpu_s:.3} s CPU, {restart_mib:.1} MiB"
    );
    Sample {
        at: files as f64,
        values: [pace, cpu_pace, peak_mib, restart_mib, restart_s, restart_cpu_s],
    }
}

/// From the start until a page that is moved into place then is said; CPU time, and the peak of the memory.
fn restart(place: &Place, spec: &Spec) -> [f64; 3] {
    let news = place.aside("news");
    let mut page = String::new();
    spec.push_update(&mut page, 0, 1);
    std::fs::write(&news, page).expect("a page can be written");
    let start = Instant::now();
    let mut daemon = Daemon::start(place.command().stdout(Stdio::piped()));
    std::fs::rename(&news, place.drop.join("2031-01-01-news.txt")).expect("it can be moved");
    // What isn't new would be said before it, and be one line too many.
    daemon.says(1);
    let seconds = start.elapsed().as_secs_f64();
    let (cpu, memory) = (cpu_of(daemon.pid()), Memory::of(daemon.pid()).peak);
    daemon.silent();
    daemon.process.stop();
    [seconds, cpu, memory]
}
