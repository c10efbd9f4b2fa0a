//! What Telegram refuses, in its words.

use heikin::standin::telegram::{RateLimits, Settings, TelegramStandin};
use heikin::standin::{ClockRequest, StartError};
use serde_json::{Value, json};

use super::{ASHA, Bot, GROUP, RAVI};
use crate::client::{client, get, json as request, send};

fn to_asha(fields: &Value) -> Value {
    let mut params = json!({ "chat_id": ASHA });
    params.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    params
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused() {
    let bot = Bot::new().await;
    let key =
        |button: Value| json!({ "text": "x", "reply_markup": { "inline_keyboard": [[button]] } });
    let long = "x".repeat(4_097);
    let fits = format!("<b>{}</b>", "😀".repeat(2_048));
    for (params, expected) in [
        (json!({ "chat_id": 99, "text": "x" }), "400 Bad Request: chat not found"),
        (json!({ "text": "x" }), "400 Bad Request: chat_id is empty"),
        (
            json!({ "chat_id": RAVI, "text": "x" }),
            "403 Forbidden: bot can't initiate conversation with a user",
        ),
        (to_asha(&json!({})), "400 Bad Request: message text is empty"),
        (to_asha(&json!({ "text": " \n" })), "400 Bad Request: message text is empty"),
        (
            to_asha(&json!({ "text": "<b> </b>", "parse_mode": "HTML" })),
            "400 Bad Request: message text is empty",
        ),
        (to_asha(&json!({ "text": long })), "400 Bad Request: message is too long"),
        (
            to_asha(&json!({ "text": "<b>x", "parse_mode": "HTML" })),
            "400 Bad Request: can't parse entities: Can't find end tag corresponding to start tag \"b\"",
        ),
        (
            to_asha(&json!({ "text": "x", "parse_mode": "MarkdownV2" })),
            "400 Bad Request: unsupported parse_mode",
        ),
        (
            to_asha(&key(json!({ "text": "x", "callback_data": "é".repeat(33) }))),
            "400 Bad Request: BUTTON_DATA_INVALID",
        ),
        (
            to_asha(&json!({ "text": "x", "reply_parameters": { "message_id": 99 } })),
            "400 Bad Request: message to be replied not found",
        ),
    ] {
        let (code, description) = bot.refusal("sendMessage", &params).await;
        assert_eq!(format!("{code} {description}"), expected);
    }
    // Markup does not count, and characters beyond the basic plane count twice.
    bot.call("sendMessage", &to_asha(&json!({ "text": fits, "parse_mode": "HTML" }))).await;
    let more = format!("{fits}x");
    bot.refusal("sendMessage", &to_asha(&json!({ "text": more, "parse_mode": "HTML" }))).await;
    assert_eq!(bot.standin.messages(ASHA)["messages"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn what_cannot_be_changed_is_refused() {
    let bot = Bot::new().await;
    let own = bot.message_with_button().await;
    let theirs = bot.write(ASHA, "hello")["message_id"].as_i64().unwrap();
    let of =
        |message: i64, text: &str| json!({ "chat_id": ASHA, "message_id": message, "text": text });
    for (method, params, expected) in [
        ("editMessageText", of(99, "x"), "message to edit not found"),
        ("editMessageText", of(theirs, "x"), "message can't be edited"),
        ("editMessageText", of(own, &"x".repeat(4_097)), "MESSAGE_TOO_LONG"),
        ("editMessageCaption", of(own, "x"), "there is no caption in the message to edit"),
        (
            "editMessageText",
            json!({ "chat_id": ASHA, "text": "x" }),
            "message identifier is not specified",
        ),
        ("deleteMessage", of(99, ""), "message to delete not found"),
        ("pinChatMessage", of(99, ""), "message to pin not found"),
        (
            "answerCallbackQuery",
            json!({ "callback_query_id": "1" }),
            "query is too old and response timeout expired or query ID is invalid",
        ),
        (
            "setMyCommands",
            json!({ "commands": [{ "command": "Panic!", "description": "x" }] }),
            "BOT_COMMAND_INVALID",
        ),
        (
            "setMyCommands",
            json!({ "commands": vec![json!({ "command": "a", "description": "x" }); 101] }),
            "BOT_COMMANDS_TOO_MUCH",
        ),
        (
            "setWebhook",
            json!({ "url": "http://127.0.0.1/" }),
            "bad webhook: An HTTPS URL must be provided for webhook",
        ),
    ] {
        let refusal = bot.refusal(method, &params).await;
        assert_eq!(refusal, (400, format!("Bad Request: {expected}")), "{method}");
    }
    // A keyboard that is not given is taken away: that is a change, and the second time none.
    bot.call("editMessageText", &of(own, "Sure?")).await;
    let (_, description) = bot.refusal("editMessageText", &of(own, "Sure?")).await;
    assert!(
        description.starts_with("Bad Request: message is not modified: specified new"),
        "{description}"
    );
}

#[tokio::test]
async fn a_message_is_taken_back_within_two_days() {
    let bot = Bot::new().await;
    let old = bot.message_with_button().await;
    let young = bot.message_with_button().await;
    let of = |message: i64| json!({ "chat_id": ASHA, "message_id": message });
    bot.call("deleteMessage", &of(young)).await;
    let days = ClockRequest { advance_seconds: Some(48 * 3_600 + 1), ..Default::default() };
    bot.standin.set_clock(days).unwrap();
    let (_, description) = bot.refusal("deleteMessage", &of(old)).await;
    assert_eq!(description, "Bad Request: message can't be deleted for everyone");
    let told = bot.standin.messages(ASHA);
    let told: Vec<_> =
        told["messages"].as_array().unwrap().iter().map(|it| &it["deleted"]).collect();
    assert_eq!(told, [&json!(false), &json!(false), &json!(true)]);
}

#[tokio::test]
async fn a_pressed_button_can_be_answered_for_a_minute() {
    let bot = Bot::new().await;
    let message = bot.message_with_button().await;
    let press = json!({ "do": "press", "user": ASHA, "message": message, "button": "Yes" });
    let pressed = bot.order("do", &press).await;
    let answer = json!({ "callback_query_id": pressed["callback_query_id"], "text": "Done" });
    bot.call("answerCallbackQuery", &answer).await;
    let minute = ClockRequest { advance_seconds: Some(61), ..Default::default() };
    bot.standin.set_clock(minute).unwrap();
    assert_eq!(bot.refusal("answerCallbackQuery", &answer).await.0, 400);
    let id = pressed["callback_query_id"].as_str().unwrap();
    assert_eq!(bot.standin.state()["queries"][id]["answer"]["text"], "Done");
}

#[tokio::test]
async fn limits_go_by_its_clock() {
    let settings = Settings { limits: Some(RateLimits::default()), ..Settings::default() };
    let bot = Bot::started(settings).await;
    let held = ClockRequest { speed: Some(0), ..Default::default() };
    bot.standin.set_clock(held).unwrap();
    let params = to_asha(&json!({ "text": "x" }));
    for _ in 0..3 {
        bot.call("sendMessage", &params).await;
    }
    let refused = bot.try_call("sendMessage", &params).await.unwrap().json();
    assert_eq!(refused["parameters"], json!({ "retry_after": 1 }));
    bot.call("sendMessage", &json!({ "chat_id": GROUP, "text": "others are not concerned" })).await;
    let second = ClockRequest { advance_seconds: Some(1), ..Default::default() };
    bot.standin.set_clock(second).unwrap();
    bot.call("sendMessage", &params).await;
    assert_eq!(bot.refusal("sendMessage", &params).await.0, 429);
}

#[tokio::test]
async fn only_the_token_opens_and_only_this_machine_asks() {
    let bot = Bot::new().await;
    let base = bot.standin.api_url();
    for (path, status) in [
        ("/bot1:wrong/getMe", 401),
        ("/botnonsense/getMe", 404),
        ("/bot/getMe", 404),
        ("/nowhere", 404),
        ("/file/bot1:wrong/files/x", 401),
    ] {
        assert_eq!(get(&format!("{base}{path}")).await.status, status, "{path}");
    }
    assert_eq!(bot.refusal("getNothing", &json!({})).await.1, "Not Found: method not found");
    assert_eq!(get(&bot.url("GETME")).await.json()["result"]["is_bot"], true);
    let foreign = client().get(bot.url("getMe")).header("host", "evil.example");
    assert_eq!(send(foreign).await.unwrap().status, 421);
    let orders = format!("{base}/standin/do");
    let order = json!({ "do": "send", "user": ASHA, "text": "/panic" });
    let from_a_page =
        client().post(&orders).header("content-type", "text/plain").body(order.to_string());
    assert_eq!(send(from_a_page).await.unwrap().status, 400);
    for wrong in [json!({ "do": "fly" }), json!({ "do": "send", "user": 5, "text": "x" })] {
        let answer = send(request(reqwest::Method::POST, &orders, &wrong)).await.unwrap();
        assert_eq!(answer.status, 400, "{}", answer.text);
    }
}

#[test]
fn what_cannot_be_started_is_refused() {
    let elsewhere = Settings { listen: ([192, 0, 2, 1], 0).into(), ..Settings::default() };
    let refused = TelegramStandin::start(&elsewhere).unwrap_err();
    assert!(matches!(refused, StartError::NotLoopback(_)), "{refused}");
    for token in ["", "nonsense", "1:", ":a", "x:a", "1:a/b"] {
        let settings = Settings { token: token.to_owned(), ..Settings::default() };
        let refused = TelegramStandin::start(&settings).unwrap_err();
        assert!(matches!(refused, StartError::Setting(_)), "{token:?}: {refused}");
    }
}
