//! What each part of the way costs by itself, held against the last time: lines, stamps, pages, days, folding,
//! ids, encoding, the gate, reading along.
//!
//! ```text
//! cargo bench --bench micro                    now, the baseline, and now / baseline
//! cargo bench --bench micro -- fold encode     these
//! cargo bench --bench micro -- --save          keeps what is measured as the baseline
//! ```
//!
//! Machines differ and are never idle, so a figure isn't a time but a ratio: the CPU time of the work over that of a
//! fixed loop that takes turns with it in the same run. Of both the least counts: whatever else the machine does only
//! adds. `baseline.txt` holds the ratios; another kind of processor needs its own.

mod baseline;
#[expect(dead_code, reason = "the rest of it is for the figures")]
#[path = "../figures/corpus.rs"]
mod corpus;
mod gate;
#[path = "../figures/text.rs"]
mod text;
mod text_work;

use std::hint::black_box;
use std::process::ExitCode;

use cpu_time::ProcessTime;

use crate::baseline::Baseline;
use crate::text::Dice;

/// How often work and yardstick take turns.
const TURNS: usize = 30;

/// From so many times its baseline on a figure is marked. Two runs differ by a tenth, also on a busy machine.
const MARKED: f64 = 1.3;

/// How many random numbers the fixed loop draws, each from the one before: a matter of the core alone. A loop over
/// memory (`memchr` was tried) is two and a half times as fast in one run as in another.
const YARDSTICK_ROLLS: usize = 50_000;

/// How often it runs for each turn of the work.
const YARDSTICK_TURNS: usize = 5;

/// A piece of work that can be done again and again.
struct Work {
    name: &'static str,
    /// What one of is told: a line, an event.
    unit: &'static str,
    /// How many of them a turn has.
    units: usize,
    turn: Box<dyn FnMut()>,
}

/// What makes a piece of work, once it's wanted.
type Make = fn() -> Work;

const WORKS: &[(&str, Make)] = &[
    ("lines", text_work::lines),
    ("stamps", text_work::stamps),
    ("document", text_work::document),
    ("dating", text_work::dating),
    ("fold", text_work::fold),
    ("id", text_work::id),
    ("text-hash", text_work::text_hash),
    ("encode", text_work::encode),
    ("gate-new", gate::new),
    ("gate-known", gate::known),
    ("fan-out", gate::fan_out),
];

fn main() -> ExitCode {
    let mut save = false;
    let mut names = Vec::new();
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            // Cargo says so to every bench.
            "--bench" => {}
            "--save" => save = true,
            name if WORKS.iter().any(|work| work.0 == name) => names.push(argument),
            other => {
                let known: Vec<&str> = WORKS.iter().map(|work| work.0).collect();
                eprintln!("error: {other} is no work; there are {}, and --save", known.join(", "));
                return ExitCode::from(64);
            }
        }
    }
    let wanted = |name: &str| names.is_empty() || names.iter().any(|wanted| wanted == name);
    let mut yardstick = Yardstick { least_ns: f64::INFINITY };
    let costs: Vec<Cost> =
        WORKS.iter().filter(|work| wanted(work.0)).map(|work| measure((work.1)(), &mut yardstick)).collect();
    let mut baseline = Baseline::load();
    println!("{:<12} {:>18} {:>12} {:>12} {:>8}", "work", "ns of CPU", "now", "baseline", "ratio");
    for cost in costs {
        let now = 1_000.0 * cost.unit_ns / yardstick.least_ns;
        tell(&cost, now, baseline.of(cost.name));
        baseline.set(cost.name, now);
    }
    if save {
        baseline.save();
    }
    ExitCode::SUCCESS
}

fn tell(cost: &Cost, now: f64, before: Option<f64>) {
    let ns = format!("{:.1} / {}", cost.unit_ns, cost.unit);
    let (before, ratio, mark) = match before {
        Some(before) if now > MARKED * before => {
            (format!("{before:.4}"), format!("{:.2}", now / before), "  SLOWER")
        }
        Some(before) => (format!("{before:.4}"), format!("{:.2}", now / before), ""),
        None => ("none".into(), "-".into(), ""),
    };
    println!("{:<12} {ns:>18} {now:>12.4} {before:>12} {ratio:>8}{mark}", cost.name);
}

/// The loop that everything is held against. The least over the whole run counts: a moment in which all is slow must
/// not make one work look fast.
struct Yardstick {
    least_ns: f64,
}

impl Yardstick {
    fn turn(&mut self) {
        for _ in 0..YARDSTICK_TURNS {
            let ns = cpu_ns(&mut || {
                black_box((0..YARDSTICK_ROLLS).fold(black_box(1), |seed, _| Dice::new(seed).roll()));
            });
            self.least_ns = self.least_ns.min(ns);
        }
    }
}

/// What a unit of a work takes.
struct Cost {
    name: &'static str,
    unit: &'static str,
    unit_ns: f64,
}

fn measure(mut work: Work, yardstick: &mut Yardstick) -> Cost {
    let mut least_ns = f64::INFINITY;
    (work.turn)();
    for _ in 0..TURNS {
        yardstick.turn();
        least_ns = least_ns.min(cpu_ns(&mut work.turn));
    }
    Cost { name: work.name, unit: work.unit, unit_ns: least_ns / work.units as f64 }
}

/// CPU time of all threads of this process while it works.
fn cpu_ns(work: &mut dyn FnMut()) -> f64 {
    let start = ProcessTime::now();
    work();
    start.elapsed().as_nanos() as f64
}
