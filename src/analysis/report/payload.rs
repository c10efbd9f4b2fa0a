//! What the page's scripts read: compact columns instead of an object per candle.
//!
//! `assets/data.js` describes the shape from the reader's side; the two change together.

use std::io;

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::data::{CandlePoint, EquityPoint, Mark, MarkKind, Report, TradeRow};
use super::escape::ScriptJson;
use super::timeline::Timeline;

/// More decimals than Binance has anywhere.
const DECIMALS_MAX: u8 = 12;
/// A result keeps its sign however small it is.
const SIGN_DECIMALS: u8 = 8;
/// Drawdown is drawn, and read to a hundredth of a percent.
const PERCENT_DECIMALS: u8 = 2;

/// Writes the payload as JSON that may stand inside a `<script>` element.
pub(super) fn write(report: &Report, out: impl io::Write) -> io::Result<()> {
    let mut serializer = serde_json::Serializer::with_formatter(out, ScriptJson);
    Payload::of(report).serialize(&mut serializer)?;
    Ok(())
}

/// The report on its time scale.
struct Payload<'a> {
    report: &'a Report,
    timeline: Timeline,
    candles: Vec<Option<&'a CandlePoint>>,
    equity: Vec<Option<&'a EquityPoint>>,
    money_decimals: u8,
}

/// A sequence made anew each time it is written, so that nothing is collected before.
struct Each<F>(F);

impl<F, I> Serialize for Each<F>
where
    F: Fn() -> I,
    I: Iterator,
    I::Item: Serialize,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((self.0)())
    }
}

impl<'a> Payload<'a> {
    fn of(report: &'a Report) -> Self {
        let series = &report.series;
        let timeline = Timeline::of(series);
        let values = series.equity.iter().flat_map(|point| [point.equity, point.hold]);
        let largest = values.map(f64::abs).fold(0.0, f64::max);
        Self {
            report,
            candles: timeline.align(&series.candles, |candle| candle.time),
            equity: timeline.align(&series.equity, |point| point.time),
            timeline,
            money_decimals: money_decimals(largest),
        }
    }

    fn prices(&self, pick: fn(&CandlePoint) -> Option<f64>) -> impl Serialize {
        let decimals = self.report.price_decimals;
        Each(move || {
            let values = self.candles.iter().map(move |candle| candle.and_then(pick));
            values.map(move |value| value.map(|value| rounded(value, decimals)))
        })
    }

    fn account(&self, pick: fn(&EquityPoint) -> f64, decimals: u8) -> impl Serialize {
        Each(move || {
            let values = self.equity.iter().map(move |point| point.map(pick));
            values.map(move |value| value.map(|value| rounded(value, decimals)))
        })
    }

    fn mark(&self, mark: &'a Mark) -> impl Serialize + use<'a> {
        (
            self.timeline.place(mark.time),
            u8::from(mark.kind == MarkKind::Exit),
            &mark.label,
            rounded(mark.price, self.report.price_decimals),
            mark.net.map(|net| rounded(net, SIGN_DECIMALS)),
            mark.trade,
        )
    }

    fn trade(&self, trade: &'a TradeRow) -> impl Serialize + use<'a> {
        (
            trade.n,
            trade.entry_time,
            trade.exit_time,
            trade.bars,
            self.timeline.place(trade.entry_time),
            self.timeline.place(trade.exit_time),
            &trade.entry_price,
            &trade.exit_price,
            &trade.quantity,
            &trade.net,
            &trade.fee,
            &trade.kind,
            rounded(trade.net_value, SIGN_DECIMALS),
        )
    }
}

impl Serialize for Payload<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let series = &self.report.series;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("base", &self.report.base_asset)?;
        map.serialize_entry("quote", &self.report.quote_asset)?;
        map.serialize_entry("priceDecimals", &self.report.price_decimals.min(DECIMALS_MAX))?;
        map.serialize_entry("moneyDecimals", &self.money_decimals)?;
        map.serialize_entry("time", &Each(|| self.timeline.deltas()))?;
        if !series.candles.is_empty() {
            map.serialize_entry("open", &self.prices(|c| Some(c.open)))?;
            map.serialize_entry("high", &self.prices(|c| Some(c.high)))?;
            map.serialize_entry("low", &self.prices(|c| Some(c.low)))?;
            map.serialize_entry("close", &self.prices(|c| Some(c.close)))?;
            map.serialize_entry("haOpen", &self.prices(|c| Some(c.ha_open)))?;
            map.serialize_entry("haHigh", &self.prices(|c| Some(c.ha_high)))?;
            map.serialize_entry("haLow", &self.prices(|c| Some(c.ha_low)))?;
            map.serialize_entry("haClose", &self.prices(|c| Some(c.ha_close)))?;
            map.serialize_entry("trigger", &self.prices(|c| c.entry_trigger))?;
            map.serialize_entry("stop", &self.prices(|c| c.stop))?;
        }
        if !series.equity.is_empty() {
            let decimals = self.money_decimals;
            map.serialize_entry("equity", &self.account(|p| p.equity, decimals))?;
            map.serialize_entry("hold", &self.account(|p| p.hold, decimals))?;
            map.serialize_entry("drawdown", &self.account(|p| p.drawdown, PERCENT_DECIMALS))?;
        }
        map.serialize_entry("marks", &Each(|| series.marks.iter().map(|mark| self.mark(mark))))?;
        let trades = &self.report.trades;
        map.serialize_entry("trades", &Each(|| trades.iter().map(|trade| self.trade(trade))))?;
        map.end()
    }
}

/// Decimals an amount of this size is read with: cents of dollars, satoshis of bitcoin.
fn money_decimals(largest: f64) -> u8 {
    match largest {
        size if size < 1.0 && size > 0.0 => 8,
        size if size < 100.0 && size > 0.0 => 4,
        _ => 2,
    }
}

/// `value` at `decimals` decimals, without a negative zero; what is not finite stays so.
pub(super) fn rounded(value: f64, decimals: u8) -> f64 {
    let scale = 10_f64.powi(i32::from(decimals.min(DECIMALS_MAX)));
    let result = (value * scale).round() / scale;
    if result.is_finite() { result + 0.0 } else { value }
}
