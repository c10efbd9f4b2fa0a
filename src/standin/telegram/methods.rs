//! The methods of the Bot API: one table, and those that are about the bot and its chats.

use heikin_core::time::Span;
use serde_json::{Value, json};

use super::super::object::put;
use super::error::{ApiError, Result};
use super::params::Params;
use super::people::{Peer, Standing};
use super::world::{CommandsKey, World};

/// The most commands of a scope.
const MOST_COMMANDS: usize = 100;
/// The longest text of an answer to a pressed button.
const LONGEST_ANSWER: usize = 200;
/// A pressed button can be answered for so long. Telegram names no time.
const ANSWERABLE: Span = Span::from_secs(60);

impl World {
    /// Carries out a request; `method` in lower case. `getUpdates` waits, and so is not here.
    pub(super) fn perform(&mut self, method: &str, params: &Params) -> Result<Value> {
        match method {
            "getme" => Ok(self.me()),
            "logout" | "close" => Ok(json!(true)),
            "setwebhook" => set_webhook(params),
            "deletewebhook" => {
                if params.flag("drop_pending_updates") {
                    self.updates.drop_waiting();
                }
                Ok(json!(true))
            }
            "getwebhookinfo" => Ok(self.webhook_info()),
            "sendmessage" => self.send_message(params),
            "sendphoto" => self.send_photo(params),
            "senddocument" => self.send_document(params),
            "sendchataction" => self.send_action(params),
            "editmessagetext" => self.edit_text(params),
            "editmessagecaption" => self.edit_caption(params),
            "editmessagemedia" => self.edit_media(params),
            "editmessagereplymarkup" => self.edit_markup(params),
            "deletemessage" | "deletemessages" => self.delete(params),
            "pinchatmessage" => self.pin(params),
            "unpinchatmessage" => self.unpin(params),
            "unpinallchatmessages" => self.unpin_all(params),
            "answercallbackquery" => self.answer_query(params),
            "setmycommands" => self.set_commands(params),
            "getmycommands" => {
                let key = commands_key(params)?;
                Ok(self.commands.get(&key).cloned().unwrap_or_else(|| json!([])))
            }
            "deletemycommands" => {
                let key = commands_key(params)?;
                self.commands.remove(&key);
                self.revision += 1;
                Ok(json!(true))
            }
            "getchat" => self.chat_info(params),
            "getchatmember" => self.chat_member(params),
            "getfile" => {
                let id = params.text("file_id").unwrap_or_default();
                let file = self.files.described(&id);
                file.ok_or_else(|| {
                    ApiError::bad_request("wrong file_id or the file is temporarily unavailable")
                })
            }
            _ => Err(ApiError::no_such_method()),
        }
    }

    fn me(&self) -> Value {
        let mut me = self.bot.clone();
        for (name, value) in [
            ("can_join_groups", true),
            ("can_read_all_group_messages", true),
            ("supports_inline_queries", false),
            ("can_connect_to_business", false),
            ("has_main_web_app", false),
        ] {
            put(&mut me, name, value);
        }
        me
    }

    fn webhook_info(&self) -> Value {
        let mut info = json!({
            "url": "", "has_custom_certificate": false,
            "pending_update_count": self.updates.count(),
        });
        if let Some(allowed) = self.updates.allowed() {
            put(&mut info, "allowed_updates", json!(allowed));
        }
        info
    }

    fn send_action(&mut self, params: &Params) -> Result<Value> {
        let chat = self.chat_to_write(params)?.id();
        let action = params.text("action").unwrap_or_default();
        let known =
            ["typing", "upload_photo", "upload_document", "find_location", "choose_sticker"];
        if !known.contains(&action.as_str()) {
            return Err(ApiError::bad_request("wrong parameter action in request"));
        }
        self.show_action(chat, action);
        Ok(json!(true))
    }

    fn answer_query(&mut self, params: &Params) -> Result<Value> {
        let text = params.text("text");
        if text.as_ref().is_some_and(|it| it.chars().count() > LONGEST_ANSWER) {
            return Err(ApiError::bad_request("MESSAGE_TOO_LONG"));
        }
        let now = self.now();
        let id = params.text("callback_query_id").and_then(|id| id.parse::<u64>().ok());
        let query = id.and_then(|id| self.queries.get_mut(&id));
        let query = query.filter(|it| now.since(it.at) <= ANSWERABLE).ok_or_else(|| {
            ApiError::bad_request(
                "query is too old and response timeout expired or query ID is invalid",
            )
        })?;
        query.answer = Some(json!({
            "text": text, "show_alert": params.flag("show_alert"), "url": params.text("url"),
        }));
        self.revision += 1;
        Ok(json!(true))
    }

