//! Paper trading: real quotes in, fills by the matching model out.
//!
//! Each quote moves the model's price to the middle of bid and ask; in between, orders see every
//! price. What the spread and the queue would cost beyond that stands in the model's slippage. The
//! venue has no memory of its own: a start places again what the engine knows to be open, so that
//! the journal is the only truth.

use std::collections::VecDeque;

use heikin_core::engine::{AccountSnapshot, Effect, Engine, Input, Trader};
use heikin_core::ledger::ReportedBalance;
use heikin_core::market::{Asset, Quote, Symbol};
use heikin_core::matching::{AccountIndex, FillModel, MarketIndex, Matching, OrderIds, Progress};
use heikin_core::num::{Money, Price, Quantity};
use heikin_core::order::{
    CancelAnswer, ClientOrderId, NewOrder, Order, OrderKind, Part, Phase, QueryAnswer,
    SubmitAnswer, Terms,
};
use heikin_core::time::Timestamp;

/// An account that exists only here.
#[derive(Debug)]
pub struct Paper {
    matching: Matching<ClientOrderId>,
    account: AccountIndex,
    answers: VecDeque<(Timestamp, Input)>,
}

impl Paper {
    /// The account that the engine remembers, with what it knows to be open; where it remembers
    /// nothing, one with these balances.
    pub fn new(
        engine: &Engine,
        model: FillModel,
        opening: &[(Asset, Money)],
        now: Timestamp,
    ) -> Self {
        let mut matching = Matching::new(model);
        matching.set_time(now);
        // Numbers that were not given before: fewer than one a millisecond are.
        matching.number_from(now.millis().unsigned_abs());
        for market in engine.markets() {
            matching.add_market(market.rules().clone(), market.fees());
        }
        let known = engine.balances().assets();
        let remembered: Vec<_> = known.iter().map(|known| (known.asset, known.total)).collect();
        let balances = if remembered.is_empty() { opening } else { &remembered };
        let account = matching.add_account(balances);
        let mut paper = Self { matching, account, answers: VecDeque::new() };
        for order in engine.traders().iter().flat_map(Trader::live_orders) {
            if let Some(market) = engine.market_of_order(order.id) {
                paper.place_again(order, market.rules().symbol);
            }
        }
        paper
    }

    /// An order without an answer was never taken in: its process ended before it could be told.
    fn place_again(&mut self, order: &Order, symbol: Symbol) {
        if !matches!(order.phase, Phase::Working | Phase::Canceling) {
            return;
        }
        let kind = match order.terms.kind {
            // It had triggered.
            OrderKind::StopLossLimit { limit, .. } if order.working_since.is_some() => {
                OrderKind::Limit { price: limit }
            }
            kind => kind,
        };
        let terms = Terms { kind, ..order.terms };
        if let Some(market) = self.matching.market_of(symbol) {
            self.matching.submit(self.account, market, &ids(order.id, &terms), &terms);
        }
        // The engine knows of it already.
        while self.matching.pop_event().is_some() {}
    }

    /// The market moves.
    pub fn quote(&mut self, symbol: Symbol, quote: Quote) {
        let Some(market) = self.matching.market_of(symbol) else { return };
        self.matching.set_time(quote.at);
        let Some(middle) = middle(quote) else { return };
        let is_first = self.matching.last_price(market).is_none();
        loop {
            let progress = if is_first {
                self.matching.jump(market, middle, None)
            } else {
                self.matching.walk(market, middle)
            };
            self.tell_events(market, Some(quote));
            if progress == Progress::Reached {
                return;
            }
        }
    }

    fn tell_events(&mut self, market: MarketIndex, quote: Option<Quote>) {
        while let Some(event) = self.matching.pop_event() {
            let at = event.report.state.at;
            let at_fill = self.matching.last_price(market).map(|price| Quote::point(price, at));
            let quote = quote.and(at_fill);
            self.answers.push_back((at, Input::Report { report: event.report, quote }));
        }
    }

