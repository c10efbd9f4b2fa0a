//! Data such as a backend gives, all of one afternoon.

use heikin_bot::backend::*;
use heikin_core::market::{Asset, Side, Symbol};
use heikin_core::num::{Money, Price, Quantity};
use heikin_core::order::{Reason, Skip};
use heikin_core::time::{Interval, Span, Timestamp};

/// 2026-11-21 14:05:12 UTC
pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_795_269_912_000);

pub(crate) fn price(text: &str) -> Price {
    text.parse().unwrap()
}

pub(crate) fn quantity(text: &str) -> Quantity {
    text.parse().unwrap()
}

pub(crate) fn money(text: &str) -> Money {
    text.parse().unwrap()
}

pub(crate) fn asset(text: &str) -> Asset {
    text.parse().unwrap()
}

pub(crate) fn btc() -> Trader {
    Trader { symbol: "BTCUSDT".parse().unwrap(), interval: Interval::H1 }
}

pub(crate) fn eth() -> Trader {
    Trader { symbol: "ETHUSDT".parse().unwrap(), interval: Interval::H12 }
}

pub(crate) fn ago(seconds: u32) -> Timestamp {
    NOW - Span::from_secs(seconds)
}

pub(crate) fn position() -> Position {
    Position {
        trader: btc(),
        number: TradeNumber(17),
        base: asset("BTC"),
        quote: asset("USDT"),
        quantity: quantity("0.0143"),
        entry: price("69812.4"),
        cost: money("998.31732"),
        opened_at: ago(11_520),
        price: Some(price("70655")),
        unrealized: Some(money("10.04")),
        at_stop: Some(money("-11.12")),
        protection: Protection::OnExchange {
            trigger: price("69105.1"),
            limit: Some(price("68414.05")),
        },
    }
}

pub(crate) fn risk() -> RiskUse {
    RiskUse {
        realized_today: money("21.4"),
        max_daily_loss: Some(money("50")),
        trades_today: 2,
        max_trades_per_day: Some(5),
        drawdown: BasisPoints(312),
        max_drawdown: None,
    }
}

pub(crate) fn status(words: &str) -> Status {
    let none = TraderStatus {
        trader: eth(),
        state: TraderState::None,
        control: Control::Paused,
        position: None,
        entry: Some(price("3456.78")),
        price: Some(price("3401.2")),
        next_close: Some(ago(0) + Span::HOUR),
    };
    let long = TraderStatus {
        trader: btc(),
        state: TraderState::Long,
        control: Control::Running,
        position: Some(position()),
        entry: None,
        price: Some(price("70655")),
        next_close: None,
    };
    let faults = if words == "Asha" { Vec::new() } else { vec![words.to_owned(); 7] };
    Status {
        version: StateVersion(7),
        at: NOW,
        mode: Mode::Paper,
        control: Control::Running,
        traders: vec![long, none],
        quote: asset("USDT"),
        equity: Some(money("10412.339")),
        risk: risk(),
        feed_age_ms: Some(420),
        open_orders: 2,
        unknown_orders: 0,
        faults,
    }
}

pub(crate) fn open_orders(words: &str) -> OpenOrders {
    let stop = OpenOrder {
        number: OrderNumber(214),
        trader: btc(),
        client_id: words.to_owned(),
        side: Side::Sell,
        work: OrderWork::Stop { trigger: price("69105.1"), limit: Some(price("68414.05")) },
        quantity: quantity("0.0143"),
        filled: Quantity::ZERO,
        phase: OrderPhase::Working,
        reason: Reason::Stop,
        placed_at: ago(3_600),
        resolving: None,
    };
    let unknown = OpenOrder {
        number: OrderNumber(215),
        trader: eth(),
        side: Side::Buy,
        work: OrderWork::Stop { trigger: price("3456.78"), limit: Some(price("3463.7")) },
        quantity: quantity("0.3"),
        filled: quantity("0.1"),
        phase: OrderPhase::Unknown,
        reason: Reason::Breakout,
        resolving: Some(Resolving {
            since: ago(22),
            asked: 2,
            next_at: Some(NOW + Span::from_secs(12)),
        }),
        ..stop.clone()
    };
    OpenOrders {
        orders: vec![unknown, stop],
        foreign: 1,
        prices: vec![(btc(), price("70655")), (eth(), price("3401.2"))],
    }
}

