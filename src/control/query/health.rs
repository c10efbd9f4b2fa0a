//! How heikin itself is: what it knows without asking anybody.

use std::time::Duration;

use heikin_bot::backend::{Check, Health, Verdict};
use heikin_core::engine::Gate;
use heikin_core::time::Span;

use super::status::gate;
use crate::control::{Control, Line};
use crate::store::journal::SLOW_SYNC;

/// The order thread goes round at least once a second.
const ROUND_WITHIN: Span = Span::from_millis(5_000);
/// Alerts that wait for longer are not getting through.
const TOLD_WITHIN: Span = Span::from_millis(60_000);

pub(super) async fn health(control: &Control) -> Health {
    let mut checks = vec![orders(control), market(control), exchange(control), disk(control)];
    checks.push(alerts(control).await);
    checks.extend(telegram(control));
    checks.extend(closed_gates(control));
    Health {
        at: control.now(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        started_at: control.shared.started_at,
        checks,
    }
}

fn check(name: &str, verdict: Verdict, figure: String) -> Check {
    Check { name: name.to_owned(), verdict, figure }
}

fn orders(control: &Control) -> Check {
    let silent = control.shared.heartbeat.silent();
    let is_good = silent < ROUND_WITHIN;
    let figure = format!("went round {} ms ago", silent.millis());
    check("order thread", if is_good { Verdict::Good } else { Verdict::Bad }, figure)
}

fn market(control: &Control) -> Check {
    let replica = control.replica();
    let is_stale = replica.engine().closed_gates().any(|gate| gate == Gate::StaleMarketData);
    drop(replica);
    let status = control.shared.status.borrow();
    let newest = status.traders.iter().filter_map(|it| it.last_close).max();
    let figure = newest.map_or_else(
        || "no candle has closed yet".to_owned(),
        |close| format!("last candle closed {} s ago", status.at.since(close).millis() / 1_000),
    );
    check("market data", if is_stale { Verdict::Bad } else { Verdict::Good }, figure)
}

fn exchange(control: &Control) -> Check {
    let status = control.shared.status.borrow();
    let seen = &status.exchange;
    let figure = format!(
        "{} requests, {} unanswered, {} pushed back; weight {} this minute",
        seen.succeeded + seen.failed + seen.unanswered,
        seen.unanswered,
        seen.pushed_back,
        seen.weight_used,
    );
    let verdict = if !status.reconciled {
        Verdict::Bad
    } else if seen.pushed_back > 0 {
        Verdict::Degraded
    } else {
        Verdict::Good
    };
    check("exchange", verdict, figure)
}

fn disk(control: &Control) -> Check {
    let journal = control.shared.status.borrow().journal;
    let is_fast = Duration::from_micros(journal.last_sync_micros) < SLOW_SYNC;
    let figure = format!(
        "record {} of the journal, synced in {} µs",
        journal.records, journal.last_sync_micros
    );
    check("disk", if is_fast { Verdict::Good } else { Verdict::Bad }, figure)
}

async fn alerts(control: &Control) -> Check {
    let now = control.now();
    let waiting = control
        .front(move |ledger| {
            let outbox = ledger.state().outbox();
            Ok((outbox.len(), outbox.oldest().map(|oldest| now.since(oldest))))
        })
        .await;
    match waiting {
        Ok((count, oldest)) => {
            let is_late = oldest.is_some_and(|age| age > TOLD_WITHIN);
            let figure = match oldest {
                None => "none waits".to_owned(),
                Some(age) => format!("{count} wait, the oldest for {} s", age.millis() / 1_000),
            };
            check("alerts", if is_late { Verdict::Degraded } else { Verdict::Good }, figure)
        }
        Err(error) => check("alerts", Verdict::Bad, error.to_string()),
    }
}

/// None where there is no bot: nothing is missing then.
fn telegram(control: &Control) -> Option<Check> {
    let line = control.line().borrow().clone();
    let verdict = match line {
        Line::Off => return None,
        Line::Up { .. } => Verdict::Good,
        Line::Connecting | Line::Down { .. } => Verdict::Degraded,
    };
    Some(check("Telegram", verdict, line.to_string()))
}

fn closed_gates(control: &Control) -> Vec<Check> {
    let replica = control.replica();
    let closed = replica.engine().closed_gates();
    closed.map(|it| check("entries", Verdict::Bad, gate(it).to_owned())).collect()
}
