//! Scores the parser on a folder of labelled live blogs (`NNN.txt` beside `NNN.json`) and prints F1.
//!
//! `cargo run --example score -- DIR [--verbose]`. It changes nothing.

use std::path::Path;

#[path = "../tests/families_score/mod.rs"]
mod families_score;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("usage: score DIR [--verbose]")?;
    let verbose = arguments.next().is_some();
    let cases = families_score::cases(Path::new(&folder))?;
    for case in cases.iter().filter(|_| verbose) {
        case.faults.iter().for_each(|fault| println!("{fault}"));
    }
    for (group, tally) in families_score::groups(&cases) {
        let (right, wrong, missed) = (tally.right, tally.wrong, tally.missed);
        println!("{:.3}  {group}: {right} right, {wrong} wrong, {missed} missed", tally.f1());
    }
    Ok(())
}