pub(crate) fn trade(number: u64) -> TradeLine {
    TradeLine {
        number: TradeNumber(number),
        trader: btc(),
        quote: asset("USDT"),
        entered_at: ago(11_520),
        exited_at: ago(60),
        quantity: quantity("0.0143"),
        entry: price("69812.4"),
        exit: price("71390"),
        fees: money("2.01"),
        net: money("20.55"),
        return_on_cost: BasisPoints(206),
        exit_reason: Reason::Stop,
    }
}

fn fill_line() -> FillLine {
    FillLine {
        at: ago(86_400),
        trader: btc(),
        order: OrderNumber(213),
        trade: TradeNumber(17),
        side: Side::Buy,
        price: price("69812.4"),
        quantity: quantity("0.0143"),
        fee: quantity("0.0000143"),
        fee_asset: asset("BTC"),
        reason: Reason::Breakout,
    }
}

pub(crate) fn profit(range: Range) -> Profit {
    Profit {
        range,
        quote: asset("USDT"),
        trades: 10,
        wins: 7,
        gross: money("108.2"),
        fees: money("20.1"),
        net: money("88.1"),
        unrealized: money("10.04"),
        average_win: Some(money("18.3")),
        average_loss: Some(money("-13.33")),
        best: Some(trade(17)),
        worst: Some(TradeLine { net: money("-19.9"), number: TradeNumber(12), ..trade(12) }),
        change: Some(BasisPoints(85)),
        holding: Some(BasisPoints(-120)),
        max_drawdown: BasisPoints(312),
    }
}

pub(crate) fn why(subject: Subject, words: &str) -> Why {
    Why {
        subject,
        trader: btc(),
        cause: 48_211,
        at: ago(312),
        state: TraderState::None,
        candle: Some(CandleValues {
            opened_at: ago(3_912),
            closed_at: ago(312),
            close: price("69512.4"),
            heikin_ashi: HeikinAshiBar {
                open: price("69012.33333333"),
                high: price("69800"),
                low: price("68990.1"),
                close: price("69410.55"),
            },
            average_true_range: Some(price("411.20512")),
            moving_average: Some(price("69990.4")),
        }),
        rules: vec![
            RuleCheck {
                rule: "green Heikin-Ashi candle".to_owned(),
                passed: true,
                figures: "69 410.55 ≥ 69 012.33".to_owned(),
            },
            RuleCheck {
                rule: format!("close above MA(100) {words}"),
                passed: false,
                figures: "69 512.40 < 69 990.40".to_owned(),
            },
        ],
        skipped: Some(Skip::BelowMovingAverage),
        denied: None,
        risk: String::new(),
        orders: Vec::new(),
        next: format!("the candle that closes 15:00 UTC is looked at. {words}"),
    }
}

pub(crate) fn settings(words: &str) -> Settings {
    let setting = |key: &str, group: &str, label: &str, value: &str| Setting {
        key: key.to_owned(),
        trader: group.starts_with('E').then(btc),
        group: group.to_owned(),
        label: label.to_owned(),
        meaning: format!("What it does. {words}"),
        allowed: "a distance such as 1 atr".to_owned(),
        kind: SettingKind::Text { examples: vec!["1 atr".to_owned(), "0.5 atr".to_owned()] },
        value: value.to_owned(),
        changes: Some(Effectiveness::NextCandle),
    };
    let mut other = setting("entry.trigger_offset", "Entry", "entry offset", "2 atr");
    other.trader = Some(eth());
    let mut fixed = setting("http.listen", "Http", "address", "127.0.0.1:8080");
    fixed.changes = None;
    let mut red = setting("exit.on_red", "Exit", "exit on red", "on");
    red.kind = SettingKind::Switch;
    let mut daily = setting("limits.max_daily_loss", "Limits", "daily loss", "50");
    daily.trader = None;
    Settings {
        items: vec![
            setting("entry.trigger_offset", "Entry", "entry offset", "1 atr"),
            other,
            red,
            daily,
            fixed,
        ],
    }
}

