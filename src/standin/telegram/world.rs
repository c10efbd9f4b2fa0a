//! Everything that a stand-in knows, and the few ways to look at it and to change it.

use std::collections::BTreeMap;

use heikin_core::time::{Span, Timestamp};
use serde_json::{Value, json};

use super::super::clock::Clock;
use super::error::{ApiError, Result};
use super::faults::Faults;
use super::files::Files;
use super::limits::Sent;
use super::message::{Author, Content, Message};
use super::params::Params;
use super::people::{Chat, Peer, RoomKind, Standing};
use super::updates::Updates;
use super::{RateLimits, Settings};

/// So many messages of a chat are kept; the oldest are forgotten.
const MESSAGES_OF_A_CHAT: usize = 50_000;
/// So many pressed buttons are remembered.
const QUERIES: usize = 20_000;

/// A button that was pressed.
#[derive(Debug, Clone)]
pub(super) struct Query {
    pub(super) user: i64,
    pub(super) chat: i64,
    pub(super) message: i64,
    pub(super) at: Timestamp,
    /// What the bot answered, as it sent it.
    pub(super) answer: Option<Value>,
}

/// What was asked, and what came of it.
#[derive(Debug, Default)]
pub(super) struct Counters {
    /// Requests by method, in lower case.
    pub(super) methods: BTreeMap<String, u64>,
    /// Answers by status; 0 where the connection was cut.
    pub(super) statuses: BTreeMap<u16, u64>,
}

/// Which commands are shown where: a scope as JSON, and a language.
pub(super) type CommandsKey = (String, String);

/// What a stand-in knows.
#[derive(Debug)]
pub(super) struct World {
    pub(super) clock: Clock,
    pub(super) token: String,
    pub(super) bot: Value,
    pub(super) chats: BTreeMap<i64, Chat>,
    pub(super) messages: BTreeMap<i64, BTreeMap<i64, Message>>,
    next_message: i64,
    pub(super) updates: Updates,
    pub(super) files: Files,
    pub(super) limits: Option<RateLimits>,
    pub(super) sent: Sent,
    pub(super) faults: Faults,
    pub(super) queries: BTreeMap<u64, Query>,
    next_query: u64,
    pub(super) commands: BTreeMap<CommandsKey, Value>,
    /// What the bot is doing in a chat, and until when that is shown.
    pub(super) actions: BTreeMap<i64, (String, Timestamp)>,
    pub(super) counters: Counters,
    /// Grows with every change that somebody may see.
    pub(super) revision: u64,
}

/// A message that is to be written.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) author: Author,
    pub(super) content: Content,
    pub(super) markup: Option<Value>,
    pub(super) reply_to: Option<i64>,
    pub(super) forward_origin: Option<Value>,
    pub(super) is_silent: bool,
}

