//! What people do with their phones: they write, press buttons, block the bot, throw it out.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::super::object::put;
use super::keyboard::{self, Press};
use super::markup::Formatted;
use super::message::{Author, Content};
use super::people::{
    CHANNEL_BOT, Chat, GROUP_ANONYMOUS_BOT, Peer, Person, Room, RoomKind, Standing,
};
use super::world::{Draft, Query, World};

/// In whose name somebody writes in a chat of several.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Guise {
    /// In the own name.
    #[default]
    Own,
    /// As an administrator who does not say which.
    AnonymousAdmin,
    /// In a group, in the name of a channel (`sender_chat`).
    Channel,
}

/// A message that somebody writes. In the private chat with the bot, where `chat` is absent.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Letter {
    /// Who writes.
    pub user: i64,
    /// Where.
    pub chat: Option<i64>,
    /// The words.
    pub text: Option<String>,
    /// Which message it answers.
    pub reply_to: Option<i64>,
    /// Who wrote it first, where it is forwarded: a user's id.
    pub forwarded_from: Option<i64>,
    /// In whose name.
    pub guise: Guise,
    /// Fields of `Message` as they are on the wire, instead of words: a sticker, say.
    pub fields: Map<String, Value>,
}

/// What a person does.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Hands {
    /// Writes.
    Send(Letter),
    /// Changes a message of theirs.
    Edit {
        /// Who.
        user: i64,
        /// Where; the private chat where absent.
        #[serde(default)]
        chat: Option<i64>,
        /// Which.
        message: i64,
        /// What it says now.
        text: String,
    },
    /// Presses a button under a message.
    Press {
        /// Who.
        user: i64,
        /// Where; the private chat where absent.
        #[serde(default)]
        chat: Option<i64>,
        /// Under which message.
        message: i64,
        /// The button: its data or its text.
        button: String,
    },
    /// Blocks the bot.
    Block {
        /// Who.
        user: i64,
    },
    /// Lets it write again.
    Unblock {
        /// Who.
        user: i64,
    },
    /// Deletes the own account.
    Deactivate {
        /// Who.
        user: i64,
    },
    /// Takes the bot into a group or channel.
    AddBot {
        /// Who.
        user: i64,
        /// Into which.
        chat: i64,
    },
    /// Throws it out.
    RemoveBot {
        /// Who.
        user: i64,
        /// Out of which.
        chat: i64,
    },
    /// A group becomes a supergroup, with another id.
    Migrate {
        /// Who does it.
        user: i64,
        /// Which.
        chat: i64,
        /// The new id.
        to: i64,
    },
    /// Somebody comes along.
    Meet {
        /// Who.
        person: Person,
    },
    /// A group or channel is made, with the bot in it.
    Found {
        /// Which.
        room: Room,
    },
    /// An update as it is on the wire, whatever it says.
    Update {
        /// The update; it gets an `update_id` if it has none.
        update: Value,
    },
}

type Done = Result<Value, String>;

impl World {
    /// Does it, and says what the bot was told.
    pub(super) fn use_hands(&mut self, hands: Hands) -> Done {
        self.revision += 1;
        match hands {
            Hands::Send(letter) => self.receive(letter),
            Hands::Edit { user, chat, message, text } => {
                self.edit_by_hand(user, chat.unwrap_or(user), message, &text)
            }
            Hands::Press { user, chat, message, button } => {
                self.press(user, chat.unwrap_or(user), message, &button)
            }
            Hands::Block { user } => self.change_standing(user, user, Standing::Blocked),
            Hands::Unblock { user } => self.change_standing(user, user, Standing::Member),
            Hands::Deactivate { user } => {
                self.chats.get_mut(&user).ok_or_else(|| nobody(user))?.standing =
                    Standing::Deactivated;
                Ok(json!({}))
            }
            Hands::AddBot { user, chat } => self.change_standing(user, chat, Standing::Member),
            Hands::RemoveBot { user, chat } => self.change_standing(user, chat, Standing::Kicked),
            Hands::Migrate { user, chat, to } => self.migrate(user, chat, to),
            Hands::Meet { person } => {
                if person.id <= 0 || self.chats.contains_key(&person.id) {
                    return Err(format!("{} is no free id of a person", person.id));
                }
                self.chats.insert(person.id, Chat::with_person(person));
                Ok(json!({}))
            }
            Hands::Found { room } => {
                if room.id >= 0 || self.chats.contains_key(&room.id) {
                    return Err(format!("{} is no free id of a group", room.id));
                }
                self.chats.insert(room.id, Chat::with_room(room));
                Ok(json!({}))
            }
            Hands::Update { update } => {
                if !update.is_object() {
                    return Err("an update is an object".to_owned());
                }
                let now = self.now();
                Ok(json!({ "update_id": self.updates.tell_raw(now, update) }))
            }
        }
    }

