//! The command line: what can be asked, and how the answer is told to whoever started the process.
//!
//! One file per subcommand. Each has its `Arguments` and a `run` that returns a [`Failure`] or
//! nothing; how a failure is shown, and the exit code it gives, is decided here alone.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this module is the terminal's")]

mod backtest;
mod failure;
mod simulate;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub use self::failure::{Exit, Failure};

/// Self-hosted Heikin-Ashi trading bot for Binance Spot.
#[derive(Debug, Parser)]
#[command(name = "heikin", version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Backtest(backtest::Arguments),
    Simulate(simulate::Arguments),
}

/// Runs what the process's arguments ask for.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(()) => Exit::Success.into(),
        Err(failure) => {
            eprintln!("heikin: {failure}");
            failure.exit.into()
        }
    }
}

fn run(cli: Cli) -> Result<(), Failure> {
    match cli.command {
        None => Ok(()),
        Some(command) => match command {
            Command::Backtest(arguments) => backtest::run(&arguments),
            Command::Simulate(arguments) => simulate::run(&arguments),
        },
    }
}
