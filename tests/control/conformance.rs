//! What every backend promises, whatever is behind it, and in process as over HTTP.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use heikin::config::{ApiToken, Http, TokenRole};
use heikin::control::Control;
use heikin::control::front::record::Event;
use heikin::http::Server;
use heikin::http::api::Api;
use heikin_bot::backend::{
    Answer, Backend, BackendError, ChatId, Command, Control as Entries, Cursor, Delivery, InboxRow,
    Intake, LogLevel, MessageId, Nonce, Outcome, Page, Presser, Query, Range, Receipt, Refusal,
    Role, StateVersion, Subject, Take, Target, Ticket, TradeNumber, UpdateId, UserId,
};
use heikin_bot::conformance::{Bench, all};
use heikin_bot::remote::Remote;
use heikin_core::time::{Span, Timestamp};

use crate::billing::Nothing;
use crate::world::{
    NO_VERSION, OWNER, World, alerts, confirmed, grant, person, request, status, terminal, trader,
};

#[test]
fn the_port_in_process_keeps_its_promises() {
    let world = World::new();
    let mut product = world.start();
    world.advance(&mut product, 3);
    let control = product.control.clone();
    let now = Timestamp::from_millis(1_704_067_200_000);
    world.run(&mut product, suite(&control, now));
    world.stop(product);
}

/// What `heikin-bot` asks of every backend, of this one: in process, and as `/api/v1` serves it.
#[test]
fn the_port_keeps_to_its_suite_in_process_and_over_http() {
    let world = World::new();
    let mut product = world.start();
    world.advance(&mut product, 3);
    // The log is a question of the suite: in the product it is there from the start.
    let logs = world.folder.path().join("logs");
    std::fs::create_dir_all(&logs).unwrap();
    std::fs::write(logs.join("heikin.log"), "").unwrap();
    let control = product.control.clone();
    let kept = world.run(&mut product, async {
        grant(&control, OWNER, Role::Owner).await;
        let remote = served(&control).await;
        let in_process = all(&Office::of(&control, control.clone(), 1)).await;
        [in_process, all(&Office::of(&control, remote, 2)).await]
    });
    assert_eq!(kept, [Ok(()), Ok(())]);
    drop(control);
    world.stop(product);
}

/// The port over HTTP, as a front end elsewhere has it.
async fn served(control: &Control) -> Remote {
    const SECRET: &str = "front-end-front-end-front-end-05";
    let settings =
        Http { listen: "127.0.0.1:0".parse().unwrap(), hosts: Vec::new(), tokens: BTreeMap::new() };
    let (name, role) = ("chat".to_owned(), TokenRole::FrontEnd);
    let api = Api::new(control.clone(), &[ApiToken { name, role, secret: SECRET.into() }]);
    let server = Server::bind(&settings, Arc::new(Nothing)).await.unwrap().with_api(api);
    let address = format!("http://{}", server.local_addr().unwrap());
    tokio::task::spawn_local(server.run(std::future::pending()));
    Remote::new(&address, &SECRET.into()).unwrap()
}

/// The front office of a world, for the suite: as it is asked, and in process.
struct Office<B> {
    backend: B,
    control: Control,
    now: Timestamp,
    run: u32,
    told: AtomicU32,
}

impl<B> Office<B> {
    fn of(control: &Control, backend: B, run: u32) -> Self {
        let now = Timestamp::from_millis(1_704_067_200_000);
        Self { backend, control: control.clone(), now, run, told: AtomicU32::new(0) }
    }
}

impl<B: Backend> Bench for Office<B> {
    type Backend = B;

    fn backend(&self) -> &B {
        &self.backend
    }

    fn owner(&self) -> UserId {
        OWNER
    }

    fn stranger(&self) -> UserId {
        UserId(999_999)
    }

    fn now(&self) -> Timestamp {
        self.now
    }

    fn run(&self) -> u32 {
        self.run
    }

    async fn cause_alert(&self) {
        let number = self.told.fetch_add(1, Ordering::Relaxed);
        let command = Command::Broadcast { text: format!("message {number}") };
        let id = format!("tell-{}-{number}", self.run);
        let outcome = confirmed(&self.control, &id, terminal(), command).await;
        assert!(matches!(outcome, Outcome::Done(_)), "{outcome:?}");
    }
}

