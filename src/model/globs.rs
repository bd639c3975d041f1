//! Which paths a list of globs means: a glob may fit the whole path below a root, or its last name alone.

use std::path::Path;

use globset::{Glob, GlobSet, GlobSetBuilder};

/// A set of globs. A name with their marks in it, `page[1].txt`, fits itself as well.
pub fn globs<'a>(globs: impl IntoIterator<Item = &'a str>) -> Result<GlobSet, globset::Error> {
    let mut set = GlobSetBuilder::new();
    for glob in globs {
        set.add(Glob::new(glob)?);
        set.add(Glob::new(&globset::escape(glob))?);
    }
    set.build()
}

/// A path as a shell takes it for one word.
pub fn quoted(path: &Path) -> String {
    format!("'{}'", path.to_string_lossy().replace('\'', r"'\''"))
}

/// Whether the path, or its last name, is in the set.
pub fn matches(set: &GlobSet, path: &Path) -> bool {
    set.is_match(path) || path.file_name().is_some_and(|name| set.is_match(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_fits_itself_whatever_is_in_it() {
        for name in ["2024-03-06 page[1].txt", "a{b,c}.txt", "what?.txt", "*.txt"] {
            let set = globs([name]).expect("a glob");
            assert!(matches(&set, Path::new(name)), "{name}");
            assert!(matches(&set, &Path::new("storm").join(name)), "{name}");
        }
        assert!(!matches(&globs(["a[1].txt"]).expect("a glob"), Path::new("a2.txt")));
        assert!(matches(&globs(["a[1].txt"]).expect("a glob"), Path::new("a1.txt")));
    }

    #[test]
    fn a_shell_takes_a_quoted_path_for_one_word() {
        assert_eq!(quoted(Path::new("storm/it's 1.txt")), r"'storm/it'\''s 1.txt'");
    }
}
