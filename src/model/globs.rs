//! Which paths a list of globs means: a glob may fit the whole path below a root, or its last name alone.

use std::path::Path;

use globset::{Glob, GlobSet, GlobSetBuilder};

/// A set of globs.
pub fn globs<'a>(globs: impl IntoIterator<Item = &'a str>) -> Result<GlobSet, globset::Error> {
    let mut set = GlobSetBuilder::new();
    for glob in globs {
        set.add(Glob::new(glob)?);
    }
    set.build()
}

/// Whether the path, or its last name, is in the set.
pub fn matches(set: &GlobSet, path: &Path) -> bool {
    set.is_match(path) || path.file_name().is_some_and(|name| set.is_match(name))
}
