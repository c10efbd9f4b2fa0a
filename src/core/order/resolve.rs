//! Settling an order whose outcome is unknown, as a pure state machine.
//!
//! A placement or a cancellation without a usable answer (timeout, 5xx, `-1006`, `-1007`) may or may
//! not have been executed. Silence proves nothing, and neither does one "no such order": queries
//! are served from copies that lag. So:
//!
//! 1. *Ask.* Query by client order id after 0.25, 0.5, 1, 2, 4, 4 … seconds. Any hit, there or on
//!    the user stream, settles it.
//! 2. *Fence.* After the deadline `D = sent + recvWindow + 10 s + 2 s` the exchange can no longer
//!    take the request in, where *sent* is the latest moment at which it can have left. Then one request to the matching engine itself: cancel the order, or,
//!    for an order that sells what is held, place the very same one again (accepted and "duplicate"
//!    both mean protected; without an answer, all begins again). Before that second placement the
//!    account is looked at: where the order may have been executed unseen, it would sell what the
//!    trader does not hold. Where the coins suffice for one of the two only, whichever comes first,
//!    the second placement need not wait for the deadline (`docs/decisions/0003-selling-fence.md`).
//! 3. *Audit.* If the fence found nothing open: all orders and trades since, and balances equal to
//!    the ledger, in three rounds over at least ten seconds. All clean: proven absent. A mismatch
//!    (the balances look as if it had been executed) keeps it unknown, until three quarters of an
//!    hour of lists without a trace of it say that somebody else moved the money.
//!
//! An order that the exchange has acknowledged before is only asked for: it cannot be absent.

use serde::{Deserialize, Serialize};

use crate::market::Side;
use crate::time::{Span, Timestamp};

/// A sender that is later than this after the decision does not send.
pub const SEND_WITHIN: Span = Span::from_millis(5_000);
/// How long a request stays valid at the exchange after its timestamp. Short, since that is how late an
/// order that got stuck on its way may still be placed.
pub const RECV_WINDOW: Span = Span::from_millis(3_000);
/// How long the exchange waits for its own engine, and our margin on top.
const ENGINE_TIMEOUT: Span = Span::from_millis(12_000);
/// An order that sells is placed again so long before the deadline at the earliest, a second after its
/// window is over: from then on it is at most on its way to the exchange's own engine.
const EARLY: Span = Span::from_millis(ENGINE_TIMEOUT.millis() - 1_000);
/// An action without an answer for this long is taken again.
const ANSWER_TIMEOUT: Span = Span::from_millis(15_000);
const AUDIT_ROUNDS: u8 = 3;
const AUDIT_SPREAD: Span = Span::from_millis(10_000);
const AUDIT_PAUSE: Span = Span::from_millis(5_000);
/// Longer than any copy from which lists are served has been seen to lag.
const MISMATCH_PATIENCE: Span = Span::from_millis(45 * 60_000);
const RETRY_PAUSE: Span = Span::from_millis(1_000);

/// What is to be done next to settle an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Action {
    /// Query the order by its client order id.
    Query,
    /// Ask the matching engine itself: cancel it, or place the same order again.
    Fence,
    /// Fetch all orders and trades since it was sent, and the balances.
    Audit,
}

/// What was learnt without settling the order. (A report of the order settles it at once.)
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Evidence {
    /// A query answered "no such order".
    NotFound,
    /// The fence found nothing open, or could not tell.
    FenceFoundNothing,
    /// The fence says that the order is open ("duplicate"): the query will find it.
    FenceFoundIt,
    /// An audit without a trace of it and with balances equal to the ledger.
    AuditClean,
    /// The same, but there are coins for both the order and a second one.
    AuditAmple,
    /// An audit without a trace of it whose balances differ from the ledger.
    AuditMismatch,
    /// No usable answer; not before this time again.
    NoAnswer(Option<Timestamp>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Step {
    Asking,
    /// Looking whether it may have been executed, before it is placed again.
    Looking,
    Fencing,
    Auditing {
        clean: u8,
        since: Option<Timestamp>,
    },
}

/// What is being settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Of {
    /// The placement of an order that buys.
    Buying,
    /// The placement of an order that sells what is held.
    Selling,
    /// The end of an order that the exchange has acknowledged before.
    KnownOrder,
}

/// The state of one settling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolve {
    step: Step,
    /// When the exchange can no longer take the request in.
    deadline: Timestamp,
    of: Of,
    /// Whether it was placed a second time while the first placement could still arrive.
    #[serde(default)]
    is_doubled: bool,
    asked: u32,
    /// Since when the balances contradict its absence.
    mismatched_since: Option<Timestamp>,
    next_at: Timestamp,
    /// An action was taken at this time and its answer is awaited.
    awaiting: Option<Timestamp>,
}

