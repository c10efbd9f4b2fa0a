use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

use heikin_core::engine::{Alert, Body, Effect, Engine, PROTECTION_GRACE, Record, Trader};
use heikin_core::market::Side;
use heikin_core::matching::{Event, MarketIndex};
use heikin_core::num::{Money, Quantity};
use heikin_core::order::{
    ClientOrderId, Close, NewOrder, Order, Phase, Slot, SlotState, TraderId, check_filters,
};
use heikin_core::time::{Span, Timestamp};

use super::converge::DUST;
use super::scenario::Scenario;
use super::venue::Venue;

/// A position that the exchange's record shows without protection for this long, while the process
/// and its user events are up and no alert is out, was forgotten.
const FORGOTTEN_AFTER: Span = Span::from_millis(180_000);
/// More requests than this in ten seconds are a storm.
const STORM: usize = 150;
/// One decision is sent at most this often within a minute: what is refused is soon left alone.
const MOST_SENDS: usize = 10;

/// An invariant that did not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Which one: its number in `docs/ARCHITECTURE.md`, and a word.
    pub rule: &'static str,
    /// What happened.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.rule, self.what)
    }
}

pub(super) fn violated<T>(rule: &'static str, what: impl Into<String>) -> Result<T, Violation> {
    Err(Violation { rule, what: what.into() })
}

/// What one decision of a slot asked for, and what the exchange executed of it.
#[derive(Debug, Clone, Copy, Default)]
struct Intent {
    most: Quantity,
    executed: Quantity,
}

/// One trader by the exchange's record, and what people were told of it.
#[derive(Debug, Default)]
pub(super) struct TraderTruth {
    pub(super) market: usize,
    /// Base bought, less commissions, less what was sold.
    pub(super) net: Money,
    /// How many fills the exchange made, and how many alerts told of one.
    pub(super) fills: u64,
    pub(super) told: u64,
    /// What the engine gave up because somebody sold it.
    pub(super) lost: Money,
    /// What of that was dust.
    pub(super) taken: Money,
    sent: Vec<((Slot, u32), Timestamp)>,
    intents: BTreeMap<(Slot, u32), Intent>,
    /// The alert about a missing protection is out.
    pub(super) alarmed: bool,
    bare_since: Option<Timestamp>,
    exposed_since: Option<Timestamp>,
}

/// The invariants, checked after every step against the exchange's own record.
#[derive(Debug)]
pub(super) struct Checks {
    pub(super) traders: Vec<TraderTruth>,
    sends: BTreeMap<ClientOrderId, NewOrder>,
    last_known: BTreeMap<ClientOrderId, (u8, Quantity)>,
    /// How many durable records have been read.
    read: usize,
    /// The process has been told the state of the account since it started.
    pub(super) informed: bool,
    /// Nobody else touches the account in this schedule.
    alone: bool,
    recent: VecDeque<Timestamp>,
    hash: DefaultHasher,
}

impl Checks {
    pub(super) fn new(scenario: &Scenario) -> Self {
        let truth =
            |(market, _): &(usize, _)| TraderTruth { market: *market, ..TraderTruth::default() };
        Self {
            traders: scenario.traders.iter().map(truth).collect(),
            sends: BTreeMap::new(),
            last_known: BTreeMap::new(),
            read: 0,
            informed: false,
            alone: true,
            recent: VecDeque::new(),
            hash: DefaultHasher::new(),
        }
    }

    /// From now on the account changes without us.
    pub(super) const fn not_alone(&mut self) {
        self.alone = false;
    }

    /// Whether somebody else has touched the account.
    pub(super) const fn others_acted(&self) -> bool {
        !self.alone
    }

    /// The hash of every effect so far, and of the state that was reached.
    pub(super) fn hash_with(&self, state: &str) -> u64 {
        let mut hash = self.hash.clone();
        state.hash(&mut hash);
        hash.finish()
    }

    fn trader(&mut self, id: TraderId) -> Option<&mut TraderTruth> {
        self.traders.get_mut(usize::from(id.0))
    }

