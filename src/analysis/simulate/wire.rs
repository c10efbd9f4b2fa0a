//! Requests on their way to the exchange, their answers, and what it tells unasked.

use heikin_core::engine::{Effect, Input, ReplaceMode};
use heikin_core::market::FilterName;
use heikin_core::matching::MarketIndex;
use heikin_core::order::{CancelAnswer, Part, QueryAnswer, Refusal, SubmitAnswer};
use heikin_core::time::{Span, Timestamp};

use super::check::Violation;
use super::faults::Fault;
use super::venue::copy_of;
use super::world::{Event, World};

/// A sender gives up after this long.
const TIMEOUT: i64 = 10_000;
/// How long the exchange takes a request after its stamp.
const RECV_WINDOW: i64 = 3_000;

/// A request on its way.
#[derive(Debug)]
pub(super) struct Request {
    effect: Effect,
    process: u32,
    sent: Timestamp,
    /// It came to the exchange later than its window allows.
    expired: bool,
    /// The sender has given up already.
    abandoned: bool,
}

/// Whether an effect stays in the process.
pub(super) const fn is_local(effect: &Effect) -> bool {
    matches!(effect, Effect::Decide { .. } | Effect::CarryDust { .. } | Effect::Notify(_))
}

impl World {
    /// An effect leaves the process.
    pub(super) fn send(&mut self, effect: Effect) {
        if is_local(&effect) {
            return;
        }
        let (sent, process) = (self.now, self.process);
        let placed = placement(&effect);
        // The sender looks at the clock: a sync may have taken long.
        if not_after(&effect).is_some_and(|limit| self.stamp() > limit) {
            if let Some(id) = placed {
                self.checks.on_not_sent(id);
            }
            return self.answer(1, process, not_sent(&effect));
        }
        if placed.is_some() && self.faults.strike(Fault::SenderLate, &mut self.dice) {
            let late = self.dice.between(5_001, 9_000);
            if let Some(id) = placed {
                self.checks.on_not_sent(id);
            }
            return self.answer(late, process, not_sent(&effect));
        }
        self.pending += 1;
        if self.faults.strike(Fault::RequestLost, &mut self.dice) {
            self.pending -= 1;
            return self.answer(TIMEOUT, process, unknown(&effect));
        }
        let (mut way, mut queue) = (self.dice.between(2, 80), 0);
        if self.faults.strike(Fault::RequestLate, &mut self.dice) {
            if self.dice.chance(5_000) {
                way = self.dice.between(500, 6_000);
            } else {
                queue = self.dice.between(500, 10_000);
            }
        }
        let abandoned = way + queue >= TIMEOUT;
        if abandoned {
            self.answer(TIMEOUT, process, unknown(&effect));
        }
        let expired = way > RECV_WINDOW;
        if let Effect::Replace { cancel, submit, .. } = &effect {
            self.replaced.insert(submit.id, *cancel);
        }
        if let Some(id) = placed.filter(|_| !expired) {
            *self.in_flight.entry(id).or_default() += 1;
        }
        let request = Request { effect, process, sent, expired, abandoned };
        self.after(way + queue, Event::Request(Box::new(request)));
    }

