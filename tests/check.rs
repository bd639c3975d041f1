//! `check`: what is wrong, where it stands, and where each value came from.

mod support;

use support::{Place, binary};

fn check(place: &Place, text: &str, args: &[&str]) -> (Option<i32>, String, String) {
    std::fs::write(&place.config, text).expect("written");
    let mut command = binary();
    command.arg("check").arg("--config").arg(&place.config).args(args).env("LIVEBLOGD_LOG", "debug");
    let output = command.env("LIVEBLOGD_STATE", &place.state).output().expect("it runs");
    let [out, err] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).expect("UTF-8"));
    (output.status.code(), out, err)
}

#[test]
fn every_value_says_where_it_came_from() {
    let place = Place::new();
    let text = "[drop]\nsettle = \"2s\"\n\n[[blog]]\nmatch = \"a\"\n[[blog]]\nmatch = \"b\"\n";
    let (code, out, err) = check(
        &place,
        text,
        &[
            "--drop",
            place.drop.to_str().expect("UTF-8"),
            "--no-stdout",
            "--no-hold-back",
        ],
    );
    assert_eq!(code, Some(0), "{err}");
    let line = |start: &str| {
        out.lines().find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("{start}: {out}"))
    };
    assert!(line("settle = ").ends_with("liveblogd.toml:2"), "{out}");
    assert!(line("match = \"b\"").ends_with("liveblogd.toml:7"), "{out}");
    assert!(line("directories = ").ends_with("# flag --drop"), "{out}");
    assert!(line("enabled = ").ends_with("# flag --no-stdout"), "{out}");
    assert!(line("hold_back = ").ends_with("# flag --no-hold-back"), "{out}");
    assert!(line("level = ").ends_with("# environment LIVEBLOGD_LOG"), "{out}");
    assert!(line("state = ").ends_with("# environment LIVEBLOGD_STATE"), "{out}");
    assert!(line("sync = ").ends_with("# default"), "{out}");
    // It is a configuration itself.
    let (code, again, err) = check(&place, &out, &[]);
    assert_eq!(code, Some(0), "{err}");
    let values = |text: &str| {
        text.lines().filter_map(|line| line.split("  # ").next().map(String::from)).collect::<Vec<_>>()
    };
    assert_eq!(values(&again), values(&out));
}

#[test]
fn what_a_start_would_refuse_is_refused_with_its_place() {
    let place = Place::new();
    let long = format!("[[listen]]\naddress = \"unix:/{}\"\n", "x".repeat(120));
    let file = place.path("file");
    std::fs::write(&file, "x").expect("written");
    let no_socket = format!("[[listen]]\naddress = \"unix:{}\"\n", file.display());
    let inside = format!("[drop]\ndirectories = [\"{}/drop\"]\n", place.state.display());
    let socket =
        |path: &str| format!("[[listen]]\naddress = \"unix:{}/{path}\"\n", place.dir.path().display());
    let spelled =
        format!("[drop]\ndirectories = [{:?}]\n{}{}", place.drop, socket("x.sock"), socket("./x.sock"));
    let sub = place.path("sub");
    let nested = format!("[drop]\ndirectories = [{:?}, {sub:?}]\n", place.drop);
    let is_file = format!("[drop]\ndirectories = [{file:?}]\n");
    let once = "[[listen]]\naddress = \"tcp:127.0.0.1:7\"\n";
    let twice = format!("[drop]\ndirectories = [{:?}]\n{once}{once}", place.drop);
    std::fs::create_dir_all(place.state.join("drop")).expect("made");
    for (text, said) in [
        (
            "[drop]\nexlude = []\n",
            "liveblogd.toml:2:1: unknown key \"exlude\"\nhint: did you mean \"exclude\"?",
        ),
        (long.as_str(), "has 107 bytes at most"),
        (no_socket.as_str(), "is no socket"),
        (
            "[[listen]]\naddress = \"unix:/nonexistent/x.sock\"\n",
            "liveblogd.toml:2:11: the directory /nonexistent of the socket is not there",
        ),
        (
            "[[listen]]\naddress = \"tcp:0.0.0.0:7\"\n",
            "liveblogd.toml:2:11: cannot listen on tcp:0.0.0.0:7: 0.0.0.0 is not loopback",
        ),
        (
            "[[listen]]\naddress = \"unix:/tmp/x.sock\"\ngroup = \"no such\"\n",
            "liveblogd.toml:3:9: cannot listen on /tmp/x.sock: there is no group \"no such\"",
        ),
        (inside.as_str(), "lies in the state directory"),
        (spelled.as_str(), "is listen[0]'s already"),
        (nested.as_str(), "lies in the drop directory"),
        (
            "[journal]\nsegment_size = \"9223372036854775808B\"\nsize_max = \"1GB\"\n",
            "liveblogd.toml:3:12: journal.size_max 1GB is too small",
        ),
        (is_file.as_str(), "is no directory"),
        ("[drop]\ndirectories = [\"\"]\n", "drop.directories has an empty name"),
        (twice.as_str(), "listen[1].address: \"tcp:127.0.0.1:7\" is listen[0]'s already"),
        (
            "[[blog]]\nmatch = \"a\"\ndate = 2024-03-06\n",
            "expected a date string\nhint: a date is written as \"2024-03-06\", in quotes",
        ),
        ("[[listen]]\naddress = \"unix:/tmp/x.sock\"\nmode = 0o660\n", "hint: put the value in quotes"),
        ("[journal]\nevent_size = \"1kB\"\n", "liveblogd.toml:2:14: journal.event_size"),
        ("[drop]\ninclude = [\"*\", \"a[\"]\n", "liveblogd.toml:2:17: "),
    ] {
        let (code, _, err) = check(&place, text, &[]);
        assert!(err.contains(said), "{said} in {err}");
        assert_eq!(code, Some(78), "{err}");
    }
    std::fs::remove_dir_all(&place.state).expect("removed");
    std::fs::write(&place.state, "a file").expect("written");
    for text in ["", &format!("[drop]\ndirectories = [{:?}]\n", place.drop)] {
        let (code, _, err) = check(&place, text, &[]);
        assert!(err.contains("can't be made: "), "{err}");
        assert_eq!(code, Some(78), "{err}");
    }
}

