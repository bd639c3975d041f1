//! The unit files, alone and with each of the drop-ins that ship as examples, held against systemd's own checks.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use support::{Place, not_tested};

/// The version of systemd; `None` where its checker isn't installed.
fn systemd() -> Option<u32> {
    let output = Command::new("systemd-analyze").arg("--version").output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.split_whitespace().nth(1)?.parse().ok()
}

fn shipped(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("systemd").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A directory with both units, as they are installed.
fn units(place: &Place) -> PathBuf {
    let units = place.dir.path().join("units");
    fs::create_dir(&units).expect("a directory");
    for name in ["liveblogd.service", "liveblogd.socket"] {
        // It looks whether the program is where the unit says.
        let text = shipped(name).replace("/usr/bin/liveblogd", env!("CARGO_BIN_EXE_liveblogd"));
        fs::write(units.join(name), text).expect("written");
    }
    units
}

/// Puts a drop-in where its own comment says that it goes.
fn drop_in(units: &Path, name: &str, text: &str) {
    let first: String = text.lines().take_while(|line| line.starts_with('#')).collect();
    let unit = if first.contains("liveblogd.socket.d/") {
        "liveblogd.socket.d"
    } else {
        "liveblogd.service.d"
    };
    assert!(first.contains(&format!("/etc/systemd/system/{unit}/{name}")), "{first}");
    fs::create_dir_all(units.join(unit)).expect("a directory");
    fs::write(units.join(unit).join(name), text).expect("written");
}

/// What `verify` says, which must be nothing: its exit code is 0 for much that is wrong.
fn verify(units: &Path) -> String {
    let mut verify = Command::new("systemd-analyze");
    verify.args(["verify", "--man=no"]);
    let output = verify
        .arg(units.join("liveblogd.service"))
        .arg(units.join("liveblogd.socket"))
        .output()
        .expect("it runs");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stderr).expect("UTF-8")
}

/// Whether the exposure, in tenths, is at most this.
fn exposed_at_most(units: &Path, tenths: u32) {
    let mut security = Command::new("systemd-analyze");
    security.args(["security", "--offline=true", &format!("--threshold={tenths}")]);
    let output = security.arg(units.join("liveblogd.service")).output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn the_unit_files_are_sound_and_let_the_daemon_do_little() {
    if systemd().is_none() {
        return not_tested("the unit files: systemd-analyze isn't installed");
    }
    let place = Place::new();
    let units = units(&place);
    assert_eq!(verify(&units), "");
    exposed_at_most(&units, 3);
}

#[test]
fn each_drop_in_is_sound_and_opens_no_more_than_it_says() {
    let Some(version) = systemd() else {
        return not_tested("the drop-ins: systemd-analyze isn't installed");
    };
    for name in ["tcp.conf", "notify-reload.conf", "archive.conf"] {
        let place = Place::new();
        let units = units(&place);
        drop_in(&units, name, &shipped(&format!("examples/{name}")));
        let said = verify(&units);
        if name == "notify-reload.conf" && version < 253 {
            // It is for newer ones: an older one says so, and nothing else.
            assert!(said.lines().all(|line| line.contains("Failed to parse service type")), "{said}");
            not_tested("notify-reload.conf is for systemd 253, and this one is older");
        } else {
            assert_eq!(said, "", "{name}");
        }
        exposed_at_most(&units, 3);
        // That the drop-in was looked at at all: a wrong key in it is named.
        drop_in(&units, name, &(shipped(&format!("examples/{name}")) + "Nonsense=1\n"));
        assert!(verify(&units).contains("Nonsense"), "{name}");
    }
}
