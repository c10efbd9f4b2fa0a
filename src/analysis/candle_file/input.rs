//! Which files a run is about.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use super::content::unreadable;
use super::error::{CandleFileError, FileName, Problem};

/// One thing to read candles from.
pub(super) enum Input {
    StandardInput,
    File(PathBuf),
}

/// The files named, those in the folders named, and standard input for `-`.
pub(super) fn resolve<P: AsRef<Path>>(given: &[P]) -> Result<Vec<Input>, CandleFileError> {
    let mut inputs = Vec::new();
    for path in given {
        let path = path.as_ref();
        if path == Path::new("-") {
            inputs.push(Input::StandardInput);
        } else if path.is_dir() {
            let name = FileName::of_path(path);
            let files = candle_files(path)
                .map_err(|error| CandleFileError::in_file(&name, unreadable(error)))?;
            if files.is_empty() {
                let inside = folders_with_candles(path)
                    .map_err(|error| CandleFileError::in_file(&name, unreadable(error)))?;
                return Err(CandleFileError::in_file(&name, Problem::NoCandleFiles { inside }));
            }
            inputs.extend(files.into_iter().map(Input::File));
        } else {
            inputs.push(Input::File(path.to_owned()));
        }
    }
    if inputs.is_empty() { Err(CandleFileError::nothing_given()) } else { Ok(inputs) }
}

/// The files that are read for these names; standard input is none.
///
/// # Errors
///
/// As opening them.
pub fn candle_paths<P: AsRef<Path>>(given: &[P]) -> Result<Vec<PathBuf>, CandleFileError> {
    let file = |input| match input {
        Input::File(path) => Some(path),
        Input::StandardInput => None,
    };
    Ok(resolve(given)?.into_iter().filter_map(file).collect())
}

/// The candle files right in a folder, by name: folders in it are not looked into.
fn candle_files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in folder.read_dir()? {
        let path = entry?.path();
        if has_candle_name(&path) && !path.is_dir() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// The folders right in a folder that hold candle files, by name.
fn folders_with_candles(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in folder.read_dir()? {
        let path = entry?.path();
        // What cannot be looked into is no hint.
        if path.is_dir() && candle_files(&path).is_ok_and(|files| !files.is_empty()) {
            names.push(path.display().to_string());
        }
    }
    names.sort();
    Ok(names)
}

fn has_candle_name(path: &Path) -> bool {
    // Names with a leading dot are not for people: macOS leaves `._NAME.csv` beside a file.
    let hidden = path.file_name().is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
    let known = |extension: &OsStr| {
        ["csv", "gz", "zip"].iter().any(|known| extension.eq_ignore_ascii_case(known))
    };
    !hidden && path.extension().is_some_and(known)
}
