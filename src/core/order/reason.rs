//! Why an order should be open, and why none is: kept with every decision, shown by `/why`.

use serde::{Deserialize, Serialize};

/// Why an order should be open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
// Whole words are copied several times faster than a byte and what is behind it.
#[repr(u64)]
pub enum Reason {
    /// Entry above the last candle's high.
    Breakout,
    /// Entry whose trigger the market had reached already: a plain limit order.
    AlreadyThrough,
    /// Protection of a position.
    Stop,
    /// A triggered stop that did not fill, priced anew.
    Rescue,
    /// A rescue that came to its floor: sold at market.
    LastResort,
    /// The Heikin-Ashi candle turned red.
    RedCandle,
    /// The stop's trigger was at or above the market already: sold at once.
    StopAlreadyThrough,
    /// The take-profit price was reached already.
    TakeProfit,
    /// The user asked to close.
    CloseCommand,
    /// The user pressed the panic button.
    Panic,
    /// A signal of another strategy.
    Signal,
    /// An order of ours that the journal did not know: why it was placed is lost.
    Recovered,
    /// Not an order of ours: the position was sold by hand, and is valued at the market.
    SoldByHand,
}

impl Reason {
    /// Whether the order is on its way out of the position, instead of waiting to protect it.
    pub const fn is_leaving(self) -> bool {
        matches!(
            self,
            Self::Rescue
                | Self::LastResort
                | Self::RedCandle
                | Self::StopAlreadyThrough
                | Self::CloseCommand
                | Self::Panic
        )
    }
}

/// Why no order should be open although the slot was considered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Skip {
    /// Fewer candles than `warmup`.
    WarmingUp,
    /// The average true range needs more candles.
    NoAverageTrueRange,
    /// The moving average needs more candles.
    NoMovingAverage,
    /// The close is not above the moving average.
    BelowMovingAverage,
    /// The Heikin-Ashi candle is not green.
    NotGreen,
    /// The Heikin-Ashi body is too small.
    BodyTooSmall,
    /// The Heikin-Ashi candle has a lower wick.
    LowerWick,
    /// The candle was back-filled: a newer one has closed since.
    StaleCandle,
    /// No price of the market is known.
    NoQuote,
    /// The stop would not lie below the entry and the market.
    NoRoomForStop,
    /// A price is outside PRICE_FILTER.
    PriceOutOfRange,
    /// The quantity is below LOT_SIZE, or nothing is left to spend.
    QuantityTooSmall,
    /// Price × quantity is below the least notional.
    BelowMinNotional,
    /// The position could not be sold again at the floor of its stop.
    CouldNotLeave,
    /// The market is above the entry's limit.
    AboveLimit,
    /// The market is at or above the trigger, and the settings say to skip then.
    AlreadyThrough,
    /// What is held is too small to protect: the entry keeps working for one more candle.
    TooSmallToProtect,
    /// The symbol's filters changed, and what was decided does not fit them any more.
    RulesChanged,
    /// No signal to trade on.
    NoSignal,
    /// Our own risk gate said no.
    Denied(Denial),
}

/// Which rule of the risk gate said no. The order of the variants is the order of the checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Denial {
    /// The signal's confidence is too low.
    ConfidenceTooLow,
    /// Less free quote balance than the minimum.
    FreeBalanceTooLow,
    /// The order is larger than one trade may be, or than what is free.
    TradeTooLarge,
    /// As many trades are open as may be.
    TooManyOpenTrades,
    /// As many trades were opened today (UTC) as may be.
    TooManyTradesToday,
    /// The last trade is too recent.
    CoolingDown,
    /// Today's loss reached its limit.
    DailyLoss,
    /// Equity fell too far from its peak.
    Drawdown,
    /// Entries are off: paused, stopped, or a gate is closed.
    Paused,
    /// An order of the symbol is unresolved: its outcome could add to the position.
    UnresolvedOrder,
    /// The symbol does not trade, or has a filter that is not understood.
    SymbolClosed,
    /// The exchange allows no more open orders (or stops) on the symbol.
    TooManyOrders,
}
