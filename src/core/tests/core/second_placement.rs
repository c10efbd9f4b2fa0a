//! A stop whose placement has no answer is placed again early, where there are coins for one only.

use heikin_core::engine::{AccountSnapshot, Command, Effect, Engine, Input};
use heikin_core::ledger::ReportedBalance;
use heikin_core::num::Quantity;
use heikin_core::order::{
    ClientOrderId, ExpiryReason, OrderReport, OrderState, Phase, QueryAnswer, Slot, SlotState,
    SubmitAnswer, VenueStatus,
};
use heikin_core::risk::RiskLimits;
use heikin_core::time::{Span, Timestamp};

use crate::support::*;

/// When the exchange can no longer take an order in, counted from its sending.
const DEADLINE: Span = Span::from_millis(15_000);

/// An engine whose stop has no answer, on an exchange that never saw it.
struct Bare {
    engine: Engine,
    stop: ClientOrderId,
    sent: Timestamp,
    /// Coins on the account besides those that the trader bought.
    foreign: &'static str,
}

impl Bare {
    fn with(foreign: &'static str) -> Self {
        let mut session = Session::worked(settings());
        session.candle(["110", "125", "109", "124"]);
        let mut engine = engine_with(rules(), RiskLimits::NONE, &[settings()]);
        engine.restore(session.engine().snapshot()).unwrap();
        let first = exit(&engine).current().unwrap().id;
        let sent = engine.now();
        // The stop ends, and the next one has no answer.
        let ended = VenueStatus::Expired(ExpiryReason::ExchangeCanceled);
        let report = OrderReport { state: state(first, ended, sent), fill: None };
        engine.step(sent, &Input::Report { report, quote: None }, &mut Vec::new());
        let stop = exit(&engine).current().unwrap().id;
        assert_ne!(stop, first);
        let mut bare = Self { engine, stop, sent, foreign };
        bare.tell(sent, &Input::Submitted { id: stop, answer: SubmitAnswer::Unknown });
        bare
    }

    fn tell(&mut self, at: Timestamp, input: &Input) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.engine.step(at, input, &mut effects);
        effects
    }

    /// What the exchange, which has no order, answers.
    fn answer(&self, effect: &Effect) -> Option<Input> {
        match effect {
            Effect::Query { id, .. } => {
                Some(Input::Queried { id: *id, answer: QueryAnswer::NotFound })
            }
            Effect::FetchAccount { since } => Some(Input::Account(Ok(Box::new(AccountSnapshot {
                at: self.engine.now(),
                balances: self.balances(),
                orders: Vec::new(),
                fills: Vec::new(),
                since: *since,
                foreign_algo_orders: Vec::new(),
            })))),
            _ => None,
        }
    }

    fn balances(&self) -> Vec<ReportedBalance> {
        let reported = |it: &heikin_core::ledger::AssetBalance| {
            let more = if it.asset == btc() { quantity(self.foreign) } else { Quantity::ZERO };
            let free = it.total.floor_quantity().plus(more).unwrap();
            ReportedBalance { asset: it.asset, free, locked: Quantity::ZERO }
        };
        self.engine.balances().assets().iter().map(reported).collect()
    }

    /// Goes on until an effect of this kind leaves; when that was, counted from the sending.
    fn until(&mut self, is_it: impl Fn(&Effect) -> bool) -> Span {
        for tick in 0..1_200 {
            let at = self.sent + Span::from_millis(100 * tick);
            let mut inputs = vec![Input::Time];
            while let Some(input) = inputs.pop() {
                let effects = self.tell(at, &input);
                if effects.iter().any(&is_it) {
                    return at.since(self.sent);
                }
                inputs.extend(effects.iter().filter_map(|effect| self.answer(effect)));
            }
        }
        panic!("never")
    }

    fn second_placement(&mut self) -> Span {
        let stop = self.stop;
        self.until(|effect| matches!(effect, Effect::Submit(order) if order.id == stop))
    }

    fn is_working(&self) -> bool {
        self.engine.order(self.stop).unwrap().phase == Phase::Working
    }
}

fn exit(engine: &Engine) -> &SlotState {
    engine.traders()[0].slot(Slot::Exit).unwrap()
}

fn state(id: ClientOrderId, status: VenueStatus, at: Timestamp) -> OrderState {
    let executed = Quantity::ZERO;
    OrderState { id, venue_id: 99, status, executed, working_since: None, at }
}

#[test]
fn a_stop_is_placed_again_once_its_window_is_over() {
    let second = Bare::with("0").second_placement();
    assert!(second >= Span::from_secs(4) && second < Span::from_secs(5), "{second:?}");
}

#[test]
fn coins_for_two_orders_make_it_wait_for_the_deadline() {
    // Not known to the engine, then known: both are somebody's to sell.
    assert!(Bare::with("0.001").second_placement() >= DEADLINE);
    assert!(Bare::with("1").second_placement() >= DEADLINE);
}

#[test]
fn until_the_first_placement_cannot_arrive_any_more_nothing_is_cancelled_or_bought() {
    let mut bare = Bare::with("0");
    let placed_at = bare.sent + bare.second_placement();
    let answer = SubmitAnswer::Placed(state(bare.stop, VenueStatus::Open, placed_at));
    bare.tell(placed_at, &Input::Submitted { id: bare.stop, answer });
    assert!(bare.is_working());
    let open = exit(&bare.engine);
    assert_eq!(open.doubled_until, Some(bare.sent + DEADLINE));
    let effects = bare.tell(placed_at, &Input::Command(Command::Close(None)));
    let cancels =
        |effect: &Effect| matches!(effect, Effect::Cancel { .. } | Effect::Replace { .. });
    assert!(!effects.iter().any(cancels), "{effects:?}");
    assert!(bare.until(cancels) >= DEADLINE);
}
