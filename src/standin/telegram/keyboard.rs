//! Inline keyboards, and what is wrong with them (`core.telegram.org/bots/api#inlinekeyboardmarkup`).

use serde_json::{Value, json};

use super::error::{ApiError, Result};

/// The most that a button may carry, in bytes.
const LONGEST_DATA: usize = 64;
/// The most buttons of a message.
const MOST_BUTTONS: usize = 100;

/// What a button is pressed for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Press {
    /// The bot is told this.
    Data(String),
    /// A page is opened; the bot is told nothing.
    Url(String),
}

/// A `reply_markup` as messages show it; none for one that only inline messages do not keep.
pub(super) fn checked(markup: Option<Value>) -> Result<Option<Value>> {
    let Some(markup) = markup else { return Ok(None) };
    let unreadable = |what: &str| {
        ApiError::bad_request(format!("can't parse reply keyboard markup JSON object: {what}"))
    };
    let Value::Object(object) = &markup else { return Err(unreadable("object expected")) };
    let Some(rows) = object.get("inline_keyboard") else {
        let is_other = ["keyboard", "remove_keyboard", "force_reply"];
        return if object.is_empty() || is_other.iter().any(|it| object.contains_key(*it)) {
            Ok(None)
        } else {
            Err(ApiError::bad_request("object expected as reply markup"))
        };
    };
    let rows = rows.as_array().ok_or_else(|| {
        unreadable("Field \"inline_keyboard\" of the InlineKeyboardMarkup must be an Array")
    })?;
    let mut shown = Vec::new();
    let mut count = 0;
    for row in rows {
        let buttons = row.as_array().ok_or_else(|| unreadable("keyboard rows must be Arrays"))?;
        for button in buttons {
            check_button(button)?;
        }
        count += buttons.len();
        if !buttons.is_empty() {
            shown.push(row.clone());
        }
    }
    if count > MOST_BUTTONS {
        return Err(ApiError::bad_request("REPLY_MARKUP_TOO_LONG"));
    }
    Ok((!shown.is_empty()).then(|| json!({ "inline_keyboard": shown })))
}

fn check_button(button: &Value) -> Result<()> {
    let wrong =
        |what: &str| ApiError::bad_request(format!("can't parse inline keyboard button: {what}"));
    let text = button.get("text").and_then(Value::as_str);
    let text = text.ok_or_else(|| wrong("Field \"text\" must be of type String"))?;
    if text.trim().is_empty() {
        return Err(ApiError::bad_request("BUTTON_TEXT_INVALID"));
    }
    match press(button) {
        Some(Press::Data(data)) if data.is_empty() || data.len() > LONGEST_DATA => {
            Err(ApiError::bad_request("BUTTON_DATA_INVALID"))
        }
        Some(Press::Url(url)) if !is_address(&url) => {
            Err(ApiError::bad_request("BUTTON_URL_INVALID"))
        }
        Some(_) => Ok(()),
        None => Err(wrong("Text buttons are unallowed in the inline keyboard")),
    }
}

/// Telegram takes no address of this machine; people who try things by hand need those.
fn is_address(url: &str) -> bool {
    ["http://", "https://", "tg://"].iter().any(|scheme| {
        url.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty() && !rest.contains(' '))
    })
}

fn press(button: &Value) -> Option<Press> {
    let of = |name: &str| button.get(name).and_then(Value::as_str).map(str::to_owned);
    of("callback_data").map(Press::Data).or_else(|| of("url").map(Press::Url))
}

/// The button of a keyboard that has this data, or this text.
pub(super) fn button(markup: &Value, wanted: &str) -> Option<Press> {
    let rows = markup.get("inline_keyboard")?.as_array()?;
    let buttons = || rows.iter().filter_map(Value::as_array).flatten();
    let by_data = buttons().find(|it| it.get("callback_data").is_some_and(|it| it == wanted));
    by_data
        .or_else(|| buttons().find(|it| it.get("text").is_some_and(|it| it == wanted)))
        .and_then(press)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(button: &Value) -> Result<Option<Value>> {
        checked(Some(json!({ "inline_keyboard": [[button]] })))
    }

    #[test]
    fn a_button_carries_one_to_64_bytes_or_an_address() {
        assert!(one(&json!({ "text": "x", "callback_data": "a".repeat(64) })).unwrap().is_some());
        assert!(one(&json!({ "text": "x", "url": "http://127.0.0.1:1/a" })).unwrap().is_some());
        for (button, expected) in [
            (json!({ "text": "x", "callback_data": "" }), "BUTTON_DATA_INVALID"),
            (json!({ "text": "x", "callback_data": "é".repeat(33) }), "BUTTON_DATA_INVALID"),
            (json!({ "text": "x", "url": "no address" }), "BUTTON_URL_INVALID"),
            (json!({ "text": " ", "callback_data": "a" }), "BUTTON_TEXT_INVALID"),
            (json!({ "text": "x" }), "Text buttons are unallowed in the inline keyboard"),
            (json!({ "callback_data": "x" }), "Field \"text\" must be of type String"),
        ] {
            let error = one(&button).unwrap_err();
            assert!(error.description.ends_with(expected), "{error:?}");
        }
    }

    #[test]
    fn an_empty_keyboard_is_none_and_others_are_not_kept() {
        for markup in [
            json!({ "inline_keyboard": [] }),
            json!({ "inline_keyboard": [[]] }),
            json!({ "remove_keyboard": true }),
            json!({}),
        ] {
            assert_eq!(checked(Some(markup)).unwrap(), None);
        }
        assert!(checked(Some(json!([]))).is_err());
        let buttons = vec![json!({ "text": "x", "callback_data": "a" }); MOST_BUTTONS + 1];
        let error = checked(Some(json!({ "inline_keyboard": [buttons] }))).unwrap_err();
        assert_eq!(error.description, "Bad Request: REPLY_MARKUP_TOO_LONG");
    }

    #[test]
    fn a_button_is_found_by_its_data_or_its_text() {
        let markup = json!({ "inline_keyboard": [
            [{ "text": "b", "callback_data": "a" }], [{ "text": "x", "callback_data": "b" }],
        ] });
        assert_eq!(button(&markup, "b"), Some(Press::Data("b".to_owned())));
        assert_eq!(button(&markup, "x"), Some(Press::Data("b".to_owned())));
        assert_eq!(button(&markup, "y"), None);
    }
}
