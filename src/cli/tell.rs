//! Lines and results for whoever started the process. A reader that has gone away ends nothing: what
//! trades goes on, and is in the log.

use std::io::{self, Write as _};
use std::sync::OnceLock;

use super::failure::Failure;

/// Why a line of [`tell`] could not be written.
static LOST: OnceLock<Failure> = OnceLock::new();

/// A line on standard output.
pub(super) fn tell(line: &str) {
    let written = writeln!(io::stdout(), "{line}");
    if let Err(failure) = printed(written) {
        // The first one says it.
        let _later = LOST.set(failure).is_err();
    }
}

/// A question on standard output, whose answer comes on the same line.
pub(super) fn ask(question: &str) {
    let mut out = io::stdout();
    let _gone = write!(out, "{question}").and_then(|()| out.flush()).is_err();
}

/// Whether all that was to be told was written, for commands whose work is to tell it.
pub(super) fn all_told() -> Result<(), Failure> {
    let flushed = printed(io::stdout().flush());
    LOST.get().map_or(flushed, |failure| Err(failure.clone()))
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