    /// Something happened on the exchange.
    pub(super) fn on_event(
        &mut self,
        event: &Event<ClientOrderId>,
        venue: &Venue,
        scenario: &Scenario,
    ) -> Result<(), Violation> {
        let id = event.report.state.id;
        if id.tag() != scenario.config.tag {
            return Ok(());
        }
        if let Some(fill) = &event.report.fill {
            let base = venue.rules(event.market).base;
            let order = self.sends.get(&id.with_part(heikin_core::order::Part::Order));
            let Some(side) = order.map(|order| order.terms.side) else {
                return violated("O4 orphan", format!("{id} was filled and never sent"));
            };
            let Some(trader) = self.trader(id.trader()) else { return Ok(()) };
            trader.fills += 1;
            let amount = fill.quantity.to_money();
            trader.net += if side == Side::Buy { amount } else { -amount };
            if fill.commission_asset == base {
                trader.net -= fill.commission.to_money();
            }
            if trader.net.is_negative() {
                return violated("P5 foreign coins", format!("{id} sold more than was bought"));
            }
            let intent = trader.intents.entry((id.slot(), id.generation())).or_default();
            intent.executed = intent.executed.plus(fill.quantity).unwrap_or(intent.executed);
            if intent.executed > intent.most {
                let Intent { most, executed } = *intent;
                return violated("O2 twice", format!("{id} executed {executed} of {most}"));
            }
        }
        self.check_book(event.market, venue, scenario)
    }

    /// At most one order of a slot is open, and no trader offers more than it has.
    fn check_book(
        &self,
        market: MarketIndex,
        venue: &Venue,
        scenario: &Scenario,
    ) -> Result<(), Violation> {
        for (number, trader) in self.traders.iter().enumerate() {
            let ours = |id: ClientOrderId| {
                id.tag() == scenario.config.tag && usize::from(id.trader().0) == number
            };
            let (mut first, mut offered) = (None::<ClientOrderId>, None::<(ClientOrderId, Money)>);
            for order in venue.open(market).filter(|order| ours(order.id)) {
                if order.side == Side::Buy {
                    if let Some(other) = first.filter(|other| !other.is_same_send(order.id)) {
                        return violated(
                            "O2 two orders",
                            format!("{other} and {} are open", order.id),
                        );
                    }
                    first = Some(order.id);
                    continue;
                }
                let amount = order.remaining.to_money();
                offered = match offered {
                    // The legs of a list offer the same coins.
                    Some((id, sum)) if id.is_same_send(order.id) => Some((id, sum.max(amount))),
                    Some((other, _)) => {
                        return violated(
                            "O2 two orders",
                            format!("{other} and {} are open", order.id),
                        );
                    }
                    None => Some((order.id, amount)),
                };
            }
            if let Some((id, amount)) = offered.filter(|(_, amount)| *amount > trader.net) {
                let what = format!("{id} offers {amount}, trader {number} has {}", trader.net);
                return violated("P4 oversold", what);
            }
        }
        Ok(())
    }

    /// A request is about to leave: `durable` is the last record that would survive a crash.
    pub(super) fn before_send(
        &mut self,
        (seq, durable): (u64, u64),
        effect: &Effect,
        now: Timestamp,
        engine: &Engine,
    ) -> Result<(), Violation> {
        if seq > durable {
            return violated("O1 not durable", format!("record {seq} leaves, {durable} is synced"));
        }
        self.recent.push_back(now);
        while self.recent.front().is_some_and(|at| now.since(*at) > Span::from_secs(10)) {
            self.recent.pop_front();
        }
        if self.recent.len() > STORM {
            return violated("O8 storm", format!("{} requests in 10 s", self.recent.len()));
        }
        match effect {
            Effect::Submit(order) | Effect::Replace { submit: order, .. } => {
                if !self.informed {
                    return violated("T3 before recovery", format!("{} leaves", order.id));
                }
                self.before_order(order, engine)
            }
            _ => Ok(()),
        }
    }

