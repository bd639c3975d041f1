//! Random deeds of writers, with hints lost at random: nothing that stays on disk is lost.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::Bench;
use crate::source::reading::Hint;

/// One thing that a writer may do. Hints may be lost.
#[derive(Debug, Clone)]
enum Deed {
    Append(u8),
    AppendTorn(u8),
    Rewrite(u8),
    Replace(u8),
    CopyTruncate(u8),
    Recreate(u8),
    Rename(u8, u8),
    Restart,
    Wait(u16),
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        3 => (0u8..4).prop_map(Deed::Append),
        1 => (0u8..4).prop_map(Deed::AppendTorn),
        2 => (0u8..4).prop_map(Deed::Rewrite),
        2 => (0u8..4).prop_map(Deed::Replace),
        1 => (0u8..4).prop_map(Deed::CopyTruncate),
        1 => (0u8..4).prop_map(Deed::Recreate),
        1 => (0u8..4, 0u8..4).prop_map(|(from, to)| Deed::Rename(from, to)),
        1 => Just(Deed::Restart),
        4 => (0u16..3_000).prop_map(Deed::Wait),
    ]
}

fn lines_of(path: &Path) -> Vec<String> {
    fs::read_to_string(path).unwrap_or_default().lines().map(str::to_owned).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]
    #[test]
    fn whatever_writers_do_nothing_that_stays_is_lost(
        deeds in prop::collection::vec((deed(), any::<bool>()), 1..40),
    ) {
        let mut bench = Bench::new();
        let mut count = 0;
        let mut next = || { count += 1; format!("update {count}") };
        for (deed, hinted) in deeds {
            let name = |n: u8| if n == 3 { "d/e/page".to_owned() } else { format!("page{n}") };
            let mut touched = Vec::new();
            match deed {
                Deed::Append(n) | Deed::AppendTorn(n) => {
                    fs::create_dir_all(bench.path("d/e")).unwrap();
                    let end = if matches!(deed, Deed::Append(_)) { "\n" } else { "" };
                    bench.append(&name(n), &format!("{}{end}", next()));
                    touched.push((Hint::Closed as fn(PathBuf) -> Hint, name(n)));
                }
                Deed::Rewrite(n) => {
                    let old = lines_of(&bench.path(&name(n)));
                    bench.write(&name(n), &format!("{}\n{}\n", next(), old.join("\n")));
                    touched.push((Hint::Closed, name(n)));
                }
                Deed::Replace(n) => {
                    let old = lines_of(&bench.path(&name(n)));
                    bench.write("x.tmp", &format!("{}\n{}\n", next(), old.join("\n")));
                    fs::create_dir_all(bench.path("d/e")).unwrap();
                    fs::rename(bench.path("x.tmp"), bench.path(&name(n))).unwrap();
                    touched.push((Hint::Moved, name(n)));
                }
                Deed::CopyTruncate(n) => {
                    let old = fs::read_to_string(bench.path(&name(n))).unwrap_or_default();
                    bench.append("copies", &format!("\n{old}\n"));
                    bench.write(&name(n), "");
                    touched.push((Hint::Closed, name(n)));
                }
                Deed::Recreate(n) => {
                    let old = fs::read_to_string(bench.path(&name(n))).unwrap_or_default();
                    bench.append("copies", &format!("\n{old}\n"));
                    let _ = fs::remove_file(bench.path(&name(n)));
                    bench.write(&name(n), &format!("{}\n", next()));
                    touched.push((Hint::Closed, name(n)));
                }
                Deed::Rename(from, to) => {
                    fs::create_dir_all(bench.path("d/e")).unwrap();
                    if !bench.path(&name(to)).exists() && bench.path(&name(from)).exists() {
                        fs::rename(bench.path(&name(from)), bench.path(&name(to))).unwrap();
                        touched.push((Hint::Changed, name(from)));
                        touched.push((Hint::Moved, name(to)));
                    }
                }
                Deed::Restart => bench.restart(),
                Deed::Wait(ms) => { bench.after(ms.into()); }
            }
            if hinted {
                for (hint, name) in touched {
                    bench.hint(hint, &name);
                }
                bench.run();
            }
        }
        for _ in 0..30 {
            bench.after(1_000);
        }
        for name in ["page0", "page1", "page2", "d/e/page", "copies"] {
            for line in lines_of(&bench.path(name)) {
                prop_assert!(bench.said.contains(&line), "{line:?} of {name} was lost");
            }
        }
    }
}
