//! Where an archive may lie, and what a file's times say of when it is done.

mod support;

use std::fs::{self, File};
use std::time::{Duration, SystemTime};

use support::{Daemon, Place, SAMPLE, until};

#[test]
fn an_archive_is_made_below_a_relative_path_too_and_an_mtime_to_come_keeps_nothing() {
    let place = Place::new();
    let archive = "archive = \"old/pages\"\ndone = \"archive\"\ndone_after = \"300ms\"\n";
    fs::write(&place.config, format!("[drop]\nsettle = \"150ms\"\n{archive}")).expect("written");
    place.put("2024-06-12-storm.txt", SAMPLE);
    let file = File::options().write(true).open(place.path("2024-06-12-storm.txt")).expect("it's there");
    file.set_modified(SystemTime::now() + Duration::from_secs(3_600)).expect("set");
    let mut run = place.command("run");
    run.current_dir(place.dir.path());
    let daemon = Daemon::of(run);
    let archived = place.dir.path().join("old/pages/2024-06-12-storm.txt");
    until("it's archived", || archived.exists());
    daemon.says(8);
    daemon.stop();
}
