//! What `docs/security.md` claims and no other test holds: text of pages and names of files never reach a terminal raw,
//! clients learn no path, the state directory is its owner's alone, and each dependency has its reason.

mod support;

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;

use support::{Daemon, PATIENCE, Place, not_tested, text, until};

/// What a terminal would obey, and the daemon itself never writes: a title, a blinking red, the same by the CSI of one
/// character, and one of a single byte.
const HOSTILE: [&str; 4] = ["\u{1b}]0;owned\u{7}", "\u{1b}[5;31m", "\u{9b}5;31m", "\u{90}"];

/// Nothing of it is there, neither as text nor as the bytes of the older terminals.
fn is_tame(what: &str, shown: &[u8]) {
    for hostile in HOSTILE {
        let found = shown.windows(hostile.len()).any(|window| window == hostile.as_bytes());
        assert!(!found, "{what} shows {hostile:?}: {:?}", String::from_utf8_lossy(shown));
    }
}

/// Runs a command line of which all is a terminal; says what it showed.
fn shown(line: &str) -> Option<Vec<u8>> {
    let script = Command::new("script").args(["-qc", line, "/dev/null"]).env("TERM", "xterm").output();
    script.ok().map(|output| output.stdout)
}

#[test]
fn nothing_that_a_page_or_a_name_says_reaches_a_terminal_raw() {
    let place = Place::new();
    let payload = HOSTILE.concat();
    let page = format!(
        "10:20 GMT\nHeadline {payload} one\nBy Ann {payload} Bee\nBody {payload} text https://x.test/{payload}\n\
         10:10 GMT\nKey moments {payload}\n- one {payload}\n- two {payload}\n10:00 GMT\nThird\nText {payload}.\n"
    );
    let name = |name: &str| {
        OsStr::from_bytes(&[payload.as_bytes(), b"-2024-03-06-\xff", name.as_bytes()].concat()).to_owned()
    };
    fs::create_dir(place.drop.join(name("blog"))).expect("made");
    fs::write(place.drop.join(name("blog")).join(name("page.txt")), &page).expect("written");
    fs::write(place.drop.join(name("nul")), [page.as_bytes(), b"\0"].concat()).expect("written");
    symlink("/etc/passwd", place.drop.join(name("link"))).expect("linked");
    let program = env!("CARGO_BIN_EXE_liveblogd");
    let (state, drop) = (place.state.display(), place.drop.display());
    let lines = [
        format!("{program} run --once --drop {drop} --state {state}"),
        format!("{program} parse {drop}/*/* {drop}/*nul"),
        format!("{program} parse --explain {drop}/*/*"),
        format!("{program} status --state {state}"),
        format!("{program} status --json --state {state}"),
        format!("{program} replay --state {state}"),
        // Names that a shell's glob has put there, and that can't be read.
        format!(
            "rm -f {drop}/*nul; ln -s none {drop}/*blog/*none 2>/dev/null; {program} parse {drop}/*link {drop}/*blog"
        ),
        format!("{program} check --config {drop}/*blog"),
        format!("{program} forget --state {state} '*'"),
    ];
    for line in lines {
        let Some(shown) = shown(&line) else {
            return not_tested("escapes at a terminal: script(1) isn't installed");
        };
        assert!(!shown.is_empty(), "{line} says something");
        is_tame(&line, &shown);
    }
    // Logs in JSON, too, and what isn't a terminal gets the same.
    let log = place.dir.path().join("json.toml");
    fs::write(&log, "[log]\nformat = \"json\"\nlevel = \"trace\"\n").expect("written");
    let mut run = support::binary();
    run.arg("run").arg("--config").arg(&log).arg("--once").arg("--drop").arg(&place.drop);
    let output = run.arg("--state").arg(place.dir.path().join("other")).output().expect("it runs");
    is_tame("run", &output.stdout);
    is_tame("its log", &output.stderr);
    let events = support::events(&output.stdout);
    assert_eq!(events.len(), 3);
    assert!(text(&events[2], "headline").contains(&payload), "it is all there, escaped: {:?}", events[2]);
}

/// How many directories a daemon has the kernel watch.
fn watches(daemon: &Daemon) -> usize {
    let about = fs::read_dir(format!("/proc/{}/fdinfo", daemon.child.id())).expect("it runs").flatten();
    let texts = about.filter_map(|about| fs::read_to_string(about.path()).ok());
    texts.map(|text| text.lines().filter(|line| line.starts_with("inotify ")).count()).sum()
}

