use serde_json::Value;

use super::given::Given;

/// One key: what it means, what it may be, how it is read into a `T`, how it is told again.
///
/// Tables of these are the one description of a file: the reader, the form that `heikin init`
/// writes and the reference in `docs/configuration.md` all come from them.
pub struct Key<T: 'static> {
    /// Its name: `entry.trigger_offset` is `trigger_offset` in the table `entry`.
    pub name: &'static str,
    /// What it may be: the second half of "Give …".
    pub allowed: &'static str,
    /// What it does, for the reference and as a comment in the file.
    pub meaning: &'static str,
    /// Reads it, or says what is wrong with the value.
    pub read: fn(&mut T, &Given<'_>) -> Result<(), String>,
    /// Its effective value; none where it says nothing.
    pub write: fn(&T) -> Option<Value>,
}

impl<T> std::fmt::Debug for Key<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// Puts a value that was read in its place.
pub(super) fn put<T>(place: &mut T, value: Result<T, String>) -> Result<(), String> {
    *place = value?;
    Ok(())
}

/// A value as a text.
#[expect(clippy::unnecessary_wraps, reason = "the type that a key's `write` has")]
pub(super) fn text(value: &impl ToString) -> Option<Value> {
    Some(Value::String(value.to_string()))
}

/// The word for a value.
pub(super) fn name<T: Copy + PartialEq>(words: &[(&'static str, T)], value: T) -> Option<Value> {
    words.iter().find(|(_, known)| *known == value).map(|(word, _)| (*word).into())
}
