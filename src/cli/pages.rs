//! How each page of help ends: examples, and what a script should know.
//!
//! `--help`, `heikin help` and the manual pages show it; `-h` does not. Every command has a page here,
//! in the order in which somebody new comes to need it, and every example is one that heikin
//! understands: `tests/documents` sees to both.

use clap::Command;

/// The page of heikin itself.
const HEIKIN: &str = "\
First steps:
  heikin                              # the demo; Ctrl-C ends it
  heikin init --folder paper          # six questions; writes paper/heikin.toml and paper/.env
  heikin check --config paper/heikin.toml
  heikin run --config paper/heikin.toml

Exit codes:
  0  done; of `run`: stopped in good order
  1  it was tried and failed, or a check did not hold
  2  what was given cannot be used: arguments, settings, files; nothing was done

Environment:
  MODE, HEIKIN_LOG and the secrets: docs/configuration.md
  NO_COLOR  no colours, also on a terminal";

/// The commands, and how their pages end.
const PAGES: &[(&str, &str)] = &[
    ("demo", "\
Examples:
  heikin demo --seed 7 --speed 20
  heikin demo --plain --speed max --candles 500 > demo.txt"),
    ("init", "\
Examples:
  heikin init
  heikin init --folder paper --yes
  heikin init --folder testnet --mode testnet --symbol ETHUSDT --percent 25 --yes"),
    ("check", "\
Examples:
  heikin check
  heikin check --offline --json"),
    ("run", "\
Examples:
  heikin run
  heikin run --config /var/lib/heikin/heikin.toml
  heikin run --resume

Ctrl-C or SIGTERM withdraws entries, leaves stops on the exchange and ends within eight seconds. A
second signal ends at once; the next start recovers either way."),
    ("health", "\
Examples:
  heikin health
  heikin health --ready --json --config paper/heikin.toml"),
    ("chat", "\
Examples:
  heikin chat
  heikin chat --seed 7 --speed 20"),
    ("bot", "\
Examples:
  heikin bot --backend https://trader.example.org
  heikin bot --backend http://127.0.0.1:8080"),
    ("emergency-close", "\
Examples:
  heikin emergency-close --dry-run
  heikin emergency-close --yes --also-sell BTCUSDT=0.5

Run it again until it ends with 0, then look at the exchange yourself. docs/running.md has the rest."),
    ("store", "\
Examples:
  heikin store verify
  heikin store backup ../backup-1
  heikin store export trades > trades.csv
  heikin store restore ../backup-1 --replace --data data"),
    ("replay", "\
Examples:
  heikin replay
  heikin replay --explain --from 300 --to 330
  MODE=paper heikin replay --data ../backup-1"),
    ("download", "\
Examples:
  heikin download BTCUSDT 1h
  heikin download BTCUSDT 1m --from 2024-01-01 --to 2024-12-31 --into candles/btc-2024
  heikin download ETHUSDT 1h --json

Then: heikin backtest --params FILE --candles candles/BTCUSDT-1h

Exit code 1: something could not be got; what is whole is kept, and the same command goes on from there.
Exit code 2: no such symbol, nothing in that span, or a folder that cannot be used."),
    ("backtest", "\
Examples:
  heikin backtest --params examples/backtest.json --candles BTCUSDT-1h-2024-*.zip
  heikin backtest --params examples/backtest.json --candles candles/BTCUSDT-1h --report report.html --json

Exit code 2: a file or a parameter cannot be used; what was asked for is not written."),
    ("simulate", "\
Examples:
  heikin simulate --seeds 2000
  heikin simulate --seed 4711 --trace

Exit code 1: a world broke an invariant; its seed is told."),
    ("soak", "\
Examples:
  heikin soak --length 3d
  heikin soak --length 6h --speed 200 --faults none
  heikin soak --length 30d --seed 7 --json > soak.json

Exit code 1: something has grown, a candle is missing, or another rule does not hold. Linux only."),
    ("exchange-sim", "\
Examples:
  heikin exchange-sim --listen 127.0.0.1:8081 --api-key k --api-secret s --balance USDT=10000 --speed 60"),
    ("standin", "\
Examples:
  heikin standin telegram --listen 127.0.0.1:8082
  heikin standin razorpay --key-id rzp_test_me --key-secret made-up"),
    ("version", "\
Examples:
  heikin version
  heikin version --json"),
    ("completions", "\
Examples:
  heikin completions bash > ~/.local/share/bash-completion/completions/heikin
  heikin completions fish > ~/.config/fish/completions/heikin.fish
  heikin completions zsh > ~/.zfunc/_heikin"),
    ("man", "\
Examples:
  heikin man ~/.local/share/man/man1"),
];

/// Puts the pages where they belong, and the commands into their order.
pub(super) fn attach(whole: Command) -> Command {
    let names: Vec<_> = whole.get_subcommands().map(|own| own.get_name().to_owned()).collect();
    let mut whole = whole.after_long_help(HEIKIN);
    for name in names {
        let Some(place) = PAGES.iter().position(|(known, _)| *known == name) else { continue };
        let page = PAGES.get(place).map_or("", |(_, page)| *page);
        whole = whole.mut_subcommand(name, |own| own.display_order(place).after_long_help(page));
    }
    whole
}
