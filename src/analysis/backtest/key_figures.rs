//! The figures in groups, as the terminal and the report show them.

use super::outcome::Outcome;
use super::statistics::{Drawdown, Figures, round_trip_cost};
use super::words::{self, amount, percent, ratio, signed_amount, signed_percent};
use crate::analysis::report::{Metric, MetricGroup};

/// What was run, in one line.
pub fn headline(outcome: &Outcome) -> String {
    let figures = &outcome.figures;
    format!(
        "{} {}, {} to {} UTC, {}",
        outcome.market.symbol,
        outcome.data.interval,
        words::minute(figures.opened),
        words::minute(figures.last.close_time()),
        words::counted(figures.candles, "candle")
    )
}

/// All key figures.
pub fn key_figures(outcome: &Outcome) -> Vec<MetricGroup> {
    let group = |name: &str, rows| MetricGroup { name: name.to_owned(), rows };
    vec![
        group("Return", returns(outcome)),
        group("Risk", risk(&outcome.figures)),
        group("Trades", trades(outcome)),
        group("Fees", fees(outcome)),
        group("Data", data(outcome)),
    ]
}

fn row(label: &str, value: String) -> Metric {
    Metric { label: label.to_owned(), value, note: None }
}

fn noted(label: &str, value: String, note: impl Into<String>) -> Metric {
    Metric { label: label.to_owned(), value, note: Some(note.into()) }
}

fn returns(outcome: &Outcome) -> Vec<Metric> {
    let figures = &outcome.figures;
    let quote = &outcome.market.quote;
    let closed = figures.trades.net.to_f64();
    let mut rows = vec![
        noted(
            "Equity at the end",
            format!("{} {quote}", amount(figures.equity)),
            format!("from {}", amount(figures.cash)),
        ),
        noted(
            "Net return",
            signed_percent(figures.net_return),
            if outcome.open.is_some() { "open position marked" } else { "after fees" },
        ),
        row("Net return a year", signed_percent(figures.cagr)),
        noted(
            "Buy and hold",
            signed_percent(figures.hold_return),
            format!("{} a year", signed_percent(figures.hold_cagr)),
        ),
        noted(
            "Hold, equal exposure",
            signed_percent(figures.equal_exposure_return),
            format!("{} invested on average", percent(figures.exposure, 1)),
        ),
        noted("Closed trades", format!("{} {quote}", signed_amount(closed)), "net"),
    ];
    if let Some(open) = &outcome.open {
        let entry = open.position.cost.price_of(open.position.bought);
        let at = entry.map_or_else(words::none, |price| price.to_string());
        rows.push(noted(
            "Open position",
            format!("{} {quote}", signed_amount(open.unrealized.to_f64())),
            format!("{} {} bought at {at}", open.position.bought, outcome.market.base),
        ));
    }
    rows
}

fn risk(figures: &Figures) -> Vec<Metric> {
    let when = |fall: Drawdown| {
        let from = words::date(fall.from);
        if fall.recovered {
            format!("{from} to {}", words::date(fall.to))
        } else {
            format!("since {from}, not over")
        }
    };
    let mut rows = Vec::new();
    match (figures.deepest, figures.longest) {
        (Some(deepest), Some(longest)) => {
            let note = format!("{}, {}", words::length(deepest.length()), when(deepest));
            rows.push(noted("Max drawdown", percent(-deepest.depth, 2), note));
            let length = words::length(longest.length());
            rows.push(noted("Longest below a high", length, when(longest)));
        }
        _ => rows.push(row("Max drawdown", percent(0.0, 2))),
    }
    rows.extend([
        noted("Drawdown of holding", percent(-figures.hold_drawdown, 2), "at closes"),
        noted("Sharpe", ratio(figures.sharpe), "daily, a year of 365 days"),
        row("Sortino", ratio(figures.sortino)),
        row("Calmar", ratio(figures.calmar)),
        noted("Time in the market", percent(figures.time_in_market, 1), "of all closes"),
    ]);
    rows
}

