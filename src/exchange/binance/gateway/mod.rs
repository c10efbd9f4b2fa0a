//! The order gateway of one account: effects in, their answers out as inputs.
//!
//! An effect is started and left to itself; what comes of it arrives on the channel, whenever. Every
//! effect that expects an answer gets one: an order's is delivered whatever happens, and never sent
//! twice. What an answer means is for [`super::classify`] alone to say.
//!
//! Two things are held back on purpose. An order that could not leave is answered a moment later, as
//! the engine would otherwise try again in a circle as fast as a connection is refused. An entry
//! waits, within its `not_after`, while the exchange's clock is not known.

mod snapshot;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use heikin_core::engine::{Effect, Input};
use heikin_core::market::{Symbol, SymbolRules};
use heikin_core::order::{ClientOrderId, InstallationTag, NewOrder, OrderState, QueryAnswer};
use heikin_core::time::Timestamp;
use tokio::sync::mpsc;
use tokio::time::Duration;

use super::arrival::{AccountEvent, Arrivals};
use super::classify::{self, ReadError};
use super::exchange_time::pause;
use super::limits::Lane;
use super::public_rules::RULES_AGE;
use super::requests::{self, OrderRef, Request, Shape};
use super::rest::{Delivery, NotSent, Rest};
use super::wire::{MyFilters, TradeRow};

/// How long the answer to what could not leave is held back.
const HELD_BACK: Duration = Duration::from_secs(1);
/// Between attempts to read rules.
const RULES_PAUSE: Duration = Duration::from_secs(10);

/// Sends what the engine of one account asks for; cheap to clone.
#[derive(Debug, Clone)]
pub struct Gateway(Rc<Inner>);

#[derive(Debug)]
struct Inner {
    rest: Rest,
    tag: InstallationTag,
    symbols: Vec<Symbol>,
    rules: RefCell<BTreeMap<Symbol, SymbolRules>>,
    arrivals: Arrivals,
    in_flight: Cell<usize>,
    /// Symbols whose rules are being read.
    reading_rules: RefCell<BTreeSet<Symbol>>,
    snapshot: Cell<SnapshotState>,
}

/// At most one snapshot is being fetched, and at most one waits for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SnapshotState {
    Idle,
    Fetching { again: Option<Timestamp> },
}

/// An effect whose answer is not delivered yet. Where its task ends otherwise, it counts as
/// delivered: nobody is left to listen.
struct Pending(Gateway);

impl Drop for Pending {
    fn drop(&mut self) {
        let count = &self.0.0.in_flight;
        count.set(count.get().saturating_sub(1));
    }
}

impl Gateway {
    /// `tag` is this installation's; `symbols` are those that are traded. Rules are to be given with
    /// [`Self::set_rules`] before the first order.
    pub fn new(
        rest: Rest,
        tag: InstallationTag,
        symbols: &[Symbol],
        arrivals: mpsc::Sender<AccountEvent>,
    ) -> Self {
        Self(Rc::new(Inner {
            arrivals: Arrivals::new(rest.time().clone(), arrivals),
            rest,
            tag,
            symbols: symbols.to_vec(),
            rules: RefCell::default(),
            in_flight: Cell::new(0),
            reading_rules: RefCell::default(),
            snapshot: Cell::new(SnapshotState::Idle),
        }))
    }

    /// The rules of a symbol, as orders are built by them.
    pub fn set_rules(&self, rules: SymbolRules) {
        self.0.rules.borrow_mut().insert(rules.symbol, rules);
    }

    /// Reads the rules of all symbols again and again, and tells the engine where they have changed.
    /// Ends when nobody listens any more.
    pub async fn keep_rules(self) {
        loop {
            pause(RULES_AGE).await;
            for &symbol in &self.0.symbols {
                let rules = self.read_rules(symbol).await;
                if self.0.rules.borrow().get(&symbol) == Some(&rules) {
                    continue;
                }
                tracing::warn!(target: "api", %symbol, "the exchange has changed its rules");
                self.set_rules(rules.clone());
                if self.0.arrivals.deliver(Input::Rules(Box::new(rules))).await.is_err() {
                    return;
                }
            }
        }
    }

    /// Effects whose answers are not in the channel yet. When it is zero, and the channel is empty
    /// after that was seen, the account is at rest.
    pub fn in_flight(&self) -> usize {
        self.0.in_flight.get()
    }

