//! One account: what traders share, what commands do, and what is ignored.

use heikin_core::engine::{
    AccountSnapshot, Alert, Command, Effect, Engine, Gate, GateState, Input,
};
use heikin_core::market::{SymbolRules, SymbolStatus};
use heikin_core::matching::FillModel;
use heikin_core::order::{
    CancelAnswer, ClientOrderId, ClientOrderIdParts, Close, Denial, ExpiryReason, OrderReport,
    OrderState, Part, Phase, QueryAnswer, Refusal, Skip, Slot, SlotState, SubmitAnswer, TraderId,
    VenueStatus,
};
use heikin_core::risk::RiskLimits;
use heikin_core::strategy::{FeeRates, HeikinAshiSettings, Sizing, TraderState};
use heikin_core::time::{Interval, Span};

use crate::support::*;

const ENTRY_CANDLE: [&str; 4] = ["110", "125", "109", "124"];
const STOP: &str = "SELL 0.999 stop 106.31 limit 105.31";

fn long() -> Session {
    let mut session = Session::worked(settings());
    session.candle(ENTRY_CANDLE);
    assert_eq!(session.open(), [STOP]);
    session
}

fn two(one: HeikinAshiSettings, other: HeikinAshiSettings) -> Session {
    let engine = engine_with(rules(), RiskLimits::NONE, &[one, other]);
    Session::on(engine, FillModel::default())
}

#[test]
fn two_traders_do_not_spend_the_same_coin() {
    let share = |of| HeikinAshiSettings { sizing: Sizing::Percent(rate(of)), ..settings() };
    let mut session = two(share("0.6"), share("1"));
    session.candles(&WORKED);
    // 6,000 / 121 = 49.586…; of the 4,000.094 that are left 33.058.
    assert_eq!(session.open(), ["BUY 49.586 stop 119 limit 121", "BUY 33.058 stop 119 limit 121"]);
    let mut session = two(share("1"), share("1"));
    session.candles(&WORKED);
    assert_eq!(session.open(), ["BUY 82.644 stop 119 limit 121"]);
    assert_eq!(skip_of(session.engine(), 1), Some(Skip::QuantityTooSmall));
}

#[test]
fn what_one_trader_gives_up_another_may_spend_at_the_next_close() {
    let all = HeikinAshiSettings { sizing: Sizing::Percent(rate("1")), ..settings() };
    let mut session = two(all, all);
    session.candles(&WORKED);
    session.command(Command::Pause(Some(TraderId(0))));
    assert!(session.open().is_empty());
    session.candle(["110", "113", "104", "107"]);
    // 10,000 / 116.
    assert_eq!(session.open(), ["BUY 86.206 stop 114 limit 116"]);
    assert_eq!(skip_of(session.engine(), 0), Some(Skip::Denied(Denial::Paused)));
}

#[test]
fn each_trader_sells_what_it_bought() {
    let mut session = two(settings(), HeikinAshiSettings { warmup: 4, ..settings() });
    session.candles(&WORKED).candle(ENTRY_CANDLE);
    let held = |trader: usize| session.engine().traders()[trader].position().held;
    assert_eq!(held(0), quantity("0.999"));
    assert!(held(1).is_zero());
}

#[test]
fn a_pause_withdraws_entries_and_lets_stops_work_and_ratchet() {
    let mut session = Session::worked(settings());
    session.command(Command::Pause(None));
    assert!(session.open().is_empty());
    session.command(Command::Resume(None));
    session.candle(["110", "113", "104", "107"]);
    assert_eq!(session.open(), ["BUY 1 stop 114 limit 116"]);
    let mut session = long();
    session.command(Command::Pause(None));
    assert_eq!(session.open(), [STOP]);
    // HA low 112.65625.
    session.candle(["124", "126", "120", "125"]);
    assert_eq!(session.open(), ["SELL 0.999 stop 110.65 limit 109.65"]);
}

#[test]
fn a_pause_of_one_trader_leaves_the_other_alone() {
    let mut session = two(settings(), settings());
    session.candles(&WORKED);
    session.command(Command::Pause(Some(TraderId(1))));
    assert_eq!(session.open().len(), 1);
    assert!(
        session.engine().traders()[1].is_paused() && !session.engine().traders()[0].is_paused()
    );
}

