//! A backend in memory that answers from [`crate::fixtures`] and notes what it was told to do.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use heikin_bot::backend::*;
use heikin_bot::chat::Bot;
use heikin_bot::message::{
    Button, Chat, ChatKind, Content, Event, Message, Origin, Press, Reply, Sender, Step, Update,
    User,
};
use heikin_core::time::{Span, Timestamp};

use crate::fixtures;

pub(crate) const OWNER: UserId = UserId(1_001);
pub(crate) const OPERATOR: UserId = UserId(1_002);
pub(crate) const VIEWER: UserId = UserId(1_003);
pub(crate) const SUBSCRIBER: UserId = UserId(1_004);
pub(crate) const GUEST: UserId = UserId(1_005);
pub(crate) const LAPSED: UserId = UserId(1_006);
pub(crate) const EVERYBODY: [UserId; 6] = [OWNER, OPERATOR, VIEWER, SUBSCRIBER, GUEST, LAPSED];

/// What can be changed, and what was.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) done: Vec<Command>,
    pub(crate) tickets: BTreeMap<Nonce, Ticket>,
    pub(crate) version: u64,
    pub(crate) preferences: NotifyPreferences,
    pub(crate) link: Option<String>,
    pub(crate) answered: BTreeMap<RequestId, Outcome>,
    pub(crate) actors: Vec<Actor>,
    pub(crate) roles: BTreeMap<UserId, Role>,
    pub(crate) card: Option<MessageId>,
}

/// The backend, with switches.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) state: Mutex<State>,
    pub(crate) billing: bool,
    pub(crate) groups: bool,
    pub(crate) pin: Option<&'static str>,
    pub(crate) fails: Option<BackendError>,
    /// Stands for every name and message that comes from outside.
    pub(crate) words: String,
    pub(crate) is_empty: bool,
}

impl Default for World {
    fn default() -> Self {
        let roles = [
            (OWNER, Role::Owner),
            (OPERATOR, Role::Operator),
            (VIEWER, Role::Viewer),
            (SUBSCRIBER, Role::Subscriber),
        ];
        let state = State { version: 7, roles: roles.into(), ..State::default() };
        Self {
            state: Mutex::new(state),
            billing: true,
            groups: false,
            pin: None,
            fails: None,
            words: "Asha".to_owned(),
            is_empty: false,
        }
    }
}

impl World {
    pub(crate) fn done(&self) -> Vec<Command> {
        self.state.lock().unwrap().done.clone()
    }

    fn member(&self, user: UserId) -> Member {
        let role = self.state.lock().unwrap().roles.get(&user).copied().unwrap_or(Role::Guest);
        let access = match user {
            SUBSCRIBER => Access::Active { until: fixtures::NOW + Span::DAY.times(23) },
            LAPSED => Access::Suspended { since: fixtures::NOW - Span::DAY },
            _ => Access::None,
        };
        Member { user, role, access, billing: self.billing, is_claimed: true, groups: self.groups }
    }

    fn confirm(&self, topic: RecapTopic) -> Outcome {
        Outcome::Confirm(Box::new(Recap {
            version: StateVersion(self.state.lock().unwrap().version),
            mode: Mode::Paper,
            topic,
            consequences: vec!["The trader is paused after.".to_owned()],
            needs_pin: self.pin.is_some(),
        }))
    }

    fn decide(&self, command: &Command, confirmed: Option<StateVersion>) -> Outcome {
        let version = StateVersion(self.state.lock().unwrap().version);
        if let Some(topic) = fixtures::recap_of(command, &self.words)
            && confirmed != Some(version)
        {
            return self.confirm(topic);
        }
        let mut state = self.state.lock().unwrap();
        state.done.push(command.clone());
        if !matches!(command, Command::SetNotify { .. } | Command::SetCard { .. }) {
            state.version += 1;
        }
        match command {
            Command::SetNotify { preferences } => state.preferences = preferences.clone(),
            Command::SetCard { message, .. } => state.card = *message,
            Command::Subscribe { .. } => state.link = Some("https://rzp.io/i/abc".to_owned()),
            Command::CancelPayment => state.link = None,
            Command::Revoke { user } => drop(state.roles.remove(user)),
            _ => {}
        }
        fixtures::outcome_of(command, &self.words)
    }
}

