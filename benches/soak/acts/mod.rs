//! What comes on beside the load, one act after the other, each on directories of its own: what takes a machine to its
//! limits. The first round has every act; after it the short ones come again until the time is up.

mod crowd;
mod disk;
mod line;
mod replay;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::Stage;
use crate::report::Report;
use crate::support::{Place, not_tested};

/// How long the load is alone between two acts.
const PAUSE: Duration = Duration::from_secs(45);

/// How large the acts are.
#[derive(Clone, Copy)]
pub struct Sizes {
    pub line_mib: usize,
    pub files: usize,
    pub known: usize,
    pub idle: Duration,
    pub fillings: usize,
}

impl Sizes {
    fn of(large: bool) -> Sizes {
        if large {
            let idle = Duration::from_secs(60);
            return Sizes { line_mib: 1_024, files: 100_000, known: 1_000_000, idle, fillings: 20 };
        }
        Sizes { line_mib: 64, files: 5_000, known: 50_000, idle: Duration::from_secs(10), fillings: 4 }
    }
}

/// Plays an act; what it says of itself goes into the report.
type Act = fn(&Stage, Sizes) -> String;

const ACTS: &[(&str, Act)] = &[
    ("a full disk", disk::filled_and_freed),
    ("queue overflow", crowd::overflow),
    ("a line without end", line::without_end),
    ("known again", replay::known_again),
    ("many files", crowd::many_files),
];

/// How many of them come again.
const SHORT: usize = 2;

/// Starts and plays the acts.
pub struct Acts;

impl Acts {
    pub fn start(stage: &Arc<Stage>) -> JoinHandle<()> {
        let stage = stage.clone();
        std::thread::spawn(move || {
            let sizes = Sizes::of(stage.large);
            for (at, (name, act)) in ACTS.iter().chain(ACTS[..SHORT].iter().cycle()).enumerate() {
                // The first round is played whole, however short the run.
                if at >= ACTS.len() && !stage.goes_on() {
                    return;
                }
                play(&stage, name, *act, sizes);
                let resumed = Instant::now();
                let pause = PAUSE.min(stage.length / 40);
                while stage.goes_on() && resumed.elapsed() < pause {
                    std::thread::sleep(Duration::from_millis(200));
                }
            }
        })
    }
}

fn play(stage: &Stage, name: &str, act: Act, sizes: Sizes) {
    stage.report.acting(true);
    let begun = Instant::now();
    match catch_unwind(AssertUnwindSafe(|| act(stage, sizes))) {
        Ok(said) => {
            eprintln!("soak: {name}, {} s: {said}", begun.elapsed().as_secs());
            stage.report.act(name, said);
        }
        Err(_) => stage.report.failed(name, "see what it said on stderr"),
    }
    stage.report.acting(false);
}

/// Waits for a condition.
fn wait(what: &str, most: Duration, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + most;
    while !holds() {
        assert!(Instant::now() < deadline, "in vain: {what}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// What `status` says of a place.
fn status(place: &Place) -> Value {
    let output = place.command("status").arg("--json").output().expect("it runs");
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
}

/// How many events the journal of a place has.
fn head(place: &Place) -> usize {
    status(place)["journal"]["head"].as_u64().expect("a number") as usize
}

/// Holds that the journal has the updates `0..count` of an act, each once.
fn is_exact(place: &Place, count: usize) {
    let mut replay = place.command("replay").stdout(Stdio::piped()).spawn().expect("it runs");
    let mut seen = vec![false; count];
    let said = replay.stdout.take().expect("it is piped");
    let lines = std::io::BufRead::lines(std::io::BufReader::new(said));
    for line in lines {
        let event: Value = serde_json::from_str(&line.expect("a line")).expect("an event");
        let number = event["headline"].as_str().and_then(|headline| headline.strip_prefix("Number "));
        let number: usize = number.and_then(|number| number.parse().ok()).expect("one of ours");
        assert!(!std::mem::replace(&mut seen[number], true), "twice: {event}");
    }
    assert!(replay.wait().expect("it ends").success(), "replay failed");
    let lost = seen.iter().filter(|seen| !**seen).count();
    assert_eq!(lost, 0, "lost, of {count}");
}

/// Update `number` of an act.
fn update(number: usize) -> String {
    let (hour, minute) = (number / 60 % 24, number % 60);
    format!("{hour:02}:{minute:02} GMT\nNumber {number}\nWhat happened at {number}.\n")
}

/// The fuzz targets that run beside everything.
pub struct Fuzzing(Option<Child>);

/// Starts the fuzz targets, each for its share of the time, at the lowest priority.
pub fn fuzz(length: Duration) -> Fuzzing {
    const TARGETS: &[&str] = &[
        "document",
        "stamp",
        "dating",
        "configuration",
        "command",
        "recovery",
    ];
    let seconds = (length.as_secs() / TARGETS.len() as u64).max(5).to_string();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/run");
    let mut command = Command::new("nice");
    command.args(["-n", "19", script, &seconds]).args(TARGETS);
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn();
    if child.is_err() {
        not_tested("the fuzz targets: fuzz/run can't be started");
    }
    Fuzzing(child.ok())
}

impl Fuzzing {
    /// Waits for their end.
    pub fn ended(self, report: &Report) {
        let Some(child) = self.0 else { return };
        let output = child.wait_with_output().expect("it can be waited for");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        for target in said.split("== ").skip(1) {
            report.act("fuzzing", target.split_whitespace().collect::<Vec<_>>().join(" "));
        }
        if !output.status.success() {
            report.failed("fuzzing", &said);
        }
    }
}