#[test]
fn close_leaves_through_the_exit_slot_and_pauses() {
    let mut session = long();
    session.command(Command::Close(None));
    assert_eq!(session.sent().last().unwrap().0, limit("123"));
    assert_eq!(session.fills().last().unwrap(), "SELL 0.999 @ 124 CloseCommand");
    assert_eq!(session.state(), TraderState::ClosedLong);
    assert!(session.open().is_empty());
    session.candles(&[["105", "106", "104", "105"]; 3]);
    assert_eq!(session.skip(), Some(Skip::Denied(Denial::Paused)));
    session.command(Command::Resume(None)).candle(["105", "106", "104", "105"]);
    assert_eq!(session.open().len(), 1);
    let mut flat = Session::worked(settings());
    flat.command(Command::Close(None));
    assert!(flat.open().is_empty() && flat.fills().is_empty());
}

#[test]
fn panic_leaves_everything_and_latches_until_all_is_resumed() {
    let mut session = long();
    session.command(Command::Panic);
    assert_eq!(session.fills().last().unwrap(), "SELL 0.999 @ 124 Panic");
    assert!(session.engine().entries_off());
    session.command(Command::Resume(Some(TraderId(0))));
    assert!(session.engine().entries_off(), "one trader does not end it");
    session.command(Command::Start);
    assert!(session.engine().entries_off());
    session.candles(&[["105", "106", "104", "105"]; 3]);
    assert!(session.open().is_empty());
    let mut restarted = engine_with(rules(), RiskLimits::NONE, &[settings()]);
    restarted.restore(session.engine().snapshot()).unwrap();
    assert!(restarted.entries_off(), "over a restart");
    session.command(Command::Resume(None));
    assert!(!session.engine().entries_off());
}

#[test]
fn stop_and_gates_close_entries_until_each_is_opened_again() {
    let gate = |gate, state| Command::SetGate(gate, state);
    let mut session = Session::worked(settings());
    for command in [
        Command::Stop,
        gate(Gate::SlowDisk, GateState::Closed),
        gate(Gate::ClockOff, GateState::Closed),
    ] {
        session.command(command);
        assert!(session.open().is_empty());
    }
    for command in [Command::Start, gate(Gate::SlowDisk, GateState::Open), Command::Resume(None)] {
        session.command(command.clone());
        assert!(session.engine().entries_off(), "{command:?}");
    }
    session.command(gate(Gate::ClockOff, GateState::Open));
    assert!(!session.engine().entries_off());
    let mut session = long();
    session.command(Command::Stop).command(gate(Gate::LiveGate, GateState::Closed));
    session.candle(["124", "124", "100", "105"]);
    assert_eq!(session.fills().last().unwrap(), "SELL 0.999 @ 106.31 Stop");
}

#[test]
fn a_halted_symbol_takes_no_entry_and_what_is_held_stays_protected() {
    let halted = SymbolRules { status: SymbolStatus::Halted, ..rules() };
    let unknown = SymbolRules { unknown_filters: vec!["NEW".to_owned()], ..rules() };
    for rules in [halted, unknown] {
        let mut session = Session::worked(settings());
        session.input(&Input::Rules(Box::new(rules.clone())));
        assert_eq!(session.skip(), Some(Skip::Denied(Denial::SymbolClosed)));
        assert!(session.open().is_empty());
        let mut session = long();
        session.input(&Input::Rules(Box::new(rules)));
        assert_eq!(session.open(), [STOP]);
    }
}

#[test]
fn a_change_of_the_grid_snaps_a_stop_anew() {
    let mut session = long();
    let rules = SymbolRules { tick: price("0.5"), ..rules() };
    session.input(&Input::Rules(Box::new(rules)));
    assert_eq!(session.open(), ["SELL 0.999 stop 106 limit 105"]);
    // A coarser step leaves more as dust.
    let mut coarse = SymbolRules { ..crate::support::rules() };
    coarse.lot.step = quantity("0.1");
    session.input(&Input::Rules(Box::new(coarse)));
    assert!(session.open()[0].starts_with("SELL 0.9 "), "{:?}", session.open());
}