impl Backend for World {
    async fn query(&self, query: Query) -> Result<Answer, BackendError> {
        if let Some(error) = &self.fails
            && !matches!(query, Query::Member { .. } | Query::Notify { .. })
        {
            return Err(error.clone());
        }
        Ok(match query {
            Query::Member { user } => Answer::Member(self.member(user)),
            Query::Notify { .. } => Answer::Notify(self.state.lock().unwrap().preferences.clone()),
            Query::Subscription { user } => {
                let link = self.state.lock().unwrap().link.clone();
                let access = match &link {
                    Some(_) => Access::Pending { expires_at: fixtures::NOW + Span::HOUR },
                    None => self.member(user).access,
                };
                Answer::Subscription(Box::new(fixtures::subscription(user, access, link)))
            }
            query if self.is_empty => fixtures::empty_answer(&query),
            query => fixtures::answer(&query, &self.words),
        })
    }

    async fn command(
        &self,
        request: RequestId,
        actor: Actor,
        command: Command,
        confirmed: Option<StateVersion>,
    ) -> Result<Outcome, BackendError> {
        if let Some(error) = &self.fails {
            return Err(error.clone());
        }
        if let Some(outcome) = self.state.lock().unwrap().answered.get(&request) {
            return Ok(outcome.clone());
        }
        self.state.lock().unwrap().actors.push(actor.clone());
        let is_guarded = matches!(command, Command::Panic | Command::SetMode { .. });
        if let (Some(pin), true, Some(_)) = (self.pin, is_guarded, confirmed) {
            match actor.pin {
                None => return Ok(Outcome::PinNeeded),
                Some(typed) if typed.expose() != pin => {
                    return Ok(Outcome::Refused(Refusal::WrongPin { left: 4 }));
                }
                Some(_) => {}
            }
        }
        let outcome = self.decide(&command, confirmed);
        self.state.lock().unwrap().answered.insert(request, outcome.clone());
        Ok(outcome)
    }

    async fn inbox(&self, _row: InboxRow) -> Result<Intake, BackendError> {
        Ok(Intake::Fresh)
    }

    async fn inbox_pending(&self, _limit: u16) -> Result<Vec<InboxRow>, BackendError> {
        Ok(Vec::new())
    }

    async fn inbox_done(&self, _update: UpdateId) -> Result<(), BackendError> {
        Ok(())
    }

    async fn outbox(&self, _after: Cursor, _limit: u16) -> Result<Vec<Envelope>, BackendError> {
        Ok(Vec::new())
    }

    async fn outbox_news(&self, _after: Cursor) -> Result<(), BackendError> {
        Ok(())
    }

    async fn outbox_sending(&self, alerts: Vec<Cursor>) -> Result<Vec<Cursor>, BackendError> {
        Ok(alerts)
    }

    async fn ack(&self, _receipts: Vec<Receipt>) -> Result<(), BackendError> {
        Ok(())
    }

    async fn put_ticket(&self, nonce: Nonce, ticket: Ticket) -> Result<(), BackendError> {
        self.state.lock().unwrap().tickets.insert(nonce, ticket);
        Ok(())
    }

    async fn take_ticket(
        &self,
        nonce: Nonce,
        presser: Presser,
        now: Timestamp,
    ) -> Result<Take, BackendError> {
        let mut state = self.state.lock().unwrap();
        let Some(ticket) = state.tickets.get(&nonce).cloned() else { return Ok(Take::Unknown) };
        let take = ticket.pressed(presser, now);
        if take != Take::NotYours {
            state.tickets.remove(&nonce);
        }
        Ok(take)
    }
}

/// A chat with the bot, in which time stands still unless it is moved.
pub(crate) struct Talk {
    pub(crate) bot: Bot<World>,
    pub(crate) user: UserId,
    pub(crate) chat: Chat,
    pub(crate) now: Timestamp,
    update: u64,
    message: i64,
}

impl Talk {
    /// A private chat.
    pub(crate) fn of(user: UserId, world: World) -> Self {
        static NONCE: AtomicU64 = AtomicU64::new(1);
        let draw = || Nonce::from_bits(u128::from(NONCE.fetch_add(1, Ordering::Relaxed)) << 64);
        Self {
            bot: Bot::new(world, draw),
            user,
            chat: Chat { id: ChatId(user.0), kind: ChatKind::Private },
            now: fixtures::NOW,
            update: 0,
            message: 100,
        }
    }

