//! Whether it matters how much is known: the start, its memory, and the pace of reading new pages, by the clock and
//! by CPU time, with 10^4, 10^5 and 10^6 known updates (10^7 with `--full`). The pages that they came from are gone,
//! so that only they count.
//!
//! The yardstick is the daemon itself with the fewest known. All take turns.

use std::process::Stdio;
use std::time::Instant;

use crate::Size;
use crate::corpus::{Corpus, Spec};
use crate::place::{Daemon, Place, room};
use crate::proc::{Memory, cpu_of};
use crate::table::{Figure, Goal, median};

const ROUNDS: usize = 3;

/// Short ones: it's their number that counts.
const KNOWN_BYTES: usize = 200;

/// How much of the disk a short update takes at most, as page, event and key, bytes.
const KNOWN_DISK_BYTES: u64 = 1_100;

/// Updates of a file.
const PER_FILE: usize = 1_000;

struct Case {
    known: usize,
    place: Place,
    start_s: Vec<f64>,
    start_mib: Vec<f64>,
    peak_mib: Vec<f64>,
    pace: Vec<f64>,
    cpu_pace: Vec<f64>,
}

pub fn measure(size: Size) -> Vec<Figure> {
    let mut sizes = vec![10_000, 100_000];
    if !size.quick {
        sizes.push(1_000_000);
    }
    if size.full {
        sizes.push(10_000_000);
    }
    room(sizes.iter().sum::<usize>() as u64 * KNOWN_DISK_BYTES);
    let mut cases: Vec<Case> = sizes.into_iter().map(Case::build).collect();
    for round in 0..ROUNDS {
        for case in &mut cases {
            case.run(round, size.pick(4, 16) << 20);
        }
    }
    let mut figures = Vec::new();
    let [start, memory, peak, pace, cpu_pace] = cases[0].medians();
    for case in &cases {
        let (fewest, what) =
            (format!("with {}", cases[0].known), |what| format!("{} known, {what}", case.known));
        let [start_s, start_mib, peak_mib, events, cpu_events] = case.medians();
        println!("{} known: start {:.3?} s, {:.0?} events/s", case.known, case.start_s, case.pace);
        figures.extend([
            Figure::new(what("start"), start_s, "s").beside(&fewest, start).goal(Goal::AtMost(0.5)),
            // Flat is what doesn't grow with what is known; half as much again may be caches.
            Figure::new(what("memory at start"), start_mib, "MiB")
                .beside(&fewest, memory)
                .goal(Goal::RatioAtMost(1.5)),
            Figure::new(what("peak memory"), peak_mib, "MiB")
                .beside(&fewest, peak)
                .goal(Goal::RatioAtMost(1.5)),
            Figure::new(what("pace by CPU time"), cpu_events, "events/s")
                .beside(&fewest, cpu_pace)
                .goal(Goal::RatioAtLeast(0.8)),
            Figure::new(what("pace"), events, "events/s").beside(&fewest, pace).goal(Goal::RatioAtLeast(0.8)),
        ]);
    }
    figures
}

impl Case {
    fn build(known: usize) -> Case {
        let place = Place::new();
        let spec = Spec {
            updates_per_file: PER_FILE,
            update_bytes: KNOWN_BYTES,
            duplicates: false,
            ..Spec::of(1, 1)
        };
        let corpus = Corpus::write(&place.drop, &Spec { files: known / PER_FILE, ..spec });
        assert_eq!(corpus.distinct, known, "so many are to be known");
        place.once(&place.dir.path().join("out.ndjson"));
        std::fs::remove_file(place.dir.path().join("out.ndjson")).expect("what it said isn't needed");
        place.empty_drop();
        let [start_s, start_mib, peak_mib, pace, cpu_pace] = [const { Vec::new() }; 5];
        Case { known, place, start_s, start_mib, peak_mib, pace, cpu_pace }
    }

    /// Starts it and gives it new pages.
    fn run(&mut self, round: usize, bytes: usize) {
        let day = jiff::civil::date(2041 + round as i16, 1, 1);
        let news = self.place.dir.path().join("news");
        let corpus = Corpus::write(&news, &Spec { first_day: day, ..Spec::of(bytes, 20) });
        rustix::fs::sync();
        let start = Instant::now();
        let mut daemon = Daemon::start(self.place.command().stdout(Stdio::piped()));
        self.start_s.push(start.elapsed().as_secs_f64());
        self.start_mib.push(Memory::of(daemon.pid()).peak);
        let (start, before) = (Instant::now(), cpu_of(daemon.pid()));
        corpus.move_to(&self.place.drop);
        daemon.says(corpus.distinct);
        self.pace.push(corpus.distinct as f64 / start.elapsed().as_secs_f64());
        self.cpu_pace.push(corpus.distinct as f64 / (cpu_of(daemon.pid()) - before));
        self.peak_mib.push(Memory::of(daemon.pid()).peak);
        daemon.process.stop();
        self.place.empty_drop();
    }

    fn medians(&self) -> [f64; 5] {
        [
            &self.start_s,
            &self.start_mib,
            &self.peak_mib,
            &self.pace,
            &self.cpu_pace,
        ]
        .map(|values| median(values))
    }
}
