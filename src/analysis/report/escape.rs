//! The two places where text from outside stands in a page, and how it is kept from leaving them.

use std::fmt::{self, Write as _};
use std::io;

use serde_json::ser::Formatter;

/// A text inside an element or a quoted attribute.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text<'a>(pub(super) &'a str);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                '\n' | '\t' => f.write_char(c)?,
                c if c.is_control() => f.write_char(char::REPLACEMENT_CHARACTER)?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

/// JSON that may stand inside a `<script>` element: no string in it can close the element, open a
/// comment or end a line, and whole numbers carry no `.0`.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ScriptJson;

impl Formatter for ScriptJson {
    fn write_f64<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        write!(writer, "{value}")
    }

    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        while let Some((at, c)) = rest.char_indices().find(|&(_, c)| is_unsafe_in_script(c)) {
            let (before, found) = rest.split_at(at);
            writer.write_all(before.as_bytes())?;
            write!(writer, "\\u{:04x}", u32::from(c))?;
            rest = found.strip_prefix(c).unwrap_or_default();
        }
        writer.write_all(rest.as_bytes())
    }
}

/// Every character here is in the basic plane, so one `\uXXXX` writes it.
const fn is_unsafe_in_script(c: char) -> bool {
    matches!(c, '<' | '>' | '&' | '\u{7f}' | '\u{2028}' | '\u{2029}')
}