fn trades(outcome: &Outcome) -> Vec<Metric> {
    let figures = &outcome.figures;
    let totals = &figures.trades;
    let money = |value: Option<f64>| value.map_or_else(words::none, signed_amount);
    let share = |value: Option<f64>| value.map_or_else(words::none, signed_percent);
    let held = u64::max(totals.count, 1);
    let held = i64::try_from(held).map_or(totals.held, |count| {
        heikin_core::time::Span::from_millis(totals.held.millis() / count)
    });
    vec![
        noted(
            "Closed",
            words::count(totals.count),
            format!("{} a year", words::grouped(figures.trades_a_year, 1)),
        ),
        noted(
            "Won",
            totals.win_rate().map_or_else(words::none, |rate| percent(rate, 1)),
            format!("{} won, {} lost", words::count(totals.won), words::count(totals.lost)),
        ),
        row("Profit factor", ratio(totals.profit_factor())),
        noted(
            "Expectancy",
            money(totals.expectancy()),
            format!("{} of what a trade costs", share(totals.expectancy_share())),
        ),
        noted(
            "Average win / loss",
            format!("{} / {}", money(totals.average_win()), money(totals.average_loss())),
            outcome.market.quote.to_string(),
        ),
        noted(
            "Best / worst",
            totals.extremes.map_or_else(words::none, |(best, worst)| {
                format!("{} / {}", signed_amount(best.to_f64()), signed_amount(worst.to_f64()))
            }),
            outcome.market.quote.to_string(),
        ),
        row("Held on average", words::length(held)),
        noted(
            "Turnover",
            figures.turnover.map_or_else(words::none, |it| format!("{} ×", words::grouped(it, 1))),
            format!(
                "of average equity; {} × a year",
                figures.turnover_a_year.map_or_else(words::none, |it| words::grouped(it, 1))
            ),
        ),
    ]
}

fn fees(outcome: &Outcome) -> Vec<Metric> {
    let totals = &outcome.figures.trades;
    let quote = &outcome.market.quote;
    let fee = outcome.params.fees.taker;
    let share = |value: Option<f64>| value.map_or_else(words::none, words::fine_percent);
    vec![
        noted(
            "Edge a trade",
            share(totals.edge()),
            format!("a round trip costs {}", words::fine_percent(round_trip_cost(fee))),
        ),
        noted(
            "Break-even fee",
            match totals.break_even_fee() {
                Some(fee) if fee <= 0.0 => "none".to_owned(),
                fee => share(fee),
            },
            format!("a side; it is {} %", fee.percent()),
        ),
        noted(
            "Paid",
            format!("{} {quote}", amount(totals.fees.to_f64())),
            format!("of {} {quote} gross", signed_amount(totals.gross.to_f64())),
        ),
        noted(
            "Share of gross profit",
            totals.fee_share().map_or_else(words::none, |share| percent(share, 1)),
            if totals.fee_share().is_some() { "" } else { "there was no gross profit" },
        ),
    ]
}

/// What the candles were like, and what is there at the end.
fn data(outcome: &Outcome) -> Vec<Metric> {
    let data = &outcome.data;
    let missing = format!("{} missing", words::counted(data.missing, "candle"));
    // Only where all of them are known is one the largest.
    let known = u64::try_from(data.first_gaps.len()).is_ok_and(|known| known == data.gaps);
    let largest = data.first_gaps.iter().filter(|_| known).max_by_key(|gap| gap.missing);
    let note = match (data.gaps, largest) {
        (0, _) => String::new(),
        (_, None) => missing,
        (1, Some(gap)) => format!("{missing} from {} on", words::minute(gap.from)),
        (_, Some(gap)) => {
            let (part, from) = (words::count(gap.missing), words::minute(gap.from));
            format!("{missing}, {part} from {from} on")
        }
    };
    let mut rows = vec![
        noted("Gaps", words::count(data.gaps), note),
        noted("Duplicates", words::count(data.duplicates), "the same twice, left out"),
    ];
    if let Some(finer) = outcome.finer {
        rows.push(noted(
            "Refined",
            words::count(finer.refined),
            format!("by their {} candles", finer.interval),
        ));
    }
    rows.push(noted(
        "State at the end",
        outcome.state.as_str().to_owned(),
        format!(
            "{} {}, {} {}",
            outcome.quote, outcome.market.quote, outcome.base, outcome.market.base
        ),
    ));
    rows
}
