//! Files whose content is replaced: what was there before mustn't hide what is new.

use std::fs;
use std::os::unix::fs::MetadataExt;

use crate::support::{Place, until};
use crate::{has_exactly, is_exact, log, page, rewrite, update};

/// A preamble longer than what log shippers take for a file's fingerprint.
fn preamble() -> String {
    "What we know so far of the flood, in a summary that never changes from version to version.\n".repeat(15)
}

#[test]
fn m01_a_new_version_with_the_same_first_bytes_is_read_however_it_is_written() {
    for in_place in [true, false] {
        let place = Place::new();
        let daemon = place.run();
        let mut count = 0;
        for version in 0..20 {
            count += 1 + version % 3;
            let text = preamble() + &page(0..count);
            if in_place {
                rewrite(&place.path("2024-03-06.txt"), &text);
            } else {
                place.put("2024-03-06.txt", text);
            }
            until(&format!("version {version}"), || place.replay().len() >= count);
        }
        daemon.stop();
        is_exact(&place, count);
    }
}

#[test]
fn m02_small_files_are_read_like_large_ones() {
    let place = Place::new();
    let daemon = place.run();
    let mut count = 0;
    for size_bytes in [0, 1, 12, 255, 1_000, 1_023] {
        let name = format!("2024-03-06-{size_bytes}.txt");
        let mut text = update(count);
        if text.len() <= size_bytes {
            text.push_str(&"x".repeat(size_bytes - text.len() - 1));
            text.push('\n');
            count += 1;
        } else {
            text = "x".repeat(size_bytes);
        }
        assert_eq!(text.len(), size_bytes);
        rewrite(&place.path(&name), &text);
    }
    has_exactly(&place, count);
    for size_bytes in [0, 1, 12, 255, 1_000, 1_023] {
        place.append(&format!("2024-03-06-{size_bytes}.txt"), format!("\n{}", update(count)));
        count += 1;
    }
    has_exactly(&place, count);
    daemon.stop();
    is_exact(&place, count);
}

#[test]
fn m03_a_file_that_takes_over_an_inode_is_read_whole() {
    for down in ["running", "stopped", "killed"] {
        let place = Place::new();
        let mut count = 3;
        rewrite(&place.path("2024-03-06-0.txt"), &page(0..3));
        let mut daemon = Some(place.run());
        has_exactly(&place, 3);
        let mut same = 0;
        // Shorter than the one before, longer, equally long.
        for (version, updates) in [1, 5, 5].into_iter().enumerate() {
            match down {
                "stopped" => daemon.take().into_iter().for_each(crate::support::Daemon::stop),
                "killed" => drop(daemon.take()),
                _ => {}
            }
            let (old, new) = (format!("2024-03-06-{version}.txt"), format!("2024-03-06-{}.txt", version + 1));
            let inode = fs::metadata(place.path(&old)).expect("it is there").ino();
            fs::remove_file(place.path(&old)).expect("removed");
            rewrite(&place.path(&new), &page(count..count + updates));
            same += u32::from(fs::metadata(place.path(&new)).expect("it is there").ino() == inode);
            count += updates;
            daemon = daemon.or_else(|| Some(place.run()));
            has_exactly(&place, count);
        }
        daemon.into_iter().for_each(crate::support::Daemon::stop);
        is_exact(&place, count);
        println!("m03, {down}: the inode came again {same} times of 3");
    }
}

#[test]
fn m05_truncated_and_written_anew_by_one_writer_is_read_once() {
    let place = Place::new();
    let daemon = place.run();
    rewrite(&place.path("2024-03-06.txt"), &log(0..10));
    has_exactly(&place, 10);
    rewrite(&place.path("2024-03-06.txt"), &log(10..110));
    has_exactly(&place, 110);
    daemon.stop();
    is_exact(&place, 110);
}

#[test]
fn m21_the_last_update_comes_by_itself_and_at_the_end_at_once() {
    let place = Place::with("settle = \"20s\"\n");
    fs::write(&place.config, "[drop]\nsettle = \"20s\"\n").expect("a configuration");
    let daemon = place.run();
    place.put("2024-03-06.txt", log(0..1));
    has_exactly(&place, 1);
    place.append("2024-03-06.txt", log(1..3));
    has_exactly(&place, 2);
    daemon.stop();
    // The last one was open: it has been said by the end, or is by the next start, and once.
    drop(place.once());
    is_exact(&place, 3);

    let place = Place::new();
    let daemon = place.run();
    place.append("2024-03-06.txt", log(0..3));
    has_exactly(&place, 3);
    daemon.stop();
}
