use std::fmt;
use std::sync::Mutex;

use heikin_core::time::Timestamp;

use super::courtesy::Courtesy;
use super::forms::{Form, Forms};
use super::read::{LONGEST_LINE, arguments, classic_form, split};
use crate::backend::{
    Access, Actor, Answer, Backend, BackendError, Card, Command, Identity, Member, MessageId,
    Nonce, Presser, Query, RequestId, Role, Ticket, UpdateId,
};
use crate::commands::{Asker, Denied, Verb, authorise};
use crate::local_time::LocalTime;
use crate::message::{
    Chat, ChatKind, Content, Event, Message, Origin, Reply, Sender, Text, Update, User,
};
use crate::view::{self, Reader, buttons};

/// Answers updates: one [`Reply`] for each, whatever it holds.
pub struct Bot<B> {
    pub(super) backend: B,
    pub(super) draw: Box<dyn Fn() -> Nonce + Send + Sync>,
    forms: Mutex<Forms>,
    courtesy: Mutex<Courtesy>,
}

impl<B> fmt::Debug for Bot<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bot").finish_non_exhaustive()
    }
}

/// One update with all that is known of whoever sent it.
pub(super) struct Turn<'a> {
    pub(super) update: UpdateId,
    pub(super) user: &'a User,
    pub(super) chat: Chat,
    /// The message to answer in; none for a new one.
    pub(super) place: Option<MessageId>,
    pub(super) member: Member,
    pub(super) reader: Reader,
    pub(super) origin: Origin,
    pub(super) sent_at: Timestamp,
}

impl Turn<'_> {
    pub(super) fn now(&self) -> Timestamp {
        self.reader.time.now()
    }

    /// Shows a message: in the place of the one that was pressed on, where there is one.
    /// Buttons that its reader may not press are left out.
    pub(super) fn show(&self, message: Message) -> Reply {
        let message = self.reader.permit(message);
        match self.place {
            Some(place) => Reply::edit(place, message),
            None => Reply::send(message),
        }
    }

    pub(super) fn say(&self, text: Text) -> Reply {
        self.show(Message::text(text))
    }

    pub(super) fn may(&self, verb: Verb) -> Result<(), Denied> {
        let asker = Asker {
            member: &self.member,
            chat: self.chat.kind,
            origin: self.origin,
            sent_at: self.sent_at,
            now: self.now(),
        };
        authorise(&asker, verb)
    }

    fn denied(&self, denied: Denied) -> Reply {
        view::denied(denied, &self.reader)
            .map_or_else(Reply::silence, |text| Reply::send(Message::text(text)))
    }

    pub(super) fn actor(&self) -> Actor {
        let identity = match self.chat.kind {
            ChatKind::Terminal => Identity::Terminal,
            _ => Identity::Telegram { user: self.user.id },
        };
        Actor { identity, name: self.user.name.clone(), pin: None }
    }

    pub(super) fn request(&self) -> RequestId {
        let via = if self.chat.kind == ChatKind::Terminal { "tty" } else { "tg" };
        RequestId(format!("{via}-{}", self.update.0))
    }
}

