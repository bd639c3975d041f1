//! Scores the parser on a folder of labelled live blogs (`NNN.txt` beside `NNN.json`) and prints F1.
//!
//! `cargo run --example score -- DIR [--verbose]`. It changes nothing.

use std::collections::BTreeMap;

use liveblogd::model::text::Text;
use liveblogd::parse::document;
use serde_json::Value;

#[derive(Default)]
struct Tally {
    right: usize,
    wrong: usize,
    missed: usize,
}

impl Tally {
    fn f1(&self) -> f64 {
        let all = 2 * self.right + self.wrong + self.missed;
        if all == 0 {
            1.0
        } else {
            2.0 * self.right as f64 / all as f64
        }
    }
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

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("usage: score DIR [--verbose]")?;
    let verbose = arguments.next().is_some();
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    let mut names: Vec<_> =
        std::fs::read_dir(&folder)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    names.sort();
    for path in names.iter().filter(|path| path.extension().is_some_and(|end| end == "json")) {
        let case: Value = serde_json::from_slice(&std::fs::read(path)?)?;
        let Some(labels) = case["updates"].as_array() else {
            continue;
        };
        let utf8 = String::from_utf8_lossy(&std::fs::read(path.with_extension("txt"))?).into_owned();
        let document = document::read(&Text::whole(utf8), None, &Default::default());
        let untimed = case["family"] == "untimed";
        let mut found: Vec<(String, String, String)> = document
            .updates
            .iter()
            .filter(|update| !update.is_empty())
            .map(|update| {
                let time = squeezed(update.time_text.as_deref().unwrap_or(""));
                (time, squeezed(update.headline.as_deref().unwrap_or("")), squeezed(&update.body))
            })
            .collect();
        let mut tally = Tally::default();
        let mut said = Vec::new();
        for label in labels.iter().filter(|_| !untimed) {
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
                    said.push(format!(
                        "  missed {} | {} | {}",
                        label["time_text"], label["headline"], label["body_starts_with"]
                    ));
                }
            }
        }
        tally.wrong = found.len();
        said.extend(found.iter().map(|(time, headline, body)| {
            format!("  wrong  {time:?} | {headline:?} | {:?}", body.chars().take(60).collect::<String>())
        }));
        if verbose && !said.is_empty() {
            let layout = document.layout.map_or("none".to_string(), |layout| layout.to_string());
            println!("{} {} ({layout})\n{}", case["id"], case["family"], said.join("\n"));
        }
        for group in ["difficulty", "family"] {
            let sum = tallies.entry(format!("{group} {}", case[group].as_str().unwrap_or("?"))).or_default();
            sum.right += tally.right;
            sum.wrong += tally.wrong;
            sum.missed += tally.missed;
        }
    }
    for (group, tally) in &tallies {
        println!(
            "{:.3}  {group}: {} right, {} wrong, {} missed",
            tally.f1(),
            tally.right,
            tally.wrong,
            tally.missed
        );
    }
    Ok(())
}
