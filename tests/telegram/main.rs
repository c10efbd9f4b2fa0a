#![cfg(test)]
//! The bot over the Bot API, as the stand-in serves it.

mod desk;

use heikin::standin::telegram::{FaultRequest, Hands};
use heikin_bot::backend::{Cursor, Delivery, Lane, Role, UserId};
use heikin_bot::telegram::{Api, Failure, Notice};
use serde_json::json;

use crate::desk::{ASHA, PATIENCE, Phone, RAVI};

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
async fn what_is_taken_back_while_it_waits_here_is_not_sent() {
    let mut phone = Phone::new();
    for text in ["first", "second", "third"] {
        phone.desk.queue(ASHA, Lane::Info, text);
    }
    // They are fetched, and the first try fails; the next one is late enough to be overtaken.
    let flood = FaultRequest { seconds: Some(5), chat: Some(ASHA), ..fault("too_many_requests") };
    phone.standin.fault(&[flood]).unwrap();
    phone.start();
    phone.desk_when(|it| !it.notices.is_empty()).await;
    phone.desk.look(|it| it.taken_back.extend([Cursor(1), Cursor(2)]));
    phone.desk_when(|it| !it.receipts.is_empty()).await;
    let receipts = phone.desk.look(|it| it.receipts.clone());
    assert_eq!(receipts.iter().map(|it| it.cursor).collect::<Vec<_>>(), [Cursor(3)]);
    let said = phone.said(ASHA, 1).await;
    // Not by a word in it: the answer to /help has them too.
    let is_sent = |text: &str| said.iter().any(|it| it.ends_with(&format!("\n{text}")));
    assert!(is_sent("third") && !is_sent("first") && !is_sent("second"), "{said:?}");
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
async fn a_slow_chat_holds_up_no_other() {
    let mut phone = Phone::new();
    phone.write(RAVI, "/help");
    phone.start();
    phone.said(ASHA, 1).await;
    phone.said(RAVI, 1).await;
    let slow = FaultRequest {
        seconds: Some(10),
        chat: Some(ASHA),
        method: Some("sendMessage".to_owned()),
        ..fault("timeout_before")
    };
    phone.standin.fault(&[slow]).unwrap();
    // It is more urgent, and goes first.
    phone.desk.queue(ASHA, Lane::Fault, "slow");
    phone.desk.queue(RAVI, Lane::Info, "quick");
    phone.desk_when(|it| !it.receipts.is_empty()).await;
    let first = phone.desk.look(|it| it.receipts[0].clone());
    assert_eq!(first.cursor, Cursor(2), "{first:?}");
    // And the slow one arrives too.
    phone.desk_when(|it| it.receipts.len() == 2).await;
}

#[tokio::test]
async fn what_telegram_cannot_read_is_sent_as_plain_words() {
    let mut phone = Phone::new();
    let refused = FaultRequest {
        status: Some(400),
        method: Some("sendMessage".to_owned()),
        times: Some(1),
        ..fault("error_before")
    };
    phone.standin.fault(&[refused]).unwrap();
    phone.start();
    let said = phone.said(ASHA, 1).await;
    assert!(said[0].contains("/status"), "{said:?}");
    let told = phone.standin.messages(ASHA);
    let messages = told["messages"].as_array().unwrap();
    let answer = messages.iter().find(|it| it["by_bot"] == true).unwrap();
    let entities = answer["message"]["entities"].as_array().into_iter().flatten();
    let marked = entities.filter(|it| it["type"] == "bold" || it["type"] == "code").count();
    assert_eq!(marked, 0, "{answer}");
}

#[tokio::test]
async fn that_there_is_no_news_is_no_failure() {
    let mut phone = Phone::new();
    phone.start();
    phone.said(ASHA, 1).await;
    // Longer than a poll waits.
    let longer = std::time::Duration::from_secs(28);
    assert_eq!(phone.standin.messages_when(ASHA, longer, |_| false).await, None);
    let notices = phone.desk.look(|it| it.notices.clone());
    assert!(!notices.iter().any(|it| matches!(it, Notice::Polling(_))), "{notices:?}");
    phone.write(ASHA, "hello");
    phone.said(ASHA, 2).await;
}

#[tokio::test]
async fn updates_of_a_kind_that_is_not_known_are_passed_over() {
    let mut phone = Phone::new();
    phone.start();
    phone.said(ASHA, 1).await;
    for update in [
        json!({ "a_kind_of_tomorrow": { "from": { "id": ASHA } } }),
        json!({ "message": "not even an object" }),
        json!({}),
    ] {
        phone.standin.act(Hands::Update { update }).unwrap();
    }
    phone.write(ASHA, "hello");
    let said = phone.said(ASHA, 2).await;
    assert!(said[1].contains("I act on commands."), "{said:?}");
    // None of them comes again after a restart.
    phone.desk_when(|it| it.seen.len() == 5 && it.pending.is_empty()).await;
}

#[tokio::test]
async fn everybody_is_offered_the_commands_of_their_role() {
    let mut phone = Phone::new();
    phone.desk.look(|it| it.roles.insert(UserId(ASHA), Role::Viewer));
    phone.start();
    let has = |names: &[String], name: &str| names.iter().any(|it| it == name);
    let everybody = json!({ "type": "default" });
    // Nothing is sold here.
    let for_guests = |it: &[String]| has(it, "help") && !has(it, "panic") && !has(it, "plans");
    phone.offered(everybody, for_guests).await;
    let asha = || json!({ "type": "chat", "chat_id": ASHA });
    phone.offered(asha(), |it| has(it, "balance") && !has(it, "panic")).await;
    phone.desk.look(|it| it.roles.insert(UserId(ASHA), Role::Operator));
    phone.write(ASHA, "hello");
    phone.offered(asha(), |it| has(it, "panic")).await;
    phone.desk.look(|it| it.roles.remove(&UserId(ASHA)));
    phone.write(ASHA, "hello");
    phone.offered(asha(), <[String]>::is_empty).await;
}

#[tokio::test]
async fn an_end_does_not_wait_for_a_chat_that_hangs() {
    let phone = Phone::new();
    let slow = FaultRequest {
        seconds: Some(600),
        method: Some("sendMessage".to_owned()),
        ..fault("timeout_before")
    };
    phone.standin.fault(&[slow]).unwrap();
    let telegram = phone.telegram();
    let is_at_work = phone.desk_when(|it| !it.pending.is_empty());
    let ended = tokio::time::timeout(PATIENCE, telegram.run(is_at_work)).await;
    assert_eq!(ended.expect("it ends"), None);
    // It is taken up by the next start.
    phone.desk.look(|it| assert_eq!((it.pending.len(), it.dealt_with.len()), (1, 0)));
}

#[tokio::test]
async fn a_token_that_is_not_known_ends_it() {
    let phone = Phone::new();
    let method = Some("getMe".to_owned());
    let unknown = FaultRequest { status: Some(401), method, ..fault("error_before") };
    phone.standin.fault(&[unknown]).unwrap();
    let telegram = phone.telegram();
    let ended = telegram.run(std::future::pending());
    let ended = tokio::time::timeout(PATIENCE, ended).await;
    assert_eq!(ended.expect("it ends"), Some(Failure::BadToken));
}

#[tokio::test]
async fn the_token_is_nowhere() {
    let secret = "a-token-nobody-may-see";
    // Nobody listens there.
    let url = "http://127.0.0.1:9/".parse().unwrap();
    let api = Api::new(&url, &format!("1:{secret}").into()).unwrap();
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
