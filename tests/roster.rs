#![cfg(test)]
//! Which number each trader has, over changes of the configuration.

use std::fs;

use heikin::analysis::backtest::Params;
use heikin::runtime::roster::{Roster, RosterError};
use heikin::runtime::start::{MarketFacts, TraderPlan};
use heikin::store::Layout;
use heikin_core::engine::Standing;
use heikin_core::market::SymbolRules;
use heikin_core::num::Rate;
use heikin_core::strategy::FeeRates;
use heikin_core::time::Interval;

fn facts(symbol: &str, base: &str) -> MarketFacts {
    let (symbol, base) = (symbol.parse().unwrap(), base.parse().unwrap());
    let rules =
        SymbolRules::unrestricted(symbol, base, "USDT".parse().unwrap(), "0.01".parse().unwrap());
    MarketFacts { rules, fees: FeeRates::flat(Rate::ZERO) }
}

const PARAMS: &str = r#"{ "tick": "0.01", "step": "0.01", "min_notional": "5", "fee": "0", "cash": "1",
    "percent": "100", "entry_trigger_offset": "1", "entry_limit_offset": "1",
    "exit_trigger_offset": "1", "exit_limit_offset": "1" }"#;

fn plan(symbol: &str, interval: Interval) -> TraderPlan {
    TraderPlan {
        symbol: symbol.parse().unwrap(),
        interval,
        settings: Params::parse(PARAMS).unwrap().settings,
        seed_after: None,
        standing: Standing::Active,
    }
}

/// A start with these traders: what they are by number.
fn start(layout: &Layout, plans: &[TraderPlan]) -> Vec<(String, Standing)> {
    let mut roster = Roster::read(layout).unwrap();
    let plans = roster.plans(plans);
    let markets = roster.markets(&[facts("BTCUSDT", "BTC")]);
    roster.seat(&plans, &markets);
    roster.write().unwrap();
    plans.iter().map(|it| (format!("{} {}", it.symbol, it.interval), it.standing)).collect()
}

#[test]
fn a_number_stays_whatever_the_configuration_names_and_in_what_order() {
    use Standing::{Active, Retired};

    let data = tempfile::TempDir::new().unwrap();
    let layout = Layout::new(data.path());
    let [slow, quick, other] =
        [Interval::H12, Interval::H1, Interval::H4].map(|it| plan("BTCUSDT", it));
    let named = |standings: &[Standing]| -> Vec<_> {
        let names = ["BTCUSDT 12h", "BTCUSDT 1h", "BTCUSDT 4h"].map(str::to_owned);
        names.into_iter().zip(standings.iter().copied()).collect()
    };
    assert_eq!(start(&layout, &[slow, quick]), named(&[Active, Active]));
    assert_eq!(start(&layout, &[quick, slow]), named(&[Active, Active]), "moved");
    assert_eq!(start(&layout, &[quick]), named(&[Retired, Active]), "removed");
    let replaced = named(&[Retired, Active, Active]);
    assert_eq!(start(&layout, &[other, quick]), replaced, "another interval");
    assert_eq!(start(&layout, &[slow]), named(&[Active, Retired, Retired]), "back");
}

#[test]
fn a_market_that_the_exchange_knows_no_more_is_as_it_was() {
    let data = tempfile::TempDir::new().unwrap();
    let mut roster = Roster::read(&Layout::new(data.path())).unwrap();
    let gone = facts("LUNAUSDT", "LUNA");
    roster.seat(&[plan("LUNAUSDT", Interval::H1)], std::slice::from_ref(&gone));
    roster.write().unwrap();
    let roster = Roster::read(&Layout::new(data.path())).unwrap();
    let known = facts("BTCUSDT", "BTC");
    assert_eq!(roster.markets(std::slice::from_ref(&known)), [known, gone]);
}

#[test]
fn what_is_no_list_is_refused_and_left_as_it_is() {
    let data = tempfile::TempDir::new().unwrap();
    let layout = Layout::new(data.path());
    fs::write(layout.traders(), "[{}]").unwrap();
    assert!(matches!(Roster::read(&layout), Err(RosterError::Unreadable { .. })));
    assert_eq!(fs::read_to_string(layout.traders()).unwrap(), "[{}]");
}
