//! Moves of one file, with what happens to it in the moments between.

use super::*;
use std::fs;
use std::os::unix::fs::symlink;
use std::sync::Arc;

use crate::source::reader::stat_at;

struct Place {
    dir: tempfile::TempDir,
}

impl Place {
    fn new() -> Place {
        let place = Place { dir: tempfile::tempdir().expect("a directory") };
        fs::create_dir_all(place.dir.path().join("drop/a")).expect("made");
        place
    }

    fn name(&self, path: &str) -> FileName {
        FileName::new(self.dir.path().join("drop"), path)
    }

    fn archive(&self) -> Done {
        Done::Archive(Arc::from(self.dir.path().join("old")))
    }

    fn plan(&self, path: &str, done: &Done) -> Move {
        let name = self.name(path);
        let (stat, _) = stat_at(&name.full()).expect("it is there");
        Move::plan(&name, stat, done, &mut HashSet::new()).expect("planned")
    }

    fn write(&self, path: &str, text: &str) {
        fs::write(self.name(path).full(), text).expect("written");
    }
}

fn text(name: &FileName) -> String {
    fs::read_to_string(name.full()).expect("read")
}

#[test]
fn it_goes_to_the_same_path_and_both_ways_round() {
    let place = Place::new();
    place.write("a/page", "x");
    let planned = place.plan("a/page", &place.archive());
    assert_eq!(planned.make().expect("made"), Moved::Away);
    assert_eq!(text(&planned.to), "x");
    assert!(!planned.file.full().exists());
    assert_eq!(planned.recover().expect("nothing is left to do"), Moved::Away);
    let line = serde_json::to_string(&planned).expect("JSON");
    assert_eq!(serde_json::from_str::<Move>(&line).expect("read"), planned);
}

#[test]
fn a_file_that_is_another_by_now_stays() {
    for done in [Place::new().archive(), Done::Remove] {
        let place = Place::new();
        let done = if done == Done::Remove {
            done
        } else {
            place.archive()
        };
        place.write("page", "x");
        let planned = place.plan("page", &done);
        place.write("page", "xy");
        assert_eq!(planned.make().expect("looked at"), Moved::Untouched);
        assert_eq!(text(&planned.file), "xy");
        assert_eq!(planned.recover().expect("looked at"), Moved::Untouched);
        fs::remove_file(planned.file.full()).expect("removed");
        symlink("a", planned.file.full()).expect("linked");
        assert_eq!(planned.make().expect("looked at"), Moved::Untouched);
    }
}

/// The writer replaces or appends to the file between the last look and the rename, which can't see it.
#[test]
fn a_file_that_changed_in_the_moment_of_the_move_is_put_back() {
    let place = Place::new();
    for done in [place.archive(), Done::Remove] {
        place.write("page", "x");
        let planned = place.plan("page", &done);
        place.write("page", "xy");
        rename_new(&planned.file, &planned.to).expect("moved");
        assert_eq!(planned.settle().expect("looked at"), Moved::PutBack(planned.file.clone()));
        assert_eq!(text(&planned.file), "xy");
        assert!(!planned.to.full().exists());
        // And a third version has taken the name meanwhile.
        let planned = place.plan("page", &done);
        place.write("page", "xyz");
        rename_new(&planned.file, &planned.to).expect("moved");
        place.write("page", "new");
        assert_eq!(planned.recover().expect("looked at"), Moved::PutBack(place.name("page.1")));
        assert_eq!((text(&place.name("page")), text(&place.name("page.1"))), ("new".into(), "xyz".into()));
        fs::remove_file(place.name("page.1").full()).expect("removed");
    }
}

#[test]
fn nothing_is_overwritten_and_no_link_followed() {
    let place = Place::new();
    place.write("page", "x");
    let planned = place.plan("page", &place.archive());
    fs::write(planned.to.full(), "somebody's").expect("written");
    let error = planned.make().expect_err("the name is taken by now");
    assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
    assert_eq!((text(&planned.file), text(&planned.to)), ("x".into(), "somebody's".into()));
    assert_eq!(place.plan("page", &place.archive()).to.path, Path::new("page.1").into());
    symlink("a", place.name("link").full()).expect("linked");
    place.write("a/page", "x");
    let name = place.name("link/page");
    let (stat, _) = stat_at(&name.full()).expect("there");
    let planned = Move::plan(&name, stat, &place.archive(), &mut HashSet::new()).expect("planned");
    assert!(planned.make().is_err(), "a directory that is a link");
    assert_eq!(text(&place.name("a/page")), "x");
}

#[test]
fn two_of_one_name_in_a_batch_get_two_names() {
    let place = Place::new();
    place.write("page", "x");
    let (stat, _) = stat_at(&place.name("page").full()).expect("there");
    let mut taken = HashSet::new();
    let mut to = |done: &Done| Move::plan(&place.name("page"), stat, done, &mut taken).expect("planned").to;
    assert_ne!(to(&place.archive()), to(&place.archive()));
    assert_ne!(to(&Done::Remove), to(&Done::Remove));
}

#[test]
fn a_long_name_is_shortened_at_a_character_for_its_number() {
    // It stayed where it was for ever: the name with a number was too long.
    let place = Place::new();
    for (name, numbered) in [
        ("x".repeat(255), format!("{}.1", "x".repeat(253))),
        (format!("x{}", "é".repeat(127)), format!("x{}.1", "é".repeat(126))),
    ] {
        place.write(&name, "old");
        assert_eq!(place.plan(&name, &place.archive()).make().expect("made"), Moved::Away);
        place.write(&name, "new");
        let planned = place.plan(&name, &place.archive());
        assert_eq!(planned.to.path.to_str(), Some(&*numbered));
        assert_eq!(planned.make().expect("made"), Moved::Away);
    }
}
