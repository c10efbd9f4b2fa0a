//! What people are told without asking. The rows of the outbox hold these; views make texts of them.

use heikin_core::market::{Asset, Side};
use heikin_core::num::{Money, Price, Quantity};
use heikin_core::order::{Denial, Reason};
use heikin_core::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Access, AlertKind, BasisPoints, Bill, Identity, Lane, Leg, Mode, OrderNumber, Paise, Profit,
    Protection, Role, SettingChange, TradeLine, TradeNumber, Trader, UserId,
};

/// What people are told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "alert", content = "data", rename_all = "snake_case")]
pub enum Alert {
    /// An entry order works on the exchange.
    EntryPlaced {
        /// Whose money.
        mode: Mode,
        /// Whose.
        trader: Trader,
        /// The price at which it triggers.
        trigger: Price,
        /// The worst acceptable price.
        limit: Price,
        /// How much.
        quantity: Quantity,
    },
    /// An order was filled, completely or in part.
    Filled(Box<FillAlert>),
    /// A stop was raised, once or several times since the last of these.
    StopRaised(StopRaised),
    /// A position was closed.
    TradeClosed {
        /// Whose money.
        mode: Mode,
        /// The trade.
        trade: Box<TradeLine>,
        /// Realized result of the day, in the person's zone or UTC.
        day: Money,
        /// Realized result of the last 7 days.
        week: Money,
    },
    /// Something about what protects a position.
    Protection(ProtectionAlert),
    /// The exchange refused an order, or ended it without us.
    OrderRejected {
        /// Whose.
        trader: Trader,
        /// Which.
        order: OrderNumber,
        /// Buy or sell.
        side: Side,
        /// What the exchange said.
        reason: String,
        /// What heikin does about it.
        doing: String,
    },
    /// Something about the connection to the exchange.
    Connection(ConnectionAlert),
    /// Something about risk: rules, gates, panic.
    Risk(RiskAlert),
    /// Something about heikin itself, or hands on the account.
    System(SystemAlert),
    /// Something about the person's own subscription.
    Subscription(SubscriptionAlert),
    /// The day in one message.
    Digest(Box<Digest>),
    /// What happened while heikin was off, or people could not be reached.
    Outage(Box<OutageSummary>),
    /// A message of the operator.
    Broadcast {
        /// What it says, plain.
        text: String,
    },
}

/// A fill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FillAlert {
    /// Whose money.
    pub mode: Mode,
    /// Whose.
    pub trader: Trader,
    /// The trade.
    pub number: TradeNumber,
    /// The base asset.
    pub base: Asset,
    /// The quote asset.
    pub quote: Asset,
    /// Buy or sell.
    pub side: Side,
    /// Why the order was placed.
    pub reason: Reason,
    /// The average price of what has filled.
    pub price: Price,
    /// How much of the order has filled.
    pub quantity: Quantity,
    /// How much of it is still open; zero for a complete fill.
    pub remaining: Quantity,
    /// The commission so far.
    pub fee: Quantity,
    /// The asset that it was charged in.
    pub fee_asset: Asset,
    /// What protects the position after it; none after the last exit fill.
    pub protection: Option<Protection>,
}

/// A stop that was raised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StopRaised {
    /// Whose money.
    pub mode: Mode,
    /// Whose.
    pub trader: Trader,
    /// The trade.
    pub number: TradeNumber,
    /// Where it was at the last of these messages.
    pub from: Price,
    /// Where it is now.
    pub to: Price,
    /// How often it was raised in between.
    pub times: u32,
    /// The average entry price.
    pub entry: Price,
    /// The market.
    pub price: Option<Price>,
}

/// Something about what protects a position.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum ProtectionAlert {
    /// A triggered stop did not fill and was priced anew.
    Rescued {
        /// Whose.
        trader: Trader,
        /// The trade.
        number: TradeNumber,
        /// What it is offered at now; none for a market order.
        price: Option<Price>,
        /// Below this it is not offered by a limit order.
        floor: Price,
        /// The market's bid.
        bid: Option<Price>,
    },
    /// The rescue came to its floor and rests there: sent again every few minutes.
    AtFloor {
        /// Whose.
        trader: Trader,
        /// The trade.
        number: TradeNumber,
        /// The floor.
        floor: Price,
        /// The market's bid.
        bid: Option<Price>,
    },
    /// A position, or part of it, has no protection.
    Unprotected {
        /// Whose.
        trader: Trader,
        /// The trade.
        number: TradeNumber,
        /// How much of it.
        quantity: Quantity,
        /// Since when.
        since: Timestamp,
        /// Why, as the exchange said it.
        cause: String,
        /// What heikin does about it.
        doing: String,
    },
    /// It is protected again.
    Protected {
        /// Whose.
        trader: Trader,
        /// The trade.
        number: TradeNumber,
        /// The stop.
        trigger: Option<Price>,
        /// For how long it was not, in seconds.
        seconds: u32,
    },
    /// Somebody cancelled the stop; it was put back.
    PutBack {
        /// Whose.
        trader: Trader,
        /// The trade.
        number: TradeNumber,
        /// The stop.
        trigger: Price,
    },
    /// Too little to protect or sell: carried into the next position.
    DustCarried {
        /// Whose.
        trader: Trader,
        /// All that is held.
        held: Quantity,
        /// The base asset.
        base: Asset,
    },
}

