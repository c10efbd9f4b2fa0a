//! Bodies compared in shape: which fields there are, and of which types.

use std::path::PathBuf;

use serde_json::Value;

/// A recorded body.
#[expect(clippy::disallowed_methods, reason = "tests have no configuration but this variable")]
pub(crate) fn recorded(name: &str) -> Value {
    let shared: PathBuf =
        std::env::var_os("HEIKIN_SHARED_DATA").expect("the build has seen it").into();
    let text = std::fs::read(shared.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Whether our body has the shape of the recorded one, but for what is listed: `-a.b` is a field that
/// only the recorded one has, `+a.b` one that only ours has, `~a.b` one of another type.
#[track_caller]
pub(crate) fn has_shape(ours: &Value, recorded: &Value, but: &[&str]) {
    let mut found = Vec::new();
    compare("", ours, recorded, &mut found);
    found.sort();
    let mut expected: Vec<_> = but.iter().map(|&it| it.to_owned()).collect();
    expected.sort();
    assert_eq!(found, expected, "ours:\n{ours:#}\nrecorded:\n{recorded:#}");
}

fn compare(path: &str, ours: &Value, recorded: &Value, found: &mut Vec<String>) {
    let at = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match (ours, recorded) {
        (Value::Object(ours), Value::Object(recorded)) => {
            for (name, value) in ours {
                match recorded.get(name) {
                    Some(recorded) => compare(&at(name), value, recorded, found),
                    None => found.push(format!("+{}", at(name))),
                }
            }
            let missing = recorded.keys().filter(|name| !ours.contains_key(*name));
            found.extend(missing.map(|name| format!("-{}", at(name))));
        }
        (Value::Array(ours), Value::Array(recorded)) => {
            if let (Some(ours), Some(recorded)) = (ours.first(), recorded.first()) {
                compare(&at("0"), ours, recorded, found);
            }
        }
        _ if kind(ours) == kind(recorded) => {}
        _ => found.push(format!("~{path}")),
    }
}

fn kind(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::Bool(_) => 1,
        Value::Number(_) => 2,
        Value::String(_) => 3,
        Value::Array(_) => 4,
        Value::Object(_) => 5,
    }
}

#[test]
fn differences_are_found() {
    use serde_json::json;
    let recorded = json!({ "a": 1, "b": { "c": "x", "d": [{ "e": 1 }] }, "g": null });
    has_shape(&recorded, &recorded, &[]);
    let ours = json!({ "a": "1", "b": { "d": [{ "f": 1 }] }, "g": null });
    has_shape(&ours, &recorded, &["~a", "-b.c", "-b.d.0.e", "+b.d.0.f"]);
}
