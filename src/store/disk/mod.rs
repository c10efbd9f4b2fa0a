//! What the store asks of a file system: little enough that a disk in memory can give it too, and
//! lose what a real one may lose.

mod memory;
mod real;

use std::fmt::Debug;
use std::io;
use std::path::Path;

pub use memory::{Fault, MemoryDisk, Survives};
pub use real::RealDisk;

/// A file system.
pub trait Disk: Clone + Debug {
    /// An open file.
    type File: DiskFile;

    /// Creates a file that must not exist.
    fn create(&self, path: &Path) -> io::Result<Self::File>;
    /// Opens a file to read and write.
    fn open(&self, path: &Path) -> io::Result<Self::File>;
    /// Opens a file to read only.
    fn open_to_read(&self, path: &Path) -> io::Result<Self::File>;
    /// The names of the files in a folder, in order; nothing where the folder does not exist.
    fn list(&self, folder: &Path) -> io::Result<Vec<String>>;
    /// Gives a file a new name, in place of any that has it.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Creates a folder and those above it, where they do not exist.
    fn create_folder(&self, path: &Path) -> io::Result<()>;
    /// Makes durable which files a folder has.
    fn sync_folder(&self, path: &Path) -> io::Result<()>;
}

/// An open file.
pub trait DiskFile: Debug {
    /// Its length.
    fn length(&self) -> io::Result<u64>;
    /// Reads all of it.
    fn read_all(&self) -> io::Result<Vec<u8>>;
    /// Reads up to so many bytes of its beginning.
    fn read_first(&self, most: usize) -> io::Result<Vec<u8>>;
    /// Reads up to so many bytes from a place on.
    fn read_at(&self, offset: u64, most: usize) -> io::Result<Vec<u8>>;
    /// Writes at a place.
    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()>;
    /// Takes the room for so many bytes, which read as zeros, where it is shorter.
    fn preallocate(&mut self, length: u64) -> io::Result<()>;
    /// Cuts it off.
    fn truncate(&mut self, length: u64) -> io::Result<()>;
    /// Makes durable what was written, and the length.
    fn sync(&mut self) -> io::Result<()>;
}

/// Writes a whole file so that there is either all of it, durably, or what was there before.
pub fn replace<D: Disk>(disk: &D, path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace_with(disk, path, |file| file.write_at(bytes, 0))
}

/// [`replace`] for what is not in memory as a whole: `fill` writes it.
pub fn replace_with<D: Disk>(
    disk: &D,
    path: &Path,
    fill: impl FnOnce(&mut D::File) -> io::Result<()>,
) -> io::Result<()> {
    let temporary = path.with_added_extension(TEMPORARY);
    match disk.remove(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = disk.create(&temporary)?;
    fill(&mut file)?;
    file.sync()?;
    disk.rename(&temporary, path)?;
    disk.sync_folder(path.parent().unwrap_or_else(|| Path::new(".")))
}

/// How the names of files end that are not whole yet.
pub(super) const TEMPORARY: &str = "new";
