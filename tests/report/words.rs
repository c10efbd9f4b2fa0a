//! The texts of a report: made up, and about as long as the real ones.

use heikin::analysis::report::{Level, Metric, MetricGroup, Verdict};

use super::sample::grouped;

pub(crate) fn verdicts() -> Vec<Verdict> {
    let verdict = |level, text: &str| Verdict { level, text: text.to_owned() };
    vec![
        verdict(
            Level::Good,
            "Net of fees the run made money, and fees took 9 % of the gross profit.",
        ),
        verdict(
            Level::Caution,
            "Three trades out of 61 made more than everything else together: without them the run \
             would have lost.",
        ),
        verdict(Level::Bad, "Holding made more in the same time, with a deeper fall on the way."),
    ]
}

pub(crate) fn groups(end: f64, trades: usize) -> Vec<MetricGroup> {
    let metric = |label: &str, value: String, note: Option<&str>| Metric {
        label: label.to_owned(),
        value,
        note: note.map(str::to_owned),
    };
    let plain = |label: &str, value: &str| metric(label, value.to_owned(), None);
    let noted = |label: &str, value: &str, note: &str| metric(label, value.to_owned(), Some(note));
    let group = |name: &str, rows| MetricGroup { name: name.to_owned(), rows };
    vec![
        group(
            "Return",
            vec![
                metric("Equity at the end", format!("{} USDT", grouped(end)), None),
                noted("Net return", "+84.21 %", "marked, open position included"),
                plain("Per year", "+13.0 %"),
                plain("Buy and hold", "+112.40 %"),
                noted("Hold with equal exposure", "+21.7 %", "in the market 18 % of the time"),
            ],
        ),
        group(
            "Risk",
            vec![
                plain("Deepest drawdown", "-26.31 %"),
                noted("Longest time below a high", "412 days", "2022-03-29 to 2023-05-15"),
                plain("Worst trade", "-1,204.11 USDT"),
                plain("Sharpe ratio, daily", "0.81"),
            ],
        ),
        group(
            "Trades",
            vec![
                metric("Closed trades", trades.to_string(), None),
                plain("Won", "39.3 %"),
                plain("Average winner / loser", "+412.10 / -158.30"),
                plain("Average holding time", "9.4 candles"),
            ],
        ),
        group(
            "Fees",
            vec![
                plain("Paid", "1,204.55 USDT"),
                plain("Share of gross profit", "9.1 %"),
                noted("Edge per trade", "0.92 %", "against a round trip of 0.20 %"),
                plain("Break-even fee", "0.56 % a side"),
            ],
        ),
    ]
}

pub(crate) fn settings() -> Vec<(String, String)> {
    [
        ("symbol", "BTCUSDT"),
        ("interval", "12h"),
        ("entry.trigger_offset", "1 atr"),
        ("entry.limit_offset", "0.2%"),
        ("entry.on_already_through", "limit"),
        ("exit.trigger_offset", "3 atr"),
        ("exit.limit_offset", "1%"),
        ("exit.on_red", "on"),
        ("exit.rescue_offset", "0.1%"),
        ("exit.max_slippage_pct", "5"),
        ("exit.last_resort", "market"),
        ("ma_filter", "100"),
        ("rearm_after", "1"),
        ("sizing", "percent 100"),
        ("fee", "0.1 %"),
        ("slippage_pct", "0.05"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec()
}

pub(crate) fn assumptions() -> Vec<String> {
    [
        "Inside a candle the price walks from the open to the nearer extreme, then to the other, then to the close.",
        "Fills are complete; there is no latency.",
        "Fees are 0.1 % of every fill, taken in the asset received and rounded up at the 8th decimal.",
        "A stop that fills on the walk pays 0.05 % slippage, never beyond its own limit; fills at an open carry none.",
        "A stop that was jumped over is rescued at the candle's close, not after 5 seconds as in life.",
        "What is still open at the end is marked at the last close and not counted as a trade.",
    ]
    .map(str::to_owned)
    .to_vec()
}
