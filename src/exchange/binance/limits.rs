//! How much may be sent, and what goes first (`rest-api.md`, Limits;
//! `faqs/order_count_decrement.md`).
//!
//! Every limit of `exchangeInfo` is a bucket over windows that are aligned to the exchange's clock.
//! What is in flight counts as used; answers correct the count. Weight is counted per IP, orders per
//! account. Each lane may fill a bucket only up to its share, so that what protects a position finds
//! room however much is asked for otherwise. After 429 or 418 nothing is sent until the time that
//! the exchange names; after too many orders, no order.
//!
//! There is no clock in here: every call takes the time, by the exchange's clock.

use std::collections::VecDeque;

use heikin_core::time::{Span, Timestamp};

use super::wire::{RateLimitName, RateLimitRow};

/// What a request is for; the first goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// Leaving and protecting a position, and cancelling.
    Exits,
    /// Opening one.
    Entries,
    /// Finding out how things stand.
    Queries,
    /// Candles and quotes.
    MarketData,
}

impl Lane {
    /// Every lane, first things first.
    pub const ALL: [Self; 4] = [Self::Exits, Self::Entries, Self::Queries, Self::MarketData];

    /// How much of a bucket it may fill, in percent.
    const fn share(self) -> u64 {
        match self {
            Self::Exits => 100,
            Self::Entries => 85,
            Self::Queries => 70,
            Self::MarketData => 50,
        }
    }

    const fn index(self) -> usize {
        match self {
            Self::Exits => 0,
            Self::Entries => 1,
            Self::Queries => 2,
            Self::MarketData => 3,
        }
    }
}

/// When a charge is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Charged {
    Always,
    OnFailure,
    OnSuccess,
}

impl Charged {
    /// Whether it is made. A request without an answer may have gone either way.
    const fn is_due(self, outcome: Sent) -> bool {
        match outcome {
            Sent::Succeeded => !matches!(self, Self::OnFailure),
            Sent::Failed => !matches!(self, Self::OnSuccess),
            Sent::Unanswered => true,
            Sent::Never => false,
        }
    }
}

/// What a request costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cost {
    weight: u32,
    weight_charged: Charged,
    orders: u32,
    orders_charged: Charged,
}

impl Cost {
    /// A weight that is charged whatever comes of it.
    pub const fn always(weight: u32) -> Self {
        Self {
            weight,
            weight_charged: Charged::Always,
            orders: 0,
            orders_charged: Charged::OnSuccess,
        }
    }

    /// A weight that is charged where the request fails: order entry (since 2026-04-02).
    pub const fn on_failure(weight: u32) -> Self {
        Self { weight_charged: Charged::OnFailure, ..Self::always(weight) }
    }

    /// It also adds this many orders, where it succeeds.
    pub const fn with_orders(self, orders: u32) -> Self {
        Self { orders, ..self }
    }

    /// Its orders count where it fails, too: `cancelReplace`.
    pub const fn counted_on_failure(self) -> Self {
        Self { orders_charged: Charged::Always, ..self }
    }

    /// The weight.
    pub const fn weight(&self) -> u32 {
        self.weight
    }

    /// The orders.
    pub const fn orders(&self) -> u32 {
        self.orders
    }
}

/// What came of a request, as far as its cost is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sent {
    /// A status of 2xx.
    Succeeded,
    /// Any other status.
    Failed,
    /// No answer.
    Unanswered,
    /// It did not leave after all: nothing is charged.
    Never,
}

/// The right to send one request, to be given back with [`Limits::settle`] when its fate is known.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "what is in flight counts until it is settled"]
pub struct Ticket(Cost);

/// One limit, and how much of it is used.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Bucket {
    counted: RateLimitName,
    window: Span,
    limit: u32,
    used: u32,
    in_flight: u32,
    /// Which window `used` is of, counting from the epoch.
    number: i64,
}

/// Our windows change this much later than the exchange's, whose clock is known to within it.
const EDGE: Span = Span::from_millis(250);