pub(crate) fn bars(count: usize) -> Vec<Bar> {
    let mut bars: Vec<Bar> = Vec::new();
    let (mut seed, mut close) = (42_u64, 6_800_000_i64);
    let mut next = |most: i64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from((seed >> 33) % u64::try_from(most).unwrap()).unwrap()
    };
    let cents = |value: i64| Price::from_units(value * 1_000_000).unwrap();
    for index in 0..count {
        let open = close;
        let drift = if index % 37 < 24 { 6_000 } else { -8_500 };
        close = open + drift + next(60_000) - 30_000;
        let high = open.max(close) + next(25_000);
        let low = open.min(close) - next(25_000);
        let ha_close = (open + high + low + close) / 4;
        let ha_open = bars.last().map_or(open, |bar| {
            let bar = &bar.heikin_ashi;
            i64::midpoint(bar.open.units(), bar.close.units()) / 1_000_000
        });
        bars.push(Bar {
            opened_at: NOW - Span::HOUR.times(i64::try_from(count - index).unwrap()),
            open: cents(open),
            high: cents(high),
            low: cents(low),
            close: cents(close),
            volume: Quantity::from_units((next(800) + 80) * 100_000_000).unwrap(),
            heikin_ashi: HeikinAshiBar {
                open: cents(ha_open),
                high: cents(high.max(ha_open)),
                low: cents(low.min(ha_open)),
                close: cents(ha_close),
            },
        });
    }
    bars
}

pub(crate) fn chart(trader: Trader, count: usize) -> ChartData {
    let bars = bars(count);
    let at = |index: usize| bars[index].opened_at + Span::MINUTE.times(20);
    let mark = |index: usize, side: Side| Marker {
        at: at(index),
        side,
        price: match side {
            Side::Buy => bars[index].high,
            Side::Sell => bars[index].low,
        },
    };
    let (first, second, third) = (count / 8, count / 2, count - count / 5);
    let under = |index: usize| Price::from_units(bars[index].low.units() * 996 / 1_000).unwrap();
    let stops = (third..count)
        .map(|index| ChartLine {
            from: bars[index].opened_at,
            to: bars.get(index + 1).map(|bar| bar.opened_at),
            price: (third..=index).map(under).max().unwrap(),
        })
        .collect::<Vec<_>>();
    ChartData {
        trader,
        mode: Mode::Paper,
        is_forming: true,
        markers: vec![mark(first, Side::Buy), mark(second, Side::Sell), mark(third, Side::Buy)],
        entry: None,
        stop: stops.last().map(|line| line.price),
        average_entry: Some(bars[third].high),
        price: bars.last().map(|bar| bar.close),
        stops,
        bars,
    }
}

pub(crate) fn equity(range: Range, count: usize) -> EquitySeries {
    let bars = bars(count);
    let points = bars
        .iter()
        .map(|bar| EquityPoint {
            at: bar.opened_at,
            equity: Money::from_units(i128::from(bar.close.units()) * 15_000_000),
        })
        .collect();
    EquitySeries { range, mode: Mode::Live, quote: asset("USDT"), points }
}

pub(crate) fn bill() -> Bill {
    let line = |name: &str, paise: i64| BillLine { name: name.to_owned(), amount: Paise(paise) };
    Bill {
        plan: "monthly".to_owned(),
        name: "Monthly".to_owned(),
        lines: vec![
            line("server", 20_000),
            line("messages", 5_000),
            line("support", 10_000),
            line("processing 2 %", 700),
            line("GST 18 % on processing", 126),
        ],
        total: Paise(35_826),
        days: 28,
    }
}

pub(crate) fn subscription(user: UserId, access: Access, link: Option<String>) -> SubscriptionView {
    let due = link.is_some().then_some(Paise(35_826));
    let (plan, part_paid, is_disputed) = (Some("Monthly".to_owned()), None, false);
    SubscriptionView { user, access, plan, link, due, part_paid, is_disputed }
}

