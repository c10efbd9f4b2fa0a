//! What a group of records has to tell people: the engine's alerts, the entry that was placed, the
//! stop that was raised.

use heikin_bot::backend::{
    Alert, ConnectionAlert, FillAlert, Identity, Mode, OrderNumber, PanicStep, ProtectionAlert,
    RiskAlert, StopRaised, SystemAlert, TradeNumber, Trader,
};
use heikin_core::engine::{self, Body, Command, Effect, Engine, Gate, GateState, Input, Record};
use heikin_core::market::{Asset, Side, TickPrice};
use heikin_core::num::{Money, Quantity};
use heikin_core::order::{
    ClientOrderId, NewOrder, Order, Outcome, Reason, Slot, Surprise, TraderId, VenueStatus,
};
use heikin_core::time::{Span, Timestamp};

use super::model::Model;
use super::{market_status, words};

/// Something to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Telling {
    /// When it happened.
    pub at: Timestamp,
    /// What belongs together.
    pub thread: Option<String>,
    /// What.
    pub alert: Alert,
}

/// What tells, and of whom.
pub(super) struct Teller<'a> {
    pub(super) mode: Mode,
    pub(super) engine: &'a Engine,
    pub(super) model: &'a mut Model,
}

impl Teller<'_> {
    /// What a record has to tell; the engine and the model have taken in all of its group.
    pub(super) fn tell(&mut self, record: &Record, told: &mut Vec<Telling>) {
        let at = record.at;
        match &record.body {
            Body::Effect(Effect::Submit(order) | Effect::Replace { submit: order, .. }) => {
                told.extend(self.order(at, order));
            }
            Body::Effect(Effect::Notify(alert)) => told.extend(self.alert(at, alert)),
            Body::Input(Input::Command(Command::SetGate(gate, state))) => {
                told.extend(gate_alert(*gate, *state).map(|alert| Telling {
                    at,
                    thread: Some(format!("gate-{gate:?}")),
                    alert,
                }));
            }
            Body::Input(Input::Rules(rules)) => {
                let before = self.model.note_status(rules.symbol, rules.status);
                let alert = market_status::told(self.engine, rules, before);
                told.extend(alert.map(|alert| Telling {
                    at,
                    thread: Some(format!("market-{}", rules.symbol)),
                    alert: Alert::System(alert),
                }));
            }
            Body::Effect(Effect::Decide { trader, outcome, .. })
                if !matches!(outcome, Some(Outcome::Place(..))) && !self.has_entry(*trader) =>
            {
                // An entry that is wanted no more: the next one is told again.
                self.model.traders.entry(trader.0).or_default().is_armed = false;
            }
            _ => {}
        }
    }

    fn has_entry(&self, id: TraderId) -> bool {
        let of = self.engine.traders().get(usize::from(id.0));
        of.is_some_and(|of| of.live_orders().any(|order| order.terms.side == Side::Buy))
    }

    fn trader(&self, id: TraderId) -> Option<Trader> {
        words::trader_by_id(self.engine, id)
    }

    fn order(&mut self, at: Timestamp, order: &NewOrder) -> Option<Telling> {
        match order.terms.side {
            Side::Buy => self.entry(at, order),
            Side::Sell if order.reason == Reason::Stop => self.raised(at, order),
            Side::Sell if matches!(order.reason, Reason::Rescue | Reason::LastResort) => {
                self.rescued(at, order)
            }
            Side::Sell => None,
        }
    }

    /// The first of a row of entries; those that only price it anew are not told.
    fn entry(&mut self, at: Timestamp, order: &NewOrder) -> Option<Telling> {
        let id = order.id.trader();
        let model = self.model.traders.entry(id.0).or_default();
        if std::mem::replace(&mut model.is_armed, true) {
            return None;
        }
        let limit = order.terms.kind.worst_price().map(TickPrice::price)?;
        let trigger = order.terms.kind.trigger().map_or(limit, TickPrice::price);
        let trader = self.trader(id)?;
        Some(Telling {
            at,
            thread: None,
            alert: Alert::EntryPlaced {
                mode: self.mode,
                trader,
                trigger,
                limit,
                quantity: order.terms.quantity.quantity(),
            },
        })
    }

    fn raised(&mut self, at: Timestamp, order: &NewOrder) -> Option<Telling> {
        let id = order.id.trader();
        let trigger = order.terms.kind.trigger()?.price();
        let open = self.position(id)?;
        let (number, entry) = (open.number, open.cost.price_of(open.bought)?);
        let (from, to) = self.model.stop_moved(id, (number, trigger))?;
        let price = self.engine.market_of_order(order.id)?.quote().map(|quote| quote.bid);
        Some(Telling {
            at,
            thread: Some(trade_thread(number)),
            alert: Alert::StopRaised(StopRaised {
                mode: self.mode,
                trader: self.trader(id)?,
                number: TradeNumber(number),
                from,
                to,
                times: 1,
                entry,
                price,
            }),
        })
    }

    /// A triggered stop is offered anew, or rests at its floor.
    fn rescued(&self, at: Timestamp, order: &NewOrder) -> Option<Telling> {
        let id = order.id.trader();
        let of = self.engine.traders().get(usize::from(id.0))?;
        let number = self.open_number(id)?;
        let floor = self.engine.explain(of)?.floor?;
        let bid = self.engine.market_of(of)?.quote().map(|quote| quote.bid);
        let price = order.terms.kind.worst_price().map(TickPrice::price);
        let trader = self.trader(id)?;
        let alert = if price == Some(floor) {
            ProtectionAlert::AtFloor { trader, number, floor, bid }
        } else {
            ProtectionAlert::Rescued { trader, number, price, floor, bid }
        };
        let thread = Some(trade_thread(number.0));
        Some(Telling { at, thread, alert: Alert::Protection(alert) })
    }

    fn protected(&mut self, at: Timestamp, id: TraderId) -> Option<(Option<String>, Alert)> {
        let number = self.open_number(id)?;
        let trigger = self.position(id)?.stop.map(TickPrice::price);
        let since = self.model.traders.entry(id.0).or_default().unprotected_since.take();
        let seconds = since.map_or(0, |since| at.since(since).millis() / 1_000);
        let seconds = u32::try_from(seconds).unwrap_or(0);
        let trader = self.trader(id)?;
        let alert = ProtectionAlert::Protected { trader, number, trigger, seconds };
        Some((Some(format!("unprotected-{}", number.0)), Alert::Protection(alert)))
    }

    fn position(&self, id: TraderId) -> Option<&heikin_core::ledger::OpenPosition> {
        self.engine.traders().get(usize::from(id.0))?.position().open.as_ref()
    }

    fn alert(&mut self, at: Timestamp, alert: &engine::Alert) -> Option<Telling> {
        use engine::Alert as From;
        let (thread, alert) = match alert {
            From::Filled { id, side, reason, remaining, .. } => {
                self.filled(*id, (*side, *reason), *remaining)?
            }
            From::TradeClosed(trade) => self.closed(trade)?,
            From::Denied { trader, denial } => {
                let trader = self.trader(*trader)?;
                let quote = self.quote_of(trader)?;
                let figures = super::model::risk_sentence(self.engine, quote);
                let alert = RiskAlert::EntryDenied { trader, denial: *denial, figures };
                (Some(format!("denied-{trader}")), Alert::Risk(alert))
            }
            From::OrderFailed { id, close } => (
                None,
                Alert::OrderRejected {
                    trader: self.trader(id.trader())?,
                    order: self.number(*id),
                    side: self.engine.order(*id).map_or(Side::Sell, |order| order.terms.side),
                    reason: words::ended(*close),
                    doing: self.what_follows(id.trader()),
                },
            ),
            From::Unprotected { trader, quantity, since } => {
                let number = self.open_number(*trader)?;
                let alert = ProtectionAlert::Unprotected {
                    trader: self.trader(*trader)?,
                    number,
                    quantity: *quantity,
                    since: *since,
                    cause: "no stop of it is confirmed by the exchange".to_owned(),
                    doing: self.what_follows(*trader),
                };
                (Some(format!("unprotected-{}", number.0)), Alert::Protection(alert))
            }
            From::Protected { trader } => self.protected(at, *trader)?,
            From::DustCarried { trader, held } => {
                let (trader, held) = (self.trader(*trader)?, *held);
                let base = self.base_of(trader)?;
                let alert = ProtectionAlert::DustCarried { trader, held, base };
                (None, Alert::Protection(alert))
            }
            other => return self.about_the_system(at, other),
        };
        Some(Telling { at, thread, alert })
    }

    fn about_the_system(&self, at: Timestamp, alert: &engine::Alert) -> Option<Telling> {
        use engine::Alert as From;
        let (thread, alert) = match alert {
            From::Surprise { id, surprise } => {
                let number = self.number(*id);
                let what = match surprise {
                    Surprise::Revived => "is there after all, though it counted as never placed",
                    Surprise::FillAfterClose => "was filled after it had ended",
                    Surprise::Overfilled => "was filled for more than it asked",
                };
                let alert = SystemAlert::Fault {
                    what: format!("order o{} {what}", number.0),
                    doing: "the exchange is believed, and the difference is booked".to_owned(),
                    remedy: "look at the order at the exchange; nothing has to be done".to_owned(),
                };
                (Some(order_thread(number)), alert)
            }
            From::Unexplained { id } => {
                let (number, order) = (self.number(*id), self.engine.order(*id));
                let alert = SystemAlert::OrderUnknown {
                    trader: self.trader(id.trader())?,
                    order: number,
                    side: order.map_or(Side::Sell, |order| order.terms.side),
                    since: order.map_or(at, |order| order.phase_since),
                };
                (Some(order_thread(number)), alert)
            }
            From::Recovered { id, status, executed } => {
                (None, self.recovered(*id, *status, *executed))
            }
            From::BalanceChanged { asset, amount } => {
                (None, SystemAlert::BalanceChanged { asset: *asset, amount: *amount })
            }
            From::PositionSoldByHand { trader, missing } => {
                let trader = self.trader(*trader)?;
                let base = self.base_of(trader)?;
                (None, SystemAlert::SoldByHand { trader, missing: *missing, base })
            }
            From::CandleGap { trader, closed, opened } => {
                let (trader, closed, opened) = (self.trader(*trader)?, *closed, *opened);
                (None, SystemAlert::CandleGap { trader, closed, opened })
            }
            _ => return None,
        };
        Some(Telling { at, thread, alert: Alert::System(alert) })
    }

    /// An order that the journal had lost, and what becomes of it.
    fn recovered(&self, id: ClientOrderId, status: VenueStatus, executed: Quantity) -> SystemAlert {
        let (side, of) = match (id.slot(), self.trader(id.trader())) {
            (Slot::Entry, Some(trader)) => ("BUY", trader.to_string()),
            (Slot::Exit, Some(trader)) => ("SELL", trader.to_string()),
            _ => {
                return SystemAlert::Fault {
                    what: format!("order {id} is open at the exchange, and no trader has sent it"),
                    doing: "no trader enters while it is open".to_owned(),
                    remedy: "cancel it at the exchange, and look after what it bought or sold: \
                             heikin does not know of it"
                        .to_owned(),
                };
            }
        };
        let open = if status.is_final() {
            ""
        } else {
            "; what is open of it is cancelled, or replaced by the position's own exit, and nobody \
             enters before"
        };
        SystemAlert::Fault {
            what: format!(
                "{side} order {id} of {of} is not in the journal, which is an older copy or has lost \
                 its end"
            ),
            doing: format!("{executed} was executed of it, and is booked to {of}{open}"),
            remedy: format!("hold {of}'s position against what the exchange says of its trades"),
        }
    }

    fn filled(
        &mut self,
        id: ClientOrderId,
        (side, reason): (Side, Reason),
        remaining: Quantity,
    ) -> Option<(Option<String>, Alert)> {
        let of = self.engine.traders().get(usize::from(id.trader().0))?;
        let rules = self.engine.market_of(of)?.rules();
        let so_far = self.model.filled_so_far(id)?;
        let number = self.model.trade_of(id, self.engine);
        if side == Side::Buy {
            self.model.traders.entry(id.trader().0).or_default().is_armed = false;
        }
        let fill = FillAlert {
            mode: self.mode,
            trader: words::trader(self.engine, of)?,
            number,
            base: rules.base,
            quote: rules.quote,
            side,
            reason,
            price: so_far.worth.price_of(so_far.quantity)?,
            quantity: so_far.quantity,
            remaining,
            fee: so_far.fee,
            fee_asset: so_far.fee_asset,
            protection: words::protection(self.engine, of),
        };
        Some((Some(trade_thread(number.0)), Alert::Filled(Box::new(fill))))
    }

    fn closed(&self, trade: &heikin_core::ledger::Trade) -> Option<(Option<String>, Alert)> {
        let of = self.engine.traders().get(usize::from(trade.trader.0))?;
        let market = self.engine.market_of(of)?;
        let quote = market.rules().quote;
        let line = words::trade_line(trade, words::trader(self.engine, of)?, market)?;
        let since = trade.exited_at - WEEK;
        let week = self.model.trades.iter().rev();
        let week: Money = week
            .take_while(|it| since < it.exited_at)
            .filter(|it| it.quote == quote)
            .map(|it| it.net)
            .sum();
        let alert = Alert::TradeClosed {
            mode: self.mode,
            trade: Box::new(line),
            day: self.engine.risk_figures(quote).realized_today,
            week,
        };
        Some((Some(trade_thread(trade.number)), alert))
    }

    fn number(&self, id: ClientOrderId) -> OrderNumber {
        self.model.order_by_id(id).map_or(OrderNumber(0), |order| order.number)
    }

    fn open_number(&self, id: TraderId) -> Option<TradeNumber> {
        self.position(id).map(|open| TradeNumber(open.number))
    }

    fn quote_of(&self, trader: Trader) -> Option<Asset> {
        let market = self.engine.markets().iter().find(|it| it.rules().symbol == trader.symbol);
        market.map(|market| market.rules().quote)
    }

    fn base_of(&self, trader: Trader) -> Option<Asset> {
        let market = self.engine.markets().iter().find(|it| it.rules().symbol == trader.symbol);
        market.map(|market| market.rules().base)
    }

    /// What heikin does about a trader's trouble, as its orders show it.
    fn what_follows(&self, id: TraderId) -> String {
        let of = self.engine.traders().get(usize::from(id.0));
        let exit = of
            .and_then(|of| of.live_orders().find(|order: &&Order| order.terms.side == Side::Sell));
        match (of.is_some_and(|of| of.position().is_open()), exit) {
            (true, Some(_)) => "an order that protects the position is on its way".to_owned(),
            (true, None) => "it is tried again until the position is protected".to_owned(),
            (false, _) => "nothing is held; the next candle decides anew".to_owned(),
        }
    }
}

