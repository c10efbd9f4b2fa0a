//! The account engine: one exchange account, its balances, orders, risk counters and traders.
//!
//! [`Engine::step`] takes one stamped [`Input`] and gives [`Effect`]s. It never waits, never asks
//! what time it is, and is the same for backtest, demo, paper, testnet and live: those differ only
//! in who makes the inputs and who performs the effects.
//!
//! # Invariants
//!
//! - *State = fold of what is recorded.* [`Engine::apply`] (inputs) and [`Engine::commit`] (effects)
//!   are the only two functions that change the state, and neither decides anything. Recovery is
//!   those two over the journal, so a newer build cannot rewrite the past.
//! - *Level-triggered.* What is decided follows from the state alone: a lost, late, doubled or
//!   reordered input only delays the next correct step, and deciding twice changes nothing.
//! - *Unknown is live.* An order without an answer keeps its slot and its share of the balance
//!   until evidence settles it.
//! - *Exits always pass.* Gates, pauses and limits close entries, nothing else.
//!
//! Deliberately absent: a clock, chance, I/O, hash maps, floating point in any decision.

mod apply;
mod bug;
mod commit;
mod configuration;
mod decide;
mod effect;
mod facts;
mod figures;
mod input;
mod journal;
mod record;
mod snapshot;
mod trader;
mod write_ahead;

pub use bug::Bug;
pub use configuration::{Chosen, Configuration};
pub use effect::{Alert, Effect, ReplaceMode};
pub use figures::RiskFigures;
pub use input::{AccountSnapshot, Command, Gate, GateState, Input};
pub use journal::{Journal, JournalError, MemoryJournal};
pub use record::{Body, Record, Sequence};
pub use snapshot::{Snapshot, SnapshotError};
pub use trader::{Standing, Trader};
pub use write_ahead::WriteAhead;

use std::collections::{BTreeSet, VecDeque};

use crate::ledger::Balances;
use crate::market::{Asset, Quote, Symbol, SymbolRules};
use crate::num::{Money, Price};
use crate::order::{ClientOrderId, InstallationTag, Order, Phase, TraderId};
use crate::risk::RiskLimits;
use crate::strategy::{Desired, FeeRates, Strategy, TraderState};
use crate::time::{Interval, Span, Timestamp};

/// A position may be without protection for this long before people are told.
pub const PROTECTION_GRACE: Span = Span::from_millis(3_000);
/// A placement or cancellation without an answer for this long is unresolved.
const ANSWER_TIMEOUT: Span = Span::from_millis(15_000);
/// After the account could not be fetched it is fetched again after this long: twice as long after
/// each failure in a row, and at most...
const FETCH_PAUSE: Span = Span::from_millis(1_000);
/// ... this long.
const MOST_FETCH_PAUSE: Span = Span::from_millis(30_000);
/// Executions that were counted but not told are fetched after this long.
const FILLS_DUE_AFTER: Span = Span::from_millis(500);

/// What a new engine is made from, besides its markets and traders.
#[derive(Debug, Clone, Copy)]
pub struct EngineConfig {
    /// In every client order id.
    pub tag: InstallationTag,
    /// The account's risk limits.
    pub limits: RiskLimits,
    /// The account is fetched again after this long, as the safety net for whatever was missed;
    /// never where nothing can be missed.
    pub resync_every: Option<Span>,
}

impl EngineConfig {
    /// For backtests and for tests: nothing is limited and nothing can be missed.
    pub const UNLIMITED: Self =
        Self { tag: InstallationTag::BACKTEST, limits: RiskLimits::NONE, resync_every: None };
}

/// A trader to be.
#[derive(Debug)]
pub struct TraderSetup {
    /// The symbol it trades; its market must have been added.
    pub symbol: Symbol,
    /// The interval of its candles.
    pub interval: Interval,
    /// How it trades.
    pub strategy: Box<dyn Strategy>,
}

/// What is known of one symbol.
#[derive(Debug, Clone)]
pub struct Market {
    pub(super) rules: SymbolRules,
    pub(super) fees: FeeRates,
    pub(super) quote: Option<Quote>,
    /// Open stops and take-profits of others on the symbol.
    pub(super) foreign_algo_orders: u32,
    /// A filter refused an order: the rules are to be fetched.
    pub(super) rules_wanted: bool,
}