/// What is left to sell after the fee depends on the fee.
#[test]
fn fees_that_change_change_what_an_entry_may_be() {
    let mut session = Session::worked(settings());
    let symbol = rules().symbol;
    session.input(&Input::Fees { symbol, fees: FeeRates::flat(rate("0.9999")) });
    session.candle(["112", "113", "111", "112"]);
    assert!(session.open().is_empty(), "{:?}", session.open());
    session.input(&Input::Fees { symbol, fees: FeeRates::flat(rate("0.001")) });
    session.candle(["112", "113", "111", "112"]);
    assert!(!session.open().is_empty());
}

fn nothing_follows(session: &Session, input: &Input) {
    let mut engine = engine_with(rules(), RiskLimits::NONE, &[settings()]);
    engine.restore(session.engine().snapshot()).unwrap();
    let before = engine.snapshot();
    let mut effects = Vec::new();
    engine.step(engine.now(), input, &mut effects);
    assert_eq!((effects, engine.snapshot()), (Vec::new(), before), "{input:?}");
}

fn report(id: ClientOrderId, status: VenueStatus) -> Input {
    let executed = quantity("1");
    let state = OrderState { id, venue_id: 9, status, executed, working_since: None, at: ms(1) };
    Input::Report { report: OrderReport { state, fill: None }, quote: None }
}

#[test]
fn what_is_not_ours_is_ignored() {
    let session = long();
    let candle_of = |number, symbol: &str, interval| Input::Candle {
        symbol: parsed(symbol),
        interval,
        candle: candle(number, ENTRY_CANDLE),
        quote: None,
    };
    nothing_follows(&session, &candle_of(5, "ETHUSDT", Interval::H1));
    nothing_follows(&session, &candle_of(5, "BTCUSDT", Interval::M1));
    nothing_follows(&session, &candle_of(4, "BTCUSDT", Interval::H1));
    nothing_follows(&session, &candle_of(3, "BTCUSDT", Interval::H1));
    let mut other = heikin_core::order::ClientOrderIdParts { ..id(Slot::Exit, 2, 1).parts() };
    other.tag = parsed("abcd");
    let foreign = ClientOrderId::new(other);
    for unknown in [foreign, id(Slot::Exit, 99, 1), id(Slot::Level(3), 1, 1)] {
        nothing_follows(&session, &report(unknown, VenueStatus::Canceled));
        let answer = SubmitAnswer::Unknown;
        nothing_follows(&session, &Input::Submitted { id: unknown, answer });
        let answer = QueryAnswer::NotFound;
        nothing_follows(&session, &Input::Queried { id: unknown, answer });
    }
    let rules = SymbolRules { symbol: parsed("ETHUSDT"), ..rules() };
    nothing_follows(&session, &Input::Rules(Box::new(rules)));
    nothing_follows(&session, &Input::Command(Command::Pause(Some(TraderId(7)))));
    nothing_follows(&session, &Input::Command(Command::Adopt(TraderId(7), quantity("1"))));
    nothing_follows(&session, &Input::Time);
}

#[test]
fn an_order_is_found_by_its_id_while_its_slot_remembers_it() {
    let session = long();
    let engine = session.engine();
    let phase_of = |id| engine.order(id).map(|order| (order.id, order.phase));
    let ids = engine.traders()[0].slots().iter().map(|slot| slot.current().unwrap().id);
    let [entry, stop] = ids.collect::<Vec<_>>()[..] else { panic!("an entry and a stop") };
    assert_eq!(phase_of(entry), Some((entry, Phase::Closed(Close::Filled))));
    assert_eq!(phase_of(stop), Some((stop, Phase::Working)));
    assert_eq!(phase_of(stop.with_part(Part::Cancel)), phase_of(stop));
    let foreign = ClientOrderIdParts { tag: parsed("abcd"), ..stop.parts() };
    let stranger = ClientOrderIdParts { trader: TraderId(7), ..stop.parts() };
    for unknown in [
        ClientOrderId::new(foreign),
        ClientOrderId::new(stranger),
        id(Slot::Exit, 99, 1),
        id(Slot::Exit, stop.generation(), 2),
        id(Slot::Level(3), 1, 1),
    ] {
        assert_eq!(phase_of(unknown), None);
    }
}

