//! Orders to the stand-in, below `/standin`, and what its page is told.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Response};
use heikin_core::time::Timestamp;
use serde_json::{Map, Value, json};

use super::super::clock::ClockRequest;
use super::super::control::{read, read_several, told};
use super::super::server::{Received, plain, typed};
use super::faults::FaultRequest;
use super::files;
use super::hands::Hands;
use super::people::{Chat, Standing};
use super::service::Shared;
use super::world::World;

/// So many of the last messages are on the page.
const SHOWN: usize = 200;
/// The longest wait for something new.
const LONGEST_WAIT: u64 = 25;

/// Answers a request below `/standin`.
pub(super) async fn answer(shared: &Arc<Shared>, received: &Received) -> Response<Body> {
    let path = received.path.as_str();
    let done = match (&received.method, path) {
        (&Method::GET, "/standin/state") => {
            wait_for_news(shared, received).await;
            Ok(shared.world().state())
        }
        (&Method::GET, "/standin/messages") => {
            wait_for_news(shared, received).await;
            asked(received, "chat").map(|chat| {
                let after = asked(received, "after_message").unwrap_or(0);
                shared.world().told_messages(chat, after)
            })
        }
        (&Method::GET, "/standin/view") => {
            wait_for_news(shared, received).await;
            let who = asked(received, "user").and_then(|it| Ok((it, asked(received, "chat")?)));
            who.map(|(user, chat)| shared.world().view(user, chat))
        }
        (&Method::GET, _) if path.starts_with("/standin/files/") => {
            let world = shared.world();
            let file = path.strip_prefix("/standin/files/").and_then(|id| world.files.find(id));
            let Some(file) = file else { return plain(404, "there is no such file") };
            return typed(200, files::kind_of(&file.bytes), file.bytes.clone());
        }
        (&Method::POST, "/standin/do") => {
            read::<Hands>(received).and_then(|hands| shared.change(|it| it.use_hands(hands)))
        }
        (&Method::POST, "/standin/faults") => read_several::<FaultRequest>(received)
            .and_then(|faults| shared.change(|it| it.apply_faults(&faults)).map(|()| json!({}))),
        (&Method::POST, "/standin/clock") => read::<ClockRequest>(received)
            .and_then(|request| shared.change(|it| it.clock.change(request)))
            .map(|()| json!({ "now": shared.world().now().millis() })),
        _ => return told_of_nothing(path),
    };
    told(done)
}

fn told_of_nothing(path: &str) -> Response<Body> {
    super::super::server::json(404, &json!({ "error": format!("there is no {path}") }))
}

fn asked(received: &Received, name: &str) -> Result<i64, String> {
    let number = received.asked(name).and_then(|it| it.parse().ok());
    number.ok_or_else(|| format!("{name} is missing, or no number"))
}

/// Waits until something is newer than the revision `after`, for `wait` seconds at most.
async fn wait_for_news(shared: &Shared, received: &Received) {
    let Ok(after) = asked(received, "after") else { return };
    let wait = asked(received, "wait").ok().and_then(|it| u64::try_from(it).ok());
    let wait = Duration::from_secs(wait.unwrap_or(0).min(LONGEST_WAIT));
    let after = u64::try_from(after).unwrap_or(0);
    // That nothing came is as good an answer.
    if tokio::time::timeout(wait, shared.newer_than(after)).await.is_err() {}
}

impl World {
    pub(super) fn apply_faults(&mut self, requests: &[FaultRequest]) -> Result<(), String> {
        let now = self.now();
        requests.iter().try_for_each(|request| self.faults.apply(request, now))
    }