    /// Does what the engine asks for.
    pub fn perform(&mut self, effect: &Effect) {
        let now = self.matching.now();
        let answer = match effect {
            Effect::Submit(order) => Input::Submitted { id: order.id, answer: self.submit(order) },
            Effect::Cancel { id, symbol } => {
                Input::Canceled { id: *id, answer: self.cancel(*id, *symbol) }
            }
            Effect::Replace { cancel, submit, .. } => self.replace(*cancel, submit),
            Effect::Query { id, symbol } => {
                Input::Queried { id: *id, answer: self.query(*id, *symbol) }
            }
            Effect::FetchAccount { since } => Input::Account(Ok(Box::new(self.snapshot(*since)))),
            Effect::FetchRules { symbol } => match self.matching.market_of(*symbol) {
                Some(market) => Input::Rules(Box::new(self.matching.rules(market).clone())),
                None => return,
            },
            // Every fill was told at once.
            Effect::FetchFills { .. }
            | Effect::Decide { .. }
            | Effect::CarryDust { .. }
            | Effect::Notify(_) => return,
        };
        for index in self.markets() {
            self.tell_events(index, None);
        }
        self.answers.push_back((now, answer));
    }

    /// What was answered, oldest first.
    pub fn next_answer(&mut self) -> Option<(Timestamp, Input)> {
        self.answers.pop_front()
    }

    /// Takes over rules that have changed.
    pub fn set_rules(&mut self, rules: &heikin_core::market::SymbolRules) {
        if let Some(market) = self.matching.market_of(rules.symbol) {
            self.matching.set_rules(market, rules.clone());
        }
    }

    fn markets(&self) -> Vec<MarketIndex> {
        self.matching.markets().collect()
    }

    fn submit(&mut self, order: &NewOrder) -> SubmitAnswer {
        let Some(market) = self.matching.market_of(order.symbol) else {
            return SubmitAnswer::NotSent;
        };
        self.matching.submit(self.account, market, &ids(order.id, &order.terms), &order.terms)
    }

    fn cancel(&mut self, id: ClientOrderId, symbol: Symbol) -> CancelAnswer {
        match self.matching.market_of(symbol) {
            Some(market) => {
                let id = self.in_book(market, id);
                self.matching.cancel(self.account, market, &id)
            }
            None => CancelAnswer::NotOpen,
        }
    }

    fn replace(&mut self, canceled: ClientOrderId, order: &NewOrder) -> Input {
        let submitted = order.id;
        let (cancel, submit) = match self.matching.market_of(order.symbol) {
            Some(market) => {
                let ids = ids(order.id, &order.terms);
                let new = (&ids, &order.terms);
                self.matching.replace(self.account, market, &canceled, new)
            }
            None => (CancelAnswer::NotOpen, None),
        };
        Input::Replaced { canceled, cancel, submitted, submit }
    }

    fn query(&self, id: ClientOrderId, symbol: Symbol) -> QueryAnswer {
        let market = self.matching.market_of(symbol);
        let found = market.and_then(|market| {
            self.matching.query(self.account, market, &self.in_book(market, id))
        });
        found.map_or(QueryAnswer::NotFound, QueryAnswer::Found)
    }

    /// The id under which an order is in the book: a bracket is there as its legs.
    fn in_book(&self, market: MarketIndex, id: ClientOrderId) -> ClientOrderId {
        let open = |id: &ClientOrderId| {
            self.matching.open_orders(market).iter().any(|order| order.client_id == *id)
        };
        let legs = [Part::StopLeg, Part::TargetLeg].map(|leg| id.with_part(leg));
        legs.into_iter().find(open).unwrap_or(id)
    }

    fn snapshot(&self, since: Timestamp) -> AccountSnapshot {
        let balances = self.matching.balances(self.account);
        let balances = balances.into_iter().map(|(asset, balance)| ReportedBalance {
            asset,
            free: whole(balance.free),
            locked: whole(balance.locked),
        });
        let now = self.matching.now();
        let open = self.matching.markets().flat_map(|market| self.matching.open_orders(market));
        AccountSnapshot {
            at: now,
            balances: balances.collect(),
            orders: open.map(|order| order.open_state(now)).collect(),
            fills: Vec::new(),
            since,
            foreign_algo_orders: Vec::new(),
        }
    }
}

/// Balances are told to eight decimals, rounded down, as Binance tells them.
fn whole(amount: Money) -> Quantity {
    amount.floor_quantity()
}

/// The middle of bid and ask, rounded down to what a price can be.
fn middle(quote: Quote) -> Option<Price> {
    Price::from_units(quote.bid.units().midpoint(quote.ask.units()))
}

/// The ids of an order's parts.
fn ids(id: ClientOrderId, terms: &Terms) -> OrderIds<ClientOrderId> {
    match terms.kind {
        OrderKind::Bracket { .. } => {
            OrderIds { order: id.with_part(Part::StopLeg), target: id.with_part(Part::TargetLeg) }
        }
        _ => OrderIds { order: id, target: id },
    }
}
