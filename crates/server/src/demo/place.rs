//! Where a demo keeps its data.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

/// A place for a demo: a temporary one goes when this is dropped.
#[derive(Debug)]
pub struct Place {
    path: PathBuf,
    _temporary: Option<tempfile::TempDir>,
}

impl Place {
    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// A temporary place, or the one that was named, which must be empty or absent: a demo never touches a directory that
/// is in use.
pub fn place(named: Option<&Path>) -> anyhow::Result<Place> {
    let Some(path) = named else {
        let temporary = tempfile::Builder::new().prefix("roster-demo-").tempdir();
        let temporary = temporary.context("a temporary directory can't be made")?;
        return Ok(Place { path: temporary.path().to_owned(), _temporary: Some(temporary) });
    };
    let is_empty = match fs::read_dir(path) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) if error.kind() == ErrorKind::NotFound => true,
        Err(error) => return Err(error).with_context(|| path.display().to_string()),
    };
    if !is_empty {
        bail!(
            "{} is not empty, and a demo needs a fresh directory: leave out --data for a temporary one",
            path.display()
        );
    }
    Ok(Place { path: path.to_owned(), _temporary: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_demo_takes_a_fresh_directory_alone() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(place(Some(dir.path())).unwrap().path(), dir.path());
        assert!(place(Some(&dir.path().join("absent"))).is_ok());
        fs::write(dir.path().join("roster.db"), "").unwrap();
        assert!(place(Some(dir.path())).is_err());
        assert!(place(Some(&dir.path().join("roster.db"))).is_err());
    }

    #[test]
    fn a_temporary_place_goes_with_the_demo() {
        let temporary = place(None).unwrap();
        let path = temporary.path().to_owned();
        assert!(path.is_dir());
        drop(temporary);
        assert!(!path.exists());
    }
}
