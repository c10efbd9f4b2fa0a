//! Whether Telegram knows the bot.

use std::time::Duration;

use heikin_bot::telegram::{Api, Failure as Refused};
use tokio::time::timeout;

use super::Finding;
use crate::cli::Failure;
use crate::config::Config;

pub(super) const CHECK: &str = "telegram";
/// Longer than this nobody wants to wait for a doctor.
const PATIENCE: Duration = Duration::from_secs(15);

/// What Telegram says of the bot (`getMe`); nothing where there is none.
pub(super) fn finding(config: &Config) -> Result<Option<Finding>, Failure> {
    let Some(token) = &config.secrets.telegram_bot_token else { return Ok(None) };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::failed(format!("no runtime: {error}")))?;
    let address = config.telegram.api_url.parse().map_err(Failure::bad_input)?;
    let api = match Api::new(&address, token) {
        Ok(api) => api,
        Err(error) => return Ok(Some(refused(&error.to_string()))),
    };
    let asked = runtime.block_on(async { timeout(PATIENCE, api.name()).await });
    Ok(Some(match asked {
        Ok(Ok(name)) => Finding::ok(CHECK, format!("Telegram knows the bot: @{name}")),
        Ok(Err(error @ Refused::BadToken)) => refused(&error.to_string()),
        // heikin trades without it, and tries again.
        Ok(Err(error)) => unreachable(&error.to_string()),
        Err(_late) => unreachable("Telegram gives no answer"),
    }))
}

fn refused(why: &str) -> Finding {
    let remedy = "Copy the token from @BotFather into TELEGRAM_BOT_TOKEN, or leave it out.";
    Finding::fail(CHECK, why, remedy)
}

fn unreachable(why: &str) -> Finding {
    let remedy = "Look at this machine's network, and at telegram.api_url; heikin trades without \
                  Telegram, and tells later.";
    Finding::warn(CHECK, why, remedy)
}
