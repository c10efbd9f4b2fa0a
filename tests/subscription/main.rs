#![cfg(test)]
//! Access that people pay for: its rules, its provider's wire, and what holds whatever happens.

mod books;
mod client;
mod deliveries;
mod lifecycle;
mod plans;
mod properties;
mod recorded;
mod signatures;
mod statements;
mod till;
mod webhook;
mod world;
mod year;

/// The shared test data about Razorpay.
#[expect(clippy::disallowed_methods, reason = "tests have no configuration but this variable")]
fn recorded_folder() -> std::path::PathBuf {
    let shared: std::path::PathBuf =
        std::env::var_os("HEIKIN_SHARED_DATA").expect("the build has seen it").into();
    shared.join("razorpay")
}
