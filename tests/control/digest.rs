//! The day in one message.

use std::sync::atomic::Ordering;

use heikin::control::Control;
use heikin_bot::backend::{
    Alert, Backend as _, BasisPoints, Command, Cursor, Digest, NotifyPreferences, Range,
};
use heikin_core::time::{Span, Timestamp};

use crate::world::{BEGIN, OWNER, World, alerts, person, request};

const HOUR: u64 = 3_600_000;

fn digests(told: &[heikin_bot::backend::Envelope]) -> Vec<Digest> {
    let digests = told.iter().filter_map(|it| match &it.alert {
        Alert::Digest(digest) => Some((**digest).clone()),
        _ => None,
    });
    digests.collect()
}

async fn owner_is_told(control: &Control, count: usize) -> Vec<Digest> {
    loop {
        let told = alerts(control).await.remove(&OWNER.0).unwrap_or_default();
        let found = digests(&told);
        if found.len() >= count {
            return found;
        }
        let last = told.last().map_or(Cursor::START, |last| last.cursor);
        control.outbox_news(last).await.unwrap();
    }
}

#[test]
fn a_day_is_told_at_its_hour_once_over_restarts() {
    let world = World::new();
    let mut product = world.start();
    world.advance(&mut product, 3);
    world.advance(&mut product, 3);
    let control = product.control.clone();
    let told = world.run(&mut product, alerts(&control)).remove(&OWNER.0).unwrap();
    assert_eq!(digests(&told), [], "of the day before they were not there");

    // The world begins at midnight.
    world.clock.fetch_add(9 * HOUR, Ordering::Relaxed);
    let told = world.run(&mut product, owner_is_told(&control, 1));
    let at = |hours: i64| Timestamp::from_millis(BEGIN) + Span::HOUR.times(hours);
    let day = Range { from: Some(at(0) - Span::HOUR.times(16)), to: Some(at(8)) };
    assert_eq!((told[0].profit.range, told[0].missed_candles), (day, 0));
    assert_eq!(told[0].open_positions, 1);
    assert_eq!(told[0].uptime, BasisPoints(3_333), "it ran for eight hours of it");
    assert!(told[0].faults.is_empty(), "{told:?}");
    drop(control);
    world.stop(product);

    let mut product = world.start();
    world.advance(&mut product, 1);
    world.advance(&mut product, 1);
    let control = product.control.clone();
    let told = world.run(&mut product, alerts(&control)).remove(&OWNER.0).unwrap();
    assert_eq!(digests(&told).len(), 1, "it was told");
    // In their own zone, 09:00 of the next day is 03:30.
    let preferences = NotifyPreferences {
        zone: "Asia/Kolkata".to_owned(),
        digest_at: Some(9 * 60),
        ..NotifyPreferences::default()
    };
    let set = Command::SetNotify { preferences };
    let set = control.command(request("n"), person(OWNER, "Ada"), set, None);
    world.run(&mut product, set).unwrap();
    world.clock.fetch_add(18 * HOUR + HOUR / 2, Ordering::Relaxed);
    let told = world.run(&mut product, owner_is_told(&control, 2));
    assert_eq!(told[1].profit.range.to, Some(at(27) + Span::from_secs(1_800)));
    drop(control);
    world.stop(product);
}