impl Resolve {
    /// Begins to settle a placement that was decided at `decided` and became unknown at `now`.
    pub fn of_placement(side: Side, decided: Timestamp, now: Timestamp) -> Self {
        let of = match side {
            Side::Buy => Of::Buying,
            Side::Sell => Of::Selling,
        };
        // It may have waited before it left, but not longer than a sender waits, nor until now.
        let sent = now.clamp(decided, decided + SEND_WITHIN);
        Self::start(sent, now, of)
    }

    /// Begins to settle the end of an order that the exchange has acknowledged before.
    pub fn of_known_order(now: Timestamp) -> Self {
        Self::start(now, now, Of::KnownOrder)
    }

    fn start(sent: Timestamp, now: Timestamp, of: Of) -> Self {
        Self {
            step: Step::Asking,
            deadline: sent + RECV_WINDOW + ENGINE_TIMEOUT,
            of,
            is_doubled: false,
            asked: 0,
            mismatched_since: None,
            next_at: now + backoff(0),
            awaiting: None,
        }
    }

    /// When [`Resolve::due`] has something to say.
    pub fn wake_at(&self) -> Timestamp {
        self.awaiting.map_or(self.next_at, |taken| taken + ANSWER_TIMEOUT)
    }

    /// What to do now, if anything.
    pub fn due(&self, now: Timestamp) -> Option<Action> {
        (now >= self.wake_at()).then_some(match self.step {
            Step::Asking => Action::Query,
            Step::Fencing => Action::Fence,
            Step::Looking | Step::Auditing { .. } => Action::Audit,
        })
    }

    /// Whether the order's absence is, so far, contradicted by the balances.
    pub const fn is_mismatched(&self) -> bool {
        self.mismatched_since.is_some()
    }

    /// Whether an audit is the next step, or under way.
    pub const fn is_auditing(&self) -> bool {
        matches!(self.step, Step::Looking | Step::Auditing { .. })
    }

    /// Whether a fence is the next step, or under way.
    pub const fn is_fencing(&self) -> bool {
        matches!(self.step, Step::Fencing)
    }

    /// Whether an audit is the next step and has not been asked for.
    pub const fn wants_audit(&self) -> bool {
        self.is_auditing() && self.awaiting.is_none()
    }

    /// Whether an audit was asked for and has not come.
    pub const fn awaits_audit(&self) -> bool {
        self.is_auditing() && self.awaiting.is_some()
    }

    /// How many queries found nothing so far.
    pub const fn queries(&self) -> u32 {
        self.asked
    }

    /// Whether the exchange may still take the request in.
    pub fn is_early(&self, now: Timestamp) -> bool {
        now < self.deadline
    }

    /// Until when a second order with the same id may come into being: it was placed twice.
    pub fn doubled_until(&self) -> Option<Timestamp> {
        self.is_doubled.then_some(self.deadline)
    }

    /// The action that was due has left.
    pub fn taken(&mut self, now: Timestamp) {
        self.is_doubled |= self.step == Step::Fencing && self.is_early(now);
        self.awaiting = Some(now);
    }

