//! Scores the parser on labelled live blogs (`NNN.txt` beside `NNN.json`): for the test and for the example alike.

#![allow(dead_code, missing_docs, unreachable_pub)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use liveblogd::model::text::Text;
use liveblogd::parse::document;
use serde_json::Value;

/// How many updates of a group were found, wrongly found, and missed.
#[derive(Debug, Default, Clone, Copy)]
pub struct Tally {
    pub right: usize,
    pub wrong: usize,
    pub missed: usize,
}

impl Tally {
    pub fn f1(&self) -> f64 {
        let all = 2 * self.right + self.wrong + self.missed;
        if all == 0 {
            1.0
        } else {
            2.0 * self.right as f64 / all as f64
        }
    }
}

/// One case: its label, its text, and what the parser made of it.
pub struct Case {
    pub label: Value,
    pub utf8: String,
    pub tally: Tally,
    /// What was missed or wrong, a line each.
    pub faults: Vec<String>,
}

/// Every case of a folder, in order.
pub fn cases(folder: &Path) -> std::io::Result<Vec<Case>> {
    let mut names: Vec<PathBuf> =
        std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    names.retain(|path| path.extension().is_some_and(|end| end == "json"));
    names.sort();
    let mut cases = Vec::new();
    for path in names {
        let label: Value = serde_json::from_slice(&std::fs::read(&path)?)?;
        if !label["updates"].is_array() {
            continue;
        }
        let utf8 = String::from_utf8_lossy(&std::fs::read(path.with_extension("txt"))?).into_owned();
        cases.push(score(label, utf8));
    }
    Ok(cases)
}

/// The sums of each difficulty and each family.
pub fn groups(cases: &[Case]) -> BTreeMap<String, Tally> {
    let mut groups: BTreeMap<String, Tally> = BTreeMap::new();
    for case in cases {
        for group in ["difficulty", "family"] {
            let name = format!("{group} {}", case.label[group].as_str().unwrap_or("?"));
            let sum = groups.entry(name).or_default();
            sum.right += case.tally.right;
            sum.wrong += case.tally.wrong;
            sum.missed += case.tally.missed;
        }
    }
    groups
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn agrees(update: &(String, String, String), label: &Value) -> bool {
    let text = |name: &str| squeezed(label[name].as_str().unwrap_or(""));
    let body = text("body_starts_with");
    let found = update.2.strip_prefix("- ").unwrap_or(&update.2);
    let body_agrees = if body.is_empty() {
        update.2.is_empty()
    } else {
        update.2.starts_with(&body) || found.starts_with(&body)
    };
    update.0 == text("time_text") && update.1 == text("headline") && body_agrees
}

fn score(label: Value, utf8: String) -> Case {
    let document = document::read(&Text::whole(&utf8), None, &Default::default());
    let untimed = label["family"] == "untimed";
    let said = document.updates.iter().filter(|update| !update.is_empty());
    let mut found: Vec<(String, String, String)> = said
        .map(|update| {
            let time = squeezed(update.words.time_text().unwrap_or(""));
            (time, squeezed(update.words.headline().unwrap_or("")), squeezed(update.words.body()))
        })
        .collect();
    let mut tally = Tally::default();
    let mut faults = Vec::new();
    for label in label["updates"].as_array().into_iter().flatten().filter(|_| !untimed) {
        let truncated = label["truncated"] == true;
        let empty = label["headline"].is_null() && label["body_starts_with"].is_null();
        let at = found.iter().position(|update| agrees(update, label));
        match at {
            Some(at) => {
                found.remove(at);
                tally.right += usize::from(!truncated);
            }
            None if truncated => {
                let time = squeezed(label["time_text"].as_str().unwrap_or(""));
                if let Some(at) = found.iter().rposition(|update| update.0 == time) {
                    found.remove(at);
                }
            }
            None if empty => {}
            None => {
                tally.missed += 1;
                let (time, headline) = (&label["time_text"], &label["headline"]);
                faults.push(format!("  missed {time} | {headline} | {}", label["body_starts_with"]));
            }
        }
    }
    tally.wrong = found.len();
    faults.extend(found.iter().map(|(time, headline, body)| {
        format!("  wrong  {time:?} | {headline:?} | {:?}", body.chars().take(60).collect::<String>())
    }));
    if !faults.is_empty() {
        let layout = document.layout.map_or("none".to_string(), |layout| layout.to_string());
        faults.insert(0, format!("{} {} ({layout})", label["id"], label["family"]));
    }
    Case { label, utf8, tally, faults }
}
