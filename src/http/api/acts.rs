//! A path for each command that a token can give.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::Response;
use axum::routing::{MethodFilter, on};
use heikin_bot::backend::{
    Actor, Backend, Change, Command, Identity, Mode, Outcome, Target, UserId,
};
use heikin_bot::commands::Verb;
use heikin_bot::wire::{BroadcastRequest, GrantRequest};

use super::given::{Given, Parameter};
use super::problem::Refusal;
use super::reads::fault;
use super::{Api, asked, json};

const USER: &[Parameter] = &[Parameter::path("user", "UserId", "A person by Telegram's user id.")];

/// What a body becomes.
#[derive(Debug, Clone, Copy)]
enum Make {
    /// There is no body.
    Plain(fn() -> Command),
    /// The command's target.
    Target(fn(Target) -> Command),
    /// Settings.
    Changes,
    /// A mode.
    Mode,
    /// A role for somebody.
    Grant,
    /// Nobody's role any more.
    Revoke,
    /// A message to everybody.
    Broadcast,
}

/// A path that carries out a command.
#[derive(Debug)]
pub struct Act {
    /// The path, under `/api/v1`.
    pub path: &'static str,
    /// What it does.
    pub summary: &'static str,
    /// The command of the chat that has the same right.
    pub verb: Verb,
    /// What can be given in the path.
    pub parameters: &'static [Parameter],
    /// The schema of the body; none where there is no body.
    pub body: Option<&'static str>,
    is_patch: bool,
    make: Make,
}

impl Act {
    /// The method.
    pub const fn method(&self) -> Method {
        if self.is_patch { Method::PATCH } else { Method::POST }
    }

    const fn post(
        path: &'static str,
        verb: Verb,
        summary: &'static str,
        body: Option<&'static str>,
        make: Make,
    ) -> Self {
        Self { path, summary, verb, parameters: &[], body, is_patch: false, make }
    }

    const fn about(self, parameters: &'static [Parameter]) -> Self {
        Self { parameters, ..self }
    }

    const fn by_patch(self) -> Self {
        Self { is_patch: true, ..self }
    }
}

/// Every command that a token can give. Those that are about the sender's own chat, subscription or
/// claim are a front end's.
pub const ACTS: &[Act] = &[
    Act::post(
        "/control/start",
        Verb::StartBot,
        "Ends a stop: entries are placed again from the next candle close on",
        None,
        Make::Plain(|| Command::StartBot),
    ),
    Act::post(
        "/control/stop",
        Verb::StopBot,
        "No entries for any trader, over restarts, until start",
        None,
        Make::Plain(|| Command::StopBot),
    ),
    Act::post(
        "/control/pause",
        Verb::Pause,
        "No entries until resume; stops work and ratchet. Never asks for confirmation",
        Some("Target"),
        Make::Target(|target| Command::Pause { target }),
    ),
    Act::post(
        "/control/resume",
        Verb::Resume,
        "Ends a pause, and for all traders a panic",
        Some("Target"),
        Make::Target(|target| Command::Resume { target }),
    ),
    Act::post(
        "/control/close",
        Verb::Close,
        "Cancels the entry, sells the position, pauses",
        Some("Target"),
        Make::Target(|target| Command::Close { target }),
    ),
    Act::post(
        "/control/panic",
        Verb::Panic,
        "Latches, cancels all of ours, sells, stays stopped, over restarts",
        None,
        Make::Plain(|| Command::Panic),
    ),
    Act::post(
        "/control/mode",
        Verb::SetMode,
        "The mode that the next start begins in",
        Some("Mode"),
        Make::Mode,
    ),
    Act::post(
        "/settings",
        Verb::Set,
        "Changes settings, all of them or none",
        Some("Change[]"),
        Make::Changes,
    )
    .by_patch(),
    Act::post(
        "/users/{user}/grant",
        Verb::Grant,
        "Gives a role, with an end for a subscriber",
        Some("GrantRequest"),
        Make::Grant,
    )
    .about(USER),
    Act::post(
        "/users/{user}/revoke",
        Verb::Revoke,
        "Takes every role and every grant away; a subscription that was paid for goes on",
        None,
        Make::Revoke,
    )
    .about(USER),
    Act::post(
        "/broadcast",
        Verb::Broadcast,
        "A message to everybody with access",
        Some("BroadcastRequest"),
        Make::Broadcast,
    ),
];

pub(super) fn router<B: Backend + 'static>() -> Router<Arc<Api<B>>> {
    ACTS.iter().fold(Router::new(), |router, act| {
        let method = if act.is_patch { MethodFilter::PATCH } else { MethodFilter::POST };
        let carry_out =
            move |State(api): State<Arc<Api<B>>>, request: Request| carry_out(api, act, request);
        router.route(act.path, on(method, carry_out))
    })
}

async fn carry_out<B: Backend + 'static>(
    api: Arc<Api<B>>,
    act: &'static Act,
    request: Request,
) -> Result<Response, Refusal> {
    let (caller, given) = Given::of(request, act.parameters).await;
    let (caller, mut given) = asked(caller.as_ref(), given)?;
    caller.may(act.verb)?;
    let (request, confirmed) = (given.request(&caller)?, given.confirmed()?);
    let command = act.command(&mut given).await?;
    let name = caller.name;
    let actor = Actor {
        identity: Identity::Token { name: name.clone() },
        name: name.clone(),
        pin: given.pin(),
    };
    let outcome = api.carry_out(request, actor, command, confirmed).await;
    let how = match &outcome {
        Ok(Outcome::Done(_)) => "done",
        Ok(Outcome::Confirm(_)) => "to be confirmed",
        Ok(Outcome::Refused(_) | Outcome::PinNeeded) => "refused",
        Err(_) => "no answer",
    };
    tracing::info!(target: "api", token = %name, command = act.path, outcome = how, "a command");
    match outcome.map_err(Refusal::backend)? {
        Outcome::Done(done) => serde_json::to_vec(&done)
            .map(|body| json(StatusCode::OK, body))
            .map_err(|error| fault(&error)),
        outcome => Err(Refusal::outcome(outcome, confirmed)),
    }
}

impl Act {
    async fn command(&self, given: &mut Given) -> Result<Command, Refusal> {
        let user = |given: &Given| given.needed("user").map(UserId);
        Ok(match self.make {
            Make::Plain(command) => command(),
            Make::Target(command) => command(given.body().await?),
            Make::Changes => Command::Set { changes: given.body::<Vec<Change>>().await? },
            Make::Mode => Command::SetMode { mode: given.body::<Mode>().await? },
            Make::Grant => {
                let GrantRequest { role, days } = given.body().await?;
                Command::Grant { user: user(given)?, role, days }
            }
            Make::Revoke => Command::Revoke { user: user(given)? },
            Make::Broadcast => {
                let BroadcastRequest { text } = given.body().await?;
                Command::Broadcast { text }
            }
        })
    }
}