    /// Takes in what was learnt; true when the order is proven absent.
    pub fn learn(&mut self, evidence: Evidence, now: Timestamp) -> bool {
        let is_early = self.is_early(self.awaiting.unwrap_or(now));
        self.awaiting = None;
        match (self.step, evidence) {
            (Step::Fencing, Evidence::NoAnswer(not_before)) if self.of == Of::Selling => {
                self.begin_again(now);
                self.next_at = not_before.unwrap_or(now).max(now + RETRY_PAUSE);
            }
            (_, Evidence::NoAnswer(not_before)) => {
                self.next_at = not_before.unwrap_or(now).max(now + RETRY_PAUSE);
            }
            (Step::Asking, Evidence::NotFound) => self.query_found_nothing(now),
            (Step::Looking, Evidence::AuditAmple | Evidence::AuditMismatch)
            | (Step::Fencing, Evidence::FenceFoundNothing)
                if is_early =>
            {
                self.step = Step::Asking;
                self.next_at = now + backoff(self.asked);
            }
            (Step::Looking, Evidence::AuditClean | Evidence::AuditAmple) => {
                self.mismatched_since = None;
                self.step = Step::Fencing;
                self.next_at = now;
            }
            (Step::Fencing, Evidence::FenceFoundNothing) => {
                self.step = Step::Auditing { clean: 0, since: None };
                self.next_at = now;
            }
            (_, Evidence::FenceFoundIt) => {
                self.step = Step::Asking;
                self.next_at = now;
            }
            (Step::Auditing { clean, since }, Evidence::AuditClean | Evidence::AuditAmple) => {
                let since = since.unwrap_or(now);
                let clean = clean.saturating_add(1);
                if clean >= AUDIT_ROUNDS
                    && now.since(since) >= AUDIT_SPREAD
                    && self.of != Of::KnownOrder
                {
                    return true;
                }
                self.mismatched_since = None;
                self.step = Step::Auditing { clean, since: Some(since) };
                self.next_at = now + AUDIT_PAUSE;
            }
            (Step::Looking | Step::Auditing { .. }, Evidence::AuditMismatch) => {
                let since = *self.mismatched_since.get_or_insert(now);
                if now.since(since) >= MISMATCH_PATIENCE && self.of != Of::KnownOrder {
                    return true;
                }
                if self.step != Step::Looking {
                    self.step = Step::Auditing { clean: 0, since: None };
                }
                self.next_at = now + AUDIT_PAUSE;
            }
            // An answer to an action of an earlier step: it proves nothing for this one.
            (
                Step::Asking | Step::Looking | Step::Fencing | Step::Auditing { .. },
                Evidence::NotFound
                | Evidence::FenceFoundNothing
                | Evidence::AuditClean
                | Evidence::AuditAmple
                | Evidence::AuditMismatch,
            ) => self.next_at = self.next_at.max(now + RETRY_PAUSE),
        }
        false
    }

    fn query_found_nothing(&mut self, now: Timestamp) {
        self.asked += 1;
        self.next_at = now + backoff(self.asked);
        if !self.is_early(now) {
            self.step = match self.of {
                Of::Buying => Step::Fencing,
                Of::Selling => Step::Looking,
                Of::KnownOrder => Step::Auditing { clean: 0, since: None },
            };
            self.next_at = now;
        } else if self.of == Of::Selling {
            self.look_early(now);
        }
    }

    /// Before the deadline: once the window is over, the account is looked at.
    fn look_early(&mut self, now: Timestamp) {
        let earliest = self.deadline - EARLY;
        if now < earliest {
            self.next_at = self.next_at.min(earliest);
            return;
        }
        self.step = Step::Looking;
        if !self.is_doubled {
            self.next_at = now;
        }
    }

    /// The fence may have been a second placement, and nobody knows what became of it either.
    fn begin_again(&mut self, now: Timestamp) {
        self.step = Step::Asking;
        self.deadline = now + RECV_WINDOW + ENGINE_TIMEOUT;
    }

    /// The process was restarted: answers to what had been taken will not come.
    pub fn restarted(&mut self, now: Timestamp) {
        if self.step == Step::Fencing && self.of == Of::Selling {
            if self.awaiting.is_some() {
                self.begin_again(now);
            } else if self.is_early(now) {
                // What was seen of the account is of another process.
                self.step = Step::Asking;
            }
        }
        self.awaiting = None;
        self.next_at = now;
    }
}

fn backoff(asked: u32) -> Span {
    Span::from_millis(250).times(1 << asked.min(4))
}

#[cfg(test)]
mod tests {
    use super::*;

    const T0: Timestamp = Timestamp::from_millis(1_000_000);

    fn at(seconds: u32) -> Timestamp {
        T0 + Span::from_secs(seconds)
    }