/// The suite, for any backend with a trader on BTCUSDT 1h.
pub(crate) async fn suite<B: Backend>(backend: &B, now: Timestamp) {
    every_query_has_its_answer(backend).await;
    updates_are_fresh_once(backend, now).await;
    tickets_are_taken_once_by_whom_they_are_for(backend, now).await;
    commands_have_one_effect(backend).await;
    rights_are_looked_up(backend).await;
    alerts_wait_until_acknowledged(backend, now).await;
}

async fn every_query_has_its_answer<B: Backend>(backend: &B) {
    let page = Page { skip: 0, take: 10 };
    let (range, user) = (Range::ALL, UserId(5));
    let trader = trader();
    let ask = async |query: Query| {
        let text = format!("{query:?}");
        backend.query(query).await.unwrap_or_else(|error| panic!("{text}: {error}"))
    };
    assert!(matches!(ask(Query::Status).await, Answer::Status(_)));
    assert!(matches!(ask(Query::Positions).await, Answer::Positions(_)));
    assert!(matches!(ask(Query::Orders).await, Answer::Orders(_)));
    assert!(matches!(ask(Query::Fills { symbol: None, page }).await, Answer::Fills(_)));
    assert!(matches!(ask(Query::Trades { symbol: None, page }).await, Answer::Trades(_)));
    assert!(matches!(ask(Query::Profit { range }).await, Answer::Profit(_)));
    assert!(matches!(ask(Query::Balance).await, Answer::Balance(_)));
    assert!(matches!(ask(Query::Chart { trader, candles: 20 }).await, Answer::Chart(_)));
    assert!(matches!(ask(Query::Equity { range }).await, Answer::Equity(_)));
    assert!(matches!(ask(Query::Performance { range }).await, Answer::Performance(_)));
    let subject = Subject::Trader { trader };
    assert!(matches!(ask(Query::Why { subject }).await, Answer::Why(_)));
    assert!(matches!(ask(Query::Settings).await, Answer::Settings(_)));
    assert!(matches!(ask(Query::Mode).await, Answer::Mode(_)));
    assert!(matches!(ask(Query::Health).await, Answer::Health(_)));
    assert!(matches!(ask(Query::Users { page }).await, Answer::Users(_)));
    assert!(matches!(ask(Query::Audit { page }).await, Answer::Audit(_)));
    assert!(matches!(ask(Query::Cards).await, Answer::Cards(_)));
    assert!(matches!(ask(Query::Member { user }).await, Answer::Member(_)));
    assert!(matches!(ask(Query::Notify { user }).await, Answer::Notify(_)));
    assert!(matches!(ask(Query::Plans).await, Answer::Plans(_)));
    assert!(matches!(ask(Query::Subscription { user }).await, Answer::Subscription(_)));
    assert!(matches!(ask(Query::Payments { user, page }).await, Answer::Payments(_)));
    assert!(matches!(ask(Query::Revenue { range }).await, Answer::Revenue(_)));
    let logs = backend.query(Query::Logs { lines: 5, level: LogLevel::Info }).await;
    assert!(matches!(logs, Ok(Answer::Logs(_)) | Err(BackendError::NotFound { .. })));
    let nothing = Subject::Trade { trade: TradeNumber(987_654) };
    let missing = backend.query(Query::Why { subject: nothing }).await;
    assert!(matches!(missing, Err(BackendError::NotFound { .. })), "{missing:?}");
}

async fn updates_are_fresh_once<B: Backend>(backend: &B, now: Timestamp) {
    let row = |update| InboxRow {
        update: UpdateId(update),
        received_at: now,
        raw: format!("{{\"update_id\":{update}}}"),
    };
    for update in [902, 901, 903] {
        assert_eq!(backend.inbox(row(update)).await.unwrap(), Intake::Fresh);
        assert_eq!(backend.inbox(row(update)).await.unwrap(), Intake::Seen);
    }
    let waiting = backend.inbox_pending(10).await.unwrap();
    assert_eq!(waiting, [row(901), row(902), row(903)]);
    assert_eq!(backend.inbox_pending(1).await.unwrap(), [row(901)]);
    for update in [901, 902, 903, 902] {
        backend.inbox_done(UpdateId(update)).await.unwrap();
        assert_eq!(backend.inbox(row(update)).await.unwrap(), Intake::Seen);
    }
    assert_eq!(backend.inbox_pending(10).await.unwrap(), []);
}