    /// A request arrives at the exchange, which does what it asks for, and answers.
    pub(super) fn arrive(&mut self, request: Request) -> Result<(), Violation> {
        let Request { effect, process, sent, expired, abandoned } = request;
        self.pending = self.pending.saturating_sub(1);
        if let Some(id) = placement(&effect).filter(|_| !expired) {
            let count = self.in_flight.entry(id).or_default();
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.in_flight.remove(&id);
            }
        }
        let answers = if expired {
            refused(&effect, Refusal::ClockSkew, None)
        } else {
            self.process_request(&effect)
        };
        self.publish()?;
        if abandoned {
            return Ok(());
        }
        let spent = self.now.since(sent).millis();
        let mut back = self.dice.between(2, 80);
        if self.faults.strike(Fault::AnswerLate, &mut self.dice) {
            back = self.dice.between(200, 12_000);
        }
        let lost = self.faults.strike(Fault::AnswerLost, &mut self.dice);
        if lost || spent + back >= TIMEOUT {
            self.answer(TIMEOUT - spent, process, unknown(&effect));
        } else {
            for answer in answers {
                self.answer(back, process, Some(answer));
            }
        }
        Ok(())
    }

    fn answer(&mut self, after: i64, process: u32, answer: Option<Input>) {
        if let Some(answer) = answer {
            self.pending += 1;
            self.after(after.max(0), Event::Answer(process, Box::new(answer)));
        }
    }

    /// What the exchange makes of a request.
    fn process_request(&mut self, effect: &Effect) -> Vec<Input> {
        if self.now < self.limited_until {
            return refused(effect, Refusal::RateLimited, Some(self.limited_until));
        }
        if self.faults.strike(Fault::RateLimited, &mut self.dice) {
            self.limited_until = self.now + Span::from_millis(self.dice.between(1_000, 20_000));
            return refused(effect, Refusal::RateLimited, Some(self.limited_until));
        }
        let is_order = placement(effect).is_some();
        if is_order && self.faults.strike(Fault::Refused, &mut self.dice) {
            let why = [
                Refusal::Filter(Some(FilterName::PercentPriceBySide)),
                Refusal::InsufficientBalance,
                Refusal::MarketClosed,
                Refusal::Other(-1_015),
            ];
            let why = self.dice.pick(&why).copied().unwrap_or(Refusal::MarketClosed);
            return refused(effect, why, None);
        }
        if self.faults.strike(Fault::StatusUnknown, &mut self.dice) {
            if self.dice.chance(5_000) {
                self.execute(effect);
            }
            return unknown(effect).into_iter().collect();
        }
        self.execute(effect)
    }

    fn execute(&mut self, effect: &Effect) -> Vec<Input> {
        match effect {
            Effect::Submit(order) => {
                let answer = self.venue.submit(order);
                vec![Input::Submitted { id: order.id, answer }]
            }
            Effect::Cancel { id, symbol } => {
                let answer = self.venue.cancel(*id, *symbol);
                vec![Input::Canceled { id: *id, answer }]
            }
            Effect::Replace { cancel, submit, mode } => {
                let half = self.faults.strike(Fault::HalfReplaced, &mut self.dice);
                let (canceled, placed) = match mode {
                    ReplaceMode::StopOnFailure if half => {
                        self.venue.replace_by_half(*cancel, submit)
                    }
                    ReplaceMode::StopOnFailure => self.venue.replace(*cancel, submit),
                    #[cfg(feature = "planted-bugs")]
                    ReplaceMode::AllowFailure => {
                        let canceled = self.venue.cancel(*cancel, submit.symbol);
                        (canceled, Some(self.venue.submit(submit)))
                    }
                };
                vec![Input::Replaced {
                    canceled: *cancel,
                    cancel: canceled,
                    submitted: submit.id,
                    submit: placed,
                }]
            }
            Effect::Query { id, .. } => {
                let at = self.copied_at();
                let mut answer = self.venue.query(*id, at);
                let canceled = |answer: &QueryAnswer| {
                    matches!(answer, QueryAnswer::Found(state)
                    if state.status == heikin_core::order::VenueStatus::Canceled)
                };
                if canceled(&answer) && self.faults.strike(Fault::OrderRenamed, &mut self.dice) {
                    answer = QueryAnswer::NotFound;
                }
                vec![Input::Queried { id: *id, answer }]
            }
            Effect::FetchFills { id, .. } => {
                let at = self.copied_at();
                let report = |report| Input::Report { report, quote: None };
                self.venue.fills_of(*id, at).into_iter().map(report).collect()
            }
            Effect::FetchAccount { since } => {
                let at = self.copied_at();
                vec![Input::Account(Ok(Box::new(self.venue.snapshot(*since, at))))]
            }
            Effect::FetchRules { symbol } => {
                let rules =
                    self.venue.market(*symbol).map(|market| self.venue.rules(market).clone());
                rules.map(|rules| Input::Rules(Box::new(rules))).into_iter().collect()
            }
            Effect::Decide { .. } | Effect::CarryDust { .. } | Effect::Notify(_) => Vec::new(),
        }
    }

    /// The age of the copy that a query is answered from.
    fn copied_at(&mut self) -> Timestamp {
        let mut lag = 0;
        if self.faults.strike(Fault::QueryLags, &mut self.dice) {
            lag = self.dice.delay(2_000, 1_800_000, 500);
        }
        copy_of(self.now, Span::from_millis(lag))
    }

    /// What has happened on the exchange is told to the process, if it listens.
    pub(super) fn publish(&mut self) -> Result<(), Violation> {
        let mut touched: Option<MarketIndex> = None;
        while let Some(event) = self.venue.next_event() {
            self.checks.on_event(&event, &self.venue, &self.scenario)?;
            touched = Some(event.market);
            self.note(|| format!("                X {:?}", event.report));
            let input = Input::Report { report: event.report, quote: None };
            self.tell(&input);
        }
        if let Some(market) = touched {
            let balances = self.venue.pushed_balances(market);
            self.tell(&Input::Balances { balances, at: self.now });
        }
        Ok(())
    }

    /// One message of the user stream: on its way, unless it is lost.
    pub(super) fn tell(&mut self, input: &Input) {
        if !self.stream_up || !self.bot.is_up() {
            return;
        }
        if self.faults.strike(Fault::ReportLost, &mut self.dice) {
            return;
        }
        let subscription = self.subscription;
        let mut way = self.dice.between(1, 40);
        if self.faults.strike(Fault::ReportLate, &mut self.dice) {
            way = self.dice.delay(1_500, 20_000, 1_000);
        }
        self.after(way, Event::Pushed(subscription, Box::new(input.clone())));
        if self.faults.strike(Fault::ReportDoubled, &mut self.dice) {
            let again = way + self.dice.between(0, 5_000);
            self.after(again, Event::Pushed(subscription, Box::new(input.clone())));
        }
    }
}

