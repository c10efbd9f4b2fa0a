//! The sections of `heikin.toml` but for traders: what they hold, and each of their keys.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use heikin_core::market::Asset;
use heikin_core::num::{Money, Quantity, Rate};
use heikin_core::risk::RiskLimits;
use heikin_core::strategy::FeeRates;
use heikin_core::time::Span;

use super::given::Given;
use super::key::{Key, name, put, text};
use super::plan::{Selling, callback, moment};
use super::strategy::positive;
use crate::subscription::Plan;

/// What `mode` may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModeName {
    /// A made-up market, no network.
    Demo,
    /// Real prices, simulated fills.
    Paper,
    /// An exchange with play money.
    Testnet,
    /// Real money.
    Live,
}

pub(super) const MODES: [(&str, ModeName); 4] = [
    ("demo", ModeName::Demo),
    ("paper", ModeName::Paper),
    ("testnet", ModeName::Testnet),
    ("live", ModeName::Live),
];

impl ModeName {
    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Demo => "demo",
            Self::Paper => "paper",
            Self::Testnet => "testnet",
            Self::Live => "live",
        }
    }
}

/// Which exchange with play money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlayMoney {
    /// Binance's testnet: its own book and prices.
    Testnet,
    /// Binance's demo mode: prices like those of production.
    DemoMode,
}

/// The section `exchange`, as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Exchange {
    pub(super) hosts: Option<PlayMoney>,
    pub(super) rest: Option<String>,
    pub(super) streams: Option<String>,
    pub(super) websocket_api: Option<String>,
    pub(super) lockstep: bool,
    pub(super) speed: NonZeroU32,
}

/// What paper trading starts with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paper {
    /// The balances of a new paper account.
    pub balances: BTreeMap<Asset, Quantity>,
    /// What its fills are charged.
    pub fees: FeeRates,
}

/// What is served over HTTP, and to whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Http {
    /// Where it is served.
    pub listen: SocketAddr,
    /// The names under which it may be asked for, besides those of this machine.
    pub hosts: Vec<String>,
    /// The names that the API's tokens have, and what each may do.
    pub tokens: BTreeMap<String, TokenRole>,
}

/// What a token of the API may do: what a person of that role may, in its own name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenRole {
    /// See what subscribers see.
    Subscriber,
    /// See all of the trading.
    Viewer,
    /// Steer it.
    Operator,
    /// Everything.
    Owner,
    /// Ask and act in the name of everybody, as a chat elsewhere does.
    FrontEnd,
}

/// In which form logs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// How much is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogLevel {
    /// What failed.
    Error,
    /// And what is noteworthy.
    Warn,
    /// And what happened.
    Info,
    /// And why.
    Debug,
    /// And every message.
    Trace,
}

/// The log files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogSettings {
    /// Where they are.
    pub folder: PathBuf,
    /// How much is logged.
    pub level: LogLevel,
    /// In which form.
    pub format: LogFormat,
    /// A file that has grown to so many bytes is set aside.
    pub max_bytes: u64,
    /// So many files of each log are kept, the current one included.
    pub keep: u16,
}

/// Who is told, and may steer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notify {
    /// Numeric Telegram user ids of operators.
    pub operators: Vec<u64>,
}

/// How Telegram is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Telegram {
    /// What stands before `/bot<token>`: `https`, or on this machine.
    pub api_url: String,
    /// How fast the chat's time goes, and since when: with a stand-in alone, never in `live`.
    pub speed: NonZeroU32,
    /// When it was the time on the wall.
    pub speed_since: Option<jiff::Timestamp>,
}

impl Default for Telegram {
    fn default() -> Self {
        let api_url = "https://api.telegram.org".to_owned();
        Self { api_url, speed: NonZeroU32::MIN, speed_since: None }
    }
}

/// The dead man's switch, where `HEIKIN_PING_URL` names one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ping {
    /// How often it is told that heikin is well.
    pub every: Duration,
}

/// Everything but the traders, as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sections {
    pub(super) mode: Option<ModeName>,
    pub(super) exchange: Exchange,
    pub(super) limits: RiskLimits,
    pub(super) paper: Paper,
    pub(super) consent: Option<String>,
    pub(super) http: Http,
    pub(super) allow_remote: bool,
    pub(super) log: LogSettings,
    pub(super) data: PathBuf,
    pub(super) notify: Notify,
    pub(super) telegram: Telegram,
    pub(super) ping: Ping,
    pub(super) selling: Selling,
    pub(super) plans: Vec<Plan>,
}

