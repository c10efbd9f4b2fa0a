#![cfg(test)]
//! What is written for people and machines around the program is true: every command in the documents
//! is understood, every link leads somewhere, every metric exists, the container is closed as it says.
//!
//! | module | holds |
//! |---|---|
//! | `commands` | command lines in README, docs and help |
//! | `container` | the image and its composition |
//! | `links` | links between documents, and to places in them |
//! | `metrics` | alert rules, dashboard and the page about both, against the code |
//! | `unit` | the systemd unit |

mod commands;
mod container;
mod links;
mod metrics;
mod unit;

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// README and everything below docs/, as paths from the root of the repository.
fn pages() -> Vec<PathBuf> {
    let mut found = vec![PathBuf::from("README.md"), PathBuf::from("pyproject-free.md")];
    below(&root().join("docs"), &mut found);
    assert!(found.len() > 20, "{} pages", found.len());
    found
}

fn below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            below(&path, found);
        } else if path.extension().is_some_and(|end| end == "md") {
            found.push(path.strip_prefix(root()).unwrap().to_owned());
        }
    }
}
