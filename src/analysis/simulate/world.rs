use std::cmp::Ordering;
use std::collections::{BTreeMap, BinaryHeap};

use heikin_core::engine::{Body, Bug, Command, Engine, Gate, GateState, Input, Trader};
use heikin_core::market::Quote;
use heikin_core::order::{ClientOrderId, SlotState};
use heikin_core::time::{Span, Timestamp};

use super::bot::Bot;
use super::check::{Checks, Violation, violated};
use super::converge;
use super::dice::Dice;
use super::faults::{Fault, FaultCounts, Faults};
use super::feed::Feed;
use super::machine::{Machine, MarkIs};
use super::restart::Pace;
use super::scenario::{INTERVAL, Scenario};
use super::venue::Venue;
use super::wire::Request;

/// A schedule goes on until it has had this many inputs and faults.
const LEAST_INPUTS: u64 = 1_000;
const LEAST_FAULTS: u64 = 5;
/// Once the faults are over, everything must have settled within this time.
const SETTLES_WITHIN: Span = Span::from_millis(60 * 60_000);
/// After one input in so many the engine is asked again at the same moment.
const FIXED_POINT_EVERY: u64 = 8;
/// When every world begins.
const BEGINS_AT: Timestamp = Timestamp::from_millis(1_700_000_040_000);
/// In so many of 10,000 schedules old segments are archived, which takes its time.
const ARCHIVES: u32 = 300;
/// What makes the disk's chance another one than the world's.
const DISK: u64 = 0x6469_736b_0000_0000;
/// As many deadlines at one moment mean that time does not pass.
const BUSY: u32 = 200;

/// What happens next, and when.
#[derive(Debug)]
pub(super) enum Event {
    /// The price of a market moves.
    Price(usize),
    /// A candle of a market closes.
    CandleEnds(usize),
    /// The process is told the closed candles that it has not been told.
    Candles(usize),
    /// The answer to a request of this process comes back.
    Answer(u32, Box<Input>),
    /// Something reaches this process that was held up, or is about it.
    Delivered(u32, Box<Input>),
    /// A user event of this subscription arrives.
    Pushed(u32, Box<Input>),
    /// A request arrives at the exchange.
    Request(Box<Request>),
    /// User events come again.
    StreamBack(u32),
    /// What was handled is synced, and what follows from it leaves.
    Sync,
    /// The process starts.
    Start,
    /// Whoever else has hands on the account does something.
    Hands,
    /// The market's rules are read again.
    Rules(usize),
    /// Trading on a symbol goes on.
    Reopen(usize),
}

/// An event in the schedule: earlier ones first, then in the order in which they were scheduled.
#[derive(Debug)]
struct Scheduled {
    at: Timestamp,
    number: u64,
    event: Event,
}

impl Ord for Scheduled {
    fn cmp(&self, other: &Self) -> Ordering {
        // The heap gives its greatest first.
        (other.at, other.number).cmp(&(self.at, self.number))
    }
}

impl PartialOrd for Scheduled {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Scheduled {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Scheduled {}

/// Where the journal lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ground {
    /// In the store, on a disk that fails as disks do.
    Disk,
    /// In memory: the engine and the exchange alone, as the first schedules were.
    Memory,
}

/// What a world is made from, besides its seed.
#[derive(Debug, Clone)]
pub(super) struct Setup {
    pub(super) ground: Ground,
    pub(super) bug: Option<Bug>,
    /// These classes of faults do nothing.
    pub(super) muted: Vec<Fault>,
}

/// How a schedule went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) inputs: u64,
    pub(super) faults: FaultCounts,
    pub(super) hash: u64,
    pub(super) violation: Option<Violation>,
    pub(super) trace: Vec<String>,
}

/// What the disk says of how far the journal was durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// The truth.
    Exact,
    /// Less than that, perhaps.
    Older,
}

