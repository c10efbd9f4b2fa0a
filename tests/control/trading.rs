//! The product behind the port: pause, resume, close, panic, and over restarts.

use heikin_bot::backend::{
    Alert, Answer, Backend as _, Command, Control as Entries, Done, InboxRow, Intake, LegState,
    Nonce, Outcome, PanicStep, Presser, Protection, Query, Range, RecapTopic, Refusal, RiskAlert,
    Role, Subject, Take, Target, Ticket, TraderState, UpdateId,
};
use heikin_bot::backend::{ChatId, MessageId};
use heikin_core::market::Side;
use heikin_core::num::Money;
use heikin_core::time::Timestamp;

use crate::world::{
    NO_VERSION, OWNER, World, alerts, confirmed, person, request, status, terminal, trader,
};

#[test]
fn it_is_paused_closed_and_resumed() {
    let world = World::new();
    let mut product = world.start();
    world.advance(&mut product, 4);
    let control = product.control.clone();
    let before = world.run(&mut product, status(&control));
    let position = before.traders[0].position.clone().expect("it rises: there is a position");
    assert!(matches!(position.protection, Protection::OnExchange { .. }), "{position:?}");
    assert_eq!(before.control, Entries::Running);
    assert_eq!(before.traders[0].state, TraderState::Long);

    let close = Command::Close { target: Target::Trader { trader: trader() } };
    let outcome = world.run(&mut product, async {
        let asked = control.command(request("c1"), terminal(), close.clone(), None).await.unwrap();
        let Outcome::Confirm(recap) = asked else { panic!("{asked:?}") };
        let RecapTopic::Sell { is_panic: false, positions, .. } = &recap.topic else { panic!() };
        let all = Command::Close { target: Target::All };
        let asked = control.command(request("c0"), terminal(), all, None).await.unwrap();
        let Outcome::Confirm(of_all) = asked else { panic!("{asked:?}") };
        let paused = "Afterwards all traders are paused until /resume.";
        assert!(of_all.consequences.iter().any(|line| line == paused), "{of_all:?}");
        assert_eq!(positions[0].quantity, position.quantity);
        control.command(request("c2"), terminal(), close, Some(recap.version)).await.unwrap()
    });
    let Outcome::Done(Done::Closing { legs }) = outcome else { panic!("{outcome:?}") };
    assert_eq!((legs.len(), legs[0].side), (1, Side::Sell));

    world.advance(&mut product, 2);
    let after = world.run(&mut product, status(&control));
    assert_eq!(after.traders[0].position, None);
    assert_eq!(after.control, Entries::Paused);
    assert!(after.version != before.version);
    let trades = world.run(&mut product, async {
        let page = heikin_bot::backend::Page { skip: 0, take: 10 };
        control.query(Query::Trades { symbol: None, page }).await.unwrap()
    });
    let Answer::Trades(trades) = trades else { panic!() };
    assert_eq!((trades.total, trades.items[0].number), (1, position.number));

    let resume = Command::Resume { target: Target::All };
    let resumed = world.run(&mut product, confirmed(&control, "r", terminal(), resume));
    assert!(matches!(resumed, Outcome::Done(Done::Resumed { .. })), "{resumed:?}");
    world.advance(&mut product, 3);
    let again = world.run(&mut product, status(&control));
    let second = again.traders[0].position.clone().expect("it enters again");
    assert_eq!(second.number.0, position.number.0 + 1, "trades are counted");
    world.stop(product);
}

