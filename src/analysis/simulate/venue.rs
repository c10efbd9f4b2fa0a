use std::collections::BTreeMap;

use heikin_core::engine::AccountSnapshot;
use heikin_core::ledger::ReportedBalance;
use heikin_core::market::{Asset, Symbol, SymbolRules};
use heikin_core::matching::{
    AccountIndex, Event, FillModel, MarketIndex, Matching, OrderIds, Progress,
};
use heikin_core::num::{Money, Price, Quantity};
use heikin_core::order::{
    CancelAnswer, ClientOrderId, ExpiryReason, NewOrder, OrderReport, OrderState, Part,
    QueryAnswer, Refusal, Side, SubmitAnswer, VenueStatus,
};
use heikin_core::time::{Span, Timestamp};

use super::scenario::Scenario;

/// The exchange: the matching model, and the record of all that ever happened on it. What the
/// invariants hold against is this, never the bot's own books.
#[derive(Debug)]
pub(super) struct Venue {
    matching: Matching<ClientOrderId>,
    account: AccountIndex,
    /// Every state that every order was in, by id, oldest first.
    orders: BTreeMap<ClientOrderId, Vec<OrderState>>,
    /// Every execution, oldest first.
    fills: Vec<OrderReport>,
}

impl Venue {
    pub(super) fn new(scenario: &Scenario) -> Self {
        let mut matching = Matching::new(FillModel::default());
        for market in &scenario.markets {
            matching.add_market(market.rules.clone(), market.fees);
        }
        let account = matching.add_account(&scenario.balances);
        Self { matching, account, orders: BTreeMap::new(), fills: Vec::new() }
    }

    pub(super) fn set_time(&mut self, now: Timestamp) {
        self.matching.set_time(now);
    }

    pub(super) fn market(&self, symbol: Symbol) -> Option<MarketIndex> {
        self.matching.market_of(symbol)
    }

    pub(super) fn rules(&self, market: MarketIndex) -> &SymbolRules {
        self.matching.rules(market)
    }

    pub(super) fn set_rules(&mut self, market: MarketIndex, rules: SymbolRules) {
        self.matching.set_rules(market, rules);
    }

    /// The price goes to `price`, over every price in between or by a jump, and the market takes at
    /// most `depth` on the way.
    pub(super) fn trade(&mut self, market: MarketIndex, to: &Move) {
        match to.path {
            Path::Walk => {
                self.matching.begin_leg(market, to.depth);
                while self.matching.walk(market, to.price) == Progress::Stopped {}
            }
            Path::Jump => {
                while self.matching.jump(market, to.price, to.depth) == Progress::Stopped {}
            }
        }
    }

    pub(super) fn submit(&mut self, order: &NewOrder) -> SubmitAnswer {
        let Some(market) = self.market(order.symbol) else { return SubmitAnswer::NotSent };
        self.matching.submit(self.account, market, &ids(order), &order.terms)
    }

    pub(super) fn cancel(&mut self, id: ClientOrderId, symbol: Symbol) -> CancelAnswer {
        let Some(market) = self.market(symbol) else { return CancelAnswer::NotOpen };
        let leg = [Part::Order, Part::StopLeg, Part::TargetLeg]
            .map(|part| id.with_part(part))
            .into_iter()
            .find(|leg| self.is_open(market, *leg));
        match self.matching.cancel(self.account, market, &leg.unwrap_or(id)) {
            // The answer to the cancellation of a list speaks of the list.
            CancelAnswer::Canceled(state) => CancelAnswer::Canceled(OrderState { id, ..state }),
            other => other,
        }
    }

    /// `cancelReplace` with `STOP_ON_FAILURE`.
    pub(super) fn replace(
        &mut self,
        cancel: ClientOrderId,
        order: &NewOrder,
    ) -> (CancelAnswer, Option<SubmitAnswer>) {
        let Some(market) = self.market(order.symbol) else {
            return (CancelAnswer::NotOpen, None);
        };
        self.matching.replace(self.account, market, &cancel, (&ids(order), &order.terms))
    }

    /// The user's own order, which has an id of somebody else.
    pub(super) fn submit_by_hand(&mut self, order: &NewOrder) {
        self.submit(order);
    }

    /// The exchange ends an order by itself.
    pub(super) fn expire(&mut self, market: MarketIndex, id: ClientOrderId) {
        self.matching.expire(market, &id, ExpiryReason::ExchangeCanceled);
    }

    /// What comes from outside, or goes there; false where that much is not free.
    pub(super) fn transfer(&mut self, asset: Asset, amount: Money) -> bool {
        let free = self.matching.balance(self.account, asset).free;
        let possible = !(free + amount).is_negative();
        if possible {
            self.matching.credit(self.account, asset, amount);
        }
        possible
    }

    pub(super) fn free(&self, asset: Asset) -> Money {
        self.matching.balance(self.account, asset).free
    }

    pub(super) fn total(&self, asset: Asset) -> Money {
        self.matching.balance(self.account, asset).total()
    }

    pub(super) fn last_price(&self, market: MarketIndex) -> Option<Price> {
        self.matching.last_price(market)
    }

    /// The open orders on a market: id, side, how much is left, whether it is a stop.
    pub(super) fn open(&self, market: MarketIndex) -> impl Iterator<Item = OpenOrder> {
        self.matching.open_orders(market).iter().map(|order| OpenOrder {
            id: order.client_id,
            side: order.side,
            remaining: order.remaining(),
            is_stop: order.trigger().is_some(),
        })
    }

    fn is_open(&self, market: MarketIndex, id: ClientOrderId) -> bool {
        self.open(market).any(|order| order.id == id)
    }

