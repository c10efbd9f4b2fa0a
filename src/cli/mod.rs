//! The command line: what can be asked, and how the answer is told to whoever started the process.
//!
//! One file per subcommand. Each has its `Arguments` and a `run` that returns a [`Failure`] or
//! nothing; how a failure is shown, and the exit code it gives, is decided here alone.

#![expect(clippy::print_stderr, reason = "this module is the terminal's")]

mod backtest;
mod bot;
mod chat;
pub mod check;
mod completions;
mod demo;
mod download;
mod emergency_close;
mod exchange_sim;
mod failure;
mod figures;
mod health;
mod init;
mod man;
mod narration;
mod pages;
mod replay;
mod run;
mod simulate;
mod soak;
mod standin;
mod stop;
mod store;
mod tell;
mod version;
mod words;

use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

pub use self::failure::{Exit, Failure};

/// Self-hosted Heikin-Ashi trading bot for Binance Spot.
///
/// Without a command it runs the demo: the whole loop on a made-up market, with no network and no
/// keys.
#[derive(Debug, Parser)]
#[command(name = "heikin", version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    demo: demo::Arguments,
}

#[derive(Debug, Subcommand)]
enum Command {
    Backtest(backtest::Arguments),
    Bot(bot::Arguments),
    Chat(chat::Arguments),
    Check(check::Arguments),
    Completions(completions::Arguments),
    /// Run the whole loop on a made-up market and show it live: what `heikin` alone does.
    Demo(demo::Arguments),
    Download(download::Arguments),
    EmergencyClose(emergency_close::Arguments),
    Health(health::Arguments),
    Init(init::Arguments),
    Man(man::Arguments),
    Replay(replay::Arguments),
    Run(run::Arguments),
    ExchangeSim(exchange_sim::Arguments),
    Simulate(simulate::Arguments),
    Soak(soak::Arguments),
    Standin(standin::Arguments),
    Store(store::Arguments),
    Version(version::Arguments),
}

/// Everything that can be asked, with its pages of help: what completions, man pages and the tests of
/// the documents are made from.
pub fn command() -> clap::Command {
    pages::attach(Cli::command())
}

/// Runs what the process's arguments ask for.
pub fn main() -> ExitCode {
    let cli = Cli::from_arg_matches(&command().get_matches()).unwrap_or_else(|error| error.exit());
    // For the others it is said by the way, and their work is something else.
    let tells = !matches!(
        cli.command,
        Some(Command::Run(_) | Command::Bot(_) | Command::ExchangeSim(_) | Command::Standin(_))
    );
    let done = run(cli).and_then(|()| if tells { tell::all_told() } else { Ok(()) });
    match done {
        Ok(()) => Exit::Success.into(),
        Err(failure) => {
            eprintln!("heikin: {failure}");
            failure.exit.into()
        }
    }
}

fn run(cli: Cli) -> Result<(), Failure> {
    match cli.command {
        None => demo::run(&cli.demo),
        Some(Command::Backtest(arguments)) => backtest::run(&arguments),
        Some(Command::Bot(arguments)) => bot::run(&arguments),
        Some(Command::Chat(arguments)) => chat::run(&arguments),
        Some(Command::Check(arguments)) => check::run(&arguments),
        Some(Command::Completions(arguments)) => completions::run(&arguments),
        Some(Command::Demo(arguments)) => demo::run(&arguments),
        Some(Command::Download(arguments)) => download::run(&arguments),
        Some(Command::EmergencyClose(arguments)) => emergency_close::run(&arguments),
        Some(Command::Health(arguments)) => health::run(&arguments),
        Some(Command::Man(arguments)) => man::run(&arguments),
        Some(Command::Replay(arguments)) => replay::run(&arguments),
        Some(Command::Run(arguments)) => run::run(&arguments),
        Some(Command::Init(arguments)) => init::run(&arguments),
        Some(Command::ExchangeSim(arguments)) => exchange_sim::run(&arguments),
        Some(Command::Simulate(arguments)) => simulate::run(&arguments),
        Some(Command::Soak(arguments)) => soak::run(&arguments),
        Some(Command::Standin(arguments)) => standin::run(&arguments),
        Some(Command::Store(arguments)) => store::run(&arguments),
        Some(Command::Version(arguments)) => version::run(&arguments),
    }
}