impl Market {
    /// Its trading rules.
    pub const fn rules(&self) -> &SymbolRules {
        &self.rules
    }

    /// What the exchange charges on it.
    pub const fn fees(&self) -> FeeRates {
        self.fees
    }

    /// Its last quote.
    pub const fn quote(&self) -> Option<Quote> {
        self.quote
    }

    /// Open stops and take-profits of others on it, as of the last look at the account.
    pub const fn foreign_algo_orders(&self) -> u32 {
        self.foreign_algo_orders
    }

    /// A price to value things at: the bid.
    fn mark(&self) -> Option<Price> {
        self.quote.map(|quote| quote.bid)
    }
}

/// Whether the engine acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
enum Status {
    /// The exchange has not yet said what happened while the process was down.
    Starting,
    /// It acts.
    Ready,
}

/// The fetching of the whole account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
struct Sync {
    /// A snapshot is wanted from this time on.
    due: Option<Timestamp>,
    /// One was asked for at this time and has not come.
    asked: Option<Timestamp>,
    /// When the last one came.
    last: Timestamp,
    /// How often in a row none came.
    #[serde(default)]
    failures: u32,
    /// The exchange said that it answers nothing before this time.
    #[serde(default)]
    not_before: Option<Timestamp>,
}

impl Sync {
    /// None came. The next one waits longer the more often in a row that was so, and for as long as
    /// the exchange said.
    fn fail(&mut self, now: Timestamp, not_before: Option<Timestamp>) {
        let pause = FETCH_PAUSE.times(1 << self.failures.min(5)).min(MOST_FETCH_PAUSE);
        self.failures = self.failures.saturating_add(1);
        self.asked = None;
        self.due = Some(now + pause);
        self.not_before = not_before;
    }

    /// After failures: until when none is asked for, whoever needs it.
    fn held_until(&self) -> Option<Timestamp> {
        self.due.filter(|_| self.failures > 0).max(self.not_before)
    }
}

/// Counters of the risk rules; they survive restarts.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
struct RiskCounters {
    /// The end of the UTC day that the counters are of.
    day_end: Timestamp,
    /// Positions opened on it.
    trades: u32,
    /// Realized PnL on it and the highest equity ever, by quote asset.
    by_quote: Vec<QuoteCounters>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
struct QuoteCounters {
    asset: Asset,
    realized: Money,
    peak: Money,
}

/// One account's engine. See the [module](self).
#[derive(Debug)]
pub struct Engine {
    config: EngineConfig,
    /// What the configuration said of the limits when it was last read.
    written_limits: Option<RiskLimits>,
    clock: Timestamp,
    status: Status,
    sync: Sync,
    /// When the account is to be fetched; follows from `sync`.
    sync_at: Option<Timestamp>,
    stopped: bool,
    panicked: bool,
    gates: BTreeSet<Gate>,
    /// How many orders of ours are open whose trader is not known.
    strangers: usize,
    balances: Balances,
    counters: RiskCounters,
    markets: Vec<Market>,
    /// Whether any market wants its rules.
    rules_wanted: bool,
    traders: Vec<Trader>,
    /// How many fills were booked: to see whether an input brought one.
    booked: u64,
    /// Alerts that follow from inputs and are not yet out.
    pending: VecDeque<Alert>,
    bug: Option<Bug>,
    /// Working memory of `step`, kept to spare allocations.
    desired: Desired,
}

/// Which traders an input may move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Touched {
    None,
    One(usize),
    /// An order of this trader was taken in as it was asked for. Nothing that a strategy looks at
    /// has changed, but a decision made meanwhile can now be carried out.
    Acknowledged(usize),
    /// Those on this market.
    Market(usize),
    All,
}

impl Engine {
    /// An engine with nothing in it. Where something was saved, [`Engine::restore`] follows, then
    /// the records since.
    pub fn new(config: EngineConfig) -> Self {
        Self {
            config,
            written_limits: None,
            clock: Timestamp::EPOCH,
            status: Status::Ready,
            sync: Sync::default(),
            sync_at: config.resync_every.map(|every| Timestamp::EPOCH + every),
            stopped: false,
            panicked: false,
            gates: BTreeSet::new(),
            strangers: 0,
            balances: Balances::default(),
            counters: RiskCounters::default(),
            markets: Vec::new(),
            rules_wanted: false,
            traders: Vec::new(),
            booked: 0,
            pending: VecDeque::new(),
            bug: None,
            desired: Desired::default(),
        }
    }

