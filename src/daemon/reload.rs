//! A new configuration while the daemon runs: all of it is validated, then what can change changes at once, between
//! two files; what can't is named. A bad one changes nothing.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tracing::{info, warn};

use crate::config::{Config, DropConfig, LogConfig};
use crate::daemon::{RunOptions, refuse_impossible, source_options};
use crate::exit::Failure;
use crate::stage::page::Settings;
use crate::stage::read::Rules;

/// The keys, and tables, that change while it runs. The others are kept by stages that were started with them.
const LIVE: [&str; 11] = [
    "drop.directories",
    "drop.include",
    "drop.exclude",
    "drop.ignore_older",
    "drop.settle",
    "drop.zone",
    "drop.done",
    "drop.done_after",
    "drop.archive",
    "blog",
    "log.level",
];

/// How long a reload waits for the reader to take it, s: then it holds as soon as that one comes to its next file.
const TAKEN_S: u64 = 2;

/// How a configuration is had again: what the command line knows of it.
pub struct Sources<'a> {
    /// Reads the file, and puts environment and flags over it.
    pub load: &'a dyn Fn() -> Result<Config, Failure>,
    /// Changes what is logged.
    pub log: &'a dyn Fn(&LogConfig) -> Result<(), Failure>,
}

/// Reads the configuration again when it's told to.
pub(super) struct Reload<'a> {
    sources: Sources<'a>,
    config: Config,
    state: &'a Path,
    options: RunOptions,
    rules: watch::Sender<Arc<Rules>>,
}

impl<'a> Reload<'a> {
    pub(super) fn new(
        sources: Sources<'a>,
        config: Config,
        state: &'a Path,
        options: RunOptions,
    ) -> Result<Reload<'a>, Failure> {
        let rules = rules(&config, state, options)?;
        Ok(Reload { sources, config, state, options, rules: watch::Sender::new(Arc::new(rules)) })
    }

    /// What the reader goes by, and when that changes.
    pub(super) fn rules(&self) -> watch::Receiver<Arc<Rules>> {
        self.rules.subscribe()
    }

    /// Validates, then swaps. Says how it went, in a few words.
    pub(super) async fn reload(&mut self) -> &'static str {
        let read = (self.sources.load)().and_then(|config| {
            // What can't change is no part of what is asked for, or the reader would go by it.
            let next = self.changed_to(config.clone());
            let rules = rules(&next, self.state, self.options)?;
            (self.sources.log)(&config.log)?;
            Ok((config, next, rules))
        });
        let (config, next, rules) = match read {
            Ok(read) => read,
            Err(failure) => {
                let what = failure.to_string().replace('\n', "; ");
                warn!(what, "the new configuration is wrong: the old one is kept");
                return "following; the new configuration is wrong, the old one is kept";
            }
        };
        let (live, fixed): (Vec<String>, Vec<String>) = changed(&self.config, &config)
            .into_iter()
            .partition(|key| LIVE.iter().any(|live| key == live || key.starts_with(&format!("{live}."))));
        if !fixed.is_empty() {
            warn!(keys = fixed.join(", "), "these keys only change with a restart: the old values are kept");
        }
        let rules = Arc::new(rules);
        self.rules.send_replace(rules.clone());
        // The reader may be in the middle of a large file, or wait for room on a full disk.
        let patience = Duration::from_secs(TAKEN_S);
        let holds = tokio::time::timeout(patience, rules.taken.notified()).await.is_ok();
        info!(changed = live.join(", "), holds, "the configuration was read again");
        // What needs a restart is said at each reload until there is one.
        self.config = next;
        "following by the new configuration"
    }

    /// The configuration with what changes while it runs.
    fn changed_to(&self, config: Config) -> Config {
        Config {
            drop: DropConfig { hold_back: self.config.drop.hold_back, ..config.drop },
            blog: config.blog,
            log: LogConfig { level: config.log.level, ..self.config.log.clone() },
            ..self.config.clone()
        }
    }
}

/// What the reader goes by under this configuration; an error where that can't be.
fn rules(config: &Config, state: &Path, options: RunOptions) -> Result<Rules, Failure> {
    refuse_impossible(config, state, options.once)?;
    Ok(Rules {
        source: source_options(config, state, options)?,
        settings: Arc::new(Settings::new(config, options.date)?),
        taken: Notify::new(),
    })
}

/// The keys whose values differ.
fn changed(old: &Config, new: &Config) -> Vec<String> {
    let (old, new) = (keys(old), keys(new));
    let mut all: Vec<&String> = old.keys().chain(new.keys()).collect();
    all.sort_unstable();
    all.dedup();
    all.into_iter().filter(|key| old.get(*key) != new.get(*key)).cloned().collect()
}

/// Every key with its value, as it would stand in the file; a list of tables is one.
fn keys(config: &Config) -> BTreeMap<String, toml::Value> {
    let mut keys = BTreeMap::new();
    if let Ok(toml::Value::Table(tables)) = toml::Value::try_from(config) {
        for (name, value) in tables {
            match value {
                toml::Value::Table(table) => {
                    keys.extend(table.into_iter().map(|(key, value)| (format!("{name}.{key}"), value)));
                }
                value => {
                    keys.insert(name, value);
                }
            }
        }
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changed_is_named_by_its_key() {
        let old = Config::default();
        let text = "[drop]\nsettle = \"2s\"\n[dedupe]\nrevisions = true\n[[blog]]\nmatch = \"a/*\"\n";
        let new = Config::read(text, "new.toml").expect("a configuration");
        assert_eq!(changed(&old, &new), ["blog", "dedupe.revisions", "drop.settle"]);
        assert_eq!(changed(&new, &new), Vec::<String>::new());
    }
}
