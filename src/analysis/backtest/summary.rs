//! The result as JSON: exact decimals as texts, figures as numbers, what means nothing as null.

use heikin_core::num::Money;
use serde_json::{Map, Value, json};

use super::assumptions::assumptions;
use super::outcome::Outcome;
use super::statistics::{Drawdown, Figures, round_trip_cost};
use super::trades_csv::at_least;
use super::verdict::verdicts;
use super::words;
use crate::analysis::report::Level;

/// All of a run.
pub fn summary_json(outcome: &Outcome) -> Value {
    let figures = &outcome.figures;
    json!({
        "candles": figures.candles,
        "trades": figures.trades.count,
        "quote": at_least(8, &outcome.quote),
        "base": at_least(8, &outcome.base),
        "state": outcome.state.as_str(),
        "last_close": outcome.last_close().to_string(),
        "equity": at_least(8, &outcome.equity()),
        "open_position": open_position(outcome),
        "program": super::PROGRAM,
        "symbol": outcome.market.symbol.as_str(),
        "base_asset": outcome.market.base.as_str(),
        "quote_asset": outcome.market.quote.as_str(),
        "metrics": metrics(figures),
        "fees": fees(outcome),
        "verdicts": verdicts(outcome)
            .into_iter()
            .map(|verdict| json!({ "level": level(verdict.level), "text": verdict.text }))
            .collect::<Vec<_>>(),
        "no_entry": no_entry(figures),
        "months": months(figures),
        "data": data(outcome),
        "settings": outcome
            .params
            .effective()
            .map(|(key, value)| (key.to_owned(), value))
            .collect::<Map<_, _>>(),
        "assumptions": assumptions(outcome),
    })
}

fn open_position(outcome: &Outcome) -> Value {
    outcome.open.as_ref().map_or(Value::Null, |open| {
        let position = &open.position;
        json!({
            "entry_candle": position.entry_candle.millis(),
            "entry_price": position.cost.price_of(position.bought).map(|price| price.to_string()),
            "bought": at_least(8, &position.bought),
            "cost": at_least(8, &position.cost),
            "stop": position.stop.map(|stop| stop.price().to_string()),
            "unrealized": at_least(8, &open.unrealized),
        })
    })
}

fn metrics(figures: &Figures) -> Value {
    let trades = &figures.trades;
    let percent = |share: f64| 100.0 * share;
    let money = |amount: Money| at_least(8, &amount);
    let extremes = trades.extremes;
    json!({
        "years": figures.years,
        "net_return_pct": percent(figures.net_return),
        "cagr_pct": percent(figures.cagr),
        "buy_and_hold_pct": percent(figures.hold_return),
        "buy_and_hold_cagr_pct": percent(figures.hold_cagr),
        "buy_and_hold_max_drawdown_pct": percent(figures.hold_drawdown),
        "hold_equal_exposure_pct": percent(figures.equal_exposure_return),
        "sharpe": figures.sharpe,
        "sortino": figures.sortino,
        "calmar": figures.calmar,
        "max_drawdown": drawdown(figures.deepest),
        "longest_drawdown": drawdown(figures.longest),
        "profit_factor": trades.profit_factor(),
        "expectancy": trades.expectancy(),
        "expectancy_pct": trades.expectancy_share().map(percent),
        "win_rate_pct": trades.win_rate().map(percent),
        "won": trades.won,
        "lost": trades.lost,
        "average_win": trades.average_win(),
        "average_loss": trades.average_loss(),
        "best_trade": extremes.map(|(best, _)| money(best)),
        "worst_trade": extremes.map(|(_, worst)| money(worst)),
        "net_of_trades": money(trades.net),
        "exposure_pct": percent(figures.exposure),
        "time_in_market_pct": percent(figures.time_in_market),
        "turnover": figures.turnover,
        "turnover_a_year": figures.turnover_a_year,
        "trades_a_year": figures.trades_a_year,
    })
}

fn drawdown(fall: Option<Drawdown>) -> Value {
    fall.map_or(Value::Null, |fall| {
        json!({
            "pct": 100.0 * fall.depth,
            "days": words::days(fall.length()),
            "from": fall.from.millis(),
            "to": fall.to.millis(),
            "recovered": fall.recovered,
        })
    })
}

fn fees(outcome: &Outcome) -> Value {
    let trades = &outcome.figures.trades;
    let percent = |share: f64| 100.0 * share;
    json!({
        "edge_a_trade_pct": trades.edge().map(percent),
        "round_trip_cost_pct": percent(round_trip_cost(outcome.params.fees.taker)),
        "break_even_fee_pct": trades.break_even_fee().map(percent),
        "paid": at_least(8, &trades.fees),
        "gross_profit": at_least(8, &trades.gross),
        "share_of_gross_profit_pct": trades.fee_share().map(percent),
        "trades_a_year": outcome.figures.trades_a_year,
    })
}

/// How often no entry was placed, by reason.
fn no_entry(figures: &Figures) -> Value {
    let reasons = figures.skips.iter();
    reasons.map(|(skip, times)| (words::reason(*skip).to_owned(), Value::from(*times))).collect()
}

fn months(figures: &Figures) -> Value {
    let year = |row: &crate::analysis::report::YearRow| json!({ "year": row.year, "months_pct": row.months, "total_pct": row.total });
    figures.months.iter().map(year).collect()
}

fn data(outcome: &Outcome) -> Value {
    let data = &outcome.data;
    json!({
        "interval": data.interval.as_str(),
        "first_open": outcome.figures.opened.millis(),
        "last_open": outcome.figures.last.open_time().millis(),
        "duplicates": data.duplicates,
        "gaps": data.gaps,
        "missing": data.missing,
        "first_gaps": data
            .first_gaps
            .iter()
            .map(|gap| json!({
                "from": gap.from.millis(),
                "to": gap.to.millis(),
                "missing": gap.missing,
            }))
            .collect::<Vec<_>>(),
        "finer": outcome.finer.map(|finer| json!({
            "interval": finer.interval.as_str(),
            "refined": finer.refined,
        })),
    })
}

const fn level(level: Level) -> &'static str {
    match level {
        Level::Good => "good",
        Level::Caution => "caution",
        Level::Bad => "bad",
    }
}
