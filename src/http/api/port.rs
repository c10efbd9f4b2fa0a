//! The port as it is, for a front end that runs elsewhere.
//!
//! A token with the role `front_end` speaks in the name of whoever it has recognised on Telegram, and
//! in no other. An owner's token speaks in its own, whatever name it gives: that is the chat in
//! somebody's terminal. Mail is for front ends alone.
//!
//! The methods say what may be sent again: a lost answer of a `GET` or a `PUT` is asked for again, a
//! `POST` under the same `Idempotency-Key`, and a ticket that was taken is gone.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post, put};
use heikin_bot::backend::{
    Actor, Backend, ChatId, Cursor, Identity, InboxRow, MessageId, Nonce, Outcome, Presser,
    Receipt, Refusal as No, Ticket, UpdateId, UserId,
};
use heikin_bot::wire::CommandRequest;
use heikin_core::time::Timestamp;
use serde::Serialize;

use super::given::{Given, Parameter};
use super::problem::Refusal;
use super::reads::fault;
use super::tokens::{Caller, Grade};
use super::{Api, asked, json};

/// So many rows where nothing is said.
const ROWS: u16 = 100;

const UPDATE: Parameter = Parameter::path("update", "UpdateId", "The update's number.");
const NONCE: Parameter = Parameter::path("nonce", "Nonce", "What the button carries.");
const LIMIT: Parameter = Parameter::optional("limit", "integer", "How many at most: 100.");

/// A path of the port.
#[derive(Debug)]
pub struct PortPath {
    /// The method.
    pub method: Method,
    /// The path, under `/api/v1`.
    pub path: &'static str,
    /// What it does.
    pub summary: &'static str,
    /// What can be given.
    pub parameters: &'static [Parameter],
    /// The schema of the body; none where there is no body.
    pub body: Option<&'static str>,
    /// The schema of the answer; none where there is nothing to say.
    pub answer: Option<&'static str>,
}

macro_rules! port {
    ($($method:ident $path:literal $parameters:expr, $body:expr => $answer:expr, $summary:literal;)*) => {
        /// Every path of the port.
        pub const PORT: &[PortPath] = &[$(PortPath {
            method: Method::$method,
            path: $path,
            summary: $summary,
            parameters: $parameters,
            body: $body,
            answer: $answer,
        }),*];
    };
}

const QUERY: &[Parameter] = &[Parameter::needed("query", "Query", "The question, as JSON.")];
const OUTBOX: &[Parameter] =
    &[Parameter::optional("after", "Cursor", "The alerts behind this one: 0."), LIMIT];
const NEWS: &[Parameter] =
    &[Parameter::optional("after", "Cursor", "An alert behind this one: 0.")];
const PRESS: &[Parameter] = &[
    NONCE,
    Parameter::needed("user", "UserId", "Who presses."),
    Parameter::needed("chat", "ChatId", "In which chat."),
    Parameter::needed("message", "MessageId", "On which message."),
    Parameter::needed("now", "Timestamp", "When."),
];

port! {
    GET "/port/answer" QUERY, None => Some("Answer"), "Answers a question";
    POST "/port/commands" &[], Some("CommandRequest") => Some("Outcome"),
        "Carries out a command in somebody's name, once for an Idempotency-Key";
    GET "/port/inbox" &[LIMIT], None => Some("InboxRow[]"),
        "Updates that are not dealt with yet, oldest first";
    PUT "/port/inbox/{update}" &[UPDATE], Some("InboxRow") => Some("Intake"),
        "Stores an update before it is acknowledged";
    DELETE "/port/inbox/{update}" &[UPDATE], None => None, "The update is dealt with";
    GET "/port/outbox" OUTBOX, None => Some("Envelope[]"),
        "Alerts that are not acknowledged, in order";
    GET "/port/outbox/news" NEWS, None => None,
        "Answers as soon as an alert waits, or after a second without one";
    PUT "/port/outbox/sending" &[], Some("Cursor[]") => Some("Cursor[]"),
        "Notes that alerts are being sent: each may have arrived from now on. Those that still wait; \
         the others were taken back and are not sent";
    PUT "/port/receipts" &[], Some("Receipt[]") => None, "Notes what became of alerts";
    PUT "/port/tickets/{nonce}" &[NONCE], Some("Ticket") => None,
        "Stores what a pair of buttons means";
    DELETE "/port/tickets/{nonce}" PRESS, None => Some("Take"),
        "Takes a ticket away if it is this presser's, in one step";
}

