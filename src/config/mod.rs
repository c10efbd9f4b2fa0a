//! `heikin.toml`, the environment and `.env`, read and checked at once.
//!
//! Precedence: environment, `.env` beside the file, `heikin.toml`, default. Secrets come from the
//! first two, or from files that those name; never from TOML. Every fault is told at once, with its
//! place, key, value and remedy; nothing here touches the network.
//!
//! | module | holds |
//! |---|---|
//! | [`given`] | a value as it is written |
//! | `key` | what a key is: the tables of keys are the one description of the file |
//! | [`strategy`] | the strategy's keys, and what they start from |
//! | `sections`, `trader`, `plan` | all other keys, and the types that come of them |
//! | `document`, `variables`, `secrets` | where values come from |
//! | `load`, `read`, `resolve`, `selling`, `notes` | all of it, put together and checked |
//! | [`changeable`] | what of it changes while heikin runs |
//! | `installation` | the tag in every client order id |
//! | [`form`] | the file as `heikin init` writes it, and the reference of all keys |
//!
//! What the type [`Config`] guarantees: a mode that sends orders has the keys for it; `live` has
//! consent; lockstep is with a simulator; no two traders share symbol and interval; access is sold
//! with a payment key of the mode's kind, or not at all.

pub mod changeable;
mod document;
mod fault;
pub mod form;
pub mod given;
mod installation;
mod key;
mod load;
mod notes;
mod plan;
mod read;
mod resolve;
mod secrets;
mod sections;
mod selling;
pub mod strategy;
mod trader;
mod variables;

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use heikin_core::risk::RiskLimits;

pub use fault::{ConfigFaults, Fault, Place};
pub use installation::{InstallationError, check_mode, claim_mode, installation_tag};
pub use key::Key;
pub use plan::Subscription;
pub use secrets::{ApiToken, Keys, Razorpay, Secrets, readable_by_others};
pub use sections::{
    CONSENT_ALONE, CONSENT_SHARED, Http, LogFormat, LogLevel, LogSettings, ModeName, Notify, Paper,
    Ping, PlayMoney, Telegram, TokenRole,
};
pub use trader::{Preset, TraderConfig, interval_warning};
pub use variables::Variables;

/// The name of the file.
pub const FILE: &str = "heikin.toml";
/// The name of the file with the secrets, beside it.
pub const ENV_FILE: &str = ".env";

/// Whether there must be a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// Without one everything has its default.
    Optional,
    /// Somebody named it.
    Required,
}

/// Where the configuration is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// `heikin.toml`; `.env` is beside it.
    pub file: PathBuf,
    /// Whether it must be there.
    pub presence: Presence,
}

impl Paths {
    /// `heikin.toml` in a folder, where there is one.
    pub fn in_folder(folder: &Path) -> Self {
        Self { file: folder.join(FILE), presence: Presence::Optional }
    }

    /// A file that somebody named.
    pub fn named(file: &Path) -> Self {
        Self { file: file.to_owned(), presence: Presence::Required }
    }

    /// The file that somebody named, or what is in this folder.
    pub fn given(file: Option<&Path>) -> Self {
        file.map_or_else(|| Self::in_folder(Path::new("")), Self::named)
    }

    /// The folder that paths in the file are relative to.
    pub fn folder(&self) -> &Path {
        self.file.parent().unwrap_or(Path::new(""))
    }

    /// The file with the secrets.
    pub fn env_file(&self) -> PathBuf {
        self.folder().join(ENV_FILE)
    }
}

/// What is traded on, with what that needs.
#[derive(Debug, Clone)]
pub enum Mode {
    /// A made-up market, no network.
    Demo,
    /// Real prices, simulated fills.
    Paper,
    /// An exchange with play money.
    Testnet(Keys),
    /// Real money, with consent.
    Live(Keys, AccountUse),
}

impl Mode {
    /// As it is written.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Demo => "demo",
            Self::Paper => "paper",
            Self::Testnet(_) => "testnet",
            Self::Live(..) => "live",
        }
    }

    /// The keys that requests are signed with; none where nothing is sent.
    pub fn keys(&self) -> Option<&Keys> {
        match self {
            Self::Demo | Self::Paper => None,
            Self::Testnet(keys) | Self::Live(keys, _) => Some(keys),
        }
    }
}

/// Who else trades on the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountUse {
    /// Nobody: what is there is heikin's.
    Alone,
    /// Its owner does.
    Shared,
}

/// Which exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Venue {
    /// None but the one within this process.
    Embedded,
    /// Binance Spot.
    Production,
    /// Its testnet.
    Testnet,
    /// Its demo mode.
    DemoMode,
    /// A simulator on this machine.
    Simulator(Simulator),
}

/// A simulator on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Simulator {
    /// Its REST address, without a slash at the end.
    pub rest: String,
    /// The address of its market streams, likewise.
    pub streams: String,
    /// The address of its WebSocket API, likewise.
    pub websocket_api: String,
    /// Who decides when time goes on.
    pub clock: SimulatorClock,
}

/// Who decides when time goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SimulatorClock {
    /// The simulator alone: so many of its seconds pass in a real one.
    Free(NonZeroU32),
    /// It waits for heikin at every price (lockstep).
    Lockstep,
}

/// Everything that was configured. Its `Debug` shows no secret.
#[derive(Debug, Clone)]
pub struct Config {
    /// What is traded on.
    pub mode: Mode,
    /// Which exchange: market data in `paper`, everything in `testnet` and `live`.
    pub venue: Venue,
    /// The account's risk limits.
    pub limits: RiskLimits,
    /// What trades: at least one, but in `demo`.
    pub traders: Vec<TraderConfig>,
    /// What paper trading starts with.
    pub paper: Paper,
    /// What is served over HTTP.
    pub http: Http,
    /// The log files; the folder is resolved.
    pub log: LogSettings,
    /// The data folder, resolved.
    pub data: PathBuf,
    /// Who is told.
    pub notify: Notify,
    /// How Telegram is reached.
    pub telegram: Telegram,
    /// The dead man's switch.
    pub ping: Ping,
    /// How access is sold; none where heikin is for its operator alone.
    pub subscription: Option<Subscription>,
    /// Every secret that was given, used or not.
    pub secrets: Secrets,
    /// What is allowed and should be known.
    pub warnings: Vec<String>,
    /// The file that was read; none where there is none.
    pub file: Option<PathBuf>,
}

impl Config {
    /// Reads and checks all of it.
    ///
    /// # Errors
    ///
    /// All faults at once.
    pub fn load(paths: &Paths, variables: &Variables) -> Result<Self, ConfigFaults> {
        load::load(paths, variables)
    }
}
