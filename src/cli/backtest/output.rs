//! Files that are there whole or not at all.

use std::fs::{self, File};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::cli::Failure;

/// A file to be. Until [`Output::commit`] its content has no name, so that whatever happens before,
/// an error, Ctrl-C, a power cut, leaves nothing behind and an older file untouched.
#[derive(Debug)]
pub(super) struct Output {
    /// Where it goes, with links followed.
    path: PathBuf,
    /// As it was given.
    given: PathBuf,
    folder: PathBuf,
    content: BufWriter<File>,
}

impl Output {
    /// Finds out whether the file can be written, without touching it.
    pub(super) fn create(given: &Path, option: &str) -> Result<Self, Failure> {
        let fails = |why: &str| Failure::bad_input(format!("{option} {}: {why}", given.display()));
        let path = match fs::metadata(given) {
            Ok(metadata) if metadata.is_dir() => {
                return Err(fails("this is a folder. Name a file in it."));
            }
            Ok(metadata) if !metadata.is_file() => {
                return Err(fails("this is no ordinary file. Name one, or a new one."));
            }
            Ok(_) => fs::canonicalize(given)
                .map_err(|error| fails(&format!("{error}. Name another file.")))?,
            Err(_) => given.to_owned(),
        };
        if path.file_name().is_none() {
            return Err(fails("this names no file. Name one."));
        }
        let folder = match path.parent() {
            Some(folder) if folder != Path::new("") => folder.to_owned(),
            _ => PathBuf::from("."),
        };
        let content = tempfile::tempfile_in(&folder).map_err(|error| {
            let why = match error.kind() {
                io::ErrorKind::NotFound => "its folder is not there. Make it first.".to_owned(),
                io::ErrorKind::PermissionDenied => {
                    "its folder cannot be written to. Change its permissions, or name another."
                        .to_owned()
                }
                _ => format!("{error}. Name another file."),
            };
            fails(&why)
        })?;
        Ok(Self { path, given: given.to_owned(), folder, content: BufWriter::new(content) })
    }

    /// Where two outputs would be the same file.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let place = |output: &Self| {
            fs::canonicalize(&output.folder)
                .ok()
                .zip(output.path.file_name().map(ToOwned::to_owned))
        };
        place(self) == place(other)
    }

    /// Whether it would take the place of a file that is read, or of one in a folder that is.
    pub(super) fn would_replace(&self, input: &Path) -> bool {
        let (Ok(own), Ok(read)) = (fs::canonicalize(&self.path), fs::canonicalize(input)) else {
            return false;
        };
        own == read || own.parent() == Some(&read)
    }

    /// What to write to.
    pub(super) fn content(&mut self) -> &mut BufWriter<File> {
        &mut self.content
    }

    /// Gives the content its name.
    pub(super) fn commit(self) -> Result<(), Failure> {
        let fails = |error: &dyn std::fmt::Display| {
            Failure::failed(format!("{} was not written: {error}", self.given.display()))
        };
        let mut content = self.content.into_inner().map_err(|error| fails(&error))?;
        content.seek(SeekFrom::Start(0)).map_err(|error| fails(&error))?;
        let mut named = named(&self.folder).map_err(|error| fails(&error))?;
        io::copy(&mut content, &mut named).map_err(|error| fails(&error))?;
        named.flush().map_err(|error| fails(&error))?;
        named.as_file().sync_all().map_err(|error| fails(&error))?;
        named.persist(&self.path).map_err(|error| fails(&error))?;
        Ok(())
    }
}

/// A file beside the one to be, with the permissions that a new file has.
fn named(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".heikin-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}
