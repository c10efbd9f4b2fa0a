//! Whatever reaches the engine, in whatever order: it comes to rest, what it recorded is what it
//! is, and what was saved goes on as what was not.

use std::collections::BTreeMap;

use heikin_core::engine::{
    AccountSnapshot, Body, Command, Effect, Engine, EngineConfig, Gate, GateState, Input, Record,
    Trader, TraderSetup,
};
use heikin_core::ledger::ReportedBalance;
use heikin_core::market::{Candle, Ohlc, Quote, Side, SymbolRules, TickPrice};
use heikin_core::num::{Money, Price, Quantity};
use heikin_core::order::{
    CancelAnswer, ClientOrderId, Close, ExpiryReason, Fill, NewOrder, Order, OrderReport,
    OrderState, Phase, QueryAnswer, Reason, Refusal, Slot, SlotState, SubmitAnswer, TraderId,
    VenueStatus,
};
use heikin_core::risk::RiskLimits;
use heikin_core::strategy::{HeikinAshiSettings, HeikinAshiStrategy, LastResort, Patience, Sizing};
use heikin_core::time::{Interval, Span, Timestamp};
use proptest::prelude::*;

use crate::support::*;

/// Two traders that share an account, one of them with brackets and sales on red.
fn fresh() -> Engine {
    let mut plain = HeikinAshiSettings { warmup: 1, ..settings() };
    plain.sizing = Sizing::Percent(rate("0.6"));
    plain.exit.rescue_after = Patience::For(Span::from_secs(5));
    plain.exit.last_resort = LastResort::Market;
    plain.exit.last_resort_after = Patience::For(Span::from_secs(60));
    let mut other = HeikinAshiSettings { warmup: 1, ..settings() };
    other.exit.take_profit = rate("0.05");
    other.exit.on_red = true;
    let limits = RiskLimits { max_trades_per_day: Some(20), ..RiskLimits::NONE };
    let config = EngineConfig {
        limits,
        resync_every: Some(Span::from_secs(3_600)),
        ..EngineConfig::UNLIMITED
    };
    let mut engine = Engine::new(config);
    engine.add_market(rules(), fees());
    for settings in [plain, other] {
        let strategy = Box::new(HeikinAshiStrategy::new(settings));
        let setup = TraderSetup { symbol: symbol(), interval: Interval::H1, strategy };
        engine.add_trader(setup).unwrap();
    }
    engine
}

#[derive(Debug, Clone, Copy)]
enum Op {
    Candle([u8; 4]),
    Time(u32),
    Deadline,
    Answer(u8, u8),
    Report(u8, u8, u8),
    Quote(u8),
    Command(u8, u8),
    Account(u8),
    Rules(u8),
    Started,
    StreamRestored,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => any::<[u8; 4]>().prop_map(Op::Candle),
        2 => (0..20_000_u32).prop_map(Op::Time),
        4 => Just(Op::Deadline),
        14 => any::<(u8, u8)>().prop_map(|(a, b)| Op::Answer(a, b)),
        8 => any::<(u8, u8, u8)>().prop_map(|(a, b, c)| Op::Report(a, b, c)),
        2 => any::<u8>().prop_map(Op::Quote),
        1 => any::<(u8, u8)>().prop_map(|(a, b)| Op::Command(a, b)),
        1 => any::<u8>().prop_map(Op::Account),
        1 => any::<u8>().prop_map(Op::Rules),
        1 => Just(Op::Started),
        1 => Just(Op::StreamRestored),
    ]
}

/// An engine, what it was told and decided, and what of it awaits an answer.
struct World {
    engine: Engine,
    records: Vec<Record>,
    inputs: Vec<(Timestamp, Input)>,
    outstanding: Vec<Effect>,
    now: Timestamp,
    hour: i64,
    price: i64,
    trade: u64,
    phases: BTreeMap<ClientOrderId, (Phase, Quantity)>,
    stops: BTreeMap<(TraderId, u64), Option<Price>>,
}

