//! The effective configuration: flags beat environment beat file beat defaults; unknown keys are refused.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use tracing_subscriber::EnvFilter;

use crate::cli::{RunArgs, TimeArgs};
use crate::exit::Failure;
use crate::model::event::EVENT_BYTES_MAX;
use crate::model::listen::{Address, Listen, Wrong};
use crate::parse::overrides::{Overrides, Shape, Wish};
use crate::parse::pattern::Pattern;
use crate::source::reading::EXCLUDE_DEFAULT;

mod file;
pub mod origin;
pub mod units;

pub use units::{Size, Span, Sync, ZoneName};

/// Read if `--config` isn't given and it is there.
pub const CONFIG_PATH: &str = "/etc/liveblogd/liveblogd.toml";

/// The whole configuration, every key with its default.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where everything that must outlive the process is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<PathBuf>,
    /// What is read.
    pub drop: DropConfig,
    /// What is known of certain blogs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub blog: Vec<BlogConfig>,
    /// What counts as known.
    pub dedupe: DedupeConfig,
    /// How the journal is kept.
    pub journal: JournalConfig,
    /// Events on stdout.
    pub stdout: StdoutConfig,
    /// Sockets that events are served on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub listen: Vec<ListenConfig>,
    /// What is logged to stderr.
    pub log: LogConfig,
}

/// `[drop]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DropConfig {
    /// Directories to follow, with all below them.
    pub directories: Vec<PathBuf>,
    /// Globs of files to read.
    pub include: Vec<String>,
    /// Globs of files to leave alone.
    pub exclude: Vec<String>,
    /// Files that lie there unread at the start, and are older than this, are left alone until they change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ignore_older: Option<Span>,
    /// How long a file must be quiet to be complete.
    pub settle: Span,
    /// The zone of stamps that name none.
    pub zone: ZoneName,
    /// Whether a known page that is read otherwise than before waits for `confirm`.
    pub hold_back: bool,
    /// What becomes of files whose updates are in the journal.
    pub done: Done,
    /// How long they lie there unchanged first.
    pub done_after: Span,
    /// Below which directory they are moved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archive: Option<PathBuf>,
}

/// What becomes of files whose updates are in the journal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Done {
    /// They stay where they are.
    #[default]
    Keep,
    /// They are moved below `archive`.
    Archive,
    /// They are removed.
    Remove,
}

impl Default for DropConfig {
    fn default() -> DropConfig {
        DropConfig {
            directories: Vec::new(),
            include: vec!["**".into()],
            exclude: EXCLUDE_DEFAULT.map(String::from).into(),
            ignore_older: None,
            settle: Span(Duration::from_secs(1)),
            zone: ZoneName::utc(),
            hold_back: true,
            done: Done::Keep,
            done_after: Span(Duration::from_secs(3_600)),
            archive: None,
        }
    }
}

/// `[[blog]]`: the first whose `match` fits a path below the drop directory holds for it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlogConfig {
    /// Glob of paths below the drop directory.
    pub r#match: String,
    /// The blog's name in the events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The zone of its stamps, where they name none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<ZoneName>,
    /// The day of a page's oldest update.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<Date>,
    /// Where the time of an update stands, where the page doesn't show it rightly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layout: Option<Shape>,
    /// Whether updates have headlines, and where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub headlines: Option<Wish>,
    /// Time lines as this blog writes them: `{h}:{mm} Uhr, {text}`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stamps: Vec<Pattern>,
    /// What zone names mean on this blog, before all others: `IST = "Europe/Dublin"`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub zones: BTreeMap<String, ZoneName>,
}

impl BlogConfig {
    /// What it says of the layout.
    pub fn overrides(&self) -> Overrides {
        Overrides {
            shape: self.layout,
            wish: self.headlines,
            stamps: self.stamps.clone(),
            zones: self.zones.iter().map(|(name, zone)| (name.clone(), zone.zone())).collect(),
            has_zone: self.zone.is_some(),
        }
    }
}

/// `[dedupe]`
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DedupeConfig {
    /// Across all files, or within a blog.
    pub scope: Scope,
    /// Whether a known update whose text has changed is said again.
    pub revisions: bool,
}

/// How far an update's identity reaches.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// The same update in two files is one.
    #[default]
    Global,
    /// Only within a blog.
    Blog,
}

