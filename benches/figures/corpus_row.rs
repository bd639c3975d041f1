//! The corpus itself: how large it is, and whether `parse` finds in it what was put in. Nothing is measured here;
//! the other rows rest on it.

use std::collections::HashSet;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::Value;

use crate::Size;
use crate::corpus::{Corpus, Spec};
use crate::place::{Place, Running, liveblogd};
use crate::table::Figure;

pub fn measure(size: Size) -> Vec<Figure> {
    let place = Place::new();
    let corpus = Corpus::write(&place.drop, &Spec::of(size.pick(16, 64) << 20, 100));
    let command = &mut liveblogd("parse");
    let mut parser = Running::start(command.args(&corpus.files).stdout(Stdio::piped()));
    let lines = BufReader::new(parser.0.stdout.take().expect("it is piped")).lines();
    let (mut updates, mut ids, mut days) = (0, HashSet::new(), HashSet::new());
    for line in lines {
        let line = line.expect("events are UTF-8");
        let event: Value = serde_json::from_str(&line).expect("an event is JSON");
        updates += 1;
        ids.insert(event["id"].to_string());
        days.insert(event["timestamp"].as_str().expect("it has a time")[..10].to_string());
        assert_eq!(event["date_basis"], "path");
    }
    assert_eq!(updates, corpus.updates, "parse finds every update");
    assert_eq!(ids.len(), corpus.distinct, "and the right ones the same");
    vec![
        Figure::new("corpus, size", corpus.mib(), "MiB"),
        Figure::new("corpus, updates", corpus.updates as f64, ""),
        Figure::new("corpus, bytes an update", corpus.bytes as f64 / corpus.updates as f64, ""),
        Figure::new("corpus, distinct", corpus.distinct as f64, "").beside("all", corpus.updates as f64),
        Figure::new("corpus, days", days.len() as f64, ""),
    ]
}