    /// A placement came to its sender too late, and never left: it is no attempt.
    pub(super) fn on_not_sent(&mut self, id: ClientOrderId) {
        let decision = (id.slot(), id.generation());
        if let Some(trader) = self.trader(id.trader())
            && let Some(last) = trader.sent.iter().rposition(|(of, _)| *of == decision)
        {
            trader.sent.remove(last);
        }
    }

    /// One decision is not sent again and again within a minute.
    fn check_patience(&mut self, id: ClientOrderId, now: Timestamp) -> Result<(), Violation> {
        let Some(trader) = self.trader(id.trader()) else { return Ok(()) };
        let decision = (id.slot(), id.generation());
        trader.sent.retain(|(_, at)| now.since(*at) <= Span::from_secs(60));
        trader.sent.push((decision, now));
        let times = trader.sent.iter().filter(|(of, _)| *of == decision).count();
        if times > MOST_SENDS {
            return violated("O8 stubborn", format!("{id}: {times} attempts in a minute"));
        }
        Ok(())
    }

    /// An id stands for one order for ever; it is sent again only to settle that order.
    fn before_order(&mut self, order: &NewOrder, engine: &Engine) -> Result<(), Violation> {
        let id = order.id;
        if let Some(known) = self.sends.get(&id) {
            let settling = engine.order(id).is_some_and(|order| order.resolve.is_some());
            let later = engine.order(id).is_none_or(|order| order.phase != Phase::Submitting);
            return if known.terms == order.terms && (settling || later) {
                Ok(())
            } else {
                violated("O3 id reused", format!("{id} was sent before"))
            };
        }
        self.sends.insert(id, *order);
        self.check_patience(id, engine.now())?;
        if let Some(trader) = self.trader(id.trader()) {
            let intent = trader.intents.entry((id.slot(), id.generation())).or_default();
            // What is left to sell is counted anew for each attempt: with the dust there is.
            let before = match order.terms.side {
                Side::Buy => Quantity::ZERO,
                Side::Sell => intent.executed,
            };
            let most = before.plus(order.terms.quantity.quantity()).unwrap_or(intent.most);
            intent.most = intent.most.max(most);
        }
        Ok(())
    }

    /// An input was handled: what was decided on it, in the state that it was decided in.
    pub(super) fn after_step(
        &mut self,
        records: &[Record],
        engine: &Engine,
        now: Timestamp,
    ) -> Result<(), Violation> {
        for record in records {
            match &record.body {
                Body::Effect(Effect::Submit(order) | Effect::Replace { submit: order, .. }) => {
                    check_decision(order, engine)?;
                }
                Body::Effect(_) | Body::Input(_) => {}
            }
        }
        for (truth, trader) in self.traders.iter_mut().zip(engine.traders()) {
            let bare = is_bare(trader, engine);
            truth.bare_since = if bare { truth.bare_since.or(Some(now)) } else { None };
        }
        Ok(())
    }

    /// Nobody was told of a position that the engine itself knows to be without protection.
    pub(super) fn check_alarms(&self, engine: &Engine) -> Result<(), Violation> {
        for (truth, trader) in self.traders.iter().zip(engine.traders()) {
            let since = trader.position().open.as_ref().and_then(|open| open.unprotected_since);
            let late = |since: Timestamp| {
                engine.now().since(since) > PROTECTION_GRACE + Span::from_secs(1)
            };
            if let Some(since) = since.filter(|since| late(*since) && !truth.alarmed) {
                let what = format!("trader {} since {}", trader.id(), since.millis());
                return violated("P3 unprotected, untold", what);
            }
            if truth.bare_since.is_some() && since.is_none() {
                return violated("P3 unprotected, unnoticed", format!("trader {}", trader.id()));
            }
        }
        Ok(())
    }

