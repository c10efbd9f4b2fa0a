//! The settings of the Heikin-Ashi strategy: what they start from, and each of their keys. Words and
//! ranges are those of the parameters of a backtest, with a dot for the first underscore.

use std::num::NonZeroU16;

use heikin_core::num::{Quantity, Rate};
use heikin_core::strategy::{
    AlreadyThroughRule, EntrySettings, ExitOrder, ExitSettings, HeikinAshiSettings, LastResort,
    Offset, Patience, Sizing,
};
use heikin_core::time::Span;
use serde_json::Value;

use super::given::Given;
use super::key::{Key, name, put, text};

/// One key of the strategy.
pub type Setting = Key<HeikinAshiSettings>;

const OFFSET: &str = "a distance: \"1.5\" (quote units), \"3 ticks\", \"0.1%\" or \"0.5 atr\"";
const PATIENCE: &str = "\"close\", or seconds from 1 to 86400";
const THROUGH: [(&str, AlreadyThroughRule); 2] =
    [("limit", AlreadyThroughRule::Limit), ("skip", AlreadyThroughRule::Skip)];
const ORDER: [(&str, ExitOrder); 2] =
    [("stop_limit", ExitOrder::StopLimit), ("stop_market", ExitOrder::StopMarket)];
const RESORT: [(&str, LastResort); 2] =
    [("hold", LastResort::Hold), ("market", LastResort::Market)];

/// The settings that were chosen on real candles: what `heikin.toml` starts from.
pub fn product() -> HeikinAshiSettings {
    let off = HeikinAshiSettings::OFF;
    HeikinAshiSettings {
        entry: EntrySettings {
            trigger_offset: offset("1 atr"),
            limit_offset: offset("0.2%"),
            ma_filter: NonZeroU16::new(100),
            ..off.entry
        },
        exit: ExitSettings {
            trigger_offset: offset("3 atr"),
            limit_offset: offset("1%"),
            on_red: true,
            rescue_after: Patience::For(Span::from_secs(5)),
            rescue_offset: offset("0.1%"),
            max_slippage: percent("5"),
            last_resort: LastResort::Market,
            last_resort_after: Patience::For(Span::from_secs(60)),
            ..off.exit
        },
        rearm_after: 1,
        ..off
    }
}

/// The ancestor's rule: the Heikin-Ashi high and low themselves, no filters. What keeps a position
/// from being stranded is that of [`product`].
pub fn classic() -> HeikinAshiSettings {
    let product = product();
    HeikinAshiSettings {
        entry: EntrySettings { trigger_offset: Offset::ZERO, ma_filter: None, ..product.entry },
        exit: ExitSettings { trigger_offset: Offset::ZERO, on_red: false, ..product.exit },
        ..product
    }
}

/// What two settings exclude together, if they do.
pub fn conflict(settings: &HeikinAshiSettings) -> Option<&'static str> {
    let exit = &settings.exit;
    (!exit.take_profit.is_zero() && exit.order == ExitOrder::StopMarket)
        .then_some("exclude each other: the stop beside a target is a stop-limit. Leave one out.")
}

/// The keys of which exactly one says how much is bought.
pub const SIZING: [Setting; 3] = [
    Key {
        name: "percent",
        allowed: "a percentage of the free balance, above 0 and up to 100",
        meaning: "An entry spends this percentage of the free quote balance.",
        read: |settings, given| {
            let share = given.percent(100).and_then(|share| {
                if share.is_zero() { Err("must be above zero".to_owned()) } else { Ok(share) }
            });
            put(&mut settings.sizing, share.map(Sizing::Percent))
        },
        write: |settings| match settings.sizing {
            Sizing::Percent(share) => text(&share.percent()),
            _ => None,
        },
    },
    Key {
        name: "fixed",
        allowed: "a quantity above 0 for every entry, such as \"0.01\"",
        meaning: "An entry buys this quantity of the base asset.",
        read: |settings, given| put(&mut settings.sizing, positive(given).map(Sizing::Fixed)),
        write: |settings| match settings.sizing {
            Sizing::Fixed(quantity) => text(&quantity),
            _ => None,
        },
    },
    Key {
        name: "quote",
        allowed: "an amount above 0 for every entry, such as \"100\"",
        meaning: "An entry is worth this amount of the quote asset.",
        read: |settings, given| {
            let value = positive(given).map(Quantity::to_money);
            put(&mut settings.sizing, value.map(Sizing::Quote))
        },
        write: |settings| match settings.sizing {
            Sizing::Quote(value) => text(&value),
            _ => None,
        },
    },
];

