//! What people are told of the trading.

use heikin_bot::backend::{
    Alert, AlertKind, Backend as _, Command, Delivery, Envelope, Loudness, MessageId,
    NotifyPreferences, Outcome, Protection, Receipt, StopRaised, SystemAlert, Target,
};
use heikin_core::market::{Side, SymbolStatus};

use crate::world::{OWNER, Product, World, alerts, confirmed, person, request, terminal};

#[test]
fn a_trade_is_told_from_its_entry_to_its_end() {
    let world = World::new();
    let mut product = world.start();
    world.advance(&mut product, 6);
    let control = product.control.clone();
    let close = Command::Close { target: Target::All };
    let closed = world.run(&mut product, confirmed(&control, "c", terminal(), close));
    assert!(matches!(closed, Outcome::Done(_)), "{closed:?}");
    world.advance(&mut product, 2);
    let told = world.run(&mut product, alerts(&control)).remove(&OWNER.0).unwrap();
    let kinds: Vec<AlertKind> = told.iter().map(|envelope| envelope.alert.kind()).collect();
    let first = [AlertKind::Connection, AlertKind::Entry, AlertKind::Fill];
    assert_eq!(kinds[..3], first, "{kinds:?}");
    assert_eq!(kinds.iter().filter(|kind| **kind == AlertKind::Entry).count(), 1);
    assert_eq!(kinds.iter().filter(|kind| **kind == AlertKind::Exit).count(), 1);
    assert!(kinds.contains(&AlertKind::Stop), "the stop rose: {kinds:?}");
    assert!(!kinds.contains(&AlertKind::Fault), "{told:#?}");

    let Alert::Filled(entry) = &told[2].alert else { panic!() };
    assert_eq!(entry.side, Side::Buy);
    assert!(matches!(entry.protection, Some(Protection::OnExchange { .. })), "{entry:?}");
    assert!(!entry.fee.is_zero() && entry.remaining.is_zero());
    let thread = told[2].thread.clone().unwrap();
    let raises = told.iter().filter_map(|envelope| match &envelope.alert {
        Alert::StopRaised(raised) => Some(raised),
        _ => None,
    });
    let raises: Vec<_> = raises.collect();
    assert!(raises.iter().all(|raised| raised.from < raised.to));
    let exit = told.iter().find(|it| it.alert.kind() == AlertKind::Exit).unwrap();
    assert_eq!(exit.thread.as_ref(), Some(&thread), "it answers the entry");
    let Alert::TradeClosed { trade, day, week, .. } = &exit.alert else { panic!() };
    assert_eq!((trade.number, *day, *week), (entry.number, trade.net, trade.net));

    // What follows in a thread answers what arrived of it.
    world.run(&mut product, async {
        let receipt = Receipt {
            cursor: told[2].cursor,
            at: told[2].at,
            delivery: Delivery::Delivered { message: MessageId(500) },
        };
        control.ack(vec![receipt]).await.unwrap();
        let rest = alerts(&control).await.remove(&OWNER.0).unwrap();
        let exit = rest.iter().find(|it| it.cursor == exit.cursor).unwrap();
        assert_eq!(exit.reply_to, Some(MessageId(500)));
    });
    world.stop(product);
}

/// What is told of the market's status, oldest first.
fn of_the_market(world: &World, product: &mut Product) -> Vec<Alert> {
    world.advance(product, 0);
    let control = product.control.clone();
    let told = world.run(product, alerts(&control)).remove(&OWNER.0).unwrap();
    let of_it = |it: &Envelope| it.thread.as_deref() == Some("market-BTCUSDT");
    told.into_iter().filter(of_it).map(|envelope| envelope.alert).collect()
}

fn resting(world: &World) -> usize {
    let state = world.simulator.state();
    let orders = state["accounts"][0]["orders"].as_array().unwrap();
    orders.iter().filter(|order| order["status"] == "NEW").count()
}