const CENT: i64 = 1_000_000;

fn cents(value: i64) -> Price {
    Price::from_units(value.max(100) * CENT).unwrap()
}

impl World {
    fn new() -> Self {
        Self {
            engine: fresh(),
            records: Vec::new(),
            inputs: Vec::new(),
            outstanding: Vec::new(),
            now: ms(3_600_000),
            hour: 1,
            price: 10_000,
            trade: 0,
            phases: BTreeMap::new(),
            stops: BTreeMap::new(),
        }
    }

    fn step(&mut self, input: Input) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.engine.step(self.now, &input, &mut effects);
        let at = self.engine.now();
        self.inputs.push((self.now, input.clone()));
        let bodies =
            std::iter::once(Body::Input(input)).chain(effects.iter().cloned().map(Body::Effect));
        for body in bodies {
            let seq = self.records.len() as u64 + 1;
            self.records.push(Record { seq, cause: seq, at, body });
        }
        let asks = |effect: &&Effect| {
            !matches!(effect, Effect::Decide { .. } | Effect::Notify(_) | Effect::CarryDust { .. })
        };
        self.outstanding.extend(effects.iter().filter(asks).cloned());
        effects
    }

    fn orders(&self) -> impl Iterator<Item = &Order> {
        let slots = self.engine.traders().iter().flat_map(Trader::slots);
        slots.flat_map(SlotState::orders)
    }

    fn state(&self, id: ClientOrderId, status: VenueStatus, share: i64) -> OrderState {
        let order = self.orders().find(|order| order.id == id);
        let executed = order.map_or(Quantity::ZERO, |order| {
            let (done, left) = (order.executed().units(), order.remaining().units());
            Quantity::from_units(done + left * share / 4).unwrap()
        });
        let working_since =
            (share > 0 || self.hour.unsigned_abs().is_multiple_of(3)).then_some(self.now);
        OrderState { id, venue_id: 1, status, executed, working_since, at: self.now }
    }

    fn submit_answer(&self, order: &NewOrder, kind: u8) -> SubmitAnswer {
        match kind % 12 {
            0..=5 => SubmitAnswer::Placed(self.state(order.id, VenueStatus::Open, 0)),
            6 => SubmitAnswer::refused(Refusal::InsufficientBalance),
            7 => SubmitAnswer::refused(Refusal::WouldTriggerImmediately),
            8 => SubmitAnswer::Refused {
                refusal: Refusal::RateLimited,
                not_before: Some(self.now + Span::from_secs(7)),
            },
            9 => SubmitAnswer::Exists,
            10 => SubmitAnswer::Unknown,
            _ => SubmitAnswer::NotSent,
        }
    }

    fn cancel_answer(&self, id: ClientOrderId, kind: u8) -> CancelAnswer {
        match kind % 8 {
            0..=3 => CancelAnswer::Canceled(self.state(id, VenueStatus::Canceled, 0)),
            4 => CancelAnswer::NotOpen,
            5 => CancelAnswer::refused(Refusal::PartlyFilled),
            6 => CancelAnswer::Unknown,
            _ => CancelAnswer::NotSent,
        }
    }

    fn answer(&mut self, pick: u8, kind: u8) -> Option<Input> {
        if self.outstanding.is_empty() {
            return None;
        }
        let effect = self.outstanding.remove(usize::from(pick) % self.outstanding.len());
        Some(match effect {
            Effect::Submit(order) => {
                Input::Submitted { id: order.id, answer: self.submit_answer(&order, kind) }
            }
            Effect::Cancel { id, .. } => {
                Input::Canceled { id, answer: self.cancel_answer(id, kind) }
            }
            Effect::Replace { cancel: canceled, submit, .. } => {
                let cancel = self.cancel_answer(canceled, kind);
                let done = matches!(cancel, CancelAnswer::Canceled(_));
                let answer = done.then(|| self.submit_answer(&submit, kind / 8));
                Input::Replaced { canceled, cancel, submitted: submit.id, submit: answer }
            }
            Effect::Query { id, .. } => {
                let answer = match kind % 5 {
                    0 => QueryAnswer::Found(self.state(id, VenueStatus::Open, 0)),
                    1 => QueryAnswer::Found(self.state(id, VenueStatus::Filled, 4)),
                    2 => QueryAnswer::NotFound,
                    3 => QueryAnswer::Archived,
                    _ => QueryAnswer::Failed(None),
                };
                Input::Queried { id, answer }
            }
            Effect::FetchFills { id, .. } => return self.report_of(id, VenueStatus::Open, 0, kind),
            Effect::FetchAccount { .. } => return Some(self.account(kind)),
            Effect::FetchRules { .. } => Input::Rules(Box::new(rules())),
            Effect::Decide { .. } | Effect::Notify(_) | Effect::CarryDust { .. } => return None,
        })
    }

    fn report(&mut self, pick: u8, kind: u8, share: u8) -> Option<Input> {
        let ids: Vec<_> = self.orders().map(|order| order.id).collect();
        let id = *ids.get(usize::from(pick) % ids.len().max(1))?;
        let (status, share) = match kind % 8 {
            0..=3 => (VenueStatus::Open, i64::from(share % 4)),
            4 | 5 => (VenueStatus::Filled, 4),
            6 => (VenueStatus::Canceled, i64::from(share % 2)),
            _ => (VenueStatus::Expired(ExpiryReason::ExchangeCanceled), 0),
        };
        self.report_of(id, status, share, kind)
    }

    /// A statement about an order, with the fill that books what is not booked yet.
    fn report_of(
        &mut self,
        id: ClientOrderId,
        status: VenueStatus,
        share: i64,
        kind: u8,
    ) -> Option<Input> {
        let state = self.state(id, status, share);
        let booked = self.orders().find(|order| order.id == id)?.booked();
        let quantity = state.executed.saturating_minus(booked);
        self.trade += 1;
        let fill = Fill {
            trade_id: self.trade,
            price: cents(self.price),
            quantity,
            commission: quantity.commission(rate("0.001")),
            commission_asset: [btc(), bnb()][usize::from(kind % 2)],
            maker: kind.is_multiple_of(3),
            at: self.now,
        };
        let fill = (!quantity.is_zero() && kind < 200).then_some(fill);
        Some(Input::Report { report: OrderReport { state, fill }, quote: None })
    }

    fn account(&self, kind: u8) -> Input {
        if kind % 5 == 4 {
            return Input::Account(Err(None));
        }
        let total = |asset| match self.engine.balances().get(asset) {
            Some(balance) => balance.total.floor_quantity(),
            None => quantity("10000"),
        };
        let hand = if kind.is_multiple_of(7) { quantity("0.5") } else { Quantity::ZERO };
        let balances = [usdt(), btc()].map(|asset| ReportedBalance {
            asset,
            free: total(asset).saturating_minus(hand),
            locked: Quantity::ZERO,
        });
        let live = self.orders().filter(|order| order.phase == Phase::Working);
        let orders: Vec<_> = live.map(|it| self.state(it.id, VenueStatus::Open, 0)).collect();
        Input::Account(Ok(Box::new(AccountSnapshot {
            at: self.now,
            balances: balances.to_vec(),
            orders: if kind.is_multiple_of(11) { Vec::new() } else { orders },
            fills: Vec::new(),
            since: Timestamp::EPOCH,
            foreign_algo_orders: Vec::new(),
        })))
    }

    fn candle(&mut self, steps: [u8; 4]) -> Input {
        let mut prices = steps.map(|step| self.price + (i64::from(step) - 125) * 8);
        prices[0] = self.price;
        let (high, low) = (*prices.iter().max().unwrap(), *prices.iter().min().unwrap());
        let close = prices[3];
        self.price = close.clamp(3_000, 50_000);
        self.hour += 1;
        let open_time = ms(self.hour * 3_600_000).max(self.now);
        self.hour = open_time.millis() / 3_600_000;
        let open_time = ms(self.hour * 3_600_000);
        let ohlc = Ohlc::new(cents(prices[0]), cents(high), cents(low), cents(close)).unwrap();
        let close_time = open_time + Span::from_millis(3_599_999);
        let candle = Candle::new(open_time, close_time, ohlc, Money::ZERO).unwrap();
        self.now = self.now.max(close_time);
        let quote = Some(Quote::point(cents(close), self.now));
        Input::Candle { symbol: symbol(), interval: Interval::H1, candle, quote }
    }

    fn command(which: u8, whom: u8) -> Command {
        let whom = (!whom.is_multiple_of(3)).then(|| TraderId(u16::from(whom % 2)));
        match which % 9 {
            0 => Command::Pause(whom),
            1 | 2 => Command::Resume(whom),
            3 => Command::Resume(None),
            4 => Command::Start,
            5 => Command::Close(whom),
            6 => Command::Panic,
            7 => Command::SetGate(Gate::SlowDisk, GateState::Closed),
            _ => Command::SetGate(Gate::SlowDisk, GateState::Open),
        }
    }

    fn input(&mut self, op: Op) -> Option<Input> {
        Some(match op {
            Op::Candle(steps) => self.candle(steps),
            Op::Time(millis) => {
                self.now = self.now + Span::from_millis(i64::from(millis));
                Input::Time
            }
            Op::Deadline => {
                self.now = self.now.max(self.engine.next_deadline()?);
                Input::Time
            }
            Op::Answer(pick, kind) => return self.answer(pick, kind),
            Op::Report(pick, kind, share) => return self.report(pick, kind, share),
            Op::Quote(step) => {
                let price = cents(self.price + (i64::from(step) - 128) * 4);
                Input::Quote { symbol: symbol(), quote: Quote::point(price, self.now) }
            }
            Op::Command(which, whom) => Input::Command(Self::command(which, whom)),
            Op::Account(kind) => self.account(kind),
            Op::Rules(kind) => {
                let tick = price(["0.01", "0.5", "0.02"][usize::from(kind % 3)]);
                let cancel_replace_allowed = kind % 5 > 0;
                Input::Rules(Box::new(SymbolRules { tick, cancel_replace_allowed, ..rules() }))
            }
            Op::Started => {
                self.outstanding.clear();
                Input::Started
            }
            Op::StreamRestored => Input::StreamRestored,
        })
    }

    /// E1: asked again at the same moment, with nothing due, the engine has nothing to add.
    fn rests(&mut self) -> Result<(), TestCaseError> {
        for _ in 0..20 {
            let due = self.engine.next_deadline().is_some_and(|at| at <= self.now);
            let effects = self.step(Input::Time);
            let next = self.engine.next_deadline();
            prop_assert!(next.is_none_or(|at| at > self.now), "a deadline at {next:?} stays due");
            if !due {
                prop_assert_eq!(effects, []);
                return Ok(());
            }
        }
        prop_assert!(false, "a deadline that does not pass");
        Ok(())
    }

    /// O5: an end is left only where the order was never there; executed never falls. Nor does the
    /// stop of a position.
    fn moves_forward(&mut self) -> Result<(), TestCaseError> {
        let now: Vec<_> = self.orders().map(|it| (it.id, it.phase, it.executed())).collect();
        for (id, phase, executed) in now {
            if let Some((before, done)) = self.phases.insert(id, (phase, executed)) {
                prop_assert!(executed >= done, "{id} executed less");
                if let Phase::Closed(close) = before {
                    let never_there =
                        matches!(close, Close::Absent | Close::NotSent | Close::Refused(_));
                    prop_assert!(phase == before || never_there, "{id} left {before:?}");
                }
            }
        }
        for trader in self.engine.traders() {
            let Some(open) = &trader.position().open else { continue };
            let stop = open.stop.map(TickPrice::price);
            let before = self.stops.insert((trader.id(), open.number), stop);
            prop_assert!(before.is_none_or(|before| stop >= before), "a stop moved down");
        }
        Ok(())
    }
}