/// `[journal]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct JournalConfig {
    /// How often what was said is made safe against power loss.
    pub sync: Sync,
    /// When a new segment is begun.
    pub segment_size: Size,
    /// Beyond this the oldest segments are retired.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retain_size: Option<Size>,
    /// Segments whose last event is older are retired.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retain_age: Option<Span>,
    /// Whether segments that are written no more are packed.
    pub compress: bool,
    /// As much as the segments may take: there reading pauses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size_max: Option<Size>,
    /// As much as must be left free on the disk: below it reading pauses.
    pub min_free: Size,
    /// The longest event, with its newline.
    pub event_size: Size,
}

impl Default for JournalConfig {
    fn default() -> JournalConfig {
        JournalConfig {
            sync: Sync::Interval(Span(Duration::from_millis(50))),
            segment_size: Size(256 << 20),
            retain_size: None,
            retain_age: None,
            compress: false,
            size_max: None,
            min_free: Size(0),
            event_size: Size(EVENT_BYTES_MAX as u64),
        }
    }
}

/// `[stdout]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StdoutConfig {
    /// Whether events go to stdout.
    pub enabled: bool,
}

impl Default for StdoutConfig {
    fn default() -> StdoutConfig {
        StdoutConfig { enabled: true }
    }
}

/// `[[listen]]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListenConfig {
    /// `unix:PATH` or `tcp:HOST:PORT`.
    pub address: String,
    /// The mode of a unix socket, octal.
    #[serde(default = "socket_mode")]
    pub mode: String,
    /// The group of a unix socket, by name or number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Who may connect to a unix socket; without: whom the mode lets in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow_uids: Option<Vec<u32>>,
    /// Whether a TCP address may be another than loopback.
    #[serde(default)]
    pub allow_remote: bool,
}

fn socket_mode() -> String {
    "0660".into()
}

impl ListenConfig {
    fn at(address: String) -> ListenConfig {
        ListenConfig { address, mode: socket_mode(), group: None, allow_uids: None, allow_remote: false }
    }

    /// The mode, checked.
    pub fn mode(&self) -> Result<u32, String> {
        let mode = u32::from_str_radix(&self.mode, 8).ok().filter(|&mode| mode <= 0o777);
        mode.ok_or_else(|| format!("{:?} is no mode of a socket (write \"0660\")", self.mode))
    }

    /// The same, checked.
    pub fn listen(&self) -> Result<Listen, Wrong> {
        let mode = self.mode().map_err(Wrong::of("mode"))?;
        let address: Address = self.address.parse().map_err(Wrong::of("address"))?;
        let unix = matches!(address, Address::Unix(_));
        let of_unix = [
            ("group", self.group.is_some()),
            ("allow_uids", self.allow_uids.is_some()),
            ("mode", self.mode != socket_mode()),
        ];
        if !unix && let Some((key, _)) = of_unix.into_iter().find(|&(_, is_set)| is_set) {
            let address = &self.address;
            let what =
                format!("{address:?} can't have {key}: only a unix socket is a file, and knows its peer");
            return Err(Wrong { key, what });
        }
        if self.allow_uids.as_ref().is_some_and(Vec::is_empty) {
            return Err(Wrong::of("allow_uids")(format!(
                "allow_uids of {:?} is empty, so nobody could connect\nhint: name user ids, or leave it out to let in everyone whom the mode does",
                self.address
            )));
        }
        let (group, allow_uids) = (self.group.clone(), self.allow_uids.clone().unwrap_or_default());
        Ok(Listen { address, mode, group, allow_uids, allow_remote: self.allow_remote })
    }
}

/// `[log]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogConfig {
    /// Text for people, JSON for machines.
    pub format: LogFormat,
    /// A level, or filters as in `info,liveblogd::source=debug`.
    pub level: String,
}

