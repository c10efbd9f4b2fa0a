//! `heikin bot`: the bot on Telegram, in a process of its own, for a heikin that runs elsewhere.
//!
//! It holds nothing: updates, alerts and buttons are stored by the heikin that trades, over the port of
//! its API. Killed or cut off, it goes on where it was once it runs again.

use std::sync::{Mutex, PoisonError};

use clap::Args;
use heikin_bot::chat::Bot;
use heikin_bot::telegram::{Api, Machine, Notice, Telegram};
use heikin_core::time::{Span, Timestamp};
use tokio::runtime::Builder;

use super::chat::{drawn, elsewhere, secrets};
use super::failure::Failure;
use super::run::telegram::Pace;
use super::stop::{Hangup, Stop};
use super::tell::{tell, warn};
use crate::config;

/// Be the bot on Telegram of a heikin that runs elsewhere.
///
/// TELEGRAM_BOT_TOKEN is the bot's, HEIKIN_BACKEND_TOKEN a token of that heikin's API with the role
/// front_end. The heikin that trades has no bot token then.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The address of the heikin that trades, such as `https://trader.example.org`.
    #[arg(long, value_name = "URL")]
    backend: String,
    /// Where the Bot API is: Telegram's, a Bot API server of your own, or a stand-in.
    #[arg(long, value_name = "URL", default_value = "https://api.telegram.org")]
    telegram: String,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let secrets = secrets()?;
    let token = secrets.telegram_bot_token.as_ref().ok_or_else(|| {
        Failure::bad_input(
            "there is no TELEGRAM_BOT_TOKEN: put the bot's into the environment or .env",
        )
    })?;
    let address = arguments.telegram.parse().map_err(|error| {
        Failure::bad_input(format!("{} is no address: {error}", arguments.telegram))
    })?;
    let api = Api::new(&address, token).map_err(Failure::bad_input)?;
    let remote = elsewhere(&arguments.backend, &secrets)?;
    let here = Here { clock: Pace::of(&config::Telegram::default()), told: Mutex::default() };
    let telegram = Telegram::new(api, Bot::new(remote, drawn), here);
    tell(&format!("the bot of {}", arguments.backend));
    let runtime = Builder::new_current_thread().enable_all().build().map_err(Failure::failed)?;
    let until_stopped = async {
        let mut stop = Stop::listen(Hangup::Ends)?;
        Ok(telegram.run(async move { stop.asked().await }).await)
    };
    match runtime.block_on(until_stopped)? {
        None => Ok(()),
        Some(failure) => Err(Failure::failed(failure)),
    }
}

/// This machine, for the transport.
struct Here {
    clock: Pace,
    /// What was told last: the same again is not told.
    told: Mutex<String>,
}

impl Machine for Here {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    async fn wait(&self, span: Span) {
        self.clock.wait(span).await;
    }

    fn note(&self, notice: &Notice) {
        let line = notice.to_string();
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if *told == line {
            return;
        }
        match notice {
            Notice::Connected(_) => tell(&line),
            _ => warn(&line),
        }
        *told = line;
    }
}
