//! `heikin man`: the pages of `--help` as manual pages.

use std::fs;
use std::path::PathBuf;

use clap::Args;

use super::failure::Failure;
use super::tell::tell;

/// Write the manual pages, one for each command, into a folder.
///
/// The folder is made where it does not exist. Pages of the same name are written anew.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The folder.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let folder = &arguments.folder;
    let written = fs::create_dir_all(folder)
        .and_then(|()| clap_mangen::generate_to(super::command(), folder));
    written.map_err(|error| {
        Failure::bad_input(format!(
            "{}: the manual pages cannot be written: {error}. Name a folder that you may write to",
            folder.display()
        ))
    })?;
    tell(&format!("the manual begins with {}", folder.join("heikin.1").display()));
    Ok(())
}