impl Default for LogConfig {
    fn default() -> LogConfig {
        LogConfig { format: LogFormat::Text, level: "info".into() }
    }
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

impl LogConfig {
    /// What `level` lets through. A word in it that is no level is refused: it would be taken for the name of a part of the
    /// program, and nothing be logged.
    pub fn filter(&self) -> Result<EnvFilter, Failure> {
        const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
        let is_level = |word: &str| LEVELS.iter().any(|level| level.eq_ignore_ascii_case(word));
        let refused = |why: String| {
            Failure::config(format!("log.level {:?}: {why}", self.level)).hint(
                "levels are error, warn, info, debug, trace, off; a filter is \"info,liveblogd::source=debug\"",
            )
        };
        let mut levels =
            self.level.split(',').map(|part| part.rsplit_once('=').map_or(part, |(_, level)| level).trim());
        if let Some(word) = levels.find(|word| !is_level(word)) {
            return Err(refused(format!("{word:?} is no level")));
        }
        EnvFilter::try_new(&self.level).map_err(|error| refused(error.to_string()))
    }
}

impl Config {
    /// Lays the flags of `run` and the environment over it.
    pub fn with_run(
        mut self,
        args: &RunArgs,
        env: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Config, Failure> {
        self = self.with_drop(&args.drop, &env);
        let (from, listen): (_, Vec<String>) = if !args.listen.is_empty() {
            ("--listen", args.listen.clone())
        } else {
            let list = env("LIVEBLOGD_LISTEN").unwrap_or_default();
            let list = list.to_string_lossy();
            let addresses = list.split(',').filter(|address| !address.is_empty());
            ("LIVEBLOGD_LISTEN", addresses.map(String::from).collect())
        };
        if !listen.is_empty() {
            self.listen = listen.into_iter().map(ListenConfig::at).collect();
            for listen in &self.listen {
                listen.listen().map_err(|error| Failure::usage(format!("{from}: {error}")))?;
            }
        }
        if args.no_stdout {
            self.stdout.enabled = false;
        }
        if args.no_hold_back {
            self.drop.hold_back = false;
        }
        if let Some(state) = &args.state.state {
            self.state = Some(state.clone());
        }
        if let Some(level) = env("LIVEBLOGD_LOG") {
            self.log.level = level.to_string_lossy().into_owned();
        }
        self.with_time(&args.time, env)
    }

    /// Lays `--zone` over it.
    pub fn with_time(
        mut self,
        args: &TimeArgs,
        env: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Config, Failure> {
        if let Some(zone) = &args.zone {
            // The arguments have it from either.
            let from = match env("LIVEBLOGD_ZONE").is_some_and(|value| value == zone.as_str()) {
                true => "LIVEBLOGD_ZONE",
                false => "--zone",
            };
            self.drop.zone =
                ZoneName::new(zone).map_err(|error| Failure::usage(format!("{from}: {error}")))?;
        }
        Ok(self)
    }

    /// The drop directories that flags name, else the environment, else the file.
    pub fn with_drop(mut self, drop: &[PathBuf], env: impl Fn(&str) -> Option<OsString>) -> Config {
        if !drop.is_empty() {
            self.drop.directories = drop.to_vec();
        } else if let Some(list) = env("LIVEBLOGD_DROP") {
            self.drop.directories = std::env::split_paths(&list).filter(is_named).collect();
        }
        self
    }

    /// Where the state lies: the configuration's, else `$STATE_DIRECTORY`, else the XDG state directory.
    pub fn state_directory(&self, env: impl Fn(&str) -> Option<OsString>) -> Result<PathBuf, Failure> {
        if let Some(state) = self.state.as_ref().filter(|&state| is_named(state)) {
            return Ok(state.clone());
        }
        // systemd gives a list if the unit has several; ours has one.
        let first = env("STATE_DIRECTORY").and_then(|list| std::env::split_paths(&list).next());
        if let Some(first) = first.filter(is_named) {
            return Ok(first);
        }
        if let Some(xdg) = env("XDG_STATE_HOME").map(PathBuf::from).filter(|path| path.is_absolute()) {
            return Ok(xdg.join("liveblogd"));
        }
        match env("HOME") {
            Some(home) => Ok(Path::new(&home).join(".local/state/liveblogd")),
            None => Err(Failure::config("there is no place for the state: no HOME, no STATE_DIRECTORY")
                .hint("give a directory with --state DIR")),
        }
    }
}

/// Whether a path isn't empty: an empty one is as good as none.
fn is_named(path: &impl AsRef<Path>) -> bool {
    !path.as_ref().as_os_str().is_empty()
}

#[cfg(test)]
mod tests;
