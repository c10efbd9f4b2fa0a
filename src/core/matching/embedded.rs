use std::collections::VecDeque;

use super::{
    AccountIndex, Echo, FillModel, MarketIndex, Matching, OrderIds, PathPoint, PointKind, Progress,
    VenueBalance, path_of,
};
use crate::engine::{AccountSnapshot, Effect, Engine, Input};
use crate::ledger::ReportedBalance;
use crate::market::{Asset, Candle, Quote, Symbol};
use crate::num::{Money, Price};
use crate::order::{CancelAnswer, ClientOrderId, NewOrder, Part, QueryAnswer, SubmitAnswer, Terms};
use crate::time::{Interval, Timestamp};

/// Whether the engine's deadlines are kept between the points of a candle's path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Timers {
    /// There is no clock inside a candle: what waits in seconds waits for the close.
    AtCloses,
    /// The price is walked to where it is at each deadline.
    WithinCandles,
}

/// The next candle of a series.
#[derive(Debug, Clone, Copy)]
pub struct NextCandle<'a> {
    /// Of which symbol.
    pub symbol: Symbol,
    /// Of which interval.
    pub interval: Interval,
    /// The candle.
    pub candle: &'a Candle,
    /// The finer candles that it is made of, where they are known: they refine the path.
    pub finer: &'a [Candle],
}

/// One engine on the simulated exchange, in one thread and without a wire between them: what the
/// engine asks for happens at the very point of the path that the price has reached.
///
/// Backtest and demo are this, fed with candles from a file or from a generator.
#[derive(Debug)]
pub struct EmbeddedExchange {
    sides: Sides,
    model: FillModel,
    timers: Timers,
    /// What the engine asked for and has not been done.
    effects: Vec<Effect>,
    /// Working memory of `settle`.
    batch: Vec<Effect>,
    /// Requests on their way, where there is latency.
    delayed: VecDeque<(Timestamp, Effect)>,
}

/// The engine and the exchange, face to face. What the engine asks for goes into a list that the
/// caller holds.
#[derive(Debug)]
struct Sides {
    engine: Engine,
    matching: Matching<ClientOrderId>,
    account: AccountIndex,
}

impl EmbeddedExchange {
    /// Opens an account with these balances for the engine, whose markets become the exchange's.
    pub fn new(
        engine: Engine,
        balances: &[(Asset, Money)],
        model: FillModel,
        timers: Timers,
    ) -> Self {
        let mut matching = Matching::new(model);
        for market in engine.markets() {
            matching.add_market(market.rules().clone(), market.fees());
        }
        let account = matching.add_account(balances);
        matching.set_echo(Echo::Unasked);
        let mut sides = Sides { engine, matching, account };
        let opening = Input::Account(Ok(Box::new(sides.snapshot())));
        sides.engine.apply(Timestamp::EPOCH, &opening);
        Self {
            sides,
            model,
            timers,
            effects: Vec::new(),
            batch: Vec::new(),
            delayed: VecDeque::new(),
        }
    }

    /// The engine.
    pub const fn engine(&self) -> &Engine {
        &self.sides.engine
    }

    /// The exchange.
    pub const fn matching(&self) -> &Matching<ClientOrderId> {
        &self.sides.matching
    }

    /// The engine's account on it.
    pub const fn account(&self) -> AccountIndex {
        self.sides.account
    }

    /// The price goes along a candle, and the candle closes. `sink` is told of every effect, and of
    /// the kind of point at which it came about.
    #[inline]
    pub fn candle(&mut self, next: &NextCandle<'_>, sink: &mut impl FnMut(&Effect, PointKind)) {
        let NextCandle { symbol, interval, candle, finer } = *next;
        let Some(market) = self.sides.matching.market_of(symbol) else {
            return;
        };
        if finer.is_empty() {
            self.go(market, candle, sink);
        } else {
            for part in finer {
                self.go(market, part, sink);
            }
        }
        self.sides.matching.close_candle(market);
        let at = candle.close_time();
        let quote = Some(Quote::point(candle.close(), at));
        self.step(at, &Input::Candle { symbol, interval, candle: *candle, quote });
        self.settle(market, PointKind::Close, sink);
    }

    /// Gives the engine an input from elsewhere: a command, new rules.
    pub fn input(&mut self, input: &Input, sink: &mut impl FnMut(&Effect, PointKind)) {
        let at = self.sides.engine.now();
        self.step(at, input);
        self.settle(MarketIndex(0), PointKind::Walk, sink);
    }

