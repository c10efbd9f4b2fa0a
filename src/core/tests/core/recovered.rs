//! The journal is older than what was ordered: what carries our prefix is taken back.

use heikin_core::engine::{AccountSnapshot, Alert, Effect, Engine, Input};
use heikin_core::ledger::ReportedBalance;
use heikin_core::market::Quote;
use heikin_core::matching::FillModel;
use heikin_core::num::Quantity;
use heikin_core::order::{
    CancelAnswer, ClientOrderId, ClientOrderIdParts, Denial, Fill, OrderReport, OrderState, Part,
    Phase, Reason, Skip, Slot, SlotState, SubmitAnswer, TraderId, VenueStatus,
};
use heikin_core::risk::RiskLimits;
use heikin_core::time::{Interval, Span, Timestamp};

use crate::support::*;

/// An engine that knows less than the exchange, and what the exchange has to say.
struct Older {
    engine: Engine,
    at: Timestamp,
    account: AccountSnapshot,
}

fn state(id: ClientOrderId, status: VenueStatus, executed: &str, at: Timestamp) -> OrderState {
    let executed = quantity(executed);
    OrderState {
        id,
        venue_id: u64::from(id.generation()),
        status,
        executed,
        working_since: None,
        at,
    }
}

impl Older {
    /// Goes on from what a session was, a minute later, with so much in the account.
    fn after(session: &Session, traders: usize, [usdt_now, btc_now]: [&str; 2]) -> Self {
        let mut engine = engine_with(rules(), RiskLimits::NONE, &vec![settings(); traders]);
        engine.restore(session.engine().snapshot()).unwrap();
        let at = engine.now() + Span::from_secs(60);
        let held = |asset, free: &str| ReportedBalance {
            asset,
            free: quantity(free),
            locked: Quantity::ZERO,
        };
        let account = AccountSnapshot {
            at,
            balances: vec![held(usdt(), usdt_now), held(btc(), btc_now)],
            orders: Vec::new(),
            fills: Vec::new(),
            since: Timestamp::EPOCH,
            foreign_algo_orders: Vec::new(),
        };
        Self { engine, at, account }
    }

    fn has(mut self, id: ClientOrderId, status: VenueStatus, executed: &str) -> Self {
        self.account.orders.push(state(id, status, executed, self.at));
        self
    }

    /// An order that was filled at once.
    fn filled(mut self, id: ClientOrderId, price_of: &str, executed: &str) -> Self {
        let state = state(id, VenueStatus::Filled, executed, self.at);
        let fill = Fill {
            trade_id: 100 + self.account.fills.len() as u64,
            price: price(price_of),
            quantity: quantity(executed),
            commission: Quantity::ZERO,
            commission_asset: bnb(),
            maker: false,
            at: self.at,
        };
        self.account.orders.push(state);
        self.account.fills.push(OrderReport { state, fill: Some(fill) });
        self
    }

    fn step(&mut self, input: &Input) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.engine.step(self.at, input, &mut effects);
        effects
    }

    /// The process starts and is told of the account.
    fn start(&mut self) -> Vec<Effect> {
        let started = self.step(&Input::Started);
        assert!(!started.iter().any(|it| matches!(it, Effect::Submit(_))), "{started:?}");
        let account = self.account.clone();
        let effects = self.step(&Input::Account(Ok(Box::new(account))));
        let drifts = self.engine.balances().drifting_since();
        assert_eq!(drifts, None, "all is accounted for");
        effects
    }

    fn candle(&mut self, number: i64, prices: [&str; 4]) -> Vec<Effect> {
        let candle = candle(number, prices);
        self.at = candle.close_time();
        let quote = Some(Quote::point(candle.close(), self.at));
        let (symbol, interval) = (symbol(), Interval::H1);
        self.step(&Input::Candle { symbol, interval, candle, quote })
    }

    fn slot(&self, slot: Slot) -> &SlotState {
        self.engine.traders()[0].slot(slot).unwrap()
    }

    fn denial(&self, trader: usize) -> Option<Denial> {
        match skip_of(&self.engine, trader) {
            Some(Skip::Denied(denial)) => Some(denial),
            _ => None,
        }
    }
}