#[test]
fn a_panic_sells_and_holds_over_restarts() {
    let world = World::new();
    let mut product = world.start();
    world.advance(&mut product, 4);
    let control = product.control.clone();
    world.run(&mut product, async {
        assert!(status(&control).await.traders[0].position.is_some());
        let pressed = control.command(request("p"), person(OWNER, "Ada"), Command::Panic, None);
        let Outcome::Confirm(recap) = pressed.await.unwrap() else { panic!("it asks first") };
        assert!(matches!(recap.topic, RecapTopic::Sell { is_panic: true, .. }));
        let wrong =
            control.command(request("p2"), person(OWNER, "Ada"), Command::Panic, Some(NO_VERSION));
        assert!(matches!(wrong.await.unwrap(), Outcome::Confirm(_)));
        let right = control.command(
            request("p3"),
            person(OWNER, "Ada"),
            Command::Panic,
            Some(recap.version),
        );
        let outcome = right.await.unwrap();
        let Outcome::Done(Done::Panicked { legs }) = &outcome else { panic!("{outcome:?}") };
        assert!(legs.iter().any(|leg| leg.side == Side::Sell));
        assert!(legs.iter().all(|leg| !matches!(leg.state, LegState::Failed { .. })));
    });
    world.advance(&mut product, 2);
    let told = world.run(&mut product, alerts(&control));
    let steps: Vec<PanicStep> = told[&OWNER.0]
        .iter()
        .filter_map(|envelope| match &envelope.alert {
            Alert::Risk(RiskAlert::Panic { step, name, .. }) => {
                assert_eq!(name, "Ada", "the name is filled in");
                Some(step.clone())
            }
            _ => None,
        })
        .collect();
    assert!(matches!(&steps[..], [PanicStep::Latched, PanicStep::Finished { .. }]), "{steps:?}");
    for end in [World::stop, World::kill] {
        end(&world, product);
        product = world.start();
        assert!(product.is_panicked());
        world.advance(&mut product, 2);
        let control = product.control.clone();
        let now = world.run(&mut product, status(&control));
        assert!(matches!(now.control, Entries::Panicked { .. }), "{:?}", now.control);
        assert_eq!(now.traders[0].position, None);
        assert_eq!(now.open_orders, 0);
    }
    let control = product.control.clone();
    let part = Command::Resume { target: Target::Trader { trader: trader() } };
    let refused = world.run(&mut product, confirmed(&control, "half", terminal(), part));
    assert!(matches!(refused, Outcome::Refused(Refusal::Rule { .. })), "{refused:?}");
    let all = Command::Resume { target: Target::All };
    let resumed = world.run(&mut product, confirmed(&control, "all", terminal(), all));
    assert!(matches!(resumed, Outcome::Done(_)), "{resumed:?}");
    world.advance(&mut product, 3);
    let now = world.run(&mut product, status(&control));
    assert_eq!(now.control, Entries::Running);
    world.stop(product);
}