impl World {
    pub(super) fn new(settings: &Settings) -> Self {
        let people = settings.people.iter().cloned().map(Chat::with_person);
        let rooms = settings.rooms.iter().cloned().map(Chat::with_room);
        let id = settings.token.split(':').next().and_then(|id| id.parse::<i64>().ok());
        Self {
            clock: Clock::new(settings.speed.get()),
            token: settings.token.clone(),
            bot: json!({
                "id": id.unwrap_or(1), "is_bot": true, "first_name": settings.bot_name,
                "username": settings.bot_username,
            }),
            chats: people.chain(rooms).map(|chat| (chat.id(), chat)).collect(),
            messages: BTreeMap::new(),
            next_message: 1,
            updates: Updates::new(100_000_001),
            files: Files::default(),
            limits: settings.limits,
            sent: Sent::default(),
            faults: Faults::new(settings.fault_seed),
            queries: BTreeMap::new(),
            next_query: 4_382_000_000_000_000_001,
            commands: BTreeMap::new(),
            actions: BTreeMap::new(),
            counters: Counters::default(),
            revision: 1,
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Adds a message to a chat.
    pub(super) fn write(&mut self, chat: i64, draft: Draft) -> i64 {
        let id = self.next_message;
        self.next_message += 1;
        let message = Message {
            id,
            author: draft.author,
            sent: self.now(),
            edited: None,
            content: draft.content,
            markup: draft.markup,
            reply_to: draft.reply_to,
            forward_origin: draft.forward_origin,
            is_silent: draft.is_silent,
            is_deleted: false,
            history: Vec::new(),
        };
        let messages = self.messages.entry(chat).or_default();
        if messages.len() == MESSAGES_OF_A_CHAT {
            messages.pop_first();
        }
        messages.insert(id, message);
        self.actions.remove(&chat);
        self.revision += 1;
        id
    }

    /// A message that is still there.
    pub(super) fn message(&self, chat: i64, id: i64) -> Option<&Message> {
        self.messages.get(&chat)?.get(&id).filter(|it| !it.is_deleted)
    }

    pub(super) fn message_mut(&mut self, chat: i64, id: i64) -> Option<&mut Message> {
        self.revision += 1;
        self.messages.get_mut(&chat)?.get_mut(&id).filter(|it| !it.is_deleted)
    }

    /// A message as it is on the wire; null where there is none.
    pub(super) fn wire(&self, chat: i64, id: i64) -> Value {
        let found = self.messages.get(&chat).and_then(|it| it.get(&id));
        let (Some(message), Some(room)) = (found, self.chats.get(&chat)) else {
            return Value::Null;
        };
        let replied = message.reply_to.and_then(|id| self.message(chat, id));
        message.wire(&room.chat(), replied)
    }

    /// Notes that a button was pressed.
    pub(super) fn note_query(&mut self, query: Query) -> u64 {
        let id = self.next_query;
        self.next_query += 1;
        if self.queries.len() == QUERIES {
            self.queries.pop_first();
        }
        self.queries.insert(id, query);
        self.revision += 1;
        id
    }

    /// The bot as the author of a message.
    pub(super) fn bot_author(&self, chat: &Chat) -> Author {
        let posts = chat.is_channel();
        Author {
            from: (!posts).then(|| self.bot.clone()),
            sender_chat: posts.then(|| chat.chat()),
            is_this_bot: true,
        }
    }

    /// The chat that a request is about.
    pub(super) fn chat_asked(&self, params: &Params) -> Result<&Chat> {
        if params.text("chat_id").is_none() {
            return Err(ApiError::bad_request("chat_id is empty"));
        }
        let chat = params.integer("chat_id").and_then(|id| self.chats.get(&id));
        chat.ok_or_else(|| ApiError::bad_request("chat not found"))
    }

    /// The chat that a request writes to, if the bot may.
    pub(super) fn chat_to_write(&self, params: &Params) -> Result<&Chat> {
        let chat = self.chat_asked(params)?;
        match chat.standing {
            Standing::Member => Ok(chat),
            Standing::Stranger => {
                Err(ApiError::forbidden("bot can't initiate conversation with a user"))
            }
            Standing::Blocked => Err(ApiError::forbidden("bot was blocked by the user")),
            Standing::Deactivated => Err(ApiError::forbidden("user is deactivated")),
            Standing::MovedTo(other) => Err(ApiError::migrated(other)),
            Standing::Kicked => Err(ApiError::forbidden(match &chat.peer {
                Peer::Room(room) if room.kind == RoomKind::Supergroup => {
                    "bot was kicked from the supergroup chat"
                }
                Peer::Room(room) if room.kind == RoomKind::Channel => {
                    "bot was kicked from the channel chat"
                }
                _ => "bot was kicked from the group chat",
            })),
        }
    }

    /// Counts a message that is about to be sent or edited.
    pub(super) fn count_sent(&mut self, chat: i64) -> Result<()> {
        let now = self.now();
        let Some(limits) = self.limits else { return Ok(()) };
        self.sent.count(limits, chat, now).map_err(ApiError::too_many_requests)
    }

    /// Shows for five seconds what the bot is doing, as Telegram does.
    pub(super) fn show_action(&mut self, chat: i64, action: String) {
        let until = self.now() + Span::from_secs(5);
        self.actions.insert(chat, (action, until));
        self.revision += 1;
    }
}