    /// Whether an order with this id ever was on the exchange.
    pub(super) fn ever_had(&self, id: ClientOrderId) -> bool {
        [Part::Order, Part::StopLeg]
            .iter()
            .any(|part| self.orders.contains_key(&id.with_part(*part)))
    }

    /// Whether an order was executed as a whole.
    pub(super) fn is_filled(&self, id: ClientOrderId) -> bool {
        let last = self.orders.get(&id).and_then(|states| states.last());
        last.is_some_and(|state| state.status == VenueStatus::Filled)
    }

    /// Every execution so far.
    pub(super) fn fills(&self) -> &[OrderReport] {
        &self.fills
    }

    /// The next thing that happened to any order, noted in the record.
    pub(super) fn next_event(&mut self) -> Option<Event<ClientOrderId>> {
        let event = self.matching.pop_event()?;
        self.orders.entry(event.report.state.id).or_default().push(event.report.state);
        if event.report.fill.is_some() {
            self.fills.push(event.report);
        }
        Some(event)
    }

    /// What a query tells that is served from a copy of `at`.
    pub(super) fn query(&self, id: ClientOrderId, at: Timestamp) -> QueryAnswer {
        let leg = |part| self.state_at(id.with_part(part), at);
        let found = match (leg(Part::Order), leg(Part::StopLeg), leg(Part::TargetLeg)) {
            (None, Some(stop), Some(target)) => Some(list_state(id, stop, target)),
            (None, one, other) => one.or(other).copied(),
            (order, ..) => order.copied(),
        };
        found.map_or(QueryAnswer::NotFound, QueryAnswer::Found)
    }

    fn state_at(&self, id: ClientOrderId, at: Timestamp) -> Option<&OrderState> {
        self.orders.get(&id)?.iter().rev().find(|state| state.at <= at)
    }

    /// The fills of an order that a copy of `at` has.
    pub(super) fn fills_of(&self, id: ClientOrderId, at: Timestamp) -> Vec<OrderReport> {
        let told = |report: &&OrderReport| {
            let theirs = report.state.id;
            theirs.is_same_send(id) && theirs.tag() == id.tag() && report.state.at <= at
        };
        self.fills.iter().filter(told).copied().collect()
    }

    /// The account: balances and open orders as they are, history from a copy of `at`.
    pub(super) fn snapshot(&self, since: Timestamp, at: Timestamp) -> AccountSnapshot {
        let balances = self.matching.balances(self.account);
        // A lagging history that calls an ended order open is contradicted by the list of open ones.
        let known = |state: &&OrderState| {
            state.status == VenueStatus::Open || (state.at <= at && state.at >= since)
        };
        let orders = self.orders.values().filter_map(|states| states.last()).filter(known).copied();
        let recent = |report: &&OrderReport| report.state.at <= at && report.state.at >= since;
        AccountSnapshot {
            at: self.matching.now(),
            balances: balances
                .into_iter()
                .map(|(asset, it)| reported(asset, it.free, it.locked))
                .collect(),
            orders: orders.collect(),
            fills: self.fills.iter().filter(recent).copied().collect(),
            since,
            foreign_algo_orders: Vec::new(),
        }
    }

    /// The balances of one market's two assets, as they are pushed after a change.
    pub(super) fn pushed_balances(&self, market: MarketIndex) -> Vec<ReportedBalance> {
        let rules = self.rules(market);
        [rules.base, rules.quote]
            .map(|asset| {
                let balance = self.matching.balance(self.account, asset);
                reported(asset, balance.free, balance.locked)
            })
            .to_vec()
    }

    /// A refusal of the placement after the cancellation went through: the half that hurts.
    pub(super) fn replace_by_half(
        &mut self,
        cancel: ClientOrderId,
        order: &NewOrder,
    ) -> (CancelAnswer, Option<SubmitAnswer>) {
        let canceled = self.cancel(cancel, order.symbol);
        let placed = matches!(canceled, CancelAnswer::Canceled(_))
            .then_some(SubmitAnswer::refused(Refusal::Other(-1_015)));
        (canceled, placed)
    }
}

fn reported(asset: Asset, free: Money, locked: Money) -> ReportedBalance {
    ReportedBalance { asset, free: free.floor_quantity(), locked: locked.floor_quantity() }
}

/// One open order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OpenOrder {
    pub(super) id: ClientOrderId,
    pub(super) side: Side,
    pub(super) remaining: Quantity,
    pub(super) is_stop: bool,
}

/// How the price gets to where it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Path {
    Walk,
    Jump,
}

/// One movement of the price.
#[derive(Debug, Clone, Copy)]
pub(super) struct Move {
    pub(super) price: Price,
    pub(super) path: Path,
    pub(super) depth: Option<Quantity>,
}

/// The age of the copies from which queries are served.
pub(super) fn copy_of(now: Timestamp, lag: Span) -> Timestamp {
    now - lag
}

fn ids(order: &NewOrder) -> OrderIds<ClientOrderId> {
    let id = order.id;
    if order.terms.kind.order_count() == 1 {
        return OrderIds { order: id, target: id };
    }
    OrderIds { order: id.with_part(Part::StopLeg), target: id.with_part(Part::TargetLeg) }
}

/// The state of a list, from those of its legs.
fn list_state(id: ClientOrderId, stop: &OrderState, target: &OrderState) -> OrderState {
    let status = match (stop.status, target.status) {
        (VenueStatus::Open, _) | (_, VenueStatus::Open) => VenueStatus::Open,
        (VenueStatus::Expired(ExpiryReason::OcoTrigger), other) => other,
        (stop, _) => stop,
    };
    OrderState {
        id,
        status,
        executed: stop.executed.plus(target.executed).unwrap_or(stop.executed),
        working_since: stop.working_since,
        at: stop.at.max(target.at),
        ..*stop
    }
}