/// Of a symbol that nobody trades there are none.
fn fills(symbol: Option<Symbol>, part: Page) -> Paged<FillLine> {
    if symbol.is_some_and(|symbol| symbol.to_string() == "DOGEUSDT") {
        return page(Vec::new(), part, 0);
    }
    page(vec![fill_line()], part, 23)
}

fn page<T>(items: Vec<T>, page: Page, total: u32) -> Paged<T> {
    Paged { items, skip: page.skip, total }
}

pub(crate) fn answer(query: &Query, words: &str) -> Answer {
    match *query {
        Query::Status => Answer::Status(Box::new(status(words))),
        Query::Positions => Answer::Positions(vec![position()]),
        Query::Orders => Answer::Orders(open_orders(words)),
        Query::Fills { symbol, page: part } => Answer::Fills(fills(symbol, part)),
        Query::Trades { page: part, .. } => {
            Answer::Trades(page(vec![trade(17), trade(16)], part, 12))
        }
        Query::Profit { range } => Answer::Profit(Box::new(profit(range))),
        Query::Balance => Answer::Balance(balance()),
        Query::Chart { trader, candles } => {
            Answer::Chart(Box::new(chart(trader, usize::from(candles))))
        }
        Query::Equity { range } => Answer::Equity(equity(range, 400)),
        Query::Performance { range } => Answer::Performance(performance(range)),
        Query::Why { subject } => Answer::Why(Box::new(why(subject, words))),
        Query::Settings => Answer::Settings(settings(words)),
        Query::Mode => Answer::Mode(mode(words)),
        Query::Health => Answer::Health(health(words)),
        Query::Logs { .. } => Answer::Logs(Logs {
            lines: vec![LogLine {
                at: ago(30),
                level: LogLevel::Warn,
                message: format!("market data late by 3 s {words}"),
            }],
        }),
        Query::Users { page: part } => Answer::Users(page(users(words), part, 2)),
        Query::Audit { page: part } => Answer::Audit(page(audit(words), part, 1)),
        Query::Cards => {
            let card = Card { user: UserId(1_001), chat: ChatId(1_001), message: MessageId(9) };
            Answer::Cards(vec![card])
        }
        Query::Plans => Answer::Plans(Plans {
            plans: vec![Plan {
                id: "monthly".to_owned(),
                name: format!("Monthly {words}"),
                total: Paise(35_826),
                days: 28,
            }],
            support: Some("@support".to_owned()),
            is_test: true,
        }),
        Query::Bill { .. } => Answer::Bill(bill()),
        Query::Payments { page: part, .. } => Answer::Payments(Payments {
            page: part,
            items: vec![PaymentLine {
                reference: "hk-000017".to_owned(),
                plan: format!("Monthly {words}"),
                amount: Paise(35_826),
                phase: PaymentPhase::Paid,
                made_at: ago(7_200),
                at: ago(7_000),
            }],
            total: 1,
        }),
        Query::Revenue { range } => Answer::Revenue(RevenueReport {
            range,
            paid: Paise(107_478),
            refunded: Paise(35_826),
            net: Paise(71_652),
            payments: 3,
            active: 2,
            granted: 1,
            grace: 0,
            due_soon: 1,
        }),
        Query::Member { .. } | Query::Notify { .. } | Query::Subscription { .. } => {
            unreachable!("the world answers it")
        }
    }
}

