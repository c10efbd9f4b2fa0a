//! `getUpdates`: waiting, confirming, and another one who polls.

use std::time::Duration;

use heikin::standin::ClockRequest;
use serde_json::json;

use super::{ASHA, Bot};

#[tokio::test]
async fn a_poll_waits_until_there_is_something() {
    let bot = Bot::new().await;
    let params = json!({ "timeout": 20 });
    let (told, ()) = tokio::join!(bot.call("getUpdates", &params), async {
        // Only once the poll is under way is there something.
        while bot.standin.state()["counters"]["methods"]["getupdates"] != 4 {
            tokio::task::yield_now().await;
        }
        bot.write(ASHA, "hello");
    });
    assert_eq!(told[0]["message"]["text"], "hello");
}

#[tokio::test]
async fn an_update_comes_until_it_is_confirmed() {
    let bot = Bot::new().await;
    for text in ["a", "b", "c"] {
        bot.write(ASHA, text);
    }
    let told = bot.call("getUpdates", &json!({ "limit": 2 })).await;
    assert_eq!(told.as_array().unwrap().len(), 2);
    let again = bot.call("getUpdates", &json!({ "limit": 2 })).await;
    assert_eq!(told, again);
    let second = told[1]["update_id"].as_i64().unwrap();
    let rest = bot.call("getUpdates", &json!({ "offset": second })).await;
    assert_eq!(rest[0], told[1]);
    assert_eq!(rest[1]["message"]["text"], "c");
    assert_eq!(bot.call("getUpdates", &json!({ "offset": second + 2 })).await, json!([]));
    assert_eq!(bot.call("getUpdates", &json!({ "offset": 0 })).await, json!([]));
}

#[tokio::test]
async fn the_older_of_two_polls_ends_with_a_conflict() {
    let bot = Bot::new().await;
    let params = json!({ "timeout": 20 });
    let (old, _new) = tokio::join!(bot.refusal("getUpdates", &params), async {
        while bot.standin.state()["counters"]["methods"]["getupdates"] != 4 {
            tokio::task::yield_now().await;
        }
        bot.call("getUpdates", &json!({ "timeout": 0 })).await
    });
    assert_eq!(old.0, 409);
    assert!(old.1.starts_with("Conflict: terminated by other getUpdates request"), "{}", old.1);
}

#[tokio::test]
async fn what_is_wanted_is_remembered() {
    let bot = Bot::new().await;
    bot.call("getUpdates", &json!({ "allowed_updates": ["callback_query"] })).await;
    bot.write(ASHA, "not heard");
    assert_eq!(bot.call("getUpdates", &json!({})).await, json!([]));
    let message = bot.message_with_button().await;
    let press = json!({ "do": "press", "user": ASHA, "message": message, "button": "y" });
    let pressed = bot.order("do", &press).await;
    let told = bot.told().await;
    assert_eq!(told[0]["callback_query"]["id"], pressed["callback_query_id"]);
    assert_eq!(told[0]["callback_query"]["data"], "y");
}

#[tokio::test]
async fn updates_are_kept_for_a_day_of_its_clock() {
    let bot = Bot::new().await;
    bot.write(ASHA, "old");
    let day = ClockRequest { advance_seconds: Some(24 * 60 * 60), ..Default::default() };
    bot.standin.set_clock(day).unwrap();
    bot.write(ASHA, "new");
    let told = bot.told().await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["message"]["text"], "new");
}

#[tokio::test]
async fn whoever_tests_a_bot_waits_for_its_messages() {
    let bot = Bot::new().await;
    let welcome = json!({ "chat_id": ASHA, "text": "welcome" });
    let is_there =
        |it: &serde_json::Value| it["messages"].as_array().is_some_and(|all| all.len() == 2);
    let seen = bot.standin.messages_when(ASHA, Duration::from_secs(20), is_there);
    let (seen, _sent) = tokio::join!(seen, bot.call("sendMessage", &welcome));
    let seen = seen.expect("the message comes");
    assert_eq!(seen["messages"][1]["message"]["text"], "welcome");
    assert_eq!(seen["messages"][1]["by_bot"], true);
    let never = bot.standin.messages_when(ASHA, Duration::from_millis(1), |_| false).await;
    assert!(never.is_none());
}
