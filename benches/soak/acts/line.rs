//! A line without end, between two updates.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::time::Duration;

use super::{Sizes, head, is_exact, update, wait};
use crate::Stage;
use crate::proc::Memory;
use crate::support::Place;

/// What the daemon's memory may be at most, MiB.
const MEMORY_MAX_MIB: f64 = 64.0;

pub fn without_end(_stage: &Stage, sizes: Sizes) -> String {
    let place = Place::new();
    let daemon = place.run_with(&["--no-stdout"]);
    let mut page = BufWriter::new(File::create(place.path("2024-03-06.txt")).expect("made"));
    page.write_all(update(0).as_bytes()).expect("written");
    let block = vec![b'x'; 1 << 20];
    for _ in 0..sizes.line_mib {
        page.write_all(&block).expect("written");
    }
    page.write_all(format!("\n{}{}", update(1), update(2)).as_bytes()).expect("written");
    drop(page);
    wait("the updates around the line", Duration::from_secs(300), || head(&place) >= 3);
    let peak = Memory::of(daemon.child.id()).peak;
    daemon.stop();
    is_exact(&place, 3);
    assert!(peak < MEMORY_MAX_MIB, "{peak} MiB for a line of {} MiB", sizes.line_mib);
    format!("{} MiB in one line, both updates around it, {peak:.1} MiB of memory at most", sizes.line_mib)
}
