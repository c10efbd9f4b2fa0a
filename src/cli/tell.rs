//! Lines for whoever started the process. A reader that has gone away ends nothing: what trades goes
//! on, and is in the log.

use std::io::{self, Write as _};

/// A line on standard output.
pub(super) fn tell(line: &str) {
    // Nobody is left to be told.
    let _gone = writeln!(io::stdout(), "{line}").is_err();
}

/// A line on standard error.
pub(super) fn warn(line: &str) {
    let _gone = writeln!(io::stderr(), "heikin: {line}").is_err();
}