impl Default for Sections {
    fn default() -> Self {
        Self {
            mode: None,
            exchange: Exchange {
                hosts: None,
                rest: None,
                streams: None,
                websocket_api: None,
                lockstep: false,
                speed: NonZeroU32::MIN,
            },
            limits: RiskLimits::NONE,
            paper: Paper {
                balances: BTreeMap::new(),
                fees: FeeRates::flat(Rate::from_units(1_000_000_000).unwrap_or(Rate::ZERO)),
            },
            consent: None,
            http: Http {
                listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080),
                hosts: Vec::new(),
                tokens: BTreeMap::new(),
            },
            allow_remote: false,
            log: LogSettings {
                folder: PathBuf::from("logs"),
                level: LogLevel::Info,
                format: LogFormat::Text,
                max_bytes: 100 * MEGABYTE,
                keep: 14,
            },
            data: PathBuf::from("data"),
            notify: Notify::default(),
            telegram: Telegram::default(),
            ping: Ping { every: Duration::from_mins(1) },
            selling: Selling::default(),
            plans: Vec::new(),
        }
    }
}

const MEGABYTE: u64 = 1_000_000;
const PLAY_MONEY: [(&str, PlayMoney); 2] =
    [("testnet", PlayMoney::Testnet), ("demo", PlayMoney::DemoMode)];
const FORMATS: [(&str, LogFormat); 2] = [("text", LogFormat::Text), ("json", LogFormat::Json)];
const LEVELS: [(&str, LogLevel); 5] = [
    ("error", LogLevel::Error),
    ("warn", LogLevel::Warn),
    ("info", LogLevel::Info),
    ("debug", LogLevel::Debug),
    ("trace", LogLevel::Trace),
];
const ROLES: [(&str, TokenRole); 5] = [
    ("subscriber", TokenRole::Subscriber),
    ("viewer", TokenRole::Viewer),
    ("operator", TokenRole::Operator),
    ("owner", TokenRole::Owner),
    ("front_end", TokenRole::FrontEnd),
];
const OPTIONAL_AMOUNT: &str = "an amount above 0, such as \"500\", or leave it out for no limit";
const OPTIONAL_COUNT: &str = "a number from 1 to 100000, or leave it out for no limit";