#[test]
fn what_was_told_and_taken_is_so_after_a_restart() {
    let world = World::new();
    let mut product = world.start();
    world.advance(&mut product, 3);
    let now = Timestamp::from_millis(1_704_067_200_000);
    let presser = Presser { user: OWNER, chat: ChatId(OWNER.0), message: MessageId(4) };
    let ticket = Ticket {
        presser,
        command: Command::StopBot,
        version: NO_VERSION,
        expires_at: now + Ticket::LIFE,
    };
    let (used, unused) = (Nonce::from_bits(7), Nonce::from_bits(8));
    let row =
        |update| InboxRow { update: UpdateId(update), received_at: now, raw: "{}".to_owned() };
    let control = product.control.clone();
    let stopped = world.run(&mut product, async {
        for nonce in [used, unused] {
            control.put_ticket(nonce, ticket.clone()).await.unwrap();
        }
        assert!(matches!(control.take_ticket(used, presser, now).await, Ok(Take::Taken(_))));
        for update in [1, 2] {
            control.inbox(row(update)).await.unwrap();
        }
        control.inbox_done(UpdateId(1)).await.unwrap();
        confirmed(&control, "stop", terminal(), Command::StopBot).await
    });
    assert!(matches!(stopped, Outcome::Done(Done::Stopped { .. })), "{stopped:?}");
    let told = world.run(&mut product, alerts(&control));
    let sent = told[&OWNER.0][0].cursor;
    world.run(&mut product, control.outbox_sending(vec![sent])).unwrap();
    let before =
        world.run(&mut product, async { control.query(Query::Profit { range: Range::ALL }).await });
    drop(control);
    for end in [World::kill, World::stop] {
        end(&world, product);
        product = world.start();
        let control = product.control.clone();
        world.run(&mut product, async {
            assert_eq!(control.inbox_pending(9).await.unwrap(), [row(2)]);
            assert_eq!(control.inbox(row(1)).await.unwrap(), Intake::Seen);
            assert_eq!(control.take_ticket(used, presser, now).await.unwrap(), Take::Unknown);
            let again = confirmed(&control, "stop", terminal(), Command::StopBot).await;
            assert!(matches!(again, Outcome::Refused(Refusal::AlreadySo { .. })), "{again:?}");
            let same = request("stop-confirmed");
            let same = control.command(same, terminal(), Command::StopBot, None).await.unwrap();
            assert_eq!(same, stopped, "the same request has the same outcome");
            assert_eq!(status(&control).await.control, Entries::Stopped);
            let after = alerts(&control).await;
            for (chat, expected) in &told {
                let found: Vec<_> = after[chat].iter().map(|it| (it.cursor, &it.alert)).collect();
                for envelope in expected {
                    let same = (envelope.cursor, &envelope.alert);
                    assert_eq!(found.iter().filter(|it| **it == same).count(), 1, "{envelope:?}");
                }
            }
            let marked = after[&OWNER.0].iter().filter(|it| it.maybe_repeated);
            assert_eq!(marked.map(|it| it.cursor).collect::<Vec<_>>(), [sent], "it may be there");
        });
    }
    let control = product.control.clone();
    let taken = world.run(&mut product, control.take_ticket(unused, presser, now)).unwrap();
    assert!(matches!(taken, Take::Taken(_)), "{taken:?}");
    let after =
        world.run(&mut product, async { control.query(Query::Profit { range: Range::ALL }).await });
    let realized = |answer: &Result<Answer, _>| match answer {
        Ok(Answer::Profit(profit)) => profit.net,
        _ => Money::ZERO,
    };
    assert_eq!(realized(&before), realized(&after));
    world.stop(product);
}

#[test]
fn why_and_chart_tell_what_was_decided() {
    let world = World::new();
    let mut product = world.start();
    world.advance(&mut product, 6);
    let control = product.control.clone();
    world.run(&mut product, async {
        let subject = Subject::Trader { trader: trader() };
        let Answer::Why(why) = control.query(Query::Why { subject }).await.unwrap() else {
            panic!()
        };
        let values = why.candle.expect("candles have closed");
        assert!(why.rules.iter().all(|rule| !rule.figures.is_empty()));
        let chart = Query::Chart { trader: trader(), candles: 12 };
        let Answer::Chart(chart) = control.query(chart).await.unwrap() else { panic!() };
        assert_eq!(chart.bars.len(), 12);
        let last = chart.bars.last().unwrap();
        assert_eq!((last.opened_at, last.heikin_ashi), (values.opened_at, values.heikin_ashi));
        assert_eq!(chart.markers.len(), 1, "{:?}", chart.markers);
        assert!(chart.stops.len() > 1, "the stop has risen");
        assert!(chart.stops.windows(2).all(|pair| pair[0].price < pair[1].price));
        assert_eq!(chart.stop, chart.stops.last().map(|line| line.price));
        let Answer::Orders(orders) = control.query(Query::Orders).await.unwrap() else { panic!() };
        let stop = &orders.orders[0];
        let about = Subject::Order { order: stop.number };
        let Answer::Why(why) = control.query(Query::Why { subject: about }).await.unwrap() else {
            panic!()
        };
        assert_eq!((why.orders.len(), why.orders[0].reason), (1, stop.reason));
        let Answer::Balance(balance) = control.query(Query::Balance).await.unwrap() else {
            panic!()
        };
        assert_eq!(balance.lines.len(), 2);
        let Answer::Health(health) = control.query(Query::Health).await.unwrap() else { panic!() };
        assert!(health.checks.len() >= 5);
        let Answer::Member(member) = control.query(Query::Member { user: OWNER }).await.unwrap()
        else {
            panic!()
        };
        assert_eq!(member.role, Role::Operator, "as configured");
    });
    world.stop(product);
}