    /// The truth, for whoever checks a bot against it: all but the messages.
    pub(super) fn state(&self) -> Value {
        let chats: Vec<_> = self
            .chats
            .values()
            .map(|chat| {
                json!({
                    "chat": chat.chat(), "standing": standing(chat.standing),
                    "pinned": chat.pinned,
                    "messages": self.messages.get(&chat.id()).map_or(0, std::collections::BTreeMap::len),
                })
            })
            .collect();
        let queries: Map<String, Value> = self
            .queries
            .iter()
            .map(|(id, it)| {
                let told = json!({
                    "user": it.user, "chat": it.chat, "message": it.message, "answer": it.answer,
                });
                (id.to_string(), told)
            })
            .collect();
        let commands: Vec<_> = self
            .commands
            .iter()
            .map(|((scope, language), commands)| {
                let scope: Value = serde_json::from_str(scope).unwrap_or_default();
                json!({ "scope": scope, "language_code": language, "commands": commands })
            })
            .collect();
        json!({
            "revision": self.revision, "now": self.now().millis(), "speed": self.clock.speed(),
            "bot": self.bot, "chats": chats, "queries": queries, "commands": commands,
            "waiting_updates": self.updates.count(),
            "counters": {
                "methods": self.counters.methods, "statuses": self.counters.statuses,
                "impatient": self.faults.impatient,
            },
        })
    }

    /// All messages of a chat after one, the deleted ones too, with what they were before.
    pub(super) fn told_messages(&self, chat: i64, after: i64) -> Value {
        let messages = self.messages.get(&chat);
        let messages: Vec<_> = messages
            .into_iter()
            .flat_map(|it| it.range(after.saturating_add(1)..))
            .map(|(id, message)| message.told(&self.wire(chat, *id)))
            .collect();
        json!({ "revision": self.revision, "messages": messages })
    }

    /// What somebody sees who looks at a chat.
    pub(super) fn view(&self, user: i64, chat: i64) -> Value {
        let people = self.chats.values().filter(|it| it.id() > 0);
        let people: Vec<_> = people.map(Chat::chat).collect();
        // Positive ids are private chats: they come first.
        let mine = self.chats.values().rev().filter(|it| it.includes(user));
        let chats: Vec<_> = mine
            .map(|it| {
                let last = self.messages.get(&it.id()).and_then(|messages| {
                    messages.values().rev().find(|message| !message.is_deleted)
                });
                let last = last.map(|last| self.wire(it.id(), last.id));
                json!({ "chat": it.chat(), "standing": standing(it.standing), "last": last })
            })
            .collect();
        let found = self.chats.get(&chat).filter(|it| it.includes(user));
        let messages = found.and_then(|_| self.messages.get(&chat));
        let mut messages: Vec<_> = messages
            .into_iter()
            .flat_map(|it| it.values().rev())
            .filter(|it| !it.is_deleted)
            .take(SHOWN)
            .map(|it| {
                json!({
                    "message": self.wire(chat, it.id), "by_bot": it.author.is_this_bot,
                    "silent": it.is_silent,
                })
            })
            .collect();
        messages.reverse();
        let pinned = found.and_then(|it| it.pinned.last()).map(|id| self.wire(chat, *id));
        json!({
            "revision": self.revision, "now": self.now().millis(), "bot": self.bot,
            "people": people, "chats": chats, "messages": messages, "pinned": pinned,
            "action": self.action(chat), "commands": self.commands_for(user, chat),
            "presses": self.presses_of(user),
        })
    }

    /// What the bot is shown to be doing.
    fn action(&self, chat: i64) -> Option<&str> {
        let (action, until) = self.actions.get(&chat)?;
        (*until > self.now()).then_some(action.as_str())
    }

    /// The last buttons that somebody pressed, and what came of it.
    fn presses_of(&self, user: i64) -> Vec<Value> {
        let of_user = self.queries.iter().rev().filter(|(_, it)| it.user == user);
        let told = of_user.take(10).map(
            |(id, it)| json!({ "id": id.to_string(), "message": it.message, "answer": it.answer }),
        );
        told.collect()
    }

    /// When what is shown changes by itself.
    pub(super) fn next_change(&self) -> Option<Timestamp> {
        let now = self.now();
        self.actions.values().map(|(_, until)| *until).filter(|until| *until > now).min()
    }
}

fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Stranger => "stranger",
        Standing::Member => "member",
        Standing::Blocked => "blocked",
        Standing::Deactivated => "deactivated",
        Standing::Kicked => "kicked",
        Standing::MovedTo(_) => "moved",
    }
}