/// The keys before and within the sections, in the order in which they are told.
pub(super) const KEYS: [Key<Sections>; 36] = [
    Key {
        name: "mode",
        allowed: "\"demo\", \"paper\", \"testnet\" or \"live\"",
        meaning: "What is traded on: a made-up market, real prices with simulated fills, an exchange with play money, real money. The variable MODE goes before it. Without it: paper where there are no keys.",
        read: |all, given| put(&mut all.mode, given.word(&MODES).map(Some)),
        write: |all| all.mode.map(|mode| mode.as_str().into()),
    },
    Key {
        name: "exchange.hosts",
        allowed: "\"testnet\" or \"demo\", in mode \"testnet\" alone",
        meaning: "Which exchange with play money: the testnet (its own prices, wiped about once a month) or demo mode (prices like production's). Without it: testnet.",
        read: |all, given| put(&mut all.exchange.hosts, given.word(&PLAY_MONEY).map(Some)),
        write: |all| all.exchange.hosts.and_then(|hosts| name(&PLAY_MONEY, hosts)),
    },
    Key {
        name: "exchange.rest",
        allowed: "an address on this machine, such as \"http://127.0.0.1:8081\"",
        meaning: "The REST address of a simulator on this machine; with streams and websocket_api.",
        read: |all, given| put(&mut all.exchange.rest, loopback(given, "http").map(Some)),
        write: |all| all.exchange.rest.as_deref().map(Into::into),
    },
    Key {
        name: "exchange.streams",
        allowed: "an address on this machine, such as \"ws://127.0.0.1:8082\"",
        meaning: "The address of its market streams.",
        read: |all, given| put(&mut all.exchange.streams, loopback(given, "ws").map(Some)),
        write: |all| all.exchange.streams.as_deref().map(Into::into),
    },
    Key {
        name: "exchange.websocket_api",
        allowed: "an address on this machine, such as \"ws://127.0.0.1:8083/ws-api/v3\"",
        meaning: "The address of its WebSocket API.",
        read: |all, given| put(&mut all.exchange.websocket_api, loopback(given, "ws").map(Some)),
        write: |all| all.exchange.websocket_api.as_deref().map(Into::into),
    },
    Key {
        name: "exchange.lockstep",
        allowed: "true or false, with a simulator alone",
        meaning: "Let the simulator wait for heikin at every price, so that a run can be repeated exactly.",
        read: |all, given| put(&mut all.exchange.lockstep, given.flag()),
        write: |all| Some(all.exchange.lockstep.into()),
    },
    Key {
        name: "exchange.speed",
        allowed: "a number from 1 to 100000, with a simulator alone",
        meaning: "How many seconds pass at the simulator in a real one: what it was started with as --speed.",
        read: |all, given| {
            let speed = given
                .count(1..=100_000)
                .map(|speed| NonZeroU32::new(speed).unwrap_or(NonZeroU32::MIN));
            put(&mut all.exchange.speed, speed)
        },
        write: |all| Some(all.exchange.speed.get().into()),
    },
    Key {
        name: "account.min_confidence",
        allowed: "a number from 0 to 100",
        meaning: "The least confidence of a signal. The Heikin-Ashi strategy's is always 100.",
        read: |all, given| put(&mut all.limits.min_confidence, given.count(0..=100)),
        write: |all| Some(all.limits.min_confidence.into()),
    },
    Key {
        name: "account.min_free",
        allowed: "an amount from 0 on, such as \"50\"",
        meaning: "The least free quote balance before an entry.",
        read: |all, given| {
            let amount = given.number().map(Quantity::to_money);
            put(&mut all.limits.min_free, amount)
        },
        write: |all| text(&all.limits.min_free),
    },
    Key {
        name: "account.max_trade",
        allowed: OPTIONAL_AMOUNT,
        meaning: "The most that one entry may be worth, in the quote asset.",
        read: |all, given| put(&mut all.limits.max_trade, amount(given).map(Some)),
        write: |all| all.limits.max_trade.and_then(|amount| text(&amount)),
    },
    Key {
        name: "account.max_open_trades",
        allowed: OPTIONAL_COUNT,
        meaning: "The most positions open at once; entries that wait count.",
        read: |all, given| put(&mut all.limits.max_open_trades, some_count(given)),
        write: |all| all.limits.max_open_trades.map(Into::into),
    },
    Key {
        name: "account.max_trades_per_day",
        allowed: OPTIONAL_COUNT,
        meaning: "The most positions opened on one UTC day.",
        read: |all, given| put(&mut all.limits.max_trades_per_day, some_count(given)),
        write: |all| all.limits.max_trades_per_day.map(Into::into),
    },
    Key {
        name: "account.cooldown",
        allowed: "seconds from 0 to 31536000",
        meaning: "The least time between two trades of a trader, in seconds.",
        read: |all, given| {
            put(&mut all.limits.cooldown, given.count(0..=31_536_000).map(Span::from_secs))
        },
        write: |all| Some((all.limits.cooldown.millis() / 1_000).into()),
    },
    Key {
        name: "account.max_daily_loss",
        allowed: OPTIONAL_AMOUNT,
        meaning: "After so much realized loss on one UTC day nothing is opened until the next, in the quote asset.",
        read: |all, given| put(&mut all.limits.max_daily_loss, amount(given).map(Some)),
        write: |all| all.limits.max_daily_loss.and_then(|amount| text(&amount)),
    },
    Key {
        name: "account.max_drawdown_pct",
        allowed: "a percentage above 0 and up to 100, or leave it out for no limit",
        meaning: "When equity is this far below its peak, in percent, nothing is opened any more.",
        read: |all, given| {
            let share = given.percent(100).and_then(|share| {
                if share.is_zero() { Err("must be above zero".to_owned()) } else { Ok(share) }
            });
            put(&mut all.limits.max_drawdown, share.map(Some))
        },
        write: |all| all.limits.max_drawdown.and_then(|share| text(&share.percent())),
    },
    Key {
        name: "paper.maker_fee_pct",
        allowed: "a percentage from 0 to 10",
        meaning: "What fills of orders that rested are charged in paper trading, in percent.",
        read: |all, given| put(&mut all.paper.fees.maker, given.percent(10)),
        write: |all| text(&all.paper.fees.maker.percent()),
    },
    Key {
        name: "paper.taker_fee_pct",
        allowed: "a percentage from 0 to 10",
        meaning: "What fills of orders that took from the book are charged in paper trading, in percent.",
        read: |all, given| put(&mut all.paper.fees.taker, given.percent(10)),
        write: |all| text(&all.paper.fees.taker.percent()),
    },
    Key {
        name: "live.consent",
        allowed: "one of the sentences in docs/configuration.md, word for word",
        meaning: "Without one of two sentences, word for word, heikin does not trade with real money. They differ in whether you use the account yourself too.",
        read: |all, given| put(&mut all.consent, consent(given).map(Some)),
        write: |all| all.consent.as_deref().map(Into::into),
    },
    Key {
        name: "http.listen",
        allowed: "an IP address and a port, such as \"127.0.0.1:8080\"",
        meaning: "Where /health, /ready, /status, /metrics and /api/v1 are served.",
        read: |all, given| put(&mut all.http.listen, given.number()),
        write: |all| text(&all.http.listen),
    },
    Key {
        name: "http.allow_remote",
        allowed: "true or false",
        meaning: "Allow an address that other machines can reach. Nothing served is encrypted, and only /api/v1 asks who is asking.",
        read: |all, given| put(&mut all.allow_remote, given.flag()),
        write: |all| Some(all.allow_remote.into()),
    },
    Key {
        name: "http.hosts",
        allowed: "a list of up to 16 host names, such as [\"trader.example.org\"]",
        meaning: "Names by which it may be asked for, besides localhost and the address itself.",
        read: |all, given| put(&mut all.http.hosts, hosts(given)),
        write: |all| Some(all.http.hosts.clone().into()),
    },
    Key {
        name: "log.folder",
        allowed: "a path",
        meaning: "The folder of the log files, relative to this file's.",
        read: |all, given| put(&mut all.log.folder, path(given)),
        write: |all| text(&all.log.folder.display()),
    },
    Key {
        name: "log.level",
        allowed: "\"error\", \"warn\", \"info\", \"debug\" or \"trace\"",
        meaning: "How much is logged. The variable HEIKIN_LOG goes before it.",
        read: |all, given| put(&mut all.log.level, given.word(&LEVELS)),
        write: |all| name(&LEVELS, all.log.level),
    },
    Key {
        name: "log.format",
        allowed: "\"text\" or \"json\"",
        meaning: "Lines for people, or one JSON object a line.",
        read: |all, given| put(&mut all.log.format, given.word(&FORMATS)),
        write: |all| name(&FORMATS, all.log.format),
    },
    Key {
        name: "log.max_size_mb",
        allowed: "megabytes from 1 to 10000",
        meaning: "A log file is set aside when it has so many megabytes, and at midnight UTC.",
        read: |all, given| {
            let size = given.count::<u64>(1..=10_000).map(|size| size * MEGABYTE);
            put(&mut all.log.max_bytes, size)
        },
        write: |all| Some((all.log.max_bytes / MEGABYTE).into()),
    },
    Key {
        name: "log.keep",
        allowed: "a number of files from 2 to 1000",
        meaning: "How many files of each log are kept, the current one included; older ones are deleted.",
        read: |all, given| put(&mut all.log.keep, given.count(2..=1_000)),
        write: |all| Some(all.log.keep.into()),
    },
    Key {
        name: "store.data",
        allowed: "a path",
        meaning: "The folder of everything that must outlive the process, relative to this file's.",
        read: |all, given| put(&mut all.data, path(given)),
        write: |all| text(&all.data.display()),
    },
    Key {
        name: "notify.operators",
        allowed: "a list of up to 16 numeric Telegram user ids, such as [123456789]",
        meaning: "Who is told of everything and may steer heikin from Telegram.",
        read: |all, given| put(&mut all.notify.operators, ids(given)),
        write: |all| Some(all.notify.operators.clone().into()),
    },
    Key {
        name: "telegram.api_url",
        allowed: "an https address, or one on this machine, such as \"http://127.0.0.1:8082\"",
        meaning: "Where the Bot API is: Telegram's, a Bot API server of your own, or a stand-in.",
        read: |all, given| put(&mut all.telegram.api_url, bot_api(given)),
        write: |all| Some(all.telegram.api_url.as_str().into()),
    },
    Key {
        name: "telegram.speed",
        allowed: "a number from 1 to 100000, with a stand-in on this machine alone, and not in mode \"live\"",
        meaning: "How many seconds of the chat's time pass in a real one: what the stand-in was started with as --speed. For tests.",
        read: |all, given| {
            let speed = given
                .count(1..=100_000)
                .map(|speed| NonZeroU32::new(speed).unwrap_or(NonZeroU32::MIN));
            put(&mut all.telegram.speed, speed)
        },
        write: |all| Some(all.telegram.speed.get().into()),
    },
    Key {
        name: "telegram.speed_since",
        allowed: "a time with its zone, such as \"2026-11-20T10:00:00Z\", where speed is above 1",
        meaning: "When the chat's time was that on the wall: the same over restarts.",
        read: |all, given| put(&mut all.telegram.speed_since, moment(given).map(Some)),
        write: |all| all.telegram.speed_since.and_then(|at| text(&at)),
    },
    Key {
        name: "ping.every_seconds",
        allowed: "seconds from 10 to 86400",
        meaning: "How often the address in HEIKIN_PING_URL is asked for while heikin is well: who serves it raises the alarm when that stops.",
        read: |all, given| {
            put(&mut all.ping.every, given.count(10..=86_400).map(Duration::from_secs))
        },
        write: |all| Some(all.ping.every.as_secs().into()),
    },
    Key {
        name: "subscription.link_hours",
        allowed: "hours from 1 to 4320",
        meaning: "How long a payment link can be paid. Access is sold where there is a [[plan]], and not otherwise.",
        read: |all, given| {
            let life = given.count(1..=4_320).map(|hours: u32| Span::HOUR.times(hours.into()));
            put(&mut all.selling.link_life, life)
        },
        write: |all| Some(all.selling.link_life.div(Span::HOUR).into()),
    },
    Key {
        name: "subscription.callback_url",
        allowed: "an https address without a query, such as \"https://trader.example.org/razorpay/callback\"",
        meaning: "The page that payers come back to, as it is reached from outside. Without it they stay on Razorpay's.",
        read: |all, given| put(&mut all.selling.callback, callback(given).map(Some)),
        write: |all| all.selling.callback.as_deref().map(Into::into),
    },
    Key {
        name: "subscription.webhook_changed",
        allowed: "a time with its zone, such as \"2026-11-20T10:00:00Z\"",
        meaning: "When RAZORPAY_WEBHOOK_SECRET was changed: RAZORPAY_WEBHOOK_SECRET_PREVIOUS is taken for 48 hours after that.",
        read: |all, given| put(&mut all.selling.webhook_changed, moment(given).map(Some)),
        write: |all| all.selling.webhook_changed.and_then(|at| text(&at)),
    },
    Key {
        name: "subscription.api",
        allowed: "an address on this machine, such as \"http://127.0.0.1:8084\"",
        meaning: "A stand-in for Razorpay on this machine, to try things out.",
        read: |all, given| put(&mut all.selling.api, loopback(given, "http").map(Some)),
        write: |all| all.selling.api.as_deref().map(Into::into),
    },
];

