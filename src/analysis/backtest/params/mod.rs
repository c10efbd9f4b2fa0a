//! The parameters of a backtest: a JSON object, read exactly or refused with every fault at once.
//!
//! The file is complete in itself: a key that it leaves out is *off* (zero, false, `hold`), unlike
//! the product's own settings, which have defaults. Numbers may be written as JSON numbers or as
//! texts; either way they are read as the decimals that stand there, never through binary floating
//! point, and a number that would have to be rounded is refused.

mod entries;
mod fault;
mod keys;

#[cfg(test)]
mod tests;

use std::fs;
use std::path::Path;

use heikin_core::market::{Asset, FilterName, NotionalRule, Symbol, SymbolRules};
use heikin_core::matching::{FillModel, Timers};
use heikin_core::num::{Money, Price, Quantity, Rate};
use heikin_core::strategy::{ExitOrder, FeeRates, HeikinAshiSettings, Patience};
use heikin_core::time::Span;
use serde_json::Value;

pub use fault::{Fault, ParamsError};

use entries::{Entry, entries, nearest};
use keys::{REQUIRED, SIZING, keys};

/// The fewest keys that a file can have.
pub const MINIMAL: &str = r#"{
  "tick": "0.01",
  "step": "0.00001",
  "fee": "0.001",
  "cash": "10000",
  "percent": "100"
}"#;

/// Everything that a run depends on besides the candles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Params {
    /// What the candles are of, where the file says so.
    pub symbol: Option<Symbol>,
    /// The price grid.
    pub tick: Price,
    /// The quantity grid.
    pub step: Quantity,
    /// The least price × quantity of an order.
    pub min_notional: Money,
    /// What the exchange charges.
    pub fees: FeeRates,
    /// What it charges orders that rested, where that differs.
    pub maker_fee: Option<Rate>,
    /// What the account has at the start, in the quote asset.
    pub cash: Quantity,
    /// The strategy's settings.
    pub settings: HeikinAshiSettings,
    /// How orders fill.
    pub model: FillModel,
}

impl Params {
    /// Reads a file.
    pub fn read(path: &Path) -> Result<Self, ParamsError> {
        let fails = |faults| ParamsError { file: path.display().to_string(), faults };
        let bytes = fs::read(path).map_err(|error| fails(vec![unreadable(&error)]))?;
        let text = String::from_utf8(bytes).map_err(|_not_utf8| {
            fails(vec![Fault::absent("this is not text. It must hold a JSON object.".to_owned())])
        })?;
        Self::parse(text.trim_start_matches('\u{feff}')).map_err(fails)
    }

    /// Reads a text; all faults at once.
    pub fn parse(text: &str) -> Result<Self, Vec<Fault>> {
        let entries = entries(text).map_err(|fault| vec![fault])?;
        let mut params = Self::off();
        let mut faults = Vec::new();
        for (index, entry) in entries.iter().enumerate() {
            let before = entries.iter().take(index).find(|earlier| earlier.key == entry.key);
            if let Err(text) = params.take(entry, before) {
                faults.push(Fault::at(entry.line, text));
            }
        }
        faults.extend(missing(&entries));
        if faults.is_empty() { params.checked().map_err(|fault| vec![fault]) } else { Err(faults) }
    }

    /// Everything off.
    fn off() -> Self {
        let unit = |units| Price::from_units(units);
        let settings = HeikinAshiSettings::OFF;
        #[expect(clippy::expect_used, reason = "one is a price")]
        let tick = unit(1).expect("above zero");
        Self {
            symbol: None,
            tick,
            step: Quantity::ZERO,
            min_notional: Money::ZERO,
            fees: FeeRates::flat(Rate::ZERO),
            maker_fee: None,
            cash: Quantity::ZERO,
            settings,
            model: FillModel { slippage: Rate::ZERO, latency: Span::ZERO, participation: None },
        }
    }

    fn take(&mut self, entry: &Entry<'_>, before: Option<&Entry<'_>>) -> Result<(), String> {
        let name = &entry.key;
        let Some(key) = keys().find(|key| key.name == name) else {
            let meant = nearest(name, keys().map(|key| key.name));
            return Err(match meant {
                Some(meant) => format!("there is no key \"{name}\"; did you mean \"{meant}\"?"),
                None => format!("there is no key \"{name}\". Leave it out."),
            });
        };
        if let Some(before) = before {
            let line = before.line;
            return Err(format!("\"{name}\" is there already, on line {line}. Leave one out."));
        }
        (key.read)(self, entry).map_err(|why| {
            let end = if why.ends_with('?') { "" } else { "." };
            format!("{name} {} {why}{end} Give {}.", entry.shown(), key.allowed)
        })
    }

    /// What only shows when all keys are known.
    fn checked(mut self) -> Result<Self, Fault> {
        let exit = &self.settings.exit;
        if !exit.take_profit.is_zero() && exit.order == ExitOrder::StopMarket {
            return Err(Fault::absent(
                "take_profit_pct and exit_order \"stop_market\" exclude each other: the stop \
                 beside a target is a stop-limit. Leave one out."
                    .to_owned(),
            ));
        }
        if let Some(maker) = self.maker_fee {
            self.fees.maker = maker;
        }
        Ok(self)
    }

    /// Every effective setting by its key, in a fixed order: as a file it gives the same run.
    pub fn effective(&self) -> impl Iterator<Item = (&'static str, Value)> + use<'_> {
        keys().filter_map(|key| Some((key.name, (key.write)(self)?)))
    }

    /// The rules of the market that is traded.
    pub fn rules(&self, symbol: Symbol, base: Asset, quote: Asset) -> SymbolRules {
        let mut rules = SymbolRules::unrestricted(symbol, base, quote, self.tick);
        rules.lot.step = self.step;
        rules.notional = Some(NotionalRule {
            name: FilterName::Notional,
            min: self.min_notional,
            min_applies_to_market: false,
            max: None,
            max_applies_to_market: false,
        });
        rules
    }

    /// Whether anything waits in seconds: then the price is walked to where it is at that time.
    pub fn timers(&self) -> Timers {
        let exit = &self.settings.exit;
        match (exit.rescue_after, exit.last_resort_after) {
            (Patience::CandleClose, Patience::CandleClose) => Timers::AtCloses,
            _ => Timers::WithinCandles,
        }
    }
}

fn unreadable(error: &std::io::Error) -> Fault {
    Fault::absent(match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file. Check the path.".to_owned(),
        _ => format!("cannot be read: {error}. Check the path and its permissions."),
    })
}

/// What is not there although it must be, and the one kind of key that must not be there twice.
fn missing(entries: &[Entry<'_>]) -> Vec<Fault> {
    let given = |name: &str| entries.iter().any(|entry| entry.key == name);
    let allowed = |name: &str| keys().find(|key| key.name == name).map_or("", |key| key.allowed);
    let mut faults: Vec<Fault> = REQUIRED
        .into_iter()
        .filter(|name| !given(name))
        .map(|name| Fault::absent(format!("{name} is missing. Give {}.", allowed(name))))
        .collect();
    let sizing: Vec<&str> = SIZING.into_iter().filter(|name| given(name)).collect();
    match sizing.as_slice() {
        [_] => {}
        [] => faults.push(Fault::absent(
            "how much is bought is missing. Give percent (of the free balance, such as \"100\"), \
             fixed (a quantity) or quote (an amount)."
                .to_owned(),
        )),
        several => faults.push(Fault::absent(format!(
            "{} exclude each other: each says how much is bought. Leave one.",
            several.join(" and ")
        ))),
    }
    faults
}
