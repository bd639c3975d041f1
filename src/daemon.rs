//! `run`: makes the stages, connects them, and ends them in order.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_channel::{Receiver, Sender};
use rustix::process::{Resource, getrlimit, setrlimit};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing::{debug, info, warn};

use crate::config::{Config, Scope, Sync};
use crate::exit::{Exit, Failure};
use crate::journal::gate::Options;
use crate::journal::recovery::{self, Opened};
use crate::journal::retention::{Policy, Retention};
use crate::journal::state;
use crate::journal::sync::Syncer;
use crate::model::globs::globs;
use crate::sink::listen::{self, Bound};
use crate::sink::socket::Server;
use crate::sink::stdout::{self, Begin, Ended, Stdout};
use crate::source::files::Source;
use crate::source::reader::stat_target;
use crate::source::reading::SourceOptions;
use crate::source::watcher::Watcher;
use crate::stage::gate::{Counts, GateStage};
use crate::stage::page::Settings;
use crate::stage::read::ReadStage;

/// How many pages may wait between reader and gate: enough to keep both busy, few enough to bound the memory, since
/// a page may hold a whole reading.
const WORK_MAX: usize = 4;

/// How many hints may wait. At the limit they are dropped and everything is looked at once instead.
const HINTS_MAX: usize = 4_096;

/// How many segments share the age that is kept, at least: what is retired by age is whole segments, and a quiet
/// journal would fill none.
const SEGMENTS_AN_AGE: u32 = 8;

/// How long an orderly end may take, s: below systemd's own patience, whatever readers do.
const SHUTDOWN_S: u64 = 4;

/// How long socket clients have at least once the stages have ended, ms: with [`SHUTDOWN_S`] it stays below 5 s.
const CLIENTS_END_MS: u64 = 600;

/// What the flags say beyond the configuration.
#[derive(Debug, Clone, Copy, Default)]
pub struct RunOptions {
    /// Read what is there, say it, end.
    pub once: bool,
    /// Leave the backfill out of stdout.
    pub skip_backfill: bool,
    /// The day of each page's oldest update.
    pub date: Option<jiff::civil::Date>,
}

/// How a stage ended.
#[derive(Debug)]
enum StageEnd {
    Read(Result<(), String>),
    Gate(Result<Counts, String>),
    Stdout(Result<Ended, String>),
    Sync(Result<(), String>),
    Retention(Result<(), String>),
}

impl StageEnd {
    fn name(&self) -> &'static str {
        match self {
            StageEnd::Read(_) => "read",
            StageEnd::Gate(_) => "gate",
            StageEnd::Stdout(_) => "stdout",
            StageEnd::Sync(_) => "sync",
            StageEnd::Retention(_) => "retention",
        }
    }
}

/// Runs until it is told to stop, or with `once` until everything is said.
pub fn run(config: &Config, state: &Path, options: RunOptions) -> Result<Exit, Failure> {
    let roots = config.drop.directories.clone();
    refuse_impossible(&roots, state, options.once)?;
    let settings = Arc::new(Settings::new(config, options.date)?);
    take_descriptors();
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::failed)?;
    // Before anything is begun, so that a signal that comes early ends it in order too.
    let signals = runtime.block_on(async { Signals::new() })?;
    let (journal, opened) =
        recovery::open(state, journal_options(config), &state::boot_id()).map_err(Failure::failed)?;
    log_opened(&opened, state);
    let bound = bind(config)?;
    let first_start = !journal.backfilled();
    let set = |list: &[String]| globs(list.iter().map(String::as_str)).map_err(Failure::config);
    let source_options = SourceOptions {
        include: set(&config.drop.include)?,
        exclude: set(&config.drop.exclude)?,
        settle: config.drop.settle.0,
        ignore_older: config.drop.ignore_older.map(|older| older.0),
        once: options.once,
        forbidden: state_file(state).into_iter().chain(stdout::regular_file()).collect(),
        ..SourceOptions::new(roots.clone())
    };
    let (hint, hints) = async_channel::bounded(HINTS_MAX);
    let watcher = Watcher::start(&roots, hint);
    let checkpoints = journal.checkpoints().map_err(Failure::failed)?;
    let source = Source::new(source_options, checkpoints, Instant::now());
    let (work, works) = async_channel::bounded(WORK_MAX);
    // Nothing is ever sent on it: it is closed to tell every stage to stop.
    let (stop, stopped) = async_channel::bounded::<()>(1);
    let mut stages = Stages::new();
    let head = journal.watch();
    let server = Server::new(state, head.clone(), bound);
    if config.stdout.enabled {
        let begin = if opened.first_start {
            Begin::Oldest
        } else {
            Begin::Now
        };
        let sink = Stdout::open(state, head.clone(), begin, options.skip_backfill, stopped.clone());
        let sink = sink.map_err(Failure::failed)?;
        stages.spawn("stdout", move || StageEnd::Stdout(sink.run().map_err(text)))?;
    } else {
        state::drop_cursor(state, "stdout").map_err(Failure::failed)?;
    }
    if let Sync::Interval(interval) = config.journal.sync {
        let syncer = Syncer::new(state, head, interval.0);
        stages.spawn("sync", move || StageEnd::Sync(syncer.run().map_err(text)))?;
    }
    let policy = Policy {
        size_bytes: config.journal.retain_size.map(|size| size.0),
        age: config.journal.retain_age.map(|age| age.0),
        pack: config.journal.compress,
    };
    if policy.is_needed() {
        let retention = Retention::new(state, scope(config), journal.watch(), policy);
        stages.spawn("retention", move || StageEnd::Retention(retention.run().map_err(text)))?;
    }
    let gate = GateStage::new(journal, works, stopped.clone());
    stages.spawn("gate", move || StageEnd::Gate(gate.run().map_err(text)))?;
    let reader = ReadStage::new(source, watcher, hints, stopped, settings, first_start, work);
    stages.spawn("read", move || StageEnd::Read(reader.run().map_err(text)))?;
    info!(drop = ?roots, state = %state.display(), "following");
    runtime.block_on(async {
        server.start().map_err(|error| Failure::failed(format!("cannot serve the sockets: {error}")))?;
        let mut deadline = None;
        let done = stages.watch(&stop, signals, &mut deadline).await;
        let least = tokio::time::Instant::now() + Duration::from_millis(CLIENTS_END_MS);
        server.finish(deadline.unwrap_or_else(in_time).max(least)).await;
        done
    })
}

