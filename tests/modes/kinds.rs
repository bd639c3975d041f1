//! What may lie in a drop directory besides pages, and what bytes a page may have.

use std::fs;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;

use rustix::fs::{CWD, FileType, Mode, mknodat};

use crate::support::{Place, binary, headlines, until};
use crate::{has_exactly, is_exact, log, page, rewrite, update};

#[test]
fn m18_what_the_kernel_tells_nobody_is_found_by_the_scan() {
    let place = Place::new();
    let daemon = place.run();
    let outside = place.dir.path().join("outside.txt");
    rewrite(&outside, &update(0));
    fs::hard_link(&outside, place.path("2024-03-06-hard.txt")).expect("linked");
    fs::create_dir(place.path("below")).expect("a directory");
    rewrite(&place.path("below/2024-03-06-target.txt"), &update(1));
    symlink("below/2024-03-06-target.txt", place.path("2024-03-06-soft.txt")).expect("linked");
    has_exactly(&place, 2);
    // Written to by its other name, it raises no event in the drop directory.
    rewrite(&outside, &page([0, 2].into_iter()));
    rewrite(&place.path("below/2024-03-06-target.txt"), &page([1, 3].into_iter()));
    has_exactly(&place, 4);
    daemon.stop();
    is_exact(&place, 4);
}

#[test]
fn m24_every_encoding_gives_its_updates_and_no_byte_a_panic() {
    let place = Place::new();
    let text = "09:10 GMT\nCafé reopens – “at last”\nThe naïve plan worked.\n";
    let utf16 = |text: &str, big: bool| -> Vec<u8> {
        let units = std::iter::once(0xfeff).chain(text.encode_utf16());
        units
            .flat_map(|unit| {
                if big {
                    unit.to_be_bytes()
                } else {
                    unit.to_le_bytes()
                }
            })
            .collect()
    };
    let windows: Vec<u8> = text
        .chars()
        .map(|c| match c {
            'é' => 0xe9,
            'ï' => 0xef,
            '–' => 0x96,
            '“' => 0x93,
            '”' => 0x94,
            c => c as u8,
        })
        .collect();
    let mut kinds: Vec<(&str, Vec<u8>)> = vec![
        ("plain", text.into()),
        ("mark", format!("\u{feff}{text}").into()),
        ("crlf", text.replace('\n', "\r\n").into()),
        ("utf16le", utf16(text, false)),
        ("utf16be", utf16(text, true)),
        ("windows", windows),
    ];
    for (kind, bytes) in kinds.drain(..) {
        rewrite_bytes(&place, &format!("2024-03-06-{kind}.txt"), &bytes);
        let said = place.once();
        let expected: &[&str] = if kind == "plain" {
            &["Café reopens – “at last”"]
        } else {
            &[]
        };
        assert_eq!(headlines(&said), expected, "{kind} is another notation of the same update");
    }
    // Cut in every place: never a panic, never a line that is no event.
    let whole: Vec<u8> = [text.as_bytes(), b"\xff\xfe\x00lone\r\xc3", &utf16(text, false)].concat();
    for cut in 0..whole.len() {
        rewrite_bytes(&place, "2024-03-06-cut.txt", &whole[..cut]);
        let output = binary().arg("parse").arg(place.path("2024-03-06-cut.txt")).output().expect("it runs");
        assert!(matches!(output.status.code(), Some(0 | 1)), "cut at {cut}: {}", output.status);
        drop(crate::support::events(&output.stdout));
    }
    let odd = place.drop.join(std::ffi::OsStr::from_bytes(b"2024-03-06-\xff\xfe.txt"));
    fs::write(odd, update(5)).expect("written");
    assert_eq!(headlines(&place.once()), ["Update number 5"]);
}

fn rewrite_bytes(place: &Place, name: &str, bytes: &[u8]) {
    fs::write(place.path(name), bytes).expect("written");
}