    /// Adds a symbol, or replaces its rules and fees.
    pub fn add_market(&mut self, rules: SymbolRules, fees: FeeRates) {
        if let Some(market) = self.markets.iter_mut().find(|m| m.rules.symbol == rules.symbol) {
            market.rules = rules;
            market.fees = fees;
            return;
        }
        self.markets.push(Market {
            rules,
            fees,
            quote: None,
            foreign_algo_orders: 0,
            rules_wanted: false,
        });
    }

    /// Adds a trader; its number counts from 0. None where its symbol has no market.
    pub fn add_trader(&mut self, setup: TraderSetup) -> Option<TraderId> {
        let market = self.market_index(setup.symbol)?;
        let id = TraderId(u16::try_from(self.traders.len()).ok()?);
        self.traders.push(Trader {
            id,
            market,
            interval: setup.interval,
            strategy: setup.strategy,
            next_settings: None,
            written: None,
            closed: 0,
            candle: None,
            position: crate::ledger::Position::default(),
            slots: Vec::new(),
            paused: false,
            standing: Standing::Active,
            leave: None,
            alarmed: false,
            has_questions: false,
            wake_at: None,
        });
        Some(id)
    }

    /// From now on the trader is [`Standing::Retired`].
    pub fn retire(&mut self, id: TraderId) {
        if let Some(trader) = self.traders.get_mut(usize::from(id.0)) {
            trader.standing = Standing::Retired;
        }
    }

    /// Takes one input in and adds what follows from it to `effects`.
    ///
    /// `at` is when the input happened or arrived; an earlier time than the last one counts as that.
    pub fn step(&mut self, at: Timestamp, input: &Input, effects: &mut Vec<Effect>) {
        let touched = self.take_in(at, input);
        self.decide(touched, effects);
    }

