//! Updates as Telegram writes them, read into the chat's own ([`Update`]).
//!
//! Only the fields that matter are read, and all but the number may be missing: a field that Telegram
//! adds, or an update of a kind that is new, harms nothing.

use heikin_core::time::{Span, Timestamp};
use serde::Deserialize;

use crate::backend::{ChatId, MessageId, UpdateId, UserId};
use crate::message::{Chat, ChatKind, Content, Event, Origin, Sender, Update, User};

#[derive(Deserialize)]
struct RawUpdate {
    update_id: u64,
    message: Option<RawMessage>,
    edited_message: Option<RawMessage>,
    channel_post: Option<RawMessage>,
    edited_channel_post: Option<RawMessage>,
    callback_query: Option<RawPress>,
    my_chat_member: Option<RawStanding>,
}

#[derive(Deserialize)]
struct RawUser {
    id: i64,
    #[serde(default)]
    is_bot: bool,
    #[serde(default)]
    first_name: String,
    last_name: Option<String>,
}

#[derive(Deserialize)]
struct RawChat {
    id: i64,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct RawMessage {
    message_id: i64,
    from: Option<RawUser>,
    sender_chat: Option<serde::de::IgnoredAny>,
    chat: RawChat,
    #[serde(default)]
    date: i64,
    edit_date: Option<i64>,
    forward_origin: Option<serde::de::IgnoredAny>,
    forward_date: Option<serde::de::IgnoredAny>,
    via_bot: Option<serde::de::IgnoredAny>,
    text: Option<String>,
    #[serde(flatten)]
    rest: serde_json::Map<String, serde_json::Value>,
}

#[derive(Deserialize)]
struct RawPress {
    id: String,
    from: RawUser,
    message: Option<RawMessage>,
    data: Option<String>,
}

#[derive(Deserialize)]
struct RawStanding {
    chat: RawChat,
    from: RawUser,
    #[serde(default)]
    date: i64,
    new_chat_member: RawMember,
}

#[derive(Deserialize)]
struct RawMember {
    status: String,
}

/// What is not words, and is answered by its name.
const KINDS: [(&str, &str); 12] = [
    ("sticker", "a sticker"),
    ("photo", "a photo"),
    ("voice", "a voice message"),
    ("video", "a video"),
    ("video_note", "a video"),
    ("animation", "an animation"),
    ("audio", "music"),
    ("document", "a file"),
    ("location", "a place"),
    ("contact", "a contact"),
    ("poll", "a poll"),
    ("dice", "dice"),
];

/// An update's number, if it has one: without one nothing can be confirmed.
pub(super) fn number(raw: &serde_json::Value) -> Option<UpdateId> {
    raw.get("update_id").and_then(serde_json::Value::as_u64).map(UpdateId)
}

/// What an update says; none for what is nobody's business: service messages, kinds that are new.
///
/// # Errors
///
/// Where it cannot be read.
pub(super) fn read(raw: &str, received: Timestamp) -> Result<Option<Update>, serde_json::Error> {
    let raw: RawUpdate = serde_json::from_str(raw)?;
    let id = UpdateId(raw.update_id);
    if let Some(press) = raw.callback_query {
        return Ok(pressed(id, press, received));
    }
    if let Some(standing) = raw.my_chat_member {
        return Ok(Some(moved(id, standing)));
    }
    let edited = raw.edited_message.or(raw.edited_channel_post);
    let usual = if edited.is_some() { Origin::Edited } else { Origin::Typed };
    let message = edited.or(raw.message).or(raw.channel_post);
    Ok(message.and_then(|message| written(id, message, usual)))
}

fn written(id: UpdateId, message: RawMessage, usual: Origin) -> Option<Update> {
    let chat = chat(&message.chat)?;
    let content = if let Some(text) = message.text {
        Content::Text(text)
    } else {
        // Service messages are of no such kind.
        let (_, words) = KINDS.into_iter().find(|(name, _)| message.rest.contains_key(*name))?;
        Content::Other(words)
    };
    let is_forwarded = message.forward_origin.is_some() || message.forward_date.is_some();
    let origin = match usual {
        _ if is_forwarded => Origin::Forwarded,
        Origin::Typed if message.via_bot.is_some() => Origin::ViaBot,
        usual => usual,
    };
    // In the name of a chat, whoever `from` says it is.
    let sender = match (message.from, message.sender_chat) {
        (Some(from), None) => sender(from),
        _ => Sender::Anonymous,
    };
    let sent_at = seconds(message.edit_date.unwrap_or(message.date));
    let event = Event::Message { id: MessageId(message.message_id), content, origin };
    Some(Update { id, sent_at, sender, chat, event })
}

fn pressed(id: UpdateId, press: RawPress, received: Timestamp) -> Option<Update> {
    let from = UserId(press.from.id);
    let private = Chat { id: ChatId(from.0), kind: ChatKind::Private };
    // A message that is too old has no date (`InaccessibleMessage`).
    let (chat, message) = match press.message {
        Some(message) => {
            let is_there = message.date > 0;
            (chat(&message.chat)?, is_there.then_some(MessageId(message.message_id)))
        }
        None => (private, None),
    };
    let data = press.data.unwrap_or_default();
    let event = Event::Press { callback: press.id, message, data };
    Some(Update { id, sent_at: received, sender: sender(press.from), chat, event })
}

fn moved(id: UpdateId, standing: RawStanding) -> Update {
    let is_out = matches!(standing.new_chat_member.status.as_str(), "kicked" | "left");
    let event = if is_out { Event::Blocked } else { Event::Unblocked };
    let sent_at = seconds(standing.date);
    let kind = Chat { id: ChatId(standing.chat.id), kind: ChatKind::Group };
    let chat = chat(&standing.chat).unwrap_or(kind);
    Update { id, sent_at, sender: sender(standing.from), chat, event }
}

fn sender(user: RawUser) -> Sender {
    let id = UserId(user.id);
    if user.is_bot {
        return Sender::bot(id);
    }
    let name = match user.last_name {
        Some(last) => format!("{} {last}", user.first_name),
        None => user.first_name,
    };
    Sender::person(User { id, name })
}

fn chat(chat: &RawChat) -> Option<Chat> {
    let kind = match chat.kind.as_str() {
        "private" => ChatKind::Private,
        "group" | "supergroup" => ChatKind::Group,
        "channel" => ChatKind::Channel,
        _ => return None,
    };
    Some(Chat { id: ChatId(chat.id), kind })
}

fn seconds(since_1970: i64) -> Timestamp {
    Timestamp::from_millis(0) + Span::from_millis(since_1970.saturating_mul(1_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(9_000);

    fn of(raw: &str) -> Option<Update> {
        read(raw, NOW).unwrap()
    }

    #[test]
    fn a_command_is_read_with_who_where_and_when() {
        let update = of(r#"{"update_id":7,"message":{"message_id":3,"date":5,"text":"/status",
                "from":{"id":1001,"is_bot":false,"first_name":"A","last_name":"B","new":1},
                "chat":{"id":1001,"type":"private"}}}"#)
        .unwrap();
        assert_eq!((update.id, update.sent_at), (UpdateId(7), Timestamp::from_millis(5_000)));
        assert_eq!(update.sender, Sender::User(User { id: UserId(1_001), name: "A B".to_owned() }));
        let content = Content::Text("/status".to_owned());
        let id = MessageId(3);
        assert_eq!(update.event, Event::Message { id, content, origin: Origin::Typed });
    }

    #[test]
    fn nobody_speaks_through_a_chat_and_old_words_are_told_apart() {
        let written = |message: &str| {
            let chat = r#""chat":{"id":-5,"type":"supergroup"},"message_id":1,"date":1"#;
            of(&format!(r#"{{"update_id":1,{message},{chat}}}}}"#)).unwrap()
        };
        let own = r#""from":{"id":5},"text":"/panic""#;
        let admin = written(
            r#""message":{"from":{"id":1087968824,"is_bot":true},"sender_chat":{"id":-5},"text":"/panic""#,
        );
        assert_eq!(admin.sender, Sender::Anonymous);
        let in_a_name = written(&format!(r#""message":{{{own},"sender_chat":{{"id":-9}}"#));
        assert_eq!(in_a_name.sender, Sender::Anonymous);
        for (message, expected) in [
            (format!(r#""message":{{{own}"#), Origin::Typed),
            (format!(r#""edited_message":{{{own},"edit_date":2"#), Origin::Edited),
            (format!(r#""message":{{{own},"forward_origin":{{}}"#), Origin::Forwarded),
            (format!(r#""message":{{{own},"forward_date":1"#), Origin::Forwarded),
            (format!(r#""message":{{{own},"via_bot":{{}}"#), Origin::ViaBot),
        ] {
            let Event::Message { origin, .. } = written(&message).event else { panic!() };
            assert_eq!(origin, expected, "{message}");
        }
    }

    #[test]
    fn presses_blocks_and_what_is_new_are_read() {
        let press = of(r#"{"update_id":1,"callback_query":{"id":"q","from":{"id":5},"data":"y",
                "message":{"message_id":4,"date":1,"chat":{"id":-5,"type":"group"}}}}"#)
        .unwrap();
        assert_eq!(press.sent_at, NOW);
        let message = Some(MessageId(4));
        let (callback, data) = ("q".to_owned(), "y".to_owned());
        assert_eq!(press.event, Event::Press { callback, message, data });
        let old = of(r#"{"update_id":1,"callback_query":{"id":"q","from":{"id":5},
                "message":{"message_id":4,"date":0,"chat":{"id":5,"type":"private"}}}}"#);
        assert!(matches!(old.unwrap().event, Event::Press { message: None, .. }));
        let blocked = of(
            r#"{"update_id":1,"my_chat_member":{"chat":{"id":5,"type":"private"},"from":{"id":5},
                "date":1,"new_chat_member":{"status":"kicked"}}}"#,
        );
        assert_eq!(blocked.unwrap().event, Event::Blocked);
        let sticker = of(r#"{"update_id":1,"message":{"message_id":1,"from":{"id":5},"sticker":{},
                "chat":{"id":5,"type":"private"}}}"#);
        let content = Content::Other("a sticker");
        let Event::Message { content: found, .. } = sticker.unwrap().event else { panic!() };
        assert_eq!(found, content);
        for nothing in [
            r#"{"update_id":1,"new_kind":{"a":1}}"#,
            r#"{"update_id":1,"message":{"message_id":1,"new_chat_title":"x","chat":{"id":-5,"type":"group"}}}"#,
        ] {
            assert_eq!(of(nothing), None);
        }
        read("{}", NOW).unwrap_err();
    }
}
