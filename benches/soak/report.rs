//! What is counted while it runs, and what is made of it at the end.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use crate::Stage;
use crate::proc::Memory;
use crate::support::Place;

/// The bounds of the steady daemon: memory at most, MiB; its growth in a run of half an hour or more, MiB an hour;
/// descriptors; log lines a minute, but for the answers to reloads.
const MEMORY_MAX_MIB: f64 = 150.0;
const SLOPE_MAX_MIB: f64 = 16.0;
const SLOPE_FROM: Duration = Duration::from_secs(30 * 60);
const DESCRIPTORS_MAX: usize = 64;
const LOG_LINES_MAX: f64 = 6.0;

/// The bound of all temporary files, MiB.
const DISK_MAX_MIB: u64 = 4_096;

/// How many updates that stayed cut are shown.
const CUT_SHOWN_MAX: usize = 5;

/// The part of the run at whose end memory counts as settled.
const WARM_UP: f64 = 0.25;

#[derive(Default)]
struct Kept {
    counts: BTreeMap<String, u64>,
    acts: Vec<(String, String)>,
    failures: Vec<String>,
    /// Seconds since the start, MiB, descriptors.
    measured: Vec<(f64, Memory, usize)>,
    alone_ms: Vec<f64>,
    beside_ms: Vec<f64>,
    acting: bool,
}

/// What is counted; any thread may add to it.
#[derive(Default)]
pub struct Report(Mutex<Kept>);

impl Report {
    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.0.lock().expect("nobody panics while holding it")
    }

    pub fn count(&self, what: &str) {
        self.add(what, 1);
    }

    pub fn add(&self, what: &str, count: u64) {
        *self.kept().counts.entry(what.into()).or_default() += count;
    }

    pub fn greatest(&self, what: &str, value: u64) {
        let mut kept = self.kept();
        let greatest = kept.counts.entry(what.into()).or_default();
        *greatest = value.max(*greatest);
    }

    pub fn failed(&self, what: &str, why: &str) {
        eprintln!("soak: FAILED: {what}: {why}");
        self.kept().failures.push(format!("{what}: {why}"));
    }

    pub fn act(&self, name: &str, said: String) {
        self.kept().acts.push((name.into(), said));
    }

    /// An act begins or ends.
    pub fn acting(&self, acting: bool) {
        self.kept().acting = acting;
    }

    pub fn is_acting(&self) -> bool {
        self.kept().acting
    }

    pub fn measured(&self, at: Duration, memory: Memory, descriptors: usize) {
        self.kept().measured.push((at.as_secs_f64(), memory, descriptors));
    }

    pub fn latency(&self, alone_ms: Vec<f64>, beside_ms: Vec<f64>) {
        let mut kept = self.kept();
        (kept.alone_ms, kept.beside_ms) = (alone_ms, beside_ms);
    }

    /// Where it is.
    pub fn progress(&self, stage: &Stage) -> String {
        let kept = self.kept();
        let count = |what: &str| kept.counts.get(what).copied().unwrap_or(0);
        let (_, memory, open) = kept.measured.last().copied().unwrap_or_default();
        format!(
            "{} min, {} updates written, {} behind; {} kills, {} SIGTERM, {} reloads; {:.1} MiB, {open} descriptors; {} failures",
            stage.begun.elapsed().as_secs() / 60,
            stage.ledger.written(),
            stage.ledger.behind(),
            count("kill -9"),
            count("SIGTERM"),
            count("reloads, broken") + count("reloads, sound"),
            memory.now,
            kept.failures.len()
        )
    }

    /// Prints it all; whether nothing was lost and no bound passed.
    pub fn print(&self, stage: &Stage) -> bool {
        for (witness, name) in ["the victim", "the steady one"].into_iter().enumerate() {
            self.judge(stage, witness, name);
        }
        self.judge_steady(stage);
        let kept = self.kept();
        let mut text = format!(
            "\nsoak of {:.1} min, seed {}, {} updates in {} kinds of deeds\n\n",
            stage.length.as_secs_f64() / 60.0,
            stage.seed,
            stage.ledger.written(),
            kept.counts.len()
        );
        for (what, count) in &kept.counts {
            writeln!(text, "  {what:<52} {count:>12}").expect("a string takes it");
        }
        text.push('\n');
        for (name, said) in &kept.acts {
            writeln!(text, "  {name}: {said}").expect("a string takes it");
        }
        let verdict = if kept.failures.is_empty() {
            "nothing lost, said twice, torn or made up; every bound kept".to_string()
        } else {
            format!("FAILED\n  {}", kept.failures.join("\n  "))
        };
        println!("{text}\n{verdict}");
        kept.failures.is_empty()
    }

    /// What a witness has seen beside what was written.
    fn judge(&self, stage: &Stage, witness: usize, name: &str) {
        let counts = stage.ledger.counts(witness);
        let (lost, cut) = stage.ledger.lost(witness);
        let said = format!(
            "{} events, {} of them revised, resumed {} times: lost {}, cut {}, twice {}, torn {}, made up {}, gaps {}",
            counts.events,
            counts.revised,
            counts.resumed,
            lost.len(),
            cut.len(),
            counts.twice,
            counts.torn,
            counts.bogus,
            counts.gaps
        );
        self.act(&format!("subscriber of {name}"), said.clone());
        for &number in cut.iter().take(CUT_SHOWN_MAX) {
            println!("  cut: {}", stage.ledger.cut(witness, number));
        }
        if lost.len() + cut.len() > 0 || counts.twice + counts.torn + counts.bogus + counts.gaps > 0 {
            let few = |numbers: &[usize]| format!("{:?}", &numbers[..numbers.len().min(20)]);
            self.failed(&format!("subscriber of {name}"), &format!("{said}; {} {}", few(&lost), few(&cut)));
        }
    }

    /// The steady daemon beside its bounds.
    fn judge_steady(&self, stage: &Stage) {
        let mut kept = self.kept();
        let mut failures = Vec::new();
        let peak = kept.measured.iter().map(|(_, memory, _)| memory.peak).fold(0.0, f64::max);
        let open: Vec<usize> = kept.measured.iter().map(|(_, _, open)| *open).collect();
        let (least, most) =
            (open.iter().min().copied().unwrap_or(0), open.iter().max().copied().unwrap_or(0));
        let minutes = stage.length.as_secs_f64() / 60.0;
        let lines = kept.counts.get("log lines of the steady one").copied().unwrap_or(0) as f64 / minutes;
        let settled: Vec<(f64, f64)> = kept
            .measured
            .iter()
            .filter(|(at, _, _)| *at > stage.length.as_secs_f64() * WARM_UP)
            .map(|(at, memory, _)| (*at, memory.now))
            .collect();
        let slope = slope(&settled) * 3_600.0;
        let now = settled.last().map_or(0.0, |(_, mib)| *mib);
        let said = format!(
            "memory {now:.1} MiB at the end, {peak:.1} at most, slope {slope:+.1} MiB/h; descriptors {least} to {most}; \
             {lines:.1} log lines a minute beside the answers to reloads"
        );
        if peak > MEMORY_MAX_MIB || most > DESCRIPTORS_MAX || lines > LOG_LINES_MAX {
            failures.push(format!("the steady one passed a bound: {said}"));
        }
        if stage.length >= SLOPE_FROM && slope > SLOPE_MAX_MIB {
            failures.push(format!("the steady one's memory grows: {slope:+.1} MiB/h"));
        }
        kept.acts.push(("the steady one".into(), said));
        let (alone, beside) = (std::mem::take(&mut kept.alone_ms), std::mem::take(&mut kept.beside_ms));
        for (mut took, when) in [(alone, "between the acts"), (beside, "beside an act")] {
            took.sort_by(f64::total_cmp);
            let at = |share: f64| took.get((took.len() as f64 * share) as usize).copied().unwrap_or(f64::NAN);
            let said = format!(
                "{} probes, p50 {:.2} ms, p99 {:.2}, slowest {:.1}",
                took.len(),
                at(0.5),
                at(0.99),
                { took.last().copied().unwrap_or(f64::NAN) }
            );
            kept.acts.push((format!("append to socket under the load, {when}"), said));
        }
        let disk = kept.counts.get("temporary files at most, MiB").copied().unwrap_or(0);
        if disk > DISK_MAX_MIB {
            failures.push(format!("{disk} MiB of temporary files"));
        }
        kept.failures.extend(failures);
    }
}