#[test]
fn a_link_has_nothing_outside_watched_and_a_drop_directory_may_be_one() {
    let place = Place::new();
    let [outside, target] = ["outside", "target"].map(|name| place.dir.path().join(name));
    for number in 0..20 {
        fs::create_dir_all(outside.join(number.to_string())).expect("made");
        fs::create_dir_all(target.join(number.to_string())).expect("made");
    }
    symlink(&outside, place.path("link")).expect("linked");
    fs::create_dir(place.path("blog")).expect("made");
    let also = place.dir.path().join("also");
    symlink(&target, &also).expect("linked");
    let daemon = place.run_with(&["--drop", also.to_str().expect("UTF-8")]);
    // The one with its blog, the other with its twenty.
    until("all is watched", || watches(&daemon) >= 23);
    assert_eq!(watches(&daemon), 23);
    place.put("blog/2024-03-06.txt", "10:20 GMT\nOne\nText.\n");
    daemon.says(1);
    fs::write(target.join("7/2024-03-07.txt"), "10:20 GMT\nTwo\nText.\n").expect("written");
    let said = daemon.says(1);
    assert_eq!(said[0]["origin"]["path"], "7/2024-03-07.txt");
    assert_eq!(said[0]["origin"]["root"], also.to_str().expect("UTF-8"));
    // A directory that comes with a link in it has that one watched alone.
    let coming = place.dir.path().join("coming");
    fs::create_dir(&coming).expect("made");
    symlink(&outside, coming.join("link")).expect("linked");
    fs::rename(&coming, place.path("come")).expect("moved");
    until("it is watched", || watches(&daemon) >= 24);
    place.put("come/2024-03-08.txt", "10:20 GMT\nThree\nText.\n");
    daemon.says(1);
    assert_eq!(watches(&daemon), 24);
    daemon.stop();
}

#[test]
fn a_state_directory_in_the_drop_directory_is_never_read() {
    let mut place = Place::new();
    place.state = place.path("state");
    let daemon = place.run();
    for number in 0..3 {
        place.put(&format!("2024-03-0{}.txt", number + 1), "10:20 GMT\nOne\nText.\n");
        daemon.says(1);
    }
    let files = || {
        let output = place.command("status").arg("--json").output().expect("it runs");
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap_or_default()["files"].clone()
    };
    let settled = |files: &serde_json::Value| files["settled"] == 3;
    until("all are settled", || settled(&files()));
    let known: u64 = files().as_object().expect("counts").values().filter_map(|count| count.as_u64()).sum();
    assert_eq!(known, 3, "{}", files());
    daemon.stop();
}

#[test]
fn clients_are_told_no_path_whatever_they_say() {
    let place = Place::new();
    let socket = place.dir.path().join("e.sock");
    let daemon = place.run_with(&["--no-stdout", "--listen", &format!("unix:{}", socket.display())]);
    place.put("2024-03-06.txt", "10:20 GMT\nOne\nText.\n");
    until("it is said", || place.replay().len() == 1);
    let commands: [&[u8]; 10] = [
        b"AFTER ../../etc/passwd\n",
        b"DUMP /etc/passwd\n",
        b"AFTER 99999999999999999999999\n",
        b"AFTER wrongone:1\n",
        b"DUMP \xff\xfe\n",
        b"GET / HTTP/1.1\n",
        b"HEARTBEAT -1\n",
        b"PING \x1b]0;x\x07\n",
        b"AFTER 7\n",
        b"AFTER \xc2\x9b5m\x1b[5m:1\n",
    ];
    let ask = |command: &[u8]| {
        let mut client = UnixStream::connect(&socket).expect("it connects");
        client.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        client.write_all(command).expect("it is said");
        let mut line = String::new();
        // Sent away without a word is fine as well.
        let _closed = BufReader::new(client).read_line(&mut line);
        line
    };
    let secrets = [place.dir.path(), Path::new("/etc"), Path::new("/nonexistent")];
    for command in commands {
        let line = ask(command);
        assert!(line.starts_with("{\"liveblogd\":\""), "{:?}: {line}", String::from_utf8_lossy(command));
        let echoed = line.replace("/etc/passwd", "");
        for secret in secrets {
            assert!(!echoed.contains(secret.to_str().expect("UTF-8")), "{line}");
        }
        assert!(!line.trim_end().chars().any(char::is_control), "{line:?}");
    }
    // A journal that can't be read is the daemon's to log.
    let journal = fs::read_dir(place.state.join("journal")).expect("a journal");
    for file in journal.flatten() {
        fs::rename(file.path(), place.dir.path().join(file.file_name())).expect("taken away");
    }
    assert!(!ask(b"DUMP 0\n").contains(place.dir.path().to_str().expect("UTF-8")));
    drop(daemon);
}