    /// By the exchange's record a position is without protection, and nobody has noticed.
    pub(super) fn check_exposure(
        &mut self,
        now: Timestamp,
        venue: &Venue,
        scenario: &Scenario,
    ) -> Result<(), Violation> {
        let sends = &self.sends;
        for (number, truth) in self.traders.iter_mut().enumerate() {
            let exposed = !truth.alarmed && is_exposed((number, truth), sends, venue, scenario);
            truth.exposed_since = if exposed { truth.exposed_since.or(Some(now)) } else { None };
            if truth.exposed_since.is_some_and(|since| now.since(since) > FORGOTTEN_AFTER) {
                return violated("P3 forgotten", format!("trader {number} holds {}", truth.net));
            }
        }
        Ok(())
    }

    /// The process died: what it knew may be lost with what was not synced.
    pub(super) fn forget_orders(&mut self) {
        self.last_known.clear();
        self.informed = false;
    }

    /// The process is down or deaf: it cannot know.
    pub(super) fn excuse_exposure(&mut self) {
        self.traders.iter_mut().for_each(|truth| truth.exposed_since = None);
    }

    /// An order's state in the engine: it moves in one direction, and "absent" is true.
    pub(super) fn check_order(
        &mut self,
        order: &Order,
        (venue, may_come): (&Venue, bool),
    ) -> Result<(), Violation> {
        let rank = match order.phase {
            Phase::Submitting => 0,
            Phase::Unresolved | Phase::Working | Phase::Canceling => 1,
            Phase::Closed(_) => 2,
        };
        let id = order.id;
        if let Some((before, executed)) = self.last_known.insert(id, (rank, order.executed()))
            && (rank < before || order.executed() < executed)
        {
            let what = format!("{id} went from {before} ({executed}) to {:?}", order.phase);
            return violated("O5 backwards", what);
        }
        if order.phase == Phase::Closed(Close::Absent) && (may_come || venue.ever_had(id)) {
            return violated("O7 not absent", format!("{id} is at the exchange, or on its way"));
        }
        Ok(())
    }

    /// Records that have become durable: what people are told, and what the hash is of.
    pub(super) fn read(&mut self, durable: &[Record]) -> Result<(), Violation> {
        let fresh = durable.get(self.read..).unwrap_or_default();
        self.read = self.read.max(durable.len());
        for record in fresh {
            let Body::Effect(effect) = &record.body else { continue };
            effect.hash(&mut self.hash);
            if let Effect::Notify(alert) = effect {
                self.on_alert(alert)?;
            }
        }
        Ok(())
    }

