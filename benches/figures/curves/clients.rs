//! What it matters how many read along: 1 to 1,000 clients of the unix socket, each of which gets every event of a
//! corpus that is dropped. One thread of the bench reads all of them, on the same cores.

use rustix::process::{Resource, getrlimit, setrlimit};

use super::{Sample, caption, series, steps, write};
use crate::Size;
use crate::corpus::{Corpus, Spec};
use crate::fanout::{self, Apart};
use crate::plot::{Panel, Plot, Scale};
use crate::table::Figure;

/// Descriptors that aren't a client's.
const DESCRIPTORS_OWN: u64 = 64;

const PACE: usize = 0;
const DELIVERIES: usize = 1;
const MIB: usize = 2;
const CPU_US: usize = 3;

pub fn measure(size: Size) -> Vec<Figure> {
    let most = size.pick(100, 1_000);
    descriptors(most as u64 + DESCRIPTORS_OWN);
    let template = tempfile::Builder::new().prefix("figures-").tempdir().expect("a temporary directory");
    let corpus = Corpus::write(&template.path().join("corpus"), &Spec::of(size.pick(1, 4) << 20, 20));
    let samples: Vec<Sample<4>> =
        steps(1, most).into_iter().map(|clients| sample(&corpus, clients)).collect();
    let plot = Plot {
        title: "How many subscribers read along".into(),
        x: "clients of the unix socket",
        scale: Scale::Count,
        panels: vec![
            Panel {
                y: "events per second",
                series: vec![
                    series("all clients together", &samples, DELIVERIES),
                    series("each client", &samples, PACE),
                ],
            },
            Panel {
                y: "CPU time of the daemon for a delivery, µs",
                series: vec![series("reading the pages included", &samples, CPU_US)],
            },
            Panel { y: "peak memory, MiB", series: vec![series("daemon", &samples, MIB)] },
        ],
        caption: caption("curve-clients"),
    };
    write(&plot, "clients", size);
    let (first, last) = (&samples[0], &samples[samples.len() - 1]);
    let what = |what: &str| format!("{:.0} clients, {what}", last.at);
    vec![
        Figure::new(what("deliveries"), last.values[DELIVERIES], "events/s")
            .beside("one client", first.values[DELIVERIES]),
        Figure::new(what("CPU for a delivery"), last.values[CPU_US], "us")
            .beside("one client", first.values[CPU_US]),
        Figure::new(what("peak memory"), last.values[MIB], "MiB").beside("one client", first.values[MIB]),
    ]
}

/// Raises how many descriptors the bench may have.
fn descriptors(needed: u64) {
    let mut limit = getrlimit(Resource::Nofile);
    assert!(limit.maximum.is_none_or(|most| most >= needed), "{needed} descriptors are needed");
    if limit.current.is_some_and(|now| now < needed) {
        limit.current = Some(needed);
        setrlimit(Resource::Nofile, limit).expect("the limit can be raised that far");
    }
}

fn sample(corpus: &Corpus, clients: usize) -> Sample<4> {
    let outcome = fanout::run(corpus, clients, Apart::Nobody);
    let deliveries = outcome.rate * clients as f64;
    let cpu_us = outcome.cpu * 1e6 / (corpus.distinct * clients) as f64;
    let mib = outcome.memory.peak;
    println!(
        "{clients} clients: {:.0} events/s each, {deliveries:.0} deliveries/s, {cpu_us:.2} us CPU each, {mib:.1} MiB",
        outcome.rate
    );
    Sample { at: clients as f64, values: [outcome.rate, deliveries, mib, cpu_us] }
}
