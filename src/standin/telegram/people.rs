//! People, the chats that they are in, and how each is written on the wire.

use std::collections::BTreeSet;

use super::super::object::put;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// In whose name anonymous administrators of a group write.
pub(super) const GROUP_ANONYMOUS_BOT: i64 = 1_087_968_824;
/// In whose name channels write in groups.
pub(super) const CHANNEL_BOT: i64 = 136_817_688;

/// Somebody with a phone.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// The numeric id: positive.
    pub id: i64,
    /// The first name.
    pub first_name: String,
    /// The last name.
    #[serde(default)]
    pub last_name: Option<String>,
    /// The user name, without `@`.
    #[serde(default)]
    pub username: Option<String>,
    /// The language of the app, such as `en`.
    #[serde(default)]
    pub language_code: Option<String>,
}

impl Person {
    /// Somebody with these names.
    pub fn new(id: i64, first_name: &str, username: &str) -> Self {
        Self {
            id,
            first_name: first_name.to_owned(),
            last_name: None,
            username: Some(username.to_owned()),
            language_code: Some("en".to_owned()),
        }
    }

    /// As `User`.
    pub(super) fn user(&self) -> Value {
        let mut object = self.names();
        object.insert("is_bot".to_owned(), false.into());
        if let Some(language) = &self.language_code {
            object.insert("language_code".to_owned(), language.as_str().into());
        }
        Value::Object(object)
    }

    fn names(&self) -> Map<String, Value> {
        let mut object = Map::new();
        object.insert("id".to_owned(), self.id.into());
        object.insert("first_name".to_owned(), self.first_name.as_str().into());
        for (name, value) in [("last_name", &self.last_name), ("username", &self.username)] {
            if let Some(value) = value {
                object.insert(name.to_owned(), value.as_str().into());
            }
        }
        object
    }
}

/// What a chat of several is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RoomKind {
    /// A small group.
    Group,
    /// A large group.
    Supergroup,
    /// One writes, the others read.
    Channel,
}

impl RoomKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Group => "group",
            Self::Supergroup => "supergroup",
            Self::Channel => "channel",
        }
    }
}

/// A chat of several.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Room {
    /// The id: negative.
    pub id: i64,
    /// What it is.
    pub kind: RoomKind,
    /// What it is called.
    pub title: String,
    /// Who is in it, by id.
    pub members: BTreeSet<i64>,
}

/// Where the bot stands in a chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// The person has not written to it yet.
    Stranger,
    /// It may write.
    Member,
    /// The person has blocked it.
    Blocked,
    /// The person's account is gone.
    Deactivated,
    /// It was thrown out of the group.
    Kicked,
    /// The group has become another, with this id.
    MovedTo(i64),
}

/// Who is at the other end.
#[derive(Debug, Clone)]
pub(super) enum Peer {
    /// One person.
    Person(Person),
    /// Several.
    Room(Room),
}

/// A chat with the bot.
#[derive(Debug, Clone)]
pub(super) struct Chat {
    pub(super) peer: Peer,
    pub(super) standing: Standing,
    /// The pinned messages, the newest last.
    pub(super) pinned: Vec<i64>,
}

impl Chat {
    pub(super) fn with_person(person: Person) -> Self {
        Self { peer: Peer::Person(person), standing: Standing::Stranger, pinned: Vec::new() }
    }

    pub(super) fn with_room(room: Room) -> Self {
        Self { peer: Peer::Room(room), standing: Standing::Member, pinned: Vec::new() }
    }

    pub(super) fn id(&self) -> i64 {
        match &self.peer {
            Peer::Person(person) => person.id,
            Peer::Room(room) => room.id,
        }
    }

    /// Whether somebody sees it.
    pub(super) fn includes(&self, user: i64) -> bool {
        match &self.peer {
            Peer::Person(person) => person.id == user,
            Peer::Room(room) => room.members.contains(&user),
        }
    }

    pub(super) fn is_group(&self) -> bool {
        matches!(&self.peer, Peer::Room(room) if room.kind != RoomKind::Channel)
    }

    pub(super) fn is_channel(&self) -> bool {
        matches!(&self.peer, Peer::Room(room) if room.kind == RoomKind::Channel)
    }

    /// As `Chat`.
    pub(super) fn chat(&self) -> Value {
        match &self.peer {
            Peer::Person(person) => {
                let mut object = person.names();
                object.insert("type".to_owned(), "private".into());
                Value::Object(object)
            }
            Peer::Room(room) => {
                let mut chat =
                    json!({ "id": room.id, "title": room.title, "type": room.kind.as_str() });
                if room.kind == RoomKind::Group {
                    put(&mut chat, "all_members_are_administrators", false);
                }
                chat
            }
        }
    }

    /// As `ChatFullInfo`, but for the pinned message.
    pub(super) fn full_info(&self) -> Value {
        let mut chat = self.chat();
        put(&mut chat, "accent_color_id", 3);
        put(&mut chat, "max_reaction_count", 11);
        put(
            &mut chat,
            "accepted_gift_types",
            json!({
                "unlimited_gifts": false, "limited_gifts": false, "unique_gifts": false,
                "premium_subscription": false, "gifts_from_channels": false,
            }),
        );
        chat
    }
}
