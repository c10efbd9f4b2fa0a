//! What a bot does in chats, and what people then see.

use serde_json::{Value, json};

use super::{ASHA, Bot, GROUP};
use crate::client::{client, get, send};

/// A PNG as far as its size.
fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    bytes.extend(width.to_be_bytes());
    bytes.extend(height.to_be_bytes());
    bytes
}

/// A multipart body, as clients send files.
async fn upload(bot: &Bot, method: &str, fields: &[(&str, &str)], file: (&str, &[u8])) -> Value {
    let mut body = Vec::new();
    for (name, value) in fields {
        let head = format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
        body.extend(head.into_bytes());
        body.extend(value.as_bytes());
        body.extend(b"\r\n");
    }
    let head = format!(
        "--x\r\nContent-Disposition: form-data; name=\"{}\"; filename=\"chart.png\"\r\n\
         Content-Type: image/png\r\n\r\n",
        file.0
    );
    body.extend(head.into_bytes());
    body.extend(file.1);
    body.extend(b"\r\n--x--\r\n");
    let request = client().post(bot.url(method));
    let request = request.header("content-type", "multipart/form-data; boundary=x").body(body);
    let answer = send(request).await.unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["result"].clone()
}

#[tokio::test]
async fn messages_count_up_and_are_what_was_sent() {
    let bot = Bot::new().await;
    let params = json!({ "chat_id": ASHA, "text": "<b>up</b> 3 %", "parse_mode": "HTML", "disable_notification": true });
    let first = bot.call("sendMessage", &params).await;
    assert_eq!(first["text"], "up 3 %");
    assert_eq!(first["entities"], json!([{ "type": "bold", "offset": 0, "length": 2 }]));
    assert_eq!(first["from"]["is_bot"], true);
    let id = first["message_id"].as_i64().unwrap();
    let params =
        json!({ "chat_id": ASHA, "text": "more", "reply_parameters": { "message_id": id } });
    let second = bot.call("sendMessage", &params).await;
    assert_eq!(second["message_id"], id + 1);
    assert_eq!(second["reply_to_message"]["text"], "up 3 %");
    let told = bot.standin.messages(ASHA);
    assert_eq!(
        (&told["messages"][1]["silent"], &told["messages"][2]["silent"]),
        (&json!(true), &json!(false))
    );
}

#[tokio::test]
async fn a_request_may_be_a_form_or_a_query() {
    let bot = Bot::new().await;
    let form = client().post(bot.url("sendMessage"));
    let form = form.header("content-type", "application/x-www-form-urlencoded");
    let keys = "%7B%22inline_keyboard%22%3A%5B%5B%7B%22text%22%3A%22a%22%2C%22callback_data%22%3A%22b%22%7D%5D%5D%7D";
    let answer =
        send(form.body(format!("chat_id=1001&text=a+%26+b&reply_markup={keys}"))).await.unwrap();
    assert_eq!(answer.json()["result"]["text"], "a & b");
    assert_eq!(answer.json()["result"]["reply_markup"]["inline_keyboard"][0][0]["text"], "a");
    let query = get(&bot.url("sendMessage?chat_id=1001&text=hello")).await;
    assert_eq!(query.json()["result"]["text"], "hello");
}

#[tokio::test]
async fn a_message_is_edited_and_what_it_was_is_kept() {
    let bot = Bot::new().await;
    let id = bot.message_with_button().await;
    let keys = json!({ "inline_keyboard": [[{ "text": "No", "callback_data": "n" }]] });
    let of = json!({ "chat_id": ASHA, "message_id": id, "reply_markup": keys });
    let changed = bot.call("editMessageReplyMarkup", &of).await;
    assert_eq!(changed["reply_markup"], keys);
    assert_eq!((&changed["text"], &changed["edit_date"]), (&json!("Sure?"), &Value::Null));
    let changed = bot
        .call("editMessageText", &json!({ "chat_id": ASHA, "message_id": id, "text": "Done" }))
        .await;
    assert!(changed["edit_date"].is_i64());
    let told = bot.standin.messages(ASHA)["messages"][1].clone();
    assert_eq!(
        (&told["message"]["text"], &told["message"]["reply_markup"]),
        (&json!("Done"), &Value::Null)
    );
    assert_eq!(told["versions"][0]["reply_markup"]["inline_keyboard"][0][0]["text"], "Yes");
    assert_eq!(told["versions"][1]["text"], "Sure?");
}

