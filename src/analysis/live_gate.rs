//! Whether settings have earned real money: a backtest of those very settings on the symbol's own
//! history, with the account's fees. The rules are few and known; a verdict is no promise.

use std::fmt::{self, Write as _};

use heikin_core::ledger::Trade;
use heikin_core::market::{Candle, SymbolRules};
use heikin_core::matching::FillModel;
use heikin_core::num::{Money, Quantity, Rate};
use heikin_core::strategy::{FeeRates, HeikinAshiSettings, Sizing};
use heikin_core::time::{Interval, Timestamp};
use serde::{Deserialize, Serialize};

use super::backtest::statistics::TradeTotals;
use super::backtest::{Backtest, ExitKind, MarketName, Observer, Params};

/// Fees may take this much of the gross profit, in percent.
pub const MOST_FEES_PERCENT: i64 = 15;
/// Fewer trades say nothing.
pub const FEWEST_TRADES: u64 = 20;

/// What is judged.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The symbol and its rules.
    pub rules: SymbolRules,
    /// The candles' interval.
    pub interval: Interval,
    /// How it would be traded.
    pub settings: HeikinAshiSettings,
    /// What the account is charged.
    pub fees: FeeRates,
}

/// What the history says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Opening time of the first candle, and closing time of the last.
    pub span: (Timestamp, Timestamp),
    /// How many trades were closed.
    pub trades: u64,
    /// Their net result, in the quote asset, on [`Verdict::capital`].
    pub net: Money,
    /// Their result before fees.
    pub gross: Money,
    /// What fees took.
    pub fees: Money,
    /// What the account began with.
    pub capital: Money,
}

/// Why settings may not be traded with real money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Objection {
    /// The net result is not positive.
    NoProfit,
    /// Fees took too much of the gross profit, or there was none.
    Fees,
    /// Too few trades.
    FewTrades,
}

impl Verdict {
    /// What speaks against the settings; nothing where they pass.
    pub fn objections(&self) -> Vec<Objection> {
        let fees_allowed = self.gross.units() / 100 * i128::from(MOST_FEES_PERCENT);
        let rules = [
            (self.net <= Money::ZERO, Objection::NoProfit),
            (self.gross <= Money::ZERO || self.fees.units() > fees_allowed, Objection::Fees),
            (self.trades < FEWEST_TRADES, Objection::FewTrades),
        ];
        rules.into_iter().filter_map(|(holds, objection)| holds.then_some(objection)).collect()
    }

    /// The net result as a share of the capital, in percent with two decimals, as it is shown and as
    /// an override must name it.
    pub fn net_percent(&self) -> String {
        format!("{:+.2}%", self.net.to_f64() / self.capital.to_f64() * 100.0)
    }

    fn fee_percent(&self) -> Option<f64> {
        (self.gross > Money::ZERO).then(|| self.fees.to_f64() / self.gross.to_f64() * 100.0)
    }

    /// One objection in words.
    pub fn explain(&self, objection: Objection) -> String {
        match objection {
            Objection::NoProfit => format!("the net result is {}, not a gain", self.net_percent()),
            Objection::Fees => match self.fee_percent() {
                Some(share) => format!(
                    "fees take {share:.0}% of the gross profit, more than {MOST_FEES_PERCENT}%"
                ),
                None => "the trades lose before any fee".to_owned(),
            },
            Objection::FewTrades => format!(
                "{} trades are too few to say anything; {FEWEST_TRADES} are needed",
                self.trades
            ),
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { trades, .. } = self;
        write!(f, "{trades} trades, net {}", self.net_percent())?;
        match self.fee_percent() {
            Some(share) => write!(f, ", fees {share:.0}% of the gross profit"),
            None => f.write_str(", no gross profit"),
        }
    }
}

/// A text that changes with whatever a verdict depends on but the candles: a verdict that was stored
/// holds for the same text only.
pub fn fingerprint(candidate: &Candidate) -> String {
    use sha2::{Digest as _, Sha256};

    let Candidate { rules, interval, settings, fees } = candidate;
    let parts = (rules.symbol, rules.tick, rules.lot.step, interval, settings, fees);
    // Numbers and names always serialize.
    let text = serde_json::to_vec(&parts).unwrap_or_default();
    Sha256::digest(&text).iter().take(16).fold(String::new(), |mut hex, byte| {
        let _infallible = write!(hex, "{byte:02x}");
        hex
    })
}

/// Runs the candidate over its history. None where there is no candle.
pub fn judge(candidate: &Candidate, candles: &[Candle]) -> Option<Verdict> {
    let (first, last) = (candles.first()?, candles.last()?);
    let params = params(candidate, first)?;
    let rules = &candidate.rules;
    let market = MarketName { symbol: rules.symbol, base: rules.base, quote: rules.quote };
    let mut backtest = Backtest::new(&params, market, candidate.interval);
    let mut trades = Trades::default();
    for candle in candles {
        backtest.candle(candle, &[], &mut trades);
    }
    let Trades(totals) = trades;
    Some(Verdict {
        span: (first.open_time(), last.close_time()),
        trades: totals.count,
        net: totals.net,
        gross: totals.gross,
        fees: totals.fees,
        capital: params.cash.to_money(),
    })
}

/// The parameters of a backtest of the candidate: enough cash for what it buys at once.
fn params(candidate: &Candidate, first: &Candle) -> Option<Params> {
    let Candidate { rules, settings, fees, .. } = candidate;
    let usual = Quantity::parse("10000").ok()?;
    let cash = match settings.sizing {
        Sizing::Percent(_) => usual,
        Sizing::Quote(value) => (value + value).floor_quantity().max(usual),
        Sizing::Fixed(quantity) => {
            let worth = first.high().times(quantity);
            (worth + worth + worth).floor_quantity().max(usual)
        }
    };
    let slippage = Rate::from_percent("0.05").ok()?;
    Some(Params {
        symbol: Some(rules.symbol),
        tick: rules.tick,
        step: rules.lot.step,
        min_notional: rules.notional.as_ref().map_or(Money::ZERO, |notional| notional.min),
        fees: *fees,
        maker_fee: None,
        cash,
        settings: *settings,
        model: FillModel { slippage, ..FillModel::default() },
    })
}

#[derive(Debug, Default)]
struct Trades(TradeTotals);

impl Observer for Trades {
    fn closed_trade(&mut self, trade: &Trade, _kind: ExitKind) {
        self.0.add(trade);
    }
}