impl Bucket {
    const fn new(counted: RateLimitName, window: Span, limit: u32) -> Self {
        Self { counted, window, limit, used: 0, in_flight: 0, number: i64::MIN }
    }

    fn roll(&mut self, now: Timestamp) {
        let number = (now - EDGE).millis().div_euclid(self.window.millis().max(1));
        if number > self.number {
            self.number = number;
            self.used = 0;
        } else if self.number.saturating_sub(number) > 1 {
            // Our clock was far ahead until the exchange's was known: its windows come all the same.
            self.number = number;
        }
    }

    /// When the present window ends.
    fn end(&self) -> Timestamp {
        let next = self.number.saturating_add(1).saturating_mul(self.window.millis());
        Timestamp::from_millis(next) + EDGE
    }

    fn has_room(&self, cost: u32, lane: Lane) -> bool {
        let share = u64::from(self.limit) * lane.share() / 100;
        u64::from(self.used) + u64::from(self.in_flight) + u64::from(cost) <= share
    }

    fn cost(&self, cost: Cost) -> u32 {
        match self.counted {
            RateLimitName::RequestWeight => cost.weight,
            RateLimitName::RawRequests => 1,
            RateLimitName::Orders => cost.orders,
            RateLimitName::Connections | RateLimitName::Other(_) => 0,
        }
    }

    fn is_charged(&self, cost: Cost, outcome: Sent) -> bool {
        match self.counted {
            RateLimitName::RequestWeight => cost.weight_charged.is_due(outcome),
            RateLimitName::Orders => cost.orders_charged.is_due(outcome),
            _ => outcome != Sent::Never,
        }
    }

    /// Takes over the exchange's own count. Weight only grows within a window, and answers overtake
    /// each other; the count of orders shrinks as they are filled.
    fn observe(&mut self, count: u32) {
        self.used = match self.counted {
            RateLimitName::Orders => count,
            _ => self.used.max(count),
        };
    }
}

/// The limits of one IP address and account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    buckets: Vec<Bucket>,
    /// Nothing is sent before this time.
    closed_until: Timestamp,
    /// No order is sent before this time.
    orders_closed_until: Timestamp,
}

/// The exchange refuses for now. What it says of how long is `Retry-After`: seconds over HTTP, a time
/// over the WebSocket API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pushback {
    /// 429 with `-1015`: too many orders that are not filled.
    TooManyOrders,
    /// 429: too much weight. To go on is what gets an address banned.
    TooMuchWeight,
    /// 418: the address is banned.
    Banned,
}

impl Pushback {
    /// What a status and a code say.
    pub const fn of(status: u16, code: Option<i32>) -> Option<Self> {
        match (status, code) {
            (418, _) => Some(Self::Banned),
            (_, Some(-1_015)) => Some(Self::TooManyOrders),
            (429, _) | (_, Some(-1_003)) => Some(Self::TooMuchWeight),
            _ => None,
        }
    }

    /// How long to be silent where the exchange does not say.
    const fn pause(self) -> Span {
        match self {
            Self::TooManyOrders => Span::from_secs(10),
            Self::TooMuchWeight => Span::from_secs(60),
            // The shortest ban there is.
            Self::Banned => Span::from_secs(120),
        }
    }
}

impl Default for Limits {
    /// The limits as the documents have them, until `exchangeInfo` tells the real ones.
    fn default() -> Self {
        let minutes = |count: u32| Span::from_secs(60 * count);
        Self {
            buckets: vec![
                Bucket::new(RateLimitName::RequestWeight, minutes(1), 6_000),
                Bucket::new(RateLimitName::RawRequests, minutes(5), 300_000),
                Bucket::new(RateLimitName::Orders, Span::from_secs(10), 50),
                Bucket::new(RateLimitName::Orders, minutes(24 * 60), 160_000),
                Bucket::new(RateLimitName::Connections, minutes(5), 300),
            ],
            closed_until: Timestamp::EPOCH,
            orders_closed_until: Timestamp::EPOCH,
        }
    }
}

