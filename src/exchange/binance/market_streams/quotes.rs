use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::rc::Rc;

use heikin_core::market::{Quote, Symbol};
use heikin_core::time::Timestamp;
use tokio::sync::Notify;

use super::super::exchange_time::ExchangeTime;
use super::super::wire::BookTicker;

/// The latest best bid and ask of every symbol; cheap to clone, and all clones are one.
#[derive(Clone)]
pub struct Quotes(Rc<Inner>);

struct Inner {
    time: ExchangeTime,
    latest: RefCell<BTreeMap<Symbol, Quote>>,
    /// Symbols whose changes somebody waits for.
    wanted: RefCell<BTreeSet<Symbol>>,
    /// Those of them that have changed.
    changed: RefCell<BTreeSet<Symbol>>,
    wake: Notify,
    updates: Cell<u64>,
}

impl fmt::Debug for Quotes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Quotes").field("updates", &self.0.updates.get()).finish_non_exhaustive()
    }
}

impl Quotes {
    pub(super) fn new(time: ExchangeTime) -> Self {
        Self(Rc::new(Inner {
            time,
            latest: RefCell::default(),
            wanted: RefCell::default(),
            changed: RefCell::default(),
            wake: Notify::new(),
            updates: Cell::new(0),
        }))
    }

    /// The latest quote of a symbol, by the exchange's clock when it came in: the stream tells no
    /// time.
    pub fn latest(&self, symbol: Symbol) -> Option<Quote> {
        self.0.latest.borrow().get(&symbol).copied()
    }

    /// How many quotes came in since the start.
    pub fn updates(&self) -> u64 {
        self.0.updates.get()
    }

    /// From now on, [`Self::changed`] tells of these symbols, and of no others.
    pub fn want(&self, symbols: BTreeSet<Symbol>) {
        self.0.changed.borrow_mut().retain(|symbol| symbols.contains(symbol));
        *self.0.wanted.borrow_mut() = symbols;
    }

    /// Waits until a symbol that is wanted has a new quote: those that have one since the last call.
    /// A call that is dropped loses nothing.
    pub async fn changed(&self) -> BTreeSet<Symbol> {
        loop {
            let changed = std::mem::take(&mut *self.0.changed.borrow_mut());
            if !changed.is_empty() {
                return changed;
            }
            self.0.wake.notified().await;
        }
    }

    /// Takes in a quote. In lockstep it is not told before it has its time.
    pub(super) fn set(&self, ticker: &BookTicker) {
        let Some(quote) = ticker.quote(self.0.time.now()) else { return };
        self.0.updates.set(self.0.updates.get() + 1);
        self.0.latest.borrow_mut().insert(ticker.symbol, quote);
        if !self.0.time.is_lockstep() {
            self.tell(ticker.symbol);
        }
    }

    /// In lockstep, the candle behind a quote has the time of both.
    pub(super) fn stamp(&self, symbol: Symbol, at: Timestamp) {
        if let Some(quote) = self.0.latest.borrow_mut().get_mut(&symbol)
            && quote.at < at
        {
            quote.at = at;
        } else {
            return;
        }
        self.tell(symbol);
    }

    fn tell(&self, symbol: Symbol) {
        if self.0.wanted.borrow().contains(&symbol) {
            self.0.changed.borrow_mut().insert(symbol);
            self.0.wake.notify_one();
        }
    }
}
