//! What a `[[blog]]` table says of a page's layout holds for `run`, `parse` and `parse --explain` alike.

mod support;

use std::fs;

use serde_json::Value;
use support::{binary, events};

/// A page that is misread without help: one time line, in a shape of its own.
const PAGE: &str = "Havn\n\nKl. 14.20 / Broen er aaben\n\nDen er aaben fra i dag.\n";

fn told(events: &[Value]) -> Vec<(Value, Value, Value)> {
    let what = |event: &Value| (event["timestamp"].clone(), event["headline"].clone(), event["body"].clone());
    events.iter().map(what).collect()
}

#[test]
fn a_blogs_own_time_lines_hold_for_every_command() {
    let place = tempfile::tempdir().expect("a directory");
    let (drop, state) = (place.path().join("drop"), place.path().join("state"));
    fs::create_dir_all(drop.join("havn")).expect("made");
    let page = drop.join("havn/2024-03-06.txt");
    fs::write(&page, PAGE).expect("written");
    let config = place.path().join("liveblogd.toml");
    let table = "match = \"havn/*\"\nzone = \"+01:00\"\nheadlines = \"same-line\"\nstamps = [\"Kl. {h}.{mm} / {text}\"]";
    fs::write(&config, format!("[drop]\ndirectories = [{drop:?}]\n[[blog]]\n{table}\n")).expect("written");
    let say = |command: &str, more: &[&std::ffi::OsStr]| {
        let output = binary().arg(command).arg("--config").arg(&config).args(more).output().expect("it runs");
        assert!(output.status.success(), "{output:?}");
        output.stdout
    };
    let run = events(&say("run", &["--once".as_ref(), "--state".as_ref(), state.as_ref()]));
    let headline = Value::from("Broen er aaben");
    let expected = (Value::from("2024-03-06T13:20:00Z"), headline, Value::from("Den er aaben fra i dag."));
    assert_eq!(told(&run), [expected]);
    assert_eq!(told(&events(&say("parse", &[page.as_ref()]))), told(&run));
    let explained = say("parse", &["--explain".as_ref(), page.as_ref()]);
    let explained = String::from_utf8(explained).expect("UTF-8");
    assert!(explained.contains("3 stamp"), "{explained}");
    let bare = binary().arg("parse").arg(&page).output().expect("it runs");
    assert!(bare.stdout.is_empty(), "without the pattern there is no time line");
    assert!(String::from_utf8_lossy(&bare.stderr).contains("no time lines"));
}
