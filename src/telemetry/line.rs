use std::fmt::Write as _;
use std::io::{self, Write};
use std::sync::Arc;

use secrecy::{ExposeSecret as _, SecretString};
use tracing_subscriber::fmt::MakeWriter;

/// What stands in a secret's place.
const REDACTED: &str = "[redacted]";
/// A shorter text is no secret worth the name, and would be found in every other word.
const SHORTEST: usize = 6;

/// The secrets of the process, in each form in which one may turn up.
#[derive(Debug)]
pub(super) struct Redaction {
    forms: Vec<SecretString>,
}

impl Redaction {
    pub(super) fn new<'a>(secrets: impl IntoIterator<Item = &'a SecretString>) -> Self {
        let mut forms = Vec::new();
        for secret in secrets {
            let secret = secret.expose_secret();
            if secret.len() < SHORTEST {
                continue;
            }
            let quoted = format!("{secret:?}");
            let debug = quoted.get(1..quoted.len() - 1).unwrap_or_default().to_owned();
            for form in [percent_encoded(secret), debug, secret.to_owned()] {
                if !forms.contains(&form) {
                    forms.push(form);
                }
            }
        }
        // A secret that lies within another one must not leave the rest of it behind.
        forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
        Self { forms: forms.into_iter().map(SecretString::from).collect() }
    }

    /// One line: no secret, no line break, nothing that a terminal would obey.
    fn clean(&self, event: &[u8]) -> String {
        let mut text = String::from_utf8_lossy(event).into_owned();
        for form in &self.forms {
            if text.contains(form.expose_secret()) {
                text = text.replace(form.expose_secret(), REDACTED);
            }
        }
        let body = text.trim_end_matches(['\n', '\r']);
        let mut line = String::with_capacity(body.len() + 1);
        for c in body.chars() {
            if is_unsafe(c) {
                let _infallible = write!(line, "{}", c.escape_unicode());
            } else {
                line.push(c);
            }
        }
        line.push('\n');
        line
    }
}

/// Control characters, breaks that some readers know, and what turns the direction of writing.
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn percent_encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _infallible = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// Cleans every event on its way to `writer`. An event is written whole, by one call.
#[derive(Debug, Clone)]
pub(super) struct Clean<W> {
    pub(super) redaction: Arc<Redaction>,
    pub(super) writer: W,
}

impl<'a, W: Write + Clone + 'a> MakeWriter<'a> for Clean<W> {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl<W: Write> Write for Clean<W> {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        self.writer.write_all(self.redaction.clean(event).as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_in_each_of_its_forms() {
        let secrets = ["hunter2hunter2", "p\"w d/1", "hunter2hunter2-longer", "tiny"];
        let secrets = secrets.map(|secret| SecretString::from(secret.to_owned()));
        let redaction = Redaction::new(&secrets);
        let clean = |text: &str| redaction.clean(text.as_bytes());
        assert_eq!(clean("key=hunter2hunter2&x=1\n"), "key=[redacted]&x=1\n");
        assert_eq!(clean("a hunter2hunter2-longer b"), "a [redacted] b\n");
        assert_eq!(clean("u=p%22w%20d%2F1"), "u=[redacted]\n");
        assert_eq!(clean(r#"{"u":"p\"w d/1"}"#), "{\"u\":\"[redacted]\"}\n");
        assert_eq!(clean("tiny"), "tiny\n", "too short to be one");
    }

    #[test]
    fn a_line_stays_a_line_and_commands_no_terminal() {
        let redaction = Redaction::new([]);
        let line = redaction.clean("a\nb\r\u{1b}[31mred\u{9b}x\u{202e}y\tä\n".as_bytes());
        assert_eq!(line, "a\\u{a}b\\u{d}\\u{1b}[31mred\\u{9b}x\\u{202e}y\\u{9}ä\n");
        assert_eq!(redaction.clean(b"\xff\n"), "\u{fffd}\n");
    }
}
