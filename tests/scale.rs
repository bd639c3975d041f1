//! Many files with few descriptors, at a size that a test can afford; `cargo bench --bench figures -- restart` has
//! the large one.

mod support;

use std::process::Command;

use support::{Daemon, Place, headlines};

const FILES: usize = 2_000;
const DESCRIPTORS: &str = "256";

fn page(number: usize) -> String {
    format!("{:02}:{:02} GMT\nNews {number}\nWhat there is to say of it.\n", number / 60 % 24, number % 60)
}

/// `run` that may open no more than so many files, whatever it asks for.
fn limited(place: &Place) -> Daemon {
    let run = place.command("run");
    let mut command = Command::new("sh");
    command.args(["-c", &format!("ulimit -n {DESCRIPTORS} && exec \"$0\" \"$@\"")]);
    command.arg(run.get_program()).args(run.get_args()).env_clear().env("HOME", "/nonexistent");
    Daemon::of(command)
}

#[test]
fn two_thousand_files_need_no_descriptor_each() {
    let place = Place::new();
    for number in 0..FILES {
        let directory = place.path(&format!("blog-{}", number % 50));
        std::fs::create_dir_all(&directory).expect("made");
        std::fs::write(directory.join(format!("2024-06-12-{number}.txt")), page(number)).expect("written");
    }
    let daemon = limited(&place);
    assert_eq!(daemon.says(FILES).len(), FILES);
    let open = || std::fs::read_dir(format!("/proc/{}/fd", daemon.child.id())).expect("it runs").count();
    assert!(open() <= 64, "{} descriptors", open());
    daemon.stop();
    // All are known, none is open, and what comes is said.
    let daemon = limited(&place);
    place.put("2024-06-12-late.txt", "09:00 GMT\nCame late\nWhat there is to say of it.\n");
    assert_eq!(headlines(&daemon.says(1)), ["Came late"]);
    daemon.stop();
}