/// `http.tokens` has a key for every token.
pub(super) const TOKENS: &str = "http.tokens.";
/// What a token may be.
pub(super) const TOKEN: &str = "a name of up to 20 small letters, digits and hyphens, and \"subscriber\", \"viewer\", \"operator\", \"owner\" or \"front_end\", such as ops = \"operator\" below [http.tokens]";
/// The longest name: with a key behind it, it is a request id.
const LONGEST_TOKEN: usize = 20;

/// What a token of the API may do.
pub(super) fn token(
    tokens: &mut BTreeMap<String, TokenRole>,
    name: &str,
    given: &Given<'_>,
) -> Result<(), String> {
    let is_name = name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
    if !is_name || name.is_empty() || name.len() > LONGEST_TOKEN {
        return Err("has a name that is none".to_owned());
    }
    // Its variable would be the one that names the file of another token.
    if name.ends_with("-file") {
        return Err("has a name that ends in -file".to_owned());
    }
    tokens.insert(name.to_owned(), given.word(&ROLES)?);
    Ok(())
}

/// `paper.balances` has a key for every asset.
pub(super) const BALANCES: &str = "paper.balances.";
/// What a balance may be.
pub(super) const BALANCE: &str = "an asset as Binance writes it and an amount above 0, such as USDT = \"10000\" below [paper.balances]";