impl Limits {
    /// Takes over the limits of `exchangeInfo`; counts go on. A limit that is not in it stays.
    pub fn configure(&mut self, rows: &[RateLimitRow]) {
        for row in rows {
            let Some(window) = row.window().filter(|_| row.limit > 0) else { continue };
            if let Some(bucket) = self.bucket(&row.rate_limit_type, window) {
                bucket.limit = row.limit;
            } else {
                let counted = row.rate_limit_type.clone();
                self.buckets.push(Bucket::new(counted, window, row.limit));
            }
        }
    }

    fn bucket(&mut self, counted: &RateLimitName, window: Span) -> Option<&mut Bucket> {
        self.buckets.iter_mut().find(|it| it.counted == *counted && it.window == window)
    }

    /// The right to send a request now.
    ///
    /// # Errors
    ///
    /// The time before which there is no use in asking again.
    pub fn admit(&mut self, lane: Lane, cost: Cost, now: Timestamp) -> Result<Ticket, Timestamp> {
        let mut not_before = self.closed_until;
        if cost.orders > 0 {
            not_before = not_before.max(self.orders_closed_until);
        }
        for bucket in &mut self.buckets {
            bucket.roll(now);
            let own = bucket.cost(cost);
            if own > 0 && !bucket.has_room(own, lane) {
                not_before = not_before.max(bucket.end());
            }
        }
        if not_before > now {
            return Err(not_before);
        }
        for bucket in &mut self.buckets {
            bucket.in_flight = bucket.in_flight.saturating_add(bucket.cost(cost));
        }
        Ok(Ticket(cost))
    }

    /// The fate of a request is known.
    #[expect(clippy::needless_pass_by_value, reason = "a ticket is settled once")]
    pub fn settle(&mut self, ticket: Ticket, outcome: Sent, now: Timestamp) {
        for bucket in &mut self.buckets {
            bucket.roll(now);
            let own = bucket.cost(ticket.0);
            bucket.in_flight = bucket.in_flight.saturating_sub(own);
            if bucket.is_charged(ticket.0, outcome) {
                bucket.used = bucket.used.saturating_add(own);
            }
        }
    }

    /// Whether a connection to the WebSocket API may be opened now; if so it is counted, with the
    /// weight that it has.
    ///
    /// # Errors
    ///
    /// The time before which there is no use in asking again.
    pub fn connect(&mut self, now: Timestamp) -> Result<(), Timestamp> {
        let is_one = |it: &&mut Bucket| it.counted == RateLimitName::Connections;
        for bucket in self.buckets.iter_mut().filter(is_one) {
            bucket.roll(now);
            if !bucket.has_room(1, Lane::Exits) {
                return Err(bucket.end());
            }
        }
        let ticket = self.admit(Lane::Exits, Cost::always(2), now)?;
        self.settle(ticket, Sent::Succeeded, now);
        for bucket in self.buckets.iter_mut().filter(is_one) {
            bucket.used = bucket.used.saturating_add(1);
        }
        Ok(())
    }

    /// Takes over a header of an answer, such as `X-MBX-USED-WEIGHT-1M` or `X-MBX-ORDER-COUNT-10S`;
    /// others are ignored.
    pub fn observe_header(&mut self, name: &str, value: &str, now: Timestamp) {
        let name = name.to_ascii_lowercase();
        let (counted, window) = if let Some(window) = name.strip_prefix("x-mbx-used-weight-") {
            (RateLimitName::RequestWeight, window)
        } else if let Some(window) = name.strip_prefix("x-mbx-order-count-") {
            (RateLimitName::Orders, window)
        } else {
            return;
        };
        if let (Some(window), Ok(count)) = (window_of(window), value.trim().parse()) {
            self.observe(&counted, window, count, now);
        }
    }

    /// Takes over the counts that come with an answer of the WebSocket API.
    pub fn observe_rows(&mut self, rows: &[RateLimitRow], now: Timestamp) {
        for row in rows {
            if let (Some(window), Some(count)) = (row.window(), row.count) {
                self.observe(&row.rate_limit_type, window, count, now);
            }
        }
    }

