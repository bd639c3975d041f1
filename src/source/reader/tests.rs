use super::*;

#[test]
fn all_of_a_file_at_once_is_what_its_pieces_are() {
    let dir = tempfile::tempdir().expect("a directory");
    let name = FileName::new(dir.path(), Path::new("page.txt"));
    let utf16: Vec<u8> = "\u{feff}aé\nb".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for bytes in [
        b"".to_vec(),
        b"a\nb".to_vec(),
        b"\xef\xbb\xbfa\n\xe9\n".to_vec(),
        utf16,
        "é line\n".repeat(BLOCK_BYTES / 4).into_bytes(),
        "x".repeat(BLOCK_BYTES * 2).into_bytes(),
    ] {
        std::fs::write(name.full(), &bytes).expect("written");
        let file = open(&name).expect("a file");
        let bytes_max = bytes.len() + BLOCK_BYTES;
        let stretch = Stretch { from: Position::START, with_last: true, bytes_max, behind: None };
        let Ok(Content::Text(chunk)) = file.read(stretch, &mut Room::default()) else {
            panic!("it is text")
        };
        let Ok(Content::Text(text)) = file.read_whole(&mut vec![7; 9]) else {
            panic!("it is text")
        };
        assert_eq!(text, chunk.text);
    }
    std::fs::write(name.full(), b"a\0b\n").expect("written");
    let read = open(&name).and_then(|file| file.read_whole(&mut Vec::new()));
    assert!(matches!(read, Ok(Content::NotText)));
}

fn stretch(from: u64, behind: Option<(u64, Fingerprint)>) -> Stretch {
    let from = Position { offset: from, line: 1 };
    Stretch { from, with_last: true, bytes_max: 64 << 20, behind }
}

#[test]
fn a_fingerprint_knows_its_bytes_wherever_they_are_looked_at() {
    let dir = tempfile::tempdir().expect("a directory");
    let name = FileName::new(dir.path(), Path::new("log.txt"));
    let (mut room, line) = (Room::default(), |n: usize| format!("line {n}\n"));
    let text: String = (0..120_000).map(line).collect();
    let whole_lines = |bytes: usize| text[..bytes].rfind('\n').map_or(0, |at| at + 1);
    for before in [900, 40_000, 300_000, 700_000].map(whole_lines) {
        std::fs::write(name.full(), &text[..before]).expect("written");
        let file = open(&name).expect("a file");
        let Ok(Content::Text(first)) = file.read(stretch(0, None), &mut room) else {
            panic!("it is text")
        };
        for more in [20, 50_000, 400_000] {
            let mut grown = text.as_bytes()[..whole_lines(before + more)].to_vec();
            std::fs::write(name.full(), &grown).expect("written");
            let behind = Some((before as u64, first.fingerprint));
            let mut read_on = |from: usize| {
                open(&name).and_then(|file| file.read(stretch(from as u64, behind), &mut room)).expect("read")
            };
            // From the open update on, which was read before.
            let from = whole_lines(before - 100);
            let Content::Text(chunk) = read_on(from) else {
                panic!("nothing before {before} changed")
            };
            assert_eq!(chunk.text.utf8.as_bytes(), &grown[from..]);
            assert!(!chunk.repeats_its_head);
            for changed in [0, before / 2, before - 1] {
                let is_seen = changed < head_range(before as u64).end as usize
                    || window_range(before as u64).contains(&(changed as u64));
                grown[changed] ^= 1;
                std::fs::write(name.full(), &grown).expect("written");
                assert_eq!(matches!(read_on(from), Content::Rewritten), is_seen, "{changed} of {before}");
                grown[changed] ^= 1;
            }
            std::fs::write(name.full(), &grown).expect("written");
            let whole = open(&name).and_then(|file| file.read(stretch(0, None), &mut room));
            let Ok(Content::Text(whole)) = whole else { panic!("it is text") };
            assert_eq!(whole.fingerprint, chunk.fingerprint, "{before} and {more} more");
        }
    }
}

#[test]
fn a_page_behind_a_page_is_told() {
    let dir = tempfile::tempdir().expect("a directory");
    let name = FileName::new(dir.path(), Path::new("page.txt"));
    let page = "The storm, hour by hour\n\n".to_string() + &"a line of it\n".repeat(20);
    let mut room = Room::default();
    std::fs::write(name.full(), &page).expect("written");
    let first = open(&name).and_then(|file| file.read(stretch(0, None), &mut room));
    let Ok(Content::Text(first)) = first else { panic!("it is text") };
    for (more, repeats) in [
        (page.as_str(), true),
        (&page[..page.len() / 2], true),
        (&page[1..], false),
    ] {
        std::fs::write(name.full(), format!("{page}{more}")).expect("written");
        let behind = Some((page.len() as u64, first.fingerprint));
        let read = open(&name).and_then(|file| file.read(stretch(20, behind), &mut room));
        let Ok(Content::Text(chunk)) = read else { panic!("it is text") };
        assert_eq!(chunk.repeats_its_head, repeats);
    }
}

#[test]
fn a_reading_ends_behind_so_many_lines_however_short_they_are() {
    let dir = tempfile::tempdir().expect("a directory");
    let name = FileName::new(dir.path(), Path::new("page.txt"));
    let text = "a\n".repeat(LINES_MAX + LINES_MAX / 2);
    std::fs::write(name.full(), &text).expect("written");
    let file = open(&name).expect("a file");
    let (mut read, mut pieces) = (String::new(), Vec::new());
    loop {
        let Ok(Content::Text(chunk)) = file.read(stretch(read.len() as u64, None), &mut Room::default())
        else {
            panic!("it is text")
        };
        read.push_str(&chunk.text.utf8);
        pieces.push(chunk.text.utf8.len() / 2);
        if chunk.at_end {
            break;
        }
    }
    assert!(read == text);
    assert_eq!(pieces.len(), 2);
    assert!(pieces[0] >= LINES_MAX && pieces[0] <= LINES_MAX + BLOCK_BYTES, "{pieces:?}");
}
