//! Buttons and the rows that recur.

use crate::backend::Nonce;
use crate::message::{Button, Press};

/// Entries on one page of a list.
pub(crate) const PAGE: u16 = 10;
/// What a button that confirms carries in front of its nonce.
pub(crate) const CONFIRM: char = '+';
/// What a button that cancels carries in front of its nonce.
pub(crate) const CANCEL: char = '-';
/// What a button under a picture carries in front of its command: the answer is a new message.
pub(crate) const ANEW: char = '*';

/// A button that asks for a command, answered in its own message.
pub(crate) fn command(label: impl Into<String>, line: impl Into<String>) -> Button {
    Button { label: label.into(), press: Press::Data(line.into()) }
}

/// A button that asks for a command, answered in a new message.
pub(crate) fn anew(label: impl Into<String>, line: &str) -> Button {
    Button { label: label.into(), press: Press::Data(format!("{ANEW}{line}")) }
}

/// A button that opens an address.
pub(crate) fn address(label: impl Into<String>, url: impl Into<String>) -> Button {
    Button { label: label.into(), press: Press::Url(url.into()) }
}

/// Confirm and cancel.
pub(crate) fn confirmation(label: impl Into<String>, nonce: Nonce) -> [Button; 2] {
    [
        Button { label: label.into(), press: Press::Data(format!("{CONFIRM}{nonce}")) },
        Button { label: "Cancel".to_owned(), press: Press::Data(format!("{CANCEL}{nonce}")) },
    ]
}

/// Back to the menu, and the same again.
pub(crate) fn home_and_refresh(line: &str) -> [Button; 2] {
    [command("‹ Menu", "/menu"), command("⟳ Refresh", line)]
}

/// Pages of a list by the command that shows them; no row where there is but one.
pub(crate) fn pages(line: &str, skip: u32, take: u32, total: u32) -> Vec<Button> {
    let mut row = Vec::new();
    let number = skip / take.max(1) + 1;
    if skip > 0 {
        row.push(command("‹ Newer", format!("{line} {}", number - 1)));
    }
    if skip.saturating_add(take) < total {
        row.push(command("Older ›", format!("{line} {}", number + 1)));
    }
    row
}
