//! The gate in front of real money: what passes, what does not, and what a verdict holds for.

use heikin::analysis::backtest::{Backtest, ExitKind, MarketName, Observer, Params};
use heikin::analysis::live_gate::{Candidate, Objection, Verdict, fingerprint, judge};
use heikin::exchange::simulator::market::{MarketSettings, Series};
use heikin_core::ledger::Trade;
use heikin_core::market::Candle;
use heikin_core::num::Money;
use heikin_core::time::{Interval, Timestamp};

const PARAMS: &str = r#"{
  "tick": "0.01", "step": "0.00001", "min_notional": "5", "fee": "0.001", "cash": "10000",
  "percent": "100", "slippage_pct": "0.05", "entry_trigger_offset": "0", "entry_limit_offset": "0.2%",
  "exit_trigger_offset": "1 atr", "exit_limit_offset": "0.5%"
}"#;

fn candles(count: usize) -> Vec<Candle> {
    let market = MarketSettings {
        seed: 3,
        start: Timestamp::from_millis(1_704_067_200_000),
        price: "60000".parse().unwrap(),
        tick: "0.01".parse().unwrap(),
        volume: "8".parse().unwrap(),
        step: "0.00001".parse().unwrap(),
        pace: Interval::H1,
    };
    let mut series = Series::new(&market, Interval::H1).unwrap();
    (0..count).map(|_| series.next_candle().candle).collect()
}

fn candidate() -> (Candidate, Params, MarketName) {
    let params = Params::parse(PARAMS).unwrap();
    let (symbol, base, quote) =
        ("BTCUSDT".parse().unwrap(), "BTC".parse().unwrap(), "USDT".parse().unwrap());
    let rules = params.rules(symbol, base, quote);
    let Params { settings, fees, .. } = params;
    let candidate = Candidate { rules, interval: Interval::H1, settings, fees };
    (candidate, params, MarketName { symbol, base, quote })
}

#[derive(Default)]
struct Sum {
    count: u64,
    net: Money,
}

impl Observer for Sum {
    fn closed_trade(&mut self, trade: &Trade, _kind: ExitKind) {
        self.count += 1;
        self.net += trade.net_quote();
    }
}

#[test]
fn a_verdict_is_that_of_the_backtest() {
    let (candidate, params, market) = candidate();
    let candles = candles(2_000);
    let verdict = judge(&candidate, &candles).unwrap();
    let mut sum = Sum::default();
    let mut backtest = Backtest::new(&params, market, Interval::H1);
    for candle in &candles {
        backtest.candle(candle, &[], &mut sum);
    }
    assert!(sum.count > 20, "{}", sum.count);
    assert_eq!((verdict.trades, verdict.net), (sum.count, sum.net));
    assert_eq!(verdict.span, (candles[0].open_time(), candles[1_999].close_time()));
    assert!(judge(&candidate, &[]).is_none());
}

#[test]
fn each_rule_objects_at_its_own_limit() {
    let money = |text: &str| text.parse::<Money>().unwrap();
    let verdict = |trades, net: &str, gross: &str, fees: &str| Verdict {
        span: (Timestamp::EPOCH, Timestamp::EPOCH),
        trades,
        net: money(net),
        gross: money(gross),
        fees: money(fees),
        capital: money("10000"),
    };
    assert_eq!(verdict(20, "85", "100", "15").objections(), []);
    assert_eq!(verdict(19, "85", "100", "15").objections(), [Objection::FewTrades]);
    assert_eq!(verdict(20, "84.99", "100", "15.01").objections(), [Objection::Fees]);
    assert_eq!(verdict(20, "0", "100", "1").objections(), [Objection::NoProfit]);
    let losing = verdict(3, "-12.6", "-10", "2.6");
    let all = [Objection::NoProfit, Objection::Fees, Objection::FewTrades];
    assert_eq!(losing.objections(), all);
    assert_eq!(losing.net_percent(), "-0.13%");
    let words = all.map(|objection| losing.explain(objection)).join("; ");
    insta::assert_snapshot!(format!("{losing}\n{words}"), @r"
    3 trades, net -0.13%, no gross profit
    the net result is -0.13%, not a gain; the trades lose before any fee; 3 trades are too few to say anything; 20 are needed
    ");
}

#[test]
fn a_verdict_holds_for_the_very_settings() {
    let (candidate, ..) = candidate();
    let known = fingerprint(&candidate);
    assert_eq!(fingerprint(&candidate.clone()), known);
    let mut settings = candidate.clone();
    settings.settings.rearm_after += 1;
    let mut fees = candidate.clone();
    fees.fees.taker = "0.00075".parse().unwrap();
    let interval = Candidate { interval: Interval::H4, ..candidate };
    for other in [settings, fees, interval] {
        assert_ne!(fingerprint(&other), known);
    }
}
