//! Lines and results for whoever started the process. A reader that has gone away ends nothing: what
//! trades goes on, and is in the log.

use std::io::{self, Write as _};

use super::failure::Failure;

/// A line on standard output.
pub(super) fn tell(line: &str) {
    // Nobody is left to be told.
    let _gone = writeln!(io::stdout(), "{line}").is_err();
}

/// A line on standard error.
pub(super) fn warn(line: &str) {
    let _gone = writeln!(io::stderr(), "heikin: {line}").is_err();
}

/// A whole result on standard output.
pub(super) fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    printed(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

/// What came of writing to standard output. Whoever reads it may have seen enough, as in
/// `heikin | head`: that is no fault.
pub(super) fn printed(written: io::Result<()>) -> Result<(), Failure> {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::failed(format!("standard output cannot be written: {error}")))
        }
        _ => Ok(()),
    }
}
