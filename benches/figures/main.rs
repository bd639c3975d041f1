//! Measures what `liveblogd` is to reach, each figure beside its yardstick in the same run, and prints a table.
//!
//! ```text
//! cargo bench --bench figures                          all rows
//! cargo bench --bench figures -- latency parse         these rows
//! cargo bench --bench figures -- --quick               smaller sizes: to try it, not to quote it
//! cargo bench --bench figures -- --full known          the sizes that take long, too
//! cargo bench --bench figures -- curves                how the cost grows: a quarter of an hour; draws docs/curves
//! ```
//!
//! The release binary is measured from outside, as a user runs it. What it says is counted, so that no figure is
//! of work that wasn't done. Needs Linux; temporary files go to `TMPDIR`.

mod backfill;
mod cold;
mod corpus;
mod corpus_row;
mod curves;
mod fanout;
mod idle;
mod known;
mod latency;
mod parse;
mod peers;
mod place;
mod plot;
mod proc;
mod replay;
mod restart;
mod snapshot;
mod table;
mod text;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use crate::table::Figure;

/// How large the runs are.
#[derive(Clone, Copy, Default)]
struct Size {
    quick: bool,
    full: bool,
}

impl Size {
    /// One of two sizes.
    fn pick<T>(self, quick: T, usual: T) -> T {
        if self.quick { quick } else { usual }
    }
}

/// A row's name and what measures it.
type Row = (&'static str, fn(Size) -> Vec<Figure>);

const ROWS: &[Row] = &[
    ("corpus", corpus_row::measure),
    ("latency", latency::measure),
    ("replay", replay::measure),
    ("fanout", fanout::measure),
    ("backfill", backfill::measure),
    ("parse", parse::measure),
    ("idle", idle::measure),
    ("restart", restart::measure),
    ("known", known::measure),
    ("snapshot", snapshot::measure),
];

/// Cost as the work grows: rows that take minutes, and are only measured if they are named.
const CURVES: &[Row] = &[
    ("curve-known", curves::known::measure),
    ("curve-files", curves::files::measure),
    ("curve-clients", curves::clients::measure),
    ("curve-sizes", curves::sizes::measure),
    ("curve-snapshots", curves::snapshots::measure),
];

/// The name of all of them.
const ALL_CURVES: &str = "curves";

fn main() -> ExitCode {
    let (rows, size) = match arguments() {
        Ok(chosen) => chosen,
        Err(wrong) => {
            eprintln!("error: {wrong}");
            return ExitCode::from(64);
        }
    };
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    println!("cargo bench --bench figures -- {}", arguments.join(" "));
    println!("{}\n", proc::machine());
    let mut figures = Vec::new();
    let mut failed = Vec::new();
    for (name, measure) in rows {
        println!("== {name}");
        match catch_unwind(AssertUnwindSafe(|| measure(size))) {
            Ok(measured) => {
                table::print(&measured);
                figures.extend(measured);
            }
            Err(_) => failed.push(*name),
        }
        println!();
    }
    println!("== all");
    table::print(&figures);
    if failed.is_empty() {
        return ExitCode::SUCCESS;
    }
    println!("failed, see above: {}", failed.join(", "));
    ExitCode::FAILURE
}

/// The chosen rows, in the order of the table, and how large they are.
fn arguments() -> Result<(Vec<&'static Row>, Size), String> {
    let mut size = Size::default();
    let mut names = Vec::new();
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            // Cargo says so to every bench.
            "--bench" => {}
            "--quick" => size.quick = true,
            "--full" => size.full = true,
            ALL_CURVES => names.extend(CURVES.iter().map(|row| row.0.to_string())),
            name if ROWS.iter().chain(CURVES).any(|row| row.0 == name) => names.push(argument),
            other => {
                let known: Vec<&str> = ROWS.iter().chain(CURVES).map(|row| row.0).collect();
                return Err(format!(
                    "{other} is no row; there are {}, {ALL_CURVES}, and --quick and --full",
                    known.join(", ")
                ));
            }
        }
    }
    if names.is_empty() {
        return Ok((ROWS.iter().collect(), size));
    }
    let chosen = |row: &&Row| names.iter().any(|name| name == row.0);
    Ok((ROWS.iter().chain(CURVES).filter(chosen).collect(), size))
}