#[test]
fn an_archived_order_has_ended_if_it_is_old_enough_to_be_the_one() {
    let session = Session::worked(settings());
    let mut engine = engine_with(rules(), RiskLimits::NONE, &[settings()]);
    engine.restore(session.engine().snapshot()).unwrap();
    let sent = engine.traders()[0].slot(Slot::Entry).and_then(SlotState::current).unwrap();
    let (id, decided_at) = (sent.id, sent.decided_at);
    let mut after = |at, input| {
        engine.step(at, &input, &mut Vec::new());
        engine.order(id).unwrap().phase
    };
    assert_eq!(after(decided_at, Input::Started), Phase::Unresolved);
    let archived = || Input::Queried { id, answer: QueryAnswer::Archived };
    let days = |days: i64| decided_at + Span::from_millis(days * 24 * 60 * 60_000);
    // An id is unique among open orders only: the one that was put away was another.
    assert_eq!(after(days(90) - Span::from_millis(1), archived()), Phase::Unresolved);
    let ended = Phase::Closed(Close::Expired(ExpiryReason::Unknown));
    assert_eq!(after(days(90), archived()), ended);
}

#[test]
fn time_never_goes_back() {
    let mut engine = engine_with(rules(), RiskLimits::NONE, &[settings()]);
    engine.step(ms(5_000), &Input::Time, &mut Vec::new());
    engine.step(ms(4_000), &Input::Time, &mut Vec::new());
    assert_eq!(engine.now(), ms(5_000));
}

#[test]
fn a_gap_in_the_candles_is_told_and_a_candle_closed_early_leaves_none() {
    let mut engine = engine_with(rules(), RiskLimits::NONE, &[settings()]);
    let gaps = |engine: &mut Engine, number| {
        let mut effects = Vec::new();
        let candle = candle(number, ENTRY_CANDLE);
        let (symbol, interval) = (symbol(), Interval::H1);
        let input = Input::Candle { symbol, interval, candle, quote: None };
        engine.step(candle.close_time(), &input, &mut effects);
        let is_gap = |it: &&Effect| matches!(it, Effect::Notify(Alert::CandleGap { .. }));
        effects.iter().filter(is_gap).count()
    };
    assert_eq!([1, 2, 4, 5].map(|number| gaps(&mut engine, number)), [0, 0, 1, 0]);
}

