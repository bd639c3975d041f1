//! A made-up corpus of live blogs: the same files, byte by byte, in every run. It knows how many different updates
//! there are, so that whoever reads it can be held against that. Several blogs share a day, and some of what one
//! says is what the one before it said at the same minute, word by word.

use std::path::{Path, PathBuf};

use jiff::ToSpan;
use jiff::civil::Date;

use crate::text::{Dice, push_body, push_headline};

/// The length of an update of usual size, bytes: time line, headline and paragraphs.
pub const UPDATE_BYTES: usize = 930;

/// How much of an update isn't body, bytes.
const HEAD_BYTES: usize = 67;

/// How many updates a minute has.
const UPDATES_PER_MINUTE: usize = 2;

/// How a page's updates lie.
#[derive(Clone, Copy, PartialEq)]
pub enum Order {
    /// As a page shows them: the newest on top.
    NewestFirst,
    /// As a log has them: the newest at the end.
    Appended,
    /// Every second file so.
    Both,
}

/// What the corpus is to be.
#[derive(Clone, Copy)]
pub struct Spec {
    pub files: usize,
    pub updates_per_file: usize,
    /// About how long an update is, bytes.
    pub update_bytes: usize,
    /// How many files are of the same day.
    pub blogs: usize,
    pub first_day: Date,
    pub order: Order,
    /// Whether one in ten updates stands in another file too.
    pub duplicates: bool,
    /// Whether each day has its own directory.
    pub nested: bool,
}

impl Spec {
    /// About so many bytes in so many files, ten blogs a day, one update in ten a duplicate.
    pub fn of(bytes: usize, files: usize) -> Spec {
        Spec {
            files,
            updates_per_file: (bytes / files / UPDATE_BYTES).max(1),
            update_bytes: UPDATE_BYTES,
            blogs: 10,
            first_day: jiff::civil::date(2024, 3, 1),
            order: Order::Both,
            duplicates: true,
            nested: false,
        }
    }

    /// The updates of a file that are its own.
    fn own(&self, file: usize) -> usize {
        (0..self.updates_per_file).filter(|&slot| !self.repeats(file, slot)).count()
    }

    /// Whether this update is that of the blog before it. The first blog of a day has none before it, so one in
    /// nine of the others makes one in ten of all.
    fn repeats(&self, file: usize, slot: usize) -> bool {
        self.duplicates
            && !file.is_multiple_of(self.blogs)
            && Dice::new(((file as u64) << 32) | slot as u64).below(self.blogs as u64 - 1) == 0
    }

    /// The name of a file, with the day in it.
    pub fn name(&self, file: usize) -> String {
        let day = self.day(file);
        let between = if self.nested { '/' } else { '-' };
        format!("{day}{between}storm-{:03}.txt", file % self.blogs)
    }

    fn day(&self, file: usize) -> Date {
        self.first_day + ((file / self.blogs) as i64).days()
    }

    fn order(&self, file: usize) -> Order {
        match self.order {
            Order::Both if file.is_multiple_of(2) => Order::NewestFirst,
            Order::Both => Order::Appended,
            order => order,
        }
    }

    /// Adds one update of a file.
    pub fn push_update(&self, page: &mut String, file: usize, slot: usize) {
        let mut whose = file;
        while self.repeats(whose, slot) {
            whose -= 1;
        }
        push_time_line(page, slot / UPDATES_PER_MINUTE);
        let mut dice = Dice::new(!(((whose as u64) << 32) | slot as u64));
        push_headline(page, &mut dice, self.number(whose, slot));
        push_body(page, &mut dice, self.update_bytes.saturating_sub(HEAD_BYTES));
    }

    /// A number for a headline that no other update has, neither of this nor of another day: the same headline at
    /// the same minute of many days would be a rare case, and the daemon looks for it.
    fn number(&self, file: usize, slot: usize) -> u64 {
        let days = (self.day(file) - jiff::civil::date(2000, 1, 1)).get_days() as u64;
        (days * self.blogs as u64 + (file % self.blogs) as u64) * self.updates_per_file as u64 + slot as u64
    }

    /// The text of a file.
    pub fn page(&self, file: usize) -> String {
        let mut page = String::with_capacity(self.updates_per_file * (self.update_bytes + 100));
        for at in 0..self.updates_per_file {
            match self.order(file) {
                Order::NewestFirst => self.push_update(&mut page, file, self.updates_per_file - 1 - at),
                Order::Appended | Order::Both => self.push_update(&mut page, file, at),
            }
        }
        page
    }
}

/// A time line, so many minutes after midnight.
pub fn push_time_line(page: &mut String, minutes: usize) {
    let (hour, minute) = (minutes / 60 % 24, minutes % 60);
    let half = if hour < 12 { "AM" } else { "PM" };
    page.push_str(&format!("{:02}:{minute:02} {half} GMT\n", (hour + 11) % 12 + 1));
}

/// A corpus that lies in a directory.
pub struct Corpus {
    pub dir: PathBuf,
    pub files: Vec<PathBuf>,
    pub bytes: u64,
    pub updates: usize,
    /// How many different updates there are: so many events are to come.
    pub distinct: usize,
}

impl Corpus {
    /// Writes it into a directory, which is made.
    pub fn write(dir: &Path, spec: &Spec) -> Corpus {
        std::fs::create_dir_all(dir).expect("the corpus gets its directory");
        let mut corpus = Corpus { dir: dir.into(), files: Vec::new(), bytes: 0, updates: 0, distinct: 0 };
        for file in 0..spec.files {
            let path = dir.join(spec.name(file));
            if spec.nested {
                let day = path.parent().expect("a file lies in a directory");
                std::fs::create_dir_all(day).expect("a day gets its directory");
            }
            let page = spec.page(file);
            std::fs::write(&path, &page).expect("a page can be written");
            corpus.files.push(path);
            corpus.bytes += page.len() as u64;
            corpus.updates += spec.updates_per_file;
            corpus.distinct += spec.own(file);
        }
        corpus
    }

    /// Moves the files into another directory, without the ones that they lie in.
    pub fn move_to(&self, dir: &Path) {
        for file in &self.files {
            let name = file.file_name().expect("a file has a name");
            std::fs::rename(file, dir.join(name)).expect("a page can be moved");
        }
    }

    pub fn mib(&self) -> f64 {
        self.bytes as f64 / f64::from(1 << 20)
    }

    pub fn gib(&self) -> f64 {
        self.mib() / 1_024.0
    }
}