/// Opens the account, then lets things happen; checks after each.
fn run(ops: &[Op]) -> Result<World, TestCaseError> {
    let mut world = World::new();
    let opening = world.account(1);
    world.step(opening);
    for op in ops {
        let Some(input) = world.input(*op) else { continue };
        let failed = matches!(input, Input::Account(Err(_)));
        let effects = world.step(input);
        let fetches = effects.iter().any(|it| matches!(it, Effect::FetchAccount { .. }));
        prop_assert!(!(failed && fetches), "what failed is asked for again at once");
        world.rests()?;
        world.moves_forward()?;
        for trader in world.engine.traders() {
            let mut entry = trader.slot(Slot::Entry).into_iter().flat_map(SlotState::live);
            prop_assert!(entry.all(|order| order.terms.side == Side::Buy));
        }
    }
    Ok(world)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn the_engine_comes_to_rest_and_its_orders_move_forward(
        ops in prop::collection::vec(op(), 1..150),
    ) {
        run(&ops)?;
    }

    #[test]
    fn the_state_is_the_fold_of_the_records(ops in prop::collection::vec(op(), 1..150)) {
        let world = run(&ops)?;
        let mut folded = fresh();
        world.records.iter().for_each(|record| folded.fold(record));
        prop_assert_eq!(folded.snapshot(), world.engine.snapshot());
    }

    #[test]
    fn what_was_saved_goes_on_as_what_was_not(
        ops in prop::collection::vec(op(), 2..150), cut in any::<prop::sample::Index>(),
    ) {
        let world = run(&ops)?;
        let (before, after) = world.inputs.split_at(cut.index(world.inputs.len()));
        let mut running = fresh();
        let mut effects = Vec::new();
        before.iter().for_each(|(at, input)| running.step(*at, input, &mut effects));
        let saved = serde_json::to_string(&running.snapshot()).unwrap();
        let mut restored = fresh();
        restored.restore(serde_json::from_str(&saved).unwrap()).unwrap();
        prop_assert_eq!(restored.snapshot(), running.snapshot());
        for (at, input) in after {
            let (mut one, mut other) = (Vec::new(), Vec::new());
            running.step(*at, input, &mut one);
            restored.step(*at, input, &mut other);
            prop_assert_eq!(one, other);
        }
        prop_assert_eq!(restored.snapshot(), running.snapshot());
    }
}