    /// Starts what the engine asked for; what comes of it arrives as an input. Never waits. `named`
    /// tells shape and number of the order that a Cancel, Replace, Query or FetchFills names.
    ///
    /// To be called within a [`tokio::runtime::LocalRuntime`] or a [`tokio::task::LocalSet`].
    pub fn perform(&self, effect: &Effect, named: Option<OrderRef>) {
        let by_id = |id: ClientOrderId, symbol: Symbol| {
            let unknown = OrderRef { symbol, id, venue_id: None, shape: Shape::Single };
            named.filter(|named| named.id == id).unwrap_or(unknown)
        };
        match effect {
            Effect::Submit(order) => {
                let order = *order;
                self.start(async move |gateway| gateway.submit(&order).await);
            }
            Effect::Cancel { id, symbol } => {
                let order = by_id(*id, *symbol);
                self.start(async move |gateway| gateway.cancel(&order).await);
            }
            Effect::Replace { cancel, submit, .. } => {
                let (canceled, order) = (by_id(*cancel, submit.symbol), *submit);
                self.start(async move |gateway| gateway.replace(&canceled, &order).await);
            }
            Effect::Query { id, symbol } => {
                let order = by_id(*id, *symbol);
                self.start(async move |gateway| {
                    let answer = gateway.query(&order).await;
                    vec![Input::Queried { id: order.id, answer }]
                });
            }
            Effect::FetchFills { id, symbol } => {
                let order = by_id(*id, *symbol);
                self.start(async move |gateway| gateway.fills(&order).await);
            }
            Effect::FetchAccount { since } => self.fetch_account(*since),
            Effect::FetchRules { symbol } => self.fetch_rules(*symbol),
            // They stay inside.
            Effect::Decide { .. } | Effect::CarryDust { .. } | Effect::Notify(_) => {}
        }
    }

    /// Runs `work`, and delivers what it returns.
    fn start(&self, work: impl AsyncFnOnce(Self) -> Vec<Input> + 'static) {
        self.0.in_flight.set(self.in_flight() + 1);
        let pending = Pending(self.clone());
        tokio::task::spawn_local(async move {
            let gateway = pending.0.clone();
            let mut inputs = work(gateway.clone()).await;
            let last = inputs.pop();
            for input in inputs {
                if gateway.0.arrivals.deliver(input).await.is_err() {
                    return;
                }
            }
            // The last one is in the channel and the count is down before anybody else runs.
            if let Some(input) = last {
                let delivered = gateway.0.arrivals.deliver_then(input, || drop(pending)).await;
                if delivered.is_err() {
                    tracing::warn!(target: "api", "an answer came after the engine had stopped");
                }
            }
        });
    }

    /// Sends what changes orders.
    async fn send_order(&self, request: &Request, not_after: Option<Timestamp>) -> Delivery {
        let Inner { rest, .. } = &*self.0;
        if let Some(limit) = not_after.filter(|_| request.lane == Lane::Entries) {
            rest.time().trusted_or(limit).await;
        }
        let delivery = rest.send(request, not_after).await;
        hold_back(&delivery).await;
        delivery
    }

    async fn submit(&self, order: &NewOrder) -> Vec<Input> {
        let request =
            self.with_rules(order.symbol, |rules| Some(requests::submit(order, rules))).await;
        let delivery = match &request {
            Some(request) => self.send_order(request, Some(order.not_after)).await,
            None => Delivery::NotSent(NotSent::TooLate),
        };
        let answer = classify::submit(order, delivery.reply());
        vec![Input::Submitted { id: order.id, answer }]
    }

    async fn cancel(&self, order: &OrderRef) -> Vec<Input> {
        let delivery = self.send_order(&requests::cancel(order), None).await;
        let answer = classify::cancel(order, delivery.reply());
        vec![Input::Canceled { id: order.id, answer }]
    }

    async fn replace(&self, canceled: &OrderRef, order: &NewOrder) -> Vec<Input> {
        let request =
            self.with_rules(order.symbol, |rules| requests::replace(canceled, order, rules)).await;
        let delivery = match &request {
            Some(request) => self.send_order(request, Some(order.not_after)).await,
            None => Delivery::NotSent(NotSent::TooLate),
        };
        let (cancel, submit) = classify::replace(canceled, order, delivery.reply());
        vec![Input::Replaced { canceled: canceled.id, cancel, submitted: order.id, submit }]
    }

    /// Builds a request by the rules of a symbol. Without them nothing can be sent, which is told,
    /// and not too often.
    async fn with_rules(
        &self,
        symbol: Symbol,
        build: impl FnOnce(&SymbolRules) -> Option<Request>,
    ) -> Option<Request> {
        let request = self.0.rules.borrow().get(&symbol).and_then(build);
        if request.is_none() {
            tracing::error!(target: "api", %symbol, "no request can be built: rules unknown, or a list is to be replaced");
            pause(HELD_BACK).await;
        }
        request
    }

