//! Tells the tests whether the shared test data is at hand.
//!
//! Tests that need it are compiled all the same, and shown as ignored where it is not; its path is
//! read when they run.

#![expect(clippy::disallowed_methods, reason = "a build script has no other configuration")]

fn main() {
    println!("cargo::rustc-check-cfg=cfg(heikin_shared_data)");
    println!("cargo::rerun-if-env-changed=HEIKIN_SHARED_DATA");
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var_os("HEIKIN_SHARED_DATA").is_some_and(|path| !path.is_empty()) {
        println!("cargo::rustc-cfg=heikin_shared_data");
    }
}
