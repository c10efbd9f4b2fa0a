//! Tells the tests whether the shared data is there: they read its path from the environment when
//! they run, and count as ignored where it is not set.

#[expect(clippy::disallowed_methods, reason = "a build script's input is the environment")]
#[expect(clippy::print_stdout, reason = "how a build script talks to Cargo")]
fn main() {
    println!("cargo::rustc-check-cfg=cfg(heikin_shared_data)");
    println!("cargo::rerun-if-env-changed=HEIKIN_SHARED_DATA");
    if std::env::var_os("HEIKIN_SHARED_DATA").is_some() {
        println!("cargo::rustc-cfg=heikin_shared_data");
    }
}
