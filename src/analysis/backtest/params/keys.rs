//! Every key: what it may be, how it is read, how it is told again.

use std::num::NonZeroU16;

use heikin_core::num::{Quantity, Rate};
use heikin_core::strategy::{
    AlreadyThroughRule, ExitOrder, FeeRates, LastResort, Patience, Sizing,
};
use heikin_core::time::Span;
use serde_json::Value;

use super::Params;
use super::entries::Entry;

/// One key of the file.
pub(super) struct Key {
    pub(super) name: &'static str,
    /// What it may be: the second half of "Give …".
    pub(super) allowed: &'static str,
    pub(super) read: fn(&mut Params, &Entry<'_>) -> Result<(), String>,
    /// Its effective value; none where it says nothing.
    pub(super) write: fn(&Params) -> Option<Value>,
}

/// The keys without which nothing can be run.
pub(super) const REQUIRED: [&str; 4] = ["tick", "step", "fee", "cash"];

/// The keys of which exactly one says how much is bought.
pub(super) const SIZING: [&str; 3] = ["percent", "fixed", "quote"];

const OFFSET: &str = "a distance: \"1.5\" (quote units), \"3 ticks\", \"0.1%\" or \"0.5 atr\"";
const PATIENCE: &str = "\"close\", or seconds from 1 to 86400";
const THROUGH: [(&str, AlreadyThroughRule); 2] =
    [("limit", AlreadyThroughRule::Limit), ("skip", AlreadyThroughRule::Skip)];
const ORDER: [(&str, ExitOrder); 2] =
    [("stop_limit", ExitOrder::StopLimit), ("stop_market", ExitOrder::StopMarket)];
const RESORT: [(&str, LastResort); 2] =
    [("hold", LastResort::Hold), ("market", LastResort::Market)];

/// Market, account and sizing.
const MARKET: [Key; 10] = [
    Key {
        name: "symbol",
        allowed: "a symbol as Binance writes it, such as \"BTCUSDT\"",
        read: |params, given| put(&mut params.symbol, given.number().map(Some)),
        write: |params| params.symbol.map(|symbol| text(&symbol)),
    },
    Key {
        name: "tick",
        allowed: "a price above 0, such as \"0.01\"",
        read: |params, given| put(&mut params.tick, given.number()),
        write: |params| Some(text(&params.tick)),
    },
    Key {
        name: "step",
        allowed: "a quantity above 0, such as \"0.00001\"",
        read: |params, given| put(&mut params.step, positive(given)),
        write: |params| Some(text(&params.step)),
    },
    Key {
        name: "min_notional",
        allowed: "an amount from 0 on, such as \"5\"",
        read: |params, given| put(&mut params.min_notional, given.number()),
        write: |params| Some(text(&params.min_notional)),
    },
    Key {
        name: "fee",
        allowed: "a share from 0 to 0.1; 0.1 % is \"0.001\"",
        read: |params, given| put(&mut params.fees, fee(given).map(FeeRates::flat)),
        write: |params| Some(text(&params.fees.taker)),
    },
    Key {
        name: "cash",
        allowed: "an amount above 0, with at most 8 decimals, such as \"10000\"",
        read: |params, given| put(&mut params.cash, positive(given)),
        write: |params| Some(text(&params.cash)),
    },
    Key {
        name: "percent",
        allowed: "a percentage of the free balance, above 0 and up to 100",
        read: |params, given| {
            let share = given.percent(100).and_then(|share| {
                if share.is_zero() { Err("must be above zero".to_owned()) } else { Ok(share) }
            });
            put(&mut params.settings.sizing, share.map(Sizing::Percent))
        },
        write: |params| match params.settings.sizing {
            Sizing::Percent(share) => Some(text(&share.percent())),
            _ => None,
        },
    },
    Key {
        name: "fixed",
        allowed: "a quantity above 0 for every entry, such as \"0.01\"",
        read: |params, given| put(&mut params.settings.sizing, positive(given).map(Sizing::Fixed)),
        write: |params| match params.settings.sizing {
            Sizing::Fixed(quantity) => Some(text(&quantity)),
            _ => None,
        },
    },
    Key {
        name: "quote",
        allowed: "an amount above 0 for every entry, such as \"100\"",
        read: |params, given| {
            let value = positive(given).map(Quantity::to_money);
            put(&mut params.settings.sizing, value.map(Sizing::Quote))
        },
        write: |params| match params.settings.sizing {
            Sizing::Quote(value) => Some(text(&value)),
            _ => None,
        },
    },
    // Where the golden cases say which file they are about. `--candles` decides.
    Key {
        name: "candles",
        allowed: "a path; it is only a note, --candles decides",
        read: |_, given| given.text().map(drop),
        write: |_| None,
    },
];

/// The strategy's entry.
const ENTRY: [Key; 9] = [
    Key {
        name: "entry_trigger_offset",
        allowed: OFFSET,
        read: |params, given| put(&mut params.settings.entry.trigger_offset, given.number()),
        write: |params| Some(text(&params.settings.entry.trigger_offset)),
    },
    Key {
        name: "entry_limit_offset",
        allowed: OFFSET,
        read: |params, given| put(&mut params.settings.entry.limit_offset, given.number()),
        write: |params| Some(text(&params.settings.entry.limit_offset)),
    },
    Key {
        name: "on_already_through",
        allowed: "\"limit\" or \"skip\"",
        read: |params, given| {
            put(&mut params.settings.entry.on_already_through, given.word(&THROUGH))
        },
        write: |params| name(&THROUGH, params.settings.entry.on_already_through),
    },
    Key {
        name: "green_only",
        allowed: "true or false",
        read: |params, given| put(&mut params.settings.entry.green_only, given.flag()),
        write: |params| Some(params.settings.entry.green_only.into()),
    },
    Key {
        name: "min_body_pct",
        allowed: "a percentage from 0 to 100",
        read: |params, given| put(&mut params.settings.entry.min_body, given.percent(100)),
        write: |params| Some(text(&params.settings.entry.min_body.percent())),
    },
    Key {
        name: "no_lower_wick",
        allowed: "true or false",
        read: |params, given| put(&mut params.settings.entry.no_lower_wick, given.flag()),
        write: |params| Some(params.settings.entry.no_lower_wick.into()),
    },
    Key {
        name: "ma_filter",
        allowed: "a number of closes from 1 to 65535, or 0 for none",
        read: |params, given| {
            let period = given.count(0..=u64::from(u16::MAX)).map(NonZeroU16::new);
            put(&mut params.settings.entry.ma_filter, period)
        },
        write: |params| Some(params.settings.entry.ma_filter.map_or(0, NonZeroU16::get).into()),
    },
    Key {
        name: "rearm_after",
        allowed: "a number of candles from 0 to 1000000",
        read: |params, given| put(&mut params.settings.rearm_after, given.count(0..=1_000_000)),
        write: |params| Some(params.settings.rearm_after.into()),
    },
    Key {
        name: "warmup",
        allowed: "the number of a candle, from 0 to 1000000000",
        read: |params, given| put(&mut params.settings.warmup, given.count(0..=1_000_000_000)),
        write: |params| Some(params.settings.warmup.into()),
    },
];

/// The strategy's exit.
const EXIT: [Key; 11] = [
    Key {
        name: "exit_trigger_offset",
        allowed: OFFSET,
        read: |params, given| put(&mut params.settings.exit.trigger_offset, given.number()),
        write: |params| Some(text(&params.settings.exit.trigger_offset)),
    },
    Key {
        name: "exit_limit_offset",
        allowed: OFFSET,
        read: |params, given| put(&mut params.settings.exit.limit_offset, given.number()),
        write: |params| Some(text(&params.settings.exit.limit_offset)),
    },
    Key {
        name: "exit_order",
        allowed: "\"stop_limit\" or \"stop_market\"",
        read: |params, given| put(&mut params.settings.exit.order, given.word(&ORDER)),
        write: |params| name(&ORDER, params.settings.exit.order),
    },
    Key {
        name: "exit_on_red",
        allowed: "true or false",
        read: |params, given| put(&mut params.settings.exit.on_red, given.flag()),
        write: |params| Some(params.settings.exit.on_red.into()),
    },
    Key {
        name: "take_profit_pct",
        allowed: "a percentage up to 100, net of both fees, or 0 for none",
        read: |params, given| put(&mut params.settings.exit.take_profit, given.percent(100)),
        write: |params| Some(text(&params.settings.exit.take_profit.percent())),
    },
    Key {
        name: "rescue_after",
        allowed: PATIENCE,
        read: |params, given| put(&mut params.settings.exit.rescue_after, patience(given)),
        write: |params| Some(patience_text(params.settings.exit.rescue_after)),
    },
    Key {
        name: "rescue_offset",
        allowed: OFFSET,
        read: |params, given| put(&mut params.settings.exit.rescue_offset, given.number()),
        write: |params| Some(text(&params.settings.exit.rescue_offset)),
    },
    Key {
        name: "max_slippage_pct",
        allowed: "a percentage from 0 to 99",
        read: |params, given| put(&mut params.settings.exit.max_slippage, given.percent(99)),
        write: |params| Some(text(&params.settings.exit.max_slippage.percent())),
    },
    Key {
        name: "last_resort",
        allowed: "\"hold\" or \"market\"",
        read: |params, given| put(&mut params.settings.exit.last_resort, given.word(&RESORT)),
        write: |params| name(&RESORT, params.settings.exit.last_resort),
    },
    Key {
        name: "last_resort_after",
        allowed: PATIENCE,
        read: |params, given| put(&mut params.settings.exit.last_resort_after, patience(given)),
        write: |params| Some(patience_text(params.settings.exit.last_resort_after)),
    },
    Key {
        name: "replace_min_ticks",
        allowed: "a number of ticks from 1 to 1000000",
        read: |params, given| {
            put(&mut params.settings.exit.replace_min_ticks, given.count(1..=1_000_000))
        },
        write: |params| Some(params.settings.exit.replace_min_ticks.into()),
    },
];

/// The fill model.
const MODEL: [Key; 4] = [
    Key {
        name: "maker_fee",
        allowed: "a share from 0 to 0.1 for orders that rested; \"fee\" where it is left out",
        read: |params, given| put(&mut params.maker_fee, fee(given).map(Some)),
        write: |params| params.maker_fee.map(|fee| text(&fee)),
    },
    Key {
        name: "slippage_pct",
        allowed: "a percentage from 0 to 50",
        read: |params, given| put(&mut params.model.slippage, given.percent(50)),
        write: |params| Some(text(&params.model.slippage.percent())),
    },
    Key {
        name: "latency_ms",
        allowed: "milliseconds from 0 to 10000",
        read: |params, given| {
            let latency = given.count::<i64>(0..=10_000).map(Span::from_millis);
            put(&mut params.model.latency, latency)
        },
        write: |params| Some(params.model.latency.millis().into()),
    },
    Key {
        name: "participation_pct",
        allowed: "a percentage of each candle's volume up to 100, or 0 for fills without a bound",
        read: |params, given| {
            let share =
                given.percent(100).map(|share| Some(share).filter(|share| !share.is_zero()));
            put(&mut params.model.participation, share)
        },
        write: |params| {
            let share = params.model.participation.unwrap_or(Rate::ZERO);
            Some(text(&share.percent()))
        },
    },
];

/// Every key, in the order in which settings are told.
pub(super) fn keys() -> impl Iterator<Item = &'static Key> {
    const ALL: [&[Key]; 4] = [&MARKET, &MODEL, &ENTRY, &EXIT];
    ALL.into_iter().flatten()
}