/// A lock that a panic elsewhere has poisoned still holds forms: none of them is half written.
pub(super) fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl<B: Backend> Bot<B> {
    /// A bot over a backend; `draw` gives a nonce from a secure source of chance at each call.
    pub fn new(backend: B, draw: impl Fn() -> Nonce + Send + Sync + 'static) -> Self {
        Self { backend, draw: Box::new(draw), forms: Mutex::default(), courtesy: Mutex::default() }
    }

    /// The backend.
    pub const fn backend(&self) -> &B {
        &self.backend
    }

    /// The answer to an update. A failure of the backend is an answer too: it is told.
    ///
    /// Updates of one chat are handed in one after another; those of different chats may run at
    /// the same time. `now` is when the update is dealt with.
    pub async fn handle(&self, update: &Update, now: Timestamp) -> Reply {
        let user = match &update.sender {
            Sender::User(user) => user,
            Sender::Bot(_) => return Reply::silence(),
            Sender::Anonymous => return nobody(update),
        };
        match self.answer(update, user, now).await {
            Ok(reply) => reply.fitted(),
            // A group is not told of troubles that are not its own.
            Err(_) if update.chat.kind == ChatKind::Group => Reply::silence(),
            Err(error) => Reply::send(Message::text(failure(&error))),
        }
    }

    async fn answer(
        &self,
        update: &Update,
        user: &User,
        now: Timestamp,
    ) -> Result<Reply, BackendError> {
        if update.chat.kind == ChatKind::Channel {
            return Ok(Reply::silence());
        }
        let mut turn = self.turn(update, user, now).await?;
        let is_guest = turn.member.role == Role::Guest;
        if is_guest && !locked(&self.courtesy).answers(user.id, now) {
            return Ok(Reply::silence());
        }
        match &update.event {
            Event::Message { id, content, origin } => {
                turn.origin = *origin;
                match content {
                    Content::Text(line) => self.typed(&turn, *id, line).await,
                    Content::Other(what) => Ok(not_words(&turn, what)),
                }
            }
            Event::Press { message: Some(message), data, .. } => {
                turn.place = Some(*message);
                self.pressed(&turn, *message, data).await
            }
            Event::Press { message: None, .. } => {
                Ok(Reply::toast("This message is too old; send the command again."))
            }
            Event::Blocked | Event::Unblocked => Ok(Reply::silence()),
        }
    }

    async fn turn<'a>(
        &self,
        update: &Update,
        user: &'a User,
        now: Timestamp,
    ) -> Result<Turn<'a>, BackendError> {
        let member = match self.backend.query(Query::Member { user: user.id }).await? {
            Answer::Member(member) => member,
            _ => stranger(user),
        };
        let member = match update.chat.kind {
            // Whoever sits at the terminal can read the data folder.
            ChatKind::Terminal => Member { role: Role::Owner, is_claimed: true, ..member },
            _ => member,
        };
        let zone = match member.role {
            Role::Guest => None,
            _ => match self.backend.query(Query::Notify { user: user.id }).await? {
                Answer::Notify(preferences) => Some(preferences.zone),
                _ => None,
            },
        };
        let reader = Reader {
            time: LocalTime::new(now, zone.as_deref().unwrap_or("UTC")),
            role: member.role,
            is_billing: member.billing,
        };
        Ok(Turn {
            update: update.id,
            user,
            chat: update.chat,
            place: None,
            member,
            reader,
            origin: Origin::Typed,
            sent_at: update.sent_at,
        })
    }

    async fn typed(
        &self,
        turn: &Turn<'_>,
        message: MessageId,
        line: &str,
    ) -> Result<Reply, BackendError> {
        if let Some((name, rest)) = split(line) {
            return self.command_line(turn, message, (name, rest)).await;
        }
        if turn.chat.kind == ChatKind::Group {
            // People talk there; heikin answers commands.
            return Ok(Reply::silence());
        }
        if turn.origin != Origin::Typed {
            return Ok(turn.denied(Denied::NotTyped(turn.origin)));
        }
        if let Some(form) = self.take_form(turn) {
            return self.filled_in(turn, message, form, line).await;
        }
        if line.len() <= LONGEST_LINE
            && let Some(form) = classic_form(line)
        {
            return match turn.may(Verb::Set) {
                Ok(()) => self.act(turn, Command::SetFromForm { form }, None).await,
                Err(denied) => Ok(turn.denied(denied)),
            };
        }
        Ok(hint(turn, "I act on commands."))
    }

    async fn command_line(
        &self,
        turn: &Turn<'_>,
        message: MessageId,
        (name, rest): (&str, &str),
    ) -> Result<Reply, BackendError> {
        let Some(verb) = Verb::named(name) else { return Ok(unknown(turn, name)) };
        if let Err(denied) = turn.may(verb) {
            return Ok(turn.denied(denied));
        }
        match arguments(verb, rest, &turn.reader.time) {
            Ok(wish) => self.grant_wish(turn, message, wish).await,
            Err(misread) => Ok(Reply::from(misread)),
        }
    }

    async fn pressed(
        &self,
        turn: &Turn<'_>,
        message: MessageId,
        data: &str,
    ) -> Result<Reply, BackendError> {
        let nonce = |rest: &str| Nonce::parse(rest);
        if let Some(nonce) = data.strip_prefix(buttons::CONFIRM).and_then(nonce) {
            return self.confirmed(turn, message, nonce).await;
        }
        if let Some(nonce) = data.strip_prefix(buttons::CANCEL).and_then(nonce) {
            return self.canceled(turn, message, nonce).await;
        }
        let (line, is_anew) = match data.strip_prefix(buttons::ANEW) {
            Some(line) => (line, true),
            None => (data, false),
        };
        let Some((verb, rest)) =
            split(line).and_then(|(name, rest)| Some((Verb::named(name)?, rest)))
        else {
            return Ok(Reply::toast("This button is of an older version; send /menu."));
        };
        if let Err(denied) = turn.may(verb) {
            let words = view::denied(denied, &turn.reader).map(|text| text.to_plain());
            return Ok(words.map_or_else(Reply::silence, Reply::toast));
        }
        let Ok(wish) = arguments(verb, rest, &turn.reader.time) else {
            return Ok(Reply::toast("This button is of an older version; send /menu."));
        };
        let reply = self.grant_wish(turn, message, wish).await?;
        Ok(if is_anew { reply.anew() } else { reply })
    }

    /// A message of a reply has arrived under this number: binds its confirmation to it, to whoever
    /// asked, and to the next 60 seconds, or keeps it as the card. Without this a press finds
    /// nothing and does nothing. A transport calls it for every message whose
    /// [`Message::needs_number`] holds.
    pub async fn shown(
        &self,
        update: &Update,
        message: &Message,
        number: MessageId,
        now: Timestamp,
    ) -> Result<(), BackendError> {
        let Sender::User(user) = &update.sender else { return Ok(()) };
        let chat = update.chat.id;
        if let Some(pending) = &message.pending {
            let ticket = Ticket {
                presser: Presser { user: user.id, chat, message: number },
                command: pending.command.clone(),
                version: pending.version,
                expires_at: now + Ticket::LIFE,
            };
            self.backend.put_ticket(pending.nonce, ticket).await?;
        }
        if message.is_card {
            let turn = self.turn(update, user, now).await?;
            let command = Command::SetCard { chat, message: Some(number) };
            self.backend.command(turn.request(), turn.actor(), command, None).await?;
        }
        Ok(())
    }

    /// The card of a person as it is now, to be edited into [`crate::backend::Card::message`].
    pub async fn card(&self, card: Card, now: Timestamp) -> Result<Message, BackendError> {
        let user = User { id: card.user, name: String::new() };
        let kind = ChatKind::Private;
        let update = Update {
            id: UpdateId(0),
            sent_at: now,
            sender: Sender::User(user.clone()),
            chat: Chat { id: card.chat, kind },
            event: Event::Unblocked,
        };
        let turn = self.turn(&update, &user, now).await?;
        if let Err(denied) = turn.may(Verb::Card) {
            return Ok(Message::text(view::denied(denied, &turn.reader).unwrap_or_default()));
        }
        match self.backend.query(Query::Status).await? {
            Answer::Status(status) => Ok(turn.reader.permit(view::status(&status, &turn.reader))),
            _ => Err(super::ask::mismatch()),
        }
    }

    pub(super) fn take_form(&self, turn: &Turn<'_>) -> Option<Form> {
        locked(&self.forms).take(turn.chat.id, turn.user.id, turn.now())
    }

    pub(super) fn begin_form(&self, turn: &Turn<'_>, form: Form) {
        locked(&self.forms).begin(turn.chat.id, turn.user.id, form, turn.now());
    }
}