/// What there is before anything has happened.
pub(crate) fn empty_answer(query: &Query) -> Answer {
    match answer(query, "Asha") {
        Answer::Status(status) => Answer::Status(Box::new(Status {
            feed_age_ms: None,
            equity: None,
            traders: status.traders.into_iter().skip(1).collect(),
            ..*status
        })),
        Answer::Positions(_) => Answer::Positions(Vec::new()),
        Answer::Orders(_) => {
            Answer::Orders(OpenOrders { orders: Vec::new(), foreign: 0, prices: Vec::new() })
        }
        Answer::Fills(_) => Answer::Fills(Paged { items: Vec::new(), skip: 0, total: 0 }),
        Answer::Trades(_) => Answer::Trades(Paged { items: Vec::new(), skip: 0, total: 0 }),
        Answer::Chart(chart) => {
            Answer::Chart(Box::new(ChartData { bars: Vec::new(), price: None, ..*chart }))
        }
        Answer::Equity(series) => Answer::Equity(EquitySeries { points: Vec::new(), ..series }),
        Answer::Performance(result) => {
            Answer::Performance(Performance { symbols: Vec::new(), ..result })
        }
        Answer::Logs(_) => Answer::Logs(Logs { lines: Vec::new() }),
        other => other,
    }
}

fn balance() -> Balance {
    let line = |name: &str, free: &str, locked: &str, dust: &str| BalanceLine {
        asset: asset(name),
        free: quantity(free),
        locked: quantity(locked),
        dust: quantity(dust),
        value: None,
    };
    Balance {
        at: NOW,
        quote: asset("USDT"),
        lines: vec![
            line("USDT", "9402.11", "0", "0"),
            line("BTC", "0.00000857", "0.0143", "0.00000857"),
            line("BNB", "0.0412", "0", "0"),
        ],
        total: Some(money("10412.339")),
        bnb_trades_left: Some(12),
    }
}

fn performance(range: Range) -> Performance {
    let symbol = |name: &str, wins: u32, trades: u32, net: &str| SymbolResult {
        symbol: name.parse::<Symbol>().unwrap(),
        trades,
        wins,
        net: money(net),
    };
    Performance {
        range,
        quote: asset("USDT"),
        symbols: vec![symbol("BTCUSDT", 5, 7, "101.2"), symbol("ETHUSDT", 2, 3, "-13.1")],
    }
}

fn mode(words: &str) -> ModeView {
    ModeView {
        mode: Mode::Paper,
        next: None,
        steps: vec![ModeStep {
            mode: Mode::Live,
            lines: vec![format!("In heikin.toml: mode = \"live\" {words}")],
            changes: vec![format!("Orders go to your account: real money. {words}")],
        }],
        gate: vec![LiveGateVerdict {
            trader: btc(),
            at: NOW,
            objections: vec!["net result −120.40 is not positive".to_owned()],
            net: money("-120.4"),
            trades: 214,
            overridden: false,
        }],
    }
}

fn health(words: &str) -> Health {
    let check = |name: &str, verdict: Verdict, figure: &str| Check {
        name: name.to_owned(),
        verdict,
        figure: figure.to_owned(),
    };
    Health {
        at: NOW,
        version: "0.1.0".to_owned(),
        started_at: NOW - Span::HOUR.times(51),
        checks: vec![
            check("market data", Verdict::Good, "0.4 s old"),
            check("disk", Verdict::Degraded, &format!("sync takes 61 ms {words}")),
        ],
    }
}

fn users(words: &str) -> Vec<UserLine> {
    let user = |id: i64, role: Role, access: Access| UserLine {
        user: UserId(id),
        name: words.to_owned(),
        role,
        access,
        seen_at: Some(ago(300)),
        has_blocked: role == Role::Subscriber,
    };
    let until = NOW + Span::DAY.times(23);
    vec![
        user(1_001, Role::Owner, Access::None),
        user(1_004, Role::Subscriber, Access::Active { until }),
    ]
}

fn audit(words: &str) -> Vec<AuditLine> {
    vec![AuditLine {
        at: ago(90),
        by: Identity::Telegram { user: UserId(1_002) },
        name: words.to_owned(),
        what: "paused BTCUSDT 1h".to_owned(),
        result: "done".to_owned(),
    }]
}

pub(crate) fn leg(state: LegState) -> Leg {
    Leg { trader: btc(), side: Side::Sell, quantity: quantity("0.0143"), state }
}

pub(crate) fn setting_change(words: &str) -> SettingChange {
    SettingChange {
        key: "entry.trigger_offset".to_owned(),
        trader: Some(btc()),
        label: "entry offset".to_owned(),
        old: "1 atr".to_owned(),
        new: words.to_owned(),
        effect: format!("The next entry triggers at 70 211.50 instead of 70 005.90. {words}"),
        effective: Effectiveness::NextCandle,
    }
}