async fn tickets_are_taken_once_by_whom_they_are_for<B: Backend>(backend: &B, now: Timestamp) {
    let presser = Presser { user: UserId(5), chat: ChatId(5), message: MessageId(70) };
    let ticket = Ticket {
        presser,
        command: Command::Panic,
        version: StateVersion(3),
        expires_at: now + Ticket::LIFE,
    };
    let (here, late) = (Nonce::from_bits(1), Nonce::from_bits(2));
    for nonce in [here, late] {
        backend.put_ticket(nonce, ticket.clone()).await.unwrap();
    }
    let strangers = [
        Presser { user: UserId(6), ..presser },
        Presser { chat: ChatId(6), ..presser },
        Presser { message: MessageId(71), ..presser },
    ];
    for stranger in strangers {
        assert_eq!(backend.take_ticket(here, stranger, now).await.unwrap(), Take::NotYours);
    }
    let taken = backend.take_ticket(here, presser, now).await.unwrap();
    assert_eq!(taken, Take::Taken(Box::new(ticket.clone())));
    assert_eq!(backend.take_ticket(here, presser, now).await.unwrap(), Take::Unknown);
    let later = now + Ticket::LIFE;
    assert_eq!(backend.take_ticket(late, presser, later).await.unwrap(), Take::Expired);
    assert_eq!(backend.take_ticket(late, presser, now).await.unwrap(), Take::Unknown);
    let never = Nonce::from_bits(99);
    assert_eq!(backend.take_ticket(never, presser, now).await.unwrap(), Take::Unknown);
}

async fn commands_have_one_effect<B: Backend>(backend: &B) {
    let pause = Command::Pause { target: Target::All };
    let give = async |id: &str, command: &Command, version| {
        backend.command(request(id), terminal(), command.clone(), version).await.unwrap()
    };
    let done = give("pause", &pause, None).await;
    assert!(matches!(done, Outcome::Done(_)), "pausing never asks: {done:?}");
    assert_eq!(give("pause", &pause, None).await, done);
    let again = give("pause-2", &pause, None).await;
    assert!(matches!(again, Outcome::Refused(Refusal::AlreadySo { .. })), "{again:?}");

    let other = give("pause", &Command::Panic, None).await;
    assert!(matches!(other, Outcome::Refused(Refusal::Rule { .. })), "another command: {other:?}");
    let control = status(backend).await.control;
    assert_eq!(control, Entries::Paused, "nothing of it was done");

    let resume = Command::Resume { target: Target::All };
    let Outcome::Confirm(recap) = give("resume", &resume, None).await else { panic!() };
    let Outcome::Confirm(same) = give("resume-2", &resume, Some(NO_VERSION)).await else {
        panic!("it was confirmed for another state")
    };
    assert_eq!(recap, same);
    let done = give("resume-3", &resume, Some(recap.version)).await;
    assert!(matches!(done, Outcome::Done(_)), "{done:?}");
    // The same request once more, though by now it would be refused.
    assert_eq!(give("resume-3", &resume, Some(recap.version)).await, done);
    let stale = give("resume-4", &resume, Some(recap.version)).await;
    assert!(matches!(stale, Outcome::Refused(_)), "{stale:?}");
    let long = "x".repeat(65);
    let refused = backend.command(request(&long), terminal(), pause, None).await;
    assert!(matches!(refused, Err(BackendError::Invalid { .. })), "{refused:?}");
}

async fn rights_are_looked_up<B: Backend>(backend: &B) {
    let (operator, viewer, stranger) = (UserId(21), UserId(22), UserId(23));
    grant(backend, operator, Role::Operator).await;
    grant(backend, viewer, Role::Viewer).await;
    let commands = [
        Command::Pause { target: Target::All },
        Command::Panic,
        Command::StopBot,
        Command::Broadcast { text: "hello".to_owned() },
        Command::Grant { user: stranger, role: Role::Viewer, days: None },
        Command::Revoke { user: operator },
    ];
    for (number, command) in commands.iter().enumerate() {
        for user in [viewer, stranger] {
            let id = request(&format!("right-{number}-{user}"));
            let outcome = backend.command(id, person(user, "A"), command.clone(), None).await;
            assert_eq!(outcome.unwrap(), Outcome::Refused(Refusal::NotAllowed), "{command:?}");
        }
    }
    // Who is an owner or an operator is the owner's affair.
    for (id, command) in [
        ("make", Command::Grant { user: stranger, role: Role::Operator, days: None }),
        ("unmake", Command::Revoke { user: operator }),
        ("own", Command::Grant { user: operator, role: Role::Owner, days: None }),
    ] {
        let outcome = confirmed(backend, id, person(operator, "O"), command).await;
        assert_eq!(outcome, Outcome::Refused(Refusal::NotAllowed), "{id}");
    }
    let guess = Command::Claim { code: "AAAA".to_owned() };
    let outcome = backend.command(request("guess"), person(stranger, "S"), guess, None).await;
    assert!(matches!(outcome, Ok(Outcome::Refused(Refusal::Invalid { .. }))), "{outcome:?}");
}

