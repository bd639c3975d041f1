//! The configuration file: read, held against what can't be seen key by key, and its errors told with their place.

use std::path::Path;

use crate::config::origin::{Places, position};
use crate::config::{CONFIG_PATH, Config, Done, Size};
use crate::exit::Failure;
use crate::model::listen::Wrong;
use crate::parse::zone;

/// The largest configuration that is read, bytes: a thousand `[[blog]]` tables are a tenth of it.
const CONFIG_BYTES_MAX: u64 = 1 << 20;

impl Config {
    /// Reads `path`, or else [`CONFIG_PATH`] if it is there, or else the defaults.
    pub fn load(path: Option<&Path>) -> Result<Config, Failure> {
        let standard = Path::new(CONFIG_PATH);
        let path = match path {
            Some(path) => path,
            None if standard.exists() => standard,
            None => return Ok(Config::default()),
        };
        let unreadable = |error: std::io::Error| {
            Failure::config(format!("cannot read configuration {}: {error}", path.display()))
                .hint("give another file with --config, or make this one readable")
        };
        let metadata = std::fs::metadata(path).map_err(unreadable)?;
        if !metadata.is_file() {
            return Err(Failure::config(format!("configuration {} is no regular file", path.display()))
                .hint("a reload reads it again, and would wait for a pipe, or find it empty: write it to a file first"));
        }
        if metadata.len() > CONFIG_BYTES_MAX {
            return Err(Failure::config(format!(
                "configuration {} is over {CONFIG_BYTES_MAX} bytes",
                path.display()
            )));
        }
        let text = std::fs::read_to_string(path).map_err(unreadable)?;
        Config::read(&text, &path.display().to_string())
    }

    /// Reads a configuration; `name` is what an error calls it.
    pub fn read(text: &str, name: &str) -> Result<Config, Failure> {
        let config: Config = toml::from_str(text).map_err(|error| explain(text, name, &error))?;
        config.check(name, &Places::of(text))?;
        Ok(config)
    }