/// What must be confirmed, as a real backend has it: whatever opens, adds, sells, or changes rights
/// or settings.
pub(crate) fn recap_of(command: &Command, words: &str) -> Option<RecapTopic> {
    Some(match command {
        Command::Panic | Command::Close { .. } => RecapTopic::Sell {
            is_panic: *command == Command::Panic,
            positions: vec![position()],
            orders: 2,
            expected: Some(money("10.04")),
            fees: Some(money("1.01")),
            quote: asset("USDT"),
        },
        Command::Resume { target } => RecapTopic::Enter { target: *target, ends_panic: false },
        Command::StartBot => RecapTopic::Start,
        Command::StopBot => RecapTopic::Stop,
        Command::Set { changes } => {
            let new = changes.first().map_or("", |change| change.value.as_str());
            RecapTopic::Settings { changes: vec![setting_change(new)] }
        }
        Command::SetFromForm { .. } => RecapTopic::Settings { changes: vec![setting_change("10")] },
        Command::SetMode { mode } => RecapTopic::Mode {
            to: *mode,
            told: vec!["Expect a year below the last high.".to_owned()],
        },
        Command::Grant { user, role, .. } => {
            RecapTopic::Grant { user: *user, role: *role, until: None }
        }
        Command::Revoke { user } => RecapTopic::Revoke { user: *user, role: Role::Subscriber },
        Command::Broadcast { text } => RecapTopic::Broadcast {
            text: format!("{text}{}", words.replace("Asha", "")),
            recipients: 12,
            seconds: 1,
        },
        Command::DeleteMe => RecapTopic::DeleteMe,
        _ => return None,
    })
}

pub(crate) fn outcome_of(command: &Command, words: &str) -> Outcome {
    Outcome::Done(match command {
        Command::StartBot => Done::Started,
        Command::StopBot => Done::Stopped { legs: Vec::new() },
        Command::Pause { target } => Done::Paused { target: *target, legs: Vec::new() },
        Command::Resume { target } => Done::Resumed { target: *target },
        Command::Close { .. } => Done::Closing { legs: vec![leg(LegState::Working)] },
        Command::Panic => Done::Panicked {
            legs: vec![
                leg(LegState::Working),
                leg(LegState::Done { price: Some(price("70601.1")) }),
                leg(LegState::Failed { reason: format!("filter PERCENT_PRICE {words}") }),
            ],
        },
        Command::Set { .. } | Command::SetFromForm { .. } => {
            Done::Changed { changes: vec![setting_change("10")] }
        }
        Command::SetMode { mode } => Done::ModeSet { mode: *mode },
        Command::SetNotify { preferences } => Done::NotifySet { preferences: preferences.clone() },
        Command::Mute { until, .. } => Done::Muted { until: *until },
        Command::SetCard { .. } => Done::CardSet,
        Command::Grant { user, role, .. } => {
            Done::Granted { user: *user, role: *role, until: None }
        }
        Command::Revoke { user } => Done::Revoked { user: *user, keeps: None },
        Command::Claim { code } if code != "right" => {
            return Outcome::Refused(Refusal::Rule {
                reason: "this code is not the one that was printed".to_owned(),
            });
        }
        Command::Claim { .. } => Done::Claimed,
        Command::Subscribe { .. } => Done::PaymentLink {
            url: "https://rzp.io/i/abc".to_owned(),
            bill: bill(),
            expires_at: NOW + Span::HOUR,
        },
        Command::VerifyPayment => {
            Done::Verified { access: Access::Pending { expires_at: NOW + Span::HOUR } }
        }
        Command::CancelPayment => Done::PaymentCanceled,
        Command::Broadcast { .. } => Done::BroadcastQueued { recipients: 12 },
        Command::CancelBroadcast => Done::BroadcastCanceled { sent: 3, under_way: 1, spared: 8 },
        Command::DeleteMe => Done::Deleted,
    })
}