async fn alerts_wait_until_acknowledged<B: Backend>(backend: &B, now: Timestamp) {
    let reader = UserId(31);
    grant(backend, reader, Role::Subscriber).await;
    let own = alerts(backend).await.remove(&reader.0).unwrap();
    assert_eq!(own.len(), 1, "a subscriber is told of their access, and of nobody's deeds");
    let delivery = Delivery::Delivered { message: MessageId(9) };
    let arrived = Receipt { cursor: own[0].cursor, at: now, delivery };
    backend.ack(vec![arrived]).await.unwrap();
    for number in 0..3 {
        let command = Command::Broadcast { text: format!("message {number}") };
        let outcome = confirmed(backend, &format!("say-{number}"), terminal(), command).await;
        assert!(matches!(outcome, Outcome::Done(_)), "{outcome:?}");
    }
    let chat = ChatId(reader.0);
    let waiting = alerts(backend).await.remove(&chat.0).unwrap();
    assert_eq!(waiting.len(), 3, "a subscriber is told of messages");
    assert!(waiting.iter().all(|envelope| !envelope.maybe_repeated));
    let receipt = |place: usize, delivery| Receipt {
        cursor: waiting[place].cursor,
        at: now + Span::MINUTE,
        delivery,
    };
    let delivered = Delivery::Delivered { message: MessageId(1) };
    backend.ack(vec![receipt(1, delivered.clone())]).await.unwrap();
    backend.ack(vec![receipt(1, delivered)]).await.unwrap();
    let rest = alerts(backend).await.remove(&chat.0).unwrap();
    assert_eq!(rest, [waiting[0].clone(), waiting[2].clone()]);
    let behind = backend.outbox(waiting[0].cursor, 1_000).await.unwrap();
    assert!(behind.iter().all(|envelope| envelope.cursor > waiting[0].cursor));
    backend.ack(vec![receipt(0, Delivery::Blocked)]).await.unwrap();
    let say = async |id: &str| {
        let command = Command::Broadcast { text: id.to_owned() };
        confirmed(backend, id, terminal(), command).await;
        alerts(backend).await.get(&chat.0).map_or(0, Vec::len)
    };
    assert_eq!(say("nobody hears").await, 0, "nothing is kept for who has blocked");
    let raw = format!(r#"{{"update_id":77,"message":{{"chat":{{"id":{}}}}}}}"#, chat.0);
    backend.inbox(InboxRow { update: UpdateId(77), received_at: now, raw }).await.unwrap();
    assert_eq!(say("back again").await, 1, "whoever writes has not");
    let rest: Vec<Receipt> = backend
        .outbox(Cursor::START, 1_000)
        .await
        .unwrap()
        .into_iter()
        .map(|it| Receipt {
            cursor: it.cursor,
            at: now,
            delivery: Delivery::Undeliverable { reason: "a test".to_owned() },
        })
        .collect();
    backend.ack(rest).await.unwrap();
    assert_eq!(backend.outbox(Cursor::START, 10).await.unwrap(), []);
}

#[test]
fn what_was_recorded_before_requests_had_marks_is_read() {
    let begun = r#"{"event":"begun","request":"a","steps":[],"after":1}"#;
    let finished = r#"{"event":"finished","request":"a","outcome":{"outcome":"pin_needed"}}"#;
    for text in [begun, finished] {
        let event: Event = serde_json::from_str(text).unwrap();
        let (Event::Begun { mark, .. } | Event::Finished { mark, .. }) = &event else { panic!() };
        assert_eq!(*mark, None);
        assert_eq!(serde_json::to_string(&event).unwrap(), text, "and is written as it was");
    }
}
