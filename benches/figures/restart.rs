//! How soon a daemon that knows very many files is of use again: from its start until it says that it follows, and
//! until a page that is moved into place at that moment is said, which comes after the first scan. Its peak memory,
//! its CPU time and its descriptors then. No yardstick: nothing else that is at hand keeps such a memory. The pages
//! lie on tmpfs: a disk may take minutes to remove so many, and all that a start asks of them is cached anyway.

use std::process::Stdio;
use std::time::Instant;

use crate::Size;
use crate::corpus::{Corpus, Spec, UPDATE_BYTES};
use crate::place::{Daemon, Place, room};
use crate::proc::{Memory, cpu_of, descriptors};
use crate::table::{Figure, Goal, median};

const RESTARTS: usize = 3;

/// How much of the disk the journal and the index of a small file take, bytes.
const FILE_DISK_BYTES: u64 = 8 << 10;

pub fn measure(size: Size) -> Vec<Figure> {
    let files = size.pick(10_000, 100_000);
    room(files as u64 * FILE_DISK_BYTES);
    let place = Place::in_memory();
    let one_update = Spec::of(files * UPDATE_BYTES, files);
    let corpus =
        Corpus::write(&place.drop, &Spec { blogs: 1_000, nested: true, duplicates: false, ..one_update });
    let first = place.once(&place.dir.path().join("out.ndjson"));
    println!("{files} files; the first run took {:.1} s, {:.1} s CPU", first.seconds, first.cpu);
    let [mut follows, mut ready, mut cpu, mut peak] = [const { Vec::new() }; 4];
    let mut open = 0;
    for number in 0..RESTARTS {
        let news = place.aside("news");
        let mut page = String::new();
        one_update.push_update(&mut page, 0, number);
        std::fs::write(&news, page).expect("a page can be written");
        let start = Instant::now();
        let mut daemon = Daemon::start(place.command().stdout(Stdio::piped()));
        follows.push(start.elapsed().as_secs_f64());
        std::fs::rename(&news, place.drop.join(format!("2031-01-0{}-news.txt", number + 1)))
            .expect("it can be moved");
        // What isn't new would be said before it, and be one line too many.
        daemon.says(1);
        ready.push(start.elapsed().as_secs_f64());
        cpu.push(cpu_of(daemon.pid()));
        std::thread::sleep(std::time::Duration::from_secs(2));
        peak.push(Memory::of(daemon.pid()).peak);
        open = open.max(descriptors(daemon.pid()));
        daemon.silent();
        daemon.process.stop();
    }
    println!(
        "each restart: follows after {follows:.2?} s, says a new page after {ready:.2?} s, {cpu:.2?} s CPU"
    );
    println!("peak memory {peak:.0?} MiB, {open} descriptors, {} updates known", corpus.distinct);
    let what = |what: &str| format!("restart, {files} files known, {what}");
    vec![
        Figure::new(what("follows"), median(&follows), "s"),
        Figure::new(what("says a new page"), median(&ready), "s").goal(Goal::AtMost(2.0)),
        Figure::new(what("CPU until then"), median(&cpu), "s"),
        Figure::new(what("peak memory"), median(&peak), "MiB").goal(Goal::AtMost(150.0)),
        Figure::new(what("descriptors"), open as f64, "").goal(Goal::AtMost(200.0)),
    ]
}