    #[inline]
    fn go(
        &mut self,
        market: MarketIndex,
        candle: &Candle,
        sink: &mut impl FnMut(&Effect, PointKind),
    ) {
        let immediate = self.timers == Timers::AtCloses && self.delayed.is_empty();
        if immediate && self.sides.matching.is_quiet(market, candle.low(), candle.high()) {
            self.sides.matching.set_time(candle.close_time());
            self.sides.matching.skip_to(market, candle.close());
            return;
        }
        let [open, legs @ ..] = path_of(candle);
        let depth = self.model.depth(candle);
        self.pass_time(market, open.at, None, sink);
        self.sides.matching.set_time(open.at);
        while self.sides.matching.jump(market, open.price, depth) == Progress::Stopped {
            self.settle(market, PointKind::Open, sink);
        }
        let mut from = open;
        for to in legs {
            self.sides.matching.begin_leg(market, depth);
            self.pass_time(market, to.at, Some((from, to)), sink);
            self.sides.matching.set_time(to.at);
            while self.sides.matching.walk(market, to.price) == Progress::Stopped {
                self.settle(market, PointKind::Walk, sink);
            }
            from = to;
        }
    }

    /// Everything that is due before `until`: requests that arrive, deadlines of the engine. On a leg
    /// the price walks to where it is at that moment.
    #[inline]
    fn pass_time(
        &mut self,
        market: MarketIndex,
        until: Timestamp,
        leg: Option<(PathPoint, PathPoint)>,
        sink: &mut impl FnMut(&Effect, PointKind),
    ) {
        if self.timers == Timers::AtCloses && self.delayed.is_empty() {
            return;
        }
        while let Some(due) = self.next_due().filter(|due| *due < until) {
            let at = due.max(self.sides.matching.now());
            self.sides.matching.set_time(at);
            if let Some((from, to)) = leg {
                let price = between(from, to, at);
                while self.sides.matching.walk(market, price) == Progress::Stopped {
                    self.settle(market, PointKind::Walk, sink);
                }
            }
            if self.delayed.front().is_some_and(|(due, _)| *due <= at) {
                if let Some((_, effect)) = self.delayed.pop_front() {
                    self.sides.perform(&effect, &mut self.effects);
                }
            } else {
                self.step(at, &Input::Time);
            }
            self.settle(market, PointKind::Walk, sink);
        }
    }

    #[inline]
    fn next_due(&self) -> Option<Timestamp> {
        let arriving = self.delayed.front().map(|(due, _)| *due);
        match self.timers {
            Timers::AtCloses => arriving,
            Timers::WithinCandles => {
                [arriving, self.sides.engine.next_deadline()].into_iter().flatten().min()
            }
        }
    }

    #[inline]
    fn step(&mut self, at: Timestamp, input: &Input) {
        self.sides.step(at, input, &mut self.effects);
    }

    /// Lets engine and exchange talk until both are silent.
    #[inline]
    fn settle(
        &mut self,
        market: MarketIndex,
        kind: PointKind,
        sink: &mut impl FnMut(&Effect, PointKind),
    ) {
        let Self { sides, model, effects, batch, delayed, .. } = self;
        // By reference the two lists change places without being read: one was just written.
        let (mut asked, mut batch) = (effects, batch);
        sides.tell_events(market, asked);
        while !asked.is_empty() {
            std::mem::swap(&mut asked, &mut batch);
            for effect in &*batch {
                sink(effect, kind);
                if model.latency.millis() > 0 && travels(effect) {
                    let due = sides.matching.now() + model.latency;
                    delayed.push_back((due, effect.clone()));
                } else {
                    sides.perform(effect, asked);
                }
            }
            batch.clear();
            sides.tell_events(market, asked);
        }
    }
}

impl Sides {
    #[inline]
    fn step(&mut self, at: Timestamp, input: &Input, asked: &mut Vec<Effect>) {
        self.engine.step(at, input, asked);
    }

    /// Tells the engine what has happened to its orders.
    #[inline]
    fn tell_events(&mut self, market: MarketIndex, asked: &mut Vec<Effect>) {
        if self.matching.has_events() {
            self.tell_each_event(market, asked);
        }
    }

    fn tell_each_event(&mut self, market: MarketIndex, asked: &mut Vec<Effect>) {
        while let Some(event) = self.matching.pop_event() {
            let report = event.report;
            let at = report.state.at;
            let price = self.matching.last_price(market);
            let quote = price.map(|price| Quote::point(price, at));
            self.engine.step(at, &Input::Report { report, quote }, asked);
        }
    }

