//! The table against a set in memory.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

const TABLE: &str = "numbers";

fn connection() -> Connection {
    let at = Connection::open_in_memory().expect("a database");
    at.execute_batch(&Blocks::<12>::schema(TABLE)).expect("a table");
    at
}

/// A record whose key is all of it: a place and a number beside it.
fn record(place: i64, beside: u32) -> [u8; 12] {
    let mut record = [0; 12];
    record[..8].copy_from_slice(&place_bytes(place));
    record[8..].copy_from_slice(&beside.to_be_bytes());
    record
}

fn all(blocks: &mut Blocks<12>, at: &Connection) -> Vec<[u8; 12]> {
    let mut all = Vec::new();
    blocks.each_in(at, (i64::MIN, i64::MAX), |record| all.push(*record)).expect("they are read");
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is put, removed, written and forgotten between: it is the set it would be in memory.
    #[test]
    fn it_is_a_sorted_set(
        steps in prop::collection::vec((0..10u8, -40..40i64, 0..400u32), 1..3_000),
        spread in prop::sample::select(vec![1i64, 1 << 40])
    ) {
        let at = connection();
        let mut blocks = Blocks::<12>::new(TABLE, 12);
        let mut model = BTreeSet::new();
        for (step, place, beside) in steps {
            let record = record(place * spread, beside);
            match step {
                0 => {
                    blocks.remove(&at, &record).expect("removed");
                    model.remove(&record);
                }
                1 if beside < 20 => {
                    blocks.write(&at).expect("written");
                    blocks.written();
                    // As after a restart.
                    blocks = Blocks::new(TABLE, 12);
                }
                _ => {
                    blocks.put(&at, &record).expect("put");
                    model.insert(record);
                }
            }
            prop_assert_eq!(blocks.get(&at, &record).expect("found").is_some(), model.contains(&record));
        }
        prop_assert_eq!(all(&mut blocks, &at), model.iter().copied().collect::<Vec<_>>());
        blocks.write(&at).expect("written");
        prop_assert!(Blocks::<12>::is_sound(TABLE, &at).expect("looked at"));
        let (low, high) = (-10 * spread, 20 * spread);
        let mut some = Vec::new();
        blocks.each_in(&at, (low, high), |record| some.push(*record)).expect("they are read");
        let wanted = model.iter().filter(|record| (low..=high).contains(&place_of(*record)));
        prop_assert_eq!(some, wanted.copied().collect::<Vec<_>>());
        blocks.retain(&at, |record| record[11] % 2 == 0).expect("retained");
        model.retain(|record| record[11] % 2 == 0);
        prop_assert_eq!(all(&mut blocks, &at), model.into_iter().collect::<Vec<_>>());
    }
}

#[test]
fn a_flipped_bit_is_noticed() {
    let at = connection();
    let mut blocks = Blocks::<12>::new(TABLE, 12);
    for place in 0..1_000 {
        blocks.put(&at, &record(place, 1)).expect("put");
    }
    blocks.write(&at).expect("written");
    let flip =
        "UPDATE numbers SET block = CAST(substr(block, 1, ?1) || x'5a' || substr(block, ?1 + 2) AS BLOB)
        WHERE first = (SELECT max(first) FROM numbers)";
    for byte in [0, 9, 30] {
        at.execute_batch("SAVEPOINT whole").expect("kept");
        at.execute(flip, [byte]).expect("flipped");
        assert!(Blocks::<12>::new(TABLE, 12).get(&at, &record(999, 1)).is_err(), "byte {byte}");
        assert!(!Blocks::<12>::is_sound(TABLE, &at).expect("looked at"), "byte {byte}");
        at.execute_batch("ROLLBACK TO whole").expect("as before");
    }
    at.execute("DELETE FROM numbers WHERE first > 0 AND first < 400", []).expect("a hole");
    assert!(Blocks::<12>::new(TABLE, 12).get(&at, &record(350, 1)).is_err(), "a lost block");
}

#[test]
fn what_is_held_and_needs_no_writing_is_bounded() {
    let at = connection();
    let mut blocks = Blocks::<12>::new(TABLE, 12);
    for place in 0..1_000_000 {
        blocks.put(&at, &record(place, 1)).expect("put");
        if place % 10_000 == 0 {
            blocks.write(&at).expect("written");
            blocks.written();
        }
    }
    assert!(blocks.held_bytes <= HELD_BYTES_MAX + 10_000 * 12);
    assert_eq!(blocks.held_bytes, blocks.held.values().map(|block| block.records.len()).sum::<usize>());
}
