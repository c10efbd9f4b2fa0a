//! A backend in memory: what came in, what is to go out, and what became of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use heikin::standin::telegram::{Hands, Letter, Settings, TelegramStandin};
use heikin_bot::backend::*;
use heikin_bot::chat::Bot;
use heikin_bot::telegram::{Api, Machine, Notice, Telegram};
use heikin_core::time::{Span, Timestamp};
use serde_json::Value;

pub(crate) const ASHA: i64 = 1_001;
pub(crate) const RAVI: i64 = 1_002;
/// Nothing on the loopback takes so long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// What is known.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) pending: BTreeMap<UpdateId, InboxRow>,
    pub(crate) seen: BTreeSet<UpdateId>,
    pub(crate) dealt_with: Vec<UpdateId>,
    pub(crate) outbox: BTreeMap<Cursor, Envelope>,
    pub(crate) taken_back: BTreeSet<Cursor>,
    pub(crate) receipts: Vec<Receipt>,
    pub(crate) notices: Vec<Notice>,
    pub(crate) roles: BTreeMap<UserId, Role>,
}

/// The backend, shared with whoever looks.
#[derive(Clone, Default)]
pub(crate) struct Desk(pub(crate) Arc<Mutex<State>>);

impl Desk {
    pub(crate) fn look<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.0.lock().unwrap())
    }

    /// Queues a broadcast, or a fault.
    pub(crate) fn queue(&self, chat: i64, lane: Lane, text: &str) {
        self.look(|state| {
            let cursor = Cursor(u64::try_from(state.outbox.len()).unwrap() + 1);
            let envelope = Envelope {
                cursor,
                chat: ChatId(chat),
                lane,
                loudness: Loudness::Loud,
                thread: None,
                reply_to: None,
                role: Role::Owner,
                zone: "UTC".to_owned(),
                at: wall(),
                maybe_repeated: false,
                alert: Alert::Broadcast { text: text.to_owned() },
            };
            state.outbox.insert(cursor, envelope);
        });
    }
}

impl Desk {
    fn users(&self, skip: u32) -> Paged<UserLine> {
        let line = |(user, role): (&UserId, &Role)| UserLine {
            user: *user,
            name: "Somebody".to_owned(),
            role: *role,
            access: Access::None,
            seen_at: None,
            has_blocked: false,
        };
        let items: Vec<_> = self.look(|state| state.roles.iter().map(line).collect());
        let total = u32::try_from(items.len()).unwrap();
        Paged { items, skip, total }
    }
}

impl Backend for Desk {
    async fn query(&self, query: Query) -> Result<Answer, BackendError> {
        match query {
            Query::Member { user } => {
                assert!(user != UserId(RAVI), "a fault of the backend, on purpose");
                Ok(Answer::Member(Member {
                    user,
                    role: Role::Owner,
                    access: Access::None,
                    billing: false,
                    is_claimed: true,
                    groups: false,
                }))
            }
            Query::Notify { .. } => Ok(Answer::Notify(NotifyPreferences::default())),
            Query::Users { page: Page { skip, .. } } => Ok(Answer::Users(self.users(skip))),
            _ => Err(BackendError::Busy),
        }
    }

    async fn command(
        &self,
        _: RequestId,
        _: Actor,
        _: Command,
        _: Option<StateVersion>,
    ) -> Result<Outcome, BackendError> {
        Err(BackendError::Busy)
    }

    async fn inbox(&self, row: InboxRow) -> Result<Intake, BackendError> {
        Ok(self.look(|state| {
            if state.seen.insert(row.update) {
                state.pending.insert(row.update, row);
                Intake::Fresh
            } else {
                Intake::Seen
            }
        }))
    }

    async fn inbox_pending(&self, _: u16) -> Result<Vec<InboxRow>, BackendError> {
        Ok(self.look(|state| state.pending.values().cloned().collect()))
    }

    async fn inbox_done(&self, update: UpdateId) -> Result<(), BackendError> {
        self.look(|state| {
            state.pending.remove(&update);
            state.dealt_with.push(update);
        });
        Ok(())
    }

    async fn outbox(&self, after: Cursor, limit: u16) -> Result<Vec<Envelope>, BackendError> {
        Ok(self.look(|state| {
            let acknowledged: BTreeSet<_> = state.receipts.iter().map(|it| it.cursor).collect();
            let behind = state.outbox.values().filter(|it| it.cursor > after);
            let open = behind.filter(|it| !acknowledged.contains(&it.cursor));
            open.take(usize::from(limit)).cloned().collect()
        }))
    }

    async fn outbox_news(&self, _: Cursor) -> Result<(), BackendError> {
        // It may also be called without news.
        drop(tokio::time::timeout(Duration::from_millis(2), std::future::pending::<()>()).await);
        Ok(())
    }