/// The account is heikin's alone.
pub const CONSENT_ALONE: &str =
    "heikin may trade with real money on my Binance account, which it has to itself";
/// The account is used by hand as well.
pub const CONSENT_SHARED: &str =
    "heikin may trade with real money on my Binance account, which I also use myself";

/// A balance of a paper account.
pub(super) fn balance(
    balances: &mut BTreeMap<Asset, Quantity>,
    asset: &str,
    given: &Given<'_>,
) -> Result<(), String> {
    let asset: Asset = asset.parse().map_err(|why| format!("names no asset: it {why}"))?;
    balances.insert(asset, positive(given)?);
    Ok(())
}

fn consent(given: &Given<'_>) -> Result<String, String> {
    let said = given.text()?.split_whitespace().collect::<Vec<_>>().join(" ");
    if [CONSENT_ALONE, CONSENT_SHARED].contains(&said.trim_end_matches('.')) {
        return Ok(said);
    }
    Err(format!("is neither \"{CONSENT_ALONE}\" nor \"{CONSENT_SHARED}\""))
}

fn amount(given: &Given<'_>) -> Result<Money, String> {
    positive(given).map(Quantity::to_money)
}

fn some_count(given: &Given<'_>) -> Result<Option<u32>, String> {
    given.count(1..=100_000).map(Some)
}