#[test]
fn m27_links_give_each_update_once_and_none_from_outside() {
    let place = Place::new();
    let daemon = place.run();
    rewrite(&place.path("2024-03-06-a.txt"), &page(0..2));
    rewrite(&place.path("2024-03-06-b.txt"), &page(0..3));
    symlink("2024-03-06-a.txt", place.path("2024-03-06-current.txt")).expect("linked");
    symlink("loop-b.txt", place.path("loop-a.txt")).expect("linked");
    symlink("loop-a.txt", place.path("loop-b.txt")).expect("linked");
    symlink(".", place.path("self")).expect("linked");
    let secret = place.dir.path().join("2024-03-06-secret.txt");
    rewrite(&secret, &page(100..103));
    symlink(&secret, place.path("2024-03-06-out.txt")).expect("linked");
    for swap in 0..100 {
        let target = if swap % 2 == 0 {
            "2024-03-06-b.txt"
        } else {
            "2024-03-06-a.txt"
        };
        symlink(target, place.path("next")).expect("linked");
        fs::rename(place.path("next"), place.path("2024-03-06-current.txt")).expect("swapped");
    }
    has_exactly(&place, 3);
    place.put("2024-03-06-b.txt", page(0..4));
    has_exactly(&place, 4);
    daemon.stop();
    is_exact(&place, 4);
}

#[test]
fn m28_fifos_sockets_devices_and_huge_holes_hold_nobody_up() {
    let place = Place::new();
    mknodat(CWD, place.path("2024-03-06-fifo.txt"), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0)
        .expect("made");
    let _socket = std::os::unix::net::UnixListener::bind(place.path("2024-03-06-socket.txt")).expect("bound");
    symlink("/dev/zero", place.path("2024-03-06-zero.txt")).expect("linked");
    let hole = fs::File::create(place.path("2024-03-06-hole.txt")).expect("made");
    hole.set_len(1 << 40).expect("a hole of 1 TiB");
    let daemon = place.run();
    rewrite(&place.path("2024-03-06-page.txt"), &page(0..3));
    has_exactly(&place, 3);
    rewrite(&place.path("2024-03-06-page.txt"), &page(0..5));
    has_exactly(&place, 5);
    daemon.stop();
}

#[test]
fn m34_what_is_kept_of_files_goes_with_them() {
    let place = Place::new();
    let daemon = place.run();
    let files = || {
        let output = place.command("status").arg("--json").output().expect("it runs");
        let status: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let states = status["files"].as_object().expect("a table").clone();
        states.values().filter_map(serde_json::Value::as_u64).sum::<u64>()
    };
    for round in 0..10 {
        for number in 0..50 {
            rewrite(&place.path(&format!("2024-03-06-{round}-{number}.txt")), &update(round * 50 + number));
        }
        until("they are read", || place.replay().len() >= (round + 1) * 50);
        for number in 0..50 {
            fs::remove_file(place.path(&format!("2024-03-06-{round}-{number}.txt"))).expect("removed");
        }
        until("nothing is kept of them", || files() == 0);
    }
    daemon.stop();
    is_exact(&place, 500);
}

/// A member of a gzip file.
fn gzip(text: &str) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(text.as_bytes()).expect("a vector takes it");
    packed.finish().expect("a vector takes it")
}

#[test]
fn m33_what_is_compressed_is_left_alone_and_counted_and_its_text_is_said_once() {
    let place = Place::new();
    let daemon = place.run();
    // Two members, and one whose checksum is wrong.
    let mut wrong = gzip(&page(8..10));
    let crc = wrong.len() - 8;
    wrong[crc] ^= 1;
    let two = [gzip(&page(0..3)), gzip(&page(3..8))].concat();
    fs::write(place.path("2024-03-06-two.txt.gz"), &two).expect("written");
    fs::write(place.path("2024-03-06-wrong.txt.gz"), &wrong).expect("written");
    fs::write(place.path("2024-03-06-cut.txt.gz"), &two[..two.len() / 2]).expect("written");
    for byte in &two {
        place.append("2024-03-06-grown.txt.gz", [*byte]);
    }
    // A log that is rotated, and packed after that: its text is there twice for a while, and then only packed.
    place.append("2024-03-06.log", log(0..3));
    has_exactly(&place, 3);
    fs::rename(place.path("2024-03-06.log"), place.path("2024-03-06.log.1")).expect("renamed");
    fs::write(place.path("2024-03-06.log.1.gz"), gzip(&log(0..3))).expect("written");
    fs::remove_file(place.path("2024-03-06.log.1")).expect("removed");
    place.append("2024-03-06.log", log(3..5));
    has_exactly(&place, 5);
    let counted = || {
        let output = place.command("status").arg("--json").output().expect("it runs");
        let status: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        status["files"]["not_text"].as_u64()
    };
    until("they are counted", || counted() == Some(5));
    daemon.stop();
    is_exact(&place, 5);
}
