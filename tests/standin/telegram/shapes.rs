//! What the bot is told, against what Telegram told others.

use heikin::standin::telegram::{Guise, Hands, Letter};
use serde_json::{Value, json};

use super::{ASHA, Bot, CHANNEL, GROUP, RAVI};
use crate::shape::{has_shape, recorded};

/// Recorded bodies that are updates, or answers to `getUpdates` with several.
const UPDATES: [&str; 15] = [
    "callback_query_inline__doc",
    "de_private_chat_text_message__teloxide",
    "edited_message__doc",
    "getUpdates_batch_47__telegrambots_java",
    "get_updates_callback_query__tgbot",
    "get_updates_channel_post__tgbot",
    "get_updates_edited_message__tgbot",
    "get_updates_unknown__tgbot",
    "issue_523__teloxide",
    "message__teloxide",
    "message_migrate_to_chat_id__telegram_rs",
    "message_start__doc",
    "my_chat_member_blocked__rec",
    "my_chat_member_group_left__rec",
    "new_update_kind_error__teloxide",
];

fn body(name: &str) -> Value {
    recorded(&format!("telegram/{name}.json"))
}

#[tokio::test]
#[cfg_attr(not(heikin_shared_data), ignore = "set HEIKIN_SHARED_DATA")]
async fn recorded_updates_are_told_as_they_are() {
    for name in UPDATES {
        let bot = Bot::new().await;
        let recorded = body(name);
        let updates = match recorded["result"].as_array() {
            Some(several) => several.clone(),
            None => vec![recorded],
        };
        // A number tells an update from all others: the last of a number stays.
        let mut expected = std::collections::BTreeMap::new();
        for update in updates {
            bot.standin.act(Hands::Update { update: update.clone() }).unwrap();
            expected.insert(update["update_id"].as_i64().unwrap(), update);
        }
        let expected: Vec<_> = expected.into_values().collect();
        assert_eq!(bot.told().await, expected, "{name}");
    }
}

#[tokio::test]
#[cfg_attr(not(heikin_shared_data), ignore = "set HEIKIN_SHARED_DATA")]
async fn messages_have_the_recorded_shape() {
    let bot = Bot::new().await;
    let sent = bot.write(ASHA, "4");
    let edit = json!({ "do": "edit", "user": ASHA, "message": sent["message_id"], "text": "5" });
    bot.order("do", &edit).await;
    bot.write(ASHA, "/start");
    let told = bot.told().await;
    let recorded = body("de_private_chat_text_message__teloxide");
    has_shape(&told[0], &recorded, &[]);
    // The documents' example is older than `is_bot`, and its people have last names.
    let old = [
        "-edited_message.chat.last_name",
        "-edited_message.from.last_name",
        "+edited_message.from.is_bot",
        "+edited_message.from.language_code",
    ];
    has_shape(&told[1], &body("edited_message__doc"), &old);
    let batch = body("getUpdates_batch_47__telegrambots_java");
    has_shape(&told[2], &batch["result"][0], &["+message.from.language_code"]);
}

#[tokio::test]
#[cfg_attr(not(heikin_shared_data), ignore = "set HEIKIN_SHARED_DATA")]
async fn people_who_go_and_come_have_the_recorded_shape() {
    let bot = Bot::new().await;
    for what in ["block", "unblock"] {
        bot.order("do", &json!({ "do": what, "user": ASHA })).await;
    }
    bot.order("do", &json!({ "do": "remove_bot", "user": RAVI, "chat": GROUP })).await;
    let told = bot.told().await;
    has_shape(&told[0], &body("my_chat_member_blocked__rec"), &[]);
    has_shape(&told[1], &body("my_chat_member_unblocked__rec"), &[]);
    let no_last_name = ["-my_chat_member.from.last_name"];
    has_shape(&told[2], &body("my_chat_member_group_left__rec"), &no_last_name);
}