    /// Does what the engine asks for, and answers.
    #[inline]
    fn perform(&mut self, effect: &Effect, asked: &mut Vec<Effect>) {
        let now = self.matching.now();
        match effect {
            Effect::Submit(order) => {
                let answer = self.submit(order.id, order.symbol, &order.terms);
                self.tell_first(order.symbol, asked);
                self.step(now, &Input::Submitted { id: order.id, answer }, asked);
            }
            Effect::Cancel { id, symbol } => {
                let answer = self.cancel(*id, *symbol);
                self.tell_first(*symbol, asked);
                self.step(now, &Input::Canceled { id: *id, answer }, asked);
            }
            Effect::Replace { cancel, submit, .. } => self.replace(*cancel, submit, asked),
            Effect::Query { id, symbol } => {
                let found = self.matching.market_of(*symbol).and_then(|market| {
                    self.matching.query(self.account, market, &self.in_book(market, *id))
                });
                let answer = found.map_or(QueryAnswer::NotFound, QueryAnswer::Found);
                self.step(now, &Input::Queried { id: *id, answer }, asked);
            }
            Effect::FetchAccount { .. } => {
                let snapshot = Box::new(self.snapshot());
                self.step(now, &Input::Account(Ok(snapshot)), asked);
            }
            Effect::FetchRules { symbol } => {
                if let Some(market) = self.matching.market_of(*symbol) {
                    let rules = Box::new(self.matching.rules(market).clone());
                    self.step(now, &Input::Rules(rules), asked);
                }
            }
            // Every fill is told at once.
            Effect::FetchFills { .. }
            | Effect::Decide { .. }
            | Effect::CarryDust { .. }
            | Effect::Notify(_) => {}
        }
    }

    /// Events come before the answer of the request that caused them.
    #[inline]
    fn tell_first(&mut self, symbol: Symbol, asked: &mut Vec<Effect>) {
        if let Some(market) = self.matching.market_of(symbol) {
            self.tell_events(market, asked);
        }
    }

    fn submit(&mut self, id: ClientOrderId, symbol: Symbol, terms: &Terms) -> SubmitAnswer {
        let Some(market) = self.matching.market_of(symbol) else { return SubmitAnswer::NotSent };
        self.matching.submit(self.account, market, &ids(id, terms), terms)
    }

    fn cancel(&mut self, id: ClientOrderId, symbol: Symbol) -> CancelAnswer {
        let Some(market) = self.matching.market_of(symbol) else { return CancelAnswer::NotOpen };
        let id = self.in_book(market, id);
        self.matching.cancel(self.account, market, &id)
    }

    /// The id under which an order is in the book: a bracket is there as its legs.
    fn in_book(&self, market: MarketIndex, id: ClientOrderId) -> ClientOrderId {
        let open = |id: &ClientOrderId| {
            self.matching.open_orders(market).iter().any(|order| order.client_id == *id)
        };
        [Part::StopLeg, Part::TargetLeg]
            .map(|leg| id.with_part(leg))
            .into_iter()
            .find(open)
            .unwrap_or(id)
    }

    #[inline]
    fn replace(&mut self, canceled: ClientOrderId, order: &NewOrder, asked: &mut Vec<Effect>) {
        let Some(market) = self.matching.market_of(order.symbol) else { return };
        let ids = ids(order.id, &order.terms);
        let (cancel, submit) =
            self.matching.replace(self.account, market, &canceled, (&ids, &order.terms));
        self.tell_events(market, asked);
        let now = self.matching.now();
        let submitted = order.id;
        self.step(now, &Input::Replaced { canceled, cancel, submitted, submit }, asked);
    }

    /// The account as the exchange has it.
    fn snapshot(&self) -> AccountSnapshot {
        let balance = |(asset, balance): (Asset, VenueBalance)| ReportedBalance {
            asset,
            free: balance.free.floor_quantity(),
            locked: balance.locked.floor_quantity(),
        };
        AccountSnapshot {
            at: self.matching.now(),
            balances: self.matching.balances(self.account).into_iter().map(balance).collect(),
            orders: Vec::new(),
            fills: Vec::new(),
            since: Timestamp::EPOCH,
            foreign_algo_orders: Vec::new(),
        }
    }
}

/// Whether an effect goes over the wire.
const fn travels(effect: &Effect) -> bool {
    !matches!(effect, Effect::Decide { .. } | Effect::CarryDust { .. } | Effect::Notify(_))
}

/// The ids of one placement: the legs of a bracket have their own.
pub(super) fn ids(id: ClientOrderId, terms: &Terms) -> OrderIds<ClientOrderId> {
    if terms.kind.order_count() == 1 {
        return OrderIds { order: id, target: id };
    }
    OrderIds { order: id.with_part(Part::StopLeg), target: id.with_part(Part::TargetLeg) }
}

/// Where the price is at `at` on the straight line between two points.
fn between(from: PathPoint, to: PathPoint, at: Timestamp) -> Price {
    let (whole, part) = (to.at.since(from.at).millis(), at.since(from.at).millis());
    if whole == 0 {
        return to.price;
    }
    let (a, b) = (i128::from(from.price.units()), i128::from(to.price.units()));
    let units = a + (b - a) * i128::from(part.min(whole)) / i128::from(whole);
    i64::try_from(units).ok().and_then(Price::from_units).unwrap_or(to.price)
}