/// Binds what is configured and takes what was passed in, before there are threads.
fn bind(config: &Config) -> Result<Vec<Bound>, Failure> {
    let mut bound = listen::passed_in().map_err(Failure::failed)?;
    for table in &config.listen {
        let listen = table.listen().map_err(Failure::config)?;
        bound.extend(listen::bind(&listen).map_err(Failure::failed)?);
    }
    Ok(bound)
}

fn text(error: impl Display) -> String {
    error.to_string()
}

fn scope(config: &Config) -> &'static str {
    match config.dedupe.scope {
        Scope::Global => "global",
        Scope::Blog => "blog",
    }
}

fn journal_options(config: &Config) -> Options {
    Options {
        scope: scope(config).into(),
        segment_bytes: config.journal.segment_size.0,
        segment_age: config.journal.retain_age.map(|age| age.0 / SEGMENTS_AN_AGE),
        size_bytes_max: config.journal.size_max.map(|size| size.0),
        free_bytes_min: config.journal.min_free.0,
        durable: config.journal.sync == Sync::Always,
        event_bytes_max: config.journal.event_size.0 as usize,
        revisions: config.dedupe.revisions,
    }
}

/// Takes as many descriptors as it may have: each client of a socket needs two.
fn take_descriptors() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        debug!(%error, "the limit of open files stays as it is");
    }
}

/// What would feed on itself, or can't be meant, is refused before anything is touched.
fn refuse_impossible(roots: &[PathBuf], state: &Path, once: bool) -> Result<(), Failure> {
    if roots.is_empty() {
        return Err(Failure::usage("there is no directory to follow")
            .hint("give one with --drop DIR, or drop.directories in the configuration"));
    }
    let real = |path: &Path| std::fs::canonicalize(path).or_else(|_| std::path::absolute(path));
    for root in roots {
        let (Ok(root_path), Ok(state_path)) = (real(root), real(state)) else { continue };
        if root_path == state_path || root_path.starts_with(&state_path) {
            return Err(Failure::config(format!(
                "the drop directory {} lies in the state directory {}",
                root.display(),
                state.display()
            ))
            .hint("the journal would be read as a page: give the state its own directory with --state DIR"));
        }
        if once && !root_path.exists() {
            // A daemon waits for it; one that ends at once has nothing to wait for.
            return Err(Failure::failed(format!("the drop directory {} is not there", root.display()))
                .hint("make it, or give another with --drop DIR"));
        }
        if root_path.exists() && !root_path.is_dir() {
            return Err(Failure::config(format!("the drop directory {} is no directory", root.display()))
                .hint("give the directory that the file lies in"));
        }
    }
    Ok(())
}

/// (device, inode) of the state directory, as the source names files.
fn state_file(state: &Path) -> Option<(u64, u64)> {
    stat_target(state).ok().map(|(stat, _)| (stat.device, stat.inode))
}

fn log_opened(opened: &Opened, state: &Path) {
    if let Some(why) = &opened.index_rebuilt {
        warn!(state = %state.display(), why, "the index was made again from the journal");
    }
    if let Some(seq) = opened.seq_jumped_to {
        warn!(seq, "the machine went down without warning: seq goes on behind all that may have been seen");
    }
    if opened.caught_up > 0 {
        debug!(events = opened.caught_up, "the index took in what was said just before the last end");
    }
    if opened.torn_bytes > 0 {
        info!(bytes = opened.torn_bytes, "cut off what was never committed; its updates are read again");
    }
    if opened.damaged_lines > 0 {
        warn!(
            lines = opened.damaged_lines,
            "the journal has damaged lines; liveblogd status --verify names them"
        );
    }
}

/// The running stages, and what they say when they end.
struct Stages {
    running: Vec<&'static str>,
    ended: Receiver<StageEnd>,
    end: Sender<StageEnd>,
}