    fn set_commands(&mut self, params: &Params) -> Result<Value> {
        let key = commands_key(params)?;
        let commands: Vec<Value> = params
            .structure("commands")?
            .ok_or_else(|| ApiError::bad_request("parameter \"commands\" is required"))?;
        if commands.len() > MOST_COMMANDS {
            return Err(ApiError::bad_request("BOT_COMMANDS_TOO_MUCH"));
        }
        for command in &commands {
            let of = |name: &str| command.get(name).and_then(Value::as_str).unwrap_or_default();
            let (name, description) = (of("command"), of("description"));
            let name = name.strip_prefix('/').unwrap_or(name);
            let is_letter = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'_';
            if name.is_empty() || name.len() > 32 || !name.bytes().all(is_letter) {
                return Err(ApiError::bad_request("BOT_COMMAND_INVALID"));
            }
            if description.is_empty() || description.chars().count() > 256 {
                return Err(ApiError::bad_request("BOT_COMMAND_DESCRIPTION_INVALID"));
            }
        }
        if commands.is_empty() {
            self.commands.remove(&key);
        } else {
            self.commands.insert(key, Value::Array(commands));
        }
        self.revision += 1;
        Ok(json!(true))
    }

    /// The commands that somebody is shown in a chat: those of the narrowest scope that has some.
    pub(super) fn commands_for(&self, user: i64, chat: i64) -> Value {
        let is_group = self.chats.get(&chat).is_some_and(super::people::Chat::is_group);
        let kind = if is_group { "all_group_chats" } else { "all_private_chats" };
        let scopes = [
            json!({ "type": "chat_member", "chat_id": chat, "user_id": user }),
            json!({ "type": "chat", "chat_id": chat }),
            json!({ "type": kind }),
            json!({ "type": "default" }),
        ];
        let language = match self.chats.get(&user).map(|it| &it.peer) {
            Some(Peer::Person(person)) => person.language_code.clone().unwrap_or_default(),
            _ => String::new(),
        };
        let find = |scope: &Value, language: &str| {
            self.commands.get(&(scope.to_string(), language.to_owned())).cloned()
        };
        let found =
            scopes.iter().find_map(|scope| find(scope, &language).or_else(|| find(scope, "")));
        found.unwrap_or_else(|| json!([]))
    }

    fn chat_info(&self, params: &Params) -> Result<Value> {
        let chat = self.chat_asked(params)?;
        if chat.standing == Standing::Stranger {
            return Err(ApiError::bad_request("chat not found"));
        }
        let mut info = chat.full_info();
        if let Some(pinned) = chat.pinned.last() {
            put(&mut info, "pinned_message", self.wire(chat.id(), *pinned));
        }
        Ok(info)
    }

    fn chat_member(&self, params: &Params) -> Result<Value> {
        let chat = self.chat_asked(params)?;
        let user = params.integer("user_id").unwrap_or_default();
        let found = match self.chats.get(&user).map(|it| &it.peer) {
            Some(Peer::Person(person)) => person.user(),
            _ => return Err(ApiError::bad_request("user not found")),
        };
        let status = if chat.includes(user) { "member" } else { "left" };
        Ok(json!({ "user": found, "status": status }))
    }
}

/// A scope as JSON with its names in order, and a language.
fn commands_key(params: &Params) -> Result<CommandsKey> {
    let scope: Option<Value> = params.structure("scope")?;
    let scope = scope.unwrap_or_else(|| json!({ "type": "default" }));
    let kind = scope.get("type").and_then(Value::as_str).unwrap_or_default();
    let number = |name: &str| {
        let value = scope.get(name);
        value.and_then(|it| it.as_i64().or_else(|| it.as_str()?.parse().ok()))
    };
    let missing = || ApiError::bad_request("chat not found");
    let scope = match kind {
        "default" | "all_private_chats" | "all_group_chats" | "all_chat_administrators" => {
            json!({ "type": kind })
        }
        "chat" | "chat_administrators" => {
            json!({ "type": kind, "chat_id": number("chat_id").ok_or_else(missing)? })
        }
        "chat_member" => json!({
            "type": kind, "chat_id": number("chat_id").ok_or_else(missing)?,
            "user_id": number("user_id").ok_or_else(missing)?,
        }),
        _ => {
            let what = "can't parse BotCommandScope: Unsupported type specified";
            return Err(ApiError::bad_request(what));
        }
    };
    Ok((scope.to_string(), params.text("language_code").unwrap_or_default()))
}

/// A webhook would have to be on the Web; this machine is not.
fn set_webhook(params: &Params) -> Result<Value> {
    let url = params.text("url").unwrap_or_default();
    if url.is_empty() {
        return Ok(json!(true));
    }
    Err(ApiError::bad_request(if url.starts_with("https://") {
        "bad webhook: IP address 127.0.0.1 is reserved"
    } else {
        "bad webhook: An HTTPS URL must be provided for webhook"
    }))
}