fn told(effects: &[Effect]) -> Vec<ClientOrderId> {
    let recovered = |it: &Effect| match it {
        Effect::Notify(Alert::Recovered { id, .. }) => Some(*id),
        _ => None,
    };
    effects.iter().filter_map(recovered).collect()
}

fn submits(effects: &[Effect], slot: Slot) -> usize {
    let is_it = |it: &&Effect| matches!(it, Effect::Submit(order) | Effect::Replace { submit: order, .. } if order.id.slot() == slot);
    effects.iter().filter(is_it).count()
}

fn entry(generation: u32) -> ClientOrderId {
    id(Slot::Entry, generation, 1)
}

fn exit(generation: u32) -> ClientOrderId {
    id(Slot::Exit, generation, 1)
}

#[test]
fn a_lost_entry_that_is_open_is_withdrawn_before_anybody_enters() {
    // Two traders, none of which has ordered anything yet.
    let mut session = Session::on(
        engine_with(rules(), RiskLimits::NONE, &[settings(), settings()]),
        FillModel::default(),
    );
    session.candles(&WORKED[..2]);
    let mut older = Older::after(&session, 2, ["10000", "0"]).has(entry(7), VenueStatus::Open, "0");
    let effects = older.start();
    assert_eq!(told(&effects), [entry(7)]);
    let cancels = |it: &Effect| matches!(it, Effect::Cancel { id, .. } if *id == entry(7));
    assert!(effects.iter().any(cancels), "{effects:?}");
    // A candle by which both would enter.
    let effects = older.candle(3, WORKED[2]);
    assert_eq!(submits(&effects, Slot::Entry), 0, "{effects:?}");
    assert_eq!([0, 1].map(|it| older.denial(it)), [Some(Denial::UnresolvedOrder); 2]);
    let answer = CancelAnswer::Canceled(state(entry(7), VenueStatus::Canceled, "0", older.at));
    older.step(&Input::Canceled { id: entry(7), answer });
    let effects = older.candle(4, WORKED[2]);
    assert_eq!(submits(&effects, Slot::Entry), 2, "{effects:?}");
    assert!(older.slot(Slot::Entry).current().unwrap().id.generation() > 7);
}

#[test]
fn what_a_lost_entry_bought_is_its_traders_and_gets_a_stop() {
    // It knows of its first entry, which was replaced; the second one was filled.
    let session = Session::worked(settings());
    let mut older = Older::after(&session, 1, ["9880", "1"])
        .has(entry(1), VenueStatus::Canceled, "0")
        .filled(entry(2), "120", "1");
    let effects = older.start();
    assert_eq!(told(&effects), [entry(2)]);
    let trader = &older.engine.traders()[0];
    assert_eq!(trader.position().held, quantity("1"));
    assert_eq!(submits(&effects, Slot::Exit), 1, "{effects:?}");
    let stop = older.slot(Slot::Exit).current().unwrap();
    assert_eq!((stop.reason, stop.terms.quantity.quantity()), (Reason::Stop, quantity("1")));
    // Told once more, nothing changes.
    let before = older.engine.balances().clone();
    let effects = older.start();
    assert_eq!(told(&effects), []);
    assert_eq!(older.engine.balances(), &before);
    assert_eq!(older.engine.traders()[0].position().held, quantity("1"));
}

#[test]
fn a_lost_stop_gives_way_to_the_positions_own() {
    let session = Session::worked(settings());
    let mut older = Older::after(&session, 1, ["9880", "1"])
        .has(entry(1), VenueStatus::Canceled, "0")
        .filled(entry(2), "120", "1")
        .has(exit(4), VenueStatus::Open, "0");
    let effects = older.start();
    assert_eq!(told(&effects), [entry(2), exit(4)]);
    let replaced = effects.iter().find_map(|it| match it {
        Effect::Replace { cancel, submit, .. } => Some((*cancel, *submit)),
        _ => None,
    });
    let (cancel, stop) = replaced.expect("one takes the place of the other");
    assert_eq!((cancel, stop.id.generation(), stop.reason), (exit(4), 5, Reason::Stop));
    let answer = Input::Replaced {
        canceled: exit(4),
        cancel: CancelAnswer::Canceled(state(exit(4), VenueStatus::Canceled, "0", older.at)),
        submitted: stop.id,
        submit: Some(SubmitAnswer::Placed(state(stop.id, VenueStatus::Open, "0", older.at))),
    };
    older.step(&answer);
    assert_eq!(older.engine.order(stop.id).unwrap().phase, Phase::Working);
    assert_eq!(older.engine.traders()[0].live_orders().count(), 1);
}