/// Something about the connection to the exchange.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum ConnectionAlert {
    /// For more than a minute.
    Lost {
        /// What: `market data`, `user events`, `REST`.
        what: String,
        /// Since when.
        since: Timestamp,
        /// What that means for positions: `2 stops rest on the exchange`.
        meaning: String,
    },
    /// Back again.
    Restored {
        /// What.
        what: String,
        /// For how long it was gone, in seconds.
        seconds: u32,
        /// What was made good: `3 candles back-filled, 1 fill booked`.
        made_good: String,
    },
    /// The exchange has told heikin to keep away.
    Banned {
        /// Until when.
        until: Timestamp,
    },
}

/// Something about risk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum RiskAlert {
    /// An entry was denied.
    EntryDenied {
        /// Whose.
        trader: Trader,
        /// By which rule.
        denial: Denial,
        /// Its figure: `daily loss 49.80 of 50.00 USDT`.
        figures: String,
    },
    /// Four fifths of a limit are used up.
    NearLimit {
        /// Which: `daily loss`.
        limit: String,
        /// Its figure.
        figures: String,
    },
    /// A gate has closed entries.
    GateClosed {
        /// Why, and what opens it.
        reason: String,
    },
    /// A gate has opened again.
    GateOpened {
        /// Which.
        reason: String,
    },
    /// The panic latch has fallen.
    Panic {
        /// Who.
        by: Identity,
        /// What they are called.
        name: String,
        /// How far it has come.
        step: PanicStep,
    },
}

/// How far a panic has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum PanicStep {
    /// The latch is stored; cancelling and selling begin.
    Latched,
    /// Step by step.
    Progress {
        /// The steps.
        legs: Vec<Leg>,
    },
    /// Nothing of ours is open or held any more.
    Finished {
        /// The steps.
        legs: Vec<Leg>,
        /// What it came to, after fees.
        net: Money,
        /// In this asset.
        quote: Asset,
    },
    /// Still latched after a restart.
    StillLatched {
        /// Since when.
        since: Timestamp,
    },
}

/// Something about heikin itself, or hands on the account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum SystemAlert {
    /// It runs.
    Started {
        /// Whose money.
        mode: Mode,
        /// The version.
        version: String,
        /// What was found: `1 position adopted, stop in place`.
        found: String,
    },
    /// It stops: entries are cancelled, stops stay on the exchange.
    Stopping {
        /// What stays.
        stays: String,
    },
    /// Something is wrong.
    Fault {
        /// What, in one sentence.
        what: String,
        /// What heikin does about it.
        doing: String,
        /// What the owner can do.
        remedy: String,
    },
    /// It is right again.
    FaultOver {
        /// What was wrong.
        what: String,
    },
    /// The outcome of an order is unknown, and nothing explains it yet.
    OrderUnknown {
        /// Whose.
        trader: Trader,
        /// Which.
        order: OrderNumber,
        /// Buy or sell.
        side: Side,
        /// Since when.
        since: Timestamp,
    },
    /// It is known now.
    OrderResolved {
        /// Whose.
        trader: Trader,
        /// Which.
        order: OrderNumber,
        /// What it was: `filled`, `never reached the exchange`.
        outcome: String,
    },
    /// A position was sold by hand; its trader is paused.
    SoldByHand {
        /// Whose.
        trader: Trader,
        /// How much is missing.
        missing: Quantity,
        /// The base asset.
        base: Asset,
    },
    /// A balance changed without us.
    BalanceChanged {
        /// Which.
        asset: Asset,
        /// By how much.
        amount: Money,
    },
    /// Candles are missing.
    CandleGap {
        /// Whose series.
        trader: Trader,
        /// When the last one before the gap closed.
        closed: Timestamp,
        /// When the next one opened.
        opened: Timestamp,
    },
    /// Somebody changed settings.
    SettingsChanged {
        /// What they are called.
        name: String,
        /// From what to what.
        changes: Vec<SettingChange>,
    },
    /// Somebody acted: started, stopped, paused, closed, changed the mode.
    Acted {
        /// What they are called.
        name: String,
        /// What they did, in words.
        what: String,
    },
    /// Somebody got a role, or lost it.
    RoleChanged {
        /// Who.
        user: UserId,
        /// What they are now.
        role: Role,
        /// Who gave or took it.
        name: String,
    },
    /// Too many wrong PINs.
    PinLocked {
        /// Who typed them.
        user: UserId,
        /// Until when.
        until: Timestamp,
    },
}

