//! Whatever else has hands on the account: its user, and the exchange.

use heikin_core::engine::{Command, Input};
use heikin_core::market::{Side, SymbolStatus};
use heikin_core::matching::MarketIndex;
use heikin_core::num::{Money, Price, Quantity};
use heikin_core::order::{
    ClientOrderId, ClientOrderIdParts, InstallationTag, NewOrder, OrderKind, Part, Reason, Slot,
    Terms, TraderId,
};
use heikin_core::time::Span;

use super::check::Violation;
use super::faults::Fault;
use super::scenario::asset;
use super::world::{Event, World};

impl World {
    /// Every few seconds somebody may do something.
    pub(super) fn use_hands(&mut self) -> Result<(), Violation> {
        let pause = self.dice.between(1_000, 12_000);
        self.after(pause, Event::Hands);
        if self.faults.are_over() {
            return Ok(());
        }
        let choice = self.dice.between(0, i64::try_from(self.feeds.len()).unwrap_or(1) - 1);
        let index = usize::try_from(choice).unwrap_or_default();
        let symbol = self.scenario.markets.get(index).map(|market| market.rules.symbol);
        let Some(market) = symbol.and_then(|symbol| self.venue.market(symbol)) else {
            return Ok(());
        };
        let turn = [
            Fault::OrderExpired,
            Fault::OrderCanceledByHand,
            Fault::PositionSoldByHand,
            Fault::Transfer,
            Fault::OrderByHand,
            Fault::Command,
            Fault::RulesChanged,
            Fault::SymbolHalted,
        ];
        let Some(fault) = self.dice.pick(&turn).copied() else { return Ok(()) };
        if !self.faults.strike(fault, &mut self.dice) {
            return Ok(());
        }
        match fault {
            Fault::OrderExpired => self.end_an_order(market, |world, market, id| {
                world.venue.expire(market, id);
            }),
            Fault::OrderCanceledByHand => self.end_an_order(market, |world, market, id| {
                let symbol = world.venue.rules(market).symbol;
                world.venue.cancel(id.with_part(Part::Order), symbol);
            }),
            Fault::PositionSoldByHand => self.sell_by_hand(market),
            Fault::Transfer => self.transfer(market),
            Fault::OrderByHand => self.order_by_hand(market),
            Fault::Command => return self.command(),
            Fault::RulesChanged => self.change_rules(market, index),
            _ => self.halt(market, index),
        }
        self.publish()
    }

    fn end_an_order(
        &mut self,
        market: MarketIndex,
        end: impl FnOnce(&mut Self, MarketIndex, ClientOrderId),
    ) {
        let tag = self.scenario.config.tag;
        let ours: Vec<_> =
            self.venue.open(market).map(|order| order.id).filter(|id| id.tag() == tag).collect();
        if let Some(id) = self.dice.pick(&ours).copied() {
            end(self, market, id);
        }
    }

    /// The user sells coins: those that lie free, after cancelling what holds the others.
    fn sell_by_hand(&mut self, market: MarketIndex) {
        self.checks.not_alone();
        let (base, quote) = (self.venue.rules(market).base, self.venue.rules(market).quote);
        if self.dice.chance(7_000) {
            self.end_an_order(market, |world, market, id| {
                let symbol = world.venue.rules(market).symbol;
                world.venue.cancel(id.with_part(Part::Order), symbol);
            });
        }
        let free = self.venue.free(base).floor_quantity();
        let part = if self.dice.chance(6_000) { 100 } else { self.dice.between(1, 100) };
        let amount = Quantity::from_units(free.units() / 100 * part).unwrap_or(Quantity::ZERO);
        let Some(price) = self.venue.last_price(market) else { return };
        if self.venue.transfer(base, -amount.to_money()) {
            let worth = price.times(amount).floor_quantity().to_money();
            self.venue.transfer(quote, worth);
            let balances = self.venue.pushed_balances(market);
            self.tell(&Input::Balances { balances, at: self.now });
        }
    }

    fn transfer(&mut self, market: MarketIndex) {
        self.checks.not_alone();
        let base = self.venue.rules(market).base;
        let asset = if self.dice.chance(5_000) { base } else { asset("USDT") };
        let free = self.venue.free(asset).floor_quantity().units();
        let units = self.dice.between(-free / 2, (free / 2).max(1_000_000_000));
        let amount = Quantity::from_units(units.abs()).unwrap_or(Quantity::ZERO).to_money();
        let amount = if units < 0 { -amount } else { amount };
        if self.venue.transfer(asset, amount) {
            let balances = self.venue.pushed_balances(market);
            self.tell(&Input::Balances { balances, at: self.now });
        }
    }