#[test]
fn what_a_lost_stop_sold_is_a_closed_trade() {
    let mut session = Session::worked(settings());
    session.candle(["110", "125", "109", "124"]);
    let first = session.engine().traders()[0].slot(Slot::Exit).unwrap().current().unwrap().id;
    let usdt_before = session.engine().balances().total(usdt()).floor_quantity();
    let held = session.engine().traders()[0].position().held;
    let sold = rules().floor_lot(held).unwrap().quantity();
    let now = usdt_before.plus(price("110").times(sold).floor_quantity()).unwrap().to_string();
    let rest = session.engine().balances().total(btc()).floor_quantity().saturating_minus(sold);
    let mut older = Older::after(&session, 1, [&now, &rest.to_string()])
        .has(first, VenueStatus::Canceled, "0")
        .has(exit(2), VenueStatus::Canceled, "0")
        .filled(exit(3), "110", &sold.to_string());
    let effects = older.start();
    assert_eq!(told(&effects), [exit(3)]);
    let trades = trades_of(&effects);
    assert_eq!(trades.len(), 1, "{effects:?}");
    assert_eq!(trades[0].exit_reason, Reason::Recovered);
    assert!(older.engine.traders()[0].position().open.is_none());
}

#[test]
fn both_legs_of_a_lost_list_are_one_order() {
    let session = Session::worked(settings());
    let [stop, target] = [Part::StopLeg, Part::TargetLeg].map(|part| exit(4).with_part(part));
    let mut older = Older::after(&session, 1, ["9880", "1"])
        .has(entry(1), VenueStatus::Canceled, "0")
        .filled(entry(2), "120", "1")
        .has(stop, VenueStatus::Open, "0")
        .has(target, VenueStatus::Open, "0");
    let effects = older.start();
    assert_eq!(told(&effects), [entry(2), exit(4)]);
    let cancels = |it: &&Effect| matches!(it, Effect::Cancel { id, .. } if *id == exit(4));
    assert_eq!(effects.iter().filter(cancels).count(), 1, "{effects:?}");
    // One leg after the other.
    for leg in [stop, target] {
        let report =
            OrderReport { state: state(leg, VenueStatus::Canceled, "0", older.at), fill: None };
        let effects = older.step(&Input::Report { report, quote: None });
        assert_eq!(submits(&effects, Slot::Exit), usize::from(leg == target), "{effects:?}");
    }
}

#[test]
fn an_open_order_of_a_trader_that_is_not_known_keeps_entries_off() {
    let session = Session::worked(settings());
    let parts = ClientOrderIdParts { trader: TraderId(5), ..entry(3).parts() };
    let strange = ClientOrderId::new(parts);
    let mut older = Older::after(&session, 1, ["10000", "0"])
        .has(entry(1), VenueStatus::Open, "0")
        .has(strange, VenueStatus::Open, "0");
    let effects = older.start();
    assert_eq!(told(&effects), [strange]);
    assert_eq!(older.denial(0), Some(Denial::UnresolvedOrder));
    let mut saved = engine_with(rules(), RiskLimits::NONE, &[settings()]);
    saved.restore(older.engine.snapshot()).unwrap();
    assert_eq!(saved.snapshot(), older.engine.snapshot());
    assert_eq!(told(&older.start()), [], "told once");
    older.account.orders.pop();
    older.start();
    older.candle(4, WORKED[2]);
    assert_eq!(older.denial(0), None);
}

/// A list reaches further back than a slot remembers.
#[test]
fn an_order_that_was_only_forgotten_is_not_taken_back() {
    let session = Session::worked(settings());
    let mut snapshot = serde_json::to_value(session.engine().snapshot()).unwrap();
    snapshot["traders"][0]["slots"][0]["generation"] = 50.into();
    let mut older = Older::after(&session, 1, ["10000", "0"])
        .has(entry(1), VenueStatus::Open, "0")
        .has(entry(40), VenueStatus::Filled, "1");
    older.engine.restore(serde_json::from_value(snapshot).unwrap()).unwrap();
    assert_eq!(told(&older.start()), []);
    assert!(older.engine.traders()[0].position().open.is_none());
}
