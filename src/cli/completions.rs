//! `heikin completions`: what a shell needs to complete heikin's commands and options.

use std::io::{self, Write as _};

use clap::Args;
use clap_complete::Shell;

use super::failure::Failure;
use super::tell::printed;

/// Print the completions of a shell: its Tab key then knows heikin's commands and options.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Which shell.
    #[arg(value_enum)]
    shell: Shell,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut super::command(), "heikin", &mut script);
    printed(io::stdout().write_all(&script))
}