/// How a position is opened, and when again.
pub const ENTRY: [Setting; 9] = [
    Key {
        name: "entry.trigger_offset",
        allowed: OFFSET,
        meaning: "The entry triggers this far above the last Heikin-Ashi high.",
        read: |settings, given| put(&mut settings.entry.trigger_offset, given.number()),
        write: |settings| text(&settings.entry.trigger_offset),
    },
    Key {
        name: "entry.limit_offset",
        allowed: OFFSET,
        meaning: "It pays at most this much above its trigger.",
        read: |settings, given| put(&mut settings.entry.limit_offset, given.number()),
        write: |settings| text(&settings.entry.limit_offset),
    },
    Key {
        name: "entry.on_already_through",
        allowed: "\"limit\" or \"skip\"",
        meaning: "When the market has passed the trigger but not the limit: a plain limit order, or no entry for this candle.",
        read: |settings, given| put(&mut settings.entry.on_already_through, given.word(&THROUGH)),
        write: |settings| name(&THROUGH, settings.entry.on_already_through),
    },
    Key {
        name: "entry.green_only",
        allowed: "true or false",
        meaning: "Enter only after a green Heikin-Ashi candle.",
        read: |settings, given| put(&mut settings.entry.green_only, given.flag()),
        write: |settings| Some(settings.entry.green_only.into()),
    },
    Key {
        name: "entry.min_body_pct",
        allowed: "a percentage from 0 to 100",
        meaning: "Enter only after a Heikin-Ashi candle whose body is at least this percentage of its open.",
        read: |settings, given| put(&mut settings.entry.min_body, given.percent(100)),
        write: |settings| text(&settings.entry.min_body.percent()),
    },
    Key {
        name: "entry.no_lower_wick",
        allowed: "true or false",
        meaning: "Enter only after a Heikin-Ashi candle without a lower wick.",
        read: |settings, given| put(&mut settings.entry.no_lower_wick, given.flag()),
        write: |settings| Some(settings.entry.no_lower_wick.into()),
    },
    Key {
        name: "entry.ma_filter",
        allowed: "a number of closes from 1 to 65535, or 0 for none",
        meaning: "Enter only when the close is above the mean of this many closes.",
        read: |settings, given| {
            let period = given.count(0..=u64::from(u16::MAX)).map(NonZeroU16::new);
            put(&mut settings.entry.ma_filter, period)
        },
        write: |settings| Some(settings.entry.ma_filter.map_or(0, NonZeroU16::get).into()),
    },
    Key {
        name: "rearm_after",
        allowed: "a number of candles from 0 to 1000000",
        meaning: "How many full candles close after an exit before the next entry is placed.",
        read: |settings, given| put(&mut settings.rearm_after, given.count(0..=1_000_000)),
        write: |settings| Some(settings.rearm_after.into()),
    },
    Key {
        name: "warmup",
        allowed: "the number of a candle, from 0 to 1000000000",
        meaning: "The number of the candle, counted from 1, at whose close the first entry may be placed.",
        read: |settings, given| put(&mut settings.warmup, given.count(0..=1_000_000_000)),
        write: |settings| Some(settings.warmup.into()),
    },
];