const WEEK: Span = Span::from_secs(7 * 86_400);

/// What the alerts of a trade answer.
pub fn trade_thread(number: u64) -> String {
    format!("trade-{number}")
}

fn order_thread(number: OrderNumber) -> String {
    format!("order-{}", number.0)
}

/// What a gate that closes or opens has to tell; some close at each start and tell nobody.
fn gate_alert(gate: Gate, state: GateState) -> Option<Alert> {
    let reason = match gate {
        Gate::LiveGate => match state {
            GateState::Closed => "the settings have not passed on the symbol's history (see /mode)",
            GateState::Open => "the settings have passed on the symbol's history (see /mode)",
        },
        Gate::KeyRights => {
            "the exchange does not accept the key, or it may do too much: see /health"
        }
        Gate::SlowDisk => "the disk is slow: entries pass again when it was fast for a minute",
        Gate::OtherInstallation => "another heikin trades on the account: stop one of the two",
        Gate::Banned => {
            "the exchange has shut this address out: nothing is sent until that is over"
        }
        Gate::DiskFull => "there is hardly any room on the disk: make room at once",
        Gate::CrashLoop => {
            "heikin ended by itself again and again: entries wait for ten minutes; see the log for why"
        }
        Gate::ClockOff => "this machine's clock is off: let NTP set it",
        Gate::StaleMarketData | Gate::UserStreamDown | Gate::ShuttingDown => return None,
    };
    let reason = reason.to_owned();
    Some(Alert::Risk(match state {
        GateState::Closed => RiskAlert::GateClosed { reason },
        GateState::Open => RiskAlert::GateOpened { reason },
    }))
}

/// The panic latch has fallen, or what became of it.
pub fn panic(by: &Identity, step: PanicStep) -> Alert {
    Alert::Risk(RiskAlert::Panic { by: by.clone(), name: String::new(), step })
}

/// A connection that was gone for so long that people are told.
pub fn connection(alert: ConnectionAlert) -> Alert {
    Alert::Connection(alert)
}
