//! Where each value of the effective configuration came from, and where a key stands in its file.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Write;

use toml::de::{DeTable, DeValue};

use crate::cli::RunArgs;
use crate::config::Config;
use crate::exit::Failure;

/// Line and column, from 1, of each value in a file. Keys as `drop.settle`, of lists of tables as `blog[0].match`.
#[derive(Debug, Default)]
pub struct Places(BTreeMap<String, (usize, usize)>);

impl Places {
    /// Of a text that is TOML; of another there are none.
    pub fn of(text: &str) -> Places {
        let mut places = Places::default();
        if let Ok(table) = DeTable::parse(text) {
            places.table(text, "", table.get_ref());
        }
        places
    }

    fn table(&mut self, text: &str, above: &str, table: &DeTable<'_>) {
        for (name, value) in table {
            let name: &str = name.get_ref();
            let key = if above.is_empty() {
                name.to_string()
            } else {
                format!("{above}.{name}")
            };
            self.0.insert(key.clone(), position(text, value.span().start));
            match value.get_ref() {
                DeValue::Table(below) => self.table(text, &key, below),
                DeValue::Array(list) => {
                    for (at, item) in list.iter().enumerate() {
                        let key = format!("{key}[{at}]");
                        self.0.insert(key.clone(), position(text, item.span().start));
                        if let DeValue::Table(below) = item.get_ref() {
                            self.table(text, &key, below);
                        }
                    }
                }
                DeValue::String(_)
                | DeValue::Integer(_)
                | DeValue::Float(_)
                | DeValue::Boolean(_)
                | DeValue::Datetime(_) => {}
            }
        }
    }

    /// `:line:column` of a key, empty where it doesn't stand in the file.
    pub fn after_name(&self, key: &str) -> String {
        self.0.get(key).map_or(String::new(), |(line, column)| format!(":{line}:{column}"))
    }

    fn line(&self, key: &str) -> Option<usize> {
        self.0.get(key).map(|(line, _)| *line)
    }
}

/// Line and column, from 1, of a byte.
pub fn position(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let column = before.rsplit('\n').next().map_or(0, |rest| rest.chars().count()) + 1;
    (before.matches('\n').count() + 1, column)
}

/// What laid flags and environment over the file.
pub fn overlaid(args: &RunArgs, env: impl Fn(&str) -> Option<OsString>) -> BTreeMap<&'static str, String> {
    let mut from = BTreeMap::new();
    let mut note = |key, flag: bool, flag_name: &str, name: &str| {
        if flag {
            from.insert(key, format!("flag {flag_name}"));
        } else if env(name).is_some() {
            from.insert(key, format!("environment {name}"));
        }
    };
    let flag =
        |value: Option<OsString>, name: &str| value.is_some_and(|value| env(name).as_ref() != Some(&value));
    note("drop.directories", !args.drop.is_empty(), "--drop", "LIVEBLOGD_DROP");
    note("listen", !args.listen.is_empty(), "--listen", "LIVEBLOGD_LISTEN");
    let state = args.state.state.clone().map(OsString::from);
    note("state", flag(state, "LIVEBLOGD_STATE"), "--state", "LIVEBLOGD_STATE");
    let zone = args.time.zone.clone().map(OsString::from);
    note("drop.zone", flag(zone, "LIVEBLOGD_ZONE"), "--zone", "LIVEBLOGD_ZONE");
    note("log.level", false, "", "LIVEBLOGD_LOG");
    note("stdout.enabled", args.no_stdout, "--no-stdout", "");
    note("drop.hold_back", args.no_hold_back, "--no-hold-back", "");
    from
}

/// The effective configuration as TOML, each value with a comment that says where it came from.
pub fn annotated(
    config: &Config,
    file: Option<(&str, &Places)>,
    overlaid: &BTreeMap<&'static str, String>,
) -> Result<String, Failure> {
    let paths = config.drop.directories.iter().chain(&config.drop.archive).chain(&config.state);
    if let Some(path) = paths.into_iter().find(|path| path.to_str().is_none()) {
        return Err(Failure::failed(format!(
            "cannot print the configuration: the path {} is not UTF-8",
            path.display()
        ))
        .hint("run takes it, since flags and variables do; no configuration file can hold it: check the others without it"));
    }
    let printed = toml::to_string(config).map_err(Failure::failed)?;
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let (mut above, mut out) = (String::new(), String::new());
    for line in printed.lines() {
        let list = line.strip_prefix("[[").and_then(|rest| rest.strip_suffix("]]"));
        let table = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        if let Some(list) = list {
            let at = counts.entry(list.into()).or_default();
            above = format!("{list}[{at}]");
            *at += 1;
        } else if let Some(table) = table {
            // A table in a list of tables belongs to the last of them.
            let (first, rest) =
                table.split_once('.').map_or((table, None), |(first, rest)| (first, Some(rest)));
            above = match (counts.get(first), rest) {
                (Some(count), Some(rest)) => format!("{first}[{}].{rest}", count - 1),
                (Some(_), None) | (None, _) => table.into(),
            };
        } else if let Some((name, _)) = line.split_once(" = ") {
            let key = if above.is_empty() {
                name.into()
            } else {
                format!("{above}.{name}")
            };
            let whole = key.split('[').next().unwrap_or(&key);
            let by_line = || file.and_then(|(name, places)| Some(format!("{name}:{}", places.line(&key)?)));
            let from = overlaid.get(whole).cloned().or_else(by_line).unwrap_or_else(|| "default".into());
            writeln!(out, "{line}  # {from}").map_err(Failure::failed)?;
            continue;
        }
        writeln!(out, "{line}").map_err(Failure::failed)?;
    }
    Ok(out)
}
