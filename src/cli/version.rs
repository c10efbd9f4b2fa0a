//! `heikin version`: which heikin this is. What is told comes from `build.rs`.

use clap::Args;
use serde::Serialize;

use super::failure::Failure;
use super::tell::tell;

/// Print which heikin this is: its version, the commit it was built from, how, and for what machine.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// What this program was built from.
#[derive(Debug, Serialize)]
struct Build {
    version: &'static str,
    /// The commit that was checked out; none where the build did not know.
    commit: Option<&'static str>,
    /// `release` is optimized, `debug` is not.
    profile: &'static str,
    /// The target triple.
    target: &'static str,
}

const THIS: Build = Build {
    version: env!("CARGO_PKG_VERSION"),
    commit: option_env!("HEIKIN_BUILD_COMMIT"),
    profile: env!("HEIKIN_BUILD_PROFILE"),
    target: env!("HEIKIN_BUILD_TARGET"),
};

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    if arguments.json {
        let told = serde_json::to_string(&THIS).map_err(Failure::failed)?;
        tell(&told);
        return Ok(());
    }
    let commit = THIS.commit.unwrap_or("not known to this build");
    tell(&format!("heikin {}", THIS.version));
    tell(&format!("commit   {commit}"));
    tell(&format!("profile  {}", THIS.profile));
    tell(&format!("target   {}", THIS.target));
    Ok(())
}
