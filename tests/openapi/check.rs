#![cfg(test)]
//! The description of the API says what the API is.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

#[test]
fn the_file_says_what_the_types_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/api/openapi.json");
    let mut text = serde_json::to_string_pretty(&heikin_openapi::document()).unwrap();
    text.push('\n');
    if fs::read_to_string(&path).unwrap_or_default() != text {
        fs::write(&path, &text).unwrap();
        panic!(
            "docs/api/openapi.json did not say what the API is. It has been written anew: look at \
             the difference, and commit it"
        );
    }
}

#[test]
fn whatever_is_named_is_there_and_is_named_once() {
    let document = heikin_openapi::document();
    let mut references = BTreeSet::new();
    collect(&document, &mut references);
    assert!(references.len() > 80, "{references:?}");
    for reference in &references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference} is nowhere");
    }
    let ids: Vec<_> = document["paths"]
        .as_object()
        .unwrap()
        .values()
        .flat_map(|item| item.as_object().unwrap().values())
        .map(|operation| operation["operationId"].as_str().unwrap())
        .collect();
    let once: BTreeSet<_> = ids.iter().collect();
    assert_eq!(ids.len(), once.len(), "{ids:?}");
    assert!(ids.len() > 40 && once.contains(&"post_control_panic"), "{ids:?}");
}

fn collect<'a>(value: &'a Value, references: &mut BTreeSet<&'a str>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                match value.as_str() {
                    Some(text) if key == "$ref" => drop(references.insert(text)),
                    _ => collect(value, references),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, references)),
        _ => {}
    }
}
