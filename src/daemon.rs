//! `run`: makes the stages, connects them, and ends them in order.

mod notify;
mod refuse;
mod reload;
mod service;
mod stages;

use std::fmt::Display;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::process::{Resource, getrlimit, setrlimit};
use tokio::runtime::{self, Runtime};
use tokio::sync::{mpsc, watch};
use tracing::{debug, info, warn};

use crate::config::{self, Config, Scope, Sync};
use crate::daemon::reload::Reload;
use crate::daemon::service::Service;
use crate::daemon::stages::{Signals, StageEnd, Stages, Watched, in_time};
use crate::exit::{Exit, Failure};
use crate::journal::confirmed::Watch;
use crate::journal::gate::{Journal, Options};
use crate::journal::met::Met;
use crate::journal::recovery::{self, Opened};
use crate::journal::retention::{Policy, Retention};
use crate::journal::segment;
use crate::journal::state;
use crate::journal::sync::Syncer;
use crate::model::file::FileName;
use crate::model::globs::globs;
use crate::sink::listen::{self, Bound};
use crate::sink::socket::Server;
use crate::sink::stdout::{self, Begin, Stdout};
use crate::source::files::Source;
use crate::source::reading::{Done, DonePolicy, SourceOptions};
use crate::source::watcher::Watcher;
use crate::stage::gate::GateStage;
use crate::stage::mover::Mover;
use crate::stage::read::{Inputs, ReadStage};
use crate::terminal::Progress;

pub(crate) use refuse::{refuse_impossible, refuse_state};
pub use reload::Sources;
pub use service::is_the_journal;

/// How many pages may wait between reader and gate: enough to keep both busy, few enough to bound the memory, since
/// a page may hold a whole reading.
const WORK_MAX: usize = 4;

/// How many hints may wait. At the limit they are dropped and everything is looked at once instead.
const HINTS_MAX: usize = 4_096;

/// How many segments share the age that is kept, at least: what is retired by age is whole segments, and a quiet
/// journal would fill none.
const SEGMENTS_AN_AGE: u32 = 8;

/// How long a start waits for room on a full disk, and how often it looks.
const ROOM_WAIT: Duration = Duration::from_secs(60);
const ROOM_LOOK: Duration = Duration::from_secs(1);

/// How long socket clients have at least once the stages have ended, ms: with that of the stages it stays below 5 s.
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

/// Runs until it is told to stop, or with `once` until everything is said.
pub fn run(
    config: &Config,
    state: &Path,
    options: RunOptions,
    sources: Sources<'_>,
) -> Result<Exit, Failure> {
    let mut service = Service::new();
    let reload = Reload::new(sources, config.clone(), state, options)?;
    let roots = config.drop.directories.clone();
    take_descriptors();
    let runtime = runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::failed)?;
    // Before anything is begun, so that a signal that comes early ends it in order too.
    let mut signals = runtime.block_on(async { Signals::new() })?;
    let Some((journal, opened)) = open(config, state, options, &runtime, &mut signals)? else {
        return Ok(Exit::Done);
    };
    log_opened(&opened, state);
    let bound = bind(config)?;
    let first_start = !journal.backfilled();
    let (hint, hints) = mpsc::channel(HINTS_MAX);
    let watcher = Watcher::start(&roots, hint);
    let checkpoints = journal.checkpoints().map_err(Failure::failed)?;
    let rules = reload.rules();
    let read = rules.borrow().source.clone();
    // What is held back is judged anew: it may have been confirmed, or be read as before again.
    let held_back: Vec<FileName> = checkpoints
        .iter()
        .filter(|(_, checkpoint)| checkpoint.held.is_some())
        .map(|(file, _)| file.clone())
        .collect();
    let mut source = Source::new(read, checkpoints, Instant::now());
    for file in &held_back {
        source.read_anew(file, Instant::now());
    }
    let (work, works) = async_channel::bounded(WORK_MAX);
    // Nothing is ever sent on it: it is closed to tell every stage to stop.
    let (stop, stopped) = async_channel::bounded::<()>(1);
    let mut stages = Stages::new();
    let (head, to_sync) = (journal.watch(), journal.watch_to_sync());
    // With `--once` the reading ends before its clients have come: they are let in until the end.
    let (_never, open) = async_channel::bounded(1);
    let closed = if options.once { open } else { stopped.clone() };
    let met = Met::begin(state);
    // Who looks later should see it, too.
    let lost = opened.lost.map(|(first, _)| segment::path(state, first));
    lost.iter().chain(&opened.changed).for_each(|path| met.note(path));
    let server = Server::new(state, head.clone(), met.clone(), bound, closed);
    if config.stdout.enabled {
        if is_the_journal(std::io::stdout()) {
            warn!(
                "events on stdout go into the system's journal here, which drops them beyond 10,000 in 30 s and splits lines at 48 KiB: give run --no-stdout, and read a socket ([[listen]]) or liveblogd replay --follow"
            );
        }
        let is_first = opened.first_start || head.borrow().seq == 0;
        let begin = match is_first {
            true => Begin::Oldest,
            false if state::was_dropped(state, "stdout") => Begin::Now,
            false => Begin::Lost,
        };
        let sink = Stdout::open(state, head.clone(), met, begin, options.skip_backfill, stopped.clone());
        let sink = sink.map_err(Failure::failed)?;
        state::take_up_cursor(state, "stdout").map_err(Failure::failed)?;
        stages.spawn("stdout", move || StageEnd::Stdout(sink.run().map_err(text)))?;
    } else {
        state::drop_cursor(state, "stdout").map_err(Failure::failed)?;
    }
    if let Sync::Interval(interval) = config.journal.sync {
        let syncer = Syncer::new(state, to_sync, interval.0);
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
    let head = journal.watch();
    let (first_scan_read, first_scan) = watch::channel(false);
    let progress = options.once.then(|| Arc::new(Progress::default()));
    let gate = GateStage::new(
        journal,
        works,
        stopped.clone(),
        config.drop.hold_back,
        service.watch("gate"),
        first_scan_read,
        progress.clone(),
    );
    stages.spawn("gate", move || StageEnd::Gate(gate.run().map_err(text)))?;
    let pulse = service.watch("read");
    let inputs = Inputs {
        watcher,
        hints,
        stop: stopped,
        rules,
        state: state.into(),
        confirmed: Watch::new(state),
        pulse,
        progress,
    };
    let mover = Mover::open(state).map_err(Failure::failed)?;
    let reader = ReadStage::new(source, mover, inputs, first_start, work);
    stages.spawn("read", move || StageEnd::Read(reader.run().map_err(text)))?;
    info!(drop = ?roots, state = %state.display(), "following");
    runtime.block_on(async {
        server.start().map_err(|error| Failure::failed(format!("cannot serve the sockets: {error}")))?;
        let mut deadline = None;
        let watched = Watched { stop: &stop, signals, reload, service, first_scan, head };
        let done = stages.watch(watched, &mut deadline).await;
        let least = tokio::time::Instant::now() + Duration::from_millis(CLIENTS_END_MS);
        server.finish(deadline.unwrap_or_else(in_time).max(least)).await;
        done
    })
}

