//! Messages to everybody, and their end.

use heikin::control::Control;
use heikin_bot::backend::{
    Alert, Backend as _, Command, Cursor, Delivery, Done, Envelope, MessageId, Outcome, Receipt,
    Refusal, Role, UserId,
};

use crate::world::{World, alerts, confirmed, grant, request, terminal};

async fn say(control: &Control, text: &str) -> Outcome {
    let command = Command::Broadcast { text: text.to_owned() };
    confirmed(control, text, terminal(), command).await
}

async fn end(control: &Control, id: &str) -> Outcome {
    control.command(request(id), terminal(), Command::CancelBroadcast, None).await.unwrap()
}

/// The rows of one message, one for each who is told.
async fn rows(control: &Control, said: &str) -> Vec<Envelope> {
    let waiting = alerts(control).await.into_values().flatten();
    let is_it = |it: &Envelope| matches!(&it.alert, Alert::Broadcast { text } if text == said);
    waiting.filter(is_it).collect()
}

async fn acknowledge(control: &Control, cursor: Cursor, delivery: Delivery) {
    let at = heikin_core::time::Timestamp::from_millis(crate::world::BEGIN);
    control.ack(vec![Receipt { cursor, at, delivery }]).await.unwrap();
}

const ARRIVED: Delivery = Delivery::Delivered { message: MessageId(5) };

fn is_none_under_way(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Refused(Refusal::AlreadySo { how }) if how.contains("on its way"))
}

#[test]
fn a_message_to_everybody_is_ended_and_who_had_got_it_is_counted() {
    let world = World::new();
    let mut product = world.start();
    let control = product.control.clone();
    world.run(&mut product, async {
        assert!(is_none_under_way(&end(&control, "none").await));
        for user in 71..=74 {
            grant(&control, UserId(user), Role::Viewer).await;
        }
        let queued = say(&control, "first").await;
        assert_eq!(queued, Outcome::Done(Done::BroadcastQueued { recipients: 5 }));
        let first = rows(&control, "first").await;
        assert_eq!(first.len(), 5);
        // One has it, one has blocked the bot, one is being told; two wait, and were handed out.
        acknowledge(&control, first[0].cursor, ARRIVED).await;
        acknowledge(&control, first[1].cursor, Delivery::Blocked).await;
        let told = first[2].cursor;
        assert_eq!(control.outbox_sending(vec![told]).await.unwrap(), [told]);
    });
    drop(control);
    // All that is known over a restart.
    world.kill(product);
    let mut product = world.start();
    let control = product.control.clone();
    world.run(&mut product, async {
        let waiting = rows(&control, "first").await;
        let ended = end(&control, "end").await;
        let wanted = Done::BroadcastCanceled { sent: 1, under_way: 1, spared: 2 };
        assert_eq!(ended, Outcome::Done(wanted));
        assert_eq!(rows(&control, "first").await, []);
        let fetched = waiting.iter().map(|it| it.cursor).collect();
        let wanted = control.outbox_sending(fetched).await.unwrap();
        assert_eq!(wanted, [], "what was fetched before is not sent");
        acknowledge(&control, waiting[0].cursor, ARRIVED).await;
        assert!(is_none_under_way(&end(&control, "again").await));

        // What has arrived everywhere is not on its way, and other alerts stay where they are.
        say(&control, "second").await;
        let second = rows(&control, "second").await;
        assert_eq!(second.len(), 4, "nothing is kept for who has blocked");
        for row in &second {
            acknowledge(&control, row.cursor, ARRIVED).await;
        }
        assert!(is_none_under_way(&end(&control, "late").await));
        let before = alerts(&control).await;
        assert!(before.values().any(|it| !it.is_empty()));
        say(&control, "third").await;
        say(&control, "fourth").await;
        let ended = end(&control, "both").await;
        let wanted = Done::BroadcastCanceled { sent: 0, under_way: 0, spared: 8 };
        assert_eq!(ended, Outcome::Done(wanted));
        assert_eq!(alerts(&control).await, before);
    });
    drop(control);
    world.stop(product);
}