/// The slope of the line that fits best.
fn slope(points: &[(f64, f64)]) -> f64 {
    let count = points.len() as f64;
    let (x, y) = points.iter().fold((0.0, 0.0), |(x, y), point| (x + point.0 / count, y + point.1 / count));
    let (mut up, mut along) = (0.0, 0.0);
    for point in points {
        up += (point.0 - x) * (point.1 - y);
        along += (point.0 - x).powi(2);
    }
    if along > 0.0 { up / along } else { 0.0 }
}

/// What lies below a directory, MiB on disk.
pub fn mib_below(directory: &Path) -> u64 {
    fn blocks(directory: &Path) -> u64 {
        let entries = fs::read_dir(directory).into_iter().flatten().flatten();
        entries
            .filter_map(|entry| {
                let meta = entry.metadata().ok()?;
                let below = if meta.is_dir() { blocks(&entry.path()) } else { 0 };
                Some(meta.blocks() + below)
            })
            .sum()
    }
    (blocks(directory) * 512) >> 20
}

/// Holds a journal against its checksums.
pub fn verify(name: &str, place: &Place, report: &Report) {
    let output = place.command("status").arg("--verify").output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = |word: &str| said.lines().find(|line| line.starts_with(word)).unwrap_or_default().to_string();
    report.act(&format!("journal of {name}"), format!("{}; {}", line("journal"), line("verify")));
    if !output.status.success() {
        report.failed(&format!("status --verify of {name}"), &said);
    }
}