fn path(given: &Given<'_>) -> Result<PathBuf, String> {
    match given {
        Given::Text(text) if text.trim().is_empty() => Err("is empty".to_owned()),
        Given::Text(text) if text.contains(char::is_control) => {
            Err("has a control character".to_owned())
        }
        Given::Text(text) => Ok(PathBuf::from(text.as_ref())),
        _ => Err("is no text".to_owned()),
    }
}

fn ids(given: &Given<'_>) -> Result<Vec<u64>, String> {
    at_most_16(given)?.iter().map(|id| id.count(1..=u64::MAX / 2)).collect()
}

fn hosts(given: &Given<'_>) -> Result<Vec<String>, String> {
    let name = |given: &Given<'_>| {
        let name = given.text()?;
        let is_name = !name.is_empty()
            && name.len() <= 253
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte));
        if is_name { Ok(name.to_ascii_lowercase()) } else { Err("is no host name".to_owned()) }
    };
    at_most_16(given)?.iter().map(name).collect()
}

fn at_most_16<'a, 'b>(given: &'a Given<'b>) -> Result<&'a [Given<'b>], String> {
    let list = given.list();
    if list.len() > 16 { Err("has too many values".to_owned()) } else { Ok(list) }
}

/// An address on this machine: keys and orders never go elsewhere unencrypted.
/// The token is part of every request: beyond this machine it goes through TLS, or not at all.
fn bot_api(given: &Given<'_>) -> Result<String, String> {
    let address = given.text()?.trim();
    if address.starts_with("http://") {
        return loopback(given, "http");
    }
    let is_usable = address.parse::<reqwest::Url>().is_ok_and(|url| {
        let is_bare = url.query().is_none() && url.fragment().is_none();
        url.scheme() == "https" && is_bare && url.username().is_empty() && url.password().is_none()
    });
    if !is_usable {
        return Err("is no https address".to_owned());
    }
    Ok(address.trim_end_matches('/').to_owned())
}

fn loopback(given: &Given<'_>, scheme: &str) -> Result<String, String> {
    let address = given.text()?.trim();
    let rest = address
        .strip_prefix(scheme)
        .and_then(|rest| rest.strip_prefix("://"))
        .ok_or_else(|| format!("does not begin with {scheme}://"))?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(bracketed) => bracketed.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    let is_loopback =
        host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    // What stands before an `@` is no host, whatever it looks like.
    if !is_loopback || authority.contains('@') || rest.contains(char::is_control) {
        return Err("is not on this machine".to_owned());
    }
    Ok(address.trim_end_matches('/').to_owned())
}
