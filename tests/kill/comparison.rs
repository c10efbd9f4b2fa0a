//! Looks at heikin and the exchange until they agree, or for too long.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use heikin_core::num::Quantity;

use crate::agreement::{differences, uncovered};
use crate::exchange::Exchange;
use crate::product::{Product, now, pause};
use crate::tally::tell;
use crate::told::{Told, ToldTrader};
use crate::truth::Truth;

/// A start with faults waits and asks again.
const READY_WITHIN: Duration = Duration::from_mins(1);
/// What takes longer is told.
const SLOW: Duration = Duration::from_secs(3);
const AGREE_WITHIN: Duration = Duration::from_secs(10);
/// That an order never arrived takes half a minute to prove.
const SETTLE_WITHIN: Duration = Duration::from_secs(90);
/// A position may be without a stop for so long (`PROTECTION_GRACE`).
const GRACE: Duration = Duration::from_secs(3);
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// How strictly the two have to agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Agreement {
    /// Of an order that never arrived, heikin may not know so yet.
    Known,
    /// Nothing is unknown.
    Settled,
}

/// The two agree.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Agreed {
    /// Orders of unknown outcome.
    pub(crate) unresolved: usize,
    /// Whether a position is without a stop whose outcome is one of these; heikin says so itself.
    pub(crate) is_bare: bool,
    /// The longest that a position was seen without a stop.
    pub(crate) longest_bare: Duration,
}

/// Waits until it would trade; how long that took since its start.
pub(crate) fn await_ready(product: &mut Product) -> Result<Duration, String> {
    let mut last: Option<Told> = None;
    loop {
        if let Some(ending) = product.ending() {
            return Err(format!("it ended before it was ready: {ending:?}"));
        }
        let took = now() - product.started;
        match product.told() {
            Some(told) if told.is_ready() => {
                if took > SLOW {
                    let before = last.map(|told| told.what_keeps_it());
                    tell(&format!("a start took {took:?}: {before:?}"));
                }
                return Ok(took);
            }
            told => last = told.or(last),
        }
        if took > READY_WITHIN {
            return Err(format!("not ready after {took:?}: {last:?}"));
        }
        pause(LOOK_EVERY);
    }
}

/// Both sides, while they are looked at.
pub(crate) struct Comparison<'a> {
    exchange: &'a Exchange,
    product: &'a mut Product,
    /// Since when a trader's position has been without a stop.
    bare: BTreeMap<u16, Instant>,
    /// Since when it has been so without heikin saying why.
    silent: BTreeMap<u16, Instant>,
    longest_bare: Duration,
    /// How they differed when they were looked at last.
    apart: String,
}

impl<'a> Comparison<'a> {
    pub(crate) fn new(exchange: &'a Exchange, product: &'a mut Product) -> Self {
        let apart = "it does not answer".to_owned();
        let (bare, silent) = (BTreeMap::new(), BTreeMap::new());
        Self { exchange, product, bare, silent, longest_bare: Duration::ZERO, apart }
    }

    /// Waits until heikin says what the exchange knows.
    ///
    /// # Errors
    ///
    /// Where that takes too long, or something is so that may never be so.
    pub(crate) fn until(mut self, how: Agreement) -> Result<Agreed, String> {
        let within = match how {
            Agreement::Known => AGREE_WITHIN,
            Agreement::Settled => SETTLE_WITHIN,
        };
        let began = now();
        while now() < began + within {
            pause(LOOK_EVERY);
            let before = std::mem::take(&mut self.apart);
            match self.look()? {
                Some(agreed) if how == Agreement::Known || agreed.unresolved == 0 => {
                    let took = now() - began;
                    if took > SLOW && how == Agreement::Known {
                        tell(&format!("to agree took {took:?}; before: {before}"));
                    }
                    return Ok(agreed);
                }
                _ => {}
            }
            if self.apart.is_empty() {
                self.apart = before;
            }
        }
        Err(format!("no agreement within {within:?}: {}", self.apart))
    }

    /// None where they differ, or where the exchange changed meanwhile.
    fn look(&mut self) -> Result<Option<Agreed>, String> {
        let (truth, prices) = self.exchange.truth();
        let Some(told) = self.product.told() else {
            let ended = self.product.ending();
            return ended.map_or(Ok(None), |it| Err(format!("it ended by itself: {it:?}")));
        };
        let violations = truth.violations();
        if !violations.is_empty() {
            return Err(violations.join("; "));
        }
        let mut found = differences(&truth, &told);
        for (trader, price) in told.traders.iter().zip(prices) {
            self.watch(trader, uncovered(&truth, trader, price), &mut found);
        }
        if self.exchange.truth().0 != truth {
            return Ok(None);
        }
        let unresolved = told.unresolved();
        let (is_bare, longest_bare) = (!self.bare.is_empty(), self.longest_bare);
        if found.is_empty() {
            self.apart = format!("{unresolved} of unknown outcome\n{}", describe(&truth, &told));
            return Ok(Some(Agreed { unresolved, is_bare, longest_bare }));
        }
        self.apart = format!("{}\n{}", found.join("\n"), describe(&truth, &told));
        if self.silent.values().any(|since| now() - *since > GRACE) {
            return Err(format!("beyond the grace: {}", self.apart));
        }
        Ok(None)
    }

    /// Notes what of a trader's position is without a stop.
    fn watch(&mut self, trader: &ToldTrader, bare: Option<Quantity>, found: &mut Vec<String>) {
        let number = trader.trader;
        let Some(quantity) = bare else {
            self.bare.remove(&number);
            self.silent.remove(&number);
            return;
        };
        let since = *self.bare.entry(number).or_insert_with(now);
        self.longest_bare = self.longest_bare.max(now() - since);
        if trader.admits_no_protection() {
            self.silent.remove(&number);
        } else {
            self.silent.entry(number).or_insert_with(now);
            found.push(format!("{quantity} of trader {number} has no stop"));
        }
    }
}

/// Both sides, for people.
fn describe(truth: &Truth, told: &Told) -> String {
    let mut text = "-- the exchange: open\n".to_owned();
    for order in truth.orders.iter().filter(|order| order.is_open) {
        writeln!(text, "{order:?}").unwrap();
    }
    writeln!(text, "held {:?}, balances {:?}", truth.held, truth.balances).unwrap();
    writeln!(text, "-- heikin\n{told:?}").unwrap();
    text
}
