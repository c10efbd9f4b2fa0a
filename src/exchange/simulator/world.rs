//! The exchange itself, without a socket: markets, accounts, orders, and what is yet to be told.

use std::collections::{BTreeSet, VecDeque};

use heikin_core::market::{Candle, Symbol, SymbolRules};
use heikin_core::matching::{AccountIndex, FillModel, MarketIndex, Matching, Progress};
use heikin_core::num::{Price, Quantity};
use heikin_core::strategy::FeeRates;
use heikin_core::time::Timestamp;
use secrecy::SecretString;

use super::faults::Faults;
use super::feed::Feed;
use super::hub::Hub;
use super::limits::{Limits, OrderCount};
use super::lockstep::Lockstep;
use super::records::{List, Order, OrderKey, Trade};
use super::settings::{KeyPermissions, Pace, Settings};
use super::stream::Stream;

/// So many recent prints of a symbol are kept.
const PRINTS: usize = 1_000;

/// A symbol that is traded.
#[derive(Debug)]
pub(super) struct Listing {
    pub(super) symbol: Symbol,
    pub(super) market: MarketIndex,
    pub(super) fees: FeeRates,
    pub(super) feed: Feed,
    /// The newest last.
    pub(super) prints: VecDeque<Print>,
    /// Counts prints and changes of the book.
    pub(super) updates: u64,
}

/// A trade of others: the price was here.
#[derive(Debug, Clone, Copy)]
pub(super) struct Print {
    pub(super) id: u64,
    pub(super) price: Price,
    pub(super) quantity: Quantity,
    pub(super) at: Timestamp,
    pub(super) buyer_is_maker: bool,
}

/// An account and its key.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) index: AccountIndex,
    pub(super) key: SecretString,
    pub(super) secret: SecretString,
    pub(super) permissions: KeyPermissions,
    /// The key was taken away.
    pub(super) revoked: bool,
    pub(super) orders: OrderCount,
    pub(super) updated_at: Timestamp,
}

/// The exchange.
#[derive(Debug)]
pub(super) struct World {
    pub(super) pace: Pace,
    pub(super) model: FillModel,
    pub(super) matching: Matching<OrderKey>,
    pub(super) listings: Vec<Listing>,
    pub(super) accounts: Vec<Account>,
    /// By [`OrderKey`].
    pub(super) orders: Vec<Order>,
    pub(super) trades: Vec<Trade>,
    pub(super) lists: Vec<List>,
    pub(super) limits: Limits,
    pub(super) faults: Faults,
    pub(super) hub: Hub,
    pub(super) lockstep: Lockstep,
    /// Events of accounts that are not sent yet.
    pub(super) outbox: VecDeque<(usize, String)>,
    pub(super) counters: Counters,
    /// Points that the price has come to.
    pub(super) points: u64,
    pub(super) next_name: u64,
    pub(super) next_execution: u64,
    started_at: Timestamp,
}

/// What happened, for those who look on.
#[derive(Debug, Clone, Default)]
pub(super) struct Counters {
    /// Requests by status; 0 counts those that got no answer.
    pub(super) by_status: std::collections::BTreeMap<u16, u64>,
    /// User events sent.
    pub(super) user_events: u64,
}

/// A point that the price has come to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Point {
    pub(super) listing: usize,
    /// The candle that closes here.
    pub(super) closes: Option<Candle>,
}

impl World {
    pub(super) fn new(settings: Settings) -> Self {
        let mut matching = Matching::new(settings.model);
        let mut listings = Vec::new();
        for listed in settings.markets {
            let symbol = listed.rules.symbol;
            let market = matching.add_market(listed.rules, listed.fees);
            let feed = Feed::new(listed.candles);
            if let Some(candle) = feed.last_closed() {
                matching.skip_to(market, candle.close());
                matching.close_candle(market);
            }
            let fees = listed.fees;
            let prints = VecDeque::new();
            listings.push(Listing { symbol, market, fees, feed, prints, updates: 0 });
        }
        let begins = |listing: &Listing| match listing.feed.last_closed() {
            Some(candle) => Some(candle.close_time()),
            None => listing.feed.current().map(|current| current.candle.open_time()),
        };
        let history_ends = listings.iter().filter_map(begins).max().unwrap_or(Timestamp::EPOCH);
        matching.set_time(history_ends);
        let started_at = settings.opens_at.map_or(history_ends, |at| at.max(history_ends));
        let mut accounts = Vec::new();
        for account in settings.accounts {
            accounts.push(Account {
                index: matching.add_account(&account.balances),
                key: account.key,
                secret: account.secret,
                permissions: account.permissions,
                revoked: false,
                orders: OrderCount::default(),
                updated_at: started_at,
            });
        }
        let mut world = Self {
            pace: settings.pace,
            model: settings.model,
            matching,
            listings,
            accounts,
            orders: Vec::new(),
            trades: Vec::new(),
            lists: Vec::new(),
            limits: Limits::new(settings.limits),
            faults: Faults::new(settings.fault_seed),
            hub: Hub::default(),
            lockstep: Lockstep::default(),
            outbox: VecDeque::new(),
            counters: Counters::default(),
            points: 0,
            next_name: 1,
            next_execution: 1,
            started_at,
        };
        if history_ends < started_at {
            world.pass_until(started_at);
        }
        world
    }

    /// The time of the market.
    pub(super) const fn now(&self) -> Timestamp {
        self.matching.now()
    }