/// A working entry, or a working exit of a position; and all that is said of it.
fn told_of(slot: Slot, parts: &[i64], end: u8) -> (Engine, Vec<OrderReport>) {
    let mut engine = fresh();
    let mut world = World::new();
    let opening = world.account(1);
    engine.apply(ms(1), &opening);
    let terms = match slot {
        Slot::Entry => buy(stop_limit("110", "112"), "10"),
        _ => sell(stop_limit("90", "80"), "10"),
    };
    let (id, reason) = (id(slot, 1, 1), Reason::Stop);
    let report = |status, executed: i64, fill: Option<(u64, i64)>| {
        let fill = fill.map(|(trade_id, units)| Fill {
            trade_id,
            price: price(if trade_id % 2 == 0 { "100" } else { "101" }),
            quantity: Quantity::from_units(units).unwrap(),
            commission: Quantity::from_units(units / 1_000).unwrap(),
            commission_asset: usdt(),
            maker: false,
            at: ms(5_000 + i64::try_from(trade_id).unwrap()),
        });
        let executed = Quantity::from_units(executed).unwrap();
        let working_since = Some(ms(4_000));
        OrderReport {
            state: OrderState { id, venue_id: 1, status, executed, working_since, at: ms(4_000) },
            fill,
        }
    };
    if slot == Slot::Exit {
        engine.apply(
            ms(2),
            &Input::Quote { symbol: symbol(), quote: Quote::point(price("100"), ms(2)) },
        );
        let mut hands = AccountSnapshot {
            at: ms(2),
            balances: Vec::new(),
            orders: Vec::new(),
            fills: Vec::new(),
            since: Timestamp::EPOCH,
            foreign_algo_orders: Vec::new(),
        };
        hands.balances.push(ReportedBalance {
            asset: btc(),
            free: quantity("10000"),
            locked: Quantity::ZERO,
        });
        engine.apply(ms(2), &Input::Account(Ok(Box::new(hands))));
        engine.apply(ms(2), &Input::Command(Command::Adopt(TraderId(0), quantity("10"))));
        assert_eq!(engine.traders()[0].position().held, quantity("10"));
    }
    let not_after = ms(9_000);
    let order = NewOrder { id, symbol: symbol(), terms, reason, after: 1, not_after };
    engine.commit(&Effect::Submit(order));
    world.trade = 0;
    let mut executed = 0;
    let mut told = vec![report(VenueStatus::Open, 0, None)];
    for (number, units) in (1..).zip(parts) {
        executed += units;
        told.push(report(VenueStatus::Open, executed, Some((number, *units))));
    }
    told.push(match end {
        0 => report(VenueStatus::Canceled, executed, None),
        1 => report(VenueStatus::Expired(ExpiryReason::ExchangeCanceled), executed, None),
        _ => report(VenueStatus::Filled, 1_000_000_000, Some((50, 1_000_000_000 - executed))),
    });
    (engine, told)
}

