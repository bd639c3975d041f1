//! Everything that the tests try, at length, beside each other, on the release binary, and a report at the end.
//!
//! ```text
//! cargo bench --bench soak -- --hours 1          an hour
//! cargo bench --bench soak -- --minutes 2        to see that it works; smaller acts
//! cargo bench --bench soak -- --hours 1 --fuzz   and the fuzz targets beside it
//! cargo bench --bench soak -- --minutes 2 --large   the acts as large as in a run of half an hour and more
//! ```
//!
//! One writer makes logs, pages and all that happens to files (`load`), and knows of every update what must be said
//! (`ledger`). Two daemons read them: the *victim* is killed, ended and started again all the time, its clock moved; the
//! *steady* one lives as long as the run, is told to read its configuration again, and is measured. Each has a subscriber
//! that comes back with its cursor (`witness`). Beside them *acts* come on, one after the other, on directories of
//! their own: a line of 1 GiB, 100,000 files, full disks and so on.
//!
//! It ends with 1 if anything was lost, said twice, torn or made up, or if a bound was passed. Progress goes to stderr
//! once a minute, the report to stdout. Temporary files go to `TMPDIR`: less than 4 GiB at any time. Needs Linux.

mod acts;
mod ledger;
mod load;
mod probe;
#[path = "../figures/proc.rs"]
#[allow(dead_code)]
mod proc;
#[path = "../../tests/random/mod.rs"]
mod random;
mod report;
mod steady;
#[path = "../../tests/support/mod.rs"]
mod support;
mod victim;
mod witness;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use acts::Acts;
use ledger::Ledger;
use probe::Probe;
use random::Random;
use report::Report;
use steady::Steady;
use support::Place;
use victim::Victim;
use witness::Witness;

/// How long the daemons may take at the end until they have said what was written last.
const CATCH_UP: Duration = Duration::from_secs(180);

/// How often it says how far it is.
const PROGRESS: Duration = Duration::from_secs(60);

/// From this length on the acts have the sizes that are asked of a release.
const LARGE_FROM: Duration = Duration::from_secs(30 * 60);

/// What both daemons run with beside their directories: small segments, so that kills meet their changes, and few of
/// them kept, so that the disk doesn't fill.
const CONFIGURATION: &str = "[journal]\nsegment_size = \"8MiB\"\nretain_size = \"256MiB\"\ncompress = true\n";

/// What was asked for.
struct Asked {
    length: Duration,
    seed: u64,
    fuzz: bool,
    large: bool,
}

/// What the threads share.
pub struct Stage {
    begun: Instant,
    /// When the writers and the acts end.
    length: Duration,
    /// Whether the acts have the sizes that are asked of a release.
    large: bool,
    stopped: AtomicBool,
    seed: u64,
    ledger: Ledger,
    report: Report,
}

impl Stage {
    /// Whether there is time left.
    pub fn goes_on(&self) -> bool {
        !self.stopped.load(Ordering::Relaxed) && self.begun.elapsed() < self.length
    }

    /// Random numbers for one of the threads.
    fn random(&self, thread: u64) -> Random {
        Random::new(self.seed.wrapping_add(thread))
    }
}

fn main() -> ExitCode {
    let asked = match arguments() {
        Ok(Some(asked)) => asked,
        Ok(None) => {
            println!("cargo bench --bench soak -- --minutes 2 | --hours 1 [--seed N] [--fuzz] [--large]");
            return ExitCode::SUCCESS;
        }
        Err(wrong) => {
            eprintln!("error: {wrong}");
            return ExitCode::from(64);
        }
    };
    let stage = Arc::new(Stage {
        begun: Instant::now(),
        length: asked.length,
        large: asked.large || asked.length >= LARGE_FROM,
        stopped: AtomicBool::new(false),
        seed: asked.seed,
        ledger: Ledger::new(asked.seed),
        report: Report::default(),
    });
    eprintln!("soak: {} s, seed {}, {}", asked.length.as_secs(), asked.seed, proc::machine());
    let fuzzing = asked.fuzz.then(|| acts::fuzz(asked.length));
    let temporary = tempfile::Builder::new().prefix("soak-").tempdir().expect("a temporary directory");
    tempfile::env::override_temp_dir(temporary.path()).expect("nothing temporary was made before");
    run(&stage, temporary.path());
    if let Some(fuzzing) = fuzzing {
        fuzzing.ended(&stage.report);
    }
    let sound = stage.report.print(&stage);
    ExitCode::from(u8::from(!sound))
}

/// Starts everything, lets it go on for so long, waits for what is still to be said, and ends it.
fn run(stage: &Arc<Stage>, temporary: &Path) {
    let place = Place::with(CONFIGURATION);
    let mut other = Place::with(CONFIGURATION);
    other.drop = place.drop.clone();
    let probe = Arc::new(Probe::default());
    let to_victim = Witness::start(stage, &place.dir.path().join("e.sock"), None);
    let to_steady = Witness::start(stage, &other.dir.path().join("e.sock"), Some(probe.clone()));
    let mut steady = Steady::start(stage, &other);
    let victim = Victim::start(stage, &place);
    let writer = load::start(stage, &place.drop);
    let prober = probe::start(stage, &probe, &place.drop);
    let acts = Acts::start(stage);

    let mut next = Instant::now() + PROGRESS;
    while stage.goes_on() {
        steady.turn();
        if Instant::now() > next {
            next += PROGRESS;
            stage.report.greatest("temporary files at most, MiB", report::mib_below(temporary));
            eprintln!("soak: {}", stage.report.progress(stage));
        }
    }
    for (name, thread) in [("the writer", writer), ("the prober", prober), ("the acts", acts)] {
        if thread.join().is_err() {
            stage.report.failed(name, "panicked: see above");
        }
    }
    // Its last life goes on until everything is said.
    let caught_up = Instant::now() + CATCH_UP;
    let mut victim = victim.last_life();
    while stage.ledger.behind() > 0 && Instant::now() < caught_up {
        steady.turn();
    }
    stage.stopped.store(true, Ordering::Relaxed);
    victim.stop();
    steady.stop();
    for witness in [to_victim, to_steady] {
        witness.end();
    }
    for (name, place) in [("the victim", &place), ("the steady one", &other)] {
        report::verify(name, place, &stage.report);
    }
}

fn arguments() -> Result<Option<Asked>, String> {
    let mut length = None;
    let (mut fuzz, mut large) = (false, false);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    let mut seed = u64::from(now.subsec_micros());
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut number = || -> Result<f64, String> {
            let value = words.next().ok_or(format!("{word} needs a number"))?;
            value.parse().map_err(|error| format!("{word} {value}: {error}"))
        };
        match word.as_str() {
            // Cargo says so to every bench.
            "--bench" => {}
            "--hours" => length = Some(Duration::from_secs_f64(number()? * 3_600.0)),
            "--minutes" => length = Some(Duration::from_secs_f64(number()? * 60.0)),
            "--seed" => seed = number()? as u64,
            "--fuzz" => fuzz = true,
            "--large" => large = true,
            other => return Err(format!("{other} isn't known: --hours, --minutes, --seed, --fuzz, --large")),
        }
    }
    Ok(length.map(|length| Asked { length, seed, fuzz, large }))
}
