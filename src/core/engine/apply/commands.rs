//! What people, and the programs around the engine, tell it.

use super::super::{Command, Engine, GateState, Touched, Trader};
use crate::num::Quantity;
use crate::order::TraderId;
use crate::strategy::Leave;

impl Engine {
    pub(super) fn take_command(&mut self, command: &Command) -> Touched {
        match *command {
            Command::Pause(asked) => self.named(asked).for_each(|trader| trader.paused = true),
            Command::Resume(asked) => {
                for trader in self.named(asked) {
                    trader.paused = false;
                    trader.leave = None;
                }
                self.panicked &= asked.is_some();
            }
            Command::Stop => self.stopped = true,
            Command::Start => self.stopped = false,
            Command::Close(asked) => {
                for trader in self.named(asked) {
                    trader.paused = true;
                    trader.leave = trader.position.is_open().then_some(Leave::Close);
                }
            }
            Command::Panic => {
                self.panicked = true;
                self.named(None).for_each(|trader| trader.leave = Some(Leave::Panic));
            }
            Command::Adopt(id, quantity) => self.adopt(id, quantity),
            Command::Configure(ref configuration) => return self.configure(configuration),
            Command::SetGate(gate, GateState::Closed) => {
                self.gates.insert(gate);
            }
            Command::SetGate(gate, GateState::Open) => {
                self.gates.remove(&gate);
            }
        }
        Touched::All
    }

    /// The trader that was named, or all.
    fn named(&mut self, asked: Option<TraderId>) -> impl Iterator<Item = &mut Trader> {
        let is_it = move |trader: &&mut Trader| asked.is_none_or(|asked| asked == trader.id);
        self.traders.iter_mut().filter(is_it)
    }

    /// A trader takes coins of the user into its position, valued at the bid; never more than
    /// belongs to no trader.
    fn adopt(&mut self, id: TraderId, quantity: Quantity) {
        let now = self.clock;
        let index = usize::from(id.0);
        let Some(trader) = self.traders.get(index) else { return };
        let Some(market) = self.markets.get(trader.market) else { return };
        let (base, price) = (market.rules.base, market.mark());
        let foreign = (self.balances.total(base) - self.held_by_all(base)).floor_quantity();
        let (Some(price), Some(trader)) = (price, self.traders.get_mut(index)) else { return };
        let candle = trader.candle.map_or(now, |candle| candle.open_time());
        let opened = trader.position.opened;
        trader.position.adopt(quantity.min(foreign), price, now, (candle, trader.closed));
        if trader.position.opened > opened {
            self.number_position(index);
        }
        self.note_protection(index);
    }
}