/// The state, without what says when something became known: the alerts that wait to be told,
/// since when a position is bare, and the trigger of a stop that had ended before it was heard of.
fn state_of(engine: &Engine) -> serde_json::Value {
    let mut state = serde_json::to_value(engine.snapshot()).unwrap();
    state["pending"] = serde_json::Value::Null;
    let open = &mut state["traders"][0]["position"]["open"];
    if open.is_object() {
        open["unprotected_since"] = serde_json::Value::Null;
        open["triggered_at"] = serde_json::Value::Null;
    }
    state
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// O6: reports of the same fills, in any order and more than once, make the same state.
    #[test]
    fn reports_in_any_order_and_told_twice_end_alike(
        exits in any::<bool>(), parts in prop::collection::vec((1..2_000_i64).prop_map(|it| it * 100_000), 0..4), end in 0..3_u8,
        keys in prop::collection::vec(any::<u32>(), 12),
    ) {
        let slot = if exits { Slot::Exit } else { Slot::Entry };
        let (mut straight, told) = told_of(slot, &parts, end);
        let say = |engine: &mut Engine, report: &OrderReport| {
            engine.apply(ms(6_000), &Input::Report { report: *report, quote: None });
        };
        told.iter().for_each(|report| say(&mut straight, report));
        let (mut shuffled, _) = told_of(slot, &parts, end);
        let mut again: Vec<_> = told.iter().chain(&told).zip(&keys).collect();
        again.sort_by_key(|(_, key)| **key);
        again.iter().for_each(|(report, _)| say(&mut shuffled, report));
        // Whatever the shuffle left out.
        told.iter().for_each(|report| say(&mut shuffled, report));
        let (one, other) = (state_of(&shuffled), state_of(&straight));
        prop_assert_eq!(&one["balances"], &other["balances"]);
        prop_assert_eq!(&one["counters"], &other["counters"]);
        prop_assert_eq!(&one["traders"][0]["position"], &other["traders"][0]["position"]);
        prop_assert_eq!(&one["traders"][0]["slots"], &other["traders"][0]["slots"]);
        prop_assert_eq!(one, other);
    }
}
