//! The Bot API on the loopback (`core.telegram.org/bots/api`), and the people who talk to a bot.
//!
//! [`TelegramStandin`] serves `/bot<token>/<method>` to any client: GET and POST; parameters in the
//! query, as a form, as JSON, as multipart with files. It keeps to the rules that bots run into:
//! lengths after markup, 64 bytes for a button, markup that cannot be read, messages that are not
//! modified, one poller, people who block, limits. Its page, at `/`, shows each chat as a person
//! sees it.
//!
//! | module | holds |
//! |---|---|
//! | `world` | everything it knows |
//! | `methods`, `send`, `edit` | what a bot may do |
//! | `updates` | what a bot is told, and the offset that confirms it |
//! | `people`, `message`, `markup`, `keyboard`, `files` | what chats are made of |
//! | `limits`, `error` | what is refused |
//! | `hands` | what people do |
//! | `faults` | what goes wrong |
//! | `params`, `service` | the wire |
//! | `control`, `page` | what only those ask for who run it |
//!
//! # Orders (JSON; `content-type: application/json`)
//!
//! | request | what it does |
//! |---|---|
//! | `POST /standin/do` | what a person does: a [`Hands`], such as `{"do":"send","user":1001,"text":"/start"}` |
//! | `POST /standin/faults` | switches faults on: a [`FaultRequest`] or several |
//! | `POST /standin/clock` | hurries or moves the clock: a [`ClockRequest`] |
//! | `GET /standin/state` | chats, pressed buttons, commands, counters |
//! | `GET /standin/messages?chat=…&after_message=…` | messages with all that they were |
//! | `GET /standin/files/<file_id>` | the bytes of a picture |
//!
//! The two readings of state take `after=<revision>&wait=<seconds>` and then wait for news.
//!
//! # Faults
//!
//! | kind | what happens |
//! |---|---|
//! | `lost_before`, `lost_after` | the connection breaks before, or after, the request is carried out |
//! | `timeout_before`, `timeout_after` | it breaks after `seconds` (60) of silence |
//! | `error_before`, `error_after` | an error with `status` (500) is answered instead; 400 is about markup |
//! | `html_before`, `html_after` | a page of HTML with `status` (502) |
//! | `conflict` | 409 to a poll |
//! | `too_many_requests` | 429 for `seconds`, with what is left of them as `retry_after` |
//! | `updates_again` | an update that was confirmed is told once more |
//! | `clear` | all of these are off |
//!
//! Rules name a `method` or a `chat`, or concern all.
//!
//! # Two kinds of time
//!
//! Dates, limits, floods and how long updates are kept go by the stand-in's clock. Connections live
//! in real time: polls, and silence.
//!
//! # What it does not do
//!
//! Webhooks, inline mode, payments, polls, albums, Markdown. Pictures are not scaled. Bots see every
//! message of a group. An unknown method is answered as Telegram answers one: 404.

mod control;
mod edit;
mod error;
mod faults;
mod files;
mod hands;
mod keyboard;
mod limits;
mod markup;
mod message;
mod methods;
mod page;
mod params;
mod people;
mod send;
mod service;
mod updates;
mod world;

use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

pub use self::faults::FaultRequest;
pub use self::hands::{Guise, Hands, Letter};
pub use self::limits::{Rate, RateLimits};
pub use self::people::{Person, Room, RoomKind};

use self::service::Shared;
use self::world::World;
use super::clock::ClockRequest;
use super::server::{Server, StartError};

/// Everything that a stand-in is made of.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where it listens: an address of the loopback. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// The token of the only bot: its id, a colon, and the rest.
    pub token: String,
    /// What the bot is called.
    pub bot_name: String,
    /// Its user name, without `@`.
    pub bot_username: String,
    /// Who can talk to it.
    pub people: Vec<Person>,
    /// The groups and channels that it is in.
    pub rooms: Vec<Room>,
    /// What it may send how often; all it likes where there are none.
    pub limits: Option<RateLimits>,
    /// So many seconds of its clock pass in a real one.
    pub speed: NonZeroU32,
    /// Where the chance of faults comes from.
    pub fault_seed: u64,
}

