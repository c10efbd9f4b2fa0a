//! The order of one series of candles: what is next, what is missing, what came before.

use std::collections::BTreeMap;

use heikin_core::market::Candle;
use heikin_core::time::{Interval, Span, Timestamp};

/// How long after a candle's end it is asked for by REST, where the stream did not tell it.
const GRACE: Span = Span::from_secs(3);
/// Candles that wait behind a gap; more are read by REST with it.
const MOST_WAITING: usize = 64;
/// How often a gap is asked for before it is taken for one of the exchange's own.
const ATTEMPTS: u32 = 3;
/// The longest pause between two looks.
const LONGEST_PAUSE: Span = Span::from_secs(30);

/// The candles of one symbol and interval.
#[derive(Debug)]
pub(super) struct Series {
    interval: Interval,
    last: Option<Last>,
    /// Candles behind a gap that is being filled.
    waiting: BTreeMap<Timestamp, Candle>,
    state: State,
    /// Looks by REST that told nothing new, in a row.
    vain: u32,
    /// Where the stream is not waited for any longer.
    due: Option<Timestamp>,
}

/// The last candle that was delivered, or is known otherwise.
#[derive(Debug, Clone, Copy)]
struct Last {
    open_time: Timestamp,
    candle: Option<Candle>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// What the stream tells is delivered.
    Following,
    /// It waits for REST.
    Filling,
}

/// What becomes of a closed candle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Offer {
    /// It is the next one.
    Deliver,
    /// It waits until what is missing before it has been read.
    Fill,
    /// It was delivered, or waits.
    Known,
    /// It was delivered with other contents.
    Contradicts,
}

impl Series {
    pub(super) fn new(interval: Interval, after: Option<Timestamp>) -> Self {
        let last = after.map(|open_time| Last { open_time, candle: None });
        let (waiting, state) = (BTreeMap::new(), State::Following);
        let mut series = Self { interval, last, waiting, state, vain: 0, due: None };
        series.expect_next();
        series
    }

    /// A closed candle from the stream.
    pub(super) fn offer(&mut self, candle: Candle) -> Offer {
        let open_time = candle.open_time();
        match self.last {
            Some(last) if open_time < last.open_time => return Offer::Known,
            Some(last) if open_time == last.open_time => {
                let differs = last.candle.is_some_and(|known| known != candle);
                return if differs { Offer::Contradicts } else { Offer::Known };
            }
            Some(last) if open_time > last.open_time + self.interval.span() => {
                self.wait(candle);
                return if self.state == State::Filling { Offer::Known } else { Offer::Fill };
            }
            _ if self.state == State::Filling => {
                self.wait(candle);
                return Offer::Known;
            }
            Some(_) | None => {}
        }
        self.deliver(candle);
        Offer::Deliver
    }

    fn wait(&mut self, candle: Candle) {
        if self.waiting.len() < MOST_WAITING {
            self.waiting.insert(candle.open_time(), candle);
        }
    }

    fn deliver(&mut self, candle: Candle) {
        self.last = Some(Last { open_time: candle.open_time(), candle: Some(candle) });
        self.vain = 0;
        self.expect_next();
    }

    fn expect_next(&mut self) {
        let span = self.interval.span();
        self.due = self.last.map(|last| last.open_time + span + span + GRACE);
    }

    /// When REST is to be asked, if the stream tells nothing until then.
    pub(super) fn due(&self) -> Option<Timestamp> {
        self.due.filter(|_| self.state == State::Following)
    }

    /// Begins to read what is missing: the time that it begins with. None where nothing can be
    /// missing, or it is being read.
    pub(super) fn fill(&mut self) -> Option<Timestamp> {
        let last = self.last.filter(|_| self.state == State::Following)?;
        self.state = State::Filling;
        Some(last.open_time + Span::from_millis(1))
    }

    /// Goes on reading behind a full page.
    pub(super) fn fill_on(&self) -> Option<Timestamp> {
        self.last.map(|last| last.open_time + Span::from_millis(1))
    }

    /// Takes in a page: what of it is delivered. The state stays as it is.
    pub(super) fn take_page(&mut self, page: &[Candle]) -> Vec<Candle> {
        let mut next = Vec::with_capacity(page.len());
        for candle in page {
            self.waiting.remove(&candle.open_time());
            if self.last.is_none_or(|last| candle.open_time() > last.open_time) {
                self.deliver(*candle);
                next.push(*candle);
            }
        }
        next
    }

    /// Everything was read that there is; `new` candles of it. What waited is delivered with it, and
    /// where there is still a gap, REST is asked again for a while: its copy may lag.
    pub(super) fn filled(&mut self, new: usize, now: Timestamp) -> Vec<Candle> {
        self.state = State::Following;
        if new == 0 {
            self.vain = self.vain.saturating_add(1);
            let pause = Span::SECOND.times(1 << self.vain.min(5)).min(LONGEST_PAUSE);
            self.due = self.due.map(|due| due.max(now + pause));
        }
        let mut delivered = Vec::new();
        while let Some((open_time, candle)) = self.waiting.first_key_value() {
            let (open_time, candle) = (*open_time, *candle);
            let is_next = self.last.is_none_or(|last| {
                open_time <= last.open_time + self.interval.span() || self.vain >= ATTEMPTS
            });
            if !is_next {
                self.due = Some(now + Span::SECOND);
                break;
            }
            self.waiting.remove(&open_time);
            if self.last.is_none_or(|last| open_time > last.open_time) {
                self.deliver(candle);
                delivered.push(candle);
            }
        }
        delivered
    }

    /// REST did not answer: it is asked again after a pause.
    pub(super) fn fill_failed(&mut self, now: Timestamp) {
        self.state = State::Following;
        let pause = Span::SECOND.times(1 << self.vain.min(4)).min(LONGEST_PAUSE);
        self.due = Some(now + pause);
    }
}

#[cfg(test)]
mod tests;