    fn observe(&mut self, counted: &RateLimitName, window: Span, count: u32, now: Timestamp) {
        if let Some(bucket) = self.bucket(counted, window) {
            bucket.roll(now);
            bucket.observe(count);
        }
    }

    /// The exchange refuses for now; `until` is when it wants to be asked again, where it says so.
    /// Returns the time that holds.
    pub fn push_back(
        &mut self,
        why: Pushback,
        until: Option<Timestamp>,
        now: Timestamp,
    ) -> Timestamp {
        let until = until.unwrap_or(now + why.pause());
        let closed = match why {
            Pushback::TooManyOrders => &mut self.orders_closed_until,
            Pushback::TooMuchWeight | Pushback::Banned => &mut self.closed_until,
        };
        *closed = until.max(*closed);
        *closed
    }

    /// How much of the weight of a minute is used up, in flight included; for display.
    pub fn weight_used(&self) -> u32 {
        let weight = |it: &&Bucket| it.counted == RateLimitName::RequestWeight;
        self.buckets.iter().find(weight).map_or(0, |it| it.used.saturating_add(it.in_flight))
    }
}

/// The time that `Retry-After` names: seconds from now.
pub fn retry_after(header: &str, now: Timestamp) -> Option<Timestamp> {
    let seconds: u32 = header.trim().parse().ok()?;
    Some(now + Span::from_secs(seconds))
}

/// A window as headers name it: `1m`, `10s`.
fn window_of(text: &str) -> Option<Span> {
    let (count, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let unit = match unit {
        "s" => Span::from_secs(1),
        "m" => Span::from_secs(60),
        "h" => Span::from_secs(3_600),
        "d" => Span::from_secs(86_400),
        _ => return None,
    };
    Some(unit.times(count.parse::<u16>().ok()?.into())).filter(|window| window.millis() > 0)
}

/// What waits to be sent, by lane. Each lane is bounded, and what does not fit is given back.
#[derive(Debug)]
pub struct Queue<T> {
    lanes: [VecDeque<(Cost, T)>; 4],
    bound: usize,
}

/// What to do next.
#[derive(Debug, PartialEq, Eq)]
pub enum Next<T> {
    /// Send this.
    Send(T, Ticket),
    /// Nothing may be sent before this time.
    WaitUntil(Timestamp),
    /// Nothing waits.
    Idle,
}

impl<T> Queue<T> {
    /// An empty queue with room for `bound` requests in each lane.
    pub fn new(bound: usize) -> Self {
        Self { lanes: std::array::from_fn(|_| VecDeque::new()), bound }
    }

    fn lane(&mut self, lane: Lane) -> &mut VecDeque<(Cost, T)> {
        #[expect(clippy::indexing_slicing, reason = "a lane's index is below their number")]
        &mut self.lanes[lane.index()]
    }

    /// Puts a request behind those of its lane.
    ///
    /// # Errors
    ///
    /// The request, where the lane is full.
    pub fn push(&mut self, lane: Lane, cost: Cost, request: T) -> Result<(), T> {
        let bound = self.bound;
        let waiting = self.lane(lane);
        if waiting.len() >= bound {
            return Err(request);
        }
        waiting.push_back((cost, request));
        Ok(())
    }

    /// The next request that may be sent: of the first lane whose oldest one is admitted. An order
    /// that has to wait for the count of orders holds up nobody else.
    pub fn next(&mut self, limits: &mut Limits, now: Timestamp) -> Next<T> {
        let mut earliest: Option<Timestamp> = None;
        for lane in Lane::ALL {
            let waiting = self.lane(lane);
            let Some((cost, _)) = waiting.front() else { continue };
            match limits.admit(lane, *cost, now) {
                Ok(ticket) => {
                    if let Some((_, request)) = waiting.pop_front() {
                        return Next::Send(request, ticket);
                    }
                }
                Err(until) => {
                    earliest = Some(earliest.map_or(until, |earliest| earliest.min(until)));
                }
            }
        }
        earliest.map_or(Next::Idle, Next::WaitUntil)
    }

    /// How many requests wait.
    pub fn len(&self) -> usize {
        self.lanes.iter().map(VecDeque::len).sum()
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests;
