//! A watcher that dies: the scan finds all that it would have told, and another one is started. And what changes
//! between a look and the next one.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::Receiver;

use crate::support::{Daemon, Place, not_tested, until};
use crate::{has_exactly, is_exact, log, page, rewrite, update};

/// The name of the watcher's thread, as the kernel cuts it.
const THREAD: &str = "notify-rs inoti";

fn watcher_thread(daemon: &Daemon) -> Option<String> {
    thread_named(daemon, THREAD)
}

fn thread_named(daemon: &Daemon, wanted: &str) -> Option<String> {
    let tasks = fs::read_dir(format!("/proc/{}/task", daemon.child.id())).expect("it runs");
    tasks.flatten().find_map(|task| {
        let name = fs::read_to_string(task.path().join("comm")).ok()?;
        (name.trim() == wanted).then(|| task.file_name().into_string().ok())?
    })
}

/// Lets system calls of one thread fail. The lines are what strace says from then on.
fn inject(thread: &str, calls: &str, fault: &str) -> Result<(Child, Receiver<String>), String> {
    let mut strace = Command::new("strace");
    strace.args([
        "-p",
        thread,
        "-e",
        &format!("trace={calls}"),
        "-e",
        &format!("inject={calls}:{fault}"),
    ]);
    let strace = strace.stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
    let Ok(mut strace) = strace else { return Err("strace isn't installed".into()) };
    let said = crate::support::lines_of(strace.stderr.take().expect("piped"));
    let attached = said.recv().unwrap_or_default();
    if !attached.contains("attached") {
        return Err(format!("strace may not attach to a thread: {attached}"));
    }
    Ok((strace, said))
}

#[test]
fn m35_a_watcher_that_dies_is_made_up_for_by_the_scan() {
    let place = Place::new();
    let daemon = place.run();
    place.append("2024-03-06.log", log(0..2));
    has_exactly(&place, 2);
    let thread = watcher_thread(&daemon).expect("there is a watcher");
    // Its wait for events fails from now on, in this thread alone: it has no way to go on, and ends.
    let (mut strace, _said) = match inject(&thread, "epoll_wait,epoll_pwait", "error=EBADF") {
        Ok(attached) => attached,
        Err(why) => return not_tested(&format!("m35: {why}")),
    };
    place.append("2024-03-06.log", update(2));
    until("the watcher is dead", || watcher_thread(&daemon).is_none());
    strace.wait().expect("it ends with its thread");
    daemon.logged("it is started anew");
    until("another one is there", || watcher_thread(&daemon).is_some());

    has_exactly(&place, 3);
    // Every way in which a file can come or change.
    place.append("2024-03-06.log", log(3..5));
    fs::create_dir_all(place.path("a/b")).expect("made");
    rewrite(&place.path("a/b/2024-03-06.txt"), &page(5..7));
    place.put("2024-03-06-moved.txt", page(7..9));
    has_exactly(&place, 9);
    // The reader once asked the dead one to watch the directory that came in the place of the old one, and died too.
    let away = place.dir.path().join("away");
    fs::rename(&place.drop, &away).expect("moved");
    fs::create_dir(&place.drop).expect("made");
    rewrite(&place.path("2024-03-06-anew.txt"), &page(0..10));
    has_exactly(&place, 10);
    daemon.signal(rustix::process::Signal::HUP);
    daemon.logged("was read again");
    place.append("2024-03-06-last.log", update(10));
    has_exactly(&place, 11);
    daemon.stop();
    is_exact(&place, 11);
}

/// It was named as unreadable, with a warning, whenever a scraper was quicker than the reader.
#[test]
fn a_file_that_goes_between_the_look_and_the_opening_is_no_fault() {
    let place = Place::new();
    let daemon = place.run();
    place.append("2024-03-06.log", log(0..2));
    has_exactly(&place, 2);
    let thread = thread_named(&daemon, "read").expect("there is a reader");
    let (mut strace, said) = match inject(&thread, "openat2", "error=ENOENT:when=1") {
        Ok(attached) => attached,
        Err(why) => return not_tested(&why),
    };
    place.put("2024-03-06-next.txt", page(2..4));
    has_exactly(&place, 4);
    assert!(said.try_iter().any(|line| line.contains("INJECTED")), "the file was there at once");
    let log: Vec<String> = daemon.log.try_iter().collect();
    assert!(!log.iter().any(|line| line.contains("cannot read")), "{log:?}");
    daemon.stop();
    strace.wait().expect("it ends with its thread");
}