    fn person(&self, user: i64) -> Result<&Person, String> {
        match self.chats.get(&user).map(|it| &it.peer) {
            Some(Peer::Person(person)) => Ok(person),
            _ => Err(nobody(user)),
        }
    }

    fn chat_of(&self, user: i64, chat: i64) -> Result<&Chat, String> {
        let found = self.chats.get(&chat).ok_or_else(|| format!("there is no chat {chat}"))?;
        if found.includes(user) {
            Ok(found)
        } else {
            Err(format!("{user} is not in the chat {chat}"))
        }
    }

    fn receive(&mut self, letter: Letter) -> Done {
        let chat = letter.chat.unwrap_or(letter.user);
        let person = self.person(letter.user)?.user();
        let room = self.chat_of(letter.user, chat)?;
        let is_post = room.is_channel();
        match room.standing {
            Standing::Stranger | Standing::Member | Standing::Kicked => {}
            Standing::Blocked => return Err("the bot is blocked: unblock it first".to_owned()),
            Standing::Deactivated => return Err("this account is gone".to_owned()),
            Standing::MovedTo(to) => return Err(format!("this group is {to} now")),
        }
        let author = author(&letter, room, person)?;
        let content = content(letter.text.as_deref(), letter.fields)?;
        let forward_origin = match letter.forwarded_from {
            Some(first) => Some(json!({
                "type": "user", "sender_user": self.person(first)?.user(),
                "date": super::super::clock::seconds(self.now()) - 60,
            })),
            None => None,
        };
        let reply_to = letter.reply_to.filter(|id| self.message(chat, *id).is_some());
        if let Some(chat) = self.chats.get_mut(&chat)
            && chat.standing == Standing::Stranger
        {
            chat.standing = Standing::Member;
        }
        let (markup, is_silent) = (None, false);
        let draft = Draft { author, content, markup, reply_to, forward_origin, is_silent };
        let id = self.write(chat, draft);
        let update = self.tell_of(chat, id, if is_post { "channel_post" } else { "message" });
        Ok(json!({ "message_id": id, "update_id": update }))
    }

    /// Tells the bot of a message, if it is there to see it.
    fn tell_of(&mut self, chat: i64, message: i64, kind: &str) -> Option<i64> {
        let is_there = self.chats.get(&chat).is_some_and(|it| it.standing == Standing::Member);
        let (now, wire) = (self.now(), self.wire(chat, message));
        is_there.then(|| self.updates.tell(now, kind, &wire)).flatten()
    }

    fn edit_by_hand(&mut self, user: i64, chat: i64, id: i64, text: &str) -> Done {
        let is_post = self.chat_of(user, chat)?.is_channel();
        let now = self.now();
        let found = self.message_mut(chat, id).ok_or_else(|| no_message(id, chat))?;
        let is_own = found.author.from.as_ref().is_some_and(|from| from["id"] == user);
        if !is_own && !is_post {
            return Err(format!("message {id} is not {user}'s"));
        }
        let content = content(Some(text), Map::new())?;
        found.keep_version(now);
        found.content = content;
        found.edited = Some(now);
        let kind = if is_post { "edited_channel_post" } else { "edited_message" };
        let update = self.tell_of(chat, id, kind);
        Ok(json!({ "message_id": id, "update_id": update }))
    }

    fn press(&mut self, user: i64, chat: i64, id: i64, wanted: &str) -> Done {
        self.chat_of(user, chat)?;
        let person = self.person(user)?.user();
        let message = self.message(chat, id).ok_or_else(|| no_message(id, chat))?;
        let keyboard = message.markup.as_ref();
        let button = keyboard.and_then(|it| keyboard::button(it, wanted));
        let data = match button {
            Some(Press::Data(data)) => data,
            Some(Press::Url(url)) => return Ok(json!({ "url": url })),
            None => return Err(format!("message {id} has no button {wanted:?}")),
        };
        let now = self.now();
        let query = Query { user, chat, message: id, at: now, answer: None };
        let query = self.note_query(query).to_string();
        let wire = self.wire(chat, id);
        let told = json!({
            "id": query, "from": person, "message": wire,
            "chat_instance": (-chat - 1).to_string(), "data": data,
        });
        let update = self.updates.tell(now, "callback_query", &told);
        Ok(json!({ "callback_query_id": query, "update_id": update }))
    }