fn stranger(user: &User) -> Member {
    Member {
        user: user.id,
        role: Role::Guest,
        access: Access::None,
        billing: false,
        is_claimed: true,
        groups: false,
    }
}

/// Nobody in particular asks: a group's anonymous admin gets a line, a channel none.
fn nobody(update: &Update) -> Reply {
    let is_command = matches!(
        &update.event,
        Event::Message { content: Content::Text(line), .. }
            if split(line).is_some_and(|(name, _)| Verb::named(name).is_some())
    );
    if update.chat.kind != ChatKind::Group || !is_command {
        return Reply::silence();
    }
    Reply::send(Message::text(Text::new().plain(
        "I cannot tell who you are: anonymous admins all look the same. Write to me privately.",
    )))
}

fn not_words(turn: &Turn<'_>, what: &str) -> Reply {
    if turn.chat.kind == ChatKind::Group {
        return Reply::silence();
    }
    hint(turn, &format!("I cannot read {what}."))
}

fn hint(turn: &Turn<'_>, problem: &str) -> Reply {
    let example = match turn.reader.role {
        Role::Guest if turn.reader.is_billing => "/plans shows what is offered",
        Role::Guest => "/about says what this is",
        _ => "/status shows how things are",
    };
    Reply::send(Message::text(
        Text::new().plain(format!("{problem} {example}, /help lists the commands.")),
    ))
}

fn unknown(turn: &Turn<'_>, name: &str) -> Reply {
    if turn.chat.kind == ChatKind::Group {
        // It may be another bot's.
        return Reply::silence();
    }
    let name = super::read::shortened(name);
    match Verb::resembling(&name, turn.reader.role) {
        Some(meant) => {
            let text = Text::new().plain(format!("There is no /{name}. Did you mean /{meant}?"));
            Reply::send(
                Message::text(text)
                    .row([buttons::command(format!("/{meant}"), format!("/{meant}"))]),
            )
        }
        None => hint(turn, &format!("There is no /{name}.")),
    }
}

fn failure(error: &BackendError) -> Text {
    let text = Text::new().bold("Not done: ").plain(format!("{error}."));
    match error {
        BackendError::Unreachable { .. } => text.plain(
            " What you asked for may or may not have happened: look at /status before you repeat it.",
        ),
        _ => text,
    }
}
