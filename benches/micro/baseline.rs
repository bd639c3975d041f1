//! The ratios of the last `--save`, a line each: the name, a blank, the ratio.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub struct Baseline(BTreeMap<String, f64>);

impl Baseline {
    pub fn load() -> Baseline {
        let text = std::fs::read_to_string(path()).unwrap_or_default();
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let ratios = lines.map(|line| {
            let (name, ratio) = line.split_once(' ').expect("a line is a name and a ratio");
            (name.to_string(), ratio.trim().parse().expect("a ratio is a number"))
        });
        Baseline(ratios.collect())
    }

    pub fn of(&self, name: &str) -> Option<f64> {
        self.0.get(name).copied()
    }

    pub fn set(&mut self, name: &str, ratio: f64) {
        self.0.insert(name.into(), ratio);
    }

    pub fn save(&self) {
        let mut text =
            String::from("# a thousand units over the fixed loop; cargo bench --bench micro -- --save\n");
        for (name, ratio) in &self.0 {
            text.push_str(&format!("{name} {ratio:.4}\n"));
        }
        std::fs::write(path(), text).expect("the baseline can be written");
        println!("kept in benches/micro/baseline.txt");
    }
}

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/micro/baseline.txt")
}
