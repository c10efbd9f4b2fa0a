//! A simulated exchange: price path in, fills out, with Binance's filters, locks, fees and order
//! semantics. Backtest, demo, paper and the wire simulator all fill by this model (SPEC 3.1).
//!
//! Prices arrive as *jumps* (orders see only the new price) and *walks* (orders see every price in
//! between). The walk stops at each event, so that whoever trades can react at that very point.
//!
//! # Assumptions, printed in every report
//!
//! - The market takes what an order offers; there is no queue. Where a participation is set, a leg of
//!   the path gives at most its share of the candle's volume, in whole steps.
//! - A stop that fills on the walk, a sale that takes at once and a market order lose `slippage`,
//!   rounded to the tick against the order, never beyond its own limit. Fills of resting orders, at
//!   an open, and of a BUY that takes at a close lose none.
//! - A market order placed at a close fills at the next price, which is the next candle's open.

mod embedded;
mod model;
mod moves;
mod path;
mod placement;
mod venue_order;

use std::collections::VecDeque;
use std::fmt::Debug;

pub use embedded::{EmbeddedExchange, NextCandle, Timers};
pub use model::FillModel;
pub use moves::Progress;
pub use path::{PathPoint, PointKind, path_of};
pub use placement::OrderIds;
pub use venue_order::VenueOrder;

use crate::market::{Asset, Symbol, SymbolRules};
use crate::num::{Money, Price, Quantity};
use crate::order::{OrderReport, TradeId, VenueOrderId};
use crate::strategy::FeeRates;
use crate::time::Timestamp;

/// Index of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountIndex(usize);

/// Index of a market.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MarketIndex(usize);

/// What an account has of one asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct VenueBalance {
    /// Not locked by any order.
    pub free: Money,
    /// Locked by open orders.
    pub locked: Money,
}

impl VenueBalance {
    /// Free and locked together.
    pub fn total(&self) -> Money {
        self.free + self.locked
    }
}

#[derive(Debug, Clone, Default)]
struct Account {
    /// By asset index.
    balances: Vec<VenueBalance>,
}

#[derive(Debug, Clone)]
struct VenueMarket<I> {
    rules: SymbolRules,
    fees: FeeRates,
    base: usize,
    quote: usize,
    last: Option<Price>,
    kind: PointKind,
    /// What one more order may take at this point, in whole steps; none where the market takes
    /// everything.
    depth: Option<Quantity>,
    /// Open orders, oldest first.
    open: Vec<VenueOrder<I>>,
}

impl<I> VenueMarket<I> {
    /// From now on orders may take so much: whole steps, for an exchange executes no part of one.
    fn offer(&mut self, depth: Option<Quantity>) {
        self.depth = depth.map(|depth| depth.floor_to(self.rules.lot.step));
    }
}

/// One account's event: an order changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event<I> {
    /// Whose order.
    pub account: AccountIndex,
    /// In which market.
    pub market: MarketIndex,
    /// What the exchange says of it.
    pub report: OrderReport<I>,
}

/// Which changes of an order become events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Echo {
    /// Every one, as on the exchange's user stream.
    #[default]
    All,
    /// Those only that no answer to a request tells already.
    Unasked,
}

/// The simulated exchange; `I` is what its clients use as client order ids.
#[derive(Debug, Clone)]
pub struct Matching<I> {
    model: FillModel,
    clock: Timestamp,
    assets: Vec<Asset>,
    accounts: Vec<Account>,
    markets: Vec<VenueMarket<I>>,
    events: VecDeque<Event<I>>,
    echo: Echo,
    next_order: VenueOrderId,
    next_trade: TradeId,
    next_list: u64,
}

impl<I: Clone + Eq + Debug> Matching<I> {
    /// An exchange without markets or accounts.
    pub fn new(model: FillModel) -> Self {
        Self {
            model,
            clock: Timestamp::EPOCH,
            assets: Vec::new(),
            accounts: Vec::new(),
            markets: Vec::new(),
            events: VecDeque::new(),
            echo: Echo::All,
            next_order: 1,
            next_trade: 1,
            next_list: 1,
        }
    }

    /// Chooses which changes of an order become events.
    pub const fn set_echo(&mut self, echo: Echo) {
        self.echo = echo;
    }

    /// Lists a symbol.
    pub fn add_market(&mut self, rules: SymbolRules, fees: FeeRates) -> MarketIndex {
        let (base, quote) = (self.asset_index(rules.base), self.asset_index(rules.quote));
        self.markets.push(VenueMarket {
            rules,
            fees,
            base,
            quote,
            last: None,
            kind: PointKind::Open,
            depth: None,
            open: Vec::new(),
        });
        MarketIndex(self.markets.len() - 1)
    }

