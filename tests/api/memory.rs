//! A backend in memory that keeps to the port, with little in it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use heikin_bot::backend::*;
use heikin_bot::commands::Verb;
use heikin_core::market::Side;
use heikin_core::num::Money;
use heikin_core::order::Reason;
use heikin_core::time::Timestamp;

pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_767_225_600_000);
pub(crate) const OWNER: UserId = UserId(1_001);
pub(crate) const PIN: &str = "4711";

/// What can change.
#[derive(Debug, Default)]
struct State {
    version: u64,
    is_paused: bool,
    roles: BTreeMap<UserId, Role>,
    preferences: BTreeMap<UserId, NotifyPreferences>,
    answered: BTreeMap<RequestId, Outcome>,
    audit: Vec<AuditLine>,
    pending: Vec<InboxRow>,
    seen: BTreeSet<UpdateId>,
    outbox: Vec<Envelope>,
    next: u64,
    tickets: BTreeMap<Nonce, Ticket>,
    done: Vec<Command>,
    fills: Vec<FillLine>,
    grows: u32,
}

/// The backend.
#[derive(Debug)]
pub(crate) struct Memory {
    state: Mutex<State>,
    /// What tokens may do.
    pub(crate) tokens: BTreeMap<&'static str, Role>,
    /// What every question is answered with instead.
    pub(crate) fails: Mutex<Option<BackendError>>,
    /// Whether a panic is guarded by [`PIN`].
    pub(crate) has_pin: bool,
}

impl Memory {
    pub(crate) fn new() -> Self {
        let roles = [(OWNER, Role::Owner)].into();
        let fills = (0..3).map(fill).collect();
        let state = State { version: 7, roles, fills, next: 1, ..State::default() };
        let tokens = [
            ("reader", Role::Subscriber),
            ("viewer", Role::Viewer),
            ("ops", Role::Operator),
            ("owner", Role::Owner),
        ];
        Self {
            state: Mutex::new(state),
            tokens: tokens.into(),
            fails: Mutex::new(None),
            has_pin: false,
        }
    }

    pub(crate) fn done(&self) -> Vec<Command> {
        self.state.lock().unwrap().done.clone()
    }

    /// Gives it so many fills, and one more after each time that it is asked.
    pub(crate) fn fill_up(&self, count: u32, grows: u32) {
        let mut state = self.state.lock().unwrap();
        state.fills = (0..count).rev().map(fill).collect();
        state.grows = grows;
    }

    pub(crate) fn alert(&self) {
        let mut state = self.state.lock().unwrap();
        let cursor = Cursor(state.next);
        state.next += 1;
        let alert = Alert::Broadcast { text: format!("<b>{}</b> & ₹", cursor.0) };
        state.outbox.push(Envelope {
            cursor,
            chat: ChatId(OWNER.0),
            lane: alert.lane(),
            loudness: Loudness::Loud,
            thread: None,
            reply_to: None,
            role: Role::Owner,
            zone: "Asia/Kolkata".to_owned(),
            at: NOW,
            maybe_repeated: false,
            alert,
        });
    }

    fn role(&self, actor: &Actor) -> Role {
        match &actor.identity {
            Identity::Telegram { user } => {
                self.state.lock().unwrap().roles.get(user).copied().unwrap_or(Role::Guest)
            }
            Identity::Terminal => Role::Owner,
            Identity::Token { name } => {
                self.tokens.get(name.as_str()).copied().unwrap_or(Role::Guest)
            }
        }
    }
}

pub(crate) fn trader() -> Trader {
    Trader { symbol: "BTCUSDT".parse().unwrap(), interval: "1h".parse().unwrap() }
}

fn fill(number: u32) -> FillLine {
    FillLine {
        at: Timestamp::from_millis(NOW.millis() + i64::from(number)),
        trader: trader(),
        order: OrderNumber(number.into()),
        trade: TradeNumber(number.into()),
        side: Side::Buy,
        price: "69812.4".parse().unwrap(),
        quantity: "0.0143".parse().unwrap(),
        fee: "0.0000143".parse().unwrap(),
        fee_asset: "BTC".parse().unwrap(),
        reason: Reason::Breakout,
    }
}

fn trade(number: u64) -> TradeLine {
    TradeLine {
        number: TradeNumber(number),
        trader: trader(),
        quote: "USDT".parse().unwrap(),
        entered_at: NOW,
        exited_at: NOW,
        quantity: "0.0143".parse().unwrap(),
        entry: "69812.4".parse().unwrap(),
        exit: "69105.1".parse().unwrap(),
        fees: "1.99".parse().unwrap(),
        net: "-12.1".parse().unwrap(),
        return_on_cost: BasisPoints(-121),
        exit_reason: Reason::Stop,
    }
}

