//! What memory costs on this machine after a pause like that before a line of a log: where others share the last cache,
//! a few milliseconds are enough for all that a resting daemon had there to be gone. It is the floor under a resting
//! program's latency, whatever that program does.

use std::hint::black_box;
use std::time::{Duration, Instant};

use crate::table::{Figure, quantile};
use crate::text::Dice;

/// Far less than any cache but the first holds, and than a daemon's append touches: 128 KiB.
const LINES: usize = 2_000;

/// What a cache keeps together, bytes.
const LINE_BYTES: usize = 64;

const LINE_WORDS: usize = LINE_BYTES / size_of::<u32>();

/// Reads so many lines of memory, each of which says which is next, so that no two are fetched at once: `samples` times
/// each after a `pause`, and without one.
pub fn measure(samples: usize, pause: fn(&mut Dice) -> Duration) -> Figure {
    let mut dice = Dice::new(2);
    let lines = chain(&mut dice);
    let mut took = |pause: fn(&mut Dice) -> Duration| {
        let each = (0..samples).map(|_| {
            std::thread::sleep(pause(&mut dice));
            follow(&lines)
        });
        quantile(&each.collect::<Vec<f64>>(), 0.5)
    };
    let rested = took(pause);
    let busy = took(|_| Duration::ZERO);
    Figure::new(format!("{LINES} lines of memory after such a pause, p50"), rested, "ms")
        .beside_if("without it", Some(busy))
}

/// Lines in one circle, in random order.
fn chain(dice: &mut Dice) -> Vec<u32> {
    let mut order: Vec<usize> = (0..LINES).collect();
    for at in (1..LINES).rev() {
        order.swap(at, dice.below(at as u64 + 1) as usize);
    }
    let mut lines = vec![0; LINES * LINE_WORDS];
    for (at, &line) in order.iter().enumerate() {
        lines[line * LINE_WORDS] = (order[(at + 1) % LINES] * LINE_WORDS) as u32;
    }
    lines
}

/// Once around, ms.
fn follow(lines: &[u32]) -> f64 {
    let begun = Instant::now();
    let mut at = 0;
    for _ in 0..LINES {
        at = lines[at as usize];
    }
    assert_eq!(black_box(at), 0, "the circle is closed");
    begun.elapsed().as_secs_f64() * 1e3
}