    fn on_alert(&mut self, alert: &Alert) -> Result<(), Violation> {
        let alone = self.alone;
        match alert {
            Alert::Filled { id, .. } => {
                if let Some(trader) = self.trader(id.trader()) {
                    trader.told += 1;
                }
            }
            Alert::Unprotected { trader, .. } => {
                if let Some(trader) = self.trader(*trader) {
                    trader.alarmed = true;
                }
            }
            Alert::Protected { trader } => {
                if let Some(trader) = self.trader(*trader) {
                    trader.alarmed = false;
                }
            }
            Alert::TradeClosed(trade) => {
                if let Some(trader) = self.trader(trade.trader) {
                    trader.alarmed = false;
                    // Dust that somebody took away is nobody's position: it goes without an alert.
                    let gone = trader.net - trader.lost - trade.dust_after.to_money();
                    if !alone && !gone.is_negative() && gone <= DUST {
                        trader.lost += gone;
                        trader.taken += gone;
                    }
                }
            }
            Alert::Surprise { id, surprise } => {
                return violated("O5 surprise", format!("{id}: {surprise:?}"));
            }
            Alert::BalanceChanged { asset, amount } if alone => {
                return violated("P1 invented", format!("{asset} changed by {amount}"));
            }
            Alert::PositionSoldByHand { trader, missing } => {
                if alone {
                    return violated(
                        "P1 invented",
                        format!("{missing} of trader {trader} is gone"),
                    );
                }
                if let Some(trader) = self.trader(*trader) {
                    trader.lost += missing.to_money();
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// A new order is decided only when the engine knows where it stands; one that opens only when
/// entries are on and everything that may be spent already fits.
fn check_decision(order: &NewOrder, engine: &Engine) -> Result<(), Violation> {
    let id = order.id;
    let Some(trader) = engine.traders().get(usize::from(id.trader().0)) else { return Ok(()) };
    if !engine.order(id).is_some_and(|order| order.phase == Phase::Submitting) {
        return Ok(());
    }
    if !engine.is_ready() {
        return violated("T3 too early", format!("{id} was decided before the account was known"));
    }
    let Some(market) = engine.market_of(trader) else { return Ok(()) };
    let context = heikin_core::order::FilterContext {
        reference: market.quote().map(|quote| quote.bid),
        special: None,
        open: None,
    };
    if let Err(failure) = check_filters(market.rules(), &order.terms, &context) {
        return violated("P7 filter", format!("{id}: {failure}"));
    }
    if order.terms.side == Side::Sell {
        return Ok(());
    }
    if engine.entries_off() || trader.is_paused() {
        return violated("P6 entries are off", format!("{id} was decided all the same"));
    }
    let quote = market.rules().quote;
    let spendable = engine.balances().total(quote);
    let spoken_for: Money = engine.traders().iter().flat_map(Trader::slots).map(may_spend).sum();
    if spoken_for > spendable {
        return violated("P2 exposure", format!("{spoken_for} of {spendable} {quote} after {id}"));
    }
    Ok(())
}

/// What the entries of a slot spend if all that may be open is filled.
fn may_spend(slot: &SlotState) -> Money {
    let worst = |order: &Order| {
        let price = order.terms.kind.worst_price();
        price.map_or(Money::ZERO, |price| price.price().times(order.remaining()))
    };
    let buys = slot.orders().filter(|order| order.is_live() && order.terms.side == Side::Buy);
    if slot.is_replacing() {
        return buys.map(worst).max().unwrap_or_default();
    }
    buys.map(worst).sum()
}

/// Whether the engine knows of sellable coins that no order protects which it knows to be open.
fn is_bare(trader: &Trader, engine: &Engine) -> bool {
    let Some(market) = engine.market_of(trader) else { return false };
    if !trader.position().is_open() {
        return false;
    }
    let Some(sellable) = market.rules().floor_lot(trader.holding()) else { return false };
    let covers = |order: &&Order| {
        matches!(order.phase, Phase::Working | Phase::Canceling) && order.protects()
    };
    let covered = trader
        .slot(Slot::Exit)
        .and_then(|slot| slot.orders().filter(covers).map(Order::remaining).max());
    covered.unwrap_or(Quantity::ZERO) < sellable.quantity()
}

/// Whether the exchange's record has a sellable part of a position that neither a stop of ours
/// protects nor an order that is on its way out offers.
fn is_exposed(
    (number, truth): (usize, &TraderTruth),
    sends: &BTreeMap<ClientOrderId, NewOrder>,
    venue: &Venue,
    scenario: &Scenario,
) -> bool {
    let Some(market) = scenario.markets.get(truth.market) else { return false };
    let Some(market) = venue.market(market.rules.symbol) else { return false };
    let ours =
        |id: ClientOrderId| id.tag() == scenario.config.tag && usize::from(id.trader().0) == number;
    let leaves = |id: ClientOrderId| {
        let sent = sends.get(&id.with_part(heikin_core::order::Part::Order));
        sent.is_some_and(|order| order.reason.is_leaving())
    };
    let offered = venue
        .open(market)
        .filter(|order| order.side == Side::Sell && ours(order.id))
        .filter(|order| order.is_stop || leaves(order.id))
        .map(|order| order.remaining.to_money())
        .max()
        .unwrap_or_default();
    // Dust that somebody took away is still in this count.
    let held = truth.net - truth.lost;
    if held <= DUST {
        return false;
    }
    let held = held.floor_quantity();
    let rules = venue.rules(market);
    // What the exchange would not take anyway needs no protection.
    let worth = |quantity| {
        venue.last_price(market).is_some_and(|price| rules.reaches_min_notional(price, quantity))
    };
    rules.floor_lot(held).is_some_and(|lot| {
        let bare = lot.quantity().to_money() - offered;
        bare > DUST && worth(bare.floor_quantity())
    })
}