    async fn query(&self, order: &OrderRef) -> QueryAnswer {
        let rest = &self.0.rest;
        match order.shape {
            Shape::Single => {
                let delivery = rest.send(&requests::query(order), None).await;
                classify::query(order, delivery.reply())
            }
            Shape::List => classify::query_list(order.id, self.query_legs(order).await),
        }
    }

    async fn query_legs(&self, list: &OrderRef) -> [QueryAnswer; 2] {
        let [stop, target] = requests::legs(list.symbol, list.id);
        let rest = &self.0.rest;
        let ask = async |leg: OrderRef| {
            classify::query(&leg, rest.send(&requests::query(&leg), None).await.reply())
        };
        tokio::join!(ask(stop), ask(target)).into()
    }

    /// The fills of an order, or of both legs of a list: its state is asked for first, since trades
    /// name an order by number alone. Nothing where that fails: the engine asks again.
    async fn fills(&self, order: &OrderRef) -> Vec<Input> {
        let answers = match order.shape {
            Shape::Single => vec![self.query(order).await],
            Shape::List => self.query_legs(order).await.to_vec(),
        };
        let mut inputs = Vec::new();
        for answer in answers {
            let QueryAnswer::Found(state) = answer else { continue };
            match self.trades(order.symbol, &state).await {
                Ok(trades) => inputs.extend(
                    trades
                        .into_iter()
                        .map(|trade| Input::Report { report: trade.report(state), quote: None }),
                ),
                Err(error) => {
                    tracing::warn!(target: "api", id = %state.id, %error, "no fills");
                }
            }
        }
        inputs
    }

    async fn trades(&self, symbol: Symbol, state: &OrderState) -> Result<Vec<TradeRow>, ReadError> {
        let trades: Vec<TradeRow> =
            self.0.rest.read(&requests::trades_of(symbol, state.venue_id)).await?;
        let own = |trade: &TradeRow| trade.symbol == symbol && trade.order_id == state.venue_id;
        Ok(trades.into_iter().filter(own).collect())
    }

    /// Reads the rules of a symbol until they are read. While it is at it, further calls are the same
    /// one.
    fn fetch_rules(&self, symbol: Symbol) {
        if !self.0.reading_rules.borrow_mut().insert(symbol) {
            return;
        }
        self.start(async move |gateway| {
            let rules = gateway.read_rules(symbol).await;
            gateway.0.reading_rules.borrow_mut().remove(&symbol);
            gateway.set_rules(rules.clone());
            vec![Input::Rules(Box::new(rules))]
        });
    }

    async fn read_rules(&self, symbol: Symbol) -> SymbolRules {
        let rest = &self.0.rest;
        let (symbols, filters) = ([symbol], requests::my_filters(symbol));
        loop {
            let (info, own) =
                tokio::join!(rest.exchange_info(&symbols), rest.read::<MyFilters>(&filters));
            // Not every exchange has filters by account.
            let own = match own {
                Ok(own) => Ok(Some(own)),
                Err(ReadError::Refused(..)) => Ok(None),
                Err(error) => Err(error),
            };
            match (info, own) {
                (Ok(info), Ok(own)) => match info.rules(symbol.as_str(), own.as_ref()) {
                    Ok(Some(rules)) => return rules,
                    Ok(None) => {
                        tracing::error!(target: "api", %symbol, "the exchange does not list it");
                    }
                    Err(error) => tracing::error!(target: "api", %error, "the rules do not fit"),
                },
                (Err(error), _) | (_, Err(error)) => {
                    tracing::warn!(target: "api", %symbol, %error, "no rules");
                }
            }
            pause(RULES_PAUSE).await;
        }
    }

    /// Fetches a snapshot. The engine asks again after a while: one that is on its way is waited
    /// for, and then the next one is fetched.
    fn fetch_account(&self, since: Timestamp) {
        match self.0.snapshot.get() {
            SnapshotState::Idle => {
                self.0.snapshot.set(SnapshotState::Fetching { again: None });
                self.start(async move |gateway| {
                    let input = gateway.snapshot(since).await;
                    let state = gateway.0.snapshot.replace(SnapshotState::Idle);
                    if let SnapshotState::Fetching { again: Some(since) } = state {
                        gateway.fetch_account(since);
                    }
                    vec![input]
                });
            }
            SnapshotState::Fetching { again } => {
                let again = Some(again.map_or(since, |again| again.min(since)));
                self.0.snapshot.set(SnapshotState::Fetching { again });
            }
        }
    }
}

/// Waits where an order could not leave for a reason that time may heal.
async fn hold_back(delivery: &Delivery) {
    match delivery {
        Delivery::NotSent(NotSent::TooLate) | Delivery::Answered(_) | Delivery::Lost(_) => {}
        Delivery::NotSent(_) => pause(HELD_BACK).await,
    }
}
