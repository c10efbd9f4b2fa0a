//! What goes wrong at the exchange, drawn from a seed: once in two hours, something of everything
//! that the simulator can do and that heals without hands.

use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

/// The dice.
#[derive(Debug)]
pub(super) struct Trouble(ChaCha8Rng);

/// What goes wrong in an hour.
#[derive(Debug, PartialEq)]
pub(super) struct Hour {
    /// At its beginning.
    pub(super) at_first: Vec<Value>,
    /// When it is over: all rules are off again, and what people would notice by looking is noticed.
    pub(super) at_last: Vec<Value>,
}

impl Trouble {
    pub(super) fn of_seed(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// The next hour; None where nothing goes wrong in it.
    pub(super) fn next_hour(&mut self) -> Option<Hour> {
        let strikes = self.0.random_ratio(1, 2);
        let fault = all().choose(&mut self.0).cloned();
        let at_first = fault.filter(|_| strikes)?;
        let mut at_last = vec![json!({ "kind": "clear" })];
        if at_first.iter().any(|it| it.get("kind") == Some(&json!("events_dropped"))) {
            // Who connects anew looks through the account.
            at_last.push(json!({ "kind": "disconnect", "connections": "api" }));
        }
        Some(Hour { at_first, at_last })
    }
}

/// Each kind of trouble.
fn all() -> Vec<Vec<Value>> {
    let order = |kind: &str| json!({ "kind": kind, "operation": "order.place", "times": 2 });
    let code = |kind: &str, code: i32| json!({ "kind": kind, "code": code, "times": 2 });
    let events = |kind: &str| json!({ "kind": kind, "per_10000": 3_000, "millis": 20_000 });
    let at = |kind: &str, place: &str| json!({ "kind": kind, "connections": place });
    vec![
        vec![order("lost_before")],
        vec![order("lost_after")],
        vec![json!({ "kind": "lost_after", "per_10000": 500 })],
        vec![json!({ "kind": "lost_after", "operation": "order.cancelReplace" })],
        vec![code("error_before", -1_001)],
        vec![code("error_before", -1_008)],
        vec![code("error_after", -1_007)],
        vec![code("error_after", -1_006)],
        vec![json!({ "kind": "html_before", "times": 3 })],
        vec![json!({ "kind": "html_after", "operation": "order.place" })],
        vec![json!({ "kind": "garbled_after", "shape": "truncated", "times": 2 })],
        vec![json!({ "kind": "too_many_requests", "seconds": 30 })],
        vec![json!({ "kind": "ban", "seconds": 120 })],
        vec![json!({ "kind": "too_many_orders", "operation": "order.place" })],
        vec![events("events_dropped")],
        vec![events("events_duplicated")],
        vec![events("events_reordered")],
        vec![events("events_late")],
        vec![json!({ "kind": "query_lag", "millis": 20_000 }), order("lost_after")],
        vec![at("disconnect", "all")],
        vec![at("disconnect", "market")],
        vec![at("disconnect", "api")],
        vec![at("server_shutdown", "all")],
        vec![json!({ "kind": "user_stream_terminated" })],
        vec![json!({ "kind": "malformed_frame", "connections": "all", "shape": "unknown" })],
        vec![json!({ "kind": "malformed_frame", "connections": "api", "shape": "truncated" })],
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::simulator::FaultRequest;

    #[test]
    fn a_seed_is_a_course_of_troubles_that_the_simulator_knows_and_all_come() {
        let drawn = |seed| {
            let mut trouble = Trouble::of_seed(seed);
            (0..1_000).map(|_| trouble.next_hour()).collect::<Vec<_>>()
        };
        let hours = drawn(7);
        assert_eq!(hours, drawn(7));
        assert_ne!(hours, drawn(8));
        let struck: Vec<_> = hours.iter().flatten().collect();
        assert!((400..600).contains(&struck.len()), "{}", struck.len());
        for kind in all() {
            assert!(struck.iter().any(|hour| hour.at_first == kind), "{kind:?} never comes");
            for fault in kind {
                serde_json::from_value::<FaultRequest>(fault).unwrap();
            }
        }
    }
}
