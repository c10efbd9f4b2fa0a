//! The bot on Telegram, beside the front office: whatever happens to it, trading goes on.

use std::future::Future;
use std::time::Duration;

use heikin_bot::chat::Bot;
use heikin_bot::telegram::{Api, Machine, Notice, Telegram};
use heikin_core::time::{Span, Timestamp};

use crate::cli::chat::drawn;
use crate::cli::tell::{tell, warn};
use crate::config::{self, Config};
use crate::control::{Clock, Control, Line, chat_clock};

/// A bot that is configured.
pub(super) struct Phone {
    api: Api,
    clock: Pace,
    control: Control,
    /// What makes whoever sends it first the owner, where there is none.
    claim: Option<String>,
}

impl Phone {
    /// The bot of a token; none without one. A token that is no good is found out, and told, later.
    pub(super) async fn configured(config: &Config, control: &Control) -> Option<Self> {
        let token = config.secrets.telegram_bot_token.as_ref()?;
        let address = config.telegram.api_url.parse().map_err(|error| format!("{error}"));
        let api = address.and_then(|it| Api::new(&it, token).map_err(|error| error.to_string()));
        let api = api.inspect_err(|why| down(control, why)).ok()?;
        let claim = control.claim_code().await;
        let claim = claim.inspect_err(|error| warn(&format!("no claim link: {error}")));
        control.line_is(Line::Connecting);
        let clock = Pace::of(&config.telegram);
        Some(Self { api, clock, control: control.clone(), claim: claim.ok().flatten() })
    }

    /// Answers and tells until `until` is done.
    pub(super) async fn run(self, until: impl Future<Output = ()> + Send + 'static) {
        let Self { api, clock, control, claim } = self;
        let here = Here { control: control.clone(), clock, claim };
        let telegram = Telegram::new(api, Bot::new(control.clone(), drawn), here);
        // In a task of its own: a fault in it ends nothing else on this thread.
        match tokio::spawn(async move { telegram.run(until).await }).await {
            Ok(None) => {}
            Ok(Some(failure)) => down(&control, &format!("{failure}, then start heikin again")),
            Err(_panic) => down(&control, "a fault of heikin's own: see its log; start it again"),
        }
    }
}

/// Tells how heikin gets its owner where its bot is elsewhere, under a name that is not known here.
pub(super) async fn tell_claim(control: &Control) {
    match control.claim_code().await {
        Ok(Some(code)) => tell(&format!(
            "nobody owns this heikin yet: send the bot `/start {code}`. It works once"
        )),
        Ok(None) => {}
        Err(error) => warn(&format!("no claim code: {error}")),
    }
}

/// Tells the same where it is known, unless somebody has become the owner meanwhile.
async fn invite(control: Control, bot: String, code: String) {
    if control.is_claimable(&code).await.unwrap_or(true) {
        tell(&format!(
            "nobody owns this heikin yet: open https://t.me/{bot}?start={code} on your phone, or send \
             the bot `/start {code}`. It works once"
        ));
    }
}

/// Tells that there is no Telegram, once for each reason.
fn down(control: &Control, why: &str) {
    if control.line_is(Line::Down { why: why.to_owned() }) {
        warn(&format!("no Telegram: {why}. Trading goes on"));
        tracing::error!(target: "alert", "no Telegram: {why}. Trading goes on");
    }
}

/// The chat's time, and waiting in it.
pub(in crate::cli) struct Pace {
    clock: Clock,
    speed: i64,
}

impl Pace {
    pub(in crate::cli) fn of(telegram: &config::Telegram) -> Self {
        Self { clock: chat_clock(telegram), speed: telegram.speed.get().into() }
    }

    pub(in crate::cli) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    #[expect(clippy::disallowed_methods, reason = "it waits beside the order thread")]
    pub(in crate::cli) async fn wait(&self, span: Span) {
        let micros = u64::try_from(span.millis() * 1_000 / self.speed).unwrap_or(0);
        tokio::time::sleep(Duration::from_micros(micros)).await;
    }
}

/// This machine, for the transport.
struct Here {
    control: Control,
    clock: Pace,
    claim: Option<String>,
}

impl Machine for Here {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    async fn wait(&self, span: Span) {
        self.clock.wait(span).await;
    }

    fn note(&self, notice: &Notice) {
        match notice {
            Notice::Connected(bot) => {
                if self.control.line_is(Line::Up { bot: bot.clone() }) {
                    tracing::info!("{notice}");
                }
                // Not into the log: whoever reads it would own the bot.
                if let Some(code) = &self.claim {
                    drop(tokio::spawn(invite(self.control.clone(), bot.clone(), code.clone())));
                }
            }
            Notice::Polling(failure) => down(&self.control, &failure.to_string()),
            Notice::Panicked(_) => tracing::error!(target: "alert", "{notice}"),
            _ => tracing::warn!("{notice}"),
        }
    }
}