    /// The bot is blocked, let in or thrown out, and told of it.
    fn change_standing(&mut self, user: i64, chat: i64, standing: Standing) -> Done {
        let person = self.person(user)?.user();
        let room = self.chat_of(user, chat)?;
        let (wire, before) = (room.chat(), room.standing);
        let is_group = chat < 0;
        let member = |standing: Standing| {
            let mut member = json!({ "user": self.bot, "status": "member" });
            match standing {
                Standing::Blocked => {
                    put(&mut member, "status", "kicked");
                    put(&mut member, "until_date", 0);
                }
                Standing::Kicked => put(&mut member, "status", "left"),
                _ => {}
            }
            member
        };
        let told = json!({
            "chat": wire, "from": person, "date": super::super::clock::seconds(self.now()),
            "old_chat_member": member(before), "new_chat_member": member(standing),
        });
        let is_possible = !matches!(before, Standing::Deactivated | Standing::MovedTo(_));
        if !is_possible || (is_group && before == standing) {
            return Err(format!("the bot is {before:?} in {chat}"));
        }
        if let Some(chat) = self.chats.get_mut(&chat) {
            chat.standing = standing;
        }
        if before == standing {
            return Ok(json!({}));
        }
        let now = self.now();
        Ok(json!({ "update_id": self.updates.tell(now, "my_chat_member", &told) }))
    }

    fn migrate(&mut self, user: i64, chat: i64, to: i64) -> Done {
        let person = self.person(user)?.user();
        let old = self.chat_of(user, chat)?;
        let Peer::Room(room) = &old.peer else {
            return Err(format!("{chat} is no group"));
        };
        if room.kind != RoomKind::Group || self.chats.contains_key(&to) || to >= 0 {
            return Err(format!("{chat} is no group, or {to} is no free id"));
        }
        let new = Room { id: to, kind: RoomKind::Supergroup, ..room.clone() };
        let moved = Author { from: Some(person), sender_chat: None, is_this_bot: false };
        self.chats.insert(to, Chat::with_room(new));
        for (place, name, value) in
            [(chat, "migrate_to_chat_id", to), (to, "migrate_from_chat_id", chat)]
        {
            let fields = Map::from_iter([(name.to_owned(), value.into())]);
            let id = self.write(
                place,
                Draft {
                    author: moved.clone(),
                    content: Content::Fields(fields),
                    markup: None,
                    reply_to: None,
                    forward_origin: None,
                    is_silent: false,
                },
            );
            self.tell_of(place, id, "message");
        }
        if let Some(old) = self.chats.get_mut(&chat) {
            old.standing = Standing::MovedTo(to);
        }
        Ok(json!({}))
    }
}

fn nobody(user: i64) -> String {
    format!("there is nobody with the id {user}")
}

fn no_message(id: i64, chat: i64) -> String {
    format!("there is no message {id} in the chat {chat}")
}

/// Who the bot takes for the author (`core.telegram.org/bots/api#message`).
fn author(letter: &Letter, chat: &Chat, person: Value) -> Result<Author, String> {
    let is_this_bot = false;
    if chat.is_channel() {
        let sender_chat = Some(chat.chat());
        return Ok(Author { from: None, sender_chat, is_this_bot });
    }
    let stand_in = |id: i64, first_name: &str, username: &str| json!({ "id": id, "is_bot": true, "first_name": first_name, "username": username });
    match letter.guise {
        Guise::Own => Ok(Author { from: Some(person), sender_chat: None, is_this_bot }),
        _ if !chat.is_group() => Err("only in a group has anybody another name".to_owned()),
        Guise::AnonymousAdmin => Ok(Author {
            from: Some(stand_in(GROUP_ANONYMOUS_BOT, "Group", "GroupAnonymousBot")),
            sender_chat: Some(chat.chat()),
            is_this_bot,
        }),
        Guise::Channel => Ok(Author {
            from: Some(stand_in(CHANNEL_BOT, "Channel", "Channel_Bot")),
            sender_chat: Some(json!({
                "id": -1_009_999_999_999_i64, "title": "Somebody's channel", "type": "channel",
            })),
            is_this_bot,
        }),
    }
}

fn content(text: Option<&str>, fields: Map<String, Value>) -> Result<Content, String> {
    match text {
        None if fields.is_empty() => Err("a message needs text or fields".to_owned()),
        None => Ok(Content::Fields(fields)),
        Some(_) if !fields.is_empty() => Err("give text or fields, not both".to_owned()),
        Some(text) => {
            let words = Formatted::plain(text);
            let is_one_message = (1..=4_096).contains(&super::markup::length(&words.text));
            if !is_one_message {
                return Err("a message has 1 to 4096 characters".to_owned());
            }
            Ok(Content::Text(words))
        }
    }
}