    /// What can't be seen key by key.
    fn check(&self, name: &str, places: &Places) -> Result<(), Failure> {
        let at = |key: &str| format!("{name}{}", places.after_name(key));
        let numbered = |key: &'static str| move |(at, glob)| (format!("{key}[{at}]"), glob);
        let blogs = self.blog.iter().enumerate();
        let globs = (self.drop.include.iter().enumerate().map(numbered("drop.include")))
            .chain(self.drop.exclude.iter().enumerate().map(numbered("drop.exclude")))
            .chain(blogs.map(|(at, blog)| (format!("blog[{at}].match"), &blog.r#match)));
        for (key, glob) in globs {
            globset::Glob::new(glob).map_err(|error| {
                Failure::config(format!("{}: {error}", at(&key))).hint("globs are like **/*.txt")
            })?;
            if glob.split('/').any(|part| matches!(part, "" | "." | "..")) {
                return Err(Failure::config(format!("{}: {glob:?} fits no path", at(&key))).hint(
                    "globs are held against a path below the drop directory, or the last name in it: live/*.txt, *.txt; of a directory drop.exclude takes the name, old, the others old/**",
                ));
            }
        }
        for (number, blog) in self.blog.iter().enumerate() {
            if let Some(contradiction) = blog.overrides().contradiction() {
                let name = at(&format!("blog[{number}].match"));
                return Err(Failure::config(format!("{name}: [[blog]] {:?}: {contradiction}", blog.r#match))
                    .hint("leave one of them out"));
            }
            if let Some(zone) = blog.zones.keys().find(|zone| !zone::may_be_named(zone)) {
                let name = at(&format!("blog[{number}].zones"));
                return Err(Failure::config(format!(
                    "{name}: [[blog]] {:?}: no time line names the zone {zone:?}",
                    blog.r#match
                ))
                .hint("write it as the page does: zones = { IST = \"Europe/Dublin\" }"));
            }
        }
        if self.drop.done == Done::Archive && self.drop.archive.is_none() {
            return Err(Failure::config(format!(
                "{}: drop.done is \"archive\", and there is no drop.archive",
                at("drop.done")
            ))
            .hint("say with drop.archive below which directory files that are done are moved"));
        }
        let too_small =
            |key: &str, size: Size| Failure::config(format!("{}: {key} {size} is too small", at(key)));
        if self.journal.event_size.0 < 4_096 {
            return Err(too_small("journal.event_size", self.journal.event_size)
                .hint("an event with a long headline needs 4kB or more"));
        }
        if self.journal.segment_size.0 < 65_536 {
            return Err(too_small("journal.segment_size", self.journal.segment_size)
                .hint("a segment holds at least 64KiB"));
        }
        let retained = self.journal.retain_size.map_or(0, |size| size.0);
        let least = retained.saturating_add(self.journal.segment_size.0.saturating_mul(2));
        if let Some(size_max) = self.journal.size_max.filter(|size_max| size_max.0 < least) {
            return Err(too_small("journal.size_max", size_max).hint(
                "what is retained is whole segments: it needs retain_size and two times segment_size",
            ));
        }
        self.log.filter().map_err(|failure| {
            let what = format!("{}: {}", at("log.level"), failure.what);
            Failure { what, ..failure }
        })?;
        for (number, listen) in self.listen.iter().enumerate() {
            let wrong = |wrong: Wrong| {
                let name = at(&format!("listen[{number}].{}", wrong.key));
                Failure::config(format!("{name}: [[listen]]: {wrong}"))
            };
            listen.listen().map_err(wrong)?;
        }
        Ok(())
    }
}

/// What to write instead, where a value isn't of the type that it should be. `line`: where it stands.
fn hint_of_type(message: &str, line: &str) -> Option<&'static str> {
    if line.trim_start().starts_with("date") {
        return Some("a date is written as \"2024-03-06\", in quotes");
    }
    let (found, expected) = message.strip_prefix("invalid type: ")?.split_once(", expected ")?;
    let is_list = expected == "a sequence";
    Some(match (found, expected) {
        ("map", _) if is_list && line.trim_start().starts_with("[[") => "there is one such table: [drop]",
        ("map", _) if is_list => {
            "there may be several such tables, in two brackets each: [[blog]], [[listen]]"
        }
        _ if is_list => "a list is written in brackets, also of one: [\"…\"]",
        (_, "a map") => "names and what they mean are written in braces: { IST = \"Europe/Dublin\" }",
        (_, "a boolean") => "write true or false, without quotes",
        (_, expected) if expected.ends_with("string") => "put the value in quotes",
        _ => return None,
    })
}

/// The line of a TOML error, and the nearest known key where one is unknown.
fn explain(text: &str, name: &str, error: &toml::de::Error) -> Failure {
    let at = error.span().map_or(0, |span| span.start.min(text.len()));
    let (line, column) = position(text, at);
    let message = error.message().lines().next().unwrap_or("not TOML");
    let failure = Failure::config(format!("{name}:{line}:{column}: {message}"));
    if let Some(hint) = hint_of_type(message, text.lines().nth(line - 1).unwrap_or("")) {
        return failure.hint(hint);
    }
    let mut quoted = message.split('`').skip(1).step_by(2);
    if !message.starts_with("unknown ") {
        return failure;
    }
    let Some(unknown) = quoted.next() else {
        return failure;
    };
    let nearest = quoted.clone().map(|known| (strsim::damerau_levenshtein(unknown, known), known)).min();
    let is_value = message.starts_with("unknown variant ");
    let short = if is_value {
        let known: Vec<String> = quoted.map(|known| format!("{known:?}")).collect();
        Failure::config(format!("{name}:{line}:{column}: {unknown:?} is none of {}", known.join(", ")))
    } else {
        Failure::config(format!("{name}:{line}:{column}: unknown key {unknown:?}"))
    };
    match nearest {
        Some((distance, known)) if distance <= 1 + unknown.len() / 3 => {
            short.hint(format!("did you mean {known:?}?"))
        }
        _ if is_value => short.hint("write one of these"),
        _ => short.hint("liveblogd check prints every key there is"),
    }
}