    pub(crate) fn world(&self) -> &World {
        self.bot.backend()
    }

    pub(crate) fn update(&mut self, event: Event) -> Update {
        self.update += 1;
        Update {
            id: UpdateId(self.update),
            sent_at: self.now,
            sender: Sender::person(User { id: self.user, name: "Asha".to_owned() }),
            chat: self.chat,
            event,
        }
    }

    pub(crate) fn message_event(&mut self, line: &str) -> Event {
        self.message += 1;
        Event::Message {
            id: MessageId(self.message),
            content: Content::Text(line.to_owned()),
            origin: Origin::Typed,
        }
    }

    /// Types a line; everything that is shown gets a number.
    pub(crate) fn say(&mut self, line: &str) -> Vec<Shown> {
        let event = self.message_event(line);
        let update = self.update(event);
        self.run(&update).shown
    }

    /// Types a line that is answered with one message.
    pub(crate) fn ask(&mut self, line: &str) -> Shown {
        let mut shown = self.say(line);
        assert_eq!(shown.len(), 1, "{line}: {shown:#?}");
        shown.remove(0)
    }

    /// Presses a button by its label.
    pub(crate) fn press(&mut self, shown: &Shown, label: &str) -> Answered {
        let button = shown.button(label);
        let Press::Data(data) = &button.press else { panic!("{label} opens an address") };
        self.press_data(shown.number, data)
    }

    pub(crate) fn press_data(&mut self, message: MessageId, data: &str) -> Answered {
        let event = Event::Press {
            callback: "cb".to_owned(),
            message: Some(message),
            data: data.to_owned(),
        };
        let update = self.update(event);
        self.run(&update)
    }

    pub(crate) fn run(&mut self, update: &Update) -> Answered {
        let reply = block_on(self.bot.handle(update, self.now));
        let Reply { steps, toast } = reply;
        let mut shown = Vec::new();
        for step in &steps {
            let (number, message) = match step {
                Step::Send(message) => {
                    self.message += 1;
                    (MessageId(self.message), message)
                }
                Step::Edit(place, message) => (*place, message),
                Step::Disarm(_) | Step::Delete(_) => continue,
            };
            if message.needs_number() {
                block_on(self.bot.shown(update, message, number, self.now)).unwrap();
            }
            shown.push(Shown { number, message: message.clone() });
        }
        Answered { shown, steps, toast: toast.map(|toast| toast.text) }
    }
}

/// A message in the chat.
#[derive(Debug, Clone)]
pub(crate) struct Shown {
    pub(crate) number: MessageId,
    pub(crate) message: Message,
}

/// What came of a press.
#[derive(Debug, Clone)]
pub(crate) struct Answered {
    pub(crate) shown: Vec<Shown>,
    pub(crate) steps: Vec<Step>,
    pub(crate) toast: Option<String>,
}

impl Answered {
    pub(crate) fn one(&self) -> &Shown {
        assert_eq!(self.shown.len(), 1, "{self:#?}");
        &self.shown[0]
    }
}

impl Shown {
    pub(crate) fn text(&self) -> String {
        match &self.message.body {
            heikin_bot::message::Body::Text(text) => text.to_plain(),
            heikin_bot::message::Body::Picture(_, caption) => caption.to_plain(),
        }
    }

    pub(crate) fn buttons(&self) -> impl Iterator<Item = &Button> {
        self.message.buttons.iter().flatten()
    }

    pub(crate) fn button(&self, label: &str) -> &Button {
        let found = self.buttons().find(|button| button.label.starts_with(label));
        found.unwrap_or_else(|| panic!("no button {label} in {self:#?}"))
    }

    /// The message as it is sent: HTML, then a row of labels per line.
    pub(crate) fn picture(&self) -> String {
        let (head, text) = match &self.message.body {
            heikin_bot::message::Body::Text(text) => (String::new(), text),
            heikin_bot::message::Body::Picture(picture, text) => {
                (format!("({})\n", picture.name), text)
            }
        };
        let mut out = format!("{head}{}", text.to_html().replace('\u{a0}', "·").trim_end());
        for row in &self.message.buttons {
            let labels: Vec<_> = row.iter().map(|button| format!("[{}]", button.label)).collect();
            out.push('\n');
            out.push_str(&labels.join(" ").replace('\u{a0}', " "));
        }
        out
    }
}

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}