/// The order that an effect places, if it places one.
fn placement(effect: &Effect) -> Option<heikin_core::order::ClientOrderId> {
    match effect {
        Effect::Submit(order) | Effect::Replace { submit: order, .. } => {
            Some(order.id.with_part(Part::Order))
        }
        _ => None,
    }
}

/// Until when an order may be sent.
const fn not_after(effect: &Effect) -> Option<Timestamp> {
    match effect {
        Effect::Submit(order) | Effect::Replace { submit: order, .. } => Some(order.not_after),
        _ => None,
    }
}

/// The answer of a sender that got none.
fn unknown(effect: &Effect) -> Option<Input> {
    Some(match effect {
        Effect::Submit(order) => Input::Submitted { id: order.id, answer: SubmitAnswer::Unknown },
        Effect::Cancel { id, .. } => Input::Canceled { id: *id, answer: CancelAnswer::Unknown },
        Effect::Replace { cancel, submit, .. } => Input::Replaced {
            canceled: *cancel,
            cancel: CancelAnswer::Unknown,
            submitted: submit.id,
            submit: Some(SubmitAnswer::Unknown),
        },
        Effect::Query { id, .. } => Input::Queried { id: *id, answer: QueryAnswer::Failed(None) },
        Effect::FetchAccount { .. } => Input::Account(Err(None)),
        _ => return None,
    })
}

/// The answer of a sender that was too late.
fn not_sent(effect: &Effect) -> Option<Input> {
    match effect {
        Effect::Submit(order) => {
            Some(Input::Submitted { id: order.id, answer: SubmitAnswer::NotSent })
        }
        Effect::Replace { cancel, submit, .. } => Some(Input::Replaced {
            canceled: *cancel,
            cancel: CancelAnswer::NotSent,
            submitted: submit.id,
            submit: Some(SubmitAnswer::NotSent),
        }),
        _ => None,
    }
}

/// A definite no.
fn refused(effect: &Effect, refusal: Refusal, not_before: Option<Timestamp>) -> Vec<Input> {
    let input = match effect {
        Effect::Submit(order) => {
            Input::Submitted { id: order.id, answer: SubmitAnswer::Refused { refusal, not_before } }
        }
        Effect::Cancel { id, .. } => {
            Input::Canceled { id: *id, answer: CancelAnswer::Refused { refusal, not_before } }
        }
        Effect::Replace { cancel, submit, .. } => Input::Replaced {
            canceled: *cancel,
            cancel: CancelAnswer::Refused { refusal, not_before },
            submitted: submit.id,
            submit: None,
        },
        Effect::Query { id, .. } => {
            Input::Queried { id: *id, answer: QueryAnswer::Failed(not_before) }
        }
        Effect::FetchAccount { .. } => Input::Account(Err(not_before)),
        _ => return Vec::new(),
    };
    vec![input]
}
