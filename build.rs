//! Tells the tests whether the shared test data is at hand, and the program what it is built from.
//!
//! Tests that need the data are compiled all the same, and shown as ignored where it is not; its path
//! is read when they run.

#![expect(clippy::disallowed_methods, reason = "a build script has no other configuration")]

use std::env;
use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo::rustc-check-cfg=cfg(heikin_shared_data)");
    println!("cargo::rerun-if-env-changed=HEIKIN_SHARED_DATA");
    println!("cargo::rerun-if-changed=build.rs");
    if env::var_os("HEIKIN_SHARED_DATA").is_some_and(|path| !path.is_empty()) {
        println!("cargo::rustc-cfg=heikin_shared_data");
    }
    tell_build();
}

/// What `heikin version` says. `HEIKIN_COMMIT` names the commit where there is no git, as in a
/// container; a debug build does not ask git, or each commit would compile it anew.
fn tell_build() {
    println!("cargo::rerun-if-env-changed=HEIKIN_COMMIT");
    let of_cargo = |name: &str| env::var(name).unwrap_or_default();
    let profile = of_cargo("PROFILE");
    let given = env::var("HEIKIN_COMMIT").ok().filter(|commit| !commit.is_empty());
    let commit = given.or_else(|| if profile == "release" { checked_out() } else { None });
    if let Some(commit) = commit.filter(|commit| commit.chars().all(|c| c.is_ascii_hexdigit())) {
        println!("cargo::rustc-env=HEIKIN_BUILD_COMMIT={commit}");
    }
    println!("cargo::rustc-env=HEIKIN_BUILD_PROFILE={profile}");
    println!("cargo::rustc-env=HEIKIN_BUILD_TARGET={}", of_cargo("TARGET"));
}

/// The commit of this repository; none in a copy without git, also one within another repository.
fn checked_out() -> Option<String> {
    if !git(&["rev-parse", "--show-prefix"])?.is_empty() {
        return None;
    }
    // Every commit and every checkout writes there. A file that is missing would always count as new.
    let log = git(&["rev-parse", "--git-path", "logs/HEAD"])?;
    if Path::new(&log).exists() {
        println!("cargo::rerun-if-changed={log}");
    }
    git(&["rev-parse", "HEAD"])
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let told = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| told.trim().to_owned())
}