/// A whole world made from a seed: markets, exchange, network, user, and the bot in it.
#[derive(Debug)]
pub(super) struct World {
    pub(super) dice: Dice,
    /// What the disk does has a chance of its own.
    pub(super) disk_dice: Dice,
    pub(super) faults: Faults,
    pub(super) scenario: Scenario,
    pub(super) now: Timestamp,
    schedule: BinaryHeap<Scheduled>,
    scheduled: u64,
    pub(super) venue: Venue,
    pub(super) bot: Bot,
    pub(super) checks: Checks,
    pub(super) feeds: Vec<Feed>,
    /// The number of the process, and of its subscription to user events: what belongs to an earlier
    /// one is lost.
    pub(super) process: u32,
    pub(super) subscription: u32,
    pub(super) stream_up: bool,
    /// How far the process's clock is ahead.
    pub(super) skew: i64,
    /// The process waits for its disk until then.
    pub(super) stalled_until: Timestamp,
    pub(super) pace: Pace,
    pub(super) mark: Mark,
    /// Old segments are archived in this schedule.
    pub(super) archives: bool,
    /// Placements on their way.
    pub(super) in_flight: BTreeMap<ClientOrderId, u32>,
    /// By the order that a replacement places, the one that it cancels.
    pub(super) replaced: BTreeMap<ClientOrderId, ClientOrderId>,
    /// Requests on their way, or whose answers are.
    pub(super) pending: u32,
    pub(super) limited_until: Timestamp,
    quoted_at: Timestamp,
    inputs: u64,
    busy: (Timestamp, u32),
    /// What happened, line by line, where that is asked for.
    trace: Option<Vec<String>>,
}

impl World {
    /// Writes down from now on what happens.
    pub(super) fn traced(mut self) -> Self {
        self.trace = Some(Vec::new());
        self
    }

    /// Writes one line, if that is asked for.
    pub(super) fn note(&mut self, line: impl FnOnce() -> String) {
        if let Some(trace) = &mut self.trace {
            let seconds = self.now.since(BEGINS_AT).millis();
            trace.push(format!("{:>5}.{:03}  {}", seconds / 1_000, seconds % 1_000, line()));
        }
    }

    pub(super) fn new(seed: u64, setup: Setup) -> Self {
        let Setup { ground, bug, muted } = setup;
        let mut dice = Dice::new(seed);
        let mut disk_dice = Dice::new(seed ^ DISK);
        let scenario = Scenario::draw(&mut dice);
        let mut faults = Faults::draw(&mut dice, muted);
        let machine = match ground {
            Ground::Memory => Machine::Memory,
            Ground::Disk => {
                faults.draw_of_disk(&mut disk_dice);
                let ignored = bug == Some(Bug::MarkNotChecked);
                let mark = if ignored { MarkIs::Ignored } else { MarkIs::Checked };
                Machine::with_disk(&mut disk_dice, mark)
            }
        };
        let now = BEGINS_AT;
        let feed = |market: &super::scenario::MarketSetup| Feed::new(&mut dice, market.price, now);
        let feeds = scenario.markets.iter().map(feed).collect();
        Self {
            venue: Venue::new(&scenario),
            bot: Bot::new(scenario.clone(), machine, bug),
            checks: Checks::new(&scenario),
            dice,
            archives: disk_dice.chance(ARCHIVES),
            disk_dice,
            faults,
            scenario,
            now,
            schedule: BinaryHeap::new(),
            scheduled: 0,
            feeds,
            process: 0,
            subscription: 0,
            stream_up: true,
            skew: 0,
            stalled_until: now,
            mark: Mark::Exact,
            pace: Pace::Usual,
            in_flight: BTreeMap::new(),
            replaced: BTreeMap::new(),
            pending: 0,
            limited_until: now,
            quoted_at: now,
            inputs: 0,
            busy: (now, 0),
            trace: None,
        }
    }

    /// How many inputs the engine has taken.
    pub(super) const fn inputs(&self) -> u64 {
        self.inputs
    }

    pub(super) fn run(mut self) -> Outcome {
        let violation = self.go().err();
        let state = self.bot.engine().map(Engine::snapshot);
        let state = state.and_then(|state| serde_json::to_string(&state).ok()).unwrap_or_default();
        Outcome {
            inputs: self.inputs,
            faults: *self.faults.counts(),
            hash: self.checks.hash_with(&state),
            violation,
            trace: self.trace.unwrap_or_default(),
        }
    }