impl Default for Settings {
    /// Three people, a group and a channel, on a free port, without limits.
    fn default() -> Self {
        let room = |id, kind, title: &str, members: &[i64]| Room {
            id,
            kind,
            title: title.to_owned(),
            members: members.iter().copied().collect(),
        };
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            token: "7000000001:AA-a-token-of-the-stand-in-not-a-secret".to_owned(),
            bot_name: "heikin".to_owned(),
            bot_username: "heikin_bot".to_owned(),
            people: vec![
                Person::new(1_001, "Asha", "asha"),
                Person::new(1_002, "Ravi", "ravi"),
                Person::new(1_003, "Meera", "meera"),
            ],
            rooms: vec![
                room(-2_001, RoomKind::Group, "Trading desk", &[1_001, 1_002]),
                room(-1_002_000_000_002, RoomKind::Channel, "Signals", &[1_001, 1_003]),
            ],
            limits: None,
            speed: NonZeroU32::MIN,
            fault_seed: 0,
        }
    }
}

/// A stand-in that accepts connections, on a thread of its own. It ends when this is dropped.
#[derive(Debug)]
pub struct TelegramStandin {
    server: Server,
    shared: Arc<Shared>,
}

impl TelegramStandin {
    /// Starts a stand-in. It accepts connections when this returns.
    ///
    /// # Errors
    ///
    /// Where the address is not of the loopback or cannot be listened on, or the token is none.
    pub fn start(settings: &Settings) -> Result<Self, StartError> {
        let is_token = settings.token.split_once(':').is_some_and(|(id, secret)| {
            let is_part = |it: u8| it.is_ascii_alphanumeric() || it == b'_' || it == b'-';
            id.parse::<i64>().is_ok_and(|id| id > 0)
                && !secret.is_empty()
                && secret.bytes().all(is_part)
        });
        if !is_token {
            return Err(StartError::Setting(
                "that is no bot's token: digits, a colon, then letters, digits, - and _, such as \
                 123456:made-up"
                    .to_owned(),
            ));
        }
        let shared = Arc::new(Shared::new(World::new(settings)));
        let served = Arc::clone(&shared);
        let server = Server::start("telegram-standin", settings.listen, move |_| served)?;
        Ok(Self { server, shared })
    }

    /// The base address of the Bot API: what stands before `/bot<token>`.
    pub fn api_url(&self) -> String {
        self.server.url()
    }

    /// The address of the page.
    pub fn page(&self) -> String {
        format!("{}/", self.server.url())
    }

    /// Does what a person does. What it answers is what `POST /standin/do` answers.
    ///
    /// # Errors
    ///
    /// Where that cannot be done, such as pressing a button that is not there.
    pub fn act(&self, hands: Hands) -> Result<Value, String> {
        self.shared.change(|world| world.use_hands(hands))
    }

    /// Switches faults on.
    ///
    /// # Errors
    ///
    /// Where one of them is none.
    pub fn fault(&self, faults: &[FaultRequest]) -> Result<(), String> {
        self.shared.change(|world| world.apply_faults(faults))
    }

    /// Hurries or moves the clock.
    ///
    /// # Errors
    ///
    /// Where the speed is beyond reason.
    pub fn set_clock(&self, request: ClockRequest) -> Result<(), String> {
        self.shared.change(|world| world.clock.change(request))
    }

    /// Chats, pressed buttons, commands, counters, as `GET /standin/state` tells them.
    pub fn state(&self) -> Value {
        self.shared.world().state()
    }

    /// The messages of a chat with all that they were, as `GET /standin/messages` tells them.
    pub fn messages(&self, chat: i64) -> Value {
        self.shared.world().told_messages(chat, 0)
    }

    /// The bytes of a picture or file that the bot has sent.
    pub fn file(&self, id: &str) -> Option<Vec<u8>> {
        self.shared.world().files.find(id).map(|it| it.bytes.to_vec())
    }

    /// Waits until a chat's messages are as wanted, and returns them; none where they are not after
    /// so long.
    pub async fn messages_when(
        &self,
        chat: i64,
        longest: Duration,
        wanted: impl Fn(&Value) -> bool,
    ) -> Option<Value> {
        let waiting = async {
            loop {
                let messages = self.messages(chat);
                if wanted(&messages) {
                    return messages;
                }
                let seen = messages.get("revision").and_then(Value::as_u64).unwrap_or(0);
                self.shared.newer_than(seen).await;
            }
        };
        tokio::time::timeout(longest, waiting).await.ok()
    }
}
