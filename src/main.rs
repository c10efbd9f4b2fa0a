//! The `heikin` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    heikin::cli::main()
}
