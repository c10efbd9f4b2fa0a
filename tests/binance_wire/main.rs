#![cfg(test)]
//! What Binance sends, read into the engine's types: recorded payloads where they are at hand, and
//! samples that always run.

mod errors;
mod events;
mod mutations;
mod orders;
mod payloads;
mod rules;

use std::path::PathBuf;

/// The folder with Binance's payloads.
#[expect(clippy::disallowed_methods, reason = "tests have no configuration but this variable")]
fn payloads_folder() -> PathBuf {
    let shared: PathBuf =
        std::env::var_os("HEIKIN_SHARED_DATA").expect("the build has seen it").into();
    shared.join("binance")
}

/// A payload; unpacked where it is packed.
fn payload(name: &str) -> Vec<u8> {
    let bytes = std::fs::read(payloads_folder().join(name))
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    if name.strip_suffix(".gz").is_none() {
        return bytes;
    }
    let mut unpacked = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::MultiGzDecoder::new(&bytes[..]), &mut unpacked)
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    unpacked
}