fn paged<T: Clone>(all: &[T], page: Page) -> Paged<T> {
    let take = usize::from(page.take.min(200));
    let skip = usize::try_from(page.skip).unwrap();
    let items = all.iter().skip(skip).take(take).cloned().collect();
    Paged { items, skip: page.skip, total: u32::try_from(all.len()).unwrap() }
}

fn missing(what: &str) -> BackendError {
    BackendError::NotFound { what: what.to_owned() }
}

impl Memory {
    fn member(&self, user: UserId) -> Member {
        let role = self.state.lock().unwrap().roles.get(&user).copied().unwrap_or(Role::Guest);
        let access = Access::None;
        Member { user, role, access, billing: false, is_claimed: true, groups: false }
    }

    fn status(&self) -> Status {
        let state = self.state.lock().unwrap();
        let control = if state.is_paused { Control::Paused } else { Control::Running };
        Status {
            version: StateVersion(state.version),
            at: NOW,
            mode: Mode::Paper,
            control: control.clone(),
            traders: vec![TraderStatus {
                trader: trader(),
                state: TraderState::None,
                control,
                position: None,
                entry: None,
                price: "69812.4".parse().ok(),
                next_close: Some(NOW),
            }],
            quote: "USDT".parse().unwrap(),
            equity: "10000".parse().ok(),
            risk: RiskUse {
                realized_today: Money::ZERO,
                max_daily_loss: None,
                trades_today: 0,
                max_trades_per_day: None,
                drawdown: BasisPoints(0),
                max_drawdown: None,
            },
            feed_age_ms: Some(120),
            open_orders: 0,
            unknown_orders: 0,
            faults: Vec::new(),
        }
    }

    /// Questions about the trading.
    fn trading(&self, query: Query) -> Result<Answer, BackendError> {
        let quote = "USDT".parse().unwrap();
        Ok(match query {
            Query::Status => Answer::Status(Box::new(self.status())),
            Query::Positions => Answer::Positions(Vec::new()),
            Query::Orders => Answer::Orders(OpenOrders {
                orders: Vec::new(),
                foreign: 0,
                prices: vec![(trader(), "69812.4".parse().unwrap())],
            }),
            Query::Fills { symbol, page } => {
                let mut state = self.state.lock().unwrap();
                let is_it = |fill: &&FillLine| symbol.is_none_or(|only| only == fill.trader.symbol);
                let fills: Vec<_> = state.fills.iter().filter(is_it).cloned().collect();
                for _ in 0..state.grows {
                    let number = u32::try_from(state.fills.len()).unwrap();
                    state.fills.insert(0, fill(number));
                }
                Answer::Fills(paged(&fills, page))
            }
            Query::Trades { page, .. } => Answer::Trades(paged(&[trade(2), trade(1)], page)),
            Query::Profit { range } => Answer::Profit(Box::new(Profit {
                range,
                quote,
                trades: 2,
                wins: 0,
                gross: Money::ZERO,
                fees: Money::ZERO,
                net: "-24.2".parse().unwrap(),
                unrealized: Money::ZERO,
                average_win: None,
                average_loss: None,
                best: Some(trade(1)),
                worst: None,
                change: Some(BasisPoints(-24)),
                holding: None,
                max_drawdown: BasisPoints(24),
            })),
            Query::Balance => Answer::Balance(Balance {
                at: NOW,
                quote,
                lines: Vec::new(),
                total: None,
                bnb_trades_left: None,
            }),
            Query::Chart { trader: asked, .. } if asked != trader() => {
                return Err(missing(&format!("trader {asked}")));
            }
            Query::Chart { trader, .. } => Answer::Chart(Box::new(empty_chart(trader))),
            Query::Equity { range } => {
                let point = EquityPoint { at: NOW, equity: "10000".parse().unwrap() };
                Answer::Equity(EquitySeries {
                    range,
                    mode: Mode::Paper,
                    quote,
                    points: vec![point],
                })
            }
            Query::Performance { range } => {
                Answer::Performance(Performance { range, quote, symbols: Vec::new() })
            }
            Query::Why { .. } => return Err(missing("decision yet")),
            other => return self.house(other),
        })
    }