    async fn outbox_sending(&self, alerts: Vec<Cursor>) -> Result<Vec<Cursor>, BackendError> {
        Ok(self.look(|state| {
            let waiting = alerts.iter().filter(|cursor| !state.taken_back.contains(cursor));
            let waiting: Vec<_> = waiting.copied().collect();
            for cursor in &waiting {
                let envelope = state.outbox.get_mut(cursor).expect("it was handed out");
                envelope.maybe_repeated = true;
            }
            waiting
        }))
    }

    async fn ack(&self, receipts: Vec<Receipt>) -> Result<(), BackendError> {
        self.look(|state| state.receipts.extend(receipts));
        Ok(())
    }

    async fn put_ticket(&self, _: Nonce, _: Ticket) -> Result<(), BackendError> {
        Ok(())
    }

    async fn take_ticket(&self, _: Nonce, _: Presser, _: Timestamp) -> Result<Take, BackendError> {
        Err(BackendError::Busy)
    }
}

/// The machine: the wall's clock, with waits a hundred times as short.
struct Hurried(Desk);

impl Machine for Hurried {
    fn now(&self) -> Timestamp {
        wall()
    }

    async fn wait(&self, span: Span) {
        let wait = Duration::from_millis(u64::try_from(span.millis() / 100).unwrap().max(1));
        drop(tokio::time::timeout(wait, std::future::pending::<()>()).await);
    }

    fn note(&self, notice: &Notice) {
        self.0.look(|state| state.notices.push(notice.clone()));
    }
}

fn wall() -> Timestamp {
    Timestamp::from_millis(jiff::Timestamp::now().as_millisecond())
}

/// A bot, and the Telegram that it is on.
pub(crate) struct Phone {
    pub(crate) standin: TelegramStandin,
    pub(crate) desk: Desk,
    tasks: Vec<tokio::task::JoinHandle<()>>,
}

impl Phone {
    /// A stand-in in which Asha and Ravi have written once, and nobody has answered.
    pub(crate) fn new() -> Self {
        let standin = TelegramStandin::start(&Settings::default()).unwrap();
        let phone = Self { standin, desk: Desk::default(), tasks: Vec::new() };
        phone.write(ASHA, "/help");
        phone
    }

    pub(crate) fn write(&self, user: i64, text: &str) {
        let letter = Letter { user, text: Some(text.to_owned()), ..Default::default() };
        self.standin.act(Hands::Send(letter)).unwrap();
    }

    /// Starts the bot; another time after [`Phone::kill`].
    pub(crate) fn start(&mut self) {
        let telegram = self.telegram();
        self.tasks.push(tokio::spawn(async move {
            telegram.run(std::future::pending()).await;
        }));
    }

    pub(crate) fn telegram(&self) -> Arc<Telegram<Desk, impl Machine + use<>>> {
        let url = self.standin.api_url().parse().unwrap();
        let api = Api::new(&url, &Settings::default().token.into()).unwrap();
        let bot = Bot::new(self.desk.clone(), || Nonce::from_bits(7));
        Telegram::new(api, bot, Hurried(self.desk.clone()))
    }

    /// The names of the commands that are offered in a scope.
    pub(crate) async fn offered(&self, scope: Value, wanted: impl Fn(&[String]) -> bool) {
        let offered = || -> Vec<String> {
            let state = self.standin.state();
            let lists = state["commands"].as_array().unwrap().iter();
            let list = lists.clone().find(|it| it["scope"] == scope);
            let rows = list.and_then(|it| it["commands"].as_array()).into_iter().flatten();
            rows.map(|it| it["command"].as_str().unwrap().to_owned()).collect()
        };
        let waiting = async {
            while !wanted(&offered()) {
                tokio::task::yield_now().await;
            }
        };
        let there = tokio::time::timeout(PATIENCE, waiting).await;
        assert!(there.is_ok(), "{scope}: {:?} in {}", offered(), self.standin.state()["commands"]);
    }

    pub(crate) fn kill(&mut self) {
        for task in self.tasks.drain(..) {
            task.abort();
        }
    }

    /// What the bot has written in a chat, once it is so much.
    pub(crate) async fn said(&self, chat: i64, count: usize) -> Vec<String> {
        let said = |told: &Value| -> Vec<String> {
            let own = told["messages"].as_array().unwrap().iter().filter(|it| it["by_bot"] == true);
            own.map(|it| it["message"]["text"].as_str().unwrap_or_default().to_owned()).collect()
        };
        let told = self.standin.messages_when(chat, PATIENCE, |it| said(it).len() >= count).await;
        said(&told.unwrap_or_else(|| {
            panic!(
                "{:#} {:?}",
                self.standin.messages(chat),
                self.desk.look(|it| it.notices.clone())
            )
        }))
    }

    /// Waits until the desk is as wanted.
    pub(crate) async fn desk_when(&self, wanted: impl Fn(&State) -> bool) {
        let waiting = async {
            while !self.desk.look(|state| wanted(state)) {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, waiting).await.expect("it comes to that");
    }
}