#[test]
fn a_market_that_takes_no_orders_is_told_with_what_that_means_and_its_stop_stays() {
    let world = World::new();
    let mut product = world.start();
    world.read_status(&mut product, SymbolStatus::CancelOnly);
    world.read_status(&mut product, SymbolStatus::CancelOnly);
    world.read_status(&mut product, SymbolStatus::Trading);
    let told = of_the_market(&world, &mut product);
    let [Alert::System(SystemAlert::Fault { what, doing, .. }), over] = &told[..] else {
        panic!("{told:?}")
    };
    assert!(what.contains("BTCUSDT is CANCEL_ONLY at Binance"), "{what}");
    assert!(doing.contains("nothing is held there"), "{doing}");
    assert!(matches!(over, Alert::System(SystemAlert::FaultOver { .. })), "{over:?}");

    world.advance(&mut product, 6);
    assert_eq!(resting(&world), 1, "{:#}", world.simulator.state());
    world.read_status(&mut product, SymbolStatus::CancelOnly);
    let told = of_the_market(&world, &mut product);
    let Some(Alert::System(SystemAlert::Fault { doing, .. })) = told.last() else {
        panic!("{told:?}")
    };
    assert!(doing.contains("the stop that rests there stays as it is"), "{doing}");
    let control = product.control.clone();
    let close = Command::Close { target: Target::All };
    let closed = world.run(&mut product, confirmed(&control, "c", terminal(), close));
    assert!(matches!(closed, Outcome::Done(_)), "{closed:?}");
    world.advance(&mut product, 1);
    assert_eq!(resting(&world), 1, "nothing could take its place");
    world.read_status(&mut product, SymbolStatus::Trading);
    world.advance(&mut product, 1);
    assert_eq!(resting(&world), 0, "it is sold");
    assert_eq!(of_the_market(&world, &mut product).len(), 4);
    // Told once, over restarts.
    world.read_status(&mut product, SymbolStatus::Halted);
    assert_eq!(of_the_market(&world, &mut product).len(), 5);
    drop(control);
    world.stop(product);
    let mut product = world.start();
    // The exchange says at the start that it trades.
    let told = of_the_market(&world, &mut product);
    assert_eq!(told.len(), 6);
    assert!(matches!(told[5], Alert::System(SystemAlert::FaultOver { .. })), "{told:?}");
    world.stop(product);
}

fn raised(told: Vec<Envelope>) -> Vec<StopRaised> {
    let found = told.into_iter().filter_map(|envelope| match envelope.alert {
        Alert::StopRaised(raised) => Some(raised),
        _ => None,
    });
    found.collect()
}

#[test]
fn stops_that_rise_unsaid_are_one_message() {
    let world = World::new();
    let mut product = world.start();
    world.advance(&mut product, 9);
    let control = product.control.clone();
    let raises = raised(world.run(&mut product, alerts(&control)).remove(&OWNER.0).unwrap());
    assert_eq!(raises.len(), 1, "{raises:#?}");
    assert!(raises[0].times > 2, "{raises:?}");
    // From now on it is another message: that one was handed out.
    world.advance(&mut product, 3);
    let raises = raised(world.run(&mut product, alerts(&control)).remove(&OWNER.0).unwrap());
    assert_eq!(raises.len(), 2, "{raises:#?}");
    assert_eq!(raises[0].to, raises[1].from);
    world.stop(product);
}

#[test]
fn each_is_told_what_they_chose_and_faults_always() {
    let preferences = NotifyPreferences {
        kinds: [(AlertKind::Stop, Loudness::Off), (AlertKind::Fill, Loudness::Silent)].into(),
        zone: "Asia/Kolkata".to_owned(),
        ..NotifyPreferences::default()
    };
    for kind in AlertKind::ALL {
        let off = NotifyPreferences { on: false, ..preferences.clone() };
        let expected = if kind.is_choosable() { Loudness::Off } else { Loudness::Loud };
        assert_eq!(off.loudness(kind, 0), expected);
    }
    let world = World::new();
    let mut product = world.start();
    let control = product.control.clone();
    world.run(&mut product, async {
        let wrong = NotifyPreferences { zone: "Mars/Base".to_owned(), ..preferences.clone() };
        for (id, preferences, is_done) in [("n1", wrong, false), ("n2", preferences, true)] {
            let command = Command::SetNotify { preferences };
            let outcome = control.command(request(id), person(OWNER, "Ada"), command, None).await;
            assert_eq!(matches!(outcome, Ok(Outcome::Done(_))), is_done, "{outcome:?}");
        }
    });
    world.advance(&mut product, 6);
    let told = world.run(&mut product, alerts(&control)).remove(&OWNER.0).unwrap();
    assert!(told.iter().all(|it| it.alert.kind() != AlertKind::Stop), "{told:#?}");
    let fill = told.iter().find(|it| it.alert.kind() == AlertKind::Fill).unwrap();
    assert_eq!((fill.loudness, fill.zone.as_str()), (Loudness::Silent, "Asia/Kolkata"));
    world.stop(product);
}