    fn go(&mut self) -> Result<(), Violation> {
        self.at(self.now, Event::Start);
        for market in 0..self.feeds.len() {
            self.at(self.now, Event::Price(market));
            self.after(INTERVAL.span().millis(), Event::CandleEnds(market));
        }
        self.after(3_000, Event::Hands);
        while self.inputs < LEAST_INPUTS || self.faults.struck() < LEAST_FAULTS {
            self.advance()?;
        }
        self.end_faults();
        let until = self.now + SETTLES_WITHIN;
        let settled = self.now + Span::from_secs(150);
        loop {
            self.advance()?;
            if self.now < settled || self.pending > 0 || self.bot.unsynced() > 0 {
                continue;
            }
            match converge::check(self) {
                Err(_) if self.now < until => {}
                verdict => return verdict,
            }
        }
    }

    /// From now on nothing goes wrong: what is down comes back.
    fn end_faults(&mut self) {
        self.faults.end();
        self.limited_until = self.now;
        if !self.stream_up {
            self.at(self.now, Event::StreamBack(self.subscription));
        }
        for market in 0..self.feeds.len() {
            self.at(self.now, Event::Reopen(market));
        }
    }

    /// The next thing happens.
    fn advance(&mut self) -> Result<(), Violation> {
        let next = self.schedule.peek().map(|next| next.at);
        let deadline = self.bot.engine().and_then(Engine::next_deadline);
        let deadline = deadline.map(|at| at - Span::from_millis(self.skew));
        let deadline = deadline.map(|at| at.max(self.stalled_until));
        if let Some(due) = deadline.filter(|due| next.is_none_or(|next| *due < next)) {
            self.pass_to(due);
            self.busy.1 = if self.busy.0 == self.now { self.busy.1 + 1 } else { 0 };
            self.busy.0 = self.now;
            if self.busy.1 > BUSY {
                return violated("T4 time stands still", "deadline after deadline at one moment");
            }
            return self.deliver(Input::Time);
        }
        let Some(Scheduled { at, event, .. }) = self.schedule.pop() else {
            return violated("the world ends", "nothing is scheduled");
        };
        self.pass_to(at);
        self.happen(event)
    }

    fn pass_to(&mut self, at: Timestamp) {
        self.now = self.now.max(at);
        self.venue.set_time(self.now);
    }

    pub(super) fn at(&mut self, at: Timestamp, event: Event) {
        self.scheduled += 1;
        self.schedule.push(Scheduled { at, number: self.scheduled, event });
    }

    pub(super) fn after(&mut self, millis: i64, event: Event) {
        self.at(self.now + Span::from_millis(millis), event);
    }

    fn happen(&mut self, event: Event) -> Result<(), Violation> {
        match event {
            Event::Price(market) => self.move_price(market),
            Event::CandleEnds(market) => {
                self.end_candle(market);
                Ok(())
            }
            Event::Candles(market) => self.tell_candles(market),
            Event::Answer(process, input) => {
                self.pending = self.pending.saturating_sub(1);
                if process == self.process { self.deliver(*input) } else { Ok(()) }
            }
            Event::Delivered(process, input) if process == self.process => self.deliver(*input),
            Event::Delivered(..) => Ok(()),
            Event::Pushed(subscription, input) if subscription == self.subscription => {
                self.deliver(*input)
            }
            Event::Pushed(..) => Ok(()),
            Event::Request(request) => self.arrive(*request),
            Event::StreamBack(subscription) if subscription == self.subscription => {
                self.stream_up = true;
                self.deliver(Input::StreamRestored)?;
                let gate = Command::SetGate(Gate::UserStreamDown, GateState::Open);
                self.deliver(Input::Command(gate))
            }
            Event::StreamBack(_) => Ok(()),
            Event::Sync => self.sync_and_send(),
            Event::Start => self.start(),
            Event::Hands => self.use_hands(),
            Event::Rules(market) => self.read_rules(market),
            Event::Reopen(market) => self.reopen(market),
        }
    }

