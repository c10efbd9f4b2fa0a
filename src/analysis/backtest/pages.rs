//! The result as a report.

use super::assumptions::assumptions;
use super::chart::Chart;
use super::key_figures::key_figures;
use super::outcome::Outcome;
use super::verdict::verdicts;
use super::{Backtest, words};
use crate::analysis::report::{Report, Series, TradeRow};

/// What only a report needs.
#[derive(Debug)]
pub struct Drawing {
    series: Series,
    trades: Vec<TradeRow>,
}

impl Chart {
    /// Ends the collecting.
    pub fn finish(self, backtest: &Backtest) -> (super::Statistics, Drawing) {
        let (statistics, series, trades) = self.result(backtest);
        (statistics, Drawing { series, trades })
    }
}

/// The report of a run.
pub fn report(outcome: &Outcome, drawing: Drawing) -> Report {
    let figures = &outcome.figures;
    let rules =
        outcome.params.rules(outcome.market.symbol, outcome.market.base, outcome.market.quote);
    Report {
        title: format!("{} {}", outcome.market.symbol, outcome.data.interval),
        subtitle: format!(
            "Heikin-Ashi backtest, {} to {}, {}, {} {} at the start",
            words::date(figures.opened),
            words::date(figures.last.close_time()),
            words::counted(figures.candles, "candle"),
            words::amount(figures.cash),
            outcome.market.quote
        ),
        generated_by: super::PROGRAM.to_owned(),
        verdicts: verdicts(outcome),
        groups: key_figures(outcome),
        settings: settings(outcome),
        assumptions: assumptions(outcome),
        series: drawing.series,
        months: figures.months.clone(),
        trades: drawing.trades,
        price_decimals: u8::try_from(rules.price_decimals()).unwrap_or(8),
        quote_asset: outcome.market.quote.to_string(),
        base_asset: outcome.market.base.to_string(),
    }
}

/// Every effective setting as text.
fn settings(outcome: &Outcome) -> Vec<(String, String)> {
    outcome
        .params
        .effective()
        .map(|(key, value)| {
            let text = match value {
                serde_json::Value::String(text) => text,
                other => other.to_string(),
            };
            (key.to_owned(), text)
        })
        .collect()
}