    /// Questions about heikin and its people.
    fn house(&self, query: Query) -> Result<Answer, BackendError> {
        Ok(match query {
            Query::Settings => Answer::Settings(Settings { items: Vec::new() }),
            Query::Mode => Answer::Mode(ModeView {
                mode: Mode::Paper,
                next: None,
                steps: Vec::new(),
                gate: Vec::new(),
            }),
            Query::Health => Answer::Health(Health {
                at: NOW,
                version: "0.1.0".to_owned(),
                started_at: NOW,
                checks: Vec::new(),
            }),
            Query::Logs { .. } => Answer::Logs(Logs { lines: Vec::new() }),
            Query::Users { page } => {
                let line = UserLine {
                    user: OWNER,
                    name: "Asha".to_owned(),
                    role: Role::Owner,
                    access: Access::None,
                    seen_at: Some(NOW),
                    has_blocked: false,
                };
                Answer::Users(paged(&[line], page))
            }
            Query::Cards => Answer::Cards(Vec::new()),
            Query::Audit { page } => Answer::Audit(paged(&self.state.lock().unwrap().audit, page)),
            Query::Member { user } => Answer::Member(self.member(user)),
            Query::Notify { user } => {
                let state = self.state.lock().unwrap();
                Answer::Notify(state.preferences.get(&user).cloned().unwrap_or_default())
            }
            Query::Bill { plan } => return Err(missing(&format!("plan {plan}"))),
            Query::Subscription { user } => Answer::Subscription(Box::new(SubscriptionView {
                user,
                access: Access::None,
                plan: None,
                link: None,
                due: None,
                part_paid: None,
                is_disputed: false,
            })),
            Query::Payments { page, .. } => {
                Answer::Payments(Payments { page, items: Vec::new(), total: 0 })
            }
            Query::Revenue { range } => Answer::Revenue(RevenueReport {
                range,
                paid: Paise(0),
                refunded: Paise(0),
                net: Paise(0),
                payments: 0,
                active: 0,
                granted: 0,
                grace: 0,
                due_soon: 0,
            }),
            _ => Answer::Plans(Plans { plans: Vec::new(), support: None, is_test: true }),
        })
    }

    fn decide(&self, actor: &Actor, command: &Command, confirmed: Option<StateVersion>) -> Outcome {
        if !Verb::of(command).entry().right.is_of(self.role(actor)) {
            return Outcome::Refused(Refusal::NotAllowed);
        }
        let mut state = self.state.lock().unwrap();
        let version = StateVersion(state.version);
        if let Some(topic) = topic(command)
            && confirmed != Some(version)
        {
            return Outcome::Confirm(Box::new(Recap {
                version,
                mode: Mode::Paper,
                topic,
                consequences: Vec::new(),
                needs_pin: self.has_pin,
            }));
        }
        if self.has_pin && matches!(command, Command::Panic) {
            match &actor.pin {
                None => return Outcome::PinNeeded,
                Some(pin) if pin.expose() != PIN => {
                    return Outcome::Refused(Refusal::WrongPin { left: 4 });
                }
                Some(_) => {}
            }
        }
        let done = match command.clone() {
            Command::Pause { target: Target::All } if state.is_paused => {
                let how = "entries are paused already".to_owned();
                return Outcome::Refused(Refusal::AlreadySo { how });
            }
            Command::Pause { target } => {
                state.is_paused = true;
                Done::Paused { target, legs: Vec::new() }
            }
            Command::Resume { target } => {
                state.is_paused = false;
                Done::Resumed { target }
            }
            Command::Panic => Done::Panicked { legs: Vec::new() },
            Command::StartBot => Done::Started,
            Command::StopBot => Done::Stopped { legs: Vec::new() },
            Command::Set { .. } => Done::Changed { changes: Vec::new() },
            Command::SetMode { mode } => Done::ModeSet { mode },
            Command::SetNotify { preferences } => {
                if let Identity::Telegram { user } = actor.identity {
                    state.preferences.insert(user, preferences.clone());
                }
                Done::NotifySet { preferences }
            }
            Command::Grant { user, role, .. } => {
                state.roles.insert(user, role);
                Done::Granted { user, role, until: None }
            }
            Command::Revoke { user } => {
                state.roles.remove(&user);
                Done::Revoked { user, keeps: None }
            }
            Command::Broadcast { .. } => Done::BroadcastQueued { recipients: 1 },
            _ => Done::CardSet,
        };
        state.version += 1;
        state.done.push(command.clone());
        state.audit.insert(0, audited(actor, command));
        Outcome::Done(done)
    }
}