#[tokio::test]
#[cfg_attr(not(heikin_shared_data), ignore = "set HEIKIN_SHARED_DATA")]
async fn posts_buttons_and_moves_have_the_recorded_shape() {
    let bot = Bot::new().await;
    let post = Letter {
        user: ASHA,
        chat: Some(CHANNEL),
        text: Some("Test".to_owned()),
        ..Default::default()
    };
    bot.standin.act(Hands::Send(post)).unwrap();
    let message = bot.message_with_button().await;
    let press = json!({ "do": "press", "user": ASHA, "message": message, "button": "Yes" });
    bot.order("do", &press).await;
    bot.order("do", &json!({ "do": "migrate", "user": ASHA, "chat": GROUP, "to": -100_777 })).await;
    let told = bot.told().await;
    let recorded = body("get_updates_channel_post__tgbot");
    let flags = [
        "-channel_post.chat.username",
        "-channel_post.has_protected_content",
        "-channel_post.is_automatic_forward",
        "+channel_post.sender_chat",
    ];
    has_shape(&told[0], &recorded["result"][0], &flags);
    let recorded = body("get_updates_callback_query__tgbot");
    let rest = [
        // A button under a message is of that message alone, and this is no game.
        "-callback_query.game_short_name",
        "-callback_query.inline_message_id",
        "+callback_query.from.language_code",
        "+callback_query.from.username",
        "+callback_query.message.chat.username",
        "+callback_query.message.from",
        "+callback_query.message.reply_markup",
        "+callback_query.message.text",
    ];
    has_shape(&told[1], &recorded["result"][1], &rest);
    let recorded = body("message_migrate_to_chat_id__telegram_rs");
    let rest = ["-message.from.last_name", "+message.from.language_code"];
    has_shape(&told[2], &recorded, &rest);
    assert_eq!(told[2]["message"]["migrate_to_chat_id"], -100_777);
    assert_eq!(told[3]["message"]["migrate_from_chat_id"], GROUP);
}

#[tokio::test]
#[cfg_attr(not(heikin_shared_data), ignore = "set HEIKIN_SHARED_DATA")]
async fn errors_are_the_recorded_ones() {
    let bot = Bot::new().await;
    let params = json!({ "chat_id": ASHA, "text": "x" });
    bot.order("do", &json!({ "do": "block", "user": ASHA })).await;
    let blocked = bot.try_call("sendMessage", &params).await.unwrap();
    assert_eq!(blocked.json(), body("error_403_blocked__fix"));
    bot.order("faults", &json!({ "kind": "too_many_requests", "seconds": 30 })).await;
    let flood = bot.try_call("sendMessage", &params).await.unwrap();
    assert_eq!(flood.json(), body("error_429__fix"));
    bot.order("faults", &json!({ "kind": "clear" })).await;
    bot.order("faults", &json!({ "kind": "conflict" })).await;
    let conflict = bot.try_call("getUpdates", &json!({})).await.unwrap();
    assert_eq!(conflict.json(), body("error_409_conflict__teloxide"));
    let hook = bot.call("getWebhookInfo", &json!({})).await;
    let rest = [
        // Nothing was ever delivered to one.
        "-allowed_updates",
        "-ip_address",
        "-last_error_date",
        "-last_error_message",
        "-last_synchronization_error_date",
        "-max_connections",
    ];
    has_shape(&hook, &body("get_webhook_info_full__tgbot")["result"], &rest);
}

#[tokio::test]
async fn who_writes_in_whose_name_is_told_as_telegram_tells_it() {
    let bot = Bot::new().await;
    let letter = |guise| Letter {
        user: RAVI,
        chat: Some(GROUP),
        text: Some("/panic@heikin_bot now".to_owned()),
        guise,
        forwarded_from: (guise == Guise::Own).then_some(ASHA),
        ..Default::default()
    };
    for guise in [Guise::Own, Guise::AnonymousAdmin, Guise::Channel] {
        bot.standin.act(Hands::Send(letter(guise))).unwrap();
    }
    let told = bot.told().await;
    let of = |place: usize, field: &str| told[place]["message"][field].clone();
    assert_eq!(of(0, "from")["id"], RAVI);
    assert_eq!(of(0, "forward_origin")["sender_user"]["id"], ASHA);
    assert_eq!(of(0, "entities")[0], json!({ "type": "bot_command", "offset": 0, "length": 17 }));
    assert_eq!(
        (&of(1, "from")["id"], &of(1, "sender_chat")["id"]),
        (&json!(1_087_968_824), &json!(GROUP))
    );
    assert_eq!(
        (&of(2, "from")["id"], &of(2, "sender_chat")["type"]),
        (&json!(136_817_688), &json!("channel"))
    );
    let elsewhere = Letter { chat: None, ..letter(Guise::AnonymousAdmin) };
    bot.standin.act(Hands::Send(elsewhere)).unwrap_err();
}
