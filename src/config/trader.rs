//! A trader of `heikin.toml`, and each of its keys.

use heikin_core::market::Symbol;
use heikin_core::strategy::HeikinAshiSettings;
use heikin_core::time::Interval;

use super::given::Given;
use super::key::{Key, name, put, text};
use super::strategy;

/// Where a trader's settings start from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    /// What was chosen on real candles.
    Product,
    /// The ancestor's rule.
    Classic,
}

/// What trades one symbol at one interval. The two are its identity: no other trader of the
/// configuration has both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraderConfig {
    /// The symbol.
    pub symbol: Symbol,
    /// The interval of its candles.
    pub interval: Interval,
    /// Where its settings started from.
    pub preset: Preset,
    /// How it trades.
    pub settings: HeikinAshiSettings,
    /// How many closed candles a series without a snapshot is seeded from.
    pub seed_candles: u16,
    /// What lets this trader into `live` although its backtest failed. It names the symbol and the
    /// interval; whether it names the net figure is for whoever has run the backtest to see.
    pub live_gate_override: Option<String>,
}

/// A trader as it is written.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) symbol: Option<Symbol>,
    pub(super) interval: Interval,
    pub(super) preset: Preset,
    pub(super) settings: HeikinAshiSettings,
    pub(super) seed_candles: u16,
    pub(super) live_gate_override: Option<String>,
}

impl Default for Draft {
    fn default() -> Self {
        Self {
            symbol: None,
            interval: Interval::H12,
            preset: Preset::Product,
            settings: strategy::product(),
            seed_candles: MOST_SEED,
            live_gate_override: None,
        }
    }
}

impl Draft {
    /// It, started from a preset.
    fn with(&self, preset: Preset) -> Self {
        let settings = match preset {
            Preset::Product => strategy::product(),
            Preset::Classic => strategy::classic(),
        };
        Self { preset, settings, ..self.clone() }
    }

    /// What a preset starts from.
    pub(super) fn started_from(preset: Preset) -> Self {
        Self::default().with(preset)
    }

    /// What a preset by this name starts from; the product's, where there is none.
    pub(super) fn of(preset: &str) -> Self {
        let known = PRESETS.iter().find(|(name, _)| *name == preset);
        Self::default().with(known.map_or(Preset::Product, |(_, preset)| *preset))
    }
}

/// One page of candles.
const MOST_SEED: u16 = 1_000;
const PRESETS: [(&str, Preset); 2] = [("product", Preset::Product), ("classic", Preset::Classic)];
const STRATEGIES: [(&str, ()); 1] = [("heikin_ashi", ())];

/// What the reader takes first, since it decides what the others start from.
pub(super) const PRESET: &str = "preset";

/// A trader's keys besides those of its strategy.
pub(super) const KEYS: [Key<Draft>; 6] = [
    Key {
        name: "symbol",
        allowed: "a symbol as Binance writes it, such as \"BTCUSDT\"",
        meaning: "What is traded.",
        read: |trader, given| put(&mut trader.symbol, symbol(given).map(Some)),
        write: |trader| trader.symbol.and_then(|symbol| text(&symbol)),
    },
    Key {
        name: "interval",
        allowed: "1s, 1m, 3m, 5m, 15m, 30m, 1h, 2h, 4h, 6h, 8h, 12h, 1d, 3d, 1w or 1M",
        meaning: "How long a candle is. The settings were chosen on 12h; 4h is the alternative. On 15m and below fees take everything; on 1h four settings in five lose.",
        read: |trader, given| put(&mut trader.interval, interval(given)),
        write: |trader| text(&trader.interval),
    },
    Key {
        name: "strategy",
        allowed: "\"heikin_ashi\"",
        meaning: "How it trades.",
        read: |_, given| given.word(&STRATEGIES),
        write: |_| Some("heikin_ashi".into()),
    },
    Key {
        name: PRESET,
        allowed: "\"product\" or \"classic\"",
        meaning: "What the settings below start from: those chosen on real candles, or the ancestor's rule (Heikin-Ashi high and low themselves, no filters).",
        read: |trader, given| {
            *trader = trader.with(given.word(&PRESETS)?);
            Ok(())
        },
        write: |trader| name(&PRESETS, trader.preset),
    },
    Key {
        name: "seed_candles",
        allowed: "a number of candles from 500 to 1000",
        meaning: "How many closed candles a new series is seeded from.",
        read: |trader, given| {
            put(&mut trader.seed_candles, given.count(500..=u64::from(MOST_SEED)))
        },
        write: |trader| Some(trader.seed_candles.into()),
    },
    Key {
        name: "live_gate_override",
        allowed: "a sentence with the symbol, the interval and the net figure that the live gate showed",
        meaning: "Trade with real money although the backtest of these very settings failed.",
        read: |trader, given| {
            put(&mut trader.live_gate_override, given.text().map(|text| Some(text.to_owned())))
        },
        write: |trader| trader.live_gate_override.as_deref().map(Into::into),
    },
];

/// Every key of the strategy, in the order in which they are told.
pub(super) fn settings() -> impl Iterator<Item = &'static strategy::Setting> {
    const ALL: [&[strategy::Setting]; 3] = [&strategy::SIZING, &strategy::ENTRY, &strategy::EXIT];
    ALL.into_iter().flatten()
}

/// What whoever chooses this interval must be told, if anything.
pub fn interval_warning(interval: Interval) -> Option<&'static str> {
    if interval <= Interval::M15 {
        Some(
            "at this interval fees take everything, whatever the settings: the edge of a trade is \
             under 0.01 % against 0.2 % for the round trip. The settings were chosen on 12h; 4h is \
             the alternative",
        )
    } else if interval <= Interval::H1 {
        Some(
            "on 1h four settings in five lose after fees, and below it more. The settings were \
             chosen on 12h; 4h is the alternative",
        )
    } else {
        None
    }
}

/// What is wrong with the sentence of an override, if anything.
pub(super) fn override_flaw(trader: &TraderConfig) -> Option<&'static str> {
    let said = trader.live_gate_override.as_deref()?;
    let mut words = said.split(|c: char| !(c.is_alphanumeric() || "_.,-+−%".contains(c)));
    let has =
        |name: &str| said.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|w| w == name);
    let is_figure = |word: &str| {
        let digits = word.trim_matches(|c: char| !c.is_ascii_digit());
        !digits.is_empty()
            && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b',')
            && !word.contains(char::is_alphabetic)
    };
    if !has(trader.symbol.as_str()) {
        Some("does not name the symbol of its trader")
    } else if !has(trader.interval.as_str()) {
        Some("does not name the interval of its trader")
    } else if !words.any(is_figure) {
        Some("does not name the net figure")
    } else {
        None
    }
}

fn symbol(given: &Given<'_>) -> Result<Symbol, String> {
    let symbol: Symbol = given.number()?;
    if symbol.as_str().chars().any(|c| c.is_ascii_lowercase()) {
        let upper = symbol.as_str().to_ascii_uppercase();
        return Err(format!("is in small letters; did you mean \"{upper}\"?"));
    }
    Ok(symbol)
}

fn interval(given: &Given<'_>) -> Result<Interval, String> {
    let text = given.text()?;
    text.parse().map_err(|_unknown| {
        let lower = text.to_ascii_lowercase();
        match Interval::ALL.iter().find(|known| known.as_str() == lower) {
            Some(meant) => format!("is no interval; did you mean \"{meant}\"?"),
            None => "is no interval".to_owned(),
        }
    })
}