pub(super) fn router<B: Backend + 'static>() -> Router<Arc<Api<B>>> {
    Router::new()
        .route("/port/answer", get(answer::<B>))
        .route("/port/commands", post(command::<B>))
        .route("/port/inbox", get(inbox_pending::<B>))
        .route("/port/inbox/{update}", put(inbox::<B>).delete(inbox_done::<B>))
        .route("/port/outbox", get(outbox::<B>))
        .route("/port/outbox/news", get(outbox_news::<B>))
        .route("/port/outbox/sending", put(outbox_sending::<B>))
        .route("/port/receipts", put(ack::<B>))
        .route("/port/tickets/{nonce}", put(put_ticket::<B>).delete(take_ticket::<B>))
}

type Shared<B> = State<Arc<Api<B>>>;

/// What a front end gives; nobody else is let in.
async fn front_end(request: Request, parameters: &[Parameter]) -> Result<Given, Refusal> {
    let (caller, given) = Given::of(request, parameters).await;
    let (caller, given) = asked(caller.as_ref(), given)?;
    caller.speaks_for_others()?;
    Ok(given)
}

/// What a chat gives: a front end's, or an owner's own.
async fn chat(request: Request, parameters: &[Parameter]) -> Result<(Caller, Given), Refusal> {
    let (caller, given) = Given::of(request, parameters).await;
    let (caller, given) = asked(caller.as_ref(), given)?;
    caller.chats()?;
    Ok((caller, given))
}

/// In whose name a caller acts; none where that is not theirs to give: the terminal is that of
/// heikin's own process, and other tokens are other people's.
fn in_name_of(caller: &Caller, actor: Actor) -> Option<Actor> {
    match (caller.grade, &actor.identity) {
        (Grade::FrontEnd, Identity::Telegram { .. }) => Some(actor),
        (Grade::FrontEnd, Identity::Terminal | Identity::Token { .. }) => None,
        (Grade::Person(_), _) => {
            let name = caller.name.clone();
            Some(Actor { identity: Identity::Token { name: name.clone() }, name, pin: actor.pin })
        }
    }
}

fn told<T: Serialize>(value: &T) -> Result<Response, Refusal> {
    let body = serde_json::to_vec(value).map_err(|error| fault(&error))?;
    Ok(json(StatusCode::OK, body))
}

fn nothing() -> Response {
    StatusCode::NO_CONTENT.into_response()
}

async fn answer<B: Backend>(State(api): Shared<B>, request: Request) -> Result<Response, Refusal> {
    let (_, given) = chat(request, QUERY).await?;
    told(&api.ask(given.json("query")?).await?)
}

async fn command<B: Backend + 'static>(
    State(api): Shared<B>,
    request: Request,
) -> Result<Response, Refusal> {
    let (caller, mut given) = chat(request, &[]).await?;
    let request = given.request(&caller)?;
    let CommandRequest { actor, command, confirmed } = given.body().await?;
    let Some(actor) = in_name_of(&caller, actor) else {
        tracing::warn!(target: "api", token = %caller.name, "a name that is not its own was refused");
        return told(&Outcome::Refused(No::NotAllowed));
    };
    let outcome = api.carry_out(request, actor, command, confirmed).await;
    told(&outcome.map_err(Refusal::backend)?)
}

