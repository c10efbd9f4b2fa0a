//! Without lockstep: real timers, real latencies, a clock that waits for nobody. Trades may differ from
//! a backtest's; what must hold still holds, and how they differ is told:
//!
//! ```sh
//! cargo test --test parity free_running -- --nocapture
//! ```

use std::fs;
use std::process::Command;
use std::time::Duration;

use heikin::exchange::simulator::{Pace, Simulator};
use heikin_core::ledger::Trade;
use heikin_core::num::{Money, Quantity};

use crate::cases::brisk;
use crate::lockstep::{Case, HISTORY, records, trades};
use crate::product::{Ending, Product, now, pause};
use crate::told::Told;
use crate::toml::configuration;
use crate::truth::{KnownOrder, Truth};

/// Simulated seconds in a real one.
const SPEED: u32 = 240;
/// At this speed the candles take half a minute.
const WITHIN: Duration = Duration::from_mins(5);
const LOOK_EVERY: Duration = Duration::from_millis(20);

#[test]
fn free_running_keeps_what_must_hold_and_tells_how_it_differs() {
    let case = brisk();
    let simulator = case.simulator(Pace::Scaled(SPEED.try_into().unwrap()));
    let folder = tempfile::tempdir().unwrap();
    let series = (case.market.symbol, case.interval);
    let text = configuration(&simulator, series, &case.params.settings, HISTORY);
    let free = format!("speed = {SPEED}");
    fs::write(folder.path().join("heikin.toml"), text.replace("lockstep = true", &free)).unwrap();
    let mut product = Product::start(folder.path(), None);
    let began = now();
    let told = loop {
        assert!(now() < began + WITHIN, "{:?}: {:?}", simulator.standing(), product.told());
        pause(LOOK_EVERY);
        let truth = Truth::of(&simulator.state());
        assert_eq!(truth.violations(), Vec::<String>::new());
        assert!(product.ending().is_none(), "it has ended by itself");
        if simulator.standing().candles_left == Some(0)
            && let Some(told) = product.told()
            && agree(&simulator, &told)
        {
            break told;
        }
    };
    let truth = Truth::of(&simulator.state());
    for trader in &told.traders {
        let covered = truth.open(trader.trader).map(KnownOrder::remaining);
        let covered = covered.fold(Quantity::ZERO, |sum, part| sum.plus(part).unwrap());
        let bare = trader.held.saturating_minus(covered);
        // What is left is dust, or there is no position and the order is an entry.
        assert!(trader.position.is_none() || bare < "0.0001".parse().unwrap(), "{trader:?}");
    }
    product.ask_to_end();
    let ending = product.end_within(Duration::from_secs(8));
    assert!(matches!(ending, Some(Ending::Exited(status)) if status.success()), "{ending:?}");

    let mut replay = Command::new(env!("CARGO_BIN_EXE_heikin"));
    let replay = replay.arg("replay").current_dir(folder.path()).env_clear().env("MODE", "paper");
    let replayed = replay.output().unwrap();
    assert!(replayed.status.success(), "{}", String::from_utf8_lossy(&replayed.stdout));
    let found = trades(&records(&folder.path().join("data")));
    assert!(!found.is_empty());
    tell_differences(&case, &found);
}

/// Whether heikin says what the exchange knows, and the exchange rests.
fn agree(simulator: &Simulator, told: &Told) -> bool {
    let truth = Truth::of(&simulator.state());
    let orders = |trader: u16| truth.open(trader).map(|order| order.id).collect::<Vec<_>>();
    let totals = |asset| told.balances.iter().find(|it| it.asset == asset).map(|it| it.total);
    told.unresolved() == 0
        && told.traders.iter().all(|trader| {
            let known: Vec<_> = trader.orders.iter().map(|order| order.id).collect();
            trader.held == truth.held(trader.trader) && known == orders(trader.trader)
        })
        && truth.balances.iter().all(|(asset, is)| totals(*asset).unwrap_or(Money::ZERO) == *is)
}

#[expect(clippy::print_stdout, reason = "the difference is what this test tells")]
fn tell_differences(case: &Case, found: &[Trade]) {
    let first = found.first().map(|trade| trade.entry_candle);
    let expected: Vec<_> =
        case.backtest().into_iter().filter(|trade| Some(trade.entry_candle) >= first).collect();
    let net = |trades: &[Trade]| trades.iter().fold(Money::ZERO, |sum, it| sum + it.net_quote());
    let twin = |trade: &&Trade| {
        expected.iter().any(|other| {
            other.entry_candle == trade.entry_candle && other.exit_candle == trade.exit_candle
        })
    };
    println!(
        "free running: {} trades, net {}; the backtest: {} trades, net {}; {} enter and leave in \
         the same candles",
        found.len(),
        net(found),
        expected.len(),
        net(&expected),
        found.iter().filter(twin).count(),
    );
}
