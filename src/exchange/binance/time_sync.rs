//! Keeps [`ExchangeTime`] in step with the exchange's clock.

use heikin_core::time::Span;
use tokio::time::{Duration, timeout};

use super::clock::{OLDEST, RoundTrip};
use super::exchange_time::{ExchangeTime, pause};
use super::rest::Rest;

/// How many looks make a measurement.
const ROUND_TRIPS: usize = 5;
/// How often it is measured: twice before a measurement is too old.
const EVERY: Span = Span::from_millis(OLDEST.millis() / 2);
/// After a failed measurement, the first pause.
const SHORTEST_PAUSE: Duration = Duration::from_millis(500);
/// After many, the last.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Measures the exchange's clock until it is known, and returns then.
pub async fn measure(rest: &Rest) {
    let mut delay = SHORTEST_PAUSE;
    while !measured(rest).await {
        pause(delay).await;
        delay = delay.saturating_mul(2).min(LONGEST_PAUSE);
    }
}

/// Measures the exchange's clock twice a minute, when the exchange calls a stamp wrong (`-1021`), and
/// when this machine's clocks part. Never ends; in lockstep there is nothing to do.
pub async fn keep(rest: Rest) {
    let time = rest.time().clone();
    if time.is_lockstep() {
        return std::future::pending().await;
    }
    loop {
        measure(&rest).await;
        until_due(&time).await;
    }
}

/// Until the next measurement is due, or there is reason for one.
async fn until_due(time: &ExchangeTime) {
    let look = Duration::from_millis(500);
    let mut left = EVERY.millis();
    while left > 0 && time.is_trusted() {
        if timeout(look, time.doubted()).await.is_ok() {
            tracing::warn!(target: "api", "the exchange calls our time wrong: it is measured anew");
            return;
        }
        left -= 500;
    }
}

async fn measured(rest: &Rest) -> bool {
    let mut trips: Vec<RoundTrip> = Vec::with_capacity(ROUND_TRIPS);
    for _ in 0..ROUND_TRIPS {
        match rest.server_time().await {
            Ok(trip) => trips.push(trip),
            Err(error) => {
                tracing::warn!(target: "api", %error, "the exchange's clock cannot be read");
                return false;
            }
        }
    }
    match rest.time().measure(&trips) {
        Ok(offset) => {
            let (millis, uncertainty) = (offset.millis(), offset.uncertainty().millis());
            tracing::debug!(target: "api", offset = millis, uncertainty, "the exchange's clock");
            true
        }
        Err(error) => {
            tracing::warn!(target: "api", %error, "the exchange's clock is not known well enough");
            false
        }
    }
}