#[test]
fn an_order_of_an_earlier_send_that_is_there_after_all_is_cancelled() {
    let mut engine = engine_with(rules(), RiskLimits::NONE, &[settings()]);
    let session = Session::new(settings());
    engine.restore(session.engine().snapshot()).unwrap();
    let mut at = ms(0);
    let mut step = |engine: &mut Engine, input: Input| {
        if let Input::Candle { candle, .. } = &input {
            at = candle.close_time();
        }
        at = at + Span::from_millis(1);
        let mut effects = Vec::new();
        engine.step(at, &input, &mut effects);
        effects
    };
    for (number, prices) in (1..).zip(WORKED) {
        let candle = candle(number, prices);
        let quote = Some(heikin_core::market::Quote::point(candle.close(), candle.close_time()));
        let (symbol, interval) = (symbol(), Interval::H1);
        step(&mut engine, Input::Candle { symbol, interval, candle, quote });
    }
    let [first, second, third] = [1, 2, 3].map(|attempt| id(Slot::Entry, 1, attempt));
    for (unsent, next) in [(first, second), (second, third)] {
        let input = Input::Submitted { id: unsent, answer: SubmitAnswer::NotSent };
        let mut sent = step(&mut engine, input);
        if next == third {
            // Not at once a second time.
            assert!(sent.is_empty());
            sent = step(&mut engine, Input::StreamRestored);
            sent.retain(|effect| !matches!(effect, Effect::FetchAccount { .. }));
        }
        assert!(matches!(sent.as_slice(), [Effect::Submit(order)] if order.id == next), "{sent:?}");
    }
    let open = |id| OrderState {
        id,
        venue_id: 1,
        status: VenueStatus::Open,
        executed: heikin_core::num::Quantity::ZERO,
        working_since: None,
        at: ms(1),
    };
    let placed = SubmitAnswer::Placed(open(third));
    assert!(step(&mut engine, Input::Submitted { id: third, answer: placed }).is_empty());
    let cancels = |effects: &[Effect], again: ClientOrderId| {
        effects.iter().any(|it| matches!(it, Effect::Cancel { id, .. } if *id == again))
    };
    let before = engine.snapshot();
    for again in [first, second] {
        let report = OrderReport { state: open(again), fill: None };
        let effects = step(&mut engine, Input::Report { report, quote: None });
        assert!(cancels(&effects, again), "{effects:?}");
    }
    // Both in one list: both at once.
    let mut engine = engine_with(rules(), RiskLimits::NONE, &[settings()]);
    engine.restore(before).unwrap();
    let list = AccountSnapshot {
        at: engine.now(),
        balances: Vec::new(),
        orders: [first, second, third].map(open).to_vec(),
        fills: Vec::new(),
        since: ms(0),
        foreign_algo_orders: Vec::new(),
    };
    let effects = step(&mut engine, Input::Account(Ok(Box::new(list))));
    assert!(cancels(&effects, first) && cancels(&effects, second), "{effects:?}");
}

/// Orders that a lost journal, or one that was restored from a backup, does not know of.
#[test]
fn an_id_that_the_exchange_knows_is_not_given_again() {
    let state = OrderState {
        id: id(Slot::Entry, 41, 1),
        venue_id: 7,
        status: VenueStatus::Canceled,
        executed: heikin_core::num::Quantity::ZERO,
        working_since: None,
        at: ms(0),
    };
    let list = AccountSnapshot {
        at: ms(0),
        balances: Vec::new(),
        orders: vec![state],
        fills: Vec::new(),
        since: ms(0),
        foreign_algo_orders: Vec::new(),
    };
    let mut session = Session::new(settings());
    session.input(&Input::Account(Ok(Box::new(list))));
    session.candles(&[["100", "110", "95", "105"], ["105", "115", "100", "112"]]);
    session.candle(["112", "118", "108", "110"]);
    let trader = &session.engine().traders()[0];
    let order = trader.live_orders().next().unwrap();
    assert!(order.id.generation() > 41, "{}", order.id);
}

#[test]
fn a_refused_replacement_of_a_stop_is_tried_again() {
    let session = long();
    let mut engine = engine_with(rules(), RiskLimits::NONE, &[settings()]);
    engine.restore(session.engine().snapshot()).unwrap();
    let raised = candle(5, ["124", "126", "120", "125"]);
    let quote = Some(heikin_core::market::Quote::point(raised.close(), raised.close_time()));
    let (symbol, interval) = (symbol(), Interval::H1);
    let mut effects = Vec::new();
    let input = Input::Candle { symbol, interval, candle: raised, quote };
    engine.step(raised.close_time(), &input, &mut effects);
    let replacement = |effects: &[Effect]| match effects {
        [Effect::Replace { cancel, submit, .. }] => (*cancel, submit.id, submit.terms.kind),
        other => panic!("{other:?}"),
    };
    let (canceled, submitted, kind) = replacement(&effects);
    assert_eq!(kind, stop_limit("110.65", "109.65"));
    let cancel = CancelAnswer::refused(Refusal::RateLimited);
    effects.clear();
    let answer = Input::Replaced { canceled, cancel, submitted, submit: None };
    engine.step(engine.now(), &answer, &mut effects);
    let due = engine.next_deadline().expect("it is not forgotten");
    assert_eq!(due, raised.close_time() + Span::from_millis(500));
    effects.clear();
    engine.step(due, &Input::Time, &mut effects);
    assert_eq!((replacement(&effects).0, replacement(&effects).2), (canceled, kind));
}