async fn inbox_pending<B: Backend>(
    State(api): Shared<B>,
    request: Request,
) -> Result<Response, Refusal> {
    let given = front_end(request, &[LIMIT]).await?;
    let limit = given.optional("limit")?.unwrap_or(ROWS);
    told(&api.backend.inbox_pending(limit).await.map_err(Refusal::backend)?)
}

async fn inbox<B: Backend>(State(api): Shared<B>, request: Request) -> Result<Response, Refusal> {
    let mut given = front_end(request, &[UPDATE]).await?;
    let update = given.needed("update").map(UpdateId)?;
    let row: InboxRow = given.body().await?;
    if row.update != update {
        let detail = "update: it is not the one in the path.".to_owned();
        return Err(Refusal::field("update", detail));
    }
    told(&api.backend.inbox(row).await.map_err(Refusal::backend)?)
}

async fn inbox_done<B: Backend>(
    State(api): Shared<B>,
    request: Request,
) -> Result<Response, Refusal> {
    let given = front_end(request, &[UPDATE]).await?;
    let update = given.needed("update").map(UpdateId)?;
    api.backend.inbox_done(update).await.map_err(Refusal::backend)?;
    Ok(nothing())
}

async fn outbox<B: Backend>(State(api): Shared<B>, request: Request) -> Result<Response, Refusal> {
    let given = front_end(request, OUTBOX).await?;
    let after = given.optional("after")?.map_or(Cursor::START, Cursor);
    let limit = given.optional("limit")?.unwrap_or(ROWS);
    told(&api.backend.outbox(after, limit).await.map_err(Refusal::backend)?)
}

async fn outbox_news<B: Backend>(
    State(api): Shared<B>,
    request: Request,
) -> Result<Response, Refusal> {
    let given = front_end(request, NEWS).await?;
    let after = given.optional("after")?.map_or(Cursor::START, Cursor);
    api.backend.outbox_news(after).await.map_err(Refusal::backend)?;
    Ok(nothing())
}

async fn outbox_sending<B: Backend>(
    State(api): Shared<B>,
    request: Request,
) -> Result<Response, Refusal> {
    let mut given = front_end(request, &[]).await?;
    let alerts: Vec<Cursor> = given.body().await?;
    told(&api.backend.outbox_sending(alerts).await.map_err(Refusal::backend)?)
}

async fn ack<B: Backend>(State(api): Shared<B>, request: Request) -> Result<Response, Refusal> {
    let mut given = front_end(request, &[]).await?;
    let receipts: Vec<Receipt> = given.body().await?;
    api.backend.ack(receipts).await.map_err(Refusal::backend)?;
    Ok(nothing())
}

async fn put_ticket<B: Backend>(
    State(api): Shared<B>,
    request: Request,
) -> Result<Response, Refusal> {
    let (_, mut given) = chat(request, &[NONCE]).await?;
    let nonce = nonce(&given)?;
    let ticket: Ticket = given.body().await?;
    api.backend.put_ticket(nonce, ticket).await.map_err(Refusal::backend)?;
    Ok(nothing())
}

async fn take_ticket<B: Backend>(
    State(api): Shared<B>,
    request: Request,
) -> Result<Response, Refusal> {
    let (_, given) = chat(request, PRESS).await?;
    let presser = Presser {
        user: given.needed("user").map(UserId)?,
        chat: given.needed("chat").map(ChatId)?,
        message: given.needed("message").map(MessageId)?,
    };
    let now = given.needed("now").map(Timestamp::from_millis)?;
    let take = api.backend.take_ticket(nonce(&given)?, presser, now).await;
    told(&take.map_err(Refusal::backend)?)
}

fn nonce(given: &Given) -> Result<Nonce, Refusal> {
    let text: String = given.needed("nonce")?;
    let wrong = || Refusal::field("nonce", "nonce: it is not 32 hexadecimal digits.".to_owned());
    Nonce::parse(&text).ok_or_else(wrong)
}