/// Something about the person's own subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum SubscriptionAlert {
    /// A payment came: access begins, or goes on for longer.
    Paid {
        /// What for.
        bill: Bill,
        /// Our reference.
        reference: String,
        /// Until when there is access now.
        until: Timestamp,
        /// Whether this was more than was needed: the days were added to the end.
        is_again: bool,
    },
    /// Less than all was paid.
    PartPaid {
        /// How much came.
        paid: Paise,
        /// How much is missing.
        missing: Paise,
        /// Where to pay it.
        url: String,
    },
    /// The time paid for ends soon.
    EndsSoon {
        /// When.
        until: Timestamp,
        /// In how many days.
        days: u32,
        /// What a renewal costs.
        total: Paise,
    },
    /// The time paid for is over; the grace runs.
    Grace {
        /// Until when.
        until: Timestamp,
    },
    /// Access has ended.
    Ended,
    /// The payment link ended unpaid.
    LinkExpired,
    /// A payment failed.
    PaymentFailed {
        /// What the provider said.
        reason: String,
    },
    /// It was paid back.
    Refunded {
        /// How much.
        amount: Paise,
        /// How the subscription stands now.
        access: Access,
    },
    /// The payer's bank took a payment back.
    ChargedBack {
        /// How much.
        amount: Paise,
    },
    /// The payer's bank asks for a payment back; what it paid for rests until that is decided.
    Disputed {
        /// How much.
        amount: Paise,
        /// How the subscription stands now.
        access: Access,
    },
    /// That was decided, and the payment stays.
    DisputeOver {
        /// How much.
        amount: Paise,
        /// How the subscription stands now.
        access: Access,
    },
    /// The operator gave access.
    Granted {
        /// Until when; none for no end.
        until: Option<Timestamp>,
    },
    /// The operator took the granted access away.
    Revoked {
        /// What the person has paid for, and keeps; none where that is nothing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        keeps: Option<Access>,
    },
}

/// The day in one message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Digest {
    /// Whose money.
    pub mode: Mode,
    /// The results of the day.
    pub profit: Profit,
    /// Positions that are open.
    pub open_positions: u32,
    /// What they lose, after fees, if all their stops fill: below zero for a loss.
    pub open_risk: Money,
    /// Faults, and how often each.
    pub faults: Vec<(String, u32)>,
    /// Candles that were missed.
    pub missed_candles: u32,
    /// For how much of the day heikin ran.
    pub uptime: BasisPoints,
    /// For how many more trades the BNB pays the fees; none where fees are not paid in it.
    pub bnb_trades_left: Option<u32>,
}

/// What happened while heikin was off, or people could not be reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OutageSummary {
    /// Whose money.
    pub mode: Mode,
    /// From when.
    pub from: Timestamp,
    /// Until when.
    pub to: Timestamp,
    /// Whether heikin itself was off; otherwise only its messages did not get through.
    pub was_off: bool,
    /// Fills meanwhile, oldest first.
    pub fills: Vec<FillAlert>,
    /// What was found different from what was known, and what was done about it.
    pub differences: Vec<String>,
    /// How things are now.
    pub now: String,
}

impl Alert {
    /// What it is about.
    pub const fn kind(&self) -> AlertKind {
        match self {
            Self::EntryPlaced { .. } => AlertKind::Entry,
            Self::Filled(_) => AlertKind::Fill,
            Self::StopRaised(_) => AlertKind::Stop,
            Self::TradeClosed { .. } => AlertKind::Exit,
            Self::Protection(alert) => match alert {
                ProtectionAlert::Protected { .. } | ProtectionAlert::DustCarried { .. } => {
                    AlertKind::Stop
                }
                _ => AlertKind::Fault,
            },
            Self::OrderRejected { .. } => AlertKind::Fault,
            Self::Connection(ConnectionAlert::Banned { .. }) => AlertKind::Fault,
            Self::Connection(_) => AlertKind::Connection,
            Self::Risk(RiskAlert::Panic { .. }) => AlertKind::Fault,
            Self::Risk(_) => AlertKind::Risk,
            Self::System(alert) => alert.kind(),
            Self::Subscription(_) => AlertKind::Subscription,
            Self::Digest(_) => AlertKind::Digest,
            Self::Outage(_) => AlertKind::Connection,
            Self::Broadcast { .. } => AlertKind::Broadcast,
        }
    }

    /// What goes first when there is more than can be sent.
    pub const fn lane(&self) -> Lane {
        match self.kind() {
            AlertKind::Fault => Lane::Fault,
            AlertKind::Fill | AlertKind::Exit => Lane::Trade,
            _ => Lane::Info,
        }
    }
}

impl SystemAlert {
    const fn kind(&self) -> AlertKind {
        match self {
            Self::Fault { .. }
            | Self::OrderUnknown { .. }
            | Self::SoldByHand { .. }
            | Self::PinLocked { .. } => AlertKind::Fault,
            Self::Started { .. }
            | Self::Stopping { .. }
            | Self::FaultOver { .. }
            | Self::OrderResolved { .. }
            | Self::BalanceChanged { .. }
            | Self::CandleGap { .. } => AlertKind::Connection,
            Self::SettingsChanged { .. } | Self::Acted { .. } | Self::RoleChanged { .. } => {
                AlertKind::People
            }
        }
    }
}
