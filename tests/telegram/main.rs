#![cfg(test)]
//! The bot over the Bot API, as the stand-in serves it.

mod desk;

use heikin::standin::telegram::{FaultRequest, Hands};
use heikin_bot::backend::{Delivery, Lane};
use heikin_bot::telegram::{Api, Notice};

use crate::desk::{ASHA, Phone, RAVI};

fn fault(kind: &str) -> FaultRequest {
    FaultRequest { kind: kind.to_owned(), ..Default::default() }
}

#[tokio::test]
async fn a_command_is_answered_once_however_often_it_comes() {
    let mut phone = Phone::new();
    let again = FaultRequest { times: Some(3), ..fault("updates_again") };
    phone.standin.fault(&[again]).unwrap();
    phone.start();
    assert!(phone.said(ASHA, 1).await[0].contains("/status"));
    phone.write(ASHA, "hello");
    let said = phone.said(ASHA, 2).await;
    assert!(said[1].contains("I act on commands."), "{said:?}");
    phone.desk_when(|it| it.dealt_with.len() == 2 && it.pending.is_empty()).await;
    assert_eq!(phone.said(ASHA, 2).await.len(), 2);
}

#[tokio::test]
async fn what_was_stored_before_a_kill_is_answered_after_it() {
    let mut phone = Phone::new();
    phone.start();
    phone.said(ASHA, 1).await;
    // Nothing gets out: the update is stored, and its answer waits.
    let flood = FaultRequest {
        seconds: Some(3_600),
        method: Some("sendMessage".to_owned()),
        ..fault("too_many_requests")
    };
    phone.standin.fault(&[flood]).unwrap();
    phone.write(ASHA, "hello");
    phone.desk_when(|it| it.seen.len() == 2 && !it.pending.is_empty()).await;
    phone.kill();
    phone.standin.fault(&[fault("clear")]).unwrap();
    phone.start();
    phone.desk_when(|it| it.pending.is_empty()).await;
    let said = phone.said(ASHA, 2).await;
    assert!(said[1].contains("I act on commands."), "{said:?}");
}

#[tokio::test]
async fn a_fault_in_one_chat_harms_no_other() {
    let mut phone = Phone::new();
    phone.start();
    phone.write(RAVI, "/status");
    let said = phone.said(RAVI, 1).await;
    assert!(said[0].contains("heikin has a fault here"), "{said:?}");
    phone.write(ASHA, "hello");
    phone.said(ASHA, 2).await;
    let notices = phone.desk.look(|it| it.notices.clone());
    assert!(notices.iter().any(|it| matches!(it, Notice::Panicked(_))), "{notices:?}");
}

#[tokio::test]
async fn alerts_arrive_faults_first_in_order_and_are_acknowledged() {
    let mut phone = Phone::new();
    for (lane, text) in [(Lane::Info, "first"), (Lane::Info, "second"), (Lane::Fault, "fault")] {
        phone.desk.queue(ASHA, lane, text);
    }
    let flood = FaultRequest { seconds: Some(1), chat: Some(ASHA), ..fault("too_many_requests") };
    phone.standin.fault(&[flood]).unwrap();
    phone.desk.look(|it| assert!(it.receipts.is_empty()));
    phone.start();
    phone.desk_when(|it| it.receipts.len() == 3).await;
    let said = phone.said(ASHA, 3).await;
    let alerts: Vec<_> = said.iter().filter(|it| !it.contains("/status")).collect();
    for (alert, expected) in alerts.iter().zip(["fault", "first", "second"]) {
        assert!(alert.contains(expected), "{alerts:?}");
    }
}

#[tokio::test]
async fn an_alert_whose_answer_was_lost_comes_again_and_says_so() {
    let mut phone = Phone::new();
    phone.start();
    phone.said(ASHA, 1).await;
    phone.standin.fault(&[FaultRequest { chat: Some(ASHA), ..fault("lost_after") }]).unwrap();
    phone.desk.queue(ASHA, Lane::Trade, "bought");
    let said = phone.said(ASHA, 3).await;
    assert!(!said[1].contains("repeat") && said[2].contains("Perhaps a repeat"), "{said:?}");
    phone.desk_when(|it| it.receipts.len() == 1).await;
}

#[tokio::test]
async fn whoever_has_blocked_the_bot_is_left_alone() {
    let mut phone = Phone::new();
    phone.standin.act(Hands::Block { user: ASHA }).unwrap();
    phone.desk.queue(ASHA, Lane::Info, "one");
    phone.desk.queue(ASHA, Lane::Info, "two");
    phone.start();
    phone.desk_when(|it| it.receipts.len() == 2).await;
    let deliveries = phone.desk.look(|it| it.receipts.clone());
    assert!(deliveries.iter().all(|it| it.delivery == Delivery::Blocked), "{deliveries:?}");
}

#[tokio::test]
async fn the_token_is_nowhere() {
    let secret = "a-token-nobody-may-see";
    // Nobody listens there.
    let url = "http://127.0.0.1:9/".parse().unwrap();
    let api = Api::new(url, &format!("1:{secret}").into()).unwrap();
    assert_eq!(format!("{api:?}"), "Api([hidden])");
    let mut phone = Phone::new();
    phone.standin.fault(&[fault("lost_before"), fault("html_before"), fault("conflict")]).unwrap();
    phone.start();
    phone.said(ASHA, 1).await;
    let notices = phone.desk.look(|it| it.notices.clone());
    assert!(!notices.is_empty());
    for notice in notices {
        let told = format!("{notice} {notice:?}");
        assert!(!told.contains("token-of-the-stand-in") && !told.contains("127.0.0.1"), "{told}");
    }
}
