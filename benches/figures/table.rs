//! The table of figures: ours, the yardstick's, their ratio, the goal, and whether it is met.

/// What a figure should be.
#[derive(Clone, Copy)]
pub enum Goal {
    AtMost(f64),
    AtLeast(f64),
    /// Ours over the yardstick's.
    RatioAtMost(f64),
    RatioAtLeast(f64),
    /// It is only told.
    None,
}

/// What it is held against.
#[derive(Clone)]
pub enum Yardstick {
    /// Its name and its figure.
    Is(String, f64),
    /// What would have been it, had it been installed.
    Missing(String),
    None,
}

/// A line of the table.
#[derive(Clone)]
pub struct Figure {
    pub what: String,
    pub unit: &'static str,
    pub ours: f64,
    pub yardstick: Yardstick,
    pub goal: Goal,
}

impl Figure {
    pub fn new(what: impl Into<String>, ours: f64, unit: &'static str) -> Figure {
        Figure { what: what.into(), unit, ours, yardstick: Yardstick::None, goal: Goal::None }
    }

    pub fn beside(mut self, name: impl Into<String>, theirs: f64) -> Figure {
        self.yardstick = Yardstick::Is(name.into(), theirs);
        self
    }

    /// Beside a program that may be missing, which is said.
    pub fn beside_if(self, name: &str, theirs: Option<f64>) -> Figure {
        match theirs {
            Some(theirs) => self.beside(name, theirs),
            None => Figure { yardstick: Yardstick::Missing(name.into()), ..self },
        }
    }

    /// A line for each of several programs. The goal stands with the first: it's one goal.
    pub fn beside_each<'a>(self, theirs: impl IntoIterator<Item = (&'a str, Option<f64>)>) -> Vec<Figure> {
        let mut lines: Vec<Figure> =
            theirs.into_iter().map(|(name, theirs)| self.clone().beside_if(name, theirs)).collect();
        lines.iter_mut().skip(1).for_each(|line| line.goal = Goal::None);
        lines
    }

    pub fn goal(mut self, goal: Goal) -> Figure {
        self.goal = goal;
        self
    }

    fn ratio(&self) -> Option<f64> {
        match &self.yardstick {
            Yardstick::Is(_, theirs) if *theirs > 0.0 => Some(self.ours / theirs),
            Yardstick::Is(..) | Yardstick::Missing(_) | Yardstick::None => None,
        }
    }

    /// None where there is no goal, or where its yardstick is missing.
    fn met(&self) -> Option<bool> {
        match self.goal {
            Goal::AtMost(most) => Some(self.ours <= most),
            Goal::AtLeast(least) => Some(self.ours >= least),
            Goal::RatioAtMost(most) => self.ratio().map(|ratio| ratio <= most),
            Goal::RatioAtLeast(least) => self.ratio().map(|ratio| ratio >= least),
            Goal::None => None,
        }
    }

    fn cells(&self) -> [String; 6] {
        let value = |value: f64| format!("{} {}", digits(value), self.unit).trim_end().to_string();
        let goal = match self.goal {
            Goal::AtMost(most) => format!("<= {}", value(most)),
            Goal::AtLeast(least) => format!(">= {}", value(least)),
            Goal::RatioAtMost(most) => format!("<= {} x", digits(most)),
            Goal::RatioAtLeast(least) => format!(">= {} x", digits(least)),
            Goal::None => "-".into(),
        };
        let yardstick = match &self.yardstick {
            Yardstick::Is(name, theirs) => format!("{name}: {}", value(*theirs)),
            Yardstick::Missing(name) => format!("{name}: not installed"),
            Yardstick::None => "-".into(),
        };
        let met = match (self.met(), self.goal) {
            (Some(true), _) => "met",
            (Some(false), _) => "NOT MET",
            (None, Goal::None) => "-",
            (None, _) => "not known",
        };
        let ratio = self.ratio().map_or("-".into(), |ratio| format!("{ratio:.2}"));
        [
            self.what.clone(),
            value(self.ours),
            yardstick,
            ratio,
            goal,
            met.into(),
        ]
    }
}

fn digits(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 0.1 || size == 0.0 => format!("{value:.2}"),
        _ => format!("{value:.4}"),
    }
}

/// Prints the lines under one another.
pub fn print(figures: &[Figure]) {
    let head = ["row", "ours", "yardstick", "ratio", "goal", "met"].map(String::from);
    let lines: Vec<[String; 6]> = std::iter::once(head).chain(figures.iter().map(Figure::cells)).collect();
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..6).map(width).collect();
    for line in &lines {
        let cells: Vec<String> =
            line.iter().zip(&widths).map(|(cell, &width)| format!("{cell:width$}")).collect();
        println!("| {} |", cells.join(" | "));
    }
}

/// The value that so much of all is not above: 0.5 is the median.
pub fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = (sorted.len() as f64 * share).ceil() as usize;
    sorted[at.clamp(1, sorted.len()) - 1]
}

pub fn median(values: &[f64]) -> f64 {
    quantile(values, 0.5)
}