    /// The user places an order of his own: it has an id of somebody else.
    fn order_by_hand(&mut self, market: MarketIndex) {
        self.checks.not_alone();
        let rules = self.venue.rules(market).clone();
        let side = if self.dice.chance(5_000) { Side::Buy } else { Side::Sell };
        let Some(last) = self.venue.last_price(market) else { return };
        let away = last.units() / 10_000 * self.dice.between(-50, 50);
        let price =
            Price::from_units(last.units() + away).and_then(|price| rules.floor_tick(price));
        let quantity = Quantity::from_units(self.dice.between(1, 20) * 10_000_000);
        let quantity = quantity.and_then(|quantity| rules.floor_lot(quantity));
        let (Some(price), Some(quantity)) = (price, quantity) else { return };
        let generation = u32::try_from(self.dice.between(1, 1_000_000)).unwrap_or(1);
        let Ok(tag) = "user".parse::<InstallationTag>() else { return };
        let id = ClientOrderId::new(ClientOrderIdParts {
            tag,
            trader: TraderId(0),
            slot: Slot::Entry,
            generation,
            attempt: 1,
            part: Part::Order,
        });
        let kind = OrderKind::Limit { price };
        self.venue.submit_by_hand(&NewOrder {
            id,
            symbol: rules.symbol,
            terms: Terms { side, kind, quantity },
            reason: Reason::Signal,
            after: 0,
            not_after: self.now,
        });
    }

    fn command(&mut self) -> Result<(), Violation> {
        let count = i64::try_from(self.scenario.traders.len()).unwrap_or(1);
        let trader = u16::try_from(self.dice.between(0, count - 1)).ok().map(TraderId);
        let one = trader.filter(|_| self.dice.chance(5_000));
        let commands = [
            Command::Pause(one),
            Command::Resume(one),
            Command::Resume(None),
            Command::Resume(None),
            Command::Stop,
            Command::Start,
            Command::Start,
            Command::Close(one),
            Command::Close(trader),
            Command::Panic,
        ];
        match self.dice.pick(&commands).cloned() {
            Some(command) => self.deliver(Input::Command(command)),
            None => Ok(()),
        }
    }

    fn change_rules(&mut self, market: MarketIndex, index: usize) {
        let mut rules = self.venue.rules(market).clone();
        match self.dice.between(0, 2) {
            0 => {
                let ticks = [100_000, 1_000_000, 10_000_000];
                let tick = self.dice.pick(&ticks).copied().and_then(Price::from_units);
                rules.tick = tick.unwrap_or(rules.tick);
            }
            1 => {
                let steps = [100_000, 1_000_000, 10_000_000];
                let step = self.dice.pick(&steps).copied().and_then(Quantity::from_units);
                rules.lot.step = step.unwrap_or(rules.lot.step);
                rules.lot.min = rules.lot.step;
            }
            _ => {
                if let Some(notional) = &mut rules.notional {
                    let units = i128::from(self.dice.between(1, 12)) * 10_i128.pow(16);
                    notional.min = Money::from_units(units);
                }
            }
        }
        self.venue.set_rules(market, rules);
        let unnoticed = self.dice.between(0, 60_000);
        self.after(unnoticed, Event::Rules(index));
    }

    /// Trading on the symbol stops for a while.
    fn halt(&mut self, market: MarketIndex, index: usize) {
        let mut rules = self.venue.rules(market).clone();
        rules.status = SymbolStatus::Halted;
        self.venue.set_rules(market, rules);
        let pause = self.dice.between(1_000, 90_000);
        self.after(pause, Event::Reopen(index));
        if self.dice.chance(5_000) {
            self.at(self.now + Span::from_secs(1), Event::Rules(index));
        }
    }

    pub(super) fn reopen(&mut self, index: usize) -> Result<(), Violation> {
        let symbol = self.scenario.markets.get(index).map(|market| market.rules.symbol);
        let Some(market) = symbol.and_then(|symbol| self.venue.market(symbol)) else {
            return Ok(());
        };
        let mut rules = self.venue.rules(market).clone();
        rules.status = SymbolStatus::Trading;
        self.venue.set_rules(market, rules);
        self.read_rules(index)
    }

    /// The process reads the rules again, as it does every few minutes.
    pub(super) fn read_rules(&mut self, index: usize) -> Result<(), Violation> {
        let symbol = self.scenario.markets.get(index).map(|market| market.rules.symbol);
        let Some(market) = symbol.and_then(|symbol| self.venue.market(symbol)) else {
            return Ok(());
        };
        let rules = Box::new(self.venue.rules(market).clone());
        self.deliver(Input::Rules(rules))
    }
}