    fn move_price(&mut self, market: usize) -> Result<(), Violation> {
        let Some(feed) = self.feeds.get_mut(market) else { return Ok(()) };
        let to = feed.next_move(&mut self.dice, &mut self.faults);
        let pause = self.dice.between(400, 6_000);
        self.after(pause, Event::Price(market));
        let Some(symbol) = self.scenario.markets.get(market).map(|it| it.rules.symbol) else {
            return Ok(());
        };
        let Some(index) = self.venue.market(symbol) else { return Ok(()) };
        self.venue.trade(index, &to);
        self.publish()?;
        if self.stream_up && self.bot.is_up() {
            self.checks.check_exposure(self.now, &self.venue, &self.scenario)?;
        } else {
            self.checks.excuse_exposure();
        }
        let wants = self.bot.engine().is_some_and(|engine| engine.wants_quotes(symbol));
        if wants && self.now.since(self.quoted_at).millis() >= 250 {
            self.quoted_at = self.now;
            self.deliver(Input::Quote { symbol, quote: Quote::point(to.price, self.now) })?;
        }
        if self.stream_up && self.faults.strike(Fault::StreamOutage, &mut self.dice) {
            self.lose_stream()?;
        }
        Ok(())
    }

    fn lose_stream(&mut self) -> Result<(), Violation> {
        self.stream_up = false;
        self.subscription += 1;
        let pause = self.dice.delay(20_000, 120_000, 2_000);
        self.after(pause, Event::StreamBack(self.subscription));
        if self.dice.chance(5_000) {
            let gate = Command::SetGate(Gate::UserStreamDown, GateState::Closed);
            self.deliver(Input::Command(gate))?;
        }
        Ok(())
    }

    fn end_candle(&mut self, market: usize) {
        let Some(feed) = self.feeds.get_mut(market) else { return };
        feed.close();
        self.after(INTERVAL.span().millis(), Event::CandleEnds(market));
        let delay = if self.faults.strike(Fault::CandleLate, &mut self.dice) {
            self.dice.delay(3_000, 150_000, 300)
        } else {
            self.dice.between(5, 300)
        };
        self.after(delay, Event::Candles(market));
    }

    /// The hub tells every closed candle once and in order; sometimes it tells one twice.
    fn tell_candles(&mut self, market: usize) -> Result<(), Violation> {
        while self.bot.is_up()
            && let Some(feed) = self.feeds.get_mut(market)
            && let Some(candle) = feed.closed.get(feed.told).copied()
        {
            feed.told += 1;
            let process = self.process;
            self.tell_candle(market, candle)?;
            if self.process == process && self.faults.strike(Fault::CandleDoubled, &mut self.dice) {
                self.tell_candle(market, candle)?;
            }
        }
        Ok(())
    }

    fn tell_candle(
        &mut self,
        market: usize,
        candle: heikin_core::market::Candle,
    ) -> Result<(), Violation> {
        let Some(setup) = self.scenario.markets.get(market) else { return Ok(()) };
        let symbol = setup.rules.symbol;
        let quote = self.quote(symbol);
        self.deliver(Input::Candle { symbol, interval: INTERVAL, candle, quote })
    }

    fn quote(&self, symbol: heikin_core::market::Symbol) -> Option<Quote> {
        let price = self.venue.market(symbol).and_then(|market| self.venue.last_price(market))?;
        Some(Quote::point(price, self.now))
    }

    /// Nothing new has happened: the engine must have nothing left to do, unless it has asked for
    /// this very time.
    fn step_again(&mut self, stamp: Timestamp) -> Result<(), Violation> {
        let Some(process) = self.bot.process() else { return Ok(()) };
        let now = process.engine().now().max(stamp);
        if process.engine().next_deadline().is_some_and(|at| at <= now) {
            return Ok(());
        }
        let before = self.bot.records().len();
        if self.bot.handle(stamp, Input::Time).is_err() {
            return self.storage_failed();
        }
        for record in self.bot.records().get(before..).unwrap_or_default() {
            if let Body::Effect(effect) = &record.body {
                return violated("E1 no fixed point", format!("asked again: {effect:?}"));
            }
        }
        Ok(())
    }

    /// What the process's clock says.
    pub(super) fn stamp(&self) -> Timestamp {
        self.now + Span::from_millis(self.skew)
    }

