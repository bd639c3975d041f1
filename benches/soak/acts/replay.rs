//! A great many known updates that come again: under other names, after a restart, and after a kill in the middle.

use std::fs;
use std::time::{Duration, Instant};

use super::{Sizes, head, is_exact, update};
use crate::Stage;
use crate::support::Place;

/// How many updates a file has.
const PER_FILE: usize = 1_000;

/// How often it is killed while it reads them again.
const KILLS: u64 = 5;

pub fn known_again(_stage: &Stage, sizes: Sizes) -> String {
    let place = Place::new();
    let files = sizes.known / PER_FILE;
    let write = |name: &str| {
        for file in 0..files {
            // Some thousand files to a day: each directory is one.
            let folder = place.path(&format!("{name}-{}", file % 10));
            fs::create_dir_all(&folder).expect("a directory");
            let text: String = (file * PER_FILE..(file + 1) * PER_FILE).map(update).collect();
            let day = format!("{}-{:02}-{:02}", 2000 + file / 336, file / 28 % 12 + 1, file % 28 + 1);
            fs::write(folder.join(format!("{day}-{name}-{file}.txt")), text).expect("written");
        }
    };
    let clear = |name: &str| {
        for at in 0..10.min(files) {
            fs::remove_dir_all(place.path(&format!("{name}-{at}"))).expect("it is there");
        }
    };
    let once = || {
        let begun = Instant::now();
        let output = place.command("run").args(["--once", "--no-stdout"]).output().expect("it runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        (begun.elapsed(), head(&place))
    };
    write("first");
    let (first, read) = once();
    clear("first");
    write("second");
    let (second, after_a_restart) = once();
    clear("second");
    write("third");
    for life in 0..KILLS {
        let daemon = place.run_with(&["--no-stdout"]);
        std::thread::sleep(Duration::from_millis(100 + 300 * life));
        drop(daemon);
    }
    let (_, after_a_kill) = once();
    assert_eq!((read, after_a_restart, after_a_kill), (sizes.known, sizes.known, sizes.known), "new ones");
    is_exact(&place, sizes.known);
    format!(
        "{} updates in {:.1} s; all again under other names in {:.1} s, and over {KILLS} kills: 0 events",
        sizes.known,
        first.as_secs_f64(),
        second.as_secs_f64()
    )
}
