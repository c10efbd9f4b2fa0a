//! Looks at heikin and the exchange until they agree, or for too long.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use heikin_core::num::Quantity;

use crate::agreement::{differences, uncovered};
use crate::exchange::Exchange;
use crate::machine::FairTime;
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
/// And for so long, where heikin says that it does not know what became of its stop: until that is
/// settled, and once more where that was not to be had.
const PROTECT_WITHIN: Duration = Duration::from_secs(40);
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// How strictly the two have to agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Agreement {
    /// What is held is protected; of an entry that never arrived, heikin may not know so yet.
    Known,
    /// Nothing is unknown.
    Settled,
}

/// The two agree.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Agreed {
    /// Orders of unknown outcome.
    pub(crate) unresolved: usize,
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
    bare: BTreeMap<u16, FairTime>,
    /// Since when it has been so without heikin saying why.
    silent: BTreeMap<u16, FairTime>,
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
        let began = FairTime::of(self.product.id());
        let mut apart_since = began.clone();
        while apart_since.passed() < within && !self.is_bare_for_too_long() {
            pause(LOOK_EVERY);
            let before = std::mem::take(&mut self.apart);
            match self.look()? {
                Some(agreed) if how == Agreement::Known || agreed.unresolved == 0 => {
                    let took = began.passed();
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
            if !self.bare.is_empty() {
                // That has a limit of its own.
                apart_since = FairTime::of(self.product.id());
            }
        }
        Err(format!("no agreement within {:?}: {}", began.passed(), self.apart))
    }

    fn is_bare_for_too_long(&self) -> bool {
        self.bare.values().any(|since| since.passed() > PROTECT_WITHIN)
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
        if found.is_empty() {
            self.apart = format!("{unresolved} of unknown outcome\n{}", describe(&truth, &told));
            let agreed = Agreed { unresolved, longest_bare: self.longest_bare };
            return Ok(self.bare.is_empty().then_some(agreed));
        }
        self.apart = format!("{}\n{}", found.join("\n"), describe(&truth, &told));
        if self.silent.values().any(|since| since.passed() > GRACE) {
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
        let process = self.product.id();
        let since = self.bare.entry(number).or_insert_with(|| FairTime::of(process));
        self.longest_bare = self.longest_bare.max(since.passed());
        if trader.admits_no_protection() {
            self.silent.remove(&number);
        } else {
            self.silent.entry(number).or_insert_with(|| FairTime::of(process));
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
