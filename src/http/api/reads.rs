//! A path for each question of the port.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use heikin_bot::backend::{
    Answer, Backend, BackendError, LogLevel, OrderNumber, Query, Subject, TradeNumber, UserId,
};
use heikin_bot::commands::Verb;
use tokio::time::timeout;

use super::given::{Given, Parameter};
use super::problem::Refusal;
use super::{Api, asked, json};

/// A question that takes longer is given up.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// So many candles and lines where nothing is said.
const CANDLES: u16 = 100;
const LINES: u16 = 50;

const SYMBOL: Parameter = Parameter::needed("symbol", "Symbol", "Which symbol.");
const INTERVAL: Parameter = Parameter::needed("interval", "Interval", "The trader's interval.");
const FROM: Parameter =
    Parameter::optional("from", "Timestamp", "From when; from the beginning where it is left out.");
const TO: Parameter = Parameter::optional("to", "Timestamp", "Until when; until now likewise.");
const SKIP: Parameter =
    Parameter::optional("skip", "integer", "How many entries stand before the page: 0.");
const TAKE: Parameter =
    Parameter::optional("take", "integer", "How many entries it holds, at most 200: 50.");
const ONLY: Parameter = Parameter::optional("symbol", "Symbol", "Only of this symbol.");
const USER: Parameter = Parameter::path("user", "UserId", "A person by Telegram's user id.");
const RANGE: &[Parameter] = &[FROM, TO];
const PAGE: &[Parameter] = &[SKIP, TAKE];

/// A path that answers a question.
pub struct Read {
    /// The path, under `/api/v1`.
    pub path: &'static str,
    /// What it answers.
    pub summary: &'static str,
    /// The command of the chat that has the same right.
    pub verb: Verb,
    /// What can be given.
    pub parameters: &'static [Parameter],
    /// The schema of the answer: a name in the components of the document, `[]` behind it for a list.
    pub answer: &'static str,
    ask: fn(&Given) -> Result<Query, Refusal>,
}

impl std::fmt::Debug for Read {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.path)
    }
}

macro_rules! reads {
    ($($path:literal $verb:ident $parameters:expr => $answer:literal, $summary:literal, $ask:expr;)*) => {
        /// Every question of the port that a token can ask.
        pub const READS: &[Read] = &[$(Read {
            path: $path,
            summary: $summary,
            verb: Verb::$verb,
            parameters: $parameters,
            answer: $answer,
            ask: $ask,
        }),*];
    };
}

reads! {
    "/status" Status &[] => "Status", "How things are at a glance", |_| Ok(Query::Status);
    "/positions" Position &[] => "Position[]", "Open positions", |_| Ok(Query::Positions);
    "/orders" Orders &[] => "OpenOrders", "Open orders, those of unknown outcome included",
        |_| Ok(Query::Orders);
    "/fills" History &[ONLY, SKIP, TAKE] => "PageOfFillLine", "Fills, newest first",
        |given| Ok(Query::Fills { symbol: given.optional("symbol")?, page: given.page()? });
    "/trades" Trades &[ONLY, SKIP, TAKE] => "PageOfTradeLine", "Closed trades, newest first",
        |given| Ok(Query::Trades { symbol: given.optional("symbol")?, page: given.page()? });
    "/pnl" Profit RANGE => "Profit", "Realized and unrealized results",
        |given| Ok(Query::Profit { range: given.range()? });
    "/balance" Balance &[] => "Balance", "What the account holds", |_| Ok(Query::Balance);
    "/equity" Equity RANGE => "EquitySeries", "Equity over time",
        |given| Ok(Query::Equity { range: given.range()? });
    "/performance" Performance RANGE => "Performance", "Results by symbol",
        |given| Ok(Query::Performance { range: given.range()? });
    "/chart" Chart &[
        SYMBOL,
        INTERVAL,
        Parameter::optional("candles", "integer", "How many candles, at most 500: 100."),
    ] => "ChartData", "Candles with what was done on them", |given| {
        let candles = given.optional("candles")?.unwrap_or(CANDLES);
        Ok(Query::Chart { trader: given.trader()?, candles })
    };
    "/why" Why &[
        Parameter::optional("symbol", "Symbol", "With interval: why a trader did what it did."),
        Parameter::optional("interval", "Interval", "The trader's interval."),
        Parameter::optional("order", "OrderNumber", "Why this order."),
        Parameter::optional("trade", "TradeNumber", "Why this trade."),
    ] => "Why", "Why something was done, or not", why;
    "/settings" Settings &[] => "Settings", "The settings, secrets never among them",
        |_| Ok(Query::Settings);
    "/mode" Mode &[] => "ModeView", "The mode, and what stands between it and live",
        |_| Ok(Query::Mode);
    "/health" Health &[] => "Health", "How heikin itself is", |_| Ok(Query::Health);
    "/logs" Logs &[
        Parameter::optional("lines", "integer", "How many lines, at most 200: 50."),
        Parameter::optional("level", "LogLevel", "Of this level and above: info."),
    ] => "Logs", "The last lines of the log, without secrets", |given| {
        let lines = given.optional("lines")?.unwrap_or(LINES);
        Ok(Query::Logs { lines, level: given.word("level")?.unwrap_or(LogLevel::Info) })
    };
    "/users" Users PAGE => "PageOfUserLine", "Everybody who is known",
        |given| Ok(Query::Users { page: given.page()? });
    "/users/{user}" Users &[USER] => "Member", "What one person may do",
        |given| Ok(Query::Member { user: user(given)? });
    "/users/{user}/notify" Users &[USER] => "NotifyPreferences", "What one person is told",
        |given| Ok(Query::Notify { user: user(given)? });
    "/users/{user}/subscription" Users &[USER] => "SubscriptionView", "One person's subscription",
        |given| Ok(Query::Subscription { user: user(given)? });
    "/users/{user}/payments" Users &[USER, SKIP, TAKE] => "Payments", "One person's payments",
        |given| Ok(Query::Payments { user: user(given)?, page: given.page()? });
    "/audit" Audit PAGE => "PageOfAuditLine", "Who did what, newest first",
        |given| Ok(Query::Audit { page: given.page()? });
    "/plans" Revenue &[] => "Plans", "What is on offer", |_| Ok(Query::Plans);
    "/plans/{plan}/bill" Revenue &[Parameter::path("plan", "string", "The id of a plan.")]
        => "Bill", "What a plan costs, line by line",
        |given| Ok(Query::Bill { plan: given.needed("plan")? });
    "/revenue" Revenue RANGE => "RevenueReport", "What subscriptions brought in",
        |given| Ok(Query::Revenue { range: given.range()? });
}

