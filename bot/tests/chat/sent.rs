//! One alert of every kind.

use heikin_bot::backend::*;
use heikin_core::market::Side;
use heikin_core::order::{Denial, Reason};
use heikin_core::time::Span;

use crate::fixtures::{
    NOW, ago, asset, bill, btc, leg, money, price, profit, quantity, setting_change, trade,
};

type Named = (&'static str, Alert);

/// One alert of every kind and turn, with the name under which its text is kept.
pub(crate) fn every_alert(words: &str) -> Vec<Named> {
    [
        trading(words),
        protection(words),
        market(words),
        panic(words),
        process(words),
        account(),
        people(words),
        paying(words),
        access(),
        summaries(words),
    ]
    .concat()
}

fn fill(side: Side, remaining: &str) -> FillAlert {
    FillAlert {
        mode: Mode::Paper,
        trader: btc(),
        number: TradeNumber(17),
        base: asset("BTC"),
        quote: asset("USDT"),
        side,
        reason: if side == Side::Buy { Reason::Breakout } else { Reason::Stop },
        price: price("69812.4"),
        quantity: quantity("0.0143"),
        remaining: quantity(remaining),
        fee: quantity("0.0000143"),
        fee_asset: asset("BTC"),
        protection: (side == Side::Buy)
            .then_some(Protection::OnExchange { trigger: price("69105.1"), limit: None }),
    }
}

fn trading(words: &str) -> Vec<Named> {
    let trader = btc();
    let number = TradeNumber(17);
    let filled = |side, remaining| Alert::Filled(Box::new(fill(side, remaining)));
    vec![
        (
            "entry placed",
            Alert::EntryPlaced {
                mode: Mode::Paper,
                trader,
                trigger: price("70211.5"),
                limit: price("70351.93"),
                quantity: quantity("0.0143"),
            },
        ),
        ("entry filled", filled(Side::Buy, "0")),
        ("entry partly filled", filled(Side::Buy, "0.0057")),
        ("exit filled", filled(Side::Sell, "0")),
        (
            "stop raised",
            Alert::StopRaised(StopRaised {
                mode: Mode::Paper,
                trader,
                number,
                from: price("69105.1"),
                to: price("70012"),
                times: 3,
                entry: price("69812.4"),
                price: Some(price("71390")),
            }),
        ),
        (
            "trade closed",
            Alert::TradeClosed {
                mode: Mode::Paper,
                trade: Box::new(trade(17)),
                day: money("41.95"),
                week: money("88.1"),
            },
        ),
        (
            "order refused",
            Alert::OrderRejected {
                trader,
                order: OrderNumber(214),
                side: Side::Sell,
                reason: format!("Filter failure: PERCENT_PRICE (-1013) {words}"),
                doing: "Re-pricing inside the band, try 2.".to_owned(),
            },
        ),
    ]
}

fn protection(words: &str) -> Vec<Named> {
    let (trader, number) = (btc(), TradeNumber(17));
    let protection = Alert::Protection;
    vec![
        (
            "stop rescued",
            protection(ProtectionAlert::Rescued {
                trader,
                number,
                price: Some(price("68901")),
                floor: price("65649.84"),
                bid: Some(price("68970.1")),
            }),
        ),
        (
            "stop at its floor",
            protection(ProtectionAlert::AtFloor {
                trader,
                number,
                floor: price("65649.84"),
                bid: Some(price("65100")),
            }),
        ),
        (
            "unprotected",
            protection(ProtectionAlert::Unprotected {
                trader,
                number,
                quantity: quantity("0.0143"),
                since: ago(22),
                cause: format!("stop refused: PERCENT_PRICE {words}"),
                doing: "Re-pricing inside the band, then selling.".to_owned(),
            }),
        ),
        (
            "protected again",
            protection(ProtectionAlert::Protected {
                trader,
                number,
                trigger: Some(price("69105.1")),
                seconds: 24,
            }),
        ),
        (
            "stop put back",
            protection(ProtectionAlert::PutBack { trader, number, trigger: price("69105.1") }),
        ),
        (
            "dust carried",
            protection(ProtectionAlert::DustCarried {
                trader,
                held: quantity("0.00000857"),
                base: asset("BTC"),
            }),
        ),
    ]
}

fn market(words: &str) -> Vec<Named> {
    let trader = btc();
    let said = words.to_owned();
    vec![
        (
            "connection lost",
            Alert::Connection(ConnectionAlert::Lost {
                what: "market data".to_owned(),
                since: ago(61),
                meaning: format!("One stop rests on the exchange. {words}"),
            }),
        ),
        (
            "connection back",
            Alert::Connection(ConnectionAlert::Restored {
                what: "market data".to_owned(),
                seconds: 194,
                made_good: format!("3 candles back-filled. {words}"),
            }),
        ),
        ("banned", Alert::Connection(ConnectionAlert::Banned { until: NOW + Span::HOUR })),
        (
            "entry denied",
            Alert::Risk(RiskAlert::EntryDenied {
                trader,
                denial: Denial::DailyLoss,
                figures: "daily loss 49.80 of 50.00 USDT".to_owned(),
            }),
        ),
        (
            "near a limit",
            Alert::Risk(RiskAlert::NearLimit {
                limit: "daily loss".to_owned(),
                figures: "40.10 of 50.00 USDT".to_owned(),
            }),
        ),
        ("gate closed", Alert::Risk(RiskAlert::GateClosed { reason: said.clone() })),
        ("gate opened", Alert::Risk(RiskAlert::GateOpened { reason: said.clone() })),
    ]
}

fn panic(words: &str) -> Vec<Named> {
    let panic = |step| {
        Alert::Risk(RiskAlert::Panic { by: Identity::Terminal, name: words.to_owned(), step })
    };
    vec![
        ("panic latched", panic(PanicStep::Latched)),
        ("panic goes on", panic(PanicStep::Progress { legs: vec![leg(LegState::Working)] })),
        (
            "panic done",
            panic(PanicStep::Finished {
                legs: vec![leg(LegState::Done { price: Some(price("70601.1")) })],
                net: money("9.31"),
                quote: asset("USDT"),
            }),
        ),
        ("panic after a restart", panic(PanicStep::StillLatched { since: ago(4_000) })),
    ]
}

fn process(words: &str) -> Vec<Named> {
    let trader = btc();
    let system = Alert::System;
    vec![
        (
            "started",
            system(SystemAlert::Started {
                mode: Mode::Live,
                version: "0.1.0".to_owned(),
                found: format!("1 position adopted, stop in place. {words}"),
            }),
        ),
        ("stopping", system(SystemAlert::Stopping { stays: "One stop stays.".to_owned() })),
        (
            "fault",
            system(SystemAlert::Fault {
                what: format!("The disk is full {words}"),
                doing: "Entries are closed.".to_owned(),
                remedy: "Free some space under data/.".to_owned(),
            }),
        ),
        ("fault over", system(SystemAlert::FaultOver { what: "the disk was full".to_owned() })),
        (
            "order unknown",
            system(SystemAlert::OrderUnknown {
                trader,
                order: OrderNumber(215),
                side: Side::Buy,
                since: ago(22),
            }),
        ),
        (
            "order known",
            system(SystemAlert::OrderResolved {
                trader,
                order: OrderNumber(215),
                outcome: "It never reached the exchange.".to_owned(),
            }),
        ),
    ]
}

fn account() -> Vec<Named> {
    let trader = btc();
    let system = Alert::System;
    vec![
        (
            "sold by hand",
            system(SystemAlert::SoldByHand {
                trader,
                missing: quantity("0.0143"),
                base: asset("BTC"),
            }),
        ),
        (
            "balance changed",
            system(SystemAlert::BalanceChanged { asset: asset("USDT"), amount: money("-250") }),
        ),
        (
            "candles missing",
            system(SystemAlert::CandleGap { trader, closed: ago(9_000), opened: ago(1_800) }),
        ),
    ]
}

fn people(words: &str) -> Vec<Named> {
    let said = words.to_owned();
    let system = Alert::System;
    vec![
        (
            "settings changed",
            system(SystemAlert::SettingsChanged {
                name: said.clone(),
                changes: vec![setting_change("2 atr")],
            }),
        ),
        (
            "somebody acted",
            system(SystemAlert::Acted { name: said.clone(), what: "paused BTCUSDT 1h".to_owned() }),
        ),
        (
            "role changed",
            system(SystemAlert::RoleChanged {
                user: UserId(1_004),
                role: Role::Viewer,
                name: said.clone(),
            }),
        ),
        (
            "wrong PINs",
            system(SystemAlert::PinLocked { user: UserId(1_002), until: NOW + Span::HOUR }),
        ),
    ]
}

fn paying(words: &str) -> Vec<Named> {
    let said = words.to_owned();
    let subscription = Alert::Subscription;
    let paid = |is_again| SubscriptionAlert::Paid {
        bill: bill(),
        reference: "hk-000017".to_owned(),
        until: NOW + Span::DAY.times(28),
        is_again,
    };
    let refunded = Access::Refunded { at: NOW };
    vec![
        ("paid", subscription(paid(false))),
        ("paid again", subscription(paid(true))),
        (
            "part paid",
            subscription(SubscriptionAlert::PartPaid {
                paid: Paise(10_000),
                missing: Paise(25_826),
                url: "https://rzp.io/i/abc".to_owned(),
            }),
        ),
        ("link ended", subscription(SubscriptionAlert::LinkExpired)),
        ("payment failed", subscription(SubscriptionAlert::PaymentFailed { reason: said.clone() })),
        (
            "paid back",
            subscription(SubscriptionAlert::Refunded { amount: Paise(35_826), access: refunded }),
        ),
        (
            "disputed",
            subscription(SubscriptionAlert::Disputed {
                amount: Paise(35_826),
                access: Access::Suspended { since: NOW },
            }),
        ),
        (
            "dispute over",
            subscription(SubscriptionAlert::DisputeOver {
                amount: Paise(35_826),
                access: Access::Active { until: NOW + Span::DAY.times(20) },
            }),
        ),
        ("charged back", subscription(SubscriptionAlert::ChargedBack { amount: Paise(35_826) })),
    ]
}

fn access() -> Vec<Named> {
    let subscription = Alert::Subscription;
    vec![
        (
            "ends soon",
            subscription(SubscriptionAlert::EndsSoon {
                until: NOW + Span::DAY.times(3),
                days: 3,
                total: Paise(35_826),
            }),
        ),
        ("grace", subscription(SubscriptionAlert::Grace { until: NOW + Span::DAY })),
        ("access ended", subscription(SubscriptionAlert::Ended)),
        ("granted", subscription(SubscriptionAlert::Granted { until: None })),
        ("grant ended", subscription(SubscriptionAlert::Revoked { keeps: None })),
        (
            "grant ended beside what was paid",
            subscription(SubscriptionAlert::Revoked {
                keeps: Some(Access::Active { until: NOW + Span::DAY.times(20) }),
            }),
        ),
    ]
}

fn summaries(words: &str) -> Vec<Named> {
    let said = words.to_owned();
    vec![
        ("digest", Alert::Digest(Box::new(digest(words)))),
        (
            "outage",
            Alert::Outage(Box::new(OutageSummary {
                mode: Mode::Paper,
                from: ago(12_000),
                to: ago(10),
                was_off: true,
                fills: vec![fill(Side::Buy, "0")],
                differences: vec![format!("the stop was gone and is back. {words}")],
                now: "one position, stop in place.".to_owned(),
            })),
        ),
        ("broadcast", Alert::Broadcast { text: said }),
    ]
}

fn digest(words: &str) -> Digest {
    let range = Range { from: Some(ago(86_400)), to: Some(NOW) };
    Digest {
        mode: Mode::Paper,
        profit: profit(range),
        open_positions: 1,
        open_risk: money("-11.12"),
        faults: vec![(format!("market data late {words}"), 3)],
        missed_candles: 0,
        uptime: BasisPoints(9_991),
        bnb_trades_left: Some(12),
    }
}