/// What the source goes by under this configuration.
fn source_options(config: &Config, state: &Path, options: RunOptions) -> Result<SourceOptions, Failure> {
    let set = |list: &[String]| globs(list.iter().map(String::as_str)).map_err(Failure::config);
    Ok(SourceOptions {
        include: set(&config.drop.include)?,
        exclude: set(&config.drop.exclude)?,
        settle: config.drop.settle.0,
        ignore_older: config.drop.ignore_older.map(|older| older.0),
        once: options.once,
        done: done_policy(config),
        state: Some(state.to_path_buf()),
        forbidden: stdout::regular_file().into_iter().collect(),
        ..SourceOptions::new(config.drop.directories.clone())
    })
}

/// Opens the journal. On a full disk the daemon waits for room a while: what starts it again gives up where a start fails
/// at once, each time. `None`: it was told to end meanwhile.
fn open(
    config: &Config,
    state: &Path,
    options: RunOptions,
    runtime: &Runtime,
    signals: &mut Signals,
) -> Result<Option<(Journal, Opened)>, Failure> {
    let begun = Instant::now();
    let mut warned = false;
    loop {
        let error = match recovery::open(state, journal_options(config), &state::boot_id()) {
            Ok(opened) => return Ok(Some(opened)),
            Err(error) => error,
        };
        if options.once || !error.is_out_of_room() || begun.elapsed() >= ROOM_WAIT {
            return Err(Failure::failed(error));
        }
        if !std::mem::replace(&mut warned, true) {
            let hint = "free some space; nothing is lost, and it goes on by itself";
            warn!(%error, hint, "the disk is full, it seems: the start waits for room");
        }
        if runtime.block_on(signals.end_within(ROOM_LOOK)) {
            return Ok(None);
        }
    }
}

/// What becomes of files that are done.
fn done_policy(config: &Config) -> Option<DonePolicy> {
    let done = match config.drop.done {
        config::Done::Keep => return None,
        config::Done::Archive => Done::Archive(Arc::from(config.drop.archive.as_deref()?)),
        config::Done::Remove => Done::Remove,
    };
    Some(DonePolicy { after: config.drop.done_after.0, done })
}

/// Binds what is configured and takes what was passed in, before there are threads.
fn bind(config: &Config) -> Result<Vec<Bound>, Failure> {
    let mut bound = listen::passed_in().map_err(Failure::failed)?;
    for table in &config.listen {
        let listen = table.listen().map_err(Failure::config)?;
        if let Some(passed) = bound.iter_mut().find(|passed| passed.is_at(&listen.address)) {
            // The socket unit and the configuration name the same one.
            passed.allow_uids = listen.allow_uids;
            continue;
        }
        // What no restart mends has an exit code of its own.
        listen::refuse(&listen).map_err(Failure::config)?;
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

fn log_opened(opened: &Opened, state: &Path) {
    if let Some(why) = &opened.index_rebuilt {
        warn!(state = %state.display(), why, "the index was made again from the journal");
    }
    if let Some((first, last)) = opened.lost {
        warn!(
            first,
            last,
            "events are gone, since their segment was cut or removed while nothing ran; what still stands in the drop \
             directory is said again, behind them"
        );
    } else if let Some(seq) = opened.seq_jumped_to {
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
    if let Some(segment) = &opened.changed {
        let hint = "liveblogd status --verify names the place; what can't be read there is told to who reads";
        warn!(segment = %segment.display(), hint, "the end of the journal isn't what was written");
    }
}
