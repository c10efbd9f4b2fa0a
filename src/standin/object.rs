//! JSON objects that grow field by field.

use serde_json::Value;

/// Sets a field of an object; anything else stays as it is.
pub(super) fn put(object: &mut Value, name: &str, value: impl Into<Value>) {
    if let Value::Object(fields) = object {
        fields.insert(name.to_owned(), value.into());
    }
}