    /// Gives the process an input. It may die at any point of its work.
    pub(super) fn deliver(&mut self, mut input: Input) -> Result<(), Violation> {
        if !self.bot.is_up() {
            return Ok(());
        }
        if self.now < self.stalled_until {
            let event = Event::Delivered(self.process, Box::new(input));
            self.at(self.stalled_until, event);
            return Ok(());
        }
        if let Input::Report { report, quote } = &mut input {
            let trader = self.scenario.traders.get(usize::from(report.state.id.trader().0));
            let market = trader.and_then(|(market, _)| self.scenario.markets.get(*market));
            *quote = market.and_then(|market| self.quote(market.rules.symbol));
        }
        self.inputs += 1;
        self.note(|| format!("-> {input:?}"));
        let before = self.bot.records().len();
        let stamp = self.stamp();
        let asked = asked_about(&input);
        self.checks.informed |= matches!(input, Input::Account(Ok(_)));
        if self.bot.handle(stamp, input).is_err() {
            return self.storage_failed();
        }
        let Some(process) = self.bot.process() else { return Ok(()) };
        let records = process.journal().records().get(before..).unwrap_or_default();
        let engine = process.engine();
        self.checks.after_step(records, engine, self.now)?;
        // What was to replace an order that was executed is not attempted.
        let may_come = |id: ClientOrderId| {
            let filled = |old: &ClientOrderId| self.venue.is_filled(*old);
            self.in_flight.contains_key(&id) && !self.replaced.get(&id).is_some_and(filled)
        };
        match asked {
            Asked::One(id) => {
                if let Some(order) = engine.order(id) {
                    let may_come = may_come(order.id);
                    self.checks.check_order(order, (&self.venue, may_come))?;
                }
            }
            Asked::All => {
                let slots = engine.traders().iter().flat_map(Trader::slots);
                for order in slots.flat_map(SlotState::orders) {
                    let may_come = may_come(order.id);
                    self.checks.check_order(order, (&self.venue, may_come))?;
                }
            }
            Asked::Nothing => {}
        }
        if self.inputs.is_multiple_of(FIXED_POINT_EVERY) {
            self.step_again(stamp)?;
        }
        if self.faults.strike(Fault::Crash, &mut self.dice) {
            return self.crash();
        }
        // Several inputs may share a sync; nothing of them leaves before it.
        if self.dice.chance(1_000) {
            self.after(1, Event::Sync);
            return self.send_what_may_leave();
        }
        self.sync_and_send()
    }

    /// Syncs what was handled and lets leave what may.
    fn sync_and_send(&mut self) -> Result<(), Violation> {
        if !self.bot.is_up() || self.now < self.stalled_until {
            return Ok(());
        }
        if self.bot.unsynced() > 0 {
            self.upset_disk();
            if self.hold_up() {
                return Ok(());
            }
        }
        if self.bot.sync().is_err() {
            return self.storage_failed();
        }
        self.checks.read(self.bot.durable_records())?;
        if let Some(engine) = self.bot.engine() {
            self.checks.check_alarms(engine)?;
        }
        self.send_what_may_leave()?;
        if self.dice.chance(200) {
            self.keep_snapshot()?;
        }
        Ok(())
    }

    fn send_what_may_leave(&mut self) -> Result<(), Violation> {
        loop {
            if self.faults.strike(Fault::Crash, &mut self.dice) {
                return self.crash();
            }
            let Some((seq, effect)) = self.bot.next_effect() else { return Ok(()) };
            self.note(|| format!("   {effect:?}"));
            let durable = self.bot.durable_records().last().map_or(0, |record| record.seq);
            if let Some(engine) = self.bot.engine() {
                let is_local = super::wire::is_local(&effect);
                if !is_local {
                    self.checks.before_send((seq, durable), &effect, self.now, engine)?;
                }
            }
            self.send(effect);
        }
    }
}

/// Which orders an input speaks of.
enum Asked {
    Nothing,
    One(ClientOrderId),
    All,
}

fn asked_about(input: &Input) -> Asked {
    match input {
        Input::Report { report, .. } => Asked::One(report.state.id),
        Input::Submitted { id, .. } | Input::Canceled { id, .. } | Input::Queried { id, .. } => {
            Asked::One(*id)
        }
        Input::Replaced { .. } | Input::Account(_) | Input::Started | Input::Time => Asked::All,
        Input::Candle { .. }
        | Input::Quote { .. }
        | Input::Balances { .. }
        | Input::StreamRestored
        | Input::Rules(_)
        | Input::Fees { .. }
        | Input::Command(_) => Asked::Nothing,
    }
}
