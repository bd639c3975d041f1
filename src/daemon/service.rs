//! What the service manager is told: ready, alive, reloading, stopping, and a line for people. Where there is none,
//! nothing is.
//!
//! The words are those of sd_notify(3). Alive is said only while every stage moves: one that has been at the same
//! piece of work for longer than half of the manager's patience keeps it from being said, and is restarted with
//! the rest.

use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use sd_notify::NotifyState;
use tracing::{debug, warn};

use crate::daemon::notify::Notifier;
use crate::model::pulse::Pulse;

/// How long the first scan may take before the daemon counts as ready all the same, s: it reads on while others
/// begin to read from it.
const READY_S: u64 = 30;

/// How much more time is asked for while it isn't ready, s.
const EXTEND_S: u32 = 20;

/// How often the manager is told something, without a watchdog, s.
const TELL_S: u64 = 5;

/// The daemon as the service manager sees it.
#[derive(Debug)]
pub(super) struct Service {
    /// Whether there is a manager.
    managed: bool,
    notifier: Notifier,
    begun: Instant,
    ready: bool,
    watchdog: Option<Duration>,
    stages: Vec<(&'static str, Pulse)>,
    /// The stage that hangs, once that was logged.
    hangs: Option<&'static str>,
}

impl Service {
    /// For the manager that the environment names, if any.
    pub(super) fn new() -> Service {
        let socket = std::env::var_os("NOTIFY_SOCKET");
        let managed = socket.is_some();
        let notifier = socket.map(|socket| Notifier::to(&socket)).unwrap_or_default();
        let watchdog = sd_notify::watchdog_enabled().filter(|_| managed);
        Service {
            managed,
            notifier,
            begun: Instant::now(),
            ready: false,
            watchdog,
            stages: Vec::new(),
            hangs: None,
        }
    }

    /// A stage that must move, and how that shows.
    pub(super) fn watch(&mut self, name: &'static str) -> Pulse {
        let pulse = Pulse::default();
        self.stages.push((name, pulse.clone()));
        pulse
    }

    /// Returns when it's time for [`Service::tell`]; never, where there is nobody to be told.
    pub(super) async fn time_to_tell(&self) {
        if !self.managed {
            return std::future::pending().await;
        }
        let interval = self.watchdog.map_or(Duration::from_secs(TELL_S), |watchdog| watchdog / 3);
        tokio::time::sleep(interval.min(Duration::from_secs(TELL_S))).await;
    }

    /// Says that it's alive, and how far it is.
    pub(super) fn tell(&mut self, seq: u64) {
        self.notifier.flush();
        if !self.ready && self.begun.elapsed() >= Duration::from_secs(READY_S) {
            self.ready(seq);
        }
        if !self.ready {
            self.notifier.say(&[
                NotifyState::ExtendTimeoutUsec(EXTEND_S * 1_000_000),
                NotifyState::Status(&format!("reading what lies there: {seq} events so far")),
            ]);
        }
        let Some(watchdog) = self.watchdog else { return };
        let hangs = self.stages.iter().find(|(_, pulse)| pulse.busy_for() > watchdog / 2);
        match hangs {
            None => {
                self.hangs = None;
                self.notifier.say(&[NotifyState::Watchdog]);
            }
            Some((name, pulse)) => {
                if self.hangs != Some(name) {
                    warn!(
                        stage = name,
                        s = pulse.busy_for().as_secs(),
                        "this stage doesn't move: the service manager isn't told that all is well, and will restart the daemon"
                    );
                }
                self.hangs = Some(name);
            }
        }
    }

    /// What lay there is read, or has been going on for long enough.
    pub(super) fn ready(&mut self, seq: u64) {
        if !std::mem::replace(&mut self.ready, true) {
            debug!(ms = self.begun.elapsed().as_millis(), "ready");
            self.notifier.say(&[
                NotifyState::Ready,
                NotifyState::Status(&format!("following; {seq} events")),
            ]);
        }
    }

    /// The configuration is read again.
    pub(super) fn reloading(&mut self) {
        match NotifyState::monotonic_usec_now() {
            Ok(now) => self.notifier.say(&[
                NotifyState::Reloading,
                now,
                NotifyState::Status("reading the configuration"),
            ]),
            Err(error) => debug!(%error, "the manager isn't told of the reload"),
        }
    }

    /// That is done; `how` it went, for people.
    pub(super) fn reloaded(&mut self, how: &str) {
        self.notifier.say(&[NotifyState::Ready, NotifyState::Status(how)]);
    }

    /// It ends.
    pub(super) fn stopping(&mut self) {
        self.notifier.say(&[
            NotifyState::Stopping,
            NotifyState::Status("saying what was read, then ending"),
        ]);
    }
}

/// Whether this is the stream into its journal that the service manager gave: it names it as `device:inode`. A
/// variable that was only inherited doesn't fit.
pub fn is_the_journal(stream: impl AsFd) -> bool {
    let Some(named) = std::env::var_os("JOURNAL_STREAM") else { return false };
    let stat = rustix::fs::fstat(stream);
    stat.is_ok_and(|stat| named.to_str() == Some(&format!("{}:{}", stat.st_dev, stat.st_ino)))
}
