//! Connections to the exchange that are gone for so long that people are told.

use std::collections::BTreeMap;

use heikin_bot::backend::{Alert, ConnectionAlert};
use heikin_core::engine::{Engine, Gate};
use heikin_core::market::Side;
use heikin_core::time::{Span, Timestamp};

use super::account::Telling;

/// A shorter one is nobody's business.
const TOLD_AFTER: Span = Span::MINUTE;

/// Since when which connection is gone, and whether that was told.
#[derive(Debug, Default)]
pub(super) struct Outages {
    gone: BTreeMap<Gate, (Timestamp, Told)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    NotYet,
    Yes,
}

impl Outages {
    /// What there is to tell now.
    pub(super) fn look(&mut self, engine: &Engine, now: Timestamp) -> Vec<Telling> {
        let mut tellings = Vec::new();
        for (gate, what) in
            [(Gate::StaleMarketData, "market data"), (Gate::UserStreamDown, "account events")]
        {
            let thread = Some(format!("connection-{what}"));
            let telling = |alert| Telling { at: now, thread, alert: Alert::Connection(alert) };
            let is_gone = engine.closed_gates().any(|closed| closed == gate);
            if !is_gone {
                if let Some((since, Told::Yes)) = self.gone.remove(&gate) {
                    let seconds = u32::try_from(now.since(since).millis() / 1_000).unwrap_or(0);
                    tellings.push(telling(ConnectionAlert::Restored {
                        what: what.to_owned(),
                        seconds,
                        made_good: "what was missed is fetched".to_owned(),
                    }));
                }
                continue;
            }
            let (since, told) = self.gone.entry(gate).or_insert((now, Told::NotYet));
            if *told == Told::NotYet && now >= *since + TOLD_AFTER {
                *told = Told::Yes;
                tellings.push(telling(ConnectionAlert::Lost {
                    what: what.to_owned(),
                    since: *since,
                    meaning: meaning(engine),
                }));
            }
        }
        tellings
    }
}

/// What that means for positions.
fn meaning(engine: &Engine) -> String {
    let live = engine.traders().iter().flat_map(heikin_core::engine::Trader::live_orders);
    let stops = live.filter(|order| order.terms.side == Side::Sell).count();
    match stops {
        0 => "nothing is open; no entries until it is back".to_owned(),
        1 => "1 stop rests on the exchange; no entries until it is back".to_owned(),
        more => format!("{more} stops rest on the exchange; no entries until it is back"),
    }
}

#[cfg(test)]
mod tests {
    use heikin_core::engine::{Command, EngineConfig, GateState, Input};

    use super::*;

    #[test]
    fn it_is_told_after_a_minute_once_and_when_it_is_over() {
        let mut engine = Engine::new(EngineConfig::UNLIMITED);
        let mut outages = Outages::default();
        let set = |engine: &mut Engine, state| {
            let command = Command::SetGate(Gate::StaleMarketData, state);
            engine.step(Timestamp::EPOCH, &Input::Command(command), &mut Vec::new());
        };
        let at = |seconds: i64| Timestamp::from_millis(seconds * 1_000);
        set(&mut engine, GateState::Closed);
        assert_eq!(outages.look(&engine, at(0)), []);
        set(&mut engine, GateState::Open);
        assert_eq!(outages.look(&engine, at(59)), [], "it was short");
        set(&mut engine, GateState::Closed);
        assert_eq!(outages.look(&engine, at(100)), []);
        assert_eq!(outages.look(&engine, at(159)), []);
        assert_eq!(outages.look(&engine, at(160)).len(), 1);
        assert_eq!(outages.look(&engine, at(300)), []);
        set(&mut engine, GateState::Open);
        let over = outages.look(&engine, at(400));
        let Alert::Connection(ConnectionAlert::Restored { seconds, .. }) = &over[0].alert else {
            panic!("{over:?}")
        };
        assert_eq!(*seconds, 300);
        assert_eq!(outages.look(&engine, at(500)), []);
    }
}
