//! At a terminal: a progress bar over much input, and nothing of it where nobody watches.

mod support;

use std::fs;
use std::io::Write;
use std::process::{Command, Output};

use support::{Place, not_tested};

/// Enough to read that it takes a while, in a build for debugging as in one for release.
fn much() -> Place {
    let place = Place::new();
    for file in 0..28 {
        let mut text = Vec::new();
        for minute in 0..1_440 {
            let (hour, minute) = (minute / 60, minute % 60);
            let long = "The harbour office counts the boats again, and finds all of them. ".repeat(14);
            writeln!(text, "{hour:02}:{minute:02} GMT\nUpdate {file} {hour} {minute}\n{long}")
                .expect("written");
        }
        fs::write(place.path(&format!("2024-02-{:02}-log.txt", file + 1)), text).expect("written");
    }
    place
}

/// Runs a command line whose stderr is a terminal and whose stdout isn't.
fn at_a_terminal(line: &str) -> Option<Output> {
    let script = Command::new("script").args(["-qec", line, "/dev/null"]).env("TERM", "xterm").output();
    script.ok().filter(|output| output.status.success())
}

#[test]
fn who_waits_at_a_terminal_sees_how_far_it_is_and_no_one_else_does() {
    let place = much();
    let program = env!("CARGO_BIN_EXE_liveblogd");
    let run = format!(
        "{program} run --once --drop {} --state {} > {}",
        place.drop.display(),
        place.state.display(),
        place.dir.path().join("out").display()
    );
    let Some(output) = at_a_terminal(&run) else {
        return not_tested("the progress bar: script(1) isn't installed");
    };
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(shown.contains(" events ") && shown.contains("MiB"), "{shown}");
    let events = fs::read_to_string(place.dir.path().join("out")).expect("events");
    assert_eq!(events.lines().count(), 28 * 1_440);
    assert!(!events.contains('\u{1b}'), "nothing of it is among the events");

    // Fifty times the same: it takes longer than nobody minds, also where the parser is quick.
    let files = format!("{}/*.txt ", place.drop.display()).repeat(50);
    let parse = format!("{program} parse {files} > /dev/null");
    let output = at_a_terminal(&parse).expect("it is installed");
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(shown.contains(" events ") && shown.contains('%'), "{shown}");

    let piped = Command::new("sh").args(["-c", &parse]).output().expect("it runs");
    assert!(piped.status.success() && piped.stderr.is_empty(), "{}", String::from_utf8_lossy(&piped.stderr));
}
