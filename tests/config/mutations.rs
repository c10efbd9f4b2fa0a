//! Two hundred and more mistakes, each in a file that was right: each is told by its key, its value
//! and what mends it.

use std::process::Command;
use std::time::Duration;

use heikin::config::ConfigFaults;

use crate::files::{FULL, Folder};

/// A mistake: what was done, the file, what the key in a fault must end with.
struct Mutation {
    what: String,
    text: Vec<u8>,
    key: String,
}

/// The keys of the full file, with the line of each.
fn keys() -> Vec<(usize, &'static str, &'static str)> {
    let pair = |(line, text): (usize, &'static str)| {
        let (key, value) = text.split_once(" = ")?;
        Some((line, key, value))
    };
    FULL.lines().enumerate().filter_map(pair).collect()
}

fn with_line(line: usize, text: &str) -> Vec<u8> {
    let lines = FULL.lines().enumerate().map(|(at, old)| if at == line { text } else { old });
    lines.collect::<Vec<_>>().join("\n").into_bytes()
}

/// Keys whose value is a free text: no text is wrong.
const FREE: [&str; 2] = ["folder", "data"];
/// Keys that are percentages, amounts or counts: a word is wrong, and so is less than nothing.
fn is_number(value: &str) -> bool {
    value.trim_matches('"').parse::<f64>().is_ok()
}

fn mutations() -> Vec<Mutation> {
    let mut all = Vec::new();
    for (line, key, value) in keys() {
        let mut add = |what: &str, text: String, named: &str| {
            let what = format!("{what}: {text}");
            all.push(Mutation { what, text: with_line(line, &text), key: named.to_owned() });
        };
        let renamed = format!("{key}x");
        if !["USDT", "BTC"].contains(&key) {
            add("renamed", format!("{renamed} = {value}"), &renamed);
        }
        add("a date", format!("{key} = 2024-01-01"), key);
        add("a table", format!("{key} = {{ a = 1 }}"), &format!("{key}.a"));
        add("no value", format!("{key} ="), key);
        add("unquoted", format!("{key} = not a value"), key);
        add("twice", format!("{key} = {value}\n{key} = {value}"), key);
        if !FREE.contains(&key) {
            // A host may have any name.
            if key != "hosts" {
                add("a word", format!("{key} = \"wrong\""), key);
            }
            add("empty", format!("{key} = \"\""), key);
        }
        if is_number(value) {
            add("negative", format!("{key} = -1"), key);
            add("huge", format!("{key} = 99999999999999999999999999"), key);
            add("exponent", format!("{key} = 1e3"), key);
        }
        if value == "true" || value == "false" {
            add("a text for a flag", format!("{key} = \"{value}\""), key);
        }
    }
    all
}

#[test]
fn each_of_many_mistakes_is_told_with_key_value_and_remedy() {
    let mutations = mutations();
    assert!(mutations.len() >= 200, "{}", mutations.len());
    for Mutation { what, text, key } in &mutations {
        let ConfigFaults(faults) =
            Folder::new().with("heikin.toml", text).load(&[]).expect_err(what);
        let fault = faults
            .iter()
            .find(|fault| fault.key == *key || fault.key.ends_with(&format!(".{key}")))
            .unwrap_or_else(|| panic!("{what}: no fault names {key}: {faults:#?}"));
        let told = fault.to_string();
        assert!(told.contains("line "), "{what}: {told}");
        assert!(fault.remedy.len() > 10 && fault.remedy.ends_with('.'), "{what}: {told}");
        let has_value =
            fault.value.is_some() || what.starts_with("twice") || what.starts_with("no value");
        assert!(has_value, "{what}: {told}");
    }
}

#[test]
fn a_file_that_is_cut_off_or_is_no_text_is_told_by_its_line() {
    let mut told = 0;
    for cut in (1..FULL.len()).step_by(5) {
        // A cut between two lines leaves a file that may be whole.
        if let Err(ConfigFaults(faults)) = Folder::new().with("heikin.toml", &FULL[..cut]).load(&[])
        {
            assert!(faults.iter().all(|fault| !fault.key.is_empty() && !fault.what.is_empty()));
            told += 1;
        }
    }
    assert!(told > 200, "{told}");
    for at in (0..FULL.len()).step_by(61) {
        let mut bytes = FULL.as_bytes().to_vec();
        bytes[at] = 0xff;
        let told = Folder::new().with("heikin.toml", bytes).fault(&[]);
        let line = 1 + FULL[..at].matches('\n').count();
        assert!(told.contains(&format!("line {line}:")) && told.contains("UTF-8"), "{told}");
    }
}

#[test]
fn the_program_ends_with_2_and_says_all_of_it() {
    let mut fastest = Duration::MAX;
    for mutation in mutations().iter().step_by(40) {
        let folder = Folder::new().with("heikin.toml", &mutation.text);
        let started = clock();
        let output = Command::new(env!("CARGO_BIN_EXE_heikin"))
            .args(["check", "--offline", "--config"])
            .arg(folder.path("heikin.toml"))
            .env_clear()
            .output()
            .unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{}: {told}", mutation.what);
        assert!(told.contains(&mutation.key), "{}: {told}", mutation.what);
        fastest = fastest.min(started.elapsed());
    }
    // Of several, since what else the machine does is not the program's.
    assert!(fastest < Duration::from_secs(1), "{fastest:?}");
}

#[expect(clippy::disallowed_methods, reason = "how long the program took")]
fn clock() -> std::time::Instant {
    std::time::Instant::now()
}