/// How it is protected and closed.
pub const EXIT: [Setting; 11] = [
    Key {
        name: "exit.trigger_offset",
        allowed: OFFSET,
        meaning: "The stop triggers this far below the last Heikin-Ashi low; it never moves down.",
        read: |settings, given| put(&mut settings.exit.trigger_offset, given.number()),
        write: |settings| text(&settings.exit.trigger_offset),
    },
    Key {
        name: "exit.limit_offset",
        allowed: OFFSET,
        meaning: "It sells at most this far below its trigger. A small one strands when the price jumps over it.",
        read: |settings, given| put(&mut settings.exit.limit_offset, given.number()),
        write: |settings| text(&settings.exit.limit_offset),
    },
    Key {
        name: "exit.order",
        allowed: "\"stop_limit\" or \"stop_market\"",
        meaning: "What the stop becomes when it triggers; stop_market only where the symbol allows it.",
        read: |settings, given| put(&mut settings.exit.order, given.word(&ORDER)),
        write: |settings| name(&ORDER, settings.exit.order),
    },
    Key {
        name: "exit.on_red",
        allowed: "true or false",
        meaning: "Sell when the Heikin-Ashi candle turns red.",
        read: |settings, given| put(&mut settings.exit.on_red, given.flag()),
        write: |settings| Some(settings.exit.on_red.into()),
    },
    Key {
        name: "exit.take_profit_pct",
        allowed: "a percentage up to 100, net of both fees, or 0 for none",
        meaning: "Sell at this profit in percent, net of both fees.",
        read: |settings, given| put(&mut settings.exit.take_profit, given.percent(100)),
        write: |settings| text(&settings.exit.take_profit.percent()),
    },
    Key {
        name: "exit.rescue_after",
        allowed: PATIENCE,
        meaning: "A triggered stop that is unfilled for so many seconds (or until the candle's close) is priced anew.",
        read: |settings, given| put(&mut settings.exit.rescue_after, patience(given)),
        write: |settings| Some(patience_text(settings.exit.rescue_after)),
    },
    Key {
        name: "exit.rescue_offset",
        allowed: OFFSET,
        meaning: "It is priced this far below the best bid.",
        read: |settings, given| put(&mut settings.exit.rescue_offset, given.number()),
        write: |settings| text(&settings.exit.rescue_offset),
    },
    Key {
        name: "exit.max_slippage_pct",
        allowed: "a percentage from 0 to 99",
        meaning: "The floor of that, in percent below the stop's trigger. It bounds the rescue; it does not bound last_resort = \"market\".",
        read: |settings, given| put(&mut settings.exit.max_slippage, given.percent(99)),
        write: |settings| text(&settings.exit.max_slippage.percent()),
    },
    Key {
        name: "exit.last_resort",
        allowed: "\"hold\" or \"market\"",
        meaning: "At the floor: sell at market, or rest there with a repeated alert. A stop left behind in a fall can cost everything.",
        read: |settings, given| put(&mut settings.exit.last_resort, given.word(&RESORT)),
        write: |settings| name(&RESORT, settings.exit.last_resort),
    },
    Key {
        name: "exit.last_resort_after",
        allowed: PATIENCE,
        meaning: "How many seconds (or until the candle's close) the order rests at the floor first.",
        read: |settings, given| put(&mut settings.exit.last_resort_after, patience(given)),
        write: |settings| Some(patience_text(settings.exit.last_resort_after)),
    },
    Key {
        name: "exit.replace_min_ticks",
        allowed: "a number of ticks from 1 to 1000000",
        meaning: "A stop is not moved for less than this many ticks.",
        read: |settings, given| {
            put(&mut settings.exit.replace_min_ticks, given.count(1..=1_000_000))
        },
        write: |settings| Some(settings.exit.replace_min_ticks.into()),
    },
];

/// A quantity above zero.
pub fn positive(given: &Given<'_>) -> Result<Quantity, String> {
    let quantity: Quantity = given.number()?;
    if quantity.is_zero() { Err("must be above zero".to_owned()) } else { Ok(quantity) }
}

fn patience(given: &Given<'_>) -> Result<Patience, String> {
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

#[expect(clippy::expect_used, reason = "written here, and read by a test")]
fn offset(text: &str) -> Offset {
    text.parse().expect("a distance")
}

#[expect(clippy::expect_used, reason = "written here, and read by a test")]
fn percent(text: &str) -> Rate {
    Rate::from_percent(text).expect("a percentage")
}