#[test]
fn a_level_that_is_none_is_refused_and_an_empty_variable_is_none() {
    let place = Place::new();
    let of = |level: &str| format!("[drop]\ndirectories = [{:?}]\n[log]\nlevel = {level:?}\n", place.drop);
    for level in [
        "warning",
        "verbose",
        "info,liveblogd=loud",
        "",
        "liveblogd[x=debug",
    ] {
        std::fs::write(&place.config, of(level)).expect("written");
        let output = place.command("check").arg("--drop").arg(&place.drop).output().expect("it runs");
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(78), "{level}: {err}");
        assert!(err.contains(&format!("log.level {level:?}: ")) && err.contains("hint: levels are"), "{err}");
    }
    std::fs::write(&place.config, of("WARN,liveblogd::source=debug")).expect("written");
    let output = place.command("check").env("LIVEBLOGD_DROP", "").output().expect("it runs");
    let out = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && out.contains("liveblogd.toml:2"), "{out}");
}

#[test]
fn a_variable_that_is_set_to_nothing_is_as_good_as_unset() {
    let place = Place::new();
    std::fs::write(&place.config, "[drop]\nzone = \"Europe/Kyiv\"\n").expect("written");
    let mut command = place.command("check");
    for name in ["DROP", "STATE", "DATE", "ZONE", "LISTEN", "LOG", "CONFIG"] {
        command.env(format!("LIVEBLOGD_{name}"), "");
    }
    let output = command.arg("--drop").arg(&place.drop).output().expect("it runs");
    let [out, err] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).expect("UTF-8"));
    assert_eq!(output.status.code(), Some(0), "{err}");
    assert!(out.contains("zone = \"Europe/Kyiv\"") && out.contains("level = \"info\"  # default"), "{out}");
}

#[test]
fn a_directory_that_is_not_there_is_a_warning() {
    let place = Place::new();
    let (code, _, err) = check(&place, "[drop]\ndirectories = [\"/nonexistent/pages\"]\n", &[]);
    assert_eq!(code, Some(0), "{err}");
    assert!(err.contains("warning: the drop directory /nonexistent/pages is not there"), "{err}");
}

#[test]
fn a_wrong_day_in_the_environment_is_named_by_its_variable() {
    let place = Place::new();
    let day = |args: &[&str]| {
        let mut command = place.command("run");
        let output = command.env("LIVEBLOGD_DATE", "yesterday").args(args).output().expect("it runs");
        assert_eq!(output.status.code(), Some(64));
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let err = day(&[]);
    assert!(err.contains("LIVEBLOGD_DATE") && !err.contains("for '--date"), "{err}");
    let err = day(&["--date", "tomorrow"]);
    assert!(err.contains("for '--date"), "{err}");
}

#[test]
fn a_path_that_no_configuration_can_hold_is_named() {
    use std::os::unix::ffi::OsStrExt;
    let place = Place::new();
    let odd = place.dir.path().join(std::ffi::OsStr::from_bytes(b"p\xff"));
    let output = place.command("check").arg("--drop").arg(&odd).output().expect("it runs");
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(err.contains("p\u{fffd} is not UTF-8") && err.contains("\nhint: "), "{err}");
}

/// A wrong letter in a variable's name went unnoticed.
#[test]
fn a_variable_that_nobody_reads_is_told() {
    let place = Place::new();
    std::fs::write(&place.config, "").expect("written");
    for args in [&["check"][..], &["run", "--once", "--drop", "drop"]] {
        let mut command = binary();
        command.args(args).arg("--config").arg(&place.config).current_dir(place.dir.path());
        let command = command.env("LIVEBLOGD_ZOEN", "Europe/London").env("LIVEBLOGD_STATE", &place.state);
        let output = command.output().expect("it runs");
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{args:?}: {told}");
        assert!(told.contains("the variable LIVEBLOGD_ZOEN is none that is read"), "{args:?}: {told}");
    }
}

#[test]
fn settings_under_which_nothing_is_read_are_warned_of() {
    let place = Place::new();
    let (code, _, told) = check(&place, "[drop]\ninclude = []\n[journal]\nmin_free = \"9000TB\"\n", &[]);
    assert_eq!(code, Some(0), "{told}");
    assert!(
        told.contains("drop.include is empty") && told.contains("journal.min_free is more than the disk"),
        "{told}"
    );
}

/// A reload waited for whoever would write to it, and heard neither a client nor SIGTERM.
#[test]
fn a_configuration_that_is_no_file_is_refused() {
    let place = Place::new();
    let pipe = place.path("pipe");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RUSR).expect("a pipe");
    let output = binary().arg("check").arg("--config").arg(&pipe).output().expect("it runs");
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(78), "{told}");
    assert!(told.contains("is no regular file"), "{told}");
}
