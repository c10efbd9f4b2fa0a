//! What goes wrong when it is told to.

use heikin::standin::telegram::FaultRequest;
use serde_json::json;

use super::{ASHA, Bot, GROUP};

fn texts(bot: &Bot) -> Vec<String> {
    let told = bot.standin.messages(ASHA);
    let told = told["messages"].as_array().unwrap();
    told.iter().map(|it| it["message"]["text"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_lost_answer_leaves_the_message() {
    let bot = Bot::new().await;
    bot.order(
        "faults",
        &json!([
            { "kind": "lost_before", "method": "sendMessage" },
            { "kind": "lost_after", "method": "sendMessage" },
        ]),
    )
    .await;
    for text in ["not sent", "sent"] {
        let params = json!({ "chat_id": ASHA, "text": text });
        assert!(bot.try_call("sendMessage", &params).await.is_none());
    }
    assert_eq!(texts(&bot), ["/start", "sent"]);
    assert_eq!(bot.standin.state()["counters"]["statuses"]["0"], 2);
}

#[tokio::test]
async fn errors_pages_and_silence_come_instead_of_answers() {
    let bot = Bot::new().await;
    bot.order(
        "faults",
        &json!([
            { "kind": "error_before", "status": 502 },
            { "kind": "html_after", "status": 504 },
            { "kind": "timeout_after", "seconds": 0 },
        ]),
    )
    .await;
    let params = json!({ "chat_id": ASHA, "text": "x" });
    assert_eq!(bot.refusal("sendMessage", &params).await, (502, "Bad Gateway".to_owned()));
    let page = bot.try_call("sendMessage", &params).await.unwrap();
    assert!(page.status == 504 && page.text.starts_with("<html>"), "{}", page.text);
    assert!(bot.try_call("sendMessage", &params).await.is_none());
    bot.call("sendMessage", &params).await;
    assert_eq!(texts(&bot), ["/start", "x", "x", "x"]);
}

#[tokio::test]
async fn a_flood_is_of_one_chat_or_of_all_and_ends() {
    let bot = Bot::new().await;
    bot.order("faults", &json!({ "kind": "too_many_requests", "chat": ASHA, "seconds": 30 })).await;
    bot.order("clock", &json!({ "speed": 0 })).await;
    let to = |chat: i64| json!({ "chat_id": chat, "text": "x" });
    let refused = bot.try_call("sendMessage", &to(ASHA)).await.unwrap().json();
    assert_eq!(refused["parameters"]["retry_after"], 30);
    bot.call("sendMessage", &to(GROUP)).await;
    bot.order("clock", &json!({ "advance_seconds": 30 })).await;
    bot.call("sendMessage", &to(ASHA)).await;
    assert_eq!(bot.standin.state()["counters"]["impatient"], 1);
    bot.order("faults", &json!({ "kind": "too_many_requests", "seconds": 30 })).await;
    assert_eq!(bot.refusal("sendMessage", &to(GROUP)).await.0, 429);
    bot.order("faults", &json!({ "kind": "clear" })).await;
    bot.call("sendMessage", &to(GROUP)).await;
}

#[tokio::test]
async fn a_confirmed_update_comes_again() {
    let bot = Bot::new().await;
    let again = FaultRequest { kind: "updates_again".to_owned(), ..Default::default() };
    bot.standin.fault(&[again]).unwrap();
    bot.write(ASHA, "twice");
    let first = bot.call("getUpdates", &json!({})).await;
    let next = first[0]["update_id"].as_i64().unwrap() + 1;
    let second = bot.call("getUpdates", &json!({ "offset": next })).await;
    assert_eq!(first, second);
    assert_eq!(bot.call("getUpdates", &json!({ "offset": next })).await, json!([]));
}

#[tokio::test]
async fn people_block_leave_and_groups_move() {
    let bot = Bot::new().await;
    let to = |chat: i64| json!({ "chat_id": chat, "text": "x" });
    for (order, chat, expected) in [
        (json!({ "do": "block", "user": ASHA }), ASHA, "Forbidden: bot was blocked by the user"),
        (json!({ "do": "deactivate", "user": ASHA }), ASHA, "Forbidden: user is deactivated"),
        (
            json!({ "do": "remove_bot", "user": ASHA, "chat": GROUP }),
            GROUP,
            "Forbidden: bot was kicked from the group chat",
        ),
        (json!({ "do": "add_bot", "user": ASHA, "chat": GROUP }), 0, ""),
        (
            json!({ "do": "migrate", "user": ASHA, "chat": GROUP, "to": -1_009 }),
            GROUP,
            "Bad Request: group chat was upgraded to a supergroup chat",
        ),
    ] {
        bot.order("do", &order).await;
        if chat != 0 {
            assert_eq!(bot.refusal("sendMessage", &to(chat)).await.1, expected);
        }
    }
    let moved = bot.try_call("sendMessage", &to(GROUP)).await.unwrap().json();
    assert_eq!(moved["parameters"], json!({ "migrate_to_chat_id": -1_009 }));
    bot.call("sendMessage", &to(-1_009)).await;
}