#[tokio::test]
async fn pictures_are_sent_replaced_and_fetched() {
    let bot = Bot::new().await;
    let fields = [("chat_id", "1001"), ("caption", "<i>a chart</i>"), ("parse_mode", "HTML")];
    let sent = upload(&bot, "sendPhoto", &fields, ("photo", &png(960, 540))).await;
    let last = sent["photo"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&last["width"], &last["height"]), (&json!(960), &json!(540)));
    assert_eq!((&sent["caption"], &sent["text"]), (&json!("a chart"), &Value::Null));
    let id = sent["message_id"].to_string();
    let fields = [
        ("chat_id", "1001"),
        ("message_id", &id),
        ("media", r#"{"type":"photo","media":"attach://new","caption":"newer"}"#),
    ];
    let changed = upload(&bot, "editMessageMedia", &fields, ("new", &png(100, 50))).await;
    assert_eq!(changed["caption"], "newer");
    let file = &changed["photo"].as_array().unwrap().last().unwrap()["file_id"];
    let found = bot.call("getFile", &json!({ "file_id": file })).await;
    assert_eq!(found["file_size"], png(100, 50).len());
    let id = file.as_str().unwrap();
    assert_eq!(bot.standin.file(id), Some(png(100, 50)));
    let again = json!({ "chat_id": GROUP, "photo": file, "caption": "x".repeat(1_024) });
    bot.call("sendPhoto", &again).await;
    let long = json!({ "chat_id": GROUP, "photo": file, "caption": "x".repeat(1_025) });
    let refusal = bot.refusal("sendPhoto", &long).await;
    assert_eq!(refusal.1, "Bad Request: message caption is too long");
    let fields = [("chat_id", "1001")];
    let document = upload(&bot, "sendDocument", &fields, ("document", b"a,b\n")).await;
    assert_eq!(document["document"]["file_name"], "chart.png");
}

#[tokio::test]
async fn messages_are_pinned_and_chats_tell_it() {
    let bot = Bot::new().await;
    let id = bot.message_with_button().await;
    let of = json!({ "chat_id": ASHA, "message_id": id });
    bot.call("pinChatMessage", &of).await;
    bot.call("pinChatMessage", &of).await;
    let chat = bot.call("getChat", &of).await;
    assert_eq!(
        (&chat["type"], &chat["pinned_message"]["message_id"]),
        (&json!("private"), &json!(id))
    );
    // The chat says so, once.
    let told = bot.standin.messages(ASHA);
    assert_eq!(told["messages"].as_array().unwrap().len(), 3);
    assert_eq!(told["messages"][2]["message"]["pinned_message"]["message_id"], id);
    bot.call("unpinChatMessage", &of).await;
    assert_eq!(bot.call("getChat", &of).await["pinned_message"], Value::Null);
}

#[tokio::test]
async fn commands_are_those_of_the_narrowest_scope() {
    let bot = Bot::new().await;
    let commands = |name: &str| json!([{ "command": name, "description": "does it" }]);
    let chat = json!({ "type": "chat", "chat_id": ASHA });
    bot.call("setMyCommands", &json!({ "commands": commands("all") })).await;
    bot.call("setMyCommands", &json!({ "commands": commands("asha"), "scope": chat })).await;
    assert_eq!(bot.call("getMyCommands", &json!({})).await, commands("all"));
    assert_eq!(
        bot.call("getMyCommands", &json!({ "scope": chat.to_string() })).await,
        commands("asha")
    );
    let view =
        |chat: i64| format!("{}/standin/view?user={ASHA}&chat={chat}", bot.standin.api_url());
    assert_eq!(get(&view(ASHA)).await.json()["commands"], commands("asha"));
    assert_eq!(get(&view(GROUP)).await.json()["commands"], commands("all"));
    bot.call("deleteMyCommands", &json!({ "scope": chat })).await;
    assert_eq!(get(&view(ASHA)).await.json()["commands"], commands("all"));
}

#[tokio::test]
async fn the_page_is_in_the_program_and_loads_nothing_from_elsewhere() {
    let bot = Bot::new().await;
    for (path, kind) in
        [("", "text/html"), ("page.css", "text/css"), ("page.js", "text/javascript")]
    {
        let response = client().get(format!("{}{path}", bot.standin.page())).send().await.unwrap();
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        assert!(header("content-type").starts_with(kind));
        assert!(header("content-security-policy").starts_with("default-src 'none'"));
        let text = response.text().await.unwrap();
        assert!(text.len() > 500 && !text.contains("//cdn"), "{path}");
    }
}

#[tokio::test]
async fn the_view_shows_what_a_person_sees() {
    let bot = Bot::new().await;
    bot.message_with_button().await;
    bot.call("sendChatAction", &json!({ "chat_id": ASHA, "action": "typing" })).await;
    let url = format!("{}/standin/view?user={ASHA}&chat={ASHA}", bot.standin.api_url());
    let view = get(&url).await.json();
    assert_eq!(view["action"], "typing");
    assert_eq!(view["messages"].as_array().unwrap().len(), 2);
    assert_eq!(view["chats"].as_array().unwrap().len(), 3);
    // It ends by itself, and whoever looks is told.
    bot.order("clock", &json!({ "advance_seconds": 6 })).await;
    assert_eq!(get(&url).await.json()["action"], Value::Null);
    let stranger = format!("{}/standin/view?user=1003&chat={ASHA}", bot.standin.api_url());
    assert_eq!(get(&stranger).await.json()["messages"], json!([]));
}