    /// Opens an account.
    pub fn add_account(&mut self, balances: &[(Asset, Money)]) -> AccountIndex {
        self.accounts.push(Account::default());
        let account = AccountIndex(self.accounts.len() - 1);
        for (asset, amount) in balances {
            self.credit(account, *asset, *amount);
        }
        account
    }

    fn asset_index(&mut self, asset: Asset) -> usize {
        self.assets.iter().position(|known| *known == asset).unwrap_or_else(|| {
            self.assets.push(asset);
            self.assets.len() - 1
        })
    }

    /// Adds (or takes) what comes from outside. What is locked stays locked.
    pub fn credit(&mut self, account: AccountIndex, asset: Asset, amount: Money) {
        let index = self.asset_index(asset);
        self.balance_mut(account, index).free += amount;
    }

    /// Locks what is free for something that is no order (or, if negative, frees it again).
    pub fn lock(&mut self, account: AccountIndex, asset: Asset, amount: Money) {
        let index = self.asset_index(asset);
        let balance = self.balance_mut(account, index);
        balance.free += -amount;
        balance.locked += amount;
    }

    #[inline]
    fn balance_mut(&mut self, account: AccountIndex, asset: usize) -> &mut VenueBalance {
        #[expect(clippy::indexing_slicing, reason = "an index is only made by adding an account")]
        let balances = &mut self.accounts[account.0].balances;
        if balances.len() <= asset {
            balances.resize(asset + 1, VenueBalance::default());
        }
        #[expect(clippy::indexing_slicing, reason = "resized just now")]
        &mut balances[asset]
    }

    #[inline]
    #[expect(clippy::indexing_slicing, reason = "an index is only made by adding a market")]
    fn market(&self, market: MarketIndex) -> &VenueMarket<I> {
        &self.markets[market.0]
    }

    #[inline]
    #[expect(clippy::indexing_slicing, reason = "an index is only made by adding a market")]
    fn market_mut(&mut self, market: MarketIndex) -> &mut VenueMarket<I> {
        &mut self.markets[market.0]
    }

    /// What an account has of an asset.
    pub fn balance(&self, account: AccountIndex, asset: Asset) -> VenueBalance {
        let index = self.assets.iter().position(|known| *known == asset);
        let account = self.accounts.get(account.0);
        index
            .zip(account)
            .and_then(|(index, account)| account.balances.get(index))
            .copied()
            .unwrap_or_default()
    }

    /// Every asset that an account has, or had.
    pub fn balances(&self, account: AccountIndex) -> Vec<(Asset, VenueBalance)> {
        let balances = self.accounts.get(account.0).map(|account| account.balances.as_slice());
        self.assets.iter().copied().zip(balances.unwrap_or_default().iter().copied()).collect()
    }

    /// The market of a symbol.
    #[inline]
    pub fn market_of(&self, symbol: Symbol) -> Option<MarketIndex> {
        self.markets.iter().position(|market| market.rules.symbol == symbol).map(MarketIndex)
    }

    /// Every market.
    pub fn markets(&self) -> impl Iterator<Item = MarketIndex> + use<I> {
        (0..self.markets.len()).map(MarketIndex)
    }

    /// Orders and executions are numbered from here on: for an exchange that goes on where another
    /// process left it.
    pub fn number_from(&mut self, number: u64) {
        self.next_order = self.next_order.max(number);
        self.next_trade = self.next_trade.max(number);
    }

    /// The rules of a market.
    pub fn rules(&self, market: MarketIndex) -> &SymbolRules {
        &self.market(market).rules
    }

    /// Changes the rules of a market; open orders stay as they are.
    pub fn set_rules(&mut self, market: MarketIndex, rules: SymbolRules) {
        self.market_mut(market).rules = rules;
    }

    /// The last price of a market.
    #[inline]
    pub fn last_price(&self, market: MarketIndex) -> Option<Price> {
        self.market(market).last
    }

    /// The open orders of a market, all accounts'.
    pub fn open_orders(&self, market: MarketIndex) -> &[VenueOrder<I>] {
        &self.market(market).open
    }

    /// The exchange's time.
    pub const fn now(&self) -> Timestamp {
        self.clock
    }

    /// Sets the exchange's time; it never goes back.
    #[inline]
    pub fn set_time(&mut self, now: Timestamp) {
        self.clock = self.clock.max(now);
    }

    /// Whether there are events to be told.
    #[inline]
    pub fn has_events(&self) -> bool {
        !self.events.is_empty()
    }

    /// The next event, oldest first.
    #[inline]
    pub fn pop_event(&mut self) -> Option<Event<I>> {
        self.events.pop_front()
    }
}