#[test]
fn the_state_directory_is_its_owners_alone() {
    let place = Place::new();
    let daemon = place.run();
    place.put("2024-03-06.txt", "10:20 GMT\nOne\nText.\n");
    daemon.says(1);
    let mut looked_at = 0;
    let mut folders = vec![place.state.clone()];
    while let Some(folder) = folders.pop() {
        let mode = fs::metadata(&folder).expect("there").permissions().mode() & 0o777;
        assert_eq!(mode, 0o700, "{}", folder.display());
        for entry in fs::read_dir(&folder).expect("readable").flatten() {
            let file = entry.metadata().expect("there");
            if file.is_dir() {
                folders.push(entry.path());
                continue;
            }
            looked_at += 1;
            assert_eq!(file.permissions().mode() & 0o777, 0o600, "{}", entry.path().display());
        }
    }
    assert!(looked_at >= 6, "{looked_at} files");
    daemon.stop();
}

/// The names in a table of a manifest.
fn dependencies(manifest: &str, table: &str) -> BTreeSet<String> {
    let manifest: toml::Table = manifest.parse().expect("TOML");
    manifest
        .get(table)
        .and_then(toml::Value::as_table)
        .into_iter()
        .flat_map(|table| table.keys().cloned())
        .collect()
}

#[test]
fn each_dependency_has_its_reason_in_the_table() {
    let (manifest, fuzz) = (include_str!("../Cargo.toml"), include_str!("../fuzz/Cargo.toml"));
    let mut wanted = dependencies(manifest, "dependencies");
    wanted.extend(dependencies(manifest, "dev-dependencies"));
    wanted.extend(dependencies(fuzz, "dependencies"));
    wanted.remove("liveblogd");
    let docs = include_str!("../docs/security.md");
    let (_, table) = docs.split_once("\n## Dependencies\n").expect("there is a chapter");
    let mut found = BTreeSet::new();
    for row in table.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [name, reason] = cells[..] else { panic!("a name and a reason: {row}") };
        assert!(reason.len() > 20, "{row}");
        assert!(found.insert(name.trim_matches('`').to_string()), "twice: {row}");
    }
    assert_eq!(found, wanted);
}

#[test]
fn the_name_of_a_file_forges_no_log_line() {
    let place = Place::new();
    let daemon = place.run();
    let name = "2024-03-06\nERROR the journal is lost\u{1b}[31m\u{9b}31m.txt";
    place.put(name, "08:00 AM GMT\nBridge opens\nIt opened.\n");
    daemon.says(1);
    place.put(name, [0; 300]);
    let line = daemon.logged("is no text now");
    assert!(line.contains("2024-03-06\\nERROR the journal is lost\\u{1b}[31m"), "{line}");
    assert!(!line.chars().any(char::is_control), "{line:?}");
    daemon.stop();
}

#[test]
fn what_root_does_for_a_daemon_that_is_not_root_belongs_to_the_daemon() {
    use std::os::unix::fs::{MetadataExt, chown};
    if !rustix::process::geteuid().is_root() {
        return support::not_tested("who owns what root wrote: it takes root");
    }
    let place = Place::new();
    place.put("2024-03-06.txt", "08:00 AM GMT\nBridge opens\nIt opened.\n");
    place.once();
    const USER: u32 = 12_345;
    let entries =
        || std::fs::read_dir(&place.state).expect("a directory").map(|entry| entry.expect("one").path());
    chown(&place.state, Some(USER), Some(USER)).expect("root may");
    entries().for_each(|path| chown(path, Some(USER), Some(USER)).expect("root may"));
    std::fs::remove_file(place.state.join("index.sqlite")).expect("removed");
    let forgot = place.command("forget").arg("*.txt").output().expect("it runs");
    assert!(forgot.status.success(), "{}", String::from_utf8_lossy(&forgot.stderr));
    for path in entries() {
        assert_eq!(path.metadata().expect("it is there").uid(), USER, "{}", path.display());
    }
}
