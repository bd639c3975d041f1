//! The running stages: started as threads, watched, and ended in order under one deadline.

use std::time::{Duration, Instant};

use async_channel::{Receiver, Sender};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tracing::{debug, info, warn};

use crate::daemon::reload::Reload;
use crate::daemon::service::Service;
use crate::exit::{Exit, Failure};
use crate::journal::Head;
use crate::sink::stdout::Ended;
use crate::stage::gate::Counts;

/// How long an orderly end may take, s: below systemd's own patience, whatever readers do.
const SHUTDOWN_S: u64 = 4;

/// A second signal as soon as that, ms, is the same wish: `timeout`, and `sudo` at Ctrl-C, send theirs both to the
/// program and to its group.
const SAME_WISH_MS: u128 = 100;

/// How a stage ended.
#[derive(Debug)]
pub(super) enum StageEnd {
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

/// The signal at which the configuration is read again.
const RELOAD: &str = "SIGHUP";

/// What goes on beside the stages while they run.
pub(super) struct Watched<'a> {
    /// Closed to tell every stage to stop.
    pub(super) stop: &'a Sender<()>,
    pub(super) signals: Signals,
    pub(super) reload: Reload<'a>,
    pub(super) service: Service,
    /// Changes once what lay there at the start is read.
    pub(super) first_scan: watch::Receiver<bool>,
    pub(super) head: watch::Receiver<Head>,
}

/// The running stages, and what they say when they end.
pub(super) struct Stages {
    running: Vec<&'static str>,
    ended: Receiver<StageEnd>,
    end: Sender<StageEnd>,
}

impl Stages {
    pub(super) fn new() -> Stages {
        let (end, ended) = async_channel::bounded(8);
        Stages { running: Vec::new(), ended, end }
    }

    pub(super) fn spawn(
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
    pub(super) async fn watch(
        mut self,
        with: Watched<'_>,
        deadline: &mut Option<tokio::time::Instant>,
    ) -> Result<Exit, Failure> {
        let Watched { stop, mut signals, mut reload, mut service, mut first_scan, head } = with;
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
                () = service.time_to_tell() => service.tell(head.borrow().seq),
                Ok(()) = first_scan.changed() => service.ready(head.borrow().seq),
                name = signals.next() => {
                    if name == RELOAD {
                        service.reloading();
                        service.reloaded(reload.reload().await);
                        continue;
                    }
                    if deadline.is_some() {
                        let held = self.running.join(", ");
                        return Err(Failure::failed(format!("ended by a second signal while these stages still worked: {held}"))
                            .hint("nothing is lost: the next start goes on where this one stopped"));
                    }
                    info!(signal = name, "stopping");
                    service.stopping();
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

pub(super) fn in_time() -> tokio::time::Instant {
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
                held_back = counts.held_back,
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

pub(super) struct Signals {
    term: Signal,
    interrupt: Signal,
    hangup: Signal,
    /// When the end was wished for first.
    wished: Option<Instant>,
}

impl Signals {
    pub(super) fn new() -> Result<Signals, Failure> {
        let listen = |kind| {
            signal(kind).map_err(|error| Failure::failed(format!("cannot listen for signals: {error}")))
        };
        // Who listens isn't killed by it: a write beyond `ulimit -f` fails then, as on a full disk.
        drop(listen(SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw()))?);
        Ok(Signals {
            term: listen(SignalKind::terminate())?,
            interrupt: listen(SignalKind::interrupt())?,
            hangup: listen(SignalKind::hangup())?,
            wished: None,
        })
    }

    /// Whether one comes within so long that ends the program.
    pub(super) async fn end_within(&mut self, wait: Duration) -> bool {
        matches!(tokio::time::timeout(wait, self.next()).await, Ok(name) if name != RELOAD)
    }

    /// The next signal: [`RELOAD`], or one that ends the program.
    async fn next(&mut self) -> &'static str {
        loop {
            let name = tokio::select! {
                _ = self.term.recv() => "SIGTERM",
                _ = self.interrupt.recv() => "SIGINT",
                _ = self.hangup.recv() => return RELOAD,
            };
            match self.wished {
                Some(at) if at.elapsed().as_millis() < SAME_WISH_MS => debug!(signal = name, "the same wish"),
                Some(_) => return name,
                None => {
                    self.wished = Some(Instant::now());
                    return name;
                }
            }
        }
    }
}