impl Stages {
    fn new() -> Stages {
        let (end, ended) = async_channel::bounded(8);
        Stages { running: Vec::new(), ended, end }
    }

    fn spawn(
        &mut self,
        name: &'static str,
        run: impl FnOnce() -> StageEnd + Send + 'static,
    ) -> Result<(), Failure> {
        let end = Reporter { name, end: self.end.clone(), said: false };
        let thread = std::thread::Builder::new().name(name.into());
        let spawned = thread.spawn(move || {
            let mut end = end;
            let how = run();
            end.say(how);
        });
        spawned.map_err(|error| Failure::failed(format!("cannot start the {name} stage: {error}")))?;
        self.running.push(name);
        Ok(())
    }

    /// Waits for a signal or an end, then ends the rest in order under one deadline.
    async fn watch(
        mut self,
        stop: &Sender<()>,
        mut signals: Signals,
        deadline: &mut Option<tokio::time::Instant>,
    ) -> Result<Exit, Failure> {
        let mut failure = None;
        while !self.running.is_empty() {
            let late = async {
                match *deadline {
                    Some(deadline) => tokio::time::sleep_until(deadline).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                ended = self.ended.recv() => {
                    let Ok(ended) = ended else { break };
                    self.running.retain(|name| *name != ended.name());
                    let ends_all = note_end(ended, &mut failure);
                    if ends_all && deadline.is_none() {
                        stop.close();
                        // Whoever has all the time in the world (`--once`) may take it to write what was read.
                        if failure.is_some() {
                            *deadline = Some(in_time());
                        }
                    }
                }
                name = signals.next() => {
                    if deadline.is_some() {
                        let held = self.running.join(", ");
                        return Err(Failure::failed(format!("ended by a second signal while these stages still worked: {held}"))
                            .hint("nothing is lost: the next start goes on where this one stopped"));
                    }
                    info!(signal = name, "stopping");
                    stop.close();
                    *deadline = Some(in_time());
                }
                () = late => {
                    warn!(stages = self.running.join(", "), "these stages did not end in time; nothing is lost, the next start goes on from here");
                    break;
                }
            }
        }
        failure.map_or(Ok(Exit::Done), |what| Err(Failure::failed(what)))
    }
}

fn in_time() -> tokio::time::Instant {
    tokio::time::Instant::now() + Duration::from_secs(SHUTDOWN_S)
}

/// Notes how a stage ended. True if the others are to end now.
fn note_end(ended: StageEnd, failure: &mut Option<String>) -> bool {
    let name = ended.name();
    let outcome = match ended {
        StageEnd::Read(outcome) => outcome.map(|()| false),
        StageEnd::Sync(outcome) | StageEnd::Retention(outcome) => outcome.map(|()| false),
        StageEnd::Gate(outcome) => outcome.map(|counts| {
            info!(
                new = counts.new,
                revised = counts.revised,
                known = counts.known,
                changed = counts.changed,
                merged_across_blogs = counts.merged,
                empty = counts.empty,
                no_time_lines = counts.untimed,
                mended_lines = counts.mended,
                "read"
            );
            false
        }),
        StageEnd::Stdout(outcome) => outcome.map(|ended| {
            debug!(?ended, "stdout ended");
            ended == Ended::ReaderGone
        }),
    };
    outcome.unwrap_or_else(|what| {
        failure.get_or_insert_with(|| format!("the {name} stage failed: {what}"));
        true
    })
}

/// Says that a stage ended, also where it panicked.
struct Reporter {
    name: &'static str,
    end: Sender<StageEnd>,
    said: bool,
}

impl Reporter {
    fn say(&mut self, how: StageEnd) {
        self.said = true;
        // Nobody listens any more only where the process is about to end.
        let _nobody_listens = self.end.send_blocking(how);
    }
}

impl Drop for Reporter {
    fn drop(&mut self) {
        if !self.said {
            let bug =
                "it panicked: this is a bug of liveblogd, please report it with the lines above".to_string();
            self.say(match self.name {
                "read" => StageEnd::Read(Err(bug)),
                "gate" => StageEnd::Gate(Err(bug)),
                "stdout" => StageEnd::Stdout(Err(bug)),
                "retention" => StageEnd::Retention(Err(bug)),
                _ => StageEnd::Sync(Err(bug)),
            });
        }
    }
}

struct Signals {
    term: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Signals {
    fn new() -> Result<Signals, Failure> {
        let listen = |kind| {
            signal(kind).map_err(|error| Failure::failed(format!("cannot listen for signals: {error}")))
        };
        Ok(Signals {
            term: listen(SignalKind::terminate())?,
            interrupt: listen(SignalKind::interrupt())?,
            hangup: listen(SignalKind::hangup())?,
        })
    }

    /// The next signal that ends the program.
    async fn next(&mut self) -> &'static str {
        loop {
            tokio::select! {
                _ = self.term.recv() => return "SIGTERM",
                _ = self.interrupt.recv() => return "SIGINT",
                _ = self.hangup.recv() => warn!("SIGHUP: the configuration is only read at a start; restart to apply a change"),
            }
        }
    }
}