    /// The time that the exchange shows its clients: the market's, but for a fault.
    pub(super) fn clock(&self) -> Timestamp {
        Timestamp::from_millis(self.now().millis() + self.faults.skew)
    }

    pub(super) const fn started_at(&self) -> Timestamp {
        self.started_at
    }

    pub(super) fn listing(&self, index: usize) -> Option<&Listing> {
        self.listings.get(index)
    }

    pub(super) fn listing_of(&self, symbol: &str) -> Option<usize> {
        self.listings.iter().position(|listing| listing.symbol.as_str() == symbol)
    }

    pub(super) fn rules(&self, listing: &Listing) -> &SymbolRules {
        self.matching.rules(listing.market)
    }

    /// The price of a symbol; before its first, what it will be.
    pub(super) fn price(&self, listing: &Listing) -> Option<Price> {
        let first = || listing.feed.current().map(|current| current.candle.open());
        self.matching.last_price(listing.market).or_else(first)
    }

    /// When and where the next point is.
    pub(super) fn next_point(&self) -> Option<(Timestamp, usize)> {
        let target = |(index, listing): (usize, &Listing)| {
            Some((listing.feed.current()?.target()?.at, index))
        };
        self.listings.iter().enumerate().filter_map(target).min()
    }

    /// The price goes to where the matching stops next: an open, an order on the way, an extreme, a
    /// close. None where the candles have ended.
    pub(super) fn advance(&mut self) -> Option<Point> {
        let (at, index) = self.next_point()?;
        self.matching.set_time(at);
        self.points += 1;
        let watched = self.closes_on_the_wire(index);
        let listing = self.listings.get_mut(index)?;
        let (market, current) = (listing.market, listing.feed.current()?);
        let target = current.target()?;
        // Trades are of whole steps.
        let step = self.matching.rules(market).lot.step;
        let depth = self.model.depth(&current.candle).map(|depth| depth.floor_to(step));
        let progress = if current.opens() {
            self.matching.jump(market, target.price, depth)
        } else {
            self.matching.walk(market, target.price)
        };
        if let (Some(price), Some(current)) =
            (self.matching.last_price(market), listing.feed.current_mut())
        {
            current.see(price);
        }
        let mut closes = None;
        if progress == Progress::Reached {
            closes = listing.feed.reach();
            match closes {
                Some(candle) if watched(&candle, &listing.feed) => {
                    self.matching.close_candle(market);
                }
                Some(_) => {}
                None => self.matching.begin_leg(market, depth),
            }
        }
        self.print(index);
        self.collect();
        Some(Point { listing: index, closes })
    }

    /// Where candles of a longer interval are watched, their closes alone are closes to the orders:
    /// what a finer candle ends on is a point of the walk.
    fn closes_on_the_wire(&self, listing: usize) -> impl Fn(&Candle, &Feed) -> bool + use<> {
        let streams = self.hub.streams(listing);
        let intervals: BTreeSet<_> = streams.iter().filter_map(Stream::interval).collect();
        move |candle, feed| {
            let ends = |interval| {
                let newest = feed.newest(interval, None);
                newest.is_some_and(|newest| newest.close_time() == candle.close_time())
            };
            intervals.is_empty() || intervals.iter().any(|interval| ends(*interval))
        }
    }

    /// Time has come to `now`, and the price of every symbol to where it is then. The points before
    /// must have been passed. Returns the listings whose price moved.
    pub(super) fn drift(&mut self, now: Timestamp) -> Vec<usize> {
        self.matching.set_time(now);
        let mut moved = Vec::new();
        for index in 0..self.listings.len() {
            let Some(listing) = self.listings.get_mut(index) else { continue };
            let market = listing.market;
            let tick = self.matching.rules(market).tick;
            let price = listing.feed.current().and_then(|it| it.price_at(now, tick));
            let Some(price) = price else { continue };
            loop {
                let progress = self.matching.walk(market, price);
                if let (Some(here), Some(current)) =
                    (self.matching.last_price(market), listing.feed.current_mut())
                {
                    current.see(here);
                }
                if progress == Progress::Reached {
                    break;
                }
            }
            moved.push(index);
            self.print(index);
        }
        self.collect();
        moved
    }

    /// Others trade at the present price.
    fn print(&mut self, index: usize) {
        let at = self.now();
        let Some(listing) = self.listings.get_mut(index) else { return };
        let Some(price) = self.matching.last_price(listing.market) else { return };
        let step = self.matching.rules(listing.market).lot.step;
        listing.updates += 1;
        let before = listing.prints.back().map(|print| print.price);
        let units = step.units().max(1).saturating_mul(1_000);
        listing.prints.push_back(Print {
            id: listing.updates,
            price,
            quantity: Quantity::from_units(units).unwrap_or_default(),
            at,
            buyer_is_maker: before.is_some_and(|before| price < before),
        });
        if listing.prints.len() > PRINTS {
            listing.prints.pop_front();
        }
    }

    /// A name for what a client gave none.
    pub(super) fn fresh_name(&mut self) -> String {
        let name = format!("sim{:019}", self.next_name);
        self.next_name += 1;
        name
    }

    /// How many simulated milliseconds pass in a real one; none in lockstep.
    pub(super) fn speed(&self) -> Option<i64> {
        match self.pace {
            Pace::Lockstep => None,
            Pace::Scaled(speed) => Some(speed.get().into()),
        }
    }
}