    /// Runs a settling in which every action is answered after 100 ms by `answer`; the time of
    /// proven absence, if that comes within `seconds`.
    fn run(
        resolve: &mut Resolve,
        seconds: u32,
        answer: impl Fn(Action) -> Evidence,
    ) -> (Vec<(Action, Span)>, Option<Span>) {
        let mut actions = Vec::new();
        let mut now = T0;
        while now < at(seconds) {
            if let Some(action) = resolve.due(now) {
                actions.push((action, now.since(T0)));
                resolve.taken(now);
                now = now + Span::from_millis(100);
                if resolve.learn(answer(action), now) {
                    return (actions, Some(now.since(T0)));
                }
            } else {
                now = now + Span::from_millis(10);
            }
        }
        (actions, None)
    }

    fn nothing_found(action: Action) -> Evidence {
        match action {
            Action::Query => Evidence::NotFound,
            Action::Fence => Evidence::FenceFoundNothing,
            Action::Audit => Evidence::AuditClean,
        }
    }

    #[test]
    fn absence_needs_queries_past_the_deadline_a_fence_and_three_clean_audits() {
        let mut resolve = Resolve::of_placement(Side::Buy, T0, T0);
        let (actions, absent) = run(&mut resolve, 120, nothing_found);
        let absent = absent.expect("proven absent");
        assert!(absent >= RECV_WINDOW + ENGINE_TIMEOUT + AUDIT_SPREAD, "{absent:?}");
        let count = |wanted| actions.iter().filter(|(action, _)| *action == wanted).count();
        assert!(count(Action::Query) >= 5);
        assert_eq!((count(Action::Fence), count(Action::Audit)), (1, 3));
        let (_, fenced) = actions.iter().find(|(action, _)| *action == Action::Fence).unwrap();
        assert!(*fenced >= RECV_WINDOW + ENGINE_TIMEOUT);
        let first: Vec<_> = actions.iter().take(3).map(|(_, at)| at.millis()).collect();
        assert_eq!(first, [250, 850, 1_950]);
    }

    #[test]
    fn what_sells_is_placed_again_only_once_the_account_shows_that_it_was_not_executed() {
        let mut resolve = Resolve::of_placement(Side::Sell, T0, T0);
        let (actions, absent) = run(&mut resolve, 120, nothing_found);
        assert!(absent.is_some());
        let order: Vec<_> = actions.iter().map(|(action, _)| *action).collect();
        let fence = order.iter().position(|action| *action == Action::Fence).unwrap();
        assert_eq!(order[fence - 1], Action::Audit);
        let executed = |action| match action {
            Action::Audit => Evidence::AuditMismatch,
            other => nothing_found(other),
        };
        let mut resolve = Resolve::of_placement(Side::Sell, T0, T0);
        let (actions, _) = run(&mut resolve, 600, executed);
        assert!(actions.iter().all(|(action, _)| *action != Action::Fence));
    }

    #[test]
    fn silence_proves_nothing_and_a_mismatch_only_after_long_patience() {
        let silence = |_| Evidence::NoAnswer(None);
        assert_eq!(run(&mut Resolve::of_placement(Side::Buy, T0, T0), 3_600, silence).1, None);
        let mismatch = |action| match action {
            Action::Audit => Evidence::AuditMismatch,
            other => nothing_found(other),
        };
        let mut resolve = Resolve::of_placement(Side::Buy, T0, T0);
        assert_eq!(run(&mut resolve, 2_700, mismatch).1, None);
        assert!(resolve.is_mismatched());
        let mut resolve = Resolve::of_placement(Side::Buy, T0, T0);
        assert!(run(&mut resolve, 3_600, mismatch).1.is_some_and(|at| at >= MISMATCH_PATIENCE));
    }

    #[test]
    fn an_order_once_acknowledged_is_never_absent() {
        let mut resolve = Resolve::of_known_order(T0);
        let (actions, absent) = run(&mut resolve, 3_600, nothing_found);
        assert_eq!(absent, None);
        assert!(actions.iter().all(|(action, _)| *action != Action::Fence));
    }

    #[test]
    fn a_lost_answer_is_asked_for_again() {
        let mut resolve = Resolve::of_placement(Side::Buy, T0, T0);
        resolve.taken(at(1));
        assert_eq!(resolve.due(at(10)), None);
        assert_eq!(resolve.due(at(16)), Some(Action::Query));
        resolve.restarted(at(2));
        assert_eq!(resolve.due(at(2)), Some(Action::Query));
    }