    /// When [`Input::Time`] is due, if nothing happens before: call it again after every step.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        let traders = self.traders.iter().flat_map(|trader| {
            let orders = trader.live_orders().filter_map(|order| self.wake_of(order));
            let fills = trader
                .slots
                .iter()
                .flat_map(crate::order::SlotState::orders)
                .filter_map(|order| order.fills_due);
            orders.chain(fills).chain(trader.wake_at)
        });
        traders.chain(self.sync_at).min()
    }

    /// When an order needs attention although nothing happens.
    fn wake_of(&self, order: &Order) -> Option<Timestamp> {
        match order.phase {
            Phase::Submitting | Phase::Canceling => Some(order.phase_since + ANSWER_TIMEOUT),
            // An audit waits for the account that is being fetched.
            Phase::Unresolved => order
                .resolve
                .as_ref()
                .filter(|resolve| !(resolve.wants_audit() && self.sync.asked.is_some()))
                .filter(|resolve| !(resolve.is_fencing() && self.status == Status::Starting))
                .map(|resolve| match self.sync.held_until() {
                    Some(until) if resolve.is_auditing() => resolve.wake_at().max(until),
                    _ => resolve.wake_at(),
                }),
            Phase::Working | Phase::Closed(_) => None,
        }
    }

    /// To be called after the fetching of the account has changed: when it is to be fetched, or
    /// asked for again.
    fn plan_sync(&mut self) {
        let periodic = self.config.resync_every.map(|every| self.sync.last + every);
        self.sync_at = match self.sync.asked {
            Some(asked) => Some(asked + ANSWER_TIMEOUT),
            // What failed is tried again when its pause is over: that the last success is long ago is
            // no reason to come before.
            None => match self.sync.due {
                Some(due) if self.sync.failures > 0 => Some(due),
                due => [due, periodic].into_iter().flatten().min(),
            }
            .map(|at| self.sync.not_before.map_or(at, |until| at.max(until))),
        };
    }

    #[inline]
    fn market_index(&self, symbol: Symbol) -> Option<usize> {
        self.markets.iter().position(|market| market.rules.symbol == symbol)
    }

    /// Whose orders it takes for its own.
    pub const fn tag(&self) -> InstallationTag {
        self.config.tag
    }

    /// The engine's time: the largest stamp seen.
    pub const fn now(&self) -> Timestamp {
        self.clock
    }

    /// Whether the start is over: the exchange has said what happened before.
    pub fn is_ready(&self) -> bool {
        self.status == Status::Ready
    }

    /// The account's balances by our own count.
    pub const fn balances(&self) -> &Balances {
        &self.balances
    }

    /// The symbols.
    pub fn markets(&self) -> &[Market] {
        &self.markets
    }

    /// The traders, by number.
    pub fn traders(&self) -> &[Trader] {
        &self.traders
    }

    /// The trader of this symbol and interval, of which no two have both.
    pub fn trader_on(&self, symbol: Symbol, interval: Interval) -> Option<&Trader> {
        let market = self.market_index(symbol)?;
        self.traders.iter().find(|it| it.market == market && it.interval == interval)
    }

    /// The order that this id names, or one of whose parts it names: in any slot, live, or ended so
    /// lately that its slot still remembers it. None for an id of another installation.
    pub fn order(&self, id: ClientOrderId) -> Option<&Order> {
        let trader = self.traders.get(usize::from(id.trader().0))?;
        trader.slot(id.slot()).filter(|_| id.tag() == self.config.tag)?.order(id)
    }

    /// The market of a trader.
    pub fn market_of(&self, trader: &Trader) -> Option<&Market> {
        self.markets.get(trader.market)
    }

    /// The market that an order of ours is on.
    pub fn market_of_order(&self, id: ClientOrderId) -> Option<&Market> {
        self.market_of(self.traders.get(usize::from(id.trader().0))?)
    }

    /// A trader's state as people are told.
    pub fn state_of(&self, trader: &Trader) -> Option<TraderState> {
        self.view(trader).map(|view| trader.strategy.state(&view))
    }

    /// Whether entries are off for the whole account.
    pub fn entries_off(&self) -> bool {
        self.stopped || self.panicked || !self.gates.is_empty()
    }

    /// The gates that are closed.
    pub fn closed_gates(&self) -> impl Iterator<Item = Gate> {
        self.gates.iter().copied()
    }

    /// Whether entries are off by [`Command::Stop`].
    pub const fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// Whether [`Command::Panic`] is latched.
    pub const fn is_panicked(&self) -> bool {
        self.panicked
    }

    /// Whether quotes of this symbol are wanted between other inputs: a position on it is on its way
    /// out, or is not protected. At most one per 250 ms is of use.
    pub fn wants_quotes(&self, symbol: Symbol) -> bool {
        let leaving = |slot: &crate::order::SlotState| {
            let reason = slot.decision.as_ref().and_then(crate::order::Decision::reason);
            reason.is_some_and(crate::order::Reason::is_leaving)
        };
        self.traders.iter().any(|trader| {
            let here = self.markets.get(trader.market).is_some_and(|it| it.rules.symbol == symbol);
            let open = trader.position.open.as_ref().filter(|_| here);
            open.is_some_and(|open| {
                let alone = open.triggered_at.is_some() || open.unprotected_since.is_some();
                alone || trader.slots.iter().any(leaving)
            })
        })
    }

    /// Equity in `quote`: its total, and what the traders hold marked at the bid.
    pub fn equity(&self, quote: Asset) -> Money {
        let held = |trader: &Trader| {
            let market = self.markets.get(trader.market)?;
            let price = market.mark().filter(|_| market.rules.quote == quote)?;
            Some(price.times(trader.position.held))
        };
        self.balances.total(quote) + self.traders.iter().filter_map(held).sum()
    }

    /// Makes the engine behave as if this bug were in it. Only the test that shows that such bugs
    /// are caught does this; without the feature `planted-bugs` it changes nothing.
    pub fn plant(&mut self, bug: Option<Bug>) {
        self.bug = bug;
    }

    #[inline]
    fn has(&self, bug: Bug) -> bool {
        cfg!(feature = "planted-bugs") && self.bug == Some(bug)
    }
}
