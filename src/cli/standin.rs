//! `heikin standin`: the other outside services on the loopback, to try a whole system by hand.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::num::NonZeroU32;

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::failure::Failure;
use crate::standin::razorpay::{self, Hook, RazorpayStandin};
use crate::standin::telegram::{self, RateLimits, TelegramStandin};

/// Serve an outside service on this machine: its API, and a page in place of its app.
///
/// When connections are accepted, one line of JSON with the addresses is printed; Ctrl-C ends it.
/// Everything is forgotten then.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    service: Service,
}

#[derive(Debug, Subcommand)]
enum Service {
    Razorpay(Razorpay),
    Telegram(Telegram),
}

/// Razorpay's payment links, and a page to pay on.
#[derive(Debug, Args)]
struct Razorpay {
    /// Where to listen: an address of this machine's loopback; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// The id of the key. A made-up one: nothing here is real.
    #[arg(long, value_name = "ID")]
    key_id: Option<String>,
    /// Its secret.
    #[arg(long, value_name = "SECRET")]
    key_secret: Option<String>,
    /// Who is told of payments: an address of this machine.
    #[arg(long, value_name = "URL", requires = "webhook_secret")]
    webhook: Option<String>,
    /// What that is signed with.
    #[arg(long, value_name = "SECRET", requires = "webhook")]
    webhook_secret: Option<String>,
    /// So many seconds pass in a real one; 0 holds the clock.
    #[arg(long, value_name = "N", default_value_t = 1)]
    speed: u32,
    /// Where ids and the chance of faults come from.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

/// Telegram's Bot API, three people with phones, a group and a channel.
#[derive(Debug, Args)]
struct Telegram {
    /// Where to listen: an address of this machine's loopback; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// The bot's token. A made-up one: nothing here is real.
    #[arg(long, value_name = "TOKEN")]
    token: Option<String>,
    /// Refuse what Telegram would refuse as too many messages.
    #[arg(long)]
    limits: bool,
    /// So many seconds pass in a real one.
    #[arg(long, value_name = "N", default_value = "1")]
    speed: NonZeroU32,
    /// Where the chance of faults comes from.
    #[arg(long, value_name = "N", default_value_t = 1)]
    fault_seed: u64,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    // From now on the signals are told here, and do not kill the process.
    let mut signals = Signals::new([SIGINT, SIGTERM])
        .map_err(|error| Failure::failed(format!("signals cannot be caught: {error}")))?;
    match &arguments.service {
        Service::Razorpay(arguments) => {
            let settings = razorpay_settings(arguments);
            let standin = RazorpayStandin::start(&settings).map_err(Failure::bad_input)?;
            tell(&json!({
                "api_url": standin.api_url(), "page": standin.page(), "key_id": settings.key_id,
            }))?;
            signals.forever().next();
        }
        Service::Telegram(arguments) => {
            let settings = telegram_settings(arguments);
            let standin = TelegramStandin::start(&settings).map_err(Failure::bad_input)?;
            tell(&json!({
                "api_url": standin.api_url(), "page": standin.page(), "token": settings.token,
            }))?;
            signals.forever().next();
        }
    }
    Ok(())
}

fn telegram_settings(arguments: &Telegram) -> telegram::Settings {
    let usual = telegram::Settings::default();
    telegram::Settings {
        listen: arguments.listen,
        token: arguments.token.clone().unwrap_or(usual.token),
        limits: arguments.limits.then(RateLimits::default),
        speed: arguments.speed,
        fault_seed: arguments.fault_seed,
        ..usual
    }
}

fn razorpay_settings(arguments: &Razorpay) -> razorpay::Settings {
    let usual = razorpay::Settings::default();
    let hook = arguments.webhook.as_ref().zip(arguments.webhook_secret.as_ref());
    razorpay::Settings {
        listen: arguments.listen,
        key_id: arguments.key_id.clone().unwrap_or(usual.key_id),
        key_secret: arguments.key_secret.clone().map_or(usual.key_secret, Into::into),
        hook: hook.map(|(url, secret)| Hook { url: url.clone(), secret: secret.as_str().into() }),
        speed: arguments.speed,
        seed: arguments.seed,
        ..usual
    }
}

fn tell(addresses: &Value) -> Result<(), Failure> {
    let told = writeln!(io::stdout(), "{addresses}").and_then(|()| io::stdout().flush());
    told.map_err(|error| Failure::failed(format!("the output cannot be written: {error}")))
}
