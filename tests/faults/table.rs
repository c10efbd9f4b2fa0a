//! `docs/faults.md` names the tests of every fault.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use heikin::analysis::simulate::Fault;

/// Every row's number, and the whole row.
fn rows(text: &str) -> Vec<(u32, &str)> {
    let number = |row: &str| row.strip_prefix("| F")?.split(' ').next()?.parse().ok();
    text.lines().filter_map(|row| Some((number(row)?, row))).collect()
}

/// What stands between two of these marks.
fn marked<'a>(text: &'a str, mark: &str) -> Vec<&'a str> {
    text.split(mark).skip(1).step_by(2).collect()
}

/// All Rust below a folder, as one text.
fn sources(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, text);
        } else if path.extension().is_some_and(|it| it == "rs") {
            text.push_str(&fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn every_fault_has_a_row_and_every_test_that_is_named_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let document = fs::read_to_string(root.join("docs/faults.md")).unwrap();
    let rows = rows(&document);
    let numbers: Vec<_> = rows.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, (1..=62).collect::<Vec<_>>());
    let mut code = String::new();
    for folder in ["src", "tests"] {
        sources(&root.join(folder), &mut code);
    }
    let classes: BTreeSet<_> = Fault::ALL.iter().map(|class| class.name()).collect();
    let mut tests = 0;
    for (number, row) in rows {
        let shown = row.trim_end_matches(" |").rsplit(" | ").next().unwrap();
        for name in marked(shown, "`") {
            let is_name = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '_';
            if !name.contains('_') || !name.chars().all(is_name) {
                continue;
            }
            tests += 1;
            // Some are made by a macro, which has a line with the name and a fault.
            let exists =
                [format!("fn {name}("), format!("fn {name}<"), format!("    {name} {{ \"kind\"")];
            assert!(exists.iter().any(|text| code.contains(text)), "F{number}: there is no {name}");
        }
        for class in marked(shown, "*") {
            assert!(classes.contains(class), "F{number}: `simulate` has no class {class}");
        }
    }
    assert!(tests > 100, "{tests}");
}