    #[test]
    fn a_second_placement_without_an_answer_is_as_unknown_as_the_first() {
        let mut resolve = Resolve::of_placement(Side::Sell, T0, T0);
        let answer = |action| match action {
            Action::Fence => Evidence::NoAnswer(None),
            Action::Audit => Evidence::AuditAmple,
            Action::Query => nothing_found(action),
        };
        let fences = fences(&run(&mut resolve, 60, answer).0);
        assert!(fences.len() >= 2);
        let deadline = RECV_WINDOW + ENGINE_TIMEOUT;
        assert!(
            fences.windows(2).all(|pair| pair[1].millis() - pair[0].millis() >= deadline.millis())
        );
    }

    /// When the fences were.
    fn fences(actions: &[(Action, Span)]) -> Vec<Span> {
        let fences = actions.iter().filter(|(action, _)| *action == Action::Fence);
        fences.map(|(_, at)| *at).collect()
    }

    #[test]
    fn what_sells_is_placed_again_early_where_there_are_coins_for_one_order_only() {
        let mut resolve = Resolve::of_placement(Side::Sell, T0, T0);
        let placed = |action| match action {
            Action::Fence => Evidence::FenceFoundIt,
            other => nothing_found(other),
        };
        let (actions, _) = run(&mut resolve, 5, placed);
        let early = fences(&actions);
        assert!(
            matches!(early[..], [at, ..] if at > RECV_WINDOW + Span::from_secs(1)),
            "{early:?}"
        );
        assert_eq!(resolve.doubled_until(), Some(T0 + RECV_WINDOW + ENGINE_TIMEOUT));
        // For a second order there must not be coins, and what was refused early proves nothing.
        let answers = [
            |action| match action {
                Action::Audit => Evidence::AuditAmple,
                Action::Query | Action::Fence => nothing_found(action),
            },
            nothing_found,
        ];
        for answer in answers {
            let mut resolve = Resolve::of_placement(Side::Sell, T0, T0);
            let (actions, absent) = run(&mut resolve, 60, answer);
            let last = *fences(&actions).last().unwrap();
            assert!(last >= RECV_WINDOW + ENGINE_TIMEOUT, "{last:?}");
            assert!(absent.is_some_and(|at| at >= last + AUDIT_SPREAD), "{absent:?}");
        }
        assert!(
            fences(&run(&mut Resolve::of_placement(Side::Buy, T0, T0), 15, placed).0).is_empty()
        );
    }

    /// It may have waited for its turn, and left at the last moment.
    #[test]
    fn the_deadline_counts_from_when_it_can_have_left_at_the_latest() {
        for (seconds, sent) in [(0, 0), (2, 2), (5, 5), (60, 5)] {
            let mut resolve = Resolve::of_placement(Side::Buy, T0, at(seconds));
            let (actions, _) = run(&mut resolve, 120, nothing_found);
            let fence = fences(&actions)[0];
            assert!(fence >= Span::from_secs(sent) + RECV_WINDOW + ENGINE_TIMEOUT, "{fence:?}");
        }
        let mut resolve = Resolve::of_placement(Side::Buy, T0, T0 - Span::from_secs(1));
        assert!(
            fences(&run(&mut resolve, 120, nothing_found).0)[0] >= RECV_WINDOW + ENGINE_TIMEOUT
        );
    }

    #[test]
    fn what_another_process_saw_of_the_account_does_not_count() {
        let mut resolve = Resolve::of_placement(Side::Sell, T0, T0);
        while !resolve.is_fencing() {
            run(&mut resolve, 1, |_| Evidence::NotFound);
            resolve.learn(Evidence::NotFound, at(5));
            resolve.learn(Evidence::AuditClean, at(5));
        }
        resolve.restarted(at(6));
        assert_eq!(resolve.due(at(6)), Some(Action::Query));
    }

    #[test]
    fn a_fence_that_finds_it_goes_back_to_asking() {
        let mut resolve = Resolve::of_placement(Side::Buy, T0, T0);
        let answer = |action| match action {
            Action::Fence => Evidence::FenceFoundIt,
            other => nothing_found(other),
        };
        let (actions, absent) = run(&mut resolve, 40, answer);
        assert_eq!(absent, None);
        assert!(actions.iter().all(|(action, _)| *action != Action::Audit));
    }
}
