//! What is longer than a reading, which is cut at 64 MiB. A binary of its own: beside so many bytes, no other test can
//! measure what a daemon does at rest.

mod support;

use support::{Place, headlines};

/// An update of so many bytes or more.
fn long_update(bytes_min: usize) -> String {
    let mut text = String::from("09:00 GMT\nThe water rose\n");
    for number in 0.. {
        if text.len() >= bytes_min {
            break;
        }
        text += &format!("{number} {}\n", "of the water ".repeat(4_600));
    }
    text
}

/// It is said as far as an event goes.
#[test]
fn an_update_longer_than_a_reading_is_said_as_is_what_stands_behind_it() {
    let long = long_update(65 << 20);
    let rest = "10:00 GMT\nIt fell\nAnd was gone.\n11:00 GMT\nThe bridge is open\nTo all.\n";
    let before = "Harbour live\n\n08:00 GMT\nA storm\nFrom the west.\n";
    let wanted = ["A storm", "The water rose", "It fell", "The bridge is open"];
    let first = Place::new();
    first.put("2024-06-12-a.txt", format!("{long}{rest}"));
    assert_eq!(headlines(&first.once()), wanted[1..]);
    let second = Place::new();
    second.put("2024-06-12-a.txt", format!("{before}{long}{rest}"));
    assert_eq!(headlines(&second.once()), wanted);
    assert!(second.once().is_empty(), "a restart says nothing");
    let appended = Place::new();
    appended.put("2024-06-12-a.txt", before);
    let daemon = appended.run();
    assert_eq!(headlines(&daemon.says(1)), wanted[..1]);
    appended.append("2024-06-12-a.txt", format!("{long}{rest}"));
    assert_eq!(headlines(&daemon.says(3)), wanted[1..]);
    daemon.stop();
}
