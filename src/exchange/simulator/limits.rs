//! How much may be sent how often (`rest-api.md`, LIMITS). Windows are aligned to the clock.

use heikin_core::time::{Span, Timestamp};
use serde_json::{Value, json};

use super::error::{ApiError, Result};
use super::settings::RateLimits;

const TEN_SECONDS: Span = Span::from_secs(10);
/// The shortest ban.
const BAN: Span = Span::from_secs(120);
/// So many requests while it should be silent turn a 429 into a 418.
const PATIENCE: u32 = 10;

/// A count in the present window.
#[derive(Debug, Clone, Copy, Default)]
struct Window {
    begins: i64,
    count: u32,
}

impl Window {
    fn at(&mut self, now: Timestamp, length: Span) -> &mut u32 {
        let begins = now.millis().div_euclid(length.millis());
        if begins != self.begins {
            *self = Self { begins, count: 0 };
        }
        &mut self.count
    }
}

/// The end of the window that `now` lies in.
fn window_end(now: Timestamp, length: Span) -> Timestamp {
    let begins = now.millis().div_euclid(length.millis());
    Timestamp::from_millis((begins + 1) * length.millis())
}

/// The unfilled orders of one account.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct OrderCount {
    seconds: Window,
    day: Window,
}

/// What an address has used. All clients are on the loopback: there is one address.
#[derive(Debug)]
pub(super) struct Limits {
    pub(super) settings: RateLimits,
    weight: Window,
    pub(super) weight_peak: u32,
    /// Silence is asked for until then, and how many requests came nevertheless.
    silence: Option<(Timestamp, u32)>,
    banned_until: Option<Timestamp>,
}

impl Limits {
    pub(super) fn new(settings: RateLimits) -> Self {
        Self {
            settings,
            weight: Window::default(),
            weight_peak: 0,
            silence: None,
            banned_until: None,
        }
    }

    /// The weight used in this minute.
    pub(super) fn used_weight(&mut self, now: Timestamp) -> u32 {
        *self.weight.at(now, Span::MINUTE)
    }

    /// Takes the weight of a request, or refuses it.
    pub(super) fn take(&mut self, now: Timestamp, weight: u32) -> Result<()> {
        if let Some(until) = self.banned_until.filter(|until| now < *until) {
            return Err(banned(until));
        }
        let limit = self.settings.weight;
        let used = self.weight.at(now, Span::MINUTE);
        *used += weight;
        let used = *used;
        self.weight_peak = self.weight_peak.max(used);
        let told = self.silence.filter(|(until, _)| now < *until);
        if used <= limit && told.is_none() {
            return Ok(());
        }
        let (until, ignored) = told.unwrap_or((window_end(now, Span::MINUTE), 0));
        if ignored >= PATIENCE {
            return Err(self.ban(now, BAN));
        }
        self.silence = Some((until, ignored + 1));
        let text = format!(
            "Too much request weight used; current limit is {limit} request weight per 1 MINUTE. \
             Please use WebSocket Streams for live updates to avoid polling the API."
        );
        let error = ApiError::new(-1003, text).with_status(429);
        Err(ApiError { retry_at: Some(until), ..error })
    }

    /// From now on, for so long, everything is refused as if too much had been sent.
    pub(super) fn ask_for_silence(&mut self, now: Timestamp, length: Span) {
        self.silence = Some((now + length, 0));
    }

    /// Bans the address.
    pub(super) fn ban(&mut self, now: Timestamp, length: Span) -> ApiError {
        let until = now + length;
        self.banned_until = Some(until);
        banned(until)
    }

    /// What was used so far was used by another address.
    pub(super) fn forget_weight(&mut self) {
        self.weight = Window::default();
    }

    /// Gives back the weight of an order request that succeeded (since 2026-04 it has none).
    pub(super) fn give_back(&mut self, now: Timestamp, weight: u32) {
        let used = self.weight.at(now, Span::MINUTE);
        *used = used.saturating_sub(weight);
    }

    /// The `rateLimits` of `exchangeInfo`.
    pub(super) fn rows(&self) -> Value {
        let RateLimits { weight, orders_10s, orders_1d } = self.settings;
        json!([
            limit_row("REQUEST_WEIGHT", ("MINUTE", 1), weight),
            limit_row("ORDERS", ("SECOND", 10), orders_10s),
            limit_row("ORDERS", ("DAY", 1), orders_1d),
            limit_row("RAW_REQUESTS", ("MINUTE", 5), 300_000),
        ])
    }
}

impl OrderCount {
    /// Whether so many more orders are too many.
    pub(super) fn check(&mut self, now: Timestamp, more: u32, limits: &RateLimits) -> Result<()> {
        if more > 0 && *self.seconds.at(now, TEN_SECONDS) + more > limits.orders_10s {
            return Err(ApiError::too_many_orders(limits.orders_10s, "10 SECOND"));
        }
        if more > 0 && *self.day.at(now, Span::DAY) + more > limits.orders_1d {
            return Err(ApiError::too_many_orders(limits.orders_1d, "1 DAY"));
        }
        Ok(())
    }

    /// Orders were placed.
    pub(super) fn add(&mut self, now: Timestamp, count: u32) {
        *self.seconds.at(now, TEN_SECONDS) += count;
        *self.day.at(now, Span::DAY) += count;
    }

    /// An order was filled for the first time: a taker gives back one, a maker more
    /// (`faqs/order_count_decrement.md`).
    pub(super) fn credit(&mut self, now: Timestamp, maker: Option<u32>) {
        let count = maker.unwrap_or(1);
        for window in [self.seconds.at(now, TEN_SECONDS), self.day.at(now, Span::DAY)] {
            *window = window.saturating_sub(count);
        }
    }

    /// Counts of this window: of ten seconds, and of the day.
    pub(super) fn counts(&mut self, now: Timestamp) -> (u32, u32) {
        (*self.seconds.at(now, TEN_SECONDS), *self.day.at(now, Span::DAY))
    }
}

/// A row of `rateLimits`.
pub(super) fn limit_row(kind: &str, (interval, number): (&str, u32), limit: u32) -> Value {
    json!({
        "rateLimitType": kind, "interval": interval, "intervalNum": number, "limit": limit,
    })
}

fn banned(until: Timestamp) -> ApiError {
    let text = format!(
        "Way too much request weight used; IP banned until {}. Please use WebSocket Streams for \
         live updates to avoid bans.",
        until.millis()
    );
    let error = ApiError::new(-1003, text).with_status(418);
    ApiError { retry_at: Some(until), ..error }
}