fn put<T>(place: &mut T, value: Result<T, String>) -> Result<(), String> {
    *place = value?;
    Ok(())
}

fn text(value: &impl ToString) -> Value {
    Value::String(value.to_string())
}

fn name<T: Copy + PartialEq>(words: &[(&'static str, T)], value: T) -> Option<Value> {
    words.iter().find(|(_, known)| *known == value).map(|(word, _)| (*word).into())
}

/// A quantity above zero.
fn positive(given: &Entry<'_>) -> Result<Quantity, String> {
    let quantity: Quantity = given.number()?;
    if quantity.is_zero() { Err("must be above zero".to_owned()) } else { Ok(quantity) }
}

fn fee(given: &Entry<'_>) -> Result<Rate, String> {
    let rate: Rate = given.number()?;
    if rate.units() > Rate::ONE.units() / 10 { Err("is out of range".to_owned()) } else { Ok(rate) }
}

fn patience(given: &Entry<'_>) -> Result<Patience, String> {
    if given.text()? == "close" {
        return Ok(Patience::CandleClose);
    }
    given.count(1..=86_400).map(|seconds| Patience::For(Span::from_secs(seconds)))
}

fn patience_text(patience: Patience) -> Value {
    match patience {
        Patience::CandleClose => "close".into(),
        Patience::For(span) => (span.millis() / 1_000).into(),
    }
}