fn audited(actor: &Actor, command: &Command) -> AuditLine {
    AuditLine {
        at: NOW,
        by: actor.identity.clone(),
        name: actor.name.clone(),
        what: format!("{command:?}"),
        result: "done".to_owned(),
    }
}

fn empty_chart(trader: Trader) -> ChartData {
    ChartData {
        trader,
        mode: Mode::Paper,
        bars: Vec::new(),
        is_forming: false,
        markers: Vec::new(),
        stops: Vec::new(),
        entry: None,
        stop: None,
        average_entry: None,
        price: None,
    }
}

fn topic(command: &Command) -> Option<RecapTopic> {
    match command {
        Command::Panic | Command::Close { .. } => Some(RecapTopic::Sell {
            is_panic: *command == Command::Panic,
            positions: Vec::new(),
            orders: 1,
            expected: None,
            fees: None,
            quote: "USDT".parse().unwrap(),
        }),
        Command::Resume { target } => {
            Some(RecapTopic::Enter { target: *target, ends_panic: false })
        }
        Command::StopBot => Some(RecapTopic::Stop),
        Command::Grant { user, role, .. } => {
            Some(RecapTopic::Grant { user: *user, role: *role, until: None })
        }
        _ => None,
    }
}

impl Backend for Memory {
    async fn query(&self, query: Query) -> Result<Answer, BackendError> {
        if let Some(error) = self.fails.lock().unwrap().clone() {
            return Err(error);
        }
        self.trading(query)
    }

    async fn command(
        &self,
        request: RequestId,
        actor: Actor,
        command: Command,
        confirmed: Option<StateVersion>,
    ) -> Result<Outcome, BackendError> {
        if let Some(outcome) = self.state.lock().unwrap().answered.get(&request) {
            return Ok(outcome.clone());
        }
        let outcome = self.decide(&actor, &command, confirmed);
        self.state.lock().unwrap().answered.insert(request, outcome.clone());
        Ok(outcome)
    }

    async fn inbox(&self, row: InboxRow) -> Result<Intake, BackendError> {
        let mut state = self.state.lock().unwrap();
        if !state.seen.insert(row.update) {
            return Ok(Intake::Seen);
        }
        state.pending.push(row);
        Ok(Intake::Fresh)
    }

    async fn inbox_pending(&self, limit: u16) -> Result<Vec<InboxRow>, BackendError> {
        let state = self.state.lock().unwrap();
        Ok(state.pending.iter().take(limit.into()).cloned().collect())
    }

    async fn inbox_done(&self, update: UpdateId) -> Result<(), BackendError> {
        self.state.lock().unwrap().pending.retain(|row| row.update != update);
        Ok(())
    }

    async fn outbox(&self, after: Cursor, limit: u16) -> Result<Vec<Envelope>, BackendError> {
        let state = self.state.lock().unwrap();
        let behind = state.outbox.iter().filter(|envelope| envelope.cursor > after);
        Ok(behind.take(limit.into()).cloned().collect())
    }

    async fn outbox_news(&self, _: Cursor) -> Result<(), BackendError> {
        Ok(())
    }

    async fn outbox_sending(&self, alerts: Vec<Cursor>) -> Result<Vec<Cursor>, BackendError> {
        let mut state = self.state.lock().unwrap();
        let sent = state.outbox.iter_mut().filter(|envelope| alerts.contains(&envelope.cursor));
        Ok(sent
            .map(|envelope| {
                envelope.maybe_repeated = true;
                envelope.cursor
            })
            .collect())
    }

    async fn ack(&self, receipts: Vec<Receipt>) -> Result<(), BackendError> {
        let gone: BTreeSet<_> = receipts.iter().map(|receipt| receipt.cursor).collect();
        self.state.lock().unwrap().outbox.retain(|envelope| !gone.contains(&envelope.cursor));
        Ok(())
    }

    async fn put_ticket(&self, nonce: Nonce, ticket: Ticket) -> Result<(), BackendError> {
        self.state.lock().unwrap().tickets.insert(nonce, ticket);
        Ok(())
    }

    async fn take_ticket(
        &self,
        nonce: Nonce,
        presser: Presser,
        now: Timestamp,
    ) -> Result<Take, BackendError> {
        let mut state = self.state.lock().unwrap();
        let Some(ticket) = state.tickets.get(&nonce).cloned() else { return Ok(Take::Unknown) };
        let take = ticket.pressed(presser, now);
        if take != Take::NotYours {
            state.tickets.remove(&nonce);
        }
        Ok(take)
    }
}