fn user(given: &Given) -> Result<UserId, Refusal> {
    given.needed("user").map(UserId)
}

fn why(given: &Given) -> Result<Query, Refusal> {
    let order = given.optional("order")?.map(OrderNumber);
    let trade = given.optional("trade")?.map(TradeNumber);
    let has_trader = given.optional::<String>("symbol")?.is_some()
        || given.optional::<String>("interval")?.is_some();
    let subject = match (order, trade, has_trader) {
        (Some(order), None, false) => Subject::Order { order },
        (None, Some(trade), false) => Subject::Trade { trade },
        (None, None, true) => Subject::Trader { trader: given.trader()? },
        _ => {
            let detail = "Give symbol and interval, or order, or trade: one of the three.";
            return Err(Refusal::field("symbol", detail.to_owned()));
        }
    };
    Ok(Query::Why { subject })
}

pub(super) fn router<B: Backend + 'static>() -> Router<Arc<Api<B>>> {
    READS.iter().fold(Router::new(), |router, read| {
        let answer =
            move |State(api): State<Arc<Api<B>>>, request: Request| answer(api, read, request);
        router.route(read.path, get(answer))
    })
}

async fn answer<B: Backend>(
    api: Arc<Api<B>>,
    read: &'static Read,
    request: Request,
) -> Result<Response, Refusal> {
    let (caller, given) = Given::of(request, read.parameters).await;
    let (caller, given) = asked(caller.as_ref(), given)?;
    caller.may(read.verb)?;
    let answer = api.ask((read.ask)(&given)?).await?;
    bare(&answer).map(|body| json(StatusCode::OK, body)).map_err(|error| fault(&error))
}

impl<B: Backend> Api<B> {
    /// Asks the backend, for as long as somebody waits for an answer.
    pub(super) async fn ask(&self, query: Query) -> Result<Answer, Refusal> {
        match timeout(ANSWER_WITHIN, self.backend.query(query)).await {
            Ok(answer) => answer.map_err(Refusal::backend),
            Err(_late) => Err(Refusal::late_answer()),
        }
    }
}

/// What does not serialize is a fault of ours.
pub(super) fn fault(error: &serde_json::Error) -> Refusal {
    tracing::error!(target: "api", %error, "an answer could not be written");
    Refusal::backend(BackendError::Internal { reference: "an answer could not be written".into() })
}

/// The data of an answer alone: the path says what it is.
fn bare(answer: &Answer) -> serde_json::Result<Vec<u8>> {
    match answer {
        Answer::Status(data) => serde_json::to_vec(data),
        Answer::Positions(data) => serde_json::to_vec(data),
        Answer::Orders(data) => serde_json::to_vec(data),
        Answer::Fills(data) => serde_json::to_vec(data),
        Answer::Trades(data) => serde_json::to_vec(data),
        Answer::Profit(data) => serde_json::to_vec(data),
        Answer::Balance(data) => serde_json::to_vec(data),
        Answer::Chart(data) => serde_json::to_vec(data),
        Answer::Equity(data) => serde_json::to_vec(data),
        Answer::Performance(data) => serde_json::to_vec(data),
        Answer::Why(data) => serde_json::to_vec(data),
        Answer::Settings(data) => serde_json::to_vec(data),
        Answer::Mode(data) => serde_json::to_vec(data),
        Answer::Health(data) => serde_json::to_vec(data),
        Answer::Logs(data) => serde_json::to_vec(data),
        Answer::Users(data) => serde_json::to_vec(data),
        Answer::Cards(data) => serde_json::to_vec(data),
        Answer::Audit(data) => serde_json::to_vec(data),
        Answer::Member(data) => serde_json::to_vec(data),
        Answer::Notify(data) => serde_json::to_vec(data),
        Answer::Plans(data) => serde_json::to_vec(data),
        Answer::Bill(data) => serde_json::to_vec(data),
        Answer::Subscription(data) => serde_json::to_vec(data),
        Answer::Payments(data) => serde_json::to_vec(data),
        Answer::Revenue(data) => serde_json::to_vec(data),
    }
}
